/* M: integer multiplication and division. Volume I chapter 13. */
#include "_rv.h"

RV_OPERATIONS(extern, rv_mul, a *b)
RV_OPERATION(static, mulh, (sdword)sa *sb >> XLEN)
RV_OPERATION(static, mulhsu, (sdword)sa *(sdword)b >> XLEN)
RV_OPERATION(static, mulhu, (dword)a *b >> XLEN)
/* Division by 0 gives all ones and the dividend; that of the least number by -1 wraps. */
RV_OPERATIONS(static, divs, b == 0 ? (sword)-1 : sb == -1 ? (sword)-a : sa / sb)
RV_OPERATIONS(static, divu, b == 0 ? (word)-1 : a / b)
RV_OPERATIONS(static, rem, b == 0 ? sa : sb == -1 ? 0 : sa % sb)
RV_OPERATIONS(static, remu, b == 0 ? a : a % b)

#define M RISCV_HAS_M

static const struct riscv_row rows[] = {
    {0xFE00707F, 0x02000033, M, MOTE_CLASS_MUL, "mul %d, %s, %t", rv_decode_r, RV_BOTH(rv_mul)},
    {0xFE00707F, 0x02001033, M, MOTE_CLASS_MUL_LONG, "mulh %d, %s, %t", rv_decode_r, RV_BOTH(mulh)},
    {0xFE00707F, 0x02002033, M, MOTE_CLASS_MUL_LONG, "mulhsu %d, %s, %t", rv_decode_r,
     RV_BOTH(mulhsu)},
    {0xFE00707F, 0x02003033, M, MOTE_CLASS_MUL_LONG, "mulhu %d, %s, %t", rv_decode_r,
     RV_BOTH(mulhu)},
    {0xFE00707F, 0x02004033, M, MOTE_CLASS_DIV, "div %d, %s, %t", rv_decode_r, RV_BOTH(divs)},
    {0xFE00707F, 0x02005033, M, MOTE_CLASS_DIV, "divu %d, %s, %t", rv_decode_r, RV_BOTH(divu)},
    {0xFE00707F, 0x02006033, M, MOTE_CLASS_DIV, "rem %d, %s, %t", rv_decode_r, RV_BOTH(rem)},
    {0xFE00707F, 0x02007033, M, MOTE_CLASS_DIV, "remu %d, %s, %t", rv_decode_r, RV_BOTH(remu)},
    {0xFE00707F, 0x0200003B, M, MOTE_CLASS_MUL, "mulw %d, %s, %t", rv_decode_r, RV_W(rv_mul)},
    {0xFE00707F, 0x0200403B, M, MOTE_CLASS_DIV, "divw %d, %s, %t", rv_decode_r, RV_W(divs)},
    {0xFE00707F, 0x0200503B, M, MOTE_CLASS_DIV, "divuw %d, %s, %t", rv_decode_r, RV_W(divu)},
    {0xFE00707F, 0x0200603B, M, MOTE_CLASS_DIV, "remw %d, %s, %t", rv_decode_r, RV_W(rem)},
    {0xFE00707F, 0x0200703B, M, MOTE_CLASS_DIV, "remuw %d, %s, %t", rv_decode_r, RV_W(remu)},
};

RV_TABLE(m);
