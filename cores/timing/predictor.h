/* A branch predictor: targets of taken branches by address (BTB), directions by address and history
 * (BHT), and a stack of return addresses (RAS). Internal to cores/timing. */
#ifndef CORES_TIMING_PREDICTOR_H
#define CORES_TIMING_PREDICTOR_H

#include <stdbool.h>
#include <stdint.h>

#define PREDICTOR_TARGETS    64
#define PREDICTOR_DIRECTIONS 1024
#define PREDICTOR_RETURNS    16

enum predictor_kind { PREDICTOR_BRANCH, PREDICTOR_JUMP, PREDICTOR_CALL, PREDICTOR_RETURN };

/* Sizes; each at most as above, directions a power of two. */
struct predictor_sizes {
    uint32_t targets, directions, returns;
    uint32_t counter_bits; /* of a direction: 1 or 2 */
    uint32_t history_length, history_bits;
};

struct predictor {
    struct predictor_sizes sizes;
    uint64_t tag[PREDICTOR_TARGETS], target[PREDICTOR_TARGETS];
    uint32_t used[PREDICTOR_TARGETS], clock;
    uint8_t kind[PREDICTOR_TARGETS];
    uint32_t count; /* of valid targets */
    uint8_t direction[PREDICTOR_DIRECTIONS];
    uint32_t history;
    uint64_t stack[PREDICTOR_RETURNS];
    uint32_t depth, top;
};

struct predictor_branch {
    enum predictor_kind kind;
    uint64_t pc, next_pc; /* where it went */
    uint64_t after;       /* the instruction behind it: what a call returns to */
    bool taken;
};

void predictor_reset(struct predictor *predictor, const struct predictor_sizes *sizes);
/* Whether the fetch had gone where the branch went; learns from it. */
bool predictor_right(struct predictor *predictor, const struct predictor_branch *branch);

#endif
