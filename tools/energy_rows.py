#!/usr/bin/env python3
"""Compares modelled mean power with published energy measurements whose firmware is not at hand.

    tools/energy_rows.py --mote build/release/mote --rows CALIBRATION.csv --csv MEASURED.csv --images FOLDER
                         [--samples build/release/firmware] [--counts FILE.json] [--write docs/accuracy.md]

CALIBRATION.csv has one row a published result: round, org, system, benchmark, framework, compiler, energy_uJ,
power_mW, pJ_per_cycle, hw_notes (with "at 1.8V" and, where it holds, "Single Bank"). MEASURED.csv and FOLDER are
those of tools/accuracy.py.

The proxy: other firmware stands for the row's, by what its kernels are (KERNELS below; its energy has no say). For
X-CUBE-AI, which compiles the network, images of the newest submission at hand that has all four benchmarks; for the
others the samples' mlperf-dut-*, which run the same four networks by kernels in plain C or for the DSP extension
(built where the golden models are; without --samples the images stand for all). One firmware for all benchmarks, so
that they differ by the network and not by the firmware. It runs at the row's supply (1.8 V where the notes say
nothing, as the benchmark's power supply does) and in the row's flash mode (two banks, as delivered, unless the
notes say otherwise).

What the proxy cannot show is what the row's firmware leaves on: clocks of peripherals, pins. Three predictions of a
row, each beside a constant power that was told the same:

    model               told nothing of the board's other rows
    board's background  model + mean of measured less modelled power over the other rows of the board at that supply;
                        rival: those rows' mean energy per active cycle, the constant-power baseline
    own background      model + the same mean over the firmware's other benchmarks (what `--set board.load` declares);
                        rival: those benchmarks' mean energy per cycle

The row itself is left out of each mean. The table of baselines gives the means with every row in: `baseline` in
power-model/data. --counts writes the proxies' activities per second beside the measured power, for
tools/fit_power.py --rows. With --write the tables replace those between the markers of that file.
"""
import argparse
import csv
import json
import pathlib
import re
import statistics
import tempfile

import accuracy

CHIPS = ("L4R5", "U575", "H7A3")
TWO_BANKS = {"nucleo_l4r5zi": "nucleo_l4r5zi_dual_bank"}
OUTLIER = ("v1.1", "STMicroelectronics", "NUCLEO_L4R5ZI", "ic")  # 30 % below every other row of the board
NEWEST = "v1.2"  # rows of this round are those whose images are at hand
# What a row's framework, compiler and system say of its kernels; the first that matches.
COMPILED = "compiled"
KERNELS = ((r"X-CUBE-AI", COMPILED), (r"CMSIS_NN|ONNC", "dsp"), (r"TensorFlow Lite|microTVM", "portable"), ("", COMPILED))
SAMPLE_BOARD = "nucleo_l4r5zi"
INPUT_BYTES_INT8_AD = 640  # the samples take features already quantized
REFERENCE_V = {"L4R5": 1.8}  # linear regulators: the current is the same at any supply


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
        self.firmware = (row["round"], row["org"], self.system)
        words = " ".join((row["framework"], row["compiler"], self.system))
        self.kernels = next(kind for pattern, kind in KERNELS if re.search(pattern, words, re.IGNORECASE))
        self.proxy = self.report = None

    def modelled(self):
        return 1e3 * self.report["mlperf"]["mean_power_w"]


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["energy_uJ"] and r["round"] != NEWEST]
    rows = [Row(r) for r in rows if (r["round"], r["org"], r["system"], r["benchmark"]) != OUTLIER]
    return [r for r in rows if r.chip]


# ---- proxies ---------------------------------------------------------------------------------------

def stack_of(chip, images):
    """Images of the newest submission for this chip that has every benchmark, by benchmark."""
    stacks = {}
    for image in images:
        if chip in image.system.upper():
            stacks.setdefault((image.row["round"], image.row["org"], image.system), {})[image.benchmark] = image
    whole = [key for key, stack in stacks.items() if set(stack) == set(accuracy.WINDOW)]
    return stacks[max(whole, key=lambda key: key[0])] if whole else {}


def sample_of(row, folder):
    """Our own firmware of the row's benchmark, as an image."""
    name = f"mlperf-dut-{row.benchmark}-{row.kernels}-{SAMPLE_BOARD}.elf"
    image = accuracy.Image({"round": "sample", "org": row.kernels, "system": row.system, "benchmark": row.benchmark,
                            "mode": "performance", "file": name, "latency_ms": ""}, folder)
    return image if image.path.exists() else None


def run_proxies(rows, images, options, folder):
    """Gives each row the report of its proxy; rows whose proxy is missing or fails are dropped."""
    known, stacks = {}, {chip: stack_of(chip, images) for chip in CHIPS}
    for row in rows:
        image = sample_of(row, options.samples) if options.samples and row.kernels != COMPILED else None
        row.proxy = f"samples, {'plain C' if row.kernels == 'portable' else 'DSP'}" if image else ""
        image = image or stacks[row.chip].get(row.benchmark)
        if image is None:
            continue
        row.proxy = row.proxy or f"{image.row['round']} {image.row['org'].split()[0]}"
        key = (image.path.name, row.board, row.volts)
        if key not in known:
            image.board, image.row["supply_v"] = row.board, str(row.volts)
            own = folder / "samples" if image.row["round"] == "sample" else folder
            known[key] = image.run(options, "exact", own)
        row.report = known[key]
    return [r for r in rows if r.report]


