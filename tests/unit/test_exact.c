/* Exact execution by generated code against the interpreter: random programs give the same
 * registers, memory, cycles, counts and totals of blocks, whatever memory costs. Its costs depend
 * here on the cycle in which it is asked, so that each question must come at the right one. With
 * and without SysTick interrupts, which cut the runs at any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "arm/plan.h"
#include "engine/thumb/exact.h"
#include "support/random_program.h"

enum { PROGRAMS = 80, TICK_CYCLES = 1777 };

/* ---- memory whose costs depend on everything --------------------------------------------------
 */

static struct arm_cpu *asking;

static uint32_t cost(uint32_t address, uint32_t kind)
{
    uint64_t mix = asking->cycles * 0x9E3779B97F4A7C15u ^ address * 0xC2B2AE3D27D4EB4Fu ^ kind;
    mix ^= mix >> 29;
    mix *= 0xBF58476D1CE4E5B9u;
    uint32_t dice = (uint32_t)(mix >> 56);
    return dice < 160 ? 0 : dice < 250 ? dice & 7 : 900; /* now and then for long */
}

static uint32_t slow_fetch(struct mote_device *owner, struct mote_region *region, uint32_t address,
                           bool branch)
{
    (void)owner, (void)region;
    return cost(address, branch);
}

static uint32_t slow_load(struct mote_device *owner, struct mote_region *region, uint32_t address,
                          uint32_t bytes)
{
    (void)owner, (void)region;
    return cost(address, 2 + bytes);
}

static const struct mote_mem_timing slow_flash = {.fetch = slow_fetch, .load = slow_load},
                                    slow_ram = {.load = slow_load};

/* A small cache before such a flash, whose hits generated code may do itself. A line's `guard`
 * changes now and then, which makes its hits a call's. */
enum { LINES = 24, LINE_BYTES = 8, NO_LINE = 0xFFFFFFFF };
static struct cache {
    uint32_t configuration, last, line[LINES], guard[LINES], activity;
    uint64_t clock, used[LINES];
    uint8_t mark[LINES];
} cache;

static uint32_t place_of(uint32_t line)
{
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < LINES; i++) {
        if (cache.line[i] == line)
            return i;
        oldest = cache.used[i] < cache.used[oldest] ? i : oldest;
    }
    return oldest;
}

static uint32_t cached_fetch(struct mote_device *owner, struct mote_region *region,
                             uint32_t address, bool branch)
{
    uint32_t line = address / LINE_BYTES, place = place_of(line);
    (void)owner;
    if (line == cache.last)
        return 0;
    cache.last = line;
    cache.used[place] = ++cache.clock;
    cache.mark[place] = (uint8_t)(place ^ 5);
    if (cache.line[place] == line) {
        mote_count(mote_activities(region->sys), cache.activity);
        return 0;
    }
    cache.line[place] = line;
    cache.guard[(place + 7) % LINES] = (uint32_t)cache.clock;
    return 1 + cost(address, branch);
}

static bool cached_hit(struct mote_device *owner, struct mote_region *region, uint32_t address,
                       struct mote_fetch_hit *hit)
{
    uint32_t line = address / LINE_BYTES, place = place_of(line);
    (void)owner, (void)region;
    *hit = (struct mote_fetch_hit){
        .is = {&cache.configuration, &cache.line[place], &cache.guard[place]},
        .value = {cache.configuration, line, cache.guard[place]},
        .last = &cache.last,
        .line = line,
        .activity = cache.activity,
        .clock = &cache.clock,
        .used = &cache.used[place],
        .mark = &cache.mark[place],
        .marked = (uint8_t)(place ^ 5),
    };
    return cache.line[place] == line;
}

static const struct mote_mem_timing cached_flash = {
    .fetch = cached_fetch, .load = slow_load, .fetch_hit = cached_hit};

