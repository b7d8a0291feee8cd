/* STM32U5 extended interrupts and event controller (EXTI).
 *
 * ST RM0456 (STM32U5 series), chapter 23; bits as in ST's stm32u575xx.h. Lines 0 to 15 are pins,
 * each of one port (EXTICR) and with an interrupt of its own; lines 16 to 25 are inside the chip.
 * Modelled: port selection, edges, software triggers, rising and falling pending bits, masks. Input
 * "pin" has the levels of ports A to I, sixteen each; input "line" those of lines 16 to 25.
 * Output "irq": lines 0 to 15; output "event" pulses for an event (to the core's RXEV).
 * Not modelled: security and privilege attributes (TZEN = 0), their lock. */
#include "_stm32_exti.h"

#define PORTS      9
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
/* Each pin's line has an interrupt of its own. */
#define FOUR(line) 1u << (line), 2u << (line), 4u << (line), 8u << (line)
static const uint64_t vectors[] = {FOUR(0), FOUR(4), FOUR(8), FOUR(12)};

static const struct stm32_exti_chip chip = {
    RTSR1, FTSR1, SWIER1, RPR1, FPR1, IMR1, EMR1, 0, STM32_EXTI_PIN_LINES, vectors, 0};

static void update_line(struct mote_device *dev, uint32_t line)
{
    int level = stm32_exticr_level(dev, &mote_reg(dev, EXTICR), 8, PORTS, line);
    if (level >= 0)
        stm32_exti_level(dev, line, level == 1);
}

static void store_exticr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old, (void)written;
    for (uint32_t i = 0; i < 4; i++)
        update_line(dev, 4 * element + i);
}

static const struct mote_reg regs[REG_COUNT] = {
    [RTSR1] = {.name = "RTSR1", .offset = 0x00, .rw = LINES_MASK},
    [FTSR1] = {.name = "FTSR1", .offset = 0x04, .rw = LINES_MASK},
    [SWIER1] = {.name = "SWIER1",
                .offset = 0x08,
                .w1s = LINES_MASK,
                .store = stm32_exti_store_swier},
    [RPR1] = {.name = "RPR1", .offset = 0x0C, .w1c = LINES_MASK, .store = stm32_exti_store},
    [FPR1] = {.name = "FPR1", .offset = 0x10, .w1c = LINES_MASK, .store = stm32_exti_store},
    [SECCFGR1] = {.name = "SECCFGR1", .offset = 0x14, .rw = LINES_MASK, .unmodelled = LINES_MASK},
    [PRIVCFGR1] = {.name = "PRIVCFGR1", .offset = 0x18, .rw = LINES_MASK, .unmodelled = LINES_MASK},
    [EXTICR] =
        {.name = "EXTICR[%u]", .offset = 0x60, .count = 4, .rw = 0x0F0F0F0F, .store = store_exticr},
    [LOCKR] = {.name = "LOCKR", .offset = 0x70, .rw = 0x1, .unmodelled = 0x1},
    [IMR1] = {.name = "IMR1", .offset = 0x80, .rw = LINES_MASK, .store = stm32_exti_store},
    [EMR1] = {.name = "EMR1", .offset = 0x84, .rw = LINES_MASK},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    if (index < PORTS * STM32_EXTI_PIN_LINES)
        update_line(dev, index % STM32_EXTI_PIN_LINES);
    else
        stm32_exti_level(dev, STM32_EXTI_PIN_LINES + index - PORTS * STM32_EXTI_PIN_LINES,
                         level == 1);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    ((struct stm32_exti *)dev->state)->chip = &chip;
    return true;
}

static void reset(struct mote_device *dev)
{
    struct stm32_exti *exti = dev->state;
    exti->levels = 0;
    for (uint32_t line = 0; line < STM32_EXTI_PIN_LINES; line++)
        if (mote_wire_input(dev, line) == 1) /* port A */
            exti->levels |= 1ull << line;
}

const struct mote_device_class mote_class_stm32u5_exti = {
    .name = "stm32u5_exti",
    .summary = "STM32U5 external interrupts",
    .compatibles = {"st,stm32u5-exti"},
    .state_bytes = sizeof(struct stm32_exti),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"pin", PORTS *STM32_EXTI_PIN_LINES}, {"line", LINES - STM32_EXTI_PIN_LINES}},
    .outputs = {{"irq", STM32_EXTI_PIN_LINES}, {"event", 1}},
    .attach = attach,
    .reset = reset,
    .input = input,
};
