/*
 * NUCLEO-H7A3ZI-Q: STM32H7A3ZI-Q at 280 MHz, console on USART3 (PD8 TX, PD9 RX, to the ST-LINK).
 *
 * Sources: RM0455 (registers; 4.3.8 for the flash latency, 6.4.1 for the supply, 6.6.2 for the
 * voltage scale), UM2408 (USART3 pins, LD1 on PB0; supplied by the SMPS).
 */
#define CONSOLE_USART 0x40004800u
#define LED_GPIO      0x58020400u
#define LED_PIN       0u

#include "board_stm32.h"
#include "cortex_m7.h"

#define CORE_HZ 280000000u

#define PWR_CSR1           REG32(0x58024804u)
#define PWR_CR3            REG32(0x5802480Cu)
#define PWR_SRDCR          REG32(0x58024818u)
#define PWR_CSR1_ACTVOSRDY (1u << 13)
#define PWR_CR3_SUPPLY     7u
#define PWR_CR3_SMPS       4u
#define PWR_SRDCR_VOS0     (3u << 14)
#define PWR_SRDCR_VOSRDY   (1u << 13)

#define RCC_CR                 REG32(0x58024400u)
#define RCC_CFGR               REG32(0x58024410u)
#define RCC_CDCFGR1            REG32(0x58024418u)
#define RCC_CDCFGR2            REG32(0x5802441Cu)
#define RCC_SRDCFGR            REG32(0x58024420u)
#define RCC_PLLCKSELR          REG32(0x58024428u)
#define RCC_PLLCFGR            REG32(0x5802442Cu)
#define RCC_PLL1DIVR           REG32(0x58024430u)
#define RCC_AHB4ENR            REG32(0x58024540u)
#define RCC_APB1LENR           REG32(0x58024548u)
#define RCC_CR_PLL1ON          (1u << 24)
#define RCC_CR_PLL1RDY         (1u << 25)
#define RCC_CFGR_SW_PLL1       3u
#define RCC_CFGR_SWS_MASK      (7u << 3)
#define RCC_CFGR_SWS_PLL1      (3u << 3)
#define RCC_CDCFGR1_CDPPRE     (4u << 4)
#define RCC_CDCFGR2_CDPPRE1    (4u << 4)
#define RCC_CDCFGR2_CDPPRE2    (4u << 8)
#define RCC_SRDCFGR_SRDPPRE    (4u << 4)
#define RCC_PLLCKSELR_HSI      0u
#define RCC_PLLCKSELR_DIVM1(m) ((uint32_t)(m) << 4)
#define RCC_PLLCFGR_PLL1RGE    (3u << 2) /* input of 8 to 16 MHz */
#define RCC_PLLCFGR_DIVP1EN    (1u << 16)
#define RCC_PLL1DIVR_N(n)      ((uint32_t)(n)-1u)
#define RCC_PLL1DIVR_P(p)      (((uint32_t)(p)-1u) << 9)
#define RCC_PLL1DIVR_QR_DIV2   (1u << 16 | 1u << 24)
#define RCC_AHB4ENR_GPIOB      (1u << 1)
#define RCC_AHB4ENR_GPIOD      (1u << 3)
#define RCC_APB1LENR_USART3    (1u << 18)

#define FLASH_ACR              REG32(0x52002000u)
#define FLASH_ACR_LATENCY_MASK 15u
#define FLASH_ACR_LATENCY_6    6u
#define FLASH_ACR_WRHIGHFREQ   (3u << 4)

#define GPIOD     0x58020C00u
#define AF_USART3 7u

/* HSI 64 MHz / 4 x 35 / 2 = 280 MHz at voltage scale 0; every APB at half of it. */
static void clock_init(void)
{
    PWR_CR3 = (PWR_CR3 & ~PWR_CR3_SUPPLY) | PWR_CR3_SMPS;
    wait_until(&PWR_CSR1, PWR_CSR1_ACTVOSRDY, PWR_CSR1_ACTVOSRDY);
    PWR_SRDCR |= PWR_SRDCR_VOS0;
    wait_until(&PWR_SRDCR, PWR_SRDCR_VOSRDY, PWR_SRDCR_VOSRDY);
    RCC_PLLCKSELR = RCC_PLLCKSELR_HSI | RCC_PLLCKSELR_DIVM1(4);
    RCC_PLL1DIVR = RCC_PLL1DIVR_N(35) | RCC_PLL1DIVR_P(2) | RCC_PLL1DIVR_QR_DIV2;
    RCC_PLLCFGR = RCC_PLLCFGR_PLL1RGE | RCC_PLLCFGR_DIVP1EN;
    RCC_CR |= RCC_CR_PLL1ON;
    FLASH_ACR = FLASH_ACR_LATENCY_6 | FLASH_ACR_WRHIGHFREQ;
    wait_until(&FLASH_ACR, FLASH_ACR_LATENCY_MASK, FLASH_ACR_LATENCY_6);
    RCC_CDCFGR1 = RCC_CDCFGR1_CDPPRE;
    RCC_CDCFGR2 = RCC_CDCFGR2_CDPPRE1 | RCC_CDCFGR2_CDPPRE2;
    RCC_SRDCFGR = RCC_SRDCFGR_SRDPPRE;
    wait_until(&RCC_CR, RCC_CR_PLL1RDY, RCC_CR_PLL1RDY);
    RCC_CFGR |= RCC_CFGR_SW_PLL1;
    wait_until(&RCC_CFGR, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL1);
}

void board_init(void)
{
    caches_start();
    counter_unlock();
    clock_init();
    RCC_AHB4ENR |= RCC_AHB4ENR_GPIOB | RCC_AHB4ENR_GPIOD;
    RCC_APB1LENR |= RCC_APB1LENR_USART3;
    (void)RCC_APB1LENR;
    pin_alternate(GPIOD, 8, AF_USART3);
    pin_alternate(GPIOD, 9, AF_USART3);
    console_start(CORE_HZ / 2u); /* PCLK1 */
    led_start();
}

const char *board_name(void)
{
    return "nucleo_h7a3zi_q";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}
