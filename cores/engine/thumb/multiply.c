/* Multiplies and divides (cores/isa/thumb/multiply.c), the halfword and dual multiplies
 * (multiply_dsp.c). */
#include "lower.h"

static const uint32_t row_mul_narrow = 0x4340, row_mul = 0xFB00F000u, row_mla = 0xFB000000u,
                      row_mls = 0xFB000010u, row_smull = 0xFB800000u, row_umull = 0xFBA00000u,
                      row_smlal = 0xFBC00000u, row_umlal = 0xFBE00000u, row_sdiv = 0xFB90F0F0u,
                      row_udiv = 0xFBB0F0F0u, row_smmul = 0xFB50F000u, row_smmla = 0xFB500000u;

static void put_q(struct thumb_build *t)
{
    x86_store_imm(t->e, x86_base(X86_RBP, offsetof(struct arm_cpu, q)), 1);
}

/* ---- 32-bit ---- */
static void multiply(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    unsigned to = result_reg(t, insn->rd);
    if (insn->rm == insn->rd) {
        if (to == X86_RDI)
            x86_load(t->e, to, guest(t, insn->rm));
        x86_imul(t->e, to, guest(t, insn->rn));
    } else {
        x86_load(t->e, to, guest(t, insn->rn));
        x86_imul(t->e, to, guest(t, insn->rm));
    }
    if (insn->set_flags)
        thumb_flags_nz(t, to);
    put_result(t, insn->rd, to);
}

static void multiply_add(struct thumb_build *t, bool subtracts)
{
    const struct arm_insn *insn = t->insn;
    x86_load(t->e, X86_RCX, guest(t, insn->rn));
    x86_imul(t->e, X86_RCX, guest(t, insn->rm));
    if (subtracts)
        x86_neg(t->e, X86_RCX);
    unsigned to = result_reg(t, insn->rd);
    if (insn->ra != insn->rd || to == X86_RDI)
        x86_load(t->e, to, guest(t, insn->ra));
    x86_alu(t->e, X86_ADD, to, x86_reg(X86_RCX));
    put_result(t, insn->rd, to);
}

/* ---- 64-bit ---- */
static void load_wide(struct thumb_build *t, unsigned host, unsigned reg, bool is_signed)
{
    if (is_signed)
        x86_load_signed64(t->e, host, guest(t, reg));
    else
        x86_load(t->e, host, guest(t, reg));
}

/* rcx to RdHi:RdLo. */
static void put_long(struct thumb_build *t)
{
    put_result(t, t->insn->rd, X86_RCX);
    x86_shift64_imm(t->e, X86_SHR, X86_RCX, 32);
    put_result(t, t->insn->ra, X86_RCX);
}

/* Adds RdHi:RdLo to rcx. */
static void add_long(struct thumb_build *t)
{
    x86_load(t->e, X86_RDX, guest(t, t->insn->ra));
    x86_shift64_imm(t->e, X86_SHL, X86_RDX, 32);
    x86_load(t->e, X86_RDI, guest(t, t->insn->rd));
    x86_alu64(t->e, X86_OR, X86_RDX, x86_reg(X86_RDI));
    x86_alu64(t->e, X86_ADD, X86_RCX, x86_reg(X86_RDX));
}

static void multiply_long(struct thumb_build *t, bool is_signed, bool accumulates)
{
    load_wide(t, X86_RCX, t->insn->rn, is_signed);
    load_wide(t, X86_RDX, t->insn->rm, is_signed);
    x86_imul64(t->e, X86_RCX, x86_reg(X86_RDX));
    if (accumulates)
        add_long(t);
    put_long(t);
}

/* SMMUL, SMMLA: imm rounds. */
static void multiply_high(struct thumb_build *t, bool accumulates)
{
    load_wide(t, X86_RCX, t->insn->rn, true);
    load_wide(t, X86_RDX, t->insn->rm, true);
    x86_imul64(t->e, X86_RCX, x86_reg(X86_RDX));
    if (t->insn->imm) {
        x86_imm(t->e, X86_RDX, t->insn->imm);
        x86_alu64(t->e, X86_ADD, X86_RCX, x86_reg(X86_RDX));
    }
    if (accumulates) {
        x86_load(t->e, X86_RDX, guest(t, t->insn->ra));
        x86_shift64_imm(t->e, X86_SHL, X86_RDX, 32);
        x86_alu64(t->e, X86_ADD, X86_RCX, x86_reg(X86_RDX));
    }
    x86_shift64_imm(t->e, X86_SHR, X86_RCX, 32);
    put_result(t, t->insn->rd, X86_RCX);
}

