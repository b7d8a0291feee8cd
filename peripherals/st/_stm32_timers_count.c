/* Counting of the STM32 timers without stepping: the counter is brought up to date when somebody
 * looks, and an event is armed only for what an interrupt, a DMA request or an output needs.
 *
 * Time runs in cycles of the timer clock. Between two overflows everything is linear; after the
 * overflow that loads the shadow registers all later periods are equal and are taken at once. */
#include "_stm32_timers.h"

static bool centred(struct mote_device *dev)
{
    return (mote_reg(dev, CR1) & CR1_CMS) != 0;
}

/* Whether a match of an output channel in the present direction sets its flag. */
static bool match_counts(struct mote_device *dev)
{
    uint32_t down = mote_reg(dev, CR1) & CR1_DIR ? 1 : 0;
    switch ((mote_reg(dev, CR1) & CR1_CMS) >> 5) {
    case 1:
        return down;
    case 2:
        return !down;
    default:
        return true;
    }
}

/* Ticks until the counter overflows or underflows; the last one is the overflow itself. */
static uint64_t ticks_to_overflow(struct mote_device *dev)
{
    const struct timers *t = dev->state;
    bool down = mote_reg(dev, CR1) & CR1_DIR;
    if (centred(dev)) {
        if (down)
            return t->cnt > 0 ? t->cnt : 1;
        return t->cnt < t->arr ? t->arr - t->cnt : 1;
    }
    if (down)
        return (uint64_t)t->cnt + 1;
    uint32_t top = t->cnt <= t->arr ? t->arr : t->mask;
    return (uint64_t)(top - t->cnt) + 1;
}

/* Moves by ticks that do not overflow, and notes the matches on the way. */
static void walk(struct mote_device *dev, uint32_t ticks)
{
    struct timers *t = dev->state;
    if (ticks == 0)
        return;
    bool down = mote_reg(dev, CR1) & CR1_DIR;
    uint32_t from = t->cnt;
    t->cnt = (down ? from - ticks : from + ticks) & t->mask;
    if (!match_counts(dev))
        return;
    for (uint32_t i = 0; i < t->channels; i++) {
        uint32_t distance = down ? from - t->ccr[i] : t->ccr[i] - from;
        bool ahead = down ? t->ccr[i] < from : t->ccr[i] > from;
        if (ahead && distance <= ticks && timer_is_output(dev, i))
            timer_matched(dev, i, 1);
    }
}

static uint32_t preload(struct mote_device *dev, uint32_t channel)
{
    if (channel < TIMER_PINS)
        return mote_reg_at(dev, CCR, channel);
    return mote_reg(dev, channel == 4 ? CCR5 : CCR6) & 0xFFFF;
}

static void load_shadows(struct mote_device *dev)
{
    struct timers *t = dev->state;
    t->psc = mote_reg(dev, PSC);
    t->arr = mote_reg(dev, ARR);
    t->repeat = mote_reg(dev, RCR);
    for (uint32_t i = 0; i < t->channels; i++)
        if (timer_is_output(dev, i))
            t->ccr[i] = preload(dev, i);
}

static void update_event(struct mote_device *dev, bool flag)
{
    if (mote_reg(dev, CR1) & CR1_UDIS)
        return;
    load_shadows(dev);
    if (flag)
        mote_reg(dev, SR) |= SR_UIF;
    timer_updated(dev);
}

/* Overflows that each happen `count` times; the last `repeat` decides on update events. */
static void overflows(struct mote_device *dev, uint64_t count)
{
    struct timers *t = dev->state;
    if (count <= t->repeat) {
        t->repeat -= (uint32_t)count;
        return;
    }
    uint32_t reload = mote_reg(dev, RCR);
    uint64_t rest = (count - t->repeat - 1) % ((uint64_t)reload + 1);
    update_event(dev, true);
    t->repeat = reload - (uint32_t)rest;
    if ((mote_reg(dev, CR1) & (CR1_OPM | CR1_UDIS)) == CR1_OPM)
        mote_reg(dev, CR1) &= ~CR1_CEN;
}

/* The tick that overflows. */
static void wrap(struct mote_device *dev)
{
    struct timers *t = dev->state;
    bool down = mote_reg(dev, CR1) & CR1_DIR;
    if (centred(dev)) {
        bool at_end = down ? t->cnt == 0 : t->cnt >= t->arr;
        if (!at_end)
            walk(dev, (uint32_t)ticks_to_overflow(dev));
        for (uint32_t i = 0; !down && i < t->channels; i++)
            if (t->ccr[i] > t->arr && timer_is_output(dev, i))
                timer_matched(dev, i, 1); /* never reached: counts at the overflow */
        mote_reg(dev, CR1) ^= CR1_DIR;
        overflows(dev, 1);
        return;
    }
    /* A counter beyond ARR runs through its whole width: that is no overflow. */
    bool stray = !down && t->cnt > t->arr;
    t->cnt = down ? t->arr : 0;
    for (uint32_t i = 0; i < t->channels; i++)
        if ((t->ccr[i] == t->cnt || t->ccr[i] > t->arr) && timer_is_output(dev, i))
            timer_matched(dev, i, 1);
    if (!stray)
        overflows(dev, 1);
    if (down)
        t->cnt = t->arr;
}

/* Whether an update event would change nothing. */
static bool settled(struct mote_device *dev)
{
    const struct timers *t = dev->state;
    uint32_t cr1 = mote_reg(dev, CR1);
    if (cr1 & CR1_UDIS)
        return true; /* there is none */
    if ((cr1 & CR1_OPM) || t->psc != mote_reg(dev, PSC) || t->arr != mote_reg(dev, ARR))
        return false;
    for (uint32_t i = 0; i < t->channels; i++)
        if (timer_is_output(dev, i) && t->ccr[i] != preload(dev, i))
            return false;
    return true;
}

