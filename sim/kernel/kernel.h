/* The kernel's own structures. Internal to sim/kernel. */
#ifndef SIM_KERNEL_KERNEL_H
#define SIM_KERNEL_KERNEL_H

#include <mote/activity.h>
#include <mote/bus.h>
#include <mote/channel.h>
#include <mote/clock.h>
#include <mote/core.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>

#define KERNEL_MAX_SINKS        4
#define KERNEL_MAX_WATCHES      8
#define KERNEL_MAX_CLOCK_INPUTS 24
#define KERNEL_MAX_UNMODELLED   4096
#define KERNEL_MAX_WIRE_DEPTH   128

/* A growing array of pointers. */
struct list {
    void **item;
    size_t count, room;
};
bool list_add(struct list *list, void *item);
void list_free(struct list *list);

struct event_slot {
    struct mote_device *dev;
    uint32_t event;
    int priority;
    uint64_t when_ps;
    uint64_t sequence;
    size_t position; /* in the heap, from 1; 0 = not armed */
};

struct wire_link {
    struct mote_device *dev; /* the other end */
    uint32_t index;
    bool invert;
};
struct wire_end {
    struct wire_link *link;
    uint32_t count, room;
    int8_t level;    /* output: driven; input: resolved */
    int8_t external; /* input: what mote_wire_drive() drives */
};

struct reg_element {
    uint16_t row, element;
    bool reserved_reported;
};

struct uart_line {
    uint64_t frame_ps;
    uint8_t *queue;
    size_t head, count, room;
    bool drained_mode;
    struct {
        mote_uart_sink *sink;
        void *user;
    } sinks[KERNEL_MAX_SINKS];
    size_t sink_count;
};

struct mote_device_priv {
    struct event_slot *slots; /* cls->event_count of them, then one for the UART line */
    struct wire_end *inputs, *outputs;
    uint32_t input_count, output_count;
    struct mote_clock *clocks[KERNEL_MAX_CLOCK_INPUTS];
    uint32_t clock_count;
    struct list children;
    struct reg_element *elements; /* flat: row by row */
    uint32_t element_count;
    uint32_t *row_first; /* index of each row's first element */
    uint16_t *map;       /* by byte offset: element + 1, 0 = none */
    uint32_t map_bytes;
    uint32_t window_bytes;
    const struct mote_prop_source *props;
    const void *node;
    mote_subscriber *subscriber;
    struct uart_line uart;
    struct mote_stimulus *stimuli; /* per channel; value NULL = resting */
    bool selected;                 /* SPI target */
    bool gate_reported;
    bool attached;                  /* attach() ran, whether or not it succeeded */
    struct mote_device *i2c_active; /* controller: the addressed target */
    struct mote_core *core;
    char *name, *path;
};

struct window {
    uint64_t base, size_bytes;
    struct mote_device *dev;
    uint32_t first_offset;
};

struct mote_clock {
    struct mote_device *provider;
    char *name;
    uint64_t hz;
    struct list consumers; /* struct mote_device, once per input */
};

struct mote_system {
    uint64_t now_ps, next_ps, sequence;
    struct list devices, clocks, regions, windows, subscribers, store_watches;
    struct event_slot **heap; /* from 1 */
    size_t heap_count, heap_room;
    uint64_t code_generation;

    enum mote_stop_reason stop;
    int exit_code;
    char stop_text[512];
    bool reset_requested, start_requested, strict;
    uint64_t start_address; /* of the core, when start_requested */

    mote_log_sink *log;
    void *log_user;
    uint64_t log_counts[MOTE_LOG_DEBUG + 1];

    struct mote_unmodelled_entry *unmodelled;
    size_t unmodelled_count, unmodelled_room;

    struct {
        mote_wire_watch *watch;
        void *user;
    } watches[KERNEL_MAX_WATCHES];
    size_t watch_count;
    uint32_t wire_depth; /* of inputs that set outputs that reach inputs ... */

    struct mote_activities activities;
    char *activity_names[MOTE_MAX_ACTIVITIES];
    struct mote_power_listener power;
    mote_marker_sink *marker;
    void *marker_user;
    mote_console_sink *console;
    void *console_user;
    struct mote_core *core;
};

/* events.c */
void kernel_event_schedule(struct event_slot *slot, uint64_t when_ps);
/* reg.c */
bool kernel_regs_build(struct mote_device *dev);
void kernel_regs_reset(struct mote_device *dev, bool power_on);
/* uart.c */
void kernel_uart_event(struct mote_device *dev);

/* The region itself, and its memory when that is its own. */
void kernel_free_region(struct mote_region *region);

#endif
