#!/usr/bin/env python3
"""Compares modelled mean power with published energy measurements whose firmware is not at hand.

    tools/energy_rows.py --mote build/release/mote --rows CALIBRATION.csv --csv MEASURED.csv --images FOLDER
                         [--write docs/accuracy.md]

CALIBRATION.csv has one row a published result: round, org, system, benchmark, energy_uJ, power_mW, pJ_per_cycle,
hw_notes (with "at 1.8V" and, where it holds, "Single Bank"). MEASURED.csv and FOLDER are those of tools/accuracy.py.

The proxy: a row is compared with an image of the same benchmark for the same board that is at hand, ST's if there
is one, else the first of Bosch's, run at the row's supply (1.8 V where the notes say nothing, as the benchmark's power
supply does) and in the row's flash mode (two banks, as delivered, unless the notes say otherwise). The row's own
firmware may leave other peripherals and pins on and runs other code: this says how far the model serves for firmware
nobody ran. Its rival is what one would take without a model: the mean energy per active cycle of the other rows of
that board at that supply, from rounds before v1.2. Two more columns are told more: what the same firmware's other
benchmarks draw above the model, and their mean energy per cycle. The first table gives these means with every row in:
`baseline` in power-model/data. With --write the tables replace those between the markers of that file.
"""
import argparse
import csv
import pathlib
import re
import statistics
import tempfile

import accuracy

CHIPS = ("L4R5", "U575", "H7A3")
TWO_BANKS = {"nucleo_l4r5zi": "nucleo_l4r5zi_dual_bank"}
OUTLIER = ("v1.1", "STMicroelectronics", "NUCLEO_L4R5ZI", "ic")  # 30 % below every other row of the board
NEWEST = "v1.2"  # rows of this round are those whose images are at hand


class Row:
    """A published result with energy."""

    def __init__(self, row):
        self.row, self.system, self.benchmark = row, row["system"], row["benchmark"]
        self.chip = next((c for c in CHIPS if c in self.system.upper()), None)
        volts = re.search(r"at ([\d.]+) ?V", row["hw_notes"])
        self.volts = float(volts.group(1)) if volts else 1.8
        self.board = accuracy.BOARDS.get(self.chip)
        if "Single Bank" not in row["hw_notes"]:
            self.board = TWO_BANKS.get(self.board, self.board)
        self.milliwatts, self.pj = float(row["power_mW"]), float(row["pJ_per_cycle"])
        self.megahertz = self.milliwatts * 1e3 / self.pj
        self.group = (self.chip, self.volts)

    def constant(self, rows):
        """Mean power by the other rows' mean energy per cycle, in mW."""
        others = [r.pj for r in rows if r.group == self.group and r is not self]
        return statistics.mean(others) * self.megahertz * 1e-3 if others else None


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["energy_uJ"] and r["round"] != NEWEST]
    rows = [Row(r) for r in rows if (r["round"], r["org"], r["system"], r["benchmark"]) != OUTLIER]
    return [r for r in rows if r.chip]


def proxy_of(row, images):
    """The image that stands for the row's firmware."""
    same = [i for i in images if row.chip in i.system.upper() and i.benchmark == row.benchmark]
    return next((i for i in same if i.measured_uj), same[0] if same else None)


def modelled(row, images, options, folder, known):
    """Mean power in mW of the proxy, and its name; None when it does not run."""
    image = proxy_of(row, images)
    if image is None:
        return None, ""
    key = (image.name, row.board, row.volts)
    if key not in known:
        image.board, image.row["supply_v"] = row.board, str(row.volts)
        image.exact = image.run(options, "exact", folder)
        known[key] = image.power_mw() if image.exact else None
    return known[key], f"{image.row['round']} {image.row['org'].split()[0]}"


