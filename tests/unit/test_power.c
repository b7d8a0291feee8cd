/* The energy books: exact integration, operating points, shared resources, the report's sums, and
 * the arithmetic of the chips' data against hand calculation. */
#include "support/bench.h"

#include <math.h>
#include <mote/power.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PS_PER_S  1000000000000ull
#define PS_PER_US 1000000ull

struct rig {
    struct bench *bench;
    struct mote_power *power;
    struct mote_power_report report;
};

static struct mote_power *start(struct rig *rig, const char *soc)
{
    struct mote_err err = {""};

    rig->power = mote_power_new(bench_system(rig->bench), soc, &err);
    if (rig->power == NULL)
        fail_msg("%s", err.text);
    return rig->power;
}

static void finish(struct rig *rig)
{
    mote_power_free(rig->power);
    bench_free(rig->bench);
}

static void set(struct rig *rig, const char *key, const char *value)
{
    struct mote_err err = {""};
    bool handled = false;

    if (!mote_power_set(rig->power, key, value, &handled, &err))
        fail_msg("%s", err.text);
    assert_true(handled);
}

static void refused(struct rig *rig, const char *key, const char *value, const char *words)
{
    struct mote_err err = {""};
    bool handled;

    assert_false(mote_power_set(rig->power, key, value, &handled, &err));
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err.text, words);
}

/* Joules of the named item; 0 when it is not listed. */
static double item(const struct mote_power_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i].name, name) == 0)
            return (double)list->item[i].fj * 1e-15;
    return 0.0;
}

static uint64_t sum(const struct mote_power_list *list)
{
    uint64_t fj = 0;

    for (size_t i = 0; i < list->count; i++)
        fj += list->item[i].fj;
    return fj;
}

static void read_report(struct rig *rig)
{
    const struct mote_power_report *r = &rig->report;

    mote_power_report(rig->power, &rig->report);
    assert_true(r->total_fj == mote_power_total_fj(rig->power));
    assert_true(r->total_fj == sum(&r->rails));
    assert_true(r->total_fj == r->core_fj + r->fetch_fj + r->clock_fj + r->leakage_fj +
                                   r->regulator_fj + sum(&r->memory) + sum(&r->devices) +
                                   sum(&r->parts));
}

static void near(double got, double expected, double relative)
{
    if (!(fabs(got - expected) <= relative * fabs(expected)))
        fail_msg("%.9g is not %.9g", got, expected);
}

static void test_part_by_state_and_voltage(void **state)
{
    struct rig rig = {.bench = bench_new()};
    struct mote_device *led = bench_add(rig.bench, "gpio_leds", "led", 0, NULL);

    (void)state;
    start(&rig, "");
    set(&rig, "supply.voltage", "3V");
    bench_run_ps(rig.bench, PS_PER_S);
    bench_drive(led, "led", 0, 1);
    bench_run_ps(rig.bench, PS_PER_S / 2);
    bench_drive(led, "led", 0, 0);
    bench_run_ps(rig.bench, PS_PER_S);
    read_report(&rig);
    near(item(&rig.report.parts, "led"), 1.9e-3 * 3.0 * 0.5, 1e-9);
    assert_true(rig.report.note_count >= 1);
    assert_non_null(strstr(rig.report.notes[0], "no energy data for the chip"));
    finish(&rig);
}

/* A constant current from the chip's rail, from the moment it is set. */
static void test_board_load(void **state)
{
    struct rig rig = {.bench = bench_new()};

    (void)state;
    start(&rig, "st,stm32l4r5");
    set(&rig, "supply.voltage", "1.8V");
    bench_run_ps(rig.bench, PS_PER_S);
    read_report(&rig);
    assert_true(item(&rig.report.parts, "board load") == 0.0);
    set(&rig, "board.load", "2.5mA");
    bench_run_ps(rig.bench, 2 * PS_PER_S);
    set(&rig, "supply.voltage", "3V");
    bench_run_ps(rig.bench, PS_PER_S);
    read_report(&rig);
    near(item(&rig.report.parts, "board load"), 2.5e-3 * (2 * 1.8 + 3.0), 1e-9);
    refused(&rig, "board.load", "-1mA", "0 to 5000 mA");
    refused(&rig, "board.load", "2 W", "not a number in mA");
    finish(&rig);
}

/* The sum does not depend on how often somebody looks (no observer effect). */
static void test_looking_changes_nothing(void **state)
{
    uint64_t fj[2];

    (void)state;
    for (int look = 0; look < 2; look++) {
        struct rig rig = {.bench = bench_new()};
        struct mote_device *led = bench_add(rig.bench, "gpio_leds", "led", 0, NULL);

        start(&rig, "nordic,nrf52840");
        for (uint32_t i = 0; i < 1000; i++) {
            bench_run_ps(rig.bench, 12345678901ull + i);
            bench_drive(led, "led", 0, i % 2 == 1);
            if (look)
                mote_power_settle(rig.power);
            if (look && i % 100 == 0)
                read_report(&rig);
        }
        read_report(&rig);
        fj[look] = rig.report.total_fj;
        finish(&rig);
    }
    assert_true(fj[0] > 0 && fj[0] == fj[1]);
}

