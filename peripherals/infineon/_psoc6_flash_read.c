/* The read path from the Cortex-M4 to the PSoC 6 flash: cache, prefetch, wait states.
 *
 * Infineon 002-24529, chapter "Flash memory" (cache) and the FLASHC registers in Infineon's SVD:
 * the flash is read in rows of 128 bits with FLASH_CTL.MAIN_WS wait states of clk_hf. The core's
 * cache has four ways; CA_CTL0.SET_ADDR has three bits, so eight sets; a line has one tag, a valid
 * bit for each 128 bits (CA_STATUS0), and each set a true order of least recent use (CA_STATUS2).
 * Prefetch: a miss reads the row that is missing and then the next one (m). Code and data go
 * through the same cache.
 * Inferred from measured MLPerf Tiny images at 5 wait states: the row read ahead waits in a buffer
 * of one row; it enters the cache when it is used, which begins the next read ahead, and is lost
 * when another miss comes first, since firmware that reads several streams in turn gains nothing
 * from it; a miss waits for a read in progress; a read keeps the flash for some cycles after its
 * wait states, in keeping with a cache memory of 32 bits that takes four stores. The numbers are
 * properties of the node.
 * Guess: the last row of each port needs no look-up. Not modelled: reads by the Cortex-M0+ and DMA,
 * other conflicts between the ports. */
#include "_psoc6_flash.h"
#include <mote/activity.h>
#include <mote/core.h>
#include <stdio.h>

void psoc6_read_invalidate(struct psoc6_read *read)
{
    for (uint32_t i = 0; i < PSOC6_MAX_SETS * PSOC6_WAYS; i++)
        read->line[i] = (struct psoc6_line){.tag = PSOC6_NO_LINE, .used = i % PSOC6_WAYS};
    read->clock = PSOC6_WAYS;
    read->fetch_row = read->data_row = read->ahead_row = PSOC6_NO_LINE;
}

/* The line that holds the row, or the one that it is to replace. */
static struct psoc6_line *find_line(struct psoc6_read *read, uint32_t tag)
{
    struct psoc6_line *set = &read->line[tag % read->sets * PSOC6_WAYS], *oldest = set;
    for (uint32_t way = 0; way < PSOC6_WAYS; way++) {
        if (set[way].tag == tag)
            return &set[way];
        if (set[way].used < oldest->used)
            oldest = &set[way];
    }
    return oldest;
}

