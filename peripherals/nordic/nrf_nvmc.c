/* Nordic nRF52 NVMC (flash controller) with the instruction cache, and what flash accesses cost.
 *
 * Source: nRF52840 Product Specification v1.7, NVMC, CPU and Memory chapters; CMSIS-SVD.
 * Owns the regions of its devicetree children: the code flash first, UICR second (if listed).
 * Modelled: programming by word (bits only go to 0), ERASEPAGE, partial erase, ERASEALL, ERASEUICR,
 * with their durations; READY, READYNEXT; the core halts when it fetches from, reads or writes
 * flash that is being programmed; ICACHECNF with its profiling counters; wait states. Assumed, as
 * the specification does not say: the flash is read in lines of "mote,line-bytes", the last line
 * read stays in a buffer that serves further reads from it without wait states; the cache has lines
 * of that size, "mote,icache-ways" ways with least-recently-used replacement (as Nordic documents
 * for the nRF5340's cache); data reads are not cached. The counters IHIT and IMISS count entries
 * into a line, not every fetched word. Not modelled: nWRITE limits, access protection (ACL), the
 * debugger's view. */
#include "_nrf.h"
#include <mote/activity.h>
#include <stdio.h>
#include <string.h>

enum {
    READY,
    READYNEXT,
    CONFIG,
    ERASEPAGE,
    ERASEALL,
    ERASEUICR,
    ERASEPAGEPARTIAL,
    ERASEPAGEPARTIALCFG,
    ICACHECNF,
    IHIT,
    IMISS,
    REG_COUNT
};
enum { FINISHED };
enum { IDLE, WRITING, ERASING };
enum { REGION_FLASH, REGION_UICR, REGION_COUNT };

#define CONFIG_WEN  1u
#define CONFIG_EEN  2u
#define CNF_CACHEEN 1u
#define CNF_PROFILE 0x100u
#define CACHE_LINES 256u
#define NO_LINE     UINT32_MAX
#define ERASED_BYTE 0xff

struct nrf_nvmc {
    uint32_t line_bytes, page_bytes, wait_cycles, miss_cycles;
    uint32_t sets, ways;
    uint64_t write_ps, erase_page_ps, erase_all_ps;
    uint32_t count_hit, count_miss, count_read; /* activity counters */
    uint64_t busy_until_ps;
    bool stall_paid;        /* the core has already waited for the operation that runs */
    uint32_t buffered_line; /* in the flash's read buffer */
    uint32_t partial_page;
    uint64_t partial_ps;
    uint32_t tag[CACHE_LINES]; /* line numbers, most recently used way first in each set */
};

/* ---- what an access costs ---------------------------------------------------------------------
 */

static void forget_lines(struct mote_device *dev)
{
    struct nrf_nvmc *nvmc = dev->state;

    nvmc->buffered_line = NO_LINE;
    for (uint32_t i = 0; i < CACHE_LINES; i++)
        nvmc->tag[i] = NO_LINE;
}

/* Cycles that the core halts for an operation under way. */
static uint32_t stall_cycles(struct mote_device *dev)
{
    struct nrf_nvmc *nvmc = dev->state;
    uint64_t now_ps = mote_now_ps(dev->sys);

    if (nvmc->stall_paid || nvmc->busy_until_ps <= now_ps)
        return 0;
    nvmc->stall_paid = true;
    uint64_t hz = mote_clock_inputs(dev) > 0 ? mote_clock_hz(dev, 0) : NRF_NOMINAL_HFCLK64M_HZ;
    uint64_t cycles = mote_ps_to_cycles(nvmc->busy_until_ps - now_ps, hz) + 1;

    return cycles > UINT32_MAX ? UINT32_MAX : (uint32_t)cycles;
}

/* Reading a line through the buffer. */
static uint32_t read_line(struct mote_device *dev, uint32_t line, uint32_t cycles)
{
    struct nrf_nvmc *nvmc = dev->state;

    if (line == nvmc->buffered_line)
        return 0;
    nvmc->buffered_line = line;
    mote_count(mote_activities(dev->sys), nvmc->count_read);
    return cycles;
}

