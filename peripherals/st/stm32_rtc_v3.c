/* Real-time clock of STM32U5, STM32H7A3 and STM32G0, version 3 of ST's block: the event flags have
 * registers of their own, the backup registers are TAMP's. RM0456, RM0455 and RM0444, chapters RTC;
 * bits as in ST's device headers. What is modelled: _stm32_rtc_unit.h. Registers of one of the
 * chips are there on all. */
#include "_stm32_rtc_unit.h"

enum { SR = RTC_ROWS, MISR, SCR, SHIFTR, PRIVCFGR, CALR, CFGR, ALRBINR, REG_COUNT };

#define INIT      (1u << 7)
#define ADD_SUB1H (3u << 16)

static const struct mote_reg regs[REG_COUNT] = {
    STM32_RTC_ROWS,
    [RTC_SSR] = {.name = "SSR", .offset = 0x08, .ro = 0xFFFFFFFF, .load = stm32_rtc_load_ssr},
    [RTC_ISR] = {.name = "ICSR",
                 .offset = 0x0C,
                 .reset = 0x00000007,
                 .ro = 0x0001005F,
                 .rw = INIT | 0x1F00,
                 .w0c = 0x20,
                 .unmodelled = 0x1F00, /* BIN BCDU */
                 .keep = 1,
                 .store = stm32_rtc_store_isr},
    [RTC_WUTR] = {.name = "WUTR",
                  .offset = 0x14,
                  .reset = 0x0000FFFF,
                  .rw = 0xFFFFFFFF,
                  .unmodelled = 0xFFFF0000, /* WUTOCLR */
                  .keep = 1,
                  .store = stm32_rtc_store_wutr},
    [RTC_CR] = {.name = "CR",
                .offset = 0x18,
                .rw = 0xFFFCFFFF,
                .wo = ADD_SUB1H,
                .unmodelled = 0xFFF80090, /* all from COSEL on, SSRUIE, REFCKON */
                .keep = 1,
                .store = stm32_rtc_store_cr},
    [PRIVCFGR] = {.name = "PRIVCFGR[%u]",
                  .offset = 0x1C,
                  .count = 2,
                  .rw = 0xE00F,
                  .unmodelled = 0xE00F,
                  .keep = 1},
    [CALR] = {.name = "CALR", .offset = 0x28, .rw = 0xF1FF, .unmodelled = 0xF1FF, .keep = 1},
    [SHIFTR] = {.name = "SHIFTR", .offset = 0x2C, .wo = 0x80007FFF, .unmodelled = 0x80007FFF},
    [RTC_ALRMR] = {.name = "ALRM%uR", /* A, B */
                   .offset = 0x40,
                   .rw = 0xFFFFFFFF,
                   .count = 2,
                   .stride = 8,
                   .keep = 1,
                   .store = stm32_rtc_store_alarm},
    [RTC_ALRMSSR] = {.name = "ALRM%uSSR",
                     .offset = 0x44,
                     .rw = 0xBF007FFF,
                     .unmodelled = 0xB0000000,
                     .count = 2,
                     .stride = 8,
                     .keep = 1,
                     .store = stm32_rtc_store_alarm_ss},
    [SR] = {.name = "SR", .offset = 0x50, .ro = 0x7F, .keep = 1},
    [MISR] = {.name = "MISR", .offset = 0x54, .ro = 0x7F, .load = stm32_rtc_load_misr},
    [SCR] = {.name = "SCR", .offset = 0x5C, .wo = 0x7F, .store = stm32_rtc_store_scr},
    [CFGR] = {.name = "CFGR", .offset = 0x60, .rw = 3, .unmodelled = 3, .keep = 1},
    [ALRBINR] = {.name = "ALR%uBINR",
                 .offset = 0x70,
                 .count = 2,
                 .rw = 0xFFFFFFFF,
                 .unmodelled = 0xFFFFFFFF,
                 .keep = 1},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    stm32_rtc_attach(dev, SR, 8);
    return true;
}

const struct mote_device_class mote_class_stm32_rtc_v3 = {
    .name = "stm32_rtc_v3",
    .summary = "STM32 real-time clock, version 3",
    .compatibles = {"st,stm32u5-rtc", "st,stm32h7-rtc", "st,stm32g0-rtc"},
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
