/*
 * Loops in flash, and loops in RAM that read flash, under every setting of the flash interface of
 * an STM32L4+, STM32U5 or STM32G0: latency, prefetch, instruction and data cache. The clock is that
 * of a reset, 4 or 16 MHz, at which every latency is legal. Prints "NAME LATENCY PREFETCH ICACHE
 * DCACHE CYCLES": the cycles of PASSES passes once the loop has been through twice.
 */
#include <stdint.h>

#include "board.h"
#include "counter.h"
#include "print.h"

#define FLASH_ACR REG32(0x40022000u) /* the same address and bits in all three families */
#define LATENCY   7u
#define PRFTEN    (1u << 8)
#define ICEN      (1u << 9)
#define DCEN      (1u << 10)
#define ICRST     (1u << 11)
#define DCRST     (1u << 12)

#define U5_ICACHE_CR       REG32(0x40030400u)
#define U5_ICACHE_SR       REG32(0x40030404u)
#define U5_ICACHE_EN       (1u << 0)
#define U5_ICACHE_CACHEINV (1u << 1)
#define U5_ICACHE_WAYS     (1u << 2)
#define U5_ICACHE_BUSYF    (1u << 0)

#define PASSES 8
#define UNUSED __attribute__((unused))

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

/* Ends a loop in three halfwords. */
#if __ARM_ARCH_6M__
#define AGAIN "subs r0, #1\n\t beq 2f\n\t b 1b\n\t 2:\n\t"
#else
#define AGAIN "subs r0, #1\n\t bne.w 1b\n\t"
#endif

#define LOOP(name, place, body)                                                                    \
    __attribute__((naked, noinline, aligned(16), section(place #name))) static uint32_t name(      \
        uint32_t passes UNUSED, volatile const uint32_t *counter UNUSED,                           \
        const uint32_t *table UNUSED)                                                              \
    {                                                                                              \
        __asm__ volatile(".syntax unified\n\t"                                                     \
                         "push {r4, r5, r6, lr}\n\t mov r4, r2\n\t ldr r5, [r1]\n\t"               \
                         ".balign 16\n\t 1:\n\t" body AGAIN "ldr r6, [r1]\n\t subs r0, r6, r5\n\t" \
                         "pop {r4, r5, r6, pc}");                                                  \
    }

/* Blocks of 16 bytes: eight no-ops each but for the end of the last. */
#define CODE(blocks) ".rept 8 * " TEXT(blocks) " - 3\n\t nop\n\t .endr\n\t"
/* Each block reads another 16 bytes of the table: once, or two words of them. */
#define TABLE(blocks, reads)                                                                       \
    ".set .Lplace, 0\n\t .rept " TEXT(blocks) "\n\t" reads ".set .Lplace, .Lplace + 16\n\t"        \
                                              ".endr\n\t"
#define READ      "ldr.w r3, [r4, #.Lplace]\n\t nop.w\n\t"
#define READ_MORE "ldr.w r3, [r4, #.Lplace + 4]\n\t nop.w\n\t"

LOOP(code_1, ".text.", CODE(1))
LOOP(code_2, ".text.", CODE(2))
LOOP(code_32, ".text.", CODE(32))
LOOP(code_96, ".text.", CODE(96))
#if !__ARM_ARCH_6M__
LOOP(code_1024, ".text.", CODE(1024))
LOOP(data_8, ".ram_code.", TABLE(8, READ) "nop\n\t")
LOOP(data_96, ".ram_code.", TABLE(96, READ) "nop\n\t")
LOOP(data_8_twice, ".ram_code.", TABLE(8, READ READ_MORE) "nop\n\t")
LOOP(both_8, ".text.", TABLE(7, READ "nop.w\n\t nop.w\n\t") READ "nop\n\t")
LOOP(both_96, ".text.", TABLE(95, READ "nop.w\n\t nop.w\n\t") READ "nop\n\t")
#endif

static const struct {
    const char *name;
    uint32_t (*run)(uint32_t passes, volatile const uint32_t *counter, const uint32_t *table);
} loops[] = {
    {"code_1", code_1},       {"code_2", code_2},
    {"code_32", code_32},     {"code_96", code_96},
#if !__ARM_ARCH_6M__
    {"code_1024", code_1024}, {"data_8", data_8},
    {"data_96", data_96},     {"data_8_twice", data_8_twice},
    {"both_8", both_8},       {"both_96", both_96},
#endif
};

static const uint32_t table[96 * 4] __attribute__((aligned(16))) = {1};

/* All caches off unless the options say otherwise. */
static void set_acr(uint32_t latency, uint32_t options)
{
    const uint32_t caches = core_part() == CORE_M33  ? 0
                            : core_part() == CORE_M4 ? ICEN | DCEN
                                                     : ICEN;
    const uint32_t resets = caches ? ICRST | (caches & DCEN ? DCRST : 0) : 0;
    FLASH_ACR = (FLASH_ACR & ~(LATENCY | PRFTEN | caches | resets)) | latency | options;
    while ((FLASH_ACR & LATENCY) != latency) {
    }
}

static void configure(uint32_t latency, uint32_t options)
{
    set_acr(latency, 0);
    if (core_part() == CORE_M33) {
        U5_ICACHE_CR = U5_ICACHE_WAYS | U5_ICACHE_CACHEINV;
        while (U5_ICACHE_SR & U5_ICACHE_BUSYF) {
        }
        U5_ICACHE_CR = U5_ICACHE_WAYS | (options & ICEN ? U5_ICACHE_EN : 0);
        set_acr(latency, options & PRFTEN);
        return;
    }
    FLASH_ACR |= core_part() == CORE_M4 ? ICRST | DCRST : ICRST;
    set_acr(latency, 0);
    set_acr(latency, options);
}

static void measure(uint32_t latency, uint32_t options)
{
    for (uint32_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        configure(latency, options);
        const uint32_t twice = elapsed(loops[i].run(2, COUNTER, table));
        configure(latency, options);
        const uint32_t more = elapsed(loops[i].run(2 + PASSES, COUNTER, table));
        configure(0, 0);
        print(loops[i].name);
        const uint32_t numbers[] = {latency, (options & PRFTEN) != 0, (options & ICEN) != 0,
                                    (options & DCEN) != 0, more - twice};
        for (uint32_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
            print(" ");
            print_u32(numbers[k]);
        }
        print("\n");
    }
}

int main(void)
{
    const uint32_t part = core_part();
    const uint32_t most = part == CORE_M4 ? 5 : part == CORE_M33 ? 4 : 2;
    const uint32_t all = part == CORE_M4 ? PRFTEN | ICEN | DCEN : PRFTEN | ICEN;
    board_init();
    counter_start();
    for (uint32_t latency = 0; latency <= most; latency++) {
        for (uint32_t options = 0; options <= all; options += PRFTEN) {
            measure(latency, options);
        }
    }
    board_exit(0);
}
