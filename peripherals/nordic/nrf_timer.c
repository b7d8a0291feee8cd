/* Nordic nRF52 TIMER.
 *
 * Source: nRF52840 Product Specification v1.7, TIMER chapter; CMSIS-SVD of the nRF52840.
 * Clock input 0: PCLK16M. Devicetree "cc-num": how many of the six compare registers exist.
 * Modelled: timer and counter modes, prescaler, bit widths, compare events with their shorts,
 * capture. Nothing runs while it counts: the next compare match is one event.
 * Not modelled: the delay of one or two clocks between a task and its effect. */
#include "_nrf.h"

#define MAX_CC 6u

enum {
    TASKS_START,
    TASKS_STOP,
    TASKS_COUNT,
    TASKS_CLEAR,
    TASKS_SHUTDOWN,
    TASKS_CAPTURE,
    EVENTS_COMPARE,
    SHORTS,
    INTENSET,
    INTENCLR,
    MODE,
    BITMODE,
    PRESCALER,
    CC,
    REG_COUNT
};
enum { MATCH };
enum { OFF, RUN_16M, RUN_1M, COUNT };

#define MODE_TIMER      0u
#define MAX_PRESCALER   9u
#define PCLK1M_PRESCALE 4u /* from this prescaler on, PCLK1M serves */

struct nrf_timer {
    struct nrf_common common;
    uint32_t cc_count;
    bool running;
    struct mote_counter counter; /* not wrapped */
    uint64_t match;              /* unwrapped value of the armed match */
};

static uint64_t counter_mask(struct mote_device *dev)
{
    static const uint64_t masks[4] = {0xffff, 0xff, 0xffffff, 0xffffffff};

    return masks[mote_reg(dev, BITMODE) & 3u];
}

static uint64_t rate_hz(struct mote_device *dev)
{
    const struct nrf_timer *timer = dev->state;
    uint32_t prescaler = mote_reg(dev, PRESCALER);

    if (!timer->running || mote_reg(dev, MODE) != MODE_TIMER)
        return 0;
    return nrf_pclk_hz(dev) >> (prescaler > MAX_PRESCALER ? MAX_PRESCALER : prescaler);
}

static uint64_t value_now(struct mote_device *dev)
{
    const struct nrf_timer *timer = dev->state;

    return mote_counter_value(&timer->counter, mote_now_ps(dev->sys));
}

/* Arms the next match of any compare register after the value `from`; a register that equals `from`
 * is a round away. */
static void arm(struct mote_device *dev, uint64_t from)
{
    struct nrf_timer *timer = dev->state;
    uint64_t mask = counter_mask(dev);
    uint64_t nearest = UINT64_MAX;

    if (timer->counter.hz == 0) {
        mote_event_cancel(dev, MATCH);
        return;
    }
    for (uint32_t i = 0; i < timer->cc_count; i++) {
        uint64_t distance = (mote_reg_at(dev, CC, i) - from) & mask;

        if (distance == 0)
            distance = mask + 1;
        if (distance < nearest)
            nearest = distance;
    }
    timer->match = from + nearest;
    mote_event_at(dev, MATCH, mote_counter_when_ps(&timer->counter, timer->match));
}

/* Goes on from `value` as of a time, at the rate that the registers now ask for. */
static void count_from(struct mote_device *dev, uint64_t value, uint64_t at_ps)
{
    struct nrf_timer *timer = dev->state;
    uint64_t hz = rate_hz(dev);

    value &= counter_mask(dev);
    mote_counter_set(&timer->counter, at_ps, value, hz);
    if (!timer->running)
        mote_power_state(dev, OFF);
    else if (hz == 0)
        mote_power_state(dev, COUNT);
    else
        mote_power_state(dev, mote_reg(dev, PRESCALER) >= PCLK1M_PRESCALE ? RUN_1M : RUN_16M);
    arm(dev, value);
}

static void go_on(struct mote_device *dev)
{
    count_from(dev, value_now(dev), mote_now_ps(dev->sys));
}

static void start(struct mote_device *dev)
{
    struct nrf_timer *timer = dev->state;
    uint64_t value = value_now(dev);

    timer->running = true;
    count_from(dev, value, mote_now_ps(dev->sys));
}

static void stop(struct mote_device *dev)
{
    struct nrf_timer *timer = dev->state;
    uint64_t value = value_now(dev);

    timer->running = false;
    count_from(dev, value, mote_now_ps(dev->sys));
}

static void clear(struct mote_device *dev)
{
    count_from(dev, 0, mote_now_ps(dev->sys));
}

