/* nRF52 SAADC: codes by gain, reference and resolution, scan, limits, oversampling, sample timer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x40007000u
#define RAM  0x20000000u

#define START      (BASE + 0x000)
#define SAMPLE     (BASE + 0x004)
#define STOP       (BASE + 0x008)
#define STARTED    (BASE + 0x100)
#define END        (BASE + 0x104)
#define DONE       (BASE + 0x108)
#define RESULTDONE (BASE + 0x10c)
#define STOPPED    (BASE + 0x114)
#define LIMITH(n)  (BASE + 0x118 + 8 * (n))
#define LIMITL(n)  (BASE + 0x11c + 8 * (n))
#define INTENSET   (BASE + 0x304)
#define ENABLE     (BASE + 0x500)
#define PSELP(n)   (BASE + 0x510 + 16 * (n))
#define PSELN(n)   (BASE + 0x514 + 16 * (n))
#define CONFIG(n)  (BASE + 0x518 + 16 * (n))
#define LIMIT(n)   (BASE + 0x51c + 16 * (n))
#define RESOLUTION (BASE + 0x5f0)
#define OVERSAMPLE (BASE + 0x5f4)
#define SAMPLERATE (BASE + 0x5f8)
#define PTR        (BASE + 0x62c)
#define MAXCNT     (BASE + 0x630)
#define AMOUNT     (BASE + 0x634)

#define GAIN_1_6   (0u << 8)
#define GAIN_1     (5u << 8)
#define REF_VDD_4  (1u << 12)
#define TACQ_10US  (2u << 16)
#define DIFF       (1u << 20)
#define BURST      (1u << 24)
#define US         UINT64_C(1000000)
#define CONVERSION (12 * US) /* 10 us acquisition, 2 us conversion */

static const uint32_t convert_ns = 2000, reference_uv = 600000;
static const struct bench_prop props[] = {{"mote,convert-ns", &convert_ns, 1, NULL},
                                          {"mote,internal-reference-uv", &reference_uv, 1, NULL},
                                          {NULL, NULL, 0, NULL}};

struct fixture {
    struct bench *b;
    struct mote_device *adc;
};

static double volts(void *user, uint64_t at_ps)
{
    (void)at_ps;
    return *(const double *)user;
}

static void apply(const struct fixture *f, const char *channel, double *value)
{
    int index = mote_channel_index(f->adc, channel);
    assert_true(index >= 0);
    assert_true(
        mote_channel_connect(f->adc, (uint32_t)index, &(struct mote_stimulus){volts, value}));
}

static struct fixture make(uint32_t maxcnt)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    bench_ram(f.b, RAM, 0x1000);
    f.adc = bench_add(f.b, "nrf_saadc", "adc", BASE, props);
    bench_write32(f.b, ENABLE, 1);
    bench_write32(f.b, PTR, RAM);
    bench_write32(f.b, MAXCNT, maxcnt);
    return f;
}

static int16_t result(const struct fixture *f, uint32_t index)
{
    return (int16_t)bench_read16(f->b, RAM + 2 * index);
}

static void codes_follow_gain_reference_and_resolution(void **state)
{
    (void)state;
    struct fixture f = make(4);
    double ain0 = 1.8, vdd = 3.0;
    apply(&f, "ain0", &ain0);
    apply(&f, "vdd", &vdd);
    bench_write32(f.b, PSELP(0), 1);
    bench_write32(f.b, CONFIG(0), GAIN_1_6 | TACQ_10US);
    bench_write32(f.b, RESOLUTION, 2);
    bench_write32(f.b, START, 1);
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, CONVERSION);
    assert_int_equal(result(&f, 0), 2048); /* 1.8 V / 6 / 0.6 V * 4096 */
    bench_write32(f.b, RESOLUTION, 1);
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, CONVERSION);
    assert_int_equal(result(&f, 1), 512);
    bench_write32(f.b, CONFIG(0), GAIN_1 | REF_VDD_4 | TACQ_10US); /* full scale 0.75 V */
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, CONVERSION);
    assert_int_equal(result(&f, 2), 1023);
    ain0 = 0.375;
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, CONVERSION);
    assert_int_equal(result(&f, 3), 512);
    assert_int_equal(bench_read32(f.b, END), 1);
    assert_int_equal(bench_read32(f.b, AMOUNT), 4);
    bench_free(f.b);
}

