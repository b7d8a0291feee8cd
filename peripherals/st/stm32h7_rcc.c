/* STM32H7A3/7B3/7B0 reset and clock control (RCC).
 *
 * ST RM0455, chapter 8; bits as in ST's stm32h7a3xxq.h. Frequencies and start-up times are
 * properties of the node (sources: sim/boards/stm32h7a3.dtsi).
 * Modelled: HSI with its divider, CSI, HSI48, HSE, LSE, LSI, three PLLs with fractional dividers
 * (their value is taken at each change), start-up times and ready flags, switching of SYSCLK,
 * domain prescalers, timer clocks, bus gates, kernel clocks of serial ports, peripheral resets,
 * reset causes.
 * Not modelled: clock security systems, MCO, calibration, gating in Sleep (LPENR), autonomous
 * mode, AXI gating, the backup domain's write protection, Stop, kernel clocks not in the table. */
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

enum { IN_IWDG, IN_WWDG };
enum { OSC_LSI, OSC_LSE, OSC_HSI, OSC_HSE, OSC_CSI, OSC_HSI48, OSC_PLL1, OSC_PLL2, OSC_PLL3 };

#define RSR_RMVF (1u << 16)
#define RSR_SFT  (1u << 24)
#define RSR_PIN  (1u << 22)
#define RSR_IWDG (1u << 26)
#define RSR_WWDG (1u << 28)

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
static const struct stm32_mux muxes[] = {
    {0x54, 0, 3, RCC_CDCCIP2R, {SERIAL(CLK_PCLK1)}},
    {0x54, 3, 3, RCC_CDCCIP2R, {SERIAL(CLK_PCLK2)}},
    {0x54, 8, 2, RCC_CDCCIP2R, {CLK_HSI48, CLK_PLL1Q, CLK_LSE, CLK_LSI}},
    {0x58, 0, 3, RCC_SRDCCIPR, {SERIAL(CLK_PCLK4)}},
    {0x70, 8, 2, RCC_BDCR, {CLK_NONE, CLK_LSE, CLK_LSI, CLK_RTC_HSE}},
};
#undef SERIAL

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

static void switch_sysclk(struct mote_device *dev)
{
    static const uint8_t needs[] = {OSC_HSI, OSC_CSI, OSC_HSE, OSC_PLL1};
    uint32_t *cfgr = &mote_reg(dev, RCC_CFGR);
    uint32_t sw = *cfgr & 7;
    if (sw < 4 && stm32_rcc_is_ready(dev, needs[sw]))
        *cfgr = (*cfgr & ~0x38u) | sw << 3;
    mote_reg(dev, RCC_CR) |= 0xC000u; /* CPUCKRDY, CDCKRDY */
}

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, 0, (mote_reg(dev, RCC_CIER) & mote_reg(dev, RCC_CIFR)) != 0);
}

static void flag(struct mote_device *dev, uint32_t bit)
{
    if (mote_reg(dev, RCC_CIER) & bit)
        mote_reg(dev, RCC_CIFR) |= bit;
    update_irq(dev);
}

static const struct stm32_rcc_chip chip = {
    oscillators, sizeof oscillators / sizeof *oscillators,
    enables,     sizeof enables / sizeof *enables,
    muxes,       sizeof muxes / sizeof *muxes,
    source_hz,   switch_sysclk,
    flag,
};

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    static const uint32_t on[] = {1u, 1u << 7, 1u << 16, 1u << 24};
    uint32_t source = stm32_field(mote_reg(dev, RCC_CFGR), 3, 3);
    uint32_t needed = source < 4 ? on[source] : 0;
    if (old & ~*cr & needed) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "an oscillator in use for SYSCLK switched off");
        *cr |= old & needed;
    }
    *cr |= 1u << 5; /* HSIDIVF: the divider changes at once */
    stm32_rcc_follow(dev);
}

static void store_clocks(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    switch_sysclk(dev);
    stm32_rcc_update(dev);
}

static void store_cier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

static void store_cicr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, RCC_CIFR) &= ~written;
    update_irq(dev);
}

static void store_rsr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & RSR_RMVF)
        mote_reg(dev, RCC_RSR) = 0;
}

