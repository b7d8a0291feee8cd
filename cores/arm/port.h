/* The bus port of a core that fetches, loads and stores through one AHB-Lite port (Cortex-M0+): in
 * which cycle each access has its address and its data phase, and how long the core waits for it.
 * Internal to cores/arm. */
#ifndef CORES_ARM_PORT_H
#define CORES_ARM_PORT_H

#include <mote/space.h>
#include <stdbool.h>
#include <stdint.h>

struct arm_cpu;

/* Cycles are core cycles as in arm_cpu.cycles. */
struct arm_port {
    uint64_t start;       /* the instruction being executed began */
    uint64_t added;       /* cycles that its accesses have taken so far, wait states included */
    uint64_t busy;        /* the last data phase ends */
    uint64_t data;        /* the data phase of the present access begins: told to memories */
    uint64_t ready;       /* the word that was fetched last has arrived */
    uint64_t next_begins; /* address phase of the fetch of the next word, not before */
    struct mote_region *next_region;
    uint32_t next; /* its address */
    bool pending;  /* it has not been put on the bus yet */
    bool target;   /* the instruction being executed was reached by a taken branch */
};

/* Extra cycles of the instruction that begins at cpu->cycles: fetch of the word that holds
 * `address` (its first byte in that word), `branch` after a taken branch; and its loads and stores.
 */
uint32_t arm_port_fetch(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                        bool branch);
uint32_t arm_port_load(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                       uint32_t bytes);
uint32_t arm_port_store(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                        uint32_t bytes);

#endif
