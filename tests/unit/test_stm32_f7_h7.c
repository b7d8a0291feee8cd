/* The STM32F746 and the STM32H7A3 as their boards wire them: kernel clocks and gates of I2C, LPTIM,
 * RNG, ADC and the window watchdog, the device's signature, buttons, and that every peripheral of
 * the chip answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <mote/channel.h>

#include "support/stm32_board.h"

#define I2C_PE     1u
#define I2C_START  (1u << 13)
#define I2C_NACKF  (1u << 4)
#define WWDG_WDGA  (1u << 7)
#define WWDG_RESET (1u << 30) /* in RCC_CSR of the F7 */
#define WWDG1_RST  (1u << 28) /* in RCC_RSR of the H7A3 */
#define MHZ        1000000u

struct chip {
    const char *board;
    uint32_t rcc, hsi_hz;
    uint32_t apb1enr, i2c_bit, i2c_mux, i2c_lsb;
    uint32_t lptim_bit, lptim_lsb, lptim_lsi;
    uint32_t wwdg, wwdg_enr, wwdg_bit, cause, caused;
    uint32_t uid, flash_kib_at, flash_kib;
};

static const struct chip f746 = {
    "disco_f746ng", 0x40023800, 16 * MHZ, 0x40, 21,         0x90,       16,         9,   24, 1,
    0x40002C00,     0x40,       11,       0x74, WWDG_RESET, 0x1FF0F420, 0x1FF0F442, 1024};
static const struct chip h7a3 = {
    "nucleo_h7a3zi_q", 0x58024400, 64 * MHZ, 0x148, 21,        0x54,       12,         9,   28, 4,
    0x50003000,        0x144,      6,        0x130, WWDG1_RST, 0x08FFF800, 0x08FFF80C, 2048};

#define I2C1 0x40005400u

static void kernel_clocks_follow_their_selection(const struct chip *chip)
{
    struct stm32_board *b = stm32_board_of(chip->board);
    struct mote_device *i2c = stm32_device(b, "i2c1"), *lptim = stm32_device(b, "lptim1");
    uint32_t mux = chip->rcc + chip->i2c_mux;
    assert_int_equal(mote_clock_hz(i2c, 0), 0);
    stm32_set_bits(b, chip->rcc + chip->apb1enr, 1u << chip->i2c_bit | 1u << chip->lptim_bit);
    assert_int_equal(mote_clock_hz(i2c, 0), chip->hsi_hz);
    assert_int_equal(mote_clock_hz(i2c, 1), chip->hsi_hz);
    stm32_write(b, mux, 2u << chip->i2c_lsb); /* HSI on both; PLLs and the rest are off */
    assert_int_equal(mote_clock_hz(i2c, 1), chip->hsi_hz);
    assert_int_equal(mote_clock_hz(lptim, 1), chip->hsi_hz);
    stm32_write(b, mux, chip->lptim_lsi << chip->lptim_lsb);
    assert_int_equal(mote_clock_hz(lptim, 1), 0); /* LSI is off */
    stm32_set_bits(b, chip->rcc + 0x74, 1);
    stm32_run_ps(b, MS_PS);
    assert_int_equal(mote_clock_hz(lptim, 1), 32000);
    stm32_board_free(b);
}

static void an_empty_bus_does_not_acknowledge(const struct chip *chip)
{
    struct stm32_board *b = stm32_board_of(chip->board);
    stm32_set_bits(b, chip->rcc + chip->apb1enr, 1u << chip->i2c_bit);
    stm32_write(b, I2C1 + 0x10, 0x10303030);
    stm32_write(b, I2C1, I2C_PE);
    stm32_write(b, I2C1 + 0x04, I2C_START | 1u << 16 | 0x54);
    assert_int_equal(stm32_read(b, I2C1 + 0x18) & I2C_NACKF, 0);
    stm32_run_ps(b, 10 * MS_PS);
    assert_int_equal(stm32_read(b, I2C1 + 0x18) & I2C_NACKF, I2C_NACKF);
    stm32_board_free(b);
}

