/* STM32L4+ reset and clock control (RCC).
 *
 * ST RM0432 (STM32L4+ reference manual), chapter 6; bits as in ST's stm32l4r5xx.h. Frequencies and
 * start-up times are properties of the node (sources: sim/boards/stm32l4r5.dtsi).
 * Modelled: MSI (both range fields, trimming by LSE), HSI16, HSI48, HSE, LSE, LSI, the three PLLs,
 * each with start-up time, ready flag and interrupt; switching of SYSCLK when its source is ready;
 * prescalers, timer clock doubling, bus clock gates, kernel clock selection; peripheral resets;
 * reset causes; the backup domain's write protection and reset; clocks in Stop and after it.
 * Not modelled: clock security systems (no oscillator fails), MCO and LSCO outputs, calibration
 * (ICSCR changes nothing), clock gating in Sleep by the SMENR registers, the CRS, delays of
 * OCTOSPI, the few cycles that a ready flag stays up after its oscillator was switched off. */
#include "_stm32l4_rcc.h"
#include <string.h>

enum { IN_STOP, IN_DBP, IN_IWDG, IN_WWDG, IN_OBL, IN_LSI, IN_STANDBY };
enum { OUT_IRQ, OUT_BACKUP_RESET };

enum { EV_LSI, EV_LSE, EV_MSI, EV_HSI16, EV_HSE, EV_PLL, EV_SAI1, EV_SAI2, EV_HSI48, EV_COUNT };

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
    [EV_LSI] = {RCC_CSR, CSR_LSION, CSR_LSIRDY, 1u << 0},
    [EV_LSE] = {RCC_BDCR, BDCR_LSEON, BDCR_LSERDY, 1u << 1},
    [EV_MSI] = {RCC_CR, CR_MSION, CR_MSIRDY, 1u << 2},
    [EV_HSI16] = {RCC_CR, CR_HSION, CR_HSIRDY, 1u << 3},
    [EV_HSE] = {RCC_CR, CR_HSEON, CR_HSERDY, 1u << 4},
    [EV_PLL] = {RCC_CR, CR_PLLON, CR_PLLRDY, 1u << 5},
    [EV_SAI1] = {RCC_CR, CR_PLLSAI1ON, CR_PLLSAI1RDY, 1u << 6},
    [EV_SAI2] = {RCC_CR, CR_PLLSAI2ON, CR_PLLSAI2RDY, 1u << 7},
    [EV_HSI48] = {RCC_CRRCR, CRRCR_HSI48ON, 2, 1u << 10},
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
    uint32_t cr = mote_reg(dev, RCC_CR);
    switch (which) {
    case EV_LSI:
        return rcc->lsi_startup_ps;
    case EV_LSE:
        return rcc->lse_hz ? rcc->lse_startup_ps : MOTE_NEVER_PS;
    case EV_MSI:
        return rcc->msi_startup_ps[stm32l4_rcc_msi_range(dev)];
    case EV_HSI16:
        return rcc->hsi16_startup_ps;
    case EV_HSI48:
        return rcc->hsi48_startup_ps;
    case EV_HSE:
        if (rcc->hse_hz == 0 || rcc->hse_bypass != ((cr & CR_HSEBYP) != 0)) {
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
    static const uint32_t ready[] = {CR_MSIRDY, CR_HSIRDY, CR_HSERDY, CR_PLLRDY};
    uint32_t *cfgr = &mote_reg(dev, RCC_CFGR);
    uint32_t sw = *cfgr & 3;
    if (mote_reg(dev, RCC_CR) & ready[sw])
        *cfgr = (*cfgr & ~0xCu) | sw << 2;
}

static void became_ready(struct mote_device *dev, uint32_t which)
{
    mote_reg(dev, oscillators[which].reg) |= oscillators[which].ready;
    if (mote_reg(dev, RCC_CIER) & oscillators[which].flag)
        mote_reg(dev, RCC_CIFR) |= oscillators[which].flag;
    update_irq(dev);
    switch_sysclk(dev);
    stm32l4_rcc_update(dev);
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
    stm32l4_rcc_update(dev);
}

static void lsi_ready(struct mote_device *dev)
{
    became_ready(dev, EV_LSI);
}
static void lse_ready(struct mote_device *dev)
{
    became_ready(dev, EV_LSE);
}
static void msi_ready(struct mote_device *dev)
{
    became_ready(dev, EV_MSI);
}
static void hsi16_ready(struct mote_device *dev)
{
    became_ready(dev, EV_HSI16);
}
static void hse_ready(struct mote_device *dev)
{
    became_ready(dev, EV_HSE);
}
static void pll_ready(struct mote_device *dev)
{
    became_ready(dev, EV_PLL);
}
static void sai1_ready(struct mote_device *dev)
{
    became_ready(dev, EV_SAI1);
}
static void sai2_ready(struct mote_device *dev)
{
    became_ready(dev, EV_SAI2);
}
static void hsi48_ready(struct mote_device *dev)
{
    became_ready(dev, EV_HSI48);
}

/* ---- register hooks ----------------------------------------------------------------------------
 */

static void refuse(struct mote_device *dev, const char *what)
{
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s: ignored", what);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    static const uint32_t switches[] = {CR_MSION, CR_HSION, CR_HSEON, CR_PLLON};
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    uint32_t source = (mote_reg(dev, RCC_CFGR) >> 2) & 3;
    /* What SYSCLK comes from, and what its PLL comes from, cannot be switched off. */
    uint32_t needed = switches[source];
    uint32_t input = mote_reg(dev, RCC_PLLCFGR) & 3;
    if (source == 3 && input != 0)
        needed |= switches[input - 1];
    if (old & ~*cr & needed) {
        refuse(dev, "an oscillator in use for SYSCLK switched off");
        *cr |= old & needed;
    }
    *cr |= old & (1u << 19); /* CSSON: cleared by reset only */
    if ((old & CR_HSEON) && ((old ^ *cr) & CR_HSEBYP)) {
        refuse(dev, "HSEBYP changed while HSE is on");
        *cr = (*cr & ~CR_HSEBYP) | (old & CR_HSEBYP);
    }
    if (((old ^ *cr) & 0xF0) && (old & CR_MSION) && !(old & CR_MSIRDY)) {
        refuse(dev, "MSIRANGE changed while MSI is starting");
        *cr = (*cr & ~0xF0u) | (old & 0xF0);
    }
    *cr |= old & CR_MSIRGSEL;
    follow_switches(dev);
}

static void store_cfgr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    switch_sysclk(dev);
    stm32l4_rcc_update(dev);
}

