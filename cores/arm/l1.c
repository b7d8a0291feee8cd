/* L1 instruction and data cache of the Cortex-M7: time only, since memory always holds the data.
 *
 * Documents: Cortex-M7 TRM (DDI 0489F) 5.1 to 5.3, 5.9: 32-byte lines, two ways of instructions,
 * four of data; Armv7-M ARM (DDI 0403E) B3.1 for the default memory map (code is write-through,
 * SRAM write-back and write-allocate), B2.2 for maintenance. Modelled: lookup; line fills with the
 * missed bytes first, which then serve hits while the rest is on the way; two buffers for data and
 * one for instructions (Arm, "AXI guidelines for Cortex-M7"), whose requests queue at the memory;
 * write-back of dirty lines behind the store buffer; maintenance by address, set and way, and as a
 * whole. TCMs (regions without any cost) and the ITCM port of a flash are never cached. Not
 * modelled: MPU attributes (the default map holds), data that stays stale because a cache was not
 * cleaned, the dynamic read allocate mode, the cost of a write-back, ECC. Guess: round robin
 * replacement. */
#include "l1.h"

#include "../timing/pipeline.h"
#include "core.h"
#include <stdlib.h>

#define NO_LINE UINT32_MAX

static void forget(struct arm_l1_cache *cache)
{
    for (uint32_t i = 0; i < L1_MAX_LINES; i++) {
        cache->line[i] = NO_LINE;
        cache->dirty[i] = 0;
    }
}

static void shape(struct arm_l1_cache *cache, uint32_t bytes, uint32_t ways)
{
    uint32_t lines = bytes >> L1_LINE_SHIFT;
    cache->ways = lines >= ways && lines <= L1_MAX_LINES ? ways : 0;
    cache->sets = cache->ways ? lines / ways : 0;
    forget(cache);
}

static uint32_t find(const struct arm_l1_cache *cache, uint32_t line)
{
    uint32_t first = line % cache->sets * cache->ways;
    for (uint32_t i = first; i < first + cache->ways; i++)
        if (cache->line[i] == line)
            return i;
    return L1_MAX_LINES;
}

/* Starts the burst that fetches a line, the eight bytes at `address` first. Requests queue in the
 * memory; a buffer must be free. The cycle in which those bytes arrive. */
static uint64_t burst(struct arm_cpu *cpu, struct arm_l1_fill *buffer, struct mote_region *region,
                      uint32_t address)
{
    uint64_t now = cpu->cycles + cpu->stall;
    uint64_t at = buffer->done > now ? buffer->done : now;
    at += pipeline_exception_cycles(cpu->pipeline, PIPELINE_LINE_FILL) + region->load_extra_cycles;
    if (at < cpu->l1->bus_free)
        at = cpu->l1->bus_free;
    uint32_t first = address >> 3 & (L1_BEATS - 1);
    buffer->line = address >> L1_LINE_SHIFT;
    for (uint32_t i = 0; i < L1_BEATS; i++) {
        uint32_t index = (first + i) & (L1_BEATS - 1);
        uint32_t from = (address & ~((1u << L1_LINE_SHIFT) - 1)) + index * 8;
        at +=
            region->beat != NULL ? region->beat(region->owner, region, from) : region->beat_cycles;
        buffer->arrives[index] = at;
    }
    buffer->done = cpu->l1->bus_free = at;
    return buffer->arrives[first];
}

/* Puts a line in; the cycles that the core waits for the bytes that it missed. */
static uint32_t fill(struct arm_cpu *cpu, struct arm_l1_cache *cache, struct mote_region *region,
                     uint32_t address, bool dirty)
{
    struct arm_l1 *l1 = cpu->l1;
    uint32_t line = address >> L1_LINE_SHIFT;
    uint32_t at = line % cache->sets * cache->ways + cache->next++ % cache->ways;
    mote_count(cpu->activities, cache->miss);
    if (cache->dirty[at])
        mote_count(cpu->activities, cache->write_back);
    cache->line[at] = line;
    cache->dirty[at] = dirty;
    struct arm_l1_fill *buffer = &l1->fetch_buffer;
    if (cache == &l1->data)
        buffer = &l1->buffer[l1->buffer[1].done < l1->buffer[0].done];
    uint64_t arrives = burst(cpu, buffer, region, address);
    if (cache == &l1->data)
        l1->filling_until = buffer->done;
    return (uint32_t)(arrives - cpu->cycles) - cpu->stall;
}

/* A hit may find its line still on the way. */
static uint32_t wait_for_fill(const struct arm_cpu *cpu, uint32_t address)
{
    const struct arm_l1 *l1 = cpu->l1;
    uint64_t now = cpu->cycles + cpu->stall;
    if (now >= l1->filling_until)
        return 0;
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t arrives = l1->buffer[i].arrives[address >> 3 & (L1_BEATS - 1)];
        if (l1->buffer[i].line == address >> L1_LINE_SHIFT && arrives > now)
            return (uint32_t)(arrives - now);
    }
    return 0;
}

