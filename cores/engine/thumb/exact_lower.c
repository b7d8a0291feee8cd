/* Heads, ends and fetches in exact generated code: see exact.h. */
#include "exact_code.h"

/* ---- small pieces -----------------------------------------------------------------------------
 */

static struct x86_place extra_of(const struct native_build *b)
{
    return x86_rip(&b->code->data->extra[b->block[b->present].count_index]);
}

/* Gives back what was charged and is not due. */
static void refund(struct native_build *b, uint32_t cycles)
{
    if (cycles == 0)
        return;
    x86_alu64_imm(b->e, X86_ADD, x86_reg(X86_R15), (int32_t)cycles);
    x86_alu64_imm(b->e, X86_SUB, extra_of(b), (int32_t)cycles);
}

void exact_leave(struct native_build *b, uint32_t value)
{
    native_spill(b);
    x86_imm(b->e, X86_RCX, value);
    x86_jump_to(b->e, b->code->inside);
}

static uint32_t fell_value(const struct native_build *b, uint32_t number)
{
    return EXACT_FELL | b->block[number].count_index << NATIVE_INDEX_BITS;
}

uint32_t exact_inside_value(const struct native_build *b, uint32_t number, uint32_t index)
{
    return b->block[number].count_index << NATIVE_INDEX_BITS | index;
}

struct exact_site *exact_new_site(struct native_build *b, uint32_t number, uint32_t index)
{
    struct exact *x = exact_of(b);
    struct exact_site *site = &x->sites[x->site_count];
    if (x->site_count + 1 < EXACT_MAX_SITES)
        x->site_count++;
    else
        b->e->full = true;
    *site = (struct exact_site){
        .exact = x, .count_index = b->block[number].count_index, .index = index};
    return site;
}

void exact_call_site(struct native_build *b, struct exact_site *site, const uint8_t *target)
{
    x86_imm64(b->e, X86_RCX, (uint64_t)(uintptr_t)site);
    x86_call_to(b->e, target);
}

/* ---- calls: rcx the site, edx the address; eax and guest registers are kept -------------------
 */

static const uint8_t caller_saved[] = {X86_RAX, X86_RSI, X86_R8, X86_R9, X86_R10, X86_R11};

static const uint8_t *emit_call(struct exact *x, uint64_t helper, bool stalls)
{
    struct x86_emit *e = &x->engine->native->code->emit;
    const uint8_t *start = e->at;
    for (size_t i = 0; i < sizeof(caller_saved); i++)
        x86_push(e, caller_saved[i]);
    x86_alu64_imm(e, X86_SUB, x86_reg(X86_RSP), 8);
    x86_load64(e, X86_RDI, x86_reg(X86_RCX));
    x86_load64(e, X86_RSI, x86_reg(X86_R15));
    x86_imm64(e, X86_RAX, helper);
    x86_call(e, X86_RAX);
    x86_load64(e, X86_RCX, x86_reg(X86_RAX));
    if (stalls)
        x86_alu64(e, X86_SUB, X86_R15, x86_rip(&x->engine->native->code->data->stall));
    x86_alu64_imm(e, X86_ADD, x86_reg(X86_RSP), 8);
    for (size_t i = sizeof(caller_saved); i-- > 0;)
        x86_pop(e, caller_saved[i]);
    x86_byte(e, X86_RET);
    return start;
}

void exact_emit_common(struct exact *x)
{
    struct native_code *code = x->engine->native->code;
    union {
        uint64_t (*fetch)(struct exact_site *site, int64_t budget);
        uint8_t *(*access)(struct exact_site *site, int64_t budget, uint32_t address);
        uint64_t address;
    } fetch = {.fetch = exact_fetch}, access = {.access = exact_access};
    x->fetch_call = emit_call(x, fetch.address, false);
    x->access_call = emit_call(x, access.address, true);
    code->first = code->emit.at;
}

/* ---- heads and fetches ------------------------------------------------------------------------
 */

static uint32_t fetch_lines(const struct arm_plan *plan, uint32_t *last)
{
    uint32_t mask = ~(plan->line_bytes - 1), pc = plan->block->pc;
    *last = (pc + plan->ops[0].bytes - 1) & mask;
    return pc & mask;
}

static void emit_stop_fallen(struct native_build *b, const struct native_stub *stub)
{
    x86_alu64_imm(b->e, X86_ADD, x86_reg(X86_R15), (int32_t)stub->detail[1]);
    exact_leave(b, stub->detail[0]);
}

