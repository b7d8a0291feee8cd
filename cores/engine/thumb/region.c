/* The lowering of blocks. */
#include "exact.h"
#include "lower.h"

extern const struct arm_row_table arm_rows_thumb_data_narrow, arm_rows_thumb_data_shifted,
    arm_rows_thumb_data_immediate, arm_rows_thumb_shift_register, arm_rows_thumb_load,
    arm_rows_thumb_store, arm_rows_thumb_multiple, arm_rows_thumb_multiply,
    arm_rows_thumb_multiply_dsp, arm_rows_thumb_extend, arm_rows_thumb_parallel,
    arm_rows_thumb_saturate, arm_rows_thumb_branch, arm_rows_thumb_vfp_transfer;

static const struct {
    const struct arm_row_table *rows;
    thumb_lower *lower;
} families[] = {
    {&arm_rows_thumb_data_narrow, thumb_lower_data},
    {&arm_rows_thumb_data_shifted, thumb_lower_immediate},
    {&arm_rows_thumb_data_immediate, thumb_lower_immediate},
    {&arm_rows_thumb_shift_register, thumb_lower_shift_register},
    {&arm_rows_thumb_load, thumb_lower_load},
    {&arm_rows_thumb_store, thumb_lower_store},
    {&arm_rows_thumb_multiple, thumb_lower_multiple},
    {&arm_rows_thumb_multiply, thumb_lower_multiply},
    {&arm_rows_thumb_multiply_dsp, thumb_lower_dsp},
    {&arm_rows_thumb_extend, thumb_lower_extend},
    {&arm_rows_thumb_parallel, thumb_lower_parallel},
    {&arm_rows_thumb_saturate, thumb_lower_saturate},
    {&arm_rows_thumb_branch, thumb_lower_branch},
    {&arm_rows_thumb_vfp_transfer, thumb_lower_vfp_transfer},
};

static thumb_lower *lower_of(const struct arm_insn *insn)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct arm_row_table *table = families[i].rows;
        if (insn->row >= table->rows && insn->row < table->rows + table->count)
            return families[i].lower;
    }
    return NULL;
}

/* ---- one block --------------------------------------------------------------------------------
 */

/* What has no lowering is a call of the row's exec. It never touches memory: all that does is
 * lowered or left to the interpreter. */
static void call_exec(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    struct x86_emit *e = t->e;
    bool memory = insn->t.words != 0;
    if (memory || (insn->t.flags & MOTE_INSN_WRITES_PC)) {
        native_leave_inside(t->b, t->index);
        return;
    }
    bool flags = (insn->t.reads | insn->t.writes) >> FLAGS_BIT & 1;
    native_spill(t->b);
    if (flags)
        thumb_flags_to_cpu(t);
    x86_store(e, x86_rip(&t->b->code->data->flags), X86_RAX, 4);
    x86_store_imm(e, x86_base(X86_RBP, offsetof(struct arm_cpu, pc)), t->pc);
    x86_load64(e, X86_RDI, x86_reg(X86_RBP));
    x86_imm64(e, X86_RSI, (uint64_t)(uintptr_t)insn);
    union {
        arm_exec *exec;
        uint64_t address;
    } pointer = {.exec = insn->exec};
    x86_imm64(e, X86_RCX, pointer.address);
    x86_call(e, X86_RCX);
    native_reload(t->b);
    x86_alu_imm(e, X86_CMP, x86_reg(X86_RAX), ARM_OK);
    x86_load(e, X86_RAX, x86_rip(&t->b->code->data->flags));
    native_leave_inside_if(t->b, X86_NE, t->index);
    if (flags)
        thumb_flags_from_cpu(t);
}

static bool is_branch_cond(const struct arm_insn *insn)
{
    return insn->t.cls == MOTE_CLASS_BRANCH_COND && insn->row->decode != NULL && !insn->in_it;
}

