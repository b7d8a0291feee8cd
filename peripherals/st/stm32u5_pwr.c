/* STM32U5 power control (PWR).
 *
 * ST RM0456 (STM32U5 series), chapter 10; bits as in ST's stm32u575xx.h. Times are properties of
 * the node (sources: sim/boards/stm32u575.dtsi). Modelled: voltage ranges 1 to 4 and the EPOD
 * booster with their ready flags, LDO and SMPS with REGS, Sleep, Stop 0 to 3, Standby and Shutdown
 * with wake-up times, wake-up pins (selection 0) and flags, write protection of the backup domain;
 * each mode is announced as a power state. The core announces Sleep on input "sleep" and deep sleep
 * on "sleepdeep". In Stop, output "stop" (to the RCC) halts the high-speed clocks until the wake-up
 * time is over; whatever wakes the core ends Stop. Leaving Standby or Shutdown is a system reset.
 * Not modelled: supply supervision (supplies are always good once enabled), power-down of SRAM
 * pages, pulls in Standby, loss of SRAM contents, battery charging, security attributes, autonomous
 * peripherals in Stop, wake-up sources other than pins by WUSEL. */
#include <mote/clock.h>
#include <mote/device.h>

#define WAKE_PINS 8
#define PORTS     9

enum { IN_SLEEP, IN_SLEEPDEEP, IN_WKUP, IN_WAKE = IN_WKUP + WAKE_PINS };
enum { OUT_STOP, OUT_DBP, OUT_STANDBY };
enum { EV_VOS, EV_BOOST, EV_WAKE, EV_COUNT };

enum {
    CR1,
    CR2,
    CR3,
    VOSR,
    SVMCR,
    WUCR1,
    WUCR2,
    WUCR3,
    BDCR1,
    BDCR2,
    DBPR,
    UCPDR,
    SECCFGR,
    PRIVCFGR,
    SR,
    SVMSR,
    BDSR,
    WUSR,
    WUSCR,
    APCR,
    PUPD,
    REG_COUNT,
};

#define CR3_REGSEL    (1u << 1)
#define VOSR_BOOSTRDY (1u << 14)
#define VOSR_VOSRDY   (1u << 15)
#define VOSR_VOS      (3u << 16)
#define VOSR_BOOSTEN  (1u << 18)
#define SVMSR_REGS    (1u << 1)
#define SVMSR_ACTRDY  (1u << 15)
#define SR_CSSF       (1u << 0)
#define SR_STOPF      (1u << 1)
#define SR_SBF        (1u << 2)

/* Run and Sleep states: range 4 to 1 in the order of VOS, with LDO and then with SMPS. */
enum {
    RUN = 0,
    SLEEP = 8,
    STOP0 = 16,
    STOP1,
    STOP2,
    STOP3,
    STANDBY,
    SHUTDOWN,
    WAKING, /* regulator and clock come back, from any of the six above */
    STATE_COUNT,
};

struct pwr_state {
    uint64_t vos_settle_ps, boost_settle_ps;
    uint64_t wake_ps[STATE_COUNT]; /* from STOP0 on */
    uint8_t mode;                  /* STOP0 .. SHUTDOWN while in or leaving one, else 0 */
    bool woken_from_standby;
};

/* ---- the present mode --------------------------------------------------------------------------
 */

static void announce(struct mote_device *dev)
{
    const struct pwr_state *pwr = dev->state;
    uint32_t state = (mote_reg(dev, VOSR) & VOSR_VOS) >> 16;
    if (mote_reg(dev, SVMSR) & SVMSR_REGS)
        state += 4;
    if (pwr->mode != 0)
        state = mote_event_armed(dev, EV_WAKE) ? WAKING : pwr->mode;
    else if (mote_wire_input(dev, IN_SLEEP) == 1)
        state += SLEEP;
    mote_power_state(dev, state);
}

static void enter(struct mote_device *dev)
{
    static const uint8_t modes[8] = {STOP0,   STOP1,   STOP2,    STOP3,
                                     STANDBY, STANDBY, SHUTDOWN, SHUTDOWN};
    struct pwr_state *pwr = dev->state;
    mote_event_cancel(dev, EV_WAKE);
    pwr->mode = modes[mote_reg(dev, CR1) & 7];
    mote_wire_set(dev, OUT_STOP, 1);
    announce(dev);
}

/* Something wakes the chip: it runs when regulator and clock are back. */
static void wake(struct mote_device *dev)
{
    const struct pwr_state *pwr = dev->state;
    if (pwr->mode == 0 || mote_event_armed(dev, EV_WAKE))
        return;
    mote_event_after(dev, EV_WAKE, pwr->wake_ps[pwr->mode]);
    announce(dev);
}

