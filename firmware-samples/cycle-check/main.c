/*
 * Compares two clocks of the same thing: the core's counter (DWT CYCCNT or mcycle), read by the
 * firmware, and the cycles that the report gives to markers around the same stretches. Prints
 * "cycles NAME COUNT" for each stretch.
 *
 * The marker and the read of the counter are neighbours in one flash line, entered before them,
 * so that the same time passes between them at both ends and cancels out.
 */
#include "board.h"
#include "core.h"
#include "mote_mark.h"
#include "print.h"

#ifdef __riscv

#define WORD  "%0"
#define BEGIN "slti zero, zero, %1"
#define END   "slti zero, zero, 32 + %1"

#define STAMP(marker, id, result)                                                                  \
    __asm__ volatile(".balign 32\n\t"                                                              \
                     "nop\n\t nop\n\t" marker "\n\t"                                               \
                     "csrr %0, mcycle"                                                             \
                     : "=r"(result)                                                                \
                     : "i"(id)                                                                     \
                     : "memory")

#else

#define WORD  "%c0"
#define BEGIN "str"
#define END   "strh"

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

#endif

#define MEASURE(id, name, statement)                                                               \
    do {                                                                                           \
        uint32_t begin_, end_;                                                                     \
        __asm__ volatile(".pushsection .mote.marks,\"\",%%progbits\n\t"                            \
                         ".word " WORD "\n\t.asciz \"" name "\"\n\t.balign 4\n\t.popsection"       \
                         :                                                                         \
                         : "i"(id));                                                               \
        STAMP(BEGIN, id, begin_);                                                                  \
        statement;                                                                                 \
        STAMP(END, id, end_);                                                                      \
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
    cycle_counter_start();
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
