/* Memory accesses of a core, the MPU, the private peripheral bus, SysTick, DWT and ITM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/arm_bench.h"
#include <stdio.h>
#include <string.h>

enum {
    CCR = 0xE000ED14,
    SHCSR = 0xE000ED24,
    CFSR = 0xE000ED28,
    MMFAR = 0xE000ED34,
    BFAR = 0xE000ED38,
    MPU_CTRL = 0xE000ED94,
    MPU_RNR = 0xE000ED98,
    MPU_RBAR = 0xE000ED9C,
    MPU_RASR = 0xE000EDA0,
    STCSR = 0xE000E010,
    STRVR = 0xE000E014,
    STCVR = 0xE000E018,
    DEMCR = 0xE000EDFC,
    DWT_CTRL = 0xE0001000,
    DWT_CYCCNT = 0xE0001004
};

static struct arm_bench *b;

static int setup(void **state)
{
    (void)state;
    static const uint32_t divider = 8;
    static const struct bench_prop props[] = {
        {.name = "mote,systick-divider", .cells = &divider, .count = 1}, {0}};
    b = arm_bench_new("arm,cortex-m4f", props);
    bench_write32(b->bench, SHCSR, 7u << 16);
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

static uint32_t load(uint32_t address, uint32_t bytes)
{
    uint32_t value = 0xDEADBEEFu;
    assert_int_equal(arm_load(b->cpu, address, bytes, &value), ARM_OK);
    return value;
}

/* ---- memory -----------------------------------------------------------------------------------
 */

static void test_unaligned_accesses(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(arm_store(b->cpu, RAM + i, 1, 0x10 + i), ARM_OK);
    assert_int_equal(load(RAM + 1, 4), 0x14131211u);
    assert_int_equal(load(RAM + 2, 4), 0x15141312u);
    assert_int_equal(load(RAM + 3, 2), 0x1413u);
    assert_int_equal(arm_store(b->cpu, RAM + 3, 4, 0xA4A3A2A1u), ARM_OK);
    assert_int_equal(load(RAM, 4), 0xA1121110u);
    assert_int_equal(load(RAM + 4, 4), 0x17A4A3A2u);
    /* Each further bus transfer takes a cycle: byte, halfword, byte. */
    b->cpu->stall = 0;
    load(RAM + 1, 4);
    assert_int_equal(b->cpu->stall, 2);
    b->cpu->stall = 0;
    load(RAM + 2, 4);
    assert_int_equal(b->cpu->stall, 1);
    uint32_t value;
    assert_int_equal(arm_load_aligned(b->cpu, RAM + 2, &value), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_UNALIGNED);
    write32(CCR, 0x200 | ARM_CCR_UNALIGN_TRP);
    assert_int_equal(arm_load(b->cpu, RAM + 1, 2, &value), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_UNALIGNED);
}

static void test_unmapped_is_a_precise_bus_fault(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_LDR(0, 1, 4));
    arm_bench_reset(b);
    write32(SHCSR, 7u << 16);
    b->cpu->r[1] = 0x30000000u;
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 5);
    assert_int_equal(read32(CFSR), ARM_CFSR_PRECISERR | ARM_CFSR_BFARVALID);
    assert_int_equal(read32(BFAR), 0x30000004u);
    /* HardFault and NMI handlers may have it ignored. */
    write32(CCR, 0x200 | ARM_CCR_BFHFNMIGN);
    b->cpu->faultmask = 1;
    assert_int_equal(load(0x30000000u, 4), 0);
}

static void test_flash_without_controller_refuses_stores(void **state)
{
    (void)state;
    assert_int_equal(arm_store(b->cpu, 0x100, 4, 1), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_PRECISERR);
}

