#!/usr/bin/env python3
"""Random sequences of F and D instructions on Mote and on qemu-system-riscv32 or -riscv64; every f
register, the integer results, fcsr, memory and every trap must come out the same.

fp.py MOTE DIRECTORY SEQUENCES SEED XLEN

Each sequence loads its f and x registers and fcsr from a table, runs its instructions in all
rounding modes, invalid ones too, and stores the registers. The results leave by semihosting as a
file. Exit status 77: QEMU is not there.

Not compared: mstatus.FS, which QEMU 7.2 makes dirty in fewer cases (it is dirty here from the
start)."""
import random
import shutil
import struct
import subprocess
import sys

BASE = 0x80000000
HANDLER = BASE + 0x100
START = BASE + 0x200
WORK = 0x87000000       # 1 KiB that loads and stores reach
RESULTS = 0x87001000
F_BYTES = 32 * 8
X_FIRST, X_COUNT = 10, 16           # x registers that sequences read and write
RESULT_BYTES = F_BYTES + X_COUNT * 8 + 16
BATCH = 2000
POINTERS = (2, 8, 9)
TABLE, SCRATCH, HASH = 27, 26, 31   # registers of the frame around the sequences
MODES = [0, 1, 2, 3, 4, 7, 7, 7, 7]

DOUBLES = [0, 1, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x0010000000000001, 0x3FF0000000000000,
           0x3FE0000000000000, 0x4000000000000000, 0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000,
           0x7FF8000000000000, 0x7FF0000000000001, 0x7FFFFFFFFFFFFFFF, 0x41DFFFFFFFC00000,
           0x41E0000000000000, 0x41EFFFFFFFE00000, 0x43E0000000000000, 0x43F0000000000000,
           0x43DFFFFFFFFFFFFF, 0x380FFFFFF0000000, 0x380FFFFFE0000000, 0x36A0000000000000,
           0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x3FF0000010000000]
SINGLES = [0, 1, 0x007FFFFF, 0x00800000, 0x00800001, 0x3F800000, 0x3F000000, 0x40000000,
           0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x7F800001, 0x7FFFFFFF, 0x4EFFFFFF, 0x4F000000,
           0x4F7FFFFF, 0x4F800000, 0x5F000000, 0x5F800000, 0x4B800000, 0x33800000]
INTEGERS = [0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x01000001, 0x7FFFFFFFFFFFFFFF,
            0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 0x0020000000000001, 0x7FFFFFFFFFFFFC00]


# ---- encodings ----------------------------------------------------------------------------------

def i_type(opcode, f3, rd, rs1, imm):
    return (imm & 0xFFF) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode


