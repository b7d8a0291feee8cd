#include "_fp.h"

/* A number is frac * 2^(exp - 63) with bit 63 of frac set; of a NaN, frac has the fraction at bit
 * 62 downwards. */
enum kind { ZERO, NORMAL, INFINITE, QUIET_NAN, SIGNALLING_NAN };

struct num {
    enum kind kind;
    bool sign;
    int32_t exp;
    uint64_t frac;
};

struct format {
    int32_t bias;
    unsigned exp_bits, frac_bits;
};
static const struct format formats[] = {
    [FP16] = {15, 5, 10}, [FP32] = {127, 8, 23}, [FP64] = {1023, 11, 52}};

typedef unsigned __int128 uint128;

static uint64_t shift_right_jam(uint64_t value, int32_t amount)
{
    if (amount == 0) {
        return value;
    }
    return amount > 63 ? value != 0 : value >> amount | ((value << (64 - amount)) != 0);
}

static uint128 shift_right_jam_128(uint128 value, int32_t amount)
{
    if (amount == 0) {
        return value;
    }
    return amount > 127 ? value != 0 : value >> amount | ((value << (128 - amount)) != 0);
}

static uint64_t top_jam(uint128 value)
{
    return (uint64_t)(value >> 64) | ((uint64_t)value != 0);
}

static uint64_t max_exp(const struct format *f)
{
    return (1u << f->exp_bits) - 1u;
}

static uint64_t pack(const struct format *f, bool sign, uint64_t exp_field, uint64_t frac_field)
{
    return (uint64_t)sign << (f->exp_bits + f->frac_bits) | exp_field << f->frac_bits | frac_field;
}

static uint64_t default_nan(const struct format *f)
{
    return pack(f, false, max_exp(f), 1ull << (f->frac_bits - 1));
}

static uint64_t infinity(const struct format *f, bool sign)
{
    return pack(f, sign, max_exp(f), 0);
}

static bool is_nan(const struct num *n)
{
    return n->kind >= QUIET_NAN;
}

static enum fp_round round_of(uint32_t fpscr)
{
    return (enum fp_round)(fpscr >> FPSCR_RMODE_SHIFT & 3u);
}

static bool alternative_half(enum fp_size size, uint32_t fpscr)
{
    return size == FP16 && (fpscr & FPSCR_AHP);
}

static struct num unpack(enum fp_size size, uint64_t bits, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    uint64_t exp_field = bits >> f->frac_bits & max_exp(f);
    uint64_t frac_field = bits & ((1ull << f->frac_bits) - 1);
    struct num n = {.kind = NORMAL, .sign = bits >> (f->exp_bits + f->frac_bits) & 1};
    n.frac = frac_field << (63 - f->frac_bits);
    if (exp_field == 0) {
        if (frac_field != 0 && size != FP16 && (*fpscr & FPSCR_FZ)) {
            *fpscr |= FPSCR_IDC;
            n.frac = 0;
        }
        if (n.frac == 0) {
            n.kind = ZERO;
            return n;
        }
        int shift = __builtin_clzll(n.frac);
        n.frac <<= shift;
        n.exp = 1 - f->bias - shift;
        return n;
    }
    if (exp_field == max_exp(f) && !alternative_half(size, *fpscr)) {
        bool quiet = frac_field >> (f->frac_bits - 1);
        n.kind = frac_field == 0 ? INFINITE : quiet ? QUIET_NAN : SIGNALLING_NAN;
        return n;
    }
    n.frac |= 1ull << 63;
    n.exp = (int32_t)exp_field - f->bias;
    return n;
}

/* What rounding adds to a value whose discarded part is `rest` of `unit`. */
static bool rounds_up(bool sign, bool odd, uint64_t rest, uint64_t half, enum fp_round round)
{
    switch (round) {
    case FP_NEAREST:
        return rest > half || (rest == half && odd);
    case FP_AWAY:
        return rest >= half;
    case FP_UP:
        return rest != 0 && !sign;
    case FP_DOWN:
        return rest != 0 && sign;
    default:
        return false;
    }
}

static uint64_t overflow(enum fp_size size, bool sign, enum fp_round round, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    if (alternative_half(size, *fpscr)) {
        *fpscr |= FPSCR_IOC;
        return pack(f, sign, max_exp(f), (1ull << f->frac_bits) - 1);
    }
    *fpscr |= FPSCR_OFC | FPSCR_IXC;
    bool to_infinity = round == FP_NEAREST || round == FP_AWAY || (round == FP_UP && !sign) ||
                       (round == FP_DOWN && sign);
    return infinity(f, sign) - !to_infinity;
}

