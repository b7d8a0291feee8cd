/* Data processing: cores/isa/thumb/data_*.c, bit fields, shifts by a register. */
#include "lower.h"

struct operand {
    bool is_imm;
    uint32_t imm;
    struct x86_place place;
};

static void load_operand(struct thumb_build *t, unsigned reg, const struct operand *from)
{
    if (from->is_imm)
        x86_imm(t->e, reg, from->imm);
    else
        x86_load(t->e, reg, from->place);
}

static void alu(struct thumb_build *t, enum x86_alu op, unsigned reg, const struct operand *from)
{
    if (from->is_imm)
        x86_alu_imm(t->e, op, x86_reg(reg), from->imm);
    else
        x86_alu(t->e, op, reg, from->place);
}

/* The shifted register in ecx; afterwards the host's CF is the shifter's carry (not inverted). */
static void shift_operand(struct thumb_build *t, const struct arm_insn *insn)
{
    static const uint8_t ops[] = {X86_SHL, X86_SHR, X86_SAR, X86_ROR};
    struct x86_emit *e = t->e;
    unsigned amount = insn->shift_amount;
    x86_load(e, X86_RCX, guest(t, insn->rm));
    if (insn->shift_type == SHIFT_RRX) {
        x86_bit_test(e, X86_RAX, 8);
        x86_byte(e, X86_CMC);
        x86_shift_imm(e, X86_RCR, X86_RCX, 1);
    } else if (amount < 32) {
        x86_shift_imm(e, (enum x86_shift)ops[insn->shift_type], X86_RCX, amount);
    } else { /* by 32: twice */
        x86_shift_imm(e, (enum x86_shift)ops[insn->shift_type], X86_RCX, 31);
        x86_shift_imm(e, (enum x86_shift)ops[insn->shift_type], X86_RCX, 1);
    }
}

/* ---- logic ------------------------------------------------------------------------------------
 */

/* N and Z of the register, C from the shifter when `carry`: DL holds its inverse. */
static void logic_flags(struct thumb_build *t, unsigned host, bool carry)
{
    if (!carry) {
        thumb_flags_nz(t, host);
        return;
    }
    x86_test(t->e, host, x86_reg(host));
    x86_byte(t->e, X86_LAHF);
    x86_alu8(t->e, X86_OR, AH, DL);
    t->host_flags = 0;
}

static void mov_imm(struct thumb_build *t, uint32_t value, bool carry)
{
    x86_store_imm(t->e, guest(t, t->insn->rd), value);
    if (!t->insn->set_flags || !(t->live & (FLAG_NZ | FLAG_C)))
        return;
    uint32_t bits = (value >> 31 ? EAX_N : 0u) | (value == 0 ? EAX_Z : 0u);
    uint32_t clear = EAX_N | EAX_Z;
    if (carry) {
        clear |= EAX_NOT_C;
        bits |= value >> 31 ? 0u : EAX_NOT_C;
    }
    x86_alu_imm(t->e, X86_AND, x86_reg(X86_RAX), ~clear);
    if (bits)
        x86_alu_imm(t->e, X86_OR, x86_reg(X86_RAX), bits);
    t->host_flags = 0;
}

static void logic_result(struct thumb_build *t, unsigned op, unsigned to, const struct operand *b)
{
    struct x86_emit *e = t->e;
    static const uint8_t ops[] = {
        [DATA_AND] = X86_AND, [DATA_BIC] = X86_AND, [DATA_ORR] = X86_OR, [DATA_ORN] = X86_OR,
        [DATA_EOR] = X86_XOR, [DATA_TST] = X86_AND, [DATA_TEQ] = X86_XOR};
    struct operand second = *b;
    if (op == DATA_MOV || op == DATA_MVN) {
        load_operand(t, to, b);
        if (op == DATA_MVN)
            x86_not(e, to);
        return;
    }
    if (op == DATA_BIC || op == DATA_ORN) {
        if (second.is_imm) {
            second.imm = ~second.imm;
        } else {
            x86_load(e, X86_RCX, second.place);
            x86_not(e, X86_RCX);
            second.place = x86_reg(X86_RCX);
        }
    }
    x86_load(e, to, guest(t, t->insn->rn));
    alu(t, (enum x86_alu)ops[op], to, &second);
}