static void a_scan_takes_each_channel_in_turn(void **state)
{
    (void)state;
    struct fixture f = make(3);
    double ain1 = 0.5, ain2 = 0.2, ain7 = 0.1;
    apply(&f, "ain1", &ain1);
    apply(&f, "ain2", &ain2);
    apply(&f, "ain7", &ain7);
    bench_write32(f.b, PSELP(1), 2);
    bench_write32(f.b, CONFIG(1), GAIN_1 | TACQ_10US);
    bench_write32(f.b, PSELP(4), 3);
    bench_write32(f.b, PSELN(4), 2);
    bench_write32(f.b, CONFIG(4), GAIN_1 | TACQ_10US | DIFF);
    bench_write32(f.b, PSELP(6), 8);
    bench_write32(f.b, CONFIG(6), GAIN_1 | TACQ_10US);
    bench_write32(f.b, INTENSET, 2);
    bench_write32(f.b, START, 1);
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, 3 * CONVERSION - 1);
    assert_int_equal(bench_level(f.adc, "irq", 0), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_level(f.adc, "irq", 0), 1);
    assert_int_equal(result(&f, 0), 853);
    assert_int_equal(result(&f, 1), -256); /* (0.2 - 0.5) / 0.6 * 512 */
    assert_int_equal(result(&f, 2), 171);
    bench_free(f.b);
}

static void limits_raise_events(void **state)
{
    (void)state;
    struct fixture f = make(2);
    double ain0 = 0.3;
    apply(&f, "ain0", &ain0);
    bench_write32(f.b, PSELP(0), 1);
    bench_write32(f.b, CONFIG(0), GAIN_1 | TACQ_10US);
    bench_write32(f.b, LIMIT(0), 600u << 16 | 400u);
    bench_write32(f.b, START, 1);
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, CONVERSION);
    assert_int_equal(result(&f, 0), 512);
    assert_int_equal(bench_read32(f.b, LIMITH(0)) + bench_read32(f.b, LIMITL(0)), 0);
    ain0 = 0.4;
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, CONVERSION);
    assert_int_equal(bench_read32(f.b, LIMITH(0)), 1);
    assert_int_equal(bench_read32(f.b, LIMITL(0)), 0);
    bench_free(f.b);
}

static void oversampling_in_burst_or_over_samples(void **state)
{
    (void)state;
    struct fixture f = make(2);
    double ain0 = 0.3;
    apply(&f, "ain0", &ain0);
    bench_write32(f.b, PSELP(0), 1);
    bench_write32(f.b, CONFIG(0), GAIN_1 | TACQ_10US | BURST);
    bench_write32(f.b, OVERSAMPLE, 2); /* four */
    bench_write32(f.b, START, 1);
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, 4 * CONVERSION - 1);
    assert_int_equal(bench_read32(f.b, RESULTDONE), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, RESULTDONE), 1);
    bench_write32(f.b, RESULTDONE, 0);
    bench_write32(f.b, CONFIG(0), GAIN_1 | TACQ_10US);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(bench_read32(f.b, RESULTDONE), 0);
        bench_write32(f.b, SAMPLE, 1);
        bench_run_ps(f.b, CONVERSION);
    }
    assert_int_equal(bench_read32(f.b, RESULTDONE), 1);
    assert_int_equal(result(&f, 1), 512);
    bench_free(f.b);
}

static void the_sample_timer_fills_the_buffer(void **state)
{
    (void)state;
    struct fixture f = make(10);
    bench_write32(f.b, PSELP(0), 9);
    bench_write32(f.b, CONFIG(0), TACQ_10US);
    bench_write32(f.b, SAMPLERATE, 0x1000 | 1600); /* 10 kHz */
    bench_write32(f.b, START, 1);
    bench_write32(f.b, SAMPLE, 1);
    bench_run_ps(f.b, 900 * US + CONVERSION - 1);
    assert_int_equal(bench_read32(f.b, END), 0);
    assert_int_equal(bench_read32(f.b, AMOUNT), 9);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, END), 1);
    bench_run_ps(f.b, 1000 * US);
    assert_int_equal(bench_read32(f.b, AMOUNT), 10);
    bench_free(f.b);
}

/* The core runs events at instruction boundaries, so some cycles late. */
static void late_events_do_not_slow_the_sample_timer(void **state)
{
    (void)state;
    struct fixture f = make(100);
    struct mote_system *sys = bench_system(f.b);
    bench_write32(f.b, PSELP(0), 9);
    bench_write32(f.b, CONFIG(0), TACQ_10US);
    bench_write32(f.b, SAMPLERATE, 0x1000 | 1600);
    bench_write32(f.b, START, 1);
    uint64_t start_ps = mote_now_ps(sys);
    bench_write32(f.b, SAMPLE, 1);
    for (uint64_t i = 1; i < 100; i++) {
        mote_set_now_ps(sys, start_ps + 100 * US * i + US / 2);
        bench_run_ps(f.b, 50 * US);
        assert_int_equal(bench_read32(f.b, AMOUNT), i + 1);
    }
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_follow_gain_reference_and_resolution),
        cmocka_unit_test(a_scan_takes_each_channel_in_turn),
        cmocka_unit_test(limits_raise_events),
        cmocka_unit_test(oversampling_in_burst_or_over_samples),
        cmocka_unit_test(the_sample_timer_fills_the_buffer),
        cmocka_unit_test(late_events_do_not_slow_the_sample_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
