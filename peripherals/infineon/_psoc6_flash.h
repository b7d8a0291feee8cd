/* Inside of the PSoC 6 flash controller: registers and the read path of the Cortex-M4. */
#ifndef INFINEON_PSOC6_FLASH_H
#define INFINEON_PSOC6_FLASH_H

#include <mote/device.h>
#include <mote/space.h>

enum {
    PSOC6_WAYS = 4,
    PSOC6_MAX_SETS = 64,
    PSOC6_ROW_SHIFT = 4,     /* a read of the flash: 128 bits */
    PSOC6_MAX_LINE_ROWS = 32 /* valid bits of a line */
};

#define PSOC6_NO_LINE UINT32_MAX

/* A sectored cache: a line has one tag and a valid bit for each 128 bits of it. */
struct psoc6_line {
    uint32_t tag; /* address over the line's size, or PSOC6_NO_LINE */
    uint32_t valid;
    uint64_t used; /* rises with use: the smallest of a set is its least recently used */
};

struct psoc6_read {
    uint32_t configuration; /* rises when it may have changed */
    bool cache, prefetch;
    uint32_t wait_states;
    struct psoc6_line line[PSOC6_MAX_SETS * PSOC6_WAYS];
    uint64_t clock;
    uint32_t fetch_row, data_row; /* last row of each port */
    uint32_t ahead_row;           /* that is read ahead, or PSOC6_NO_LINE */
    /* Times in the core's cycles: the buffer has that row; the flash can read again; the last
     * access that was no hit is over. */
    uint64_t ahead_at, free_at, last_at;
    /* From the devicetree. */
    uint32_t sets, line_shift, miss_cycles, fill_cycles, ahead_cycles;
    /* Activity counters. */
    uint32_t array_read, hit, miss, prefetch_hit;
};

extern const struct mote_mem_timing psoc6_read_timing;
bool psoc6_read_attach(struct mote_device *dev, struct psoc6_read *read, const char *region,
                       struct mote_err *err);
/* After a change of FLASH_CTL or CM4_CA_CTL0. */
void psoc6_read_configure(struct psoc6_read *read, uint32_t wait_states, bool cache, bool prefetch);
void psoc6_read_invalidate(struct psoc6_read *read);

#endif
