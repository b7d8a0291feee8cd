#include "_stm32_rtc_unit.h"
#include <mote/clock.h>

enum { OUT_IRQ, OUT_ALARM, OUT_STAMP, OUT_WAKEUP };
enum { IN_DBP, IN_TS, IN_BACKUP_RESET };
enum { EVENT_ALARM_A, EVENT_ALARM_B, EVENT_WAKEUP, EVENT_SYNC, EVENT_INIT, EVENT_WUTWF };

#define CR_TSEDGE    (1u << 3)
#define CR_BYPSHAD   (1u << 5)
#define CR_FMT       (1u << 6)
#define CR_ALRE(n)   (1u << (8 + (n)))
#define CR_WUTE      (1u << 10)
#define CR_TSE       (1u << 11)
#define CR_ADD1H     (1u << 16)
#define CR_SUB1H     (1u << 17)
#define ISR_ALRWF(n) (1u << (n))
#define ISR_WUTWF    (1u << 2)
#define ISR_INITS    (1u << 4)
#define ISR_RSF      (1u << 5)
#define ISR_INITF    (1u << 6)
#define ISR_INIT     (1u << 7)
#define ISR_ALRF(n)  (1u << (8 + (n)))
#define ISR_WUTF     (1u << 10)
#define ISR_TSF      (1u << 11)
#define ISR_TSOVF    (1u << 12)
/* Flags ALRAF to TSF stand at the place of their enable bits in CR, shifted by four. */
#define CR_TO_FLAG_SHIFT 4
#define FLAGS_ALARM      (3u << 8)

/* Synchronisation between the bus and RTCCLK: RM0432, RTC functional description. */
#define SYNC_CYCLES 2u

/* ---- time -------------------------------------------------------------------------------------
 */

static uint64_t cycles_now(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    return mote_counter_value(&rtc->clk, mote_now_ps(dev->sys));
}

static uint32_t prediv_a(struct mote_device *dev)
{
    return (mote_reg(dev, RTC_PRER) >> 16 & 0x7F) + 1;
}

static uint32_t prediv_s(struct mote_device *dev)
{
    return mote_reg(dev, RTC_PRER) & 0x7FFF;
}

static uint64_t second_cycles(struct mote_device *dev)
{
    return (uint64_t)prediv_a(dev) * (prediv_s(dev) + 1);
}

static bool stopped(struct mote_device *dev)
{
    return (mote_reg(dev, RTC_ISR) & ISR_INITF) != 0;
}

/* The moment at a cycle, and the ticks of the asynchronous prescaler into its second. */
static struct rtc_moment moment_at(struct mote_device *dev, uint64_t cycle, uint32_t *tick)
{
    const struct rtc *rtc = dev->state;
    uint64_t passed = stopped(dev) || cycle < rtc->start ? 0 : cycle - rtc->start;
    *tick = (uint32_t)(passed % second_cycles(dev) / prediv_a(dev));
    return rtc_later(rtc->moment, passed / second_cycles(dev));
}

/* Continues from the present moment: before anything changes the flow of time. */
static void rebase(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    uint64_t now = cycles_now(dev);
    if (stopped(dev) || now < rtc->start)
        return;
    uint64_t seconds = (now - rtc->start) / second_cycles(dev);
    rtc->moment = rtc_later(rtc->moment, seconds);
    rtc->start += seconds * second_cycles(dev);
}

static void event_at_cycle(struct mote_device *dev, uint32_t event, uint64_t cycle)
{
    const struct rtc *rtc = dev->state;
    mote_event_at(dev, event, mote_counter_when_ps(&rtc->clk, cycle));
}

/* ---- flags and wires --------------------------------------------------------------------------
 */

/* Alarms, wakeup and timestamp, at the places that they have in ISR of version 2, or shifted. */
static uint32_t *flags(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    return &mote_reg(dev, rtc->flags_row);
}

