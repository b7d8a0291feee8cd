/* Halfword and dual multiplies of the DSP extension: SMLAxy, SMLAWy, SMLAD, SMLSD, SMLALxy, SMLALD,
 * SMLSLD, USAD8 and their like. A5.3.16 and A5.3.17 of the Armv7-M ARM (DDI 0403E).
 *
 * imm bit 0 selects the half of Rm (or exchanges its halves), bit 1 the half of Rn. */
#include "_thumb.h"

static int32_t half(uint32_t value, uint32_t top)
{
    return (int16_t)(value >> (16 * top));
}

/* Stores a sum of 32-bit signed values that sets Q where it does not fit; never saturates. */
static enum arm_result accumulate(struct arm_cpu *cpu, const struct arm_insn *insn, int64_t sum)
{
    cpu->r[insn->rd] = (uint32_t)sum;
    cpu->q |= sum != (int32_t)sum;
    return ARM_OK;
}

static int32_t product_xy(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return half(cpu->r[insn->rn], insn->imm >> 1) * half(cpu->r[insn->rm], insn->imm & 1);
}

static enum arm_result smul_xy(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = (uint32_t)product_xy(cpu, insn);
    return ARM_OK;
}

static enum arm_result smla_xy(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return accumulate(cpu, insn, (int64_t)product_xy(cpu, insn) + (int32_t)cpu->r[insn->ra]);
}

static int64_t product_wy(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (int64_t)(int32_t)cpu->r[insn->rn] * half(cpu->r[insn->rm], insn->imm & 1) >> 16;
}

static enum arm_result smulw(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = (uint32_t)product_wy(cpu, insn);
    return ARM_OK;
}

static enum arm_result smlaw(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return accumulate(cpu, insn, product_wy(cpu, insn) + (int32_t)cpu->r[insn->ra]);
}

/* Products of the two pairs of halves. */
static int64_t product_low(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (int64_t)half(cpu->r[insn->rn], 0) * half(cpu->r[insn->rm], insn->imm);
}

static int64_t product_high(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (int64_t)half(cpu->r[insn->rn], 1) * half(cpu->r[insn->rm], 1 - insn->imm);
}

static enum arm_result smuad(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return accumulate(cpu, insn, product_low(cpu, insn) + product_high(cpu, insn));
}

static enum arm_result smusd(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return accumulate(cpu, insn, product_low(cpu, insn) - product_high(cpu, insn));
}

static enum arm_result smlad(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return accumulate(cpu, insn,
                      product_low(cpu, insn) + product_high(cpu, insn) + (int32_t)cpu->r[insn->ra]);
}

static enum arm_result smlsd(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return accumulate(cpu, insn,
                      product_low(cpu, insn) - product_high(cpu, insn) + (int32_t)cpu->r[insn->ra]);
}

/* ---- 64-bit accumulators in ra:rd (RdHi:RdLo) ---- */
static enum arm_result add_long(struct arm_cpu *cpu, const struct arm_insn *insn, int64_t term)
{
    uint64_t sum = ((uint64_t)cpu->r[insn->ra] << 32 | cpu->r[insn->rd]) + (uint64_t)term;
    cpu->r[insn->rd] = (uint32_t)sum;
    cpu->r[insn->ra] = (uint32_t)(sum >> 32);
    return ARM_OK;
}

static enum arm_result smlal_xy(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return add_long(cpu, insn, product_xy(cpu, insn));
}

static enum arm_result smlald(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return add_long(cpu, insn, product_low(cpu, insn) + product_high(cpu, insn));
}

static enum arm_result smlsld(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return add_long(cpu, insn, product_low(cpu, insn) - product_high(cpu, insn));
}

/* ---- sums of absolute differences ---- */
static uint32_t differences(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < 32; i += 8) {
        uint32_t a = cpu->r[insn->rn] >> i & 0xFFu;
        uint32_t b = cpu->r[insn->rm] >> i & 0xFFu;
        sum += a > b ? a - b : b - a;
    }
    return sum;
}

static enum arm_result usad8(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = differences(cpu, insn);
    return ARM_OK;
}

static enum arm_result usada8(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = cpu->r[insn->ra] + differences(cpu, insn);
    return ARM_OK;
}

static bool decode_three(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    insn->imm = bits(raw, 5, 4);
    reads(insn, insn->rn);
    reads(insn, insn->rm);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd) && !bad_reg(insn->rn) && !bad_reg(insn->rm);
}

static bool decode_four(uint32_t raw, struct arm_insn *insn)
{
    insn->ra = reg_field(raw, 12);
    reads(insn, insn->ra);
    return !bad_reg(insn->ra) && decode_three(raw, insn);
}

static bool decode_long(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->ra = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    insn->imm = bits(raw, 5, 4);
    reads(insn, insn->rn);
    reads(insn, insn->rm);
    reads(insn, insn->rd);
    reads(insn, insn->ra);
    writes(insn, insn->rd);
    writes(insn, insn->ra);
    return !bad_reg(insn->rd) && !bad_reg(insn->ra) && !bad_reg(insn->rn) && !bad_reg(insn->rm) &&
           insn->rd != insn->ra;
}

/* clang-format off */
#define DSP(mask, match, text, decode, exec) \
    {mask, match, ARM_HAS_THUMB2 | ARM_HAS_DSP, MOTE_CLASS_SIMD_MAC, text, 0, decode, exec}
#define R3 " <Rd>,<Rn>,<Rm>"
#define R4 " <Rd>,<Rn>,<Rm>,<Ra>"
#define RL " <RdLo>,<RdHi>,<Rn>,<Rm>"
static const struct arm_row rows[] = {
    DSP(0xFFF0F0C0, 0xFB10F000, "SMUL<x><y><c>" R3, decode_three, smul_xy),
    DSP(0xFFF000C0, 0xFB100000, "SMLA<x><y><c>" R4, decode_four, smla_xy),
    DSP(0xFFF0F0E0, 0xFB20F000, "SMUAD{X}<c>" R3, decode_three, smuad),
    DSP(0xFFF000E0, 0xFB200000, "SMLAD{X}<c>" R4, decode_four, smlad),
    DSP(0xFFF0F0E0, 0xFB30F000, "SMULW<y><c>" R3, decode_three, smulw),
    DSP(0xFFF000E0, 0xFB300000, "SMLAW<y><c>" R4, decode_four, smlaw),
    DSP(0xFFF0F0E0, 0xFB40F000, "SMUSD{X}<c>" R3, decode_three, smusd),
    DSP(0xFFF000E0, 0xFB400000, "SMLSD{X}<c>" R4, decode_four, smlsd),
    DSP(0xFFF0F0F0, 0xFB70F000, "USAD8<c>" R3, decode_three, usad8),
    DSP(0xFFF000F0, 0xFB700000, "USADA8<c>" R4, decode_four, usada8),
    DSP(0xFFF000C0, 0xFBC00080, "SMLAL<x><y><c>" RL, decode_long, smlal_xy),
    DSP(0xFFF000E0, 0xFBC000C0, "SMLALD{X}<c>" RL, decode_long, smlald),
    DSP(0xFFF000E0, 0xFBD000C0, "SMLSLD{X}<c>" RL, decode_long, smlsld),
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_multiply_dsp, rows);
