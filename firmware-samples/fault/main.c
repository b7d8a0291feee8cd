/*
 * Makes one fault on purpose, three calls deep, so that a fault report has something to name.
 *
 * FAULT_KIND: 1 calls a null function pointer, 2 divides by zero with the trap on, 3 stores to an
 * address where nothing is. No fault handler is defined: the core stops in the default one.
 */
#include "board.h"
#include "cortex_m.h"
#include "print.h"

typedef int (*callback)(int);

/* Not const, so that the compiler cannot see through it. */
static volatile struct {
    callback on_sample;
    int divisor;
    volatile int *address;
} sensor = {.on_sample = 0, .divisor = 0, .address = (volatile int *)0xB0000000u};

__attribute__((noipa)) static int misbehave(int value)
{
#if FAULT_KIND == 1
    return sensor.on_sample(value) + 1;
#elif FAULT_KIND == 2
    return value / sensor.divisor + 1;
#else
    *sensor.address = value;
    return value + 1;
#endif
}

__attribute__((noipa)) static int process_sample(int value)
{
    return misbehave(value * 3) + 1;
}

int main(void)
{
    board_init();
    CCR |= CCR_DIV_0_TRP;
    /* Without the write buffer the bad store faults where it stands, not some instructions later.
     */
    ACTLR |= ACTLR_DISDEFWBUF;
#if FAULT_KIND == 2
    SHCSR |= SHCSR_USGFAULTENA;
#endif
    print("about to fault\n");
    board_console_flush();
    const int result = process_sample(14);
    print("still alive: ");
    print_i32(result);
    print("\n");
    board_exit(1);
}
