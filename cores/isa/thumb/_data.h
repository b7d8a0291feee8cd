/* Data processing: what the 16-bit and the three 32-bit groups of encodings share. */
#ifndef CORES_ISA_THUMB_DATA_H
#define CORES_ISA_THUMB_DATA_H

#include "_thumb.h"

enum data_op {
    DATA_AND,
    DATA_BIC,
    DATA_ORR,
    DATA_ORN,
    DATA_EOR,
    DATA_ADD,
    DATA_ADC,
    DATA_SBC,
    DATA_SUB,
    DATA_RSB,
    DATA_MOV,
    DATA_MVN,
    DATA_TST,
    DATA_TEQ,
    DATA_CMP,
    DATA_CMN,
    DATA_OP_COUNT
};

/* Second operand: an immediate (shift_amount 1: it was rotated, so logic sets C from bit 31), a
 * register, a register shifted by an immediate. */
enum data_form { DATA_IMM, DATA_REG, DATA_SHIFT, DATA_FORM_COUNT };

/* [op][form][set_flags] */
extern arm_exec *const arm_data_exec[DATA_OP_COUNT][DATA_FORM_COUNT][2];

static inline bool data_has_rn(unsigned op)
{
    return op != DATA_MOV && op != DATA_MVN;
}

static inline bool data_has_rd(unsigned op)
{
    return op < DATA_TST;
}

/* Chooses exec and fills the masks from row->op, form, set_flags, rd, rn, rm, shift_*. */
void arm_data_finish(struct arm_insn *insn);

#endif
