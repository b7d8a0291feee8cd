/* STM32F74x/75x reset and clock control (RCC).
 *
 * ST RM0385, chapter 5; bits as in ST's stm32f746xx.h. Frequencies and start-up times are
 * properties of the node (sources: sim/boards/stm32f746.dtsi).
 * Modelled: HSI, HSE, LSE, LSI, main PLL (P, Q), PLLI2S and PLLSAI as ready flags with start-up
 * times, switching of SYSCLK, prescalers, timer clocks, bus gates, kernel clocks of serial ports,
 * I2C, LPTIM1 and RNG, peripheral resets, reset causes.
 * Not modelled: clock security, MCO, spread spectrum, outputs of PLLI2S and PLLSAI, gating in
 * Sleep (LPENR), write protection of the backup domain, Stop. */
#include "_stm32_rcc.h"

enum {
    RCC_CR,
    RCC_PLLCFGR,
    RCC_CFGR,
    RCC_CIR,
    RCC_AHB1RSTR,
    RCC_AHB2RSTR,
    RCC_AHB3RSTR,
    RCC_APB1RSTR,
    RCC_APB2RSTR,
    RCC_AHB1ENR,
    RCC_AHB2ENR,
    RCC_AHB3ENR,
    RCC_APB1ENR,
    RCC_APB2ENR,
    RCC_AHB1LPENR,
    RCC_AHB2LPENR,
    RCC_AHB3LPENR,
    RCC_APB1LPENR,
    RCC_APB2LPENR,
    RCC_BDCR,
    RCC_CSR,
    RCC_SSCGR,
    RCC_PLLI2SCFGR,
    RCC_PLLSAICFGR,
    RCC_DCKCFGR1,
    RCC_DCKCFGR2,
    RCC_REG_COUNT,
};

enum { IN_IWDG, IN_WWDG };
enum { OSC_LSI, OSC_LSE, OSC_HSI, OSC_HSE, OSC_PLL, OSC_I2S, OSC_SAI };

#define CSR_RMVF (1u << 24)
#define CSR_PIN  (1u << 26)
#define CSR_SFT  (1u << 28)
#define CSR_IWDG (1u << 29)
#define CSR_WWDG (1u << 30)

static const struct stm32_oscillator oscillators[] = {
    [OSC_LSI] = {RCC_CSR, 1, 2, 1u << 0, "mote,lsi-startup-ns", "mote,lsi-hz"},
    [OSC_LSE] = {RCC_BDCR, 1, 2, 1u << 1, "mote,lse-startup-ns", "mote,lse-hz"},
    [OSC_HSI] = {RCC_CR, 1, 2, 1u << 2, "mote,hsi-startup-ns", "mote,hsi-hz"},
    [OSC_HSE] = {RCC_CR, 1u << 16, 1u << 17, 1u << 3, "mote,hse-startup-ns", "mote,hse-hz"},
    [OSC_PLL] = {RCC_CR, 1u << 24, 1u << 25, 1u << 4, "mote,pll-lock-ns", NULL},
    [OSC_I2S] = {RCC_CR, 1u << 26, 1u << 27, 1u << 5, "mote,pll-lock-ns", NULL},
    [OSC_SAI] = {RCC_CR, 1u << 28, 1u << 29, 1u << 6, "mote,pll-lock-ns", NULL},
};

static const struct stm32_enable enables[] = {
    {0x30, RCC_AHB1ENR, RCC_AHB1RSTR, CLK_HCLK, CLK_NONE, 0},
    {0x34, RCC_AHB2ENR, RCC_AHB2RSTR, CLK_HCLK, CLK_NONE, 0},
    {0x38, RCC_AHB3ENR, RCC_AHB3RSTR, CLK_HCLK, CLK_NONE, 0},
    {0x40, RCC_APB1ENR, RCC_APB1RSTR, CLK_PCLK1, CLK_TIM1, 0x000001FF},
    {0x44, RCC_APB2ENR, RCC_APB2RSTR, CLK_PCLK2, CLK_TIM2, 0x00070003},
};

#define SERIAL(lsb, bus)                                                                           \
    {                                                                                              \
        0x90, lsb, 2, RCC_DCKCFGR2,                                                                \
        {                                                                                          \
            bus, CLK_SYSCLK, CLK_HSI, CLK_LSE                                                      \
        }                                                                                          \
    }
