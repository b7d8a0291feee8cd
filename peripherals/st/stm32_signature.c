/* STM32 device electronic signature: read-only words of the system memory.
 *
 * ST RM0385 chapter 41 and RM0455 chapter 64. Property mote,words: <offset value> for each word
 * that is known (unique identifier, flash size); everything else reads as erased flash. Not
 * modelled: programming the user's OTP area (stores are lost). */
#include <mote/device.h>

enum { MAX_WORDS = 8, ERASED = 0xFF };

struct signature {
    uint32_t count, offset[MAX_WORDS], value[MAX_WORDS];
};

static uint32_t byte_at(const struct signature *s, uint32_t offset)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (offset - s->offset[i] < 4)
            return s->value[i] >> 8 * (offset - s->offset[i]) & 0xFF;
    return ERASED;
}

static bool window(struct mote_device *dev, struct mote_access *access)
{
    if (access->store) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to read-only system memory: lost");
        return true;
    }
    for (uint32_t i = 0; i < access->bytes; i++)
        access->value |= byte_at(dev->state, access->offset + i) << 8 * i;
    return true;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct signature *s = dev->state;
    uint32_t cells[2 * MAX_WORDS];
    size_t count = mote_prop_cells(dev, "mote,words", cells, 2 * MAX_WORDS);
    if (count > 2 * MAX_WORDS || count % 2 != 0)
        return mote_err_set(err, "mote,words: give at most %d pairs <offset value>", MAX_WORDS);
    for (size_t i = 0; i < count / 2; i++) {
        s->offset[i] = cells[2 * i];
        s->value[i] = cells[2 * i + 1];
    }
    s->count = (uint32_t)(count / 2);
    return true;
}

const struct mote_device_class mote_class_stm32_signature = {
    .name = "stm32_signature",
    .summary = "STM32 unique identifier and flash size, of F7 and H7",
    .compatibles = {"st,stm32f7-otp", "st,stm32h7-otp"},
    .window_bytes = 0x400,
    .state_bytes = sizeof(struct signature),
    .attach = attach,
    .window = window,
};
