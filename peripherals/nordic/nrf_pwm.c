/* Nordic nRF52 PWM (pulse width modulation with sequences from RAM).
 *
 * Source: nRF52840 Product Specification v1.7, PWM chapter; CMSIS-SVD of the nRF52840.
 * Clock input 0: PCLK16M. Output group "pin" drives pins (32 * port + pin) where PSEL.OUT[]
 * connects them. One event per PWM period, one more per distinct edge of a connected channel.
 * Modelled: up and up-and-down counting, prescaler, the four ways to load values, repetition, end
 * delay, loops, NEXTSTEP, shorts, polarity, waveform mode's own COUNTERTOP.
 * Not modelled: values for a period are read when it starts, not while the previous one runs. */
#include "_nrf.h"

#define CHANNELS  4u
#define SEQUENCES 2u
#define PINS      48u

enum {
    TASKS_STOP,
    TASKS_SEQSTART,
    TASKS_NEXTSTEP,
    EVENTS_STOPPED,
    EVENTS_SEQSTARTED,
    EVENTS_SEQEND,
    EVENTS_PWMPERIODEND,
    EVENTS_LOOPSDONE,
    SHORTS,
    INTEN,
    INTENSET,
    INTENCLR,
    ENABLE,
    MODE,
    COUNTERTOP,
    PRESCALER,
    DECODER,
    LOOP,
    SEQ_PTR,
    SEQ_CNT,
    SEQ_REFRESH,
    SEQ_ENDDELAY,
    PSEL_OUT,
    REG_COUNT
};
enum { PERIOD_END, EDGE };
enum { OFF, IDLE, RUNNING };
enum { LOAD_COMMON, LOAD_GROUPED, LOAD_INDIVIDUAL, LOAD_WAVEFORM };

#define EVENT_BITS         0xfeu
#define SHORT_SEQEND0_STOP 1u
#define SHORT_LOOPS_SEQ0   4u
#define SHORT_LOOPS_SEQ1   8u
#define SHORT_LOOPS_STOP   16u
#define DECODER_NEXTSTEP   0x100u
#define MODE_UP_DOWN       1u
#define VALUE_POLARITY     0x8000u
#define VALUE_COMPARE      0x7fffu
#define MIN_COUNTERTOP     3u

struct nrf_pwm {
    struct nrf_common common;
    uint16_t value[CHANNELS]; /* loaded: bit 15 polarity, rest compare */
    uint32_t top;             /* of the present period */
    uint64_t period_start_ps;
    uint32_t period_ticks;
    uint32_t edge_ticks; /* of the armed EDGE */
    bool running, stopping;
    uint32_t sequence, position; /* half-words of the sequence consumed */
    uint32_t periods_left;       /* until the next value is loaded */
    bool ended;                  /* the sequence has no more values */
    bool in_delay;               /* in the end delay of the sequence */
    uint32_t loops_left;
    bool looping;
};

static uint64_t tick_hz(struct mote_device *dev)
{
    return nrf_pclk_hz(dev) >> mote_reg(dev, PRESCALER);
}

static uint64_t ticks_to_ps(struct mote_device *dev, uint64_t ticks)
{
    uint64_t hz = tick_hz(dev);

    return mote_cycles_to_ps(ticks, hz == 0 ? 1 : hz);
}

static uint32_t period_ticks(struct mote_device *dev)
{
    const struct nrf_pwm *pwm = dev->state;

    return (mote_reg(dev, MODE) & MODE_UP_DOWN) ? 2 * pwm->top : pwm->top;
}

/* ---- outputs ----------------------------------------------------------------------------------
 */

static void drive(struct mote_device *dev, uint32_t channel, int level)
{
    uint32_t psel = mote_reg_at(dev, PSEL_OUT, channel);

    if (nrf_psel_connected(psel) && nrf_psel_pin(psel) < PINS)
        mote_wire_set(dev, 1 + nrf_psel_pin(psel), level);
}

/* Level of a channel at a tick of the period. Polarity 0: low until the counter reaches the compare
 * value, high from there on (counting down: until it is back there). Polarity 1 is the opposite. */
static int level_at(struct mote_device *dev, uint32_t channel, uint32_t tick)
{
    const struct nrf_pwm *pwm = dev->state;
    uint32_t compare = pwm->value[channel] & VALUE_COMPARE;
    uint32_t count = tick < pwm->top ? tick : 2 * pwm->top - tick;
    bool before = tick < pwm->top ? count < compare : count <= compare;

    return before == ((pwm->value[channel] & VALUE_POLARITY) != 0);
}

