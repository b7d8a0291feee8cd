/* nRF52 CLOCK/POWER, WDT, RNG, TEMP, ECB, FICR: the chip's small services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"
#include <string.h>

#define CLOCK 0x40000000u
#define WDT   0x40010000u
#define RNG   0x4000d000u
#define TEMP  0x4000c000u
#define ECB   0x4000e000u
#define FICR  0x10000000u
#define RAM   0x20000000u

#define US UINT64_C(1000000)
#define MS UINT64_C(1000000000)

static const uint32_t hfxo_us = 360, lfxo_us = 250000, lfrc_us = 600, cal_us = 16000;
static const struct bench_prop clock_props[] = {{"mote,hfxo-start-us", &hfxo_us, 1, NULL},
                                                {"mote,lfxo-start-us", &lfxo_us, 1, NULL},
                                                {"mote,lfrc-start-us", &lfrc_us, 1, NULL},
                                                {"mote,calibrate-us", &cal_us, 1, NULL},
                                                {NULL, NULL, 0, NULL}};

struct fixture {
    struct bench *b;
    struct mote_device *dev;
};

static struct fixture make_clock(void)
{
    struct fixture f = {.b = bench_new()};
    f.dev = bench_add(f.b, "nrf_clock", "clock", CLOCK, clock_props);
    return f;
}

static uint64_t rate(const struct fixture *f, uint32_t cell)
{
    return mote_clock_rate_hz(f->dev->cls->clock_of(f->dev, &cell, 1));
}

static void the_crystal_takes_its_time(void **state)
{
    (void)state;
    struct fixture f = make_clock();
    assert_int_equal(rate(&f, 0), 64000000);
    assert_int_equal(rate(&f, 1), 16000000);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x40c), 0x10000);
    bench_write32(f.b, CLOCK + 0x304, 1);
    bench_write32(f.b, CLOCK + 0x000, 1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x408), 1);
    bench_run_ps(f.b, 360 * US - 1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x100), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x100), 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x40c), 0x10001);
    bench_write32(f.b, CLOCK + 0x004, 1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x40c), 0x10000);
    bench_free(f.b);
}

static void lfclk_runs_from_rc_until_the_crystal_is_up(void **state)
{
    (void)state;
    struct fixture f = make_clock();
    assert_int_equal(rate(&f, 2), 0);
    bench_write32(f.b, CLOCK + 0x518, 1);
    bench_write32(f.b, CLOCK + 0x008, 1);
    assert_int_equal(rate(&f, 2), 32768);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x418), 0x10000);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x41c), 1);
    bench_run_ps(f.b, 249 * MS);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x104), 0);
    bench_run_ps(f.b, 1 * MS);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x104), 1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x418), 0x10001);
    bench_write32(f.b, CLOCK + 0x00c, 1);
    assert_int_equal(rate(&f, 2), 0);
    bench_free(f.b);
}

static void calibration_needs_both_oscillators(void **state)
{
    (void)state;
    struct fixture f = make_clock();
    bench_write32(f.b, CLOCK + 0x008, 1);
    bench_run_ps(f.b, 1 * MS);
    bench_write32(f.b, CLOCK + 0x010, 1);
    bench_run_ps(f.b, 100 * MS);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x10c), 0);
    bench_write32(f.b, CLOCK + 0x000, 1);
    bench_run_ps(f.b, 1 * MS);
    bench_write32(f.b, CLOCK + 0x010, 1);
    bench_run_ps(f.b, 16 * MS);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x10c), 1);
    bench_write32(f.b, CLOCK + 0x538, 4); /* a second */
    bench_write32(f.b, CLOCK + 0x014, 1);
    bench_run_ps(f.b, 999 * MS);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x110), 0);
    bench_run_ps(f.b, 1 * MS);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x110), 1);
    bench_free(f.b);
}

static void retained_registers_survive_a_system_reset(void **state)
{
    (void)state;
    struct fixture f = make_clock();
    bench_drive(f.dev, "sreq", 0, 1);
    bench_write32(f.b, CLOCK + 0x51c, 0xb1);
    bench_write32(f.b, CLOCK + 0x578, 1);
    assert_int_equal(bench_level(f.dev, "dcdc", 0), 1);
    mote_device_reset(f.dev);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x51c), 0xb1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x400), 4);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x578), 0);
    bench_write32(f.b, CLOCK + 0x400, 4);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x400), 0);
    bench_write32(f.b, CLOCK + 0x908, 0x3);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x900), 0xfffc);
    bench_write32(f.b, CLOCK + 0x904, 0x1);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x900), 0xfffd);
    bench_free(f.b);
}

