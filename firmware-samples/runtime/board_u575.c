/*
 * NUCLEO-U575ZI-Q: STM32U575ZI-Q at 160 MHz, console on USART1 (PA9 TX, PA10 RX, to the ST-LINK).
 *
 * Sources: RM0456 (registers; 7.3.3 for the flash latency, 10.5.4 for range 1 and the EPOD booster,
 * 11.4 for the PLL), UM2861 (USART1 pins, LD1 on PC7; supplied by the SMPS).
 */
#define CONSOLE_USART 0x40013800u
#define LED_GPIO      0x42020800u
#define LED_PIN       7u

#include "board_stm32.h"

#define CORE_HZ 160000000u

#define PWR_CR3          REG32(0x46020808u)
#define PWR_VOSR         REG32(0x4602080Cu)
#define PWR_SVMSR        REG32(0x4602083Cu)
#define PWR_CR3_REGSEL   (1u << 1)
#define PWR_SVMSR_REGS   (1u << 1)
#define PWR_VOSR_RANGE_1 (3u << 16)
#define PWR_VOSR_BOOSTEN (1u << 18)
#define PWR_VOSR_READY   (3u << 14) /* VOSRDY and BOOSTRDY */

#define RCC_CR               REG32(0x46020C00u)
#define RCC_CFGR1            REG32(0x46020C1Cu)
#define RCC_PLL1CFGR         REG32(0x46020C28u)
#define RCC_PLL1DIVR         REG32(0x46020C34u)
#define RCC_AHB2ENR1         REG32(0x46020C8Cu)
#define RCC_AHB3ENR          REG32(0x46020C94u)
#define RCC_APB2ENR          REG32(0x46020CA4u)
#define RCC_CR_PLL1ON        (1u << 24)
#define RCC_CR_PLL1RDY       (1u << 25)
#define RCC_CFGR1_SW_PLL1    3u
#define RCC_CFGR1_SWS_MASK   (3u << 2)
#define RCC_CFGR1_SWS_PLL1   (3u << 2)
#define RCC_PLL1CFGR_MSIS    1u /* 4 MHz after reset, divided by 1, as is the booster's clock */
#define RCC_PLL1CFGR_PLL1REN (1u << 18)
#define RCC_PLL1DIVR_N(n)    ((uint32_t)(n)-1u)
#define RCC_PLL1DIVR_R(r)    (((uint32_t)(r)-1u) << 24)
#define RCC_PLL1DIVR_PQ_DIV2 (1u << 9 | 1u << 16)
#define RCC_AHB2ENR1_GPIOA   (1u << 0)
#define RCC_AHB2ENR1_GPIOC   (1u << 2)
#define RCC_AHB3ENR_PWR      (1u << 2)
#define RCC_APB2ENR_USART1   (1u << 14)

#define FLASH_ACR              REG32(0x40022000u)
#define FLASH_ACR_LATENCY_MASK 15u
#define FLASH_ACR_LATENCY_4    4u
#define FLASH_ACR_PRFTEN       (1u << 8)

#define ICACHE_CR       REG32(0x40030400u)
#define ICACHE_SR       REG32(0x40030404u)
#define ICACHE_CR_EN    (1u << 0)
#define ICACHE_SR_BUSYF (1u << 0)

#define GPIOA     0x42020000u
#define AF_USART1 7u

/* MSIS 4 MHz x 80 / 2 = 160 MHz, from the SMPS in range 1. */
static void clock_init(void)
{
    RCC_AHB3ENR |= RCC_AHB3ENR_PWR;
    (void)RCC_AHB3ENR;
    PWR_CR3 |= PWR_CR3_REGSEL;
    wait_until(&PWR_SVMSR, PWR_SVMSR_REGS, PWR_SVMSR_REGS);
    RCC_PLL1CFGR = RCC_PLL1CFGR_MSIS | RCC_PLL1CFGR_PLL1REN;
    RCC_PLL1DIVR = RCC_PLL1DIVR_N(80) | RCC_PLL1DIVR_R(2) | RCC_PLL1DIVR_PQ_DIV2;
    PWR_VOSR = PWR_VOSR_RANGE_1 | PWR_VOSR_BOOSTEN;
    wait_until(&PWR_VOSR, PWR_VOSR_READY, PWR_VOSR_READY);
    RCC_CR |= RCC_CR_PLL1ON;
    FLASH_ACR = (FLASH_ACR & ~FLASH_ACR_LATENCY_MASK) | FLASH_ACR_LATENCY_4 | FLASH_ACR_PRFTEN;
    wait_until(&FLASH_ACR, FLASH_ACR_LATENCY_MASK, FLASH_ACR_LATENCY_4);
    wait_until(&RCC_CR, RCC_CR_PLL1RDY, RCC_CR_PLL1RDY);
    RCC_CFGR1 |= RCC_CFGR1_SW_PLL1;
    wait_until(&RCC_CFGR1, RCC_CFGR1_SWS_MASK, RCC_CFGR1_SWS_PLL1);
    wait_until(&ICACHE_SR, ICACHE_SR_BUSYF, 0);
    ICACHE_CR |= ICACHE_CR_EN;
}

void board_init(void)
{
    clock_init();
    RCC_AHB2ENR1 |= RCC_AHB2ENR1_GPIOA | RCC_AHB2ENR1_GPIOC;
    RCC_APB2ENR |= RCC_APB2ENR_USART1;
    (void)RCC_APB2ENR;
    pin_alternate(GPIOA, 9, AF_USART1);
    pin_alternate(GPIOA, 10, AF_USART1);
    console_start(CORE_HZ); /* PCLK2 */
    led_start();
}

const char *board_name(void)
{
    return "nucleo_u575zi_q";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}
