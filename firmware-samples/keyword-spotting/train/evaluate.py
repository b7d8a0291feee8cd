#!/usr/bin/python3
"""Streams the held-out clips through the firmware's detector, compiled for this machine.

usage: evaluate.py

A clip of a word is right when exactly that word is reported, once; a clip of another word or of
silence when nothing is.
"""
import json
import os
import sys

import clips
import hostlib
import synth

# Samples that the virtual Nano misses, as kws-host --find tells: two hops dropped while the
# microphone wakes up, and its own start, less the delay of the PDM filter.
BOARD_SKIP = 574

LIST = os.path.join(hostlib.HERE, "clips.csv")


def right(label, words):
    expected = [synth.LABELS.index(label)] if label in synth.WORDS else []
    return words == expected


def held_out(detector, path=LIST):
    table = {label: {"clips": 0, "right": 0} for label in synth.LABELS}
    wrong = []
    for row in clips.rows(path):
        words, _ = detector.stream(clips.sound(row)[BOARD_SKIP:])
        entry = table[row["label"]]
        entry["clips"] += 1
        if right(row["label"], words):
            entry["right"] += 1
        else:
            wrong.append([int(row["clip"]), row["word"], row["voice"],
                          [synth.LABELS[w] for w in words]])
    total = sum(e["clips"] for e in table.values())
    good = sum(e["right"] for e in table.values())
    return {"clips": total, "right": good, "accuracy": round(good / total, 4), "by_label": table,
            "wrong": [str(w) for w in wrong]}


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__.split("\n\n")[1])
    print(json.dumps(held_out(hostlib.Detector()), indent=1))


if __name__ == "__main__":
    main()
