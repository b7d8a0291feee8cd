/*
 * One inference of the keyword network at 4, 16, 48, 80 and 120 MHz, each marked, on the
 * NUCLEO-L4R5ZI: what clock, voltage range and flash wait states cost and save.
 *
 * Sources: RM0432 rev 9, 3.3.3 "Read access latency" (wait states by HCLK and range), 5.1.8
 * "Dynamic voltage scaling management" (range 2 up to 26 MHz, boost above 80 MHz), 6.4 (RCC
 * registers).
 */
#include <stdint.h>

#include "board.h"
#include "cortex_m.h"
#include "kws_features.h"
#include "model.h"
#include "mote_mark.h"
#include "print.h"

#define PWR_CR1         REG32(0x40007000u)
#define PWR_SR2         REG32(0x40007014u)
#define PWR_CR5         REG32(0x40007080u)
#define PWR_VOS_MASK    (3u << 9)
#define PWR_VOS_RANGE_1 (1u << 9)
#define PWR_VOS_RANGE_2 (2u << 9)
#define PWR_SR2_VOSF    (1u << 10)
#define PWR_CR5_R1MODE  (1u << 8)

#define RCC_CR         REG32(0x40021000u)
#define RCC_CFGR       REG32(0x40021008u)
#define RCC_PLLCFGR    REG32(0x4002100Cu)
#define CR_MSIRDY      (1u << 1)
#define CR_MSIRGSEL    (1u << 3)
#define CR_MSIRANGE(n) ((uint32_t)(n) << 4)
#define CR_PLLON       (1u << 24)
#define CR_PLLRDY      (1u << 25)
#define CFGR_SW_PLL    3u
#define CFGR_SW_MASK   3u
#define CFGR_SWS_MASK  (3u << 2)
#define CFGR_HPRE_MASK (15u << 4)
#define CFGR_HPRE_DIV2 (8u << 4)
#define PLL_SRC_MSI    1u
#define PLLN(n)        ((uint32_t)(n) << 8)
#define PLLREN         (1u << 24)
#define PLLR_4         (1u << 25)

#define FLASH_ACR    REG32(0x40022000u)
#define LATENCY_MASK 15u

#define LPUART1_CR1 REG32(0x40008000u)
#define LPUART1_BRR REG32(0x4000800Cu)
#define LPUART_UE   1u
#define BAUD        115200u

static int8_t input[KWS_INPUT_ELEMENTS];
static int8_t arena[2][KWS_ARENA_BYTES];
static int32_t scratch[KWS_SCRATCH_BYTES / 4];
static int8_t logits[KWS_CLASSES];

static void infer(void)
{
    const int8_t *in = input;
    int8_t *out = arena[0];
    mote_nn_conv(&kws_convs[0], in, out, scratch);
    for (int32_t i = 1; i < kws_conv_count; i++) {
        in = out;
        out = arena[i & 1];
        if (i & 1) {
            mote_nn_depthwise(&kws_convs[i], in, out);
        } else {
            mote_nn_conv(&kws_convs[i], in, out, scratch);
        }
    }
    in = out;
    out = arena[kws_conv_count & 1];
    mote_nn_avgpool(&kws_pool, in, out);
    mote_nn_dense(&kws_dense, out, logits);
}

static void wait_until(volatile uint32_t *reg, uint32_t mask, uint32_t value)
{
    while ((*reg & mask) != value) {
    }
}

static void latency(uint32_t wait_states)
{
    FLASH_ACR = (FLASH_ACR & ~LATENCY_MASK) | wait_states;
    wait_until(&FLASH_ACR, LATENCY_MASK, wait_states);
}

