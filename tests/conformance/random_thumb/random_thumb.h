/* Random instruction sequences: the layout that generator, driver (driver.S) and comparison share.
 */
#ifndef TESTS_RANDOM_THUMB_H
#define TESTS_RANDOM_THUMB_H

#include "arm/arm.h"

#include <stdio.h>

enum {
    CODE_BASE = 0,
    CODE_BYTES = 4 * 1024 * 1024,
    WORK_BASE = 0x20000000,
    WORK_BYTES = 1024,
    WORK_SP = WORK_BASE + 768,
    RAM_BYTES = 4 * 1024 * 1024,
    RESULTS = 0x20002000,
    RESULTS_AN505 = 0x28000000, /* which has only 32 KiB at WORK_BASE */
    PARAMETERS = 0x100,
    DONE = 0x200,
    FINISH_SEQUENCE = 0x300,
    SLOTS = 0x1000,
    SLOT_BYTES = 256,
    SLOT_CODE_BYTES = 184, /* instructions, then a branch to FINISH_SEQUENCE, then the pool */
    POOL_OFFSET = 192,
    MAX_SEQUENCES = 4000,
    MAX_ROWS = 1024,
};

/* Registers before a sequence. */
struct record {
    uint32_t r[13], lr, sp, apsr, fpscr;
    uint32_t s[32];
    uint32_t memory_seed;
};

/* Registers after it. `fault` is 0, or bit 31 and CFSR. */
struct result {
    uint32_t r[13], lr, sp, apsr, fpscr;
    uint32_t s[32];
    uint32_t fault;
    uint32_t memory_hash;
    uint32_t unused;
};

struct batch {
    const char *compatible;
    uint64_t seed;
    uint32_t count;
    uint8_t *image; /* CODE_BYTES */
    uint32_t image_bytes;
    uint32_t results; /* where the driver puts them */
    /* How often each row was executed, over all batches. */
    const struct arm_row *rows[MAX_ROWS];
    uint64_t executed[MAX_ROWS];
    uint32_t row_count;
    uint64_t instructions;
    uint32_t faults; /* sequences that faulted on QEMU */
};

struct random {
    uint64_t state;
};

static inline uint32_t random_word(struct random *random)
{
    random->state = random->state * 6364136223846793005ull + 1442695040888963407ull;
    uint32_t shifted = (uint32_t)((random->state >> 18 ^ random->state) >> 27);
    uint32_t rotation = (uint32_t)(random->state >> 59);
    return shifted >> rotation | shifted << (-rotation & 31);
}

static inline uint32_t random_below(struct random *random, uint32_t limit)
{
    return (uint32_t)((uint64_t)random_word(random) * limit >> 32);
}

/* Fills batch->image behind the driver that is already there. */
void generate_batch(struct batch *batch);

#endif
