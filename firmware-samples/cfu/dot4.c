/* A custom function unit: the dot product of four signed bytes, as an accelerator beside the core
 * of a TinyML device would have it.
 *
 *   dot4 rd, rs1, rs2    rd += rs1.b[0] * rs2.b[0] + ... + rs1.b[3] * rs2.b[3]    custom-0, funct3
 * 0
 *
 * The unit is an assumption: two cycles, the energy of two multiply-accumulates of the core. */
#include <mote/extension.h>

static uint64_t dot4(struct mote_extension_call *call)
{
    uint32_t sum = (uint32_t)call->rd;
    for (unsigned i = 0; i < 4; i++) {
        int8_t a = (int8_t)(call->rs1 >> 8 * i), b = (int8_t)(call->rs2 >> 8 * i);
        sum += (uint32_t)(a * b);
    }
    return (uint64_t)(int32_t)sum; /* as RV64 keeps an int; RV32 takes the lower half */
}

static const struct mote_extension_insn insns[] = {
    {.name = "dot4",
     .mask = 0xFE00707F,
     .match = 0x0000000B,
     .cycles = 2,
     .energy_macs = 2,
     .execute = dot4},
};

extern const struct mote_extension mote_extension;
const struct mote_extension mote_extension = {
    .version = MOTE_EXTENSION_VERSION, .name = "dot4", .insns = insns, .count = 1};
