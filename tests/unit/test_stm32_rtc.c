/* STM32 RTC: setting and reading the calendar, protection, alarms, wakeup timer, what survives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE     0x40002800u
#define TR       (BASE + 0x00)
#define DR       (BASE + 0x04)
#define CR       (BASE + 0x08)
#define ISR      (BASE + 0x0C)
#define PRER     (BASE + 0x10)
#define WUTR     (BASE + 0x14)
#define ALRMAR   (BASE + 0x1C)
#define WPR      (BASE + 0x24)
#define SSR      (BASE + 0x28)
#define TSTR     (BASE + 0x30)
#define ALRMASSR (BASE + 0x44)
#define BKP3R    (BASE + 0x5C)

#define SECOND 1000000000000ull
#define DAY    (86400 * SECOND)
#define INIT   (1u << 7)
#define INITF  (1u << 6)
#define RSF    (1u << 5)
#define ALRAF  (1u << 8)
#define MSK1   (1u << 7)
#define MSK2   (1u << 15)
#define MSK3   (1u << 23)
#define MSK4   (1u << 31)
/* Year, weekday, month and day, the numbers written in BCD. */
#define DATE(year, weekday, month, day)                                                            \
    (0x##year##u << 16 | (weekday) << 13 | 0x##month##u << 8 | 0x##day##u)

struct fixture {
    struct bench *bench;
    struct mote_device *dev;
};

static struct fixture make(void)
{
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, 80000000);
    bench_clock(f.bench, 32768);
    f.dev = bench_add(f.bench, "stm32_rtc", "rtc", BASE, NULL);
    bench_write32(f.bench, WPR, 0xCA);
    bench_write32(f.bench, WPR, 0x53);
    return f;
}

static void set(struct fixture *f, uint32_t tr, uint32_t dr)
{
    bench_write32(f->bench, ISR, INIT);
    bench_run_ps(f->bench, SECOND / 1024);
    assert_int_equal(bench_read32(f->bench, ISR) & INITF, INITF);
    bench_write32(f->bench, TR, tr);
    bench_write32(f->bench, DR, dr);
    bench_write32(f->bench, ISR, 0);
}

static void assert_calendar(struct fixture *f, uint32_t tr, uint32_t dr)
{
    assert_int_equal(bench_read32(f->bench, TR), tr);
    assert_int_equal(bench_read32(f->bench, DR), dr);
}

static void test_reset_values(void **state)
{
    (void)state;
    struct fixture f = make();
    assert_calendar(&f, 0, 0x2101);
    assert_int_equal(bench_read32(f.bench, ISR), 7);
    assert_int_equal(bench_read32(f.bench, PRER), 0x7F00FF);
    assert_int_equal(bench_read32(f.bench, WUTR), 0xFFFF);
    bench_run_ps(f.bench, SECOND);
    assert_calendar(&f, 1, 0x2101);
    assert_int_equal(bench_read32(f.bench, ISR), 7 | RSF);
    bench_free(f.bench);
}

static void test_calendar_runs(void **state)
{
    (void)state;
    static const struct {
        uint32_t tr, dr;
        uint64_t seconds;
        uint32_t tr_after, dr_after;
    } cases[] = {
        {0x235958, DATE(24, 3, 02, 28), 2, 0x000000, DATE(24, 4, 02, 29)}, /* a leap year */
        {0x235959, DATE(23, 2, 02, 28), 1, 0x000000, DATE(23, 3, 03, 01)},
        {0x235959, DATE(00, 2, 02, 28), 1, 0x000000, DATE(00, 3, 02, 29)},
        {0x235959, DATE(99, 4, 12, 31), 1, 0x000000, DATE(00, 5, 01, 01)},
        {0x115959, DATE(26, 7, 11, 22), 3601, 0x130000, DATE(26, 7, 11, 22)},
        {0x000000, DATE(26, 7, 11, 22), 200 * 86400, 0x000000, DATE(27, 4, 06, 10)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = make();
        set(&f, cases[i].tr, cases[i].dr);
        bench_run_ps(f.bench, cases[i].seconds * SECOND);
        assert_calendar(&f, cases[i].tr_after, cases[i].dr_after);
        bench_free(f.bench);
    }
}

static void test_twelve_hours(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.bench, CR, 1u << 6);
    set(&f, 0x115959, DATE(26, 7, 11, 22));
    bench_run_ps(f.bench, SECOND);
    assert_calendar(&f, 0x120000 | 1u << 22, DATE(26, 7, 11, 22));
    bench_run_ps(f.bench, 3600 * SECOND);
    assert_calendar(&f, 0x010000 | 1u << 22, DATE(26, 7, 11, 22));
    bench_run_ps(f.bench, 11 * 3600 * SECOND);
    assert_calendar(&f, 0x120000, DATE(26, 1, 11, 23));
    bench_free(f.bench);
}

