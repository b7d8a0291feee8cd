/* Shared objects with a user's instructions (mote/extension.h). */
#ifndef MACHINE_EXTENSION_H
#define MACHINE_EXTENSION_H

#include <mote/core.h>
#include <mote/err.h>

/* Loads a shared object and adds its instructions to the core. Returns a handle for
 * extension_unload(), to be called when the core is gone; NULL after filling `err`. */
void *extension_load(const char *path, struct mote_core *core, struct mote_err *err);
void extension_unload(void *handle);

#endif
