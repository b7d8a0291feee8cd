/* Cycles of straight-line code on the Cortex-M4 at zero wait states, against the manual's table
 * (Arm 100166_0001_00, 3.3.1) and its rules for neighbours (Arm DDI 0337I, 3.3.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "timing/pipeline.h"

#define R(n) (1ull << (n))
#define S(n) (1ull << (33 + (n) / 2))
#define MAX  16

struct op {
    struct mote_insn insn;
    bool skipped, taken;
    uint32_t memory_stall, operand;
    bool ends;
};
#define OP(class, size, ...)                                                                       \
    {                                                                                              \
        .insn = {.cls = MOTE_CLASS_##class, .bytes = size, __VA_ARGS__ }                           \
    }
#define END                                                                                        \
    {                                                                                              \
        .ends = true                                                                               \
    }

#define ALU(d, s) OP(ALU, 2, .reads = R(s), .writes = R(d))
#define LDR(d, n) OP(LOAD, 2, .words = 1, .reads = R(n), .address_reads = R(n), .writes = R(d))
#define STR(d, n) OP(STORE, 2, .words = 1, .reads = R(d) | R(n), .address_reads = R(n))
#define STR_REG(d, n, m)                                                                           \
    OP(STORE, 2, .words = 1, .reads = R(d) | R(n) | R(m), .address_reads = R(n) | R(m))
#define VADD(d, n, m) OP(FP_ALU, 4, .reads = S(n) | S(m), .writes = S(d))
#define VFMA(d, n, m) OP(FP_MAC, 4, .reads = S(d) | S(n) | S(m), .writes = S(d))
#define VDIV(d, n, m) OP(FP_DIV, 4, .reads = S(n) | S(m), .writes = S(d))

static struct pipeline *pipeline;

static uint32_t run_at(const struct op *ops, uint64_t pc)
{
    uint32_t cycles = 0;
    pipeline_reset(pipeline);
    for (; !ops->ends; ops++) {
        struct pipeline_step step = {.insn = &ops->insn,
                                     .pc = pc,
                                     .next_pc = pc + ops->insn.bytes,
                                     .executed = !ops->skipped,
                                     .taken = ops->taken,
                                     .memory_stall = ops->memory_stall,
                                     .operand = ops->operand};
        cycles += pipeline_step(pipeline, &step);
        pc = step.next_pc;
    }
    return cycles;
}

static uint32_t run(const struct op *ops)
{
    return run_at(ops, 0x08000000);
}
#define CYCLES(...) run((const struct op[]){__VA_ARGS__, END})

static void one_cycle_classes(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(OP(ALU, 2)), 1);
    assert_int_equal(CYCLES(OP(ALU, 4)), 1);
    assert_int_equal(CYCLES(OP(SHIFT, 4)), 1);
    assert_int_equal(CYCLES(OP(MUL, 2)), 1);
    assert_int_equal(CYCLES(OP(MAC, 4)), 1);
    assert_int_equal(CYCLES(OP(MUL_LONG, 4)), 1);
    assert_int_equal(CYCLES(OP(SIMD, 4)), 1);
    assert_int_equal(CYCLES(OP(SIMD_MAC, 4)), 1);
    assert_int_equal(CYCLES(OP(HINT, 2)), 1);
    assert_int_equal(CYCLES(OP(SYSTEM, 4)), 1);
    assert_int_equal(CYCLES(OP(BARRIER, 4)), 1);
}

static void divide_by_operands(void **state)
{
    (void)state;
    struct op least = OP(DIV, 4), most = OP(DIV, 4), zero = OP(DIV, 4);
    least.operand = 1;
    most.operand = 33;
    assert_int_equal(CYCLES(zero), 2);
    assert_int_equal(CYCLES(least), 2);
    assert_int_equal(CYCLES(most), 12);
}

static void loads_and_stores(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(LDR(0, 1)), 2);
    assert_int_equal(CYCLES(LDR(0, 1), LDR(1, 2)), 3);
    assert_int_equal(CYCLES(LDR(0, 1), LDR(1, 2), LDR(2, 3)), 4);
    assert_int_equal(CYCLES(LDR(1, 0), LDR(2, 1)), 4); /* the second address needs the first load */
    assert_int_equal(CYCLES(LDR(0, 1), ALU(2, 0)), 3); /* no load-use delay for data */
    assert_int_equal(CYCLES(STR(0, 1)), 1);
    assert_int_equal(CYCLES(STR_REG(0, 1, 2)), 2);
    struct op exclusive = STR(0, 1), updating = STR(0, 1);
    exclusive.insn.writes = R(2);
    updating.insn.writes = R(1);
    assert_int_equal(CYCLES(exclusive), 2);
    assert_int_equal(CYCLES(updating), 1);
    assert_int_equal(CYCLES(LDR(0, 1), STR(0, 3)), 3);
    assert_int_equal(CYCLES(LDR(0, 1), STR_REG(1, 3, 2)), 3);
    assert_int_equal(CYCLES(STR(0, 1), LDR(0, 1)), 4); /* nothing is pipelined after a store */
    assert_int_equal(CYCLES(STR(0, 1), ALU(2, 3), LDR(0, 1)), 4);
    assert_int_equal(CYCLES(STR(0, 1), STR(2, 1)), 2);
    assert_int_equal(CYCLES(OP(LOAD_MULTI, 2, .words = 4)), 5);
    assert_int_equal(CYCLES(OP(STORE_MULTI, 2, .words = 4)), 5);
    assert_int_equal(CYCLES(OP(LOAD_MULTI, 4, .words = 2)), 3); /* LDRD */
    assert_int_equal(CYCLES(LDR(0, 1), OP(LOAD_MULTI, 2, .words = 2)), 5);
    assert_int_equal(CYCLES(ALU(1, 2), LDR(0, 1)), 4); /* no forwarding to an address */
    assert_int_equal(CYCLES(ALU(1, 2), ALU(3, 3), LDR(0, 1)), 4);
}

