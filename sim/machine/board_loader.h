/* The board loader's own structures. Internal to sim/machine. */
#ifndef SIM_MACHINE_BOARD_LOADER_H
#define SIM_MACHINE_BOARD_LOADER_H

#include "dt.h"
#include <mote/board.h>
#include <mote/clock.h>
#include <mote/device.h>

/* A node that became a device, and where its properties are looked up, in this order: the node, the
 * interrupt controller's node (cores only), the same node of the built-in board with this chip. */
struct board_node {
    const struct board_loader *loader;
    int offset, second;
    int extra; /* in loader->extra, or -1 */
    struct mote_device *dev;
    enum { NODE_NEW, NODE_ATTACHING, NODE_ATTACHED } stage;
};

struct board_loader {
    struct mote_system *sys;
    struct mote_board *board;
    struct dt tree;
    struct dt extra; /* blob NULL when the tree is itself built in, or its chip is unknown */
    struct board_node **nodes;
    size_t count, room;
    struct board_node *core;
};

/* One specifier of a property like `clocks`, `interrupts-extended` or `gpios`. */
struct specifier {
    int target;              /* node, in the tree that the property was found in */
    struct board_node *node; /* its device, or NULL */
    uint32_t cells[8];
    uint32_t count;
};

/* Reads the specifier at *position (in cells) and moves on; false at the end or when malformed. */
bool board_specifier(const struct board_loader *loader, const struct board_node *node,
                     const char *property, const char *cells_name, size_t *position,
                     struct specifier *out);
void board_note(struct board_loader *loader, enum mote_note_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Notes of what the tree itself says it lacks: `mote,not-modelled`, a list of texts, of the root
 * (the board) and of /soc (the chip). */
void board_note_gaps(struct board_loader *loader);
/* A node's property and the tree it came from. */
const struct dt *board_prop_tree(const struct board_node *node, const char *name, int *offset);

/* A record for a node; NULL after filling `err`. */
struct board_node *board_add_node(struct board_loader *loader, int offset, struct mote_err *err);
/* The device of the nearest ancestor that became one, or NULL. */
struct mote_device *board_ancestor_device(const struct board_loader *loader, int offset);

/* Whether a node is memory, and then whether the core may write it. */
bool board_is_memory(const struct dt *dt, int offset, bool *writable);
bool board_add_memory(struct board_loader *loader, int offset, bool writable, struct mote_err *err);

/* What a core with two Security states sees at a second address, when all devices are attached. */
bool board_add_secure_aliases(struct board_loader *loader, struct mote_err *err);

/* Interrupts, GPIOs and fixed wires, after every device is there. */
bool board_connect_wires(struct board_loader *loader, struct mote_err *err);

extern const struct mote_device_class board_fixed_clock_class, board_stub_class;

#endif
