/* Learning what blocks cost: samples, means, and the booking of learned runs. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

/* Executions that come before the samples: they meet cold caches that later ones do not. */
static const uint32_t warm_up_executions = 2;

static void start_over(struct learned *l)
{
    l->samples = l->seen = 0;
    l->sum_cycles = l->sum_squares = 0;
    l->counter_count = 0;
    l->ready = false;
}

static struct learned *new_learned(struct engine *engine, void *block, struct learned **slot)
{
    struct learned *l = calloc(1, engine->guest->learned_bytes);
    if (l == NULL)
        return NULL;
    l->block = block;
    l->next = engine->all;
    engine->all = l;
    *slot = l;
    l->wanted = ENGINE_SAMPLES;
    l->version = engine->guest->version(block);
    l->epoch = engine->epoch;
    engine->guest->inspect(l);
    if (engine->other != NULL)
        engine->guest->other_learns(engine, l);
    return l;
}

struct learned *learned_of(struct engine *engine, void *block)
{
    const struct engine_guest *guest = engine->guest;
    struct learned **slot = guest->slot(block);
    if (slot == NULL)
        return NULL;
    struct learned *l = *slot;
    if (l == NULL)
        return new_learned(engine, block, slot);
    uint32_t version = guest->version(block);
    if (l->version != version || l->epoch != engine->epoch) {
        if (l->version != version)
            guest->inspect(l);
        l->version = version;
        l->epoch = engine->epoch;
        l->wanted = ENGINE_SAMPLES;
        start_over(l);
    }
    return l;
}

void learned_surprise(struct engine *engine, struct learned *l)
{
    if (l->ready)
        engine_forget(engine);
    start_over(l);
    l->wanted = l->wanted < ENGINE_SAMPLES_MOST / 4 ? l->wanted * 4 : ENGINE_SAMPLES_MOST;
}

static void add_counter(struct learned *l, uint32_t id, uint64_t count)
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

/* Whether the mean's standard error is at most 1/512 of it. */
static bool is_sure(const struct learned *l)
{
    double mean = (double)l->sum_cycles / l->samples;
    double spread = (double)l->sum_squares / l->samples - mean * mean;
    return spread / l->samples <= mean * mean / (512.0 * 512.0);
}

static void take_sample(struct engine *engine, struct learned *l, uint64_t cycles)
{
    const struct mote_activities *all = engine->view.activities;
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].count != engine->before[i])
            add_counter(l, i, all->item[i].count - engine->before[i]);
    l->sum_cycles += cycles;
    l->sum_squares += cycles * cycles;
    if (++l->samples < l->wanted || l->never)
        return;
    if (l->samples < engine->guest->samples_most && !is_sure(l)) {
        l->wanted *= 2;
        return;
    }
    l->mean_fx = (l->sum_cycles << ENGINE_FX_BITS) / l->samples;
    l->runs = 0;
    l->ready = l->mean_fx <= UINT32_MAX;
    l->never = !l->ready;
}

static void settle_guest(struct engine *engine)
{
    if (engine->guest->settle != NULL)
        engine->guest->settle(engine->cpu);
}

void learned_sample(struct engine *engine, void *block)
{
    const struct engine_guest *guest = engine->guest;
    const struct engine_view *view = &engine->view;
    struct learned *l = learned_of(engine, block);
    if (l == NULL || l->never || l->ready) {
        guest->run_block(engine->cpu, block, 0);
        return;
    }
    bool count = l->seen >= warm_up_executions;
    settle_guest(engine);
    if (count)
        for (uint32_t i = 0; i < view->activities->count; i++)
            engine->before[i] = view->activities->item[i].count;
    else
        l->seen++;
    uint64_t cycles = *view->cycles;
    *view->touched_device = false;
    uint32_t version = l->version, epoch = engine->epoch;
    enum engine_result result = guest->run_block(engine->cpu, block, 0);
    settle_guest(engine);
    if (*view->touched_device)
        learned_surprise(engine, l);
    else if (result == ENGINE_EVENT)
        l->never = true;
    else if (count && result == ENGINE_OK && guest->version(block) == version &&
             engine->epoch == epoch)
        take_sample(engine, l, *view->cycles - cycles);
}

/* The share of `runs` in a total that 2^shift executions gave, rounded down. */
static uint64_t share(uint64_t runs, uint64_t sum, uint32_t shift)
{
    uint64_t product;
    if (!__builtin_mul_overflow(runs, sum, &product))
        return product >> shift;
    return (uint64_t)((unsigned __int128)runs * sum >> shift);
}

void learned_add_runs(struct engine *engine, struct learned *l, uint64_t runs)
{
    struct mote_activities *all = engine->view.activities;
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
    *engine->view.settled_fj += fj;
    const struct engine_sums sums = {
        .entries = runs,
        .cycles = share(new, l->mean_fx, ENGINE_FX_BITS) - share(old, l->mean_fx, ENGINE_FX_BITS),
        .executed = runs * l->count,
        .dynamic_fj = fj,
    };
    engine->guest->book(l->block, &sums);
    *engine->view.instructions += sums.executed;
    l->runs = new;
    double mean = (double)l->sum_cycles / l->samples;
    double spread = (double)l->sum_squares / l->samples - mean * mean;
    double of_mean = spread > 0 ? spread / l->samples : 0;
    engine->variance += of_mean * ((double)new *(double)new - (double)old *(double)old);
}
