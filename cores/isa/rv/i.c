/* I: computation, control transfer, loads and stores, fences, ecall and ebreak; and mret, wfi.
 * Volume I chapter 2, Zifencei, Volume II 3.3. */
#include "_rv.h"

/* ---- operands ---------------------------------------------------------------------------------
 */

static uint64_t register_bit(uint32_t number)
{
    return number ? 1ull << number : 0;
}

void rv_set_registers(struct riscv_insn *insn)
{
    insn->t.reads = register_bit(insn->rs1) | register_bit(insn->rs2);
    insn->t.writes = register_bit(insn->rd);
}

void rv_set_memory(struct riscv_insn *insn, bool store)
{
    rv_set_registers(insn);
    insn->t.words = 1;
    insn->t.address_reads = register_bit(insn->rs1);
    if (store)
        insn->t.writes = 0;
}

void rv_set_jump(struct riscv_insn *insn, uint32_t flags)
{
    rv_set_registers(insn);
    insn->t.flags = (uint16_t)(insn->t.flags | MOTE_INSN_WRITES_PC | flags);
}

void rv_set_system(struct riscv_insn *insn)
{
    rv_set_registers(insn);
    insn->t.flags = (uint16_t)(insn->t.flags & ~MOTE_INSN_ENGINE);
}

bool rv_decode_r(uint32_t raw, struct riscv_insn *insn)
{
    insn->rd = (uint8_t)rv_bits(raw, 11, 7);
    insn->rs1 = (uint8_t)rv_bits(raw, 19, 15);
    insn->rs2 = (uint8_t)rv_bits(raw, 24, 20);
    rv_set_registers(insn);
    return true;
}

bool rv_decode_r2(uint32_t raw, struct riscv_insn *insn)
{
    insn->rd = (uint8_t)rv_bits(raw, 11, 7);
    insn->rs1 = (uint8_t)rv_bits(raw, 19, 15);
    rv_set_registers(insn);
    return true;
}

bool rv_decode_i(uint32_t raw, struct riscv_insn *insn)
{
    insn->imm = rv_sign(raw >> 20, 12);
    return rv_decode_r2(raw, insn);
}

bool rv_decode_shift(uint32_t raw, struct riscv_insn *insn)
{
    insn->imm = rv_bits(raw, 25, 20);
    return rv_decode_r2(raw, insn) && insn->imm < insn->xlen;
}

bool rv_decode_load(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_i(raw, insn);
    rv_set_memory(insn, false);
    return true;
}

static bool decode_narrow(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_load(raw, insn);
    insn->t.flags |= MOTE_INSN_NARROW;
    return true;
}

bool rv_decode_store(uint32_t raw, struct riscv_insn *insn)
{
    insn->rs1 = (uint8_t)rv_bits(raw, 19, 15);
    insn->rs2 = (uint8_t)rv_bits(raw, 24, 20);
    insn->imm = rv_sign(rv_bits(raw, 31, 25) << 5 | rv_bits(raw, 11, 7), 12);
    rv_set_memory(insn, true);
    return true;
}

static bool decode_u(uint32_t raw, struct riscv_insn *insn)
{
    insn->rd = (uint8_t)rv_bits(raw, 11, 7);
    insn->imm = raw & 0xFFFFF000u;
    rv_set_registers(insn);
    return true;
}

static bool decode_branch(uint32_t raw, struct riscv_insn *insn)
{
    insn->rs1 = (uint8_t)rv_bits(raw, 19, 15);
    insn->rs2 = (uint8_t)rv_bits(raw, 24, 20);
    insn->imm = rv_sign(rv_bits(raw, 31, 31) << 12 | rv_bits(raw, 7, 7) << 11 |
                            rv_bits(raw, 30, 25) << 5 | rv_bits(raw, 11, 8) << 1,
                        13);
    rv_set_jump(insn, MOTE_INSN_CONDITIONAL);
    return true;
}

static bool decode_jal(uint32_t raw, struct riscv_insn *insn)
{
    insn->rd = (uint8_t)rv_bits(raw, 11, 7);
    insn->imm = rv_sign(rv_bits(raw, 31, 31) << 20 | rv_bits(raw, 19, 12) << 12 |
                            rv_bits(raw, 20, 20) << 11 | rv_bits(raw, 30, 21) << 1,
                        21);
    insn->t.cls = insn->rd ? MOTE_CLASS_CALL : MOTE_CLASS_BRANCH;
    rv_set_jump(insn, insn->rd ? MOTE_INSN_LINK : 0);
    return true;
}