static void lower_insn(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    t->ended = false;
    if (insn->t.cls == MOTE_CLASS_HINT && insn->cond == 0xE &&
        (insn->t.bytes == 2 && (insn->raw & 0xFF00) == 0xBF00))
        return; /* IT, NOP */
    bool conditional = insn->cond != 0xE && !is_branch_cond(insn);
    uint8_t *skip = NULL;
    t->b->conditional = conditional;
    if (conditional)
        skip = x86_jump_if(t->e, (enum x86_cond)(thumb_condition(t, insn->cond) ^ 1));
    if (!is_branch_cond(insn))
        t->host_flags = 0;
    thumb_lower *lower = lower_of(insn);
    uint8_t *before = t->e->at;
    if (lower == NULL || !lower(t)) {
        t->ended = false;
        t->e->at = before;
        call_exec(t);
    }
    if (!conditional)
        return;
    if (t->exact != NULL && !t->ended)
        exact_executed(t);
    if (t->exact != NULL)
        exact_skipped(t, skip);
    else
        x86_land(t->e, skip);
    t->host_flags = 0;
    t->ended = false;
}

/* Which flags are seen after each instruction: all, where the code may be left. */
static void find_live(const struct thumb_build *t, const struct arm_block *block,
                      uint8_t live[ARM_BLOCK_MAX])
{
    uint32_t now = FLAG_ALL;
    for (uint32_t i = block->count; i-- > 0;) {
        const struct arm_insn *insn = &block->insns[i];
        live[i] = (uint8_t)now;
        bool may_leave = insn->t.words != 0 || (insn->t.flags & MOTE_INSN_WRITES_PC) ||
                         insn->t.cls >= MOTE_CLASS_FP_ALU || lower_of(insn) == NULL ||
                         (t->exact != NULL && (block->plan->ops[i].flags & ARM_PLAN_FETCH));
        now &= ~thumb_flags_written(insn);
        now |= may_leave ? FLAG_ALL : thumb_flags_read(insn);
    }
}

static void lower_block(struct native_build *b, struct native_block *native)
{
    struct thumb_build *t = b->user;
    const struct learned *l = native->owner;
    const struct arm_block *block = l->block;
    uint8_t live[ARM_BLOCK_MAX];
    t->b = b;
    t->e = b->e;
    t->learned = l;
    t->host_flags = 0;
    t->pc = block->pc;
    find_live(t, block, live);
    for (t->index = 0; t->index < block->count; t->index++) {
        t->insn = &block->insns[t->index];
        t->live = live[t->index];
        if (t->exact != NULL)
            exact_before(t);
        lower_insn(t);
        if (t->exact != NULL)
            exact_after(t);
        t->pc += t->insn->t.bytes;
    }
    b->conditional = false;
    if (!t->ended)
        native_edge(b, block->end);
}

/* ---- what the region is made of ---------------------------------------------------------------
 */

bool thumb_may_compile(const void *of)
{
    const struct arm_block *block = of;
    return !block->stale && block->itstate == 0 && block->insns[block->count - 1].it_next == 0;
}

static const struct arm_insn *last_of(const struct learned *l)
{
    const struct arm_block *block = l->block;
    return &block->insns[block->count - 1];
}

bool thumb_target(const struct learned *l, uint32_t *pc)
{
    const struct arm_insn *last = last_of(l);
    *pc = l->pc + l->bytes - last->t.bytes + 4 + last->imm;
    return last->t.cls == MOTE_CLASS_BRANCH || last->t.cls == MOTE_CLASS_BRANCH_COND;
}

bool thumb_goes_on(const struct learned *l)
{
    const struct arm_insn *last = last_of(l);
    return !(last->t.flags & MOTE_INSN_WRITES_PC) || last->cond != 0xE ||
           last->t.cls == MOTE_CLASS_BRANCH_COND || (last->t.flags & MOTE_INSN_LINK);
}

void thumb_describe(void *cpu, struct native_build *b, struct native_guest *guest)
{
    struct thumb_build *t = b->user;
    t->aligned = !(((struct arm_cpu *)cpu)->features & ARM_HAS_THUMB2);
    guest->reg_count = 15;
    guest->reg_offset = offsetof(struct arm_cpu, r);
    guest->reg_stride = 4;
    guest->reg_mask = 0x7FFF;
    guest->has_flags = true;
    guest->costs_change = true;
    guest->lower = lower_block;
}
