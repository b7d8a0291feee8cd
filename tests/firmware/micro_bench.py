#!/usr/bin/env python3
"""Cycles of real instructions on whole boards, read by the firmware itself, against the manuals' tables.

The sample micro-bench times straight-line sequences (firmware-samples/micro-bench/rows.h) at zero wait states. Each
row below is what the named document gives, not what the model's data file holds: cycles of a copy, and what a whole
run of copies takes besides, for instance the first of a row of pipelined loads."""
import argparse
import re
import sys

from harness import L4R5, Failure, Harness, check

COPIES = 16

# Documents. Those marked (m) are quoted from memory, as the data files of the models mark them too.
M4 = "Arm 100166_0001_00 3.3.1"  # Cortex-M4 TRM, table of processor instructions
PAIRS = "Arm DDI 0337I 3.3.2"  # load/store timings, repeated for the Cortex-M4 in TI SWCU185G
FPU = "Arm DDI 0439 7.2.3 (m)"
REFILL = "Arm DDI 0337E 18.2 (m)"  # P is 1 for an immediate target, 2 for a register
M0 = "Arm DDI 0484C 3.3 (m)"
M33 = "SLOTHY cortex_m33.py, measured on an RP2350"
PIPETEST = "jnk0le/random, measured on an RP2350"
M7 = "SLOTHY cortex_m7.py; jnk0le/random, measured on an STM32H743"
# Measured on silicon where the manuals are silent; the sources stand in cores/timing/data.
BEYOND = "not in the manuals"

CORTEX_M4 = {
    "alu": (1, 0, M4), "alu_dependent": (1, 0, M4), "move": (1, 0, M4), "compare": (1, 0, M4),
    "shift": (1, 0, M4), "extend": (1, 0, M4), "reverse": (1, 0, M4), "mul": (1, 0, M4), "no_op": (1, 0, M4),
    "load_alone": (2 + 1, 0, M4),
    "load_row": (1 + 1, 1, PAIRS),  # "normally four cycles total" for three: one more than their number
    "load_byte_row": (1 + 1, 1, PAIRS),
    "load_used": (2 + 1, 0, M4),
    "load_address": (2, 0, PAIRS),  # the next address needs the word: not pipelined
    "load_literal": (2 + 1, 0, M4),
    "store": (1, 0, PAIRS), "store_byte": (1, 0, PAIRS),
    "store_register": (2 + 1, 0, M4),
    "load_then_store": (2 + 1 + 1, 0, PAIRS),
    "store_then_load": (1 + 2 + 1 + 1, 0, BEYOND),  # 4 by the tables
    "address_after_alu": (1 + 1 + 2 + 1, 0, PAIRS),
    "load_multiple": (1 + 4 + 1 + 1, 0, M4),
    "store_multiple": (1 + 3 + 1 + 1, 0, M4),
    "push_pop": (1 + 4 + 1 + 4, 0, M4),
    "branch": (1 + 1, 0, REFILL),
    "branch_to_wide": (1 + 1 + 1 + 1, 0, REFILL),
    "branch_to_wide_across": (1 + 2 + 1 + 1, 0, M4),  # P by alignment and width of the target
    "branch_taken": (1 + 1, 0, REFILL), "branch_not_taken": (1, 0, M4),
    "call": (1 + 1, 0, REFILL),
    "branch_register": (3 + 1 + 2, 0, REFILL), "move_to_pc": (3 + 1 + 2, 0, REFILL), "call_register": (3 + 1 + 2, 0, REFILL),
    "pop_pc": (1 + 1 + (1 + 1) + 1 + (1 + 1 + 3), 0, M4),
    "read_special": (1, 0, M4), "write_special": (1, 0, M4), "change_state": (1, 0, M4),  # 1 or 2
    "barrier_data": (1, 0, M4), "barrier_memory": (1, 0, M4),  # 1 + B
    "alu_wide": (1, 0, M4), "alu_shifted": (1, 0, M4), "alu_shifted_used": (1, 0, M4), "alu_constant": (1, 0, M4), "shift_wide": (1, 0, M4),
    "bit_field": (1, 0, M4), "count_zeros": (1, 0, M4), "saturate": (1, 0, M4), "saturate_used": (1, 0, M4),
    "mul_wide": (1, 0, M4), "mla": (1, 0, M4), "mls": (1, 0, M4),
    "smull": (1, 0, M4), "umlal": (1, 0, M4), "smlal": (1, 0, M4), "umaal": (1, 0, M4),
    "smlabb": (1, 0, M4), "smmla": (1, 0, M4), "smlad": (1, 0, M4), "smlald": (1, 0, M4),
    "sadd16": (1, 0, M4), "sxtb16": (1, 0, M4), "pack": (1, 0, M4),
    "divide_by_zero": (2, 0, M4), "divide_zero": (2, 0, M4), "divide_small": (2, 0, M4),
    "divide_middle": (range(3, 12), 0, M4),  # 2 to 12 by the operands
    "divide_largest": (12, 0, M4),
    "load_added": (2 + 1, 0, M4), "load_wide_row": (1 + 1, 1, PAIRS),
    "load_updating": (2 + 1 + 1, 0, M4),
    "load_double": (1 + 2, 0, M4), "store_double": (1 + 2, 0, M4),
    "store_register_wide": (2 + 1, 0, M4),
    "load_exclusive": (2 + 1, 0, M4), "store_exclusive": (2 + 1, 0, M4),
    "load_then_store_register": (3 + 1 + 1, 0, PAIRS),  # "three cycles in all"
    "compare_and_branch_taken": (1 + 1, 0, REFILL), "compare_and_branch_not": (1 + 1, 0, M4),
    "table_branch": (6 + 1, 0, PAIRS),  # "at least six cycles"
    "load_pc": (1 + 1 + 1 + 5, 0, PAIRS),  # "at least five cycles"
    "branch_wide_not_taken": (2, 0, BEYOND),  # 1 by the table
    "it_folded": (1 + 0 + 1 + 1, 0, M4), "it_alone": (1 + 1 + 1, 0, M4),
    "skipped_load": (1 + 1 + 1, 0, M4),
    "straddling": (1 + 3 + 1 + 1, 0, BEYOND),  # 5 by the table
    "barrier_instructions": (1, 0, M4),  # 1 + B
    "fp_add": (1, 0, FPU), "fp_add_used": (2, -1, FPU), "fp_mul": (1, 0, FPU), "fp_negate": (1, 0, FPU),
    "fp_compare": (1, 0, FPU), "fp_convert": (1, 0, FPU), "fp_fused": (3, 0, FPU), "fp_chained": (3, 0, FPU),
    "fp_divide": (14, -13, FPU),  # the last one runs on beside what follows
    "fp_divide_beside": (1 + 20, 0, FPU),
    "fp_root": (14, -13, FPU),
    "fp_move": (1, 0, FPU), "fp_move_core": (1, 0, FPU), "fp_to_core": (1, 0, FPU), "fp_status": (1, 0, FPU),
    "fp_move_two": (2, 0, FPU), "fp_move_two_to_core": (2, 0, FPU),
    "fp_load": (2 + 1, 0, FPU), "fp_load_double": (3 + 1, 0, FPU), "fp_load_multiple": (1 + 8 + 1, 0, FPU),
    "fp_store": (2 + 1, 0, FPU), "fp_store_double": (3 + 1, 0, FPU), "fp_store_multiple": (1 + 8 + 1, 0, FPU),
}