static void emit_to_body(struct native_build *b, const struct native_stub *stub)
{
    x86_aim(b->e, stub->jump, exact_block_of(b, stub->detail[0])->body);
}

static void emit_leave(struct native_build *b, const struct native_stub *stub)
{
    exact_leave(b, stub->value);
}

void exact_leave_if(struct native_build *b, enum x86_cond cond, uint32_t value)
{
    struct native_stub *stub = native_cold(b, x86_jump_if(b->e, cond));
    stub->emit = emit_leave;
    stub->value = value;
}

/* The second head of a block of the build, behind the present one. */
static void emit_second_head(struct native_build *b, uint32_t number)
{
    struct x86_emit *e = b->e;
    struct native_data *data = b->code->data;
    const struct exact_block *block = exact_present(b), *next = exact_block_of(b, number);
    uint32_t count = b->block[number].count_index;
    uint32_t charge = next->charge + (uint32_t)block->next_more[0];
    x86_alu64_imm(e, X86_SUB, x86_reg(X86_R15), (int32_t)charge);
    struct native_stub *stub = native_cold(b, x86_jump_if(e, X86_LE));
    stub->emit = emit_stop_fallen;
    stub->detail[0] = fell_value(b, b->present);
    stub->detail[1] = charge;
    x86_inc64(e, x86_rip(&data->counts[count]));
    if (block->next_more[0] != 0)
        x86_alu64_imm(e, X86_ADD, x86_rip(&data->extra[count]), block->next_more[0]);
    x86_store_imm(e, x86_rip(&data->fell), b->block[b->present].count_index + 1);
    if (block->next_fetch)
        exact_emit_fetch(b, number, 0, b->block[number].pc, block->plan->last_line, false);
    stub = native_cold(b, x86_jump(e));
    stub->emit = emit_to_body;
    stub->detail[0] = number;
}

/* Control goes on behind the present block, perhaps with another one. */
static void emit_fall(struct native_build *b)
{
    const struct native_block *native = &b->block[b->present];
    struct exact_block *block = exact_present(b);
    refund(b, block->fall_refund);
    for (uint32_t i = 0; i < b->block_count; i++) {
        struct exact_block *next = exact_block_of(b, i);
        if (b->block[i].pc != native->end || !exact_find_next_costs(exact_of(b), block, next->plan))
            continue;
        uint32_t last, first = fetch_lines(next->plan, &last);
        block->next_fetch = first != block->plan->last_line || last != block->plan->last_line;
        emit_second_head(b, i);
        return;
    }
    exact_leave(b, fell_value(b, b->present));
}

static void prepare(struct native_build *b)
{
    struct exact *x = exact_of(b);
    x->first_site[b->region] = x->site_count;
    for (uint32_t i = 0; i < b->block_count; i++) {
        struct learned *l = b->block[i].owner;
        struct exact_block *block = exact_block_of(b, i);
        *block = (struct exact_block){.learned = l, .plan = arm_plan_of(x->cpu, l->block)};
        exact_find_charges(b, block);
        b->block[i].cost_fx = block->charge;
        for (uint32_t k = 0; k < b->block_count; k++)
            block->has_second |= b->block[k].end == b->block[i].pc;
    }
}

static void emit_head(struct native_build *b, struct native_block *native)
{
    struct x86_emit *e = b->e;
    if (b->present == 0)
        prepare(b);
    struct exact_block *block = exact_present(b);
    block->first_site = exact_of(b)->site_count;
    native->head = e->at;
    x86_alu64_imm(e, X86_SUB, x86_reg(X86_R15), (int32_t)block->charge);
    native_stop_if(b, X86_LE);
    x86_inc64(e, x86_rip(&b->code->data->counts[native->count_index]));
    if (block->has_second)
        x86_store_imm(e, x86_rip(&b->code->data->fell), 0);
    exact_emit_fetch(b, b->present, 0, native->pc, 0, true);
    block->body = e->at;
}

/* ---- branches ---------------------------------------------------------------------------------
 */

static void emit_fallen(struct native_build *b, const struct native_stub *stub)
{
    x86_alu64_imm(b->e, X86_ADD, x86_reg(X86_R15), (int32_t)stub->detail[1]);
    x86_alu64_imm(b->e, X86_SUB, x86_rip(&b->code->data->extra[stub->detail[2]]),
                  (int32_t)stub->detail[1]);
    exact_leave(b, stub->detail[0]);
}

