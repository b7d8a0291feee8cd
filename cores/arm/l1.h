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
    uint32_t sets, ways; /* 0: the core has none */
    uint32_t next;       /* way to replace: pseudo-random on the core, round robin here */
    uint32_t line[L1_MAX_LINES];
    uint8_t dirty[L1_MAX_LINES];
    uint32_t miss, write_back; /* activity counters */
};

#define L1_BEATS (1 << (L1_LINE_SHIFT - 3))

/* A line-fill buffer: a line on its way, and the cycle in which each eight bytes of it arrive. */
struct arm_l1_fill {
    uint32_t line;
    uint64_t arrives[L1_BEATS];
    uint64_t done; /* the last of them */
};

struct arm_l1 {
    struct arm_l1_cache instruction, data;
    struct arm_l1_fill fetch_buffer, buffer[2];
    uint64_t bus_free;              /* cycle in which the last burst so far ends */
    uint64_t filling_until;         /* and the last one of data */
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
