/* Branches: B, BL, BX, BLX, CBZ, CBNZ, TBB, TBH. A7.7 of the Armv7-M ARM (DDI 0403E). The condition
 * of B<c> is tested by the run loop like that of an IT block. */
#include "_thumb.h"

static enum arm_result branch(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->next_pc = cpu->pc + 4u + insn->imm;
    return ARM_OK;
}

static enum arm_result branch_link(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[LR] = (cpu->pc + 4u) | 1u;
    cpu->next_pc = cpu->pc + 4u + insn->imm;
    return ARM_OK;
}

static enum arm_result bx(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_bx_to(cpu, read_reg(cpu, insn->rm));
}

/* Unlike BX, BLX never returns from an exception: an EXC_RETURN value is only an address to it. */
static enum arm_result blx(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t target = cpu->r[insn->rm];
    cpu->r[LR] = (cpu->pc + 2u) | 1u;
    cpu->thumb = target & 1u;
    cpu->next_pc = target & ~1u;
    return cpu->thumb ? ARM_OK : ARM_EVENT;
}

static enum arm_result cbz(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    if (cpu->r[insn->rn] == 0) {
        cpu->next_pc = cpu->pc + 4u + insn->imm;
    }
    return ARM_OK;
}

static enum arm_result cbnz(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    if (cpu->r[insn->rn] != 0) {
        cpu->next_pc = cpu->pc + 4u + insn->imm;
    }
    return ARM_OK;
}

static enum arm_result table_branch(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t bytes = insn->form ? 2 : 1;
    uint32_t halfwords;
    uint32_t address = read_reg(cpu, insn->rn) + (cpu->r[insn->rm] << insn->form);
    enum arm_result result = arm_load(cpu, address, bytes, &halfwords);
    if (result != ARM_RAISED) {
        cpu->next_pc = cpu->pc + 4u + 2u * halfwords;
    }
    return result;
}

static void set_conditional(struct arm_insn *insn, uint32_t cond)
{
    insn->cond = (uint8_t)cond;
    insn->t.cls = MOTE_CLASS_BRANCH_COND;
    reads(insn, FLAGS_BIT);
    add_flags(insn, MOTE_INSN_CONDITIONAL);
}

static bool decode_cond_narrow(uint32_t raw, struct arm_insn *insn)
{
    uint32_t cond = bits(raw, 11, 8);
    insn->imm = (uint32_t)sign_extend(bits(raw, 7, 0) << 1, 9);
    writes(insn, PC);
    set_conditional(insn, cond);
    return cond < 14 && !insn->in_it;
}

static bool decode_narrow(uint32_t raw, struct arm_insn *insn)
{
    insn->imm = (uint32_t)sign_extend(bits(raw, 10, 0) << 1, 12);
    writes(insn, PC);
    return true;
}

static bool decode_cond_wide(uint32_t raw, struct arm_insn *insn)
{
    uint32_t cond = bits(raw, 25, 22);
    uint32_t offset = bits(raw, 26, 26) << 20 | bits(raw, 11, 11) << 19 | bits(raw, 13, 13) << 18 |
                      bits(raw, 21, 16) << 12 | bits(raw, 10, 0) << 1;
    insn->imm = (uint32_t)sign_extend(offset, 21);
    writes(insn, PC);
    set_conditional(insn, cond);
    return cond < 14 && !insn->in_it;
}

static bool decode_wide(uint32_t raw, struct arm_insn *insn)
{
    uint32_t sign = bits(raw, 26, 26);
    uint32_t i1 = ~(bits(raw, 13, 13) ^ sign) & 1u;
    uint32_t i2 = ~(bits(raw, 11, 11) ^ sign) & 1u;
    uint32_t offset =
        sign << 24 | i1 << 23 | i2 << 22 | bits(raw, 25, 16) << 12 | bits(raw, 10, 0) << 1;
    insn->imm = (uint32_t)sign_extend(offset, 25);
    writes(insn, PC);
    if (insn->row->cls == MOTE_CLASS_CALL) {
        writes(insn, LR);
        add_flags(insn, MOTE_INSN_LINK);
    }
    return true;
}

static bool decode_bx(uint32_t raw, struct arm_insn *insn)
{
    insn->rm = reg_field(raw, 3);
    reads(insn, insn->rm);
    writes(insn, PC);
    if (insn->row->op) {
        writes(insn, LR);
        add_flags(insn, MOTE_INSN_LINK);
        return insn->rm != PC;
    }
    if (insn->rm == LR) {
        add_flags(insn, MOTE_INSN_RETURN);
    }
    return true;
}

static bool decode_compare(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = low_field(raw, 0);
    insn->imm = bits(raw, 9, 9) << 6 | bits(raw, 7, 3) << 1;
    reads(insn, insn->rn);
    writes(insn, PC);
    add_flags(insn, MOTE_INSN_CONDITIONAL);
    return !insn->in_it;
}

static bool decode_table(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    insn->form = (uint8_t)bits(raw, 4, 4);
    insn->t.words = 1;
    reads_address(insn, insn->rn);
    reads_address(insn, insn->rm);
    writes(insn, PC);
    return insn->rn != SP && !bad_reg(insn->rm);
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
static const struct arm_row rows[] = {
    {0xF000, 0xD000, 0, MOTE_CLASS_BRANCH_COND, "B<c> <label>", 0, decode_cond_narrow, branch},
    {0xF800, 0xE000, 0, MOTE_CLASS_BRANCH, "B <label>", 0, decode_narrow, branch},
    {0xFF87, 0x4700, 0, MOTE_CLASS_BRANCH_INDIRECT, "BX<c> <Rm>", 0, decode_bx, bx},
    {0xFF87, 0x4780, 0, MOTE_CLASS_BRANCH_INDIRECT, "BLX<c> <Rm>", 1, decode_bx, blx},
    {0xFD00, 0xB100, T2, MOTE_CLASS_BRANCH_COND, "CBZ <Rn>,<label>", 0, decode_compare, cbz},
    {0xFD00, 0xB900, T2, MOTE_CLASS_BRANCH_COND, "CBNZ <Rn>,<label>", 0, decode_compare, cbnz},
    {0xF800D000, 0xF0008000, T2, MOTE_CLASS_BRANCH_COND, "B<c>.W <label>", 0, decode_cond_wide, branch},
    {0xF800D000, 0xF0009000, T2, MOTE_CLASS_BRANCH, "B.W <label>", 0, decode_wide, branch},
    {0xF800D000, 0xF000D000, 0, MOTE_CLASS_CALL, "BL<c> <label>", 0, decode_wide, branch_link},
    {0xFFF0FFE0, 0xE8D0F000, T2, MOTE_CLASS_BRANCH_INDIRECT, "TB{B|H}<c> [<Rn>,<Rm>{,LSL #1}]", 0, decode_table, table_branch},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_branch, rows);
