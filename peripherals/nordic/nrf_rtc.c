/* Nordic nRF52 RTC (real-time counter).
 *
 * Source: nRF52840 Product Specification v1.7, RTC chapter; CMSIS-SVD of the nRF52840.
 * Clock inputs: 0 PCLK16M (register access), 1 LFCLK. Devicetree "cc-num": 3 or 4 compare
 * registers. Modelled: 24-bit counter with 12-bit prescaler, COMPARE, TICK and OVRFLW, which happen
 * only while enabled for PPI (EVTEN) or interrupt (INTEN); one event until the next of them. Not
 * modelled: the up to 46 us between a task and its effect, the compare values one and two ahead of
 * the counter that hardware misses, the phase of the prescaler after START. */
#include "_nrf.h"

#define MAX_CC        4u
#define COUNTER_MASK  0xffffffu
#define TRIGGER_VALUE 0xfffff0u
#define EVENT_BITS    0xf0003u
#define BIT_TICK      1u
#define BIT_OVRFLW    2u
#define BIT_COMPARE0  0x10000u

enum {
    TASKS_START,
    TASKS_STOP,
    TASKS_CLEAR,
    TASKS_TRIGOVRFLW,
    EVENTS_TICK,
    EVENTS_OVRFLW,
    EVENTS_COMPARE,
    INTENSET,
    INTENCLR,
    EVTEN,
    EVTENSET,
    EVTENCLR,
    COUNTER,
    PRESCALER,
    CC,
    REG_COUNT
};
enum { NEXT };
enum { OFF, RUNNING };

struct nrf_rtc {
    struct nrf_common common;
    uint32_t cc_count;
    bool running;
    struct mote_counter cycles; /* LFCLK cycles since the last rebase */
    uint64_t base;              /* counter value at cycle 0; not wrapped */
    uint64_t next;              /* unwrapped counter value of the armed event */
};

static uint64_t lfclk_hz(const struct mote_device *dev)
{
    return mote_clock_inputs(dev) > 1 ? mote_clock_hz(dev, 1) : NRF_NOMINAL_LFCLK_HZ;
}

static uint64_t divider(struct mote_device *dev)
{
    return (uint64_t)mote_reg(dev, PRESCALER) + 1;
}

static uint64_t value_now(struct mote_device *dev)
{
    const struct nrf_rtc *rtc = dev->state;

    return rtc->base + mote_counter_value(&rtc->cycles, mote_now_ps(dev->sys)) / divider(dev);
}

static uint32_t wanted(struct mote_device *dev)
{
    return mote_reg(dev, EVTEN) | nrf_inten(dev);
}

/* Steps from `now` to the nearest value that causes an enabled event. */
static uint64_t steps_to_event(struct mote_device *dev, uint64_t now)
{
    const struct nrf_rtc *rtc = dev->state;
    uint32_t enabled = wanted(dev);
    uint64_t nearest = UINT64_MAX;

    if (enabled & BIT_TICK)
        return 1;
    if (enabled & BIT_OVRFLW)
        nearest = COUNTER_MASK + 1 - (now & COUNTER_MASK);
    for (uint32_t i = 0; i < rtc->cc_count; i++) {
        uint64_t distance = (mote_reg_at(dev, CC, i) - now) & COUNTER_MASK;

        if (distance == 0)
            distance = COUNTER_MASK + 1;
        if ((enabled & BIT_COMPARE0 << i) && distance < nearest)
            nearest = distance;
    }
    return nearest;
}

static void arm_after(struct mote_device *dev, uint64_t value)
{
    struct nrf_rtc *rtc = dev->state;
    uint64_t steps = rtc->cycles.hz == 0 ? UINT64_MAX : steps_to_event(dev, value);

    if (steps == UINT64_MAX) {
        mote_event_cancel(dev, NEXT);
        return;
    }
    rtc->next = value + steps;
    mote_event_at(dev, NEXT,
                  mote_counter_when_ps(&rtc->cycles, (rtc->next - rtc->base) * divider(dev)));
}

static void arm(struct mote_device *dev)
{
    arm_after(dev, value_now(dev));
}

/* Goes on from counter value `value`, with `phase` LFCLK cycles of the prescaler done. */
static void count_from(struct mote_device *dev, uint64_t value, uint64_t phase)
{
    struct nrf_rtc *rtc = dev->state;

    rtc->base = value & COUNTER_MASK;
    mote_counter_set(&rtc->cycles, mote_now_ps(dev->sys), phase, rtc->running ? lfclk_hz(dev) : 0);
    mote_power_state(dev, rtc->running ? RUNNING : OFF);
    arm(dev);
}

static void change(struct mote_device *dev, bool running)
{
    struct nrf_rtc *rtc = dev->state;
    uint64_t value = value_now(dev);
    uint64_t phase = mote_counter_value(&rtc->cycles, mote_now_ps(dev->sys)) % divider(dev);

    rtc->running = running;
    count_from(dev, value, phase);
}

static void start(struct mote_device *dev)
{
    change(dev, true);
}

static void stop(struct mote_device *dev)
{
    change(dev, false);
}

