/* What the power controls of STM32L4+, STM32G0, STM32U5 and STM32H7A3 have in common: entry to
 * Stop, Standby and Shutdown, wake-up with its time, wake-up pins; and of the first two, voltage
 * range and low-power run in CR1. The chip's file has the register table and its power states. */
#ifndef ST_STM32_PWR_MODES_H
#define ST_STM32_PWR_MODES_H

#include <mote/device.h>

/* Inputs are "sleep", "sleepdeep", "wkup" (the pins) and "wake"; outputs begin with "stop", "dbp".
 * The first event of a chip is the wake-up. */
enum { PWR_IN_SLEEP, PWR_IN_SLEEPDEEP, PWR_IN_WKUP };
enum { PWR_OUT_STOP, PWR_OUT_DBP, PWR_OUT_RANGE2 };
enum { PWR_EV_WAKE, PWR_EV_VOS, PWR_EV_LPRUN, PWR_EV_COUNT };

/* Registers of STM32L4+ and STM32G0; of the others CR1 alone. */
enum {
    PWR_CR1,
    PWR_CR2,
    PWR_CR3,
    PWR_CR4,
    PWR_SR1,
    PWR_SR2,
    PWR_SCR,
    PWR_PUPD,
    PWR_COMMON_COUNT,
};

#define PWR_CR1_VOS 0x600u
#define PWR_CR1_LPR (1u << 14)
#define PWR_SR1_SBF (1u << 8)

enum stm32_pwr_mode {
    PWR_RUN,
    PWR_STOP0,
    PWR_STOP1,
    PWR_STOP2,
    PWR_STOP3,
    PWR_STANDBY,
    PWR_SHUTDOWN
};
#define PWR_MODES 7

struct stm32_pwr_chip {
    uint8_t lpms[8];           /* mode by CR1.LPMS */
    uint8_t states[PWR_MODES]; /* power state by mode, PWR_RUN apart */
    /* For chips that choose by other registers; NULL: by the two above. */
    enum stm32_pwr_mode (*mode)(struct mote_device *dev);
    uint32_t (*mode_state)(struct mote_device *dev, enum stm32_pwr_mode mode);
    uint8_t sleep;  /* what Sleep adds to a power state of Run */
    uint8_t waking; /* power state while waking up; 0: that of the mode */
    uint8_t pins;   /* how many wake-up pins */
    /* Registers: with a bit for each pin; with the flags of what the chip woke from. */
    uint8_t enable, falling, flags, status;
    uint8_t falling_lsb;           /* of the first pin's bit in `falling` */
    uint32_t stopped, was_standby; /* those flags; 0: none */
    uint8_t standby_output;
    void (*announce)(struct mote_device *dev); /* calls stm32_pwr_announce */
};

/* The first member of a chip's state. */
struct stm32_pwr {
    const struct stm32_pwr_chip *chip; /* constant */
    uint64_t vos_settle_ps, lprun_exit_ps;
    uint64_t wake_ps[PWR_MODES];
    uint8_t mode; /* enum stm32_pwr_mode; not PWR_RUN while in or leaving one */
    bool woken_from_standby;
};

/* To be called in attach. */
void stm32_pwr_attach(struct mote_device *dev, const struct stm32_pwr_chip *chip);
/* Announces the power state, which is `run` unless the chip sleeps or is in a mode. */
void stm32_pwr_announce(struct mote_device *dev, uint32_t run);
/* Hooks of the class, and the handler of event PWR_EV_WAKE. */
void stm32_pwr_reset(struct mote_device *dev);
void stm32_pwr_input(struct mote_device *dev, uint32_t index, int level);
void stm32_pwr_awake(struct mote_device *dev);

/* Store hook of the registers `enable` and `falling`. */
void stm32_pwr_store_pins(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);

/* Of STM32L4+ and STM32G0: events, store hooks of CR1 and of SCR. */
extern const struct mote_event_desc stm32_pwr_events[PWR_EV_COUNT];
void stm32_pwr_store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_pwr_store_scr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);

#endif
