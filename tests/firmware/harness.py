"""Runs mote on a firmware image and checks what comes back."""
import json
import os
import pathlib
import subprocess
import tempfile

L4R5 = "nucleo_l4r5zi"
G0B1 = "nucleo_g0b1re"  # Armv6-M: portable kernels, no cycle counter
NANO = "arduino_nano_33_ble_sense"
BOARDS = (L4R5, NANO)
# Cortex-M33, two Cortex-M7, and a Cortex-M4 that a Cortex-M0+ starts.
MORE_BOARDS = ("nucleo_u575zi_q", "nucleo_h7a3zi_q", "disco_f746ng", "cy8cproto_062_4343w")
VIRT = "qemu_virt_rv32"
VIRT64 = "qemu_virt_rv64"
HIFIVE = "hifive1_revb"
RISCV_BOARDS = (VIRT, VIRT64, HIFIVE)


class Failure(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


class Result:
    def __init__(self, process, report):
        self.status = process.returncode
        self.out = (process.stdout or b"").decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")
        self.report = report

    def expect(self, status, *texts):
        check(self.status == status,
              f"exit status {self.status}, not {status}\nstdout: {self.out[-2000:]}\nstderr: {self.err[-2000:]}")
        for text in texts:
            check(text in self.out, f"the console does not print {text!r}:\n{self.out[-2000:]}\n{self.err[-800:]}")
        return self

    def says(self, *texts):
        for text in texts:
            check(text in self.err, f"stderr does not say {text!r}:\n{self.err[-3000:]}")
        return self


def exact_unless_told(options):
    """The options as text; most cases compare cycles, so they mean `exact`, which is not the default."""
    told = "--accuracy" in options
    return [*([] if told else ["--accuracy", "exact"]), *map(str, options)]


class Harness:
    def __init__(self, mote, build, source):
        self.mote = pathlib.Path(mote).resolve()
        self.build = pathlib.Path(build).resolve()
        self.source = pathlib.Path(source).resolve()
        self.folder = tempfile.TemporaryDirectory()

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def firmware(self, name, board):
        return self.build / "firmware" / f"{name}-{board}.elf"

    def raw(self, *arguments, timeout=1200, out=subprocess.PIPE):
        process = subprocess.run([self.mote, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.PIPE, timeout=timeout, check=False)
        return Result(process, None)

    def run(self, firmware, board, *options, report=True, timeout=1200):
        path = self.path(f"report-{os.getpid()}-{id(options)}.json")
        arguments = ["run", str(firmware), "--board", board, *exact_unless_told(options)]
        if report:
            arguments += ["--report", f"json:{path}"]
        result = self.raw(*arguments, timeout=timeout)
        if report and path.exists():
            result.report = json.loads(path.read_text(encoding="utf-8"))
            path.unlink()
        return result


def without_host(report):
    """The part of a report that must not change from run to run."""
    return {key: value for key, value in report.items() if key != "host"}