/* While a PLL runs only its output enables may change; PLLSRC only while all are off. */
static void store_pllcfgr(struct mote_device *dev, uint32_t which, uint32_t old)
{
    static const uint32_t on[] = {CR_PLLON, CR_PLLSAI1ON, CR_PLLSAI2ON};
    const uint32_t enables = 1u << 16 | 1u << 20 | 1u << 24;
    uint32_t cr = mote_reg(dev, RCC_CR);
    uint32_t *cfgr = &mote_reg(dev, RCC_PLLCFGR + which);
    uint32_t fixed = cr & on[which] ? ~enables : 0;
    if (which == 0 && (cr & (CR_PLLON | CR_PLLSAI1ON | CR_PLLSAI2ON)))
        fixed |= 3;
    if ((old ^ *cfgr) & fixed) {
        refuse(dev, "a PLL configured while it is on");
        *cfgr = (*cfgr & ~fixed) | (old & fixed);
    }
    stm32l4_rcc_update(dev);
}

static void store_main_pll(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)written;
    store_pllcfgr(dev, 0, old);
}
static void store_sai1_pll(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)written;
    store_pllcfgr(dev, 1, old);
}
static void store_sai2_pll(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)written;
    store_pllcfgr(dev, 2, old);
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

static void store_clocks(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    stm32l4_rcc_update(dev);
}

/* One hook for all reset registers: what changed against the last look is reset. */
static void store_rstr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    struct rcc_state *rcc = dev->state;
    for (uint32_t id = RCC_AHB1RSTR; id <= RCC_APB2RSTR; id++) {
        uint32_t *held = &rcc->held[id - RCC_AHB1RSTR];
        uint32_t changed = *held ^ mote_reg(dev, id);
        *held ^= changed;
        if (changed != 0)
            stm32l4_rcc_reset_consumers(dev, dev->cls->regs[id].offset + 0x20, changed);
    }
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
    if (*bdcr & BDCR_BDRST)
        *bdcr &= BDCR_BDRST | 0x03000000;
    else if ((old & 0x300) != 0 && ((old ^ *bdcr) & 0x300)) {
        refuse(dev, "RTCSEL changed without a backup domain reset");
        *bdcr = (*bdcr & ~0x300u) | (old & 0x300);
    }
    follow_switches(dev);
}

static void store_csr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    uint32_t *csr = &mote_reg(dev, RCC_CSR);
    if (*csr & CSR_RMVF)
        *csr &= ~CSR_CAUSES;
    follow_switches(dev);
}

