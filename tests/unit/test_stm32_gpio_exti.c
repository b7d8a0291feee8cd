/* STM32L4+ GPIO, SYSCFG and EXTI together, on the board. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/bench.h"
#include "support/stm32_board.h"

#define GPIOB  0x48000400u
#define GPIOC  0x48000800u
#define MODER  0x00u
#define OTYPER 0x04u
#define PUPDR  0x0Cu
#define IDR    0x10u
#define ODR    0x14u
#define BSRR   0x18u
#define LCKR   0x1Cu
#define AFRH   0x24u
#define BRR    0x28u
#define SYSCFG 0x40010000u
#define EXTI   0x40010400u
#define IMR1   (EXTI + 0x00)
#define EMR1   (EXTI + 0x04)
#define RTSR1  (EXTI + 0x08)
#define FTSR1  (EXTI + 0x0C)
#define SWIER1 (EXTI + 0x10)
#define PR1    (EXTI + 0x14)

static struct stm32_board *board_with_ports(void)
{
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, RCC_BASE + 0x4C, 0x1FF);
    stm32_set_bits(b, RCC_BASE + 0x60, 1);
    return b;
}

static void set_mode(struct stm32_board *b, uint32_t port, uint32_t pin, uint32_t mode)
{
    uint32_t moder = stm32_read(b, port + MODER) & ~(3u << (2 * pin));
    stm32_write(b, port + MODER, moder | mode << (2 * pin));
}

static void test_reset_values(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_ports();
    assert_int_equal(stm32_read(b, 0x48000000), 0xABFFFFFF);
    assert_int_equal(stm32_read(b, 0x48000008), 0x0C000000);
    assert_int_equal(stm32_read(b, 0x4800000C), 0x64000000);
    assert_int_equal(stm32_read(b, GPIOB), 0xFFFFFEBF);
    assert_int_equal(stm32_read(b, GPIOC), 0xFFFFFFFF);
    assert_int_equal(stm32_read(b, IMR1), 0xFF820000);
    assert_int_equal(stm32_read(b, EXTI + 0x20), 0xFFFFFF87);
    stm32_board_free(b);
}

static void test_outputs_and_led(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_ports();
    struct mote_device *led = stm32_device(b, "green_led_0");
    struct mote_device *port = stm32_device(b, "gpioc");
    assert_int_equal(bench_level(port, "pin", 7), MOTE_WIRE_Z);
    set_mode(b, GPIOC, 7, 1);
    assert_int_equal(bench_level(port, "pin", 7), 0);
    stm32_write(b, GPIOC + BSRR, 1u << 7);
    assert_int_equal(bench_level(port, "pin", 7), 1);
    assert_int_equal(mote_wire_input(led, 0), 1);
    assert_int_equal(stm32_read(b, GPIOC + IDR), 1u << 7);
    stm32_write(b, GPIOC + BSRR, 1u << 7 | 1u << 23); /* set wins */
    assert_int_equal(stm32_read(b, GPIOC + ODR), 1u << 7);
    stm32_write(b, GPIOC + BRR, 1u << 7);
    assert_int_equal(mote_wire_input(led, 0), 0);
    stm32_write(b, GPIOC + ODR, 0xFFFF);
    assert_int_equal(mote_wire_input(led, 0), 1);
    stm32_set_bits(b, GPIOC + OTYPER, 1u << 7); /* open drain lets go of a 1 */
    assert_int_equal(bench_level(port, "pin", 7), MOTE_WIRE_Z);
    stm32_write(b, GPIOC + ODR, 0);
    assert_int_equal(bench_level(port, "pin", 7), 0);
    stm32_board_free(b);
}

static void test_inputs_and_pulls(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_ports();
    struct mote_device *port = stm32_device(b, "gpiob");
    set_mode(b, GPIOB, 5, 0);
    assert_int_equal(stm32_read(b, GPIOB + IDR) & 1u << 5, 0);
    stm32_set_bits(b, GPIOB + PUPDR, 1u << 10);
    assert_int_equal(stm32_read(b, GPIOB + IDR) & 1u << 5, 1u << 5);
    bench_drive(port, "pin", 5, 0);
    assert_int_equal(stm32_read(b, GPIOB + IDR) & 1u << 5, 0);
    bench_drive(port, "pin", 5, 1);
    assert_int_equal(stm32_read(b, GPIOB + IDR) & 1u << 5, 1u << 5);
    set_mode(b, GPIOB, 5, 3); /* analogue: the input stage is off */
    assert_int_equal(stm32_read(b, GPIOB + IDR) & 1u << 5, 0);
    stm32_board_free(b);
}

