/* The firmware formats. Internal to sim/machine. */
#ifndef SIM_MACHINE_FIRMWARE_H
#define SIM_MACHINE_FIRMWARE_H

#include <mote/firmware.h>

/* A file in memory and what loading it gives. */
struct image {
    struct mote_system *sys;
    const uint8_t *data;
    size_t bytes;
    const char *label;
    const struct mote_firmware_options *options;
    struct mote_firmware *out;
    bool commit; /* false: only check that every piece fits */
};

/* Puts a piece into memory (or only checks); `where` names the place in the file for messages. */
bool image_put(struct image *image, uint64_t address, const uint8_t *data, size_t bytes,
               const char *where, struct mote_err *err);

bool image_is_elf(const struct image *image);
bool image_is_hex(const struct image *image);
bool image_is_uf2(const struct image *image);
bool image_elf(struct image *image, struct mote_err *err);
/* Asks the core about the build attributes of an ELF; fills out->doubt. Nothing of a file that is
 * damaged there is believed, and nothing is an error. */
struct Elf;
void image_attributes(struct image *image, struct Elf *elf);
bool image_hex(struct image *image, struct mote_err *err);
bool image_uf2(struct image *image, struct mote_err *err);

#endif
