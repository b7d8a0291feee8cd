/* The read path of code bus accesses to the STM32U5 flash: ICACHE, prefetch, wait states.
 *
 * ST RM0456, 7.3 "FLASH functional description" (reads of 128 bits, LATENCY wait states, prefetch
 * of the next line) and chapter 8 (ICACHE: 8 KiB, two ways or direct mapped, lines of 128 bits,
 * pseudo least recently used, serves both fetches and data reads on the code bus). An access that
 * hits the cache takes no wait state. A miss waits for the array and for the cycles that the cache
 * needs to look up and to forward the first word (mote,icache-miss-cycles); the rest of the line
 * comes at once, since the cache's port to the flash is 128 bits wide. Without the cache each
 * access to another line than the last waits for the array. Guesses: what a prefetch hides. Not
 * modelled: hits under a miss, conflicts between fetch and data reads, power-down of banks. */
#include "_stm32u5_flash.h"
#include <stdio.h>

static const uint32_t line_shift = 4;

void stm32u5_read_invalidate(struct mote_device *dev)
{
    struct u5_read *read = &((struct flash_state *)dev->state)->read;
    for (uint32_t i = 0; i < U5_LINES; i++) {
        read->cache.line[i] = U5_NO_LINE;
        read->cache.oldest[i] = 0;
    }
    read->fetch_line = read->data_line = read->prefetch_line = U5_NO_LINE;
}

/* Looks the line up and, on a miss, puts it in. */
static bool cache_use(struct u5_cache *cache, uint32_t line)
{
    uint32_t set = line & (cache->sets - 1);
    uint32_t *lines = &cache->line[set * cache->ways];
    if (cache->ways == 1) {
        bool hit = lines[0] == line;
        lines[0] = line;
        return hit;
    }
    for (uint8_t way = 0; way < 2; way++)
        if (lines[way] == line) {
            cache->oldest[set] = way ^ 1;
            return true;
        }
    lines[cache->oldest[set]] = line;
    cache->oldest[set] ^= 1;
    return false;
}

static uint32_t read_array(struct mote_device *dev)
{
    struct flash_state *flash = dev->state;
    mote_count(mote_activities(dev->sys), flash->read.array_read);
    uint32_t stall = 0;
    if (flash->operation != FLASH_IDLE)
        stall = stm32u5_flash_stall(dev);
    return flash->read.wait_states + stall;
}

/* A read of a line that is not in the buffer of its port. */
static uint32_t read_line(struct mote_device *dev, uint32_t line)
{
    struct flash_state *flash = dev->state;
    struct u5_read *read = &flash->read;
    struct mote_activities *all = mote_activities(dev->sys);
    uint32_t more = 0;
    if (read->cache.on) {
        if (cache_use(&read->cache, line)) {
            mote_count(all, read->icache_hit);
            return read->hit_cycles;
        }
        mote_count(all, read->icache_miss);
        more = read->miss_cycles;
    }
    if (read->prefetch && read->prefetch_line == line) {
        mote_count(all, read->prefetch_hit);
        read->prefetch_line = line + 1;
        mote_count(all, read->array_read);
        uint32_t hidden = read->prefetch_hidden_cycles;
        return more + (read->wait_states > hidden ? read->wait_states - hidden : 0);
    }
    uint32_t cycles = read_array(dev) + more;
    if (read->prefetch) {
        read->prefetch_line = line + 1;
        mote_count(all, read->array_read);
    }
    return cycles;
}

static uint32_t read_fetch(struct mote_device *dev, struct mote_region *region, uint32_t address,
                           bool branch)
{
    (void)branch;
    struct u5_read *read = &((struct flash_state *)dev->state)->read;
    uint32_t line = (uint32_t)(address - region->base) >> line_shift;
    if (line == read->fetch_line)
        return 0;
    read->fetch_line = line;
    return read_line(dev, line);
}

static uint32_t load_line(struct mote_device *dev, uint32_t line)
{
    struct u5_read *read = &((struct flash_state *)dev->state)->read;
    if (line == read->data_line)
        return 0;
    read->data_line = line;
    return read_line(dev, line);
}

