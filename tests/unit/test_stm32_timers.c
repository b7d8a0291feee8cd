/* STM32 timers: counting modes, update and compare events, PWM, capture, slave modes, variants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define BASE  0x40000000u
#define CR1   (BASE + 0x00)
#define CR2   (BASE + 0x04)
#define SMCR  (BASE + 0x08)
#define DIER  (BASE + 0x0C)
#define SR    (BASE + 0x10)
#define EGR   (BASE + 0x14)
#define CCMR1 (BASE + 0x18)
#define CCER  (BASE + 0x20)
#define CNT   (BASE + 0x24)
#define PSC   (BASE + 0x28)
#define ARR   (BASE + 0x2C)
#define RCR   (BASE + 0x30)
#define CCR1  (BASE + 0x34)
#define BDTR  (BASE + 0x44)
#define DCR   (BASE + 0x48)
#define DMAR  (BASE + 0x4C)
#define OR2   (BASE + 0x60)

#define US 1000000ull
#define NS 1000ull

struct fixture {
    struct bench *bench;
    struct mote_device *dev;
};

static struct fixture make(const char *name, uint64_t hz)
{
    struct fixture f = {.bench = bench_new()};
    bench_clock(f.bench, hz);
    f.dev = bench_add(f.bench, "stm32_timers", name, BASE, NULL);
    return f;
}

/* The measured images' way: TIM5 counts microseconds of a 120 MHz clock, UG clears it. */
static void test_free_running_microseconds(void **state)
{
    (void)state;
    struct fixture f = make("timers5", 120000000);
    assert_int_equal(bench_read32(f.bench, ARR), 0xFFFFFFFF);
    bench_write32(f.bench, PSC, 119);
    bench_write32(f.bench, EGR, 1);
    assert_int_equal(bench_read32(f.bench, SR), 1);
    bench_write32(f.bench, SR, 0);
    bench_write32(f.bench, CR1, 1);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_run_ps(f.bench, 999 * NS);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_run_ps(f.bench, 1 * NS);
    assert_int_equal(bench_read32(f.bench, CNT), 1);
    bench_run_ps(f.bench, 123456789 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 123456790);
    assert_int_equal(*mote_next_event_ps(bench_system(f.bench)), MOTE_NEVER_PS);
    bench_write32(f.bench, EGR, 1);
    bench_run_ps(f.bench, 7 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 7);
    bench_write32(f.bench, CR1, 0);
    bench_run_ps(f.bench, 7 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 7);
    bench_free(f.bench);
}

static void test_update_interrupt(void **state)
{
    (void)state;
    struct fixture f = make("timers6", 1000000);
    bench_write32(f.bench, ARR, 99);
    bench_write32(f.bench, DIER, 1);
    bench_write32(f.bench, CR1, 1);
    bench_run_ps(f.bench, 100 * US - 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_read32(f.bench, SR), 1);
    bench_write32(f.bench, SR, 0);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_run_ps(f.bench, 1050 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 50);
    bench_free(f.bench);
}

/* A flag that came up unseen is cleared by a store that clears it, not afterwards. */
static void test_clearing_unseen_flags(void **state)
{
    (void)state;
    struct fixture f = make("timers3", 1000000);
    bench_write32(f.bench, ARR, 9);
    bench_write32(f.bench, CR1, 1);
    bench_run_ps(f.bench, 25 * US);
    bench_write32(f.bench, SR, 0);
    assert_int_equal(bench_read32(f.bench, SR), 0);
    bench_run_ps(f.bench, 5 * US);
    assert_int_equal(bench_read32(f.bench, SR) & 1, 1);
    bench_free(f.bench);
}

static void test_down_and_centre(void **state)
{
    (void)state;
    struct fixture f = make("timers2", 1000000);
    bench_write32(f.bench, ARR, 10);
    bench_write32(f.bench, CR1, 1 << 4);
    bench_write32(f.bench, EGR, 1);
    assert_int_equal(bench_read32(f.bench, CNT), 10);
    bench_write32(f.bench, CR1, 1 << 4 | 1);
    bench_run_ps(f.bench, 4 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 6);
    bench_run_ps(f.bench, 11 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 6);
    bench_write32(f.bench, CR1, 0);
    bench_write32(f.bench, CR1, 3 << 5);
    bench_write32(f.bench, EGR, 1);
    bench_write32(f.bench, SR, 0);
    bench_write32(f.bench, CR1, 3 << 5 | 1);
    bench_run_ps(f.bench, 9 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 9);
    assert_int_equal(bench_read32(f.bench, SR) & 1, 0);
    bench_run_ps(f.bench, 1 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 10);
    assert_int_equal(bench_read32(f.bench, SR) & 1, 1);
    bench_run_ps(f.bench, 3 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 7);
    assert_int_equal(bench_read32(f.bench, CR1) & (1 << 4), 1 << 4);
    bench_run_ps(f.bench, 20 * 1000 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 7);
    bench_run_ps(f.bench, 9 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 2);
    assert_int_equal(bench_read32(f.bench, CR1) & (1 << 4), 0);
    bench_free(f.bench);
}

