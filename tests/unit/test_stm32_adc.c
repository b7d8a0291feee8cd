/* STM32 ADC: power-up, conversion time, sequences, triggers, watchdogs, values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE   0x50040000u
#define ISR    (BASE + 0x00)
#define IER    (BASE + 0x04)
#define CR     (BASE + 0x08)
#define CFGR   (BASE + 0x0C)
#define CFGR2  (BASE + 0x10)
#define SMPR1  (BASE + 0x14)
#define TR1    (BASE + 0x20)
#define SQR1   (BASE + 0x30)
#define DR     (BASE + 0x40)
#define JSQR   (BASE + 0x4C)
#define OFR1   (BASE + 0x60)
#define JDR1   (BASE + 0x80)
#define DIFSEL (BASE + 0xB0)
#define CCR    (BASE + 0x308)

#define ADRDY      1u
#define EOC        4u
#define EOS        8u
#define OVR        16u
#define JEOC       32u
#define JEOS       64u
#define AWD1       128u
#define ADEN       1u
#define START      4u
#define JSTART     8u
#define STOP       16u
#define VREGEN     (1u << 28)
#define ADCAL      (1u << 31)
#define CYCLE      100000ull /* of the 10 MHz converter clock */
#define CONVERSION (15 * CYCLE)

struct fixture {
    struct bench *bench;
    struct mote_device *dev;
};

static double volts(void *user, uint64_t at_ps)
{
    (void)at_ps;
    return *(const double *)user;
}

/* A ramp of one volt per millisecond. */
static double ramp(void *user, uint64_t at_ps)
{
    (void)user;
    return (double)at_ps * 1e-9;
}

static const uint32_t startup_ns = 20000, calibration = 116, enable = 15, vref = 3000,
                      vrefint = 1212000, ts30 = 760000, slope = 2500;
static const struct bench_prop props[] = {
    {"vref-mv", &vref, 1, NULL},
    {"mote,vrefint-microvolt", &vrefint, 1, NULL},
    {"mote,ts-30c-microvolt", &ts30, 1, NULL},
    {"mote,ts-microvolt-per-degc", &slope, 1, NULL},
    {"mote,regulator-startup-ns", &startup_ns, 1, NULL},
    {"mote,calibration-cycles", &calibration, 1, NULL},
    {"mote,enable-cycles", &enable, 1, NULL},
    {0},
};

static struct fixture make(void)
{
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, 80000000);
    bench_clock(f.bench, 10000000);
    f.dev = bench_add(f.bench, "stm32_adc", "adc", BASE, props);
    return f;
}

static void connect(struct fixture *f, uint32_t channel, const double *value)
{
    struct mote_stimulus stimulus = {volts, (void *)(uintptr_t)value};
    assert_true(mote_channel_connect(f->dev, channel, &stimulus));
}

static struct fixture make_ready(void)
{
    struct fixture f = make();
    bench_write32(f.bench, CR, 0);
    bench_write32(f.bench, CR, VREGEN);
    bench_run_ps(f.bench, 20000000);
    bench_write32(f.bench, CR, VREGEN | ADEN);
    bench_run_ps(f.bench, 15 * CYCLE);
    assert_int_equal(bench_read32(f.bench, ISR), ADRDY);
    bench_write32(f.bench, ISR, ADRDY);
    return f;
}

static void start(struct fixture *f, uint32_t bit)
{
    bench_write32(f->bench, CR, bench_read32(f->bench, CR) | bit);
}

static void test_power_up(void **state)
{
    (void)state;
    struct fixture f = make();
    assert_int_equal(bench_read32(f.bench, CR), 0x20000000);
    bench_write32(f.bench, CR, 0x20000000 | ADEN);
    assert_int_equal(bench_read32(f.bench, CR) & ADEN, 0);
    bench_write32(f.bench, CR, 0);
    bench_write32(f.bench, CR, VREGEN);
    bench_write32(f.bench, CR, VREGEN | ADCAL); /* the regulator needs 20 us */
    assert_int_equal(bench_read32(f.bench, CR) & ADCAL, 0);
    bench_run_ps(f.bench, 20000000);
    bench_write32(f.bench, CR, VREGEN | ADCAL);
    bench_run_ps(f.bench, 116 * CYCLE - 1);
    assert_int_equal(bench_read32(f.bench, CR) & ADCAL, ADCAL);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_read32(f.bench, CR), VREGEN);
    bench_write32(f.bench, CR, VREGEN | ADEN);
    bench_run_ps(f.bench, 15 * CYCLE - 1);
    assert_int_equal(bench_read32(f.bench, ISR), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_read32(f.bench, ISR), ADRDY);
    bench_write32(f.bench, CR, VREGEN | 2); /* ADDIS */
    assert_int_equal(bench_read32(f.bench, CR), VREGEN);
    bench_free(f.bench);
}

