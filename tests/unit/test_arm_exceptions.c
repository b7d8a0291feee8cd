/* Exceptions: stacking, floating-point frames, tail-chaining, late arrival, EXC_RETURN checks,
 * escalation, lockup, sleep rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/arm_bench.h"
#include <string.h>

enum {
    HANDLER2 = 0x2100,
    HANDLER3 = 0x2200,
    ISER = 0xE000E100,
    ISPR = 0xE000E200,
    IPR = 0xE000E400,
    ICSR = 0xE000ED04,
    CCR = 0xE000ED14,
    SHCSR = 0xE000ED24,
    CFSR = 0xE000ED28,
    HFSR = 0xE000ED2C,
    CPACR = 0xE000ED88,
    FPCCR = 0xE000EF34,
    FPCAR = 0xE000EF38,
    SCR = 0xE000ED10
};

static struct arm_bench *b;

static int setup(void **state)
{
    (void)state;
    b = arm_bench_new("arm,cortex-m4f", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arm_bench_free(b);
    return 0;
}

static void write32(uint32_t address, uint32_t value)
{
    bench_write32(b->bench, address, value);
}

static uint32_t read32(uint32_t address)
{
    return bench_read32(b->bench, address);
}

/* ---- stacking ----------------------------------------------------------------------------------
 */

static void test_stack_is_aligned_and_restored(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_reset(b);
    b->cpu->r[13] = RAM_TOP - 4;
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 40);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 40 + 28) >> 9 & 1, 1);
    arm_bench_until(b, CODE + 2);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 4);
    /* Without STKALIGN the frame lies where SP was. */
    write32(CCR, 0);
    arm_bench_reset(b);
    write32(CCR, 0);
    b->cpu->r[13] = RAM_TOP - 4;
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 36);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 36 + 28) >> 9 & 1, 0);
}

static void test_process_stack(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_reset(b);
    arm_sys_msr(b->cpu, 9, 0, RAM + 0x800);
    arm_sys_msr(b->cpu, 20, 0, 2);
    assert_int_equal(b->cpu->r[13], RAM + 0x800);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFFDu);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
    assert_int_equal(b->cpu->control, 0);
    uint32_t psp;
    arm_sys_mrs(b->cpu, 9, &psp);
    assert_int_equal(psp, RAM + 0x800 - 32);
    arm_bench_until(b, CODE + 2);
    assert_int_equal(b->cpu->control, 2);
    assert_int_equal(b->cpu->r[13], RAM + 0x800);
}

static void test_lazy_floating_point_frame(void **state)
{
    (void)state;
    /* The handler uses the FPU: vadd.f32 s0, s0, s0. */
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    ARM_CODE(b, HANDLER, T_NOP, 0xEE30, 0x0A00, T_BX_LR);
    arm_bench_reset(b);
    write32(CPACR, 0xFu << 20);
    b->cpu->control |= ARM_CONTROL_FPCA;
    b->cpu->s[0] = 0x3F800000u;
    b->cpu->s[15] = 0x12345678u;
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFE9u);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 0x68);
    assert_int_equal(read32(FPCCR) & 1, 1);
    assert_int_equal(read32(FPCAR), RAM_TOP - 0x68 + 0x20);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 0x68 + 0x20 + 60), 0); /* not saved yet */
    arm_bench_until(b, HANDLER + 6);
    assert_int_equal(read32(FPCCR) & 1, 0);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 0x68 + 0x20 + 60), 0x12345678u);
    assert_int_equal(b->cpu->s[0], 0x40000000u);
    assert_true(b->cpu->control & ARM_CONTROL_FPCA);
    arm_bench_until(b, CODE + 2);
    assert_int_equal(b->cpu->s[0], 0x3F800000u);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
    assert_true(b->cpu->control & ARM_CONTROL_FPCA);
}

static void test_handler_without_fp_saves_nothing(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_reset(b);
    write32(CPACR, 0xFu << 20);
    b->cpu->control |= ARM_CONTROL_FPCA;
    b->cpu->s[3] = 0xABCDu;
    arm_bench_until(b, CODE + 2);
    assert_int_equal(b->cpu->s[3], 0xABCDu);
    assert_int_equal(read32(FPCCR) & 1, 0);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 0x68 + 0x20 + 12), 0);
}

