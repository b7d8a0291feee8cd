/* What the files of cores/engine share: the engine, and what it asks of a guest architecture. */
#ifndef CORES_ENGINE_INTERNAL_H
#define CORES_ENGINE_INTERNAL_H

#include "engine/engine.h"
#include <mote/activity.h>
#include <mote/insn.h>
#include <mote/space.h>
#include <stddef.h>

#define ENGINE_SAMPLES      64         /* exact executions before a mean is used; 2^n */
#define ENGINE_SAMPLES_MOST (1u << 20) /* after repeated surprises */
#define ENGINE_BLOCK_MAX    64         /* instructions of a block */
#define ENGINE_MAX_COUNTERS 32
#define ENGINE_HEAT         4 /* learned executions before code is generated */

/* Among the conditions on which blocks may run learned (learned.needs): holds for none of them when
 * nothing may. The others are the guest's. */
#define ENGINE_NEEDS_PLAIN (1u << 31)

/* Outcome of executing instructions: as enum arm_result and riscv_result. */
enum engine_result { ENGINE_OK, ENGINE_RAISED, ENGINE_EVENT };

struct learned_counter {
    uint32_t id;
    uint64_t sum;
};

/* Executions that were looked at, and what they took and counted together. */
struct learned_sums {
    uint32_t samples;
    uint64_t cycles, squares;
    uint32_t counter_count;
    struct learned_counter counters[ENGINE_MAX_COUNTERS];
};

/* What is known of a block beyond its decoding. A guest may keep more behind it. */
struct learned {
    void *block;               /* the guest's */
    struct learned *next;      /* all of the engine's */
    uint32_t pc, bytes, count; /* of the block; count of its instructions */
    uint32_t version, epoch;   /* of block and timing that the numbers belong to */
    struct learned_sums sums;
    struct learned_sums fresh; /* of the present review (review.c) */
    uint32_t wanted;           /* samples */
    uint32_t seen;             /* exact executions to the end, kept or not */
    uint64_t mean_fx;          /* of `sums` */
    uint32_t needs;            /* conditions outside the block on which it may run learned: bits */
    bool ready;                /* mean_fx and sums hold */
    bool never;                /* not to be learned: exception return, system effects */
    uint64_t runs;             /* learned executions since it became ready, booked */
    uint64_t unsettled;        /* and those of the interpreter that are not booked yet */
    struct learned *next_unsettled;
    /* For generated code: executions that were watched, and the memory that each instruction was
     * seen to access: numbers of regions from 1, 0 for none. */
    uint32_t heat, guess_changes;
    uint8_t guess[ENGINE_BLOCK_MAX][2];
};

/* What learned runs add to a block's totals. */
struct engine_sums {
    uint64_t entries, cycles, executed, dynamic_fj;
};

/* What the engine shares with a core's own run loop, by address. */
struct engine_view {
    struct mote_system *sys;
    struct mote_activities *activities;
    uint64_t *cycles, *instructions;
    uint64_t *settled_fj;     /* energy that settling booked on blocks */
    const uint64_t *deadline; /* in cycles */
    bool *attention, *touched_device;
    const bool *breakpoints;     /* some are set */
    uint8_t *learned_run;        /* enum engine_learned_run */
    const uint64_t *code_writes; /* rises with the core's own stores to decoded code */
    const uint64_t *code_marks;  /* rises when more memory holds decoded code */
    /* Instructions of exact code after which samples are good; 0: any is, there are no reviews
     * (review.c). */
    uint32_t review_warm_up;
};

enum engine_breakpoint { ENGINE_NO_BREAKPOINT, ENGINE_BREAKS_LATER, ENGINE_BREAKS_HERE };

struct native_guest;
struct native_memory;
struct native_build;

/* A guest architecture. `cpu` is its core's structure, `block` one of its decoded blocks, of at
 * most ENGINE_BLOCK_MAX instructions. */
struct engine_guest {
    size_t learned_bytes; /* of its struct that begins with a struct learned */

