/* Compressed loads and stores of floating-point registers: C with F (RV32 only) and with D. */
#include "_fp.h"

static uint32_t bit(uint32_t raw, unsigned from, unsigned to)
{
    return (raw >> from & 1) << to;
}

static bool operands(struct riscv_insn *insn, uint32_t data, uint32_t base, uint32_t imm,
                     bool store)
{
    insn->rd = (uint8_t)(store ? 0 : data);
    insn->rs2 = (uint8_t)(store ? data : 0);
    insn->rs1 = (uint8_t)base;
    insn->imm = imm;
    rv_set_f_memory(insn, !(insn->raw >> 14 & 1), store);
    return true;
}

/* By x8 to x15, of f8 to f15; bit 15 tells a store. */
static bool by_register(uint32_t raw, struct riscv_insn *insn, uint32_t imm)
{
    return operands(insn, 8 + rv_bits(raw, 4, 2), 8 + rv_bits(raw, 9, 7), imm, raw >> 15);
}

static bool word(uint32_t raw, struct riscv_insn *insn)
{
    return by_register(raw, insn, rv_bits(raw, 12, 10) << 3 | bit(raw, 6, 2) | bit(raw, 5, 6));
}

static bool doubleword(uint32_t raw, struct riscv_insn *insn)
{
    return by_register(raw, insn, rv_bits(raw, 12, 10) << 3 | rv_bits(raw, 6, 5) << 6);
}

static bool load_word_sp(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t imm = bit(raw, 12, 5) | rv_bits(raw, 6, 4) << 2 | rv_bits(raw, 3, 2) << 6;
    return operands(insn, rv_bits(raw, 11, 7), 2, imm, false);
}

static bool load_doubleword_sp(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t imm = bit(raw, 12, 5) | rv_bits(raw, 6, 5) << 3 | rv_bits(raw, 4, 2) << 6;
    return operands(insn, rv_bits(raw, 11, 7), 2, imm, false);
}

static bool store_word_sp(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t imm = rv_bits(raw, 12, 9) << 2 | rv_bits(raw, 8, 7) << 6;
    return operands(insn, rv_bits(raw, 6, 2), 2, imm, true);
}

static bool store_doubleword_sp(uint32_t raw, struct riscv_insn *insn)
{
    uint32_t imm = rv_bits(raw, 12, 10) << 3 | rv_bits(raw, 9, 7) << 6;
    return operands(insn, rv_bits(raw, 6, 2), 2, imm, true);
}

#define CF    (RISCV_HAS_C | RISCV_HAS_F)
#define CD    (RISCV_HAS_C | RISCV_HAS_D)
#define LOAD  MOTE_CLASS_FP_LOAD
#define STORE MOTE_CLASS_FP_STORE

static const struct riscv_row rows[] = {
    {0xE003, 0x6000, CF, LOAD, "c.flw %D, %i(%s)", word, rv_fload_s, NULL},
    {0xE003, 0xE000, CF, STORE, "c.fsw %T, %i(%s)", word, rv_fstore_s, NULL},
    {0xE003, 0x6002, CF, LOAD, "c.flwsp %D, %i(%s)", load_word_sp, rv_fload_s, NULL},
    {0xE003, 0xE002, CF, STORE, "c.fswsp %T, %i(%s)", store_word_sp, rv_fstore_s, NULL},
    {0xE003, 0x2000, CD, LOAD, "c.fld %D, %i(%s)", doubleword, RV_ANY(rv_fload_d)},
    {0xE003, 0xA000, CD, STORE, "c.fsd %T, %i(%s)", doubleword, RV_ANY(rv_fstore_d)},
    {0xE003, 0x2002, CD, LOAD, "c.fldsp %D, %i(%s)", load_doubleword_sp, RV_ANY(rv_fload_d)},
    {0xE003, 0xA002, CD, STORE, "c.fsdsp %T, %i(%s)", store_doubleword_sp, RV_ANY(rv_fstore_d)},
};

RV_TABLE(cf);
