/* The cache of decoded blocks: keyed by address and IT state, verified again when code changed. */
#include "../arm/arm.h"
#include "../timing/pipeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_SIZE        8192u /* of chains, and of the fast table before them */
#define PAGE_SHIFT        10
#define PAGE_BITMAP_BYTES (1u << (32 - PAGE_SHIFT - 3))

struct node {
    struct arm_block block; /* first: a block pointer is a node pointer */
    struct node *next;      /* in its hash chain */
    struct node *page_next; /* in the chain of its page */
};

struct arm_blocks {
    struct arm_cpu *cpu;
    struct arm_decoder *decoder;
    const uint64_t *generation; /* mote_code_generation(), or a constant without a system */
    struct node *fast[TABLE_SIZE];
    struct node *chains[TABLE_SIZE];
    struct node *pages[TABLE_SIZE];
    struct node **all;
    size_t count, capacity;
    uint8_t *bitmap;
    /* Used where memory ran out: decoded anew each time, in no list. */
    struct node spare;
    struct arm_insn scratch[ARM_BLOCK_MAX];
    struct arm_insn spare_insns[ARM_BLOCK_MAX];
};

static const uint64_t no_generation;

static uint32_t hash(uint32_t pc, uint8_t itstate)
{
    return (pc >> 1 ^ pc >> 14 ^ (uint32_t)itstate * 0x9Du) & (TABLE_SIZE - 1);
}

static uint32_t page_hash(uint32_t address)
{
    return (address >> PAGE_SHIFT) & (TABLE_SIZE - 1);
}

struct arm_blocks *arm_blocks_new(struct arm_cpu *cpu)
{
    struct arm_blocks *blocks = calloc(1, sizeof *blocks);
    if (blocks == NULL) {
        return NULL;
    }
    blocks->cpu = cpu;
    blocks->generation = cpu->sys != NULL ? mote_code_generation(cpu->sys) : &no_generation;
    blocks->decoder = arm_decoder_new(cpu->features);
    blocks->bitmap = calloc(1, PAGE_BITMAP_BYTES);
    if (blocks->decoder == NULL || blocks->bitmap == NULL) {
        arm_blocks_free(blocks);
        return NULL;
    }
    return blocks;
}

void arm_blocks_free(struct arm_blocks *blocks)
{
    if (blocks == NULL) {
        return;
    }
    for (size_t i = 0; i < blocks->count; i++) {
        free(blocks->all[i]->block.insns);
        free(blocks->all[i]);
    }
    free(blocks->all);
    free(blocks->bitmap);
    arm_decoder_free(blocks->decoder);
    free(blocks);
}

const uint8_t *arm_code_pages(const struct arm_blocks *blocks)
{
    return blocks->bitmap;
}

/* ---- decoding a block ---- */
static uint8_t it_advance(uint8_t itstate)
{
    return (itstate & 7u) == 0 ? 0
                               : (uint8_t)((itstate & 0xE0u) | ((uint32_t)itstate << 1 & 0x1Fu));
}

static enum arm_result fetch_fault(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_raise(cpu, arm_code_fault(cpu, insn->imm));
}

static const struct arm_row fetch_fault_row = {
    0, 0, 0, MOTE_CLASS_EXCEPTION, "fetch fault", 0, NULL, fetch_fault,
};

static bool is_fetch_fault(const struct arm_block *block)
{
    return block->count == 1 && block->insns[0].row == &fetch_fault_row;
}

static void make_fetch_fault(struct arm_insn *insn, uint32_t address)
{
    memset(insn, 0, sizeof *insn);
    insn->row = &fetch_fault_row;
    insn->exec = fetch_fault;
    insn->cond = 0xE;
    insn->imm = address; /* of the halfword that could not be fetched */
    insn->t.cls = MOTE_CLASS_EXCEPTION;
    insn->t.bytes = 2;
}

