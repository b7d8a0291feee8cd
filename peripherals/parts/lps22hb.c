/* LPS22HB barometer (STMicroelectronics DocID027083 Rev 6, sections 4, 6, 9, 10).
 *
 * Modelled: I2C and SPI with address rounding in FIFO mode, one-shot and continuous conversion,
 * BDU, data-ready and overrun flags, FIFO (32 deep; bypass, FIFO, stream, stream-to-FIFO,
 * bypass-to-stream, dynamic stream, bypass-to-FIFO; watermark, STOP_ON_FTH), AUTOZERO, AUTORIFP,
 * the reference pressure, pressure offset, the differential threshold interrupt with latch,
 * INT_DRDY with its sources and polarity, software reset.
 * Not modelled: low-pass filter (samples are the stimulus at the sample's time), noise, open-drain
 * output, I2C_DIS. A one-shot conversion takes "mote,conversion-us", else one period of the fastest
 * continuous rate, into which it must fit. */
#include "_sensor.h"

#include <mote/channel.h>
#include <string.h>

#define FIFO_DEPTH 32u
#define HPA_LSB    4096.0 /* pressure: LSB per hPa */
#define DEGC_LSB   100.0  /* temperature: LSB per degC */

enum { PRESSURE, TEMPERATURE };
enum { SAMPLE, CONVERTED };
enum { POWER_DOWN, CONVERTING, LOW_NOISE_1_HZ, LOW_CURRENT_1_HZ = LOW_NOISE_1_HZ + 5 };
enum { P_DA = 0x01, T_DA = 0x02, P_OR = 0x10, T_OR = 0x20 };
enum { BYPASS, FIFO, STREAM, STREAM_TO_FIFO, BYPASS_TO_STREAM, DYNAMIC_STREAM = 6, BYPASS_TO_FIFO };

enum {
    INTERRUPT_CFG,
    THS_P,
    WHO_AM_I,
    CTRL_REG1,
    CTRL_REG2,
    CTRL_REG3,
    FIFO_CTRL,
    REF_P,
    RPDS,
    RES_CONF,
    INT_SOURCE,
    FIFO_STATUS,
    STATUS,
    PRESS_OUT,
    TEMP_OUT,
    LPFP_RES,
};

struct sample {
    int32_t pressure;
    int16_t temperature;
};

struct lps22hb {
    struct part_port port;
    struct part_sampler sampler;
    uint64_t seen;
    uint64_t conversion_ps;
    struct sample out;
    struct sample fifo[FIFO_DEPTH];
    uint8_t fifo_head, fifo_count, fifo_overrun, fifo_triggered;
    uint8_t status;
    uint8_t held;   /* BDU: bit 0 pressure, bit 1 temperature */
    uint8_t source; /* INT_SOURCE */
    uint8_t zeroed; /* AUTOZERO took effect: the output is a difference */
};

static const struct mote_channel_desc channels[] = {
    [PRESSURE] = {"pressure", "Pa", 26000.0, 126000.0, 101325.0},
    [TEMPERATURE] = {"temperature", "degC", -40.0, 85.0, 25.0},
};

/* Meaning of CTRL_REG1.ODR. */
static const uint32_t odr_millihz[8] = {0, 1000, 10000, 25000, 50000, 75000, 0, 0};

/* ---- FIFO ------------------------------------------------------------------------------------ */

static bool fifo_active(struct mote_device *dev)
{
    return (mote_reg(dev, CTRL_REG2) & 0x40u) != 0 && mote_reg(dev, FIFO_CTRL) >> 5 != BYPASS;
}

static uint32_t fifo_limit(struct mote_device *dev)
{
    uint32_t watermark = mote_reg(dev, FIFO_CTRL) & 0x1Fu;

    return (mote_reg(dev, CTRL_REG2) & 0x20u) != 0 && watermark != 0 ? watermark : FIFO_DEPTH;
}

