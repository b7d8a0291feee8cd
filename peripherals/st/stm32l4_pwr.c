/* STM32L4+ power control (PWR).
 *
 * ST RM0432, chapter 5; bits as in ST's stm32l4r5xx.h. Times are properties of the node (sources:
 * sim/boards/stm32l4r5.dtsi).
 * Modelled: voltage ranges and boost mode with the settling flag, low-power run, Sleep, Stop 0..2,
 * Standby and Shutdown with wake-up times, wake-up pins and flags, write protection of the backup
 * domain; each mode is announced as a power state.
 * The core announces Sleep on input "sleep" and deep sleep on "sleepdeep". In Stop, output "stop"
 * (to the RCC) halts the high-speed clocks until the wake-up time is over; whatever wakes the core
 * ends Stop. Leaving Standby or Shutdown is a system reset.
 * Not modelled: supply supervision (PVD, PVM: supplies are always good), pull-up and pull-down in
 * Standby, loss of SRAM contents in Standby, battery charging, the check for pending EXTI lines at
 * the entry of Stop, the Range 2 limits of Low-power run. */
#include <mote/clock.h>
#include <mote/device.h>

#define WAKE_PINS 5
#define PORTS     9

enum { IN_SLEEP, IN_SLEEPDEEP, IN_WKUP, IN_WAKE = IN_WKUP + WAKE_PINS };
enum { OUT_STOP, OUT_DBP, OUT_RANGE2, OUT_BOOST, OUT_STANDBY };
enum { EV_VOS, EV_LPRUN, EV_WAKE, EV_COUNT };

enum { CR1, CR2, CR3, CR4, SR1, SR2, SCR, PUPD, CR5, REG_COUNT };

#define CR1_LPMS   7u
#define CR1_DBP    (1u << 8)
#define CR1_LPR    (1u << 14)
#define CR5_R1MODE (1u << 8)
#define SR1_SBF    (1u << 8)
#define SR2_REGLPF (1u << 9)
#define SR2_VOSF   (1u << 10)

enum {
    RUN_RANGE1,
    RUN_RANGE1_BOOST,
    RUN_RANGE2,
    LPRUN,
    SLEEP_RANGE1,
    SLEEP_RANGE1_BOOST,
    SLEEP_RANGE2,
    LPSLEEP,
    STOP0,
    STOP1,
    STOP2,
    STANDBY,
    SHUTDOWN,
    WAKING, /* regulator and clock come back, from any of the five above */
    STATE_COUNT,
};

struct pwr_state {
    uint64_t vos_settle_ps, lprun_exit_ps;
    uint64_t wake_ps[STATE_COUNT]; /* from STOP0 on */
    uint8_t mode;                  /* STOP0 .. SHUTDOWN while in or leaving one, else 0 */
    bool woken_from_standby;
};

/* ---- the present mode --------------------------------------------------------------------------
 */

static uint32_t run_state(struct mote_device *dev)
{
    if (mote_reg(dev, CR1) & CR1_LPR)
        return LPRUN;
    if (((mote_reg(dev, CR1) >> 9) & 3) == 2)
        return RUN_RANGE2;
    return mote_reg(dev, CR5) & CR5_R1MODE ? RUN_RANGE1 : RUN_RANGE1_BOOST;
}

static void announce(struct mote_device *dev)
{
    const struct pwr_state *pwr = dev->state;
    uint32_t state = run_state(dev);
    mote_wire_set(dev, OUT_RANGE2, state == RUN_RANGE2 || state == LPRUN);
    mote_wire_set(dev, OUT_BOOST, state == RUN_RANGE1_BOOST);
    if (pwr->mode != 0)
        state = mote_event_armed(dev, EV_WAKE) ? WAKING : pwr->mode;
    else if (mote_wire_input(dev, IN_SLEEP) == 1)
        state += SLEEP_RANGE1;
    mote_power_state(dev, state);
}

