/* The FE310's devices: clocks, watchdog, RTC, GPIO, UART, SPI and its flash, I2C, PWM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/machine.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASE  0x10000000u
#define MS_PS 1000000000ull

static struct bench *bench;

static int setup(void **state)
{
    (void)state;
    bench = bench_new();
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

static void test_clocks(void **state)
{
    static const uint32_t ring[] = {72000000}, crystal[] = {16000000};
    static const struct bench_prop props[] = {
        {.name = "mote,hfrosc-hz", .cells = ring, .count = 1},
        {.name = "mote,hfxosc-hz", .cells = crystal, .count = 1},
        {.name = NULL}};
    (void)state;
    struct mote_device *dev = bench_add(bench, "sifive_prci", "prci", BASE, props);
    struct mote_clock *core = dev->cls->clock_of(dev, NULL, 0);
    assert_int_equal(mote_clock_rate_hz(core), 72000000 / 5);
    write32(0x08, 1u << 17 | 1u << 10 | 31u << 4 | 1u); /* crystal / 2 x 64 / 2 */
    assert_true(read32(0x08) >> 31);
    write32(0x08, 1u << 16 | 1u << 17 | 1u << 10 | 31u << 4 | 1u);
    assert_int_equal(mote_clock_rate_hz(core), 256000000);
    write32(0x0C, 1); /* divided by 4 */
    assert_int_equal(mote_clock_rate_hz(core), 64000000);
    write32(0x08, 1u << 16 | 1u << 17 | 1u << 18); /* bypass */
    write32(0x0C, 0x100);
    assert_int_equal(mote_clock_rate_hz(core), 16000000);
}

static struct mote_device *add_aon(void)
{
    static const uint32_t rate[] = {32768};
    static const struct bench_prop props[] = {{.name = "mote,lfclk-hz", .cells = rate, .count = 1},
                                              {.name = NULL}};
    return bench_add(bench, "sifive_aon", "aon", BASE, props);
}

static void unlocked(uint32_t offset, uint32_t value)
{
    write32(0x1C, 0x51F15E);
    write32(offset, value);
}

static void test_watchdog(void **state)
{
    (void)state;
    add_aon();
    write32(0x20, 5); /* without the key */
    assert_int_equal(read32(0x20), 0xFFFF);
    unlocked(0x20, 32);
    unlocked(0x00, 1u << 12 | 1u << 8 | 5); /* always, reset, 2^5 clocks a step */
    assert_int_equal(read32(0x20), 32);
    bench_run_ps(bench, 20 * MS_PS);
    unlocked(0x18, 0x0D09F00D);
    bench_run_ps(bench, 31 * MS_PS);
    assert_false(mote_reset_requested(bench_system(bench)));
    bench_run_ps(bench, MS_PS); /* 1024 / 32768 s = 31.25 ms after the food */
    assert_true(mote_take_reset_request(bench_system(bench)));
    write32(0x80, 0x1234);
    mote_system_reset(bench_system(bench));
    assert_int_equal(read32(0x144), 2u << 8);
    assert_int_equal(read32(0x80), 0x1234); /* backup registers stay */
}

static void test_rtc(void **state)
{
    (void)state;
    struct mote_device *dev = add_aon();
    write32(0x60, 4);
    write32(0x40, 1u << 12 | 13); /* a quarter second a step */
    bench_run_ps(bench, 999 * MS_PS);
    assert_int_equal(mote_wire_output(dev, 1), 0);
    bench_run_ps(bench, 2 * MS_PS);
    assert_int_equal(mote_wire_output(dev, 1), 1);
    assert_int_equal(read32(0x50), 4);
    write32(0x60, 5);
    assert_int_equal(mote_wire_output(dev, 1), 0);
}

static void test_gpio(void **state)
{
    (void)state;
    struct mote_device *dev = bench_add(bench, "sifive_gpio", "gpio0", BASE, NULL);
    write32(0x08, 1u << 19);
    assert_int_equal(mote_wire_output(dev, 19), 0);
    write32(0x40, 1u << 19); /* inverted */
    assert_int_equal(mote_wire_output(dev, 19), 1);
    assert_int_equal(mote_wire_output(dev, 5), MOTE_WIRE_Z);
    write32(0x04, 1u << 5);
    write32(0x1C, ~0u);
    write32(0x18, 1u << 5);
    mote_wire_drive(dev, 5, 1);
    assert_int_equal(read32(0x00), 1u << 5);
    assert_int_equal(mote_wire_output(dev, 32 + 5), 1);
    write32(0x1C, 1u << 5);
    assert_int_equal(mote_wire_output(dev, 32 + 5), 0);
    write32(0x38, 1u << 19); /* a hardware function: its level, still inverted */
    write32(0x3C, 1u << 19);
    mote_wire_drive(dev, 64 + 19, 1);
    assert_int_equal(mote_wire_output(dev, 19), 0);
}

