/*
 * Blinks the user LED once a second, asleep in between; says how often, for ever.
 */
#include "board.h"
#include "cortex_m.h"
#include "print.h"
#include "tick.h"

static volatile uint32_t ticks;

void tick(void)
{
    ticks++;
}

int main(void)
{
    board_init();
    tick_start();
    uint32_t seen = 0;
    for (;;) {
        wait_for_interrupt();
        while (seen != ticks) {
            seen++;
            if (seen % TICK_HZ == 1) {
                board_led(1);
                print("blink ");
                print_u32(seen / TICK_HZ + 1);
                print("\n");
            } else if (seen % TICK_HZ == TICK_HZ / 2 + 1) {
                board_led(0);
            }
        }
    }
}
