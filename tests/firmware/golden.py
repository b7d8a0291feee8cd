#!/usr/bin/env python3
"""Cycles, instructions and energy of our samples in `exact` against golden.json: equal, or the test fails.

A change of a timing or energy model changes them on purpose: run with --update, and let the difference of
golden.json be read with the change. Firmware depends on its compiler, so the file names it; another one skips.
"""
import argparse
import json
import pathlib
import subprocess
import sys

from harness import MORE_BOARDS, Harness

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
SAMPLES = (("hello-world", "nucleo_l4r5zi"), ("hello-world", "arduino_nano_33_ble_sense"),
           ("kernel-check", "nucleo_l4r5zi"), ("kernel-check", "arduino_nano_33_ble_sense"),
           ("cycle-check", "nucleo_l4r5zi"), ("cycle-check", "arduino_nano_33_ble_sense"), ("dvfs", "nucleo_l4r5zi"),
           *((name, board) for name in ("hello-world", "cycle-check", "kernel-check") for board in MORE_BOARDS))
DIGITS = 9  # of energy: sums of doubles are printed, integers are kept


def compiler():
    found = subprocess.run(["arm-none-eabi-gcc", "--version"], capture_output=True, text=True, check=False)
    return found.stdout.splitlines()[0] if found.returncode == 0 else "none"


def measure(h):
    rows = {}
    for name, board in SAMPLES:
        result = h.run(h.firmware(name, board), board, "--time-limit", "30s").expect(0)
        rows[f"{name} {board}"] = {"cycles": result.report["cycles"], "instructions": result.report["instructions"],
                                   "energy_j": f"{result.report['energy_j']:.{DIGITS}g}"}
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mote", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--update", action="store_true", help="write golden.json from this build")
    options = parser.parse_args()
    path = HERE / "golden.json"
    golden = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if not options.update and golden.get("compiler") != compiler():
        print(f"skipped: golden.json is of {golden.get('compiler')}, here is {compiler()}")
        return SKIPPED
    rows = measure(Harness(options.mote, options.build, options.source))
    if options.update:
        path.write_text(json.dumps({"compiler": compiler(), "samples": rows}, indent=2) + "\n", encoding="utf-8")
        return 0
    changed = [name for name in SAMPLES if rows[" ".join(name)] != golden["samples"].get(" ".join(name))]
    for name in changed:
        key = " ".join(name)
        print(f"{key}: {rows[key]}, golden {golden['samples'].get(key)}", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
