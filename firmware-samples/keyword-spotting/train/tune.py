#!/usr/bin/python3
"""Chooses the detector's constants: KWS_SMOOTH, KWS_THRESHOLD and KWS_HOLD of ../detector.h.

usage: tune.py

Streams clips of the tuning voices (never the held-out ones) through the present model and prints,
for each setting, how many clips would be right.
"""
import json
import os
import sys

import numpy as np

import clips
import evaluate
import hostlib
import synth

SEED = 11
SETS = 2


def probabilities(lines, scale):
    logits = np.array([[int(v) for v in line.split()[1:]] for line in lines]) * scale
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.floor(256 * e / e.sum(axis=1, keepdims=True)).clip(0, 255)


def decide(p, smooth, threshold, hold):
    """What detector.c would report for these probabilities."""
    words, quiet = [], 0
    for i in range(len(p)):
        mean = p[max(0, i - smooth + 1) : i + 1].sum(axis=0) / smooth
        best = int(mean[2:].argmax()) + 2
        if quiet:
            quiet -= 1
        elif mean[best] >= threshold:
            words.append(best)
            quiet = hold
    return words


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__.split("\n\n")[1])
    with open(os.path.join(hostlib.HERE, "report.json"), encoding="utf-8") as f:
        scale = json.load(f)["quantization"]["logit_scale"]
    detector = hostlib.Detector()
    rng = np.random.default_rng(SEED)
    heard = []
    for _ in range(SETS):
        for row in clips.recipes(rng, synth.TUNE_VARIANTS, clips.DIALECTS):
            _, lines = detector.stream(clips.sound(row)[evaluate.BOARD_SKIP:])
            heard.append((row["label"], probabilities(lines, scale)))
    for hold in (4, 6):
        for smooth in (1, 2, 3):
            figures = []
            for threshold in range(80, 240, 10):
                good = sum(evaluate.right(label, decide(p, smooth, threshold, hold))
                           for label, p in heard)
                figures.append(f"{threshold}:{good / len(heard):.3f}")
            print(f"hold {hold} smooth {smooth}  " + " ".join(figures))


if __name__ == "__main__":
    main()
