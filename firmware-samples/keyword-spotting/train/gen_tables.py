#!/usr/bin/python3
"""Writes tables.c: window, twiddle factors, mel filters and logarithm of kws_features.c."""
import math
import sys

WINDOW, RATE, BANDS, LOW_HZ, HIGH_HZ = 512, 16000, 24, 80.0, 7600.0


def mel(hz):
    return 2595.0 * math.log10(1.0 + hz / 700.0)


def hz(m):
    return 700.0 * (10.0 ** (m / 2595.0) - 1.0)


def q15(x):
    return max(-32768, min(32767, int(math.floor(x * 32768.0 + 0.5))))


def array(text, values, per_line=12):
    lines = []
    for i in range(0, len(values), per_line):
        lines.append("    " + ", ".join(str(v) for v in values[i : i + per_line]) + ",")
    return f"const {text} = {{\n" + "\n".join(lines) + "\n};\n"


def mel_filters():
    low, high = mel(LOW_HZ), mel(HIGH_HZ)
    edges = [hz(low + (high - low) * i / (BANDS + 1)) for i in range(BANDS + 2)]
    bands, weights = [], []
    for k in range(WINDOW // 2 + 1):
        f = k * RATE / WINDOW
        if f < edges[0] or f >= edges[-1]:
            bands.append(255)
            weights.append(0)
            continue
        b = next(i for i in range(BANDS + 1) if f < edges[i + 1])
        bands.append(b)
        weights.append(min(255, int(256 * (f - edges[b]) / (edges[b + 1] - edges[b]))))
    return bands, weights


def main():
    window = [q15(0.5 - 0.5 * math.cos(2 * math.pi * (i + 0.5) / WINDOW)) for i in range(256)]
    twiddle = []
    for k in range(256):
        angle = 2 * math.pi * k / WINDOW
        twiddle.append("{%d, %d}" % (q15(math.cos(angle)), q15(-math.sin(angle))))
    bands, weights = mel_filters()
    log2 = [int(math.floor(8 * math.log2(1 + m / 64) + 0.5)) for m in range(64)]
    out = "/*\n * Written by train/gen_tables.py; do not edit.\n */\n#include \"tables.h\"\n\n"
    out += "/* clang-format off */\n"
    out += array("int16_t kws_window[256]", window) + "\n"
    out += array("int16_t kws_twiddle[256][2]", twiddle, 6) + "\n"
    out += array("uint8_t kws_mel_band[257]", bands, 20) + "\n"
    out += array("uint8_t kws_mel_weight[257]", weights, 16) + "\n"
    out += array("uint8_t kws_log2[64]", log2, 20)
    with open(sys.argv[1], "w", encoding="utf-8") as f:
        f.write(out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: gen_tables.py TABLES.c")
    main()
