/* Reviews of what was learned.
 *
 * The first executions of a block need not be like the later ones: layers of a network share code
 * that reads weights from slow memory in different ways. So now and then all code runs exactly for
 * some instructions, and what blocks took there joins what is known of them, which loses weight
 * each time. Where blocks took other than they were charged, the next review is soon; where all is
 * as it was, late. When that is depends on the guest's cycles, instructions and costs alone.
 *
 * A review lasts a number of instructions, not of cycles, and samples weigh alike: otherwise slow
 * stretches would be looked at less, or more, than they occur. */
#include "engine/internal.h"

static const uint64_t shortest_interval_cycles = 1u << 20, longest_interval_cycles = 1u << 28;
/* Before executions count: caches and buffers know nothing of learned code. */
static const uint64_t warm_up_instructions = 4096, counted_instructions = 16384;
/* With each review, what was known before loses this part of its weight. */
static const uint32_t forgotten_part = 8;
/* But few samples are kept, and many from before the first one count as no more than these. */
static const uint32_t least_samples = 1u << 8, most_samples = 1u << 14;

void engine_plan_reviews(struct engine *engine)
{
    engine->reviewing = false;
    engine->review_cycles = UINT64_MAX;
    engine->review_interval_cycles = shortest_interval_cycles;
    if (engine->view.reviews)
        engine->review_cycles = *engine->view.cycles + shortest_interval_cycles;
}

static void begin(struct engine *engine)
{
    engine_settle(engine);
    engine->reviewing = true;
    engine->review_cycles = UINT64_MAX;
    engine->review_counts_from = *engine->view.instructions + warm_up_instructions;
    engine->review_end_instructions = engine->review_counts_from + counted_instructions;
}

/* Gives the sums less weight, keeping the means. */
static void scale(struct learned_sums *sums, uint32_t most)
{
    uint64_t old = sums->samples, now = most;
    if (old <= now)
        return;
    sums->cycles = (sums->cycles * now + old / 2) / old;
    sums->squares = (uint64_t)(((unsigned __int128)sums->squares * now + old / 2) / old);
    for (uint32_t i = 0; i < sums->counter_count; i++)
        sums->counters[i].sum = (sums->counters[i].sum * now + old / 2) / old;
    sums->samples = most;
}

static void forget_some(struct learned_sums *sums)
{
    uint32_t kept = sums->samples - sums->samples / forgotten_part;
    if (kept >= least_samples)
        scale(sums, kept < most_samples ? kept : most_samples);
}

static void join(struct learned *l)
{
    const struct learned_sums *fresh = &l->fresh;
    l->sums.samples += fresh->samples;
    l->sums.cycles += fresh->cycles;
    l->sums.squares += fresh->squares;
    for (uint32_t i = 0; i < fresh->counter_count; i++)
        l->never |= !learned_add_counter(&l->sums, fresh->counters[i].id, fresh->counters[i].sum);
}

/* Takes a block's fresh samples in; gives the cycles by which it was charged wrongly there, if that
 * is more than chance: four times what executions differ by. */
static double renew(struct learned *l)
{
    double expected = (double)l->mean_fx * l->fresh.samples / (1u << ENGINE_FX_BITS);
    double off = (double)l->fresh.cycles - expected;
    double variance = learned_variance(&l->sums) * l->fresh.samples + 1;
    join(l);
    l->fresh = (struct learned_sums){0};
    learned_conclude(l);
    if (off * off <= 16 * variance)
        return 0;
    return off < 0 ? -off : off;
}

static void plan_next(struct engine *engine, double off, double all)
{
    uint64_t interval = engine->review_interval_cycles;
    interval = off * 64 > all ? interval / 4 : interval + interval / 4;
    if (interval < shortest_interval_cycles)
        interval = shortest_interval_cycles;
    if (interval > longest_interval_cycles)
        interval = longest_interval_cycles;
    engine->review_interval_cycles = interval;
    engine->review_cycles = *engine->view.cycles + interval;
}

static void end(struct engine *engine)
{
    bool lost = false;
    double off = 0, all = 0;
    engine_settle(engine);
    for (struct learned *l = engine->all; l != NULL; l = l->next) {
        if (!l->ready || l->epoch != engine->epoch)
            continue;
        forget_some(&l->sums);
        if (l->fresh.samples == 0)
            continue;
        all += (double)l->fresh.cycles;
        off += renew(l);
        lost |= !l->ready;
    }
    engine->reviewing = false;
    plan_next(engine, off, all);
    if (lost || engine->other != NULL)
        engine_forget(engine);
    else if (engine->native != NULL)
        native_renew_costs(engine);
}

void engine_review(struct engine *engine)
{
    if (engine->reviewing)
        end(engine);
    else
        begin(engine);
}
