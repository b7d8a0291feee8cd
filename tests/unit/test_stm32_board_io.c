/* Peripherals of the STM32L4R5 together, as the board file wires them: DMA requests, triggers from
 * timer to timer and to the ADC, EXTI lines, watchdog reset. All at the 4 MHz of MSI after reset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/bench.h"
#include "support/stm32_board.h"

#define AHB1ENR  (RCC_BASE + 0x48)
#define AHB2ENR  (RCC_BASE + 0x4C)
#define APB1ENR1 (RCC_BASE + 0x58)
#define APB1ENR2 (RCC_BASE + 0x5C)
#define APB2ENR  (RCC_BASE + 0x60)
#define CCIPR    (RCC_BASE + 0x88)
#define RCC_CSR  (RCC_BASE + 0x94)

#define DMA1       0x40020000u
#define DMAMUX     0x40020800u
#define EXTI_IMR1  0x40010400u
#define EXTI_RTSR1 0x40010408u
#define EXTI_PR1   0x40010414u
#define RAM        0x20000100u

#define USART2 0x40004400u
#define LPUART 0x40008000u
#define TIM2   0x40000000u
#define TIM3   0x40000400u
#define TIM6   0x40001000u
#define ADC    0x50040000u
#define RTC    0x40002800u
#define IWDG   0x40003000u

/* DMA channel 1 of DMA1 serves `request`: CCR without EN. */
static void dma(struct stm32_board *b, uint32_t request, uint32_t peripheral, uint32_t items,
                uint32_t ccr)
{
    stm32_set_bits(b, AHB1ENR, 5);
    stm32_write(b, DMAMUX, request);
    stm32_write(b, DMA1 + 0x10, peripheral);
    stm32_write(b, DMA1 + 0x14, RAM);
    stm32_write(b, DMA1 + 0x0C, items);
    stm32_write(b, DMA1 + 0x08, ccr | 1);
}

struct text {
    char bytes[64];
    size_t count;
    uint64_t last_ps;
};

static void collect(void *user, struct mote_device *dev, uint8_t byte)
{
    struct text *text = user;
    if (text->count < sizeof text->bytes - 1)
        text->bytes[text->count++] = (char)byte;
    text->last_ps = mote_now_ps(dev->sys);
}

static void test_usart_transmits_by_dma(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    struct text text = {.count = 0};
    assert_true(mote_uart_add_sink(stm32_device(b, "usart2"), collect, &text));
    stm32_set_bits(b, APB1ENR1, 1u << 17);
    assert_true(mote_mem_write(b->sys, RAM, "by DMA", 6));
    stm32_write(b, USART2 + 0x0C, 40); /* 4 MHz / 40: 10 us a bit */
    stm32_write(b, USART2 + 0x08, 1u << 7);
    stm32_write(b, USART2 + 0x00, 9);
    uint64_t start = mote_now_ps(b->sys);
    dma(b, 27, USART2 + 0x28, 6, 0x90); /* memory to peripheral, bytes */
    stm32_run_ps(b, 2 * MS_PS);
    assert_string_equal(text.bytes, "by DMA");
    /* The preamble and six frames without a gap. */
    assert_int_equal(text.last_ps - start, 7 * 100 * US_PS);
    assert_int_equal(stm32_read(b, USART2 + 0x1C) & 0xC0, 0xC0);
    stm32_board_free(b);
}

static void test_usart_receives_by_dma(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, APB1ENR1, 1u << 17);
    stm32_write(b, USART2 + 0x0C, 40);
    stm32_write(b, USART2 + 0x08, 1u << 6);
    stm32_write(b, USART2 + 0x00, 5);
    dma(b, 26, USART2 + 0x24, 4, 0xA0); /* circular, bytes */
    mote_uart_feed(stm32_device(b, "usart2"), (const uint8_t *)"0123456789", 10);
    stm32_run_ps(b, 2 * MS_PS);
    assert_int_equal(stm32_read(b, RAM), 0x37363938); /* 8 9 6 7 */
    assert_int_equal(stm32_read(b, DMA1 + 0x0C), 2);
    assert_int_equal(stm32_read(b, USART2 + 0x1C) & 0x28, 0); /* neither RXNE nor ORE */
    stm32_board_free(b);
}

static void test_lpuart_interrupt_reaches_its_line(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    struct mote_device *dev = stm32_device(b, "lpuart1");
    stm32_set_bits(b, APB1ENR2, 1);
    stm32_write(b, LPUART + 0x0C, 256 * 40);
    stm32_write(b, LPUART + 0x00, 5 | 1u << 5);
    mote_uart_feed(dev, (const uint8_t *)"x", 1);
    stm32_run_ps(b, 99 * US_PS);
    assert_int_equal(bench_level(dev, "irq", 0), 0);
    stm32_run_ps(b, 1 * US_PS);
    assert_int_equal(bench_level(dev, "irq", 0), 1);
    assert_int_equal(stm32_read(b, LPUART + 0x24), 'x');
    assert_int_equal(bench_level(dev, "irq", 0), 0);
    stm32_board_free(b);
}

static void test_timer_clock_doubles_behind_a_divider(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, APB1ENR1, 1);
    stm32_write(b, RCC_BASE + 0x08, 5u << 8); /* PCLK1 = HCLK / 4 = 1 MHz: timers get 2 MHz */
    stm32_write(b, TIM2 + 0x00, 1);
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, TIM2 + 0x24), 200);
    stm32_board_free(b);
}