static void test_eager_floating_point_frame_costs_more(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    uint64_t cost[2];
    for (int eager = 0; eager < 2; eager++) {
        arm_bench_reset(b);
        write32(CPACR, 0xFu << 20);
        if (eager)
            write32(FPCCR, 0x80000000u);
        b->cpu->control |= ARM_CONTROL_FPCA;
        b->cpu->s[15] = 0x77u;
        arm_bench_steps(b, 1);
        uint64_t before = b->cpu->cycles;
        arm_bench_until(b, HANDLER);
        cost[eager] = b->cpu->cycles - before;
        if (eager)
            assert_int_equal(arm_bench_word(b, RAM_TOP - 0x68 + 0x20 + 60), 0x77);
    }
    assert_int_equal(cost[1] - cost[0], 17);
}

static void test_fpu_off_is_nocp(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, 0xEE30, 0x0A00);
    arm_bench_reset(b);
    write32(SHCSR, 1u << 18);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 6);
    assert_int_equal(read32(CFSR), ARM_CFSR_NOCP);
}

/* ---- chaining, late arrival -------------------------------------------------------------------
 */

static void test_tail_chain_costs_six(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_NOP, T_NOP, T_NOP);
    arm_bench_vector(b, 17, HANDLER2);
    ARM_CODE(b, HANDLER, T_BX_LR);
    ARM_CODE(b, HANDLER2, T_BX_LR);
    arm_bench_reset(b);
    write32(ISER, 3);
    write32(ISPR, 3);
    arm_bench_until(b, HANDLER);
    uint32_t sp = b->cpu->r[13];
    uint64_t before = b->cpu->cycles;
    arm_bench_until(b, HANDLER2);
    assert_int_equal(b->cpu->exception, 17);
    assert_int_equal(b->cpu->r[13], sp);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFF9u);
    uint64_t chain = b->cpu->cycles - before;
    assert_true(chain >= 6 && chain <= 9); /* 6, and the BX itself */
    arm_bench_until(b, CODE);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
}

/* A device whose event, armed with a delay, drives interrupt 1. */
static void fire_line(struct mote_device *dev)
{
    mote_wire_set(dev, 0, 1);
}
static const struct mote_event_desc line_events[] = {{.name = "fire", .fire = fire_line}};
static const struct mote_device_class line_class = {
    .name = "test_line", .events = line_events, .event_count = 1, .outputs = {{"irq", 1}}};

static void test_late_arrival_uses_the_same_frame(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_NOP, T_NOP, T_NOP, T_NOP);
    arm_bench_vector(b, 17, HANDLER2);
    ARM_CODE(b, HANDLER2, T_BX_LR);
    struct mote_device *line = bench_add_class(b->bench, &line_class, NULL, "line", 0, 0, NULL);
    assert_true(mote_wire_connect(line, 0, b->dev, 1, false));
    arm_bench_reset(b);
    bench_write8(b->bench, IPR, 0x80);
    bench_write8(b->bench, IPR + 1, 0x40);
    write32(ISER, 3);
    arm_bench_steps(b, 1);
    write32(ISPR, 1);
    /* The more urgent one comes five cycles into the stacking of the other. */
    mote_event_after(line, 0, mote_cycles_to_ps(5, ARM_BENCH_HZ));
    uint64_t before = b->cpu->cycles;
    arm_bench_until(b, HANDLER2);
    assert_int_equal(b->cpu->exception, 17);
    assert_int_equal(b->cpu->cycles - before, 12);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 32);
    mote_wire_set(line, 0, 0);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 16);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 32);
    arm_bench_until(b, CODE + 2);
}

