/* Boards: walks a devicetree and makes memory and devices of its nodes. */
#include "board_loader.h"
#include <libfdt.h>
#include <mote/core.h>
#include <mote/embed.h>
#include <mote/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOARD_MAX_NODES 4096

extern const struct mote_embedded mote_board_blobs[];

/* ---- properties -------------------------------------------------------------------------------
 */

const struct dt *board_prop_tree(const struct board_node *node, const char *name, int *offset)
{
    const struct board_loader *loader = node->loader;
    const int places[] = {node->offset, node->second};
    for (size_t i = 0; i < 2; i++)
        if (dt_prop(&loader->tree, places[i], name, NULL) != NULL) {
            *offset = places[i];
            return &loader->tree;
        }
    if (loader->extra.blob == NULL || dt_prop(&loader->extra, node->extra, name, NULL) == NULL)
        return NULL;
    *offset = node->extra;
    return &loader->extra;
}

static const void *get_prop(const void *user, const char *name, size_t *bytes)
{
    int offset;
    const struct dt *dt = board_prop_tree(user, name, &offset);
    return dt != NULL ? dt_prop(dt, offset, name, bytes) : NULL;
}

static const struct mote_prop_source prop_source = {get_prop};

static struct board_node *node_of(const struct board_loader *loader, const struct dt *dt,
                                  int target)
{
    for (size_t i = 0; i < loader->count && target >= 0; i++) {
        struct board_node *node = loader->nodes[i];
        if (dt == &loader->extra ? node->extra == target
                                 : node->offset == target || node->second == target)
            return node;
    }
    return NULL;
}

bool board_specifier(const struct board_loader *loader, const struct board_node *node,
                     const char *property, const char *cells_name, size_t *position,
                     struct specifier *out)
{
    int offset;
    const struct dt *dt = board_prop_tree(node, property, &offset);
    uint32_t cells[DT_MAX_CELLS];
    size_t count = dt != NULL ? dt_cells(dt, offset, property, cells, DT_MAX_CELLS) : 0;
    if (count > DT_MAX_CELLS || *position >= count)
        return false;
    *out = (struct specifier){.target = dt_by_phandle(dt, cells[(*position)++])};
    if (out->target < 0)
        return false;
    out->node = node_of(loader, dt, out->target);
    out->count = dt_cell_count(dt, out->target, cells_name, 0);
    if (*position + out->count > count)
        return false;
    memcpy(out->cells, cells + *position, out->count * sizeof *cells);
    *position += out->count;
    return true;
}

/* ---- classes of the loader's own ---------------------------------------------------------------
 */

/* An enabled device without a model: every access is counted and logged by the register engine. */
const struct mote_device_class board_stub_class = {
    .name = "stub",
    .summary = "a device without a model: loads read 0, accesses are counted",
};

static struct mote_clock *fixed_clock_of(struct mote_device *dev, const uint32_t *cells,
                                         size_t count)
{
    (void)cells;
    (void)count;
    struct mote_clock *clock = mote_clock_add(dev, dev->name);
    if (clock != NULL)
        mote_clock_set_hz(clock, mote_prop_u32(dev, "clock-frequency", 0));
    return clock;
}

static bool fixed_clock_attach(struct mote_device *dev, struct mote_err *err)
{
    return mote_prop_u32(dev, "clock-frequency", 0) > 0 ||
           mote_err_set(err, "clock-frequency: a fixed clock needs its rate in Hz, above 0");
}

const struct mote_device_class board_fixed_clock_class = {
    .name = "fixed_clock",
    .summary = "a clock of constant rate",
    .compatibles = {"fixed-clock"},
    .attach = fixed_clock_attach,
    .clock_of = fixed_clock_of,
};

/* ---- nodes ------------------------------------------------------------------------------------
 */

static const struct mote_device_class *class_of(const struct dt *dt, int offset)
{
    const char *compatible;
    for (size_t k = 0; (compatible = dt_string(dt, offset, "compatible", k)) != NULL; k++) {
        if (strcmp(compatible, "fixed-clock") == 0)
            return &board_fixed_clock_class;
        const struct mote_device_class *cls = mote_class_by_compatible(compatible);
        if (cls != NULL)
            return cls;
    }
    return NULL;
}

