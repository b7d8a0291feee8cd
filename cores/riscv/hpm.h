/* Hardware performance monitor of a hart: what its event selectors can count. Internal to cores/.
 */
#ifndef CORES_RISCV_HPM_H
#define CORES_RISCV_HPM_H

#include <stdbool.h>
#include <stdint.h>

struct riscv_cpu;

#define RISCV_HPM_MAX 29 /* mhpmcounter3 to mhpmcounter31 */

/* How a model numbers its events. */
enum riscv_hpm_events { RISCV_HPM_NO_EVENTS, RISCV_HPM_SIFIVE, RISCV_HPM_CV32E40P };

struct riscv_hpm {
    uint64_t event[RISCV_HPM_MAX];
    uint64_t offset[RISCV_HPM_MAX]; /* as of struct riscv_counter */
    uint64_t exceptions;            /* taken since the beginning */
};

void riscv_hpm_reset(struct riscv_cpu *cpu);
/* False: no such register. Registers that the model does not implement read as 0. */
bool riscv_hpm_read(const struct riscv_cpu *cpu, uint32_t number, uint64_t *value);
bool riscv_hpm_write(struct riscv_cpu *cpu, uint32_t number, uint64_t value);
/* mcountinhibit is to become `inhibit`: counters keep their values. */
void riscv_hpm_inhibit(struct riscv_cpu *cpu, uint64_t inhibit);

#endif
