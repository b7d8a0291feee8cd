/*
 * The scalar depthwise sum, which the DSP version uses for channels left over from groups of four.
 */
#ifndef NN_CONV_H
#define NN_CONV_H

#include "nn_requant.h"

int32_t nn_depthwise_sum(const struct mote_nn_conv *op, const int8_t *in, int32_t channel,
                         const struct nn_span *ys, const struct nn_span *xs);

#endif
