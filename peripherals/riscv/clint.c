/* Core-local interruptor (CLINT) of one hart: machine timer and software interrupts.
 *
 * Document: SiFive E31 Core Complex Manual 21G3, chapter "Core-Local Interruptor".
 * Modelled: msip, mtimecmp, mtime of hart 0. mtime counts clock input 0, or without one the rate of
 * the property mote,timebase-frequency. mtimecmp resets to all ones (the manual leaves it open).
 * Not modelled: further harts.
 * Outputs: irq[0] to mip.MSIP (wire 3 of the hart), irq[1] to mip.MTIP (wire 7). */
#include <mote/clock.h>
#include <mote/device.h>

enum { MSIP, MTIMECMP, MTIMECMPH, MTIME, MTIMEH, ROWS };
enum { OUT_SOFTWARE, OUT_TIMER };
enum { EVENT_COMPARE };

struct clint {
    struct mote_counter mtime;
};

static uint64_t rate_hz(const struct mote_device *dev)
{
    if (mote_clock_inputs(dev) > 0)
        return mote_clock_hz(dev, 0);
    return mote_prop_u32(dev, "mote,timebase-frequency", 0);
}

static uint64_t time_value(const struct mote_device *dev)
{
    const struct clint *clint = dev->state;
    return mote_counter_value(&clint->mtime, mote_now_ps(dev->sys));
}

static uint64_t compare_value(struct mote_device *dev)
{
    return mote_reg(dev, MTIMECMP) | (uint64_t)mote_reg(dev, MTIMECMPH) << 32;
}

static void update(struct mote_device *dev)
{
    struct clint *clint = dev->state;
    uint64_t compare = compare_value(dev), value = time_value(dev);
    bool due = value >= compare;
    if (value < clint->mtime.base) /* it wrapped: count from here */
        mote_counter_set(&clint->mtime, mote_now_ps(dev->sys), value, clint->mtime.hz);
    mote_event_at(dev, EVENT_COMPARE,
                  due ? MOTE_NEVER_PS : mote_counter_when_ps(&clint->mtime, compare));
    mote_wire_set(dev, OUT_TIMER, due);
}

static void store_msip(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    mote_wire_set(dev, OUT_SOFTWARE, (int)(mote_reg(dev, MSIP) & 1));
}

static void store_compare(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update(dev);
}

static uint32_t load_time(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)time_value(dev);
}

static uint32_t load_time_high(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)(time_value(dev) >> 32);
}

static void set_time(struct mote_device *dev, uint64_t value)
{
    struct clint *clint = dev->state;
    mote_counter_set(&clint->mtime, mote_now_ps(dev->sys), value, clint->mtime.hz);
    update(dev);
}

static void store_time(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_time(dev, (time_value(dev) & ~0xFFFFFFFFull) | mote_reg(dev, MTIME));
}

static void store_time_high(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_time(dev, (uint32_t)time_value(dev) | (uint64_t)mote_reg(dev, MTIMEH) << 32);
}

static const struct mote_reg regs[ROWS] = {
    [MSIP] = {.name = "msip", .offset = 0x0, .rw = 1, .store = store_msip},
    [MTIMECMP] =
        {.name = "mtimecmp", .offset = 0x4000, .reset = ~0u, .rw = ~0u, .store = store_compare},
    [MTIMECMPH] =
        {.name = "mtimecmph", .offset = 0x4004, .reset = ~0u, .rw = ~0u, .store = store_compare},
    [MTIME] =
        {.name = "mtime", .offset = 0xBFF8, .rw = ~0u, .load = load_time, .store = store_time},
    [MTIMEH] = {.name = "mtimeh",
                .offset = 0xBFFC,
                .rw = ~0u,
                .load = load_time_high,
                .store = store_time_high},
};

static const struct mote_event_desc events[] = {[EVENT_COMPARE] = {"compare", update, 0}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    if (mote_clock_inputs(dev) == 0 && mote_prop_u32(dev, "mote,timebase-frequency", 0) == 0)
        return mote_err_set(err, "mtime needs a rate: give the node `clocks` or "
                                 "mote,timebase-frequency");
    return true;
}

static void reset(struct mote_device *dev)
{
    struct clint *clint = dev->state;
    mote_counter_set(&clint->mtime, mote_now_ps(dev->sys), 0, rate_hz(dev));
    update(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    struct clint *clint = dev->state;
    if (index != 0)
        return;
    mote_counter_set(&clint->mtime, mote_now_ps(dev->sys), time_value(dev), rate_hz(dev));
    update(dev);
}

const struct mote_device_class mote_class_clint = {
    .name = "clint",
    .summary = "RISC-V core-local interruptor: mtime, mtimecmp, msip",
    .compatibles = {"sifive,clint0", "riscv,clint0"},
    .state_bytes = sizeof(struct clint),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x10000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 2}},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