static void logic(struct thumb_build *t, unsigned op, struct operand b, bool carry)
{
    const struct arm_insn *insn = t->insn;
    bool sets = insn->set_flags || op == DATA_TST || op == DATA_TEQ;
    carry = carry && sets && (t->live & FLAG_C);
    if (carry && insn->form == DATA_SHIFT)
        x86_setcc8(t->e, X86_AE, DL);
    unsigned to = op == DATA_TST || op == DATA_TEQ ? (unsigned)X86_RDI : result_reg(t, insn->rd);
    bool overlaps = !b.is_imm && x86_is(b.place, to) && op != DATA_MOV && op != DATA_MVN;
    if (overlaps && insn->rn != insn->rd)
        to = X86_RDI;
    logic_result(t, op, to, &b);
    if (carry && insn->form == DATA_IMM)
        x86_imm(t->e, X86_RDX, b.imm >> 31 ^ 1);
    if (sets)
        logic_flags(t, to, carry);
    if (op < DATA_TST)
        put_result(t, insn->rd, to);
}

/* ---- arithmetic -------------------------------------------------------------------------------
 */

/* One instruction where no flag is wanted. */
static bool add_by_lea(struct thumb_build *t, const struct operand *a, const struct operand *b,
                       uint32_t sign)
{
    unsigned to = result_reg(t, t->insn->rd);
    if (a->is_imm || a->place.kind != X86_IN_REG || to == X86_RDI)
        return false;
    if (b->is_imm)
        x86_lea(t->e, to, x86_base(a->place.reg, (int32_t)(b->imm * sign)));
    else if (sign == 1 && b->place.kind == X86_IN_REG)
        x86_lea(t->e, to, x86_index(a->place.reg, b->place.reg, 0, 0));
    else
        return false;
    return true;
}

static void compare(struct thumb_build *t, unsigned op, const struct operand *b)
{
    struct x86_place a = guest(t, t->insn->rn);
    if (op == DATA_CMN) {
        x86_load(t->e, X86_RDI, a);
        alu(t, X86_ADD, X86_RDI, b);
        thumb_flags_added(t);
        return;
    }
    if (b->is_imm) {
        x86_alu_imm(t->e, X86_CMP, a, b->imm);
    } else {
        unsigned host = in_register(t, t->insn->rn, X86_RDI);
        x86_alu(t->e, X86_CMP, host, b->place);
    }
    thumb_flags_subtracted(t);
}

static void arithmetic(struct thumb_build *t, unsigned op, struct operand b)
{
    static const uint8_t ops[] = {[DATA_ADD] = X86_ADD,
                                  [DATA_ADC] = X86_ADC,
                                  [DATA_SBC] = X86_SBB,
                                  [DATA_SUB] = X86_SUB,
                                  [DATA_RSB] = X86_SUB};
    const struct arm_insn *insn = t->insn;
    struct operand a = {.place = guest(t, insn->rn)};
    bool flags = insn->set_flags && t->live != 0;
    if (op == DATA_RSB) {
        struct operand swapped = a;
        a = b;
        b = swapped;
    }
    bool plain = op == DATA_ADD || op == DATA_SUB;
    bool done = plain && !flags && add_by_lea(t, &a, &b, op == DATA_ADD ? 1u : ~0u);
    unsigned to = result_reg(t, insn->rd);
    if (!done) {
        if (!b.is_imm && x86_is(b.place, to))
            to = X86_RDI;
        if (op == DATA_ADC || op == DATA_SBC)
            x86_bit_test(t->e, X86_RAX, 8);
        if (op == DATA_ADC)
            x86_byte(t->e, X86_CMC);
        load_operand(t, to, &a);
        alu(t, (enum x86_alu)ops[op], to, &b);
    }
    if (insn->rd == SP)
        x86_alu_imm(t->e, X86_AND, x86_reg(to), ~3u);
    else if (flags && (op == DATA_ADD || op == DATA_ADC))
        thumb_flags_added(t);
    else if (flags)
        thumb_flags_subtracted(t);
    put_result(t, insn->rd, to);
}

