/* CLINT, PLIC, NS16550 and test finisher. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define CLINT 0x02000000u
#define PLIC  0x0C000000u
#define UART  0x10000000u
#define TEST  0x00100000u

static struct bench *bench;

static int setup(void **state)
{
    (void)state;
    bench = bench_new();
    bench_clock(bench, 10000000); /* 100 ns */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_free(bench);
    return 0;
}

static void test_clint(void **state)
{
    (void)state;
    struct mote_device *clint = bench_add(bench, "clint", "clint", CLINT, NULL);
    bench_run_ps(bench, 1000000);
    assert_int_equal(bench_read32(bench, CLINT + 0xBFF8), 10);
    bench_write32(bench, CLINT + 0x4004, 0);
    bench_write32(bench, CLINT + 0x4000, 20);
    bench_run_ps(bench, 999999);
    assert_int_equal(bench_level(clint, "irq", 1), 0);
    bench_run_ps(bench, 1);
    assert_int_equal(bench_level(clint, "irq", 1), 1);
    bench_write32(bench, CLINT + 0x4000, 30);
    assert_int_equal(bench_level(clint, "irq", 1), 0);
    bench_write32(bench, CLINT, 1);
    assert_int_equal(bench_level(clint, "irq", 0), 1);
    bench_write32(bench, CLINT, 0);
    assert_int_equal(bench_level(clint, "irq", 0), 0);
}

/* A time that wraps starts again from 0, with the comparison still ahead. */
static void test_clint_wraps(void **state)
{
    (void)state;
    struct mote_device *clint = bench_add(bench, "clint", "clint", CLINT, NULL);
    bench_write32(bench, CLINT + 0xBFFC, ~0u);
    bench_write32(bench, CLINT + 0xBFF8, 0xFFFFFFF6); /* wraps in 10 ticks */
    bench_run_ps(bench, 1500000);
    assert_int_equal(bench_read32(bench, CLINT + 0xBFFC), 0);
    assert_int_equal(bench_read32(bench, CLINT + 0xBFF8), 5);
    bench_write32(bench, CLINT + 0x4004, 0);
    bench_write32(bench, CLINT + 0x4000, 7);
    assert_int_equal(bench_level(clint, "irq", 1), 0);
    bench_run_ps(bench, 200000);
    assert_int_equal(bench_level(clint, "irq", 1), 1);
}

static void test_plic(void **state)
{
    (void)state;
    struct mote_device *plic = bench_add(bench, "plic", "plic", PLIC, NULL);
    bench_write32(bench, PLIC + 4 * 5, 1);
    bench_write32(bench, PLIC + 4 * 9, 2);
    bench_write32(bench, PLIC + 4 * 33, 2);
    bench_write32(bench, PLIC + 0x2000, 1u << 5 | 1u << 9);
    bench_write32(bench, PLIC + 0x2004, 1u << 1);
    bench_drive(plic, "irq", 5, 1);
    assert_int_equal(bench_level(plic, "irq", 0), 1);
    bench_write32(bench, PLIC + 0x200000, 1);
    assert_int_equal(bench_level(plic, "irq", 0), 0); /* not above the threshold */
    bench_drive(plic, "irq", 33, 1);
    bench_drive(plic, "irq", 9, 1);
    assert_int_equal(bench_read32(bench, PLIC + 0x1000), 1u << 5 | 1u << 9);
    assert_int_equal(bench_read32(bench, PLIC + 0x200004), 9);
    assert_int_equal(bench_read32(bench, PLIC + 0x200004), 33);
    assert_int_equal(bench_level(plic, "irq", 0), 0);
    bench_drive(plic, "irq", 33, 0);
    bench_write32(bench, PLIC + 0x200004, 33);
    bench_write32(bench, PLIC + 0x200004, 9); /* its line is still up: pending again */
    assert_int_equal(bench_level(plic, "irq", 0), 1);
    assert_int_equal(bench_read32(bench, PLIC + 0x200004), 9);
    assert_int_equal(bench_read32(bench, PLIC + 0x200004), 5); /* a claim ignores the threshold */
    assert_int_equal(bench_read32(bench, PLIC + 0x200004), 0);
}

static void test_uart(void **state)
{
    (void)state;
    struct mote_device *uart = bench_add(bench, "ns16550", "uart0", UART, NULL);
    bench_watch_uart(bench, uart);
    bench_write8(bench, UART + 3, 0x80);
    bench_write8(bench, UART + 0, 10);
    bench_write8(bench, UART + 1, 0);
    bench_write8(bench, UART + 3, 0x03); /* 8N1: 10 bits of 160 clocks of 100 ns */
    bench_write8(bench, UART + 2, 0x01);
    bench_write8(bench, UART + 1, 0x02);
    assert_int_equal(bench_level(uart, "irq", 0), 1);
    assert_int_equal(bench_read8(bench, UART + 2), 0xC2);
    assert_int_equal(bench_level(uart, "irq", 0), 0); /* reading IIR clears it */
    bench_write8(bench, UART, 'o');
    bench_write8(bench, UART, 'k');
    assert_int_equal(bench_read8(bench, UART + 5), 0x00);
    bench_run_ps(bench, 160000000 - 1);
    assert_string_equal(bench_uart_text(bench), "");
    bench_run_ps(bench, 1);
    assert_string_equal(bench_uart_text(bench), "o");
    assert_int_equal(bench_read8(bench, UART + 5), 0x20);
    bench_run_ps(bench, 160000000);
    assert_string_equal(bench_uart_text(bench), "k");
    assert_int_equal(bench_read8(bench, UART + 5), 0x60);
    bench_write8(bench, UART + 1, 0x01);
    mote_uart_feed(uart, (const uint8_t *)"x", 1);
    bench_run_ps(bench, 400000000);
    assert_int_equal(bench_level(uart, "irq", 0), 1);
    assert_int_equal(bench_read8(bench, UART + 2), 0xC4);
    assert_int_equal(bench_read8(bench, UART), 'x');
    assert_int_equal(bench_level(uart, "irq", 0), 0);
}

static void test_finisher(void **state)
{
    (void)state;
    bench_add(bench, "sifive_test", "finisher", TEST, NULL);
    bench_write32(bench, TEST, 0x7777);
    assert_true(mote_take_reset_request(bench_system(bench)));
    bench_write32(bench, TEST, 0x2A3333);
    assert_int_equal(mote_stop_requested(bench_system(bench)), MOTE_STOP_EXIT);
    assert_int_equal(mote_stop_exit_code(bench_system(bench)), 0x2A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clint_wraps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finisher, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
