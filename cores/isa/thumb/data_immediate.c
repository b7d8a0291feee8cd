/* Data processing with a modified or plain immediate, 32-bit: A5.3.1 and A5.3.3 of the Armv7-M ARM
 * (DDI 0403E), and the bit-field instructions. Saturation is in saturate.c. */
#include "_data.h"

/* ThumbExpandImm_C(): `rotated` tells whether the carry comes from bit 31 of the result. */
static bool expand_imm(uint32_t imm12, uint32_t *value, uint8_t *rotated)
{
    uint32_t imm8 = imm12 & 0xFFu;
    *rotated = 0;
    if (imm12 >> 10 != 0) {
        *value = rotate_right(0x80u | (imm12 & 0x7Fu), imm12 >> 7);
        *rotated = 1;
        return true;
    }
    static const uint32_t repeat[4] = {1u, 0x00010001u, 0x01000100u, 0x01010101u};
    uint32_t pattern = imm12 >> 8 & 3u;
    *value = imm8 * repeat[pattern];
    return pattern == 0 || imm8 != 0;
}

static uint32_t imm12_of(uint32_t raw)
{
    return bits(raw, 26, 26) << 11 | bits(raw, 14, 12) << 8 | bits(raw, 7, 0);
}

static bool decode_modified(uint32_t raw, struct arm_insn *insn)
{
    unsigned op = insn->row->op;
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->set_flags = (uint8_t)bits(raw, 20, 20);
    insn->form = DATA_IMM;
    if (!expand_imm(imm12_of(raw), &insn->imm, &insn->shift_amount)) {
        return false;
    }
    bool sum = op == DATA_ADD || op == DATA_SUB;
    if (data_has_rd(op) && bad_reg(insn->rd)) {
        /* ADD and SUB may compute SP from SP; S with Rd = 15 is the test form of the operation. */
        if (!sum || insn->rd != SP || insn->rn != SP) {
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

/* ADDW and SUBW; ADR.W when Rn is the pc. */
static enum arm_result adr_wide(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = ((cpu->pc + 4u) & ~3u) + insn->imm;
    return ARM_OK;
}

static bool decode_plain(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->imm = imm12_of(raw);
    insn->form = DATA_IMM;
    if (bad_reg(insn->rd) && (insn->rd != SP || insn->rn != SP)) {
        return false;
    }
    if (insn->rn == PC) {
        insn->exec = adr_wide;
        insn->imm = insn->row->op == DATA_SUB ? 0u - insn->imm : insn->imm;
        reads(insn, PC);
        writes(insn, insn->rd);
        return true;
    }
    arm_data_finish(insn);
    return true;
}

static bool decode_movw(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->imm = bits(raw, 19, 16) << 12 | imm12_of(raw);
    insn->form = DATA_IMM;
    if (bad_reg(insn->rd)) {
        return false;
    }
    arm_data_finish(insn);
    return true;
}

static enum arm_result movt(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = (cpu->r[insn->rd] & 0xFFFFu) | insn->imm;
    return ARM_OK;
}

static bool decode_movt(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->imm = (bits(raw, 19, 16) << 12 | imm12_of(raw)) << 16;
    reads(insn, insn->rd);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd);
}

/* ---- bit fields: imm is the mask at bit 0, shift_amount the lsb, ra the width ---- */
static enum arm_result bfi(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t mask = insn->imm << insn->shift_amount;
    uint32_t field = cpu->r[insn->rn] << insn->shift_amount;
    cpu->r[insn->rd] = (cpu->r[insn->rd] & ~mask) | (field & mask);
    return ARM_OK;
}

static enum arm_result bfc(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] &= ~(insn->imm << insn->shift_amount);
    return ARM_OK;
}

static enum arm_result ubfx(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = cpu->r[insn->rn] >> insn->shift_amount & insn->imm;
    return ARM_OK;
}

static enum arm_result sbfx(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t field = cpu->r[insn->rn] << (32 - insn->ra - insn->shift_amount);
    cpu->r[insn->rd] = (uint32_t)((int32_t)field >> (32 - insn->ra));
    return ARM_OK;
}

static uint32_t low_mask(unsigned width)
{
    return 0xFFFFFFFFu >> (32 - width);
}

static bool decode_insert(uint32_t raw, struct arm_insn *insn)
{
    unsigned lsb = bits(raw, 14, 12) << 2 | bits(raw, 7, 6);
    unsigned msb = bits(raw, 4, 0);
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    if (bad_reg(insn->rd) || insn->rn == SP || msb < lsb) {
        return false;
    }
    insn->shift_amount = (uint8_t)lsb;
    insn->imm = low_mask(msb - lsb + 1);
    if (insn->rn == PC) {
        insn->exec = bfc;
    } else {
        reads(insn, insn->rn);
    }
    reads(insn, insn->rd);
    writes(insn, insn->rd);
    return true;
}

static bool decode_extract(uint32_t raw, struct arm_insn *insn)
{
    unsigned lsb = bits(raw, 14, 12) << 2 | bits(raw, 7, 6);
    unsigned width = bits(raw, 4, 0) + 1;
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    if (bad_reg(insn->rd) || bad_reg(insn->rn) || lsb + width > 32) {
        return false;
    }
    insn->shift_amount = (uint8_t)lsb;
    insn->ra = (uint8_t)width;
    insn->imm = low_mask(width);
    reads(insn, insn->rn);
    writes(insn, insn->rd);
    return true;
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define IMM(mask, match, text, op) \
    {mask, match, T2, MOTE_CLASS_ALU, text, op, decode_modified, NULL}
static const struct arm_row rows[] = {
    IMM(0xFBF08F00, 0xF0100F00, "TST<c> <Rn>,#<const>", DATA_TST),
    IMM(0xFBE08000, 0xF0000000, "AND{S}<c> <Rd>,<Rn>,#<const>", DATA_AND),
    IMM(0xFBE08000, 0xF0200000, "BIC{S}<c> <Rd>,<Rn>,#<const>", DATA_BIC),
    IMM(0xFBEF8000, 0xF04F0000, "MOV{S}<c>.W <Rd>,#<const>", DATA_MOV),
    IMM(0xFBE08000, 0xF0400000, "ORR{S}<c> <Rd>,<Rn>,#<const>", DATA_ORR),
    IMM(0xFBEF8000, 0xF06F0000, "MVN{S}<c> <Rd>,#<const>", DATA_MVN),
    IMM(0xFBE08000, 0xF0600000, "ORN{S}<c> <Rd>,<Rn>,#<const>", DATA_ORN),
    IMM(0xFBF08F00, 0xF0900F00, "TEQ<c> <Rn>,#<const>", DATA_TEQ),
    IMM(0xFBE08000, 0xF0800000, "EOR{S}<c> <Rd>,<Rn>,#<const>", DATA_EOR),
    IMM(0xFBF08F00, 0xF1100F00, "CMN<c> <Rn>,#<const>", DATA_CMN),
    IMM(0xFBE08000, 0xF1000000, "ADD{S}<c>.W <Rd>,<Rn>,#<const>", DATA_ADD),
    IMM(0xFBE08000, 0xF1400000, "ADC{S}<c> <Rd>,<Rn>,#<const>", DATA_ADC),
    IMM(0xFBE08000, 0xF1600000, "SBC{S}<c> <Rd>,<Rn>,#<const>", DATA_SBC),
    IMM(0xFBF08F00, 0xF1B00F00, "CMP<c>.W <Rn>,#<const>", DATA_CMP),
    IMM(0xFBE08000, 0xF1A00000, "SUB{S}<c>.W <Rd>,<Rn>,#<const>", DATA_SUB),
    IMM(0xFBE08000, 0xF1C00000, "RSB{S}<c>.W <Rd>,<Rn>,#<const>", DATA_RSB),
    {0xFBF08000, 0xF2000000, T2, MOTE_CLASS_ALU, "ADDW<c> <Rd>,<Rn>,#<imm12>", DATA_ADD, decode_plain, NULL},
    {0xFBF08000, 0xF2A00000, T2, MOTE_CLASS_ALU, "SUBW<c> <Rd>,<Rn>,#<imm12>", DATA_SUB, decode_plain, NULL},
    {0xFBF08000, 0xF2400000, T2, MOTE_CLASS_ALU, "MOVW<c> <Rd>,#<imm16>", DATA_MOV, decode_movw, NULL},
    {0xFBF08000, 0xF2C00000, T2, MOTE_CLASS_ALU, "MOVT<c> <Rd>,#<imm16>", 0, decode_movt, movt},
    {0xFFF08020, 0xF3600000, T2, MOTE_CLASS_ALU, "BFI<c> <Rd>,<Rn>,#<lsb>,#<width>", 0, decode_insert, bfi},
    {0xFFF08020, 0xF3400000, T2, MOTE_CLASS_ALU, "SBFX<c> <Rd>,<Rn>,#<lsb>,#<width>", 0, decode_extract, sbfx},
    {0xFFF08020, 0xF3C00000, T2, MOTE_CLASS_ALU, "UBFX<c> <Rd>,<Rn>,#<lsb>,#<width>", 0, decode_extract, ubfx},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_data_immediate, rows);
