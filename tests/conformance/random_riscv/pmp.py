#!/usr/bin/env python3
"""Random physical memory protection on Mote and on qemu-system-riscv32 or -riscv64: registers as they
read back, and which loads, stores and fetches trap, with cause and address.

pmp.py MOTE DIRECTORY SEQUENCES SEED XLEN

Each sequence sets all 16 entries and makes accesses as user mode (loads and stores by
mstatus.MPRV, fetches by mret); the last of an image locks entries and makes them as machine mode.
One hash of everything leaves for each sequence, by semihosting. Exit status 77: QEMU is not there.

Not compared: boundaries inside a page for fetches (QEMU 7.2 wants the rest of the page to match),
misaligned accesses (whose parts may be checked one by one), R = 0 with W = 1 (reserved)."""
import random
import shutil
import struct
import sys

from fp import (BASE, HANDLER, START, csr, finish, i_type, li, pack, run, s_type, within_page,
                write_elf)

WORK = 0x87000000    # results come behind it: fp.finish() writes from WORK to RESULTS and on
RESULTS = 0x87001000
DATA = 0x87100000    # a page that loads and stores reach, with small regions
PAGES = 0x87110000   # pages whose first word is ecall
PAGE_COUNT = 8
ENTRIES = 16
BATCH = 40
NEXT, POINTER, VALUE, HASH = 27, 11, 10, 31
MSTATUS, MPP_M, MPRV, FS = 0x300, 0x1800, 0x20000, 0x6000
ECALL, MRET = 0x00000073, 0x30200073
PERMISSIONS = [0, 1, 3, 4, 5, 7]  # X W R


def mix(register):
    """hash = hash * 33 + register, by way of x30"""
    return [i_type(0x13, 1, 30, HASH, 5), 30 << 20 | HASH << 15 | HASH << 7 | 0x33,
            register << 20 | HASH << 15 | HASH << 7 | 0x33]


def trap_handler(xlen):
    """Adds the trap to the hash and goes on where NEXT points, in machine mode."""
    code = []
    for number in (0x342, 0x343, 0x341):  # mcause, mtval, mepc
        code += [csr(2, 28, number, 0)] + mix(28)
    return code + [csr(1, 0, 0x341, NEXT)] + li(xlen, 28, MPP_M) + [csr(1, 0, MSTATUS, 28), MRET]


def napot(base, size):
    return (base >> 2) | (size >> 3) - 1


