/* PSoC 6 (CAT1A) multi-counter watchdog timer.
 *
 * Infineon 002-24529, chapter "Watchdog timer"; registers as in Infineon's SVD of psoc6_02
 * (MCWDT_STRUCT of SRSS version 1).
 * Modelled: sub-counters 0 and 1 of 16 bits and 2 of 32 bits on clk_lf, free running or cleared on
 * match, their interrupts (0 and 1 one count after the match, 2 by a toggling bit), enable and
 * reset bits, which act at once; the lock. Cascading as in Infineon's low-power timer: a
 * sub-counter counts the matches of the one before it.
 * Not modelled: watchdog modes (reset; a mode that would reset interrupts instead and is reported).
 * Clock input 0: clk_lf. Output: irq. */
#include <mote/clock.h>
#include <mote/device.h>

enum {
    CNTLOW,
    CNTHIGH,
    MATCH,
    CONFIG,
    CTL,
    INTR,
    INTR_SET,
    INTR_MASK,
    INTR_MASKED,
    LOCK,
    REG_COUNT
};
enum { EV_DUE, EV_COUNT };
enum { SUBS = 3 };

#define SUB_ENABLE(n)   (1u << 8 * (n))
#define SUB_ENABLED(n)  (2u << 8 * (n))
#define SUB_RESET(n)    (8u << 8 * (n))
#define SUB_CLEAR(n)    (4u << 8 * (n))     /* n: 0 or 1 */
#define SUB_CASCADE(n)  (8u << 8 * ((n)-1)) /* n: 1 or 2 */
#define MODE_INTERRUPTS 1u
#define LOCKED          (3u << 30)

struct mcwdt_state {
    struct mote_counter ticks; /* of clk_lf, never stopped but by its clock */
    uint64_t seen;             /* ticks that the sub-counters account for */
    uint32_t value[SUBS];
};

static uint32_t match_of(struct mote_device *dev, uint32_t n)
{
    return mote_reg(dev, MATCH) >> 16 * n & 0xFFFF;
}

/* Counts of sub-counter 0 or 1 until it passes its match, which clears it or does not. */
static uint64_t counts_to_pass(struct mote_device *dev, uint32_t n)
{
    const struct mcwdt_state *mcwdt = dev->state;
    uint32_t match = match_of(dev, n), value = mcwdt->value[n];
    return value <= match ? match - value + 1 : 0x10000u - value + match + 1;
}

/* Moves sub-counter `n` on; gives how often it passed its match. */
static uint64_t advance(struct mote_device *dev, uint32_t n, uint64_t counts)
{
    struct mcwdt_state *mcwdt = dev->state;
    uint32_t config = mote_reg(dev, CONFIG);
    uint64_t passes = 0;
    if (n == 2) {
        uint32_t old = mcwdt->value[2], bit = config >> 24 & 31;
        mcwdt->value[2] += (uint32_t)counts;
        return counts >> bit != 0 || ((old ^ mcwdt->value[2]) >> bit & 1);
    }
    uint64_t first = counts_to_pass(dev, n);
    uint64_t period = config & SUB_CLEAR(n) ? match_of(dev, n) + 1ull : 0x10000;
    if (counts >= first)
        passes = 1 + (counts - first) / period;
    if (passes > 0 && (config & SUB_CLEAR(n)))
        mcwdt->value[n] = (uint32_t)((counts - first) % period);
    else
        mcwdt->value[n] = (uint32_t)(mcwdt->value[n] + counts) & 0xFFFF;
    return passes;
}

static void update(struct mote_device *dev)
{
    const struct mcwdt_state *mcwdt = dev->state;
    uint32_t masked = mote_reg(dev, INTR) & mote_reg(dev, INTR_MASK);
    mote_reg(dev, INTR_MASKED) = masked;
    mote_wire_set(dev, 0, masked != 0);
    mote_reg(dev, CNTLOW) = mcwdt->value[0] | mcwdt->value[1] << 16;
    mote_reg(dev, CNTHIGH) = mcwdt->value[2];
}

