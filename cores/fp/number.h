/* How the files of this folder see a number: unpacked, with its fraction at the top of a word. */
#ifndef CORES_FP_NUMBER_H
#define CORES_FP_NUMBER_H

#include "fp.h"

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

static inline uint128 shift_right_jam_128(uint128 value, int32_t amount)
{
    if (amount == 0) {
        return value;
    }
    return amount > 127 ? value != 0 : value >> amount | ((value << (128 - amount)) != 0);
}

static inline uint64_t top_jam(uint128 value)
{
    return (uint64_t)(value >> 64) | ((uint64_t)value != 0);
}

static inline uint64_t max_exp(const struct format *f)
{
    return (1u << f->exp_bits) - 1u;
}

static inline uint64_t pack(const struct format *f, bool sign, uint64_t exp_field,
                            uint64_t frac_field)
{
    return (uint64_t)sign << (f->exp_bits + f->frac_bits) | exp_field << f->frac_bits | frac_field;
}

static inline uint64_t default_nan(const struct format *f)
{
    return pack(f, false, max_exp(f), 1ull << (f->frac_bits - 1));
}

static inline uint64_t infinity(const struct format *f, bool sign)
{
    return pack(f, sign, max_exp(f), 0);
}

static inline bool is_nan(const struct num *n)
{
    return n->kind >= QUIET_NAN;
}

static inline enum fp_round round_of(uint32_t env)
{
    return env & FP_ROUND_AWAY ? FP_AWAY : (enum fp_round)(env >> FP_ROUND_SHIFT & 3u);
}

static inline bool alternative_half(enum fp_size size, uint32_t env)
{
    return size == FP16 && (env & FP_ALTERNATIVE_HALF);
}

static inline uint64_t invalid(const struct format *f, uint32_t *env)
{
    *env |= FP_INVALID;
    return default_nan(f);
}

struct num fp_unpack(enum fp_size size, uint64_t bits, uint32_t *env);
/* What rounding adds to a value whose discarded part is `rest` of a unit of twice `half`. */
bool fp_rounds_up(bool sign, bool odd, uint64_t rest, uint64_t half, enum fp_round round);
uint64_t fp_overflowed(enum fp_size size, bool sign, enum fp_round round, uint32_t *env);
/* frac: normalized, with all that lies below it ORed into its last bit. */
uint64_t fp_round_pack(enum fp_size size, bool sign, int32_t exp, uint64_t frac,
                       enum fp_round round, uint32_t *env);
/* What an operation makes of a NaN that it was given. */
uint64_t fp_quieted(const struct format *f, const struct num *n, uint32_t *env);

#endif
