/* What instructions cost: one evaluator per kind of pipeline, coefficients in cores/timing/data.
 * Internal to cores/. Architecture-neutral: sees only struct mote_insn. */
#ifndef CORES_TIMING_PIPELINE_H
#define CORES_TIMING_PIPELINE_H

#include <mote/err.h>
#include <mote/insn.h>
#include <stdbool.h>
#include <stdint.h>

struct pipeline;

/* One executed instruction, in program order. */
struct pipeline_step {
    const struct mote_insn *insn;
    uint64_t pc, next_pc;
    bool executed;       /* false: its condition failed */
    bool taken;          /* changed the flow of control */
    uint32_t memory_stall; /* extra cycles that regions reported for its data accesses */
    uint32_t fetch_stall;  /* and for its fetch */
    uint32_t operand;    /* divide: significant bits of quotient + 1 (early termination), else 0 */
};

/* The evaluator of a core by name ("cortex-m4"); NULL after filling err when no data exists. */
struct pipeline *pipeline_new(const char *core, struct mote_err *err);
void pipeline_free(struct pipeline *pipeline);
void pipeline_reset(struct pipeline *pipeline);
/* Cycles that this instruction adds. */
uint32_t pipeline_step(struct pipeline *pipeline, const struct pipeline_step *step);

/* What is no instruction: cycles of the core's exception mechanism (stack and vector fetch without
 * wait states included), and what an access to a device window adds beyond the instruction. */
enum pipeline_event {
    PIPELINE_EXCEPTION_ENTRY,  /* to the first instruction of the handler; basic frame */
    PIPELINE_TAIL_CHAIN,       /* from one handler to the next */
    PIPELINE_EXCEPTION_RETURN, /* beyond the returning instruction itself; basic frame */
    PIPELINE_DEVICE_LOAD,
    PIPELINE_DEVICE_STORE,
};
uint32_t pipeline_exception_cycles(const struct pipeline *pipeline, enum pipeline_event kind);

#endif
