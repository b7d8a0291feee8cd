/* Build attributes of ELF files, as the ABIs of Arm (addenda32) and RISC-V (psABI) lay them out: a
 * version letter, then sections by vendor, each with parts for the file, sections or symbols. The
 * attributes of the file are read. */
#include "firmware.h"
#include <gelf.h>
#include <libelf.h>
#include <mote/core.h>
#include <string.h>

#define MAX_ATTRIBUTES 64

/* The same number in both architectures: SHT_ARM_ATTRIBUTES and SHT_RISCV_ATTRIBUTES. */
#define SECTION_ATTRIBUTES 0x70000003u

enum { TAG_FILE = 1, ARM_TAG_CPU_RAW_NAME = 4, ARM_TAG_CPU_NAME = 5, ARM_TAG_COMPATIBILITY = 32 };

struct reader {
    const uint8_t *at, *end;
    bool arm;
};

struct list {
    struct mote_build_attribute item[MAX_ATTRIBUTES];
    size_t count;
};

static bool take_uleb(struct reader *r, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; r->at < r->end && shift < 63; shift += 7) {
        uint8_t byte = *r->at++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool take_word(struct reader *r, uint32_t *value)
{
    if (r->end - r->at < 4)
        return false;
    *value = (uint32_t)r->at[0] | (uint32_t)r->at[1] << 8 | (uint32_t)r->at[2] << 16 |
             (uint32_t)r->at[3] << 24;
    r->at += 4;
    return true;
}

static const char *take_text(struct reader *r)
{
    const uint8_t *end = r->at < r->end ? memchr(r->at, '\0', (size_t)(r->end - r->at)) : NULL;
    const char *text = (const char *)r->at;
    if (end != NULL)
        r->at = end + 1;
    return end != NULL ? text : NULL;
}

/* The part of `bytes` that begins at `start`, and goes on behind it. */
static bool take_part(struct reader *r, const uint8_t *start, uint32_t bytes, struct reader *part)
{
    if (bytes < (size_t)(r->at - start) || bytes > (size_t)(r->end - start))
        return false;
    *part = (struct reader){r->at, start + bytes, r->arm};
    r->at = part->end;
    return true;
}

static bool is_text(const struct reader *r, uint64_t tag)
{
    if (r->arm && tag <= ARM_TAG_COMPATIBILITY)
        return tag == ARM_TAG_CPU_RAW_NAME || tag == ARM_TAG_CPU_NAME;
    return tag & 1;
}

static void read_attributes(struct reader *r, struct list *list)
{
    uint64_t tag;
    while (list->count < MAX_ATTRIBUTES && take_uleb(r, &tag)) {
        struct mote_build_attribute a = {.tag = (uint32_t)tag};
        if (is_text(r, tag)) {
            a.text = take_text(r);
            if (a.text == NULL)
                return;
        } else if (!take_uleb(r, &a.number)) {
            return;
        }
        if (r->arm && tag == ARM_TAG_COMPATIBILITY && take_text(r) == NULL)
            return; /* a number and a text */
        list->item[list->count++] = a;
    }
}

static void read_section(struct reader *r, struct list *list)
{
    uint32_t bytes;
    struct reader vendor, part;
    if (r->at == r->end || *r->at++ != 'A')
        return;
    while (r->at < r->end) {
        const uint8_t *start = r->at;
        if (!take_word(r, &bytes) || !take_part(r, start, bytes, &vendor))
            return;
        const char *name = take_text(&vendor);
        if (name == NULL || strcmp(name, r->arm ? "aeabi" : "riscv") != 0)
            continue;
        while (vendor.at < vendor.end) {
            uint64_t scope;
            start = vendor.at;
            if (!take_uleb(&vendor, &scope) || !take_word(&vendor, &bytes) ||
                !take_part(&vendor, start, bytes, &part))
                return;
            if (scope == TAG_FILE)
                read_attributes(&part, list);
        }
    }
}

void image_attributes(struct image *image, Elf *elf)
{
    const struct mote_core *core = image->options->core;
    if (core == NULL || core->ops->accepts_build == NULL)
        return;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SECTION_ATTRIBUTES ||
            header.sh_offset > image->bytes || header.sh_size > image->bytes - header.sh_offset)
            continue;
        const uint8_t *data = image->data + header.sh_offset;
        struct reader all = {data, data + header.sh_size, core->ops->elf_machine == EM_ARM};
        struct list list = {.count = 0};
        read_section(&all, &list);
        if (!core->ops->accepts_build(core, list.item, list.count, image->out->doubt,
                                      sizeof image->out->doubt))
            return;
    }
}
