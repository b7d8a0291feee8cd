/* STM32 debug support (DBGMCU) of the STM32L4+.
 *
 * ST RM0432, chapter 57; bits as in ST's stm32l4r5xx.h. IDCODE is property mote,idcode (device and
 * revision). Not modelled: freezing of timers and clocks in debug halt (virtual time stands still
 * then, so nothing runs anyway), low-power modes under a debugger, trace pins. */
#include <mote/device.h>

enum { IDCODE, CR, APB1FZR1, APB1FZR2, APB2FZR, REG_COUNT };

static const struct mote_reg regs[REG_COUNT] = {
    [IDCODE] = {.name = "IDCODE", .offset = 0x00, .ro = 0xFFFF0FFF, .keep = 1},
    [CR] = {.name = "CR", .offset = 0x04, .rw = 0xE7, .unmodelled = 0xE7},
    [APB1FZR1] = {.name = "APB1FZR1", .offset = 0x08, .rw = 0x82E01C3F},
    [APB1FZR2] = {.name = "APB1FZR2", .offset = 0x0C, .rw = 0x22},
    [APB2FZR] = {.name = "APB2FZR", .offset = 0x10, .rw = 0x72800},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    mote_reg(dev, IDCODE) = mote_prop_u32(dev, "mote,idcode", 0) & regs[IDCODE].ro;
    return true;
}

const struct mote_device_class mote_class_stm32_dbgmcu = {
    .name = "stm32_dbgmcu",
    .summary = "STM32 debug support: device identity",
    .compatibles = {"st,stm32l4-dbgmcu", "st,stm32-dbgmcu"},
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .attach = attach,
};
