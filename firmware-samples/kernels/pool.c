/*
 * Average and maximum pools, plain C.
 */
#include "nn_requant.h"

/* The elements of one channel under one window: their sum, maximum and number. */
struct pool_stats {
    int32_t sum;
    int32_t max;
    int32_t count;
};

static struct pool_stats pool_stats(const struct mote_nn_pool *op, const int8_t *in, int32_t y,
                                    int32_t x, int32_t c)
{
    const struct mote_nn_window *w = &op->window;
    const struct nn_span ys = nn_span(y, w->stride_h, w->pad_top, w->kernel_h, 1, op->in.h);
    const struct nn_span xs = nn_span(x, w->stride_w, w->pad_left, w->kernel_w, 1, op->in.w);
    struct pool_stats s = {.sum = 0, .max = INT8_MIN, .count = 0};
    for (int32_t ky = ys.first; ky < ys.last; ky++) {
        const int8_t *row = in + ((ys.origin + ky) * op->in.w + xs.origin) * op->in.c + c;
        for (int32_t kx = xs.first; kx < xs.last; kx++) {
            const int32_t value = row[kx * op->in.c];
            s.sum += value;
            s.max = value > s.max ? value : s.max;
            s.count++;
        }
    }
    return s;
}

void mote_nn_avgpool_portable(const struct mote_nn_pool *op, const int8_t *in, int8_t *out)
{
    for (int32_t y = 0; y < op->out.h; y++) {
        for (int32_t x = 0; x < op->out.w; x++) {
            for (int32_t c = 0; c < op->out.c; c++) {
                const struct pool_stats s = pool_stats(op, in, y, x, c);
                const int32_t half = s.sum > 0 ? s.count / 2 : -(s.count / 2);
                const int32_t mean = s.count ? (s.sum + half) / s.count : 0;
                *out++ = nn_clamp(mean, op->act_min, op->act_max);
            }
        }
    }
}

void mote_nn_maxpool_portable(const struct mote_nn_pool *op, const int8_t *in, int8_t *out)
{
    for (int32_t y = 0; y < op->out.h; y++) {
        for (int32_t x = 0; x < op->out.w; x++) {
            for (int32_t c = 0; c < op->out.c; c++) {
                *out++ = nn_clamp(pool_stats(op, in, y, x, c).max, op->act_min, op->act_max);
            }
        }
    }
}