CORTEX_M0PLUS = {
    "alu": (1, 0, M0), "alu_dependent": (1, 0, M0), "move": (1, 0, M0), "compare": (1, 0, M0),
    "shift": (1, 0, M0), "extend": (1, 0, M0), "reverse": (1, 0, M0), "mul": (1, 0, M0), "no_op": (1, 0, M0),
    "load_alone": (2 + 1, 0, M0), "load_row": (2 + 2, 0, M0), "load_byte_row": (2 + 2, 0, M0),
    "load_used": (2 + 1, 0, M0), "load_address": (2, 0, M0), "load_literal": (2 + 1, 0, M0),
    "store": (2, 0, M0), "store_byte": (2, 0, M0), "store_register": (2 + 1, 0, M0),
    "load_then_store": (2 + 2 + 1, 0, M0), "store_then_load": (2 + 2 + 1, 0, M0),
    "address_after_alu": (1 + 2 + 1, 0, M0),
    "load_multiple": (1 + 4 + 1 + 1, 0, M0), "store_multiple": (1 + 3 + 1 + 1, 0, M0),
    "push_pop": (1 + 4 + 1 + 4, 0, M0),
    "branch": (2, 0, M0), "branch_taken": (2, 0, M0), "branch_not_taken": (1, 0, M0),
    "branch_to_wide": (2 + 3, 0, M0),
    "branch_to_wide_across": (2 + 1 + 3, 0, BEYOND),  # 5 by the table
    "call": (3, 0, M0), "branch_register": (3 + 2, 0, M0), "move_to_pc": (3 + 2, 0, M0), "call_register": (3 + 2, 0, M0),
    "pop_pc": (1 + 1 + (1 + 1) + 1 + (3 + 1), 0, M0),
    "read_special": (3, 0, M0), "write_special": (3, 0, M0), "change_state": (1, 0, M0),
    "barrier_data": (3, 0, M0), "barrier_memory": (3, 0, M0),
}

