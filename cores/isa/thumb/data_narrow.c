/* Data processing, 16-bit encodings: A5.2.1 to A5.2.3 of the Armv7-M ARM (DDI 0403E). They set the
 * flags outside an IT block and leave them inside, which the decoder knows. */
#include "_data.h"

static bool decode_shift_imm(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rm = low_field(raw, 3);
    insn->form = DATA_SHIFT;
    decode_imm_shift(insn, bits(raw, 12, 11), bits(raw, 10, 6));
    insn->set_flags = !insn->in_it;
    bool is_mov = insn->shift_type == SHIFT_LSL && insn->shift_amount == 0;
    if (is_mov && insn->in_it) {
        return false; /* MOVS <Rd>,<Rm> does not exist in an IT block */
    }
    arm_data_finish(insn);
    return true;
}

static bool decode_three_reg(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rn = low_field(raw, 3);
    insn->rm = low_field(raw, 6);
    insn->form = DATA_REG;
    insn->set_flags = !insn->in_it;
    arm_data_finish(insn);
    return true;
}

static bool decode_imm3(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rn = low_field(raw, 3);
    insn->imm = bits(raw, 8, 6);
    insn->form = DATA_IMM;
    insn->set_flags = !insn->in_it;
    arm_data_finish(insn);
    return true;
}

static bool decode_imm8(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 8);
    insn->rn = insn->rd;
    insn->imm = bits(raw, 7, 0);
    insn->form = DATA_IMM;
    insn->set_flags = !insn->in_it;
    arm_data_finish(insn);
    return true;
}

static bool decode_two_reg(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rn = insn->rd;
    insn->rm = low_field(raw, 3);
    insn->form = DATA_REG;
    insn->set_flags = !insn->in_it;
    arm_data_finish(insn);
    return true;
}

/* RSBS <Rd>,<Rn>,#0 */
static bool decode_negate(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rn = low_field(raw, 3);
    insn->form = DATA_IMM;
    insn->set_flags = !insn->in_it;
    arm_data_finish(insn);
    return true;
}

/* ---- high registers ---- */
static enum arm_result add_with_pc(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    write_reg(cpu, insn->rd, read_reg(cpu, insn->rn) + read_reg(cpu, insn->rm));
    return ARM_OK;
}

static enum arm_result add_to_pc(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_branch_to(cpu, cpu->pc + 4u + read_reg(cpu, insn->rm));
}

static enum arm_result mov_from_pc(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    write_reg(cpu, insn->rd, cpu->pc + 4u);
    return ARM_OK;
}

static enum arm_result mov_to_pc(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    return arm_branch_to(cpu, read_reg(cpu, insn->rm));
}

/* An instruction that writes the pc may only be the last of an IT block; it_next tells later, so
 * the block builder enforces nothing: hardware's result is UNPREDICTABLE there. */
static bool decode_high(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = (uint8_t)(bits(raw, 7, 7) << 3 | bits(raw, 2, 0));
    insn->rn = insn->rd;
    insn->rm = reg_field(raw, 3);
    insn->form = DATA_REG;
    unsigned op = insn->row->op;
    if (op == DATA_CMP && ((insn->rn < 8 && insn->rm < 8) || insn->rn == PC || insn->rm == PC)) {
        return false;
    }
    if (op == DATA_ADD && insn->rd == PC && insn->rm == PC) {
        return false;
    }
    arm_data_finish(insn);
    if (op == DATA_ADD && insn->rd == PC) {
        insn->exec = add_to_pc;
    } else if (op == DATA_ADD && insn->rm == PC) {
        insn->exec = add_with_pc;
    } else if (op == DATA_MOV && insn->rd == PC) {
        insn->exec = mov_to_pc;
    } else if (op == DATA_MOV && insn->rm == PC) {
        insn->exec = mov_from_pc;
    }
    if (insn->rd == PC && op != DATA_CMP) {
        insn->t.cls = MOTE_CLASS_BRANCH_INDIRECT;
        if (op == DATA_MOV && insn->rm == LR) {
            add_flags(insn, MOTE_INSN_RETURN);
        }
    }
    return true;
}

/* ---- addresses ---- */
static enum arm_result adr(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    cpu->r[insn->rd] = ((cpu->pc + 4u) & ~3u) + insn->imm;
    return ARM_OK;
}

static bool decode_adr(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 8);
    insn->imm = bits(raw, 7, 0) << 2;
    reads(insn, PC);
    writes(insn, insn->rd);
    return true;
}

static bool decode_sp_imm8(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 8);
    insn->rn = SP;
    insn->imm = bits(raw, 7, 0) << 2;
    insn->form = DATA_IMM;
    arm_data_finish(insn);
    return true;
}

static bool decode_sp_imm7(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = SP;
    insn->rn = SP;
    insn->imm = bits(raw, 6, 0) << 2;
    insn->form = DATA_IMM;
    arm_data_finish(insn);
    return true;
}

