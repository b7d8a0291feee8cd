/* HTS221 humidity and temperature sensor (STMicroelectronics DocID026333 Rev 4, sections 4, 6, 7).
 *
 * Modelled: I2C and SPI, the calibration points that firmware must read and interpolate between,
 * one-shot and continuous conversion, BDU, data-ready flags, DRDY with its polarity, power-down,
 * reboot.
 * The calibration points are those of one imagined unit, at the nominal sensitivities of the
 * datasheet; every real unit has its own.
 * Not modelled: heater (counted as a power state only), averaging other than by its current, noise,
 * open-drain output. A one-shot conversion takes "mote,conversion-us", else one period of the
 * fastest continuous rate, into which it must fit. */
#include "_sensor.h"

#include <mote/channel.h>
#include <string.h>

/* Calibration: two points of each straight line (relative humidity in half percents and temperature
 * in eighths of a degree, each with the output it gives). */
#define H0_RH_X2   66
#define H1_RH_X2   150
#define H0_T0_OUT  (-5000)
#define H1_T0_OUT  5752 /* 256 LSB per % */
#define T0_DEGC_X8 120
#define T1_DEGC_X8 280
#define T0_OUT     (-300)
#define T1_OUT     980 /* 64 LSB per degC */

enum { HUMIDITY, TEMPERATURE };
enum { SAMPLE, CONVERTED };
enum { POWER_DOWN, IDLE, CONVERTING, ODR_1_HZ, ODR_7_HZ, ODR_12_5_HZ, HEATER };
enum { T_DA = 1, H_DA = 2 };

enum {
    WHO_AM_I,
    AV_CONF,
    CTRL_REG1,
    CTRL_REG2,
    CTRL_REG3,
    STATUS_REG,
    HUMIDITY_OUT,
    TEMP_OUT,
    H0_rH_x2,
    H1_rH_x2,
    T0_degC_x8,
    T1_degC_x8,
    T1_T0_MSB,
    H0_T0_OUT_L,
    H0_T0_OUT_H,
    H1_T0_OUT_L,
    H1_T0_OUT_H,
    T0_OUT_L,
    T0_OUT_H,
    T1_OUT_L,
    T1_OUT_H,
};

struct hts221 {
    struct part_port port;
    struct part_sampler sampler;
    uint64_t seen;
    uint64_t conversion_ps;
    int16_t out[2]; /* humidity, temperature */
    uint8_t status;
    uint8_t held;
};

static const struct mote_channel_desc channels[] = {
    [HUMIDITY] = {"humidity", "%RH", 0.0, 100.0, 45.0},
    [TEMPERATURE] = {"temperature", "degC", -40.0, 120.0, 25.0},
};

/* Meaning of CTRL_REG1.ODR. */
static const uint32_t odr_millihz[4] = {0, 1000, 7000, 12500};

static void update_pins(struct mote_device *dev)
{
    const struct hts221 *s = dev->state;
    uint32_t ctrl3 = mote_reg(dev, CTRL_REG3);
    bool ready = (ctrl3 & 0x04u) && (s->status & (T_DA | H_DA)) == (T_DA | H_DA);
    bool active_low = (ctrl3 & 0x80u) != 0;

    mote_wire_set(dev, 0, ready != active_low);
}

static void measure(struct mote_device *dev, uint64_t at_ps)
{
    struct hts221 *s = dev->state;
    double humidity = mote_channel_value(dev, HUMIDITY, at_ps);
    double temperature = mote_channel_value(dev, TEMPERATURE, at_ps);
    double h_slope = (double)(H1_T0_OUT - H0_T0_OUT) / ((H1_RH_X2 - H0_RH_X2) / 2.0);
    double t_slope = (double)(T1_OUT - T0_OUT) / ((T1_DEGC_X8 - T0_DEGC_X8) / 8.0);
    double out[2] = {H0_T0_OUT + (humidity - H0_RH_X2 / 2.0) * h_slope,
                     T0_OUT + (temperature - T0_DEGC_X8 / 8.0) * t_slope};

    for (uint32_t i = 0; i < 2; i++)
        if (!((uint32_t)s->held >> i & 1u))
            s->out[i] = (int16_t)part_quantise(out[i], 1.0, 16);
    s->status = T_DA | H_DA;
}

