/* STM32U575 on the board NUCLEO-U575ZI-Q: clocks, power, flash with its cache, EXTI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "arm/core.h"
#include <mote/activity.h>
#include <mote/board.h>
#include <mote/channel.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>
#include "support/board_fixture.h"

#define RCC    0x46020C00u
#define PWR    0x46020800u
#define FLASHR 0x40022000u
#define ICACHE 0x40030400u
#define EXTI   0x46022000u
#define GPIOC  0x42020800u
#define FLASH  0x08000000u

static int setup(void **state)
{
    (void)state;
    return board_fixture("nucleo_u575zi_q");
}

/* HCLK at 160 MHz from MSIS at 4 MHz: M 1, N 80, R 2; APB2 by 2. */
static void speed_up(void)
{
    put(RCC + 0x94, get(RCC + 0x94) | 4); /* PWREN */
    put(PWR + 0x0C, 7u << 16);            /* range 1, booster */
    pass_us(200);
    put(RCC + 0x28, 1 | 1u << 18);
    put(RCC + 0x34, 79 | 1u << 24);
    put(RCC, get(RCC) | 1u << 24);
    pass_us(200);
    put(RCC + 0x20, 4u << 8);
    put(RCC + 0x1C, 3);
}

static void test_pll_feeds_the_core(void **state)
{
    (void)state;
    assert_int_equal(get(RCC), 0x35);
    assert_int_equal(input_hz("cpu0", 0), 4000000);
    speed_up();
    assert_int_equal(get(RCC + 0x1C), 0xF); /* SWS follows SW */
    assert_int_equal(input_hz("cpu0", 0), 160000000);
    /* USART1: closed gate, then PCLK2, then HSI16 when that runs. */
    assert_int_equal(input_hz("usart1", 0), 0);
    put(RCC + 0xA4, 1u << 14);
    assert_int_equal(input_hz("usart1", 0), 80000000);
    put(RCC + 0xE0, 2);
    assert_int_equal(input_hz("usart1", 1), 0);
    put(RCC, get(RCC) | 1u << 8);
    pass_us(100);
    assert_int_equal(input_hz("usart1", 1), 16000000);
    /* A timer behind a divided bus runs at twice the bus clock. */
    put(RCC + 0xA4, 1u << 11);
    assert_int_equal(input_hz("timers1", 1), 160000000);
}

static void test_fraction_of_a_pll(void **state)
{
    (void)state;
    put(RCC + 0x38, 4096u << 3);
    put(RCC + 0x28, 1 | 1u << 4 | 1u << 18);
    put(RCC + 0x34, 39 | 1u << 24);
    put(RCC, get(RCC) | 1u << 24);
    pass_us(200);
    put(RCC + 0x1C, 3);
    assert_int_equal(input_hz("cpu0", 0), 81000000); /* 4 MHz x 40.5 / 2 */
}

static void test_voltage_range_settles(void **state)
{
    (void)state;
    put(PWR + 0x0C, 3u << 16);
    assert_int_equal(get(PWR + 0x0C), 0); /* the gate is closed */
    put(RCC + 0x94, get(RCC + 0x94) | 4);
    put(PWR + 0x0C, 3u << 16);
    assert_int_equal(get(PWR + 0x0C), 3u << 16);
    pass_us(200);
    assert_int_equal(get(PWR + 0x0C), 3u << 16 | 1u << 15);
    assert_int_equal(get(PWR + 0x3C) & 3u << 16, 3u << 16);
    struct mote_device *pwr = mote_system_find(sys, "pwr");
    assert_string_equal(pwr->cls->power_states[pwr->power_state], "run_range1_ldo");
    put(PWR + 0x08, 2); /* the SMPS */
    assert_int_equal(get(PWR + 0x3C) & 2, 2);
    assert_string_equal(pwr->cls->power_states[pwr->power_state], "run_range1_smps");
}

