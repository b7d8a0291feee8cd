/* Saturation: SSAT, USAT and their 16-bit pairs, QADD, QSUB, QDADD, QDSUB. A7.7 of the Armv7-M ARM
 * (DDI 0403E). All may set Q, none clears it. */
#include "_thumb.h"

static int32_t saturate(struct arm_cpu *cpu, int64_t value, int64_t low, int64_t high)
{
    if (value < low) {
        cpu->q = 1;
        return (int32_t)low;
    }
    if (value > high) {
        cpu->q = 1;
        return (int32_t)high;
    }
    return (int32_t)value;
}

static int32_t saturate_signed(struct arm_cpu *cpu, int64_t value, unsigned width)
{
    int64_t limit = (int64_t)1 << (width - 1);
    return saturate(cpu, value, -limit, limit - 1);
}

static int32_t saturate_unsigned(struct arm_cpu *cpu, int64_t value, unsigned width)
{
    return (int32_t)(uint32_t)saturate(cpu, value, 0, ((int64_t)1 << width) - 1);
}

static enum arm_result ssat(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t value = shift_plain(cpu->r[insn->rn], insn->shift_type, insn->shift_amount, 0);
    cpu->r[insn->rd] = (uint32_t)saturate_signed(cpu, (int32_t)value, insn->imm);
    return ARM_OK;
}

static enum arm_result usat(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t value = shift_plain(cpu->r[insn->rn], insn->shift_type, insn->shift_amount, 0);
    cpu->r[insn->rd] = (uint32_t)saturate_unsigned(cpu, (int32_t)value, insn->imm);
    return ARM_OK;
}

static enum arm_result ssat16(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t value = cpu->r[insn->rn];
    uint32_t low = (uint32_t)saturate_signed(cpu, (int16_t)value, insn->imm);
    uint32_t high = (uint32_t)saturate_signed(cpu, (int16_t)(value >> 16), insn->imm);
    cpu->r[insn->rd] = (low & 0xFFFFu) | high << 16;
    return ARM_OK;
}

static enum arm_result usat16(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t value = cpu->r[insn->rn];
    uint32_t low = (uint32_t)saturate_unsigned(cpu, (int16_t)value, insn->imm);
    uint32_t high = (uint32_t)saturate_unsigned(cpu, (int16_t)(value >> 16), insn->imm);
    cpu->r[insn->rd] = (low & 0xFFFFu) | high << 16;
    return ARM_OK;
}

/* Rm op Rn, Rn perhaps doubled first. */
static int64_t operand_m(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (int32_t)cpu->r[insn->rm];
}

static int64_t operand_n(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (int32_t)cpu->r[insn->rn];
}

static enum arm_result qadd(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    int64_t sum = operand_m(cpu, insn) + operand_n(cpu, insn);
    cpu->r[insn->rd] = (uint32_t)saturate_signed(cpu, sum, 32);
    return ARM_OK;
}

static enum arm_result qsub(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    int64_t difference = operand_m(cpu, insn) - operand_n(cpu, insn);
    cpu->r[insn->rd] = (uint32_t)saturate_signed(cpu, difference, 32);
    return ARM_OK;
}

static enum arm_result qdadd(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    int64_t doubled = saturate_signed(cpu, 2 * operand_n(cpu, insn), 32);
    cpu->r[insn->rd] = (uint32_t)saturate_signed(cpu, operand_m(cpu, insn) + doubled, 32);
    return ARM_OK;
}

static enum arm_result qdsub(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    int64_t doubled = saturate_signed(cpu, 2 * operand_n(cpu, insn), 32);
    cpu->r[insn->rd] = (uint32_t)saturate_signed(cpu, operand_m(cpu, insn) - doubled, 32);
    return ARM_OK;
}

/* row->op 1: signed, whose width field counts from 1. */
static bool decode_saturate(uint32_t raw, struct arm_insn *insn)
{
    uint32_t amount = bits(raw, 14, 12) << 2 | bits(raw, 7, 6);
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 4, 0) + insn->row->op;
    if (bits(raw, 21, 21) && amount == 0) {
        return false; /* SSAT16, USAT16 */
    }
    decode_imm_shift(insn, bits(raw, 21, 21) << 1, amount);
    reads_shifted(insn, insn->rn);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd) && !bad_reg(insn->rn);
}

static bool decode_saturate16(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 3, 0) + insn->row->op;
    reads(insn, insn->rn);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd) && !bad_reg(insn->rn);
}

static bool decode_three(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    reads(insn, insn->rn);
    reads(insn, insn->rm);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd) && !bad_reg(insn->rn) && !bad_reg(insn->rm);
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define DSP (ARM_HAS_THUMB2 | ARM_HAS_DSP)
#define SIMD MOTE_CLASS_SIMD
static const struct arm_row rows[] = {
    {0xFFD08020, 0xF3000000, T2, SIMD, "SSAT<c> <Rd>,#<imm>,<Rn>{,<shift>}", 1, decode_saturate, ssat},
    {0xFFD08020, 0xF3800000, T2, SIMD, "USAT<c> <Rd>,#<imm>,<Rn>{,<shift>}", 0, decode_saturate, usat},
    {0xFFF0F0F0, 0xF3200000, DSP, SIMD, "SSAT16<c> <Rd>,#<imm>,<Rn>", 1, decode_saturate16, ssat16},
    {0xFFF0F0F0, 0xF3A00000, DSP, SIMD, "USAT16<c> <Rd>,#<imm>,<Rn>", 0, decode_saturate16, usat16},
    {0xFFF0F0F0, 0xFA80F080, DSP, SIMD, "QADD<c> <Rd>,<Rm>,<Rn>", 0, decode_three, qadd},
    {0xFFF0F0F0, 0xFA80F090, DSP, SIMD, "QDADD<c> <Rd>,<Rm>,<Rn>", 0, decode_three, qdadd},
    {0xFFF0F0F0, 0xFA80F0A0, DSP, SIMD, "QSUB<c> <Rd>,<Rm>,<Rn>", 0, decode_three, qsub},
    {0xFFF0F0F0, 0xFA80F0B0, DSP, SIMD, "QDSUB<c> <Rd>,<Rm>,<Rn>", 0, decode_three, qdsub},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_saturate, rows);
