/* STM32G0 power control (PWR).
 *
 * ST RM0444 (STM32G0x1), chapter 4; bits as in ST's stm32g0b1xx.h. Times are properties of the node
 * (sources: sim/boards/stm32g0b1.dtsi).
 * Modelled: voltage ranges with the settling flag, Low-power run, Sleep, Stop 0 and 1, Standby and
 * Shutdown with wake-up times, wake-up pins and flags, write protection of the RTC domain; each
 * mode is announced as a power state. Wires as of stm32l4_pwr. Not modelled: supply supervision
 * (PVD, PVM: supplies are always good), pulls in Standby, loss of SRAM contents in Standby, battery
 * charging, flash power-down (FPD bits change nothing), the check for pending EXTI lines at the
 * entry of Stop, the Range 2 limits of Low-power run. */
#include <mote/clock.h>
#include <mote/device.h>

#define WAKE_PINS 6
#define PORTS     6

enum { IN_SLEEP, IN_SLEEPDEEP, IN_WKUP, IN_WAKE = IN_WKUP + WAKE_PINS };
enum { OUT_STOP, OUT_DBP, OUT_RANGE2, OUT_STANDBY };
enum { EV_VOS, EV_LPRUN, EV_WAKE, EV_COUNT };

enum { CR1, CR2, CR3, CR4, SR1, SR2, SCR, PUPD, REG_COUNT };

#define CR1_LPMS   7u
#define CR1_DBP    (1u << 8)
#define CR1_VOS    0x600u
#define CR1_LPR    (1u << 14)
#define SR1_SBF    (1u << 8)
#define SR2_REGLPF (1u << 9)
#define SR2_VOSF   (1u << 10)

enum {
    RUN_RANGE1,
    RUN_RANGE2,
    LPRUN,
    SLEEP_RANGE1,
    SLEEP_RANGE2,
    LPSLEEP,
    STOP0,
    STOP1,
    STANDBY,
    SHUTDOWN,
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

static void announce(struct mote_device *dev)
{
    const struct pwr_state *pwr = dev->state;
    uint32_t cr1 = mote_reg(dev, CR1);
    uint32_t state = RUN_RANGE1;
    if (cr1 & CR1_LPR)
        state = LPRUN;
    else if ((cr1 & CR1_VOS) >> 9 == 2)
        state = RUN_RANGE2;
    mote_wire_set(dev, OUT_RANGE2, state != RUN_RANGE1);
    if (pwr->mode != 0)
        state = pwr->mode;
    else if (mote_wire_input(dev, IN_SLEEP) == 1)
        state += SLEEP_RANGE1;
    mote_power_state(dev, state);
}

/* LPMS 2 is reserved; 1xx is Shutdown. */
static void enter(struct mote_device *dev)
{
    static const uint8_t modes[8] = {STOP0,    STOP1,    STOP1,    STANDBY,
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
    if (pwr->mode != 0 && !mote_event_armed(dev, EV_WAKE))
        mote_event_after(dev, EV_WAKE, pwr->wake_ps[pwr->mode]);
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
    uint32_t vos = (*cr1 & CR1_VOS) >> 9;
    if (vos != 1 && vos != 2) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "PWR_CR1.VOS %u does not exist: ignored", vos);
        *cr1 = (*cr1 & ~CR1_VOS) | (old & CR1_VOS);
    }
    if (((old ^ *cr1) & CR1_VOS) && vos == 1 && pwr->vos_settle_ps > 0) {
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

static void store_scr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SR1) &= ~(written & 0x13F);
}

/* A pin's own level counts as active by its polarity bit (1: falling edge). */
static bool wake_pin_active(struct mote_device *dev, uint32_t pin)
{
    int level = mote_wire_input(dev, IN_WKUP + pin);
    bool inverted = (mote_reg(dev, CR4) >> pin) & 1;
    return level != MOTE_WIRE_Z && (level == 1) != inverted;
}

/* Enabling a pin that is already active, or changing its polarity so, sets its flag. */
static void store_wakeup_pins(struct mote_device *dev, uint32_t element, uint32_t old,
                              uint32_t written)
{
    (void)element, (void)old, (void)written;
    for (uint32_t pin = 0; pin < WAKE_PINS; pin++)
        if (((mote_reg(dev, CR3) >> pin) & 1) && wake_pin_active(dev, pin))
            mote_reg(dev, SR1) |= 1u << pin;
}

/* PUCRx and PDCRx alternate. FLASH_RDY (SR2 bit 7): the flash is never switched off here. */
static const struct mote_reg regs[REG_COUNT] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .reset = 0x208,
             .rw = 0x473F,
             .unmodelled = 0x38,
             .store = store_cr1},
    [CR2] = {.name = "CR2", .offset = 0x04, .rw = 0x77F, .unmodelled = 0x77F},
    [CR3] = {.name = "CR3",
             .offset = 0x08,
             .reset = 0x8000,
             .rw = 0x873F,
             .unmodelled = 0x0700,
             .keep = 1,
             .store = store_wakeup_pins},
    [CR4] = {.name = "CR4",
             .offset = 0x0C,
             .rw = 0x33F,
             .unmodelled = 0x300,
             .keep = 1,
             .store = store_wakeup_pins},
    [SR1] = {.name = "SR1", .offset = 0x10, .ro = 0x813F, .keep = 1},
    [SR2] = {.name = "SR2", .offset = 0x14, .reset = 0x80, .ro = 0x2F80},
    [SCR] = {.name = "SCR", .offset = 0x18, .wo = 0x13F, .store = store_scr},
    [PUPD] = {.name = "PUCRx/PDCRx[%u]",
              .offset = 0x20,
              .count = 2 * PORTS,
              .rw = 0xFFFF,
              .unmodelled = 0xFFFF,
              .keep = 1},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    const struct pwr_state *pwr = dev->state;
    bool standby = pwr->mode == STANDBY || pwr->mode == SHUTDOWN;
    if (index == IN_SLEEP) {
        announce(dev);
    } else if (index == IN_SLEEPDEEP) {
        if (level == 1)
            enter(dev);
        else
            wake(dev);
    } else if (index == IN_WAKE) {
        if (level == 1 && standby)
            wake(dev);
    } else {
        uint32_t pin = index - IN_WKUP;
        if (!((mote_reg(dev, CR3) >> pin) & 1) || !wake_pin_active(dev, pin))
            return;
        mote_reg(dev, SR1) |= 1u << pin;
        if (standby)
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
    pwr->wake_ps[STANDBY] = prop_ns_ps(dev, "mote,standby-wakeup-ns");
    pwr->wake_ps[SHUTDOWN] = prop_ns_ps(dev, "mote,shutdown-wakeup-ns");
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_VOS] = {"vos_settled", vos_settled, 0},
    [EV_LPRUN] = {"lprun_left", lprun_left, 0},
    [EV_WAKE] = {"awake", awake, 0},
};

const struct mote_device_class mote_class_stm32g0_pwr = {
    .name = "stm32g0_pwr",
    .summary = "STM32G0 power control",
    .compatibles = {"st,stm32g0-pwr"},
    .state_bytes = sizeof(struct pwr_state),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}, {"wkup", WAKE_PINS}, {"wake", 1}},
    .outputs = {{"stop", 1}, {"dbp", 1}, {"range2", 1}, {"standby", 1}},
    .power_states = {"run_range1", "run_range2", "lprun", "sleep_range1", "sleep_range2", "lpsleep",
                     "stop0", "stop1", "standby", "shutdown"},
    .attach = attach,
    .reset = reset,
    .input = input,
};
