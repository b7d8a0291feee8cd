#!/usr/bin/env python3
"""Firmware tests: each case runs samples on their virtual boards and checks what they do."""
import argparse
import json
import re
import struct
import subprocess
import sys
import wave

from harness import (BOARDS, G0B1, HIFIVE, L4R5, MORE_BOARDS, NANO, RISCV_BOARDS, VIRT, VIRT64, Failure, Harness, check,
                     exact_unless_told, without_host)

KEYS = """board core firmware accuracy time_s cycles instructions sleep_s energy_j average_power_w energy_by
functions markers unmodelled faults host""".split()
ENERGY_KEYS = "core fetch memory clock leakage devices parts regulator".split()


def hello(h):
    for board in [*BOARDS, *MORE_BOARDS, G0B1]:
        result = h.run(h.firmware("hello-world", board), board, "--time-limit", "2s").expect(0, f"hello from {board}\n")
        check(result.report["unmodelled"] == [], f"registers without a model: {result.report['unmodelled']}")
        check("guest:" not in result.err, result.err)
        for key in KEYS:
            check(key in result.report, f"the report has no {key}")
        for key in ENERGY_KEYS:
            check(key in result.report["energy_by"], f"energy_by has no {key}")
        check(result.report["cycles"] > 0 and result.report["energy_j"] > 0, "nothing was counted")
        total = sum(f["cycles"] for f in result.report["functions"])
        check(total == result.report["cycles"], f"functions sum to {total} of {result.report['cycles']} cycles")
        by_symbol = {f["name"]: f["cycles"] for f in result.report["functions"]}
        check(by_symbol.get("board_console_write", 0) > 0, f"functions by name: {by_symbol}")
        h.run(h.firmware("hello-world", board), board, "--until", "no such words").expect(1).says("no such words")
    # Without symbols, all code is one row.
    report = h.run(raw_of(h, h.firmware("hello-world", L4R5)), L4R5).expect(0).report
    rows = {f["name"]: f["cycles"] for f in report["functions"]}
    check(rows.get("(no symbol)", 0) > 0.9 * report["cycles"] and sum(rows.values()) == report["cycles"], f"{rows}")


def default_accuracy(h):
    """Without --accuracy it is fast, where the core has it; the report tells which it was."""
    for name, board, accuracy in (("cycle-check", L4R5, "fast"), ("cycle-check", VIRT64, "exact")):
        image, path = h.firmware(name, board), h.path("default.json")
        if image.exists():
            h.raw("run", image, "--board", board, "--time-limit", "5s", "--report", f"json:{path}").expect(0)
            report = json.loads(path.read_text(encoding="utf-8"))
            check(report["accuracy"] == accuracy, f"{board}: {report['accuracy']}")
            check(("fast_error_estimate" in report) == (accuracy == "fast"), "an estimate of the error in fast, and only there")


def blinky(h):
    for board in [*BOARDS, *MORE_BOARDS, G0B1]:
        result = h.run(h.firmware("blinky", board), board, "--time-limit", "2s").expect(124)
        check(abs(result.report["time_s"] - 2) < 1e-3, "the time limit is exact to an instruction")
        check(result.out.splitlines() == ["blink 1", "blink 2"], f"one blink a second on {board}: {result.out!r}")
        check(result.report["sleep_s"] > 1.5, "blinky sleeps most of the time")


def faults(h):
    for board in BOARDS:
        for kind, words in (("null-call", "INVSTATE"), ("divide", "DIVBYZERO"), ("store", "PRECISERR")):
            result = h.run(h.firmware(f"fault-{kind}", board), board, "--time-limit", "2s")
            result.expect(3, "about to fault")
            result.says(words, "misbehave", "process_sample", "main", "main.c:")
            check(result.report["faults"], "the report lists the fault")


