/* What the rows of one family need of another: operand decoders and shared exec functions. */
#ifndef CORES_ISA_RV_RV_H
#define CORES_ISA_RV_RV_H

#include "riscv/riscv.h"

static inline uint32_t rv_bits(uint32_t raw, unsigned high, unsigned low)
{
    return raw >> low & ((1u << (high - low + 1)) - 1);
}
static inline uint32_t rv_sign(uint32_t value, unsigned bits)
{
    return (uint32_t)((int32_t)(value << (32 - bits)) >> (32 - bits));
}

/* Operands by format; each also fills t's registers. */
bool rv_decode_r(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_r2(uint32_t raw, struct riscv_insn *insn); /* rd and rs1 only */
bool rv_decode_i(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_shift(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_load(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_store(uint32_t raw, struct riscv_insn *insn);
/* Sets t's registers from rd, rs1 and rs2 as an operation reads and writes them. */
void rv_set_registers(struct riscv_insn *insn);
/* A memory access: words and the address register. */
void rv_set_memory(struct riscv_insn *insn, bool store);
/* Control flow: writes the pc, with the flags given. */
void rv_set_jump(struct riscv_insn *insn, uint32_t flags);
void rv_set_system(struct riscv_insn *insn);

extern riscv_exec rv_add, rv_sub, rv_sll, rv_srl, rv_sra, rv_xor, rv_or, rv_and, rv_jal, rv_jalr,
    rv_beq, rv_bne, rv_lw, rv_lbu, rv_lhu, rv_lh, rv_sb, rv_sh, rv_sw, rv_mul, rv_sext_b, rv_sext_h,
    rv_zext_h;

/* rd = an expression of the operands a and b. */
#define RV_OPERATION(name, expression)                                                             \
    enum riscv_result name(struct riscv_cpu *cpu, const struct riscv_insn *insn)                   \
    {                                                                                              \
        const uint32_t a = cpu->x[insn->rs1], b = cpu->x[insn->rs2] + insn->imm;                   \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
        cpu->x[insn->rd] = (expression);                                                           \
        return RISCV_OK;                                                                           \
    }

#define RV_TABLE(name)                                                                             \
    extern const struct riscv_row_table riscv_rows_rv_##name;                                      \
    const struct riscv_row_table riscv_rows_rv_##name = {rows, sizeof rows / sizeof *rows}

#endif
