/* LDM, STM, PUSH, POP, LDRD and STRD: A5.2.5, A5.3.5 and A5.3.6 of the Armv7-M ARM (DDI 0403E).
 *
 * A load fetches everything before it changes a register, so that it can be repeated after a fault.
 */
#include "_memory.h"

enum { LOAD = 1, DECREMENT = 2 }; /* row->op */

/* imm: register list; form 1: write back. */
static uint32_t list_bytes(const struct arm_insn *insn)
{
    return 4u * insn->t.words;
}

static enum arm_result load_list(struct arm_cpu *cpu, const struct arm_insn *insn, uint32_t address,
                                 uint32_t base_after)
{
    uint32_t value[16];
    enum arm_result result = ARM_OK;
    for (uint32_t list = insn->imm; list != 0; list &= list - 1) {
        enum arm_result one = arm_load_aligned(cpu, address, &value[__builtin_ctz(list)]);
        if (__builtin_expect(one != ARM_OK, 0)) {
            if (one == ARM_RAISED) {
                return one;
            }
            result = one;
        }
        address += 4;
    }
    if (insn->form) {
        write_reg(cpu, insn->rn, base_after);
    }
    for (uint32_t list = insn->imm & 0x7FFFu; list != 0; list &= list - 1) {
        unsigned reg = (unsigned)__builtin_ctz(list);
        cpu->r[reg] = value[reg];
    }
    if (insn->imm >> PC & 1) {
        enum arm_result branch = arm_bx_to(cpu, value[PC]);
        return branch == ARM_OK ? result : branch;
    }
    return result;
}

static enum arm_result ldmia(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t base = cpu->r[insn->rn];
    return load_list(cpu, insn, base, base + list_bytes(insn));
}

static enum arm_result ldmdb(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t start = cpu->r[insn->rn] - list_bytes(insn);
    return load_list(cpu, insn, start, start);
}

static enum arm_result store_list(struct arm_cpu *cpu, const struct arm_insn *insn,
                                  uint32_t address, uint32_t base_after)
{
    enum arm_result result = ARM_OK;
    for (uint32_t list = insn->imm; list != 0; list &= list - 1) {
        enum arm_result one = arm_store_aligned(cpu, address, cpu->r[__builtin_ctz(list)]);
        if (__builtin_expect(one != ARM_OK, 0)) {
            if (one == ARM_RAISED) {
                return one;
            }
            result = one;
        }
        address += 4;
    }
    if (insn->form) {
        write_reg(cpu, insn->rn, base_after);
    }
    return result;
}

static enum arm_result stmia(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t base = cpu->r[insn->rn];
    return store_list(cpu, insn, base, base + list_bytes(insn));
}

static enum arm_result stmdb(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t start = cpu->r[insn->rn] - list_bytes(insn);
    return store_list(cpu, insn, start, start);
}

static void finish(struct arm_insn *insn, bool write_back)
{
    bool is_load = insn->row->op & LOAD;
    insn->form = write_back;
    insn->t.words = (uint8_t)__builtin_popcount(insn->imm);
    reads_address(insn, insn->rn);
    if (is_load) {
        insn->t.writes |= insn->imm;
    } else {
        insn->t.reads |= insn->imm;
    }
    if (write_back) {
        writes(insn, insn->rn);
        add_flags(insn, MOTE_INSN_WRITEBACK);
    }
    if (is_load && (insn->imm >> PC & 1)) {
        add_flags(insn, MOTE_INSN_WRITES_PC);
        if (insn->rn == SP) {
            add_flags(insn, MOTE_INSN_RETURN);
        }
    }
}

/* ---- 16-bit ---- */
static bool decode_narrow(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = low_field(raw, 8);
    insn->imm = bits(raw, 7, 0);
    bool in_list = insn->imm >> insn->rn & 1;
    bool is_load = insn->row->op & LOAD;
    if (insn->imm == 0) {
        return false;
    }
    finish(insn, !is_load || !in_list);
    return true;
}

static bool decode_push(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = SP;
    insn->imm = bits(raw, 7, 0) | bits(raw, 8, 8) << LR;
    finish(insn, true);
    return insn->imm != 0;
}

static bool decode_pop(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = SP;
    insn->imm = bits(raw, 7, 0) | bits(raw, 8, 8) << PC;
    finish(insn, true);
    return insn->imm != 0;
}

