/* Zba: shifted address generation. Volume I, "B" extension. */
#include "_rv.h"

RV_OPERATION(static, sh1add, (a << 1) + b)
RV_OPERATION(static, sh2add, (a << 2) + b)
RV_OPERATION(static, sh3add, (a << 3) + b)
RV_OPERATION_64(extern, rv_add_uw, (uint32_t)a + b)
RV_OPERATION_64(static, sh1add_uw, ((word)(uint32_t)a << 1) + b)
RV_OPERATION_64(static, sh2add_uw, ((word)(uint32_t)a << 2) + b)
RV_OPERATION_64(static, sh3add_uw, ((word)(uint32_t)a << 3) + b)
RV_OPERATION_64(static, slli_uw, (word)(uint32_t)a << b)

#define NEEDS RISCV_HAS_ZBA
#define ALU   MOTE_CLASS_ALU

static const struct riscv_row rows[] = {
    {0xFE00707F, 0x20002033, NEEDS, ALU, "sh1add %d, %s, %t", rv_decode_r, RV_BOTH(sh1add)},
    {0xFE00707F, 0x20004033, NEEDS, ALU, "sh2add %d, %s, %t", rv_decode_r, RV_BOTH(sh2add)},
    {0xFE00707F, 0x20006033, NEEDS, ALU, "sh3add %d, %s, %t", rv_decode_r, RV_BOTH(sh3add)},
    {0xFE00707F, 0x0800003B, NEEDS, ALU, "add.uw %d, %s, %t", rv_decode_r, NULL, rv_add_uw},
    {0xFE00707F, 0x2000203B, NEEDS, ALU, "sh1add.uw %d, %s, %t", rv_decode_r, NULL, sh1add_uw},
    {0xFE00707F, 0x2000403B, NEEDS, ALU, "sh2add.uw %d, %s, %t", rv_decode_r, NULL, sh2add_uw},
    {0xFE00707F, 0x2000603B, NEEDS, ALU, "sh3add.uw %d, %s, %t", rv_decode_r, NULL, sh3add_uw},
    {0xFC00707F, 0x0800101B, NEEDS, ALU, "slli.uw %d, %s, %i", rv_decode_shift, NULL, slli_uw},
};

RV_TABLE(zba);
