/* STM32L4+ clock tree, resets and power modes, on the board. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "support/stm32_board.h"

#define CR        (RCC_BASE + 0x00)
#define CFGR      (RCC_BASE + 0x08)
#define PLLCFGR   (RCC_BASE + 0x0C)
#define CIER      (RCC_BASE + 0x18)
#define CIFR      (RCC_BASE + 0x1C)
#define CICR      (RCC_BASE + 0x20)
#define APB1RSTR1 (RCC_BASE + 0x38)
#define AHB2ENR   (RCC_BASE + 0x4C)
#define APB1ENR1  (RCC_BASE + 0x58)
#define APB1ENR2  (RCC_BASE + 0x5C)
#define CCIPR     (RCC_BASE + 0x88)
#define BDCR      (RCC_BASE + 0x90)
#define CSR       (RCC_BASE + 0x94)

static uint64_t input_hz(struct stm32_board *b, const char *name, uint32_t input)
{
    return mote_clock_hz(stm32_device(b, name), input);
}

static void test_reset_state(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    assert_int_equal(stm32_read(b, CR), 0x63);
    assert_int_equal(stm32_read(b, CSR), 0x0C000600);
    assert_int_equal(stm32_hclk(b), 4000000);
    assert_int_equal(input_hz(b, "gpioa", 0), 0);
    assert_int_equal(stm32_read(b, 0x1FFF75E0) & 0xFFFF, 2048);
    assert_int_equal(stm32_read(b, 0xE0042000) & 0xFFF, 0x470);
    stm32_board_free(b);
}

static void test_msi_ranges(void **state)
{
    (void)state;
    static const uint32_t khz[] = {100,  200,  400,   800,   1000,  2000,
                                   4000, 8000, 16000, 24000, 32000, 48000};
    struct stm32_board *b = stm32_board_new();
    for (uint32_t range = 0; range < 12; range++) {
        stm32_write(b, CR, 0x1 | 0x8 | range << 4);
        assert_int_equal(stm32_hclk(b), 1000ull * khz[range]);
    }
    stm32_board_free(b);
}

static void test_pll_locks_after_its_time(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_write(b, CIER, 1u << 5);
    stm32_write(b, PLLCFGR, 1u << 24 | 60u << 8 | 1);
    stm32_set_bits(b, CR, 1u << 24);
    stm32_set_bits(b, CFGR, 3); /* asked for before it is ready */
    stm32_run_ps(b, 14 * US_PS);
    assert_int_equal(stm32_read(b, CR) & 1u << 25, 0);
    assert_int_equal(stm32_hclk(b), 4000000);
    stm32_run_ps(b, 2 * US_PS);
    assert_int_equal(stm32_read(b, CIFR), 1u << 5);
    assert_int_equal(mote_wire_output(stm32_device(b, "rcc"), 0), 1);
    stm32_write(b, CICR, 1u << 5);
    assert_int_equal(mote_wire_output(stm32_device(b, "rcc"), 0), 0);
    assert_int_equal(stm32_read(b, CFGR) & 0xF, 0xF);
    assert_int_equal(stm32_hclk(b), 120000000);
    /* The PLL cannot be switched off or changed while it is in use. */
    stm32_clear_bits(b, CR, 1u << 24);
    stm32_write(b, PLLCFGR, 1u << 24 | 40u << 8 | 1);
    assert_int_equal(stm32_hclk(b), 120000000);
    stm32_board_free(b);
}

static void test_prescalers_and_timer_clocks(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_run_at_120_mhz(b);
    stm32_set_bits(b, APB1ENR1, 1u << 3 | 1u << 17); /* TIM5, USART2 */
    assert_int_equal(input_hz(b, "timers5", 0), 120000000);
    stm32_set_bits(b, CFGR, 5u << 8); /* APB1 / 4 */
    assert_int_equal(input_hz(b, "usart2", 0), 30000000);
    assert_int_equal(input_hz(b, "usart2", 1), 30000000);
    assert_int_equal(input_hz(b, "timers5", 1), 60000000);
    stm32_set_bits(b, CFGR, 8u << 4); /* AHB / 2 */
    assert_int_equal(stm32_hclk(b), 60000000);
    assert_int_equal(input_hz(b, "timers5", 1), 30000000);
    stm32_board_free(b);
}