def bad_input(h):
    elf = h.firmware("hello-world", L4R5)
    good = elf.read_bytes()

    def refused(result, *words):
        check(result.status == 2, f"exit status {result.status}, not 2: {result.err}")
        result.says("mote: ", *words)
        check(result.out == "", f"the console must stay silent: {result.out!r}")

    def write(name, data):
        path = h.path(name)
        path.write_bytes(data)
        return path

    refused(h.run(write("cut.elf", good[:5000]), L4R5), "cut.elf", "truncated")
    refused(h.run(write("bad.hex", b":0400000001020304F1\n:00000001FF\n"), L4R5), "bad.hex", "line 1", "checksum")
    other = bytearray(good)
    other[18] = 243
    refused(h.run(write("riscv.elf", bytes(other)), L4R5), "RISC-V", "Arm", "--board")
    refused(h.run(write("big.bin", bytes(3 << 20)), L4R5), "do not fit")
    refused(h.run(elf, NANO), "do not fit", "--board")
    refused(h.run(elf, "nucleo_l4r5"), "no board", L4R5, NANO)
    refused(h.run(elf, L4R5, "--symbols", write("none.txt", b"no symbols")), "--symbols", "none.txt")
    refused(h.run(elf, L4R5, "--until", report=False), "--until", "value is missing")
    for option in ("--until", "--fail-on"):
        refused(h.run(elf, L4R5, option, ""), option, "is empty")
    refused(h.raw("info"), "info: give one board")
    refused(h.raw("boards", "all"), "boards: takes no arguments")
    refused(h.raw("ran"), 'no command "ran"')
    text = h.run(write("notes.txt", b"# These are no vectors"), L4R5)
    text.expect(3).says("is no firmware", "0x68542023", "no stack pointer and reset vector", "locked up")
    refused(h.run(elf, L4R5, "--untill", "x"), "--untill", "unknown option")
    refused(h.run(elf, h.path("absent.dts")), "absent.dts", "cannot open")
    refused(h.run(elf, write("bad.dts", b"/dts-v1/;\n/ { oops };\n")), "bad.dts", "2")
    public = (h.source / "tests" / "firmware" / "zephyr_style_l4r5.dts").read_bytes()
    still = public.replace(b"reg = <0x0>;", b"reg = <0x0>;\nclock-frequency = <0>;", 1)
    refused(h.run(elf, write("still.dts", still)), "still.dts", "cpu@0", "clock-frequency")
    still = public.replace(b"clock-frequency = <0xf42400>", b"clock-frequency = <0>", 1)
    refused(h.run(elf, write("still.dts", still)), "still.dts", "clk-hsi", "clock-frequency")
    refused(h.run(elf, write("bad.dtb", b"\xd0\x0d\xfe\xed" + bytes(60))), "bad.dtb", "devicetree")
    kws = h.firmware("kws", NANO)
    refused(h.run(kws, NANO, "--stimulus", f"mic={h.path('none.wav')}"), "none.wav")
    path = h.path("odd.wav")
    path.write_bytes(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x99\x99\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0")
    refused(h.run(kws, NANO, "--stimulus", f"mic={path}"), "odd.wav")
    refused(h.run(kws, NANO, "--stimulus", "nose=1V"), "nose")
    refused(h.run(elf, L4R5, "--uart", "uart99=null"), "uart99", "lpuart1")
    refused(h.run(elf, L4R5, "--time-limit", "5"), "--time-limit")
    refused(h.raw("run", elf), "--board")
    refused(h.run(h.path("none.elf"), L4R5), "none.elf", "cannot open")


def raw_of(h, elf):
    """The first segment of an image for flash at 0x08000000, as a raw binary."""
    data = elf.read_bytes()
    start, count = struct.unpack_from("<I", data, 28)[0], struct.unpack_from("<H", data, 44)[0]
    segments = [struct.unpack_from("<8I", data, start + 32 * i) for i in range(count)]
    first = next(s for s in segments if s[0] == 1 and s[3] == 0x08000000)
    raw = h.path("raw.bin")
    raw.write_bytes(data[first[1]:first[1] + first[4]])
    return raw


def wrong_board(h):
    """An image for another core of the family is run, with a warning, and its fault says what it is about."""
    elf = h.firmware("kernel-check", L4R5)
    limit = ("--time-limit", "100ms")
    h.run(elf, G0B1, *limit).expect(3).says("info: the image was built for Armv7E-M", "cortex-m0plus, has Armv6-M",
                                            "is an instruction of Armv7-M", "\nthe image was built for")
    result = h.run(raw_of(h, elf), G0B1, *limit).expect(3).says("is an instruction of Armv7-M", "another board")
    check("built for Armv7E-M" not in result.err, "a raw binary has no attributes")
    for board in (L4R5, "nucleo_u575zi_q", "nucleo_h7a3zi_q"):  # what they can run
        result = h.run(h.firmware("hello-world", L4R5), board, *limit)
        check("built for" not in result.err, result.err)
    if h.firmware("hello-world", HIFIVE).exists():
        h.run(h.firmware("hello-world", VIRT), VIRT64).expect(2).says("32 bits", "has 64")
        result = h.run(h.firmware("hello-world", HIFIVE), HIFIVE, *limit)
        check("built for" not in result.err, result.err)


def outputs(h):
    """Whatever is written to a full disk is missed aloud: /dev/full takes nothing."""
    elf, dut = h.firmware("hello-world", L4R5), h.firmware("mlperf-dut", L4R5)

    def lost(result, *words):
        check(result.status == 2, f"exit status {result.status}, not 2: {result.err}")
        result.says("mote: ", *words)

    lost(h.run(elf, L4R5, "--activity", "csv:/dev/full,100us"), "--activity", "/dev/full")
    lost(h.run(elf, L4R5, "--activity", "csv:/dev/full,1s"), "--activity", "/dev/full")
    lost(h.run(elf, L4R5, "--uart", "lpuart1=file:/dev/full"), "lpuart1", "No space left")
    lost(h.raw("run", elf, "--board", L4R5, "--report", "json:/dev/full"), "/dev/full", "report")
    lost(h.raw("mlperf", dut, "--board", L4R5, "--iterations", 1, "--transcript", "/dev/full"), "--transcript")
    with open("/dev/full", "wb") as full:
        lost(h.raw("run", elf, "--board", L4R5, out=full), "lpuart1")
        lost(h.raw("run", h.firmware("micro-bench", "semihosting"), "--board", L4R5, out=full), "what the firmware printed")
        lost(h.raw("run", elf, "--board", L4R5, "--uart", "lpuart1=null", "--report", "json:-", out=full), "standard output")
        for words in (["info", L4R5], ["boards"], ["--help"]):
            lost(h.raw(*words, out=full), "standard output")
    # What can be written is whole: each period's row, and a head when the run is shorter than a period.
    trace = h.path("trace.csv")
    result = h.run(elf, L4R5, "--activity", f"csv:{trace},100us").expect(0)
    rows = [line.split(",") for line in trace.read_text(encoding="utf-8").splitlines()]
    check(rows[0][:4] == ["time_s", "cycles", "instructions", "energy_j"], f"head: {rows[0][:4]}")
    check(len(rows) == 1 + int(result.report["time_s"] / 100e-6), f"{len(rows)} lines for {result.report['time_s']} s")
    h.run(elf, L4R5, "--activity", f"csv:{trace},1s").expect(0)
    check(trace.read_text(encoding="utf-8").startswith("time_s,cycles,"), "a head without rows")


def unknown_energy(h):
    """A chip without energy data: every energy is null and said to be unknown, never 0."""
    if not h.firmware("hello-world", VIRT).exists():
        print("skipped: no cross compiler for RISC-V (make deps)")
        return 77
    result = h.run(h.firmware("cycle-check", VIRT), VIRT, "--report", "text", "--set", "battery.cell=cr2032").expect(0)
    report = result.report
    energies = [report["energy_j"], report["average_power_w"]]
    energies += [report["energy_by"][key] for key in ("core", "fetch", "clock", "leakage", "regulator")]
    energies += [row["energy_j"] for key in ("functions", "markers") for row in report[key]]
    check(len(energies) > 10 and all(e is None for e in energies), f"energies: {energies}")
    check("battery" not in report and any("no energy data" in note for note in report["notes"]), report["notes"])
    result.says("energy not modelled", "no energy data")
    check(" 0 J" not in result.err and "battery life" not in result.err, result.err)
    known = h.run(h.firmware("hello-world", L4R5), L4R5).expect(0).report
    check(known["energy_by"]["core"] > 0 and known["functions"][0]["energy_j"] > 0, "a known chip has numbers")


def two_task(h):
    """On the L4R5 only: the sample sleeps on SysTick, which stops in the nRF52's sleep."""
    for accuracy in ("exact", "fast"):
        result = h.run(h.firmware("two-task", L4R5), L4R5, "--accuracy", accuracy,
                       "--time-limit", "11min").expect(0, "PASS")
        check(result.report["time_s"] > 600, "ten virtual minutes")


def frames(h):
    """32 ms frames with sleep between them: duty, mean power and battery life; idling costs the host nothing."""
    def run(name, *options):
        return h.run(h.firmware(name, L4R5), L4R5, "--set", "supply.voltage=3V", "--set", "battery.cell=cr2032", *options)

    deep, light = (run(name).expect(0, "frames 312, with a voice") for name in ("frames", "frames-sleep"))
    check(deep.out == light.out, f"how it sleeps changes what it hears: {deep.out!r} {light.out!r}")
    for result in (deep, light):
        report = result.report
        awake = 1 - report["sleep_s"] / report["time_s"]
        check(abs(report["time_s"] - 312 * 1049 / 32768 - 2) < 0.12, "312 frames after the crystal's start of 2 s")
        check(0.07 < awake < 0.13, f"awake {100 * awake:.1f} % of the time: 3.6 of 32 ms")
    check(deep.report["average_power_w"] < 0.6 * light.report["average_power_w"], "Stop 2 saves")
    text = run("frames", "--report", "text")
    text.says("duty cycle: awake", "mean power", "battery life at this mean power", "cr2032")

    # Ten hours asleep: no instruction, no wake-up, and far less than a second of host time for all of it.
    soon, late = (run("frames-idle", "--time-limit", limit).expect(124) for limit in ("3s", "36000s"))
    check(late.report["instructions"] == soon.report["instructions"], "asleep, it executes nothing")
    micro = 1e6 * (late.report["energy_j"] - soon.report["energy_j"]) / 35997 / 3.0
    check(2.4 < micro < 2.8, f"{micro:.2f} uA asleep: Stop 2 and no more")


def stop_modes(h):
    """Each deep sleep of the STM32H7A3 costs what its data say, waking up included; Standby lasts."""
    board = "nucleo_h7a3zi_q"

    def run(limit):
        result = h.run(h.firmware("stop-modes", board), board, "--set", "supply.voltage=3V", "--time-limit", limit)
        return result.expect(124, "sleep 0 stops", *(f"stop, scale {s}: 10 stops" for s in ("3", "5", "5, retention")))

    soon, late = run("10s"), run("3610s")
    naps = {m["name"]: 1e6 * m["energy_j"] / 3.0 for m in late.report["markers"]}  # ten of 100 ms
    for name, wakes, asleep in (("stop, scale 3", 5, 500), ("stop, scale 5", 39, 180), ("stop, scale 5, retention", 39, 32)):
        expected = asleep + 6000 * 10 * wakes * 1e-6
        check(abs(naps[name] / expected - 1) < 0.01, f"{name}: {naps[name]:.1f} uA, not {expected:.1f}")
    check(naps["sleep"] > 10 * naps["stop, scale 3"], "the clock tree runs in Sleep")
    check(soon.report["instructions"] == late.report["instructions"], "in Standby nothing wakes it")
    micro = 1e6 * (late.report["energy_j"] - soon.report["energy_j"]) / 3600 / 3.0
    check(abs(micro / 2.2 - 1) < 0.01, f"{micro:.2f} uA in Standby")


def kernel_check(h):
    crcs = set()
    for board in [*BOARDS, *MORE_BOARDS, G0B1]:
        accuracy = "exact" if board in BOARDS else "fast"
        result = h.run(h.firmware("kernel-check", board), board, "--accuracy", accuracy, "--time-limit",
                       "60s").expect(0, "PASS")
        crcs.add(re.search(r"crc (\w+)", result.out)[1])
    check(len(crcs) == 1, f"the kernels give other bits on another core: {crcs}")


def model_check(h):
    images = sorted((h.build / "firmware").glob(f"model-check-*-{L4R5}.elf"))
    if not images:
        print("skipped: the golden models are not beside this checkout (../shared/models)")
        return 77
    for image in images:
        h.run(image, L4R5, "--accuracy", "fast", "--time-limit", "600s").expect(0, "PASS")
        print(image.name)


WORDS = ("yes", "no", "go", "stop")


def heard(text):
    return [line.split()[0] for line in text.splitlines() if line.split() and line.split()[0] in WORDS]


def logits(text):
    return [line for line in text.splitlines() if line.startswith("logits")]


def host_reference(h, clip, console):
    """What the host's build of the detector prints for what the Nano heard of a clip."""
    tool = h.build / "kws-host"
    log = h.path("console.txt")
    log.write_text(console, encoding="utf-8")
    found = subprocess.run([tool, "--nano", "--find", log, clip], capture_output=True, text=True, check=False)
    check(found.returncode == 0, f"no start of the recording gives the board's logits: {found.stderr}")
    return subprocess.run([tool, "--nano", "--skip", found.stdout.strip(), clip], capture_output=True, check=True,
                          text=True).stdout


def clip_seconds(path):
    with wave.open(str(path)) as clip:
        return clip.getnframes() / clip.getframerate()


def keyword_spotting(h):
    clip = h.source / "firmware-samples" / "keyword-spotting" / "demo.wav"
    limit = f"{clip_seconds(clip) + 0.5:.3f}s"
    result = h.run(h.firmware("kws", NANO), NANO, "--stimulus", f"mic={clip}", "--time-limit", limit).expect(124)
    reference = host_reference(h, clip, result.out)
    check(heard(result.out) == heard(reference), f"heard {heard(result.out)}, the host {heard(reference)}")
    check(heard(result.out), "the demo's words are heard")
    same(logits(result.out), logits(reference))
    check(result.report["markers"], "the inference is marked")
    plausible_energy(result.report)
    result = h.run(h.firmware("kws", NANO), NANO, "--stimulus", f"mic={clip}", "--until", "yes").expect(0)
    check(heard(result.out) == ["yes"], f"it ends with the first word, not before: {result.out!r}")
    plain = subprocess.run([h.build / "kws-host", clip], capture_output=True, check=True, text=True).stdout
    for board in (L4R5, *MORE_BOARDS):
        result = h.run(h.firmware("kws", board), board, "--accuracy", "fast", "--time-limit", "20s").expect(0)
        check(logits(result.out) == logits(plain) and heard(result.out) == heard(plain), f"{board} and the host differ")
        total = sum(row["cycles"] for row in result.report["functions"])
        check(total == result.report["cycles"], f"{board}: functions sum to {total} cycles of {result.report['cycles']}")


def plausible_energy(report):
    """What functions cost is part of the whole, and no code costs many times the mean per cycle."""
    functions = report["functions"]
    total, cycles = sum(f["energy_j"] for f in functions), sum(f["cycles"] for f in functions)
    check(total < report["energy_j"], f"functions cost {total} J of {report['energy_j']} J")
    for f in functions:
        ratio = f["energy_j"] / f["cycles"] / (total / cycles)
        check(ratio < 3, f"{f['name']} costs {ratio:.1f} times the mean energy per cycle")


def same(ours, reference):
    """Logits of every inference; the board may have made one or two more after the clip's end."""
    check(ours, "no inference was made")
    for number, (a, b) in enumerate(zip(ours, reference)):
        check(a == b, f"inference {number}: board {a!r}, host {b!r}")
    check(abs(len(ours) - len(reference)) <= 4, f"{len(ours)} inferences, the host {len(reference)}")


def keyword_accuracy(h):
    script = h.source / "tests" / "firmware" / "keyword_accuracy.py"
    return subprocess.run([sys.executable, script, "--mote", h.mote, "--build", h.build, "--source", h.source],
                          check=False).returncode


def determinism(h):
    clip = h.source / "firmware-samples" / "keyword-spotting" / "demo.wav"
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        for accuracy in ("exact", "fast"):
            first = None
            for number in range(10):
                options = ["--accuracy", accuracy, "--stimulus", f"mic={clip}", "--time-limit", "400ms"]
                if number % 2:
                    options += ["--log", "--uart", "uart0=tcp:45871,drained" if number == 3 else "uart0=stdio"]
                result = h.run(h.firmware("kws", NANO), NANO, *options).expect(124)
                text = "" if number == 3 else result.out
                if first is None:
                    first = (without_host(result.report), text)
                check(without_host(result.report) == first[0], f"run {number} ({accuracy}) differs in its report")
                check(number == 3 or text == first[1], f"run {number} ({accuracy}) differs in its output")
    finally:
        for process in load:
            process.kill()


def cycle_counter(h):
    """The sample prints DWT CYCCNT deltas of stretches that it also marks."""
    for board in [*BOARDS, *MORE_BOARDS]:
        for accuracy in ("exact", "fast"):
            result = h.run(h.firmware("cycle-check", board), board, "--accuracy", accuracy,
                           "--time-limit", "5s").expect(0)
            # A dual-issue core may do the counter's read and the marker's store in one cycle.
            counters_agree(result, f"{board} {accuracy}", 2 if board in ("nucleo_h7a3zi_q", "disco_f746ng") else 0)


def counters_agree(result, where, most=0):
    counted = dict(re.findall(r"^cycles (\S+) (\d+)$", result.out, re.M))
    check(len(counted) >= 3, f"the sample prints its counts: {result.out}")
    marked = {m["name"]: m["cycles"] for m in result.report["markers"]}
    for name, cycles in counted.items():
        check(abs(marked.get(name, 0) - int(cycles)) <= most, f"{where}: {name}: counter {cycles}, report {marked.get(name)}")


def without_cycles(text):
    """A sample may print the cycles it measured; those are the accuracy's own."""
    return [line for line in text.splitlines() if "cycles" not in line]


def riscv(h):
    """The samples built for RV32 and RV64: the same text as on Arm and on the host, markers and counters alike."""
    if not h.firmware("hello-world", VIRT).exists():
        print("skipped: no cross compiler for RISC-V (make deps)")
        return 77
    arm = h.run(h.firmware("kernel-check", L4R5), L4R5, "--accuracy", "fast", "--time-limit", "60s").expect(0, "PASS")
    crc = re.search(r"^crc .*$", arm.out, re.M).group()
    for name, board in (("kernel-check", VIRT), ("kernel-check-scalar", VIRT), ("kernel-check", VIRT64)):
        h.run(h.firmware(name, board), board, "--time-limit", "60s").expect(0, "PASS", crc)
    for board in (*RISCV_BOARDS, "litex_vexriscv", "cv32e40p_mcu"):
        h.run(h.firmware("hello-world", board), board, "--time-limit", "2s").expect(0, f"hello from {board}")
        for accuracy in ("exact", "fast"):
            result = h.run(h.firmware("cycle-check", board), board, "--accuracy", accuracy,
                           "--time-limit", "5s").expect(0)
            counters_agree(result, f"{board} {accuracy}")


def riscv_keywords(h):
    """The detector hears on RISC-V what it hears on the host, bit for bit."""
    if not h.firmware("kws", VIRT).exists():
        print("skipped: no cross compiler for RISC-V (make deps)")
        return 77
    clip = h.source / "firmware-samples" / "keyword-spotting" / "demo.wav"
    plain = subprocess.run([h.build / "kws-host", clip], capture_output=True, check=True, text=True).stdout
    for board in RISCV_BOARDS:
        result = h.run(h.firmware("kws", board), board, "--time-limit", "200s").expect(0)
        check(logits(plain) and logits(result.out) == logits(plain), f"{board} and the host differ")
        check(heard(result.out) == heard(plain), f"{board} heard {heard(result.out)}, the host {heard(plain)}")
    check(result.report["markers"] and result.report["unmodelled"] == [], "markers, and nothing unmodelled touched")
    plausible_energy(result.report)
    by = result.report["energy_by"]
    check(board == HIFIVE and all(by[key] for key in ("core", "fetch", "memory", "clock")), f"energy by component: {by}")


def extension(h):
    """An instruction of the user's own computes the same in fewer cycles, and is illegal without its library."""
    if not h.firmware("cfu", VIRT).exists():
        print("skipped: no cross compiler for RISC-V (make deps)")
        return 77
    library = h.build / "extensions" / "dot4.so"
    for board in RISCV_BOARDS:
        image = h.firmware("cfu", board)
        result = h.run(image, board, "--extension", library, "--time-limit", "10s").expect(0, "plain ")
        marks = {mark["name"]: mark for mark in result.report["markers"]}
        saved = marks["plain"]["cycles"] / marks["dot4"]["cycles"]
        print(f"{board}: dot4 takes 1/{saved:.1f} of the plain loop's cycles")
        check(saved > 2, f"dot4 saves cycles: {marks}")
        plain, dot4 = marks["plain"]["energy_j"], marks["dot4"]["energy_j"]
        check(0 < dot4 < plain / 2 if board == HIFIVE else dot4 is plain is None, f"and energy, where there is data: {marks}")
        h.run(image, board, "--time-limit", "1s").expect(3).says("illegal instruction", "(main.c:")
    h.run(h.firmware("hello-world", L4R5), L4R5, "--extension", library).expect(2).says("--extension", "no room")
    h.run(image, board, "--extension", h.build / "CMakeCache.txt").expect(2).says("--extension", "shared object")


def fast_exact(h):
    cases = [("kernel-check", L4R5), ("kernel-check", NANO), ("kws", L4R5)]
    if h.firmware("kws", VIRT).exists():  # there is a cross compiler for RISC-V
        cases += [("kernel-check", VIRT), ("kws", VIRT)]
    for name, board in cases:
        exact = h.run(h.firmware(name, board), board, "--accuracy", "exact", "--time-limit", "60s").expect(0)
        fast = h.run(h.firmware(name, board), board, "--accuracy", "fast", "--time-limit", "60s").expect(0)
        check(without_cycles(exact.out) == without_cycles(fast.out), f"{name} on {board} prints the same in both accuracies")
        again = h.run(h.firmware(name, board), board, "--accuracy", "fast", "--time-limit", "60s").expect(0)
        check(without_host(again.report) == without_host(fast.report), f"{name} on {board}: two fast runs differ")
        error = fast.report["cycles"] / exact.report["cycles"] - 1
        print(f"{name} {board}: fast is {100 * error:+.3f} % of exact's cycles")
        check(abs(error) <= 0.01, f"{name} on {board}: fast is {100 * error:+.2f} % off")


def mlperf(h):
    """The benchmark's host against our own device under test: whole dialogues, and every way they fail."""
    path = h.path("input.bin")
    path.write_bytes(bytes(7 * i % 256 for i in range(49 * 24)))
    image = h.firmware("mlperf-dut", L4R5)

    def go(firmware, *options, board=L4R5):
        report = h.path("mlperf.json")
        report.unlink(missing_ok=True)
        result = h.raw("mlperf", firmware, "--board", board, *exact_unless_told(options), "--report", f"json:{report}")
        if report.exists():
            result.report = json.loads(report.read_text(encoding="utf-8"))
        return result

    baud = go(image, "--db", path, "--iterations", 4, "--warmup", 1).expect(0)
    again = go(image, "--db", path, "--iterations", 4, "--warmup", 1).expect(0)
    check(without_host(baud.report) == without_host(again.report), "two runs differ")
    drain = go(image, "--db", path, "--iterations", 4, "--warmup", 1, "--uart-speed", "drain").expect(0)
    fast = go(image, "--db", path, "--iterations", 30, "--uart", "lpuart1", "--accuracy", "fast").expect(0)
    pin = go(h.firmware("mlperf-dut-energy", L4R5), "--db", path, "--iterations", 4, "--warmup", 1).expect(0)
    a, others = baud.report["mlperf"], [r.report["mlperf"] for r in (drain, fast, pin)]
    check(a["outcome"] == "done" and a["uart"] == "lpuart1" and a["name"] == "mote" and a["model"] == "mote-kws", a)
    check(len(a["results"]) == 6 and abs(sum(a["results"]) - 1) < 0.02, f"probabilities: {a['results']}")
    for other in others:
        check(other["results"] == a["results"], f"results differ: {other['results']}, {a['results']}")
    for other, tolerance in zip(others, (0.001, 0.01, 0.03)):  # the energy build's code lies elsewhere in flash
        ratio = other["cycles_per_inference"] / a["cycles_per_inference"]
        check(abs(ratio - 1) < tolerance, f"cycles differ by {ratio}")
    check(drain.report["time_s"] < 0.8 * baud.report["time_s"], "draining loads the input sooner")
    check(a["latency_from"] == "time stamps" and others[2]["latency_from"] == "pin", "where the latency comes from")
    # The window holds no more than the inferences; the time stamps hold one line of text as well.
    for r in (a, others[2]):
        check(0.97 < r["cycles_per_inference"] / (r["latency_us"] * 120) <= 1.0001, f"{r['latency_us']} us")
    check(a["energy_per_inference_j"] > 0 and a["window"]["activity"]["insn.load"] > 0, "energy and activity")

    def refused(status, result, *words):
        check(result.status == status, f"exit status {result.status}, not {status}: {result.err}")
        result.says(*words)

    refused(2, go(image, "--db", h.path("none.bin")), "none.bin")
    refused(2, go(image, "--db", path, "--uart", "uart99"), "uart99")
    refused(2, go(image, "--iterations", "0"), "--iterations")
    refused(2, go(image, "--uart-speed", "slow"), "--uart-speed")
    refused(2, go(h.firmware("mlperf-dut-misnamed", L4R5), "--db", path), "1176 bytes", "kws01", "490")
    short = h.path("short.bin")
    short.write_bytes(b"12345")
    refused(1, go(image, "--db", short), "e-[The input has another size]")
    refused(1, go(h.firmware("blinky", L4R5), "--reply-limit", "1s"), "no m-ready within 1 s", "blink 1")
    refused(1, go(image, "--uart", "usart3", "--reply-limit", "1s"), "no m-ready within 1 s", "no UART sent a byte")
    refused(1, go(h.firmware("kws", L4R5), "--reply-limit", "200ms"), "lpuart1 sent", "lastly")
    refused(3, go(h.firmware("fault-divide", L4R5)), "DIVBYZERO", "the run ended before the benchmark did")
    refused(2, h.run(image, L4R5, "--db", path), "mote mlperf")


def boards(h):
    listed = h.raw("boards")
    listed.expect(0, *BOARDS)
    check("unusable" not in listed.out, listed.out)
    for board in BOARDS:
        info = h.raw("info", board).expect(0)
        check("leads nowhere" not in info.out, f"wires of {board} that lead nowhere:\n{info.out}")
    for line in listed.out.splitlines():  # each says what it lacks, those on RISC-V too
        info = h.raw("info", line.split()[0]).expect(0)
        notes = info.out.partition("\nnotes\n")[2]
        check("  not modelled: " in notes and "  energy: " in notes, f"notes of {line}: {notes}")
    h.raw("info", "no_such_board").expect(2).says("no_such_board", L4R5)
    # A tree with public bindings only, as a Zephyr build leaves it, is a board too.
    plain = h.source / "tests" / "firmware" / "zephyr_style_l4r5.dts"
    h.run(h.firmware("hello-world", L4R5), plain, "--time-limit", "2s").expect(0)
    # A copy of a built-in board, which includes its chip, is one too, and errors name lines of either file.
    source = (h.source / "sim" / "boards" / "nucleo_l4r5zi.dts").read_text(encoding="utf-8")
    chip = (h.source / "sim" / "boards" / "stm32l4r5.dtsi").read_text(encoding="utf-8")
    own = h.path("own.dts")
    own.write_text(source, encoding="utf-8")
    h.path("stm32l4r5.dtsi").write_text(chip, encoding="utf-8")
    h.run(h.firmware("hello-world", L4R5), own, "--time-limit", "2s").expect(0)
    h.path("stm32l4r5.dtsi").write_text(chip.replace("#size-cells = <1>;", "#size-cells = ;", 1), encoding="utf-8")
    line = chip[:chip.index("#size-cells = <1>;")].count("\n") + 1
    h.run(h.firmware("hello-world", L4R5), own).expect(2).says("own.dts: dtc found errors", f"stm32l4r5.dtsi:{line}")
    h.path("stm32l4r5.dtsi").unlink()
    h.run(h.firmware("hello-world", L4R5), own).expect(2).says("own.dts: cpp found errors", "stm32l4r5.dtsi: No such file")
    h.raw("--version").expect(0, "mote ")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--mote", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    arguments = parser.parse_args()
    try:
        return globals()[arguments.case](Harness(arguments.mote, arguments.build, arguments.source)) or 0
    except Failure as failure:
        print(f"{arguments.case}: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
