#!/usr/bin/env python3
"""Fits energy coefficients of a chip to measured power waveforms of an inference.

    tools/fit_power.py --chip u575 --image NAME=PROFILE.csv,TRACE.csv,REPORT.json ... [--rows COUNTS.json]
                       [--mean NAME=MILLIWATTS,REPORT.json]

PROFILE is a measured waveform folded by the period of inference: columns t_ms (middle of a sample), power_mW.
TRACE and REPORT come from the same image in Mote, `exact`, at the supply of the measurement:

    mote mlperf IMAGE --board B --db INPUT --iterations 3 --warmup 1 --set supply.voltage=1.8V \\
        --accuracy exact --activity csv:TRACE.csv,100us --report json:REPORT.json

COUNTS comes from tools/energy_rows.py --counts: published mean powers of other firmware on this chip, with activities
of a proxy. What such a firmware leaves on is unknown, so only its benchmarks' differences from their mean are fitted
(a constant for each firmware, taken out). Only firmware whose proxies are images of the same kind joins the fit
(compiled networks); how far the rest is explained is printed as well. Waveforms and rows are each weighted by
their own scatter.

The model: power = constant per clock + a few activities (FEATURES below), each count times a non-negative energy.
Least squares over the samples of all images. The measured waveform's phase is not known; it is searched within
+-1 ms. Printed for each image: correlation and error of the mean, fitted with it and left out; the correlation of
the chip's data as they stood in the run; and the chance level: the 95th percentile of the correlation when the
activities are turned by random times before they are fitted. --mean names an image with a mean but no waveform:
it is only predicted. The standard error of a coefficient takes residuals as independent, which folded
samples are not quite: read it as a lower bound.
"""
import argparse
import csv
import json
import math
import random
import re
import statistics

# Coefficient: the activities it counts. What a chip's waveforms cannot tell is left out of its list: on the L4R5
# reads and writes told apart fit no better, and an image left out is predicted much worse; on the H7A3 an access to
# the DTCM cannot be told from the instruction that makes it, while one through the L1 cache can.
ACCESS = r"\w*\.(load|store)$"
FEATURES = {
    "l4r5": {"clock": r"^cycles$", "instruction": r"^instructions$", "branch": r"^insn\.(branch|call)",
             "memory access": rf"^(sram|flash){ACCESS}"},
    "u575": {"clock": r"^cycles$", "instruction": r"^instructions$", "SIMD, multiply-accumulate": r"^insn\.(simd|mac)",
             "memory access": rf"^(sram|flash){ACCESS}"},
    "h7a3": {"clock": r"^cycles$", "instruction": r"^instructions$", "access through L1": rf"^(axi|flash|sram){ACCESS}"},
}
# What only the rows can tell, since in the waveforms it is rare: lines read from the flash.
ROWS_TELL = {"l4r5": {"line of the flash": r"^flash\d*\.(icache|dcache)_miss$"}, "u575": {"line of the flash": r"\.array_read$"},
             "h7a3": {}}
FITTED_KERNELS = "compiled"
CHANCE_TRIALS = 100
PHASES_MS = [k / 20 for k in range(-20, 21)]


class Waveform:
    """One image: measured power, and cumulative counts over the modelled inferences."""

    def __init__(self, spec, features):
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
        self.read(trace, features)
        self.phase = 0.0

    def read(self, path, features):
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            head = next(rows)
            patterns = [*features.values(), "^energy_j$"]  # the last: what the model itself made of it
            columns = [[i for i, name in enumerate(head) if re.search(pattern, name)] for pattern in patterns]
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


class Rows:
    """Published rows as contrasts: each benchmark less the mean of its firmware's benchmarks."""

    def __init__(self, path, chip, features):
        with open(path, encoding="utf-8") as file:
            found = [r for r in json.load(file) if r["chip"] == chip]
        self.firmware = {}
        for row in found:
            sums = [sum(n for name, n in row["per_second"].items() if re.search(p, name)) for p in features.values()]
            self.firmware.setdefault((row["kernels"], *row["firmware"]), []).append((sums, row["milliwatts"]))
        self.weight = 1.0

    def contrasts(self, wanted):
        table, power = [], []
        for key, rows in self.firmware.items():
            if not wanted(key) or len(rows) < 2:
                continue
            means = [statistics.mean(column) for column in zip(*[sums for sums, _ in rows])]
            level = statistics.mean(p for _, p in rows)
            table += [[a - m for a, m in zip(sums, means)] for sums, _ in rows]
            power += [p - level for _, p in rows]
        return table, power


def rms(values):
    return math.sqrt(statistics.mean(v * v for v in values)) if values else 0.0


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


def residuals(value, table, power):
    return [p - m for p, m in zip(power, predict(value, table))]


def fit_all(waves, rows=None, wanted=lambda key: key[0] == FITTED_KERNELS):
    """Fit, phases and the rows' weight in turn; they settle."""
    more, theirs = rows.contrasts(wanted) if rows else ([], [])
    weight = 1.0
    for w in waves:
        w.phase = 0.0
    for _ in range(5):
        table = [r for w in waves for r in w.table[w.phase]]
        power = [p for w in waves for p in w.power]
        value, error = fit(table + [[weight * x for x in r] for r in more], power + [weight * p for p in theirs])
        if more:
            weight = rms(residuals(value, table, power)) / rms(residuals(value, more, theirs))
        align(waves, value)
    if rows:
        rows.weight = weight
    return value, error


