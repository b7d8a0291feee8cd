/* The executor of exact generated code; see exact.h. */
#include "exact.h"

#include "arm/core.h"
#include "timing/pipeline.h"

#include <stdlib.h>
#include <string.h>

/* A stop asked for by the host is seen at least this often. */
static const uint64_t longest_run_cycles = 1u << 24;
/* Executions that met a device before a block is left to the interpreter for good, and accesses to
 * another memory before code is made for that one. */
static const uint32_t most_device_exits = 16, most_tries = 64, most_falls = 32,
                      most_guess_changes = 16;

/* ---- what the code calls ----------------------------------------------------------------------
 */

/* The cycle in which an instruction of the site's block begins. */
static uint64_t cycle_of(const struct exact_site *site, uint32_t index, int64_t budget)
{
    const struct exact *x = site->exact;
    const struct exact_block *block = &x->blocks[site->count_index];
    const struct exact_block *before = exact_before_it(x, block);
    uint64_t cycles = x->limit - (uint64_t)budget - block->left[index];
    return before != NULL ? cycles - (uint64_t)(int64_t)before->next_more[index] : cycles;
}

void exact_learn_hit(struct exact_site *site, struct mote_region *region)
{
    static const uint32_t never;
    struct mote_fetch_hit *hit = &site->hit;
    if (!region->timing->fetch_hit(region->owner, region, site->line, hit)) {
        hit->is[1] = &never;
        hit->value[1] = 1;
    }
}

uint64_t exact_fetch(struct exact_site *site, int64_t budget)
{
    struct exact *x = site->exact;
    struct arm_cpu *cpu = x->cpu;
    struct exact_block *block = &x->blocks[site->count_index];
    uint64_t fj = cpu->activities->dynamic_fj;
    cpu->cycles = cycle_of(site, site->index, budget);
    if (!site->taken)
        cpu->fetch_line = site->line_before;
    cpu->fetch_branch = site->taken;
    uint32_t stall = arm_fetch(cpu, block->plan->region, site->pc, site->bytes);
    block->dynamic_fj += cpu->activities->dynamic_fj - fj;
    x->engine->native->code->data->extra[site->count_index] += stall;
    x->fetch_stall = stall;
    x->fetch_cycle = cpu->cycles;
    x->fetch_pc = site->pc;
    if (site->does_hits) {
        uint32_t configuration = site->hit.value[0];
        exact_learn_hit(site, block->plan->region);
        if (site->hit.value[0] != configuration) /* the code is made for the one before */
            x->drop = site->count_index + 1;
    }
    return stall;
}

/* The memory of constant cost, for code at `pc`, that holds the address: its number from 1; 0:
 * there is none. */
static uint8_t plain_memory(const struct exact *x, uint32_t pc, uint32_t address, bool store)
{
    const struct native_build *b = &x->engine->native->build;
    for (uint32_t i = 0; i < b->memory_count; i++)
        if (address - b->memory[i].base < b->memory[i].bytes)
            return exact_is_plain(x, i, pc, store) ? (uint8_t)(i + 1) : 0;
    return 0;
}

/* An access that goes to other memory than the code is made for: so is the next code. */
static void note_miss(struct exact *x, struct exact_site *site, uint32_t address)
{
    struct learned *l = x->blocks[site->count_index].learned;
    site->misses += site->inlined;
    if (++site->tries != most_tries || l->guess_changes >= most_guess_changes)
        return;
    uint8_t number = plain_memory(x, site->pc, address, site->store);
    if (number == 0 || number == site->memory)
        return;
    l->guess[site->index][0] = number;
    l->guess_changes++;
    x->drop = site->count_index + 1;
}

/* Of a load of the pc: the interpreter knows what other targets mean. */
static bool is_plain_target(const uint8_t *at)
{
    uint32_t target;
    memcpy(&target, at, 4);
    return (target & 1) && target < 0xF0000000u;
}

/* Whether the wait states of a store pass, behind it in the block, before anything notices. */
static bool is_hidden(const struct arm_plan *plan, uint32_t index, uint32_t stall)
{
    for (uint32_t i = index + 1; stall != 0; i++) {
        const struct arm_plan_op *op = &plan->ops[i];
        if (i == plan->block->count || (op->flags & (ARM_PLAN_CONDITION | ARM_PLAN_MEMORY)))
            return false;
        uint32_t cost = op->cost < op->alone ? op->cost : op->alone;
        stall -= cost < stall ? cost : stall;
    }
    return true;
}