# No table is published for these two cores: what was measured on silicon, cycles of a copy in a long row.
CORTEX_M33 = {
    "alu": (1, M33), "alu_dependent": (1, M33), "shift": (1, M33), "alu_wide": (1, M33), "alu_shifted": (1, M33),
    "bit_field": (1, M33), "load_row": (2, M33), "load_used": (1 + 1 + 1, M33), "load_address": (2, M33),
    "store": (1, M33), "mul_wide": (1, M33), "mla": (1, M33),
    "smull": (1, M33), "smlal": (1, M33), "smlad": (1, M33), "smlald": (1, M33), "load_double": (2, M33),
    "mls": (1, M33), "umlal": (1, M33),
    "smlabb": (1, M33), "compare": (1, M33), "no_op": (1, M33), "branch_not_taken": (1, M33),
    "mul": (2, PIPETEST), "alu_shifted_used": (2, PIPETEST), "saturate_used": (2, PIPETEST),
    "load_added": (1 + 1, PIPETEST), "load_then_store": (1 + 1 + 0, PIPETEST), "store_then_load": (1 + 1 + 0, PIPETEST),
    "load_multiple": (4 + 1 + 0, PIPETEST), "branch_taken": (2, PIPETEST), "it_folded": (1 + 0 + 1 + 0, PIPETEST),
    "fp_add": (1, PIPETEST), "fp_add_used": (2, PIPETEST), "fp_mul": (1, PIPETEST), "fp_fused": (1 + 2, PIPETEST),
    "fp_load": (1 + 1, PIPETEST), "fp_load_multiple": (8 + 1, PIPETEST), "fp_move_two_to_core": (2, PIPETEST),
}
CORTEX_M7 = {
    "alu": (1, M7), "alu_dependent": (1, M7), "alu_wide": (0.5, M7), "mul": (2, M7), "mul_wide": (1, M7),
    "smull": (1, M7), "load_row": (1, M7), "load_address": (2, M7), "store": (1, M7), "smlad": (1, M7),
    "fp_mul": (1, M7), "fp_add_used": (3, M7), "fp_chained": (3, M7), "fp_root": (14, M7), "fp_divide": (16, M7),
}


def measured(h, any_board, board):
    """The console's lines NAME A B as {NAME: (A, B)}."""
    result = h.run(h.firmware("micro-bench", any_board), board, "--accuracy", "exact", "--time-limit", "5s",
                   report=False).expect(0)
    found = {m[0]: (int(m[1]), int(m[2])) for m in re.findall(r"^(\w+) (-?\d+) (-?\d+)$", result.out, re.M)}
    check(found, f"{board} prints nothing that was expected: {result.out}")
    return found


def whole_table(h, any_board, board, table):
    found = measured(h, any_board, board)
    check(set(found) == {"empty", *table}, f"{board}: rows without their partner: {set(found) ^ {'empty', *table}}")
    wrong = []
    for name, (each, besides, source) in table.items():
        for copies, cycles in zip((COPIES, 2 * COPIES), found[name]):
            allowed = each if isinstance(each, range) else (each,)
            if cycles not in [copies * cycle + besides for cycle in allowed]:
                wrong.append(f"{name}: {copies} copies take {cycles}, not {copies} x {each} + {besides} ({source})")
    check(not wrong, f"{board}: " + "\n".join(wrong))
    print(f"{board}: {len(table)} rows")


def long_rows(h, board, table):
    found = measured(h, "semihosting", board)
    wrong = []
    for name, (each, source) in table.items():
        cycles = found[name][1] - found[name][0]
        if cycles != COPIES * each:
            wrong.append(f"{name}: {COPIES} more copies take {cycles}, not {COPIES * each} ({source})")
    check(not wrong, f"{board}: " + "\n".join(wrong))
    print(f"{board}: {len(table)} rows")


def tables(h):
    whole_table(h, "semihosting", L4R5, CORTEX_M4)
    whole_table(h, "semihosting_m0plus", "nucleo_g0b1re", CORTEX_M0PLUS)
    long_rows(h, "nucleo_u575zi_q", CORTEX_M33)
    long_rows(h, "nucleo_h7a3zi_q", CORTEX_M7)


PASSES = 8
LOOPS = re.compile(r"^(\w+) (\d) (\d) (\d) (\d) (\d+)$", re.M)


