/* Oscillators, gates, selections and rates of the STM32H7A3; see stm32h7_rcc.c. */
#include "_stm32h7_rcc.h"

static const struct stm32_oscillator oscillators[] = {
    [OSC_LSI] = {RCC_CSR, 1, 2, 1u << 0, "mote,lsi-startup-ns", "mote,lsi-hz"},
    [OSC_LSE] = {RCC_BDCR, 1, 2, 1u << 1, "mote,lse-startup-ns", "mote,lse-hz"},
    [OSC_HSI] = {RCC_CR, 1, 1u << 2, 1u << 2, "mote,hsi-startup-ns", "mote,hsi-hz"},
    [OSC_HSE] = {RCC_CR, 1u << 16, 1u << 17, 1u << 3, "mote,hse-startup-ns", "mote,hse-hz"},
    [OSC_CSI] = {RCC_CR, 1u << 7, 1u << 8, 1u << 4, "mote,csi-startup-ns", "mote,csi-hz"},
    [OSC_HSI48] = {RCC_CR, 1u << 12, 1u << 13, 1u << 5, "mote,hsi48-startup-ns", "mote,hsi48-hz"},
    [OSC_PLL1] = {RCC_CR, 1u << 24, 1u << 25, 1u << 6, "mote,pll-lock-ns", NULL},
    [OSC_PLL2] = {RCC_CR, 1u << 26, 1u << 27, 1u << 7, "mote,pll-lock-ns", NULL},
    [OSC_PLL3] = {RCC_CR, 1u << 28, 1u << 29, 1u << 8, "mote,pll-lock-ns", NULL},
};

static const struct stm32_enable enables[] = {
    {0x134, RCC_AHB3ENR, RCC_AHB3RSTR, CLK_HCLK, CLK_NONE, 0},
    {0x138, RCC_AHB1ENR, RCC_AHB1RSTR, CLK_HCLK, CLK_NONE, 0},
    {0x13C, RCC_AHB2ENR, RCC_AHB2RSTR, CLK_HCLK, CLK_NONE, 0},
    {0x140, RCC_AHB4ENR, RCC_AHB4RSTR, CLK_HCLK, CLK_NONE, 0},
    {0x144, RCC_APB3ENR, RCC_APB3RSTR, CLK_PCLK3, CLK_NONE, 0},
    {0x148, RCC_APB1LENR, RCC_APB1LRSTR, CLK_PCLK1, CLK_TIM1, 0x000001FF},
    {0x14C, RCC_APB1HENR, RCC_APB1HRSTR, CLK_PCLK1, CLK_NONE, 0},
    {0x150, RCC_APB2ENR, RCC_APB2RSTR, CLK_PCLK2, CLK_TIM2, 0x00070003},
    {0x154, RCC_APB4ENR, RCC_APB4RSTR, CLK_PCLK4, CLK_NONE, 0},
};

#define SERIAL(bus) bus, CLK_PLL2Q, CLK_PLL3Q, CLK_HSI, CLK_CSI, CLK_LSE
#define LPTIM(bus)  bus, CLK_PLL2P, CLK_PLL3R, CLK_LSE, CLK_LSI
static const struct stm32_mux muxes[] = {
    {0x54, 0, 3, RCC_CDCCIP2R, {SERIAL(CLK_PCLK1)}},
    {0x54, 3, 3, RCC_CDCCIP2R, {SERIAL(CLK_PCLK2)}},
    {0x54, 12, 2, RCC_CDCCIP2R, {CLK_PCLK1, CLK_PLL3R, CLK_HSI, CLK_CSI}}, /* I2C1 to I2C3 */
    {0x58, 8, 2, RCC_SRDCCIPR, {CLK_PCLK4, CLK_PLL3R, CLK_HSI, CLK_CSI}},  /* I2C4 */
    {0x54, 28, 3, RCC_CDCCIP2R, {LPTIM(CLK_PCLK1)}},
    {0x58, 16, 2, RCC_SRDCCIPR, {CLK_PLL2P, CLK_PLL3R, CLK_PER}}, /* ADC */
    {0x58, 10, 3, RCC_SRDCCIPR, {LPTIM(CLK_PCLK4)}},
    {0x58, 13, 3, RCC_SRDCCIPR, {LPTIM(CLK_PCLK4)}},
    {0x54, 8, 2, RCC_CDCCIP2R, {CLK_HSI48, CLK_PLL1Q, CLK_LSE, CLK_LSI}},
    {0x58, 0, 3, RCC_SRDCCIPR, {SERIAL(CLK_PCLK4)}},
    {0x70, 8, 2, RCC_BDCR, {CLK_NONE, CLK_LSE, CLK_LSI, CLK_RTC_HSE}},
};
#undef SERIAL
#undef LPTIM

