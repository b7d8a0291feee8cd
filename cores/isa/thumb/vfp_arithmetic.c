/* Floating-point arithmetic: add, subtract, multiply, fused and chained multiply-accumulate,
 * divide, square root, absolute, negate, VMAXNM, VMINNM, VSEL, compare. A6 of the Armv7-M ARM (DDI
 * 0403E) and the FPv5 additions of its issue E. */
#include "_vfp.h"

/* ---- exec: `a`, `b` and `d` are the operands n, m and the old destination ---- */
#define EXEC_SIZE(name, size_of, expression)                                                       \
    static enum arm_result name(struct arm_cpu *cpu, const struct arm_insn *insn)                  \
    {                                                                                              \
        VFP_ENTER(cpu);                                                                            \
        const enum fp_size size = size_of;                                                         \
        const uint64_t sign = fp_sign_bit(size);                                                   \
        uint64_t a = vfp_read(cpu, size, insn->rn);                                                \
        uint64_t b = vfp_read(cpu, size, insn->rm);                                                \
        uint64_t d = vfp_read(cpu, size, insn->rd);                                                \
        (void)sign;                                                                                \
        (void)a;                                                                                   \
        (void)d;                                                                                   \
        vfp_write(cpu, size, insn->rd, (expression));                                              \
        return ARM_OK;                                                                             \
    }
