/* What the files that emit exact generated code share; see exact.h. */
#ifndef CORES_ENGINE_THUMB_EXACT_CODE_H
#define CORES_ENGINE_THUMB_EXACT_CODE_H

#include "exact.h"
#include "lower.h"

static inline bool is_conditional(const struct arm_plan_op *op)
{
    return op->flags & ARM_PLAN_CONDITION;
}

/* A conditional branch outside an IT block: its lowering tests the condition itself. */
static inline bool is_branch_cond(const struct arm_insn *insn)
{
    return insn->t.cls == MOTE_CLASS_BRANCH_COND && !insn->in_it;
}

static inline bool writes_pc(const struct arm_insn *insn)
{
    return insn->t.flags & MOTE_INSN_WRITES_PC;
}

static inline struct exact *exact_of(const struct native_build *b)
{
    const struct thumb_build *t = b->user;
    return t->exact;
}

/* A block of the build by its number there, and the one that is being lowered. */
static inline struct exact_block *exact_block_of(const struct native_build *b, uint32_t number)
{
    return &exact_of(b)->blocks[b->block[number].count_index];
}

static inline struct exact_block *exact_present(const struct native_build *b)
{
    return exact_block_of(b, b->present);
}

/* ---- exact_costs.c ---- */
/* The charge of each instruction, and what is given back. */
void exact_find_charges(struct native_build *b, struct exact_block *block);
/* What instructions cost behind the block, beyond what they cost behind a taken branch: in its
 * next_more and next_row. False: it is not so that the difference ends with the block behind, and
 * depends on no condition. */
bool exact_find_next_costs(const struct exact *x, struct exact_block *block,
                           const struct arm_plan *plan);

/* ---- exact_lower.c ---- */
/* Leaves with native_data.value; the flags and all registers hold. */
void exact_leave(struct native_build *b, uint32_t value);
/* The value for an instruction of a block of the build. */
uint32_t exact_inside_value(const struct native_build *b, uint32_t number, uint32_t index);
struct exact_site *exact_new_site(struct native_build *b, uint32_t number, uint32_t index);
void exact_call_site(struct native_build *b, struct exact_site *site, const uint8_t *target);

void exact_leave_if(struct native_build *b, enum x86_cond cond, uint32_t value);

/* ---- exact_fetch.c ---- */
/* Of an instruction of a block of the build; the line before it in memory is `line_before` unless
 * a taken branch led to it. When the stall uses the budget up, the interpreter does the rest. */
void exact_emit_fetch(struct native_build *b, uint32_t number, uint32_t index, uint32_t pc,
                      uint32_t line_before, bool taken);

/* ---- exact_memory.c ---- */
struct x86_place exact_emit_access(struct native_build *b, const struct native_access *access,
                                   uint32_t index, const uint8_t guess[2]);

#endif
