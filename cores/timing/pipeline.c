/* The in-order evaluator: one instruction at a time, with what neighbours save or add.
 *
 * Numbers: data/<core>.yaml, read by data.c. A cost is a function of an instruction, the one before
 * it and its address; what depends on operands or runs in the background is `dynamic`. Both ways to
 * ask (pipeline_step, and the static functions) give the same cycles: tests/unit/test_pipeline.c.
 * A core whose data ask for it goes to dual_issue.c or single_issue.c instead, where every
 * instruction is dynamic. Of dual issue, only short branches, IT and NOP beside the instruction
 * before (Cortex-M33). Not modelled here: branch prediction. */
#include "timing/pipeline.h"

#include "timing/dual_issue.h"
#include "timing/numbers.h"
#include "timing/single_issue.h"

#include <stdlib.h>

struct pipeline {
    struct timing_numbers n;
    struct pipeline_state state;
    enum timing_evaluator evaluator;
    union {
        struct timing_dual_numbers dual_numbers;
        struct timing_single_numbers single_numbers;
    };
    union {
        struct dual_issue dual;
        struct single_issue single;
    };
};

struct pipeline *pipeline_new(const char *core, struct mote_err *err)
{
    struct pipeline *p = calloc(1, sizeof(*p));
    if (!p) {
        mote_err_set(err, "out of memory");
        return NULL;
    }
    struct timing_data data;
    if (!timing_load(core, &data, err)) {
        free(p);
        return NULL;
    }
    p->evaluator = data.evaluator;
    if (p->evaluator == TIMING_DUAL_ISSUE)
        p->dual_numbers = data.dual;
    else if (p->evaluator == TIMING_SINGLE_ISSUE)
        p->single_numbers = data.single;
    else
        p->n = data.in_order;
    pipeline_reset(p);
    return p;
}

void pipeline_free(struct pipeline *p)
{
    free(p);
}

void pipeline_reset(struct pipeline *p)
{
    p->state = (struct pipeline_state){0};
    if (p->evaluator == TIMING_DUAL_ISSUE)
        dual_issue_reset(&p->dual);
    else if (p->evaluator == TIMING_SINGLE_ISSUE)
        single_issue_reset(&p->single, &p->single_numbers);
}

void pipeline_flush(struct pipeline *p)
{
    if (p->evaluator == TIMING_SINGLE_ISSUE)
        single_issue_flush(&p->single);
    else if (p->evaluator == TIMING_DUAL_ISSUE)
        dual_issue_flush(&p->dual);
    else
        pipeline_reset(p);
}

static bool lies_in(const struct mote_insn *insn, const void *first, size_t bytes)
{
    return (uintptr_t)insn - (uintptr_t)first < bytes;
}

void pipeline_forget(struct pipeline *p, const void *first, size_t bytes)
{
    struct pipeline_context *context = &p->state.context;
    if (lies_in(context->before, first, bytes))
        context->before = NULL;
    if (lies_in(context->straddle.before, first, bytes))
        context->straddle = (struct pipeline_straddle){0};
}

static bool is_fp(const struct mote_insn *insn)
{
    return insn->cls >= MOTE_CLASS_FP_ALU && insn->cls <= MOTE_CLASS_FP_STORE;
}

static bool is_memory(const struct mote_insn *insn)
{
    return (insn->cls >= MOTE_CLASS_LOAD && insn->cls <= MOTE_CLASS_STORE_MULTI) ||
           insn->cls == MOTE_CLASS_FP_LOAD || insn->cls == MOTE_CLASS_FP_STORE;
}

static bool is_single_load(const struct mote_insn *insn)
{
    return insn->cls == MOTE_CLASS_LOAD || (insn->cls == MOTE_CLASS_FP_LOAD && insn->words == 1);
}

static bool has_register_offset(const struct mote_insn *insn)
{
    return (insn->address_reads & (insn->address_reads - 1)) != 0;
}

/* Only an exclusive store gives a register, its status, that is not its base. */
static uint32_t store_cost(const struct timing_numbers *n, const struct mote_insn *insn)
{
    if (insn->writes & ~insn->address_reads)
        return n->store_exclusive;
    return has_register_offset(insn) ? n->store_register_offset : n->store;
}

static bool uses_two_core_registers(const struct mote_insn *insn)
{
    uint64_t core = (insn->reads | insn->writes) & 0x7FFF;
    return (core & (core - 1)) != 0;
}

