/* STM32H7A3/7B3/7B0 power control (PWR).
 *
 * ST RM0455, chapter 6; bits as in ST's stm32h7a3xxq.h. Times are properties of the node (sources:
 * sim/boards/stm32h7a3.dtsi).
 * Modelled: supply configuration (SMPS, LDO, bypass), voltage scaling with ACTVOSRDY and VOSRDY at
 * once, backup domain write enable, CSleep, system Stop by SVOS with the CD domain in DStop or
 * DStop2 (RETDS_CD), Standby (PDDS_SRD), wake-up times, wake-up pins and flags; each mode is
 * announced as a power state. The core announces Sleep on input "sleep" and deep sleep on
 * "sleepdeep". In Stop, output "stop" (to the RCC) halts the high-speed clocks until the wake-up
 * time is over; whatever wakes the core ends Stop. Leaving Standby is a system reset.
 * Not modelled: settling times of the regulators, the SRD domain running on its own while the CPU
 * is in CStop (RUN_SRD, autonomous mode), flash in low-power mode and memories shut off in Stop
 * (their share of current and wake-up time), supply supervision, USB regulator, loss of memories in
 * Standby, the wake-up pins' interrupt. */
#include "_stm32_pwr_modes.h"

#define WAKE_PINS 6

enum { OUT_STANDBY = PWR_OUT_DBP + 1 };
enum { CR1, CSR1, CR2, CR3, CPUCR, SRDCR, WKUPCR, WKUPFR, WKUPEPR, REG_COUNT };

#define VOS(value)      ((value) >> 14 & 3)
#define VOSRDY          (1u << 13)
#define CR1_DBP         (1u << 8)
#define CR3_SUPPLY      0x3Fu
#define CR3_SMPSEN      (1u << 2)
#define CPUCR_RETDS_CD  (1u << 0)
#define CPUCR_PDDS_SRD  (1u << 2)
#define CPUCR_STOPF     (1u << 5)
#define CPUCR_SBF       (1u << 6)
#define CPUCR_CSSF      (1u << 9)
#define WKUPEPR_POL_LSB 8

/* Run and Sleep states: scale 3 to 0 in the order of VOS, with LDO and then with SMPS. */
enum {
    RUN = 0,
    SLEEP = 8,
    STOP_SVOS3 = 16,
    STOP_SVOS4,
    STOP_SVOS5,
    STOP_RETENTION, /* the same three with the CD domain in DStop2 */
    STANDBY = STOP_RETENTION + 3,
    WAKING, /* regulator and clock come back, from any of the seven above */
};

/* ---- the present mode --------------------------------------------------------------------------
 */

static void announce(struct mote_device *dev)
{
    /* The field counts up with the voltage: 0 is scale 3 (lowest), 3 is scale 0. */
    uint32_t state = VOS(mote_reg(dev, SRDCR));
    if (mote_reg(dev, CR3) & CR3_SMPSEN)
        state += 4;
    stm32_pwr_announce(dev, state);
}

/* CR1.SVOS: 3 is scale 3, 2 scale 4, 1 scale 5; 0 is reserved and taken as the lowest. */
static enum stm32_pwr_mode deep_mode(struct mote_device *dev)
{
    static const uint8_t by_svos[] = {PWR_STOP2, PWR_STOP2, PWR_STOP1, PWR_STOP0};
    if (mote_reg(dev, CPUCR) & CPUCR_PDDS_SRD)
        return PWR_STANDBY;
    return by_svos[VOS(mote_reg(dev, CR1))];
}

static uint32_t deep_state(struct mote_device *dev, enum stm32_pwr_mode mode)
{
    bool retention = mote_reg(dev, CPUCR) & CPUCR_RETDS_CD;
    if (mode == PWR_STANDBY)
        return STANDBY;
    return (retention ? STOP_RETENTION : STOP_SVOS3) + (mode - PWR_STOP0);
}

static const struct stm32_pwr_chip chip = {
    .mode = deep_mode,
    .mode_state = deep_state,
    .sleep = SLEEP,
    .waking = WAKING,
    .pins = WAKE_PINS,
    .enable = WKUPEPR,
    .falling = WKUPEPR,
    .falling_lsb = WKUPEPR_POL_LSB,
    .flags = WKUPFR,
    .status = CPUCR,
    .stopped = CPUCR_STOPF,
    .was_standby = CPUCR_SBF,
    .standby_output = OUT_STANDBY,
    .announce = announce,
};

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    mote_wire_set(dev, PWR_OUT_DBP, (mote_reg(dev, CR1) & CR1_DBP) != 0);
}

