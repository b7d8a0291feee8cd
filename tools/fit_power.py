#!/usr/bin/env python3
"""Fits energy coefficients of a chip to measured power waveforms of an inference.

    tools/fit_power.py --image NAME=PROFILE.csv,TRACE.csv,REPORT.json ... [--calibration FILE --chip L4R5 --mhz 120]

PROFILE is a measured waveform folded by the period of inference: columns t_ms (middle of a sample), power_mW.
TRACE and REPORT come from the same image in Mote, `exact`, at the supply of the measurement:

    mote mlperf IMAGE --board B --db INPUT --iterations 3 --warmup 1 --set supply.voltage=1.8V \\
        --activity csv:TRACE.csv,100us --report json:REPORT.json

The model: power = constant per clock + instructions + taken branches + memory accesses (data), each count times a
non-negative energy. Reads and writes share a coefficient: told apart they fit no better, and an image left out is
predicted much worse. Least squares over the samples of all images. The measured waveform's phase
is not known; it is searched within +-1 ms. Printed for each image: correlation and error of the mean, fitted with
it and left out. The standard error of a coefficient takes residuals as independent, which folded samples are
not quite: read it as a lower bound. With --calibration the constant-power figures of the chip are printed beside.
"""
import argparse
import csv
import json
import math
import re
import statistics

FEATURES = {  # coefficient: the activities it counts
    "clock": r"^cycles$",
    "instruction": r"^instructions$",
    "taken branch": r"^insn\.taken_branch$",
    "memory access": r"^(sram|axi|dtcm|itcm|flash)\w*\.(load|store)$",
}
NAMES = list(FEATURES)
PHASES_MS = [k / 20 for k in range(-20, 21)]


