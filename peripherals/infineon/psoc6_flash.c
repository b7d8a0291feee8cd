/* PSoC 6 (CAT1A) flash controller: wait states and the cores' caches.
 *
 * Infineon 002-24529, chapter "Flash memory"; registers as in Infineon's SVD of psoc6_02 (FLASHC,
 * version 2). Times and shape of the cache are properties of the node (sources:
 * sim/boards/psoc62.dtsi); the read path is in _psoc6_flash_read.c.
 * Modelled: FLASH_CTL.MAIN_WS, the Cortex-M4's cache with prefetch by CM4_CA_CTL0, invalidation by
 * FLASH_CMD (both requests finish at once). The core uses that cache also while it plays the
 * Cortex-M0+, whose own (CM0_CA_CTL0) has the same shape.
 * Not modelled: programming and erasing (on the chip the ROM does it for system calls, see
 * psoc6_ipc), the macro's registers (FM_CTL, kept), bank modes, buffers of other masters, ECC,
 * cache status registers. */
#include "_psoc6_flash.h"

enum {
    FLASH_CTL,
    FLASH_PWR_CTL,
    FLASH_CMD,
    CM0_CA_CTL0,
    CM0_CA_CTL1,
    CM0_CA_CTL2,
    CM0_CA_STATUS0,
    CM0_CA_STATUS1,
    CM0_CA_STATUS2,
    CM0_STATUS,
    CM4_CA_CTL0,
    CM4_CA_CTL1,
    CM4_CA_CTL2,
    CM4_CA_STATUS0,
    CM4_CA_STATUS1,
    CM4_CA_STATUS2,
    CM4_STATUS,
    CRYPTO_BUFF_CTL,
    DW0_BUFF_CTL,
    DW1_BUFF_CTL,
    DMAC_BUFF_CTL,
    EXT_MS0_BUFF_CTL,
    EXT_MS1_BUFF_CTL,
    FM_CTL_FM_CTL,
    FM_CTL_STATUS,
    FM_CTL_FM_ADDR,
    FM_CTL_BOOKMARK,
    FM_CTL_GEOMETRY,
    FM_CTL_GEOMETRY_SUPERVISORY,
    FM_CTL_ANA_CTL0,
    FM_CTL_ANA_CTL1,
    FM_CTL_WAIT_CTL,
    FM_CTL_TIMER_CLK_CTL,
    FM_CTL_TIMER_CTL,
    FM_CTL_ACLK_CTL,
    FM_CTL_INTR,
    FM_CTL_INTR_SET,
    FM_CTL_INTR_MASK,
    FM_CTL_INTR_MASKED,
    REG_COUNT,
};
#define CTL_MAIN_WS  0xFu
#define CMD_INV      1u
#define CMD_BUFF_INV 2u
#define CA_EN        (1u << 31)
#define CA_PREF_EN   (1u << 30)

static void store_read(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t cache = mote_reg(dev, CM4_CA_CTL0);
    psoc6_read_configure(dev->state, mote_reg(dev, FLASH_CTL) & CTL_MAIN_WS, cache & CA_EN,
                         cache & CA_PREF_EN);
}

static void store_command(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & (CMD_INV | CMD_BUFF_INV))
        psoc6_read_invalidate(dev->state);
    mote_reg(dev, FLASH_CMD) = 0;
}

