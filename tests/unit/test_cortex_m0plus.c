/* Cortex-M0+: cycles of every instruction class at zero wait states, by code that runs (TRM DDI
 * 0484C, table 3-1), and what Armv6-M has less than Armv7-M (DDI 0419). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/arm_bench.h"

static struct arm_bench *b;

static int set_up(void **state)
{
    (void)state;
    b = arm_bench_new("arm,cortex-m0+", NULL);
    return b != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arm_bench_free(b);
    return 0;
}

/* Cycles of the first `count` instructions of the code; r1 points to RAM, r2 is a code address. */
static uint64_t cycles_of(const uint16_t *code, size_t halfwords, uint32_t count)
{
    arm_bench_code(b, CODE, code, halfwords);
    arm_bench_reset(b);
    b->cpu->r[1] = RAM + 0x100;
    b->cpu->r[2] = CODE + 0x40 + 1;
    uint64_t before = b->cpu->cycles;
    arm_bench_steps(b, count);
    return b->cpu->cycles - before;
}
#define HALFWORDS(...) (sizeof((const uint16_t[]){__VA_ARGS__}) / 2)
#define CYCLES(...)    cycles_of((const uint16_t[]){__VA_ARGS__, T_NOP}, 1 + HALFWORDS(__VA_ARGS__), 1)

static void test_data_processing_takes_one_cycle(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(T_MOVS(0, 1)), 1);
    assert_int_equal(CYCLES(T_ADDS(0, 1)), 1);
    assert_int_equal(CYCLES(T_CMP(0, 1)), 1);
    assert_int_equal(CYCLES(0x0088), 1); /* LSLS r0, r1, #2 */
    assert_int_equal(CYCLES(0x40C8), 1); /* LSRS r0, r1 */
    assert_int_equal(CYCLES(0x4348), 1); /* MULS r0, r1: the fast multiplier */
    assert_int_equal(CYCLES(0xB248), 1); /* SXTB r0, r1 */
    assert_int_equal(CYCLES(0xBA08), 1); /* REV r0, r1 */
    assert_int_equal(CYCLES(T_MOV(8, 1)), 1);
    assert_int_equal(CYCLES(T_NOP), 1);
}

static void test_memory_access_takes_one_cycle_more(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(T_LDR(0, 1, 0)), 2);
    assert_int_equal(CYCLES(0x7808), 2); /* LDRB r0, [r1] */
    assert_int_equal(CYCLES(0x4800), 2); /* LDR r0, literal */
    assert_int_equal(CYCLES(T_STR(0, 1, 0)), 2);
    assert_int_equal(CYCLES(0x50C8), 2);       /* STR r0, [r1, r3] */
    assert_int_equal(CYCLES(T_PUSH(7, 0)), 4); /* 1 + N */
    assert_int_equal(CYCLES(T_PUSH(7, 1)), 5);
    assert_int_equal(CYCLES(0xC931), 4); /* LDM r1!, {r0, r4, r5} */
    assert_int_equal(CYCLES(0xC131), 4); /* STM r1!, {r0, r4, r5} */
}

static void test_branches(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(T_B(8)), 2);
    assert_int_equal(CYCLES(T_BNE(8)), 2);       /* Z is 0 */
    assert_int_equal(CYCLES(0xD000), 1);         /* BEQ: not taken */
    assert_int_equal(CYCLES(0xF000, 0xF81E), 3); /* BL */
    assert_int_equal(CYCLES(T_BX(2)), 2);
    assert_int_equal(CYCLES(0x4790), 2); /* BLX r2 */
    assert_int_equal(CYCLES(0x4697), 2); /* MOV pc, r2 */
    /* POP {r0, pc}: 3 + N */
    static const uint16_t code[] = {T_PUSH(4, 0), T_PUSH(1, 0), T_POP(1, 1)};
    assert_int_equal(cycles_of(code, 3, 3), 2 + 2 + 5);
}

static void test_system_instructions(void **state)
{
    (void)state;
    assert_int_equal(CYCLES(T_MRS(0, 16)), 3);
    assert_int_equal(CYCLES(T_MSR(16, 0)), 3);
    assert_int_equal(CYCLES(0xF3BF, 0x8F4F), 3); /* DSB */
    assert_int_equal(CYCLES(0xF3BF, 0x8F5F), 3); /* DMB */
    assert_int_equal(CYCLES(0xF3BF, 0x8F6F), 3); /* ISB */
}

static void test_interrupt_latency(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_NOP, T_NOP, T_B(0));
    arm_bench_reset(b);
    arm_bench_set_word(b, 0xE000E100, 1);
    bench_drive(b->dev, "irq", 0, 1);
    uint64_t before = b->cpu->cycles;
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->cycles - before, 15);
    assert_int_equal(b->cpu->exception, ARM_EXC_EXTERNAL);
}

