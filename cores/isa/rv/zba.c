/* Zba: shifted address generation. Volume I, "B" extension. */
#include "_rv.h"

static RV_OPERATION(sh1add, (a << 1) + b) static RV_OPERATION(
    sh2add, (a << 2) + b) static RV_OPERATION(sh3add, (a << 3) + b)

#define NEEDS RISCV_HAS_ZBA

    static const struct riscv_row rows[] = {
        {0xFE00707F, 0x20002033, NEEDS, MOTE_CLASS_ALU, "sh1add %d, %s, %t", rv_decode_r, sh1add},
        {0xFE00707F, 0x20004033, NEEDS, MOTE_CLASS_ALU, "sh2add %d, %s, %t", rv_decode_r, sh2add},
        {0xFE00707F, 0x20006033, NEEDS, MOTE_CLASS_ALU, "sh3add %d, %s, %t", rv_decode_r, sh3add},
};

RV_TABLE(zba);
