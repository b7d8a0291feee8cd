/* The guest's flags in eax; see lower.h. */
#include "lower.h"

void thumb_flags_subtracted(struct thumb_build *t)
{
    if (t->live & (FLAG_NZ | FLAG_C))
        x86_byte(t->e, X86_LAHF);
    if (t->live & FLAG_V)
        x86_setcc8(t->e, X86_O, AL);
    t->host_flags = FLAG_ALL;
}

void thumb_flags_added(struct thumb_build *t)
{
    if (t->live == 0)
        return;
    x86_byte(t->e, X86_CMC);
    thumb_flags_subtracted(t);
}

void thumb_flags_nz(struct thumb_build *t, unsigned host)
{
    if (!(t->live & FLAG_NZ))
        return;
    bool keeps_c = t->live & FLAG_C;
    if (keeps_c) {
        x86_load(t->e, X86_RDX, x86_reg(X86_RAX));
        x86_alu_imm(t->e, X86_AND, x86_reg(X86_RDX), EAX_NOT_C);
    }
    x86_test(t->e, host, x86_reg(host));
    x86_byte(t->e, X86_LAHF);
    t->host_flags = FLAG_NZ;
    if (keeps_c) {
        x86_alu(t->e, X86_OR, X86_RAX, x86_reg(X86_RDX));
        t->host_flags = 0;
    }
}

enum x86_cond thumb_condition(struct thumb_build *t, uint32_t cond)
{
    static const struct {
        uint8_t cond, needs;
        uint16_t single; /* bit of eax that decides alone */
    } pairs[] = {
        {X86_E, FLAG_Z, EAX_Z},       {X86_AE, FLAG_C, EAX_NOT_C}, {X86_S, FLAG_N, EAX_N},
        {X86_O, FLAG_V, EAX_V},       {X86_A, FLAG_C | FLAG_Z, 0}, {X86_GE, FLAG_N | FLAG_V, 0},
        {X86_G, FLAG_NZ | FLAG_V, 0},
    };
    uint32_t invert = cond & 1;
    if ((t->host_flags & pairs[cond >> 1].needs) == pairs[cond >> 1].needs)
        return (enum x86_cond)(pairs[cond >> 1].cond ^ invert);
    if (pairs[cond >> 1].single) {
        x86_test_imm(t->e, x86_reg(X86_RAX), pairs[cond >> 1].single);
        t->host_flags = 0;
        bool set_means_true = pairs[cond >> 1].single != EAX_NOT_C;
        return (enum x86_cond)((set_means_true ? X86_NE : X86_E) ^ invert);
    }
    x86_load(t->e, X86_RCX, x86_reg(X86_RAX));
    x86_alu8_imm(t->e, X86_ADD, 1, 0x7F); /* overflows when V was 1 */
    x86_byte(t->e, X86_SAHF);
    t->host_flags = FLAG_ALL;
    return (enum x86_cond)(pairs[cond >> 1].cond ^ invert);
}

/* ---- which flags an instruction reads and writes ----------------------------------------------
 */

static bool is_row_of(const struct arm_insn *insn, const struct arm_row_table *table)
{
    return insn->row >= table->rows && insn->row < table->rows + table->count;
}

extern const struct arm_row_table arm_rows_thumb_data_narrow, arm_rows_thumb_data_shifted,
    arm_rows_thumb_data_immediate;

static bool is_data(const struct arm_insn *insn)
{
    return is_row_of(insn, &arm_rows_thumb_data_narrow) ||
           is_row_of(insn, &arm_rows_thumb_data_shifted) ||
           is_row_of(insn, &arm_rows_thumb_data_immediate);
}

uint32_t thumb_flags_read(const struct arm_insn *insn)
{
    if (insn->cond != 0xE)
        return FLAG_ALL;
    if (!(insn->t.reads >> FLAGS_BIT & 1))
        return 0;
    return is_data(insn) ? FLAG_C : FLAG_ALL;
}

uint32_t thumb_flags_written(const struct arm_insn *insn)
{
    if (insn->cond != 0xE || !(insn->t.writes >> FLAGS_BIT & 1) || !is_data(insn))
        return 0;
    unsigned op = insn->row->op;
    bool logic =
        op <= DATA_EOR || op == DATA_MOV || op == DATA_MVN || op == DATA_TST || op == DATA_TEQ;
    if (!logic)
        return FLAG_ALL;
    bool carry = insn->form == DATA_SHIFT || (insn->form == DATA_IMM && insn->shift_amount);
    return carry ? FLAG_NZ | FLAG_C : FLAG_NZ;
}

/* ---- eax and the cpu's structure --------------------------------------------------------------
 */

static struct x86_place field(size_t offset)
{
    return x86_base(X86_RBP, (int32_t)offset);
}

void thumb_flags_to_cpu(struct thumb_build *t)
{
    static const struct {
        size_t offset;
        unsigned bit;
    } flags[] = {{offsetof(struct arm_cpu, n), 15},
                 {offsetof(struct arm_cpu, z), 14},
                 {offsetof(struct arm_cpu, c), 8},
                 {offsetof(struct arm_cpu, v), 0}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        x86_load(t->e, X86_RCX, x86_reg(X86_RAX));
        if (flags[i].bit == 8)
            x86_not(t->e, X86_RCX);
        if (flags[i].bit)
            x86_shift_imm(t->e, X86_SHR, X86_RCX, flags[i].bit);
        x86_alu_imm(t->e, X86_AND, x86_reg(X86_RCX), 1);
        x86_store(t->e, field(flags[i].offset), X86_RCX, 4);
    }
}

void thumb_flags_from_cpu(struct thumb_build *t)
{
    struct x86_emit *e = t->e;
    x86_load(e, X86_RAX, field(offsetof(struct arm_cpu, n)));
    x86_shift_imm(e, X86_SHL, X86_RAX, 1);
    x86_alu(e, X86_OR, X86_RAX, field(offsetof(struct arm_cpu, z)));
    x86_shift_imm(e, X86_SHL, X86_RAX, 6);
    x86_alu(e, X86_OR, X86_RAX, field(offsetof(struct arm_cpu, c)));
    x86_alu_imm(e, X86_XOR, x86_reg(X86_RAX), 1);
    x86_shift_imm(e, X86_SHL, X86_RAX, 8);
    x86_alu(e, X86_OR, X86_RAX, field(offsetof(struct arm_cpu, v)));
}
