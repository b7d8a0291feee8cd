/* Exact execution by generated code.
 *
 * What a planned block costs apart from memory is known when it is compiled (arm/plan.h). Its head
 * takes that from the budget at once; where an instruction enters a line of code, or accesses
 * memory whose time is not constant, the code calls the same functions as the interpreter, at the
 * same cycle, and takes what they say. So cycles, counts and energy are those of the interpreter.
 *
 * Code is entered where a taken branch leads, since then nothing is in flight in the pipeline.
 * Blocks that follow each other in memory are joined by a second head, which knows what the block
 * before leaves in flight. The code leaves before a block that might reach the deadline, and before
 * any instruction that needs the interpreter: a device, a fault, code that is overwritten.
 * Left out altogether: blocks without a usable plan, cores whose evaluator is not in_order, and
 * those with one port (Cortex-M0+), where nearly every instruction would be a call.
 *
 *   exact.c        the executor: entries, exits, booking
 *   exact_costs.c  what is charged
 *   exact_lower.c, exact_fetch.c, exact_memory.c  the code: heads, fetches, loads and stores */
#ifndef CORES_ENGINE_THUMB_EXACT_H
#define CORES_ENGINE_THUMB_EXACT_H

#include "arm/plan.h"
#include "engine/native.h"
#include "guest.h"

#define EXACT_MAX_BLOCKS 16384
#define EXACT_MAX_SITES  65536

struct exact;

/* A place in the code that asks for a cost. */
struct exact_site {
    struct exact *exact;
    uint32_t count_index; /* of its block */
    uint32_t index;       /* of its instruction */
    uint32_t pc, bytes;   /* likewise */
    /* a fetch */
    bool taken, does_hits; /* behind a taken branch; the code does those that hit ... */
    uint32_t line_before, line;
    struct mote_fetch_hit hit;
    uint64_t hits, same, jumps; /* ... so many of another line than the last, of the same line, and
                                   from another line by a branch */
    /* an access */
    bool store, returns; /* `returns`: the last word goes to the pc */
    bool inlined;        /* the code has a way for memory of constant cost that needs no call ... */
    uint8_t memory;      /* ... the one of this number, from 1 */
    uint32_t width, words;
    uint32_t assumed;  /* ... whose extra cycles are in the charge */
    uint32_t activity; /* ... and what it counts for each word */
    uint64_t misses;   /* executions of the block in which it was not taken */
    uint32_t tries;    /* of those, accesses to other memory */
};

/* A block as it was compiled once. */
struct exact_block {
    struct learned *learned;
    struct arm_plan *plan;
    uint8_t *body;   /* of its code, behind the head */
    bool has_second; /* another block may fall into it */
    uint32_t charge; /* at the head */
    /* When control goes on behind it with another block of the build: what that is to be charged
     * more from each of its instructions on, the row of straddling instructions before that, and
     * whether it enters a line. */
    int32_t next_more[ARM_BLOCK_MAX + 1];
    uint8_t next_row[ARM_BLOCK_MAX + 1];
    bool next_fetch;
    uint32_t taken_more;              /* of the charge: what the last costs when taken */
    uint32_t fall_refund;             /* of the charge: given back when control goes on behind it */
    uint32_t left[ARM_BLOCK_MAX + 1]; /* of the charge, from each instruction on */
    uint32_t assumed[ARM_BLOCK_MAX];  /* of each: extra cycles of its accesses */
    uint32_t executed_refund[ARM_BLOCK_MAX],
        skip_refund[ARM_BLOCK_MAX]; /* and what it gives back */
    uint64_t dynamic_fj;            /* counted by its sites, not booked */
    uint32_t falls;                 /* exits at its end */
    uint32_t first_site, end_site;
};

/* native_data.value, beyond the number of an instruction: control has left the block at its end; it
 * leaves before the instruction is fetched. */
enum { EXACT_FELL = 1u << 31, EXACT_UNFETCHED = 1u << 30 };

struct exact {
    struct engine *engine; /* holds the generator; nothing is learned */
    struct arm_cpu *cpu;
    bool off;             /* for tests */
    uint64_t limit;       /* in cycles, of the present run */
    uint32_t fetch_stall; /* of the last fetch by a call ... */
    uint32_t fetch_pc;
    uint64_t fetch_cycle;    /* ... of the instruction that began then */
    uint64_t buffered_until; /* cycle from which on no store is in the write buffer */
    uint32_t drop;           /* 1 + number of a block to compile anew, 0: none */
    uint64_t generation, code_writes;
    bool entered;     /* since exact_settle() */
    bool check_lines; /* a memory's lines may have changed */
    uint32_t line_bytes[NATIVE_MEMORIES];
    const uint8_t *fetch_call, *access_call; /* common parts, in the writable view */
    uint32_t site_count, first_site[NATIVE_MAX_REGIONS];
    struct exact_site *sites;   /* [EXACT_MAX_SITES] */
    struct exact_block *blocks; /* [EXACT_MAX_BLOCKS], by number of count */
    uint64_t runs;              /* entries, for tests */
};

/* ---- exact.c ---- */
/* Extra cycles of fetching site's instruction; `budget` is left. */
uint64_t exact_fetch(struct exact_site *site, int64_t budget);
/* Asks memory what a hit of the site's fetch does. */
void exact_learn_hit(struct exact_site *site, struct mote_region *region);
/* Does what loading or storing at `address` does but moving the data: the host's bytes, or NULL
 * when the interpreter must do it. Extra cycles go to native_data.stall. */
uint8_t *exact_access(struct exact_site *site, int64_t budget, uint32_t address);

/* The block whose end led into the present execution of this one, NULL: it began at its head. */
static inline const struct exact_block *exact_before_it(const struct exact *x,
                                                        const struct exact_block *block)
{
    uint32_t fell = x->engine->native->code->data->fell;
    return block->has_second && fell != 0 ? &x->blocks[fell - 1] : NULL;
}

/* Whether an instruction's fetch asks for its cost. */
static inline bool exact_has_fetch(const struct exact_block *block, uint32_t index,
                                   const struct exact_block *before)
{
    if (index == 0)
        return before == NULL || before->next_fetch;
    return block->plan->ops[index].flags & ARM_PLAN_FETCH;
}

/* ---- exact_memory.c ---- */
/* Whether accesses of code at `pc` to a memory, by its number, always cost the same. */
bool exact_is_plain(const struct exact *x, uint32_t number, uint32_t pc, bool store);

/* ---- exact_costs.c ---- */
/* Whether a planned block can be compiled. */
bool exact_is_static(const struct arm_plan *plan);

/* ---- exact_lower.c ---- */
/* Emits the common parts. */
void exact_emit_common(struct exact *x);
/* Around the lowering of an instruction: before; behind; behind it when it was executed; the jump
 * past it when it was not. */
struct thumb_build;
void exact_before(struct thumb_build *t);
void exact_after(struct thumb_build *t);
void exact_executed(struct thumb_build *t);
void exact_skipped(struct thumb_build *t, uint8_t *jump);
void exact_describe(void *cpu, struct native_build *b, struct native_guest *guest);

#endif
