/* Real-time clock of STM32L4/L4+ (with backup registers). ST RM0432 Rev 9.
 *
 * Modelled: BCD calendar with sub-seconds in 12 and 24 hours, both prescalers, initialisation
 * mode, write protection, shadow registers that SSR or TR lock until DR is read, alarms A and B
 * with all masks, wakeup timer, timestamp by input "ts", daylight saving, backup registers.
 * Everything but RSF and INIT survives a system reset; input "backup_reset" is the reset of the
 * backup domain. Input "dbp" at 0 refuses stores (PWR_CR1.DBP). Clock input 1 is RTCCLK.
 * Outputs: "exti" alarm, timestamp, wakeup; "irq" is their OR unless flag mote,via-exti is
 * there.
 *
 * Not modelled: tamper, calibration and shift, reference clock, outputs, internal timestamp;
 * write flags (ALRxWF) rise at once. */
#include "_stm32_rtc.h"
#include <mote/clock.h>
#include <mote/device.h>
#include <string.h>

enum { TR, DR, CR, ISR, PRER, WUTR, ALRMR, WPR, SSR, SHIFTR };
enum { TSTR = SHIFTR + 1, TSDR, TSSSR, CALR, TAMPCR, ALRMSSR, OR, BKPR, REG_COUNT };
enum { OUT_IRQ, OUT_ALARM, OUT_STAMP, OUT_WAKEUP };
enum { IN_DBP, IN_TS, IN_BACKUP_RESET };
enum { EVENT_ALARM_A, EVENT_ALARM_B, EVENT_WAKEUP, EVENT_SYNC, EVENT_INIT, EVENT_WUTWF, EVENTS };

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

struct rtc {
    struct mote_counter clk; /* RTCCLK cycles */
    uint64_t start;          /* cycle at which `moment` began */
    struct rtc_moment moment;
    uint64_t wakeup_start; /* cycle at which the wakeup timer began its present count */
    uint64_t locked_at;    /* cycle that the shadow registers show */
    uint8_t locked, powered, keys, via_exti;
};

/* ---- time -------------------------------------------------------------------------------------
 */

static uint64_t cycles_now(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    return mote_counter_value(&rtc->clk, mote_now_ps(dev->sys));
}

static uint32_t prediv_a(struct mote_device *dev)
{
    return (mote_reg(dev, PRER) >> 16 & 0x7F) + 1;
}

static uint32_t prediv_s(struct mote_device *dev)
{
    return mote_reg(dev, PRER) & 0x7FFF;
}

static uint64_t second_cycles(struct mote_device *dev)
{
    return (uint64_t)prediv_a(dev) * (prediv_s(dev) + 1);
}

