/* Exact execution with everything that does not change from one execution of a block to the next
 * computed once: pipeline costs, where fetching enters a line, counts.
 *
 * Nothing is approximated: memory and fetch costs are asked for access by access, and a block whose
 * cost depends on more (division, FP division in the background, system instructions), or that
 * could pass a stack limit, is left to arm_run_insn(). tests/unit/test_engine.c compares the two.
 */
#include "plan.h"

#include "../engine/thumb/arm_engine.h"
#include "../timing/pipeline.h"
#include "core.h"
#include "port.h"
#include "queue.h"
#include <stdlib.h>

#define UNKNOWN_DROP UINT32_MAX

/* ---- making a plan ----------------------------------------------------------------------------
 */

static bool is_memory(const struct mote_insn *t)
{
    return (t->cls >= MOTE_CLASS_LOAD && t->cls <= MOTE_CLASS_STORE_MULTI) ||
           t->cls == MOTE_CLASS_FP_LOAD || t->cls == MOTE_CLASS_FP_STORE;
}

static void count_class(struct arm_plan *plan, uint32_t activity)
{
    for (uint32_t i = 0; i < plan->class_count; i++)
        if (plan->classes[i].activity == activity) {
            plan->classes[i].count++;
            return;
        }
    plan->classes[plan->class_count].activity = activity;
    plan->classes[plan->class_count++].count = 1;
}

static uint8_t op_flags(const struct arm_cpu *cpu, const struct arm_insn *insn, bool before_in_it)
{
    const struct mote_insn *t = &insn->t;
    const uint64_t pc_bit = 1u << 15;
    uint8_t flags = 0;
    if (is_memory(t))
        flags |= ARM_PLAN_MEMORY | ARM_PLAN_NEEDS_PC;
    if ((t->flags & MOTE_INSN_WRITES_PC) || (t->reads & pc_bit) || t->cls >= MOTE_CLASS_BRANCH)
        flags |= ARM_PLAN_NEEDS_PC; /* also FP: it may raise */
    if (insn->cond != 0xE)
        flags |= ARM_PLAN_CONDITION;
    if (insn->it_next || before_in_it)
        flags |= ARM_PLAN_IT;
    if (t->cls == MOTE_CLASS_STORE && pipeline_buffers_stores(cpu->pipeline))
        flags |= ARM_PLAN_BUFFERED;
    return flags;
}

/* How far an instruction may take SP down: PUSH, VPUSH, SUB SP; not at all: POP, VPOP, ADD SP. */
static uint32_t add_drop(uint32_t drop, const struct arm_insn *insn)
{
    uint32_t raw = insn->raw, words = insn->t.words;
    if (!(insn->t.writes >> 13 & 1) || drop == UNKNOWN_DROP)
        return drop;
    if (raw >> 9 == 0xB400u >> 9 || raw >> 16 == 0xE92D || (raw & 0xFFBF0E00u) == 0xED2D0A00u)
        return drop + 4 * words;
    if (raw >> 7 == 0xB080u >> 7)
        return drop + 4 * (raw & 0x7F);
    bool rises = raw >> 7 == 0xB000u >> 7 || raw >> 9 == 0xBC00u >> 9 || raw >> 16 == 0xE8BD ||
                 (raw & 0xFFBF0E00u) == 0xECBD0A00u;
    return rises ? drop : UNKNOWN_DROP;
}

