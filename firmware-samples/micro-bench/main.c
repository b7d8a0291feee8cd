/*
 * Straight-line sequences of every class of instructions, timed by the core's own counter (DWT
 * CYCCNT, or SysTick on an Armv6-M core). Prints "NAME A B": the cycles of COPIES and of twice as
 * many copies of the sequence, without those of none.
 *
 * Code lies at 0 and data at 0x20000000, so that clock and memories are those of a reset
 * (STM32L4R5, STM32U575, STM32G0B1: flash without wait states; STM32H7A3: the TCMs).
 */
#include <stdint.h>

#include "board.h"
#include "counter.h"
#include "print.h"

#define COPIES 16

#define U5_FLASH_ACR REG32(0x40022000u)

#define UNUSED __attribute__((unused))

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

/* Two no-ops keep the sequence apart from the loads that read the counter at its ends. */
#define SEQUENCE(name, setup, body, copies)                                                        \
    __attribute__((naked, noinline, aligned(16))) static uint32_t name(                            \
        volatile uint32_t *words UNUSED, volatile const uint32_t *counter UNUSED)                  \
    {                                                                                              \
        __asm__ volatile(".syntax unified\n\t"                                                     \
                         "push {r4, r5, r6, r7, lr}\n\t"                                           \
                         "mov r4, r0\n\t mov r5, r0\n\t mov r6, r1\n\t"                            \
                         "movs r0, #1\n\t movs r1, #3\n\t movs r2, #8\n\t cmp r0, r0\n\t" setup    \
                         "\n\t nop\n\t nop\n\t"                                                    \
                         ".balign 8\n\t"                                                           \
                         "ldr r7, [r6]\n\t nop\n\t nop\n\t nop\n\t"                                \
                         ".rept " TEXT(copies) "\n\t" body "\n\t.endr\n\t"                         \
                                               "nop\n\t nop\n\t ldr r0, [r6]\n\t"                  \
                                               "subs r0, r0, r7\n\t"                               \
                                               "pop {r4, r5, r6, r7, pc}\n\t.balign 4\n\t.ltorg"); \
    }

#define ROW(name, setup, body)                                                                     \
    SEQUENCE(name##_once, setup, body, COPIES)                                                     \
    SEQUENCE(name##_twice, setup, body, COPIES * 2)
#include "rows.h"
#undef ROW

struct row {
    const char *name;
    uint32_t (*once)(volatile uint32_t *words, volatile const uint32_t *counter);
    uint32_t (*twice)(volatile uint32_t *words, volatile const uint32_t *counter);
};

static const struct row rows[] = {
#define ROW(name, setup, body) {#name, name##_once, name##_twice},
#include "rows.h"
};

static volatile uint32_t words[64];

/* The second of two runs: the first fills what caches or predictors there are. */
static uint32_t measure(uint32_t (*sequence)(volatile uint32_t *, volatile const uint32_t *))
{
    uint32_t cycles = 0;
    for (int i = 0; i < 2; i++) {
        words[0] = (uint32_t)(uintptr_t)words;
        cycles = elapsed(sequence(words, COUNTER));
    }
    return cycles;
}

/* The STM32U5 starts with one wait state at 4 MHz, where none is needed (RM0456 7.3.3). */
static void flash_without_wait_states(void)
{
    if (core_part() == CORE_M33) {
        U5_FLASH_ACR = 0;
    }
}

int main(void)
{
    board_init();
    flash_without_wait_states();
    counter_start();
    const uint32_t nothing = measure(empty_once);
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print(rows[i].name);
        print(" ");
        print_i32((int32_t)(measure(rows[i].once) - nothing));
        print(" ");
        print_i32((int32_t)(measure(rows[i].twice) - nothing));
        print("\n");
    }
    board_exit(0);
}