static bool fifo_stops_when_full(struct mote_device *dev)
{
    const struct lps22hb *s = dev->state;
    uint32_t mode = mote_reg(dev, FIFO_CTRL) >> 5;

    return mode == FIFO || (mode == STREAM_TO_FIFO && s->fifo_triggered) || mode == BYPASS_TO_FIFO;
}

static void fifo_push(struct mote_device *dev, const struct sample *sample)
{
    struct lps22hb *s = dev->state;
    uint32_t mode = mote_reg(dev, FIFO_CTRL) >> 5;

    if ((mode == BYPASS_TO_STREAM || mode == BYPASS_TO_FIFO) && !s->fifo_triggered)
        return;
    if (s->fifo_count >= fifo_limit(dev)) {
        s->fifo_overrun = 1;
        if (fifo_stops_when_full(dev))
            return;
        s->fifo_head = (uint8_t)((s->fifo_head + 1u) % FIFO_DEPTH);
        s->fifo_count--;
    }
    s->fifo[(s->fifo_head + s->fifo_count) % FIFO_DEPTH] = *sample;
    s->fifo_count++;
}

static uint8_t fifo_status(struct mote_device *dev)
{
    const struct lps22hb *s = dev->state;
    uint32_t watermark = mote_reg(dev, FIFO_CTRL) & 0x1Fu;
    bool reached = watermark != 0 && s->fifo_count >= watermark;

    return (uint8_t)((reached ? 0x80u : 0) | (s->fifo_overrun ? 0x40u : 0) | s->fifo_count);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void update_pins(struct mote_device *dev)
{
    const struct lps22hb *s = dev->state;
    uint32_t ctrl3 = mote_reg(dev, CTRL_REG3), fifo = fifo_status(dev);
    bool level = false;

    if ((ctrl3 & 0x03u) == 0) {
        level |= (ctrl3 & 0x04u) && (s->status & P_DA);
        level |= (ctrl3 & 0x08u) && (fifo & 0x40u);
        level |= (ctrl3 & 0x10u) && (fifo & 0x80u);
        level |= (ctrl3 & 0x20u) && (fifo & 0x3Fu) == FIFO_DEPTH;
    } else {
        /* INT_S: 1 = pressure high, 2 = pressure low, 3 = either. */
        level = (s->source & ctrl3 & 0x03u) != 0;
    }
    mote_wire_set(dev, 0, level != ((ctrl3 & 0x80u) != 0));
}

static int32_t reference(struct mote_device *dev)
{
    uint32_t value = mote_reg_at(dev, REF_P, 0) | mote_reg_at(dev, REF_P, 1) << 8 |
                     mote_reg_at(dev, REF_P, 2) << 16;

    return (int32_t)(value << 8) >> 8;
}

static void set_reference(struct mote_device *dev, int32_t value)
{
    for (uint32_t i = 0; i < 3; i++)
        mote_reg_at(dev, REF_P, i) = (uint32_t)value >> (8 * i) & 0xFFu;
}

/* AUTOZERO and AUTORIFP take this measurement as the reference; their RESET bits clear it. */
static void follow_reference(struct mote_device *dev, int32_t pressure)
{
    struct lps22hb *s = dev->state;
    uint32_t config = mote_reg(dev, INTERRUPT_CFG);

    if (!(config & 0xA0u))
        return;
    set_reference(dev, pressure);
    s->zeroed |= (config & 0x20u) != 0;
    mote_reg(dev, INTERRUPT_CFG) &= ~0xA0u;
}

static void run_threshold(struct mote_device *dev, int32_t pressure)
{
    struct lps22hb *s = dev->state;
    uint32_t config = mote_reg(dev, INTERRUPT_CFG);
    uint32_t steps = mote_reg_at(dev, THS_P, 0) | mote_reg_at(dev, THS_P, 1) << 8;
    int32_t threshold = (int32_t)(steps * 256u); /* 1/16 hPa each */
    int32_t difference = pressure - reference(dev);
    uint32_t source = 0;

    if (!(config & 0x08u)) /* DIFF_EN */
        return;
    source |= (config & 0x01u) && difference > threshold ? 0x01u : 0;
    source |= (config & 0x02u) && difference < -threshold ? 0x02u : 0;
    if (source != 0) {
        s->source = (uint8_t)(source | 0x04u);
        s->fifo_triggered = 1;
    } else if (!(config & 0x04u)) {
        s->source = 0;
    }
}

/* ---- sampling -------------------------------------------------------------------------------- */

static void measure(struct mote_device *dev, uint64_t at_ps)
{
    struct lps22hb *s = dev->state;
    double hpa = mote_channel_value(dev, PRESSURE, at_ps) / 100.0;
    int16_t offset = (int16_t)(mote_reg_at(dev, RPDS, 0) | mote_reg_at(dev, RPDS, 1) << 8);
    int32_t pressure = part_quantise(hpa, 1.0 / HPA_LSB, 24) - offset * 256;
    struct sample sample;

    follow_reference(dev, pressure);
    run_threshold(dev, pressure);
    sample.pressure = s->zeroed ? pressure - reference(dev) : pressure;
    sample.temperature =
        (int16_t)part_quantise(mote_channel_value(dev, TEMPERATURE, at_ps), 1.0 / DEGC_LSB, 16);
    if (fifo_active(dev)) {
        fifo_push(dev, &sample);
    } else {
        s->out.pressure = s->held & 1u ? s->out.pressure : sample.pressure;
        s->out.temperature = s->held & 2u ? s->out.temperature : sample.temperature;
    }
    /* A flag that is still set becomes an overrun. */
    s->status =
        (uint8_t)((s->status & (P_OR | T_OR)) | (s->status & (P_DA | T_DA)) << 4 | P_DA | T_DA);
}

static void take_sample(struct mote_device *dev)
{
    struct lps22hb *s = dev->state;

    s->seen++;
    measure(dev, part_sampler_time_ps(&s->sampler, s->seen));
}

static void sync(struct mote_device *dev)
{
    struct lps22hb *s = dev->state;
    uint64_t ready = part_sampler_count(&s->sampler, mote_now_ps(dev->sys));

    if (ready <= s->seen)
        return;
    while (s->seen < ready && fifo_active(dev) && fifo_stops_when_full(dev) &&
           s->fifo_count < fifo_limit(dev))
        take_sample(dev);
    if (ready - s->seen > FIFO_DEPTH + 1)
        s->seen = ready - (FIFO_DEPTH + 1); /* one more than fits, so that an overrun shows */
    while (s->seen < ready)
        take_sample(dev);
    update_pins(dev);
}

static void arm(struct mote_device *dev)
{
    const struct lps22hb *s = dev->state;
    bool needed =
        (mote_reg(dev, CTRL_REG3) & 0x3Fu) != 0 || (mote_reg(dev, INTERRUPT_CFG) & 0x08u) != 0;

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
    struct lps22hb *s = dev->state;
    uint32_t odr = (mote_reg(dev, CTRL_REG1) >> 4) & 7u;
    bool low_current = (mote_reg(dev, RES_CONF) & 1u) != 0;
    uint32_t state = POWER_DOWN;

    if (odr_millihz[odr] != s->sampler.millihz) {
        s->sampler = (struct part_sampler){mote_now_ps(dev->sys), odr_millihz[odr]};
        s->seen = 0;
    }
    if (mote_event_armed(dev, CONVERTED))
        state = CONVERTING;
    else if (odr_millihz[odr] != 0)
        state = (low_current ? LOW_CURRENT_1_HZ : LOW_NOISE_1_HZ) + odr - 1;
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

/* ---- register hooks -------------------------------------------------------------------------- */

static void control_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    configure(dev);
}

static void interrupt_cfg_store(struct mote_device *dev, uint32_t element, uint32_t old,
                                uint32_t written)
{
    struct lps22hb *s = dev->state;

    (void)element;
    (void)old;
    if (written & 0x10u) /* RESET_AZ */
        s->zeroed = 0;
    if (written & 0x50u) /* RESET_AZ, RESET_ARP */
        set_reference(dev, 0);
    mote_reg(dev, INTERRUPT_CFG) &= ~0x50u;
    configure(dev);
}

static void reset(struct mote_device *dev)
{
    struct lps22hb *s = dev->state;
    struct part_port port = s->port; /* the transaction that asked for the reset goes on */
    uint64_t conversion_ps = s->conversion_ps;

    memset(s, 0, sizeof *s);
    s->port = port;
    s->conversion_ps = conversion_ps;
    configure(dev);
}

static void ctrl2_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct lps22hb *s = dev->state;

    (void)element;
    (void)old;
    (void)written;
    if (mote_reg(dev, CTRL_REG2) & 0x04u) { /* SWRESET */
        mote_event_cancel(dev, CONVERTED);
        part_reset_registers(dev);
        reset(dev);
        return;
    }
    mote_reg(dev, CTRL_REG2) &= ~0x80u; /* BOOT: the trimming values are always loaded */
    if (mote_reg(dev, CTRL_REG2) & 0x01u) {
        if (s->sampler.millihz != 0) /* ONE_SHOT works in power-down only */
            mote_reg(dev, CTRL_REG2) &= ~0x01u;
        else if (!mote_event_armed(dev, CONVERTED))
            mote_event_after(dev, CONVERTED, s->conversion_ps);
    }
    configure(dev);
}