static void test_single_conversion_time_and_value(void **state)
{
    (void)state;
    static const struct {
        uint32_t smp, res;
        uint64_t half_cycles;
    } cases[] = {{0, 0, 30}, {7, 0, 1306}, {2, 1, 46}, {1, 3, 26}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = make_ready();
        const double value = 1.5;
        connect(&f, 5, &value);
        bench_write32(f.bench, SMPR1, cases[i].smp << 15);
        bench_write32(f.bench, CFGR, cases[i].res << 3);
        bench_write32(f.bench, SQR1, 5 << 6);
        bench_write32(f.bench, IER, EOC);
        start(&f, START);
        bench_run_ps(f.bench, cases[i].half_cycles * CYCLE / 2 - 1);
        assert_int_equal(bench_level(f.dev, "irq", 0), 0);
        bench_run_ps(f.bench, 1);
        assert_int_equal(bench_level(f.dev, "irq", 0), 1);
        assert_int_equal(bench_read32(f.bench, ISR) & (EOC | EOS), EOC | EOS);
        assert_int_equal(bench_read32(f.bench, DR), 2048u >> (2 * cases[i].res));
        assert_int_equal(bench_level(f.dev, "irq", 0), 0);
        assert_int_equal(bench_read32(f.bench, CR) & START, 0);
        bench_free(f.bench);
    }
}

static void test_sequence_with_overrun(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    const double a = 0.75, b = 3.5;
    connect(&f, 1, &a);
    connect(&f, 2, &b);
    bench_write32(f.bench, SQR1, 1 | 1 << 6 | 2 << 12);
    start(&f, START);
    bench_run_ps(f.bench, CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & (EOC | EOS), EOC);
    assert_int_equal(bench_read32(f.bench, DR), 1024);
    bench_run_ps(f.bench, CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & (EOC | EOS), EOC | EOS);
    start(&f, START);
    bench_run_ps(f.bench, CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & OVR, OVR);
    assert_int_equal(bench_read32(f.bench, DR), 4095); /* the old value stays */
    bench_free(f.bench);
}

static void test_continuous_dma_and_stop(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    bench_write32(f.bench, CFGR, 1 | 1 << 13);
    bench_write32(f.bench, SQR1, 3 << 6);
    start(&f, START);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(bench_level(f.dev, "dma", 0), 0);
        bench_run_ps(f.bench, CONVERSION);
        assert_int_equal(bench_level(f.dev, "dma", 0), 1);
        bench_read16(f.bench, DR);
    }
    start(&f, STOP);
    assert_int_equal(bench_read32(f.bench, CR) & (START | STOP), 0);
    bench_run_ps(f.bench, 10 * CONVERSION);
    assert_int_equal(bench_level(f.dev, "dma", 0), 0);
    bench_free(f.bench);
}

static void test_auto_delay(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    bench_write32(f.bench, CFGR, 1 << 14);
    bench_write32(f.bench, SQR1, 1 | 1 << 6 | 2 << 12);
    start(&f, START);
    bench_run_ps(f.bench, 100 * CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & (EOC | EOS | OVR), EOC);
    bench_read32(f.bench, DR);
    bench_run_ps(f.bench, CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & (EOC | EOS | OVR), EOC | EOS);
    bench_free(f.bench);
}

static void test_triggers_and_discontinuous(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    bench_write32(f.bench, CFGR, 13u << 6 | 1u << 10 | 1u << 16 | 1u << 17); /* TIM6, by two */
    bench_write32(f.bench, SQR1, 2 | 1 << 6 | 2 << 12 | 3 << 18);
    bench_drive(f.dev, "trig", 13, 0);
    bench_drive(f.dev, "trig", 13, 1);
    bench_run_ps(f.bench, 10 * CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR), 0); /* not started */
    start(&f, START);
    bench_drive(f.dev, "trig", 13, 0);
    bench_drive(f.dev, "trig", 12, 1);
    bench_run_ps(f.bench, 10 * CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR), 0); /* the wrong edge, the wrong source */
    bench_drive(f.dev, "trig", 13, 1);
    bench_run_ps(f.bench, CONVERSION);
    bench_read32(f.bench, DR);
    bench_run_ps(f.bench, 10 * CONVERSION);
    bench_read32(f.bench, DR);
    assert_int_equal(bench_read32(f.bench, ISR) & (EOS | OVR), 0);
    bench_drive(f.dev, "trig", 13, 0);
    bench_drive(f.dev, "trig", 13, 1);
    bench_run_ps(f.bench, CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & (EOS | EOC), EOS | EOC);
    assert_int_equal(bench_read32(f.bench, CR) & START, START);
    bench_free(f.bench);
}

