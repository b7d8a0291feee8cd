/* The shared floating-point arithmetic against the host's, whose flags and results are those of
 * RISC-V but for NaNs: tiny is judged after rounding. Ties away from zero, which no host has, by
 * directed cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fp/host.h"
#include <fenv.h>
#include <math.h>

enum { ROUNDS = 40000 };

static uint64_t seed;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Any exponent; near another number's, so that sums cancel; or few fraction bits, so that results
 * are exact or ties. */
static uint64_t random_number(enum fp_size size, uint64_t near)
{
    static const uint64_t special[] = {0,
                                       1,
                                       0x7FF0000000000000,
                                       0x7FF8000000000000,
                                       0x7FF0000000000001,
                                       0x000FFFFFFFFFFFFF,
                                       0x0010000000000000,
                                       0x7FEFFFFFFFFFFFFF,
                                       0x3FF0000000000000};
    static const uint32_t special_single[] = {
        0, 1, 0x7F800000, 0x7FC00000, 0x7F800001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x3F800000};
    unsigned fraction = size == FP64 ? 52 : 23;
    uint64_t value = next_random(), choice = next_random();
    if (choice % 8 == 0) {
        size_t at = choice / 8 % (sizeof special / sizeof *special);
        value = (size == FP64 ? special[at] : special_single[at]) | (value & fp_sign_bit(size));
    } else if (choice % 8 < 3) {
        value = near ^ (value & (7ull << fraction | fp_sign_bit(size) | 7));
    } else if (choice % 8 < 5) {
        value &= ~0ull << (fraction - choice / 8 % 12);
    } else if (choice % 8 == 5) {
        value &= ~(0x3Full << (fraction + 2)); /* tiny */
    }
    return size == FP64 ? value : (uint32_t)value;
}

static uint32_t flags_of_host(void)
{
    int raised = fetestexcept(FE_ALL_EXCEPT);
    return (raised & FE_INVALID ? FP_INVALID : 0u) |
           (raised & FE_DIVBYZERO ? FP_DIVIDE_BY_ZERO : 0u) |
           (raised & FE_OVERFLOW ? FP_OVERFLOW : 0u) | (raised & FE_UNDERFLOW ? FP_UNDERFLOW : 0u) |
           (raised & FE_INEXACT ? FP_INEXACT : 0u);
}

enum operation { ADD, SUB, MUL, DIV, SQRT, FUSED, CONVERT, OPERATIONS };

/* Through volatile: the host must calculate between feclearexcept() and fetestexcept(). */
static uint64_t double_on_host(enum operation op, const uint64_t v[3])
{
    volatile double a = fp_to_double(v[0]), b = fp_to_double(v[1]), c = fp_to_double(v[2]), r;
    volatile float narrow;
    feclearexcept(FE_ALL_EXCEPT);
    switch (op) {
    case ADD:
        r = a + b;
        break;
    case SUB:
        r = a - b;
        break;
    case MUL:
        r = a * b;
        break;
    case DIV:
        r = a / b;
        break;
    case SQRT:
        r = sqrt(a);
        break;
    case FUSED:
        r = fma(a, b, c);
        break;
    default:
        narrow = (float)a;
        return fp_from_float(narrow);
    }
    return fp_from_double(r);
}

static uint64_t single_on_host(enum operation op, const uint64_t v[3])
{
    volatile float a = fp_to_float(v[0]), b = fp_to_float(v[1]), c = fp_to_float(v[2]), r;
    volatile double wide;
    feclearexcept(FE_ALL_EXCEPT);
    switch (op) {
    case ADD:
        r = a + b;
        break;
    case SUB:
        r = a - b;
        break;
    case MUL:
        r = a * b;
        break;
    case DIV:
        r = a / b;
        break;
    case SQRT:
        r = sqrtf(a);
        break;
    case FUSED:
        r = fmaf(a, b, c);
        break;
    default:
        wide = (double)a;
        return fp_from_double(wide);
    }
    return fp_from_float(r);
}

static uint64_t ours(enum operation op, enum fp_size size, const uint64_t v[3], uint32_t *env)
{
    switch (op) {
    case ADD:
        return fp_add(size, v[0], v[1], env);
    case SUB:
        return fp_sub(size, v[0], v[1], env);
    case MUL:
        return fp_mul(size, v[0], v[1], env);
    case DIV:
        return fp_div(size, v[0], v[1], env);
    case SQRT:
        return fp_sqrt(size, v[0], env);
    case FUSED:
        return fp_fma(size, v[2], v[0], v[1], env);
    default:
        return fp_convert(size == FP64 ? FP32 : FP64, size, v[0], env);
    }
}

static uint64_t canonical(enum fp_size size, uint64_t value)
{
    if (size == FP64)
        return isnan(fp_to_double(value)) ? 0x7FF8000000000000 : value;
    return isnan(fp_to_float(value)) ? 0x7FC00000 : value;
}

