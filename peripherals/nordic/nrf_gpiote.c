/* Nordic nRF52 GPIOTE (GPIO tasks and events).
 *
 * Source: nRF52840 Product Specification v1.7, GPIOTE chapter; CMSIS-SVD of the nRF52840.
 * Pins of both ports are numbered 32 * port + pin. Input group "pin" has their levels as the ports'
 * input buffers see them, output group "pin" drives them (connected to the ports' "alt"), input
 * group "detect" has the ports' DETECT signals.
 * Modelled: eight channels in event and task mode, PORT event. Not modelled: the shortest pulse the
 * event detection can miss. */
#include "_nrf.h"

#define CHANNELS 8u
#define PINS     48u

enum {
    TASKS_OUT,
    TASKS_SET,
    TASKS_CLR,
    EVENTS_IN,
    EVENTS_PORT,
    INTENSET,
    INTENCLR,
    CONFIG,
    REG_COUNT
};
enum { IN_PIN, IN_DETECT = PINS };
enum { OUT_IRQ, OUT_PIN };
enum { OFF, TASK, EVENT };

#define MODE(config)     ((config)&3u)
#define PIN(config)      (((config) >> 8) & 0x3fu)
#define POLARITY(config) (((config) >> 16) & 3u)
#define OUTINIT(config)  (((config) >> 20) & 1u)
#define MODE_EVENT       1u
#define MODE_TASK        3u
#define LOW_TO_HIGH      1u
#define HIGH_TO_LOW      2u
#define TOGGLE           3u
#define INTEN_BITS       0x800000ffu

struct nrf_gpiote {
    struct nrf_common common;
    int8_t level[CHANNELS]; /* what a task channel drives */
};

static void drive(struct mote_device *dev, uint32_t channel, int level)
{
    struct nrf_gpiote *gpiote = dev->state;
    uint32_t config = mote_reg_at(dev, CONFIG, channel);

    if (MODE(config) != MODE_TASK || PIN(config) >= PINS)
        return;
    gpiote->level[channel] = (int8_t)level;
    mote_wire_set(dev, OUT_PIN + PIN(config), level);
}

static void task_out(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct nrf_gpiote *gpiote = dev->state;
    uint32_t polarity = POLARITY(mote_reg_at(dev, CONFIG, element));

    (void)old;
    if (!(written & 1u) || polarity == 0)
        return;
    drive(dev, element, polarity == TOGGLE ? !gpiote->level[element] : polarity == LOW_TO_HIGH);
}

static void task_set(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    if (written & 1u)
        drive(dev, element, 1);
}

static void task_clr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    if (written & 1u)
        drive(dev, element, 0);
}

static void announce(struct mote_device *dev)
{
    uint32_t state = OFF;

    for (uint32_t i = 0; i < CHANNELS; i++) {
        uint32_t mode = MODE(mote_reg_at(dev, CONFIG, i));

        if (mode == MODE_EVENT)
            state = EVENT;
        else if (mode == MODE_TASK && state == OFF)
            state = TASK;
    }
    mote_power_state(dev, state);
}

static void config_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    uint32_t config = mote_reg_at(dev, CONFIG, element);
    bool was_task = MODE(old) == MODE_TASK;
    bool is_task = MODE(config) == MODE_TASK;

    (void)written;
    if (was_task && (!is_task || PIN(old) != PIN(config)) && PIN(old) < PINS)
        mote_wire_set(dev, OUT_PIN + PIN(old), MOTE_WIRE_Z);
    if (is_task && (!was_task || PIN(old) != PIN(config)))
        drive(dev, element, (int)OUTINIT(config));
    announce(dev);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    if (index >= IN_DETECT) {
        if (level == 1)
            nrf_event(dev, EVENTS_PORT);
        return;
    }
    for (uint32_t i = 0; i < CHANNELS; i++) {
        uint32_t config = mote_reg_at(dev, CONFIG, i);
        uint32_t edge = level == 1 ? LOW_TO_HIGH : HIGH_TO_LOW;

        if (MODE(config) == MODE_EVENT && PIN(config) == index && (POLARITY(config) & edge))
            nrf_event_at(dev, EVENTS_IN, i);
    }
}

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_OUT] = NRF_TASKS("TASKS_OUT[%u]", 0x000, CHANNELS, task_out),
    [TASKS_SET] = NRF_TASKS("TASKS_SET[%u]", 0x030, CHANNELS, task_set),
    [TASKS_CLR] = NRF_TASKS("TASKS_CLR[%u]", 0x060, CHANNELS, task_clr),
    [EVENTS_IN] = NRF_EVENTS("EVENTS_IN[%u]", 0x100, CHANNELS),
    [EVENTS_PORT] = NRF_EVENT("EVENTS_PORT", 0x17c),
    [INTENSET] = NRF_INTENSET(INTEN_BITS),
    [INTENCLR] = NRF_INTENCLR,
    [CONFIG] = {.name = "CONFIG[%u]",
                .offset = 0x510,
                .rw = 0x133f03,
                .count = CHANNELS,
                .store = config_stored},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    nrf_attach(dev);
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_gpiote *gpiote = dev->state;

    for (uint32_t i = 0; i < CHANNELS; i++)
        gpiote->level[i] = 0;
    for (uint32_t i = 0; i < PINS; i++)
        mote_wire_set(dev, OUT_PIN + i, MOTE_WIRE_Z);
    mote_power_state(dev, OFF);
}

const struct mote_device_class mote_class_nrf_gpiote = {
    .name = "nrf_gpiote",
    .summary = "nRF52 GPIO tasks and events",
    .compatibles = {"nordic,nrf-gpiote"},
    .state_bytes = sizeof(struct nrf_gpiote),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .inputs = {{"pin", PINS}, {"detect", 2}},
    .outputs = {{"irq", 1}, {"pin", PINS}},
    .power_states = {"off", "task", "event"},
    .attach = attach,
    .reset = reset,
    .input = input,
};
