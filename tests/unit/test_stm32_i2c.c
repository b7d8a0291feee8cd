/* STM32 I2C master: register write and read with repeated START, RELOAD, NACK, timing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#include <string.h>

#define BASE    0x40005400u
#define CR1     (BASE + 0x00)
#define CR2     (BASE + 0x04)
#define TIMINGR (BASE + 0x10)
#define ISR     (BASE + 0x18)
#define ICR     (BASE + 0x1C)
#define RXDR    (BASE + 0x24)
#define TXDR    (BASE + 0x28)

#define READ    (1u << 10)
#define START   (1u << 13)
#define STOP    (1u << 14)
#define RELOAD  (1u << 24)
#define AUTOEND (1u << 25)
#define TXIS    (1u << 1)
#define RXNE    (1u << 2)
#define NACKF   (1u << 4)
#define STOPF   (1u << 5)
#define TC      (1u << 6)
#define TCR     (1u << 7)
#define BUSY    (1u << 15)
#define ADDRESS 0x6Bu
#define PERIOD  10000000ull /* of SCL: 10 us */

/* A register file with auto-increment, like a sensor; writing above 0x7F is refused. */
struct memory {
    uint8_t at, data[256];
    uint8_t addressed;
    char log[64];
};

static void note(struct memory *memory, const char *what)
{
    strncat(memory->log, what, sizeof memory->log - strlen(memory->log) - 1);
}

static bool memory_start(struct mote_device *dev, bool read)
{
    struct memory *memory = dev->state;
    note(memory, read ? "R" : "W");
    memory->addressed = 1;
    return true;
}
static bool memory_write(struct mote_device *dev, uint8_t byte)
{
    struct memory *memory = dev->state;
    note(memory, "w");
    if (memory->addressed) {
        memory->at = byte;
        memory->addressed = 0;
        return true;
    }
    if (memory->at > 0x7F)
        return false;
    memory->data[memory->at++] = byte;
    return true;
}
static uint8_t memory_read(struct mote_device *dev)
{
    struct memory *memory = dev->state;
    note(memory, "r");
    return memory->data[memory->at++];
}
static void memory_stop(struct mote_device *dev)
{
    note(dev->state, "S");
}

static const struct mote_i2c_ops memory_ops = {
    .start = memory_start, .write = memory_write, .read = memory_read, .stop = memory_stop};
static const struct mote_device_class memory_class = {
    .name = "memory", .state_bytes = sizeof(struct memory), .i2c = &memory_ops};

struct fixture {
    struct bench *bench;
    struct mote_device *dev;
    struct memory *memory;
};

/* 10 MHz kernel clock: 47 + 47 + 6 cycles are one SCL period of 10 us. */
static struct fixture make(uint32_t cr1)
{
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, 80000000);
    bench_clock(f.bench, 10000000);
    f.dev = bench_add(f.bench, "stm32_i2c_v2", "i2c", BASE, NULL);
    f.memory = bench_add_class(f.bench, &memory_class, f.dev, "memory", 0, ADDRESS, NULL)->state;
    bench_write32(f.bench, TIMINGR, 46u << 8 | 46u);
    bench_write32(f.bench, CR1, 1 | cr1);
    return f;
}

static uint32_t isr(struct fixture *f, uint32_t mask)
{
    return bench_read32(f->bench, ISR) & mask;
}