static void test_arrival_while_unstacking_chains(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP, T_NOP);
    arm_bench_vector(b, 17, HANDLER2);
    ARM_CODE(b, HANDLER2, T_BX_LR);
    struct mote_device *line = bench_add_class(b->bench, &line_class, NULL, "line", 0, 0, NULL);
    assert_true(mote_wire_connect(line, 0, b->dev, 1, false));
    arm_bench_reset(b);
    write32(ISER, 2);
    write32(0xE000ED1C, 0); /* SVCall at priority 0: interrupt 1 cannot preempt it */
    arm_bench_until(b, HANDLER);
    mote_event_after(line, 0, mote_cycles_to_ps(5, ARM_BENCH_HZ));
    arm_bench_until(b, HANDLER2);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 32);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFF9u);
    mote_wire_set(line, 0, 0);
    arm_bench_until(b, CODE + 2);
    assert_int_equal(b->cpu->r[13], RAM_TOP);
}

static void test_level_line_is_taken_again(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_B(0));
    arm_bench_reset(b);
    write32(ISER, 1);
    bench_drive(b->dev, "irq", 0, 1);
    for (int i = 0; i < 3; i++) {
        arm_bench_until(b, HANDLER);
        assert_int_equal(read32(0xE000E300), 1);
        assert_int_equal(read32(ISPR), 0);
        arm_bench_steps(b, 1);
    }
    bench_drive(b->dev, "irq", 0, 0);
    /* Pending was latched when the handler left with the line high. */
    arm_bench_until(b, HANDLER);
    arm_bench_steps(b, 2);
    arm_bench_until(b, CODE);
    arm_bench_steps(b, 10);
    assert_int_equal(b->cpu->pc, CODE);
}

static void test_lines_through_reset(void **state)
{
    (void)state;
    struct mote_device *line = bench_add_class(b->bench, &line_class, NULL, "line", 0, 0, NULL);
    assert_true(mote_wire_connect(line, 0, b->dev, 1, false));
    ARM_CODE(b, CODE, T_NOP);
    arm_bench_reset(b);
    mote_wire_set(line, 0, 1);
    bench_drive(b->dev, "irq", 2, 1);
    assert_int_equal(read32(ISPR), 6);
    /* The device drops its line in the same reset; the other comes from outside and stays. */
    arm_bench_reset(b);
    assert_int_equal(read32(ISPR), 4);
}

/* ---- bad returns, escalation, lockup ----------------------------------------------------------
 */

static void test_bad_exc_return_is_invpc(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_vector(b, 6, HANDLER2);
    ARM_CODE(b, HANDLER2, T_B(0));
    arm_bench_reset(b);
    write32(SHCSR, 1u << 18);
    arm_bench_until(b, HANDLER);
    b->cpu->r[14] = 0xFFFFFFF7u;
    arm_bench_until(b, HANDLER2);
    assert_int_equal(b->cpu->exception, 6);
    assert_int_equal(read32(CFSR), ARM_CFSR_INVPC);
    assert_int_equal(b->cpu->r[13], RAM_TOP - 32);
    assert_int_equal(read32(SHCSR) >> 7 & 1, 0); /* SVCall is no longer active */
}

static void test_thread_return_from_nested_is_invpc(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_vector(b, 16, HANDLER2);
    arm_bench_vector(b, 6, HANDLER3);
    ARM_CODE(b, HANDLER, T_NOP, T_NOP, T_NOP);
    ARM_CODE(b, HANDLER2, T_BX_LR);
    for (int allowed = 0; allowed < 2; allowed++) {
        arm_bench_reset(b);
        write32(SHCSR, 1u << 18);
        write32(0xE000ED1C, 0xFFu << 24); /* SVCall lowest */
        write32(ISER, 1);
        write32(CCR, 0x200u | (uint32_t)allowed);
        arm_bench_until(b, HANDLER);
        write32(ISPR, 1);
        arm_bench_until(b, HANDLER2);
        assert_int_equal(b->cpu->r[14], 0xFFFFFFF1u);
        b->cpu->r[14] = 0xFFFFFFF9u;
        /* The frame says handler mode, so even when allowed the return is refused. */
        arm_bench_until(b, HANDLER3);
        assert_int_equal(read32(CFSR), ARM_CFSR_INVPC);
    }
}

