/* STM32U5 reset and clock control (RCC).
 *
 * ST RM0456 (STM32U5 series), chapter 11; bits as in ST's stm32u575xx.h. Frequencies and start-up
 * times are properties of the node (sources: sim/boards/stm32u575.dtsi).
 * Modelled: MSIS and MSIK with both range fields, HSI16, HSI48, HSE, LSE, LSI, the three PLLs with
 * fraction, each with start-up time, ready flag and interrupt; switching of SYSCLK when its source
 * is ready; prescalers, timer clock doubling, bus clock gates, kernel clock selection; peripheral
 * resets; reset causes; the backup domain's write protection and reset; clocks in Stop and after.
 * Not modelled: clock security systems (no oscillator fails), MCO and LSCO outputs, calibration and
 * trimming of MSI by LSE, SHSI, clock gating in Sleep and Stop (SMENR, SRDAMR), the bus clock
 * switches of CFGR2 and CFGR3, security and privilege attributes (TZEN = 0), the input ranges of
 * the PLLs, the EPOD divider of PLL1CFGR. */
#include "_stm32u5_rcc.h"
#include <string.h>

enum { IN_STOP, IN_DBP, IN_IWDG, IN_WWDG, IN_OBL, IN_LSI, IN_STANDBY };
enum { OUT_IRQ, OUT_BACKUP_RESET };

enum {
    EV_LSI,
    EV_LSE,
    EV_MSIS,
    EV_MSIK,
    EV_HSI16,
    EV_HSE,
    EV_HSI48,
    EV_PLL1,
    EV_PLL2,
    EV_PLL3,
    EV_COUNT
};

#define CAUSE_OBL     (1u << 25)
#define CAUSE_PIN     (1u << 26)
#define CAUSE_SFT     (1u << 28)
#define CAUSE_IWDG    (1u << 29)
#define CAUSE_WWDG    (1u << 30)
#define CAUSE_STANDBY (1u << 0) /* the end of Standby, which has no flag here */

/* Oscillators and PLLs in the order of the events: switch, ready flag, interrupt flag. */
static const struct {
    uint8_t reg;
    uint32_t on, ready;
    uint32_t flag; /* in CIER, CIFR and CICR */
} oscillators[EV_COUNT] = {
    [EV_LSI] = {RCC_BDCR, BDCR_LSION, BDCR_LSIRDY, 1u << 0},
    [EV_LSE] = {RCC_BDCR, BDCR_LSEON, BDCR_LSERDY, 1u << 1},
    [EV_MSIS] = {RCC_CR, CR_MSISON, CR_MSISRDY, 1u << 2},
    [EV_MSIK] = {RCC_CR, CR_MSIKON, CR_MSIKRDY, 1u << 11},
    [EV_HSI16] = {RCC_CR, CR_HSION, CR_HSIRDY, 1u << 3},
    [EV_HSE] = {RCC_CR, CR_HSEON, CR_HSERDY, 1u << 4},
    [EV_HSI48] = {RCC_CR, CR_HSI48ON, CR_HSI48RDY, 1u << 5},
    [EV_PLL1] = {RCC_CR, CR_PLL1ON, CR_PLL1RDY, 1u << 6},
    [EV_PLL2] = {RCC_CR, CR_PLL1ON << 2, CR_PLL1RDY << 2, 1u << 7},
    [EV_PLL3] = {RCC_CR, CR_PLL1ON << 4, CR_PLL1RDY << 4, 1u << 8},
};

/* ---- oscillators -------------------------------------------------------------------------------
 */

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, OUT_IRQ, (mote_reg(dev, RCC_CIER) & mote_reg(dev, RCC_CIFR)) != 0);
}

