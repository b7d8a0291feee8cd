/* The core runs code: reset, loads and stores, SVC, interrupts, returns, sleep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/arm_bench.h"

static void test_reset_reads_vectors(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
    assert_int_equal(b->cpu->pc, CODE);
    assert_true(b->cpu->thumb);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFFFu);
    arm_bench_free(b);
}

static void test_straight_code_and_cycles(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    /* r1 = 0x20000000 by shifts: movs r1,#1; lsls r1,#29 */
    ARM_CODE(b, CODE, T_MOVS(0, 42), T_MOVS(1, 1), 0x0749, T_STR(0, 1, 8), T_LDR(2, 1, 8), T_NOP);
    arm_bench_reset(b);
    uint64_t before = b->cpu->cycles;
    arm_bench_steps(b, 5);
    assert_int_equal(b->cpu->pc, CODE + 10);
    assert_int_equal(b->cpu->r[1], RAM);
    assert_int_equal(b->cpu->r[2], 42);
    assert_int_equal(arm_bench_word(b, RAM + 8), 42);
    assert_int_equal(b->cpu->instructions, 5);
    assert_true(b->cpu->cycles - before >= 6 && b->cpu->cycles - before <= 8);
    assert_int_equal(mote_now_ps(b->sys), mote_cycles_to_ps(b->cpu->cycles, ARM_BENCH_HZ));
    arm_bench_free(b);
}

static void test_svc_enters_and_returns(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    ARM_CODE(b, CODE, T_MOVS(0, 1), T_MOVS(3, 7), T_SVC(5), T_NOP);
    ARM_CODE(b, HANDLER, T_MOVS(3, 0), T_BX_LR);
    arm_bench_reset(b);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 11);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFF9u);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 32);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 32), 1);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 32 + 12), 7);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 8), CODE + 6);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 4) & 0x01000000u, 0x01000000u);
    arm_bench_until(b, CODE + 6);
    assert_int_equal(b->cpu->exception, 0);
    assert_int_equal(b->cpu->r[3], 7);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
    arm_bench_free(b);
}

static void test_entry_and_return_cost(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    ARM_CODE(b, CODE, T_NOP, T_NOP, T_NOP, T_NOP);
    arm_bench_reset(b);
    arm_bench_steps(b, 1);
    bench_write32(b->bench, 0xE000E100, 1);
    bench_drive(b->dev, "irq", 0, 1);
    bench_drive(b->dev, "irq", 0, 0);
    uint64_t before = b->cpu->cycles;
    arm_bench_steps(b, 1);
    assert_int_equal(b->cpu->pc, HANDLER);
    assert_int_equal(b->cpu->exception, 16);
    assert_int_equal(b->cpu->cycles - before, 12); /* Cortex-M4 TRM 3.9.1: 12 cycles */
    arm_bench_free(b);
}

static void test_wfi_sleeps_until_interrupt(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    ARM_CODE(b, CODE, T_WFI, T_MOVS(5, 9), T_B(0));
    arm_bench_reset(b);
    bench_write32(b->bench, 0xE000E014, 63999); /* 1 ms at 64 MHz */
    bench_write32(b->bench, 0xE000E018, 0);
    bench_write32(b->bench, 0xE000E010, 7);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
    assert_int_equal(bench_level(b->dev, "sleep", 0), 1);
    uint64_t slept_at = mote_now_ps(b->sys);
    arm_bench_run_ps(b, 1000500000u);
    assert_int_equal(b->cpu->r[5], 9);
    assert_int_equal(bench_level(b->dev, "sleep", 0), 0);
    struct mote_core_totals totals;
    b->mote->ops->totals(b->mote, &totals);
    assert_int_equal(totals.sleep_ps, 1000000000u - slept_at);
    arm_bench_free(b);
}

/* Whatever makes the core go instruction by instruction must not change its time. */
static void test_breakpoints_and_steps_cost_no_time(void **state)
{
    (void)state;
    uint64_t cycles[3];
    uint32_t sums[3];
    for (int way = 0; way < 3; way++) {
        struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
        /* str; ldr; adds; mul; ite ne; two moves; udiv.w; subs; bne; b . */
        ARM_CODE(b, CODE, T_STR(0, 1, 0), T_LDR(2, 1, 0), 0x18D2, 0x4342, 0xBF14, T_MOVS(5, 3),
                 T_MOVS(5, 7), 0xFBB2, 0xF2F5, 0x1876, 0x3801, T_BNE(-22), T_B(0));
        arm_bench_reset(b);
        b->cpu->r[0] = 200;
        b->cpu->r[1] = RAM;
        b->cpu->r[3] = 5;
        if (way == 1) /* in the middle of the udiv: never reached, but in the block */
            assert_true(b->mote->ops->set_breakpoint(b->mote, CODE + 16, true));
        if (way == 2) {
            arm_bench_until(b, CODE + 24);
        } else {
            assert_true(b->mote->ops->set_breakpoint(b->mote, CODE + 24, true));
            b->mote->ops->run(b->mote);
            assert_int_equal(mote_stop_requested(b->sys), MOTE_STOP_DEBUG);
        }
        assert_int_equal(b->cpu->pc, CODE + 24);
        cycles[way] = b->cpu->cycles;
        sums[way] = b->cpu->r[2] ^ b->cpu->r[5];
        assert_int_equal(b->cpu->instructions, 200 * 11);
        arm_bench_free(b);
    }
    assert_true(cycles[0] > 200 * 11);
    assert_int_equal(cycles[0], cycles[1]);
    assert_int_equal(cycles[0], cycles[2]);
    assert_int_equal(sums[0], sums[1]);
    assert_int_equal(sums[0], sums[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_reads_vectors),
        cmocka_unit_test(test_straight_code_and_cycles),
        cmocka_unit_test(test_svc_enters_and_returns),
        cmocka_unit_test(test_entry_and_return_cost),
        cmocka_unit_test(test_wfi_sleeps_until_interrupt),
        cmocka_unit_test(test_breakpoints_and_steps_cost_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
