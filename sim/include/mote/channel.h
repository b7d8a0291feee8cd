/* Channels: physical quantities that a part senses, in SI units, and the stimuli that drive them.
 *
 * A channel without a stimulus has its resting value. A stimulus is a function of virtual time
 * only: asking twice for the same time gives the same value. */
#ifndef MOTE_CHANNEL_H
#define MOTE_CHANNEL_H

#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_device;
struct mote_system;

struct mote_channel_desc {
    const char *name; /* "accel_x", "temperature", "sound" */
    const char *unit; /* "m/s^2", "rad/s", "T", "Pa", "degC", "%RH", "V", "lx", "1" (fraction) */
    double minimum, maximum; /* what the part can express at its widest setting */
    double resting;          /* value when nothing is connected */
};

struct mote_stimulus {
    double (*value)(void *user, uint64_t at_ps); /* pure function of time */
    void *user;
};

/* Value of a channel at a time, limited to [minimum, maximum]. */
double mote_channel_value(const struct mote_device *dev, uint32_t channel, uint64_t at_ps);

/* Connects a stimulus (copied); the last one wins. False: no such channel. */
bool mote_channel_connect(struct mote_device *dev, uint32_t channel,
                          const struct mote_stimulus *stimulus);
/* Index of a channel by name, -1 when there is none. */
int mote_channel_index(const struct mote_device *dev, const char *name);

#endif
