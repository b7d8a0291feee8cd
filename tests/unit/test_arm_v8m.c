/* Armv8-M mainline without Security Extension: stack limits, TT, MPU regions, EXC_RETURN. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/arm_bench.h"

enum {
    CCR = 0xE000ED14,
    SHCSR = 0xE000ED24,
    CFSR = 0xE000ED28,
    MPU_CTRL = 0xE000ED94,
    MPU_RNR = 0xE000ED98,
    MPU_RBAR = 0xE000ED9C,
    MPU_RLAR = 0xE000EDA0,
    MPU_RBAR_A1 = 0xE000EDA4,
    MPU_RLAR_A1 = 0xE000EDA8,
    SYSM_MSP = 8,
    SYSM_MSPLIM = 10,
};
#define LIMIT         (RAM_TOP - 0x40u)
#define T_SUB_SP(n)   (uint16_t)(0xB080 | (n) / 4)
#define T_ADD_SP(n)   (uint16_t)(0xB000 | (n) / 4)
#define T_TT(rd, rn)  (uint16_t)(0xE840 | (rn)), (uint16_t)(0xF000 | (rd) << 8)
#define T_TTT(rd, rn) (uint16_t)(0xE840 | (rn)), (uint16_t)(0xF040 | (rd) << 8)
#define T_TTA(rd, rn) (uint16_t)(0xE840 | (rn)), (uint16_t)(0xF080 | (rd) << 8)

static struct arm_bench *b;

static int setup(void **state)
{
    (void)state;
    static const struct bench_prop none[] = {{0}};
    b = arm_bench_new("arm,cortex-m33f", none);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arm_bench_free(b);
    return 0;
}

static void start(void)
{
    arm_bench_reset(b);
    bench_write32(b->bench, SHCSR, 7u << 16);
}

static void test_push_below_the_limit_stores_nothing(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_MSR(SYSM_MSPLIM, 0), T_SUB_SP(0x40), T_PUSH(1, 0));
    start();
    b->cpu->r[0] = LIMIT;
    arm_bench_set_word(b, LIMIT - 4, 0x12345678);
    arm_bench_steps(b, 2);
    assert_int_equal(b->cpu->r[13], LIMIT);
    assert_int_equal(bench_read32(b->bench, CFSR), 0);
    /* The frame of the UsageFault finds no room either, so the stack pointer ends at the limit. */
    arm_bench_until(b, HANDLER);
    assert_int_equal(bench_read32(b->bench, CFSR) & ARM_CFSR_STKOF, ARM_CFSR_STKOF);
    assert_int_equal(b->cpu->exception, 6);
    assert_int_equal(arm_bench_word(b, LIMIT - 4), 0x12345678);
    assert_int_equal(b->cpu->r[13], LIMIT);
}

static void test_sub_sp_below_the_limit(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_MSR(SYSM_MSPLIM, 0), T_SUB_SP(0x44));
    start();
    b->cpu->r[0] = LIMIT;
    arm_bench_until(b, HANDLER);
    assert_int_equal(bench_read32(b->bench, CFSR), ARM_CFSR_STKOF);
    /* It faulted at the subtraction, whose frame lies where the stack pointer was. */
    assert_int_equal(b->cpu->r[13], RAM_TOP - 0x20);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 8), CODE + 4);
}

static void test_upwards_is_free_and_the_limit_can_be_ignored(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_MSR(SYSM_MSPLIM, 0), T_ADD_SP(8), T_SUB_SP(0x10));
    start();
    bench_write32(b->bench, CCR, 0x200 | ARM_CCR_STKOFHFNMIGN);
    b->cpu->r[0] = LIMIT;
    b->cpu->faultmask = 1;
    arm_bench_steps(b, 1);
    b->cpu->r[13] = LIMIT - 8; /* already below: what moves it up is no violation */
    arm_bench_steps(b, 2);
    assert_int_equal(b->cpu->r[13], LIMIT - 0x10);
    assert_int_equal(bench_read32(b->bench, CFSR), 0);
}

static void test_msr_to_the_stack_pointer_is_not_checked(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_MSR(SYSM_MSPLIM, 0), T_MSR(SYSM_MSP, 1), T_SUB_SP(8));
    start();
    b->cpu->r[0] = LIMIT;
    b->cpu->r[1] = LIMIT - 8;
    arm_bench_steps(b, 2);
    assert_int_equal(b->cpu->r[13], LIMIT - 8);
    assert_int_equal(bench_read32(b->bench, CFSR), 0);
    arm_bench_until(b, HANDLER);
    assert_int_equal(bench_read32(b->bench, CFSR), ARM_CFSR_STKOF);
}

/* Runs as blocks, not instruction by instruction, into a handler that stays where it is. */
static void run_into_the_handler(void)
{
    arm_bench_run_ps(b, UINT64_MAX / 2);
    assert_int_equal(mote_stop_requested(b->sys), MOTE_STOP_FAULT);
    assert_int_equal(b->cpu->pc, HANDLER);
}

