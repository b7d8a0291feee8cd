/* The run loop of the fast accuracy. engine.h says what it means. */
#include "engine/internal.h"
#include "timing/pipeline.h"

#include <assert.h>
#include <stdlib.h>

/* Unicorn comes back at least this often, so that a stop asked for by the host is seen. */
static const uint64_t longest_run_cycles = 1u << 24;
/* A shorter run costs more than interpreting it; the entry is then avoided for a while. */
static const uint32_t shortest_run_cycles = 64, most_avoided = 63;

struct arm_engine *arm_engine_new(struct arm_cpu *cpu, struct mote_err *err)
{
    struct arm_engine *engine = calloc(1, sizeof(*engine));
    if (engine != NULL)
        engine->before = calloc(MOTE_MAX_ACTIVITIES, sizeof(*engine->before));
    if (engine == NULL || engine->before == NULL) {
        free(engine);
        mote_err_set(err, "out of memory");
        return NULL;
    }
    engine->cpu = cpu;
    engine->backend = MOTE_ENGINE;
    return engine;
}

/* Opened when the first learned block is to run, since that takes some milliseconds. */
static bool open_executor(struct arm_engine *engine)
{
    if (engine->native != NULL || engine->host != NULL || engine->off)
        return !engine->off;
    if (engine->backend == ENGINE_NATIVE) {
        engine->native = native_new(engine);
        if (engine->native != NULL)
            return true;
        mote_log(engine->cpu->sys, NULL, MOTE_LOG_INFO,
                 "no code can be generated here (executable memory refused, or not x86-64 Linux): "
                 "Unicorn is tried instead, with the same results but slower");
    }
    struct mote_err err = {""};
    engine->host = host_new(engine, &err);
    if (engine->host == NULL) {
        mote_log(engine->cpu->sys, NULL, MOTE_LOG_INFO,
                 "learned code is interpreted, with the same results but slowly: %s", err.text);
        engine->off = true;
        return false;
    }
    for (const struct arm_block_learned *l = engine->all; l != NULL; l = l->next)
        host_protect_code(engine->host, l->block->pc);
    return true;
}

void arm_engine_free(struct arm_engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->tbs != NULL || engine->native != NULL)
        engine_forget(engine);
    while (engine->all != NULL) {
        struct arm_block_learned *l = engine->all;
        engine->all = l->next;
        l->block->learned = NULL;
        free(l);
    }
    host_free(engine->host);
    native_free(engine->native);
    free(engine->before);
    free(engine);
}

/* Everything learned is void: samples are taken anew. */
static void forget_costs(struct arm_engine *engine)
{
    engine_forget(engine);
    engine->epoch++;
}

void arm_engine_reset(struct arm_engine *engine)
{
    forget_costs(engine);
    engine->fraction_fx = 0;
    engine->variance = 0;
}

void arm_engine_device_store(struct arm_cpu *cpu, const struct mote_device *dev)
{
    const struct mote_region *region = mote_region_owned(dev, 0);
    if (region != NULL && region->timing != NULL)
        forget_costs(cpu->engine);
}

/* ---- one learned block ------------------------------------------------------------------------
 */

static void charge(struct arm_engine *engine, uint64_t fx)
{
    fx += engine->fraction_fx;
    engine->cpu->cycles += fx >> ENGINE_FX_BITS;
    engine->fraction_fx = fx & ((1u << ENGINE_FX_BITS) - 1);
}

static void count_run(struct arm_engine *engine, struct arm_block_learned *l)
{
    if (l->unsettled++ == 0) {
        l->next_unsettled = engine->unsettled;
        engine->unsettled = l;
    }
}

/* The pipeline and the fetch unit have moved on unseen: exact code after learned code starts with
 * nothing in flight. */
static void enter_exact(struct arm_engine *engine)
{
    struct arm_cpu *cpu = engine->cpu;
    engine_settle(engine);
    if (!engine->learned_before)
        return;
    engine->learned_before = false;
    pipeline_reset(cpu->pipeline);
    cpu->fetch_line = ~0u;
    cpu->fetch_branch = true;
}

/* A learned block got to instruction `index` and cannot do it the learned way: the part before
 * costs its share, the rest is exact. */
static void finish_exactly(struct arm_engine *engine, struct arm_block_learned *l, uint32_t index)
{
    struct arm_cpu *cpu = engine->cpu;
    struct arm_block *block = l->block;
    uint64_t cycles = cpu->cycles;
    charge(engine, l->mean_fx * index / block->count);
    block->entries += index != 0; /* else the exact run below counts it */
    block->cycles += cpu->cycles - cycles;
    block->executed += index;
    cpu->instructions += index;
    enter_exact(engine);
    learned_surprise(engine, l);
    arm_run_block(cpu, block, index);
}

