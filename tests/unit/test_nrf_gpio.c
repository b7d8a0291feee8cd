/* nRF52 GPIO, GPIOTE and PPI: pins, sense, events, tasks, and a task that follows an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"

#define P0     0x50000000u
#define GPIOTE 0x40006000u
#define PPI    0x4001f000u
#define EGU    0x40014000u

#define OUT        (P0 + 0x504)
#define OUTSET     (P0 + 0x508)
#define OUTCLR     (P0 + 0x50c)
#define IN         (P0 + 0x510)
#define DIR        (P0 + 0x514)
#define DIRSET     (P0 + 0x518)
#define DIRCLR     (P0 + 0x51c)
#define LATCH      (P0 + 0x520)
#define DETECTMODE (P0 + 0x524)
#define CNF(n)     (P0 + 0x700 + 4 * (n))

#define PULL_DOWN  (1u << 2)
#define PULL_UP    (3u << 2)
#define S0D1       (6u << 8)
#define SENSE_HIGH (2u << 16)
#define SENSE_LOW  (3u << 16)

#define ALT 32u /* first input of the group "alt" */

struct fixture {
    struct bench *b;
    struct mote_device *gpio, *gpiote, *ppi, *egu;
};

static struct fixture make(void)
{
    struct fixture f = {.b = bench_new()};
    bench_clock(f.b, 16000000);
    f.gpio = bench_add(f.b, "nrf_gpio", "gpio0", P0, NULL);
    assert_true(mote_window_add(f.gpio, P0 + 0x500, 0x300, 0x500, NULL));
    f.gpiote = bench_add(f.b, "nrf_gpiote", "gpiote", GPIOTE, NULL);
    f.ppi = bench_add(f.b, "nrf_ppi", "ppi", PPI, NULL);
    f.egu = bench_add(f.b, "nrf_egu", "egu0", EGU, NULL);
    for (uint32_t i = 0; i < 32; i++) {
        assert_true(mote_wire_connect(f.gpio, 32 + i, f.gpiote, i, false));
        assert_true(mote_wire_connect(f.gpiote, 1 + i, f.gpio, ALT + i, false));
    }
    assert_true(mote_wire_connect(f.gpio, 64, f.gpiote, 48, false));
    mote_system_reset(bench_system(f.b));
    return f;
}

static int pin(const struct fixture *f, uint32_t n)
{
    return bench_level(f->gpio, "pin", n);
}

static void an_output_drives_and_a_reset_pin_floats(void **state)
{
    (void)state;
    struct fixture f = make();
    assert_int_equal(pin(&f, 5), MOTE_WIRE_Z);
    bench_write32(f.b, DIRSET, 1u << 5);
    assert_int_equal(pin(&f, 5), 0);
    assert_int_equal(bench_read32(f.b, CNF(5)), 3); /* DIR output, input buffer still off */
    bench_write32(f.b, OUTSET, 1u << 5);
    assert_int_equal(pin(&f, 5), 1);
    assert_int_equal(bench_read32(f.b, OUT), 1u << 5);
    bench_write32(f.b, OUTCLR, 1u << 5);
    assert_int_equal(pin(&f, 5), 0);
    bench_write32(f.b, DIRCLR, 1u << 5);
    assert_int_equal(pin(&f, 5), MOTE_WIRE_Z);
    bench_write32(f.b, CNF(7), 1);
    assert_int_equal(bench_read32(f.b, DIR), 1u << 7);
    bench_free(f.b);
}

static void an_open_drain_output_only_pulls_down(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, CNF(3), 1 | S0D1);
    assert_int_equal(pin(&f, 3), 0);
    bench_write32(f.b, OUTSET, 1u << 3);
    assert_int_equal(pin(&f, 3), MOTE_WIRE_Z);
    bench_free(f.b);
}

static void inputs_see_pulls_and_drivers_when_connected(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_drive(f.gpio, "pin", 2, 1);
    assert_int_equal(bench_read32(f.b, IN), 0); /* input buffer disconnected */
    bench_write32(f.b, CNF(2), PULL_DOWN);
    assert_int_equal(bench_read32(f.b, IN), 1u << 2);
    bench_drive(f.gpio, "pin", 2, MOTE_WIRE_Z);
    assert_int_equal(bench_read32(f.b, IN), 0);
    bench_write32(f.b, CNF(2), PULL_UP);
    assert_int_equal(bench_read32(f.b, IN), 1u << 2);
    bench_free(f.b);
}

static void sense_latches_and_detects(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_drive(f.gpio, "pin", 9, 1);
    bench_write32(f.b, CNF(9), SENSE_LOW);
    assert_int_equal(bench_level(f.gpio, "detect", 0), 0);
    bench_drive(f.gpio, "pin", 9, 0);
    assert_int_equal(bench_level(f.gpio, "detect", 0), 1);
    assert_int_equal(bench_read32(f.b, GPIOTE + 0x17c), 1);
    bench_write32(f.b, LATCH, 1u << 9); /* still low: sets again */
    assert_int_equal(bench_read32(f.b, LATCH), 1u << 9);
    bench_drive(f.gpio, "pin", 9, 1);
    assert_int_equal(bench_level(f.gpio, "detect", 0), 0);
    bench_write32(f.b, DETECTMODE, 1); /* now the latch counts */
    assert_int_equal(bench_level(f.gpio, "detect", 0), 1);
    bench_write32(f.b, LATCH, 1u << 9);
    assert_int_equal(bench_level(f.gpio, "detect", 0), 0);
    bench_free(f.b);
}

