/* STM32G0B1 on the board NUCLEO-G0B1RE: clocks, power, flash and its read path, EXTI, SYSCFG. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <mote/board.h>
#include <mote/channel.h>
#include <mote/clock.h>
#include <mote/core.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>
#include "support/board_fixture.h"

#define RCC    0x40021000u
#define PWR    0x40007000u
#define FLASHR 0x40022000u
#define EXTI   0x40021800u
#define SYSCFG 0x40010000u
#define FLASH  0x08000000u
#define RAM    0x20000000u

static int setup(void **state)
{
    (void)state;
    return board_fixture("nucleo_g0b1re");
}

/* HSI16 / 1 * 8 / 2 = 64 MHz, two wait states. */
static void speed_up(void)
{
    put(RCC + 0x0C, 1u << 29 | 1u << 28 | 8u << 8 | 2);
    put(RCC, get(RCC) | 1u << 24);
    pass_us(50);
    put(FLASHR, (get(FLASHR) & ~7u) | 2);
    put(RCC + 0x08, 2);
}

/* ---- RCC and PWR -------------------------------------------------------------------------------
 */

static void test_clocks(void **state)
{
    (void)state;
    assert_int_equal(input_hz("cpu0", 0), 16000000);
    put(RCC, get(RCC) | 2u << 11); /* HSIDIV = 4 */
    assert_int_equal(input_hz("cpu0", 0), 4000000);
    put(RCC, get(RCC) & ~(7u << 11));
    put(RCC + 0x0C, 1u << 29 | 1u << 28 | 8u << 8 | 2);
    put(RCC + 0x08, 2); /* not before the PLL is ready */
    assert_int_equal(get(RCC + 0x08) >> 3 & 7, 0);
    put(RCC, get(RCC) | 1u << 24);
    assert_false(get(RCC) & 1u << 25);
    pass_us(50);
    assert_true(get(RCC) & 1u << 25);
    assert_int_equal(get(RCC + 0x08) >> 3 & 7, 2);
    assert_int_equal(input_hz("cpu0", 0), 64000000);
    put(RCC, get(RCC) & ~(1u << 24 | 1u << 8)); /* both are in use */
    assert_int_equal(input_hz("cpu0", 0), 64000000);
    put(RCC + 0x0C, 1u << 28 | 16u << 8 | 2); /* refused while the PLL is on */
    assert_int_equal(input_hz("cpu0", 0), 64000000);
    put(RCC + 0x08, 2 | 8u << 8 | 5u << 12); /* HPRE 2, PPRE 4 */
    assert_int_equal(input_hz("cpu0", 0), 32000000);
    assert_int_equal(input_hz("timers2", 0), 0);
    put(RCC + 0x3C, get(RCC + 0x3C) | 1 | 1u << 17); /* TIM2EN, USART2EN */
    assert_int_equal(input_hz("timers2", 0), 16000000);
    assert_int_equal(input_hz("usart2", 0), 8000000);
    assert_int_equal(input_hz("usart2", 1), 8000000);
    put(RCC + 0x54, 2u << 2); /* USART2 from HSI16 */
    assert_int_equal(input_hz("usart2", 1), 16000000);
}

static void test_rtc_domain_is_protected(void **state)
{
    (void)state;
    put(RCC + 0x3C, 1u << 28); /* PWREN */
    put(RCC + 0x5C, 1);
    assert_int_equal(get(RCC + 0x5C), 0);
    put(PWR, get(PWR) | 1u << 8); /* DBP */
    put(RCC + 0x5C, 1);
    pass_us(2000000);
    assert_int_equal(get(RCC + 0x5C), 3);
}