static char heard[16];
static uint64_t heard_ps;

static void hear(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)user;
    heard[strlen(heard)] = (char)byte;
    heard_ps = mote_now_ps(dev->sys);
}

static void test_uart(void **state)
{
    (void)state;
    memset(heard, 0, sizeof heard);
    bench_clock(bench, 16000000);
    struct mote_device *dev = bench_add(bench, "sifive_uart", "uart0", BASE, NULL);
    assert_true(mote_uart_add_sink(dev, hear, NULL));
    write32(0x18, 138); /* 115108 baud */
    write32(0x08, 1 | 1u << 16);
    write32(0x10, 1);
    assert_int_equal(mote_wire_output(dev, 0), 1);
    for (uint32_t i = 0; i < 9; i++)
        write32(0x00, 'a' + i);
    assert_true(read32(0x00) >> 31); /* one is on the line, eight wait */
    assert_int_equal(mote_wire_output(dev, 0), 0);
    bench_run_ps(bench, MS_PS);
    assert_string_equal(heard, "abcdefghi");
    assert_int_equal(heard_ps, 9 * 10 * 139 * 62500ull);
    assert_true(read32(0x04) >> 31);
    write32(0x0C, 1);
    mote_uart_feed(dev, (const uint8_t *)"x", 1);
    bench_run_ps(bench, MS_PS);
    assert_int_equal(read32(0x04), 'x');
}

static void test_spi_time(void **state)
{
    (void)state;
    bench_clock(bench, 16000000);
    struct mote_device *dev = bench_add(bench, "sifive_spi", "spi1", BASE, NULL);
    assert_int_equal(mote_wire_output(dev, 1), 1);
    write32(0x18, 2); /* hold */
    write32(0x48, 0xA5);
    assert_int_equal(mote_wire_output(dev, 1), 0);
    /* cssck, sckcs and intercs of one bit each and half a bit, then eight bits: 5.75 us */
    bench_run_ps(bench, 5650000);
    assert_true(read32(0x4C) >> 31);
    bench_run_ps(bench, 100000);
    assert_int_equal(read32(0x4C), 0xFF);
    write32(0x2C, 2u << 16); /* interxfr: two bits between frames */
    write32(0x48, 0xA5);
    bench_run_ps(bench, 4900000);
    assert_true(read32(0x4C) >> 31);
    bench_run_ps(bench, 100000);
    assert_int_equal(read32(0x4C), 0xFF);
    assert_int_equal(mote_wire_output(dev, 1), 0);
    write32(0x18, 0);
    assert_int_equal(mote_wire_output(dev, 1), 1);
}

/* An I2C target at 0x1D that acknowledges its address and one byte, and sends 0x5A. */
static bool target_start(struct mote_device *dev, bool read)
{
    (void)dev;
    (void)read;
    strcat(heard, "s");
    return true;
}

static bool target_write(struct mote_device *dev, uint8_t byte)
{
    (void)dev;
    strcat(heard, "w");
    return byte == 0x0F;
}

static uint8_t target_read(struct mote_device *dev)
{
    (void)dev;
    strcat(heard, "r");
    return 0x5A;
}

static void target_stop(struct mote_device *dev)
{
    (void)dev;
    strcat(heard, "p");
}

static const struct mote_i2c_ops target_ops = {target_start, target_write, target_read,
                                               target_stop};
static const struct mote_device_class target_class = {.name = "target", .i2c = &target_ops};

static void test_i2c(void **state)
{
    enum { STA_WR = 0x90, WR = 0x10, RD_NACK_STO = 0x68, IACK = 0x01 };
    (void)state;
    memset(heard, 0, sizeof heard);
    bench_clock(bench, 16000000);
    struct mote_device *dev = bench_add(bench, "sifive_i2c", "i2c0", BASE, NULL);
    bench_add_class(bench, &target_class, dev, "target", 0, 0x1D, NULL);
    write32(0x00, 31); /* 100 kHz: 90 us a byte */
    write32(0x04, 0);
    write32(0x08, 0xC0);
    write32(0x0C, 0x1D << 1);
    write32(0x10, STA_WR);
    assert_int_equal(read32(0x10), 2); /* under way */
    bench_run_ps(bench, 89 * MS_PS / 1000);
    assert_int_equal(mote_wire_output(dev, 0), 0);
    bench_run_ps(bench, MS_PS / 1000);
    assert_int_equal(mote_wire_output(dev, 0), 1);
    assert_int_equal(read32(0x10), 0x41); /* acknowledged, busy, flag */
    write32(0x0C, 0x0F);
    write32(0x10, WR | IACK);
    bench_run_ps(bench, 90 * MS_PS / 1000);
    assert_int_equal(read32(0x10), 0x41);
    write32(0x0C, 0x10);
    write32(0x10, WR | IACK);
    bench_run_ps(bench, 90 * MS_PS / 1000);
    assert_int_equal(read32(0x10), 0xC1); /* not acknowledged */
    write32(0x0C, 0x1D << 1 | 1);
    write32(0x10, STA_WR | IACK);
    bench_run_ps(bench, 90 * MS_PS / 1000);
    write32(0x10, RD_NACK_STO | IACK);
    bench_run_ps(bench, 90 * MS_PS / 1000);
    assert_int_equal(read32(0x0C), 0x5A);
    assert_int_equal(read32(0x10), 0x01);
    assert_string_equal(heard, "swwsrp");
    write32(0x0C, 0x20 << 1); /* nobody there */
    write32(0x10, STA_WR | IACK);
    bench_run_ps(bench, 90 * MS_PS / 1000);
    assert_int_equal(read32(0x10), 0xC1);
}