static uint32_t base_cost(const struct timing_numbers *n, const struct mote_insn *insn)
{
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_ALU:
        return n->alu;
    case MOTE_CLASS_SHIFT:
        return n->shift;
    case MOTE_CLASS_MUL:
        return n->mul;
    case MOTE_CLASS_MAC:
        return n->mac;
    case MOTE_CLASS_MUL_LONG:
        return n->mul_long;
    case MOTE_CLASS_DIV:
        return n->divide_least;
    case MOTE_CLASS_SIMD:
        return n->simd;
    case MOTE_CLASS_SIMD_MAC:
        return n->simd_mac;
    case MOTE_CLASS_LOAD:
        return n->load;
    case MOTE_CLASS_LOAD_MULTI:
        return n->load_multi + insn->words * n->multi_word;
    case MOTE_CLASS_STORE:
        return store_cost(n, insn);
    case MOTE_CLASS_STORE_MULTI:
        return n->store_multi + insn->words * n->multi_word;
    case MOTE_CLASS_BRANCH:
    case MOTE_CLASS_BRANCH_COND:
        return n->branch;
    case MOTE_CLASS_CALL:
        return n->call;
    case MOTE_CLASS_BRANCH_INDIRECT:
        return insn->words ? n->table_branch : n->branch;
    case MOTE_CLASS_FP_ALU:
        return n->fp_alu;
    case MOTE_CLASS_FP_MUL:
        return n->fp_mul;
    case MOTE_CLASS_FP_MAC:
        return n->fp_mac;
    case MOTE_CLASS_FP_DIV:
        return n->fp_div;
    case MOTE_CLASS_FP_SQRT:
        return n->fp_sqrt;
    case MOTE_CLASS_FP_MOVE:
        return uses_two_core_registers(insn) ? n->fp_move_two : n->fp_move;
    case MOTE_CLASS_FP_LOAD:
        return n->fp_load + insn->words * n->fp_memory_word;
    case MOTE_CLASS_FP_STORE:
        return n->fp_store + insn->words * n->fp_memory_word;
    case MOTE_CLASS_SYSTEM:
        return insn->bytes == 2 ? n->change_state : n->system; /* only CPS is that short */
    case MOTE_CLASS_BARRIER:
        return n->barrier;
    case MOTE_CLASS_HINT:
        return n->hint;
    case MOTE_CLASS_EXCEPTION:
    case MOTE_CLASS_COUNT:
        break;
    }
    return n->exception;
}

/* Registers that a load gives from memory, its updated base aside. */
static uint64_t loaded(const struct mote_insn *insn)
{
    return insn->flags & MOTE_INSN_WRITEBACK ? insn->writes & ~insn->address_reads : insn->writes;
}

/* A load or store that finds the address phase of the load before it done. */
static bool overlaps_load(const struct timing_numbers *n, const struct mote_insn *before,
                          const struct mote_insn *insn)
{
    if (!is_single_load(before) || (loaded(before) & insn->address_reads))
        return false;
    return !(before->flags & MOTE_INSN_WRITEBACK) || n->loads_pipeline_after_writeback;
}

static uint64_t addend(const struct mote_insn *insn)
{
    bool adds = insn->cls == MOTE_CLASS_MAC || insn->cls == MOTE_CLASS_MUL_LONG ||
                insn->cls == MOTE_CLASS_SIMD_MAC;
    return adds ? insn->sum_reads | (insn->reads & insn->writes) : 0;
}

/* Shifts or extends an operand before it adds to it. */
static bool merges(const struct mote_insn *insn)
{
    bool shifts = (insn->issue & MOTE_ISSUE_SHIFTER) && !(insn->issue & MOTE_ISSUE_EARLY);
    return shifts && (insn->cls <= MOTE_CLASS_SHIFT || insn->cls == MOTE_CLASS_SIMD);
}

/* Has its result in the second of two stages, where multiplications have theirs. */
static bool is_late(const struct mote_insn *insn)
{
    uint64_t operands = insn->reads & 0xFFFF;
    return merges(insn) || (insn->cls == MOTE_CLASS_SIMD && (operands & (operands - 1)) != 0);
}

static const uint64_t flags_bit = 1ull << 32;

/* What a result in the second stage costs where it gives flags: those of a multiplication or beside
 * a shifted constant hold the instruction, those of a shifted register the branch that looks. */
