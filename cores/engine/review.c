/* Reviews: stretches in which all code runs exactly, where blocks are learned and looked at again.
 *
 * What a block costs depends on what ran before it: a load finds its line in a cache when code
 * around it brought it there. Learned code does not touch caches, so an exact execution amid
 * learned code says little. So samples are taken only after all code has run exactly for as long as
 * it takes to read through the caches (the view's review_warm_up); the blocks that were seen often
 * enough are learned when the review ends, and what others took there joins what is known of them.
 *
 * Layers of a network share code that reads weights from memory in different ways, and each has
 * code of its own. So the next review is soon where blocks took other than they were charged, or
 * where code runs that is not learned; late, when all is as it was. When that is depends on the
 * guest's cycles, instructions and costs alone.
 *
 * A review lasts a number of instructions, not of cycles, and samples weigh alike: otherwise slow
 * stretches would be looked at less, or more, than they occur. */
#include "engine/internal.h"

/* Between reviews, in cycles: from so many for each instruction of a review, to this. */
static const uint64_t shortest_interval_lengths = 5, longest_interval_cycles = 1u << 28;
/* Instructions that are not learned, after which a review is due: more, when that one could not
 * learn anything. */
static const uint64_t first_unknown_most = 1u << 12, last_unknown_most = 1u << 28;
/* A review learns blocks that it has seen this part of the samples of that would do without it. */
static const uint32_t least_samples_part = 4;
/* What was known of a block weighs as much as so many reviews like the present one. */
static const uint64_t remembered_reviews = 8;

/* Instructions of a review that count: more than warm up, unless these are many. */
static uint64_t counted(const struct engine *engine)
{
    uint64_t warm_up = engine->view.review_warm_up;
    return warm_up > 1u << 14 ? warm_up : warm_up > 1u << 12 ? 1u << 14 : warm_up * 4;
}

static uint64_t shortest_interval(const struct engine *engine)
{
    return shortest_interval_lengths * (engine->view.review_warm_up + counted(engine));
}

void engine_plan_reviews(struct engine *engine)
{
    engine->reviewing = false;
    engine->unknown_instructions = 0;
    engine->unknown_most = first_unknown_most;
    engine->reviewed_cycles = *engine->view.cycles;
    engine->review_interval_cycles = shortest_interval(engine);
    engine->review_cycles = engine->view.review_warm_up != 0 ? *engine->view.cycles : UINT64_MAX;
}

static void begin(struct engine *engine)
{
    engine_settle(engine);
    engine->reviewing = true;
    engine->unreviewed_cycles = *engine->view.cycles - engine->reviewed_cycles;
    engine->review_cycles = UINT64_MAX;
    engine->review_counts_from = *engine->view.instructions + engine->view.review_warm_up;
    engine->review_end_instructions = engine->review_counts_from + counted(engine);
}

void engine_ran_unknown(struct engine *engine, uint64_t instructions)
{
    engine->unknown_instructions += instructions;
    if (engine->view.review_warm_up == 0 || engine->unknown_instructions < engine->unknown_most)
        return;
    engine->review_interval_cycles = shortest_interval(engine);
    engine->review_cycles = *engine->view.cycles;
}

/* Gives the sums less weight, keeping the means. */
static void scale(struct learned_sums *sums, uint64_t most)
{
    uint64_t old = sums->samples;
    if (old <= most)
        return;
    sums->cycles = (sums->cycles * most + old / 2) / old;
    sums->squares = (uint64_t)(((unsigned __int128)sums->squares * most + old / 2) / old);
    for (uint32_t i = 0; i < sums->counter_count; i++)
        sums->counters[i].sum = (sums->counters[i].sum * most + old / 2) / old;
    sums->samples = (uint32_t)most;
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

/* What a review found. */
struct findings {
    double all, net;  /* cycles of its samples, and those less what they would have been charged */
    double changed;   /* those of net, without sign, that are more than chance */
    uint32_t learned; /* blocks */
    bool lost;        /* a block that was learned must not be */
};

/* Takes a block's fresh samples in. If they took other than they would have been charged by more
 * than chance - four times what executions differ by - what was known before weighs no more than
 * what is fresh. */
static void renew(struct learned *l, struct findings *found)
{
    double expected = (double)l->mean_fx * l->fresh.samples / (1u << ENGINE_FX_BITS);
    double off = (double)l->fresh.cycles - expected;
    double variance = learned_variance(&l->sums) * l->fresh.samples + 1;
    bool changed = off * off > 16 * variance;
    found->all += (double)l->fresh.cycles;
    found->net += off;
    if (changed)
        found->changed += off < 0 ? -off : off;
    scale(&l->sums, l->fresh.samples * (changed ? 1 : remembered_reviews));
    join(l);
    l->fresh = (struct learned_sums){0};
    learned_conclude(l);
    found->lost |= !l->ready;
}

static struct findings look(struct engine *engine)
{
    struct findings found = {0};
    for (struct learned *l = engine->all; l != NULL; l = l->next) {
        if (l->epoch != engine->epoch || l->never)
            continue;
        if (l->ready && l->fresh.samples != 0) {
            renew(l, &found);
        } else if (!l->ready && l->sums.samples >= l->wanted / least_samples_part) {
            learned_conclude(l);
            found.learned++;
        }
    }
    return found;
}

static void plan_next(struct engine *engine, const struct findings *found)
{
    uint64_t interval = engine->review_interval_cycles;
    interval = found->changed * 64 > found->all ? interval / 4 : interval + interval / 4;
    if (interval < shortest_interval(engine))
        interval = shortest_interval(engine);
    if (interval > longest_interval_cycles)
        interval = longest_interval_cycles;
    engine->review_interval_cycles = interval;
    engine->reviewed_cycles = *engine->view.cycles;
    engine->review_cycles = engine->reviewed_cycles + interval;
    bool was_unknown = engine->unknown_instructions >= engine->unknown_most;
    if (found->learned != 0)
        engine->unknown_most = first_unknown_most;
    else if (was_unknown && engine->unknown_most < last_unknown_most)
        engine->unknown_most *= 2;
    engine->unknown_instructions = 0;
}

/* By as much as the samples are off, the code since the last review was charged wrongly. */
static void estimate_error(struct engine *engine, const struct findings *found)
{
    if (found->all <= 0)
        return;
    double error_cycles = (double)engine->unreviewed_cycles * found->net / found->all;
    engine->variance += error_cycles * error_cycles;
}

static void end(struct engine *engine)
{
    engine_settle(engine);
    struct findings found = look(engine);
    engine->reviewing = false;
    estimate_error(engine, &found);
    plan_next(engine, &found);
    if (found.lost || engine->other != NULL)
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