static uint32_t read_load(struct mote_device *dev, struct mote_region *region, uint32_t address,
                          uint32_t bytes)
{
    uint32_t offset = (uint32_t)(address - region->base);
    uint32_t first = offset >> line_shift, last = (offset + bytes - 1) >> line_shift;
    uint32_t cycles = load_line(dev, first);
    return last != first ? cycles + load_line(dev, last) : cycles;
}

/* A store waits for the operation before it; its own operation runs in the background. */
static uint32_t read_store(struct mote_device *dev, struct mote_region *region, uint32_t address,
                           uint32_t bytes)
{
    (void)region, (void)address, (void)bytes;
    struct flash_state *flash = dev->state;
    return flash->operation == FLASH_IDLE ? 0 : stm32u5_flash_stall(dev);
}

static bool read_fetch_hit(struct mote_device *dev, struct mote_region *region, uint32_t address,
                           struct mote_fetch_hit *hit)
{
    struct u5_read *read = &((struct flash_state *)dev->state)->read;
    struct u5_cache *cache = &read->cache;
    uint32_t line = (uint32_t)(address - region->base) >> line_shift;
    uint32_t set = line & (cache->sets - 1);
    *hit = (struct mote_fetch_hit){.is = {&read->configuration, cache->line},
                                   .value = {read->configuration, line},
                                   .last = &read->fetch_line,
                                   .line = line,
                                   .activity = read->icache_hit,
                                   .mark = &cache->oldest[set]};
    if (!cache->on || cache->ways != 2 || read->hit_cycles != 0) {
        hit->last = NULL;
        return false;
    }
    uint32_t way = cache->line[set * 2] == line ? 0 : 1;
    hit->is[1] = &cache->line[set * 2 + way];
    hit->marked = (uint8_t)(way ^ 1);
    return *hit->is[1] == line;
}

const struct mote_mem_timing stm32u5_read_timing = {read_fetch, read_load, read_store,
                                                    read_fetch_hit};

void stm32u5_read_configure(struct mote_device *dev)
{
    struct u5_read *read = &((struct flash_state *)dev->state)->read;
    uint32_t acr = mote_reg(dev, FLASH_ACR);
    read->configuration++;
    read->wait_states = acr & ACR_LATENCY;
    read->prefetch = (acr & ACR_PRFTEN) != 0;
    if (!read->prefetch)
        read->prefetch_line = U5_NO_LINE;
}

void stm32u5_read_cache(struct mote_device *dev, bool on, bool direct)
{
    struct u5_read *read = &((struct flash_state *)dev->state)->read;
    uint32_t lines = read->cache_bytes >> line_shift, ways = direct ? 1 : 2;
    read->configuration++;
    read->cache.on = on && lines >= 2;
    if (read->cache.ways != ways) {
        read->cache.ways = ways;
        read->cache.sets = lines >= 2 ? lines / ways : 1;
        stm32u5_read_invalidate(dev);
    }
}

static uint32_t counter(struct mote_device *dev, const char *region, const char *what)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%s", region, what);
    return mote_activity_id(dev->sys, name);
}

void stm32u5_read_attach(struct mote_device *dev, const char *region)
{
    struct u5_read *read = &((struct flash_state *)dev->state)->read;
    read->cache_bytes = mote_prop_u32(dev, "mote,icache-bytes", 0);
    read->miss_cycles = mote_prop_u32(dev, "mote,icache-miss-cycles", 0);
    read->hit_cycles = mote_prop_u32(dev, "mote,icache-hit-cycles", 0);
    read->prefetch_hidden_cycles = mote_prop_u32(dev, "mote,prefetch-hidden-cycles", 0);
    if (read->cache_bytes > U5_LINES << line_shift)
        read->cache_bytes = U5_LINES << line_shift;
    while (read->cache_bytes & (read->cache_bytes - 1)) /* a power of two */
        read->cache_bytes &= read->cache_bytes - 1;
    read->array_read = counter(dev, region, "array_read");
    read->icache_hit = counter(dev, region, "icache_hit");
    read->icache_miss = counter(dev, region, "icache_miss");
    read->prefetch_hit = counter(dev, region, "prefetch_hit");
}
