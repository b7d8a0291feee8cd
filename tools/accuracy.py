#!/usr/bin/env python3
"""Runs measured firmware images on their modelled boards and compares with the measurements.

    tools/accuracy.py --mote build/release/mote --csv MEASURED.csv --images FOLDER [--write docs/accuracy.md]

The CSV has one row an image, with the columns

    round, org, system, benchmark, mode   name the image: FOLDER/ROUND_ORG_SYSTEM_BENCHMARK_MODE.bin (or .hex, .elf)
    latency_ms      measured time of an inference; empty = not measured
    energy_uJ, avg_power_mW               measured; may be empty
    board           the board's name or .dts; without the column, or empty, found by `system` (BOARDS below)
    file            the image's name in FOLDER, instead of the one above
    supply_v        supply voltage; default for rows with energy that of the benchmark's power supply (SUPPLY_V
                    below), else the board's

`org` is the first word of the organisation in lower case. Every image gets the same input of its
benchmark: pseudo-random bytes, for anomaly detection pseudo-random features. Each run has a limit of
host time; an image that fails is listed with its reason. With --write the tables between the markers
`<!-- accuracy: NAME -->` and `<!-- end -->` of that file are replaced; without, they are printed.
"""
import argparse
import concurrent.futures
import csv
import json
import pathlib
import random
import re
import statistics
import struct
import subprocess
import sys
import tempfile

BOARDS = {"L4R5": "nucleo_l4r5zi", "U575": "nucleo_u575zi_q", "H7A3": "nucleo_h7a3zi_q", "F746": "disco_f746ng",
          "G0B1": "nucleo_g0b1re", "CY8CPROTO": "cy8cproto_062_4343w"}
# Inferences in a window of the benchmark, and here: fewer do, since virtual time has no noise.
WINDOW = {"kws": (70, 4), "ic": (20, 2), "vww": (20, 2), "ad": (1500, 10)}
INPUT_BYTES = {"kws": 490, "ic": 3072, "vww": 27648}
AD_FEATURES = 640
SUPPLY_V = {"H7A3": 3.0, "": 1.8}  # of the power supply in energy runs, as the submitters note it
ORGS = {"stmicroelectronics": "stmic"}  # shortened in file names


def input_of(benchmark):
    dice = random.Random(benchmark)
    if benchmark == "ad":  # log-mel energies of the real data set lie in this range
        return struct.pack(f"<{AD_FEATURES}f", *[dice.uniform(-30, 20) for _ in range(AD_FEATURES)])
    return bytes(dice.randrange(256) for _ in range(INPUT_BYTES[benchmark]))


def number(row, column):
    text = row.get(column) or ""
    return float(text) if text else None


