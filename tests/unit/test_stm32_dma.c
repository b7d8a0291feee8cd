/* STM32L4+ DMA and DMAMUX, on the board: memory to memory, requests, circular mode, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "support/bench.h"
#include "support/stm32_board.h"

#define DMA1     0x40020000u
#define DMAMUX   0x40020800u
#define ISR      (DMA1 + 0x00)
#define IFCR     (DMA1 + 0x04)
#define CCR(n)   (DMA1 + 0x08 + 20 * ((n)-1))
#define CNDTR(n) (DMA1 + 0x0C + 20 * ((n)-1))
#define CPAR(n)  (DMA1 + 0x10 + 20 * ((n)-1))
#define CMAR(n)  (DMA1 + 0x14 + 20 * ((n)-1))
#define FROM     0x20000100u
#define TO       0x20040200u /* SRAM3 */

#define EN      1u
#define TCIE    2u
#define HTIE    4u
#define TEIE    8u
#define DIR     0x10u
#define CIRC    0x20u
#define PINC    0x40u
#define MINC    0x80u
#define P16     0x100u
#define P32     0x200u
#define M16     0x400u
#define M32     0x800u
#define HIGH    0x2000u
#define MEM2MEM 0x4000u

static struct stm32_board *board_with_dma(void)
{
    struct stm32_board *b = stm32_board_new();
    stm32_set_bits(b, RCC_BASE + 0x48, 7);
    return b;
}

static void start(struct stm32_board *b, uint32_t channel, uint32_t from, uint32_t to,
                  uint32_t items, uint32_t ccr)
{
    stm32_write(b, CPAR(channel), from);
    stm32_write(b, CMAR(channel), to);
    stm32_write(b, CNDTR(channel), items);
    stm32_write(b, CCR(channel), ccr);
    stm32_write(b, CCR(channel), ccr | EN);
}

static void test_memory_to_memory(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_dma();
    struct mote_device *dma = stm32_device(b, "dma1");
    for (uint32_t i = 0; i < 100; i++)
        stm32_write(b, FROM + 4 * i, 0x1000000 + i);
    start(b, 3, FROM, TO, 100, MEM2MEM | PINC | MINC | P32 | M32 | TCIE | HTIE);
    /* 5 cycles an item at 4 MHz: 125 us in all. */
    stm32_run_ps(b, 62 * US_PS);
    assert_int_equal(stm32_read(b, ISR), 0);
    stm32_run_ps(b, 1 * US_PS);
    assert_int_equal(stm32_read(b, ISR), 0x5u << 8); /* GIF, HTIF of channel 3 */
    assert_int_equal(bench_level(dma, "irq", 2), 1);
    stm32_write(b, IFCR, 4u << 8);
    assert_int_equal(stm32_read(b, ISR), 0);
    assert_int_equal(bench_level(dma, "irq", 2), 0);
    stm32_run_ps(b, 61 * US_PS);
    assert_int_equal(stm32_read(b, ISR), 0);
    stm32_run_ps(b, 2 * US_PS);
    assert_int_equal(stm32_read(b, ISR), 3u << 8);
    assert_int_equal(stm32_read(b, CNDTR(3)), 0);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(stm32_read(b, TO + 4 * i), 0x1000000 + i);
    stm32_board_free(b);
}

static void test_sizes(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_dma();
    stm32_write(b, FROM, 0x44332211);
    stm32_write(b, TO, 0xFFFFFFFF);
    start(b, 1, FROM, TO, 2, MEM2MEM | PINC | MINC | M16); /* bytes to half-words */
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, TO), 0x00220011);
    stm32_write(b, CCR(1), 0);
    stm32_write(b, TO, 0xFFFFFFFF);
    start(b, 1, FROM, TO, 2, MEM2MEM | PINC | MINC | P16); /* half-words to bytes */
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, TO), 0xFFFF3311);
    stm32_board_free(b);
}

/* A level request moves items until it falls; a pulse moves one. Request line 8 (TIM6_UP) and 34
 * (LPUART1_RX) are driven by hand. */
