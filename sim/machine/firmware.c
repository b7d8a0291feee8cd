/* Firmware files: tells the format and loads in two passes, so that nothing is half loaded. */
#include "firmware.h"
#include <errno.h>
#include <mote/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRMWARE_BYTES_MAX (512u << 20)

/* "flash0 at 0x8000000 (2048 KiB), sram1 at ..." of what could hold an image. */
static void list_memory(const struct mote_system *sys, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < mote_region_count(sys) && used < bytes; i++) {
        const struct mote_region *region = mote_region_at_index(sys, i);
        int more = snprintf(text + used, bytes - used, "%s%s 0x%llx-0x%llx", i ? ", " : "",
                            region->name, (unsigned long long)region->base,
                            (unsigned long long)(region->base + region->size_bytes - 1));
        used += more > 0 ? (size_t)more : 0;
    }
}

/* Whether [address, +bytes) is memory throughout. */
static bool fits(const struct mote_system *sys, uint64_t address, size_t bytes)
{
    uint64_t left = bytes;
    while (left > 0) {
        const struct mote_region *region = mote_region_find(sys, address);
        if (region == NULL)
            return false;
        uint64_t here = region->size_bytes - (address - region->base);
        if (here >= left)
            return true;
        left -= here;
        address += here;
    }
    return true;
}

bool image_put(struct image *image, uint64_t address, const uint8_t *data, size_t bytes,
               const char *where, struct mote_err *err)
{
    if (bytes == 0)
        return true;
    if (!fits(image->sys, address, bytes)) {
        char memory[512];
        list_memory(image->sys, memory, sizeof memory);
        return mote_err_set(err,
                            "%s: %s: %zu bytes at 0x%llx do not fit the board's memory (%s). Build "
                            "the firmware for this board, or choose another with --board",
                            image->label, where, bytes, (unsigned long long)address, memory);
    }
    if (!image->commit)
        return true;
    struct mote_firmware *out = image->out;
    if (address < out->low)
        out->low = address;
    if (address + bytes > out->high)
        out->high = address + bytes;
    out->bytes += bytes;
    return mote_mem_load_image(image->sys, address, data, bytes) ||
           mote_err_set(err, "%s: %s: cannot write 0x%llx", image->label, where,
                        (unsigned long long)address);
}

static bool load_bin(struct image *image, struct mote_err *err)
{
    if (image->bytes < 8)
        return mote_err_set(err,
                            "%s: %zu bytes: too short for a firmware (neither ELF, Intel HEX nor "
                            "UF2, and a raw binary begins with two vectors)",
                            image->label, image->bytes);
    return image_put(image, image->options->bin_address, image->data, image->bytes, "raw binary",
                     err);
}

static bool load_kind(struct image *image, struct mote_err *err)
{
    switch (image->out->kind) {
    case MOTE_FIRMWARE_ELF:
        return image_elf(image, err);
    case MOTE_FIRMWARE_HEX:
        return image_hex(image, err);
    case MOTE_FIRMWARE_UF2:
        return image_uf2(image, err);
    case MOTE_FIRMWARE_BIN:
        break;
    }
    return load_bin(image, err);
}

bool mote_firmware_load_bytes(struct mote_system *sys, const uint8_t *data, size_t bytes,
                              const char *label, const struct mote_firmware_options *options,
                              struct mote_firmware *out, struct mote_err *err)
{
    struct image image = {
        .sys = sys, .data = data, .bytes = bytes, .label = label, .options = options, .out = out};
    *out = (struct mote_firmware){.low = UINT64_MAX};
    out->kind = image_is_elf(&image)   ? MOTE_FIRMWARE_ELF
                : image_is_hex(&image) ? MOTE_FIRMWARE_HEX
                : image_is_uf2(&image) ? MOTE_FIRMWARE_UF2
                                       : MOTE_FIRMWARE_BIN;
    if (!load_kind(&image, err))
        return false;
    image.commit = true;
    if (!load_kind(&image, err))
        return false;
    if (out->bytes == 0)
        return mote_err_set(err, "%s: holds no data to load", label);
    return true;
}

bool mote_firmware_load(struct mote_system *sys, const char *path,
                        const struct mote_firmware_options *options, struct mote_firmware *out,
                        struct mote_err *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return mote_err_set(err, "%s: cannot open the firmware: %s", path, strerror(errno));
    bool sized = fseek(file, 0, SEEK_END) == 0;
    long length = sized ? ftell(file) : -1;
    rewind(file);
    if (length < 0 || (unsigned long)length > FIRMWARE_BYTES_MAX) {
        fclose(file);
        return mote_err_set(err, "%s: not a regular file of at most %u MiB", path,
                            FIRMWARE_BYTES_MAX >> 20);
    }
    uint8_t *data = malloc((size_t)length + 1);
    bool ok = data != NULL && fread(data, 1, (size_t)length, file) == (size_t)length;
    fclose(file);
    if (ok)
        ok = mote_firmware_load_bytes(sys, data, (size_t)length, path, options, out, err);
    else
        mote_err_set(err, "%s: cannot read the firmware: %s", path, strerror(errno));
    free(data);
    return ok;
}
