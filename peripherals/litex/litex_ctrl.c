/* LiteX SoC controller: reset and a scratch register.
 *
 * Source: enjoy-digital/litex, soc/integration/soc.py (SoCController), as its drivers use it.
 * Modelled: reset of the whole SoC, scratch. Not modelled: reset of the processor alone (taken as
 * the whole), the count of bus errors (reads 0). */
#include <mote/device.h>

static void store_reset(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    if (written & 3)
        mote_request_reset(dev->sys);
}

static const struct mote_reg regs[] = {
    {.name = "reset", .offset = 0x00, .wo = 3, .store = store_reset},
    {.name = "scratch", .offset = 0x04, .reset = 0x12345678, .rw = ~0u},
    {.name = "bus_errors", .offset = 0x08, .ro = ~0u},
};

const struct mote_device_class mote_class_litex_ctrl = {
    .name = "litex_ctrl",
    .summary = "LiteX SoC controller: reset, scratch",
    .compatibles = {"litex,soc-controller", "litex,soc_controller"},
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x100,
};
