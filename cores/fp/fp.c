#include "number.h"

/* FPProcessNaNs(): the first signalling one, else the first quiet one. */
static bool process_nans(const struct format *f, const struct num *const *operands, unsigned count,
                         uint32_t *env, uint64_t *result)
{
    for (enum kind kind = SIGNALLING_NAN; kind >= QUIET_NAN; kind--) {
        for (unsigned i = 0; i < count; i++) {
            if (operands[i]->kind == kind) {
                *result = fp_quieted(f, operands[i], env);
                return true;
            }
        }
    }
    return false;
}

static bool two_nans(const struct format *f, const struct num *x, const struct num *y,
                     uint32_t *env, uint64_t *result)
{
    return (is_nan(x) || is_nan(y)) &&
           process_nans(f, (const struct num *const[]){x, y}, 2, env, result);
}

/* Sum of two finite numbers not both zero, each as a 128-bit fraction with its top bit at 126. */
static uint64_t sum_pack(enum fp_size size, bool sign_x, int32_t exp_x, uint128 x, bool sign_y,
                         int32_t exp_y, uint128 y, uint32_t *env)
{
    enum fp_round round = round_of(*env);
    int32_t exp = x == 0 ? exp_y : y == 0 ? exp_x : exp_x > exp_y ? exp_x : exp_y;
    x = x == 0 ? 0 : shift_right_jam_128(x, exp - exp_x);
    y = y == 0 ? 0 : shift_right_jam_128(y, exp - exp_y);
    bool sign = sign_x;
    uint128 sum;
    if (sign_x == sign_y) {
        sum = x + y;
    } else if (x >= y) {
        sum = x - y;
    } else {
        sum = y - x;
        sign = sign_y;
    }
    if (sum == 0) {
        return pack(&formats[size], round == FP_DOWN, 0, 0);
    }
    uint64_t high = (uint64_t)(sum >> 64);
    int shift = high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sum);
    return fp_round_pack(size, sign, exp + 1 - shift, top_jam(sum << shift), round, env);
}

static uint64_t add(enum fp_size size, uint64_t a, uint64_t b, bool negate_b, uint32_t *env)
{
    const struct format *f = &formats[size];
    struct num x = fp_unpack(size, a, env);
    struct num y = fp_unpack(size, b, env);
    uint64_t nan;
    if (two_nans(f, &x, &y, env, &nan)) {
        return nan;
    }
    y.sign ^= negate_b;
    if (x.kind == INFINITE || y.kind == INFINITE) {
        if (x.kind == y.kind && x.sign != y.sign) {
            return invalid(f, env);
        }
        return infinity(f, x.kind == INFINITE ? x.sign : y.sign);
    }
    if (x.kind == ZERO && y.kind == ZERO) {
        bool sign = x.sign == y.sign ? x.sign : round_of(*env) == FP_DOWN;
        return pack(f, sign, 0, 0);
    }
    return sum_pack(size, x.sign, x.exp, (uint128)x.frac << 63, y.sign, y.exp,
                    (uint128)y.frac << 63, env);
}

uint64_t fp_add(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env)
{
    return add(size, a, b, false, env);
}

uint64_t fp_sub(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env)
{
    return add(size, a, b, true, env);
}

uint64_t fp_mul(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env)
{
    const struct format *f = &formats[size];
    struct num x = fp_unpack(size, a, env);
    struct num y = fp_unpack(size, b, env);
    uint64_t nan;
    if (two_nans(f, &x, &y, env, &nan)) {
        return nan;
    }
    bool sign = x.sign != y.sign;
    if (x.kind == INFINITE || y.kind == INFINITE) {
        bool zero = x.kind == ZERO || y.kind == ZERO;
        return zero ? invalid(f, env) : infinity(f, sign);
    }
    if (x.kind == ZERO || y.kind == ZERO) {
        return pack(f, sign, 0, 0);
    }
    uint128 product = (uint128)x.frac * y.frac;
    int32_t exp = x.exp + y.exp + 1;
    if (!(product >> 127)) {
        product <<= 1;
        exp--;
    }
    return fp_round_pack(size, sign, exp, top_jam(product), round_of(*env), env);
}

uint64_t fp_div(enum fp_size size, uint64_t a, uint64_t b, uint32_t *env)
{
    const struct format *f = &formats[size];
    struct num x = fp_unpack(size, a, env);
    struct num y = fp_unpack(size, b, env);
    uint64_t nan;
    if (two_nans(f, &x, &y, env, &nan)) {
        return nan;
    }
    bool sign = x.sign != y.sign;
    if ((x.kind == INFINITE && y.kind == INFINITE) || (x.kind == ZERO && y.kind == ZERO)) {
        return invalid(f, env);
    }
    if (x.kind == INFINITE || y.kind == ZERO) {
        *env |= x.kind == INFINITE ? 0u : FP_DIVIDE_BY_ZERO;
        return infinity(f, sign);
    }
    if (x.kind == ZERO || y.kind == INFINITE) {
        return pack(f, sign, 0, 0);
    }
    int32_t exp = x.exp - y.exp;
    uint128 dividend = (uint128)x.frac << 63;
    if (x.frac < y.frac) {
        dividend <<= 1;
        exp--;
    }
    uint64_t quotient = (uint64_t)(dividend / y.frac);
    quotient |= dividend % y.frac != 0;
    return fp_round_pack(size, sign, exp, quotient, round_of(*env), env);
}

