/* CORE-V-MCU devices: uDMA UART, I2C and SPI masters, timer unit, GPIO. */
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

/* ---- I2C: a memory of 16 bytes at 0x52, whose first written byte is the address -----------------
 */

static uint8_t cells[16], cell;
static bool first_byte;
static char bus_log[64];

static void note(char what)
{
    size_t at = strlen(bus_log);
    if (at + 1 < sizeof bus_log)
        bus_log[at] = what;
}

static bool cells_start(struct mote_device *dev, bool read)
{
    (void)dev;
    first_byte = !read;
    note(read ? 'R' : 'W');
    return true;
}

static bool cells_write(struct mote_device *dev, uint8_t byte)
{
    (void)dev;
    if (first_byte)
        cell = byte & 15;
    else
        cells[cell++ & 15] = byte;
    first_byte = false;
    note('w');
    return true;
}

static uint8_t cells_read(struct mote_device *dev)
{
    (void)dev;
    note('r');
    return cells[cell++ & 15];
}

static void cells_stop(struct mote_device *dev)
{
    (void)dev;
    note('P');
}

static const struct mote_i2c_ops cells_ops = {cells_start, cells_write, cells_read, cells_stop};
static const struct mote_device_class cells_class = {.name = "cells", .i2c = &cells_ops};

enum { START = 0x00, STOP = 0x20, RD_ACK = 0x40, RD_NACK = 0x60, WR = 0x80, WAIT = 0xA0 };
enum { RPT = 0xC0, CFG = 0xE0 };

static void i2c_send(const uint8_t *commands, uint32_t count)
{
    assert_true(mote_mem_write(bench_system(bench), RAM, commands, count));
    write32(0x10, RAM);
    write32(0x14, count);
    write32(0x18, 1u << 4);
}

static void test_i2c(void **state)
{
    (void)state;
    struct mote_device *dev = bench_add(bench, "corev_i2cm", "i2c0", BASE, NULL);
    bench_add_class(bench, &cells_class, dev, "cells", 0, 0x52, NULL);
    memset(bus_log, 0, sizeof bus_log);
    memset(cells, 0, sizeof cells);
    /* A bit takes 4 x (4 + 1) cycles of 1 us. */
    const uint8_t writes[] = {CFG, 0,  4,    START, WR, 0xA4,  RPT, 4,    WR, 3, 11,
                              22,  33, STOP, WAIT,  9,  START, WR,  0xA4, WR, 3};
    i2c_send(writes, sizeof writes);
    bench_run_ps(bench, (1 + 5 * 9 + 1) * 20 * US_PS);
    assert_string_equal(bus_log, "WwwwwP");
    assert_int_equal(cells[3], 11);
    assert_int_equal(cells[5], 33);
    assert_int_equal(read32(0x20), 1); /* a start was seen; reading clears it */
    assert_int_equal(read32(0x20), 0);
    bench_run_ps(bench, (10 + 1 + 9) * 20 * US_PS);
    assert_int_equal(read32(0x14), 0);
    assert_int_equal(read32(0x18), 0);
    bench_run_ps(bench, 9 * 20 * US_PS);
    assert_string_equal(bus_log, "WwwwwPWw");
    /* Reading goes on when its channel has room. */
    const uint8_t reads[] = {START, WR, 0xA5, RPT, 7, RD_ACK, RD_NACK, STOP};
    i2c_send(reads, sizeof reads);
    bench_run_ps(bench, 200 * 20 * US_PS);
    assert_string_equal(bus_log, "WwwwwPWwRrrrrr");
    write32(0x00, RAM + 0x100);
    write32(0x04, 8);
    write32(0x08, 1u << 4);
    bench_run_ps(bench, (3 * 9 + 1) * 20 * US_PS);
    assert_string_equal(bus_log, "WwwwwPWwRrrrrrrrrP");
    uint8_t got[8];
    assert_true(mote_mem_read(bench_system(bench), RAM + 0x100, got, sizeof got));
    const uint8_t expected[] = {11, 22, 33, 0, 0, 0, 0, 0};
    assert_memory_equal(got, expected, sizeof got);
    assert_int_equal(read32(0x04), 0);
}

