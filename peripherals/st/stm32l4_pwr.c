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
#include "_stm32_pwr_modes.h"

#define WAKE_PINS 5
#define PORTS     9

enum { OUT_BOOST = PWR_OUT_RANGE2 + 1, OUT_STANDBY };

enum { CR5 = PWR_COMMON_COUNT, REG_COUNT };

#define CR5_R1MODE (1u << 8)

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
};

static uint32_t run_state(struct mote_device *dev)
{
    if (mote_reg(dev, PWR_CR1) & PWR_CR1_LPR)
        return LPRUN;
    if ((mote_reg(dev, PWR_CR1) & PWR_CR1_VOS) >> 9 == 2)
        return RUN_RANGE2;
    return mote_reg(dev, CR5) & CR5_R1MODE ? RUN_RANGE1 : RUN_RANGE1_BOOST;
}

static void announce(struct mote_device *dev)
{
    uint32_t run = run_state(dev);
    mote_wire_set(dev, PWR_OUT_RANGE2, run == RUN_RANGE2 || run == LPRUN);
    mote_wire_set(dev, OUT_BOOST, run == RUN_RANGE1_BOOST);
    stm32_pwr_announce(dev, run);
}

static const struct stm32_pwr_chip chip = {
    .lpms = {PWR_STOP0, PWR_STOP1, PWR_STOP2, PWR_STANDBY, PWR_SHUTDOWN, PWR_SHUTDOWN, PWR_SHUTDOWN,
             PWR_SHUTDOWN},
    .states = {[PWR_STOP0] = STOP0,
               [PWR_STOP1] = STOP1,
               [PWR_STOP2] = STOP2,
               [PWR_STANDBY] = STANDBY,
               [PWR_SHUTDOWN] = SHUTDOWN},
    .sleep = SLEEP_RANGE1,
    .waking = WAKING,
    .pins = WAKE_PINS,
    .enable = PWR_CR3,
    .falling = PWR_CR4,
    .flags = PWR_SR1,
    .status = PWR_SR1,
    .was_standby = PWR_SR1_SBF,
    .standby_output = OUT_STANDBY,
    .announce = announce,
};

static void store_cr5(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    announce(dev);
}

/* PUCRx and PDCRx alternate; a few pins of ports A and B lack one of them (debug pins), which the
 * masks do not tell apart. Standby pulls are not modelled. */
static const struct mote_reg regs[REG_COUNT] = {
    [PWR_CR1] = {.name = "CR1",
                 .offset = 0x00,
                 .reset = 0x200,
                 .rw = 0x4717,
                 .unmodelled = 0x10,
                 .store = stm32_pwr_store_cr1},
    [PWR_CR2] = {.name = "CR2", .offset = 0x04, .rw = 0x6FF, .unmodelled = 0xFF},
    [PWR_CR3] = {.name = "CR3",
                 .offset = 0x08,
                 .reset = 0x8000,
                 .rw = 0x951F,
                 .unmodelled = 0x1500,
                 .keep = 1,
                 .store = stm32_pwr_store_pins},
    [PWR_CR4] = {.name = "CR4",
                 .offset = 0x0C,
                 .rw = 0x31F,
                 .unmodelled = 0x300,
                 .keep = 1,
                 .store = stm32_pwr_store_pins},
    [PWR_SR1] = {.name = "SR1", .offset = 0x10, .ro = 0x811F, .keep = 1},
    [PWR_SR2] = {.name = "SR2", .offset = 0x14, .ro = 0xFF00},
    [PWR_SCR] = {.name = "SCR", .offset = 0x18, .wo = 0x11F, .store = stm32_pwr_store_scr},
    [PWR_PUPD] = {.name = "PUCRx/PDCRx[%u]",
                  .offset = 0x20,
                  .count = 2 * PORTS,
                  .rw = 0xFFFF,
                  .unmodelled = 0xFFFF,
                  .keep = 1},
    [CR5] = {.name = "CR5", .offset = 0x80, .reset = 0x100, .rw = 0x100, .store = store_cr5},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    stm32_pwr_attach(dev, &chip);
    return true;
}

const struct mote_device_class mote_class_stm32l4_pwr = {
    .name = "stm32l4_pwr",
    .summary = "STM32L4+ power control",
    .compatibles = {"st,stm32l4-pwr", "st,stm32-pwr"},
    .state_bytes = sizeof(struct stm32_pwr),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = stm32_pwr_events,
    .event_count = PWR_EV_COUNT,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}, {"wkup", WAKE_PINS}, {"wake", 1}},
    .outputs = {{"stop", 1}, {"dbp", 1}, {"range2", 1}, {"boost", 1}, {"standby", 1}},
    .power_states = {"run_range1", "run_range1_boost", "run_range2", "lprun", "sleep_range1",
                     "sleep_range1_boost", "sleep_range2", "lpsleep", "stop0", "stop1", "stop2",
                     "standby", "shutdown", "waking"},
    .attach = attach,
    .reset = stm32_pwr_reset,
    .input = stm32_pwr_input,
};
