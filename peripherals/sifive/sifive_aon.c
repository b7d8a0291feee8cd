/* Always-on domain of the FE310-G002: watchdog, real-time clock, backup registers, PMU registers.
 *
 * Document: SiFive FE310-G002 Manual v19p05, chapters "Always-On (AON) Domain", "Watchdog Timer",
 * "Real-Time Clock", "Power-Management Unit".
 * Modelled: the watchdog with its key, feeding, scale, comparator, interrupt and reset, also while
 * the core sleeps; the 48-bit RTC with scale, comparator and interrupt; backup registers, which a
 * reset keeps; the reset cause. The RTC counts from 0 after every reset (a guess). Not modelled:
 * PMU programs and sleep (the core never loses its supply), lfrosc's trim, the multiplexer of the
 * low-frequency clock (one rate). Properties: mote,lfclk-hz. Input: sleep (from the hart). Outputs:
 * irq[2]: watchdog, RTC. Clock 0 that it provides: lfclk. */
#include <mote/clock.h>
#include <mote/device.h>

enum {
    WDOGCFG,
    WDOGCOUNT,
    WDOGS,
    WDOGFEED,
    WDOGKEY,
    WDOGCMP,
    RTCCFG,
    RTCCOUNTLO,
    RTCCOUNTHI,
    RTCS,
    RTCCMP,
    LFROSCCFG,
    LFCLKMUX,
    BACKUP,
    PMUWAKEUP,
    PMUSLEEPI,
    PMUIE,
    PMUCAUSE,
    PMUSLEEP,
    PMUKEY,
    ROWS
};
enum { EVENT_WATCHDOG, EVENT_RTC };
enum { OUT_WATCHDOG, OUT_RTC };

#define KEY            0x51F15Eu
#define FOOD           0x0D09F00Du
#define CFG_SCALE      0xFu
#define CFG_RSTEN      (1u << 8)
#define CFG_ZEROCMP    (1u << 9)
#define CFG_ENALWAYS   (1u << 12)
#define CFG_ENAWAKE    (1u << 13)
#define CFG_IP         (1u << 28)
#define COUNT_MASK     0x7FFFFFFFu
#define RTC_MASK       0xFFFFFFFFFFFFull
#define COMPARE_MASK   0xFFFFu
#define CAUSE_WATCHDOG 2u

struct sifive_aon {
    struct mote_clock *lfclk;
    uint64_t lfclk_hz;
    struct mote_counter watchdog, rtc;
    bool unlocked, asleep, barked;
};

static uint64_t now(const struct mote_device *dev)
{
    return mote_now_ps(dev->sys);
}

/* ---- watchdog ---------------------------------------------------------------------------------
 */

static uint64_t watchdog_count(const struct mote_device *dev)
{
    const struct sifive_aon *aon = dev->state;
    return mote_counter_value(&aon->watchdog, now(dev)) & COUNT_MASK;
}

static void set_watchdog(struct mote_device *dev, uint64_t count)
{
    struct sifive_aon *aon = dev->state;
    uint32_t config = mote_reg(dev, WDOGCFG), scale = config & CFG_SCALE;
    bool runs = (config & CFG_ENALWAYS) || ((config & CFG_ENAWAKE) && !aon->asleep);
    mote_counter_set(&aon->watchdog, now(dev), count, runs ? aon->lfclk_hz : 0);
    uint64_t compare = (uint64_t)mote_reg(dev, WDOGCMP) << scale;
    mote_event_at(dev, EVENT_WATCHDOG,
                  runs ? mote_counter_when_ps(&aon->watchdog, compare) : MOTE_NEVER_PS);
    mote_wire_set(dev, OUT_WATCHDOG, (config & CFG_IP) != 0);
}

static void watchdog_due(struct mote_device *dev)
{
    struct sifive_aon *aon = dev->state;
    uint32_t config = mote_reg(dev, WDOGCFG) |= CFG_IP;
    mote_wire_set(dev, OUT_WATCHDOG, 1);
    if (config & CFG_RSTEN) {
        aon->barked = true;
        mote_log(dev->sys, dev, MOTE_LOG_INFO, "the watchdog resets the chip");
        mote_request_reset(dev->sys);
    } else if (config & CFG_ZEROCMP) {
        /* A comparator of 0 would be due again at once: at the next tick instead. */
        set_watchdog(dev, 0);
        if (mote_reg(dev, WDOGCMP) == 0)
            mote_event_cancel(dev, EVENT_WATCHDOG);
    }
}

