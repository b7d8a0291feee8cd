/* Addressing shared by single loads and stores. An exec is one function for each size and form, so
 * that none is decided while executing. */
#ifndef CORES_ISA_THUMB_MEMORY_H
#define CORES_ISA_THUMB_MEMORY_H

#include "_thumb.h"

enum memory_form {
    MEMORY_OFFSET,  /* [rn + imm] */
    MEMORY_PRE,     /* [rn + imm]! */
    MEMORY_POST,    /* [rn], imm */
    MEMORY_INDEX,   /* [rn + (rm << shift_amount)] */
    MEMORY_LITERAL, /* [Align(pc, 4) + imm] */
    MEMORY_FORM_COUNT
};

static inline __attribute__((always_inline)) uint32_t
memory_address(const struct arm_cpu *cpu, const struct arm_insn *insn, enum memory_form form)
{
    switch (form) {
    case MEMORY_POST:
        return cpu->r[insn->rn];
    case MEMORY_INDEX:
        return cpu->r[insn->rn] + (cpu->r[insn->rm] << insn->shift_amount);
    case MEMORY_LITERAL:
        return ((cpu->pc + 4u) & ~3u) + insn->imm;
    default:
        return cpu->r[insn->rn] + insn->imm;
    }
}

/* After the access succeeded. */
static inline __attribute__((always_inline)) void
memory_write_back(struct arm_cpu *cpu, const struct arm_insn *insn, enum memory_form form)
{
    if (form == MEMORY_PRE || form == MEMORY_POST) {
        write_reg(cpu, insn->rn, cpu->r[insn->rn] + insn->imm);
    }
}

/* Masks of the address; call after form, rn and rm are set. */
static inline void memory_finish(struct arm_insn *insn)
{
    insn->t.words = 1;
    if (insn->form == MEMORY_LITERAL) {
        reads_address(insn, PC);
        add_flags(insn, MOTE_INSN_LITERAL);
        return;
    }
    reads_address(insn, insn->rn);
    if (insn->form == MEMORY_INDEX) {
        reads_address(insn, insn->rm);
        if (insn->shift_amount != 0) {
            reads_shifted(insn, insn->rm);
        }
    }
    if (insn->form == MEMORY_PRE || insn->form == MEMORY_POST) {
        writes(insn, insn->rn);
        add_flags(insn, MOTE_INSN_WRITEBACK);
    }
}

/* The P, U, W bits and imm8 of the 32-bit forms. False where P = W = 0, and for P, U, not W:
 * undefined and the unprivileged forms. */
static inline bool memory_decode_imm8(uint32_t raw, struct arm_insn *insn)
{
    bool index = bits(raw, 10, 10);
    bool add = bits(raw, 9, 9);
    bool write_back = bits(raw, 8, 8);
    insn->imm = add ? bits(raw, 7, 0) : 0u - bits(raw, 7, 0);
    insn->form = !index ? MEMORY_POST : write_back ? MEMORY_PRE : MEMORY_OFFSET;
    return (index || write_back) && !(index && add && !write_back);
}

#endif