static bool stopped(struct mote_device *dev)
{
    return (mote_reg(dev, ISR) & ISR_INITF) != 0;
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

static void update(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    uint32_t enabled = mote_reg(dev, CR) >> CR_TO_FLAG_SHIFT & 0xF00;
    uint32_t active = mote_reg(dev, ISR) & enabled;
    mote_wire_set(dev, OUT_ALARM, (active & FLAGS_ALARM) != 0);
    mote_wire_set(dev, OUT_STAMP, (active & ISR_TSF) != 0);
    mote_wire_set(dev, OUT_WAKEUP, (active & ISR_WUTF) != 0);
    mote_wire_set(dev, OUT_IRQ, !rtc->via_exti && active != 0);
}

static void arm_alarm(struct mote_device *dev, uint32_t n)
{
    const struct rtc *rtc = dev->state;
    mote_event_cancel(dev, EVENT_ALARM_A + n);
    if (!(mote_reg(dev, CR) & CR_ALRE(n)) || stopped(dev) || rtc->clk.hz == 0)
        return;
    struct rtc_alarm alarm = {.fields = mote_reg_at(dev, ALRMR, n),
                              .subsecond = mote_reg_at(dev, ALRMSSR, n),
                              .twelve_hours = mote_reg(dev, CR) & CR_FMT};
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
    uint32_t select = mote_reg(dev, CR) & 7;
    uint64_t count = (uint64_t)mote_reg(dev, WUTR) + 1;
    if (select < 4)
        return count * (16u >> select);
    return (count + (select >= 6 ? 0x10000 : 0)) * second_cycles(dev);
}

static void arm_wakeup(struct mote_device *dev)
{
    const struct rtc *rtc = dev->state;
    if ((mote_reg(dev, CR) & CR_WUTE) && rtc->clk.hz != 0)
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
    uint32_t isr = mote_reg(dev, ISR);
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
    if (!(mote_reg(dev, CR) & CR_WUTE) && !(isr & ISR_WUTWF))
        event_at_cycle(dev, EVENT_WUTWF, soon);
}

static void alarm_due(struct mote_device *dev, uint32_t n)
{
    mote_reg(dev, ISR) |= ISR_ALRF(n);
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
    mote_reg(dev, ISR) |= ISR_WUTF;
    rtc->wakeup_start += wakeup_cycles(dev);
    arm_wakeup(dev);
    update(dev);
}
static void synchronised(struct mote_device *dev)
{
    mote_reg(dev, ISR) |= ISR_RSF;
}
static void init_entered(struct mote_device *dev)
{
    rebase(dev);
    mote_reg(dev, ISR) |= ISR_INITF;
    arm_all(dev);
}
static void wakeup_writable(struct mote_device *dev)
{
    mote_reg(dev, ISR) |= ISR_WUTWF;
}

static const struct mote_event_desc events[EVENTS] = {
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
    if (mote_reg(dev, CR) & CR_BYPSHAD)
        return cycles_now(dev);
    uint64_t cycle = rtc->locked ? rtc->locked_at : cycles_now(dev);
    rtc->locked = locks;
    rtc->locked_at = cycle;
    return cycle;
}

static uint32_t load_tr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    uint32_t tick;
    if (stopped(dev))
        return value;
    struct rtc_moment moment = moment_at(dev, shown_cycle(dev, true), &tick);
    return rtc_time_register(moment.seconds, mote_reg(dev, CR) & CR_FMT);
}

static uint32_t load_dr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    uint32_t tick;
    if (stopped(dev))
        return value;
    return rtc_date_register(moment_at(dev, shown_cycle(dev, false), &tick));
}

static uint32_t load_ssr(struct mote_device *dev, uint32_t element, uint32_t value)
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
static bool accept(struct mote_device *dev, uint32_t id, uint32_t element, uint32_t old,
                   bool needs_keys, bool allowed)
{
    const struct rtc *rtc = dev->state;
    const char *why = NULL;
    if (mote_wire_input(dev, IN_DBP) == 0)
        why = "the backup domain is write-protected (PWR_CR1.DBP)";
    else if (needs_keys && rtc->keys != 2)
        why = "write protected: 0xCA and 0x53 go to WPR first";
    else if (!allowed)
        why = "only in the mode that the manual asks for (INITF, WUTWF, ALRxE = 0)";
    if (why == NULL)
        return true;
    mote_reg_at(dev, id, element) = old;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to offset 0x%x ignored: %s",
             dev->cls->regs[id].offset + 4 * element, why);
    return false;
}

/* TR, DR and PRER take values in initialisation mode only. */
#define INIT_STORE(function, id)                                                                   \
    static void function(struct mote_device *dev, uint32_t element, uint32_t old,                  \
                         uint32_t written)                                                         \
    {                                                                                              \
        (void)written;                                                                             \
        accept(dev, id, element, old, true, stopped(dev));                                         \
    }
INIT_STORE(store_tr, TR)
INIT_STORE(store_dr, DR)
INIT_STORE(store_prer, PRER)

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct rtc *rtc = dev->state;
    if (!accept(dev, CR, 0, old, true, true))
        return;
    uint32_t cr = mote_reg(dev, CR);
    rebase(dev);
    if (written & CR_ADD1H)
        rtc->moment = rtc_later(rtc->moment, RTC_HOUR_SECONDS);
    if ((written & CR_SUB1H) && rtc->moment.seconds % RTC_DAY_SECONDS >= RTC_HOUR_SECONDS)
        rtc->moment.seconds -= RTC_HOUR_SECONDS;
    if (!(cr & CR_WUTE) && (old & CR_WUTE))
        mote_reg(dev, ISR) &= ~ISR_WUTWF;
    if ((cr & ~old & CR_WUTE)) {
        rtc->wakeup_start = cycles_now(dev);
        mote_reg(dev, ISR) &= ~ISR_WUTWF;
    }
    for (uint32_t n = 0; n < 2; n++)
        mote_reg(dev, ISR) =
            (mote_reg(dev, ISR) & ~ISR_ALRWF(n)) | (cr & CR_ALRE(n) ? 0 : ISR_ALRWF(n));
    arm_all(dev);
    update(dev);
}