static bool is_cacheable(const struct mote_region *region, uint32_t address)
{
    bool tcm = region->alias_of != NULL || (region->timing == NULL && !region->load_extra_cycles);
    return !tcm && (address < 0x40000000u || (address >= 0x60000000u && address < 0xA0000000u));
}

static uint32_t uncached(struct mote_region *region, uint32_t address, uint32_t bytes)
{
    if (region->timing != NULL && region->timing->load != NULL)
        return region->timing->load(region->owner, region, address, bytes);
    return region->load_extra_cycles;
}

uint32_t arm_l1_fetch(struct arm_cpu *cpu, struct mote_region *region, uint32_t address)
{
    struct arm_l1 *l1 = cpu->l1;
    struct arm_l1_cache *cache = &l1->instruction;
    uint32_t line = address >> L1_LINE_SHIFT;
    if (line == l1->last_fetch)
        return 0;
    if (!cache->on || !is_cacheable(region, address))
        return uncached(region, address, 8);
    l1->last_fetch = line;
    if (find(cache, line) != L1_MAX_LINES)
        return 0;
    return fill(cpu, cache, region, address, false);
}

uint32_t arm_l1_load(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                     uint32_t bytes)
{
    struct arm_l1 *l1 = cpu->l1;
    struct arm_l1_cache *cache = &l1->data;
    uint32_t line = address >> L1_LINE_SHIFT;
    if (line == l1->last_data)
        return wait_for_fill(cpu, address);
    if (!cache->on || !is_cacheable(region, address))
        return uncached(region, address, bytes);
    l1->last_data = line;
    if (find(cache, line) != L1_MAX_LINES)
        return wait_for_fill(cpu, address);
    return fill(cpu, cache, region, address, false);
}

/* The store buffer hides a store's own time; what counts is the line that it brings in. */
uint32_t arm_l1_store(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                      uint32_t bytes)
{
    struct arm_l1_cache *cache = &cpu->l1->data;
    (void)bytes;
    bool write_through = address < 0x20000000u || address >= 0x80000000u;
    if (!cache->on || !is_cacheable(region, address))
        return 0;
    uint32_t line = address >> L1_LINE_SHIFT, at = find(cache, line);
    if (at != L1_MAX_LINES)
        cache->dirty[at] = !write_through;
    else if (!write_through)
        fill(cpu, cache, region, address, true);
    return 0;
}

void arm_l1_maintain(struct arm_cpu *cpu, struct arm_l1_cache *cache, enum arm_l1_scope scope,
                     uint32_t value, bool invalidate)
{
    uint32_t first = 0, last = cache->sets * cache->ways;
    cpu->l1->last_fetch = cpu->l1->last_data = NO_LINE;
    if (cache->ways == 0)
        return;
    if (scope == L1_ADDRESS) {
        first = find(cache, value >> L1_LINE_SHIFT);
        last = first == L1_MAX_LINES ? first : first + 1;
    } else if (scope == L1_SET_WAY) {
        uint32_t way = value >> (cache->ways == 4 ? 30 : 31);
        first = (value >> L1_LINE_SHIFT) % cache->sets * cache->ways + way;
        last = first + 1;
    }
    for (uint32_t i = first; i < last; i++) {
        if (invalidate)
            cache->line[i] = NO_LINE;
        cache->dirty[i] = 0;
    }
}

void arm_l1_configure(struct arm_cpu *cpu)
{
    struct arm_l1 *l1 = cpu->l1;
    if (l1 == NULL)
        return;
    l1->last_fetch = l1->last_data = NO_LINE;
    l1->instruction.on = l1->instruction.ways && (cpu->ccr & 1u << 17);
    l1->data.on = l1->data.ways && (cpu->ccr & 1u << 16);
}

struct arm_l1 *arm_l1_new(struct arm_cpu *cpu, uint32_t instruction_bytes, uint32_t data_bytes)
{
    struct arm_l1 *l1 = calloc(1, sizeof *l1);
    if (l1 == NULL)
        return NULL;
    shape(&l1->instruction, instruction_bytes, 2);
    shape(&l1->data, data_bytes, 4);
    l1->last_fetch = l1->last_data = NO_LINE;
    l1->instruction.miss = mote_activity_id(cpu->sys, "l1.icache_miss");
    l1->data.miss = mote_activity_id(cpu->sys, "l1.dcache_miss");
    l1->instruction.write_back = l1->data.write_back =
        mote_activity_id(cpu->sys, "l1.dcache_write_back");
    return l1;
}
