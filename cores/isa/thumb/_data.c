/* Execution of the sixteen data-processing operations, one function for each operation, form of
 * the second operand and setting of the flags, so that none is decided while executing. */
#include "_data.h"

/* Operand 2 of each form, with the shifter's carry in `carry`. */
#define OPERAND_IMM                                                                                \
    uint32_t b = insn->imm;                                                                        \
    uint32_t carry = insn->shift_amount ? b >> 31 : cpu->c
#define OPERAND_REG                                                                                \
    uint32_t b = cpu->r[insn->rm];                                                                 \
    uint32_t carry = cpu->c
#define OPERAND_SHIFT                                                                              \
    uint32_t carry = cpu->c;                                                                       \
    uint32_t b = shift_c(cpu->r[insn->rm], insn->shift_type, insn->shift_amount, &carry)

#define LOGIC_FORM(name, form, operand, expression)                                                \
    static enum arm_result name##_##form(struct arm_cpu *cpu, const struct arm_insn *insn)         \
    {                                                                                              \
        operand;                                                                                   \
        uint32_t a = cpu->r[insn->rn];                                                             \
        (void)carry;                                                                               \
        (void)a;                                                                                   \
        cpu->r[insn->rd] = (expression);                                                           \
        return ARM_OK;                                                                             \
    }                                                                                              \
    static enum arm_result name##s_##form(struct arm_cpu *cpu, const struct arm_insn *insn)        \
    {                                                                                              \
        operand;                                                                                   \
        uint32_t a = cpu->r[insn->rn];                                                             \
        (void)a;                                                                                   \
        uint32_t result = (expression);                                                            \
        cpu->r[insn->rd] = result;                                                                 \
        set_nz(cpu, result);                                                                       \
        cpu->c = carry;                                                                            \
        return ARM_OK;                                                                             \
    }
#define LOGIC(name, expression)                                                                    \
    LOGIC_FORM(name, imm, OPERAND_IMM, expression)                                                 \
    LOGIC_FORM(name, reg, OPERAND_REG, expression)                                                 \
    LOGIC_FORM(name, shift, OPERAND_SHIFT, expression)

#define TEST_FORM(name, form, operand, expression)                                                 \
    static enum arm_result name##_##form(struct arm_cpu *cpu, const struct arm_insn *insn)         \
    {                                                                                              \
        operand;                                                                                   \
        uint32_t a = cpu->r[insn->rn];                                                             \
        set_nz(cpu, expression);                                                                   \
        cpu->c = carry;                                                                            \
        return ARM_OK;                                                                             \
    }
#define TEST(name, expression)                                                                     \
    TEST_FORM(name, imm, OPERAND_IMM, expression)                                                  \
    TEST_FORM(name, reg, OPERAND_REG, expression)                                                  \
    TEST_FORM(name, shift, OPERAND_SHIFT, expression)

/* Arithmetic is AddWithCarry(x, y, carry_in). */
#define ARITHMETIC_FORM(name, form, operand, x, y, carry_in)                                       \
    static enum arm_result name##_##form(struct arm_cpu *cpu, const struct arm_insn *insn)         \
    {                                                                                              \
        operand;                                                                                   \
        (void)carry;                                                                               \
        uint32_t a = cpu->r[insn->rn];                                                             \
        cpu->r[insn->rd] = (x) + (y) + (carry_in);                                                 \
        return ARM_OK;                                                                             \
    }                                                                                              \
    static enum arm_result name##s_##form(struct arm_cpu *cpu, const struct arm_insn *insn)        \
    {                                                                                              \
        operand;                                                                                   \
        (void)carry;                                                                               \
        uint32_t a = cpu->r[insn->rn];                                                             \
        cpu->r[insn->rd] = add_with_flags(cpu, x, y, carry_in);                                    \
        return ARM_OK;                                                                             \
    }
#define ARITHMETIC(name, x, y, carry_in)                                                           \
    ARITHMETIC_FORM(name, imm, OPERAND_IMM, x, y, carry_in)                                        \
    ARITHMETIC_FORM(name, reg, OPERAND_REG, x, y, carry_in)                                        \
    ARITHMETIC_FORM(name, shift, OPERAND_SHIFT, x, y, carry_in)