static void test_subseconds_and_shadow_lock(void **state)
{
    (void)state;
    struct fixture f = make();
    set(&f, 0x100000, DATE(26, 7, 11, 22));
    bench_run_ps(f.bench, SECOND / 4);
    assert_int_equal(bench_read32(f.bench, SSR), 255 - 64);
    bench_run_ps(f.bench, 2 * SECOND);
    assert_int_equal(bench_read32(f.bench, SSR), 255 - 64);
    assert_int_equal(bench_read32(f.bench, TR), 0x100000);
    bench_read32(f.bench, DR);
    assert_int_equal(bench_read32(f.bench, TR), 0x100002);
    bench_write32(f.bench, CR, 1u << 5); /* BYPSHAD */
    bench_run_ps(f.bench, SECOND);
    assert_int_equal(bench_read32(f.bench, TR), 0x100003);
    bench_free(f.bench);
}

static void test_protection(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.bench, TR, 0x121212); /* not in initialisation mode */
    assert_calendar(&f, 0, 0x2101);
    bench_write32(f.bench, WPR, 0xFF);
    bench_write32(f.bench, CR, 1u << 5);
    assert_int_equal(bench_read32(f.bench, CR), 0);
    bench_write32(f.bench, ISR, INIT);
    assert_int_equal(bench_read32(f.bench, ISR) & INIT, 0);
    bench_write32(f.bench, BKP3R, 0x12345678);
    assert_int_equal(bench_read32(f.bench, BKP3R), 0x12345678);
    bench_drive(f.dev, "dbp", 0, 0);
    bench_write32(f.bench, BKP3R, 0);
    assert_int_equal(bench_read32(f.bench, BKP3R), 0x12345678);
    bench_drive(f.dev, "dbp", 0, 1);
    bench_write32(f.bench, BKP3R, 5);
    assert_int_equal(bench_read32(f.bench, BKP3R), 5);
    bench_free(f.bench);
}

/* Time until alarm A's wire rises; MOTE_NEVER_PS when it is not within 100 days. */
static uint64_t alarm_after(struct fixture *f, uint32_t alrm, uint32_t alrmss)
{
    bench_write32(f->bench, ALRMAR, alrm);
    bench_write32(f->bench, ALRMASSR, alrmss);
    bench_write32(f->bench, CR, 1u << 8 | 1u << 12);
    struct mote_system *sys = bench_system(f->bench);
    uint64_t start = mote_now_ps(sys);
    while (*mote_next_event_ps(sys) <= start + 100 * DAY) {
        mote_run_events(sys, *mote_next_event_ps(sys));
        if (bench_level(f->dev, "exti", 0) == 1)
            return mote_now_ps(sys) - start;
    }
    return MOTE_NEVER_PS;
}

