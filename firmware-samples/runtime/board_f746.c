/*
 * 32F746GDISCOVERY: STM32F746NG at 216 MHz, console on USART1 (PA9 TX, PB7 RX, to the ST-LINK).
 *
 * Sources: RM0385 (registers; 3.3.2 for the flash latency, 4.1.4 for the order of over-drive),
 * UM1907 (USART1 pins, LD1 on PI1, the 25 MHz crystal).
 */
#define CONSOLE_USART 0x40011000u
#define LED_GPIO      0x40022000u
#define LED_PIN       1u

#include "board_stm32.h"
#include "cortex_m7.h"

#define CORE_HZ 216000000u

#define PWR_CR1          REG32(0x40007000u)
#define PWR_CSR1         REG32(0x40007004u)
#define PWR_CR1_ODEN     (1u << 16)
#define PWR_CR1_ODSWEN   (1u << 17)
#define PWR_CSR1_ODRDY   (1u << 16)
#define PWR_CSR1_ODSWRDY (1u << 17)

#define RCC_CR               REG32(0x40023800u)
#define RCC_PLLCFGR          REG32(0x40023804u)
#define RCC_CFGR             REG32(0x40023808u)
#define RCC_AHB1ENR          REG32(0x40023830u)
#define RCC_APB1ENR          REG32(0x40023840u)
#define RCC_APB2ENR          REG32(0x40023844u)
#define RCC_CR_HSEON         (1u << 16)
#define RCC_CR_HSERDY        (1u << 17)
#define RCC_CR_PLLON         (1u << 24)
#define RCC_CR_PLLRDY        (1u << 25)
#define RCC_PLLCFGR_RESERVED (15u << 28) /* to be kept at its reset value */
#define RCC_PLLCFGR_M(m)     (uint32_t)(m)
#define RCC_PLLCFGR_N(n)     ((uint32_t)(n) << 6)
#define RCC_PLLCFGR_P_DIV2   (0u << 16)
#define RCC_PLLCFGR_SRC_HSE  (1u << 22)
#define RCC_PLLCFGR_Q(q)     ((uint32_t)(q) << 24)
#define RCC_CFGR_SW_PLL      2u
#define RCC_CFGR_SWS_MASK    (3u << 2)
#define RCC_CFGR_SWS_PLL     (2u << 2)
#define RCC_CFGR_PPRE1_DIV4  (5u << 10)
#define RCC_CFGR_PPRE2_DIV2  (4u << 13)
#define RCC_AHB1ENR_GPIOA    (1u << 0)
#define RCC_AHB1ENR_GPIOB    (1u << 1)
#define RCC_AHB1ENR_GPIOI    (1u << 8)
#define RCC_APB1ENR_PWREN    (1u << 28)
#define RCC_APB2ENR_USART1   (1u << 4)

#define FLASH_ACR              REG32(0x40023C00u)
#define FLASH_ACR_LATENCY_MASK 15u
#define FLASH_ACR_LATENCY_7    7u
#define FLASH_ACR_PRFTEN       (1u << 8)
#define FLASH_ACR_ARTEN        (1u << 9)

#define GPIOA     0x40020000u
#define GPIOB     0x40020400u
#define AF_USART1 7u

/* HSE 25 MHz / 25 x 432 / 2 = 216 MHz, which needs over-drive; scale 1 is the reset state. */
static void clock_init(void)
{
    RCC_APB1ENR |= RCC_APB1ENR_PWREN;
    (void)RCC_APB1ENR;
    RCC_CR |= RCC_CR_HSEON;
    wait_until(&RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY);
    RCC_PLLCFGR = (RCC_PLLCFGR & RCC_PLLCFGR_RESERVED) | RCC_PLLCFGR_M(25) | RCC_PLLCFGR_N(432) |
                  RCC_PLLCFGR_P_DIV2 | RCC_PLLCFGR_SRC_HSE | RCC_PLLCFGR_Q(9);
    RCC_CR |= RCC_CR_PLLON;
    PWR_CR1 |= PWR_CR1_ODEN;
    wait_until(&PWR_CSR1, PWR_CSR1_ODRDY, PWR_CSR1_ODRDY);
    PWR_CR1 |= PWR_CR1_ODSWEN;
    wait_until(&PWR_CSR1, PWR_CSR1_ODSWRDY, PWR_CSR1_ODSWRDY);
    FLASH_ACR = FLASH_ACR_LATENCY_7 | FLASH_ACR_PRFTEN | FLASH_ACR_ARTEN;
    wait_until(&FLASH_ACR, FLASH_ACR_LATENCY_MASK, FLASH_ACR_LATENCY_7);
    wait_until(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
    RCC_CFGR = RCC_CFGR_PPRE1_DIV4 | RCC_CFGR_PPRE2_DIV2;
    RCC_CFGR |= RCC_CFGR_SW_PLL;
    wait_until(&RCC_CFGR, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL);
}

void board_init(void)
{
    caches_start();
    counter_unlock();
    clock_init();
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA | RCC_AHB1ENR_GPIOB | RCC_AHB1ENR_GPIOI;
    RCC_APB2ENR |= RCC_APB2ENR_USART1;
    (void)RCC_APB2ENR;
    pin_alternate(GPIOA, 9, AF_USART1);
    pin_alternate(GPIOB, 7, AF_USART1);
    console_start(CORE_HZ / 2u); /* PCLK2 */
    led_start();
}

const char *board_name(void)
{
    return "disco_f746ng";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}
