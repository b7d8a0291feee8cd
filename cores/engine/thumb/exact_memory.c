/* Loads and stores in exact generated code: see exact.h. */
#include "exact_code.h"

#include "arm/queue.h"
#include "arm/security.h"

bool exact_is_plain(const struct exact *x, uint32_t number, uint32_t pc, bool store)
{
    const struct mote_region *region = mote_region_at_index(x->cpu->sys, number);
    const struct mote_mem_timing *timing = region->timing;
    if (arm_is_hidden(x->cpu, (uint32_t)region->base))
        return false;
    if (timing != NULL && (store ? timing->store != NULL : timing->load != NULL))
        return false;
    uint32_t last = (uint32_t)(region->base + region->size_bytes - 1);
    if (x->cpu->queue != NULL &&
        (arm_queue_is_shared(pc, (uint32_t)region->base) || arm_queue_is_shared(pc, last)))
        return false;
    return !store || region->store_extra_cycles == 0;
}

/* Bytes of each of an instruction's accesses. */
static uint32_t width_of(const struct native_access *access)
{
    return access->align_mask != 0 ? 4 : access->bytes;
}

/* The number of the memory that an access is expected in; that of build.memory_count: unknown. */
static uint32_t expected_memory(const struct native_build *b, const struct native_access *access,
                                const uint8_t guess[2])
{
    if (!access->is_constant)
        return guess[0] ? guess[0] - 1u : b->main_memory;
    for (uint32_t i = 0; i < b->memory_count; i++) {
        const struct native_memory *m = &b->memory[i];
        if (m->bytes >= access->bytes && access->constant - m->base <= m->bytes - access->bytes)
            return i;
    }
    return b->memory_count;
}

static struct exact_site *new_access_site(struct native_build *b, uint32_t index,
                                          const struct native_access *access)
{
    struct exact_site *site = exact_new_site(b, b->present, index);
    const struct exact_block *block = exact_present(b);
    const struct thumb_build *t = b->user;
    site->pc = t->pc;
    site->bytes = t->insn->t.bytes;
    site->store = access->store;
    site->returns = t->insn->t.cls == MOTE_CLASS_LOAD_MULTI && writes_pc(t->insn);
    site->width = width_of(access);
    site->words = access->bytes / site->width;
    site->assumed = block->assumed[index];
    return site;
}

/* The host's address of what a call has accessed; leaves when there is none. */
static struct x86_place called_access(struct native_build *b, struct exact_site *site)
{
    exact_call_site(b, site, exact_of(b)->access_call);
    x86_alu64_imm(b->e, X86_CMP, x86_reg(X86_RCX), 0);
    native_leave_inside_if(b, X86_E, site->index);
    return x86_base(X86_RCX, 0);
}

/* What is not in the expected memory, or not aligned, by a call after all. */
static void emit_miss(struct native_build *b, const struct native_stub *stub)
{
    struct x86_emit *e = b->e;
    struct exact *x = exact_of(b);
    for (uint32_t i = 2; i < 4; i++)
        if (stub->detail[i] != 0)
            x86_land(e, b->code->writable + stub->detail[i]);
    native_offset(e, &b->second[stub->detail[0]], 0);
    exact_call_site(b, &x->sites[stub->detail[1]], x->access_call);
    x86_alu64_imm(e, X86_CMP, x86_reg(X86_RCX), 0);
    uint8_t *done = x86_jump_if(e, X86_NE);
    exact_leave(b, stub->value);
    x86_land(e, done);
    x86_imm(e, X86_RDX, 0);
    x86_jump_to(e, stub->back);
}

static struct x86_place inlined_access(struct native_build *b, struct exact_site *site,
                                       const struct native_access *access,
                                       const struct native_memory *m)
{
    struct x86_emit *e = b->e;
    struct native_access *kept = &b->second[b->second_count];
    uint8_t *away[3] = {NULL, NULL, NULL};
    *kept = *access;
    kept->align_mask = site->width - 1;
    site->inlined = true;
    site->memory = (uint8_t)(m - b->memory + 1);
    native_offset(e, kept, m->base);
    uint32_t count = native_checks(e, kept, m, away);
    if (m == &b->memory[b->main_memory])
        x86_load64(e, X86_RCX, x86_reg(X86_R14));
    else
        x86_imm64(e, X86_RCX, (uint64_t)(uintptr_t)m->host);
    struct native_stub *stub = native_cold(b, away[0]);
    stub->emit = emit_miss;
    stub->back = e->at;
    stub->value = exact_inside_value(b, b->present, site->index);
    stub->detail[0] = b->second_count++;
    stub->detail[1] = (uint32_t)(site - exact_of(b)->sites);
    for (uint32_t i = 1; i < count; i++)
        stub->detail[1 + i] = (uint32_t)(away[i] - b->code->writable);
    return x86_index(X86_RCX, X86_RDX, 0, 0);
}

struct x86_place exact_emit_access(struct native_build *b, const struct native_access *access,
                                   uint32_t index, const uint8_t guess[2])
{
    const struct exact *x = exact_of(b);
    struct exact_site *site = new_access_site(b, index, access);
    uint32_t number = expected_memory(b, access, guess);
    const struct native_memory *m = NULL;
    if (number < b->memory_count &&
        exact_is_plain(x, number, b->block[b->present].pc, access->store))
        m = native_memory_at(b, number, access);
    if (m != NULL) {
        const struct mote_region *region = mote_region_at_index(x->cpu->sys, number);
        site->activity = access->store ? region->activity_store : region->activity_load;
        bool aligned = (access->constant & (site->width - 1)) == 0;
        if (access->is_constant && aligned && region->load_extra_cycles == 0) {
            site->inlined = true;
            uint8_t *host = m->host + (access->constant - m->base);
            x86_imm64(b->e, X86_RCX, (uint64_t)(uintptr_t)host);
            return x86_base(X86_RCX, 0);
        }
        if (!access->is_constant && b->second_count < NATIVE_SECONDS)
            return inlined_access(b, site, access, m);
    }
    if (access->is_constant)
        x86_imm(b->e, X86_RDX, access->constant);
    else
        native_offset(b->e, access, 0);
    return called_access(b, site);
}
