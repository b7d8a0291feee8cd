/* A on the one hart that there is: cores/isa/rv/a.c. */
#include "lower.h"

static struct x86_place field(size_t offset)
{
    return x86_base(X86_RBP, (int32_t)offset);
}

static struct x86_place word_access(struct rv_build *t, bool store)
{
    const struct native_access access = {
        .base = rv_guest(t, t->insn->rs1), .bytes = 4, .store = store, .align_mask = 3};
    return native_access(t->b, &access, t->index, t->learned->guess[t->index]);
}

static void load_reserved(struct rv_build *t)
{
    struct x86_emit *e = t->e;
    struct x86_place from = word_access(t, false);
    x86_load(e, X86_RDI, from);
    x86_load(e, X86_RDX, rv_guest(t, t->insn->rs1)); /* whose upper half becomes 0 */
    x86_store(e, field(offsetof(struct riscv_cpu, reservation)), X86_RDX, 8);
    x86_store_imm8(e, field(offsetof(struct riscv_cpu, reserved)), true);
    if (t->insn->rd != 0)
        rv_put(t, X86_RDI);
}

/* Checked as a store even where it then fails. */
static void store_conditional(struct rv_build *t)
{
    struct x86_emit *e = t->e;
    struct rv_operand value = rv_source(t, t->insn->rs2);
    struct x86_place to = word_access(t, true);
    x86_load(e, X86_RDI, rv_guest(t, t->insn->rs1));
    x86_alu64(e, X86_CMP, X86_RDI, field(offsetof(struct riscv_cpu, reservation)));
    x86_imm(e, X86_RDI, 1);
    uint8_t *elsewhere = x86_jump_if(e, X86_NE);
    x86_test_imm8(e, field(offsetof(struct riscv_cpu, reserved)), 1);
    uint8_t *lost = x86_jump_if(e, X86_E);
    rv_load(t, X86_RDI, &value);
    x86_store(e, to, X86_RDI, 4);
    x86_imm(e, X86_RDI, 0);
    x86_land(e, elsewhere);
    x86_land(e, lost);
    x86_store_imm8(e, field(offsetof(struct riscv_cpu, reserved)), false);
    if (t->insn->rd != 0)
        rv_put(t, X86_RDI);
}

/* edi holds the old value and gets the new one. */
static void combine(struct rv_build *t, enum rv_atomic_op op, const struct rv_operand *b)
{
    static const uint8_t alu[] = {
        [RV_AMOADD] = X86_ADD, [RV_AMOXOR] = X86_XOR, [RV_AMOAND] = X86_AND, [RV_AMOOR] = X86_OR};
    static const uint8_t gives_way[] = {
        [RV_AMOMIN] = X86_G, [RV_AMOMAX] = X86_L, [RV_AMOMINU] = X86_A, [RV_AMOMAXU] = X86_B};
    if (op == RV_AMOSWAP) {
        rv_load(t, X86_RDI, b);
    } else if (op < RV_AMOMIN) {
        rv_alu(t, (enum x86_alu)alu[op], X86_RDI, b);
    } else {
        x86_alu(t->e, X86_CMP, X86_RDI, b->place);
        x86_cmov(t->e, (enum x86_cond)gives_way[op], X86_RDI, b->place);
    }
}

bool rv_lower_atomic(struct rv_build *t, uint32_t op)
{
    const struct riscv_insn *insn = t->insn;
    struct rv_operand b = rv_source(t, insn->rs2);
    if (insn->rs1 == 0 || (op >= RV_AMOMIN && b.is_imm))
        return false;
    if (op == RV_LR) {
        load_reserved(t);
        return true;
    }
    if (op == RV_SC) {
        store_conditional(t);
        return true;
    }
    struct x86_place place = word_access(t, true);
    x86_load(t->e, X86_RDI, place);
    combine(t, (enum rv_atomic_op)op, &b);
    if (insn->rd != 0 && rv_guest(t, insn->rd).kind == X86_IN_REG) {
        x86_load(t->e, rv_guest(t, insn->rd).reg, place);
        x86_store(t->e, place, X86_RDI, 4);
        return true;
    }
    x86_movd_to_xmm(t->e, 0, place);
    x86_store(t->e, place, X86_RDI, 4);
    if (insn->rd != 0)
        x86_movd_from_xmm(t->e, rv_guest(t, insn->rd), 0);
    return true;
}
