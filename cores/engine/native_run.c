/* Generated code as the executor of learned blocks. */
#include "engine/native.h"

#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

/* A stop asked for by the host is seen at least this often. */
static const uint64_t longest_run_cycles = 1u << 24;
/* After so many changes of what a block's accesses are checked against it stays as it is. */
static const uint32_t most_guess_changes = 64;

/* ---- memory -----------------------------------------------------------------------------------
 */

/* Bounds of what somebody watches. Watches are set before the core runs. */
static void find_watched(struct native_memory *m, const struct mote_region *region)
{
    const uint32_t granule_bytes = 64;
    const uint8_t *end = region->code + (m->bytes + granule_bytes - 1) / granule_bytes;
    for (const uint8_t *at = region->code; at < end; at++)
        if (*at & MOTE_GRANULE_WATCHED) {
            uint32_t offset = (uint32_t)(at - region->code) * granule_bytes;
            m->watch_low = m->watch_high == 0 ? offset : m->watch_low;
            m->watch_high = offset + granule_bytes;
        }
}

static void describe(struct native_build *b, const struct mote_system *sys)
{
    uint32_t most = 0;
    b->memory_count = 0;
    for (size_t i = 0; i < mote_region_count(sys) && i < NATIVE_MEMORIES; i++) {
        const struct mote_region *region = mote_region_at_index(sys, i);
        struct native_memory *m = &b->memory[b->memory_count++];
        *m = (struct native_memory){0};
        if (region->base + region->size_bytes > 1ull << 32 || region->size_bytes > INT32_MAX ||
            region->base % 4 || region->size_bytes < 4)
            continue;
        *m = (struct native_memory){.base = (uint32_t)region->base,
                                    .bytes = (uint32_t)region->size_bytes,
                                    .host = region->host,
                                    .writable = region->writable};
        if (m->writable)
            find_watched(m, region);
        if (m->writable && m->bytes > most) {
            most = m->bytes;
            b->main_memory = (uint32_t)i;
        }
    }
}

bool native_find_code(const struct engine *engine, struct native_build *b)
{
    bool changed = false;
    for (uint32_t i = 0; i < b->memory_count; i++) {
        struct native_memory *m = &b->memory[i];
        if (!m->writable)
            continue;
        uint32_t low, high;
        engine->guest->find_code(engine->cpu, m, &low, &high);
        if (m->watch_high != 0) {
            low = high == 0 || m->watch_low < low ? m->watch_low : low;
            high = m->watch_high > high ? m->watch_high : high;
        }
        changed |= low != m->code_low || high != m->code_high;
        m->code_low = low;
        m->code_high = high;
    }
    return changed;
}

struct native *native_new(struct engine *engine)
{
    struct native *native = calloc(1, sizeof(*native));
    if (native == NULL)
        return NULL;
    native->code = native_code_new(engine->guest->pc_offset);
    native->build.user = calloc(1, engine->guest->lowering_bytes);
    if (native->code == NULL || native->build.user == NULL) {
        native_free(native);
        return NULL;
    }
    native->build.code = native->code;
    describe(&native->build, engine->view.sys);
    native_find_code(engine, &native->build);
    native->code_marks = *engine->view.code_marks;
    return native;
}

void native_free(struct native *native)
{
    if (native == NULL)
        return;
    native_code_free(native->code);
    free(native->build.user);
    free(native);
}

uint64_t native_runs(const struct native *native)
{
    return native->runs;
}

/* ---- booking ----------------------------------------------------------------------------------
 */

static void settle_region(struct engine *engine, uint32_t region)
{
    struct native_code *code = engine->native->code;
    for (uint32_t i = code->region_first[region]; i < code->region_first[region + 1]; i++) {
        uint64_t runs = code->data->counts[i];
        code->data->counts[i] = 0;
        if (runs != 0)
            learned_add_runs(engine, code->owner[i], runs);
    }
}

void native_settle(struct engine *engine)
{
    struct native_code *code = engine->native->code;
    uint8_t *dirty = code->data->dirty, *end = dirty + code->region_count;
    for (uint8_t *at = dirty; (at = memchr(at, 1, (size_t)(end - at))) != NULL;) {
        *at = 0;
        settle_region(engine, (uint32_t)(at - dirty));
    }
}