static const char *power_state(void)
{
    const struct mote_device *pwr = mote_system_find(sys, "pwr");
    return pwr->cls->power_states[pwr->power_state];
}

/* Stop 0 to 3 by LPMS, each with its wake-up time; then Standby, which ends in a reset. */
static void test_stop_and_standby(void **state)
{
    static const char *const names[] = {"stop0", "stop1", "stop2", "stop3"};
    static const uint32_t us[] = {6, 8, 11, 12};
    (void)state;
    struct mote_device *pwr = mote_system_find(sys, "pwr");
    speed_up();
    for (uint32_t mode = 0; mode < 5; mode++) {
        put(PWR, mode);
        mote_wire_drive(pwr, 1, 1);
        mote_wire_drive(pwr, 0, 1);
        assert_string_equal(power_state(), mode < 4 ? names[mode] : "standby");
        assert_int_equal(input_hz("cpu0", 0), 0);
        pass_us(1000000);
        if (mode == 4)
            break;
        mote_wire_drive(pwr, 0, 0);
        mote_wire_drive(pwr, 1, 0);
        assert_string_equal(power_state(), "waking");
        pass_us(us[mode] - 1);
        assert_int_equal(input_hz("cpu0", 0), 0);
        pass_us(2);
        assert_int_equal(input_hz("cpu0", 0), 4000000);
        assert_int_equal(get(PWR + 0x38), 2); /* STOPF */
        put(PWR + 0x38, 1);
    }
    mote_wire_drive(mote_system_find(sys, "pwr"), 10, 1); /* the RTC */
    pass_us(49);
    assert_false(mote_take_reset_request(sys));
    pass_us(2);
    assert_true(mote_take_reset_request(sys));
    mote_system_reset(sys);
    put(RCC + 0x94, get(RCC + 0x94) | 4);
    assert_int_equal(get(PWR + 0x38), 4); /* SBF */
}

static void test_quad_word_programming(void **state)
{
    (void)state;
    put(FLASHR + 0x08, 0x45670123);
    put(FLASHR + 0x08, 0xCDEF89AB);
    assert_int_equal(get(FLASHR + 0x28) & 1u << 31, 0);
    put(FLASHR + 0x28, 1 | 1u << 24 | 1u << 30);
    for (uint32_t i = 0; i < 4; i++)
        put(FLASH + 0x100 + 4 * i, 0x11111111u * (i + 1));
    assert_int_equal(get(FLASHR + 0x20), 3u << 16); /* BSY and WDW */
    pass_us(1000);
    assert_int_equal(get(FLASHR + 0x20), 1); /* EOP */
    assert_int_equal(get(FLASH + 0x10C), 0x44444444);
    put(FLASHR + 0x20, 1);
    put(FLASH + 0x104, 0); /* not the first word of a quad-word */
    assert_int_equal(get(FLASHR + 0x20), 1u << 5);
    put(FLASHR + 0x20, 1u << 5);
    put(FLASHR + 0x28, 1u << 1 | 1u << 16 | 1u << 30); /* erase page 0 */
    pass_us(100000);
    assert_int_equal(get(FLASH + 0x10C), 0xFFFFFFFF);
}

/* A read through the code bus as the core makes it: cycles it waits. */
static uint32_t load_cycles(uint32_t address)
{
    struct mote_region *region = mote_region_find(sys, address);
    return region->timing->load(region->owner, region, address, 4);
}

