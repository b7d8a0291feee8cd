/* Nordic nRF52 SAADC (successive approximation analogue-to-digital converter).
 *
 * Source: nRF52840 Product Specification v1.7, SAADC chapter; CMSIS-SVD of the nRF52840.
 * Clock input 0: PCLK16M (its own sample timer). Channels "ain0".."ain7", "vdd", "vddh5" in volts.
 * Modelled: scan of the enabled channels with acquisition and conversion time, gain, both
 * references, single-ended and differential, resolution, oversampling and burst, limits, EasyDMA,
 * the sample timer, calibration as a delay. Not modelled: noise, offset and gain errors, input
 * resistance, the resistor ladder (RESP/RESN). */
#include "_nrf.h"
#include <mote/channel.h>

#define CHANNELS 8u

enum {
    TASKS_START,
    TASKS_SAMPLE,
    TASKS_STOP,
    TASKS_CALIBRATEOFFSET,
    EVENTS_STARTED,
    EVENTS_END,
    EVENTS_DONE,
    EVENTS_RESULTDONE,
    EVENTS_CALIBRATEDONE,
    EVENTS_STOPPED,
    EVENTS_CH_LIMIT, /* [2n] high, [2n + 1] low */
    INTEN,
    INTENSET,
    INTENCLR,
    STATUS,
    ENABLE,
    CH_PSELP,
    CH_PSELN,
    CH_CONFIG,
    CH_LIMIT,
    RESOLUTION,
    OVERSAMPLE,
    SAMPLERATE,
    RESULT_PTR,
    RESULT_MAXCNT,
    RESULT_AMOUNT,
    REG_COUNT
};
enum { CONVERTED, CALIBRATED, SAMPLE_TIMER };
enum { OFF, IDLE, CONVERTING };

#define EVENT_BITS       0x3fffffu
#define GAIN(config)     (((config) >> 8) & 7u)
#define REF_VDD_4        (1u << 12)
#define TACQ(config)     (((config) >> 16) & 7u)
#define MODE_DIFF        (1u << 20)
#define BURST            (1u << 24)
#define SAMPLERATE_CC    0x7ffu
#define SAMPLERATE_TIMER 0x1000u
#define CHANNEL_VDD      8u
#define CHANNEL_VDDH     9u
#define MAX_OVERSAMPLE   8u

struct nrf_saadc {
    struct nrf_common common;
    uint64_t convert_ps, calibrate_ps;
    double reference_volts;
    uint32_t address, count, done;
    bool started, scanning;
    uint32_t channel; /* being converted */
    uint32_t repeats; /* conversions of an oversampled result so far */
    double sum;
    uint64_t next_sample_ps; /* of the sample timer */
};

static bool channel_enabled(struct mote_device *dev, uint32_t channel)
{
    return mote_reg_at(dev, CH_PSELP, channel) != 0;
}

/* A pin selection: 1-8 AIN0-7, 9 VDD, 13 VDDHDIV5. */
static double input_volts(struct mote_device *dev, uint32_t psel)
{
    uint64_t now_ps = mote_now_ps(dev->sys);

    if (psel >= 1 && psel <= CHANNELS)
        return mote_channel_value(dev, psel - 1, now_ps);
    if (psel == 9)
        return mote_channel_value(dev, CHANNEL_VDD, now_ps);
    if (psel == 13)
        return mote_channel_value(dev, CHANNEL_VDDH, now_ps);
    return 0.0;
}

static double convert(struct mote_device *dev, uint32_t channel)
{
    static const double gains[8] = {1.0 / 6, 1.0 / 5, 1.0 / 4, 1.0 / 3, 1.0 / 2, 1.0, 2.0, 4.0};
    const struct nrf_saadc *adc = dev->state;
    uint32_t config = mote_reg_at(dev, CH_CONFIG, channel);
    bool differential = (config & MODE_DIFF) != 0;
    double volts = input_volts(dev, mote_reg_at(dev, CH_PSELP, channel));
    double reference = adc->reference_volts;
    uint32_t bits = 8 + 2 * (mote_reg(dev, RESOLUTION) > 3 ? 3 : mote_reg(dev, RESOLUTION));

    if (differential)
        volts -= input_volts(dev, mote_reg_at(dev, CH_PSELN, channel));
    if (config & REF_VDD_4)
        reference = mote_channel_value(dev, CHANNEL_VDD, mote_now_ps(dev->sys)) / 4;
    double steps = (double)(1u << (differential ? bits - 1 : bits));
    double code = reference > 0 ? volts * gains[GAIN(config)] / reference * steps : 0;
    double lowest = differential ? -steps : 0;

    return code < lowest ? lowest : code > steps - 1 ? steps - 1 : code;
}