static void system_off_stops_clocks_until_detect(void **state)
{
    (void)state;
    struct fixture f = make_clock();
    bench_write32(f.b, CLOCK + 0x500, 1);
    assert_int_equal(rate(&f, 0), 0);
    assert_int_equal(rate(&f, 1), 0);
    assert_false(mote_reset_requested(bench_system(f.b)));
    bench_drive(f.dev, "detect", 1, 1);
    assert_true(mote_reset_requested(bench_system(f.b)));
    mote_device_reset(f.dev);
    assert_int_equal(rate(&f, 0), 64000000);
    assert_int_equal(bench_read32(f.b, CLOCK + 0x400), 1u << 16);
    bench_free(f.b);
}

static struct fixture make_wdt(void)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    bench_clock(f.b, 32768);
    f.dev = bench_add(f.b, "nrf_wdt", "wdt", WDT, NULL);
    bench_write32(f.b, WDT + 0x504, 32767); /* one second */
    return f;
}

static void the_watchdog_bites_unless_fed_in_full(void **state)
{
    (void)state;
    struct fixture f = make_wdt();
    bench_write32(f.b, WDT + 0x508, 3); /* two reload registers */
    bench_write32(f.b, WDT + 0x000, 1);
    for (int i = 0; i < 5; i++) {
        bench_run_ps(f.b, 900 * MS);
        bench_write32(f.b, WDT + 0x600, 0x6e524635);
        bench_write32(f.b, WDT + 0x604, 0x6e524635);
    }
    assert_int_equal(bench_read32(f.b, WDT + 0x100), 0);
    bench_write32(f.b, WDT + 0x600, 0x6e524635);
    bench_write32(f.b, WDT + 0x604, 0x12345678); /* not the word */
    bench_write32(f.b, WDT + 0x504, UINT32_MAX); /* locked */
    bench_run_ps(f.b, 1000 * MS);
    assert_int_equal(bench_read32(f.b, WDT + 0x100), 1);
    assert_false(mote_reset_requested(bench_system(f.b)));
    bench_run_ps(f.b, 62 * US);
    assert_true(mote_reset_requested(bench_system(f.b)));
    bench_free(f.b);
}

static void the_watchdog_can_pause_in_sleep(void **state)
{
    (void)state;
    struct fixture f = make_wdt();
    bench_write32(f.b, WDT + 0x50c, 0);
    bench_write32(f.b, WDT + 0x000, 1);
    bench_run_ps(f.b, 500 * MS);
    bench_drive(f.dev, "sleep", 0, 1);
    bench_run_ps(f.b, 10000 * MS);
    bench_drive(f.dev, "sleep", 0, 0);
    bench_run_ps(f.b, 499 * MS);
    assert_int_equal(bench_read32(f.b, WDT + 0x100), 0);
    bench_run_ps(f.b, 1 * MS);
    assert_int_equal(bench_read32(f.b, WDT + 0x100), 1);
    bench_free(f.b);
}

static void random_bytes_come_at_their_rate_and_repeat(void **state)
{
    (void)state;
    static const uint32_t start_us = 128, byte_us = 30, corrected_us = 120, seed = 99;
    static const struct bench_prop props[] = {{"mote,start-us", &start_us, 1, NULL},
                                              {"mote,byte-us", &byte_us, 1, NULL},
                                              {"mote,corrected-byte-us", &corrected_us, 1, NULL},
                                              {"mote,seed", &seed, 1, NULL},
                                              {NULL, NULL, 0, NULL}};
    struct fixture f = {.b = bench_new()};
    uint32_t seen[256] = {0}, first[4];
    f.dev = bench_add(f.b, "nrf_rng", "rng", RNG, props);
    bench_write32(f.b, RNG + 0x000, 1);
    bench_run_ps(f.b, 158 * US - 1);
    assert_int_equal(bench_read32(f.b, RNG + 0x100), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, RNG + 0x100), 1);
    for (uint32_t i = 0; i < 25600; i++) {
        uint32_t value = bench_read32(f.b, RNG + 0x508);
        if (i < 4)
            first[i] = value;
        seen[value]++;
        bench_run_ps(f.b, 30 * US);
    }
    for (uint32_t i = 0; i < 256; i++)
        assert_in_range(seen[i], 50, 160); /* 100 expected, standard deviation 10 */
    mote_device_reset(f.dev);
    bench_write32(f.b, RNG + 0x200, 1); /* stop after one */
    for (uint32_t i = 0; i < 4; i++) {
        bench_write32(f.b, RNG + 0x000, 1);
        bench_run_ps(f.b, 1 * MS);
        assert_int_equal(bench_read32(f.b, RNG + 0x508), first[i]);
    }
    bench_free(f.b);
}