static void store_srdcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t vos = VOS(mote_reg(dev, SRDCR));
    mote_reg(dev, SRDCR) |= VOSRDY;
    mote_reg(dev, CSR1) = (mote_reg(dev, CSR1) & ~0xC000u) | vos << 14 | VOSRDY;
    announce(dev);
}

static void store_cr3(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    static const uint32_t external_ready = 1u << 16, external_on = 1u << 3;
    uint32_t *cr3 = &mote_reg(dev, CR3);
    /* The supply may be chosen once: SCUEN is not visible on this part, so only a change counts. */
    if ((*cr3 ^ old) & CR3_SUPPLY)
        mote_reg(dev, CSR1) |= VOSRDY;
    *cr3 = *cr3 & external_on ? *cr3 | external_ready : *cr3 & ~external_ready;
    announce(dev);
}

static void store_cpucr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    uint32_t *cpucr = &mote_reg(dev, CPUCR);
    if (written & CPUCR_CSSF)
        *cpucr &= ~(CPUCR_STOPF | CPUCR_SBF);
}

static void store_wkupcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, WKUPFR) &= ~written;
}

static const struct mote_reg regs[REG_COUNT] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .reset = 0xC000,
             .rw = 0x0FFFDFF1,
             .ro = 0x2000,
             .unmodelled = 0x0FFF1EF1,
             .store = store_cr1},
    [CSR1] = {.name = "CSR1", .offset = 0x04, .reset = 0x6000, .ro = 0x3E010},
    [CR2] = {.name = "CR2", .offset = 0x08, .rw = 0x11, .ro = 0xF10000, .unmodelled = 0x11},
    [CR3] = {.name = "CR3",
             .offset = 0x0C,
             .reset = 0x46,
             .rw = 0x0300033F,
             .ro = 0x04010000,
             .unmodelled = 0x03000300,
             .keep = 1,
             .store = store_cr3},
    [CPUCR] = {.name = "CPUCR",
               .offset = 0x10,
               .rw = 0x805,
               .ro = 0x60,
               .wo = CPUCR_CSSF,
               .unmodelled = 0x800,
               .keep = 1,
               .store = store_cpucr},
    [SRDCR] = {.name = "SRDCR",
               .offset = 0x18,
               .reset = 0x6000,
               .rw = 0xC000,
               .ro = 0x2000,
               .store = store_srdcr},
    [WKUPCR] = {.name = "WKUPCR", .offset = 0x20, .wo = 0x3F, .store = store_wkupcr},
    [WKUPFR] = {.name = "WKUPFR", .offset = 0x24, .ro = 0x3F, .keep = 1},
    [WKUPEPR] = {.name = "WKUPEPR",
                 .offset = 0x28,
                 .rw = 0x0FFF3F3F,
                 .unmodelled = 0x0FFF0000,
                 .keep = 1,
                 .store = stm32_pwr_store_pins},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void reset(struct mote_device *dev)
{
    mote_reg(dev, SRDCR) |= VOSRDY;
    mote_reg(dev, CSR1) |= VOSRDY;
    mote_reg(dev, CPUCR) &= CPUCR_SBF; /* a power-on reset apart, only CSSF clears it */
    stm32_pwr_reset(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    stm32_pwr_attach(dev, &chip);
    return true;
}

static const struct mote_event_desc events[] = {
    [PWR_EV_WAKE] = {"awake", stm32_pwr_awake, 0},
};

const struct mote_device_class mote_class_stm32h7_pwr = {
    .name = "stm32h7_pwr",
    .summary = "STM32H7A3 power control",
    .compatibles = {"st,stm32h7-pwr"},
    .state_bytes = sizeof(struct stm32_pwr),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}, {"wkup", WAKE_PINS}, {"wake", 1}},
    .outputs = {{"stop", 1}, {"dbp", 1}, {"standby", 1}},
    .power_states = {"run_vos3_ldo",    "run_vos2_ldo",    "run_vos1_ldo",    "run_vos0_ldo",
                     "run_vos3_smps",   "run_vos2_smps",   "run_vos1_smps",   "run_vos0_smps",
                     "sleep_vos3_ldo",  "sleep_vos2_ldo",  "sleep_vos1_ldo",  "sleep_vos0_ldo",
                     "sleep_vos3_smps", "sleep_vos2_smps", "sleep_vos1_smps", "sleep_vos0_smps",
                     "stop_svos3",      "stop_svos4",      "stop_svos5",      "dstop2_svos3",
                     "dstop2_svos4",    "dstop2_svos5",    "standby",         "waking"},
    .attach = attach,
    .reset = reset,
    .input = stm32_pwr_input,
};
