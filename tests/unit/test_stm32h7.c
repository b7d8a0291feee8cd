/* STM32H7A3 on the board NUCLEO-H7A3ZI-Q: supply and voltage scales, Stop, Standby, wake-up by EXTI
 * and pins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <mote/board.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/power.h>
#include <mote/space.h>
#include <mote/system.h>
#include "support/board_fixture.h"

#define RCC    0x58024400u
#define PWR    0x58024800u
#define EXTI   0x58000000u
#define SYSCFG 0x58000400u
#define GPIOB  0x58020400u

#define RCC_CR      (RCC + 0x00)
#define RCC_CFGR    (RCC + 0x10)
#define RCC_BDCR    (RCC + 0x70)
#define RCC_RSR     (RCC + 0x130)
#define RCC_AHB4ENR (RCC + 0x140)
#define RCC_APB4ENR (RCC + 0x154)
#define PWR_CR1     (PWR + 0x00)
#define PWR_CR3     (PWR + 0x0C)
#define PWR_CPUCR   (PWR + 0x10)
#define PWR_SRDCR   (PWR + 0x18)
#define PWR_WKUPCR  (PWR + 0x20)
#define PWR_WKUPFR  (PWR + 0x24)
#define PWR_WKUPEPR (PWR + 0x28)

static int setup(void **state)
{
    (void)state;
    return board_fixture("nucleo_h7a3zi_q");
}

static uint64_t core_hz(void)
{
    return mote_clock_hz(mote_system_find(sys, "cpu0"), 0);
}

static const char *power_state(void)
{
    const struct mote_device *pwr = mote_system_find(sys, "pwr");
    return pwr->cls->power_states[pwr->power_state];
}

/* What the core says on its wires. */
static void sleep_core(bool deep)
{
    struct mote_device *pwr = mote_system_find(sys, "pwr");
    if (deep)
        mote_wire_drive(pwr, 1, 1);
    mote_wire_drive(pwr, 0, 1);
}

static void wake_core(void)
{
    struct mote_device *pwr = mote_system_find(sys, "pwr");
    mote_wire_drive(pwr, 0, 0);
    mote_wire_drive(pwr, 1, 0);
}

static void test_scales_and_supply(void **state)
{
    (void)state;
    assert_string_equal(power_state(), "run_vos2_smps");
    put(PWR_SRDCR, 3u << 14);
    assert_int_equal(get(PWR_SRDCR) & 1u << 13, 1u << 13);
    assert_string_equal(power_state(), "run_vos0_smps");
    sleep_core(false);
    assert_string_equal(power_state(), "sleep_vos0_smps");
    assert_int_equal(core_hz(), 64000000); /* CSleep stops the core alone */
    wake_core();
    put(PWR_CR3, 2); /* LDOEN */
    put(PWR_SRDCR, 0);
    assert_string_equal(power_state(), "run_vos3_ldo");
}