static void test_bit_band(void **state)
{
    (void)state;
    assert_int_equal(arm_store(b->cpu, RAM + 0x40, 4, 0), ARM_OK);
    /* Bit 13 of the word at RAM + 0x40: byte 1, bit 5. */
    uint32_t alias = 0x22000000u + (0x41 << 5) + (5 << 2);
    assert_int_equal(arm_store(b->cpu, alias, 4, 0xFFFFFFFFu), ARM_OK);
    assert_int_equal(load(RAM + 0x40, 4), 1u << 13);
    assert_int_equal(load(alias, 4), 1);
    assert_int_equal(load(alias + 4, 4), 0);
    assert_int_equal(arm_store(b->cpu, alias, 4, 0xFFFFFFFEu), ARM_OK);
    assert_int_equal(load(RAM + 0x40, 4), 0);
}

static void test_code_that_is_overwritten_is_decoded_anew(void **state)
{
    (void)state;
    /* In RAM: strh r0, [r1]; then the instruction that it replaces: movs r5, #1 -> movs r5, #2. */
    const uint16_t code[] = {T_STRH(0, 1, 0), T_NOP, T_B(4), T_NOP, T_MOVS(5, 1), T_B(-10)};
    assert_true(mote_mem_write(b->sys, RAM, code, sizeof code));
    b->cpu->pc = b->cpu->next_pc = RAM;
    b->cpu->r[0] = T_MOVS(5, 1);
    b->cpu->r[1] = RAM + 8;
    arm_bench_steps(b, 5);
    assert_int_equal(b->cpu->r[5], 1);
    b->cpu->r[0] = T_MOVS(5, 2);
    arm_bench_steps(b, 5);
    assert_int_equal(b->cpu->r[5], 2);
}

/* ---- private peripheral bus -------------------------------------------------------------------
 */

static void test_ppb_is_privileged(void **state)
{
    (void)state;
    uint32_t value;
    assert_int_equal(arm_load(b->cpu, 0xE000ED00u, 4, &value), ARM_OK);
    assert_int_equal(value, 0x410FC241u);
    arm_sys_msr(b->cpu, 20, 0, 1);
    assert_int_equal(arm_load(b->cpu, 0xE000ED00u, 4, &value), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_PRECISERR);
    assert_int_equal(arm_load(b->cpu, 0xE0000000u, 4, &value), ARM_OK);
    assert_int_equal(arm_store(b->cpu, 0xE000EF00u, 4, 3), ARM_RAISED);
    write32(CCR, 0x200 | ARM_CCR_USERSETMPEND);
    assert_int_equal(arm_store(b->cpu, 0xE000EF00u, 4, 3), ARM_OK);
    assert_int_equal(read32(0xE000E200), 8);
}

static void test_unprivileged_thread_cannot_change_masks(void **state)
{
    (void)state;
    arm_sys_msr(b->cpu, 20, 0, 1);
    arm_sys_cps(b->cpu, true, true, true);
    arm_sys_msr(b->cpu, 17, 0, 0x40);
    arm_sys_msr(b->cpu, 20, 0, 0);
    arm_sys_msr(b->cpu, 0, 2, 0xF8000000u);
    assert_int_equal(b->cpu->primask | b->cpu->faultmask | b->cpu->basepri, 0);
    assert_int_equal(b->cpu->control, 1);
    assert_int_equal(arm_apsr(b->cpu), 0xF8000000u);
}

static void test_reset_request(void **state)
{
    (void)state;
    write32(0xE000ED0C, 0x00000004u); /* no key */
    assert_false(mote_reset_requested(b->sys));
    assert_int_equal(read32(0xE000ED0C), 0xFA050000u);
    write32(0xE000ED0C, 0x05FA0504u);
    assert_int_equal(read32(0xE000ED0C), 0xFA050500u);
    assert_true(mote_take_reset_request(b->sys));
}

static void test_identification(void **state)
{
    (void)state;
    assert_int_equal(read32(0xE000ED40), 0x00000030u);
    assert_int_equal(read32(0xE000ED60), 0x01101110u);
    assert_int_equal(read32(0xE000EF40), 0x10110021u);
    assert_int_equal(read32(0xE000E004), 7); /* 240 lines */
    write32(0xE000E400, 0xFFFFFFFFu);
    assert_int_equal(read32(0xE000E400), 0xF0F0F0F0u);
}

