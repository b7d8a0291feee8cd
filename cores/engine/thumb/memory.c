/* Loads and stores: cores/isa/thumb/load.c, store.c, multiple.c and the FP ones of vfp_transfer.c.
 *
 * An access is checked against the region of memory that it was last seen to go to, and, out of
 * line, against another one. Everything else is left to the interpreter, which also remembers where
 * it went (region.c compiles anew when that pays). */
#include "lower.h"

/* ---- the address, relative to a region: in edx ------------------------------------------------
 */

static void emit_offset(struct x86_emit *e, const struct thumb_access *access, uint32_t origin)
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
static uint32_t emit_checks(struct x86_emit *e, const struct thumb_access *access,
                            const struct native_memory *m, uint8_t *away[3])
{
    uint32_t count = 0;
    x86_alu_imm(e, X86_CMP, x86_reg(X86_RDX), m->bytes - access->bytes);
    away[count++] = x86_jump_if(e, X86_A);
    if (access->aligned) {
        x86_test_imm8(e, x86_reg(X86_RDX), 3);
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

static const struct native_memory *memory_at(const struct thumb_build *t, uint32_t number,
                                             const struct thumb_access *access)
{
    if (number >= t->memory_count)
        return NULL;
    const struct native_memory *m = &t->memory[number];
    bool usable = m->bytes >= access->bytes && (!access->store || m->writable);
    return usable ? m : NULL;
}

/* ---- the second region, out of line -----------------------------------------------------------
 */

static void emit_second(struct native_build *b, const struct native_stub *stub)
{
    struct thumb_build *t = b->user;
    const struct thumb_access *access = &t->second[stub->detail[0]];
    const struct native_memory *m = &t->memory[stub->detail[1]];
    struct x86_emit *e = b->e;
    uint8_t *away[3];
    emit_offset(e, access, m->base);
    uint32_t count = emit_checks(e, access, m, away);
    x86_imm64(e, X86_RCX, (uint64_t)(uintptr_t)m->host);
    x86_jump_to(e, stub->back);
    for (uint32_t i = 0; i < count; i++)
        x86_land(e, away[i]);
    native_spill(b);
    x86_imm(e, X86_RCX, stub->value);
    x86_jump_to(e, b->code->inside);
}

static void add_second(struct thumb_build *t, const struct thumb_access *access, uint32_t number,
                       uint8_t *jump, uint8_t *back)
{
    struct native_stub *stub = native_cold(t->b, jump);
    stub->emit = emit_second;
    stub->back = back;
    stub->value = t->b->block[t->b->present].count_index << NATIVE_INDEX_BITS | t->index;
    stub->detail[0] = t->second_count;
    stub->detail[1] = number;
    t->second[t->second_count++] = *access;
}

static void leave_at(struct thumb_build *t, uint8_t *jump)
{
    native_leave_inside_from(t->b, jump, t->index);
}

static struct x86_place constant_access(struct thumb_build *t, const struct thumb_access *access)
{
    for (uint32_t i = 0; i < t->memory_count; i++) {
        const struct native_memory *m = &t->memory[i];
        uint32_t offset = access->constant - m->base;
        if (m->bytes < access->bytes || offset > m->bytes - access->bytes ||
            (access->aligned && (offset & 3)))
            continue;
        x86_imm64(t->e, X86_RCX, (uint64_t)(uintptr_t)(m->host + offset));
        return x86_base(X86_RCX, 0);
    }
    native_leave_inside(t->b, t->index);
    return x86_base(X86_RBP, 0); /* never executed */
}

struct x86_place thumb_access(struct thumb_build *t, const struct thumb_access *access)
{
    if (access->is_constant)
        return constant_access(t, access);
    const uint8_t *guess = t->learned->guess[t->index];
    uint32_t first = guess[0] ? guess[0] - 1u : t->main_memory;
    const struct native_memory *m = memory_at(t, first, access);
    const struct native_memory *second = guess[1] ? memory_at(t, guess[1] - 1u, access) : NULL;
    if (m == NULL) {
        native_leave_inside(t->b, t->index);
        return x86_base(X86_RBP, 0); /* never executed */
    }
    uint8_t *away[3];
    emit_offset(t->e, access, m->base);
    uint32_t count = emit_checks(t->e, access, m, away);
    bool is_main = first == t->main_memory;
    if (!is_main)
        x86_imm64(t->e, X86_RCX, (uint64_t)(uintptr_t)m->host);
    else if (second != NULL)
        x86_load64(t->e, X86_RCX, x86_reg(X86_R14));
    uint32_t from = 0;
    if (second != NULL && t->second_count < THUMB_SECONDS) {
        add_second(t, access, guess[1] - 1u, away[0], t->e->at);
        from = 1;
    }
    for (uint32_t i = from; i < count; i++)
        leave_at(t, away[i]);
    return x86_index(is_main && second == NULL ? X86_R14 : X86_RCX, X86_RDX, 0, 0);
}

/* ---- single loads and stores ------------------------------------------------------------------
 */

static struct thumb_access access_of(struct thumb_build *t, uint32_t bytes, bool store)
{
    const struct arm_insn *insn = t->insn;
    struct thumb_access a = {.bytes = bytes, .store = store};
    if (insn->form == MEMORY_LITERAL) {
        a.is_constant = true;
        a.constant = ((t->pc + 4) & ~3u) + insn->imm;
        return a;
    }
    a.base = guest(t, insn->rn);
    if (insn->form == MEMORY_INDEX) {
        a.has_index = true;
        a.index = guest(t, insn->rm);
        a.shift = insn->shift_amount;
    } else if (insn->form != MEMORY_POST) {
        a.imm = insn->imm;
    }
    return a;
}

static void write_back(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    if ((insn->form != MEMORY_PRE && insn->form != MEMORY_POST) || insn->imm == 0)
        return;
    x86_alu_imm(t->e, X86_ADD, guest(t, insn->rn), insn->imm);
    if (insn->rn == SP && (insn->imm & 3))
        x86_alu_imm(t->e, X86_AND, guest(t, SP), ~3u);
}

/* Numbering of cores/isa/thumb/load.c and store.c. */
enum { OP_WORD, OP_HALF, OP_BYTE, OP_SIGNED_HALF, OP_SIGNED_BYTE };

static uint32_t size_of(unsigned op)
{
    return op == OP_WORD ? 4 : op == OP_HALF || op == OP_SIGNED_HALF ? 2 : 1;
}

bool thumb_lower_load(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    unsigned op = insn->row->op;
    if (insn->t.cls != MOTE_CLASS_LOAD || !(insn->t.writes & 0x7FFF) || (insn->t.writes >> PC & 1))
        return false; /* preloads, LDR to the pc */
    struct thumb_access access = access_of(t, size_of(op), false);
    struct x86_place from = thumb_access(t, &access);
    unsigned to = result_reg(t, insn->rd);
    x86_load_extended(t->e, to, from, access.bytes, op >= OP_SIGNED_HALF);
    if (insn->rd != insn->rn || insn->form == MEMORY_LITERAL)
        write_back(t);
    if (insn->rd == SP)
        x86_alu_imm(t->e, X86_AND, x86_reg(to), ~3u);
    put_result(t, insn->rd, to);
    return true;
}

bool thumb_lower_store(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    struct thumb_access access = access_of(t, size_of(insn->row->op), true);
    struct x86_place to = thumb_access(t, &access);
    unsigned value = in_register(t, insn->rd, X86_RDI);
    x86_store(t->e, to, value, access.bytes);
    write_back(t);
    return true;
}

/* ---- several words ----------------------------------------------------------------------------
 */

static struct x86_place word_at(struct x86_place place, uint32_t number)
{
    place.disp += 4 * (int32_t)number;
    return place;
}

static void load_word(struct thumb_build *t, unsigned reg, struct x86_place from)
{
    unsigned to = result_reg(t, reg);
    x86_load(t->e, to, from);
    put_result(t, reg, to);
}

static void store_word(struct thumb_build *t, unsigned reg, struct x86_place to)
{
    x86_store(t->e, to, in_register(t, reg, X86_RDI), 4);
}

/* The return address of a POP is looked at before anything changes: what is not a plain Thumb
 * address is left to the interpreter. It waits in cpu->next_pc. */
static void take_target(struct thumb_build *t, struct x86_place from)
{
    x86_load(t->e, X86_RDI, from);
    x86_test_imm8(t->e, x86_reg(X86_RDI), 1);
    native_leave_inside_if(t->b, X86_E, t->index);
    x86_alu_imm(t->e, X86_CMP, x86_reg(X86_RDI), 0xF0000000u);
    native_leave_inside_if(t->b, X86_AE, t->index);
    x86_store(t->e, x86_base(X86_RBP, offsetof(struct arm_cpu, next_pc)), X86_RDI, 4);
}

enum { LIST_LOAD = 1, LIST_DECREMENT = 2 }; /* row->op of multiple.c */

static void lower_list(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    bool is_load = insn->row->op & LIST_LOAD;
    uint32_t words = insn->t.words, step = 4 * words, number = 0;
    bool down = insn->row->op & LIST_DECREMENT;
    struct thumb_access access = {.base = guest(t, insn->rn),
                                  .imm = down ? 0u - step : 0,
                                  .bytes = step,
                                  .store = !is_load,
                                  .aligned = true};
    struct x86_place place = thumb_access(t, &access);
    if (insn->imm >> PC & 1)
        take_target(t, word_at(place, words - 1));
    bool base_after = is_load && (insn->imm >> insn->rn & 1);
    for (uint32_t list = insn->imm & 0x7FFF; list != 0; list &= list - 1) {
        unsigned reg = (unsigned)__builtin_ctz(list);
        if (is_load)
            load_word(t, reg, word_at(place, number++));
        else
            store_word(t, reg, word_at(place, number++));
    }
    if (insn->form && !base_after)
        x86_alu_imm(t->e, X86_ADD, guest(t, insn->rn), down ? 0u - step : step);
    if (insn->imm >> PC & 1) {
        x86_load(t->e, X86_RCX, x86_base(X86_RBP, offsetof(struct arm_cpu, next_pc)));
        native_indirect(t->b);
        t->ended = true;
    }
}

bool thumb_lower_multiple(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    bool dual = insn->row->mask == 0xFE500000u;
    if (!dual) {
        lower_list(t);
        return true;
    }
    bool is_load = insn->row->op & LIST_LOAD;
    struct thumb_access access = access_of(t, 8, !is_load);
    access.aligned = true;
    struct x86_place place = thumb_access(t, &access);
    if (is_load) {
        load_word(t, insn->rd, place);
        load_word(t, insn->ra, word_at(place, 1));
    } else {
        store_word(t, insn->rd, place);
        store_word(t, insn->ra, word_at(place, 1));
    }
    bool base_loaded = is_load && (insn->rd == insn->rn || insn->ra == insn->rn);
    if (!base_loaded)
        write_back(t);
    return true;
}

/* ---- floating-point registers: always in cpu->s -----------------------------------------------
 */

static struct x86_place fp_register(uint32_t number)
{
    return x86_base(X86_RBP, (int32_t)(offsetof(struct arm_cpu, s) + 4 * number));
}

static bool lower_fp_memory(struct thumb_build *t, bool is_load)
{
    const struct arm_insn *insn = t->insn;
    uint32_t words = insn->t.words;
    struct thumb_access access = {.base = guest(t, insn->rn == PC ? 0 : insn->rn),
                                  .imm = insn->imm,
                                  .bytes = 4 * words,
                                  .store = !is_load,
                                  .aligned = true,
                                  .is_constant = insn->rn == PC,
                                  .constant = ((t->pc + 4) & ~3u) + insn->imm};
    struct x86_place place = thumb_access(t, &access);
    for (uint32_t i = 0; i < words; i++) {
        x86_load(t->e, X86_RDI, is_load ? word_at(place, i) : fp_register(insn->rd + i));
        x86_store(t->e, is_load ? fp_register(insn->rd + i) : word_at(place, i), X86_RDI, 4);
    }
    if (insn->form)
        x86_alu_imm(t->e, X86_ADD, guest(t, insn->rn), insn->ra ? 0u - 4 * words : 4 * words);
    return true;
}

/* VLDR, VSTR, VLDM, VSTM, and VMOV between one register and another or of an immediate. */
bool thumb_lower_vfp_transfer(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    switch (insn->row->match) {
    case 0xED100A00:
    case 0xEC100A00:
        return lower_fp_memory(t, true);
    case 0xED000A00:
    case 0xEC000A00:
        return lower_fp_memory(t, false);
    case 0xEE000A10:
    case 0xEE000B10:
        x86_store(t->e, fp_register(insn->rm), in_register(t, insn->rd, X86_RDI), 4);
        return true;
    case 0xEE100A10:
    case 0xEE100B10:
        load_word(t, insn->rd, fp_register(insn->rm));
        return true;
    case 0xEEB00A00:
        x86_store_imm(t->e, fp_register(insn->rd), insn->imm);
        return true;
    default:
        return false;
    }
}
