/*
 * NUCLEO-L4R5ZI: STM32L4R5ZI at 120 MHz, console on LPUART1 (PG7 TX, PG8 RX, to the ST-LINK).
 *
 * Sources: RM0432 rev 9 (registers, 5.1.8 "Dynamic voltage scaling management" for the order of
 * the range 1 boost switch, 3.3.3 for the flash latency), UM2179 (LPUART1 pins, LD1 on PC7).
 * Voltage range 1 is the reset state.
 */
#define CONSOLE_USART 0x40008000u
#define LED_GPIO      0x48000800u
#define LED_PIN       7u

#include "board_stm32.h"

#define CORE_HZ 120000000u

#define PWR_CR1             REG32(0x40007000u)
#define PWR_CR2             REG32(0x40007004u)
#define PWR_SR2             REG32(0x40007014u)
#define PWR_CR5             REG32(0x40007080u)
#define PWR_CR1_VOS_MASK    (3u << 9)
#define PWR_CR1_VOS_RANGE_1 (1u << 9)
#define PWR_CR2_IOSV        (1u << 9)
#define PWR_SR2_VOSF        (1u << 10)
#define PWR_CR5_R1MODE      (1u << 8)

#define RCC_CR                 REG32(0x40021000u)
#define RCC_CFGR               REG32(0x40021008u)
#define RCC_PLLCFGR            REG32(0x4002100Cu)
#define RCC_AHB2ENR            REG32(0x4002104Cu)
#define RCC_APB1ENR1           REG32(0x40021058u)
#define RCC_APB1ENR2           REG32(0x4002105Cu)
#define RCC_CR_MSIRDY          (1u << 1)
#define RCC_CR_PLLON           (1u << 24)
#define RCC_CR_PLLRDY          (1u << 25)
#define RCC_CFGR_SW_PLL        3u
#define RCC_CFGR_SWS_MASK      (3u << 2)
#define RCC_CFGR_SWS_PLL       (3u << 2)
#define RCC_CFGR_HPRE_MASK     (15u << 4)
#define RCC_CFGR_HPRE_DIV2     (8u << 4)
#define RCC_PLLCFGR_SRC_MSI    1u
#define RCC_PLLCFGR_PLLN(n)    ((uint32_t)(n) << 8)
#define RCC_PLLCFGR_PLLREN     (1u << 24)
#define RCC_AHB2ENR_GPIOCEN    (1u << 2)
#define RCC_AHB2ENR_GPIOGEN    (1u << 6)
#define RCC_APB1ENR1_PWREN     (1u << 28)
#define RCC_APB1ENR2_LPUART1EN (1u << 0)

#define FLASH_ACR              REG32(0x40022000u)
#define FLASH_ACR_LATENCY_MASK 15u
#define FLASH_ACR_LATENCY_5    5u
#define FLASH_ACR_PRFTEN       (1u << 8)
#define FLASH_ACR_ICEN         (1u << 9)
#define FLASH_ACR_DCEN         (1u << 10)

#define GPIOG      0x48001800u
#define AF_LPUART1 8u

/* MSI 4 MHz x 60 / 2 = 120 MHz, by way of AHB / 2 as the manual asks above 80 MHz. */
static void clock_init(void)
{
    RCC_APB1ENR1 |= RCC_APB1ENR1_PWREN;
    (void)RCC_APB1ENR1;
    PWR_CR1 = (PWR_CR1 & ~PWR_CR1_VOS_MASK) | PWR_CR1_VOS_RANGE_1;
    wait_until(&PWR_SR2, PWR_SR2_VOSF, 0);

    wait_until(&RCC_CR, RCC_CR_MSIRDY, RCC_CR_MSIRDY);
    RCC_PLLCFGR = RCC_PLLCFGR_SRC_MSI | RCC_PLLCFGR_PLLN(60) | RCC_PLLCFGR_PLLREN;
    RCC_CR |= RCC_CR_PLLON;

    RCC_CFGR = (RCC_CFGR & ~RCC_CFGR_HPRE_MASK) | RCC_CFGR_HPRE_DIV2;
    PWR_CR5 &= ~PWR_CR5_R1MODE;
    FLASH_ACR = (FLASH_ACR & ~FLASH_ACR_LATENCY_MASK) | FLASH_ACR_LATENCY_5 | FLASH_ACR_PRFTEN |
                FLASH_ACR_ICEN | FLASH_ACR_DCEN;
    wait_until(&FLASH_ACR, FLASH_ACR_LATENCY_MASK, FLASH_ACR_LATENCY_5);

    wait_until(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
    RCC_CFGR |= RCC_CFGR_SW_PLL;
    wait_until(&RCC_CFGR, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL);
    /* At least 1 us at 60 MHz before full speed: 60 cycles, two or more per turn. */
    for (volatile int i = 0; i < 60; i++) {
    }
    RCC_CFGR &= ~RCC_CFGR_HPRE_MASK;
}

/* Port G is supplied by VDDIO2, which stays cut off until IOSV says that it is there. */
static void console_init(void)
{
    PWR_CR2 |= PWR_CR2_IOSV;
    RCC_AHB2ENR |= RCC_AHB2ENR_GPIOGEN;
    RCC_APB1ENR2 |= RCC_APB1ENR2_LPUART1EN;
    (void)RCC_APB1ENR2;
    pin_alternate(GPIOG, 7, AF_LPUART1);
    pin_alternate(GPIOG, 8, AF_LPUART1);
    /* LPUART: 256 x clock / baud; the kernel clock is PCLK1 = HCLK after reset. */
    USART_BRR = (uint32_t)((256ull * CORE_HZ + BAUD / 2) / BAUD);
    USART_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

static void led_init(void)
{
    RCC_AHB2ENR |= RCC_AHB2ENR_GPIOCEN;
    (void)RCC_AHB2ENR;
    led_start();
}

void board_init(void)
{
    clock_init();
    console_init();
    led_init();
}

const char *board_name(void)
{
    return "nucleo_l4r5zi";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}
