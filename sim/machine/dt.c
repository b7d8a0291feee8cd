/* Devicetree access over libfdt: a blob is checked whole before anything else reads it. */
#include "dt.h"
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DT_FILE_BYTES_MAX (16u << 20)

#define DT_DEPTH_MAX 64

/* Fills dt->places; false when out of memory or nested too deep. */
static bool index_nodes(struct dt *dt)
{
    int parents[DT_DEPTH_MAX + 1] = {-1}, depth = 0;
    size_t room = 0;
    for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(dt->blob, node, &depth)) {
        if (depth >= DT_DEPTH_MAX)
            return false;
        if (dt->count == room) {
            room = room ? 2 * room : 256;
            struct dt_place *places = realloc(dt->places, room * sizeof *places);
            if (places == NULL)
                return false;
            dt->places = places;
        }
        dt->places[dt->count++] = (struct dt_place){
            .node = node, .parent = parents[depth], .phandle = fdt_get_phandle(dt->blob, node)};
        parents[depth + 1] = node;
    }
    return true;
}

bool dt_open(struct dt *dt, const void *blob, size_t bytes, const char *label, struct mote_err *err)
{
    *dt = (struct dt){.blob = blob, .bytes = bytes, .label = label};
    int wrong =
        bytes < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_full(blob, bytes);
    if (wrong != 0)
        return mote_err_set(err,
                            "%s: not a usable devicetree blob: %s. Give a .dtb that dtc wrote, or "
                            "the .dts itself",
                            label, fdt_strerror(wrong));
    if (index_nodes(dt))
        return true;
    dt_close(dt);
    return mote_err_set(err, "%s: nodes nested deeper than %d, or out of memory", label,
                        DT_DEPTH_MAX);
}

/* ---- files ------------------------------------------------------------------------------------
 */

char *dt_read_all(FILE *file, size_t *bytes)
{
    size_t room = 1 << 16;
    char *data = malloc(room);
    *bytes = 0;
    while (data != NULL) {
        size_t got = fread(data + *bytes, 1, room - *bytes - 1, file);
        if (got == 0)
            break;
        *bytes += got;
        if (*bytes + 1 < room)
            continue;
        room *= 2;
        char *grown = room <= DT_FILE_BYTES_MAX ? realloc(data, room) : NULL;
        if (grown == NULL) {
            free(data);
            return NULL;
        }
        data = grown;
    }
    if (data != NULL)
        data[*bytes] = '\0';
    return data;
}

bool dt_read_file(struct dt *dt, const char *path, struct mote_err *err)
{
    size_t bytes = 0, length = strlen(path);
    char *data;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return mote_err_set(err, "%s: cannot open the board: %s", path, strerror(errno));
    bool source = length > 4 && strcmp(path + length - 4, ".dts") == 0;
    data = source ? NULL : dt_read_all(file, &bytes);
    fclose(file);
    if (source) {
        data = dt_compile(path, &bytes, err);
        if (data == NULL)
            return false;
    }
    if (data == NULL)
        return mote_err_set(err, "%s: larger than %u bytes, or out of memory", path,
                            DT_FILE_BYTES_MAX);
    if (!dt_open(dt, data, bytes, path, err)) {
        free(data);
        return false;
    }
    dt->owned = data;
    return true;
}

void dt_close(struct dt *dt)
{
    free(dt->owned);
    free(dt->places);
    dt->owned = NULL;
    dt->places = NULL;
    dt->count = 0;
}

/* ---- nodes ------------------------------------------------------------------------------------
 */

const void *dt_prop(const struct dt *dt, int node, const char *name, size_t *bytes)
{
    int length = 0;
    const void *data = node >= 0 ? fdt_getprop(dt->blob, node, name, &length) : NULL;
    if (bytes != NULL)
        *bytes = data != NULL ? (size_t)length : 0;
    return data;
}