/* ---- MPU --------------------------------------------------------------------------------------
 */

enum { AP_NONE = 0, AP_PRIV = 1, AP_USER_RO = 2, AP_FULL = 3, AP_RO = 6 };

static void region(uint32_t number, uint32_t base, uint32_t log2, uint32_t ap, uint32_t more)
{
    write32(MPU_RNR, number);
    write32(MPU_RBAR, base);
    write32(MPU_RASR, more | ap << 24 | (log2 - 1) << 1 | 1);
}

static bool allowed(uint32_t address, bool store)
{
    uint32_t value = 0;
    enum arm_result result =
        store ? arm_store(b->cpu, address, 4, 0) : arm_load(b->cpu, address, 4, &value);
    if (result == ARM_RAISED) {
        assert_int_equal(b->cpu->fault, ARM_FAULT_DACCVIOL);
        assert_int_equal(b->cpu->fault_address, address);
        b->cpu->fault = ARM_FAULT_NONE;
    }
    return result == ARM_OK;
}

static void test_mpu_regions(void **state)
{
    (void)state;
    region(0, RAM, 16, AP_FULL, 0);
    region(1, RAM + 0x1000, 12, AP_PRIV, 0);
    region(2, RAM + 0x2000, 12, AP_USER_RO, 2u << 8); /* subregion 1 off: region 0 shows */
    region(3, RAM + 0x3000, 12, AP_NONE, 0);
    region(4, RAM + 0x4000, 12, AP_RO, 0);
    write32(MPU_CTRL, 1 | 4);
    assert_true(b->cpu->check_access);
    assert_true(allowed(RAM + 0x1000, true) && allowed(RAM + 0x2000, true));
    assert_true(!allowed(RAM + 0x3000, false) && !allowed(RAM + 0x3FFC, true));
    assert_true(allowed(RAM + 0x4000, false) && !allowed(RAM + 0x4000, true));
    assert_true(allowed(0x100, false)); /* PRIVDEFENA */
    arm_sys_msr(b->cpu, 20, 0, 1);
    assert_true(!allowed(RAM + 0x1000, false) && allowed(RAM, true));
    assert_true(allowed(RAM + 0x2000, false) && !allowed(RAM + 0x2000, true));
    assert_true(allowed(RAM + 0x2200, true));
    assert_true(!allowed(0x100, false));
    /* LDRT of privileged code sees what the thread would see. */
    b->cpu->control = 0;
    uint32_t value;
    assert_int_equal(arm_load_unprivileged(b->cpu, RAM + 0x1000, 4, &value), ARM_RAISED);
    /* Off at a negative priority unless HFNMIENA. */
    b->cpu->faultmask = 1;
    assert_true(allowed(RAM + 0x3000, true));
    write32(MPU_CTRL, 1 | 2 | 4);
    assert_true(!allowed(RAM + 0x3000, true));
}

static void test_mpu_execute_never_and_memmanage(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_STR(0, 1, 0), T_NOP);
    arm_bench_reset(b);
    write32(SHCSR, 7u << 16);
    region(0, 0, 18, AP_FULL, 0);
    region(1, RAM, 16, AP_FULL, 1u << 28);
    region(2, RAM + 0x100, 8, AP_RO, 0);
    write32(MPU_CTRL, 1);
    b->cpu->r[1] = RAM + 0x120;
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 4);
    assert_int_equal(read32(CFSR), ARM_CFSR_DACCVIOL | ARM_CFSR_MMARVALID);
    assert_int_equal(read32(MMFAR), RAM + 0x120);
    arm_bench_reset(b);
    write32(SHCSR, 7u << 16);
    write32(CFSR, ~0u);
    region(0, 0, 18, AP_FULL, 0);
    region(1, RAM, 16, AP_FULL, 1u << 28);
    write32(MPU_CTRL, 1);
    b->cpu->pc = b->cpu->next_pc = RAM + 0x800;
    arm_bench_until(b, HANDLER);
    assert_int_equal(read32(CFSR), ARM_CFSR_IACCVIOL);
}