static bool fetch(const struct arm_cpu *cpu, uint32_t pc, uint32_t *raw, uint32_t *failed)
{
    uint16_t first;
    uint16_t second;
    if (!arm_code_half(cpu, pc, &first)) {
        *failed = pc;
        return false;
    }
    *raw = first;
    if (arm_is_wide(first)) {
        if (!arm_code_half(cpu, pc + 2, &second)) {
            *failed = pc + 2;
            return false;
        }
        *raw = (uint32_t)first << 16 | second;
    }
    return true;
}

/* Puts the instruction into its IT block: the condition, and the state after it. */
static void resolve_it(struct arm_insn *insn, uint8_t itstate)
{
    bool in_it = (itstate & 15u) != 0;
    insn->it_next = in_it ? it_advance(itstate) : 0;
    if (insn->cond == 0xF) {
        insn->cond = 0xE; /* unconditional wherever it stands */
    } else if (in_it) {
        insn->cond = itstate >> 4;
        if (insn->cond >= 0xE) {
            insn->cond = 0xE;
        } else {
            insn->t.flags |= MOTE_INSN_CONDITIONAL;
            insn->t.reads |= 1ull << 32;
        }
    } else if (insn->t.cls == MOTE_CLASS_HINT && (insn->raw & 0xFF00u) == 0xBF00u &&
               insn->raw >> 16 == 0 && (insn->raw & 15u) != 0) {
        insn->it_next = (uint8_t)insn->raw; /* IT */
    }
}

/* Decodes into scratch from block->pc and itstate; sets end, count and engine. */
static void decode_block(struct arm_blocks *blocks, struct arm_block *block)
{
    struct arm_insn *insns = blocks->scratch;
    uint32_t pc = block->pc;
    uint8_t itstate = block->itstate;
    uint32_t count = 0;
    bool engine = true;
    while (count < ARM_BLOCK_MAX && pc >> PAGE_SHIFT == block->pc >> PAGE_SHIFT) {
        struct arm_insn *insn = &insns[count];
        uint32_t raw;
        uint32_t failed;
        if (!fetch(blocks->cpu, pc, &raw, &failed)) {
            if (count == 0) {
                make_fetch_fault(insn, failed);
                engine = false;
                count = 1;
                pc += 2;
            }
            break;
        }
        arm_decode(blocks->decoder, raw, (itstate & 15u) != 0, insn);
        bool plain = insn->t.flags & MOTE_INSN_ENGINE;
        if (!plain && count != 0) {
            break;
        }
        resolve_it(insn, itstate);
        itstate = insn->it_next;
        pc += insn->t.bytes;
        count++;
        engine = plain;
        if (!plain || (insn->t.flags & MOTE_INSN_WRITES_PC)) {
            break;
        }
    }
    block->end = pc;
    block->count = count;
    block->engine = engine;
}

/* ---- where the same memory is seen ---- */
/* Calls `visit` for every address at which the memory at `address` appears: itself and aliases. */
static void for_each_alias(struct arm_blocks *blocks, uint32_t address,
                           void (*visit)(struct arm_blocks *blocks, uint32_t address,
                                         uint32_t bytes),
                           uint32_t bytes)
{
    struct mote_system *sys = blocks->cpu->sys;
    const struct mote_region *here = sys != NULL ? mote_region_find(sys, address) : NULL;
    if (here == NULL) {
        visit(blocks, address, bytes);
        return;
    }
    const uint8_t *host = here->host + (address - here->base);
    for (size_t i = 0; i < mote_region_count(sys); i++) {
        const struct mote_region *region = mote_region_at_index(sys, i);
        if (host >= region->host && host < region->host + region->size_bytes) {
            visit(blocks, (uint32_t)(region->base + (uint64_t)(host - region->host)), bytes);
        }
    }
}

static void mark_code(struct arm_blocks *blocks, uint32_t address, uint32_t bytes)
{
    for (uint32_t page = address >> PAGE_SHIFT; page <= (address + bytes - 1) >> PAGE_SHIFT;
         page++) {
        blocks->cpu->code_marks += !(blocks->bitmap[page >> 3] >> (page & 7) & 1);
        blocks->bitmap[page >> 3] |= (uint8_t)(1u << (page & 7));
    }
}

