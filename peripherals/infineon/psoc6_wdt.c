/* PSoC 6 (CAT1A) watchdog timer.
 *
 * Infineon 002-24529, chapter "Watchdog timer"; registers as in Infineon's SVD of psoc6_02
 * (WDT_CTL, WDT_CNT, WDT_MATCH of SRSS version 1).
 * Modelled: a 16-bit counter on the ILO, match with ignored upper bits, interrupt by the system
 * resources' SRSS_INTR (output "match"), reset at the third match that nobody served (output
 * "reset"; input "feed" serves), the lock. The boot ROM switches it off: disabled after reset.
 * Not modelled: waking from Hibernate; a write of WDT_CNT counts while the watchdog is off only. */
#include <mote/clock.h>
#include <mote/device.h>

enum { CTL, CNT, MATCH, REG_COUNT };
enum { OUT_MATCH, OUT_RESET };
enum { EV_MATCH, EV_COUNT };

#define CTL_EN         1u
#define CTL_LOCK       (3u << 30)
#define LOCK_CLR0      (1u << 30)
#define LOCK_CLR1      (2u << 30)
#define IGNORE_MOST    12u
#define UNSERVED_LIMIT 3u

struct wdt_state {
    struct mote_counter counter;
    uint32_t unserved; /* matches since it was last fed */
};

static uint64_t now(struct mote_device *dev)
{
    const struct wdt_state *wdt = dev->state;
    return mote_counter_value(&wdt->counter, mote_now_ps(dev->sys));
}

/* Counts of a period, and the count in it that matches. */
static uint32_t period_of(struct mote_device *dev)
{
    uint32_t ignored = mote_reg(dev, MATCH) >> 16 & 15;
    return 1u << (16 - (ignored > IGNORE_MOST ? IGNORE_MOST : ignored));
}

static void arm(struct mote_device *dev)
{
    const struct wdt_state *wdt = dev->state;
    if (wdt->counter.hz == 0) {
        mote_event_cancel(dev, EV_MATCH);
        return;
    }
    uint32_t period = period_of(dev), match = mote_reg(dev, MATCH) & (period - 1);
    uint64_t count = now(dev);
    uint64_t ahead = (match - count) & (period - 1);
    mote_event_at(dev, EV_MATCH,
                  mote_counter_when_ps(&wdt->counter, count + (ahead ? ahead : period)));
}

static void rebase(struct mote_device *dev, uint64_t count)
{
    struct wdt_state *wdt = dev->state;
    uint64_t hz = mote_reg(dev, CTL) & CTL_EN ? mote_clock_hz(dev, 0) : 0;
    mote_counter_set(&wdt->counter, mote_now_ps(dev->sys), count, hz);
    arm(dev);
}

static void matched(struct mote_device *dev)
{
    struct wdt_state *wdt = dev->state;
    mote_wire_pulse(dev, OUT_MATCH);
    if (++wdt->unserved >= UNSERVED_LIMIT)
        mote_wire_pulse(dev, OUT_RESET);
    arm(dev);
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static bool locked(struct mote_device *dev, uint32_t id, uint32_t old)
{
    if (!(mote_reg(dev, CTL) & CTL_LOCK))
        return false;
    if (mote_reg(dev, id) != old)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s written while locked: ignored",
                 dev->cls->regs[id].name);
    mote_reg(dev, id) = old;
    return true;
}

/* WDT_LOCK: 1 and 2 each clear one of its bits, 3 sets both. */
static void store_ctl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    uint32_t *ctl = &mote_reg(dev, CTL), lock = old & CTL_LOCK;
    bool was_locked = lock != 0;
    if ((written & CTL_LOCK) == LOCK_CLR0)
        lock &= ~LOCK_CLR0;
    else if ((written & CTL_LOCK) == LOCK_CLR1)
        lock &= ~LOCK_CLR1;
    else if ((written & CTL_LOCK) == CTL_LOCK)
        lock = CTL_LOCK;
    *ctl = lock | (was_locked ? old & CTL_EN : *ctl & CTL_EN);
    rebase(dev, now(dev));
}

static uint32_t load_cnt(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    return (uint32_t)now(dev) & 0xFFFF;
}

static void store_cnt(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    if (!locked(dev, CNT, old) && !(mote_reg(dev, CTL) & CTL_EN))
        rebase(dev, written & 0xFFFF);
}

static void store_match(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    if (!locked(dev, MATCH, old))
        arm(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [CTL] = {.name = "WDT_CTL",
             .offset = 0x0,
             .reset = 0xC0000000,
             .rw = 0xC0000001,
             .store = store_ctl},
    [CNT] = {.name = "WDT_CNT", .offset = 0x4, .rw = 0xFFFF, .load = load_cnt, .store = store_cnt},
    [MATCH] =
        {.name = "WDT_MATCH", .offset = 0x8, .reset = 0x1000, .rw = 0xFFFFF, .store = store_match},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index;
    struct wdt_state *wdt = dev->state;
    if (level == 1)
        wdt->unserved = 0;
}

static void reset(struct mote_device *dev)
{
    struct wdt_state *wdt = dev->state;
    wdt->unserved = 0;
    rebase(dev, 0);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    rebase(dev, now(dev));
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_MATCH] = {"match", matched, 0}};

const struct mote_device_class mote_class_psoc6_wdt = {
    .name = "psoc6_wdt",
    .summary = "PSoC 6 watchdog timer",
    .compatibles = {"infineon,watchdog", "infineon,cat1-watchdog"},
    .state_bytes = sizeof(struct wdt_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0xC,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"feed", 1}},
    .outputs = {{"match", 1}, {"reset", 1}},
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