/* Time from switching on to ready; MOTE_NEVER_PS when the board does not have it. */
static uint64_t startup_ps(struct mote_device *dev, uint32_t which)
{
    const struct rcc_state *rcc = dev->state;
    switch (which) {
    case EV_LSI:
        return rcc->lsi_startup_ps;
    case EV_LSE:
        return rcc->lse_hz ? rcc->lse_startup_ps : MOTE_NEVER_PS;
    case EV_MSIS:
    case EV_MSIK:
        return rcc->msi_startup_ps;
    case EV_HSI16:
        return rcc->hsi16_startup_ps;
    case EV_HSI48:
        return rcc->hsi48_startup_ps;
    case EV_HSE:
        if (rcc->hse_hz == 0 || rcc->hse_bypass != ((mote_reg(dev, RCC_CR) & CR_HSEBYP) != 0)) {
            mote_log(dev->sys, dev, MOTE_LOG_GUEST, "HSE never gets ready: the board has %s",
                     rcc->hse_hz == 0  ? "none"
                     : rcc->hse_bypass ? "an external clock (set HSEBYP)"
                                       : "a crystal (clear HSEBYP)");
            return MOTE_NEVER_PS;
        }
        return rcc->hse_startup_ps;
    default:
        return rcc->pll_lock_ps;
    }
}

/* SW takes effect when the source it names is ready. */
static void switch_sysclk(struct mote_device *dev)
{
    static const uint32_t ready[] = {CR_MSISRDY, CR_HSIRDY, CR_HSERDY, CR_PLL1RDY};
    uint32_t *cfgr1 = &mote_reg(dev, RCC_CFGR1);
    uint32_t sw = *cfgr1 & 3;
    if (mote_reg(dev, RCC_CR) & ready[sw])
        *cfgr1 = (*cfgr1 & ~0xCu) | sw << 2;
}

static void became_ready(struct mote_device *dev, uint32_t which)
{
    mote_reg(dev, oscillators[which].reg) |= oscillators[which].ready;
    if (mote_reg(dev, RCC_CIER) & oscillators[which].flag)
        mote_reg(dev, RCC_CIFR) |= oscillators[which].flag;
    update_irq(dev);
    switch_sysclk(dev);
    stm32u5_rcc_update(dev);
}

/* Starts what was switched on, stops what was switched off. */
static void follow_switches(struct mote_device *dev)
{
    const struct rcc_state *rcc = dev->state;
    for (uint32_t i = 0; i < EV_COUNT; i++) {
        uint32_t *reg = &mote_reg(dev, oscillators[i].reg);
        bool on = (*reg & oscillators[i].on) || (i == EV_LSI && rcc->lsi_forced);
        if (!on) {
            mote_event_cancel(dev, i);
            *reg &= ~oscillators[i].ready;
        } else if (!(*reg & oscillators[i].ready) && !mote_event_armed(dev, i)) {
            uint64_t delay = startup_ps(dev, i);
            if (delay != MOTE_NEVER_PS)
                mote_event_after(dev, i, delay);
        }
    }
    switch_sysclk(dev);
    stm32u5_rcc_update(dev);
}

#define READY(name, which)                                                                         \
    static void name(struct mote_device *dev)                                                      \
    {                                                                                              \
        became_ready(dev, which);                                                                  \
    }
READY(lsi_ready, EV_LSI)
READY(lse_ready, EV_LSE)
READY(msis_ready, EV_MSIS)
READY(msik_ready, EV_MSIK)
READY(hsi16_ready, EV_HSI16)
READY(hse_ready, EV_HSE)
READY(hsi48_ready, EV_HSI48)
READY(pll1_ready, EV_PLL1)
READY(pll2_ready, EV_PLL2)
READY(pll3_ready, EV_PLL3)

/* ---- register hooks ----------------------------------------------------------------------------
 */

static void refuse(struct mote_device *dev, const char *what)
{
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s: ignored", what);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    static const uint32_t switches[] = {CR_MSISON, CR_HSION, CR_HSEON, CR_PLL1ON};
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    uint32_t source = (mote_reg(dev, RCC_CFGR1) >> 2) & 3;
    /* What SYSCLK comes from, and what its PLL comes from, cannot be switched off. */
    uint32_t needed = switches[source];
    uint32_t input = mote_reg(dev, RCC_PLL1CFGR) & 3;
    if (source == 3 && input != 0)
        needed |= switches[input - 1];
    if (old & ~*cr & needed) {
        refuse(dev, "an oscillator in use for SYSCLK switched off");
        *cr |= old & needed;
    }
    *cr |= old & CR_CSSON; /* cleared by reset only */
    if ((old & CR_HSEON) && ((old ^ *cr) & CR_HSEBYP)) {
        refuse(dev, "HSEBYP changed while HSE is on");
        *cr = (*cr & ~CR_HSEBYP) | (old & CR_HSEBYP);
    }
    follow_switches(dev);
}

