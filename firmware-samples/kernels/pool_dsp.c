/*
 * Pools on the DSP extension: four neighbouring channels per pass.
 */
#include "nn_dsp.h"

#if MOTE_NN_HAS_DSP

struct place {
    const int8_t *first;
    int32_t rows;
    int32_t cols;
    int32_t row_bytes;
    int32_t depth;
};

static struct place place(const struct mote_nn_pool *op, const int8_t *in, int32_t y, int32_t x)
{
    const struct mote_nn_window *w = &op->window;
    const struct nn_span ys = nn_span(y, w->stride_h, w->pad_top, w->kernel_h, 1, op->in.h);
    const struct nn_span xs = nn_span(x, w->stride_w, w->pad_left, w->kernel_w, 1, op->in.w);
    return (struct place){
        .first = in + ((ys.origin + ys.first) * op->in.w + xs.origin + xs.first) * op->in.c,
        .rows = ys.last - ys.first,
        .cols = xs.last - xs.first,
        .row_bytes = op->in.w * op->in.c,
        .depth = op->in.c,
    };
}

static int8_t mean_of(const struct mote_nn_pool *op, int32_t sum, int32_t count)
{
    const int32_t half = sum > 0 ? count / 2 : -(count / 2);
    return nn_clamp(count ? (sum + half) / count : 0, op->act_min, op->act_max);
}

static void sum_four(const struct place *at, int32_t channel, int32_t sums[4])
{
    int32_t even = 0;
    int32_t odd = 0;
    int32_t in_pairs = 0;
    for (int32_t y = 0; y < at->rows; y++) {
        const int8_t *p = at->first + y * at->row_bytes + channel;
        for (int32_t x = 0; x < at->cols; x++, p += at->depth) {
            const int32_t word = nn_load4(p);
            even = nn_even_plus(even, word);
            odd = nn_odd_plus(odd, word);
            /* An int16 lane holds 256 times -128 and no more. */
            if (++in_pairs == 256 || (y == at->rows - 1 && x == at->cols - 1)) {
                sums[0] += (int16_t)even;
                sums[1] += (int16_t)odd;
                sums[2] += even >> 16;
                sums[3] += odd >> 16;
                even = odd = in_pairs = 0;
            }
        }
    }
}

void mote_nn_avgpool_dsp(const struct mote_nn_pool *op, const int8_t *in, int8_t *out)
{
    for (int32_t pixel = 0; pixel < op->out.h * op->out.w; pixel++) {
        const struct place at = place(op, in, pixel / op->out.w, pixel % op->out.w);
        const int32_t count = at.rows * at.cols;
        int32_t c = 0;
        for (; c + 4 <= op->in.c; c += 4) {
            int32_t sums[4] = {0, 0, 0, 0};
            sum_four(&at, c, sums);
            for (int32_t i = 0; i < 4; i++) {
                *out++ = mean_of(op, sums[i], count);
            }
        }
        for (; c < op->in.c; c++) {
            int32_t sum = 0;
            for (int32_t i = 0; i < count; i++) {
                sum += at.first[i / at.cols * at.row_bytes + i % at.cols * at.depth + c];
            }
            *out++ = mean_of(op, sum, count);
        }
    }
}

void mote_nn_maxpool_dsp(const struct mote_nn_pool *op, const int8_t *in, int8_t *out)
{
    for (int32_t pixel = 0; pixel < op->out.h * op->out.w; pixel++) {
        const struct place at = place(op, in, pixel / op->out.w, pixel % op->out.w);
        int32_t c = 0;
        for (; c + 4 <= op->in.c; c += 4) {
            int32_t lanes = (int32_t)0x80808080u;
            for (int32_t y = 0; y < at.rows; y++) {
                const int8_t *p = at.first + y * at.row_bytes + c;
                for (int32_t x = 0; x < at.cols; x++, p += at.depth) {
                    lanes = nn_max4(lanes, nn_load4(p));
                }
            }
            for (int32_t i = 0; i < 4; i++) {
                *out++ = nn_clamp((int8_t)(lanes >> (8 * i)), op->act_min, op->act_max);
            }
        }
        for (; c < op->in.c; c++) {
            int32_t max = INT8_MIN;
            for (int32_t i = 0; i < at.rows * at.cols; i++) {
                const int32_t v = at.first[i / at.cols * at.row_bytes + i % at.cols * at.depth + c];
                max = v > max ? v : max;
            }
            *out++ = nn_clamp(max, op->act_min, op->act_max);
        }
    }
}

#endif
