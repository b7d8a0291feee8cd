/* Learning what blocks cost: samples, means, and the booking of learned runs. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

/* Executions that come before the samples: they meet cold caches that later ones do not. */
static const uint32_t warm_up_executions = 2;

static void start_over(struct learned *l)
{
    l->seen = 0;
    l->sums = l->fresh = (struct learned_sums){0};
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

bool learned_add_counter(struct learned_sums *sums, uint32_t id, uint64_t count)
{
    for (uint32_t i = 0; i < sums->counter_count; i++)
        if (sums->counters[i].id == id) {
            sums->counters[i].sum += count;
            return true;
        }
    if (sums->counter_count == ENGINE_MAX_COUNTERS)
        return false;
    sums->counters[sums->counter_count++] = (struct learned_counter){id, count};
    return true;
}

double learned_variance(const struct learned_sums *sums)
{
    double mean = (double)sums->cycles / sums->samples;
    double variance = (double)sums->squares / sums->samples - mean * mean;
    return variance > 0 ? variance : 0;
}

static void add_sample(struct engine *engine, struct learned *l, uint64_t cycles)
{
    const struct mote_activities *all = engine->view.activities;
    struct learned_sums *sums = l->ready ? &l->fresh : &l->sums;
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].count != engine->before[i] &&
            !learned_add_counter(sums, i, all->item[i].count - engine->before[i]))
            l->never = true; /* touches more kinds of activity than any real block */
    sums->cycles += cycles;
    sums->squares += cycles * cycles;
    sums->samples++;
}

static void take_sample(struct engine *engine, struct learned *l, uint64_t cycles)
{
    add_sample(engine, l, cycles);
    if (!engine->reviewing && !l->ready && l->sums.samples >= l->wanted && !l->never)
        learned_conclude(l);
}

void learned_conclude(struct learned *l)
{
    l->mean_fx = (l->sums.cycles << ENGINE_FX_BITS) / l->sums.samples;
    l->runs = 0;
    l->ready = !l->never && l->mean_fx <= UINT32_MAX;
    l->never = !l->ready;
}

static void settle_guest(struct engine *engine)
{
    if (engine->guest->settle != NULL)
        engine->guest->settle(engine->cpu);
}

/* Whether a block's next execution is a sample. */
static bool is_counted(const struct engine *engine, const struct learned *l)
{
    if (engine->view.review_warm_up == 0)
        return l->seen >= warm_up_executions;
    return engine->reviewing && (l->ready || l->seen >= warm_up_executions) &&
           *engine->view.instructions >= engine->review_counts_from;
}

void learned_sample(struct engine *engine, void *block)
{
    const struct engine_guest *guest = engine->guest;
    const struct engine_view *view = &engine->view;
    struct learned *l = learned_of(engine, block);
    if (l == NULL || l->never || (l->ready && !engine->reviewing)) {
        guest->run_block(engine->cpu, block, 0);
        return;
    }
    bool ready = l->ready, count = is_counted(engine, l);
    settle_guest(engine);
    if (count)
        for (uint32_t i = 0; i < view->activities->count; i++)
            engine->before[i] = view->activities->item[i].count;
    else
        l->seen += !ready;
    uint64_t cycles = *view->cycles;
    uint64_t instructions = *view->instructions;
    *view->touched_device = false;
    uint32_t version = l->version, epoch = engine->epoch;
    enum engine_result result = guest->run_block(engine->cpu, block, 0);
    settle_guest(engine);
    if (*view->touched_device && !ready)
        learned_surprise(engine, l);
    else if (result == ENGINE_EVENT)
        l->never = true;
    else if (count && !*view->touched_device && result == ENGINE_OK &&
             guest->version(block) == version && engine->epoch == epoch)
        take_sample(engine, l, *view->cycles - cycles);
    else if (!*view->touched_device && !engine->reviewing)
        engine_ran_unknown(engine, *view->instructions - instructions);
}

/* The share of `runs` in a total that `executions` gave, rounded down. */
static uint64_t share(uint64_t runs, uint64_t sum, uint64_t executions)
{
    uint64_t product;
    if (__builtin_mul_overflow(runs, sum, &product))
        return (uint64_t)((unsigned __int128)runs * sum / executions);
    if ((executions & (executions - 1)) == 0)
        return product >> __builtin_ctzll(executions);
    return product / executions;
}

void learned_add_runs(struct engine *engine, struct learned *l, uint64_t runs)
{
    struct mote_activities *all = engine->view.activities;
    const uint64_t one_fx = 1u << ENGINE_FX_BITS;
    uint64_t old = l->runs, new = old + runs, fj = 0;
    for (uint32_t i = 0; i < l->sums.counter_count; i++) {
        const struct learned_counter *counter = &l->sums.counters[i];
        uint64_t more =
            share(new, counter->sum, l->sums.samples) - share(old, counter->sum, l->sums.samples);
        struct mote_activity *item = &all->item[counter->id];
        item->count += more;
        fj += more * item->fj;
    }
    all->dynamic_fj += fj;
    *engine->view.settled_fj += fj;
    const struct engine_sums sums = {
        .entries = runs,
        .cycles = share(new, l->mean_fx, one_fx) - share(old, l->mean_fx, one_fx),
        .executed = runs * l->count,
        .dynamic_fj = fj,
    };
    engine->guest->book(l->block, &sums);
    *engine->view.instructions += sums.executed;
    l->runs = new;
    double of_mean = learned_variance(&l->sums) / l->sums.samples;
    engine->variance += of_mean * ((double)new *(double)new - (double)old *(double)old);
}
