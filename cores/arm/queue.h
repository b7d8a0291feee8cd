/* The prefetch queue of a core that fetches a word a cycle (Cortex-M33): how long a load or store
 * that shares the bus with fetches keeps instructions waiting. Internal to cores/arm. */
#ifndef CORES_ARM_QUEUE_H
#define CORES_ARM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct arm_cpu;

struct arm_queue {
    uint32_t capacity; /* halfwords, the instruction that executes included */
    /* When the instruction at `pc` was to begin at cycle `at`, `ahead` halfwords were there. */
    uint64_t at;
    uint32_t pc, ahead;
    uint64_t accessed; /* the cycle in which the instruction that accessed last began */
};

/* The queue is empty when the instruction at `pc` is to execute: it was branched to, or memory kept
 * it waiting for `stall` cycles from now. */
void arm_queue_restart(struct arm_cpu *cpu, uint32_t pc, uint32_t stall);
/* Whether fetches at `pc` and accesses to `address` share a bus. */
static inline bool arm_queue_is_shared(uint32_t pc, uint32_t address)
{
    const uint32_t code_end = 0x20000000u;
    return (address < code_end) == (pc < code_end);
}
/* Extra cycles of a load or store at `address` whose own wait states are in cpu->stall already. */
uint32_t arm_queue_access(struct arm_cpu *cpu, uint32_t address);

#endif
