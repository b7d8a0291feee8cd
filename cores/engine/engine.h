/* The fast accuracy of a core.
 *
 * Meaning. In fast, a block that has been executed often enough in exact costs the mean of those
 * executions, if it is entered at its start, ends before the deadline, and touches nothing but
 * plain memory. Every other execution is exact. Who executes such a block - generated code,
 * Unicorn, or our interpreter because a breakpoint is set or a switch would not pay - changes no
 * cycle, no count and no byte.
 *
 * The engine knows no guest architecture: what it needs of one is a struct engine_guest
 * (internal.h), written in the folder of that name: thumb/ and rv/.
 *
 * Times inside: cycles in 1/65536 ("fx"). Totals (blocks, activities, energy) are runs x mean,
 * rounded down cumulatively, so that they do not depend on when they are settled. */
#ifndef CORES_ENGINE_ENGINE_H
#define CORES_ENGINE_ENGINE_H

#include <mote/err.h>
#include <stdbool.h>
#include <stdint.h>

#define ENGINE_FX_BITS 16

struct engine;
struct learned;
struct mote_device;

/* What a core's accesses to memory must do now. */
enum engine_learned_run {
    ENGINE_LEARNED_OFF,
    ENGINE_LEARNED_RUN,   /* plain memory only, without time, counts or side effects */
    ENGINE_LEARNED_PROBE, /* nothing: every access is refused */
};

void engine_free(struct engine *engine);
/* At core reset: forgets what was learned, and the fraction of a cycle. */
void engine_reset(struct engine *engine);
/* Runs code until the core's deadline or until it wants attention. */
void engine_run(struct engine *engine);
/* A store reached this device: one that owns a memory region may have changed what accesses cost.
 */
void engine_device_store(struct engine *engine, const struct mote_device *dev);
/* By how much the learned means may have put the cycle total off: two standard errors, and what
 * does not show in them; in cycles, 0 for NULL. */
uint64_t engine_error_cycles(const struct engine *engine);

#endif
