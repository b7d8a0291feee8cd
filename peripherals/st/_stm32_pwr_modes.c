/* The common part of the STM32L4+, STM32G0, STM32U5 and STM32H7A3 power controls; see
 * _stm32_pwr_modes.h. */
#include "_stm32_pwr_modes.h"

#define CR1_LPMS   7u
#define CR1_DBP    (1u << 8)
#define SR2_REGLPF (1u << 9)
#define SR2_VOSF   (1u << 10)

/* ---- the present mode --------------------------------------------------------------------------
 */

void stm32_pwr_announce(struct mote_device *dev, uint32_t run)
{
    const struct stm32_pwr *pwr = dev->state;
    const struct stm32_pwr_chip *chip = pwr->chip;
    uint32_t state = run;
    if (pwr->mode != PWR_RUN && chip->waking != 0 && mote_event_armed(dev, PWR_EV_WAKE))
        state = chip->waking;
    else if (pwr->mode != PWR_RUN)
        state = chip->mode_state ? chip->mode_state(dev, pwr->mode) : chip->states[pwr->mode];
    else if (mote_wire_input(dev, PWR_IN_SLEEP) == 1)
        state += chip->sleep;
    mote_power_state(dev, state);
}

static void enter(struct mote_device *dev)
{
    struct stm32_pwr *pwr = dev->state;
    mote_event_cancel(dev, PWR_EV_WAKE);
    if (pwr->chip->mode != NULL)
        pwr->mode = (uint8_t)pwr->chip->mode(dev);
    else
        pwr->mode = pwr->chip->lpms[mote_reg(dev, PWR_CR1) & CR1_LPMS];
    mote_wire_set(dev, PWR_OUT_STOP, 1);
    pwr->chip->announce(dev);
}

/* Something wakes the chip: it runs when regulator and clock are back. */
static void wake(struct mote_device *dev)
{
    const struct stm32_pwr *pwr = dev->state;
    if (pwr->mode == PWR_RUN || mote_event_armed(dev, PWR_EV_WAKE))
        return;
    mote_event_after(dev, PWR_EV_WAKE, pwr->wake_ps[pwr->mode]);
    pwr->chip->announce(dev);
}

void stm32_pwr_awake(struct mote_device *dev)
{
    struct stm32_pwr *pwr = dev->state;
    bool standby = pwr->mode >= PWR_STANDBY;
    pwr->woken_from_standby = pwr->mode == PWR_STANDBY;
    pwr->mode = PWR_RUN;
    if (standby) {
        mote_wire_pulse(dev, pwr->chip->standby_output); /* the RCC asks for the reset */
        return; /* the core stays without a clock until the reset */
    }
    mote_reg(dev, pwr->chip->status) |= pwr->chip->stopped;
    mote_wire_set(dev, PWR_OUT_STOP, 0);
    pwr->chip->announce(dev);
}

/* ---- wake-up pins and life ---------------------------------------------------------------------
 */

/* A pin's own level counts as active by its polarity bit (1: falling edge). */
static bool pin_wakes(struct mote_device *dev, uint32_t pin)
{
    const struct stm32_pwr *pwr = dev->state;
    int level = mote_wire_input(dev, PWR_IN_WKUP + pin);
    bool enabled = (mote_reg(dev, pwr->chip->enable) >> pin) & 1;
    bool inverted = (mote_reg(dev, pwr->chip->falling) >> (pwr->chip->falling_lsb + pin)) & 1;
    return enabled && level != MOTE_WIRE_Z && (level == 1) != inverted;
}

void stm32_pwr_input(struct mote_device *dev, uint32_t index, int level)
{
    const struct stm32_pwr *pwr = dev->state;
    const struct stm32_pwr_chip *chip = pwr->chip;
    uint32_t pin = index - PWR_IN_WKUP;
    if (index == PWR_IN_SLEEP) {
        chip->announce(dev);
    } else if (index == PWR_IN_SLEEPDEEP) {
        if (level == 1)
            enter(dev);
        else if (pwr->mode < PWR_STANDBY) /* in Standby the core and its interrupts have no power */
            wake(dev);
    } else if (pin == chip->pins) { /* input "wake" */
        if (level == 1 && pwr->mode >= PWR_STANDBY)
            wake(dev);
    } else if (pin_wakes(dev, pin)) {
        mote_reg(dev, chip->flags) |= 1u << pin;
        if (pwr->mode >= PWR_STANDBY)
            wake(dev);
    }
}