/* The node of the built-in board with the same first address and a common compatible. */
static int find_extra(const struct board_loader *loader, int offset)
{
    uint64_t base, size, other_base, other_size;
    const struct dt *extra = &loader->extra;
    if (extra->blob == NULL)
        return -1;
    if (!dt_reg(&loader->tree, offset, 0, &base, &size))
        return -1;
    for (int node = fdt_next_node(extra->blob, -1, NULL); node >= 0;
         node = fdt_next_node(extra->blob, node, NULL)) {
        if (!dt_reg(extra, node, 0, &other_base, &other_size) || other_base != base)
            continue;
        const char *compatible;
        for (size_t k = 0; (compatible = dt_string(&loader->tree, offset, "compatible", k)) != NULL;
             k++)
            if (dt_is(extra, node, compatible))
                return node;
    }
    return -1;
}

struct board_node *board_add_node(struct board_loader *loader, int offset, struct mote_err *err)
{
    if (loader->count == BOARD_MAX_NODES) {
        mote_err_set(err, "%s: more than %u devices", loader->tree.label, BOARD_MAX_NODES);
        return NULL;
    }
    if (loader->count == loader->room) {
        size_t room = loader->room ? 2 * loader->room : 64;
        struct board_node **nodes = realloc(loader->nodes, room * sizeof(struct board_node *));
        if (nodes != NULL) {
            loader->nodes = nodes;
            loader->room = room;
        }
    }
    struct board_node *node = calloc(1, sizeof *node);
    if (node == NULL || loader->count == loader->room) {
        free(node);
        mote_err_set(err, "%s: out of memory", loader->tree.label);
        return NULL;
    }
    *node = (struct board_node){.loader = loader, .offset = offset, .second = -1};
    node->extra = find_extra(loader, offset);
    loader->nodes[loader->count++] = node;
    return node;
}

/* The device of the nearest ancestor that became one. */
struct mote_device *board_ancestor_device(const struct board_loader *loader, int offset)
{
    const struct dt *dt = &loader->tree;
    for (int up = dt_parent(dt, offset); up >= 0; up = dt_parent(dt, up)) {
        struct board_node *node = node_of(loader, &loader->tree, up);
        if (node != NULL && node->dev != NULL)
            return node->dev;
    }
    return NULL;
}

/* ---- devices ----------------------------------------------------------------------------------
 */

static bool on_a_bus(const struct board_loader *loader, int offset)
{
    int parent = dt_parent(&loader->tree, offset);
    return dt_cell_count(&loader->tree, parent, "#size-cells", 1) == 0;
}

/* A second node at the same address with the same class (CLOCK and POWER of the nRF) is the same
 * device. */
static struct mote_device *shared_window(const struct board_loader *loader,
                                         const struct mote_device_class *cls, uint64_t base)
{
    for (size_t i = 0; i < loader->count; i++) {
        struct mote_device *dev = loader->nodes[i]->dev;
        if (dev != NULL && dev->base == base && dev->cls == cls && base != 0)
            return dev;
    }
    return NULL;
}

static bool add_windows(struct board_loader *loader, int offset, struct mote_device *dev,
                        struct mote_err *err)
{
    uint64_t base, size;
    for (size_t k = 1; dt_reg(&loader->tree, offset, k, &base, &size); k++)
        if (base > dev->base && base - dev->base < (1u << 20) &&
            !mote_window_add(dev, base, size, (uint32_t)(base - dev->base), err))
            return mote_err_prefix(err, "%s: %s: reg", loader->tree.label, dev->path);
    return true;
}

static bool add_device(struct board_loader *loader, int offset, const struct mote_device_class *cls,
                       struct mote_err *err)
{
    const struct dt *dt = &loader->tree;
    bool bus = on_a_bus(loader, offset);
    uint64_t base = 0, size = 0;
    bool has_reg = dt_reg(dt, offset, 0, &base, &size);
    if (has_reg && !bus && (base + size < base || size > (1u << 28)))
        return mote_err_set(err, "%s: %s: reg: a window of 0x%llx bytes at 0x%llx is no device",
                            dt->label, dt_path(dt, offset), (unsigned long long)size,
                            (unsigned long long)base);
    struct board_node *node = board_add_node(loader, offset, err);
    if (node == NULL)
        return false;
    if (has_reg && !bus) {
        node->dev = shared_window(loader, cls, base);
        if (node->dev != NULL) {
            node->stage = NODE_ATTACHED; /* its first node does it */
            return true;
        }
    }
    char name[64], path[256];
    snprintf(name, sizeof name, "%s", dt_label(dt, offset));
    snprintf(path, sizeof path, "%s", dt_path(dt, offset));
    struct mote_device_spec spec = {
        .cls = cls,
        .name = name,
        .path = path,
        .parent = bus ? board_ancestor_device(loader, offset) : NULL,
        .base = bus ? 0 : base,
        .bus_address = bus ? (uint32_t)base : 0,
        .window_bytes = bus || !has_reg ? 0 : (uint32_t)size,
        .props = &prop_source,
        .node = node,
    };
    node->dev = mote_device_new(loader->sys, &spec, err);
    if (node->dev == NULL)
        return mote_err_prefix(err, "%s: %s", dt->label, path);
    return bus || add_windows(loader, offset, node->dev, err);
}