static void test_i2c_reset_and_absence(void **state)
{
    (void)state;
    bench_add(bench, "corev_i2cm", "i2c0", BASE, NULL);
    const uint8_t commands[] = {START, WR, 0x21, RPT, 0, WR, RD_NACK, STOP};
    write32(0x00, RAM + 0x100);
    write32(0x04, 1);
    write32(0x08, 1u << 4);
    i2c_send(commands, sizeof commands);
    bench_run_ps(bench, 30 * 1028 * US_PS); /* the divider after reset: 0x100 */
    uint8_t got = 0;
    assert_true(mote_mem_read(bench_system(bench), RAM + 0x100, &got, 1));
    assert_int_equal(got, 0xFF); /* nobody drives the line */
    i2c_send(commands, sizeof commands);
    bench_run_ps(bench, 2000 * US_PS);
    assert_true(read32(0x14) > 0);
    write32(0x24, 1);
    write32(0x18, 1u << 6);
    bench_run_ps(bench, 30 * 1028 * US_PS);
    assert_int_equal(read32(0x14), 0);
    assert_int_equal(read32(0x18), 0);
}

/* ---- SPI: a part that answers with what it got, inverted, and counts selections -----------------
 */

static uint32_t selections;
static uint32_t spi_words[8], spi_bits[8], spi_count;

static void part_select(struct mote_device *dev, bool selected)
{
    (void)dev;
    selections += selected;
}

static uint32_t part_transfer(struct mote_device *dev, uint32_t out, uint32_t bits)
{
    (void)dev;
    if (spi_count < 8) {
        spi_words[spi_count] = out;
        spi_bits[spi_count++] = bits;
    }
    return ~out;
}

static const struct mote_spi_ops part_ops = {part_select, part_transfer};
static const struct mote_device_class part_class = {.name = "part", .spi = &part_ops};

static struct mote_device *add_spi(void)
{
    struct mote_device *dev = bench_add(bench, "corev_spim", "spi0", BASE, NULL);
    bench_add_class(bench, &part_class, dev, "part", 0, 1, NULL);
    selections = spi_count = 0;
    return dev;
}

static void spi_send(const uint32_t *commands, uint32_t count)
{
    assert_true(mote_mem_write(bench_system(bench), RAM, commands, 4 * count));
    write32(0x20, RAM);
    write32(0x24, 4 * count);
    write32(0x28, 1u << 4);
}

static void channel(uint32_t offset, uint32_t address, uint32_t bytes, uint32_t datasize)
{
    write32(offset, address);
    write32(offset + 4, bytes);
    write32(offset + 8, 1u << 4 | datasize << 1);
}

static void test_spi(void **state)
{
    static const uint32_t eot_output = 3;
    (void)state;
    struct mote_device *dev = add_spi();
    assert_true(
        mote_wire_add_watch(bench_system(bench), count_pulse, (void *)(uintptr_t)&eot_output));
    const uint32_t commands[] = {
        0x00000005,                       /* CFG: 10 cycles for a bit */
        0x10000001,                       /* SOT: chip 1, 2 cycles */
        0x2007009F,                       /* SEND_CMD: 8 bits */
        0x60000003 | 2u << 21 | 7u << 16, /* TX_DATA: 3 bytes of a packed word */
        0x70000004 | 2u << 21 | 7u << 16, /* RX_DATA: 4 bytes */
        0x90000001,                       /* EOT with its event */
    };
    const uint32_t data = 0xDDCCBBAA;
    assert_true(mote_mem_write(bench_system(bench), RAM + 0x80, &data, 4));
    channel(0x00, RAM + 0x100, 4, 2);
    channel(0x10, RAM + 0x80, 4, 2);
    spi_send(commands, 6);
    bench_run_ps(bench, (2 + 2 + 80 - 1) * US_PS);
    assert_int_equal(spi_count, 0);
    assert_int_equal(mote_wire_output(dev, 4 + 1), 0);
    assert_int_equal(mote_wire_output(dev, 4 + 0), 1);
    bench_run_ps(bench, 1 * US_PS);
    assert_int_equal(spi_count, 1);
    assert_int_equal(spi_words[0], 0x9F);
    assert_int_equal(spi_bits[0], 8);
    bench_run_ps(bench, 240 * US_PS);
    assert_int_equal(spi_count, 4);
    assert_int_equal(spi_words[1], 0xAA);
    assert_int_equal(spi_words[3], 0xCC);
    bench_run_ps(bench, 320 * US_PS);
    uint32_t got;
    assert_true(mote_mem_read(bench_system(bench), RAM + 0x100, &got, 4));
    assert_int_equal(got, 0xFFFFFFFF); /* zeros went out */
    bench_run_ps(bench, 1 * US_PS);
    assert_int_equal(pulses, 1);
    assert_int_equal(mote_wire_output(dev, 4 + 1), 1);
    assert_int_equal(selections, 1);
    assert_int_equal(read32(0x24), 0);
    assert_int_equal(read32(0x28), 2u << 1);
}

