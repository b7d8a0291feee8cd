/* The fast accuracy of an M-profile core.
 *
 * Meaning. In fast, a block that has been executed often enough in exact costs the mean of those
 * executions, if it is entered at its start, ends before the deadline, and touches nothing but
 * plain memory. Every other execution is exact. Who executes such a block - Unicorn, or our
 * interpreter because a breakpoint is set or a switch would not pay - changes no cycle, no count
 * and no byte.
 *
 * Times inside: cycles in 1/65536 ("fx"). Totals (blocks, activities, energy) are runs x mean,
 * rounded down cumulatively, so that they do not depend on when they are settled. */
#ifndef CORES_ENGINE_ENGINE_H
#define CORES_ENGINE_ENGINE_H

#include "arm/arm.h"
#include <mote/err.h>

#define ENGINE_FX_BITS 16

struct arm_engine;

/* NULL after filling err. The cpu's regions must exist. */
struct arm_engine *arm_engine_new(struct arm_cpu *cpu, struct mote_err *err);
void arm_engine_free(struct arm_engine *engine);
/* At core reset: forgets what was learned, and the fraction of a cycle. */
void arm_engine_reset(struct arm_engine *engine);

/* Runs code until cpu->deadline or cpu->attention, like arm_exact_run(). */
void arm_fast_run(struct arm_cpu *cpu);

/* A store reached this device: one that owns a memory region may have changed what accesses cost.
 */
void arm_engine_device_store(struct arm_cpu *cpu, const struct mote_device *dev);

/* Standard error of the cycle total that the learned means carry, in cycles; 0 in exact. */
uint64_t arm_engine_error_cycles(const struct arm_engine *engine);

/* Accesses while cpu->learned_run is set (access.c): plain memory only, without time, counts or
 * side effects. Anything else is ARM_RAISED with ARM_FAULT_NONE before it happens. */
enum arm_result arm_learned_load(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                 uint32_t *value);
enum arm_result arm_learned_store(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                  uint32_t value);

#endif
