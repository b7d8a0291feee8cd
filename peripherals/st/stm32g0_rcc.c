/* STM32G0 reset and clock control (RCC).
 *
 * ST RM0444 (STM32G0x1), chapter 5; bits as in ST's stm32g0b1xx.h. Frequencies and start-up times
 * are properties of the node (sources: sim/boards/stm32g0b1.dtsi).
 * Modelled: HSI16 with HSIDIV, HSE, LSE, LSI, HSI48 and the PLL, each with start-up time, ready
 * flag and interrupt; switching of SYSCLK when its source is ready; prescalers, timer clock
 * doubling, gates, kernel clock selection; peripheral resets; reset causes; write protection and
 * reset of the RTC domain; clocks in Stop and after it.
 * Not modelled: clock security systems (no oscillator fails), MCO and LSCO outputs, calibration
 * (ICSCR changes nothing), gating in Sleep by the SMENR registers, the CRS, I2S and FDCAN clocks.
 */
#include "_stm32_rcc.h"

enum {
    RCC_CR,
    RCC_ICSCR,
    RCC_CFGR,
    RCC_PLLCFGR,
    RCC_CRRCR,
    RCC_CIER,
    RCC_CIFR,
    RCC_CICR,
    RCC_IOPRSTR,
    RCC_AHBRSTR,
    RCC_APBRSTR1,
    RCC_APBRSTR2,
    RCC_IOPENR,
    RCC_AHBENR,
    RCC_APBENR1,
    RCC_APBENR2,
    RCC_IOPSMENR,
    RCC_AHBSMENR,
    RCC_APBSMENR1,
    RCC_APBSMENR2,
    RCC_CCIPR,
    RCC_CCIPR2,
    RCC_BDCR,
    RCC_CSR,
    RCC_REG_COUNT,
};

enum { IN_STOP, IN_DBP, IN_IWDG, IN_WWDG, IN_OBL, IN_LSI, IN_STANDBY };
enum { OUT_IRQ, OUT_BACKUP_RESET };
enum { OSC_LSI, OSC_LSE, OSC_HSI48, OSC_HSI, OSC_HSE, OSC_PLL };

#define CR_HSION    (1u << 8)
#define CR_HSIKERON (1u << 9)
#define CR_HSEON    (1u << 16)
#define CR_CSSON    (1u << 19)
#define CR_HSI48ON  (1u << 22)
#define CR_PLLON    (1u << 24)
#define BDCR_RTCSEL 0x300u
#define BDCR_RTCEN  (1u << 15)
#define BDCR_BDRST  (1u << 16)
#define BDCR_LSCO   (3u << 24) /* the only bits that BDRST does not hold at 0 */
#define CSR_LSI     3u
#define CSR_RMVF    (1u << 23)
#define CSR_OBL     (1u << 25)
#define CSR_PIN     (1u << 26)
#define CSR_SFT     (1u << 28)
#define CSR_IWDG    (1u << 29)
#define CSR_WWDG    (1u << 30)
#define CSR_CAUSES  0xFE000000u
#define STANDBY_END 1u /* a cause without a flag of its own here */

static const struct stm32_oscillator oscillators[] = {
    [OSC_LSI] = {RCC_CSR, 1, 2, 1u << 0, "mote,lsi-startup-ns", "mote,lsi-hz"},
    [OSC_LSE] = {RCC_BDCR, 1, 2, 1u << 1, "mote,lse-startup-ns", "mote,lse-hz"},
    [OSC_HSI48] = {RCC_CR, CR_HSI48ON, 1u << 23, 1u << 2, "mote,hsi48-startup-ns", "mote,hsi48-hz"},
    [OSC_HSI] = {RCC_CR, CR_HSION, 1u << 10, 1u << 3, "mote,hsi16-startup-ns", "mote,hsi16-hz"},
    [OSC_HSE] = {RCC_CR, CR_HSEON, 1u << 17, 1u << 4, "mote,hse-startup-ns", "mote,hse-hz"},
    [OSC_PLL] = {RCC_CR, CR_PLLON, 1u << 25, 1u << 5, "mote,pll-lock-ns", NULL},
};

static const struct stm32_enable enables[] = {
    {0x34, RCC_IOPENR, RCC_IOPRSTR, CLK_HCLK, CLK_NONE, 0},
    {0x38, RCC_AHBENR, RCC_AHBRSTR, CLK_HCLK, CLK_NONE, 0},
    {0x3C, RCC_APBENR1, RCC_APBRSTR1, CLK_PCLK1, CLK_TIM1, 0x00000037},
    {0x40, RCC_APBENR2, RCC_APBRSTR2, CLK_PCLK1, CLK_TIM1, 0x00078800},
};

