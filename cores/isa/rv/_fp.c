/* Floating-point instructions in both sizes: operands and execution. */
#include "_fp.h"

/* ---- operands ---------------------------------------------------------------------------------
 */

static uint64_t x_bit(unsigned reg)
{
    return reg ? 1ull << reg : 0;
}

/* f31 has no bit of its own but that of the condition flags, which RISC-V lacks. */
static uint64_t f_bit(unsigned reg)
{
    return 1ull << (reg == 31 ? 32 : 33 + reg);
}

static void take_fields(uint32_t raw, struct riscv_insn *insn)
{
    insn->rd = (uint8_t)rv_bits(raw, 11, 7);
    insn->rs1 = (uint8_t)rv_bits(raw, 19, 15);
    insn->rs2 = (uint8_t)rv_bits(raw, 24, 20);
    if (rv_bits(raw, 26, 25) == 1)
        insn->t.flags |= MOTE_INSN_DOUBLE;
}

static bool mode_exists(uint32_t raw)
{
    uint32_t mode = rv_bits(raw, 14, 12);
    return mode <= RISCV_FRM_RMM || mode == RV_FP_DYNAMIC;
}

bool rv_decode_f_exact(uint32_t raw, struct riscv_insn *insn)
{
    take_fields(raw, insn);
    insn->t.reads = f_bit(insn->rs1) | f_bit(insn->rs2);
    insn->t.writes = f_bit(insn->rd);
    return true;
}

bool rv_decode_f_fff(uint32_t raw, struct riscv_insn *insn)
{
    return rv_decode_f_exact(raw, insn) && mode_exists(raw);
}

bool rv_decode_f_ffff(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_f_exact(raw, insn);
    insn->t.reads |= f_bit(raw >> 27);
    return mode_exists(raw);
}

bool rv_decode_f_ff(uint32_t raw, struct riscv_insn *insn)
{
    take_fields(raw, insn);
    insn->rs2 = 0;
    insn->t.reads = f_bit(insn->rs1);
    insn->t.writes = f_bit(insn->rd);
    return mode_exists(raw);
}

bool rv_decode_f_compare(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_f_exact(raw, insn);
    insn->t.writes = x_bit(insn->rd);
    return true;
}

bool rv_decode_x_f_exact(uint32_t raw, struct riscv_insn *insn)
{
    take_fields(raw, insn);
    insn->rs2 = 0;
    insn->t.reads = f_bit(insn->rs1);
    insn->t.writes = x_bit(insn->rd);
    return true;
}

bool rv_decode_x_f(uint32_t raw, struct riscv_insn *insn)
{
    return rv_decode_x_f_exact(raw, insn) && mode_exists(raw);
}

bool rv_decode_f_x_exact(uint32_t raw, struct riscv_insn *insn)
{
    take_fields(raw, insn);
    insn->rs2 = 0;
    insn->t.reads = x_bit(insn->rs1);
    insn->t.writes = f_bit(insn->rd);
    return true;
}

bool rv_decode_f_x(uint32_t raw, struct riscv_insn *insn)
{
    return rv_decode_f_x_exact(raw, insn) && mode_exists(raw);
}

void rv_set_f_memory(struct riscv_insn *insn, bool is_double, bool store)
{
    insn->t.words = is_double && insn->xlen == 32 ? 2 : 1;
    insn->t.address_reads = x_bit(insn->rs1);
    insn->t.reads = insn->t.address_reads | (store ? f_bit(insn->rs2) : 0);
    insn->t.writes = store ? 0 : f_bit(insn->rd);
    if (is_double)
        insn->t.flags |= MOTE_INSN_DOUBLE;
}

bool rv_decode_f_load(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_load(raw, insn);
    rv_set_f_memory(insn, raw >> 12 & 1, false);
    return true;
}

bool rv_decode_f_store(uint32_t raw, struct riscv_insn *insn)
{
    rv_decode_store(raw, insn);
    rv_set_f_memory(insn, raw >> 12 & 1, true);
    return true;
}

/* ---- arithmetic of RISC-V's own ---------------------------------------------------------------
 */

static unsigned fraction_bits(enum fp_size size)
{
    return size == FP64 ? 52 : 23;
}

static bool is_nan(enum fp_size size, uint64_t a)
{
    uint64_t infinity = fp_sign_bit(size) - (1ull << fraction_bits(size));
    return (a & ~fp_sign_bit(size)) > infinity;
}

static bool is_signalling(enum fp_size size, uint64_t a)
{
    return is_nan(size, a) && !(a >> (fraction_bits(size) - 1) & 1);
}

/* Bit patterns as numbers in the order of what they stand for, -0 below +0. */
static int64_t ordered(enum fp_size size, uint64_t a)
{
    int64_t magnitude = (int64_t)(a & ~fp_sign_bit(size));
    return a & fp_sign_bit(size) ? -magnitude - 1 : magnitude;
}

