/* What a dual-issue core (Cortex-M7) needs to know of an encoding beyond its class: which ALU
 * stage, which shared unit, which operands early.
 *
 * Sources: jnk0le, "pipeline cycle test", cortex m7 (measured on an STM32H743); LLVM's
 * ARMScheduleM7.td. Encodings: Armv7-M ARM (DDI 0403E) A5. The first row that fits decides; the
 * class and the operands are known by then. */
#include "_thumb.h"

#define STAGE    MOTE_ISSUE_EITHER_STAGE
#define SHIFT    MOTE_ISSUE_PLAIN_SHIFT
#define FIELD    MOTE_ISSUE_BIT_FIELD
#define SHIFTER  MOTE_ISSUE_SHIFTER
#define EARLY    (FIELD | SHIFTER | MOTE_ISSUE_EARLY)
#define MERGE    (FIELD | SHIFTER | MOTE_ISSUE_EARLY_SHIFTED)
#define REVERSE  (EARLY | MOTE_ISSUE_FIRST_STAGE)
#define SATURATE (FIELD | MOTE_ISSUE_SATURATES)
#define PART     MOTE_ISSUE_PART_WORD
#define ACROSS   (SHIFTER | MOTE_ISSUE_EARLY_SHIFTED)

struct issue_row {
    uint32_t mask, match;
    uint16_t traits;
};

/* clang-format off */
static const struct issue_row rows[] = {
    /* 16-bit: move; shifts, add, subtract; compare; shifts by a register */
    {0xFFFFFFC0, 0x0000, STAGE}, {0xFFFFF800, 0x1800, STAGE}, {0xFFFFE000, 0x0000, SHIFT},
    {0xFFFFF800, 0x2800, 0}, {0xFFFFE000, 0x2000, STAGE},
    {0xFFFFFFC0, 0x4080, SHIFT}, {0xFFFFFFC0, 0x40C0, SHIFT},
    {0xFFFFFFC0, 0x4100, SHIFT}, {0xFFFFFFC0, 0x41C0, SHIFT},
    {0xFFFFFF00, 0x4400, STAGE}, {0xFFFFFF00, 0x4600, STAGE},
    {0xFFFFF000, 0xA000, STAGE}, {0xFFFFFF00, 0xB000, STAGE},
    {0xFFFFFF00, 0xB200, FIELD}, {0xFFFFFF00, 0xBA00, REVERSE},
    {0xFFFFFE00, 0x5600, PART}, {0xFFFFFE00, 0x5A00, PART}, {0xFFFFFC00, 0x5C00, PART},
    {0xFFFFF800, 0x7800, PART}, {0xFFFFF800, 0x8800, PART},
    /* 32-bit, shifted register: PKH, MOV and shifts */
    {0xFFE00000, 0xEAC00000, MERGE}, {0xFFEF70F0, 0xEA4F0000, STAGE}, {0xFFEF0000, 0xEA4F0000, SHIFT},
    /* ADDW, SUBW, MOVW */
    {0xFBF08000, 0xF2000000, STAGE}, {0xFBF08000, 0xF2A00000, STAGE}, {0xFBF08000, 0xF2400000, STAGE},
    /* SSAT, USAT, BFI, SBFX, UBFX */
    {0xFF508000, 0xF3000000, EARLY | SATURATE}, {0xFF708000, 0xF3400000, EARLY},
    {0xFF708000, 0xF3600000, EARLY},
    /* shifts by a register; extension, alone and with an addition */
    {0xFF80F0F0, 0xFA00F000, SHIFT}, {0xFF8FF080, 0xFA0FF080, FIELD}, {0xFF80F080, 0xFA00F080, MERGE},
    /* saturating parallel arithmetic, the other; QADD, QDADD, QSUB, QDSUB; REV, RBIT; SEL, CLZ */
    {0xFF80F0B0, 0xFA80F010, SATURATE}, {0xFF80F080, 0xFA80F000, FIELD},
    {0xFFF0F0C0, 0xFA80F080, SATURATE}, {0xFFF0F0C0, 0xFA90F080, REVERSE}, {0xFF80F080, 0xFA80F080, FIELD},
    {0xFFF00000, 0xFB700000, SATURATE}, /* USAD8, USADA8 */
    /* bytes and halfwords */
    {0xFE500000, 0xF8100000, PART},
    /* VFMA and its like; VMOV of a constant; VLDM, VSTM */
    {0xFFB00E00, 0xEE900A00, MOTE_ISSUE_FUSED}, {0xFFB00E00, 0xEEA00A00, MOTE_ISSUE_FUSED},
    {0xFFB00EF0, 0xEEB00A00, MOTE_ISSUE_CONSTANT}, {0xFF200E00, 0xED000A00, 0},
    {0xFE000E00, 0xEC000A00, MOTE_ISSUE_MULTIPLE},
};
/* clang-format on */

/* Data processing with a modified constant, which takes the shifter to rotate, or a register. */
static uint16_t data_traits(const struct arm_insn *insn)
{
    bool constant = insn->raw >> 28 == 0xF;
    if (constant ? insn->raw & 0x04004000u : insn->t.shifted_reads != 0)
        return constant ? SHIFTER : ACROSS;
    uint32_t op = insn->raw & 0x01E00000u;
    bool moves = op == 0x00400000u && (insn->raw & 0x000F0000u) == 0x000F0000u;
    return moves || op == 0x01000000u || op == 0x01A00000u ? STAGE : 0;
}

static uint16_t traits(const struct arm_insn *insn)
{
    uint32_t raw = insn->raw;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((raw & rows[i].mask) == rows[i].match)
            return rows[i].traits;
    bool data = (raw & 0xFE000000u) == 0xEA000000u || (raw & 0xFA008000u) == 0xF0000000u;
    return data ? data_traits(insn) : 0;
}

/* MLA, SMLAD ... name the addend in Ra; the long ones add to what they write. */
static uint16_t addend(const struct arm_insn *insn)
{
    uint32_t ra = insn->raw >> 12 & 15;
    bool three = insn->t.cls == MOTE_CLASS_MAC || insn->t.cls == MOTE_CLASS_SIMD_MAC;
    if (three && insn->t.bytes == 4 && (insn->raw & 0xFF800000u) == 0xFB000000u)
        return ra == PC || ra == insn->rn || ra == insn->rm ? 0 : (uint16_t)(1u << ra);
    bool twice = three || insn->t.cls == MOTE_CLASS_MUL_LONG;
    return twice ? (uint16_t)(insn->t.writes & insn->t.reads) : 0;
}

void arm_issue_traits(struct arm_insn *insn)
{
    insn->t.issue = traits(insn);
    insn->t.sum_reads = addend(insn);
}