void engine_interpret(struct arm_engine *engine, struct arm_block_learned *l, uint32_t from)
{
    struct arm_cpu *cpu = engine->cpu;
    const struct arm_block *block = l->block;
    enum arm_result result = ARM_OK;
    engine->learned_before = true;
    cpu->learned_run = ARM_LEARNED_RUN;
    bool watched = engine->native != NULL && l->heat < ENGINE_HEAT;
    for (uint32_t i = from; i < block->count; i++) {
        const struct arm_insn *insn = &block->insns[i];
        bool executed = insn->cond == 0xE || arm_condition(cpu, insn->cond);
        if (watched && executed)
            native_observe(engine, l, i);
        cpu->next_pc = cpu->pc + insn->t.bytes;
        result = ARM_OK;
        if (executed)
            result = insn->exec(cpu, insn);
        if (result == ARM_RAISED) {
            cpu->learned_run = ARM_LEARNED_OFF;
            finish_exactly(engine, l, i);
            return;
        }
        cpu->itstate = insn->it_next;
        cpu->pc = cpu->next_pc;
    }
    cpu->learned_run = ARM_LEARNED_OFF;
    charge(engine, l->mean_fx);
    count_run(engine, l);
    if (result != ARM_OK)
        arm_finish_insn(cpu, result);
}

/* ---- runs of Unicorn --------------------------------------------------------------------------
 */

static uint32_t forbidden_now(const struct arm_cpu *cpu)
{
    uint32_t forbidden = 0;
    if (!cpu->fp_ready)
        forbidden |= ENGINE_NEEDS_FP;
    if (cpu->ccr & ARM_CCR_DIV_0_TRP)
        forbidden |= ENGINE_NEEDS_DIVIDE;
    if (cpu->ccr & ARM_CCR_UNALIGN_TRP)
        forbidden |= ENGINE_NEEDS_UNALIGNED;
    return forbidden;
}

static bool is_access(const struct mote_insn *t, bool store)
{
    switch ((enum mote_insn_class)t->cls) {
    case MOTE_CLASS_LOAD:
    case MOTE_CLASS_LOAD_MULTI:
    case MOTE_CLASS_FP_LOAD:
    case MOTE_CLASS_BRANCH_INDIRECT: /* TBB */
        return !store;
    case MOTE_CLASS_STORE:
    case MOTE_CLASS_STORE_MULTI:
    case MOTE_CLASS_FP_STORE:
        return store;
    default:
        return false;
    }
}

/* Whether the instruction at cpu->pc would access the address that Unicorn failed at: its exec is
 * tried with memory that refuses everything, which changes no register. */
static bool would_access(struct arm_engine *engine, const struct arm_insn *insn)
{
    struct arm_cpu *cpu = engine->cpu;
    const struct engine_hot *hot = &engine->hot;
    if (!is_access(&insn->t, hot->fault_store) ||
        (insn->cond != 0xE && !arm_condition(cpu, insn->cond)))
        return false;
    cpu->learned_run = ARM_LEARNED_PROBE;
    cpu->next_pc = cpu->pc + insn->t.bytes;
    enum arm_result result = insn->exec(cpu, insn);
    cpu->learned_run = ARM_LEARNED_OFF;
    if (result != ARM_RAISED)
        return false;
    uint32_t bytes = insn->t.words > 1 ? 4u * insn->t.words : 4;
    return hot->fault_address - cpu->fault_address < bytes;
}

/* Finds the instruction in the parts of a translation block; sets cpu->pc and IT state. */
static bool find_inside(struct arm_engine *engine, const struct engine_tb *tb, bool by_access,
                        uint32_t *part, uint32_t *index)
{
    struct arm_cpu *cpu = engine->cpu;
    uint32_t stopped_pc = cpu->pc;
    for (*part = 0; *part < tb->part_count; ++*part) {
        const struct arm_block *block = tb->part[*part]->block;
        cpu->pc = block->pc;
        cpu->itstate = block->itstate;
        for (*index = 0; *index < block->count; ++*index) {
            const struct arm_insn *insn = &block->insns[*index];
            if (by_access ? would_access(engine, insn) : cpu->pc == stopped_pc)
                return true;
            cpu->pc += insn->t.bytes;
            cpu->itstate = insn->it_next;
        }
    }
    return false;
}

void engine_commit(struct arm_engine *engine, uint64_t now_fx)
{
    engine->cpu->cycles += now_fx >> ENGINE_FX_BITS;
    engine->fraction_fx = now_fx & ((1u << ENGINE_FX_BITS) - 1);
}

/* The last block that Unicorn entered is not finished. */
static void stop_inside(struct arm_engine *engine, bool by_access)
{
    struct engine_entry *entry = engine->hot.last;
    struct engine_tb tb = *entry->tb; /* a surprise drops the original */
    uint32_t part = 0, index = 0;
    engine->hot.now_fx -= entry->cost_fx;
    entry->runs--;
    engine_commit(engine, engine->hot.now_fx);
    bool found = find_inside(engine, &tb, by_access, &part, &index);
    assert(found);
    (void)found;
    for (uint32_t i = 0; i < part; i++) {
        charge(engine, tb.part[i]->mean_fx);
        count_run(engine, tb.part[i]);
    }
    if (!by_access)
        tb.part[part]->host = false;
    finish_exactly(engine, tb.part[part], index);
}

