/* Computations of I and M: cores/isa/rv/i.c, m.c. */
#include "lower.h"

static void swap(struct rv_operand *a, struct rv_operand *b)
{
    struct rv_operand first = *a;
    *a = *b;
    *b = first;
}

/* ---- add, sub, and, or, xor -------------------------------------------------------------------
 */

/* One instruction with three operands. */
static bool add_by_lea(struct rv_build *t, unsigned to, const struct rv_operand *a,
                       const struct rv_operand *b)
{
    if (to == X86_RDI || !rv_in_reg(a) || rv_is(a, to) || rv_is(b, to))
        return false;
    if (b->is_imm)
        x86_lea(t->e, to, x86_base(a->place.reg, (int32_t)b->imm));
    else if (b->place.kind == X86_IN_REG)
        x86_lea(t->e, to, x86_index(a->place.reg, b->place.reg, 0, 0));
    else
        return false;
    return true;
}

static void subtract(struct rv_build *t, unsigned to, const struct rv_operand *a,
                     const struct rv_operand *b)
{
    if (rv_is(b, to) && !rv_is(a, to)) {
        x86_neg(t->e, to);
        rv_alu(t, X86_ADD, to, a);
    } else {
        rv_load(t, to, a);
        rv_alu(t, X86_SUB, to, b);
    }
}

/* `op` is the host's. */
bool rv_lower_arithmetic(struct rv_build *t, uint32_t op)
{
    const struct riscv_insn *insn = t->insn;
    if (insn->rd == 0)
        return true;
    struct rv_operand a = rv_source(t, insn->rs1), b = rv_second(t);
    unsigned to = rv_result(t);
    if (op == X86_SUB) {
        subtract(t, to, &a, &b);
        rv_put(t, to);
        return true;
    }
    if (a.is_imm)
        swap(&a, &b);
    bool moves = b.is_imm && b.imm == 0 && op != X86_AND;
    if (a.is_imm && moves) {
        x86_store_imm(t->e, rv_guest(t, insn->rd), a.imm);
        return true;
    }
    if (b.is_imm && insn->rd == insn->rs1) {
        if (!moves)
            x86_alu_imm(t->e, (enum x86_alu)op, rv_guest(t, insn->rd), b.imm);
        return true;
    }
    if (!moves && op == X86_ADD && add_by_lea(t, to, &a, &b))
        return true;
    if (rv_is(&b, to))
        swap(&a, &b);
    rv_load(t, to, &a);
    if (!moves)
        rv_alu(t, (enum x86_alu)op, to, &b);
    rv_put(t, to);
    return true;
}

/* ---- shifts and rotations: `op` is the host's -------------------------------------------------
 */

bool rv_lower_shift(struct rv_build *t, uint32_t op)
{
    if (t->insn->rd == 0)
        return true;
    struct rv_operand a = rv_source(t, t->insn->rs1), b = rv_second(t);
    unsigned to = rv_result(t);
    if (!b.is_imm)
        x86_load(t->e, X86_RCX, b.place);
    rv_load(t, to, &a);
    if (!b.is_imm)
        x86_shift_cl(t->e, (enum x86_shift)op, to);
    else if (b.imm & 31)
        x86_shift_imm(t->e, (enum x86_shift)op, to, b.imm & 31);
    rv_put(t, to);
    return true;
}

/* ---- slt, constants ---------------------------------------------------------------------------
 */

bool rv_lower_set(struct rv_build *t, uint32_t op)
{
    enum { DL = 2 };
    if (t->insn->rd == 0)
        return true;
    struct rv_operand a = rv_source(t, t->insn->rs1), b = rv_second(t);
    enum x86_cond less = op == RV_SET_SIGNED ? X86_L : X86_B;
    if (a.is_imm && b.is_imm) {
        bool set = op == RV_SET_SIGNED ? (int32_t)b.imm > 0 : b.imm > 0;
        x86_store_imm(t->e, rv_guest(t, t->insn->rd), set);
        return true;
    }
    enum x86_cond cond = rv_compare(t, &a, &b, less);
    x86_setcc8(t->e, cond, DL);
    unsigned to = rv_result(t);
    x86_load_extended(t->e, to, x86_reg(X86_RDX), 1, false);
    rv_put(t, to);
    return true;
}

/* auipc */
bool rv_lower_constant(struct rv_build *t, uint32_t op)
{
    (void)op;
    if (t->insn->rd != 0)
        x86_store_imm(t->e, rv_guest(t, t->insn->rd), t->pc + t->insn->imm);
    return true;
}

/* ---- M ----------------------------------------------------------------------------------------
 */

static void load_wide(struct rv_build *t, unsigned host, const struct rv_operand *from,
                      bool is_signed)
{
    if (from->is_imm || !is_signed)
        rv_load(t, host, from); /* x0 */
    else
        x86_load_signed64(t->e, host, from->place);
}

bool rv_lower_multiply(struct rv_build *t, uint32_t op)
{
    if (t->insn->rd == 0)
        return true;
    struct rv_operand a = rv_source(t, t->insn->rs1), b = rv_source(t, t->insn->rs2);
    if (op == RV_MUL) {
        unsigned to = rv_result(t);
        if (b.is_imm || rv_is(&b, to))
            swap(&a, &b);
        rv_load(t, to, &a);
        if (!b.is_imm)
            x86_imul(t->e, to, b.place);
        else
            x86_imm(t->e, to, 0);
        rv_put(t, to);
        return true;
    }
    load_wide(t, X86_RCX, &a, op != RV_MULHU);
    load_wide(t, X86_RDX, &b, op == RV_MULH);
    x86_imul64(t->e, X86_RCX, x86_reg(X86_RDX));
    x86_shift64_imm(t->e, X86_SHR, X86_RCX, 32);
    rv_put(t, X86_RCX);
    return true;
}

/* Division by 0 gives all ones and the dividend; 64 bits, so that nothing overflows. */
bool rv_lower_divide(struct rv_build *t, uint32_t op)
{
    struct x86_emit *e = t->e;
    bool is_signed = op == RV_DIV || op == RV_REM, remainder = op == RV_REM || op == RV_REMU;
    if (t->insn->rd == 0)
        return true;
    struct rv_operand a = rv_source(t, t->insn->rs1), b = rv_source(t, t->insn->rs2);
    load_wide(t, X86_RCX, &b, is_signed);
    if (remainder)
        rv_load(t, X86_RDI, &a);
    else
        x86_imm(e, X86_RDI, ~0u);
    x86_test(e, X86_RCX, x86_reg(X86_RCX));
    uint8_t *by_zero = x86_jump_if(e, X86_E);
    x86_movd_to_xmm(e, 0, x86_reg(X86_RAX));
    load_wide(t, X86_RAX, &a, is_signed);
    if (is_signed) {
        x86_idiv64(e, X86_RCX);
    } else {
        x86_imm(e, X86_RDX, 0);
        x86_div(e, X86_RCX);
    }
    x86_load(e, X86_RDI, x86_reg(remainder ? X86_RDX : X86_RAX));
    x86_movd_from_xmm(e, x86_reg(X86_RAX), 0);
    x86_land(e, by_zero);
    rv_put(t, X86_RDI);
    return true;
}
