/* What the files of the STM32H7A3 clock controller share: register numbers, oscillators, and the
 * clock tree's entry points. */
#ifndef PERIPHERALS_ST_STM32H7_RCC_H
#define PERIPHERALS_ST_STM32H7_RCC_H

#include "_stm32_rcc.h"

enum {
    RCC_CR,
    RCC_HSICFGR,
    RCC_CRRCR,
    RCC_CSICFGR,
    RCC_CFGR,
    RCC_CDCFGR1,
    RCC_CDCFGR2,
    RCC_SRDCFGR,
    RCC_PLLCKSELR,
    RCC_PLLCFGR,
    RCC_PLL1DIVR,
    RCC_PLL1FRACR,
    RCC_PLL2DIVR,
    RCC_PLL2FRACR,
    RCC_PLL3DIVR,
    RCC_PLL3FRACR,
    RCC_CDCCIPR,
    RCC_CDCCIP1R,
    RCC_CDCCIP2R,
    RCC_SRDCCIPR,
    RCC_CIER,
    RCC_CIFR,
    RCC_CICR,
    RCC_BDCR,
    RCC_CSR,
    RCC_AHB3RSTR,
    RCC_AHB1RSTR,
    RCC_AHB2RSTR,
    RCC_AHB4RSTR,
    RCC_APB3RSTR,
    RCC_APB1LRSTR,
    RCC_APB1HRSTR,
    RCC_APB2RSTR,
    RCC_APB4RSTR,
    RCC_SRDAMR,
    RCC_CKGAENR,
    RCC_RSR,
    RCC_AHB3ENR,
    RCC_AHB1ENR,
    RCC_AHB2ENR,
    RCC_AHB4ENR,
    RCC_APB3ENR,
    RCC_APB1LENR,
    RCC_APB1HENR,
    RCC_APB2ENR,
    RCC_APB4ENR,
    RCC_AHB3LPENR,
    RCC_AHB1LPENR,
    RCC_AHB2LPENR,
    RCC_AHB4LPENR,
    RCC_APB3LPENR,
    RCC_APB1LLPENR,
    RCC_APB1HLPENR,
    RCC_APB2LPENR,
    RCC_APB4LPENR,
    RCC_REG_COUNT,
};

enum { OSC_LSI, OSC_LSE, OSC_HSI, OSC_HSE, OSC_CSI, OSC_HSI48, OSC_PLL1, OSC_PLL2, OSC_PLL3 };

extern const struct stm32_rcc_chip stm32h7_rcc_chip;

/* SYSCLK follows SW when the oscillator asked for is ready. */
void stm32h7_rcc_switch(struct mote_device *dev);
void stm32h7_rcc_update_irq(struct mote_device *dev);

#endif