static void test_alarms(void **state)
{
    (void)state;
    static const uint64_t to_midnight = 13 * 3600 + 39 * 60 + 30;
    static const struct {
        uint32_t alrm, alrmss;
        uint64_t after; /* from Sunday 2026-11-22 10:20:30 */
    } cases[] = {
        {MSK1 | MSK2 | MSK3 | MSK4, 0, SECOND},
        {MSK2 | MSK3 | MSK4 | 0x45, 0, 15 * SECOND},
        {MSK2 | MSK3 | MSK4 | 0x30, 0, 60 * SECOND},
        {MSK4 | 0x102031, 0, SECOND},
        {MSK4 | 0x102030, 0, DAY},
        {MSK3 | MSK4 | 0x001500, 0, 3270 * SECOND},
        {0x23000000, 0, to_midnight * SECOND},
        {0x22000000, 0, to_midnight * SECOND + 29 * DAY},
        {0x31000000, 0, to_midnight * SECOND + 38 * DAY},
        {1u << 30 | 2u << 24, 0, to_midnight * SECOND + DAY}, /* Tuesday */
        {MSK1 | MSK2 | MSK3 | MSK4, 5u << 24 | 31, SECOND / 8},
        {MSK1 | MSK2 | MSK3 | MSK4, 5u << 24 | 30, SECOND / 256},
        {MSK2 | MSK3 | MSK4 | 0x31, 15u << 24 | 127, SECOND + SECOND / 2},
        {MSK2 | MSK3 | MSK4 | 0x31, 15u << 24 | 300, MOTE_NEVER_PS},
        {MSK2 | MSK3 | MSK4 | 0x6A, 0, MOTE_NEVER_PS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = make();
        set(&f, 0x102030, DATE(26, 7, 11, 22));
        assert_int_equal(alarm_after(&f, cases[i].alrm, cases[i].alrmss), cases[i].after);
        bench_free(f.bench);
    }
}

static void test_alarm_comes_again(void **state)
{
    (void)state;
    struct fixture f = make();
    set(&f, 0x102030, DATE(26, 7, 11, 22));
    alarm_after(&f, MSK2 | MSK3 | MSK4 | 0x45, 0);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_write32(f.bench, ISR, ~(ALRAF | INIT));
    assert_int_equal(bench_level(f.dev, "exti", 0), 0);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 60 * SECOND - 1);
    assert_int_equal(bench_level(f.dev, "exti", 0), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_level(f.dev, "exti", 0), 1);
    bench_free(f.bench);
}

static void test_wakeup_timer(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.bench, WUTR, 2047);
    bench_write32(f.bench, CR, 1u << 10 | 1u << 14); /* RTCCLK / 16: a second per count of 2048 */
    bench_run_ps(f.bench, SECOND - 1);
    assert_int_equal(bench_level(f.dev, "exti", 2), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_level(f.dev, "exti", 2), 1);
    bench_write32(f.bench, WUTR, 5); /* refused while running */
    assert_int_equal(bench_read32(f.bench, WUTR), 2047);
    bench_write32(f.bench, ISR, 0);
    bench_run_ps(f.bench, SECOND);
    assert_int_equal(bench_level(f.dev, "exti", 2), 1);
    bench_write32(f.bench, CR, 0);
    assert_int_equal(bench_read32(f.bench, ISR) & 4, 0);
    bench_run_ps(f.bench, SECOND / 1024);
    assert_int_equal(bench_read32(f.bench, ISR) & 4, 4);
    bench_write32(f.bench, WUTR, 2);
    bench_write32(f.bench, ISR, 0);
    bench_write32(f.bench, CR, 4u | 1u << 10 | 1u << 14); /* counts seconds */
    bench_run_ps(f.bench, 3 * SECOND - 1);
    assert_int_equal(bench_level(f.dev, "exti", 2), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_level(f.dev, "exti", 2), 1);
    bench_free(f.bench);
}

static void test_timestamp(void **state)
{
    (void)state;
    struct fixture f = make();
    set(&f, 0x102030, DATE(26, 7, 11, 22));
    bench_write32(f.bench, CR, 1u << 11 | 1u << 15);
    bench_drive(f.dev, "ts", 0, 0);
    bench_run_ps(f.bench, 2 * SECOND);
    bench_drive(f.dev, "ts", 0, 1);
    assert_int_equal(bench_level(f.dev, "exti", 1), 1);
    assert_int_equal(bench_read32(f.bench, TSTR), 0x102032);
    bench_drive(f.dev, "ts", 0, 0);
    bench_drive(f.dev, "ts", 0, 1);
    assert_int_equal(bench_read32(f.bench, ISR) & (1u << 12), 1u << 12);
    bench_free(f.bench);
}

