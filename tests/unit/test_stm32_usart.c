/* STM32 USART and LPUART: line timing, flags, interrupts, FIFO mode, DMA requests, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE  0x40008000u
#define CR1   (BASE + 0x00)
#define CR2   (BASE + 0x04)
#define CR3   (BASE + 0x08)
#define BRR   (BASE + 0x0C)
#define RTOR  (BASE + 0x14)
#define RQR   (BASE + 0x18)
#define ISR   (BASE + 0x1C)
#define ICR   (BASE + 0x20)
#define RDR   (BASE + 0x24)
#define TDR   (BASE + 0x28)
#define PRESC (BASE + 0x2C)

#define UE     (1u << 0)
#define RE     (1u << 2)
#define TE     (1u << 3)
#define RXNEIE (1u << 5)
#define FIFOEN (1u << 29)

#define ORE  (1u << 3)
#define IDLE (1u << 4)
#define RXNE (1u << 5)
#define TC   (1u << 6)
#define TXE  (1u << 7)

#define US 1000000ull

struct fixture {
    struct bench *bench;
    struct mote_device *dev;
};

static struct fixture make(const char *cls, uint64_t hz, const struct bench_prop *props)
{
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, hz);
    f.dev = bench_add(f.bench, cls, "serial", BASE, props);
    bench_watch_uart(f.bench, f.dev);
    return f;
}

/* 10 bits of 10 us at 16 MHz / 160. */
static struct fixture make_100k(uint32_t cr1)
{
    struct fixture f = make("stm32_usart", 16000000, NULL);
    bench_write32(f.bench, BRR, 160);
    bench_write32(f.bench, CR1, UE | cr1);
    return f;
}

static void test_reset_values(void **state)
{
    (void)state;
    struct fixture f = make("stm32_usart", 16000000, NULL);
    assert_int_equal(bench_read32(f.bench, CR1), 0);
    assert_int_equal(bench_read32(f.bench, ISR), 0xC0);
    assert_int_equal(bench_read32(f.bench, BRR), 0);
    bench_free(f.bench);
}

static void test_transmit_takes_baud_time(void **state)
{
    (void)state;
    struct fixture f = make_100k(TE);
    bench_run_ps(f.bench, 100 * US); /* the idle preamble */
    assert_true(bench_read32(f.bench, ISR) & (1u << 21));
    bench_write8(f.bench, TDR, 'a');
    assert_int_equal(bench_read32(f.bench, ISR) & (TXE | TC), TXE);
    bench_write8(f.bench, TDR, 'b');
    assert_int_equal(bench_read32(f.bench, ISR) & (TXE | TC), 0);
    bench_run_ps(f.bench, 100 * US - 1);
    assert_string_equal(bench_uart_text(f.bench), "");
    bench_run_ps(f.bench, 1);
    assert_string_equal(bench_uart_text(f.bench), "a");
    assert_int_equal(bench_read32(f.bench, ISR) & (TXE | TC), TXE);
    bench_run_ps(f.bench, 100 * US - 1);
    assert_int_equal(bench_read32(f.bench, ISR) & TC, 0);
    bench_run_ps(f.bench, 1);
    assert_string_equal(bench_uart_text(f.bench), "b");
    assert_int_equal(bench_read32(f.bench, ISR) & TC, TC);
    bench_write32(f.bench, ICR, TC);
    assert_int_equal(bench_read32(f.bench, ISR) & TC, 0);
    bench_free(f.bench);
}

static uint64_t byte_time(struct fixture *f)
{
    bench_run_ps(f->bench, 1000000 * US);
    bench_uart_text(f->bench);
    bench_write8(f->bench, TDR, 'x');
    uint64_t start = mote_now_ps(bench_system(f->bench));
    const uint64_t *next = mote_next_event_ps(bench_system(f->bench));
    return *next - start;
}

