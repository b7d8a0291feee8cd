/* What sensors do beyond delivering values: FIFO, data-ready pins, interrupt generators, one-shot
 * conversions, software reset, SPI; the microphone's power-down; LEDs and keys. */
#include "support/bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS   0x6B
#define PS_PER_MS 1000000000ull
#define PS_PER_S  1000000000000ull

static const struct mote_device_class bus_class = {.name = "test_bus"};

struct rig {
    struct bench *bench;
    struct mote_device *bus, *part;
};

static struct rig make(const char *cls, uint32_t address, const struct bench_prop *props)
{
    struct rig rig = {.bench = bench_new()};

    rig.bus = bench_add_class(rig.bench, &bus_class, NULL, "bus", 0, 0, NULL);
    rig.part = bench_add_child(rig.bench, rig.bus, cls, "part", address, props);
    return rig;
}

static void put(struct rig *rig, uint8_t reg, uint8_t value)
{
    assert_true(mote_i2c_start(rig->bus, ADDRESS, false));
    assert_true(mote_i2c_write(rig->bus, reg));
    assert_true(mote_i2c_write(rig->bus, value));
    mote_i2c_stop(rig->bus);
}

static void get(struct rig *rig, uint8_t reg, uint8_t *to, size_t bytes)
{
    assert_true(mote_i2c_start(rig->bus, ADDRESS, false));
    assert_true(mote_i2c_write(rig->bus, reg));
    assert_true(mote_i2c_start(rig->bus, ADDRESS, true));
    for (size_t i = 0; i < bytes; i++)
        to[i] = mote_i2c_read(rig->bus);
    mote_i2c_stop(rig->bus);
}

static uint8_t get1(struct rig *rig, uint8_t reg)
{
    uint8_t value;

    get(rig, reg, &value, 1);
    return value;
}

static int16_t get_word(struct rig *rig, uint8_t reg)
{
    uint8_t bytes[2];

    get(rig, reg, bytes, 2);
    return (int16_t)(bytes[0] | bytes[1] << 8);
}

/* Milliseconds of virtual time as m/s^2, so that each sample tells when it was taken. */
static double ramp(void *user, uint64_t at_ps)
{
    (void)user;
    return (double)at_ps / (double)PS_PER_S;
}

static double constant(void *user, uint64_t at_ps)
{
    (void)at_ps;
    return *(double *)user;
}

static void play(struct mote_device *dev, const char *channel,
                 double (*value)(void *user, uint64_t at_ps), void *user)
{
    int index = mote_channel_index(dev, channel);

    assert_true(index >= 0);
    assert_true(mote_channel_connect(dev, (uint32_t)index, &(struct mote_stimulus){value, user}));
}

/* The accelerometer's x in m/s^2 at 2 g. */
static double accel_x(struct rig *rig)
{
    uint8_t bytes[6];

    get(rig, 0x28, bytes, 6);
    return (int16_t)(bytes[0] | bytes[1] << 8) * 0.061e-3 * 9.80665;
}

static void test_continuous_fifo_keeps_the_newest(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);

    (void)state;
    play(rig.part, "accel_x", ramp, NULL);
    put(&rig, 0x20, 0x80); /* accelerometer alone, 238 Hz */
    put(&rig, 0x23, 0x02); /* FIFO on */
    put(&rig, 0x2E, 0xC8); /* continuous, threshold 8 */
    bench_run_ps(rig.bench, 10 * PS_PER_S / 238 + PS_PER_MS);
    assert_int_equal(get1(&rig, 0x2F), 0x80 | 10); /* threshold reached, 10 samples */
    for (int k = 1; k <= 10; k++)
        assert_true(fabs(accel_x(&rig) - k / 238.0) < 1e-3);
    assert_int_equal(get1(&rig, 0x2F), 0);
    bench_run_ps(rig.bench, 10 * PS_PER_S);
    assert_int_equal(get1(&rig, 0x2F), 0x80 | 0x40 | 32); /* overrun */
    double first = accel_x(&rig), newest = 10.0 + 10 / 238.0;
    assert_true(fabs(first - (newest - 31 / 238.0)) < 6e-3);
    assert_int_equal(get1(&rig, 0x2F), 0x80 | 31);
    bench_free(rig.bench);
}