/* The next tick after `tick` at which a connected channel changes; 0 = none in this period. */
static uint32_t next_edge(struct mote_device *dev, uint32_t tick)
{
    const struct nrf_pwm *pwm = dev->state;
    uint32_t nearest = 0;

    for (uint32_t i = 0; i < CHANNELS; i++) {
        uint32_t compare = pwm->value[i] & VALUE_COMPARE;
        uint32_t edges[2] = {compare, 2 * pwm->top - compare};
        uint32_t count = (mote_reg(dev, MODE) & MODE_UP_DOWN) ? 2 : 1;

        if (!nrf_psel_connected(mote_reg_at(dev, PSEL_OUT, i)) || compare >= pwm->top)
            continue;
        for (uint32_t k = 0; k < count; k++)
            if (edges[k] > tick && edges[k] < period_ticks(dev) &&
                (nearest == 0 || edges[k] < nearest))
                nearest = edges[k];
    }
    return nearest;
}

static void show(struct mote_device *dev, uint32_t tick)
{
    struct nrf_pwm *pwm = dev->state;

    for (uint32_t i = 0; i < CHANNELS; i++)
        drive(dev, i, level_at(dev, i, tick));
    pwm->edge_ticks = next_edge(dev, tick);
    if (pwm->edge_ticks != 0)
        mote_event_at(dev, EDGE, pwm->period_start_ps + ticks_to_ps(dev, pwm->edge_ticks));
}

static void edge(struct mote_device *dev)
{
    const struct nrf_pwm *pwm = dev->state;

    show(dev, pwm->edge_ticks);
}

/* ---- sequences --------------------------------------------------------------------------------
 */

/* Half-words that one load takes, by DECODER.LOAD. */
static uint32_t step_words(struct mote_device *dev)
{
    static const uint32_t words[4] = {1, 2, 4, 4};

    return words[mote_reg(dev, DECODER) & 3u];
}

static void load_values(struct mote_device *dev)
{
    struct nrf_pwm *pwm = dev->state;
    uint32_t load = mote_reg(dev, DECODER) & 3u;
    uint32_t count = step_words(dev);
    uint8_t bytes[2 * CHANNELS] = {0};
    uint16_t word[CHANNELS];

    nrf_dma_read(dev, mote_reg_at(dev, SEQ_PTR, pwm->sequence) + 2 * pwm->position, bytes,
                 2 * count);
    for (uint32_t i = 0; i < CHANNELS; i++)
        word[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        if (load == LOAD_COMMON)
            pwm->value[i] = word[0];
        else if (load == LOAD_GROUPED)
            pwm->value[i] = word[i / 2];
        else if (load == LOAD_INDIVIDUAL || i < CHANNELS - 1)
            pwm->value[i] = word[i];
    }
    if (load == LOAD_WAVEFORM)
        pwm->top = word[CHANNELS - 1] & VALUE_COMPARE;
    if (pwm->top < MIN_COUNTERTOP)
        pwm->top = MIN_COUNTERTOP;
    pwm->position += count;
    pwm->periods_left = mote_reg_at(dev, SEQ_REFRESH, pwm->sequence) + 1;
}

static void begin_sequence(struct mote_device *dev, uint32_t sequence)
{
    struct nrf_pwm *pwm = dev->state;

    pwm->sequence = sequence;
    pwm->position = 0;
    pwm->ended = pwm->in_delay = false;
    nrf_event_at(dev, EVENTS_SEQSTARTED, sequence);
    load_values(dev);
}

static void begin_period(struct mote_device *dev, uint64_t start_ps)
{
    struct nrf_pwm *pwm = dev->state;

    pwm->period_start_ps = start_ps;
    pwm->period_ticks = period_ticks(dev);
    mote_event_at(dev, PERIOD_END, start_ps + ticks_to_ps(dev, pwm->period_ticks));
    show(dev, 0);
}

static void halt(struct mote_device *dev)
{
    struct nrf_pwm *pwm = dev->state;

    pwm->running = pwm->stopping = false;
    mote_event_cancel(dev, PERIOD_END);
    mote_event_cancel(dev, EDGE);
    mote_power_state(dev, mote_reg(dev, ENABLE) ? IDLE : OFF);
}