static void test_frame_lengths(void **state)
{
    (void)state;
    static const struct {
        uint32_t cr1, cr2, brr, presc;
        uint64_t us;
    } cases[] = {
        {0, 0, 160, 0, 100},                   /* 8N1 */
        {1u << 12, 2u << 12, 160, 0, 120},     /* 9 bits, 2 stop */
        {1u << 28, 0, 160, 0, 90},             /* 7 bits */
        {1u << 12 | 1u << 10, 0, 160, 0, 110}, /* 8E1 */
        {0, 3u << 12, 160, 0, 105},            /* 1.5 stop */
        {1u << 15, 0, 0x0140 | 0x0, 0, 100},   /* OVER8: USARTDIV 0x140 = 320 half steps */
        {0, 0, 16, 2, 40},                     /* prescaler 4 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = make("stm32_usart", 16000000, NULL);
        bench_write32(f.bench, BRR, cases[i].brr);
        bench_write32(f.bench, CR2, cases[i].cr2);
        bench_write32(f.bench, PRESC, cases[i].presc);
        bench_write32(f.bench, CR1, UE | TE | cases[i].cr1);
        assert_int_equal(byte_time(&f), cases[i].us * US);
        bench_free(f.bench);
    }
}

static void test_lpuart_divider(void **state)
{
    (void)state;
    struct fixture f = make("stm32_lpuart", 120000000, NULL);
    bench_write32(f.bench, BRR, 266667); /* 256 * 120 MHz / 115200 */
    bench_write32(f.bench, CR1, UE | TE);
    /* 10 bits of 266667/256 cycles of 120 MHz. */
    assert_int_equal(byte_time(&f), 10ull * 266667 * 1000000 / 256 / 120);
    bench_free(f.bench);
}

static void test_receive_interrupt_byte_by_byte(void **state)
{
    (void)state;
    struct fixture f = make_100k(RE | RXNEIE);
    mote_uart_feed(f.dev, (const uint8_t *)"hi", 2);
    bench_run_ps(f.bench, 100 * US - 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_read8(f.bench, RDR), 'h');
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_read32(f.bench, RDR), 'i');
    assert_int_equal(bench_read32(f.bench, ISR) & (ORE | IDLE | RXNE), 0);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_read32(f.bench, ISR) & IDLE, IDLE);
    bench_write32(f.bench, ICR, IDLE);
    bench_run_ps(f.bench, 1000 * US);
    assert_int_equal(bench_read32(f.bench, ISR) & IDLE, 0);
    bench_free(f.bench);
}

static void test_overrun_keeps_the_first_byte(void **state)
{
    (void)state;
    struct fixture f = make_100k(RE | RXNEIE);
    mote_uart_feed(f.dev, (const uint8_t *)"abc", 3);
    bench_run_ps(f.bench, 300 * US);
    assert_int_equal(bench_read32(f.bench, ISR) & (ORE | RXNE), ORE | RXNE);
    assert_int_equal(bench_read32(f.bench, RDR), 'a');
    assert_int_equal(bench_read32(f.bench, ISR) & (ORE | RXNE), ORE);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_write32(f.bench, ICR, ORE);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_free(f.bench);
}

static void test_fifo(void **state)
{
    (void)state;
    struct fixture f = make_100k(RE | TE | FIFOEN);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_read32(f.bench, ISR) & (1u << 23), 1u << 23);
    for (uint8_t i = 0; i < 9; i++) { /* one in the shift register, eight in the FIFO */
        assert_int_equal(bench_read32(f.bench, ISR) & TXE, TXE);
        bench_write8(f.bench, TDR, (uint8_t)('0' + i));
    }
    assert_int_equal(bench_read32(f.bench, ISR) & TXE, 0);
    mote_uart_feed(f.dev, (const uint8_t *)"ABCDEFGHIJ", 10);
    bench_run_ps(f.bench, 900 * US);
    assert_string_equal(bench_uart_text(f.bench), "012345678");
    assert_int_equal(bench_read32(f.bench, ISR) & (ORE | 1u << 24 | TC), 1u << 24 | TC);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_read32(f.bench, ISR) & ORE, ORE);
    for (char c = 'A'; c <= 'I'; c++)
        assert_int_equal(bench_read32(f.bench, RDR), c);
    assert_int_equal(bench_read32(f.bench, ISR) & RXNE, 0);
    bench_free(f.bench);
}

static void test_fifo_thresholds(void **state)
{
    (void)state;
    struct fixture f = make("stm32_usart", 16000000, NULL);
    bench_write32(f.bench, BRR, 160);
    bench_write32(f.bench, CR3, 2u << 25 | 1u << 28); /* RXFTCFG: half, RXFTIE */
    bench_write32(f.bench, CR1, UE | RE | FIFOEN);
    mote_uart_feed(f.dev, (const uint8_t *)"ABCD", 4);
    bench_run_ps(f.bench, 399 * US);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 1 * US);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_free(f.bench);
}