static uint32_t flags_cost(const struct timing_numbers *n, const struct mote_insn *insn)
{
    bool constant = merges(insn) && !(insn->issue & MOTE_ISSUE_EARLY_SHIFTED);
    bool held = (insn->cls == MOTE_CLASS_MUL || constant) && (insn->writes & flags_bit);
    return held ? n->late_flags : 0;
}

/* What the data-processing, multiply or FP instruction before makes `insn` wait for its result. */
static uint32_t result_wait(const struct timing_numbers *n, const struct mote_insn *before,
                            const struct mote_insn *insn)
{
    uint64_t used = before->writes & insn->reads;
    switch ((enum mote_insn_class)before->cls) {
    case MOTE_CLASS_ALU:
    case MOTE_CLASS_SHIFT:
    case MOTE_CLASS_SIMD:
        if (!is_late(before) || flags_cost(n, before))
            break;
        if (used & flags_bit)
            return n->late_flags;
        return used & ~addend(insn) ? n->late_result_use : 0;
    case MOTE_CLASS_MUL:
    case MOTE_CLASS_MAC:
    case MOTE_CLASS_MUL_LONG:
    case MOTE_CLASS_SIMD_MAC:
        if (flags_cost(n, before))
            return 0;
        return used & ~addend(insn) & ~flags_bit ? n->multiply_use : 0;
    case MOTE_CLASS_FP_ALU:
    case MOTE_CLASS_FP_MUL:
    case MOTE_CLASS_FP_MAC:
    case MOTE_CLASS_FP_DIV:
    case MOTE_CLASS_FP_SQRT:
        if (before->cls == MOTE_CLASS_FP_MAC && is_fp(insn) && n->fp_after_mac)
            return n->fp_after_mac;
        /* The addend of a multiply-accumulate is needed one cycle later than its factors. */
        if (insn->cls == MOTE_CLASS_FP_MAC)
            used &= ~insn->writes;
        if (is_fp(insn) && (used >> 33))
            return n->fp_result_use;
        break;
    default:
        break;
    }
    return 0;
}

static uint32_t load_wait(const struct timing_numbers *n, const struct mote_insn *before,
                          const struct mote_insn *insn)
{
    if (!is_single_load(before))
        return 0;
    /* an updated base register is no result of the load: it is there at once */
    uint64_t used = loaded(before) & insn->reads;
    if (n->load_forwards) {
        used &= ~addend(insn);
        if (insn->cls == MOTE_CLASS_STORE)
            used &= insn->address_reads;
    }
    if (used == 0)
        return 0;
    return before->cls == MOTE_CLASS_LOAD ? n->load_use : n->fp_load_use;
}

static bool is_short_branch(const struct mote_insn *insn)
{
    return insn->bytes == 2 &&
           (insn->cls == MOTE_CLASS_BRANCH || insn->cls == MOTE_CLASS_BRANCH_COND ||
            (insn->cls == MOTE_CLASS_BRANCH_INDIRECT && insn->words == 0));
}

bool pipeline_may_pair(const struct pipeline *p, const struct mote_insn *insn)
{
    return p->n.pairs && is_short_branch(insn);
}

/* Issues in the same cycle as the instruction before it. */
static bool is_paired(const struct timing_numbers *n, const struct mote_insn *before,
                      const struct mote_insn *insn)
{
    if (!n->pairs || before == NULL || before->bytes != 2)
        return false;
    if (before->cls == MOTE_CLASS_HINT || (before->flags & MOTE_INSN_WRITES_PC))
        return false;
    return is_short_branch(insn) || (insn->cls == MOTE_CLASS_HINT && insn->bytes == 2);
}

/* What the neighbour before adds; `saves` gets what it saves. */
static uint32_t neighbour_cost(const struct timing_numbers *n, const struct mote_insn *before,
                               const struct mote_insn *insn, uint32_t *saves)
{
    uint32_t more = result_wait(n, before, insn) + load_wait(n, before, insn);
    if ((insn->flags & MOTE_INSN_FOLDABLE) && before->bytes == 2)
        *saves = n->fold_saves;
    if (is_paired(n, before, insn))
        *saves = 1;
    if (before->cls <= MOTE_CLASS_SIMD_MAC && is_memory(insn) &&
        (before->writes & insn->address_reads))
        more += n->address_after_alu;
    if (before->cls == MOTE_CLASS_STORE && insn->cls == MOTE_CLASS_LOAD)
        more += n->load_after_store;
    return more;
}

