/* What the random sequences against QEMU leave out: exclusives, acquire and release, traps, and
 * that an instruction which faults has changed nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/arm_bench.h"

#include <string.h>

#define WIDE(raw) (uint16_t)((raw) >> 16), (uint16_t)(raw)

/* Executes one encoding at CODE without the run loop. */
static enum arm_result execute(struct arm_bench *b, uint32_t raw)
{
    struct arm_decoder *decoder = arm_decoder_new(b->cpu->features);
    struct arm_insn insn;
    assert_true(arm_decode(decoder, raw, false, &insn));
    b->cpu->pc = CODE;
    b->cpu->next_pc = CODE + insn.t.bytes;
    b->cpu->fault = ARM_FAULT_NONE;
    enum arm_result result = insn.exec(b->cpu, &insn);
    arm_decoder_free(decoder);
    return result;
}

static void expect_fault(struct arm_bench *b, uint32_t raw, enum arm_fault fault)
{
    uint32_t before[16];
    memcpy(before, b->cpu->r, sizeof before);
    assert_int_equal(execute(b, raw), ARM_RAISED);
    assert_int_equal(b->cpu->fault, fault);
    assert_memory_equal(before, b->cpu->r, sizeof before);
}

static void test_exclusives(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    b->cpu->r[1] = RAM + 0x100;
    b->cpu->r[2] = 77;
    arm_bench_set_word(b, RAM + 0x104, 5);
    /* STREX r3,r2,[r1,#4] without LDREX fails and stores nothing. */
    assert_int_equal(execute(b, 0xE8412301), ARM_OK);
    assert_int_equal(b->cpu->r[3], 1);
    assert_int_equal(arm_bench_word(b, RAM + 0x104), 5);
    /* LDREX r0,[r1,#4]; STREX: succeeds once. */
    execute(b, 0xE8510F01);
    assert_int_equal(b->cpu->r[0], 5);
    execute(b, 0xE8412301);
    assert_int_equal(b->cpu->r[3], 0);
    assert_int_equal(arm_bench_word(b, RAM + 0x104), 77);
    execute(b, 0xE8412301);
    assert_int_equal(b->cpu->r[3], 1);
    /* LDREXB, CLREX, STREXB; LDREXH, STREXH. */
    execute(b, 0xE8D10F4F);
    execute(b, 0xF3BF8F2F);
    execute(b, 0xE8C12F43);
    assert_int_equal(b->cpu->r[3], 1);
    b->cpu->r[1] = RAM + 0x106;
    execute(b, 0xE8D10F5F);
    execute(b, 0xE8C12F53);
    assert_int_equal(b->cpu->r[3], 0);
    assert_int_equal(arm_bench_word(b, RAM + 0x104), 77 | 77 << 16);
    /* Unaligned exclusives fault whatever CCR says. */
    b->cpu->r[1] = RAM + 0x101;
    expect_fault(b, 0xE8510F00, ARM_FAULT_UNALIGNED);
    expect_fault(b, 0xE8412300, ARM_FAULT_UNALIGNED);
    expect_fault(b, 0xE8D10F5F, ARM_FAULT_UNALIGNED);
    arm_bench_free(b);
}

static void test_acquire_release(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m33", NULL);
    b->cpu->r[1] = RAM + 0x100;
    b->cpu->r[2] = 0x11223344;
    execute(b, 0xE8C12FAF); /* STL r2,[r1] */
    assert_int_equal(arm_bench_word(b, RAM + 0x100), 0x11223344);
    execute(b, 0xE8D10FAF); /* LDA r0,[r1] */
    assert_int_equal(b->cpu->r[0], 0x11223344);
    execute(b, 0xE8D10F8F); /* LDAB */
    assert_int_equal(b->cpu->r[0], 0x44);
    execute(b, 0xE8D10F9F); /* LDAH */
    assert_int_equal(b->cpu->r[0], 0x3344);
    execute(b, 0xE8C12FE3); /* STLEX r3,r2,[r1] */
    assert_int_equal(b->cpu->r[3], 1);
    execute(b, 0xE8D10FEF); /* LDAEX r0,[r1] */
    execute(b, 0xE8C12FE3);
    assert_int_equal(b->cpu->r[3], 0);
    b->cpu->r[1] += 2;
    expect_fault(b, 0xE8D10FAF, ARM_FAULT_UNALIGNED);
    expect_fault(b, 0xE8C12FAF, ARM_FAULT_UNALIGNED);
    arm_bench_free(b);
}

