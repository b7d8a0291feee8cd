/* The read path of the STM32L4+ flash: line buffers, prefetch and caches (ART accelerator).
 *
 * ST RM0432, 3.3 "FLASH functional description": lines of 64 bits in dual-bank and 128 bits in
 * single-bank mode; LATENCY wait states for a read of the array; a prefetch buffer for the next
 * sequential line; an instruction cache of 1 KiB (32 lines of 4 x 64 bits) and a data cache of
 * 256 bytes (8 lines of 4 x 64 bits), filled on a miss with the line that was read, least recently
 * used line replaced.
 * Known from measurements (MLPerf Tiny images on NUCLEO-L4R5ZI at 5 wait states) and set in the
 * devicetree: a data cache hit in another line, a data miss while the prefetch is on, each cost a
 * cycle more, but not with zero wait states.
 * Guesses: a prefetched line that is used goes to the cache; prefetching hides as many cycles of a
 * sequential miss as the words of the line before take at one a cycle; it stops at lines that are
 * cached. Not modelled: conflicts between instruction and data reads beyond the cycle above,
 * power-down of the array. */
#include "_stm32l4_flash.h"
#include <stdio.h>

static void cache_clear(struct art_cache *cache)
{
    for (uint32_t i = 0; i < ART_MAX_LINES; i++) {
        cache->line[i] = ART_NO_LINE;
        cache->used[i] = 0;
    }
}

/* Index of a line, or ART_MAX_LINES. Most look-ups find it where it was found last. */
static uint32_t cache_find(struct art_cache *cache, uint32_t line)
{
    uint32_t hint = cache->place[line & 255];
    if (cache->line[hint] == line)
        return hint;
    uint32_t first = line % cache->sets * cache->ways;
    for (uint32_t i = first; i < first + cache->ways; i++)
        if (cache->line[i] == line) {
            cache->place[line & 255] = (uint8_t)i;
            return i;
        }
    return ART_MAX_LINES;
}

/* Looks the line up and, on a miss, puts it in. */
static bool cache_use(struct art_cache *cache, uint32_t line)
{
    uint32_t found = cache_find(cache, line);
    cache->clock++;
    if (found != ART_MAX_LINES) {
        cache->used[found] = cache->clock;
        return true;
    }
    uint32_t first = line % cache->sets * cache->ways;
    uint32_t oldest = first;
    for (uint32_t i = first; i < first + cache->ways; i++)
        if (cache->used[i] < cache->used[oldest])
            oldest = i;
    cache->line[oldest] = line;
    cache->used[oldest] = cache->clock;
    cache->place[line & 255] = (uint8_t)oldest;
    return false;
}

static uint32_t read_array(struct mote_device *dev, uint32_t line)
{
    struct flash_state *flash = dev->state;
    mote_count(mote_activities(dev->sys), flash->art.array_read);
    uint32_t stall = 0;
    if (flash->common.operation != FLASH_IDLE)
        stall = stm32_flash_stall(dev, line << flash->art.line_shift, false);
    return flash->art.wait_states + stall;
}

/* Reads the line after `line` ahead of time. */
static void start_prefetch(struct mote_device *dev, uint32_t line)
{
    struct flash_state *flash = dev->state;
    struct art *art = &flash->art;
    if (!art->prefetch || art->prefetch_line == line + 1 ||
        (art->icache.enabled && cache_find(&art->icache, line + 1) != ART_MAX_LINES))
        return;
    art->prefetch_line = line + 1;
    mote_count(mote_activities(dev->sys), art->array_read);
}

static uint32_t fetch_cached(struct mote_device *dev, uint32_t line)
{
    struct flash_state *flash = dev->state;
    struct art *art = &flash->art;
    struct mote_activities *all = mote_activities(dev->sys);
    bool prefetched = art->prefetch && art->prefetch_line == line;
    if (art->icache.enabled) {
        if (cache_use(&art->icache, line)) {
            mote_count(all, art->icache_hit);
            return 0;
        }
        if (!prefetched)
            mote_count(all, art->icache_miss);
    }
    if (!prefetched)
        return read_array(dev, line);
    mote_count(all, art->prefetch_hit);
    uint32_t hidden = (1u << art->line_shift) / 4;
    return art->wait_states + 1 > hidden ? art->wait_states + 1 - hidden : 0;
}

static uint32_t art_fetch(struct mote_device *dev, struct mote_region *region, uint32_t address,
                          bool branch)
{
    (void)branch;
    struct flash_state *flash = dev->state;
    struct art *art = &flash->art;
    uint32_t line = (uint32_t)(address - region->base) >> art->line_shift;
    if (line == art->fetch_line)
        return 0;
    /* The usual case, ahead of the others: a cache hit with nothing to prefetch. */
    struct art_cache *cache = &art->icache;
    uint32_t hint = cache->place[line & 255];
    if (cache->enabled && !art->prefetch && cache->line[hint] == line) {
        cache->used[hint] = ++cache->clock;
        mote_count(mote_activities(dev->sys), art->icache_hit);
        art->fetch_line = line;
        return 0;
    }
    uint32_t cycles = fetch_cached(dev, line);
    art->fetch_line = line;
    start_prefetch(dev, line);
    return cycles;
}

static uint32_t load_line(struct mote_device *dev, uint32_t line)
{
    struct flash_state *flash = dev->state;
    struct art *art = &flash->art;
    if (line == art->data_line)
        return 0;
    art->data_line = line;
    if (art->dcache.enabled) {
        bool hit = cache_use(&art->dcache, line);
        mote_count(mote_activities(dev->sys), hit ? art->dcache_hit : art->dcache_miss);
        if (hit)
            return art->wait_states > 0 ? art->dcache_hit_cycles : 0;
    }
    uint32_t cycles = read_array(dev, line);
    return art->prefetch && art->wait_states > 0 ? cycles + art->prefetch_conflict_cycles : cycles;
}

