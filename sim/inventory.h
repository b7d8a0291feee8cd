/* `mote boards`, `mote devices` and `mote info`: what is modelled, and what is not. */
#ifndef SIM_INVENTORY_H
#define SIM_INVENTORY_H

#include <mote/err.h>
#include <stdbool.h>

/* Lists every built-in board; a board that cannot be used says why. Gives the exit status. */
int inventory_boards(void);
/* Lists every device class with its compatibles. Gives the exit status. */
int inventory_devices(void);
/* Lists memory, devices and gaps of one board, by name or path. False after filling `err`. */
bool inventory_board(const char *name, struct mote_err *err);

#endif