static void test_injected_goes_first(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    const double a = 0.75, b = 1.5;
    connect(&f, 1, &a);
    connect(&f, 2, &b);
    bench_write32(f.bench, SQR1, 1 << 6);
    bench_write32(f.bench, JSQR, 1 | 2 << 8 | 1 << 14); /* two: 2, 1 */
    start(&f, START);
    bench_run_ps(f.bench, 5 * CYCLE);
    start(&f, JSTART);
    bench_run_ps(f.bench, 2 * CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & (JEOC | JEOS | EOC), JEOC | JEOS);
    assert_int_equal(bench_read32(f.bench, JDR1), 2048);
    assert_int_equal(bench_read32(f.bench, JDR1 + 4), 1024);
    assert_int_equal(bench_read32(f.bench, CR) & JSTART, 0);
    bench_run_ps(f.bench, CONVERSION);
    assert_int_equal(bench_read32(f.bench, ISR) & EOC, EOC);
    bench_free(f.bench);
}

static void test_internal_channels(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    const double degrees = 50, battery = 3.0;
    connect(&f, 19, &degrees);
    connect(&f, 20, &battery);
    bench_write32(f.bench, CCR, 7u << 22);
    static const uint32_t source[] = {0, 17, 18}, code[] = {1655, 1106, 1365};
    for (uint32_t i = 0; i < 3; i++) {
        bench_write32(f.bench, SQR1, source[i] << 6);
        start(&f, START);
        bench_run_ps(f.bench, CONVERSION);
        assert_int_equal(bench_read32(f.bench, DR), code[i]);
    }
    bench_free(f.bench);
}

static uint32_t convert(struct fixture *f)
{
    start(f, START);
    bench_run_ps(f->bench, 1000 * CONVERSION);
    return bench_read32(f->bench, DR);
}

static void test_value_options(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    const double a = 0.75, b = 1.5;
    connect(&f, 1, &a);
    connect(&f, 2, &b);
    bench_write32(f.bench, SQR1, 1 << 6);
    bench_write32(f.bench, CFGR, 1 << 5);
    assert_int_equal(convert(&f), 1024 << 4);
    bench_write32(f.bench, CFGR, 0);
    bench_write32(f.bench, OFR1, 1u << 31 | 1u << 26 | 1100);
    assert_int_equal(convert(&f), (1024 - 1100) & 0xFFFF);
    bench_write32(f.bench, OFR1, 0);
    bench_write32(f.bench, DIFSEL, 1 << 1);
    assert_int_equal(convert(&f), 2048 - 512);
    bench_write32(f.bench, DIFSEL, 0);
    bench_write32(f.bench, CFGR2, 1 | 3 << 2 | 2 << 5); /* 16 times, shifted by 2 */
    assert_int_equal(convert(&f), 4096);
    bench_free(f.bench);
}

static void test_oversampling_takes_its_time(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    bench_write32(f.bench, SQR1, 1 << 6);
    bench_write32(f.bench, CFGR2, 1 | 1 << 2);
    start(&f, START);
    bench_run_ps(f.bench, 4 * CONVERSION - 1);
    assert_int_equal(bench_read32(f.bench, ISR), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_read32(f.bench, ISR) & EOC, EOC);
    bench_free(f.bench);
}

static void test_watchdog(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    struct mote_stimulus stimulus = {ramp, NULL};
    mote_channel_connect(f.dev, 4, &stimulus);
    bench_write32(f.bench, SQR1, 4 << 6);
    bench_write32(f.bench, TR1, 2048u << 16);
    bench_write32(f.bench, IER, AWD1);
    bench_write32(f.bench, CFGR, 1 << 23 | 1 << 13 | 1 << 12);
    start(&f, START);
    while (bench_level(f.dev, "irq", 0) == 0 && mote_now_ps(bench_system(f.bench)) < 3000000000)
        bench_run_ps(f.bench, CONVERSION);
    assert_int_equal(bench_level(f.dev, "awd", 0), 1);
    assert_in_range(mote_now_ps(bench_system(f.bench)), 1500000000, 1500000000 + 2 * CONVERSION);
    bench_free(f.bench);
}

static void test_bus_clock_mode(void **state)
{
    (void)state;
    struct fixture f = make_ready();
    bench_write32(f.bench, CCR, 2u << 16); /* HCLK / 2 = 40 MHz */
    bench_write32(f.bench, SQR1, 4 << 6);
    start(&f, START);
    bench_run_ps(f.bench, CONVERSION / 4 - 1);
    assert_int_equal(bench_read32(f.bench, ISR), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_read32(f.bench, ISR) & EOC, EOC);
    bench_free(f.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_up),
        cmocka_unit_test(test_single_conversion_time_and_value),
        cmocka_unit_test(test_sequence_with_overrun),
        cmocka_unit_test(test_continuous_dma_and_stop),
        cmocka_unit_test(test_auto_delay),
        cmocka_unit_test(test_triggers_and_discontinuous),
        cmocka_unit_test(test_injected_goes_first),
        cmocka_unit_test(test_internal_channels),
        cmocka_unit_test(test_value_options),
        cmocka_unit_test(test_oversampling_takes_its_time),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_bus_clock_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