/* clang-format off */
static const struct arm_row rows[] = {
    {0xF800, 0x0000, 0, MOTE_CLASS_ALU, "LSL <Rd>,<Rm>,#<imm5>", DATA_MOV, decode_shift_imm, NULL},
    {0xF800, 0x0800, 0, MOTE_CLASS_ALU, "LSR <Rd>,<Rm>,#<imm5>", DATA_MOV, decode_shift_imm, NULL},
    {0xF800, 0x1000, 0, MOTE_CLASS_ALU, "ASR <Rd>,<Rm>,#<imm5>", DATA_MOV, decode_shift_imm, NULL},
    {0xFE00, 0x1800, 0, MOTE_CLASS_ALU, "ADD <Rd>,<Rn>,<Rm>", DATA_ADD, decode_three_reg, NULL},
    {0xFE00, 0x1A00, 0, MOTE_CLASS_ALU, "SUB <Rd>,<Rn>,<Rm>", DATA_SUB, decode_three_reg, NULL},
    {0xFE00, 0x1C00, 0, MOTE_CLASS_ALU, "ADD <Rd>,<Rn>,#<imm3>", DATA_ADD, decode_imm3, NULL},
    {0xFE00, 0x1E00, 0, MOTE_CLASS_ALU, "SUB <Rd>,<Rn>,#<imm3>", DATA_SUB, decode_imm3, NULL},
    {0xF800, 0x2000, 0, MOTE_CLASS_ALU, "MOV <Rd>,#<imm8>", DATA_MOV, decode_imm8, NULL},
    {0xF800, 0x2800, 0, MOTE_CLASS_ALU, "CMP <Rn>,#<imm8>", DATA_CMP, decode_imm8, NULL},
    {0xF800, 0x3000, 0, MOTE_CLASS_ALU, "ADD <Rdn>,#<imm8>", DATA_ADD, decode_imm8, NULL},
    {0xF800, 0x3800, 0, MOTE_CLASS_ALU, "SUB <Rdn>,#<imm8>", DATA_SUB, decode_imm8, NULL},
    {0xFFC0, 0x4000, 0, MOTE_CLASS_ALU, "AND <Rdn>,<Rm>", DATA_AND, decode_two_reg, NULL},
    {0xFFC0, 0x4040, 0, MOTE_CLASS_ALU, "EOR <Rdn>,<Rm>", DATA_EOR, decode_two_reg, NULL},
    {0xFFC0, 0x4140, 0, MOTE_CLASS_ALU, "ADC <Rdn>,<Rm>", DATA_ADC, decode_two_reg, NULL},
    {0xFFC0, 0x4180, 0, MOTE_CLASS_ALU, "SBC <Rdn>,<Rm>", DATA_SBC, decode_two_reg, NULL},
    {0xFFC0, 0x4200, 0, MOTE_CLASS_ALU, "TST <Rn>,<Rm>", DATA_TST, decode_two_reg, NULL},
    {0xFFC0, 0x4240, 0, MOTE_CLASS_ALU, "RSB <Rd>,<Rn>,#0", DATA_RSB, decode_negate, NULL},
    {0xFFC0, 0x4280, 0, MOTE_CLASS_ALU, "CMP <Rn>,<Rm>", DATA_CMP, decode_two_reg, NULL},
    {0xFFC0, 0x42C0, 0, MOTE_CLASS_ALU, "CMN <Rn>,<Rm>", DATA_CMN, decode_two_reg, NULL},
    {0xFFC0, 0x4300, 0, MOTE_CLASS_ALU, "ORR <Rdn>,<Rm>", DATA_ORR, decode_two_reg, NULL},
    {0xFFC0, 0x4380, 0, MOTE_CLASS_ALU, "BIC <Rdn>,<Rm>", DATA_BIC, decode_two_reg, NULL},
    {0xFFC0, 0x43C0, 0, MOTE_CLASS_ALU, "MVN <Rd>,<Rm>", DATA_MVN, decode_two_reg, NULL},
    {0xFF00, 0x4400, 0, MOTE_CLASS_ALU, "ADD <Rdn>,<Rm>", DATA_ADD, decode_high, NULL},
    {0xFF00, 0x4500, 0, MOTE_CLASS_ALU, "CMP <Rn>,<Rm>", DATA_CMP, decode_high, NULL},
    {0xFF00, 0x4600, 0, MOTE_CLASS_ALU, "MOV <Rd>,<Rm>", DATA_MOV, decode_high, NULL},
    {0xF800, 0xA000, 0, MOTE_CLASS_ALU, "ADR <Rd>,<label>", 0, decode_adr, adr},
    {0xF800, 0xA800, 0, MOTE_CLASS_ALU, "ADD <Rd>,SP,#<imm>", DATA_ADD, decode_sp_imm8, NULL},
    {0xFF80, 0xB000, 0, MOTE_CLASS_ALU, "ADD SP,SP,#<imm>", DATA_ADD, decode_sp_imm7, NULL},
    {0xFF80, 0xB080, 0, MOTE_CLASS_ALU, "SUB SP,SP,#<imm>", DATA_SUB, decode_sp_imm7, NULL},
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_data_narrow, rows);
