/* The row tables: no encoding has two meanings, known encodings have the right one, and the timing
 * model is told the right registers; blocks end where they must and notice changed code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/arm_bench.h"

#include <string.h>

#define M0_FEATURES  0u
#define M4F_FEATURES (ARM_HAS_THUMB2 | ARM_HAS_DSP | ARM_HAS_FPSP | ARM_HAS_DIV | ARM_HAS_BITBAND)
#define ALL_FEATURES 0xFFu

#define R(n)   (1ull << (n))
#define FLAGS  (1ull << 32)
#define S(n)   (1ull << (33 + (n) / 2))
#define D(n)   (1ull << (33 + (n)))
#define ENGINE MOTE_INSN_ENGINE
#define TO_PC  (MOTE_INSN_ENGINE | MOTE_INSN_WRITES_PC)

/* Deterministic, not cryptographic. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 32);
}

static struct arm_decoder *decoder_of(uint32_t features)
{
    struct arm_decoder *decoder = arm_decoder_new(features);
    assert_non_null(decoder);
    return decoder;
}

static void check_one_meaning(const struct arm_decoder *decoder, uint32_t raw)
{
    uint32_t count = arm_decode_candidates(decoder, raw);
    if (count > 1) {
        fail_msg("%u rows accept 0x%08x", count, raw);
    }
}

static void test_no_overlap(void **state)
{
    (void)state;
    struct arm_decoder *decoder = decoder_of(ALL_FEATURES);
    for (uint32_t raw = 0; raw < 0xE800u; raw++) {
        check_one_meaning(decoder, raw);
    }
    uint64_t random = 1;
    for (uint32_t i = 0; i < 1000000; i++) {
        uint32_t raw = next_random(&random);
        check_one_meaning(decoder, 0xE8000000u + raw % 0x18000000u);
    }
    /* Random words seldom fit the rows with long masks: random operands of each row as well. */
    for (const struct arm_row_table *const *table = arm_row_tables; *table != NULL; table++) {
        for (size_t i = 0; i < (*table)->count; i++) {
            const struct arm_row *row = &(*table)->rows[i];
            assert_int_equal(row->match & ~row->mask, 0);
            assert_non_null(row->decode);
            for (uint32_t n = 0; n < 1000; n++) {
                uint32_t raw = row->match | (next_random(&random) & ~row->mask);
                check_one_meaning(decoder, row->match >> 16 ? raw : raw & 0xFFFFu);
            }
        }
    }
    arm_decoder_free(decoder);
}

struct known {
    uint32_t raw;
    const char *text; /* how the row's text begins; NULL: undefined on this core */
    uint8_t cls, words;
    uint16_t flags;
    uint64_t reads, address_reads, shifted_reads, writes;
};