static void sync(struct mote_device *dev)
{
    struct hts221 *s = dev->state;
    uint64_t ready = part_sampler_count(&s->sampler, mote_now_ps(dev->sys));

    if (ready <= s->seen)
        return;
    s->seen = ready;
    measure(dev, part_sampler_time_ps(&s->sampler, ready));
    update_pins(dev);
}

static void arm(struct mote_device *dev)
{
    const struct hts221 *s = dev->state;
    bool needed = (mote_reg(dev, CTRL_REG3) & 0x04u) != 0;

    mote_event_at(dev, SAMPLE,
                  needed ? part_sampler_time_ps(&s->sampler, s->seen + 1) : MOTE_NEVER_PS);
}

static void sample_event(struct mote_device *dev)
{
    sync(dev);
    arm(dev);
}

static void configure(struct mote_device *dev)
{
    struct hts221 *s = dev->state;
    uint32_t ctrl1 = mote_reg(dev, CTRL_REG1);
    bool on = (ctrl1 & 0x80u) != 0;
    uint64_t millihz = on ? odr_millihz[ctrl1 & 3u] : 0;
    uint32_t state = on ? IDLE : POWER_DOWN;

    if (millihz != s->sampler.millihz) {
        s->sampler = (struct part_sampler){mote_now_ps(dev->sys), millihz};
        s->seen = 0;
    }
    if (!on)
        mote_event_cancel(dev, CONVERTED);
    if (on && (mote_reg(dev, CTRL_REG2) & 0x02u))
        state = HEATER;
    else if (mote_event_armed(dev, CONVERTED))
        state = CONVERTING;
    else if (millihz != 0)
        state = ODR_1_HZ + (ctrl1 & 3u) - 1;
    mote_power_state(dev, state);
    update_pins(dev);
    arm(dev);
}

static void converted(struct mote_device *dev)
{
    mote_reg(dev, CTRL_REG2) &= ~0x01u;
    measure(dev, mote_now_ps(dev->sys));
    configure(dev);
}

static void control_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    configure(dev);
}

static void ctrl2_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct hts221 *s = dev->state;
    uint32_t ctrl1 = mote_reg(dev, CTRL_REG1);

    (void)element;
    (void)old;
    (void)written;
    mote_reg(dev, CTRL_REG2) &= ~0x80u; /* BOOT: the trimming values are always loaded */
    if (mote_reg(dev, CTRL_REG2) & 0x01u) {
        /* ONE_SHOT works with the part on and no continuous rate selected. */
        if ((ctrl1 & 0x83u) == 0x80u) {
            if (!mote_event_armed(dev, CONVERTED))
                mote_event_after(dev, CONVERTED, s->conversion_ps);
        } else {
            mote_reg(dev, CTRL_REG2) &= ~0x01u;
        }
    }
    configure(dev);
}

static uint32_t status_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct hts221 *s = dev->state;

    (void)element;
    (void)value;
    sync(dev);
    return s->status;
}

static uint32_t out_load(struct mote_device *dev, uint32_t which, uint32_t index)
{
    struct hts221 *s = dev->state;

    sync(dev);
    uint16_t value = (uint16_t)s->out[which];

    if (index == 0) {
        if (mote_reg(dev, CTRL_REG1) & 0x04u)
            s->held |= (uint8_t)(1u << which);
        return value & 0xFFu;
    }
    s->held &= (uint8_t) ~(1u << which);
    s->status &= (uint8_t) ~(which == TEMPERATURE ? T_DA : H_DA);
    update_pins(dev);
    return value >> 8;
}

static uint32_t humidity_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return out_load(dev, HUMIDITY, element);
}

static uint32_t temp_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return out_load(dev, TEMPERATURE, element);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct hts221 *s = dev->state;
    struct part_sampler fastest = {0, odr_millihz[3]};
    uint32_t us = mote_prop_u32(dev, "mote,conversion-us", 0);

    (void)err;
    s->conversion_ps = us ? (uint64_t)us * 1000000u : part_sampler_time_ps(&fastest, 1);
    return true;
}