static void test_cache_and_wait_states(void **state)
{
    (void)state;
    put(FLASHR, 4);
    assert_int_equal(load_cycles(FLASH + 0x1000), 4);
    assert_int_equal(load_cycles(FLASH + 0x100C), 0); /* the same 128 bits */
    assert_int_equal(load_cycles(FLASH + 0x1010), 4);
    assert_int_equal(load_cycles(FLASH + 0x1000), 4);
    put(ICACHE, 5 | 3u << 16); /* on, two ways, monitors */
    assert_int_equal(load_cycles(FLASH + 0x2000), 6);
    assert_int_equal(load_cycles(FLASH + 0x3000), 6);
    assert_int_equal(load_cycles(FLASH + 0x2000), 0);
    assert_int_equal(load_cycles(FLASH + 0x4000), 6); /* the third of one set */
    assert_int_equal(load_cycles(FLASH + 0x2000), 0);
    assert_int_equal(load_cycles(FLASH + 0x3000), 6);
    assert_int_equal(get(ICACHE + 0x10), 2);
    assert_int_equal(get(ICACHE + 0x14), 4);
    put(ICACHE, 0);
    put(ICACHE, 1); /* direct mapped: 8 KiB apart is one place */
    assert_int_equal(load_cycles(FLASH + 0x2000), 6);
    assert_int_equal(load_cycles(FLASH + 0x3000), 6);
    assert_int_equal(load_cycles(FLASH + 0x2000), 0);
    assert_int_equal(load_cycles(FLASH + 0x4000), 6);
    assert_int_equal(load_cycles(FLASH + 0x2000), 6);
    put(ICACHE, 3);
    assert_int_equal(get(ICACHE + 0x04) & 1, 1);
    pass_us(1000);
    assert_int_equal(get(ICACHE + 0x04) & 3, 2);
    load_cycles(FLASH + 0x4000);
    assert_int_equal(load_cycles(FLASH + 0x2000), 6);
}

static void test_exti_line_of_a_port(void **state)
{
    (void)state;
    struct mote_device *exti = mote_system_find(sys, "exti");
    struct mote_device *button = mote_system_find(sys, "gpioc");
    put(RCC + 0x8C, get(RCC + 0x8C) | 4);
    put(GPIOC, 0xFFFFFFFF & ~(3u << 26)); /* pin 13 an input */
    put(EXTI + 0x6C, 2u << 8);            /* line 13 of port C */
    put(EXTI + 0x00, 1u << 13);
    put(EXTI + 0x80, 1u << 13);
    mote_wire_drive(button, 13, 0);
    assert_int_equal(mote_wire_output(exti, 13), 0);
    mote_wire_drive(button, 13, 1);
    assert_int_equal(get(EXTI + 0x0C), 1u << 13);
    assert_int_equal(mote_wire_output(exti, 13), 1);
    put(EXTI + 0x0C, 1u << 13);
    assert_int_equal(mote_wire_output(exti, 13), 0);
    mote_wire_drive(button, 13, 0);
    assert_int_equal(get(EXTI + 0x10), 0); /* no falling trigger */
}

/* ---- TZEN -------------------------------------------------------------------------------------
 */

#define SECURE_FLASH 0x0C000000u
#define SECURE_RAM   0x30000000u

static struct arm_cpu *boot(void)
{
    mote_system_reset(sys);
    struct mote_core *core = mote_system_core(sys);
    (void)core->ops->read_register(core, 15); /* fetches the vectors */
    return &((struct arm_core *)core->device->state)->cpu;
}

static void put_flash(uint32_t offset, uint32_t value)
{
    assert_true(mote_mem_load_image(sys, FLASH + offset, &value, sizeof value));
}

static void test_tzen_off_as_delivered(void **state)
{
    (void)state;
    put_flash(0, 0x20001000);
    put_flash(4, 0x08000101);
    struct arm_cpu *cpu = boot();
    uint32_t value;
    assert_false(cpu->secure || cpu->check_access);
    assert_int_equal(cpu->pc, 0x08000100);
    assert_int_equal(arm_load(cpu, SECURE_FLASH, 4, &value), ARM_RAISED);
    assert_int_equal(cpu->fault, ARM_FAULT_PRECISERR);
    assert_int_equal(arm_load(cpu, FLASHR + 0x10000000u, 4, &value), ARM_RAISED);
}