class Image:
    """A row of the measurements, and what the model said."""

    def __init__(self, row, folder):
        org = row["org"].split()[0].lower()
        self.row = row
        self.benchmark, self.system = row["benchmark"], row["system"]
        self.name = "_".join((row["round"], ORGS.get(org, org), self.system.replace("/", "_"), self.benchmark,
                              row["mode"]))
        self.key = (row["round"], org, self.benchmark, self.variant(), row["mode"])
        found = [folder / row["file"]] if row.get("file") else sorted(folder.glob(self.name + ".*"))
        self.path = found[0] if found else folder / self.name
        self.board = row.get("board") or next((b for k, b in BOARDS.items() if k in self.system.upper()), None)
        self.measured_us = 1e3 * number(row, "latency_ms") if number(row, "latency_ms") else None
        self.measured_uj, self.measured_mw = number(row, "energy_uJ"), number(row, "avg_power_mW")
        self.exact = self.fast = None
        self.results = ()  # of the first inference: some firmware works in its input's buffer
        self.failure = ""

    def variant(self):
        """float, int8, max_performance ...: what the system's name says beyond the board."""
        return re.sub(r"^(nucleo|disco|cy8cproto)_[0-9a-z]+(_4343w|_q)?_?", "", self.system.lower())

    def command(self, options, accuracy, database, report, inferences):
        command = [options.mote, "mlperf", self.path, "--board", self.board, "--db", database, "--accuracy", accuracy,
                   "--iterations", inferences, "--warmup", int(inferences > 1), "--uart-speed", "drain",
                   "--time-limit", options.virtual, "--report", f"json:{report}"]
        usual = next(v for k, v in SUPPLY_V.items() if k in self.system.upper())
        supply = number(self.row, "supply_v") or (usual if self.measured_uj else None)
        if supply:
            command += ["--set", f"supply.voltage={supply}V"]
        return [str(word) for word in command]

    def run(self, options, accuracy, folder, inferences=None):
        """What mote reports, or None after noting why not."""
        inferences = inferences or WINDOW[self.benchmark][1]
        if self.board is None:
            self.failure = "no board of that name"
            return None
        database = folder / f"{self.benchmark}.bin"
        report = folder / f"{self.name}-{accuracy}.json"
        try:
            done = subprocess.run(self.command(options, accuracy, database, report, inferences), stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=options.timeout, check=False)
        except subprocess.TimeoutExpired:
            self.failure = f"{accuracy}: not done within {options.timeout:g} s of host time"
            return None
        if done.returncode != 0:
            lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "mote: " in line]
            told = [line for line in lines if "guest:" not in line and "info:" not in line] or lines or [""]
            self.failure = f"{accuracy}: {told[0].removeprefix('mote: ').split('. Known boards')[0][:160]}"
            return None
        return json.loads(report.read_text(encoding="utf-8"))

    def latency_us(self, report):
        """An inference as the benchmark's own window would give it: one time stamp's line is printed in each."""
        m = report["mlperf"]
        inference = 1e6 * m["window"]["time_s"] / m["iterations"]
        line = (m["latency_us"] - inference) * m["iterations"]
        return inference + line / WINDOW[self.benchmark][0]

    def error(self):
        return self.latency_us(self.exact) / self.measured_us - 1

    def power_mw(self):
        return 1e3 * self.exact["mlperf"]["mean_power_w"]

    def baseline_mw(self):
        """The constant-power model of the chip (energy per active cycle) for the window, as mean power."""
        joules, window = self.exact.get("constant_power_energy_j"), self.exact["mlperf"]["window"]
        return 1e3 * joules / self.exact["cycles"] * window["cycles"] / window["time_s"] if joules else None


def run_one(image, options, folder):
    image.exact = image.run(options, "exact", folder)
    once = image.exact and image.run(options, "exact", folder, 1)
    if once:
        image.results = tuple(once["mlperf"]["results"])
    if image.exact and options.fast:
        image.fast = image.run(options, "fast", folder)
    print(f"{image.name}: {image.failure or f'{100 * image.error():+.2f} %'}", file=sys.stderr, flush=True)
    return image


# ---- tables ----------------------------------------------------------------------------------------

def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def percent(value, digits=2):
    return "" if value is None else f"{100 * value:+.{digits}f} %"


def time_table(images):
    rows = []
    for i in images:
        if not i.exact or not i.measured_us:
            continue
        gap = i.fast["cycles"] / i.exact["cycles"] - 1 if i.fast else None
        fj = i.fast["energy_j"] / i.exact["energy_j"] - 1 if i.fast and i.exact["energy_j"] else None
        rows.append([i.row["round"], i.system, i.benchmark, i.row["mode"], f"{i.measured_us:.1f}",
                     f"{i.latency_us(i.exact):.1f}", percent(i.error()), percent(gap, 3), percent(fj, 3)])
    return table(["round", "system", "benchmark", "build", "measured us", "modelled us", "error", "`fast`: cycles",
                  "`fast`: energy"], rows)


def board_table(images):
    rows = []
    for board in sorted({i.board for i in images if i.board}):
        mine = [i for i in images if i.board == board]
        errors = [i.error() for i in mine if i.exact and i.measured_us]
        if not errors:
            rows.append([board, f"0 of {len(mine)}", "", "", "", ""])
            continue
        size = [abs(e) for e in errors]
        rows.append([board, f"{len(errors)} of {len(mine)}", f"{100 * statistics.median(size):.2f} %",
                     f"{100 * max(size):.2f} %", percent(statistics.median(errors)), percent(statistics.mean(errors))])
    return table(["board", "images that run", "median absolute error", "largest", "median", "mean"], rows)


