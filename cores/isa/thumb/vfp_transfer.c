/* Floating-point loads and stores, moves between register files, immediates, FPSCR: A6.5 to A6.7 of
 * the Armv7-M ARM (DDI 0403E). VLDR and VMOV of doubles exist on single-precision FPUs as well. Not
 * modelled: FLDMX, FSTMX (deprecated). VLLDM and VLSTM belong to the Security Extension and exist
 * without an FPU as well; what they do is in cores/arm. */
#include "_vfp.h"

/* The first of two outcomes that asks for attention. */
static enum arm_result either(enum arm_result a, enum arm_result b)
{
    return a == ARM_OK ? b : a;
}

/* ---- memory: t.words registers from rd on; form 1: write back; imm: offset of the first word and
 * ra 1: the base moves down ---- */
static uint32_t base_of(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return insn->rn == PC ? (cpu->pc + 4u) & ~3u : cpu->r[insn->rn];
}

static void write_back(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    if (insn->form) {
        uint32_t size = 4u * insn->t.words;
        write_reg(cpu, insn->rn, cpu->r[insn->rn] + (insn->ra ? 0u - size : size));
    }
}

static enum arm_result load(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    uint32_t address = base_of(cpu, insn) + insn->imm;
    uint32_t value[32];
    enum arm_result result = ARM_OK;
    for (uint32_t i = 0; i < insn->t.words; i++) {
        enum arm_result one = arm_load_aligned(cpu, address + 4 * i, &value[i]);
        if (one == ARM_RAISED) {
            return one;
        }
        result = either(result, one);
    }
    for (uint32_t i = 0; i < insn->t.words; i++) {
        cpu->s[insn->rd + i] = value[i];
    }
    write_back(cpu, insn);
    return result;
}

static enum arm_result store(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    uint32_t address = base_of(cpu, insn) + insn->imm;
    enum arm_result result = ARM_OK;
    for (uint32_t i = 0; i < insn->t.words; i++) {
        enum arm_result one = arm_store_aligned(cpu, address + 4 * i, cpu->s[insn->rd + i]);
        if (one == ARM_RAISED) {
            return one;
        }
        result = either(result, one);
    }
    write_back(cpu, insn);
    return result;
}

static void finish(struct arm_insn *insn, bool is_load, uint32_t words)
{
    insn->t.words = (uint8_t)words;
    for (uint32_t i = 0; i < words; i++) {
        if (is_load) {
            vfp_writes(insn, insn->rd + i);
        } else {
            vfp_reads(insn, insn->rd + i);
        }
    }
    reads_address(insn, insn->rn);
    if (insn->form) {
        writes(insn, insn->rn);
        add_flags(insn, MOTE_INSN_WRITEBACK);
    }
}

static bool decode_one(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = bits(raw, 8, 8);
    bool is_load = bits(raw, 20, 20);
    uint32_t offset = bits(raw, 7, 0) << 2;
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 23, 23) ? offset : 0u - offset;
    if (!vfp_d(raw, insn, is_double) || (insn->rn == PC && !is_load)) {
        return false;
    }
    if (insn->rn == PC) {
        add_flags(insn, MOTE_INSN_LITERAL);
    }
    finish(insn, is_load, is_double ? 2 : 1);
    return true;
}

static bool decode_many(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = bits(raw, 8, 8);
    bool before = bits(raw, 24, 24);
    bool up = bits(raw, 23, 23);
    bool write_back_bit = bits(raw, 21, 21);
    uint32_t words = bits(raw, 7, 0);
    insn->rn = reg_field(raw, 16);
    insn->form = write_back_bit;
    insn->ra = !up;
    insn->imm = up ? 0 : 0u - 4u * words;
    if (before == up || (before && !write_back_bit) || insn->rn == PC ||
        !vfp_d(raw, insn, is_double)) {
        return false;
    }
    if (words == 0 || insn->rd + words > 32 || (is_double && words % 2 != 0)) {
        return false;
    }
    finish(insn, bits(raw, 20, 20), words);
    return true;
}