/* ---- the families -----------------------------------------------------------------------------
 */

static bool is_logic(unsigned op)
{
    return op <= DATA_EOR || op == DATA_MOV || op == DATA_MVN || op == DATA_TST || op == DATA_TEQ;
}

/* ADD SP,SP,#imm: SP stays word-aligned by itself. */
static bool keeps_sp_aligned(const struct arm_insn *insn, unsigned op)
{
    return (op == DATA_ADD || op == DATA_SUB) && insn->rn == SP && insn->form == DATA_IMM &&
           (insn->imm & 3) == 0;
}

static void to_sp(struct thumb_build *t, unsigned op)
{
    const struct arm_insn *insn = t->insn;
    uint32_t change = op == DATA_ADD ? insn->imm : 0u - insn->imm;
    unsigned host = in_register(t, SP, X86_RDI);
    x86_lea(t->e, host, x86_base(host, (int32_t)change));
    put_result(t, SP, host);
}

static bool pc_relative(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    if (insn->rd == PC)
        return false;
    bool adr = insn->row->mask == 0xF800 && insn->row->match == 0xA000;
    bool adr_wide = insn->t.bytes == 4 && insn->rn == PC && insn->form == DATA_IMM;
    bool move =
        insn->t.bytes == 2 && insn->row->op == DATA_MOV && insn->form == DATA_REG && insn->rd != SP;
    if (!adr && !adr_wide && !move)
        return false;
    uint32_t base = t->pc + 4;
    x86_store_imm(t->e, guest(t, insn->rd), move ? base : (base & ~3u) + insn->imm);
    return true;
}

bool thumb_lower_data(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    unsigned op = insn->row->op;
    bool adr = insn->row->mask == 0xF800 && insn->row->match == 0xA000;
    if (adr || (insn->t.reads >> PC & 1) || insn->rm == PC)
        return pc_relative(t);
    bool has_rd = data_has_rd(op);
    if ((has_rd && insn->rd == PC) || (data_has_rn(op) && insn->rn == PC))
        return false;
    if (has_rd && insn->rd == SP) {
        if (insn->set_flags || (is_logic(op) && op != DATA_MOV))
            return false;
        if (keeps_sp_aligned(insn, op)) {
            to_sp(t, op);
            return true;
        }
    }
    struct operand b = {.is_imm = insn->form == DATA_IMM, .imm = insn->imm};
    if (op == DATA_MOV && b.is_imm && insn->rd != SP) {
        mov_imm(t, insn->imm, insn->shift_amount != 0);
        return true;
    }
    bool carry = b.is_imm && insn->shift_amount != 0;
    if (insn->form == DATA_SHIFT) {
        shift_operand(t, insn);
        b.place = x86_reg(X86_RCX);
        carry = true;
    } else if (!b.is_imm) {
        b.place = guest(t, insn->rm);
    }
    if (op == DATA_MOV && insn->rd == SP) {
        load_operand(t, X86_RDI, &b);
        x86_alu_imm(t->e, X86_AND, x86_reg(X86_RDI), ~3u);
        put_result(t, SP, X86_RDI);
    } else if (is_logic(op)) {
        logic(t, op, b, carry);
    } else if (!has_rd) {
        compare(t, op, &b);
    } else {
        arithmetic(t, op, b);
    }
    return true;
}

/* ---- bit fields, MOVT, packing ---------------------------------------------------------------
 */

static const uint32_t row_sbfx = 0xF3400000u, row_ubfx = 0xF3C00000u, row_bfi = 0xF3600000u,
                      row_movt = 0xF2C00000u, row_pkh = 0xEAC00000u;

