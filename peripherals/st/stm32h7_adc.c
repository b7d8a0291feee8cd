/* STM32H7A3/7B3/7B0 analog-to-digital converters ADC1 and ADC2, one device each.
 *
 * ST RM0455, chapter 29; bits as in ST's stm32h7a3xxq.h. Times and the analogue side are properties
 * of the node (sources: sim/boards/stm32h7a3.dtsi). What is modelled and what not: _stm32_adc5.h;
 * the configuration registers of the rest read back. The registers of both (at 0x300) are ADC1's.
 */
#include "_stm32_adc5.h"

enum {
    CFGR2 = ADC5_ROWS,
    LTR1,
    JSQR,
    OFR,
    JDR,
    AWDCR,
    LTR2,
    DIFSEL,
    CALFACT,
    CALFACT2,
    CSR,
    CDR,
    REG_COUNT
};

/* RM0455, ADC timing: sampling for 1.5 to 810.5 cycles, then half a cycle a bit and half a one (m).
 */
static const struct stm32_adc5_chip chip = {
    .resolutions = {{16, 17}, {14, 15}, {12, 13}, {10, 11}, {16, 17}, {14, 15}, {12, 13}, {8, 9}},
    .sampling_halves = {3, 5, 17, 33, 65, 129, 775, 1621},
    .clock_modes = true,
};

#define ALL 0xFFFFFFFF
static const struct mote_reg regs[REG_COUNT] = {
    [ADC5_ISR] =
        {.name = "ISR", .offset = 0x00, .w1c = 0x7FF, .ro = 0x1000, .store = stm32_adc5_store_isr},
    [ADC5_IER] = {.name = "IER",
                  .offset = 0x04,
                  .rw = 0x7FF,
                  .unmodelled = 0x7E0,
                  .store = stm32_adc5_store_ier},
    [ADC5_CR] = {.name = "CR",
                 .offset = 0x08,
                 .reset = 1u << 29, /* DEEPPWD */
                 .rw = 0x7FC10300,
                 .w1s = 0x8000003F,
                 .store = stm32_adc5_store_cr},
    [ADC5_CFGR] = {.name = "CFGR",
                   .offset = 0x0C,
                   .reset = 1u << 31, /* JQDIS */
                   .rw = 0xFFFFFFFF,
                   .unmodelled = 0xFFF003E3},
    [ADC5_SMPR] = {.name = "SMPR%u", .offset = 0x14, .count = 2, .rw = 0x3FFFFFFF},
    [ADC5_PCSEL] = {.name = "PCSEL", .offset = 0x1C, .rw = 0xFFFFF},
    [ADC5_SQR] = {.name = "SQR%u", .offset = 0x30, .count = 4, .rw = 0x1F7DF7DF},
    [ADC5_DR] = {.name = "DR", .offset = 0x40, .ro = ALL, .load = stm32_adc5_load_dr},
    [ADC5_CCR] = {.name = "CCR",
                  .offset = 0x308,
                  .rw = 0x01FFCF1F,
                  .unmodelled = 0x0000CF1F,
                  .store = stm32_adc5_store_ccr},
    [CFGR2] = {.name = "CFGR2", .offset = 0x10, .rw = 0xF3FF07E3, .unmodelled = 0xF3FF07E3},
    [LTR1] = {.name = "LTR1[%u]", .offset = 0x20, .count = 2, .rw = ALL, .unmodelled = ALL},
    [JSQR] = {.name = "JSQR", .offset = 0x4C, .rw = ALL, .unmodelled = ALL},
    [OFR] = {.name = "OFR%u", .offset = 0x60, .count = 4, .rw = ALL, .unmodelled = ALL},
    [JDR] = {.name = "JDR%u", .offset = 0x80, .count = 4, .ro = ALL},
    [AWDCR] =
        {.name = "AWD2CR[%u]", .offset = 0xA0, .count = 2, .rw = 0xFFFFF, .unmodelled = 0xFFFFF},
    [LTR2] = {.name = "LTR2[%u]", .offset = 0xB0, .count = 4, .rw = ALL, .unmodelled = ALL},
    [DIFSEL] = {.name = "DIFSEL", .offset = 0xC0, .rw = 0xFFFFF, .unmodelled = 0xFFFFF},
    [CALFACT] = {.name = "CALFACT", .offset = 0xC4, .rw = 0x07FF07FF},
    [CALFACT2] = {.name = "CALFACT2", .offset = 0xC8, .rw = 0x3FFFFFFF},
    [CSR] = {.name = "CSR", .offset = 0x300, .ro = 0x07FF07FF},
    [CDR] = {.name = "CDR", .offset = 0x30C, .ro = ALL},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    return stm32_adc5_attach(dev, &chip, err);
}

const struct mote_device_class mote_class_stm32h7_adc = {
    .name = "stm32h7_adc",
    .summary = "STM32H7A3 analog-to-digital converter",
    .compatibles = {"st,stm32h7-adc"},
    .state_bytes = sizeof(struct stm32_adc5),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x100,
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
