/* What reading the memory-mapped SPI flash costs, and the E31's instruction cache before it.
 *
 * Documents: SiFive FE310-G002 Manual v19p05, "SPI Flash Interface" (FCTRL, FFMT) and the delay
 * registers; sifive-blocks, SPIFlash.scala and SPIMedia.scala: the controller fetches bytes one by
 * one and goes on without a new command while the next address follows the last, else it deselects
 * the flash; between two bytes its state machine takes two cycles. freedom-e-sdk, hifive1-revb:
 * instruction cache of 16 KiB, lines of 64 bytes, 2 ways; the E31 has no data cache. E31 Core
 * Complex Manual v2p0, 3.2: a store to byte n of the ITIM turns the first n + 1 bytes of the cache
 * into ITIM. Modelled: command, address, padding and data at their widths and at SCK; delays;
 * sequential reads; line fills from the line's start (the core waits for the whole line); least
 * recently used way (the open Rocket core's is random); ITIM taking lines away. Not modelled:
 * cycles of the bus between core and controller, fence.i, giving ITIM back to the cache. */
#include "_sifive_xip.h"
#include <mote/activity.h>
#include <stdio.h>

enum { NO_ADDRESS = 0xFFFFFFFF };

static uint32_t lanes(uint32_t protocol)
{
    return protocol == 0 ? 1 : protocol == 1 ? 2 : 4;
}

/* Core cycles to get `bytes` from `offset` of the flash. */
static uint32_t read_flash(struct mote_device *dev, uint32_t offset, uint32_t bytes)
{
    struct sifive_xip *xip = dev->state;
    uint32_t ffmt = xip->ffmt, clocks = 0;
    uint32_t cycles = bytes * (xip->byte_cycles + xip->pause_cycles);
    if (offset != xip->next) {
        cycles += xip->select_cycles;
        clocks += ffmt & 1 ? 8 / lanes(ffmt >> 8 & 3) : 0;
        clocks += (ffmt >> 1 & 7) * 8 / lanes(ffmt >> 10 & 3);
        clocks += ffmt >> 4 & 0xF;
    }
    clocks += bytes * 8 / lanes(ffmt >> 12 & 3);
    xip->next = offset + bytes;
    struct mote_activities *all = mote_activities(dev->sys);
    for (uint32_t i = 0; i < bytes; i++)
        mote_count(all, xip->activity_byte);
    return cycles + clocks * xip->sck_cycles;
}

static bool cache_hit(struct sifive_xip *xip, uint32_t number)
{
    uint32_t set = number % xip->sets, oldest = XIP_MAX_LINES;
    xip->clock++;
    for (uint32_t i = set; i < xip->sets * xip->ways; i += xip->sets) {
        if (i < xip->itim_lines)
            continue;
        if (xip->line[i] == number + 1) {
            xip->used[i] = xip->clock;
            return true;
        }
        if (oldest == XIP_MAX_LINES || xip->used[i] < xip->used[oldest])
            oldest = i;
    }
    if (oldest != XIP_MAX_LINES) {
        xip->line[oldest] = number + 1;
        xip->used[oldest] = xip->clock;
    }
    return false;
}

static uint32_t fetch(struct mote_device *owner, struct mote_region *region, uint32_t address,
                      bool branch)
{
    struct sifive_xip *xip = owner->state;
    (void)branch;
    uint32_t number = (address - (uint32_t)region->base) / xip->line_bytes;
    bool hit = cache_hit(xip, number);
    mote_count(mote_activities(owner->sys), hit ? xip->activity_hit : xip->activity_miss);
    return hit ? 0 : read_flash(owner, number * xip->line_bytes, xip->line_bytes);
}

static uint32_t load(struct mote_device *owner, struct mote_region *region, uint32_t address,
                     uint32_t bytes)
{
    return read_flash(owner, address - (uint32_t)region->base, bytes);
}

static uint32_t store_itim(struct mote_device *owner, struct mote_region *region, uint32_t address,
                           uint32_t bytes)
{
    struct sifive_xip *xip = owner->state;
    uint32_t last = address - (uint32_t)region->base + bytes - 1;
    uint32_t lines = last / xip->line_bytes + 1;
    if (lines > xip->itim_lines)
        xip->itim_lines = lines;
    return 0;
}

static const struct mote_mem_timing itim_timing = {.store = store_itim};

const struct mote_mem_timing sifive_xip_timing = {.fetch = fetch, .load = load};

bool sifive_xip_attach(struct mote_device *dev, struct sifive_xip *xip, struct mote_err *err)
{
    struct mote_region *region = mote_region_owned(dev, 0);
    if (region == NULL)
        return true;
    xip->line_bytes = mote_prop_u32(dev, "mote,icache-line-bytes", 64);
    xip->sets = mote_prop_u32(dev, "mote,icache-sets", 128);
    xip->ways = mote_prop_u32(dev, "mote,icache-ways", 2);
    uint64_t lines = (uint64_t)xip->sets * xip->ways;
    bool power_of_two = xip->line_bytes >= 4 && (xip->line_bytes & (xip->line_bytes - 1)) == 0;
    if (!power_of_two || xip->line_bytes > 256 || lines == 0 || lines > XIP_MAX_LINES)
        return mote_err_set(err,
                            "mote,icache-line-bytes must be a power of two from 4 to 256, and sets "
                            "times ways at most %u",
                            XIP_MAX_LINES);
    xip->byte_cycles = mote_prop_u32(dev, "mote,flash-byte-cycles", 0);
    struct mote_region *itim =
        mote_region_by_name(dev->sys, mote_prop_string(dev, "mote,itim", ""));
    if (itim != NULL) {
        if (itim->size_bytes > (lines - xip->sets) * xip->line_bytes)
            return mote_err_set(err, "mote,itim: one way must remain instruction cache");
        itim->owner = dev;
        itim->timing = &itim_timing;
    }
    char name[80];
    snprintf(name, sizeof name, "%s.icache_hit", region->name);
    xip->activity_hit = mote_activity_id(dev->sys, name);
    snprintf(name, sizeof name, "%s.icache_miss", region->name);
    xip->activity_miss = mote_activity_id(dev->sys, name);
    snprintf(name, sizeof name, "%s.byte_read", region->name);
    xip->activity_byte = mote_activity_id(dev->sys, name);
    region->timing = &sifive_xip_timing;
    region->fetch_line_bytes = xip->line_bytes;
    return true;
}

void sifive_xip_reset(struct sifive_xip *xip)
{
    xip->next = NO_ADDRESS;
    xip->clock = xip->itim_lines = 0;
    for (uint32_t i = 0; i < XIP_MAX_LINES; i++)
        xip->line[i] = xip->used[i] = 0;
}
