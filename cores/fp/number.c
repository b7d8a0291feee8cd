#include "number.h"

static uint64_t shift_right_jam(uint64_t value, int32_t amount)
{
    if (amount == 0) {
        return value;
    }
    return amount > 63 ? value != 0 : value >> amount | ((value << (64 - amount)) != 0);
}

struct num fp_unpack(enum fp_size size, uint64_t bits, uint32_t *env)
{
    const struct format *f = &formats[size];
    uint64_t exp_field = bits >> f->frac_bits & max_exp(f);
    uint64_t frac_field = bits & ((1ull << f->frac_bits) - 1);
    struct num n = {.kind = NORMAL, .sign = bits >> (f->exp_bits + f->frac_bits) & 1};
    n.frac = frac_field << (63 - f->frac_bits);
    if (exp_field == 0) {
        if (frac_field != 0 && size != FP16 && (*env & FP_FLUSH_TO_ZERO)) {
            *env |= FP_INPUT_DENORMAL;
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
    if (exp_field == max_exp(f) && !alternative_half(size, *env)) {
        bool quiet = frac_field >> (f->frac_bits - 1);
        n.kind = frac_field == 0 ? INFINITE : quiet ? QUIET_NAN : SIGNALLING_NAN;
        return n;
    }
    n.frac |= 1ull << 63;
    n.exp = (int32_t)exp_field - f->bias;
    return n;
}

bool fp_rounds_up(bool sign, bool odd, uint64_t rest, uint64_t half, enum fp_round round)
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

uint64_t fp_overflowed(enum fp_size size, bool sign, enum fp_round round, uint32_t *env)
{
    const struct format *f = &formats[size];
    if (alternative_half(size, *env)) {
        *env |= FP_INVALID;
        return pack(f, sign, max_exp(f), (1ull << f->frac_bits) - 1);
    }
    *env |= FP_OVERFLOW | FP_INEXACT;
    bool to_infinity = round == FP_NEAREST || round == FP_AWAY || (round == FP_UP && !sign) ||
                       (round == FP_DOWN && sign);
    return infinity(f, sign) - !to_infinity;
}

/* Whether rounding carries a number into the exponent above, as if exponents had no limit. */
static bool carries(const struct format *f, bool sign, uint64_t frac, enum fp_round round)
{
    unsigned extra = 63 - f->frac_bits;
    uint64_t rest = frac & ((1ull << extra) - 1);
    return frac >> extra == (2ull << f->frac_bits) - 1 &&
           fp_rounds_up(sign, true, rest, 1ull << (extra - 1), round);
}

uint64_t fp_round_pack(enum fp_size size, bool sign, int32_t exp, uint64_t frac,
                       enum fp_round round, uint32_t *env)
{
    const struct format *f = &formats[size];
    unsigned extra = 63 - f->frac_bits;
    int32_t least = 1 - f->bias;
    bool tiny = exp < least;
    if (tiny) {
        if (size != FP16 && (*env & FP_FLUSH_TO_ZERO)) {
            *env |= FP_UNDERFLOW;
            return pack(f, sign, 0, 0);
        }
        if ((*env & FP_TINY_AFTER) && exp == least - 1 && carries(f, sign, frac, round))
            tiny = false;
        frac = shift_right_jam(frac, least - exp);
        exp = least;
    }
    uint64_t rest = frac & ((1ull << extra) - 1);
    uint64_t kept = frac >> extra;
    kept += fp_rounds_up(sign, kept & 1, rest, 1ull << (extra - 1), round);
    /* The hidden bit of `kept` adds one to the exponent field, as does a carry out of rounding. */
    uint64_t magnitude = ((uint64_t)(exp - least) << f->frac_bits) + kept;
    uint64_t limit = max_exp(f) + (alternative_half(size, *env) ? 1 : 0);
    if (magnitude >> f->frac_bits >= limit) {
        return fp_overflowed(size, sign, round, env);
    }
    if (rest != 0) {
        *env |= FP_INEXACT | (tiny ? FP_UNDERFLOW : 0u);
    }
    return pack(f, sign, 0, 0) | magnitude;
}

uint64_t fp_quieted(const struct format *f, const struct num *n, uint32_t *env)
{
    if (n->kind == SIGNALLING_NAN) {
        *env |= FP_INVALID;
    }
    if (*env & FP_DEFAULT_NAN) {
        return default_nan(f);
    }
    uint64_t frac = n->frac << 1 >> (64 - f->frac_bits);
    return pack(f, n->sign, max_exp(f), frac | 1ull << (f->frac_bits - 1));
}
