/* Zba, Zbb, Zbs, Zicond: cores/isa/rv/zba.c, zbb.c, zbs.c, zicond.c. */
#include "lower.h"

static void shift_add(struct rv_build *t, unsigned amount, const struct rv_operand *a,
                      const struct rv_operand *b)
{
    unsigned to = rv_result(t);
    if (rv_in_reg(a) && rv_in_reg(b)) {
        x86_lea(t->e, to, x86_index(b->place.reg, a->place.reg, amount, 0));
    } else {
        rv_load(t, X86_RCX, a);
        x86_shift_imm(t->e, X86_SHL, X86_RCX, amount);
        rv_alu(t, X86_ADD, X86_RCX, b);
        to = X86_RCX;
    }
    rv_put(t, to);
}

/* With the complement of b. */
static void logic_not(struct rv_build *t, enum x86_alu op, const struct rv_operand *a,
                      const struct rv_operand *b)
{
    unsigned to = rv_result(t);
    rv_load(t, X86_RCX, b);
    x86_not(t->e, X86_RCX);
    rv_load(t, to, a);
    x86_alu(t->e, op, to, x86_reg(X86_RCX));
    rv_put(t, to);
}

/* The host's scans leave their result undefined for 0, and say so. */
static void count_zeros(struct rv_build *t, bool leading, const struct rv_operand *a)
{
    struct x86_emit *e = t->e;
    rv_load(t, X86_RCX, a);
    if (leading)
        x86_bsr(e, X86_RCX, x86_reg(X86_RCX));
    else
        x86_bsf(e, X86_RCX, x86_reg(X86_RCX));
    x86_imm(e, X86_RDI, leading ? 63 : 32);
    x86_cmov(e, X86_E, X86_RCX, x86_reg(X86_RDI));
    if (leading)
        x86_alu_imm(e, X86_XOR, x86_reg(X86_RCX), 31);
    rv_put(t, X86_RCX);
}

static bool count_ones(struct rv_build *t, const struct rv_operand *a)
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("popcnt"))
        return false;
#endif
    rv_load(t, X86_RCX, a);
    x86_popcnt(t->e, X86_RCX, x86_reg(X86_RCX));
    rv_put(t, X86_RCX);
    return true;
}

/* a, but b when `cond` holds for a compared with b. */
static void choose(struct rv_build *t, enum x86_cond cond, const struct rv_operand *a,
                   const struct rv_operand *b)
{
    rv_load(t, X86_RCX, a);
    rv_load(t, X86_RDX, b);
    x86_alu(t->e, X86_CMP, X86_RCX, x86_reg(X86_RDX));
    x86_cmov(t->e, cond, X86_RCX, x86_reg(X86_RDX));
    rv_put(t, X86_RCX);
}

static void extend(struct rv_build *t, unsigned bytes, bool is_signed, const struct rv_operand *a)
{
    unsigned to = rv_result(t);
    if (a->is_imm)
        x86_imm(t->e, to, 0);
    else
        x86_load_extended(t->e, to, a->place, bytes, is_signed);
    rv_put(t, to);
}

/* Each byte that is not 0 becomes 0xFF. */
static void or_combine(struct rv_build *t, const struct rv_operand *a)
{
    struct x86_emit *e = t->e;
    rv_load(t, X86_RCX, a);
    x86_load(e, X86_RDX, x86_reg(X86_RCX));
    x86_alu_imm(e, X86_AND, x86_reg(X86_RDX), 0x7F7F7F7F);
    x86_alu_imm(e, X86_ADD, x86_reg(X86_RDX), 0x7F7F7F7F);
    x86_alu(e, X86_OR, X86_RCX, x86_reg(X86_RDX));
    x86_shift_imm(e, X86_SHR, X86_RCX, 7);
    x86_alu_imm(e, X86_AND, x86_reg(X86_RCX), 0x01010101);
    x86_imul_imm(e, X86_RCX, x86_reg(X86_RCX), 0xFF);
    rv_put(t, X86_RCX);
}

