/* Real-time clock of STM32L4/L4+ (with backup registers), version 2 of ST's block. RM0432 Rev 9.
 * What is modelled: _stm32_rtc_unit.h. Clears of the event flags go through ISR. */
#include "_stm32_rtc_unit.h"

enum { SHIFTR = RTC_ROWS, CALR, TAMPCR, OR, BKPR, REG_COUNT };

static void store_bkp(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    stm32_rtc_accept(dev, BKPR, element, old, false, true);
}

static const struct mote_reg regs[REG_COUNT] = {
    STM32_RTC_ROWS,
    [RTC_CR] = {.name = "CR",
                .offset = 0x08,
                .rw = 0x01FCFF7F,
                .wo = 3u << 16,           /* ADD1H SUB1H */
                .unmodelled = 0x01F80010, /* ITSE COE OSEL POL COSEL REFCKON */
                .keep = 1,
                .store = stm32_rtc_store_cr},
    [RTC_ISR] = {.name = "ISR",
                 .offset = 0x0C,
                 .reset = 0x00000007,
                 .ro = 0x0001005F,
                 .rw = 1u << 7, /* INIT */
                 .w0c = 0x0002FF20,
                 .keep = 1,
                 .store = stm32_rtc_store_isr},
    [RTC_WUTR] = {.name = "WUTR",
                  .offset = 0x14,
                  .reset = 0x0000FFFF,
                  .rw = 0x0000FFFF,
                  .keep = 1,
                  .store = stm32_rtc_store_wutr},
    [RTC_ALRMR] = {.name = "ALRM%uR", /* A, B */
                   .offset = 0x1C,
                   .rw = 0xFFFFFFFF,
                   .count = 2,
                   .keep = 1,
                   .store = stm32_rtc_store_alarm},
    [RTC_SSR] = {.name = "SSR", .offset = 0x28, .ro = 0x0000FFFF, .load = stm32_rtc_load_ssr},
    [SHIFTR] = {.name = "SHIFTR", .offset = 0x2C, .wo = 0x80007FFF},
    [CALR] =
        {.name = "CALR", .offset = 0x3C, .rw = 0x0000E1FF, .unmodelled = 0x0000E1FF, .keep = 1},
    [TAMPCR] =
        {.name = "TAMPCR", .offset = 0x40, .rw = 0x01FFFFFF, .unmodelled = 0x01FFFFFF, .keep = 1},
    [RTC_ALRMSSR] = {.name = "ALRM%uSSR", /* A, B */
                     .offset = 0x44,
                     .rw = 0x0F007FFF,
                     .count = 2,
                     .keep = 1,
                     .store = stm32_rtc_store_alarm_ss},
    [OR] = {.name = "OR", .offset = 0x4C, .rw = 0x00000003, .unmodelled = 0x00000003, .keep = 1},
    [BKPR] = {.name = "BKP%uR",
              .offset = 0x50,
              .rw = 0xFFFFFFFF,
              .count = 32,
              .keep = 1,
              .store = store_bkp},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    stm32_rtc_attach(dev, RTC_ISR, 0);
    return true;
}

const struct mote_device_class mote_class_stm32_rtc = {
    .name = "stm32_rtc",
    .summary = "STM32 real-time clock with backup registers",
    .compatibles = {"st,stm32-rtc"},
    .state_bytes = sizeof(struct rtc),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = stm32_rtc_events,
    .event_count = RTC_EVENTS,
    .inputs = {{"dbp", 1}, {"ts", 1}, {"backup_reset", 1}},
    .outputs = {{"irq", 1}, {"exti", 3}},
    .power_states = {"off", "active"},
    .attach = attach,
    .reset = stm32_rtc_reset,
    .input = stm32_rtc_input,
    .clock_changed = stm32_rtc_clock_changed,
};