/* Looks a row up and, if it is missing, puts it in. */
static bool cache_use(struct psoc6_read *read, uint32_t row)
{
    uint32_t shift = read->line_shift - PSOC6_ROW_SHIFT, tag = row >> shift;
    uint32_t bit = 1u << (row & ((1u << shift) - 1));
    struct psoc6_line *line = find_line(read, tag);
    if (line->tag != tag)
        *line = (struct psoc6_line){.tag = tag};
    bool hit = line->valid & bit;
    line->valid |= bit;
    line->used = ++read->clock;
    return hit;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t core_cycle(const struct mote_device *dev)
{
    const struct mote_core *core = mote_system_core(dev->sys);
    return core != NULL && core->cycles != NULL ? *core->cycles : 0;
}

/* Cycles of a row that neither the port nor the cache holds. */
static uint32_t read_missing(struct mote_device *dev, uint32_t row)
{
    struct psoc6_read *read = dev->state;
    struct mote_activities *all = mote_activities(dev->sys);
    uint32_t busy = read->wait_states + 1 + read->fill_cycles;
    /* Not before an access of the same instruction is over. */
    uint64_t now = later(core_cycle(dev), read->last_at), done;
    if (row == read->ahead_row) {
        mote_count(all, read->prefetch_hit);
        done = later(read->ahead_at, now) + read->ahead_cycles;
        read->free_at = later(read->free_at, done);
    } else {
        mote_count(all, read->array_read);
        uint64_t begin = later(read->free_at, now);
        done = begin + read->wait_states + read->miss_cycles;
        read->free_at = begin + busy;
    }
    read->ahead_row = PSOC6_NO_LINE;
    if (read->prefetch && read->cache) {
        mote_count(all, read->array_read);
        read->free_at += busy;
        read->ahead_at = read->free_at;
        read->ahead_row = row + 1;
    }
    read->last_at = done + 1;
    return (uint32_t)(done - now);
}

/* Cycles of a row that is not the last of its port. */
static uint32_t read_row(struct mote_device *dev, uint32_t row)
{
    struct psoc6_read *read = dev->state;
    if (read->cache) {
        bool hit = cache_use(read, row);
        mote_count(mote_activities(dev->sys), hit ? read->hit : read->miss);
        if (hit)
            return 0;
    }
    return read_missing(dev, row);
}

static uint32_t fetch(struct mote_device *dev, struct mote_region *region, uint32_t address,
                      bool branch)
{
    (void)branch;
    struct psoc6_read *read = dev->state;
    uint32_t row = (uint32_t)(address - region->base) >> PSOC6_ROW_SHIFT;
    if (row == read->fetch_row)
        return 0;
    read->fetch_row = row;
    return read_row(dev, row);
}

static uint32_t load_row(struct mote_device *dev, uint32_t row)
{
    struct psoc6_read *read = dev->state;
    if (row == read->data_row)
        return 0;
    read->data_row = row;
    return read_row(dev, row);
}

static uint32_t load(struct mote_device *dev, struct mote_region *region, uint32_t address,
                     uint32_t bytes)
{
    uint32_t offset = (uint32_t)(address - region->base);
    uint32_t first = offset >> PSOC6_ROW_SHIFT, last = (offset + bytes - 1) >> PSOC6_ROW_SHIFT;
    uint32_t cycles = load_row(dev, first);
    return last != first ? cycles + load_row(dev, last) : cycles;
}

static bool fetch_hit(struct mote_device *dev, struct mote_region *region, uint32_t address,
                      struct mote_fetch_hit *hit)
{
    struct psoc6_read *read = dev->state;
    uint32_t row = (uint32_t)(address - region->base) >> PSOC6_ROW_SHIFT;
    uint32_t shift = read->line_shift - PSOC6_ROW_SHIFT, tag = row >> shift;
    struct psoc6_line *line = find_line(read, tag);
    *hit = (struct mote_fetch_hit){.is = {&read->configuration, &line->tag, &line->valid},
                                   .value = {read->configuration, tag, line->valid},
                                   .last = read->cache ? &read->fetch_row : NULL,
                                   .line = row,
                                   .activity = read->hit,
                                   .clock = &read->clock,
                                   .used = &line->used};
    return line->tag == tag && (line->valid >> (row & ((1u << shift) - 1)) & 1);
}

const struct mote_mem_timing psoc6_read_timing = {fetch, load, NULL, fetch_hit};

void psoc6_read_configure(struct psoc6_read *read, uint32_t wait_states, bool cache, bool prefetch)
{
    read->configuration++;
    read->wait_states = wait_states;
    read->prefetch = prefetch;
    if (read->cache && !cache)
        psoc6_read_invalidate(read);
    if (!prefetch)
        read->ahead_row = PSOC6_NO_LINE;
    read->cache = cache;
}

static uint32_t counter(struct mote_device *dev, const char *region, const char *what)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%s", region, what);
    return mote_activity_id(dev->sys, name);
}

bool psoc6_read_attach(struct mote_device *dev, struct psoc6_read *read, const char *region,
                       struct mote_err *err)
{
    uint32_t bytes = mote_prop_u32(dev, "mote,cache-bytes", 0);
    read->sets = mote_prop_u32(dev, "mote,cache-sets", 0);
    read->miss_cycles = mote_prop_u32(dev, "mote,cache-miss-cycles", 0);
    read->fill_cycles = mote_prop_u32(dev, "mote,cache-fill-cycles", 0);
    read->ahead_cycles = mote_prop_u32(dev, "mote,prefetch-hit-cycles", 0);
    uint32_t line = read->sets == 0 ? 0 : bytes / read->sets / PSOC6_WAYS;
    for (read->line_shift = PSOC6_ROW_SHIFT; 1u << read->line_shift < line; read->line_shift++)
        ;
    bool power = line != 0 && 1u << read->line_shift == line && !(read->sets & (read->sets - 1));
    if (!power || read->sets > PSOC6_MAX_SETS || line >> PSOC6_ROW_SHIFT > PSOC6_MAX_LINE_ROWS)
        return mote_err_set(err,
                            "mote,cache-bytes and mote,cache-sets: a cache of %u bytes in %u "
                            "sets of four lines is not possible",
                            bytes, read->sets);
    read->array_read = counter(dev, region, "array_read");
    read->hit = counter(dev, region, "icache_hit");
    read->miss = counter(dev, region, "icache_miss");
    read->prefetch_hit = counter(dev, region, "prefetch_hit");
    return true;
}