static void raise_flag(struct mote_device *dev, uint32_t flag)
{
    const struct rtc *rtc = dev->state;
    *flags(dev) |= flag >> rtc->flags_shift;
}

static uint32_t enabled_flags(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    return *flags(dev) << rtc->flags_shift & mote_reg(dev, RTC_CR) >> CR_TO_FLAG_SHIFT & 0xF00;
}

static void update(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    uint32_t active = enabled_flags(dev);
    mote_wire_set(dev, OUT_ALARM, (active & FLAGS_ALARM) != 0);
    mote_wire_set(dev, OUT_STAMP, (active & ISR_TSF) != 0);
    mote_wire_set(dev, OUT_WAKEUP, (active & ISR_WUTF) != 0);
    mote_wire_set(dev, OUT_IRQ, !rtc->via_exti && active != 0);
}

static void arm_alarm(struct mote_device *dev, uint32_t n)
{
    const struct rtc *rtc = dev->state;
    mote_event_cancel(dev, EVENT_ALARM_A + n);
    if (!(mote_reg(dev, RTC_CR) & CR_ALRE(n)) || stopped(dev) || rtc->clk.hz == 0)
        return;
    struct rtc_alarm alarm = {.fields = mote_reg_at(dev, RTC_ALRMR, n),
                              .subsecond = mote_reg_at(dev, RTC_ALRMSSR, n),
                              .twelve_hours = mote_reg(dev, RTC_CR) & CR_FMT};
    uint64_t now = cycles_now(dev);
    uint32_t tick, at_tick;
    uint64_t seconds;
    struct rtc_moment moment = moment_at(dev, now, &tick);
    if (!rtc_next_match(&alarm, moment, tick, prediv_s(dev), &seconds, &at_tick))
        return;
    uint64_t second = now < rtc->start ? 0 : (now - rtc->start) / second_cycles(dev);
    event_at_cycle(dev, EVENT_ALARM_A + n,
                   rtc->start + (second + seconds) * second_cycles(dev) +
                       (uint64_t)at_tick * prediv_a(dev));
}

/* Cycles of one period of the wakeup timer. */
static uint64_t wakeup_cycles(struct mote_device *dev)
{
    uint32_t select = mote_reg(dev, RTC_CR) & 7;
    uint64_t count = (uint64_t)(mote_reg(dev, RTC_WUTR) & 0xFFFF) + 1;
    if (select < 4)
        return count * (16u >> select);
    return (count + (select >= 6 ? 0x10000 : 0)) * second_cycles(dev);
}

static void arm_wakeup(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    if ((mote_reg(dev, RTC_CR) & CR_WUTE) && rtc->clk.hz != 0)
        event_at_cycle(dev, EVENT_WAKEUP, rtc->wakeup_start + wakeup_cycles(dev));
    else
        mote_event_cancel(dev, EVENT_WAKEUP);
}

static void arm_all(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    arm_alarm(dev, 0);
    arm_alarm(dev, 1);
    arm_wakeup(dev);
    uint64_t soon = cycles_now(dev) + SYNC_CYCLES;
    uint32_t isr = mote_reg(dev, RTC_ISR);
    mote_event_cancel(dev, EVENT_SYNC);
    mote_event_cancel(dev, EVENT_INIT);
    mote_event_cancel(dev, EVENT_WUTWF);
    mote_power_state(dev, rtc->clk.hz != 0 ? 1 : 0);
    if (rtc->clk.hz == 0)
        return;
    if ((isr & (ISR_INIT | ISR_INITF)) == ISR_INIT)
        event_at_cycle(dev, EVENT_INIT, soon);
    else if (!(isr & (ISR_RSF | ISR_INITF)))
        event_at_cycle(dev, EVENT_SYNC, soon);
    if (!(mote_reg(dev, RTC_CR) & CR_WUTE) && !(isr & ISR_WUTWF))
        event_at_cycle(dev, EVENT_WUTWF, soon);
}

