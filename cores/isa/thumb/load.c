/* Loads of one word, halfword or byte, unprivileged loads and preload hints: A5.2.4, A5.3.7 to
 * A5.3.9 of the Armv7-M ARM (DDI 0403E). Preloads have no effect on these cores. */
#include "_memory.h"

#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t extend(uint32_t value, unsigned bytes, bool is_signed)
{
    if (!is_signed) {
        return value;
    }
    return bytes == 1 ? (uint32_t)(int32_t)(int8_t)value : (uint32_t)(int32_t)(int16_t)value;
}

INLINE enum arm_result load(struct arm_cpu *cpu, const struct arm_insn *insn, unsigned bytes,
                            bool is_signed, enum memory_form form)
{
    uint32_t value;
    enum arm_result result = arm_load(cpu, memory_address(cpu, insn, form), bytes, &value);
    if (__builtin_expect(result == ARM_RAISED, 0)) {
        return result;
    }
    memory_write_back(cpu, insn, form);
    cpu->r[insn->rd] = extend(value, bytes, is_signed);
    return result;
}

#define EXEC(name, bytes, is_signed, form)                                                         \
    static enum arm_result name(struct arm_cpu *cpu, const struct arm_insn *insn)                  \
    {                                                                                              \
        return load(cpu, insn, bytes, is_signed, form);                                            \
    }
