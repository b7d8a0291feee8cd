/* CORE-V-MCU devices: uDMA UART, timer unit, GPIO. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"
#include <mote/bus.h>
#include <mote/space.h>
#include <string.h>

#define BASE  0x1A100000u
#define RAM   0x1C000000u
#define US_PS 1000000ull

static struct bench *bench;
static char heard[16];
static uint32_t pulses;

static int setup(void **state)
{
    (void)state;
    bench = bench_new();
    bench_clock(bench, 1000000);
    bench_ram(bench, RAM, 0x1000);
    memset(heard, 0, sizeof heard);
    pulses = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_free(bench);
    return 0;
}

static void write32(uint32_t offset, uint32_t value)
{
    bench_write32(bench, BASE + offset, value);
}

static uint32_t read32(uint32_t offset)
{
    return bench_read32(bench, BASE + offset);
}

static void hear(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)user;
    (void)dev;
    heard[strlen(heard)] = (char)byte;
}

static void count_pulse(void *user, const struct mote_device *dev, uint32_t output, int level)
{
    (void)dev;
    pulses += output == *(const uint32_t *)user && level == 1;
}

static void test_uart(void **state)
{
    static const uint32_t sent_output = 1;
    (void)state;
    struct mote_device *dev = bench_add(bench, "corev_uart", "uart0", BASE, NULL);
    assert_true(mote_uart_add_sink(dev, hear, NULL));
    assert_true(
        mote_wire_add_watch(bench_system(bench), count_pulse, (void *)(uintptr_t)&sent_output));
    assert_true(mote_mem_write(bench_system(bench), RAM, "hello", 5));
    write32(0x24, 9u << 16 | 3u << 8 | 3u << 1); /* 100 000 baud, 8N1 */
    write32(0x10, RAM);
    write32(0x14, 5);
    write32(0x18, 1u << 4);
    bench_run_ps(bench, 250 * US_PS);
    assert_string_equal(heard, "he");
    assert_int_equal(read32(0x14), 2); /* the third is on the line */
    assert_int_equal(read32(0x20), 1);
    bench_run_ps(bench, 300 * US_PS);
    assert_string_equal(heard, "hello");
    assert_int_equal(read32(0x18), 0);
    assert_int_equal(read32(0x20), 0);
    assert_int_equal(pulses, 1);
    write32(0x00, RAM + 0x100);
    write32(0x04, 2);
    write32(0x08, 1u << 4);
    mote_uart_feed(dev, (const uint8_t *)"xyz", 3);
    bench_run_ps(bench, 1000 * US_PS);
    char got[3];
    assert_true(mote_mem_read(bench_system(bench), RAM + 0x100, got, sizeof got));
    assert_memory_equal(got, "xy", 3);
}

static void test_timer(void **state)
{
    static const uint32_t low = 0;
    (void)state;
    bench_add(bench, "corev_timer", "timer0", BASE, NULL);
    assert_true(mote_wire_add_watch(bench_system(bench), count_pulse, (void *)(uintptr_t)&low));
    write32(0x10, 10);
    write32(0x00, 1u << 0 | 1u << 2 | 1u << 4); /* from 0 again at 10 */
    bench_run_ps(bench, 35 * US_PS);
    assert_int_equal(pulses, 3);
    assert_int_equal(read32(0x08), 5);
    write32(0x00, 1u << 0 | 1u << 6 | 4u << 8); /* a fifth of the clock, no interrupt */
    bench_run_ps(bench, 10 * US_PS);
    assert_int_equal(read32(0x08), 7);
    assert_int_equal(pulses, 3);
}

static void test_gpio(void **state)
{
    (void)state;
    struct mote_device *dev = bench_add(bench, "corev_gpio", "gpio0", BASE, NULL);
    assert_int_equal(mote_wire_output(dev, 7), MOTE_WIRE_Z);
    write32(0x00, 7);
    write32(0x38, 1u << 24 | 7);
    assert_int_equal(mote_wire_output(dev, 7), 1);
    write32(0x08, 7);
    assert_int_equal(mote_wire_output(dev, 7), 0);
    write32(0x38, 2u << 24 | 7); /* open drain */
    write32(0x00, 7);
    assert_int_equal(mote_wire_output(dev, 7), MOTE_WIRE_Z);
    mote_wire_drive(dev, 7, 1);
    assert_int_equal(read32(0x10), 1u << 7);
    assert_int_equal(read32(0x34), 2u << 24 | 1u << 12 | 1u << 8 | 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gpio, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
