/* nRF52 PWM: duty, polarity, up-and-down, sequences with refresh, loops, shorts, stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE 0x4001c000u
#define RAM  0x20000000u

#define STOP        (BASE + 0x004)
#define SEQSTART(n) (BASE + 0x008 + 4 * (n))
#define NEXTSTEP    (BASE + 0x010)
#define STOPPED     (BASE + 0x104)
#define SEQEND(n)   (BASE + 0x110 + 4 * (n))
#define PERIODEND   (BASE + 0x118)
#define LOOPSDONE   (BASE + 0x11c)
#define SHORTS      (BASE + 0x200)
#define ENABLE      (BASE + 0x500)
#define MODE        (BASE + 0x504)
#define COUNTERTOP  (BASE + 0x508)
#define PRESCALER   (BASE + 0x50c)
#define DECODER     (BASE + 0x510)
#define LOOP        (BASE + 0x514)
#define PTR(n)      (BASE + 0x520 + 32 * (n))
#define CNT(n)      (BASE + 0x524 + 32 * (n))
#define REFRESH(n)  (BASE + 0x528 + 32 * (n))
#define ENDDELAY(n) (BASE + 0x52c + 32 * (n))
#define PSEL(n)     (BASE + 0x560 + 4 * (n))

#define TICK   UINT64_C(1000000) /* 16 MHz / 16 */
#define PERIOD (1000 * TICK)
#define INVERT 0x8000u /* high first, low from the compare value on */

struct fixture {
    struct bench *b;
    struct mote_device *pwm;
};

static struct fixture make(void)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    bench_ram(f.b, RAM, 0x1000);
    f.pwm = bench_add(f.b, "nrf_pwm", "pwm0", BASE, NULL);
    bench_write32(f.b, PSEL(0), 24);
    bench_write32(f.b, PSEL(1), 35);
    bench_write32(f.b, PRESCALER, 4);
    bench_write32(f.b, COUNTERTOP, 1000);
    bench_write32(f.b, PTR(0), RAM);
    bench_write32(f.b, REFRESH(0), 0);
    bench_write32(f.b, REFRESH(1), 0);
    bench_write32(f.b, ENABLE, 1);
    return f;
}

static int pin(const struct fixture *f, uint32_t n)
{
    return bench_level(f->pwm, "pin", n);
}

static void individual_duty_cycles(void **state)
{
    (void)state;
    struct fixture f = make();
    assert_int_equal(pin(&f, 24), MOTE_WIRE_Z);
    bench_write32(f.b, DECODER, 2);
    bench_write16(f.b, RAM + 0, INVERT | 250);
    bench_write16(f.b, RAM + 2, 600);
    bench_write32(f.b, CNT(0), 4);
    bench_write32(f.b, SEQSTART(0), 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pin(&f, 24), 1);
        assert_int_equal(pin(&f, 35), 0);
        bench_run_ps(f.b, 250 * TICK - 1);
        assert_int_equal(pin(&f, 24), 1);
        bench_run_ps(f.b, 1);
        assert_int_equal(pin(&f, 24), 0);
        bench_run_ps(f.b, 350 * TICK - 1);
        assert_int_equal(pin(&f, 35), 0);
        bench_run_ps(f.b, 1);
        assert_int_equal(pin(&f, 35), 1);
        bench_run_ps(f.b, 400 * TICK);
    }
    bench_free(f.b);
}

static void up_and_down_centres_the_pulse(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, MODE, 1);
    bench_write16(f.b, RAM, 700);
    bench_write32(f.b, CNT(0), 1);
    bench_write32(f.b, SEQSTART(0), 1);
    bench_run_ps(f.b, 700 * TICK - 1);
    assert_int_equal(pin(&f, 24), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(pin(&f, 24), 1);
    bench_run_ps(f.b, 600 * TICK - 1);
    assert_int_equal(pin(&f, 24), 1);
    bench_run_ps(f.b, 1);
    assert_int_equal(pin(&f, 24), 0);
    bench_run_ps(f.b, 700 * TICK - 1);
    assert_int_equal(bench_read32(f.b, PERIODEND), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, PERIODEND), 1);
    bench_free(f.b);
}

