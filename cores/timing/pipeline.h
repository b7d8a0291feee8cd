/* What instructions cost: one evaluator per kind of pipeline, coefficients in cores/timing/data.
 * Internal to cores/. Architecture-neutral: sees only struct mote_insn. */
#ifndef CORES_TIMING_PIPELINE_H
#define CORES_TIMING_PIPELINE_H

#include <mote/err.h>
#include <mote/insn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pipeline;

/* One executed instruction, in program order. */
struct pipeline_step {
    const struct mote_insn *insn;
    uint64_t pc, next_pc;
    bool executed;         /* false: its condition failed */
    bool taken;            /* changed the flow of control */
    uint32_t address;      /* of its last data access */
    bool unaligned;        /* that access */
    uint32_t memory_stall; /* extra cycles that regions reported for its data accesses */
    uint32_t fetch_stall;  /* and for its fetch */
    /* divide: significant bits of the quotient + 1 (early termination); conditional branch: 1 when
     * its target lies before it; system register: 1 when it belongs to trap set-up, trap handling
     * or the counters; barrier: 1 when it restarts the fetch (fence.i); else 0 */
    uint32_t operand;
    uint32_t divisor_bits; /* divide: significant bits of the divisor, its sign included */
};

/* The evaluator of a core by name ("cortex-m4"); NULL after filling err when no data exists. */
struct pipeline *pipeline_new(const char *core, struct mote_err *err);
void pipeline_free(struct pipeline *pipeline);
void pipeline_reset(struct pipeline *pipeline);
/* A trap of a hart: nothing is in flight, but what a predictor learned stays. */
void pipeline_flush(struct pipeline *pipeline);
/* Decoded instructions in this memory are about to go: none of them is remembered. */
void pipeline_forget(struct pipeline *pipeline, const void *first, size_t bytes);
/* Cycles that this instruction adds. */
uint32_t pipeline_step(struct pipeline *pipeline, const struct pipeline_step *step);

/* ---- static costs, for run loops that compute them once per decoded instruction ---------------
 */

/* A row of 32-bit instructions that straddle words and take one cycle: fetching falls behind. */
struct pipeline_straddle {
    const struct mote_insn *before; /* in program order, executed or not */
    uint8_t count;                  /* UINT8_MAX: the row has cost its cycle */
};
/* What an instruction meets in the pipeline: the one before it in program order. */
struct pipeline_context {
    const struct mote_insn *before; /* NULL: nothing that matters, e.g. after a taken branch */
    struct pipeline_straddle straddle;
};
/* Cycles of `insn` when it executes, is not taken and nothing stalls. Moves `context` on to it. */
uint32_t pipeline_cost(const struct pipeline *pipeline, struct pipeline_context *context,
                       const struct mote_insn *insn, uint64_t pc);
/* Likewise when its condition fails. That cost depends on `context` too: a branch that issues
 * beside the instruction before takes no time. */
uint32_t pipeline_skip_cost(const struct pipeline *pipeline, struct pipeline_context *context,
                            const struct mote_insn *insn, uint64_t pc);
/* Whether the core has static costs at all. */
bool pipeline_is_static(const struct pipeline *pipeline);
/* Whether an instruction must go through pipeline_step(): its cost depends on operands or on a unit
 * that works in the background. */
bool pipeline_is_dynamic(const struct pipeline *pipeline, const struct mote_insn *insn);
/* What a taken one adds, the target's alignment aside. `before`: as in pipeline_context. */
uint32_t pipeline_taken_cost(const struct pipeline *pipeline, const struct mote_insn *before,
                             const struct mote_insn *insn);
/* Whether more than the cost of executing an instruction depends on the one before it: what it
 * costs when it is skipped or taken. */
bool pipeline_may_pair(const struct pipeline *pipeline, const struct mote_insn *insn);
/* What the first instruction after a taken branch adds by its width and alignment. */
uint32_t pipeline_target_cost(const struct pipeline *pipeline, const struct mote_insn *insn,
                              uint64_t pc);
/* What is in flight between two instructions. A run loop that uses static costs reads it before and
 * writes it after a stretch; it must use pipeline_step() while fp_busy is not 0. */
struct pipeline_state {
    struct pipeline_context context; /* `before` is NULL after a taken branch */
    bool after_taken;
    uint32_t buffered_stall; /* of a store in the write buffer, not yet hidden by later cycles */
    uint32_t fp_busy;        /* cycles until the divide and square root unit is free */
};
struct pipeline_state *pipeline_state(struct pipeline *pipeline);
/* Whether a store's wait states show only at the next access. */
bool pipeline_buffers_stores(const struct pipeline *pipeline);

/* Halfwords that are fetched ahead over a bus that loads and stores share, of a core for which it
 * matters when they meet (cores/arm/queue.h); else 0. */
uint32_t pipeline_fetch_queue(const struct pipeline *pipeline);

/* What is no instruction: cycles of the core's exception mechanism (stack and vector fetch without
 * wait states included), and what an access to a device window adds beyond the instruction. */
enum pipeline_event {
    PIPELINE_EXCEPTION_ENTRY,  /* to the first instruction of the handler; basic frame */
    PIPELINE_TAIL_CHAIN,       /* from one handler to the next */
    PIPELINE_EXCEPTION_RETURN, /* beyond the returning instruction itself; basic frame */
    PIPELINE_DEVICE_LOAD,
    PIPELINE_DEVICE_STORE,
    PIPELINE_MISALIGNED, /* a load or store that crosses a word, of a core without its own rule */
    PIPELINE_LINE_FILL,  /* from an L1 miss to the request on the bus, and back to the register */
};
uint32_t pipeline_exception_cycles(const struct pipeline *pipeline, enum pipeline_event kind);

#endif
