/* The lowering of blocks, and what regions are made of. */
#include "lower.h"

#include <string.h>

extern const struct riscv_row_table riscv_rows_rv_a, riscv_rows_rv_d, riscv_rows_rv_f,
    riscv_rows_rv_i, riscv_rows_rv_m, riscv_rows_rv_zba, riscv_rows_rv_zbb, riscv_rows_rv_zbs,
    riscv_rows_rv_zicond;

/* By the match of a 32-bit encoding; what shares its exec function shares its lowering. */
static const struct {
    const struct riscv_row_table *rows;
    uint32_t match;
    rv_lower *lower;
    uint32_t op;
} lowerings[] = {
    {&riscv_rows_rv_i, 0x00000033, rv_lower_arithmetic, X86_ADD}, /* addi, lui, li, mv too */
    {&riscv_rows_rv_i, 0x40000033, rv_lower_arithmetic, X86_SUB},
    {&riscv_rows_rv_i, 0x00004033, rv_lower_arithmetic, X86_XOR},
    {&riscv_rows_rv_i, 0x00006033, rv_lower_arithmetic, X86_OR},
    {&riscv_rows_rv_i, 0x00007033, rv_lower_arithmetic, X86_AND},
    {&riscv_rows_rv_i, 0x00001033, rv_lower_shift, X86_SHL},
    {&riscv_rows_rv_i, 0x00005033, rv_lower_shift, X86_SHR},
    {&riscv_rows_rv_i, 0x40005033, rv_lower_shift, X86_SAR},
    {&riscv_rows_rv_i, 0x00002033, rv_lower_set, RV_SET_SIGNED},
    {&riscv_rows_rv_i, 0x00003033, rv_lower_set, RV_SET_UNSIGNED},
    {&riscv_rows_rv_i, 0x00000017, rv_lower_constant, 0}, /* auipc */
    {&riscv_rows_rv_i, 0x00000003, rv_lower_load, 1 | RV_SIGNED},
    {&riscv_rows_rv_i, 0x00001003, rv_lower_load, 2 | RV_SIGNED},
    {&riscv_rows_rv_i, 0x00002003, rv_lower_load, 4},
    {&riscv_rows_rv_i, 0x00004003, rv_lower_load, 1},
    {&riscv_rows_rv_i, 0x00005003, rv_lower_load, 2},
    {&riscv_rows_rv_i, 0x00000023, rv_lower_store, 1},
    {&riscv_rows_rv_i, 0x00001023, rv_lower_store, 2},
    {&riscv_rows_rv_i, 0x00002023, rv_lower_store, 4},
    {&riscv_rows_rv_f, 0x00002007, rv_lower_f_load, 4},
    {&riscv_rows_rv_d, 0x00003007, rv_lower_f_load, 8},
    {&riscv_rows_rv_f, 0x00002027, rv_lower_f_store, 4},
    {&riscv_rows_rv_d, 0x00003027, rv_lower_f_store, 8},
    {&riscv_rows_rv_i, 0x00000063, rv_lower_branch, X86_E},
    {&riscv_rows_rv_i, 0x00001063, rv_lower_branch, X86_NE},
    {&riscv_rows_rv_i, 0x00004063, rv_lower_branch, X86_L},
    {&riscv_rows_rv_i, 0x00005063, rv_lower_branch, X86_GE},
    {&riscv_rows_rv_i, 0x00006063, rv_lower_branch, X86_B},
    {&riscv_rows_rv_i, 0x00007063, rv_lower_branch, X86_AE},
    {&riscv_rows_rv_i, 0x0000006F, rv_lower_jump, RV_JAL},
    {&riscv_rows_rv_i, 0x00000067, rv_lower_jump, RV_JALR},
    {&riscv_rows_rv_m, 0x02000033, rv_lower_multiply, RV_MUL},
    {&riscv_rows_rv_m, 0x02001033, rv_lower_multiply, RV_MULH},
    {&riscv_rows_rv_m, 0x02002033, rv_lower_multiply, RV_MULHSU},
    {&riscv_rows_rv_m, 0x02003033, rv_lower_multiply, RV_MULHU},
    {&riscv_rows_rv_m, 0x02004033, rv_lower_divide, RV_DIV},
    {&riscv_rows_rv_m, 0x02005033, rv_lower_divide, RV_DIVU},
    {&riscv_rows_rv_m, 0x02006033, rv_lower_divide, RV_REM},
    {&riscv_rows_rv_m, 0x02007033, rv_lower_divide, RV_REMU},
    {&riscv_rows_rv_a, 0x1000202F, rv_lower_atomic, RV_LR},
    {&riscv_rows_rv_a, 0x1800202F, rv_lower_atomic, RV_SC},
    {&riscv_rows_rv_a, 0x0800202F, rv_lower_atomic, RV_AMOSWAP},
    {&riscv_rows_rv_a, 0x0000202F, rv_lower_atomic, RV_AMOADD},
    {&riscv_rows_rv_a, 0x2000202F, rv_lower_atomic, RV_AMOXOR},
    {&riscv_rows_rv_a, 0x6000202F, rv_lower_atomic, RV_AMOAND},
    {&riscv_rows_rv_a, 0x4000202F, rv_lower_atomic, RV_AMOOR},
    {&riscv_rows_rv_a, 0x8000202F, rv_lower_atomic, RV_AMOMIN},
    {&riscv_rows_rv_a, 0xA000202F, rv_lower_atomic, RV_AMOMAX},
    {&riscv_rows_rv_a, 0xC000202F, rv_lower_atomic, RV_AMOMINU},
    {&riscv_rows_rv_a, 0xE000202F, rv_lower_atomic, RV_AMOMAXU},
    {&riscv_rows_rv_zba, 0x20002033, rv_lower_bits, RV_SH1ADD},
    {&riscv_rows_rv_zba, 0x20004033, rv_lower_bits, RV_SH2ADD},
    {&riscv_rows_rv_zba, 0x20006033, rv_lower_bits, RV_SH3ADD},
    {&riscv_rows_rv_zbb, 0x40007033, rv_lower_bits, RV_ANDN},
    {&riscv_rows_rv_zbb, 0x40006033, rv_lower_bits, RV_ORN},
    {&riscv_rows_rv_zbb, 0x40004033, rv_lower_bits, RV_XNOR},
    {&riscv_rows_rv_zbb, 0x60001013, rv_lower_bits, RV_CLZ},
    {&riscv_rows_rv_zbb, 0x60101013, rv_lower_bits, RV_CTZ},
    {&riscv_rows_rv_zbb, 0x60201013, rv_lower_bits, RV_CPOP},
    {&riscv_rows_rv_zbb, 0x0A006033, rv_lower_bits, RV_MAX},
    {&riscv_rows_rv_zbb, 0x0A007033, rv_lower_bits, RV_MAXU},
    {&riscv_rows_rv_zbb, 0x0A004033, rv_lower_bits, RV_MIN},
    {&riscv_rows_rv_zbb, 0x0A005033, rv_lower_bits, RV_MINU},
    {&riscv_rows_rv_zbb, 0x60401013, rv_lower_bits, RV_SEXT_B},
    {&riscv_rows_rv_zbb, 0x60501013, rv_lower_bits, RV_SEXT_H},
    {&riscv_rows_rv_zbb, 0x08004033, rv_lower_bits, RV_ZEXT_H},
    {&riscv_rows_rv_zbb, 0x28705013, rv_lower_bits, RV_ORC_B},
    {&riscv_rows_rv_zbb, 0x69805013, rv_lower_bits, RV_REV8},
    {&riscv_rows_rv_zbb, 0x60001033, rv_lower_shift, X86_ROL},
    {&riscv_rows_rv_zbb, 0x60005033, rv_lower_shift, X86_ROR},
    {&riscv_rows_rv_zbs, 0x48001033, rv_lower_bits, RV_BCLR},
    {&riscv_rows_rv_zbs, 0x48005033, rv_lower_bits, RV_BEXT},
    {&riscv_rows_rv_zbs, 0x68001033, rv_lower_bits, RV_BINV},
    {&riscv_rows_rv_zbs, 0x28001033, rv_lower_bits, RV_BSET},
    {&riscv_rows_rv_zicond, 0x0E005033, rv_lower_bits, RV_CZERO_EQZ},
    {&riscv_rows_rv_zicond, 0x0E007033, rv_lower_bits, RV_CZERO_NEZ},
};
enum { LOWERINGS = sizeof(lowerings) / sizeof(lowerings[0]) };
_Static_assert((int)LOWERINGS <= (int)RV_MAX_LOWERINGS, "room for them");

