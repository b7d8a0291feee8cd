/* The run loop of the fast accuracy. engine.h says what it means. */
#include "engine/internal.h"
#include <mote/system.h>

#include <stdlib.h>

struct engine *engine_new(const struct engine_guest *guest, void *cpu,
                          const struct engine_view *view, struct mote_err *err)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    if (engine != NULL)
        engine->before = calloc(MOTE_MAX_ACTIVITIES, sizeof(*engine->before));
    if (engine == NULL || engine->before == NULL) {
        free(engine);
        mote_err_set(err, "out of memory");
        return NULL;
    }
    engine->guest = guest;
    engine->cpu = cpu;
    engine->view = *view;
    engine->backend = MOTE_ENGINE;
    engine_plan_reviews(engine);
    return engine;
}

static bool open_other(struct engine *engine)
{
    struct mote_err err = {"there is no other executor for this core"};
    if (engine->guest->other_open != NULL && engine->guest->other_open(engine, &err)) {
        for (struct learned *l = engine->all; l != NULL; l = l->next)
            engine->guest->other_learns(engine, l);
        return true;
    }
    mote_log(engine->view.sys, NULL, MOTE_LOG_INFO,
             "learned code is interpreted, with the same results but slowly: %s", err.text);
    engine->off = true;
    return false;
}

/* Opened when the first learned block is to run, since that takes some milliseconds. */
static bool open_executor(struct engine *engine)
{
    if (engine->native != NULL || engine->other != NULL || engine->off)
        return !engine->off;
    if (engine->backend == ENGINE_NATIVE) {
        engine->native = native_new(engine);
        if (engine->native != NULL)
            return true;
        mote_log(engine->view.sys, NULL, MOTE_LOG_INFO,
                 "no code can be generated here (executable memory refused, or not x86-64 Linux)%s",
                 engine->guest->other_open == NULL
                     ? ""
                     : ": Unicorn is tried instead, with the same results but slower");
    }
    return open_other(engine);
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->other != NULL || engine->native != NULL)
        engine_forget(engine);
    while (engine->all != NULL) {
        struct learned *l = engine->all;
        engine->all = l->next;
        *engine->guest->slot(l->block) = NULL;
        free(l);
    }
    if (engine->other != NULL)
        engine->guest->other_close(engine);
    native_free(engine->native);
    free(engine->before);
    free(engine);
}

/* ---- booking ----------------------------------------------------------------------------------
 */

void engine_settle(struct engine *engine)
{
    if (engine->other != NULL)
        engine->guest->other_settle(engine);
    if (engine->native != NULL)
        native_settle(engine);
    while (engine->unsettled != NULL) {
        struct learned *l = engine->unsettled;
        engine->unsettled = l->next_unsettled;
        learned_add_runs(engine, l, l->unsettled);
        l->unsettled = 0;
    }
}

void engine_forget(struct engine *engine)
{
    engine_settle(engine);
    if (engine->other != NULL)
        engine->guest->other_forget(engine);
    if (engine->native != NULL)
        native_forget(engine);
}

/* Everything learned is void: samples are taken anew. */
static void forget_costs(struct engine *engine)
{
    engine_forget(engine);
    engine->epoch++;
    engine_plan_reviews(engine);
}

void engine_reset(struct engine *engine)
{
    forget_costs(engine);
    engine->fraction_fx = 0;
    engine->variance = 0;
}

void engine_device_store(struct engine *engine, const struct mote_device *dev)
{
    const struct mote_region *region = mote_region_owned(dev, 0);
    if (region != NULL && region->timing != NULL)
        forget_costs(engine);
}

/* ---- one learned block ------------------------------------------------------------------------
 */

static void charge(struct engine *engine, uint64_t fx)
{
    fx += engine->fraction_fx;
    *engine->view.cycles += fx >> ENGINE_FX_BITS;
    engine->fraction_fx = fx & ((1u << ENGINE_FX_BITS) - 1);
}

void engine_charge_run(struct engine *engine, struct learned *l)
{
    charge(engine, l->mean_fx);
    if (l->unsettled++ == 0) {
        l->next_unsettled = engine->unsettled;
        engine->unsettled = l;
    }
}

void engine_commit(struct engine *engine, uint64_t now_fx)
{
    *engine->view.cycles += now_fx >> ENGINE_FX_BITS;
    engine->fraction_fx = now_fx & ((1u << ENGINE_FX_BITS) - 1);
}

/* The pipeline and the fetch unit have moved on unseen: exact code after learned code starts with
 * nothing in flight. */
void engine_enter_exact(struct engine *engine)
{
    engine_settle(engine);
    if (!engine->learned_before)
        return;
    engine->learned_before = false;
    engine->guest->forget_flight(engine->cpu);
}