static void test_timer_triggers_timer(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, APB1ENR1, 3);
    stm32_write(b, TIM3 + 0x08, 1u << 4 | 7); /* TIM3 counts ITR1: TIM2 */
    stm32_write(b, TIM3 + 0x00, 1);
    stm32_write(b, TIM2 + 0x04, 2u << 4); /* TRGO at update */
    stm32_write(b, TIM2 + 0x2C, 399);
    stm32_write(b, TIM2 + 0x00, 1);
    stm32_run_ps(b, 1050 * US_PS);
    assert_int_equal(stm32_read(b, TIM3 + 0x24), 10);
    stm32_board_free(b);
}

static double ramp(void *user, uint64_t at_ps)
{
    (void)user;
    return (double)at_ps * 1e-9; /* a volt per millisecond */
}

static void test_timer_adc_dma_chain(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    struct mote_device *adc = stm32_device(b, "adc1");
    struct mote_stimulus stimulus = {ramp, NULL};
    assert_true(mote_channel_connect(adc, (uint32_t)mote_channel_index(adc, "in5"), &stimulus));
    stm32_set_bits(b, APB1ENR1, 1u << 4);
    stm32_set_bits(b, AHB2ENR, 1u << 13);
    stm32_set_bits(b, CCIPR, 3u << 28); /* ADC on SYSCLK */
    stm32_write(b, ADC + 0x08, 0);
    stm32_write(b, ADC + 0x08, 1u << 28);
    stm32_run_ps(b, 100 * US_PS);
    stm32_write(b, ADC + 0x08, 1u << 28 | 1);
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, ADC + 0x00) & 1, 1);
    stm32_write(b, ADC + 0x30, 5u << 6);
    stm32_write(b, ADC + 0x0C, 1 | 13u << 6 | 1u << 10); /* DMA, rising edge of TIM6 TRGO */
    dma(b, 5, ADC + 0x40, 4, 0x580);                     /* half-words */
    stm32_write(b, ADC + 0x08, stm32_read(b, ADC + 0x08) | 4);
    stm32_write(b, TIM6 + 0x04, 2u << 4);
    stm32_write(b, TIM6 + 0x2C, 1999); /* every 500 us */
    stm32_write(b, TIM6 + 0x00, 1);
    stm32_run_ps(b, 3 * MS_PS);
    assert_int_equal(stm32_read(b, DMA1 + 0x0C), 0);
    uint16_t samples[4];
    assert_true(mote_mem_read(b->sys, RAM, samples, sizeof samples));
    /* Half a volt between two samples, in steps of the reference that the board declares. */
    uint32_t vref_mv = mote_prop_u32(adc, "vref-mv", 0);
    uint32_t step = vref_mv > 0 ? 4096 * 500 / vref_mv : 0;
    for (uint32_t i = 1; i < 4; i++)
        assert_in_range(samples[i] + 2 - samples[i - 1], step, step + 4);
    stm32_board_free(b);
}

static void test_rtc_wakeup_through_exti(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, APB1ENR1, 1u << 28 | 1u << 10); /* PWR, RTCAPB */
    stm32_set_bits(b, PWR_BASE, 1u << 8);             /* DBP */
    stm32_set_bits(b, RCC_CSR, 1);                    /* LSI */
    stm32_run_ps(b, 10 * MS_PS);
    stm32_write(b, RCC_BASE + 0x90, 2u << 8 | 1u << 15); /* RTC on LSI */
    stm32_write(b, RTC + 0x24, 0xCA);
    stm32_write(b, RTC + 0x24, 0x53);
    stm32_write(b, RTC + 0x14, 1999); /* 16 x 2000 cycles of 32 kHz */
    stm32_write(b, RTC + 0x08, 1u << 10 | 1u << 14);
    stm32_set_bits(b, EXTI_IMR1, 1u << 20);
    stm32_set_bits(b, EXTI_RTSR1, 1u << 20);
    stm32_run_ps(b, 990 * MS_PS);
    assert_int_equal(stm32_read(b, EXTI_PR1), 0);
    stm32_run_ps(b, 20 * MS_PS);
    assert_int_equal(stm32_read(b, EXTI_PR1), 1u << 20);
    stm32_board_free(b);
}

static void test_watchdog_resets_the_system(void **state)
{
    (void)state;
    struct stm32_board *b = stm32_board_new();
    stm32_write(b, IWDG, 0xCCCC); /* forces LSI on by itself */
    stm32_write(b, IWDG, 0x5555);
    stm32_write(b, IWDG + 0x08, 799); /* 800 x 4 cycles of 32 kHz */
    stm32_run_ps(b, 2 * MS_PS);
    stm32_write(b, IWDG, 0xAAAA);
    stm32_run_ps(b, 90 * MS_PS);
    assert_false(mote_reset_requested(b->sys));
    stm32_run_ps(b, 20 * MS_PS);
    assert_true(mote_take_reset_request(b->sys));
    mote_system_reset(b->sys);
    assert_int_equal(stm32_read(b, RCC_CSR) & (1u << 29), 1u << 29);
    stm32_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usart_transmits_by_dma),
        cmocka_unit_test(test_usart_receives_by_dma),
        cmocka_unit_test(test_lpuart_interrupt_reaches_its_line),
        cmocka_unit_test(test_timer_clock_doubles_behind_a_divider),
        cmocka_unit_test(test_timer_triggers_timer),
        cmocka_unit_test(test_timer_adc_dma_chain),
        cmocka_unit_test(test_rtc_wakeup_through_exti),
        cmocka_unit_test(test_watchdog_resets_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
