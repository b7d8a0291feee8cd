/* Exclusive accesses of Armv7-M, and load-acquire and store-release of Armv8-M.
 *
 * The local monitor remembers only that an exclusive load was made, as on the Cortex-M cores, whose
 * reservation granule is the whole address space. With one bus master that matters, acquire and
 * release order nothing. */
#include "_thumb.h"

enum { EXCLUSIVE = 8, SIZE = 7 }; /* row->op: bytes, and whether exclusive */

static enum arm_result load(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t bytes = insn->row->op & SIZE;
    uint32_t address = cpu->r[insn->rn] + insn->imm;
    uint32_t value;
    if (address & (bytes - 1)) {
        return arm_raise(cpu, ARM_FAULT_UNALIGNED);
    }
    enum arm_result result = arm_load(cpu, address, bytes, &value);
    if (result == ARM_RAISED) {
        return result;
    }
    cpu->r[insn->rd] = value;
    if (insn->row->op & EXCLUSIVE) {
        cpu->exclusive = true;
        cpu->exclusive_address = address;
    }
    return result;
}

static enum arm_result store(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t bytes = insn->row->op & SIZE;
    uint32_t address = cpu->r[insn->rn] + insn->imm;
    if (address & (bytes - 1)) {
        return arm_raise(cpu, ARM_FAULT_UNALIGNED);
    }
    if ((insn->row->op & EXCLUSIVE) && !cpu->exclusive) {
        cpu->r[insn->ra] = 1;
        return ARM_OK;
    }
    enum arm_result result = arm_store(cpu, address, bytes, cpu->r[insn->rd]);
    if (result != ARM_RAISED && (insn->row->op & EXCLUSIVE)) {
        cpu->r[insn->ra] = 0;
        cpu->exclusive = false;
    }
    return result;
}

static enum arm_result clrex(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)insn;
    cpu->exclusive = false;
    return ARM_OK;
}

static void finish(struct arm_insn *insn)
{
    insn->t.words = 1;
    reads_address(insn, insn->rn);
    if (insn->row->op & EXCLUSIVE) {
        not_engine(insn);
    }
}

static bool decode_load(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    finish(insn);
    writes(insn, insn->rd);
    return !bad_reg(insn->rd) && insn->rn != PC;
}

static bool decode_ldrex(uint32_t raw, struct arm_insn *insn)
{
    insn->imm = bits(raw, 7, 0) << 2;
    return decode_load(raw, insn);
}

/* ra: the status register. */
static bool decode_store_status(uint32_t raw, struct arm_insn *insn, unsigned status)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    insn->ra = (uint8_t)status;
    finish(insn);
    reads(insn, insn->rd);
    writes(insn, insn->ra);
    return !bad_reg(insn->rd) && !bad_reg(insn->ra) && insn->rn != PC && insn->ra != insn->rn &&
           insn->ra != insn->rd;
}

static bool decode_strex(uint32_t raw, struct arm_insn *insn)
{
    insn->imm = bits(raw, 7, 0) << 2;
    return decode_store_status(raw, insn, reg_field(raw, 8));
}

static bool decode_strexb(uint32_t raw, struct arm_insn *insn)
{
    return decode_store_status(raw, insn, reg_field(raw, 0));
}

static bool decode_release(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    finish(insn);
    reads(insn, insn->rd);
    return !bad_reg(insn->rd) && insn->rn != PC;
}

static bool decode_clrex(uint32_t raw, struct arm_insn *insn)
{
    (void)raw;
    not_engine(insn);
    return true;
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define V8 ARM_HAS_V8M
#define L MOTE_CLASS_LOAD
#define S MOTE_CLASS_STORE
#define X EXCLUSIVE
static const struct arm_row rows[] = {
    {0xFFF00F00, 0xE8500F00, T2, L, "LDREX<c> <Rt>,[<Rn>{,#<imm>}]", X | 4, decode_ldrex, load},
    {0xFFF00FFF, 0xE8D00F4F, T2, L, "LDREXB<c> <Rt>,[<Rn>]", X | 1, decode_load, load},
    {0xFFF00FFF, 0xE8D00F5F, T2, L, "LDREXH<c> <Rt>,[<Rn>]", X | 2, decode_load, load},
    {0xFFF00000, 0xE8400000, T2, S, "STREX<c> <Rd>,<Rt>,[<Rn>{,#<imm>}]", X | 4, decode_strex, store},
    {0xFFF00FF0, 0xE8C00F40, T2, S, "STREXB<c> <Rd>,<Rt>,[<Rn>]", X | 1, decode_strexb, store},
    {0xFFF00FF0, 0xE8C00F50, T2, S, "STREXH<c> <Rd>,<Rt>,[<Rn>]", X | 2, decode_strexb, store},
    {0xFFFFFFFF, 0xF3BF8F2F, T2, MOTE_CLASS_SYSTEM, "CLREX<c>", 0, decode_clrex, clrex},
    {0xFFF00FFF, 0xE8D00FAF, V8, L, "LDA<c> <Rt>,[<Rn>]", 4, decode_load, load},
    {0xFFF00FFF, 0xE8D00F8F, V8, L, "LDAB<c> <Rt>,[<Rn>]", 1, decode_load, load},
    {0xFFF00FFF, 0xE8D00F9F, V8, L, "LDAH<c> <Rt>,[<Rn>]", 2, decode_load, load},
    {0xFFF00FFF, 0xE8D00FEF, V8, L, "LDAEX<c> <Rt>,[<Rn>]", X | 4, decode_load, load},
    {0xFFF00FFF, 0xE8D00FCF, V8, L, "LDAEXB<c> <Rt>,[<Rn>]", X | 1, decode_load, load},
    {0xFFF00FFF, 0xE8D00FDF, V8, L, "LDAEXH<c> <Rt>,[<Rn>]", X | 2, decode_load, load},
    {0xFFF00FFF, 0xE8C00FAF, V8, S, "STL<c> <Rt>,[<Rn>]", 4, decode_release, store},
    {0xFFF00FFF, 0xE8C00F8F, V8, S, "STLB<c> <Rt>,[<Rn>]", 1, decode_release, store},
    {0xFFF00FFF, 0xE8C00F9F, V8, S, "STLH<c> <Rt>,[<Rn>]", 2, decode_release, store},
    {0xFFF00FF0, 0xE8C00FE0, V8, S, "STLEX<c> <Rd>,<Rt>,[<Rn>]", X | 4, decode_strexb, store},
    {0xFFF00FF0, 0xE8C00FC0, V8, S, "STLEXB<c> <Rd>,<Rt>,[<Rn>]", X | 1, decode_strexb, store},
    {0xFFF00FF0, 0xE8C00FD0, V8, S, "STLEXH<c> <Rd>,<Rt>,[<Rn>]", X | 2, decode_strexb, store},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_exclusive, rows);
