/* Low-power timer of STM32L4/L4+. ST RM0432 Rev 9.
 *
 * Modelled: continuous and one-shot counting with prescaler, ARR and CMP with preload and their
 * write-complete flags, PWM, one-pulse and set-once output, triggered start with timeout
 * function, counting of pulses on input 1 and external clock, interrupts. The counter costs
 * nothing while it runs: it is brought up to date when somebody looks.
 *
 * Not modelled: encoder mode, input and trigger filters, the few cycles of delay after ENABLE
 * and START. The write-complete flags rise after three kernel clock cycles (a guess: the manual
 * names no number). */
#include <mote/clock.h>
#include <mote/device.h>
#include <string.h>

enum { ISR, ICR, IER, CFGR, CR, CMP, ARR, CNT, OR, REG_COUNT };
enum { OUT_IRQ, OUT_OUT };
enum { IN_TRIG, IN_IN1 = 8, IN_IN2 };
enum { EVENT_COUNT, EVENT_CMPOK, EVENT_ARROK, EVENTS };

#define ISR_CMPM       (1u << 0)
#define ISR_ARRM       (1u << 1)
#define ISR_EXTTRIG    (1u << 2)
#define ISR_CMPOK      (1u << 3)
#define ISR_ARROK      (1u << 4)
#define CFGR_CKSEL     (1u << 0)
#define CFGR_TRIGEN    (3u << 17)
#define CFGR_TIMOUT    (1u << 19)
#define CFGR_WAVE      (1u << 20)
#define CFGR_WAVPOL    (1u << 21)
#define CFGR_PRELOAD   (1u << 22)
#define CFGR_COUNTMODE (1u << 23)
#define CR_ENABLE      (1u << 0)
#define CR_SNGSTRT     (1u << 1)
#define CR_CNTSTRT     (1u << 2)

#define WRITE_CYCLES 3u

enum run { STOPPED, CONTINUOUS, ONE_SHOT };

struct lptim {
    struct mote_counter clock; /* kernel clock cycles */
    uint64_t done;             /* those that have been counted */
    uint32_t cnt, prescaled;
    uint32_t arr, cmp; /* as the counter uses them */
    uint8_t run;
    uint8_t waiting; /* enum run to begin at the trigger */
    uint8_t matched; /* CMP was reached since the start: set-once output */
    uint8_t writing; /* events EVENT_CMPOK and EVENT_ARROK that are to come, as bits */
};

static uint32_t prescaler_shift(struct mote_device *dev)
{
    return mote_reg(dev, CFGR) >> 9 & 7;
}

static bool counts_pulses(struct mote_device *dev)
{
    return mote_reg(dev, CFGR) & (CFGR_CKSEL | CFGR_COUNTMODE);
}

static void take_preloads(struct mote_device *dev)
{
    struct lptim *t = dev->state;
    t->arr = mote_reg(dev, ARR);
    t->cmp = mote_reg(dev, CMP);
}

/* Whether the counter shows `value` at one of the next `ticks` ticks, within this period or later.
 */
static bool reaches(const struct lptim *t, uint32_t value, uint64_t ticks)
{
    uint64_t period = (uint64_t)t->arr + 1;
    if (value > t->arr)
        return false;
    uint64_t distance = (value + period - t->cnt % period) % period;
    return (distance == 0 ? period : distance) <= ticks;
}

/* Counts ticks in which ARR and CMP stay what they are. */
static void count(struct mote_device *dev, uint64_t ticks)
{
    struct lptim *t = dev->state;
    if (ticks == 0)
        return;
    if (reaches(t, t->cmp, ticks)) {
        mote_reg(dev, ISR) |= ISR_CMPM;
        t->matched = 1;
    }
    if (reaches(t, t->arr, ticks))
        mote_reg(dev, ISR) |= ISR_ARRM;
    t->cnt = (uint32_t)((t->cnt + ticks) % ((uint64_t)t->arr + 1));
}