static bool plan_op(struct arm_cpu *cpu, struct arm_plan *plan, struct arm_plan_op *op, uint32_t pc,
                    const struct arm_insn *insn, struct pipeline_context *context)
{
    const struct mote_insn *t = &insn->t;
    struct pipeline_context alone = {.straddle = context->straddle}, skip = *context,
                            skip_alone = alone;
    uint32_t cost = pipeline_cost(cpu->pipeline, context, t, pc);
    uint32_t cost_alone = pipeline_cost(cpu->pipeline, &alone, t, pc);
    uint32_t cost_skip = pipeline_skip_cost(cpu->pipeline, &skip, t, pc);
    uint32_t cost_skip_alone = pipeline_skip_cost(cpu->pipeline, &skip_alone, t, pc);
    if (!(t->flags & MOTE_INSN_ENGINE) || pipeline_is_dynamic(cpu->pipeline, t) || cost > 255 ||
        cost_alone > 255 || cost_skip > 255 || cost_skip_alone > 255)
        return false;
    bool in_it = op > plan->ops && op[-1].insn->it_next;
    op->exec = insn->exec;
    op->insn = insn;
    op->flags = op_flags(cpu, insn, in_it);
    op->bytes = t->bytes;
    op->cost = (uint8_t)cost;
    op->alone = (uint8_t)cost_alone;
    op->skip = (uint8_t)cost_skip;
    op->skip_alone = (uint8_t)cost_skip_alone;
    op->straddle = context->straddle;
    op->lines = 0;
    uint32_t mask = ~(plan->line_bytes - 1), last = (pc + t->bytes - 1) & mask;
    if (op > plan->ops && ((pc & mask) != plan->last_line || last != (pc & mask))) {
        bool costs = plan->region->timing != NULL && plan->region->timing->fetch != NULL;
        op->flags |= costs && plan->region->fetch_line_bytes ? ARM_PLAN_FETCH : ARM_PLAN_LINE;
        if (op->flags & ARM_PLAN_LINE) {
            bool enters_two = (pc & mask) != plan->last_line && last != (pc & mask);
            op->lines = enters_two ? 2 : 1;
            plan->lines += op->lines;
        }
    }
    plan->last_line = last;
    count_class(plan, cpu->insn_activity[t->cls]);
    plan->sp_drop = add_drop(plan->sp_drop, insn);
    return true;
}

/* The last instruction is what may branch. */
static void plan_taken(struct arm_cpu *cpu, struct arm_plan *plan, const struct arm_block *block)
{
    const struct arm_insn *last = &block->insns[block->count - 1];
    const struct arm_insn *before = block->count > 1 ? last - 1 : NULL;
    uint32_t alone = pipeline_taken_cost(cpu->pipeline, NULL, &last->t);
    uint32_t cost = before ? pipeline_taken_cost(cpu->pipeline, &before->t, &last->t) : alone;
    plan->taken_cost = (uint8_t)cost;
    if (cost != alone && before->cond != 0xE)
        plan->usable = false;
}

static void plan_block(struct arm_cpu *cpu, struct arm_plan *plan, const struct arm_block *block)
{
    struct pipeline_context context = {0};
    uint32_t pc = block->pc;
    plan->version = block->version;
    plan->class_count = plan->lines = plan->epoch = 0;
    plan->sp_drop = 0;
    plan->region = mote_region_find(cpu->sys, pc);
    plan->usable = plan->region != NULL && block->itstate == 0;
    if (!plan->usable)
        return;
    plan->line_bytes = plan->region->fetch_line_bytes ? plan->region->fetch_line_bytes : 4;
    for (uint32_t i = 0; i < block->count && plan->usable; i++) {
        plan->usable = plan_op(cpu, plan, &plan->ops[i], pc, &block->insns[i], &context);
        pc += block->insns[i].t.bytes;
    }
    if (!plan->usable)
        return;
    const struct mote_insn *first = &block->insns[0].t;
    plan->target_cost = (uint8_t)pipeline_target_cost(cpu->pipeline, first, block->pc);
    plan_taken(cpu, plan, block);
}

struct arm_plan *arm_plan_of(struct arm_cpu *cpu, struct arm_block *block)
{
    struct arm_plan *plan = block->plan;
    if (plan != NULL && plan->version == block->version &&
        (!plan->usable || plan->region->fetch_line_bytes == 0 ||
         plan->region->fetch_line_bytes == plan->line_bytes))
        return plan;
    if (plan == NULL) {
        plan = calloc(1, sizeof(*plan) + ARM_BLOCK_MAX * sizeof(struct arm_plan_op));
        if (plan == NULL)
            return NULL;
        plan->block = block;
        plan->next = cpu->plans;
        cpu->plans = plan;
        block->plan = plan;
    }
    arm_plans_settle(cpu);
    plan_block(cpu, plan, block);
    return plan;
}

