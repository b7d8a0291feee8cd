/* Making, attaching and resetting devices; their properties; the registry's look-ups. */
#include "kernel.h"
#include <stdlib.h>
#include <string.h>

static uint32_t wires_in(const struct mote_wire_group *groups)
{
    uint32_t count = 0;
    for (size_t i = 0; i < MOTE_MAX_WIRE_GROUPS && groups[i].name != NULL; i++)
        count += groups[i].count;
    return count;
}

uint32_t mote_output_count(const struct mote_device_class *cls)
{
    return wires_in(cls->outputs);
}

uint32_t mote_input_count(const struct mote_device_class *cls)
{
    return wires_in(cls->inputs);
}

static bool make_wires(struct mote_device *dev)
{
    struct mote_device_priv *priv = dev->priv;
    priv->input_count = mote_input_count(dev->cls);
    priv->output_count = mote_output_count(dev->cls);
    priv->inputs = calloc(priv->input_count + 1, sizeof *priv->inputs);
    priv->outputs = calloc(priv->output_count + 1, sizeof *priv->outputs);
    if (priv->inputs == NULL || priv->outputs == NULL)
        return false;
    for (uint32_t i = 0; i < priv->input_count; i++)
        priv->inputs[i].level = priv->inputs[i].external = MOTE_WIRE_Z;
    return true;
}

static bool make_slots(struct mote_device *dev)
{
    struct mote_system *sys = dev->sys;
    size_t count = dev->cls->event_count + 1;
    dev->priv->slots = calloc(count, sizeof *dev->priv->slots);
    struct event_slot **heap =
        realloc(sys->heap, (sys->heap_room + count + 1) * sizeof(struct event_slot *));
    if (heap != NULL)
        sys->heap = heap;
    if (heap == NULL || dev->priv->slots == NULL)
        return false;
    sys->heap_room += count;
    for (uint32_t i = 0; i < count; i++) {
        struct event_slot *slot = &dev->priv->slots[i];
        slot->dev = dev;
        slot->event = i;
        slot->when_ps = MOTE_NEVER_PS;
        slot->priority = i < dev->cls->event_count ? dev->cls->events[i].priority : 0;
    }
    return true;
}

static bool make_parts(struct mote_device *dev, const struct mote_device_spec *spec)
{
    struct mote_device_priv *priv = dev->priv;
    priv->name = strdup(spec->name);
    priv->path = strdup(spec->path != NULL ? spec->path : "");
    dev->state = calloc(1, dev->cls->state_bytes + 1);
    priv->stimuli = calloc(dev->cls->channel_count + 1, sizeof *priv->stimuli);
    dev->name = priv->name;
    dev->path = priv->path;
    return priv->name != NULL && priv->path != NULL && dev->state != NULL &&
           priv->stimuli != NULL && make_wires(dev) && make_slots(dev) && kernel_regs_build(dev);
}

struct mote_device *mote_device_new(struct mote_system *sys, const struct mote_device_spec *spec,
                                    struct mote_err *err)
{
    struct mote_device *dev = calloc(1, sizeof *dev);
    struct mote_device_priv *priv = calloc(1, sizeof *priv);
    if (dev == NULL || priv == NULL || !list_add(&sys->devices, dev)) {
        free(dev);
        free(priv);
        mote_err_set(err, "out of memory while making device %s", spec->name);
        return NULL;
    }
    dev->cls = spec->cls;
    dev->sys = sys;
    dev->parent = spec->parent;
    dev->base = spec->base;
    dev->bus_address = spec->bus_address;
    dev->index = (uint32_t)(sys->devices.count - 1);
    dev->priv = priv;
    priv->props = spec->props;
    priv->node = spec->node;
    priv->window_bytes = spec->window_bytes ? spec->window_bytes : spec->cls->window_bytes;
    if (!make_parts(dev, spec) ||
        (spec->parent != NULL && !list_add(&spec->parent->priv->children, dev))) {
        mote_err_set(err, "out of memory while making device %s", spec->name);
        return NULL;
    }
    /* A child is reached over its controller's bus, not by address. */
    bool mapped = priv->window_bytes > 0 && spec->parent == NULL;
    if (mapped && !mote_window_add(dev, spec->base, priv->window_bytes, 0, err))
        return NULL;
    return dev;
}

bool mote_device_attach(struct mote_device *dev, struct mote_err *err)
{
    kernel_regs_reset(dev, true);
    dev->priv->attached = true;
    return dev->cls->attach == NULL || dev->cls->attach(dev, err);
}

void mote_device_reset(struct mote_device *dev)
{
    for (uint32_t i = 0; i <= dev->cls->event_count; i++)
        kernel_event_schedule(&dev->priv->slots[i], MOTE_NEVER_PS);
    kernel_regs_reset(dev, false);
    for (uint32_t i = 0; i < dev->priv->output_count; i++)
        mote_wire_set(dev, i, 0);
    mote_power_state(dev, 0);
    if (dev->cls->reset != NULL)
        dev->cls->reset(dev);
}

size_t mote_child_count(const struct mote_device *controller)
{
    return controller->priv->children.count;
}

struct mote_device *mote_child(const struct mote_device *controller, size_t index)
{
    const struct list *children = &controller->priv->children;
    return index < children->count ? children->item[index] : NULL;
}

/* ---- properties ------------------------------------------------------------------------------ */

const void *mote_prop(const struct mote_device *dev, const char *name, size_t *bytes)
{
    size_t none;
    if (bytes == NULL)
        bytes = &none;
    *bytes = 0;
    const struct mote_prop_source *props = dev->priv->props;
    return props != NULL ? props->get(dev->priv->node, name, bytes) : NULL;
}

bool mote_prop_flag(const struct mote_device *dev, const char *name)
{
    return mote_prop(dev, name, NULL) != NULL;
}

size_t mote_prop_cells(const struct mote_device *dev, const char *name, uint32_t *cells, size_t max)
{
    size_t bytes;
    const uint8_t *data = mote_prop(dev, name, &bytes);
    if (data == NULL)
        return 0;
    for (size_t i = 0; i < bytes / 4 && i < max; i++)
        cells[i] = (uint32_t)data[4 * i] << 24 | (uint32_t)data[4 * i + 1] << 16 |
                   (uint32_t)data[4 * i + 2] << 8 | data[4 * i + 3];
    return bytes / 4;
}

uint32_t mote_prop_u32(const struct mote_device *dev, const char *name, uint32_t fallback)
{
    uint32_t value = fallback;
    mote_prop_cells(dev, name, &value, 1);
    return value;
}

const char *mote_prop_string(const struct mote_device *dev, const char *name, const char *fallback)
{
    size_t bytes;
    const char *text = mote_prop(dev, name, &bytes);
    return text != NULL && bytes > 0 && memchr(text, '\0', bytes) != NULL ? text : fallback;
}

/* ---- registry -------------------------------------------------------------------------------- */

const struct mote_device_class *mote_class_by_name(const char *name)
{
    for (size_t i = 0; mote_device_classes[i] != NULL; i++)
        if (strcmp(mote_device_classes[i]->name, name) == 0)
            return mote_device_classes[i];
    return NULL;
}

const struct mote_device_class *mote_class_by_compatible(const char *compatible)
{
    for (size_t i = 0; mote_device_classes[i] != NULL; i++) {
        const struct mote_device_class *cls = mote_device_classes[i];
        for (size_t k = 0; k < MOTE_MAX_COMPATIBLES && cls->compatibles[k] != NULL; k++)
            if (strcmp(cls->compatibles[k], compatible) == 0)
                return cls;
    }
    return NULL;
}