static void test_faults_change_nothing(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    b->cpu->fp_ready = true;
    b->cpu->r[1] = RAM_TOP - 8; /* two words, then nothing */
    b->cpu->r[2] = 4;
    expect_fault(b, 0xE8B1001C, ARM_FAULT_PRECISERR); /* LDM r1!,{r2-r4} */
    expect_fault(b, 0xE8A1001C, ARM_FAULT_PRECISERR); /* STM r1!,{r2-r4} */
    expect_fault(b, 0xF8510F20, ARM_FAULT_PRECISERR); /* LDR r0,[r1,#32]! */
    expect_fault(b, 0xF8410F20, ARM_FAULT_PRECISERR); /* STR r0,[r1,#32]! */
    b->cpu->r[1] = RAM_TOP - 4;
    expect_fault(b, 0xE8F10200, ARM_FAULT_PRECISERR); /* LDRD r0,r2,[r1],#0 */
    uint32_t s[32];
    memcpy(s, b->cpu->s, sizeof s);
    expect_fault(b, 0xECB10A08, ARM_FAULT_PRECISERR); /* VLDM r1!,{s0-s7} */
    assert_memory_equal(s, b->cpu->s, sizeof s);
    b->cpu->r[1] = RAM + 2;
    expect_fault(b, 0xE8B1001C, ARM_FAULT_UNALIGNED);
    expect_fault(b, 0xE9D10200, ARM_FAULT_UNALIGNED); /* LDRD r0,r2,[r1] */
    expect_fault(b, 0xED910A00, ARM_FAULT_UNALIGNED); /* VLDR s0,[r1] */
    arm_bench_free(b);
}

static void test_division_by_zero(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    b->cpu->r[1] = 10;
    b->cpu->r[3] = 0;
    b->cpu->ccr &= ~(uint32_t)ARM_CCR_DIV_0_TRP;
    assert_int_equal(execute(b, 0xFB91F2F3), ARM_OK); /* SDIV r2,r1,r3 */
    assert_int_equal(b->cpu->r[2], 0);
    b->cpu->ccr |= ARM_CCR_DIV_0_TRP;
    expect_fault(b, 0xFB91F2F3, ARM_FAULT_DIVBYZERO);
    expect_fault(b, 0xFBB1F2F3, ARM_FAULT_DIVBYZERO);
    b->cpu->r[1] = 0x80000000u;
    b->cpu->r[3] = 0xFFFFFFFFu;
    execute(b, 0xFB91F2F3);
    assert_int_equal(b->cpu->r[2], 0x80000000u);
    arm_bench_free(b);
}

static void test_coprocessors(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    /* VADD with CPACR closed, then a coprocessor that no core here has. */
    expect_fault(b, 0xEE300A81, ARM_FAULT_NOCP);
    ARM_CODE(b, CODE, WIDE(0xEE111F0E)); /* MRC p15 */
    const struct arm_block *block = arm_block_at(b->cpu, CODE, 0);
    assert_int_equal(block->insns[0].exec(b->cpu, &block->insns[0]), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_NOCP);
    arm_bench_free(b);
    /* Without FPU every floating-point instruction is one. */
    b = arm_bench_new("arm,cortex-m3", NULL);
    ARM_CODE(b, CODE, WIDE(0xEE300A81));
    block = arm_block_at(b->cpu, CODE, 0);
    assert_int_equal(block->insns[0].exec(b->cpu, &block->insns[0]), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_NOCP);
    /* And SMLAD is undefined. */
    ARM_CODE(b, CODE + 0x100, WIDE(0xFB210203));
    block = arm_block_at(b->cpu, CODE + 0x100, 0);
    assert_int_equal(block->insns[0].exec(b->cpu, &block->insns[0]), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_UNDEFINED);
    arm_bench_free(b);
}

static void test_stm_stores_old_base(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    b->cpu->r[1] = RAM + 0x100;
    b->cpu->r[2] = 9;
    execute(b, 0xC106); /* STM r1!,{r1,r2} */
    assert_int_equal(arm_bench_word(b, RAM + 0x100), RAM + 0x100);
    assert_int_equal(b->cpu->r[1], RAM + 0x108);
    b->cpu->r[13] = RAM + 0x203; /* bits 1:0 of SP stay zero */
    execute(b, 0xF10D0D03);      /* ADD SP,SP,#3 */
    assert_int_equal(b->cpu->r[13], RAM + 0x204);
    arm_bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exclusives),
        cmocka_unit_test(test_acquire_release),
        cmocka_unit_test(test_faults_change_nothing),
        cmocka_unit_test(test_division_by_zero),
        cmocka_unit_test(test_coprocessors),
        cmocka_unit_test(test_stm_stores_old_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
