/* From Unicorn's translation blocks to ours: what the block hook charges for each. */
#include "unicorn.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a block if Unicorn may run it as learned, else NULL. */
static struct thumb_learned *usable(const struct engine *engine, const struct arm_block *block)
{
    struct thumb_learned *t = thumb_of(block->learned);
    if (t == NULL || !t->l.ready || !t->host || t->l.version != block->version || block->stale ||
        t->l.epoch != engine->epoch)
        return NULL;
    return t;
}

/* The blocks that Unicorn's [pc, pc + bytes) consists of; false when they do not cover it. */
static bool find_parts(struct engine *engine, struct unicorn_tb *tb)
{
    uint32_t at = tb->pc, end = tb->pc + tb->bytes;
    while (at != end) {
        if (tb->part_count == UNICORN_MAX_PARTS)
            return false;
        struct arm_block *block = arm_block_at(engine->cpu, at, 0);
        struct thumb_learned *t = usable(engine, block);
        if (t == NULL || block->end - tb->pc > tb->bytes)
            return false;
        if (tb->part_count && t->guard_count)
            return false; /* its guards look at registers that the parts before change */
        tb->part[tb->part_count++] = t;
        tb->needs |= t->l.needs;
        uint64_t cost = tb->cost_fx + t->l.mean_fx;
        if (cost > UINT32_MAX)
            return false;
        tb->cost_fx = (uint32_t)cost;
        at = block->end;
    }
    return true;
}

static struct unicorn_tb *tb_at(struct unicorn *unicorn, uint32_t pc, uint32_t bytes)
{
    struct arm_block *block = arm_block_at(unicorn->engine->cpu, pc, 0);
    struct thumb_learned *t = usable(unicorn->engine, block);
    if (t == NULL)
        return NULL;
    if (t->tb != NULL && t->tb->bytes == bytes)
        return t->tb;
    struct unicorn_tb made = {.pc = pc, .bytes = bytes};
    if (!find_parts(unicorn->engine, &made)) {
        if (block->end - pc > bytes)
            t->host = false; /* Unicorn cuts it where we do not */
        return NULL;
    }
    struct unicorn_tb *tb = malloc(sizeof(*tb));
    if (tb == NULL)
        return NULL;
    *tb = made;
    tb->next = unicorn->tbs;
    unicorn->tbs = tb;
    t->tb = tb;
    return tb;
}

static bool guards_hold(const struct unicorn *unicorn, const struct unicorn_tb *tb)
{
    const struct thumb_learned *t = tb->part[0];
    for (uint32_t i = 0; i < t->guard_count; i++)
        if (host_register(unicorn->host, t->guard[i]) & 3)
            return false;
    return true;
}

static void book(struct unicorn *unicorn, struct unicorn_entry *entry)
{
    for (uint32_t i = 0; entry->runs && i < entry->tb->part_count; i++)
        learned_add_runs(unicorn->engine, &entry->tb->part[i]->l, entry->runs);
    entry->runs = 0;
}

bool unicorn_enter_slowly(struct unicorn *unicorn, uint32_t pc, uint32_t bytes)
{
    struct unicorn_entry *entry = &unicorn->table[unicorn_index(pc)];
    if (entry->key != unicorn_key(pc, bytes)) {
        struct unicorn_tb *tb = tb_at(unicorn, pc, bytes);
        if (tb == NULL)
            return false;
        book(unicorn, entry);
        *entry = (struct unicorn_entry){unicorn_key(pc, bytes), tb->cost_fx, tb->needs, 0, tb};
    }
    if ((entry->needs & unicorn->forbidden & ~(uint32_t)THUMB_NEEDS_SLOW_LOOK) ||
        unicorn->now_fx + entry->cost_fx >= unicorn->limit_fx)
        return false;
    if ((entry->needs & THUMB_NEEDS_SLOW_LOOK) && !guards_hold(unicorn, entry->tb))
        return false;
    unicorn->now_fx += entry->cost_fx;
    if (entry->runs++ == 0)
        unicorn_touch(unicorn, entry);
    unicorn->last = entry;
    return true;
}

void unicorn_settle(struct engine *engine)
{
    struct unicorn *unicorn = engine->other;
    if (unicorn->touched_count > UNICORN_TABLE_ENTRIES) {
        for (uint32_t i = 0; i < UNICORN_TABLE_ENTRIES; i++)
            book(unicorn, &unicorn->table[i]);
    } else {
        for (uint32_t i = 0; i < unicorn->touched_count; i++)
            book(unicorn, &unicorn->table[unicorn->touched[i]]);
    }
    unicorn->touched_count = 0;
}

void unicorn_forget(struct engine *engine)
{
    struct unicorn *unicorn = engine->other;
    memset(unicorn->table, 0, sizeof(unicorn->table));
    while (unicorn->tbs != NULL) {
        struct unicorn_tb *tb = unicorn->tbs;
        unicorn->tbs = tb->next;
        tb->part[0]->tb = NULL;
        free(tb);
    }
}
