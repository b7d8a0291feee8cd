/* Nordic nRF52 TEMP (die temperature sensor).
 *
 * Source: nRF52840 Product Specification v1.7, TEMP chapter; CMSIS-SVD of the nRF52840.
 * Modelled: one measurement per START with its duration, result in steps of 0.25 degree from the
 * channel "temperature".
 * Not modelled: what the correction registers A0-A5, B0-B5, T0-T4 do: they hold what is written
 * (start-up code copies the factory values there); the sensor's inaccuracy. */
#include "_nrf.h"
#include <mote/channel.h>

enum {
    TASKS_START,
    TASKS_STOP,
    EVENTS_DATARDY,
    INTENSET,
    INTENCLR,
    TEMP,
    A0,
    A1,
    A2,
    A3,
    A4,
    A5,
    B0,
    B1,
    B2,
    B3,
    B4,
    B5,
    T0,
    T1,
    T2,
    T3,
    T4,
    REG_COUNT
};
enum { DONE };
enum { OFF, MEASURING };

#define STEPS_PER_DEGREE 4.0

struct nrf_temp {
    struct nrf_common common;
    uint64_t measure_ps;
};

static void start(struct mote_device *dev)
{
    const struct nrf_temp *temp = dev->state;

    mote_power_state(dev, MEASURING);
    mote_event_after(dev, DONE, temp->measure_ps);
}

static void stop(struct mote_device *dev)
{
    mote_event_cancel(dev, DONE);
    mote_power_state(dev, OFF);
}

static void done(struct mote_device *dev)
{
    double steps = mote_channel_value(dev, 0, mote_now_ps(dev->sys)) * STEPS_PER_DEGREE;

    mote_reg(dev, TEMP) = (uint32_t)(int32_t)(steps < 0 ? steps - 0.5 : steps + 0.5);
    mote_power_state(dev, OFF);
    nrf_event(dev, EVENTS_DATARDY);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_stop, stop)

#define FIELD(text, at, bits, value)                                                               \
    {                                                                                              \
        .name = (text), .offset = (at), .rw = (bits), .reset = (value)                             \
    }

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x000, task_start),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x004, task_stop),
    [EVENTS_DATARDY] = NRF_EVENT("EVENTS_DATARDY", 0x100),
    [INTENSET] = NRF_INTENSET(1),
    [INTENCLR] = NRF_INTENCLR,
    [TEMP] = {.name = "TEMP", .offset = 0x508, .ro = UINT32_MAX},
    [A0] = FIELD("A0", 0x520, 0xfff, 0x326),
    [A1] = FIELD("A1", 0x524, 0xfff, 0x348),
    [A2] = FIELD("A2", 0x528, 0xfff, 0x3aa),
    [A3] = FIELD("A3", 0x52c, 0xfff, 0x40e),
    [A4] = FIELD("A4", 0x530, 0xfff, 0x4bd),
    [A5] = FIELD("A5", 0x534, 0xfff, 0x5a3),
    [B0] = FIELD("B0", 0x540, 0x3fff, 0x3fef),
    [B1] = FIELD("B1", 0x544, 0x3fff, 0x3fbe),
    [B2] = FIELD("B2", 0x548, 0x3fff, 0x3fbe),
    [B3] = FIELD("B3", 0x54c, 0x3fff, 0x12),
    [B4] = FIELD("B4", 0x550, 0x3fff, 0x124),
    [B5] = FIELD("B5", 0x554, 0x3fff, 0x27c),
    [T0] = FIELD("T0", 0x560, 0xff, 0xe2),
    [T1] = FIELD("T1", 0x564, 0xff, 0x00),
    [T2] = FIELD("T2", 0x568, 0xff, 0x19),
    [T3] = FIELD("T3", 0x56c, 0xff, 0x3c),
    [T4] = FIELD("T4", 0x570, 0xff, 0x50),
};

static const struct mote_event_desc events[] = {[DONE] = {"done", done, 0}};
static const struct mote_channel_desc channels[] = {
    {"temperature", "degC", -40.0, 85.0, 25.0},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_temp *temp = dev->state;

    (void)err;
    nrf_attach(dev);
    temp->measure_ps = mote_prop_u32(dev, "mote,measure-us", 0) * NRF_PS_PER_US;
    return true;
}

const struct mote_device_class mote_class_nrf_temp = {
    .name = "nrf_temp",
    .summary = "nRF52 die temperature sensor",
    .compatibles = {"nordic,nrf-temp"},
    .state_bytes = sizeof(struct nrf_temp),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "measuring"},
    .clocked_states = 1u << 1,
    .channels = channels,
    .channel_count = 1,
    .attach = attach,
};
