/* The evaluator of a dual-issue in-order core (Cortex-M7). Internal to cores/timing. */
#ifndef CORES_TIMING_DUAL_ISSUE_H
#define CORES_TIMING_DUAL_ISSUE_H

#include "timing/numbers.h"
#include "timing/pipeline.h"

#define DUAL_BRANCHES 1024

/* The earliest cycle in which an instruction can issue that reads a register ... */
struct dual_register {
    uint64_t late;  /* in the second ALU stage */
    uint64_t early; /* in the first: addresses, what is shifted */
    uint64_t slow;  /* in the second, without the fast path from a load */
    uint64_t sum;   /* of an FP register: as the accumulator of a fused multiply-accumulate */
};

struct dual_issue {
    uint64_t now;                  /* cycle in which the last instruction issued */
    struct dual_register core[17]; /* r0-r15, flags */
    struct dual_register fp[32];
    uint64_t mac_at, chained_at; /* last FP multiply-accumulate; last unfused one */
    uint8_t issued;              /* instructions in this cycle */
    uint8_t loads;
    uint16_t units;                 /* taken in this cycle */
    uint32_t load_address;          /* of this cycle's load */
    uint8_t counter[DUAL_BRANCHES]; /* predictor: 0, 1 not taken; 2, 3 taken */
    uint32_t target[DUAL_BRANCHES];
};

void dual_issue_reset(struct dual_issue *d);
/* Nothing is in flight; what the predictor learned stays. */
void dual_issue_flush(struct dual_issue *d);
uint32_t dual_issue_step(struct dual_issue *d, const struct timing_dual_numbers *n,
                         const struct pipeline_step *step);

#endif