static void test_spi_full_duplex(void **state)
{
    (void)state;
    add_spi();
    const uint32_t commands[] = {
        0x10000001, 0xC0000002 | 7u << 16,           /* two words of 8 bits, one an element */
        0xC0000001 | 1u << 26 | 3u << 16, 0x90000002 /* four bits, least significant first; keep */
    };
    const uint8_t data[] = {0x0F, 0x3C, 0x01};
    assert_true(mote_mem_write(bench_system(bench), RAM + 0x80, data, sizeof data));
    spi_send(commands, 4);
    bench_run_ps(bench, 100 * US_PS);
    assert_int_equal(spi_count, 0); /* waits for its buffers */
    channel(0x10, RAM + 0x80, 3, 0);
    bench_run_ps(bench, 100 * US_PS);
    assert_int_equal(spi_count, 0);
    channel(0x00, RAM + 0x100, 3, 0);
    bench_run_ps(bench, 100 * US_PS);
    uint8_t got[3];
    assert_true(mote_mem_read(bench_system(bench), RAM + 0x100, got, sizeof got));
    assert_int_equal(got[0], 0xF0);
    assert_int_equal(got[1], 0xC3);
    assert_int_equal(spi_words[2], 0x8);
    assert_int_equal(got[2], 0xE);
}

static void test_spi_repeats(void **state)
{
    (void)state;
    struct mote_device *dev = add_spi();
    const uint32_t poll[] = {
        0x10000001, 0x80000003, /* three times */
        0x20070005, 0xB0070000, /* a command; the answer to 0 is 0xFF, not 0 */
        0xA0000000, 0x90000000,
    };
    spi_send(poll, 6);
    bench_run_ps(bench, 500 * US_PS);
    assert_int_equal(spi_count, 6);
    assert_int_equal(read32(0x30), 2);
    assert_int_equal(mote_wire_output(dev, 4 + 1), 1);
    spi_count = 0;
    const uint32_t found[] = {0x10000001, 0x80000003, 0x20070005,
                              0xB00700FF, 0xA0000000, 0x90000000};
    spi_send(found, 6);
    bench_run_ps(bench, 500 * US_PS);
    assert_int_equal(spi_count, 2); /* the check matches in the first turn */
    assert_int_equal(read32(0x30), 1);
    /* A repetition inside another takes its place. */
    const uint32_t nested[] = {0x80000002, 0x80000002, 0x20070005, 0xA0000000,
                               0x20070006, 0xA0000000, 0x90000000};
    spi_count = 0;
    write32(0x20, RAM);
    spi_send(nested, 7);
    bench_run_ps(bench, 2000 * US_PS);
    assert_int_equal(read32(0x24), 0);
    /* Channels by commands: what SETUP_UCA lacks of an address comes from CMD_SADDR. */
    const uint32_t set_up[] = {0xD0000180, 0xE0000004 | 2u << 25, 0x70000001 | 31u << 16};
    spi_send(set_up, 3);
    bench_run_ps(bench, 500 * US_PS);
    uint32_t got;
    assert_true(mote_mem_read(bench_system(bench), RAM + 0x180, &got, 4));
    assert_int_equal(got, 0xFFFFFFFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gpio, setup, teardown),
        cmocka_unit_test_setup_teardown(test_i2c, setup, teardown),
        cmocka_unit_test_setup_teardown(test_i2c_reset_and_absence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spi_full_duplex, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spi_repeats, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