static void store_crrcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    follow_switches(dev);
}

/* Reset values: RM0432 6.4. The SVD of the family gives those of the L4x6 for the SMENR registers;
 * RM0432 has every implemented bit set. Calibration values (ICSCR, CRRCR) differ from chip to chip
 * and read as 0 here. */
static const struct mote_reg regs[RCC_REG_COUNT] = {
    [RCC_CR] = {.name = "CR",
                .offset = 0x00,
                .reset = 0x63,
                .rw = 0x150D0BF5,
                .ro = 0x2A020402,
                .w1s = 0x8,
                .unmodelled = 0x00080800,
                .store = store_cr},
    [RCC_ICSCR] = {.name = "ICSCR",
                   .offset = 0x04,
                   .reset = 0x40000000,
                   .rw = 0x7F00FF00,
                   .ro = 0x00FF00FF,
                   .unmodelled = 0x7F00FF00},
    [RCC_CFGR] = {.name = "CFGR",
                  .offset = 0x08,
                  .rw = 0x7F00BFF3,
                  .ro = 0xC,
                  .unmodelled = 0x7F000000,
                  .store = store_cfgr},
    [RCC_PLLCFGR] = {.name = "PLLCFGR",
                     .offset = 0x0C,
                     .reset = 0x1000,
                     .rw = 0xFF737FF3,
                     .store = store_main_pll},
    [RCC_PLLSAI1CFGR] = {.name = "PLLSAI1CFGR",
                         .offset = 0x10,
                         .reset = 0x1000,
                         .rw = 0xFF737FF0,
                         .store = store_sai1_pll},
    [RCC_PLLSAI2CFGR] = {.name = "PLLSAI2CFGR",
                         .offset = 0x14,
                         .reset = 0x1000,
                         .rw = 0xFF737FF0,
                         .store = store_sai2_pll},
    [RCC_CIER] =
        {.name = "CIER", .offset = 0x18, .rw = 0x6FF, .unmodelled = 0x200, .store = store_cier},
    [RCC_CIFR] = {.name = "CIFR", .offset = 0x1C, .ro = 0x7FF},
    [RCC_CICR] = {.name = "CICR", .offset = 0x20, .wo = 0x7FF, .store = store_cicr},
    [RCC_AHB1RSTR] = {.name = "AHB1RSTR", .offset = 0x28, .rw = 0x31107, .store = store_rstr},
    [RCC_AHB2RSTR] = {.name = "AHB2RSTR", .offset = 0x2C, .rw = 0x5471FF, .store = store_rstr},
    [RCC_AHB3RSTR] = {.name = "AHB3RSTR", .offset = 0x30, .rw = 0x301, .store = store_rstr},
    [RCC_APB1RSTR1] = {.name = "APB1RSTR1", .offset = 0x38, .rw = 0xF3FEC03F, .store = store_rstr},
    [RCC_APB1RSTR2] = {.name = "APB1RSTR2", .offset = 0x3C, .rw = 0x23, .store = store_rstr},
    [RCC_APB2RSTR] = {.name = "APB2RSTR", .offset = 0x40, .rw = 0x1677801, .store = store_rstr},
    [RCC_AHB1ENR] =
        {.name = "AHB1ENR", .offset = 0x48, .reset = 0x100, .rw = 0x31107, .store = store_clocks},
    [RCC_AHB2ENR] = {.name = "AHB2ENR", .offset = 0x4C, .rw = 0x5471FF, .store = store_clocks},
    [RCC_AHB3ENR] = {.name = "AHB3ENR", .offset = 0x50, .rw = 0x301, .store = store_clocks},
    [RCC_APB1ENR1] = {.name = "APB1ENR1",
                      .offset = 0x58,
                      .reset = 0x400,
                      .rw = 0xF3FEC43F,
                      .w1s = 0x800,
                      .store = store_clocks},
    [RCC_APB1ENR2] = {.name = "APB1ENR2", .offset = 0x5C, .rw = 0x23, .store = store_clocks},
    [RCC_APB2ENR] =
        {.name = "APB2ENR", .offset = 0x60, .rw = 0x1677801, .w1s = 0x80, .store = store_clocks},
    [RCC_AHB1SMENR] = {.name = "AHB1SMENR",
                       .offset = 0x68,
                       .reset = 0x31307,
                       .rw = 0x31307,
                       .unmodelled = 0x31307},
    [RCC_AHB2SMENR] = {.name = "AHB2SMENR",
                       .offset = 0x6C,
                       .reset = 0x5477FF,
                       .rw = 0x5477FF,
                       .unmodelled = 0x5477FF},
    [RCC_AHB3SMENR] =
        {.name = "AHB3SMENR", .offset = 0x70, .reset = 0x301, .rw = 0x301, .unmodelled = 0x301},
    [RCC_APB1SMENR1] = {.name = "APB1SMENR1",
                        .offset = 0x78,
                        .reset = 0xF3FECC3F,
                        .rw = 0xF3FECC3F,
                        .unmodelled = 0xF3FECC3F},
    [RCC_APB1SMENR2] =
        {.name = "APB1SMENR2", .offset = 0x7C, .reset = 0x23, .rw = 0x23, .unmodelled = 0x23},
    [RCC_APB2SMENR] = {.name = "APB2SMENR",
                       .offset = 0x80,
                       .reset = 0x1677801,
                       .rw = 0x1677801,
                       .unmodelled = 0x1677801},
    [RCC_CCIPR] = {.name = "CCIPR", .offset = 0x88, .rw = 0x3C3FFFFF, .store = store_clocks},
    [RCC_BDCR] = {.name = "BDCR",
                  .offset = 0x90,
                  .rw = 0x0301833D,
                  .ro = 0x42,
                  .unmodelled = 0x03000020,
                  .keep = 1,
                  .store = store_bdcr},
    [RCC_CSR] = {.name = "CSR",
                 .offset = 0x94,
                 .reset = 0x0C000600,
                 .rw = 0x00800F01,
                 .ro = 0xFF000002,
                 .keep = 1,
                 .store = store_csr},
    [RCC_CRRCR] = {.name = "CRRCR", .offset = 0x98, .rw = 0x1, .ro = 0xFF82, .store = store_crrcr},
    [RCC_CCIPR2] = {.name = "CCIPR2",
                    .offset = 0x9C,
                    .rw = 0x3347FF,
                    .unmodelled = 0x3347FC,
                    .store = store_clocks},
    [RCC_DLYCFGR] = {.name = "DLYCFGR", .offset = 0xA4, .rw = 0xFF, .unmodelled = 0xFF},
};

