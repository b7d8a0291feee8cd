/*
 * Compares two clocks of the same thing: DWT CYCCNT, read by the firmware, and the cycles that the
 * report gives to markers around the same stretches. Prints "cycles NAME COUNT" for each stretch.
 *
 * The marker's store and the read of CYCCNT are neighbours in one flash line, entered before them,
 * so that the same time passes between them at both ends and cancels out.
 */
#include "board.h"
#include "cortex_m.h"
#include "mote_mark.h"
#include "print.h"

#define CYCCNT_ADDRESS 0xE0001004u

#define STAMP(store, id, result)                                                                   \
    __asm__ volatile("mov.w r3, #0xE0000000\n\t"                                                   \
                     "mov r2, %1\n\t"                                                              \
                     "dsb\n\t"                                                                     \
                     ".balign 16\n\t"                                                              \
                     "nop\n\t nop\n\t" store " r3, [r3, %2]\n\t"                                   \
                     "ldr.w %0, [r2]"                                                              \
                     : "=r"(result)                                                                \
                     : "r"(CYCCNT_ADDRESS), "i"(4 * (id))                                          \
                     : "r2", "r3", "memory")

#define MEASURE(id, name, statement)                                                               \
    do {                                                                                           \
        uint32_t begin_, end_;                                                                     \
        __asm__ volatile(".pushsection .mote.marks,\"\",%%progbits\n\t"                            \
                         ".word %c0\n\t.asciz \"" name "\"\n\t.balign 4\n\t.popsection"            \
                         :                                                                         \
                         : "i"(id));                                                               \
        STAMP("str", id, begin_);                                                                  \
        statement;                                                                                 \
        STAMP("strh", id, end_);                                                                   \
        print("cycles " name " ");                                                                 \
        print_u32(end_ - begin_);                                                                  \
        print("\n");                                                                               \
    } while (0)

static uint32_t words[256];
static const uint32_t table[256] = {1, 2, 3};

__attribute__((noinline)) static uint32_t walk(const uint32_t *from, uint32_t stride)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 256u; i++) {
        sum += from[(i * stride) & 255u];
        words[i] = sum;
    }
    return sum;
}

__attribute__((noinline)) static uint32_t divide(uint32_t value)
{
    uint32_t sum = 0;
    for (uint32_t i = 1; i < 500u; i++) {
        sum += value / i;
    }
    return sum;
}

int main(void)
{
    volatile uint32_t sink = 0;
    board_init();
    DEMCR |= DEMCR_TRCENA;
    DWT_CYCCNT = 0;
    DWT_CTRL |= 1u;
    MEASURE(1, "nothing", (void)0);
    MEASURE(2, "ram", sink += walk(words, 1u));
    MEASURE(3, "flash", sink += walk(table, 37u));
    MEASURE(4, "divide", sink += divide(0x7FFFFFFFu));
    for (uint32_t i = 0; i < 100u; i++) {
        sink += divide(i);
    }
    MEASURE(5, "hot", sink += divide(0x12345678u));
    board_exit(0);
}