static bool add_core(struct board_loader *loader, struct mote_err *err)
{
    const struct dt *dt = &loader->tree;
    int cpus = fdt_path_offset(dt->blob, "/cpus"), cpu;
    if (cpus < 0)
        return mote_err_set(err, "%s: no /cpus node; a board names its core there", dt->label);
    fdt_for_each_subnode(cpu, dt->blob, cpus)
    {
        const struct mote_device_class *cls = class_of(dt, cpu);
        if (cls == NULL || !dt_enabled(dt, cpu))
            continue;
        struct board_node *node = board_add_node(loader, cpu, err);
        if (node == NULL)
            return false;
        /* The clock is what runs the core; a rate beside it must not contradict it. */
        uint32_t hz;
        if (dt_cells(dt, cpu, "clock-frequency", &hz, 1) == 1 && hz == 0)
            return mote_err_set(err,
                                "%s: %s: clock-frequency is 0: give the core's rate in Hz, or "
                                "leave it out (`clocks` says what runs the core)",
                                dt->label, dt_path(dt, cpu));
        const char *compatible = dt_string(dt, cpu, "compatible", 0);
        const char *comma = strchr(compatible, ',');
        snprintf(loader->board->core, sizeof loader->board->core, "%.31s",
                 comma != NULL ? comma + 1 : compatible);
        struct mote_device_spec spec = {
            .cls = cls, .name = "cpu0", .path = "/cpus", .props = &prop_source, .node = node};
        node->dev = mote_device_new(loader->sys, &spec, err);
        loader->core = node;
        /* A hart's own interrupt controller is a child of its node. */
        int child;
        fdt_for_each_subnode(child, dt->blob, cpu)
        {
            if (dt_prop(dt, child, "interrupt-controller", NULL) != NULL)
                node->second = child;
        }
        return node->dev != NULL;
    }
    cpu = fdt_first_subnode(dt->blob, cpus);
    const char *found = cpu >= 0 ? dt_string(dt, cpu, "compatible", 0) : NULL;
    return mote_err_set(err, "%s: core \"%s\" is not modelled; `mote devices` lists those that are",
                        dt->label, found != NULL ? found : "none");
}

/* What the walk does with one enabled node below the root. */
static bool add_one(struct board_loader *loader, int offset, struct mote_err *err)
{
    static const char *const containers[] = {"simple-bus",       "fixed-partitions",
                                             "st,stm32-pinctrl", "gpio-leds",
                                             "gpio-keys",        "zephyr,power-state"};
    const struct dt *dt = &loader->tree;
    bool writable;
    if (board_is_memory(dt, offset, &writable))
        return board_add_memory(loader, offset, writable, err);
    int parent = dt_parent(dt, offset);
    bool per_child = dt_is(dt, parent, "gpio-leds") || dt_is(dt, parent, "gpio-keys");
    if (per_child)
        return add_device(loader, offset, class_of(dt, parent), err);
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (dt_is(dt, offset, containers[i]))
            return true;
    const char *compatible = dt_string(dt, offset, "compatible", 0);
    if (compatible == NULL)
        return true;
    const struct mote_device_class *cls = class_of(dt, offset);
    if (loader->core != NULL && cls == loader->core->dev->cls) {
        if (dt_prop(dt, offset, "interrupt-controller", NULL) != NULL) {
            loader->core->second = offset;
            if (loader->core->extra < 0)
                loader->core->extra = find_extra(loader, offset);
        }
        return true;
    }
    if (cls != NULL)
        return add_device(loader, offset, cls, err);
    uint64_t base, size;
    if (!dt_reg(dt, offset, 0, &base, &size) || on_a_bus(loader, offset) || size == 0)
        return true; /* describes something for drivers, not hardware with registers */
    struct mote_region *memory = mote_region_find(loader->sys, base);
    uint32_t ignored;
    if (memory != NULL || mote_window_find(loader->sys, base, &ignored) != NULL) {
        board_note(loader, MOTE_NOTE_SKIPPED, "%s (%s): its address is taken by another node",
                   dt_path(dt, offset), compatible);
        return true;
    }
    board_note(loader, MOTE_NOTE_UNKNOWN, "%s (%s): no model; accesses are counted and read 0",
               dt_path(dt, offset), compatible);
    return add_device(loader, offset, &board_stub_class, err);
}

