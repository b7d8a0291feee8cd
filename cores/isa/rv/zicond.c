/* Zicond: integer conditional operations. Volume I. */
#include "_rv.h"

RV_OPERATION(static, czero_eqz, b == 0 ? 0 : a)
RV_OPERATION(static, czero_nez, b != 0 ? 0 : a)

#define NEEDS RISCV_HAS_ZICOND

static const struct riscv_row rows[] = {
    {0xFE00707F, 0x0E005033, NEEDS, MOTE_CLASS_ALU, "czero.eqz %d, %s, %t", rv_decode_r,
     RV_BOTH(czero_eqz)},
    {0xFE00707F, 0x0E007033, NEEDS, MOTE_CLASS_ALU, "czero.nez %d, %s, %t", rv_decode_r,
     RV_BOTH(czero_nez)},
};

RV_TABLE(zicond);
