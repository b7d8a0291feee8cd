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
#include "_stm32_pwr_modes.h"

#define WAKE_PINS 8
#define PORTS     9

enum { OUT_STANDBY = PWR_OUT_DBP + 1 };
enum { EV_VOS = PWR_EV_WAKE + 1, EV_BOOST };

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
};

struct pwr_state {
    struct stm32_pwr common; /* first */
    uint64_t boost_settle_ps;
};

/* ---- the present mode --------------------------------------------------------------------------
 */

static void announce(struct mote_device *dev)
{
    uint32_t state = (mote_reg(dev, VOSR) & VOSR_VOS) >> 16;
    if (mote_reg(dev, SVMSR) & SVMSR_REGS)
        state += 4;
    stm32_pwr_announce(dev, state);
}

static const struct stm32_pwr_chip chip = {
    .lpms = {PWR_STOP0, PWR_STOP1, PWR_STOP2, PWR_STOP3, PWR_STANDBY, PWR_STANDBY, PWR_SHUTDOWN,
             PWR_SHUTDOWN},
    .states = {[PWR_STOP0] = STOP0,
               [PWR_STOP1] = STOP1,
               [PWR_STOP2] = STOP2,
               [PWR_STOP3] = STOP3,
               [PWR_STANDBY] = STANDBY,
               [PWR_SHUTDOWN] = SHUTDOWN},
    .sleep = SLEEP,
    .waking = WAKING,
    .pins = WAKE_PINS,
    .enable = WUCR1,
    .falling = WUCR2,
    .flags = WUSR,
    .status = SR,
    .stopped = SR_STOPF,
    .was_standby = SR_SBF,
    .standby_output = OUT_STANDBY,
    .announce = announce,
};

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
        mote_event_after(dev, EV_VOS, pwr->common.vos_settle_ps);
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
    mote_wire_set(dev, PWR_OUT_DBP, (mote_reg(dev, DBPR) & 1) != 0);
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

static void reset(struct mote_device *dev)
{
    if (mote_reg(dev, CR3) & CR3_REGSEL)
        mote_reg(dev, SVMSR) |= SVMSR_REGS;
    stm32_pwr_reset(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct pwr_state *pwr = dev->state;
    stm32_pwr_attach(dev, &chip);
    pwr->boost_settle_ps = 1000ull * mote_prop_u32(dev, "mote,boost-settle-ns", 0);
    return true;
}

static const struct mote_event_desc events[PWR_EV_COUNT] = {
    [EV_VOS] = {"vos_settled", vos_settled, 0},
    [EV_BOOST] = {"boost_settled", boost_settled, 0},
    [PWR_EV_WAKE] = {"awake", stm32_pwr_awake, 0},
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
    .event_count = PWR_EV_COUNT,
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
    .input = stm32_pwr_input,
};