/* ---- running ----------------------------------------------------------------------------------
 */

/* Cost of the first instruction, which depends on what was in flight; 0: not for a plan. */
static uint32_t first_cost(struct arm_cpu *cpu, const struct arm_plan *plan,
                           const struct pipeline_state *state)
{
    const struct arm_plan_op *op = plan->ops;
    if (state->after_taken)
        return op->alone + plan->target_cost;
    struct pipeline_context context = state->context;
    const struct mote_insn *before = context.before, *fetched = context.straddle.before;
    if (before == NULL && context.straddle.count == 0 &&
        (fetched == NULL || fetched->cls == MOTE_CLASS_BRANCH_COND))
        return op->alone;
    if (before != NULL && (before->cls == MOTE_CLASS_LOAD || before->cls == MOTE_CLASS_FP_LOAD ||
                           pipeline_may_pair(cpu->pipeline, &op->insn->t)))
        return 0; /* it may overlap with the first, which then is not as planned */
    uint32_t cost = pipeline_cost(cpu->pipeline, &context, &op->insn->t, plan->block->pc);
    return context.straddle.count == op->straddle.count ? cost : 0;
}

void arm_plan_count_partly(struct arm_cpu *cpu, struct arm_plan *plan, uint32_t done)
{
    for (uint32_t i = 0; i < done; i++) {
        const struct arm_plan_op *op = &plan->ops[i];
        mote_count(cpu->activities, cpu->insn_activity[op->insn->t.cls]);
        for (uint32_t line = 0; line < op->lines; line++)
            mote_count(cpu->activities, plan->region->activity_fetch);
    }
    cpu->instructions += done;
    plan->block->executed += done;
    plan->block->entries++;
}

/* The line that the last of `done` instructions ended in. */
static uint32_t last_line(const struct arm_plan *plan, uint32_t done)
{
    if (done == plan->block->count)
        return plan->last_line;
    uint32_t end = plan->block->pc;
    for (uint32_t i = 0; i < done; i++)
        end += plan->ops[i].bytes;
    return (end - 1) & ~(plan->line_bytes - 1);
}

void arm_plan_count(struct arm_cpu *cpu, struct arm_plan *plan, uint64_t runs)
{
    bool settled = plan->runs == 0;
    plan->runs += runs;
    if (settled && runs != 0) {
        plan->next_unsettled = cpu->unsettled_plans;
        cpu->unsettled_plans = plan;
    }
}

/* An op that may look at cpu->pc, fail, branch, or be skipped. `cost`: what it costs if executed,
 * its fetch included. Gives what it really costs; cpu->next_pc is then the next instruction. */
static uint32_t run_special(struct arm_cpu *cpu, const struct arm_plan *plan,
                            const struct arm_plan_op *op, uint32_t pc, uint32_t cost,
                            uint32_t skip_cost, struct arm_plan_run *run)
{
    uint32_t flags = op->flags;
    cpu->pc = pc;
    cpu->next_pc = pc + op->bytes;
    cpu->stall = 0;
    run->executed = !(flags & ARM_PLAN_CONDITION) || arm_condition(cpu, op->insn->cond);
    if (run->executed) {
        run->result = op->exec(cpu, op->insn);
        run->stop = run->result != ARM_OK || cpu->touched_device || plan->block->stale;
        if (run->result == ARM_RAISED)
            return 0;
    } else {
        cost = skip_cost;
    }
    if (flags & ARM_PLAN_IT)
        cpu->itstate = op->insn->it_next;
    run->taken = cpu->next_pc != pc + op->bytes;
    if (run->taken)
        cost += plan->taken_cost;
    if (!(cpu->stall | run->buffered))
        return cost;
    if (run->executed && (flags & ARM_PLAN_MEMORY)) {
        cost += run->buffered;
        run->buffered = 0;
    }
    if (!(flags & ARM_PLAN_BUFFERED))
        cost += cpu->stall;
    run->buffered -= cost < run->buffered ? cost : run->buffered;
    if (flags & ARM_PLAN_BUFFERED)
        run->buffered += cpu->stall;
    return cost;
}