#define SERIAL(lsb)                                                                                \
    {                                                                                              \
        0x54, lsb, 2, RCC_CCIPR,                                                                   \
        {                                                                                          \
            CLK_PCLK1, CLK_SYSCLK, CLK_HSI, CLK_LSE                                                \
        }                                                                                          \
    }
static const struct stm32_mux muxes[] = {
    SERIAL(0),
    SERIAL(2),
    SERIAL(4),
    SERIAL(8),
    SERIAL(10),
    {0x54, 12, 2, RCC_CCIPR, {CLK_PCLK1, CLK_SYSCLK, CLK_HSI, CLK_NONE}}, /* I2C1 */
    {0x54, 14, 2, RCC_CCIPR, {CLK_PCLK1, CLK_SYSCLK, CLK_HSI, CLK_NONE}}, /* I2C2 */
    {0x54, 18, 2, RCC_CCIPR, {CLK_PCLK1, CLK_LSI, CLK_HSI, CLK_LSE}},     /* LPTIM1 */
    {0x54, 20, 2, RCC_CCIPR, {CLK_PCLK1, CLK_LSI, CLK_HSI, CLK_LSE}},     /* LPTIM2 */
    {0x54, 22, 1, RCC_CCIPR, {CLK_TIM1, CLK_PLL1Q}},                      /* TIM1 */
    {0x54, 24, 1, RCC_CCIPR, {CLK_TIM1, CLK_PLL1Q}},                      /* TIM15 */
    {0x54, 30, 2, RCC_CCIPR, {CLK_SYSCLK, CLK_PLL1P, CLK_HSI, CLK_NONE}}, /* ADC */
    {0x58, 12, 2, RCC_CCIPR2, {CLK_HSI48, CLK_HSE, CLK_PLL1Q, CLK_NONE}}, /* USB */
    {0x5C, 8, 2, RCC_BDCR, {CLK_NONE, CLK_LSE, CLK_LSI, CLK_RTC_HSE}},    /* RTC */
};
#undef SERIAL

/* ---- the tree ----------------------------------------------------------------------------------
 */

static uint64_t vco_hz(struct mote_device *dev)
{
    uint32_t cfgr = mote_reg(dev, RCC_PLLCFGR), source = cfgr & 3;
    if (!stm32_rcc_is_ready(dev, OSC_PLL) || source < 2)
        return 0;
    uint64_t input = stm32_rcc_osc_hz(dev, source == 3 ? OSC_HSE : OSC_HSI);
    return input * stm32_field(cfgr, 8, 7) / (stm32_field(cfgr, 4, 3) + 1);
}

/* Outputs P, Q and R: enable bit, then the divider less one. */
static uint64_t pll_hz(struct mote_device *dev, uint32_t enable_bit, uint32_t width)
{
    uint32_t cfgr = mote_reg(dev, RCC_PLLCFGR);
    if (!stm32_field(cfgr, enable_bit, 1))
        return 0;
    return vco_hz(dev) / (stm32_field(cfgr, enable_bit + 1, width) + 1);
}

static uint64_t sysclk_hz(struct mote_device *dev)
{
    const struct stm32_rcc *rcc = dev->state;
    if (rcc->stopped)
        return 0;
    switch (stm32_field(mote_reg(dev, RCC_CFGR), 3, 3)) {
    case 0:
        return stm32_rcc_osc_hz(dev, OSC_HSI) >> stm32_field(mote_reg(dev, RCC_CR), 11, 3);
    case 1:
        return stm32_rcc_osc_hz(dev, OSC_HSE);
    case 2:
        return pll_hz(dev, 28, 3);
    case 3:
        return stm32_rcc_osc_hz(dev, OSC_LSI);
    default:
        return stm32_rcc_osc_hz(dev, OSC_LSE);
    }
}

static uint64_t hclk_hz(struct mote_device *dev)
{
    static const uint16_t divider[] = {2, 4, 8, 16, 64, 128, 256, 512};
    uint32_t hpre = stm32_field(mote_reg(dev, RCC_CFGR), 8, 4);
    return sysclk_hz(dev) / (hpre < 8 ? 1 : divider[hpre - 8]);
}

/* `timers`: at twice the bus clock when the bus prescaler divides. */
static uint64_t pclk_hz(struct mote_device *dev, bool timers)
{
    uint32_t ppre = stm32_field(mote_reg(dev, RCC_CFGR), 12, 3);
    return ppre < 4 ? hclk_hz(dev) : hclk_hz(dev) >> (ppre - 3) << (timers ? 1 : 0);
}