static void test_write_with_autoend(void **state)
{
    (void)state;
    struct fixture f = make(0);
    assert_int_equal(isr(&f, ~0u), 1);
    bench_write32(f.bench, CR2, ADDRESS << 1 | 3u << 16 | AUTOEND | START);
    assert_int_equal(isr(&f, BUSY), BUSY);
    bench_run_ps(f.bench, 10 * PERIOD - 1);
    assert_int_equal(isr(&f, TXIS), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(isr(&f, TXIS), TXIS);
    assert_int_equal(bench_read32(f.bench, CR2) & START, 0);
    bench_run_ps(f.bench, 1000 * PERIOD); /* the clock is stretched */
    bench_write32(f.bench, TXDR, 0x20);
    assert_int_equal(isr(&f, TXIS), TXIS); /* the byte is in the shift register */
    bench_write32(f.bench, TXDR, 0xAA);
    assert_int_equal(isr(&f, TXIS), 0);
    bench_run_ps(f.bench, 9 * PERIOD);
    bench_write32(f.bench, TXDR, 0xBB);
    bench_run_ps(f.bench, 18 * PERIOD);
    assert_int_equal(isr(&f, STOPF | BUSY), BUSY);
    bench_run_ps(f.bench, 1 * PERIOD);
    assert_int_equal(isr(&f, STOPF | BUSY), STOPF);
    assert_string_equal(f.memory->log, "WwwwS");
    assert_int_equal(f.memory->data[0x20], 0xAA);
    assert_int_equal(f.memory->data[0x21], 0xBB);
    bench_write32(f.bench, ICR, STOPF);
    assert_int_equal(isr(&f, ~0u), 1);
    bench_free(f.bench);
}

static void test_read_after_repeated_start(void **state)
{
    (void)state;
    struct fixture f = make(1u << 2 | 1u << 6);
    f.memory->data[5] = 0x11;
    f.memory->data[6] = 0x22;
    bench_write32(f.bench, CR2, ADDRESS << 1 | 1u << 16 | START);
    bench_run_ps(f.bench, 10 * PERIOD);
    bench_write32(f.bench, TXDR, 5);
    bench_run_ps(f.bench, 9 * PERIOD);
    assert_int_equal(isr(&f, TC), TC);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_write32(f.bench, CR2, ADDRESS << 1 | 2u << 16 | READ | AUTOEND | START);
    assert_int_equal(isr(&f, TC), 0);
    bench_run_ps(f.bench, 19 * PERIOD);
    assert_int_equal(isr(&f, RXNE), RXNE);
    bench_run_ps(f.bench, 100 * PERIOD); /* the second byte waits in the shift register */
    assert_int_equal(isr(&f, STOPF), 0);
    assert_int_equal(bench_read32(f.bench, RXDR), 0x11);
    assert_int_equal(bench_read32(f.bench, RXDR), 0x22);
    bench_run_ps(f.bench, PERIOD);
    assert_int_equal(isr(&f, STOPF), STOPF);
    assert_string_equal(f.memory->log, "WwRrrS");
    bench_free(f.bench);
}

static void test_reload(void **state)
{
    (void)state;
    struct fixture f = make(0);
    bench_write32(f.bench, CR2, ADDRESS << 1 | 1u << 16 | RELOAD | READ | START);
    bench_run_ps(f.bench, 19 * PERIOD);
    assert_int_equal(isr(&f, TCR | RXNE), TCR | RXNE);
    bench_read32(f.bench, RXDR);
    bench_write32(f.bench, CR2, ADDRESS << 1 | 2u << 16 | READ | AUTOEND);
    assert_int_equal(isr(&f, TCR), 0);
    bench_run_ps(f.bench, 9 * PERIOD);
    bench_read32(f.bench, RXDR);
    bench_run_ps(f.bench, 10 * PERIOD);
    assert_int_equal(isr(&f, STOPF), STOPF);
    assert_string_equal(f.memory->log, "RrrrS");
    bench_free(f.bench);
}

static void test_nobody_answers(void **state)
{
    (void)state;
    struct fixture f = make(1u << 4);
    bench_write32(f.bench, CR2, 0x50u << 1 | 1u << 16 | AUTOEND | START);
    bench_run_ps(f.bench, 10 * PERIOD);
    assert_int_equal(isr(&f, NACKF | TXIS), NACKF);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_run_ps(f.bench, PERIOD);
    assert_int_equal(isr(&f, STOPF | BUSY), STOPF);
    bench_write32(f.bench, ICR, NACKF | STOPF);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_free(f.bench);
}

static void test_refused_byte(void **state)
{
    (void)state;
    struct fixture f = make(0);
    bench_write32(f.bench, CR2, ADDRESS << 1 | 3u << 16 | START);
    bench_run_ps(f.bench, 10 * PERIOD);
    bench_write32(f.bench, TXDR, 0x80);
    bench_write32(f.bench, TXDR, 1);
    bench_run_ps(f.bench, 19 * PERIOD);
    assert_int_equal(isr(&f, NACKF | STOPF), NACKF | STOPF);
    bench_free(f.bench);
}

static void test_requests_and_disable(void **state)
{
    (void)state;
    struct fixture f = make(1u << 14);
    bench_write32(f.bench, CR2, ADDRESS << 1 | 2u << 16 | START);
    bench_run_ps(f.bench, 10 * PERIOD);
    assert_int_equal(bench_level(f.dev, "dma", 1), 1);
    bench_write8(f.bench, TXDR, 0);
    assert_int_equal(bench_level(f.dev, "dma", 1), 1);
    bench_write8(f.bench, TXDR, 0);
    assert_int_equal(bench_level(f.dev, "dma", 1), 0);
    bench_write32(f.bench, CR1, 0);
    assert_int_equal(isr(&f, ~0u), 1);
    bench_run_ps(f.bench, 100 * PERIOD);
    assert_int_equal(isr(&f, ~0u), 1);
    assert_string_equal(f.memory->log, "WS");
    bench_free(f.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_with_autoend),
        cmocka_unit_test(test_read_after_repeated_start),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_refused_byte),
        cmocka_unit_test(test_requests_and_disable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
