/* Devices: what a class declares, and what a device may do.
 *
 * A device is one file and one class. The class is found by its file name (the build generates the
 * registry: peripherals/vendor/stm32_rng.c defines `const struct mote_device_class
 * mote_class_stm32_rng`) and is matched with a devicetree node by `compatible`.
 *
 * Rules. All changing state lives in the state struct (no pointers, no allocation after attach) and
 * in the register values: a snapshot is a copy of both plus the armed events. Devices never see
 * each other: they meet through wires (here), clocks (clock.h), buses (bus.h) and addresses
 * (space.h). attach() runs once, before any reset; it reads properties and validates them. reset()
 * runs at power-on and system reset, after the registers have taken their reset values. */
#ifndef MOTE_DEVICE_H
#define MOTE_DEVICE_H

#include <mote/err.h>
#include <mote/reg.h>
#include <mote/system.h>

struct mote_channel_desc;
struct mote_i2c_ops;
struct mote_pdm_ops;
struct mote_spi_ops;
struct mote_uart_ops;

/* One kind of event of a class; each device can have each of its events armed once. */
struct mote_event_desc {
    const char *name;
    void (*fire)(struct mote_device *dev);
    int priority; /* smaller runs first among events of the same time; normally 0 */
};

/* A named group of wires: `count` inputs or outputs with consecutive indices. A group with count 1
 * is one wire. Indices run through the groups in order of declaration. */
struct mote_wire_group {
    const char *name;
    uint32_t count;
};

#define MOTE_MAX_COMPATIBLES  24
#define MOTE_MAX_WIRE_GROUPS  24
#define MOTE_MAX_POWER_STATES 24

/* Level of a wire that nothing drives; a GPIO input resolves it by its pull resistor. */
#define MOTE_WIRE_Z (-1)

struct mote_device_class {
    const char *name;                              /* equals the file name */
    const char *summary;                           /* one line for `mote devices` */
    const char *compatibles[MOTE_MAX_COMPATIBLES]; /* NULL-terminated unless full */

    size_t state_bytes;
    /* True: while clock input 0 is 0 Hz the register window reads 0 and ignores stores (a guest
     * mistake), as behind a closed bus clock gate. */
    bool gated_access;
    const struct mote_reg *regs; /* rows; the row index is the register's id, see reg.h */
    size_t reg_count;
    uint32_t window_bytes; /* size of the register window; 0 = take it from `reg` */

    const struct mote_event_desc *events;
    size_t event_count;

    struct mote_wire_group inputs[MOTE_MAX_WIRE_GROUPS];
    struct mote_wire_group outputs[MOTE_MAX_WIRE_GROUPS];

    /* States that matter for energy, by name, e.g. {"off", "idle", "active"}; state 0 after reset.
     * Amperes live in power-model/data only. */
    const char *power_states[MOTE_MAX_POWER_STATES];
    uint32_t clocked_states; /* those in which clock input 0 has to run, one bit each */

    const struct mote_channel_desc *channels; /* physical quantities it senses; see channel.h */
    size_t channel_count;

    const struct mote_i2c_ops *i2c;   /* as an I2C target (a child of a controller) */
    const struct mote_spi_ops *spi;   /* as an SPI target */
    const struct mote_uart_ops *uart; /* as a UART: bytes that arrive from outside */
    const struct mote_pdm_ops *pdm;   /* as a PDM microphone */

    /* All of these may be NULL. */
    bool (*attach)(struct mote_device *dev, struct mote_err *err);
    void (*reset)(struct mote_device *dev);
    void (*detach)(struct mote_device *dev); /* frees what attach allocated outside the state */
    void (*input)(struct mote_device *dev, uint32_t index, int level); /* on change of level */
    void (*clock_changed)(struct mote_device *dev, uint32_t index);    /* a clock input changed */

    /* As a clock provider: the clock (clock.h) that a specifier of a `clocks` property means. */
    struct mote_clock *(*clock_of)(struct mote_device *dev, const uint32_t *cells, size_t count);

    /* For windows without a register table (FIFOs, bit-band, PPB): a whole-window handler. Called
     * for offsets that no row covers; returns false when the access faults (bus error). */
    bool (*window)(struct mote_device *dev, struct mote_access *access);

    /* A store to a region that it owns and that is read-only (flash programming). Returns false for
     * a bus error. */
    bool (*region_store)(struct mote_device *dev, struct mote_region *region, uint32_t offset,
                         uint32_t value, uint32_t bytes);
};

/* A device. Files of other folders read the fields; only the kernel writes them. */
struct mote_device {
    const struct mote_device_class *cls;
    struct mote_system *sys;
    struct mote_device *parent; /* bus controller or NULL */
    const char *name;           /* devicetree label, else node name; unique */
    const char *path;           /* devicetree path; "" for a device made by code */
    uint64_t base;              /* address of its first register window */
    uint32_t bus_address;       /* `reg` of a child on I2C or SPI: address or chip select */
    uint32_t index;             /* in order of creation */
    void *state;
    uint32_t *regs; /* register values; use mote_reg() */
    uint32_t power_state;
    struct mote_device_priv *priv; /* the kernel's */
};

