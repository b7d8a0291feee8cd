/*
 * Convolution on the DSP extension: two output pixels by two output channels per pass.
 *
 * The inputs under a window become one column of int16 with the input offset added; taps outside
 * the image become 0, which is what skipping them gives. A column keeps groups of four elements in
 * even-pair, odd-pair order, so it meets a word of weights without reordering.
 */
#include "nn_dsp.h"

static size_t column_elements(const struct mote_nn_conv *op)
{
    const struct mote_nn_window *w = &op->window;
    return ((size_t)w->kernel_h * (size_t)w->kernel_w * (size_t)op->in.c + 3u) & ~(size_t)3u;
}

size_t mote_nn_conv_scratch_bytes(const struct mote_nn_conv *op)
{
#if MOTE_NN_HAS_DSP
    /* Two columns, and the bytes gathered for one of them. */
    return column_elements(op) * (2u * sizeof(int16_t) + 1u);
#else
    (void)column_elements;
    (void)op;
    return 0;
#endif
}

#if MOTE_NN_HAS_DSP

static void expand(const int8_t *src, int32_t count, int32_t offset, int16_t *column)
{
    const int32_t pair = nn_both(offset);
    int32_t *to = (int32_t *)(void *)column;
    for (; count >= 4; count -= 4, src += 4) {
        const int32_t word = nn_load4(src);
        *to++ = nn_even_plus(pair, word);
        *to++ = nn_odd_plus(pair, word);
    }
    int16_t *tail = (int16_t *)(void *)to;
    for (; count > 0; count--) {
        *tail++ = (int16_t)(*src++ + offset);
    }
}

/* Copies one row of the window at column `left` of image row `row`; outside goes the zero point. */
static void gather_row(const struct mote_nn_conv *op, const int8_t *in, int32_t row, int32_t left,
                       int8_t *bytes)
{
    const struct mote_nn_window *w = &op->window;
    const size_t depth = (size_t)op->in.c;
    const int8_t *source = in + row * op->in.w * op->in.c;
    if (row < 0 || row >= op->in.h) {
        memset(bytes, -op->input_offset, depth * (size_t)w->kernel_w);
        return;
    }
    if (w->dilation_w == 1 && left >= 0 && left + w->kernel_w <= op->in.w) {
        memcpy(bytes, source + left * op->in.c, depth * (size_t)w->kernel_w);
        return;
    }
    for (int32_t kx = 0; kx < w->kernel_w; kx++, bytes += depth) {
        const int32_t col = left + kx * w->dilation_w;
        if (col < 0 || col >= op->in.w) {
            memset(bytes, -op->input_offset, depth);
        } else {
            memcpy(bytes, source + col * op->in.c, depth);
        }
    }
}

/* Copies the window at output (y, x) to bytes. */
static void gather(const struct mote_nn_conv *op, const int8_t *in, int32_t y, int32_t x,
                   int8_t *bytes)
{
    const struct mote_nn_window *w = &op->window;
    const int32_t left = x * w->stride_w - w->pad_left;
    for (int32_t ky = 0; ky < w->kernel_h; ky++) {
        const int32_t row = y * w->stride_h - w->pad_top + ky * w->dilation_h;
        gather_row(op, in, row, left, bytes);
        bytes += w->kernel_w * op->in.c;
    }
}

static void make_column(const struct mote_nn_conv *op, const int8_t *in, int32_t pixel,
                        int8_t *bytes, int16_t *column)
{
    const struct mote_nn_window *w = &op->window;
    const int32_t y = pixel / op->out.w;
    const int32_t x = pixel % op->out.w;
    const int32_t count = w->kernel_h * w->kernel_w * op->in.c;
    if (w->kernel_h == 1 && w->kernel_w == 1 && w->pad_top == 0 && w->pad_left == 0) {
        in += (y * w->stride_h * op->in.w + x * w->stride_w) * op->in.c;
        expand(in, count, op->input_offset, column);
        return;
    }
    gather(op, in, y, x, bytes);
    expand(bytes, count, op->input_offset, column);
}