static void test_fifo_mode_keeps_the_oldest(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);

    (void)state;
    play(rig.part, "accel_x", ramp, NULL);
    put(&rig, 0x20, 0x80);
    put(&rig, 0x23, 0x02);
    put(&rig, 0x2E, 0x20); /* FIFO mode */
    bench_run_ps(rig.bench, 5 * PS_PER_S);
    assert_int_equal(get1(&rig, 0x2F) & 0x3F, 32);
    for (int k = 1; k <= 32; k++)
        assert_true(fabs(accel_x(&rig) - k / 238.0) < 1e-3);
    bench_free(rig.bench);
}

static void test_fifo_threshold_pin(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);

    (void)state;
    put(&rig, 0x10, 0x60); /* gyroscope 119 Hz */
    put(&rig, 0x20, 0x60);
    put(&rig, 0x23, 0x02);
    put(&rig, 0x2E, 0xC0 | 4);
    put(&rig, 0x0C, 0x08); /* INT1_FTH */
    bench_run_ps(rig.bench, 4 * PS_PER_S / 119 - PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "int1", 0), 0);
    bench_run_ps(rig.bench, 2 * PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "int1", 0), 1);
    uint8_t slot[12];
    get(&rig, 0x18, slot, 12);
    assert_int_equal(bench_level(rig.part, "int1", 0), 0);
    put(&rig, 0x22, 0x24); /* active low */
    assert_int_equal(bench_level(rig.part, "int1", 0), 1);
    bench_free(rig.bench);
}

static void test_data_ready_needs_no_events_unless_asked(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);

    (void)state;
    put(&rig, 0x20, 0xC0); /* 952 Hz */
    assert_true(*mote_next_event_ps(bench_system(rig.bench)) == MOTE_NEVER_PS);
    put(&rig, 0x0C, 0x01); /* INT1_DRDY_XL */
    assert_true(*mote_next_event_ps(bench_system(rig.bench)) != MOTE_NEVER_PS);
    bench_run_ps(rig.bench, 2 * PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "int1", 0), 1);
    (void)accel_x(&rig);
    assert_int_equal(bench_level(rig.part, "int1", 0), 0);
    put(&rig, 0x0C, 0x00);
    assert_true(*mote_next_event_ps(bench_system(rig.bench)) == MOTE_NEVER_PS);
    bench_free(rig.bench);
}

static void test_threshold_generator(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);
    double x = 0.0;

    (void)state;
    play(rig.part, "accel_x", constant, &x);
    put(&rig, 0x20, 0x60); /* 119 Hz, 2 g */
    put(&rig, 0x07, 128);  /* half of full scale: 1 g */
    put(&rig, 0x0A, 2);    /* for more than two samples */
    put(&rig, 0x1E, 0x3A); /* latched */
    put(&rig, 0x0C, 0x40); /* INT1_IG_XL */
    put(&rig, 0x06, 0x02); /* x high */
    bench_run_ps(rig.bench, PS_PER_S);
    assert_int_equal(bench_level(rig.part, "int1", 0), 0);
    x = -1.1 * 9.80665;
    bench_run_ps(rig.bench, 2 * PS_PER_S / 119 + PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "int1", 0), 0);
    bench_run_ps(rig.bench, PS_PER_S / 119);
    assert_int_equal(bench_level(rig.part, "int1", 0), 1);
    x = 0.0;
    bench_run_ps(rig.bench, PS_PER_S);
    assert_int_equal(bench_level(rig.part, "int1", 0), 1); /* latched */
    assert_int_equal(get1(&rig, 0x26) & 0x42, 0x42);
    assert_int_equal(bench_level(rig.part, "int1", 0), 0);
    bench_free(rig.bench);
}