/* Which Stop it is, and how long waking from it takes. */
static void test_stop_by_svos(void **state)
{
    static const struct {
        uint32_t svos, cpucr, us;
        const char *name;
    } rows[] = {
        {3, 0, 5, "stop_svos3"},   {2, 0, 17, "stop_svos4"},   {1, 0, 39, "stop_svos5"},
        {3, 1, 5, "dstop2_svos3"}, {2, 1, 17, "dstop2_svos4"}, {1, 1, 39, "dstop2_svos5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(PWR_CR1, rows[i].svos << 14);
        put(PWR_CPUCR, rows[i].cpucr | 1u << 9); /* CSSF */
        assert_int_equal(get(PWR_CPUCR) & 0x60, 0);
        sleep_core(true);
        assert_string_equal(power_state(), rows[i].name);
        assert_int_equal(core_hz(), 0);
        pass_us(1000000);
        assert_string_equal(power_state(), rows[i].name);
        wake_core();
        assert_string_equal(power_state(), "waking");
        pass_us(rows[i].us - 1);
        assert_int_equal(core_hz(), 0);
        pass_us(2);
        assert_int_equal(core_hz(), 64000000);
        assert_string_equal(power_state(), "run_vos2_smps");
        assert_int_equal(get(PWR_CPUCR) & 0x60, 1u << 5); /* STOPF */
    }
}

static void test_clocks_after_stop(void **state)
{
    (void)state;
    /* PLL1: HSI 64 MHz / 8 x 50 / 2 */
    put(RCC + 0x28, 8u << 4);
    put(RCC + 0x2C, 1u << 16 | 3u << 2);
    put(RCC + 0x30, 49 | 1u << 9 | 1u << 16 | 1u << 24);
    put(RCC_CR, get(RCC_CR) | 1u << 24);
    pass_us(100);
    put(RCC_CFGR, 3);
    assert_int_equal(core_hz(), 200000000);
    sleep_core(true);
    assert_int_equal(get(RCC_CR) & 0x03000005, 0); /* neither HSI nor PLL1 */
    wake_core();
    pass_us(50);
    assert_int_equal(get(RCC_CFGR) & 0x3F, 0);
    assert_int_equal(core_hz(), 64000000);
    /* STOPWUCK: CSI; HSIKERON keeps the HSI for kernels */
    put(RCC_CFGR, 1u << 6 | 1u << 7);
    put(RCC_CR, get(RCC_CR) | 2);
    sleep_core(true);
    assert_int_equal(get(RCC_CR) & 5, 5);
    assert_int_equal(core_hz(), 0);
    wake_core();
    pass_us(50);
    assert_int_equal(get(RCC_CFGR) & 0x3F, 1 | 1u << 3);
    assert_int_equal(core_hz(), 4000000);
}

/* A pin's edge becomes pending in Stop; that wakes the core, which the test does by hand. */
static void test_exti(void **state)
{
    (void)state;
    struct mote_device *exti = mote_system_find(sys, "exti");
    put(RCC_AHB4ENR, 2);
    put(GPIOB, get(GPIOB) & ~(3u << 10)); /* PB5 is an input */
    assert_int_equal(get(SYSCFG + 0x0C), 0);
    put(SYSCFG + 0x0C, 1u << 4); /* behind a closed gate */
    assert_int_equal(get(SYSCFG + 0x0C), 0);
    put(RCC_APB4ENR, get(RCC_APB4ENR) | 2);
    put(SYSCFG + 0x0C, 1u << 4); /* EXTI5: port B */
    put(EXTI + 0x00, 1u << 5);
    put(EXTI + 0x80, get(EXTI + 0x80) | 1u << 5);
    sleep_core(true);
    mote_wire_drive(mote_system_find(sys, "gpiob"), 5, 1);
    assert_int_equal(mote_wire_output(exti, 5), 1); /* EXTI9_5 */
    wake_core();
    pass_us(50);
    assert_int_equal(get(EXTI + 0x88), 1u << 5);
    put(EXTI + 0x88, 1u << 5);
    assert_int_equal(mote_wire_output(exti, 5), 0);
    mote_wire_drive(mote_system_find(sys, "gpiob"), 5, 0); /* no falling edge asked for */
    assert_int_equal(get(EXTI + 0x88), 0);
    put(EXTI + 0x08, 1u << 5);
    assert_int_equal(mote_wire_output(exti, 5), 1);
}

static void test_standby(void **state)
{
    (void)state;
    struct mote_device *port = mote_system_find(sys, "gpioa");
    mote_wire_drive(port, 0, 1);
    put(PWR_WKUPEPR, 1u | 1u << 8); /* WKUP1, falling edge */
    assert_int_equal(get(PWR_WKUPFR), 0);
    put(RCC_RSR, 1u << 16);  /* RMVF */
    put(PWR_CPUCR, 1u << 2); /* PDDS_SRD */
    sleep_core(true);
    assert_string_equal(power_state(), "standby");
    pass_us(1000000);
    assert_int_equal(core_hz(), 0);
    mote_wire_drive(port, 0, 0);
    assert_int_equal(get(PWR_WKUPFR), 1);
    assert_string_equal(power_state(), "waking");
    pass_us(380);
    assert_false(mote_take_reset_request(sys));
    pass_us(20);
    assert_true(mote_take_reset_request(sys));
    mote_system_reset(sys);
    wake_core();
    assert_string_equal(power_state(), "run_vos2_smps");
    assert_int_equal(get(PWR_CPUCR) & 0x65, 1u << 6); /* SBF */
    assert_int_equal(get(RCC_RSR) & 1u << 19, 1u << 19);
    assert_int_equal(get(RCC_RSR) >> 24, 0); /* no SFTRSTF */
    assert_int_equal(get(PWR_WKUPFR), 1);
    put(PWR_WKUPCR, 1);
    assert_int_equal(get(PWR_WKUPFR), 0);
    put(PWR_WKUPEPR, 1u | 1u << 8); /* the pin is still active */
    assert_int_equal(get(PWR_WKUPFR), 1);
    put(PWR_WKUPEPR, 1u << 3); /* WKUP4, rising edge: the user button */
    put(PWR_WKUPCR, 0x3F);
    put(PWR_CPUCR, 1u << 2);
    sleep_core(true);
    wake_core(); /* an interrupt that is still pending has no power */
    pass_us(1000);
    assert_string_equal(power_state(), "standby");
    mote_wire_drive(mote_system_find(sys, "user_button"), 0, 1);
    assert_int_equal(get(PWR_WKUPFR), 1u << 3);
    assert_string_equal(power_state(), "waking");
    mote_system_reset(sys); /* a plain reset leaves SBF and says so in RSR */
    assert_int_equal(get(PWR_CPUCR) & 0x65, 1u << 6);
    assert_int_equal(get(RCC_RSR) >> 24, 1);
}

/* A second in each mode costs what the data say, and waking its time at the waking current. */
static void test_energy(void **state)
{
    (void)state;
    struct mote_err err = {""};
    struct mote_power *power = mote_power_new(sys, "st,stm32h7a3", &err);
    assert_non_null(power);
    put(PWR_CR1, 1u << 14); /* SVOS5 */
    put(PWR_CPUCR, 1);
    sleep_core(true);
    const uint64_t before = mote_power_total_fj(power);
    pass_us(1000000);
    const uint64_t asleep = mote_power_total_fj(power);
    wake_core();
    pass_us(39);
    const uint64_t awake = mote_power_total_fj(power);
    assert_in_range(asleep - before, 95500000000, 96500000000); /* 32 uA x 3 V x 1 s */
    assert_in_range(awake - asleep, 695000000, 710000000);      /* 6 mA x 3 V x 39 us */
    mote_power_free(power);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scales_and_supply, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_by_svos, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clocks_after_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exti, setup, teardown),
        cmocka_unit_test_setup_teardown(test_standby, setup, teardown),
        cmocka_unit_test_setup_teardown(test_energy, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
