/* nRF52 TWIM and TWI: transfers through a register-file target, shorts, errors, timing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"
#include <string.h>

#define BASE 0x40004000u
#define RAM  0x20000000u

#define STARTRX    (BASE + 0x000)
#define STARTTX    (BASE + 0x008)
#define STOP       (BASE + 0x014)
#define SUSPEND    (BASE + 0x01c)
#define RESUME     (BASE + 0x020)
#define STOPPED    (BASE + 0x104)
#define RXDREADY   (BASE + 0x108)
#define TXDSENT    (BASE + 0x11c)
#define ERROR      (BASE + 0x124)
#define SUSPENDED  (BASE + 0x148)
#define LASTRX     (BASE + 0x15c)
#define LASTTX     (BASE + 0x160)
#define SHORTS     (BASE + 0x200)
#define INTENSET   (BASE + 0x304)
#define ERRORSRC   (BASE + 0x4c4)
#define ENABLE     (BASE + 0x500)
#define PSEL_SCL   (BASE + 0x508)
#define PSEL_SDA   (BASE + 0x50c)
#define RXD        (BASE + 0x518)
#define TXD        (BASE + 0x51c)
#define FREQUENCY  (BASE + 0x524)
#define RXD_PTR    (BASE + 0x534)
#define RXD_MAXCNT (BASE + 0x538)
#define RXD_AMOUNT (BASE + 0x53c)
#define TXD_PTR    (BASE + 0x544)
#define TXD_MAXCNT (BASE + 0x548)
#define TXD_AMOUNT (BASE + 0x54c)
#define ADDRESS    (BASE + 0x588)

#define TWI  5u
#define TWIM 6u
#define BIT  UINT64_C(4000000) /* 250 kHz */

#define LASTTX_STARTRX 0x80u
#define LASTTX_STOP    0x200u
#define LASTRX_STOP    0x1000u
#define BB_SUSPEND     1u
#define BB_STOP        2u

/* A target with 16 registers; the first byte written sets the pointer; refuses a seventh byte. */
struct target {
    uint8_t reg[16], pointer;
    uint32_t written, starts, stops;
};

static bool target_start(struct mote_device *dev, bool read)
{
    struct target *target = dev->state;
    (void)read;
    target->written = 0;
    target->starts++;
    return true;
}

static bool target_write(struct mote_device *dev, uint8_t byte)
{
    struct target *target = dev->state;
    if (target->written == 0)
        target->pointer = byte;
    else
        target->reg[target->pointer++ % 16] = byte;
    return ++target->written < 7;
}

static uint8_t target_read(struct mote_device *dev)
{
    struct target *target = dev->state;
    return target->reg[target->pointer++ % 16];
}

static void target_stop(struct mote_device *dev)
{
    ((struct target *)dev->state)->stops++;
}

static const struct mote_i2c_ops target_ops = {target_start, target_write, target_read,
                                               target_stop};
static const struct mote_device_class target_class = {
    .name = "i2c_registers", .state_bytes = sizeof(struct target), .i2c = &target_ops};

struct fixture {
    struct bench *b;
    struct mote_device *twi;
    struct target *target;
};

static struct fixture make(uint32_t enable)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    bench_ram(f.b, RAM, 0x1000);
    f.twi = bench_add(f.b, "nrf_twim", "i2c1", BASE, NULL);
    f.target = bench_add_class(f.b, &target_class, f.twi, "target", 0, 0x6b, NULL)->state;
    memcpy(f.target->reg, "0123456789abcdef", 16);
    bench_write32(f.b, PSEL_SCL, 15);
    bench_write32(f.b, PSEL_SDA, 14);
    bench_write32(f.b, ADDRESS, 0x6b);
    bench_write32(f.b, TXD_PTR, RAM);
    bench_write32(f.b, RXD_PTR, RAM + 0x100);
    bench_write32(f.b, ENABLE, enable);
    return f;
}

static void writes_with_a_stop_short_in_bus_time(void **state)
{
    (void)state;
    struct fixture f = make(TWIM);
    bench_write32(f.b, RAM, 0x00332202); /* pointer 2, then 0x22 0x33 */
    bench_write32(f.b, TXD_MAXCNT, 3);
    bench_write32(f.b, SHORTS, LASTTX_STOP);
    bench_write32(f.b, INTENSET, 2);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, (10 + 2 * 9) * BIT - 1);
    assert_int_equal(bench_read32(f.b, LASTTX), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, LASTTX), 1);
    bench_run_ps(f.b, 10 * BIT - 1);
    assert_int_equal(bench_read32(f.b, STOPPED), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    assert_int_equal(bench_level(f.twi, "irq", 0), 1);
    assert_int_equal(bench_read32(f.b, TXD_AMOUNT), 3);
    assert_int_equal(f.target->reg[2], 0x22);
    assert_int_equal(f.target->reg[3], 0x33);
    assert_int_equal(f.target->stops, 1);
    bench_free(f.b);
}

