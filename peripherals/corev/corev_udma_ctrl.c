/* Controller of the CORE-V-MCU's uDMA: clock gates, event routing and reset as registers.
 *
 * Source: openhwgroup/core-v-mcu, udma_ctrl_reg_defs.
 * Modelled: the registers keep what is written. Not modelled: gating (every channel has its clock),
 * event routing, reset of single channels. */
#include <mote/device.h>

static const struct mote_reg regs[] = {
    {.name = "REG_CG", .offset = 0x00, .rw = ~0u},
    {.name = "REG_CFG_EVT", .offset = 0x04, .rw = ~0u, .unmodelled = ~0u},
    {.name = "REG_RST", .offset = 0x08, .rw = ~0u, .unmodelled = ~0u},
};

const struct mote_device_class mote_class_corev_udma_ctrl = {
    .name = "corev_udma_ctrl",
    .summary = "CORE-V-MCU uDMA controller, registers only",
    .compatibles = {"openhwgroup,core-v-udma"},
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x80,
};