static void test_preloads_wait_for_update(void **state)
{
    (void)state;
    struct fixture f = make("timers3", 1000000);
    bench_write32(f.bench, ARR, 9);
    bench_write32(f.bench, CR1, 1 << 7 | 1); /* ARPE */
    bench_run_ps(f.bench, 3 * US);
    bench_write32(f.bench, ARR, 4);
    bench_write32(f.bench, PSC, 1);
    bench_run_ps(f.bench, 6 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 9);
    bench_run_ps(f.bench, 1 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_run_ps(f.bench, 8 * US); /* two clocks per count now */
    assert_int_equal(bench_read32(f.bench, CNT), 4);
    bench_run_ps(f.bench, 2 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_free(f.bench);
}

static void test_repetition_and_one_pulse(void **state)
{
    (void)state;
    struct fixture f = make("timers1", 1000000);
    bench_write32(f.bench, ARR, 9);
    bench_write32(f.bench, RCR, 2);
    bench_write32(f.bench, EGR, 1);
    bench_write32(f.bench, SR, 0);
    bench_write32(f.bench, CR1, 1 << 3 | 1); /* OPM */
    bench_run_ps(f.bench, 29 * US);
    assert_int_equal(bench_read32(f.bench, SR) & 1, 0);
    assert_int_equal(bench_read32(f.bench, CR1) & 1, 1);
    bench_run_ps(f.bench, 1 * US);
    assert_int_equal(bench_read32(f.bench, SR) & 1, 1);
    assert_int_equal(bench_read32(f.bench, CR1) & 1, 0);
    bench_run_ps(f.bench, 100 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 0);
    bench_free(f.bench);
}

static void test_many_periods_at_once(void **state)
{
    (void)state;
    /* The same counter read often and read once must agree, repetition counter included. */
    struct fixture f = make("timers8", 1000000);
    struct mote_device *other = bench_add(f.bench, "stm32_timers", "timers1", BASE + 0x1000, NULL);
    (void)other;
    for (uint32_t base = 0; base <= 0x1000; base += 0x1000) {
        bench_write32(f.bench, ARR + base, 6);
        bench_write32(f.bench, PSC + base, 2);
        bench_write32(f.bench, RCR + base, 4);
        bench_write32(f.bench, EGR + base, 1);
        bench_write32(f.bench, SR + base, 0);
        bench_write32(f.bench, CR1 + base, 1);
    }
    for (uint32_t i = 0; i < 1234; i++) {
        bench_run_ps(f.bench, 3 * US);
        bench_read32(f.bench, CNT);
    }
    assert_int_equal(bench_read32(f.bench, CNT), bench_read32(f.bench, CNT + 0x1000));
    bench_write32(f.bench, SR, 0);
    bench_write32(f.bench, SR + 0x1000, 0);
    for (uint32_t i = 0; i < 40; i++) {
        bench_run_ps(f.bench, 3 * US);
        assert_int_equal(bench_read32(f.bench, SR) & 1, bench_read32(f.bench, SR + 0x1000) & 1);
    }
    assert_int_equal(bench_read32(f.bench, SR) & 1, 1);
    bench_free(f.bench);
}

struct edges {
    uint32_t count;
    uint64_t at[16];
    int level[16];
    uint32_t output;
};

static void watch(void *user, const struct mote_device *dev, uint32_t output, int level)
{
    struct edges *edges = user;
    if (output != edges->output || edges->count == 16)
        return;
    edges->at[edges->count] = mote_now_ps(dev->sys);
    edges->level[edges->count++] = level;
}

static void test_pwm(void **state)
{
    (void)state;
    struct fixture f = make("timers3", 1000000);
    bench_write32(f.bench, ARR, 99);
    bench_write32(f.bench, CCR1, 30);
    bench_write32(f.bench, CCMR1, 6 << 4 | 1 << 3);
    bench_write32(f.bench, CCER, 1);
    bench_write32(f.bench, EGR, 1);
    struct edges edges = {.output = 13};
    mote_wire_add_watch(bench_system(f.bench), watch, &edges);
    assert_int_equal(bench_level(f.dev, "oc", 1), MOTE_WIRE_Z);
    assert_int_equal(bench_level(f.dev, "oc", 0), 1);
    bench_write32(f.bench, CR1, 1);
    bench_run_ps(f.bench, 250 * US);
    assert_int_equal(edges.count, 5);
    static const uint64_t at[] = {30, 100, 130, 200, 230};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(edges.at[i], at[i] * US);
        assert_int_equal(edges.level[i], i % 2);
    }
    bench_write32(f.bench, CCR1, 60); /* preloaded: the running period keeps 30 */
    bench_run_ps(f.bench, 111 * US);
    assert_int_equal(edges.at[6], 360 * US);
    bench_free(f.bench);
}

static void test_compare_interrupt_and_dma(void **state)
{
    (void)state;
    struct fixture f = make("timers2", 1000000);
    struct edges edges = {.output = 5};
    mote_wire_add_watch(bench_system(f.bench), watch, &edges);
    bench_write32(f.bench, CCR1 + 4, 40);
    bench_write32(f.bench, DIER, 1 << 2 | 1 << 10); /* CC2IE, CC2DE */
    bench_write32(f.bench, CR1, 1);
    bench_run_ps(f.bench, 39 * US);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_run_ps(f.bench, 1 * US);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(edges.count, 2);
    assert_int_equal(edges.at[0], 40 * US);
    bench_write32(f.bench, SR, ~(1u << 2));
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    bench_free(f.bench);
}

static void test_capture(void **state)
{
    (void)state;
    struct fixture f = make("timers2", 1000000);
    bench_write32(f.bench, CCMR1, 1 | 2 << 8); /* IC1 on TI1, IC2 on TI1 too */
    bench_write32(f.bench, CCER, 1 | 3 << 4);  /* rising, falling */
    bench_write32(f.bench, DIER, 2);
    bench_write32(f.bench, CR1, 1);
    bench_run_ps(f.bench, 12 * US);
    bench_drive(f.dev, "ti", 0, 1);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    bench_run_ps(f.bench, 30 * US);
    bench_drive(f.dev, "ti", 0, 0);
    assert_int_equal(bench_read32(f.bench, SR) & 6, 6);
    assert_int_equal(bench_read32(f.bench, CCR1), 12);
    assert_int_equal(bench_level(f.dev, "irq", 0), 0);
    assert_int_equal(bench_read32(f.bench, CCR1 + 4), 42);
    assert_int_equal(bench_read32(f.bench, SR) & 6, 0);
    for (uint32_t i = 0; i < 2; i++) {
        bench_drive(f.dev, "ti", 0, 1);
        bench_drive(f.dev, "ti", 0, 0);
    }
    assert_int_equal(bench_read32(f.bench, SR) & (3 << 9), 3 << 9); /* overcapture */
    bench_free(f.bench);
}

static void test_master_slave(void **state)
{
    (void)state;
    struct fixture f = make("timers2", 1000000);
    struct mote_device *slave = bench_add(f.bench, "stm32_timers", "timers3", BASE + 0x400, NULL);
    int itr = mote_input_index(slave->cls, "itr", 1);
    int trgo = mote_output_index(f.dev->cls, "trgo", 0);
    assert_true(mote_wire_connect(f.dev, (uint32_t)trgo, slave, (uint32_t)itr, false));
    bench_write32(f.bench, CR2, 2 << 4);              /* TRGO at update */
    bench_write32(f.bench, SMCR + 0x400, 1 << 4 | 7); /* external clock from ITR1 */
    bench_write32(f.bench, CR1 + 0x400, 1);
    bench_write32(f.bench, ARR, 999);
    bench_write32(f.bench, CR1, 1);
    bench_run_ps(f.bench, 5500 * US);
    assert_int_equal(bench_read32(f.bench, CNT + 0x400), 5);
    bench_write32(f.bench, SMCR + 0x400, 1 << 4 | 4); /* reset mode */
    bench_write32(f.bench, CNT + 0x400, 0);
    bench_run_ps(f.bench, 700 * US); /* the master overflows after 500 */
    assert_int_equal(bench_read32(f.bench, CNT + 0x400), 200);
    bench_free(f.bench);
}

static void test_encoder(void **state)
{
    (void)state;
    struct fixture f = make("timers4", 1000000);
    bench_write32(f.bench, CCMR1, 1 | 1 << 8);
    bench_write32(f.bench, SMCR, 3);
    bench_write32(f.bench, CR1, 1);
    bench_drive(f.dev, "ti", 0, 0);
    bench_drive(f.dev, "ti", 1, 0);
    static const uint8_t cycle[4][2] = {{0, 1}, {1, 1}, {0, 0}, {1, 0}};
    for (uint32_t i = 0; i < 8; i++)
        bench_drive(f.dev, "ti", cycle[i % 4][0], cycle[i % 4][1]);
    assert_int_equal(bench_read32(f.bench, CNT), 8);
    for (uint32_t i = 8; i-- > 4;)
        bench_drive(f.dev, "ti", cycle[i % 4][0], !cycle[i % 4][1]);
    assert_int_equal(bench_read32(f.bench, CNT), 4);
    bench_free(f.bench);
}

static void test_break_and_complementary(void **state)
{
    (void)state;
    struct fixture f = make("timers1", 1000000);
    bench_write32(f.bench, CCMR1, 5 << 4); /* forced active */
    bench_write32(f.bench, CCER, 5);       /* CC1E, CC1NE */
    assert_int_equal(bench_level(f.dev, "oc", 0), MOTE_WIRE_Z);
    bench_write32(f.bench, BDTR, 1 << 15 | 1 << 12 | 1 << 13); /* MOE, BKE, BKP */
    assert_int_equal(bench_level(f.dev, "oc", 0), 1);
    assert_int_equal(bench_level(f.dev, "ocn", 0), 0);
    bench_write32(f.bench, DIER, 1 << 7);
    bench_drive(f.dev, "brk", 0, 1);
    assert_int_equal(bench_level(f.dev, "oc", 0), MOTE_WIRE_Z);
    assert_int_equal(bench_level(f.dev, "irq", 0), 1);
    assert_int_equal(bench_read32(f.bench, BDTR) & (1 << 15), 0);
    bench_free(f.bench);
}

static void test_variants(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t arr, ccmr1, ccer, or2, dier;
    } cases[] = {
        {"timers6", 0xFFFF, 0, 0, 0, 0x101},
        {"timers16", 0xFFFF, 0x000100FF, 0xF, 1, 0x3A3},
        {"timers15", 0xFFFF, 0x0101FFFF, 0xBF, 1, 0x63E7},
        {"timers4", 0xFFFF, 0x0101FFFF, 0xBBBB, 0, 0x5F5F},
        {"timers5", 0xFFFFFFFF, 0x0101FFFF, 0xBBBB, 0, 0x5F5F},
        {"timers8", 0xFFFF, 0x0101FFFF, 0x33BFFF, 1, 0x7FFF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = make(cases[i].name, 1000000);
        assert_int_equal(bench_read32(f.bench, ARR), cases[i].arr);
        assert_int_equal(bench_read32(f.bench, OR2), cases[i].or2);
        bench_write32(f.bench, CCMR1, 0xFFFFFFFF);
        assert_int_equal(bench_read32(f.bench, CCMR1), cases[i].ccmr1);
        bench_write32(f.bench, CCER, 0xFFFFFFFF);
        assert_int_equal(bench_read32(f.bench, CCER), cases[i].ccer);
        bench_write32(f.bench, DIER, 0xFFFFFFFF);
        assert_int_equal(bench_read32(f.bench, DIER), cases[i].dier);
        bench_free(f.bench);
    }
}

static void test_dma_burst_register(void **state)
{
    (void)state;
    struct fixture f = make("timers1", 1000000);
    bench_write32(f.bench, DCR, 2 << 8 | 11); /* three transfers from ARR on */
    bench_write32(f.bench, DMAR, 500);
    bench_write32(f.bench, DMAR, 3);
    bench_write32(f.bench, DMAR, 77);
    assert_int_equal(bench_read32(f.bench, ARR), 500);
    assert_int_equal(bench_read32(f.bench, RCR), 3);
    assert_int_equal(bench_read32(f.bench, CCR1), 77);
    bench_free(f.bench);
}

static void test_clock_change_keeps_the_count(void **state)
{
    (void)state;
    struct fixture f = {.bench = bench_new()};
    struct mote_clock *clock = bench_clock(f.bench, 1000000);
    f.dev = bench_add(f.bench, "stm32_timers", "timers5", BASE, NULL);
    bench_write32(f.bench, CR1, 1);
    bench_run_ps(f.bench, 10 * US);
    mote_clock_set_hz(clock, 10000000);
    bench_run_ps(f.bench, 10 * US);
    assert_int_equal(bench_read32(f.bench, CNT), 110);
    mote_clock_set_hz(clock, 0);
    bench_run_ps(f.bench, 10 * US);
    mote_clock_set_hz(clock, 1000000);
    assert_int_equal(bench_read32(f.bench, CNT), 110);
    bench_free(f.bench);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Two equal timers get the same random stores; one is looked at every clock, one rarely. What the
 * second computes at once must be what the first did step by step. */
static void test_lazy_equals_stepped(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (uint32_t round = 0; round < 300; round++) {
        struct fixture f = make("timers1", 1000000);
        struct mote_device *lazy =
            bench_add(f.bench, "stm32_timers", "timers8", BASE + 0x1000, NULL);
        static const uint32_t modes[] = {0, 1 << 4, 1 << 5, 2 << 5, 3 << 5};
        uint32_t cr1 = modes[next_random(&seed) % 5] | (next_random(&seed) % 2) << 7 |
                       (next_random(&seed) % 4 == 0 ? 1u << 3 : 0) |
                       (next_random(&seed) % 8 == 0 ? 1u << 1 : 0);
        uint32_t values[][2] = {
            {PSC, next_random(&seed) % 4},
            {ARR, 1 + next_random(&seed) % 12},
            {RCR, next_random(&seed) % 4},
            {CCR1, next_random(&seed) % 14},
            {CCR1 + 4, next_random(&seed) % 14},
            {CCMR1, (next_random(&seed) % 8) << 4 | (next_random(&seed) % 2) << 3 |
                        (next_random(&seed) % 8) << 12},
            {CR1, cr1},
            {EGR, 1},
            {SR, 0},
            {CR1, cr1 | 1},
        };
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            bench_write32(f.bench, values[i][0], values[i][1]);
            bench_write32(f.bench, values[i][0] + 0x1000, values[i][1]);
        }
        for (uint32_t look = 0; look < 6; look++) {
            uint32_t steps = next_random(&seed) % 200;
            for (uint32_t i = 0; i < steps; i++) {
                bench_run_ps(f.bench, US);
                bench_read32(f.bench, CNT);
            }
            assert_int_equal(bench_read32(f.bench, CNT + 0x1000), bench_read32(f.bench, CNT));
            assert_int_equal(bench_read32(f.bench, SR + 0x1000), bench_read32(f.bench, SR));
            assert_int_equal(bench_read32(f.bench, CR1 + 0x1000), bench_read32(f.bench, CR1));
            static const uint32_t targets[] = {ARR, PSC, CCR1, CCR1 + 4, RCR, SR};
            uint32_t target = targets[next_random(&seed) % 6];
            uint32_t value = target == SR ? 0 : 1 + next_random(&seed) % 10;
            bench_write32(f.bench, target, value);
            bench_write32(f.bench, target + 0x1000, value);
            for (uint32_t i = 0; i < 2; i++)
                assert_int_equal(bench_level(lazy, "ocref", i), bench_level(f.dev, "ocref", i));
        }
        bench_free(f.bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_running_microseconds),
        cmocka_unit_test(test_update_interrupt),
        cmocka_unit_test(test_clearing_unseen_flags),
        cmocka_unit_test(test_down_and_centre),
        cmocka_unit_test(test_preloads_wait_for_update),
        cmocka_unit_test(test_repetition_and_one_pulse),
        cmocka_unit_test(test_many_periods_at_once),
        cmocka_unit_test(test_pwm),
        cmocka_unit_test(test_compare_interrupt_and_dma),
        cmocka_unit_test(test_capture),
        cmocka_unit_test(test_master_slave),
        cmocka_unit_test(test_encoder),
        cmocka_unit_test(test_break_and_complementary),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_dma_burst_register),
        cmocka_unit_test(test_clock_change_keeps_the_count),
        cmocka_unit_test(test_lazy_equals_stepped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
