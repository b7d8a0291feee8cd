/* Loads and stores in generated code.
 *
 * An access is checked against the region of memory that it was last seen to go to, and, out of
 * line, against another one. Everything else is left to the interpreter, which also remembers where
 * it went (native_run.c drops the region then, so that it is compiled anew). */
#include "engine/native.h"

/* ---- the address, relative to a region: in edx ------------------------------------------------
 */

void native_offset(struct x86_emit *e, const struct native_access *access, uint32_t origin)
{
    int32_t add = (int32_t)(access->imm - origin);
    bool base_in_reg = access->base.kind == X86_IN_REG;
    if (!access->has_index) {
        if (base_in_reg) {
            x86_lea(e, X86_RDX, x86_base(access->base.reg, add));
        } else {
            x86_load(e, X86_RDX, access->base);
            x86_alu_imm(e, X86_ADD, x86_reg(X86_RDX), (uint32_t)add);
        }
    } else if (base_in_reg && access->index.kind == X86_IN_REG) {
        x86_lea(e, X86_RDX, x86_index(access->base.reg, access->index.reg, access->shift, add));
    } else {
        x86_load(e, X86_RDX, access->index);
        if (access->shift)
            x86_shift_imm(e, X86_SHL, X86_RDX, access->shift);
        x86_alu(e, X86_ADD, X86_RDX, access->base);
        x86_alu_imm(e, X86_ADD, x86_reg(X86_RDX), (uint32_t)add);
    }
}

/* Jumps away unless the offset in edx is good; the jumps go into `away`. Destroys ecx for stores to
 * regions with code. */
uint32_t native_checks(struct x86_emit *e, const struct native_access *access,
                       const struct native_memory *m, uint8_t *away[3])
{
    uint32_t count = 0;
    x86_alu_imm(e, X86_CMP, x86_reg(X86_RDX), m->bytes - access->bytes);
    away[count++] = x86_jump_if(e, X86_A);
    if (access->align_mask) {
        x86_test_imm8(e, x86_reg(X86_RDX), (uint8_t)access->align_mask);
        away[count++] = x86_jump_if(e, X86_NE);
    }
    if (access->store && m->code_high > m->code_low) {
        uint32_t low = m->code_low - (access->bytes - 1);
        x86_lea(e, X86_RCX, x86_base(X86_RDX, (int32_t)(0u - low)));
        x86_alu_imm(e, X86_CMP, x86_reg(X86_RCX), m->code_high - low);
        away[count++] = x86_jump_if(e, X86_B);
    }
    return count;
}

const struct native_memory *native_memory_at(const struct native_build *b, uint32_t number,
                                             const struct native_access *access)
{
    if (number >= b->memory_count)
        return NULL;
    const struct native_memory *m = &b->memory[number];
    bool usable = m->bytes >= access->bytes && (!access->store || m->writable) &&
                  (m->base & access->align_mask) == 0;
    return usable ? m : NULL;
}

/* ---- the second region, out of line -----------------------------------------------------------
 */

static void emit_second(struct native_build *b, const struct native_stub *stub)
{
    const struct native_access *access = &b->second[stub->detail[0]];
    const struct native_memory *m = &b->memory[stub->detail[1]];
    struct x86_emit *e = b->e;
    uint8_t *away[3];
    native_offset(e, access, m->base);
    uint32_t count = native_checks(e, access, m, away);
    x86_imm64(e, X86_RCX, (uint64_t)(uintptr_t)m->host);
    x86_jump_to(e, stub->back);
    for (uint32_t i = 0; i < count; i++)
        x86_land(e, away[i]);
    native_spill(b);
    x86_imm(e, X86_RCX, stub->value);
    x86_jump_to(e, b->code->inside);
}

static void add_second(struct native_build *b, const struct native_access *access, uint32_t index,
                       uint32_t number, uint8_t *jump)
{
    struct native_stub *stub = native_cold(b, jump);
    stub->emit = emit_second;
    stub->back = b->e->at;
    stub->value = b->block[b->present].count_index << NATIVE_INDEX_BITS | index;
    stub->detail[0] = b->second_count;
    stub->detail[1] = number;
    b->second[b->second_count++] = *access;
}

static struct x86_place constant_access(struct native_build *b, const struct native_access *access,
                                        uint32_t index)
{
    for (uint32_t i = 0; i < b->memory_count; i++) {
        const struct native_memory *m = &b->memory[i];
        uint32_t offset = access->constant - m->base;
        if (m->bytes < access->bytes || offset > m->bytes - access->bytes ||
            (access->constant & access->align_mask))
            continue;
        x86_imm64(b->e, X86_RCX, (uint64_t)(uintptr_t)(m->host + offset));
        return x86_base(X86_RCX, 0);
    }
    native_leave_inside(b, index);
    return x86_base(X86_RBP, 0); /* never executed */
}

struct x86_place native_access(struct native_build *b, const struct native_access *access,
                               uint32_t index, const uint8_t guess[2])
{
    if (b->shape->emit_access != NULL)
        return b->shape->emit_access(b, access, index, guess);
    if (access->is_constant)
        return constant_access(b, access, index);
    uint32_t first = guess[0] ? guess[0] - 1u : b->main_memory;
    const struct native_memory *m = native_memory_at(b, first, access);
    const struct native_memory *second =
        guess[1] ? native_memory_at(b, guess[1] - 1u, access) : NULL;
    if (m == NULL) {
        native_leave_inside(b, index);
        return x86_base(X86_RBP, 0); /* never executed */
    }
    uint8_t *away[3];
    native_offset(b->e, access, m->base);
    uint32_t count = native_checks(b->e, access, m, away);
    bool is_main = first == b->main_memory;
    if (!is_main)
        x86_imm64(b->e, X86_RCX, (uint64_t)(uintptr_t)m->host);
    else if (second != NULL)
        x86_load64(b->e, X86_RCX, x86_reg(X86_R14));
    uint32_t from = 0;
    if (second != NULL && b->second_count < NATIVE_SECONDS) {
        add_second(b, access, index, guess[1] - 1u, away[0]);
        from = 1;
    }
    for (uint32_t i = from; i < count; i++)
        native_leave_inside_from(b, away[i], index);
    return x86_index(is_main && second == NULL ? X86_R14 : X86_RCX, X86_RDX, 0, 0);
}