static void alarm_due(struct mote_device *dev, uint32_t n)
{
    raise_flag(dev, ISR_ALRF(n));
    arm_alarm(dev, n);
    update(dev);
}
static void alarm_a_due(struct mote_device *dev)
{
    alarm_due(dev, 0);
}
static void alarm_b_due(struct mote_device *dev)
{
    alarm_due(dev, 1);
}
static void wakeup_due(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    raise_flag(dev, ISR_WUTF);
    rtc->wakeup_start += wakeup_cycles(dev);
    arm_wakeup(dev);
    update(dev);
}
static void synchronised(struct mote_device *dev)
{
    mote_reg(dev, RTC_ISR) |= ISR_RSF;
}
static void init_entered(struct mote_device *dev)
{
    rebase(dev);
    mote_reg(dev, RTC_ISR) |= ISR_INITF;
    arm_all(dev);
}
static void wakeup_writable(struct mote_device *dev)
{
    mote_reg(dev, RTC_ISR) |= ISR_WUTWF;
}

const struct mote_event_desc stm32_rtc_events[RTC_EVENTS] = {
    [EVENT_ALARM_A] = {.name = "alarm_a", .fire = alarm_a_due},
    [EVENT_ALARM_B] = {.name = "alarm_b", .fire = alarm_b_due},
    [EVENT_WAKEUP] = {.name = "wakeup", .fire = wakeup_due},
    [EVENT_SYNC] = {.name = "rsf", .fire = synchronised},
    [EVENT_INIT] = {.name = "init", .fire = init_entered},
    [EVENT_WUTWF] = {.name = "wutwf", .fire = wakeup_writable},
};

/* ---- reading the calendar ---------------------------------------------------------------------
 */

/* The cycle that a read shows: SSR and TR lock the shadow registers, DR lets them go. */
static uint64_t shown_cycle(struct mote_device *dev, bool locks)
{
    struct rtc *rtc = dev->state;
    if (mote_reg(dev, RTC_CR) & CR_BYPSHAD)
        return cycles_now(dev);
    uint64_t cycle = rtc->locked ? rtc->locked_at : cycles_now(dev);
    rtc->locked = locks;
    rtc->locked_at = cycle;
    return cycle;
}

uint32_t stm32_rtc_load_tr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    uint32_t tick;
    if (stopped(dev))
        return value;
    struct rtc_moment moment = moment_at(dev, shown_cycle(dev, true), &tick);
    return rtc_time_register(moment.seconds, mote_reg(dev, RTC_CR) & CR_FMT);
}

uint32_t stm32_rtc_load_dr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    uint32_t tick;
    if (stopped(dev))
        return value;
    return rtc_date_register(moment_at(dev, shown_cycle(dev, false), &tick));
}

uint32_t stm32_rtc_load_ssr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    uint32_t tick;
    moment_at(dev, stopped(dev) ? 0 : shown_cycle(dev, true), &tick);
    return prediv_s(dev) - tick;
}

/* ---- stores -----------------------------------------------------------------------------------
 */

/* Whether a store counts; otherwise the register gets its old value back. */
bool stm32_rtc_accept(struct mote_device *dev, uint32_t id, uint32_t element, uint32_t old,
                      bool needs_keys, bool allowed)
{
    const struct rtc *rtc = dev->state;
    const char *why = NULL;
    if (mote_wire_input(dev, IN_DBP) == 0)
        why = "the backup domain is write-protected (DBP of PWR)";
    else if (needs_keys && rtc->keys != 2)
        why = "write protected: 0xCA and 0x53 go to WPR first";
    else if (!allowed)
        why = "only in the mode that the manual asks for (INITF, WUTWF, ALRxE = 0)";
    if (why == NULL)
        return true;
    mote_reg_at(dev, id, element) = old;
    const struct mote_reg *reg = &dev->cls->regs[id];
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to offset 0x%x ignored: %s",
             reg->offset + (reg->stride != 0 ? reg->stride : 4u) * element, why);
    return false;
}