/* Fetch of a line in sequence. */
static inline uint32_t fetch_next(struct arm_cpu *cpu, const struct arm_plan *plan, uint32_t pc,
                                  uint32_t bytes)
{
    struct mote_region *region = plan->region;
    uint32_t mask = ~(plan->line_bytes - 1), line = pc & mask;
    if (line == cpu->fetch_line || ((pc + bytes - 1) & mask) != line)
        return arm_fetch(cpu, region, pc, bytes);
    mote_count(cpu->activities, region->activity_fetch);
    cpu->fetch_line = line;
    if (cpu->port != NULL)
        return arm_port_fetch(cpu, region, line, false);
    uint32_t stall = region->timing->fetch(region->owner, region, line, false);
    if (stall != 0 && cpu->queue != NULL)
        arm_queue_restart(cpu, pc, stall);
    return stall;
}

/* Runs the ops. `cost`: of the first, of which `target_cost` if it is skipped. Leaves cpu->pc at
 * the next instruction. */
static struct arm_plan_run run_ops(struct arm_cpu *cpu, const struct arm_plan *plan, uint32_t cost,
                                   uint32_t target_cost, uint32_t buffered)
{
    const struct arm_plan_op *op = plan->ops, *const end = op + plan->block->count;
    struct arm_plan_run run = {.executed = true, .buffered = buffered};
    uint32_t pc = plan->block->pc, mask = ~(plan->line_bytes - 1);
    uint32_t fetched = 0;
    const uint64_t deadline = cpu->deadline; /* moves only when a device is touched */
    uint64_t cycles = cpu->cycles;
    if (cpu->fetch_branch || (pc & mask) != cpu->fetch_line ||
        ((pc + op->bytes - 1) & mask) != (pc & mask))
        fetched = arm_fetch(cpu, plan->region, pc, op->bytes);
    do {
        cost += fetched;
        if (!(op->flags & ARM_PLAN_SPECIAL)) {
            op->exec(cpu, op->insn);
            run.executed = true;
            if (run.buffered)
                run.buffered -= cost < run.buffered ? cost : run.buffered;
            pc += op->bytes;
            cycles += cost;
        } else {
            cpu->cycles = cycles;
            uint32_t skip = run.executed ? op->skip : op->skip_alone;
            cost = run_special(cpu, plan, op, pc, cost, skip + target_cost + fetched, &run);
            cycles = cpu->cycles + cost;
            if (run.result == ARM_RAISED)
                break;
            pc = cpu->next_pc;
        }
        if (++op == end)
            break;
        cost = run.executed ? op->cost : op->alone;
        target_cost = 0;
        if (cycles >= deadline || run.stop)
            break;
        fetched = 0;
        if (op->flags & ARM_PLAN_FETCH) {
            cpu->cycles = cycles; /* what fetching costs may depend on it */
            fetched = fetch_next(cpu, plan, pc, op->bytes);
        }
    } while (true);
    cpu->cycles = cycles;
    run.done = (uint32_t)(op - plan->ops);
    if (run.result != ARM_RAISED)
        cpu->pc = pc;
    return run;
}

void arm_plan_conclude(struct arm_cpu *cpu, const struct arm_plan *plan,
                       const struct arm_plan_run *run)
{
    struct pipeline_state *state = pipeline_state(cpu->pipeline);
    if (run->done == 0)
        return;
    const struct arm_plan_op *last = &plan->ops[run->done - 1];
    state->context.before = run->executed && !run->taken ? &last->insn->t : NULL;
    state->context.straddle = run->taken ? (struct pipeline_straddle){0} : last->straddle;
    state->after_taken = run->taken;
    state->buffered_stall = run->buffered;
    cpu->fetch_branch = run->taken;
    cpu->fetch_line = last_line(plan, run->done);
}

/* The block ended with a branch to its own start, and nothing stands against another turn. */
static bool may_repeat(const struct arm_cpu *cpu, const struct arm_plan *plan,
                       const struct arm_plan_run *run)
{
    return run->taken && cpu->pc == plan->block->pc && !run->stop && !cpu->attention &&
           cpu->cycles < cpu->deadline && cpu->exception - ARM_EXC_HARDFAULT >= 4;
}

