/* IEEE 754 arithmetic as the Arm FPU does it, in integers: exact in every rounding mode, with Arm's
 * NaN propagation, default NaN, flush-to-zero, alternative half precision and cumulative flags
 * (FPAdd() and so on of the pseudocode in E1/D6 of the Armv7-M ARM, DDI 0403E).
 *
 * Numbers are their bit patterns. `fpscr` gives the modes and takes the flags. */
#ifndef CORES_ISA_THUMB_FP_H
#define CORES_ISA_THUMB_FP_H

#include <stdbool.h>
#include <stdint.h>

enum fp_size { FP16, FP32, FP64 };

enum {
    FPSCR_IOC = 1 << 0,
    FPSCR_DZC = 1 << 1,
    FPSCR_OFC = 1 << 2,
    FPSCR_UFC = 1 << 3,
    FPSCR_IXC = 1 << 4,
    FPSCR_IDC = 1 << 7,
    FPSCR_RMODE_SHIFT = 22,
    FPSCR_FZ = 1 << 24,
    FPSCR_DN = 1 << 25,
    FPSCR_AHP = 1 << 26,
};

/* The first four as in FPSCR.RMode. */
enum fp_round { FP_NEAREST, FP_UP, FP_DOWN, FP_TO_ZERO, FP_AWAY, FP_MODE_OF_FPSCR };

uint64_t fp_add(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr);
uint64_t fp_sub(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr);
uint64_t fp_mul(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr);
uint64_t fp_div(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr);
uint64_t fp_sqrt(enum fp_size size, uint64_t a, uint32_t *fpscr);
/* addend + a * b with one rounding. */
uint64_t fp_fma(enum fp_size size, uint64_t addend, uint64_t a, uint64_t b, uint32_t *fpscr);
uint64_t fp_max_num(enum fp_size size, uint64_t a, uint64_t b, bool minimum, uint32_t *fpscr);
/* N:Z:C:V in bits 3:0. `signal_all`: a quiet NaN is invalid too. */
uint32_t fp_compare(enum fp_size size, uint64_t a, uint64_t b, bool signal_all, uint32_t *fpscr);
uint64_t fp_convert(enum fp_size to, enum fp_size from, uint64_t a, uint32_t *fpscr);
/* To a signed or unsigned integer of `width` bits with `fraction` bits after the point, saturated.
 */
uint64_t fp_to_fixed(enum fp_size size, uint64_t a, unsigned width, bool is_signed,
                     unsigned fraction, enum fp_round round, uint32_t *fpscr);
uint64_t fp_from_fixed(enum fp_size size, uint64_t magnitude, bool negative, unsigned fraction,
                       enum fp_round round, uint32_t *fpscr);
uint64_t fp_round_to_integral(enum fp_size size, uint64_t a, enum fp_round round, bool inexact,
                              uint32_t *fpscr);

static inline uint64_t fp_sign_bit(enum fp_size size)
{
    return size == FP64 ? 1ull << 63 : size == FP32 ? 1u << 31 : 1u << 15;
}

#endif
