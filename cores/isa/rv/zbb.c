/* Zbb: basic bit manipulation. Volume I, "B" extension. */
#include "_rv.h"

static uint32_t rotate_right(uint32_t value, uint32_t count)
{
    count &= 31;
    return count ? value >> count | value << (32 - count) : value;
}

/* Each byte that is not 0 becomes 0xFF. */
static uint32_t or_combine(uint32_t value)
{
    value |= (value & 0x7F7F7F7Fu) + 0x7F7F7F7Fu;
    return (value >> 7 & 0x01010101u) * 0xFF;
}

static RV_OPERATION(andn, a & ~b) static RV_OPERATION(orn, a | ~b) static RV_OPERATION(xnor, ~(a ^ b)) static RV_OPERATION(clz, a ? (uint32_t)__builtin_clz(a) : 32) static RV_OPERATION(
    ctz,
    a ? (uint32_t)__builtin_ctz(a)
      : 32) static RV_OPERATION(cpop,
                                (uint32_t)__builtin_popcount(
                                    a)) static RV_OPERATION(max,
                                                            (int32_t)a > (int32_t)b
                                                                ? a
                                                                : b) static RV_OPERATION(maxu,
                                                                                         a > b
                                                                                             ? a
                                                                                             : b) static RV_OPERATION(min,
                                                                                                                      (int32_t)a <
                                                                                                                              (int32_t)
                                                                                                                                  b
                                                                                                                          ? a
                                                                                                                          : b) static RV_OPERATION(minu,
                                                                                                                                                   a < b
                                                                                                                                                       ? a
                                                                                                                                                       : b)
    RV_OPERATION(rv_sext_b, rv_sign(a, 8)) RV_OPERATION(rv_sext_h, rv_sign(a, 16))
        RV_OPERATION(rv_zext_h, a & 0xFFFF) static RV_OPERATION(rol, rotate_right(a, 32 - (b & 31))) static RV_OPERATION(
            ror,
            rotate_right(
                a, b)) static RV_OPERATION(orc_b,
                                           or_combine(a)) static RV_OPERATION(rev8,
                                                                              __builtin_bswap32(a))

#define NEEDS RISCV_HAS_ZBB
#define ALU   MOTE_CLASS_ALU

            static const struct riscv_row rows[] = {
                {0xFE00707F, 0x40007033, NEEDS, ALU, "andn %d, %s, %t", rv_decode_r, andn},
                {0xFE00707F, 0x40006033, NEEDS, ALU, "orn %d, %s, %t", rv_decode_r, orn},
                {0xFE00707F, 0x40004033, NEEDS, ALU, "xnor %d, %s, %t", rv_decode_r, xnor},
                {0xFFF0707F, 0x60001013, NEEDS, ALU, "clz %d, %s", rv_decode_r2, clz},
                {0xFFF0707F, 0x60101013, NEEDS, ALU, "ctz %d, %s", rv_decode_r2, ctz},
                {0xFFF0707F, 0x60201013, NEEDS, ALU, "cpop %d, %s", rv_decode_r2, cpop},
                {0xFFF0707F, 0x60401013, NEEDS, ALU, "sext.b %d, %s", rv_decode_r2, rv_sext_b},
                {0xFFF0707F, 0x60501013, NEEDS, ALU, "sext.h %d, %s", rv_decode_r2, rv_sext_h},
                {0xFFF0707F, 0x08004033, NEEDS, ALU, "zext.h %d, %s", rv_decode_r2, rv_zext_h},
                {0xFE00707F, 0x0A006033, NEEDS, ALU, "max %d, %s, %t", rv_decode_r, max},
                {0xFE00707F, 0x0A007033, NEEDS, ALU, "maxu %d, %s, %t", rv_decode_r, maxu},
                {0xFE00707F, 0x0A004033, NEEDS, ALU, "min %d, %s, %t", rv_decode_r, min},
                {0xFE00707F, 0x0A005033, NEEDS, ALU, "minu %d, %s, %t", rv_decode_r, minu},
                {0xFE00707F, 0x60001033, NEEDS, ALU, "rol %d, %s, %t", rv_decode_r, rol},
                {0xFE00707F, 0x60005033, NEEDS, ALU, "ror %d, %s, %t", rv_decode_r, ror},
                {0xFE00707F, 0x60005013, NEEDS, ALU, "rori %d, %s, %i", rv_decode_shift, ror},
                {0xFFF0707F, 0x28705013, NEEDS, ALU, "orc.b %d, %s", rv_decode_r2, orc_b},
                {0xFFF0707F, 0x69805013, NEEDS, ALU, "rev8 %d, %s", rv_decode_r2, rev8},
};

RV_TABLE(zbb);