static uint64_t conversion_ps(struct mote_device *dev, uint32_t channel)
{
    static const uint32_t acquire_us[8] = {3, 5, 10, 15, 20, 40, 40, 40};
    const struct nrf_saadc *adc = dev->state;

    return acquire_us[TACQ(mote_reg_at(dev, CH_CONFIG, channel))] * NRF_PS_PER_US + adc->convert_ps;
}

static void finish_scan(struct mote_device *dev)
{
    struct nrf_saadc *adc = dev->state;

    adc->scanning = false;
    mote_reg(dev, STATUS) = 0;
    mote_power_state(dev, IDLE);
}

/* Goes on to the next enabled channel at or after `channel`. */
static void scan_from(struct mote_device *dev, uint32_t channel)
{
    struct nrf_saadc *adc = dev->state;

    while (channel < CHANNELS && !channel_enabled(dev, channel))
        channel++;
    if (channel >= CHANNELS || !adc->started) {
        finish_scan(dev);
        return;
    }
    adc->channel = channel;
    mote_event_after(dev, CONVERTED, conversion_ps(dev, channel));
}

static void store_result(struct mote_device *dev, int16_t result)
{
    struct nrf_saadc *adc = dev->state;
    const uint8_t bytes[2] = {(uint8_t)result, (uint8_t)((uint16_t)result >> 8)};
    uint32_t limits = mote_reg_at(dev, CH_LIMIT, adc->channel);

    nrf_dma_write(dev, adc->address + 2 * adc->done, bytes, sizeof bytes);
    adc->done++;
    mote_reg(dev, RESULT_AMOUNT) = adc->done;
    nrf_event(dev, EVENTS_RESULTDONE);
    if (result >= (int16_t)(limits >> 16))
        nrf_event_at(dev, EVENTS_CH_LIMIT, 2 * adc->channel);
    if (result <= (int16_t)(limits & 0xffffu))
        nrf_event_at(dev, EVENTS_CH_LIMIT, 2 * adc->channel + 1);
    if (adc->done >= adc->count) {
        adc->started = false;
        mote_event_cancel(dev, SAMPLE_TIMER);
        nrf_event(dev, EVENTS_END);
    }
}

static void converted(struct mote_device *dev)
{
    struct nrf_saadc *adc = dev->state;
    uint32_t shift = mote_reg(dev, OVERSAMPLE) > MAX_OVERSAMPLE ? 0 : mote_reg(dev, OVERSAMPLE);
    uint32_t needed = 1u << shift;

    adc->sum += convert(dev, adc->channel);
    adc->repeats++;
    nrf_event(dev, EVENTS_DONE);
    if (adc->repeats < needed) {
        /* In burst mode one SAMPLE takes them all, else each SAMPLE adds one conversion. */
        if (mote_reg_at(dev, CH_CONFIG, adc->channel) & BURST)
            mote_event_after(dev, CONVERTED, conversion_ps(dev, adc->channel));
        else
            finish_scan(dev);
        return;
    }
    double mean = adc->sum / needed;

    adc->sum = 0;
    adc->repeats = 0;
    store_result(dev, (int16_t)(mean < 0 ? mean - 0.5 : mean + 0.5));
    scan_from(dev, adc->channel + 1);
}

/* The sample timer's period follows the last due time: an event may run some cycles late. */
static void arm_sample_timer(struct mote_device *dev, uint64_t from_ps)
{
    struct nrf_saadc *adc = dev->state;
    uint32_t rate = mote_reg(dev, SAMPLERATE);

    if (!(rate & SAMPLERATE_TIMER) || (rate & SAMPLERATE_CC) == 0)
        return;
    adc->next_sample_ps = from_ps + mote_cycles_to_ps(rate & SAMPLERATE_CC, nrf_pclk_hz(dev));
    mote_event_at(dev, SAMPLE_TIMER, adc->next_sample_ps);
}