/* TR, DR and PRER take values in initialisation mode only. */
#define INIT_STORE(function, id)                                                                   \
    void function(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)       \
    {                                                                                              \
        (void)written;                                                                             \
        stm32_rtc_accept(dev, id, element, old, true, stopped(dev));                               \
    }
INIT_STORE(stm32_rtc_store_tr, RTC_TR)
INIT_STORE(stm32_rtc_store_dr, RTC_DR)
INIT_STORE(stm32_rtc_store_prer, RTC_PRER)

void stm32_rtc_store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct rtc *rtc = dev->state;
    if (!stm32_rtc_accept(dev, RTC_CR, 0, old, true, true))
        return;
    uint32_t cr = mote_reg(dev, RTC_CR);
    rebase(dev);
    if (written & CR_ADD1H)
        rtc->moment = rtc_later(rtc->moment, RTC_HOUR_SECONDS);
    if ((written & CR_SUB1H) && rtc->moment.seconds % RTC_DAY_SECONDS >= RTC_HOUR_SECONDS)
        rtc->moment.seconds -= RTC_HOUR_SECONDS;
    if (!(cr & CR_WUTE) && (old & CR_WUTE))
        mote_reg(dev, RTC_ISR) &= ~ISR_WUTWF;
    if ((cr & ~old & CR_WUTE)) {
        rtc->wakeup_start = cycles_now(dev);
        mote_reg(dev, RTC_ISR) &= ~ISR_WUTWF;
    }
    for (uint32_t n = 0; n < 2; n++)
        mote_reg(dev, RTC_ISR) =
            (mote_reg(dev, RTC_ISR) & ~ISR_ALRWF(n)) | (cr & CR_ALRE(n) ? 0 : ISR_ALRWF(n));
    arm_all(dev);
    update(dev);
}

static void leave_init(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    rtc->moment = rtc_from_registers(mote_reg(dev, RTC_TR), mote_reg(dev, RTC_DR),
                                     mote_reg(dev, RTC_CR) & CR_FMT);
    rtc->start = cycles_now(dev);
    rtc->locked = 0;
    bool set = (mote_reg(dev, RTC_DR) >> 16) != 0;
    mote_reg(dev, RTC_ISR) &= ~(ISR_INITF | ISR_RSF | ISR_INITS);
    mote_reg(dev, RTC_ISR) |= set ? ISR_INITS : 0;
}

void stm32_rtc_store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    const struct rtc *rtc = dev->state;
    if (mote_wire_input(dev, IN_DBP) == 0 && !stm32_rtc_accept(dev, RTC_ISR, 0, old, false, true))
        return;
    /* The event flags are outside the write protection. */
    if (rtc->keys != 2)
        mote_reg(dev, RTC_ISR) =
            (mote_reg(dev, RTC_ISR) & ~(ISR_RSF | ISR_INIT)) | (old & (ISR_RSF | ISR_INIT));
    if ((old & ISR_INITF) && !(mote_reg(dev, RTC_ISR) & ISR_INIT))
        leave_init(dev);
    arm_all(dev);
    update(dev);
}

void stm32_rtc_store_wutr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    stm32_rtc_accept(dev, RTC_WUTR, 0, old, true,
                     (mote_reg(dev, RTC_ISR) & (ISR_WUTWF | ISR_INITF)) != 0);
}

static bool alarm_free(struct mote_device *dev, uint32_t n)
{
    return !(mote_reg(dev, RTC_CR) & CR_ALRE(n)) || stopped(dev);
}

void stm32_rtc_store_alarm(struct mote_device *dev, uint32_t n, uint32_t old, uint32_t written)
{
    (void)written;
    stm32_rtc_accept(dev, RTC_ALRMR, n, old, true, alarm_free(dev, n));
}

