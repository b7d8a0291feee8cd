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
#include "_stm32_pwr_modes.h"

#define WAKE_PINS 6
#define PORTS     6

enum { OUT_STANDBY = PWR_OUT_RANGE2 + 1 };

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
};

static void announce(struct mote_device *dev)
{
    uint32_t cr1 = mote_reg(dev, PWR_CR1);
    uint32_t run = RUN_RANGE1;
    if (cr1 & PWR_CR1_LPR)
        run = LPRUN;
    else if ((cr1 & PWR_CR1_VOS) >> 9 == 2)
        run = RUN_RANGE2;
    mote_wire_set(dev, PWR_OUT_RANGE2, run != RUN_RANGE1);
    stm32_pwr_announce(dev, run);
}

/* LPMS 2 is reserved; 1xx is Shutdown. */
static const struct stm32_pwr_chip chip = {
    .lpms = {PWR_STOP0, PWR_STOP1, PWR_STOP1, PWR_STANDBY, PWR_SHUTDOWN, PWR_SHUTDOWN, PWR_SHUTDOWN,
             PWR_SHUTDOWN},
    .states = {[PWR_STOP0] = STOP0,
               [PWR_STOP1] = STOP1,
               [PWR_STANDBY] = STANDBY,
               [PWR_SHUTDOWN] = SHUTDOWN},
    .sleep = SLEEP_RANGE1,
    .pins = WAKE_PINS,
    .enable = PWR_CR3,
    .falling = PWR_CR4,
    .flags = PWR_SR1,
    .status = PWR_SR1,
    .was_standby = PWR_SR1_SBF,
    .standby_output = OUT_STANDBY,
    .announce = announce,
};

/* PUCRx and PDCRx alternate. FLASH_RDY (SR2 bit 7): the flash is never switched off here. */
static const struct mote_reg regs[PWR_COMMON_COUNT] = {
    [PWR_CR1] = {.name = "CR1",
                 .offset = 0x00,
                 .reset = 0x208,
                 .rw = 0x473F,
                 .unmodelled = 0x38,
                 .store = stm32_pwr_store_cr1},
    [PWR_CR2] = {.name = "CR2", .offset = 0x04, .rw = 0x77F, .unmodelled = 0x77F},
    [PWR_CR3] = {.name = "CR3",
                 .offset = 0x08,
                 .reset = 0x8000,
                 .rw = 0x873F,
                 .unmodelled = 0x0700,
                 .keep = 1,
                 .store = stm32_pwr_store_pins},
    [PWR_CR4] = {.name = "CR4",
                 .offset = 0x0C,
                 .rw = 0x33F,
                 .unmodelled = 0x300,
                 .keep = 1,
                 .store = stm32_pwr_store_pins},
    [PWR_SR1] = {.name = "SR1", .offset = 0x10, .ro = 0x813F, .keep = 1},
    [PWR_SR2] = {.name = "SR2", .offset = 0x14, .reset = 0x80, .ro = 0x2F80},
    [PWR_SCR] = {.name = "SCR", .offset = 0x18, .wo = 0x13F, .store = stm32_pwr_store_scr},
    [PWR_PUPD] = {.name = "PUCRx/PDCRx[%u]",
                  .offset = 0x20,
                  .count = 2 * PORTS,
                  .rw = 0xFFFF,
                  .unmodelled = 0xFFFF,
                  .keep = 1},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    stm32_pwr_attach(dev, &chip);
    return true;
}

const struct mote_device_class mote_class_stm32g0_pwr = {
    .name = "stm32g0_pwr",
    .summary = "STM32G0 power control",
    .compatibles = {"st,stm32g0-pwr"},
    .state_bytes = sizeof(struct stm32_pwr),
    .gated_access = true,
    .regs = regs,
    .reg_count = PWR_COMMON_COUNT,
    .window_bytes = 0x400,
    .events = stm32_pwr_events,
    .event_count = PWR_EV_COUNT,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}, {"wkup", WAKE_PINS}, {"wake", 1}},
    .outputs = {{"stop", 1}, {"dbp", 1}, {"range2", 1}, {"standby", 1}},
    .power_states = {"run_range1", "run_range2", "lprun", "sleep_range1", "sleep_range2", "lpsleep",
                     "stop0", "stop1", "standby", "shutdown"},
    .attach = attach,
    .reset = stm32_pwr_reset,
    .input = stm32_pwr_input,
};
