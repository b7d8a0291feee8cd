/* Blocks prepared for fast exact execution. Internal to cores/arm. */
#ifndef CORES_ARM_PLAN_H
#define CORES_ARM_PLAN_H

#include "../timing/pipeline.h"
#include "arm.h"

enum {
    ARM_PLAN_FETCH = 1 << 0,     /* enters another line than the instruction before */
    ARM_PLAN_NEEDS_PC = 1 << 1,  /* its exec looks at cpu->pc or next_pc, or may raise */
    ARM_PLAN_CONDITION = 1 << 2, /* has a condition */
    ARM_PLAN_IT = 1 << 3,        /* IT state changes behind it */
    ARM_PLAN_BUFFERED = 1 << 4,  /* a store that the write buffer takes */
    ARM_PLAN_MEMORY = 1 << 5,
    ARM_PLAN_LINE = 1 << 6, /* as FETCH, where a line costs nothing and is only counted */
    /* Needs more than its exec. */
    ARM_PLAN_SPECIAL = ARM_PLAN_NEEDS_PC | ARM_PLAN_CONDITION | ARM_PLAN_IT,
};

struct arm_plan_op {
    arm_exec *exec;
    const struct arm_insn *insn;
    uint8_t flags, bytes;
    uint8_t cost;                      /* after the instruction before, executed */
    uint8_t alone;                     /* after nothing that matters */
    uint8_t skip, skip_alone;          /* not executed */
    uint8_t lines;                     /* ARM_PLAN_LINE: how many */
    struct pipeline_straddle straddle; /* behind it */
};

struct arm_plan {
    struct arm_block *block;
    struct mote_region *region;
    uint32_t version, line_bytes;
    bool usable;
    uint32_t sp_drop; /* no instruction takes SP further down than this many bytes */
    uint32_t epoch;   /* arm_core.access_epoch when all of it was found to be fetchable */
    uint8_t target_cost, taken_cost;
    uint32_t lines; /* entered after the first instruction and only counted */
    uint32_t last_line;
    uint64_t runs; /* not settled */
    struct arm_plan *next_unsettled, *next;
    uint32_t class_count;
    struct {
        uint32_t activity, count;
    } classes[MOTE_CLASS_COUNT];
    struct arm_plan_op ops[];
};

/* How a run of ops ended. */
struct arm_plan_run {
    uint32_t done, buffered;
    bool executed, taken; /* the last */
    bool stop;            /* it touched what the others must not run after unseen */
    enum arm_result result;
};

/* Executes the block at cpu->pc from its start as arm_run_insn() would one by one, with the same
 * cycles and counts, if it lends itself to that now; false: nothing was done. `done` gets the
 * number of instructions; it stops early like arm_run_block(), and also after a device was
 * accessed. The caller finishes what *result asks for. With `repeat`, a block that branches to its
 * own start goes on with the next turn. */
bool arm_run_planned(struct arm_cpu *cpu, struct arm_block *block, bool repeat,
                     enum arm_result *result, uint32_t *done);

/* The block's plan, up to date; NULL when memory is exhausted. */
struct arm_plan *arm_plan_of(struct arm_cpu *cpu, struct arm_block *block);
/* Executions of the whole block, or of its first `done` instructions, whose cycles and accesses
 * are counted elsewhere. */
void arm_plan_count(struct arm_cpu *cpu, struct arm_plan *plan, uint64_t runs);
void arm_plan_count_partly(struct arm_cpu *cpu, struct arm_plan *plan, uint32_t done);
/* Leaves pipeline and fetch unit as if the block's first `run->done` instructions had been executed
 * one by one. */
void arm_plan_conclude(struct arm_cpu *cpu, const struct arm_plan *plan,
                       const struct arm_plan_run *run);

/* Books what planned runs have counted: totals, activities, energy. To be called before anybody
 * looks at them, and before a device is told anything (its power state may change). */
void arm_plans_settle(struct arm_cpu *cpu);
void arm_plans_free(struct arm_cpu *cpu);

/* Fetch of one instruction (run.c): cycles it adds. */
uint32_t arm_fetch(struct arm_cpu *cpu, struct mote_region *region, uint32_t pc, uint32_t bytes);

#endif
