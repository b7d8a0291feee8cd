/* Control transfer: cores/isa/rv/i.c and its compressed forms. */
#include "lower.h"

/* The condition that holds for b and a when `cond` holds for a and b. */
static enum x86_cond mirrored(enum x86_cond cond)
{
    switch (cond) {
    case X86_L:
        return X86_G;
    case X86_GE:
        return X86_LE;
    case X86_B:
        return X86_A;
    case X86_AE:
        return X86_BE;
    default:
        return cond; /* equality */
    }
}

enum x86_cond rv_compare(struct rv_build *t, const struct rv_operand *a, const struct rv_operand *b,
                         enum x86_cond cond)
{
    if (a->is_imm && !b->is_imm)
        return rv_compare(t, b, a, mirrored(cond));
    if (b->is_imm && !a->is_imm) {
        if (b->imm == 0 && rv_in_reg(a))
            x86_test(t->e, a->place.reg, a->place);
        else
            x86_alu_imm(t->e, X86_CMP, a->place, b->imm);
        return cond;
    }
    unsigned host = rv_in_reg(a) ? a->place.reg : (unsigned)X86_RDI;
    if (host == X86_RDI)
        rv_load(t, host, a);
    rv_alu(t, X86_CMP, host, b);
    return cond;
}

/* A target that is not aligned raises an exception when it is branched to. */
static bool is_misaligned(const struct rv_build *t, uint32_t target)
{
    return (target & 2) && !(t->cpu->features & RISCV_HAS_C);
}

/* `op` is the host's condition. */
bool rv_lower_branch(struct rv_build *t, uint32_t op)
{
    const struct riscv_insn *insn = t->insn;
    uint32_t target = t->pc + insn->imm;
    struct rv_operand a = rv_source(t, insn->rs1), b = rv_source(t, insn->rs2);
    t->ended = true;
    if (is_misaligned(t, target)) {
        native_leave_inside(t->b, t->index);
        return true;
    }
    native_edge_if(t->b, rv_compare(t, &a, &b, (enum x86_cond)op), target);
    native_edge(t->b, t->pc + insn->t.bytes);
    return true;
}

static void link(struct rv_build *t)
{
    if (t->insn->rd != 0)
        x86_store_imm(t->e, rv_guest(t, t->insn->rd), t->pc + t->insn->t.bytes);
}

static void jump_to_register(struct rv_build *t)
{
    const struct riscv_insn *insn = t->insn;
    struct rv_operand base = rv_source(t, insn->rs1);
    if (rv_in_reg(&base)) {
        x86_lea(t->e, X86_RCX, x86_base(base.place.reg, (int32_t)insn->imm));
    } else {
        rv_load(t, X86_RCX, &base);
        if (insn->imm != 0)
            x86_alu_imm(t->e, X86_ADD, x86_reg(X86_RCX), insn->imm);
    }
    if (!(t->cpu->features & RISCV_HAS_C)) {
        x86_test_imm8(t->e, x86_reg(X86_RCX), 2);
        native_leave_inside_if(t->b, X86_NE, t->index);
    }
    link(t);
    native_indirect(t->b);
}

bool rv_lower_jump(struct rv_build *t, uint32_t op)
{
    uint32_t target = t->pc + t->insn->imm;
    t->ended = true;
    if (op == RV_JALR) {
        jump_to_register(t);
    } else if (is_misaligned(t, target)) {
        native_leave_inside(t->b, t->index);
    } else {
        link(t);
        native_edge(t->b, target);
    }
    return true;
}
