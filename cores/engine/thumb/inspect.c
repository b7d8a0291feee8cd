/* Static properties of a block: its needs, and whether Unicorn may run it. */
#include "guest.h"

static bool is_memory(const struct mote_insn *t)
{
    return (t->cls >= MOTE_CLASS_LOAD && t->cls <= MOTE_CLASS_STORE_MULTI) ||
           t->cls == MOTE_CLASS_FP_LOAD || t->cls == MOTE_CLASS_FP_STORE;
}

static bool is_store(const struct mote_insn *t)
{
    return t->cls == MOTE_CLASS_STORE || t->cls == MOTE_CLASS_STORE_MULTI ||
           t->cls == MOTE_CLASS_FP_STORE;
}

/* Accesses that fault when not word-aligned, whatever CCR says. */
static bool must_be_aligned(const struct mote_insn *t)
{
    return t->cls == MOTE_CLASS_LOAD_MULTI || t->cls == MOTE_CLASS_STORE_MULTI ||
           t->cls == MOTE_CLASS_FP_LOAD || t->cls == MOTE_CLASS_FP_STORE;
}

static const uint64_t sp = 1u << 13, core_registers = 0x7FFF;

/* SP stays word-aligned on an M-profile core whatever is written; Unicorn's does not. */
static bool may_unalign_sp(const struct arm_insn *insn)
{
    const struct mote_insn *t = &insn->t;
    if (!(t->writes & sp))
        return false;
    if (is_memory(t))
        return !(t->flags & MOTE_INSN_WRITEBACK) || !(t->address_reads & sp) || (insn->imm & 3);
    return t->cls != MOTE_CLASS_ALU || (t->reads & core_registers) != sp || (insn->imm & 3);
}

/* Two accesses by the same expression, between which its base is loaded or set anew: when one of
 * them faults, registers alone do not tell which. */
static bool is_ambiguous(const struct arm_block *block, uint32_t first, uint32_t second)
{
    const struct arm_insn *a = &block->insns[first], *b = &block->insns[second];
    if (!is_memory(&b->t) || is_store(&a->t) != is_store(&b->t) || a->rn != b->rn ||
        a->rm != b->rm || a->imm != b->imm || a->shift_amount != b->shift_amount ||
        a->t.address_reads != b->t.address_reads)
        return false;
    for (uint32_t i = first; i < second; i++) {
        const struct mote_insn *t = &block->insns[i].t;
        uint64_t changed = t->writes & a->t.address_reads;
        if (changed && is_memory(t) && (t->flags & MOTE_INSN_WRITEBACK))
            changed &= ~t->address_reads;
        if (changed && (is_memory(t) || !(t->reads & changed)))
            return true;
    }
    return false;
}

static bool add_guard(struct thumb_learned *l, uint64_t base)
{
    uint8_t number = (uint8_t)__builtin_ctzll(base);
    for (uint32_t i = 0; i < l->guard_count; i++)
        if (l->guard[i] == number)
            return true;
    if (l->guard_count == THUMB_MAX_GUARDS)
        return false;
    l->guard[l->guard_count++] = number;
    return true;
}

static uint32_t needs_of(const struct mote_insn *t)
{
    if (t->cls >= MOTE_CLASS_FP_ALU && t->cls <= MOTE_CLASS_FP_STORE)
        return THUMB_NEEDS_FP;
    if (t->cls == MOTE_CLASS_DIV)
        return THUMB_NEEDS_DIVIDE;
    return is_memory(t) ? THUMB_NEEDS_UNALIGNED : 0;
}

void thumb_inspect(struct learned *learned)
{
    struct thumb_learned *l = thumb_of(learned);
    const struct arm_block *block = learned->block;
    uint64_t changed = 0; /* registers that no longer hold a multiple of 4 for sure */
    learned->pc = block->pc;
    learned->bytes = block->end - block->pc;
    learned->count = block->count;
    learned->needs = 0;
    l->guard_count = 0;
    learned->never = !block->engine || block->itstate != 0;
    l->host = !learned->never && block->insns[block->count - 1].it_next == 0;
    for (uint32_t i = 0; i < block->count && l->host; i++) {
        const struct arm_insn *insn = &block->insns[i];
        const struct mote_insn *t = &insn->t;
        uint64_t base = t->address_reads & core_registers;
        learned->needs |= needs_of(t);
        if (may_unalign_sp(insn))
            l->host = false;
        if (must_be_aligned(t) && base != sp && !(t->flags & MOTE_INSN_LITERAL)) {
            if ((base & changed) || (base & (base - 1)) || base == 0 || !add_guard(l, base))
                l->host = false;
            changed |= t->writes & ~base;
        } else {
            changed |= t->writes;
        }
        for (uint32_t j = i + 1; j < block->count && l->host && is_memory(t); j++)
            if (is_ambiguous(block, i, j))
                l->host = false;
    }
    if (l->guard_count)
        learned->needs |= THUMB_NEEDS_SLOW_LOOK;
}
