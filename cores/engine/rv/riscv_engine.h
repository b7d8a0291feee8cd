/* The engine of an RV32 hart, for cores/riscv. engine.h says what it means. */
#ifndef CORES_ENGINE_RV_RISCV_ENGINE_H
#define CORES_ENGINE_RV_RISCV_ENGINE_H

#include "engine/engine.h"
#include "riscv/riscv.h"

/* NULL after filling err. The hart's regions must exist. */
struct engine *riscv_engine_new(struct riscv_cpu *cpu, struct mote_err *err);

/* Accesses while cpu->learned_run is set (access.c). What is not plain memory is RISCV_RAISED
 * before it happens, without a cause: the instruction is then executed exactly. */
enum riscv_result riscv_learned_load(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                                     uint64_t *value);
enum riscv_result riscv_learned_store(struct riscv_cpu *cpu, uint64_t address, uint32_t bytes,
                                      uint64_t value);

#endif