void engine_finish_exactly(struct engine *engine, struct learned *l, uint32_t index)
{
    uint64_t cycles = *engine->view.cycles;
    charge(engine, l->mean_fx * index / l->count);
    const struct engine_sums sums = {
        .entries = index != 0, /* else the exact run below counts it */
        .cycles = *engine->view.cycles - cycles,
        .executed = index,
    };
    engine->guest->book(l->block, &sums);
    *engine->view.instructions += index;
    engine_enter_exact(engine);
    learned_surprise(engine, l);
    engine->guest->run_block(engine->cpu, l->block, index);
}

void engine_interpret(struct engine *engine, struct learned *l, uint32_t from)
{
    uint32_t index = from;
    engine->learned_before = true;
    bool watched = engine->native != NULL && l->heat < ENGINE_HEAT;
    *engine->view.learned_run = ENGINE_LEARNED_RUN;
    enum engine_result result = engine->guest->interpret(engine, l, &index, watched);
    *engine->view.learned_run = ENGINE_LEARNED_OFF;
    if (result == ENGINE_RAISED) {
        engine_finish_exactly(engine, l, index);
        return;
    }
    engine_charge_run(engine, l);
    if (result != ENGINE_OK)
        engine->guest->finish(engine->cpu, result);
}

/* ---- the loop ---------------------------------------------------------------------------------
 */

static void check_code(struct engine *engine)
{
    uint64_t generation = *mote_code_generation(engine->view.sys);
    if (generation == engine->generation && *engine->view.code_writes == engine->code_writes)
        return;
    engine->generation = generation;
    engine->code_writes = *engine->view.code_writes;
    engine_forget(engine);
    if (engine->other != NULL)
        engine->guest->other_flush(engine);
}

/* What is known of the block if it may now cost its mean, else NULL. Says nothing about who
 * executes it. */
static struct learned *learned_now(const struct engine *engine, void *block, uint32_t forbidden)
{
    struct learned **slot = engine->guest->slot(block);
    struct learned *l = slot != NULL ? *slot : NULL;
    if (l == NULL || !l->ready || engine->reviewing ||
        l->version != engine->guest->version(block) || l->epoch != engine->epoch ||
        ((l->needs | ENGINE_NEEDS_PLAIN) & forbidden))
        return NULL;
    uint64_t cost = (engine->fraction_fx + l->mean_fx) >> ENGINE_FX_BITS;
    return *engine->view.cycles + cost < engine_limit(engine) ? l : NULL;
}

/* A breakpoint stands in the block: one instruction, or none when it is the first. */
static void approach_breakpoint(struct engine *engine, bool here)
{
    if (here) {
        mote_request_stop(engine->view.sys, MOTE_STOP_DEBUG, 0, "breakpoint");
        *engine->view.attention = true;
        return;
    }
    engine_enter_exact(engine);
    engine->guest->run_one(engine->cpu);
}

void engine_run(struct engine *engine)
{
    const struct engine_guest *guest = engine->guest;
    const struct engine_view *view = &engine->view;
    while (!*view->attention && *view->cycles < *view->deadline) {
        if (engine_review_due(engine))
            engine_review(engine);
        check_code(engine);
        void *block = guest->block_now(engine->cpu);
        if (block == NULL)
            break;
        uint32_t forbidden = guest->forbidden(engine->cpu);
        enum engine_breakpoint breakpoint = guest->breakpoint(engine->cpu, block);
        struct learned *l = NULL;
        if (breakpoint != ENGINE_NO_BREAKPOINT) {
            approach_breakpoint(engine, breakpoint == ENGINE_BREAKS_HERE);
        } else if ((l = learned_now(engine, block, forbidden)) == NULL) {
            engine_enter_exact(engine);
            learned_sample(engine, block);
        } else if (*view->breakpoints || !open_executor(engine)) {
            engine_interpret(engine, l, 0);
        } else if (engine->native != NULL) {
            native_run(engine, l, forbidden);
        } else {
            guest->other_run(engine, l);
        }
    }
    engine_settle(engine);
}

/* What reviews do not see, as a part of all cycles: their warm-up leaves lines in a cache, or out
 * of it, that would not have been there. Over measured images runs are off by 1/512 more than what
 * reviews see explains. */
static const uint64_t unseen_part = 512;

uint64_t engine_error_cycles(const struct engine *engine)
{
    if (engine == NULL || engine->variance <= 0)
        return 0;
    double unseen = (double)(*engine->view.cycles / unseen_part);
    double square = 4 * engine->variance + unseen * unseen;
    uint64_t low = 0, high = UINT32_MAX; /* square root without libm's rounding modes */
    while (low < high) {
        uint64_t middle = (low + high + 1) / 2;
        if ((double)middle * (double)middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}
