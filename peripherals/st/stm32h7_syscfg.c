/* STM32H7A3/7B3/7B0 system configuration controller (SYSCFG).
 *
 * ST RM0455, chapter 12; bits as in ST's stm32h7a3xxq.h. Modelled: EXTICR, which chooses the port
 * of each external interrupt line. Input "pin" has 16 wires a port, ports in the order A to K (from
 * each port's output "in"); output "exti" is the 16 chosen levels.
 * Not modelled: fast-mode plus drivers, analogue switches, the I/O compensation cells (never
 * ready), locks of break inputs. */
#include "_stm32_exti.h"

#define PORTS 11

enum { PMCR, EXTICR, CFGR, CCCSR, CCVR, CCCR, REG_COUNT };

static void update_line(struct mote_device *dev, uint32_t line)
{
    stm32_exticr_drive(dev, &mote_reg(dev, EXTICR), PORTS, line);
}

static void update_all(struct mote_device *dev)
{
    for (uint32_t line = 0; line < STM32_EXTI_PIN_LINES; line++)
        update_line(dev, line);
}

static void store_exticr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_all(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [PMCR] = {.name = "PMCR", .offset = 0x04, .rw = 0x0F0000FF, .unmodelled = 0x0F0000FF},
    [EXTICR] =
        {.name = "EXTICR[%u]", .offset = 0x08, .count = 4, .rw = 0xFFFF, .store = store_exticr},
    [CFGR] = {.name = "CFGR", .offset = 0x18, .w1s = 0x604C, .unmodelled = 0x604C},
    [CCCSR] = {.name = "CCCSR", .offset = 0x20, .rw = 0xF000B, .ro = 0x100, .unmodelled = 0xF000B},
    [CCVR] = {.name = "CCVR", .offset = 0x24, .ro = 0xFF},
    [CCCR] = {.name = "CCCR", .offset = 0x28, .rw = 0xFFFF, .unmodelled = 0xFFFF},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    update_line(dev, index % STM32_EXTI_PIN_LINES);
}

const struct mote_device_class mote_class_stm32h7_syscfg = {
    .name = "stm32h7_syscfg",
    .summary = "STM32H7A3 system configuration: ports of external interrupts",
    .compatibles = {"st,stm32h7-syscfg"},
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"pin", PORTS *STM32_EXTI_PIN_LINES}},
    .outputs = {{"exti", STM32_EXTI_PIN_LINES}},
    .reset = update_all,
    .input = input,
};