static void leave_init(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    rtc->moment =
        rtc_from_registers(mote_reg(dev, TR), mote_reg(dev, DR), mote_reg(dev, CR) & CR_FMT);
    rtc->start = cycles_now(dev);
    rtc->locked = 0;
    bool set = (mote_reg(dev, DR) >> 16) != 0;
    mote_reg(dev, ISR) &= ~(ISR_INITF | ISR_RSF | ISR_INITS);
    mote_reg(dev, ISR) |= set ? ISR_INITS : 0;
}

static void store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    const struct rtc *rtc = dev->state;
    if (mote_wire_input(dev, IN_DBP) == 0 && !accept(dev, ISR, 0, old, false, true))
        return;
    /* The event flags are outside the write protection. */
    if (rtc->keys != 2)
        mote_reg(dev, ISR) =
            (mote_reg(dev, ISR) & ~(ISR_RSF | ISR_INIT)) | (old & (ISR_RSF | ISR_INIT));
    if ((old & ISR_INITF) && !(mote_reg(dev, ISR) & ISR_INIT))
        leave_init(dev);
    arm_all(dev);
    update(dev);
}

static void store_wutr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    accept(dev, WUTR, 0, old, true, (mote_reg(dev, ISR) & (ISR_WUTWF | ISR_INITF)) != 0);
}

static bool alarm_free(struct mote_device *dev, uint32_t n)
{
    return !(mote_reg(dev, CR) & CR_ALRE(n)) || stopped(dev);
}

static void store_alarm(struct mote_device *dev, uint32_t n, uint32_t old, uint32_t written)
{
    (void)written;
    accept(dev, ALRMR, n, old, true, alarm_free(dev, n));
}

static void store_alarm_ss(struct mote_device *dev, uint32_t n, uint32_t old, uint32_t written)
{
    (void)written;
    accept(dev, ALRMSSR, n, old, true, alarm_free(dev, n));
}

static void store_wpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
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

static void store_bkp(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    accept(dev, BKPR, element, old, false, true);
}