static bool decode_jalr(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_i(raw, insn);
    bool link = insn->rd == 1 || insn->rd == 5, back = insn->rs1 == 1 || insn->rs1 == 5;
    rv_set_jump(insn, link ? MOTE_INSN_LINK : back ? MOTE_INSN_RETURN : 0);
    return true;
}

static bool decode_fence(uint32_t raw, struct riscv_insn *insn)
{
    (void)raw;
    rv_set_system(insn);
    return true;
}

/* ---- computation ------------------------------------------------------------------------------
 */

RV_OPERATIONS(extern, rv_add, a + b)
RV_OPERATIONS(extern, rv_sub, a - b)
RV_OPERATIONS(extern, rv_sll, a << (b & (XLEN - 1)))
RV_OPERATIONS(extern, rv_srl, a >> (b & (XLEN - 1)))
RV_OPERATIONS(extern, rv_sra, sa >> (b & (XLEN - 1)))
RV_OPERATION(extern, rv_xor, a ^ b)
RV_OPERATION(extern, rv_or, a | b)
RV_OPERATION(extern, rv_and, a &b)
RV_OPERATION(static, slt, sa < sb)
RV_OPERATION(static, sltu, a < b)
RV_OPERATION(static, auipc, (word)cpu->pc + b)

/* ---- control transfer -------------------------------------------------------------------------
 */

/* To an address relative to the pc or, by a register, to any. */
static enum riscv_result jump(struct riscv_cpu *cpu, uint64_t target)
{
    target &= cpu->xmask;
    if ((target & 2) && !(cpu->features & RISCV_HAS_C))
        return riscv_raise(cpu, RISCV_CAUSE_MISALIGNED_FETCH, target);
    cpu->next_pc = target;
    return RISCV_OK;
}

static enum riscv_result branch(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    return jump(cpu, cpu->pc + (uint64_t)(int32_t)insn->imm);
}

enum riscv_result rv_jal(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    enum riscv_result result = branch(cpu, insn);
    if (result == RISCV_OK)
        cpu->x[insn->rd] = (cpu->pc + insn->t.bytes) & cpu->xmask;
    return result;
}

enum riscv_result rv_jalr(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    enum riscv_result result = jump(cpu, rv_address(cpu, insn) & ~1ull);
    if (result == RISCV_OK)
        cpu->x[insn->rd] = (cpu->pc + insn->t.bytes) & cpu->xmask;
    return result;
}

/* The immediate is the target's: only registers are compared. */
#define BRANCH_IF(linkage, name, word, condition)                                                  \
    linkage enum riscv_result name(struct riscv_cpu *cpu, const struct riscv_insn *insn)           \
    {                                                                                              \
        const word a = (word)cpu->x[insn->rs1], b = (word)cpu->x[insn->rs2];                       \
        return (condition) ? branch(cpu, insn) : RISCV_OK;                                         \
    }
