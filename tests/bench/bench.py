#!/usr/bin/env python3
"""Runs the same images on Mote (fast and exact) and on qemu (system-arm, system-riscv32) and prints ratios.

Processor time, not wall time, and the best of several interleaved turns, so that a loaded machine
disturbs little. The speed is that of the rounds alone, without start-up. Mote accounts cycles and energy meanwhile, qemu accounts nothing.
"""
import json
import os
import subprocess
import sys
import tempfile

BOARD = "nucleo_l4r5zi"
QEMU = ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none",
        "-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel"]
VIRT = "qemu_virt_rv32"
QEMU_RISCV = ["qemu-system-riscv32", "-M", "virt", "-cpu", "rv32,zba=true,zbb=true,zbs=true", "-bios", "none",
              "-display", "none", "-monitor", "none", "-serial", "stdio", "-kernel"]
# title, board, qemu, short image, long image, rounds in each
PAIRS = [
    ("int8 convolution, plain C", BOARD, QEMU, "conv-bench-semihosting.elf",
     "conv-bench-long-semihosting.elf", 20, 400),
    ("int8 convolution, DSP extension", BOARD, QEMU, "conv-bench-dsp-semihosting.elf",
     "conv-bench-dsp-long-semihosting.elf", 20, 400),
    ("int8 convolution, RV32IMAC", VIRT, QEMU_RISCV, "conv-bench-qemu_virt_rv32.elf",
     "conv-bench-long-qemu_virt_rv32.elf", 20, 100),
    ("bit manipulation, RV32 with Zba and Zbb", VIRT, QEMU_RISCV, "bits-bench-qemu_virt_rv32.elf",
     "bits-bench-long-qemu_virt_rv32.elf", 20, 400),
]


def run(command):
    """Exit status, output, processor seconds and peak memory in KiB."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    return child.returncode, text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def mote(build, board, accuracy, image, report=None):
    command = [os.path.join(build, "mote"), "run", image, "--board", board,
               "--accuracy", accuracy]
    return command + (["--report", "json:" + report] if report else [])


def checked(command, words, expected=0):
    """Processor seconds of a run that must end with the status and print the words."""
    status, text, seconds, kib = run(command)
    if status != expected or words not in text:
        sys.exit(f"bench: {' '.join(command)}\nexit status {status}:\n{text[-2000:]}")
    return seconds, kib


def measure(build, pair, turns):
    title, board, qemu, short, long, few, many = pair
    images = [os.path.join(build, "firmware", name) for name in (short, long)]
    if not all(os.path.exists(image) for image in images):
        print(f"{title}: no image {short}, skipped")
        return
    # What is compared is the difference of two runs: a long and a short one; for exact, which would
    # take minutes, the short one and one that ends at once.
    machines = {qemu[0]: ([qemu + [image] for image in images], many - few),
                "mote fast": ([mote(build, board, "fast", image) for image in images], many - few),
                "mote exact": ([mote(build, board, "exact", images[0]) + ["--time-limit", "1us"],
                                mote(build, board, "exact", images[0])], few)}
    best = {name: [float("inf")] * 2 for name in machines}
    memory = dict.fromkeys(machines, 0)
    for _ in range(turns):
        for name, (commands, _) in machines.items():
            for i, command in enumerate(commands):
                at_once = "--time-limit" in command
                seconds, kib = checked(command, "" if at_once else "bench rounds",
                                       124 if at_once else 0)
                best[name][i] = min(best[name][i], seconds)
                memory[name] = max(memory[name], kib)
    exact, fast = (report(build, board, accuracy, images[0]) for accuracy in ("exact", "fast"))
    per_round = exact["instructions"] / few
    rate = {name: per_round * rounds / max(best[name][1] - best[name][0], 1e-6) / 1e6
            for name, (_, rounds) in machines.items()}
    print(f"\n{title}: {per_round / 1e6:.1f} million instructions a round")
    print(f"{'':18}{'MIPS':>8}{'x qemu':>9}{'peak MiB':>10}")
    for name in machines:
        print(f"{name:18}{rate[name]:8.0f}{rate[name] / rate[qemu[0]]:9.3f}"
              f"{memory[name] / 1024:10.1f}")
    for key in ("cycles", "instructions", "energy_j"):
        if exact[key] is None:  # a chip without energy data
            continue
        off = (fast[key] / exact[key] - 1) * 100 if exact[key] else 0.0
        print(f"  {key}: exact {exact[key]:.9g}, fast {fast[key]:.9g} ({off:+.3f} %)")


def report(build, board, accuracy, image):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        checked(mote(build, board, accuracy, image, path), "bench rounds")
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def start_up(build, turns):
    """From exec to the first guest instructions: the run ends after a microsecond of virtual time."""
    image = os.path.join(build, "firmware", PAIRS[0][3])
    best, peak = float("inf"), 0
    for _ in range(max(turns, 5)):
        status, text, seconds, kib = run(mote(build, BOARD, "fast", image) + ["--time-limit", "1us"])
        if status != 124:
            sys.exit(f"bench: start-up run ended with {status}:\n{text[-2000:]}")
        best, peak = min(best, seconds), max(peak, kib)
    print(f"\nstart-up to the first microsecond of guest time and end: {best * 1e3:.0f} ms, "
          f"{peak / 1024:.1f} MiB")


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: run.sh BUILD [TURNS]")
    build, turns = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for pair in PAIRS:
        measure(build, pair, turns)
    start_up(build, turns)


main()
