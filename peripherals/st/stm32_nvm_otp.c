/* STM32 read-only words in flash: package, calibration, unique identifier, flash size.
 *
 * ST RM0432 chapter 58 "Device electronic signature" and ST DS12023 (calibration addresses), for
 * the area at 0x1FFF7500. The words are properties (mote,package, mote,uid, mote,flash-kbytes,
 * mote,ts-cal1, mote,ts-cal2, mote,vrefint-cal); everything else reads as erased flash.
 * Not modelled: programming the user's OTP area (stores are lost). */
#include <mote/device.h>

enum { PACKAGE, UID, TS_CAL1, VREFINT_CAL, TS_CAL2, FLASH_SIZE, REG_COUNT };

static const struct mote_reg regs[REG_COUNT] = {
    [PACKAGE] =
        {.name = "PACKAGE", .offset = 0x00, .reset = 0xFFFFFFFF, .ro = 0xFFFFFFFF, .keep = 1},
    [UID] = {.name = "UID[%u]",
             .offset = 0x90,
             .count = 3,
             .reset = 0xFFFFFFFF,
             .ro = 0xFFFFFFFF,
             .keep = 1},
    [TS_CAL1] =
        {.name = "TS_CAL1", .offset = 0xA8, .bytes = 2, .reset = 0xFFFF, .ro = 0xFFFF, .keep = 1},
    [VREFINT_CAL] = {.name = "VREFINT_CAL",
                     .offset = 0xAA,
                     .bytes = 2,
                     .reset = 0xFFFF,
                     .ro = 0xFFFF,
                     .keep = 1},
    [TS_CAL2] =
        {.name = "TS_CAL2", .offset = 0xCA, .bytes = 2, .reset = 0xFFFF, .ro = 0xFFFF, .keep = 1},
    [FLASH_SIZE] = {.name = "FLASH_SIZE",
                    .offset = 0xE0,
                    .bytes = 2,
                    .reset = 0xFFFF,
                    .ro = 0xFFFF,
                    .keep = 1},
};

static bool window(struct mote_device *dev, struct mote_access *access)
{
    if (access->store)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to read-only flash words: lost");
    else
        access->value = UINT32_MAX >> (32 - 8 * access->bytes);
    return true;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    uint32_t uid[3] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    mote_prop_cells(dev, "mote,uid", uid, 3);
    for (uint32_t i = 0; i < 3; i++)
        mote_reg_at(dev, UID, i) = uid[i];
    mote_reg(dev, PACKAGE) = mote_prop_u32(dev, "mote,package", UINT32_MAX);
    mote_reg(dev, TS_CAL1) = mote_prop_u32(dev, "mote,ts-cal1", 0xFFFF) & 0xFFFF;
    mote_reg(dev, TS_CAL2) = mote_prop_u32(dev, "mote,ts-cal2", 0xFFFF) & 0xFFFF;
    mote_reg(dev, VREFINT_CAL) = mote_prop_u32(dev, "mote,vrefint-cal", 0xFFFF) & 0xFFFF;
    mote_reg(dev, FLASH_SIZE) = mote_prop_u32(dev, "mote,flash-kbytes", 0xFFFF) & 0xFFFF;
    return true;
}

const struct mote_device_class mote_class_stm32_nvm_otp = {
    .name = "stm32_nvm_otp",
    .summary = "STM32 identity and calibration words",
    .compatibles = {"st,stm32-nvm-otp"},
    .regs = regs,
    .reg_count = REG_COUNT,
    .window = window,
    .attach = attach,
};