    /* ---- blocks ---- */
    /* The one at the pc, up to date; NULL: a fault was taken instead. */
    void *(*block_now)(void *cpu);
    /* What is known of the block at an address if it is up to date there, or NULL. */
    struct learned *(*known)(void *cpu, uint32_t pc);
    /* Where a block keeps what is known of it; NULL: it keeps nothing. */
    struct learned **(*slot)(void *block);
    uint32_t (*version)(const void *block); /* rises when other bytes were decoded */
    /* Fills in pc, bytes, count, needs and never, and what else it keeps. */
    void (*inspect)(struct learned *l);
    const struct mote_insn *(*insn)(const void *block, uint32_t index);
    void (*book)(void *block, const struct engine_sums *more);
    uint64_t (*entries)(const void *block); /* so far */

    /* ---- execution in exact ---- */
    uint32_t (*forbidden)(const void *cpu); /* needs that do not hold now */
    enum engine_breakpoint (*breakpoint)(const void *cpu, const void *block);
    enum engine_result (*run_block)(void *cpu, void *block, uint32_t from);
    void (*run_one)(void *cpu);
    void (*settle)(void *cpu); /* books what its own loop holds back; NULL: nothing */
    /* What is in flight in pipeline and fetch unit is unknown after learned code. */
    void (*forget_flight)(void *cpu);
    /* What an instruction that did not end with OK left for its boundary. */
    void (*finish)(void *cpu, enum engine_result result);

    /* ---- execution of learned blocks ---- */
    /* From instruction *index, at the pc, to the end, calling engine_observe() before each when
     * `watched`; RAISED: instruction *index cannot be done so, and changed nothing. */
    enum engine_result (*interpret)(struct engine *engine, struct learned *l, uint32_t *index,
                                    bool watched);
    uint32_t (*pc)(const void *cpu);
    /* Sets the pc before an instruction of the block. */
    void (*seat)(void *cpu, const struct learned *l, uint32_t index);
    /* The address that the instruction at the pc would access; false when it would not. */
    bool (*address)(void *cpu, const void *block, uint32_t index, uint32_t *address);

    /* ---- generated code ---- */
    int32_t pc_offset;
    size_t lowering_bytes;              /* of what its lowering keeps while a region is built */
    uint32_t (*flags)(const void *cpu); /* NULL, both: it has none */
    void (*set_flags)(void *cpu, uint32_t flags);
    uint32_t native_needs; /* those needs that matter to it */
    bool (*may_compile)(const void *block);
    /* The target of a direct branch that ends the block, no call; false: none. And whether control
     * may go on at the block's end, after a call too. */
    bool (*target)(const struct learned *l, uint32_t *pc);
    bool (*goes_on)(const struct learned *l);
    /* The offsets in a memory between which the core must see stores: decoded code. */
    void (*find_code)(const void *cpu, const struct native_memory *m, uint32_t *low,
                      uint32_t *high);
    /* Registers and how to lower; `use` and `written` are left to the engine. b->user is the
     * lowering's. */
    void (*describe)(void *cpu, struct native_build *b, struct native_guest *guest);

    /* ---- another executor, for hosts without generated code; all NULL: none ---- */
    bool (*other_open)(struct engine *engine, struct mote_err *err); /* sets engine->other */
    void (*other_close)(struct engine *engine);
    void (*other_run)(struct engine *engine, struct learned *l);
    void (*other_learns)(struct engine *engine, struct learned *l); /* a block not seen before */
    void (*other_settle)(struct engine *engine);
    void (*other_forget)(struct engine *engine);
    void (*other_flush)(struct engine *engine); /* code changed */
};

/* Who executes learned blocks. */
enum engine_backend { ENGINE_NATIVE, ENGINE_UNICORN };

struct native;
struct unicorn;

