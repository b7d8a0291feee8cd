/* Symbols of a firmware: functions, source lines, names of markers. */
#ifndef MOTE_SYMBOLS_H
#define MOTE_SYMBOLS_H

#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_symbols;

struct mote_function {
    const char *name;
    uint64_t address; /* without the Thumb bit */
    uint64_t bytes;   /* up to the next function when the file gives no size */
};

/* Reads an ELF's symbols. A file that is no ELF gives an empty table; NULL only for an ELF that is
 * damaged or when out of memory, after filling `err`. */
struct mote_symbols *mote_symbols_read(const char *path, struct mote_err *err);
struct mote_symbols *mote_symbols_empty(void);
void mote_symbols_free(struct mote_symbols *symbols);

/* The function that holds the address, or NULL. */
const struct mote_function *mote_symbols_function(const struct mote_symbols *symbols,
                                                  uint64_t address);
size_t mote_symbols_count(const struct mote_symbols *symbols);
const struct mote_function *mote_symbols_at(const struct mote_symbols *symbols, size_t index);
/* Address of any global symbol by name; false when there is none. */
bool mote_symbols_address(const struct mote_symbols *symbols, const char *name, uint64_t *address);

/* Source file (base name) and line of an address; false without line information. */
bool mote_symbols_line(const struct mote_symbols *symbols, uint64_t address, const char **file,
                       int *line);
/* "main (main.c:12)", "main+0x10" or "0x8000123" for an address; returns `text`. */
const char *mote_symbols_describe(const struct mote_symbols *symbols, uint64_t address, char *text,
                                  size_t bytes);

/* Name of a marker from the section .mote.marks, NULL when it has none. */
const char *mote_symbols_marker(const struct mote_symbols *symbols, uint32_t id);

#endif
