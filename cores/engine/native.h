/* Generated code for learned blocks: the layer that knows no guest architecture.
 *
 * What is compiled is a region: blocks that reach each other by direct branches. The guest
 * registers that matter most live in host registers in the whole region, the others stay in the
 * cpu's structure; loads stand at the region's entries, stores at its exits. In generated code
 *
 *   rbp  the cpu's structure
 *   r14  host memory of the main RAM
 *   r15  budget: cycles (fx) left before the deadline
 *   eax  the guest's flags, in a form of its lowering; a guest register where it has none
 *   rcx, rdx, rdi  free; xmm registers too
 *   all others hold guest registers.
 *
 * At the head of each block its cost is taken from the budget; if that would reach the deadline,
 * the code leaves before the block. A lowering emits the instructions of a block with the functions
 * of emit.h and ends it with native_edge() or native_indirect(). What it cannot do, or only in a
 * case that it has tested for, it leaves to the interpreter by native_leave_inside(). */
#ifndef CORES_ENGINE_NATIVE_H
#define CORES_ENGINE_NATIVE_H

#include "engine/x86/emit.h"
#include <mote/space.h>

#define NATIVE_MAX_BLOCKS   64 /* of a region */
#define NATIVE_MAX_INSNS    768
#define NATIVE_GUEST_REGS   32
#define NATIVE_LINKS        16384 /* 2^n */
#define NATIVE_JUMPS        4096  /* 2^n */
#define NATIVE_COUNTS       131072
#define NATIVE_MAX_REGIONS  8192
#define NATIVE_MEMORIES     32
#define NATIVE_MAX_STUBS    4096
#define NATIVE_SECONDS      768
#define NATIVE_INDEX_BITS   6 /* of an instruction in its block */
#define NATIVE_LARGEST_COST INT32_MAX

enum native_exit {
    NATIVE_STOPPED, /* before the block at `value` */
    NATIVE_INSIDE,  /* before instruction `value` & 63 of the block of count `value` >> 6 */
};

/* What generated code reads and writes, within reach of its rip-relative addresses. */
struct native_data {
    uint64_t budget; /* in and out, like flags */
    uint32_t flags;
    uint32_t exit, value; /* enum native_exit */
    uint32_t forbidden;   /* conditions that a region may not need now */
    struct native_jump {
        uint32_t pc;
        const uint8_t *entry;
    } jumps[NATIVE_JUMPS];
    const uint8_t *links[NATIVE_LINKS];
    uint64_t counts[NATIVE_COUNTS];  /* executions of blocks, not yet booked */
    uint64_t extra[NATIVE_COUNTS];   /* for guests with heads of their own: cycles beyond */
    uint64_t cost_fx[NATIVE_COUNTS]; /* of each block */
    uint8_t dirty[NATIVE_MAX_REGIONS];
    int64_t
        stall; /* of the last access by a call; and which head was passed last: see thumb/exact.h */
    uint32_t fell;
};

/* A region of the address space as generated code accesses it. */
struct native_memory {
    uint32_t base, bytes; /* 0: none */
    uint8_t *host;
    bool writable;
    uint32_t watch_low, watch_high; /* offsets between which somebody watches stores */
    uint32_t code_low, code_high;   /* and code was decoded: not to be stored to */
};

struct native_code {
    struct native_data *data;
    uint8_t *writable, *executable; /* two views of the same memory */
    size_t bytes;
    int32_t pc_offset; /* of the pc in the cpu's structure */
    struct x86_emit emit;
    uint8_t *first;                          /* behind the common parts */
    const uint8_t *stop, *inside, *indirect; /* common parts, in the writable view */
    void (*enter)(void *cpu, uint64_t budget, const uint8_t *entry, uint8_t *ram, uint32_t flags);
    uint32_t link_pc[NATIVE_LINKS]; /* ~0: free */
    uint32_t link_count, count_count, region_count;
    uint32_t region_first[NATIVE_MAX_REGIONS + 1]; /* of counts */
    uint32_t count_pc[NATIVE_COUNTS];
    void *owner[NATIVE_COUNTS]; /* of a count: the block */
};

/* NULL where the host refuses executable memory or is not an x86-64. */
struct native_code *native_code_new(int32_t pc_offset);
void native_code_free(struct native_code *code);
/* Drops all that was compiled. Counts must have been booked. */
void native_code_flush(struct native_code *code);
bool native_code_is_full(const struct native_code *code);
/* Where a block's code is entered from outside; NULL: not compiled. */
const uint8_t *native_entry(struct native_code *code, uint32_t pc);
/* Drops the region of the block with this count. */
void native_drop(struct native_code *code, uint32_t count);
/* The pointer through which regions jump to the block at pc. */
const uint8_t **native_link(struct native_code *code, uint32_t pc);

/* ---- building a region ---- */
struct native_block {
    uint32_t pc, end;
    uint32_t cost_fx;
    uint32_t needs;
    uint32_t count_index; /* filled in by native_build() */
    uint8_t *head;        /* likewise: its code, once it is emitted */
    void *owner;          /* the guest's block */
};

enum native_stub_kind { NATIVE_STUB_STOP, NATIVE_STUB_INSIDE, NATIVE_STUB_EDGE, NATIVE_STUB_OTHER };
struct native_build;
struct native_stub {
    uint8_t kind;
    uint8_t *jump, *back; /* the jump that leads here */
    uint32_t value;
    void (*emit)(struct native_build *b, const struct native_stub *stub); /* NATIVE_STUB_OTHER */
    uint32_t detail[6];
};

