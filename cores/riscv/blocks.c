/* The block cache of a hart. A block whose bytes may have changed - by the hart's own stores
 * (code_version) or otherwise (the system's code generation) - is compared with memory when it is
 * next entered, so code that is written and then jumped to runs even without fence.i, as on cores
 * without an instruction cache. */
#include "../timing/pipeline.h"
#include "riscv.h"
#include <stdlib.h>
#include <string.h>

enum { HASH_SIZE = 1 << 12, PAGE_BYTES = 1024 };

struct riscv_blocks {
    struct riscv_block *hash[HASH_SIZE];
    size_t count;
    struct riscv_block none; /* when memory is exhausted: one instruction, decoded each time */
    struct riscv_insn none_insn;
};

struct riscv_blocks *riscv_blocks_new(void)
{
    return calloc(1, sizeof(struct riscv_blocks));
}

void riscv_blocks_free(struct riscv_blocks *blocks)
{
    for (size_t i = 0; blocks != NULL && i < HASH_SIZE; i++)
        for (struct riscv_block *block = blocks->hash[i], *next; block != NULL; block = next) {
            next = block->next;
            free(block->insns);
            free(block);
        }
    free(blocks);
}

/* ---- decoding ---------------------------------------------------------------------------------
 */

static enum riscv_result fetch_fault(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    /* mtval tells which half of an instruction could not be fetched. */
    return riscv_raise(cpu, RISCV_CAUSE_FETCH_ACCESS, cpu->pc + insn->imm);
}

static bool read_raw(const struct riscv_cpu *cpu, uint64_t pc, uint32_t *raw, uint32_t *faulting)
{
    uint16_t low, high = 0;
    *faulting = 0;
    if (!riscv_code_half(cpu, pc, &low))
        return false;
    *faulting = 2;
    if ((low & 3) == 3 && !riscv_code_half(cpu, pc + 2, &high))
        return false;
    *raw = low | (uint32_t)high << 16;
    return true;
}

static void decode_at(const struct riscv_cpu *cpu, uint64_t pc, struct riscv_insn *insn)
{
    uint32_t raw, faulting;
    if (read_raw(cpu, pc, &raw, &faulting)) {
        riscv_decode(cpu->decoder, raw, insn);
        return;
    }
    *insn = (struct riscv_insn){.exec = fetch_fault, .imm = faulting};
    insn->t.cls = MOTE_CLASS_EXCEPTION;
    insn->t.bytes = 2;
}

static bool ends_block(const struct riscv_insn *insn)
{
    return (insn->t.flags & MOTE_INSN_WRITES_PC) || !(insn->t.flags & MOTE_INSN_ENGINE);
}

static uint32_t decode_insns(const struct riscv_cpu *cpu, uint64_t pc, struct riscv_insn *insns,
                             uint64_t *end)
{
    uint32_t count = 0;
    uint64_t at = pc;
    do {
        decode_at(cpu, at, &insns[count]);
        if (count != 0 && !(insns[count].t.flags & MOTE_INSN_ENGINE))
            break;
        at += insns[count].t.bytes;
    } while (!ends_block(&insns[count++]) && count < RISCV_BLOCK_MAX &&
             at / PAGE_BYTES == pc / PAGE_BYTES);
    *end = at;
    return count;
}

static void mark_code(struct riscv_cpu *cpu, const struct riscv_block *block)
{
    struct mote_region *region = mote_region_find(cpu->sys, block->pc);
    if (region == NULL)
        return;
    uint64_t offset = block->pc - region->base, bytes = block->end - block->pc;
    if (bytes > region->size_bytes - offset)
        bytes = region->size_bytes - offset;
    mote_region_mark_code(region, offset, bytes);
    struct riscv_code_span *span = &cpu->code_span[region->index % RISCV_CODE_SPANS];
    const uint8_t *low = region->host + offset, *high = low + bytes;
    bool first = span->high == NULL;
    if (!first && low >= span->low && high <= span->high)
        return;
    span->low = first || low < span->low ? low : span->low;
    span->high = first || high > span->high ? high : span->high;
    cpu->code_marks++;
}

static bool same_code(const struct riscv_cpu *cpu, const struct riscv_block *block)
{
    uint64_t pc = block->pc;
    for (uint32_t i = 0; i < block->count; i++) {
        uint32_t raw, faulting;
        bool there = read_raw(cpu, pc, &raw, &faulting);
        bool was_there = block->insns[i].exec != fetch_fault;
        if (there != was_there || (there && raw != block->insns[i].raw))
            return false;
        pc += block->insns[i].t.bytes;
    }
    return true;
}

