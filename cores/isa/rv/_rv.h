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

/* The address of a load or store. */
static inline uint64_t rv_address(const struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    return (cpu->x[insn->rs1] + (uint64_t)(int32_t)insn->imm) & cpu->xmask;
}

/* A row's last two columns: functions made by RV_OPERATION, and one that serves both XLEN. */
#define RV_BOTH(name) name##_32, name##_64
#define RV_ANY(name)  name, name
#define RV_W(name)    NULL, name##_w

extern riscv_exec RV_BOTH(rv_add), RV_BOTH(rv_sub), RV_BOTH(rv_sll), RV_BOTH(rv_srl),
    RV_BOTH(rv_sra), RV_BOTH(rv_xor), RV_BOTH(rv_or), RV_BOTH(rv_and), RV_BOTH(rv_beq),
    RV_BOTH(rv_bne), RV_BOTH(rv_mul), RV_BOTH(rv_sext_b), RV_BOTH(rv_sext_h), RV_BOTH(rv_zext_h);
extern riscv_exec rv_add_w, rv_sub_w, rv_sll_w, rv_srl_w, rv_sra_w, rv_mul_w, rv_add_uw;
extern riscv_exec rv_jal, rv_jalr, rv_lb, rv_lh, rv_lw, rv_ld, rv_lbu, rv_lhu, rv_lwu, rv_sb, rv_sh,
    rv_sw, rv_sd;

/* What a function made from an expression sees: the operands a and b, sa and sb as signed numbers;
 * XLEN; word, sword and, twice as wide, dword and sdword. */
#define RV_OPERANDS(width, u, s, du, ds)                                                           \
    enum { XLEN = width };                                                                         \
    typedef u word __attribute__((unused));                                                        \
    typedef s sword __attribute__((unused));                                                       \
    typedef du dword __attribute__((unused));                                                      \
    typedef ds sdword __attribute__((unused));                                                     \
    const word a = (word)cpu->x[insn->rs1];                                                        \
    const word b = (word)cpu->x[insn->rs2] + (word)(sword)(int32_t)insn->imm;                      \
    const sword sa = (sword)a, sb = (sword)b;                                                      \
    (void)a, (void)b, (void)sa, (void)sb
#define RV_OPERANDS_32 RV_OPERANDS(32, uint32_t, int32_t, uint64_t, int64_t)
#define RV_OPERANDS_64 RV_OPERANDS(64, uint64_t, int64_t, unsigned __int128, __int128)

#define RV_RESULT(linkage, name, bits, type, expression)                                           \
    linkage enum riscv_result name(struct riscv_cpu *cpu, const struct riscv_insn *insn)           \
    {                                                                                              \
        RV_OPERANDS_##bits;                                                                        \
        cpu->x[insn->rd] = (uint64_t)(type)(expression);                                           \
        return RISCV_OK;                                                                           \
    }

/* rd = an expression: name_32 and name_64. */
#define RV_OPERATION(linkage, name, expression)                                                    \
    RV_RESULT(linkage, name##_32, 32, word, expression)                                            \
    RV_RESULT(linkage, name##_64, 64, word, expression)
/* Those and name_w, RV64's word instruction: the 32-bit result, sign-extended. */
#define RV_OPERATIONS(linkage, name, expression)                                                   \
    RV_OPERATION(linkage, name, expression)                                                        \
    RV_RESULT(linkage, name##_w, 32, sword, expression)
/* An instruction of RV64 alone. */
#define RV_OPERATION_64(linkage, name, expression) RV_RESULT(linkage, name, 64, word, expression)

#define RV_TABLE(name)                                                                             \
    extern const struct riscv_row_table riscv_rows_rv_##name;                                      \
    const struct riscv_row_table riscv_rows_rv_##name = {rows, sizeof rows / sizeof *rows}

#endif
