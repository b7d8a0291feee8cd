/* STM32U5 analog-to-digital converter ADC1.
 *
 * ST RM0456 (STM32U5 series), chapter 33; bits as in ST's stm32u575xx.h. Times and the analogue
 * side are properties of the node (sources: sim/boards/stm32u575.dtsi). What is modelled and what
 * not: _stm32_adc5.h; the configuration registers of the rest read back. */
#include "_stm32_adc5.h"

enum { CFGR2 = ADC5_ROWS, AWD, JSQR, GCOMP, OFR, JDR, CALFACT, CALFACT2, REG_COUNT };

/* RM0456, ADC timing: sampling for 5 to 814 cycles, then one cycle a bit and three more (m). */
static const struct stm32_adc5_chip chip = {
    .resolutions = {{14, 34}, {12, 30}, {10, 26}, {8, 22}, {14, 34}, {12, 30}, {10, 26}, {8, 22}},
    .sampling_halves = {10, 12, 24, 40, 72, 136, 782, 1628},
};

#define ALL 0xFFFFFFFF
static const struct mote_reg regs[REG_COUNT] = {
    [ADC5_ISR] =
        {.name = "ISR", .offset = 0x00, .w1c = 0x3FF, .ro = 0x1000, .store = stm32_adc5_store_isr},
    [ADC5_IER] = {.name = "IER",
                  .offset = 0x04,
                  .rw = 0x3FF,
                  .unmodelled = 0x3E0,
                  .store = stm32_adc5_store_ier},
    [ADC5_CR] = {.name = "CR",
                 .offset = 0x08,
                 .reset = 1u << 29, /* DEEPPWD */
                 .rw = 0x3F010000,
                 .w1s = 0x8000003F,
                 .store = stm32_adc5_store_cr},
    [ADC5_CFGR] = {.name = "CFGR1", .offset = 0x0C, .rw = 0x7FFBFFFF, .unmodelled = 0x7FF003E3},
    [ADC5_SMPR] = {.name = "SMPR%u", .offset = 0x14, .count = 2, .rw = 0x3FFFFFFF},
    [ADC5_PCSEL] = {.name = "PCSEL", .offset = 0x1C, .rw = 0xFFFFF},
    [ADC5_SQR] = {.name = "SQR%u", .offset = 0x30, .count = 4, .rw = 0x1F7DF7DF},
    [ADC5_DR] = {.name = "DR", .offset = 0x40, .ro = ALL, .load = stm32_adc5_load_dr},
    [ADC5_CCR] = {.name = "CCR",
                  .offset = 0x308,
                  .rw = 0x01FFCF1F,
                  .unmodelled = 0x0003CF1F,
                  .store = stm32_adc5_store_ccr},
    [CFGR2] = {.name = "CFGR2", .offset = 0x10, .rw = 0xFFFFFFE3, .unmodelled = 0xFFFFFFE3},
    [AWD] = {.name = "AWD[%u]", .offset = 0xA0, .count = 8, .rw = ALL, .unmodelled = ALL},
    [JSQR] = {.name = "JSQR", .offset = 0x4C, .rw = ALL, .unmodelled = ALL},
    [GCOMP] = {.name = "GCOMP", .offset = 0x70, .rw = 0x80003FFF, .unmodelled = 0x80003FFF},
    [OFR] = {.name = "OFR%u", .offset = 0x60, .count = 4, .rw = ALL, .unmodelled = ALL},
    [JDR] = {.name = "JDR%u", .offset = 0x80, .count = 4, .ro = ALL},
    [CALFACT] = {.name = "CALFACT", .offset = 0xC4, .rw = 0x03000000, .ro = 0x00FF00FF},
    [CALFACT2] = {.name = "CALFACT2", .offset = 0xC8, .rw = ALL},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    return stm32_adc5_attach(dev, &chip, err);
}

const struct mote_device_class mote_class_stm32u5_adc = {
    .name = "stm32u5_adc",
    .summary = "STM32U5 analog-to-digital converter ADC1",
    .compatibles = {"st,stm32u5-adc"},
    .state_bytes = sizeof(struct stm32_adc5),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = stm32_adc5_events,
    .event_count = ADC5_EVENTS,
    .outputs = {{"irq", 1}},
    .channels = stm32_adc5_channels,
    .channel_count = ADC5_SENSED_COUNT,
    .attach = attach,
    .reset = stm32_adc5_reset,
    .clock_changed = stm32_adc5_clock_changed,
    .clock_of = stm32_adc5_clock_of,
};