static void the_window_watchdog_resets(const struct chip *chip)
{
    struct stm32_board *b = stm32_board_of(chip->board);
    stm32_set_bits(b, chip->rcc + chip->wwdg_enr, 1u << chip->wwdg_bit);
    stm32_write(b, chip->wwdg, WWDG_WDGA | 0x7F);
    stm32_run_ps(b, 1000 * MS_PS);
    assert_true(mote_take_reset_request(b->sys));
    mote_system_reset(b->sys);
    assert_int_equal(stm32_read(b, chip->rcc + chip->cause) & chip->caused, chip->caused);
    stm32_board_free(b);
}

static void the_signature_reads(const struct chip *chip)
{
    struct stm32_board *b = stm32_board_of(chip->board);
    uint32_t half = 0;
    assert_int_equal(stm32_read(b, chip->uid), 0x00010001);
    assert_int_equal(stm32_read(b, chip->uid + 8), 0x4D4F5445);
    assert_true(mote_bus_load(b->sys, chip->flash_kib_at, 2, &half));
    assert_int_equal(half, chip->flash_kib);
    stm32_write(b, chip->uid, 0);
    assert_int_equal(stm32_read(b, chip->uid), 0x00010001);
    assert_int_equal(stm32_read(b, chip->uid + 0x100), 0xFFFFFFFF);
    stm32_board_free(b);
}

static void test_kernel_clocks(void **state)
{
    (void)state;
    kernel_clocks_follow_their_selection(&f746);
    kernel_clocks_follow_their_selection(&h7a3);
}

static void test_i2c(void **state)
{
    (void)state;
    an_empty_bus_does_not_acknowledge(&f746);
    an_empty_bus_does_not_acknowledge(&h7a3);
}

static void test_window_watchdog(void **state)
{
    (void)state;
    the_window_watchdog_resets(&f746);
    the_window_watchdog_resets(&h7a3);
}

static void test_signature(void **state)
{
    (void)state;
    the_signature_reads(&f746);
    the_signature_reads(&h7a3);
}

/* First words of windows all over the chips (stm32f746xx.h, stm32h7a3xxq.h,
 * stm32u575xx.h): none is a bus error.
 */
static void test_every_peripheral_answers(void **state)
{
    (void)state;
    static const uint32_t on_f746[] = {
        0x40002400, 0x40003800, 0x40004000, 0x40006400, 0x40006800, 0x40006C00, 0x40007400,
        0x40012C00, 0x40013000, 0x40015800, 0x40016800, 0x40028000, 0x40029000, 0x4002B000,
        0x40040000, 0x50000000, 0x50050000, 0x50060800, 0xA0000000, 0xA0001000, 0xC07FFFFC};
    static const uint32_t on_h7a3[] = {
        0x40003800, 0x40007400, 0x40008400, 0x4000A000, 0x4000AC00, 0x40013000, 0x40015800,
        0x40017800, 0x48020000, 0x48020400, 0x48022400, 0x50001000, 0x52000000, 0x52001000,
        0x52003000, 0x52007000, 0x5200B400, 0x58001400, 0x58002400, 0x58003C00, 0x58025800};
    static const uint32_t on_u575[] = {0x40021000, 0x40021400, 0x40024000, 0x4202C000,
                                       0x420C8000, 0x420C8C00, 0x420D0400, 0x46004800,
                                       0x46005000, 0x46005400, 0x46007C00, 0x46020000};
    struct stm32_board *f7 = stm32_board_of("disco_f746ng");
    struct stm32_board *h7 = stm32_board_of("nucleo_h7a3zi_q");
    struct stm32_board *u5 = stm32_board_of("nucleo_u575zi_q");
    for (size_t i = 0; i < sizeof on_f746 / sizeof *on_f746; i++)
        stm32_read(f7, on_f746[i]);
    for (size_t i = 0; i < sizeof on_h7a3 / sizeof *on_h7a3; i++)
        stm32_read(h7, on_h7a3[i]);
    for (size_t i = 0; i < sizeof on_u575 / sizeof *on_u575; i++)
        stm32_read(u5, on_u575[i]);
    stm32_write(f7, 0xC0000000, 0x12345678); /* the Discovery's SDRAM */
    assert_int_equal(stm32_read(f7, 0xC0000000), 0x12345678);
    stm32_board_free(u5);
    stm32_board_free(h7);
    stm32_board_free(f7);
}

