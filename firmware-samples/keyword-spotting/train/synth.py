"""Speech by espeak-ng, noise by numpy: the raw material of training and of the held-out clips.

A voice is a dialect and a variant ("en-us+f2"). Variants are split once and for all: those in
TEST_VARIANTS and the dialect TEST_DIALECT are never heard in training or when thresholds are chosen,
those in TUNE_VARIANTS only when thresholds are chosen.
"""
import subprocess

import numpy as np

RATE = 16000
ESPEAK_RATE = 22050
LABELS = ["silence", "unknown", "yes", "no", "go", "stop"]
WORDS = LABELS[2:]

UNKNOWN = (
    "up down left right on off bed bird cat dog happy house tree wow zero one two three four five "
    "six seven eight nine follow forward backward learn visual hello light music open close table "
    "water window garden apple orange river mountain winter summer doctor teacher paper pencil "
    "toe snow show shop step guess yet goal note nose not stock stuff top mess chess best gone "
    "coat low so code less dress stone lock spot"
).split()

TRAIN_DIALECTS = ["en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-029",
                  "en-us-nyc"]
# Other languages' phonemes on the four words: accents, for training only.
ACCENTS = ["it", "pl", "nl", "de"]
TEST_DIALECT = "en-gb-x-gbclan"

TEST_VARIANTS = ["f4", "m3", "m7", "Annie", "Michael", "Gene", "Gene2", "linda", "steph", "steph2",
                 "steph3", "david", "quincy", "boris", "Alicia", "pablo", "sandro", "grandma"]
TUNE_VARIANTS = ["f2", "m5", "klatt3", "Andrea", "paul", "zac", "rob", "iven2"]
TRAIN_VARIANTS = (
    "Alex Andy AnxiousAndy Denis Diogo Henrique Hugo Jacky Lee Marco Mario Mike Mr Nguyen "
    "RicishayMax RicishayMax2 RicishayMax3 Storm Tweaky UniRobot adam anika announcer antonio "
    "aunty belinda benjamin caleb croak ed edward edward2 f1 f3 f5 fast grandpa gustave iven iven3 "
    "iven4 john kaukovalta klatt klatt2 klatt4 klatt5 klatt6 m1 m2 m4 m6 m8 marcelo max michel "
    "miguel norbert pedro robert robosoft robosoft3 robosoft5 shelby travis victor whisper whisperf"
).split()


def resample(x, rate_in, rate_out):
    """Band-limited resampling by truncating or padding the spectrum."""
    if len(x) < 8:
        return x.astype(np.float32)
    n_out = int(round(len(x) * rate_out / rate_in))
    spectrum = np.fft.rfft(x)
    bins = n_out // 2 + 1
    fitted = np.zeros(bins, complex)
    common = min(bins, len(spectrum))
    fitted[:common] = spectrum[:common]
    return (np.fft.irfft(fitted, n_out) * (n_out / len(x))).astype(np.float32)


def trim(x):
    """Cuts the quiet ends: 10 ms blocks more than 40 dB under the loudest."""
    block = RATE // 100
    n = len(x) // block
    if n == 0:
        return x
    level = np.sqrt((x[: n * block].reshape(n, block) ** 2).mean(axis=1))
    loud = np.nonzero(level > 0.01 * level.max())[0]
    return x[loud[0] * block : (loud[-1] + 1) * block]


def speak(word, voice, speed, pitch):
    """One word, trimmed, peak 1.0, 16 kHz float32."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", word]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    samples = np.frombuffer(wav[44 : len(wav) & ~1], "<i2").astype(np.float64)
    if len(samples) == 0 or np.abs(samples).max() == 0:
        raise ValueError(f"espeak-ng gave no sound for {word} with voice {voice}")
    x = trim(resample(samples, ESPEAK_RATE, RATE))
    return x / np.abs(x).max()


def coloured(n, rng, exponent):
    """Noise whose power falls with frequency^exponent; unit variance."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.arange(len(spectrum)) + 4.0
    x = np.fft.irfft(spectrum * f ** (-exponent / 2), n)
    return x / (x.std() + 1e-12)


NOISES = ["white", "pink", "brown", "hum", "fan", "clicks"]


def noise(kind, n, rng):
    """Unit-variance noise of a kind in NOISES."""
    if kind == "white":
        return rng.standard_normal(n)
    if kind == "pink":
        return coloured(n, rng, 1.0)
    if kind == "brown":
        return coloured(n, rng, 2.0)
    t = np.arange(n) / RATE
    if kind == "hum":
        base = rng.choice([50.0, 60.0])
        x = 0.3 * coloured(n, rng, 1.0)
        for h in range(1, 8):
            x += rng.uniform(0, 1) / h * np.sin(2 * np.pi * (base * h * t + rng.uniform()))
        return x / x.std()
    if kind == "fan":
        depth = rng.uniform(0, 0.5)
        return coloured(n, rng, 1.5) * (1 + depth * np.sin(2 * np.pi * rng.uniform(0.5, 8) * t))
    x = 0.2 * rng.standard_normal(n)
    for at in rng.integers(0, n, size=max(1, n // 8000)):
        length = int(min(n - at, rng.integers(20, 400)))
        x[at : at + length] += 4 * np.exp(-np.arange(length) / 40.0) * rng.standard_normal(length)
    return x / x.std()


def mix(placed, n, kind, snr_db, peak, rng):
    """Adds noise snr_db under the speech's level and scales to int16; returns n samples.

    placed: list of (offset, samples); parts outside 0..n-1 are cut. Without speech, peak sets the
    noise's level directly.
    """
    x = np.zeros(n)
    level = 0.0
    for at, speech in placed:
        first, last = max(at, 0), min(at + len(speech), n)
        level = max(level, float(np.sqrt((speech ** 2).mean())))
        if last > first:
            x[first:last] += speech[first - at : last - at]
    background = noise(kind, n, rng)
    if level:
        x += background * level * 10 ** (-snr_db / 20)
        x *= peak / max(1.0, float(np.abs(x).max()))
    else:
        x = background * peak * 10 ** (-snr_db / 20) * 0.3
    return np.clip(np.rint(x * 32767), -32768, 32767).astype(np.int16)