static void gpiote_events_follow_the_polarity_and_interrupt(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, CNF(4), 0);
    bench_write32(f.b, GPIOTE + 0x510, 1 | 4u << 8 | 1u << 16); /* low to high */
    bench_write32(f.b, GPIOTE + 0x514, 1 | 4u << 8 | 2u << 16); /* high to low */
    bench_write32(f.b, GPIOTE + 0x304, 2);
    bench_drive(f.gpio, "pin", 4, 1);
    assert_int_equal(bench_read32(f.b, GPIOTE + 0x100), 1);
    assert_int_equal(bench_read32(f.b, GPIOTE + 0x104), 0);
    assert_int_equal(bench_level(f.gpiote, "irq", 0), 0);
    bench_drive(f.gpio, "pin", 4, 0);
    assert_int_equal(bench_read32(f.b, GPIOTE + 0x104), 1);
    assert_int_equal(bench_level(f.gpiote, "irq", 0), 1);
    bench_write32(f.b, GPIOTE + 0x104, 0);
    assert_int_equal(bench_level(f.gpiote, "irq", 0), 0);
    bench_free(f.b);
}

static void gpiote_tasks_own_the_pin(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, GPIOTE + 0x510, 3 | 6u << 8 | 3u << 16 | 1u << 20); /* toggle, initially 1 */
    assert_int_equal(pin(&f, 6), 1);
    bench_write32(f.b, OUTCLR, 1u << 6); /* the port has no say */
    assert_int_equal(pin(&f, 6), 1);
    bench_write32(f.b, GPIOTE + 0x000, 1);
    assert_int_equal(pin(&f, 6), 0);
    bench_write32(f.b, GPIOTE + 0x030, 1);
    assert_int_equal(pin(&f, 6), 1);
    bench_write32(f.b, GPIOTE + 0x060, 1);
    assert_int_equal(pin(&f, 6), 0);
    bench_write32(f.b, GPIOTE + 0x510, 0);
    assert_int_equal(pin(&f, 6), MOTE_WIRE_Z);
    bench_free(f.b);
}

static void ppi_carries_an_event_to_its_task_and_fork(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, GPIOTE + 0x510, 3 | 6u << 8 | 3u << 16);
    bench_write32(f.b, GPIOTE + 0x514, 3 | 7u << 8 | 3u << 16);
    bench_write32(f.b, PPI + 0x510 + 8 * 3, EGU + 0x100);
    bench_write32(f.b, PPI + 0x514 + 8 * 3, GPIOTE + 0x000);
    bench_write32(f.b, PPI + 0x910 + 4 * 3, GPIOTE + 0x004);
    bench_write32(f.b, EGU + 0x000, 1); /* channel still off */
    bench_run_ps(f.b, 1000000);
    assert_int_equal(pin(&f, 6), 0);
    bench_write32(f.b, PPI + 0x504, 1u << 3);
    bench_write32(f.b, EGU + 0x000, 1);
    assert_int_equal(pin(&f, 6), 0); /* one clock later */
    bench_run_ps(f.b, 62500);
    assert_int_equal(pin(&f, 6), 1);
    assert_int_equal(pin(&f, 7), 1);
    bench_write32(f.b, PPI + 0x508, 1u << 3);
    assert_int_equal(bench_read32(f.b, PPI + 0x500), 0);
    bench_free(f.b);
}

static void ppi_groups_switch_channels(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, PPI + 0x804, 0x30);
    bench_write32(f.b, PPI + 0x008, 1);
    assert_int_equal(bench_read32(f.b, PPI + 0x500), 0x30);
    bench_write32(f.b, PPI + 0x00c, 1);
    assert_int_equal(bench_read32(f.b, PPI + 0x500), 0);
    bench_free(f.b);
}

/* An event that triggers the task that causes it runs on, one clock per round, and ends with the
 * channel: it must neither recurse nor hold time. */
static void a_ppi_loop_takes_time(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, PPI + 0x510, EGU + 0x104);
    bench_write32(f.b, PPI + 0x514, EGU + 0x004);
    bench_write32(f.b, PPI + 0x504, 1);
    bench_write32(f.b, EGU + 0x004, 1);
    bench_run_ps(f.b, 62500 * 100);
    bench_write32(f.b, EGU + 0x104, 0);
    bench_run_ps(f.b, 62500);
    assert_int_equal(bench_read32(f.b, EGU + 0x104), 1);
    bench_write32(f.b, PPI + 0x508, 1);
    bench_run_ps(f.b, 62500 * 2);
    bench_write32(f.b, EGU + 0x104, 0);
    bench_run_ps(f.b, 62500 * 2);
    assert_int_equal(bench_read32(f.b, EGU + 0x104), 0);
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_output_drives_and_a_reset_pin_floats),
        cmocka_unit_test(an_open_drain_output_only_pulls_down),
        cmocka_unit_test(inputs_see_pulls_and_drivers_when_connected),
        cmocka_unit_test(sense_latches_and_detects),
        cmocka_unit_test(gpiote_events_follow_the_polarity_and_interrupt),
        cmocka_unit_test(gpiote_tasks_own_the_pin),
        cmocka_unit_test(ppi_carries_an_event_to_its_task_and_fork),
        cmocka_unit_test(ppi_groups_switch_channels),
        cmocka_unit_test(a_ppi_loop_takes_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