static void test_scale_change_spares_old_samples(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);
    double x = 9.80665;

    (void)state;
    play(rig.part, "accel_x", constant, &x);
    put(&rig, 0x20, 0x60); /* 2 g */
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    put(&rig, 0x20, 0x78); /* 8 g: what was taken keeps its scale */
    assert_int_equal(get_word(&rig, 0x28), 16393);
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    assert_int_equal(get_word(&rig, 0x28), 4098);
    bench_free(rig.bench);
}

static void test_bdu_holds_a_word_together(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);
    double x = 0.061e-3 * 9.80665 * 0x00FF;

    (void)state;
    play(rig.part, "accel_x", constant, &x);
    put(&rig, 0x22, 0x44);
    put(&rig, 0x20, 0x60);
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    assert_int_equal(get1(&rig, 0x28), 0xFF);
    x = 0.061e-3 * 9.80665 * 0x0100;
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    assert_int_equal(get1(&rig, 0x29), 0x00); /* still the word of the low byte */
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    assert_int_equal(get_word(&rig, 0x28), 0x0100);
    bench_free(rig.bench);
}

static void test_software_reset(void **state)
{
    struct rig rig = make("lsm9ds1", ADDRESS, NULL);

    (void)state;
    put(&rig, 0x20, 0x60);
    assert_int_equal(rig.part->power_state, 1);
    put(&rig, 0x22, 0x05);
    assert_int_equal(get1(&rig, 0x20), 0);
    assert_int_equal(get1(&rig, 0x22), 0x04);
    assert_int_equal(rig.part->power_state, 0);
    bench_free(rig.bench);
}

static void test_spi(void **state)
{
    struct rig rig = make("lsm9ds1", 0, NULL);

    (void)state;
    assert_int_equal(mote_spi_transfer(rig.bus, 0x8F, 8), 0xFF); /* not selected */
    mote_spi_select(rig.part, true);
    (void)mote_spi_transfer(rig.bus, 0x8F, 8);
    assert_int_equal(mote_spi_transfer(rig.bus, 0, 8), 0x68);
    mote_spi_select(rig.part, false);
    mote_spi_select(rig.part, true);
    (void)mote_spi_transfer(rig.bus, 0x20, 8);
    (void)mote_spi_transfer(rig.bus, 0x60, 8);
    mote_spi_select(rig.part, false);
    mote_spi_select(rig.part, true);
    (void)mote_spi_transfer(rig.bus, 0xA0, 8);
    assert_int_equal(mote_spi_transfer(rig.bus, 0, 8), 0x60);
    bench_free(rig.bench);
}

static void test_magnetometer_single_conversion(void **state)
{
    struct rig rig = make("lsm9ds1_mag", ADDRESS, NULL);
    double tesla = 1e-4; /* 1 gauss */

    (void)state;
    play(rig.part, "mag_y", constant, &tesla);
    put(&rig, 0x20, 0x1C); /* 80 Hz */
    put(&rig, 0x22, 0x01);
    bench_run_ps(rig.bench, 12 * PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "drdy", 0), 0);
    bench_run_ps(rig.bench, PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "drdy", 0), 1);
    assert_int_equal(get1(&rig, 0x22) & 3, 3); /* idle again */
    uint8_t out[6];
    get(&rig, 0xA8, out, 6);
    assert_int_equal((int16_t)(out[2] | out[3] << 8), 7143);
    assert_int_equal(bench_level(rig.part, "drdy", 0), 0);
    bench_free(rig.bench);
}

static void test_one_shot_takes_its_time(void **state)
{
    static const uint32_t us[] = {5000};
    static const struct bench_prop props[] = {{"mote,conversion-us", us, 1, NULL}, {.name = NULL}};
    struct rig rig = make("hts221", ADDRESS, props);

    (void)state;
    put(&rig, 0x21, 0x01); /* powered down: ignored */
    assert_int_equal(get1(&rig, 0x21), 0);
    put(&rig, 0x20, 0x80);
    put(&rig, 0x21, 0x01);
    bench_run_ps(rig.bench, 4 * PS_PER_MS);
    assert_int_equal(get1(&rig, 0x27), 0);
    assert_int_equal(get1(&rig, 0x21), 1);
    bench_run_ps(rig.bench, PS_PER_MS);
    assert_int_equal(get1(&rig, 0x27), 3);
    assert_int_equal(get1(&rig, 0x21), 0);
    bench_free(rig.bench);
}

