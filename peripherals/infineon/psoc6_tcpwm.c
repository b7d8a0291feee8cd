/* PSoC 6 (CAT1A) timers, counters and PWMs (TCPWM).
 *
 * Infineon 002-24529, chapter "Timer, counter, and PWM"; registers as in Infineon's SVD of psoc6_02
 * (TCPWM, version 1).
 * Modelled: counters of 16 or 32 bits (property mote,counter-bits) that count up, down or both ways
 * by their peripheral clock and prescaler, in timer, capture and PWM mode; enable, start, stop,
 * reload and capture commands, one shot, terminal count and compare match with their interrupts,
 * exchange of compare and period values with their buffers at the terminal count (PWM) or the
 * match (timer).
 * Not modelled: trigger inputs other than constant ones, PWM outputs, dead time, quadrature and
 * pseudo-random modes (a counter in them does not count and is reported).
 * Nothing is stepped: a counter's position is worked out when somebody looks, and an event is armed
 * only for an interrupt that is enabled.
 * Clock inputs: one a counter. Outputs: irq, one a counter. */
#include <mote/clock.h>
#include <mote/device.h>

enum { COUNTERS = 24 };

enum {
    CTRL,
    CTRL_CLR,
    CTRL_SET,
    CMD_CAPTURE,
    CMD_RELOAD,
    CMD_STOP,
    CMD_START,
    INTR_CAUSE,
    CNT_CTRL,
    CNT_STATUS,
    CNT_COUNTER,
    CNT_CC,
    CNT_CC_BUFF,
    CNT_PERIOD,
    CNT_PERIOD_BUFF,
    CNT_TR_CTRL0,
    CNT_TR_CTRL1,
    CNT_TR_CTRL2,
    CNT_INTR,
    CNT_INTR_SET,
    CNT_INTR_MASK,
    CNT_INTR_MASKED,
    REG_COUNT,
};

enum { UP, DOWN, UP_DOWN1, UP_DOWN2 };
enum { MODE_TIMER, MODE_CAPTURE = 2, MODE_QUAD, MODE_PWM, MODE_PWM_DT, MODE_PWM_PR };
enum { EV_DUE, EV_COUNT };

#define AUTO_RELOAD_CC     1u
#define AUTO_RELOAD_PERIOD 2u
#define ONE_SHOT           (1u << 18)
#define STATUS_DOWN        1u
#define STATUS_RUNNING     (1u << 31)
#define INTR_TC            1u
#define INTR_CC            2u

struct counter {
    struct mote_counter ticks; /* of the prescaled clock, while it runs */
    uint64_t seen;             /* ticks that position and flags account for */
    uint64_t position;         /* in its cycle of cycle_of() ticks */
};

struct tcpwm_state {
    struct counter counter[COUNTERS];
    uint32_t count, mask; /* how many there are; their width */
};

/* ---- counting ----------------------------------------------------------------------------------
 *
 * A cycle's positions: up 0..PERIOD; down PERIOD..0; both ways 0..PERIOD..1. */

static uint32_t direction(struct mote_device *dev, uint32_t n)
{
    return mote_reg_at(dev, CNT_CTRL, n) >> 16 & 3;
}

static uint64_t cycle_of(struct mote_device *dev, uint32_t n)
{
    uint64_t period = mote_reg_at(dev, CNT_PERIOD, n);
    if (direction(dev, n) >= UP_DOWN1)
        return period == 0 ? 1 : 2 * period;
    return period + 1;
}

static uint32_t value_at(struct mote_device *dev, uint32_t n, uint64_t position)
{
    uint64_t period = mote_reg_at(dev, CNT_PERIOD, n);
    if (direction(dev, n) == DOWN)
        return (uint32_t)(position <= period ? period - position : 0);
    return (uint32_t)(position <= period ? position : 2 * period - position);
}

static uint64_t position_of(struct mote_device *dev, uint32_t n, uint32_t value)
{
    uint64_t period = mote_reg_at(dev, CNT_PERIOD, n);
    if (direction(dev, n) == DOWN)
        return value <= period ? period - value : 0;
    return value;
}

/* Ticks from `position` to the next arrival at `target`; a whole cycle when it is there. */
static uint64_t ticks_to(uint64_t position, uint64_t target, uint64_t cycle)
{
    if (position < target)
        return target - position;
    return position >= cycle ? cycle - position % cycle + target : cycle - position + target;
}