static void fifo_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct lps22hb *s = dev->state;

    (void)element;
    (void)written;
    if (!fifo_active(dev) || old >> 5 == BYPASS) {
        s->fifo_head = 0;
        s->fifo_count = 0;
        s->fifo_overrun = 0;
        s->fifo_triggered = 0;
    }
    configure(dev);
}

static uint32_t source_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct lps22hb *s = dev->state;

    (void)element;
    (void)value;
    sync(dev);
    uint32_t source = s->source;

    s->source = 0;
    update_pins(dev);
    return source;
}

static uint32_t fifo_status_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    sync(dev);
    return fifo_status(dev);
}

static uint32_t status_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct lps22hb *s = dev->state;

    (void)element;
    (void)value;
    sync(dev);
    return s->status;
}

static struct sample current(struct mote_device *dev)
{
    const struct lps22hb *s = dev->state;

    return fifo_active(dev) && s->fifo_count ? s->fifo[s->fifo_head] : s->out;
}

static uint32_t press_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct lps22hb *s = dev->state;

    (void)value;
    sync(dev);
    uint32_t byte = (uint32_t)current(dev).pressure >> (8 * element) & 0xFFu;

    if (element == 0 && (mote_reg(dev, CTRL_REG1) & 0x02u) && !fifo_active(dev))
        s->held |= 1u;
    if (element == 2) {
        s->held &= (uint8_t)~1u;
        s->status &= (uint8_t) ~(P_DA | P_OR);
        update_pins(dev);
    }
    return byte;
}

