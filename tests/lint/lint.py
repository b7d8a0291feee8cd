#!/usr/bin/env python3
"""Rules of the house that a compiler does not check. Prints each breach as file:line: text."""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("sim", "cores", "peripherals", "power-model", "gui")

# A file's library, by the longest folder that matches.
LIBRARIES = ("sim/kernel", "sim/machine", "sim/debug", "sim/trace", "cores/engine", "cores/isa",
             "cores/timing", "cores/arm", "cores/riscv", "cores", "peripherals", "power-model", "gui")
# System headers that only one place may include.
ONLY_IN = {
    "unicorn/": ("cores/engine",),
    "SDL": ("gui",),
    "libfdt.h": ("sim/machine",),
    "sndfile.h": ("sim/machine",),
    "jansson.h": ("sim/trace", "sim/machine"),
    "cyaml/": ("cores/timing", "power-model", "sim/machine"),
    "capstone/": ("cores",),
    "sys/socket.h": ("sim/machine", "sim/debug"),
}


def sources(pattern=("*.c", "*.h")):
    for folder in FOLDERS:
        for glob in pattern:
            yield from sorted((ROOT / folder).rglob(glob))


def relative(path):
    return path.relative_to(ROOT).as_posix()


def library(path):
    name = relative(path)
    for prefix in LIBRARIES:
        if name.startswith(prefix + "/"):
            return "cores" if prefix.startswith("cores") else prefix
    return "main" if re.fullmatch(r"sim/[^/]+", name) else "contract"


def lines(path):
    return enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


def code_lines(path):
    """Lines without comments and string contents."""
    text = path.read_text(encoding="utf-8")
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    text = re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
    return enumerate(text.splitlines(), 1)


def check_includes():
    """Other folders are reached through <mote/...> only."""
    for path in sources():
        own = library(path)
        for number, line in lines(path):
            match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if not match:
                continue
            quote, name = match.groups()
            if quote == '"':
                targets = [path.parent / name, ROOT / name, ROOT / "cores" / name]
                found = next((t.resolve() for t in targets if t.exists()), None)
                if found is None or library(found) not in (own,):
                    yield path, number, f'"{name}" is not in {own}'
                continue
            if own == "contract" and not (name.startswith("mote/") or name.startswith("std")
                                          or name in ("stdarg.h",)):
                yield path, number, f"the public contract includes <{name}>"
            for prefix, places in ONLY_IN.items():
                if name.startswith(prefix) and not relative(path).startswith(places):
                    yield path, number, f"<{name}> belongs to {', '.join(places)}"


HOST_TIME = re.compile(r"\b(time|gettimeofday|clock_gettime|clock|rand|random|srand|getrandom|"
                       r"arc4random|usleep|nanosleep|sleep)\s*\(")


def check_host_time():
    """Models know virtual time only; the command line may measure how long the host took."""
    for path in sources():
        if relative(path) == "sim/main.c" or library(path) == "gui":
            continue
        for number, line in code_lines(path):
            match = HOST_TIME.search(line)
            if match and not re.search(r"[.>_]\s*$", line[:match.start()]):
                if re.search(r"\b(void|bool|static|int|uint\d+_t)\b[^=;]*$", line[:match.start()]):
                    continue
                yield path, number, f"{match.group(1)}() is the host's"


# Decimal constants this large in a model are rates, delays or currents: data, not code.
NUMBER = re.compile(r"(?<![\w.])(\d[\d']*)(?:u|U|ul|UL|ull|ULL)?\b(?![\w.])")
CALENDAR = {3600, 86400, 36525}  # seconds of an hour and a day, days of a hundred years


def is_plain(value):
    """Powers of ten and two, all-ones, and the calendar say nothing about a chip."""
    return (value in CALENDAR or str(value).rstrip("0") in ("1", "6") or value & (value - 1) == 0
            or value & (value + 1) == 0)


def check_silicon_numbers():
    """No frequency, delay or current in peripherals/ and cores/: they are data with a source.

    Off-chip parts may say what a register code selects (output rates, full scales): that is the
    register's format, as the datasheet's register section gives it."""
    for path in sources(("*.c",)):
        if library(path) not in ("peripherals", "cores") or "/parts/" in relative(path):
            continue
        for number, line in code_lines(path):
            for match in NUMBER.finditer(line):
                value = int(match.group(1).replace("'", ""))
                if value > 2000 and not is_plain(value):
                    yield path, number, f"{value}: a silicon number? put it into data"
            if re.search(r"\b\d+\.\d+\s*e-[369]\b", line):
                yield path, number, "a physical quantity: put it into data"


def check_size():
    """Files of at most 600 lines, functions of at most 70."""
    for path in sources(("*.c", "*.h", "*.cpp")):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > 600:
            yield path, count, f"{count} lines; at most 600"
        start = None
        for number, line in code_lines(path):
            if re.match(r"^[a-zA-Z_].*[^;=]$", line) and "(" in line and not line.startswith("#"):
                head = number
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                if number - start > 70:
                    yield path, start, f"a function of {number - start} lines; at most 70"
                start = None


def check_format():
    """clang-format 14 and the .clang-format of the tree."""
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout if tool else ""
    if "version 14." not in version:
        print(f"clang-format 14 is not installed ({version.strip() or 'none'}): formats not checked")
        return
    files = [str(p) for p in sources()]
    files += [str(p) for p in sorted((ROOT / "tests").rglob("*.[ch]"))]
    files += [str(p) for p in sorted((ROOT / "firmware-samples").rglob("*.[ch]"))
              if "generated" not in p.parts and not p.name.endswith("_data.c")]
    result = subprocess.run([tool, "--dry-run", *files], capture_output=True, text=True)
    for line in result.stderr.splitlines():
        match = re.match(r"(.+?):(\d+):\d+: warning: code should be", line)
        if match:
            yield pathlib.Path(match.group(1)), int(match.group(2)), "not formatted"


def main():
    breaches = list(globals()["check_" + sys.argv[1]]() or [])
    for path, number, text in breaches:
        print(f"{relative(path)}:{number}: {text}")
    print(f"{len(breaches)} breaches of {sys.argv[1]}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