static const struct mote_reg regs[RCC_REG_COUNT] = {
    [RCC_CR] = {.name = "CR",
                .offset = 0x0,
                .reset = 0xc025,
                .rw = 0x151f129b,
                .ro = 0x2a00e124,
                .store = store_cr},
    [RCC_HSICFGR] = {.name = "HSICFGR",
                     .offset = 0x4,
                     .reset = 0x40000000,
                     .rw = 0x7f000000,
                     .ro = 0xfff,
                     .unmodelled = 0x7f000fff},
    [RCC_CRRCR] = {.name = "CRRCR", .offset = 0x8, .ro = 0x3ff},
    [RCC_CSICFGR] = {.name = "CSICFGR",
                     .offset = 0xc,
                     .reset = 0x20000000,
                     .rw = 0x3f000000,
                     .ro = 0xff,
                     .unmodelled = 0x3f0000ff},
    [RCC_CFGR] =
        {.name = "CFGR", .offset = 0x10, .rw = 0xfffcbfc7, .ro = 0x38, .store = store_clocks},
    [RCC_CDCFGR1] = {.name = "CDCFGR1",
                     .offset = 0x18,
                     .rw = 0xf7f,
                     .store = stm32_rcc_store_clocks},
    [RCC_CDCFGR2] = {.name = "CDCFGR2",
                     .offset = 0x1c,
                     .rw = 0x770,
                     .store = stm32_rcc_store_clocks},
    [RCC_SRDCFGR] = {.name = "SRDCFGR",
                     .offset = 0x20,
                     .rw = 0x70,
                     .store = stm32_rcc_store_clocks},
    [RCC_PLLCKSELR] = {.name = "PLLCKSELR",
                       .offset = 0x28,
                       .reset = 0x2020200,
                       .rw = 0x3f3f3f3,
                       .store = stm32_rcc_store_clocks},
    [RCC_PLLCFGR] = {.name = "PLLCFGR",
                     .offset = 0x2c,
                     .reset = 0x1ff0000,
                     .rw = 0x1ff0fff,
                     .store = stm32_rcc_store_clocks},
    [RCC_PLL1DIVR] = {.name = "PLL1DIVR",
                      .offset = 0x30,
                      .reset = 0x1010280,
                      .rw = 0x7f7fffff,
                      .store = stm32_rcc_store_clocks},
    [RCC_PLL1FRACR] = {.name = "PLL1FRACR",
                       .offset = 0x34,
                       .rw = 0xfff8,
                       .store = stm32_rcc_store_clocks},
    [RCC_PLL2DIVR] = {.name = "PLL2DIVR",
                      .offset = 0x38,
                      .reset = 0x1010280,
                      .rw = 0x7f7fffff,
                      .store = stm32_rcc_store_clocks},
    [RCC_PLL2FRACR] = {.name = "PLL2FRACR",
                       .offset = 0x3c,
                       .rw = 0xfff8,
                       .store = stm32_rcc_store_clocks},
    [RCC_PLL3DIVR] = {.name = "PLL3DIVR",
                      .offset = 0x40,
                      .reset = 0x1010280,
                      .rw = 0x7f7fffff,
                      .store = stm32_rcc_store_clocks},
    [RCC_PLL3FRACR] = {.name = "PLL3FRACR",
                       .offset = 0x44,
                       .rw = 0xfff8,
                       .store = stm32_rcc_store_clocks},
    [RCC_CDCCIPR] = {.name = "CDCCIPR",
                     .offset = 0x4c,
                     .rw = 0x30010033,
                     .store = stm32_rcc_store_clocks},
    [RCC_CDCCIP1R] = {.name = "CDCCIP1R",
                      .offset = 0x50,
                      .rw = 0xb1377fc7,
                      .store = stm32_rcc_store_clocks},
    [RCC_CDCCIP2R] = {.name = "CDCCIP2R",
                      .offset = 0x54,
                      .rw = 0x70f0333f,
                      .store = stm32_rcc_store_clocks},
    [RCC_SRDCCIPR] = {.name = "SRDCCIPR",
                      .offset = 0x58,
                      .rw = 0x7803ff07,
                      .store = stm32_rcc_store_clocks},
    [RCC_CIER] = {.name = "CIER", .offset = 0x60, .rw = 0x3ff, .store = store_cier},
    [RCC_CIFR] = {.name = "CIFR", .offset = 0x64, .ro = 0x7ff},
    [RCC_CICR] = {.name = "CICR", .offset = 0x68, .wo = 0x7ff, .store = store_cicr},
    [RCC_BDCR] = {.name = "BDCR",
                  .offset = 0x70,
                  .rw = 0x183bd,
                  .ro = 0x42,
                  .keep = 1,
                  .store = stm32_rcc_store_switches},
    [RCC_CSR] = {.name = "CSR",
                 .offset = 0x74,
                 .rw = 0x1,
                 .ro = 0x2,
                 .keep = 1,
                 .store = stm32_rcc_store_switches},
    [RCC_AHB3RSTR] = {.name = "AHB3RSTR",
                      .offset = 0x7c,
                      .rw = 0x1295031,
                      .store = stm32_rcc_store_resets},
    [RCC_AHB1RSTR] = {.name = "AHB1RSTR",
                      .offset = 0x80,
                      .rw = 0x2000223,
                      .store = stm32_rcc_store_resets},
    [RCC_AHB2RSTR] = {.name = "AHB2RSTR",
                      .offset = 0x84,
                      .rw = 0xa45,
                      .store = stm32_rcc_store_resets},
    [RCC_AHB4RSTR] = {.name = "AHB4RSTR",
                      .offset = 0x88,
                      .rw = 0x2007ff,
                      .store = stm32_rcc_store_resets},
    [RCC_APB3RSTR] = {.name = "APB3RSTR",
                      .offset = 0x8c,
                      .rw = 0x8,
                      .store = stm32_rcc_store_resets},
    [RCC_APB1LRSTR] = {.name = "APB1LRSTR",
                       .offset = 0x90,
                       .rw = 0xe8ffc3ff,
                       .store = stm32_rcc_store_resets},
    [RCC_APB1HRSTR] = {.name = "APB1HRSTR",
                       .offset = 0x94,
                       .rw = 0x136,
                       .store = stm32_rcc_store_resets},
    [RCC_APB2RSTR] = {.name = "APB2RSTR",
                      .offset = 0x98,
                      .rw = 0x40d730f3,
                      .store = stm32_rcc_store_resets},
    [RCC_APB4RSTR] = {.name = "APB4RSTR",
                      .offset = 0x9c,
                      .rw = 0xc00e6aa,
                      .store = stm32_rcc_store_resets},
    [RCC_SRDAMR] = {.name = "SRDAMR", .offset = 0xa8, .rw = 0x3c01e6ab, .unmodelled = 0x3c01e6ab},
    [RCC_CKGAENR] = {.name = "CKGAENR", .offset = 0xb0, .rw = 0xffffffff, .unmodelled = 0xffffffff},
    [RCC_RSR] = {.name = "RSR",
                 .offset = 0x130,
                 .reset = 0xe80000,
                 .rw = 0x10000,
                 .ro = 0x55e80000,
                 .keep = 1,
                 .store = store_rsr},
    [RCC_AHB3ENR] = {.name = "AHB3ENR",
                     .offset = 0x134,
                     .rw = 0x1295031,
                     .store = stm32_rcc_store_clocks},
    [RCC_AHB1ENR] = {.name = "AHB1ENR",
                     .offset = 0x138,
                     .rw = 0x6000223,
                     .store = stm32_rcc_store_clocks},
    [RCC_AHB2ENR] = {.name = "AHB2ENR",
                     .offset = 0x13c,
                     .rw = 0x60000a45,
                     .store = stm32_rcc_store_clocks},
    [RCC_AHB4ENR] = {.name = "AHB4ENR",
                     .offset = 0x140,
                     .rw = 0x302007ff,
                     .store = stm32_rcc_store_clocks},
    [RCC_APB3ENR] = {.name = "APB3ENR",
                     .offset = 0x144,
                     .rw = 0x48,
                     .store = stm32_rcc_store_clocks},
    [RCC_APB1LENR] = {.name = "APB1LENR",
                      .offset = 0x148,
                      .rw = 0xe8ffc3ff,
                      .store = stm32_rcc_store_clocks},
    [RCC_APB1HENR] = {.name = "APB1HENR",
                      .offset = 0x14c,
                      .rw = 0x136,
                      .store = stm32_rcc_store_clocks},
    [RCC_APB2ENR] = {.name = "APB2ENR",
                     .offset = 0x150,
                     .rw = 0x40d730f3,
                     .store = stm32_rcc_store_clocks},
    [RCC_APB4ENR] = {.name = "APB4ENR",
                     .offset = 0x154,
                     .reset = 0x10000,
                     .rw = 0xc01e6aa,
                     .store = stm32_rcc_store_clocks},
    [RCC_AHB3LPENR] = {.name = "AHB3LPENR",
                       .offset = 0x15c,
                       .reset = 0xfd295131,
                       .rw = 0xfd295131,
                       .unmodelled = 0xfd295131},
    [RCC_AHB1LPENR] = {.name = "AHB1LPENR",
                       .offset = 0x160,
                       .reset = 0x6000223,
                       .rw = 0x6000223,
                       .unmodelled = 0x6000223},
    [RCC_AHB2LPENR] = {.name = "AHB2LPENR",
                       .offset = 0x164,
                       .reset = 0x60000a41,
                       .rw = 0x60000a41,
                       .unmodelled = 0x60000a41},
    [RCC_AHB4LPENR] = {.name = "AHB4LPENR",
                       .offset = 0x168,
                       .reset = 0x302007ff,
                       .rw = 0x302007ff,
                       .unmodelled = 0x302007ff},
    [RCC_APB3LPENR] =
        {.name = "APB3LPENR", .offset = 0x16c, .reset = 0x48, .rw = 0x48, .unmodelled = 0x48},
    [RCC_APB1LLPENR] = {.name = "APB1LLPENR",
                        .offset = 0x170,
                        .reset = 0xe8ffc3ff,
                        .rw = 0xe8ffc3ff,
                        .unmodelled = 0xe8ffc3ff},
    [RCC_APB1HLPENR] =
        {.name = "APB1HLPENR", .offset = 0x174, .reset = 0x136, .rw = 0x136, .unmodelled = 0x136},
    [RCC_APB2LPENR] = {.name = "APB2LPENR",
                       .offset = 0x178,
                       .reset = 0x40d730f3,
                       .rw = 0x40d730f3,
                       .unmodelled = 0x40d730f3},
    [RCC_APB4LPENR] = {.name = "APB4LPENR",
                       .offset = 0x17c,
                       .reset = 0xc01e6aa,
                       .rw = 0xc01e6aa,
                       .unmodelled = 0xc01e6aa},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct stm32_rcc *rcc = dev->state;
    if (level != 1)
        return;
    rcc->cause |= index == IN_IWDG ? RSR_IWDG : RSR_WWDG;
    mote_request_reset(dev->sys);
}

