/* Hints, IT, barriers and system instructions. What they do to the core is in cores/arm; the IT
 * instruction does nothing here because the block builder resolves it. TTA, TTAT, BXNS and BLXNS
 * belong to Secure state. */
#include "_thumb.h"

static enum arm_result nop(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)cpu;
    (void)insn;
    return ARM_OK;
}

static enum arm_result wfe(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)insn;
    return arm_sys_wfe(cpu);
}

static enum arm_result wfi(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)insn;
    return arm_sys_wfi(cpu);
}

static enum arm_result sev(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)insn;
    return arm_sys_sev(cpu);
}

static enum arm_result svc(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_svc(cpu, insn->imm);
}

static enum arm_result bkpt(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_bkpt(cpu, insn->imm);
}

static enum arm_result udf(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)insn;
    return arm_raise(cpu, ARM_FAULT_UNDEFINED);
}

static enum arm_result tt(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    bool alternate = insn->row->op;
    if (alternate && !cpu->secure) {
        return arm_raise(cpu, ARM_FAULT_UNDEFINED);
    }
    cpu->r[insn->rd] = arm_sys_tt(cpu, cpu->r[insn->rn], insn->imm, alternate);
    return ARM_OK;
}

static enum arm_result sg(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)insn;
    return arm_sys_sg(cpu);
}

static enum arm_result bxns(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_bxns(cpu, cpu->r[insn->rm]);
}

static enum arm_result blxns(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_blxns(cpu, cpu->r[insn->rm]);
}

static enum arm_result cps(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_cps(cpu, insn->imm >> 4 & 1, insn->imm >> 1 & 1, insn->imm & 1);
}

static enum arm_result mrs(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t value = 0;
    enum arm_result result = arm_sys_mrs(cpu, insn->imm, &value);
    if (result != ARM_RAISED) {
        cpu->r[insn->rd] = value;
    }
    return result;
}

static enum arm_result msr(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_msr(cpu, insn->imm, insn->ra, cpu->r[insn->rn]);
}

static enum arm_result barrier(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_sys_barrier(cpu, insn->row->op);
}

static bool decode_plain(uint32_t raw, struct arm_insn *insn)
{
    (void)raw;
    (void)insn;
    return true;
}

static bool decode_system(uint32_t raw, struct arm_insn *insn)
{
    insn->imm = bits(raw, 7, 0);
    not_engine(insn);
    return true;
}

/* Breakpoints are unconditional even in an IT block. */
static bool decode_bkpt(uint32_t raw, struct arm_insn *insn)
{
    insn->cond = 0xF;
    return decode_system(raw, insn);
}

/* The four hints with an effect have rows of their own. */
static bool decode_hint(uint32_t raw, struct arm_insn *insn)
{
    (void)insn;
    uint32_t hint = raw >> 16 ? bits(raw, 7, 0) : bits(raw, 7, 4);
    return hint < 2 || hint > 4;
}

static bool decode_it(uint32_t raw, struct arm_insn *insn)
{
    uint32_t condition = bits(raw, 7, 4);
    uint32_t mask = bits(raw, 3, 0);
    insn->imm = bits(raw, 7, 0);
    add_flags(insn, MOTE_INSN_FOLDABLE);
    return mask != 0 && condition != 15 && !insn->in_it &&
           (condition != 14 || __builtin_popcount(mask) == 1);
}

static bool decode_cps(uint32_t raw, struct arm_insn *insn)
{
    insn->imm = bits(raw, 4, 0);
    not_engine(insn);
    return bits(raw, 1, 0) != 0 && !insn->in_it;
}

static bool decode_mrs(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->imm = bits(raw, 7, 0);
    writes(insn, insn->rd);
    reads(insn, FLAGS_BIT);
    not_engine(insn);
    return !bad_reg(insn->rd);
}

static bool decode_msr(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = reg_field(raw, 16);
    insn->ra = (uint8_t)bits(raw, 11, 10);
    insn->imm = bits(raw, 7, 0);
    reads(insn, insn->rn);
    writes(insn, FLAGS_BIT);
    not_engine(insn);
    return !bad_reg(insn->rn) && insn->ra != 0;
}

static bool decode_tt(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = reg_field(raw, 16);
    insn->rd = reg_field(raw, 8);
    insn->imm = bits(raw, 6, 6);
    reads(insn, insn->rn);
    writes(insn, insn->rd);
    not_engine(insn);
    return insn->rn != 15 && !bad_reg(insn->rd);
}

