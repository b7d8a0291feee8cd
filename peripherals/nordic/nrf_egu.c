/* Nordic nRF52 EGU (event generator unit) and SWI (software interrupt), which share addresses.
 *
 * Source: nRF52840 Product Specification v1.7, EGU and SWI chapters; CMSIS-SVD of the nRF52840.
 * Modelled: all. SWI has no registers of its own: its interrupt is pended in the NVIC. */
#include "_nrf.h"

#define CHANNELS     16u
#define CHANNEL_BITS 0xffffu

enum { TASKS_TRIGGER, EVENTS_TRIGGERED, INTEN, INTENSET, INTENCLR, REG_COUNT };

struct nrf_egu {
    struct nrf_common common;
};

static void trigger(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    if (written & 1u)
        nrf_event_at(dev, EVENTS_TRIGGERED, element);
}

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_TRIGGER] = NRF_TASKS("TASKS_TRIGGER[%u]", 0x000, CHANNELS, trigger),
    [EVENTS_TRIGGERED] = NRF_EVENTS("EVENTS_TRIGGERED[%u]", 0x100, CHANNELS),
    [INTEN] = NRF_INTEN(CHANNEL_BITS),
    [INTENSET] = NRF_INTENSET(CHANNEL_BITS),
    [INTENCLR] = NRF_INTENCLR,
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    nrf_attach(dev);
    return true;
}

const struct mote_device_class mote_class_nrf_egu = {
    .name = "nrf_egu",
    .summary = "nRF52 event generator unit and software interrupts",
    .compatibles = {"nordic,nrf-egu", "nordic,nrf-swi"},
    .state_bytes = sizeof(struct nrf_egu),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .outputs = {{"irq", 1}},
    .attach = attach,
};
