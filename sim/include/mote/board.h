/* Boards: devicetrees made into systems of devices.
 *
 * A board is a devicetree: one of those built in (by name), a .dtb, or a .dts that is compiled with
 * dtc. Bindings are the public ones of Linux and Zephyr; what they cannot say stands in mote,...
 * properties. A tree that lacks those (the zephyr.dts of a Zephyr build) gets them from the
 * built-in board with the same chip, node by node.
 *
 * Nothing is guessed silently: what could not be used is listed as a note. */
#ifndef MOTE_BOARD_H
#define MOTE_BOARD_H

#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_device;
struct mote_system;

enum mote_note_kind {
    MOTE_NOTE_UNKNOWN,   /* an enabled node whose compatible has no model: a logging stub */
    MOTE_NOTE_INTERRUPT, /* an interrupt or wire that leads nowhere */
    MOTE_NOTE_SKIPPED,   /* a node or property that was left out, and why */
};

struct mote_board_note {
    enum mote_note_kind kind;
    char text[256];
};

struct mote_board {
    char name[64];
    char model[128];
    char soc[64];  /* first compatible of the /soc node: names the chip's energy data */
    char core[32]; /* compatible of the cpu without vendor, e.g. "cortex-m4f" */
    struct mote_device *console; /* of /chosen zephyr,console; NULL when there is none */
    uint16_t elf_machine;        /* EM_ARM or EM_RISCV */
    uint64_t boot_base;          /* where the core fetches its vector table or first instruction */
    uint64_t app_base;           /* where a .bin belongs: boot_base, or after a bootloader */
    bool boots_from_ram;         /* no flash: images are put into RAM and started there */
    struct mote_board_note *notes;
    size_t note_count, note_room;
    struct board_loader *loader; /* the loader's own; keeps the tree for properties */
};

/* Builds the board into an empty system. On failure `err` says what is wrong with which file, node
 * and property, and the system must be freed. The board must outlive the system. */
bool mote_board_load(struct mote_system *sys, const char *name_or_path, struct mote_board *board,
                     struct mote_err *err);
/* The same from a flattened devicetree in memory; `label` names it in messages. */
bool mote_board_load_blob(struct mote_system *sys, const void *blob, size_t bytes,
                          const char *label, struct mote_board *board, struct mote_err *err);
void mote_board_free(struct mote_board *board);

/* Names of the built-in boards, NULL after the last. */
const char *mote_board_name(size_t index);

/* The device that an /aliases entry names, or NULL. */
struct mote_device *mote_board_alias(const struct mote_board *board, const char *alias);

#endif
