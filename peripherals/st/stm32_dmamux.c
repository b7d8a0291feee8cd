/* STM32 DMA request multiplexer (DMAMUX).
 *
 * ST RM0432 (STM32L4+), chapter 12 (DMAMUX1: 14 channels, request lines by its assignment table).
 * Modelled: routing of request lines to channels. Input "request" has one wire a request line;
 * output "channel" goes to the DMA channels' request inputs.
 * Not modelled: synchronisation, request generators, their overrun interrupt. */
#include <mote/device.h>

#define CHANNELS 14
#define REQUESTS 128

enum { CCR, CSR, CFR, RGCR, RGSR, RGCFR, REG_COUNT };
enum { OUT_IRQ, OUT_CHANNEL };

/* Request line 0 is "none": memory-to-memory transfers need no request. */
static void update_channel(struct mote_device *dev, uint32_t channel)
{
    uint32_t line = mote_reg_at(dev, CCR, channel) & 0x7F;
    int level = line != 0 ? mote_wire_input(dev, line) : 0;
    mote_wire_set(dev, OUT_CHANNEL + channel, level == 1);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    for (uint32_t i = 0; i < CHANNELS; i++)
        if ((mote_reg_at(dev, CCR, i) & 0x7F) == index)
            update_channel(dev, i);
}

static void store_ccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old, (void)written;
    update_channel(dev, element);
}

static const struct mote_reg regs[REG_COUNT] = {
    [CCR] = {.name = "C%uCR",
             .offset = 0x00,
             .count = CHANNELS,
             .rw = 0x1FFF037F,
             .unmodelled = 0x1FFF0300,
             .store = store_ccr},
    [CSR] = {.name = "CSR", .offset = 0x80, .ro = 0x3FFF},
    [CFR] = {.name = "CFR", .offset = 0x84, .wo = 0x3FFF},
    [RGCR] =
        {.name = "RG%uCR", .offset = 0x100, .count = 4, .rw = 0x00FF011F, .unmodelled = 0x00FF011F},
    [RGSR] = {.name = "RGSR", .offset = 0x140, .ro = 0xF},
    [RGCFR] = {.name = "RGCFR", .offset = 0x144, .wo = 0xF},
};

const struct mote_device_class mote_class_stm32_dmamux = {
    .name = "stm32_dmamux",
    .summary = "STM32 DMA request multiplexer",
    .compatibles = {"st,stm32-dmamux"},
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"request", REQUESTS}},
    .outputs = {{"irq", 1}, {"channel", CHANNELS}},
    .input = input,
};
