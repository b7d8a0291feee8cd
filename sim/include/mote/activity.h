/* Activity: what happened, counted. Time and energy are computed from it.
 *
 * A counter has a name ("insn.load", "sram1.load", "flash0.icache_miss") by which
 * power-model/data gives its energy. The energy of one count at the present operating point stands
 * beside the count, so that dynamic energy can be attributed at once to the code that caused it. */
#ifndef MOTE_ACTIVITY_H
#define MOTE_ACTIVITY_H

#include <stddef.h>
#include <stdint.h>

struct mote_system;

#define MOTE_MAX_ACTIVITIES 256

struct mote_activity {
    uint64_t count;
    uint64_t fj; /* femtojoules per count, set by the power model; 0 = unknown or none */
    const char *name;
};

struct mote_activities {
    struct mote_activity item[MOTE_MAX_ACTIVITIES];
    uint32_t count;
    uint64_t dynamic_fj; /* sum over all counts made with mote_count() */
};

/* The table; stays at one address for the life of the system. */
struct mote_activities *mote_activities(struct mote_system *sys);

/* Finds or adds a counter; the name is copied. 0 is a counter nobody reads ("none"), also returned
 * when the table is full. */
uint32_t mote_activity_id(struct mote_system *sys, const char *name);

/* Counts one. For instruction execution and memory accesses, so it must be cheap. */
static inline void mote_count(struct mote_activities *all, uint32_t id)
{
    all->item[id].count++;
    all->dynamic_fj += all->item[id].fj;
}

/* ---- for the power model --------------------------------------------------------------------- */

struct mote_clock;
struct mote_device;

/* Told before anything changes that energy depends on, while the old state still holds: a device's
 * state, a clock's rate. The power model integrates up to now. */
struct mote_power_listener {
    void (*device_state)(void *user, struct mote_device *dev, uint32_t old_state,
                         uint32_t new_state);
    void (*clock_rate)(void *user, struct mote_clock *clock, uint64_t old_hz, uint64_t new_hz);
    void *user;
};
void mote_set_power_listener(struct mote_system *sys, const struct mote_power_listener *listener);

#endif