static void test_pressure_threshold_and_reference(void **state)
{
    struct rig rig = make("lps22hb", ADDRESS, NULL);
    double pascal = 100000.0;

    (void)state;
    play(rig.part, "pressure", constant, &pascal);
    put(&rig, 0x0C, 16 * 2);      /* 2 hPa */
    put(&rig, 0x12, 0x01);        /* INT_DRDY: pressure high */
    put(&rig, 0x10, 0x52);        /* 75 Hz */
    put(&rig, 0x0B, 0x80 | 0x0B); /* AUTORIFP, DIFF_EN, high and low */
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    assert_int_equal(get1(&rig, 0x0B), 0x0B);
    assert_int_equal(bench_level(rig.part, "drdy", 0), 0);
    pascal = 100190.0;
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "drdy", 0), 0);
    pascal = 100210.0;
    bench_run_ps(rig.bench, 100 * PS_PER_MS);
    assert_int_equal(bench_level(rig.part, "drdy", 0), 1);
    assert_int_equal(get1(&rig, 0x25), 0x05);
    bench_free(rig.bench);
}

static void test_pressure_fifo(void **state)
{
    struct rig rig = make("lps22hb", ADDRESS, NULL);
    uint8_t slots[50];

    (void)state;
    put(&rig, 0x11, 0x50); /* FIFO on, auto-increment */
    put(&rig, 0x14, 0x40); /* stream */
    put(&rig, 0x10, 0x50);
    bench_run_ps(rig.bench, 10 * PS_PER_S / 75 + PS_PER_MS);
    assert_int_equal(get1(&rig, 0x26), 10);
    get(&rig, 0x28, slots, sizeof slots); /* goes round 28h..2Ch */
    assert_int_equal(get1(&rig, 0x26), 0);
    for (int i = 5; i < 50; i++)
        assert_int_equal(slots[i], slots[i % 5]);
    bench_free(rig.bench);
}

static void test_microphone_sleeps_without_clock(void **state)
{
    static const uint32_t us[] = {10000}, hz[] = {1000000};
    static const struct bench_prop props[] = {
        {"mote,wake-up-us", us, 1, NULL}, {"mote,minimum-clock-hz", hz, 1, NULL}, {.name = NULL}};
    struct rig rig = make("mp34dt06", 0, props);
    double sound = 0.25;

    (void)state;
    play(rig.part, "sound", constant, &sound);
    assert_true(mote_pdm_sample(rig.bus, false, 0) == 0.0);
    mote_pdm_set_clock_hz(rig.bus, 999999);
    assert_int_equal(rig.part->power_state, 0);
    mote_pdm_set_clock_hz(rig.bus, 1032000);
    assert_int_equal(rig.part->power_state, 1);
    assert_true(mote_pdm_sample(rig.bus, false, 9 * PS_PER_MS) == 0.0);
    bench_run_ps(rig.bench, 10 * PS_PER_MS);
    assert_int_equal(rig.part->power_state, 2);
    assert_true(mote_pdm_sample(rig.bus, false, 10 * PS_PER_MS) == 0.25);
    assert_true(mote_pdm_sample(rig.bus, true, 10 * PS_PER_MS) == 0.0); /* nobody on the right */
    mote_pdm_set_clock_hz(rig.bus, 0);
    assert_int_equal(rig.part->power_state, 0);
    bench_free(rig.bench);
}