static uint32_t temp_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct lps22hb *s = dev->state;

    (void)value;
    sync(dev);
    uint32_t byte = (uint32_t)(uint16_t)current(dev).temperature >> (8 * element) & 0xFFu;

    if (element == 0) {
        s->held |= (mote_reg(dev, CTRL_REG1) & 0x02u) && !fifo_active(dev) ? 2u : 0u;
        return byte;
    }
    s->held &= (uint8_t)~2u;
    s->status &= (uint8_t) ~(T_DA | T_OR);
    if (fifo_active(dev) && s->fifo_count) { /* the last byte of a slot */
        s->out = s->fifo[s->fifo_head];
        s->fifo_head = (uint8_t)((s->fifo_head + 1u) % FIFO_DEPTH);
        s->fifo_count--;
        s->fifo_overrun = 0;
    }
    update_pins(dev);
    return byte;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct lps22hb *s = dev->state;
    struct part_sampler fastest = {0, odr_millihz[5]};
    uint32_t us = mote_prop_u32(dev, "mote,conversion-us", 0);

    (void)err;
    s->conversion_ps = us ? (uint64_t)us * 1000000u : part_sampler_time_ps(&fastest, 1);
    return true;
}

static uint8_t next_address(struct mote_device *dev, const struct part_port *port)
{
    if (!(mote_reg(dev, CTRL_REG2) & 0x10u))
        return port->sub;
    if (port->read && port->sub == 0x2C && fifo_active(dev))
        return 0x28; /* multiple reads go round the slots of the FIFO */
    return (uint8_t)((port->sub + 1u) & 0x7Fu);
}