void native_forget(struct engine *engine)
{
    native_code_flush(engine->native->code);
}

void native_renew_costs(struct engine *engine)
{
    struct native_code *code = engine->native->code;
    for (uint32_t i = 0; i < code->count_count; i++) {
        const struct learned *l = code->owner[i];
        code->data->cost_fx[i] = l->mean_fx;
    }
}

/* ---- which memory an instruction accesses -----------------------------------------------------
 */

bool engine_observe(struct engine *engine, struct learned *l, uint32_t index)
{
    const struct native_build *b = &engine->native->build;
    uint32_t address;
    if (engine->guest->insn(l->block, index)->words == 0 ||
        l->guess_changes == most_guess_changes ||
        !engine->guest->address(engine->cpu, l->block, index, &address))
        return false;
    uint8_t *guess = l->guess[index];
    for (uint32_t i = 0; i < b->memory_count; i++) {
        if (address - b->memory[i].base >= b->memory[i].bytes)
            continue;
        uint8_t number = (uint8_t)(i + 1);
        if (guess[0] == number || guess[1] == number)
            return false;
        guess[guess[0] != 0] = number;
        l->guess_changes++;
        return true;
    }
    return false;
}

/* ---- running ----------------------------------------------------------------------------------
 */

/* The part of the block that was not executed is interpreted. */
static void finish_inside(struct engine *engine)
{
    struct native_code *code = engine->native->code;
    uint32_t value = code->data->value, count = value >> NATIVE_INDEX_BITS;
    uint32_t index = value & ((1u << NATIVE_INDEX_BITS) - 1);
    struct learned *l = code->owner[count];
    code->data->counts[count]--;
    engine->guest->seat(engine->cpu, l, index);
    if (engine_observe(engine, l, index))
        native_drop(code, count);
    engine_interpret(engine, l, index);
}

static const uint8_t *entry_of(struct engine *engine, const struct learned *l)
{
    struct native *native = engine->native;
    if (native->code_marks != *engine->view.code_marks) {
        native->code_marks = *engine->view.code_marks;
        if (native_find_code(engine, &native->build))
            engine_forget(engine);
    }
    const uint8_t *entry = native_entry(native->code, l->pc);
    if (entry != NULL || !native_may_compile(engine, l))
        return entry;
    if (native_code_is_full(native->code) || !native_compile(engine, l))
        engine_forget(engine);
    return native_entry(native->code, l->pc);
}

static void enter(struct engine *engine, const uint8_t *entry, uint64_t budget)
{
    const struct engine_guest *guest = engine->guest;
    struct native *native = engine->native;
    uint8_t *ram = native->build.memory[native->build.main_memory].host;
    engine->learned_before = true;
    native->runs++;
    *engine->view.learned_run = ENGINE_LEARNED_RUN;
    native->code->enter(engine->cpu, budget, entry, ram,
                        guest->flags != NULL ? guest->flags(engine->cpu) : 0);
    *engine->view.learned_run = ENGINE_LEARNED_OFF;
    if (guest->set_flags != NULL)
        guest->set_flags(engine->cpu, native->code->data->flags);
}

void native_run(struct engine *engine, struct learned *l, uint32_t forbidden)
{
    struct native_data *data = engine->native->code->data;
    const uint8_t *entry = entry_of(engine, l);
    if (entry == NULL) {
        l->heat += l->heat < ENGINE_HEAT;
        engine_interpret(engine, l, 0);
        return;
    }
    uint64_t room = engine_limit(engine) - *engine->view.cycles;
    if (room > longest_run_cycles)
        room = longest_run_cycles;
    uint64_t limit_fx = room << ENGINE_FX_BITS, budget = limit_fx - engine->fraction_fx;
    uint32_t start = l->pc;
    data->forbidden = forbidden;
    enter(engine, entry, budget);
    uint64_t left = data->budget;
    bool inside = data->exit == NATIVE_INSIDE;
    if (inside) {
        const struct learned *last = engine->native->code->owner[data->value >> NATIVE_INDEX_BITS];
        left += last->mean_fx;
    }
    engine_commit(engine, limit_fx - left);
    if (inside)
        finish_inside(engine);
    else if (left == budget && engine->guest->pc(engine->cpu) == start)
        engine_interpret(engine, l, 0); /* the region needs what is forbidden now */
}
