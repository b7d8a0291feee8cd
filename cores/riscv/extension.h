/* Instructions that a user adds to a hart (mote/extension.h). */
#ifndef CORES_RISCV_EXTENSION_H
#define CORES_RISCV_EXTENSION_H

#include "riscv.h"
#include <mote/err.h>
#include <mote/extension.h>

bool riscv_add_extension(struct mote_core *core, const struct mote_extension *extension,
                         struct mote_err *err);
/* Zeroes the extensions' state, at core reset. */
void riscv_reset_extensions(struct riscv_cpu *cpu);
void riscv_free_extensions(struct riscv_cpu *cpu);

#endif