static void test_blocks_stop_at_the_limit(void **state)
{
    (void)state;
    /* Three pushes and a pop a turn; it is the second push of a turn that finds no room. */
    ARM_CODE(b, CODE, T_MSR(SYSM_MSPLIM, 0), T_PUSH(3, 0), T_PUSH(1, 0), T_PUSH(1, 0), T_POP(1, 0),
             T_B(-8));
    ARM_CODE(b, HANDLER, T_B(0));
    start();
    b->cpu->r[0] = RAM_TOP - 0x98;
    run_into_the_handler();
    assert_int_equal(bench_read32(b->bench, CFSR) & ARM_CFSR_STKOF, ARM_CFSR_STKOF);
    /* No room for the frame either. */
    assert_int_equal(b->cpu->r[13], RAM_TOP - 0x98);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 0x98), b->cpu->r[0]);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 0x9C), 0);
}

static void set_region(uint32_t number, uint32_t rbar, uint32_t rlar)
{
    bench_write32(b->bench, MPU_RNR, number);
    bench_write32(b->bench, MPU_RBAR, rbar);
    bench_write32(b->bench, MPU_RLAR, rlar);
}

static void test_mpu_regions_must_not_overlap(void **state)
{
    (void)state;
    start();
    set_region(0, RAM | 1 << 1, (RAM + 0xFE0) | 1);
    set_region(1, (RAM + 0x800) | 1 << 1, (RAM + 0x17E0) | 1);
    bench_write32(b->bench, MPU_CTRL, 5);
    uint32_t value;
    assert_int_equal(arm_load(b->cpu, RAM + 0x100, 4, &value), ARM_OK);
    assert_int_equal(arm_load(b->cpu, RAM + 0x1400, 4, &value), ARM_OK);
    assert_int_equal(arm_load(b->cpu, RAM + 0x900, 4, &value), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_DACCVIOL);
}

static void test_blocks_obey_the_mpu(void **state)
{
    (void)state;
    /* After fifty turns the code takes its own data's region away. */
    ARM_CODE(b, CODE, T_LDR(1, 0, 0), T_ADDS(2, 1), T_CMP(2, 50), T_BNE(-6), T_STR(5, 4, 0),
             T_B(-10));
    ARM_CODE(b, HANDLER, T_B(0));
    start();
    b->cpu->r[0] = RAM;
    b->cpu->r[4] = MPU_RLAR;
    set_region(0, 0 | 6, 0x3FFE1);
    set_region(2, (RAM + 0x1000) | 3, (RAM_TOP - 0x20) | 1); /* the stack */
    set_region(1, RAM | 3, (RAM + 0xFE0) | 1);
    bench_write32(b->bench, MPU_CTRL, 1);
    run_into_the_handler();
    assert_int_equal(b->cpu->r[2], 50);
    assert_int_equal(bench_read32(b->bench, CFSR), ARM_CFSR_DACCVIOL | ARM_CFSR_MMARVALID);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 8), CODE);
}

static void test_mpu_aliases_name_neighbours(void **state)
{
    (void)state;
    start();
    bench_write32(b->bench, MPU_RNR, 4);
    bench_write32(b->bench, MPU_RBAR_A1, RAM);
    bench_write32(b->bench, MPU_RLAR_A1, (RAM + 0x20) | 1);
    bench_write32(b->bench, MPU_RNR, 5);
    assert_int_equal(bench_read32(b->bench, MPU_RBAR), RAM);
    assert_int_equal(bench_read32(b->bench, MPU_RLAR), (RAM + 0x20) | 1);
}

static void test_tt_tells_the_region(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_TT(2, 0), T_TTT(3, 0), T_TT(4, 1), T_TTA(5, 0));
    start();
    set_region(3, RAM, (RAM + 0xFE0) | 1); /* read and write, privileged only */
    bench_write32(b->bench, MPU_CTRL, 5);
    b->cpu->r[0] = RAM + 0x10;
    b->cpu->r[1] = RAM + 0x2000;
    arm_bench_steps(b, 3);
    assert_int_equal(b->cpu->r[2], 0xD0003);
    assert_int_equal(b->cpu->r[3], 0x10003);
    assert_int_equal(b->cpu->r[4], 0xC0000); /* the default map, for privileged code */
    arm_bench_until(b, HANDLER);
    assert_int_equal(bench_read32(b->bench, CFSR), ARM_CFSR_UNDEFINSTR);
}

static void test_exc_return_and_unaligned_cost(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_SVC(0));
    arm_bench_vector(b, 11, HANDLER);
    start();
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->r[14], 0xFFFFFFB8u);
    uint32_t value;
    b->cpu->stall = 0;
    assert_int_equal(arm_load(b->cpu, RAM + 1, 4, &value), ARM_OK);
    assert_int_equal(b->cpu->stall, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_push_below_the_limit_stores_nothing),
        TEST(test_sub_sp_below_the_limit),
        TEST(test_upwards_is_free_and_the_limit_can_be_ignored),
        TEST(test_msr_to_the_stack_pointer_is_not_checked),
        TEST(test_blocks_stop_at_the_limit),
        TEST(test_blocks_obey_the_mpu),
        TEST(test_mpu_regions_must_not_overlap),
        TEST(test_mpu_aliases_name_neighbours),
        TEST(test_tt_tells_the_region),
        TEST(test_exc_return_and_unaligned_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
