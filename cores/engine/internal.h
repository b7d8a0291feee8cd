/* What the files of cores/engine share. */
#ifndef CORES_ENGINE_INTERNAL_H
#define CORES_ENGINE_INTERNAL_H

#include "engine/engine.h"

#define ENGINE_SAMPLES       64         /* exact executions before a mean is used; 2^n */
#define ENGINE_SAMPLES_MOST  (1u << 20) /* after repeated surprises */
#define ENGINE_TABLE_ENTRIES 4096
#define ENGINE_MAX_GUARDS    4
#define ENGINE_MAX_PARTS     8
#define ENGINE_MAX_COUNTERS  32
#define ENGINE_HEAT          4 /* learned executions before code is generated */

/* Conditions outside a block on which it may run learned; a set bit must not hold now. */
enum {
    ENGINE_NEEDS_FP = 1 << 0,        /* FP on and its state owned */
    ENGINE_NEEDS_DIVIDE = 1 << 1,    /* no divide-by-zero trap */
    ENGINE_NEEDS_UNALIGNED = 1 << 2, /* no unaligned trap */
    ENGINE_NEEDS_SLOW_LOOK = 1 << 3, /* the block hook must look at registers first */
};

/* Mean counts of one activity over the samples. */
struct learned_counter {
    uint32_t id;
    uint64_t sum;
};

struct engine_tb;

/* What is known of a block beyond its decoding. */
struct arm_block_learned {
    struct arm_block *block;
    struct arm_block_learned *next; /* all of the engine's */
    uint32_t version, epoch;        /* of block and timing that the numbers belong to */
    uint32_t samples, wanted;
    uint32_t seen; /* exact executions to the end, kept or not */
    uint64_t sum_cycles, sum_squares;
    uint64_t mean_fx;
    uint32_t needs;
    bool ready; /* mean_fx and counters hold */
    bool never; /* not to be learned: exception return, system effects */
    bool host;  /* Unicorn may run it */
    uint32_t counter_count;
    struct learned_counter counters[ENGINE_MAX_COUNTERS];
    uint64_t runs;      /* learned executions since it became ready, booked */
    uint64_t unsettled; /* and those of the interpreter that are not booked yet */
    struct arm_block_learned *next_unsettled;
    uint8_t guard[ENGINE_MAX_GUARDS]; /* registers that must be word-aligned at entry */
    uint32_t guard_count;
    uint32_t avoid, avoided; /* short runs of Unicorn from here: executions to interpret */
    struct engine_tb *tb;
    /* For generated code (native): executions that were watched, and the memory that each
     * instruction was seen to access: numbers of regions from 1, 0 for none. */
    uint32_t heat, guess_changes;
    uint8_t guess[ARM_BLOCK_MAX][2];
};

/* One translation block of Unicorn: our blocks that it consists of. */
struct engine_tb {
    struct engine_tb *next;
    uint32_t pc, bytes;
    uint32_t cost_fx, needs;
    uint32_t part_count;
    struct arm_block_learned *part[ENGINE_MAX_PARTS];
};

/* Looked up by the block hook, direct-mapped by address. */
struct engine_entry {
    uint64_t key; /* engine_key(); 0: empty */
    uint32_t cost_fx, needs;
    uint64_t runs; /* not settled */
    struct engine_tb *tb;
};

enum engine_outcome {
    ENGINE_STOPPED, /* before the instruction at cpu->pc, at the start of a block */
    ENGINE_ACCESS,  /* inside the last block: a data access that Unicorn cannot do */
    ENGINE_FETCH,   /* the last block is done; its target cannot be fetched */
    ENGINE_INSIDE,  /* inside the last block, at cpu->pc: Unicorn refused the instruction */
};

/* What the block hook works with. */
struct engine_hot {
    uint64_t now_fx, limit_fx;
    uint32_t forbidden; /* ENGINE_NEEDS_* that do not hold now, and ENGINE_NEEDS_SLOW_LOOK */
    uint32_t touched_count;
    struct engine_entry *last; /* entered in this run of Unicorn; NULL: none */
    struct engine_entry table[ENGINE_TABLE_ENTRIES];
    uint16_t touched[ENGINE_TABLE_ENTRIES];
    uint32_t fault_address, fault_bytes;
    bool fault_store;
};

