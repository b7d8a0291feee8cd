/* Virtual time and events: a binary heap ordered by (time, priority, sequence). */
#include "kernel.h"
#include <assert.h>
#include <stdlib.h>

uint64_t mote_now_ps(const struct mote_system *sys)
{
    return sys->now_ps;
}

void mote_set_now_ps(struct mote_system *sys, uint64_t now_ps)
{
    if (now_ps > sys->now_ps)
        sys->now_ps = now_ps;
}

const uint64_t *mote_next_event_ps(const struct mote_system *sys)
{
    return &sys->next_ps;
}

static bool before(const struct event_slot *a, const struct event_slot *b)
{
    if (a->when_ps != b->when_ps)
        return a->when_ps < b->when_ps;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->sequence < b->sequence;
}

static void place(struct mote_system *sys, size_t position, struct event_slot *slot)
{
    sys->heap[position] = slot;
    slot->position = position;
}

static void sift_up(struct mote_system *sys, size_t position, struct event_slot *slot)
{
    while (position > 1 && before(slot, sys->heap[position / 2])) {
        place(sys, position, sys->heap[position / 2]);
        position /= 2;
    }
    place(sys, position, slot);
}

static void sift_down(struct mote_system *sys, size_t position, struct event_slot *slot)
{
    for (;;) {
        size_t child = 2 * position;
        if (child > sys->heap_count)
            break;
        if (child < sys->heap_count && before(sys->heap[child + 1], sys->heap[child]))
            child++;
        if (!before(sys->heap[child], slot))
            break;
        place(sys, position, sys->heap[child]);
        position = child;
    }
    place(sys, position, slot);
}

static void heap_remove(struct mote_system *sys, struct event_slot *slot)
{
    size_t position = slot->position;
    struct event_slot *last = sys->heap[sys->heap_count--];
    slot->position = 0;
    if (last == slot)
        return;
    sift_down(sys, position, last);
    sift_up(sys, last->position, last);
}

void kernel_event_schedule(struct event_slot *slot, uint64_t when_ps)
{
    struct mote_system *sys = slot->dev->sys;
    if (slot->position != 0)
        heap_remove(sys, slot);
    slot->when_ps = when_ps < sys->now_ps ? sys->now_ps : when_ps;
    if (when_ps != MOTE_NEVER_PS) {
        /* Room for every slot was made when the device was created. */
        slot->sequence = sys->sequence++;
        sys->heap_count++;
        sift_up(sys, sys->heap_count, slot);
    }
    sys->next_ps = sys->heap_count > 0 ? sys->heap[1]->when_ps : MOTE_NEVER_PS;
}

void mote_event_at(struct mote_device *dev, uint32_t event, uint64_t when_ps)
{
    assert(event < dev->cls->event_count);
    kernel_event_schedule(&dev->priv->slots[event], when_ps);
}

void mote_event_after(struct mote_device *dev, uint32_t event, uint64_t delay_ps)
{
    uint64_t now = dev->sys->now_ps;
    mote_event_at(dev, event, delay_ps >= MOTE_NEVER_PS - now ? MOTE_NEVER_PS : now + delay_ps);
}

void mote_event_cancel(struct mote_device *dev, uint32_t event)
{
    mote_event_at(dev, event, MOTE_NEVER_PS);
}

bool mote_event_armed(const struct mote_device *dev, uint32_t event)
{
    assert(event < dev->cls->event_count);
    return dev->priv->slots[event].position != 0;
}

uint64_t mote_event_due_ps(const struct mote_device *dev, uint32_t event)
{
    return mote_event_armed(dev, event) ? dev->priv->slots[event].when_ps : MOTE_NEVER_PS;
}

void mote_run_events(struct mote_system *sys, uint64_t until_ps)
{
    while (sys->next_ps <= until_ps && sys->heap_count > 0) {
        struct event_slot *slot = sys->heap[1];
        mote_set_now_ps(sys, slot->when_ps);
        kernel_event_schedule(slot, MOTE_NEVER_PS);
        if (slot->event == slot->dev->cls->event_count)
            kernel_uart_event(slot->dev);
        else
            slot->dev->cls->events[slot->event].fire(slot->dev);
    }
    mote_set_now_ps(sys, until_ps == MOTE_NEVER_PS ? sys->now_ps : until_ps);
}