/* Brings the sub-counters up to now. */
static void sync(struct mote_device *dev)
{
    struct mcwdt_state *mcwdt = dev->state;
    uint32_t ctl = mote_reg(dev, CTL), config = mote_reg(dev, CONFIG);
    uint64_t ticks = mote_counter_value(&mcwdt->ticks, mote_now_ps(dev->sys));
    uint64_t elapsed = ticks - mcwdt->seen, passes = 0;
    mcwdt->seen = ticks;
    for (uint32_t n = 0; n < SUBS; n++) {
        uint64_t counts = n > 0 && (config & SUB_CASCADE(n)) ? passes : elapsed;
        passes = ctl & SUB_ENABLE(n) && counts > 0 ? advance(dev, n, counts) : 0;
        bool interrupts = n == 2 ? config >> 16 & 1 : (config >> 8 * n & 3) != 0;
        if (passes > 0 && interrupts)
            mote_reg(dev, INTR) |= 1u << n;
    }
    update(dev);
}

/* Counts of sub-counter `n` until it passes next. */
static uint64_t pass_counts(struct mote_device *dev, uint32_t n)
{
    const struct mcwdt_state *mcwdt = dev->state;
    if (n < 2)
        return counts_to_pass(dev, n);
    uint64_t span = 1ull << (mote_reg(dev, CONFIG) >> 24 & 31);
    return span - (mcwdt->value[2] & (span - 1));
}

/* An event at the next pass of what clk_lf counts; cascaded ones follow from it. */
static void arm(struct mote_device *dev)
{
    const struct mcwdt_state *mcwdt = dev->state;
    uint32_t ctl = mote_reg(dev, CTL), config = mote_reg(dev, CONFIG);
    uint64_t counts = MOTE_NEVER_PS;
    for (uint32_t n = 0; n < SUBS && mote_reg(dev, INTR_MASK) != 0; n++) {
        bool cascaded = n > 0 && (config & SUB_CASCADE(n));
        if (cascaded || !(ctl & SUB_ENABLE(n)))
            continue;
        uint64_t pass = pass_counts(dev, n);
        counts = pass < counts ? pass : counts;
    }
    bool runs = mcwdt->ticks.hz != 0 && counts != MOTE_NEVER_PS;
    mote_event_at(dev, EV_DUE,
                  runs ? mote_counter_when_ps(&mcwdt->ticks, mcwdt->seen + counts) : MOTE_NEVER_PS);
}

static void due(struct mote_device *dev)
{
    sync(dev);
    arm(dev);
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static bool locked(struct mote_device *dev, uint32_t id, uint32_t old)
{
    if (!(mote_reg(dev, LOCK) & LOCKED))
        return false;
    if (mote_reg(dev, id) != old)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s written while locked: ignored",
                 dev->cls->regs[id].name);
    mote_reg(dev, id) = old;
    return true;
}

/* Settles what was with the old value of a register, then goes on with the new one. */
static void store_settled(struct mote_device *dev, uint32_t id, uint32_t old)
{
    if (locked(dev, id, old))
        return;
    uint32_t value = mote_reg(dev, id);
    mote_reg(dev, id) = old;
    sync(dev);
    mote_reg(dev, id) = value;
    arm(dev);
}

static void store_match(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    store_settled(dev, MATCH, old);
}

static void store_config(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    store_settled(dev, CONFIG, old);
    for (uint32_t n = 0; n < 2; n++)
        if ((written >> 8 * n & 3) > MODE_INTERRUPTS)
            mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "sub-counter %u would reset the chip", n);
}

static void store_ctl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    struct mcwdt_state *mcwdt = dev->state;
    store_settled(dev, CTL, old);
    uint32_t *ctl = &mote_reg(dev, CTL);
    for (uint32_t n = 0; n < SUBS; n++) {
        if (*ctl & SUB_RESET(n))
            mcwdt->value[n] = 0;
        *ctl &= ~(SUB_RESET(n) | SUB_ENABLED(n));
        if (*ctl & SUB_ENABLE(n))
            *ctl |= SUB_ENABLED(n);
    }
    update(dev);
    arm(dev);
}