static void test_kernel_clock_selection(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, APB1ENR2, 1);
    assert_int_equal(input_hz(b, "lpuart1", 1), 4000000);
    stm32_write(b, CCIPR, 2u << 10); /* HSI16, still off */
    assert_int_equal(input_hz(b, "lpuart1", 1), 0);
    stm32_set_bits(b, CR, 1u << 8);
    stm32_run_ps(b, 10 * US_PS);
    assert_int_equal(input_hz(b, "lpuart1", 1), 16000000);
    assert_int_equal(input_hz(b, "lpuart1", 0), 4000000);
    stm32_write(b, APB1ENR2, 0);
    assert_int_equal(input_hz(b, "lpuart1", 0), 0);
    stm32_board_free(b);
}

static void test_hse_needs_bypass_on_this_board(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, CR, 1u << 16);
    stm32_run_ps(b, 100 * MS_PS);
    assert_int_equal(stm32_read(b, CR) & 1u << 17, 0);
    stm32_clear_bits(b, CR, 1u << 16);
    stm32_set_bits(b, CR, 1u << 18);
    stm32_set_bits(b, CR, 1u << 16);
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, CR) & 1u << 17, 1u << 17);
    stm32_set_bits(b, CFGR, 2);
    assert_int_equal(stm32_hclk(b), 8000000);
    stm32_board_free(b);
}

static void test_backup_domain(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_write(b, BDCR, 1);
    assert_int_equal(stm32_read(b, BDCR), 0); /* write-protected */
    stm32_set_bits(b, APB1ENR1, 1u << 28);
    stm32_set_bits(b, PWR_BASE, 1u << 8); /* DBP */
    stm32_write(b, BDCR, 1 | 1u << 8 | 1u << 15);
    assert_int_equal(input_hz(b, "rtc", 1), 0);
    stm32_run_ps(b, 3000 * MS_PS);
    assert_int_equal(stm32_read(b, BDCR) & 2, 2);
    assert_int_equal(input_hz(b, "rtc", 1), 32768);
    mote_system_reset(b->sys); /* a system reset leaves it running */
    assert_int_equal(input_hz(b, "rtc", 1), 32768);
    stm32_set_bits(b, APB1ENR1, 1u << 28);
    stm32_set_bits(b, PWR_BASE, 1u << 8);
    stm32_write(b, BDCR, 1u << 16);
    assert_int_equal(stm32_read(b, BDCR), 1u << 16);
    assert_int_equal(mote_wire_input(stm32_device(b, "rtc"), 2), 1);
    assert_int_equal(input_hz(b, "rtc", 1), 0);
    stm32_board_free(b);
}

static void test_peripheral_reset(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, AHB2ENR, 1u << 1);
    stm32_write(b, 0x48000414, 0x55); /* GPIOB ODR */
    stm32_write(b, RCC_BASE + 0x2C, 1u << 1);
    stm32_write(b, RCC_BASE + 0x2C, 0);
    assert_int_equal(stm32_read(b, 0x48000414), 0);
    assert_int_equal(stm32_read(b, 0x48000400), 0xFFFFFEBF);
    stm32_write(b, AHB2ENR, 0);
    assert_int_equal(stm32_read(b, 0x48000400), 0); /* behind a closed gate */
    stm32_write(b, APB1RSTR1, 0);
    stm32_board_free(b);
}

static void test_reset_causes(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    mote_system_reset(b->sys);
    assert_int_equal(stm32_read(b, CSR) >> 24, 0x1C); /* SFT, BOR and PIN from before */
    stm32_write(b, CSR, 1u << 23);
    stm32_write(b, CSR, 0);
    assert_int_equal(stm32_read(b, CSR) >> 24, 0);
    mote_wire_drive(stm32_device(b, "rcc"), 2, 1); /* the independent watchdog */
    assert_true(mote_take_reset_request(b->sys));
    mote_system_reset(b->sys);
    assert_int_equal(stm32_read(b, CSR) >> 24, 0x24);
    stm32_board_free(b);
}

/* ---- power modes -------------------------------------------------------------------------------
 */

static const char *power_state(struct stm32_board *b)
{
    const struct mote_device *pwr = stm32_device(b, "pwr");
    return pwr->cls->power_states[pwr->power_state];
}

static void sleep_core(struct stm32_board *b, bool deep)
{
    struct mote_device *pwr = stm32_device(b, "pwr");
    if (deep)
        mote_wire_drive(pwr, 1, 1);
    mote_wire_drive(pwr, 0, 1);
}