/* To the terminal count: the tick after the cycle's last position. */
static uint64_t ticks_to_tc(struct mote_device *dev, uint32_t n)
{
    const struct tcpwm_state *tcpwm = dev->state;
    uint64_t position = tcpwm->counter[n].position, cycle = cycle_of(dev, n);
    if (position >= cycle) /* set beyond the period: it wraps at its width first */
        return (uint64_t)tcpwm->mask + 1 - position;
    return cycle - position;
}

static uint64_t ticks_to_cc(struct mote_device *dev, uint32_t n)
{
    const struct tcpwm_state *tcpwm = dev->state;
    uint64_t position = tcpwm->counter[n].position, cycle = cycle_of(dev, n);
    uint32_t cc = mote_reg_at(dev, CNT_CC, n), period = mote_reg_at(dev, CNT_PERIOD, n);
    if (cc > period)
        return MOTE_NEVER_PS;
    uint64_t there = ticks_to(position, position_of(dev, n, cc), cycle);
    if (direction(dev, n) < UP_DOWN1 || cc == 0)
        return there;
    uint64_t back = ticks_to(position, cycle - cc, cycle);
    return back < there ? back : there;
}

static void swap(struct mote_device *dev, uint32_t n, uint32_t id, uint32_t buffer_id)
{
    uint32_t value = mote_reg_at(dev, id, n);
    mote_reg_at(dev, id, n) = mote_reg_at(dev, buffer_id, n);
    mote_reg_at(dev, buffer_id, n) = value;
}

static void at_compare(struct mote_device *dev, uint32_t n)
{
    uint32_t ctrl = mote_reg_at(dev, CNT_CTRL, n);
    mote_reg_at(dev, CNT_INTR, n) |= INTR_CC;
    if ((ctrl >> 24 & 7) == MODE_TIMER && (ctrl & AUTO_RELOAD_CC))
        swap(dev, n, CNT_CC, CNT_CC_BUFF);
}

static void at_terminal(struct mote_device *dev, uint32_t n)
{
    struct tcpwm_state *tcpwm = dev->state;
    struct counter *counter = &tcpwm->counter[n];
    uint32_t ctrl = mote_reg_at(dev, CNT_CTRL, n);
    mote_reg_at(dev, CNT_INTR, n) |= INTR_TC;
    counter->position = 0;
    if ((ctrl >> 24 & 7) >= MODE_PWM) {
        if (ctrl & AUTO_RELOAD_CC)
            swap(dev, n, CNT_CC, CNT_CC_BUFF);
        if (ctrl & AUTO_RELOAD_PERIOD)
            swap(dev, n, CNT_PERIOD, CNT_PERIOD_BUFF);
    }
    if (ctrl & ONE_SHOT) {
        mote_reg_at(dev, CNT_STATUS, n) &= ~STATUS_RUNNING;
        mote_counter_set(&counter->ticks, mote_now_ps(dev->sys), 0, 0);
        counter->seen = 0;
    }
}

/* Many cycles at once change nothing but the position, unless a buffer is exchanged. */
static uint64_t skip_cycles(struct mote_device *dev, uint32_t n, uint64_t left)
{
    uint32_t ctrl = mote_reg_at(dev, CNT_CTRL, n);
    uint64_t cycle = cycle_of(dev, n);
    if (left < 4 * cycle || (ctrl & (AUTO_RELOAD_CC | AUTO_RELOAD_PERIOD | ONE_SHOT)))
        return left;
    return left % cycle + 2 * cycle;
}

/* Brings position and flags up to now. */
static void sync(struct mote_device *dev, uint32_t n)
{
    struct tcpwm_state *tcpwm = dev->state;
    struct counter *counter = &tcpwm->counter[n];
    uint64_t ticks = mote_counter_value(&counter->ticks, mote_now_ps(dev->sys));
    uint64_t left = skip_cycles(dev, n, ticks - counter->seen);
    counter->seen = ticks;
    while (left > 0 && (mote_reg_at(dev, CNT_STATUS, n) & STATUS_RUNNING)) {
        uint64_t tc = ticks_to_tc(dev, n), cc = ticks_to_cc(dev, n);
        uint64_t step = tc < cc ? tc : cc;
        if (step > left) {
            counter->position += left;
            break;
        }
        left -= step;
        counter->position += step;
        if (step == tc)
            at_terminal(dev, n);
        if (step == cc)
            at_compare(dev, n);
    }
    mote_reg_at(dev, CNT_COUNTER, n) = value_at(dev, n, counter->position);
}

