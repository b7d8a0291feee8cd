/* The dual-issue evaluator: a scoreboard of registers, two issue slots, and which units of the core
 * two instructions of one cycle can share. In order; a stall stops both slots.
 *
 * Numbers: data/cortex-m7.yaml. A cycle issues at most two instructions, of which at most one
 * multiplies, one shifts or does SIMD work, one is floating-point, one stores, one branches, and
 * two load. An instruction waits until what it reads is ready. A branch that was predicted rightly
 * ends the pair; one that was not refills the pipeline.
 * Guesses: the predictor (a two-bit counter and a last target for each of 1024 branches), loads in
 * both slots of a cycle whatever their banks. Not modelled: the fetch queue, so that a fetch stall
 * is never hidden. */
#include "timing/dual_issue.h"

#include <string.h>

enum {
    UNIT_MULTIPLY = 1,
    UNIT_SHIFT = 2,
    UNIT_FP = 4,
    UNIT_STORE = 8,
    UNIT_BRANCH = 16,
    UNIT_ALONE = 32
};
enum { DIVIDER, FP_DIVIDER };

void dual_issue_reset(struct dual_issue *d)
{
    memset(d, 0, sizeof *d);
    memset(d->counter, 1, sizeof d->counter);
}

static uint32_t units_of(const struct mote_insn *insn)
{
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_ALU:
    case MOTE_CLASS_HINT:
        return 0;
    case MOTE_CLASS_LOAD:
        return 0;
    case MOTE_CLASS_SHIFT:
    case MOTE_CLASS_SIMD:
        return UNIT_SHIFT;
    case MOTE_CLASS_MUL:
    case MOTE_CLASS_MAC:
    case MOTE_CLASS_MUL_LONG:
    case MOTE_CLASS_SIMD_MAC:
        return UNIT_MULTIPLY;
    case MOTE_CLASS_STORE:
        return UNIT_STORE;
    case MOTE_CLASS_FP_ALU:
    case MOTE_CLASS_FP_MUL:
    case MOTE_CLASS_FP_MAC:
    case MOTE_CLASS_FP_DIV:
    case MOTE_CLASS_FP_SQRT:
    case MOTE_CLASS_FP_MOVE:
        return UNIT_FP;
    case MOTE_CLASS_FP_LOAD:
        return insn->words <= 2 ? 0 : UNIT_ALONE;
    case MOTE_CLASS_FP_STORE:
        return insn->words <= 2 ? UNIT_STORE : UNIT_ALONE;
    case MOTE_CLASS_BRANCH:
    case MOTE_CLASS_BRANCH_COND:
    case MOTE_CLASS_CALL:
    case MOTE_CLASS_BRANCH_INDIRECT:
        return UNIT_BRANCH;
    default:
        return UNIT_ALONE;
    }
}

/* Cycles from issue until a later instruction can use the result. */
static uint32_t latency(const struct timing_dual_numbers *n, const struct mote_insn *insn)
{
    uint32_t more = insn->flags & MOTE_INSN_DOUBLE ? n->double_more : 0;
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_MUL:
    case MOTE_CLASS_MAC:
    case MOTE_CLASS_MUL_LONG:
    case MOTE_CLASS_SIMD_MAC:
        return n->multiply_latency;
    case MOTE_CLASS_SHIFT:
        return n->shift_latency;
    case MOTE_CLASS_SIMD:
        return n->simd_latency;
    case MOTE_CLASS_LOAD:
    case MOTE_CLASS_LOAD_MULTI:
        return n->load_latency;
    case MOTE_CLASS_FP_LOAD:
        return n->fp_load_latency;
    case MOTE_CLASS_FP_ALU:
    case MOTE_CLASS_FP_MUL:
        return n->fp_latency + more;
    case MOTE_CLASS_FP_MAC:
        return n->fp_mac_latency + more;
    case MOTE_CLASS_FP_DIV:
    case MOTE_CLASS_FP_SQRT:
        return n->fp_div_latency + more;
    default:
        return 1;
    }
}

static bool accumulates(const struct mote_insn *insn)
{
    return insn->cls == MOTE_CLASS_MAC || insn->cls == MOTE_CLASS_MUL_LONG ||
           insn->cls == MOTE_CLASS_SIMD_MAC || insn->cls == MOTE_CLASS_FP_MAC;
}

/* The cycle in which everything that it reads is ready. */
static uint64_t operands_ready(const struct dual_issue *d, const struct timing_dual_numbers *n,
                               const struct mote_insn *insn)
{
    uint64_t at = d->now;
    /* A store's data and an accumulator are needed later than the other operands. */
    uint64_t late = accumulates(insn) ? insn->writes & insn->reads : 0;
    bool store = insn->cls == MOTE_CLASS_STORE || insn->cls == MOTE_CLASS_STORE_MULTI ||
                 insn->cls == MOTE_CLASS_FP_STORE;
    if (store)
        late = insn->reads & ~insn->address_reads;
    uint32_t saved = store                            ? n->store_data_late
                     : insn->cls == MOTE_CLASS_FP_MAC ? n->fp_accumulator_late
                                                      : n->accumulator_late;
    for (uint64_t left = insn->reads; left != 0; left &= left - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(left);
        uint64_t ready = d->ready[reg];
        if (late >> reg & 1)
            ready -= ready > saved ? saved : ready;
        if (reg < 16 && (insn->address_reads >> reg & 1) && d->address_ready[reg] > ready)
            ready = d->address_ready[reg];
        if (ready > at)
            at = ready;
    }
    return at;
}

