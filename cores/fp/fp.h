/* IEEE 754 arithmetic in integers, shared by the architectures: exact in every rounding mode, with
 * NaN propagation or default NaN, flush-to-zero, alternative half precision and cumulative flags
 * (FPAdd() and so on of the pseudocode in E1/D6 of the Armv7-M ARM, DDI 0403E; "F" and "D" of the
 * RISC-V Instruction Set Manual, Volume I).
 *
 * Numbers are their bit patterns. `env` gives the modes and takes the flags; it is laid out as
 * Arm's FPSCR, whose other bits pass through unchanged, with two modes in bits that FPSCR lacks. */
#ifndef CORES_FP_FP_H
#define CORES_FP_FP_H

#include <stdbool.h>
#include <stdint.h>

enum fp_size { FP16, FP32, FP64 };

enum {
    FP_INVALID = 1 << 0,
    FP_DIVIDE_BY_ZERO = 1 << 1,
    FP_OVERFLOW = 1 << 2,
    FP_UNDERFLOW = 1 << 3,
    FP_INEXACT = 1 << 4,
    FP_INPUT_DENORMAL = 1 << 7,
    FP_ROUND_AWAY = 1 << 8, /* to nearest, ties away from zero, instead of FP_ROUND_SHIFT's */
    FP_TINY_AFTER = 1 << 9, /* underflow is detected after rounding (RISC-V), not before (Arm) */
    FP_ROUND_SHIFT = 22,    /* enum fp_round in two bits */
    FP_FLUSH_TO_ZERO = 1 << 24,
    FP_DEFAULT_NAN = 1 << 25,
    FP_ALTERNATIVE_HALF = 1 << 26,
};

/* The first four as in FPSCR.RMode. */
enum fp_round { FP_NEAREST, FP_UP, FP_DOWN, FP_TO_ZERO, FP_AWAY, FP_MODE_OF_ENV };

uint64_t fp_add(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env);
uint64_t fp_sub(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env);
uint64_t fp_mul(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env);
uint64_t fp_div(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env);
uint64_t fp_sqrt(enum fp_size size, uint64_t a, uint32_t *env);
/* addend + a * b with one rounding. */
uint64_t fp_fma(enum fp_size size, uint64_t addend, uint64_t a, uint64_t b, uint32_t *env);
uint64_t fp_max_num(enum fp_size size, uint64_t a, uint64_t b, bool minimum, uint32_t *env);
/* N:Z:C:V in bits 3:0. `signal_all`: a quiet NaN is invalid too. */
uint32_t fp_compare(enum fp_size size, uint64_t a, uint64_t b, bool signal_all, uint32_t *env);
uint64_t fp_convert(enum fp_size to, enum fp_size from, uint64_t a, uint32_t *env);
/* To a signed or unsigned integer of `width` bits (at most 64) with `fraction` bits after the
 * point, saturated; 0 for a NaN. */
uint64_t fp_to_fixed(enum fp_size size, uint64_t a, unsigned width, bool is_signed,
                     unsigned fraction, enum fp_round round, uint32_t *env);
uint64_t fp_from_fixed(enum fp_size size, uint64_t magnitude, bool negative, unsigned fraction,
                       enum fp_round round, uint32_t *env);
uint64_t fp_round_to_integral(enum fp_size size, uint64_t a, enum fp_round round, bool inexact,
                              uint32_t *env);

static inline uint64_t fp_sign_bit(enum fp_size size)
{
    return size == FP64 ? 1ull << 63 : size == FP32 ? 1u << 31 : 1u << 15;
}

#endif
