/* The board loader's memory: RAM and flash nodes become regions, with their aliases; and the second
 * view of memory and devices that Secure code has. */
#include "board_loader.h"
#include <mote/space.h>
#include <stdio.h>
#include <string.h>

#define FLASH_ERASED     0xFF
#define BOARD_MEMORY_MAX (1ull << 30)

bool board_is_memory(const struct dt *dt, int offset, bool *writable)
{
    const char *type = dt_string(dt, offset, "device_type", 0);
    *writable = !dt_is(dt, offset, "soc-nv-flash");
    return !*writable || dt_is(dt, offset, "mmio-sram") ||
           (type != NULL && strcmp(type, "memory") == 0 &&
            dt_prop(dt, offset, "reg", NULL) != NULL);
}

static bool add_aliases(struct board_loader *loader, struct board_node *node,
                        struct mote_region *region, struct mote_err *err)
{
    int offset;
    uint32_t bases[8];
    const struct dt *dt = board_prop_tree(node, "mote,alias", &offset);
    size_t count = dt != NULL ? dt_cells(dt, offset, "mote,alias", bases, 8) : 0;
    for (size_t i = 0; i < count && i < 8; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s_alias%zu", region->name, i);
        struct mote_region *alias =
            mote_region_add(loader->sys, name, bases[i], region->size_bytes, region->writable,
                            region->executable, 0, region, err);
        if (alias == NULL)
            return mote_err_prefix(err, "%s: mote,alias", loader->tree.label);
        alias->owner = region->owner;
        alias->load_extra_cycles = region->load_extra_cycles;
        alias->beat_cycles = region->beat_cycles;
        alias->store_extra_cycles = region->store_extra_cycles;
    }
    return true;
}

static uint32_t node_u32(const struct board_node *node, const char *name, uint32_t fallback)
{
    int offset;
    const struct dt *dt = board_prop_tree(node, name, &offset);
    if (dt != NULL)
        dt_cells(dt, offset, name, &fallback, 1);
    return fallback;
}

bool board_add_memory(struct board_loader *loader, int offset, bool writable, struct mote_err *err)
{
    const struct dt *dt = &loader->tree;
    uint64_t base, size;
    if (!dt_reg(dt, offset, 0, &base, &size) || size == 0)
        return mote_err_set(err, "%s: %s: memory needs a `reg` with an address and a size",
                            dt->label, dt_path(dt, offset));
    if (size > BOARD_MEMORY_MAX)
        return mote_err_set(err, "%s: %s: %llu bytes of memory; at most 1 GiB is supported",
                            dt->label, dt_path(dt, offset), (unsigned long long)size);
    uint64_t total = size;
    for (size_t i = 0; i < mote_region_count(loader->sys); i++) {
        const struct mote_region *other = mote_region_at_index(loader->sys, i);
        total += other->alias_of == NULL ? other->size_bytes : 0;
    }
    if (total > BOARD_MEMORY_MAX)
        return mote_err_set(err, "%s: %s: %llu bytes of memory in all; at most 1 GiB is supported",
                            dt->label, dt_path(dt, offset), (unsigned long long)total);
    struct board_node *node = board_add_node(loader, offset, err);
    if (node == NULL)
        return false;
    struct mote_region *region =
        mote_region_add(loader->sys, dt_label(dt, offset), base, size, writable, true,
                        writable ? 0 : FLASH_ERASED, NULL, err);
    if (region == NULL)
        return mote_err_prefix(err, "%s: %s", dt->label, dt_path(dt, offset));
    region->owner = writable ? NULL : board_ancestor_device(loader, offset);
    region->load_extra_cycles = node_u32(node, "mote,load-extra-cycles", 0);
    region->beat_cycles = node_u32(node, "mote,beat-cycles", 1);
    region->store_extra_cycles = node_u32(node, "mote,store-extra-cycles", 0);
    struct mote_board *board = loader->board;
    /* mote,not-bootable: read-only memory that images do not start from, such as an OTP. */
    int tree_offset;
    bool bootable = board_prop_tree(node, "mote,not-bootable", &tree_offset) == NULL;
    if (!writable && bootable && board->boot_base == UINT64_MAX) {
        board->boot_base = base;
        board->app_base = base + node_u32(node, "mote,app-offset", 0);
    }
    return add_aliases(loader, node, region, err);
}

/* ---- secure aliases ---------------------------------------------------------------------------
 */

static bool alias_region(struct mote_system *sys, const struct mote_region *region, uint64_t base,
                         struct mote_err *err)
{
    const struct mote_region *of = region->alias_of != NULL ? region->alias_of : region;
    char name[96];
    snprintf(name, sizeof name, "%s_secure", region->name);
    struct mote_region *alias =
        mote_region_add(sys, name, base, region->size_bytes, region->writable, region->executable,
                        0, (struct mote_region *)(uintptr_t)of, err);
    if (alias == NULL)
        return false;
    alias->owner = region->owner;
    alias->timing = region->timing;
    alias->fetch_line_bytes = region->fetch_line_bytes;
    alias->load_extra_cycles = region->load_extra_cycles;
    alias->beat_cycles = region->beat_cycles;
    alias->store_extra_cycles = region->store_extra_cycles;
    return true;
}

/* Everything that lies whole in [from, +bytes) appears at `to` as well. */
static bool alias_range(struct mote_system *sys, uint64_t to, uint64_t bytes, uint64_t from,
                        struct mote_err *err)
{
    size_t regions = mote_region_count(sys);
    for (size_t i = 0; i < regions; i++) {
        const struct mote_region *region = mote_region_at_index(sys, i);
        if (region->base >= from && region->base + region->size_bytes <= from + bytes &&
            !alias_region(sys, region, region->base - from + to, err))
            return false;
    }
    /* By address, since a new window moves those behind it. */
    uint64_t base, size, next = from;
    for (size_t i = 0; mote_window_at_index(sys, i, &base, &size); i++) {
        uint32_t offset;
        if (base < next || base + size > from + bytes)
            continue;
        next = base + size;
        struct mote_device *dev = mote_window_find(sys, base, &offset);
        if (!mote_window_add(dev, base - from + to, size, offset, err))
            return false;
    }
    return true;
}

/* mote,secure-aliases of the cpu node: three cells a range, where it appears, bytes, what appears.
 */
bool board_add_secure_aliases(struct board_loader *loader, struct mote_err *err)
{
    enum { MAX_CELLS = 24 };
    int offset;
    uint32_t cells[MAX_CELLS];
    const struct dt *dt = board_prop_tree(loader->core, "mote,secure-aliases", &offset);
    size_t count = dt != NULL ? dt_cells(dt, offset, "mote,secure-aliases", cells, MAX_CELLS) : 0;
    if (count % 3 != 0 || count > MAX_CELLS)
        return mote_err_set(err,
                            "%s: mote,secure-aliases has %zu cells; it takes up to %d ranges of "
                            "three",
                            loader->tree.label, count, MAX_CELLS / 3);
    for (size_t i = 0; i + 2 < count; i += 3)
        if (!alias_range(loader->sys, cells[i], cells[i + 1], cells[i + 2], err))
            return mote_err_prefix(err, "%s: mote,secure-aliases", loader->tree.label);
    return true;
}
