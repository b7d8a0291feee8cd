/* The host-target interface of Berkeley's RISC-V programs. Internal to sim/machine. */
#ifndef SIM_MACHINE_HTIF_H
#define SIM_MACHINE_HTIF_H

#include <mote/err.h>
#include <stdbool.h>
#include <stdint.h>

struct mote_symbols;
struct mote_system;

struct htif {
    struct mote_system *sys;
    uint64_t tohost, fromhost; /* addresses; fromhost 0: none */
};

/* Watches the firmware's `tohost` when its ELF has that symbol; a firmware without it is left
 * alone. False after filling `err` when the symbol lies outside memory. */
bool mote_htif_connect(struct htif *htif, struct mote_system *sys,
                       const struct mote_symbols *symbols, struct mote_err *err);

#endif
