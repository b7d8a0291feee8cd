"""The spoken words of training and tuning: made once by espeak-ng, kept in a cache file."""
import os

import numpy as np

import synth

TARGET_CLIPS = 1100  # per word
UNKNOWN_CLIPS = 2600
TUNE_TARGET_CLIPS = 60
TUNE_UNKNOWN_CLIPS = 90


def recipe(rng, word, variants, dialects):
    voice = f"{rng.choice(dialects)}+{rng.choice(variants)}"
    return word, voice, int(rng.integers(110, 221)), int(rng.integers(15, 86))


def recipes(seed):
    """(split, label, word, voice, speed, pitch) for every clip."""
    rng = np.random.default_rng(seed)
    out = []
    plan = [("train", synth.TRAIN_VARIANTS, TARGET_CLIPS, UNKNOWN_CLIPS),
            ("tune", synth.TUNE_VARIANTS, TUNE_TARGET_CLIPS, TUNE_UNKNOWN_CLIPS)]
    for split, variants, targets, unknowns in plan:
        for word in synth.WORDS:
            for i in range(targets):
                accent = split == "train" and i % 12 == 0
                dialects = synth.ACCENTS if accent else synth.TRAIN_DIALECTS
                out.append((split, synth.LABELS.index(word),
                            *recipe(rng, word, variants, dialects)))
        for _ in range(unknowns):
            word = str(rng.choice(synth.UNKNOWN))
            out.append((split, synth.LABELS.index("unknown"),
                        *recipe(rng, word, variants, synth.TRAIN_DIALECTS)))
    return out


def load(seed, cache):
    """{"train": [(label, samples), ...], "tune": [...]}"""
    rows = recipes(seed)
    if not os.path.exists(cache):
        clips = []
        for i, (_, _, word, voice, speed, pitch) in enumerate(rows):
            clips.append(np.round(synth.speak(word, voice, speed, pitch) * 32767).astype(np.int16))
            if i % 500 == 0:
                print(f"spoken {i} of {len(rows)}", flush=True)
        np.savez(cache, data=np.concatenate(clips), lengths=[len(c) for c in clips])
    stored = np.load(cache)
    ends = np.cumsum(stored["lengths"])
    data = stored["data"].astype(np.float32) / 32767
    split = {"train": [], "tune": []}
    for row, end, length in zip(rows, ends, stored["lengths"]):
        split[row[0]].append((row[1], data[end - length : end]))
    return split


if __name__ == "__main__":
    import sys

    if len(sys.argv) != 3:
        sys.exit("usage: corpus.py SEED CACHE.npz")
    load(int(sys.argv[1]), sys.argv[2])
