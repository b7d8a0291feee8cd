/* Extension and reversal (cores/isa/thumb/extend.c), lanes (parallel.c), saturation (saturate.c).
 */
#include "lower.h"

/* ---- extension --------------------------------------------------------------------------------
 */

static const uint32_t lanes = 0x00FF00FFu, lane_signs = 0x00800080u;

/* Sign-extends bytes 0 and 2 of the register in place. Destroys edx. */
static void extend_lanes(struct thumb_build *t, unsigned host, bool is_signed)
{
    x86_alu_imm(t->e, X86_AND, x86_reg(host), lanes);
    if (!is_signed)
        return;
    x86_load(t->e, X86_RDX, x86_reg(host));
    x86_alu_imm(t->e, X86_AND, x86_reg(X86_RDX), lane_signs);
    x86_imul_imm(t->e, X86_RDX, x86_reg(X86_RDX), 0x1FE); /* 0x80 becomes 0xFF00 */
    x86_alu(t->e, X86_OR, host, x86_reg(X86_RDX));
}

static void rotated(struct thumb_build *t, unsigned host)
{
    x86_load(t->e, host, guest(t, t->insn->rm));
    if (t->insn->shift_amount)
        x86_shift_imm(t->e, X86_ROR, host, t->insn->shift_amount);
}

static void extend_plain(struct thumb_build *t, unsigned host, unsigned bytes, bool is_signed)
{
    if (t->insn->shift_amount == 0) {
        x86_load_extended(t->e, host, guest(t, t->insn->rm), bytes, is_signed);
        return;
    }
    rotated(t, X86_RCX);
    x86_load_extended(t->e, host, x86_reg(X86_RCX), bytes, is_signed);
}

static bool extend_row(struct thumb_build *t, uint32_t key, bool adds)
{
    static const struct {
        uint8_t bytes; /* 0: lanes */
        bool is_signed;
    } kinds[] = {{2, true}, {2, false}, {0, true}, {0, false}, {1, true}, {1, false}};
    const struct arm_insn *insn = t->insn;
    if (kinds[key].bytes == 0 && adds)
        return false; /* SXTAB16, UXTAB16 */
    unsigned to = adds ? (unsigned)X86_RDI : result_reg(t, insn->rd);
    if (kinds[key].bytes == 0) {
        rotated(t, to);
        extend_lanes(t, to, kinds[key].is_signed);
    } else {
        extend_plain(t, to, kinds[key].bytes, kinds[key].is_signed);
    }
    if (adds)
        x86_alu(t->e, X86_ADD, to, guest(t, insn->rn));
    put_result(t, insn->rd, to);
    return true;
}

static bool reverse(struct thumb_build *t, uint32_t kind)
{
    struct x86_emit *e = t->e;
    unsigned to = result_reg(t, t->insn->rd);
    if (kind == 2)
        return false; /* RBIT */
    x86_load(e, to, guest(t, t->insn->rm));
    x86_bswap(e, to);
    if (kind == 1)
        x86_shift_imm(e, X86_ROR, to, 16);
    else if (kind == 3)
        x86_shift_imm(e, X86_SAR, to, 16);
    put_result(t, t->insn->rd, to);
    return true;
}

static void count_zeros(struct thumb_build *t)
{
    x86_imm(t->e, X86_RCX, 63); /* 31 - 63 = 32 in five bits and a sixth */
    x86_bsr(t->e, X86_RDI, guest(t, t->insn->rm));
    x86_cmov(t->e, X86_E, X86_RDI, x86_reg(X86_RCX));
    x86_alu_imm(t->e, X86_XOR, x86_reg(X86_RDI), 31);
    put_result(t, t->insn->rd, X86_RDI);
}

bool thumb_lower_extend(struct thumb_build *t)
{
    const struct arm_row *row = t->insn->row;
    if (row->mask == 0xFFC0) { /* 16-bit */
        static const uint8_t keys[] = {0, 4, 1, 5};
        if (row->match >= 0xBA00)
            return reverse(t, row->match >> 6 & 3);
        return extend_row(t, keys[row->match >> 6 & 3], false);
    }
    if (row->match == 0xFAB0F080u) {
        count_zeros(t);
        return true;
    }
    if ((row->match & 0xFFF0F0C0u) == 0xFA90F080u)
        return reverse(t, row->match >> 4 & 3);
    return extend_row(t, row->match >> 20 & 7, row->mask == 0xFFF0F0C0u);
}

/* ---- lanes ------------------------------------------------------------------------------------
 */

/* Those without GE that one SSE instruction does. */
bool thumb_lower_parallel(struct thumb_build *t)
{
    static const struct {
        uint32_t match;
        uint8_t opcode;
    } ops[] = {{0xFA90F010u, 0xED}, {0xFAD0F010u, 0xE9}, {0xFA80F010u, 0xEC}, {0xFAC0F010u, 0xE8},
               {0xFA90F050u, 0xDD}, {0xFAD0F050u, 0xD9}, {0xFA80F050u, 0xDC}, {0xFAC0F050u, 0xD8}};
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (t->insn->row->match != ops[i].match)
            continue;
        x86_movd_to_xmm(t->e, 0, guest(t, t->insn->rn));
        x86_movd_to_xmm(t->e, 1, guest(t, t->insn->rm));
        x86_xmm(t->e, ops[i].opcode, 0, 1);
        x86_movd_from_xmm(t->e, guest(t, t->insn->rd), 0);
        return true;
    }
    return false;
}

/* ---- saturation -------------------------------------------------------------------------------
 */

/* SSAT, USAT. */
bool thumb_lower_saturate(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    struct x86_emit *e = t->e;
    bool is_signed = insn->row->match == 0xF3000000u;
    if (!is_signed && insn->row->match != 0xF3800000u)
        return false;
    int64_t high = is_signed ? ((int64_t)1 << (insn->imm - 1)) - 1 : ((int64_t)1 << insn->imm) - 1;
    int64_t low = is_signed ? -high - 1 : 0;
    x86_load(e, X86_RDI, guest(t, insn->rn));
    if (insn->shift_amount == 32) {
        x86_shift_imm(e, X86_SAR, X86_RDI, 31);
    } else if (insn->shift_amount) {
        x86_shift_imm(e, insn->shift_type == SHIFT_LSL ? X86_SHL : X86_SAR, X86_RDI,
                      insn->shift_amount);
    }
    x86_load(e, X86_RDX, x86_reg(X86_RDI));
    x86_imm(e, X86_RCX, (uint32_t)high);
    x86_alu(e, X86_CMP, X86_RDI, x86_reg(X86_RCX));
    x86_cmov(e, X86_G, X86_RDI, x86_reg(X86_RCX));
    x86_imm(e, X86_RCX, (uint32_t)low);
    x86_alu(e, X86_CMP, X86_RDI, x86_reg(X86_RCX));
    x86_cmov(e, X86_L, X86_RDI, x86_reg(X86_RCX));
    x86_alu(e, X86_CMP, X86_RDI, x86_reg(X86_RDX));
    uint8_t *same = x86_jump_if(e, X86_E);
    x86_store_imm(e, x86_base(X86_RBP, offsetof(struct arm_cpu, q)), 1);
    x86_land(e, same);
    put_result(t, insn->rd, X86_RDI);
    return true;
}