static void insert_field(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    struct x86_emit *e = t->e;
    uint32_t mask = insn->imm << insn->shift_amount;
    if (insn->rn != PC) {
        x86_load(e, X86_RCX, guest(t, insn->rn));
        if (insn->shift_amount)
            x86_shift_imm(e, X86_SHL, X86_RCX, insn->shift_amount);
        x86_alu_imm(e, X86_AND, x86_reg(X86_RCX), mask);
    }
    x86_alu_imm(e, X86_AND, guest(t, insn->rd), ~mask);
    if (insn->rn == PC)
        return;
    unsigned to = in_register(t, insn->rd, X86_RDI);
    x86_alu(e, X86_OR, to, x86_reg(X86_RCX));
    put_result(t, insn->rd, to);
}

static void extract_field(struct thumb_build *t, bool is_signed)
{
    const struct arm_insn *insn = t->insn;
    unsigned to = result_reg(t, insn->rd), width = insn->ra, low = insn->shift_amount;
    x86_load(t->e, to, guest(t, insn->rn));
    if (32 - width - low)
        x86_shift_imm(t->e, X86_SHL, to, 32 - width - low);
    if (width < 32)
        x86_shift_imm(t->e, is_signed ? X86_SAR : X86_SHR, to, 32 - width);
    put_result(t, insn->rd, to);
}

bool thumb_lower_immediate(struct thumb_build *t)
{
    uint32_t match = t->insn->row->match;
    if (match == row_bfi)
        insert_field(t);
    else if (match == row_sbfx || match == row_ubfx)
        extract_field(t, match == row_sbfx);
    else if (match == row_movt) {
        unsigned to = in_register(t, t->insn->rd, X86_RDI);
        x86_alu_imm(t->e, X86_AND, x86_reg(to), 0xFFFF);
        x86_alu_imm(t->e, X86_OR, x86_reg(to), t->insn->imm);
        put_result(t, t->insn->rd, to);
    } else if (match == row_pkh) {
        bool top = t->insn->raw >> 5 & 1; /* PKHTB: the top is Rn's */
        shift_operand(t, t->insn);
        x86_alu_imm(t->e, X86_AND, x86_reg(X86_RCX), top ? 0xFFFFu : 0xFFFF0000u);
        x86_load(t->e, X86_RDI, guest(t, t->insn->rn));
        x86_alu_imm(t->e, X86_AND, x86_reg(X86_RDI), top ? 0xFFFF0000u : 0xFFFFu);
        x86_alu(t->e, X86_OR, X86_RDI, x86_reg(X86_RCX));
        put_result(t, t->insn->rd, X86_RDI);
    } else {
        return thumb_lower_data(t);
    }
    return true;
}

/* Amounts 0 to 255 without flags: 64-bit shifts by up to 63 give what 32-bit ones give by 32. */
bool thumb_lower_shift_register(struct thumb_build *t)
{
    const struct arm_insn *insn = t->insn;
    struct x86_emit *e = t->e;
    if (insn->set_flags)
        return false;
    if (insn->shift_type == SHIFT_ASR)
        x86_load_signed64(e, X86_RDI, guest(t, insn->rn));
    else
        x86_load(e, X86_RDI, guest(t, insn->rn));
    x86_load_extended(e, X86_RCX, guest(t, insn->rm), 1, false);
    if (insn->shift_type == SHIFT_ROR) {
        x86_shift_cl(e, X86_ROR, X86_RDI);
    } else {
        x86_alu_imm(e, X86_CMP, x86_reg(X86_RCX), 63);
        x86_imm(e, X86_RDX, 63);
        x86_cmov(e, X86_A, X86_RCX, x86_reg(X86_RDX));
        x86_shift64_cl(e,
                       insn->shift_type == SHIFT_LSL   ? X86_SHL
                       : insn->shift_type == SHIFT_LSR ? X86_SHR
                                                       : X86_SAR,
                       X86_RDI);
    }
    put_result(t, insn->rd, X86_RDI);
    return true;
}