static void find_execs(struct rv_build *t)
{
    for (size_t i = 0; i < LOWERINGS; i++)
        for (size_t k = 0; k < lowerings[i].rows->count; k++) {
            const struct riscv_row *row = &lowerings[i].rows->rows[k];
            if (row->match == lowerings[i].match && row->exec32 != NULL)
                t->exec[i] = row->exec32;
        }
}

/* ---- one block --------------------------------------------------------------------------------
 */

/* What has no lowering is a call of the row's exec. It never touches memory: all that does is
 * lowered or left to the interpreter. */
static void call_exec(struct rv_build *t)
{
    const struct riscv_insn *insn = t->insn;
    struct x86_emit *e = t->e;
    if (insn->t.words != 0 || (insn->t.flags & MOTE_INSN_WRITES_PC)) {
        native_leave_inside(t->b, t->index);
        return;
    }
    native_spill(t->b);
    x86_store_imm(e, x86_base(X86_RBP, offsetof(struct riscv_cpu, pc)), t->pc);
    x86_load64(e, X86_RDI, x86_reg(X86_RBP));
    x86_imm64(e, X86_RSI, (uint64_t)(uintptr_t)insn);
    union {
        riscv_exec *exec;
        uint64_t address;
    } pointer = {.exec = insn->exec};
    x86_imm64(e, X86_RCX, pointer.address);
    x86_call(e, X86_RCX);
    if (insn->rd == 0)
        x86_store_imm(e, x86_base(X86_RBP, offsetof(struct riscv_cpu, x)), 0);
    x86_alu_imm(e, X86_CMP, x86_reg(X86_RAX), RISCV_OK);
    native_reload(t->b); /* keeps the flags */
    native_leave_inside_if(t->b, X86_NE, t->index);
}

