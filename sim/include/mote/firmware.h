/* Firmware files: ELF, Intel HEX, UF2 and raw binary, loaded into the memory of a board.
 *
 * The kind is told by content, and for a raw binary by elimination. Sections go to their physical
 * (load) addresses. Nothing is loaded when anything does not fit. */
#ifndef MOTE_FIRMWARE_H
#define MOTE_FIRMWARE_H

#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_core;
struct mote_system;

#define MOTE_FIRMWARE_DOUBT_BYTES 256

enum mote_firmware_kind {
    MOTE_FIRMWARE_ELF,
    MOTE_FIRMWARE_HEX,
    MOTE_FIRMWARE_UF2,
    MOTE_FIRMWARE_BIN,
};

struct mote_firmware_options {
    uint16_t elf_machine;         /* what an ELF must be for; 0 = anything */
    uint8_t elf_bits;             /* and its class: 32 or 64; 0 = either */
    uint64_t bin_address;         /* where a raw binary goes */
    const struct mote_core *core; /* whose opinion of an ELF's build attributes is asked, or NULL */
};

struct mote_firmware {
    enum mote_firmware_kind kind;
    uint64_t entry;     /* ELF and HEX start address; 0 when the file has none */
    uint64_t low, high; /* addresses loaded: [low, high) */
    uint64_t bytes;     /* of data loaded */
    /* Why the core may not be able to run it, "" when nothing is known: built for another. */
    char doubt[MOTE_FIRMWARE_DOUBT_BYTES];
};

/* Loads a file. On failure `err` names the file, the place in it, what is wrong and what to do. */
bool mote_firmware_load(struct mote_system *sys, const char *path,
                        const struct mote_firmware_options *options, struct mote_firmware *out,
                        struct mote_err *err);
/* The same from memory; `label` stands for the path in messages. `kind` tells the format. */
bool mote_firmware_load_bytes(struct mote_system *sys, const uint8_t *data, size_t bytes,
                              const char *label, const struct mote_firmware_options *options,
                              struct mote_firmware *out, struct mote_err *err);

#endif