static void test_led_and_key(void **state)
{
    static const uint32_t pulled[] = {1, 13, 0x11};
    static const struct bench_prop props[] = {{"gpios", pulled, 3, NULL}, {.name = NULL}};
    struct bench *bench = bench_new();
    struct mote_device *led = bench_add(bench, "gpio_leds", "led", 0, NULL);
    struct mote_device *key = bench_add(bench, "gpio_keys", "key", 0, NULL);
    struct mote_device *open = bench_add(bench, "gpio_keys", "open", 0, props);

    (void)state;
    bench_drive(led, "led", 0, 1);
    assert_int_equal(led->power_state, 1);
    bench_drive(led, "led", 0, MOTE_WIRE_Z);
    assert_int_equal(led->power_state, 0);
    assert_int_equal(bench_level(key, "button", 0), 0);
    assert_int_equal(bench_level(open, "button", 0), MOTE_WIRE_Z);
    bench_drive(key, "press", 0, 1);
    bench_drive(open, "press", 0, 1);
    assert_int_equal(bench_level(key, "button", 0), 1);
    assert_int_equal(bench_level(open, "button", 0), 1);
    bench_drive(open, "press", 0, 0);
    assert_int_equal(bench_level(open, "button", 0), MOTE_WIRE_Z);
    bench_free(bench);
}

/* Any traffic in any order, with time passing: tables are sound, nothing leaves its bounds (the
 * sanitizers watch), and the same traffic gives the same answers. */
static uint32_t random_traffic(const char *cls)
{
    struct rig rig = make(cls, ADDRESS, NULL);
    uint32_t seed = 12345, hash = 2166136261u;

    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t what = seed >> 28, value = (seed >> 16) & 0xFFu;

        if (what < 2)
            bench_run_ps(rig.bench, (uint64_t)value * value * 10000000u);
        else if (what == 2)
            (void)mote_i2c_start(rig.bus, ADDRESS, value & 1u);
        else if (what == 3)
            mote_i2c_stop(rig.bus);
        else if (what == 4)
            mote_spi_select(rig.part, value & 1u);
        else if (what == 5)
            (void)mote_spi_transfer(rig.bus, value, 8);
        else if (what < 10 && rig.part->cls->i2c)
            put(&rig, (uint8_t)(value & 0x3Fu), (uint8_t)(seed >> 8));
        else if (what < 13 && rig.part->cls->i2c)
            hash = (hash ^ get1(&rig, (uint8_t)value)) * 16777619u;
        else if (what == 13)
            (void)mote_i2c_write(rig.bus, (uint8_t)value);
        else if (what == 14)
            hash = (hash ^ mote_i2c_read(rig.bus)) * 16777619u;
        else
            mote_pdm_set_clock_hz(rig.bus, value * 10000u);
    }
    bench_free(rig.bench);
    return hash;
}

static void test_random_traffic(void **state)
{
    static const char *const classes[] = {"lsm9ds1", "lsm9ds1_mag", "hts221", "lps22hb",
                                          "mp34dt06"};

    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        const struct mote_device_class *cls = mote_class_by_name(classes[i]);
        const char *wrong = mote_reg_check(cls->regs, cls->reg_count);

        if (wrong != NULL)
            fail_msg("%s: %s", cls->name, wrong);
        assert_int_equal(random_traffic(classes[i]), random_traffic(classes[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_continuous_fifo_keeps_the_newest),
        cmocka_unit_test(test_fifo_mode_keeps_the_oldest),
        cmocka_unit_test(test_fifo_threshold_pin),
        cmocka_unit_test(test_data_ready_needs_no_events_unless_asked),
        cmocka_unit_test(test_threshold_generator),
        cmocka_unit_test(test_scale_change_spares_old_samples),
        cmocka_unit_test(test_bdu_holds_a_word_together),
        cmocka_unit_test(test_software_reset),
        cmocka_unit_test(test_spi),
        cmocka_unit_test(test_magnetometer_single_conversion),
        cmocka_unit_test(test_one_shot_takes_its_time),
        cmocka_unit_test(test_pressure_threshold_and_reference),
        cmocka_unit_test(test_pressure_fifo),
        cmocka_unit_test(test_microphone_sleeps_without_clock),
        cmocka_unit_test(test_led_and_key),
        cmocka_unit_test(test_random_traffic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