/* With an MPU, stack limits or two Security states: whether the block needs no check but those of
 * its data accesses, which are made one by one. */
static bool may_run(struct arm_cpu *cpu, struct arm_plan *plan)
{
    const struct arm_core *core = arm_core_of(cpu);
    uint32_t limit = cpu->sp_limit[arm_uses_psp(cpu)];
    if (limit != 0 && plan->sp_drop != 0 &&
        (cpu->r[13] < limit || cpu->r[13] - limit < plan->sp_drop))
        return false;
    if (plan->epoch != core->access_epoch && arm_may_fetch(cpu, plan->block->pc, plan->block->end))
        plan->epoch = core->access_epoch;
    return plan->epoch == core->access_epoch;
}

bool arm_run_planned(struct arm_cpu *cpu, struct arm_block *block, bool repeat,
                     enum arm_result *result, uint32_t *done)
{
    struct arm_plan *plan = arm_plan_of(cpu, block);
    const struct pipeline_state *state = pipeline_state(cpu->pipeline);
    uint32_t cost;
    if (plan == NULL || !plan->usable || state->fp_busy ||
        (cpu->check_access && !may_run(cpu, plan)) || (cost = first_cost(cpu, plan, state)) == 0)
        return false;
    uint64_t cycles = cpu->cycles, dynamic_fj = arm_present_fj(cpu);
    cpu->touched_device = false;
    struct arm_plan_run run =
        run_ops(cpu, plan, cost, state->after_taken ? plan->target_cost : 0, state->buffered_stall);
    while (run.done == block->count) {
        arm_plan_count(cpu, plan, 1);
        arm_plan_conclude(cpu, plan, &run);
        if (!repeat || (cpu->check_access && plan->sp_drop != 0) || !may_repeat(cpu, plan, &run))
            break;
        run = run_ops(cpu, plan, plan->ops[0].alone + plan->target_cost, plan->target_cost,
                      run.buffered);
    }
    if (run.done < block->count) {
        arm_plan_count_partly(cpu, plan, run.done);
        arm_plan_conclude(cpu, plan, &run);
    }
    block->cycles += cpu->cycles - cycles;
    block->dynamic_fj += arm_present_fj(cpu) - dynamic_fj;
    *result = run.result;
    *done = run.done;
    return true;
}

/* ---- booking ----------------------------------------------------------------------------------
 */

static void add(struct arm_cpu *cpu, uint32_t id, uint64_t count, uint64_t *fj)
{
    struct mote_activity *item = &cpu->activities->item[id];
    item->count += count;
    *fj += count * item->fj;
}

static void settle(struct arm_cpu *cpu, struct arm_plan *plan)
{
    struct arm_block *block = plan->block;
    uint64_t runs = plan->runs, fj = 0;
    plan->runs = 0;
    for (uint32_t i = 0; i < plan->class_count; i++)
        add(cpu, plan->classes[i].activity, runs * plan->classes[i].count, &fj);
    if (plan->lines)
        add(cpu, plan->region->activity_fetch, runs * plan->lines, &fj);
    cpu->activities->dynamic_fj += fj;
    cpu->settled_fj += fj;
    block->dynamic_fj += fj;
    block->entries += runs;
    block->executed += runs * block->count;
    cpu->instructions += runs * block->count;
}

void arm_plans_settle(struct arm_cpu *cpu)
{
    if (cpu->exact != NULL)
        exact_settle(cpu->exact);
    while (cpu->unsettled_plans != NULL) {
        struct arm_plan *plan = cpu->unsettled_plans;
        cpu->unsettled_plans = plan->next_unsettled;
        settle(cpu, plan);
    }
}

void arm_plans_free(struct arm_cpu *cpu)
{
    while (cpu->plans != NULL) {
        struct arm_plan *plan = cpu->plans;
        cpu->plans = plan->next;
        plan->block->plan = NULL;
        free(plan);
    }
    cpu->unsettled_plans = NULL;
}