/* After sync(): the interrupt's level, and when it may rise next. */
static void follow(struct mote_device *dev, uint32_t n)
{
    uint32_t enabled = mote_reg(dev, CTRL) >> n & 1;
    uint32_t masked =
        enabled ? mote_reg_at(dev, CNT_INTR, n) & mote_reg_at(dev, CNT_INTR_MASK, n) : 0;
    mote_reg_at(dev, CNT_INTR_MASKED, n) = masked;
    uint32_t *cause = &mote_reg(dev, INTR_CAUSE);
    *cause = (*cause & ~(1u << n)) | (uint32_t)(masked != 0) << n;
    mote_wire_set(dev, n, masked != 0);
}

static void arm(struct mote_device *dev)
{
    const struct tcpwm_state *tcpwm = dev->state;
    uint64_t due = MOTE_NEVER_PS;
    for (uint32_t n = 0; n < tcpwm->count; n++) {
        uint32_t mask = mote_reg_at(dev, CNT_INTR_MASK, n) & ~mote_reg_at(dev, CNT_INTR, n);
        const struct counter *counter = &tcpwm->counter[n];
        if (mask == 0 || counter->ticks.hz == 0)
            continue;
        uint64_t tc = mask & INTR_TC ? ticks_to_tc(dev, n) : MOTE_NEVER_PS;
        uint64_t cc = mask & INTR_CC ? ticks_to_cc(dev, n) : MOTE_NEVER_PS;
        uint64_t step = tc < cc ? tc : cc;
        if (step == MOTE_NEVER_PS)
            continue;
        uint64_t when = mote_counter_when_ps(&counter->ticks, counter->seen + step);
        due = when < due ? when : due;
    }
    mote_event_at(dev, EV_DUE, due);
}

static void due(struct mote_device *dev)
{
    const struct tcpwm_state *tcpwm = dev->state;
    for (uint32_t n = 0; n < tcpwm->count; n++) {
        sync(dev, n);
        follow(dev, n);
    }
    arm(dev);
}

/* Before any change of a counter: settle what was; after it: restart(). */
static uint64_t rate_hz(struct mote_device *dev, uint32_t n)
{
    uint32_t ctrl = mote_reg_at(dev, CNT_CTRL, n), mode = ctrl >> 24 & 7;
    bool counts =
        mode == MODE_TIMER || mode == MODE_CAPTURE || mode == MODE_PWM || mode == MODE_PWM_DT;
    if (!(mote_reg_at(dev, CNT_STATUS, n) & STATUS_RUNNING) || !counts)
        return 0;
    return mote_clock_hz(dev, n) >> (mode == MODE_PWM_DT ? 0 : ctrl >> 8 & 7);
}

static void restart(struct mote_device *dev, uint32_t n)
{
    struct tcpwm_state *tcpwm = dev->state;
    struct counter *counter = &tcpwm->counter[n];
    mote_counter_set(&counter->ticks, mote_now_ps(dev->sys), 0, rate_hz(dev, n));
    counter->seen = 0;
    follow(dev, n);
    arm(dev);
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static void set_enabled(struct mote_device *dev, uint32_t old, uint32_t now)
{
    const struct tcpwm_state *tcpwm = dev->state;
    now &= (uint32_t)((1ull << tcpwm->count) - 1);
    for (uint32_t n = 0; n < tcpwm->count; n++) {
        if (!((old ^ now) >> n & 1))
            continue;
        sync(dev, n);
        mote_reg_at(dev, CNT_STATUS, n) &= ~STATUS_RUNNING;
        mote_reg(dev, CTRL) = now;
        restart(dev, n);
    }
    mote_reg(dev, CTRL) = now;
}

static void store_ctrl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    set_enabled(dev, old, mote_reg(dev, CTRL));
}

static uint32_t load_enabled(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    return mote_reg(dev, CTRL);
}

static void store_ctrl_clr(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)old;
    set_enabled(dev, mote_reg(dev, CTRL), mote_reg(dev, CTRL) & ~written);
}

static void store_ctrl_set(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)old;
    set_enabled(dev, mote_reg(dev, CTRL), mote_reg(dev, CTRL) | written);
}

enum command { COMMAND_CAPTURE, COMMAND_RELOAD, COMMAND_STOP, COMMAND_START };

