/* Intel HEX (Hexadecimal Object File Format Specification, revision A, 1988). */
#include "firmware.h"
#include <stdio.h>
#include <string.h>

#define RECORD_BYTES_MAX 255

enum {
    RECORD_DATA,
    RECORD_END,
    RECORD_SEGMENT,
    RECORD_START_SEGMENT,
    RECORD_LINEAR,
    RECORD_START_LINEAR,
};

struct record {
    uint8_t length, type;
    uint16_t address;
    uint8_t data[RECORD_BYTES_MAX];
};

bool image_is_hex(const struct image *image)
{
    size_t i = 0;
    while (i < image->bytes && (image->data[i] == '\r' || image->data[i] == '\n'))
        i++;
    return i + 10 < image->bytes && image->data[i] == ':';
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Parses one line without its end; on failure `wrong` says why. */
static bool parse(const uint8_t *line, size_t length, struct record *record, const char **wrong)
{
    uint8_t bytes[RECORD_BYTES_MAX + 5];
    size_t count = (length - 1) / 2;
    *wrong = "a record begins with a colon and has an even number of hexadecimal digits";
    if (line[0] != ':' || length % 2 == 0)
        return false;
    *wrong = "a record has 5 to 260 bytes";
    if (count < 5 || count > sizeof bytes)
        return false;
    uint8_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        int high = digit(line[1 + 2 * i]), low = digit(line[2 + 2 * i]);
        *wrong = "a character is no hexadecimal digit";
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
        sum = (uint8_t)(sum + bytes[i]);
    }
    *wrong = "the record's length does not match its count";
    if (bytes[0] != count - 5)
        return false;
    *wrong = "bad checksum";
    if (sum != 0)
        return false;
    record->length = bytes[0];
    record->address = (uint16_t)(bytes[1] << 8 | bytes[2]);
    record->type = bytes[3];
    memcpy(record->data, bytes + 4, record->length);
    return true;
}

static uint32_t big_endian(const uint8_t *data, size_t count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | data[i];
    return value;
}

/* Applies a record; sets *end at the end record. */
static bool apply(struct image *image, const struct record *record, uint32_t *base, bool *end,
                  const char *where, struct mote_err *err)
{
    static const uint8_t lengths[] = {0, 0, 2, 4, 2, 4};
    if (record->type > RECORD_START_LINEAR)
        return mote_err_set(err, "%s: %s: unknown record type %u (00 to 05 are defined)",
                            image->label, where, record->type);
    if (record->type != RECORD_DATA && record->length != lengths[record->type])
        return mote_err_set(err, "%s: %s: a record of type %02u has %u data bytes, not %u",
                            image->label, where, record->type, lengths[record->type],
                            record->length);
    switch (record->type) {
    case RECORD_DATA:
        return image_put(image, (uint64_t)*base + record->address, record->data, record->length,
                         where, err);
    case RECORD_END:
        *end = true;
        break;
    case RECORD_SEGMENT:
        *base = big_endian(record->data, 2) << 4;
        break;
    case RECORD_LINEAR:
        *base = big_endian(record->data, 2) << 16;
        break;
    case RECORD_START_LINEAR:
        image->out->entry = big_endian(record->data, 4);
        break;
    default:
        break;
    }
    return true;
}

bool image_hex(struct image *image, struct mote_err *err)
{
    uint32_t base = 0;
    size_t line = 0;
    bool end = false;
    for (size_t i = 0; i < image->bytes && !end; line++) {
        const uint8_t *start = image->data + i;
        const uint8_t *stop = memchr(start, '\n', image->bytes - i);
        size_t length = stop != NULL ? (size_t)(stop - start) : image->bytes - i;
        i += length + 1;
        while (length > 0 && (start[length - 1] == '\r' || start[length - 1] == ' '))
            length--;
        if (length == 0)
            continue;
        char where[32];
        const char *wrong;
        struct record record;
        snprintf(where, sizeof where, "line %zu", line + 1);
        if (!parse(start, length, &record, &wrong))
            return mote_err_set(err, "%s: %s: %s. The file is damaged; make or copy it again",
                                image->label, where, wrong);
        if (!apply(image, &record, &base, &end, where, err))
            return false;
    }
    return end || mote_err_set(err,
                               "%s: no end record (:00000001FF) after %zu lines: the file is "
                               "truncated; make or copy it again",
                               image->label, line);
}
