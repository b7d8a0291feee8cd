/* STM32F74x/75x system configuration controller (SYSCFG).
 *
 * ST RM0385, chapter 7; bits as in ST's stm32f746xx.h. Modelled: EXTICR, which chooses the port of
 * each external interrupt line. Input "pin" has 16 wires a port, ports in the order A to K (from
 * each port's output "in"); output "exti" is the 16 chosen levels.
 * Not modelled: memory swaps, fast-mode plus drivers, ADC and Ethernet options, the compensation
 * cell (never ready). */
#include "_stm32_exti.h"

#define PORTS 11

enum { MEMRMP, PMC, EXTICR, CMPCR, REG_COUNT };

static void update_all(struct mote_device *dev)
{
    for (uint32_t line = 0; line < STM32_EXTI_PIN_LINES; line++)
        stm32_exticr_drive(dev, &mote_reg(dev, EXTICR), PORTS, line);
}

static void store_exticr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_all(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [MEMRMP] = {.name = "MEMRMP", .offset = 0x00, .rw = 0xC00, .ro = 0x1, .unmodelled = 0xC00},
    [PMC] = {.name = "PMC", .offset = 0x04, .rw = 0x008700FF, .unmodelled = 0x008700FF},
    [EXTICR] =
        {.name = "EXTICR[%u]", .offset = 0x08, .count = 4, .rw = 0xFFFF, .store = store_exticr},
    [CMPCR] = {.name = "CMPCR", .offset = 0x20, .rw = 0x1, .ro = 0x100, .unmodelled = 0x1},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    stm32_exticr_drive(dev, &mote_reg(dev, EXTICR), PORTS, index % STM32_EXTI_PIN_LINES);
}

const struct mote_device_class mote_class_stm32f7_syscfg = {
    .name = "stm32f7_syscfg",
    .summary = "STM32F74x system configuration: ports of external interrupts",
    .compatibles = {"st,stm32f7-syscfg"},
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"pin", PORTS *STM32_EXTI_PIN_LINES}},
    .outputs = {{"exti", STM32_EXTI_PIN_LINES}},
    .reset = update_all,
    .input = input,
};