static uint64_t source_hz(struct mote_device *dev, uint32_t source)
{
    switch (source) {
    case CLK_CPU:
    case CLK_HCLK:
        return hclk_hz(dev);
    case CLK_SYSCLK:
        return sysclk_hz(dev);
    case CLK_PCLK1:
        return pclk_hz(dev, false);
    case CLK_TIM1:
        return pclk_hz(dev, true);
    case CLK_HSI:
        return stm32_rcc_osc_hz(dev, OSC_HSI);
    case CLK_HSI48:
        return stm32_rcc_osc_hz(dev, OSC_HSI48);
    case CLK_HSE:
        return stm32_rcc_osc_hz(dev, OSC_HSE);
    case CLK_LSE:
        return stm32_rcc_osc_hz(dev, OSC_LSE);
    case CLK_LSI:
        return stm32_rcc_osc_hz(dev, OSC_LSI);
    case CLK_PLL1P:
        return pll_hz(dev, 16, 5);
    case CLK_PLL1Q:
        return pll_hz(dev, 24, 3);
    case CLK_PLL1R:
        return pll_hz(dev, 28, 3);
    case CLK_RTC_HSE:
        return stm32_rcc_osc_hz(dev, OSC_HSE) / 32;
    default:
        return 0;
    }
}

static void switch_sysclk(struct mote_device *dev)
{
    static const uint8_t needs[] = {OSC_HSI, OSC_HSE, OSC_PLL, OSC_LSI, OSC_LSE};
    uint32_t *cfgr = &mote_reg(dev, RCC_CFGR);
    uint32_t sw = *cfgr & 7;
    if (sw < sizeof needs && stm32_rcc_is_ready(dev, needs[sw]))
        *cfgr = (*cfgr & ~0x38u) | sw << 3;
}

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, OUT_IRQ, (mote_reg(dev, RCC_CIER) & mote_reg(dev, RCC_CIFR)) != 0);
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
    flag,        RCC_BDCR,
};

/* ---- registers ---------------------------------------------------------------------------------
 */

static void refuse(struct mote_device *dev, const char *what)
{
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s: ignored", what);
}

/* What SYSCLK comes from, and what its PLL comes from, cannot be switched off. */
static uint32_t needed(struct mote_device *dev)
{
    switch (stm32_field(mote_reg(dev, RCC_CFGR), 3, 3)) {
    case 0:
        return CR_HSION;
    case 1:
        return CR_HSEON;
    case 2:
        return CR_PLLON | ((mote_reg(dev, RCC_PLLCFGR) & 3) == 3 ? CR_HSEON : CR_HSION);
    default:
        return 0;
    }
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    if (old & ~*cr & needed(dev)) {
        refuse(dev, "an oscillator in use for SYSCLK switched off");
        *cr |= old & needed(dev);
    }
    *cr |= old & CR_CSSON; /* cleared by reset only */
    stm32_rcc_follow(dev);
}

static void store_cfgr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    switch_sysclk(dev);
    stm32_rcc_update(dev);
}

/* While the PLL runs only its output enables may change. */
static void store_pllcfgr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    const uint32_t outputs = 1u << 16 | 1u << 24 | 1u << 28;
    uint32_t *cfgr = &mote_reg(dev, RCC_PLLCFGR);
    if ((mote_reg(dev, RCC_CR) & CR_PLLON) && ((old ^ *cfgr) & ~outputs)) {
        refuse(dev, "the PLL configured while it is on");
        *cfgr = (*cfgr & outputs) | (old & ~outputs);
    }
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

static void store_bdcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    uint32_t *bdcr = &mote_reg(dev, RCC_BDCR);
    if (mote_wire_input(dev, IN_DBP) == 0) {
        if (*bdcr != old)
            refuse(dev, "BDCR written without PWR_CR1.DBP");
        *bdcr = old;
        return;
    }
    mote_wire_set(dev, OUT_BACKUP_RESET, (*bdcr & BDCR_BDRST) != 0);
    if (*bdcr & BDCR_BDRST) {
        *bdcr &= BDCR_BDRST | BDCR_LSCO;
    } else if ((old & BDCR_RTCSEL) != 0 && ((old ^ *bdcr) & BDCR_RTCSEL)) {
        refuse(dev, "RTCSEL changed without a reset of the RTC domain");
        *bdcr = (*bdcr & ~BDCR_RTCSEL) | (old & BDCR_RTCSEL);
    }
    stm32_rcc_follow(dev);
}