def entry(rng):
    """pmpaddr and pmpcfg."""
    cfg, kind = rng.choice(PERMISSIONS), rng.random()
    if kind < 0.2:
        return rng.getrandbits(30), cfg  # off; QEMU 7.2 forgets address bits above 31
    if kind < 0.35:
        return (DATA + 4 * rng.randrange(1024)) >> 2, cfg | 2 << 3
    if kind < 0.6:
        size = 1 << rng.randrange(3, 13)
        return napot(DATA + rng.randrange(4096 // size) * size, size), cfg | 3 << 3
    if kind < 0.8:
        return (DATA + 4 * rng.randrange(1025)) >> 2, cfg | 1 << 3
    page = PAGES + 4096 * rng.randrange(PAGE_COUNT)
    if kind < 0.9:
        return page >> 2, cfg | 1 << 3
    size = 4096 << rng.randrange(3)
    return napot(page & -size, size), cfg | 3 << 3


def write_entries(xlen, entries):
    code, per = [], xlen // 8
    for i, (addr, _) in enumerate(entries):
        code += li(xlen, 28, addr) + [csr(1, 0, 0x3B0 + i, 28)]
    for first in range(0, ENTRIES, per):
        value = sum(cfg << (8 * k) for k, (_, cfg) in enumerate(entries[first:first + per]))
        code += li(xlen, 28, value & 0xFFFFFFFF)
        if xlen == 64:
            code += li(xlen, 29, value >> 32) + [i_type(0x13, 1, 29, 29, 32),
                                                 29 << 20 | 28 << 15 | 28 << 7 | 0x33]
        code += [csr(1, 0, 0x3A0 + first // 4, 28)]
    for number in range(0x3B0, 0x3B0 + ENTRIES):
        code += [csr(2, 28, number, 0)] + mix(28)
    for first in range(0, ENTRIES, per):
        code += [csr(2, 28, 0x3A0 + first // 4, 0)] + mix(28)
    return code


def data_access(rng, xlen, user):
    size = rng.randrange(4 if xlen == 64 else 3)
    address = (DATA - 64 + rng.randrange(4096 + 128)) & -(1 << size)
    code = li(xlen, POINTER, address) + li(xlen, 28, MPRV if user else MPP_M)
    access = s_type(0x23, size, VALUE, POINTER, 0) if rng.getrandbits(1) else \
        i_type(0x03, size, VALUE, POINTER, 0)
    code += [csr(1, 0, MSTATUS, 28), access]
    return code


def fetch(rng, xlen, user):
    address = PAGES + 4096 * rng.randrange(-1, PAGE_COUNT + 1)
    return (li(xlen, 28, 0 if user else MPP_M) + [csr(1, 0, MSTATUS, 28)]
            + li(xlen, 28, address) + [csr(1, 0, 0x341, 28), MRET])


def sequence(rng, xlen, index, lock):
    entries = [entry(rng) for _ in range(ENTRIES)]
    if rng.random() < 0.5:  # a background
        entries[-1] = (0xFFFFFFFF if xlen == 32 else 0x3FFFFFFF, rng.choice(PERMISSIONS) | 3 << 3)
    code = [i_type(0x13, 0, HASH, 0, 0)]
    if lock:  # nothing but data and pages, where this code is not
        entries = [(addr, cfg | (0x80 if cfg >> 3 in (2, 3) and rng.random() < 0.6 else 0))
                   for addr, cfg in entries[:-1]] + [(0, 0)]
    code += write_entries(xlen, entries)
    if lock:
        code += write_entries(xlen, [entry(rng) for _ in range(ENTRIES - 1)] + [(0, 0)])
    for _ in range(60):
        user = not lock or rng.random() < 0.3
        op = data_access if rng.random() < 0.7 else fetch
        body = op(rng, xlen, user)
        length = 4 * (len(body) + 2)
        # NEXT = behind the access
        code += [NEXT << 7 | 0x17, i_type(0x13, 0, NEXT, NEXT, length)] + body
        code += li(xlen, 28, MPP_M) + [csr(1, 0, MSTATUS, 28)] + mix(VALUE)
    code += li(xlen, 28, RESULTS + 8 * index) + [s_type(0x23, 2, HASH, 28, 0)]
    return pack(code)


def image(rng, xlen, count):
    code = pack(li(xlen, 5, HANDLER) + [csr(1, 0, 0x305, 5)])
    code += pack([0x0000006F | (START - BASE - len(code)) << 20])
    code = code.ljust(HANDLER - BASE, b"\0") + pack(trap_handler(xlen))
    code = code.ljust(START - BASE, b"\0")
    words = li(xlen, 5, ECALL)
    for page in range(-1, PAGE_COUNT + 1):
        words += li(xlen, 28, PAGES + 4096 * page) + [s_type(0x23, 2, 5, 28, 0)]
    code += pack(words + [0x0000100F] + li(xlen, VALUE, rng.getrandbits(32)))
    code += b"".join(sequence(rng, xlen, i, i == count - 1) for i in range(count))
    code = within_page(code)
    block_at = len(code) + 256
    code += finish(xlen, BASE + block_at)
    block = struct.pack("<6QQ" if xlen == 64 else "<6IQ", BASE + block_at + 64, 5, 11, 0, WORK,
                        RESULTS - WORK + 8 * count, 0)
    return code.ljust(block_at, b"\0") + block.ljust(64, b"\0") + b"results.bin\0"


def compare(mote, directory, xlen, seed, count):
    elf = f"{directory}/image.elf"
    write_elf(elf, xlen, image(random.Random(seed), xlen, count))
    theirs = run([f"qemu-system-riscv{xlen}", "-M", "virt", "-cpu", f"rv{xlen}", "-bios", "none",
                  "-display", "none", "-serial", "none", "-monitor", "none",
                  "-semihosting-config", "enable=on,target=native", "-kernel", elf], directory)
    ours = run([mote, "run", elf, "--board", f"qemu_virt_rv{xlen}", "--semihosting", directory,
                "--accuracy", "exact"], directory)
    if len(ours) != RESULTS - WORK + 8 * count or len(theirs) != len(ours):
        sys.exit(f"seed {seed}: {len(ours)} bytes of results, QEMU wrote {len(theirs)}")
    for index in range(count):
        mine, = struct.unpack_from("<I", ours, RESULTS - WORK + 8 * index)
        other, = struct.unpack_from("<I", theirs, RESULTS - WORK + 8 * index)
        if mine != other:
            sys.exit(f"seed {seed}, sequence {index} of {count}: 0x{mine:08x}, in QEMU "
                     f"0x{other:08x} (image: {elf})")


def main():
    mote, directory = sys.argv[1], sys.argv[2]
    sequences, seed, xlen = int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    if shutil.which(f"qemu-system-riscv{xlen}") is None:
        print(f"qemu-system-riscv{xlen} is not there")
        sys.exit(77)
    done = 0
    while done < sequences:
        count = min(BATCH, sequences - done)
        compare(mote, directory, xlen, seed + done, count)
        done += count
    print(f"{done} configurations are equal")


if __name__ == "__main__":
    main()