/* sums[0..1]: filter 0 on both columns, sums[2..3]: filter 1. */
static void multiply_2x2(const int8_t *filter0, const int8_t *filter1, const int16_t *column0,
                         const int16_t *column1, int32_t count, int32_t sums[4])
{
    const int32_t *p0 = (const int32_t *)(const void *)column0;
    const int32_t *p1 = (const int32_t *)(const void *)column1;
    int32_t s00 = sums[0];
    int32_t s01 = sums[1];
    int32_t s10 = sums[2];
    int32_t s11 = sums[3];
    for (; count >= 4; count -= 4, filter0 += 4, filter1 += 4, p0 += 2, p1 += 2) {
        const int32_t w0 = nn_load4(filter0);
        const int32_t w1 = nn_load4(filter1);
        s00 = __smlad(nn_even(w0), p0[0], s00);
        s00 = __smlad(nn_odd(w0), p0[1], s00);
        s01 = __smlad(nn_even(w0), p1[0], s01);
        s01 = __smlad(nn_odd(w0), p1[1], s01);
        s10 = __smlad(nn_even(w1), p0[0], s10);
        s10 = __smlad(nn_odd(w1), p0[1], s10);
        s11 = __smlad(nn_even(w1), p1[0], s11);
        s11 = __smlad(nn_odd(w1), p1[1], s11);
    }
    const int16_t *tail0 = (const int16_t *)(const void *)p0;
    const int16_t *tail1 = (const int16_t *)(const void *)p1;
    for (; count > 0; count--) {
        s00 += *filter0 * *tail0;
        s01 += *filter0++ * *tail1;
        s10 += *filter1 * *tail0++;
        s11 += *filter1++ * *tail1++;
    }
    sums[0] = s00;
    sums[1] = s01;
    sums[2] = s10;
    sums[3] = s11;
}

/* All channels of one or two neighbouring output pixels; out1 is NULL when there is only one. */
static void finish_pixels(const struct mote_nn_conv *op, const int16_t *column0,
                          const int16_t *column1, int8_t *out0, int8_t *out1)
{
    const struct mote_nn_window *w = &op->window;
    const int32_t count = w->kernel_h * w->kernel_w * op->in.c;
    for (int32_t c = 0; c < op->out.c; c += 2) {
        const int32_t d = c + 1 < op->out.c ? c + 1 : c;
        const int32_t bias_c = op->bias ? op->bias[c] : 0;
        const int32_t bias_d = op->bias ? op->bias[d] : 0;
        int32_t sums[4] = {bias_c, bias_c, bias_d, bias_d};
        multiply_2x2(op->weights + c * count, op->weights + d * count, column0, column1, count,
                     sums);
        out0[c] = nn_finish(&op->requant, c, sums[0]);
        out0[d] = nn_finish(&op->requant, d, sums[2]);
        if (out1) {
            out1[c] = nn_finish(&op->requant, c, sums[1]);
            out1[d] = nn_finish(&op->requant, d, sums[3]);
        }
    }
}

void mote_nn_conv_dsp(const struct mote_nn_conv *op, const int8_t *in, int8_t *out, void *scratch)
{
    const size_t elements = column_elements(op);
    int16_t *column0 = scratch;
    int16_t *column1 = column0 + elements;
    int8_t *bytes = (int8_t *)(column1 + elements);
    const int32_t pixels = op->out.h * op->out.w;
    for (int32_t p = 0; p < pixels; p += 2) {
        int8_t *out0 = out + p * op->out.c;
        make_column(op, in, p, bytes, column0);
        if (p + 1 < pixels) {
            make_column(op, in, p + 1, bytes, column1);
            finish_pixels(op, column0, column1, out0, out0 + op->out.c);
        } else {
            finish_pixels(op, column0, column0, out0, NULL);
        }
    }
}

#endif