static const struct stm32_mux muxes[] = {
    SERIAL(0, CLK_PCLK2),
    SERIAL(2, CLK_PCLK1),
    SERIAL(4, CLK_PCLK1),
    SERIAL(6, CLK_PCLK1),
    SERIAL(8, CLK_PCLK1),
    SERIAL(10, CLK_PCLK2),
    SERIAL(12, CLK_PCLK1),
    SERIAL(14, CLK_PCLK1),
    {0x90, 16, 2, RCC_DCKCFGR2, {CLK_PCLK1, CLK_SYSCLK, CLK_HSI}}, /* I2C1 to I2C4 */
    {0x90, 18, 2, RCC_DCKCFGR2, {CLK_PCLK1, CLK_SYSCLK, CLK_HSI}},
    {0x90, 20, 2, RCC_DCKCFGR2, {CLK_PCLK1, CLK_SYSCLK, CLK_HSI}},
    {0x90, 22, 2, RCC_DCKCFGR2, {CLK_PCLK1, CLK_SYSCLK, CLK_HSI}},
    {0x90, 24, 2, RCC_DCKCFGR2, {CLK_PCLK1, CLK_LSI, CLK_HSI, CLK_LSE}}, /* LPTIM1 */
    {0x90, 27, 1, RCC_DCKCFGR2, {CLK_PLL1Q, CLK_NONE}},                  /* 48 MHz */
    {0x70, 8, 2, RCC_BDCR, {CLK_NONE, CLK_LSE, CLK_LSI, CLK_RTC_HSE}},
};
#undef SERIAL

/* ---- the tree ----------------------------------------------------------------------------------
 */

static uint64_t vco_hz(struct mote_device *dev)
{
    uint32_t cfgr = mote_reg(dev, RCC_PLLCFGR), m = stm32_field(cfgr, 0, 6);
    uint64_t input = stm32_rcc_osc_hz(dev, cfgr & 1u << 22 ? OSC_HSE : OSC_HSI);
    return !stm32_rcc_is_ready(dev, OSC_PLL) || m == 0 ? 0 : input * stm32_field(cfgr, 6, 9) / m;
}

static uint64_t sysclk_hz(struct mote_device *dev)
{
    switch (stm32_field(mote_reg(dev, RCC_CFGR), 2, 2)) {
    case 0:
        return stm32_rcc_osc_hz(dev, OSC_HSI);
    case 1:
        return stm32_rcc_osc_hz(dev, OSC_HSE);
    default:
        return vco_hz(dev) / (2 * stm32_field(mote_reg(dev, RCC_PLLCFGR), 16, 2) + 2);
    }
}

static uint64_t hclk_hz(struct mote_device *dev)
{
    static const uint16_t divider[] = {2, 4, 8, 16, 64, 128, 256, 512};
    uint32_t hpre = stm32_field(mote_reg(dev, RCC_CFGR), 4, 4);
    return sysclk_hz(dev) / (hpre < 8 ? 1 : divider[hpre - 8]);
}

static uint64_t pclk_hz(struct mote_device *dev, uint32_t bus)
{
    uint32_t ppre = stm32_field(mote_reg(dev, RCC_CFGR), bus == 1 ? 10 : 13, 3);
    return hclk_hz(dev) >> (ppre < 4 ? 0 : ppre - 3);
}

/* Without TIMPRE twice the bus clock, with it four times, at most HCLK. */
static uint64_t timer_hz(struct mote_device *dev, uint32_t bus)
{
    uint64_t hclk = hclk_hz(dev), pclk = pclk_hz(dev, bus);
    uint64_t hz = mote_reg(dev, RCC_DCKCFGR1) & 1u << 24 ? 4 * pclk : 2 * pclk;
    return hz < hclk ? hz : hclk;
}