/* How often a whole period sets a channel's flag. */
static uint32_t matches_per_period(struct mote_device *dev, uint32_t ccr)
{
    const struct timers *t = dev->state;
    uint32_t mode = (mote_reg(dev, CR1) & CR1_CMS) >> 5;
    if (mode == 0 || ccr > t->arr)
        return 1;
    /* ARR is reached upwards and 0 downwards only; mode 1 counts downwards, 2 upwards, 3 both. */
    uint32_t upwards = ccr > 0 && mode != 1 ? 1 : 0;
    uint32_t downwards = ccr < t->arr && mode != 2 ? 1 : 0;
    return upwards + downwards;
}

/* Takes as many whole periods as fit, when nothing can differ between them. */
static uint64_t whole_periods(struct mote_device *dev, uint64_t cycles)
{
    struct timers *t = dev->state;
    if (t->arr == 0 || t->cnt > t->arr || !settled(dev))
        return cycles;
    bool both = centred(dev);
    uint64_t period = both ? 2 * (uint64_t)t->arr : (uint64_t)t->arr + 1;
    uint64_t length = period * ((uint64_t)t->psc + 1);
    uint64_t count = cycles / length;
    if (count == 0)
        return cycles;
    for (uint32_t i = 0; i < t->channels; i++) {
        uint32_t matches = timer_is_output(dev, i) ? matches_per_period(dev, t->ccr[i]) : 0;
        if (matches > 0)
            timer_matched(dev, i, count * matches);
    }
    overflows(dev, both ? 2 * count : count);
    return cycles - count * length;
}

void timer_advance(struct mote_device *dev, uint64_t cycles)
{
    struct timers *t = dev->state;
    while (cycles > 0 && t->arr != 0 && (mote_reg(dev, CR1) & CR1_CEN)) {
        uint64_t scale = (uint64_t)t->psc + 1;
        uint64_t ticks = (t->prescaled + cycles) / scale;
        uint64_t left = ticks_to_overflow(dev);
        if (ticks < left) {
            t->prescaled = (uint32_t)((t->prescaled + cycles) % scale);
            walk(dev, (uint32_t)ticks);
            return;
        }
        cycles -= left * scale - t->prescaled;
        t->prescaled = 0;
        if (!centred(dev))
            walk(dev, (uint32_t)(left - 1));
        wrap(dev);
        if (mote_reg(dev, CR1) & CR1_CEN)
            cycles = whole_periods(dev, cycles);
    }
}

void timer_sync(struct mote_device *dev)
{
    struct timers *t = dev->state;
    uint64_t total = mote_counter_value(&t->clock, mote_now_ps(dev->sys));
    uint64_t cycles = total - t->done;
    t->done = total;
    if (cycles > 0 && timer_counts_clock(dev))
        timer_advance(dev, cycles);
}

void timer_reinit(struct mote_device *dev)
{
    struct timers *t = dev->state;
    t->prescaled = 0;
    if (centred(dev))
        mote_reg(dev, CR1) &= ~CR1_DIR;
    update_event(dev, !(mote_reg(dev, CR1) & CR1_URS));
    t->cnt = mote_reg(dev, CR1) & CR1_DIR ? t->arr : 0;
    timer_trgo_reset(dev);
}

void timer_clock(struct mote_device *dev)
{
    struct timers *t = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    timer_sync(dev);
    uint64_t gate = mote_clock_hz(dev, 0);
    uint64_t hz = mote_clock_inputs(dev) > 1 && gate != 0 ? mote_clock_hz(dev, 1) : gate;
    mote_counter_set(&t->clock, now, t->done, hz);
}

/* ---- the next event ---------------------------------------------------------------------------
 */

/* Ticks until the counter equals a channel's compare value, or overflows first. */
static uint64_t ticks_to_match(struct mote_device *dev, uint32_t channel)
{
    const struct timers *t = dev->state;
    uint64_t left = ticks_to_overflow(dev);
    bool down = mote_reg(dev, CR1) & CR1_DIR;
    uint32_t ccr = t->ccr[channel];
    bool ahead = down ? ccr < t->cnt : ccr > t->cnt;
    uint64_t distance = down ? t->cnt - ccr : ccr - t->cnt;
    return ahead && distance < left ? distance : left;
}

static void arm(struct mote_device *dev)
{
    const struct timers *t = dev->state;
    uint64_t ticks = UINT64_MAX;
    if (timer_counts_clock(dev) && (mote_reg(dev, CR1) & CR1_CEN) && t->arr != 0) {
        if (timer_needs_update(dev))
            ticks = ticks_to_overflow(dev);
        for (uint32_t i = 0; i < t->channels; i++) {
            if (!timer_needs_match(dev, i) && !timer_needs_edges(dev, i))
                continue;
            uint64_t match = ticks_to_match(dev, i);
            ticks = match < ticks ? match : ticks;
        }
    }
    if (ticks == UINT64_MAX) {
        mote_event_cancel(dev, 0);
        return;
    }
    uint64_t cycles = ticks * ((uint64_t)t->psc + 1) - t->prescaled;
    mote_event_at(dev, 0, mote_counter_when_ps(&t->clock, t->done + cycles));
}

void timer_settle(struct mote_device *dev)
{
    timer_drive(dev);
    mote_power_state(dev, mote_reg(dev, CR1) & CR1_CEN ? 1 : 0);
    arm(dev);
}
