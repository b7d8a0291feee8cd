/* Between formats, to and from integers, and to integral values. */
#include "number.h"

uint64_t fp_convert(enum fp_size to, enum fp_size from, uint64_t a, uint32_t *env)
{
    const struct format *f = &formats[to];
    struct num x = fp_unpack(from, a, env);
    if (is_nan(&x)) {
        if (alternative_half(to, *env)) {
            *env |= FP_INVALID;
            return pack(f, x.sign, 0, 0);
        }
        return fp_quieted(f, &x, env);
    }
    if (x.kind == INFINITE) {
        if (alternative_half(to, *env)) {
            return fp_overflowed(to, x.sign, FP_NEAREST, env);
        }
        return infinity(f, x.sign);
    }
    if (x.kind == ZERO) {
        return pack(f, x.sign, 0, 0);
    }
    return fp_round_pack(to, x.sign, x.exp, x.frac, round_of(*env), env);
}

/* Magnitude of x * 2^fraction as an integer, saturated to 64 bits; tells whether it is inexact. */
static uint64_t to_integer(const struct num *x, int32_t fraction, enum fp_round round,
                           bool *inexact)
{
    int32_t exp = x->exp + fraction;
    *inexact = false;
    if (x->kind == ZERO) {
        return 0;
    }
    if (x->kind == INFINITE || exp > 63) {
        return UINT64_MAX;
    }
    uint128 scaled = shift_right_jam_128((uint128)x->frac << 64, 63 - exp);
    uint64_t whole = (uint64_t)(scaled >> 64);
    uint64_t rest = (uint64_t)scaled;
    *inexact = rest != 0;
    bool up = fp_rounds_up(x->sign, whole & 1, rest, 1ull << 63, round);
    return whole + (up && whole != UINT64_MAX);
}

uint64_t fp_to_fixed(enum fp_size size, uint64_t a, unsigned width, bool is_signed,
                     unsigned fraction, enum fp_round round, uint32_t *env)
{
    struct num x = fp_unpack(size, a, env);
    if (is_nan(&x)) {
        *env |= FP_INVALID;
        return 0;
    }
    if (round == FP_MODE_OF_ENV) {
        round = round_of(*env);
    }
    bool inexact;
    uint64_t magnitude = to_integer(&x, (int32_t)fraction, round, &inexact);
    bool beyond = x.kind == INFINITE || (x.kind == NORMAL && x.exp + (int32_t)fraction > 63);
    uint64_t positive_limit = UINT64_MAX >> (64 - width + is_signed);
    uint64_t limit = !x.sign ? positive_limit : is_signed ? positive_limit + 1 : 0;
    if (beyond || magnitude > limit) {
        *env |= FP_INVALID;
        magnitude = limit;
    } else if (inexact) {
        *env |= FP_INEXACT;
    }
    return x.sign ? 0 - magnitude : magnitude;
}

uint64_t fp_from_fixed(enum fp_size size, uint64_t magnitude, bool negative, unsigned fraction,
                       enum fp_round round, uint32_t *env)
{
    if (magnitude == 0) {
        return 0;
    }
    if (round == FP_MODE_OF_ENV) {
        round = round_of(*env);
    }
    int shift = __builtin_clzll(magnitude);
    return fp_round_pack(size, negative, 63 - shift - (int32_t)fraction, magnitude << shift, round,
                         env);
}

uint64_t fp_round_to_integral(enum fp_size size, uint64_t a, enum fp_round round, bool inexact,
                              uint32_t *env)
{
    const struct format *f = &formats[size];
    struct num x = fp_unpack(size, a, env);
    if (is_nan(&x)) {
        return fp_quieted(f, &x, env);
    }
    if (x.kind == ZERO) {
        return pack(f, x.sign, 0, 0);
    }
    if (x.kind == INFINITE || x.exp >= (int32_t)f->frac_bits) {
        return a;
    }
    if (round == FP_MODE_OF_ENV) {
        round = round_of(*env);
    }
    bool is_inexact;
    uint64_t magnitude = to_integer(&x, 0, round, &is_inexact);
    if (inexact && is_inexact) {
        *env |= FP_INEXACT;
    }
    if (magnitude == 0) {
        return pack(f, x.sign, 0, 0);
    }
    int shift = __builtin_clzll(magnitude);
    return fp_round_pack(size, x.sign, 63 - shift, magnitude << shift, round, env);
}
