/* Markers of firmware-samples/runtime/mote_mark.h: slti zero, zero, n, a hint for custom use
 * (Volume I, table of HINT instructions), begins marker n (1 to 31) or ends marker n - 32. Costs
 * what slti costs; other immediates do nothing. */
#include "_rv.h"

static enum riscv_result mark(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    uint32_t id = insn->imm & 31;
    if (insn->imm < 64 && id != 0)
        mote_marker(cpu->sys, id, insn->imm < 32, cpu->cycles);
    return RISCV_OK;
}

static bool decode(uint32_t raw, struct riscv_insn *insn)
{
    insn->imm = rv_sign(raw >> 20, 12);
    rv_set_system(insn);
    return true;
}

static const struct riscv_row rows[] = {
    {0x000FFFFF, 0x00002013, 0, MOTE_CLASS_ALU, "slti zero, zero, %i", decode, RV_ANY(mark)},
};

RV_TABLE(marker);
