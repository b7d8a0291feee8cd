/* Loads and stores: cores/isa/thumb/load.c, store.c, multiple.c and the FP ones of vfp_transfer.c.
 */
#include "lower.h"

struct x86_place thumb_access(struct thumb_build *t, const struct native_access *access)
{
    return native_access(t->b, access, t->index, t->learned->guess[t->index]);
}

/* ---- single loads and stores ------------------------------------------------------------------
 */

static struct native_access access_of(struct thumb_build *t, uint32_t bytes, bool store)
{
    const struct arm_insn *insn = t->insn;
    struct native_access a = {
        .bytes = bytes, .store = store, .align_mask = t->aligned ? bytes - 1 : 0};
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
    struct native_access access = access_of(t, size_of(op), false);
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
    struct native_access access = access_of(t, size_of(insn->row->op), true);
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
    struct native_access access = {.base = guest(t, insn->rn),
                                   .imm = down ? 0u - step : 0,
                                   .bytes = step,
                                   .store = !is_load,
                                   .align_mask = 3};
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
    struct native_access access = access_of(t, 8, !is_load);
    access.align_mask = 3;
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
    struct native_access access = {.base = guest(t, insn->rn == PC ? 0 : insn->rn),
                                   .imm = insn->imm,
                                   .bytes = 4 * words,
                                   .store = !is_load,
                                   .align_mask = 3,
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
