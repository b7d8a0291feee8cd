/* Zbs: single-bit instructions. Volume I, "B" extension. */
#include "_rv.h"

RV_OPERATION(static, bclr, a & ~((word)1 << (b & (XLEN - 1))))
RV_OPERATION(static, bext, a >> (b & (XLEN - 1)) & 1)
RV_OPERATION(static, binv, a ^ (word)1 << (b & (XLEN - 1)))
RV_OPERATION(static, bset, a | (word)1 << (b & (XLEN - 1)))

#define NEEDS RISCV_HAS_ZBS
#define ALU   MOTE_CLASS_ALU

static const struct riscv_row rows[] = {
    {0xFE00707F, 0x48001033, NEEDS, ALU, "bclr %d, %s, %t", rv_decode_r, RV_BOTH(bclr)},
    {0xFC00707F, 0x48001013, NEEDS, ALU, "bclri %d, %s, %i", rv_decode_shift, RV_BOTH(bclr)},
    {0xFE00707F, 0x48005033, NEEDS, ALU, "bext %d, %s, %t", rv_decode_r, RV_BOTH(bext)},
    {0xFC00707F, 0x48005013, NEEDS, ALU, "bexti %d, %s, %i", rv_decode_shift, RV_BOTH(bext)},
    {0xFE00707F, 0x68001033, NEEDS, ALU, "binv %d, %s, %t", rv_decode_r, RV_BOTH(binv)},
    {0xFC00707F, 0x68001013, NEEDS, ALU, "binvi %d, %s, %i", rv_decode_shift, RV_BOTH(binv)},
    {0xFE00707F, 0x28001033, NEEDS, ALU, "bset %d, %s, %t", rv_decode_r, RV_BOTH(bset)},
    {0xFC00707F, 0x28001013, NEEDS, ALU, "bseti %d, %s, %i", rv_decode_shift, RV_BOTH(bset)},
};

RV_TABLE(zbs);