def write_inputs(folder):
    (folder / "samples").mkdir()
    for benchmark in accuracy.WINDOW:
        data = accuracy.input_of(benchmark)
        (folder / f"{benchmark}.bin").write_bytes(data)
        short = data[:INPUT_BYTES_INT8_AD] if benchmark == "ad" else data
        (folder / "samples" / f"{benchmark}.bin").write_bytes(short)


def counts(rows):
    """For tools/fit_power.py: activities per second of the proxy, measured power at the reference supply."""
    out = []
    for row in rows:
        window = row.report["mlperf"]["window"]
        every = {"cycles": window["cycles"], "instructions": window["instructions"], **window["activity"]}
        scale = REFERENCE_V.get(row.chip, row.volts) / row.volts
        out.append({"chip": row.chip.lower(), "firmware": list(row.firmware), "benchmark": row.benchmark,
                    "kernels": row.kernels, "milliwatts": row.milliwatts * scale,
                    "per_second": {name: n / window["time_s"] for name, n in every.items()}})
    return out


# ---- predictions -----------------------------------------------------------------------------------

def errors_of(row, rows):
    """Errors of the three predictions and their rivals; None where nothing is left to learn from."""
    found = {"model": row.modelled() / row.milliwatts - 1}
    for name, others in (("board", [r for r in rows if r.group == row.group and r is not row]),
                         ("own", [r for r in rows if r.firmware == row.firmware and r is not row])):
        if others:
            background = statistics.mean(r.milliwatts - r.modelled() for r in others)
            constant = statistics.mean(r.pj for r in others) * row.megahertz * 1e-3
            found[name] = (row.modelled() + background) / row.milliwatts - 1
            found[f"{name} constant"] = constant / row.milliwatts - 1
    every = [r for r in rows if r.firmware == row.firmware]
    background = statistics.mean(r.milliwatts - r.modelled() for r in every)
    found["in-sample"] = (row.modelled() + background) / row.milliwatts - 1
    return found


def median(found, key):
    sizes = [abs(f[key]) for f in found if key in f]
    return f"{100 * statistics.median(sizes):.1f} %" if sizes else "none"


def closer(found, ours, rival):
    both = [f for f in found if ours in f and rival in f]
    return f"{sum(abs(f[ours]) < abs(f[rival]) for f in both)} of {len(both)}"


def summary(rows, found):
    out = []
    for name in (*CHIPS, "all"):
        mine = [f for r, f in zip(rows, found) if name in (r.chip, "all")]
        out.append([name, str(len(mine)), median(mine, "model"), median(mine, "board"), median(mine, "board constant"),
                    closer(mine, "board", "board constant"), median(mine, "own"), median(mine, "own constant"),
                    closer(mine, "own", "board constant"), closer(mine, "own", "own constant")])
    return accuracy.table(
        ["chip", "rows", "model alone", "model + board's mean background", "board's constant power", "the former closer",
         "model + own background", "own constant power", "model + own background closer than the board's constant power",
         "than its own"], out) + (
            "\n\nWith the row itself counted in its firmware's background (in-sample): median error "
            f"{median(found, 'in-sample')}.")


def every_row(rows, found):
    lines = []
    for row, f in zip(rows, found):
        banks = ", two banks" if row.board in TWO_BANKS.values() else ""
        lines.append([row.row["round"], row.row["org"], row.system, row.benchmark, f"{row.volts:g} V{banks}",
                      f"{row.milliwatts:.1f}", row.proxy, f"{row.modelled():.1f}",
                      *(accuracy.percent(f.get(k), 1) for k in ("model", "board", "board constant", "own", "own constant"))])
    return accuracy.table(["round", "by", "system", "benchmark", "supply", "measured mW", "proxy", "modelled mW",
                           "model alone", "+ board's background", "board's constant", "+ own background",
                           "own constant"], lines)


def baselines(rows):
    out = []
    for chip, volts in sorted({r.group for r in rows}):
        pj = [r.pj for r in rows if r.group == (chip, volts)]
        spread = f"{statistics.stdev(pj):.0f}" if len(pj) > 1 else ""
        out.append([chip, f"{volts:g} V", str(len(pj)), f"{statistics.mean(pj):.0f}", spread])
    return accuracy.table(["chip", "supply", "rows", "mean pJ per cycle", "standard deviation"], out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mote", required=True, type=pathlib.Path)
    parser.add_argument("--rows", required=True, type=pathlib.Path)
    parser.add_argument("--csv", required=True, type=pathlib.Path)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--samples", type=pathlib.Path, help="folder with mlperf-dut-*.elf")
    parser.add_argument("--counts", type=pathlib.Path, help="write what tools/fit_power.py --rows reads")
    parser.add_argument("--write", type=pathlib.Path, help="a file with markers, normally docs/accuracy.md")
    parser.add_argument("--timeout", type=float, default=180, help="seconds of host time for one run")
    parser.add_argument("--virtual", default="120s", help="virtual time limit of one run")
    options = parser.parse_args()
    rows = read_rows(options.rows)
    with open(options.csv, encoding="utf-8", newline="") as file:
        images = [accuracy.Image(row, options.images) for row in csv.DictReader(file)]
    images = [i for i in images if i.row["mode"] == "performance" and i.path.exists()]
    tables = {"baseline": baselines(rows)}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_inputs(folder)
        rows = run_proxies(rows, images, options, folder)
    found = [errors_of(row, rows) for row in rows]
    tables["energy rows"] = summary(rows, found) + "\n\n" + every_row(rows, found)
    if options.counts:
        options.counts.write_text(json.dumps(counts(rows), indent=1), encoding="utf-8")
    if options.write:
        accuracy.write(options.write, tables)
    else:
        for name, body in tables.items():
            print(f"\n{name}\n\n{body}")


if __name__ == "__main__":
    main()
