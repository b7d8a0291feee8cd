/*
 * Fully connected layer, element-wise sum and softmax on the DSP extension.
 */
#include "nn_dsp.h"
#include "nn_softmax.h"

#if MOTE_NN_HAS_DSP

/* Two rows of weights against the input; the second row may be the first again. */
static void two_rows(const struct mote_nn_dense *op, const int8_t *in, const int8_t *w0,
                     const int8_t *w1, int32_t sums[2])
{
    const int32_t pair = nn_both(op->input_offset);
    int32_t s0 = sums[0];
    int32_t s1 = sums[1];
    int32_t left = op->cols;
    for (; left >= 4; left -= 4, in += 4, w0 += 4, w1 += 4) {
        const int32_t value = nn_load4(in);
        const int32_t even = nn_even_plus(pair, value);
        const int32_t odd = nn_odd_plus(pair, value);
        const int32_t weight0 = nn_load4(w0);
        const int32_t weight1 = nn_load4(w1);
        s0 = __smlad(nn_even(weight0), even, s0);
        s0 = __smlad(nn_odd(weight0), odd, s0);
        s1 = __smlad(nn_even(weight1), even, s1);
        s1 = __smlad(nn_odd(weight1), odd, s1);
    }
    for (; left > 0; left--) {
        const int32_t value = *in++ + op->input_offset;
        s0 += value * *w0++;
        s1 += value * *w1++;
    }
    sums[0] = s0;
    sums[1] = s1;
}

void mote_nn_dense_dsp(const struct mote_nn_dense *op, const int8_t *in, int8_t *out)
{
    for (int32_t r = 0; r < op->rows; r += 2) {
        const int32_t next = r + 1 < op->rows ? r + 1 : r;
        int32_t sums[2] = {0, 0};
        if (op->bias) {
            sums[0] = op->bias[r];
            sums[1] = op->bias[next];
        }
        two_rows(op, in, op->weights + r * op->cols, op->weights + next * op->cols, sums);
        out[r] = nn_finish(&op->requant, op->per_channel ? r : 0, sums[0]);
        out[next] = nn_finish(&op->requant, op->per_channel ? next : 0, sums[1]);
    }
}

static int32_t add_one(const struct mote_nn_add *op, int32_t a, int32_t b)
{
    const int32_t x =
        nn_requant(nn_shift_left(a, op->left_shift), op->input_multiplier[0], op->input_shift[0]);
    const int32_t y =
        nn_requant(nn_shift_left(b, op->left_shift), op->input_multiplier[1], op->input_shift[1]);
    const int32_t sum = nn_requant(x + y, op->output_multiplier, op->output_shift);
    return nn_clamp(sum + op->output_offset, op->act_min, op->act_max);
}

void mote_nn_add_dsp(const struct mote_nn_add *op, const int8_t *a, const int8_t *b, int8_t *out)
{
    const int32_t pair_a = nn_both(op->input_offset[0]);
    const int32_t pair_b = nn_both(op->input_offset[1]);
    int32_t left = op->count;
    for (; left >= 4; left -= 4, a += 4, b += 4, out += 4) {
        const int32_t word_a = nn_load4(a);
        const int32_t word_b = nn_load4(b);
        const int32_t even_a = nn_even_plus(pair_a, word_a);
        const int32_t odd_a = nn_odd_plus(pair_a, word_a);
        const int32_t even_b = nn_even_plus(pair_b, word_b);
        const int32_t odd_b = nn_odd_plus(pair_b, word_b);
        out[0] = (int8_t)add_one(op, (int16_t)even_a, (int16_t)even_b);
        out[1] = (int8_t)add_one(op, (int16_t)odd_a, (int16_t)odd_b);
        out[2] = (int8_t)add_one(op, even_a >> 16, even_b >> 16);
        out[3] = (int8_t)add_one(op, odd_a >> 16, odd_b >> 16);
    }
    for (; left > 0; left--) {
        *out++ = (int8_t)add_one(op, *a++ + op->input_offset[0], *b++ + op->input_offset[1]);
    }
}

void mote_nn_softmax_dsp(const struct mote_nn_softmax *op, const int8_t *in, int8_t *out)
{
    for (int32_t r = 0; r < op->rows; r++) {
        int32_t lanes = (int32_t)0x80808080u;
        int32_t c = 0;
        for (; c + 4 <= op->cols; c += 4) {
            lanes = nn_max4(lanes, nn_load4(in + c));
        }
        int32_t max = INT8_MIN;
        for (int32_t i = 0; i < 4; i++) {
            const int32_t lane = (int8_t)(lanes >> (8 * i));
            max = lane > max ? lane : max;
        }
        for (; c < op->cols; c++) {
            max = in[c] > max ? in[c] : max;
        }
        nn_softmax_row(op, max, in, out);
        in += op->cols;
        out += op->cols;
    }
}

#endif