static void count(struct rig *rig, const char *name, uint64_t times)
{
    struct mote_system *sys = bench_system(rig->bench);
    uint32_t id = mote_activity_id(sys, name);

    mote_activities(sys)->item[id].count += times;
}

/* A second of L4R5 at 120 MHz with the activity of a keyword-spotting inference: 0.83 instructions,
 * 0.03 branches and 0.31 data accesses per cycle. */
static void make_l4r5(struct rig *rig)
{
    rig->bench = bench_new();
    bench_ram(rig->bench, 0x20000000, 4096);
    start(rig, "st,stm32l4r5");
    set(rig, "supply.voltage", "1.8V");
}

static void run_l4r5(struct rig *rig)
{
    count(rig, "core.cycle", 120000000);
    count(rig, "insn.alu", 60000000);
    count(rig, "insn.load", 32600000);
    count(rig, "insn.store", 4100000);
    count(rig, "insn.branch_cond", 3300000);
    count(rig, "insn.taken_branch", 2100000);
    count(rig, "sram0.load", 32600000);
    count(rig, "sram0.store", 4100000);
    bench_run_ps(rig->bench, PS_PER_S);
    read_report(rig);
}

static void test_l4r5_agrees_with_its_calibration(void **state)
{
    struct rig rig = {0};

    (void)state;
    make_l4r5(&rig);
    run_l4r5(&rig);
    double expected =
        120e6 * 105e-12 + 96.7e6 * 211e-12 + 3.3e6 * 679e-12 + (32.6e6 + 4.1e6) * 187e-12;
    near((double)rig.report.total_fj * 1e-15, expected, 1e-6);
    /* Published: 42.2 mW for this model on this chip; 3 % is the boards' own spread. */
    near((double)rig.report.total_fj * 1e-15, 42.153e-3, 0.05);
    assert_true(rig.report.has_baseline);
    near((double)rig.report.baseline_fj * 1e-15, 120e6 * 393e-12, 1e-6);
    near((double)rig.report.regulator_fj / (double)rig.report.total_fj, 1 - 1.28 / 1.8, 1e-5);
    near(item(&rig.report.memory, "sram0.load"), 32.6e6 * 187e-12 * 1.28 / 1.8, 1e-4);
    finish(&rig);
}

/* On the LDO the current is what it is: energy goes with the supply voltage. */
static void test_ldo_scales_with_supply(void **state)
{
    double joules[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rig rig = {0};

        make_l4r5(&rig);
        set(&rig, "supply.voltage", i ? "3.0V" : "1.8V");
        run_l4r5(&rig);
        joules[i] = (double)rig.report.total_fj;
        finish(&rig);
    }
    near(joules[1] / joules[0], 3.0 / 1.8, 1e-5);
}

static void test_smps_keeps_the_energy(void **state)
{
    struct rig rig = {0};

    (void)state;
    make_l4r5(&rig);
    set(&rig, "regulator", "smps");
    set(&rig, "supply.voltage", "3.3");
    run_l4r5(&rig);
    near((double)rig.report.regulator_fj / (double)rig.report.total_fj, 0.15, 1e-4);
    refused(&rig, "regulator", "dcdc", "it has: auto, ldo, smps");
    refused(&rig, "supply.voltage", "12V", "accepted are 0.5 to 6");
    refused(&rig, "supply.voltage", "1.8 volts", "is not a number in V");
    refused(&rig, "battery.cell", "potato", "known are: cr2032");
    finish(&rig);
}

/* Changing the point in the middle charges each half at its own. */
static void test_point_changes_while_running(void **state)
{
    struct rig rig = {0};

    (void)state;
    make_l4r5(&rig);
    count(&rig, "core.cycle", 1000000);
    set(&rig, "supply.voltage", "3.6V");
    count(&rig, "core.cycle", 1000000);
    read_report(&rig);
    near((double)rig.report.total_fj * 1e-15, 1e6 * 105e-12 * (1 + 2), 1e-6);
    finish(&rig);
}

static const struct mote_device_class clock_class = {
    .name = "nrf_clock",
    .power_states = {"hfint_lfoff", "hfoff_lfoff", "hfoff_lfxo", "hfxo_lfoff", "system_off"}};
static const struct mote_device_class timer_class = {.name = "nrf_timer",
                                                     .power_states = {"off", "run_1m"}};
static const struct mote_device_class regulator_class = {.name = "nrf_regulator",
                                                         .power_states = {"ldo", "dcdc"}};

/* The timer figures of the Product Specification: one timer or two draw the same, since the clock
 * tree is what draws; DC/DC, 3 V. */