/* Every watchdog register takes a store only after the key, and each store locks again. */
static bool locked(struct mote_device *dev, uint32_t id, uint32_t old)
{
    struct sifive_aon *aon = dev->state;
    bool was = !aon->unlocked;
    aon->unlocked = false;
    if (was) {
        mote_reg(dev, id) = old;
        mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                 "a watchdog register was written without the key in wdogkey: ignored");
    }
    return was;
}

static void store_wdogcfg(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    uint32_t config = mote_reg(dev, WDOGCFG);
    (void)element;
    (void)written;
    if (locked(dev, WDOGCFG, old))
        return;
    mote_reg(dev, WDOGCFG) = old;
    uint64_t count = watchdog_count(dev);
    mote_reg(dev, WDOGCFG) = config;
    set_watchdog(dev, count);
}

static void store_wdogcount(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element;
    if (!locked(dev, WDOGCOUNT, old))
        set_watchdog(dev, written & COUNT_MASK);
}

static void store_feed(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    if (!locked(dev, WDOGFEED, old) && written == FOOD)
        set_watchdog(dev, 0);
}

static void store_key(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_aon *aon = dev->state;
    (void)element;
    (void)old;
    aon->unlocked = written == KEY;
}

static uint32_t load_key(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct sifive_aon *aon = dev->state;
    (void)element;
    (void)value;
    return aon->unlocked;
}

static void store_wdogcmp(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (!locked(dev, WDOGCMP, old))
        set_watchdog(dev, watchdog_count(dev));
}

static uint32_t load_wdogcount(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)watchdog_count(dev);
}

static uint32_t load_wdogs(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)(watchdog_count(dev) >> (mote_reg(dev, WDOGCFG) & CFG_SCALE)) & COMPARE_MASK;
}

/* ---- real-time clock --------------------------------------------------------------------------
 */

static uint64_t rtc_count(const struct mote_device *dev)
{
    const struct sifive_aon *aon = dev->state;
    return mote_counter_value(&aon->rtc, now(dev)) & RTC_MASK;
}

/* rtcip is 1 while rtcs >= rtccmp. */
static void update_rtc(struct mote_device *dev)
{
    struct sifive_aon *aon = dev->state;
    uint32_t scale = mote_reg(dev, RTCCFG) & CFG_SCALE;
    uint64_t count = rtc_count(dev), compare = (uint64_t)mote_reg(dev, RTCCMP) << scale;
    bool due = count >> scale >= mote_reg(dev, RTCCMP);
    mote_reg(dev, RTCCFG) = (mote_reg(dev, RTCCFG) & ~CFG_IP) | (due ? CFG_IP : 0);
    mote_wire_set(dev, OUT_RTC, due);
    mote_event_at(dev, EVENT_RTC,
                  due || aon->rtc.hz == 0 ? MOTE_NEVER_PS
                                          : mote_counter_when_ps(&aon->rtc, compare));
}

static void set_rtc(struct mote_device *dev, uint64_t count)
{
    struct sifive_aon *aon = dev->state;
    bool runs = mote_reg(dev, RTCCFG) & CFG_ENALWAYS;
    mote_counter_set(&aon->rtc, now(dev), count & RTC_MASK, runs ? aon->lfclk_hz : 0);
    update_rtc(dev);
}

static void store_rtc(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_rtc(dev, rtc_count(dev));
}

static void store_rtclo(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    set_rtc(dev, (rtc_count(dev) & ~0xFFFFFFFFull) | written);
}

static void store_rtchi(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    set_rtc(dev, (rtc_count(dev) & 0xFFFFFFFFull) | (uint64_t)(written & 0xFFFF) << 32);
}

static uint32_t load_rtclo(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)rtc_count(dev);
}

static uint32_t load_rtchi(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)(rtc_count(dev) >> 32);
}

static uint32_t load_rtcs(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)(rtc_count(dev) >> (mote_reg(dev, RTCCFG) & CFG_SCALE));
}

/* ---- the device -------------------------------------------------------------------------------
 */

