/* Learning what blocks cost: samples, means, and the booking of learned runs. */
#include "engine/internal.h"

#include "arm/plan.h"

#include <stdlib.h>
#include <string.h>

/* Executions that come before the samples: they meet cold caches that later ones do not. */
static const uint32_t warm_up_executions = 2;

static void start_over(struct arm_block_learned *l)
{
    l->samples = l->seen = 0;
    l->sum_cycles = l->sum_squares = 0;
    l->counter_count = 0;
    l->ready = false;
}

struct arm_block_learned *learned_of(struct arm_engine *engine, struct arm_block *block)
{
    struct arm_block_learned *l = block->learned;
    if (l == NULL) {
        l = calloc(1, sizeof(*l));
        if (l == NULL)
            return NULL;
        l->block = block;
        l->next = engine->all;
        engine->all = l;
        block->learned = l;
        l->wanted = ENGINE_SAMPLES;
        l->version = block->version;
        l->epoch = engine->epoch;
        learned_inspect(l, block);
        if (engine->host != NULL)
            host_protect_code(engine->host, block->pc);
    }
    if (l->version != block->version || l->epoch != engine->epoch) {
        if (l->version != block->version)
            learned_inspect(l, block);
        l->version = block->version;
        l->epoch = engine->epoch;
        l->wanted = ENGINE_SAMPLES;
        start_over(l);
    }
    return l;
}

void learned_surprise(struct arm_engine *engine, struct arm_block_learned *l)
{
    if (l->ready)
        engine_forget(engine);
    start_over(l);
    l->wanted = l->wanted < ENGINE_SAMPLES_MOST / 4 ? l->wanted * 4 : ENGINE_SAMPLES_MOST;
}

static void add_counter(struct arm_block_learned *l, uint32_t id, uint64_t count)
{
    for (uint32_t i = 0; i < l->counter_count; i++)
        if (l->counters[i].id == id) {
            l->counters[i].sum += count;
            return;
        }
    if (l->counter_count == ENGINE_MAX_COUNTERS) {
        l->never = true; /* touches more kinds of activity than any real block */
        return;
    }
    l->counters[l->counter_count++] = (struct learned_counter){id, count};
}

static void take_sample(struct arm_engine *engine, struct arm_block_learned *l, uint64_t cycles)
{
    const struct mote_activities *all = engine->cpu->activities;
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].count != engine->before[i])
            add_counter(l, i, all->item[i].count - engine->before[i]);
    l->sum_cycles += cycles;
    l->sum_squares += cycles * cycles;
    if (++l->samples < l->wanted || l->never)
        return;
    l->mean_fx = (l->sum_cycles << ENGINE_FX_BITS) / l->samples;
    l->runs = 0;
    l->ready = l->mean_fx <= UINT32_MAX;
    l->never = !l->ready;
}

void learned_sample(struct arm_engine *engine, struct arm_block *block)
{
    struct arm_cpu *cpu = engine->cpu;
    struct arm_block_learned *l = learned_of(engine, block);
    if (l == NULL || l->never || l->ready) {
        arm_run_block(cpu, block, 0);
        return;
    }
    bool count = l->seen >= warm_up_executions;
    arm_plans_settle(cpu);
    if (count)
        for (uint32_t i = 0; i < cpu->activities->count; i++)
            engine->before[i] = cpu->activities->item[i].count;
    else
        l->seen++;
    uint64_t cycles = cpu->cycles;
    cpu->touched_device = false;
    uint32_t version = block->version, epoch = engine->epoch;
    enum arm_result result = arm_run_block(cpu, block, 0);
    arm_plans_settle(cpu);
    if (cpu->touched_device)
        learned_surprise(engine, l);
    else if (result == ARM_EVENT)
        l->never = true;
    else if (count && result == ARM_OK && block->version == version && engine->epoch == epoch)
        take_sample(engine, l, cpu->cycles - cycles);
}

/* The share of `runs` in a total that 2^shift executions gave, rounded down. */
static uint64_t share(uint64_t runs, uint64_t sum, uint32_t shift)
{
    uint64_t product;
    if (!__builtin_mul_overflow(runs, sum, &product))
        return product >> shift;
    return (uint64_t)((unsigned __int128)runs * sum >> shift);
}

void learned_add_runs(struct arm_engine *engine, struct arm_block_learned *l, uint64_t runs)
{
    struct mote_activities *all = engine->cpu->activities;
    struct arm_block *block = l->block;
    uint64_t old = l->runs, new = old + runs, fj = 0;
    uint32_t shift = (uint32_t)__builtin_ctz(l->samples); /* a power of two: see `wanted` */
    for (uint32_t i = 0; i < l->counter_count; i++) {
        uint64_t sum = l->counters[i].sum;
        uint64_t more = share(new, sum, shift) - share(old, sum, shift);
        struct mote_activity *item = &all->item[l->counters[i].id];
        item->count += more;
        fj += more * item->fj;
    }
    all->dynamic_fj += fj;
    engine->cpu->settled_fj += fj;
    block->dynamic_fj += fj;
    block->entries += runs;
    block->executed += runs * block->count;
    block->cycles +=
        share(new, l->mean_fx, ENGINE_FX_BITS) - share(old, l->mean_fx, ENGINE_FX_BITS);
    engine->cpu->instructions += runs * block->count;
    l->runs = new;
    double mean = (double)l->sum_cycles / l->samples;
    double spread = (double)l->sum_squares / l->samples - mean * mean;
    double of_mean = spread > 0 ? spread / l->samples : 0;
    engine->variance += of_mean * ((double)new *(double)new - (double)old *(double)old);
}