#define EXEC_ALL(name, bytes, is_signed)                                                           \
    EXEC(name##_offset, bytes, is_signed, MEMORY_OFFSET)                                           \
    EXEC(name##_pre, bytes, is_signed, MEMORY_PRE)                                                 \
    EXEC(name##_post, bytes, is_signed, MEMORY_POST)                                               \
    EXEC(name##_index, bytes, is_signed, MEMORY_INDEX)                                             \
    EXEC(name##_literal, bytes, is_signed, MEMORY_LITERAL)
EXEC_ALL(ldr, 4, false)
EXEC_ALL(ldrh, 2, false)
EXEC_ALL(ldrb, 1, false)
EXEC_ALL(ldrsh, 2, true)
EXEC_ALL(ldrsb, 1, true)

enum kind { LDR, LDRH, LDRB, LDRSH, LDRSB };
#define FORMS(name)                                                                                \
    {                                                                                              \
        name##_offset, name##_pre, name##_post, name##_index, name##_literal,                      \
    }
static arm_exec *const execs[][MEMORY_FORM_COUNT] = {
    [LDR] = FORMS(ldr),     [LDRH] = FORMS(ldrh),   [LDRB] = FORMS(ldrb),
    [LDRSH] = FORMS(ldrsh), [LDRSB] = FORMS(ldrsb),
};

/* LDR to SP or to the pc, in any form. */
static enum arm_result ldr_special(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t value;
    enum memory_form form = insn->form;
    enum arm_result result = arm_load(cpu, memory_address(cpu, insn, form), 4, &value);
    if (result == ARM_RAISED) {
        return result;
    }
    memory_write_back(cpu, insn, form);
    if (insn->rd == PC) {
        enum arm_result branch = arm_bx_to(cpu, value);
        return branch == ARM_OK ? result : branch;
    }
    write_reg(cpu, insn->rd, value);
    return result;
}

static enum arm_result load_unprivileged(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    static const uint8_t sizes[] = {[LDR] = 4, [LDRH] = 2, [LDRB] = 1, [LDRSH] = 2, [LDRSB] = 1};
    unsigned kind = insn->row->op;
    uint32_t value;
    enum arm_result result =
        arm_load_unprivileged(cpu, cpu->r[insn->rn] + insn->imm, sizes[kind], &value);
    if (result != ARM_RAISED) {
        cpu->r[insn->rd] = extend(value, sizes[kind], kind >= LDRSH);
    }
    return result;
}

static void finish(struct arm_insn *insn)
{
    insn->exec = execs[insn->row->op][insn->form];
    memory_finish(insn);
    writes(insn, insn->rd);
    if (insn->rd == SP || insn->rd == PC) {
        insn->exec = ldr_special;
    }
    if (insn->rd == PC && insn->rn == SP && insn->form == MEMORY_POST) {
        add_flags(insn, MOTE_INSN_RETURN);
    }
}

/* ---- 16-bit ---- */
static bool decode_literal_narrow(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = low_field(raw, 8);
    insn->imm = bits(raw, 7, 0) << 2;
    insn->form = MEMORY_LITERAL;
    finish(insn);
    return true;
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
    unsigned scale = insn->row->op == LDR ? 2 : insn->row->op == LDRH ? 1 : 0;
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

/* ---- 32-bit ---- */
/* Rt of a byte or halfword load may be neither SP nor the pc (which makes it a hint). */
static bool good_target(const struct arm_insn *insn)
{
    return insn->row->op == LDR || !bad_reg(insn->rd);
}

static bool decode_imm12(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 11, 0);
    finish(insn);
    return insn->rn != PC && good_target(insn);
}

static bool decode_imm8(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    if (insn->rn == PC || !memory_decode_imm8(raw, insn) || !good_target(insn)) {
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
    return insn->rn != PC && !bad_reg(insn->rm) && good_target(insn);
}

static bool decode_literal(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->imm = bits(raw, 23, 23) ? bits(raw, 11, 0) : 0u - bits(raw, 11, 0);
    insn->form = MEMORY_LITERAL;
    finish(insn);
    return good_target(insn);
}

static bool decode_unprivileged(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 12);
    insn->rn = reg_field(raw, 16);
    insn->imm = bits(raw, 7, 0);
    memory_finish(insn);
    writes(insn, insn->rd);
    not_engine(insn);
    return insn->rn != PC && !bad_reg(insn->rd);
}

/* ---- PLD, PLI and the unallocated hints beside them ---- */
static enum arm_result preload(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    (void)cpu;
    (void)insn;
    return ARM_OK;
}

static bool decode_hint(uint32_t raw, struct arm_insn *insn)
{
    insn->rn = reg_field(raw, 16);
    reads_address(insn, insn->rn);
    return insn->rn != PC;
}

static bool decode_hint_index(uint32_t raw, struct arm_insn *insn)
{
    insn->rm = reg_field(raw, 0);
    reads_address(insn, insn->rm);
    return !bad_reg(insn->rm) && decode_hint(raw, insn);
}

static bool decode_hint_literal(uint32_t raw, struct arm_insn *insn)
{
    (void)raw;
    reads_address(insn, PC);
    return true;
}

/* clang-format off */
#define T2 ARM_HAS_THUMB2
#define L MOTE_CLASS_LOAD
#define HINT MOTE_CLASS_HINT
/* `first` is the first halfword of the form with imm8 and with an index register. */
#define WIDE(first, name, op) \
    {0xFFF00000, (first | 0x80u) << 16, T2, L, name "<c>.W <Rt>,[<Rn>,#<imm12>]", op, decode_imm12, NULL}, \
    {0xFFF00800, first << 16 | 0x800u, T2, L, name "<c> <Rt>,[<Rn>,#+/-<imm8>]{!}", op, decode_imm8, NULL}, \
    {0xFFF00FC0, first << 16, T2, L, name "<c>.W <Rt>,[<Rn>,<Rm>{,LSL #<imm2>}]", op, decode_index, NULL}, \
    {0xFF7F0000, first << 16 | 0xF0000u, T2, L, name "<c>.W <Rt>,<label>", op, decode_literal, NULL}, \
    {0xFFF00F00, first << 16 | 0xE00u, T2, L, name "T<c> <Rt>,[<Rn>,#<imm8>]", op, decode_unprivileged, load_unprivileged}
#define PRELOAD(first, name) \
    {0xFFF0F000, (first | 0x80u) << 16 | 0xF000u, T2, HINT, name "<c> [<Rn>,#<imm12>]", 0, decode_hint, preload}, \
    {0xFFF0FF00, first << 16 | 0xFC00u, T2, HINT, name "<c> [<Rn>,#-<imm8>]", 0, decode_hint, preload}, \
    {0xFFF0FFC0, first << 16 | 0xF000u, T2, HINT, name "<c> [<Rn>,<Rm>{,LSL #<imm2>}]", 0, decode_hint_index, preload}, \
    {0xFF7FF000, first << 16 | 0xFF000u, T2, HINT, name "<c> <label>", 0, decode_hint_literal, preload}
static const struct arm_row rows[] = {
    {0xF800, 0x4800, 0, L, "LDR<c> <Rt>,<label>", LDR, decode_literal_narrow, NULL},
    {0xFE00, 0x5600, 0, L, "LDRSB<c> <Rt>,[<Rn>,<Rm>]", LDRSB, decode_index_narrow, NULL},
    {0xFE00, 0x5800, 0, L, "LDR<c> <Rt>,[<Rn>,<Rm>]", LDR, decode_index_narrow, NULL},
    {0xFE00, 0x5A00, 0, L, "LDRH<c> <Rt>,[<Rn>,<Rm>]", LDRH, decode_index_narrow, NULL},
    {0xFE00, 0x5C00, 0, L, "LDRB<c> <Rt>,[<Rn>,<Rm>]", LDRB, decode_index_narrow, NULL},
    {0xFE00, 0x5E00, 0, L, "LDRSH<c> <Rt>,[<Rn>,<Rm>]", LDRSH, decode_index_narrow, NULL},
    {0xF800, 0x6800, 0, L, "LDR<c> <Rt>,[<Rn>{,#<imm5>}]", LDR, decode_imm5, NULL},
    {0xF800, 0x7800, 0, L, "LDRB<c> <Rt>,[<Rn>{,#<imm5>}]", LDRB, decode_imm5, NULL},
    {0xF800, 0x8800, 0, L, "LDRH<c> <Rt>,[<Rn>{,#<imm5>}]", LDRH, decode_imm5, NULL},
    {0xF800, 0x9800, 0, L, "LDR<c> <Rt>,[SP{,#<imm8>}]", LDR, decode_sp, NULL},
    WIDE(0xF850u, "LDR", LDR),
    WIDE(0xF830u, "LDRH", LDRH),
    WIDE(0xF810u, "LDRB", LDRB),
    WIDE(0xF930u, "LDRSH", LDRSH),
    WIDE(0xF910u, "LDRSB", LDRSB),
    PRELOAD(0xF810u, "PLD"),
    PRELOAD(0xF830u, "PLDW"),
    PRELOAD(0xF910u, "PLI"),
    PRELOAD(0xF930u, "unallocated memory hint"),
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_load, rows);