void stm32_rtc_store_alarm_ss(struct mote_device *dev, uint32_t n, uint32_t old, uint32_t written)
{
    (void)written;
    stm32_rtc_accept(dev, RTC_ALRMSSR, n, old, true, alarm_free(dev, n));
}

void stm32_rtc_store_wpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct rtc *rtc = dev->state;
    uint32_t key = written & 0xFF;
    if (key == 0xCA)
        rtc->keys = 1;
    else
        rtc->keys = rtc->keys == 1 && key == 0x53 ? 2 : 0;
}

static void timestamp(struct mote_device *dev, int level)
{
    const struct rtc *rtc = dev->state;
    uint32_t cr = mote_reg(dev, RTC_CR);
    if (!(cr & CR_TSE) || (level == 1) == ((cr & CR_TSEDGE) != 0) || level == MOTE_WIRE_Z)
        return;
    if (*flags(dev) & ISR_TSF >> rtc->flags_shift) {
        raise_flag(dev, ISR_TSOVF);
        return;
    }
    uint32_t tick;
    struct rtc_moment moment = moment_at(dev, cycles_now(dev), &tick);
    mote_reg(dev, RTC_TSTR) = rtc_time_register(moment.seconds, cr & CR_FMT);
    mote_reg(dev, RTC_TSDR) = rtc_date_register(moment) & 0xFF3F;
    mote_reg(dev, RTC_TSSSR) = prediv_s(dev) - tick;
    raise_flag(dev, ISR_TSF);
    update(dev);
}

/* ---- status of version 3 ------------------------------------------------------------------------
 */

uint32_t stm32_rtc_load_misr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    const struct rtc *rtc = dev->state;
    return enabled_flags(dev) >> rtc->flags_shift;
}

void stm32_rtc_store_scr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    *flags(dev) &= ~written;
    update(dev);
}

/* ---- life -------------------------------------------------------------------------------------
 */

static void set_clock(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    mote_counter_set(&rtc->clk, now, mote_counter_value(&rtc->clk, now), mote_clock_hz(dev, 1));
}

void stm32_rtc_attach(struct mote_device *dev, uint32_t flags_row, uint32_t flags_shift)
{
    struct rtc *rtc = dev->state;
    rtc->flags_row = (uint8_t)flags_row;
    rtc->flags_shift = (uint8_t)flags_shift;
    rtc->via_exti = mote_prop_flag(dev, "mote,via-exti");
}

static void backup_reset(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    const struct mote_reg *regs = dev->cls->regs;
    for (uint32_t id = 0; id < dev->cls->reg_count; id++) {
        uint32_t count = regs[id].count ? regs[id].count : 1;
        for (uint32_t i = 0; i < count; i++)
            mote_reg_at(dev, id, i) = regs[id].reset;
    }
    *rtc = (struct rtc){.via_exti = rtc->via_exti,
                        .flags_row = rtc->flags_row,
                        .flags_shift = rtc->flags_shift,
                        .powered = 1,
                        .moment = rtc_from_registers(0, regs[RTC_DR].reset, false)};
    set_clock(dev);
}

void stm32_rtc_reset(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    if (!rtc->powered) {
        backup_reset(dev);
    } else if (stopped(dev)) {
        leave_init(dev);
    }
    /* The shadow registers and initialisation mode belong to the system's reset. */
    mote_reg(dev, RTC_ISR) &= ~(ISR_RSF | ISR_INIT | ISR_INITF);
    rtc->locked = 0;
    rtc->keys = 0;
    arm_all(dev);
    update(dev);
}

void stm32_rtc_input(struct mote_device *dev, uint32_t index, int level)
{
    if (index == IN_TS) {
        timestamp(dev, level);
    } else if (index == IN_BACKUP_RESET && level == 1) {
        backup_reset(dev);
        arm_all(dev);
        update(dev);
    }
}

void stm32_rtc_clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index != 1)
        return;
    set_clock(dev);
    arm_all(dev);
}
