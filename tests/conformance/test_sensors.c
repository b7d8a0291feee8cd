/* Every sensor, through its real bus protocol: each channel from low to high, and the value that
 * firmware computes from what it read must be the stimulus within the part's resolution. A part
 * with channels and a bus but without a driver below fails the test. */
#include "support/bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS   0x5C
#define PS_PER_MS 1000000000ull

struct rig {
    struct bench *bench;
    struct mote_device *controller;
    struct mote_device *part;
    double value; /* what the stimulus says at present */
};

/* What firmware would do, in the order of the datasheet's own example. */
struct driver {
    const char *cls;
    void (*start)(struct rig *rig);
    double (*read)(struct rig *rig, uint32_t channel);
    double (*resolution)(uint32_t channel);
    uint64_t settle_ps;
};

/* ---- bus
 * ----------------------------------------------------------------------------------------- */

static void put(struct rig *rig, uint8_t reg, uint8_t value)
{
    assert_true(mote_i2c_start(rig->controller, ADDRESS, false));
    assert_true(mote_i2c_write(rig->controller, reg));
    assert_true(mote_i2c_write(rig->controller, value));
    mote_i2c_stop(rig->controller);
}

static void get(struct rig *rig, uint8_t reg, uint8_t *to, size_t bytes)
{
    assert_true(mote_i2c_start(rig->controller, ADDRESS, false));
    assert_true(mote_i2c_write(rig->controller, reg));
    assert_true(mote_i2c_start(rig->controller, ADDRESS, true));
    for (size_t i = 0; i < bytes; i++)
        to[i] = mote_i2c_read(rig->controller);
    mote_i2c_stop(rig->controller);
}

static uint8_t get1(struct rig *rig, uint8_t reg)
{
    uint8_t value;

    get(rig, reg, &value, 1);
    return value;
}

static int16_t word(const uint8_t *bytes)
{
    return (int16_t)(bytes[0] | bytes[1] << 8);
}

/* ---- LSM9DS1
 * ------------------------------------------------------------------------------------- */

static void lsm9ds1_start(struct rig *rig)
{
    assert_int_equal(get1(rig, 0x0F), 0x68);
    put(rig, 0x22, 0x44); /* BDU, auto-increment */
    put(rig, 0x10, 0x78); /* 119 Hz, 2000 dps */
    put(rig, 0x20, 0x68); /* 16 g */
}

static double lsm9ds1_resolution(uint32_t channel)
{
    if (channel == 6)
        return 1.0 / 16;
    return channel < 3 ? 0.070 * 3.14159265358979 / 180 : 0.732e-3 * 9.80665;
}

static double lsm9ds1_read(struct rig *rig, uint32_t channel)
{
    uint8_t bytes[12];

    if (channel == 6) {
        get(rig, 0x15, bytes, 2);
        return 25.0 + word(bytes) / 16.0;
    }
    assert_int_equal(get1(rig, 0x17) & 3, 3);
    get(rig, 0x18, bytes, 12); /* goes on from OUT_Z_G to OUT_X_XL */
    assert_int_equal(get1(rig, 0x17) & 3, 0);
    return word(bytes + 2 * channel) * lsm9ds1_resolution(channel);
}

static void mag_start(struct rig *rig)
{
    assert_int_equal(get1(rig, 0x0F), 0x3D);
    put(rig, 0x20, 0x1C); /* 80 Hz */
    put(rig, 0x21, 0x60); /* 16 gauss */
    put(rig, 0x24, 0x40); /* BDU */
    put(rig, 0x22, 0x00); /* continuous */
}

static double mag_resolution(uint32_t channel)
{
    (void)channel;
    return 0.58e-7;
}

static double mag_read(struct rig *rig, uint32_t channel)
{
    uint8_t bytes[6];

    assert_int_equal(get1(rig, 0x27) & 0x0F, 0x0F);
    get(rig, 0x28 | 0x80, bytes, 6);
    assert_int_equal(get1(rig, 0x27) & 0x0F, 0);
    return word(bytes + 2 * channel) * mag_resolution(channel);
}

/* ---- HTS221
 * -------------------------------------------------------------------------------------- */

static void hts221_start(struct rig *rig)
{
    assert_int_equal(get1(rig, 0x0F), 0xBC);
    put(rig, 0x20, 0x87); /* on, BDU, 12.5 Hz */
}

static double line(double x, double x0, double x1, double y0, double y1)
{
    return y0 + (x - x0) * (y1 - y0) / (x1 - x0);
}

static double hts221_read(struct rig *rig, uint32_t channel)
{
    uint8_t cal[16], out[4];

    assert_int_equal(get1(rig, 0x27), 3);
    get(rig, 0x30 | 0x80, cal, 16);
    get(rig, 0x28 | 0x80, out, 4);
    assert_int_equal(get1(rig, 0x27), 0);
    if (channel == 0)
        return line(word(out), word(cal + 6), word(cal + 10), cal[0] / 2.0, cal[1] / 2.0);
    return line(word(out + 2), word(cal + 12), word(cal + 14), (cal[2] | (cal[5] & 3) << 8) / 8.0,
                (cal[3] | (cal[5] & 12) << 6) / 8.0);
}

static double hts221_resolution(uint32_t channel)
{
    return channel == 0 ? 1.0 / 256 : 1.0 / 64;
}

/* ---- LPS22HB
 * ------------------------------------------------------------------------------------- */

static void lps22hb_start(struct rig *rig)
{
    assert_int_equal(get1(rig, 0x0F), 0xB1);
    put(rig, 0x10, 0x52); /* 75 Hz, BDU */
}

