/* nRF52 PDM: rates, double buffering, gain, filter delay, channels, stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x4001d000u
#define RAM  0x20000000u

#define START      (BASE + 0x000)
#define STOP       (BASE + 0x004)
#define STARTED    (BASE + 0x100)
#define STOPPED    (BASE + 0x104)
#define END        (BASE + 0x108)
#define INTENSET   (BASE + 0x304)
#define ENABLE     (BASE + 0x500)
#define PDMCLKCTRL (BASE + 0x504)
#define MODE       (BASE + 0x508)
#define GAINL      (BASE + 0x518)
#define RATIO      (BASE + 0x520)
#define PSEL_CLK   (BASE + 0x540)
#define PSEL_DIN   (BASE + 0x544)
#define PTR        (BASE + 0x560)
#define MAXCNT     (BASE + 0x564)

#define MODE_MONO 1u
#define MODE_EDGE 2u
/* Divider 31 and ratio 64 of 32 MHz: 62 us a sample. */
#define SAMPLE UINT64_C(62000000)
#define DELAY  UINT64_C(5000000000)

/* A microphone whose value is its time in milliseconds / 1000; the right one hears the negative. */
static double ramp(struct mote_device *dev, uint64_t at_ps)
{
    double value = (double)at_ps / 1e12;
    return dev->bus_address == 0 ? value : -value;
}

static uint64_t heard_hz;

static void clock_hz(struct mote_device *dev, uint64_t hz)
{
    (void)dev;
    heard_hz = hz;
}

static const struct mote_pdm_ops mic_ops = {.sample = ramp, .clock_hz = clock_hz};
static const struct mote_device_class mic_class = {.name = "ramp_microphone", .pdm = &mic_ops};

struct fixture {
    struct bench *b;
    struct mote_device *pdm;
};

static const uint32_t delay_us = 5000, pins[2] = {26, 25};
static const struct bench_prop plain[] = {{"mote,pins", pins, 2, NULL}, {NULL, NULL, 0, NULL}};
static const struct bench_prop delayed[] = {{"mote,filter-delay-us", &delay_us, 1, NULL},
                                            {"mote,pins", pins, 2, NULL},
                                            {NULL, NULL, 0, NULL}};

static struct fixture make(const struct bench_prop *props)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    bench_ram(f.b, RAM, 0x10000);
    f.pdm = bench_add(f.b, "nrf_pdm", "pdm0", BASE, props);
    bench_add_class(f.b, &mic_class, f.pdm, "left", 0, 0, NULL);
    bench_add_class(f.b, &mic_class, f.pdm, "right", 0, 1, NULL);
    bench_write32(f.b, PSEL_CLK, 26);
    bench_write32(f.b, PSEL_DIN, 25);
    bench_write32(f.b, MODE, MODE_MONO);
    bench_write32(f.b, ENABLE, 1);
    return f;
}

static int16_t pcm(const struct fixture *f, uint32_t offset, uint32_t index)
{
    return (int16_t)bench_read16(f->b, RAM + offset + 2 * index);
}

/* What the left microphone says at a time. */
static int16_t expected(uint64_t at_ps)
{
    return (int16_t)((double)at_ps / 1e12 * 32768.0 + 0.5);
}

static void buffers_follow_each_other_sample_by_sample(void **state)
{
    (void)state;
    struct fixture f = make(plain);
    bench_write32(f.b, PTR, RAM);
    bench_write32(f.b, MAXCNT, 100);
    bench_write32(f.b, INTENSET, 4);
    bench_write32(f.b, START, 1);
    assert_int_equal(heard_hz, 32000000 / 31);
    assert_int_equal(bench_read32(f.b, STARTED), 1);
    bench_write32(f.b, STARTED, 0);
    bench_write32(f.b, PTR, RAM + 0x1000);
    bench_run_ps(f.b, 100 * SAMPLE - 1);
    assert_int_equal(bench_read32(f.b, END), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, END), 1);
    assert_int_equal(bench_read32(f.b, STARTED), 1);
    assert_int_equal(bench_level(f.pdm, "irq", 0), 1);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(pcm(&f, 0, i), expected((i + 1) * SAMPLE));
    bench_run_ps(f.b, 100 * SAMPLE);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(pcm(&f, 0x1000, i), expected((i + 101) * SAMPLE));
    assert_int_equal(pcm(&f, 0, 0), expected(SAMPLE)); /* the first buffer was left alone */
    bench_free(f.b);
}