/* ---- 32-bit ---- */
static bool decode_wide(uint32_t raw, struct arm_insn *insn)
{
    bool is_load = insn->row->op & LOAD;
    bool write_back = bits(raw, 21, 21);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 15, 0);
    bool pc = insn->imm >> PC & 1;
    bool lr = insn->imm >> LR & 1;
    if (insn->rn == PC || __builtin_popcount(insn->imm) < 2 || (insn->imm >> SP & 1) ||
        (pc && (!is_load || lr)) || (write_back && (insn->imm >> insn->rn & 1))) {
        return false;
    }
    finish(insn, write_back);
    return true;
}

/* ---- LDRD, STRD: rd is Rt, ra is Rt2 ---- */
static enum arm_result ldrd(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t first;
    uint32_t second;
    uint32_t address = memory_address(cpu, insn, insn->form);
    enum arm_result result = arm_load_aligned(cpu, address, &first);
    if (result == ARM_RAISED) {
        return result;
    }
    enum arm_result result2 = arm_load_aligned(cpu, address + 4, &second);
    if (result2 == ARM_RAISED) {
        return result2;
    }
    memory_write_back(cpu, insn, insn->form);
    cpu->r[insn->rd] = first;
    cpu->r[insn->ra] = second;
    return result == ARM_OK ? result2 : result;
}

static enum arm_result strd(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t address = memory_address(cpu, insn, insn->form);
    enum arm_result result = arm_store_aligned(cpu, address, cpu->r[insn->rd]);
    if (result == ARM_RAISED) {
        return result;
    }
    enum arm_result result2 = arm_store_aligned(cpu, address + 4, cpu->r[insn->ra]);
    if (result2 == ARM_RAISED) {
        return result2;
    }
    memory_write_back(cpu, insn, insn->form);
    return result == ARM_OK ? result2 : result;
}

static bool decode_dual(uint32_t raw, struct arm_insn *insn)
{
    bool is_load = insn->row->op & LOAD;
    bool index = bits(raw, 24, 24);
    bool write_back = bits(raw, 21, 21);
    uint32_t offset = bits(raw, 7, 0) << 2;
    insn->rd = reg_field(raw, 12);
    insn->ra = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 23, 23) ? offset : 0u - offset;
    if ((!index && !write_back) || bad_reg(insn->rd) || bad_reg(insn->ra) ||
        (is_load && insn->rd == insn->ra)) {
        return false;
    }
    insn->form = !index ? MEMORY_POST : write_back ? MEMORY_PRE : MEMORY_OFFSET;
    if (write_back && (insn->rn == PC || insn->rn == insn->rd || insn->rn == insn->ra)) {
        return false;
    }
    if (insn->rn == PC) {
        if (!is_load) {
            return false;
        }
        insn->form = MEMORY_LITERAL;
    }
    memory_finish(insn);
    insn->t.words = 2;
    uint64_t pair = 1ull << insn->rd | 1ull << insn->ra;
    if (is_load) {
        insn->t.writes |= pair;
    } else {
        insn->t.reads |= pair;
    }
    return true;
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define LM MOTE_CLASS_LOAD_MULTI
#define SM MOTE_CLASS_STORE_MULTI
static const struct arm_row rows[] = {
    {0xFE00, 0xB400, 0, SM, "PUSH<c> <registers>", DECREMENT, decode_push, stmdb},
    {0xFE00, 0xBC00, 0, LM, "POP<c> <registers>", LOAD, decode_pop, ldmia},
    {0xF800, 0xC000, 0, SM, "STM<c> <Rn>!,<registers>", 0, decode_narrow, stmia},
    {0xF800, 0xC800, 0, LM, "LDM<c> <Rn>{!},<registers>", LOAD, decode_narrow, ldmia},
    {0xFFD00000, 0xE8800000, T2, SM, "STM<c>.W <Rn>{!},<registers>", 0, decode_wide, stmia},
    {0xFFD00000, 0xE8900000, T2, LM, "LDM<c>.W <Rn>{!},<registers>", LOAD, decode_wide, ldmia},
    {0xFFD00000, 0xE9000000, T2, SM, "STMDB<c> <Rn>{!},<registers>", DECREMENT, decode_wide, stmdb},
    {0xFFD00000, 0xE9100000, T2, LM, "LDMDB<c> <Rn>{!},<registers>", LOAD | DECREMENT, decode_wide, ldmdb},
    {0xFE500000, 0xE8400000, T2, SM, "STRD<c> <Rt>,<Rt2>,[<Rn>{,#+/-<imm8>}]{!}", 0, decode_dual, strd},
    {0xFE500000, 0xE8500000, T2, LM, "LDRD<c> <Rt>,<Rt2>,[<Rn>{,#+/-<imm8>}]{!}", LOAD, decode_dual, ldrd},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_multiple, rows);