static void advance(struct mote_device *dev, uint64_t cycles)
{
    struct lptim *t = dev->state;
    uint32_t shift = prescaler_shift(dev);
    uint64_t ticks = (t->prescaled + cycles) >> shift;
    t->prescaled = (uint32_t)((t->prescaled + cycles) & ((1u << shift) - 1));
    uint64_t to_arr = t->cnt < t->arr ? t->arr - t->cnt : 0;
    if (t->run == ONE_SHOT && ticks > to_arr) {
        count(dev, to_arr);
        t->run = STOPPED;
        t->cnt = 0;
        take_preloads(dev);
        return;
    }
    if (ticks > to_arr) { /* the end of a period takes the preloads */
        count(dev, to_arr + 1);
        ticks -= to_arr + 1;
        take_preloads(dev);
    }
    count(dev, ticks);
}

static void sync(struct mote_device *dev)
{
    struct lptim *t = dev->state;
    uint64_t total = mote_counter_value(&t->clock, mote_now_ps(dev->sys));
    uint64_t cycles = total - t->done;
    t->done = total;
    if (cycles > 0 && t->run != STOPPED && !counts_pulses(dev))
        advance(dev, cycles);
}

static bool output_level(struct mote_device *dev)
{
    const struct lptim *t = dev->state;
    uint32_t cfgr = mote_reg(dev, CFGR);
    bool level = t->run != STOPPED && t->cnt >= t->cmp && t->cnt < t->arr;
    if (cfgr & CFGR_WAVE)
        level = t->matched;
    return level != ((cfgr & CFGR_WAVPOL) != 0);
}

static void arm(struct mote_device *dev)
{
    const struct lptim *t = dev->state;
    if (t->run == STOPPED || counts_pulses(dev)) {
        mote_event_cancel(dev, EVENT_COUNT);
        return;
    }
    uint32_t wanted = mote_reg(dev, IER) & ~mote_reg(dev, ISR);
    bool edges = t->cmp > 0 && t->cmp < t->arr;
    uint64_t period = (uint64_t)t->arr + 1;
    uint64_t ticks = UINT64_MAX;
    if ((wanted & ISR_ARRM) || edges) {
        ticks = (t->arr + period - t->cnt % period) % period;
        ticks = ticks == 0 ? period : ticks;
    }
    if (((wanted & ISR_CMPM) || edges) && t->cmp <= t->arr) {
        uint64_t match = (t->cmp + period - t->cnt % period) % period;
        match = match == 0 ? period : match;
        ticks = match < ticks ? match : ticks;
    }
    if (t->run == ONE_SHOT) { /* one tick after ARR it is over */
        uint64_t end = t->cnt < t->arr ? (uint64_t)t->arr - t->cnt + 1 : 1;
        ticks = end < ticks ? end : ticks;
    }
    if (ticks == UINT64_MAX) {
        mote_event_cancel(dev, EVENT_COUNT);
        return;
    }
    uint64_t cycles = (ticks << prescaler_shift(dev)) - t->prescaled;
    mote_event_at(dev, EVENT_COUNT, mote_counter_when_ps(&t->clock, t->done + cycles));
}

static void settle(struct mote_device *dev)
{
    const struct lptim *t = dev->state;
    mote_wire_set(dev, OUT_IRQ, (mote_reg(dev, ISR) & mote_reg(dev, IER)) != 0);
    mote_wire_set(dev, OUT_OUT, (mote_reg(dev, CR) & CR_ENABLE) && output_level(dev));
    uint32_t on = mote_reg(dev, CR) & CR_ENABLE;
    mote_power_state(dev, t->run != STOPPED ? 2 : on);
    arm(dev);
}

static void fire(struct mote_device *dev)
{
    sync(dev);
    settle(dev);
}

