/* Generated code as the executor of learned blocks. */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* A stop asked for by the host is seen at least this often. */
static const uint64_t longest_run_cycles = 1u << 24;
/* After so many changes of what a block's accesses are checked against it stays as it is. */
static const uint32_t most_guess_changes = 64;

/* ---- memory -----------------------------------------------------------------------------------
 */

static void describe(struct native *native, const struct mote_system *sys)
{
    uint32_t most = 0;
    native->memory_count = 0;
    for (size_t i = 0; i < mote_region_count(sys) && i < NATIVE_MEMORIES; i++) {
        const struct mote_region *region = mote_region_at_index(sys, i);
        struct native_memory *m = &native->memory[native->memory_count++];
        *m = (struct native_memory){0};
        if (region->base + region->size_bytes > 1ull << 32 || region->size_bytes > INT32_MAX ||
            region->base % 4 || region->size_bytes < 4)
            continue;
        *m = (struct native_memory){.base = (uint32_t)region->base,
                                    .bytes = (uint32_t)region->size_bytes,
                                    .host = region->host,
                                    .writable = region->writable};
        if (m->writable && m->bytes > most) {
            most = m->bytes;
            native->main_memory = (uint32_t)i;
        }
    }
}

/* Where code was decoded in writable memory: stores there are not for generated code. True when
 * that has changed. */
static bool find_code(struct native *native, const struct arm_cpu *cpu)
{
    bool changed = false;
    for (uint32_t i = 0; i < native->memory_count; i++) {
        struct native_memory *m = &native->memory[i];
        if (!m->writable)
            continue;
        uint32_t low = 0, high = 0;
        for (uint32_t at = 0; at < m->bytes; at += 1024)
            if (arm_is_code_page(cpu->code_pages, m->base + at)) {
                low = high == 0 ? at : low;
                high = at + 1024;
            }
        changed |= low != m->code_low || high != m->code_high;
        m->code_low = low;
        m->code_high = high;
    }
    return changed;
}

struct native *native_new(struct arm_engine *engine)
{
    struct native *native = calloc(1, sizeof(*native));
    if (native == NULL)
        return NULL;
    native->code = native_code_new(offsetof(struct arm_cpu, pc));
    if (native->code == NULL) {
        free(native);
        return NULL;
    }
    describe(native, engine->cpu->sys);
    find_code(native, engine->cpu);
    native->code_marks = engine->cpu->code_marks;
    return native;
}

void native_free(struct native *native)
{
    if (native == NULL)
        return;
    native_code_free(native->code);
    free(native);
}

uint64_t native_runs(const struct native *native)
{
    return native->runs;
}

/* ---- booking ----------------------------------------------------------------------------------
 */

static void settle_region(struct arm_engine *engine, uint32_t region)
{
    struct native_code *code = engine->native->code;
    for (uint32_t i = code->region_first[region]; i < code->region_first[region + 1]; i++) {
        uint64_t runs = code->data->counts[i];
        code->data->counts[i] = 0;
        if (runs != 0)
            learned_add_runs(engine, code->owner[i], runs);
    }
}

void native_settle(struct arm_engine *engine)
{
    struct native_code *code = engine->native->code;
    uint8_t *dirty = code->data->dirty, *end = dirty + code->region_count;
    for (uint8_t *at = dirty; (at = memchr(at, 1, (size_t)(end - at))) != NULL;) {
        *at = 0;
        settle_region(engine, (uint32_t)(at - dirty));
    }
}

void native_forget(struct arm_engine *engine)
{
    native_code_flush(engine->native->code);
}

/* ---- which memory an instruction accesses -----------------------------------------------------
 */

/* By executing it with memory that refuses everything, which changes no register. */
static bool address_of(struct arm_cpu *cpu, const struct arm_insn *insn, uint32_t *address)
{
    uint8_t before = cpu->learned_run;
    cpu->learned_run = ARM_LEARNED_PROBE;
    cpu->next_pc = cpu->pc + insn->t.bytes;
    enum arm_result result = insn->exec(cpu, insn);
    cpu->learned_run = before;
    *address = cpu->fault_address;
    return result == ARM_RAISED;
}

