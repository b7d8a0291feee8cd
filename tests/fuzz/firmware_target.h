/* What the firmware fuzz targets share: a small board's memory and one load. */
#ifndef TESTS_FUZZ_FIRMWARE_TARGET_H
#define TESTS_FUZZ_FIRMWARE_TARGET_H

#include <mote/core.h>
#include <mote/firmware.h>
#include <mote/space.h>
#include <mote/system.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads all it is told, as a core would. */
static inline bool fuzz_build(const struct mote_core *core,
                              const struct mote_build_attribute *attributes, size_t count,
                              char *text, size_t bytes)
{
    (void)core;
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += attributes[i].text != NULL ? strlen(attributes[i].text) : attributes[i].number;
    snprintf(text, bytes, "%zu", sum);
    return false;
}

static inline int fuzz_firmware(const uint8_t *data, size_t size, const char *label)
{
    struct mote_err err = {""};
    struct mote_system *sys = mote_system_new();
    struct mote_firmware firmware;
    const struct mote_core_ops ops = {.elf_machine = 40, .accepts_build = fuzz_build};
    const struct mote_core core = {.ops = &ops};
    struct mote_firmware_options options = {
        .elf_machine = 40, .bin_address = 0x08000000, .core = &core};
    if (sys == NULL ||
        mote_region_add(sys, "flash0", 0x08000000, 65536, false, true, 0xFF, NULL, &err) == NULL ||
        mote_region_add(sys, "sram0", 0x20000000, 65536, true, true, 0, NULL, &err) == NULL)
        abort();
    err.text[0] = '\0';
    bool ok = mote_firmware_load_bytes(sys, data, size, label, &options, &firmware, &err);
    if (!ok && err.text[0] == '\0')
        abort(); /* a refusal must say why */
    mote_system_free(sys);
    return 0;
}

#endif