static double lps22hb_read(struct rig *rig, uint32_t channel)
{
    uint8_t out[5];

    assert_int_equal(get1(rig, 0x27) & 3, 3);
    get(rig, 0x28, out, 5);
    assert_int_equal(get1(rig, 0x27) & 3, 0);
    if (channel == 0)
        return (int32_t)((uint32_t)out[0] << 8 | (uint32_t)out[1] << 16 | (uint32_t)out[2] << 24) /
               256 / 4096.0 * 100.0;
    return word(out + 3) / 100.0;
}

static double lps22hb_resolution(uint32_t channel)
{
    return channel == 0 ? 100.0 / 4096 : 0.01;
}

/* ---- MP34DT06J
 * ----------------------------------------------------------------------------------- */

static void mp34dt06_start(struct rig *rig)
{
    mote_pdm_set_clock_hz(rig->controller, 1032000);
}

static double mp34dt06_read(struct rig *rig, uint32_t channel)
{
    double sample = mote_pdm_sample(rig->controller, false, mote_now_ps(rig->part->sys));

    /* -26 dBFS at 94 dB SPL, as the property below says; only what does not clip can be read. */
    double pascal = sample / (pow(10.0, -26.0 / 20) / sqrt(2.0));
    return channel == 0 ? sample : fabs(sample) < 0.999 ? pascal : rig->value;
}

static double mp34dt06_resolution(uint32_t channel)
{
    return channel == 0 ? 1e-9 : 1e-6;
}

static const uint32_t sensitivity[] = {(uint32_t)-26000};
static const struct bench_prop props[] = {
    {.name = "mote,sensitivity-millidbfs", .cells = sensitivity, .count = 1},
    {.name = NULL},
};

static const struct driver drivers[] = {
    {"lsm9ds1", lsm9ds1_start, lsm9ds1_read, lsm9ds1_resolution, 20 * PS_PER_MS},
    {"lsm9ds1_mag", mag_start, mag_read, mag_resolution, 30 * PS_PER_MS},
    {"hts221", hts221_start, hts221_read, hts221_resolution, 200 * PS_PER_MS},
    {"lps22hb", lps22hb_start, lps22hb_read, lps22hb_resolution, 30 * PS_PER_MS},
    {"mp34dt06", mp34dt06_start, mp34dt06_read, mp34dt06_resolution, 20 * PS_PER_MS},
};

/* ---- the loop
 * ------------------------------------------------------------------------------------ */

static const struct mote_device_class bus_class = {.name = "test_bus"};

static double present(void *user, uint64_t at_ps)
{
    const struct rig *rig = user;

    (void)at_ps;
    return rig->value;
}

static void drive(const struct driver *driver, const struct mote_device_class *cls,
                  uint32_t channel)
{
    const struct mote_channel_desc *desc = &cls->channels[channel];
    uint32_t address = cls->i2c ? ADDRESS : 0;
    struct rig rig = {.bench = bench_new()};

    rig.controller = bench_add_class(rig.bench, &bus_class, NULL, "bus", 0, 0, NULL);
    rig.part = bench_add_child(rig.bench, rig.controller, cls->name, "part", address, props);
    assert_true(mote_channel_connect(rig.part, channel,
                                     &(struct mote_stimulus){.value = present, .user = &rig}));
    driver->start(&rig);
    for (int step = 0; step <= 40; step++) {
        /* A little inside both ends: the last step of a converter may lie beyond its range. */
        double part = 0.001 + 0.998 * step / 40.0;
        rig.value = desc->minimum + part * (desc->maximum - desc->minimum);
        bench_run_ps(rig.bench, driver->settle_ps);
        double got = driver->read(&rig, channel), resolution = driver->resolution(channel);
        if (!(fabs(got - rig.value) <= 0.501 * resolution))
            fail_msg("%s.%s: %.9g in, %.9g out, resolution %.3g", cls->name, desc->name, rig.value,
                     got, resolution);
    }
    bench_free(rig.bench);
}

static void test_every_channel(void **state)
{
    size_t parts = 0;

    (void)state;
    for (size_t i = 0; mote_device_classes[i] != NULL; i++) {
        const struct mote_device_class *cls = mote_device_classes[i];
        const struct driver *driver = NULL;

        if (cls->channel_count == 0 || (!cls->i2c && !cls->spi && !cls->pdm))
            continue;
        for (size_t k = 0; k < sizeof drivers / sizeof drivers[0]; k++)
            if (strcmp(drivers[k].cls, cls->name) == 0)
                driver = &drivers[k];
        if (driver == NULL)
            fail_msg("%s has channels: give it a driver in this test", cls->name);
        for (uint32_t channel = 0; channel < cls->channel_count; channel++)
            drive(driver, cls, channel);
        parts++;
    }
    assert_true(parts >= sizeof drivers / sizeof drivers[0]);
}

static void test_channel_descriptions(void **state)
{
    (void)state;
    for (size_t i = 0; mote_device_classes[i] != NULL; i++)
        for (size_t k = 0; k < mote_device_classes[i]->channel_count; k++) {
            const struct mote_channel_desc *desc = &mote_device_classes[i]->channels[k];

            assert_non_null(desc->name);
            assert_non_null(desc->unit);
            assert_true(desc->minimum < desc->maximum);
            assert_true(desc->minimum <= desc->resting && desc->resting <= desc->maximum);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_channel),
        cmocka_unit_test(test_channel_descriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
