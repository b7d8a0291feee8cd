/* nRF52 TIMER and RTC: compare, shorts, capture, counter mode, prescalers, overflow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define TIMER 0x40008000u
#define RTC   0x4000b000u

#define START      0x000
#define STOP       0x004
#define COUNT      0x008
#define CLEAR      0x00c
#define CAPTURE(n) (0x040 + 4 * (n))
#define COMPARE(n) (0x140 + 4 * (n))
#define SHORTS     0x200
#define INTENSET   0x304
#define INTENCLR   0x308
#define MODE       0x504
#define BITMODE    0x508
#define PRESCALER  0x510
#define CC(n)      (0x540 + 4 * (n))

#define US   UINT64_C(1000000)
#define TICK UINT64_C(62500) /* of 16 MHz, in ps */

struct fixture {
    struct bench *b;
    struct mote_device *dev;
    struct mote_clock *lfclk;
};

static struct fixture make_timer(void)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    f.dev = bench_add(f.b, "nrf_timer", "timer0", TIMER, NULL);
    bench_write32(f.b, TIMER + BITMODE, 3);
    bench_write32(f.b, TIMER + PRESCALER, 0);
    return f;
}

static uint32_t captured(const struct fixture *f)
{
    bench_write32(f->b, TIMER + CAPTURE(5), 1);
    return bench_read32(f->b, TIMER + CC(5));
}

static void counts_at_the_prescaled_rate(void **state)
{
    (void)state;
    struct fixture f = make_timer();
    bench_write32(f.b, TIMER + START, 1);
    bench_run_ps(f.b, 1000 * TICK);
    assert_int_equal(captured(&f), 1000);
    bench_write32(f.b, TIMER + STOP, 1);
    bench_run_ps(f.b, 1000 * TICK);
    assert_int_equal(captured(&f), 1000);
    bench_write32(f.b, TIMER + CLEAR, 1);
    bench_write32(f.b, TIMER + PRESCALER, 4); /* 1 MHz */
    bench_write32(f.b, TIMER + START, 1);
    bench_run_ps(f.b, 123 * US + US / 2);
    assert_int_equal(captured(&f), 123);
    bench_free(f.b);
}

static void compare_interrupts_at_the_exact_time(void **state)
{
    (void)state;
    struct fixture f = make_timer();
    bench_write32(f.b, TIMER + CC(1), 500);
    bench_write32(f.b, TIMER + INTENSET, 1u << 17);
    bench_write32(f.b, TIMER + START, 1);
    bench_run_ps(f.b, 500 * TICK - 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 0);
    bench_write32(f.b, TIMER + INTENCLR, UINT32_MAX);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    assert_int_equal(bench_read32(f.b, TIMER + COMPARE(1)), 1);
    bench_free(f.b);
}

/* With COMPARE0_CLEAR the period is CC[0] ticks, without drift. */
static void clear_short_makes_a_period(void **state)
{
    (void)state;
    struct fixture f = make_timer();
    bench_write32(f.b, TIMER + CC(0), 160);
    bench_write32(f.b, TIMER + SHORTS, 1);
    bench_write32(f.b, TIMER + START, 1);
    for (int i = 0; i < 1000; i++) {
        bench_run_ps(f.b, 160 * TICK - 1);
        assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 0);
        bench_run_ps(f.b, 1);
        assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 1);
        bench_write32(f.b, TIMER + COMPARE(0), 0);
    }
    bench_free(f.b);
}

/* The core runs events at instruction boundaries, so some cycles late: the period must not grow. */
static void late_events_do_not_stretch_the_period(void **state)
{
    (void)state;
    struct fixture f = make_timer();
    struct mote_system *sys = bench_system(f.b);
    bench_write32(f.b, TIMER + CC(0), 160);
    bench_write32(f.b, TIMER + SHORTS, 1);
    uint64_t start_ps = mote_now_ps(sys);
    bench_write32(f.b, TIMER + START, 1);
    for (uint64_t i = 1; i <= 1000; i++) {
        mote_set_now_ps(sys, start_ps + i * 160 * TICK + 3 * TICK + i % 7);
        bench_run_ps(f.b, 0);
        assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 1);
        assert_int_equal(captured(&f), 3);
        bench_write32(f.b, TIMER + COMPARE(0), 0);
    }
    bench_free(f.b);
}

static void stop_short_stops(void **state)
{
    (void)state;
    struct fixture f = make_timer();
    bench_write32(f.b, TIMER + CC(2), 10);
    bench_write32(f.b, TIMER + SHORTS, 1u << 10);
    bench_write32(f.b, TIMER + START, 1);
    bench_run_ps(f.b, 100 * TICK);
    assert_int_equal(captured(&f), 10);
    bench_free(f.b);
}

