/* The read path of the STM32G0 flash: current line, prefetch and instruction cache.
 *
 * ST RM0444, 3.3.4 and 3.3.5 (m): the array is read by 64 bits with LATENCY wait states; the line
 * that holds the present instruction stays in a buffer; with PRFTEN the next line is read ahead;
 * with ICEN lines are kept in a cache, least recently used replaced; loads of data are not cached.
 * A read of the array takes LATENCY + 1 cycles, and one read is done at a time: a load waits until
 * a prefetch under way has ended.
 * Known from measurements (MLPerf Tiny images on NUCLEO-G0B1RE at 2 wait states) and set in the
 * devicetree: loops of up to four lines are fetched without a read of the array, so four lines are
 * kept, read on demand or ahead; and a prefetch begins with the address phase of the line before.
 * Inferred from the same: a line that is cached is not prefetched. */
#include "_stm32g0_flash.h"
#include <mote/core.h>
#include <stdio.h>

/* The core cycle in which the data phase of this access begins. A core that does not tell leaves
 * enough time between accesses for every read to end. */
static uint64_t access_cycle(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    struct g0_read *read = &flash->read;
    const struct mote_core *core = mote_system_core(dev->sys);
    if (core != NULL && core->cycles != NULL)
        return *core->cycles;
    return read->busy + 2 * (read->wait_states + 1);
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Reads a line from cycle `from` on, or when the read before has ended; gives the last cycle. */
static uint64_t read_array(struct mote_device *dev, uint32_t line, uint64_t from)
{
    struct flash_state *flash = dev->state;
    struct g0_read *read = &flash->read;
    mote_count(mote_activities(dev->sys), read->array_read);
    read->busy = later(from, read->busy + 1) + read->wait_states;
    if (flash->common.operation != FLASH_IDLE)
        read->busy += stm32_flash_stall(dev, line << G0_LINE_SHIFT, false);
    return read->busy;
}

/* Index in the cache, or its size. */
static uint32_t cache_find(const struct g0_read *read, uint32_t line)
{
    uint32_t i = 0, count = read->cache ? read->cache_lines : 0;
    while (i < count && read->line[i] != line)
        i++;
    return i < count ? i : G0_MAX_LINES;
}

/* Makes the line the most recently used one. */
static void cache_use(struct g0_read *read, uint32_t line)
{
    if (!read->cache)
        return;
    uint32_t i = cache_find(read, line);
    if (i == G0_MAX_LINES)
        i = read->cache_lines - 1;
    for (; i > 0; i--)
        read->line[i] = read->line[i - 1];
    read->line[0] = line;
}

static void prefetch(struct mote_device *dev, uint32_t line, uint64_t from)
{
    struct flash_state *flash = dev->state;
    struct g0_read *read = &flash->read;
    if (!read->prefetch || read->wait_states == 0 || read->prefetch_line == line ||
        cache_find(read, line) != G0_MAX_LINES)
        return;
    read->prefetch_line = line;
    read->prefetched = read_array(dev, line, from);
}

static uint32_t fetch(struct mote_device *dev, struct mote_region *region, uint32_t address,
                      bool branch)
{
    (void)branch;
    struct flash_state *flash = dev->state;
    struct g0_read *read = &flash->read;
    struct mote_activities *all = mote_activities(dev->sys);
    uint32_t line = (uint32_t)(address - region->base) >> G0_LINE_SHIFT;
    if (line == read->buffer_line)
        return 0;
    uint64_t begins = access_cycle(dev), ends = begins;
    if (read->prefetch_line == line) {
        mote_count(all, read->prefetch_hit);
        ends = later(begins, read->prefetched);
    } else if (cache_find(read, line) != G0_MAX_LINES) {
        mote_count(all, read->icache_hit);
    } else {
        mote_count(all, read->icache_miss);
        ends = read_array(dev, line, begins);
    }
    read->buffer_line = line;
    cache_use(read, line);
    prefetch(dev, line + 1, ends < read->prefetch_lead ? 0 : ends - read->prefetch_lead);
    return (uint32_t)(ends - begins);
}

static uint32_t load(struct mote_device *dev, struct mote_region *region, uint32_t address,
                     uint32_t bytes)
{
    (void)bytes;
    uint64_t begins = access_cycle(dev);
    uint32_t line = (uint32_t)(address - region->base) >> G0_LINE_SHIFT;
    return (uint32_t)(read_array(dev, line, begins) - begins);
}

static uint32_t store(struct mote_device *dev, struct mote_region *region, uint32_t address,
                      uint32_t bytes)
{
    (void)bytes;
    const struct flash_state *flash = dev->state;
    if (flash->common.operation == FLASH_IDLE)
        return 0;
    return stm32_flash_stall(dev, (uint32_t)(address - region->base), true);
}

const struct mote_mem_timing stm32g0_read_timing = {.fetch = fetch, .load = load, .store = store};

void stm32g0_read_configure(struct mote_device *dev, bool clear)
{
    struct flash_state *flash = dev->state;
    struct g0_read *read = &flash->read;
    uint32_t acr = mote_reg(dev, FLASH_ACR);
    read->wait_states = acr & ACR_LATENCY;
    read->prefetch = (acr & ACR_PRFTEN) != 0;
    read->cache = (acr & ACR_ICEN) != 0 && read->cache_lines > 0;
    read->prefetch_line = G0_NO_LINE;
    if (!clear)
        return;
    read->buffer_line = G0_NO_LINE;
    for (uint32_t i = 0; i < G0_MAX_LINES; i++)
        read->line[i] = G0_NO_LINE;
}

static uint32_t counter(struct mote_device *dev, const char *region, const char *what)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%s", region, what);
    return mote_activity_id(dev->sys, name);
}

void stm32g0_read_attach(struct mote_device *dev, const char *region)
{
    struct flash_state *flash = dev->state;
    struct g0_read *read = &flash->read;
    read->cache_lines = mote_prop_u32(dev, "mote,icache-lines", 0);
    if (read->cache_lines > G0_MAX_LINES)
        read->cache_lines = G0_MAX_LINES;
    read->prefetch_lead = mote_prop_u32(dev, "mote,prefetch-lead-cycles", 0);
    read->array_read = counter(dev, region, "array_read");
    read->icache_hit = counter(dev, region, "icache_hit");
    read->icache_miss = counter(dev, region, "icache_miss");
    read->prefetch_hit = counter(dev, region, "prefetch_hit");
}