static void branches(void **state)
{
    (void)state;
    struct op jump = OP(BRANCH, 2), condition = OP(BRANCH_COND, 2), call = OP(CALL, 4),
              indirect = OP(BRANCH_INDIRECT, 2), table = OP(BRANCH_INDIRECT, 4, .words = 1),
              load = OP(LOAD, 4, .words = 1), pop = OP(LOAD_MULTI, 2, .words = 2);
    assert_int_equal(CYCLES(condition), 1);
    jump.taken = condition.taken = call.taken = indirect.taken = table.taken = true;
    load.taken = pop.taken = true;
    assert_int_equal(CYCLES(jump), 2);
    assert_int_equal(CYCLES(condition), 2);
    assert_int_equal(CYCLES(call), 2);
    assert_int_equal(CYCLES(indirect), 3);
    assert_int_equal(CYCLES(table), 6);
    assert_int_equal(CYCLES(load), 5);
    assert_int_equal(CYCLES(pop), 6);
    /* A 32-bit target across a word boundary refills a cycle longer. */
    struct op wide = OP(ALU, 4), narrow = OP(ALU, 2);
    const struct op to_wide[] = {jump, wide, END}, to_narrow[] = {jump, narrow, END};
    assert_int_equal(run_at(to_wide, 0x08000000), 4);
    assert_int_equal(run_at(to_wide, 0x08000002), 3);
    assert_int_equal(run_at(to_narrow, 0x08000000), 3);
}

