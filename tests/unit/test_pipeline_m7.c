/* Cycles of straight-line code on the Cortex-M7 at zero wait states, from encodings: ten copies of
 * each sequence in the steady state, against what was measured on silicon (sources:
 * cores/timing/data/cortex-m7.yaml). Branches; loads in the banks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arm/arm.h"
#include "timing/pipeline.h"

#define M7_FEATURES                                                                                \
    (ARM_HAS_THUMB2 | ARM_HAS_DSP | ARM_HAS_FPSP | ARM_HAS_FPDP | ARM_HAS_FPV5 | ARM_HAS_DIV)

enum { MOST = 6, FEW = 4, MANY = 14 };
enum {
    ADD_0_1_2 = 0xEB010002,   /* add.w r0, r1, r2 */
    ADD_3_0_4 = 0xEB000304,   /* add.w r3, r0, r4 */
    ADD_3_1_2 = 0xEB010302,   /* add.w r3, r1, r2 */
    EOR_0_1_2 = 0xEA810002,   /* eor.w r0, r1, r2 */
    EOR_3_0_4 = 0xEA800304,   /* eor.w r3, r0, r4 */
    ADD_SHIFT = 0xEB040340,   /* add.w r3, r4, r0, lsl #1 */
    LSL_0_1 = 0xEA4F00C1,     /* lsl.w r0, r1, #3 */
    MUL_0_1_2 = 0xFB01F002,   /* mul r0, r1, r2 */
    MLA_0 = 0xFB040305,       /* mla r3, r4, r5, r0 */
    SMLAD_0 = 0xFB210002,     /* smlad r0, r1, r2, r0 */
    SMLAD_3_0 = 0xFB205301,   /* smlad r3, r0, r1, r5 */
    SXTB16_0_1 = 0xFA2FF091,  /* sxtb16 r0, r1, ror #8 */
    SXTB16_3_4 = 0xFA2FF384,  /* sxtb16 r3, r4 */
    UBFX_3_0 = 0xF3C003C4,    /* ubfx r3, r0, #3, #5 */
    SSAT_0_1 = 0xF3010007,    /* ssat r0, #8, r1 */
    LDR_0_1 = 0xF8D10000,     /* ldr.w r0, [r1] */
    LDR_3_1_4 = 0xF8D13004,   /* ldr.w r3, [r1, #4] */
    LDR_5_1_8 = 0xF8D15008,   /* ldr.w r5, [r1, #8] */
    LDRB_0_1 = 0xF8910000,    /* ldrb.w r0, [r1] */
    LDR_3_0 = 0xF8D03000,     /* ldr.w r3, [r0] */
    LDR_UPDATE = 0xF8510B04,  /* ldr.w r0, [r1], #4 */
    STR_0_6 = 0xF8C60000,     /* str.w r0, [r6] */
    STR_5_6 = 0xF8C65004,     /* str.w r5, [r6, #4] */
    LDM_4 = 0xE891003C,       /* ldmia.w r1, {r2, r3, r4, r5} */
    AND_ROTATED = 0xF40150FE, /* and.w r0, r1, #0x1fc0 */
    AND_SMALL = 0xF0010010,   /* and.w r0, r1, #16 */
    AND_OTHER = 0xF40453FE,   /* and.w r3, r4, #0x1fc0 */
    VFMA_0 = 0xEEA00A81,      /* vfma.f32 s0, s1, s2 */
    VFMA_3 = 0xEEE01A81,      /* vfma.f32 s3, s1, s2 */
    VFMA_4 = 0xEEA02A81,      /* vfma.f32 s4, s1, s2 */
    VFMA_6_0 = 0xEEA03A01,    /* vfma.f32 s6, s0, s2 */
    VADD_8 = 0xEE344A85,      /* vadd.f32 s8, s9, s10 */
    VADD_11_8 = 0xEE745A05,   /* vadd.f32 s11, s8, s10 */
    VMUL_8 = 0xEE244A85,      /* vmul.f32 s8, s9, s10 */
    VLDR_12 = 0xED916A00,     /* vldr s12, [r1] */
    VLDR_13 = 0xEDD16A01,     /* vldr s13, [r1, #4] */
    VADD_14_12 = 0xEE367A05,  /* vadd.f32 s14, s12, s10 */
    VLDM_1 = 0xECB16A01,      /* vldmia r1!, {s12} */
    VSTR_8 = 0xED864A00,      /* vstr s8, [r6] */
    VMOV_0_8 = 0xEE140A10,    /* vmov r0, s8 */
    VDIV_8 = 0xEE844A85,      /* vdiv.f32 s8, s9, s10 */
    CMP_1_2 = 0x4291,         /* cmp r1, r2 */
    BNE = 0xD1FE              /* bne.n . */
};