static void test_voltage_range(void **state)
{
    (void)state;
    put(RCC + 0x3C, 1u << 28);
    struct mote_device *pwr = mote_system_find(sys, "pwr");
    assert_string_equal(pwr->cls->power_states[pwr->power_state], "run_range1");
    put(PWR, (get(PWR) & ~0x600u) | 0x400);
    assert_string_equal(pwr->cls->power_states[pwr->power_state], "run_range2");
    put(PWR, get(PWR) | 0x600); /* does not exist */
    assert_int_equal(get(PWR) & 0x600, 0x400);
    put(PWR, (get(PWR) & ~0x600u) | 0x200);
    assert_true(get(PWR + 0x14) & 1u << 10); /* VOSF */
    pass_us(25);
    assert_false(get(PWR + 0x14) & 1u << 10);
}

static void test_stop_and_its_end(void **state)
{
    (void)state;
    struct mote_device *pwr = mote_system_find(sys, "pwr");
    put(RCC + 0x3C, 1u << 28);
    speed_up();
    put(PWR, get(PWR) | 1); /* Stop 1 */
    mote_wire_drive(pwr, 1, 1);
    assert_string_equal(pwr->cls->power_states[pwr->power_state], "stop1");
    assert_int_equal(input_hz("cpu0", 0), 0);
    mote_wire_drive(pwr, 1, 0);
    pass_us(8);
    assert_int_equal(input_hz("cpu0", 0), 0);
    pass_us(2);
    assert_int_equal(input_hz("cpu0", 0), 16000000); /* HSISYS, PLL off */
    assert_false(get(RCC) & 1u << 24);
}

/* ---- flash -------------------------------------------------------------------------------------
 */

static void unlock(void)
{
    put(FLASHR + 0x08, 0x45670123);
    put(FLASHR + 0x08, 0xCDEF89AB);
    assert_false(get(FLASHR + 0x14) >> 31);
}

static void test_programming_and_erasing(void **state)
{
    (void)state;
    const uint32_t at = FLASH + 0x40800; /* bank 2, page 1 */
    put(at, 1);                          /* locked */
    assert_int_equal(get(FLASHR + 0x10) & 0x80, 0x80);
    put(FLASHR + 0x10, 0xC3FA);
    unlock();
    put(FLASHR + 0x14, 1);
    put(at, 0x11223344);
    put(at + 4, 0x55667788);
    assert_int_equal(get(FLASHR + 0x10) & 0x70000, 0x60000); /* BSY2, CFGBSY */
    pass_us(90);
    assert_int_equal(get(FLASHR + 0x10), 0);
    assert_int_equal(get(at), 0x11223344);
    assert_int_equal(get(at + 4), 0x55667788);
    put(at, 0); /* not erased, and not all zero */
    put(at + 4, 1);
    assert_int_equal(get(FLASHR + 0x10), 8); /* PROGERR */
    put(FLASHR + 0x10, 8);
    put(FLASHR + 0x14, 1u << 16 | 1u << 13 | 1u << 3 | 2); /* page 1 of bank 2 */
    assert_true(get(FLASHR + 0x10) & 0x20000);
    pass_us(22100);
    assert_int_equal(get(at), 0xFFFFFFFF);
    put(FLASHR + 0x14, 1u << 16 | 200u << 3 | 2); /* a bank has 128 pages */
    assert_int_equal(get(FLASHR + 0x10), 0x80);
}

static void test_option_bytes(void **state)
{
    (void)state;
    uint32_t optr = get(FLASHR + 0x20);
    put(FLASHR + 0x20, optr & ~(1u << 21));
    assert_int_equal(get(FLASHR + 0x20), optr); /* locked */
    unlock();
    put(FLASHR + 0x0C, 0x08192A3B);
    put(FLASHR + 0x0C, 0x4C5D6E7F);
    put(FLASHR + 0x2C, 1u << 16); /* WRP1A: pages 0 and 1 */
    put(FLASHR + 0x14, 1u << 17);
    pass_us(23000);
    put(FLASHR + 0x14, 1u << 27); /* OBL_LAUNCH */
    assert_true(mote_reset_requested(sys));
    mote_system_reset(sys);
    assert_int_equal(get(FLASHR + 0x2C), 1u << 16);
    assert_true(get(RCC + 0x60) & 1u << 25); /* OBLRSTF */
    unlock();
    put(FLASHR + 0x14, 1u << 16 | 1u << 3 | 2);
    assert_int_equal(get(FLASHR + 0x10), 0x10); /* WRPERR */
}

