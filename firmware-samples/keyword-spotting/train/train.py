#!/usr/bin/python3
"""Trains the keyword network, writes ../model.c and report.json.

usage: train.py [--seed N] [--epochs N] [--cache FILE.npz] [--report FILE.json]

Needs espeak-ng, a C compiler and numpy. Features come from the firmware's own kws_features.c. About
twenty minutes on one core; the corpus of spoken words is kept in the cache file.
"""
import argparse
import json
import os
import time

import numpy as np

import corpus
import evaluate
import hostlib
import net as networks
import quantize
import synth

CHANNELS = [32, 48, 64, 64]
BATCH = 64
PER_EPOCH = {"target": 1600, "whole unknown": 2400, "part": 900, "silence": 1100}
LENGTH = hostlib.WINDOW_SAMPLES
VISIBLE = (hostlib.HOP, LENGTH)


def vary(speech, rng):
    """Another speaker's speed and timbre: resampling by up to 10 %, a first-order tilt."""
    rate = rng.uniform(0.9, 1.1)
    at = np.arange(0, len(speech) - 1, rate)
    x = np.interp(at, np.arange(len(speech)), speech)
    tilt = rng.uniform(-0.5, 0.5)
    x[1:] += tilt * x[:-1]
    return x


def place_whole(length, rng):
    """An offset with at least 94 % of the word in view."""
    slack = int(0.06 * length)
    first, last = VISIBLE[0] - slack, VISIBLE[1] - length + slack
    return int(rng.integers(first, last + 1)) if last > first else VISIBLE[0] - slack


def place_part(length, rng):
    """An offset with 10 to 50 % of the word in view."""
    seen = int(rng.uniform(0.1, 0.5) * length)
    return VISIBLE[0] + seen - length if rng.random() < 0.5 else VISIBLE[1] - seen


class Examples:
    def __init__(self, clips, seed):
        self.rng = np.random.default_rng(seed)
        self.features = hostlib.Features()
        self.by_label = {label: [] for label in range(len(synth.LABELS))}
        for label, samples in clips:
            self.by_label[label].append(samples)
        self.everything = [samples for _, samples in clips]

    def pick(self, clips):
        return vary(clips[self.rng.integers(len(clips))], self.rng)

    def one(self, label, kind):
        rng = self.rng
        placed = []
        if kind == "whole":
            word = self.pick(self.by_label[label])
            at = place_whole(len(word), rng)
            placed.append((at, word))
            if rng.random() < 0.1:
                other = self.pick(self.everything)
                gap = int(rng.integers(1600, 6400))
                before = at - gap - len(other)
                placed.append((before if rng.random() < 0.5 else at + len(word) + gap, other))
        elif kind == "part":
            word = self.pick(self.everything)
            placed.append((place_part(len(word), rng), word))
        peak = float(np.exp(rng.uniform(np.log(0.03), np.log(0.95))))
        sound = synth.mix(placed, LENGTH, str(rng.choice(synth.NOISES)), rng.uniform(8, 36), peak,
                          rng)
        if rng.random() < 0.05:
            cut = int(rng.integers(0, LENGTH))
            if kind == "silence":
                sound[cut:] = 0
        return self.features.window(sound)

    def make(self, share=1.0):
        plan = []
        for label in range(2, len(synth.LABELS)):
            plan += [(label, "whole")] * int(PER_EPOCH["target"] * share)
        plan += [(1, "whole")] * int(PER_EPOCH["whole unknown"] * share)
        plan += [(1, "part")] * int(PER_EPOCH["part"] * share)
        plan += [(0, "silence")] * int(PER_EPOCH["silence"] * share)
        self.rng.shuffle(plan)
        x = np.stack([self.one(int(label), str(kind)) for label, kind in plan])
        x = x[..., None].astype(np.float32) * np.float32(quantize.INPUT_SCALE)
        return x, np.array([int(label) for label, _ in plan])


def accuracy(net, x, labels):
    right = 0
    for i in range(0, len(x), 256):
        right += int((net.forward(x[i : i + 256]).argmax(axis=1) == labels[i : i + 256]).sum())
    return right / len(x)


def fit(net, source, epochs, tune_set):
    steps_total = None
    step = 0
    for epoch in range(epochs):
        started = time.time()
        x, labels = source.make()
        made = time.time()
        batches = len(x) // BATCH
        steps_total = steps_total or batches * epochs
        losses, rights = [], []
        for i in range(batches):
            part = slice(i * BATCH, (i + 1) * BATCH)
            progress = step / steps_total
            rate = 4e-3 * min(1.0, step / 100 + 0.05) * (0.5 + 0.5 * np.cos(np.pi * progress))
            loss, right = net.train_step(x[part], labels[part], rate)
            losses.append(loss)
            rights.append(right)
            step += 1
        print(f"epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.3f}, "
              f"training {np.mean(rights):.4f}, tuning voices {accuracy(net, *tune_set):.4f} "
              f"({made - started:.0f} s sound, {time.time() - made:.0f} s network)", flush=True)
    return step


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20250)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--cache", default="kws-corpus.npz")
    parser.add_argument("--report", default=os.path.join(hostlib.HERE, "report.json"))
    args = parser.parse_args()
    started = time.time()
    clips = corpus.load(args.seed, args.cache)
    tune_set = Examples(clips["tune"], args.seed + 1).make(0.15)
    source = Examples(clips["train"], args.seed + 2)
    net = networks.Net(np.random.default_rng(args.seed), CHANNELS, len(synth.LABELS))
    steps = fit(net, source, args.epochs, tune_set)
    calibration, _ = source.make(0.1)
    figures = quantize.emit(net, calibration, os.path.join(hostlib.APP, "model.c"))
    report = {
        "seed": args.seed,
        "epochs": args.epochs,
        "steps": steps,
        "batch": BATCH,
        "examples_per_epoch": sum(PER_EPOCH.values()) + 3 * PER_EPOCH["target"],
        "words_spoken_for_training": len(clips["train"]),
        "parameters": int(sum(layer.w.size for layer in net.layers)),
        "numpy": np.__version__,
        "window_accuracy_tuning_voices_float": round(accuracy(net, *tune_set), 4),
        "quantization": figures,
        "minutes": round((time.time() - started) / 60, 1),
    }
    report["held_out_clips"] = evaluate.held_out(hostlib.Detector())
    with open(args.report, "w", encoding="utf-8") as f:
        json.dump(report, f, indent=1)
        f.write("\n")
    print(json.dumps(report["held_out_clips"], indent=1))


if __name__ == "__main__":
    main()
