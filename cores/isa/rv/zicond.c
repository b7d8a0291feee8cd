/* Zicond: integer conditional operations. Volume I. */
#include "_rv.h"

static RV_OPERATION(czero_eqz, b == 0 ? 0 : a) static RV_OPERATION(czero_nez, b != 0 ? 0 : a)

#define NEEDS RISCV_HAS_ZICOND

    static const struct riscv_row rows[] = {
        {0xFE00707F, 0x0E005033, NEEDS, MOTE_CLASS_ALU, "czero.eqz %d, %s, %t", rv_decode_r,
         czero_eqz},
        {0xFE00707F, 0x0E007033, NEEDS, MOTE_CLASS_ALU, "czero.nez %d, %s, %t", rv_decode_r,
         czero_nez},
};

RV_TABLE(zicond);
