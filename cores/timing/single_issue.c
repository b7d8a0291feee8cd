/* The single-issue evaluator: a core that issues one instruction in a cycle, in order, waits for
 * the registers it reads, and may go on while a result is on its way.
 *
 * Numbers: data/<core>.yaml. An instruction occupies the issue stage for its `cycles` and what its
 * memory accesses add; its result can be used `latency` cycles after it began the last of them. A
 * jump by a register may need it earlier. Control flow restarts the fetch unless it was predicted,
 * never, statically (backward and jumps taken) or by predictor.c; a restart at a 32-bit instruction
 * across a word boundary fetches two words.
 * Not modelled: a fetch that runs ahead, so that a fetch stall is never hidden. */
#include "timing/single_issue.h"

enum { DIVIDE_ALWAYS_ALL, DIVIDE_BY_QUOTIENT, DIVIDE_BY_DIVISOR };

void single_issue_reset(struct single_issue *s, const struct timing_single_numbers *n)
{
    const struct predictor_sizes sizes = {.targets = n->btb_entries,
                                          .directions = n->bht_entries,
                                          .returns = n->ras_entries,
                                          .counter_bits = n->bht_counter_bits,
                                          .history_length = n->bht_history_length,
                                          .history_bits = n->bht_history_bits};
    predictor_reset(&s->predictor, &sizes);
    s->now = s->unit_free = 0;
    single_issue_flush(s);
}

void single_issue_flush(struct single_issue *s)
{
    s->late = s->last = 0;
    s->refetched = true;
}

static bool uses_unit(const struct mote_insn *insn)
{
    return insn->cls == MOTE_CLASS_MUL || insn->cls == MOTE_CLASS_MUL_LONG ||
           insn->cls == MOTE_CLASS_DIV;
}

static uint32_t divide_cycles(const struct timing_single_numbers *n,
                              const struct pipeline_step *step)
{
    if (step->divisor_bits == 0)
        return n->divide_by_zero;
    uint32_t bits = n->divide_bits;
    if (n->divide_terminates == DIVIDE_BY_QUOTIENT)
        bits = step->operand > 1 ? step->operand - 1 : 1;
    else if (n->divide_terminates == DIVIDE_BY_DIVISOR)
        bits = n->divide_bits > step->divisor_bits ? n->divide_bits - step->divisor_bits : 0;
    return n->divide_least + (bits + n->divide_bits_per_cycle - 1) / n->divide_bits_per_cycle;
}

/* Cycles in the issue stage without waiting for memory. */
static uint32_t cycles_of(const struct timing_single_numbers *n, const struct pipeline_step *step)
{
    switch ((enum mote_insn_class)step->insn->cls) {
    case MOTE_CLASS_MUL:
        return n->mul_cycles;
    case MOTE_CLASS_MUL_LONG:
        return n->mul_high_cycles;
    case MOTE_CLASS_DIV:
        return n->muldiv_overlaps ? 1 : divide_cycles(n, step);
    case MOTE_CLASS_LOAD:
    case MOTE_CLASS_FP_LOAD:
        return n->load_cycles;
    case MOTE_CLASS_STORE:
    case MOTE_CLASS_FP_STORE:
        return n->store_cycles;
    case MOTE_CLASS_LOAD_MULTI:
        return n->atomic_cycles;
    case MOTE_CLASS_SYSTEM:
        return step->operand ? n->system_slow_cycles : n->system_cycles;
    case MOTE_CLASS_BARRIER:
        return step->operand ? n->barrier_refetch_cycles : n->barrier_cycles;
    case MOTE_CLASS_FP_DIV:
    case MOTE_CLASS_FP_SQRT:
        return n->fp_divide_cycles;
    default:
        return 1;
    }
}

static uint32_t latency_of(const struct timing_single_numbers *n, const struct pipeline_step *step)
{
    switch ((enum mote_insn_class)step->insn->cls) {
    case MOTE_CLASS_SHIFT:
        return n->shift_latency;
    case MOTE_CLASS_MUL:
        return n->mul_latency;
    case MOTE_CLASS_MUL_LONG:
        return n->mul_high_latency;
    case MOTE_CLASS_DIV:
        return n->muldiv_overlaps ? divide_cycles(n, step) : n->divide_latency;
    case MOTE_CLASS_LOAD:
        return step->insn->flags & MOTE_INSN_NARROW ? n->load_narrow_latency : n->load_latency;
    case MOTE_CLASS_FP_LOAD:
        return n->load_latency;
    case MOTE_CLASS_LOAD_MULTI:
        return n->atomic_latency;
    case MOTE_CLASS_SYSTEM:
        return n->system_latency;
    case MOTE_CLASS_FP_ALU:
    case MOTE_CLASS_FP_MUL:
    case MOTE_CLASS_FP_MAC:
        return n->fp_latency;
    default:
        return 1;
    }
}

