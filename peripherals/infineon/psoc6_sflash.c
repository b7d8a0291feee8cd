/* PSoC 6 (CAT1A) supervisory flash, as far as start-up code reads it.
 *
 * Infineon's SVD of psoc6_02 (SFLASH) and 002-24529, chapter "Device boot". A chip's own trims are
 * not known: a word is what the property mote,words = <offset value ...> says, everything else
 * reads as erased (0). Stores are lost: the ROM programs this memory. */
#include <mote/device.h>

enum { WORDS = 32 };

struct sflash_state {
    uint32_t cells[2 * WORDS]; /* offset and value in turn */
    size_t count;              /* cells */
};

static bool window(struct mote_device *dev, struct mote_access *access)
{
    const struct sflash_state *sflash = dev->state;
    if (access->store) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to the supervisory flash: lost");
        return true;
    }
    access->value = 0;
    for (size_t i = 0; i + 1 < sflash->count; i += 2)
        if (sflash->cells[i] == (access->offset & ~3u))
            access->value = sflash->cells[i + 1] >> 8 * (access->offset & 3);
    access->value &= UINT32_MAX >> (32 - 8 * access->bytes);
    return true;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct sflash_state *sflash = dev->state;
    sflash->count = mote_prop_cells(dev, "mote,words", sflash->cells, 2 * WORDS);
    if (sflash->count > 2 * WORDS || sflash->count % 2 != 0)
        return mote_err_set(err, "mote,words takes up to %u pairs of offset and value", WORDS);
    return true;
}

const struct mote_device_class mote_class_psoc6_sflash = {
    .name = "psoc6_sflash",
    .summary = "PSoC 6 supervisory flash: words that start-up code reads",
    .compatibles = {"infineon,cat1a-sflash"},
    .state_bytes = sizeof(struct sflash_state),
    .window = window,
    .attach = attach,
};
