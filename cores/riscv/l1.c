/* L1 instruction and data cache of a hart, as VexRiscv has them: time only, since memory always
 * holds the data.
 *
 * Documents: Devicetree Specification 0.4, 3.8.2 (i-cache-size, i-cache-sets, i-cache-block-size,
 * d-cache-*); SpinalHDL/VexRiscv @6807560, ip/InstructionCache.scala and ip/DataCache.scala.
 * Modelled: lookup; a miss waits for its whole line, which the bus brings in a burst; write-through
 * without allocation; the bus carries one transfer at a time, and a store is done when the bus has
 * taken it, so that the next transfer waits for its end. Memory without any cost of its own is
 * taken for tightly coupled and never cached. Guess: round robin replacement. Not modelled: fence.i
 * and cache management (lines stay), the uncached range of the device, which is no memory here. */
#include "l1.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 1 << 14, BEAT_BYTES = 8 };

struct cache {
    uint32_t line_bytes, sets, ways; /* sets 0: the hart has none */
    uint32_t next;                   /* way to replace */
    uint32_t *line;                  /* line number + 1; 0: empty */
    uint32_t miss;                   /* activity */
};

struct riscv_l1 {
    struct cache instruction, data;
    uint64_t bus_free; /* cycle in which the present transfer ends */
};

/* ---- one cache --------------------------------------------------------------------------------
 */

static void forget(struct cache *cache)
{
    if (cache->line != NULL)
        memset(cache->line, 0, (size_t)cache->sets * cache->ways * sizeof *cache->line);
}

static bool holds(const struct cache *cache, uint32_t number)
{
    const uint32_t *set = cache->line + (size_t)(number % cache->sets) * cache->ways;
    for (uint32_t i = 0; i < cache->ways; i++)
        if (set[i] == number + 1)
            return true;
    return false;
}

static void put(struct cache *cache, uint32_t number)
{
    cache->line[(size_t)(number % cache->sets) * cache->ways + cache->next++ % cache->ways] =
        number + 1;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool shape(struct riscv_cpu *cpu, struct cache *cache, char which, struct mote_err *err)
{
    char name[40];
    snprintf(name, sizeof name, "%c-cache-size", which);
    uint32_t bytes = mote_prop_u32(cpu->dev, name, 0);
    if (bytes == 0)
        return true;
    snprintf(name, sizeof name, "%c-cache-block-size", which);
    cache->line_bytes = mote_prop_u32(cpu->dev, name, 32);
    snprintf(name, sizeof name, "%c-cache-sets", which);
    uint32_t lines = cache->line_bytes ? bytes / cache->line_bytes : 0;
    cache->sets = mote_prop_u32(cpu->dev, name, lines);
    cache->ways = cache->sets ? lines / cache->sets : 0;
    if (!is_power_of_two(cache->line_bytes) || cache->line_bytes < BEAT_BYTES ||
        !is_power_of_two(cache->sets) || cache->ways == 0 || lines > MAX_LINES)
        return mote_err_set(err,
                            "%c-cache-size, -block-size and -sets: blocks and sets must be powers "
                            "of two, at least one way, at most %d blocks of 8 bytes or more",
                            which, MAX_LINES);
    cache->line = calloc((size_t)cache->sets * cache->ways, sizeof *cache->line);
    snprintf(name, sizeof name, "%s.%ccache_miss", cpu->dev->name, which);
    cache->miss = mote_activity_id(cpu->sys, name);
    return cache->line != NULL || mote_err_set(err, "out of memory for the caches");
}

/* ---- what accesses cost -----------------------------------------------------------------------
 */

/* Cycles until the bus is free for a transfer that begins now, and which then takes `cycles`. */
static uint32_t occupy_bus(struct riscv_cpu *cpu, uint32_t cycles)
{
    struct riscv_l1 *l1 = cpu->l1;
    uint64_t now = cpu->cycles + cpu->stall;
    uint64_t start = l1->bus_free > now ? l1->bus_free : now;
    l1->bus_free = start + cycles;
    return (uint32_t)(start - now);
}

static uint32_t fill(struct riscv_cpu *cpu, struct cache *cache, const struct mote_region *region,
                     uint32_t number)
{
    uint32_t cycles =
        region->load_extra_cycles + cache->line_bytes / BEAT_BYTES * region->beat_cycles;
    mote_count(cpu->activities, cache->miss);
    put(cache, number);
    return occupy_bus(cpu, cycles) + cycles;
}

static uint32_t uncached(struct riscv_cpu *cpu, const struct mote_region *region)
{
    return occupy_bus(cpu, region->load_extra_cycles) + region->load_extra_cycles;
}

static uint32_t fetch(struct mote_device *owner, struct mote_region *region, uint32_t address,
                      bool branch)
{
    struct riscv_cpu *cpu = owner->state;
    struct cache *cache = &cpu->l1->instruction;
    (void)branch;
    if (cache->sets == 0)
        return uncached(cpu, region);
    uint32_t number = address / cache->line_bytes;
    return holds(cache, number) ? 0 : fill(cpu, cache, region, number);
}

static uint32_t load(struct mote_device *owner, struct mote_region *region, uint32_t address,
                     uint32_t bytes)
{
    struct riscv_cpu *cpu = owner->state;
    struct cache *cache = &cpu->l1->data;
    (void)bytes;
    if (cache->sets == 0)
        return uncached(cpu, region);
    uint32_t number = address / cache->line_bytes;
    return holds(cache, number) ? 0 : fill(cpu, cache, region, number);
}

static uint32_t store(struct mote_device *owner, struct mote_region *region, uint32_t address,
                      uint32_t bytes)
{
    (void)address;
    (void)bytes;
    return occupy_bus(owner->state, region->store_extra_cycles);
}

static const struct mote_mem_timing l1_timing = {.fetch = fetch, .load = load, .store = store};

/* ---- the hart ---------------------------------------------------------------------------------
 */

bool riscv_l1_attach(struct riscv_cpu *cpu, struct mote_err *err)
{
    if (mote_prop_u32(cpu->dev, "i-cache-size", 0) == 0 &&
        mote_prop_u32(cpu->dev, "d-cache-size", 0) == 0)
        return true;
    cpu->l1 = calloc(1, sizeof *cpu->l1);
    if (cpu->l1 == NULL)
        return mote_err_set(err, "out of memory for the caches");
    if (!shape(cpu, &cpu->l1->instruction, 'i', err) || !shape(cpu, &cpu->l1->data, 'd', err))
        return false;
    uint32_t line_bytes = cpu->l1->instruction.line_bytes;
    for (size_t i = 0; i < mote_region_count(cpu->sys); i++) {
        struct mote_region *region = mote_region_at_index(cpu->sys, i);
        if (region->owner != NULL || region->timing != NULL || region->load_extra_cycles == 0)
            continue;
        region->owner = cpu->dev;
        region->timing = &l1_timing;
        region->fetch_line_bytes = line_bytes ? line_bytes : 4;
    }
    return true;
}

void riscv_l1_reset(struct riscv_cpu *cpu)
{
    if (cpu->l1 == NULL)
        return;
    forget(&cpu->l1->instruction);
    forget(&cpu->l1->data);
    cpu->l1->bus_free = 0;
}

void riscv_l1_free(struct riscv_cpu *cpu)
{
    if (cpu->l1 == NULL)
        return;
    free(cpu->l1->instruction.line);
    free(cpu->l1->data.line);
    free(cpu->l1);
}