def energy_table(images):
    rows, ours, constant = [], [], []
    for i in images:
        if not i.exact or not i.measured_mw or not i.exact["mlperf"]["mean_power_w"]:
            continue
        energy = i.power_mw() * i.latency_us(i.exact) * 1e-3 / i.measured_uj - 1
        power, base = i.power_mw() / i.measured_mw - 1, i.baseline_mw()
        ours.append(abs(power))
        if base:
            constant.append(abs(base / i.measured_mw - 1))
        rows.append([i.system, i.benchmark, i.row["mode"], f"{i.measured_mw:.2f}", f"{i.power_mw():.2f}", percent(power, 1),
                     percent(base / i.measured_mw - 1, 1) if base else "none", f"{i.measured_uj:.0f}", percent(energy, 1)])
    text = table(["system", "benchmark", "build", "measured mW", "modelled mW", "error", "constant power", "measured uJ",
                  "error"], rows)
    if ours:
        text += f"\n\nMedian error of mean power: {100 * statistics.median(ours):.1f} %"
        text += f"; of the constant-power baseline {100 * statistics.median(constant):.1f} %." if constant else "."
    return text


def agreement(images):
    """Same model and stack on several boards: the same input must give the same results."""
    groups = {}
    for i in images:
        if i.results:
            groups.setdefault(i.key[:4], []).append(i)
    rows = []
    for key, group in sorted(groups.items()):
        boards = {i.board for i in group}
        if len(group) < 2:
            continue
        results = {i.results for i in group}
        sizes = {len(r) for r in results}
        spread = max(max(c) - min(c) for c in zip(*results)) if len(sizes) == 1 and sizes != {0} else None
        verdict = "equal" if len(results) == 1 else "differ in length" if spread is None else f"within {spread:.3g}"
        rows.append([key[0], key[1], key[2], key[3] or "-", f"{len(group)} images, {len(boards)} boards", verdict])
    return table(["round", "stack", "benchmark", "variant", "images", "results"], rows)


def failures(images):
    rows = [[i.name, i.board or "", i.failure.replace("|", "/")] for i in images if i.failure]
    return table(["image", "board", "reason"], rows) if rows else "None."


def write(path, tables):
    text = path.read_text(encoding="utf-8")
    for name, body in tables.items():
        pattern = re.compile(rf"(<!-- accuracy: {name} -->\n).*?(<!-- end -->)", re.S)
        if not pattern.search(text):
            sys.exit(f"{path}: no marker <!-- accuracy: {name} --> with <!-- end --> behind it")
        text = pattern.sub(lambda m, b=body: m.group(1) + b + "\n" + m.group(2), text)
    path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mote", required=True, type=pathlib.Path)
    parser.add_argument("--csv", required=True, type=pathlib.Path)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path, help="a file with markers, normally docs/accuracy.md")
    parser.add_argument("--tables", default="", help="write only these, separated by commas; with --only, those it fills")
    parser.add_argument("--only", default="", help="images whose name matches this regular expression")
    parser.add_argument("--fast", action="store_true", help="also in the fast accuracy, compared with exact")
    parser.add_argument("--timeout", type=float, default=120, help="seconds of host time for one run")
    parser.add_argument("--virtual", default="120s", help="virtual time limit of one run")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, help="keep the reports of all images here")
    options = parser.parse_args()
    with open(options.csv, encoding="utf-8", newline="") as file:
        images = [Image(row, options.images) for row in csv.DictReader(file)]
    images = [i for i in images if re.search(options.only, i.name)]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for benchmark in WINDOW:
            (folder / f"{benchmark}.bin").write_bytes(input_of(benchmark))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda image: run_one(image, options, folder), images))
    if options.json:
        options.json.write_text(json.dumps({i.name: {"exact": i.exact, "fast": i.fast, "failure": i.failure}
                                            for i in images}), encoding="utf-8")
    ran = sum(1 for i in images if i.exact)
    tables = {"summary": f"{ran} of {len(images)} images run to their results.\n\n" + board_table(images),
              "time": time_table(images), "energy": energy_table(images), "agreement": agreement(images),
              "failures": failures(images)}
    if options.tables:
        tables = {name: tables[name] for name in options.tables.split(",")}
    if options.write:
        write(options.write, tables)
    else:
        for name, body in tables.items():
            print(f"\n{name}\n\n{body}")


if __name__ == "__main__":
    main()