/* ---- the architecture ---------------------------------------------------------------------------
 */

/* The 32-bit instructions of Armv6-M: BL, barriers, MRS, MSR, UDF. */
static bool is_armv6m_wide(uint32_t raw)
{
    return (raw & 0xF800D000u) == 0xF000D000u || (raw & 0xFFFFFF80u) == 0xF3BF8F00u ||
           (raw & 0xFFFFF000u) == 0xF3EF8000u || (raw & 0xFFF0FF00u) == 0xF3808800u ||
           (raw & 0xFFF0F000u) == 0xF7F0A000u;
}

static void test_other_encodings_are_undefined(void **state)
{
    (void)state;
    struct arm_decoder *decoder = arm_decoder_new(b->cpu->features);
    struct arm_insn insn;
    assert_non_null(decoder);
    for (uint32_t raw = 0; raw < 0xE800u; raw++) {
        uint32_t top = raw & 0xFF00u;
        bool compare_branch = (raw & 0xF500u) == 0xB100u, it = top == 0xBF00u && (raw & 0xFu) != 0;
        if (compare_branch || it || top == 0xB700u || top == 0xB800u)
            assert_false(arm_decode(decoder, raw, false, &insn));
    }
    /* Every row of other architectures, with zeros and ones for its operands. */
    for (const struct arm_row_table *const *table = arm_row_tables; *table != NULL; table++)
        for (size_t i = 0; i < (*table)->count; i++) {
            const struct arm_row *row = &(*table)->rows[i];
            uint32_t ones = row->match | ~row->mask;
            if (row->mask >> 16 == 0)
                continue;
            if (arm_decode(decoder, row->match, false, &insn))
                assert_true(is_armv6m_wide(row->match));
            if (arm_decode(decoder, ones, false, &insn))
                assert_true(is_armv6m_wide(ones));
        }
    arm_decoder_free(decoder);
}

static void test_undefined_is_hardfault(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, 0xBF08, T_NOP); /* IT EQ */
    arm_bench_reset(b);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, ARM_EXC_HARDFAULT);
    /* No fault status registers: CFSR, HFSR. */
    assert_int_equal(arm_bench_word(b, 0xE000ED28), 0);
    assert_int_equal(arm_bench_word(b, 0xE000ED2C), 0);
}

static void test_fault_in_hardfault_locks_up(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, 0xBF08, T_NOP);
    ARM_CODE(b, HANDLER, 0xBF08, T_NOP);
    arm_bench_reset(b);
    arm_bench_steps(b, 6);
    assert_true(b->core->locked_up);
}

static void test_no_mainline_registers(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_CPSID_F, T_MSR(17, 1), T_MRS(3, 19), T_MRS(4, 17));
    arm_bench_reset(b);
    b->cpu->r[1] = 0x80;
    arm_bench_steps(b, 4);
    assert_int_equal(b->cpu->faultmask, 0);
    assert_int_equal(b->cpu->r[3], 0);
    assert_int_equal(b->cpu->r[4], 0);
    arm_bench_set_word(b, 0xE000ED08, 0x20000080); /* VTOR: 256-byte steps */
    assert_int_equal(arm_bench_word(b, 0xE000ED08), 0x20000000);
    arm_bench_set_word(b, 0xE000ED0C, 0x05FA0700); /* AIRCR: no PRIGROUP */
    assert_int_equal(arm_bench_word(b, 0xE000ED0C), 0xFA050000u);
    arm_bench_set_word(b, 0xE000ED14, 0); /* CCR: read-only */
    assert_int_equal(arm_bench_word(b, 0xE000ED14), 0x208);
    arm_bench_set_word(b, 0xE000ED18, ~0u); /* SHPR1: no MemManage, BusFault, UsageFault */
    assert_int_equal(arm_bench_word(b, 0xE000ED18), 0);
    arm_bench_set_word(b, 0xE000E400, ~0u); /* four levels */
    assert_int_equal(arm_bench_word(b, 0xE000E400), 0xC0C0C0C0u);
}