static bool lower_insn(struct rv_build *t)
{
    for (size_t i = 0; i < LOWERINGS; i++)
        if (t->exec[i] == t->insn->exec)
            return lowerings[i].lower(t, lowerings[i].op);
    return false;
}

static void lower_block(struct native_build *b, struct native_block *native)
{
    struct rv_build *t = b->user;
    const struct learned *l = native->owner;
    const struct riscv_block *block = l->block;
    t->b = b;
    t->e = b->e;
    t->learned = l;
    t->pc = l->pc;
    t->ended = false;
    b->conditional = false;
    for (t->index = 0; t->index < block->count; t->index++) {
        t->insn = &block->insns[t->index];
        if (!lower_insn(t))
            call_exec(t);
        t->pc += t->insn->t.bytes;
    }
    if (!t->ended)
        native_edge(b, t->pc);
}

/* ---- what the region is made of ---------------------------------------------------------------
 */

static const struct riscv_insn *last_of(const struct learned *l)
{
    const struct riscv_block *block = l->block;
    return &block->insns[block->count - 1];
}

bool rv_target(const struct learned *l, uint32_t *pc)
{
    const struct riscv_insn *last = last_of(l);
    *pc = l->pc + l->bytes - last->t.bytes + last->imm;
    return last->t.cls == MOTE_CLASS_BRANCH || last->t.cls == MOTE_CLASS_BRANCH_COND;
}

bool rv_goes_on(const struct learned *l)
{
    const struct riscv_insn *last = last_of(l);
    return !(last->t.flags & MOTE_INSN_WRITES_PC) || last->t.cls == MOTE_CLASS_BRANCH_COND ||
           (last->t.flags & MOTE_INSN_LINK);
}

void rv_describe(void *cpu, struct native_build *b, struct native_guest *guest)
{
    struct rv_build *t = b->user;
    t->cpu = cpu;
    if (t->exec[0] == NULL)
        find_execs(t);
    guest->reg_count = 32;
    guest->reg_offset = offsetof(struct riscv_cpu, x);
    guest->reg_stride = sizeof(uint64_t);
    guest->reg_mask = 0xFFFFFFFE;
    guest->costs_change = true;
    guest->lower = lower_block;
}
