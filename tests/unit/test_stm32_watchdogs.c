/* STM32 watchdogs: when they bite, and what keeps them quiet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x40003000u
#define KR   (BASE + 0x00)
#define PR   (BASE + 0x04)
#define RLR  (BASE + 0x08)
#define SR   (BASE + 0x0C)
#define WINR (BASE + 0x10)

#define CR  (BASE + 0x00)
#define CFR (BASE + 0x04)
#define WSR (BASE + 0x08)

#define MS 1000000000ull

static struct mote_device *make(struct bench **bench, const char *cls, uint64_t hz)
{
    *bench = bench_new();
    bench_clock(*bench, hz);
    return bench_add(*bench, cls, "watchdog", BASE, NULL);
}

static void test_independent_bites_in_time(void **state)
{
    (void)state;
    struct bench *bench;
    struct mote_device *dev = make(&bench, "stm32_iwdg", 32000);
    bench_write32(bench, KR, 0xCCCC);
    assert_int_equal(bench_level(dev, "lsi", 0), 1);
    bench_write32(bench, KR, 0x5555);
    bench_write32(bench, PR, 3); /* 32000 / 32: 1 ms */
    bench_write32(bench, RLR, 99);
    assert_int_equal(bench_read32(bench, SR), 3);
    bench_run_ps(bench, MS);
    assert_int_equal(bench_read32(bench, SR), 0);
    bench_write32(bench, KR, 0xAAAA);
    bench_run_ps(bench, 100 * MS - 1);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_write32(bench, KR, 0xAAAA);
    bench_run_ps(bench, 100 * MS - 1);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_run_ps(bench, 1);
    assert_int_equal(bench_level(dev, "reset", 0), 1);
    mote_device_reset(dev);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_run_ps(bench, 100000 * MS);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_free(bench);
}

static void test_independent_needs_its_key(void **state)
{
    (void)state;
    struct bench *bench;
    make(&bench, "stm32_iwdg", 32000);
    bench_write32(bench, RLR, 5);
    assert_int_equal(bench_read32(bench, RLR), 0xFFF);
    bench_write32(bench, KR, 0x5555);
    bench_write32(bench, RLR, 5);
    assert_int_equal(bench_read32(bench, RLR), 5);
    bench_write32(bench, KR, 0xAAAA);
    bench_write32(bench, PR, 5);
    assert_int_equal(bench_read32(bench, PR), 0);
    bench_free(bench);
}

static void test_independent_window(void **state)
{
    (void)state;
    struct bench *bench;
    struct mote_device *dev = make(&bench, "stm32_iwdg", 32000);
    bench_write32(bench, KR, 0xCCCC);
    bench_write32(bench, KR, 0x5555);
    bench_write32(bench, PR, 3);
    bench_write32(bench, RLR, 99);
    bench_run_ps(bench, MS);
    bench_write32(bench, KR, 0xAAAA);
    bench_write32(bench, KR, 0x5555);
    bench_write32(bench, WINR, 50);
    bench_run_ps(bench, 60 * MS);
    bench_write32(bench, KR, 0xAAAA);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_run_ps(bench, 40 * MS);
    bench_write32(bench, KR, 0xAAAA);
    assert_int_equal(bench_level(dev, "reset", 0), 1);
    bench_free(bench);
}

static void test_window_watchdog(void **state)
{
    (void)state;
    struct bench *bench;
    struct mote_device *dev = make(&bench, "stm32_wwdg", 4096000); /* a tick per millisecond */
    bench_write32(bench, CFR, 1 << 9 | 0x60);
    bench_write32(bench, CR, 0xFF);
    bench_run_ps(bench, 0x20 * MS);
    assert_int_equal(bench_read32(bench, CR), 0x80 | 0x5F);
    bench_write32(bench, CR, 0xC5);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_run_ps(bench, 5 * MS - 1);
    assert_int_equal(bench_level(dev, "irq", 0), 0);
    bench_run_ps(bench, 1);
    assert_int_equal(bench_level(dev, "irq", 0), 1);
    bench_write32(bench, WSR, 0);
    assert_int_equal(bench_level(dev, "irq", 0), 0);
    bench_run_ps(bench, MS - 1);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_run_ps(bench, 1);
    assert_int_equal(bench_level(dev, "reset", 0), 1);
    bench_free(bench);
}

static void test_window_watchdog_too_early(void **state)
{
    (void)state;
    struct bench *bench;
    struct mote_device *dev = make(&bench, "stm32_wwdg", 4096000);
    bench_write32(bench, CFR, 0x50);
    bench_write32(bench, CR, 0xFF);
    bench_run_ps(bench, 10 * MS);
    bench_write32(bench, CR, 0xFF);
    assert_int_equal(bench_level(dev, "reset", 0), 1);
    bench_free(bench);
}

static void test_window_watchdog_t6(void **state)
{
    (void)state;
    struct bench *bench;
    struct mote_device *dev = make(&bench, "stm32_wwdg", 4096000);
    bench_write32(bench, CR, 0x3F);
    assert_int_equal(bench_level(dev, "reset", 0), 0);
    bench_write32(bench, CR, 0xBF);
    assert_int_equal(bench_level(dev, "reset", 0), 1);
    bench_free(bench);
}

/* WDGTB is bits 13 to 11 of the newer parts, 8 and 7 of the others. */
static void test_window_watchdog_prescaler(void **state)
{
    (void)state;
    static const struct bench_prop wide[] = {{"mote,wide-prescaler", NULL, 0, NULL}, {0}};
    struct bench *bench = bench_new();
    bench_clock(bench, 4096000);
    struct mote_device *old = bench_add(bench, "stm32_wwdg", "old", BASE, NULL);
    struct mote_device *new = bench_add(bench, "stm32_wwdg", "new", BASE + 0x400, wide);
    for (uint64_t base = 0; base <= 0x400; base += 0x400) {
        bench_write32(bench, CFR + base, 5u << 11 | 1u << 7 | 0x7F);
        bench_write32(bench, CR + base, 0xC0);
    }
    assert_int_equal(bench_read32(bench, CFR), 1u << 7 | 0x7F);
    assert_int_equal(bench_read32(bench, CFR + 0x400), 5u << 11 | 0x7F);
    bench_run_ps(bench, 2 * MS);
    assert_int_equal(bench_level(old, "reset", 0), 1);
    assert_int_equal(bench_level(new, "reset", 0), 0);
    bench_run_ps(bench, 29 * MS);
    assert_int_equal(bench_level(new, "reset", 0), 0);
    bench_run_ps(bench, MS);
    assert_int_equal(bench_level(new, "reset", 0), 1);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_independent_bites_in_time),
        cmocka_unit_test(test_independent_needs_its_key),
        cmocka_unit_test(test_independent_window),
        cmocka_unit_test(test_window_watchdog),
        cmocka_unit_test(test_window_watchdog_too_early),
        cmocka_unit_test(test_window_watchdog_t6),
        cmocka_unit_test(test_window_watchdog_prescaler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