static void a_sequence_refreshes_then_repeats_its_last_value(void **state)
{
    (void)state;
    struct fixture f = make();
    for (uint32_t i = 0; i < 3; i++)
        bench_write16(f.b, RAM + 2 * i, (uint16_t)(INVERT | (i == 1 ? 1000 : 0)));
    bench_write32(f.b, CNT(0), 3);
    bench_write32(f.b, REFRESH(0), 1); /* each value for two periods */
    bench_write32(f.b, SEQSTART(0), 1);
    static const int level[8] = {0, 0, 1, 1, 0, 0, 0, 0};
    bench_run_ps(f.b, PERIOD / 2);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pin(&f, 24), level[i]);
        assert_int_equal(bench_read32(f.b, SEQEND(0)), i >= 6);
        bench_run_ps(f.b, PERIOD);
    }
    bench_write32(f.b, STOP, 1);
    assert_int_equal(bench_read32(f.b, STOPPED), 0);
    bench_run_ps(f.b, PERIOD / 2);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    bench_free(f.b);
}

static void loops_alternate_and_stop_by_short(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write16(f.b, RAM, INVERT | 1000);
    bench_write16(f.b, RAM + 0x100, INVERT | 0);
    bench_write32(f.b, PTR(1), RAM + 0x100);
    bench_write32(f.b, CNT(0), 1);
    bench_write32(f.b, CNT(1), 1);
    bench_write32(f.b, ENDDELAY(1), 1);
    bench_write32(f.b, LOOP, 2);
    bench_write32(f.b, SHORTS, 1u << 4);
    bench_write32(f.b, SEQSTART(0), 1);
    static const int level[6] = {1, 0, 0, 1, 0, 0};
    bench_run_ps(f.b, PERIOD / 2);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pin(&f, 24), level[i]);
        assert_int_equal(bench_read32(f.b, STOPPED), 0);
        bench_run_ps(f.b, PERIOD);
    }
    assert_int_equal(bench_read32(f.b, LOOPSDONE), 1);
    assert_int_equal(bench_read32(f.b, STOPPED), 1);
    bench_free(f.b);
}

static void next_step_takes_the_next_value(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write16(f.b, RAM, INVERT | 0);
    bench_write16(f.b, RAM + 2, INVERT | 1000);
    bench_write32(f.b, CNT(0), 2);
    bench_write32(f.b, DECODER, 0x100);
    bench_write32(f.b, SEQSTART(0), 1);
    bench_run_ps(f.b, 10 * PERIOD + PERIOD / 2);
    assert_int_equal(pin(&f, 24), 0);
    bench_write32(f.b, NEXTSTEP, 1);
    bench_run_ps(f.b, PERIOD);
    assert_int_equal(pin(&f, 24), 1);
    bench_write32(f.b, ENABLE, 0);
    assert_int_equal(pin(&f, 24), MOTE_WIRE_Z);
    bench_free(f.b);
}

/* The core runs events at instruction boundaries, so some cycles late. */
static void late_events_do_not_stretch_the_period(void **state)
{
    (void)state;
    struct fixture f = make();
    struct mote_system *sys = bench_system(f.b);
    bench_write16(f.b, RAM, INVERT | 500);
    bench_write32(f.b, CNT(0), 1);
    uint64_t start_ps = mote_now_ps(sys);
    bench_write32(f.b, SEQSTART(0), 1);
    for (uint64_t i = 1; i <= 200; i++) {
        mote_set_now_ps(sys, start_ps + i * PERIOD + 5 * TICK);
        bench_run_ps(f.b, 0);
        assert_int_equal(pin(&f, 24), 1);
        bench_run_ps(f.b, 495 * TICK - 1);
        assert_int_equal(pin(&f, 24), 1);
        bench_run_ps(f.b, 1);
        assert_int_equal(pin(&f, 24), 0);
    }
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(individual_duty_cycles),
        cmocka_unit_test(up_and_down_centres_the_pulse),
        cmocka_unit_test(a_sequence_refreshes_then_repeats_its_last_value),
        cmocka_unit_test(loops_alternate_and_stop_by_short),
        cmocka_unit_test(next_step_takes_the_next_value),
        cmocka_unit_test(late_events_do_not_stretch_the_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