/* ---- SysTick ----------------------------------------------------------------------------------
 */

static void test_systick_counts_core_cycles(void **state)
{
    (void)state;
    /* str r2,[r0]; ldr r3,[r1]; ldr r4,[r1]: the difference is the cost of a load. */
    ARM_CODE(b, CODE, T_STR(2, 0, 0), T_LDR(3, 0, 8), T_NOP, T_NOP, T_NOP, T_LDR(4, 0, 8));
    arm_bench_reset(b);
    write32(STRVR, 999);
    write32(STCVR, 0);
    b->cpu->r[0] = STCSR;
    b->cpu->r[2] = 5;
    arm_bench_steps(b, 1);
    uint64_t first = b->cpu->cycles;
    arm_bench_steps(b, 1);
    arm_bench_steps(b, 3);
    uint64_t second = b->cpu->cycles;
    arm_bench_steps(b, 1);
    assert_int_equal(b->cpu->r[3] - b->cpu->r[4], second - first);
}

static void test_systick_wraps_and_flags(void **state)
{
    (void)state;
    write32(STRVR, 99);
    write32(STCVR, 5);
    write32(STCSR, 5);
    assert_int_equal(read32(STCVR), 0);
    uint64_t start = mote_now_ps(b->sys);
    const uint32_t values[][2] = {{1, 99}, {2, 98}, {100, 0}, {101, 99}, {200, 0}, {1001, 99}};
    for (size_t i = 0; i < 6; i++) {
        mote_set_now_ps(b->sys, start + mote_cycles_to_ps(values[i][0], ARM_BENCH_HZ));
        assert_int_equal(read32(STCVR), values[i][1]);
    }
    assert_int_equal(read32(STCSR) >> 16, 1);
    assert_int_equal(read32(STCSR) >> 16, 0);
    mote_set_now_ps(b->sys, start + mote_cycles_to_ps(1100, ARM_BENCH_HZ));
    assert_int_equal(read32(STCSR) >> 16, 1);
    /* A new reload value counts from the next wrap on. */
    mote_set_now_ps(b->sys, start + mote_cycles_to_ps(1110, ARM_BENCH_HZ));
    assert_int_equal(read32(STCVR), 90);
    write32(STRVR, 9);
    mote_set_now_ps(b->sys, start + mote_cycles_to_ps(1200, ARM_BENCH_HZ));
    assert_int_equal(read32(STCVR), 0);
    mote_set_now_ps(b->sys, start + mote_cycles_to_ps(1201, ARM_BENCH_HZ));
    assert_int_equal(read32(STCVR), 9);
    write32(STCVR, 1);
    assert_int_equal(read32(STCSR) >> 16, 0);
}

static void test_systick_interrupts_keep_their_period(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_WFI, T_B(-2));
    ARM_CODE(b, HANDLER, T_ADDS(7, 1), T_BX_LR);
    arm_bench_reset(b);
    mote_clock_set_hz(b->clock, 48000000u); /* a period that is no whole number of ps */
    write32(STRVR, 47999 / 7);
    write32(STCVR, 0);
    write32(STCSR, 7);
    arm_bench_run_ps(b, 1000000000000u); /* 1 s */
    assert_int_equal(b->cpu->r[7], 48000000u / (47999 / 7 + 1));
}

