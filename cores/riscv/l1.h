/* L1 caches of a hart whose cpu node gives their sizes. Internal to cores/riscv. */
#ifndef CORES_RISCV_L1_H
#define CORES_RISCV_L1_H

#include "riscv.h"
#include <mote/err.h>

/* From the cpu node's i-cache-* and d-cache-* properties; takes over the timing of memory that
 * costs anything. True without any of them. False after filling err. */
bool riscv_l1_attach(struct riscv_cpu *cpu, struct mote_err *err);
/* Forgets all lines, at core reset. */
void riscv_l1_reset(struct riscv_cpu *cpu);
void riscv_l1_free(struct riscv_cpu *cpu);

#endif