static void shutdown(struct mote_device *dev)
{
    stop(dev);
    clear(dev);
}

/* Events and shorts of the compare registers that equal `value`, reached at a time. */
static void matched(struct mote_device *dev, uint64_t value, uint64_t at_ps)
{
    struct nrf_timer *timer = dev->state;
    uint64_t mask = counter_mask(dev);
    uint32_t shorts = mote_reg(dev, SHORTS);
    uint32_t hit = 0;

    for (uint32_t i = 0; i < timer->cc_count; i++)
        if (((mote_reg_at(dev, CC, i) ^ value) & mask) == 0)
            hit |= 1u << i;
    if (hit & (shorts >> 8))
        timer->running = false;
    if (hit & (shorts | shorts >> 8))
        count_from(dev, (hit & shorts) ? 0 : value, at_ps);
    for (uint32_t i = 0; i < timer->cc_count; i++)
        if (hit >> i & 1u)
            nrf_event_at(dev, EVENTS_COMPARE, i);
}

/* The core may run an event some cycles late: all is reckoned from when the match was due. */
static void match(struct mote_device *dev)
{
    const struct nrf_timer *timer = dev->state;
    uint64_t value = timer->match;

    arm(dev, value);
    matched(dev, value, mote_counter_when_ps(&timer->counter, value));
}

static void count(struct mote_device *dev)
{
    const struct nrf_timer *timer = dev->state;

    if (!timer->running || mote_reg(dev, MODE) == MODE_TIMER)
        return;
    uint64_t value = (value_now(dev) + 1) & counter_mask(dev);

    count_from(dev, value, mote_now_ps(dev->sys));
    matched(dev, value, mote_now_ps(dev->sys));
}

static void task_capture(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    if (!(written & 1u))
        return;
    mote_reg_at(dev, CC, element) = (uint32_t)(value_now(dev) & counter_mask(dev));
    arm(dev, value_now(dev));
}

static void cc_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    arm(dev, value_now(dev));
}

static void config_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    go_on(dev);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_stop, stop)
NRF_TASK_HOOK(task_count, count)
NRF_TASK_HOOK(task_clear, clear)
NRF_TASK_HOOK(task_shutdown, shutdown)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x000, task_start),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x004, task_stop),
    [TASKS_COUNT] = NRF_TASK("TASKS_COUNT", 0x008, task_count),
    [TASKS_CLEAR] = NRF_TASK("TASKS_CLEAR", 0x00c, task_clear),
    [TASKS_SHUTDOWN] = NRF_TASK("TASKS_SHUTDOWN", 0x010, task_shutdown),
    [TASKS_CAPTURE] = NRF_TASKS("TASKS_CAPTURE[%u]", 0x040, MAX_CC, task_capture),
    [EVENTS_COMPARE] = NRF_EVENTS("EVENTS_COMPARE[%u]", 0x140, MAX_CC),
    [SHORTS] = {.name = "SHORTS", .offset = 0x200, .rw = 0x3f3f},
    [INTENSET] = NRF_INTENSET(0x3f0000),
    [INTENCLR] = NRF_INTENCLR,
    [MODE] = {.name = "MODE", .offset = 0x504, .rw = 3, .store = config_stored},
    [BITMODE] = {.name = "BITMODE", .offset = 0x508, .rw = 3, .store = config_stored},
    [PRESCALER] =
        {.name = "PRESCALER", .offset = 0x510, .rw = 0xf, .reset = 4, .store = config_stored},
    [CC] =
        {.name = "CC[%u]", .offset = 0x540, .rw = UINT32_MAX, .count = MAX_CC, .store = cc_stored},
};

static const struct mote_event_desc events[] = {[MATCH] = {"match", match, 0}};

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index == 0)
        go_on(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_timer *timer = dev->state;

    nrf_attach(dev);
    timer->cc_count = mote_prop_u32(dev, "cc-num", MAX_CC);
    if (timer->cc_count == 0 || timer->cc_count > MAX_CC)
        return mote_err_set(err, "cc-num: 1 to %u", MAX_CC);
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_timer *timer = dev->state;

    timer->running = false;
    timer->counter = (struct mote_counter){0};
    mote_power_state(dev, OFF);
}

const struct mote_device_class mote_class_nrf_timer = {
    .name = "nrf_timer",
    .summary = "nRF52 timer/counter",
    .compatibles = {"nordic,nrf-timer"},
    .state_bytes = sizeof(struct nrf_timer),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "run_16m", "run_1m", "count"},
    .clocked_states = 1u << 1 | 1u << 2,
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