static void test_survives_system_reset(void **state)
{
    (void)state;
    struct fixture f = make();
    set(&f, 0x102030, DATE(26, 7, 11, 22));
    bench_write32(f.bench, BKP3R, 77);
    bench_write32(f.bench, ALRMAR, MSK2 | MSK3 | MSK4 | 0x45);
    bench_write32(f.bench, CR, 1u << 8 | 1u << 12);
    bench_run_ps(f.bench, SECOND + SECOND / 2);
    mote_device_reset(f.dev);
    assert_int_equal(bench_read32(f.bench, ISR) & RSF, 0);
    bench_run_ps(f.bench, SECOND / 2);
    assert_calendar(&f, 0x102032, DATE(26, 7, 11, 22));
    assert_int_equal(bench_read32(f.bench, BKP3R), 77);
    bench_run_ps(f.bench, 13 * SECOND);
    assert_int_equal(bench_level(f.dev, "exti", 0), 1);
    bench_drive(f.dev, "backup_reset", 0, 1);
    assert_calendar(&f, 0, 0x2101);
    assert_int_equal(bench_read32(f.bench, BKP3R), 0);
    assert_int_equal(bench_level(f.dev, "exti", 0), 0);
    bench_free(f.bench);
}

static void test_no_clock_no_time(void **state)
{
    (void)state;
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, 80000000);
    struct mote_clock *rtcclk = bench_clock(f.bench, 0);
    f.dev = bench_add(f.bench, "stm32_rtc", "rtc", BASE, NULL);
    bench_run_ps(f.bench, 10 * SECOND);
    assert_calendar(&f, 0, 0x2101);
    mote_clock_set_hz(rtcclk, 32768);
    bench_run_ps(f.bench, 3 * SECOND);
    assert_calendar(&f, 3, 0x2101);
    bench_free(f.bench);
}

/* Version 3: places of its own, flags in SR that SCR clears, alarm and subsecond registers in
 * pairs. */
static void test_version_3(void **state)
{
    (void)state;
    const uint32_t cr = BASE + 0x18, alrmbr = BASE + 0x48, sr = BASE + 0x50, misr = BASE + 0x54,
                   scr = BASE + 0x5C;
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, 80000000);
    bench_clock(f.bench, 32768);
    f.dev = bench_add(f.bench, "stm32_rtc_v3", "rtc", BASE, NULL);
    bench_write32(f.bench, cr, 1u << 6);
    assert_int_equal(bench_read32(f.bench, cr), 0);
    bench_write32(f.bench, WPR, 0xCA);
    bench_write32(f.bench, WPR, 0x53);
    set(&f, 0x100000, DATE(26, 7, 11, 22));
    bench_write32(f.bench, alrmbr, MSK4 | MSK3 | MSK2 | 0x02);
    bench_write32(f.bench, WUTR, 0);
    bench_write32(f.bench, cr, 1u << 9 | 1u << 10 | 1u << 14 | 4); /* B; wakeup each second */
    bench_run_ps(f.bench, SECOND / 4);
    assert_int_equal(bench_read32(f.bench, BASE + 0x08), 255 - 64); /* SSR */
    bench_read32(f.bench, DR);
    assert_int_equal(bench_read32(f.bench, sr), 0);
    bench_run_ps(f.bench, SECOND);
    assert_int_equal(bench_read32(f.bench, sr), 4);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_level(f.dev, "exti", 2), 1);
    bench_run_ps(f.bench, SECOND);
    assert_int_equal(bench_read32(f.bench, sr), 6);
    assert_int_equal(bench_read32(f.bench, misr), 4);
    bench_write32(f.bench, sr, 0);
    bench_write32(f.bench, ISR, 0);
    assert_int_equal(bench_read32(f.bench, sr), 6);
    bench_write32(f.bench, scr, 4);
    assert_int_equal(bench_read32(f.bench, sr), 2);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    assert_calendar(&f, 0x100002, DATE(26, 7, 11, 22));
    bench_drive(f.dev, "backup_reset", 0, 1);
    assert_int_equal(bench_read32(f.bench, sr), 0);
    assert_calendar(&f, 0, 0x2101);
    bench_free(f.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values),      cmocka_unit_test(test_calendar_runs),
        cmocka_unit_test(test_twelve_hours),      cmocka_unit_test(test_subseconds_and_shadow_lock),
        cmocka_unit_test(test_protection),        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_alarm_comes_again), cmocka_unit_test(test_wakeup_timer),
        cmocka_unit_test(test_timestamp),         cmocka_unit_test(test_survives_system_reset),
        cmocka_unit_test(test_no_clock_no_time),  cmocka_unit_test(test_version_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