static const struct mote_reg regs[REG_COUNT] = {
    [FLASH_CTL] = {.name = "FLASH_CTL",
                   .offset = 0x00,
                   .reset = 0x110000,
                   .rw = 0x77330F,
                   .store = store_read},
    [FLASH_PWR_CTL] =
        {.name = "FLASH_PWR_CTL", .offset = 0x04, .reset = 0x3, .rw = 0x3, .unmodelled = 0x3},
    [FLASH_CMD] = {.name = "FLASH_CMD", .offset = 0x08, .rw = 0x3, .store = store_command},
    [CM0_CA_CTL0] = {.name = "CM0_CA_CTL0", .offset = 0x400, .reset = 0xC0000001, .rw = 0xC7030003},
    [CM0_CA_CTL1] = {.name = "CM0_CA_CTL1",
                     .offset = 0x404,
                     .reset = 0xFA050003,
                     .rw = 0x3,
                     .ro = 0xFFFF0000,
                     .unmodelled = 0x3},
    [CM0_CA_CTL2] = {.name = "CM0_CA_CTL2", .offset = 0x408, .reset = 0x12C, .rw = 0x3FF},
    [CM0_CA_STATUS0] = {.name = "CM0_CA_STATUS0", .offset = 0x440, .ro = 0xFFFFFFFF},
    [CM0_CA_STATUS1] = {.name = "CM0_CA_STATUS1", .offset = 0x444, .ro = 0xFFFFFFFF},
    [CM0_CA_STATUS2] = {.name = "CM0_CA_STATUS2", .offset = 0x448, .ro = 0x3F},
    [CM0_STATUS] = {.name = "CM0_STATUS", .offset = 0x460, .w1c = 0x3},
    [CM4_CA_CTL0] = {.name = "CM4_CA_CTL0",
                     .offset = 0x480,
                     .reset = 0xC0000001,
                     .rw = 0xC7030003,
                     .store = store_read},
    [CM4_CA_CTL1] = {.name = "CM4_CA_CTL1",
                     .offset = 0x484,
                     .reset = 0xFA050003,
                     .rw = 0x3,
                     .ro = 0xFFFF0000,
                     .unmodelled = 0x3},
    [CM4_CA_CTL2] = {.name = "CM4_CA_CTL2", .offset = 0x488, .reset = 0x12C, .rw = 0x3FF},
    [CM4_CA_STATUS0] = {.name = "CM4_CA_STATUS0", .offset = 0x4C0, .ro = 0xFFFFFFFF},
    [CM4_CA_STATUS1] = {.name = "CM4_CA_STATUS1", .offset = 0x4C4, .ro = 0xFFFFFFFF},
    [CM4_CA_STATUS2] = {.name = "CM4_CA_STATUS2", .offset = 0x4C8, .ro = 0x3F},
    [CM4_STATUS] = {.name = "CM4_STATUS", .offset = 0x4E0, .w1c = 0x3},
    [CRYPTO_BUFF_CTL] = {.name = "CRYPTO_BUFF_CTL",
                         .offset = 0x500,
                         .reset = 0x40000000,
                         .rw = 0x40000000},
    [DW0_BUFF_CTL] = {.name = "DW0_BUFF_CTL",
                      .offset = 0x580,
                      .reset = 0x40000000,
                      .rw = 0x40000000},
    [DW1_BUFF_CTL] = {.name = "DW1_BUFF_CTL",
                      .offset = 0x600,
                      .reset = 0x40000000,
                      .rw = 0x40000000},
    [DMAC_BUFF_CTL] = {.name = "DMAC_BUFF_CTL",
                       .offset = 0x680,
                       .reset = 0x40000000,
                       .rw = 0x40000000},
    [EXT_MS0_BUFF_CTL] = {.name = "EXT_MS0_BUFF_CTL",
                          .offset = 0x700,
                          .reset = 0x40000000,
                          .rw = 0x40000000},
    [EXT_MS1_BUFF_CTL] = {.name = "EXT_MS1_BUFF_CTL",
                          .offset = 0x780,
                          .reset = 0x40000000,
                          .rw = 0x40000000},
    [FM_CTL_FM_CTL] = {.name = "FM_CTL.FM_CTL",
                       .offset = 0xF000,
                       .rw = 0x37F030F,
                       .unmodelled = 0x37F030F},
    [FM_CTL_STATUS] = {.name = "FM_CTL.STATUS",
                       .offset = 0xF004,
                       .reset = 0x1800,
                       .ro = 0xFFFFFFFF},
    [FM_CTL_FM_ADDR] = {.name = "FM_CTL.FM_ADDR",
                        .offset = 0xF008,
                        .rw = 0x1FFFFFF,
                        .unmodelled = 0x1FFFFFF},
    [FM_CTL_BOOKMARK] = {.name = "FM_CTL.BOOKMARK", .offset = 0xF00C, .rw = 0xFFFFFFFF},
    [FM_CTL_GEOMETRY] = {.name = "FM_CTL.GEOMETRY", .offset = 0xF010, .ro = 0xFFFFFFFF},
    [FM_CTL_GEOMETRY_SUPERVISORY] = {.name = "FM_CTL.GEOMETRY_SUPERVISORY",
                                     .offset = 0xF014,
                                     .ro = 0xFFFFFFFF},
    [FM_CTL_ANA_CTL0] = {.name = "FM_CTL.ANA_CTL0",
                         .offset = 0xF018,
                         .reset = 0x400,
                         .rw = 0xFFFFFFFF,
                         .unmodelled = 0xFFFFFFFF},
    [FM_CTL_ANA_CTL1] = {.name = "FM_CTL.ANA_CTL1",
                         .offset = 0xF01C,
                         .reset = 0xD32FAFA,
                         .rw = 0xFFFFFFFF,
                         .unmodelled = 0xFFFFFFFF},
    [FM_CTL_WAIT_CTL] = {.name = "FM_CTL.WAIT_CTL",
                         .offset = 0xF028,
                         .reset = 0x30B09,
                         .rw = 0x3F070F0F,
                         .unmodelled = 0x3F070F0F},
    [FM_CTL_TIMER_CLK_CTL] = {.name = "FM_CTL.TIMER_CLK_CTL",
                              .offset = 0xF034,
                              .reset = 0x8,
                              .rw = 0xFFFFFFFF,
                              .unmodelled = 0xFFFFFFFF},
    [FM_CTL_TIMER_CTL] = {.name = "FM_CTL.TIMER_CTL",
                          .offset = 0xF038,
                          .reset = 0x4000001,
                          .rw = 0xE700FFFF,
                          .unmodelled = 0xE700FFFF},
    [FM_CTL_ACLK_CTL] = {.name = "FM_CTL.ACLK_CTL", .offset = 0xF03C, .wo = 0x1, .unmodelled = 0x1},
    [FM_CTL_INTR] = {.name = "FM_CTL.INTR", .offset = 0xF040, .w1c = 0x1},
    [FM_CTL_INTR_SET] = {.name = "FM_CTL.INTR_SET", .offset = 0xF044, .rw = 0x1, .unmodelled = 0x1},
    [FM_CTL_INTR_MASK] = {.name = "FM_CTL.INTR_MASK",
                          .offset = 0xF048,
                          .rw = 0x1,
                          .unmodelled = 0x1},
    [FM_CTL_INTR_MASKED] = {.name = "FM_CTL.INTR_MASKED", .offset = 0xF04C, .ro = 0x1},
};

static void reset(struct mote_device *dev)
{
    psoc6_read_invalidate(dev->state);
    store_read(dev, 0, 0, 0);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct mote_region *region;
    for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++) {
        region->timing = &psoc6_read_timing;
        region->fetch_line_bytes = 1u << PSOC6_ROW_SHIFT;
    }
    region = mote_region_owned(dev, 0);
    return psoc6_read_attach(dev, dev->state, region != NULL ? region->name : "flash", err);
}

/* The boot ROM programs flash for system calls; a plain store is a bus fault. */
const struct mote_device_class mote_class_psoc6_flash = {
    .name = "psoc6_flash",
    .summary = "PSoC 6 flash controller: wait states, caches",
    .compatibles = {"infineon,flash-controller", "infineon,cat1-flash-controller"},
    .state_bytes = sizeof(struct psoc6_read),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10000,
    .attach = attach,
    .reset = reset,
};