static void test_systick_reference_clock(void **state)
{
    (void)state;
    write32(STRVR, 0xFFFF);
    write32(STCVR, 0);
    write32(STCSR, 1);
    uint64_t start = mote_now_ps(b->sys);
    mote_set_now_ps(b->sys, start + mote_cycles_to_ps(8 * 50, ARM_BENCH_HZ));
    assert_int_equal(read32(STCVR), 0xFFFF - 49);
    assert_int_equal(read32(0xE000E01C), 0x40000000u);
    /* Switching to the core clock keeps the value and changes the pace. */
    write32(STCSR, 5);
    mote_set_now_ps(b->sys, start + mote_cycles_to_ps(8 * 50 + 9, ARM_BENCH_HZ));
    assert_int_equal(read32(STCVR), 0xFFFF - 58);
}

/* ---- DWT, ITM ---------------------------------------------------------------------------------
 */

static void test_cyccnt_is_the_cycle_count(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_LDR(2, 0, 4), T_NOP, T_MOVS(3, 1), T_LDR(4, 0, 4), T_B(-8));
    arm_bench_reset(b);
    b->cpu->r[0] = DWT_CTRL;
    write32(DWT_CTRL, 0x40000001u);
    assert_int_equal(read32(DWT_CYCCNT), 0); /* TRCENA is off */
    write32(DEMCR, 1u << 24);
    uint32_t start = (uint32_t)b->cpu->cycles;
    uint64_t at[2];
    at[0] = b->cpu->cycles;
    arm_bench_steps(b, 3);
    at[1] = b->cpu->cycles;
    arm_bench_steps(b, 1);
    assert_int_equal(b->cpu->r[2], (uint32_t)at[0] - start);
    assert_int_equal(b->cpu->r[4], (uint32_t)at[1] - start);
    write32(DWT_CYCCNT, 1000);
    arm_bench_steps(b, 1);
    uint64_t before = b->cpu->cycles;
    uint32_t value = read32(DWT_CYCCNT);
    arm_bench_steps(b, 40);
    assert_int_equal(read32(DWT_CYCCNT) - value, b->cpu->cycles - before);
    write32(DWT_CTRL, 0x40000000u);
    value = read32(DWT_CYCCNT);
    arm_bench_steps(b, 10);
    assert_int_equal(read32(DWT_CYCCNT), value);
}

struct marks {
    char text[128];
};

static void note_mark(void *user, uint32_t id, bool begin, uint64_t cycles)
{
    struct marks *marks = user;
    (void)cycles;
    size_t used = strlen(marks->text);
    snprintf(marks->text + used, sizeof marks->text - used, "%s%u ", begin ? "+" : "-", id);
}

static void test_itm_console_and_markers(void **state)
{
    (void)state;
    struct marks marks = {""};
    mote_set_marker_sink(b->sys, note_mark, &marks);
    bench_write8(b->bench, 0xE0000000, 'h');
    bench_write16(b->bench, 0xE0000000, 'i' | '!' << 8);
    assert_string_equal(b->text, "hi!");
    assert_int_equal(read32(0xE0000000) & 1, 1);
    write32(0xE0000000 + 4 * 3, 0xE0000000u);
    bench_write16(b->bench, 0xE0000000 + 4 * 3, 0);
    write32(0xE0000000 + 4 * 5, 0x12345678u); /* somebody else's trace */
    assert_string_equal(marks.text, "+3 -3 ");
    write32(0xE0000E80, 0); /* ITMENA off */
    bench_write8(b->bench, 0xE0000000, 'x');
    assert_string_equal(b->text, "hi!");
}

/* ---- debugger's side --------------------------------------------------------------------------
 */

