/* Calendar arithmetic and alarm matching of the STM32 RTC. Years 2000 to 2099, as the registers. */
#include "_stm32_rtc.h"

#define HOUR         RTC_HOUR_SECONDS
#define DAY_SECONDS  RTC_DAY_SECONDS
#define CENTURY_DAYS (100u * 365 + 25) /* 2000 to 2099 */

#define ALARM_MSK1  (1u << 7)
#define ALARM_MSK2  (1u << 15)
#define ALARM_MSK3  (1u << 23)
#define ALARM_WDSEL (1u << 30)
#define ALARM_MSK4  (1u << 31)

struct date {
    uint32_t year, month, day; /* year 0 .. 99, month and day from 1 */
};

static uint32_t from_bcd(uint32_t bcd)
{
    return (bcd >> 4) * 10 + (bcd & 15);
}

static uint32_t to_bcd(uint32_t value)
{
    return value / 10 << 4 | value % 10;
}

static uint32_t limit(uint32_t value, uint32_t least, uint32_t most)
{
    return value < least ? least : value > most ? most : value;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && year % 4 == 0 ? 1u : 0u);
}

static uint32_t days_before_year(uint32_t year)
{
    return 365 * year + (year + 3) / 4;
}

static struct date date_of(uint64_t days)
{
    uint32_t left = (uint32_t)(days % CENTURY_DAYS);
    struct date date = {.year = left * 4 / 1461, .month = 1};
    left -= days_before_year(date.year);
    while (left >= month_days(date.year, date.month))
        left -= month_days(date.year, date.month++);
    date.day = left + 1;
    return date;
}

/* Hours of day from HT/HU and PM; `twelve` as FMT says. */
static uint32_t hour_of(uint32_t tr, bool twelve)
{
    uint32_t hour = from_bcd(tr >> 16 & 0x3F);
    if (!twelve)
        return limit(hour, 0, 23);
    return limit(hour, 1, 12) % 12 + (tr & RTC_TR_PM ? 12 : 0);
}

struct rtc_moment rtc_from_registers(uint32_t tr, uint32_t dr, bool twelve_hours)
{
    uint32_t year = limit(from_bcd(dr >> 16 & 0xFF), 0, 99);
    uint32_t month = limit(from_bcd(dr >> 8 & 0x1F), 1, 12);
    uint32_t day = limit(from_bcd(dr & 0x3F), 1, month_days(year, month));
    uint32_t days = days_before_year(year) + day - 1;
    for (uint32_t m = 1; m < month; m++)
        days += month_days(year, m);
    uint32_t second = hour_of(tr, twelve_hours) * HOUR +
                      limit(from_bcd(tr >> 8 & 0x7F), 0, 59) * 60 +
                      limit(from_bcd(tr & 0x7F), 0, 59);
    return (struct rtc_moment){.seconds = (uint64_t)days * DAY_SECONDS + second,
                               .weekday = limit(dr >> 13 & 7, 1, 7)};
}

uint32_t rtc_time_register(uint64_t seconds, bool twelve_hours)
{
    uint32_t of_day = (uint32_t)(seconds % DAY_SECONDS);
    uint32_t hour = of_day / HOUR;
    uint32_t pm = twelve_hours && hour >= 12 ? RTC_TR_PM : 0;
    if (twelve_hours)
        hour = hour % 12 == 0 ? 12 : hour % 12;
    return pm | to_bcd(hour) << 16 | to_bcd(of_day / 60 % 60) << 8 | to_bcd(of_day % 60);
}

uint32_t rtc_date_register(struct rtc_moment moment)
{
    struct date date = date_of(moment.seconds / DAY_SECONDS);
    return to_bcd(date.year) << 16 | moment.weekday << 13 | to_bcd(date.month) << 8 |
           to_bcd(date.day);
}

struct rtc_moment rtc_later(struct rtc_moment moment, uint64_t seconds)
{
    uint64_t days = (moment.seconds + seconds) / DAY_SECONDS - moment.seconds / DAY_SECONDS;
    return (struct rtc_moment){.seconds = (moment.seconds + seconds) %
                                          ((uint64_t)CENTURY_DAYS * DAY_SECONDS),
                               .weekday = (uint32_t)((moment.weekday - 1 + days) % 7) + 1};
}