static double cold(void *user, uint64_t at_ps)
{
    (void)user;
    (void)at_ps;
    return -7.6;
}

static void temperature_in_quarter_degrees(void **state)
{
    (void)state;
    static const uint32_t measure_us = 36;
    static const struct bench_prop props[] = {{"mote,measure-us", &measure_us, 1, NULL},
                                              {NULL, NULL, 0, NULL}};
    struct fixture f = {.b = bench_new()};
    f.dev = bench_add(f.b, "nrf_temp", "temp", TEMP, props);
    bench_write32(f.b, TEMP + 0x000, 1);
    bench_run_ps(f.b, 35 * US);
    assert_int_equal(bench_read32(f.b, TEMP + 0x100), 0);
    bench_run_ps(f.b, 1 * US);
    assert_int_equal(bench_read32(f.b, TEMP + 0x100), 1);
    assert_int_equal(bench_read32(f.b, TEMP + 0x508), 100); /* 25 degrees at rest */
    assert_true(mote_channel_connect(f.dev, 0, &(struct mote_stimulus){cold, NULL}));
    bench_write32(f.b, TEMP + 0x000, 1);
    bench_run_ps(f.b, 36 * US);
    assert_int_equal((int32_t)bench_read32(f.b, TEMP + 0x508), -30);
    bench_free(f.b);
}

/* The example of FIPS 197, appendix B. */
static void aes_as_in_the_standard(void **state)
{
    (void)state;
    static const uint8_t key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                    0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
    static const uint8_t plain[16] = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d,
                                      0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
    static const uint8_t cipher[16] = {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb,
                                       0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32};
    static const uint32_t block_ns = 7200;
    static const struct bench_prop props[] = {{"mote,block-ns", &block_ns, 1, NULL},
                                              {NULL, NULL, 0, NULL}};
    struct fixture f = {.b = bench_new()};
    bench_ram(f.b, RAM, 0x1000);
    f.dev = bench_add(f.b, "nrf_ecb", "ecb", ECB, props);
    for (uint32_t i = 0; i < 16; i++) {
        bench_write8(f.b, RAM + 0x40 + i, key[i]);
        bench_write8(f.b, RAM + 0x50 + i, plain[i]);
    }
    bench_write32(f.b, ECB + 0x504, RAM + 0x40);
    bench_write32(f.b, ECB + 0x000, 1);
    bench_run_ps(f.b, 7199000);
    assert_int_equal(bench_read32(f.b, ECB + 0x100), 0);
    bench_run_ps(f.b, 1000);
    assert_int_equal(bench_read32(f.b, ECB + 0x100), 1);
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(bench_read8(f.b, RAM + 0x60 + i), cipher[i]);
    bench_write32(f.b, ECB + 0x000, 1);
    bench_write32(f.b, ECB + 0x004, 1);
    assert_int_equal(bench_read32(f.b, ECB + 0x104), 1);
    bench_free(f.b);
}

static void factory_words_come_from_the_board(void **state)
{
    (void)state;
    static const uint32_t words[] = {0x010, 4096, 0x064, 0x1234, 0x134, 2};
    static const struct bench_prop props[] = {{"mote,words", words, 6, NULL},
                                              {NULL, NULL, 0, NULL}};
    struct fixture f = {.b = bench_new()};
    bench_add(f.b, "nrf_ficr", "ficr", FICR, props);
    assert_int_equal(bench_read32(f.b, FICR + 0x010), 4096);
    assert_int_equal(bench_read32(f.b, FICR + 0x064), 0x1234);
    assert_int_equal(bench_read32(f.b, FICR + 0x134), 2);
    assert_int_equal(bench_read32(f.b, FICR + 0x100), 0x52840);
    assert_int_equal(bench_read32(f.b, FICR + 0x258), UINT32_MAX);
    assert_int_equal(bench_read8(f.b, FICR + 0x259), 0xff);
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crystal_takes_its_time),
        cmocka_unit_test(lfclk_runs_from_rc_until_the_crystal_is_up),
        cmocka_unit_test(calibration_needs_both_oscillators),
        cmocka_unit_test(retained_registers_survive_a_system_reset),
        cmocka_unit_test(system_off_stops_clocks_until_detect),
        cmocka_unit_test(the_watchdog_bites_unless_fed_in_full),
        cmocka_unit_test(the_watchdog_can_pause_in_sleep),
        cmocka_unit_test(random_bytes_come_at_their_rate_and_repeat),
        cmocka_unit_test(temperature_in_quarter_degrees),
        cmocka_unit_test(aes_as_in_the_standard),
        cmocka_unit_test(factory_words_come_from_the_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
