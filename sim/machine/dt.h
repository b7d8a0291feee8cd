/* Devicetree access over libfdt. Internal to sim/machine. */
#ifndef SIM_MACHINE_DT_H
#define SIM_MACHINE_DT_H

#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DT_MAX_CELLS 256

/* A node's place, so that looking up parents and phandles needs no scan of the blob. */
struct dt_place {
    int node, parent; /* offsets; -1 for the root's parent */
    uint32_t phandle; /* 0 = none */
};

/* A flattened tree that has been checked. */
struct dt {
    const void *blob;
    void *owned; /* to free, or NULL */
    size_t bytes;
    const char *label;
    struct dt_place *places; /* every node, by rising offset */
    size_t count;
};

/* Checks the blob from end to end, so that nothing in it can lead outside of it. */
bool dt_open(struct dt *dt, const void *blob, size_t bytes, const char *label,
             struct mote_err *err);
/* Reads a .dtb, or compiles a .dts with dtc. */
bool dt_read_file(struct dt *dt, const char *path, struct mote_err *err);
void dt_close(struct dt *dt);

/* The parent's offset, -1 for the root. */
int dt_parent(const struct dt *dt, int node);

const void *dt_prop(const struct dt *dt, int node, const char *name, size_t *bytes);
/* Copies up to `max` cells; returns how many there are. */
size_t dt_cells(const struct dt *dt, int node, const char *name, uint32_t *cells, size_t max);
/* The k-th string of a string list, or NULL. */
const char *dt_string(const struct dt *dt, int node, const char *name, size_t k);
bool dt_enabled(const struct dt *dt, int node);
bool dt_is(const struct dt *dt, int node, const char *compatible);
/* Full path, in a buffer that the next call reuses. */
const char *dt_path(const struct dt *dt, int node);
/* Label from /__symbols__, else the node's name without its address. */
const char *dt_label(const struct dt *dt, int node);
/* Node of a phandle, or -1. */
int dt_by_phandle(const struct dt *dt, uint32_t phandle);
/* A #...-cells property of a node, or `fallback`. */
uint32_t dt_cell_count(const struct dt *dt, int node, const char *name, uint32_t fallback);
/* The k-th address and size of `reg` by the parent's cell counts; false when there is no such. */
bool dt_reg(const struct dt *dt, int node, size_t k, uint64_t *address, uint64_t *size);

/* Reads to the end, with a zero behind; NULL when out of memory or beyond the limit. */
char *dt_read_all(FILE *file, size_t *bytes);
/* Compiles a .dts with dtc, after cpp when it has directives. NULL after filling `err`. */
char *dt_compile(const char *path, size_t *bytes, struct mote_err *err);

#endif
