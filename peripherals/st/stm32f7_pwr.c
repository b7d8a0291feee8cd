/* STM32F74x/75x power control (PWR).
 *
 * ST RM0385, chapter 4; bits as in ST's stm32f746xx.h. Modelled: voltage scale, over-drive and its
 * switch with their ready flags (at once), backup domain write enable, wake-up flags; run and sleep
 * as power states. Not modelled: settling times, Stop and Standby, under-drive, supply supervision,
 * the backup regulator. */
#include <mote/device.h>

enum { IN_SLEEP, IN_SLEEPDEEP };
enum { CR1, CSR1, CR2, CSR2, REG_COUNT };
enum { RUN, RUN_OVERDRIVE, SLEEP, SLEEP_OVERDRIVE };

#define OVERDRIVE        (1u << 16)
#define OVERDRIVE_SWITCH (1u << 17)
#define VOSRDY           (1u << 14)

static void announce(struct mote_device *dev)
{
    uint32_t state = mote_reg(dev, CSR1) & OVERDRIVE_SWITCH ? RUN_OVERDRIVE : RUN;
    mote_power_state(dev, state + (mote_wire_input(dev, IN_SLEEP) == 1 ? SLEEP : 0));
}

static void store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    const uint32_t both = OVERDRIVE | OVERDRIVE_SWITCH;
    mote_reg(dev, CSR1) = (mote_reg(dev, CSR1) & ~both) | (mote_reg(dev, CR1) & both) | VOSRDY;
    announce(dev);
}

static void store_cr2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, CSR2) &= ~(written & 0x3F);
}

static const struct mote_reg regs[REG_COUNT] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .reset = 0xC000,
             .rw = 0x000FEFF3,
             .wo = 0x8,
             .unmodelled = 0x000C2EF3,
             .store = store_cr1},
    [CSR1] = {.name = "CSR1",
              .offset = 0x04,
              .reset = 0x4000,
              .rw = 0x300,
              .ro = 0x0003400F,
              .w1c = 0x000C0000,
              .unmodelled = 0x300},
    [CR2] = {.name = "CR2",
             .offset = 0x08,
             .rw = 0x3F00,
             .wo = 0x3F,
             .unmodelled = 0x3F00,
             .store = store_cr2},
    [CSR2] = {.name = "CSR2", .offset = 0x0C, .rw = 0x3F00, .ro = 0x3F, .unmodelled = 0x3F00},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index, (void)level;
    announce(dev);
}

static void reset(struct mote_device *dev)
{
    mote_reg(dev, CSR1) |= VOSRDY;
    announce(dev);
}

const struct mote_device_class mote_class_stm32f7_pwr = {
    .name = "stm32f7_pwr",
    .summary = "STM32F74x power control",
    .compatibles = {"st,stm32f7-pwr"},
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}},
    .power_states = {"run", "run_overdrive", "sleep", "sleep_overdrive"},
    .reset = reset,
    .input = input,
};
