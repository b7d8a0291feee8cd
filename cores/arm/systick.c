/* SysTick: a 24-bit down counter on the core clock or on the reference clock.
 *
 * Document: Armv7-M ARM (DDI 0403E) B3.3.
 * The counter is never stepped: its value follows from ticks since it was last set, so polling it
 * and taking its interrupt agree to the cycle. Properties of the core's node: mote,systick-divider
 * = <n>: the reference clock is the core clock divided by n (absent: no reference clock, CLKSOURCE
 * reads 1); mote,systick-calib = <raw CALIB>; mote,systick-stops-in-sleep: the core clock does not
 * reach it while the core sleeps. With the Security Extension each state has one. Not modelled: a
 * reference clock that is not derived from the core clock. */
#include "core.h"

enum { CTRL, LOAD, VAL, CALIB };
enum { CTRL_ENABLE = 1, CTRL_TICKINT = 2, CTRL_CLKSOURCE = 4, CTRL_COUNTFLAG = 1 << 16 };
enum { EVENT_ZERO };

struct systick {
    uint64_t since; /* source tick at which the counter held `value` */
    uint32_t value;
    uint64_t zeros_seen; /* zero crossings since `since` that COUNTFLAG has told */
    bool flag;           /* one before `since` that it has not told */
};

static uint32_t divider(const struct mote_device *dev)
{
    const struct arm_core *core = arm_core_of_child(dev);
    bool core_clock = dev->regs[CTRL] & CTRL_CLKSOURCE;
    return core_clock || core->systick_divider == 0 ? 1 : core->systick_divider;
}

/* Ticks of the source now. */
static uint64_t source_ticks(const struct mote_device *dev)
{
    const struct arm_core *core = arm_core_of_child(dev);
    uint64_t ticks = arm_ticks(core);
    if (core->systick_stops_in_sleep)
        ticks = core->sleep == ARM_ASLEEP ? core->cpu.cycles : ticks - core->sleep_ticks;
    return ticks / divider(dev);
}

static uint64_t elapsed(const struct mote_device *dev)
{
    const struct systick *state = dev->state;
    return dev->regs[CTRL] & CTRL_ENABLE ? source_ticks(dev) - state->since : 0;
}

static uint32_t value_after(const struct mote_device *dev, uint64_t ticks)
{
    const struct systick *state = dev->state;
    if (ticks <= state->value)
        return state->value - (uint32_t)ticks;
    uint32_t load = dev->regs[LOAD];
    uint64_t since_reload = ticks - state->value - 1;
    return load - (uint32_t)(since_reload % ((uint64_t)load + 1));
}

/* How often the counter has become zero by counting. */
static uint64_t zeros_after(const struct mote_device *dev, uint64_t ticks)
{
    const struct systick *state = dev->state;
    if (ticks < state->value)
        return 0;
    uint64_t first = state->value > 0;
    uint32_t load = dev->regs[LOAD];
    return load == 0 ? first : first + (ticks - state->value) / ((uint64_t)load + 1);
}

/* Makes now the origin, before a register changes how it counts. */
static void rebase(struct mote_device *dev)
{
    struct systick *state = dev->state;
    uint64_t ticks = elapsed(dev);
    uint32_t value = value_after(dev, ticks);
    state->flag |= zeros_after(dev, ticks) > state->zeros_seen;
    state->value = value;
    state->since = source_ticks(dev);
    state->zeros_seen = 0;
}

static void arm_event(struct mote_device *dev)
{
    const struct arm_core *core = arm_core_of_child(dev);
    const struct systick *state = dev->state;
    uint32_t ctrl = dev->regs[CTRL], load = dev->regs[LOAD];
    bool stopped = core->systick_stops_in_sleep && core->sleep == ARM_ASLEEP;
    uint64_t ticks = elapsed(dev);
    if (!(ctrl & CTRL_ENABLE) || !(ctrl & CTRL_TICKINT) || stopped ||
        (load == 0 && ticks >= state->value)) {
        mote_event_cancel(dev, EVENT_ZERO);
        return;
    }
    uint64_t period = (uint64_t)load + 1;
    uint64_t next = state->value;
    if (ticks >= state->value)
        next += ((ticks - state->value) / period + 1) * period;
    uint64_t tick = (state->since + next) * divider(dev);
    if (core->systick_stops_in_sleep)
        tick += core->sleep_ticks;
    mote_event_at(dev, EVENT_ZERO, arm_tick_ps(core, tick));
}

void arm_systick_rearm(struct arm_core *core)
{
    arm_event(core->systick);
    if (core->systick_ns != NULL)
        arm_event(core->systick_ns);
}

static void fire_zero(struct mote_device *dev)
{
    struct arm_core *core = arm_core_of_child(dev);
    arm_set_pending(&core->cpu, arm_slot(core, ARM_EXC_SYSTICK, arm_secure_view(dev)));
    arm_event(dev);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static uint32_t load_ctrl(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct systick *state = dev->state;
    (void)element;
    uint64_t zeros = zeros_after(dev, elapsed(dev));
    bool flag = state->flag || zeros > state->zeros_seen;
    state->zeros_seen = zeros;
    state->flag = false;
    return value | (flag ? (uint32_t)CTRL_COUNTFLAG : 0);
}

static void store_ctrl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    uint32_t value = mote_reg(dev, CTRL);
    mote_reg(dev, CTRL) = old;
    rebase(dev);
    if (arm_core_of_child(dev)->systick_divider == 0)
        value |= CTRL_CLKSOURCE;
    mote_reg(dev, CTRL) = value;
    ((struct systick *)dev->state)->since = source_ticks(dev);
    arm_event(dev);
}

static void store_load(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    uint32_t value = mote_reg(dev, LOAD);
    mote_reg(dev, LOAD) = old;
    rebase(dev);
    mote_reg(dev, LOAD) = value;
    arm_event(dev);
}

static uint32_t load_val(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return value_after(dev, elapsed(dev));
}

static void store_val(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct systick *state = dev->state;
    state->value = 0;
    state->since = source_ticks(dev);
    state->zeros_seen = 0;
    state->flag = false;
    arm_event(dev);
}

static uint32_t load_calib(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return arm_core_of_child(dev)->systick_calib;
}

static const struct mote_reg regs[] = {
    [CTRL] = {.name = "SYST_CSR",
              .offset = 0x0,
              .rw = 7,
              .ro = CTRL_COUNTFLAG,
              .load = load_ctrl,
              .store = store_ctrl},
    [LOAD] = {.name = "SYST_RVR", .offset = 0x4, .rw = 0x00FFFFFF, .store = store_load},
    [VAL] = {.name = "SYST_CVR",
             .offset = 0x8,
             .rw = 0x00FFFFFF,
             .ro = 0xFF000000u,
             .load = load_val,
             .store = store_val},
    [CALIB] = {.name = "SYST_CALIB", .offset = 0xC, .ro = ~0u, .load = load_calib},
};

static const struct mote_event_desc events[] = {
    [EVENT_ZERO] = {.name = "zero", .fire = fire_zero},
};

static void reset(struct mote_device *dev)
{
    *(struct systick *)dev->state = (struct systick){0};
    if (arm_core_of_child(dev)->systick_divider == 0)
        mote_reg(dev, CTRL) = CTRL_CLKSOURCE;
}

const struct mote_device_class arm_class_systick = {
    .name = "arm_systick",
    .summary = "SysTick timer of an M-profile core",
    .state_bytes = sizeof(struct systick),
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x10,
    .events = events,
    .event_count = 1,
    .reset = reset,
};