static void test_tzen_by_option_bytes(void **state)
{
    (void)state;
    put_flash(0, SECURE_RAM + 0x1000);
    put_flash(4, SECURE_FLASH + 0x101);
    put(FLASHR + 0x08, 0x45670123u);
    put(FLASHR + 0x08, 0xCDEF89ABu);
    put(FLASHR + 0x40, get(FLASHR + 0x40) | 1u << 31);
    put(FLASHR + 0x28, 1u << 17 | 1u << 30); /* still locked */
    assert_false(boot()->secure);
    put(FLASHR + 0x08, 0x45670123u);
    put(FLASHR + 0x08, 0xCDEF89ABu);
    put(FLASHR + 0x10, 0x08192A3Bu);
    put(FLASHR + 0x10, 0x4C5D6E7Fu);
    put(FLASHR + 0x40, get(FLASHR + 0x40) | 1u << 31);
    put(FLASHR + 0x28, 1u << 17);
    assert_false(mote_take_reset_request(sys));
    put(FLASHR + 0x28, 1u << 27);
    assert_true(mote_take_reset_request(sys));
    mote_clear_stop(sys);
    struct arm_cpu *cpu = boot();
    assert_true(cpu->secure);
    assert_int_equal(cpu->pc, SECURE_FLASH + 0x100);
    assert_int_equal(cpu->r[13], SECURE_RAM + 0x1000);
    uint32_t value = 0;
    assert_int_equal(arm_store(cpu, SECURE_RAM + 8, 4, 0x1234), ARM_OK);
    assert_int_equal(get(0x20000008), 0x1234);
    assert_int_equal(arm_load(cpu, FLASHR + 0x10000040u, 4, &value), ARM_OK);
    assert_int_equal(value, 0x9FEFF8AA);
    assert_int_equal(get(0xE002ED08), FLASH);
    /* Secure code must not fetch from what the IDAU calls Non-secure. */
    put(0xE000EDD0, 2);
    assert_int_equal(arm_fetch_check(cpu, 2, false), ARM_FAULT_NONE);
    cpu->pc = FLASH + 0x100;
    assert_int_equal(arm_fetch_check(cpu, 2, false), ARM_FAULT_INVTRAN);
}

