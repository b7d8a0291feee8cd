/* Extension, with and without addition, and byte and bit reversal: A7.7 of the Armv7-M ARM (DDI
 * 0403E). */
#include "_thumb.h"

#define EXTEND_ADD(name, extended)                                                                 \
    static enum arm_result name(struct arm_cpu *cpu, const struct arm_insn *insn)                  \
    {                                                                                              \
        uint32_t x = rotate_right(cpu->r[insn->rm], insn->shift_amount);                           \
        uint32_t addend = (extended);                                                              \
        cpu->r[insn->rd] = cpu->r[insn->rn] + addend;                                              \
        return ARM_OK;                                                                             \
    }
#define UNARY(name, expression)                                                                    \
    static enum arm_result name(struct arm_cpu *cpu, const struct arm_insn *insn)                  \
    {                                                                                              \
        uint32_t x = cpu->r[insn->rm];                                                             \
        cpu->r[insn->rd] = (expression);                                                           \
        return ARM_OK;                                                                             \
    }
#define ROTATED(name, expression)                                                                  \
    static enum arm_result name(struct arm_cpu *cpu, const struct arm_insn *insn)                  \
    {                                                                                              \
        uint32_t x = rotate_right(cpu->r[insn->rm], insn->shift_amount);                           \
        cpu->r[insn->rd] = (expression);                                                           \
        return ARM_OK;                                                                             \
    }
#define SXTB_OF(x)   ((uint32_t)(int32_t)(int8_t)(x))
#define SXTH_OF(x)   ((uint32_t)(int32_t)(int16_t)(x))
#define SXTB16_OF(x) ((SXTB_OF(x) & 0xFFFFu) | SXTB_OF((x) >> 16) << 16)

/* The usual amount of rotation is none: those have their own exec. */
UNARY(sxtb, SXTB_OF(x))
UNARY(sxth, SXTH_OF(x))
UNARY(uxtb, x & 0xFFu)
UNARY(uxth, x & 0xFFFFu)
ROTATED(sxtb_rotated, SXTB_OF(x))
ROTATED(sxth_rotated, SXTH_OF(x))
ROTATED(uxtb_rotated, x & 0xFFu)
ROTATED(uxth_rotated, x & 0xFFFFu)
ROTATED(sxtb16, SXTB16_OF(x))
ROTATED(uxtb16, x & 0x00FF00FFu)
EXTEND_ADD(sxtab, SXTB_OF(x))
EXTEND_ADD(sxtah, SXTH_OF(x))
EXTEND_ADD(uxtab, (x & 0xFFu))
EXTEND_ADD(uxtah, (x & 0xFFFFu))

/* Adds 16-bit lanes without a carry between them. */
static uint32_t add_lanes(uint32_t a, uint32_t b)
{
    return ((a + b) & 0xFFFFu) | ((a & 0xFFFF0000u) + (b & 0xFFFF0000u));
}

static enum arm_result sxtab16(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t x = rotate_right(cpu->r[insn->rm], insn->shift_amount);
    cpu->r[insn->rd] = add_lanes(cpu->r[insn->rn], SXTB16_OF(x));
    return ARM_OK;
}

static enum arm_result uxtab16(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t x = rotate_right(cpu->r[insn->rm], insn->shift_amount);
    cpu->r[insn->rd] = add_lanes(cpu->r[insn->rn], x & 0x00FF00FFu);
    return ARM_OK;
}

static uint32_t reverse_bits(uint32_t x)
{
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0F0F0F0Fu) | (x & 0x0F0F0F0Fu) << 4;
    return __builtin_bswap32(x);
}

UNARY(rev, __builtin_bswap32(x))
UNARY(rev16, (x >> 8 & 0x00FF00FFu) | (x & 0x00FF00FFu) << 8)
UNARY(revsh, SXTH_OF(__builtin_bswap16((uint16_t)x)))
UNARY(rbit, reverse_bits(x))
UNARY(clz, x == 0 ? 32u : (uint32_t)__builtin_clz(x))

static bool decode_narrow(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rm = low_field(raw, 3);
    reads(insn, insn->rm);
    writes(insn, insn->rd);
    return true;
}

/* REV and its like carry Rm twice. */
static bool decode_reverse(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rm = reg_field(raw, 0);
    reads(insn, insn->rm);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd) && !bad_reg(insn->rm) && insn->rm == reg_field(raw, 16);
}

static bool decode_extend(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rm = reg_field(raw, 0);
    insn->shift_amount = (uint8_t)(bits(raw, 5, 4) * 8);
    if (insn->shift_amount == 0) {
        if (insn->exec == sxtb_rotated) {
            insn->exec = sxtb;
        } else if (insn->exec == sxth_rotated) {
            insn->exec = sxth;
        } else if (insn->exec == uxtb_rotated) {
            insn->exec = uxtb;
        } else if (insn->exec == uxth_rotated) {
            insn->exec = uxth;
        }
    }
    reads_shifted(insn, insn->rm);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd) && !bad_reg(insn->rm);
}