static void test_requests_and_circular_mode(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_dma();
    struct mote_device *mux = stm32_device(b, "dmamux1");
    stm32_write(b, DMAMUX + 4, 8); /* channel 2 */
    for (uint32_t i = 0; i < 4; i++)
        stm32_write(b, FROM + 4 * i, 10 + i);
    start(b, 2, TO, FROM, 4, DIR | CIRC | MINC | P32 | M32 | HTIE);
    stm32_run_ps(b, MS_PS);
    assert_int_equal(stm32_read(b, CNDTR(2)), 4); /* nobody asked */
    for (uint32_t i = 0; i < 10; i++) {
        bench_drive(mux, "request", 8, 1);
        bench_drive(mux, "request", 8, 0);
        stm32_run_ps(b, 10 * US_PS);
        assert_int_equal(stm32_read(b, TO), 10 + i % 4);
        assert_int_equal(stm32_read(b, CNDTR(2)), 4 - (i + 1) % 4);
    }
    assert_int_equal(stm32_read(b, ISR), 7u << 4);
    bench_drive(mux, "request", 8, 1);
    stm32_run_ps(b, 100 * US_PS); /* 80 items of 1.25 us */
    bench_drive(mux, "request", 8, 0);
    assert_int_equal(stm32_read(b, CNDTR(2)), 2);
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, CNDTR(2)), 2);
    stm32_board_free(b);
}

static void test_request_line_selection(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_dma();
    struct mote_device *mux = stm32_device(b, "dmamux1");
    bench_drive(mux, "request", 34, 1);
    assert_int_equal(bench_level(mux, "channel", 0), 0);
    stm32_write(b, DMAMUX, 34);
    assert_int_equal(bench_level(mux, "channel", 0), 1);
    stm32_write(b, DMAMUX + 4 * 13, 34); /* channel 7 of DMA2 */
    assert_int_equal(mote_wire_input(stm32_device(b, "dma2"), 6), 1);
    stm32_write(b, DMAMUX, 0);
    assert_int_equal(bench_level(mux, "channel", 0), 0);
    stm32_board_free(b);
}

static void test_priorities(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_dma();
    stm32_write(b, FROM, 1);
    start(b, 1, FROM, TO, 1, MEM2MEM | P32 | M32);
    start(b, 2, FROM, TO + 4, 1, MEM2MEM | P32 | M32);
    start(b, 4, FROM, TO + 8, 1, MEM2MEM | P32 | M32 | HIGH);
    /* Channel 1 is under way; then the high one, then channel 2. */
    stm32_run_ps(b, 1250000);
    assert_int_equal(stm32_read(b, ISR), 0x3);
    stm32_run_ps(b, 1250000);
    assert_int_equal(stm32_read(b, ISR), 0x3003);
    stm32_run_ps(b, 1250000);
    assert_int_equal(stm32_read(b, ISR), 0x3033);
    stm32_board_free(b);
}

static void test_bus_error_and_guarded_registers(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_dma();
    start(b, 5, 0x60000000, TO, 4, MEM2MEM | PINC | MINC | P32 | M32 | TEIE);
    stm32_write(b, CNDTR(5), 1); /* ignored while on */
    assert_int_equal(stm32_read(b, CNDTR(5)), 4);
    stm32_run_ps(b, 100 * US_PS);
    assert_int_equal(stm32_read(b, ISR), 9u << 16); /* GIF, TEIF */
    assert_int_equal(stm32_read(b, CCR(5)) & EN, 0);
    assert_int_equal(bench_level(stm32_device(b, "dma1"), "irq", 4), 1);
    stm32_board_free(b);
}

static void test_no_clock_no_transfer(void **state)
{
    (void)state;
    struct stm32_board *b = board_with_dma();
    stm32_write(b, FROM, 77);
    start(b, 1, FROM, TO, 1, MEM2MEM | P32 | M32);
    stm32_write(b, RCC_BASE + 0x48, 0);
    stm32_run_ps(b, MS_PS);
    assert_int_equal(stm32_read(b, TO), 0);
    stm32_write(b, RCC_BASE + 0x48, 1);
    stm32_run_ps(b, 10 * US_PS);
    assert_int_equal(stm32_read(b, TO), 77);
    stm32_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_to_memory),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_requests_and_circular_mode),
        cmocka_unit_test(test_request_line_selection),
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_bus_error_and_guarded_registers),
        cmocka_unit_test(test_no_clock_no_transfer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
