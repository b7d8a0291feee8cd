#!/usr/bin/env python3
"""Random RV32 or RV64 instruction sequences on Mote and on qemu-system-riscv32 or -riscv64; every
register, a part of memory and every trap must come out the same.

compare.py MOTE DIRECTORY SEQUENCES SEED XLEN [ACCURACY ROUNDS]

One image holds all sequences, one after the other: each loads x1 to x31, runs its instructions and
stores x1 to x31 and a hash of the traps that were taken (cause, value, place). All are run ROUNDS
times (1), so that in fast most of it is learned code in the end. The results leave by
semihosting as a file. Exit status 77: QEMU is not there.

Not compared: ebreak (QEMU 7.2 gives mtval 0, Mote the address, and both are allowed), Zicond and
Zcb (QEMU 7.2 lacks them), ctzw (it looks at the upper half where the lower is 0), misaligned atomics (it reports some as load faults), interrupts, counters
and user mode."""
import random
import shutil
import struct
import subprocess
import sys

BASE = 0x80000000
HANDLER = BASE + 0x100
START = BASE + 0x400
WORK = 0x87000000       # 1 KiB that loads and stores reach
VARIABLES = 0x87001000  # saved x30, x29, the hash of traps, saved x28
BLOCK = VARIABLES + 64  # semihosting's
NAME = BLOCK + 64
ROUND = NAME + 64       # rounds done
RESULTS = 0x87002000
BATCH = 4000
XLEN = int(sys.argv[5])
WORD = XLEN // 8
RESULT_BYTES = 32 * WORD  # x1 to x31 and the hash
FORMAT = "<32I" if XLEN == 32 else "<32Q"
LOAD = STORE = XLEN // 32 + 1  # funct3 of lw, sw or ld, sd
QEMU_CPU = f"rv{XLEN},f=false,d=false,zba=true,zbb=true,zbc=true,zbs=true"
POINTERS = (2, 8)       # never written by a sequence: they point into WORK

R_TYPE = [
    (0x33, f3, f7) for f3, f7 in
    [(f3, 0) for f3 in range(8)] + [(0, 0x20), (5, 0x20)] + [(f3, 1) for f3 in range(8)]
    + [(2, 0x10), (4, 0x10), (6, 0x10)]                             # Zba
    + [(7, 0x20), (6, 0x20), (4, 0x20), (6, 5), (7, 5), (4, 5), (5, 5), (1, 0x30), (5, 0x30)]
    + [(1, 5), (2, 5), (3, 5)]                                      # Zbc
    + [(1, 0x24), (5, 0x24), (1, 0x34), (1, 0x14)]                  # Zbs
]
UNARY = [0x60001013, 0x60101013, 0x60201013, 0x60401013, 0x60501013, 0x28705013]
UNARY += [0x08004033, 0x69805013] if XLEN == 32 else [
    0x0800403B, 0x6B805013, 0x6000101B, 0x6020101B]
SHIFT_IMMEDIATE = [0x00001013, 0x00005013, 0x40005013, 0x60005013, 0x48001013, 0x48005013,
                   0x68001013, 0x28001013]
SHIFT_IMMEDIATE_W = [0x0000101B, 0x0000501B, 0x4000501B, 0x6000501B]
if XLEN == 64:
    R_TYPE += [
        (0x3B, f3, f7) for f3, f7 in
        [(0, 0), (0, 0x20), (1, 0), (5, 0), (5, 0x20), (0, 1), (4, 1), (5, 1), (6, 1), (7, 1)]
        + [(0, 4), (2, 0x10), (4, 0x10), (6, 0x10)]                     # Zba
        + [(1, 0x30), (5, 0x30)]                                        # Zbb
    ]
AMO = [0x08, 0x00, 0x20, 0x60, 0x40, 0x80, 0xA0, 0xC0, 0xE0]
INTERESTING = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000,
               0x80000001, 0xFFFFFFFE, 0xFFFFFFFF, 31, 32, 33]
