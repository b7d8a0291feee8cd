/*
 * Depthwise convolution on the DSP extension: four neighbouring output channels per pass.
 *
 * Channels lie next to each other, so one word of weights is one tap of four channels; there is
 * nothing to sum across lanes, hence SMLABB and SMLATT rather than SMLAD.
 */
#include "nn_conv.h"
#include "nn_dsp.h"

#if MOTE_NN_HAS_DSP

/* What a pass over the window needs, computed once per output pixel. */
struct place {
    const struct mote_nn_conv *op;
    const int8_t *in;
    struct nn_span ys;
    struct nn_span xs;
};

/* depth_multiplier 1: lane i of the weights meets lane i of the input. */
static void four_to_four(const struct place *at, int32_t channel, int32_t sums[4])
{
    const struct mote_nn_conv *op = at->op;
    const struct mote_nn_window *w = &op->window;
    const int32_t pair = nn_both(op->input_offset);
    const int32_t step_in = w->dilation_w * op->in.c;
    int32_t s0 = sums[0];
    int32_t s1 = sums[1];
    int32_t s2 = sums[2];
    int32_t s3 = sums[3];
    for (int32_t ky = at->ys.first; ky < at->ys.last; ky++) {
        const int32_t y = at->ys.origin + ky * w->dilation_h;
        const int32_t x = at->xs.origin + at->xs.first * w->dilation_w;
        const int8_t *pixel = at->in + (y * op->in.w + x) * op->in.c + channel;
        const int8_t *tap = op->weights + (ky * w->kernel_w + at->xs.first) * op->out.c + channel;
        for (int32_t kx = at->xs.first; kx < at->xs.last; kx++) {
            const int32_t value = nn_load4(pixel);
            const int32_t weight = nn_load4(tap);
            const int32_t even = nn_even_plus(pair, value);
            const int32_t odd = nn_odd_plus(pair, value);
            const int32_t weight_even = nn_even(weight);
            const int32_t weight_odd = nn_odd(weight);
            s0 = __smlabb(even, weight_even, s0);
            s1 = __smlabb(odd, weight_odd, s1);
            s2 = __smlatt(even, weight_even, s2);
            s3 = __smlatt(odd, weight_odd, s3);
            pixel += step_in;
            tap += op->out.c;
        }
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

/* depth_multiplier a multiple of 4: four channels share one input element. */
static void one_to_four(const struct place *at, int32_t channel, int32_t sums[4])
{
    const struct mote_nn_conv *op = at->op;
    const struct mote_nn_window *w = &op->window;
    const int32_t from = channel / op->depth_multiplier;
    for (int32_t ky = at->ys.first; ky < at->ys.last; ky++) {
        const int32_t y = at->ys.origin + ky * w->dilation_h;
        for (int32_t kx = at->xs.first; kx < at->xs.last; kx++) {
            const int32_t x = at->xs.origin + kx * w->dilation_w;
            const int32_t value = at->in[(y * op->in.w + x) * op->in.c + from] + op->input_offset;
            const int32_t weight =
                nn_load4(op->weights + (ky * w->kernel_w + kx) * op->out.c + channel);
            const int32_t even = nn_even(weight);
            const int32_t odd = nn_odd(weight);
            sums[0] = __smlabb(even, value, sums[0]);
            sums[1] = __smlabb(odd, value, sums[1]);
            sums[2] = __smlatb(even, value, sums[2]);
            sums[3] = __smlatb(odd, value, sums[3]);
        }
    }
}

static void one_pixel(const struct place *at, int8_t *out)
{
    const struct mote_nn_conv *op = at->op;
    const int32_t *bias = op->bias;
    int32_t c = 0;
    if (op->depth_multiplier == 1 || op->depth_multiplier % 4 == 0) {
        for (; c + 4 <= op->out.c; c += 4) {
            int32_t sums[4] = {0, 0, 0, 0};
            if (op->depth_multiplier == 1) {
                four_to_four(at, c, sums);
            } else {
                one_to_four(at, c, sums);
            }
            for (int32_t i = 0; i < 4; i++) {
                const int32_t sum = bias ? sums[i] + bias[c + i] : sums[i];
                out[c + i] = nn_finish(&op->requant, c + i, sum);
            }
        }
    }
    for (; c < op->out.c; c++) {
        const int32_t sum = nn_depthwise_sum(op, at->in, c, &at->ys, &at->xs);
        out[c] = nn_finish(&op->requant, c, bias ? sum + bias[c] : sum);
    }
}

void mote_nn_depthwise_dsp(const struct mote_nn_conv *op, const int8_t *in, int8_t *out)
{
    const struct mote_nn_window *w = &op->window;
    struct place at = {.op = op, .in = in};
    for (int32_t y = 0; y < op->out.h; y++) {
        at.ys = nn_span(y, w->stride_h, w->pad_top, w->kernel_h, w->dilation_h, op->in.h);
        for (int32_t x = 0; x < op->out.w; x++) {
            at.xs = nn_span(x, w->stride_w, w->pad_left, w->kernel_w, w->dilation_w, op->in.w);
            one_pixel(&at, out);
            out += op->out.c;
        }
    }
}

#endif
