/*
 * Quantized neural-network kernels for microcontrollers.
 *
 * Rules: int8 activations and weights, symmetric weights, int32 bias, NHWC, batch 1. Results equal
 * TensorFlow Lite Micro's portable reference kernels bit for bit (double rounding). No allocation,
 * no libc beyond memcpy and memset, no state: a kernel touches its arguments and nothing else.
 *
 * Every operator exists as `_portable` (plain C) and `_dsp` (Armv7E-M DSP extension), which give
 * the same bits; the unsuffixed name takes the DSP version where the compiler targets one. The
 * `_dsp` names are declared only then.
 *
 * Scratch: a kernel that needs working memory says how much through `..._scratch_bytes`; it must
 * be 4-byte aligned and may be NULL when the answer is 0. Portable kernels need none.
 *
 * Multipliers are Q0.31, not negative, with a power-of-two shift, positive to the left, -31..30.
 */
#ifndef MOTE_NN_H
#define MOTE_NN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32)
#define MOTE_NN_HAS_DSP 1
#else
#define MOTE_NN_HAS_DSP 0
#endif

struct mote_nn_shape {
    int32_t h;
    int32_t w;
    int32_t c;
};

/* The sliding window of convolutions and pools. */
struct mote_nn_window {
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;
    int32_t pad_left;
};

/* How int32 sums become int8: real = multiplier * 2^(shift - 31), one entry per output channel. */
struct mote_nn_requant {
    const int32_t *multiplier;
    const int32_t *shift;
    int32_t output_offset;
    int32_t act_min;
    int32_t act_max;
};

/*
 * Convolution. Weights [out.c][kernel_h][kernel_w][in.c]. Depthwise convolution: weights
 * [kernel_h][kernel_w][out.c] and out.c == in.c * depth_multiplier. input_offset is minus the
 * input's zero point. bias may be NULL.
 */
struct mote_nn_conv {
    struct mote_nn_shape in;
    struct mote_nn_shape out;
    struct mote_nn_window window;
    int32_t depth_multiplier;
    int32_t input_offset;
    const int8_t *weights;
    const int32_t *bias;
    struct mote_nn_requant requant;
};

void mote_nn_conv_portable(const struct mote_nn_conv *op, const int8_t *in, int8_t *out);
void mote_nn_depthwise_portable(const struct mote_nn_conv *op, const int8_t *in, int8_t *out);

size_t mote_nn_conv_scratch_bytes(const struct mote_nn_conv *op);
void mote_nn_conv(const struct mote_nn_conv *op, const int8_t *in, int8_t *out, void *scratch);
void mote_nn_depthwise(const struct mote_nn_conv *op, const int8_t *in, int8_t *out);

/*
 * Fully connected: out[r] = requant(bias[r] + sum over c of (in[c] + input_offset) *
 * weights[r][c]). per_channel 0: requant holds one multiplier and shift for all rows.
 */
struct mote_nn_dense {
    int32_t rows;
    int32_t cols;
    int32_t input_offset;
    int32_t per_channel;
    const int8_t *weights;
    const int32_t *bias;
    struct mote_nn_requant requant;
};

void mote_nn_dense_portable(const struct mote_nn_dense *op, const int8_t *in, int8_t *out);
void mote_nn_dense(const struct mote_nn_dense *op, const int8_t *in, int8_t *out);

/* Pools: in.c == out.c; only elements inside the image count. Dilation is ignored. */
struct mote_nn_pool {
    struct mote_nn_shape in;
    struct mote_nn_shape out;
    struct mote_nn_window window;
    int32_t act_min;
    int32_t act_max;
};

void mote_nn_avgpool_portable(const struct mote_nn_pool *op, const int8_t *in, int8_t *out);
void mote_nn_maxpool_portable(const struct mote_nn_pool *op, const int8_t *in, int8_t *out);
void mote_nn_avgpool(const struct mote_nn_pool *op, const int8_t *in, int8_t *out);
void mote_nn_maxpool(const struct mote_nn_pool *op, const int8_t *in, int8_t *out);

/* Softmax over rows of cols elements; the output's scale is 1/256 and its zero point -128. */
struct mote_nn_softmax {
    int32_t rows;
    int32_t cols;
    int32_t multiplier;
    int32_t left_shift;
    int32_t diff_min;
};

void mote_nn_softmax_portable(const struct mote_nn_softmax *op, const int8_t *in, int8_t *out);
void mote_nn_softmax(const struct mote_nn_softmax *op, const int8_t *in, int8_t *out);

/* Element-wise sum of two tensors of the same shape. Index 0 and 1 are the inputs. */
struct mote_nn_add {
    int32_t count;
    int32_t left_shift;
    int32_t input_offset[2];
    int32_t input_multiplier[2];
    int32_t input_shift[2];
    int32_t output_offset;
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t act_min;
    int32_t act_max;
};

void mote_nn_add_portable(const struct mote_nn_add *op, const int8_t *a, const int8_t *b,
                          int8_t *out);
void mote_nn_add(const struct mote_nn_add *op, const int8_t *a, const int8_t *b, int8_t *out);

/* A reshape is a copy; in and out may be the same buffer. */
void mote_nn_reshape(size_t bytes, const int8_t *in, int8_t *out);

/* x * multiplier * 2^(shift - 31), rounded twice as the reference does. */
int32_t mote_nn_requantize(int32_t x, int32_t multiplier, int32_t shift);

#if MOTE_NN_HAS_DSP
void mote_nn_conv_dsp(const struct mote_nn_conv *op, const int8_t *in, int8_t *out, void *scratch);
void mote_nn_depthwise_dsp(const struct mote_nn_conv *op, const int8_t *in, int8_t *out);
void mote_nn_dense_dsp(const struct mote_nn_dense *op, const int8_t *in, int8_t *out);
void mote_nn_avgpool_dsp(const struct mote_nn_pool *op, const int8_t *in, int8_t *out);
void mote_nn_maxpool_dsp(const struct mote_nn_pool *op, const int8_t *in, int8_t *out);
void mote_nn_softmax_dsp(const struct mote_nn_softmax *op, const int8_t *in, int8_t *out);
void mote_nn_add_dsp(const struct mote_nn_add *op, const int8_t *a, const int8_t *b, int8_t *out);
#endif

#endif
