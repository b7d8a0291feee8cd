/* From RV32 instructions to x86-64, shared by the families. A hart has no flags, so eax holds a
 * guest register like others; x0 is no place: operands know it as the constant 0. */
#ifndef CORES_ENGINE_RV_LOWER_H
#define CORES_ENGINE_RV_LOWER_H

#include "engine/internal.h"
#include "engine/native.h"
#include "engine/rv/riscv_engine.h"

enum { RV_MAX_LOWERINGS = 96 };

/* A condition outside a block: mstatus.FS says that f registers changed. */
enum { RV_NEEDS_FP = 1 << 0 };

struct rv_build {
    struct native_build *b;
    struct x86_emit *e;
    const struct riscv_cpu *cpu;
    const struct learned *learned; /* of the block being lowered */
    const struct riscv_insn *insn;
    uint32_t index, pc; /* of the instruction */
    bool ended;         /* the instruction has passed control on */
    /* The exec function of each line of the table of lowerings (region.c): compressed forms share
     * those of what they abbreviate. */
    riscv_exec *exec[RV_MAX_LOWERINGS];
};

/* Lowers t->insn as operation `op` of its family; false: it cannot (nothing is left emitted). */
typedef bool rv_lower(struct rv_build *t, uint32_t op);
rv_lower rv_lower_arithmetic, rv_lower_shift, rv_lower_set, rv_lower_constant, rv_lower_multiply,
    rv_lower_divide, rv_lower_bits, rv_lower_atomic, rv_lower_load, rv_lower_store, rv_lower_f_load,
    rv_lower_f_store, rv_lower_branch, rv_lower_jump;

enum { RV_SET_SIGNED, RV_SET_UNSIGNED };
enum { RV_MUL, RV_MULH, RV_MULHSU, RV_MULHU };
enum { RV_DIV, RV_DIVU, RV_REM, RV_REMU };
enum { RV_JAL, RV_JALR };
enum rv_bits_op {
    RV_SH1ADD = 1, /* the amount */
    RV_SH2ADD,
    RV_SH3ADD,
    RV_ANDN,
    RV_ORN,
    RV_XNOR,
    RV_CLZ,
    RV_CTZ,
    RV_CPOP,
    RV_MAX,
    RV_MAXU,
    RV_MIN,
    RV_MINU,
    RV_SEXT_B,
    RV_SEXT_H,
    RV_ZEXT_H,
    RV_ORC_B,
    RV_REV8,
    RV_BCLR,
    RV_BEXT,
    RV_BINV,
    RV_BSET,
    RV_CZERO_EQZ,
    RV_CZERO_NEZ,
};
enum rv_atomic_op {
    RV_LR,
    RV_SC,
    RV_AMOSWAP,
    RV_AMOADD,
    RV_AMOXOR,
    RV_AMOAND,
    RV_AMOOR,
    RV_AMOMIN, /* from here on operations that compare */
    RV_AMOMAX,
    RV_AMOMINU,
    RV_AMOMAXU,
};
/* Of loads and stores: the bytes, and whether a load extends the sign. */
enum { RV_SIGNED = 8 };

/* A source operand: a register, or a constant. */
struct rv_operand {
    bool is_imm;
    uint32_t imm;
    struct x86_place place;
};

static inline struct x86_place rv_guest(const struct rv_build *t, unsigned reg)
{
    return t->b->guest[reg];
}

static inline struct rv_operand rv_source(const struct rv_build *t, unsigned reg)
{
    return (struct rv_operand){.is_imm = reg == 0, .place = rv_guest(t, reg)};
}

/* The second operand of computations: x[rs2], or the immediate. */
static inline struct rv_operand rv_second(const struct rv_build *t)
{
    struct rv_operand b = rv_source(t, t->insn->rs2);
    b.imm = t->insn->imm;
    return b;
}

static inline bool rv_is(const struct rv_operand *operand, unsigned host)
{
    return !operand->is_imm && x86_is(operand->place, host);
}

static inline bool rv_in_reg(const struct rv_operand *operand)
{
    return !operand->is_imm && operand->place.kind == X86_IN_REG;
}

static inline void rv_load(struct rv_build *t, unsigned host, const struct rv_operand *from)
{
    if (from->is_imm)
        x86_imm(t->e, host, from->imm);
    else
        x86_load(t->e, host, from->place);
}

static inline void rv_alu(struct rv_build *t, enum x86_alu op, unsigned host,
                          const struct rv_operand *from)
{
    if (from->is_imm)
        x86_alu_imm(t->e, op, x86_reg(host), from->imm);
    else
        x86_alu(t->e, op, host, from->place);
}

/* The register to compute a result in: rd's own, unless that is in memory. */
static inline unsigned rv_result(const struct rv_build *t)
{
    struct x86_place place = rv_guest(t, t->insn->rd);
    return place.kind == X86_IN_REG ? place.reg : (unsigned)X86_RDI;
}

static inline void rv_put(struct rv_build *t, unsigned host)
{
    x86_store(t->e, rv_guest(t, t->insn->rd), host, 4);
}

/* ---- branch.c ---- */
/* Compares two operands; gives the host's condition for `cond` of a with b. */
enum x86_cond rv_compare(struct rv_build *t, const struct rv_operand *a, const struct rv_operand *b,
                         enum x86_cond cond);

/* ---- region.c ---- */
bool rv_target(const struct learned *l, uint32_t *pc);
bool rv_goes_on(const struct learned *l);
void rv_describe(void *cpu, struct native_build *b, struct native_guest *guest);

#endif