/* ---- Stop, watchdogs and resets ----------------------------------------------------------------
 */

/* Stop switches HSE, PLLs and HSI48 off; afterwards SYSCLK is MSI or HSI16, as STOPWUCK says. The
 * PWR holds the line for as long as waking takes. */
static void set_stopped(struct mote_device *dev, bool stopped)
{
    struct rcc_state *rcc = dev->state;
    uint32_t *cr = &mote_reg(dev, RCC_CR);
    uint32_t *cfgr = &mote_reg(dev, RCC_CFGR);
    rcc->stopped = stopped;
    if (stopped) {
        *cr &= ~(CR_HSEON | CR_PLLON | CR_PLLSAI1ON | CR_PLLSAI2ON | CR_MSION | CR_HSION);
        if (*cr & CR_HSIKERON)
            *cr |= CR_HSION;
        mote_reg(dev, RCC_CRRCR) &= ~CRRCR_HSI48ON;
    } else {
        bool hsi16 = *cfgr & CFGR_STOPWUCK;
        *cr |= hsi16 ? CR_HSION | CR_HSIRDY : CR_MSION | CR_MSIRDY;
        *cfgr = (*cfgr & ~3u) | (hsi16 ? 1 : 0);
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
    struct rcc_state *rcc = dev->state;
    switch (index) {
    case IN_STOP:
        if (rcc->stopped != (level == 1))
            set_stopped(dev, level == 1);
        break;
    case IN_IWDG:
        if (level == 1)
            ask_reset(dev, CAUSE_IWDG);
        break;
    case IN_WWDG:
        if (level == 1)
            ask_reset(dev, CAUSE_WWDG);
        break;
    case IN_OBL:
        if (level == 1)
            ask_reset(dev, CAUSE_OBL);
        break;
    case IN_STANDBY:
        if (level == 1)
            ask_reset(dev, CAUSE_STANDBY);
        break;
    case IN_LSI:
        rcc->lsi_forced = level == 1;
        follow_switches(dev);
        break;
    default:
        break;
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
        *csr &= ~(CSR_LSION | CSR_LSIRDY | CSR_RMVF);
    }
    rcc->powered = true;
    rcc->cause = 0;
    rcc->stopped = false;
    rcc->lsi_forced = false;
    memset(rcc->held, 0, sizeof rcc->held);
    mote_reg(dev, RCC_CR) |= CR_MSIRDY;
    mote_wire_set(dev, OUT_BACKUP_RESET, (mote_reg(dev, RCC_BDCR) & BDCR_BDRST) != 0);
    follow_switches(dev);
}

/* ---- devicetree --------------------------------------------------------------------------------
 */

static uint64_t prop_ns_ps(struct mote_device *dev, const char *name)
{
    return 1000ull * mote_prop_u32(dev, name, 0);
}

static void prop_list(struct mote_device *dev, const char *name, uint64_t *values, uint64_t scale)
{
    uint32_t cells[RCC_MSI_RANGES] = {0};
    mote_prop_cells(dev, name, cells, RCC_MSI_RANGES);
    for (uint32_t i = 0; i < RCC_MSI_RANGES; i++)
        values[i] = scale * cells[i];
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct rcc_state *rcc = dev->state;
    prop_list(dev, "mote,msi-hz", rcc->msi_hz, 1);
    prop_list(dev, "mote,msi-pll-hz", rcc->msi_pll_hz, 1);
    prop_list(dev, "mote,msi-startup-ns", rcc->msi_startup_ps, 1000);
    rcc->hsi16_hz = mote_prop_u32(dev, "mote,hsi16-hz", 0);
    rcc->hsi48_hz = mote_prop_u32(dev, "mote,hsi48-hz", 0);
    rcc->lsi_hz = mote_prop_u32(dev, "mote,lsi-hz", 0);
    rcc->hse_hz = mote_prop_u32(dev, "mote,hse-hz", 0);
    rcc->lse_hz = mote_prop_u32(dev, "mote,lse-hz", 0);
    rcc->hse_bypass = mote_prop_flag(dev, "mote,hse-bypass");
    rcc->hsi16_startup_ps = prop_ns_ps(dev, "mote,hsi16-startup-ns");
    rcc->hsi48_startup_ps = prop_ns_ps(dev, "mote,hsi48-startup-ns");
    rcc->lsi_startup_ps = prop_ns_ps(dev, "mote,lsi-startup-ns");
    rcc->hse_startup_ps = prop_ns_ps(dev, "mote,hse-startup-ns");
    rcc->lse_startup_ps = prop_ns_ps(dev, "mote,lse-startup-ns");
    rcc->pll_lock_ps = prop_ns_ps(dev, "mote,pll-lock-ns");
    /* Sources as clocks of their own, so that energy and traces can follow them. */
    if (!stm32l4_rcc_add_fixed(dev, "msi", SRC_MSI) ||
        !stm32l4_rcc_add_fixed(dev, "hsi16", SRC_HSI16) ||
        !stm32l4_rcc_add_fixed(dev, "hsi48", SRC_HSI48) ||
        !stm32l4_rcc_add_fixed(dev, "hse", SRC_HSE) ||
        !stm32l4_rcc_add_fixed(dev, "lse", SRC_LSE) ||
        !stm32l4_rcc_add_fixed(dev, "lsi", SRC_LSI) ||
        !stm32l4_rcc_add_fixed(dev, "pll", SRC_PLL_R) ||
        !stm32l4_rcc_add_fixed(dev, "sysclk", SRC_SYSCLK) ||
        !stm32l4_rcc_add_fixed(dev, "hclk", SRC_HCLK) ||
        !stm32l4_rcc_add_fixed(dev, "pclk1", SRC_PCLK1) ||
        !stm32l4_rcc_add_fixed(dev, "pclk2", SRC_PCLK2))
        return mote_err_set(err, "%s: out of memory for clocks", dev->path);
    if (rcc->msi_hz[6] == 0)
        mote_log(dev->sys, dev, MOTE_LOG_INFO,
                 "no frequencies (mote,msi-hz ...) in the devicetree: the chip has no clock");
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_LSI] = {"lsi_ready", lsi_ready, 0},       [EV_LSE] = {"lse_ready", lse_ready, 0},
    [EV_MSI] = {"msi_ready", msi_ready, 0},       [EV_HSI16] = {"hsi16_ready", hsi16_ready, 0},
    [EV_HSE] = {"hse_ready", hse_ready, 0},       [EV_PLL] = {"pll_ready", pll_ready, 0},
    [EV_SAI1] = {"pllsai1_ready", sai1_ready, 0}, [EV_SAI2] = {"pllsai2_ready", sai2_ready, 0},
    [EV_HSI48] = {"hsi48_ready", hsi48_ready, 0},
};

const struct mote_device_class mote_class_stm32l4_rcc = {
    .name = "stm32l4_rcc",
    .summary = "STM32L4+ reset and clock control",
    .compatibles = {"st,stm32l4-rcc", "st,stm32-rcc"},
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
    .clock_of = stm32l4_rcc_clock_of,
};