static const struct known known_m4f[] = {
    {0x2001, "MOV ", MOTE_CLASS_ALU, 0, ENGINE, 0, 0, 0, R(0) | FLAGS},
    {0x1888, "ADD ", MOTE_CLASS_ALU, 0, ENGINE, R(1) | R(2), 0, 0, R(0) | FLAGS},
    {0x0088, "LSL ", MOTE_CLASS_SHIFT, 0, ENGINE, R(1), 0, R(1), R(0) | FLAGS},
    {0x0008, "LSL ", MOTE_CLASS_ALU, 0, ENGINE, R(1), 0, 0, R(0) | FLAGS},
    {0x4141, "ADC ", MOTE_CLASS_ALU, 0, ENGINE, R(0) | R(1) | FLAGS, 0, 0, R(1) | FLAGS},
    {0x4281, "CMP ", MOTE_CLASS_ALU, 0, ENGINE, R(0) | R(1), 0, 0, FLAGS},
    {0x4348, "MUL ", MOTE_CLASS_MUL, 0, ENGINE, R(0) | R(1), 0, 0, R(0) | FLAGS},
    {0x4668, "MOV ", MOTE_CLASS_ALU, 0, ENGINE, R(13), 0, 0, R(0)},
    {0x46F7, "MOV ", MOTE_CLASS_BRANCH_INDIRECT, 0, TO_PC | MOTE_INSN_RETURN, R(14), 0, 0, R(15)},
    {0x4770, "BX", MOTE_CLASS_BRANCH_INDIRECT, 0, TO_PC | MOTE_INSN_RETURN, R(14), 0, 0, R(15)},
    {0x4798, "BLX", MOTE_CLASS_BRANCH_INDIRECT, 0, TO_PC | MOTE_INSN_LINK, R(3), 0, 0,
     R(14) | R(15)},
    {0x4801, "LDR", MOTE_CLASS_LOAD, 1, ENGINE | MOTE_INSN_LITERAL, R(15), R(15), 0, R(0)},
    {0x5888, "LDR", MOTE_CLASS_LOAD, 1, ENGINE, R(1) | R(2), R(1) | R(2), 0, R(0)},
    {0x6048, "STR", MOTE_CLASS_STORE, 1, ENGINE, R(0) | R(1), R(1), 0, 0},
    {0xB510, "PUSH", MOTE_CLASS_STORE_MULTI, 2, ENGINE | MOTE_INSN_WRITEBACK, R(4) | R(14) | R(13),
     R(13), 0, R(13)},
    {0xBD10, "POP", MOTE_CLASS_LOAD_MULTI, 2, TO_PC | MOTE_INSN_WRITEBACK | MOTE_INSN_RETURN, R(13),
     R(13), 0, R(4) | R(13) | R(15)},
    {0xC803, "LDM", MOTE_CLASS_LOAD_MULTI, 2, ENGINE, R(0), R(0), 0, R(0) | R(1)},
    {0xC903, "LDM", MOTE_CLASS_LOAD_MULTI, 2, ENGINE, R(1), R(1), 0, R(0) | R(1)},
    {0xD0FE, "B<c>", MOTE_CLASS_BRANCH_COND, 0, TO_PC | MOTE_INSN_CONDITIONAL, FLAGS, 0, 0, R(15)},
    {0xE7FE, "B ", MOTE_CLASS_BRANCH, 0, TO_PC, 0, 0, 0, R(15)},
    {0xB108, "CBZ", MOTE_CLASS_BRANCH_COND, 0, TO_PC | MOTE_INSN_CONDITIONAL, R(0), 0, 0, R(15)},
    {0xBF00, "NOP", MOTE_CLASS_HINT, 0, ENGINE, 0, 0, 0, 0},
    {0xBF08, "IT", MOTE_CLASS_HINT, 0, ENGINE | MOTE_INSN_FOLDABLE, 0, 0, 0, 0},
    {0xBF30, "WFI", MOTE_CLASS_HINT, 0, 0, 0, 0, 0, 0},
    {0xDF01, "SVC", MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xBEAB, "BKPT", MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xB672, "CPS", MOTE_CLASS_SYSTEM, 0, 0, 0, 0, 0, 0},
    {0xF0010203, "AND", MOTE_CLASS_ALU, 0, ENGINE, R(1), 0, 0, R(2)},
    {0xF1B10F05, "CMP", MOTE_CLASS_ALU, 0, ENGINE, R(1), 0, 0, FLAGS},
    {0xEB0100C2, "ADD", MOTE_CLASS_SHIFT, 0, ENGINE, R(1) | R(2), 0, R(2), R(0)},
    {0xEB010002, "ADD", MOTE_CLASS_ALU, 0, ENGINE, R(1) | R(2), 0, 0, R(0)},
    {0xEA4F0031, "MOV", MOTE_CLASS_SHIFT, 0, ENGINE, R(1) | FLAGS, 0, R(1), R(0)},
    {0xF2410034, "MOVW", MOTE_CLASS_ALU, 0, ENGINE, 0, 0, 0, R(0)},
    {0xF2C10034, "MOVT", MOTE_CLASS_ALU, 0, ENGINE, R(0), 0, 0, R(0)},
    {0xFB010203, "MLA", MOTE_CLASS_MAC, 0, ENGINE, R(0) | R(1) | R(3), 0, 0, R(2)},
    {0xFB21F203, "SMUAD", MOTE_CLASS_SIMD_MAC, 0, ENGINE, R(1) | R(3), 0, 0, R(2)},
    {0xFB210203, "SMLAD", MOTE_CLASS_SIMD_MAC, 0, ENGINE, R(0) | R(1) | R(3), 0, 0, R(2)},
    {0xFBC10203, "SMLAL", MOTE_CLASS_MUL_LONG, 0, ENGINE, R(0) | R(1) | R(2) | R(3), 0, 0,
     R(0) | R(2)},
    {0xFB91F2F3, "SDIV", MOTE_CLASS_DIV, 0, ENGINE, R(1) | R(3), 0, 0, R(2)},
    {0xFA2FF081, "SXTB16", MOTE_CLASS_SIMD, 0, ENGINE, R(1), 0, R(1), R(0)},
    {0xFAA1F283, "SEL", MOTE_CLASS_SIMD, 0, ENGINE, R(1) | R(3) | FLAGS, 0, 0, R(2)},
    {0xFA81F203, "SADD8", MOTE_CLASS_SIMD, 0, ENGINE, R(1) | R(3), 0, 0, R(2) | FLAGS},
    {0xF8510C04, "LDR", MOTE_CLASS_LOAD, 1, ENGINE, R(1), R(1), 0, R(0)},
    {0xF8510B04, "LDR", MOTE_CLASS_LOAD, 1, ENGINE | MOTE_INSN_WRITEBACK, R(1), R(1), 0,
     R(0) | R(1)},
    {0xF8510022, "LDR", MOTE_CLASS_LOAD, 1, ENGINE, R(1) | R(2), R(1) | R(2), R(2), R(0)},
    {0xF85DFB04, "LDR", MOTE_CLASS_LOAD, 1, TO_PC | MOTE_INSN_WRITEBACK | MOTE_INSN_RETURN, R(13),
     R(13), 0, R(13) | R(15)},
    {0xE9D10200, "LDRD", MOTE_CLASS_LOAD_MULTI, 2, ENGINE, R(1), R(1), 0, R(0) | R(2)},
    {0xE8510F00, "LDREX", MOTE_CLASS_LOAD, 1, 0, R(1), R(1), 0, R(0)},
    {0xE8DFF000, "TB", MOTE_CLASS_BRANCH_INDIRECT, 1, TO_PC, R(15) | R(0), R(15) | R(0), 0, R(15)},
    {0xF000F800, "BL", MOTE_CLASS_CALL, 0, TO_PC | MOTE_INSN_LINK, 0, 0, 0, R(14) | R(15)},
    {0xF3BF8F6F, "ISB", MOTE_CLASS_BARRIER, 0, 0, 0, 0, 0, 0},
    {0xF3EF8010, "MRS", MOTE_CLASS_SYSTEM, 0, 0, FLAGS, 0, 0, R(0)},
    {0xEE300A81, "VADD", MOTE_CLASS_FP_ALU, 0, ENGINE, S(1) | S(2), 0, 0, S(0)},
    {0xEEA00A81, "VFMA", MOTE_CLASS_FP_MAC, 0, ENGINE, S(0) | S(1) | S(2), 0, 0, S(0)},
    {0xEE810A01, "VDIV", MOTE_CLASS_FP_DIV, 0, ENGINE, S(2), 0, 0, S(0)},
    {0xED910B02, "VLDR", MOTE_CLASS_FP_LOAD, 2, ENGINE, R(1), R(1), 0, D(0)},
    {0xED2D8B10, "VSTM", MOTE_CLASS_FP_STORE, 16, ENGINE | MOTE_INSN_WRITEBACK,
     R(13) | 0xFFull << (33 + 8), R(13), 0, R(13)},
    {0xEE010A10, "VMOV", MOTE_CLASS_FP_MOVE, 0, ENGINE, R(0), 0, 0, S(2)},
    {0xEEF1FA10, "VMRS", MOTE_CLASS_FP_MOVE, 0, ENGINE, 0, 0, 0, FLAGS},
    /* Not on this core: double precision, FPv5, Armv8-M, Neon, Helium. */
    {0xEE300B01, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xFE000A81, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xE8D10FAF, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xEF000D40, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xEE111F0E, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    /* UNPREDICTABLE: SP where no SP may be, an empty list, a base that is also loaded. */
    {0xFB0D0203, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xB400, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
    {0xE8B10002, NULL, MOTE_CLASS_EXCEPTION, 0, 0, 0, 0, 0, 0},
};

static void check_known(const struct arm_decoder *decoder, const struct known *known)
{
    struct arm_insn insn;
    bool defined = arm_decode(decoder, known->raw, false, &insn);
    print_message("%08x %s\n", known->raw, known->text ? known->text : "undefined");
    assert_int_equal(defined, known->text != NULL);
    if (defined) {
        assert_memory_equal(insn.row->text, known->text, strlen(known->text));
    }
    assert_int_equal(insn.t.cls, known->cls);
    assert_int_equal(insn.t.bytes, known->raw >> 16 ? 4 : 2);
    assert_int_equal(insn.t.words, known->words);
    assert_int_equal(insn.t.flags, known->flags);
    assert_int_equal(insn.t.reads, known->reads);
    assert_int_equal(insn.t.address_reads, known->address_reads);
    assert_int_equal(insn.t.shifted_reads, known->shifted_reads);
    assert_int_equal(insn.t.writes, known->writes);
}

static void test_known_encodings(void **state)
{
    (void)state;
    struct arm_decoder *decoder = decoder_of(M4F_FEATURES);
    for (size_t i = 0; i < sizeof known_m4f / sizeof known_m4f[0]; i++) {
        check_known(decoder, &known_m4f[i]);
    }
    arm_decoder_free(decoder);
}

/* An Armv6-M core has the 16-bit instructions but IT and CBZ, and seven 32-bit ones (DDI 0419). */
static void test_armv6m(void **state)
{
    (void)state;
    static const struct {
        uint32_t raw;
        bool defined;
    } cases[] = {
        {0x2001, true},      {0xBD10, true},      {0xBF00, true},      {0xBF30, true},
        {0xBF08, false},     {0xB108, false},     {0xF000F800, true},  {0xF3BF8F4F, true},
        {0xF3BF8F5F, true},  {0xF3BF8F6F, true},  {0xF3EF8010, true},  {0xF3808808, true},
        {0xF7F0A000, true},  {0xF0009000, false}, {0xF2410034, false}, {0xF8510C04, false},
        {0xFB91F2F3, false}, {0xFB010203, false}, {0xEE300A81, false}, {0xE8510F00, false},
    };
    struct arm_decoder *decoder = decoder_of(M0_FEATURES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arm_insn insn;
        assert_int_equal(arm_decode(decoder, cases[i].raw, false, &insn), cases[i].defined);
    }
    arm_decoder_free(decoder);
}

/* ---- blocks ---- */
static void test_it_is_resolved(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    /* CMP r0,#0; ITE EQ; ADDEQ r0,#1; ADDNE r0,#2; ADDS r0,#3; B . */
    ARM_CODE(b, CODE, T_CMP(0, 0), 0xBF0C, T_ADDS(0, 1), T_ADDS(0, 2), T_ADDS(0, 3), T_B(0));
    const struct arm_block *block = arm_block_at(b->cpu, CODE, 0);
    assert_int_equal(block->count, 6);
    assert_int_equal(block->end, CODE + 12);
    assert_true(block->engine);
    static const uint8_t cond[6] = {14, 14, 0, 1, 14, 14};
    static const uint8_t it_next[6] = {0, 0x0C, 0x18, 0, 0, 0};
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(block->insns[i].cond, cond[i]);
        assert_int_equal(block->insns[i].it_next, it_next[i]);
    }
    assert_false(block->insns[2].t.writes & FLAGS);
    assert_true(block->insns[2].t.flags & MOTE_INSN_CONDITIONAL);
    assert_true(block->insns[4].t.writes & FLAGS);
    /* Entered in the middle of the IT block, as after an interrupt: another block. */
    const struct arm_block *middle = arm_block_at(b->cpu, CODE + 6, 0x18);
    assert_int_equal(middle->count, 3);
    assert_int_equal(middle->insns[0].cond, 1);
    assert_int_equal(arm_block_at(b->cpu, CODE + 6, 0)->insns[0].cond, 14);
    arm_bench_free(b);
}

static void test_block_ends(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    ARM_CODE(b, CODE, T_NOP, T_CPSID_I, T_NOP, T_SVC(0), T_BNE(4), T_NOP);
    const struct arm_block *block = arm_block_at(b->cpu, CODE, 0);
    assert_int_equal(block->count, 1); /* before a system instruction */
    block = arm_block_at(b->cpu, CODE + 2, 0);
    assert_int_equal(block->count, 1); /* and after it */
    assert_false(block->engine);
    assert_int_equal(arm_block_at(b->cpu, CODE + 8, 0)->count, 1); /* after a branch */
    for (uint32_t i = 0; i < 200; i++) {
        ARM_CODE(b, CODE + 0x100 + 2 * i, T_NOP);
    }
    block = arm_block_at(b->cpu, CODE + 0x100, 0);
    assert_int_equal(block->count, ARM_BLOCK_MAX);
    ARM_CODE(b, CODE + 0x3FC, T_NOP, 0xF000, 0xF800, T_NOP);
    block = arm_block_at(b->cpu, CODE + 0x3FC, 0);
    assert_int_equal(block->end, CODE + 0x402); /* a wide instruction across the KiB is whole */
    /* Nothing to fetch. */
    block = arm_block_at(b->cpu, 0x60000000, 0);
    assert_int_equal(block->count, 1);
    b->cpu->pc = 0x60000000;
    assert_int_equal(block->insns[0].exec(b->cpu, &block->insns[0]), ARM_RAISED);
    assert_int_equal(b->cpu->fault, ARM_FAULT_IBUSERR);
    arm_bench_free(b);
}

static void test_changed_code(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    ARM_CODE(b, RAM, T_MOVS(0, 1), T_BX_LR);
    struct arm_block *block = arm_block_at(b->cpu, RAM, 0);
    uint32_t version = block->version;
    assert_true(arm_is_code_page(arm_code_pages(b->cpu->blocks), RAM));
    assert_false(arm_is_code_page(arm_code_pages(b->cpu->blocks), RAM + 0x400));
    /* A store beside the code changes nothing. */
    assert_int_equal(arm_store(b->cpu, RAM + 8, 4, 0x12345678), ARM_OK);
    assert_false(block->stale);
    /* A store of the same value is looked at, and the block stays. */
    assert_int_equal(arm_store(b->cpu, RAM, 2, T_MOVS(0, 1)), ARM_OK);
    assert_true(block->stale);
    assert_ptr_equal(arm_block_at(b->cpu, RAM, 0), block);
    assert_int_equal(block->version, version);
    /* New code by the core, then by another bus master. */
    assert_int_equal(arm_store(b->cpu, RAM, 2, T_MOVS(0, 2)), ARM_OK);
    assert_int_equal(arm_block_at(b->cpu, RAM, 0)->insns[0].imm, 2);
    assert_int_equal(block->version, version + 1);
    ARM_CODE(b, RAM, T_MOVS(0, 3));
    assert_int_equal(arm_block_at(b->cpu, RAM, 0)->insns[0].imm, 3);
    arm_bench_free(b);
}

static void add_pc(void *user, struct arm_block *block)
{
    uint32_t *last = user;
    assert_true(block->pc >= *last);
    *last = block->pc;
}

static void test_visit_in_order(void **state)
{
    (void)state;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    uint64_t random = 5;
    for (uint32_t i = 0; i < 1000; i++) {
        arm_block_at(b->cpu, next_random(&random) % 0x20000u & ~1u, 0);
    }
    uint32_t last = 0;
    arm_blocks_visit(b->cpu->blocks, add_pc, &last);
    assert_true(last > 0x10000);
    arm_bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_overlap),     cmocka_unit_test(test_known_encodings),
        cmocka_unit_test(test_armv6m),         cmocka_unit_test(test_it_is_resolved),
        cmocka_unit_test(test_block_ends),     cmocka_unit_test(test_changed_code),
        cmocka_unit_test(test_visit_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
