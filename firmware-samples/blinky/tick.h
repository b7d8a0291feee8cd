/*
 * A tick that goes on while the core sleeps, and wakes it.
 */
#ifndef TICK_H
#define TICK_H

#define TICK_HZ 32u

/* Calls tick() TICK_HZ times a second, from an interrupt. After board_init. */
void tick_start(void);

/* The sample's own. */
void tick(void);

#endif
