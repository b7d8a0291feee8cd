/* What blocks cost apart from what memory says: see exact.h. */
#include "exact_code.h"

/* Cycles of an instruction that is executed and of one that is not, by what is known of the one
 * before; false: not enough. */
static bool find_costs(const struct arm_plan *plan, uint32_t i, uint32_t *cost, uint32_t *skip)
{
    const struct arm_plan_op *op = &plan->ops[i];
    *cost = i == 0 ? op->alone : op->cost;
    *skip = op->skip;
    if (i == 0 || !is_conditional(op - 1) || (op->cost == op->alone && op->skip == op->skip_alone))
        return true;
    uint8_t cond = op->insn->cond, before = op[-1].insn->cond;
    if ((op[-1].insn->t.writes >> FLAGS_BIT & 1) || cond == 0xE || cond >> 1 != before >> 1)
        return false;
    if (cond != before)
        *cost = op->alone;
    else
        *skip = op->skip_alone;
    return true;
}

bool exact_is_static(const struct arm_plan *plan)
{
    uint32_t count = plan->block->count, cost = 0, skip = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!find_costs(plan, i, &cost, &skip))
            return false;
    const struct arm_plan_op *last = &plan->ops[count - 1];
    const struct arm_insn *insn = last->insn;
    if (!is_conditional(last))
        return true;
    /* Taken or not, it would go on behind the block. */
    bool direct = insn->t.cls == MOTE_CLASS_BRANCH || insn->t.cls == MOTE_CLASS_BRANCH_COND;
    if (!writes_pc(insn) || (direct && insn->imm + 4 == insn->t.bytes))
        return false;
    return cost + plan->taken_cost >= skip;
}

bool exact_find_next_costs(const struct exact *x, struct exact_block *block,
                           const struct arm_plan *plan)
{
    const struct arm_plan_op *last = &block->plan->ops[block->plan->block->count - 1];
    struct pipeline_context context = {
        .before = is_conditional(last) ? NULL : &last->insn->t,
        .straddle = last->straddle,
    };
    if (context.before != NULL && pipeline_may_pair(x->cpu->pipeline, &plan->ops[0].insn->t))
        return false;
    int32_t more[ARM_BLOCK_MAX], all = 0;
    uint32_t pc = plan->block->pc, count = plan->block->count, same = 0;
    for (; same < count; same++) {
        const struct arm_plan_op *op = &plan->ops[same];
        int32_t cost = (int32_t)pipeline_cost(x->cpu->pipeline, &context, &op->insn->t, pc);
        int32_t usual = same == 0 ? op->alone : op->cost;
        if (is_conditional(op) && cost != usual)
            return false;
        more[same] = cost - usual - (same == 0 ? plan->target_cost : 0);
        block->next_row[same + 1] = context.straddle.count;
        pc += op->bytes;
        if (context.straddle.count == op->straddle.count)
            break;
    }
    for (uint32_t i = same + 1; i < count; i++)
        block->next_row[i + 1] = plan->ops[i].straddle.count;
    for (uint32_t i = count + 1; i-- > 0;) {
        all += i <= same && i < count ? more[i] : 0;
        block->next_more[i] = all;
    }
    return same < count;
}

static bool is_store(const struct mote_insn *t)
{
    return t->cls == MOTE_CLASS_STORE || t->cls == MOTE_CLASS_STORE_MULTI ||
           t->cls == MOTE_CLASS_FP_STORE;
}

/* Extra cycles of an instruction's accesses in the memory that they are expected in. */
static uint32_t assumed_cycles(const struct native_build *b, const struct learned *l,
                               const struct mote_insn *t, uint32_t index)
{
    const struct exact *x = exact_of(b);
    uint32_t number = l->guess[index][0] ? l->guess[index][0] - 1u : b->main_memory;
    if (t->words == 0 || (t->flags & MOTE_INSN_LITERAL) || is_store(t) ||
        !exact_is_plain(x, number, l->pc, false))
        return 0;
    return t->words * mote_region_at_index(x->cpu->sys, number)->load_extra_cycles;
}

void exact_find_charges(struct native_build *b, struct exact_block *block)
{
    const struct arm_plan *plan = block->plan;
    uint32_t count = plan->block->count, cost = 0, skip = 0;
    block->left[count] = 0;
    for (uint32_t i = count; i-- > 0;) {
        const struct arm_plan_op *op = &plan->ops[i];
        find_costs(plan, i, &cost, &skip);
        block->assumed[i] = assumed_cycles(b, block->learned, &op->insn->t, i);
        cost += block->assumed[i];
        if (i == 0) {
            cost += plan->target_cost;
            skip += plan->target_cost;
        }
        block->executed_refund[i] = 0;
        if (i + 1 == count && writes_pc(op->insn)) {
            block->taken_more = plan->taken_cost;
            cost += plan->taken_cost;
        } else if (is_conditional(op) && skip > cost) {
            block->executed_refund[i] = skip - cost;
            cost = skip;
        }
        block->skip_refund[i] = cost - skip;
        block->left[i] = block->left[i + 1] + cost;
    }
    const struct arm_insn *last = plan->ops[count - 1].insn;
    block->charge = block->left[0];
    block->fall_refund = 0;
    if (is_branch_cond(last))
        block->fall_refund = last->cond != 0xE ? block->skip_refund[count - 1] : block->taken_more;
    else if (last->cond == 0xE)
        block->fall_refund = block->taken_more; /* a branch to the next instruction */
}