/* Who executes learned blocks. */
enum engine_backend { ENGINE_NATIVE, ENGINE_UNICORN };

struct arm_engine {
    struct engine_hot hot;
    struct arm_cpu *cpu;
    struct host *host;
    uint64_t fraction_fx; /* of a cycle, beyond cpu->cycles */
    uint32_t epoch;       /* timing_epoch: rises when learned costs may have changed */
    /* mote_code_generation() and cpu->code_writes that Unicorn's translations belong to */
    uint64_t generation, code_writes;
    bool learned_before; /* learned code ran since the last exact code */
    struct arm_block_learned *all, *unsettled;
    struct engine_tb *tbs;
    uint64_t *before;      /* activity counts before a sample */
    double variance;       /* of the cycle total */
    bool off;              /* learned code is to be interpreted (test) */
    struct native *native; /* the code generator, NULL: not (yet) there */
    enum engine_backend backend;
};

/* Start and size: a translation of other size, or of the ARM state, is another one. */
static inline uint64_t engine_key(uint32_t pc, uint32_t bytes)
{
    return (uint64_t)bytes << 32 | pc;
}

static inline void engine_touch(struct engine_hot *hot, const struct engine_entry *entry)
{
    hot->touched[hot->touched_count++ % ENGINE_TABLE_ENTRIES] = (uint16_t)(entry - hot->table);
}

static inline uint32_t engine_index(uint32_t pc)
{
    return pc >> 1 & (ENGINE_TABLE_ENTRIES - 1);
}

/* ---- thumb/run.c: generated code ---- */
/* NULL where there is no generator or no memory for it. */
struct native *native_new(struct arm_engine *engine);
void native_free(struct native *native);
/* Runs from cpu->pc, the start of a block that may be charged as learned now. */
void native_run(struct arm_engine *engine, struct arm_block_learned *l, uint32_t forbidden);
void native_settle(struct arm_engine *engine);
void native_forget(struct arm_engine *engine);
/* Notes which memory an instruction, about to be executed, accesses; true when that is news. */
bool native_observe(struct arm_engine *engine, struct arm_block_learned *l, uint32_t index);
uint64_t native_runs(const struct native *native); /* entries so far */

/* ---- fast.c ---- */
/* Interprets a learned block from the instruction at cpu->pc, its number `from`. */
void engine_interpret(struct arm_engine *engine, struct arm_block_learned *l, uint32_t from);
/* Time goes on by what learned code cost. */
void engine_commit(struct arm_engine *engine, uint64_t now_fx);

/* ---- host.c: Unicorn ---- */
struct host *host_new(struct arm_engine *engine, struct mote_err *err);
void host_free(struct host *host);
/* Runs from cpu->pc until the hook stops it or it cannot go on; registers go in and out. */
enum engine_outcome host_run(struct host *host);
/* Drops translations: code changed. */
void host_flush(struct host *host);
/* The KiB at `address` holds decoded code: stores to it, under whatever address, must be seen. */
void host_protect_code(struct host *host, uint32_t address);

/* ---- learn.c ---- */
struct arm_block_learned *learned_of(struct arm_engine *engine, struct arm_block *block);
/* Executes the block in exact and takes it as a sample when it ran to its end undisturbed. */
void learned_sample(struct arm_engine *engine, struct arm_block *block);
/* A learned execution met what it must not: learn anew, longer. */
void learned_surprise(struct arm_engine *engine, struct arm_block_learned *learned);
/* Books further learned runs. */
void learned_add_runs(struct arm_engine *engine, struct arm_block_learned *learned, uint64_t runs);
/* Static properties: needs, guards, whether Unicorn may run it. */
void learned_inspect(struct arm_block_learned *learned, const struct arm_block *block);

/* ---- translate.c: entries of the block hook's table ---- */
/* Called by the hook for what the table does not answer: true to go on, the block being charged. */
bool engine_enter_slowly(struct arm_engine *engine, uint32_t pc, uint32_t bytes);
uint32_t host_register(const struct host *host, uint32_t number);
/* Books all runs of the table's entries. */
void engine_settle(struct arm_engine *engine);
/* Empties the table and forgets the translation blocks; settles first. */
void engine_forget(struct arm_engine *engine);

#endif
