/* The short way: where rounding is to nearest, the inexact flag is already set (it only
 * accumulates) and neither operands nor result are near anything special, the host's operation
 * gives the same bits. */
#ifndef CORES_FP_HOST_H
#define CORES_FP_HOST_H

#include "fp.h"
#include <math.h>
#include <string.h>

#define FP_INLINE static inline __attribute__((always_inline))

enum fp_op { FP_ADD, FP_SUB, FP_MUL, FP_DIV };

FP_INLINE bool fp_plain_mode(uint32_t env)
{
    return (env & (3u << FP_ROUND_SHIFT | FP_ROUND_AWAY | FP_INEXACT)) == FP_INEXACT;
}

FP_INLINE uint32_t fp_exp_field(enum fp_size size, uint64_t bits)
{
    return size == FP64 ? (uint32_t)(bits >> 52) & 0x7FFu : (uint32_t)(bits >> 23) & 0xFFu;
}

FP_INLINE bool fp_is_normal(enum fp_size size, uint64_t bits)
{
    return fp_exp_field(size, bits) - 1u < (size == FP64 ? 0x7FEu : 0xFEu);
}

/* Normal, and not the least exponent, where flush-to-zero looks at the value before rounding. */
FP_INLINE bool fp_is_safe(enum fp_size size, uint64_t bits)
{
    return fp_exp_field(size, bits) - 2u < (size == FP64 ? 0x7FDu : 0xFDu);
}

FP_INLINE float fp_to_float(uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

FP_INLINE double fp_to_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

FP_INLINE uint64_t fp_from_float(float value)
{
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

FP_INLINE uint64_t fp_from_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#define FP_ON_HOST(op, x, y)                                                                       \
    ((op) == FP_ADD   ? (x) + (y)                                                                  \
     : (op) == FP_SUB ? (x) - (y)                                                                  \
     : (op) == FP_MUL ? (x) * (y)                                                                  \
                      : (x) / (y))

FP_INLINE uint64_t fp_on_host(enum fp_op op, enum fp_size size, uint64_t a, uint64_t b)
{
    return size == FP64 ? fp_from_double(FP_ON_HOST(op, fp_to_double(a), fp_to_double(b)))
                        : fp_from_float(FP_ON_HOST(op, fp_to_float(a), fp_to_float(b)));
}

FP_INLINE uint64_t fp_calculate(enum fp_op op, enum fp_size size, uint64_t a, uint64_t b,
                                uint32_t *env)
{
    if (fp_plain_mode(*env) && fp_is_normal(size, a) && fp_is_normal(size, b)) {
        uint64_t result = fp_on_host(op, size, a, b);
        if (fp_is_safe(size, result)) {
            return result;
        }
    }
    switch (op) {
    case FP_ADD:
        return fp_add(size, a, b, env);
    case FP_SUB:
        return fp_sub(size, a, b, env);
    case FP_MUL:
        return fp_mul(size, a, b, env);
    default:
        return fp_div(size, a, b, env);
    }
}

FP_INLINE uint64_t fp_fused(enum fp_size size, uint64_t addend, uint64_t a, uint64_t b,
                            uint32_t *env)
{
    if (fp_plain_mode(*env) && fp_is_normal(size, a) && fp_is_normal(size, b) &&
        fp_is_normal(size, addend)) {
        uint64_t result =
            size == FP64
                ? fp_from_double(fma(fp_to_double(a), fp_to_double(b), fp_to_double(addend)))
                : fp_from_float(fmaf(fp_to_float(a), fp_to_float(b), fp_to_float(addend)));
        if (fp_is_safe(size, result)) {
            return result;
        }
    }
    return fp_fma(size, addend, a, b, env);
}

#endif