static void stale_in_page(struct arm_blocks *blocks, uint32_t page_address, uint32_t address,
                          uint32_t bytes)
{
    for (struct node *node = blocks->pages[page_hash(page_address)]; node != NULL;
         node = node->page_next) {
        if (node->block.pc < address + bytes && address < node->block.end) {
            node->block.stale = true;
        }
    }
}

static void mark_stale(struct arm_blocks *blocks, uint32_t address, uint32_t bytes)
{
    /* A block lies in the page of its pc but for the last halfword of a wide instruction. */
    uint32_t first_page = (address - 2) >> PAGE_SHIFT;
    uint32_t last_page = (address + bytes - 1) >> PAGE_SHIFT;
    for (uint32_t page = first_page;; page++) {
        stale_in_page(blocks, page << PAGE_SHIFT, address, bytes);
        if (page == last_page) {
            break;
        }
    }
}

void arm_code_written(struct arm_cpu *cpu, uint32_t address, uint32_t bytes)
{
    cpu->code_writes++;
    for_each_alias(cpu->blocks, address, mark_stale, bytes);
}

/* ---- the cache ---- */
static bool same_code(struct arm_blocks *blocks, const struct arm_block *block)
{
    if (is_fetch_fault(block)) {
        return false;
    }
    uint32_t pc = block->pc;
    for (uint32_t i = 0; i < block->count; i++) {
        uint32_t raw;
        uint32_t failed;
        if (!fetch(blocks->cpu, pc, &raw, &failed) || raw != block->insns[i].raw) {
            return false;
        }
        pc += block->insns[i].t.bytes;
    }
    return true;
}

/* Makes insns a copy of scratch; false when memory is exhausted. */
static bool keep_insns(struct arm_blocks *blocks, struct arm_block *block)
{
    struct arm_insn *insns = malloc(block->count * sizeof *insns);
    if (insns == NULL) {
        return false;
    }
    memcpy(insns, blocks->scratch, block->count * sizeof *insns);
    free(block->insns);
    block->insns = insns;
    return true;
}

/* Asks to be told when another bus master writes there: a change forgets all such requests. */
static void watch(struct arm_blocks *blocks, const struct arm_block *block)
{
    struct mote_system *sys = blocks->cpu->sys;
    struct mote_region *region = sys != NULL ? mote_region_find(sys, block->pc) : NULL;
    if (region != NULL && !is_fetch_fault(block)) {
        uint64_t offset = block->pc - region->base;
        uint64_t bytes = block->end - block->pc;
        uint64_t left = region->size_bytes - offset;
        mote_region_mark_code(region, offset, bytes < left ? bytes : left);
    }
}

static void settle(struct arm_blocks *blocks, struct arm_block *block)
{
    watch(blocks, block);
    /* A place that cannot be fetched from may become one that can, without notice. */
    block->stale = is_fetch_fault(block);
    block->code_generation = *blocks->generation;
}

static struct arm_block *use_spare(struct arm_blocks *blocks, uint32_t pc, uint8_t itstate)
{
    struct arm_block *block = &blocks->spare.block;
    uint32_t version = block->version;
    memset(block, 0, sizeof *block);
    block->pc = pc;
    block->itstate = itstate;
    block->version = version + 1;
    block->stale = true;
    block->insns = blocks->spare_insns;
    decode_block(blocks, block);
    memcpy(blocks->spare_insns, blocks->scratch, sizeof blocks->spare_insns);
    return block;
}

static bool grow(struct arm_blocks *blocks)
{
    if (blocks->count < blocks->capacity) {
        return true;
    }
    size_t capacity = blocks->capacity == 0 ? 256 : 2 * blocks->capacity;
    struct node **all = realloc(blocks->all, capacity * sizeof(struct node *));
    if (all == NULL) {
        return false;
    }
    blocks->all = all;
    blocks->capacity = capacity;
    return true;
}