static void wake_core(struct stm32_board *b)
{
    struct mote_device *pwr = stm32_device(b, "pwr");
    mote_wire_drive(pwr, 0, 0);
    mote_wire_drive(pwr, 1, 0);
}

static void test_ranges(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    assert_string_equal(power_state(b), "run_range1");
    stm32_set_bits(b, APB1ENR1, 1u << 28);
    stm32_clear_bits(b, PWR_BASE + 0x80, 1u << 8);
    assert_string_equal(power_state(b), "run_range1_boost");
    sleep_core(b, false);
    assert_string_equal(power_state(b), "sleep_range1_boost");
    wake_core(b);
    stm32_write(b, PWR_BASE, 2u << 9);
    assert_string_equal(power_state(b), "run_range2");
    stm32_write(b, PWR_BASE, 1u << 9);
    assert_int_equal(stm32_read(b, PWR_BASE + 0x14), 1u << 10); /* VOSF */
    stm32_run_ps(b, 25 * US_PS);
    assert_int_equal(stm32_read(b, PWR_BASE + 0x14), 0);
    stm32_board_free(b);
}

static void test_stop_and_wake(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_run_at_120_mhz(b);
    stm32_set_bits(b, PWR_BASE, 2); /* LPMS: Stop 2 */
    sleep_core(b, true);
    assert_string_equal(power_state(b), "stop2");
    assert_int_equal(stm32_hclk(b), 0);
    stm32_run_ps(b, 1000 * MS_PS);
    wake_core(b);
    assert_int_equal(stm32_hclk(b), 0);
    assert_string_equal(power_state(b), "waking");
    stm32_run_ps(b, 10 * US_PS);
    assert_int_equal(stm32_hclk(b), 4000000); /* MSI; the PLL is off */
    assert_string_equal(power_state(b), "run_range1_boost");
    assert_int_equal(stm32_read(b, CR) & 0x03000000, 0);
    /* STOPWUCK: wake with HSI16 */
    stm32_set_bits(b, CFGR, 1u << 15);
    sleep_core(b, true);
    wake_core(b);
    stm32_run_ps(b, 10 * US_PS);
    assert_int_equal(stm32_hclk(b), 16000000);
    assert_int_equal(stm32_read(b, CFGR) & 0xF, 0x5);
    stm32_board_free(b);
}

static void test_standby_ends_in_reset(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, APB1ENR1, 1u << 28);
    stm32_set_bits(b, PWR_BASE, 3);
    stm32_set_bits(b, PWR_BASE + 0x08, 1u << 1); /* EWUP2: PC13, the button */
    sleep_core(b, true);
    assert_string_equal(power_state(b), "standby");
    stm32_run_ps(b, MS_PS);
    assert_false(mote_reset_requested(b->sys));
    mote_wire_drive(stm32_device(b, "user_button"), 0, 1);
    assert_false(mote_reset_requested(b->sys));
    stm32_run_ps(b, MS_PS);
    assert_true(mote_take_reset_request(b->sys));
    mote_wire_drive(stm32_device(b, "pwr"), 0, 0);
    mote_wire_drive(stm32_device(b, "pwr"), 1, 0);
    mote_system_reset(b->sys);
    stm32_set_bits(b, APB1ENR1, 1u << 28);
    assert_int_equal(stm32_read(b, PWR_BASE + 0x10), 1u << 8 | 1u << 1); /* SBF, WUF2 */
    assert_int_equal(stm32_read(b, CSR) >> 24, 0x0C);                    /* as after power-on */
    stm32_write(b, PWR_BASE + 0x18, 1u << 8 | 1u << 1);
    assert_int_equal(stm32_read(b, PWR_BASE + 0x10), 0);
    stm32_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_state),
        cmocka_unit_test(test_msi_ranges),
        cmocka_unit_test(test_pll_locks_after_its_time),
        cmocka_unit_test(test_prescalers_and_timer_clocks),
        cmocka_unit_test(test_kernel_clock_selection),
        cmocka_unit_test(test_hse_needs_bypass_on_this_board),
        cmocka_unit_test(test_backup_domain),
        cmocka_unit_test(test_peripheral_reset),
        cmocka_unit_test(test_reset_causes),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_stop_and_wake),
        cmocka_unit_test(test_standby_ends_in_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