/* Wait states of the site's store that the write buffer takes. */
static uint32_t buffered_stall(const struct exact_site *site, uint32_t address)
{
    const struct exact *x = site->exact;
    const struct arm_plan *plan = x->blocks[site->count_index].plan;
    if (!(plan->ops[site->index].flags & ARM_PLAN_BUFFERED))
        return 0;
    return arm_split_cycles(x->cpu, address, site->width);
}

/* Of an instruction that was fetched, and would begin at `cycle` but for that fetch's stall. It has
 * none when the code did its fetch: then the last call was for one that began at another time. */
static uint32_t own_fetch_stall(const struct exact *x, uint32_t pc, uint64_t cycle)
{
    bool own = x->fetch_pc == pc && x->fetch_cycle + x->fetch_stall == cycle;
    return own ? x->fetch_stall : 0;
}

uint8_t *exact_access(struct exact_site *site, int64_t budget, uint32_t address)
{
    struct exact *x = site->exact;
    struct arm_cpu *cpu = x->cpu;
    struct native_data *data = x->engine->native->code->data;
    struct exact_block *block = &x->blocks[site->count_index];
    uint64_t fj = cpu->activities->dynamic_fj;
    cpu->cycles = cycle_of(site, site->index, budget);
    if (exact_has_fetch(block, site->index, exact_before_it(x, block)))
        cpu->cycles -= own_fetch_stall(x, site->pc, cpu->cycles);
    cpu->stall = 0;
    cpu->pc = site->pc;
    cpu->next_pc = site->pc + site->bytes;
    uint8_t *host = arm_plain_memory(cpu, address, site->width, site->words, site->store);
    data->stall = 0;
    if (host == NULL || (site->returns && !is_plain_target(host + 4 * (site->words - 1))))
        return NULL;
    uint32_t buffered = buffered_stall(site, address);
    if (!is_hidden(block->plan, site->index, buffered))
        return NULL;
    arm_count_access(cpu, address, site->width, site->words, site->store);
    note_miss(x, site, address);
    block->dynamic_fj += cpu->activities->dynamic_fj - fj;
    if (buffered != 0)
        x->buffered_until = cycle_of(site, site->index + 1, budget) + buffered;
    data->stall = (int64_t)cpu->stall - site->assumed - buffered;
    data->extra[site->count_index] += (uint64_t)data->stall;
    return host;
}

/* ---- booking ----------------------------------------------------------------------------------
 */

static uint64_t count(struct arm_cpu *cpu, uint32_t id, uint64_t more)
{
    struct mote_activity *item = &cpu->activities->item[id];
    uint64_t fj = more * item->fj;
    item->count += more;
    cpu->activities->dynamic_fj += fj;
    cpu->settled_fj += fj;
    return fj;
}

/* Accesses that the code made without a call, of instructions before `end`, in `runs` executions
 * of the block. `misses` are taken off. */
static void count_accesses(struct exact *x, struct exact_block *block, uint64_t runs, uint32_t end,
                           bool misses)
{
    for (uint32_t i = block->first_site; i < block->end_site; i++) {
        struct exact_site *site = &x->sites[i];
        if (!site->inlined || site->index >= end)
            continue;
        uint64_t hits = runs;
        if (misses) {
            hits -= site->misses; /* may be below 0: of runs that were cut */
            site->misses = 0;
        }
        block->plan->block->dynamic_fj += count(x->cpu, site->activity, hits * site->words);
    }
}

/* Fetches that the code did. */
static void settle_fetches(struct exact *x, struct exact_site *site)
{
    struct arm_plan *plan = x->blocks[site->count_index].plan;
    uint64_t fj = count(x->cpu, plan->region->activity_fetch, site->hits + site->same);
    fj += count(x->cpu, site->hit.activity, site->hits);
    fj += count(x->cpu, x->cpu->taken_branch_activity, site->jumps);
    plan->block->dynamic_fj += fj;
    site->hits = site->same = site->jumps = 0;
}

