/* Random accesses to the device windows of a system, the same for the same seed: what a firmware
 * gone wild would do. Time passes in between, for a bounded number of events. */
#ifndef TESTS_SUPPORT_TRAFFIC_H
#define TESTS_SUPPORT_TRAFFIC_H

#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>

struct traffic {
    struct mote_system *sys;
    size_t window_count;
    uint64_t state; /* of the generator */
    uint64_t accesses, events, bus_errors;
};

void traffic_init(struct traffic *traffic, struct mote_system *sys, uint64_t seed);
uint32_t traffic_random(struct traffic *traffic);
/* Sets every bit of the registers that gate bus clocks (named ...ENR...). */
void traffic_open_gates(struct traffic *traffic);
/* One access to a window, and sometimes time; a reset that was asked for is done. */
void traffic_step(struct traffic *traffic, size_t window);
/* One access as given; the offset is taken modulo the window's size. */
void traffic_access(struct traffic *traffic, size_t window, uint32_t offset, uint32_t bytes,
                    bool store, uint32_t value);
/* Runs what is due within `delta_ps`, but at most a few dozen events. */
void traffic_pass(struct traffic *traffic, uint64_t delta_ps);

#endif