static bool decode_bxns(uint32_t raw, struct arm_insn *insn)
{
    insn->rm = reg_field(raw, 3);
    reads(insn, insn->rm);
    writes(insn, PC);
    not_engine(insn);
    if (insn->row->op) {
        writes(insn, LR);
        add_flags(insn, MOTE_INSN_LINK);
    }
    return !bad_reg(insn->rm);
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define HINT MOTE_CLASS_HINT
#define SYSTEM MOTE_CLASS_SYSTEM
#define BARRIER MOTE_CLASS_BARRIER
#define EXCEPTION MOTE_CLASS_EXCEPTION
#define SECURE (ARM_HAS_V8M | ARM_HAS_SECURITY)
static const struct arm_row rows[] = {
    {0xFF0F, 0xBF00, 0, HINT, "NOP<c>, YIELD<c>, hints", 0, decode_hint, nop},
    {0xFFFF, 0xBF20, 0, HINT, "WFE<c>", 0, decode_system, wfe},
    {0xFFFF, 0xBF30, 0, HINT, "WFI<c>", 0, decode_system, wfi},
    {0xFFFF, 0xBF40, 0, HINT, "SEV<c>", 0, decode_system, sev},
    {0xFF00, 0xBF00, T2, HINT, "IT{x{y{z}}} <firstcond>", 0, decode_it, nop},
    {0xFFEC, 0xB660, 0, SYSTEM, "CPS<effect> <iflags>", 0, decode_cps, cps},
    {0xFF00, 0xBE00, 0, EXCEPTION, "BKPT #<imm8>", 0, decode_bkpt, bkpt},
    {0xFF00, 0xDE00, 0, EXCEPTION, "UDF<c> #<imm8>", 0, decode_system, udf},
    {0xFF00, 0xDF00, 0, EXCEPTION, "SVC<c> #<imm8>", 0, decode_system, svc},
    {0xFFFFFF00, 0xF3AF8000, T2, HINT, "NOP<c>.W, YIELD<c>.W, DBG<c>, hints", 0, decode_hint, nop},
    {0xFFFFFFFF, 0xF3AF8002, T2, HINT, "WFE<c>.W", 0, decode_system, wfe},
    {0xFFFFFFFF, 0xF3AF8003, T2, HINT, "WFI<c>.W", 0, decode_system, wfi},
    {0xFFFFFFFF, 0xF3AF8004, T2, HINT, "SEV<c>.W", 0, decode_system, sev},
    {0xFFFFFFF0, 0xF3BF8F40, 0, BARRIER, "DSB<c> <option>", ARM_BARRIER_DSB, decode_system, barrier},
    {0xFFFFFFF0, 0xF3BF8F50, 0, BARRIER, "DMB<c> <option>", ARM_BARRIER_DMB, decode_system, barrier},
    {0xFFFFFFF0, 0xF3BF8F60, 0, BARRIER, "ISB<c> <option>", ARM_BARRIER_ISB, decode_system, barrier},
    {0xFFFFF000, 0xF3EF8000, 0, SYSTEM, "MRS<c> <Rd>,<spec_reg>", 0, decode_mrs, mrs},
    {0xFFF0F300, 0xF3808000, 0, SYSTEM, "MSR<c> <spec_reg>,<Rn>", 0, decode_msr, msr},
    {0xFFF0F000, 0xF7F0A000, 0, EXCEPTION, "UDF<c>.W #<imm16>", 0, decode_system, udf},
    {0xFFF0F0BF, 0xE840F000, ARM_HAS_V8M, SYSTEM, "TT{T}<c> <Rd>,<Rn>", 0, decode_tt, tt},
    {0xFFF0F0BF, 0xE840F080, SECURE, SYSTEM, "TTA{T}<c> <Rd>,<Rn>", 1, decode_tt, tt},
    {0xFFFFFFFF, 0xE97FE97F, ARM_HAS_V8M, HINT, "SG", 0, decode_plain, sg},
    {0xFF87, 0x4704, SECURE, MOTE_CLASS_BRANCH_INDIRECT, "BXNS<c> <Rm>", 0, decode_bxns, bxns},
    {0xFF87, 0x4784, SECURE, MOTE_CLASS_BRANCH_INDIRECT, "BLXNS<c> <Rm>", 1, decode_bxns, blxns},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_system, rows);