static void test_disabled_fault_escalates(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, 0xDE00); /* UDF */
    arm_bench_reset(b);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 3);
    assert_int_equal(read32(HFSR), ARM_HFSR_FORCED);
    assert_int_equal(read32(CFSR), ARM_CFSR_UNDEFINSTR);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 8), CODE);
    write32(CFSR, ~0u);
    assert_int_equal(read32(CFSR), 0);
}

static void test_fault_in_hardfault_locks_up(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, 0xDE00);
    ARM_CODE(b, HANDLER, 0xDE00);
    arm_bench_reset(b);
    arm_bench_run_ps(b, 1000000000u);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_LOCKED_UP);
    assert_int_equal(bench_level(b->dev, "lockup", 0), 1);
    char text[512];
    b->mote->ops->describe_fault(b->mote, text, sizeof text);
    assert_non_null(strstr(text, "locked up"));
    assert_non_null(strstr(text, "UNDEFINSTR"));
    arm_bench_reset(b);
    assert_int_equal(bench_level(b->dev, "lockup", 0), 0);
}

static void test_stacking_fault_is_derived(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_vector(b, 5, HANDLER2);
    ARM_CODE(b, HANDLER2, T_B(0));
    arm_bench_reset(b);
    write32(SHCSR, 1u << 17);
    write32(0xE000ED1C, 0xFFu << 24); /* SVCall less urgent than BusFault */
    arm_sys_msr(b->cpu, 9, 0, 0x10000010u);
    arm_sys_msr(b->cpu, 20, 0, 2);
    arm_bench_until(b, HANDLER2);
    assert_int_equal(b->cpu->exception, 5);
    assert_int_equal(read32(CFSR), ARM_CFSR_STKERR);
    assert_int_equal(read32(SHCSR) >> 15 & 1, 1); /* SVCall still pending */
}

static void test_vector_table_fault(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_reset(b);
    write32(0xE000ED08, RAM_TOP - 0x80 + 0x80000);
    arm_bench_steps(b, 4);
    assert_int_equal(read32(HFSR) & ARM_HFSR_VECTTBL, ARM_HFSR_VECTTBL);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_LOCKED_UP);
}

static void test_svc_that_cannot_be_taken_escalates(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_CPSID_I, T_SVC(0), T_NOP);
    arm_bench_reset(b);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 3);
    assert_int_equal(read32(HFSR), ARM_HFSR_FORCED);
}

static void test_branch_without_thumb_bit(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_MOVS(0, 0x40), T_BX(0));
    arm_bench_reset(b);
    arm_bench_until(b, HANDLER);
    assert_int_equal(read32(CFSR), ARM_CFSR_INVSTATE);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 8), 0x40);
}

static void test_armv6m_has_only_hardfault(void **state)
{
    (void)state;
    arm_bench_free(b);
    b = arm_bench_new("arm,cortex-m0+", NULL);
    ARM_CODE(b, CODE, T_LDR(0, 1, 0));
    arm_bench_reset(b);
    b->cpu->r[1] = RAM + 2;
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 3);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFF9u);
}

static void test_exc_return_of_armv8m(void **state)
{
    (void)state;
    arm_bench_free(b);
    b = arm_bench_new("arm,cortex-m33", NULL);
    ARM_CODE(b, CODE, T_SVC(0), T_NOP);
    arm_bench_reset(b);
    arm_sys_msr(b->cpu, 9, 0, RAM + 0x800);
    arm_sys_msr(b->cpu, 20, 0, 2);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFBCu);
    arm_bench_until(b, CODE + 2);
    assert_int_equal(b->cpu->control, 2);
    /* Below PSPLIM the stacking raises UsageFault STKOF. */
    arm_bench_reset(b);
    write32(SHCSR, 1u << 18);
    arm_sys_msr(b->cpu, 9, 0, RAM + 0x810);
    arm_sys_msr(b->cpu, 11, 0, RAM + 0x800);
    arm_sys_msr(b->cpu, 20, 0, 2);
    arm_bench_steps(b, 3);
    assert_int_equal(read32(CFSR), ARM_CFSR_STKOF);
}

/* ---- sleep ------------------------------------------------------------------------------------
 */

