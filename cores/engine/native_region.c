/* Which blocks make a region, and which of the guest's registers it maps. */
#include "engine/internal.h"
#include "engine/native.h"

#include <stdlib.h>

bool native_may_compile(const struct engine *engine, const struct learned *l)
{
    return l != NULL && l->ready && !l->never && l->version == engine->guest->version(l->block) &&
           l->epoch == engine->epoch && l->heat >= ENGINE_HEAT &&
           l->mean_fx <= NATIVE_LARGEST_COST && engine->guest->may_compile(l->block);
}

struct region {
    struct engine *engine;
    struct learned *block[NATIVE_MAX_BLOCKS];
    uint32_t count, insns;
};

static void add_block(struct region *r, uint32_t pc)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (r->block[i]->pc == pc)
            return;
    struct learned *l = r->engine->guest->known(r->engine->cpu, pc);
    if (r->count == NATIVE_MAX_BLOCKS || !native_may_compile(r->engine, l) ||
        r->insns + l->count > NATIVE_MAX_INSNS)
        return;
    r->block[r->count++] = l;
    r->insns += l->count;
}

static void add_successors(struct region *r, const struct learned *l)
{
    uint32_t target;
    if (r->engine->guest->target(l, &target))
        add_block(r, target);
    if (r->engine->guest->goes_on(l))
        add_block(r, l->pc + l->bytes);
}

static int by_pc(const void *a, const void *b)
{
    uint32_t x = (*(struct learned *const *)a)->pc;
    uint32_t y = (*(struct learned *const *)b)->pc;
    return x < y ? -1 : x > y;
}

static void count_uses(const struct engine *engine, struct native_guest *guest,
                       const struct learned *l)
{
    double weight = 1.0 + (double)engine->guest->entries(l->block);
    for (uint32_t i = 0; i < l->count; i++) {
        const struct mote_insn *t = engine->guest->insn(l->block, i);
        guest->written |= t->writes & guest->reg_mask;
        for (uint64_t left = t->reads & guest->reg_mask; left != 0; left &= left - 1)
            guest->use[__builtin_ctzll(left)] += weight;
        for (uint64_t left = t->writes & guest->reg_mask; left != 0; left &= left - 1)
            guest->use[__builtin_ctzll(left)] += weight;
    }
}

bool native_compile(struct engine *engine, const struct learned *head)
{
    struct native_build *b = &engine->native->build;
    struct region r = {.engine = engine};
    add_block(&r, head->pc);
    for (uint32_t i = 0; i < r.count; i++)
        add_successors(&r, r.block[i]);
    if (r.count == 0)
        return true;
    qsort(r.block, r.count, sizeof(r.block[0]), by_pc);
    struct native_guest guest = {0};
    engine->guest->describe(engine->cpu, b, &guest);
    b->block_count = r.count;
    for (uint32_t i = 0; i < r.count; i++) {
        struct learned *l = r.block[i];
        b->block[i] = (struct native_block){.pc = l->pc,
                                            .end = l->pc + l->bytes,
                                            .cost_fx = (uint32_t)l->mean_fx,
                                            .needs = l->needs & engine->guest->native_needs,
                                            .owner = l};
        count_uses(engine, &guest, l);
    }
    return native_build(b, &guest);
}