static struct arm_block *add_block(struct arm_blocks *blocks, uint32_t pc, uint8_t itstate)
{
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL || !grow(blocks)) {
        free(node);
        return use_spare(blocks, pc, itstate);
    }
    struct arm_block *block = &node->block;
    block->pc = pc;
    block->itstate = itstate;
    decode_block(blocks, block);
    if (!keep_insns(blocks, block)) {
        free(node);
        return use_spare(blocks, pc, itstate);
    }
    settle(blocks, block);
    uint32_t chain = hash(pc, itstate);
    node->next = blocks->chains[chain];
    blocks->chains[chain] = node;
    uint32_t page = page_hash(pc);
    node->page_next = blocks->pages[page];
    blocks->pages[page] = node;
    blocks->all[blocks->count++] = node;
    for_each_alias(blocks, pc, mark_code, block->end - pc);
    return block;
}

/* Looks again at a block whose bytes may have changed. */
static struct arm_block *verify(struct arm_blocks *blocks, struct arm_block *block)
{
    if (!same_code(blocks, block)) {
        if (blocks->cpu->pipeline != NULL) {
            pipeline_forget(blocks->cpu->pipeline, block->insns,
                            block->count * sizeof *block->insns);
        }
        decode_block(blocks, block);
        if (!keep_insns(blocks, block)) {
            block->stale = true;
            return use_spare(blocks, block->pc, block->itstate);
        }
        block->version++;
        block->touches_device = false;
        for_each_alias(blocks, block->pc, mark_code, block->end - block->pc);
    }
    settle(blocks, block);
    return block;
}

struct arm_block *arm_block_at(struct arm_cpu *cpu, uint32_t pc, uint8_t itstate)
{
    struct arm_blocks *blocks = cpu->blocks;
    uint32_t chain = hash(pc, itstate);
    struct node *node = blocks->fast[chain];
    if (node == NULL || node->block.pc != pc || node->block.itstate != itstate) {
        node = blocks->chains[chain];
        while (node != NULL && (node->block.pc != pc || node->block.itstate != itstate)) {
            node = node->next;
        }
        if (node == NULL) {
            return add_block(blocks, pc, itstate);
        }
        blocks->fast[chain] = node;
    }
    struct arm_block *block = &node->block;
    if (__builtin_expect(block->stale || block->code_generation != *blocks->generation, 0)) {
        return verify(blocks, block);
    }
    return block;
}

struct arm_block *arm_block_known(const struct arm_cpu *cpu, uint32_t pc)
{
    struct node *node = cpu->blocks->chains[hash(pc, 0)];
    while (node != NULL && (node->block.pc != pc || node->block.itstate != 0)) {
        node = node->next;
    }
    if (node == NULL || node->block.stale ||
        node->block.code_generation != *cpu->blocks->generation) {
        return NULL;
    }
    return &node->block;
}

/* ---- totals ---- */
void arm_blocks_clear_totals(struct arm_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++) {
        struct arm_block *block = &blocks->all[i]->block;
        block->entries = 0;
        block->cycles = 0;
        block->executed = 0;
        block->dynamic_fj = 0;
    }
}

static int by_address(const void *a, const void *b)
{
    const struct arm_block *x = &(*(struct node *const *)a)->block;
    const struct arm_block *y = &(*(struct node *const *)b)->block;
    if (x->pc != y->pc) {
        return x->pc < y->pc ? -1 : 1;
    }
    return (int)x->itstate - (int)y->itstate;
}

void arm_blocks_visit(struct arm_blocks *blocks, void (*visit)(void *user, struct arm_block *block),
                      void *user)
{
    if (blocks->count != 0) {
        qsort(blocks->all, blocks->count, sizeof(struct node *), by_address);
    }
    for (size_t i = 0; i < blocks->count; i++) {
        visit(user, &blocks->all[i]->block);
    }
}
