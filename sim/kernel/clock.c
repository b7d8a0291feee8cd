/* Clocks, conversions between cycles and time, and counters that need no stepping. */
#include "kernel.h"
#include <stdlib.h>
#include <string.h>

#define PS_PER_S 1000000000000u

struct mote_clock *mote_clock_add(struct mote_device *dev, const char *name)
{
    struct mote_clock *clock = calloc(1, sizeof *clock);
    if (clock == NULL)
        return NULL;
    clock->provider = dev;
    clock->name = strdup(name);
    if (clock->name == NULL || !list_add(&dev->sys->clocks, clock)) {
        free(clock->name);
        free(clock);
        return NULL;
    }
    return clock;
}

const char *mote_clock_name(const struct mote_clock *clock)
{
    return clock->name;
}

uint64_t mote_clock_rate_hz(const struct mote_clock *clock)
{
    return clock->hz;
}

void mote_clock_set_hz(struct mote_clock *clock, uint64_t hz)
{
    uint64_t old = clock->hz;
    if (old == hz)
        return;
    struct mote_system *sys = clock->provider->sys;
    if (sys->power.clock_rate != NULL)
        sys->power.clock_rate(sys->power.user, clock, old, hz);
    clock->hz = hz;
    for (size_t i = 0; i < clock->consumers.count; i++) {
        struct mote_device *dev = clock->consumers.item[i];
        if (dev->cls->clock_changed == NULL)
            continue;
        for (uint32_t input = 0; input < dev->priv->clock_count; input++)
            if (dev->priv->clocks[input] == clock)
                dev->cls->clock_changed(dev, input);
    }
}

bool mote_clock_connect(struct mote_device *dev, struct mote_clock *clock)
{
    struct mote_device_priv *priv = dev->priv;
    if (priv->clock_count == KERNEL_MAX_CLOCK_INPUTS)
        return false;
    bool known = false;
    for (uint32_t i = 0; i < priv->clock_count; i++)
        known |= priv->clocks[i] == clock;
    if (!known && !list_add(&clock->consumers, dev))
        return false;
    priv->clocks[priv->clock_count++] = clock;
    return true;
}

uint32_t mote_clock_inputs(const struct mote_device *dev)
{
    return dev->priv->clock_count;
}

bool mote_clock_feeds(const struct mote_clock *clock, const struct mote_device *dev, uint32_t input)
{
    return input < dev->priv->clock_count && dev->priv->clocks[input] == clock;
}

bool mote_clock_needed(const struct mote_clock *clock)
{
    for (size_t i = 0; i < clock->consumers.count; i++) {
        const struct mote_device *dev = clock->consumers.item[i];
        if (dev->priv->clocks[0] == clock && (dev->cls->clocked_states >> dev->power_state & 1))
            return true;
    }
    return false;
}

void mote_clock_reset_consumers(struct mote_clock *clock)
{
    for (size_t i = 0; i < clock->consumers.count; i++) {
        struct mote_device *dev = clock->consumers.item[i];
        if (dev->priv->clocks[0] == clock)
            mote_device_reset(dev);
    }
}

uint64_t mote_clock_hz(const struct mote_device *dev, uint32_t input)
{
    return input < dev->priv->clock_count ? dev->priv->clocks[input]->hz : 0;
}

uint64_t mote_cycles_to_ps(uint64_t cycles, uint64_t hz)
{
    if (hz == 0)
        return MOTE_NEVER_PS;
    /* A tie goes down, as mote_counter_value() needs. */
    unsigned __int128 ps = ((unsigned __int128)cycles * PS_PER_S + (hz - 1) / 2) / hz;
    return ps > MOTE_NEVER_PS ? MOTE_NEVER_PS : (uint64_t)ps;
}

uint64_t mote_ps_to_cycles(uint64_t time_ps, uint64_t hz)
{
    unsigned __int128 cycles = (unsigned __int128)time_ps * hz / PS_PER_S;
    return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}

uint64_t mote_counter_value(const struct mote_counter *counter, uint64_t now_ps)
{
    if (counter->hz == 0 || now_ps <= counter->base_ps)
        return counter->base;
    /* Half a picosecond forward, so that a time made by mote_counter_when_ps() has reached. */
    unsigned __int128 twice = 2 * (unsigned __int128)(now_ps - counter->base_ps) + 1;
    return counter->base + (uint64_t)(twice * counter->hz / (2 * (unsigned __int128)PS_PER_S));
}

void mote_counter_set(struct mote_counter *counter, uint64_t now_ps, uint64_t value, uint64_t hz)
{
    *counter = (struct mote_counter){.base_ps = now_ps, .base = value, .hz = hz};
}

uint64_t mote_counter_when_ps(const struct mote_counter *counter, uint64_t value)
{
    if (counter->hz == 0)
        return MOTE_NEVER_PS;
    if (value <= counter->base)
        return counter->base_ps;
    uint64_t delay = mote_cycles_to_ps(value - counter->base, counter->hz);
    return delay >= MOTE_NEVER_PS - counter->base_ps ? MOTE_NEVER_PS : counter->base_ps + delay;
}
