/* Building a region: registers, block heads, exits. */
#include "engine/native.h"

#include <string.h>

/* Callee-saved first, so that calls from generated code spill little that is used in the loop. The
 * last is for guests without flags. */
static const uint8_t mappable[] = {X86_RBX, X86_R12, X86_R13, X86_RSI, X86_R8,
                                   X86_R9,  X86_R10, X86_R11, X86_RAX};

static struct x86_place home(const struct native_guest *guest, uint32_t i)
{
    return x86_base(X86_RBP, guest->reg_offset + guest->reg_stride * (int32_t)i);
}

static void map_registers(struct native_build *b, const struct native_guest *guest)
{
    b->mapped = 0;
    for (uint32_t i = 0; i < guest->reg_count; i++)
        b->guest[i] = home(guest, i);
    for (size_t k = 0; k < sizeof(mappable) - guest->has_flags; k++) {
        uint32_t best = guest->reg_count;
        double most = 0;
        for (uint32_t i = 0; i < guest->reg_count; i++)
            if (!(b->mapped >> i & 1) && guest->use[i] > most) {
                most = guest->use[i];
                best = i;
            }
        if (best == guest->reg_count)
            break;
        b->mapped |= 1ull << best;
        b->guest[best] = x86_reg(mappable[k]);
    }
    b->written = guest->written & b->mapped;
}

/* The guest being built, for spills; one region is built at a time. */
static void store_written(struct native_build *b, const struct native_guest *guest)
{
    for (uint64_t left = b->written; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        x86_store(b->e, home(guest, i), b->guest[i].reg, 4);
    }
}

static void load_mapped(struct native_build *b, const struct native_guest *guest)
{
    for (uint64_t left = b->mapped; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        x86_load(b->e, b->guest[i].reg, home(guest, i));
    }
}

void native_spill(struct native_build *b)
{
    store_written(b, b->shape);
}

void native_reload(struct native_build *b)
{
    load_mapped(b, b->shape);
}

/* ---- stubs ------------------------------------------------------------------------------------
 */

struct native_stub *native_cold(struct native_build *b, uint8_t *jump)
{
    static struct native_stub overflow;
    if (b->stub_count == NATIVE_MAX_STUBS) {
        b->e->full = true;
        return &overflow;
    }
    struct native_stub *stub = &b->stub[b->stub_count++];
    *stub = (struct native_stub){.kind = NATIVE_STUB_OTHER, .jump = jump};
    return stub;
}

static void add_stub(struct native_build *b, enum native_stub_kind kind, uint8_t *jump,
                     uint32_t value)
{
    struct native_stub *stub = native_cold(b, jump);
    stub->kind = (uint8_t)kind;
    stub->value = value;
}

static struct native_block *block_at(struct native_build *b, uint32_t pc)
{
    for (uint32_t i = 0; i < b->block_count; i++)
        if (b->block[i].pc == pc)
            return &b->block[i];
    return NULL;
}

/* Jumps to blocks of the region that are not emitted yet wait in the list of stubs too. */
void native_edge(struct native_build *b, uint32_t pc)
{
    if (b->shape->emit_fall != NULL && pc == b->block[b->present].end) {
        b->shape->emit_fall(b);
        return;
    }
    const struct native_block *to = block_at(b, pc);
    if (to != NULL && to->head != NULL)
        x86_jump_to(b->e, to->head);
    else if (to == NULL || b->conditional || to != &b->block[b->present + 1])
        add_stub(b, NATIVE_STUB_EDGE, x86_jump(b->e), pc);
}

void native_edge_if(struct native_build *b, enum x86_cond cond, uint32_t pc)
{
    const struct native_block *to = block_at(b, pc);
    if (to != NULL && to->head != NULL)
        x86_jump_if_to(b->e, cond, to->head);
    else
        add_stub(b, NATIVE_STUB_EDGE, x86_jump_if(b->e, cond), pc);
}

void native_indirect(struct native_build *b)
{
    if (b->shape->emit_indirect != NULL)
        b->shape->emit_indirect(b);
    native_spill(b);
    x86_jump_to(b->e, b->code->indirect);
}

uint32_t native_inside_value(const struct native_build *b, uint32_t index)
{
    return b->block[b->present].count_index << NATIVE_INDEX_BITS | index;
}

void native_leave_inside_if(struct native_build *b, enum x86_cond cond, uint32_t index)
{
    add_stub(b, NATIVE_STUB_INSIDE, x86_jump_if(b->e, cond), native_inside_value(b, index));
}

void native_leave_inside(struct native_build *b, uint32_t index)
{
    add_stub(b, NATIVE_STUB_INSIDE, x86_jump(b->e), native_inside_value(b, index));
}

