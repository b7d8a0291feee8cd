/* STM32 CRC unit against published check values, and the random number generator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x40023000u
#define DR   (BASE + 0x00)
#define CR   (BASE + 0x08)
#define INIT (BASE + 0x10)
#define POL  (BASE + 0x14)

#define RNG_CR (BASE + 0x00)
#define RNG_SR (BASE + 0x04)
#define RNG_DR (BASE + 0x08)

static void feed_check_text(struct bench *bench)
{
    for (const char *c = "123456789"; *c != '\0'; c++)
        bench_write8(bench, DR, (uint8_t)*c);
}

/* Check values of the catalogue of parametrised CRC algorithms (reveng). */
static void test_check_values(void **state)
{
    (void)state;
    static const struct {
        uint32_t cr, poly, init, xor_out, check;
    } cases[] = {
        {0, 0x04C11DB7, 0xFFFFFFFF, 0, 0x0376E6E7},                 /* CRC-32/MPEG-2 */
        {1 << 5 | 1 << 7, 0x04C11DB7, 0xFFFFFFFF, ~0u, 0xCBF43926}, /* CRC-32 */
        {1 << 5 | 1 << 7, 0x1EDC6F41, 0xFFFFFFFF, ~0u, 0xE3069283}, /* CRC-32C */
        {1 << 3, 0x1021, 0xFFFF, 0, 0x29B1},                        /* CRC-16/CCITT-FALSE */
        {1 << 3 | 1 << 5 | 1 << 7, 0x8005, 0xFFFF, 0, 0x4B37},      /* CRC-16/MODBUS */
        {2 << 3, 0x07, 0x00, 0, 0xF4},                              /* CRC-8 */
        {3 << 3, 0x09, 0x00, 0, 0x75},                              /* CRC-7/MMC */
    };
    struct bench *bench = bench_new();
    bench_add(bench, "stm32_crc", "crc", BASE, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench_write32(bench, POL, cases[i].poly);
        bench_write32(bench, INIT, cases[i].init);
        bench_write32(bench, CR, cases[i].cr | 1);
        feed_check_text(bench);
        assert_int_equal(bench_read32(bench, DR) ^ cases[i].xor_out, cases[i].check);
    }
    bench_free(bench);
}

static void test_words_equal_bytes(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_add(bench, "stm32_crc", "crc", BASE, NULL);
    assert_int_equal(bench_read32(bench, DR), 0xFFFFFFFF);
    bench_write32(bench, DR, 0x31323334);
    uint32_t word = bench_read32(bench, DR);
    bench_write32(bench, CR, 1);
    assert_int_equal(bench_read32(bench, DR), 0xFFFFFFFF);
    bench_write16(bench, DR, 0x3132);
    bench_write8(bench, DR, 0x33);
    bench_write8(bench, DR, 0x34);
    assert_int_equal(bench_read32(bench, DR), word);
    /* Word-wise reversal takes the bits of the whole word. */
    bench_write32(bench, CR, 3 << 5 | 1);
    bench_write32(bench, DR, 0x2CCC4C8C); /* 0x31323334 backwards */
    assert_int_equal(bench_read32(bench, DR), word);
    bench_free(bench);
}

static void test_random_words_take_time(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_clock(bench, 120000000);
    bench_clock(bench, 48000000);
    struct mote_device *rng = bench_add(bench, "stm32_rng", "rng", BASE, NULL);
    bench_write32(bench, RNG_CR, 1 << 2 | 1 << 3);
    bench_run_ps(bench, 40 * 1000000ull / 48 - 1);
    assert_int_equal(bench_read32(bench, RNG_SR), 0);
    assert_int_equal(bench_level(rng, "irq", 0), 0);
    bench_run_ps(bench, 1);
    assert_int_equal(bench_read32(bench, RNG_SR), 1);
    assert_int_equal(bench_level(rng, "irq", 0), 1);
    uint32_t first = bench_read32(bench, RNG_DR);
    assert_int_equal(bench_read32(bench, RNG_SR), 0);
    assert_int_equal(bench_level(rng, "irq", 0), 0);
    assert_int_equal(bench_read32(bench, RNG_DR), 0);
    bench_run_ps(bench, 1000000);
    assert_int_not_equal(bench_read32(bench, RNG_DR), first);
    mote_device_reset(rng);
    bench_write32(bench, RNG_CR, 0x40F00D00 | 1 << 2); /* conditioning of newer parts */
    assert_int_equal(bench_read32(bench, RNG_CR), 0x40F00D00 | 1 << 2);
    assert_int_equal(mote_log_count(bench_system(bench), MOTE_LOG_GUEST), 0);
    bench_run_ps(bench, 1000000);
    assert_int_equal(bench_read32(bench, RNG_DR), first);
    bench_free(bench);
}

static void test_seed_changes_the_sequence(void **state)
{
    (void)state;
    static const uint32_t seed = 7;
    static const struct bench_prop props[] = {{"mote,seed", &seed, 1, NULL}, {0}};
    struct bench *bench = bench_new();
    bench_clock(bench, 48000000);
    bench_add(bench, "stm32_rng", "a", BASE, NULL);
    bench_add(bench, "stm32_rng", "b", BASE + 0x400, props);
    bench_write32(bench, RNG_CR, 1 << 2);
    bench_write32(bench, RNG_CR + 0x400, 1 << 2);
    bench_run_ps(bench, 1000000);
    assert_int_not_equal(bench_read32(bench, RNG_DR), bench_read32(bench, RNG_DR + 0x400));
    bench_free(bench);
}

static void test_slow_clock_is_an_error(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_clock(bench, 120000000);
    bench_clock(bench, 1000000);
    struct mote_device *rng = bench_add(bench, "stm32_rng", "rng", BASE, NULL);
    bench_write32(bench, RNG_CR, 1 << 2 | 1 << 3);
    assert_int_equal(bench_read32(bench, RNG_SR), 1 << 1 | 1 << 5);
    assert_int_equal(bench_level(rng, "irq", 0), 1);
    bench_write32(bench, RNG_SR, 0);
    assert_int_equal(bench_read32(bench, RNG_SR), 1 << 1);
    assert_int_equal(bench_level(rng, "irq", 0), 0);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_values),
        cmocka_unit_test(test_words_equal_bytes),
        cmocka_unit_test(test_random_words_take_time),
        cmocka_unit_test(test_seed_changes_the_sequence),
        cmocka_unit_test(test_slow_clock_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
