/* The engine of an M-profile core, for cores/arm. engine.h says what it means. */
#ifndef CORES_ENGINE_THUMB_ARM_ENGINE_H
#define CORES_ENGINE_THUMB_ARM_ENGINE_H

#include "arm/arm.h"
#include "engine/engine.h"

/* NULL after filling err. The cpu's regions must exist. */
struct engine *arm_engine_new(struct arm_cpu *cpu, struct mote_err *err);

/* Accesses while cpu->learned_run is set (access.c). What is not plain memory is ARM_RAISED with
 * ARM_FAULT_NONE before it happens. */
enum arm_result arm_learned_load(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                 uint32_t *value);
enum arm_result arm_learned_store(struct arm_cpu *cpu, uint32_t address, uint32_t bytes,
                                  uint32_t value);

/* ---- exact accuracy by generated code (exact.h) ---- */
/* NULL where no code can be generated. */
struct exact *exact_new(struct arm_cpu *cpu);
void exact_free(struct exact *exact);
/* At core reset. */
void exact_reset(struct exact *exact);
/* Runs from the block's start at cpu->pc; false: nothing was done. */
bool exact_run(struct exact *exact, struct arm_block *block);
/* Gives arm_plans_settle() what it has counted. */
void exact_settle(struct exact *exact);
/* A store reached this device: it may have changed the lines of its memory. */
void exact_device_store(struct exact *exact, const struct mote_device *dev);

#endif
