/*
 * Convolution and depthwise convolution, plain C: the definition that the DSP versions must meet.
 */
#include "nn_conv.h"

/* One output element: the window's taps against one filter. */
static int32_t conv_sum(const struct mote_nn_conv *op, const int8_t *in, const int8_t *filter,
                        const struct nn_span *ys, const struct nn_span *xs)
{
    const struct mote_nn_window *w = &op->window;
    const int32_t depth = op->in.c;
    int32_t sum = 0;
    for (int32_t ky = ys->first; ky < ys->last; ky++) {
        const int32_t y = ys->origin + ky * w->dilation_h;
        for (int32_t kx = xs->first; kx < xs->last; kx++) {
            const int32_t x = xs->origin + kx * w->dilation_w;
            const int8_t *pixel = in + (y * op->in.w + x) * depth;
            const int8_t *tap = filter + (ky * w->kernel_w + kx) * depth;
            for (int32_t c = 0; c < depth; c++) {
                sum += (pixel[c] + op->input_offset) * tap[c];
            }
        }
    }
    return sum;
}

void mote_nn_conv_portable(const struct mote_nn_conv *op, const int8_t *in, int8_t *out)
{
    const struct mote_nn_window *w = &op->window;
    const int32_t filter_bytes = w->kernel_h * w->kernel_w * op->in.c;
    for (int32_t y = 0; y < op->out.h; y++) {
        const struct nn_span ys =
            nn_span(y, w->stride_h, w->pad_top, w->kernel_h, w->dilation_h, op->in.h);
        for (int32_t x = 0; x < op->out.w; x++) {
            const struct nn_span xs =
                nn_span(x, w->stride_w, w->pad_left, w->kernel_w, w->dilation_w, op->in.w);
            for (int32_t c = 0; c < op->out.c; c++) {
                const int8_t *filter = op->weights + c * filter_bytes;
                const int32_t sum = conv_sum(op, in, filter, &ys, &xs);
                *out++ = nn_finish(&op->requant, c, op->bias ? sum + op->bias[c] : sum);
            }
        }
    }
}

int32_t nn_depthwise_sum(const struct mote_nn_conv *op, const int8_t *in, int32_t channel,
                         const struct nn_span *ys, const struct nn_span *xs)
{
    const struct mote_nn_window *w = &op->window;
    const int32_t from = channel / op->depth_multiplier;
    int32_t sum = 0;
    for (int32_t ky = ys->first; ky < ys->last; ky++) {
        const int32_t y = ys->origin + ky * w->dilation_h;
        for (int32_t kx = xs->first; kx < xs->last; kx++) {
            const int32_t x = xs->origin + kx * w->dilation_w;
            const int32_t value = in[(y * op->in.w + x) * op->in.c + from] + op->input_offset;
            sum += value * op->weights[(ky * w->kernel_w + kx) * op->out.c + channel];
        }
    }
    return sum;
}

void mote_nn_depthwise_portable(const struct mote_nn_conv *op, const int8_t *in, int8_t *out)
{
    const struct mote_nn_window *w = &op->window;
    for (int32_t y = 0; y < op->out.h; y++) {
        const struct nn_span ys =
            nn_span(y, w->stride_h, w->pad_top, w->kernel_h, w->dilation_h, op->in.h);
        for (int32_t x = 0; x < op->out.w; x++) {
            const struct nn_span xs =
                nn_span(x, w->stride_w, w->pad_left, w->kernel_w, w->dilation_w, op->in.w);
            for (int32_t c = 0; c < op->out.c; c++) {
                const int32_t sum = nn_depthwise_sum(op, in, c, &ys, &xs);
                *out++ = nn_finish(&op->requant, c, op->bias ? sum + op->bias[c] : sum);
            }
        }
    }
}
