/*
 * NUCLEO-G0B1RE: STM32G0B1RE at 64 MHz, console on USART2 (PA2 TX, PA3 RX, to the ST-LINK).
 *
 * Sources: RM0444 (registers; 3.3.4 for the flash latency), UM2324 (USART2 pins, LD4 on PA5).
 * Voltage range 1 is the reset state.
 */
#define CONSOLE_USART 0x40004400u
#define LED_GPIO      0x50000000u
#define LED_PIN       5u

#include "board_stm32.h"

#define CORE_HZ 64000000u

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

#define GPIOA     0x50000000u
#define AF_USART2 1u

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
    pin_alternate(GPIOA, 2, AF_USART2);
    pin_alternate(GPIOA, 3, AF_USART2);
    console_start(CORE_HZ); /* PCLK = HCLK after reset */
    led_start();
}

const char *board_name(void)
{
    return "nucleo_g0b1re";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}