static void start_sequence(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    struct nrf_pwm *pwm = dev->state;

    (void)old;
    if (!(written & 1u) || mote_reg(dev, ENABLE) == 0)
        return;
    pwm->top = mote_reg(dev, COUNTERTOP);
    pwm->looping = mote_reg(dev, LOOP) != 0;
    pwm->loops_left = mote_reg(dev, LOOP);
    pwm->stopping = false;
    begin_sequence(dev, element);
    if (pwm->running)
        return;
    pwm->running = true;
    mote_power_state(dev, RUNNING);
    begin_period(dev, mote_now_ps(dev->sys));
}

/* The loops are over; the shorts may begin again or stop. */
static void loops_done(struct mote_device *dev)
{
    struct nrf_pwm *pwm = dev->state;
    uint32_t shorts = mote_reg(dev, SHORTS);

    pwm->looping = false;
    nrf_event(dev, EVENTS_LOOPSDONE);
    if (shorts & (SHORT_LOOPS_SEQ0 | SHORT_LOOPS_SEQ1)) {
        pwm->looping = mote_reg(dev, LOOP) != 0;
        pwm->loops_left = mote_reg(dev, LOOP);
        begin_sequence(dev, (shorts & SHORT_LOOPS_SEQ0) ? 0 : 1);
    }
    if (shorts & SHORT_LOOPS_STOP)
        pwm->stopping = true;
}

/* After a sequence and its end delay. Playback without LOOP keeps the last value. */
static void sequence_over(struct mote_device *dev)
{
    struct nrf_pwm *pwm = dev->state;

    if (!pwm->looping)
        return;
    if (pwm->sequence == 0) {
        begin_sequence(dev, 1);
    } else if (--pwm->loops_left > 0) {
        begin_sequence(dev, 0);
    } else {
        loops_done(dev);
    }
}

/* Moves on in the sequence: the next value, the end delay, or what follows. */
static void advance(struct mote_device *dev)
{
    struct nrf_pwm *pwm = dev->state;
    uint32_t sequence = pwm->sequence;

    if (pwm->in_delay) {
        pwm->in_delay = false;
        sequence_over(dev);
        return;
    }
    if (pwm->position + step_words(dev) <= mote_reg_at(dev, SEQ_CNT, sequence)) {
        load_values(dev);
        return;
    }
    pwm->ended = true;
    nrf_event_at(dev, EVENTS_SEQEND, sequence);
    if (mote_reg(dev, SHORTS) & (SHORT_SEQEND0_STOP << sequence))
        pwm->stopping = true;
    pwm->periods_left = mote_reg_at(dev, SEQ_ENDDELAY, sequence);
    if (pwm->periods_left > 0)
        pwm->in_delay = true;
    else
        sequence_over(dev);
}

/* False once the last value only repeats. */
static bool moving(struct mote_device *dev)
{
    const struct nrf_pwm *pwm = dev->state;

    return !pwm->ended || pwm->in_delay;
}

static void period_end(struct mote_device *dev)
{
    struct nrf_pwm *pwm = dev->state;
    /* Not now: the core may run this some cycles late, and periods must not stretch. */
    uint64_t end_ps = pwm->period_start_ps + ticks_to_ps(dev, pwm->period_ticks);

    nrf_event(dev, EVENTS_PWMPERIODEND);
    if (moving(dev) && (pwm->in_delay || !(mote_reg(dev, DECODER) & DECODER_NEXTSTEP)) &&
        (pwm->periods_left == 0 || --pwm->periods_left == 0))
        advance(dev);
    if (pwm->stopping) {
        halt(dev);
        nrf_event(dev, EVENTS_STOPPED);
        return;
    }
    if (pwm->running)
        begin_period(dev, end_ps);
}

static void next_step(struct mote_device *dev)
{
    const struct nrf_pwm *pwm = dev->state;

    if (pwm->running && (mote_reg(dev, DECODER) & DECODER_NEXTSTEP) && !pwm->ended)
        advance(dev);
}

static void stop(struct mote_device *dev)
{
    struct nrf_pwm *pwm = dev->state;

    if (pwm->running)
        pwm->stopping = true;
    else
        nrf_event(dev, EVENTS_STOPPED);
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

static void enable_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, ENABLE) == old)
        return;
    halt(dev);
    if (mote_reg(dev, ENABLE) == 0)
        for (uint32_t i = 0; i < PINS; i++)
            mote_wire_set(dev, 1 + i, MOTE_WIRE_Z);
}

