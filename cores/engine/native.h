/* Generated code for learned blocks: the layer that knows no guest architecture.
 *
 * What is compiled is a region: blocks that reach each other by direct branches. The guest
 * registers that matter most live in host registers in the whole region, the others stay in the
 * cpu's structure; loads stand at the region's entries, stores at its exits. In generated code
 *
 *   rbp  the cpu's structure         r15  budget: cycles (fx) left before the deadline
 *   r14  host memory of the main RAM  eax  the guest's flags, in a form of the guest's lowering
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
    uint64_t counts[NATIVE_COUNTS]; /* executions of blocks, not yet booked */
    uint8_t dirty[NATIVE_MAX_REGIONS];
};

/* A region of the address space as generated code accesses it. */
struct native_memory {
    uint32_t base, bytes; /* 0: none */
    uint8_t *host;
    bool writable;
    uint32_t code_low, code_high; /* offsets between which code was decoded: not to be stored to */
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
    uint32_t pc;
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
    const struct native_guest *shape;
    void *user; /* the lowering's */
};

/* Describes the guest to native_build(): where its registers lie in the cpu's structure, how much
 * each is used in the region (0: not mapped), which are written, and how a block is lowered. */
struct native_guest {
    uint32_t reg_count;
    int32_t reg_offset; /* of register 0; the others follow, 32 bits each */
    double use[NATIVE_GUEST_REGS];
    uint64_t written;
    void (*lower)(struct native_build *b, struct native_block *block);
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
/* Code emitted after the region's blocks, reached by the jump. */
struct native_stub *native_cold(struct native_build *b, uint8_t *jump);
/* Registers to the cpu's structure and back, for calls; rcx, rdx, rdi are free throughout. */
void native_spill(struct native_build *b);
void native_reload(struct native_build *b);

#endif