static void reset(struct mote_device *dev)
{
    struct stm32_rcc *rcc = dev->state;
    if (rcc->powered)
        mote_reg(dev, RCC_RSR) |= RSR_PIN | (rcc->cause ? rcc->cause : RSR_SFT);
    rcc->powered = true;
    rcc->cause = 0;
    for (uint32_t i = 0; i < STM32_RCC_RESETS; i++)
        rcc->held[i] = 0;
    stm32_rcc_follow(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    stm32_rcc_init(dev, &chip);
    if (!stm32_rcc_add_fixed(dev, "sysclk", CLK_SYSCLK) ||
        !stm32_rcc_add_fixed(dev, "cpu", CLK_CPU) || !stm32_rcc_add_fixed(dev, "hclk", CLK_HCLK))
        return mote_err_set(err, "%s: out of memory for clocks", dev->path);
    return true;
}

const struct mote_device_class mote_class_stm32h7_rcc = {
    .name = "stm32h7_rcc",
    .summary = "STM32H7A3 reset and clock control",
    .compatibles = {"st,stm32h7a3-rcc", "st,stm32h7-rcc"},
    .state_bytes = sizeof(struct stm32_rcc),
    .regs = regs,
    .reg_count = RCC_REG_COUNT,
    .window_bytes = 0x400,
    .events = stm32_rcc_events,
    .event_count = STM32_RCC_OSCILLATORS,
    .inputs = {{"iwdg", 1}, {"wwdg", 1}},
    .outputs = {{"irq", 1}},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_of = stm32_rcc_clock_of,
};