static void check_code(struct arm_engine *engine)
{
    uint64_t generation = *mote_code_generation(engine->cpu->sys);
    if (generation == engine->generation && engine->cpu->code_writes == engine->code_writes)
        return;
    engine->generation = generation;
    engine->code_writes = engine->cpu->code_writes;
    engine_forget(engine);
    if (engine->host != NULL)
        host_flush(engine->host);
}

static void run_host(struct arm_engine *engine, struct arm_block_learned *l)
{
    struct arm_cpu *cpu = engine->cpu;
    struct engine_hot *hot = &engine->hot;
    uint64_t room = cpu->deadline - cpu->cycles;
    if (room > longest_run_cycles)
        room = longest_run_cycles;
    hot->now_fx = engine->fraction_fx;
    hot->limit_fx = room << ENGINE_FX_BITS;
    hot->forbidden = forbidden_now(cpu) | ENGINE_NEEDS_SLOW_LOOK;
    hot->last = NULL;
    engine->learned_before = true;
    enum engine_outcome outcome = host_run(engine->host);
    if (hot->last == NULL) {
        engine_interpret(engine, l, 0);
        return;
    }
    if (hot->now_fx >> ENGINE_FX_BITS >= shortest_run_cycles)
        l->avoid = 0;
    else
        l->avoid = l->avoided = l->avoid * 2 + 1 < most_avoided ? l->avoid * 2 + 1 : most_avoided;
    if (outcome == ENGINE_ACCESS || outcome == ENGINE_INSIDE) {
        stop_inside(engine, outcome == ENGINE_ACCESS);
        return;
    }
    engine_commit(engine, engine->hot.now_fx);
    if (outcome == ENGINE_FETCH && arm_bx_to(cpu, cpu->pc | cpu->thumb) != ARM_OK) {
        enter_exact(engine);
        arm_finish_insn(cpu, ARM_EVENT);
    }
}

static void run_by_unicorn(struct arm_engine *engine, struct arm_block_learned *l)
{
    bool avoided = l->host && l->avoided != 0;
    l->avoided -= avoided;
    if (!l->host || avoided)
        engine_interpret(engine, l, 0);
    else
        run_host(engine, l);
}

/* ---- the loop ---------------------------------------------------------------------------------
 */

/* Whether the block may now cost its mean. Says nothing about who executes it. */
static bool is_learned_now(const struct arm_engine *engine, const struct arm_block *block)
{
    const struct arm_cpu *cpu = engine->cpu;
    const struct arm_block_learned *l = block->learned;
    if (l == NULL || !l->ready || l->version != block->version || l->epoch != engine->epoch ||
        cpu->check_access || cpu->itstate != 0 || (l->needs & forbidden_now(cpu)))
        return false;
    uint64_t cost = (engine->fraction_fx + l->mean_fx) >> ENGINE_FX_BITS;
    return cpu->cycles + cost < cpu->deadline;
}

/* True when the run must stop at a breakpoint here. */
static bool at_breakpoint(struct arm_cpu *cpu)
{
    if (!arm_breakpoint_in(cpu, cpu->pc, cpu->pc + 1))
        return false;
    mote_request_stop(cpu->sys, MOTE_STOP_DEBUG, 0, "breakpoint");
    cpu->attention = true;
    return true;
}

void arm_fast_run(struct arm_cpu *cpu)
{
    struct arm_engine *engine = cpu->engine;
    while (!cpu->attention && cpu->cycles < cpu->deadline && arm_thumb_or_fault(cpu)) {
        check_code(engine);
        struct arm_block *block = arm_block_at(cpu, cpu->pc, cpu->itstate);
        bool breaks = cpu->breakpoints && arm_breakpoint_in(cpu, block->pc, block->end);
        if (breaks) {
            if (at_breakpoint(cpu))
                break;
            enter_exact(engine);
            arm_run_one(cpu);
        } else if (!is_learned_now(engine, block)) {
            enter_exact(engine);
            learned_sample(engine, block);
        } else if (cpu->breakpoints || !open_executor(engine)) {
            engine_interpret(engine, block->learned, 0);
        } else if (engine->native != NULL) {
            native_run(engine, block->learned, forbidden_now(cpu));
        } else {
            run_by_unicorn(engine, block->learned);
        }
    }
    engine_settle(engine);
}

uint64_t arm_engine_error_cycles(const struct arm_engine *engine)
{
    if (engine == NULL || engine->variance <= 0)
        return 0;
    uint64_t low = 0, high = UINT32_MAX; /* square root without libm's rounding modes */
    while (low < high) {
        uint64_t middle = (low + high + 1) / 2;
        if ((double)middle * (double)middle <= engine->variance)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}
