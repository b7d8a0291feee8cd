/* Zbs: single-bit instructions. Volume I, "B" extension. */
#include "_rv.h"

static RV_OPERATION(bclr, a & ~(1u << (b & 31))) static RV_OPERATION(
    bext, a >> (b & 31) &
              1) static RV_OPERATION(binv,
                                     a ^ 1u << (b & 31)) static RV_OPERATION(bset,
                                                                             a | 1u << (b & 31))

#define NEEDS RISCV_HAS_ZBS
#define ALU   MOTE_CLASS_ALU

    static const struct riscv_row rows[] = {
        {0xFE00707F, 0x48001033, NEEDS, ALU, "bclr %d, %s, %t", rv_decode_r, bclr},
        {0xFE00707F, 0x48001013, NEEDS, ALU, "bclri %d, %s, %i", rv_decode_shift, bclr},
        {0xFE00707F, 0x48005033, NEEDS, ALU, "bext %d, %s, %t", rv_decode_r, bext},
        {0xFE00707F, 0x48005013, NEEDS, ALU, "bexti %d, %s, %i", rv_decode_shift, bext},
        {0xFE00707F, 0x68001033, NEEDS, ALU, "binv %d, %s, %t", rv_decode_r, binv},
        {0xFE00707F, 0x68001013, NEEDS, ALU, "binvi %d, %s, %i", rv_decode_shift, binv},
        {0xFE00707F, 0x28001033, NEEDS, ALU, "bset %d, %s, %t", rv_decode_r, bset},
        {0xFE00707F, 0x28001013, NEEDS, ALU, "bseti %d, %s, %i", rv_decode_shift, bset},
};

RV_TABLE(zbs);