size_t dt_cells(const struct dt *dt, int node, const char *name, uint32_t *cells, size_t max)
{
    size_t bytes;
    const uint8_t *data = dt_prop(dt, node, name, &bytes);
    for (size_t i = 0; data != NULL && i < bytes / 4 && i < max; i++)
        cells[i] = (uint32_t)data[4 * i] << 24 | (uint32_t)data[4 * i + 1] << 16 |
                   (uint32_t)data[4 * i + 2] << 8 | data[4 * i + 3];
    return bytes / 4;
}

const char *dt_string(const struct dt *dt, int node, const char *name, size_t k)
{
    return node >= 0 ? fdt_stringlist_get(dt->blob, node, name, (int)k, NULL) : NULL;
}

bool dt_enabled(const struct dt *dt, int node)
{
    const char *status = dt_string(dt, node, "status", 0);
    return status == NULL || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

bool dt_is(const struct dt *dt, int node, const char *compatible)
{
    return node >= 0 && fdt_node_check_compatible(dt->blob, node, compatible) == 0;
}

static const struct dt_place *place_of(const struct dt *dt, int node)
{
    size_t low = 0, high = dt->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (dt->places[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < dt->count && dt->places[low].node == node ? &dt->places[low] : NULL;
}

int dt_parent(const struct dt *dt, int node)
{
    const struct dt_place *place = place_of(dt, node);
    return place != NULL ? place->parent : -1;
}

const char *dt_path(const struct dt *dt, int node)
{
    static _Thread_local char path[256];
    size_t start = sizeof path - 1;
    path[start] = '\0';
    if (place_of(dt, node) == NULL)
        return "?";
    for (int parent; (parent = dt_parent(dt, node)) >= 0; node = parent) {
        int length;
        const char *name = fdt_get_name(dt->blob, node, &length);
        if (name == NULL || (size_t)length + 1 > start)
            return "?";
        start -= (size_t)length;
        memcpy(path + start, name, (size_t)length);
        path[--start] = '/';
    }
    return path[start] != '\0' ? path + start : "/";
}

const char *dt_label(const struct dt *dt, int node)
{
    static _Thread_local char name[64];
    char path[256];
    snprintf(path, sizeof path, "%s", dt_path(dt, node));
    int symbols = fdt_path_offset(dt->blob, "/__symbols__"), prop;
    if (symbols >= 0) {
        fdt_for_each_property_offset(prop, dt->blob, symbols)
        {
            const char *label;
            int length;
            const char *value = fdt_getprop_by_offset(dt->blob, prop, &label, &length);
            if (value != NULL && length > 0 && strncmp(value, path, (size_t)length) == 0)
                return label;
        }
    }
    const char *full = fdt_get_name(dt->blob, node, NULL);
    snprintf(name, sizeof name, "%s", full != NULL ? full : "?");
    return name;
}

int dt_by_phandle(const struct dt *dt, uint32_t phandle)
{
    for (size_t i = 0; i < dt->count && phandle != 0; i++)
        if (dt->places[i].phandle == phandle)
            return dt->places[i].node;
    return -1;
}

uint32_t dt_cell_count(const struct dt *dt, int node, const char *name, uint32_t fallback)
{
    uint32_t count = fallback;
    if (dt_cells(dt, node, name, &count, 1) == 0 || count > 8)
        return fallback;
    return count;
}

bool dt_reg(const struct dt *dt, int node, size_t k, uint64_t *address, uint64_t *size)
{
    int parent = dt_parent(dt, node);
    if (parent < 0)
        return false;
    uint32_t address_cells = dt_cell_count(dt, parent, "#address-cells", 2);
    uint32_t size_cells = dt_cell_count(dt, parent, "#size-cells", 1);
    uint32_t cells[DT_MAX_CELLS];
    size_t count = dt_cells(dt, node, "reg", cells, DT_MAX_CELLS);
    size_t first = k * (address_cells + size_cells);
    if (address_cells == 0 || first + address_cells + size_cells > count || count > DT_MAX_CELLS)
        return false;
    *address = *size = 0;
    for (uint32_t i = 0; i < address_cells; i++)
        *address = *address << 32 | cells[first + i];
    for (uint32_t i = 0; i < size_cells; i++)
        *size = *size << 32 | cells[first + address_cells + i];
    return true;
}
