/*
 * What a sample may ask of any board: start-up, a console, a light, idle, and the end.
 *
 * board_init is called once, before anything else here. It brings the core to full speed and opens
 * the console at 115200 baud. Console output is text; nothing is converted.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

void board_init(void);

/* The board's name as Mote spells it. */
const char *board_name(void);

/* The core clock after board_init. */
uint32_t board_core_hz(void);

/* Writes to the console; returns when the bytes are handed over, not when they are on the wire. */
void board_console_write(const char *text, size_t count);

/* Waits until everything written is on the wire. */
void board_console_flush(void);

/* The user LED. */
void board_led(int on);

/*
 * Ends the program with a status. With a debugger (or Mote) attached this is Arm semihosting's
 * SYS_EXIT_EXTENDED; without one it sleeps for ever.
 */
_Noreturn void board_exit(int status);

#endif
