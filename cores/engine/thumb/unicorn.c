/* Runs of Unicorn, and what to do where they stop. */
#include "unicorn.h"

#include <assert.h>
#include <stdlib.h>

/* Unicorn comes back at least this often, so that a stop asked for by the host is seen. */
static const uint64_t longest_run_cycles = 1u << 24;
/* A shorter run costs more than interpreting it; the entry is then avoided for a while. */
static const uint32_t shortest_run_cycles = 64, most_avoided = 63;

bool unicorn_open(struct engine *engine, struct mote_err *err)
{
    struct unicorn *unicorn = calloc(1, sizeof(*unicorn));
    if (unicorn == NULL)
        return mote_err_set(err, "out of memory");
    unicorn->engine = engine;
    unicorn->host = host_new(unicorn, err);
    if (unicorn->host == NULL) {
        free(unicorn);
        return false;
    }
    engine->other = unicorn;
    return true;
}

void unicorn_close(struct engine *engine)
{
    host_free(engine->other->host);
    free(engine->other);
    engine->other = NULL;
}

void unicorn_learns(struct engine *engine, struct learned *l)
{
    host_protect_code(engine->other->host, l->pc);
}

void unicorn_flush(struct engine *engine)
{
    host_flush(engine->other->host);
}

/* ---- where it stopped -------------------------------------------------------------------------
 */

static bool is_access(const struct mote_insn *t, bool store)
{
    switch ((enum mote_insn_class)t->cls) {
    case MOTE_CLASS_LOAD:
    case MOTE_CLASS_LOAD_MULTI:
    case MOTE_CLASS_FP_LOAD:
    case MOTE_CLASS_BRANCH_INDIRECT: /* TBB */
        return !store;
    case MOTE_CLASS_STORE:
    case MOTE_CLASS_STORE_MULTI:
    case MOTE_CLASS_FP_STORE:
        return store;
    default:
        return false;
    }
}

/* Whether the instruction at cpu->pc would access the address that Unicorn failed at: its exec is
 * tried with memory that refuses everything, which changes no register. */
static bool would_access(const struct unicorn *unicorn, const struct arm_insn *insn)
{
    struct arm_cpu *cpu = unicorn->engine->cpu;
    if (!is_access(&insn->t, unicorn->fault_store) ||
        (insn->cond != 0xE && !arm_condition(cpu, insn->cond)))
        return false;
    cpu->learned_run = ENGINE_LEARNED_PROBE;
    cpu->next_pc = cpu->pc + insn->t.bytes;
    enum arm_result result = insn->exec(cpu, insn);
    cpu->learned_run = ENGINE_LEARNED_OFF;
    if (result != ARM_RAISED)
        return false;
    uint32_t bytes = insn->t.words > 1 ? 4u * insn->t.words : 4;
    return unicorn->fault_address - cpu->fault_address < bytes;
}

/* Finds the instruction in the parts of a translation block; sets cpu->pc and IT state. */
static bool find_inside(const struct unicorn *unicorn, const struct unicorn_tb *tb, bool by_access,
                        uint32_t *part, uint32_t *index)
{
    struct arm_cpu *cpu = unicorn->engine->cpu;
    uint32_t stopped_pc = cpu->pc;
    for (*part = 0; *part < tb->part_count; ++*part) {
        const struct arm_block *block = tb->part[*part]->l.block;
        cpu->pc = block->pc;
        cpu->itstate = block->itstate;
        for (*index = 0; *index < block->count; ++*index) {
            const struct arm_insn *insn = &block->insns[*index];
            if (by_access ? would_access(unicorn, insn) : cpu->pc == stopped_pc)
                return true;
            cpu->pc += insn->t.bytes;
            cpu->itstate = insn->it_next;
        }
    }
    return false;
}

/* The last block that Unicorn entered is not finished. */
static void stop_inside(struct unicorn *unicorn, bool by_access)
{
    struct unicorn_entry *entry = unicorn->last;
    struct unicorn_tb tb = *entry->tb; /* a surprise drops the original */
    uint32_t part = 0, index = 0;
    unicorn->now_fx -= entry->cost_fx;
    entry->runs--;
    engine_commit(unicorn->engine, unicorn->now_fx);
    bool found = find_inside(unicorn, &tb, by_access, &part, &index);
    assert(found);
    (void)found;
    for (uint32_t i = 0; i < part; i++)
        engine_charge_run(unicorn->engine, &tb.part[i]->l);
    if (!by_access)
        tb.part[part]->host = false;
    engine_finish_exactly(unicorn->engine, &tb.part[part]->l, index);
}

/* ---- running ----------------------------------------------------------------------------------
 */

static void run_host(struct engine *engine, struct thumb_learned *t)
{
    struct arm_cpu *cpu = engine->cpu;
    struct unicorn *unicorn = engine->other;
    uint64_t room = engine_limit(engine) - cpu->cycles;
    if (room > longest_run_cycles)
        room = longest_run_cycles;
    unicorn->now_fx = engine->fraction_fx;
    unicorn->limit_fx = room << ENGINE_FX_BITS;
    unicorn->forbidden = thumb_forbidden(cpu) | THUMB_NEEDS_SLOW_LOOK;
    if (cpu->ccr & ARM_CCR_UNALIGN_TRP)
        unicorn->forbidden |= THUMB_NEEDS_UNALIGNED;
    unicorn->last = NULL;
    engine->learned_before = true;
    enum unicorn_outcome outcome = host_run(unicorn->host);
    if (unicorn->last == NULL) {
        engine_interpret(engine, &t->l, 0);
        return;
    }
    if (unicorn->now_fx >> ENGINE_FX_BITS >= shortest_run_cycles)
        t->avoid = 0;
    else
        t->avoid = t->avoided = t->avoid * 2 + 1 < most_avoided ? t->avoid * 2 + 1 : most_avoided;
    if (outcome == UNICORN_ACCESS || outcome == UNICORN_INSIDE) {
        stop_inside(unicorn, outcome == UNICORN_ACCESS);
        return;
    }
    engine_commit(engine, unicorn->now_fx);
    if (outcome == UNICORN_FETCH && arm_bx_to(cpu, cpu->pc | cpu->thumb) != ARM_OK) {
        engine_enter_exact(engine);
        arm_finish_insn(cpu, ARM_EVENT);
    }
}

void unicorn_run(struct engine *engine, struct learned *l)
{
    struct thumb_learned *t = thumb_of(l);
    bool avoided = t->host && t->avoided != 0;
    t->avoided -= avoided;
    if (!t->host || avoided)
        engine_interpret(engine, l, 0);
    else
        run_host(engine, t);
}
