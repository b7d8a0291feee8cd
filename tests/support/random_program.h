/* Random programs of a Cortex-M core: a loop of instructions that read and write DATA, with
 * branches over the next instruction and IT blocks, and a WFI behind it. */
#ifndef TESTS_SUPPORT_RANDOM_PROGRAM_H
#define TESTS_SUPPORT_RANDOM_PROGRAM_H

#include "arm_bench.h"

enum { DATA = RAM + 0x4000, DATA_BYTES = 0x1000, PROGRAM_HALVES = 400, PROGRAM_ROUNDS = 400 };

struct random_program {
    uint16_t half[PROGRAM_HALVES];
    uint32_t count, end; /* `end`: address of the final WFI */
};

extern uint32_t random_seed; /* not 0 */
uint32_t random_bits(void);
/* r4 counts the loop, r6 points to the middle of DATA. */
void random_program(struct random_program *p, const struct arm_decoder *decoder, uint32_t length);

#endif
