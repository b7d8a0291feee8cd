/*
 * Blinks the user LED once a second by SysTick, asleep in between; says how often, for ever.
 */
#include "board.h"
#include "cortex_m.h"
#include "handlers.h"
#include "print.h"

#define TICK_HZ 10u

static volatile uint32_t ticks;

void SysTick_Handler(void)
{
    ticks++;
}

int main(void)
{
    board_init();
    SYST_RVR = board_core_hz() / TICK_HZ - 1u;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
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
