/* Zbc: carry-less multiplication. Volume I, "B" extension. */
#include "_rv.h"

static unsigned __int128 carryless(uint64_t a, uint64_t b)
{
    unsigned __int128 product = 0;
    for (; b != 0; b &= b - 1)
        product ^= (unsigned __int128)a << __builtin_ctzll(b);
    return product;
}

RV_OPERATION(static, clmul, carryless(a, b))
RV_OPERATION(static, clmulh, carryless(a, b) >> XLEN)
RV_OPERATION(static, clmulr, carryless(a, b) >> (XLEN - 1))

#define NEEDS RISCV_HAS_ZBC

static const struct riscv_row rows[] = {
    {0xFE00707F, 0x0A001033, NEEDS, MOTE_CLASS_MUL, "clmul %d, %s, %t", rv_decode_r,
     RV_BOTH(clmul)},
    {0xFE00707F, 0x0A003033, NEEDS, MOTE_CLASS_MUL, "clmulh %d, %s, %t", rv_decode_r,
     RV_BOTH(clmulh)},
    {0xFE00707F, 0x0A002033, NEEDS, MOTE_CLASS_MUL, "clmulr %d, %s, %t", rv_decode_r,
     RV_BOTH(clmulr)},
};

RV_TABLE(zbc);
