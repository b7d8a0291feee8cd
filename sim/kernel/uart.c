/* UART lines to the outside: sinks for what is sent, paced input. */
#include "kernel.h"
#include <stdlib.h>
#include <string.h>

static struct event_slot *line_slot(struct mote_device *dev)
{
    return &dev->priv->slots[dev->cls->event_count];
}

static bool can_deliver(const struct mote_device *dev)
{
    const struct mote_uart_ops *ops = dev->cls->uart;
    return ops->ready == NULL || ops->ready(dev);
}

/* Arms the arrival of the next byte: one frame time on, or at once when drained and ready. */
static void arm(struct mote_device *dev)
{
    struct uart_line *line = &dev->priv->uart;
    struct event_slot *slot = line_slot(dev);
    if (line->count == 0 || line->frame_ps == 0 || slot->position != 0)
        return;
    if (line->drained_mode && can_deliver(dev))
        kernel_event_schedule(slot, dev->sys->now_ps);
    else if (!line->drained_mode)
        kernel_event_schedule(slot, dev->sys->now_ps + line->frame_ps);
}

void kernel_uart_event(struct mote_device *dev)
{
    struct uart_line *line = &dev->priv->uart;
    if (line->count == 0)
        return;
    uint8_t byte = line->queue[line->head];
    line->head = (line->head + 1) % line->room;
    line->count--;
    dev->cls->uart->receive(dev, byte);
    arm(dev);
}

void mote_uart_set_frame_ps(struct mote_device *dev, uint64_t frame_ps)
{
    struct uart_line *line = &dev->priv->uart;
    if (line->frame_ps == frame_ps)
        return;
    line->frame_ps = frame_ps;
    kernel_event_schedule(line_slot(dev), MOTE_NEVER_PS);
    arm(dev);
}

void mote_uart_drained(struct mote_device *dev)
{
    if (dev->priv->uart.drained_mode)
        arm(dev);
}

void mote_uart_send(struct mote_device *dev, uint8_t byte)
{
    const struct uart_line *line = &dev->priv->uart;
    for (size_t i = 0; i < line->sink_count; i++)
        line->sinks[i].sink(line->sinks[i].user, dev, byte);
}

bool mote_uart_add_sink(struct mote_device *dev, mote_uart_sink *sink, void *user)
{
    struct uart_line *line = &dev->priv->uart;
    if (line->sink_count == KERNEL_MAX_SINKS)
        return false;
    line->sinks[line->sink_count].sink = sink;
    line->sinks[line->sink_count].user = user;
    line->sink_count++;
    return true;
}

static bool make_room(struct uart_line *line, size_t more)
{
    if (line->count + more <= line->room)
        return true;
    size_t room = 2 * (line->count + more);
    uint8_t *queue = malloc(room);
    if (queue == NULL)
        return false;
    for (size_t i = 0; i < line->count; i++)
        queue[i] = line->queue[(line->head + i) % line->room];
    free(line->queue);
    line->queue = queue;
    line->head = 0;
    line->room = room;
    return true;
}

void mote_uart_feed(struct mote_device *dev, const uint8_t *bytes, size_t count)
{
    struct uart_line *line = &dev->priv->uart;
    if (dev->cls->uart == NULL || !make_room(line, count))
        return;
    for (size_t i = 0; i < count; i++)
        line->queue[(line->head + line->count++) % line->room] = bytes[i];
    arm(dev);
}

size_t mote_uart_pending(const struct mote_device *dev)
{
    return dev->priv->uart.count;
}

void mote_uart_set_drained_mode(struct mote_device *dev, bool drained)
{
    dev->priv->uart.drained_mode = drained;
    kernel_event_schedule(line_slot(dev), MOTE_NEVER_PS);
    arm(dev);
}