static uint64_t source_hz(struct mote_device *dev, uint32_t source)
{
    uint32_t rtc = stm32_field(mote_reg(dev, RCC_CFGR), 16, 5);
    uint32_t q = stm32_field(mote_reg(dev, RCC_PLLCFGR), 24, 4);
    switch (source) {
    case CLK_CPU:
    case CLK_HCLK:
        return hclk_hz(dev);
    case CLK_SYSCLK:
        return sysclk_hz(dev);
    case CLK_PCLK1:
        return pclk_hz(dev, 1);
    case CLK_PCLK2:
        return pclk_hz(dev, 2);
    case CLK_TIM1:
        return timer_hz(dev, 1);
    case CLK_TIM2:
        return timer_hz(dev, 2);
    case CLK_HSI:
        return stm32_rcc_osc_hz(dev, OSC_HSI);
    case CLK_HSE:
        return stm32_rcc_osc_hz(dev, OSC_HSE);
    case CLK_LSE:
        return stm32_rcc_osc_hz(dev, OSC_LSE);
    case CLK_LSI:
        return stm32_rcc_osc_hz(dev, OSC_LSI);
    case CLK_PLL1Q:
        return q < 2 ? 0 : vco_hz(dev) / q;
    case CLK_RTC_HSE:
        return rtc < 2 ? 0 : stm32_rcc_osc_hz(dev, OSC_HSE) / rtc;
    default:
        return 0;
    }
}

static void switch_sysclk(struct mote_device *dev)
{
    static const uint8_t needs[] = {OSC_HSI, OSC_HSE, OSC_PLL};
    uint32_t *cfgr = &mote_reg(dev, RCC_CFGR);
    uint32_t sw = *cfgr & 3;
    if (sw < 3 && stm32_rcc_is_ready(dev, needs[sw]))
        *cfgr = (*cfgr & ~0xCu) | sw << 2;
}

/* CIR: flags in bits 7:0, their enables eight bits up, their clears sixteen. */
static void update_irq(struct mote_device *dev)
{
    uint32_t cir = mote_reg(dev, RCC_CIR);
    mote_wire_set(dev, 0, (cir & cir >> 8 & 0x7F) != 0);
}

static void flag(struct mote_device *dev, uint32_t bit)
{
    if (mote_reg(dev, RCC_CIR) & bit << 8)
        mote_reg(dev, RCC_CIR) |= bit;
    update_irq(dev);
}

static const struct stm32_rcc_chip chip = {
    oscillators, sizeof oscillators / sizeof *oscillators,
    enables,     sizeof enables / sizeof *enables,
    muxes,       sizeof muxes / sizeof *muxes,
    source_hz,   switch_sysclk,
    flag,        RCC_BDCR,
};

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_cfgr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    switch_sysclk(dev);
    stm32_rcc_update(dev);
}

static void store_cir(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, RCC_CIR) &= ~(written >> 16 & 0xFF) & 0x7FFF;
    update_irq(dev);
}

static void store_csr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & CSR_RMVF)
        mote_reg(dev, RCC_CSR) &= 3;
    stm32_rcc_follow(dev);
}