bool native_observe(struct arm_engine *engine, struct arm_block_learned *l, uint32_t index)
{
    const struct native *native = engine->native;
    const struct arm_insn *insn = &l->block->insns[index];
    uint32_t address;
    if (insn->t.words == 0 || l->guess_changes == most_guess_changes ||
        !address_of(engine->cpu, insn, &address))
        return false;
    uint8_t *guess = l->guess[index];
    for (uint32_t i = 0; i < native->memory_count; i++) {
        if (address - native->memory[i].base >= native->memory[i].bytes)
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

static uint32_t pack_flags(const struct arm_cpu *cpu)
{
    return cpu->n << 15 | cpu->z << 14 | (cpu->c ^ 1) << 8 | cpu->v;
}

static void unpack_flags(struct arm_cpu *cpu, uint32_t flags)
{
    cpu->n = flags >> 15 & 1;
    cpu->z = flags >> 14 & 1;
    cpu->c = ~(flags >> 8) & 1;
    cpu->v = flags & 1;
}

/* The part of the block that was not executed is interpreted. */
static void finish_inside(struct arm_engine *engine)
{
    struct arm_cpu *cpu = engine->cpu;
    struct native_code *code = engine->native->code;
    uint32_t value = code->data->value, count = value >> NATIVE_INDEX_BITS;
    uint32_t index = value & ((1u << NATIVE_INDEX_BITS) - 1);
    struct arm_block_learned *l = code->owner[count];
    code->data->counts[count]--;
    cpu->pc = l->block->pc;
    cpu->itstate = 0;
    for (uint32_t i = 0; i < index; i++) {
        cpu->pc += l->block->insns[i].t.bytes;
        cpu->itstate = l->block->insns[i].it_next;
    }
    if (native_observe(engine, l, index))
        native_drop(code, count);
    engine_interpret(engine, l, index);
}

static const uint8_t *entry_of(struct arm_engine *engine, struct arm_block_learned *l)
{
    struct native *native = engine->native;
    struct arm_cpu *cpu = engine->cpu;
    if (native->code_marks != cpu->code_marks) {
        native->code_marks = cpu->code_marks;
        if (find_code(native, cpu))
            engine_forget(engine);
    }
    const uint8_t *entry = native_entry(native->code, l->block->pc);
    if (entry != NULL || !thumb_may_compile(engine, l))
        return entry;
    if (native_code_is_full(native->code) || !thumb_compile(engine, l))
        engine_forget(engine);
    return native_entry(native->code, l->block->pc);
}

void native_run(struct arm_engine *engine, struct arm_block_learned *l, uint32_t forbidden)
{
    struct arm_cpu *cpu = engine->cpu;
    struct native_code *code = engine->native->code;
    const uint8_t *entry = entry_of(engine, l);
    if (entry == NULL) {
        l->heat += l->heat < ENGINE_HEAT;
        engine_interpret(engine, l, 0);
        return;
    }
    uint64_t room = cpu->deadline - cpu->cycles;
    if (room > longest_run_cycles)
        room = longest_run_cycles;
    uint64_t limit_fx = room << ENGINE_FX_BITS, budget = limit_fx - engine->fraction_fx;
    uint32_t start = cpu->pc;
    code->data->forbidden = forbidden;
    engine->learned_before = true;
    engine->native->runs++;
    cpu->learned_run = ARM_LEARNED_RUN;
    code->enter(cpu, budget, entry, engine->native->memory[engine->native->main_memory].host,
                pack_flags(cpu));
    cpu->learned_run = ARM_LEARNED_OFF;
    unpack_flags(cpu, code->data->flags);
    uint64_t left = code->data->budget;
    bool inside = code->data->exit == NATIVE_INSIDE;
    if (inside)
        left += ((struct arm_block_learned *)code->owner[code->data->value >> NATIVE_INDEX_BITS])
                    ->mean_fx;
    engine_commit(engine, limit_fx - left);
    if (inside)
        finish_inside(engine);
    else if (left == budget && cpu->pc == start)
        engine_interpret(engine, l, 0); /* the region needs what is forbidden now */
}