/* ---- the read path -----------------------------------------------------------------------------
 */

/* Cycles of `count` instructions of the code at FLASH + 0x100, after `before` of them. ACR: latency
 * 0 to 2, PRFTEN 0x100, ICEN 0x200. r1 and r3 point into flash. */
static uint64_t cycles(const uint16_t *code, size_t halfwords, uint32_t acr, uint32_t before,
                       uint32_t count)
{
    static const uint32_t vectors[] = {RAM + 0x1000, FLASH + 0x101};
    struct mote_core_totals from, to;
    struct mote_core *core = mote_system_core(sys);
    mote_mem_load_image(sys, FLASH, vectors, sizeof vectors);
    mote_mem_load_image(sys, FLASH + 0x100, code, 2 * halfwords);
    mote_system_reset(sys);
    core->ops->set_boot_address(core, FLASH);
    put(FLASHR, acr);
    (void)core->ops->read_register(core, 15);
    core->ops->write_register(core, 1, FLASH + 0x2000);
    for (uint32_t i = 0; i < before; i++)
        core->ops->step(core);
    core->ops->totals(core, &from);
    for (uint32_t i = 0; i < count; i++)
        core->ops->step(core);
    core->ops->totals(core, &to);
    return to.cycles - from.cycles;
}
#define CYCLES(code, acr, before, count) cycles(code, sizeof(code) / 2, acr, before, count)

#define NOP     0xBF00
#define NOPS_4  NOP, NOP, NOP, NOP
#define NOPS_16 NOPS_4, NOPS_4, NOPS_4, NOPS_4
/* B to a halfword `back` before this one. */
#define BACK(back) (uint16_t)(0xE000 | (0x7FF & (-(back)-2)))

static const uint16_t straight[] = {NOPS_16, NOPS_16, NOPS_16};

static void test_straight_line_code(void **state)
{
    (void)state;
    /* A line of four instructions is read in one cycle and the wait states. */
    assert_int_equal(CYCLES(straight, 0, 16, 16), 16);
    assert_int_equal(CYCLES(straight, 1, 16, 16), 16 + 4 * 1);
    assert_int_equal(CYCLES(straight, 2, 16, 16), 16 + 4 * 2);
    /* Reading ahead hides it all; the cache does nothing for it. */
    assert_int_equal(CYCLES(straight, 0x102, 16, 16), 16);
    assert_int_equal(CYCLES(straight, 0x101, 16, 16), 16);
    assert_int_equal(CYCLES(straight, 0x202, 16, 16), 16 + 4 * 2);
}

static void test_loops(void **state)
{
    (void)state;
    static const uint16_t four[] = {NOPS_4, NOPS_4, NOPS_4, NOP, NOP, NOP, BACK(15), NOPS_16};
    static const uint16_t five[] = {NOPS_4, NOPS_4, NOPS_4,   NOPS_4, NOP,
                                    NOP,    NOP,    BACK(19), NOPS_16};
    /* Sixteen instructions, the last a branch of two cycles. */
    assert_int_equal(CYCLES(four, 0, 32, 16), 17);
    assert_int_equal(CYCLES(four, 2, 32, 16), 17 + 4 * 2);
    /* Reading ahead: the branch target is not the next line. */
    assert_int_equal(CYCLES(four, 0x102, 32, 16), 17 + 2);
    /* Four lines stay in the cache, five do not. */
    assert_int_equal(CYCLES(four, 0x202, 32, 16), 17);
    assert_int_equal(CYCLES(four, 0x302, 32, 16), 17);
    assert_int_equal(CYCLES(five, 0x202, 40, 20), 21 + 5 * 2);
    assert_true(CYCLES(five, 0x302, 40, 20) >= 21 + 2);
}

