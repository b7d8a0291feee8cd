/* Shared by the floating-point rows. Operand registers are indices of s[]: of a double, of its
 * lower word. The cores have sixteen doubles. */
#ifndef CORES_ISA_THUMB_VFP_H
#define CORES_ISA_THUMB_VFP_H

#include "_thumb.h"
#include "fp/host.h"

#define SP_ROW     (ARM_HAS_THUMB2 | ARM_HAS_FPSP)
#define DP_ROW     (ARM_HAS_THUMB2 | ARM_HAS_FPSP | ARM_HAS_FPDP)
#define VFP_INLINE static inline __attribute__((always_inline))

/* Before anything else in every exec here. */
#define VFP_ENTER(cpu)                                                                             \
    do {                                                                                           \
        if (__builtin_expect(!(cpu)->fp_ready, 0) && arm_fp_begin(cpu) == ARM_RAISED) {            \
            return ARM_RAISED;                                                                     \
        }                                                                                          \
    } while (0)

VFP_INLINE uint64_t vfp_read(const struct arm_cpu *cpu, enum fp_size size, unsigned reg)
{
    return size == FP64 ? (uint64_t)cpu->s[reg + 1] << 32 | cpu->s[reg] : cpu->s[reg];
}

VFP_INLINE void vfp_write(struct arm_cpu *cpu, enum fp_size size, unsigned reg, uint64_t value)
{
    cpu->s[reg] = (uint32_t)value;
    if (size == FP64) {
        cpu->s[reg + 1] = (uint32_t)(value >> 32);
    }
}

/* Register field with its four bits at `low` and its fifth at `extra`. False: no such double. */
static inline bool vfp_field(uint32_t raw, bool is_double, unsigned low, unsigned extra,
                             uint8_t *reg)
{
    uint32_t four = raw >> low & 15u;
    uint32_t one = raw >> extra & 1u;
    *reg = (uint8_t)(is_double ? four << 1 : four << 1 | one);
    return !is_double || one == 0;
}

static inline bool vfp_d(uint32_t raw, struct arm_insn *insn, bool is_double)
{
    return vfp_field(raw, is_double, 12, 22, &insn->rd);
}

static inline bool vfp_n(uint32_t raw, struct arm_insn *insn, bool is_double)
{
    return vfp_field(raw, is_double, 16, 7, &insn->rn);
}

static inline bool vfp_m(uint32_t raw, struct arm_insn *insn, bool is_double)
{
    return vfp_field(raw, is_double, 0, 5, &insn->rm);
}

static inline uint64_t vfp_mask(unsigned reg)
{
    return 1ull << (33 + reg / 2);
}

static inline uint32_t vfp_single_mask(const struct arm_insn *insn, unsigned reg)
{
    return (insn->t.flags & MOTE_INSN_DOUBLE ? 3u : 1u) << reg;
}

static inline void vfp_reads(struct arm_insn *insn, unsigned reg)
{
    insn->t.reads |= vfp_mask(reg);
    insn->t.fp_reads |= vfp_single_mask(insn, reg);
}

static inline void vfp_writes(struct arm_insn *insn, unsigned reg)
{
    insn->t.writes |= vfp_mask(reg);
    insn->t.fp_writes |= vfp_single_mask(insn, reg);
}

/* Bit 8 of most encodings. */
static inline bool vfp_is_double(uint32_t raw, struct arm_insn *insn)
{
    bool is_double = raw >> 8 & 1u;
    if (is_double) {
        add_flags(insn, MOTE_INSN_DOUBLE);
    }
    return is_double;
}

#endif