static void begin_scan(struct mote_device *dev)
{
    struct nrf_saadc *adc = dev->state;

    if (mote_reg(dev, ENABLE) == 0 || !adc->started || adc->scanning)
        return;
    adc->scanning = true;
    mote_reg(dev, STATUS) = 1;
    mote_power_state(dev, CONVERTING);
    scan_from(dev, 0);
}

static void sample(struct mote_device *dev)
{
    const struct nrf_saadc *adc = dev->state;

    if (mote_reg(dev, ENABLE) != 0 && adc->started && !mote_event_armed(dev, SAMPLE_TIMER))
        arm_sample_timer(dev, mote_now_ps(dev->sys));
    begin_scan(dev);
}

/* A sample that comes while the last scan still runs is skipped. */
static void sample_timer(struct mote_device *dev)
{
    const struct nrf_saadc *adc = dev->state;

    arm_sample_timer(dev, adc->next_sample_ps);
    begin_scan(dev);
}

static void start(struct mote_device *dev)
{
    struct nrf_saadc *adc = dev->state;

    if (mote_reg(dev, ENABLE) == 0)
        return;
    adc->address = mote_reg(dev, RESULT_PTR);
    adc->count = mote_reg(dev, RESULT_MAXCNT);
    adc->done = 0;
    adc->started = adc->count != 0;
    mote_reg(dev, RESULT_AMOUNT) = 0;
    nrf_event(dev, EVENTS_STARTED);
}

static void stop(struct mote_device *dev)
{
    struct nrf_saadc *adc = dev->state;

    mote_event_cancel(dev, CONVERTED);
    mote_event_cancel(dev, SAMPLE_TIMER);
    if (adc->started && adc->done > 0)
        nrf_event(dev, EVENTS_END);
    adc->started = false;
    adc->sum = 0;
    adc->repeats = 0;
    finish_scan(dev);
    nrf_event(dev, EVENTS_STOPPED);
}

static void calibrate(struct mote_device *dev)
{
    const struct nrf_saadc *adc = dev->state;

    if (mote_reg(dev, ENABLE) == 0)
        return;
    mote_reg(dev, STATUS) = 1;
    mote_event_after(dev, CALIBRATED, adc->calibrate_ps);
}

static void calibrated(struct mote_device *dev)
{
    mote_reg(dev, STATUS) = 0;
    nrf_event(dev, EVENTS_CALIBRATEDONE);
}

static void quiet(struct mote_device *dev)
{
    struct nrf_saadc *adc = dev->state;

    adc->started = adc->scanning = false;
    adc->repeats = 0;
    adc->sum = 0;
    mote_event_cancel(dev, CONVERTED);
    mote_event_cancel(dev, CALIBRATED);
    mote_event_cancel(dev, SAMPLE_TIMER);
    mote_reg(dev, STATUS) = 0;
    mote_power_state(dev, mote_reg(dev, ENABLE) ? IDLE : OFF);
}

static void enable_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, ENABLE) != old)
        quiet(dev);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_sample, sample)
NRF_TASK_HOOK(task_stop, stop)
NRF_TASK_HOOK(task_calibrate, calibrate)

