/* Nordic nRF52 RNG (random number generator).
 *
 * Source: nRF52840 Product Specification v1.7, RNG chapter; CMSIS-SVD of the nRF52840.
 * Modelled: START, STOP, VALRDY with the typical times of the specification, bias correction's
 * effect on speed, the short to STOP.
 * Not modelled: true randomness and its varying time per byte. The bytes come from a generator
 * (SplitMix64) whose seed is the property "mote,seed", so that runs repeat. */
#include "_nrf.h"

enum {
    TASKS_START,
    TASKS_STOP,
    EVENTS_VALRDY,
    SHORTS,
    INTENSET,
    INTENCLR,
    CONFIG,
    VALUE,
    REG_COUNT
};
enum { BYTE };
enum { OFF, RUNNING };

#define SHORT_VALRDY_STOP 1u
#define CONFIG_DERCEN     1u

struct nrf_rng {
    struct nrf_common common;
    uint64_t seed, generator;
    uint64_t start_ps, raw_ps, corrected_ps;
    uint64_t due_ps; /* of the byte being made */
};

static uint8_t next_byte(struct nrf_rng *rng)
{
    rng->generator += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = rng->generator;

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint8_t)((z ^ (z >> 31)) >> 24);
}

static uint64_t byte_ps(struct mote_device *dev)
{
    const struct nrf_rng *rng = dev->state;

    return (mote_reg(dev, CONFIG) & CONFIG_DERCEN) ? rng->corrected_ps : rng->raw_ps;
}

static void start(struct mote_device *dev)
{
    struct nrf_rng *rng = dev->state;

    if (mote_event_armed(dev, BYTE))
        return;
    mote_power_state(dev, RUNNING);
    rng->due_ps = mote_now_ps(dev->sys) + rng->start_ps + byte_ps(dev);
    mote_event_at(dev, BYTE, rng->due_ps);
}

static void stop(struct mote_device *dev)
{
    mote_event_cancel(dev, BYTE);
    mote_power_state(dev, OFF);
}

static void byte_ready(struct mote_device *dev)
{
    struct nrf_rng *rng = dev->state;

    mote_reg(dev, VALUE) = next_byte(rng);
    rng->due_ps += byte_ps(dev);
    mote_event_at(dev, BYTE, rng->due_ps);
    nrf_event(dev, EVENTS_VALRDY);
    if (mote_reg(dev, SHORTS) & SHORT_VALRDY_STOP)
        stop(dev);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_stop, stop)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x000, task_start),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x004, task_stop),
    [EVENTS_VALRDY] = NRF_EVENT("EVENTS_VALRDY", 0x100),
    [SHORTS] = {.name = "SHORTS", .offset = 0x200, .rw = SHORT_VALRDY_STOP},
    [INTENSET] = NRF_INTENSET(1),
    [INTENCLR] = NRF_INTENCLR,
    [CONFIG] = {.name = "CONFIG", .offset = 0x504, .rw = CONFIG_DERCEN},
    [VALUE] = {.name = "VALUE", .offset = 0x508, .ro = 0xff},
};

static const struct mote_event_desc events[] = {[BYTE] = {"byte", byte_ready, 0}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_rng *rng = dev->state;

    (void)err;
    nrf_attach(dev);
    rng->seed = mote_prop_u32(dev, "mote,seed", 1);
    rng->start_ps = mote_prop_u32(dev, "mote,start-us", 1) * NRF_PS_PER_US;
    rng->raw_ps = mote_prop_u32(dev, "mote,byte-us", 1) * NRF_PS_PER_US;
    rng->corrected_ps = mote_prop_u32(dev, "mote,corrected-byte-us", 1) * NRF_PS_PER_US;
    if (rng->raw_ps == 0 || rng->corrected_ps == 0)
        return mote_err_set(err, "mote,byte-us and mote,corrected-byte-us must not be 0");
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_rng *rng = dev->state;

    rng->generator = rng->seed;
    mote_power_state(dev, OFF);
}

const struct mote_device_class mote_class_nrf_rng = {
    .name = "nrf_rng",
    .summary = "nRF52 random number generator",
    .compatibles = {"nordic,nrf-rng"},
    .state_bytes = sizeof(struct nrf_rng),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "running"},
    .clocked_states = 1u << 1,
    .attach = attach,
    .reset = reset,
};