def s_type(opcode, f3, rs2, rs1, imm):
    return (imm >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | opcode


def csr(f3, rd, number, rs1):
    return i_type(0x73, f3, rd, rs1, number)


def li(xlen, rd, value):
    """A 32-bit value, zero-extended."""
    low = (value & 0xFFF) - (0x1000 if value & 0x800 else 0)
    words = [((value - low) & 0xFFFFF000) | rd << 7 | 0x37, i_type(0x13, 0, rd, rd, low)]
    if xlen == 64:
        words += [i_type(0x13, 1, rd, rd, 32), i_type(0x13, 5, rd, rd, 32)]
    return words


def pack(words):
    return b"".join(struct.pack("<I", word & 0xFFFFFFFF) for word in words)


def trap_handler():
    """Adds the trap to the hash and returns behind the instruction that raised it."""
    code = []
    for number in (0x342, 0x343, 0x341):  # mcause, mtval, mepc: hash = hash * 33 + each
        code += [csr(2, 28, number, 0), i_type(0x13, 1, 30, HASH, 5),
                 30 << 20 | HASH << 15 | HASH << 7 | 0x33, 28 << 20 | HASH << 15 | HASH << 7 | 0x33]
    code += [i_type(0x03, 5, 30, 28, 0), i_type(0x13, 7, 30, 30, 3), i_type(0x13, 0, 30, 30, -3),
             i_type(0x13, 0, 28, 28, 2), 0x000F1463,  # bnez x30, 8
             i_type(0x13, 0, 28, 28, 2), csr(1, 0, 0x341, 28), 0x30200073]
    return code


# ---- sequences ----------------------------------------------------------------------------------

def number(rng):
    kind = rng.random()
    sign = rng.getrandbits(1)
    if kind < 0.2:
        return rng.choice(DOUBLES) | sign << 63
    if kind < 0.35:
        return 0xFFFFFFFF << 32 | rng.choice(SINGLES) | sign << 31
    if kind < 0.55:  # near 1, few fraction bits: ties and cancellation
        return sign << 63 | (1023 + rng.randrange(-30, 30)) << 52 | rng.getrandbits(8) << 44 | \
            rng.getrandbits(2)
    if kind < 0.75:
        return 0xFFFFFFFF << 32 | sign << 31 | (127 + rng.randrange(-30, 30)) << 23 | \
            rng.getrandbits(8) << 15 | rng.getrandbits(2)
    if kind < 0.85:
        return 0xFFFFFFFF << 32 | rng.getrandbits(32)
    if kind < 0.9:  # subnormal, and its neighbours
        return sign << 63 | rng.getrandbits(54)
    return rng.getrandbits(64)


def destination(rng):
    return X_FIRST + rng.randrange(X_COUNT)


def computation(rng, xlen):
    fmt, f, rm = rng.getrandbits(1), lambda: rng.randrange(32), rng.choice(MODES)
    if rng.random() < 0.02:
        rm = rng.choice([5, 6])
    integers = 4 if xlen == 64 else 2
    kind = rng.random()
    if kind < 0.25:
        fields = f() << 27 | fmt << 25 | f() << 20 | f() << 15 | rm << 12 | f() << 7
        return fields | rng.choice([0x43, 0x47, 0x4B, 0x4F])
    rd, rs2, funct5 = f(), f(), rng.choice([0, 1, 2, 3])
    if 0.6 < kind < 0.65:
        funct5, rs2 = 0x0B, 0
    elif 0.65 < kind < 0.7:
        funct5, rm = 4, rng.randrange(3)
    elif 0.7 < kind < 0.75:
        funct5, rm = 5, rng.randrange(2)
    elif 0.75 < kind < 0.79:
        funct5, rs2 = 8, 1 - fmt
    elif 0.79 < kind < 0.84:
        funct5, rm, rd = 0x14, rng.randrange(3), destination(rng)
    elif 0.84 < kind < 0.86:
        funct5, rs2, rm, rd = 0x1C, 0, 1, destination(rng)
    elif 0.86 < kind < 0.92:
        funct5, rs2, rd = 0x18, rng.randrange(integers), destination(rng)
    elif kind >= 0.92:
        funct5, rs2 = 0x1A, rng.randrange(integers)
        return funct5 << 27 | fmt << 25 | rs2 << 20 | destination(rng) << 15 | rm << 12 | rd << 7 | 0x53
    return funct5 << 27 | fmt << 25 | rs2 << 20 | f() << 15 | rm << 12 | rd << 7 | 0x53


def move(rng, xlen):
    fmt = rng.getrandbits(1) if xlen == 64 else 0
    if rng.getrandbits(1):
        return 0x1C << 27 | fmt << 25 | rng.randrange(32) << 15 | destination(rng) << 7 | 0x53
    return 0x1E << 27 | fmt << 25 | destination(rng) << 15 | rng.randrange(32) << 7 | 0x53


def memory(rng):
    size, reg, base = rng.choice([2, 3]), rng.randrange(32), rng.choice(POINTERS)
    offset = rng.randrange(-256, 248)
    if rng.random() < 0.8:
        offset &= ~7
    if rng.getrandbits(1):
        return s_type(0x27, size, reg, base, offset)
    return i_type(0x07, size, reg, base, offset)


def compressed(rng, xlen):
    """Loads and stores of f registers; on RV64 those of words are integer instructions."""
    f3 = rng.choice([1, 5] if xlen == 64 else [1, 5, 3, 7])
    if rng.getrandbits(1):  # by x8 or x9
        return f3 << 13 | rng.randrange(8) << 10 | rng.getrandbits(1) << 7 | rng.getrandbits(5) << 2
    return f3 << 13 | rng.getrandbits(11) << 2 | 2


def instruction(rng, xlen):
    kind = rng.random()
    if kind < 0.75:
        return computation(rng, xlen), 4
    if kind < 0.8:
        return move(rng, xlen), 4
    if kind < 0.87:
        return memory(rng), 4
    if kind < 0.92:
        return compressed(rng, xlen), 2
    if kind < 0.97:
        return csr(rng.choice([1, 2, 3]), destination(rng), rng.choice([1, 2, 3]),
                   rng.choice([0, 0, destination(rng)])), 4
    return csr(rng.choice([5, 6, 7]), destination(rng), rng.choice([1, 2]), rng.randrange(8)), 4


def sequence(rng, xlen, index):
    """Code, and the table that it starts from."""
    load, store = (3, 3) if xlen == 64 else (2, 2)
    registers = range(X_FIRST, X_FIRST + X_COUNT)
    table = [number(rng) for _ in range(32)]
    for i in range(32):  # pairs that nearly cancel
        if rng.random() < 0.15:
            table[i] = table[(i + 1) % 32] ^ rng.getrandbits(2) ^ rng.getrandbits(1) << 63
    table += [rng.choice(INTEGERS) if rng.random() < 0.5 else rng.getrandbits(64)
              for _ in registers]
    words = [i_type(0x07, 3, i, TABLE, 8 * i) for i in range(32)]
    words += [i_type(0x03, load, r, TABLE, F_BYTES + 8 * (r - X_FIRST)) for r in registers]
    words += [i_type(0x13, 0, SCRATCH, 0, rng.choice([0, 1, 2, 3, 4]) << 5 | rng.getrandbits(5))]
    words += [csr(1, 0, 3, SCRATCH), i_type(0x13, 0, HASH, 0, 0)]
    out = pack(words)
    for _ in range(rng.randrange(8, 40)):
        word, size = instruction(rng, xlen)
        out += struct.pack("<I", word)[:size]
    words = li(xlen, TABLE, RESULTS + index * RESULT_BYTES)
    words += [s_type(0x27, 3, i, TABLE, 8 * i) for i in range(32)]
    words += [s_type(0x23, store, r, TABLE, F_BYTES + 8 * (r - X_FIRST)) for r in registers]
    words += [csr(2, SCRATCH, 3, 0), s_type(0x23, 2, SCRATCH, TABLE, F_BYTES + 8 * X_COUNT),
              s_type(0x23, 2, HASH, TABLE, F_BYTES + 8 * X_COUNT + 4)]
    return out + pack(words), struct.pack("<48Q", *table)


def finish(xlen, block):
    """SYS_OPEN, SYS_WRITE and the test finisher's PASS; `block` is the address of their arguments."""
    store, word = (3, 8) if xlen == 64 else (2, 4)
    trap = [0x01F01013, 0x00100073, 0x40705013]
    words = li(xlen, 10, 1) + li(xlen, 11, block) + trap
    words += li(xlen, 11, block + 3 * word) + [s_type(0x23, store, 10, 11, 0)]
    words += li(xlen, 10, 5) + trap
    return pack(words + li(xlen, 5, 0x100000) + li(xlen, 6, 0x5555)
                + [s_type(0x23, 2, 6, 5, 0), 0x0000006F])


def within_page(code):
    """Filled with c.nop: what finish() adds stays in one page, as QEMU wants for semihosting."""
    return code + b"\1\0" * (-len(code) % 256 // 2)


def image(rng, xlen, count):
    sequences = [sequence(rng, xlen, index) for index in range(count)]
    code = pack(li(xlen, 5, HANDLER) + [csr(1, 0, 0x305, 5)] + li(xlen, 5, 0x6000)
                + [csr(2, 0, 0x300, 5)])  # mstatus.FS
    code += pack([0x0000006F | (START - BASE - len(code)) << 20])  # jal x0, START
    code = code.ljust(HANDLER - BASE, b"\0") + pack(trap_handler())
    code = code.ljust(START - BASE, b"\0")
    # A pointer's low bits make some compressed accesses misaligned.
    code += pack(li(xlen, 2, WORK) + li(xlen, 8, WORK + 256) + li(xlen, 9, WORK + 516))
    # Each sequence's table lies in front of it: auipc and a jump over it.
    for body, table in sequences:
        code += b"\1\0" * (-len(code) % 8 // 2)  # c.nop
        code += pack([TABLE << 7 | 0x17, i_type(0x13, 0, TABLE, TABLE, 16),
                      0x0000006F | (8 + len(table)) << 20, 0x00000013]) + table + body
    code = within_page(code)
    block_at = len(code) + 256
    code += finish(xlen, BASE + block_at)
    form = "<6QQ" if xlen == 64 else "<6IQ"
    text_at = BASE + block_at + 64
    bytes_out = RESULTS - WORK + count * RESULT_BYTES
    block = struct.pack(form, text_at, 5, 11, 0, WORK, bytes_out, 0)
    return code.ljust(block_at, b"\0") + block.ljust(64, b"\0") + b"results.bin\0"


# ---- running ------------------------------------------------------------------------------------

def write_elf(path, xlen, code):
    wide = xlen == 64
    header = (b"\x7fELF" + bytes([2 if wide else 1, 1, 1])).ljust(16, b"\0")
    if wide:
        header += struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, BASE, 64, 0, 5, 64, 56, 1, 0, 0, 0)
        header += struct.pack("<IIQQQQQQ", 1, 7, 120, BASE, BASE, len(code), len(code), 4)
    else:
        header += struct.pack("<HHIIIIIHHHHHH", 2, 243, 1, BASE, 52, 0, 5, 52, 32, 1, 0, 0, 0)
        header += struct.pack("<IIIIIIII", 1, 84, BASE, BASE, len(code), len(code), 7, 4)
    with open(path, "wb") as file:
        file.write(header + code)


def run(command, directory):
    results = f"{directory}/results.bin"
    with open(results, "wb"):
        pass
    subprocess.run(command, check=True, timeout=60, cwd=directory, stdout=subprocess.DEVNULL)
    with open(results, "rb") as file:
        return file.read()


def compare(mote, directory, xlen, seed, count):
    elf = f"{directory}/image.elf"
    write_elf(elf, xlen, image(random.Random(seed), xlen, count))
    theirs = run([f"qemu-system-riscv{xlen}", "-M", "virt", "-cpu", f"rv{xlen}", "-bios", "none",
                  "-display", "none", "-serial", "none", "-monitor", "none",
                  "-semihosting-config", "enable=on,target=native", "-kernel", elf], directory)
    ours = run([mote, "run", elf, "--board", f"qemu_virt_rv{xlen}", "--semihosting", directory,
                "--accuracy", "exact"], directory)
    skip, trapped = RESULTS - WORK, 0
    if len(ours) != skip + count * RESULT_BYTES or len(theirs) != len(ours):
        sys.exit(f"seed {seed}: {len(ours)} bytes of results, QEMU wrote {len(theirs)}")
    names = [f"f{i}" for i in range(32)] + [f"x{X_FIRST + i}" for i in range(X_COUNT)]
    names += ["fcsr and trap hash"]
    for index in range(count):
        place = skip + index * RESULT_BYTES
        mine = struct.unpack_from("<49Q", ours, place)
        other = struct.unpack_from("<49Q", theirs, place)
        for name, a, b in zip(names, mine, other):
            if a != b:
                sys.exit(f"seed {seed}, sequence {index}: {name} is 0x{a:016x}, in QEMU "
                         f"0x{b:016x} (image: {elf})")
        trapped += mine[48] >> 32 != 0
    if ours[:1024] != theirs[:1024]:
        sys.exit(f"seed {seed}: the work memory differs")
    return trapped


def main():
    mote, directory = sys.argv[1], sys.argv[2]
    sequences, seed, xlen = int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    if shutil.which(f"qemu-system-riscv{xlen}") is None:
        print(f"qemu-system-riscv{xlen} is not there")
        sys.exit(77)
    done = trapped = 0
    while done < sequences:
        count = min(BATCH, sequences - done)
        trapped += compare(mote, directory, xlen, seed + done, count)
        done += count
    print(f"{done} sequences are equal, {trapped} of them with traps")


if __name__ == "__main__":
    main()