static void test_mpu_regions_are_256_bytes_at_least(void **state)
{
    static const uint32_t regions = 8;
    static const struct bench_prop props[] = {
        {.name = "arm,num-mpu-regions", .cells = &regions, .count = 1}, {0}};
    (void)state;
    arm_bench_free(b);
    b = arm_bench_new("arm,cortex-m0+", props);
    ARM_CODE(b, CODE, T_LDR(0, 1, 0), T_LDR(0, 2, 0));
    arm_bench_reset(b);
    b->cpu->r[1] = RAM + 0x200;
    b->cpu->r[2] = RAM + 0x100;
    arm_bench_set_word(b, 0xE000ED98, 0);
    arm_bench_set_word(b, 0xE000ED9C, RAM + 0x1E0);
    assert_int_equal(arm_bench_word(b, 0xE000ED9C), RAM + 0x100);
    arm_bench_set_word(b, 0xE000EDA0, 7 << 1 | 1); /* 256 bytes, no access */
    arm_bench_set_word(b, 0xE000EDAC, RAM + 0x200);
    assert_int_equal(arm_bench_word(b, 0xE000EDAC), 0); /* no alias registers */
    arm_bench_set_word(b, 0xE000ED98, 1);
    arm_bench_set_word(b, 0xE000ED9C, RAM + 0x200);
    arm_bench_set_word(b, 0xE000EDA0, 4 << 1 | 1); /* 32 bytes: does not exist */
    arm_bench_set_word(b, 0xE000ED94, 5);          /* on, with the default map behind */
    arm_bench_steps(b, 1);
    assert_int_equal(b->cpu->pc, CODE + 2);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, ARM_EXC_HARDFAULT);
}

static void accepts(struct arm_bench *bench, bool expected, uint64_t arch, uint64_t fp,
                    uint64_t hard, const char *words)
{
    const struct mote_build_attribute attributes[] = {{.tag = 5, .text = "name"},
                                                      {6, arch, NULL},
                                                      {7, 'M', NULL},
                                                      {10, fp, NULL},
                                                      {27, hard, NULL}};
    char text[256] = "";
    assert_int_equal(bench->mote->ops->accepts_build(bench->mote, attributes, 5, text, sizeof text),
                     expected);
    if (strstr(text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static void test_images_for_other_cores(void **state)
{
    (void)state;
    struct arm_bench *m4 = arm_bench_new("arm,cortex-m4f", NULL);
    struct arm_bench *m33 = arm_bench_new("arm,cortex-m33f", NULL);
    accepts(b, true, 11, 0, 0, "");
    accepts(b, true, 12, 0, 0, "");
    accepts(b, true, 0, 0, 0, "");
    accepts(b, false, 10, 0, 0, "built for Armv7-M; this core, a cortex-m0plus, has Armv6-M");
    accepts(b, false, 13, 6, 1, "Armv7E-M with single-precision");
    accepts(b, false, 16, 0, 0, "Armv8-M Baseline");
    accepts(m4, true, 12, 0, 0, "");
    accepts(m4, true, 13, 6, 1, "");
    accepts(m4, false, 13, 8, 1, "single-precision floating point (FPv5)");
    accepts(m4, false, 13, 6, 0, "double-precision floating point; this core, a cortex-m4, has");
    accepts(m4, false, 17, 0, 0, "Armv8-M Mainline");
    accepts(m33, true, 17, 8, 1, "");
    accepts(m33, true, 13, 6, 1, "");
    accepts(m33, false, 21, 8, 1, "Armv8.1-M");
    arm_bench_free(m33);
    arm_bench_free(m4);
}

/* What the fault report says of an instruction that another core would have. */
static void undefined(const char *core, const char *words, uint16_t first, uint16_t second)
{
    char text[512];
    struct arm_bench *own = arm_bench_new(core, NULL);
    ARM_CODE(own, CODE, first, second);
    arm_bench_reset(own);
    arm_bench_until(own, HANDLER);
    own->mote->ops->describe_fault(own->mote, text, sizeof text);
    arm_bench_free(own);
    assert_non_null(strstr(text, "undefined instruction"));
    if (words == NULL ? strstr(text, "another board") != NULL : strstr(text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, words ? words : "(no word of boards)");
}

static void test_undefined_instructions_of_other_cores(void **state)
{
    (void)state;
    undefined("arm,cortex-m0+", "0xf04f22e0 is an instruction of Armv7-M", 0xF04F, 0x22E0);
    undefined("arm,cortex-m0+", "0xb100 is an instruction of", 0xB100, T_NOP); /* CBZ */
    undefined("arm,cortex-m3", "the DSP extension", 0xFA91, 0xF002);           /* QADD8-like */
    undefined("arm,cortex-m4f", NULL, 0xDE00, T_NOP);                          /* UDF */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_data_processing_takes_one_cycle),
        TEST(test_memory_access_takes_one_cycle_more),
        TEST(test_branches),
        TEST(test_system_instructions),
        TEST(test_interrupt_latency),
        TEST(test_other_encodings_are_undefined),
        TEST(test_undefined_is_hardfault),
        TEST(test_fault_in_hardfault_locks_up),
        TEST(test_no_mainline_registers),
        TEST(test_mpu_regions_are_256_bytes_at_least),
        TEST(test_images_for_other_cores),
        TEST(test_undefined_instructions_of_other_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
