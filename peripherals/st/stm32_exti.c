/* STM32 extended interrupts and events controller (EXTI), two register banks.
 *
 * ST RM0432 (STM32L4+), chapter 17; bits as in ST's stm32l4r5xx.h. Configurable lines: 0..16,
 * 18..22, 35..38; direct lines: 17, 23..33, 40. Modelled: edge detection, software triggers,
 * pending bits, interrupt and event masks. Input "line" has one wire a line; output "irq" one a
 * vector, in the order below; output "event" pulses for an event (to the core's RXEV).
 * Not modelled: the masks of direct lines: those peripherals have interrupts of their own, which
 * wake the core from Stop here whatever the mask says. */
#include <mote/device.h>

#define LINES 41

enum {
    IMR1,
    EMR1,
    RTSR1,
    FTSR1,
    SWIER1,
    PR1,
    IMR2,
    EMR2,
    RTSR2,
    FTSR2,
    SWIER2,
    PR2,
    REG_COUNT,
};
#define BANK (IMR2 - IMR1)

/* Lines of each interrupt wire: EXTI0..4, EXTI9_5, EXTI15_10, PVD_PVM, TAMP_STAMP, RTC_WKUP,
 * RTC_Alarm, COMP. */
static const uint64_t vectors[] = {
    1ull << 0,  1ull << 1,    1ull << 2,     1ull << 3,
    1ull << 4,  0x1Full << 5, 0x3Full << 10, 1ull << 16 | 0xFull << 35,
    1ull << 19, 1ull << 20,   1ull << 18,    3ull << 21,
};
#define VECTORS   (sizeof vectors / sizeof *vectors)
#define OUT_EVENT ((uint32_t)VECTORS)

struct exti_state {
    uint64_t levels; /* last level of each line */
};

static uint64_t both(struct mote_device *dev, uint32_t id)
{
    return (uint64_t)mote_reg(dev, id + BANK) << 32 | mote_reg(dev, id);
}

static void update_irqs(struct mote_device *dev)
{
    uint64_t pending = both(dev, PR1) & both(dev, IMR1);
    for (uint32_t i = 0; i < VECTORS; i++)
        mote_wire_set(dev, i, (pending & vectors[i]) != 0);
}

static void trigger(struct mote_device *dev, uint32_t line)
{
    uint32_t bank = line / 32 * BANK;
    uint32_t bit = 1u << (line % 32);
    mote_reg(dev, PR1 + bank) |= bit;
    if (mote_reg(dev, EMR1 + bank) & bit)
        mote_wire_pulse(dev, OUT_EVENT);
    update_irqs(dev);
}

static void input(struct mote_device *dev, uint32_t line, int level)
{
    struct exti_state *exti = dev->state;
    bool was = (exti->levels >> line) & 1;
    bool now = level == 1;
    if (was == now)
        return;
    exti->levels ^= 1ull << line;
    uint32_t edges = mote_reg(dev, (now ? RTSR1 : FTSR1) + line / 32 * BANK);
    if ((edges >> (line % 32)) & 1)
        trigger(dev, line);
}

static void store_mask(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irqs(dev);
}

/* A software trigger needs the line's interrupt (or event) enabled and the bit at 0 before. */
static void store_swier(struct mote_device *dev, uint32_t bank, uint32_t old)
{
    uint32_t enabled = mote_reg(dev, IMR1 + bank) | mote_reg(dev, EMR1 + bank);
    uint32_t rising = mote_reg(dev, SWIER1 + bank) & ~old & enabled;
    for (uint32_t i = 0; i < 32; i++)
        if ((rising >> i) & 1)
            trigger(dev, i + (bank ? 32 : 0));
}

static void store_swier1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    store_swier(dev, 0, old);
}
static void store_swier2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    store_swier(dev, BANK, old);
}

/* Clearing a pending bit clears the software trigger too. */
static void store_pr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SWIER1) &= ~written;
    update_irqs(dev);
}
static void store_pr2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SWIER2) &= ~written;
    update_irqs(dev);
}

/* IMR2 resets to 0xFFFFFF87 (RM0432 17.5.7): reserved bits read 1. */
static const struct mote_reg regs[REG_COUNT] = {
    [IMR1] = {.name = "IMR1",
              .offset = 0x00,
              .reset = 0xFF820000,
              .rw = 0xFFFFFFFF,
              .store = store_mask},
    [EMR1] = {.name = "EMR1", .offset = 0x04, .rw = 0xFFFFFFFF},
    [RTSR1] = {.name = "RTSR1", .offset = 0x08, .rw = 0x7DFFFF},
    [FTSR1] = {.name = "FTSR1", .offset = 0x0C, .rw = 0x7DFFFF},
    [SWIER1] = {.name = "SWIER1", .offset = 0x10, .w1s = 0x7DFFFF, .store = store_swier1},
    [PR1] = {.name = "PR1", .offset = 0x14, .w1c = 0x7DFFFF, .store = store_pr1},
    [IMR2] =
        {.name = "IMR2", .offset = 0x20, .reset = 0xFFFFFF87, .rw = 0x17B, .store = store_mask},
    [EMR2] = {.name = "EMR2", .offset = 0x24, .rw = 0x17B},
    [RTSR2] = {.name = "RTSR2", .offset = 0x28, .rw = 0x78},
    [FTSR2] = {.name = "FTSR2", .offset = 0x2C, .rw = 0x78},
    [SWIER2] = {.name = "SWIER2", .offset = 0x30, .w1s = 0x78, .store = store_swier2},
    [PR2] = {.name = "PR2", .offset = 0x34, .w1c = 0x78, .store = store_pr2},
};

static void reset(struct mote_device *dev)
{
    struct exti_state *exti = dev->state;
    exti->levels = 0;
    for (uint32_t i = 0; i < LINES; i++)
        exti->levels |= (uint64_t)(mote_wire_input(dev, i) == 1) << i;
}

const struct mote_device_class mote_class_stm32_exti = {
    .name = "stm32_exti",
    .summary = "STM32 external interrupts and events",
    .compatibles = {"st,stm32-exti"},
    .state_bytes = sizeof(struct exti_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"line", LINES}},
    .outputs = {{"irq", VECTORS}, {"event", 1}},
    .reset = reset,
    .input = input,
};
