/* The board loader's wiring: interrupts, GPIO specifiers, chip selects and mote,wires-to. */
#include "board_loader.h"
#include <libfdt.h>
#include <mote/bus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GPIO_ACTIVE_LOW 1u

/* ---- interrupts -------------------------------------------------------------------------------
 */

static void connect_interrupt(struct board_loader *loader, struct board_node *node, uint32_t k,
                              struct board_node *parent, const uint32_t *cells)
{
    int output = mote_output_index(node->dev->cls, "irq", k);
    if (parent == NULL || parent->dev == NULL) {
        board_note(loader, MOTE_NOTE_INTERRUPT, "%s: interrupt %u has no modelled controller",
                   node->dev->path, cells[0]);
        return;
    }
    int input = mote_input_index(parent->dev->cls, "irq", cells[0]);
    if (output < 0)
        return; /* a device may have fewer sources than the binding lists */
    if (input < 0) {
        board_note(loader, MOTE_NOTE_INTERRUPT, "%s: %s has no interrupt %u", node->dev->path,
                   parent->dev->name, cells[0]);
        return;
    }
    if (!mote_wire_connect(node->dev, (uint32_t)output, parent->dev, (uint32_t)input, false))
        board_note(loader, MOTE_NOTE_INTERRUPT, "%s: cannot connect interrupt %u", node->dev->path,
                   cells[0]);
}

/* The interrupt parent of a node: its own property or the nearest ancestor's. */
static int interrupt_parent(const struct dt *dt, int offset)
{
    for (; offset >= 0; offset = dt_parent(dt, offset)) {
        uint32_t phandle;
        if (dt_cells(dt, offset, "interrupt-parent", &phandle, 1) > 0)
            return dt_by_phandle(dt, phandle);
    }
    return -1;
}

static struct board_node *node_at(const struct board_loader *loader, int offset)
{
    for (size_t i = 0; i < loader->count; i++)
        if (loader->nodes[i]->offset == offset || loader->nodes[i]->second == offset)
            return loader->nodes[i];
    return NULL;
}

static void connect_interrupts(struct board_loader *loader, struct board_node *node)
{
    const struct dt *dt = &loader->tree;
    uint32_t cells[DT_MAX_CELLS];
    size_t count = dt_cells(dt, node->offset, "interrupts", cells, DT_MAX_CELLS);
    if (count == 0 || count > DT_MAX_CELLS)
        return;
    int parent = interrupt_parent(dt, node->offset);
    uint32_t step = parent >= 0 ? dt_cell_count(dt, parent, "#interrupt-cells", 1) : 1;
    for (uint32_t k = 0; step > 0 && (k + 1) * step <= count; k++)
        connect_interrupt(loader, node, k, node_at(loader, parent), cells + k * step);
}

static void connect_interrupts_extended(struct board_loader *loader, struct board_node *node)
{
    struct specifier specifier;
    size_t position = 0;
    for (uint32_t k = 0; board_specifier(loader, node, "interrupts-extended", "#interrupt-cells",
                                         &position, &specifier);
         k++)
        if (specifier.count > 0)
            connect_interrupt(loader, node, k, specifier.node, specifier.cells);
}

/* ---- fixed wiring of a chip -------------------------------------------------------------------
 */

/* A tree that borrows its chip's wiring has only some of the chip's devices: nothing to tell. */
static void fixed_wire_missing(struct board_loader *loader, const struct board_node *node,
                               const struct dt *dt, uint32_t output)
{
    if (dt == &loader->tree)
        board_note(loader, MOTE_NOTE_INTERRUPT, "%s: wire %u leads to a node without a model",
                   node->dev->path, output);
}

static bool connect_fixed(struct board_loader *loader, struct board_node *node,
                          struct mote_err *err)
{
    int offset;
    const struct dt *dt = board_prop_tree(node, "mote,wires-to", &offset);
    uint32_t cells[DT_MAX_CELLS];
    size_t count = dt != NULL ? dt_cells(dt, offset, "mote,wires-to", cells, DT_MAX_CELLS) : 0;
    if (count > DT_MAX_CELLS || count % 3 != 0)
        return mote_err_set(err,
                            "%s: %s: mote,wires-to takes triples <&target input output>, at "
                            "most %u cells; it has %zu",
                            loader->tree.label, node->dev->path, DT_MAX_CELLS, count);
    for (size_t i = 0; i + 3 <= count; i += 3) {
        int target = dt_by_phandle(dt, cells[i]);
        struct board_node *to = NULL;
        for (size_t k = 0; k < loader->count && to == NULL; k++) {
            struct board_node *other = loader->nodes[k];
            bool same = dt == &loader->tree ? other->offset == target || other->second == target
                                            : other->extra == target;
            if (target >= 0 && same)
                to = other;
        }
        if (to == NULL || to->dev == NULL || to->dev->cls == &board_stub_class ||
            node->dev->cls == &board_stub_class)
            fixed_wire_missing(loader, node, dt, cells[i + 2]);
        else if (!mote_wire_connect(node->dev, cells[i + 2], to->dev, cells[i + 1], false))
            return mote_err_set(err,
                                "%s: %s: mote,wires-to entry %zu: output %u of %s or input %u "
                                "of %s does not exist",
                                loader->tree.label, node->dev->path, i / 3, cells[i + 2],
                                node->dev->name, cells[i + 1], to->dev->name);
    }
    return true;
}