static uint32_t cost_after(const struct timing_numbers *n, const struct mote_insn *before,
                           const struct mote_insn *insn)
{
    uint32_t cost = base_cost(n, insn) + flags_cost(n, insn), saves = 0;
    if ((insn->flags & MOTE_INSN_LITERAL) && insn->cls == MOTE_CLASS_LOAD)
        cost += n->literal_load;
    if (before) {
        cost += neighbour_cost(n, before, insn, &saves);
        if (overlaps_load(n, before, insn)) {
            if (is_single_load(insn))
                saves = n->load_after_load_saves;
            else if (insn->cls == MOTE_CLASS_STORE && has_register_offset(insn))
                saves = n->store_after_load_saves;
        }
    }
    return cost > saves ? cost - saves : 0;
}

static bool straddles(const struct mote_insn *insn, uint64_t pc)
{
    return insn->bytes == 4 && (pc & 2);
}

/* The cycle in which fetching catches up. An instruction of more than one cycle gives it the time.
 */
static uint32_t straddle_cost(const struct timing_numbers *n, struct pipeline_straddle *row,
                              const struct mote_insn *insn, uint64_t pc)
{
    bool in_row = straddles(insn, pc) && cost_after(n, row->before, insn) == 1;
    row->before = insn;
    row->count = !in_row ? 0 : row->count < n->straddling_row ? row->count + 1 : UINT8_MAX;
    return in_row && row->count == n->straddling_row;
}

uint32_t pipeline_cost(const struct pipeline *p, struct pipeline_context *context,
                       const struct mote_insn *insn, uint64_t pc)
{
    uint32_t cost = cost_after(&p->n, context->before, insn);
    context->before = insn;
    return cost + straddle_cost(&p->n, &context->straddle, insn, pc);
}

bool pipeline_is_static(const struct pipeline *p)
{
    return p->evaluator == TIMING_IN_ORDER;
}

bool pipeline_is_dynamic(const struct pipeline *p, const struct mote_insn *insn)
{
    return p->evaluator != TIMING_IN_ORDER || insn->cls == MOTE_CLASS_DIV ||
           (p->n.fp_divide_overlaps &&
            (insn->cls == MOTE_CLASS_FP_DIV || insn->cls == MOTE_CLASS_FP_SQRT));
}

uint32_t pipeline_skip_cost(const struct pipeline *p, struct pipeline_context *context,
                            const struct mote_insn *insn, uint64_t pc)
{
    uint32_t cost = is_paired(&p->n, context->before, insn) ? 0 : p->n.not_executed;
    cost += straddle_cost(&p->n, &context->straddle, insn, pc);
    if (insn->cls == MOTE_CLASS_BRANCH_COND && insn->bytes == 4 && !straddles(insn, pc))
        cost += p->n.wide_branch_not_taken;
    context->before = NULL;
    return cost;
}

uint32_t pipeline_taken_cost(const struct pipeline *p, const struct mote_insn *before,
                             const struct mote_insn *insn)
{
    bool waits = is_paired(&p->n, before, insn) && (before->writes & insn->reads);
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_BRANCH:
    case MOTE_CLASS_BRANCH_COND:
    case MOTE_CLASS_CALL:
        return p->n.refill_immediate + (waits ? p->n.pair_flags_refill : 0);
    case MOTE_CLASS_BRANCH_INDIRECT:
        return insn->words ? p->n.refill_loaded
                           : p->n.refill_register + (waits ? p->n.pair_flags_refill : 0);
    case MOTE_CLASS_LOAD:
    case MOTE_CLASS_LOAD_MULTI:
        return p->n.refill_loaded;
    case MOTE_CLASS_EXCEPTION:
        return 0;
    default:
        return p->n.refill_register;
    }
}

uint32_t pipeline_target_cost(const struct pipeline *p, const struct mote_insn *insn, uint64_t pc)
{
    return straddles(insn, pc) ? p->n.refill_wide_unaligned : 0;
}

static uint32_t divide_cost(const struct timing_numbers *n, uint32_t operand)
{
    uint32_t bits = operand ? operand - 1 : 0;
    uint32_t cost = n->divide_least +
                    (bits * 10 + n->divide_bits_per_ten_cycles - 1) / n->divide_bits_per_ten_cycles;
    return cost < n->divide_most ? cost : n->divide_most;
}