static void reset(struct mote_device *dev)
{
    struct hts221 *s = dev->state;

    *s = (struct hts221){.port = s->port, .conversion_ps = s->conversion_ps};
    configure(dev);
}

static uint8_t next_address(struct mote_device *dev, const struct part_port *port)
{
    (void)dev;
    return port->increment ? (uint8_t)((port->sub + 1u) & 0x7Fu) : port->sub;
}

PART_PORT_OPS(struct hts221, PART_INCREMENT_BY_BIT, sync, next_address)

#define CALIBRATION(id, offset, value) [id] = {#id, offset, (value)&0xFF, .ro = 0xFF, .bytes = 1}

static const struct mote_reg regs[] = {
    [WHO_AM_I] = {"WHO_AM_I", 0x0F, 0xBC, .ro = 0xFF, .bytes = 1},
    [AV_CONF] = {"AV_CONF", 0x10, 0x1B, .rw = 0x3F, .bytes = 1},
    [CTRL_REG1] = {"CTRL_REG1", 0x20, .rw = 0x87, .bytes = 1, .store = control_store},
    [CTRL_REG2] = {"CTRL_REG2", 0x21, .rw = 0x83, .bytes = 1, .store = ctrl2_store},
    [CTRL_REG3] = {"CTRL_REG3", 0x22, .rw = 0xC4, .unmodelled = 0x40, .bytes = 1,
                   .store = control_store},
    [STATUS_REG] = {"STATUS_REG", 0x27, .ro = 0x03, .bytes = 1, .load = status_load},
    [HUMIDITY_OUT] = {"HUMIDITY_OUT[%u]", 0x28, .ro = 0xFF, .count = 2, .stride = 1, .bytes = 1,
                      .load = humidity_load},
    [TEMP_OUT] = {"TEMP_OUT[%u]", 0x2A, .ro = 0xFF, .count = 2, .stride = 1, .bytes = 1,
                  .load = temp_load},
    CALIBRATION(H0_rH_x2, 0x30, H0_RH_X2),
    CALIBRATION(H1_rH_x2, 0x31, H1_RH_X2),
    CALIBRATION(T0_degC_x8, 0x32, T0_DEGC_X8),
    CALIBRATION(T1_degC_x8, 0x33, T1_DEGC_X8),
    CALIBRATION(T1_T0_MSB, 0x35, (T0_DEGC_X8 >> 8) | (T1_DEGC_X8 >> 8) << 2),
    CALIBRATION(H0_T0_OUT_L, 0x36, H0_T0_OUT),
    CALIBRATION(H0_T0_OUT_H, 0x37, (H0_T0_OUT + 65536) >> 8),
    CALIBRATION(H1_T0_OUT_L, 0x3A, H1_T0_OUT),
    CALIBRATION(H1_T0_OUT_H, 0x3B, H1_T0_OUT >> 8),
    CALIBRATION(T0_OUT_L, 0x3C, T0_OUT),
    CALIBRATION(T0_OUT_H, 0x3D, (T0_OUT + 65536) >> 8),
    CALIBRATION(T1_OUT_L, 0x3E, T1_OUT),
    CALIBRATION(T1_OUT_H, 0x3F, T1_OUT >> 8),
};

static const struct mote_event_desc events[] = {
    [SAMPLE] = {"sample", sample_event, 0}, [CONVERTED] = {"converted", converted, 0}};

const struct mote_device_class mote_class_hts221 = {
    .name = "hts221",
    .summary = "ST HTS221 humidity and temperature sensor",
    .compatibles = {"st,hts221"},
    .state_bytes = sizeof(struct hts221),
    .regs = regs,
    .reg_count = sizeof regs / sizeof regs[0],
    .events = events,
    .event_count = sizeof events / sizeof events[0],
    .outputs = {{"drdy", 1}},
    .power_states = {"power_down", "idle", "converting", "odr_1_hz", "odr_7_hz", "odr_12_5_hz",
                     "heater"},
    .channels = channels,
    .channel_count = sizeof channels / sizeof channels[0],
    .i2c = &i2c_ops,
    .spi = &spi_ops,
    .attach = attach,
    .reset = reset,
};
