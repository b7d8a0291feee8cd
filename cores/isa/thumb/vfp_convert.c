/* Floating-point conversions and rounding to integral values: VCVT, VCVTR, VCVTA/N/P/M, VCVTB,
 * VCVTT, VRINT. A7.7 of the Armv7-M ARM (DDI 0403E). */
#include "_vfp.h"

/* ---- between integers and floating point: the integer is a single register ---- */
/* imm: enum fp_round; form 1: signed. */
VFP_INLINE enum arm_result to_integer(struct arm_cpu *cpu, const struct arm_insn *insn,
                                      enum fp_size size)
{
    VFP_ENTER(cpu);
    uint64_t value = vfp_read(cpu, size, insn->rm);
    cpu->s[insn->rd] =
        (uint32_t)fp_to_fixed(size, value, 32, insn->form, 0, insn->imm, &cpu->fpscr);
    return ARM_OK;
}

VFP_INLINE enum arm_result from_integer(struct arm_cpu *cpu, const struct arm_insn *insn,
                                        enum fp_size size)
{
    VFP_ENTER(cpu);
    uint32_t value = cpu->s[insn->rm];
    bool negative = insn->form && value >> 31;
    uint64_t result = fp_from_fixed(size, negative ? 0u - value : value, negative, 0,
                                    FP_MODE_OF_ENV, &cpu->fpscr);
    vfp_write(cpu, size, insn->rd, result);
    return ARM_OK;
}

/* ---- fixed point, in place: imm is the number of fraction bits, form 1: signed,
 * shift_amount the width ---- */
VFP_INLINE enum arm_result to_fixed(struct arm_cpu *cpu, const struct arm_insn *insn,
                                    enum fp_size size)
{
    VFP_ENTER(cpu);
    uint64_t value = vfp_read(cpu, size, insn->rd);
    uint64_t result = fp_to_fixed(size, value, insn->shift_amount, insn->form, insn->imm,
                                  FP_TO_ZERO, &cpu->fpscr);
    vfp_write(cpu, size, insn->rd, result);
    return ARM_OK;
}

VFP_INLINE enum arm_result from_fixed(struct arm_cpu *cpu, const struct arm_insn *insn,
                                      enum fp_size size)
{
    VFP_ENTER(cpu);
    unsigned above = 32u - insn->shift_amount;
    uint32_t value = cpu->s[insn->rd] << above >> above;
    bool negative = insn->form && value >> (insn->shift_amount - 1u);
    if (negative) {
        value = (0u - value) << above >> above;
    }
    uint64_t result = fp_from_fixed(size, value, negative, insn->imm, FP_NEAREST, &cpu->fpscr);
    vfp_write(cpu, size, insn->rd, result);
    return ARM_OK;
}

/* ---- to an integral value; row->op 1: signals inexact ---- */
VFP_INLINE enum arm_result round_integral(struct arm_cpu *cpu, const struct arm_insn *insn,
                                          enum fp_size size)
{
    VFP_ENTER(cpu);
    uint64_t result = fp_round_to_integral(size, vfp_read(cpu, size, insn->rm), insn->imm,
                                           insn->row->op, &cpu->fpscr);
    vfp_write(cpu, size, insn->rd, result);
    return ARM_OK;
}

/* ---- between formats ---- */
static enum arm_result convert_single(struct arm_cpu *cpu, const struct arm_insn *insn, bool from)
{
    VFP_ENTER(cpu);
    enum fp_size source = from ? FP32 : FP64;
    enum fp_size target = from ? FP64 : FP32;
    uint64_t value = vfp_read(cpu, source, insn->rm);
    vfp_write(cpu, target, insn->rd, fp_convert(target, source, value, &cpu->fpscr));
    return ARM_OK;
}

/* imm: bit position of the half. */
VFP_INLINE enum arm_result from_half(struct arm_cpu *cpu, const struct arm_insn *insn,
                                     enum fp_size size)
{
    VFP_ENTER(cpu);
    uint32_t half = cpu->s[insn->rm] >> insn->imm & 0xFFFFu;
    vfp_write(cpu, size, insn->rd, fp_convert(size, FP16, half, &cpu->fpscr));
    return ARM_OK;
}

VFP_INLINE enum arm_result to_half(struct arm_cpu *cpu, const struct arm_insn *insn,
                                   enum fp_size size)
{
    VFP_ENTER(cpu);
    uint64_t value = vfp_read(cpu, size, insn->rm);
    uint32_t half = (uint32_t)fp_convert(FP16, size, value, &cpu->fpscr);
    cpu->s[insn->rd] = (cpu->s[insn->rd] & ~(0xFFFFu << insn->imm)) | half << insn->imm;
    return ARM_OK;
}

#define SIZES(name)                                                                                \
    static enum arm_result name##_f32(struct arm_cpu *cpu, const struct arm_insn *insn)            \
    {                                                                                              \
        return name(cpu, insn, FP32);                                                              \
    }                                                                                              \
    static enum arm_result name##_f64(struct arm_cpu *cpu, const struct arm_insn *insn)            \
    {                                                                                              \
        return name(cpu, insn, FP64);                                                              \
    }
SIZES(to_integer)
SIZES(from_integer)
SIZES(to_fixed)
SIZES(from_fixed)
SIZES(round_integral)
SIZES(from_half)
SIZES(to_half)

static enum arm_result single_to_double(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return convert_single(cpu, insn, true);
}

static enum arm_result double_to_single(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return convert_single(cpu, insn, false);
}

