/* STM32H7A3/7B3/7B0 reset and clock control (RCC).
 *
 * ST RM0455, chapter 8; bits as in ST's stm32h7a3xxq.h. Frequencies and start-up times are
 * properties of the node (sources: sim/boards/stm32h7a3.dtsi).
 * Modelled: HSI with its divider, CSI, HSI48, HSE, LSE, LSI, three PLLs with fractional dividers
 * (their value is taken at each change), start-up times and ready flags, switching of SYSCLK,
 * domain prescalers, timer clocks, bus gates, kernel clocks of serial ports, I2C and low-power
 * timers, peripheral resets, reset causes; Stop: input "stop" (from the PWR) halts oscillators and
 * PLLs but LSE, LSI and what HSIKERON and CSIKERON keep; afterwards SYSCLK is HSI or CSI
 * (STOPWUCK). Not modelled: clock security systems, MCO, calibration, gating in Sleep (LPENR),
 * autonomous mode, AXI gating, the backup domain's write protection, kernel clocks not in the
 * table. */
#include "_stm32h7_rcc.h"

enum { IN_IWDG, IN_WWDG, IN_STOP, IN_STANDBY };

#define RSR_RMVF (1u << 16)
#define RSR_CD   (1u << 19)
#define RSR_SFT  (1u << 24)
#define RSR_PIN  (1u << 22)
#define RSR_IWDG (1u << 26)
#define RSR_WWDG (1u << 28)

#define CR_HSION      (1u << 0)
#define CR_HSIKERON   (1u << 1)
#define CR_HSIRDY     (1u << 2)
#define CR_CSION      (1u << 7)
#define CR_CSIRDY     (1u << 8)
#define CR_CSIKERON   (1u << 9)
#define CR_STOPPED    0x15011081u /* HSI, CSI, HSI48, HSE, PLL 1 to 3 */
#define CFGR_STOPWUCK (1u << 6)
#define CFGR_STOPKERW (1u << 7)

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
    stm32h7_rcc_switch(dev);
    stm32_rcc_update(dev);
}

static void store_cier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    stm32h7_rcc_update_irq(dev);
}

static void store_cicr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, RCC_CIFR) &= ~written;
    stm32h7_rcc_update_irq(dev);
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

/* ---- Stop and resets ---------------------------------------------------------------------------
 */

/* The PWR holds the line for as long as waking takes, so the oscillator is ready at its end. */
static void set_stopped(struct mote_device *dev, bool stopped)
{
    struct stm32_rcc *rcc = dev->state;
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    uint32_t *cfgr = &mote_reg(dev, RCC_CFGR);
    rcc->stopped = stopped;
    if (stopped) {
        *cr &= ~CR_STOPPED;
        *cr |= (*cr & CR_HSIKERON ? CR_HSION : 0) | (*cr & CR_CSIKERON ? CR_CSION : 0);
    } else {
        bool csi = *cfgr & CFGR_STOPWUCK, both = csi != ((*cfgr & CFGR_STOPKERW) != 0);
        *cfgr = (*cfgr & ~7u) | csi;
        *cr |= csi || both ? CR_CSION | CR_CSIRDY : 0;
        *cr |= !csi || both ? CR_HSION | CR_HSIRDY : 0;
    }
    stm32_rcc_follow(dev);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    static const uint32_t causes[] = {
        [IN_IWDG] = RSR_IWDG, [IN_WWDG] = RSR_WWDG, [IN_STANDBY] = RSR_CD};
    struct stm32_rcc *rcc = dev->state;
    if (index == IN_STOP) {
        if (rcc->stopped != (level == 1))
            set_stopped(dev, level == 1);
    } else if (level == 1) {
        rcc->cause |= causes[index];
        mote_request_reset(dev->sys);
    }
}

static void reset(struct mote_device *dev)
{
    struct stm32_rcc *rcc = dev->state;
    if (rcc->powered && rcc->cause == RSR_CD) /* from Standby: no pulse on NRST */
        mote_reg(dev, RCC_RSR) |= RSR_CD;
    else if (rcc->powered)
        mote_reg(dev, RCC_RSR) |= RSR_PIN | (rcc->cause ? rcc->cause : RSR_SFT);
    rcc->powered = true;
    rcc->stopped = false;
    rcc->cause = 0;
    for (uint32_t i = 0; i < STM32_RCC_RESETS; i++)
        rcc->held[i] = 0;
    stm32_rcc_follow(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    stm32_rcc_init(dev, &stm32h7_rcc_chip);
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
    .inputs = {{"iwdg", 1}, {"wwdg", 1}, {"stop", 1}, {"standby", 1}},
    .outputs = {{"irq", 1}},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_of = stm32_rcc_clock_of,
};
