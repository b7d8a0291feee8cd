/* The FE310's devices: clocks, watchdog, RTC, GPIO, UART, SPI, PWM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"
#include <mote/bus.h>
#include <mote/clock.h>
#include <string.h>

#define BASE  0x10000000u
#define MS_PS 1000000000ull

static struct bench *bench;

static int setup(void **state)
{
    (void)state;
    bench = bench_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_free(bench);
    return 0;
}

static void write32(uint32_t offset, uint32_t value)
{
    bench_write32(bench, BASE + offset, value);
}

static uint32_t read32(uint32_t offset)
{
    return bench_read32(bench, BASE + offset);
}

static void test_clocks(void **state)
{
    static const uint32_t ring[] = {72000000}, crystal[] = {16000000};
    static const struct bench_prop props[] = {
        {.name = "mote,hfrosc-hz", .cells = ring, .count = 1},
        {.name = "mote,hfxosc-hz", .cells = crystal, .count = 1},
        {.name = NULL}};
    (void)state;
    struct mote_device *dev = bench_add(bench, "sifive_prci", "prci", BASE, props);
    struct mote_clock *core = dev->cls->clock_of(dev, NULL, 0);
    assert_int_equal(mote_clock_rate_hz(core), 72000000 / 5);
    write32(0x08, 1u << 17 | 1u << 10 | 31u << 4 | 1u); /* crystal / 2 x 64 / 2 */
    assert_true(read32(0x08) >> 31);
    write32(0x08, 1u << 16 | 1u << 17 | 1u << 10 | 31u << 4 | 1u);
    assert_int_equal(mote_clock_rate_hz(core), 256000000);
    write32(0x0C, 1); /* divided by 4 */
    assert_int_equal(mote_clock_rate_hz(core), 64000000);
    write32(0x08, 1u << 16 | 1u << 17 | 1u << 18); /* bypass */
    write32(0x0C, 0x100);
    assert_int_equal(mote_clock_rate_hz(core), 16000000);
}

static struct mote_device *add_aon(void)
{
    static const uint32_t rate[] = {32768};
    static const struct bench_prop props[] = {{.name = "mote,lfclk-hz", .cells = rate, .count = 1},
                                              {.name = NULL}};
    return bench_add(bench, "sifive_aon", "aon", BASE, props);
}

static void unlocked(uint32_t offset, uint32_t value)
{
    write32(0x1C, 0x51F15E);
    write32(offset, value);
}

static void test_watchdog(void **state)
{
    (void)state;
    add_aon();
    write32(0x20, 5); /* without the key */
    assert_int_equal(read32(0x20), 0xFFFF);
    unlocked(0x20, 32);
    unlocked(0x00, 1u << 12 | 1u << 8 | 5); /* always, reset, 2^5 clocks a step */
    assert_int_equal(read32(0x20), 32);
    bench_run_ps(bench, 20 * MS_PS);
    unlocked(0x18, 0x0D09F00D);
    bench_run_ps(bench, 31 * MS_PS);
    assert_false(mote_reset_requested(bench_system(bench)));
    bench_run_ps(bench, MS_PS); /* 1024 / 32768 s = 31.25 ms after the food */
    assert_true(mote_take_reset_request(bench_system(bench)));
    write32(0x80, 0x1234);
    mote_system_reset(bench_system(bench));
    assert_int_equal(read32(0x144), 2u << 8);
    assert_int_equal(read32(0x80), 0x1234); /* backup registers stay */
}

static void test_rtc(void **state)
{
    (void)state;
    struct mote_device *dev = add_aon();
    write32(0x60, 4);
    write32(0x40, 1u << 12 | 13); /* a quarter second a step */
    bench_run_ps(bench, 999 * MS_PS);
    assert_int_equal(mote_wire_output(dev, 1), 0);
    bench_run_ps(bench, 2 * MS_PS);
    assert_int_equal(mote_wire_output(dev, 1), 1);
    assert_int_equal(read32(0x50), 4);
    write32(0x60, 5);
    assert_int_equal(mote_wire_output(dev, 1), 0);
}