uint64_t rv_fp_min_max(enum fp_size size, uint64_t a, uint64_t b, bool max, uint32_t *env)
{
    if (is_signalling(size, a) || is_signalling(size, b))
        *env |= FP_INVALID;
    if (is_nan(size, a))
        return is_nan(size, b) ? rv_fp_nan(size) : b;
    if (is_nan(size, b))
        return a;
    return (ordered(size, a) < ordered(size, b)) != max ? a : b;
}

uint32_t rv_fp_class(enum fp_size size, uint64_t a)
{
    bool negative = a & fp_sign_bit(size);
    uint64_t magnitude = a & ~fp_sign_bit(size), least = 1ull << fraction_bits(size);
    if (is_nan(size, a))
        return is_signalling(size, a) ? 1u << 8 : 1u << 9;
    /* From infinity to zero: bits 0 to 3 for negative numbers, 7 to 4 for positive ones. */
    unsigned rank = magnitude == fp_sign_bit(size) - least ? 0
                    : magnitude >= least                   ? 1
                    : magnitude != 0                       ? 2
                                                           : 3;
    return 1u << (negative ? rank : 7 - rank);
}

uint64_t rv_fp_to_int(enum fp_size size, uint64_t a, unsigned width, bool is_signed, uint32_t *env)
{
    if (is_nan(size, a)) {
        *env |= FP_INVALID;
        return UINT64_MAX >> (64 - width + is_signed);
    }
    return fp_to_fixed(size, a, width, is_signed, 0, FP_MODE_OF_ENV, env);
}

uint64_t rv_fp_from_int(enum fp_size size, uint64_t value, bool is_signed, uint32_t *env)
{
    bool negative = is_signed && value >> 63;
    return fp_from_fixed(size, negative ? 0 - value : value, negative, 0, FP_MODE_OF_ENV, env);
}

/* ---- execution --------------------------------------------------------------------------------
 */

#define A rv_fp_read(cpu, size, insn->rs1)
#define B rv_fp_read(cpu, size, insn->rs2)
#define C rv_fp_read(cpu, size, insn->raw >> 27)