/* Starts the transfers in `writing` to the kernel clock's side, or again after a change of rate. */
static void transfer(struct mote_device *dev)
{
    const struct lptim *t = dev->state;
    for (uint32_t event = EVENT_CMPOK; event <= EVENT_ARROK; event++)
        if (t->writing >> event & 1)
            mote_event_after(dev, event, mote_cycles_to_ps(WRITE_CYCLES, t->clock.hz));
        else
            mote_event_cancel(dev, event);
}

static void write_done(struct mote_device *dev, uint32_t event, uint32_t flag)
{
    struct lptim *t = dev->state;
    sync(dev);
    t->writing &= (uint8_t) ~(1u << event);
    mote_reg(dev, ISR) |= flag;
    settle(dev);
}
static void cmp_written(struct mote_device *dev)
{
    write_done(dev, EVENT_CMPOK, ISR_CMPOK);
}
static void arr_written(struct mote_device *dev)
{
    write_done(dev, EVENT_ARROK, ISR_ARROK);
}

static const struct mote_event_desc events[EVENTS] = {
    [EVENT_COUNT] = {.name = "count", .fire = fire},
    [EVENT_CMPOK] = {.name = "cmpok", .fire = cmp_written},
    [EVENT_ARROK] = {.name = "arrok", .fire = arr_written},
};

/* ---- start and trigger ------------------------------------------------------------------------
 */

static void begin(struct mote_device *dev, uint8_t run)
{
    struct lptim *t = dev->state;
    if (t->run == STOPPED) {
        t->cnt = 0;
        t->prescaled = 0;
        take_preloads(dev);
    }
    if (run == ONE_SHOT)
        t->matched = 0;
    t->run = run;
    t->waiting = STOPPED;
}

static void trigger(struct mote_device *dev)
{
    struct lptim *t = dev->state;
    mote_reg(dev, ISR) |= ISR_EXTTRIG;
    if (t->waiting != STOPPED) {
        begin(dev, t->waiting);
    } else if (t->run != STOPPED && (mote_reg(dev, CFGR) & CFGR_TIMOUT)) {
        t->cnt = 0;
        t->prescaled = 0;
    }
}

/* Whether a level is the active edge of a two-bit choice: rising, falling, both. */
static bool active_edge(uint32_t choice, int level)
{
    return level == 1 ? choice != 1 : level == 0 && choice != 0;
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct lptim *t = dev->state;
    uint32_t cfgr = mote_reg(dev, CFGR);
    if (!(mote_reg(dev, CR) & CR_ENABLE))
        return;
    sync(dev);
    if (index < IN_IN1) {
        uint32_t edges = (cfgr & CFGR_TRIGEN) >> 17;
        if (edges != 0 && index == (cfgr >> 13 & 7) && active_edge(edges - 1, level))
            trigger(dev);
    } else if (index == IN_IN1 && counts_pulses(dev) && t->run != STOPPED) {
        if (active_edge(cfgr >> 1 & 3, level))
            advance(dev, 1);
    }
    settle(dev);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static uint32_t load_isr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    sync(dev);
    return mote_reg(dev, ISR);
}

static uint32_t load_cnt(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    const struct lptim *t = dev->state;
    sync(dev);
    return t->cnt;
}

static void store_icr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    sync(dev);
    mote_reg(dev, ISR) &= ~written;
    settle(dev);
}

/* IER and CFGR are for a disabled timer. */
static void keep_while_enabled(struct mote_device *dev, uint32_t id, uint32_t old)
{
    if ((mote_reg(dev, CR) & CR_ENABLE) && mote_reg(dev, id) != old) {
        mote_reg(dev, id) = old;
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s can only change while ENABLE is 0",
                 dev->cls->regs[id].name);
    }
    settle(dev);
}

static void store_ier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    keep_while_enabled(dev, IER, old);
}

