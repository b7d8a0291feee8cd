/* Nordic nRF52 PDM (pulse density modulation interface with decimation filter).
 *
 * Source: nRF52840 Product Specification v1.7, PDM chapter; CMSIS-SVD of the nRF52840.
 * Clock input 0: PCLK16M. Properties: "mote,default-gain-millidb" (gain at GAIN = 0x28),
 * "mote,filter-delay-us", "mote,pins" (CLK, DIN of the board's microphone).
 * Modelled: clock divider, decimation ratio, gains, mono and stereo, sampling edge, double-buffered
 * EasyDMA. A whole buffer is computed when its last sample is due: each PCM value is what the
 * microphone hears at that sample's time less the filter's delay; samples from before the START,
 * while the filter fills, are 0. If SAMPLE.PTR was not changed after STARTED, the same buffer is
 * used again. Not modelled: the filter's frequency response and settling, gain in the frequencies
 * it rejects. */
#include "_nrf.h"
#include <mote/bus.h>

enum {
    TASKS_START,
    TASKS_STOP,
    EVENTS_STARTED,
    EVENTS_STOPPED,
    EVENTS_END,
    INTEN,
    INTENSET,
    INTENCLR,
    ENABLE,
    PDMCLKCTRL,
    MODE,
    GAINL,
    GAINR,
    RATIO,
    PSEL_CLK,
    PSEL_DIN,
    SAMPLE_PTR,
    SAMPLE_MAXCNT,
    REG_COUNT
};
enum { BUFFER_END, STOPPED };
enum { OFF, RUNNING };

#define MODE_MONO     1u
#define MODE_EDGE     2u
#define EVENT_BITS    7u
#define GAIN_DEFAULT  0x28u
#define GAIN_MAX      0x50u
#define HALF_DB       1.0592537251772889 /* 10^(0.5/20) */
#define FULL_SCALE    32768.0
#define SAMPLE_BYTES  2u
#define CHUNK_SAMPLES 256u

struct nrf_pdm {
    struct nrf_common common;
    struct nrf_pins pins;
    double default_gain;
    uint64_t filter_delay_ps;
    bool running, connected;
    uint64_t start_ps;         /* of the acquisition */
    uint64_t buffer_start_ps;  /* of the present buffer */
    uint64_t buffer_end_ps;    /* when its last sample is due */
    uint64_t period_cycles;    /* of PCLK32M, per sample of one channel */
    uint32_t address, samples; /* present buffer */
};

/* PCLK32M, from which the divider makes the PDM clock. */
static uint64_t source_hz(const struct mote_device *dev)
{
    return 2 * nrf_pclk_hz(dev);
}

/* The divider behind PDMCLKCTRL is an integer: 2^32 / FREQ, rounded down. */
static uint64_t clock_divider(struct mote_device *dev)
{
    uint32_t freq = mote_reg(dev, PDMCLKCTRL);
    uint64_t divider = freq == 0 ? 0 : (UINT64_C(1) << 32) / freq;

    return divider == 0 ? 1 : divider;
}

static uint32_t channels(struct mote_device *dev)
{
    return (mote_reg(dev, MODE) & MODE_MONO) ? 1 : 2;
}

static double gain(struct mote_device *dev, uint32_t row)
{
    const struct nrf_pdm *pdm = dev->state;
    uint32_t setting = mote_reg(dev, row) > GAIN_MAX ? GAIN_MAX : mote_reg(dev, row);
    double factor = pdm->default_gain;

    for (; setting > GAIN_DEFAULT; setting--)
        factor *= HALF_DB;
    for (; setting < GAIN_DEFAULT; setting++)
        factor /= HALF_DB;
    return factor;
}

