/*
 * No hardware at all: console and end by semihosting. Runs on any Armv7E-M core with a debugger
 * that serves it: qemu's mps2-an386, Mote's boards.
 */
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "semihosting.h"

void board_init(void)
{
}

const char *board_name(void)
{
    return "semihosting";
}

/* The SYSCLK of the MPS2 AN386 image (Arm DAI0386: 25 MHz); another core has another. */
uint32_t board_core_hz(void)
{
    return 25000000u;
}

void board_console_write(const char *text, size_t count)
{
    char line[65];
    while (count > 0) {
        const size_t part = count < sizeof line - 1 ? count : sizeof line - 1;
        memcpy(line, text, part);
        line[part] = '\0';
        semihosting_write0(line);
        text += part;
        count -= part;
    }
}

void board_console_flush(void)
{
}

void board_led(int on)
{
    (void)on;
}

void board_exit(int status)
{
    semihosting_exit(status);
    for (;;) {
        wait_for_interrupt();
    }
}
