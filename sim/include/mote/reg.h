/* The register engine: one table per device class drives bus access, reset, snapshot, trace, tests
 * and fuzzing. Plain registers need no code.
 *
 * A row describes one register or an array of `count` registers `stride` bytes apart. The row index
 * is the register's id: declare `enum { CR1, CR2, SR, ... }` and use designated initialisers.
 *
 * Bits. Every bit of a row is in exactly one of: rw (plain), ro (read-only: changed by the device),
 * w1c (write 1 clears), w0c (write 0 clears), rc (read clears), w1s (write 1 sets, cleared by the
 * device), wo (write-only: reads 0, seen by the hook only); any bit in none of them is reserved:
 * reads its reset value and a write that changes it is a guest error (but for writes that clear
 * flags by ones in every other bit, or in every bit). `unmodelled` marks bits (within the others)
 * whose function the model lacks: a write that changes one is counted and reported.
 *
 * Sizes. Accesses of 1, 2 and 4 bytes at natural alignment work on every register: a narrow write
 * leaves the other lanes as they are (and does not count as writing 0 or 1 there). Offsets that no
 * row and no window handler covers read 0, ignore writes, and are logged as unmodelled. */
#ifndef MOTE_REG_H
#define MOTE_REG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_device;

/* One access as a hook sees it. */
struct mote_access {
    uint32_t offset; /* from the window's start, of the first byte accessed */
    uint32_t bytes;  /* 1, 2 or 4 */
    bool store;
    uint32_t value; /* store: the data in its low bytes; load: the handler puts the result here */
};

struct mote_reg {
    const char *name; /* as the manual spells it; arrays: with %u for the index, e.g. "CNF[%u]" */
    uint32_t offset;
    uint32_t reset;
    uint32_t rw, ro, w1c, w0c, rc, w1s, wo;
    uint32_t unmodelled;
    uint16_t count;  /* 0 or 1: one register */
    uint16_t stride; /* bytes; 0 = 4 */
    uint8_t bytes;   /* width: 1, 2 or 4; 0 = 4 */
    uint8_t keep;    /* 1: not changed by a system reset (backup domain, reset cause) */

    /* Before a load: may return another value than the stored one (after which `rc` bits clear in
     * the store). `element` is the array index. NULL: the stored value. */
    uint32_t (*load)(struct mote_device *dev, uint32_t element, uint32_t value);
    /* After a store took effect by the masks: `old` is the value before; `written` the raw value
     * put on the bus, in place, with lanes that were not written as 0. NULL: nothing more. */
    void (*store)(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
};

/* The value of register `id` (row index), element 0 or `element`. A plain lvalue: a device reads
 * and writes its own registers without side effects. */
#define mote_reg(dev, id)             (*mote_reg_ptr((dev), (id), 0))
#define mote_reg_at(dev, id, element) (*mote_reg_ptr((dev), (id), (element)))
uint32_t *mote_reg_ptr(struct mote_device *dev, uint32_t id, uint32_t element);

/* Bus access by the rules above. `access->offset` is relative to the device's window. Returns false
 * only when the device's window handler reports a bus error. */
bool mote_reg_access(struct mote_device *dev, struct mote_access *access);

/* A look without side effects (debugger, trace): stored value or, where a load hook exists, 0 with
 * `*known` false when only the hook could tell. */
uint32_t mote_reg_peek(const struct mote_device *dev, uint32_t offset, bool *known);

/* What the firmware touched without a model: accesses to offsets without a row and to `unmodelled`
 * bits, by device and offset, in order of first touch. */
struct mote_unmodelled_entry {
    const struct mote_device *dev;
    uint32_t offset;
    uint32_t unmodelled_bits; /* 0: no row at this offset */
    uint64_t loads, stores;
};
struct mote_system;
size_t mote_unmodelled_count(const struct mote_system *sys);
const struct mote_unmodelled_entry *mote_unmodelled(const struct mote_system *sys, size_t index);

/* The table's own consistency: overlaps, a bit in two masks, a reset value outside the masks of
 * read-write bits is allowed (reserved bits that read 1). Returns NULL or a text for the test. */
const char *mote_reg_check(const struct mote_reg *regs, size_t count);

#endif
