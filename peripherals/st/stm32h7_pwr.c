/* STM32H7A3/7B3/7B0 power control (PWR).
 *
 * ST RM0455, chapter 6; bits as in ST's stm32h7a3xxq.h. Modelled: supply configuration (SMPS, LDO,
 * bypass) written once after power-on, voltage scaling with ACTVOSRDY and VOSRDY at once, backup
 * domain write enable, wake-up flags; run and sleep by voltage scale as power states.
 * Not modelled: settling times of the regulators, Stop and Standby, supply supervision, USB
 * regulator, retention of memories in Stop. */
#include <mote/device.h>

enum { IN_SLEEP, IN_SLEEPDEEP };
enum { CR1, CSR1, CR2, CR3, CPUCR, SRDCR, WKUPCR, WKUPFR, WKUPEPR, REG_COUNT };

#define VOS(value)  ((value) >> 14 & 3)
#define VOSRDY      (1u << 13)
#define CR3_SUPPLY  0x3Fu
#define SLEEP_STATE 4

/* The field counts up with the voltage: 0 is scale 3 (lowest), 3 is scale 0. */
static void announce(struct mote_device *dev)
{
    uint32_t state = VOS(mote_reg(dev, SRDCR));
    mote_power_state(dev, state + (mote_wire_input(dev, IN_SLEEP) == 1 ? SLEEP_STATE : 0));
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
             .unmodelled = 0x0FFFDEF1},
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
    [CPUCR] = {.name = "CPUCR", .offset = 0x10, .rw = 0xA05, .ro = 0x60, .unmodelled = 0xA05},
    [SRDCR] = {.name = "SRDCR",
               .offset = 0x18,
               .reset = 0x6000,
               .rw = 0xC000,
               .ro = 0x2000,
               .store = store_srdcr},
    [WKUPCR] = {.name = "WKUPCR", .offset = 0x20, .wo = 0x3F, .store = store_wkupcr},
    [WKUPFR] = {.name = "WKUPFR", .offset = 0x24, .ro = 0x3F, .keep = 1},
    [WKUPEPR] = {.name = "WKUPEPR", .offset = 0x28, .rw = 0x0FFF3F3F, .unmodelled = 0x0FFF3F3F},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index, (void)level;
    announce(dev);
}

static void reset(struct mote_device *dev)
{
    mote_reg(dev, SRDCR) |= VOSRDY;
    mote_reg(dev, CSR1) |= VOSRDY;
    announce(dev);
}

const struct mote_device_class mote_class_stm32h7_pwr = {
    .name = "stm32h7_pwr",
    .summary = "STM32H7A3 power control",
    .compatibles = {"st,stm32h7-pwr"},
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}},
    .power_states = {"run_vos3", "run_vos2", "run_vos1", "run_vos0", "sleep_vos3", "sleep_vos2",
                     "sleep_vos1", "sleep_vos0"},
    .reset = reset,
    .input = input,
};