struct engine {
    const struct engine_guest *guest;
    void *cpu;
    struct engine_view view;
    uint64_t fraction_fx; /* of a cycle, beyond the core's cycles */
    uint32_t epoch;       /* rises when learned costs may have changed */
    /* mote_code_generation() and code_writes that other executors' translations belong to */
    uint64_t generation, code_writes;
    bool learned_before;                            /* learned code ran since the last exact code */
    bool reviewing;                                 /* a review has begun */
    uint64_t review_cycles, review_interval_cycles; /* when the next begins */
    uint64_t review_counts_from, review_end_instructions; /* of the present one */
    uint64_t reviewed_cycles, unreviewed_cycles; /* when the last ended; from then to the present */
    uint64_t unknown_instructions;               /* executed since the last one, not learned */
    uint64_t unknown_most;                       /* so many of them make one due */
    struct learned *all, *unsettled;
    uint64_t *before; /* activity counts before a sample */
    double variance;  /* of the cycle total */
    bool off;         /* learned code is to be interpreted */
    enum engine_backend backend;
    struct native *native; /* the code generator, NULL: not (yet) there */
    struct unicorn *other; /* likewise */
};

/* In cycles: where learned code must have left. */
static inline uint64_t engine_limit(const struct engine *engine)
{
    uint64_t deadline = *engine->view.deadline;
    return deadline < engine->review_cycles ? deadline : engine->review_cycles;
}

static inline bool engine_review_due(const struct engine *engine)
{
    return *engine->view.cycles >= engine->review_cycles ||
           (engine->reviewing && *engine->view.instructions >= engine->review_end_instructions);
}

/* NULL after filling err. The system's regions must exist. `guest` must outlive the engine. */
struct engine *engine_new(const struct engine_guest *guest, void *cpu,
                          const struct engine_view *view, struct mote_err *err);

/* ---- fast.c ---- */
/* Interprets a learned block from the instruction at the pc, its number `from`. */
void engine_interpret(struct engine *engine, struct learned *l, uint32_t from);
/* Time goes on by what learned code cost: to now_fx after the core's cycles. */
void engine_commit(struct engine *engine, uint64_t now_fx);
/* A learned execution of l, whose cost and count are still to be charged. */
void engine_charge_run(struct engine *engine, struct learned *l);
/* A learned block got to instruction `index` and cannot do it the learned way: the part before
 * costs its share, the rest is exact. */
void engine_finish_exactly(struct engine *engine, struct learned *l, uint32_t index);
/* Before exact code. */
void engine_enter_exact(struct engine *engine);
/* Books all runs; drops all translations too. */
void engine_settle(struct engine *engine);
void engine_forget(struct engine *engine);

/* ---- learn.c ---- */
struct learned *learned_of(struct engine *engine, void *block);
/* Executes the block in exact and takes it as a sample when it ran to its end undisturbed. */
void learned_sample(struct engine *engine, void *block);
/* A learned execution met what it must not: learn anew, longer. */
void learned_surprise(struct engine *engine, struct learned *l);
/* The mean from the sums. */
void learned_conclude(struct learned *l);
/* Of one execution. */
double learned_variance(const struct learned_sums *sums);
/* False: no room. */
bool learned_add_counter(struct learned_sums *sums, uint32_t id, uint64_t count);
/* Books further learned runs. */
void learned_add_runs(struct engine *engine, struct learned *l, uint64_t runs);

/* ---- review.c ---- */
/* From now on; at engine start, and when all is forgotten. */
void engine_plan_reviews(struct engine *engine);
/* Code that is not learned ran outside of reviews. */
void engine_ran_unknown(struct engine *engine, uint64_t instructions);
/* Begins or ends the review that is due. */
void engine_review(struct engine *engine);

/* ---- native_run.c: generated code ---- */
/* NULL where there is no generator or no memory for it. */
struct native *native_new(struct engine *engine);
void native_free(struct native *native);
/* Runs from the pc, the start of a block that may be charged as learned now. */
void native_run(struct engine *engine, struct learned *l, uint32_t forbidden);
void native_settle(struct engine *engine);
void native_forget(struct engine *engine);
/* Learned costs have changed. */
void native_renew_costs(struct engine *engine);
/* Notes which memory an instruction, about to be executed, accesses; true when that is news. */
bool engine_observe(struct engine *engine, struct learned *l, uint32_t index);
uint64_t native_runs(const struct native *native); /* entries so far */

#endif
