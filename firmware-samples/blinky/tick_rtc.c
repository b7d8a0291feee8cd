/*
 * By RTC0 of an nRF52, on the 32.768 kHz crystal: SysTick stands still while that chip sleeps.
 *
 * Source: nRF52840 Product Specification v1.7 (CLOCK 5.4, RTC 6.22).
 */
#include "tick.h"

#include "cortex_m.h"
#include "handlers.h"

#define CLOCK_TASKS_LFCLKSTART    REG32(0x40000008u)
#define CLOCK_EVENTS_LFCLKSTARTED REG32(0x40000104u)
#define CLOCK_LFCLKSRC            REG32(0x40000518u)
#define CLOCK_LFCLKSRC_XTAL       1u

#define RTC0_TASKS_START REG32(0x4000B000u)
#define RTC0_EVENTS_TICK REG32(0x4000B100u)
#define RTC0_INTENSET    REG32(0x4000B304u)
#define RTC0_PRESCALER   REG32(0x4000B508u)
#define RTC0_INT_TICK    (1u << 0)
#define RTC0_IRQ         11u
#define LFCLK_HZ         32768u

void RTC0_IRQHandler(void)
{
    RTC0_EVENTS_TICK = 0;
    (void)RTC0_EVENTS_TICK;
    tick();
}

void tick_start(void)
{
    CLOCK_LFCLKSRC = CLOCK_LFCLKSRC_XTAL;
    CLOCK_TASKS_LFCLKSTART = 1;
    while (!CLOCK_EVENTS_LFCLKSTARTED) {
    }
    RTC0_PRESCALER = LFCLK_HZ / TICK_HZ - 1u;
    RTC0_INTENSET = RTC0_INT_TICK;
    nvic_enable(RTC0_IRQ);
    RTC0_TASKS_START = 1;
}