static bool decode_extend_add(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = reg_field(raw, 16);
    if (bad_reg(insn->rn)) {
        return false;
    }
    reads(insn, insn->rn);
    return decode_extend(raw, insn);
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define DSP (ARM_HAS_THUMB2 | ARM_HAS_DSP)
#define ALU MOTE_CLASS_ALU
#define SIMD MOTE_CLASS_SIMD
static const struct arm_row rows[] = {
    {0xFFC0, 0xB200, 0, ALU, "SXTH<c> <Rd>,<Rm>", 0, decode_narrow, sxth},
    {0xFFC0, 0xB240, 0, ALU, "SXTB<c> <Rd>,<Rm>", 0, decode_narrow, sxtb},
    {0xFFC0, 0xB280, 0, ALU, "UXTH<c> <Rd>,<Rm>", 0, decode_narrow, uxth},
    {0xFFC0, 0xB2C0, 0, ALU, "UXTB<c> <Rd>,<Rm>", 0, decode_narrow, uxtb},
    {0xFFC0, 0xBA00, 0, ALU, "REV<c> <Rd>,<Rm>", 0, decode_narrow, rev},
    {0xFFC0, 0xBA40, 0, ALU, "REV16<c> <Rd>,<Rm>", 0, decode_narrow, rev16},
    {0xFFC0, 0xBAC0, 0, ALU, "REVSH<c> <Rd>,<Rm>", 0, decode_narrow, revsh},
    {0xFFF0F0F0, 0xFA90F080, T2, ALU, "REV<c>.W <Rd>,<Rm>", 0, decode_reverse, rev},
    {0xFFF0F0F0, 0xFA90F090, T2, ALU, "REV16<c>.W <Rd>,<Rm>", 0, decode_reverse, rev16},
    {0xFFF0F0F0, 0xFA90F0A0, T2, ALU, "RBIT<c> <Rd>,<Rm>", 0, decode_reverse, rbit},
    {0xFFF0F0F0, 0xFA90F0B0, T2, ALU, "REVSH<c>.W <Rd>,<Rm>", 0, decode_reverse, revsh},
    {0xFFF0F0F0, 0xFAB0F080, T2, ALU, "CLZ<c> <Rd>,<Rm>", 0, decode_reverse, clz},
    {0xFFFFF0C0, 0xFA0FF080, T2, ALU, "SXTH<c>.W <Rd>,<Rm>{,<rotation>}", 0, decode_extend, sxth_rotated},
    {0xFFFFF0C0, 0xFA1FF080, T2, ALU, "UXTH<c>.W <Rd>,<Rm>{,<rotation>}", 0, decode_extend, uxth_rotated},
    {0xFFFFF0C0, 0xFA2FF080, DSP, SIMD, "SXTB16<c> <Rd>,<Rm>{,<rotation>}", 0, decode_extend, sxtb16},
    {0xFFFFF0C0, 0xFA3FF080, DSP, SIMD, "UXTB16<c> <Rd>,<Rm>{,<rotation>}", 0, decode_extend, uxtb16},
    {0xFFFFF0C0, 0xFA4FF080, T2, ALU, "SXTB<c>.W <Rd>,<Rm>{,<rotation>}", 0, decode_extend, sxtb_rotated},
    {0xFFFFF0C0, 0xFA5FF080, T2, ALU, "UXTB<c>.W <Rd>,<Rm>{,<rotation>}", 0, decode_extend, uxtb_rotated},
    {0xFFF0F0C0, 0xFA00F080, DSP, SIMD, "SXTAH<c> <Rd>,<Rn>,<Rm>{,<rotation>}", 0, decode_extend_add, sxtah},
    {0xFFF0F0C0, 0xFA10F080, DSP, SIMD, "UXTAH<c> <Rd>,<Rn>,<Rm>{,<rotation>}", 0, decode_extend_add, uxtah},
    {0xFFF0F0C0, 0xFA20F080, DSP, SIMD, "SXTAB16<c> <Rd>,<Rn>,<Rm>{,<rotation>}", 0, decode_extend_add, sxtab16},
    {0xFFF0F0C0, 0xFA30F080, DSP, SIMD, "UXTAB16<c> <Rd>,<Rn>,<Rm>{,<rotation>}", 0, decode_extend_add, uxtab16},
    {0xFFF0F0C0, 0xFA40F080, DSP, SIMD, "SXTAB<c> <Rd>,<Rn>,<Rm>{,<rotation>}", 0, decode_extend_add, sxtab},
    {0xFFF0F0C0, 0xFA50F080, DSP, SIMD, "UXTAB<c> <Rd>,<Rn>,<Rm>{,<rotation>}", 0, decode_extend_add, uxtab},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_extend, rows);
