/*
 * The part of softmax that both versions share: no SIMD32 instruction helps a 32-bit exponential.
 */
#ifndef NN_SOFTMAX_H
#define NN_SOFTMAX_H

#include "nn_requant.h"

/* exp(a) in Q0.31 for a <= 0 in Q5.26. */
int32_t nn_exp_negative(int32_t a);

/* One row whose largest element is max. */
void nn_softmax_row(const struct mote_nn_softmax *op, int32_t max, const int8_t *in, int8_t *out);

#endif
