/* Loads and stores: cores/isa/rv/i.c, f.c, d.c and their compressed forms. */
#include "lower.h"

static struct x86_place access_at(struct rv_build *t, uint32_t bytes, bool store)
{
    const struct riscv_insn *insn = t->insn;
    bool splits = t->cpu->features & RISCV_HAS_MISALIGNED;
    struct native_access access = {
        .base = rv_guest(t, insn->rs1),
        .imm = insn->imm,
        .bytes = bytes,
        .store = store,
        .align_mask = splits ? 0 : bytes - 1,
        .is_constant = insn->rs1 == 0 && !store,
        .constant = insn->imm,
    };
    if (insn->rs1 == 0 && store) {
        x86_imm(t->e, X86_RDI, 0);
        access.base = x86_reg(X86_RDI);
    }
    return native_access(t->b, &access, t->index, t->learned->guess[t->index]);
}

bool rv_lower_load(struct rv_build *t, uint32_t op)
{
    uint32_t bytes = op & 7;
    struct x86_place from = access_at(t, bytes, false);
    unsigned to = t->insn->rd != 0 ? rv_result(t) : (unsigned)X86_RDI;
    x86_load_extended(t->e, to, from, bytes, op & RV_SIGNED);
    if (t->insn->rd != 0)
        rv_put(t, to);
    return true;
}

bool rv_lower_store(struct rv_build *t, uint32_t op)
{
    struct rv_operand value = rv_source(t, t->insn->rs2);
    struct x86_place to = access_at(t, op, true);
    unsigned host = rv_in_reg(&value) ? value.place.reg : (unsigned)X86_RDI;
    if (host == X86_RDI)
        rv_load(t, host, &value);
    x86_store(t->e, to, host, op);
    return true;
}

/* ---- f registers: always in cpu->f, a single boxed in ones ------------------------------------
 */

static struct x86_place f_register(unsigned number, uint32_t half)
{
    return x86_base(X86_RBP, (int32_t)(offsetof(struct riscv_cpu, f) + 8 * number + 4 * half));
}

/* The block needs mstatus.FS to be dirty already. */
bool rv_lower_f_load(struct rv_build *t, uint32_t bytes)
{
    struct x86_place from = access_at(t, bytes, false);
    if (bytes == 8) {
        x86_load64(t->e, X86_RDI, from);
    } else {
        x86_load(t->e, X86_RDI, from);
        x86_store_imm(t->e, f_register(t->insn->rd, 1), ~0u);
    }
    x86_store(t->e, f_register(t->insn->rd, 0), X86_RDI, bytes);
    return true;
}

bool rv_lower_f_store(struct rv_build *t, uint32_t bytes)
{
    struct x86_place to = access_at(t, bytes, true);
    if (bytes == 8)
        x86_load64(t->e, X86_RDI, f_register(t->insn->rs2, 0));
    else
        x86_load(t->e, X86_RDI, f_register(t->insn->rs2, 0));
    x86_store(t->e, to, X86_RDI, bytes);
    return true;
}