static void test_lock(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_ports();
    stm32_write(b, GPIOB + LCKR, 0x10000 | 1u << 9);
    stm32_write(b, GPIOB + LCKR, 1u << 8); /* broken sequence */
    stm32_write(b, GPIOB + LCKR, 0x10000 | 1u << 9);
    assert_int_equal(stm32_read(b, GPIOB + LCKR) & 0x10000, 0);
    stm32_write(b, GPIOB + LCKR, 1u << 9);
    stm32_write(b, GPIOB + LCKR, 0x10000 | 1u << 9);
    assert_int_equal(stm32_read(b, GPIOB + LCKR), 0x10000 | 1u << 9);
    stm32_write(b, GPIOB + MODER, 0);
    assert_int_equal(stm32_read(b, GPIOB + MODER), 3u << 18);
    stm32_write(b, GPIOB + AFRH, 0x77777777);
    assert_int_equal(stm32_read(b, GPIOB + AFRH), 0x77777707);
    stm32_write(b, GPIOB + ODR, 1u << 9); /* data stay free */
    assert_int_equal(stm32_read(b, GPIOB + ODR), 1u << 9);
    stm32_board_free(b);
}

static void press(struct stm32_board *b, int level)
{
    mote_wire_drive(stm32_device(b, "user_button"), 0, level);
}

static void test_button_interrupt(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_ports();
    struct mote_device *exti = stm32_device(b, "exti");
    set_mode(b, GPIOC, 13, 0);
    stm32_write(b, SYSCFG + 0x14, 2u << 4); /* EXTI13: port C */
    stm32_write(b, RTSR1, 1u << 13);
    press(b, 1);
    assert_int_equal(stm32_read(b, PR1), 1u << 13);
    assert_int_equal(bench_level(exti, "irq", 6), 0); /* masked */
    stm32_set_bits(b, IMR1, 1u << 13);
    assert_int_equal(bench_level(exti, "irq", 6), 1); /* EXTI15_10 */
    stm32_write(b, PR1, 1u << 13);
    assert_int_equal(bench_level(exti, "irq", 6), 0);
    press(b, 0); /* falling: not asked for */
    assert_int_equal(stm32_read(b, PR1), 0);
    stm32_write(b, FTSR1, 1u << 13);
    press(b, 1);
    assert_int_equal(bench_level(exti, "irq", 6), 1);
    stm32_write(b, PR1, 1u << 13);
    press(b, 0);
    assert_int_equal(stm32_read(b, PR1), 1u << 13);
    stm32_write(b, PR1, 1u << 13);
    stm32_write(b, SYSCFG + 0x14, 1u << 4); /* line 13 now belongs to port B */
    press(b, 1);
    assert_int_equal(stm32_read(b, PR1), 0);
    /* PA13 (SWDIO) has a pull-up after reset: selecting port A is itself a rising edge. */
    stm32_write(b, SYSCFG + 0x14, 0);
    assert_int_equal(stm32_read(b, PR1), 1u << 13);
    stm32_board_free(b);
}

static uint32_t pulses;

static void watch(void *user, const struct mote_device *dev, uint32_t output, int level)
{
    if (dev == user && output == 12 && level == 1)
        pulses++;
}

static void test_software_trigger_and_events(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_ports();
    struct mote_device *exti = stm32_device(b, "exti");
    stm32_write(b, SWIER1, 1u << 3);
    assert_int_equal(stm32_read(b, PR1), 0); /* neither interrupt nor event enabled */
    stm32_write(b, PR1, 1u << 3);            /* clears the trigger too */
    assert_int_equal(stm32_read(b, SWIER1), 0);
    stm32_set_bits(b, IMR1, 1u << 3);
    stm32_write(b, SWIER1, 1u << 3);
    assert_int_equal(stm32_read(b, PR1), 1u << 3);
    assert_int_equal(bench_level(exti, "irq", 3), 1);
    stm32_write(b, PR1, 1u << 3);
    assert_int_equal(stm32_read(b, SWIER1), 0);
    assert_int_equal(bench_level(exti, "irq", 3), 0);
    pulses = 0;
    assert_true(mote_wire_add_watch(b->sys, watch, exti));
    stm32_write(b, EMR1, 1u << 3);
    stm32_write(b, SWIER1, 1u << 3);
    assert_int_equal(pulses, 1);
    stm32_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values),     cmocka_unit_test(test_outputs_and_led),
        cmocka_unit_test(test_inputs_and_pulls), cmocka_unit_test(test_lock),
        cmocka_unit_test(test_button_interrupt), cmocka_unit_test(test_software_trigger_and_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