static void awake(struct mote_device *dev)
{
    struct pwr_state *pwr = dev->state;
    bool standby = pwr->mode >= STANDBY;
    pwr->woken_from_standby = pwr->mode == STANDBY;
    pwr->mode = 0;
    if (standby) {
        mote_wire_pulse(dev, OUT_STANDBY); /* the RCC asks for the reset */
        return;                            /* the core stays without a clock until the reset */
    }
    mote_reg(dev, SR) |= SR_STOPF;
    mote_wire_set(dev, OUT_STOP, 0);
    announce(dev);
}

static void vos_settled(struct mote_device *dev)
{
    mote_reg(dev, VOSR) |= VOSR_VOSRDY;
    mote_reg(dev, SVMSR) =
        (mote_reg(dev, SVMSR) & ~VOSR_VOS) | SVMSR_ACTRDY | (mote_reg(dev, VOSR) & VOSR_VOS);
    announce(dev);
}

static void boost_settled(struct mote_device *dev)
{
    mote_reg(dev, VOSR) |= VOSR_BOOSTRDY;
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_cr3(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t *svmsr = &mote_reg(dev, SVMSR);
    *svmsr = mote_reg(dev, CR3) & CR3_REGSEL ? *svmsr | SVMSR_REGS : *svmsr & ~SVMSR_REGS;
    announce(dev);
}

static void store_vosr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    const struct pwr_state *pwr = dev->state;
    uint32_t *vosr = &mote_reg(dev, VOSR);
    if ((old ^ *vosr) & VOSR_VOS) {
        *vosr &= ~VOSR_VOSRDY;
        mote_reg(dev, SVMSR) &= ~SVMSR_ACTRDY;
        mote_event_after(dev, EV_VOS, pwr->vos_settle_ps);
    }
    if (!(*vosr & VOSR_BOOSTEN)) {
        mote_event_cancel(dev, EV_BOOST);
        *vosr &= ~VOSR_BOOSTRDY;
    } else if (!(old & VOSR_BOOSTEN)) {
        mote_event_after(dev, EV_BOOST, pwr->boost_settle_ps);
    }
}

/* A supply counts as good as soon as its monitor is switched on. */
static void store_svmcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    const uint32_t monitors = 0xFu << 24;
    uint32_t *svmsr = &mote_reg(dev, SVMSR);
    *svmsr = (*svmsr & ~monitors) | (mote_reg(dev, SVMCR) & monitors);
}

static void store_dbpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    mote_wire_set(dev, OUT_DBP, (mote_reg(dev, DBPR) & 1) != 0);
}

static void store_sr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & SR_CSSF)
        mote_reg(dev, SR) &= ~(SR_STOPF | SR_SBF);
}

static void store_wuscr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, WUSR) &= ~(written & 0xFF);
}

/* A pin's own level counts as active by its polarity bit (1: falling edge). */
static bool wake_pin_active(struct mote_device *dev, uint32_t pin)
{
    int level = mote_wire_input(dev, IN_WKUP + pin);
    bool inverted = (mote_reg(dev, WUCR2) >> pin) & 1;
    return level != MOTE_WIRE_Z && (level == 1) != inverted;
}

