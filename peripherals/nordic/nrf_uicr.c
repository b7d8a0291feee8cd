/* Nordic nRF52 UICR (user information configuration registers), as a stand-alone device.
 *
 * Source: nRF52840 Product Specification v1.7, UICR chapter; CMSIS-SVD of the nRF52840.
 * On hardware UICR is flash, programmed through the NVMC. A board whose flash controller has a
 * flash child at 0x10001000 gets exactly that and does not need this device. It stands in where the
 * devicetree knows UICR only as a node of its own (as Zephyr's does).
 * Modelled: an erased UICR; what it selects (pin reset, NFC pins, access protection, REGOUT0) has
 * no effect. Not modelled: programming; stores are refused and logged. */
#include "_nrf.h"

enum { NRFFW, NRFHW, CUSTOMER, PSELRESET, APPROTECT, NFCPINS, DEBUGCTRL, REGOUT0, REG_COUNT };

static void refused(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED,
             "UICR is not programmable here: this board's flash controller does not own it");
}

#define WORDS(text, at, number)                                                                    \
    {                                                                                              \
        .name = (text), .offset = (at), .ro = UINT32_MAX, .reset = UINT32_MAX, .count = (number),  \
        .store = refused                                                                           \
    }

static const struct mote_reg regs[REG_COUNT] = {
    [NRFFW] = WORDS("NRFFW[%u]", 0x014, 13),       [NRFHW] = WORDS("NRFHW[%u]", 0x050, 12),
    [CUSTOMER] = WORDS("CUSTOMER[%u]", 0x080, 32), [PSELRESET] = WORDS("PSELRESET[%u]", 0x200, 2),
    [APPROTECT] = WORDS("APPROTECT", 0x208, 1),    [NFCPINS] = WORDS("NFCPINS", 0x20c, 1),
    [DEBUGCTRL] = WORDS("DEBUGCTRL", 0x210, 1),    [REGOUT0] = WORDS("REGOUT0", 0x304, 1),
};

const struct mote_device_class mote_class_nrf_uicr = {
    .name = "nrf_uicr",
    .summary = "nRF52 user information configuration (erased, read-only)",
    .compatibles = {"nordic,nrf-uicr"},
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
};