PART_PORT_OPS(struct lps22hb, PART_INCREMENT_BY_REGISTER, sync, next_address)

static const struct mote_reg regs[] = {
    [INTERRUPT_CFG] = {"INTERRUPT_CFG", 0x0B, .rw = 0xFF, .bytes = 1, .store = interrupt_cfg_store},
    [THS_P] = {"THS_P[%u]", 0x0C, .rw = 0xFF, .count = 2, .stride = 1, .bytes = 1},
    [WHO_AM_I] = {"WHO_AM_I", 0x0F, 0xB1, .ro = 0xFF, .bytes = 1},
    [CTRL_REG1] = {"CTRL_REG1", 0x10, .rw = 0x7F, .unmodelled = 0x0D, .bytes = 1,
                   .store = control_store},
    [CTRL_REG2] = {"CTRL_REG2", 0x11, 0x10, .rw = 0xFD, .unmodelled = 0x08, .bytes = 1,
                   .store = ctrl2_store},
    [CTRL_REG3] = {"CTRL_REG3", 0x12, .rw = 0xFF, .unmodelled = 0x40, .bytes = 1,
                   .store = control_store},
    [FIFO_CTRL] = {"FIFO_CTRL", 0x14, .rw = 0xFF, .bytes = 1, .store = fifo_store},
    [REF_P] = {"REF_P[%u]", 0x15, .rw = 0xFF, .count = 3, .stride = 1, .bytes = 1},
    [RPDS] = {"RPDS[%u]", 0x18, .rw = 0xFF, .count = 2, .stride = 1, .bytes = 1},
    [RES_CONF] = {"RES_CONF", 0x1A, .rw = 0x01, .bytes = 1, .store = control_store},
    [INT_SOURCE] = {"INT_SOURCE", 0x25, .ro = 0x87, .bytes = 1, .load = source_load},
    [FIFO_STATUS] = {"FIFO_STATUS", 0x26, .ro = 0xFF, .bytes = 1, .load = fifo_status_load},
    [STATUS] = {"STATUS", 0x27, .ro = 0x33, .bytes = 1, .load = status_load},
    [PRESS_OUT] = {"PRESS_OUT[%u]", 0x28, .ro = 0xFF, .count = 3, .stride = 1, .bytes = 1,
                   .load = press_load},
    [TEMP_OUT] = {"TEMP_OUT[%u]", 0x2B, .ro = 0xFF, .count = 2, .stride = 1, .bytes = 1,
                  .load = temp_load},
    [LPFP_RES] = {"LPFP_RES", 0x33, .ro = 0xFF, .bytes = 1},
};

static const struct mote_event_desc events[] = {
    [SAMPLE] = {"sample", sample_event, 0}, [CONVERTED] = {"converted", converted, 0}};

const struct mote_device_class mote_class_lps22hb = {
    .name = "lps22hb",
    .summary = "ST LPS22HB barometer",
    .compatibles = {"st,lps22hb-press", "st,lps22hb"},
    .state_bytes = sizeof(struct lps22hb),
    .regs = regs,
    .reg_count = sizeof regs / sizeof regs[0],
    .events = events,
    .event_count = sizeof events / sizeof events[0],
    .outputs = {{"drdy", 1}},
    .power_states = {"power_down", "converting", "low_noise_1_hz", "low_noise_10_hz",
                     "low_noise_25_hz", "low_noise_50_hz", "low_noise_75_hz", "low_current_1_hz",
                     "low_current_10_hz", "low_current_25_hz", "low_current_50_hz",
                     "low_current_75_hz"},
    .channels = channels,
    .channel_count = sizeof channels / sizeof channels[0],
    .i2c = &i2c_ops,
    .spi = &spi_ops,
    .attach = attach,
    .reset = reset,
};
