/* nRF52 UARTE and UART: baud time, EasyDMA both ways, double buffering, timeouts, legacy mode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x40002000u
#define RAM  0x20000000u

#define STARTRX    (BASE + 0x000)
#define STOPRX     (BASE + 0x004)
#define STARTTX    (BASE + 0x008)
#define STOPTX     (BASE + 0x00c)
#define FLUSHRX    (BASE + 0x02c)
#define RXDRDY     (BASE + 0x108)
#define ENDRX      (BASE + 0x110)
#define TXDRDY     (BASE + 0x11c)
#define ENDTX      (BASE + 0x120)
#define ERROR      (BASE + 0x124)
#define RXTO       (BASE + 0x144)
#define RXSTARTED  (BASE + 0x14c)
#define TXSTARTED  (BASE + 0x150)
#define TXSTOPPED  (BASE + 0x158)
#define SHORTS     (BASE + 0x200)
#define INTENSET   (BASE + 0x304)
#define ERRORSRC   (BASE + 0x480)
#define ENABLE     (BASE + 0x500)
#define PSEL_TXD   (BASE + 0x50c)
#define PSEL_RXD   (BASE + 0x514)
#define RXD        (BASE + 0x518)
#define TXD        (BASE + 0x51c)
#define BAUDRATE   (BASE + 0x524)
#define RXD_PTR    (BASE + 0x534)
#define RXD_MAXCNT (BASE + 0x538)
#define RXD_AMOUNT (BASE + 0x53c)
#define TXD_PTR    (BASE + 0x544)
#define TXD_MAXCNT (BASE + 0x548)
#define TXD_AMOUNT (BASE + 0x54c)

/* 0x10000000: 16 MHz / 16 = 1 Mbaud, so a frame takes 10 us. */
#define FRAME UINT64_C(10000000)

struct fixture {
    struct bench *b;
    struct mote_device *uart;
};

static struct fixture make(uint32_t enable)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    bench_ram(f.b, RAM, 0x10000);
    f.uart = bench_add(f.b, "nrf_uarte", "uart0", BASE, NULL);
    bench_watch_uart(f.b, f.uart);
    bench_write32(f.b, PSEL_TXD, 35);
    bench_write32(f.b, PSEL_RXD, 42);
    bench_write32(f.b, BAUDRATE, 0x10000000);
    bench_write32(f.b, ENABLE, enable);
    return f;
}

static void put(const struct fixture *f, uint32_t address, const char *text)
{
    for (uint32_t i = 0; text[i] != '\0'; i++)
        bench_write8(f->b, address + i, (uint8_t)text[i]);
}

static void transmits_from_ram_at_baud_time(void **state)
{
    (void)state;
    struct fixture f = make(8);
    put(&f, RAM, "hello");
    bench_write32(f.b, TXD_PTR, RAM);
    bench_write32(f.b, TXD_MAXCNT, 5);
    bench_write32(f.b, INTENSET, 1u << 8);
    bench_write32(f.b, STARTTX, 1);
    assert_int_equal(bench_read32(f.b, TXSTARTED), 1);
    bench_run_ps(f.b, FRAME - 1);
    assert_string_equal(bench_uart_text(f.b), "");
    bench_run_ps(f.b, 1);
    assert_string_equal(bench_uart_text(f.b), "h");
    bench_run_ps(f.b, 4 * FRAME - 1);
    assert_int_equal(bench_read32(f.b, ENDTX), 0);
    bench_run_ps(f.b, 1);
    assert_string_equal(bench_uart_text(f.b), "ello");
    assert_int_equal(bench_read32(f.b, ENDTX), 1);
    assert_int_equal(bench_read32(f.b, TXD_AMOUNT), 5);
    assert_int_equal(bench_level(f.uart, "irq", 0), 1);
    bench_free(f.b);
}

/* 0x01D60000 divides by 139: 115108 baud, 86.875 us a frame. */
static void the_divider_is_an_integer(void **state)
{
    (void)state;
    struct fixture f = make(8);
    bench_write32(f.b, BAUDRATE, 0x01d60000);
    put(&f, RAM, "x");
    bench_write32(f.b, TXD_PTR, RAM);
    bench_write32(f.b, TXD_MAXCNT, 1);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, 86875000 - 1);
    assert_int_equal(bench_read32(f.b, ENDTX), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, ENDTX), 1);
    bench_free(f.b);
}

static void stoptx_ends_after_the_byte(void **state)
{
    (void)state;
    struct fixture f = make(8);
    put(&f, RAM, "abcdef");
    bench_write32(f.b, TXD_PTR, RAM);
    bench_write32(f.b, TXD_MAXCNT, 6);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, FRAME + FRAME / 2);
    bench_write32(f.b, STOPTX, 1);
    assert_int_equal(bench_read32(f.b, TXSTOPPED), 0);
    bench_run_ps(f.b, 10 * FRAME);
    assert_string_equal(bench_uart_text(f.b), "ab");
    assert_int_equal(bench_read32(f.b, TXSTOPPED), 1);
    assert_int_equal(bench_read32(f.b, TXD_AMOUNT), 2);
    bench_free(f.b);
}