static void settle_block(struct exact *x, uint32_t number)
{
    struct native_data *data = x->engine->native->code->data;
    struct exact_block *block = &x->blocks[number];
    struct arm_block *to = block->plan->block;
    uint64_t runs = data->counts[number];
    to->cycles += runs * block->charge + data->extra[number];
    to->dynamic_fj += block->dynamic_fj;
    data->counts[number] = data->extra[number] = block->dynamic_fj = 0;
    arm_plan_count(x->cpu, block->plan, runs);
    count_accesses(x, block, runs, ARM_BLOCK_MAX, true);
}

void exact_settle(struct exact *x)
{
    struct native_code *code = x->engine->native->code;
    uint8_t *dirty = code->data->dirty, *end = dirty + code->region_count;
    if (!x->entered)
        return;
    x->entered = false;
    for (uint8_t *at = dirty; (at = memchr(at, 1, (size_t)(end - at))) != NULL;) {
        uint32_t region = (uint32_t)(at - dirty);
        *at = 0;
        for (uint32_t i = code->region_first[region]; i < code->region_first[region + 1]; i++)
            settle_block(x, i);
        uint32_t behind =
            region + 1 < code->region_count ? x->first_site[region + 1] : x->site_count;
        for (uint32_t i = x->first_site[region]; i < behind; i++)
            if (x->sites[i].does_hits)
                settle_fetches(x, &x->sites[i]);
    }
}

static void forget(struct exact *x)
{
    exact_settle(x);
    native_forget(x->engine);
    x->site_count = 0;
    x->drop = 0;
}

void exact_reset(struct exact *x)
{
    forget(x);
}

void exact_device_store(struct exact *x, const struct mote_device *dev)
{
    x->check_lines |= mote_region_owned(dev, 0) != NULL;
}

/* ---- entries ----------------------------------------------------------------------------------
 */

/* Whether lines are what the code was made for; remembers what they are. */
static bool lines_changed(struct exact *x)
{
    bool changed = false;
    for (uint32_t i = 0; i < x->engine->native->build.memory_count; i++) {
        uint32_t bytes = mote_region_at_index(x->cpu->sys, i)->fetch_line_bytes;
        changed |= bytes != x->line_bytes[i];
        x->line_bytes[i] = bytes;
    }
    x->check_lines = false;
    return changed;
}

static bool code_changed(struct exact *x)
{
    struct engine *engine = x->engine;
    uint64_t generation = *mote_code_generation(x->cpu->sys);
    bool changed = generation != x->generation || x->cpu->code_writes != x->code_writes;
    x->generation = generation;
    x->code_writes = x->cpu->code_writes;
    if (engine->native->code_marks != x->cpu->code_marks) {
        engine->native->code_marks = x->cpu->code_marks;
        changed |= native_find_code(engine, &engine->native->build);
    }
    return changed;
}

/* Nothing that was compiled may be entered before this. */
static void renew(struct exact *x)
{
    bool lines = x->check_lines && lines_changed(x);
    if (code_changed(x) || lines)
        forget(x);
    if (x->drop == 0)
        return;
    exact_settle(x);
    native_drop(x->engine->native->code, x->drop - 1);
    x->drop = 0;
}

static bool is_full(const struct exact *x)
{
    const struct native_code *code = x->engine->native->code;
    return native_code_is_full(code) || code->count_count + NATIVE_MAX_BLOCKS > EXACT_MAX_BLOCKS ||
           x->site_count + 4 * NATIVE_MAX_INSNS > EXACT_MAX_SITES;
}

static const uint8_t *entry_of(struct exact *x, const struct learned *l)
{
    struct native_code *code = x->engine->native->code;
    const uint8_t *entry = native_entry(code, l->pc);
    if (entry != NULL || !native_may_compile(x->engine, l))
        return entry;
    if (is_full(x) || !native_compile(x->engine, l))
        forget(x);
    return native_entry(code, l->pc);
}

