/* SiFive PWM: a counter with four comparators.
 *
 * Document: SiFive FE310-G002 Manual v19p05, chapter "Pulse Width Modulator".
 * Modelled: count, scale, zerocmp, always and one-shot, sticky and plain comparator pending bits as
 * outputs and interrupts. Not modelled: centre alignment, deglitch, ganging.
 * Property: sifive,compare-width (8 or 16). Clock input 0: tlclk. Outputs: irq[4]; cmp[4], the
 * comparators' levels for GPIO's hardware functions. */
#include <mote/clock.h>
#include <mote/device.h>

enum { PWMCFG, PWMCOUNT, PWMS, PWMCMP, ROWS };
enum { EVENT_EDGE };
enum { COMPARATORS = 4, OUT_IRQ = 0, OUT_CMP = 4 };
enum { POWER_OFF, POWER_RUNNING };

#define CFG_SCALE    0xFu
#define CFG_STICKY   (1u << 8)
#define CFG_ZEROCMP  (1u << 9)
#define CFG_DEGLITCH (1u << 10)
#define CFG_ALWAYS   (1u << 12)
#define CFG_ONESHOT  (1u << 13)
#define CFG_CENTER   0x000F0000u
#define CFG_GANG     0x0F000000u
#define CFG_IP       0xF0000000u

struct sifive_pwm {
    uint32_t width;
    struct mote_counter counter; /* runs on through periods */
};

static uint32_t scale(struct mote_device *dev)
{
    return mote_reg(dev, PWMCFG) & CFG_SCALE;
}

/* Counts in a period; with zerocmp the counter is 0 in the cycle after it met comparator 0. */
static uint64_t period(struct mote_device *dev)
{
    const struct sifive_pwm *pwm = dev->state;
    if (mote_reg(dev, PWMCFG) & CFG_ZEROCMP)
        return ((uint64_t)mote_reg_at(dev, PWMCMP, 0) << scale(dev)) + 1;
    return 1ull << (pwm->width + 15);
}

static uint64_t position(struct mote_device *dev)
{
    const struct sifive_pwm *pwm = dev->state;
    return mote_counter_value(&pwm->counter, mote_now_ps(dev->sys)) % period(dev);
}

static uint32_t scaled(struct mote_device *dev, uint64_t count)
{
    const struct sifive_pwm *pwm = dev->state;
    return (uint32_t)(count >> scale(dev)) & ((1u << pwm->width) - 1);
}

/* The next count, after `count`, at which a comparator may change. */
static uint64_t next_edge(struct mote_device *dev, uint64_t count)
{
    const struct sifive_pwm *pwm = dev->state;
    uint64_t turn = 1ull << (pwm->width + scale(dev)), least = period(dev);
    if (least > turn)
        least = (count / turn + 1) * turn;
    for (uint32_t i = 0; i < COMPARATORS; i++) {
        uint64_t at = ((uint64_t)mote_reg_at(dev, PWMCMP, i) << scale(dev)) + count / turn * turn;
        if (at > count && at < least)
            least = at;
    }
    return least;
}

static void update(struct mote_device *dev)
{
    const struct sifive_pwm *pwm = dev->state;
    uint64_t count = position(dev);
    uint32_t now = scaled(dev, count), config = mote_reg(dev, PWMCFG);
    uint32_t pending = config & CFG_STICKY ? config & CFG_IP : 0;
    for (uint32_t i = 0; i < COMPARATORS; i++)
        pending |= (uint32_t)(now >= mote_reg_at(dev, PWMCMP, i)) << (28 + i);
    mote_reg(dev, PWMCFG) = (config & ~CFG_IP) | pending;
    for (uint32_t i = 0; i < COMPARATORS; i++) {
        mote_wire_set(dev, OUT_IRQ + i, (int)(pending >> (28 + i) & 1));
        mote_wire_set(dev, OUT_CMP + i, (int)(pending >> (28 + i) & 1));
    }
    bool changes = pwm->counter.hz != 0 && period(dev) > 1;
    uint64_t value = mote_counter_value(&pwm->counter, mote_now_ps(dev->sys));
    mote_event_at(dev, EVENT_EDGE,
                  changes
                      ? mote_counter_when_ps(&pwm->counter, value + next_edge(dev, count) - count)
                      : MOTE_NEVER_PS);
    mote_power_state(dev, pwm->counter.hz != 0 ? POWER_RUNNING : POWER_OFF);
}

