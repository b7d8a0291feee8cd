/* The evaluator of a dual-issue in-order core (Cortex-M7). Internal to cores/timing. */
#ifndef CORES_TIMING_DUAL_ISSUE_H
#define CORES_TIMING_DUAL_ISSUE_H

#include "timing/numbers.h"
#include "timing/pipeline.h"

#define DUAL_BRANCHES 1024

struct dual_issue {
    uint64_t now;               /* cycle in which the last instruction issued */
    uint64_t ready[64];         /* cycle in which a register's new value can be used */
    uint64_t address_ready[16]; /* and as part of an address */
    uint64_t unit_free[2];      /* divider; FP divide and square root */
    uint8_t issued, units;      /* in this cycle: instructions, units taken */
    uint8_t loads;
    uint8_t counter[DUAL_BRANCHES]; /* predictor: 0, 1 not taken; 2, 3 taken */
    uint32_t target[DUAL_BRANCHES];
};

void dual_issue_reset(struct dual_issue *d);
uint32_t dual_issue_step(struct dual_issue *d, const struct timing_dual_numbers *n,
                         const struct pipeline_step *step);

#endif