static void store_csr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t *csr = &mote_reg(dev, RCC_CSR);
    if (*csr & CSR_RMVF)
        *csr &= ~CSR_CAUSES;
    stm32_rcc_follow(dev);
}

#define RSTR(bits)  .rw = (bits), .store = stm32_rcc_store_resets
#define ENR(bits)   .rw = (bits), .store = stm32_rcc_store_clocks
#define SMENR(bits) .reset = (bits), .rw = (bits), .unmodelled = (bits)

/* Reset values: RM0444 5.4. Calibration values differ from chip to chip and read as 0 here. */
static const struct mote_reg regs[RCC_REG_COUNT] = {
    [RCC_CR] = {.name = "CR",
                .offset = 0x00,
                .reset = 0x500,
                .rw = 0x014D3B00,
                .ro = 0x02820400,
                .unmodelled = CR_CSSON,
                .store = store_cr},
    [RCC_ICSCR] = {.name = "ICSCR",
                   .offset = 0x04,
                   .reset = 0x4000,
                   .rw = 0x7F00,
                   .ro = 0xFF,
                   .unmodelled = 0x7F00},
    [RCC_CFGR] = {.name = "CFGR",
                  .offset = 0x08,
                  .rw = 0xFFFF7F07,
                  .ro = 0x38,
                  .unmodelled = 0xFFFF0000,
                  .store = store_cfgr},
    [RCC_PLLCFGR] = {.name = "PLLCFGR",
                     .offset = 0x0C,
                     .reset = 0x1000,
                     .rw = 0xFF3F7F73,
                     .store = store_pllcfgr},
    [RCC_CRRCR] = {.name = "CRRCR", .offset = 0x14, .ro = 0x1FF},
    [RCC_CIER] = {.name = "CIER", .offset = 0x18, .rw = 0x3F, .store = store_cier},
    [RCC_CIFR] = {.name = "CIFR", .offset = 0x1C, .ro = 0x33F},
    [RCC_CICR] = {.name = "CICR", .offset = 0x20, .wo = 0x33F, .store = store_cicr},
    [RCC_IOPRSTR] = {.name = "IOPRSTR", .offset = 0x24, RSTR(0x3F)},
    [RCC_AHBRSTR] = {.name = "AHBRSTR", .offset = 0x28, RSTR(0x1103)},
    [RCC_APBRSTR1] = {.name = "APBRSTR1", .offset = 0x2C, RSTR(0xFFFFF3B7)},
    [RCC_APBRSTR2] = {.name = "APBRSTR2", .offset = 0x30, RSTR(0x17D801)},
    [RCC_IOPENR] = {.name = "IOPENR", .offset = 0x34, ENR(0x3F)},
    [RCC_AHBENR] = {.name = "AHBENR", .offset = 0x38, .reset = 0x100, ENR(0x1103)},
    [RCC_APBENR1] = {.name = "APBENR1", .offset = 0x3C, .w1s = 0x800, ENR(0xFFFFF7B7)},
    [RCC_APBENR2] = {.name = "APBENR2", .offset = 0x40, ENR(0x17D801)},
    [RCC_IOPSMENR] = {.name = "IOPSMENR", .offset = 0x44, SMENR(0x3F)},
    [RCC_AHBSMENR] = {.name = "AHBSMENR", .offset = 0x48, SMENR(0x1303)},
    [RCC_APBSMENR1] = {.name = "APBSMENR1", .offset = 0x4C, SMENR(0xFFFFFFB7)},
    [RCC_APBSMENR2] = {.name = "APBSMENR2", .offset = 0x50, SMENR(0x17D801)},
    [RCC_CCIPR] = {.name = "CCIPR", .offset = 0x54, .unmodelled = 0x40, ENR(0xC17CFF7F)},
    [RCC_CCIPR2] = {.name = "CCIPR2", .offset = 0x58, .unmodelled = 0x30F, ENR(0x330F)},
    [RCC_BDCR] = {.name = "BDCR",
                  .offset = 0x5C,
                  .rw = 0x0301833D,
                  .ro = 0x42,
                  .unmodelled = 0x03000020,
                  .keep = 1,
                  .store = store_bdcr},
    [RCC_CSR] = {.name = "CSR",
                 .offset = 0x60,
                 .reset = 0x0C000000,
                 .rw = 0x00800001,
                 .ro = 0xFE000002,
                 .keep = 1,
                 .store = store_csr},
};