/* Looks a line up and makes it the most recently used of its set. */
static bool cache_take(struct nrf_nvmc *nvmc, uint32_t line)
{
    uint32_t *set = &nvmc->tag[line % nvmc->sets * nvmc->ways];
    uint32_t way = 0;

    while (way < nvmc->ways && set[way] != line)
        way++;
    bool hit = way < nvmc->ways;

    for (uint32_t i = hit ? way : nvmc->ways - 1; i > 0; i--)
        set[i] = set[i - 1];
    set[0] = line;
    return hit;
}

static uint32_t fetch(struct mote_device *dev, struct mote_region *region, uint32_t address,
                      bool branch)
{
    struct nrf_nvmc *nvmc = dev->state;
    uint32_t line = address / nvmc->line_bytes;
    uint32_t stalled = stall_cycles(dev);

    (void)region;
    (void)branch;
    if (!(mote_reg(dev, ICACHECNF) & CNF_CACHEEN))
        return stalled + read_line(dev, line, nvmc->wait_cycles);
    bool hit = cache_take(nvmc, line);

    mote_count(mote_activities(dev->sys), hit ? nvmc->count_hit : nvmc->count_miss);
    if (mote_reg(dev, ICACHECNF) & CNF_PROFILE)
        mote_reg(dev, hit ? IHIT : IMISS)++;
    return stalled + (hit ? 0 : read_line(dev, line, nvmc->miss_cycles));
}

static uint32_t load(struct mote_device *dev, struct mote_region *region, uint32_t address,
                     uint32_t bytes)
{
    const struct nrf_nvmc *nvmc = dev->state;
    uint32_t stalled = stall_cycles(dev);

    (void)region;
    (void)bytes;
    return stalled + read_line(dev, address / nvmc->line_bytes, nvmc->wait_cycles);
}

static uint32_t store(struct mote_device *dev, struct mote_region *region, uint32_t address,
                      uint32_t bytes)
{
    (void)region;
    (void)address;
    (void)bytes;
    return stall_cycles(dev);
}

static const struct mote_mem_timing timing = {.fetch = fetch, .load = load, .store = store};

/* ---- programming ------------------------------------------------------------------------------
 */

static void begin(struct mote_device *dev, uint64_t duration_ps, uint32_t state)
{
    struct nrf_nvmc *nvmc = dev->state;
    uint64_t now_ps = mote_now_ps(dev->sys);

    if (nvmc->busy_until_ps < now_ps)
        nvmc->busy_until_ps = now_ps;
    nvmc->busy_until_ps += duration_ps;
    nvmc->stall_paid = false;
    forget_lines(dev);
    mote_reg(dev, READY) = 0;
    mote_reg(dev, READYNEXT) = state == WRITING;
    mote_power_state(dev, state);
    mote_event_at(dev, FINISHED, nvmc->busy_until_ps);
}

static void finished(struct mote_device *dev)
{
    mote_reg(dev, READY) = 1;
    mote_reg(dev, READYNEXT) = 1;
    mote_power_state(dev, IDLE);
}

static bool region_store(struct mote_device *dev, struct mote_region *region, uint32_t offset,
                         uint32_t value, uint32_t bytes)
{
    const struct nrf_nvmc *nvmc = dev->state;

    if (mote_reg(dev, CONFIG) != CONFIG_WEN || bytes != 4) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store of %u bytes to flash at 0x%llx: %s", bytes,
                 (unsigned long long)region->base + offset,
                 bytes == 4 ? "CONFIG.WEN does not enable writing" : "flash takes whole words");
        return false;
    }
    for (uint32_t i = 0; i < 4; i++)
        region->host[offset + i] &= (uint8_t)(value >> (8 * i));
    mote_region_changed(region, offset, 4);
    begin(dev, nvmc->write_ps, WRITING);
    return true;
}

static bool erase_enabled(struct mote_device *dev)
{
    if (mote_reg(dev, CONFIG) == CONFIG_EEN)
        return true;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "erase while CONFIG.WEN does not enable erasing");
    return false;
}

