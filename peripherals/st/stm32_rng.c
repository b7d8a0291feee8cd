/* Random number generator of STM32. ST RM0432 Rev 9 (STM32L4+).
 *
 * Modelled: RNGEN, a word every so many cycles of the RNG clock, one word of buffer, DRDY,
 * interrupt, clock error detection (CED, CECS, CEIS). The numbers are a fixed sequence:
 * property mote,seed starts it, so that runs repeat. mote,cycles-per-word is the pace.
 *
 * Not modelled: seed errors (SECS, SEIS never rise), conditioning of newer parts
 * (registers keep what is written), the buffer of four words. */
#include <mote/clock.h>
#include <mote/device.h>

enum { CR, SR, DR, NSCR };

#define CR_RNGEN (1u << 2)
#define CR_IE    (1u << 3)
#define CR_CED   (1u << 5)
#define SR_DRDY  (1u << 0)
#define SR_CECS  (1u << 1)
#define SR_CEIS  (1u << 5)
#define SR_SEIS  (1u << 6)

struct rng {
    uint64_t sequence;
    uint64_t seed;
    uint32_t cycles_per_word;
};

static uint64_t rng_hz(struct mote_device *dev)
{
    return mote_clock_hz(dev, mote_clock_inputs(dev) > 1 ? 1 : 0);
}

static void update(struct mote_device *dev)
{
    uint32_t wanted = mote_reg(dev, SR) & (SR_DRDY | SR_CEIS | SR_SEIS);
    mote_wire_set(dev, 0, (mote_reg(dev, CR) & CR_IE) && wanted != 0);
    mote_power_state(dev, mote_reg(dev, CR) & CR_RNGEN ? 1 : 0);
}

/* Starts the next word when enabled and the last one was taken. */
static void start(struct mote_device *dev)
{
    const struct rng *rng = dev->state;
    if (!(mote_reg(dev, CR) & CR_RNGEN) || (mote_reg(dev, SR) & SR_DRDY)) {
        mote_event_cancel(dev, 0);
        return;
    }
    if (!mote_event_armed(dev, 0))
        mote_event_after(dev, 0, mote_cycles_to_ps(rng->cycles_per_word, rng_hz(dev)));
}

/* RM0432: the RNG clock must be more than AHB clock / 32 while CED is 0. */
static void check_clock(struct mote_device *dev)
{
    bool checked = (mote_reg(dev, CR) & (CR_RNGEN | CR_CED)) == CR_RNGEN;
    bool slow = checked && rng_hz(dev) * 32 < mote_clock_hz(dev, 0);
    if (slow && !(mote_reg(dev, SR) & SR_CECS))
        mote_reg(dev, SR) |= SR_CEIS;
    mote_reg(dev, SR) = (mote_reg(dev, SR) & ~SR_CECS) | (slow ? SR_CECS : 0);
}

/* splitmix64, the upper half. */
static uint32_t next_word(struct rng *rng)
{
    rng->sequence += 0x9E3779B97F4A7C15u;
    uint64_t z = rng->sequence;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ z >> 31) >> 32);
}

static void word_ready(struct mote_device *dev)
{
    struct rng *rng = dev->state;
    mote_reg(dev, DR) = next_word(rng);
    mote_reg(dev, SR) |= SR_DRDY;
    update(dev);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    if (!(mote_reg(dev, CR) & CR_RNGEN))
        mote_reg(dev, SR) &= ~SR_DRDY;
    check_clock(dev);
    start(dev);
    update(dev);
}

static void store_sr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update(dev);
}

static uint32_t load_dr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    if (!(mote_reg(dev, SR) & SR_DRDY))
        return 0;
    mote_reg(dev, SR) &= ~SR_DRDY;
    start(dev);
    update(dev);
    return value;
}

/* NISTC, CONFIG1 to 3, CLKDIV, CONDRST, CONFIGLOCK of STM32H7A3 and STM32U5; HTCR is the second of
 * NSCR. */
#define CONDITIONING 0xC3FFEF80u

static const struct mote_reg regs[] = {
    [CR] = {.name = "CR",
            .offset = 0x00,
            .rw = CR_RNGEN | CR_IE | CR_CED | CONDITIONING,
            .unmodelled = CONDITIONING,
            .store = store_cr},
    [SR] = {.name = "SR", .offset = 0x04, .ro = 0x07, .w0c = SR_CEIS | SR_SEIS, .store = store_sr},
    [NSCR] = {.name = "NSCR[%u]",
              .offset = 0x0C,
              .count = 2,
              .rw = 0xFFFFFFFF,
              .unmodelled = 0xFFFFFFFF},
    [DR] = {.name = "DR", .offset = 0x08, .ro = 0xFFFFFFFF, .load = load_dr},
};

static const struct mote_event_desc events[] = {{.name = "word", .fire = word_ready}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct rng *rng = dev->state;
    rng->seed = mote_prop_u32(dev, "mote,seed", 1);
    /* 40 periods of the RNG clock between two numbers: RM0090 Rev 18, 24.2, for the generator that
     * STM32L4 inherits. */
    rng->cycles_per_word = mote_prop_u32(dev, "mote,cycles-per-word", 40);
    if (rng->cycles_per_word == 0)
        return mote_err_set(err, "%s: mote,cycles-per-word must not be 0", dev->path);
    return true;
}

static void reset(struct mote_device *dev)
{
    struct rng *rng = dev->state;
    rng->sequence = rng->seed;
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    check_clock(dev);
    mote_event_cancel(dev, 0);
    start(dev);
    update(dev);
}

const struct mote_device_class mote_class_stm32_rng = {
    .name = "stm32_rng",
    .summary = "STM32 random number generator (a fixed sequence)",
    .compatibles = {"st,stm32-rng"},
    .state_bytes = sizeof(struct rng),
    .gated_access = true,
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x400,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}},
    .power_states = {"idle", "active"},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