static uint32_t art_load(struct mote_device *dev, struct mote_region *region, uint32_t address,
                         uint32_t bytes)
{
    struct flash_state *flash = dev->state;
    uint32_t offset = (uint32_t)(address - region->base);
    uint32_t first = offset >> flash->art.line_shift;
    uint32_t last = (offset + bytes - 1) >> flash->art.line_shift;
    uint32_t cycles = load_line(dev, first);
    return last != first ? cycles + load_line(dev, last) : cycles;
}

/* A store waits for the operation before it; its own operation runs in the background. */
static uint32_t art_store(struct mote_device *dev, struct mote_region *region, uint32_t address,
                          uint32_t bytes)
{
    (void)bytes;
    struct flash_state *flash = dev->state;
    if (flash->common.operation == FLASH_IDLE)
        return 0;
    return stm32_flash_stall(dev, (uint32_t)(address - region->base), true);
}

static bool art_fetch_hit(struct mote_device *dev, struct mote_region *region, uint32_t address,
                          struct mote_fetch_hit *hit)
{
    struct flash_state *flash = dev->state;
    struct art *art = &flash->art;
    struct art_cache *cache = &art->icache;
    uint32_t line = (uint32_t)(address - region->base) >> art->line_shift;
    uint32_t place = cache_find(cache, line), next = cache_find(cache, line + 1);
    bool cached = place != ART_MAX_LINES;
    *hit = (struct mote_fetch_hit){.is = {&art->configuration, &cache->line[cached ? place : 0]},
                                   .value = {art->configuration, line, line + 1},
                                   .last = cache->enabled ? &art->fetch_line : NULL,
                                   .line = line,
                                   .activity = art->icache_hit,
                                   .clock = &cache->clock,
                                   .used = &cache->used[cached ? place : 0]};
    /* Nothing is read ahead when the next line is there, or its prefetch has begun. */
    if (art->prefetch)
        hit->is[2] = next != ART_MAX_LINES ? &cache->line[next] : &art->prefetch_line;
    return cached && (hit->is[2] == NULL || *hit->is[2] == line + 1);
}

const struct mote_mem_timing stm32l4_art_timing = {art_fetch, art_load, art_store, art_fetch_hit};

static void set_shape(struct art_cache *cache, uint32_t bytes, uint32_t ways, uint32_t line_shift)
{
    uint32_t lines = bytes >> line_shift;
    lines = lines > ART_MAX_LINES ? ART_MAX_LINES : lines;
    cache->ways = ways == 0 || ways > lines ? (lines ? lines : 1) : ways;
    cache->sets = lines >= cache->ways ? lines / cache->ways : 1;
}

void stm32l4_art_configure(struct mote_device *dev, bool clear_icache, bool clear_dcache)
{
    struct flash_state *flash = dev->state;
    struct art *art = &flash->art;
    uint32_t acr = mote_reg(dev, FLASH_ACR);
    uint32_t shift = flash->common.loaded[0] & OPTR_DBANK ? 3 : 4;
    if (shift != art->line_shift) {
        art->line_shift = shift;
        set_shape(&art->icache, art->icache_bytes, art->icache_ways, shift);
        set_shape(&art->dcache, art->dcache_bytes, art->dcache_ways, shift);
        clear_icache = clear_dcache = true;
        struct mote_region *region;
        for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++)
            region->fetch_line_bytes = 1u << shift;
    }
    art->configuration++;
    art->wait_states = acr & ACR_LATENCY;
    art->prefetch = (acr & ACR_PRFTEN) != 0;
    art->icache.enabled = (acr & ACR_ICEN) != 0 && art->icache_bytes > 0;
    art->dcache.enabled = (acr & ACR_DCEN) != 0 && art->dcache_bytes > 0;
    if (clear_icache) {
        cache_clear(&art->icache);
        art->fetch_line = art->prefetch_line = ART_NO_LINE;
    }
    if (clear_dcache) {
        cache_clear(&art->dcache);
        art->data_line = ART_NO_LINE;
    }
    if (!art->prefetch)
        art->prefetch_line = ART_NO_LINE;
}

static uint32_t counter(struct mote_device *dev, const char *region, const char *what)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%s", region, what);
    return mote_activity_id(dev->sys, name);
}

void stm32l4_art_attach(struct mote_device *dev, const char *region)
{
    struct flash_state *flash = dev->state;
    struct art *art = &flash->art;
    art->icache_bytes = mote_prop_u32(dev, "mote,icache-bytes", 0);
    art->icache_ways = mote_prop_u32(dev, "mote,icache-ways", 0);
    art->dcache_bytes = mote_prop_u32(dev, "mote,dcache-bytes", 0);
    art->dcache_ways = mote_prop_u32(dev, "mote,dcache-ways", 0);
    art->dcache_hit_cycles = mote_prop_u32(dev, "mote,dcache-hit-cycles", 0);
    art->prefetch_conflict_cycles = mote_prop_u32(dev, "mote,prefetch-conflict-cycles", 0);
    art->array_read = counter(dev, region, "array_read");
    art->icache_hit = counter(dev, region, "icache_hit");
    art->icache_miss = counter(dev, region, "icache_miss");
    art->prefetch_hit = counter(dev, region, "prefetch_hit");
    art->dcache_hit = counter(dev, region, "dcache_hit");
    art->dcache_miss = counter(dev, region, "dcache_miss");
}
