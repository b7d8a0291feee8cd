/* The clock tree: clocks are objects with a rate; 0 Hz means gated or off.
 *
 * A provider (RCC, CLOCK) adds clocks in attach() and sets their rates as firmware programs it.
 * A consumer's clock inputs come from its `clocks` property, in order; clock_changed() tells of new
 * rates. The core's own clock is its input 0. */
#ifndef MOTE_CLOCK_H
#define MOTE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct mote_clock;
struct mote_device;

/* Adds a clock that `dev` provides, 0 Hz at first. `name` is copied. NULL when out of memory. */
struct mote_clock *mote_clock_add(struct mote_device *dev, const char *name);
const char *mote_clock_name(const struct mote_clock *clock);

/* Sets the rate now and tells every consumer that sees a change. Cycles already counted at the old
 * rate keep their time. */
void mote_clock_set_hz(struct mote_clock *clock, uint64_t hz);
uint64_t mote_clock_rate_hz(const struct mote_clock *clock);

/* Connects the next clock input of `dev`; before attach. */
bool mote_clock_connect(struct mote_device *dev, struct mote_clock *clock);
uint32_t mote_clock_inputs(const struct mote_device *dev);
/* Whether a consumer's input is connected to this clock. */
bool mote_clock_feeds(const struct mote_clock *clock, const struct mote_device *dev,
                      uint32_t input);

/* Whether a consumer is in a state (clocked_states) that needs this clock as its input 0. */
bool mote_clock_needed(const struct mote_clock *clock);

/* Resets every device whose clock input 0 is this clock: for a reset controller that resets by the
 * same bit by which it gates the bus clock (STM32 RCC). */
void mote_clock_reset_consumers(struct mote_clock *clock);

/* Rate at a consumer's input; 0 when there is no such input (and for a gated clock). */
uint64_t mote_clock_hz(const struct mote_device *dev, uint32_t input);

/* Time that `cycles` take at `hz`, rounded to the nearest ps (MOTE_NEVER_PS for 0 Hz), and whole
 * cycles that fit into a time. Exact for any 64-bit input (128-bit inside). */
uint64_t mote_cycles_to_ps(uint64_t cycles, uint64_t hz);
uint64_t mote_ps_to_cycles(uint64_t time_ps, uint64_t hz);

/* A counter that runs on a clock without being stepped: value by elapsed time. Keep one in the
 * state struct; call mote_counter_rebase() before any change of rate, value or running. */
struct mote_counter {
    uint64_t base_ps; /* time at which `base` held */
    uint64_t base;    /* value at base_ps */
    uint64_t hz;      /* counts per second; 0 = stopped */
};
/* Value now; never wraps by itself. */
uint64_t mote_counter_value(const struct mote_counter *counter, uint64_t now_ps);
void mote_counter_set(struct mote_counter *counter, uint64_t now_ps, uint64_t value, uint64_t hz);
/* Time at which the counter reaches `value`; MOTE_NEVER_PS when stopped; base_ps if passed. */
uint64_t mote_counter_when_ps(const struct mote_counter *counter, uint64_t value);

#endif
