/* The real-time clock of STM32 from L4 on: what both versions of its registers do. The versions'
 * files have the tables, whose first rows are those named here.
 *
 * Modelled: BCD calendar with sub-seconds in 12 and 24 hours, both prescalers, initialisation
 * mode, write protection, shadow registers that SSR or TR lock until DR is read, alarms A and B
 * with all masks, wakeup timer, timestamp by input "ts", daylight saving, backup registers
 * (version 2; in version 3 they are TAMP's).
 * Everything but RSF and INIT survives a system reset; input "backup_reset" is the reset of the
 * backup domain. Input "dbp" at 0 refuses stores (DBP of PWR). Clock input 1 is RTCCLK.
 * Outputs: "exti" alarm, timestamp, wakeup; "irq" is their OR unless flag mote,via-exti is
 * there.
 *
 * Not modelled: tamper, calibration and shift, reference clock, outputs, internal timestamp,
 * binary mode, automatic clearing; write flags (ALRxWF) rise at once. */
#ifndef PERIPHERALS_ST_STM32_RTC_UNIT_H
#define PERIPHERALS_ST_STM32_RTC_UNIT_H

#include "_stm32_rtc.h"
#include <mote/clock.h>
#include <mote/device.h>

enum {
    RTC_TR,
    RTC_DR,
    RTC_CR,
    RTC_ISR, /* ICSR */
    RTC_PRER,
    RTC_WUTR,
    RTC_ALRMR,   /* two */
    RTC_ALRMSSR, /* two */
    RTC_WPR,
    RTC_SSR,
    RTC_TSTR,
    RTC_TSDR,
    RTC_TSSSR,
    RTC_ROWS
};
enum { RTC_EVENTS = 6 };

/* The device's state. */
struct rtc {
    struct mote_counter clk; /* RTCCLK cycles */
    uint64_t start;          /* cycle at which `moment` began */
    struct rtc_moment moment;
    uint64_t wakeup_start; /* cycle at which the wakeup timer began its present count */
    uint64_t locked_at;    /* cycle that the shadow registers show */
    uint8_t locked, powered, keys, via_exti;
    uint8_t flags_row, flags_shift; /* see stm32_rtc_attach */
};

extern const struct mote_event_desc stm32_rtc_events[RTC_EVENTS];

/* The row with the event flags, and by how many bits they are further right than in version 2. */
void stm32_rtc_attach(struct mote_device *dev, uint32_t flags_row, uint32_t flags_shift);
void stm32_rtc_reset(struct mote_device *dev);
void stm32_rtc_input(struct mote_device *dev, uint32_t index, int level);
void stm32_rtc_clock_changed(struct mote_device *dev, uint32_t index);

/* Whether a store counts; otherwise the register gets its old value back. */
bool stm32_rtc_accept(struct mote_device *dev, uint32_t id, uint32_t element, uint32_t old,
                      bool needs_keys, bool allowed);

/* Hooks of the rows. */
uint32_t stm32_rtc_load_tr(struct mote_device *dev, uint32_t element, uint32_t value);
uint32_t stm32_rtc_load_dr(struct mote_device *dev, uint32_t element, uint32_t value);
uint32_t stm32_rtc_load_ssr(struct mote_device *dev, uint32_t element, uint32_t value);
uint32_t stm32_rtc_load_misr(struct mote_device *dev, uint32_t element, uint32_t value);
void stm32_rtc_store_tr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_rtc_store_dr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_rtc_store_prer(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);
void stm32_rtc_store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_rtc_store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_rtc_store_wutr(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);
void stm32_rtc_store_alarm(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written);
void stm32_rtc_store_alarm_ss(struct mote_device *dev, uint32_t element, uint32_t old,
                              uint32_t written);
void stm32_rtc_store_wpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_rtc_store_scr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);

/* Rows that are the same in both versions. */
#define STM32_RTC_ROWS                                                                             \
    [RTC_TR] = {.name = "TR",                                                                      \
                .offset = 0x00,                                                                    \
                .rw = 0x007F7F7F,                                                                  \
                .keep = 1,                                                                         \
                .load = stm32_rtc_load_tr,                                                         \
                .store = stm32_rtc_store_tr},                                                      \
    [RTC_DR] = {.name = "DR",                                                                      \
                .offset = 0x04,                                                                    \
                .reset = 0x00002101,                                                               \
                .rw = 0x00FFFF3F,                                                                  \
                .keep = 1,                                                                         \
                .load = stm32_rtc_load_dr,                                                         \
                .store = stm32_rtc_store_dr},                                                      \
    [RTC_PRER] = {.name = "PRER",                                                                  \
                  .offset = 0x10,                                                                  \
                  .reset = 0x007F00FF,                                                             \
                  .rw = 0x007F7FFF,                                                                \
                  .keep = 1,                                                                       \
                  .store = stm32_rtc_store_prer},                                                  \
    [RTC_WPR] = {.name = "WPR", .offset = 0x24, .wo = 0x000000FF, .store = stm32_rtc_store_wpr},   \
    [RTC_TSTR] = {.name = "TSTR", .offset = 0x30, .ro = 0x007F7F7F, .keep = 1},                    \
    [RTC_TSDR] = {.name = "TSDR", .offset = 0x34, .ro = 0x0000FF3F, .keep = 1},                    \
    [RTC_TSSSR] = {.name = "TSSSR", .offset = 0x38, .ro = 0x0000FFFF, .keep = 1}

#endif
