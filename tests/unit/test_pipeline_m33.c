/* Cycles of straight-line code on the Cortex-M33 at zero wait states, against the rules of
 * cores/timing/data/cortex-m33.yaml: what each instruction waits for, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timing/pipeline.h"

#define R(n)  (1ull << (n))
#define S(n)  (1ull << (33 + (n)))
#define FLAGS (1ull << 32)

static struct pipeline *pipeline;

static uint32_t run_taken(const struct mote_insn *insns, size_t count, bool taken)
{
    uint32_t cycles = 0;
    uint64_t pc = 0x08000000;
    pipeline_reset(pipeline);
    for (size_t i = 0; i < count; i++) {
        struct pipeline_step step = {.insn = &insns[i],
                                     .pc = pc,
                                     .next_pc = pc + insns[i].bytes,
                                     .executed = true,
                                     .taken = taken && i + 1 == count};
        cycles += pipeline_step(pipeline, &step);
        pc = step.next_pc;
    }
    return cycles;
}
#define COUNT(...)  (sizeof((const struct mote_insn[]){__VA_ARGS__}) / sizeof(struct mote_insn))
#define CYCLES(...) run_taken((const struct mote_insn[]){__VA_ARGS__}, COUNT(__VA_ARGS__), false)
#define TAKEN(...)  run_taken((const struct mote_insn[]){__VA_ARGS__}, COUNT(__VA_ARGS__), true)
#define OP(class, ...)                                                                             \
    {                                                                                              \
        .cls = MOTE_CLASS_##class, .bytes = 4, __VA_ARGS__                                         \
    }
#define ALU(d, s) OP(ALU, .reads = R(s), .writes = R(d))
#define LDR(d, n) OP(LOAD, .words = 1, .reads = R(n), .address_reads = R(n), .writes = R(d))
#define LDR_UPDATE(d, n)                                                                           \
    OP(LOAD, .words = 1, .flags = MOTE_INSN_WRITEBACK, .reads = R(n), .address_reads = R(n),       \
       .writes = R(d) | R(n))
#define STR(d, n)    OP(STORE, .words = 1, .reads = R(d) | R(n), .address_reads = R(n))
#define MUL(d, n, m) OP(MUL, .reads = R(n) | R(m), .writes = R(d))
#define SMLAD(d, n, m, a)                                                                          \
    OP(SIMD_MAC, .reads = R(n) | R(m) | R(a), .sum_reads = R(a), .writes = R(d))
#define SHIFTED(d, s)                                                                              \
    OP(SHIFT, .issue = MOTE_ISSUE_SHIFTER | MOTE_ISSUE_EARLY_SHIFTED, .reads = R(s),               \
       .shifted_reads = R(s), .writes = R(d) | FLAGS)
#define ROTATED(d, s) OP(ALU, .issue = MOTE_ISSUE_SHIFTER, .reads = R(s), .writes = R(d) | FLAGS)
#define QADD(d, n, m) OP(SIMD, .reads = R(n) | R(m), .writes = R(d))
#define SXTB16(d, m)  OP(SIMD, .reads = R(m), .writes = R(d))
#define SHORT(class, ...)                                                                          \
    {                                                                                              \
        .cls = MOTE_CLASS_##class, .bytes = 2, __VA_ARGS__                                         \
    }
#define SUBS          SHORT(ALU, .reads = R(7), .writes = R(7) | FLAGS)
#define ADD           SHORT(ALU, .reads = R(1), .writes = R(0))
#define BNE           SHORT(BRANCH_COND, .flags = MOTE_INSN_WRITES_PC, .reads = FLAGS)
#define VADD(d, n, m) OP(FP_ALU, .reads = S(n) | S(m), .writes = S(d))
#define VFMA(d, n, m) OP(FP_MAC, .reads = S(d) | S(n) | S(m), .writes = S(d))

static void a_loaded_register_is_there_one_cycle_later(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(LDR(0, 1), ALU(2, 3)), 2);
    assert_int_equal(CYCLES(LDR(0, 1), ALU(2, 0)), 3);
    assert_int_equal(CYCLES(LDR(0, 1), LDR(2, 0)), 3);
    assert_int_equal(CYCLES(LDR(0, 1), STR(0, 2)), 2);
    assert_int_equal(CYCLES(LDR(0, 1), STR(2, 0)), 3);
    assert_int_equal(CYCLES(LDR(0, 1), SMLAD(2, 3, 4, 0)), 2);
    assert_int_equal(CYCLES(LDR(0, 1), SMLAD(2, 0, 4, 5)), 3);
    assert_int_equal(CYCLES(OP(FP_LOAD, .words = 1, .writes = S(0)), VADD(1, 0, 2)), 2);
    assert_int_equal(CYCLES(LDR(0, 1), ALU(2, 3), ALU(4, 0)), 3);
    assert_int_equal(CYCLES(LDR(0, 1), LDR(2, 3), LDR(4, 5)), 3);
}

static void an_updated_base_is_there_at_once(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(LDR_UPDATE(0, 1), ALU(2, 1)), 2);
    assert_int_equal(CYCLES(LDR_UPDATE(0, 1), LDR_UPDATE(2, 1)), 2);
    assert_int_equal(CYCLES(LDR_UPDATE(0, 1), ALU(2, 0)), 3);
}

static void a_product_is_there_one_cycle_later_but_for_accumulation(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(MUL(0, 1, 2), ALU(3, 0)), 3);
    assert_int_equal(CYCLES(MUL(0, 1, 2), MUL(3, 0, 1)), 3);
    assert_int_equal(CYCLES(SMLAD(0, 1, 2, 0), SMLAD(0, 3, 4, 0)), 2);
    assert_int_equal(CYCLES(SMLAD(0, 1, 2, 0), ALU(3, 0)), 3);
}

static void results_of_the_second_stage_are_there_one_cycle_later(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(SHIFTED(0, 1), ALU(2, 3)), 2);
    assert_int_equal(CYCLES(SHIFTED(0, 1), ALU(2, 0)), 3);
    assert_int_equal(CYCLES(SHIFTED(0, 1), SMLAD(2, 3, 4, 0)), 2);
    assert_int_equal(CYCLES(QADD(0, 1, 2), ALU(3, 0)), 3);
    assert_int_equal(CYCLES(SXTB16(0, 1), ALU(3, 0)), 2);
    /* Flags: of a shifted register late, of a rotated constant at the price of a cycle. */
    assert_int_equal(CYCLES(SHIFTED(0, 1), BNE), 3);
    assert_int_equal(CYCLES(ROTATED(0, 1), BNE), 3);
    assert_int_equal(CYCLES(ROTATED(0, 1), ALU(2, 0)), 3);
    assert_int_equal(CYCLES(SHORT(MUL, .reads = R(1), .writes = R(0) | FLAGS), ALU(2, 0)), 3);
}