def baselines(rows):
    out = []
    for chip, volts in sorted({r.group for r in rows}):
        pj = [r.pj for r in rows if r.group == (chip, volts)]
        spread = f"{statistics.stdev(pj):.0f}" if len(pj) > 1 else ""
        out.append([chip, f"{volts:g} V", str(len(pj)), f"{statistics.mean(pj):.0f}", spread])
    return accuracy.table(["chip", "supply", "rows", "mean pJ per cycle", "standard deviation"], out)


def with_background(results):
    """Adds to each result the error when the same firmware's other benchmarks gave one number, what it draws besides:
    the mean of measured less modelled power; and the error of those benchmarks' mean energy per cycle."""
    for r in results:
        others = [o for o in results if o["family"] == r["family"] and o is not r]
        if others:
            row = r["row"]
            background = statistics.mean(o["row"].milliwatts - o["ours"] for o in others)
            constant = statistics.mean(o["row"].pj for o in others) * row.megahertz * 1e-3
            r["tuned"] = (r["ours"] + background) / row.milliwatts - 1
            r["tuned constant"] = constant / row.milliwatts - 1


def median(results, key):
    errors = [abs(r[key]) for r in results if r.get(key) is not None]
    return f"{100 * statistics.median(errors):.1f} %" if errors else "none"


def summary(results):
    """Medians by chip: ours, the baseline's, on how many rows ours is closer."""
    out = []
    for name in (*CHIPS, "all"):
        mine = [r for r in results if name in (r["row"].chip, "all")]
        closer = sum(abs(r["error"]) < abs(r["constant"]) for r in mine if r["constant"] is not None)
        out.append([name, str(len(mine)), median(mine, "error"), median(mine, "constant"), f"{closer} of {len(mine)}",
                    median(mine, "tuned"), median(mine, "tuned constant")])
    return accuracy.table(["chip", "rows", "median error of the model", "of the constant power", "model closer",
                           "model with the firmware's background", "constant power of the same firmware"], out)


def compare(rows, images, options, folder):
    lines, results, known = [], [], {}
    for row in rows:
        ours, name = modelled(row, images, options, folder, known)
        if ours is None:
            continue
        constant = row.constant(rows)
        error = ours / row.milliwatts - 1
        other = constant / row.milliwatts - 1 if constant else None
        results.append({"row": row, "family": (row.row["round"], row.row["org"], row.system), "ours": ours,
                        "error": error, "constant": other})
        banks = ", two banks" if row.board in TWO_BANKS.values() else ""
        lines.append([row.row["round"], row.row["org"], row.system, row.benchmark, f"{row.volts:g} V{banks}",
                      f"{row.milliwatts:.1f}", name, f"{ours:.1f}", accuracy.percent(error, 1),
                      accuracy.percent(other, 1)])
    head = ["round", "by", "system", "benchmark", "supply", "measured mW", "proxy", "modelled mW", "error",
            "constant power"]
    with_background(results)
    return summary(results) + "\n\n" + accuracy.table(head, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mote", required=True, type=pathlib.Path)
    parser.add_argument("--rows", required=True, type=pathlib.Path)
    parser.add_argument("--csv", required=True, type=pathlib.Path)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path, help="a file with markers, normally docs/accuracy.md")
    parser.add_argument("--timeout", type=float, default=180, help="seconds of host time for one run")
    parser.add_argument("--virtual", default="120s", help="virtual time limit of one run")
    options = parser.parse_args()
    rows = read_rows(options.rows)
    with open(options.csv, encoding="utf-8", newline="") as file:
        images = [accuracy.Image(row, options.images) for row in csv.DictReader(file)]
    images = [i for i in images if i.row["mode"] == "performance" and i.path.exists()]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for benchmark in accuracy.WINDOW:
            (folder / f"{benchmark}.bin").write_bytes(accuracy.input_of(benchmark))
        tables = {"baseline": baselines(rows), "energy rows": compare(rows, images, options, folder)}
    if options.write:
        accuracy.write(options.write, tables)
    else:
        for name, body in tables.items():
            print(f"\n{name}\n\n{body}")


if __name__ == "__main__":
    main()