/* By zero gives zero (the trap is one of the needs). 64-bit signed, so that nothing overflows. */
static void divide(struct thumb_build *t, bool is_signed)
{
    struct x86_emit *e = t->e;
    load_wide(t, X86_RCX, t->insn->rm, is_signed);
    x86_imm(e, X86_RDI, 0);
    x86_test(e, X86_RCX, x86_reg(X86_RCX));
    uint8_t *by_zero = x86_jump_if(e, X86_E);
    x86_movd_to_xmm(e, 0, x86_reg(X86_RAX));
    load_wide(t, X86_RAX, t->insn->rn, is_signed);
    if (is_signed) {
        x86_idiv64(e, X86_RCX);
    } else {
        x86_imm(e, X86_RDX, 0);
        x86_div(e, X86_RCX);
    }
    x86_load(e, X86_RDI, x86_reg(X86_RAX));
    x86_movd_from_xmm(e, x86_reg(X86_RAX), 0);
    x86_land(e, by_zero);
    put_result(t, t->insn->rd, X86_RDI);
}

bool thumb_lower_multiply(struct thumb_build *t)
{
    uint32_t match = t->insn->row->match;
    if (match == row_mul || match == row_mul_narrow)
        multiply(t);
    else if (match == row_mla || match == row_mls)
        multiply_add(t, match == row_mls);
    else if (match == row_smull || match == row_smlal)
        multiply_long(t, true, match == row_smlal);
    else if (match == row_umull || (match == row_umlal && (t->insn->raw & 0xF0) == 0))
        multiply_long(t, false, match == row_umlal);
    else if (match == row_smmul || match == row_smmla)
        multiply_high(t, match == row_smmla);
    else if (match == row_sdiv || match == row_udiv)
        divide(t, match == row_sdiv);
    else
        return false;
    return true;
}

/* ---- halfwords --------------------------------------------------------------------------------
 */

static const uint32_t row_smul_xy = 0xFB10F000u, row_smla_xy = 0xFB100000u, row_smuad = 0xFB20F000u,
                      row_smlad = 0xFB200000u, row_smlald = 0xFBC000C0u, row_usad8 = 0xFB70F000u,
                      row_usada8 = 0xFB700000u, row_smlal_xy = 0xFBC00080u;

static void load_half(struct thumb_build *t, unsigned host, unsigned reg, bool top)
{
    struct x86_place place = guest(t, reg);
    if (!top) {
        x86_load_extended(t->e, host, place, 2, true);
        return;
    }
    x86_load(t->e, host, place);
    x86_shift_imm(t->e, X86_SAR, host, 16);
}

static void product_xy(struct thumb_build *t)
{
    load_half(t, X86_RCX, t->insn->rn, t->insn->imm >> 1 & 1);
    load_half(t, X86_RDX, t->insn->rm, t->insn->imm & 1);
    x86_imul(t->e, X86_RCX, x86_reg(X86_RDX));
}

/* Both products and their sum, which overflows only when all four halves are -32768. */
static void product_pair(struct thumb_build *t)
{
    x86_movd_to_xmm(t->e, 0, guest(t, t->insn->rn));
    if (t->insn->imm) {
        x86_load(t->e, X86_RCX, guest(t, t->insn->rm));
        x86_shift_imm(t->e, X86_ROR, X86_RCX, 16);
        x86_movd_to_xmm(t->e, 1, x86_reg(X86_RCX));
    } else {
        x86_movd_to_xmm(t->e, 1, guest(t, t->insn->rm));
    }
    x86_xmm(t->e, X86_PMADDWD, 0, 1);
    x86_movd_from_xmm(t->e, x86_reg(X86_RCX), 0);
}

