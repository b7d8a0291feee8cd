/* From Unicorn's translation blocks to ours: what the block hook charges for each. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_usable(const struct arm_engine *engine, const struct arm_block_learned *l)
{
    return l != NULL && l->ready && l->host && l->version == l->block->version &&
           !l->block->stale && l->epoch == engine->epoch;
}

/* The blocks that Unicorn's [pc, pc + bytes) consists of; false when they do not cover it. */
static bool find_parts(struct arm_engine *engine, struct engine_tb *tb)
{
    uint32_t at = tb->pc, end = tb->pc + tb->bytes;
    while (at != end) {
        if (tb->part_count == ENGINE_MAX_PARTS)
            return false;
        struct arm_block *block = arm_block_at(engine->cpu, at, 0);
        struct arm_block_learned *l = block->learned;
        if (!is_usable(engine, l) || block->end - tb->pc > tb->bytes)
            return false;
        if (tb->part_count && l->guard_count)
            return false; /* its guards look at registers that the parts before change */
        tb->part[tb->part_count++] = l;
        tb->needs |= l->needs;
        uint64_t cost = tb->cost_fx + l->mean_fx;
        if (cost > UINT32_MAX)
            return false;
        tb->cost_fx = (uint32_t)cost;
        at = block->end;
    }
    return true;
}

static struct engine_tb *tb_at(struct arm_engine *engine, uint32_t pc, uint32_t bytes)
{
    struct arm_block *block = arm_block_at(engine->cpu, pc, 0);
    struct arm_block_learned *l = block->learned;
    if (!is_usable(engine, l))
        return NULL;
    if (l->tb != NULL && l->tb->bytes == bytes)
        return l->tb;
    struct engine_tb made = {.pc = pc, .bytes = bytes};
    if (!find_parts(engine, &made)) {
        if (block->end - pc > bytes)
            l->host = false; /* Unicorn cuts it where we do not */
        return NULL;
    }
    struct engine_tb *tb = malloc(sizeof(*tb));
    if (tb == NULL)
        return NULL;
    *tb = made;
    tb->next = engine->tbs;
    engine->tbs = tb;
    l->tb = tb;
    return tb;
}

static bool guards_hold(const struct arm_engine *engine, const struct engine_tb *tb)
{
    const struct arm_block_learned *l = tb->part[0];
    for (uint32_t i = 0; i < l->guard_count; i++)
        if (host_register(engine->host, l->guard[i]) & 3)
            return false;
    return true;
}

static void book(struct arm_engine *engine, struct engine_entry *entry)
{
    for (uint32_t i = 0; entry->runs && i < entry->tb->part_count; i++)
        learned_add_runs(engine, entry->tb->part[i], entry->runs);
    entry->runs = 0;
}

bool engine_enter_slowly(struct arm_engine *engine, uint32_t pc, uint32_t bytes)
{
    struct engine_hot *hot = &engine->hot;
    struct engine_entry *entry = &hot->table[engine_index(pc)];
    if (entry->key != engine_key(pc, bytes)) {
        struct engine_tb *tb = tb_at(engine, pc, bytes);
        if (tb == NULL)
            return false;
        book(engine, entry);
        *entry = (struct engine_entry){engine_key(pc, bytes), tb->cost_fx, tb->needs, 0, tb};
    }
    if ((entry->needs & hot->forbidden & ~(uint32_t)ENGINE_NEEDS_SLOW_LOOK) ||
        hot->now_fx + entry->cost_fx >= hot->limit_fx)
        return false;
    if ((entry->needs & ENGINE_NEEDS_SLOW_LOOK) && !guards_hold(engine, entry->tb))
        return false;
    hot->now_fx += entry->cost_fx;
    if (entry->runs++ == 0)
        engine_touch(hot, entry);
    hot->last = entry;
    return true;
}

void engine_settle(struct arm_engine *engine)
{
    struct engine_hot *hot = &engine->hot;
    if (hot->touched_count > ENGINE_TABLE_ENTRIES) {
        for (uint32_t i = 0; i < ENGINE_TABLE_ENTRIES; i++)
            book(engine, &hot->table[i]);
    } else {
        for (uint32_t i = 0; i < hot->touched_count; i++)
            book(engine, &hot->table[hot->touched[i]]);
    }
    hot->touched_count = 0;
    if (engine->native != NULL)
        native_settle(engine);
    while (engine->unsettled != NULL) {
        struct arm_block_learned *l = engine->unsettled;
        engine->unsettled = l->next_unsettled;
        learned_add_runs(engine, l, l->unsettled);
        l->unsettled = 0;
    }
}

void engine_forget(struct arm_engine *engine)
{
    engine_settle(engine);
    memset(engine->hot.table, 0, sizeof(engine->hot.table));
    while (engine->tbs != NULL) {
        struct engine_tb *tb = engine->tbs;
        engine->tbs = tb->next;
        tb->part[0]->tb = NULL;
        free(tb);
    }
    if (engine->native != NULL)
        native_forget(engine);
}