#define COMPARE_FORM(name, form, operand, y, carry_in)                                             \
    static enum arm_result name##_##form(struct arm_cpu *cpu, const struct arm_insn *insn)         \
    {                                                                                              \
        operand;                                                                                   \
        (void)carry;                                                                               \
        add_with_flags(cpu, cpu->r[insn->rn], y, carry_in);                                        \
        return ARM_OK;                                                                             \
    }
#define COMPARE(name, y, carry_in)                                                                 \
    COMPARE_FORM(name, imm, OPERAND_IMM, y, carry_in)                                              \
    COMPARE_FORM(name, reg, OPERAND_REG, y, carry_in)                                              \
    COMPARE_FORM(name, shift, OPERAND_SHIFT, y, carry_in)

LOGIC(and, a &b)
LOGIC(bic, a & ~b)
LOGIC(orr, a | b)
LOGIC(orn, a | ~b)
LOGIC(eor, a ^ b)
LOGIC(mov, b)
LOGIC(mvn, ~b)
TEST(tst, a &b)
TEST(teq, a ^ b)
ARITHMETIC(add, a, b, 0u)
ARITHMETIC(adc, a, b, cpu->c)
ARITHMETIC(sbc, a, ~b, cpu->c)
ARITHMETIC(sub, a, ~b, 1u)
ARITHMETIC(rsb, ~a, b, 1u)
COMPARE(cmp, ~b, 1u)
COMPARE(cmn, b, 0u)

#define FORMS(name)                                                                                \
    {                                                                                              \
        {name##_imm, name##s_imm}, {name##_reg, name##s_reg}, {name##_shift, name##s_shift},       \
    }
#define TEST_FORMS(name)                                                                           \
    {                                                                                              \
        {name##_imm, name##_imm}, {name##_reg, name##_reg}, {name##_shift, name##_shift},          \
    }

arm_exec *const arm_data_exec[DATA_OP_COUNT][DATA_FORM_COUNT][2] = {
    [DATA_AND] = FORMS(and),      [DATA_BIC] = FORMS(bic),      [DATA_ORR] = FORMS(orr),
    [DATA_ORN] = FORMS(orn),      [DATA_EOR] = FORMS(eor),      [DATA_ADD] = FORMS(add),
    [DATA_ADC] = FORMS(adc),      [DATA_SBC] = FORMS(sbc),      [DATA_SUB] = FORMS(sub),
    [DATA_RSB] = FORMS(rsb),      [DATA_MOV] = FORMS(mov),      [DATA_MVN] = FORMS(mvn),
    [DATA_TST] = TEST_FORMS(tst), [DATA_TEQ] = TEST_FORMS(teq), [DATA_CMP] = TEST_FORMS(cmp),
    [DATA_CMN] = TEST_FORMS(cmn),
};

/* Bits 1:0 of SP are always zero: a result in SP takes this detour. */
static enum arm_result data_to_sp(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    arm_data_exec[insn->row->op][insn->form][insn->set_flags](cpu, insn);
    cpu->r[SP] &= ~3u;
    return ARM_OK;
}

void arm_data_finish(struct arm_insn *insn)
{
    unsigned op = insn->row->op;
    if (insn->form == DATA_SHIFT && insn->shift_type == SHIFT_LSL && insn->shift_amount == 0) {
        insn->form = DATA_REG;
    }
    insn->exec = arm_data_exec[op][insn->form][insn->set_flags];
    if (data_has_rd(op)) {
        writes(insn, insn->rd);
        if (insn->rd == SP) {
            insn->exec = data_to_sp;
        }
    }
    if (data_has_rn(op)) {
        reads(insn, insn->rn);
    }
    if (insn->form == DATA_REG) {
        reads(insn, insn->rm);
    } else if (insn->form == DATA_SHIFT) {
        reads_shifted(insn, insn->rm);
        insn->t.cls = MOTE_CLASS_SHIFT;
    }
    if (op == DATA_ADC || op == DATA_SBC ||
        (insn->form == DATA_SHIFT && insn->shift_type == SHIFT_RRX)) {
        reads(insn, FLAGS_BIT);
    }
    if (insn->set_flags || !data_has_rd(op)) {
        insn->t.writes |= 1ull << FLAGS_BIT;
    }
}