/* ---- static properties ------------------------------------------------------------------------
 */

static bool is_memory(const struct mote_insn *t)
{
    return (t->cls >= MOTE_CLASS_LOAD && t->cls <= MOTE_CLASS_STORE_MULTI) ||
           t->cls == MOTE_CLASS_FP_LOAD || t->cls == MOTE_CLASS_FP_STORE;
}

static bool is_store(const struct mote_insn *t)
{
    return t->cls == MOTE_CLASS_STORE || t->cls == MOTE_CLASS_STORE_MULTI ||
           t->cls == MOTE_CLASS_FP_STORE;
}

/* Accesses that fault when not word-aligned, whatever CCR says. */
static bool must_be_aligned(const struct mote_insn *t)
{
    return t->cls == MOTE_CLASS_LOAD_MULTI || t->cls == MOTE_CLASS_STORE_MULTI ||
           t->cls == MOTE_CLASS_FP_LOAD || t->cls == MOTE_CLASS_FP_STORE;
}

static const uint64_t sp = 1u << 13, core_registers = 0x7FFF;

/* SP stays word-aligned on an M-profile core whatever is written; Unicorn's does not. */
static bool may_unalign_sp(const struct arm_insn *insn)
{
    const struct mote_insn *t = &insn->t;
    if (!(t->writes & sp))
        return false;
    if (is_memory(t))
        return !(t->flags & MOTE_INSN_WRITEBACK) || !(t->address_reads & sp) || (insn->imm & 3);
    return t->cls != MOTE_CLASS_ALU || (t->reads & core_registers) != sp || (insn->imm & 3);
}

/* Two accesses by the same expression, between which its base is loaded or set anew: when one of
 * them faults, registers alone do not tell which. */
static bool is_ambiguous(const struct arm_block *block, uint32_t first, uint32_t second)
{
    const struct arm_insn *a = &block->insns[first], *b = &block->insns[second];
    if (!is_memory(&b->t) || is_store(&a->t) != is_store(&b->t) || a->rn != b->rn ||
        a->rm != b->rm || a->imm != b->imm || a->shift_amount != b->shift_amount ||
        a->t.address_reads != b->t.address_reads)
        return false;
    for (uint32_t i = first; i < second; i++) {
        const struct mote_insn *t = &block->insns[i].t;
        uint64_t changed = t->writes & a->t.address_reads;
        if (changed && is_memory(t) && (t->flags & MOTE_INSN_WRITEBACK))
            changed &= ~t->address_reads;
        if (changed && (is_memory(t) || !(t->reads & changed)))
            return true;
    }
    return false;
}

static bool add_guard(struct arm_block_learned *l, uint64_t base)
{
    uint8_t number = (uint8_t)__builtin_ctzll(base);
    for (uint32_t i = 0; i < l->guard_count; i++)
        if (l->guard[i] == number)
            return true;
    if (l->guard_count == ENGINE_MAX_GUARDS)
        return false;
    l->guard[l->guard_count++] = number;
    return true;
}

static uint32_t needs_of(const struct mote_insn *t)
{
    if (t->cls >= MOTE_CLASS_FP_ALU && t->cls <= MOTE_CLASS_FP_STORE)
        return ENGINE_NEEDS_FP;
    if (t->cls == MOTE_CLASS_DIV)
        return ENGINE_NEEDS_DIVIDE;
    return is_memory(t) ? ENGINE_NEEDS_UNALIGNED : 0;
}

void learned_inspect(struct arm_block_learned *l, const struct arm_block *block)
{
    uint64_t changed = 0; /* registers that no longer hold a multiple of 4 for sure */
    l->needs = 0;
    l->guard_count = 0;
    l->never = !block->engine || block->itstate != 0;
    l->host = !l->never && block->insns[block->count - 1].it_next == 0;
    for (uint32_t i = 0; i < block->count && l->host; i++) {
        const struct arm_insn *insn = &block->insns[i];
        const struct mote_insn *t = &insn->t;
        uint64_t base = t->address_reads & core_registers;
        l->needs |= needs_of(t);
        if (may_unalign_sp(insn))
            l->host = false;
        if (must_be_aligned(t) && base != sp && !(t->flags & MOTE_INSN_LITERAL)) {
            if ((base & changed) || (base & (base - 1)) || base == 0 || !add_guard(l, base))
                l->host = false;
            changed |= t->writes & ~base;
        } else {
            changed |= t->writes;
        }
        for (uint32_t j = i + 1; j < block->count && l->host && is_memory(t); j++)
            if (is_ambiguous(block, i, j))
                l->host = false;
    }
    if (l->guard_count)
        l->needs |= ENGINE_NEEDS_SLOW_LOOK;
}