void native_leave_inside_from(struct native_build *b, uint8_t *jump, uint32_t index)
{
    add_stub(b, NATIVE_STUB_INSIDE, jump, native_inside_value(b, index));
}

/* Takes a block's cost from the budget, or gives it back. */
static void charge(struct native_build *b, enum x86_alu op, const struct native_block *block)
{
    if (b->shape->costs_change)
        x86_alu64(b->e, op, X86_R15, x86_rip(&b->code->data->cost_fx[block->count_index]));
    else
        x86_alu64_imm(b->e, op, x86_reg(X86_R15), (int32_t)block->cost_fx);
}

static void emit_stub(struct native_build *b, const struct native_stub *stub)
{
    struct x86_emit *e = b->e;
    const struct native_block *to =
        stub->kind == NATIVE_STUB_EDGE ? block_at(b, stub->value) : NULL;
    if (to != NULL) {
        x86_aim(e, stub->jump, to->head);
        return;
    }
    x86_land(e, stub->jump);
    switch ((enum native_stub_kind)stub->kind) {
    case NATIVE_STUB_STOP:
        charge(b, X86_ADD, &b->block[stub->value]);
        native_spill(b);
        x86_imm(e, X86_RCX, b->block[stub->value].pc);
        x86_jump_to(e, b->code->stop);
        break;
    case NATIVE_STUB_INSIDE:
        native_spill(b);
        x86_imm(e, X86_RCX, stub->value);
        x86_jump_to(e, b->code->inside);
        break;
    case NATIVE_STUB_EDGE:
        native_spill(b);
        x86_imm(e, X86_RCX, stub->value);
        x86_jump_through(e, x86_rip(native_link(b->code, stub->value)));
        break;
    case NATIVE_STUB_OTHER:
        stub->emit(b, stub);
        break;
    }
}

/* ---- the region -------------------------------------------------------------------------------
 */

void native_stop_if(struct native_build *b, enum x86_cond cond)
{
    add_stub(b, NATIVE_STUB_STOP, x86_jump_if(b->e, cond), b->present);
}

/* The budget is taken before anything else; the block is not entered when nothing would be left. */
static void emit_head(struct native_build *b, struct native_block *block)
{
    struct x86_emit *e = b->e;
    block->head = e->at;
    charge(b, X86_SUB, block);
    native_stop_if(b, X86_BE);
    x86_inc64(e, x86_rip(&b->code->data->counts[block->count_index]));
}

static void emit_entry(struct native_build *b, const struct native_block *block, uint32_t needs)
{
    struct x86_emit *e = b->e;
    const uint8_t *entry = x86_runs_at(e);
    if (needs != 0) {
        x86_test_imm(e, x86_rip(&b->code->data->forbidden), needs);
        uint8_t *allowed = x86_jump_if(e, X86_E);
        x86_imm(e, X86_RCX, block->pc);
        x86_jump_to(e, b->code->stop);
        x86_land(e, allowed);
    }
    x86_store_imm8(e, x86_rip(&b->code->data->dirty[b->region]), 1);
    native_reload(b);
    x86_jump_to(e, block->head);
    if (!e->full)
        *native_link(b->code, block->pc) = entry;
}

bool native_build(struct native_build *b, const struct native_guest *guest)
{
    struct native_code *code = b->code;
    struct x86_emit *e = b->e = &code->emit;
    if (native_code_is_full(code))
        return false;
    b->shape = guest;
    b->stub_count = b->second_count = 0;
    b->region = code->region_count++;
    map_registers(b, guest);
    uint32_t needs = 0;
    for (uint32_t i = 0; i < b->block_count; i++) {
        struct native_block *block = &b->block[i];
        block->head = NULL;
        block->count_index = code->count_count++;
        code->data->counts[block->count_index] = 0;
        code->data->extra[block->count_index] = 0;
        code->data->cost_fx[block->count_index] = block->cost_fx;
        code->owner[block->count_index] = block->owner;
        code->count_pc[block->count_index] = block->pc;
        needs |= block->needs;
    }
    code->region_first[b->region + 1] = code->count_count;
    for (b->present = 0; b->present < b->block_count; b->present++) {
        if (guest->emit_head != NULL)
            guest->emit_head(b, &b->block[b->present]);
        else
            emit_head(b, &b->block[b->present]);
        guest->lower(b, &b->block[b->present]);
    }
    for (uint32_t i = 0; i < b->stub_count; i++)
        emit_stub(b, &b->stub[i]);
    if (e->full)
        return false;
    for (uint32_t i = 0; i < b->block_count; i++)
        emit_entry(b, &b->block[i], needs);
    return !e->full;
}
