/*
 * Fixed-point rounding shared by the kernels. Inlined: it runs once per output element.
 */
#ifndef NN_REQUANT_H
#define NN_REQUANT_H

#include "mote_nn.h"

/* (a * b * 2 + 2^31) >> 32 with the one overflowing pair saturated. */
static inline int32_t nn_high_mul(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* x / 2^exponent to nearest, ties away from zero; exponent 0..31. */
static inline int32_t nn_divide_by_pot(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1u);
    const int32_t remainder = x & mask;
    const int32_t threshold = (int32_t)((uint32_t)mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

static inline int32_t nn_shift_left(int32_t x, int32_t by)
{
    return (int32_t)((uint32_t)x << by);
}

/* A multiplier is never negative, so its product needs no saturation. */
static inline int32_t nn_requant(int32_t x, int32_t multiplier, int32_t shift)
{
    if (shift > 0) {
        x = nn_shift_left(x, shift);
    }
    const int32_t high = (int32_t)(((int64_t)x * multiplier + (INT64_C(1) << 30)) >> 31);
    return shift > 0 ? high : nn_divide_by_pot(high, -shift);
}

static inline int8_t nn_clamp(int32_t x, int32_t low, int32_t high)
{
    if (x < low) {
        x = low;
    }
    if (x > high) {
        x = high;
    }
    return (int8_t)x;
}

/* One output element of channel c from its sum. */
static inline int8_t nn_finish(const struct mote_nn_requant *q, int32_t c, int32_t sum)
{
    const int32_t x = nn_requant(sum, q->multiplier[c], q->shift[c]);
    return nn_clamp(x + q->output_offset, q->act_min, q->act_max);
}

/* Positions of one window along one axis that lie inside the image: taps first..last-1. */
struct nn_span {
    int32_t origin;
    int32_t first;
    int32_t last;
};

static inline struct nn_span nn_span(int32_t out_at, int32_t stride, int32_t pad, int32_t kernel,
                                     int32_t dilation, int32_t size)
{
    struct nn_span s = {.origin = out_at * stride - pad, .first = 0, .last = kernel};
    while (s.first < kernel && s.origin + s.first * dilation < 0) {
        s.first++;
    }
    while (s.last > s.first && s.origin + (s.last - 1) * dilation >= size) {
        s.last--;
    }
    return s;
}

#endif