/* Rows of one-cycle 32-bit instructions that straddle words: see data/cortex-m4.yaml. */
static void fetching_falls_behind(void **state)
{
    (void)state;
    struct op wide = OP(ALU, 4), load = OP(LOAD, 4, .words = 1), condition = OP(BRANCH_COND, 4);
    const struct op two[] = {wide, wide, END}, three[] = {wide, wide, wide, END},
                    six[] = {wide, wide, wide, wide, wide, wide, END},
                    broken[] = {wide, wide, ALU(0, 1), wide, END},
                    resting[] = {wide, wide, load, wide, wide, wide, END};
    assert_int_equal(run_at(six, 0x08000000), 6);
    assert_int_equal(run_at(two, 0x08000002), 2);
    assert_int_equal(run_at(three, 0x08000002), 4);
    assert_int_equal(run_at(six, 0x08000002), 7);
    assert_int_equal(run_at(broken, 0x08000002), 4);
    /* An isolated load gives the fetch time. */
    assert_int_equal(run_at(resting, 0x08000002), 2 + 2 + 3 + 1);
    /* Skipped ones are fetched too; a branch across words that is not taken belongs to the row. */
    struct op skipped = OP(ALU, 4);
    skipped.skipped = condition.skipped = true;
    const struct op not_executed[] = {wide, skipped, wide, END},
                    beside[] = {wide, condition, wide, END}, within[] = {condition, wide, END};
    assert_int_equal(run_at(not_executed, 0x08000002), 4);
    assert_int_equal(run_at(beside, 0x08000002), 4);
    assert_int_equal(run_at(within, 0x08000000), 3);
}

static void conditions(void **state)
{
    (void)state;
    struct op it = OP(HINT, 2, .flags = MOTE_INSN_FOLDABLE), skipped = LDR(0, 1);
    skipped.skipped = true;
    assert_int_equal(CYCLES(it), 1);
    assert_int_equal(CYCLES(ALU(0, 1), it), 1); /* folded */
    assert_int_equal(CYCLES(OP(ALU, 4), it), 2);
    assert_int_equal(CYCLES(skipped), 1);
    assert_int_equal(CYCLES(skipped, LDR(1, 2)), 3); /* and nothing overlaps it */
}

static void floating_point(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(OP(FP_ALU, 4)), 1);
    assert_int_equal(CYCLES(OP(FP_MUL, 4)), 1);
    assert_int_equal(CYCLES(OP(FP_MAC, 4)), 3);
    assert_int_equal(CYCLES(OP(FP_MOVE, 4)), 1);
    assert_int_equal(CYCLES(OP(FP_MOVE, 4, .reads = R(0) | R(1), .writes = S(0))), 2);
    assert_int_equal(CYCLES(OP(FP_LOAD, 4, .words = 1)), 2);
    assert_int_equal(CYCLES(OP(FP_LOAD, 4, .words = 2)), 3);
    assert_int_equal(CYCLES(OP(FP_LOAD, 4, .words = 8)), 9);
    assert_int_equal(CYCLES(OP(FP_STORE, 4, .words = 1)), 2);
    assert_int_equal(CYCLES(VADD(0, 2, 4), VADD(6, 2, 4)), 2);
    assert_int_equal(CYCLES(VADD(0, 2, 4), VADD(6, 0, 4)), 3); /* result used at once */
    assert_int_equal(CYCLES(VADD(0, 2, 4), VFMA(0, 2, 4)), 4); /* as the addend: no delay */
    assert_int_equal(CYCLES(VADD(2, 4, 6), VFMA(0, 2, 4)), 5); /* as a factor */
    /* Division goes on beside integer work, and is 14 cycles for the next FP instruction. */
    assert_int_equal(CYCLES(VDIV(0, 2, 4), ALU(0, 1)), 2);
    assert_int_equal(CYCLES(VDIV(0, 2, 4), VADD(6, 2, 4)), 15);
    assert_int_equal(CYCLES(VDIV(0, 2, 4), VADD(6, 0, 4)), 16);
    assert_int_equal(CYCLES(VDIV(0, 2, 4), ALU(0, 1), ALU(0, 1), VADD(6, 2, 4)), 15);
    /* One division at a time. */
    assert_int_equal(CYCLES(VDIV(0, 2, 4), VDIV(6, 2, 4), VADD(8, 2, 4)), 2 * 14 + 1);
    assert_int_equal(CYCLES(VDIV(0, 2, 4), ALU(0, 1), VDIV(6, 2, 4), VADD(8, 2, 4)), 2 * 14 + 1);
}