static void test_loads_are_not_cached(void **state)
{
    (void)state;
    /* LDR r0, [r1]; NOP x 3; four times the same word: each waits. */
#define LOAD_4 0x6808, NOP, NOP, NOP
    static const uint16_t loop[] = {LOAD_4, LOAD_4, LOAD_4, 0x6808, NOP, NOP, BACK(15), NOPS_16};
    assert_int_equal(CYCLES(loop, 0x200, 32, 16), 21);
    assert_int_equal(CYCLES(loop, 0x201, 32, 16), 21 + 4 * 1);
    assert_int_equal(CYCLES(loop, 0x202, 32, 16), 21 + 4 * 2);
    /* Where a load comes in its line matters to a read ahead that is under way. */
#define NOPS_LOAD NOP, NOP, NOP, 0x6808
    static const uint16_t first[] = {LOAD_4, LOAD_4, LOAD_4, LOAD_4, LOAD_4, LOAD_4, LOAD_4};
    static const uint16_t last[] = {NOPS_LOAD, NOPS_LOAD, NOPS_LOAD, NOPS_LOAD, NOPS_LOAD};
    assert_int_equal(CYCLES(first, 0x102, 8, 8), 10 + 2 * 2);
    assert_int_equal(CYCLES(last, 0x102, 8, 8), 10 + 2 * (2 + 1));
}

static void test_gpio_is_on_the_io_port(void **state)
{
    (void)state;
    static const uint16_t code[] = {0x2205, 0x0712, 0x6910, 0x6190, 0x2204, 0x0712, 0x6810, NOP};
    /* r2 = GPIOA: LDR, STR; r2 = TIM2: LDR */
    assert_int_equal(CYCLES(code, 0, 2, 2), 2);
    assert_int_equal(CYCLES(code, 0, 6, 1), 2);
}

/* Blocks prepared for speed cost what their instructions cost one by one. */
static void test_running_costs_what_stepping_costs(void **state)
{
    (void)state;
    static const uint16_t loop[] = {NOP,    0x6808, 0x9001, NOP,    0x9A01, 0x4353, 0x6808,
                                    0x6808, NOP,    0xB40F, 0xBC0F, 0x3401, 0x9001, BACK(13)};
    struct mote_core *core = mote_system_core(sys);
    struct mote_core_totals run, step = {0};
    (void)CYCLES(loop, 0x302, 0, 0);
    unlock();
    put(FLASHR + 0x14, 1); /* an operation in bank 2, whose end is an event */
    put(FLASH + 0x40000, 1);
    put(FLASH + 0x40004, 2);
    (void)core->ops->run(core);
    core->ops->totals(core, &run);
    assert_true(run.instructions > 500);
    (void)teardown(NULL);
    (void)setup(NULL);
    uint64_t stepped = CYCLES(loop, 0x302, 0, (uint32_t)run.instructions);
    mote_system_core(sys)->ops->totals(mote_system_core(sys), &step);
    assert_int_equal(step.instructions, run.instructions);
    assert_int_equal(stepped, run.cycles);
}

/* ---- ADC ---------------------------------------------------------------------------------------
 */

#define ADC 0x40012400u

static double volts(void *user, uint64_t at_ps)
{
    (void)at_ps;
    return *(const double *)user;
}

