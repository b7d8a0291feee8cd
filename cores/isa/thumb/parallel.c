/* Parallel addition and subtraction, and SEL: A5.3.14 and A5.3.15 of the Armv7-M ARM (DDI 0403E).
 * One exec for each of the six operations in each of the six arithmetics. */
#include "_thumb.h"

enum operation { ADD16, ASX, SAX, SUB16, ADD8, SUB8 };
enum arithmetic {
    SIGNED,
    SATURATING,
    SIGNED_HALVING,
    UNSIGNED,
    UNSIGNED_SATURATING,
    UNSIGNED_HALVING
};

#define INLINE static inline __attribute__((always_inline))

INLINE bool is_unsigned(enum arithmetic kind)
{
    return kind >= UNSIGNED;
}

INLINE int32_t lane16(uint32_t value, unsigned index, enum arithmetic kind)
{
    uint32_t lane = value >> (16 * index) & 0xFFFFu;
    return is_unsigned(kind) ? (int32_t)lane : (int16_t)lane;
}

INLINE int32_t lane8(uint32_t value, unsigned index, enum arithmetic kind)
{
    uint32_t lane = value >> (8 * index) & 0xFFu;
    return is_unsigned(kind) ? (int32_t)lane : (int8_t)lane;
}

INLINE int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Puts an exact sum or difference into a lane of `width` bits. */
INLINE uint32_t fit(int32_t exact, unsigned width, enum arithmetic kind)
{
    uint32_t mask = (1u << width) - 1;
    switch (kind) {
    case SATURATING:
        exact = clamp(exact, -(1 << (width - 1)), (1 << (width - 1)) - 1);
        break;
    case UNSIGNED_SATURATING:
        exact = clamp(exact, 0, (1 << width) - 1);
        break;
    case SIGNED_HALVING:
    case UNSIGNED_HALVING:
        exact >>= 1;
        break;
    default:
        break;
    }
    return (uint32_t)exact & mask;
}

/* GE of a lane: not negative, or for an unsigned sum its carry. */
INLINE bool reaches(int32_t exact, bool sum, unsigned width, enum arithmetic kind)
{
    return sum && kind == UNSIGNED ? exact >> width != 0 : exact >= 0;
}

INLINE bool lane_adds(enum operation op, unsigned lane)
{
    return op == ADD16 || op == ADD8 || (op == ASX && lane == 1) || (op == SAX && lane == 0);
}

INLINE enum arm_result parallel(struct arm_cpu *cpu, const struct arm_insn *insn, enum operation op,
                                enum arithmetic kind)
{
    uint32_t a = cpu->r[insn->rn];
    uint32_t b = cpu->r[insn->rm];
    bool bytes = op == ADD8 || op == SUB8;
    unsigned width = bytes ? 8 : 16;
    uint32_t result = 0;
    uint32_t ge = 0;
    for (unsigned i = 0; i < 32 / width; i++) {
        unsigned other = op == ASX || op == SAX ? 1 - i : i;
        int32_t x = bytes ? lane8(a, i, kind) : lane16(a, i, kind);
        int32_t y = bytes ? lane8(b, i, kind) : lane16(b, other, kind);
        int32_t exact = lane_adds(op, i) ? x + y : x - y;
        result |= fit(exact, width, kind) << (width * i);
        if (reaches(exact, lane_adds(op, i), width, kind)) {
            ge |= bytes ? 1u << i : 3u << (2 * i);
        }
    }
    cpu->r[insn->rd] = result;
    if (kind == SIGNED || kind == UNSIGNED) {
        cpu->ge = ge;
    }
    return ARM_OK;
}

#define EXEC(name, op, kind)                                                                       \
    static enum arm_result name(struct arm_cpu *cpu, const struct arm_insn *insn)                  \
    {                                                                                              \
        return parallel(cpu, insn, op, kind);                                                      \
    }
#define EXEC_ALL(prefix, kind)                                                                     \
    EXEC(prefix##add16, ADD16, kind)                                                               \
    EXEC(prefix##asx, ASX, kind)                                                                   \
    EXEC(prefix##sax, SAX, kind)                                                                   \
    EXEC(prefix##sub16, SUB16, kind)                                                               \
    EXEC(prefix##add8, ADD8, kind)                                                                 \
    EXEC(prefix##sub8, SUB8, kind)

EXEC_ALL(s, SIGNED)
EXEC_ALL(q, SATURATING)
EXEC_ALL(sh, SIGNED_HALVING)
EXEC_ALL(u, UNSIGNED)
EXEC_ALL(uq, UNSIGNED_SATURATING)
EXEC_ALL(uh, UNSIGNED_HALVING)

static enum arm_result sel(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    static const uint32_t spread[16] = {
        0x00000000u, 0x000000FFu, 0x0000FF00u, 0x0000FFFFu, 0x00FF0000u, 0x00FF00FFu,
        0x00FFFF00u, 0x00FFFFFFu, 0xFF000000u, 0xFF0000FFu, 0xFF00FF00u, 0xFF00FFFFu,
        0xFFFF0000u, 0xFFFF00FFu, 0xFFFFFF00u, 0xFFFFFFFFu,
    };
    uint32_t mask = spread[cpu->ge & 15];
    cpu->r[insn->rd] = (cpu->r[insn->rn] & mask) | (cpu->r[insn->rm] & ~mask);
    return ARM_OK;
}

static bool decode_three(uint32_t raw, struct arm_insn *insn)
{
    insn->rd = reg_field(raw, 8);
    insn->rn = reg_field(raw, 16);
    insn->rm = reg_field(raw, 0);
    reads(insn, insn->rn);
    reads(insn, insn->rm);
    writes(insn, insn->rd);
    if (insn->exec == sel) {
        reads(insn, FLAGS_BIT);
    } else if (insn->row->op) {
        writes(insn, FLAGS_BIT);
    }
    return !bad_reg(insn->rd) && !bad_reg(insn->rn) && !bad_reg(insn->rm);
}

/* clang-format off */
#define ROW(match, text, ge, exec) \
    {0xFFF0F0F0, match, ARM_HAS_THUMB2 | ARM_HAS_DSP, MOTE_CLASS_SIMD, text " <Rd>,<Rn>,<Rm>", ge, decode_three, exec}
#define ROWS(op2, prefix, exec, ge) \
    ROW(0xFA80F000 | (op2), prefix "ADD8<c>", ge, exec##add8), \
    ROW(0xFA90F000 | (op2), prefix "ADD16<c>", ge, exec##add16), \
    ROW(0xFAA0F000 | (op2), prefix "ASX<c>", ge, exec##asx), \
    ROW(0xFAC0F000 | (op2), prefix "SUB8<c>", ge, exec##sub8), \
    ROW(0xFAD0F000 | (op2), prefix "SUB16<c>", ge, exec##sub16), \
    ROW(0xFAE0F000 | (op2), prefix "SAX<c>", ge, exec##sax)
static const struct arm_row rows[] = {
    ROWS(0x00, "S", s, 1),
    ROWS(0x10, "Q", q, 0),
    ROWS(0x20, "SH", sh, 0),
    ROWS(0x40, "U", u, 1),
    ROWS(0x50, "UQ", uq, 0),
    ROWS(0x60, "UH", uh, 0),
    ROW(0xFAA0F080, "SEL<c>", 0, sel),
};
/* clang-format on */
ROW_TABLE(arm_rows_thumb_parallel, rows);