def core_cycles(core, kind, blocks):
    """Cycles of a pass without wait states, from the tables above."""
    if kind == "code":  # no-ops, then SUBS and BNE, or SUBS, BEQ and B, in three halfwords
        return 8 * blocks - 3 + (1 + 1 + 2 if core == "m0plus" else 1 + 2)
    load = 1 if core == "m33" else 2
    if kind == "both":
        meets_fetch = 1 if core == "m33" else 0  # no instruction is short, so the read's cycle is one without a fetch
        return (load + 3 + meets_fetch) * blocks - 2 + 1 + 1 + 2
    return (load + 1) * blocks * (2 if kind == "twice" else 1) + 1 + 1 + 2


def l4_fetch(lines, line_bytes, cache_bytes, latency, prefetch, cache):
    """Head of _stm32l4_art.c: the line that was fetched last is kept; a line from the cache, which replaces the least
    recently used one, costs nothing; a prefetched one has been read for as many cycles as its predecessor has words."""
    if lines == 1 or (cache and lines * line_bytes <= cache_bytes):
        return 0
    sequential = max(0, latency + 1 - line_bytes // 4) if prefetch else latency
    return latency + (lines - 1) * sequential


def l4_data(lines, line_bytes, cache_bytes, latency, prefetch, cache):
    """A hit in another line, and a miss while the prefetch is on, cost a cycle, but none without wait states."""
    if latency == 0:
        return 0
    if cache and lines * line_bytes <= cache_bytes:
        return lines
    return lines * (latency + prefetch)


def l4_loops(h, board, line_bytes):
    def expected(kind, blocks, latency, prefetch, icache, dcache):
        cycles = core_cycles("m4", kind, blocks)
        if kind in ("code", "both"):
            cycles += l4_fetch(blocks * 16 // line_bytes, line_bytes, 1024, latency, prefetch, icache)
        if kind != "code":
            cycles += l4_data(blocks, line_bytes, 256, latency, prefetch, dcache)
        return cycles

    every_loop(h, "semihosting", board, 6 * 8 * 10, expected)


def u5_loops(h):
    """Head of _stm32u5_read.c: lines of 128 bits; a miss in ICACHE (8 KiB) costs two cycles beyond the wait states
    (its devicetree); what is not cached waits for the array at each new line, which prefetching is not known to hide."""

    def expected(kind, blocks, latency, _prefetch, icache, _dcache):
        lines = blocks if kind != "both" else 2 * blocks
        if kind == "code" and blocks == 1:
            stalls = 0
        elif icache:
            stalls = 0 if lines * 16 <= 8192 else lines * (latency + 2)
        else:
            stalls = lines * latency
        return core_cycles("m33", kind, blocks) + stalls

    every_loop(h, "semihosting", "nucleo_u575zi_q", 5 * 4 * 10, expected)


def g0_loops(h):
    """Head of _stm32g0_read.c: lines of 64 bits; four are kept, a loop of two blocks is that long; a prefetch begins
    with the address phase of the line before, whose four no-ops hide it."""

    def expected(kind, blocks, latency, prefetch, icache, _dcache):
        lines = 2 * blocks
        if icache and lines <= 4:
            stalls = 0
        elif prefetch:
            stalls = latency
        else:
            stalls = lines * latency
        return core_cycles("m0plus", kind, blocks) + stalls

    every_loop(h, "semihosting_m0plus", "nucleo_g0b1re", 3 * 4 * 4, expected)


def every_loop(h, any_board, board, count, expected):
    result = h.run(h.firmware("flash-loops", any_board), board, "--accuracy", "exact", "--time-limit", "60s",
                   report=False).expect(0)
    found = LOOPS.findall(result.out)
    check(len(found) == count, f"{board} prints {len(found)} of {count} rows: {result.out}")
    wrong = []
    for name, *numbers in found:
        kind, blocks, *twice = name.split("_")
        *settings, cycles = map(int, numbers)
        right = PASSES * expected("twice" if twice else kind, int(blocks), *settings)
        if cycles != right:
            wrong.append(f"{name}, latency, prefetch, caches {settings}: {cycles} cycles, not {right}")
    check(not wrong, f"{board}: {len(wrong)} of {count}\n" + "\n".join(wrong[:40]))
    print(f"{board}: {count} loops")


def loops(h):
    l4_loops(h, L4R5, 16)
    l4_loops(h, "nucleo_l4r5zi_dual_bank", 8)
    u5_loops(h)
    g0_loops(h)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=["tables", "loops"])
    parser.add_argument("--mote", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    arguments = parser.parse_args()
    try:
        globals()[arguments.case](Harness(arguments.mote, arguments.build, arguments.source))
    except Failure as failure:
        print(f"{arguments.case}: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