static void store_cfgr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    keep_while_enabled(dev, CFGR, old);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct lptim *t = dev->state;
    sync(dev);
    mote_reg(dev, CR) &= CR_ENABLE; /* the start bits are commands */
    if (!(mote_reg(dev, CR) & CR_ENABLE)) {
        t->run = t->waiting = STOPPED;
        t->cnt = t->prescaled = t->matched = 0;
        t->writing = 0;
        transfer(dev);
    } else if (written & (CR_SNGSTRT | CR_CNTSTRT)) {
        uint8_t run = written & CR_CNTSTRT ? CONTINUOUS : ONE_SHOT;
        if (mote_reg(dev, CFGR) & CFGR_TRIGEN)
            t->waiting = run;
        else
            begin(dev, run);
    }
    settle(dev);
}

static void store_limit(struct mote_device *dev, uint32_t id, uint32_t old, uint32_t event)
{
    struct lptim *t = dev->state;
    uint32_t value = mote_reg(dev, id);
    if (!(mote_reg(dev, CR) & CR_ENABLE)) {
        mote_reg(dev, id) = old;
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s can only be written while ENABLE is 1",
                 dev->cls->regs[id].name);
        return;
    }
    mote_reg(dev, id) = old;
    sync(dev);
    mote_reg(dev, id) = value;
    if (t->run == STOPPED || !(mote_reg(dev, CFGR) & CFGR_PRELOAD))
        take_preloads(dev);
    t->writing |= (uint8_t)(1u << event);
    transfer(dev);
    settle(dev);
}

static void store_cmp(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    store_limit(dev, CMP, old, EVENT_CMPOK);
}

static void store_arr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    store_limit(dev, ARR, old, EVENT_ARROK);
}

static const struct mote_reg regs[REG_COUNT] = {
    [ISR] = {.name = "ISR", .offset = 0x00, .ro = 0x0000007F, .load = load_isr},
    [ICR] = {.name = "ICR", .offset = 0x04, .wo = 0x0000007F, .store = store_icr},
    [IER] = {.name = "IER", .offset = 0x08, .rw = 0x0000007F, .store = store_ier},
    [CFGR] = {.name = "CFGR",
              .offset = 0x0C,
              .rw = 0x01FEEEDF,
              .unmodelled = 0x010000D8, /* ENC TRGFLT CKFLT */
              .store = store_cfgr},
    [CR] = {.name = "CR", .offset = 0x10, .rw = 0x00000007, .store = store_cr},
    [CMP] = {.name = "CMP", .offset = 0x14, .rw = 0x0000FFFF, .store = store_cmp},
    [ARR] = {.name = "ARR", .offset = 0x18, .reset = 1, .rw = 0x0000FFFF, .store = store_arr},
    [CNT] = {.name = "CNT", .offset = 0x1C, .ro = 0x0000FFFF, .load = load_cnt},
    [OR] = {.name = "OR", .offset = 0x20, .rw = 0x00000003, .unmodelled = 0x00000003},
};

/* ---- life -------------------------------------------------------------------------------------
 */

static void set_clock(struct mote_device *dev)
{
    struct lptim *t = dev->state;
    sync(dev);
    uint64_t hz = mote_clock_hz(dev, mote_clock_inputs(dev) > 1 ? 1 : 0);
    mote_counter_set(&t->clock, mote_now_ps(dev->sys), t->done, hz);
}

static void reset(struct mote_device *dev)
{
    struct lptim *t = dev->state;
    memset(t, 0, sizeof *t);
    t->arr = 1;
    set_clock(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    set_clock(dev);
    transfer(dev);
    settle(dev);
}

const struct mote_device_class mote_class_stm32_lptim = {
    .name = "stm32_lptim",
    .summary = "STM32 low-power timer",
    .compatibles = {"st,stm32-lptim"},
    .state_bytes = sizeof(struct lptim),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EVENTS,
    .inputs = {{"trig", 8}, {"in", 2}},
    .outputs = {{"irq", 1}, {"out", 1}},
    .power_states = {"off", "idle", "active"},
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