/* Whether it can be the second of the cycle in which the last one issued. */
static bool pairs(const struct dual_issue *d, const struct timing_dual_numbers *n,
                  const struct mote_insn *insn, uint32_t units)
{
    bool load = insn->cls == MOTE_CLASS_LOAD || insn->cls == MOTE_CLASS_FP_LOAD;
    return d->issued == 1 && !((d->units | units) & UNIT_ALONE) && !(d->units & units) &&
           !(d->units & UNIT_BRANCH) && (!load || d->loads < n->loads_per_cycle) &&
           !(load && (d->units & UNIT_STORE) && n->store_blocks_load) &&
           !(units == UNIT_STORE && d->loads && n->store_blocks_load);
}

static uint64_t issue(struct dual_issue *d, const struct timing_dual_numbers *n,
                      const struct mote_insn *insn)
{
    uint32_t units = units_of(insn);
    uint64_t at = operands_ready(d, n, insn);
    uint32_t busy = insn->cls == MOTE_CLASS_FP_DIV || insn->cls == MOTE_CLASS_FP_SQRT;
    if (busy && d->unit_free[FP_DIVIDER] > at)
        at = d->unit_free[FP_DIVIDER];
    bool second = at == d->now && pairs(d, n, insn, units);
    if (second) {
        d->issued++;
    } else {
        at = at > d->now ? at : d->now + 1;
        d->issued = 1;
        d->units = d->loads = 0;
    }
    d->units |= (uint8_t)units;
    if (insn->cls == MOTE_CLASS_LOAD || insn->cls == MOTE_CLASS_FP_LOAD)
        d->loads++;
    return at;
}

static void results(struct dual_issue *d, const struct timing_dual_numbers *n,
                    const struct mote_insn *insn, uint32_t after)
{
    uint64_t base = insn->flags & MOTE_INSN_WRITEBACK ? insn->address_reads : 0;
    for (uint64_t left = insn->writes; left != 0; left &= left - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(left);
        bool updated = base >> reg & 1;
        d->ready[reg] = d->now + (updated || reg == 32 ? 1 : after);
        if (reg < 16)
            d->address_ready[reg] = updated ? d->now + 1 : d->ready[reg] + n->address_more;
    }
}

/* Cycles in which nothing else issues. */
static uint32_t occupancy(const struct timing_dual_numbers *n, const struct pipeline_step *step)
{
    const struct mote_insn *insn = step->insn;
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_DIV: {
        uint32_t bits = step->operand ? step->operand - 1 : 0;
        return n->divide_least + (bits + n->divide_bits_per_cycle - 1) / n->divide_bits_per_cycle;
    }
    case MOTE_CLASS_LOAD_MULTI:
    case MOTE_CLASS_STORE_MULTI:
        return (insn->words + 1u) / 2 + (insn->words > 2 ? n->multi_more : 0);
    case MOTE_CLASS_FP_LOAD:
    case MOTE_CLASS_FP_STORE:
        return insn->words > 2 ? (insn->words + 1u) / 2 : 1;
    case MOTE_CLASS_BARRIER:
        return n->barrier;
    case MOTE_CLASS_SYSTEM:
        return n->system;
    default:
        return 1;
    }
}

static uint32_t branch(struct dual_issue *d, const struct timing_dual_numbers *n,
                       const struct pipeline_step *step)
{
    uint32_t entry = (uint32_t)(step->pc >> 1) % DUAL_BRANCHES;
    bool predicted = d->counter[entry] >= 2,
         unconditional = step->insn->cls == MOTE_CLASS_BRANCH || step->insn->cls == MOTE_CLASS_CALL;
    bool right = predicted == step->taken;
    if (step->taken && d->target[entry] != (uint32_t)step->next_pc)
        right = false;
    if (step->insn->flags & MOTE_INSN_RETURN)
        right = true; /* taken for a return stack */
    if (step->taken) {
        if (d->counter[entry] < 3)
            d->counter[entry]++;
        d->target[entry] = (uint32_t)step->next_pc;
    } else if (d->counter[entry] > 0) {
        d->counter[entry]--;
    }
    if (right)
        return step->taken ? n->taken_predicted : 0;
    return unconditional ? n->target_late : n->mispredicted;
}

uint32_t dual_issue_step(struct dual_issue *d, const struct timing_dual_numbers *n,
                         const struct pipeline_step *step)
{
    const struct mote_insn *insn = step->insn;
    uint64_t before = d->now;
    d->now = issue(d, n, insn);
    if (step->fetch_stall) {
        d->now += step->fetch_stall;
        d->issued = 1;
    }
    if (step->executed) {
        uint32_t busy = occupancy(n, step);
        d->now += busy - (busy > 0);
        uint32_t after = latency(n, insn);
        bool store = insn->cls == MOTE_CLASS_STORE || insn->cls == MOTE_CLASS_STORE_MULTI ||
                     insn->cls == MOTE_CLASS_FP_STORE;
        if (step->memory_stall && !store) {
            d->now += step->memory_stall;
            d->issued = 2;
        }
        results(d, n, insn, after);
        if (insn->cls == MOTE_CLASS_FP_DIV || insn->cls == MOTE_CLASS_FP_SQRT)
            d->unit_free[FP_DIVIDER] = d->now + after;
    }
    if ((insn->flags & MOTE_INSN_WRITES_PC) || step->taken) {
        uint32_t refill = branch(d, n, step);
        d->now += refill;
        if (step->taken)
            d->issued = 2;
    }
    return (uint32_t)(d->now - before);
}