static const struct mote_reg regs[REG_COUNT] = {
    [CR1] = {.name = "CR1", .offset = 0x00, .rw = 0xFE7, .unmodelled = 0xFE0},
    [CR2] = {.name = "CR2", .offset = 0x04, .rw = 0x80FF6F77, .unmodelled = 0x80FF6F77},
    [CR3] = {.name = "CR3", .offset = 0x08, .rw = 0x6, .unmodelled = 0x4, .store = store_cr3},
    [VOSR] = {.name = "VOSR",
              .offset = 0x0C,
              .reset = 0x8000,
              .rw = 0x70000,
              .ro = 0xC000,
              .store = store_vosr},
    [SVMCR] = {.name = "SVMCR",
               .offset = 0x10,
               .rw = 0x7F0000F0,
               .unmodelled = 0xF0,
               .store = store_svmcr},
    [WUCR1] = {.name = "WUCR1", .offset = 0x14, .rw = 0xFF, .keep = 1},
    [WUCR2] = {.name = "WUCR2", .offset = 0x18, .rw = 0xFF, .keep = 1},
    [WUCR3] = {.name = "WUCR3", .offset = 0x1C, .rw = 0xFFFF, .unmodelled = 0xFFFF, .keep = 1},
    [BDCR1] = {.name = "BDCR1", .offset = 0x20, .rw = 0x11, .unmodelled = 0x11, .keep = 1},
    [BDCR2] = {.name = "BDCR2", .offset = 0x24, .rw = 0x3, .unmodelled = 0x3, .keep = 1},
    [DBPR] = {.name = "DBPR", .offset = 0x28, .rw = 0x1, .store = store_dbpr},
    [UCPDR] = {.name = "UCPDR", .offset = 0x2C, .rw = 0x3, .unmodelled = 0x2, .keep = 1},
    [SECCFGR] = {.name = "SECCFGR", .offset = 0x30, .rw = 0xF0FF, .unmodelled = 0xF0FF},
    [PRIVCFGR] = {.name = "PRIVCFGR", .offset = 0x34, .rw = 0x3, .unmodelled = 0x3},
    [SR] = {.name = "SR", .offset = 0x38, .wo = 0x1, .ro = 0x6, .keep = 1, .store = store_sr},
    [SVMSR] = {.name = "SVMSR", .offset = 0x3C, .reset = 0x8000, .ro = 0xF038012},
    [BDSR] = {.name = "BDSR", .offset = 0x40, .ro = 0xE},
    [WUSR] = {.name = "WUSR", .offset = 0x44, .ro = 0xFF, .keep = 1},
    [WUSCR] = {.name = "WUSCR", .offset = 0x48, .wo = 0xFF, .store = store_wuscr},
    [APCR] = {.name = "APCR", .offset = 0x4C, .rw = 0x1, .unmodelled = 0x1},
    [PUPD] = {.name = "PUCRx/PDCRx[%u]",
              .offset = 0x50,
              .count = 2 * PORTS,
              .rw = 0xFFFF,
              .unmodelled = 0xFFFF,
              .keep = 1},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct pwr_state *pwr = dev->state;
    if (index == IN_SLEEP) {
        announce(dev);
    } else if (index == IN_SLEEPDEEP) {
        if (level == 1)
            enter(dev);
        else
            wake(dev);
    } else if (index == IN_WAKE) {
        if (level == 1 && pwr->mode >= STANDBY)
            wake(dev);
    } else {
        uint32_t pin = index - IN_WKUP;
        if (!((mote_reg(dev, WUCR1) >> pin) & 1) || !wake_pin_active(dev, pin))
            return;
        mote_reg(dev, WUSR) |= 1u << pin;
        if (pwr->mode >= STANDBY)
            wake(dev);
    }
}

static void reset(struct mote_device *dev)
{
    struct pwr_state *pwr = dev->state;
    if (pwr->woken_from_standby)
        mote_reg(dev, SR) |= SR_SBF;
    pwr->woken_from_standby = false;
    pwr->mode = 0;
    if (mote_reg(dev, CR3) & CR3_REGSEL)
        mote_reg(dev, SVMSR) |= SVMSR_REGS;
    announce(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    static const char *const wake_names[] = {"mote,stop0-wakeup-ns",   "mote,stop1-wakeup-ns",
                                             "mote,stop2-wakeup-ns",   "mote,stop3-wakeup-ns",
                                             "mote,standby-wakeup-ns", "mote,shutdown-wakeup-ns"};
    (void)err;
    struct pwr_state *pwr = dev->state;
    pwr->vos_settle_ps = 1000ull * mote_prop_u32(dev, "mote,vos-settle-ns", 0);
    pwr->boost_settle_ps = 1000ull * mote_prop_u32(dev, "mote,boost-settle-ns", 0);
    for (uint32_t i = STOP0; i <= SHUTDOWN; i++)
        pwr->wake_ps[i] = 1000ull * mote_prop_u32(dev, wake_names[i - STOP0], 0);
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_VOS] = {"vos_settled", vos_settled, 0},
    [EV_BOOST] = {"boost_settled", boost_settled, 0},
    [EV_WAKE] = {"awake", awake, 0},
};

const struct mote_device_class mote_class_stm32u5_pwr = {
    .name = "stm32u5_pwr",
    .summary = "STM32U5 power control",
    .compatibles = {"st,stm32u5-pwr"},
    .state_bytes = sizeof(struct pwr_state),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}, {"wkup", WAKE_PINS}, {"wake", 1}},
    .outputs = {{"stop", 1}, {"dbp", 1}, {"standby", 1}},
    .power_states = {"run_range4_ldo",
                     "run_range3_ldo",
                     "run_range2_ldo",
                     "run_range1_ldo",
                     "run_range4_smps",
                     "run_range3_smps",
                     "run_range2_smps",
                     "run_range1_smps",
                     "sleep_range4_ldo",
                     "sleep_range3_ldo",
                     "sleep_range2_ldo",
                     "sleep_range1_ldo",
                     "sleep_range4_smps",
                     "sleep_range3_smps",
                     "sleep_range2_smps",
                     "sleep_range1_smps",
                     "stop0",
                     "stop1",
                     "stop2",
                     "stop3",
                     "standby",
                     "shutdown",
                     "waking"},
    .attach = attach,
    .reset = reset,
    .input = input,
};