/* ---- events ---------------------------------------------------------------------------------- */

/* Arms event `event` (index in cls->events) at an absolute time; arming again moves it. A time that
 * has passed means: as soon as possible. MOTE_NEVER_PS disarms. */
void mote_event_at(struct mote_device *dev, uint32_t event, uint64_t when_ps);
void mote_event_after(struct mote_device *dev, uint32_t event, uint64_t delay_ps);
void mote_event_cancel(struct mote_device *dev, uint32_t event);
bool mote_event_armed(const struct mote_device *dev, uint32_t event);
uint64_t mote_event_due_ps(const struct mote_device *dev, uint32_t event); /* or MOTE_NEVER_PS */

/* ---- wires ----------------------------------------------------------------------------------- */

/* Drives an output. Inputs connected to it see the change at once, in the order of connection.
 * A level equal to the present one does nothing. All outputs are 0 after reset. */
void mote_wire_set(struct mote_device *dev, uint32_t output, int level);
/* 1 then 0: for requests that are edges. */
void mote_wire_pulse(struct mote_device *dev, uint32_t output);
int mote_wire_output(const struct mote_device *dev, uint32_t output);
/* Present level of an input: MOTE_WIRE_Z when nothing is connected or driving. */
int mote_wire_input(const struct mote_device *dev, uint32_t input);

/* Connects; one output may feed many inputs and one input may have many outputs (its level is then
 * the OR of the driven ones: shared interrupt lines). `invert` flips driven levels. Before reset
 * only. Index out of range returns false. */
bool mote_wire_connect(struct mote_device *from, uint32_t output, struct mote_device *to,
                       uint32_t input, bool invert);
/* Drives an input from outside (a button in a window, a scenario, a test). */
void mote_wire_drive(struct mote_device *to, uint32_t input, int level);

/* Index of wire `number` in the group `name`; -1 when there is none. */
int mote_output_index(const struct mote_device_class *cls, const char *name, uint32_t number);
int mote_input_index(const struct mote_device_class *cls, const char *name, uint32_t number);
uint32_t mote_output_count(const struct mote_device_class *cls);
uint32_t mote_input_count(const struct mote_device_class *cls);

/* Watches every change of every output, for traces and tests; several may be set. */
typedef void mote_wire_watch(void *user, const struct mote_device *dev, uint32_t output, int level);
bool mote_wire_add_watch(struct mote_system *sys, mote_wire_watch *watch, void *user);

/* Publishes that something happened at register `offset` of this device (a Nordic EVENTS_x): a
 * device that subscribed (PPI) is told the absolute address. */
void mote_publish(struct mote_device *dev, uint32_t offset);
typedef void mote_subscriber(struct mote_device *dev, uint64_t address);
bool mote_subscribe(struct mote_device *dev, mote_subscriber *subscriber);

/* ---- energy ---------------------------------------------------------------------------------- */

/* Announces the device's present state (index in cls->power_states). */
void mote_power_state(struct mote_device *dev, uint32_t state);

/* ---- properties (attach only) ---------------------------------------------------------------- */

/* Raw value of a devicetree property (big-endian cells) or NULL; `bytes` may be NULL. */
const void *mote_prop(const struct mote_device *dev, const char *name, size_t *bytes);
bool mote_prop_flag(const struct mote_device *dev, const char *name);
uint32_t mote_prop_u32(const struct mote_device *dev, const char *name, uint32_t fallback);
const char *mote_prop_string(const struct mote_device *dev, const char *name, const char *fallback);
/* Copies up to `max` cells; returns how many the property has (0 when absent). */
size_t mote_prop_cells(const struct mote_device *dev, const char *name, uint32_t *cells,
                       size_t max);

/* ---- making devices (board loader, tests) ---------------------------------------------------- */

/* Where properties come from; `node` is the maker's own. */
struct mote_prop_source {
    const void *(*get)(const void *node, const char *name, size_t *bytes);
};

struct mote_device_spec {
    const struct mote_device_class *cls;
    const char *name; /* copied */
    const char *path; /* copied; may be NULL */
    struct mote_device *parent;
    uint64_t base;
    uint32_t bus_address;
    uint32_t window_bytes;                /* 0 = the class's */
    const struct mote_prop_source *props; /* may be NULL */
    const void *node;
};

/* Creates the device and maps its register window. Does not attach it yet: the maker connects
 * clocks first and then calls mote_device_attach(). NULL after filling `err`. */
struct mote_device *mote_device_new(struct mote_system *sys, const struct mote_device_spec *spec,
                                    struct mote_err *err);
bool mote_device_attach(struct mote_device *dev, struct mote_err *err);
/* Back to the reset state: registers, outputs, events, then cls->reset. */
void mote_device_reset(struct mote_device *dev);

/* ---- the registry (generated) ---------------------------------------------------------------- */

extern const struct mote_device_class *const mote_device_classes[]; /* NULL-terminated */
const struct mote_device_class *mote_class_by_compatible(const char *compatible);
const struct mote_device_class *mote_class_by_name(const char *name);

#endif