static void wraps_at_its_width(void **state)
{
    (void)state;
    struct fixture f = make_timer();
    bench_write32(f.b, TIMER + BITMODE, 1); /* 8 bits */
    bench_write32(f.b, TIMER + CC(0), 3);
    bench_write32(f.b, TIMER + START, 1);
    bench_run_ps(f.b, 10 * TICK);
    bench_write32(f.b, TIMER + COMPARE(0), 0);
    bench_run_ps(f.b, 248 * TICK);
    assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 0);
    bench_run_ps(f.b, TICK);
    assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 1);
    assert_int_equal(captured(&f), 3);
    bench_free(f.b);
}

static void counter_mode_counts_tasks(void **state)
{
    (void)state;
    struct fixture f = make_timer();
    bench_write32(f.b, TIMER + MODE, 1);
    bench_write32(f.b, TIMER + CC(0), 3);
    bench_write32(f.b, TIMER + START, 1);
    bench_run_ps(f.b, 1000 * TICK);
    assert_int_equal(captured(&f), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 0);
        bench_write32(f.b, TIMER + COUNT, 1);
    }
    assert_int_equal(bench_read32(f.b, TIMER + COMPARE(0)), 1);
    assert_int_equal(captured(&f), 3);
    bench_free(f.b);
}

/* ---- RTC --------------------------------------------------------------------------------------
 */

#define EVTENSET      0x344
#define COUNTER       0x504
#define RTC_PRESCALER 0x508
#define TRIGOVRFLW    0x00c
#define RTC_CLEAR     0x008
#define OVRFLW        0x104

static struct fixture make_rtc(void)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    f.lfclk = bench_clock(f.b, 32768);
    f.dev = bench_add(f.b, "nrf_rtc", "rtc1", RTC, NULL);
    return f;
}

static void rtc_counts_lfclk_without_drift(void **state)
{
    (void)state;
    struct fixture f = make_rtc();
    bench_write32(f.b, RTC + START, 1);
    for (uint32_t second = 1; second <= 100; second++) {
        bench_run_ps(f.b, 1000000 * US);
        assert_int_equal(bench_read32(f.b, RTC + COUNTER), 32768 * second);
    }
    bench_free(f.b);
}

static void rtc_compare_needs_an_enable(void **state)
{
    (void)state;
    struct fixture f = make_rtc();
    bench_write32(f.b, RTC + RTC_PRESCALER, 32); /* 992.97 Hz */
    bench_write32(f.b, RTC + CC(0), 10);
    bench_write32(f.b, RTC + CC(1), 20);
    bench_write32(f.b, RTC + INTENSET, 1u << 17);
    bench_write32(f.b, RTC + START, 1);
    /* 20 * 33 cycles of 32768 Hz = 20.1416 ms */
    bench_run_ps(f.b, 20141 * US);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 19);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.b, 1 * US);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 20);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_read32(f.b, RTC + COMPARE(0)), 0); /* passed, but not enabled */
    bench_free(f.b);
}

static void rtc_overflows_and_clears(void **state)
{
    (void)state;
    struct fixture f = make_rtc();
    bench_write32(f.b, RTC + EVTENSET, 2);
    bench_write32(f.b, RTC + START, 1);
    bench_write32(f.b, RTC + TRIGOVRFLW, 1);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 0xfffff0);
    bench_run_ps(f.b, 488 * US); /* 16 cycles are 488.28 us */
    assert_int_equal(bench_read32(f.b, RTC + OVRFLW), 0);
    bench_run_ps(f.b, 1 * US);
    assert_int_equal(bench_read32(f.b, RTC + OVRFLW), 1);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 0);
    bench_run_ps(f.b, 1000 * US);
    bench_write32(f.b, RTC + RTC_CLEAR, 1);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 0);
    bench_free(f.b);
}

static void rtc_waits_while_lfclk_is_off(void **state)
{
    (void)state;
    struct fixture f = make_rtc();
    mote_clock_set_hz(f.lfclk, 0);
    bench_write32(f.b, RTC + START, 1);
    bench_run_ps(f.b, 1000000 * US);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 0);
    mote_clock_set_hz(f.lfclk, 32768);
    bench_run_ps(f.b, 500000 * US);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 16384);
    mote_clock_set_hz(f.lfclk, 0);
    bench_run_ps(f.b, 500000 * US);
    assert_int_equal(bench_read32(f.b, RTC + COUNTER), 16384);
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_at_the_prescaled_rate),
        cmocka_unit_test(compare_interrupts_at_the_exact_time),
        cmocka_unit_test(clear_short_makes_a_period),
        cmocka_unit_test(late_events_do_not_stretch_the_period),
        cmocka_unit_test(stop_short_stops),
        cmocka_unit_test(wraps_at_its_width),
        cmocka_unit_test(counter_mode_counts_tasks),
        cmocka_unit_test(rtc_counts_lfclk_without_drift),
        cmocka_unit_test(rtc_compare_needs_an_enable),
        cmocka_unit_test(rtc_overflows_and_clears),
        cmocka_unit_test(rtc_waits_while_lfclk_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