/* Writes reach sub-counters that stand still. */
static void store_count(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old, (void)element;
    struct mcwdt_state *mcwdt = dev->state;
    (void)written;
    uint32_t low = mote_reg(dev, CNTLOW), high = mote_reg(dev, CNTHIGH);
    uint32_t ctl = mote_reg(dev, CTL);
    sync(dev);
    if (!(ctl & SUB_ENABLE(0)))
        mcwdt->value[0] = low & 0xFFFF;
    if (!(ctl & SUB_ENABLE(1)))
        mcwdt->value[1] = low >> 16;
    if (!(ctl & SUB_ENABLE(2)))
        mcwdt->value[2] = high;
    update(dev);
    arm(dev);
}

static uint32_t load_low(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    sync(dev);
    return mote_reg(dev, CNTLOW);
}

static uint32_t load_high(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    sync(dev);
    return mote_reg(dev, CNTHIGH);
}

static uint32_t load_intr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    sync(dev);
    return mote_reg(dev, INTR);
}

static void store_intr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    sync(dev);
    mote_reg(dev, INTR) &= ~written;
    update(dev);
}

static void store_intr_set(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, INTR) |= written & 7;
    update(dev);
}

static void store_mask(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    sync(dev);
    arm(dev);
}

/* MCWDT_LOCK: 1 and 2 each clear one of its bits, 3 sets both. */
static void store_lock(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    uint32_t command = written & LOCKED;
    mote_reg(dev, LOCK) = command == LOCKED ? LOCKED : old & ~command;
}

static const struct mote_reg regs[REG_COUNT] = {
    [CNTLOW] = {.name = "MCWDT_CNTLOW",
                .offset = 0x04,
                .rw = 0xFFFFFFFF,
                .load = load_low,
                .store = store_count},
    [CNTHIGH] = {.name = "MCWDT_CNTHIGH",
                 .offset = 0x08,
                 .rw = 0xFFFFFFFF,
                 .load = load_high,
                 .store = store_count},
    [MATCH] = {.name = "MCWDT_MATCH", .offset = 0x0C, .rw = 0xFFFFFFFF, .store = store_match},
    [CONFIG] = {.name = "MCWDT_CONFIG", .offset = 0x10, .rw = 0x1F010F0F, .store = store_config},
    [CTL] = {.name = "MCWDT_CTL",
             .offset = 0x14,
             .rw = 0x00090909,
             .ro = 0x00020202,
             .store = store_ctl},
    [INTR] =
        {.name = "MCWDT_INTR", .offset = 0x18, .w1c = 0x7, .load = load_intr, .store = store_intr},
    [INTR_SET] = {.name = "MCWDT_INTR_SET", .offset = 0x1C, .wo = 0x7, .store = store_intr_set},
    [INTR_MASK] = {.name = "MCWDT_INTR_MASK", .offset = 0x20, .rw = 0x7, .store = store_mask},
    [INTR_MASKED] = {.name = "MCWDT_INTR_MASKED", .offset = 0x24, .ro = 0x7},
    [LOCK] = {.name = "MCWDT_LOCK", .offset = 0x28, .rw = 0xC0000000, .store = store_lock},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void reset(struct mote_device *dev)
{
    struct mcwdt_state *mcwdt = dev->state;
    *mcwdt = (struct mcwdt_state){0};
    mote_counter_set(&mcwdt->ticks, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    struct mcwdt_state *mcwdt = dev->state;
    sync(dev);
    mote_counter_set(&mcwdt->ticks, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
    mcwdt->seen = 0;
    arm(dev);
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_DUE] = {"due", due, 0}};

const struct mote_device_class mote_class_psoc6_mcwdt = {
    .name = "psoc6_mcwdt",
    .summary = "PSoC 6 multi-counter watchdog timer",
    .compatibles = {"infineon,cat1a-mcwdt", "infineon,lp-timer", "infineon,cat1-lp-timer"},
    .state_bytes = sizeof(struct mcwdt_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x40,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"irq", 1}},
    .reset = reset,
    .clock_changed = clock_changed,
};