#define EXEC(name, expression)                                                                     \
    EXEC_SIZE(name##_f32, FP32, expression)                                                        \
    EXEC_SIZE(name##_f64, FP64, expression)
#define F       &cpu->fpscr
#define PRODUCT fp_calculate(FP_MUL, size, a, b, F)

EXEC(vadd, fp_calculate(FP_ADD, size, a, b, F))
EXEC(vsub, fp_calculate(FP_SUB, size, a, b, F))
EXEC(vmul, PRODUCT)
EXEC(vnmul, PRODUCT ^ sign)
EXEC(vdiv, fp_calculate(FP_DIV, size, a, b, F))
EXEC(vmla, fp_calculate(FP_ADD, size, d, PRODUCT, F))
EXEC(vmls, fp_calculate(FP_ADD, size, d, PRODUCT ^ sign, F))
EXEC(vnmla, fp_calculate(FP_ADD, size, d ^ sign, PRODUCT ^ sign, F))
EXEC(vnmls, fp_calculate(FP_ADD, size, d ^ sign, PRODUCT, F))
EXEC(vfma, fp_fused(size, d, a, b, F))
EXEC(vfms, fp_fused(size, d, a ^ sign, b, F))
EXEC(vfnma, fp_fused(size, d ^ sign, a ^ sign, b, F))
EXEC(vfnms, fp_fused(size, d ^ sign, a, b, F))
EXEC(vsqrt, fp_sqrt(size, b, F))
EXEC(vabs, b & ~sign)
EXEC(vneg, b ^ sign)
EXEC(vmov, b)
EXEC(vmaxnm, fp_max_num(size, a, b, false, F))
EXEC(vminnm, fp_max_num(size, a, b, true, F))
EXEC(vsel, arm_condition(cpu, insn->imm) ? a : b)

/* imm 1: VCMPE; form 1: with zero. */
VFP_INLINE enum arm_result compare(struct arm_cpu *cpu, const struct arm_insn *insn,
                                   enum fp_size size)
{
    VFP_ENTER(cpu);
    uint64_t b = insn->form ? 0 : vfp_read(cpu, size, insn->rm);
    uint32_t nzcv = fp_compare(size, vfp_read(cpu, size, insn->rd), b, insn->imm, &cpu->fpscr);
    cpu->fpscr = (cpu->fpscr & 0x0FFFFFFFu) | nzcv << 28;
    return ARM_OK;
}

static enum arm_result vcmp_f32(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return compare(cpu, insn, FP32);
}

static enum arm_result vcmp_f64(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return compare(cpu, insn, FP64);
}

/* ---- decoding ---- */
enum { READS_D = 1 }; /* row->op: accumulates */

static bool decode_three(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    if (!vfp_d(raw, insn, is_double) || !vfp_n(raw, insn, is_double) ||
        !vfp_m(raw, insn, is_double)) {
        return false;
    }
    vfp_reads(insn, insn->rn);
    vfp_reads(insn, insn->rm);
    if (insn->row->op & READS_D) {
        vfp_reads(insn, insn->rd);
    }
    vfp_writes(insn, insn->rd);
    return true;
}

static bool decode_two(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    vfp_reads(insn, (raw & 15u) << 1);
    if (!vfp_d(raw, insn, is_double) || !vfp_m(raw, insn, is_double)) {
        return false;
    }
    vfp_writes(insn, insn->rd);
    return true;
}

/* cc is EQ, VS, GE or GT; never in an IT block. */
static bool decode_select(uint32_t raw, struct arm_insn *insn)
{
    uint32_t cc = bits(raw, 21, 20);
    insn->imm = cc << 2 | ((cc ^ cc >> 1) & 1u) << 1;
    reads(insn, FLAGS_BIT);
    return !insn->in_it && decode_three(raw, insn);
}

static bool decode_unconditional(uint32_t raw, struct arm_insn *insn)
{
    return !insn->in_it && decode_three(raw, insn);
}

static bool decode_compare(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    insn->imm = bits(raw, 7, 7);
    insn->form = (uint8_t)bits(raw, 16, 16);
    if (!vfp_d(raw, insn, is_double) || !vfp_m(raw, insn, is_double)) {
        return false;
    }
    vfp_reads(insn, insn->rd);
    if (!insn->form) {
        vfp_reads(insn, insn->rm);
    }
    return true;
}

/* clang-format off */
#define V5 ARM_HAS_FPV5
#define PAIR(mask, match, needs, cls, text, args, op, decode, exec) \
    {(mask) | 0x100u, match, SP_ROW | (needs), cls, text ".F32 " args, op, decode, exec##_f32}, \
    {(mask) | 0x100u, (match) | 0x100u, DP_ROW | (needs), cls, text ".F64 " args, op, decode, exec##_f64}
#define R3 "<Vd>,<Vn>,<Vm>"
#define R2 "<Vd>,<Vm>"
#define THREE(match, cls, text, op, exec) \
    PAIR(0xFFB00E50, match, 0, cls, text, R3, op, decode_three, exec)
#define TWO(match, cls, text, exec) \
    PAIR(0xFFBF0ED0, match, 0, cls, text, R2, 0, decode_two, exec)
static const struct arm_row rows[] = {
    THREE(0xEE000A00, MOTE_CLASS_FP_MAC, "VMLA<c>", READS_D, vmla),
    THREE(0xEE000A40, MOTE_CLASS_FP_MAC, "VMLS<c>", READS_D, vmls),
    THREE(0xEE100A00, MOTE_CLASS_FP_MAC, "VNMLS<c>", READS_D, vnmls),
    THREE(0xEE100A40, MOTE_CLASS_FP_MAC, "VNMLA<c>", READS_D, vnmla),
    THREE(0xEE200A00, MOTE_CLASS_FP_MUL, "VMUL<c>", 0, vmul),
    THREE(0xEE200A40, MOTE_CLASS_FP_MUL, "VNMUL<c>", 0, vnmul),
    THREE(0xEE300A00, MOTE_CLASS_FP_ALU, "VADD<c>", 0, vadd),
    THREE(0xEE300A40, MOTE_CLASS_FP_ALU, "VSUB<c>", 0, vsub),
    THREE(0xEE800A00, MOTE_CLASS_FP_DIV, "VDIV<c>", 0, vdiv),
    THREE(0xEE900A00, MOTE_CLASS_FP_MAC, "VFNMS<c>", READS_D, vfnms),
    THREE(0xEE900A40, MOTE_CLASS_FP_MAC, "VFNMA<c>", READS_D, vfnma),
    THREE(0xEEA00A00, MOTE_CLASS_FP_MAC, "VFMA<c>", READS_D, vfma),
    THREE(0xEEA00A40, MOTE_CLASS_FP_MAC, "VFMS<c>", READS_D, vfms),
    TWO(0xEEB00A40, MOTE_CLASS_FP_MOVE, "VMOV<c>", vmov),
    TWO(0xEEB00AC0, MOTE_CLASS_FP_ALU, "VABS<c>", vabs),
    TWO(0xEEB10A40, MOTE_CLASS_FP_ALU, "VNEG<c>", vneg),
    TWO(0xEEB10AC0, MOTE_CLASS_FP_SQRT, "VSQRT<c>", vsqrt),
    PAIR(0xFFBF0E50, 0xEEB40A40, 0, MOTE_CLASS_FP_ALU, "VCMP{E}<c>", R2, 0, decode_compare, vcmp),
    PAIR(0xFFBF0E7F, 0xEEB50A40, 0, MOTE_CLASS_FP_ALU, "VCMP{E}<c>", "<Vd>,#0.0", 0, decode_compare, vcmp),
    PAIR(0xFF800E50, 0xFE000A00, V5, MOTE_CLASS_FP_ALU, "VSEL<cc>", R3, 0, decode_select, vsel),
    PAIR(0xFFB00E50, 0xFE800A00, V5, MOTE_CLASS_FP_ALU, "VMAXNM", R3, 0, decode_unconditional, vmaxnm),
    PAIR(0xFFB00E50, 0xFE800A40, V5, MOTE_CLASS_FP_ALU, "VMINNM", R3, 0, decode_unconditional, vminnm),
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_vfp_arithmetic, rows);