static void store_cfgr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    switch_sysclk(dev);
    stm32u5_rcc_update(dev);
}

static void store_clocks(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    stm32u5_rcc_update(dev);
}

/* While a PLL runs only its output enables may change: fields outside them are put back. */
static void store_pll(struct mote_device *dev, uint32_t which, bool divider, uint32_t old)
{
    uint32_t *reg = &mote_reg(dev, divider ? RCC_PLL1DIVR + 2 * which : RCC_PLL1CFGR + which);
    uint32_t fixed = divider ? 0x1FFu : 0xFF0Fu;
    if ((mote_reg(dev, RCC_CR) & (CR_PLL1ON << (2 * which))) && ((old ^ *reg) & fixed)) {
        refuse(dev, "a PLL configured while it is on");
        *reg = (*reg & ~fixed) | (old & fixed);
    }
    stm32u5_rcc_update(dev);
}

#define STORE_PLL(name, which, divider)                                                            \
    static void name(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)    \
    {                                                                                              \
        (void)element, (void)written;                                                              \
        store_pll(dev, which, divider, old);                                                       \
    }
STORE_PLL(store_pll1cfgr, 0, false)
STORE_PLL(store_pll2cfgr, 1, false)
STORE_PLL(store_pll3cfgr, 2, false)
STORE_PLL(store_pll1divr, 0, true)
STORE_PLL(store_pll2divr, 1, true)
STORE_PLL(store_pll3divr, 2, true)

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

/* One hook for all reset registers: what changed against the last look is reset. */
static void store_rstr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    struct rcc_state *rcc = dev->state;
    for (uint32_t id = RCC_AHB1RSTR; id <= RCC_APB3RSTR; id++) {
        uint32_t *held = &rcc->held[id - RCC_AHB1RSTR];
        uint32_t changed = *held ^ mote_reg(dev, id);
        *held ^= changed;
        if (changed != 0)
            stm32u5_rcc_reset_consumers(dev, dev->cls->regs[id].offset + 0x28, changed);
    }
}

static void store_bdcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    uint32_t *bdcr = &mote_reg(dev, RCC_BDCR);
    if (mote_wire_input(dev, IN_DBP) == 0) {
        if (*bdcr != old)
            refuse(dev, "BDCR written without PWR_DBPR.DBP");
        *bdcr = old;
        return;
    }
    mote_wire_set(dev, OUT_BACKUP_RESET, (*bdcr & BDCR_BDRST) != 0);
    if (*bdcr & BDCR_BDRST)
        *bdcr &= BDCR_BDRST | 0x1F000000;
    else if ((old & 0x300) != 0 && ((old ^ *bdcr) & 0x300)) {
        refuse(dev, "RTCSEL changed without a backup domain reset");
        *bdcr = (*bdcr & ~0x300u) | (old & 0x300);
    }
    *bdcr &= ~BDCR_LSESYSRDY;
    if (*bdcr & BDCR_LSESYSEN)
        *bdcr |= BDCR_LSESYSRDY;
    follow_switches(dev);
}

static void store_csr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t *csr = &mote_reg(dev, RCC_CSR);
    if (*csr & CSR_RMVF)
        *csr &= ~CSR_CAUSES;
    stm32u5_rcc_update(dev);
}