static int16_t to_pcm(double value)
{
    double scaled = value * FULL_SCALE;

    if (scaled >= FULL_SCALE - 1)
        return INT16_MAX;
    if (scaled <= -FULL_SCALE)
        return INT16_MIN;
    return (int16_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* Sample `index` of the present buffer. */
static int16_t sample(struct mote_device *dev, uint32_t index, const double gains[2])
{
    const struct nrf_pdm *pdm = dev->state;
    uint32_t count = channels(dev);
    uint64_t cycles = (index / count + 1) * pdm->period_cycles;
    uint64_t at_ps = nrf_later_ps(pdm->buffer_start_ps, mote_cycles_to_ps(cycles, source_hz(dev)));
    uint32_t right = index % count;
    /* EDGE exchanges which clock edge, so which microphone, is the left channel. */
    bool rising = right != ((mote_reg(dev, MODE) & MODE_EDGE) != 0);

    if (!pdm->connected || at_ps < pdm->start_ps + pdm->filter_delay_ps)
        return 0;
    return to_pcm(mote_pdm_sample(dev, rising, at_ps - pdm->filter_delay_ps) * gains[right]);
}

static void write_samples(struct mote_device *dev, uint32_t count)
{
    const struct nrf_pdm *pdm = dev->state;
    const double gains[2] = {gain(dev, GAINL), gain(dev, GAINR)};
    uint8_t chunk[SAMPLE_BYTES * CHUNK_SAMPLES];

    for (uint32_t done = 0; done < count;) {
        uint32_t now = count - done < CHUNK_SAMPLES ? count - done : CHUNK_SAMPLES;

        for (uint32_t i = 0; i < now; i++) {
            uint16_t pcm = (uint16_t)sample(dev, done + i, gains);

            chunk[SAMPLE_BYTES * i] = (uint8_t)pcm;
            chunk[SAMPLE_BYTES * i + 1] = (uint8_t)(pcm >> 8);
        }
        if (!nrf_dma_write(dev, pdm->address + SAMPLE_BYTES * done, chunk, SAMPLE_BYTES * now))
            return;
        done += now;
    }
}

static void begin_buffer(struct mote_device *dev, uint64_t start_ps)
{
    struct nrf_pdm *pdm = dev->state;

    pdm->address = mote_reg(dev, SAMPLE_PTR);
    pdm->samples = mote_reg(dev, SAMPLE_MAXCNT);
    pdm->buffer_start_ps = start_ps;
    uint64_t periods = (pdm->samples + channels(dev) - 1) / channels(dev);
    uint64_t length_ps = mote_cycles_to_ps(periods * pdm->period_cycles, source_hz(dev));

    pdm->buffer_end_ps = nrf_later_ps(start_ps, length_ps);
    if (pdm->samples == 0)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "SAMPLE.MAXCNT is 0: no buffer ever ends");
    else
        mote_event_at(dev, BUFFER_END, pdm->buffer_end_ps);
    nrf_event(dev, EVENTS_STARTED);
}

static void start(struct mote_device *dev)
{
    struct nrf_pdm *pdm = dev->state;

    if (mote_reg(dev, ENABLE) == 0 || pdm->running)
        return;
    mote_event_cancel(dev, STOPPED);
    pdm->running = true;
    pdm->connected = nrf_pins_match(dev, &pdm->pins, PSEL_CLK, 2);
    pdm->start_ps = mote_now_ps(dev->sys);
    pdm->period_cycles = clock_divider(dev) * (mote_reg(dev, RATIO) ? 80u : 64u);
    if (pdm->connected)
        mote_pdm_set_clock_hz(dev, source_hz(dev) / clock_divider(dev));
    mote_power_state(dev, RUNNING);
    begin_buffer(dev, pdm->start_ps);
}

static void buffer_end(struct mote_device *dev)
{
    const struct nrf_pdm *pdm = dev->state;

    write_samples(dev, pdm->samples);
    nrf_event(dev, EVENTS_END);
    /* Not from now: an event may run some cycles late, and the sampling must not drift. */
    begin_buffer(dev, pdm->buffer_end_ps);
}

/* What has been sampled is in RAM when STOPPED comes, one sample time later. */
static void stop(struct mote_device *dev)
{
    struct nrf_pdm *pdm = dev->state;

    if (!pdm->running) {
        nrf_event(dev, EVENTS_STOPPED);
        return;
    }
    uint64_t elapsed =
        mote_ps_to_cycles(mote_now_ps(dev->sys) - pdm->buffer_start_ps, source_hz(dev));
    uint64_t complete = elapsed / pdm->period_cycles * channels(dev);

    write_samples(dev, complete < pdm->samples ? (uint32_t)complete : pdm->samples);
    pdm->running = false;
    mote_event_cancel(dev, BUFFER_END);
    mote_event_after(dev, STOPPED, mote_cycles_to_ps(pdm->period_cycles, source_hz(dev)));
}

static void stopped(struct mote_device *dev)
{
    mote_pdm_set_clock_hz(dev, 0);
    mote_power_state(dev, OFF);
    nrf_event(dev, EVENTS_STOPPED);
}

static void enable_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct nrf_pdm *pdm = dev->state;

    (void)element;
    (void)written;
    if (old == 0 || mote_reg(dev, ENABLE) != 0 || !(pdm->running || mote_event_armed(dev, STOPPED)))
        return;
    pdm->running = false;
    mote_event_cancel(dev, BUFFER_END);
    mote_event_cancel(dev, STOPPED);
    mote_pdm_set_clock_hz(dev, 0);
    mote_power_state(dev, OFF);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_stop, stop)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x000, task_start),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x004, task_stop),
    [EVENTS_STARTED] = NRF_EVENT("EVENTS_STARTED", 0x100),
    [EVENTS_STOPPED] = NRF_EVENT("EVENTS_STOPPED", 0x104),
    [EVENTS_END] = NRF_EVENT("EVENTS_END", 0x108),
    [INTEN] = NRF_INTEN(EVENT_BITS),
    [INTENSET] = NRF_INTENSET(EVENT_BITS),
    [INTENCLR] = NRF_INTENCLR,
    [ENABLE] = {.name = "ENABLE", .offset = 0x500, .rw = 1, .store = enable_stored},
    [PDMCLKCTRL] = {.name = "PDMCLKCTRL", .offset = 0x504, .rw = UINT32_MAX, .reset = 0x08400000},
    [MODE] = {.name = "MODE", .offset = 0x508, .rw = 3},
    [GAINL] = {.name = "GAINL", .offset = 0x518, .rw = 0x7f, .reset = GAIN_DEFAULT},
    [GAINR] = {.name = "GAINR", .offset = 0x51c, .rw = 0x7f, .reset = GAIN_DEFAULT},
    [RATIO] = {.name = "RATIO", .offset = 0x520, .rw = 1},
    [PSEL_CLK] = NRF_PSEL("PSEL.CLK", 0x540),
    [PSEL_DIN] = NRF_PSEL("PSEL.DIN", 0x544),
    [SAMPLE_PTR] = {.name = "SAMPLE.PTR", .offset = 0x560, .rw = UINT32_MAX},
    [SAMPLE_MAXCNT] = {.name = "SAMPLE.MAXCNT", .offset = 0x564, .rw = 0x7fff},
};

