/*
 * Softmax in integers: Q5.26 differences, Q12.19 sum of exponentials, Newton-Raphson reciprocal.
 *
 * The algorithm is gemmlowp's (its fixed-point exp and reciprocal define the reference's bits);
 * the constants below are round(value * 2^fraction) of the named mathematical values.
 */
#include "nn_softmax.h"

/* Saturating x * 2^exponent. */
static int32_t saturating_shift_left(int32_t x, int exponent)
{
    const int32_t threshold = (int32_t)((UINT32_C(1) << (31 - exponent)) - 1u);
    if (x > threshold) {
        return INT32_MAX;
    }
    if (x < -threshold) {
        return INT32_MIN;
    }
    return nn_shift_left(x, exponent);
}

/* exp(a) for a in [-1/4, 0), all in Q0.31: Taylor series around -1/8. */
static int32_t exp_quarter(int32_t a)
{
    const int32_t exp_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    const int32_t x = a + (1 << 28);
    const int32_t x2 = nn_high_mul(x, x);
    const int32_t x3 = nn_high_mul(x2, x);
    const int32_t x4_over_4 = nn_divide_by_pot(nn_high_mul(x2, x2), 2);
    const int32_t tail = nn_divide_by_pot(nn_high_mul(x4_over_4 + x3, third) + x2, 1);
    return exp_minus_eighth + nn_high_mul(exp_minus_eighth, x + tail);
}

int32_t nn_exp_negative(int32_t a)
{
    /* exp(-2^(i - 2)) in Q0.31. */
    static const int32_t factor[] = {1672461947, 1302514674, 790015084, 290630308,
                                     39332535,   720401,     242};
    const int32_t quarter = 1 << 24;
    if (a == 0) {
        return INT32_MAX;
    }
    const int32_t part = (a & (quarter - 1)) - quarter;
    int32_t result = exp_quarter(saturating_shift_left(part, 5));
    const int32_t remainder = part - a;
    for (int i = 0; i < 7; i++) {
        if (remainder & (quarter << i)) {
            result = nn_high_mul(result, factor[i]);
        }
    }
    return result;
}

/* 1 / (1 + a) for a in [0, 1), Q0.31 in and out. */
static int32_t reciprocal_one_plus(int32_t a)
{
    const int32_t c48_over_17 = 1515870810;
    const int32_t c_minus_32_over_17 = -1010580540;
    const int32_t one_q2 = 1 << 29;
    const int32_t half_denominator = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = c48_over_17 + nn_high_mul(half_denominator, c_minus_32_over_17);
    for (int i = 0; i < 3; i++) {
        const int32_t error = one_q2 - nn_high_mul(half_denominator, x);
        x += saturating_shift_left(nn_high_mul(x, error), 2);
    }
    return saturating_shift_left(x, 1);
}

static int32_t leading_zeros(uint32_t x)
{
    return x ? __builtin_clz(x) : 32;
}

void nn_softmax_row(const struct mote_nn_softmax *op, int32_t max, const int8_t *in, int8_t *out)
{
    int32_t sum = 0;
    for (int32_t c = 0; c < op->cols; c++) {
        const int32_t diff = in[c] - max;
        if (diff >= op->diff_min) {
            const int32_t x = nn_high_mul(nn_shift_left(diff, op->left_shift), op->multiplier);
            sum += nn_divide_by_pot(nn_exp_negative(x), 12);
        }
    }
    const int32_t headroom = leading_zeros((uint32_t)sum);
    const int32_t fraction = (int32_t)(((uint32_t)sum << headroom) - (UINT32_C(1) << 31));
    const int32_t scale = reciprocal_one_plus(fraction);
    const int32_t right_shift = 12 - headroom + 31 - 8;
    for (int32_t c = 0; c < op->cols; c++) {
        const int32_t diff = in[c] - max;
        out[c] = INT8_MIN;
        if (diff >= op->diff_min) {
            const int32_t x = nn_high_mul(nn_shift_left(diff, op->left_shift), op->multiplier);
            const int32_t share = nn_high_mul(scale, nn_exp_negative(x));
            const int32_t q = nn_divide_by_pot(share, right_shift);
            out[c] = nn_clamp(q + INT8_MIN, INT8_MIN, INT8_MAX);
        }
    }
}

void mote_nn_softmax_portable(const struct mote_nn_softmax *op, const int8_t *in, int8_t *out)
{
    for (int32_t r = 0; r < op->rows; r++) {
        int32_t max = INT8_MIN;
        for (int32_t c = 0; c < op->cols; c++) {
            max = in[c] > max ? in[c] : max;
        }
        nn_softmax_row(op, max, in, out);
        in += op->cols;
        out += op->cols;
    }
}