static void write_buffer(void **state)
{
    (void)state;
    struct op slow = STR(0, 1), load = LDR(0, 1);
    slow.memory_stall = 3;
    load.memory_stall = 3;
    assert_int_equal(CYCLES(load), 5);
    assert_int_equal(CYCLES(slow), 1);
    assert_int_equal(CYCLES(slow, ALU(0, 1), ALU(0, 1)), 3);
    assert_int_equal(CYCLES(slow, LDR(0, 2)), 7);
    assert_int_equal(CYCLES(slow, ALU(0, 1), LDR(0, 2)), 6); /* in the shadow of the wait */
    assert_int_equal(CYCLES(slow, ALU(4, 1), ALU(5, 1), ALU(6, 1), LDR(0, 2)), 6);
}

/* The static functions, which run loops use, agree with pipeline_step() on random code. */
static void both_ways_agree(void **state)
{
    (void)state;
    static const struct op menu[] = {
        ALU(0, 1),
        ALU(3, 0),
        LDR(0, 1),
        LDR(1, 0),
        LDR(2, 3),
        STR(0, 3),
        STR_REG(2, 0, 1),
        OP(LOAD_MULTI, 2, .words = 3, .writes = R(4) | R(5) | R(6)),
        OP(HINT, 2, .flags = MOTE_INSN_FOLDABLE),
        OP(SIMD_MAC, 4, .writes = R(2)),
        OP(SHIFT, 4, .reads = R(0), .shifted_reads = R(0), .writes = R(4)),
        VADD(0, 2, 4),
        VFMA(0, 0, 2),
        OP(LOAD, 4, .words = 1, .writes = R(1), .flags = MOTE_INSN_LITERAL)};
    uint32_t seed = 1;
    for (int turn = 0; turn < 20000; turn++) {
        struct op ops[MAX + 1];
        struct pipeline_context context = {0};
        uint32_t cycles = 0;
        uint64_t pc = 0x08000000;
        for (int i = 0; i < MAX; i++) {
            seed = seed * 1664525u + 1013904223u;
            ops[i] = menu[(seed >> 16) % (sizeof(menu) / sizeof(menu[0]))];
            assert_false(pipeline_is_dynamic(pipeline, &ops[i].insn));
            cycles += pipeline_cost(pipeline, &context, &ops[i].insn, pc);
            pc += ops[i].insn.bytes;
        }
        ops[MAX] = (struct op)END;
        assert_int_equal(run(ops), cycles);
    }
}

static void unknown_core(void **state)
{
    (void)state;
    struct mote_err err = {""};
    assert_null(pipeline_new("cortex-a53", &err));
    assert_non_null(strstr(err.text, "cortex-a53"));
}

static void every_core_loads(void **state)
{
    (void)state;
    static const char *const cores[] = {"cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7",
                                        "cortex-m33"};
    for (size_t i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
        struct mote_err err = {""};
        struct pipeline *p = pipeline_new(cores[i], &err);
        if (!p)
            fail_msg("%s", err.text);
        pipeline_free(p);
    }
}

static int set_up(void **state)
{
    (void)state;
    struct mote_err err = {""};
    pipeline = pipeline_new("cortex-m4", &err);
    if (!pipeline)
        print_error("%s\n", err.text);
    return pipeline ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pipeline_free(pipeline);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cycle_classes),     cmocka_unit_test(divide_by_operands),
        cmocka_unit_test(loads_and_stores),      cmocka_unit_test(branches),
        cmocka_unit_test(fetching_falls_behind), cmocka_unit_test(conditions),
        cmocka_unit_test(floating_point),        cmocka_unit_test(write_buffer),
        cmocka_unit_test(both_ways_agree),       cmocka_unit_test(unknown_core),
        cmocka_unit_test(every_core_loads),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
