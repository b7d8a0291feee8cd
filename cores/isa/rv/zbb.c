/* Zbb: basic bit manipulation. Volume I, "B" extension. */
#include "_rv.h"

/* Each byte that is not 0 becomes 0xFF. */
static uint64_t or_combine(uint64_t value)
{
    value |= (value & 0x7F7F7F7F7F7F7F7Full) + 0x7F7F7F7F7F7F7F7Full;
    return (value >> 7 & 0x0101010101010101ull) * 0xFF;
}

RV_OPERATION(static, andn, a & ~b)
RV_OPERATION(static, orn, a | ~b)
RV_OPERATION(static, xnor, ~(a ^ b))
RV_OPERATIONS(static, clz, a ? __builtin_clzll(a) - (64 - XLEN) : XLEN)
RV_OPERATIONS(static, ctz, a ? __builtin_ctzll(a) : XLEN)
RV_OPERATIONS(static, cpop, __builtin_popcountll(a))
RV_OPERATION(static, max, sa > sb ? sa : sb)
RV_OPERATION(static, maxu, a > b ? a : b)
RV_OPERATION(static, min, sa < sb ? sa : sb)
RV_OPERATION(static, minu, a < b ? a : b)
RV_OPERATION(extern, rv_sext_b, (int8_t)a)
RV_OPERATION(extern, rv_sext_h, (int16_t)a)
RV_OPERATION(extern, rv_zext_h, (uint16_t)a)
RV_OPERATIONS(static, rol, a << (b & (XLEN - 1)) | a >> (-b & (XLEN - 1)))
RV_OPERATIONS(static, ror, a >> (b & (XLEN - 1)) | a << (-b & (XLEN - 1)))
RV_OPERATION(static, orc_b, or_combine(a))
RV_OPERATION(static, rev8, __builtin_bswap64(a) >> (64 - XLEN))

#define NEEDS RISCV_HAS_ZBB
#define ALU   MOTE_CLASS_ALU

static const struct riscv_row rows[] = {
    {0xFE00707F, 0x40007033, NEEDS, ALU, "andn %d, %s, %t", rv_decode_r, RV_BOTH(andn)},
    {0xFE00707F, 0x40006033, NEEDS, ALU, "orn %d, %s, %t", rv_decode_r, RV_BOTH(orn)},
    {0xFE00707F, 0x40004033, NEEDS, ALU, "xnor %d, %s, %t", rv_decode_r, RV_BOTH(xnor)},
    {0xFFF0707F, 0x60001013, NEEDS, ALU, "clz %d, %s", rv_decode_r2, RV_BOTH(clz)},
    {0xFFF0707F, 0x60101013, NEEDS, ALU, "ctz %d, %s", rv_decode_r2, RV_BOTH(ctz)},
    {0xFFF0707F, 0x60201013, NEEDS, ALU, "cpop %d, %s", rv_decode_r2, RV_BOTH(cpop)},
    {0xFFF0707F, 0x60401013, NEEDS, ALU, "sext.b %d, %s", rv_decode_r2, RV_BOTH(rv_sext_b)},
    {0xFFF0707F, 0x60501013, NEEDS, ALU, "sext.h %d, %s", rv_decode_r2, RV_BOTH(rv_sext_h)},
    {0xFFF0707F, 0x08004033, NEEDS, ALU, "zext.h %d, %s", rv_decode_r2, rv_zext_h_32, NULL},
    {0xFFF0707F, 0x0800403B, NEEDS, ALU, "zext.h %d, %s", rv_decode_r2, NULL, rv_zext_h_64},
    {0xFE00707F, 0x0A006033, NEEDS, ALU, "max %d, %s, %t", rv_decode_r, RV_BOTH(max)},
    {0xFE00707F, 0x0A007033, NEEDS, ALU, "maxu %d, %s, %t", rv_decode_r, RV_BOTH(maxu)},
    {0xFE00707F, 0x0A004033, NEEDS, ALU, "min %d, %s, %t", rv_decode_r, RV_BOTH(min)},
    {0xFE00707F, 0x0A005033, NEEDS, ALU, "minu %d, %s, %t", rv_decode_r, RV_BOTH(minu)},
    {0xFE00707F, 0x60001033, NEEDS, ALU, "rol %d, %s, %t", rv_decode_r, RV_BOTH(rol)},
    {0xFE00707F, 0x60005033, NEEDS, ALU, "ror %d, %s, %t", rv_decode_r, RV_BOTH(ror)},
    {0xFC00707F, 0x60005013, NEEDS, ALU, "rori %d, %s, %i", rv_decode_shift, RV_BOTH(ror)},
    {0xFFF0707F, 0x28705013, NEEDS, ALU, "orc.b %d, %s", rv_decode_r2, RV_BOTH(orc_b)},
    {0xFFF0707F, 0x69805013, NEEDS, ALU, "rev8 %d, %s", rv_decode_r2, rev8_32, NULL},
    {0xFFF0707F, 0x6B805013, NEEDS, ALU, "rev8 %d, %s", rv_decode_r2, NULL, rev8_64},
    {0xFFF0707F, 0x6000101B, NEEDS, ALU, "clzw %d, %s", rv_decode_r2, RV_W(clz)},
    {0xFFF0707F, 0x6010101B, NEEDS, ALU, "ctzw %d, %s", rv_decode_r2, RV_W(ctz)},
    {0xFFF0707F, 0x6020101B, NEEDS, ALU, "cpopw %d, %s", rv_decode_r2, RV_W(cpop)},
    {0xFE00707F, 0x6000103B, NEEDS, ALU, "rolw %d, %s, %t", rv_decode_r, RV_W(rol)},
    {0xFE00707F, 0x6000503B, NEEDS, ALU, "rorw %d, %s, %t", rv_decode_r, RV_W(ror)},
    {0xFE00707F, 0x6000501B, NEEDS, ALU, "roriw %d, %s, %i", rv_decode_shift, RV_W(ror)},
};

RV_TABLE(zbb);