static const struct mote_reg regs[RCC_REG_COUNT] = {
    [RCC_CR] = {.name = "CR",
                .offset = 0x0,
                .reset = 0x83,
                .rw = 0x150f00f9,
                .ro = 0x2a00ff02,
                .store = stm32_rcc_store_switches},
    [RCC_PLLCFGR] = {.name = "PLLCFGR",
                     .offset = 0x4,
                     .reset = 0x24003010,
                     .rw = 0xf437fff,
                     .store = stm32_rcc_store_clocks},
    [RCC_CFGR] = {.name = "CFGR", .offset = 0x8, .rw = 0xfffffcf3, .ro = 0xc, .store = store_cfgr},
    [RCC_CIR] = {.name = "CIR",
                 .offset = 0xc,
                 .rw = 0x7f00,
                 .ro = 0xff,
                 .wo = 0xff0000,
                 .store = store_cir},
    [RCC_AHB1RSTR] = {.name = "AHB1RSTR",
                      .offset = 0x10,
                      .rw = 0x22e017ff,
                      .store = stm32_rcc_store_resets},
    [RCC_AHB2RSTR] = {.name = "AHB2RSTR",
                      .offset = 0x14,
                      .rw = 0xc1,
                      .store = stm32_rcc_store_resets},
    [RCC_AHB3RSTR] = {.name = "AHB3RSTR",
                      .offset = 0x18,
                      .rw = 0x3,
                      .store = stm32_rcc_store_resets},
    [RCC_APB1RSTR] = {.name = "APB1RSTR",
                      .offset = 0x20,
                      .rw = 0xffffcbff,
                      .store = stm32_rcc_store_resets},
    [RCC_APB2RSTR] = {.name = "APB2RSTR",
                      .offset = 0x24,
                      .rw = 0x4f77933,
                      .store = stm32_rcc_store_resets},
    [RCC_AHB1ENR] = {.name = "AHB1ENR",
                     .offset = 0x30,
                     .reset = 0x100000,
                     .rw = 0x7ef417ff,
                     .store = stm32_rcc_store_clocks},
    [RCC_AHB2ENR] = {.name = "AHB2ENR",
                     .offset = 0x34,
                     .rw = 0xc1,
                     .store = stm32_rcc_store_clocks},
    [RCC_AHB3ENR] = {.name = "AHB3ENR", .offset = 0x38, .rw = 0x3, .store = stm32_rcc_store_clocks},
    [RCC_APB1ENR] = {.name = "APB1ENR",
                     .offset = 0x40,
                     .rw = 0xffffcbff,
                     .store = stm32_rcc_store_clocks},
    [RCC_APB2ENR] = {.name = "APB2ENR",
                     .offset = 0x44,
                     .rw = 0x4f77f33,
                     .store = stm32_rcc_store_clocks},
    [RCC_AHB1LPENR] = {.name = "AHB1LPENR",
                       .offset = 0x50,
                       .reset = 0x7ef7b7ff,
                       .rw = 0x7ef7b7ff,
                       .unmodelled = 0x7ef7b7ff},
    [RCC_AHB2LPENR] =
        {.name = "AHB2LPENR", .offset = 0x54, .reset = 0xc1, .rw = 0xc1, .unmodelled = 0xc1},
    [RCC_AHB3LPENR] =
        {.name = "AHB3LPENR", .offset = 0x58, .reset = 0x3, .rw = 0x3, .unmodelled = 0x3},
    [RCC_APB1LPENR] = {.name = "APB1LPENR",
                       .offset = 0x60,
                       .reset = 0xffffcbff,
                       .rw = 0xffffcbff,
                       .unmodelled = 0xffffcbff},
    [RCC_APB2LPENR] = {.name = "APB2LPENR",
                       .offset = 0x64,
                       .reset = 0x4f77f33,
                       .rw = 0x4f77f33,
                       .unmodelled = 0x4f77f33},
    [RCC_BDCR] = {.name = "BDCR",
                  .offset = 0x70,
                  .rw = 0x1831d,
                  .ro = 0x2,
                  .keep = 1,
                  .store = stm32_rcc_store_switches},
    [RCC_CSR] = {.name = "CSR",
                 .offset = 0x74,
                 .reset = 0xe000000,
                 .rw = 0x1000001,
                 .ro = 0xfe000002,
                 .keep = 1,
                 .store = store_csr},
    [RCC_SSCGR] = {.name = "SSCGR", .offset = 0x80, .rw = 0xcfffffff, .unmodelled = 0xcfffffff},
    [RCC_PLLI2SCFGR] = {.name = "PLLI2SCFGR",
                        .offset = 0x84,
                        .reset = 0x24003000,
                        .rw = 0x7f037fc0,
                        .store = stm32_rcc_store_clocks},
    [RCC_PLLSAICFGR] = {.name = "PLLSAICFGR",
                        .offset = 0x88,
                        .reset = 0x24003000,
                        .rw = 0x7f037fc0,
                        .store = stm32_rcc_store_clocks},
    [RCC_DCKCFGR1] = {.name = "DCKCFGR1",
                      .offset = 0x8c,
                      .rw = 0x1f31f1f,
                      .store = stm32_rcc_store_clocks},
    [RCC_DCKCFGR2] = {.name = "DCKCFGR2",
                      .offset = 0x90,
                      .rw = 0x1fffffff,
                      .store = stm32_rcc_store_clocks},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct stm32_rcc *rcc = dev->state;
    if (level != 1)
        return;
    rcc->cause |= index == IN_IWDG ? CSR_IWDG : CSR_WWDG;
    mote_request_reset(dev->sys);
}

static void reset(struct mote_device *dev)
{
    struct stm32_rcc *rcc = dev->state;
    if (rcc->powered)
        mote_reg(dev, RCC_CSR) |= CSR_PIN | (rcc->cause ? rcc->cause : CSR_SFT);
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

const struct mote_device_class mote_class_stm32f7_rcc = {
    .name = "stm32f7_rcc",
    .summary = "STM32F74x reset and clock control",
    .compatibles = {"st,stm32f746-rcc"},
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