static void psel_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (nrf_psel_connected(old) && nrf_psel_pin(old) < PINS)
        mote_wire_set(dev, 1 + nrf_psel_pin(old), MOTE_WIRE_Z);
}

NRF_TASK_HOOK(task_stop, stop)
NRF_TASK_HOOK(task_nextstep, next_step)

#define PER_SEQUENCE(text, at, bits, value)                                                        \
    {                                                                                              \
        .name = (text), .offset = (at), .rw = (bits), .reset = (value), .count = SEQUENCES,        \
        .stride = 0x20                                                                             \
    }

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x004, task_stop),
    [TASKS_SEQSTART] = NRF_TASKS("TASKS_SEQSTART[%u]", 0x008, SEQUENCES, start_sequence),
    [TASKS_NEXTSTEP] = NRF_TASK("TASKS_NEXTSTEP", 0x010, task_nextstep),
    [EVENTS_STOPPED] = NRF_EVENT("EVENTS_STOPPED", 0x104),
    [EVENTS_SEQSTARTED] = NRF_EVENTS("EVENTS_SEQSTARTED[%u]", 0x108, SEQUENCES),
    [EVENTS_SEQEND] = NRF_EVENTS("EVENTS_SEQEND[%u]", 0x110, SEQUENCES),
    [EVENTS_PWMPERIODEND] = NRF_EVENT("EVENTS_PWMPERIODEND", 0x118),
    [EVENTS_LOOPSDONE] = NRF_EVENT("EVENTS_LOOPSDONE", 0x11c),
    [SHORTS] = {.name = "SHORTS", .offset = 0x200, .rw = 0x1f},
    [INTEN] = NRF_INTEN(EVENT_BITS),
    [INTENSET] = NRF_INTENSET(EVENT_BITS),
    [INTENCLR] = NRF_INTENCLR,
    [ENABLE] = {.name = "ENABLE", .offset = 0x500, .rw = 1, .store = enable_stored},
    [MODE] = {.name = "MODE", .offset = 0x504, .rw = 1},
    [COUNTERTOP] = {.name = "COUNTERTOP", .offset = 0x508, .rw = 0x7fff, .reset = 0x3ff},
    [PRESCALER] = {.name = "PRESCALER", .offset = 0x50c, .rw = 7},
    [DECODER] = {.name = "DECODER", .offset = 0x510, .rw = 0x103},
    [LOOP] = {.name = "LOOP", .offset = 0x514, .rw = 0xffff},
    [SEQ_PTR] = PER_SEQUENCE("SEQ[%u].PTR", 0x520, UINT32_MAX, 0),
    [SEQ_CNT] = PER_SEQUENCE("SEQ[%u].CNT", 0x524, 0x7fff, 0),
    [SEQ_REFRESH] = PER_SEQUENCE("SEQ[%u].REFRESH", 0x528, 0xffffff, 1),
    [SEQ_ENDDELAY] = PER_SEQUENCE("SEQ[%u].ENDDELAY", 0x52c, 0xffffff, 0),
    [PSEL_OUT] = {.name = "PSEL.OUT[%u]",
                  .offset = 0x560,
                  .rw = UINT32_MAX,
                  .reset = UINT32_MAX,
                  .count = CHANNELS,
                  .store = psel_stored},
};

static const struct mote_event_desc events[] = {
    [PERIOD_END] = {"period_end", period_end, 0},
    [EDGE] = {"edge", edge, 0},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    nrf_attach(dev);
    return true;
}

static void reset(struct mote_device *dev)
{
    for (uint32_t i = 0; i < PINS; i++)
        mote_wire_set(dev, 1 + i, MOTE_WIRE_Z);
    halt(dev);
}

const struct mote_device_class mote_class_nrf_pwm = {
    .name = "nrf_pwm",
    .summary = "nRF52 pulse width modulation",
    .compatibles = {"nordic,nrf-pwm"},
    .state_bytes = sizeof(struct nrf_pwm),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 2,
    .outputs = {{"irq", 1}, {"pin", PINS}},
    .power_states = {"off", "idle", "running"},
    .clocked_states = 1u << 2,
    .attach = attach,
    .reset = reset,
};
