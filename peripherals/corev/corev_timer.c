/* APB timer unit of the CORE-V-MCU: two 32-bit counters.
 *
 * Source: openhwgroup/core-v-mcu, apb_timer_unit_reg_defs.
 * Modelled: enable, reset, prescaler, comparison with interrupt (a pulse), clearing and one-shot,
 * start and reset registers, the reference clock. Not modelled: the 64-bit and mtime modes, start
 * by event. Clock inputs: 0 the bus clock, 1 the reference clock. Outputs: irq[2]: low, high. */
#include <mote/clock.h>
#include <mote/device.h>

enum { CFG, VALUE, COMPARE, START, RESET, ROWS };
enum { EVENT_LOW, EVENT_HIGH };
enum { TIMERS = 2 };

#define CFG_EN        (1u << 0)
#define CFG_RESET     (1u << 1)
#define CFG_IRQ       (1u << 2)
#define CFG_IEM       (1u << 3)
#define CFG_CLEAR     (1u << 4)
#define CFG_ONE_SHOT  (1u << 5)
#define CFG_PRESCALE  (1u << 6)
#define CFG_REFERENCE (1u << 7)
#define CFG_MODES     (3u << 30)

struct corev_timer {
    struct mote_counter count[TIMERS];
};

static uint64_t rate_hz(struct mote_device *dev, uint32_t timer)
{
    uint32_t config = mote_reg_at(dev, CFG, timer);
    uint64_t hz = mote_clock_hz(dev, config & CFG_REFERENCE ? 1 : 0);
    if (!(config & CFG_EN))
        return 0;
    return config & CFG_PRESCALE ? hz / ((config >> 8 & 0xFF) + 1) : hz;
}

static uint32_t value_now(struct mote_device *dev, uint32_t timer)
{
    const struct corev_timer *state = dev->state;
    return (uint32_t)mote_counter_value(&state->count[timer], mote_now_ps(dev->sys));
}

static void run_from(struct mote_device *dev, uint32_t timer, uint32_t value)
{
    struct corev_timer *state = dev->state;
    struct mote_counter *count = &state->count[timer];
    mote_counter_set(count, mote_now_ps(dev->sys), value, rate_hz(dev, timer));
    uint64_t compare = mote_reg_at(dev, COMPARE, timer);
    if (compare <= value) /* met again only after the counter went round */
        compare += 1ull << 32;
    mote_event_at(dev, EVENT_LOW + timer,
                  count->hz != 0 ? mote_counter_when_ps(count, compare) : MOTE_NEVER_PS);
}

static void met(struct mote_device *dev, uint32_t timer)
{
    uint32_t config = mote_reg_at(dev, CFG, timer);
    if (config & CFG_IRQ)
        mote_wire_pulse(dev, timer);
    if (config & CFG_ONE_SHOT)
        mote_reg_at(dev, CFG, timer) &= ~CFG_EN;
    run_from(dev, timer, config & CFG_CLEAR ? 0 : mote_reg_at(dev, COMPARE, timer));
}

static void met_low(struct mote_device *dev)
{
    met(dev, 0);
}

static void met_high(struct mote_device *dev)
{
    met(dev, 1);
}

static void store_config(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    run_from(dev, element, written & CFG_RESET ? 0 : value_now(dev, element));
}

static void store_value(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    run_from(dev, element, written);
}

static void store_compare(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    (void)written;
    run_from(dev, element, value_now(dev, element));
}

static void store_start(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    (void)written;
    mote_reg_at(dev, CFG, element) |= CFG_EN;
    run_from(dev, element, value_now(dev, element));
}

static void store_reset(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    (void)written;
    run_from(dev, element, 0);
}

static uint32_t load_value(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return value_now(dev, element);
}

static const struct mote_reg regs[ROWS] = {
    [CFG] = {.name = "CFG_REG[%u]",
             .offset = 0x00,
             .rw = CFG_MODES | 0xFFFD,
             .wo = CFG_RESET,
             .unmodelled = CFG_MODES | CFG_IEM,
             .count = TIMERS,
             .store = store_config},
    [VALUE] = {.name = "TIMER_VAL[%u]",
               .offset = 0x08,
               .rw = ~0u,
               .count = TIMERS,
               .load = load_value,
               .store = store_value},
    [COMPARE] = {.name = "TIMER_CMP[%u]",
                 .offset = 0x10,
                 .rw = ~0u,
                 .count = TIMERS,
                 .store = store_compare},
    [START] =
        {.name = "TIMER_START[%u]", .offset = 0x18, .wo = 1, .count = TIMERS, .store = store_start},
    [RESET] =
        {.name = "TIMER_RESET[%u]", .offset = 0x20, .wo = 1, .count = TIMERS, .store = store_reset},
};

static void reset(struct mote_device *dev)
{
    for (uint32_t timer = 0; timer < TIMERS; timer++)
        run_from(dev, timer, 0);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    for (uint32_t timer = 0; timer < TIMERS; timer++)
        run_from(dev, timer, value_now(dev, timer));
}

static const struct mote_event_desc events[] = {
    [EVENT_LOW] = {"low", met_low, 0},
    [EVENT_HIGH] = {"high", met_high, 0},
};

const struct mote_device_class mote_class_corev_timer = {
    .name = "corev_timer",
    .summary = "CORE-V-MCU APB timer unit",
    .compatibles = {"openhwgroup,core-v-timer"},
    .state_bytes = sizeof(struct corev_timer),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", TIMERS}},
    .reset = reset,
    .clock_changed = clock_changed,
};