static void enter(struct mote_device *dev)
{
    static const uint8_t modes[8] = {STOP0,    STOP1,    STOP2,    STANDBY,
                                     SHUTDOWN, SHUTDOWN, SHUTDOWN, SHUTDOWN};
    struct pwr_state *pwr = dev->state;
    mote_event_cancel(dev, EV_WAKE);
    pwr->mode = modes[mote_reg(dev, CR1) & CR1_LPMS];
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
    bool standby = pwr->mode == STANDBY || pwr->mode == SHUTDOWN;
    pwr->woken_from_standby = pwr->mode == STANDBY;
    pwr->mode = 0;
    if (standby) {
        mote_wire_pulse(dev, OUT_STANDBY); /* the RCC asks for the reset */
        return;                            /* the core stays without a clock until the reset */
    }
    mote_wire_set(dev, OUT_STOP, 0);
    announce(dev);
}

static void vos_settled(struct mote_device *dev)
{
    mote_reg(dev, SR2) &= ~SR2_VOSF;
}

static void lprun_left(struct mote_device *dev)
{
    mote_reg(dev, SR2) &= ~SR2_REGLPF;
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    const struct pwr_state *pwr = dev->state;
    uint32_t *cr1 = &mote_reg(dev, CR1);
    uint32_t vos = (*cr1 >> 9) & 3;
    if (vos != 1 && vos != 2) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "PWR_CR1.VOS %u does not exist: ignored", vos);
        *cr1 = (*cr1 & ~0x600u) | (old & 0x600);
    }
    bool to_range1 = ((old ^ *cr1) & 0x600) && vos == 1;
    if (to_range1 && pwr->vos_settle_ps > 0) {
        mote_reg(dev, SR2) |= SR2_VOSF;
        mote_event_after(dev, EV_VOS, pwr->vos_settle_ps);
    }
    if (!(old & CR1_LPR) && (*cr1 & CR1_LPR)) {
        mote_event_cancel(dev, EV_LPRUN);
        mote_reg(dev, SR2) |= SR2_REGLPF;
    } else if ((old & CR1_LPR) && !(*cr1 & CR1_LPR)) {
        mote_event_after(dev, EV_LPRUN, pwr->lprun_exit_ps);
    }
    mote_wire_set(dev, OUT_DBP, (*cr1 & CR1_DBP) != 0);
    announce(dev);
}

static void store_cr5(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    announce(dev);
}

static void store_scr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SR1) &= ~(written & 0x11F);
}

/* A pin's own level counts as active by its polarity bit (1: falling edge). */
static bool wake_pin_active(struct mote_device *dev, uint32_t pin)
{
    int level = mote_wire_input(dev, IN_WKUP + pin);
    bool inverted = (mote_reg(dev, CR4) >> pin) & 1;
    return level != MOTE_WIRE_Z && (level == 1) != inverted;
}

static void store_wakeup_pins(struct mote_device *dev, uint32_t element, uint32_t old,
                              uint32_t written)
{
    (void)element, (void)old, (void)written;
    /* Enabling a pin that is already active, or changing its polarity so, sets its flag. */
    for (uint32_t pin = 0; pin < WAKE_PINS; pin++)
        if (((mote_reg(dev, CR3) >> pin) & 1) && wake_pin_active(dev, pin))
            mote_reg(dev, SR1) |= 1u << pin;
}

/* PUCRx and PDCRx alternate; a few pins of ports A and B lack one of them (debug pins), which the
 * masks do not tell apart. Standby pulls are not modelled. */