/* ---- moves: rd is the core register, ra a second one, rm the floating-point register ---- */
static enum arm_result move_to_fp(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->s[insn->rm] = cpu->r[insn->rd];
    return ARM_OK;
}

static enum arm_result move_from_fp(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->r[insn->rd] = cpu->s[insn->rm];
    return ARM_OK;
}

static enum arm_result move_two_to_fp(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->s[insn->rm] = cpu->r[insn->rd];
    cpu->s[insn->rm + 1] = cpu->r[insn->ra];
    return ARM_OK;
}

static enum arm_result move_two_from_fp(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->r[insn->rd] = cpu->s[insn->rm];
    cpu->r[insn->ra] = cpu->s[insn->rm + 1];
    return ARM_OK;
}

static bool finish_move(struct arm_insn *insn, bool to_core)
{
    if (to_core) {
        vfp_reads(insn, insn->rm);
        writes(insn, insn->rd);
    } else {
        reads(insn, insn->rd);
        vfp_writes(insn, insn->rm);
    }
    return !bad_reg(insn->rd);
}

static bool decode_move(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    vfp_field(raw, false, 16, 7, &insn->rm);
    return finish_move(insn, bits(raw, 20, 20));
}

static bool decode_scalar(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    if (!vfp_field(raw, true, 16, 7, &insn->rm)) {
        return false;
    }
    insn->rm = (uint8_t)(insn->rm + bits(raw, 21, 21));
    return finish_move(insn, bits(raw, 20, 20));
}

static bool decode_move_two(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = bits(raw, 8, 8);
    bool to_core = bits(raw, 20, 20);
    insn->rd = reg_field(raw, 12);
    insn->ra = reg_field(raw, 16);
    if (!vfp_m(raw, insn, is_double) || insn->rm == 31 || bad_reg(insn->ra) ||
        (to_core && insn->rd == insn->ra)) {
        return false;
    }
    if (to_core) {
        vfp_reads(insn, insn->rm + 1u);
        writes(insn, insn->ra);
    } else {
        vfp_writes(insn, insn->rm + 1u);
        reads(insn, insn->ra);
    }
    return finish_move(insn, to_core);
}

/* ---- immediates ---- */
static enum arm_result move_imm_f32(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->s[insn->rd] = insn->imm;
    return ARM_OK;
}

static enum arm_result move_imm_f64(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->s[insn->rd] = 0;
    cpu->s[insn->rd + 1u] = insn->imm;
    return ARM_OK;
}

/* VFPExpandImm(): imm is the word that is not zero. */
static bool decode_imm(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = vfp_is_double(raw, insn);
    uint32_t imm8 = bits(raw, 19, 16) << 4 | bits(raw, 3, 0);
    uint32_t sign = imm8 >> 7;
    uint32_t repeated = imm8 >> 6 & 1u;
    if (is_double) {
        uint32_t exp = (repeated ? 0x3FCu : 0x400u) | (imm8 >> 4 & 3u);
        insn->imm = sign << 31 | exp << 20 | (imm8 & 15u) << 16;
    } else {
        uint32_t exp = (repeated ? 0x7Cu : 0x80u) | (imm8 >> 4 & 3u);
        insn->imm = sign << 31 | exp << 23 | (imm8 & 15u) << 19;
    }
    if (!vfp_d(raw, insn, is_double)) {
        return false;
    }
    vfp_writes(insn, insn->rd);
    return true;
}

/* ---- FPSCR ---- */
static enum arm_result vmrs(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->r[insn->rd] = cpu->fpscr;
    return ARM_OK;
}

static enum arm_result vmrs_flags(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    (void)insn;
    cpu->n = cpu->fpscr >> 31;
    cpu->z = cpu->fpscr >> 30 & 1u;
    cpu->c = cpu->fpscr >> 29 & 1u;
    cpu->v = cpu->fpscr >> 28 & 1u;
    return ARM_OK;
}

static enum arm_result vmsr(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    VFP_ENTER(cpu);
    cpu->fpscr = cpu->r[insn->rd] & ARM_FPSCR_BITS;
    return ARM_OK;
}

