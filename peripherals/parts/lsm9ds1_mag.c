/* LSM9DS1 magnetometer (STMicroelectronics DocID025715 Rev 3, sections 6 and 8); the accelerometer
 * and gyroscope of the same package are lsm9ds1.c.
 *
 * Modelled: I2C and SPI, all data rates with FAST_ODR, full scales, continuous and single
 * conversion, offsets, BDU, BLE, data ready and overrun flags, DRDY_M, the threshold interrupt with
 * latch and polarity, software reset.
 * Not modelled: self-test, temperature compensation, performance modes other than by their rate and
 * current, FAST_READ, noise. A single conversion takes one period of the selected rate (the
 * datasheet gives no time). */
#include "_sensor.h"

#include <mote/channel.h>
#include <string.h>

#define AXES                 3u
#define TESLA_PER_MILLIGAUSS 1e-7

enum { MAG_X, MAG_Y, MAG_Z };
enum { SAMPLE };
enum { POWER_DOWN, LOW_POWER, MEDIUM, HIGH, ULTRA_HIGH };
enum { DRDY, INT };

enum {
    OFFSET_REG_M,
    WHO_AM_I_M,
    CTRL_REG1_M,
    CTRL_REG2_M,
    CTRL_REG3_M,
    CTRL_REG4_M,
    CTRL_REG5_M,
    STATUS_REG_M,
    OUT_M,
    INT_CFG_M,
    INT_SRC_M,
    INT_THS_M,
};

struct lsm9ds1_mag {
    struct part_port port;
    struct part_sampler sampler;
    uint64_t seen;
    int16_t out[AXES];
    uint8_t status;
    uint8_t held;
    uint8_t source; /* INT_SRC_M */
};

static const struct mote_channel_desc channels[] = {
    [MAG_X] = {"mag_x", "T", -1.6e-3, 1.6e-3, 2e-5},
    [MAG_Y] = {"mag_y", "T", -1.6e-3, 1.6e-3, 0.0},
    [MAG_Z] = {"mag_z", "T", -1.6e-3, 1.6e-3, -4e-5},
};

/* Meaning of register fields: DO, and OM with FAST_ODR, in millihertz; FS in milligauss per LSB. */
static const uint32_t do_millihz[8] = {625, 1250, 2500, 5000, 10000, 20000, 40000, 80000};
static const uint32_t fast_millihz[4] = {1000000, 560000, 300000, 155000};
static const double fs_milligauss[4] = {0.14, 0.29, 0.43, 0.58};

static bool continuous(struct mote_device *dev)
{
    return (mote_reg(dev, CTRL_REG3_M) & 3u) == 0;
}

static void update_pins(struct mote_device *dev)
{
    const struct lsm9ds1_mag *s = dev->state;
    uint32_t config = mote_reg(dev, INT_CFG_M);
    bool active_high = (config & 0x04u) != 0, fired = (config & 0x01u) && (s->source & 0x01u);

    mote_wire_set(dev, DRDY, (s->status & 0x08u) != 0);
    mote_wire_set(dev, INT, fired == active_high);
}

static void run_threshold(struct mote_device *dev)
{
    struct lsm9ds1_mag *s = dev->state;
    uint32_t config = mote_reg(dev, INT_CFG_M);
    int32_t threshold =
        (int32_t)((mote_reg_at(dev, INT_THS_M, 1) & 0x7Fu) << 8 | mote_reg_at(dev, INT_THS_M, 0));
    uint32_t source = 0;

    for (uint32_t i = 0; i < AXES; i++) {
        if (!(config & (0x80u >> i)))
            continue;
        source |= s->out[i] > threshold ? 0x80u >> i : 0;
        source |= s->out[i] < -threshold ? 0x10u >> i : 0;
    }
    bool latch = (config & 0x02u) == 0; /* IEL: 0 = latched until INT_SRC_M is read */

    if (source != 0)
        s->source = (uint8_t)(source | 0x01u);
    else if (!latch)
        s->source = 0;
}