/* What is known of the block if code may be made of it. */
static struct learned *learned_now(struct exact *x, struct arm_block *block)
{
    struct learned *l = block->learned;
    if (l != NULL && l->version == block->version)
        return l;
    l = learned_of(x->engine, block);
    const struct arm_plan *plan = l != NULL ? arm_plan_of(x->cpu, block) : NULL;
    if (plan == NULL)
        return NULL;
    l->ready = plan->usable && !l->never && thumb_may_compile(block) && exact_is_static(plan);
    l->needs &= ~(uint32_t)THUMB_NEEDS_UNALIGNED; /* the interpreter does those that trap */
    l->heat = 0;
    return l;
}

/* Nothing is in flight that code behind a taken branch does not expect. */
static bool may_enter(const struct arm_cpu *cpu, const struct pipeline_state *state)
{
    return state->after_taken && state->fp_busy == 0 && state->buffered_stall == 0 &&
           cpu->fetch_branch && !cpu->check_access && cpu->itstate == 0 &&
           cpu->exception - ARM_EXC_HARDFAULT >= 4;
}

/* ---- exits ------------------------------------------------------------------------------------
 */

/* What a store shortly before has left in the write buffer. */
static void set_buffered(const struct exact *x)
{
    uint64_t cycles = x->cpu->cycles;
    pipeline_state(x->cpu->pipeline)->buffered_stall =
        x->buffered_until > cycles ? (uint32_t)(x->buffered_until - cycles) : 0;
}

static void after_branch(struct arm_cpu *cpu)
{
    struct pipeline_state *state = pipeline_state(cpu->pipeline);
    state->context = (struct pipeline_context){0};
    state->after_taken = true;
    cpu->fetch_branch = true;
}

static void after_insn(struct arm_cpu *cpu, const struct exact_block *block, uint32_t done)
{
    const struct arm_insn *last = block->plan->ops[done - 1].insn;
    const struct arm_plan_run run = {.done = done, .executed = arm_condition(cpu, last->cond)};
    arm_plan_conclude(cpu, block->plan, &run);
}

/* The block was left at its end. Where that happens often and code could go on, it is to be made
 * anew: the block behind was not yet hot. */
static void fell(struct exact *x, uint32_t number)
{
    struct exact_block *block = &x->blocks[number];
    const struct arm_block *of = block->plan->block;
    after_insn(x->cpu, block, of->count);
    x->cpu->pc = of->end;
    if (++block->falls != most_falls || block->learned->guess_changes >= most_guess_changes ||
        !native_may_compile(x->engine, x->engine->guest->known(x->cpu, of->end)))
        return;
    block->learned->guess_changes++;
    x->drop = number + 1;
}

/* The block was left before an instruction; what was charged from there on is given back, and the
 * interpreter goes on. */
static void left_inside(struct exact *x, uint32_t value)
{
    struct native_data *data = x->engine->native->code->data;
    struct arm_cpu *cpu = x->cpu;
    uint32_t number = (value & ~(uint32_t)EXACT_UNFETCHED) >> NATIVE_INDEX_BITS;
    uint32_t done = value & ((1u << NATIVE_INDEX_BITS) - 1);
    struct exact_block *block = &x->blocks[number];
    struct arm_block *to = block->plan->block;
    uint32_t left = block->left[done];
    const struct exact_block *before = exact_before_it(x, block);
    bool fetched = !(value & EXACT_UNFETCHED) && exact_has_fetch(block, done, before);
    data->counts[number]--;
    if (before != NULL)
        left += (uint32_t)before->next_more[done];
    data->extra[number] += block->charge - left;
    cpu->cycles -= left;
    x->engine->guest->seat(cpu, block->learned, done);
    uint32_t stall = fetched ? own_fetch_stall(x, cpu->pc, cpu->cycles) : 0;
    data->extra[number] -= stall;
    cpu->cycles -= stall;
    if (done != 0) {
        uint64_t fj = arm_present_fj(cpu);
        after_insn(cpu, block, done);
        if (before != NULL)
            pipeline_state(cpu->pipeline)->context.straddle.count = before->next_row[done];
        arm_plan_count_partly(cpu, block->plan, done);
        to->dynamic_fj += arm_present_fj(cpu) - fj;
        count_accesses(x, block, 1, done, false);
    } else if (before != NULL) {
        after_insn(cpu, before, before->plan->block->count);
    } else {
        after_branch(cpu);
    }
    set_buffered(x);
    if (fetched)
        cpu->fetch_line =
            (cpu->pc + block->plan->ops[done].bytes - 1) & ~(block->plan->line_bytes - 1);
    if (cpu->cycles >= cpu->deadline)
        return; /* by the stall of the instruction before */
    cpu->touched_device = false;
    arm_resume_block(cpu, to, done, fetched, stall);
    struct learned *l = block->learned;
    if (cpu->touched_device && ++l->seen == most_device_exits) {
        l->never = true;
        to->touches_device = true;
        x->drop = number + 1;
    }
}