FP_INLINE enum riscv_result arithmetic(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                       enum fp_op op, enum fp_size size)
{
    uint32_t env;
    RV_FP_ENTER(cpu, insn);
    if (!rv_fp_begin(cpu, insn, &env))
        return riscv_illegal(cpu, insn);
    rv_fp_write(cpu, size, insn->rd, fp_calculate(op, size, A, B, &env));
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

RV_FP_SIZES(rv_fadd, arithmetic, FP_ADD)
RV_FP_SIZES(rv_fsub, arithmetic, FP_SUB)
RV_FP_SIZES(rv_fmul, arithmetic, FP_MUL)
RV_FP_SIZES(rv_fdiv, arithmetic, FP_DIV)

FP_INLINE enum riscv_result root(struct riscv_cpu *cpu, const struct riscv_insn *insn, int unused,
                                 enum fp_size size)
{
    uint32_t env;
    (void)unused;
    RV_FP_ENTER(cpu, insn);
    if (!rv_fp_begin(cpu, insn, &env))
        return riscv_illegal(cpu, insn);
    rv_fp_write(cpu, size, insn->rd, fp_sqrt(size, A, &env));
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

RV_FP_SIZES(rv_fsqrt, root, 0)

FP_INLINE enum riscv_result fused(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                  bool negate_product, bool negate_addend, enum fp_size size)
{
    const uint64_t sign = fp_sign_bit(size);
    uint32_t env;
    RV_FP_ENTER(cpu, insn);
    if (!rv_fp_begin(cpu, insn, &env))
        return riscv_illegal(cpu, insn);
    uint64_t result =
        fp_fused(size, C ^ (negate_addend ? sign : 0), A ^ (negate_product ? sign : 0), B, &env);
    rv_fp_write(cpu, size, insn->rd, result);
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

RV_FP_SIZES(rv_fmadd, fused, false, false)
RV_FP_SIZES(rv_fmsub, fused, false, true)
RV_FP_SIZES(rv_fnmsub, fused, true, false)
RV_FP_SIZES(rv_fnmadd, fused, true, true)

enum sign_of { SIGN_COPIED, SIGN_NEGATED, SIGN_XORED };

FP_INLINE enum riscv_result inject_sign(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                        enum sign_of how, enum fp_size size)
{
    const uint64_t sign = fp_sign_bit(size);
    RV_FP_ENTER(cpu, insn);
    uint64_t a = A, b = B ^ (how == SIGN_NEGATED ? sign : how == SIGN_XORED ? a & sign : 0);
    rv_fp_write(cpu, size, insn->rd, (a & ~sign) | (b & sign));
    return RISCV_OK;
}

RV_FP_SIZES(rv_fsgnj, inject_sign, SIGN_COPIED)
RV_FP_SIZES(rv_fsgnjn, inject_sign, SIGN_NEGATED)
RV_FP_SIZES(rv_fsgnjx, inject_sign, SIGN_XORED)

FP_INLINE enum riscv_result min_max(struct riscv_cpu *cpu, const struct riscv_insn *insn, bool max,
                                    enum fp_size size)
{
    RV_FP_ENTER(cpu, insn);
    uint32_t env = cpu->fp_env;
    rv_fp_write(cpu, size, insn->rd, rv_fp_min_max(size, A, B, max, &env));
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

RV_FP_SIZES(rv_fmin, min_max, false)
RV_FP_SIZES(rv_fmax, min_max, true)

/* Results of fp_compare(). */
enum { EQUAL = 6, LESS = 8 };

FP_INLINE enum riscv_result compare(struct riscv_cpu *cpu, const struct riscv_insn *insn, bool less,
                                    bool equal, enum fp_size size)
{
    RV_FP_ENTER(cpu, insn);
    uint32_t env = cpu->fp_env;
    uint32_t relation = fp_compare(size, A, B, less, &env);
    cpu->x[insn->rd] = (less && relation == LESS) || (equal && relation == EQUAL);
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

RV_FP_SIZES(rv_feq, compare, false, true)
RV_FP_SIZES(rv_flt, compare, true, false)
RV_FP_SIZES(rv_fle, compare, true, true)

FP_INLINE enum riscv_result classify(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                     int unused, enum fp_size size)
{
    (void)unused;
    RV_FP_ENTER(cpu, insn);
    cpu->x[insn->rd] = rv_fp_class(size, A);
    return RISCV_OK;
}

RV_FP_SIZES(rv_fclass, classify, 0)

FP_INLINE enum riscv_result to_int(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                   unsigned width, bool is_signed, enum fp_size size)
{
    uint32_t env;
    RV_FP_ENTER(cpu, insn);
    if (!rv_fp_begin(cpu, insn, &env))
        return riscv_illegal(cpu, insn);
    uint64_t value = rv_fp_to_int(size, A, width, is_signed, &env);
    if (width == 32)
        value = (uint64_t)(int32_t)value; /* unsigned words too */
    rv_fp_write_int(cpu, insn->rd, value);
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

RV_FP_SIZES(rv_fcvt_w, to_int, 32, true)
RV_FP_SIZES(rv_fcvt_wu, to_int, 32, false)
RV_FP_SIZES(rv_fcvt_l, to_int, 64, true)
RV_FP_SIZES(rv_fcvt_lu, to_int, 64, false)

FP_INLINE enum riscv_result from_int(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                     unsigned width, bool is_signed, enum fp_size size)
{
    uint32_t env;
    uint64_t value = cpu->x[insn->rs1];
    RV_FP_ENTER(cpu, insn);
    if (!rv_fp_begin(cpu, insn, &env))
        return riscv_illegal(cpu, insn);
    if (width == 32)
        value = is_signed ? (uint64_t)(int32_t)value : (uint32_t)value;
    rv_fp_write(cpu, size, insn->rd, rv_fp_from_int(size, value, is_signed, &env));
    rv_fp_end(cpu, env);
    return RISCV_OK;
}

RV_FP_SIZES(rv_fcvt_f_w, from_int, 32, true)
RV_FP_SIZES(rv_fcvt_f_wu, from_int, 32, false)
RV_FP_SIZES(rv_fcvt_f_l, from_int, 64, true)
RV_FP_SIZES(rv_fcvt_f_lu, from_int, 64, false)

/* Moves, loads and stores take the bits as they are, boxed or not. */
FP_INLINE enum riscv_result move_to_int(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                        int unused, enum fp_size size)
{
    (void)unused;
    RV_FP_ENTER(cpu, insn);
    uint64_t bits = cpu->f[insn->rs1];
    rv_fp_write_int(cpu, insn->rd, size == FP64 ? bits : (uint64_t)(int32_t)bits);
    return RISCV_OK;
}

FP_INLINE enum riscv_result move_from_int(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                          int unused, enum fp_size size)
{
    (void)unused;
    RV_FP_ENTER(cpu, insn);
    rv_fp_write(cpu, size, insn->rd, cpu->x[insn->rs1]);
    return RISCV_OK;
}

FP_INLINE enum riscv_result load(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                 uint32_t bytes, enum fp_size size)
{
    uint64_t value;
    RV_FP_ENTER(cpu, insn);
    enum riscv_result result =
        riscv_load(cpu, rv_address(cpu, insn), size == FP64 ? 2 * bytes : bytes, &value);
    if (result != RISCV_RAISED)
        rv_fp_write(cpu, size, insn->rd, value);
    return result;
}

FP_INLINE enum riscv_result store(struct riscv_cpu *cpu, const struct riscv_insn *insn,
                                  uint32_t bytes, enum fp_size size)
{
    RV_FP_ENTER(cpu, insn);
    return riscv_store(cpu, rv_address(cpu, insn), size == FP64 ? 2 * bytes : bytes,
                       cpu->f[insn->rs2]);
}

RV_FP_SIZES(rv_fmv_x, move_to_int, 0)
RV_FP_SIZES(rv_fmv_f, move_from_int, 0)
RV_FP_SIZES(rv_fload, load, 4)
RV_FP_SIZES(rv_fstore, store, 4)