/* ---- alarms -----------------------------------------------------------------------------------
 */

/* First second of day from `from` on that the time fields match; DAY_SECONDS when none is left. */
static uint32_t next_second_of_day(const struct rtc_alarm *alarm, uint32_t from)
{
    uint32_t fields = alarm->fields;
    bool any_hour = fields & ALARM_MSK3, any_minute = fields & ALARM_MSK2;
    bool any_second = fields & ALARM_MSK1;
    uint32_t hour = hour_of(fields, alarm->twelve_hours);
    uint32_t minute = from_bcd(fields >> 8 & 0x7F), second = from_bcd(fields & 0x7F);
    if ((!any_minute && minute > 59) || (!any_second && second > 59))
        return DAY_SECONDS;
    uint32_t at = from;
    while (at < DAY_SECONDS) {
        if (!any_hour && at / HOUR != hour) {
            if (at / HOUR > hour)
                return DAY_SECONDS;
            at = hour * HOUR;
        } else if (!any_minute && at / 60 % 60 != minute) {
            at = at / 60 % 60 < minute ? at / HOUR * HOUR + minute * 60 : (at / HOUR + 1) * HOUR;
        } else if (!any_second && at % 60 != second) {
            at = at % 60 < second ? at / 60 * 60 + second : (at / 60 + 1) * 60;
        } else {
            return at;
        }
    }
    return DAY_SECONDS;
}

static bool day_matches(const struct rtc_alarm *alarm, struct rtc_moment day)
{
    if (alarm->fields & ALARM_MSK4)
        return true;
    if (alarm->fields & ALARM_WDSEL)
        return day.weekday == (alarm->fields >> 24 & 15);
    return date_of(day.seconds / DAY_SECONDS).day == from_bcd(alarm->fields >> 24 & 0x3F);
}

/* The first matching second at or after `now`, as a distance. */
static bool next_second(const struct rtc_alarm *alarm, struct rtc_moment now, uint64_t *distance)
{
    uint32_t of_day = (uint32_t)(now.seconds % DAY_SECONDS);
    uint64_t passed = 0;
    /* A date comes again within 62 days, February 29 not being asked for by month. */
    for (uint32_t day = 0; day <= 62; day++) {
        struct rtc_moment moment = rtc_later(now, passed);
        if (day_matches(alarm, moment)) {
            uint32_t at = next_second_of_day(alarm, day == 0 ? of_day : 0);
            if (at < DAY_SECONDS) {
                *distance = passed + at - (day == 0 ? of_day : 0);
                return true;
            }
        }
        passed += DAY_SECONDS - (day == 0 ? of_day : 0);
    }
    return false;
}

/* First tick from `from` on at which the sub-second counter (prediv_s down to 0) matches. */
static bool next_tick(const struct rtc_alarm *alarm, uint32_t from, uint32_t prediv_s,
                      uint32_t *at_tick)
{
    uint32_t bits = alarm->subsecond >> 24 & 15;
    if (bits == 0) { /* not compared: the alarm comes as the second begins */
        *at_tick = 0;
        return from == 0;
    }
    if (from > prediv_s)
        return false;
    uint32_t mask = bits >= 15 ? 0x7FFF : (1u << bits) - 1;
    uint32_t wanted = alarm->subsecond & mask;
    uint32_t highest = prediv_s - from;
    uint32_t down = (highest - wanted) & mask;
    if (down > highest)
        return false;
    *at_tick = from + down;
    return true;
}

bool rtc_next_match(const struct rtc_alarm *alarm, struct rtc_moment now, uint32_t tick,
                    uint32_t prediv_s, uint64_t *seconds, uint32_t *at_tick)
{
    uint64_t distance;
    if (next_second(alarm, now, &distance) && distance == 0 &&
        next_tick(alarm, tick + 1, prediv_s, at_tick)) {
        *seconds = 0;
        return true;
    }
    if (!next_second(alarm, rtc_later(now, 1), &distance))
        return false;
    *seconds = distance + 1;
    return next_tick(alarm, 0, prediv_s, at_tick);
}