static void timestamp(struct mote_device *dev, int level)
{
    uint32_t cr = mote_reg(dev, CR);
    if (!(cr & CR_TSE) || (level == 1) == ((cr & CR_TSEDGE) != 0) || level == MOTE_WIRE_Z)
        return;
    if (mote_reg(dev, ISR) & ISR_TSF) {
        mote_reg(dev, ISR) |= ISR_TSOVF;
        return;
    }
    uint32_t tick;
    struct rtc_moment moment = moment_at(dev, cycles_now(dev), &tick);
    mote_reg(dev, TSTR) = rtc_time_register(moment.seconds, cr & CR_FMT);
    mote_reg(dev, TSDR) = rtc_date_register(moment) & 0xFF3F;
    mote_reg(dev, TSSSR) = prediv_s(dev) - tick;
    mote_reg(dev, ISR) |= ISR_TSF;
    update(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [TR] = {.name = "TR",
            .offset = 0x00,
            .rw = 0x007F7F7F,
            .keep = 1,
            .load = load_tr,
            .store = store_tr},
    [DR] = {.name = "DR",
            .offset = 0x04,
            .reset = 0x00002101,
            .rw = 0x00FFFF3F,
            .keep = 1,
            .load = load_dr,
            .store = store_dr},
    [CR] = {.name = "CR",
            .offset = 0x08,
            .rw = 0x01FCFF7F,
            .wo = CR_ADD1H | CR_SUB1H,
            .unmodelled = 0x01F80010, /* ITSE COE OSEL POL COSEL REFCKON */
            .keep = 1,
            .store = store_cr},
    [ISR] = {.name = "ISR",
             .offset = 0x0C,
             .reset = 0x00000007,
             .ro = 0x0001005F,
             .rw = ISR_INIT,
             .w0c = 0x0002FF20,
             .keep = 1,
             .store = store_isr},
    [PRER] = {.name = "PRER",
              .offset = 0x10,
              .reset = 0x007F00FF,
              .rw = 0x007F7FFF,
              .keep = 1,
              .store = store_prer},
    [WUTR] = {.name = "WUTR",
              .offset = 0x14,
              .reset = 0x0000FFFF,
              .rw = 0x0000FFFF,
              .keep = 1,
              .store = store_wutr},
    [ALRMR] = {.name = "ALRM%uR", /* A, B */
               .offset = 0x1C,
               .rw = 0xFFFFFFFF,
               .count = 2,
               .keep = 1,
               .store = store_alarm},
    [WPR] = {.name = "WPR", .offset = 0x24, .wo = 0x000000FF, .store = store_wpr},
    [SSR] = {.name = "SSR", .offset = 0x28, .ro = 0x0000FFFF, .load = load_ssr},
    [SHIFTR] = {.name = "SHIFTR", .offset = 0x2C, .wo = 0x80007FFF},
    [TSTR] = {.name = "TSTR", .offset = 0x30, .ro = 0x007F7F7F, .keep = 1},
    [TSDR] = {.name = "TSDR", .offset = 0x34, .ro = 0x0000FF3F, .keep = 1},
    [TSSSR] = {.name = "TSSSR", .offset = 0x38, .ro = 0x0000FFFF, .keep = 1},
    [CALR] =
        {.name = "CALR", .offset = 0x3C, .rw = 0x0000E1FF, .unmodelled = 0x0000E1FF, .keep = 1},
    [TAMPCR] =
        {.name = "TAMPCR", .offset = 0x40, .rw = 0x01FFFFFF, .unmodelled = 0x01FFFFFF, .keep = 1},
    [ALRMSSR] = {.name = "ALRM%uSSR", /* A, B */
                 .offset = 0x44,
                 .rw = 0x0F007FFF,
                 .count = 2,
                 .keep = 1,
                 .store = store_alarm_ss},
    [OR] = {.name = "OR", .offset = 0x4C, .rw = 0x00000003, .unmodelled = 0x00000003, .keep = 1},
    [BKPR] = {.name = "BKP%uR",
              .offset = 0x50,
              .rw = 0xFFFFFFFF,
              .count = 32,
              .keep = 1,
              .store = store_bkp},
};

/* ---- life -------------------------------------------------------------------------------------
 */

static void set_clock(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    mote_counter_set(&rtc->clk, now, mote_counter_value(&rtc->clk, now), mote_clock_hz(dev, 1));
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct rtc *rtc = dev->state;
    rtc->via_exti = mote_prop_flag(dev, "mote,via-exti");
    return true;
}

static void backup_reset(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    for (uint32_t id = 0; id < REG_COUNT; id++) {
        uint32_t count = regs[id].count ? regs[id].count : 1;
        for (uint32_t i = 0; i < count; i++)
            mote_reg_at(dev, id, i) = regs[id].reset;
    }
    uint8_t via_exti = rtc->via_exti;
    memset(rtc, 0, sizeof *rtc);
    rtc->via_exti = via_exti;
    rtc->powered = 1;
    rtc->moment = rtc_from_registers(0, regs[DR].reset, false);
    set_clock(dev);
}

static void reset(struct mote_device *dev)
{
    struct rtc *rtc = dev->state;
    if (!rtc->powered) {
        backup_reset(dev);
    } else if (stopped(dev)) {
        leave_init(dev);
    }
    /* The shadow registers and initialisation mode belong to the system's reset. */
    mote_reg(dev, ISR) &= ~(ISR_RSF | ISR_INIT | ISR_INITF);
    rtc->locked = 0;
    rtc->keys = 0;
    arm_all(dev);
    update(dev);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    if (index == IN_TS) {
        timestamp(dev, level);
    } else if (index == IN_BACKUP_RESET && level == 1) {
        backup_reset(dev);
        arm_all(dev);
        update(dev);
    }
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index != 1)
        return;
    set_clock(dev);
    arm_all(dev);
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
    .events = events,
    .event_count = EVENTS,
    .inputs = {{"dbp", 1}, {"ts", 1}, {"backup_reset", 1}},
    .outputs = {{"irq", 1}, {"exti", 3}},
    .power_states = {"off", "active"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