static bool add_all(struct board_loader *loader, struct mote_err *err)
{
    const struct dt *dt = &loader->tree;
    int skip_depth = -1, depth = 0;
    for (int node = fdt_next_node(dt->blob, 0, &depth); node >= 0 && depth > 0;
         node = fdt_next_node(dt->blob, node, &depth)) {
        if (skip_depth >= 0 && depth > skip_depth)
            continue;
        skip_depth = -1;
        const char *name = fdt_get_name(dt->blob, node, NULL);
        bool meta = depth == 1 && (strcmp(name, "cpus") == 0 || name[0] == '_');
        if (meta || !dt_enabled(dt, node)) {
            skip_depth = depth;
            continue;
        }
        if (!add_one(loader, node, err))
            return false;
    }
    return true;
}

/* ---- attaching --------------------------------------------------------------------------------
 */

static bool attach(struct board_loader *loader, struct board_node *node, struct mote_err *err);

static bool connect_clocks(struct board_loader *loader, struct board_node *node,
                           struct mote_err *err)
{
    struct specifier specifier;
    size_t position = 0;
    while (board_specifier(loader, node, "clocks", "#clock-cells", &position, &specifier)) {
        struct board_node *provider = specifier.node;
        if (provider == NULL || provider->dev == NULL || provider->dev->cls->clock_of == NULL)
            continue;
        if (provider->stage == NODE_ATTACHING)
            continue; /* a clock tree node that names its own controller */
        if (!attach(loader, provider, err))
            return false;
        struct mote_clock *clock =
            provider->dev->cls->clock_of(provider->dev, specifier.cells, specifier.count);
        if (clock == NULL)
            return mote_err_set(err, "%s: %s: clocks: %s has no clock <0x%x 0x%x>",
                                loader->tree.label, node->dev->path, provider->dev->name,
                                specifier.cells[0], specifier.cells[1]);
        if (!mote_clock_connect(node->dev, clock))
            return mote_err_set(err, "%s: %s: too many clocks", loader->tree.label,
                                node->dev->path);
    }
    return true;
}

static bool attach(struct board_loader *loader, struct board_node *node, struct mote_err *err)
{
    if (node->dev == NULL || node->stage != NODE_NEW)
        return true;
    node->stage = NODE_ATTACHING;
    if (!connect_clocks(loader, node, err))
        return false;
    if (!mote_device_attach(node->dev, err))
        return mote_err_prefix(err, "%s: %s", loader->tree.label, node->dev->path);
    node->stage = NODE_ATTACHED;
    return true;
}

/* ---- the board --------------------------------------------------------------------------------
 */

static void find_extra_tree(struct board_loader *loader, const void *blob)
{
    int soc = fdt_path_offset(loader->tree.blob, "/soc");
    /* A built-in board is complete; its variants say something else. */
    for (size_t i = 0; mote_board_blobs[i].name != NULL; i++)
        if (mote_board_blobs[i].data == blob)
            return;
    for (size_t i = 0; mote_board_blobs[i].name != NULL; i++) {
        struct dt dt;
        if (!dt_open(&dt, mote_board_blobs[i].data, mote_board_blobs[i].bytes,
                     mote_board_blobs[i].name, NULL))
            continue;
        int other = fdt_path_offset(dt.blob, "/soc");
        const char *compatible;
        for (size_t k = 0; (compatible = dt_string(&loader->tree, soc, "compatible", k)) != NULL;
             k++)
            if (strcmp(compatible, "simple-bus") != 0 && dt_is(&dt, other, compatible)) {
                loader->extra = dt;
                return;
            }
        dt_close(&dt);
    }
}

static struct mote_device *device_at_path(const struct board_loader *loader, const char *path)
{
    size_t length = strcspn(path, ":"); /* stdout-path may end in ":115200" */
    int node = fdt_path_offset_namelen(loader->tree.blob, path, (int)length);
    struct board_node *found = node_of(loader, &loader->tree, node);
    return found != NULL ? found->dev : NULL;
}

static void read_header(struct board_loader *loader)
{
    const struct dt *dt = &loader->tree;
    struct mote_board *board = loader->board;
    const char *model = dt_string(dt, 0, "model", 0);
    int soc = fdt_path_offset(dt->blob, "/soc"), chosen = fdt_path_offset(dt->blob, "/chosen");
    const char *chip = dt_string(dt, soc, "compatible", 0);
    snprintf(board->model, sizeof board->model, "%s", model != NULL ? model : board->name);
    snprintf(board->soc, sizeof board->soc, "%s", chip != NULL ? chip : "");
    const char *console = dt_string(dt, chosen, "zephyr,console", 0);
    if (console == NULL)
        console = dt_string(dt, chosen, "stdout-path", 0);
    if (console != NULL)
        board->console = device_at_path(loader, console);
}