static void write_then_read_by_repeated_start(void **state)
{
    (void)state;
    struct fixture f = make(TWIM);
    bench_write8(f.b, RAM, 4);
    bench_write32(f.b, TXD_MAXCNT, 1);
    bench_write32(f.b, RXD_MAXCNT, 5);
    bench_write32(f.b, SHORTS, LASTTX_STARTRX | LASTRX_STOP);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, 100 * BIT);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    assert_int_equal(bench_read32(f.b, RXD_AMOUNT), 5);
    assert_int_equal(bench_read32(f.b, RAM + 0x100), 0x37363534);
    assert_int_equal(bench_read8(f.b, RAM + 0x104), '8');
    assert_int_equal(f.target->starts, 2);
    bench_free(f.b);
}

static void nobody_at_the_address(void **state)
{
    (void)state;
    struct fixture f = make(TWIM);
    bench_write32(f.b, ADDRESS, 0x1e);
    bench_write32(f.b, TXD_MAXCNT, 1);
    bench_write32(f.b, SHORTS, LASTTX_STOP);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, 100 * BIT);
    assert_int_equal(bench_read32(f.b, ERROR), 1);
    assert_int_equal(bench_read32(f.b, ERRORSRC), 2);
    assert_int_equal(bench_read32(f.b, STOPPED), 0); /* the firmware has to stop it */
    bench_write32(f.b, STOP, 1);
    bench_run_ps(f.b, BIT);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    bench_free(f.b);
}

static void a_refused_byte_is_an_error(void **state)
{
    (void)state;
    struct fixture f = make(TWIM);
    bench_write32(f.b, TXD_MAXCNT, 10);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, 200 * BIT);
    assert_int_equal(bench_read32(f.b, ERRORSRC), 4);
    assert_int_equal(bench_read32(f.b, TXD_AMOUNT), 7);
    bench_free(f.b);
}

static void suspend_holds_the_bus(void **state)
{
    (void)state;
    struct fixture f = make(TWIM);
    bench_write32(f.b, TXD_MAXCNT, 3);
    bench_write32(f.b, SHORTS, LASTTX_STOP);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, 12 * BIT);
    bench_write32(f.b, SUSPEND, 1);
    bench_run_ps(f.b, 100 * BIT);
    assert_int_equal(bench_read32(f.b, SUSPENDED), 1);
    assert_int_equal(f.target->written, 1);
    bench_write32(f.b, RESUME, 1);
    bench_run_ps(f.b, 100 * BIT);
    assert_int_equal(f.target->written, 3);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    bench_free(f.b);
}

static void legacy_writes_byte_by_byte(void **state)
{
    (void)state;
    struct fixture f = make(TWI);
    bench_write32(f.b, STARTTX, 1);
    bench_run_ps(f.b, 100 * BIT);
    assert_int_equal(f.target->starts, 0); /* START waits for data */
    bench_write32(f.b, TXD, 7);
    bench_run_ps(f.b, 19 * BIT);
    assert_int_equal(bench_read32(f.b, TXDSENT), 1);
    bench_write32(f.b, TXDSENT, 0);
    bench_write32(f.b, TXD, 0xaa);
    bench_run_ps(f.b, 9 * BIT);
    assert_int_equal(bench_read32(f.b, TXDSENT), 1);
    bench_write32(f.b, STOP, 1);
    bench_run_ps(f.b, BIT);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    assert_int_equal(f.target->reg[7], 0xaa);
    bench_free(f.b);
}

/* The way of Nordic's driver: suspend at each byte, stop at the last. */
static void legacy_reads_with_byte_boundary_shorts(void **state)
{
    (void)state;
    struct fixture f = make(TWI);
    bench_write32(f.b, SHORTS, BB_SUSPEND);
    bench_write32(f.b, STARTRX, 1);
    bench_run_ps(f.b, 100 * BIT);
    assert_int_equal(bench_read32(f.b, RXDREADY), 1);
    assert_int_equal(bench_read32(f.b, SUSPENDED), 1);
    assert_int_equal(bench_read32(f.b, RXD), '0');
    bench_write32(f.b, RXDREADY, 0);
    bench_write32(f.b, SHORTS, BB_STOP);
    bench_write32(f.b, RESUME, 1);
    bench_run_ps(f.b, 100 * BIT);
    assert_int_equal(bench_read32(f.b, RXDREADY), 1);
    assert_int_equal(bench_read32(f.b, RXD), '1');
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    assert_int_equal(f.target->pointer, 2); /* not a byte more was clocked */
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_with_a_stop_short_in_bus_time),
        cmocka_unit_test(write_then_read_by_repeated_start),
        cmocka_unit_test(nobody_at_the_address),
        cmocka_unit_test(a_refused_byte_is_an_error),
        cmocka_unit_test(suspend_holds_the_bus),
        cmocka_unit_test(legacy_writes_byte_by_byte),
        cmocka_unit_test(legacy_reads_with_byte_boundary_shorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