static void test_shared_clock_is_drawn_once(void **state)
{
    struct rig rig = {.bench = bench_new()};
    struct mote_device *clock = bench_add_class(rig.bench, &clock_class, NULL, "clock", 0, 0, NULL);
    struct mote_device *regulator =
        bench_add_class(rig.bench, &regulator_class, NULL, "reg1", 0, 0, NULL);
    struct mote_device *timer[2] = {
        bench_add_class(rig.bench, &timer_class, NULL, "timer0", 0, 0, NULL),
        bench_add_class(rig.bench, &timer_class, NULL, "timer1", 0, 0, NULL)};
    double seconds[4];
    uint64_t before = 0;

    (void)state;
    start(&rig, "nordic,nrf52840-qiaa");
    set(&rig, "supply.voltage", "3V");
    mote_power_state(regulator, 1);
    mote_power_state(clock, 1);
    for (int i = 0; i < 4; i++) {
        if (i == 1 || i == 2)
            mote_power_state(timer[i - 1], 1);
        if (i == 3)
            mote_power_state(clock, 3);
        read_report(&rig);
        before = rig.report.total_fj;
        bench_run_ps(rig.bench, PS_PER_S);
        read_report(&rig);
        seconds[i] = (double)(rig.report.total_fj - before) * 1e-15 / 3.0 * 1e6; /* uA */
    }
    near(seconds[0], 2.35, 0.001);
    near(seconds[1], 418.0, 0.005);
    near(seconds[2], 418.0, 0.005);
    near(seconds[3], 646.0, 0.005);
    mote_power_state(regulator, 0);
    read_report(&rig);
    before = rig.report.total_fj;
    bench_run_ps(rig.bench, PS_PER_S);
    read_report(&rig);
    assert_string_equal(rig.report.regulator, "ldo");
    near((double)(rig.report.total_fj - before) * 1e-15 / 3.0 * 1e6, 646.0 * 1.89, 0.01);
    finish(&rig);
}

/* CoreMark from flash at 64 MHz: 3.3 mA (DC/DC, HFXO), with the assumed mix of the data file. */
static void test_nrf52840_agrees_with_its_specification(void **state)
{
    struct rig rig = {.bench = bench_new()};
    struct mote_device *clock = bench_add_class(rig.bench, &clock_class, NULL, "clock", 0, 0, NULL);
    struct mote_device *regulator =
        bench_add_class(rig.bench, &regulator_class, NULL, "reg1", 0, 0, NULL);

    (void)state;
    start(&rig, "nordic,nrf52840");
    set(&rig, "supply.voltage", "3V");
    mote_power_state(regulator, 1);
    mote_power_state(clock, 3);
    const struct {
        const char *name;
        double per_cycle;
    } mix[] = {{"core.cycle", 1},   {"insn.alu", 0.68},    {"insn.branch_cond", 0.12},
               {"sram0.load", 0.2}, {"sram0.store", 0.05}, {"flash0.icache_hit", 0.31}};
    for (size_t i = 0; i < sizeof mix / sizeof mix[0]; i++)
        count(&rig, mix[i].name, (uint64_t)(mix[i].per_cycle * 64e6));
    bench_run_ps(rig.bench, PS_PER_S);
    read_report(&rig);
    near((double)rig.report.total_fj * 1e-15 / 3.0, 3.3e-3, 0.01);
    finish(&rig);
}

static void test_leakage_doubles_with_temperature(void **state)
{
    struct rig rig = {.bench = bench_new()};
    struct mote_device *clock = bench_add_class(rig.bench, &clock_class, NULL, "clock", 0, 0, NULL);

    (void)state;
    start(&rig, "nordic,nrf52840");
    set(&rig, "supply.voltage", "3V");
    mote_power_state(clock, 1);
    set(&rig, "temperature", "55");
    bench_run_ps(rig.bench, PS_PER_S);
    read_report(&rig);
    near((double)rig.report.leakage_fj * 1e-15, 4 * 2.35e-6 * 3.0, 1e-6);
    finish(&rig);
}

static void test_battery(void **state)
{
    struct rig rig = {.bench = bench_new()};
    char text[200];

    (void)state;
    start(&rig, "");
    assert_true(mote_power_battery_s(rig.power, 1e-3, NULL, 0) == 0.0);
    set(&rig, "battery.capacity", "100mAh");
    set(&rig, "battery.voltage", "3V");
    near(mote_power_battery_s(rig.power, 0.3, text, sizeof text), 3600.0, 1e-9);
    set(&rig, "battery.cell", "cr2032");
    double years = mote_power_battery_s(rig.power, 0.0, text, sizeof text) / (365.25 * 86400);
    near(years, 85.0, 1e-6); /* self-discharge alone: 85 % at 1 % a year */
    assert_non_null(strstr(text, "cr2032"));
    finish(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_part_by_state_and_voltage),
        cmocka_unit_test(test_board_load),
        cmocka_unit_test(test_looking_changes_nothing),
        cmocka_unit_test(test_l4r5_agrees_with_its_calibration),
        cmocka_unit_test(test_ldo_scales_with_supply),
        cmocka_unit_test(test_smps_keeps_the_energy),
        cmocka_unit_test(test_point_changes_while_running),
        cmocka_unit_test(test_shared_clock_is_drawn_once),
        cmocka_unit_test(test_nrf52840_agrees_with_its_specification),
        cmocka_unit_test(test_leakage_doubles_with_temperature),
        cmocka_unit_test(test_battery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