def chance(waves):
    """95th percentile of each image's correlation with activities turned by random times."""
    dice = random.Random(1)
    kept = [w.table for w in waves]
    found = [[] for _ in waves]
    for _ in range(CHANCE_TRIALS):
        for w, table in zip(waves, kept):
            turn = dice.randrange(3, len(w.t) - 3)
            w.table = {p: rows[turn:] + rows[:turn] for p, rows in table.items()}
        value, _ = fit_all(waves)
        for w, each in zip(waves, found):
            each.append(correlation(predict(value, w.table[w.phase]), w.power))
    for w, table in zip(waves, kept):
        w.table = table
    return [sorted(each)[int(0.95 * CHANCE_TRIALS)] for each in found]


# ---- printing ------------------------------------------------------------------------------------------

def describe(wave, value):
    modelled = predict(value, wave.table[wave.phase])
    mean = statistics.mean(modelled) / statistics.mean(wave.power) - 1
    return correlation(modelled, wave.power), mean


def as_it_stands(wave):
    """Correlation of the modelled power of the run itself, at its best phase."""
    return max(correlation([r[-1] for r in rows], wave.power) for rows in wave.whole.values())


def left_out(wave, waves, rows):
    others = [o for o in waves if o is not wave]
    if not others:
        return "none", "none"
    value, _ = fit_all(others, rows)
    align([wave], value)
    r, mean = describe(wave, value)
    return f"{r:.2f}", f"{100 * mean:+.1f} %"


def print_images(waves, value, rows):
    fitted = [(*describe(w, value), w.phase) for w in waves]
    luck = chance(waves)
    print("\n| image | samples | correlation | chance | mean power | left out: correlation | left out: mean power "
          "| chip's data: correlation |\n|---|---|---|---|---|---|---|---|")
    for w, (r, mean, phase), chances in zip(waves, fitted, luck):
        alone = left_out(w, waves, rows)
        print(f"| {w.name} | {len(w.t)} | {r:.2f} | {chances:.2f} | {100 * mean:+.1f} % | {alone[0]} | {alone[1]} | "
              f"{as_it_stands(w):.2f} |")
    print("\nphases, ms: " + ", ".join(f"{w.name} {f[2]:+.2f}" for w, f in zip(waves, fitted)))


def print_rows(waves, rows, value):
    """How far the differences among a firmware's benchmarks are explained, fitted and with the firmware left out."""
    print(f"\nweight of a row beside a sample of a waveform: {rows.weight:.2f}\n")
    print("| firmware | kernels | benchmarks | differences, mW rms | left by the fit | left, firmware left out of the fit |")
    print("|---|---|---|---|---|---|")
    every = []
    for key in rows.firmware:
        table, power = rows.contrasts(lambda k, key=key: k == key)
        without = value
        if key[0] == FITTED_KERNELS:
            without, _ = fit_all(waves, rows, lambda k, key=key: k[0] == FITTED_KERNELS and k != key)
        left = residuals(value, table, power), residuals(without, table, power)
        every.append((power, *left))
        print(f"| {' '.join(key[1:])} | {key[0]} | {len(power)} | {rms(power):.2f} | {rms(left[0]):.2f} | {rms(left[1]):.2f} |")
    totals = [rms([x for lists in column for x in lists]) for column in zip(*every)]
    print("| all | | " + " | ".join([str(sum(len(p) for p, _, _ in every)), *(f"{x:.2f}" for x in totals)]) + " |")


def print_mean(spec, features, value):
    """An image without a waveform: what the fitted coefficients say of its mean power."""
    name, rest = spec.split("=", 1)
    milliwatts, report = rest.split(",")
    with open(report, encoding="utf-8") as file:
        window = json.load(file)["mlperf"]["window"]
    counts = {"cycles": window["cycles"], "instructions": window["instructions"], **window["activity"]}
    sums = [sum(n for key, n in counts.items() if re.search(pattern, key)) for pattern in features.values()]
    modelled = sum(v * s for v, s in zip(value, sums)) / window["time_s"]
    print(f"\n{name}, not fitted: mean power {modelled:.2f} mW, {100 * (modelled / float(milliwatts) - 1):+.1f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chip", choices=FEATURES, required=True)
    parser.add_argument("--image", action="append", required=True)
    parser.add_argument("--mean", action="append", default=[])
    parser.add_argument("--rows", help="what tools/energy_rows.py --counts wrote")
    options = parser.parse_args()
    features = {**FEATURES[options.chip], **(ROWS_TELL[options.chip] if options.rows else {})}
    waves = [Waveform(spec, features) for spec in options.image]
    for w in waves:
        w.whole = {p: w.rates(p) for p in PHASES_MS}
        w.table = {p: [r[:-1] for r in rows] for p, rows in w.whole.items()}
    rows = Rows(options.rows, options.chip, features) if options.rows else None
    value, error = fit_all(waves, rows)
    print("| coefficient | pJ | standard error |\n|---|---|---|")
    for name, v, e in zip(features, value, error):
        print(f"| {name} | {v * 1e9:.1f} | {'not determined' if e is None else f'{e * 1e9:.1f}'} |")
    print_images(waves, value, rows)
    if rows:
        fit_all(waves, rows)  # the phases and the weight of the whole fit again
        print_rows(waves, rows, value)
    for spec in options.mean:
        print_mean(spec, features, value)


if __name__ == "__main__":
    main()