static void test_wfi_with_primask_wakes_without_entry(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_CPSID_I, T_WFI, T_MOVS(7, 1), T_B(0));
    arm_bench_reset(b);
    write32(ISER, 1);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
    bench_drive(b->dev, "irq", 0, 1);
    arm_bench_until(b, CODE + 6);
    assert_int_equal(b->cpu->r[7], 1);
    assert_int_equal(b->cpu->exception, 0);
}

static void test_wfe_sev_and_sevonpend(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SEV, T_WFE, T_MOVS(6, 1), T_WFE, T_MOVS(7, 1), T_B(0));
    arm_bench_reset(b);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
    assert_int_equal(b->cpu->r[6], 1); /* the first WFE found the event */
    assert_int_equal(b->cpu->r[7], 0);
    /* A disabled interrupt wakes only with SEVONPEND. */
    bench_drive(b->dev, "irq", 3, 1);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
    write32(SCR, ARM_SCR_SEVONPEND);
    bench_drive(b->dev, "irq", 4, 1);
    arm_bench_until(b, CODE + 10);
    assert_int_equal(b->cpu->r[7], 1);
}

static void test_sleeponexit(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_WFI, T_MOVS(7, 1), T_B(0));
    ARM_CODE(b, HANDLER, T_ADDS(8 - 3, 1), T_BX_LR);
    arm_bench_reset(b);
    write32(SCR, ARM_SCR_SLEEPONEXIT | ARM_SCR_SLEEPDEEP);
    write32(ISER, 1);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
        assert_int_equal(bench_level(b->dev, "sleepdeep", 0), 1);
        bench_drive(b->dev, "irq", 0, 1);
        bench_drive(b->dev, "irq", 0, 0);
        assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
        assert_int_equal(b->cpu->r[5], i);
        assert_int_equal(b->cpu->r[7], 0);
    }
}

static void test_clock_stopped_in_deep_sleep(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_WFI, T_MOVS(7, 1), T_B(0));
    arm_bench_reset(b);
    write32(ISER, 1);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
    mote_clock_set_hz(b->clock, 0);
    mote_run_events(b->sys, mote_now_ps(b->sys) + 5000000u);
    bench_drive(b->dev, "irq", 0, 1);
    assert_int_equal(b->mote->ops->run(b->mote), MOTE_CORE_SLEEPING);
    assert_int_equal(bench_level(b->dev, "sleep", 0), 0); /* it has asked for its clock */
    uint64_t cycles = b->cpu->cycles;
    mote_run_events(b->sys, mote_now_ps(b->sys) + 7000000u);
    mote_clock_set_hz(b->clock, 16000000);
    uint64_t now = mote_now_ps(b->sys);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->cycles - cycles, 12);
    assert_int_equal(mote_now_ps(b->sys) - now, mote_cycles_to_ps(12, 16000000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stack_is_aligned_and_restored),
        TEST(test_process_stack),
        TEST(test_lazy_floating_point_frame),
        TEST(test_handler_without_fp_saves_nothing),
        TEST(test_eager_floating_point_frame_costs_more),
        TEST(test_fpu_off_is_nocp),
        TEST(test_tail_chain_costs_six),
        TEST(test_late_arrival_uses_the_same_frame),
        TEST(test_arrival_while_unstacking_chains),
        TEST(test_level_line_is_taken_again),
        TEST(test_lines_through_reset),
        TEST(test_bad_exc_return_is_invpc),
        TEST(test_thread_return_from_nested_is_invpc),
        TEST(test_disabled_fault_escalates),
        TEST(test_fault_in_hardfault_locks_up),
        TEST(test_stacking_fault_is_derived),
        TEST(test_vector_table_fault),
        TEST(test_svc_that_cannot_be_taken_escalates),
        TEST(test_branch_without_thumb_bit),
        TEST(test_armv6m_has_only_hardfault),
        TEST(test_exc_return_of_armv8m),
        TEST(test_wfi_with_primask_wakes_without_entry),
        TEST(test_wfe_sev_and_sevonpend),
        TEST(test_sleeponexit),
        TEST(test_clock_stopped_in_deep_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