/* MSI at 4 MHz in range 1, PLL off: where every change starts, with wait states to spare. */
static void to_msi(void)
{
    RCC_CFGR = (RCC_CFGR & ~(CFGR_SW_MASK | CFGR_HPRE_MASK)) | CFGR_HPRE_DIV2;
    wait_until(&RCC_CFGR, CFGR_SWS_MASK, 0);
    RCC_CFGR &= ~CFGR_HPRE_MASK;
    RCC_CR &= ~CR_PLLON;
    wait_until(&RCC_CR, CR_PLLRDY, 0);
    PWR_CR5 |= PWR_CR5_R1MODE;
    PWR_CR1 = (PWR_CR1 & ~PWR_VOS_MASK) | PWR_VOS_RANGE_1;
    wait_until(&PWR_SR2, PWR_SR2_VOSF, 0);
}

/* 4 or 16 MHz from the MSI itself, in range 2. */
static void run_slow(uint32_t range, uint32_t wait_states)
{
    to_msi();
    wait_until(&RCC_CR, CR_MSIRDY, CR_MSIRDY);
    RCC_CR = (RCC_CR & ~CR_MSIRANGE(15)) | CR_MSIRANGE(range) | CR_MSIRGSEL;
    wait_until(&RCC_CR, CR_MSIRDY, CR_MSIRDY);
    latency(wait_states);
    PWR_CR1 = (PWR_CR1 & ~PWR_VOS_MASK) | PWR_VOS_RANGE_2;
}

/* MSI 4 MHz x n / (2 or 4) by the PLL, in range 1; with boost above 80 MHz. */
static void run_fast(uint32_t n, uint32_t divide, uint32_t wait_states, int boost)
{
    to_msi();
    RCC_CR = (RCC_CR & ~CR_MSIRANGE(15)) | CR_MSIRANGE(6) | CR_MSIRGSEL;
    wait_until(&RCC_CR, CR_MSIRDY, CR_MSIRDY);
    RCC_PLLCFGR = PLL_SRC_MSI | PLLN(n) | PLLREN | divide;
    RCC_CR |= CR_PLLON;
    if (boost) {
        PWR_CR5 &= ~PWR_CR5_R1MODE;
    }
    latency(wait_states);
    wait_until(&RCC_CR, CR_PLLRDY, CR_PLLRDY);
    RCC_CFGR |= CFGR_HPRE_DIV2;
    RCC_CFGR |= CFGR_SW_PLL;
    wait_until(&RCC_CFGR, CFGR_SWS_MASK, CFGR_SW_PLL << 2);
    for (volatile int i = 0; i < 60; i++) { /* at least 1 us at half speed */
    }
    RCC_CFGR &= ~CFGR_HPRE_MASK;
}

static void line_speed(uint32_t hz)
{
    LPUART1_CR1 &= ~LPUART_UE;
    LPUART1_BRR = (uint32_t)((256ull * hz + BAUD / 2) / BAUD);
    LPUART1_CR1 |= LPUART_UE;
}

/* A marker's name is static, so each clock has its own lines. */
#define MEASURE(id, name, hz)                                                                      \
    do {                                                                                           \
        line_speed(hz);                                                                            \
        infer();                                                                                   \
        const uint32_t from = cycles();                                                            \
        mote_mark_begin(id, name);                                                                 \
        infer();                                                                                   \
        mote_mark_end(id);                                                                         \
        print(name " ");                                                                           \
        print_u32(cycles() - from);                                                                \
        print("\n");                                                                               \
        board_console_flush();                                                                     \
    } while (0)

int main(void)
{
    board_init();
    cycle_counter_start();
    for (uint32_t i = 0; i < sizeof input; i++) {
        input[i] = (int8_t)(7u * i);
    }
    run_slow(6, 0);
    MEASURE(1, "4 MHz", 4000000u);
    run_slow(8, 1);
    MEASURE(2, "16 MHz", 16000000u);
    run_fast(48, PLLR_4, 2, 0);
    MEASURE(3, "48 MHz", 48000000u);
    run_fast(40, 0, 3, 0);
    MEASURE(4, "80 MHz", 80000000u);
    run_fast(60, 0, 5, 1);
    MEASURE(5, "120 MHz", 120000000u);
    board_exit(0);
}