static void take_sample(struct mote_device *dev, uint64_t k)
{
    struct lsm9ds1_mag *s = dev->state;
    uint64_t at_ps = part_sampler_time_ps(&s->sampler, k);
    double step = fs_milligauss[(mote_reg(dev, CTRL_REG2_M) >> 5) & 3u] * TESLA_PER_MILLIGAUSS;

    for (uint32_t i = 0; i < AXES; i++) {
        int16_t offset = (int16_t)(mote_reg_at(dev, OFFSET_REG_M, 2 * i) |
                                   mote_reg_at(dev, OFFSET_REG_M, 2 * i + 1) << 8);
        int32_t value = part_quantise(mote_channel_value(dev, MAG_X + i, at_ps), step, 16) - offset;

        if (!((uint32_t)s->held >> i & 1u))
            s->out[i] = (int16_t)(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
    }
    /* A flag that is still set becomes an overrun: bits 7..4 follow bits 3..0. */
    s->status = (uint8_t)((s->status & 0xF0u) | (s->status & 0x0Fu) << 4 | 0x0Fu);
    run_threshold(dev);
    s->seen = k;
}

static void sync(struct mote_device *dev)
{
    struct lsm9ds1_mag *s = dev->state;
    uint64_t ready = part_sampler_count(&s->sampler, mote_now_ps(dev->sys));

    if (ready <= s->seen)
        return;
    if (ready - s->seen > 2)
        s->seen = ready - 2; /* the last one, and one before it for the overrun flag */
    while (s->seen < ready)
        take_sample(dev, s->seen + 1);
    if (!continuous(dev)) {
        mote_reg(dev, CTRL_REG3_M) |= 3u;
        s->sampler.millihz = 0;
        mote_power_state(dev, POWER_DOWN);
    }
    update_pins(dev);
}

/* DRDY_M has no enable bit, so each sample moves the pin. */
static void sample_event(struct mote_device *dev)
{
    const struct lsm9ds1_mag *s = dev->state;

    sync(dev);
    mote_event_at(dev, SAMPLE, part_sampler_time_ps(&s->sampler, s->seen + 1));
}

static void control_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct lsm9ds1_mag *s = dev->state;
    uint32_t ctrl1 = mote_reg(dev, CTRL_REG1_M), mode = mote_reg(dev, CTRL_REG3_M) & 3u;
    uint32_t om = (ctrl1 >> 5) & 3u;
    uint64_t millihz = ctrl1 & 0x02u ? fast_millihz[om] : do_millihz[(ctrl1 >> 2) & 7u];

    (void)element;
    (void)written;
    (void)old;
    if (mode >= 2)
        millihz = 0;
    if (millihz != s->sampler.millihz) {
        s->sampler = (struct part_sampler){mote_now_ps(dev->sys), millihz};
        s->seen = 0;
    }
    mote_power_state(dev, mode >= 2                            ? POWER_DOWN
                          : mote_reg(dev, CTRL_REG3_M) & 0x20u ? LOW_POWER
                                                               : LOW_POWER + om);
    update_pins(dev);
    mote_event_at(dev, SAMPLE, part_sampler_time_ps(&s->sampler, s->seen + 1));
}

static void restart(struct mote_device *dev)
{
    struct lsm9ds1_mag *s = dev->state;
    struct part_port port = s->port;

    memset(s, 0, sizeof *s);
    s->port = port;
    control_store(dev, 0, 0, 0);
}

static void ctrl2_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    if (mote_reg(dev, CTRL_REG2_M) & 0x04u) { /* SOFT_RST */
        part_reset_registers(dev);
        restart(dev);
    }
    mote_reg(dev, CTRL_REG2_M) &= ~0x08u; /* REBOOT: the trimming values are always loaded */
}

static uint32_t status_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct lsm9ds1_mag *s = dev->state;

    (void)element;
    (void)value;
    sync(dev);
    return s->status;
}

static uint32_t source_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct lsm9ds1_mag *s = dev->state;

    (void)element;
    (void)value;
    sync(dev);
    uint32_t source = s->source;

    s->source = 0;
    update_pins(dev);
    return source;
}

