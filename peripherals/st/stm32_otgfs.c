/* STM32 USB OTG full speed (Synopsys DWC2): the global core registers, without a bus.
 *
 * ST RM0432 (STM32L4+) chapter 54, RM0456 (STM32U5) chapter 73; bits as in ST's headers. Start-up
 * code of boards initialises the core even when nothing is plugged in; this model lets it.
 * Modelled: GRSTCTL (AHB always idle, core soft reset and FIFO flushes are over at once), core id,
 * soft disconnect and the remembered configuration registers; no host ever appears.
 * Not modelled: the bus, endpoints, host channels, FIFOs, interrupts, power and clock gating. */
#include <mote/device.h>

enum {
    GOTGCTL,
    GOTGINT,
    GAHBCFG,
    GUSBCFG,
    GRSTCTL,
    GINTSTS,
    GINTMSK,
    GRXFSIZ,
    TXF0,
    GCCFG,
    CID,
    HPTXFSIZ,
    DIEPTXF,
    DCFG,
    DCTL,
    DSTS,
    DMASK,
    DEP,
    PCGCCTL,
    REG_COUNT
};

#define ALL 0xFFFFFFFF
static const struct mote_reg regs[REG_COUNT] = {
    [GOTGCTL] = {.name = "GOTGCTL",
                 .offset = 0x000,
                 .reset = 0x10000,
                 .rw = 0x15F,
                 .ro = 0xFFFF0000,
                 .unmodelled = 0x15F},
    [GOTGINT] = {.name = "GOTGINT", .offset = 0x004, .w1c = 0x1E0304},
    [GAHBCFG] = {.name = "GAHBCFG", .offset = 0x008, .rw = 0x1FF, .unmodelled = 0x1FE},
    [GUSBCFG] = {.name = "GUSBCFG",
                 .offset = 0x00C,
                 .reset = 0x1440,
                 .rw = 0x60003F47,
                 .unmodelled = 0x60003F07},
    /* FLUSH and reset bits fall at once: they are seen by nobody */
    [GRSTCTL] = {.name = "GRSTCTL",
                 .offset = 0x010,
                 .reset = 0x80000000,
                 .rw = 0x7C0,
                 .wo = 0x37,
                 .ro = 0x80000000,
                 .unmodelled = 0x7C0},
    [GINTSTS] = {.name = "GINTSTS",
                 .offset = 0x014,
                 .reset = 0x04000020,
                 .w1c = 0xFA3FFF08,
                 .ro = 0x05C000F7},
    [GINTMSK] = {.name = "GINTMSK", .offset = 0x018, .rw = ALL, .unmodelled = ALL},
    [GRXFSIZ] =
        {.name = "GRXFSIZ", .offset = 0x024, .reset = 0x200, .rw = 0xFFFF, .unmodelled = 0xFFFF},
    [TXF0] =
        {.name = "DIEPTXF0", .offset = 0x028, .reset = 0x02000200, .rw = ALL, .unmodelled = ALL},
    [GCCFG] = {.name = "GCCFG", .offset = 0x038, .rw = 0x3F0000, .ro = 0xF, .unmodelled = 0x3E0000},
    [CID] = {.name = "CID", .offset = 0x03C, .reset = 0x3000, .rw = ALL},
    [HPTXFSIZ] =
        {.name = "HPTXFSIZ", .offset = 0x100, .reset = 0x02000400, .rw = ALL, .unmodelled = ALL},
    [DIEPTXF] = {.name = "DIEPTXF%u",
                 .offset = 0x104,
                 .count = 15,
                 .reset = 0x02000400,
                 .rw = ALL,
                 .unmodelled = ALL},
    [DCFG] = {.name = "DCFG",
              .offset = 0x800,
              .reset = 0x02200000,
              .rw = 0x03001FF7,
              .unmodelled = 0x03001FF7},
    [DCTL] = {.name = "DCTL",
              .offset = 0x804,
              .reset = 0x2,
              .rw = 0x73,
              .wo = 0xF80,
              .ro = 0xC,
              .unmodelled = 0xFF1},
    [DSTS] = {.name = "DSTS", .offset = 0x808, .reset = 0x10, .ro = 0x3FFF0F},
    [DMASK] = {.name = "DIEPMSK[%u]", .offset = 0x810, .count = 10, .rw = ALL, .unmodelled = ALL},
    [DEP] = {.name = "DEP[%u]", .offset = 0x900, .count = 144, .rw = ALL, .unmodelled = ALL},
    [PCGCCTL] = {.name = "PCGCCTL", .offset = 0xE00, .rw = 0x33, .ro = 0xC0, .unmodelled = 0x33},
};

const struct mote_device_class mote_class_stm32_otgfs = {
    .name = "stm32_otgfs",
    .summary = "STM32 USB OTG FS core without a bus",
    .compatibles = {"st,stm32-otgfs"},
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .outputs = {{"irq", 1}},
};