/* frac: normalized, with all that lies below it ORed into its last bit. */
static uint64_t round_pack(enum fp_size size, bool sign, int32_t exp, uint64_t frac,
                           enum fp_round round, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    unsigned extra = 63 - f->frac_bits;
    int32_t least = 1 - f->bias;
    bool tiny = exp < least;
    if (tiny) {
        if (size != FP16 && (*fpscr & FPSCR_FZ)) {
            *fpscr |= FPSCR_UFC;
            return pack(f, sign, 0, 0);
        }
        frac = shift_right_jam(frac, least - exp);
        exp = least;
    }
    uint64_t rest = frac & ((1ull << extra) - 1);
    uint64_t kept = frac >> extra;
    kept += rounds_up(sign, kept & 1, rest, 1ull << (extra - 1), round);
    /* The hidden bit of `kept` adds one to the exponent field, as does a carry out of rounding. */
    uint64_t magnitude = ((uint64_t)(exp - least) << f->frac_bits) + kept;
    uint64_t limit = max_exp(f) + (alternative_half(size, *fpscr) ? 1 : 0);
    if (magnitude >> f->frac_bits >= limit) {
        return overflow(size, sign, round, fpscr);
    }
    if (rest != 0) {
        *fpscr |= FPSCR_IXC | (tiny ? FPSCR_UFC : 0u);
    }
    return pack(f, sign, 0, 0) | magnitude;
}

static uint64_t invalid(const struct format *f, uint32_t *fpscr)
{
    *fpscr |= FPSCR_IOC;
    return default_nan(f);
}

static uint64_t quieted(const struct format *f, const struct num *n, uint32_t *fpscr)
{
    if (n->kind == SIGNALLING_NAN) {
        *fpscr |= FPSCR_IOC;
    }
    if (*fpscr & FPSCR_DN) {
        return default_nan(f);
    }
    uint64_t frac = n->frac << 1 >> (64 - f->frac_bits);
    return pack(f, n->sign, max_exp(f), frac | 1ull << (f->frac_bits - 1));
}

/* FPProcessNaNs(): the first signalling one, else the first quiet one. */
static bool process_nans(const struct format *f, const struct num *const *operands, unsigned count,
                         uint32_t *fpscr, uint64_t *result)
{
    for (enum kind kind = SIGNALLING_NAN; kind >= QUIET_NAN; kind--) {
        for (unsigned i = 0; i < count; i++) {
            if (operands[i]->kind == kind) {
                *result = quieted(f, operands[i], fpscr);
                return true;
            }
        }
    }
    return false;
}

static bool two_nans(const struct format *f, const struct num *x, const struct num *y,
                     uint32_t *fpscr, uint64_t *result)
{
    return (is_nan(x) || is_nan(y)) &&
           process_nans(f, (const struct num *const[]){x, y}, 2, fpscr, result);
}

/* Sum of two finite numbers not both zero, each as a 128-bit fraction with its top bit at 126. */
static uint64_t sum_pack(enum fp_size size, bool sign_x, int32_t exp_x, uint128 x, bool sign_y,
                         int32_t exp_y, uint128 y, uint32_t *fpscr)
{
    enum fp_round round = round_of(*fpscr);
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
    return round_pack(size, sign, exp + 1 - shift, top_jam(sum << shift), round, fpscr);
}

static uint64_t add(enum fp_size size, uint64_t a, uint64_t b, bool negate_b, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    struct num x = unpack(size, a, fpscr);
    struct num y = unpack(size, b, fpscr);
    uint64_t nan;
    if (two_nans(f, &x, &y, fpscr, &nan)) {
        return nan;
    }
    y.sign ^= negate_b;
    if (x.kind == INFINITE || y.kind == INFINITE) {
        if (x.kind == y.kind && x.sign != y.sign) {
            return invalid(f, fpscr);
        }
        return infinity(f, x.kind == INFINITE ? x.sign : y.sign);
    }
    if (x.kind == ZERO && y.kind == ZERO) {
        bool sign = x.sign == y.sign ? x.sign : round_of(*fpscr) == FP_DOWN;
        return pack(f, sign, 0, 0);
    }
    return sum_pack(size, x.sign, x.exp, (uint128)x.frac << 63, y.sign, y.exp,
                    (uint128)y.frac << 63, fpscr);
}