/* ---- the tree ----------------------------------------------------------------------------------
 */

static uint64_t hsi_hz(struct mote_device *dev)
{
    return stm32_rcc_osc_hz(dev, OSC_HSI) >> stm32_field(mote_reg(dev, RCC_CR), 3, 2);
}

/* Output 0 P, 1 Q, 2 R of PLL 0 to 2. */
static uint64_t pll_hz(struct mote_device *dev, uint32_t pll, uint32_t output)
{
    uint32_t select = mote_reg(dev, RCC_PLLCKSELR), cfgr = mote_reg(dev, RCC_PLLCFGR);
    uint32_t divider = mote_reg(dev, RCC_PLL1DIVR + 2 * pll);
    uint32_t m = stm32_field(select, 4 + 8 * pll, 6);
    if (!stm32_rcc_is_ready(dev, OSC_PLL1 + pll) || m == 0 ||
        !stm32_field(cfgr, 16 + 3 * pll + output, 1))
        return 0;
    uint64_t input = 0;
    switch (select & 3) {
    case 0:
        input = hsi_hz(dev);
        break;
    case 1:
        input = stm32_rcc_osc_hz(dev, OSC_CSI);
        break;
    case 2:
        input = stm32_rcc_osc_hz(dev, OSC_HSE);
        break;
    }
    uint64_t fraction = stm32_field(cfgr, 4 * pll, 1)
                            ? stm32_field(mote_reg(dev, RCC_PLL1FRACR + 2 * pll), 3, 13)
                            : 0;
    uint64_t times_8192 = 8192ull * (stm32_field(divider, 0, 9) + 1) + fraction;
    static const uint8_t lsb[] = {9, 16, 24};
    return input * times_8192 / 8192 / m / (stm32_field(divider, lsb[output], 7) + 1);
}

static uint64_t sysclk_hz(struct mote_device *dev)
{
    const struct stm32_rcc *rcc = dev->state;
    if (rcc->stopped)
        return 0;
    switch (stm32_field(mote_reg(dev, RCC_CFGR), 3, 3)) {
    case 0:
        return hsi_hz(dev);
    case 1:
        return stm32_rcc_osc_hz(dev, OSC_CSI);
    case 2:
        return stm32_rcc_osc_hz(dev, OSC_HSE);
    default:
        return pll_hz(dev, 0, 0);
    }
}

static uint64_t prescaled(uint64_t hz, uint32_t field4)
{
    static const uint16_t divider[] = {2, 4, 8, 16, 64, 128, 256, 512};
    return hz / (field4 < 8 ? 1 : divider[field4 - 8]);
}

static uint64_t cpu_hz(struct mote_device *dev)
{
    return prescaled(sysclk_hz(dev), stm32_field(mote_reg(dev, RCC_CDCFGR1), 8, 4));
}

static uint64_t hclk_hz(struct mote_device *dev)
{
    return prescaled(cpu_hz(dev), stm32_field(mote_reg(dev, RCC_CDCFGR1), 0, 4));
}

static uint64_t pclk_hz(struct mote_device *dev, uint32_t field3)
{
    return hclk_hz(dev) >> (field3 < 4 ? 0 : field3 - 3);
}