class Waveform:
    """One image: measured power, and cumulative counts over the modelled inferences."""

    def __init__(self, spec):
        self.name, files = spec.split("=", 1)
        profile, trace, report = files.split(",")
        with open(profile, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.t = [float(r["t_ms"]) for r in rows]
        self.power = [float(r["power_mW"]) for r in rows]
        self.width = self.t[1] - self.t[0]
        self.period = self.width * len(self.t)
        with open(report, encoding="utf-8") as file:
            m = json.load(file)["mlperf"]
        self.begin, self.n = m["window"]["begin_s"], m["iterations"]
        self.modelled = m["window"]["time_s"] / self.n
        self.read(trace)
        self.phase = 0.0

    def read(self, path):
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            head = next(rows)
            columns = [[i for i, name in enumerate(head) if re.search(pattern, name)] for pattern in FEATURES.values()]
            self.times, self.sums, total = [], [], [0.0] * len(columns)
            for row in rows:
                total = [s + sum(float(row[i]) for i in c) for s, c in zip(total, columns)]
                if float(row[0]) > self.begin - 0.1:
                    self.times.append(float(row[0]))
                    self.sums.append(total)

    def at(self, seconds):
        """Counts up to a moment, by interpolation."""
        low, high = 0, len(self.times) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.times[middle] <= seconds else (low, middle)
        span = self.times[high] - self.times[low]
        share = min(max((seconds - self.times[low]) / span, 0), 1)
        return [a + (b - a) * share for a, b in zip(self.sums[low], self.sums[high])]

    def rates(self, phase_ms):
        """Counts per second for each measured sample, over all modelled inferences."""
        rows, scale = [], self.modelled / self.period
        whole = [(b - a) for a, b in zip(self.at(self.begin), self.at(self.begin + self.modelled * self.n))]

        def upto(t_ms):
            turns = math.floor(t_ms / self.period)
            inside = (t_ms - turns * self.period) * scale
            sums = [0.0] * len(whole)
            for k in range(self.n):
                start = self.begin + k * self.modelled
                sums = [s + b - a for s, a, b in zip(sums, self.at(start), self.at(start + inside))]
            return [turns * w + s for w, s in zip(whole, sums)]

        for t in self.t:
            a, b = upto(t - self.width / 2 + phase_ms), upto(t + self.width / 2 + phase_ms)
            rows.append([(y - x) / self.n / (self.width * scale) for x, y in zip(a, b)])
        return rows


# ---- least squares -----------------------------------------------------------------------------------

def solve(matrix, vector):
    n = len(vector)
    m = [row[:] + [v] for row, v in zip(matrix, vector)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[pivot] = m[pivot], m[i]
        if abs(m[i][i]) < 1e-12:
            return None
        for r in range(n):
            if r != i:
                factor = m[r][i] / m[i][i]
                m[r] = [a - factor * b for a, b in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def fit(rows, target):
    """Non-negative least squares by leaving out, one by one, what would be negative; with standard errors."""
    used = list(range(len(rows[0])))
    while True:
        normal = [[sum(r[i] * r[j] for r in rows) for j in used] for i in used]
        scale = [math.sqrt(normal[k][k]) or 1 for k in range(len(used))]
        scaled = [[normal[i][j] / scale[i] / scale[j] for j in range(len(used))] for i in range(len(used))]
        right = [sum(r[i] * y for r, y in zip(rows, target)) / scale[k] for k, i in enumerate(used)]
        found = solve(scaled, right)
        worst = min(range(len(used)), key=lambda k: found[k]) if found else len(used) - 1
        if found and found[worst] >= 0:
            break
        used.pop(worst)
    value = [0.0] * len(rows[0])
    error = [None] * len(rows[0])
    for k, i in enumerate(used):
        value[i] = found[k] / scale[k]
    left = [y - sum(v * x for v, x in zip(value, r)) for r, y in zip(rows, target)]
    variance = sum(e * e for e in left) / max(len(rows) - len(used), 1)
    for k, i in enumerate(used):
        inverse = solve(scaled, [float(j == k) for j in range(len(used))])
        error[i] = math.sqrt(variance * max(inverse[k], 0)) / scale[k]
    return value, error


def correlation(a, b):
    ma, mb = statistics.mean(a), statistics.mean(b)
    da, db = [x - ma for x in a], [x - mb for x in b]
    norm = math.sqrt(sum(x * x for x in da) * sum(x * x for x in db))
    return sum(x * y for x, y in zip(da, db)) / norm if norm else 0.0


def predict(value, rows):
    return [sum(v * x for v, x in zip(value, r)) for r in rows]


def align(waves, value):
    """Moves each waveform's phase to where the model follows it best."""
    for w in waves:
        w.phase = max(PHASES_MS, key=lambda p: correlation(predict(value, w.table[p]), w.power))


def fit_all(waves):
    """Fit and phases in turn; three rounds settle."""
    for w in waves:
        w.phase = 0.0
    for _ in range(3):
        rows = [r for w in waves for r in w.table[w.phase]]
        value, error = fit(rows, [p for w in waves for p in w.power])
        align(waves, value)
    return value, error


# ---- printing ------------------------------------------------------------------------------------------

def describe(wave, value):
    modelled = predict(value, wave.table[wave.phase])
    mean = statistics.mean(modelled) / statistics.mean(wave.power) - 1
    return correlation(modelled, wave.power), mean


def calibration(path, chip, mhz, baseline):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if chip in r["system"].upper() and r["energy_uJ"]]
    outlier = ("v1.1", "STMicroelectronics", "ic")  # its own documentation calls it one
    at_1v8 = [r for r in rows if float(r["power_mW"]) < 60 or chip != "L4R5"]
    at_1v8 = [r for r in at_1v8 if chip != "L4R5" or (r["round"], r["org"], r["benchmark"]) != outlier]
    pj = [float(r["pJ_per_cycle"]) for r in at_1v8]
    middle = statistics.median(pj)
    errors = [abs(middle / p - 1) for p in pj]
    print(f"\n{len(pj)} calibration rows of {chip}: median {middle:.0f} pJ per clock, {min(pj):.0f} to {max(pj):.0f};"
          f" a constant power misses them by {100 * statistics.median(errors):.1f} % in the median.")
    print(f"The fitted images draw {baseline:.0f} pJ per clock.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", action="append", required=True)
    parser.add_argument("--calibration")
    parser.add_argument("--chip", default="L4R5")
    parser.add_argument("--mhz", type=float, default=120)
    options = parser.parse_args()
    waves = [Waveform(spec) for spec in options.image]
    for w in waves:
        w.table = {p: w.rates(p) for p in PHASES_MS}
    value, error = fit_all(waves)
    print("| coefficient | pJ | standard error |\n|---|---|---|")
    for name, v, e in zip(NAMES, value, error):
        print(f"| {name} | {v * 1e9:.1f} | {'not determined' if e is None else f'{e * 1e9:.1f}'} |")
    fitted = {w.name: (*describe(w, value), w.phase) for w in waves}
    print("\n| image | samples | correlation | mean power | phase ms | left out: correlation | left out: mean power |")
    print("|---|---|---|---|---|---|---|")
    for w in waves:
        r, mean, phase = fitted[w.name]
        others = [o for o in waves if o is not w]
        alone = "| | |"
        if others:
            left, _ = fit_all(others)
            align([w], left)
            r2, mean2 = describe(w, left)
            alone = f"| {r2:.2f} | {100 * mean2:+.1f} % |"
        print(f"| {w.name} | {len(w.t)} | {r:.2f} | {100 * mean:+.2f} % | {phase:+.2f} {alone}")
    if options.calibration:
        mean = statistics.mean(p for w in waves for p in w.power)
        calibration(options.calibration, options.chip, options.mhz, mean * 1e3 / options.mhz)


if __name__ == "__main__":
    main()
