/* Data processing with a shifted register, 32-bit: A5.3.11 of the Armv7-M ARM (DDI 0403E); LSL,
 * LSR, ASR, ROR and RRX by an immediate are MOV with a shifted operand. */
#include "_data.h"

static bool decode_shifted(uint32_t raw, struct arm_insn *insn)
{
    unsigned op = insn->row->op;
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    insn->set_flags = (uint8_t)bits(raw, 20, 20);
    insn->form = DATA_SHIFT;
    decode_imm_shift(insn, bits(raw, 5, 4), bits(raw, 14, 12) << 2 | bits(raw, 7, 6));
    bool plain = insn->shift_type == SHIFT_LSL && insn->shift_amount == 0;
    bool sum = op == DATA_ADD || op == DATA_SUB;
    bool sp_result = data_has_rd(op) && insn->rd == SP;

    if (data_has_rd(op) && insn->rd == PC) {
        return false;
    }
    if (op == DATA_MOV && plain) {
        /* MOV.W may move from or to SP, not both, and not with flags. */
        bool with_sp = insn->rd == SP || insn->rm == SP;
        bool both = insn->rd == SP && insn->rm == SP;
        if (insn->rm == PC || both || (with_sp && insn->set_flags)) {
            return false;
        }
        arm_data_finish(insn);
        return true;
    }
    if (bad_reg(insn->rm)) {
        return false;
    }
    if (sp_result) {
        bool small = insn->shift_type == SHIFT_LSL && insn->shift_amount <= 3;
        if (!sum || insn->rn != SP || !small) {
            return false;
        }
    }
    if (data_has_rn(op) && bad_reg(insn->rn)) {
        bool allowed = insn->rn == SP && (sum || op == DATA_CMP || op == DATA_CMN);
        if (!allowed) {
            return false;
        }
    }
    arm_data_finish(insn);
    return true;
}

static enum arm_result pkhbt(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t b = shift_plain(cpu->r[insn->rm], insn->shift_type, insn->shift_amount, 0);
    cpu->r[insn->rd] = (cpu->r[insn->rn] & 0xFFFFu) | (b & 0xFFFF0000u);
    return ARM_OK;
}

static enum arm_result pkhtb(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t b = shift_plain(cpu->r[insn->rm], insn->shift_type, insn->shift_amount, 0);
    cpu->r[insn->rd] = (cpu->r[insn->rn] & 0xFFFF0000u) | (b & 0xFFFFu);
    return ARM_OK;
}

static bool decode_pack(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    if (bad_reg(insn->rd) || bad_reg(insn->rn) || bad_reg(insn->rm)) {
        return false;
    }
    decode_imm_shift(insn, bits(raw, 5, 4), bits(raw, 14, 12) << 2 | bits(raw, 7, 6));
    insn->exec = bits(raw, 5, 5) ? pkhtb : pkhbt;
    reads(insn, insn->rn);
    reads_shifted(insn, insn->rm);
    writes(insn, insn->rd);
    return true;
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define REG(mask, match, text, op) \
    {mask, match, T2, MOTE_CLASS_ALU, text, op, decode_shifted, NULL}
static const struct arm_row rows[] = {
    REG(0xFFF08F00, 0xEA100F00, "TST<c>.W <Rn>,<Rm>{,<shift>}", DATA_TST),
    REG(0xFFE08000, 0xEA000000, "AND{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_AND),
    REG(0xFFE08000, 0xEA200000, "BIC{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_BIC),
    REG(0xFFEF8000, 0xEA4F0000, "MOV{S}<c>.W <Rd>,<Rm>{,<shift>}", DATA_MOV),
    REG(0xFFE08000, 0xEA400000, "ORR{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_ORR),
    REG(0xFFEF8000, 0xEA6F0000, "MVN{S}<c>.W <Rd>,<Rm>{,<shift>}", DATA_MVN),
    REG(0xFFE08000, 0xEA600000, "ORN{S}<c> <Rd>,<Rn>,<Rm>{,<shift>}", DATA_ORN),
    REG(0xFFF08F00, 0xEA900F00, "TEQ<c> <Rn>,<Rm>{,<shift>}", DATA_TEQ),
    REG(0xFFE08000, 0xEA800000, "EOR{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_EOR),
    REG(0xFFF08F00, 0xEB100F00, "CMN<c>.W <Rn>,<Rm>{,<shift>}", DATA_CMN),
    REG(0xFFE08000, 0xEB000000, "ADD{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_ADD),
    REG(0xFFE08000, 0xEB400000, "ADC{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_ADC),
    REG(0xFFE08000, 0xEB600000, "SBC{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_SBC),
    REG(0xFFF08F00, 0xEBB00F00, "CMP<c>.W <Rn>,<Rm>{,<shift>}", DATA_CMP),
    REG(0xFFE08000, 0xEBA00000, "SUB{S}<c>.W <Rd>,<Rn>,<Rm>{,<shift>}", DATA_SUB),
    REG(0xFFE08000, 0xEBC00000, "RSB{S}<c> <Rd>,<Rn>,<Rm>{,<shift>}", DATA_RSB),
    {0xFFF08010, 0xEAC00000, T2 | ARM_HAS_DSP, MOTE_CLASS_SIMD, "PKHBT<c> <Rd>,<Rn>,<Rm>{,<shift>}", 0,
     decode_pack, pkhbt},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_data_shifted, rows);
