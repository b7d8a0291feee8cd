/* System window watchdog of STM32. ST RM0432 Rev 9 (STM32L4+), RM0444 (STM32G0).
 *
 * Modelled: the 7-bit down-counter on PCLK / 4096 / 2^WDGTB, window, early wakeup interrupt,
 * reset. Output "reset" goes to 1 when the watchdog bites; the reset controller takes it from
 * there. Flag mote,wide-prescaler: WDGTB has three bits, 13 to 11, as in STM32G0, H7 and U5;
 * otherwise two, 8 and 7.
 *
 * Not modelled: freezing by the debugger. The divider by 4096 is taken to restart when CR is
 * written. */
#include <mote/clock.h>
#include <mote/device.h>

enum { CR, CFR, SR };
enum { OUT_IRQ, OUT_RESET };
enum { EVENT_EARLY, EVENT_BITE, EVENT_COUNT };

#define CR_T      0x7Fu
#define CR_WDGA   0x80u
#define T_LAST    0x40u /* one more tick clears T6: reset */
#define CFR_W     0x7Fu
#define CFR_EWI   (1u << 9)
#define SR_EWIF   1u
#define PRESCALER 4096u

#define CFR_NARROW (3u << 7)
#define CFR_WIDE   (7u << 11)

struct wwdg {
    struct mote_counter pclk; /* bus clock cycles since CR was written */
    bool wide;
};

static uint32_t tick_shift(struct mote_device *dev)
{
    uint32_t cfr = mote_reg(dev, CFR);
    return ((const struct wwdg *)dev->state)->wide ? cfr >> 11 & 7 : cfr >> 7 & 3;
}

static uint64_t ticks(struct mote_device *dev)
{
    const struct wwdg *w = dev->state;
    uint64_t cycles = mote_counter_value(&w->pclk, mote_now_ps(dev->sys));
    return cycles / PRESCALER >> tick_shift(dev);
}

static uint32_t counter(struct mote_device *dev)
{
    return (uint32_t)(mote_reg(dev, CR) - ticks(dev)) & CR_T;
}

static void update(struct mote_device *dev)
{
    mote_wire_set(dev, OUT_IRQ, (mote_reg(dev, CFR) & CFR_EWI) && (mote_reg(dev, SR) & SR_EWIF));
}

static void bite(struct mote_device *dev)
{
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "the window watchdog resets the system");
    mote_wire_set(dev, OUT_RESET, 1);
}

static void early(struct mote_device *dev)
{
    mote_reg(dev, SR) |= SR_EWIF;
    update(dev);
}

static void arm(struct mote_device *dev)
{
    const struct wwdg *w = dev->state;
    uint32_t t = mote_reg(dev, CR) & CR_T;
    mote_event_cancel(dev, EVENT_EARLY);
    mote_event_cancel(dev, EVENT_BITE);
    if (!(mote_reg(dev, CR) & CR_WDGA) || t < T_LAST)
        return;
    uint64_t tick = (uint64_t)PRESCALER << tick_shift(dev);
    if (t > T_LAST)
        mote_event_at(dev, EVENT_EARLY, mote_counter_when_ps(&w->pclk, (t - T_LAST) * tick));
    mote_event_at(dev, EVENT_BITE, mote_counter_when_ps(&w->pclk, (t - T_LAST + 1) * tick));
}

static uint32_t load_cr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    return (value & CR_WDGA) | counter(dev);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct wwdg *w = dev->state;
    uint32_t t = (uint32_t)(old - ticks(dev)) & CR_T;
    bool active = old & CR_WDGA;
    bool too_early = active && t > (mote_reg(dev, CFR) & CFR_W);
    mote_reg(dev, CR) |= old & CR_WDGA; /* only a reset clears it */
    mote_counter_set(&w->pclk, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
    if (too_early || ((mote_reg(dev, CR) & CR_WDGA) && (written & CR_T) < T_LAST))
        bite(dev);
    else
        arm(dev);
}

static void store_cfr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct wwdg *w = dev->state;
    uint32_t config = mote_reg(dev, CFR) | (old & CFR_EWI); /* only a reset clears EWI */
    config &= ~(w->wide ? CFR_NARROW : CFR_WIDE);
    mote_reg(dev, CFR) = old;
    uint32_t t = counter(dev);
    mote_reg(dev, CR) = (mote_reg(dev, CR) & CR_WDGA) | t;
    mote_reg(dev, CFR) = config;
    mote_counter_set(&w->pclk, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
    arm(dev);
    update(dev);
}

static void store_sr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update(dev);
}

static const struct mote_reg regs[] = {
    [CR] = {.name = "CR",
            .offset = 0x00,
            .reset = 0x0000007F,
            .rw = 0x000000FF,
            .load = load_cr,
            .store = store_cr},
    [CFR] =
        {.name = "CFR", .offset = 0x04, .reset = 0x0000007F, .rw = 0x00003BFF, .store = store_cfr},
    [SR] = {.name = "SR", .offset = 0x08, .w0c = SR_EWIF, .store = store_sr},
};

static const struct mote_event_desc events[EVENT_COUNT] = {
    [EVENT_EARLY] = {.name = "early", .fire = early},
    [EVENT_BITE] = {.name = "bite", .fire = bite},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    ((struct wwdg *)dev->state)->wide = mote_prop_flag(dev, "mote,wide-prescaler");
    return true;
}

static void reset(struct mote_device *dev)
{
    struct wwdg *w = dev->state;
    mote_counter_set(&w->pclk, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    struct wwdg *w = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    mote_counter_set(&w->pclk, now, mote_counter_value(&w->pclk, now), mote_clock_hz(dev, 0));
    arm(dev);
}

const struct mote_device_class mote_class_stm32_wwdg = {
    .name = "stm32_wwdg",
    .summary = "STM32 window watchdog",
    .compatibles = {"st,stm32-window-watchdog"},
    .state_bytes = sizeof(struct wwdg),
    .gated_access = true,
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EVENT_COUNT,
    .outputs = {{"irq", 1}, {"reset", 1}},
    .power_states = {"idle"},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
