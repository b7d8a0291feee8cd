#!/bin/sh
# The demo: a keyword-spotting firmware on a virtual Arduino Nano 33 BLE Sense hears a recording.
set -eu
build=${1:-build/release}
here=$(cd "$(dirname "$0")/.." && pwd)
board=arduino_nano_33_ble_sense
clip=$here/firmware-samples/keyword-spotting/demo.wav
echo "Playing $(basename "$clip") to the microphone of a virtual $board ..." >&2
status=0
"$build/mote" run "$build/firmware/kws-$board.elf" --board "$board" --stimulus "mic=$clip" \
    --time-limit 7.2s --report text --set battery.cell=lipo-500 || status=$?
# The firmware listens for ever: the virtual time limit (exit status 124) ends a good run.
[ "$status" = 124 ] || exit 1
