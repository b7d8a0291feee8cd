/* Shared by the Thumb rows: field access, register masks of struct mote_insn, flags, shifts.
 *
 * Rules of a row. Its decode fills the operands and the masks and refuses UNPREDICTABLE encodings
 * and those that the manual gives to another instruction ("SEE ..."): no two rows ever accept the
 * same encoding. An exec changes nothing when it returns ARM_RAISED. */
#ifndef CORES_ISA_THUMB_H
#define CORES_ISA_THUMB_H

#include "../../arm/arm.h"

enum {
    SP = 13,
    LR = 14,
    PC = 15,
};

#define FLAGS_BIT 32
#define ROW_TABLE(name, array)                                                                     \
    extern const struct arm_row_table name;                                                        \
    const struct arm_row_table name = {array, sizeof(array) / sizeof((array)[0])}

static inline uint32_t bits(uint32_t value, unsigned high, unsigned low)
{
    return value >> low & ((2u << (high - low)) - 1u);
}

static inline uint8_t reg_field(uint32_t value, unsigned low)
{
    return (uint8_t)(value >> low & 15u);
}

static inline uint8_t low_field(uint32_t value, unsigned low)
{
    return (uint8_t)(value >> low & 7u);
}

/* ---- masks of struct mote_insn ---- */
static inline void reads(struct arm_insn *insn, unsigned reg)
{
    insn->t.reads |= 1ull << reg;
}

static inline void reads_address(struct arm_insn *insn, unsigned reg)
{
    insn->t.reads |= 1ull << reg;
    insn->t.address_reads |= 1ull << reg;
}

static inline void reads_shifted(struct arm_insn *insn, unsigned reg)
{
    insn->t.reads |= 1ull << reg;
    insn->t.shifted_reads |= 1ull << reg;
}

static inline void writes(struct arm_insn *insn, unsigned reg)
{
    insn->t.writes |= 1ull << reg;
    if (reg == PC) {
        insn->t.flags |= MOTE_INSN_WRITES_PC;
    }
}

static inline void add_flags(struct arm_insn *insn, unsigned flags)
{
    insn->t.flags = (uint16_t)(insn->t.flags | flags);
}

static inline void not_engine(struct arm_insn *insn)
{
    insn->t.flags = (uint16_t)(insn->t.flags & ~(unsigned)MOTE_INSN_ENGINE);
}

/* SP and PC, which most 32-bit encodings do not allow. */
static inline bool bad_reg(unsigned reg)
{
    return reg == SP || reg == PC;
}

/* ---- execution ---- */
/* A register as an operand, where the encoding allows the pc. */
static inline uint32_t read_reg(const struct arm_cpu *cpu, unsigned reg)
{
    return reg == PC ? cpu->pc + 4u : cpu->r[reg];
}

/* A register as a result, where the encoding allows SP: its bits 1:0 are always zero. */
static inline void write_reg(struct arm_cpu *cpu, unsigned reg, uint32_t value)
{
    cpu->r[reg] = reg == SP ? value & ~3u : value;
}

static inline void set_nz(struct arm_cpu *cpu, uint32_t result)
{
    cpu->n = result >> 31;
    cpu->z = result == 0;
}

static inline uint32_t add_with_flags(struct arm_cpu *cpu, uint32_t a, uint32_t b, uint32_t carry)
{
    uint64_t wide = (uint64_t)a + b + carry;
    uint32_t result = (uint32_t)wide;
    cpu->c = (uint32_t)(wide >> 32);
    cpu->v = ((a ^ result) & (b ^ result)) >> 31;
    set_nz(cpu, result);
    return result;
}

static inline uint32_t rotate_right(uint32_t value, uint32_t amount)
{
    amount &= 31;
    return amount == 0 ? value : value >> amount | value << (32 - amount);
}

enum shift { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR, SHIFT_RRX };

/* Shift() and Shift_C() of the manual for amounts 0..255; `carry` in and out. */
static inline uint32_t shift_c(uint32_t value, uint32_t type, uint32_t amount, uint32_t *carry)
{
    if (type == SHIFT_RRX) {
        uint32_t result = *carry << 31 | value >> 1;
        *carry = value & 1;
        return result;
    }
    if (amount == 0) {
        return value;
    }
    switch (type) {
    case SHIFT_LSL:
        *carry = amount > 32 ? 0 : value >> (32 - amount) & 1;
        return amount > 31 ? 0 : value << amount;
    case SHIFT_LSR:
        *carry = amount > 32 ? 0 : value >> (amount - 1) & 1;
        return amount > 31 ? 0 : value >> amount;
    case SHIFT_ASR:
        if (amount > 31) {
            *carry = value >> 31;
            return 0u - (value >> 31);
        }
        *carry = value >> (amount - 1) & 1;
        return (uint32_t)((int32_t)value >> amount);
    default:
        value = rotate_right(value, amount);
        *carry = value >> 31;
        return value;
    }
}

/* The same without the carry out; amounts 0..32, the shifts of an immediate-shifted operand. */
static inline uint32_t shift_plain(uint32_t value, uint32_t type, uint32_t amount, uint32_t carry)
{
    return shift_c(value, type, amount, &carry);
}

/* DecodeImmShift(). */
static inline void decode_imm_shift(struct arm_insn *insn, uint32_t type, uint32_t imm5)
{
    insn->shift_type = (uint8_t)type;
    insn->shift_amount = (uint8_t)imm5;
    if (imm5 == 0 && (type == SHIFT_LSR || type == SHIFT_ASR)) {
        insn->shift_amount = 32;
    } else if (imm5 == 0 && type == SHIFT_ROR) {
        insn->shift_type = SHIFT_RRX;
        insn->shift_amount = 1;
    }
}

static inline int32_t sign_extend(uint32_t value, unsigned width)
{
    return (int32_t)(value << (32 - width)) >> (32 - width);
}

#endif
