/* PSoC 6 (CAT1A) high-speed I/O matrix.
 *
 * Infineon 002-24529, chapter "I/O system"; registers as in Infineon's SVD of psoc6_02 (HSIOM,
 * version 2). Modelled: registers with readback. Not modelled: what they route; a serial block's
 * line and a port's pins are always connected, whatever the matrix says. */
#include <mote/device.h>

enum { PORT_SEL, AMUX_SPLIT_CTL, MONITOR_CTL, ALT_JTAG_EN, REG_COUNT };

/* PORT_SEL0 and PORT_SEL1 of fifteen ports, which alternate, 16 bytes a port. */
static const struct mote_reg regs[REG_COUNT] = {
    [PORT_SEL] = {.name = "PRT.PORT_SEL[%u]", .offset = 0x0, .count = 60, .rw = 0x1F1F1F1F},
    [AMUX_SPLIT_CTL] = {.name = "AMUX_SPLIT_CTL[%u]",
                        .offset = 0x2000,
                        .count = 64,
                        .rw = 0x77,
                        .unmodelled = 0x77},
    [MONITOR_CTL] = {.name = "MONITOR_CTL_%u",
                     .offset = 0x2200,
                     .count = 4,
                     .rw = 0xFFFFFFFF,
                     .unmodelled = 0xFFFFFFFF},
    [ALT_JTAG_EN] = {.name = "ALT_JTAG_EN",
                     .offset = 0x2240,
                     .rw = 0x80000000,
                     .unmodelled = 0x80000000},
};

const struct mote_device_class mote_class_psoc6_hsiom = {
    .name = "psoc6_hsiom",
    .summary = "PSoC 6 I/O matrix (registers only)",
    .compatibles = {"infineon,hsiom", "infineon,cat1-hsiom"},
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x4000,
};