static void clear(struct mote_device *dev)
{
    count_from(dev, 0, 0);
}

static void trigger_overflow(struct mote_device *dev)
{
    count_from(dev, TRIGGER_VALUE, 0);
}

static void next(struct mote_device *dev)
{
    const struct nrf_rtc *rtc = dev->state;
    uint64_t value = rtc->next & COUNTER_MASK;
    uint32_t enabled = wanted(dev);

    arm_after(dev, rtc->next);
    if (enabled & BIT_TICK)
        nrf_event(dev, EVENTS_TICK);
    if ((enabled & BIT_OVRFLW) && value == 0)
        nrf_event(dev, EVENTS_OVRFLW);
    for (uint32_t i = 0; i < rtc->cc_count; i++)
        if ((enabled & BIT_COMPARE0 << i) && mote_reg_at(dev, CC, i) == value)
            nrf_event_at(dev, EVENTS_COMPARE, i);
}

static uint32_t counter_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)(value_now(dev) & COUNTER_MASK);
}

static void set_evten(struct mote_device *dev, uint32_t value)
{
    mote_reg(dev, EVTEN) = value;
    mote_reg(dev, EVTENSET) = value;
    mote_reg(dev, EVTENCLR) = value;
    arm(dev);
}

static void evten_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_evten(dev, mote_reg(dev, EVTEN));
}

static void evtenset_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_evten(dev, mote_reg(dev, EVTENSET));
}

static void evtenclr_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_evten(dev, mote_reg(dev, EVTENCLR));
}

/* The interrupt enables decide which events happen at all, so they move the next one. */
static void intenset_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    nrf_intenset_stored(dev, element, old, written);
    arm(dev);
}

static void intenclr_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    nrf_intenclr_stored(dev, element, old, written);
    arm(dev);
}

static void cc_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    arm(dev);
}

static void prescaler_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    const struct nrf_rtc *rtc = dev->state;
    uint64_t cycles = mote_counter_value(&rtc->cycles, mote_now_ps(dev->sys));

    (void)element;
    (void)written;
    if (rtc->running && mote_reg(dev, PRESCALER) != old)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "PRESCALER written while the RTC runs");
    count_from(dev, rtc->base + cycles / ((uint64_t)old + 1), 0);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_stop, stop)
NRF_TASK_HOOK(task_clear, clear)
NRF_TASK_HOOK(task_trigovrflw, trigger_overflow)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x000, task_start),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x004, task_stop),
    [TASKS_CLEAR] = NRF_TASK("TASKS_CLEAR", 0x008, task_clear),
    [TASKS_TRIGOVRFLW] = NRF_TASK("TASKS_TRIGOVRFLW", 0x00c, task_trigovrflw),
    [EVENTS_TICK] = NRF_EVENT("EVENTS_TICK", 0x100),
    [EVENTS_OVRFLW] = NRF_EVENT("EVENTS_OVRFLW", 0x104),
    [EVENTS_COMPARE] = NRF_EVENTS("EVENTS_COMPARE[%u]", 0x140, MAX_CC),
    [INTENSET] = {.name = "INTENSET", .offset = 0x304, .w1s = EVENT_BITS, .store = intenset_stored},
    [INTENCLR] = {.name = "INTENCLR", .offset = 0x308, .w1c = UINT32_MAX, .store = intenclr_stored},
    [EVTEN] = {.name = "EVTEN", .offset = 0x340, .rw = EVENT_BITS, .store = evten_stored},
    [EVTENSET] = {.name = "EVTENSET", .offset = 0x344, .w1s = EVENT_BITS, .store = evtenset_stored},
    [EVTENCLR] = {.name = "EVTENCLR", .offset = 0x348, .w1c = UINT32_MAX, .store = evtenclr_stored},
    [COUNTER] = {.name = "COUNTER", .offset = 0x504, .ro = COUNTER_MASK, .load = counter_load},
    [PRESCALER] = {.name = "PRESCALER", .offset = 0x508, .rw = 0xfff, .store = prescaler_stored},
    [CC] = {.name = "CC[%u]",
            .offset = 0x540,
            .rw = COUNTER_MASK,
            .count = MAX_CC,
            .store = cc_stored},
};

static const struct mote_event_desc events[] = {[NEXT] = {"next", next, 0}};

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    const struct nrf_rtc *rtc = dev->state;

    if (index == 1)
        change(dev, rtc->running);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_rtc *rtc = dev->state;

    nrf_attach(dev);
    rtc->cc_count = mote_prop_u32(dev, "cc-num", MAX_CC);
    if (rtc->cc_count == 0 || rtc->cc_count > MAX_CC)
        return mote_err_set(err, "cc-num: 1 to %u", MAX_CC);
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_rtc *rtc = dev->state;

    rtc->running = false;
    rtc->cycles = (struct mote_counter){0};
    rtc->base = 0;
    mote_power_state(dev, OFF);
}

const struct mote_device_class mote_class_nrf_rtc = {
    .name = "nrf_rtc",
    .summary = "nRF52 real-time counter",
    .compatibles = {"nordic,nrf-rtc"},
    .state_bytes = sizeof(struct nrf_rtc),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "running"},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