static uint32_t out_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct lsm9ds1_mag *s = dev->state;
    uint32_t axis = element / 2;
    bool big_endian = (mote_reg(dev, CTRL_REG4_M) & 0x02u) != 0;
    bool high = ((element & 1u) != 0) != big_endian;

    (void)value;
    sync(dev);
    uint32_t byte = high ? (uint16_t)s->out[axis] >> 8 : (uint16_t)s->out[axis] & 0xFFu;

    if (!(element & 1u)) {
        if (mote_reg(dev, CTRL_REG5_M) & 0x40u)
            s->held |= (uint8_t)(1u << axis);
        return byte;
    }
    s->held &= (uint8_t) ~(1u << axis);
    s->status &= (uint8_t) ~(0x11u << axis);
    if (!(s->status & 0x07u))
        s->status = 0; /* all axes read: ZYXDA and ZYXOR fall with the last */
    update_pins(dev);
    return byte;
}

static uint8_t next_address(struct mote_device *dev, const struct part_port *port)
{
    (void)dev;
    return port->increment ? (uint8_t)((port->sub + 1u) & 0x7Fu) : port->sub;
}

PART_PORT_OPS(struct lsm9ds1_mag, PART_INCREMENT_BY_BIT, sync, next_address)

static const struct mote_reg regs[] = {
    [OFFSET_REG_M] = {"OFFSET_REG_M[%u]", 0x05, .rw = 0xFF, .count = 6, .stride = 1, .bytes = 1},
    [WHO_AM_I_M] = {"WHO_AM_I_M", 0x0F, 0x3D, .ro = 0xFF, .bytes = 1},
    [CTRL_REG1_M] = {"CTRL_REG1_M", 0x20, 0x10, .rw = 0xFF, .unmodelled = 0x81, .bytes = 1,
                     .store = control_store},
    [CTRL_REG2_M] = {"CTRL_REG2_M", 0x21, .rw = 0x6C, .bytes = 1, .store = ctrl2_store},
    [CTRL_REG3_M] = {"CTRL_REG3_M", 0x22, 0x03, .rw = 0xA7, .unmodelled = 0x84, .bytes = 1,
                     .store = control_store},
    [CTRL_REG4_M] = {"CTRL_REG4_M", 0x23, .rw = 0x0E, .bytes = 1},
    [CTRL_REG5_M] = {"CTRL_REG5_M", 0x24, .rw = 0xC0, .unmodelled = 0x80, .bytes = 1},
    [STATUS_REG_M] = {"STATUS_REG_M", 0x27, .ro = 0xFF, .bytes = 1, .load = status_load},
    [OUT_M] = {"OUT_M[%u]", 0x28, .ro = 0xFF, .count = 6, .stride = 1, .bytes = 1,
               .load = out_load},
    [INT_CFG_M] = {"INT_CFG_M", 0x30, 0x08, .rw = 0xE7, .ro = 0x18, .bytes = 1,
                   .store = control_store},
    [INT_SRC_M] = {"INT_SRC_M", 0x31, .ro = 0xFF, .bytes = 1, .load = source_load},
    [INT_THS_M] = {"INT_THS_M[%u]", 0x32, .rw = 0xFF, .count = 2, .stride = 1, .bytes = 1},
};

static const struct mote_event_desc events[] = {[SAMPLE] = {"sample", sample_event, 0}};

const struct mote_device_class mote_class_lsm9ds1_mag = {
    .name = "lsm9ds1_mag",
    .summary = "ST LSM9DS1 magnetometer",
    .compatibles = {"st,lsm9ds1_mag", "st,lsm9ds1-mag"},
    .state_bytes = sizeof(struct lsm9ds1_mag),
    .regs = regs,
    .reg_count = sizeof regs / sizeof regs[0],
    .events = events,
    .event_count = sizeof events / sizeof events[0],
    .outputs = {[DRDY] = {"drdy", 1}, [INT] = {"int", 1}},
    .power_states = {"power_down", "low_power", "medium", "high", "ultra_high"},
    .channels = channels,
    .channel_count = sizeof channels / sizeof channels[0],
    .i2c = &i2c_ops,
    .spi = &spi_ops,
    .reset = restart,
};