static const struct mote_event_desc events[] = {
    [BUFFER_END] = {"buffer_end", buffer_end, 0},
    [STOPPED] = {"stopped", stopped, 0},
};

/* 10^(millidb / 20000) in steps of a thousandth of a decibel: no libm, so every host agrees. */
static double from_millidb(int32_t millidb)
{
    const double step = 1.0001151358822766; /* 10^(0.001/20) */
    double factor = 1.0;

    for (; millidb > 0; millidb--)
        factor *= step;
    for (; millidb < 0; millidb++)
        factor /= step;
    return factor;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_pdm *pdm = dev->state;
    int32_t millidb = (int32_t)mote_prop_u32(dev, "mote,default-gain-millidb", 0);

    nrf_attach(dev);
    nrf_pins_attach(dev, &pdm->pins);
    if (millidb < -60000 || millidb > 60000)
        return mote_err_set(err, "mote,default-gain-millidb: -60000 to 60000");
    pdm->default_gain = from_millidb(millidb);
    pdm->filter_delay_ps = mote_prop_u32(dev, "mote,filter-delay-us", 0) * NRF_PS_PER_US;
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_pdm *pdm = dev->state;

    pdm->running = false;
    mote_pdm_set_clock_hz(dev, 0);
    mote_power_state(dev, OFF);
}

const struct mote_device_class mote_class_nrf_pdm = {
    .name = "nrf_pdm",
    .summary = "nRF52 PDM microphone interface",
    .compatibles = {"nordic,nrf-pdm"},
    .state_bytes = sizeof(struct nrf_pdm),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 2,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "running"},
    .clocked_states = 1u << 1,
    .attach = attach,
    .reset = reset,
};