static bool decode_vmrs(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    if (insn->rd == PC) {
        insn->exec = vmrs_flags;
        writes(insn, FLAGS_BIT);
        return true;
    }
    writes(insn, insn->rd);
    return insn->rd != SP;
}

static bool decode_vmsr(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    reads(insn, insn->rd);
    not_engine(insn);
    return !bad_reg(insn->rd);
}

/* ---- the state that Secure code hides while it calls Non-secure code ---- */
static enum arm_result vlstm(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_vlstm(cpu, cpu->r[insn->rn]);
}

static enum arm_result vlldm(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_vlldm(cpu, cpu->r[insn->rn]);
}

static bool decode_lazy(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = reg_field(raw, 16);
    reads_address(insn, insn->rn);
    not_engine(insn);
    return insn->rn != PC;
}

/* clang-format off */
#define SECURE (ARM_HAS_V8M | ARM_HAS_SECURITY)
#define MOVE MOTE_CLASS_FP_MOVE
static const struct arm_row rows[] = {
    {0xFF300E00, 0xED100A00, SP_ROW, MOTE_CLASS_FP_LOAD, "VLDR<c> <Vd>,[<Rn>{,#+/-<imm>}]", 0, decode_one, load},
    {0xFF300E00, 0xED000A00, SP_ROW, MOTE_CLASS_FP_STORE, "VSTR<c> <Vd>,[<Rn>{,#+/-<imm>}]", 0, decode_one, store},
    {0xFE100E00, 0xEC100A00, SP_ROW, MOTE_CLASS_FP_LOAD, "VLDM{mode}<c> <Rn>{!},<list>", 0, decode_many, load},
    {0xFE100E00, 0xEC000A00, SP_ROW, MOTE_CLASS_FP_STORE, "VSTM{mode}<c> <Rn>{!},<list>", 0, decode_many, store},
    {0xFFF00F7F, 0xEE000A10, SP_ROW, MOVE, "VMOV<c> <Sn>,<Rt>", 0, decode_move, move_to_fp},
    {0xFFF00F7F, 0xEE100A10, SP_ROW, MOVE, "VMOV<c> <Rt>,<Sn>", 0, decode_move, move_from_fp},
    {0xFFD00F7F, 0xEE000B10, SP_ROW, MOVE, "VMOV<c>.32 <Dd[x]>,<Rt>", 0, decode_scalar, move_to_fp},
    {0xFFD00F7F, 0xEE100B10, SP_ROW, MOVE, "VMOV<c>.32 <Rt>,<Dn[x]>", 0, decode_scalar, move_from_fp},
    {0xFFF00ED0, 0xEC400A10, SP_ROW, MOVE, "VMOV<c> <Sm>,<Sm1>|<Dm>,<Rt>,<Rt2>", 0, decode_move_two, move_two_to_fp},
    {0xFFF00ED0, 0xEC500A10, SP_ROW, MOVE, "VMOV<c> <Rt>,<Rt2>,<Sm>,<Sm1>|<Dm>", 0, decode_move_two, move_two_from_fp},
    {0xFFB00FF0, 0xEEB00A00, SP_ROW, MOVE, "VMOV<c>.F32 <Sd>,#<imm>", 0, decode_imm, move_imm_f32},
    {0xFFB00FF0, 0xEEB00B00, DP_ROW, MOVE, "VMOV<c>.F64 <Dd>,#<imm>", 0, decode_imm, move_imm_f64},
    {0xFFF0FFFF, 0xEC200A00, SECURE, MOTE_CLASS_SYSTEM, "VLSTM<c> <Rn>", 0, decode_lazy, vlstm},
    {0xFFF0FFFF, 0xEC300A00, SECURE, MOTE_CLASS_SYSTEM, "VLLDM<c> <Rn>", 0, decode_lazy, vlldm},
    {0xFFFF0FFF, 0xEEF10A10, SP_ROW, MOVE, "VMRS<c> <Rt>,FPSCR", 0, decode_vmrs, vmrs},
    {0xFFFF0FFF, 0xEEE10A10, SP_ROW, MOVE, "VMSR<c> FPSCR,<Rt>", 0, decode_vmsr, vmsr},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_vfp_transfer, rows);
