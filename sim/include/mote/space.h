/* The address space: regions of memory and device windows, and what an access costs.
 *
 * A region has host memory behind it. Aliases share memory (flash at 0x0 and 0x08000000). What an
 * access costs is data of the region: a constant for plain SRAM, or the owner device's function for
 * a flash controller or cache, since firmware configures it there. */
#ifndef MOTE_SPACE_H
#define MOTE_SPACE_H

#include <mote/err.h>
#include <mote/reg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_device;
struct mote_system;
struct mote_region;

/* What fetching a line does that is cached, for cores that do it themselves instead of asking:
 * while the words at `is` have these values, the first of which changes with the configuration, it
 * takes no extra cycles and
 *   - does nothing if the word at `last` is `line` already; else
 *   - `last` becomes `line`, and `activity` is counted,
 *   - the number at `clock` rises by one and `used` becomes what it is then,
 *   - `mark` becomes `marked`.
 * Pointers may be NULL but for is[0], is[1] and `last`; they stay good for the life of the device.
 */
struct mote_fetch_hit {
    const uint32_t *is[3];
    uint32_t value[3];
    uint32_t *last, line;
    uint32_t activity;
    uint64_t *clock, *used;
    uint8_t *mark, marked;
};

/* Extra cycles of the core beyond the pipeline's own cost of an access. A function may change the
 * owner's state (caches, line buffers), so it must be called exactly once per access, in program
 * order. Only the `exact` side calls them; `fast` charges what it learned. */
struct mote_mem_timing {
    /* Instruction fetch of the line that holds `address`. Called when fetching enters another line
     * than the previous fetch (line size: region->fetch_line_bytes) and at every taken branch.
     * `branch`: reached by a taken branch rather than sequentially. */
    uint32_t (*fetch)(struct mote_device *owner, struct mote_region *region, uint32_t address,
                      bool branch);
    uint32_t (*load)(struct mote_device *owner, struct mote_region *region, uint32_t address,
                     uint32_t bytes);
    uint32_t (*store)(struct mote_device *owner, struct mote_region *region, uint32_t address,
                      uint32_t bytes);
    /* Fills in a hit of fetch() at the address, and says whether it would be one now. Which
     * pointers are NULL depends on the configuration only; without `last` there are no hits. May be
     * NULL. */
    bool (*fetch_hit)(struct mote_device *owner, struct mote_region *region, uint32_t address,
                      struct mote_fetch_hit *hit);
};

enum {
    MOTE_GRANULE_CODE = 1 << 0,    /* code was decoded from it */
    MOTE_GRANULE_WATCHED = 1 << 1, /* a core calls mote_region_stored() after it stored there */
};

struct mote_region {
    const char *name; /* "flash0", "sram1": also the prefix of its activity counters */
    uint64_t base;
    uint64_t size_bytes;
    uint8_t *host; /* shared by aliases */
    uint8_t *code; /* a byte of MOTE_GRANULE_* per 64-byte granule; shared likewise. A core's store
                      to a granule whose byte is not 0 has more to do than to copy bytes */
    bool writable; /* false: a store goes to owner's region_store, or is a bus fault */
    bool executable;
    struct mote_device *owner;            /* controller, or NULL */
    const struct mote_mem_timing *timing; /* NULL: the constants below */
    uint32_t fetch_line_bytes;            /* 0 = a fetch costs nothing extra */
    uint32_t load_extra_cycles, store_extra_cycles;
    /* The burst of a cache's line fill costs the way there and back, load_extra_cycles, once, and
     * for each eight bytes what beat() says, or beat_cycles without it. */
    uint32_t beat_cycles;
    uint32_t (*beat)(struct mote_device *owner, struct mote_region *region, uint32_t address);
    uint32_t activity_fetch, activity_load, activity_store; /* counters (activity.h) */
    uint32_t index;
    struct mote_system *sys;
    const struct mote_region *alias_of; /* the region whose memory it shares, or NULL */
};

/* Adds a region. `alias_of` NULL allocates memory filled with `fill`. NULL after filling `err` when
 * it overlaps another region or device window. */
struct mote_region *mote_region_add(struct mote_system *sys, const char *name, uint64_t base,
                                    uint64_t size_bytes, bool writable, bool executable,
                                    uint8_t fill, struct mote_region *alias_of,
                                    struct mote_err *err);
size_t mote_region_count(const struct mote_system *sys);
struct mote_region *mote_region_at_index(const struct mote_system *sys, size_t index);
/* The region that holds the address, or NULL. */
struct mote_region *mote_region_find(const struct mote_system *sys, uint64_t address);
struct mote_region *mote_region_by_name(const struct mote_system *sys, const char *name);
/* The owner's first region (a flash controller finds its flash with it), or NULL. */
struct mote_region *mote_region_owned(const struct mote_device *dev, size_t index);

/* Marks memory that a core decoded code from (64-byte granules). */
void mote_region_mark_code(struct mote_region *region, uint64_t offset, uint64_t bytes);
/* Says that bytes changed other than by a core's own store (flash programming, DMA, debugger). When
 * code was decoded from there, the code generation rises and cores drop what they decoded. */
void mote_region_changed(struct mote_region *region, uint64_t offset, uint64_t bytes);
/* A counter that rises with each such change. */
const uint64_t *mote_code_generation(const struct mote_system *sys);

/* Watches what cores store at [address, +bytes) of memory: mailboxes between firmware and host,
 * such as HTIF's tohost. `watch` is called after the store, at its time. False: no memory there, or
 * out of memory. */
typedef void mote_store_watch(void *user, uint64_t address, uint32_t bytes);
bool mote_store_watch_add(struct mote_system *sys, uint64_t address, uint64_t bytes,
                          mote_store_watch *watch, void *user);
/* For cores: after a store to a granule that is MOTE_GRANULE_WATCHED. */
void mote_region_stored(struct mote_region *region, uint64_t offset, uint32_t bytes);

/* ---- device windows -------------------------------------------------------------------------- */

/* The device whose window holds the address, or NULL; `offset` gets the offset in its window. */
struct mote_device *mote_window_find(const struct mote_system *sys, uint64_t address,
                                     uint32_t *offset);
/* A further window onto a device (nRF GPIO has two; bit-band). Offsets there begin at
 * `first_offset` of the device. */
bool mote_window_add(struct mote_device *dev, uint64_t base, uint64_t size_bytes,
                     uint32_t first_offset, struct mote_err *err);
size_t mote_window_count(const struct mote_system *sys);
bool mote_window_at_index(const struct mote_system *sys, size_t index, uint64_t *base,
                          uint64_t *size_bytes);

/* ---- access by address (DMA, PPI, debugger, loaders) ------------------------------------------
 */

/* A bus master's access: memory or device register, with side effects, no timing. Returns false for
 * a bus error (nothing there, read-only without owner). Naturally aligned, 1, 2 or 4 bytes. */
bool mote_bus_load(struct mote_system *sys, uint64_t address, uint32_t bytes, uint32_t *value);
bool mote_bus_store(struct mote_system *sys, uint64_t address, uint32_t bytes, uint32_t value);

/* Bulk copy from and to memory regions only (EasyDMA, loaders); a part outside memory returns false
 * after copying nothing. `mote_mem_write` writes RAM only; `mote_mem_load_image` also read-only
 * regions (loader, debugger). Both report changed code. */
bool mote_mem_read(struct mote_system *sys, uint64_t address, void *to, size_t bytes);
bool mote_mem_write(struct mote_system *sys, uint64_t address, const void *from, size_t bytes);
bool mote_mem_load_image(struct mote_system *sys, uint64_t address, const void *from, size_t bytes);

#endif
