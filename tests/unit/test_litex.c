/* LiteX devices, and the interrupt array of a VexRiscv hart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "riscv/riscv.h"
#include "support/bench.h"
#include <mote/bus.h>

#define BASE 0x10000000u

static struct bench *bench;

static int setup(void **state)
{
    (void)state;
    bench = bench_new();
    bench_clock(bench, 1000000);
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

static void test_timer(void **state)
{
    (void)state;
    struct mote_device *dev = bench_add(bench, "litex_timer", "timer0", BASE, NULL);
    write32(0x00, 10);
    write32(0x04, 4); /* then every five clocks */
    write32(0x1C, 1);
    write32(0x08, 1);
    bench_run_ps(bench, 3000000);
    write32(0x0C, 1);
    assert_int_equal(read32(0x10), 7);
    bench_run_ps(bench, 6000000);
    assert_int_equal(mote_wire_output(dev, 0), 0);
    bench_run_ps(bench, 1000000);
    assert_int_equal(mote_wire_output(dev, 0), 1);
    write32(0x18, 1);
    assert_int_equal(mote_wire_output(dev, 0), 0);
    bench_run_ps(bench, 4000000);
    assert_int_equal(mote_wire_output(dev, 0), 0);
    bench_run_ps(bench, 1000000);
    assert_int_equal(mote_wire_output(dev, 0), 1);
    write32(0x20, 1);
    assert_int_equal(read32(0x28), 15);
}

static void test_uart_events(void **state)
{
    static const uint32_t baud[] = {115200};
    static const struct bench_prop props[] = {{.name = "current-speed", .cells = baud, .count = 1},
                                              {.name = NULL}};
    (void)state;
    struct mote_device *dev = bench_add(bench, "litex_uart", "uart0", BASE, props);
    write32(0x14, 2);
    mote_uart_feed(dev, (const uint8_t *)"ab", 2);
    bench_run_ps(bench, 1000000000);
    assert_int_equal(mote_wire_output(dev, 0), 1);
    assert_int_equal(read32(0x00), 'a');
    assert_int_equal(read32(0x00), 'a'); /* the event's clearing takes it away */
    write32(0x10, 2);
    assert_int_equal(read32(0x00), 'b');
    assert_int_equal(read32(0x08), 0);
    write32(0x10, 2);
    assert_int_equal(read32(0x08), 1);
    assert_int_equal(mote_wire_output(dev, 0), 0);
}

static void test_vexriscv_interrupts(void **state)
{
    static const struct bench_prop props[] = {{.name = "compatible", .text = "spinalhdl,vexriscv"},
                                              {.name = NULL}};
    (void)state;
    struct mote_device *dev = bench_add(bench, "riscv_core", "cpu0", 0, props);
    struct riscv_cpu *cpu = dev->state;
    uint64_t value, mask = 1u << 2;
    mote_wire_drive(dev, 32 + 2, 1);
    assert_int_equal(cpu->mip & RISCV_MIP_MEIP, 0);
    assert_true(riscv_csr_access(cpu, 0xFC0, &value, NULL));
    assert_int_equal(value, 0);
    assert_true(riscv_csr_access(cpu, 0xBC0, &value, &mask));
    assert_int_equal(cpu->mip & RISCV_MIP_MEIP, RISCV_MIP_MEIP);
    assert_true(riscv_csr_access(cpu, 0xFC0, &value, NULL));
    assert_int_equal(value, mask);
    mote_wire_drive(dev, 32 + 2, 0);
    assert_int_equal(cpu->mip & RISCV_MIP_MEIP, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_timer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vexriscv_interrupts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