static void command_one(struct mote_device *dev, uint32_t n, enum command command)
{
    struct tcpwm_state *tcpwm = dev->state;
    uint32_t mode = mote_reg_at(dev, CNT_CTRL, n) >> 24 & 7, *status;
    status = &mote_reg_at(dev, CNT_STATUS, n);
    sync(dev, n);
    if (mode == MODE_QUAD || mode >= MODE_PWM_PR)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "counter %u in mode %u does not count", n,
                 mode);
    if (command == COMMAND_CAPTURE && mode == MODE_CAPTURE) {
        mote_reg_at(dev, CNT_CC_BUFF, n) = mote_reg_at(dev, CNT_CC, n);
        mote_reg_at(dev, CNT_CC, n) = mote_reg_at(dev, CNT_COUNTER, n);
        mote_reg_at(dev, CNT_INTR, n) |= INTR_CC;
    } else if (command == COMMAND_RELOAD) {
        tcpwm->counter[n].position = 0;
        mote_reg_at(dev, CNT_COUNTER, n) = value_at(dev, n, 0);
        *status |= STATUS_RUNNING;
    } else if (command == COMMAND_STOP) {
        *status &= ~STATUS_RUNNING;
    } else if (command == COMMAND_START) {
        *status |= STATUS_RUNNING;
    }
    *status = (*status & ~STATUS_DOWN) | (direction(dev, n) == DOWN ? STATUS_DOWN : 0);
    restart(dev, n);
}

static void run_command(struct mote_device *dev, uint32_t id, uint32_t written,
                        enum command command)
{
    const struct tcpwm_state *tcpwm = dev->state;
    mote_reg(dev, id) = 0;
    for (uint32_t n = 0; n < tcpwm->count; n++)
        if ((written & mote_reg(dev, CTRL)) >> n & 1)
            command_one(dev, n, command);
}

static void store_capture(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    run_command(dev, CMD_CAPTURE, written, COMMAND_CAPTURE);
}

static void store_reload(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    run_command(dev, CMD_RELOAD, written, COMMAND_RELOAD);
}

static void store_stop(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    run_command(dev, CMD_STOP, written, COMMAND_STOP);
}

static void store_start(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    run_command(dev, CMD_START, written, COMMAND_START);
}

/* A register that position or flags depend on: what was before the store is settled with the old
 * value. */
static void store_settled(struct mote_device *dev, uint32_t id, uint32_t n, uint32_t old)
{
    struct tcpwm_state *tcpwm = dev->state;
    uint32_t value = mote_reg_at(dev, id, n);
    mote_reg_at(dev, id, n) = old;
    sync(dev, n);
    uint32_t count = mote_reg_at(dev, CNT_COUNTER, n);
    mote_reg_at(dev, id, n) = value;
    tcpwm->counter[n].position = position_of(dev, n, id == CNT_COUNTER ? value : count);
    restart(dev, n);
}

static void store_cnt_ctrl(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)written;
    store_settled(dev, CNT_CTRL, element, old);
}

static void store_counter(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    const struct tcpwm_state *tcpwm = dev->state;
    mote_reg_at(dev, CNT_COUNTER, element) &= tcpwm->mask;
    store_settled(dev, CNT_COUNTER, element, old);
}

static void store_cc(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    store_settled(dev, CNT_CC, element, old);
}

static void store_period(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    const struct tcpwm_state *tcpwm = dev->state;
    mote_reg_at(dev, CNT_PERIOD, element) &= tcpwm->mask;
    store_settled(dev, CNT_PERIOD, element, old);
}

static uint32_t load_counter(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    sync(dev, element);
    return mote_reg_at(dev, CNT_COUNTER, element);
}

static uint32_t load_intr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    sync(dev, element);
    return mote_reg_at(dev, CNT_INTR, element);
}

static uint32_t load_status(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    sync(dev, element);
    return mote_reg_at(dev, CNT_STATUS, element);
}

static void store_intr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    sync(dev, element);
    mote_reg_at(dev, CNT_INTR, element) &= ~written;
    follow(dev, element);
    arm(dev);
}

static void store_intr_set(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)old;
    sync(dev, element);
    mote_reg_at(dev, CNT_INTR, element) |= written & (INTR_TC | INTR_CC);
    follow(dev, element);
    arm(dev);
}

static void store_mask(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old, (void)written;
    sync(dev, element);
    follow(dev, element);
    arm(dev);
}

#define CNT(text, at) .name = "CNT[%u]." text, .offset = at, .count = COUNTERS, .stride = 0x40