static void enter(struct exact *x, const uint8_t *entry, uint32_t forbidden)
{
    struct native *native = x->engine->native;
    struct native_data *data = native->code->data;
    const struct engine_guest *guest = x->engine->guest;
    struct arm_cpu *cpu = x->cpu;
    uint64_t room = cpu->deadline - cpu->cycles;
    room = room < longest_run_cycles ? room : longest_run_cycles;
    x->limit = cpu->cycles + room;
    x->buffered_until = 0;
    x->runs++;
    x->entered = true;
    data->forbidden = forbidden;
    native->code->enter(cpu, room, entry, native->build.memory[native->build.main_memory].host,
                        guest->flags(cpu));
    guest->set_flags(cpu, data->flags);
    cpu->cycles = x->limit - data->budget;
}

/* Where runs are short again and again, they cost more than they save. */
static void note_length(struct thumb_learned *t, uint64_t cycles)
{
    const uint32_t short_cycles = 64, most_short = 64, rest = 4096;
    t->avoided = cycles < short_cycles ? t->avoided + 1 : 0;
    if (t->avoided < most_short)
        return;
    t->avoid = rest;
    t->avoided = 0;
}

bool exact_run(struct exact *x, struct arm_block *block)
{
    struct arm_cpu *cpu = x->cpu;
    struct learned *l = learned_now(x, block);
    if (l == NULL || !l->ready || l->never || x->off)
        return false;
    if (l->heat < ENGINE_HEAT) {
        l->heat++;
        return false;
    }
    struct thumb_learned *t = thumb_of(l);
    if (t->avoid != 0) {
        t->avoid--;
        return false;
    }
    uint32_t forbidden = thumb_forbidden(cpu);
    if (!may_enter(cpu, pipeline_state(cpu->pipeline)) ||
        ((l->needs | ENGINE_NEEDS_PLAIN) & forbidden))
        return false;
    renew(x);
    const uint8_t *entry = entry_of(x, l);
    if (entry == NULL)
        return false;
    uint64_t cycles = cpu->cycles;
    uint32_t pc = cpu->pc;
    enter(x, entry, forbidden);
    note_length(t, cpu->cycles - cycles);
    struct native_data *data = x->engine->native->code->data;
    if (data->exit == NATIVE_STOPPED) {
        after_branch(cpu); /* no store is in the write buffer: see is_hidden() */
        return cpu->cycles != cycles || cpu->pc != pc; /* else the deadline is near */
    }
    if (data->value & EXACT_FELL)
        fell(x, (data->value & ~(uint32_t)EXACT_FELL) >> NATIVE_INDEX_BITS);
    else
        left_inside(x, data->value);
    return true;
}

/* ---- life -------------------------------------------------------------------------------------
 */

struct exact *exact_new(struct arm_cpu *cpu)
{
    struct mote_err err;
    struct exact *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    x->cpu = cpu;
    x->sites = calloc(EXACT_MAX_SITES, sizeof(*x->sites));
    x->blocks = calloc(EXACT_MAX_BLOCKS, sizeof(*x->blocks));
    x->engine = thumb_exact_engine_new(cpu, &err);
    if (x->engine != NULL && x->engine->backend == ENGINE_NATIVE)
        x->engine->native = native_new(x->engine);
    if (x->sites == NULL || x->blocks == NULL || x->engine == NULL || x->engine->native == NULL) {
        exact_free(x);
        return NULL;
    }
    exact_emit_common(x);
    lines_changed(x);
    code_changed(x);
    return x;
}

void exact_free(struct exact *x)
{
    if (x == NULL)
        return;
    if (x->engine != NULL && x->engine->native != NULL)
        exact_settle(x);
    engine_free(x->engine);
    free(x->sites);
    free(x->blocks);
    free(x);
}
