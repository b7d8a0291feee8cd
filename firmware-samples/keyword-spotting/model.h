/*
 * The trained network as kernel parameters; model.c is written by train/train.py.
 */
#ifndef KWS_MODEL_H
#define KWS_MODEL_H

#include "mote_nn.h"

#define KWS_CLASSES     6
#define KWS_CONV_LAYERS 8
/* A layer's output and its input together, at most: the first layer's output and the second's. */
#define KWS_ARENA_BYTES   12096
#define KWS_SCRATCH_BYTES 512

enum kws_class { KWS_SILENCE, KWS_UNKNOWN, KWS_YES, KWS_NO, KWS_GO, KWS_STOP };

extern const char *const kws_labels[KWS_CLASSES];

/* First convolution, then depthwise and pointwise in turn. */
extern const struct mote_nn_conv kws_convs[];
extern const int32_t kws_conv_count;
extern const struct mote_nn_pool kws_pool;
extern const struct mote_nn_dense kws_dense;
extern const struct mote_nn_softmax kws_softmax;

#endif
