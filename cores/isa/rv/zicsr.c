/* Zicsr: control and status register instructions. Volume I chapter 7. */
#include "_rv.h"

enum csr_operation { CSR_WRITE = 1, CSR_SET = 2, CSR_CLEAR = 3 };

/* A set or clear with x0 or 0 does not write; a write always does. */
static enum riscv_result access_csr(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    enum csr_operation operation = (enum csr_operation)(insn->raw >> 12 & 3);
    bool immediate = insn->raw >> 14 & 1;
    uint32_t field = rv_bits(insn->raw, 19, 15), number = insn->raw >> 20;
    uint64_t old, operand = immediate ? field : cpu->x[field];
    if (!riscv_csr_access(cpu, number, &old, NULL))
        return riscv_illegal(cpu, insn);
    uint64_t value = operation == CSR_WRITE ? operand
                     : operation == CSR_SET ? old | operand
                                            : old & ~operand;
    bool writes = operation == CSR_WRITE || field != 0;
    if (writes && !riscv_csr_access(cpu, number, &old, &value))
        return riscv_illegal(cpu, insn);
    cpu->x[insn->rd] = old;
    return RISCV_EVENT;
}

static bool decode(uint32_t raw, struct riscv_insn *insn)
{
    insn->rd = (uint8_t)rv_bits(raw, 11, 7);
    insn->rs1 = raw >> 14 & 1 ? 0 : (uint8_t)rv_bits(raw, 19, 15);
    insn->imm = raw >> 20;
    rv_set_system(insn);
    return true;
}

static const struct riscv_row rows[] = {
    {0x0000707F, 0x00001073, 0, MOTE_CLASS_SYSTEM, "csrrw %d, %x, %s", decode, RV_ANY(access_csr)},
    {0x0000707F, 0x00002073, 0, MOTE_CLASS_SYSTEM, "csrrs %d, %x, %s", decode, RV_ANY(access_csr)},
    {0x0000707F, 0x00003073, 0, MOTE_CLASS_SYSTEM, "csrrc %d, %x, %s", decode, RV_ANY(access_csr)},
    {0x0000707F, 0x00005073, 0, MOTE_CLASS_SYSTEM, "csrrwi %d, %x, %u", decode, RV_ANY(access_csr)},
    {0x0000707F, 0x00006073, 0, MOTE_CLASS_SYSTEM, "csrrsi %d, %x, %u", decode, RV_ANY(access_csr)},
    {0x0000707F, 0x00007073, 0, MOTE_CLASS_SYSTEM, "csrrci %d, %x, %u", decode, RV_ANY(access_csr)},
};

RV_TABLE(zicsr);
