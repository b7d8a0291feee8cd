/* M: integer multiplication and division. Volume I chapter 13. */
#include "_rv.h"

static uint32_t divide(uint32_t a, uint32_t b)
{
    if (b == 0)
        return UINT32_MAX;
    return a == 0x80000000u && b == UINT32_MAX ? a : (uint32_t)((int32_t)a / (int32_t)b);
}

static uint32_t remainder_of(uint32_t a, uint32_t b)
{
    if (b == 0)
        return a;
    return a == 0x80000000u && b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
}

RV_OPERATION(rv_mul, a *b)
static RV_OPERATION(mulh, (uint32_t)((int64_t)(int32_t)a *(int32_t)b >> 32)) static RV_OPERATION(mulhsu, (uint32_t)((int64_t)(int32_t)a *(int64_t)b >> 32)) static RV_OPERATION(
    mulhu,
    (uint32_t)((uint64_t)a *b >>
               32)) static RV_OPERATION(div_signed,
                                        divide(
                                            a,
                                            b)) static RV_OPERATION(divu,
                                                                    b == 0
                                                                        ? UINT32_MAX
                                                                        : a / b) static RV_OPERATION(rem,
                                                                                                     remainder_of(
                                                                                                         a,
                                                                                                         b)) static RV_OPERATION(remu,
                                                                                                                                 b == 0
                                                                                                                                     ? a
                                                                                                                                     : a % b)

#define M RISCV_HAS_M

    static const struct riscv_row rows[] = {
        {0xFE00707F, 0x02000033, M, MOTE_CLASS_MUL, "mul %d, %s, %t", rv_decode_r, rv_mul},
        {0xFE00707F, 0x02001033, M, MOTE_CLASS_MUL_LONG, "mulh %d, %s, %t", rv_decode_r, mulh},
        {0xFE00707F, 0x02002033, M, MOTE_CLASS_MUL_LONG, "mulhsu %d, %s, %t", rv_decode_r, mulhsu},
        {0xFE00707F, 0x02003033, M, MOTE_CLASS_MUL_LONG, "mulhu %d, %s, %t", rv_decode_r, mulhu},
        {0xFE00707F, 0x02004033, M, MOTE_CLASS_DIV, "div %d, %s, %t", rv_decode_r, div_signed},
        {0xFE00707F, 0x02005033, M, MOTE_CLASS_DIV, "divu %d, %s, %t", rv_decode_r, divu},
        {0xFE00707F, 0x02006033, M, MOTE_CLASS_DIV, "rem %d, %s, %t", rv_decode_r, rem},
        {0xFE00707F, 0x02007033, M, MOTE_CLASS_DIV, "remu %d, %s, %t", rv_decode_r, remu},
};

RV_TABLE(m);
