/* What the floating-point rows share. F and D are the same instructions in two sizes, so most exec
 * functions are written once, for a size (RV_FP_SIZES); f.c and d.c list the rows.
 *
 * Document: Volume I, "F" 2.2 and "D" 2.2. A single lies in an f register boxed in ones; what is
 * not boxed reads as the canonical NaN. cpu->fp_env holds the flags that fflags shows, and the
 * rounding mode of a valid frm. */
#ifndef CORES_ISA_RV_FP_H
#define CORES_ISA_RV_FP_H

#include "_rv.h"
#include "fp/host.h"

#define RV_FP_FLAGS 0x1Fu
#define RV_FP_BOX   0xFFFFFFFF00000000u
enum { RV_FP_DYNAMIC = 7 };

/* Before anything else in every exec here. */
#define RV_FP_ENTER(cpu, insn)                                                                     \
    do {                                                                                           \
        if (__builtin_expect(!((cpu)->mstatus & RISCV_MSTATUS_FS), 0))                             \
            return riscv_illegal((cpu), (insn));                                                   \
    } while (0)

FP_INLINE uint64_t rv_fp_nan(enum fp_size size)
{
    return size == FP64 ? 0x7FF8000000000000u : 0x7FC00000u;
}

FP_INLINE uint64_t rv_fp_read(const struct riscv_cpu *cpu, enum fp_size size, unsigned reg)
{
    uint64_t value = cpu->f[reg];
    if (size == FP64)
        return value;
    return value >= RV_FP_BOX ? (uint32_t)value : rv_fp_nan(FP32);
}

FP_INLINE void rv_fp_write(struct riscv_cpu *cpu, enum fp_size size, unsigned reg, uint64_t value)
{
    cpu->f[reg] = size == FP64 ? value : value | RV_FP_BOX;
    cpu->mstatus |= RISCV_MSTATUS_FS;
}

FP_INLINE void rv_fp_write_int(struct riscv_cpu *cpu, unsigned reg, uint64_t value)
{
    cpu->x[reg] = value & cpu->xmask;
}

/* Modes and flags for an instruction with a rounding mode; false: frm holds an invalid one. */
FP_INLINE bool rv_fp_begin(const struct riscv_cpu *cpu, const struct riscv_insn *insn,
                           uint32_t *env)
{
    uint32_t mode = insn->raw >> 12 & 7;
    *env = mode == RV_FP_DYNAMIC ? cpu->fp_env : riscv_fp_mode(mode) | (cpu->fp_env & RV_FP_FLAGS);
    return mode != RV_FP_DYNAMIC || cpu->frm <= RISCV_FRM_RMM;
}

FP_INLINE void rv_fp_end(struct riscv_cpu *cpu, uint32_t env)
{
    if (env & ~cpu->fp_env & RV_FP_FLAGS) {
        cpu->fp_env |= env & RV_FP_FLAGS;
        cpu->mstatus |= RISCV_MSTATUS_FS;
    }
}

/* Operands by format; false: a reserved rounding mode. f_: of f registers, x_: of x registers. */
bool rv_decode_f_fff(uint32_t raw, struct riscv_insn *insn); /* rounding */
bool rv_decode_f_ffff(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_f_ff(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_f_exact(uint32_t raw, struct riscv_insn *insn); /* as fff, without rounding mode */
bool rv_decode_f_compare(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_x_f(uint32_t raw, struct riscv_insn *insn); /* rounding */
bool rv_decode_f_x(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_x_f_exact(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_f_x_exact(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_f_load(uint32_t raw, struct riscv_insn *insn);
bool rv_decode_f_store(uint32_t raw, struct riscv_insn *insn);
/* Sets t's masks of a load or store whose operands are filled in. */
void rv_set_f_memory(struct riscv_insn *insn, bool is_double, bool store);

/* Arithmetic that is RISC-V's own: rd = one of a and b; the class as a bit; to an integer. */
uint64_t rv_fp_min_max(enum fp_size size, uint64_t a, uint64_t b, bool max, uint32_t *env);
uint32_t rv_fp_class(enum fp_size size, uint64_t a);
uint64_t rv_fp_to_int(enum fp_size size, uint64_t a, unsigned width, bool is_signed, uint32_t *env);
uint64_t rv_fp_from_int(enum fp_size size, uint64_t value, bool is_signed, uint32_t *env);

/* An exec function for each size from a template that takes the size last. */
#define RV_FP_SIZES(name, template, ...)                                                           \
    enum riscv_result name##_s(struct riscv_cpu *cpu, const struct riscv_insn *insn)               \
    {                                                                                              \
        return template(cpu, insn, __VA_ARGS__, FP32);                                             \
    }                                                                                              \
    enum riscv_result name##_d(struct riscv_cpu *cpu, const struct riscv_insn *insn)               \
    {                                                                                              \
        return template(cpu, insn, __VA_ARGS__, FP64);                                             \
    }

#define RV_BY_SIZE(name) name##_s, name##_d
extern riscv_exec RV_BY_SIZE(rv_fadd), RV_BY_SIZE(rv_fsub), RV_BY_SIZE(rv_fmul),
    RV_BY_SIZE(rv_fdiv), RV_BY_SIZE(rv_fsqrt), RV_BY_SIZE(rv_fmadd), RV_BY_SIZE(rv_fmsub),
    RV_BY_SIZE(rv_fnmsub), RV_BY_SIZE(rv_fnmadd), RV_BY_SIZE(rv_fsgnj), RV_BY_SIZE(rv_fsgnjn),
    RV_BY_SIZE(rv_fsgnjx), RV_BY_SIZE(rv_fmin), RV_BY_SIZE(rv_fmax), RV_BY_SIZE(rv_feq),
    RV_BY_SIZE(rv_flt), RV_BY_SIZE(rv_fle), RV_BY_SIZE(rv_fclass), RV_BY_SIZE(rv_fcvt_w),
    RV_BY_SIZE(rv_fcvt_wu), RV_BY_SIZE(rv_fcvt_l), RV_BY_SIZE(rv_fcvt_lu), RV_BY_SIZE(rv_fcvt_f_w),
    RV_BY_SIZE(rv_fcvt_f_wu), RV_BY_SIZE(rv_fcvt_f_l), RV_BY_SIZE(rv_fcvt_f_lu),
    RV_BY_SIZE(rv_fmv_x), RV_BY_SIZE(rv_fmv_f), RV_BY_SIZE(rv_fload), RV_BY_SIZE(rv_fstore);

#endif