/* rd = ecx + ra, Q when that overflows. With `pair`, 0x80000000 in ecx stands for +2^31: then the
 * sum fits when ra is negative. */
static void accumulate(struct thumb_build *t, bool pair)
{
    struct x86_emit *e = t->e;
    const struct arm_insn *insn = t->insn;
    uint8_t *extreme = NULL;
    if (pair) {
        x86_alu_imm(e, X86_CMP, x86_reg(X86_RCX), 0x80000000u);
        extreme = x86_jump_if(e, X86_E);
    }
    unsigned to = result_reg(t, insn->rd);
    if (insn->ra != insn->rd || to == X86_RDI)
        x86_load(e, to, guest(t, insn->ra));
    x86_alu(e, X86_ADD, to, x86_reg(X86_RCX));
    uint8_t *fits = x86_jump_if(e, X86_NO);
    put_q(t);
    x86_land(e, fits);
    put_result(t, insn->rd, to);
    if (!pair)
        return;
    uint8_t *over = x86_jump(e);
    x86_land(e, extreme);
    if (to == X86_RDI || insn->ra != insn->rd)
        x86_load(e, to, guest(t, insn->ra));
    x86_alu(e, X86_ADD, to, x86_reg(X86_RCX));
    uint8_t *negative = x86_jump_if(e, X86_O);
    put_q(t);
    x86_land(e, negative);
    put_result(t, insn->rd, to);
    x86_land(e, over);
}

static void dual_long(struct thumb_build *t)
{
    x86_load_extended(t->e, X86_RCX, guest(t, t->insn->rn), 2, true);
    load_half(t, X86_RDX, t->insn->rm, t->insn->imm != 0);
    x86_imul(t->e, X86_RCX, x86_reg(X86_RDX));
    x86_load_signed64(t->e, X86_RCX, x86_reg(X86_RCX));
    load_half(t, X86_RDI, t->insn->rn, true);
    load_half(t, X86_RDX, t->insn->rm, t->insn->imm == 0);
    x86_imul(t->e, X86_RDI, x86_reg(X86_RDX));
    x86_load_signed64(t->e, X86_RDI, x86_reg(X86_RDI));
    x86_alu64(t->e, X86_ADD, X86_RCX, x86_reg(X86_RDI));
    add_long(t);
    put_long(t);
}

static void differences(struct thumb_build *t, bool accumulates)
{
    x86_movd_to_xmm(t->e, 0, guest(t, t->insn->rn));
    x86_movd_to_xmm(t->e, 1, guest(t, t->insn->rm));
    x86_xmm(t->e, 0xF6, 0, 1); /* PSADBW */
    x86_movd_from_xmm(t->e, x86_reg(X86_RDI), 0);
    if (accumulates)
        x86_alu(t->e, X86_ADD, X86_RDI, guest(t, t->insn->ra));
    put_result(t, t->insn->rd, X86_RDI);
}

bool thumb_lower_dsp(struct thumb_build *t)
{
    uint32_t match = t->insn->row->match;
    if (match == row_smul_xy || match == row_smla_xy) {
        product_xy(t);
        if (match == row_smla_xy)
            accumulate(t, false);
        else
            put_result(t, t->insn->rd, X86_RCX);
    } else if (match == row_smuad) {
        product_pair(t);
        x86_alu_imm(t->e, X86_CMP, x86_reg(X86_RCX), 0x80000000u);
        uint8_t *fits = x86_jump_if(t->e, X86_NE);
        put_q(t);
        x86_land(t->e, fits);
        put_result(t, t->insn->rd, X86_RCX);
    } else if (match == row_smlad) {
        product_pair(t);
        accumulate(t, true);
    } else if (match == row_smlald) {
        dual_long(t);
    } else if (match == row_smlal_xy) {
        product_xy(t);
        x86_load_signed64(t->e, X86_RCX, x86_reg(X86_RCX));
        add_long(t);
        put_long(t);
    } else if (match == row_usad8 || match == row_usada8) {
        differences(t, match == row_usada8);
    } else {
        return false;
    }
    return true;
}
