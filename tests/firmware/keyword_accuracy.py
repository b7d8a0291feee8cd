#!/usr/bin/env python3
"""Plays every held-out clip to the virtual Nano and counts what it hears.

Each clip goes through the whole board: microphone, PDM interface, EasyDMA, features, network,
console. At least 90 % of the clips must be right, and the logits of every inference must equal those
of kws-host, which is the same detector compiled for this machine. Where in the recording the board
begins to listen is found on the first clip and must hold for all.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
WANTED = 0.90
WORDS = ("yes", "no", "go", "stop")
BOARD = "arduino_nano_33_ble_sense"
# The clip, and time for the inference on its last hop.
LIMIT = "2200ms"


class Bench:
    def __init__(self, arguments):
        self.mote = arguments.mote
        self.accuracy = arguments.accuracy
        build = pathlib.Path(arguments.build)
        self.image = build / "firmware" / f"kws-{BOARD}.elf"
        self.host = build / "kws-host"

    def listen(self, clip):
        """The console of the board that hears a clip."""
        done = subprocess.run([self.mote, "run", self.image, "--board", BOARD, "--accuracy",
                               self.accuracy, "--stimulus", f"mic={clip}", "--time-limit", LIMIT],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 124:
            sys.exit(f"{clip}: exit status {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def start_of(self, clip, console):
        """How many samples of the clip the board missed before it listened."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as log:
            log.write(console)
            log.flush()
            found = subprocess.run([self.host, "--nano", "--find", log.name, clip],
                                   capture_output=True, text=True, check=False)
        if found.returncode != 0:
            sys.exit(f"{clip}: {found.stderr}")
        return found.stdout.strip()

    def reference(self, clip, skip):
        return subprocess.run([self.host, "--nano", "--skip", skip, clip], capture_output=True,
                              text=True, check=True).stdout


def logits(text):
    return [line for line in text.splitlines() if line.startswith("logits")]


def words(text):
    return [line for line in text.splitlines() if line in WORDS]


def make_clips(source, folder):
    train = pathlib.Path(source) / "firmware-samples" / "keyword-spotting" / "train"
    subprocess.run(["/usr/bin/python3", "-B", train / "clips.py", "make", train / "clips.csv",
                    folder], check=True)
    return sorted(pathlib.Path(folder).glob("*.wav"))


def missing():
    if not shutil.which("espeak-ng"):
        return "espeak-ng"
    numpy = subprocess.run(["/usr/bin/python3", "-c", "import numpy"], stderr=subprocess.DEVNULL,
                           check=False)
    return "numpy of /usr/bin/python3" if numpy.returncode else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mote", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--accuracy", default="fast")
    arguments = parser.parse_args()
    lacking = missing()
    if lacking:
        print(f"skipped: the clips need {lacking}")
        return SKIPPED
    bench = Bench(arguments)
    with tempfile.TemporaryDirectory() as folder:
        clips = make_clips(arguments.source, folder)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            consoles = list(pool.map(bench.listen, clips))
        skip = bench.start_of(clips[0], consoles[0])
        right = inferences = differ = 0
        for clip, console in zip(clips, consoles):
            label = clip.stem.split("-", 1)[1]
            expected = [label] if label in WORDS else []
            right += words(console) == expected
            if words(console) != expected:
                print(f"{clip.name}: heard {' '.join(words(console)) or 'nothing'}")
            wanted = logits(bench.reference(clip, skip))
            differ += logits(console)[: len(wanted)] != wanted or not wanted
            inferences += len(wanted)
    print(f"{right} of {len(clips)} clips right ({100 * right / len(clips):.1f} %), "
          f"{inferences} inferences compared from sample {skip}, clips with a difference: {differ}")
    return 0 if right >= WANTED * len(clips) and len(clips) >= 200 and not differ else 1


if __name__ == "__main__":
    sys.exit(main())
