/* STM32U5 data cache DCACHE1: its registers.
 *
 * ST RM0456 (STM32U5 series), chapter 9; bits as in ST's stm32u575xx.h. The cache serves only
 * external memory (OCTOSPI, FMC), which these boards lack: it never holds anything, so that its
 * monitors stay 0 and every maintenance operation ends at once.
 * Modelled: enable, invalidation and commands with BSYENDF and CMDENDF, interrupt.
 * Not modelled: caching; busy times (BUSYF and BUSYCMDF are never seen set). */
#include <mote/device.h>

enum { CR, SR, IER, FCR, RHMONR, RMMONR, WHMONR, WMMONR, CMDRSADDRR, CMDREADDRR, REG_COUNT };

#define SR_BSYENDF (1u << 1)
#define SR_CMDENDF (1u << 4)

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, 0, (mote_reg(dev, SR) & mote_reg(dev, IER)) != 0);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & 1u << 1) /* CACHEINV */
        mote_reg(dev, SR) |= SR_BSYENDF;
    if (written & 1u << 11) /* STARTCMD */
        mote_reg(dev, SR) |= SR_CMDENDF;
    update_irq(dev);
}

static void store_ier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

static void store_fcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SR) &= ~(written & 0x16);
    update_irq(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [CR] = {.name = "CR", .offset = 0x00, .rw = 0x80FF0701, .wo = 0x802, .store = store_cr},
    [SR] = {.name = "SR", .offset = 0x04, .ro = 0x1F},
    [IER] = {.name = "IER", .offset = 0x08, .rw = 0x16, .unmodelled = 0x4, .store = store_ier},
    [FCR] = {.name = "FCR", .offset = 0x0C, .wo = 0x16, .store = store_fcr},
    [RHMONR] = {.name = "RHMONR", .offset = 0x10, .ro = 0xFFFFFFFF},
    [RMMONR] = {.name = "RMMONR", .offset = 0x14, .ro = 0xFFFF},
    [WHMONR] = {.name = "WHMONR", .offset = 0x20, .ro = 0xFFFFFFFF},
    [WMMONR] = {.name = "WMMONR", .offset = 0x24, .ro = 0xFFFF},
    [CMDRSADDRR] = {.name = "CMDRSADDRR", .offset = 0x28, .rw = 0xFFFFFFF0},
    [CMDREADDRR] = {.name = "CMDREADDRR", .offset = 0x2C, .rw = 0xFFFFFFF0},
};

const struct mote_device_class mote_class_stm32u5_dcache = {
    .name = "stm32u5_dcache",
    .summary = "STM32U5 data cache of external memory",
    .compatibles = {"st,stm32u5-dcache"},
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .outputs = {{"irq", 1}},
};
