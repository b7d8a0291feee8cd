/* Stores of one word, halfword or byte and unprivileged stores: A5.2.4 and A5.3.10 of the Armv7-M
 * ARM (DDI 0403E). */
#include "_memory.h"

static inline __attribute__((always_inline)) enum arm_result
store(struct arm_cpu *cpu, const struct arm_insn *insn, unsigned bytes, enum memory_form form)
{
    enum arm_result result =
        arm_store(cpu, memory_address(cpu, insn, form), bytes, cpu->r[insn->rd]);
    if (__builtin_expect(result != ARM_RAISED, 1)) {
        memory_write_back(cpu, insn, form);
    }
    return result;
}

#define EXEC(name, bytes, form)                                                                    \
    static enum arm_result name(struct arm_cpu *cpu, const struct arm_insn *insn)                  \
    {                                                                                              \
        return store(cpu, insn, bytes, form);                                                      \
    }
#define EXEC_ALL(name, bytes)                                                                      \
    EXEC(name##_offset, bytes, MEMORY_OFFSET)                                                      \
    EXEC(name##_pre, bytes, MEMORY_PRE)                                                            \
    EXEC(name##_post, bytes, MEMORY_POST)                                                          \
    EXEC(name##_index, bytes, MEMORY_INDEX)
EXEC_ALL(str, 4)
EXEC_ALL(strh, 2)
EXEC_ALL(strb, 1)

enum kind { STR, STRH, STRB };
#define FORMS(name)                                                                                \
    {                                                                                              \
        name##_offset, name##_pre, name##_post, name##_index,                                      \
    }
static arm_exec *const execs[][4] = {
    [STR] = FORMS(str), [STRH] = FORMS(strh), [STRB] = FORMS(strb)};

static enum arm_result store_unprivileged(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    static const uint8_t sizes[] = {[STR] = 4, [STRH] = 2, [STRB] = 1};
    return arm_store_unprivileged(cpu, cpu->r[insn->rn] + insn->imm, sizes[insn->row->op],
                                  cpu->r[insn->rd]);
}

static void finish(struct arm_insn *insn)
{
    insn->exec = execs[insn->row->op][insn->form];
    memory_finish(insn);
    reads(insn, insn->rd);
}

static bool decode_index_narrow(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 0);
    insn->rn = low_field(raw, 3);
    insn->rm = low_field(raw, 6);
    insn->form = MEMORY_INDEX;
    finish(insn);
    return true;
}

static bool decode_imm5(uint32_t raw, struct arm_insn *insn)
{
    unsigned scale = insn->row->op == STR ? 2 : insn->row->op == STRH ? 1 : 0;
    insn->rd = low_field(raw, 0);
    insn->rn = low_field(raw, 3);
    insn->imm = bits(raw, 10, 6) << scale;
    finish(insn);
    return true;
}

static bool decode_sp(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 8);
    insn->rn = SP;
    insn->imm = bits(raw, 7, 0) << 2;
    finish(insn);
    return true;
}

/* SP can be stored as a word only, the pc not at all; the pc is no base. */
static bool good_source(const struct arm_insn *insn)
{
    bool sp_allowed = insn->row->op == STR;
    return insn->rn != PC && insn->rd != PC && (sp_allowed || insn->rd != SP);
}

static bool decode_imm12(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 11, 0);
    finish(insn);
    return good_source(insn);
}

static bool decode_imm8(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    if (!good_source(insn) || !memory_decode_imm8(raw, insn)) {
        return false;
    }
    finish(insn);
    return insn->form == MEMORY_OFFSET || insn->rd != insn->rn;
}

static bool decode_index(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    insn->shift_amount = (uint8_t)bits(raw, 5, 4);
    insn->form = MEMORY_INDEX;
    finish(insn);
    return good_source(insn) && !bad_reg(insn->rm);
}

static bool decode_unprivileged(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 7, 0);
    memory_finish(insn);
    reads(insn, insn->rd);
    not_engine(insn);
    return insn->rn != PC && !bad_reg(insn->rd);
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define S MOTE_CLASS_STORE
#define WIDE(first, name, op) \
    {0xFFF00000, (first | 0x80u) << 16, T2, S, name "<c>.W <Rt>,[<Rn>,#<imm12>]", op, decode_imm12, NULL}, \
    {0xFFF00800, first << 16 | 0x800u, T2, S, name "<c> <Rt>,[<Rn>,#+/-<imm8>]{!}", op, decode_imm8, NULL}, \
    {0xFFF00FC0, first << 16, T2, S, name "<c>.W <Rt>,[<Rn>,<Rm>{,LSL #<imm2>}]", op, decode_index, NULL}, \
    {0xFFF00F00, first << 16 | 0xE00u, T2, S, name "T<c> <Rt>,[<Rn>,#<imm8>]", op, decode_unprivileged, store_unprivileged}
static const struct arm_row rows[] = {
    {0xFE00, 0x5000, 0, S, "STR<c> <Rt>,[<Rn>,<Rm>]", STR, decode_index_narrow, NULL},
    {0xFE00, 0x5200, 0, S, "STRH<c> <Rt>,[<Rn>,<Rm>]", STRH, decode_index_narrow, NULL},
    {0xFE00, 0x5400, 0, S, "STRB<c> <Rt>,[<Rn>,<Rm>]", STRB, decode_index_narrow, NULL},
    {0xF800, 0x6000, 0, S, "STR<c> <Rt>,[<Rn>{,#<imm5>}]", STR, decode_imm5, NULL},
    {0xF800, 0x7000, 0, S, "STRB<c> <Rt>,[<Rn>{,#<imm5>}]", STRB, decode_imm5, NULL},
    {0xF800, 0x8000, 0, S, "STRH<c> <Rt>,[<Rn>{,#<imm5>}]", STRH, decode_imm5, NULL},
    {0xF800, 0x9000, 0, S, "STR<c> <Rt>,[SP{,#<imm8>}]", STR, decode_sp, NULL},
    WIDE(0xF840u, "STR", STR),
    WIDE(0xF820u, "STRH", STRH),
    WIDE(0xF800u, "STRB", STRB),
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_store, rows);