#define BRANCH(linkage, name, sign, condition)                                                     \
    BRANCH_IF(linkage, name##_32, sign##32_t, condition)                                           \
    BRANCH_IF(linkage, name##_64, sign##64_t, condition)

BRANCH(extern, rv_beq, uint, a == b)
BRANCH(extern, rv_bne, uint, a != b)
BRANCH(static, blt, int, a < b)
BRANCH(static, bge, int, a >= b)
BRANCH(static, bltu, uint, a < b)
BRANCH(static, bgeu, uint, a >= b)

/* ---- memory -----------------------------------------------------------------------------------
 */

/* Each loads a type and extends it as the type says. */
#define LOAD(name, type)                                                                           \
    enum riscv_result name(struct riscv_cpu *cpu, const struct riscv_insn *insn)                   \
    {                                                                                              \
        uint64_t value;                                                                            \
        enum riscv_result result = riscv_load(cpu, rv_address(cpu, insn), sizeof(type), &value);   \
        if (result != RISCV_RAISED)                                                                \
            cpu->x[insn->rd] = (uint64_t)(type)value & cpu->xmask;                                 \
        return result;                                                                             \
    }
#define STORE(name, bytes)                                                                         \
    enum riscv_result name(struct riscv_cpu *cpu, const struct riscv_insn *insn)                   \
    {                                                                                              \
        return riscv_store(cpu, rv_address(cpu, insn), bytes, cpu->x[insn->rs2]);                  \
    }

LOAD(rv_lb, int8_t)
LOAD(rv_lh, int16_t)
LOAD(rv_lw, int32_t)
LOAD(rv_lbu, uint8_t)
LOAD(rv_lhu, uint16_t)
LOAD(rv_lwu, uint32_t)
LOAD(rv_ld, uint64_t)
STORE(rv_sb, 1)
STORE(rv_sh, 2)
STORE(rv_sw, 4)
STORE(rv_sd, 8)

static enum riscv_result fence(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    (void)cpu;
    (void)insn;
    return RISCV_OK;
}

#define ALU          MOTE_CLASS_ALU
#define SHIFT        MOTE_CLASS_SHIFT
#define BRANCH_CLASS MOTE_CLASS_BRANCH_COND

/* With x0 twice it is a hint for custom use: marker.c's. */
static bool decode_slti(uint32_t raw, struct riscv_insn *insn)
{
    return (raw & 0x000F8F80) != 0 && rv_decode_i(raw, insn);
}

static const struct riscv_row rows[] = {
    {0x0000007F, 0x00000037, 0, ALU, "lui %d, %x", decode_u, RV_BOTH(rv_add)},
    {0x0000007F, 0x00000017, 0, ALU, "auipc %d, %x", decode_u, RV_BOTH(auipc)},
    {0x0000007F, 0x0000006F, 0, MOTE_CLASS_CALL, "jal %d, %b", decode_jal, RV_ANY(rv_jal)},
    {0x0000707F, 0x00000067, 0, MOTE_CLASS_BRANCH_INDIRECT, "jalr %d, %i(%s)", decode_jalr,
     RV_ANY(rv_jalr)},
    {0x0000707F, 0x00000063, 0, BRANCH_CLASS, "beq %s, %t, %b", decode_branch, RV_BOTH(rv_beq)},
    {0x0000707F, 0x00001063, 0, BRANCH_CLASS, "bne %s, %t, %b", decode_branch, RV_BOTH(rv_bne)},
    {0x0000707F, 0x00004063, 0, BRANCH_CLASS, "blt %s, %t, %b", decode_branch, RV_BOTH(blt)},
    {0x0000707F, 0x00005063, 0, BRANCH_CLASS, "bge %s, %t, %b", decode_branch, RV_BOTH(bge)},
    {0x0000707F, 0x00006063, 0, BRANCH_CLASS, "bltu %s, %t, %b", decode_branch, RV_BOTH(bltu)},
    {0x0000707F, 0x00007063, 0, BRANCH_CLASS, "bgeu %s, %t, %b", decode_branch, RV_BOTH(bgeu)},
    {0x0000707F, 0x00000003, 0, MOTE_CLASS_LOAD, "lb %d, %i(%s)", decode_narrow, RV_ANY(rv_lb)},
    {0x0000707F, 0x00001003, 0, MOTE_CLASS_LOAD, "lh %d, %i(%s)", decode_narrow, RV_ANY(rv_lh)},
    {0x0000707F, 0x00002003, 0, MOTE_CLASS_LOAD, "lw %d, %i(%s)", rv_decode_load, RV_ANY(rv_lw)},
    {0x0000707F, 0x00004003, 0, MOTE_CLASS_LOAD, "lbu %d, %i(%s)", decode_narrow, RV_ANY(rv_lbu)},
    {0x0000707F, 0x00005003, 0, MOTE_CLASS_LOAD, "lhu %d, %i(%s)", decode_narrow, RV_ANY(rv_lhu)},
    {0x0000707F, 0x00000023, 0, MOTE_CLASS_STORE, "sb %t, %i(%s)", rv_decode_store, RV_ANY(rv_sb)},
    {0x0000707F, 0x00001023, 0, MOTE_CLASS_STORE, "sh %t, %i(%s)", rv_decode_store, RV_ANY(rv_sh)},
    {0x0000707F, 0x00002023, 0, MOTE_CLASS_STORE, "sw %t, %i(%s)", rv_decode_store, RV_ANY(rv_sw)},
    {0x0000707F, 0x00000013, 0, ALU, "addi %d, %s, %i", rv_decode_i, RV_BOTH(rv_add)},
    {0x0000707F, 0x00002013, 0, ALU, "slti %d, %s, %i", decode_slti, RV_BOTH(slt)},
    {0x0000707F, 0x00003013, 0, ALU, "sltiu %d, %s, %i", rv_decode_i, RV_BOTH(sltu)},
    {0x0000707F, 0x00004013, 0, ALU, "xori %d, %s, %i", rv_decode_i, RV_BOTH(rv_xor)},
    {0x0000707F, 0x00006013, 0, ALU, "ori %d, %s, %i", rv_decode_i, RV_BOTH(rv_or)},
    {0x0000707F, 0x00007013, 0, ALU, "andi %d, %s, %i", rv_decode_i, RV_BOTH(rv_and)},
    {0xFC00707F, 0x00001013, 0, SHIFT, "slli %d, %s, %i", rv_decode_shift, RV_BOTH(rv_sll)},
    {0xFC00707F, 0x00005013, 0, SHIFT, "srli %d, %s, %i", rv_decode_shift, RV_BOTH(rv_srl)},
    {0xFC00707F, 0x40005013, 0, SHIFT, "srai %d, %s, %i", rv_decode_shift, RV_BOTH(rv_sra)},
    {0xFE00707F, 0x00000033, 0, ALU, "add %d, %s, %t", rv_decode_r, RV_BOTH(rv_add)},
    {0xFE00707F, 0x40000033, 0, ALU, "sub %d, %s, %t", rv_decode_r, RV_BOTH(rv_sub)},
    {0xFE00707F, 0x00001033, 0, SHIFT, "sll %d, %s, %t", rv_decode_r, RV_BOTH(rv_sll)},
    {0xFE00707F, 0x00002033, 0, ALU, "slt %d, %s, %t", rv_decode_r, RV_BOTH(slt)},
    {0xFE00707F, 0x00003033, 0, ALU, "sltu %d, %s, %t", rv_decode_r, RV_BOTH(sltu)},
    {0xFE00707F, 0x00004033, 0, ALU, "xor %d, %s, %t", rv_decode_r, RV_BOTH(rv_xor)},
    {0xFE00707F, 0x00005033, 0, SHIFT, "srl %d, %s, %t", rv_decode_r, RV_BOTH(rv_srl)},
    {0xFE00707F, 0x40005033, 0, SHIFT, "sra %d, %s, %t", rv_decode_r, RV_BOTH(rv_sra)},
    {0xFE00707F, 0x00006033, 0, ALU, "or %d, %s, %t", rv_decode_r, RV_BOTH(rv_or)},
    {0xFE00707F, 0x00007033, 0, ALU, "and %d, %s, %t", rv_decode_r, RV_BOTH(rv_and)},
    {0x0000707F, 0x0000001B, 0, ALU, "addiw %d, %s, %i", rv_decode_i, RV_W(rv_add)},
    {0xFE00707F, 0x0000101B, 0, SHIFT, "slliw %d, %s, %i", rv_decode_shift, RV_W(rv_sll)},
    {0xFE00707F, 0x0000501B, 0, SHIFT, "srliw %d, %s, %i", rv_decode_shift, RV_W(rv_srl)},
    {0xFE00707F, 0x4000501B, 0, SHIFT, "sraiw %d, %s, %i", rv_decode_shift, RV_W(rv_sra)},
    {0xFE00707F, 0x0000003B, 0, ALU, "addw %d, %s, %t", rv_decode_r, RV_W(rv_add)},
    {0xFE00707F, 0x4000003B, 0, ALU, "subw %d, %s, %t", rv_decode_r, RV_W(rv_sub)},
    {0xFE00707F, 0x0000103B, 0, SHIFT, "sllw %d, %s, %t", rv_decode_r, RV_W(rv_sll)},
    {0xFE00707F, 0x0000503B, 0, SHIFT, "srlw %d, %s, %t", rv_decode_r, RV_W(rv_srl)},
    {0xFE00707F, 0x4000503B, 0, SHIFT, "sraw %d, %s, %t", rv_decode_r, RV_W(rv_sra)},
    {0x0000707F, 0x00006003, 0, MOTE_CLASS_LOAD, "lwu %d, %i(%s)", rv_decode_load, NULL, rv_lwu},
    {0x0000707F, 0x00003003, 0, MOTE_CLASS_LOAD, "ld %d, %i(%s)", rv_decode_load, NULL, rv_ld},
    {0x0000707F, 0x00003023, 0, MOTE_CLASS_STORE, "sd %t, %i(%s)", rv_decode_store, NULL, rv_sd},
    {0x0000707F, 0x0000000F, 0, MOTE_CLASS_BARRIER, "fence", decode_fence, RV_ANY(fence)},
    {0x0000707F, 0x0000100F, 0, MOTE_CLASS_BARRIER, "fence.i", decode_fence, RV_ANY(fence)},
    {0xFFFFFFFF, 0x00000073, 0, MOTE_CLASS_EXCEPTION, "ecall", decode_fence, RV_ANY(riscv_ecall)},
    {0xFFFFFFFF, 0x00100073, 0, MOTE_CLASS_EXCEPTION, "ebreak", decode_fence, RV_ANY(riscv_ebreak)},
    {0xFFFFFFFF, 0x30200073, 0, MOTE_CLASS_BRANCH_INDIRECT, "mret", decode_fence,
     RV_ANY(riscv_mret)},
    {0xFFFFFFFF, 0x10500073, 0, MOTE_CLASS_HINT, "wfi", decode_fence, RV_ANY(riscv_wfi)},
};

RV_TABLE(i);