/* A load or store that a lowering asks for. */
struct native_access {
    struct x86_place base, index;
    uint32_t shift, imm, bytes;
    uint32_t align_mask; /* bits of the address that must be 0 */
    bool has_index, store;
    bool is_constant;
    uint32_t constant; /* then the address */
};

struct native_build {
    struct x86_emit *e;
    struct native_code *code;
    struct native_block block[NATIVE_MAX_BLOCKS]; /* by ascending pc */
    uint32_t block_count, present;                /* `present`: index of the one being lowered */
    struct x86_place guest[NATIVE_GUEST_REGS];    /* where guest registers are */
    uint64_t mapped, written;                     /* guest registers in host registers */
    uint32_t stub_count;
    struct native_stub stub[NATIVE_MAX_STUBS];
    uint32_t region;
    bool conditional; /* an instruction is lowered that may be skipped */
    struct native_memory memory[NATIVE_MEMORIES]; /* by index of the system's regions */
    uint32_t memory_count, main_memory;
    uint32_t second_count; /* accesses with a second region to try */
    struct native_access second[NATIVE_SECONDS];
    const struct native_guest *shape;
    void *user; /* the lowering's */
};

/* Describes the guest to native_build(): where its registers lie in the cpu's structure, how much
 * each is used in the region (0: not mapped), which are written, and how a block is lowered. */
struct native_guest {
    uint32_t reg_count;
    int32_t reg_offset, reg_stride; /* of register 0, and from one to the next; 32 bits are used */
    uint64_t reg_mask;              /* those of a struct mote_insn's masks that may be mapped */
    bool has_flags;                 /* in eax */
    bool costs_change;              /* costs are in struct native_data, not in the code */
    double use[NATIVE_GUEST_REGS];
    uint64_t written;
    void (*lower)(struct native_build *b, struct native_block *block);
    /* Of a guest whose costs are computed while the code runs, all NULL otherwise: a block's head,
     * which sets block->head and charges block->cost_fx there; control goes on behind the block;
     * control goes on at the address in ecx; and native_access(). */
    void (*emit_head)(struct native_build *b, struct native_block *block);
    void (*emit_fall)(struct native_build *b);
    void (*emit_indirect)(struct native_build *b);
    struct x86_place (*emit_access)(struct native_build *b, const struct native_access *access,
                                    uint32_t index, const uint8_t guess[2]);
};

/* Compiles b->block[0 .. block_count); false when something was full: flush, then try again. */
bool native_build(struct native_build *b, const struct native_guest *guest);

/* For lowerings. The end of a block: control goes on at `pc`. */
void native_edge(struct native_build *b, uint32_t pc);
/* Likewise when `cond` holds in the host's flags; else the code goes on. */
void native_edge_if(struct native_build *b, enum x86_cond cond, uint32_t pc);
/* Control goes on at the address in ecx, bit 0 of which is ignored. Destroys all but eax. */
void native_indirect(struct native_build *b);
/* Leaves before instruction `index` of the block, whose effects must not have begun. */
void native_leave_inside_if(struct native_build *b, enum x86_cond cond, uint32_t index);
void native_leave_inside(struct native_build *b, uint32_t index);
void native_leave_inside_from(struct native_build *b, uint8_t *jump, uint32_t index);
/* What native_data.value says of it. */
uint32_t native_inside_value(const struct native_build *b, uint32_t index);
/* Leaves before the block, charged already, when `cond` holds. */
void native_stop_if(struct native_build *b, enum x86_cond cond);
/* Code emitted after the region's blocks, reached by the jump. */
struct native_stub *native_cold(struct native_build *b, uint8_t *jump);
/* Checks an access of instruction `index`, which was seen to go to the memories `guess` (numbers
 * from 1, 0 for none); afterwards the bytes are at the place given. Leaves before the instruction
 * when the interpreter must do it. Destroys ecx and edx, which the place uses. */
struct x86_place native_access(struct native_build *b, const struct native_access *access,
                               uint32_t index, const uint8_t guess[2]);
/* Its parts: the offset of the address from `origin` to edx; jumps away, their number given, unless
 * that offset is good (destroys ecx); the memory of that index, or NULL when the access cannot go
 * there. */
void native_offset(struct x86_emit *e, const struct native_access *access, uint32_t origin);
uint32_t native_checks(struct x86_emit *e, const struct native_access *access,
                       const struct native_memory *m, uint8_t *away[3]);
const struct native_memory *native_memory_at(const struct native_build *b, uint32_t number,
                                             const struct native_access *access);
/* Registers to the cpu's structure and back, for calls; rcx, rdx, rdi are free throughout. */
void native_spill(struct native_build *b);
void native_reload(struct native_build *b);

/* ---- the executor (native_run.c, native_region.c) ---- */
struct native {
    struct native_code *code;
    struct native_build build;
    uint64_t code_marks; /* those that the build's memories know */
    uint64_t runs;       /* entries, for tests */
};

struct engine;
struct learned;

/* Notes where code was decoded in writable memory: stores there are not for generated code. True
 * when that has changed. */
bool native_find_code(const struct engine *engine, struct native_build *b);

/* Compiles the region around a ready block. False: the code is full. */
bool native_compile(struct engine *engine, const struct learned *head);
bool native_may_compile(const struct engine *engine, const struct learned *l);

#endif