/* ---- decoding ---- */
static bool decode_registers(uint32_t raw, struct arm_insn *insn, bool double_d, bool double_m)
{
    if (!vfp_d(raw, insn, double_d) || !vfp_m(raw, insn, double_m)) {
        return false;
    }
    vfp_reads(insn, insn->rm);
    vfp_writes(insn, insn->rd);
    return true;
}

static bool decode_to_integer(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    insn->form = (uint8_t)bits(raw, 16, 16);
    insn->imm = bits(raw, 7, 7) ? FP_TO_ZERO : FP_MODE_OF_ENV;
    return decode_registers(raw, insn, false, is_double);
}

/* Bits 17:16 of VCVTA and VRINTA: away, nearest, up, down. */
static uint32_t directed(uint32_t raw)
{
    static const uint8_t modes[4] = {FP_AWAY, FP_NEAREST, FP_UP, FP_DOWN};
    return modes[bits(raw, 17, 16)];
}

static bool decode_to_integer_directed(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    insn->form = (uint8_t)bits(raw, 7, 7);
    insn->imm = directed(raw);
    return !insn->in_it && decode_registers(raw, insn, false, is_double);
}

static bool decode_from_integer(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    insn->form = (uint8_t)bits(raw, 7, 7);
    return decode_registers(raw, insn, is_double, false);
}

static bool decode_fixed(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    uint32_t imm5 = bits(raw, 3, 0) << 1 | bits(raw, 5, 5);
    insn->shift_amount = bits(raw, 7, 7) ? 32 : 16;
    insn->form = !bits(raw, 16, 16);
    if (imm5 > insn->shift_amount || !vfp_d(raw, insn, is_double)) {
        return false;
    }
    insn->imm = insn->shift_amount - imm5;
    vfp_reads(insn, insn->rd);
    vfp_writes(insn, insn->rd);
    return true;
}

/* VRINTZ, VRINTR and VRINTX. */
static bool decode_round(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    insn->imm = bits(raw, 7, 7) ? FP_TO_ZERO : FP_MODE_OF_ENV;
    return decode_registers(raw, insn, is_double, is_double);
}

static bool decode_round_directed(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    insn->imm = directed(raw);
    return !insn->in_it && decode_registers(raw, insn, is_double, is_double);
}

static bool decode_format(uint32_t raw, struct arm_insn *insn)
{
    bool from_double = bits(raw, 8, 8);
    add_flags(insn, MOTE_INSN_DOUBLE);
    return decode_registers(raw, insn, !from_double, from_double);
}

static bool decode_half(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    bool to = bits(raw, 16, 16);
    insn->imm = bits(raw, 7, 7) * 16;
    if (!decode_registers(raw, insn, is_double && !to, is_double && to)) {
        return false;
    }
    if (to) {
        vfp_reads(insn, insn->rd);
    }
    return true;
}

/* clang-format off */
#define V5 ARM_HAS_FPV5
#define ALU MOTE_CLASS_FP_ALU
#define PAIR(mask, match, needs, text, op, decode, exec) \
    {(mask) | 0x100u, match, SP_ROW | (needs), ALU, text, op, decode, exec##_f32}, \
    {(mask) | 0x100u, (match) | 0x100u, DP_ROW | (needs), ALU, text, op, decode, exec##_f64}
static const struct arm_row rows[] = {
    PAIR(0xFFBE0E50, 0xEEBC0A40, 0, "VCVT{R}<c>.{S|U}32.F <Sd>,<Vm>", 0, decode_to_integer, to_integer),
    PAIR(0xFFBF0E50, 0xEEB80A40, 0, "VCVT<c>.F.{S|U}32 <Vd>,<Sm>", 0, decode_from_integer, from_integer),
    PAIR(0xFFBE0E50, 0xEEBE0A40, 0, "VCVT<c>.{S|U}{16|32}.F <Vd>,<Vd>,#<fbits>", 0, decode_fixed, to_fixed),
    PAIR(0xFFBE0E50, 0xEEBA0A40, 0, "VCVT<c>.F.{S|U}{16|32} <Vd>,<Vd>,#<fbits>", 0, decode_fixed, from_fixed),
    PAIR(0xFFBF0E50, 0xEEB20A40, 0, "VCVT{B|T}<c>.F.F16 <Vd>,<Sm>", 0, decode_half, from_half),
    PAIR(0xFFBF0E50, 0xEEB30A40, 0, "VCVT{B|T}<c>.F16.F <Sd>,<Vm>", 0, decode_half, to_half),
    {0xFFBF0FD0, 0xEEB70AC0, DP_ROW, ALU, "VCVT<c>.F64.F32 <Dd>,<Sm>", 0, decode_format, single_to_double},
    {0xFFBF0FD0, 0xEEB70BC0, DP_ROW, ALU, "VCVT<c>.F32.F64 <Sd>,<Dm>", 0, decode_format, double_to_single},
    PAIR(0xFFBF0E50, 0xEEB60A40, V5, "VRINT{R|Z}<c>.F <Vd>,<Vm>", 0, decode_round, round_integral),
    PAIR(0xFFBF0ED0, 0xEEB70A40, V5, "VRINTX<c>.F <Vd>,<Vm>", 1, decode_round, round_integral),
    PAIR(0xFFBC0ED0, 0xFEB80A40, V5, "VRINT{A|N|P|M}.F <Vd>,<Vm>", 0, decode_round_directed, round_integral),
    PAIR(0xFFBC0E50, 0xFEBC0A40, V5, "VCVT{A|N|P|M}.{S|U}32.F <Sd>,<Vm>", 0, decode_to_integer_directed, to_integer),
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_vfp_convert, rows);