#define PER_CHANNEL(text, at, bits, value)                                                         \
    {                                                                                              \
        .name = (text), .offset = (at), .rw = (bits), .reset = (value), .count = CHANNELS,         \
        .stride = 0x10                                                                             \
    }

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x000, task_start),
    [TASKS_SAMPLE] = NRF_TASK("TASKS_SAMPLE", 0x004, task_sample),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x008, task_stop),
    [TASKS_CALIBRATEOFFSET] = NRF_TASK("TASKS_CALIBRATEOFFSET", 0x00c, task_calibrate),
    [EVENTS_STARTED] = NRF_EVENT("EVENTS_STARTED", 0x100),
    [EVENTS_END] = NRF_EVENT("EVENTS_END", 0x104),
    [EVENTS_DONE] = NRF_EVENT("EVENTS_DONE", 0x108),
    [EVENTS_RESULTDONE] = NRF_EVENT("EVENTS_RESULTDONE", 0x10c),
    [EVENTS_CALIBRATEDONE] = NRF_EVENT("EVENTS_CALIBRATEDONE", 0x110),
    [EVENTS_STOPPED] = NRF_EVENT("EVENTS_STOPPED", 0x114),
    [EVENTS_CH_LIMIT] = NRF_EVENTS("EVENTS_CH.LIMIT[%u]", 0x118, 2 * CHANNELS),
    [INTEN] = NRF_INTEN(EVENT_BITS),
    [INTENSET] = NRF_INTENSET(EVENT_BITS),
    [INTENCLR] = NRF_INTENCLR,
    [STATUS] = {.name = "STATUS", .offset = 0x400, .ro = 1},
    [ENABLE] = {.name = "ENABLE", .offset = 0x500, .rw = 1, .store = enable_stored},
    [CH_PSELP] = PER_CHANNEL("CH[%u].PSELP", 0x510, 0x1f, 0),
    [CH_PSELN] = PER_CHANNEL("CH[%u].PSELN", 0x514, 0x1f, 0),
    [CH_CONFIG] = PER_CHANNEL("CH[%u].CONFIG", 0x518, 0x1171733, 0x20000),
    [CH_LIMIT] = PER_CHANNEL("CH[%u].LIMIT", 0x51c, UINT32_MAX, 0x7fff8000),
    [RESOLUTION] = {.name = "RESOLUTION", .offset = 0x5f0, .rw = 7, .reset = 1},
    [OVERSAMPLE] = {.name = "OVERSAMPLE", .offset = 0x5f4, .rw = 0xf},
    [SAMPLERATE] = {.name = "SAMPLERATE", .offset = 0x5f8, .rw = 0x17ff},
    [RESULT_PTR] = {.name = "RESULT.PTR", .offset = 0x62c, .rw = UINT32_MAX},
    [RESULT_MAXCNT] = {.name = "RESULT.MAXCNT", .offset = 0x630, .rw = 0x7fff},
    [RESULT_AMOUNT] = {.name = "RESULT.AMOUNT", .offset = 0x634, .ro = 0x7fff},
};

static const struct mote_event_desc events[] = {
    [CONVERTED] = {"converted", converted, 0},
    [CALIBRATED] = {"calibrated", calibrated, 0},
    [SAMPLE_TIMER] = {"sample_timer", sample_timer, 0},
};

#define VOLTS(name, most, rest)                                                                    \
    {                                                                                              \
        name, "V", 0.0, most, rest                                                                 \
    }
static const struct mote_channel_desc channels[] = {
    VOLTS("ain0", 3.6, 0.0),  VOLTS("ain1", 3.6, 0.0), VOLTS("ain2", 3.6, 0.0),
    VOLTS("ain3", 3.6, 0.0),  VOLTS("ain4", 3.6, 0.0), VOLTS("ain5", 3.6, 0.0),
    VOLTS("ain6", 3.6, 0.0),  VOLTS("ain7", 3.6, 0.0), VOLTS("vdd", 3.6, 3.3),
    VOLTS("vddh5", 1.1, 1.0),
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_saadc *adc = dev->state;

    (void)err;
    nrf_attach(dev);
    adc->convert_ps = mote_prop_u32(dev, "mote,convert-ns", 0) * NRF_PS_PER_NS;
    adc->calibrate_ps = mote_prop_u32(dev, "mote,calibrate-us", 0) * NRF_PS_PER_US;
    adc->reference_volts = mote_prop_u32(dev, "mote,internal-reference-uv", 0) / 1e6;
    return true;
}

const struct mote_device_class mote_class_nrf_saadc = {
    .name = "nrf_saadc",
    .summary = "nRF52 analogue-to-digital converter",
    .compatibles = {"nordic,nrf-saadc"},
    .state_bytes = sizeof(struct nrf_saadc),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 3,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "idle", "converting"},
    .clocked_states = 1u << 2,
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .attach = attach,
    .reset = quiet,
};