static const struct mote_reg regs[REG_COUNT] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .reset = 0x200,
             .rw = 0x4717,
             .unmodelled = 0x10,
             .store = store_cr1},
    [CR2] = {.name = "CR2", .offset = 0x04, .rw = 0x6FF, .unmodelled = 0xFF},
    [CR3] = {.name = "CR3",
             .offset = 0x08,
             .reset = 0x8000,
             .rw = 0x951F,
             .unmodelled = 0x1500,
             .keep = 1,
             .store = store_wakeup_pins},
    [CR4] = {.name = "CR4",
             .offset = 0x0C,
             .rw = 0x31F,
             .unmodelled = 0x300,
             .keep = 1,
             .store = store_wakeup_pins},
    [SR1] = {.name = "SR1", .offset = 0x10, .ro = 0x811F, .keep = 1},
    [SR2] = {.name = "SR2", .offset = 0x14, .ro = 0xFF00},
    [SCR] = {.name = "SCR", .offset = 0x18, .wo = 0x11F, .store = store_scr},
    [PUPD] = {.name = "PUCRx/PDCRx[%u]",
              .offset = 0x20,
              .count = 2 * PORTS,
              .rw = 0xFFFF,
              .unmodelled = 0xFFFF,
              .keep = 1},
    [CR5] = {.name = "CR5", .offset = 0x80, .reset = 0x100, .rw = 0x100, .store = store_cr5},
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
        if (level == 1 && (pwr->mode == STANDBY || pwr->mode == SHUTDOWN))
            wake(dev);
    } else if (index < IN_WAKE) {
        uint32_t pin = index - IN_WKUP;
        if (!((mote_reg(dev, CR3) >> pin) & 1) || !wake_pin_active(dev, pin))
            return;
        mote_reg(dev, SR1) |= 1u << pin;
        if (pwr->mode == STANDBY || pwr->mode == SHUTDOWN)
            wake(dev);
    }
}

static void reset(struct mote_device *dev)
{
    struct pwr_state *pwr = dev->state;
    if (pwr->woken_from_standby)
        mote_reg(dev, SR1) |= SR1_SBF;
    pwr->woken_from_standby = false;
    pwr->mode = 0;
    announce(dev);
}

static uint64_t prop_ns_ps(struct mote_device *dev, const char *name)
{
    return 1000ull * mote_prop_u32(dev, name, 0);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct pwr_state *pwr = dev->state;
    pwr->vos_settle_ps = prop_ns_ps(dev, "mote,vos-settle-ns");
    pwr->lprun_exit_ps = prop_ns_ps(dev, "mote,lprun-exit-ns");
    pwr->wake_ps[STOP0] = prop_ns_ps(dev, "mote,stop0-wakeup-ns");
    pwr->wake_ps[STOP1] = prop_ns_ps(dev, "mote,stop1-wakeup-ns");
    pwr->wake_ps[STOP2] = prop_ns_ps(dev, "mote,stop2-wakeup-ns");
    pwr->wake_ps[STANDBY] = prop_ns_ps(dev, "mote,standby-wakeup-ns");
    pwr->wake_ps[SHUTDOWN] = prop_ns_ps(dev, "mote,shutdown-wakeup-ns");
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_VOS] = {"vos_settled", vos_settled, 0},
    [EV_LPRUN] = {"lprun_left", lprun_left, 0},
    [EV_WAKE] = {"awake", awake, 0},
};

const struct mote_device_class mote_class_stm32l4_pwr = {
    .name = "stm32l4_pwr",
    .summary = "STM32L4+ power control",
    .compatibles = {"st,stm32l4-pwr", "st,stm32-pwr"},
    .state_bytes = sizeof(struct pwr_state),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}, {"wkup", WAKE_PINS}, {"wake", 1}},
    .outputs = {{"stop", 1}, {"dbp", 1}, {"range2", 1}, {"boost", 1}, {"standby", 1}},
    .power_states = {"run_range1", "run_range1_boost", "run_range2", "lprun", "sleep_range1",
                     "sleep_range1_boost", "sleep_range2", "lpsleep", "stop0", "stop1", "stop2",
                     "standby", "shutdown", "waking"},
    .attach = attach,
    .reset = reset,
    .input = input,
};