static void test_dma_requests(void **state)
{
    (void)state;
    struct fixture f = make_100k(RE | TE);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_level(f.dev, "dma", 1), 0);
    bench_write32(f.bench, CR3, 1u << 6 | 1u << 7);
    assert_int_equal(bench_level(f.dev, "dma", 1), 1);
    bench_write8(f.bench, TDR, 1);
    assert_int_equal(bench_level(f.dev, "dma", 1), 1);
    bench_write8(f.bench, TDR, 2);
    assert_int_equal(bench_level(f.dev, "dma", 1), 0);
    mote_uart_feed(f.dev, (const uint8_t *)"x", 1);
    assert_int_equal(bench_level(f.dev, "dma", 0), 0);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_level(f.dev, "dma", 0), 1);
    bench_read8(f.bench, RDR);
    assert_int_equal(bench_level(f.dev, "dma", 0), 0);
    bench_free(f.bench);
}

static void test_parity_bit_and_match(void **state)
{
    (void)state;
    struct fixture f = make("stm32_usart", 16000000, NULL);
    bench_write32(f.bench, BRR, 160);
    bench_write32(f.bench, CR2, (uint32_t)'A' << 24);
    bench_write32(f.bench, CR1, UE | RE | 1u << 12 | 1u << 10 | 1u << 9 | 1u << 14); /* 8O1 CMIE */
    mote_uart_feed(f.dev, (const uint8_t *)"A", 1);
    bench_run_ps(f.bench, 110 * US);
    assert_int_equal(bench_read32(f.bench, RDR), 'A' | 1u << 8);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_write32(f.bench, ICR, 1u << 17);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_free(f.bench);
}

static void test_receiver_timeout(void **state)
{
    (void)state;
    struct fixture f = make("stm32_usart", 16000000, NULL);
    bench_write32(f.bench, BRR, 160);
    bench_write32(f.bench, CR2, 1u << 23);
    bench_write32(f.bench, RTOR, 25);
    bench_write32(f.bench, CR1, UE | RE | 1u << 26);
    mote_uart_feed(f.dev, (const uint8_t *)"ab", 2);
    bench_run_ps(f.bench, 449 * US);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 1 * US);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_free(f.bench);
}

static void test_settings_are_locked_while_enabled(void **state)
{
    (void)state;
    struct fixture f = make_100k(TE);
    uint64_t before = mote_log_count(bench_system(f.bench), MOTE_LOG_GUEST);
    bench_write32(f.bench, BRR, 320);
    assert_int_equal(bench_read32(f.bench, BRR), 160);
    assert_int_equal(mote_log_count(bench_system(f.bench), MOTE_LOG_GUEST), before + 1);
    bench_free(f.bench);
}

static void test_disabling_restores_flags(void **state)
{
    (void)state;
    struct fixture f = make_100k(RE);
    mote_uart_feed(f.dev, (const uint8_t *)"ab", 2);
    bench_run_ps(f.bench, 200 * US);
    assert_int_equal(bench_read32(f.bench, ISR) & ORE, ORE);
    bench_write32(f.bench, CR1, 0);
    assert_int_equal(bench_read32(f.bench, ISR), 0xC0);
    bench_free(f.bench);
}

static void test_variant_without_fifo(void **state)
{
    (void)state;
    static const uint32_t none = 0;
    static const struct bench_prop props[] = {{"mote,fifo-depth", &none, 1, NULL}, {0}};
    struct fixture f = make("stm32_usart", 16000000, props);
    bench_write32(f.bench, CR1, UE | FIFOEN);
    assert_int_equal(bench_read32(f.bench, CR1), UE);
    bench_free(f.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values),
        cmocka_unit_test(test_transmit_takes_baud_time),
        cmocka_unit_test(test_frame_lengths),
        cmocka_unit_test(test_lpuart_divider),
        cmocka_unit_test(test_receive_interrupt_byte_by_byte),
        cmocka_unit_test(test_overrun_keeps_the_first_byte),
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_fifo_thresholds),
        cmocka_unit_test(test_dma_requests),
        cmocka_unit_test(test_parity_bit_and_match),
        cmocka_unit_test(test_receiver_timeout),
        cmocka_unit_test(test_settings_are_locked_while_enabled),
        cmocka_unit_test(test_disabling_restores_flags),
        cmocka_unit_test(test_variant_without_fifo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
