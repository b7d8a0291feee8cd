/* Blocks prepared for fast exact execution. Internal to cores/arm. */
#ifndef CORES_ARM_PLAN_H
#define CORES_ARM_PLAN_H

#include "arm.h"

/* Executes the block at cpu->pc from its start as arm_run_insn() would one by one, with the same
 * cycles and counts, if it lends itself to that now; false: nothing was done. `done` gets the
 * number of instructions; it stops early like arm_run_block(), and also after a device was
 * accessed. The caller finishes what *result asks for. With `repeat`, a block that branches to its
 * own start goes on with the next turn. */
bool arm_run_planned(struct arm_cpu *cpu, struct arm_block *block, bool repeat,
                     enum arm_result *result, uint32_t *done);

/* Books what planned runs have counted: totals, activities, energy. To be called before anybody
 * looks at them, and before a device is told anything (its power state may change). */
void arm_plans_settle(struct arm_cpu *cpu);
void arm_plans_free(struct arm_cpu *cpu);

/* Fetch of one instruction (run.c): cycles it adds. */
uint32_t arm_fetch(struct arm_cpu *cpu, struct mote_region *region, uint32_t pc, uint32_t bytes);

#endif