static void compare(enum operation op, enum fp_size size, int host_mode, enum fp_round mode)
{
    seed = 0x9E3779B97F4A7C15 + (uint64_t)op;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t v[3] = {random_number(size, 0)};
        v[1] = random_number(size, v[0]);
        v[2] = random_number(size, op == FUSED ? fp_mul(size, v[0], v[1], &(uint32_t){0}) : 0);
        uint32_t env = FP_DEFAULT_NAN | FP_TINY_AFTER | (uint32_t)mode << FP_ROUND_SHIFT;
        enum fp_size to = op == CONVERT ? FP32 + FP64 - size : size;
        fesetround(host_mode);
        uint64_t expected = size == FP64 ? double_on_host(op, v) : single_on_host(op, v);
        uint32_t flags = flags_of_host();
        fesetround(FE_TONEAREST);
        uint64_t result = ours(op, size, v, &env);
        /* Whether a NaN addend hides infinity by zero is left to the implementation. */
        bool open = op == FUSED && canonical(size, v[2]) != v[2];
        if (result != canonical(to, expected) || (!open && (env & 0x1F) != flags))
            fail_msg("operation %d of size %d, mode %d: %llx %llx %llx gives %llx flags %x, on the "
                     "host %llx flags %x",
                     op, size, mode, (unsigned long long)v[0], (unsigned long long)v[1],
                     (unsigned long long)v[2], (unsigned long long)result, env & 0x1F,
                     (unsigned long long)expected, flags);
    }
}

static void test_against_host(void **state)
{
    (void)state;
    static const struct {
        int host;
        enum fp_round mode;
    } modes[] = {{FE_TONEAREST, FP_NEAREST},
                 {FE_UPWARD, FP_UP},
                 {FE_DOWNWARD, FP_DOWN},
                 {FE_TOWARDZERO, FP_TO_ZERO}};
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++)
        for (enum operation op = ADD; op < OPERATIONS; op++) {
            compare(op, FP32, modes[m].host, modes[m].mode);
            compare(op, FP64, modes[m].host, modes[m].mode);
        }
}

static uint32_t away(uint32_t flags)
{
    return FP_DEFAULT_NAN | FP_TINY_AFTER | FP_ROUND_AWAY | flags;
}

static void test_ties_away(void **state)
{
    (void)state;
    uint32_t env = away(0), even = 0;
    /* 2^24 + 1 lies between two singles. */
    assert_int_equal(fp_add(FP32, 0x4B800000, 0x3F800000, &env), 0x4B800001);
    assert_int_equal(fp_add(FP32, 0x4B800000, 0x3F800000, &even), 0x4B800000);
    assert_int_equal(fp_add(FP32, 0xCB800000, 0xBF800000, &env), 0xCB800001);
    assert_int_equal(env & 0x1F, FP_INEXACT);
    env = away(0); /* half of the least subnormal */
    assert_int_equal(fp_mul(FP32, 1, 0x3F000000, &env), 1);
    assert_int_equal(env & 0x1F, FP_INEXACT | FP_UNDERFLOW);
    assert_int_equal(fp_to_fixed(FP32, 0x40200000, 32, true, 0, FP_AWAY, &env), 3); /* 2.5 */
    assert_int_equal(fp_to_fixed(FP32, 0xC0200000, 32, true, 0, FP_NEAREST, &env), (uint64_t)-2);
    assert_int_equal(fp_from_fixed(FP32, 0x1000001, false, 0, FP_AWAY, &env), 0x4B800001);
    env = away(FP_INEXACT); /* the host's short way rounds to even */
    assert_int_equal(fp_calculate(FP_ADD, FP32, 0x4B800000, 0x3F800000, &env), 0x4B800001);
}

/* What is tiny only before rounding: the greatest subnormal and a half, up to the least normal. */
static void test_tininess(void **state)
{
    (void)state;
    uint32_t after = FP_TINY_AFTER, before = 0;
    /* 0x1.ffffffp-127 in double: rounds to 2^-126 even with an unbounded exponent. */
    assert_int_equal(fp_convert(FP32, FP64, 0x380FFFFFF0000000, &after), 0x00800000);
    assert_int_equal(after & 0x1F, FP_INEXACT);
    assert_int_equal(fp_convert(FP32, FP64, 0x380FFFFFF0000000, &before), 0x00800000);
    assert_int_equal(before & 0x1F, FP_INEXACT | FP_UNDERFLOW);
    after = FP_TINY_AFTER; /* 0x1.fffffep-127: exact with an unbounded exponent, so tiny */
    assert_int_equal(fp_convert(FP32, FP64, 0x380FFFFFE0000000, &after), 0x00800000);
    assert_int_equal(after & 0x1F, FP_INEXACT | FP_UNDERFLOW);
}

static void test_wide_integers(void **state)
{
    (void)state;
    uint32_t env = 0;
    const uint64_t two_63 = 0x43E0000000000000, two_64 = 0x43F0000000000000;
    assert_true(fp_to_fixed(FP64, two_63, 64, false, 0, FP_TO_ZERO, &env) == 1ull << 63);
    assert_true(fp_to_fixed(FP64, two_63 | 1ull << 63, 64, true, 0, FP_TO_ZERO, &env) == 1ull
                                                                                             << 63);
    assert_int_equal(env, 0);
    assert_true(fp_to_fixed(FP64, two_63, 64, true, 0, FP_TO_ZERO, &env) == INT64_MAX);
    assert_int_equal(env, FP_INVALID);
    env = 0;
    assert_true(fp_to_fixed(FP64, two_64, 64, false, 0, FP_TO_ZERO, &env) == UINT64_MAX);
    assert_int_equal(env, FP_INVALID);
    env = 0;
    assert_true(fp_from_fixed(FP64, UINT64_MAX, false, 0, FP_NEAREST, &env) == two_64);
    assert_int_equal(env, FP_INEXACT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_host),
        cmocka_unit_test(test_ties_away),
        cmocka_unit_test(test_tininess),
        cmocka_unit_test(test_wide_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
