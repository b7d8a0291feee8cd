/*
 * Four int8 lanes at a time on the Armv7E-M DSP extension.
 *
 * A word of four int8 (b3 b2 b1 b0) becomes two pairs of int16: the even pair (b2, b0) and the odd
 * pair (b3, b1). Both operands of a multiplication are split the same way, so nothing needs
 * reordering. Inline assembly only where C cannot name the rotated form of the instruction.
 */
#ifndef NN_DSP_H
#define NN_DSP_H

#include "nn_requant.h"

#if MOTE_NN_HAS_DSP
#include <arm_acle.h>
#include <string.h>

/* The core allows unaligned word loads; memcpy tells the compiler so. */
static inline int32_t nn_load4(const int8_t *p)
{
    int32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline int32_t nn_even(int32_t word)
{
    return __sxtb16(word);
}

static inline int32_t nn_odd(int32_t word)
{
    int32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
}

static inline int32_t nn_even_plus(int32_t add, int32_t word)
{
    return __sxtab16(add, word);
}

static inline int32_t nn_odd_plus(int32_t add, int32_t word)
{
    int32_t pair;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(add), "r"(word));
    return pair;
}

/* The same int16 in both halves. */
static inline int32_t nn_both(int32_t value)
{
    int32_t pair;
    __asm__("pkhbt %0, %1, %1, lsl #16" : "=r"(pair) : "r"(value));
    return pair;
}

/* Lane-wise maximum of four int8. */
static inline int32_t nn_max4(int32_t a, int32_t b)
{
    int32_t max;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(max) : "r"(a), "r"(b) : "cc");
    return max;
}

#endif
#endif