static void run_from(struct mote_device *dev, uint64_t count)
{
    struct sifive_pwm *pwm = dev->state;
    bool runs = mote_reg(dev, PWMCFG) & (CFG_ALWAYS | CFG_ONESHOT);
    mote_counter_set(&pwm->counter, mote_now_ps(dev->sys), count, runs ? mote_clock_hz(dev, 0) : 0);
    update(dev);
}

/* A period's end: one-shot counting stops there. */
static void edge(struct mote_device *dev)
{
    const struct sifive_pwm *pwm = dev->state;
    uint64_t value = mote_counter_value(&pwm->counter, mote_now_ps(dev->sys));
    bool ended = value >= period(dev);
    if (ended && !(mote_reg(dev, PWMCFG) & CFG_ALWAYS))
        mote_reg(dev, PWMCFG) &= ~CFG_ONESHOT;
    if (ended)
        run_from(dev, value % period(dev));
    else
        update(dev);
}

static void store_config(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct sifive_pwm *pwm = dev->state;
    (void)element;
    (void)written;
    uint32_t now = mote_reg(dev, PWMCFG);
    mote_reg(dev, PWMCFG) = old;
    uint64_t count = position(dev) % (1ull << (pwm->width + 15));
    mote_reg(dev, PWMCFG) = now;
    run_from(dev, count);
}

static void store_count(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    run_from(dev, written & 0x7FFFFFFF);
}

static void store_compare(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct sifive_pwm *pwm = dev->state;
    (void)written;
    uint32_t now = mote_reg_at(dev, PWMCMP, element) & ((1u << pwm->width) - 1);
    mote_reg_at(dev, PWMCMP, element) = old;
    uint64_t count = position(dev);
    mote_reg_at(dev, PWMCMP, element) = now;
    run_from(dev, count);
}

static uint32_t load_count(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return (uint32_t)position(dev) & 0x7FFFFFFF;
}

static uint32_t load_scaled(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return scaled(dev, position(dev));
}

static const struct mote_reg regs[ROWS] = {
    /* The comparators are 0, and so is the count: they are met. */
    [PWMCFG] = {.name = "pwmcfg",
                .reset = CFG_IP,
                .offset = 0x00,
                .rw = CFG_SCALE | CFG_STICKY | CFG_ZEROCMP | CFG_DEGLITCH | CFG_ALWAYS |
                      CFG_ONESHOT | CFG_CENTER | CFG_GANG | CFG_IP,
                .unmodelled = CFG_DEGLITCH | CFG_CENTER | CFG_GANG,
                .store = store_config},
    [PWMCOUNT] = {.name = "pwmcount",
                  .offset = 0x08,
                  .rw = 0x7FFFFFFF,
                  .load = load_count,
                  .store = store_count},
    [PWMS] = {.name = "pwms", .offset = 0x10, .ro = 0xFFFF, .load = load_scaled},
    [PWMCMP] = {.name = "pwmcmp%u",
                .offset = 0x20,
                .rw = 0xFFFF,
                .count = COMPARATORS,
                .store = store_compare},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct sifive_pwm *pwm = dev->state;
    pwm->width = mote_prop_u32(dev, "sifive,compare-width", 16);
    return pwm->width == 8 || pwm->width == 16 ||
           mote_err_set(err, "sifive,compare-width is %u; it may be 8 or 16", pwm->width);
}

static void reset(struct mote_device *dev)
{
    run_from(dev, 0);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index == 0)
        run_from(dev, position(dev));
}

static const struct mote_event_desc events[] = {[EVENT_EDGE] = {"edge", edge, 0}};

const struct mote_device_class mote_class_sifive_pwm = {
    .name = "sifive_pwm",
    .summary = "SiFive pulse-width modulator",
    .compatibles = {"sifive,pwm0"},
    .state_bytes = sizeof(struct sifive_pwm),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", COMPARATORS}, {"cmp", COMPARATORS}},
    .power_states = {"off", "running"},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