/* Issues to the divide unit and goes on; later FP instructions wait until it is free. */
static uint32_t fp_background(struct pipeline *p, const struct mote_insn *insn, uint32_t cost)
{
    uint32_t wait = 0;
    if (!p->n.fp_divide_overlaps)
        return cost;
    if (is_fp(insn)) {
        wait = p->state.fp_busy;
        p->state.fp_busy = 0;
    }
    if (insn->cls != MOTE_CLASS_FP_DIV && insn->cls != MOTE_CLASS_FP_SQRT)
        return cost + wait;
    p->state.fp_busy = wait + cost; /* pipeline_step() takes off the wait and the issue cycle */
    return wait + 1;
}

uint32_t pipeline_step(struct pipeline *p, const struct pipeline_step *step)
{
    if (p->evaluator == TIMING_SINGLE_ISSUE)
        return single_issue_step(&p->single, &p->single_numbers, step);
    if (p->evaluator == TIMING_DUAL_ISSUE)
        return dual_issue_step(&p->dual, &p->dual_numbers, step);
    const struct mote_insn *insn = step->insn;
    const struct mote_insn *before = p->state.context.before;
    uint32_t cost, store_stall = 0;
    uint32_t target = p->state.after_taken ? pipeline_target_cost(p, insn, step->pc) : 0;
    p->state.after_taken = false;
    if (step->executed) {
        cost = pipeline_cost(p, &p->state.context, insn, step->pc);
        if (insn->cls == MOTE_CLASS_DIV)
            cost += divide_cost(&p->n, step->operand) - p->n.divide_least;
        cost = fp_background(p, insn, cost);
        if (insn->cls == MOTE_CLASS_STORE && p->n.store_buffer)
            store_stall = step->memory_stall;
        else
            cost += step->memory_stall;
        if (is_memory(insn)) {
            cost += p->state.buffered_stall;
            p->state.buffered_stall = 0;
        }
    } else {
        cost = pipeline_skip_cost(p, &p->state.context, insn, step->pc);
    }
    cost += target + step->fetch_stall;
    if (step->taken) {
        cost += pipeline_taken_cost(p, before, insn);
        p->state.context = (struct pipeline_context){0};
        p->state.after_taken = true;
    }
    p->state.buffered_stall -= cost < p->state.buffered_stall ? cost : p->state.buffered_stall;
    p->state.buffered_stall += store_stall;
    p->state.fp_busy -= cost < p->state.fp_busy ? cost : p->state.fp_busy;
    return cost;
}

struct pipeline_state *pipeline_state(struct pipeline *p)
{
    return &p->state;
}

bool pipeline_buffers_stores(const struct pipeline *p)
{
    return p->n.store_buffer != 0;
}

uint32_t pipeline_fetch_queue(const struct pipeline *p)
{
    return p->n.fetch_queue;
}

static uint32_t single_exception_cycles(const struct timing_single_numbers *n,
                                        enum pipeline_event kind)
{
    switch (kind) {
    case PIPELINE_EXCEPTION_ENTRY:
        return n->exception_entry;
    case PIPELINE_DEVICE_LOAD:
        return n->device_load;
    case PIPELINE_DEVICE_STORE:
        return n->device_store;
    case PIPELINE_MISALIGNED:
        return n->misaligned_more;
    case PIPELINE_TAIL_CHAIN:
    case PIPELINE_EXCEPTION_RETURN:
    case PIPELINE_LINE_FILL:
        break;
    }
    return 0;
}

uint32_t pipeline_exception_cycles(const struct pipeline *p, enum pipeline_event kind)
{
    const struct timing_numbers *n = &p->n;
    const struct timing_dual_numbers *d = &p->dual_numbers;
    bool is_dual = p->evaluator == TIMING_DUAL_ISSUE;
    if (p->evaluator == TIMING_SINGLE_ISSUE)
        return single_exception_cycles(&p->single_numbers, kind);
    switch (kind) {
    case PIPELINE_EXCEPTION_ENTRY:
        return is_dual ? d->exception_entry : n->exception_entry;
    case PIPELINE_TAIL_CHAIN:
        return is_dual ? d->tail_chain : n->tail_chain;
    case PIPELINE_EXCEPTION_RETURN:
        return is_dual ? d->exception_return : n->exception_return;
    case PIPELINE_DEVICE_LOAD:
        return is_dual ? d->device_load : n->device_load;
    case PIPELINE_DEVICE_STORE:
        return is_dual ? d->device_store : n->device_store;
    case PIPELINE_MISALIGNED:
        return 1;
    case PIPELINE_LINE_FILL:
        return is_dual ? d->line_fill : 0;
    }
    return 0;
}
