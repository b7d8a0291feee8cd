/* UF2, USB Flashing Format (Microsoft, github.com/microsoft/uf2, README). */
#include "firmware.h"
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_BYTES    512
#define PAYLOAD_MAX    476
#define MAGIC_FIRST    0x0A324655u
#define MAGIC_SECOND   0x9E5D5157u
#define MAGIC_END      0x0AB16F30u
#define FLAG_NO_FLASH  0x1u
#define FLAG_CONTAINER 0x1000u

static uint32_t word(const uint8_t *block, size_t index)
{
    const uint8_t *p = block + 4 * index;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool image_is_uf2(const struct image *image)
{
    return image->bytes >= 8 && word(image->data, 0) == MAGIC_FIRST &&
           word(image->data, 1) == MAGIC_SECOND;
}

static bool load_block(struct image *image, size_t index, uint8_t *seen, size_t count,
                       struct mote_err *err)
{
    const uint8_t *block = image->data + index * BLOCK_BYTES;
    char where[32];
    snprintf(where, sizeof where, "block %zu", index);
    if (word(block, 0) != MAGIC_FIRST || word(block, 1) != MAGIC_SECOND ||
        word(block, 127) != MAGIC_END)
        return mote_err_set(err,
                            "%s: %s: wrong magic numbers: the file is damaged; make or copy it "
                            "again",
                            image->label, where);
    uint32_t flags = word(block, 2), payload = word(block, 4), number = word(block, 5);
    uint32_t total = word(block, 6);
    if (flags & (FLAG_NO_FLASH | FLAG_CONTAINER))
        return true;
    if (payload > PAYLOAD_MAX)
        return mote_err_set(err, "%s: %s: payload of %u bytes; a block holds at most %u",
                            image->label, where, payload, PAYLOAD_MAX);
    if (total != count || number >= count)
        return mote_err_set(err,
                            "%s: %s: says block %u of %u, but the file has %zu blocks: blocks "
                            "are missing or extra; make or copy it again",
                            image->label, where, number, total, count);
    if (seen[number]++ != 0)
        return mote_err_set(err, "%s: %s: block number %u appears twice", image->label, where,
                            number);
    return image_put(image, word(block, 3), block + 32, payload, where, err);
}

bool image_uf2(struct image *image, struct mote_err *err)
{
    size_t count = image->bytes / BLOCK_BYTES;
    if (image->bytes % BLOCK_BYTES != 0)
        return mote_err_set(err,
                            "%s: %zu bytes are no whole number of 512-byte blocks: the file is "
                            "truncated; make or copy it again",
                            image->label, image->bytes);
    uint8_t *seen = calloc(count, 1);
    if (seen == NULL)
        return mote_err_set(err, "%s: out of memory", image->label);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = load_block(image, i, seen, count, err);
    free(seen);
    return ok;
}