/* Reset values: RM0456 11.8. Calibration values differ from chip to chip and read as 0 here. */
static const struct mote_reg regs[RCC_REG_COUNT] = {
    [RCC_CR] = {.name = "CR",
                .offset = 0x0,
                .reset = 0x35,
                .rw = 0x151D53DB,
                .ro = 0x2A02A424,
                .unmodelled = 0x00104288,
                .store = store_cr},
    [RCC_ICSCR1] = {.name = "ICSCR1",
                    .offset = 0x8,
                    .reset = 0x44000000,
                    .rw = 0xFFC00000,
                    .ro = 0xFFFFF,
                    .unmodelled = 0x400000,
                    .store = store_clocks},
    [RCC_ICSCR2] =
        {.name = "ICSCR2", .offset = 0xC, .reset = 0x84210, .rw = 0xFFFFF, .unmodelled = 0xFFFFF},
    [RCC_ICSCR3] = {.name = "ICSCR3",
                    .offset = 0x10,
                    .reset = 0x100000,
                    .rw = 0x1F0000,
                    .ro = 0xFFF,
                    .unmodelled = 0x1F0000},
    [RCC_CRRCR] = {.name = "CRRCR", .offset = 0x14, .ro = 0x1FF},
    [RCC_CFGR1] = {.name = "CFGR1",
                   .offset = 0x1C,
                   .rw = 0x7F000033,
                   .ro = 0xC,
                   .unmodelled = 0x7F000020,
                   .store = store_cfgr},
    [RCC_CFGR2] = {.name = "CFGR2",
                   .offset = 0x20,
                   .rw = 0x1F077F,
                   .unmodelled = 0x1F0000,
                   .store = store_clocks},
    [RCC_CFGR3] = {.name = "CFGR3",
                   .offset = 0x24,
                   .rw = 0x30070,
                   .unmodelled = 0x30000,
                   .store = store_clocks},
    [RCC_PLL1CFGR] = {.name = "PLL1CFGR", .offset = 0x28, .rw = 0x7FF1F, .store = store_pll1cfgr},
    [RCC_PLL2CFGR] = {.name = "PLL2CFGR", .offset = 0x2C, .rw = 0x70F1F, .store = store_pll2cfgr},
    [RCC_PLL3CFGR] = {.name = "PLL3CFGR", .offset = 0x30, .rw = 0x70F1F, .store = store_pll3cfgr},
    [RCC_PLL1DIVR] = {.name = "PLL1DIVR",
                      .offset = 0x34,
                      .reset = 0x1010280,
                      .rw = 0x7F7FFFFF,
                      .store = store_pll1divr},
    [RCC_PLL1FRACR] = {.name = "PLL1FRACR", .offset = 0x38, .rw = 0xFFF8, .store = store_clocks},
    [RCC_PLL2DIVR] = {.name = "PLL2DIVR",
                      .offset = 0x3C,
                      .reset = 0x1010280,
                      .rw = 0x7F7FFFFF,
                      .store = store_pll2divr},
    [RCC_PLL2FRACR] = {.name = "PLL2FRACR", .offset = 0x40, .rw = 0xFFF8, .store = store_clocks},
    [RCC_PLL3DIVR] = {.name = "PLL3DIVR",
                      .offset = 0x44,
                      .reset = 0x1010280,
                      .rw = 0x7F7FFFFF,
                      .store = store_pll3divr},
    [RCC_PLL3FRACR] = {.name = "PLL3FRACR", .offset = 0x48, .rw = 0xFFF8, .store = store_clocks},
    [RCC_CIER] =
        {.name = "CIER", .offset = 0x50, .rw = 0x19FF, .unmodelled = 0x1000, .store = store_cier},
    [RCC_CIFR] = {.name = "CIFR", .offset = 0x54, .ro = 0x1DFF},
    [RCC_CICR] = {.name = "CICR", .offset = 0x58, .wo = 0x1DFF, .store = store_cicr},
    [RCC_AHB1RSTR] = {.name = "AHB1RSTR", .offset = 0x60, .rw = 0x7100F, .store = store_rstr},
    [RCC_AHB2RSTR1] = {.name = "AHB2RSTR1", .offset = 0x64, .rw = 0x182655FF, .store = store_rstr},
    [RCC_AHB2RSTR2] = {.name = "AHB2RSTR2", .offset = 0x68, .rw = 0x111, .store = store_rstr},
    [RCC_AHB3RSTR] = {.name = "AHB3RSTR", .offset = 0x6C, .rw = 0x661, .store = store_rstr},
    [RCC_APB1RSTR1] = {.name = "APB1RSTR1", .offset = 0x74, .rw = 0x17E403F, .store = store_rstr},
    [RCC_APB1RSTR2] = {.name = "APB1RSTR2", .offset = 0x78, .rw = 0x800222, .store = store_rstr},
    [RCC_APB2RSTR] = {.name = "APB2RSTR", .offset = 0x7C, .rw = 0x677800, .store = store_rstr},
    [RCC_APB3RSTR] = {.name = "APB3RSTR", .offset = 0x80, .rw = 0x10F8E2, .store = store_rstr},
    [RCC_AHB1ENR] = {.name = "AHB1ENR",
                     .offset = 0x88,
                     .reset = 0xD0000100,
                     .rw = 0xD107110F,
                     .store = store_clocks},
    [RCC_AHB2ENR1] = {.name = "AHB2ENR1",
                      .offset = 0x8C,
                      .reset = 0xC0000000,
                      .rw = 0xD82655FF,
                      .store = store_clocks},
    [RCC_AHB2ENR2] = {.name = "AHB2ENR2", .offset = 0x90, .rw = 0x111, .store = store_clocks},
    [RCC_AHB3ENR] = {.name = "AHB3ENR",
                     .offset = 0x94,
                     .reset = 0x80000000,
                     .rw = 0x80001665,
                     .store = store_clocks},
    [RCC_APB1ENR1] =
        {.name = "APB1ENR1", .offset = 0x9C, .rw = 0x17E403F, .w1s = 0x800, .store = store_clocks},
    [RCC_APB1ENR2] = {.name = "APB1ENR2", .offset = 0xA0, .rw = 0x800222, .store = store_clocks},
    [RCC_APB2ENR] = {.name = "APB2ENR", .offset = 0xA4, .rw = 0x677800, .store = store_clocks},
    [RCC_APB3ENR] = {.name = "APB3ENR", .offset = 0xA8, .rw = 0x30F8E2, .store = store_clocks},
    [RCC_AHB1SMENR] = {.name = "AHB1SMENR",
                       .offset = 0xB0,
                       .reset = 0xF107110F,
                       .rw = 0xF107110F,
                       .unmodelled = 0xF107110F},
    [RCC_AHB2SMENR1] = {.name = "AHB2SMENR1",
                        .offset = 0xB4,
                        .reset = 0xD82655FF,
                        .rw = 0xD82655FF,
                        .unmodelled = 0xD82655FF},
    [RCC_AHB2SMENR2] =
        {.name = "AHB2SMENR2", .offset = 0xB8, .reset = 0x111, .rw = 0x111, .unmodelled = 0x111},
    [RCC_AHB3SMENR] = {.name = "AHB3SMENR",
                       .offset = 0xBC,
                       .reset = 0x80001665,
                       .rw = 0x80001665,
                       .unmodelled = 0x80001665},
    [RCC_APB1SMENR1] = {.name = "APB1SMENR1",
                        .offset = 0xC4,
                        .reset = 0x17E483F,
                        .rw = 0x17E483F,
                        .unmodelled = 0x17E483F},
    [RCC_APB1SMENR2] = {.name = "APB1SMENR2",
                        .offset = 0xC8,
                        .reset = 0x800222,
                        .rw = 0x800222,
                        .unmodelled = 0x800222},
    [RCC_APB2SMENR] = {.name = "APB2SMENR",
                       .offset = 0xCC,
                       .reset = 0x677800,
                       .rw = 0x677800,
                       .unmodelled = 0x677800},
    [RCC_APB3SMENR] = {.name = "APB3SMENR",
                       .offset = 0xD0,
                       .reset = 0x30F8E2,
                       .rw = 0x30F8E2,
                       .unmodelled = 0x30F8E2},
    [RCC_SRDAMR] = {.name = "SRDAMR", .offset = 0xD8, .rw = 0xBE30F8E0, .unmodelled = 0xBE30F8E0},
    [RCC_CCIPR1] = {.name = "CCIPR1",
                    .offset = 0xE0,
                    .rw = 0xEFFFFFFF,
                    .unmodelled = 0xE3000000,
                    .store = store_clocks},
    [RCC_CCIPR2] = {.name = "CCIPR2",
                    .offset = 0xE4,
                    .rw = 0x3077E7,
                    .unmodelled = 0x3047E7,
                    .store = store_clocks},
    [RCC_CCIPR3] = {.name = "CCIPR3",
                    .offset = 0xE8,
                    .rw = 0x7FFDF,
                    .unmodelled = 0x78000,
                    .store = store_clocks},
    [RCC_BDCR] = {.name = "BDCR",
                  .offset = 0xF0,
                  .rw = 0x170193BD,
                  .ro = 0x8000842,
                  .unmodelled = 0x3001038,
                  .keep = 1,
                  .store = store_bdcr},
    [RCC_CSR] = {.name = "CSR",
                 .offset = 0xF4,
                 .reset = 0xC004400,
                 .rw = 0x80FF00,
                 .ro = 0xFE000000,
                 .keep = 1,
                 .store = store_csr},
    [RCC_SECCFGR] = {.name = "SECCFGR", .offset = 0x110, .rw = 0x1FFF, .unmodelled = 0x1FFF},
    [RCC_PRIVCFGR] = {.name = "PRIVCFGR", .offset = 0x114, .rw = 0x3, .unmodelled = 0x3},
};

