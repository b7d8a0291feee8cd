/* Zbc: carry-less multiplication. Volume I, "B" extension. */
#include "_rv.h"

static uint64_t carryless(uint32_t a, uint32_t b)
{
    uint64_t product = 0;
    for (uint32_t i = 0; i < 32; i++)
        if (b >> i & 1)
            product ^= (uint64_t)a << i;
    return product;
}

static RV_OPERATION(clmul, (uint32_t)carryless(a, b)) static RV_OPERATION(
    clmulh, (uint32_t)(carryless(a, b) >>
                       32)) static RV_OPERATION(clmulr, (uint32_t)(carryless(a, b) >> 31))

#define NEEDS RISCV_HAS_ZBC

    static const struct riscv_row rows[] = {
        {0xFE00707F, 0x0A001033, NEEDS, MOTE_CLASS_MUL, "clmul %d, %s, %t", rv_decode_r, clmul},
        {0xFE00707F, 0x0A003033, NEEDS, MOTE_CLASS_MUL, "clmulh %d, %s, %t", rv_decode_r, clmulh},
        {0xFE00707F, 0x0A002033, NEEDS, MOTE_CLASS_MUL, "clmulr %d, %s, %t", rv_decode_r, clmulr},
};

RV_TABLE(zbc);
