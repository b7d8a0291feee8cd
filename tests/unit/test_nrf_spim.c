/* nRF52 SPIM and SPI: lengths, over-read character, timing, bit order, legacy buffering. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x40023000u
#define RAM  0x20000000u

#define START      (BASE + 0x010)
#define STOP       (BASE + 0x014)
#define STOPPED    (BASE + 0x104)
#define READY      (BASE + 0x108)
#define END        (BASE + 0x118)
#define SHORTS     (BASE + 0x200)
#define INTENSET   (BASE + 0x304)
#define ENABLE     (BASE + 0x500)
#define PSEL_SCK   (BASE + 0x508)
#define PSEL_MOSI  (BASE + 0x50c)
#define PSEL_MISO  (BASE + 0x510)
#define RXD        (BASE + 0x518)
#define TXD        (BASE + 0x51c)
#define FREQUENCY  (BASE + 0x524)
#define RXD_PTR    (BASE + 0x534)
#define RXD_MAXCNT (BASE + 0x538)
#define RXD_AMOUNT (BASE + 0x53c)
#define TXD_PTR    (BASE + 0x544)
#define TXD_MAXCNT (BASE + 0x548)
#define TXD_AMOUNT (BASE + 0x54c)
#define CONFIG     (BASE + 0x554)
#define ORC        (BASE + 0x5c0)

#define BYTE UINT64_C(1000000) /* eight bits at 8 MHz */

/* A shift register: answers each byte with the complement of the one before. */
struct echo {
    uint8_t last;
};

static uint32_t echo_transfer(struct mote_device *dev, uint32_t out, uint32_t bits)
{
    struct echo *echo = dev->state;
    uint32_t answer = echo->last;
    assert_int_equal(bits, 8);
    echo->last = (uint8_t)~out;
    return answer;
}

static const struct mote_spi_ops echo_ops = {.transfer = echo_transfer};
static const struct mote_device_class echo_class = {
    .name = "spi_echo", .state_bytes = sizeof(struct echo), .spi = &echo_ops};

struct fixture {
    struct bench *b;
    struct mote_device *spi;
};

static struct fixture make(uint32_t enable)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    bench_ram(f.b, RAM, 0x20000);
    f.spi = bench_add(f.b, "nrf_spim", "spi2", BASE, NULL);
    mote_spi_select(bench_add_class(f.b, &echo_class, f.spi, "echo", 0, 0, NULL), true);
    bench_write32(f.b, PSEL_SCK, 13);
    bench_write32(f.b, PSEL_MOSI, 33);
    bench_write32(f.b, PSEL_MISO, 40);
    bench_write32(f.b, FREQUENCY, 0x80000000);
    bench_write32(f.b, TXD_PTR, RAM);
    bench_write32(f.b, RXD_PTR, RAM + 0x100);
    bench_write32(f.b, ENABLE, enable);
    return f;
}

static void a_longer_receive_sends_the_over_read_character(void **state)
{
    (void)state;
    struct fixture f = make(7);
    bench_write32(f.b, RAM, 0x04030201);
    bench_write32(f.b, TXD_MAXCNT, 2);
    bench_write32(f.b, RXD_MAXCNT, 4);
    bench_write32(f.b, ORC, 0xf0);
    bench_write32(f.b, INTENSET, 1u << 6);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 4 * BYTE - 1);
    assert_int_equal(bench_read32(f.b, END), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, END), 1);
    assert_int_equal(bench_level(f.spi, "irq", 0), 1);
    assert_int_equal(bench_read32(f.b, RAM + 0x100), 0x0ffdfe00);
    assert_int_equal(bench_read32(f.b, TXD_AMOUNT), 2);
    assert_int_equal(bench_read32(f.b, RXD_AMOUNT), 4);
    bench_free(f.b);
}

static void long_transfers_arrive_whole(void **state)
{
    (void)state;
    struct fixture f = make(7);
    for (uint32_t i = 0; i < 1000; i++)
        bench_write8(f.b, RAM + 0x1000 + i, (uint8_t)(i * 7));
    bench_write32(f.b, TXD_PTR, RAM + 0x1000);
    bench_write32(f.b, RXD_PTR, RAM + 0x2000);
    bench_write32(f.b, TXD_MAXCNT, 1000);
    bench_write32(f.b, RXD_MAXCNT, 900);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 1000 * BYTE);
    for (uint32_t i = 1; i < 900; i++)
        assert_int_equal(bench_read8(f.b, RAM + 0x2000 + i), (uint8_t) ~((i - 1) * 7));
    assert_int_equal(bench_read8(f.b, RAM + 0x2000 + 900), 0);
    bench_free(f.b);
}

static void stop_completes_the_byte(void **state)
{
    (void)state;
    struct fixture f = make(7);
    bench_write32(f.b, TXD_MAXCNT, 100);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 3 * BYTE + BYTE / 4);
    bench_write32(f.b, STOP, 1);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    assert_int_equal(bench_read32(f.b, TXD_AMOUNT), 4);
    bench_free(f.b);
}

/* An empty transfer with END_START must let time pass. */
static void end_start_repeats_even_when_empty(void **state)
{
    (void)state;
    struct fixture f = make(7);
    bench_write32(f.b, SHORTS, 1u << 17);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 10 * BYTE);
    assert_int_equal(bench_read32(f.b, END), 1);
    bench_free(f.b);
}

static void bit_order_reverses_both_ways(void **state)
{
    (void)state;
    struct fixture f = make(7);
    bench_write32(f.b, CONFIG, 1);
    bench_write16(f.b, RAM, 0x0001);
    bench_write32(f.b, TXD_MAXCNT, 2);
    bench_write32(f.b, RXD_MAXCNT, 2);
    bench_write32(f.b, START, 1);
    bench_run_ps(f.b, 2 * BYTE);
    /* 0x01 goes out as 0x80, the complement 0x7f comes back as 0xfe. */
    assert_int_equal(bench_read8(f.b, RAM + 0x101), 0xfe);
    bench_free(f.b);
}

static void legacy_buffers_one_byte_each_way(void **state)
{
    (void)state;
    struct fixture f = make(1);
    bench_write32(f.b, TXD, 0x11);
    bench_write32(f.b, TXD, 0x22);
    bench_run_ps(f.b, BYTE);
    assert_int_equal(bench_read32(f.b, READY), 1);
    bench_run_ps(f.b, BYTE);
    bench_write32(f.b, READY, 0);
    assert_int_equal(bench_read32(f.b, RXD), 0);
    assert_int_equal(bench_read32(f.b, READY), 1);
    assert_int_equal(bench_read32(f.b, RXD), 0xee);
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_longer_receive_sends_the_over_read_character),
        cmocka_unit_test(long_transfers_arrive_whole),
        cmocka_unit_test(stop_completes_the_byte),
        cmocka_unit_test(end_start_repeats_even_when_empty),
        cmocka_unit_test(bit_order_reverses_both_ways),
        cmocka_unit_test(legacy_buffers_one_byte_each_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