if XLEN == 64:
    INTERESTING += [value << 32 | low for value in INTERESTING[:14] for low in (0, 0xFFFFFFFF)]
    INTERESTING += [63, 64, 65]


SHORT_LOADS = range(2, LOAD + 1)  # funct3 of c.lw and c.ld


def i_type(opcode, f3, rd, rs1, imm):
    return (imm & 0xFFF) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode


def s_type(f3, rs2, rs1, imm):
    return (imm >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | 0x23


def lui(rd, value):
    return (value & 0xFFFFF000) | rd << 7 | 0x37


def li(rd, value):
    """A 32-bit value, zero-extended."""
    low = (value & 0xFFF) - (0x1000 if value & 0x800 else 0)
    code = [lui(rd, (value - low) & 0xFFFFFFFF), i_type(0x13, 0, rd, rd, low)]
    return code + ([] if XLEN == 32 else [i_type(0x13, 1, rd, rd, 32), i_type(0x13, 5, rd, rd, 32)])


def csr(f3, rd, number, rs1):
    return i_type(0x73, f3, rd, rs1, number)


def branch(f3, rs1, rs2, offset):
    return ((offset >> 12 & 1) << 31 | (offset >> 5 & 0x3F) << 25 | rs2 << 20 | rs1 << 15
            | f3 << 12 | (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7 | 0x63)


def trap_handler():
    """Adds the trap to the hash and returns behind the instruction that raised it."""
    def mix(rd, value):  # hash = hash * 33 + value
        return [i_type(0x13, 1, 31, rd, 5), 31 << 20 | rd << 15 | rd << 7 | 0x33,
                value << 20 | rd << 15 | rd << 7 | 0x33]
    code = [csr(1, 0, 0x340, 31)] + li(31, VARIABLES)
    code += [s_type(STORE, 30, 31, 0), s_type(STORE, 29, 31, WORD), s_type(STORE, 28, 31, 3 * WORD),
             i_type(0x03, LOAD, 29, 31, 2 * WORD), csr(2, 30, 0x342, 0)]
    code += mix(29, 30)
    code += [i_type(0x13, 0, 30, 30, -3), branch(0, 30, 0, 20), csr(2, 30, 0x343, 0)] + mix(29, 30)
    code += [csr(2, 30, 0x341, 0)] + mix(29, 30)
    code += [i_type(0x03, 5, 28, 30, 0), i_type(0x13, 7, 28, 28, 3), i_type(0x13, 0, 28, 28, -3),
             i_type(0x13, 0, 30, 30, 2), branch(1, 28, 0, 8), i_type(0x13, 0, 30, 30, 2),
             csr(1, 0, 0x341, 30)]
    code += li(31, VARIABLES)
    code += [csr(1, 0, 0x343, 0), s_type(STORE, 29, 31, 2 * WORD), i_type(0x03, LOAD, 30, 31, 0),
             i_type(0x03, LOAD, 29, 31, WORD),
             i_type(0x03, LOAD, 28, 31, 3 * WORD), csr(2, 31, 0x340, 0), 0x30200073]
    return code


def destination(rng):
    return rng.choice([r for r in range(32) if r not in POINTERS])


def memory(rng):
    size = rng.randrange(LOAD + 1)
    offset = rng.randrange(-256, 256)
    if rng.random() < 0.7:
        offset &= ~((1 << size) - 1)
    base = rng.choice(POINTERS)
    if rng.random() < 0.5:
        return s_type(size, rng.randrange(32), base, offset)
    unsigned = 4 if size < LOAD and rng.random() < 0.5 else 0
    return i_type(0x03, size + unsigned, destination(rng), base, offset)


def atomic(rng):
    rd, base = destination(rng), 2  # aligned: QEMU 7.2 faults otherwise than specified
    size = rng.randrange(2, LOAD + 1)
    return (rng.choice(AMO) << 24 | rng.randrange(32) << 20 | base << 15 | size << 12 | rd << 7
            | 0x2F)


def reserved_pair(rng):
    """LR and SC together: when else an SC fails is open."""
    rs2, rd, size = rng.randrange(32), destination(rng), rng.randrange(2, LOAD + 1)
    common = 2 << 15 | size << 12 | 0x2F
    return [(0x10 << 24 | common | destination(rng) << 7, 4),
            (0x18 << 24 | rs2 << 20 | common | rd << 7, 4)]


def compressed(rng):
    """A 16-bit instruction without control flow; loads and stores by the pointers."""
    while True:
        raw = rng.randrange(0x10000)
        quadrant, f3, rd, narrow = raw & 3, raw >> 13, raw >> 7 & 31, 8 + (raw >> 7 & 7)
        if quadrant == 0:
            if f3 == 0 and (raw >> 2 & 7) != 0:
                return raw  # rd' is not x8; the all-zero word is illegal
            if f3 in SHORT_LOADS and (raw >> 2 & 7) != 0 and narrow == 8:
                return raw
            if f3 - 4 in SHORT_LOADS and narrow == 8:
                return raw
        elif quadrant == 1:
            if f3 in (0, 2) and rd not in POINTERS or f3 == 3 and rd not in POINTERS:
                return raw
            if XLEN == 64 and f3 == 1 and rd not in POINTERS + (0,):
                return raw
            if XLEN == 32:
                reserved = raw >> 10 & 7 in (4, 5, 7)  # QEMU 7.2 shifts by more than 31
            else:
                reserved = raw >> 10 & 7 == 7 and raw >> 6 & 1  # Zcb's
            if f3 == 4 and narrow != 8 and not reserved:
                return raw
        elif quadrant == 2:
            if f3 == 0 and rd not in POINTERS and (XLEN == 64 or not raw >> 12 & 1):
                return raw
            if f3 in SHORT_LOADS and rd not in POINTERS or f3 - 4 in SHORT_LOADS:
                return raw
            if f3 == 4 and rd not in POINTERS and raw >> 2 & 31:
                return raw


def instruction(rng):
    kind = rng.random()
    rd, rs1, rs2 = destination(rng), rng.randrange(32), rng.randrange(32)
    if kind < 0.38:
        opcode, f3, f7 = rng.choice(R_TYPE)
        return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode, 4
    if kind < 0.46:
        immediate = rng.randrange(4096)
        if XLEN == 64 and rng.random() < 0.25:
            return i_type(0x1B, 0, rd, rs1, immediate), 4
        return i_type(0x13, rng.choice([0, 2, 3, 4, 6, 7]), rd, rs1, immediate), 4
    if kind < 0.52:
        if XLEN == 64 and rng.random() < 0.3:
            return rng.choice(SHIFT_IMMEDIATE_W) | rs2 << 20 | rs1 << 15 | rd << 7, 4
        return rng.choice(SHIFT_IMMEDIATE) | rng.randrange(XLEN) << 20 | rs1 << 15 | rd << 7, 4
    if kind < 0.58:
        return rng.choice(UNARY) | rs1 << 15 | rd << 7, 4
    if kind < 0.61:
        return rng.randrange(1 << 20) << 12 | rd << 7 | rng.choice([0x37, 0x17]), 4
    if kind < 0.73:
        return memory(rng), 4
    if kind < 0.77:
        return atomic(rng), 4
    if kind < 0.93:
        return compressed(rng), 2
    if kind < 0.95:
        return csr(rng.choice([1, 2, 3, 5, 6, 7]), rd, rng.choice([0x342, 0x343]), rs1), 4
    if kind < 0.97:
        return rng.choice([0x0000000F, 0x0000100F, 0x00000073]), 4
    if kind < 0.985:  # a CSR that is not there, or a store to a read-only one
        return csr(1, rd, rng.choice([0x8C0, 0x5C0, 0xF11, 0xF14]), rs1), 4
    return rng.randrange(1 << 25) << 7 | rng.choice([0x0B, 0x2B, 0x5B, 0x7B, 0x6B]), 4


def body(rng):
    """Instructions as (word, bytes), with a few forward branches over some of them."""
    code = [instruction(rng) for _ in range(rng.randrange(8, 40))]
    for at in reversed(range(len(code) - 5)):  # what lies ahead has its final size
        if rng.random() < 0.06:
            over = rng.randrange(1, 4)
            offset = 4 + sum(size for _, size in code[at + 1:at + 1 + over])
            code[at] = (branch(rng.choice([0, 1, 4, 5, 6, 7]), rng.randrange(32),
                               rng.randrange(32), offset), 4)
    if rng.random() < 0.2:
        code += reserved_pair(rng)
    return code


def pack(words):
    return b"".join(struct.pack("<I", word & 0xFFFFFFFF) for word in words)


def sequence(rng, index, place):
    """At an address: its registers' values as data, which jal x31 leads over and points to."""
    registers = [0] * 32
    for number in range(1, 32):
        registers[number] = rng.choice(INTERESTING) if rng.random() < 0.3 else rng.getrandbits(XLEN)
    registers[2], registers[8] = WORK + 256, WORK + 512 + rng.randrange(4)
    out = struct.pack("<H", 0x0001) * ((-place - 4) % WORD // 2)  # c.nop
    out += pack([(4 + 31 * WORD) << 20 | 31 << 7 | 0x6F])
    out += b"".join(value.to_bytes(WORD, "little") for value in registers[1:])
    out += pack([i_type(0x03, LOAD, number, 31, WORD * (number - 1)) for number in range(1, 32)])
    # A raw word may end on a half: the code behind is as happy there.
    for word, size in body(rng):
        out += struct.pack("<I", word)[:size]
    place = RESULTS + index * RESULT_BYTES
    words = [csr(1, 0, 0x340, 31)] + li(31, place)
    words += [s_type(STORE, number, 31, WORD * (number - 1)) for number in range(1, 31)]
    words += [csr(2, 30, 0x340, 0), s_type(STORE, 30, 31, 30 * WORD)] + li(30, VARIABLES)
    words += [i_type(0x03, LOAD, 29, 30, 2 * WORD), s_type(STORE, 29, 31, 31 * WORD),
              s_type(STORE, 0, 30, 2 * WORD)]
    return out + pack(words)


def semihosting(number):
    return li(10, number) + li(11, BLOCK) + [0x01F01013, 0x00100073, 0x40705013]


def finish(count):
    """SYS_OPEN, SYS_WRITE and the test finisher's PASS."""
    text = b"results.bin\0"
    words = li(5, BLOCK)
    for i in range(0, len(text), 4):
        words += li(6, int.from_bytes(text[i:i + 4], "little")) + [s_type(2, 6, 5, NAME - BLOCK + i)]
    for i, value in enumerate((NAME, 5, len(text) - 1)):
        words += li(6, value) + [s_type(STORE, 6, 5, WORD * i)]
    words += semihosting(1) + li(5, BLOCK) + [s_type(STORE, 10, 5, 0)]
    for i, value in ((1, WORK), (2, RESULTS - WORK + count * RESULT_BYTES)):
        words += li(6, value) + [s_type(STORE, 6, 5, WORD * i)]
    words += semihosting(5)
    return pack(words + li(5, 0x100000) + li(6, 0x5555) + [s_type(2, 6, 5, 0), 0x0000006F])


def again(rounds):
    """Back to the first sequence until the rounds are done."""
    words = li(5, ROUND) + [i_type(0x03, 2, 6, 5, 0), i_type(0x13, 0, 6, 6, 1), s_type(2, 6, 5, 0)]
    back = li(5, START) + [i_type(0x67, 0, 0, 5, 0)]
    return pack(words + li(7, rounds) + [branch(0, 6, 7, 4 + 4 * len(back))] + back)


def image(rng, count, rounds):
    code = pack(li(5, HANDLER) + [csr(1, 0, 0x305, 5)])
    code += pack([0x0000006F | (START - BASE - len(code)) << 20])  # jal x0, START
    code = code.ljust(HANDLER - BASE, b"\0") + pack(trap_handler())
    code = code.ljust(START - BASE, b"\0")
    code = bytearray(code)
    for index in range(count):
        code += sequence(rng, index, BASE + len(code))
    if len(code) % 4:
        code += struct.pack("<H", 0x0001)
    return bytes(code) + again(rounds) + finish(count)


def write_elf(path, code):
    size = len(code)
    if XLEN == 32:
        header = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
        header += struct.pack("<HHIIIIIHHHHHH", 2, 243, 1, BASE, 52, 0, 1, 52, 32, 1, 0, 0, 0)
        header += struct.pack("<IIIIIIII", 1, 84, BASE, BASE, size, size, 7, 4)
    else:
        header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
        header += struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, BASE, 64, 0, 1, 64, 56, 1, 0, 0, 0)
        header += struct.pack("<IIQQQQQQ", 1, 7, 120, BASE, BASE, size, size, 8)
    with open(path, "wb") as file:
        file.write(header + code)


def run(command, directory):
    results = f"{directory}/results.bin"
    with open(results, "wb"):
        pass
    subprocess.run(command, check=True, timeout=120, cwd=directory, stdout=subprocess.DEVNULL)
    with open(results, "rb") as file:
        return file.read()


def compare(mote, directory, seed, count, accuracy, rounds):
    elf = f"{directory}/image.elf"
    write_elf(elf, image(random.Random(seed), count, rounds))
    theirs = run([f"qemu-system-riscv{XLEN}", "-M", "virt", "-cpu", QEMU_CPU, "-bios", "none",
                  "-display", "none", "-serial", "none", "-monitor", "none",
                  "-semihosting-config", "enable=on,target=native", "-kernel", elf], directory)
    ours = run([mote, "run", elf, "--board", f"qemu_virt_rv{XLEN}", "--semihosting", directory,
                "--accuracy", accuracy], directory)
    skip = RESULTS - WORK
    if len(ours) != skip + count * RESULT_BYTES or len(theirs) != len(ours):
        sys.exit(f"seed {seed}: {len(ours)} bytes of results, QEMU wrote {len(theirs)}")
    for index in range(count):
        place = skip + index * RESULT_BYTES
        mine, other = (struct.unpack_from(FORMAT, data, place) for data in (ours, theirs))
        for number in range(32):
            if mine[number] != other[number]:
                name = f"x{number + 1}" if number < 31 else "trap hash"
                sys.exit(f"seed {seed}, sequence {index}: {name} is 0x{mine[number]:x}, "
                         f"in QEMU 0x{other[number]:x} (image: {elf})")
    if ours[:1024] != theirs[:1024]:
        sys.exit(f"seed {seed}: the work memory differs")
    return sum(struct.unpack_from(FORMAT, ours, skip + i * RESULT_BYTES)[31] != 0
               for i in range(count))


def main():
    mote, directory, sequences, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if shutil.which(f"qemu-system-riscv{XLEN}") is None:
        print(f"qemu-system-riscv{XLEN} is not there")
        sys.exit(77)
    accuracy, rounds = (sys.argv[6], int(sys.argv[7])) if len(sys.argv) > 6 else ("exact", 1)
    done = trapped = 0
    while done < sequences:
        count = min(BATCH, sequences - done)
        trapped += compare(mote, directory, seed + done, count, accuracy, rounds)
        done += count
    print(f"{done} sequences are equal, {trapped} of them with traps")


main()
