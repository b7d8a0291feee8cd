/* A system's life, its stop and reset requests, and the log. */
#include "kernel.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool list_add(struct list *list, void *item)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        void **items = realloc(list->item, room * sizeof *items);
        if (items == NULL)
            return false;
        list->item = items;
        list->room = room;
    }
    list->item[list->count++] = item;
    return true;
}

void list_free(struct list *list)
{
    free(list->item);
    *list = (struct list){0};
}

struct mote_system *mote_system_new(void)
{
    struct mote_system *sys = calloc(1, sizeof *sys);
    if (sys == NULL)
        return NULL;
    sys->next_ps = MOTE_NEVER_PS;
    if (mote_activity_id(sys, "none") != 0) {
        mote_system_free(sys);
        return NULL;
    }
    return sys;
}

static void free_device(struct mote_device *dev)
{
    struct mote_device_priv *priv = dev->priv;
    if (dev->cls->detach != NULL && priv->attached)
        dev->cls->detach(dev);
    for (uint32_t i = 0; priv->inputs != NULL && i < priv->input_count; i++)
        free(priv->inputs[i].link);
    for (uint32_t i = 0; priv->outputs != NULL && i < priv->output_count; i++)
        free(priv->outputs[i].link);
    free(priv->slots);
    free(priv->inputs);
    free(priv->outputs);
    free(priv->elements);
    free(priv->row_first);
    free(priv->map);
    free(priv->uart.queue);
    free(priv->stimuli);
    free(priv->name);
    free(priv->path);
    list_free(&priv->children);
    free(priv);
    free(dev->state);
    free(dev->regs);
    free(dev);
}

static void free_regions(struct mote_system *sys)
{
    for (size_t i = 0; i < sys->regions.count; i++)
        kernel_free_region(sys->regions.item[i]);
    list_free(&sys->regions);
}

void mote_system_free(struct mote_system *sys)
{
    if (sys == NULL)
        return;
    /* Children come after their parents, so free from the end. */
    for (size_t i = sys->devices.count; i > 0; i--)
        free_device(sys->devices.item[i - 1]);
    list_free(&sys->devices);
    for (size_t i = 0; i < sys->clocks.count; i++) {
        struct mote_clock *clock = sys->clocks.item[i];
        list_free(&clock->consumers);
        free(clock->name);
        free(clock);
    }
    list_free(&sys->clocks);
    free_regions(sys);
    for (size_t i = 0; i < sys->windows.count; i++)
        free(sys->windows.item[i]);
    list_free(&sys->windows);
    for (size_t i = 0; i < sys->store_watches.count; i++)
        free(sys->store_watches.item[i]);
    list_free(&sys->store_watches);
    list_free(&sys->subscribers);
    for (size_t i = 0; i < MOTE_MAX_ACTIVITIES; i++)
        free(sys->activity_names[i]);
    free(sys->heap);
    free(sys->unmodelled);
    free(sys);
}

void mote_system_reset(struct mote_system *sys)
{
    sys->start_requested = false;
    for (size_t i = 0; i < sys->devices.count; i++)
        mote_device_reset(sys->devices.item[i]);
}

size_t mote_system_device_count(const struct mote_system *sys)
{
    return sys->devices.count;
}

struct mote_device *mote_system_device(const struct mote_system *sys, size_t index)
{
    return index < sys->devices.count ? sys->devices.item[index] : NULL;
}

struct mote_device *mote_system_find(const struct mote_system *sys, const char *name)
{
    for (size_t i = 0; i < sys->devices.count; i++) {
        struct mote_device *dev = sys->devices.item[i];
        if (strcmp(dev->name, name) == 0)
            return dev;
    }
    return NULL;
}

/* ---- requests -------------------------------------------------------------------------------- */

void mote_request_stop(struct mote_system *sys, enum mote_stop_reason reason, int exit_code,
                       const char *text)
{
    if (sys->stop != MOTE_STOP_NONE)
        return;
    sys->stop = reason;
    sys->exit_code = exit_code;
    snprintf(sys->stop_text, sizeof sys->stop_text, "%s", text != NULL ? text : "");
}

enum mote_stop_reason mote_stop_requested(const struct mote_system *sys)
{
    return sys->stop;
}

int mote_stop_exit_code(const struct mote_system *sys)
{
    return sys->exit_code;
}

const char *mote_stop_text(const struct mote_system *sys)
{
    return sys->stop_text;
}

void mote_clear_stop(struct mote_system *sys)
{
    sys->stop = MOTE_STOP_NONE;
    sys->exit_code = 0;
    sys->stop_text[0] = '\0';
}

void mote_request_reset(struct mote_system *sys)
{
    sys->reset_requested = true;
}

bool mote_reset_requested(const struct mote_system *sys)
{
    return sys->reset_requested;
}

bool mote_take_reset_request(struct mote_system *sys)
{
    bool requested = sys->reset_requested;
    sys->reset_requested = false;
    return requested;
}

void mote_request_core_start(struct mote_system *sys, uint64_t address)
{
    sys->start_requested = true;
    sys->start_address = address;
}

bool mote_take_core_start_request(struct mote_system *sys, uint64_t *address)
{
    bool requested = sys->start_requested;
    *address = sys->start_address;
    sys->start_requested = false;
    return requested;
}

bool mote_run_interrupted(const struct mote_system *sys)
{
    return sys->stop != MOTE_STOP_NONE || sys->reset_requested || sys->start_requested;
}

/* ---- log ------------------------------------------------------------------------------------- */

void mote_log_set_sink(struct mote_system *sys, mote_log_sink *sink, void *user)
{
    sys->log = sink;
    sys->log_user = user;
}

void mote_log(struct mote_system *sys, struct mote_device *dev, enum mote_log_level level,
              const char *format, ...)
{
    sys->log_counts[level]++;
    bool fatal = sys->strict && level == MOTE_LOG_GUEST;
    if (sys->log == NULL && !fatal)
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (sys->log != NULL)
        sys->log(sys->log_user, dev, level, sys->now_ps, text);
    if (fatal)
        mote_request_stop(sys, MOTE_STOP_FAULT, 3, text);
}

uint64_t mote_log_count(const struct mote_system *sys, enum mote_log_level level)
{
    return sys->log_counts[level];
}

void mote_set_strict(struct mote_system *sys, bool strict)
{
    sys->strict = strict;
}

/* ---- what cores and front ends tell each other ------------------------------------------------
 */

struct mote_core *mote_core_of(const struct mote_device *dev)
{
    return dev->priv->core;
}

void mote_core_register(struct mote_device *dev, struct mote_core *core)
{
    dev->priv->core = core;
    core->device = dev;
    if (dev->sys->core == NULL)
        dev->sys->core = core;
}

struct mote_core *mote_system_core(const struct mote_system *sys)
{
    return sys->core;
}

void mote_set_marker_sink(struct mote_system *sys, mote_marker_sink *sink, void *user)
{
    sys->marker = sink;
    sys->marker_user = user;
}

void mote_marker(struct mote_system *sys, uint32_t id, bool begin, uint64_t cycles)
{
    if (sys->marker != NULL)
        sys->marker(sys->marker_user, id, begin, cycles);
}

void mote_set_debug_console(struct mote_system *sys, mote_console_sink *sink, void *user)
{
    sys->console = sink;
    sys->console_user = user;
}

void mote_debug_console(struct mote_system *sys, const char *bytes, size_t count)
{
    if (sys->console != NULL)
        sys->console(sys->console_user, bytes, count);
}
