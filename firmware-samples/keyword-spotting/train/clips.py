#!/usr/bin/python3
"""The held-out clips: a list kept as data, and the sound made from it.

usage: clips.py list SEED CLIPS.csv       writes the list
       clips.py make CLIPS.csv OUT_DIR    writes NNN-label.wav for each row
       clips.py demo OUT.wav              writes the demonstration: four words, pauses, noise

A clip is two seconds: noise, and a word that starts after 0.4 to 0.65 s (none for silence). Voices
are those that training never hears.
"""
import csv
import os
import sys
import wave

import numpy as np

import synth

CLIP_SAMPLES = 2 * synth.RATE
PER_WORD, UNKNOWNS, SILENCES = 45, 60, 20
FIELDS = ["clip", "label", "word", "voice", "speed", "pitch", "onset", "peak", "noise", "snr_db",
          "noise_seed"]


DIALECTS = ["en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029"]


def recipes(rng, variants, dialects):
    """Rows of a list: PER_WORD clips of each word, UNKNOWNS of other words, SILENCES."""
    voices = [f"{d}+{v}" for d in dialects for v in variants]
    labels = [w for w in synth.WORDS for _ in range(PER_WORD)]
    labels += ["unknown"] * UNKNOWNS + ["silence"] * SILENCES
    for clip, label in enumerate(labels):
        word = {"unknown": str(rng.choice(synth.UNKNOWN)), "silence": ""}.get(label, label)
        values = [clip, label, word, rng.choice(voices), rng.integers(120, 211),
                  rng.integers(20, 81), rng.integers(6400, 10401),
                  round(float(rng.uniform(0.1, 0.9)), 3), rng.choice(synth.NOISES),
                  round(float(rng.uniform(10, 30)), 1), rng.integers(1 << 31)]
        yield dict(zip(FIELDS, (str(v) for v in values)))


def write_list(seed, path):
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.DictWriter(f, FIELDS, lineterminator="\n")
        out.writeheader()
        out.writerows(recipes(np.random.default_rng(seed), synth.TEST_VARIANTS,
                              DIALECTS + [synth.TEST_DIALECT]))


def rows(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def sound(row):
    """int16 samples of one row of the list."""
    placed = []
    if row["word"]:
        speech = synth.speak(row["word"], row["voice"], row["speed"], row["pitch"])
        placed.append((int(row["onset"]), speech))
    rng = np.random.default_rng(int(row["noise_seed"]))
    return synth.mix(placed, CLIP_SAMPLES, row["noise"], float(row["snr_db"]), float(row["peak"]),
                     rng)


def demo_sound():
    """"yes", "no", "go", "stop" by four held-out voices, 1.5 s apart."""
    placed = []
    for i, (word, voice) in enumerate([("yes", "en-us+f4"), ("no", "en-gb+m3"),
                                       ("go", "en-us+linda"), ("stop", "en-gb+m7")]):
        placed.append((synth.RATE // 2 + i * synth.RATE * 3 // 2,
                       synth.speak(word, voice, 150, 50)))
    return synth.mix(placed, 7 * synth.RATE, "pink", 25.0, 0.6, np.random.default_rng(1))


def write_wav(path, samples):
    with wave.open(path, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(synth.RATE)
        w.writeframes(samples.astype("<i2").tobytes())


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "list":
        write_list(int(sys.argv[2]), sys.argv[3])
    elif len(sys.argv) == 4 and sys.argv[1] == "make":
        os.makedirs(sys.argv[3], exist_ok=True)
        for row in rows(sys.argv[2]):
            name = f"{int(row['clip']):03}-{row['label']}.wav"
            write_wav(os.path.join(sys.argv[3], name), sound(row))
    elif len(sys.argv) == 3 and sys.argv[1] == "demo":
        write_wav(sys.argv[2], demo_sound())
    else:
        sys.exit(__doc__.split("\n\n")[1])


if __name__ == "__main__":
    main()
