/* 32-bit multiplies: MUL, MLA, MLS, and SMMUL, SMMLA, SMMLS of the DSP extension; long multiplies
 * UMULL, SMULL, UMLAL, SMLAL, UMAAL; SDIV, UDIV. A5.3.16 and A5.3.17 of the Armv7-M ARM (DDI
 * 0403E). The halfword multiplies are in multiply_dsp.c. */
#include "_thumb.h"

static enum arm_result mul(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = cpu->r[insn->rn] * cpu->r[insn->rm];
    return ARM_OK;
}

static enum arm_result muls(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t result = cpu->r[insn->rn] * cpu->r[insn->rm];
    cpu->r[insn->rd] = result;
    set_nz(cpu, result);
    return ARM_OK;
}

static enum arm_result mla(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = cpu->r[insn->ra] + cpu->r[insn->rn] * cpu->r[insn->rm];
    return ARM_OK;
}

static enum arm_result mls(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = cpu->r[insn->ra] - cpu->r[insn->rn] * cpu->r[insn->rm];
    return ARM_OK;
}

static uint64_t signed_product(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (uint64_t)((int64_t)(int32_t)cpu->r[insn->rn] * (int32_t)cpu->r[insn->rm]);
}

static uint64_t unsigned_product(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (uint64_t)cpu->r[insn->rn] * cpu->r[insn->rm];
}

/* The most-significant-word multiplies round when imm is 0x80000000 rather than 0. */
static enum arm_result smmul(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = (uint32_t)((signed_product(cpu, insn) + insn->imm) >> 32);
    return ARM_OK;
}

static enum arm_result smmla(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint64_t sum = ((uint64_t)cpu->r[insn->ra] << 32) + signed_product(cpu, insn) + insn->imm;
    cpu->r[insn->rd] = (uint32_t)(sum >> 32);
    return ARM_OK;
}

static enum arm_result smmls(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint64_t sum = ((uint64_t)cpu->r[insn->ra] << 32) - signed_product(cpu, insn) + insn->imm;
    cpu->r[insn->rd] = (uint32_t)(sum >> 32);
    return ARM_OK;
}

/* ---- 64-bit results in ra:rd (RdHi:RdLo) ---- */
static void write_long(struct arm_cpu *cpu, const struct arm_insn *insn, uint64_t value)
{
    cpu->r[insn->rd] = (uint32_t)value;
    cpu->r[insn->ra] = (uint32_t)(value >> 32);
}

static uint64_t read_long(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return (uint64_t)cpu->r[insn->ra] << 32 | cpu->r[insn->rd];
}

static enum arm_result smull(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    write_long(cpu, insn, signed_product(cpu, insn));
    return ARM_OK;
}

static enum arm_result umull(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    write_long(cpu, insn, unsigned_product(cpu, insn));
    return ARM_OK;
}

static enum arm_result smlal(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    write_long(cpu, insn, read_long(cpu, insn) + signed_product(cpu, insn));
    return ARM_OK;
}

static enum arm_result umlal(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    write_long(cpu, insn, read_long(cpu, insn) + unsigned_product(cpu, insn));
    return ARM_OK;
}

static enum arm_result umaal(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint64_t sum = unsigned_product(cpu, insn) + cpu->r[insn->rd] + cpu->r[insn->ra];
    write_long(cpu, insn, sum);
    return ARM_OK;
}

/* ---- division ---- */
static enum arm_result sdiv(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    int32_t n = (int32_t)cpu->r[insn->rn];
    int32_t m = (int32_t)cpu->r[insn->rm];
    if (m == 0) {
        if (cpu->ccr & ARM_CCR_DIV_0_TRP) {
            return arm_raise(cpu, ARM_FAULT_DIVBYZERO);
        }
        cpu->r[insn->rd] = 0;
    } else {
        cpu->r[insn->rd] = m == -1 ? 0u - (uint32_t)n : (uint32_t)(n / m);
    }
    return ARM_OK;
}

static enum arm_result udiv(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t m = cpu->r[insn->rm];
    if (m == 0 && (cpu->ccr & ARM_CCR_DIV_0_TRP)) {
        return arm_raise(cpu, ARM_FAULT_DIVBYZERO);
    }
    cpu->r[insn->rd] = m == 0 ? 0 : cpu->r[insn->rn] / m;
    return ARM_OK;
}

