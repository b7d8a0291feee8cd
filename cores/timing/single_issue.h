/* The evaluator of a single-issue in-order core with result latencies (RISC-V cores). Internal to
 * cores/timing. */
#ifndef CORES_TIMING_SINGLE_ISSUE_H
#define CORES_TIMING_SINGLE_ISSUE_H

#include "timing/numbers.h"
#include "timing/pipeline.h"
#include "timing/predictor.h"

struct single_issue {
    uint64_t now;       /* cycle in which the next instruction can issue */
    uint64_t late;      /* registers whose value may still be on its way */
    uint64_t last;      /* registers that the instruction before wrote */
    uint64_t ready[64]; /* of `late` registers: cycle in which the value can be used */
    uint64_t unit_free; /* the multiplier and divider */
    bool refetched;     /* the instruction before restarted the fetch */
    struct predictor predictor;
};

void single_issue_reset(struct single_issue *s, const struct timing_single_numbers *n);
/* A trap: nothing is in flight; what the predictor learned stays. */
void single_issue_flush(struct single_issue *s);
uint32_t single_issue_step(struct single_issue *s, const struct timing_single_numbers *n,
                           const struct pipeline_step *step);

#endif