static void test_adc(void **state)
{
    (void)state;
    static double applied = 1.1;
    struct mote_device *adc = mote_system_find(sys, "adc1");
    const struct mote_stimulus stimulus = {volts, &applied};
    assert_true(mote_channel_connect(adc, 3, &stimulus));
    put(RCC + 0x40, 1u << 20); /* ADCEN; its clock is SYSCLK */
    put(ADC + 0x08, 1);        /* without its regulator */
    assert_int_equal(get(ADC + 0x08), 0);
    put(ADC + 0x08, 1u << 28);
    pass_us(20);
    put(ADC + 0x08, 1u << 28 | 1u << 31);
    pass_us(6); /* 82 cycles at 16 MHz */
    assert_int_equal(get(ADC + 0x08), 1u << 28);
    put(ADC + 0x08, 1u << 28 | 1);
    pass_us(1);
    assert_true(get(ADC) & 1);
    put(ADC + 0x308, 1u << 22);          /* VREFEN */
    put(ADC + 0x28, 1u << 3 | 1u << 13); /* channel 3, then VREFINT */
    put(ADC + 0x14, 7 | 2u << 4 | 1u << 11);
    put(ADC + 0x08, 1u << 28 | 1 | 4);
    pass_us(1); /* 7.5 + 12.5 cycles are 1.25 us */
    assert_false(get(ADC) & 4);
    mote_run_events(sys, mote_now_ps(sys) + US / 2);
    assert_int_equal(get(ADC) & 0xC, 4);
    assert_int_equal(get(ADC + 0x40), 1365); /* 1.1 V of 3.3 V */
    assert_false(get(ADC) & 4);
    pass_us(11); /* 160.5 + 12.5 cycles */
    assert_int_equal(get(ADC) & 0x1C, 0xC);
    assert_int_equal(get(ADC + 0x40), 1504); /* 1.212 V */
    assert_int_equal(get(ADC + 0x08), 1u << 28 | 1);
    put(ADC, 0x2B9F);
    put(ADC + 0x0C, 1u << 21 | 1u << 3 | 1u << 5); /* the list, 10 bits, left-aligned */
    put(ADC + 0x28, 0xFFFFFFF3);
    put(ADC + 0x08, 1u << 28 | 1 | 4);
    pass_us(2);
    assert_int_equal(get(ADC + 0x40), 341u << 6);
}

/* ---- EXTI and SYSCFG ---------------------------------------------------------------------------
 */

static void test_pin_interrupt(void **state)
{
    (void)state;
    struct mote_device *gpio = mote_system_find(sys, "gpioc");
    struct mote_device *exti = mote_system_find(sys, "exti");
    put(RCC + 0x34, 4);                            /* port C */
    put(0x50000800, get(0x50000800) & ~(3u << 8)); /* PC4 input */
    put(EXTI + 0x64, 2);                           /* EXTI4: port C */
    put(EXTI + 0x04, 1u << 4);                     /* falling */
    put(EXTI + 0x80, get(EXTI + 0x80) | 1u << 4);
    mote_wire_drive(gpio, 4, 1);
    assert_int_equal(get(EXTI + 0x10), 0);
    mote_wire_drive(gpio, 4, 0);
    assert_int_equal(get(EXTI + 0x10), 1u << 4);
    assert_int_equal(mote_wire_output(exti, 2), 1); /* EXTI4_15 */
    put(EXTI + 0x10, 1u << 4);
    assert_int_equal(mote_wire_output(exti, 2), 0);
    put(EXTI + 0x08, 1u << 4); /* by software, as a rising edge */
    assert_int_equal(get(EXTI + 0x0C), 1u << 4);
}

static void test_shared_interrupts_have_a_status(void **state)
{
    (void)state;
    put(RCC + 0x40, 1);                   /* SYSCFGEN */
    put(RCC + 0x3C, 1u << 20 | 1u << 28); /* LPUART1, PWR */
    assert_int_equal(get(SYSCFG + 0x80 + 4 * 29), 0);
    put(0x40008000, 0x8D);                            /* UE, TE, TXEIE */
    assert_int_equal(get(SYSCFG + 0x80 + 4 * 29), 4); /* LPUART1 */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_clocks),
        TEST(test_rtc_domain_is_protected),
        TEST(test_voltage_range),
        TEST(test_stop_and_its_end),
        TEST(test_programming_and_erasing),
        TEST(test_option_bytes),
        TEST(test_straight_line_code),
        TEST(test_loops),
        TEST(test_loads_are_not_cached),
        TEST(test_gpio_is_on_the_io_port),
        TEST(test_running_costs_what_stepping_costs),
        TEST(test_adc),
        TEST(test_pin_interrupt),
        TEST(test_shared_interrupts_have_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