uint64_t fp_add(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr)
{
    return add(size, a, b, false, fpscr);
}

uint64_t fp_sub(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr)
{
    return add(size, a, b, true, fpscr);
}

uint64_t fp_mul(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    struct num x = unpack(size, a, fpscr);
    struct num y = unpack(size, b, fpscr);
    uint64_t nan;
    if (two_nans(f, &x, &y, fpscr, &nan)) {
        return nan;
    }
    bool sign = x.sign != y.sign;
    if (x.kind == INFINITE || y.kind == INFINITE) {
        bool zero = x.kind == ZERO || y.kind == ZERO;
        return zero ? invalid(f, fpscr) : infinity(f, sign);
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
    return round_pack(size, sign, exp, top_jam(product), round_of(*fpscr), fpscr);
}

uint64_t fp_div(enum fp_size size, uint64_t a, uint64_t b, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    struct num x = unpack(size, a, fpscr);
    struct num y = unpack(size, b, fpscr);
    uint64_t nan;
    if (two_nans(f, &x, &y, fpscr, &nan)) {
        return nan;
    }
    bool sign = x.sign != y.sign;
    if ((x.kind == INFINITE && y.kind == INFINITE) || (x.kind == ZERO && y.kind == ZERO)) {
        return invalid(f, fpscr);
    }
    if (x.kind == INFINITE || y.kind == ZERO) {
        *fpscr |= x.kind == INFINITE ? 0u : FPSCR_DZC;
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
    return round_pack(size, sign, exp, quotient, round_of(*fpscr), fpscr);
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

uint64_t fp_sqrt(enum fp_size size, uint64_t a, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    struct num x = unpack(size, a, fpscr);
    if (is_nan(&x)) {
        return quieted(f, &x, fpscr);
    }
    if (x.kind == ZERO) {
        return pack(f, x.sign, 0, 0);
    }
    if (x.sign) {
        return invalid(f, fpscr);
    }
    if (x.kind == INFINITE) {
        return infinity(f, false);
    }
    bool odd = x.exp & 1;
    uint64_t root = root_jam((uint128)x.frac << (odd ? 64 : 63));
    return round_pack(size, false, (x.exp - odd) / 2, root, round_of(*fpscr), fpscr);
}

uint64_t fp_fma(enum fp_size size, uint64_t addend, uint64_t a, uint64_t b, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    struct num z = unpack(size, addend, fpscr);
    struct num x = unpack(size, a, fpscr);
    struct num y = unpack(size, b, fpscr);
    bool infinity_by_zero =
        (x.kind == INFINITE && y.kind == ZERO) || (x.kind == ZERO && y.kind == INFINITE);
    if (is_nan(&z) || is_nan(&x) || is_nan(&y)) {
        if (z.kind == QUIET_NAN && infinity_by_zero) {
            return invalid(f, fpscr);
        }
        uint64_t nan = 0;
        process_nans(f, (const struct num *const[]){&z, &x, &y}, 3, fpscr, &nan);
        return nan;
    }
    bool sign = x.sign != y.sign;
    bool infinite = x.kind == INFINITE || y.kind == INFINITE;
    if (infinity_by_zero || (z.kind == INFINITE && infinite && z.sign != sign)) {
        return invalid(f, fpscr);
    }
    if (z.kind == INFINITE || infinite) {
        return infinity(f, infinite ? sign : z.sign);
    }
    bool zero = x.kind == ZERO || y.kind == ZERO;
    if (zero && z.kind == ZERO) {
        return pack(f, sign == z.sign ? sign : round_of(*fpscr) == FP_DOWN, 0, 0);
    }
    uint128 product = zero ? 0 : (uint128)x.frac * y.frac;
    int32_t exp = x.exp + y.exp;
    if (product >> 127) {
        product >>= 1; /* exact: its low bits are zero */
        exp++;
    }
    return sum_pack(size, z.sign, z.exp, (uint128)z.frac << 63, sign, exp, product, fpscr);
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

uint64_t fp_max_num(enum fp_size size, uint64_t a, uint64_t b, bool minimum, uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    struct num x = unpack(size, a, fpscr);
    struct num y = unpack(size, b, fpscr);
    /* A quiet NaN loses against a number. */
    if (x.kind == QUIET_NAN && !is_nan(&y)) {
        x.kind = INFINITE;
        x.sign = !minimum;
    } else if (y.kind == QUIET_NAN && !is_nan(&x)) {
        y.kind = INFINITE;
        y.sign = !minimum;
    }
    uint64_t nan;
    if (two_nans(f, &x, &y, fpscr, &nan)) {
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

uint32_t fp_compare(enum fp_size size, uint64_t a, uint64_t b, bool signal_all, uint32_t *fpscr)
{
    struct num x = unpack(size, a, fpscr);
    struct num y = unpack(size, b, fpscr);
    if (is_nan(&x) || is_nan(&y)) {
        if (signal_all || x.kind == SIGNALLING_NAN || y.kind == SIGNALLING_NAN) {
            *fpscr |= FPSCR_IOC;
        }
        return 3;
    }
    int relation = order(&x, &y);
    return relation == 0 ? 6 : relation < 0 ? 8 : 2;
}

uint64_t fp_convert(enum fp_size to, enum fp_size from, uint64_t a, uint32_t *fpscr)
{
    const struct format *f = &formats[to];
    struct num x = unpack(from, a, fpscr);
    if (is_nan(&x)) {
        if (alternative_half(to, *fpscr)) {
            *fpscr |= FPSCR_IOC;
            return pack(f, x.sign, 0, 0);
        }
        return quieted(f, &x, fpscr);
    }
    if (x.kind == INFINITE) {
        if (alternative_half(to, *fpscr)) {
            return overflow(to, x.sign, FP_NEAREST, fpscr);
        }
        return infinity(f, x.sign);
    }
    if (x.kind == ZERO) {
        return pack(f, x.sign, 0, 0);
    }
    return round_pack(to, x.sign, x.exp, x.frac, round_of(*fpscr), fpscr);
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
    bool up = rounds_up(x->sign, whole & 1, rest, 1ull << 63, round);
    return whole + (up && whole != UINT64_MAX);
}

uint64_t fp_to_fixed(enum fp_size size, uint64_t a, unsigned width, bool is_signed,
                     unsigned fraction, enum fp_round round, uint32_t *fpscr)
{
    struct num x = unpack(size, a, fpscr);
    if (is_nan(&x)) {
        *fpscr |= FPSCR_IOC;
        return 0;
    }
    if (round == FP_MODE_OF_FPSCR) {
        round = round_of(*fpscr);
    }
    bool inexact;
    uint64_t magnitude = to_integer(&x, (int32_t)fraction, round, &inexact);
    uint64_t positive_limit = (1ull << (width - is_signed)) - 1;
    uint64_t limit = !x.sign ? positive_limit : is_signed ? positive_limit + 1 : 0;
    if (magnitude > limit) {
        *fpscr |= FPSCR_IOC;
        magnitude = limit;
    } else if (inexact) {
        *fpscr |= FPSCR_IXC;
    }
    return x.sign ? 0 - magnitude : magnitude;
}

uint64_t fp_from_fixed(enum fp_size size, uint64_t magnitude, bool negative, unsigned fraction,
                       enum fp_round round, uint32_t *fpscr)
{
    if (magnitude == 0) {
        return 0;
    }
    if (round == FP_MODE_OF_FPSCR) {
        round = round_of(*fpscr);
    }
    int shift = __builtin_clzll(magnitude);
    return round_pack(size, negative, 63 - shift - (int32_t)fraction, magnitude << shift, round,
                      fpscr);
}

uint64_t fp_round_to_integral(enum fp_size size, uint64_t a, enum fp_round round, bool inexact,
                              uint32_t *fpscr)
{
    const struct format *f = &formats[size];
    struct num x = unpack(size, a, fpscr);
    if (is_nan(&x)) {
        return quieted(f, &x, fpscr);
    }
    if (x.kind == ZERO) {
        return pack(f, x.sign, 0, 0);
    }
    if (x.kind == INFINITE || x.exp >= (int32_t)f->frac_bits) {
        return a;
    }
    if (round == FP_MODE_OF_FPSCR) {
        round = round_of(*fpscr);
    }
    bool is_inexact;
    uint64_t magnitude = to_integer(&x, 0, round, &is_inexact);
    if (inexact && is_inexact) {
        *fpscr |= FPSCR_IXC;
    }
    if (magnitude == 0) {
        return pack(f, x.sign, 0, 0);
    }
    int shift = __builtin_clzll(magnitude);
    return round_pack(size, x.sign, 63 - shift, magnitude << shift, round, fpscr);
}