static void the_filter_delays_and_fills_first(void **state)
{
    (void)state;
    struct fixture f = make(delayed);
    bench_run_ps(f.b, 1000000000); /* the microphone had something to say before START */
    bench_write32(f.b, PTR, RAM);
    bench_write32(f.b, MAXCNT, 200);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 200 * SAMPLE);
    for (uint32_t i = 0; i < 200; i++) {
        uint64_t since = (i + 1) * SAMPLE;
        assert_int_equal(pcm(&f, 0, i), since < DELAY ? 0 : expected(1000000000 + since - DELAY));
    }
    bench_free(f.b);
}

static void gain_scales_in_half_decibels_and_clips(void **state)
{
    (void)state;
    struct fixture f = make(plain);
    bench_write32(f.b, GAINL, 0x28 + 40); /* +20 dB: ten times */
    bench_write32(f.b, PTR, RAM);
    bench_write32(f.b, MAXCNT, 2000);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 2000 * SAMPLE);
    assert_in_range(pcm(&f, 0, 99), expected(1000 * SAMPLE) - 1, expected(1000 * SAMPLE) + 1);
    assert_int_equal(pcm(&f, 0, 1999), INT16_MAX); /* 0.124 * 10 > 1 */
    bench_free(f.b);
}

static void stereo_interleaves_and_edge_swaps(void **state)
{
    (void)state;
    struct fixture f = make(plain);
    bench_write32(f.b, MODE, 0);
    bench_write32(f.b, PDMCLKCTRL, 0x0a000000); /* divider 25 */
    bench_write32(f.b, RATIO, 1);               /* 80: 62.5 us a sample */
    bench_write32(f.b, PTR, RAM);
    bench_write32(f.b, MAXCNT, 20);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 10 * UINT64_C(62500000));
    assert_int_equal(bench_read32(f.b, END), 1);
    assert_int_equal(pcm(&f, 0, 18), expected(625000000));
    assert_int_equal(pcm(&f, 0, 19), -expected(625000000));
    bench_write32(f.b, STOP, 1);
    bench_run_ps(f.b, SAMPLE * 2);
    bench_write32(f.b, MODE, MODE_MONO | MODE_EDGE);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 20 * UINT64_C(62500000));
    assert_true(pcm(&f, 0, 19) < 0);
    bench_free(f.b);
}

static void stop_leaves_what_was_sampled(void **state)
{
    (void)state;
    struct fixture f = make(plain);
    bench_write32(f.b, PTR, RAM);
    bench_write32(f.b, MAXCNT, 100);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 10 * SAMPLE + SAMPLE / 2);
    bench_write32(f.b, STOP, 1);
    bench_run_ps(f.b, SAMPLE);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    assert_int_equal(bench_read32(f.b, END), 0);
    assert_int_equal(heard_hz, 0);
    assert_int_equal(pcm(&f, 0, 9), expected(10 * SAMPLE));
    assert_int_equal(pcm(&f, 0, 10), 0);
    bench_free(f.b);
}

static void wrong_pins_hear_nothing(void **state)
{
    (void)state;
    struct fixture f = make(plain);
    bench_write32(f.b, PSEL_DIN, 24);
    bench_write32(f.b, PTR, RAM);
    bench_write32(f.b, MAXCNT, 10);
    bench_write16(f.b, RAM + 18, 0x5555);
    uint64_t before = mote_log_count(bench_system(f.b), MOTE_LOG_GUEST);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 10 * SAMPLE);
    assert_int_equal(pcm(&f, 0, 9), 0);
    assert_int_equal(mote_log_count(bench_system(f.b), MOTE_LOG_GUEST), before + 1);
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_follow_each_other_sample_by_sample),
        cmocka_unit_test(the_filter_delays_and_fills_first),
        cmocka_unit_test(gain_scales_in_half_decibels_and_clips),
        cmocka_unit_test(stereo_interleaves_and_edge_swaps),
        cmocka_unit_test(stop_leaves_what_was_sampled),
        cmocka_unit_test(wrong_pins_hear_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