static void short_instructions_issue_in_pairs(void **state)
{
    (void)state;
    const struct mote_insn it = SHORT(HINT, .flags = MOTE_INSN_FOLDABLE),
                           nop = SHORT(HINT, .words = 0);
    assert_int_equal(CYCLES(SUBS, BNE), 1);
    assert_int_equal(TAKEN(SUBS, BNE), 3);
    assert_int_equal(TAKEN(SUBS, ADD, BNE), 3);
    assert_int_equal(TAKEN(ADD, SHORT(BRANCH, .flags = MOTE_INSN_WRITES_PC)), 2);
    assert_int_equal(CYCLES(ADD, it), 1);
    assert_int_equal(CYCLES(ADD, nop, nop), 2);
    assert_int_equal(CYCLES(ALU(0, 1), nop), 2);
    assert_int_equal(CYCLES(ADD, ADD), 2);
    assert_int_equal(TAKEN(SUBS, OP(BRANCH_COND, .reads = FLAGS)), 3);
}

static void floating_point(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(VADD(0, 1, 2), VADD(3, 1, 2)), 2);
    assert_int_equal(CYCLES(VADD(0, 1, 2), VADD(3, 0, 2)), 3);
    assert_int_equal(CYCLES(VFMA(0, 1, 2), VFMA(3, 1, 2)), 4);
    assert_int_equal(CYCLES(VFMA(0, 1, 2), ALU(0, 1)), 2);
}

static void branches(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(OP(BRANCH_COND)), 1);
    assert_int_equal(TAKEN(OP(BRANCH_COND)), 2);
    assert_int_equal(TAKEN(OP(BRANCH)), 2);
    assert_int_equal(TAKEN(OP(BRANCH_INDIRECT)), 3);
}

static void multiples(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(OP(LOAD_MULTI, .words = 4)), 4);
    assert_int_equal(CYCLES(OP(STORE_MULTI, .words = 3)), 3);
}

int main(void)
{
    struct mote_err err = {""};
    pipeline = pipeline_new("cortex-m33", &err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loaded_register_is_there_one_cycle_later),
        cmocka_unit_test(an_updated_base_is_there_at_once),
        cmocka_unit_test(a_product_is_there_one_cycle_later_but_for_accumulation),
        cmocka_unit_test(results_of_the_second_stage_are_there_one_cycle_later),
        cmocka_unit_test(short_instructions_issue_in_pairs),
        cmocka_unit_test(floating_point),
        cmocka_unit_test(branches),
        cmocka_unit_test(multiples),
    };
    int failed = pipeline == NULL || cmocka_run_group_tests(tests, NULL, NULL);
    pipeline_free(pipeline);
    return failed;
}
