#!/bin/sh
# Speed of Mote against qemu-system-arm and -riscv32 on the same images, in one run: run.sh BUILD [TURNS]
set -eu
exec python3 "$(dirname "$0")/bench.py" "$@"
