/* The calendar behind stm32_rtc.c: seconds since 2000, its registers' BCD form, and alarms. */
#ifndef PERIPHERALS_ST_STM32_RTC_H
#define PERIPHERALS_ST_STM32_RTC_H

#include <stdbool.h>
#include <stdint.h>

#define RTC_TR_PM        (1u << 22)
#define RTC_HOUR_SECONDS (60u * 60)
#define RTC_DAY_SECONDS  (24u * RTC_HOUR_SECONDS)

/* A moment: whole seconds since 2000-01-01 00:00:00, day of the week (1 = Monday .. 7). */
struct rtc_moment {
    uint64_t seconds;
    uint32_t weekday;
};

/* Registers to a moment and back; fields that no calendar has are brought into range. */
struct rtc_moment rtc_from_registers(uint32_t tr, uint32_t dr, bool twelve_hours);
uint32_t rtc_time_register(uint64_t seconds, bool twelve_hours);
uint32_t rtc_date_register(struct rtc_moment moment);
struct rtc_moment rtc_later(struct rtc_moment moment, uint64_t seconds);

/* What an alarm's two registers ask for. */
struct rtc_alarm {
    uint32_t fields;    /* ALRMxR */
    uint32_t subsecond; /* ALRMxSSR */
    bool twelve_hours;
};

/* Position of the next match: `seconds` from `now` on, and prescaler ticks into that second
 * (0 .. prediv_s). The match is later than tick `tick` of second 0. False: never. */
bool rtc_next_match(const struct rtc_alarm *alarm, struct rtc_moment now, uint32_t tick,
                    uint32_t prediv_s, uint64_t *seconds, uint32_t *at_tick);

#endif