/* A branch to the next instruction counts as not taken. */
static void emit_indirect(struct native_build *b)
{
    struct x86_emit *e = b->e;
    const struct native_block *native = &b->block[b->present];
    x86_lea(e, X86_RDX, x86_base(X86_RCX, (int32_t)(0u - native->end)));
    x86_alu_imm(e, X86_CMP, x86_reg(X86_RDX), 1);
    struct native_stub *stub = native_cold(b, x86_jump_if(e, X86_BE));
    stub->emit = emit_fallen;
    stub->detail[0] = fell_value(b, b->present);
    stub->detail[1] = exact_present(b)->taken_more;
    stub->detail[2] = native->count_index;
    native_spill(b);
    x86_jump_to(e, b->code->indirect);
}

/* ---- around each instruction ------------------------------------------------------------------
 */

void exact_before(struct thumb_build *t)
{
    const struct exact_block *block = exact_present(t->b);
    const struct arm_plan *plan = block->plan;
    if (t->index != 0 && (plan->ops[t->index].flags & ARM_PLAN_FETCH)) {
        uint32_t before = (t->pc - 1) & ~(plan->line_bytes - 1);
        exact_emit_fetch(t->b, t->b->present, t->index, t->pc, before, false);
        t->host_flags = 0;
    }
    if (t->index + 1 == plan->block->count)
        x86_store_imm(t->e, x86_base(X86_RBP, offsetof(struct arm_cpu, fetch_line)),
                      plan->last_line);
}

static struct exact_site *access_site(const struct thumb_build *t)
{
    const struct exact *x = t->exact;
    const struct exact_block *block = exact_present(t->b);
    if (block->first_site == x->site_count)
        return NULL;
    struct exact_site *site = &x->sites[x->site_count - 1];
    return site->words != 0 && site->index == t->index ? site : NULL;
}

void exact_after(struct thumb_build *t)
{
    struct exact_block *block = exact_present(t->b);
    block->end_site = t->exact->site_count;
    if (access_site(t) == NULL || t->index + 1 == block->plan->block->count)
        return;
    x86_alu64_imm(t->e, X86_CMP, x86_reg(X86_R15), 0);
    exact_leave_if(t->b, X86_LE,
                   exact_inside_value(t->b, t->b->present, t->index + 1) | EXACT_UNFETCHED);
    t->host_flags = 0;
}

void exact_executed(struct thumb_build *t)
{
    refund(t->b, exact_present(t->b)->executed_refund[t->index]);
}

static void emit_skipped(struct native_build *b, const struct native_stub *stub)
{
    struct x86_emit *e = b->e;
    int32_t cycles = (int32_t)stub->detail[0];
    if (cycles != 0) {
        x86_alu64_imm(e, X86_ADD, x86_reg(X86_R15), cycles);
        x86_alu64_imm(e, X86_SUB, x86_rip(&b->code->data->extra[stub->detail[1]]), cycles);
    }
    if (stub->detail[2] != 0) {
        uint64_t *misses = &exact_of(b)->sites[stub->detail[2] - 1].misses;
        x86_imm64(e, X86_RCX, (uint64_t)(uintptr_t)misses);
        x86_inc64(e, x86_base(X86_RCX, 0));
    }
    x86_jump_to(e, stub->back);
}

void exact_skipped(struct thumb_build *t, uint8_t *jump)
{
    const struct exact_site *site = access_site(t);
    uint32_t refunded = exact_present(t->b)->skip_refund[t->index];
    if (refunded == 0 && (site == NULL || !site->inlined)) {
        x86_land(t->e, jump);
        return;
    }
    struct native_stub *stub = native_cold(t->b, jump);
    stub->emit = emit_skipped;
    stub->back = t->e->at;
    stub->detail[0] = refunded;
    stub->detail[1] = t->b->block[t->b->present].count_index;
    if (site != NULL && site->inlined)
        stub->detail[2] = (uint32_t)(site - t->exact->sites) + 1;
}

void exact_describe(void *cpu, struct native_build *b, struct native_guest *guest)
{
    struct thumb_build *t = b->user;
    thumb_describe(cpu, b, guest);
    guest->costs_change = false;
    t->aligned = false;
    t->exact = ((struct arm_cpu *)cpu)->exact;
    guest->emit_head = emit_head;
    guest->emit_fall = emit_fall;
    guest->emit_indirect = emit_indirect;
    guest->emit_access = exact_emit_access;
}
