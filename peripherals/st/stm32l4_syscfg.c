/* STM32L4+ system configuration controller (SYSCFG).
 *
 * ST RM0432, chapter 9; bits as in ST's stm32l4r5xx.h. Modelled: EXTICR, which chooses the port of
 * each external interrupt line. Input "pin" has 16 wires a port, ports in the order A to I (from
 * each port's output "in"); output "exti" is the 16 chosen levels.
 * Not modelled: memory remapping, analogue booster, I2C fast-mode plus drivers, firewall, FPU
 * interrupts, SRAM2 erase, parity and write protection, break inputs from lock-up. */
#include "_stm32_exti.h"

#define PORTS 9

enum { MEMRMP, CFGR1, EXTICR1, EXTICR2, EXTICR3, EXTICR4, SCSR, CFGR2, SWPR, SKR, SWPR2, COUNT };

static void update_line(struct mote_device *dev, uint32_t line)
{
    stm32_exticr_drive(dev, &mote_reg(dev, EXTICR1), PORTS, line);
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

static const struct mote_reg regs[COUNT] = {
    [MEMRMP] = {.name = "MEMRMP", .offset = 0x00, .rw = 0x107, .unmodelled = 0x107},
    [CFGR1] = {.name = "CFGR1",
               .offset = 0x04,
               .reset = 0x7C000001,
               .rw = 0xFCFF0101,
               .unmodelled = 0xFCFF0101},
    [EXTICR1] = {.name = "EXTICR1", .offset = 0x08, .rw = 0xFFFF, .store = store_exticr},
    [EXTICR2] = {.name = "EXTICR2", .offset = 0x0C, .rw = 0xFFFF, .store = store_exticr},
    [EXTICR3] = {.name = "EXTICR3", .offset = 0x10, .rw = 0xFFFF, .store = store_exticr},
    [EXTICR4] = {.name = "EXTICR4", .offset = 0x14, .rw = 0x7777, .store = store_exticr},
    [SCSR] = {.name = "SCSR", .offset = 0x18, .rw = 0x1, .ro = 0x2, .unmodelled = 0x1},
    [CFGR2] = {.name = "CFGR2", .offset = 0x1C, .w1s = 0xF, .w1c = 0x100, .unmodelled = 0xF},
    [SWPR] = {.name = "SWPR", .offset = 0x20, .w1s = 0xFFFFFFFF, .unmodelled = 0xFFFFFFFF},
    [SKR] = {.name = "SKR", .offset = 0x24, .wo = 0xFF},
    [SWPR2] = {.name = "SWPR2", .offset = 0x28, .w1s = 0xFFFFFFFF, .unmodelled = 0xFFFFFFFF},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    update_line(dev, index % STM32_EXTI_PIN_LINES);
}

const struct mote_device_class mote_class_stm32l4_syscfg = {
    .name = "stm32l4_syscfg",
    .summary = "STM32L4+ system configuration: ports of external interrupts",
    .compatibles = {"st,stm32l4-syscfg", "st,stm32-syscfg"},
    .gated_access = true,
    .regs = regs,
    .reg_count = COUNT,
    .window_bytes = 0x30,
    .inputs = {{"pin", PORTS *STM32_EXTI_PIN_LINES}},
    .outputs = {{"exti", STM32_EXTI_PIN_LINES}},
    .reset = update_all,
    .input = input,
};
