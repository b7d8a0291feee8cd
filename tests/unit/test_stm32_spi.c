/* STM32 SPI master: bit time, FIFO and packing, flags, DMA requests, overrun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x40013000u
#define CR1  (BASE + 0x00)
#define CR2  (BASE + 0x04)
#define SR   (BASE + 0x08)
#define DR   (BASE + 0x0C)

#define MSTR_SPE (1u << 2 | 1u << 6 | 3u << 8)
#define DS8      (7u << 8)
#define FRXTH    (1u << 12)
#define RXNE     1u
#define TXE      2u
#define OVR      0x40u
#define BSY      0x80u
#define US       1000000ull

/* Answers each word with its complement, and keeps the last one and its width. */
struct echo {
    uint32_t last, bits, count;
};

static uint32_t echo_transfer(struct mote_device *dev, uint32_t out, uint32_t bits)
{
    struct echo *echo = dev->state;
    *echo = (struct echo){out, bits, echo->count + 1};
    return ~out;
}

static const struct mote_spi_ops echo_ops = {.transfer = echo_transfer};
static const struct mote_device_class echo_class = {
    .name = "echo", .state_bytes = sizeof(struct echo), .spi = &echo_ops};

struct fixture {
    struct bench *bench;
    struct mote_device *dev;
    struct echo *echo;
};

/* 8 MHz / 8: one bit is 1 us. */
static struct fixture make(uint32_t cr1, uint32_t cr2)
{
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, 8000000);
    f.dev = bench_add(f.bench, "stm32_spi_fifo", "spi", BASE, NULL);
    struct mote_device *target = bench_add_class(f.bench, &echo_class, f.dev, "target", 0, 0, NULL);
    mote_spi_select(target, true);
    f.echo = target->state;
    bench_write32(f.bench, CR2, cr2);
    bench_write32(f.bench, CR1, cr1 | 2u << 3);
    return f;
}

static void test_reset_values(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_add(bench, "stm32_spi_fifo", "spi", BASE, NULL);
    assert_int_equal(bench_read32(bench, CR2), 0x700);
    assert_int_equal(bench_read32(bench, SR), 2);
    assert_int_equal(bench_read32(bench, BASE + 0x10), 7);
    bench_write32(bench, CR2, 0x100);
    assert_int_equal(bench_read32(bench, CR2), 0x700);
    bench_free(bench);
}

static void test_byte_takes_bit_time(void **state)
{
    (void)state;
    struct fixture f = make(MSTR_SPE, DS8 | FRXTH);
    bench_write8(f.bench, DR, 0xA5);
    assert_int_equal(bench_read32(f.bench, SR) & (BSY | TXE | RXNE), BSY | TXE);
    bench_run_ps(f.bench, 8 * US - 1);
    assert_int_equal(f.echo->count, 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(f.echo->count, 1);
    assert_int_equal(f.echo->last, 0xA5);
    assert_int_equal(f.echo->bits, 8);
    assert_int_equal(bench_read32(f.bench, SR) & (BSY | TXE | RXNE), TXE | RXNE);
    assert_int_equal(bench_read8(f.bench, DR), 0x5A);
    assert_int_equal(bench_read32(f.bench, SR) & RXNE, 0);
    bench_free(f.bench);
}

static void test_packed_access_moves_two_frames(void **state)
{
    (void)state;
    struct fixture f = make(MSTR_SPE, DS8);
    bench_write16(f.bench, DR, 0x3412);
    bench_run_ps(f.bench, 8 * US);
    assert_int_equal(f.echo->last, 0x12);
    assert_int_equal(bench_read32(f.bench, SR) & RXNE, 0); /* threshold of 16 bits */
    bench_run_ps(f.bench, 8 * US);
    assert_int_equal(f.echo->last, 0x34);
    assert_int_equal(bench_read32(f.bench, SR) & RXNE, RXNE);
    assert_int_equal(bench_read16(f.bench, DR), 0xCBED);
    bench_free(f.bench);
}

static void test_sixteen_bits_and_lsb_first(void **state)
{
    (void)state;
    struct fixture f = make(MSTR_SPE | 1u << 7, 15u << 8);
    bench_write16(f.bench, DR, 0x8001);
    bench_write16(f.bench, DR, 0x0003);
    bench_run_ps(f.bench, 32 * US);
    assert_int_equal(f.echo->last, 0xC000);
    assert_int_equal(f.echo->bits, 16);
    assert_int_equal(bench_read16(f.bench, DR), 0x7FFE);
    assert_int_equal(bench_read16(f.bench, DR), 0xFFFC);
    bench_free(f.bench);
}

static void test_overrun(void **state)
{
    (void)state;
    struct fixture f = make(MSTR_SPE, DS8 | FRXTH | 1u << 5);
    for (uint8_t i = 0; i < 5; i++) {
        bench_write8(f.bench, DR, i);
        bench_run_ps(f.bench, 8 * US);
    }
    assert_int_equal(bench_read32(f.bench, SR) & OVR, OVR);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    for (uint8_t i = 0; i < 4; i++)
        assert_int_equal(bench_read8(f.bench, DR), (uint8_t)~i);
    bench_read32(f.bench, SR);
    assert_int_equal(bench_read32(f.bench, SR) & OVR, 0);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_free(f.bench);
}

static void test_receive_only_clocks_by_itself(void **state)
{
    (void)state;
    struct fixture f = make(MSTR_SPE | 1u << 10, DS8 | FRXTH);
    bench_run_ps(f.bench, 16 * US);
    assert_int_equal(f.echo->count, 2);
    bench_write32(f.bench, CR1, (MSTR_SPE & ~(1u << 6)) | 1u << 10);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(f.echo->count, 2);
    bench_free(f.bench);
}

static void test_requests(void **state)
{
    (void)state;
    struct fixture f = make(MSTR_SPE, DS8 | FRXTH | 1u << 6);
    bench_write32(f.bench, CR2, DS8 | FRXTH | 3);
    assert_int_equal(bench_level(f.dev, "dma", 1), 1);
    bench_write16(f.bench, DR, 0);
    bench_write16(f.bench, DR, 0); /* one byte is in the shift register, three wait */
    assert_int_equal(bench_level(f.dev, "dma", 1), 0);
    assert_int_equal(bench_level(f.dev, "dma", 0), 0);
    bench_run_ps(f.bench, 8 * US);
    assert_int_equal(bench_level(f.dev, "dma", 0), 1);
    assert_int_equal(bench_level(f.dev, "dma", 1), 1);
    bench_read8(f.bench, DR);
    assert_int_equal(bench_level(f.dev, "dma", 0), 0);
    bench_free(f.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values),
        cmocka_unit_test(test_byte_takes_bit_time),
        cmocka_unit_test(test_packed_access_moves_two_frames),
        cmocka_unit_test(test_sixteen_bits_and_lsb_first),
        cmocka_unit_test(test_overrun),
        cmocka_unit_test(test_receive_only_clocks_by_itself),
        cmocka_unit_test(test_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
