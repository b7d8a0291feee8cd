/* LiteX timer with 32-bit control and status registers, and its uptime counter.
 *
 * Source: enjoy-digital/litex, soc/cores/timer.py, as its drivers use it.
 * Modelled: load, reload, enable, latched value, the event when the count reaches 0 (pending on the
 * way there, status while it is 0), the 64-bit uptime. Clock input 0: the system clock.
 * Output: irq. */
#include <mote/clock.h>
#include <mote/device.h>

enum {
    LOAD,
    RELOAD,
    EN,
    UPDATE_VALUE,
    VALUE,
    EV_STATUS,
    EV_PENDING,
    EV_ENABLE,
    UPTIME_LATCH,
    UPTIME_HIGH,
    UPTIME_LOW,
    ROWS
};
enum { EVENT_ZERO };

struct litex_timer {
    struct mote_counter up; /* clocks since it was enabled */
    struct mote_counter uptime;
    uint32_t first; /* value at which it started */
    bool running;
};

/* From `first` down to 0, then, with a reload value, from there down again and again. */
static uint32_t value_now(struct mote_device *dev)
{
    const struct litex_timer *timer = dev->state;
    if (!timer->running)
        return mote_reg(dev, LOAD);
    uint64_t passed = mote_counter_value(&timer->up, mote_now_ps(dev->sys));
    if (passed <= timer->first)
        return timer->first - (uint32_t)passed;
    uint64_t period = (uint64_t)mote_reg(dev, RELOAD) + 1;
    return (uint32_t)(period - 1 - (passed - timer->first - 1) % period);
}

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, 0, (mote_reg(dev, EV_PENDING) & mote_reg(dev, EV_ENABLE)) != 0);
}

static void start(struct mote_device *dev, uint32_t from)
{
    struct litex_timer *timer = dev->state;
    timer->first = from;
    mote_counter_set(&timer->up, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
    mote_event_at(dev, EVENT_ZERO,
                  timer->running ? mote_counter_when_ps(&timer->up, from) : MOTE_NEVER_PS);
}

static void zero(struct mote_device *dev)
{
    struct litex_timer *timer = dev->state;
    mote_reg(dev, EV_PENDING) |= 1;
    update_irq(dev);
    uint64_t passed = mote_counter_value(&timer->up, mote_now_ps(dev->sys));
    uint64_t period = (uint64_t)mote_reg(dev, RELOAD) + 1;
    if (period > 1)
        mote_event_at(dev, EVENT_ZERO, mote_counter_when_ps(&timer->up, passed + period));
}

static void store_enable(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct litex_timer *timer = dev->state;
    (void)element;
    (void)old;
    (void)written;
    bool on = mote_reg(dev, EN) & 1;
    if (on == timer->running)
        return;
    timer->running = on;
    start(dev, mote_reg(dev, LOAD));
}

/* The present count goes on to 0 before a new reload value counts. */
static void store_reload(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct litex_timer *timer = dev->state;
    uint32_t now = mote_reg(dev, RELOAD);
    (void)element;
    (void)written;
    if (!timer->running)
        return;
    mote_reg(dev, RELOAD) = old;
    uint32_t value = value_now(dev);
    mote_reg(dev, RELOAD) = now;
    start(dev, value);
}

static void store_update(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    mote_reg(dev, VALUE) = value_now(dev);
}

static void store_event(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update_irq(dev);
}

static uint32_t load_status(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return value_now(dev) == 0;
}

static void store_latch(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct litex_timer *timer = dev->state;
    (void)element;
    (void)old;
    (void)written;
    uint64_t cycles = mote_counter_value(&timer->uptime, mote_now_ps(dev->sys));
    mote_reg(dev, UPTIME_HIGH) = (uint32_t)(cycles >> 32);
    mote_reg(dev, UPTIME_LOW) = (uint32_t)cycles;
}

static const struct mote_reg regs[ROWS] = {
    [LOAD] = {.name = "load", .offset = 0x00, .rw = ~0u},
    [RELOAD] = {.name = "reload", .offset = 0x04, .rw = ~0u, .store = store_reload},
    [EN] = {.name = "en", .offset = 0x08, .rw = 1, .store = store_enable},
    [UPDATE_VALUE] = {.name = "update_value", .offset = 0x0C, .wo = 1, .store = store_update},
    [VALUE] = {.name = "value", .offset = 0x10, .ro = ~0u},
    [EV_STATUS] = {.name = "ev_status", .offset = 0x14, .reset = 1, .ro = 1, .load = load_status},
    [EV_PENDING] = {.name = "ev_pending", .offset = 0x18, .w1c = 1, .store = store_event},
    [EV_ENABLE] = {.name = "ev_enable", .offset = 0x1C, .rw = 1, .store = store_event},
    [UPTIME_LATCH] = {.name = "uptime_latch", .offset = 0x20, .wo = 1, .store = store_latch},
    [UPTIME_HIGH] = {.name = "uptime_cycles1", .offset = 0x24, .ro = ~0u},
    [UPTIME_LOW] = {.name = "uptime_cycles0", .offset = 0x28, .ro = ~0u},
};

static void reset(struct mote_device *dev)
{
    struct litex_timer *timer = dev->state;
    *timer = (struct litex_timer){0};
    mote_counter_set(&timer->uptime, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    struct litex_timer *timer = dev->state;
    (void)index;
    uint64_t now = mote_now_ps(dev->sys);
    mote_counter_set(&timer->uptime, now, mote_counter_value(&timer->uptime, now),
                     mote_clock_hz(dev, 0));
    if (timer->running)
        start(dev, value_now(dev));
}

static const struct mote_event_desc events[] = {[EVENT_ZERO] = {"zero", zero, 0}};

const struct mote_device_class mote_class_litex_timer = {
    .name = "litex_timer",
    .summary = "LiteX timer and uptime counter",
    .compatibles = {"litex,timer", "litex,timer0"},
    .state_bytes = sizeof(struct litex_timer),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x100,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 1}},
    .reset = reset,
    .clock_changed = clock_changed,
};
