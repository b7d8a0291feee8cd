/* Unicorn as the executor of learned blocks: what host.c, translate.c and unicorn.c share. */
#ifndef CORES_ENGINE_THUMB_UNICORN_H
#define CORES_ENGINE_THUMB_UNICORN_H

#include "guest.h"

#define UNICORN_TABLE_ENTRIES 4096
#define UNICORN_MAX_PARTS     8

/* One translation block of Unicorn: our blocks that it consists of. */
struct unicorn_tb {
    struct unicorn_tb *next;
    uint32_t pc, bytes;
    uint32_t cost_fx, needs;
    uint32_t part_count;
    struct thumb_learned *part[UNICORN_MAX_PARTS];
};

/* Looked up by the block hook, direct-mapped by address. */
struct unicorn_entry {
    uint64_t key; /* unicorn_key(); 0: empty */
    uint32_t cost_fx, needs;
    uint64_t runs; /* not settled */
    struct unicorn_tb *tb;
};

enum unicorn_outcome {
    UNICORN_STOPPED, /* before the instruction at cpu->pc, at the start of a block */
    UNICORN_ACCESS,  /* inside the last block: a data access that Unicorn cannot do */
    UNICORN_FETCH,   /* the last block is done; its target cannot be fetched */
    UNICORN_INSIDE,  /* inside the last block, at cpu->pc: Unicorn refused the instruction */
};

struct host;

/* The first fields are what the block hook works with. */
struct unicorn {
    uint64_t now_fx, limit_fx;
    uint32_t forbidden; /* THUMB_NEEDS_* that do not hold now, and THUMB_NEEDS_SLOW_LOOK */
    uint32_t touched_count;
    struct unicorn_entry *last; /* entered in this run of Unicorn; NULL: none */
    struct unicorn_entry table[UNICORN_TABLE_ENTRIES];
    uint16_t touched[UNICORN_TABLE_ENTRIES];
    uint32_t fault_address, fault_bytes;
    bool fault_store;
    struct engine *engine;
    struct host *host;
    struct unicorn_tb *tbs;
};

/* Start and size: a translation of other size, or of the ARM state, is another one. */
static inline uint64_t unicorn_key(uint32_t pc, uint32_t bytes)
{
    return (uint64_t)bytes << 32 | pc;
}

static inline void unicorn_touch(struct unicorn *unicorn, const struct unicorn_entry *entry)
{
    unicorn->touched[unicorn->touched_count++ % UNICORN_TABLE_ENTRIES] =
        (uint16_t)(entry - unicorn->table);
}

static inline uint32_t unicorn_index(uint32_t pc)
{
    return pc >> 1 & (UNICORN_TABLE_ENTRIES - 1);
}

/* ---- translate.c ---- */
/* Called by the hook for what the table does not answer: true to go on, the block being charged. */
bool unicorn_enter_slowly(struct unicorn *unicorn, uint32_t pc, uint32_t bytes);

/* ---- host.c ---- */
struct host *host_new(struct unicorn *unicorn, struct mote_err *err);
void host_free(struct host *host);
/* Runs from cpu->pc until the hook stops it or it cannot go on; registers go in and out. */
enum unicorn_outcome host_run(struct host *host);
/* Drops translations: code changed. */
void host_flush(struct host *host);
/* The KiB at `address` holds decoded code: stores to it, under whatever address, must be seen. */
void host_protect_code(struct host *host, uint32_t address);
uint32_t host_register(const struct host *host, uint32_t number);

#endif