static void clear_cache(struct arm_bench *b)
{
    cache = (struct cache){.last = NO_LINE};
    cache.activity = mote_activity_id(b->sys, "cache.hit");
    for (uint32_t i = 0; i < LINES; i++)
        cache.line[i] = NO_LINE;
}

enum memory { CONSTANT, WAITING, CACHED, SLOW_FLASH, SLOW_ALL, MEMORIES };

static void set_memory(struct arm_bench *b, enum memory memory)
{
    struct mote_region *flash = mote_region_by_name(b->sys, "flash");
    struct mote_region *ram = mote_region_find(b->sys, RAM);
    assert_non_null(flash);
    asking = b->cpu;
    clear_cache(b);
    if (memory >= CACHED) {
        flash->timing = memory == CACHED ? &cached_flash : &slow_flash;
        flash->fetch_line_bytes = 8;
    }
    ram->load_extra_cycles = memory == WAITING;
    if (memory == SLOW_ALL)
        ram->timing = &slow_ram;
}

struct outcome {
    uint32_t r[15], s[32], flags, fpscr;
    uint8_t data[DATA_BYTES];
    uint64_t cycles, instructions, counts[MOTE_MAX_ACTIVITIES], fj;
    struct cache cache;
    uint64_t block_entries, block_cycles, block_executed, block_fj, block_hash;
};

/* ---- running ----------------------------------------------------------------------------------
 */

static void add_block(void *user, const struct mote_block_totals *block)
{
    struct outcome *out = user;
    out->block_entries += block->entries;
    out->block_cycles += block->cycles;
    out->block_executed += block->executed;
    out->block_fj += block->dynamic_fj;
    uint64_t all = block->address ^ block->cycles << 20 ^ block->entries << 40 ^ block->dynamic_fj;
    out->block_hash = (out->block_hash + all) * 0x9E3779B97F4A7C15u;
}

static void set_registers(struct arm_bench *b)
{
    uint32_t fill = 0x1234567;
    for (uint32_t i = 0; i < DATA_BYTES; i += 4)
        arm_bench_set_word(b, DATA + i, fill = fill * 1664525u + 1013904223u);
    for (uint32_t i = 0; i < 13; i++)
        b->cpu->r[i] = fill = fill * 1664525u + 1013904223u;
    for (uint32_t i = 0; i < 32; i++)
        b->cpu->s[i] = fill = fill * 1664525u + 1013904223u;
}

static void take_outcome(struct arm_bench *b, struct outcome *out)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->r, b->cpu->r, sizeof(out->r));
    memcpy(out->s, b->cpu->s, sizeof(out->s));
    out->flags = arm_apsr(b->cpu);
    out->fpscr = b->cpu->fpscr;
    assert_true(mote_mem_read(b->sys, DATA, out->data, DATA_BYTES));
    arm_plans_settle(b->cpu);
    out->cycles = b->cpu->cycles;
    out->instructions = b->cpu->instructions;
    const struct mote_activities *all = mote_activities(b->sys);
    out->fj = all->dynamic_fj;
    out->cache = cache;
    for (uint32_t i = 0; i < all->count; i++)
        out->counts[i] = all->item[i].count;
    b->mote->ops->blocks(b->mote, add_block, out);
}

struct trial {
    const char *core;
    struct random_program program;
    enum memory memory;
    bool interrupts;
};

static uint32_t generated_runs;

static void run(const struct trial *t, bool generated, struct outcome *out)
{
    struct arm_bench *b = arm_bench_new(t->core, NULL);
    arm_bench_code(b, CODE, t->program.half, t->program.count);
    arm_bench_reset(b);
    set_memory(b, t->memory);
    bench_write32(b->bench, 0xE000ED88u, 0xFu << 20);
    set_registers(b);
    struct mote_activities *all = mote_activities(b->sys);
    for (uint32_t i = 0; i < all->count; i++)
        all->item[i].fj = 1000 + 7 * i * i;
    if (!generated)
        b->core->exact_tried = true;
    if (t->interrupts) {
        bench_write32(b->bench, 0xE000E014u, TICK_CYCLES - 1);
        bench_write32(b->bench, 0xE000E010u, 7);
    }
    for (uint32_t i = 0; b->cpu->pc != t->program.end + 2 && i < 1000000; i++)
        arm_bench_run_ps(b, 1000000000);
    if (b->cpu->pc != t->program.end + 2)
        fail_msg("stopped at 0x%x, fault %d", b->cpu->pc, (int)b->cpu->fault);
    take_outcome(b, out);
    generated_runs += generated && b->cpu->exact != NULL && b->cpu->exact->runs != 0;
    arm_bench_free(b);
}