/* ---- decoding ---- */
static bool decode_mul_narrow(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rn = low_field(raw, 3);
    insn->rm = insn->rd;
    insn->set_flags = !insn->in_it;
    reads(insn, insn->rn);
    reads(insn, insn->rm);
    writes(insn, insn->rd);
    if (insn->set_flags) {
        insn->exec = muls;
        writes(insn, FLAGS_BIT);
    }
    return true;
}

static bool decode_three(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    insn->imm = insn->row->op ? bits(raw, 4, 4) << 31 : 0;
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

/* row->op 1: accumulates. */
static bool decode_long(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->ra = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    reads(insn, insn->rn);
    reads(insn, insn->rm);
    if (insn->row->op) {
        reads(insn, insn->rd);
        reads(insn, insn->ra);
    }
    writes(insn, insn->rd);
    writes(insn, insn->ra);
    return !bad_reg(insn->rd) && !bad_reg(insn->ra) && !bad_reg(insn->rn) && !bad_reg(insn->rm) &&
           insn->rd != insn->ra;
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define DSP (ARM_HAS_THUMB2 | ARM_HAS_DSP)
#define MUL MOTE_CLASS_MUL
#define MAC MOTE_CLASS_MAC
#define LONG MOTE_CLASS_MUL_LONG
static const struct arm_row rows[] = {
    {0xFFC0, 0x4340, 0, MUL, "MUL <Rdm>,<Rn>,<Rdm>", 0, decode_mul_narrow, mul},
    {0xFFF0F0F0, 0xFB00F000, T2, MUL, "MUL<c> <Rd>,<Rn>,<Rm>", 0, decode_three, mul},
    {0xFFF000F0, 0xFB000000, T2, MAC, "MLA<c> <Rd>,<Rn>,<Rm>,<Ra>", 0, decode_four, mla},
    {0xFFF000F0, 0xFB000010, T2, MAC, "MLS<c> <Rd>,<Rn>,<Rm>,<Ra>", 0, decode_four, mls},
    {0xFFF0F0E0, 0xFB50F000, DSP, MUL, "SMMUL{R}<c> <Rd>,<Rn>,<Rm>", 1, decode_three, smmul},
    {0xFFF000E0, 0xFB500000, DSP, MAC, "SMMLA{R}<c> <Rd>,<Rn>,<Rm>,<Ra>", 1, decode_four, smmla},
    {0xFFF000E0, 0xFB600000, DSP, MAC, "SMMLS{R}<c> <Rd>,<Rn>,<Rm>,<Ra>", 1, decode_four, smmls},
    {0xFFF000F0, 0xFB800000, T2, LONG, "SMULL<c> <RdLo>,<RdHi>,<Rn>,<Rm>", 0, decode_long, smull},
    {0xFFF000F0, 0xFBA00000, T2, LONG, "UMULL<c> <RdLo>,<RdHi>,<Rn>,<Rm>", 0, decode_long, umull},
    {0xFFF000F0, 0xFBC00000, T2, LONG, "SMLAL<c> <RdLo>,<RdHi>,<Rn>,<Rm>", 1, decode_long, smlal},
    {0xFFF000F0, 0xFBE00000, T2, LONG, "UMLAL<c> <RdLo>,<RdHi>,<Rn>,<Rm>", 1, decode_long, umlal},
    {0xFFF000F0, 0xFBE00060, DSP, LONG, "UMAAL<c> <RdLo>,<RdHi>,<Rn>,<Rm>", 1, decode_long, umaal},
    {0xFFF0F0F0, 0xFB90F0F0, ARM_HAS_DIV, MOTE_CLASS_DIV, "SDIV<c> <Rd>,<Rn>,<Rm>", 0, decode_three, sdiv},
    {0xFFF0F0F0, 0xFBB0F0F0, ARM_HAS_DIV, MOTE_CLASS_DIV, "UDIV<c> <Rd>,<Rn>,<Rm>", 0, decode_three, udiv},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_multiply, rows);