static void test_registers_breakpoints_and_disassembly(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_MOVS(0, 7), T_ADDS(0, 1), T_NOP, T_B(-4));
    arm_bench_reset(b);
    const struct mote_core_ops *ops = b->mote->ops;
    assert_string_equal(ops->name, "cortex-m4");
    assert_string_equal(ops->registers[15].name, "pc");
    assert_string_equal(ops->registers[ops->register_count - 1].name, "fpscr");
    assert_true(ops->set_breakpoint(b->mote, CODE + 4, true));
    assert_int_equal(ops->run(b->mote), MOTE_CORE_RUNNING);
    assert_int_equal(mote_stop_requested(b->sys), MOTE_STOP_DEBUG);
    assert_int_equal(ops->read_register(b->mote, 15), CODE + 4);
    assert_int_equal(ops->read_register(b->mote, 0), 8);
    assert_true(ops->set_breakpoint(b->mote, CODE + 4, false));
    assert_false(b->cpu->breakpoints);
    for (size_t i = 0; i < ops->register_count; i++) {
        if (strcmp(ops->registers[i].name, "xpsr") == 0 ||
            strcmp(ops->registers[i].name, "control") == 0)
            continue;
        ops->write_register(b->mote, i, 0x10);
        uint64_t expected = strstr(ops->registers[i].name, "mask") ? 0 : 0x10;
        assert_int_equal(ops->read_register(b->mote, i), expected);
    }
    char text[64];
    assert_int_equal(ops->disassemble(b->mote, CODE, text, sizeof text), 2);
    assert_string_equal(text, "movs r0, #7");
}

static void test_call_chain(void **state)
{
    (void)state;
    /* CODE calls 0x1100, which pushes LR and calls 0x1200, which takes an SVC. */
    ARM_CODE(b, CODE, 0xF000, 0xF87E, T_NOP);
    ARM_CODE(b, 0x1100, T_PUSH(0x10, 1), 0xF000, 0xF87D, T_POP(0x10, 1));
    ARM_CODE(b, 0x1200, T_SVC(0), T_BX_LR);
    ARM_CODE(b, HANDLER, T_PUSH(0x10, 1), T_NOP, T_POP(0x10, 1));
    arm_bench_reset(b);
    arm_bench_until(b, HANDLER + 2);
    uint64_t chain[8];
    size_t count = b->mote->ops->call_chain(b->mote, chain, 8);
    assert_int_equal(count, 3);
    assert_int_equal(chain[0], 0x1202);
    assert_int_equal(chain[1], 0x1106);
    assert_int_equal(chain[2], CODE + 4);
}

static void test_call_chain_of_a_wild_call(void **state)
{
    (void)state;
    /* CODE calls 0x1100, which calls through r3 = 0: no Thumb bit, so pc is 0 in the frame. */
    ARM_CODE(b, CODE, 0xF000, 0xF87E, T_NOP);
    ARM_CODE(b, 0x1100, T_PUSH(0x10, 1), T_MOVS(3, 0), 0x4798, T_POP(0x10, 1));
    arm_bench_reset(b);
    write32(SHCSR, 7u << 16);
    arm_bench_until(b, HANDLER);
    uint64_t chain[8];
    size_t count = b->mote->ops->call_chain(b->mote, chain, 8);
    assert_int_equal(count, 2);
    assert_int_equal(chain[0], 0x1104); /* the BLX itself */
    assert_int_equal(chain[1], CODE + 4);
    char text[512];
    b->mote->ops->describe_fault(b->mote, text, sizeof text);
    assert_non_null(strstr(text, "UsageFault: INVSTATE"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unaligned_accesses),
        TEST(test_unmapped_is_a_precise_bus_fault),
        TEST(test_flash_without_controller_refuses_stores),
        TEST(test_bit_band),
        TEST(test_code_that_is_overwritten_is_decoded_anew),
        TEST(test_ppb_is_privileged),
        TEST(test_unprivileged_thread_cannot_change_masks),
        TEST(test_reset_request),
        TEST(test_identification),
        TEST(test_mpu_regions),
        TEST(test_mpu_execute_never_and_memmanage),
        TEST(test_systick_counts_core_cycles),
        TEST(test_systick_wraps_and_flags),
        TEST(test_systick_interrupts_keep_their_period),
        TEST(test_systick_reference_clock),
        TEST(test_cyccnt_is_the_cycle_count),
        TEST(test_itm_console_and_markers),
        TEST(test_registers_breakpoints_and_disassembly),
        TEST(test_call_chain),
        TEST(test_call_chain_of_a_wild_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