/* ---- GPIO -------------------------------------------------------------------------------------
 */

static void connect_pin(struct board_loader *loader, struct board_node *node, const char *group,
                        uint32_t k, const struct specifier *pin)
{
    struct mote_device *dev = node->dev;
    if (pin->node == NULL || pin->node->dev == NULL || pin->count < 1) {
        board_note(loader, MOTE_NOTE_INTERRUPT, "%s: %s leads to a node without a model", dev->path,
                   group);
        return;
    }
    struct mote_device *port = pin->node->dev;
    bool invert = pin->count > 1 && (pin->cells[1] & GPIO_ACTIVE_LOW) != 0;
    int port_in = mote_input_index(port->cls, "pin", pin->cells[0]);
    int port_out = mote_output_index(port->cls, "pin", pin->cells[0]);
    int own_out = mote_output_index(dev->cls, group, k);
    int own_in = mote_input_index(dev->cls, group, k);
    bool done = false;
    if (own_out >= 0 && port_in >= 0)
        done = mote_wire_connect(dev, (uint32_t)own_out, port, (uint32_t)port_in, invert);
    else if (own_in >= 0 && port_out >= 0)
        done = mote_wire_connect(port, (uint32_t)port_out, dev, (uint32_t)own_in, invert);
    if (!done)
        board_note(loader, MOTE_NOTE_SKIPPED, "%s: %s pin %u of %s is not modelled", dev->path,
                   group, pin->cells[0], port->name);
}

/* The wire group that a `...gpios` property means: the part of its name before "-gpios"; for plain
 * `gpios`, the device's first group. */
static const char *pin_group(const struct mote_device_class *cls, const char *property, char *name,
                             size_t bytes)
{
    size_t length = strlen(property);
    if (strcmp(property, "gpios") == 0)
        return cls->outputs[0].name != NULL ? cls->outputs[0].name : cls->inputs[0].name;
    if (length <= 6 || length - 6 >= bytes || strcmp(property + length - 6, "-gpios") != 0)
        return NULL;
    memcpy(name, property, length - 6);
    name[length - 6] = '\0';
    return name;
}

static void chip_select_input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index;
    mote_spi_select(dev->parent, level == 1);
}

/* Sits between a GPIO pin and an SPI target, as the target's child. */
static const struct mote_device_class chip_select_class = {
    .name = "spi_chip_select",
    .summary = "a GPIO pin that selects an SPI target",
    .inputs = {{"select", 1}},
    .input = chip_select_input,
};

static bool connect_chip_selects(struct board_loader *loader, struct board_node *node,
                                 struct mote_err *err)
{
    struct specifier pin;
    size_t position = 0;
    for (uint32_t k = 0; board_specifier(loader, node, "cs-gpios", "#gpio-cells", &position, &pin);
         k++) {
        struct mote_device *target = NULL;
        for (size_t i = 0; i < mote_child_count(node->dev); i++)
            if (mote_child(node->dev, i)->bus_address == k)
                target = mote_child(node->dev, i);
        if (target == NULL)
            continue;
        char name[96];
        snprintf(name, sizeof name, "%s_cs", target->name);
        struct mote_device_spec spec = {.cls = &chip_select_class, .name = name, .parent = target};
        struct board_node select = {.loader = loader};
        select.dev = mote_device_new(loader->sys, &spec, err);
        if (select.dev == NULL)
            return false;
        connect_pin(loader, &select, "select", 0, &pin);
    }
    return true;
}

static void connect_gpios(struct board_loader *loader, struct board_node *node)
{
    const void *blob = loader->tree.blob;
    int property;
    fdt_for_each_property_offset(property, blob, node->offset)
    {
        const char *name;
        if (fdt_getprop_by_offset(blob, property, &name, NULL) == NULL ||
            strcmp(name, "cs-gpios") == 0)
            continue;
        char buffer[48];
        const char *group = pin_group(node->dev->cls, name, buffer, sizeof buffer);
        bool wired = group != NULL && (mote_output_index(node->dev->cls, group, 0) >= 0 ||
                                       mote_input_index(node->dev->cls, group, 0) >= 0);
        if (!wired)
            continue;
        struct specifier pin;
        size_t position = 0;
        for (uint32_t k = 0; board_specifier(loader, node, name, "#gpio-cells", &position, &pin);
             k++)
            connect_pin(loader, node, group, k, &pin);
    }
}

bool board_connect_wires(struct board_loader *loader, struct mote_err *err)
{
    for (size_t i = 0; i < loader->count; i++) {
        struct board_node *node = loader->nodes[i];
        if (node->dev == NULL)
            continue;
        connect_interrupts(loader, node);
        connect_interrupts_extended(loader, node);
        connect_gpios(loader, node);
        if (!connect_fixed(loader, node, err) || !connect_chip_selects(loader, node, err))
            return false;
    }
    return true;
}