static struct pipeline *pipeline;
static struct arm_decoder *decoder;

static struct arm_insn decode(uint32_t raw)
{
    struct arm_insn insn;
    assert_true(arm_decode(decoder, raw, false, &insn));
    return insn;
}

static uint32_t run(const uint32_t *code, uint32_t copies)
{
    uint32_t cycles = 0;
    uint64_t pc = 0x08000000;
    pipeline_reset(pipeline);
    for (uint32_t copy = 0; copy < copies; copy++) {
        for (const uint32_t *raw = code; *raw != 0; raw++) {
            struct arm_insn insn = decode(*raw);
            struct pipeline_step step = {.insn = &insn.t,
                                         .pc = pc,
                                         .next_pc = pc + insn.t.bytes,
                                         .executed = true,
                                         .address = insn.imm};
            cycles += pipeline_step(pipeline, &step);
            pc = step.next_pc;
        }
    }
    return cycles;
}

/* Of ten copies in the steady state. */
#define TEN(...) ten((const uint32_t[]){__VA_ARGS__, 0})
static uint32_t ten(const uint32_t *code)
{
    return run(code, MANY) - run(code, FEW);
}

static void two_stages_of_the_alu(void **state)
{
    (void)state;
    assert_int_equal(TEN(ADD_0_1_2, ADD_3_1_2), 10);
    assert_int_equal(TEN(ADD_0_1_2, EOR_3_0_4), 10); /* from the first stage to the second */
    assert_int_equal(TEN(LSL_0_1, EOR_3_0_4), 10);
    assert_int_equal(TEN(EOR_0_1_2, ADD_SHIFT), 20); /* a shifted operand is needed early */
    assert_int_equal(TEN(EOR_0_1_2, LDR_3_0), 20);
    assert_int_equal(TEN(LDR_UPDATE, ADD_3_1_2), 10);
}

static void shared_units(void **state)
{
    (void)state;
    assert_int_equal(TEN(SXTB16_0_1, SXTB16_3_4), 20);
    assert_int_equal(TEN(SXTB16_3_4, SMLAD_0), 10);
    assert_int_equal(TEN(SMLAD_0, SXTB16_3_4), 10); /* only the order of the first differs */
    assert_int_equal(TEN(SXTB16_0_1, SMLAD_3_0), 20);
    assert_int_equal(TEN(MUL_0_1_2, MLA_0), 20);
    assert_int_equal(TEN(MUL_0_1_2, STR_5_6), 20);
    assert_int_equal(TEN(STR_0_6, STR_5_6), 20);
    assert_int_equal(TEN(AND_SMALL, AND_OTHER), 10);
    assert_int_equal(TEN(AND_ROTATED, AND_OTHER), 20);
    assert_int_equal(TEN(LDM_4), 20);
    assert_int_equal(TEN(LDM_4, ADD_0_1_2), 30);
}

static void multiplier(void **state)
{
    (void)state;
    assert_int_equal(TEN(SMLAD_0), 10);
    assert_int_equal(TEN(MUL_0_1_2, EOR_3_0_4), 20);
    assert_int_equal(TEN(MUL_0_1_2, MLA_0), 20);
    assert_int_equal(TEN(MUL_0_1_2, SMLAD_3_0), 30);
    assert_int_equal(TEN(SSAT_0_1, EOR_3_0_4), 30); /* and SSAT is never the younger */
}

static void loads(void **state)
{
    (void)state;
    assert_int_equal(TEN(LDR_0_1, LDR_3_1_4), 10);
    assert_int_equal(TEN(LDR_0_1, LDR_5_1_8), 20); /* the same bank */
    assert_int_equal(TEN(LDR_0_1, STR_5_6), 10);
    assert_int_equal(TEN(LDR_0_1, STR_0_6), 10);
    assert_int_equal(TEN(LDR_0_1, EOR_3_0_4), 10);
    assert_int_equal(TEN(LDRB_0_1, EOR_3_0_4), 20);
    assert_int_equal(TEN(LDR_0_1, ADD_SHIFT), 20);
    assert_int_equal(TEN(LDR_0_1, UBFX_3_0), 20);
    assert_int_equal(TEN(LDR_0_1, SMLAD_3_0), 20);
    assert_int_equal(TEN(LDRB_0_1, MLA_0), 10);
    assert_int_equal(TEN(LDR_0_1, LDR_3_0), 30); /* and both go to one bank */
}