/* Fills a block from memory; its totals go on. False when memory is exhausted. */
static bool decode_block(struct riscv_cpu *cpu, struct riscv_block *block)
{
    struct riscv_insn insns[RISCV_BLOCK_MAX];
    uint64_t end;
    uint32_t count = decode_insns(cpu, block->pc, insns, &end);
    struct riscv_insn *copy = malloc(count * sizeof *copy);
    if (copy == NULL)
        return false;
    memcpy(copy, insns, count * sizeof *copy);
    if (block->insns != NULL)
        pipeline_flush(cpu->pipeline); /* it may remember one of those that go */
    free(block->insns);
    block->insns = copy;
    block->count = count;
    block->end = end;
    block->decoded++;
    return true;
}

/* ---- finding ----------------------------------------------------------------------------------
 */

static struct riscv_block *last_resort(struct riscv_cpu *cpu, uint64_t pc)
{
    struct riscv_blocks *blocks = cpu->blocks;
    decode_at(cpu, pc, &blocks->none_insn);
    blocks->none = (struct riscv_block){.pc = pc,
                                        .end = pc + blocks->none_insn.t.bytes,
                                        .count = 1,
                                        .insns = &blocks->none_insn,
                                        .fleeting = true};
    return &blocks->none;
}

static struct riscv_block *new_block(struct riscv_cpu *cpu, uint64_t pc)
{
    struct riscv_block *block = calloc(1, sizeof *block);
    if (block == NULL)
        return NULL;
    block->pc = pc;
    if (!decode_block(cpu, block)) {
        free(block);
        return NULL;
    }
    struct riscv_block **slot = &cpu->blocks->hash[pc >> 1 & (HASH_SIZE - 1)];
    block->next = *slot;
    *slot = block;
    cpu->blocks->count++;
    return block;
}

/* Of the state of memory: both only rise, so their sum names it. */
static uint64_t version_now(const struct riscv_cpu *cpu)
{
    return cpu->code_version + *mote_code_generation(cpu->sys) + 1;
}

static struct riscv_block *find(const struct riscv_cpu *cpu, uint64_t pc)
{
    struct riscv_block *block = cpu->blocks->hash[pc >> 1 & (HASH_SIZE - 1)];
    while (block != NULL && block->pc != pc)
        block = block->next;
    return block;
}

struct riscv_block *riscv_block_known(const struct riscv_cpu *cpu, uint64_t pc)
{
    struct riscv_block *block = find(cpu, pc);
    return block != NULL && block->version == version_now(cpu) ? block : NULL;
}

struct riscv_block *riscv_block_at(struct riscv_cpu *cpu, uint64_t pc)
{
    uint64_t version = version_now(cpu);
    struct riscv_block *block = find(cpu, pc);
    if (block != NULL && block->version == version)
        return block;
    if (block == NULL)
        block = new_block(cpu, pc);
    else if (!same_code(cpu, block) && !decode_block(cpu, block))
        block = NULL;
    if (block == NULL)
        return last_resort(cpu, pc);
    block->version = version;
    mark_code(cpu, block);
    return block;
}

/* ---- totals -----------------------------------------------------------------------------------
 */

static int by_address(const void *left, const void *right)
{
    const struct riscv_block *a = *(struct riscv_block *const *)left;
    const struct riscv_block *b = *(struct riscv_block *const *)right;
    return (a->pc > b->pc) - (a->pc < b->pc);
}

void riscv_blocks_visit(struct riscv_blocks *blocks,
                        void (*visit)(void *user, const struct mote_block_totals *block),
                        void *user)
{
    struct riscv_block **all = calloc(blocks->count + 1, sizeof(struct riscv_block *));
    size_t count = 0;
    if (all == NULL)
        return;
    for (size_t i = 0; i < HASH_SIZE; i++)
        for (struct riscv_block *block = blocks->hash[i]; block != NULL; block = block->next)
            if (block->entries > 0)
                all[count++] = block;
    qsort(all, count, sizeof(struct riscv_block *), by_address);
    for (size_t i = 0; i < count; i++) {
        const struct mote_block_totals totals = {
            .address = all[i]->pc,
            .bytes = (uint32_t)(all[i]->end - all[i]->pc),
            .instructions = all[i]->count,
            .entries = all[i]->entries,
            .cycles = all[i]->cycles,
            .executed = all[i]->executed,
            .dynamic_fj = all[i]->dynamic_fj,
        };
        visit(user, &totals);
    }
    free(all);
}
