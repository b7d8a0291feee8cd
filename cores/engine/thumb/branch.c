/* Branches: cores/isa/thumb/branch.c. */
#include "lower.h"

static const uint32_t row_bx = 0x4700, row_blx = 0x4780, row_cbz = 0xB100, row_cbnz = 0xB900,
                      row_table = 0xE8D0F000u;

/* The target in ecx must be a plain Thumb address; the interpreter knows what others mean. */
static void go_to_register(struct thumb_build *t, bool links)
{
    const struct arm_insn *insn = t->insn;
    x86_load(t->e, X86_RCX, guest(t, insn->rm));
    x86_test_imm8(t->e, x86_reg(X86_RCX), 1);
    native_leave_inside_if(t->b, X86_E, t->index);
    x86_alu_imm(t->e, X86_CMP, x86_reg(X86_RCX), 0xF0000000u);
    native_leave_inside_if(t->b, X86_AE, t->index);
    if (links)
        x86_store_imm(t->e, guest(t, LR), (t->pc + 2) | 1);
    native_indirect(t->b);
}

/* TBB, TBH. */
static void table_branch(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    struct native_access access = {.base = guest(t, insn->rn == PC ? insn->rm : insn->rn),
                                   .bytes = insn->form ? 2 : 1,
                                   .has_index = insn->rn != PC,
                                   .index = guest(t, insn->rm),
                                   .shift = insn->form};
    if (insn->rn == PC) {
        /* pc + (rm << form): the index alone, shifted; without a base register. */
        x86_load(t->e, X86_RDI, guest(t, insn->rm));
        if (insn->form)
            x86_shift_imm(t->e, X86_SHL, X86_RDI, insn->form);
        access.base = x86_reg(X86_RDI);
        access.imm = t->pc + 4;
    }
    struct x86_place from = thumb_access(t, &access);
    x86_load_extended(t->e, X86_RCX, from, access.bytes, false);
    x86_lea(t->e, X86_RCX, x86_index(X86_RCX, X86_RCX, 0, (int32_t)(t->pc + 4)));
    native_indirect(t->b);
}

static void direct(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    if (insn->t.flags & MOTE_INSN_LINK)
        x86_store_imm(t->e, guest(t, LR), (t->pc + 4) | 1);
    native_edge(t->b, t->pc + 4 + insn->imm);
}

/* B<c> is not conditional to the caller: its own condition is tested here. */
bool thumb_lower_branch(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    uint32_t match = insn->row->match;
    t->ended = true;
    if (match == row_bx || match == row_blx) {
        if (insn->rm == PC)
            native_leave_inside(t->b, t->index);
        else
            go_to_register(t, match == row_blx);
    } else if (match == row_table) {
        table_branch(t);
    } else if (match == row_cbz || match == row_cbnz) {
        x86_alu_imm(t->e, X86_CMP, guest(t, insn->rn), 0);
        native_edge_if(t->b, match == row_cbz ? X86_E : X86_NE, t->pc + 4 + insn->imm);
        native_edge(t->b, t->pc + 2);
    } else if (insn->t.cls == MOTE_CLASS_BRANCH_COND) {
        enum x86_cond cond = thumb_condition(t, insn->cond);
        native_edge_if(t->b, cond, t->pc + 4 + insn->imm);
        native_edge(t->b, t->pc + insn->t.bytes);
    } else {
        direct(t);
    }
    return true;
}
