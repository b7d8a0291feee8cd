#!/usr/bin/python3
"""Runs golden_check over a folder of models with golden vectors.

usage: golden_test.py MODELS_DIR GOLDEN_CHECK WORK_DIR

MODELS_DIR holds *.tflite and golden/<name>/. Exit 77 (skipped) when it is not there.
"""
import gzip
import json
import pathlib
import struct
import subprocess
import sys

import tflite_plan

VECTORS = 6


def unpack_softmax(source, target):
    with open(source, encoding="utf-8") as f:
        cases = json.load(f)
    with open(target, "wb") as f:
        for c in cases:
            f.write(struct.pack("<5i", c["rows"], c["depth"], c["input_multiplier"],
                                c["input_left_shift"], c["diff_min"]))
            f.write(struct.pack(f"{len(c['input'])}b", *c["input"]))
            f.write(struct.pack(f"{len(c['output'])}b", *c["output"]))


def check_model(tool, tflite, work):
    golden = tflite.parent / "golden" / tflite.stem
    plan = work / (tflite.stem + ".plan")
    layers = work / "layers.bin"
    with open(golden / "layers.json", encoding="utf-8") as f:
        meta = json.load(f)
    plan.write_bytes(tflite_plan.build(tflite_plan.Model(tflite.read_bytes()), meta))
    failed = 0
    for k in range(VECTORS):
        layers.write_bytes(gzip.decompress((golden / f"layers_{k}.bin.gz").read_bytes()))
        done = subprocess.run([tool, "model", plan, golden / f"in_{k}.bin", layers], check=False)
        failed += done.returncode != 0
    return failed


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.split("\n\n")[1])
    models, tool, work = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    if not (models / "golden").is_dir():
        print(f"skipped: no golden models in {models}")
        sys.exit(77)
    work.mkdir(parents=True, exist_ok=True)
    tflites = sorted(models.glob("*.tflite"))
    failed = sum(check_model(tool, t, work) for t in tflites)
    unit = models / "golden" / "unit"
    unpack_softmax(unit / "softmax.json", work / "softmax.bin")
    failed += subprocess.run([tool, "requant", unit / "requant.bin"], check=False).returncode != 0
    failed += subprocess.run([tool, "softmax", work / "softmax.bin"], check=False).returncode != 0
    print(f"{len(tflites)} models x {VECTORS} inputs, {failed} checks failed")
    sys.exit(1 if failed or not tflites else 0)


if __name__ == "__main__":
    main()
