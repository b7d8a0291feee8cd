/* STM32G0 system configuration controller (SYSCFG).
 *
 * ST RM0444 (STM32G0x1), chapter 8; bits as in ST's stm32g0b1xx.h. Modelled: ITLINEx, which tell
 * which peripherals ask for a shared interrupt; input "line" has sixteen wires a line, in the order
 * of the bits. Not modelled: memory remapping (MEM_MODE), pin remapping, infrared, I2C fast-mode
 * plus drivers, break inputs, clamping diodes, SRAM parity. */
#include <mote/device.h>

#define LINES 32
#define BITS  16

enum { CFGR1, CFGR2, ITLINE, COUNT };

static uint32_t load_itline(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    uint32_t requests = 0;
    for (uint32_t bit = 0; bit < BITS; bit++)
        requests |= (uint32_t)(mote_wire_input(dev, element * BITS + bit) == 1) << bit;
    return requests;
}

static const struct mote_reg regs[COUNT] = {
    [CFGR1] = {.name = "CFGR1", .offset = 0x00, .rw = 0x1FF07FB, .unmodelled = 0x1FF07FB},
    [CFGR2] = {.name = "CFGR2",
               .offset = 0x18,
               .rw = 0xFF0000,
               .w1s = 0xF,
               .w1c = 0x100,
               .unmodelled = 0xFF000F},
    [ITLINE] =
        {.name = "ITLINE%u", .offset = 0x80, .count = LINES, .ro = 0xFFFF, .load = load_itline},
};

const struct mote_device_class mote_class_stm32g0_syscfg = {
    .name = "stm32g0_syscfg",
    .summary = "STM32G0 system configuration: sources of shared interrupts",
    .compatibles = {"st,stm32g0-syscfg"},
    .gated_access = true,
    .regs = regs,
    .reg_count = COUNT,
    .window_bytes = 0x100,
    .inputs = {{"line", LINES *BITS}},
};