static void compare(const struct trial *t, int number)
{
    static struct outcome interpreted, generated;
    run(t, false, &interpreted);
    run(t, true, &generated);
    if (memcmp(&interpreted, &generated, sizeof(interpreted)) == 0)
        return;
    print_message("%s, program %d, memory %d, interrupts %d\n", t->core, number, (int)t->memory,
                  t->interrupts);
    for (uint32_t i = 0; i < t->program.count; i++)
        print_message("%04x ", t->program.half[i]);
    print_message(
        "\ncycles %llu %llu, instructions %llu %llu, in blocks %llu %llu\n",
        (unsigned long long)interpreted.cycles, (unsigned long long)generated.cycles,
        (unsigned long long)interpreted.instructions, (unsigned long long)generated.instructions,
        (unsigned long long)interpreted.block_cycles, (unsigned long long)generated.block_cycles);
    assert_memory_equal(interpreted.r, generated.r, sizeof(generated.r));
    assert_memory_equal(interpreted.counts, generated.counts, sizeof(generated.counts));
    assert_memory_equal(&interpreted, &generated, sizeof(generated));
}

static void random_programs(const char *core)
{
    struct trial t = {.core = core};
    struct arm_bench *b = arm_bench_new(core, NULL);
    struct arm_decoder *decoder = arm_decoder_new(b->cpu->features);
    assert_non_null(decoder);
    random_seed = 0x2545F491u;
    generated_runs = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        uint32_t length = 3 + random_bits() % 90;
        random_program(&t.program, decoder, length);
        t.interrupts = i & 1;
        t.memory = (enum memory)(i / 2 % MEMORIES);
        compare(&t, i);
    }
#ifdef __x86_64__
    assert_true(generated_runs > PROGRAMS * 8 / 10);
#endif
    arm_decoder_free(decoder);
    arm_bench_free(b);
}

static void cortex_m4(void **state)
{
    (void)state;
    random_programs("arm,cortex-m4f");
}

static void cortex_m3(void **state)
{
    (void)state;
    random_programs("arm,cortex-m3");
}

static void cortex_m33(void **state)
{
    (void)state;
    random_programs("arm,cortex-m33f");
}

/* Set while generated code already runs over it. */
static void breakpoint(void **state)
{
    (void)state;
    const uint32_t at = CODE + 6;
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    ARM_CODE(b, CODE, T_ADDS(0, 1), T_B(4), T_NOP, T_ADDS(2, 1), T_B(-8));
    arm_bench_reset(b);
    bench_write32(b->bench, 0xE000E014u, TICK_CYCLES - 1); /* so that time goes on in steps */
    bench_write32(b->bench, 0xE000E010u, 7);
    arm_bench_run_ps(b, 1000000000);
#ifdef __x86_64__
    assert_true(b->cpu->exact != NULL && b->cpu->exact->runs != 0);
#endif
    arm_bench_until(b, CODE);
    assert_true(b->mote->ops->set_breakpoint(b->mote, at, true));
    uint32_t turns = b->cpu->r[2];
    arm_bench_run_ps(b, 1000000000);
    assert_int_equal(b->cpu->pc, at);
    assert_true(b->cpu->r[2] <= turns + 1);
    arm_bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cortex_m4),
        cmocka_unit_test(cortex_m3),
        cmocka_unit_test(cortex_m33),
        cmocka_unit_test(breakpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