static bool build(struct board_loader *loader, struct mote_err *err)
{
    struct mote_board *board = loader->board;
    board->boot_base = UINT64_MAX;
    if (!add_core(loader, err) || !add_all(loader, err))
        return false;
    for (size_t i = 0; i < loader->count; i++)
        if (!attach(loader, loader->nodes[i], err))
            return false;
    if (!board_add_secure_aliases(loader, err) || !board_connect_wires(loader, err))
        return false;
    struct mote_core *core = mote_system_core(loader->sys);
    if (core == NULL)
        return mote_err_set(err, "%s: the cpu node made no core", loader->tree.label);
    board->elf_machine = core->ops->elf_machine;
    const struct mote_region *first = mote_region_at_index(loader->sys, 0);
    board->boots_from_ram = board->boot_base == UINT64_MAX;
    if (board->boots_from_ram)
        board->boot_base = board->app_base = first != NULL ? first->base : 0;
    read_header(loader);
    board_note_gaps(loader);
    return true;
}

/* Takes the tree over. */
static bool load_tree(struct mote_system *sys, struct dt *tree, struct mote_board *board,
                      struct mote_err *err)
{
    struct board_loader *loader = calloc(1, sizeof *loader);
    if (loader == NULL) {
        dt_close(tree);
        return mote_err_set(err, "%s: out of memory", tree->label);
    }
    loader->sys = sys;
    loader->board = board;
    loader->tree = *tree;
    board->loader = loader;
    find_extra_tree(loader, tree->blob);
    return build(loader, err);
}

bool mote_board_load_blob(struct mote_system *sys, const void *blob, size_t bytes,
                          const char *label, struct mote_board *board, struct mote_err *err)
{
    *board = (struct mote_board){0};
    snprintf(board->name, sizeof board->name, "%s", label);
    struct dt tree;
    return dt_open(&tree, blob, bytes, label, err) && load_tree(sys, &tree, board, err);
}

static bool unknown_board(const char *name, struct mote_err *err)
{
    char known[512] = "";
    for (size_t i = 0; mote_board_blobs[i].name != NULL; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                 mote_board_blobs[i].name);
    }
    return mote_err_set(
        err, "no board \"%s\". Known boards: %s; or give the path of a .dts or .dtb", name, known);
}

bool mote_board_load(struct mote_system *sys, const char *name_or_path, struct mote_board *board,
                     struct mote_err *err)
{
    for (size_t i = 0; mote_board_blobs[i].name != NULL; i++)
        if (strcmp(mote_board_blobs[i].name, name_or_path) == 0)
            return mote_board_load_blob(sys, mote_board_blobs[i].data, mote_board_blobs[i].bytes,
                                        mote_board_blobs[i].name, board, err);
    const char *dot = strrchr(name_or_path, '.');
    *board = (struct mote_board){0};
    if (dot == NULL || (strcmp(dot, ".dts") != 0 && strcmp(dot, ".dtb") != 0))
        return unknown_board(name_or_path, err);
    const char *slash = strrchr(name_or_path, '/');
    snprintf(board->name, sizeof board->name, "%s", slash != NULL ? slash + 1 : name_or_path);
    struct dt tree;
    return dt_read_file(&tree, name_or_path, err) && load_tree(sys, &tree, board, err);
}

void mote_board_free(struct mote_board *board)
{
    struct board_loader *loader = board->loader;
    if (loader != NULL) {
        for (size_t i = 0; i < loader->count; i++)
            free(loader->nodes[i]);
        free(loader->nodes);
        dt_close(&loader->tree);
        dt_close(&loader->extra);
        free(loader);
    }
    free(board->notes);
    *board = (struct mote_board){0};
}

const char *mote_board_name(size_t index)
{
    for (size_t i = 0; i <= index; i++)
        if (mote_board_blobs[i].name == NULL)
            return NULL;
    return mote_board_blobs[index].name;
}

struct mote_device *mote_board_alias(const struct mote_board *board, const char *alias)
{
    const struct dt *dt = &board->loader->tree;
    int aliases = fdt_path_offset(dt->blob, "/aliases");
    const char *path = dt_string(dt, aliases, alias, 0);
    return path != NULL ? device_at_path(board->loader, path) : NULL;
}