/* 48 MHz for the RNG come from the PLL's Q output. */
static void test_f746_rng(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_of("disco_f746ng");
    struct mote_device *rng = stm32_device(b, "rng");
    stm32_set_bits(b, f746.rcc + 0x34, 1u << 6);
    assert_int_equal(mote_clock_hz(rng, 1), 0);
    stm32_write(b, f746.rcc + 0x04, 0x24000000 | 8u << 24 | 192u << 6 | 8u);
    stm32_set_bits(b, f746.rcc, 1u << 24);
    stm32_run_ps(b, MS_PS);
    assert_int_equal(mote_clock_hz(rng, 1), 16 * MHZ / 8 * 192 / 12);
    stm32_write(b, 0x50060800, 1u << 2);
    stm32_run_ps(b, MS_PS);
    assert_int_equal(stm32_read(b, 0x50060804) & 7, 1);
    assert_int_not_equal(stm32_read(b, 0x50060808), stm32_read(b, 0x50060808));
    stm32_board_free(b);
}

/* The button of the Discovery, on PI11, makes line 11 of port I pending, rising and falling. */
static void test_f746_button(void **state)
{
    (void)state;
    const uint32_t exti = 0x40013C00, syscfg = 0x40013800, line = 1u << 11;
    struct stm32_board *b = stm32_board_of("disco_f746ng");
    struct mote_device *button = stm32_device(b, "user_button"), *dev = stm32_device(b, "exti");
    stm32_set_bits(b, f746.rcc + 0x30, 1u << 8);
    stm32_set_bits(b, f746.rcc + 0x44, 1u << 14);
    stm32_write(b, syscfg + 0x10, 8u << 12);
    stm32_write(b, exti + 0x00, line);
    stm32_write(b, exti + 0x08, line);
    mote_wire_drive(button, 0, 1);
    assert_int_equal(stm32_read(b, exti + 0x14), line);
    assert_int_equal(mote_wire_output(dev, 6), 1); /* EXTI15_10 */
    stm32_write(b, exti + 0x14, line);
    assert_int_equal(mote_wire_output(dev, 6), 0);
    mote_wire_drive(button, 0, 0);
    assert_int_equal(stm32_read(b, exti + 0x14), 0);
    stm32_write(b, exti + 0x0C, line);
    mote_wire_drive(button, 0, 1);
    mote_wire_drive(button, 0, 0);
    assert_int_equal(stm32_read(b, exti + 0x14), line);
    stm32_write(b, exti + 0x14, line);
    stm32_write(b, exti + 0x10, line); /* by software; cleared with the pending bit */
    assert_int_equal(stm32_read(b, exti + 0x14), line);
    stm32_write(b, exti + 0x14, line);
    assert_int_equal(stm32_read(b, exti + 0x10), 0);
    stm32_board_free(b);
}

static double constant(void *state, uint64_t now_ps)
{
    (void)now_ps;
    return *(double *)state;
}

/* An input of ADC1 in 16 bits, then the temperature by ADC2, whose sensor ADC1's CCR enables; both
 * at HCLK/4, 16 MHz.
 */
static void test_h7a3_adc(void **state)
{
    (void)state;
    const uint32_t adc1 = 0x40022000, adc2 = 0x40022100, ccr = 0x40022308, on = 1u << 28 | 1;
    double applied = 1.1, celsius = 30;
    struct stm32_board *b = stm32_board_of("nucleo_h7a3zi_q");
    struct mote_device *first = stm32_device(b, "adc1"), *second = stm32_device(b, "adc2");
    assert_true(mote_channel_connect(first, 3, &(struct mote_stimulus){constant, &applied}));
    assert_true(mote_channel_connect(second, 20, &(struct mote_stimulus){constant, &celsius}));
    stm32_set_bits(b, h7a3.rcc + 0x138, 1u << 5);
    stm32_write(b, ccr, 1u << 23 | 3u << 16);
    for (uint32_t adc = adc1; adc <= adc2; adc += adc2 - adc1) {
        stm32_write(b, adc + 0x08, 1u << 28);
        stm32_run_ps(b, MS_PS);
        assert_int_equal(stm32_read(b, adc) & 1u << 12, 1u << 12); /* LDORDY */
        stm32_write(b, adc + 0x08, on | 1u << 31);
        stm32_run_ps(b, 2 * MS_PS);
        assert_int_equal(stm32_read(b, adc + 0x08), on);
        assert_int_equal(stm32_read(b, adc) & 1, 1);
        uint32_t channel = adc == adc1 ? 3 : 18;
        stm32_write(b, adc + 0x1C, 1u << channel);
        stm32_write(b, adc + 0x30, channel << 6);
        stm32_write(b, adc + 0x08, on | 4);
        stm32_run_ps(b, MS_PS / 1700); /* 1.5 + 8.5 cycles are 625 ns */
        assert_int_equal(stm32_read(b, adc) & 4, 0);
        stm32_run_ps(b, MS_PS / 20000);
        assert_int_equal(stm32_read(b, adc) & 12, 12);
    }
    assert_int_equal(stm32_read(b, adc1 + 0x40), 21845); /* a third of 65535 */
    assert_int_equal(stm32_read(b, adc2 + 0x40), 12312); /* 620 mV */
    stm32_write(b, ccr, 0); /* no clock selected in RCC: it does not end */
    stm32_write(b, adc2 + 0x08, on | 4);
    stm32_run_ps(b, MS_PS);
    assert_int_equal(stm32_read(b, adc2) & 4, 0);
    stm32_board_free(b);
}