/* The cycle in which the registers that it needs are there. Forgets those that are. */
static uint64_t operands_ready(struct single_issue *s, const struct timing_single_numbers *n,
                               const struct mote_insn *insn)
{
    uint64_t at = s->now;
    uint64_t needed = insn->reads | (n->write_after_write ? insn->writes : 0);
    uint64_t waits = needed & s->late;
    uint32_t early = insn->cls == MOTE_CLASS_BRANCH_INDIRECT ? n->jump_register_early : 0;
    if (early != 0 && (insn->reads & s->last))
        at += early;
    for (; waits != 0; waits &= waits - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(waits);
        uint64_t ready = s->ready[reg] + (insn->reads >> reg & 1 ? early : 0);
        if (ready > at)
            at = ready;
        if (s->ready[reg] + n->jump_register_early <= at)
            s->late &= ~(1ull << reg);
    }
    return at;
}

static void result(struct single_issue *s, const struct mote_insn *insn, uint64_t ready)
{
    s->last = insn->writes;
    if (ready <= s->now) {
        s->late &= ~insn->writes;
        return;
    }
    s->late |= insn->writes;
    for (uint64_t left = insn->writes; left != 0; left &= left - 1)
        s->ready[__builtin_ctzll(left)] = ready;
}

static enum predictor_kind kind_of(const struct mote_insn *insn)
{
    if (insn->cls == MOTE_CLASS_BRANCH_COND)
        return PREDICTOR_BRANCH;
    if (insn->flags & MOTE_INSN_LINK)
        return PREDICTOR_CALL;
    return insn->flags & MOTE_INSN_RETURN ? PREDICTOR_RETURN : PREDICTOR_JUMP;
}

/* Cycles until the instruction at its target can issue, beyond the branch's own. */
static uint32_t branch_cycles(struct single_issue *s, const struct timing_single_numbers *n,
                              const struct pipeline_step *step)
{
    const struct mote_insn *insn = step->insn;
    if (!(insn->flags & MOTE_INSN_WRITES_PC))
        return n->jump_register; /* a return from a trap */
    if (n->prediction == PREDICTION_LEARNED) {
        const struct predictor_branch branch = {.kind = kind_of(insn),
                                                .pc = step->pc,
                                                .next_pc = step->next_pc,
                                                .after = step->pc + insn->bytes,
                                                .taken = step->taken};
        if (predictor_right(&s->predictor, &branch))
            return step->taken ? n->predicted_taken : 0;
        return n->mispredicted;
    }
    if (insn->cls == MOTE_CLASS_BRANCH_COND) {
        bool backward = step->taken ? step->next_pc < step->pc : step->operand != 0;
        bool predicted = n->prediction == PREDICTION_BACKWARD && backward;
        if (predicted != step->taken)
            return n->mispredicted;
        return step->taken ? n->predicted_taken : 0;
    }
    if (!step->taken)
        return 0;
    return insn->cls == MOTE_CLASS_BRANCH || insn->cls == MOTE_CLASS_CALL ? n->jump
                                                                          : n->jump_register;
}

uint32_t single_issue_step(struct single_issue *s, const struct timing_single_numbers *n,
                           const struct pipeline_step *step)
{
    const struct mote_insn *insn = step->insn;
    uint64_t before = s->now;
    if (s->refetched && insn->bytes == 4 && (step->pc & 2))
        s->now += n->target_wide_unaligned;
    s->refetched = false;
    uint64_t at = operands_ready(s, n, insn) + step->fetch_stall;
    if (n->muldiv_overlaps && uses_unit(insn)) {
        at = at > s->unit_free ? at : s->unit_free;
        s->unit_free = at + latency_of(n, step);
    }
    s->now = at + cycles_of(n, step) + step->memory_stall;
    result(s, insn, s->now - 1 + latency_of(n, step));
    if ((insn->flags & MOTE_INSN_WRITES_PC) || step->taken) {
        s->now += branch_cycles(s, n, step);
        s->refetched = step->taken;
    } else if (insn->cls == MOTE_CLASS_BARRIER && step->operand) {
        s->refetched = true;
    }
    return (uint32_t)(s->now - before);
}
