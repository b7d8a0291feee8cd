/* A built-in board whose core stands still, as the fixture of a whole test program: tests poke
 * registers, let time pass and look at clocks. A bus error or a device that is not there fails. */
#ifndef TESTS_SUPPORT_BOARD_FIXTURE_H
#define TESTS_SUPPORT_BOARD_FIXTURE_H

#include <mote/board.h>
#include <mote/system.h>

enum { US = 1000000 }; /* in picoseconds */

extern struct mote_system *sys;
extern struct mote_board board;

/* For a setup function: loads the board and resets it; 0. */
int board_fixture(const char *name);
/* The teardown function. */
int teardown(void **state);

uint32_t get(uint32_t address);
void put(uint32_t address, uint32_t value);
void pass_us(uint32_t time);
/* Rate at a clock input of a device. */
uint64_t input_hz(const char *device, uint32_t input);

#endif
