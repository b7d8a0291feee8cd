/* STM32 low-power timer: counting, write-complete flags, one-shot, output, triggers, pulses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x40007C00u
#define ISR  (BASE + 0x00)
#define ICR  (BASE + 0x04)
#define IER  (BASE + 0x08)
#define CFGR (BASE + 0x0C)
#define CR   (BASE + 0x10)
#define CMP  (BASE + 0x14)
#define ARR  (BASE + 0x18)
#define CNT  (BASE + 0x1C)

#define CMPM   1u
#define ARRM   2u
#define CMPOK  8u
#define ARROK  16u
#define ENABLE 1u
#define SINGLE 2u
#define CONT   4u
#define TICK   1000000ull /* of the 1 MHz kernel clock */

struct fixture {
    struct bench *bench;
    struct mote_device *dev;
};

static struct fixture make(uint32_t cfgr, uint32_t ier)
{
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, 80000000);
    bench_clock(f.bench, 1000000);
    f.dev = bench_add(f.bench, "stm32_lptim", "lptim", BASE, NULL);
    bench_write32(f.bench, CFGR, cfgr);
    bench_write32(f.bench, IER, ier);
    bench_write32(f.bench, CR, ENABLE);
    return f;
}

static void limits(struct fixture *f, uint32_t arr, uint32_t cmp)
{
    bench_write32(f->bench, ARR, arr);
    bench_write32(f->bench, CMP, cmp);
    assert_int_equal(bench_read32(f->bench, ISR) & (CMPOK | ARROK), 0);
    bench_run_ps(f->bench, 3 * TICK);
    assert_int_equal(bench_read32(f->bench, ISR) & (CMPOK | ARROK), CMPOK | ARROK);
    bench_write32(f->bench, ICR, CMPOK | ARROK);
}

static void test_continuous(void **state)
{
    (void)state;
    struct fixture f = make(1u << 9, CMPM | ARRM); /* divided by 2 */
    limits(&f, 99, 40);
    bench_write32(f.bench, CR, ENABLE | CONT);
    bench_run_ps(f.bench, 79 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 39);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, TICK);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_read32(f.bench, ISR), CMPM);
    bench_write32(f.bench, ICR, CMPM);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 118 * TICK);
    assert_int_equal(bench_read32(f.bench, ISR), ARRM);
    bench_run_ps(f.bench, 2 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_run_ps(f.bench, 2000 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_free(f.bench);
}

static void test_one_shot(void **state)
{
    (void)state;
    struct fixture f = make(0, ARRM);
    limits(&f, 9, 5);
    bench_write32(f.bench, CR, ENABLE | SINGLE);
    bench_run_ps(f.bench, 9 * TICK);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_run_ps(f.bench, 100 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_write32(f.bench, ICR, ARRM);
    bench_run_ps(f.bench, 100 * TICK);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_free(f.bench);
}

static void test_settings_need_the_right_state(void **state)
{
    (void)state;
    struct fixture f = make(0, 0);
    bench_write32(f.bench, IER, 1);
    assert_int_equal(bench_read32(f.bench, IER), 0);
    bench_write32(f.bench, CR, 0);
    bench_write32(f.bench, ARR, 7);
    assert_int_equal(bench_read32(f.bench, ARR), 1);
    bench_free(f.bench);
}

static void test_preload_waits_for_the_period(void **state)
{
    (void)state;
    struct fixture f = make(1u << 22, 0);
    limits(&f, 9, 5);
    bench_write32(f.bench, CR, ENABLE | CONT);
    bench_run_ps(f.bench, 3 * TICK);
    bench_write32(f.bench, ARR, 4);
    bench_run_ps(f.bench, 6 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 9);
    bench_run_ps(f.bench, 6 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_free(f.bench);
}

static void test_output(void **state)
{
    (void)state;
    struct fixture f = make(0, 0);
    limits(&f, 9, 6);
    bench_write32(f.bench, CR, ENABLE | CONT);
    uint32_t high = 0;
    for (uint32_t i = 0; i < 20; i++) {
        bench_run_ps(f.bench, TICK);
        high += (uint32_t)bench_level(f.dev, "out", 0);
    }
    assert_int_equal(high, 6);
    bench_free(f.bench);
}

static void test_trigger_and_timeout(void **state)
{
    (void)state;
    struct fixture f = make(2u << 13 | 1u << 17 | 1u << 19, 0); /* rising edge of trig2, TIMOUT */
    limits(&f, 99, 50);
    bench_write32(f.bench, CR, ENABLE | CONT);
    bench_drive(f.dev, "trig", 2, 0);
    bench_run_ps(f.bench, 10 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_drive(f.dev, "trig", 2, 1);
    bench_run_ps(f.bench, 10 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 10);
    bench_drive(f.dev, "trig", 1, 1);
    bench_drive(f.dev, "trig", 2, 0);
    bench_drive(f.dev, "trig", 2, 1);
    bench_run_ps(f.bench, 5 * TICK);
    assert_int_equal(bench_read32(f.bench, CNT), 5);
    assert_int_equal(bench_read32(f.bench, ISR) & 4, 4);
    bench_free(f.bench);
}

static void test_counts_pulses(void **state)
{
    (void)state;
    struct fixture f = make(1u << 23, ARRM);
    limits(&f, 3, 1);
    bench_write32(f.bench, CR, ENABLE | CONT);
    for (uint32_t i = 0; i < 3; i++) {
        bench_drive(f.dev, "in", 0, 1);
        bench_drive(f.dev, "in", 0, 0);
        bench_run_ps(f.bench, 10 * TICK);
    }
    assert_int_equal(bench_read32(f.bench, CNT), 3);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_free(f.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_continuous),
        cmocka_unit_test(test_one_shot),
        cmocka_unit_test(test_settings_need_the_right_state),
        cmocka_unit_test(test_preload_waits_for_the_period),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_trigger_and_timeout),
        cmocka_unit_test(test_counts_pulses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