/* Without TIMPRE twice the bus clock, with it four times, at most HCLK. */
static uint64_t timer_hz(struct mote_device *dev, uint32_t field3)
{
    uint64_t hclk = hclk_hz(dev), pclk = pclk_hz(dev, field3);
    uint64_t hz = mote_reg(dev, RCC_CFGR) & 1u << 15 ? 4 * pclk : 2 * pclk;
    return hz < hclk ? hz : hclk;
}

static uint64_t source_hz(struct mote_device *dev, uint32_t source)
{
    uint32_t cd2 = mote_reg(dev, RCC_CDCFGR2);
    uint32_t rtc = stm32_field(mote_reg(dev, RCC_CFGR), 8, 6);
    switch (source) {
    case CLK_CPU:
        return cpu_hz(dev);
    case CLK_SYSCLK:
        return sysclk_hz(dev);
    case CLK_HCLK:
        return hclk_hz(dev);
    case CLK_PCLK1:
        return pclk_hz(dev, stm32_field(cd2, 4, 3));
    case CLK_PCLK2:
        return pclk_hz(dev, stm32_field(cd2, 8, 3));
    case CLK_PCLK3:
        return pclk_hz(dev, stm32_field(mote_reg(dev, RCC_CDCFGR1), 4, 3));
    case CLK_PCLK4:
        return pclk_hz(dev, stm32_field(mote_reg(dev, RCC_SRDCFGR), 4, 3));
    case CLK_TIM1:
        return timer_hz(dev, stm32_field(cd2, 4, 3));
    case CLK_TIM2:
        return timer_hz(dev, stm32_field(cd2, 8, 3));
    case CLK_HSI:
        return hsi_hz(dev);
    case CLK_CSI:
        return stm32_rcc_osc_hz(dev, OSC_CSI);
    case CLK_HSI48:
        return stm32_rcc_osc_hz(dev, OSC_HSI48);
    case CLK_HSE:
        return stm32_rcc_osc_hz(dev, OSC_HSE);
    case CLK_LSE:
        return stm32_rcc_osc_hz(dev, OSC_LSE);
    case CLK_LSI:
        return stm32_rcc_osc_hz(dev, OSC_LSI);
    case CLK_RTC_HSE:
        return rtc < 2 ? 0 : stm32_rcc_osc_hz(dev, OSC_HSE) / rtc;
    default:
        if (source >= CLK_PLL1P && source <= CLK_PLL3R)
            return pll_hz(dev, (source - CLK_PLL1P) / 3, (source - CLK_PLL1P) % 3);
        return 0;
    }
}

void stm32h7_rcc_switch(struct mote_device *dev)
{
    static const uint8_t needs[] = {OSC_HSI, OSC_CSI, OSC_HSE, OSC_PLL1};
    uint32_t *cfgr = &mote_reg(dev, RCC_CFGR);
    uint32_t sw = *cfgr & 7;
    if (sw < 4 && stm32_rcc_is_ready(dev, needs[sw]))
        *cfgr = (*cfgr & ~0x38u) | sw << 3;
    mote_reg(dev, RCC_CR) |= 0xC000u; /* CPUCKRDY, CDCKRDY */
}

void stm32h7_rcc_update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, 0, (mote_reg(dev, RCC_CIER) & mote_reg(dev, RCC_CIFR)) != 0);
}

static void flag(struct mote_device *dev, uint32_t bit)
{
    if (mote_reg(dev, RCC_CIER) & bit)
        mote_reg(dev, RCC_CIFR) |= bit;
    stm32h7_rcc_update_irq(dev);
}

const struct stm32_rcc_chip stm32h7_rcc_chip = {
    oscillators, sizeof oscillators / sizeof *oscillators,
    enables,     sizeof enables / sizeof *enables,
    muxes,       sizeof muxes / sizeof *muxes,
    source_hz,   stm32h7_rcc_switch,
    flag,        RCC_BDCR,
};