static void flash_is_out_of_easydma_reach(void **state)
{
    (void)state;
    struct fixture f = make(8);
    struct mote_err err;
    assert_non_null(
        mote_region_add(bench_system(f.b), "flash0", 0, 0x1000, false, true, 0x41, NULL, &err));
    bench_write32(f.b, TXD_PTR, 0x100);
    bench_write32(f.b, TXD_MAXCNT, 2);
    uint64_t before = mote_log_count(bench_system(f.b), MOTE_LOG_GUEST);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, 2 * FRAME);
    assert_string_equal(bench_uart_text(f.b), ""); /* two NUL characters, no 'A' */
    assert_int_equal(mote_log_count(bench_system(f.b), MOTE_LOG_GUEST), before + 1);
    bench_free(f.b);
}

static void receives_into_two_buffers_in_turn(void **state)
{
    (void)state;
    struct fixture f = make(8);
    bench_write32(f.b, SHORTS, 1u << 5);
    bench_write32(f.b, RXD_PTR, RAM + 0x100);
    bench_write32(f.b, RXD_MAXCNT, 4);
    bench_write32(f.b, STARTRX, 1);
    assert_int_equal(bench_read32(f.b, RXSTARTED), 1);
    bench_write32(f.b, RXD_PTR, RAM + 0x200);
    mote_uart_feed(f.uart, (const uint8_t *)"01234567", 8);
    bench_run_ps(f.b, 4 * FRAME);
    assert_int_equal(bench_read32(f.b, ENDRX), 1);
    assert_int_equal(bench_read32(f.b, RXD_AMOUNT), 4);
    bench_run_ps(f.b, 20 * FRAME);
    assert_int_equal(bench_read32(f.b, RAM + 0x100), 0x33323130);
    assert_int_equal(bench_read32(f.b, RAM + 0x200), 0x37363534);
    bench_free(f.b);
}

static void stoprx_ends_the_buffer_then_times_out(void **state)
{
    (void)state;
    struct fixture f = make(8);
    bench_write32(f.b, RXD_PTR, RAM + 0x100);
    bench_write32(f.b, RXD_MAXCNT, 100);
    bench_write32(f.b, STARTRX, 1);
    mote_uart_feed(f.uart, (const uint8_t *)"abc", 3);
    bench_run_ps(f.b, 10 * FRAME);
    bench_write32(f.b, STOPRX, 1);
    bench_run_ps(f.b, 4 * FRAME);
    assert_int_equal(bench_read32(f.b, RXTO), 0);
    bench_run_ps(f.b, FRAME);
    assert_int_equal(bench_read32(f.b, RXTO), 1);
    assert_int_equal(bench_read32(f.b, ENDRX), 1);
    assert_int_equal(bench_read32(f.b, RXD_AMOUNT), 3);
    bench_free(f.b);
}

static void bytes_without_a_buffer_wait_in_the_fifo(void **state)
{
    (void)state;
    struct fixture f = make(8);
    bench_write32(f.b, RXD_PTR, RAM + 0x100);
    bench_write32(f.b, RXD_MAXCNT, 1);
    bench_write32(f.b, STARTRX, 1);
    mote_uart_feed(f.uart, (const uint8_t *)"abc", 3);
    bench_run_ps(f.b, 10 * FRAME);
    bench_write32(f.b, RXD_PTR, RAM + 0x104);
    bench_write32(f.b, RXD_MAXCNT, 8);
    bench_write32(f.b, FLUSHRX, 1);
    assert_int_equal(bench_read32(f.b, RXD_AMOUNT), 2);
    assert_int_equal(bench_read16(f.b, RAM + 0x104), 0x6362);
    mote_uart_feed(f.uart, (const uint8_t *)"1234567", 7); /* one more than the FIFO holds */
    bench_run_ps(f.b, 20 * FRAME);
    assert_int_equal(bench_read32(f.b, ERROR), 1);
    assert_int_equal(bench_read32(f.b, ERRORSRC), 1);
    bench_write32(f.b, ERRORSRC, 1);
    assert_int_equal(bench_read32(f.b, ERRORSRC), 0);
    bench_free(f.b);
}

static void legacy_uart_moves_single_bytes(void **state)
{
    (void)state;
    struct fixture f = make(4);
    bench_write32(f.b, STARTTX, 1);
    bench_write32(f.b, TXD, 'o');
    bench_run_ps(f.b, FRAME - 1);
    assert_int_equal(bench_read32(f.b, TXDRDY), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, TXDRDY), 1);
    bench_write32(f.b, TXD, 'k');
    bench_run_ps(f.b, FRAME);
    assert_string_equal(bench_uart_text(f.b), "ok");
    bench_write32(f.b, STARTRX, 1);
    mote_uart_feed(f.uart, (const uint8_t *)"xy", 2);
    bench_run_ps(f.b, 3 * FRAME);
    assert_int_equal(bench_read32(f.b, RXDRDY), 1);
    bench_write32(f.b, RXDRDY, 0);
    assert_int_equal(bench_read32(f.b, RXD), 'x');
    assert_int_equal(bench_read32(f.b, RXDRDY), 1); /* the second moved up */
    assert_int_equal(bench_read32(f.b, RXD), 'y');
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transmits_from_ram_at_baud_time),
        cmocka_unit_test(the_divider_is_an_integer),
        cmocka_unit_test(stoptx_ends_after_the_byte),
        cmocka_unit_test(flash_is_out_of_easydma_reach),
        cmocka_unit_test(receives_into_two_buffers_in_turn),
        cmocka_unit_test(stoprx_ends_the_buffer_then_times_out),
        cmocka_unit_test(bytes_without_a_buffer_wait_in_the_fifo),
        cmocka_unit_test(legacy_uart_moves_single_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
