/* Fetches in exact generated code: see exact.h.
 *
 * A fetch is a call, unless memory says what one that hits does (struct mote_fetch_hit): that is
 * done in the code as long as it holds. The call then learns anew. */
#include "exact_code.h"

/* The one line that an instruction enters; false: two. */
static bool find_line(const struct native_build *b, const struct exact_site *site, uint32_t before,
                      uint32_t *line)
{
    const struct arm_plan *plan = exact_of(b)->blocks[site->count_index].plan;
    uint32_t mask = ~(plan->line_bytes - 1);
    uint32_t first = site->pc & mask, last = (site->pc + site->bytes - 1) & mask;
    *line = last;
    return first == last || (!site->taken && first == before);
}

static bool is_near(const void *from, const void *to)
{
    ptrdiff_t distance = (const char *)to - (const char *)from;
    return distance == (int32_t)distance;
}

/* Whether the code can do hits of the site. */
static bool has_hits(const struct native_build *b, struct exact_site *site, uint32_t before)
{
    const struct arm_cpu *cpu = exact_of(b)->cpu;
    const struct arm_plan *plan = exact_of(b)->blocks[site->count_index].plan;
    struct mote_region *region = plan->region;
    if ((cpu->queue != NULL && site->taken) || region->timing == NULL ||
        region->timing->fetch_hit == NULL || region->fetch_line_bytes == 0 ||
        !find_line(b, site, before, &site->line))
        return false;
    exact_learn_hit(site, region);
    const struct mote_fetch_hit *hit = &site->hit;
    return hit->last != NULL && is_near(hit->last, hit->is[0]) &&
           (hit->clock == NULL || is_near(hit->last, hit->clock));
}

static struct x86_place near_last(const struct mote_fetch_hit *hit, const void *what)
{
    return x86_base(X86_RDI, (int32_t)((const char *)what - (const char *)hit->last));
}

static struct x86_place of_site(size_t offset)
{
    return x86_base(X86_RCX, (int32_t)offset);
}

/* Away unless the word at is[i] has its value. */
static uint8_t *emit_condition(struct x86_emit *e, uint32_t i)
{
    size_t hit = offsetof(struct exact_site, hit);
    x86_load64(e, X86_RDX,
               of_site(hit + offsetof(struct mote_fetch_hit, is) + i * sizeof(uint32_t *)));
    x86_load(e, X86_RDX, x86_base(X86_RDX, 0));
    x86_alu(e, X86_CMP, X86_RDX,
            of_site(hit + offsetof(struct mote_fetch_hit, value) + i * sizeof(uint32_t)));
    return x86_jump_if(e, X86_NE);
}

/* What a hit changes; rcx: the site, rdi: where `last` is. */
static void emit_effects(struct x86_emit *e, const struct mote_fetch_hit *hit)
{
    size_t at = offsetof(struct exact_site, hit);
    x86_store_imm(e, x86_base(X86_RDI, 0), hit->line);
    x86_inc64(e, of_site(offsetof(struct exact_site, hits)));
    if (hit->clock != NULL) {
        x86_inc64(e, near_last(hit, hit->clock));
        x86_load64(e, X86_RDX, near_last(hit, hit->clock));
        x86_load64(e, X86_RDI, of_site(at + offsetof(struct mote_fetch_hit, used)));
        x86_store(e, x86_base(X86_RDI, 0), X86_RDX, 8);
    }
    if (hit->mark != NULL) {
        x86_load64(e, X86_RDX, of_site(at + offsetof(struct mote_fetch_hit, mark)));
        x86_load_extended(e, X86_RDI, of_site(at + offsetof(struct mote_fetch_hit, marked)), 1,
                          false);
        x86_store(e, x86_base(X86_RDX, 0), X86_RDI, 1);
    }
}

static void emit_call(struct native_build *b, struct exact_site *site)
{
    exact_call_site(b, site, exact_of(b)->fetch_call);
    x86_alu64(b->e, X86_SUB, X86_R15, x86_reg(X86_RCX));
}

static void emit_miss(struct native_build *b, const struct native_stub *stub)
{
    for (uint32_t i = 1; i < 3; i++)
        if (stub->detail[i] != 0)
            x86_land(b->e, b->code->writable + stub->detail[i]);
    emit_call(b, &exact_of(b)->sites[stub->detail[0]]);
    uint8_t *stopped = x86_jump_if(b->e, X86_LE);
    x86_jump_to(b->e, stub->back);
    x86_land(b->e, stopped);
    exact_leave(b, stub->value);
}

/* The line was fetched last, too. */
static void emit_same(struct native_build *b, const struct native_stub *stub)
{
    x86_inc64(b->e, of_site(offsetof(struct exact_site, same)));
    x86_jump_to(b->e, stub->back);
}

static void emit_hit(struct native_build *b, struct exact_site *site, uint32_t value)
{
    struct x86_emit *e = b->e;
    const struct mote_fetch_hit *hit = &site->hit;
    uint8_t *away[3] = {NULL, NULL, NULL};
    x86_imm64(e, X86_RCX, (uint64_t)(uintptr_t)site);
    x86_imm64(e, X86_RDI, (uint64_t)(uintptr_t)hit->last);
    x86_alu_imm(e, X86_CMP, near_last(hit, hit->is[0]), hit->value[0]);
    away[0] = x86_jump_if(e, X86_NE);
    away[1] = emit_condition(e, 1);
    if (hit->is[2] != NULL)
        away[2] = emit_condition(e, 2);
    if (site->taken) {
        const struct arm_plan *plan = exact_of(b)->blocks[site->count_index].plan;
        x86_alu_imm(e, X86_CMP, x86_base(X86_RBP, offsetof(struct arm_cpu, fetch_line)),
                    site->pc & ~(plan->line_bytes - 1));
        uint8_t *stays = x86_jump_if(e, X86_E);
        x86_inc64(e, of_site(offsetof(struct exact_site, jumps)));
        x86_land(e, stays);
    }
    x86_alu_imm(e, X86_CMP, x86_base(X86_RDI, 0), hit->line);
    struct native_stub *same = native_cold(b, x86_jump_if(e, X86_E));
    emit_effects(e, hit);
    same->emit = emit_same;
    same->back = e->at;
    struct native_stub *miss = native_cold(b, away[0]);
    miss->emit = emit_miss;
    miss->back = e->at;
    miss->value = value;
    miss->detail[0] = (uint32_t)(site - exact_of(b)->sites);
    for (uint32_t i = 1; i < 3; i++)
        miss->detail[i] = away[i] != NULL ? (uint32_t)(away[i] - b->code->writable) : 0;
}

void exact_emit_fetch(struct native_build *b, uint32_t number, uint32_t index, uint32_t pc,
                      uint32_t line_before, bool taken)
{
    struct exact_site *site = exact_new_site(b, number, index);
    uint32_t value = exact_inside_value(b, number, index);
    site->pc = pc;
    site->bytes = exact_block_of(b, number)->plan->ops[index].bytes;
    site->taken = taken;
    site->line_before = line_before;
    site->does_hits = has_hits(b, site, line_before);
    if (site->does_hits) {
        emit_hit(b, site, value);
        return;
    }
    emit_call(b, site);
    exact_leave_if(b, X86_LE, value);
}