static const struct mote_reg regs[REG_COUNT] = {
    [CTRL] = {.name = "CTRL", .offset = 0x00, .rw = 0xFFFFFF, .store = store_ctrl},
    [CTRL_CLR] = {.name = "CTRL_CLR",
                  .offset = 0x04,
                  .wo = 0xFFFFFF,
                  .load = load_enabled,
                  .store = store_ctrl_clr},
    [CTRL_SET] = {.name = "CTRL_SET",
                  .offset = 0x08,
                  .wo = 0xFFFFFF,
                  .load = load_enabled,
                  .store = store_ctrl_set},
    [CMD_CAPTURE] = {.name = "CMD_CAPTURE", .offset = 0x0C, .wo = 0xFFFFFF, .store = store_capture},
    [CMD_RELOAD] = {.name = "CMD_RELOAD", .offset = 0x10, .wo = 0xFFFFFF, .store = store_reload},
    [CMD_STOP] = {.name = "CMD_STOP", .offset = 0x14, .wo = 0xFFFFFF, .store = store_stop},
    [CMD_START] = {.name = "CMD_START", .offset = 0x18, .wo = 0xFFFFFF, .store = store_start},
    [INTR_CAUSE] = {.name = "INTR_CAUSE", .offset = 0x1C, .ro = 0xFFFFFF},
    [CNT_CTRL] = {CNT("CTRL", 0x100), .rw = 0x0737FF0F, .store = store_cnt_ctrl},
    [CNT_STATUS] = {CNT("STATUS", 0x104), .ro = 0x8000FF01, .load = load_status},
    [CNT_COUNTER] = {CNT("COUNTER", 0x108), .rw = 0xFFFFFFFF, .load = load_counter,
                     .store = store_counter},
    [CNT_CC] = {CNT("CC", 0x10C), .reset = 0xFFFFFFFF, .rw = 0xFFFFFFFF, .store = store_cc},
    [CNT_CC_BUFF] = {CNT("CC_BUFF", 0x110), .reset = 0xFFFFFFFF, .rw = 0xFFFFFFFF},
    [CNT_PERIOD] = {CNT("PERIOD", 0x114), .reset = 0xFFFFFFFF, .rw = 0xFFFFFFFF,
                    .store = store_period},
    [CNT_PERIOD_BUFF] = {CNT("PERIOD_BUFF", 0x118), .reset = 0xFFFFFFFF, .rw = 0xFFFFFFFF},
    [CNT_TR_CTRL0] = {CNT("TR_CTRL0", 0x120), .reset = 0x10, .rw = 0xFFFFF, .unmodelled = 0xFFFEE},
    [CNT_TR_CTRL1] = {CNT("TR_CTRL1", 0x124), .reset = 0x3FF, .rw = 0x3FF},
    [CNT_TR_CTRL2] = {CNT("TR_CTRL2", 0x128), .reset = 0x3F, .rw = 0x3F},
    [CNT_INTR] = {CNT("INTR", 0x130), .w1c = 0x3, .load = load_intr, .store = store_intr},
    [CNT_INTR_SET] = {CNT("INTR_SET", 0x134), .wo = 0x3, .store = store_intr_set},
    [CNT_INTR_MASK] = {CNT("INTR_MASK", 0x138), .rw = 0x3, .store = store_mask},
    [CNT_INTR_MASKED] = {CNT("INTR_MASKED", 0x13C), .ro = 0x3},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void reset(struct mote_device *dev)
{
    struct tcpwm_state *tcpwm = dev->state;
    for (uint32_t n = 0; n < COUNTERS; n++) {
        tcpwm->counter[n] = (struct counter){0};
        mote_reg_at(dev, CNT_CC, n) &= tcpwm->mask;
        mote_reg_at(dev, CNT_PERIOD, n) &= tcpwm->mask;
    }
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    const struct tcpwm_state *tcpwm = dev->state;
    if (index >= tcpwm->count)
        return;
    sync(dev, index);
    restart(dev, index);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct tcpwm_state *tcpwm = dev->state;
    uint32_t bits = mote_prop_u32(dev, "mote,counter-bits", 32);
    tcpwm->count = mote_clock_inputs(dev);
    if (tcpwm->count > COUNTERS)
        return mote_err_set(err, "%u clocks; at most %u counters", tcpwm->count, COUNTERS);
    if (bits != 16 && bits != 32)
        return mote_err_set(err, "mote,counter-bits is %u; 16 or 32", bits);
    tcpwm->mask = bits == 16 ? 0xFFFF : UINT32_MAX;
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_DUE] = {"due", due, 0}};

const struct mote_device_class mote_class_psoc6_tcpwm = {
    .name = "psoc6_tcpwm",
    .summary = "PSoC 6 timers, counters and PWMs",
    .compatibles = {"infineon,cat1a-tcpwm"},
    .state_bytes = sizeof(struct tcpwm_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10000,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"irq", COUNTERS}},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