/* On the boards of chips with RTC version 3, on the LSI: gate, selection, and the interrupt. */
struct rtc_place {
    const char *board;
    uint32_t gate, lsi, lsi_on, dbp, dbp_on, bdcr, rtc;
    uint32_t rtc_bit; /* of the gate */
    uint32_t output;  /* irq, or by EXTI */
};

static void the_rtc_wakes(const struct rtc_place *at)
{
    struct stm32_board *b = stm32_board_of(at->board);
    struct mote_device *dev = stm32_device(b, "rtc");
    if (strcmp(at->board, "nucleo_u575zi_q") == 0)
        stm32_set_bits(b, 0x46020C94, 1u << 2); /* AHB3ENR.PWREN */
    if (strcmp(at->board, "nucleo_g0b1re") == 0)
        stm32_set_bits(b, 0x4002103C, 1u << 28); /* APBENR1.PWREN */
    stm32_set_bits(b, at->dbp, at->dbp_on);
    stm32_set_bits(b, at->gate, at->rtc_bit);
    stm32_set_bits(b, at->lsi, at->lsi_on);
    stm32_run_ps(b, MS_PS);
    assert_int_equal(mote_clock_hz(dev, 1), 0);
    stm32_set_bits(b, at->bdcr, 2u << 8);
    assert_int_equal(mote_clock_hz(dev, 1), 0);
    stm32_set_bits(b, at->bdcr, 1u << 15);
    assert_int_equal(mote_clock_hz(dev, 1), 32000);
    stm32_write(b, at->rtc + 0x24, 0xCA);
    stm32_write(b, at->rtc + 0x24, 0x53);
    stm32_write(b, at->rtc + 0x14, 15);
    stm32_write(b, at->rtc + 0x18, 1u << 10 | 1u << 14); /* every 16 * 16 cycles, 8 ms */
    stm32_run_ps(b, 7 * MS_PS);
    assert_int_equal(stm32_read(b, at->rtc + 0x50), 0);
    stm32_run_ps(b, 2 * MS_PS);
    assert_int_equal(stm32_read(b, at->rtc + 0x50), 4);
    assert_int_equal(mote_wire_output(dev, at->output), 1);
    stm32_write(b, at->rtc + 0x5C, 4);
    assert_int_equal(mote_wire_output(dev, at->output), 0);
    stm32_board_free(b);
}

static void test_rtc(void **state)
{
    (void)state;
    static const struct rtc_place places[] = {
        {"nucleo_h7a3zi_q", 0x58024554, 0x58024474, 1, 0x58024800, 1u << 8, 0x58024470, 0x58004000,
         1u << 16, 3},
        {"nucleo_u575zi_q", 0x46020CA8, 0x46020CF0, 1u << 26, 0x46020828, 1, 0x46020CF0, 0x46007800,
         1u << 21, 0},
        {"nucleo_g0b1re", 0x4002103C, 0x40021060, 1, 0x40007000, 1u << 8, 0x4002105C, 0x40002800,
         1u << 10, 0},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        the_rtc_wakes(&places[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernel_clocks),
        cmocka_unit_test(test_i2c),
        cmocka_unit_test(test_window_watchdog),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_every_peripheral_answers),
        cmocka_unit_test(test_f746_rng),
        cmocka_unit_test(test_f746_button),
        cmocka_unit_test(test_h7a3_adc),
        cmocka_unit_test(test_rtc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
