/*
 * NUCLEO-G0B1RE: STM32G0B1RE at 64 MHz, console on USART2 (PA2 TX, PA3 RX, to the ST-LINK).
 *
 * Sources: RM0444 (registers; 3.3.4 for the flash latency), UM2324 (USART2 pins, LD4 on PA5).
 * Voltage range 1 is the reset state.
 */
#include "board.h"
#include "cortex_m.h"
#include "semihosting.h"

#define CORE_HZ 64000000u
#define BAUD    115200u

#define RCC_CR              REG32(0x40021000u)
#define RCC_CFGR            REG32(0x40021008u)
#define RCC_PLLCFGR         REG32(0x4002100Cu)
#define RCC_IOPENR          REG32(0x40021034u)
#define RCC_APBENR1         REG32(0x4002103Cu)
#define RCC_CR_PLLON        (1u << 24)
#define RCC_CR_PLLRDY       (1u << 25)
#define RCC_CFGR_SW_PLL     2u
#define RCC_CFGR_SWS_MASK   (7u << 3)
#define RCC_CFGR_SWS_PLL    (2u << 3)
#define RCC_PLLCFGR_SRC_HSI 2u
#define RCC_PLLCFGR_PLLN(n) ((uint32_t)(n) << 8)
#define RCC_PLLCFGR_PLLREN  (1u << 28)
#define RCC_PLLCFGR_PLLR(r) (((uint32_t)(r)-1u) << 29)
#define RCC_IOPENR_GPIOAEN  (1u << 0)
#define RCC_APBENR1_USART2  (1u << 17)

#define FLASH_ACR              REG32(0x40022000u)
#define FLASH_ACR_LATENCY_MASK 7u
#define FLASH_ACR_LATENCY_2    2u
#define FLASH_ACR_PRFTEN       (1u << 8)

#define GPIOA_MODER REG32(0x50000000u)
#define GPIOA_BSRR  REG32(0x50000018u)
#define GPIOA_AFRL  REG32(0x50000020u)
#define LED_PIN     5u
#define AF_USART2   1u

#define USART2_CR1    REG32(0x40004400u)
#define USART2_BRR    REG32(0x4000440Cu)
#define USART2_ISR    REG32(0x4000441Cu)
#define USART2_TDR    REG32(0x40004428u)
#define USART_CR1_UE  (1u << 0)
#define USART_CR1_RE  (1u << 2)
#define USART_CR1_TE  (1u << 3)
#define USART_ISR_TC  (1u << 6)
#define USART_ISR_TXE (1u << 7)

static void wait_until(volatile uint32_t *reg, uint32_t mask, uint32_t value)
{
    while ((*reg & mask) != value) {
    }
}

/* HSI16 x 8 / 2 = 64 MHz; wait states first. */
static void clock_init(void)
{
    RCC_PLLCFGR =
        RCC_PLLCFGR_SRC_HSI | RCC_PLLCFGR_PLLN(8) | RCC_PLLCFGR_PLLREN | RCC_PLLCFGR_PLLR(2);
    RCC_CR |= RCC_CR_PLLON;
    FLASH_ACR = (FLASH_ACR & ~FLASH_ACR_LATENCY_MASK) | FLASH_ACR_LATENCY_2 | FLASH_ACR_PRFTEN;
    wait_until(&FLASH_ACR, FLASH_ACR_LATENCY_MASK, FLASH_ACR_LATENCY_2);
    wait_until(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
    RCC_CFGR |= RCC_CFGR_SW_PLL;
    wait_until(&RCC_CFGR, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL);
}

void board_init(void)
{
    clock_init();
    RCC_IOPENR |= RCC_IOPENR_GPIOAEN;
    RCC_APBENR1 |= RCC_APBENR1_USART2;
    (void)RCC_APBENR1;
    GPIOA_AFRL = (GPIOA_AFRL & ~0xFF00u) | AF_USART2 << 8 | AF_USART2 << 12;
    GPIOA_MODER =
        (GPIOA_MODER & ~(0xFu << 4 | 3u << (2 * LED_PIN))) | 0xAu << 4 | 1u << (2 * LED_PIN);
    /* The kernel clock is PCLK = HCLK after reset. */
    USART2_BRR = (CORE_HZ + BAUD / 2) / BAUD;
    USART2_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

const char *board_name(void)
{
    return "nucleo_g0b1re";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}

void board_console_write(const char *text, size_t count)
{
    while (count--) {
        wait_until(&USART2_ISR, USART_ISR_TXE, USART_ISR_TXE);
        USART2_TDR = (uint8_t)*text++;
    }
}

void board_console_flush(void)
{
    wait_until(&USART2_ISR, USART_ISR_TC, USART_ISR_TC);
}

void board_led(int on)
{
    GPIOA_BSRR = on ? 1u << LED_PIN : 1u << (LED_PIN + 16u);
}

void board_exit(int status)
{
    board_console_flush();
    semihosting_exit(status);
    irq_disable();
    for (;;) {
        wait_for_interrupt();
    }
}
