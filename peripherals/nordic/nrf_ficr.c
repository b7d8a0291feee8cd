/* Nordic nRF52 FICR (factory information configuration registers).
 *
 * Source: nRF52840 Product Specification v1.7, FICR chapter; CMSIS-SVD of the nRF52840; offsets
 * 0x130/0x134 (part and variant code) are read by the vendor's public start-up code, which decides
 * by them which errata apply.
 * Modelled: read-only words. What differs from chip to chip comes from the property "mote,words",
 * pairs of offset and value. Words that are not in the table read all ones. */
#include "_nrf.h"

enum {
    CODEPAGESIZE,
    CODESIZE,
    DEVICEID,
    ER,
    IR,
    DEVICEADDRTYPE,
    DEVICEADDR,
    INFO_PART,
    INFO_VARIANT,
    INFO_PACKAGE,
    INFO_RAM,
    INFO_FLASH,
    PART_CODE,
    VARIANT_CODE,
    PRODTEST,
    TEMP_A,
    TEMP_B,
    TEMP_T,
    NFC_TAGHEADER0,
    NFC_TAGHEADER,
    TRNG90B,
    REG_COUNT
};

#define MAX_WORDS 48u

struct nrf_ficr {
    uint32_t pair[2 * MAX_WORDS]; /* offset, value */
    uint32_t count;
};

#define WORDS(text, at, number)                                                                    \
    {                                                                                              \
        .name = (text), .offset = (at), .ro = UINT32_MAX, .reset = UINT32_MAX, .count = (number)   \
    }

static const struct mote_reg regs[REG_COUNT] = {
    [CODEPAGESIZE] = WORDS("CODEPAGESIZE", 0x010, 1),
    [CODESIZE] = WORDS("CODESIZE", 0x014, 1),
    [DEVICEID] = WORDS("DEVICEID[%u]", 0x060, 2),
    [ER] = WORDS("ER[%u]", 0x080, 4),
    [IR] = WORDS("IR[%u]", 0x090, 4),
    [DEVICEADDRTYPE] = WORDS("DEVICEADDRTYPE", 0x0a0, 1),
    [DEVICEADDR] = WORDS("DEVICEADDR[%u]", 0x0a4, 2),
    [INFO_PART] = {.name = "INFO.PART", .offset = 0x100, .ro = UINT32_MAX, .reset = 0x52840},
    [INFO_VARIANT] = WORDS("INFO.VARIANT", 0x104, 1),
    [INFO_PACKAGE] = WORDS("INFO.PACKAGE", 0x108, 1),
    [INFO_RAM] = WORDS("INFO.RAM", 0x10c, 1),
    [INFO_FLASH] = WORDS("INFO.FLASH", 0x110, 1),
    [PART_CODE] = WORDS("(part code)", 0x130, 1),
    [VARIANT_CODE] = WORDS("(variant code)", 0x134, 1),
    [PRODTEST] = WORDS("PRODTEST[%u]", 0x350, 3),
    [TEMP_A] = WORDS("TEMP.A%u", 0x404, 6),
    [TEMP_B] = WORDS("TEMP.B%u", 0x41c, 6),
    [TEMP_T] = WORDS("TEMP.T%u", 0x434, 5),
    [NFC_TAGHEADER0] = {.name = "NFC.TAGHEADER0",
                        .offset = 0x450,
                        .ro = UINT32_MAX,
                        .reset = 0xffffff5f},
    [NFC_TAGHEADER] = WORDS("NFC.TAGHEADER%u+1", 0x454, 3),
    [TRNG90B] = WORDS("TRNG90B[%u]", 0xc00, 8),
};

static bool set_word(struct mote_device *dev, uint32_t offset, uint32_t value)
{
    for (uint32_t row = 0; row < REG_COUNT; row++) {
        uint32_t count = regs[row].count ? regs[row].count : 1;

        if (offset >= regs[row].offset && (offset - regs[row].offset) / 4 < count) {
            if (dev != NULL)
                mote_reg_at(dev, row, (offset - regs[row].offset) / 4) = value;
            return true;
        }
    }
    return false;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_ficr *ficr = dev->state;
    size_t cells = mote_prop_cells(dev, "mote,words", ficr->pair, 2 * MAX_WORDS);

    if (cells % 2 != 0 || cells > 2 * MAX_WORDS)
        return mote_err_set(err, "mote,words: needs pairs of offset and value, at most %u",
                            MAX_WORDS);
    ficr->count = (uint32_t)cells / 2;
    for (uint32_t i = 0; i < ficr->count; i++)
        if (!set_word(NULL, ficr->pair[2 * i], 0))
            return mote_err_set(err, "mote,words: FICR has no word at offset 0x%x",
                                ficr->pair[2 * i]);
    return true;
}

static void reset(struct mote_device *dev)
{
    const struct nrf_ficr *ficr = dev->state;

    for (uint32_t i = 0; i < ficr->count; i++)
        set_word(dev, ficr->pair[2 * i], ficr->pair[2 * i + 1]);
}

static bool window(struct mote_device *dev, struct mote_access *access)
{
    if (access->store)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to read-only FICR offset 0x%x",
                 access->offset);
    else
        access->value = access->bytes == 4 ? UINT32_MAX : (1u << (8 * access->bytes)) - 1;
    return true;
}

const struct mote_device_class mote_class_nrf_ficr = {
    .name = "nrf_ficr",
    .summary = "nRF52 factory information (chip identity and calibration)",
    .compatibles = {"nordic,nrf-ficr"},
    .state_bytes = sizeof(struct nrf_ficr),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .attach = attach,
    .reset = reset,
    .window = window,
};
