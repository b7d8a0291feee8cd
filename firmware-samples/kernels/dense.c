/*
 * Fully connected layer, element-wise sum, reshape: plain C.
 */
#include <string.h>

#include "nn_requant.h"

void mote_nn_dense_portable(const struct mote_nn_dense *op, const int8_t *in, int8_t *out)
{
    const int8_t *w = op->weights;
    for (int32_t r = 0; r < op->rows; r++) {
        int32_t sum = op->bias ? op->bias[r] : 0;
        for (int32_t c = 0; c < op->cols; c++) {
            sum += (in[c] + op->input_offset) * *w++;
        }
        out[r] = nn_finish(&op->requant, op->per_channel ? r : 0, sum);
    }
}

static int32_t add_rescale(const struct mote_nn_add *op, int which, int8_t value)
{
    const int32_t x = nn_shift_left(value + op->input_offset[which], op->left_shift);
    return nn_requant(x, op->input_multiplier[which], op->input_shift[which]);
}

void mote_nn_add_portable(const struct mote_nn_add *op, const int8_t *a, const int8_t *b,
                          int8_t *out)
{
    for (int32_t i = 0; i < op->count; i++) {
        const int32_t sum = add_rescale(op, 0, a[i]) + add_rescale(op, 1, b[i]);
        const int32_t x = nn_requant(sum, op->output_multiplier, op->output_shift);
        out[i] = nn_clamp(x + op->output_offset, op->act_min, op->act_max);
    }
}

void mote_nn_reshape(size_t bytes, const int8_t *in, int8_t *out)
{
    if (in != out) {
        memcpy(out, in, bytes);
    }
}

int32_t mote_nn_requantize(int32_t x, int32_t multiplier, int32_t shift)
{
    return nn_requant(x, multiplier, shift);
}