static void test_gpio(void **state)
{
    (void)state;
    struct mote_device *dev = bench_add(bench, "sifive_gpio", "gpio0", BASE, NULL);
    write32(0x08, 1u << 19);
    assert_int_equal(mote_wire_output(dev, 19), 0);
    write32(0x40, 1u << 19); /* inverted */
    assert_int_equal(mote_wire_output(dev, 19), 1);
    assert_int_equal(mote_wire_output(dev, 5), MOTE_WIRE_Z);
    write32(0x04, 1u << 5);
    write32(0x1C, ~0u);
    write32(0x18, 1u << 5);
    mote_wire_drive(dev, 5, 1);
    assert_int_equal(read32(0x00), 1u << 5);
    assert_int_equal(mote_wire_output(dev, 32 + 5), 1);
    write32(0x1C, 1u << 5);
    assert_int_equal(mote_wire_output(dev, 32 + 5), 0);
    write32(0x38, 1u << 19); /* a hardware function: its level, still inverted */
    write32(0x3C, 1u << 19);
    mote_wire_drive(dev, 64 + 19, 1);
    assert_int_equal(mote_wire_output(dev, 19), 0);
}

static char heard[16];
static uint64_t heard_ps;

static void hear(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)user;
    heard[strlen(heard)] = (char)byte;
    heard_ps = mote_now_ps(dev->sys);
}

static void test_uart(void **state)
{
    (void)state;
    memset(heard, 0, sizeof heard);
    bench_clock(bench, 16000000);
    struct mote_device *dev = bench_add(bench, "sifive_uart", "uart0", BASE, NULL);
    assert_true(mote_uart_add_sink(dev, hear, NULL));
    write32(0x18, 138); /* 115108 baud */
    write32(0x08, 1 | 1u << 16);
    write32(0x10, 1);
    assert_int_equal(mote_wire_output(dev, 0), 1);
    for (uint32_t i = 0; i < 9; i++)
        write32(0x00, 'a' + i);
    assert_true(read32(0x00) >> 31); /* one is on the line, eight wait */
    assert_int_equal(mote_wire_output(dev, 0), 0);
    bench_run_ps(bench, MS_PS);
    assert_string_equal(heard, "abcdefghi");
    assert_int_equal(heard_ps, 9 * 10 * 139 * 62500ull);
    assert_true(read32(0x04) >> 31);
    write32(0x0C, 1);
    mote_uart_feed(dev, (const uint8_t *)"x", 1);
    bench_run_ps(bench, MS_PS);
    assert_int_equal(read32(0x04), 'x');
}

static void test_spi_time(void **state)
{
    (void)state;
    bench_clock(bench, 16000000);
    struct mote_device *dev = bench_add(bench, "sifive_spi", "spi1", BASE, NULL);
    assert_int_equal(mote_wire_output(dev, 1), 1);
    write32(0x18, 2); /* hold */
    write32(0x48, 0xA5);
    assert_int_equal(mote_wire_output(dev, 1), 0);
    bench_run_ps(bench, 3900000); /* eight bits of eight clocks: 4 us */
    assert_true(read32(0x4C) >> 31);
    bench_run_ps(bench, 100000);
    assert_int_equal(read32(0x4C), 0xFF);
    assert_int_equal(mote_wire_output(dev, 1), 0);
    write32(0x18, 0);
    assert_int_equal(mote_wire_output(dev, 1), 1);
}

static void test_pwm(void **state)
{
    (void)state;
    bench_clock(bench, 1000000);
    struct mote_device *dev = bench_add(bench, "sifive_pwm", "pwm1", BASE, NULL);
    write32(0x20, 9);
    write32(0x24, 4);
    write32(0x00, 1u << 9 | 1u << 12); /* from 0 after comparator 0: ten clocks a period */
    uint32_t high = 0;
    for (uint32_t i = 0; i < 100; i++) {
        bench_run_ps(bench, 1000000);
        high += mote_wire_output(dev, 5) == 1;
    }
    assert_int_equal(high, 60);
    assert_int_equal(read32(0x10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watchdog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rtc, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gpio, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spi_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pwm, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