/* Enabling a pin that is already active, or changing its polarity so, sets its flag. */
void stm32_pwr_store_pins(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    const struct stm32_pwr *pwr = dev->state;
    for (uint32_t pin = 0; pin < pwr->chip->pins; pin++)
        if (pin_wakes(dev, pin))
            mote_reg(dev, pwr->chip->flags) |= 1u << pin;
}

void stm32_pwr_reset(struct mote_device *dev)
{
    struct stm32_pwr *pwr = dev->state;
    if (pwr->woken_from_standby)
        mote_reg(dev, pwr->chip->status) |= pwr->chip->was_standby;
    pwr->woken_from_standby = false;
    pwr->mode = PWR_RUN;
    pwr->chip->announce(dev);
}

static uint64_t prop_ns_ps(struct mote_device *dev, const char *name)
{
    return 1000ull * mote_prop_u32(dev, name, 0);
}

void stm32_pwr_attach(struct mote_device *dev, const struct stm32_pwr_chip *chip)
{
    static const char *const wake_names[PWR_MODES] = {
        [PWR_STOP0] = "mote,stop0-wakeup-ns",     [PWR_STOP1] = "mote,stop1-wakeup-ns",
        [PWR_STOP2] = "mote,stop2-wakeup-ns",     [PWR_STOP3] = "mote,stop3-wakeup-ns",
        [PWR_STANDBY] = "mote,standby-wakeup-ns", [PWR_SHUTDOWN] = "mote,shutdown-wakeup-ns",
    };
    struct stm32_pwr *pwr = dev->state;
    pwr->chip = chip;
    pwr->vos_settle_ps = prop_ns_ps(dev, "mote,vos-settle-ns");
    pwr->lprun_exit_ps = prop_ns_ps(dev, "mote,lprun-exit-ns");
    for (uint32_t mode = PWR_STOP0; mode < PWR_MODES; mode++)
        pwr->wake_ps[mode] = prop_ns_ps(dev, wake_names[mode]);
}

/* ---- STM32L4+ and STM32G0 ----------------------------------------------------------------------
 */

static void vos_settled(struct mote_device *dev)
{
    mote_reg(dev, PWR_SR2) &= ~SR2_VOSF;
}

static void lprun_left(struct mote_device *dev)
{
    mote_reg(dev, PWR_SR2) &= ~SR2_REGLPF;
}

const struct mote_event_desc stm32_pwr_events[PWR_EV_COUNT] = {
    [PWR_EV_VOS] = {"vos_settled", vos_settled, 0},
    [PWR_EV_LPRUN] = {"lprun_left", lprun_left, 0},
    [PWR_EV_WAKE] = {"awake", stm32_pwr_awake, 0},
};

void stm32_pwr_store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    const struct stm32_pwr *pwr = dev->state;
    uint32_t *cr1 = &mote_reg(dev, PWR_CR1);
    uint32_t vos = (*cr1 & PWR_CR1_VOS) >> 9;
    if (vos != 1 && vos != 2) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "PWR_CR1.VOS %u does not exist: ignored", vos);
        *cr1 = (*cr1 & ~PWR_CR1_VOS) | (old & PWR_CR1_VOS);
    }
    if (((old ^ *cr1) & PWR_CR1_VOS) && vos == 1 && pwr->vos_settle_ps > 0) {
        mote_reg(dev, PWR_SR2) |= SR2_VOSF;
        mote_event_after(dev, PWR_EV_VOS, pwr->vos_settle_ps);
    }
    if (!(old & PWR_CR1_LPR) && (*cr1 & PWR_CR1_LPR)) {
        mote_event_cancel(dev, PWR_EV_LPRUN);
        mote_reg(dev, PWR_SR2) |= SR2_REGLPF;
    } else if ((old & PWR_CR1_LPR) && !(*cr1 & PWR_CR1_LPR)) {
        mote_event_after(dev, PWR_EV_LPRUN, pwr->lprun_exit_ps);
    }
    mote_wire_set(dev, PWR_OUT_DBP, (*cr1 & CR1_DBP) != 0);
    pwr->chip->announce(dev);
}

void stm32_pwr_store_scr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    const struct stm32_pwr *pwr = dev->state;
    mote_reg(dev, PWR_SR1) &= ~(written & (PWR_SR1_SBF | ((1u << pwr->chip->pins) - 1)));
}