/* The flash of the board as its registers say after reset: read command 03h and data on one line,
 * SCK an eighth of the clock. */
static void test_flash_in_place(void **state)
{
    (void)state;
    static char image[] = "/tmp/mote-xip-XXXXXX";
    int file = mkstemp(image);
    assert_int_not_equal(file, -1);
    assert_int_equal(write(file, "\x6f\0\0\0\x6f\0\0\0", 8), 8);
    close(file);
    struct mote_err err = {""};
    const struct mote_machine_options options = {.board = "hifive1_revb",
                                                 .firmware = image,
                                                 .has_load_address = true,
                                                 .load_address = 0x20010000};
    struct mote_machine *machine = mote_machine_new(&options, &err);
    unlink(image);
    if (machine == NULL)
        fail_msg("%s", err.text);
    struct mote_system *sys = mote_machine_system(machine);
    struct mote_region *flash = mote_region_by_name(sys, "flash0");
    struct mote_region *itim = mote_region_by_name(sys, "itim");
    const struct mote_mem_timing *timing = flash->timing;
    const uint32_t at = 0x20010000, way = 8192, bit = 8, byte = 8 * bit + 2;
    /* Delays of three bits and a half, command, three bytes of address, the line. */
    const uint32_t command = 3 * bit + bit / 2 + 32 * bit, line = 64 * byte;
    assert_int_equal(timing->fetch(flash->owner, flash, at, true), command + line);
    assert_int_equal(timing->fetch(flash->owner, flash, at + 64, false), line); /* goes on */
    assert_int_equal(timing->fetch(flash->owner, flash, at, true), 0);
    assert_int_equal(timing->load(flash->owner, flash, at + 4, 4), command + 4 * byte);
    assert_int_equal(timing->load(flash->owner, flash, at + 8, 2), 2 * byte);
    /* Two ways: a third line of the same set takes the place of the older. */
    assert_int_equal(timing->fetch(flash->owner, flash, at + way, true), command + line);
    assert_int_equal(timing->fetch(flash->owner, flash, at, true), 0);
    assert_int_equal(timing->fetch(flash->owner, flash, at + 2 * way, true), command + line);
    assert_int_equal(timing->fetch(flash->owner, flash, at, true), 0);
    assert_int_equal(timing->fetch(flash->owner, flash, at + way, true), command + line);
    /* A store to the ITIM takes lines up to it from one way: this set's, then not yet set 2's. */
    assert_int_equal(itim->timing->store(itim->owner, itim, (uint32_t)itim->base + 60, 4), 0);
    timing->fetch(flash->owner, flash, at, true);
    assert_int_equal(timing->fetch(flash->owner, flash, at + way, true), command + line);
    assert_int_equal(timing->fetch(flash->owner, flash, at, true), command + line);
    timing->fetch(flash->owner, flash, at + 128, true);
    timing->fetch(flash->owner, flash, at + way + 128, true);
    assert_int_equal(timing->fetch(flash->owner, flash, at + 128, true), 0);
    mote_machine_free(machine);
}

static void test_pwm(void **state)
{
    (void)state;
    bench_clock(bench, 1000000);
    struct mote_device *dev = bench_add(bench, "sifive_pwm", "pwm1", BASE, NULL);
    write32(0x20, 9);
    write32(0x24, 4);
    write32(0x00, 1u << 9 | 1u << 12); /* from 0 after comparator 0: ten clocks a period */
    uint32_t high = 0;
    for (uint32_t i = 0; i < 100; i++) {
        bench_run_ps(bench, 1000000);
        high += mote_wire_output(dev, 5) == 1;
    }
    assert_int_equal(high, 60);
    assert_int_equal(read32(0x10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watchdog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rtc, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gpio, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spi_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_i2c, setup, teardown),
        cmocka_unit_test(test_flash_in_place),
        cmocka_unit_test_setup_teardown(test_pwm, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