/* The integer square root of a number of 127 or 128 bits, its last bit set when it is not exact. */
static uint64_t root_jam(uint128 value)
{
    uint128 rest = value;
    uint128 root = 0;
    for (uint128 bit = (uint128)1 << 126; bit != 0; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint64_t)root | (rest != 0);
}

uint64_t fp_sqrt(enum fp_size size, uint64_t a, uint32_t *env)
{
    const struct format *f = &formats[size];
    struct num x = fp_unpack(size, a, env);
    if (is_nan(&x)) {
        return fp_quieted(f, &x, env);
    }
    if (x.kind == ZERO) {
        return pack(f, x.sign, 0, 0);
    }
    if (x.sign) {
        return invalid(f, env);
    }
    if (x.kind == INFINITE) {
        return infinity(f, false);
    }
    bool odd = x.exp & 1;
    uint64_t root = root_jam((uint128)x.frac << (odd ? 64 : 63));
    return fp_round_pack(size, false, (x.exp - odd) / 2, root, round_of(*env), env);
}

uint64_t fp_fma(enum fp_size size, uint64_t addend, uint64_t a, uint64_t b, uint32_t *env)
{
    const struct format *f = &formats[size];
    struct num z = fp_unpack(size, addend, env);
    struct num x = fp_unpack(size, a, env);
    struct num y = fp_unpack(size, b, env);
    bool infinity_by_zero =
        (x.kind == INFINITE && y.kind == ZERO) || (x.kind == ZERO && y.kind == INFINITE);
    if (is_nan(&z) || is_nan(&x) || is_nan(&y)) {
        if (z.kind == QUIET_NAN && infinity_by_zero) {
            return invalid(f, env);
        }
        uint64_t nan = 0;
        process_nans(f, (const struct num *const[]){&z, &x, &y}, 3, env, &nan);
        return nan;
    }
    bool sign = x.sign != y.sign;
    bool infinite = x.kind == INFINITE || y.kind == INFINITE;
    if (infinity_by_zero || (z.kind == INFINITE && infinite && z.sign != sign)) {
        return invalid(f, env);
    }
    if (z.kind == INFINITE || infinite) {
        return infinity(f, infinite ? sign : z.sign);
    }
    bool zero = x.kind == ZERO || y.kind == ZERO;
    if (zero && z.kind == ZERO) {
        return pack(f, sign == z.sign ? sign : round_of(*env) == FP_DOWN, 0, 0);
    }
    uint128 product = zero ? 0 : (uint128)x.frac * y.frac;
    int32_t exp = x.exp + y.exp;
    if (product >> 127) {
        product >>= 1; /* exact: its low bits are zero */
        exp++;
    }
    return sum_pack(size, z.sign, z.exp, (uint128)z.frac << 63, sign, exp, product, env);
}

/* -1, 0, 1 for two numbers that are no NaN. */
static int order(const struct num *x, const struct num *y)
{
    if (x->kind == ZERO && y->kind == ZERO) {
        return 0;
    }
    if (x->kind == ZERO || y->kind == ZERO || x->sign != y->sign) {
        const struct num *decisive = x->kind == ZERO ? y : x;
        int direction = decisive->sign ? -1 : 1;
        return decisive == x ? direction : -direction;
    }
    int direction = x->sign ? -1 : 1;
    if (x->kind != y->kind) {
        return x->kind == INFINITE ? direction : -direction;
    }
    if (x->kind == INFINITE || (x->exp == y->exp && x->frac == y->frac)) {
        return 0;
    }
    bool greater = x->exp != y->exp ? x->exp > y->exp : x->frac > y->frac;
    return greater ? direction : -direction;
}

uint64_t fp_max_num(enum fp_size size, uint64_t a, uint64_t b, bool minimum, uint32_t *env)
{
    const struct format *f = &formats[size];
    struct num x = fp_unpack(size, a, env);
    struct num y = fp_unpack(size, b, env);
    /* A quiet NaN loses against a number. */
    if (x.kind == QUIET_NAN && !is_nan(&y)) {
        x.kind = INFINITE;
        x.sign = !minimum;
    } else if (y.kind == QUIET_NAN && !is_nan(&x)) {
        y.kind = INFINITE;
        y.sign = !minimum;
    }
    uint64_t nan;
    if (two_nans(f, &x, &y, env, &nan)) {
        return nan;
    }
    int relation = order(&x, &y);
    if (relation == 0) {
        /* Only zeros can differ here: +0 is the greater one. */
        relation = x.sign == y.sign ? 1 : x.sign ? -1 : 1;
    }
    bool first = minimum ? relation < 0 : relation > 0;
    const struct num *chosen = first ? &x : &y;
    if (chosen->kind == ZERO) {
        return pack(f, chosen->sign, 0, 0);
    }
    if (chosen->kind == INFINITE) {
        return infinity(f, chosen->sign);
    }
    return first ? a : b;
}

uint32_t fp_compare(enum fp_size size, uint64_t a, uint64_t b, bool signal_all, uint32_t *env)
{
    struct num x = fp_unpack(size, a, env);
    struct num y = fp_unpack(size, b, env);
    if (is_nan(&x) || is_nan(&y)) {
        if (signal_all || x.kind == SIGNALLING_NAN || y.kind == SIGNALLING_NAN) {
            *env |= FP_INVALID;
        }
        return 3;
    }
    int relation = order(&x, &y);
    return relation == 0 ? 6 : relation < 0 ? 8 : 2;
}