/* ---- Stop, watchdogs and resets ----------------------------------------------------------------
 */

/* Stop switches HSE, PLLs and HSI48 off; afterwards SYSCLK is MSIS or HSI16, as STOPWUCK says. The
 * PWR holds the line for as long as waking takes. */
static void set_stopped(struct mote_device *dev, bool stopped)
{
    struct rcc_state *rcc = dev->state;
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    uint32_t *cfgr1 = &mote_reg(dev, RCC_CFGR1);
    rcc->stopped = stopped;
    if (stopped) {
        *cr &= ~(CR_HSEON | 0x15u * CR_PLL1ON | CR_MSISON | CR_HSI48ON);
        if (!(*cr & 1u << 9)) /* HSIKERON */
            *cr &= ~CR_HSION;
        if (!(*cr & 1u << 1)) /* MSIKERON */
            *cr &= ~CR_MSIKON;
    } else {
        bool hsi16 = *cfgr1 & CFGR1_STOPWUCK;
        *cr |= hsi16 ? CR_HSION | CR_HSIRDY : CR_MSISON | CR_MSISRDY;
        *cfgr1 = (*cfgr1 & ~3u) | (hsi16 ? 1 : 0);
    }
    follow_switches(dev);
}

static void ask_reset(struct mote_device *dev, uint32_t cause)
{
    struct rcc_state *rcc = dev->state;
    rcc->cause |= cause;
    mote_request_reset(dev->sys);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    static const uint32_t causes[] = {[IN_IWDG] = CAUSE_IWDG,
                                      [IN_WWDG] = CAUSE_WWDG,
                                      [IN_OBL] = CAUSE_OBL,
                                      [IN_STANDBY] = CAUSE_STANDBY};
    struct rcc_state *rcc = dev->state;
    if (index == IN_STOP) {
        if (rcc->stopped != (level == 1))
            set_stopped(dev, level == 1);
    } else if (index == IN_LSI) {
        rcc->lsi_forced = level == 1;
        follow_switches(dev);
    } else if (causes[index] != 0 && level == 1) {
        ask_reset(dev, causes[index]);
    }
}

