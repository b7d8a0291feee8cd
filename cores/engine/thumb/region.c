/* Which blocks make a region, and the lowering of each. */
#include "native.h"

#include <stdlib.h>
#include <string.h>

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
    x86_land(t->e, skip);
    t->host_flags = 0;
    t->ended = false;
}

/* Which flags are seen after each instruction: all, where the code may be left. */
static void find_live(const struct arm_block *block, uint8_t live[ARM_BLOCK_MAX])
{
    uint32_t now = FLAG_ALL;
    for (uint32_t i = block->count; i-- > 0;) {
        const struct arm_insn *insn = &block->insns[i];
        live[i] = (uint8_t)now;
        bool may_leave = insn->t.words != 0 || (insn->t.flags & MOTE_INSN_WRITES_PC) ||
                         insn->t.cls >= MOTE_CLASS_FP_ALU || lower_of(insn) == NULL;
        now &= ~thumb_flags_written(insn);
        now |= may_leave ? FLAG_ALL : thumb_flags_read(insn);
    }
}

static void lower_block(struct native_build *b, struct native_block *native)
{
    struct thumb_build *t = b->user;
    struct arm_block_learned *l = native->owner;
    const struct arm_block *block = l->block;
    uint8_t live[ARM_BLOCK_MAX];
    t->b = b;
    t->e = b->e;
    t->learned = l;
    t->host_flags = 0;
    t->pc = block->pc;
    find_live(block, live);
    for (t->index = 0; t->index < block->count; t->index++) {
        t->insn = &block->insns[t->index];
        t->live = live[t->index];
        lower_insn(t);
        t->pc += t->insn->t.bytes;
    }
    b->conditional = false;
    if (!t->ended)
        native_edge(b, block->end);
}

/* ---- the region -------------------------------------------------------------------------------
 */

bool thumb_may_compile(const struct arm_engine *engine, const struct arm_block_learned *l)
{
    return l != NULL && l->ready && !l->never && l->version == l->block->version &&
           !l->block->stale && l->epoch == engine->epoch && l->block->itstate == 0 &&
           l->heat >= ENGINE_HEAT && l->block->insns[l->block->count - 1].it_next == 0 &&
           l->mean_fx <= NATIVE_LARGEST_COST;
}

struct region {
    struct arm_engine *engine;
    struct arm_block_learned *block[NATIVE_MAX_BLOCKS];
    uint32_t count, insns;
};

static void add_block(struct region *r, uint32_t pc)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (r->block[i]->block->pc == pc)
            return;
    const struct arm_block *block = arm_block_known(r->engine->cpu, pc);
    struct arm_block_learned *l = block != NULL ? block->learned : NULL;
    if (r->count == NATIVE_MAX_BLOCKS || !thumb_may_compile(r->engine, l) ||
        r->insns + block->count > NATIVE_MAX_INSNS)
        return;
    r->block[r->count++] = l;
    r->insns += block->count;
}

static void add_successors(struct region *r, const struct arm_block *block)
{
    const struct arm_insn *last = &block->insns[block->count - 1];
    uint32_t pc = block->end - last->t.bytes;
    bool direct = last->t.cls == MOTE_CLASS_BRANCH || last->t.cls == MOTE_CLASS_BRANCH_COND;
    bool goes_on = !(last->t.flags & MOTE_INSN_WRITES_PC) || last->cond != 0xE ||
                   last->t.cls == MOTE_CLASS_BRANCH_COND || (last->t.flags & MOTE_INSN_LINK);
    if (direct)
        add_block(r, pc + 4 + last->imm);
    if (goes_on)
        add_block(r, block->end);
}

static int by_pc(const void *a, const void *b)
{
    uint32_t x = (*(struct arm_block_learned *const *)a)->block->pc;
    uint32_t y = (*(struct arm_block_learned *const *)b)->block->pc;
    return x < y ? -1 : x > y;
}

static void count_uses(struct native_guest *guest, const struct arm_block *block)
{
    double weight = 1.0 + (double)block->entries;
    for (uint32_t i = 0; i < block->count; i++) {
        const struct mote_insn *t = &block->insns[i].t;
        guest->written |= t->writes & 0x7FFF;
        for (uint64_t left = t->reads & 0x7FFF; left != 0; left &= left - 1)
            guest->use[__builtin_ctzll(left)] += weight;
        for (uint64_t left = t->writes & 0x7FFF; left != 0; left &= left - 1)
            guest->use[__builtin_ctzll(left)] += weight;
    }
}

bool thumb_compile(struct arm_engine *engine, struct arm_block_learned *head)
{
    struct native *native = engine->native;
    struct region r = {.engine = engine};
    add_block(&r, head->block->pc);
    for (uint32_t i = 0; i < r.count; i++)
        add_successors(&r, r.block[i]->block);
    if (r.count == 0)
        return true;
    qsort(r.block, r.count, sizeof(r.block[0]), by_pc);
    struct native_guest guest = {
        .reg_count = 15, .reg_offset = offsetof(struct arm_cpu, r), .lower = lower_block};
    struct native_build *b = &native->build;
    b->code = native->code;
    b->user = &native->thumb;
    b->block_count = r.count;
    native->thumb.second_count = 0;
    native->thumb.cpu = engine->cpu;
    native->thumb.memory = native->memory;
    native->thumb.memory_count = native->memory_count;
    native->thumb.main_memory = native->main_memory;
    for (uint32_t i = 0; i < r.count; i++) {
        struct arm_block_learned *l = r.block[i];
        b->block[i] = (struct native_block){.pc = l->block->pc,
                                            .cost_fx = (uint32_t)l->mean_fx,
                                            .needs = l->needs & ~(uint32_t)ENGINE_NEEDS_SLOW_LOOK,
                                            .owner = l};
        count_uses(&guest, l->block);
    }
    return native_build(b, &guest);
}