/* ---- Stop, watchdogs and resets ----------------------------------------------------------------
 */

/* Stop switches HSE, HSI48 and the PLL off; afterwards SYSCLK is HSISYS. The PWR holds the line for
 * as long as waking takes. */
static void set_stopped(struct mote_device *dev, bool stopped)
{
    struct stm32_rcc *rcc = dev->state;
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    rcc->stopped = stopped;
    if (stopped) {
        *cr &= ~(CR_HSEON | CR_PLLON | CR_HSI48ON | CR_HSION);
        if (*cr & CR_HSIKERON)
            *cr |= CR_HSION;
    } else {
        *cr |= CR_HSION | oscillators[OSC_HSI].ready;
        mote_reg(dev, RCC_CFGR) &= ~7u;
    }
    stm32_rcc_follow(dev);
}

static void ask_reset(struct mote_device *dev, uint32_t cause)
{
    struct stm32_rcc *rcc = dev->state;
    rcc->cause |= cause;
    mote_request_reset(dev->sys);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    static const uint32_t causes[] = {
        [IN_IWDG] = CSR_IWDG, [IN_WWDG] = CSR_WWDG, [IN_OBL] = CSR_OBL, [IN_STANDBY] = STANDBY_END};
    struct stm32_rcc *rcc = dev->state;
    if (index == IN_STOP) {
        if (rcc->stopped != (level == 1))
            set_stopped(dev, level == 1);
    } else if (index == IN_LSI) {
        rcc->lsi_forced = level == 1; /* the independent watchdog runs */
        stm32_rcc_follow(dev);
    } else if (index != IN_DBP && level == 1) {
        ask_reset(dev, causes[index]);
    }
}

static void reset(struct mote_device *dev)
{
    struct stm32_rcc *rcc = dev->state;
    uint32_t *csr = &mote_reg(dev, RCC_CSR);
    if (rcc->powered) {
        /* Every internal reset also pulls NRST low. One that nobody announced is SYSRESETREQ. */
        if (rcc->cause != STANDBY_END)
            *csr |= CSR_PIN | (rcc->cause ? rcc->cause & CSR_CAUSES : CSR_SFT);
        *csr &= ~(CSR_LSI | CSR_RMVF);
    }
    rcc->powered = true;
    rcc->cause = 0;
    rcc->stopped = false;
    rcc->lsi_forced = false;
    for (uint32_t i = 0; i < STM32_RCC_RESETS; i++)
        rcc->held[i] = 0;
    mote_wire_set(dev, OUT_BACKUP_RESET, (mote_reg(dev, RCC_BDCR) & BDCR_BDRST) != 0);
    stm32_rcc_follow(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    stm32_rcc_init(dev, &chip);
    /* Sources as clocks of their own, so that energy and traces can follow them. */
    if (!stm32_rcc_add_fixed(dev, "hsi16", CLK_HSI) ||
        !stm32_rcc_add_fixed(dev, "hsi48", CLK_HSI48) ||
        !stm32_rcc_add_fixed(dev, "hse", CLK_HSE) || !stm32_rcc_add_fixed(dev, "lse", CLK_LSE) ||
        !stm32_rcc_add_fixed(dev, "lsi", CLK_LSI) || !stm32_rcc_add_fixed(dev, "pll", CLK_PLL1R) ||
        !stm32_rcc_add_fixed(dev, "sysclk", CLK_SYSCLK) ||
        !stm32_rcc_add_fixed(dev, "cpu", CLK_CPU) || !stm32_rcc_add_fixed(dev, "hclk", CLK_HCLK) ||
        !stm32_rcc_add_fixed(dev, "pclk", CLK_PCLK1))
        return mote_err_set(err, "%s: out of memory for clocks", dev->path);
    return true;
}

const struct mote_device_class mote_class_stm32g0_rcc = {
    .name = "stm32g0_rcc",
    .summary = "STM32G0 reset and clock control",
    .compatibles = {"st,stm32g0-rcc"},
    .state_bytes = sizeof(struct stm32_rcc),
    .regs = regs,
    .reg_count = RCC_REG_COUNT,
    .window_bytes = 0x400,
    .events = stm32_rcc_events,
    .event_count = STM32_RCC_OSCILLATORS,
    .inputs =
        {{"stop", 1}, {"dbp", 1}, {"iwdg", 1}, {"wwdg", 1}, {"obl", 1}, {"lsi", 1}, {"standby", 1}},
    .outputs = {{"irq", 1}, {"backup_reset", 1}},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_of = stm32_rcc_clock_of,
};
