/* STM32U5 extended interrupts and event controller (EXTI).
 *
 * ST RM0456 (STM32U5 series), chapter 23; bits as in ST's stm32u575xx.h. Lines 0 to 15 are pins,
 * each of one port (EXTICR) and with an interrupt of its own; lines 16 to 25 are inside the chip.
 * Modelled: port selection, edges, software triggers, rising and falling pending bits, masks. Input
 * "pin" has the levels of ports A to I, sixteen each; input "line" those of lines 16 to 25.
 * Output "irq": lines 0 to 15; output "event" pulses for an event (to the core's RXEV).
 * Not modelled: security and privilege attributes (TZEN = 0), their lock. */
#include <mote/device.h>

#define PORTS      9
#define PIN_LINES  16
#define LINES      26
#define LINES_MASK ((1u << LINES) - 1)

enum {
    RTSR1,
    FTSR1,
    SWIER1,
    RPR1,
    FPR1,
    SECCFGR1,
    PRIVCFGR1,
    EXTICR,
    LOCKR,
    IMR1,
    EMR1,
    REG_COUNT,
};
enum { OUT_EVENT = PIN_LINES };

struct exti_state {
    uint32_t levels; /* last level of each line */
};

static void update_irqs(struct mote_device *dev)
{
    uint32_t pending = (mote_reg(dev, RPR1) | mote_reg(dev, FPR1)) & mote_reg(dev, IMR1);
    for (uint32_t i = 0; i < PIN_LINES; i++)
        mote_wire_set(dev, i, pending >> i & 1);
}

static void trigger(struct mote_device *dev, uint32_t line, bool rising)
{
    mote_reg(dev, rising ? RPR1 : FPR1) |= 1u << line;
    if (mote_reg(dev, EMR1) >> line & 1)
        mote_wire_pulse(dev, OUT_EVENT);
    update_irqs(dev);
}

static void set_level(struct mote_device *dev, uint32_t line, bool level)
{
    struct exti_state *exti = dev->state;
    uint32_t bit = 1u << line;
    if (((exti->levels & bit) != 0) == level)
        return;
    exti->levels ^= bit;
    if (mote_reg(dev, level ? RTSR1 : FTSR1) & bit)
        trigger(dev, line, level);
}

static void update_line(struct mote_device *dev, uint32_t line)
{
    uint32_t port = *mote_reg_ptr(dev, EXTICR, line / 4) >> (8 * (line % 4)) & 0xFF;
    if (port < PORTS)
        set_level(dev, line, mote_wire_input(dev, port * PIN_LINES + line) == 1);
}

static void store_exticr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old, (void)written;
    for (uint32_t i = 0; i < 4; i++)
        update_line(dev, 4 * element + i);
}

static void store_swier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SWIER1) = 0;
    for (uint32_t line = 0; line < LINES; line++)
        if (written >> line & 1)
            trigger(dev, line, true);
}

static void store_any(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irqs(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [RTSR1] = {.name = "RTSR1", .offset = 0x00, .rw = LINES_MASK},
    [FTSR1] = {.name = "FTSR1", .offset = 0x04, .rw = LINES_MASK},
    [SWIER1] = {.name = "SWIER1", .offset = 0x08, .w1s = LINES_MASK, .store = store_swier},
    [RPR1] = {.name = "RPR1", .offset = 0x0C, .w1c = LINES_MASK, .store = store_any},
    [FPR1] = {.name = "FPR1", .offset = 0x10, .w1c = LINES_MASK, .store = store_any},
    [SECCFGR1] = {.name = "SECCFGR1", .offset = 0x14, .rw = LINES_MASK, .unmodelled = LINES_MASK},
    [PRIVCFGR1] = {.name = "PRIVCFGR1", .offset = 0x18, .rw = LINES_MASK, .unmodelled = LINES_MASK},
    [EXTICR] =
        {.name = "EXTICR[%u]", .offset = 0x60, .count = 4, .rw = 0x0F0F0F0F, .store = store_exticr},
    [LOCKR] = {.name = "LOCKR", .offset = 0x70, .rw = 0x1, .unmodelled = 0x1},
    [IMR1] = {.name = "IMR1", .offset = 0x80, .rw = LINES_MASK, .store = store_any},
    [EMR1] = {.name = "EMR1", .offset = 0x84, .rw = LINES_MASK},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    if (index < PORTS * PIN_LINES)
        update_line(dev, index % PIN_LINES);
    else
        set_level(dev, PIN_LINES + index - PORTS * PIN_LINES, level == 1);
}

static void reset(struct mote_device *dev)
{
    struct exti_state *exti = dev->state;
    exti->levels = 0;
    for (uint32_t line = 0; line < PIN_LINES; line++)
        if (mote_wire_input(dev, line) == 1) /* port A */
            exti->levels |= 1u << line;
}

const struct mote_device_class mote_class_stm32u5_exti = {
    .name = "stm32u5_exti",
    .summary = "STM32U5 external interrupts",
    .compatibles = {"st,stm32u5-exti"},
    .state_bytes = sizeof(struct exti_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"pin", PORTS *PIN_LINES}, {"line", LINES - PIN_LINES}},
    .outputs = {{"irq", PIN_LINES}, {"event", 1}},
    .reset = reset,
    .input = input,
};
