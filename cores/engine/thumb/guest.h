/* An M-profile core as the engine's guest: what the files of this folder share. */
#ifndef CORES_ENGINE_THUMB_GUEST_H
#define CORES_ENGINE_THUMB_GUEST_H

#include "arm/arm.h"
#include "engine/internal.h"
#include "engine/thumb/arm_engine.h"

#define THUMB_MAX_GUARDS 4

/* Conditions outside a block on which it may run learned; a set bit must not hold now. */
enum {
    THUMB_NEEDS_FP = 1 << 0,        /* FP on and its state owned */
    THUMB_NEEDS_DIVIDE = 1 << 1,    /* no divide-by-zero trap */
    THUMB_NEEDS_UNALIGNED = 1 << 2, /* no unaligned trap */
    THUMB_NEEDS_SLOW_LOOK = 1 << 3, /* Unicorn's block hook must look at registers first */
};

struct unicorn_tb;

struct thumb_learned {
    struct learned l;
    /* for Unicorn */
    bool host;                       /* it may run the block */
    uint8_t guard[THUMB_MAX_GUARDS]; /* registers that must be word-aligned at entry */
    uint32_t guard_count;
    uint32_t avoid, avoided; /* short runs from here: executions to interpret */
    struct unicorn_tb *tb;
};

static inline struct thumb_learned *thumb_of(struct learned *l)
{
    return (struct thumb_learned *)l;
}

/* ---- inspect.c ---- */
void thumb_inspect(struct learned *l);

/* ---- guest.c ---- */
uint32_t thumb_forbidden(const void *cpu);

struct engine *thumb_exact_engine_new(struct arm_cpu *cpu, struct mote_err *err);

/* ---- region.c ---- */
bool thumb_target(const struct learned *l, uint32_t *pc);
bool thumb_goes_on(const struct learned *l);
bool thumb_may_compile(const void *block);
void thumb_describe(void *cpu, struct native_build *b, struct native_guest *guest);

/* ---- unicorn.c ---- */
bool unicorn_open(struct engine *engine, struct mote_err *err);
void unicorn_close(struct engine *engine);
void unicorn_run(struct engine *engine, struct learned *l);
void unicorn_learns(struct engine *engine, struct learned *l);
void unicorn_flush(struct engine *engine);
/* translate.c: books all runs; forgets the translation blocks. */
void unicorn_settle(struct engine *engine);
void unicorn_forget(struct engine *engine);

#endif
