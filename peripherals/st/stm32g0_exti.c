/* STM32G0 extended interrupts and event controller (EXTI).
 *
 * ST RM0444 (STM32G0x1), chapter 13; bits as in ST's stm32g0b1xx.h. Lines 0 to 15 are pins, each of
 * one port (EXTICR); lines 16 to 18 and 20 are configurable lines inside the chip, line 34 (bit 2
 * of the second bank) is the supply monitor; all others are direct lines. Modelled: port selection,
 * edges, software triggers, rising and falling pending bits, masks. Input "pin" has the levels of
 * ports A to F, sixteen each; input "line" those of lines 16 to 18 and 20. Output "irq": EXTI0_1,
 * EXTI2_3, EXTI4_15, PVD (16), COMP (17, 18, 20); output "event" pulses for an event (to the core's
 * RXEV). Not modelled: line 34, and the masks of direct lines: those peripherals have interrupts of
 * their own, which wake the core from Stop here whatever the mask says. */
#include "_stm32_exti.h"

#define PORTS        6
#define LINES        21
#define CONFIGURABLE 0x17FFFFu
#define MONITOR      0x4u

enum {
    RTSR1,
    FTSR1,
    SWIER1,
    RPR1,
    FPR1,
    RTSR2,
    FTSR2,
    SWIER2,
    RPR2,
    FPR2,
    EXTICR,
    IMR1,
    EMR1,
    IMR2,
    EMR2,
    REG_COUNT,
};

static const uint64_t vectors[] = {0x3, 0xC, 0xFFF0, 1u << 16, 7u << 17 | 1u << 20};
#define VECTORS (sizeof vectors / sizeof *vectors)

static const uint8_t inside[] = {16, 17, 18, 20}; /* the wires of input "line" */

static const struct stm32_exti_chip chip = {RTSR1, FTSR1, SWIER1,  RPR1,    FPR1, IMR1,
                                            EMR1,  0,     VECTORS, vectors, 0};

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

/* IMR1 resets with the direct lines enabled (RM0444 13.5.11). */
static const struct mote_reg regs[REG_COUNT] = {
    [RTSR1] = {.name = "RTSR1", .offset = 0x00, .rw = CONFIGURABLE},
    [FTSR1] = {.name = "FTSR1", .offset = 0x04, .rw = CONFIGURABLE},
    [SWIER1] = {.name = "SWIER1",
                .offset = 0x08,
                .w1s = CONFIGURABLE,
                .store = stm32_exti_store_swier},
    [RPR1] = {.name = "RPR1", .offset = 0x0C, .w1c = CONFIGURABLE, .store = stm32_exti_store},
    [FPR1] = {.name = "FPR1", .offset = 0x10, .w1c = CONFIGURABLE, .store = stm32_exti_store},
    [RTSR2] = {.name = "RTSR2", .offset = 0x20, .rw = MONITOR, .unmodelled = MONITOR},
    [FTSR2] = {.name = "FTSR2", .offset = 0x24, .rw = MONITOR, .unmodelled = MONITOR},
    [SWIER2] = {.name = "SWIER2", .offset = 0x28, .w1s = MONITOR, .unmodelled = MONITOR},
    [RPR2] = {.name = "RPR2", .offset = 0x2C, .w1c = MONITOR},
    [FPR2] = {.name = "FPR2", .offset = 0x30, .w1c = MONITOR},
    [EXTICR] =
        {.name = "EXTICR[%u]", .offset = 0x60, .count = 4, .rw = 0x07070707, .store = store_exticr},
    [IMR1] = {.name = "IMR1",
              .offset = 0x80,
              .reset = 0xFFF80000,
              .rw = 0xFFFFFFFF,
              .store = stm32_exti_store},
    [EMR1] = {.name = "EMR1", .offset = 0x84, .rw = 0xFFFFFFFF},
    [IMR2] = {.name = "IMR2", .offset = 0x90, .reset = 0xFFFFFFFF, .rw = 0x1F, .unmodelled = 0x1F},
    [EMR2] = {.name = "EMR2", .offset = 0x94, .rw = 0x1F, .unmodelled = 0x1F},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    if (index < PORTS * STM32_EXTI_PIN_LINES)
        update_line(dev, index % STM32_EXTI_PIN_LINES);
    else
        stm32_exti_level(dev, inside[index - PORTS * STM32_EXTI_PIN_LINES], level == 1);
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

const struct mote_device_class mote_class_stm32g0_exti = {
    .name = "stm32g0_exti",
    .summary = "STM32G0 external interrupts and events",
    .compatibles = {"st,stm32g0-exti"},
    .state_bytes = sizeof(struct stm32_exti),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"pin", PORTS *STM32_EXTI_PIN_LINES}, {"line", sizeof inside}},
    .outputs = {{"irq", VECTORS}, {"event", 1}},
    .attach = attach,
    .reset = reset,
    .input = input,
};