static void erase(struct mote_device *dev, uint32_t index, uint64_t offset, uint64_t bytes)
{
    struct mote_region *region = mote_region_owned(dev, index);

    if (region == NULL || offset + bytes > region->size_bytes)
        return;
    memset(region->host + offset, ERASED_BYTE, bytes);
    mote_region_changed(region, offset, bytes);
}

static bool page_of(struct mote_device *dev, uint32_t address, uint64_t *offset)
{
    const struct nrf_nvmc *nvmc = dev->state;
    const struct mote_region *region = mote_region_owned(dev, REGION_FLASH);

    if (region == NULL || address % nvmc->page_bytes != 0 || address < region->base ||
        address - region->base >= region->size_bytes) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "0x%08x is not the start of a flash page", address);
        return false;
    }
    *offset = address - region->base;
    return true;
}

static void erasepage_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    const struct nrf_nvmc *nvmc = dev->state;
    uint64_t offset;

    (void)element;
    (void)old;
    if (!erase_enabled(dev) || !page_of(dev, written, &offset))
        return;
    erase(dev, REGION_FLASH, offset, nvmc->page_bytes);
    begin(dev, nvmc->erase_page_ps, ERASING);
}

/* Slices of an erase add up; the page is erased once they reach the whole duration. */
static void partial_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    struct nrf_nvmc *nvmc = dev->state;
    uint64_t slice_ps = mote_reg(dev, ERASEPAGEPARTIALCFG) * NRF_PS_PER_MS;
    uint64_t offset;

    (void)element;
    (void)old;
    if (!erase_enabled(dev) || !page_of(dev, written, &offset))
        return;
    if (nvmc->partial_page != written)
        nvmc->partial_ps = 0;
    nvmc->partial_page = written;
    nvmc->partial_ps += slice_ps;
    if (nvmc->partial_ps >= nvmc->erase_page_ps) {
        erase(dev, REGION_FLASH, offset, nvmc->page_bytes);
        nvmc->partial_ps = 0;
    }
    begin(dev, slice_ps, ERASING);
}

static void eraseall_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    const struct nrf_nvmc *nvmc = dev->state;

    (void)element;
    (void)old;
    if (!(written & 1u) || !erase_enabled(dev))
        return;
    for (uint32_t i = 0; i < REGION_COUNT; i++)
        if (mote_region_owned(dev, i) != NULL)
            erase(dev, i, 0, mote_region_owned(dev, i)->size_bytes);
    begin(dev, nvmc->erase_all_ps, ERASING);
}

static void eraseuicr_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    const struct nrf_nvmc *nvmc = dev->state;

    (void)element;
    (void)old;
    if (!(written & 1u) || !erase_enabled(dev))
        return;
    if (mote_region_owned(dev, REGION_UICR) != NULL)
        erase(dev, REGION_UICR, 0, mote_region_owned(dev, REGION_UICR)->size_bytes);
    begin(dev, nvmc->erase_page_ps, ERASING);
}

static void icachecnf_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    (void)element;
    (void)written;
    if ((old & CNF_CACHEEN) && !(mote_reg(dev, ICACHECNF) & CNF_CACHEEN))
        forget_lines(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [READY] = {.name = "READY", .offset = 0x400, .ro = 1, .reset = 1},
    [READYNEXT] = {.name = "READYNEXT", .offset = 0x408, .ro = 1, .reset = 1},
    [CONFIG] = {.name = "CONFIG", .offset = 0x504, .rw = 3},
    [ERASEPAGE] = {.name = "ERASEPAGE",
                   .offset = 0x508,
                   .wo = UINT32_MAX,
                   .store = erasepage_stored},
    [ERASEALL] = {.name = "ERASEALL", .offset = 0x50c, .wo = 1, .store = eraseall_stored},
    [ERASEUICR] = {.name = "ERASEUICR", .offset = 0x514, .wo = 1, .store = eraseuicr_stored},
    [ERASEPAGEPARTIAL] = {.name = "ERASEPAGEPARTIAL",
                          .offset = 0x518,
                          .wo = UINT32_MAX,
                          .store = partial_stored},
    [ERASEPAGEPARTIALCFG] = {.name = "ERASEPAGEPARTIALCFG",
                             .offset = 0x51c,
                             .rw = 0x7f,
                             .reset = 10},
    [ICACHECNF] = {.name = "ICACHECNF", .offset = 0x540, .rw = 0x101, .store = icachecnf_stored},
    [IHIT] = {.name = "IHIT", .offset = 0x548, .rw = UINT32_MAX},
    [IMISS] = {.name = "IMISS", .offset = 0x54c, .rw = UINT32_MAX},
};

