/* Activity counters, device states and channels. */
#include "kernel.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct mote_activities *mote_activities(struct mote_system *sys)
{
    return &sys->activities;
}

uint32_t mote_activity_id(struct mote_system *sys, const char *name)
{
    struct mote_activities *all = &sys->activities;
    for (uint32_t i = 0; i < all->count; i++)
        if (strcmp(all->item[i].name, name) == 0)
            return i;
    if (all->count == MOTE_MAX_ACTIVITIES)
        return 0;
    char *copy = strdup(name);
    if (copy == NULL)
        return 0;
    sys->activity_names[all->count] = copy;
    all->item[all->count].name = copy;
    return all->count++;
}

void mote_set_power_listener(struct mote_system *sys, const struct mote_power_listener *listener)
{
    sys->power = *listener;
}

void mote_power_state(struct mote_device *dev, uint32_t state)
{
    assert(state < MOTE_MAX_POWER_STATES);
    if (dev->power_state == state)
        return;
    const struct mote_power_listener *power = &dev->sys->power;
    if (power->device_state != NULL)
        power->device_state(power->user, dev, dev->power_state, state);
    dev->power_state = state;
}

double mote_channel_value(const struct mote_device *dev, uint32_t channel, uint64_t at_ps)
{
    assert(channel < dev->cls->channel_count);
    const struct mote_channel_desc *desc = &dev->cls->channels[channel];
    const struct mote_stimulus *stimulus = &dev->priv->stimuli[channel];
    double value = stimulus->value ? stimulus->value(stimulus->user, at_ps) : desc->resting;
    if (!(value >= desc->minimum))
        value = desc->minimum;
    return value > desc->maximum ? desc->maximum : value;
}

bool mote_channel_connect(struct mote_device *dev, uint32_t channel,
                          const struct mote_stimulus *stimulus)
{
    if (channel >= dev->cls->channel_count)
        return false;
    dev->priv->stimuli[channel] = *stimulus;
    return true;
}

int mote_channel_index(const struct mote_device *dev, const char *name)
{
    for (size_t i = 0; i < dev->cls->channel_count; i++)
        if (strcmp(dev->cls->channels[i].name, name) == 0)
            return (int)i;
    return -1;
}