static void reverse(struct rv_build *t, const struct rv_operand *a)
{
    unsigned to = rv_result(t);
    rv_load(t, to, a);
    x86_bswap(t->e, to);
    rv_put(t, to);
}

/* One bit of a, by its number in b. */
static void single_bit(struct rv_build *t, enum rv_bits_op op, const struct rv_operand *a,
                       const struct rv_operand *b)
{
    struct x86_emit *e = t->e;
    unsigned to = rv_result(t);
    uint32_t bit = 1u << (b->imm & 31);
    if (!b->is_imm)
        x86_load(e, X86_RCX, b->place);
    rv_load(t, to, a);
    if (op == RV_BEXT) {
        if (b->is_imm)
            x86_shift_imm(e, X86_SHR, to, b->imm & 31);
        else
            x86_shift_cl(e, X86_SHR, to);
        x86_alu_imm(e, X86_AND, x86_reg(to), 1);
    } else if (!b->is_imm) {
        x86_bit_change(e, op == RV_BSET ? X86_BTS : op == RV_BCLR ? X86_BTR : X86_BTC, to, X86_RCX);
    } else if (op == RV_BCLR) {
        x86_alu_imm(e, X86_AND, x86_reg(to), ~bit);
    } else {
        x86_alu_imm(e, op == RV_BSET ? X86_OR : X86_XOR, x86_reg(to), bit);
    }
    rv_put(t, to);
}

/* a, but 0 when b is 0, or when it is not. */
static void zero_if(struct rv_build *t, enum x86_cond cond, const struct rv_operand *a,
                    const struct rv_operand *b)
{
    rv_load(t, X86_RDI, b);
    rv_load(t, X86_RCX, a);
    x86_imm(t->e, X86_RDX, 0);
    x86_test(t->e, X86_RDI, x86_reg(X86_RDI));
    x86_cmov(t->e, cond, X86_RCX, x86_reg(X86_RDX));
    rv_put(t, X86_RCX);
}

bool rv_lower_bits(struct rv_build *t, uint32_t op)
{
    if (t->insn->rd == 0)
        return true;
    struct rv_operand a = rv_source(t, t->insn->rs1), b = rv_second(t);
    switch ((enum rv_bits_op)op) {
    case RV_SH1ADD:
    case RV_SH2ADD:
    case RV_SH3ADD:
        shift_add(t, op, &a, &b);
        return true;
    case RV_ANDN:
    case RV_ORN:
    case RV_XNOR:
        logic_not(t, op == RV_ANDN ? X86_AND : op == RV_ORN ? X86_OR : X86_XOR, &a, &b);
        return true;
    case RV_CLZ:
    case RV_CTZ:
        count_zeros(t, op == RV_CLZ, &a);
        return true;
    case RV_CPOP:
        return count_ones(t, &a);
    case RV_MAX:
        choose(t, X86_L, &a, &b);
        return true;
    case RV_MAXU:
        choose(t, X86_B, &a, &b);
        return true;
    case RV_MIN:
        choose(t, X86_G, &a, &b);
        return true;
    case RV_MINU:
        choose(t, X86_A, &a, &b);
        return true;
    case RV_SEXT_B:
    case RV_SEXT_H:
    case RV_ZEXT_H:
        extend(t, op == RV_SEXT_B ? 1 : 2, op != RV_ZEXT_H, &a);
        return true;
    case RV_ORC_B:
        or_combine(t, &a);
        return true;
    case RV_REV8:
        reverse(t, &a);
        return true;
    case RV_BCLR:
    case RV_BEXT:
    case RV_BINV:
    case RV_BSET:
        single_bit(t, (enum rv_bits_op)op, &a, &b);
        return true;
    case RV_CZERO_EQZ:
    case RV_CZERO_NEZ:
        zero_if(t, op == RV_CZERO_EQZ ? X86_E : X86_NE, &a, &b);
        return true;
    }
    return false;
}