static const struct mote_event_desc events[] = {[FINISHED] = {"finished", finished, 0}};

static uint32_t counter_of(struct mote_device *dev, const char *region, const char *what)
{
    char name[64];

    snprintf(name, sizeof name, "%s.%s", region, what);
    return mote_activity_id(dev->sys, name);
}

static bool attach_cache(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_nvmc *nvmc = dev->state;
    uint32_t bytes = mote_prop_u32(dev, "mote,icache-bytes", 0);

    nvmc->ways = mote_prop_u32(dev, "mote,icache-ways", 1);
    if (nvmc->line_bytes == 0 || nvmc->page_bytes == 0 || nvmc->ways == 0)
        return mote_err_set(err, "mote,line-bytes, erase-block-size and mote,icache-ways: not 0");
    uint32_t lines = bytes / nvmc->line_bytes;

    if (lines > CACHE_LINES || (bytes != 0 && lines % nvmc->ways != 0))
        return mote_err_set(err, "mote,icache-bytes: at most %u lines, a multiple of the ways",
                            CACHE_LINES);
    nvmc->sets = lines < nvmc->ways ? 1 : lines / nvmc->ways;
    if (nvmc->sets * nvmc->ways > CACHE_LINES)
        return mote_err_set(err, "mote,icache-ways: at most %u", CACHE_LINES);
    return true;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_nvmc *nvmc = dev->state;

    nvmc->line_bytes = mote_prop_u32(dev, "mote,line-bytes", 16);
    nvmc->page_bytes = mote_prop_u32(dev, "mote,page-bytes", 4096);
    nvmc->wait_cycles = mote_prop_u32(dev, "mote,wait-cycles", 0);
    nvmc->miss_cycles = mote_prop_u32(dev, "mote,miss-cycles", nvmc->wait_cycles);
    nvmc->write_ps = mote_prop_u32(dev, "mote,write-ns", 0) * NRF_PS_PER_NS;
    nvmc->erase_page_ps = mote_prop_u32(dev, "mote,erase-page-us", 0) * NRF_PS_PER_US;
    nvmc->erase_all_ps = mote_prop_u32(dev, "mote,erase-all-us", 0) * NRF_PS_PER_US;
    if (!attach_cache(dev, err))
        return false;
    for (uint32_t i = 0; i < REGION_COUNT; i++) {
        struct mote_region *region = mote_region_owned(dev, i);

        if (region == NULL)
            continue;
        region->timing = &timing;
        region->fetch_line_bytes = nvmc->line_bytes;
        if (i == REGION_FLASH) {
            nvmc->count_hit = counter_of(dev, region->name, "icache_hit");
            nvmc->count_miss = counter_of(dev, region->name, "icache_miss");
            nvmc->count_read = counter_of(dev, region->name, "line_read");
        }
    }
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_nvmc *nvmc = dev->state;

    nvmc->busy_until_ps = 0;
    nvmc->stall_paid = false;
    nvmc->partial_page = NO_LINE;
    nvmc->partial_ps = 0;
    forget_lines(dev);
    mote_power_state(dev, IDLE);
}

const struct mote_device_class mote_class_nrf_nvmc = {
    .name = "nrf_nvmc",
    .summary = "nRF52 flash controller with instruction cache",
    .compatibles = {"nordic,nrf52-flash-controller", "nordic,nrf-nvmc", "nordic,nrf-acl"},
    .state_bytes = sizeof(struct nrf_nvmc),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .power_states = {"idle", "writing", "erasing"},
    .attach = attach,
    .reset = reset,
    .region_store = region_store,
};
