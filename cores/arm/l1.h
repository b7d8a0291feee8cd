/* The L1 caches of the Cortex-M7, as far as time goes: which lines they hold. Internal to
 * cores/arm. */
#ifndef CORES_ARM_L1_H
#define CORES_ARM_L1_H

#include <mote/space.h>
#include <stdbool.h>
#include <stdint.h>

#define L1_LINE_SHIFT 5
#define L1_MAX_LINES  2048

struct arm_l1_cache {
    bool on;
    uint64_t busy_until; /* cycle in which the present line fill ends */
    uint32_t sets, ways; /* 0: the core has none */
    uint32_t next;       /* way to replace: pseudo-random on the core, round robin here */
    uint32_t line[L1_MAX_LINES];
    uint8_t dirty[L1_MAX_LINES];
    uint32_t miss, write_back; /* activity counters */
};

struct arm_l1 {
    struct arm_l1_cache instruction, data;
    uint32_t first_word_cycles;     /* longest wait for the word that missed */
    uint32_t last_fetch, last_data; /* lines used last, the usual hit; ~0: none */
};

struct arm_cpu;
/* Sizes in bytes; 0 for none. NULL when out of memory. */
struct arm_l1 *arm_l1_new(struct arm_cpu *cpu, uint32_t instruction_bytes, uint32_t data_bytes);
/* CCR.IC and CCR.DC changed. */
void arm_l1_configure(struct arm_cpu *cpu);
enum arm_l1_scope { L1_ALL, L1_ADDRESS, L1_SET_WAY };
/* Cache maintenance: forgets lines, and counts dirty ones that are cleaned. */
void arm_l1_maintain(struct arm_cpu *cpu, struct arm_l1_cache *cache, enum arm_l1_scope scope,
                     uint32_t value, bool invalidate);
uint32_t arm_l1_fetch(struct arm_cpu *cpu, struct mote_region *region, uint32_t address);
uint32_t arm_l1_load(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                     uint32_t bytes);
uint32_t arm_l1_store(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                      uint32_t bytes);

#endif