static void reset(struct mote_device *dev)
{
    struct rcc_state *rcc = dev->state;
    uint32_t *csr = &mote_reg(dev, RCC_CSR);
    if (rcc->powered) {
        /* Every internal reset also pulls NRST low. One that nobody announced is SYSRESETREQ. */
        if (rcc->cause != CAUSE_STANDBY)
            *csr |= CAUSE_PIN | (rcc->cause ? rcc->cause & CSR_CAUSES : CAUSE_SFT);
        *csr &= ~CSR_RMVF;
    }
    rcc->powered = true;
    rcc->cause = 0;
    rcc->stopped = false;
    rcc->lsi_forced = false;
    memset(rcc->held, 0, sizeof rcc->held);
    mote_wire_set(dev, OUT_BACKUP_RESET, (mote_reg(dev, RCC_BDCR) & BDCR_BDRST) != 0);
    follow_switches(dev);
}

/* ---- devicetree --------------------------------------------------------------------------------
 */

static uint64_t prop_ns_ps(struct mote_device *dev, const char *name)
{
    return 1000ull * mote_prop_u32(dev, name, 0);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    static const struct {
        const char *name;
        enum rcc_source source;
    } fixed[] = {{"msis", SRC_MSIS},   {"msik", SRC_MSIK},   {"hsi16", SRC_HSI16},
                 {"hsi48", SRC_HSI48}, {"hse", SRC_HSE},     {"lse", SRC_LSE},
                 {"lsi", SRC_LSI},     {"pll1", SRC_PLL1_R}, {"sysclk", SRC_SYSCLK},
                 {"hclk", SRC_HCLK},   {"pclk1", SRC_PCLK1}, {"pclk2", SRC_PCLK2},
                 {"pclk3", SRC_PCLK3}};
    struct rcc_state *rcc = dev->state;
    uint32_t cells[RCC_MSI_RANGES] = {0};
    mote_prop_cells(dev, "mote,msi-hz", cells, RCC_MSI_RANGES);
    for (uint32_t i = 0; i < RCC_MSI_RANGES; i++)
        rcc->msi_hz[i] = cells[i];
    rcc->hsi16_hz = mote_prop_u32(dev, "mote,hsi16-hz", 0);
    rcc->hsi48_hz = mote_prop_u32(dev, "mote,hsi48-hz", 0);
    rcc->lsi_hz = mote_prop_u32(dev, "mote,lsi-hz", 0);
    rcc->hse_hz = mote_prop_u32(dev, "mote,hse-hz", 0);
    rcc->lse_hz = mote_prop_u32(dev, "mote,lse-hz", 0);
    rcc->hse_bypass = mote_prop_flag(dev, "mote,hse-bypass");
    rcc->msi_startup_ps = prop_ns_ps(dev, "mote,msi-startup-ns");
    rcc->hsi16_startup_ps = prop_ns_ps(dev, "mote,hsi16-startup-ns");
    rcc->hsi48_startup_ps = prop_ns_ps(dev, "mote,hsi48-startup-ns");
    rcc->lsi_startup_ps = prop_ns_ps(dev, "mote,lsi-startup-ns");
    rcc->hse_startup_ps = prop_ns_ps(dev, "mote,hse-startup-ns");
    rcc->lse_startup_ps = prop_ns_ps(dev, "mote,lse-startup-ns");
    rcc->pll_lock_ps = prop_ns_ps(dev, "mote,pll-lock-ns");
    /* Sources as clocks of their own, so that energy and traces can follow them. */
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (!stm32u5_rcc_add_fixed(dev, fixed[i].name, fixed[i].source))
            return mote_err_set(err, "%s: out of memory for clocks", dev->path);
    if (rcc->msi_hz[4] == 0)
        mote_log(dev->sys, dev, MOTE_LOG_INFO,
                 "no frequencies (mote,msi-hz ...) in the devicetree: the chip has no clock");
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_LSI] = {"lsi_ready", lsi_ready, 0},       [EV_LSE] = {"lse_ready", lse_ready, 0},
    [EV_MSIS] = {"msis_ready", msis_ready, 0},    [EV_MSIK] = {"msik_ready", msik_ready, 0},
    [EV_HSI16] = {"hsi16_ready", hsi16_ready, 0}, [EV_HSE] = {"hse_ready", hse_ready, 0},
    [EV_HSI48] = {"hsi48_ready", hsi48_ready, 0}, [EV_PLL1] = {"pll1_ready", pll1_ready, 0},
    [EV_PLL2] = {"pll2_ready", pll2_ready, 0},    [EV_PLL3] = {"pll3_ready", pll3_ready, 0},
};

const struct mote_device_class mote_class_stm32u5_rcc = {
    .name = "stm32u5_rcc",
    .summary = "STM32U5 reset and clock control",
    .compatibles = {"st,stm32u5-rcc"},
    .state_bytes = sizeof(struct rcc_state),
    .regs = regs,
    .reg_count = RCC_REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .inputs =
        {{"stop", 1}, {"dbp", 1}, {"iwdg", 1}, {"wwdg", 1}, {"obl", 1}, {"lsi", 1}, {"standby", 1}},
    .outputs = {{"irq", 1}, {"backup_reset", 1}},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_of = stm32u5_rcc_clock_of,
};
