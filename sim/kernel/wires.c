/* Wires between devices, and publishing by address. */
#include "kernel.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int group_index(const struct mote_wire_group *groups, const char *name, uint32_t number)
{
    uint32_t first = 0;
    for (size_t i = 0; i < MOTE_MAX_WIRE_GROUPS && groups[i].name != NULL; i++) {
        if (strcmp(groups[i].name, name) == 0)
            return number < groups[i].count ? (int)(first + number) : -1;
        first += groups[i].count;
    }
    return -1;
}

int mote_output_index(const struct mote_device_class *cls, const char *name, uint32_t number)
{
    return group_index(cls->outputs, name, number);
}

int mote_input_index(const struct mote_device_class *cls, const char *name, uint32_t number)
{
    return group_index(cls->inputs, name, number);
}

static int merge(int a, int b)
{
    return a > b ? a : b; /* driven 1 beats driven 0 beats floating */
}

static void resolve_input(struct mote_device *dev, uint32_t index)
{
    struct wire_end *end = &dev->priv->inputs[index];
    int level = end->external;
    for (uint32_t i = 0; i < end->count; i++) {
        const struct wire_link *link = &end->link[i];
        int driven = link->dev->priv->outputs[link->index].level;
        if (link->invert && driven != MOTE_WIRE_Z)
            driven = !driven;
        level = merge(level, driven);
    }
    if (level == end->level)
        return;
    end->level = (int8_t)level;
    if (dev->cls->input != NULL)
        dev->cls->input(dev, index, level);
}

void mote_wire_set(struct mote_device *dev, uint32_t output, int level)
{
    assert(output < dev->priv->output_count);
    struct wire_end *end = &dev->priv->outputs[output];
    if (end->level == level)
        return;
    end->level = (int8_t)level;
    struct mote_system *sys = dev->sys;
    for (size_t i = 0; i < sys->watch_count; i++)
        sys->watches[i].watch(sys->watches[i].user, dev, output, level);
    if (sys->wire_depth == KERNEL_MAX_WIRE_DEPTH) {
        mote_log(sys, dev, MOTE_LOG_GUEST, "output %u: wires in a loop oscillate; cut here",
                 output);
        return;
    }
    sys->wire_depth++;
    for (uint32_t i = 0; i < end->count; i++)
        resolve_input(end->link[i].dev, end->link[i].index);
    sys->wire_depth--;
}

void mote_wire_pulse(struct mote_device *dev, uint32_t output)
{
    mote_wire_set(dev, output, 1);
    mote_wire_set(dev, output, 0);
}

int mote_wire_output(const struct mote_device *dev, uint32_t output)
{
    assert(output < dev->priv->output_count);
    return dev->priv->outputs[output].level;
}

int mote_wire_input(const struct mote_device *dev, uint32_t input)
{
    assert(input < dev->priv->input_count);
    return dev->priv->inputs[input].level;
}

static bool add_link(struct wire_end *end, struct mote_device *dev, uint32_t index, bool invert)
{
    if (end->count == end->room) {
        uint32_t room = end->room ? 2 * end->room : 2;
        struct wire_link *links = realloc(end->link, room * sizeof *links);
        if (links == NULL)
            return false;
        end->link = links;
        end->room = room;
    }
    end->link[end->count++] = (struct wire_link){dev, index, invert};
    return true;
}

bool mote_wire_connect(struct mote_device *from, uint32_t output, struct mote_device *to,
                       uint32_t input, bool invert)
{
    if (output >= from->priv->output_count || input >= to->priv->input_count)
        return false;
    if (!add_link(&from->priv->outputs[output], to, input, invert))
        return false;
    if (!add_link(&to->priv->inputs[input], from, output, invert)) {
        from->priv->outputs[output].count--;
        return false;
    }
    /* The level that the new link brings is there before any reset; nobody is told. */
    struct wire_end *end = &to->priv->inputs[input];
    int driven = from->priv->outputs[output].level;
    end->level = (int8_t)merge(end->level, invert && driven != MOTE_WIRE_Z ? !driven : driven);
    return true;
}

void mote_wire_drive(struct mote_device *to, uint32_t input, int level)
{
    assert(input < to->priv->input_count);
    to->priv->inputs[input].external = (int8_t)level;
    resolve_input(to, input);
}

bool mote_wire_add_watch(struct mote_system *sys, mote_wire_watch *watch, void *user)
{
    if (sys->watch_count == KERNEL_MAX_WATCHES)
        return false;
    sys->watches[sys->watch_count].watch = watch;
    sys->watches[sys->watch_count].user = user;
    sys->watch_count++;
    return true;
}

bool mote_subscribe(struct mote_device *dev, mote_subscriber *subscriber)
{
    dev->priv->subscriber = subscriber;
    return list_add(&dev->sys->subscribers, dev);
}

void mote_publish(struct mote_device *dev, uint32_t offset)
{
    const struct list *subscribers = &dev->sys->subscribers;
    for (size_t i = 0; i < subscribers->count; i++) {
        struct mote_device *subscriber = subscribers->item[i];
        subscriber->priv->subscriber(subscriber, dev->base + offset);
    }
}