static void an_unaligned_load(void **state)
{
    (void)state;
    struct arm_insn insn = decode(LDR_0_1);
    struct pipeline_step step = {.insn = &insn.t, .executed = true};
    pipeline_reset(pipeline);
    uint32_t aligned = pipeline_step(pipeline, &step);
    step.unaligned = true;
    assert_int_equal(pipeline_step(pipeline, &step), aligned + 3);
}

static void floating_point(void **state)
{
    (void)state;
    assert_int_equal(TEN(VADD_8, VADD_11_8), 40);
    assert_int_equal(TEN(VMUL_8, VADD_11_8), 40);
    assert_int_equal(TEN(VADD_8, ADD_0_1_2), 10);
    assert_int_equal(TEN(VFMA_0, VFMA_3, VFMA_4), 30);
    assert_int_equal(TEN(VFMA_0), 30);
    assert_int_equal(TEN(VFMA_0, VFMA_6_0), 60);
    assert_int_equal(TEN(VLDR_12, VLDR_13), 10);
    assert_int_equal(TEN(VLDR_12, VADD_14_12), 10);
    assert_int_equal(TEN(VFMA_3, VLDR_12), 20 + 10); /* the sum comes after three cycles */
    assert_int_equal(TEN(VFMA_0, VLDR_12, VFMA_3, VLDR_13), 40);
    assert_int_equal(TEN(VFMA_0, VADD_8), 50);
    assert_int_equal(TEN(VFMA_0, VLDM_1), 50);
    assert_int_equal(TEN(VADD_8, VSTR_8), 10); /* a store's data are needed late */
    assert_int_equal(TEN(VADD_8, VMOV_0_8), 30);
    assert_int_equal(TEN(VDIV_8), 160);
}

static uint32_t branch_after(uint32_t others, bool taken)
{
    struct arm_insn compare = decode(CMP_1_2), add = decode(EOR_0_1_2), bne = decode(BNE);
    struct pipeline_step step = {
        .insn = &compare.t, .pc = 0x100, .next_pc = 0x102, .executed = true};
    uint32_t cycles = pipeline_step(pipeline, &step);
    for (uint32_t i = 0; i < others; i++) {
        step.insn = &add.t;
        cycles += pipeline_step(pipeline, &step);
    }
    step.insn = &bne.t;
    step.taken = taken;
    step.next_pc = taken ? 0x80 : 0x104;
    return cycles + pipeline_step(pipeline, &step);
}

static void branches(void **state)
{
    (void)state;
    pipeline_reset(pipeline);
    assert_int_equal(branch_after(0, false), 1); /* with the compare, in one cycle */
    assert_int_equal(branch_after(0, true), 1 + 8);
    assert_int_equal(branch_after(0, true), 1 + 8);
    assert_int_equal(branch_after(0, true), 1); /* learned */
    pipeline_flush(pipeline);                   /* forgets what is in flight, not what it learned */
    assert_int_equal(branch_after(0, true), 1);
    assert_int_equal(branch_after(0, false), 1 + 8);
    /* flags that are there three cycles before make the refill shorter */
    assert_int_equal(branch_after(8, true), 5);
    assert_int_equal(branch_after(8, false), 5 + 6);
}

int main(void)
{
    struct mote_err err = {""};
    pipeline = pipeline_new("cortex-m7", &err);
    decoder = arm_decoder_new(M7_FEATURES);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_stages_of_the_alu),
        cmocka_unit_test(shared_units),
        cmocka_unit_test(multiplier),
        cmocka_unit_test(loads),
        cmocka_unit_test(an_unaligned_load),
        cmocka_unit_test(floating_point),
        cmocka_unit_test(branches),
    };
    int failed = pipeline == NULL || decoder == NULL || cmocka_run_group_tests(tests, NULL, NULL);
    arm_decoder_free(decoder);
    pipeline_free(pipeline);
    return failed;
}
