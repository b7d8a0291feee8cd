#include "traffic.h"
#include <string.h>

#define EVENTS_A_STEP 32

void traffic_init(struct traffic *traffic, struct mote_system *sys, uint64_t seed)
{
    *traffic = (struct traffic){
        .sys = sys, .window_count = mote_window_count(sys), .state = seed * 0x9E3779B97F4A7C15u};
}

uint32_t traffic_random(struct traffic *traffic)
{
    traffic->state ^= traffic->state << 13;
    traffic->state ^= traffic->state >> 7;
    traffic->state ^= traffic->state << 17;
    return (uint32_t)(traffic->state >> 32);
}

void traffic_open_gates(struct traffic *traffic)
{
    for (size_t i = 0; i < mote_system_device_count(traffic->sys); i++) {
        const struct mote_device *dev = mote_system_device(traffic->sys, i);
        for (size_t k = 0; k < dev->cls->reg_count && dev->cls->clock_of != NULL; k++) {
            const struct mote_reg *row = &dev->cls->regs[k];
            if (strstr(row->name, "ENR") != NULL && strstr(row->name, "SMENR") == NULL)
                mote_bus_store(traffic->sys, dev->base + row->offset, 4, UINT32_MAX);
        }
    }
}

void traffic_pass(struct traffic *traffic, uint64_t delta_ps)
{
    struct mote_system *sys = traffic->sys;
    const uint64_t *next = mote_next_event_ps(sys);
    uint64_t now = mote_now_ps(sys), end = now + delta_ps;
    for (size_t i = 0; i < EVENTS_A_STEP && *next <= end; i++) {
        mote_run_events(sys, *next);
        traffic->events++;
    }
    if (*next > end)
        mote_run_events(sys, end);
    if (mote_take_reset_request(sys))
        mote_system_reset(sys);
}

void traffic_access(struct traffic *traffic, size_t window, uint32_t offset, uint32_t bytes,
                    bool store, uint32_t value)
{
    uint64_t base, size;
    if (!mote_window_at_index(traffic->sys, window, &base, &size) || size < 4)
        return;
    uint64_t address = base + offset % size / bytes * bytes;
    bool ok = store ? mote_bus_store(traffic->sys, address, bytes, value)
                    : mote_bus_load(traffic->sys, address, bytes, &value);
    traffic->accesses++;
    traffic->bus_errors += !ok;
}

/* Mostly where a register is: most of a window is empty. */
static uint32_t pick_offset(struct traffic *traffic, size_t window)
{
    uint64_t base, size;
    uint32_t offset = traffic_random(traffic), first = 0;
    if (offset % 16 == 0 || !mote_window_at_index(traffic->sys, window, &base, &size))
        return offset;
    const struct mote_device *dev = mote_window_find(traffic->sys, base, &first);
    if (dev == NULL || dev->cls->reg_count == 0)
        return offset;
    const struct mote_reg *row = &dev->cls->regs[traffic_random(traffic) % dev->cls->reg_count];
    uint32_t count = row->count ? row->count : 1, stride = row->stride ? row->stride : 4;
    return row->offset - first + traffic_random(traffic) % count * stride + (offset & 3);
}

/* Values that mean something: few bits, many bits, and addresses in RAM for DMA. */
static uint32_t pick_value(struct traffic *traffic)
{
    uint32_t value = traffic_random(traffic);
    switch (traffic_random(traffic) % 6) {
    case 0:
        return 1u << value % 32;
    case 1:
        return value & traffic_random(traffic) & traffic_random(traffic);
    case 2:
        return value & 0xFF;
    case 3:
        return 0x20000000u | (value & 0x3FFFCu);
    case 4:
        return UINT32_MAX;
    default:
        return value;
    }
}

void traffic_step(struct traffic *traffic, size_t window)
{
    uint32_t dice = traffic_random(traffic);
    uint32_t bytes = dice % 8 == 0 ? 1 : dice % 8 == 1 ? 2 : 4;
    uint32_t offset = pick_offset(traffic, window);
    traffic_access(traffic, window, offset, bytes, dice >> 8 & 1, pick_value(traffic));
    if ((dice >> 16) % 8 == 0)
        traffic_pass(traffic, 1ull << traffic_random(traffic) % 38);
}