static const struct mote_reg regs[ROWS] = {
    [WDOGCFG] = {.name = "wdogcfg", .offset = 0x00, .rw = 0x1000330F, .store = store_wdogcfg},
    [WDOGCOUNT] = {.name = "wdogcount",
                   .offset = 0x08,
                   .rw = COUNT_MASK,
                   .load = load_wdogcount,
                   .store = store_wdogcount},
    [WDOGS] = {.name = "wdogs", .offset = 0x10, .ro = COMPARE_MASK, .load = load_wdogs},
    [WDOGFEED] = {.name = "wdogfeed", .offset = 0x18, .wo = ~0u, .store = store_feed},
    [WDOGKEY] =
        {.name = "wdogkey", .offset = 0x1C, .rw = ~0u, .load = load_key, .store = store_key},
    [WDOGCMP] = {.name = "wdogcmp0",
                 .offset = 0x20,
                 .reset = COMPARE_MASK,
                 .rw = COMPARE_MASK,
                 .store = store_wdogcmp},
    [RTCCFG] = {.name = "rtccfg", .offset = 0x40, .rw = 0x100F, .ro = CFG_IP, .store = store_rtc},
    [RTCCOUNTLO] =
        {.name = "rtccountlo", .offset = 0x48, .rw = ~0u, .load = load_rtclo, .store = store_rtclo},
    [RTCCOUNTHI] = {.name = "rtccounthi",
                    .offset = 0x4C,
                    .rw = 0xFFFF,
                    .load = load_rtchi,
                    .store = store_rtchi},
    [RTCS] = {.name = "rtcs", .offset = 0x50, .ro = ~0u, .load = load_rtcs},
    [RTCCMP] = {.name = "rtccmp0", .offset = 0x60, .reset = ~0u, .rw = ~0u, .store = store_rtc},
    [LFROSCCFG] = {.name = "lfrosccfg",
                   .offset = 0x70,
                   .reset = 0xC0100004,
                   .rw = 0x401F003F,
                   .ro = 1u << 31,
                   .unmodelled = 0x401F003F},
    [LFCLKMUX] = {.name = "lfclkmux", .offset = 0x7C, .rw = 1, .ro = 1u << 31, .unmodelled = 1},
    [BACKUP] = {.name = "backup%u", .offset = 0x80, .rw = ~0u, .count = 16, .keep = 1},
    [PMUWAKEUP] =
        {.name = "pmuwakeupi%u", .offset = 0x100, .rw = 0x3FF, .unmodelled = 0x3FF, .count = 8},
    [PMUSLEEPI] =
        {.name = "pmusleepi%u", .offset = 0x120, .rw = 0x3FF, .unmodelled = 0x3FF, .count = 8},
    [PMUIE] = {.name = "pmuie", .offset = 0x140, .reset = 1, .rw = 0xF, .unmodelled = 0xF},
    [PMUCAUSE] = {.name = "pmucause", .offset = 0x144, .ro = 0x303},
    [PMUSLEEP] = {.name = "pmusleep", .offset = 0x148, .rw = ~0u, .unmodelled = ~0u},
    [PMUKEY] = {.name = "pmukey", .offset = 0x14C, .rw = ~0u, .unmodelled = ~0u},
};

static const struct mote_event_desc events[] = {
    [EVENT_WATCHDOG] = {"watchdog", watchdog_due, 0},
    [EVENT_RTC] = {"rtc", update_rtc, 0},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct sifive_aon *aon = dev->state;
    aon->lfclk_hz = mote_prop_u32(dev, "mote,lfclk-hz", 0);
    if (aon->lfclk_hz == 0)
        return mote_err_set(err,
                            "the low-frequency clock needs a rate: give the node mote,lfclk-hz");
    aon->lfclk = mote_clock_add(dev, "lfclk");
    if (aon->lfclk == NULL)
        return mote_err_set(err, "out of memory for clocks");
    mote_clock_set_hz(aon->lfclk, aon->lfclk_hz);
    return true;
}

/* pmucause: bits 9-8 say what reset it was. */
static void reset(struct mote_device *dev)
{
    struct sifive_aon *aon = dev->state;
    mote_reg(dev, PMUCAUSE) = aon->barked ? CAUSE_WATCHDOG << 8 : 0;
    aon->barked = aon->unlocked = aon->asleep = false;
    set_watchdog(dev, 0);
    set_rtc(dev, 0);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct sifive_aon *aon = dev->state;
    (void)index;
    uint64_t count = watchdog_count(dev);
    aon->asleep = level == 1;
    set_watchdog(dev, count);
}

static struct mote_clock *clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    const struct sifive_aon *aon = dev->state;
    return count == 0 || cells[0] == 0 ? aon->lfclk : NULL;
}

const struct mote_device_class mote_class_sifive_aon = {
    .name = "sifive_aon",
    .summary = "FE310 always-on domain: watchdog, RTC, backup registers",
    .compatibles = {"sifive,aon0"},
    .state_bytes = sizeof(struct sifive_aon),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .inputs = {{"sleep", 1}},
    .outputs = {{"irq", 2}},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_of = clock_of,
};
