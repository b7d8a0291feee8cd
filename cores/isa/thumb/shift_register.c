/* Shifts by a register: LSL, LSR, ASR, ROR. A7.7 of the Armv7-M ARM (DDI 0403E). */
#include "_thumb.h"

static enum arm_result shift_keep(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t carry = 0;
    cpu->r[insn->rd] =
        shift_c(cpu->r[insn->rn], insn->shift_type, cpu->r[insn->rm] & 0xFFu, &carry);
    return ARM_OK;
}

static enum arm_result shift_set(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t result =
        shift_c(cpu->r[insn->rn], insn->shift_type, cpu->r[insn->rm] & 0xFFu, &cpu->c);
    cpu->r[insn->rd] = result;
    set_nz(cpu, result);
    return ARM_OK;
}

static void finish(struct arm_insn *insn)
{
    insn->shift_type = insn->row->op;
    insn->exec = insn->set_flags ? shift_set : shift_keep;
    reads_shifted(insn, insn->rn);
    reads(insn, insn->rm);
    writes(insn, insn->rd);
    if (insn->set_flags) {
        reads(insn, FLAGS_BIT); /* C stays when the amount is 0 */
        writes(insn, FLAGS_BIT);
    }
}

static bool decode_narrow(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rn = insn->rd;
    insn->rm = low_field(raw, 3);
    insn->set_flags = !insn->in_it;
    finish(insn);
    return true;
}

static bool decode_wide(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    insn->set_flags = (uint8_t)bits(raw, 20, 20);
    finish(insn);
    return !bad_reg(insn->rd) && !bad_reg(insn->rn) && !bad_reg(insn->rm);
}

/* clang-format off */
#define T1(match, text, type) \
    {0xFFC0, match, 0, MOTE_CLASS_SHIFT, text, type, decode_narrow, NULL}
#define T2(match, text, type) \
    {0xFFE0F0F0, match, ARM_HAS_THUMB2, MOTE_CLASS_SHIFT, text, type, decode_wide, NULL}
static const struct arm_row rows[] = {
    T1(0x4080, "LSL <Rdn>,<Rm>", SHIFT_LSL),
    T1(0x40C0, "LSR <Rdn>,<Rm>", SHIFT_LSR),
    T1(0x4100, "ASR <Rdn>,<Rm>", SHIFT_ASR),
    T1(0x41C0, "ROR <Rdn>,<Rm>", SHIFT_ROR),
    T2(0xFA00F000, "LSL{S}<c>.W <Rd>,<Rn>,<Rm>", SHIFT_LSL),
    T2(0xFA20F000, "LSR{S}<c>.W <Rd>,<Rn>,<Rm>", SHIFT_LSR),
    T2(0xFA40F000, "ASR{S}<c>.W <Rd>,<Rn>,<Rm>", SHIFT_ASR),
    T2(0xFA60F000, "ROR{S}<c>.W <Rd>,<Rn>,<Rm>", SHIFT_ROR),
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_shift_register, rows);