static void test_tzen_programmed_before(void **state)
{
    (void)state;
    put_flash(0, SECURE_RAM + 0x1000);
    put_flash(4, SECURE_FLASH + 0x101);
    struct mote_device *flash = mote_system_find(sys, "flash");
    mote_wire_drive(flash, (uint32_t)mote_input_index(flash->cls, "tzen", 0), 1);
    assert_true(boot()->secure);
    assert_int_equal(get(FLASHR + 0x40), 0x9FEFF8AA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#define ADC      0x42028000u
#define ADC_ISR  (ADC + 0x00)
#define ADC_CR   (ADC + 0x08)
#define ADC_CFGR (ADC + 0x0C)
#define ADC_DR   (ADC + 0x40)
#define ADC_ON   (1u << 28 | 1u) /* regulator and converter */

static double volts(void *user, uint64_t at_ps)
{
    (void)at_ps;
    return *(const double *)user;
}

static void start_adc(void)
{
    put(RCC + 0x8C, get(RCC + 0x8C) | 1u << 10); /* ADC12EN; its kernel clock is HCLK, 4 MHz */
    put(ADC_CR, 0);
    put(ADC_CR, 1u << 28);
    pass_us(25);
    assert_true(get(ADC_ISR) & 1u << 12);
    put(ADC_CR, ADC_ON);
    pass_us(100);
    assert_true(get(ADC_ISR) & 1);
}

static void test_adc_sequence(void **state)
{
    (void)state;
    static double applied = 1.1;
    struct mote_device *adc = mote_system_find(sys, "adc1");
    const struct mote_stimulus stimulus = {volts, &applied};
    assert_true(mote_channel_connect(adc, 5, &stimulus));
    start_adc();
    put(ADC + 0x1C, 1u << 5);                 /* PCSEL */
    put(ADC + 0x308, 1u << 22);               /* VREFEN */
    put(ADC + 0x30, 1u | 5u << 6 | 0u << 12); /* channel 5, then VREFINT */
    put(ADC + 0x04, 1u << 3);                 /* at the end of the sequence */
    put(ADC_CR, ADC_ON | 4);
    pass_us(5); /* 5 + 17 cycles are 5.5 us */
    assert_int_equal(get(ADC_ISR) & 0xC, 0);
    pass_us(1);
    assert_int_equal(get(ADC_ISR) & 0xC, 4);
    assert_int_equal(get(ADC_DR), 5461); /* 1.1 V of 3.3 V in 14 bits */
    assert_int_equal(get(ADC_ISR) & 0x4, 0);
    assert_int_equal(mote_wire_output(adc, 0), 0);
    pass_us(5);
    assert_int_equal(get(ADC_ISR) & 0x1C, 0xC);
    assert_int_equal(mote_wire_output(adc, 0), 1);
    assert_int_equal(get(ADC_DR), 6017); /* 1.212 V */
    assert_int_equal(get(ADC_CR), ADC_ON);
    put(ADC_ISR, 0x3FF);
    assert_int_equal(mote_wire_output(adc, 0), 0);
    /* An input that PCSEL does not select, and one above the reference; 8 bits. */
    applied = 5;
    put(ADC_CFGR, 3u << 2);
    put(ADC + 0x30, 1u | 6u << 6 | 5u << 12);
    uint64_t mistakes = mote_log_count(sys, MOTE_LOG_GUEST);
    put(ADC_CR, ADC_ON | 4);
    pass_us(5); /* 5 + 11 cycles are 4 us */
    assert_int_equal(get(ADC_DR), 0);
    assert_int_equal(mote_log_count(sys, MOTE_LOG_GUEST), mistakes + 1);
    pass_us(4);
    assert_int_equal(get(ADC_DR), 255);
}

static void test_adc_modes(void **state)
{
    (void)state;
    start_adc();
    put(ADC + 0x1C, 1);
    put(ADC_CFGR, 1u << 13); /* continuous: unread results are lost */
    put(ADC_CR, ADC_ON | 4);
    pass_us(20);
    assert_int_equal(get(ADC_ISR) & 0x1C, 0x1C);
    put(ADC_CR, ADC_ON | 1u << 4);
    assert_int_equal(get(ADC_CR), ADC_ON);
    put(ADC_ISR, 0x3FF);
    put(ADC_CFGR, 1u << 13 | 1u << 14); /* with AUTDLY: each waits for the one before */
    put(ADC_CR, ADC_ON | 4);
    pass_us(50);
    assert_int_equal(get(ADC_ISR) & 0x14, 4);
    get(ADC_DR);
    assert_int_equal(get(ADC_ISR) & 4, 0);
    pass_us(6);
    assert_int_equal(get(ADC_ISR) & 0x14, 4);
    put(ADC_CR, ADC_ON | 2); /* ADDIS ends it all */
    assert_int_equal(get(ADC_CR), 1u << 28);
    pass_us(50);
    put(ADC_ISR, 0x3FF);
    put(ADC_CR, 1u << 28 | 4); /* off: nothing starts */
    pass_us(50);
    assert_int_equal(get(ADC_ISR) & 0xC, 0);
    assert_int_equal(get(ADC_CR), 1u << 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pll_feeds_the_core),
        TEST(test_fraction_of_a_pll),
        TEST(test_voltage_range_settles),
        TEST(test_stop_and_standby),
        TEST(test_quad_word_programming),
        TEST(test_cache_and_wait_states),
        TEST(test_exti_line_of_a_port),
        TEST(test_tzen_off_as_delivered),
        TEST(test_tzen_by_option_bytes),
        TEST(test_tzen_programmed_before),
        cmocka_unit_test_setup_teardown(test_adc_sequence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_adc_modes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
