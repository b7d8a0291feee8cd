/* The clock tree of the PSoC 6 system resources: oscillators, paths with FLL and PLLs, roots.
 *
 * Infineon 002-24529, chapter "Clocking system"; fields as in Infineon's SVD of psoc6_02. The way
 * of a clock: source -> path multiplexer -> FLL (path 0) or PLL (paths 1 and 2) or nothing -> root
 * multiplexer -> divider -> clk_hf. FLL and PLLs give their reference until they are locked, as
 * BYPASS_SEL = AUTO says; other settings of it are followed as written. */
#include "_psoc6_srss.h"

enum { SOURCE_IMO, SOURCE_EXT, SOURCE_ECO, SOURCE_ALTHF, SOURCE_DSI };
enum { DSI_ILO = 16, DSI_WCO };
enum { LF_ILO, LF_WCO };
enum { BYPASS_AUTO, BYPASS_AUTO1, BYPASS_REFERENCE, BYPASS_OUTPUT };

#define ENABLE     (1u << 31)
#define ECO_OK     1u
#define ECO_READY  2u
#define FLL_LOCKED 1u
#define CCO_READY  4u
#define PLL_LOCKED 1u

static uint64_t source_hz(struct mote_device *dev, uint32_t path)
{
    const struct srss_state *srss = dev->state;
    switch (mote_reg_at(dev, CLK_PATH_SELECT, path)) {
    case SOURCE_IMO:
        return mote_reg(dev, CLK_IMO_CONFIG) & ENABLE ? srss->imo_hz : 0;
    case SOURCE_EXT:
        return srss->ext_hz;
    case SOURCE_ECO:
        return mote_reg(dev, CLK_ECO_STATUS) & ECO_READY ? srss->eco_hz : 0;
    case SOURCE_DSI:
        break;
    default:
        return 0;
    }
    switch (mote_reg_at(dev, CLK_DSI_SELECT, path)) {
    case DSI_ILO:
        return mote_reg(dev, CLK_ILO_CONFIG) & ENABLE ? srss->ilo_hz : 0;
    case DSI_WCO:
        return srss->wco ? srss->wco_hz : 0;
    default:
        return 0;
    }
}

static uint64_t bypassed(uint32_t select, bool locked, uint64_t reference_hz, uint64_t out_hz)
{
    if (select == BYPASS_REFERENCE)
        return reference_hz;
    return locked || select == BYPASS_OUTPUT ? out_hz : reference_hz;
}

static uint64_t fll_hz(struct mote_device *dev, uint64_t reference_hz)
{
    uint32_t config = mote_reg(dev, CLK_FLL_CONFIG), divider = mote_reg(dev, CLK_FLL_CONFIG2);
    divider &= 0x1FFF;
    uint64_t hz = divider == 0 ? 0 : reference_hz * (config & 0x3FFFF) / divider;
    hz >>= config >> 24 & 1;
    bool locked = mote_reg(dev, CLK_FLL_STATUS) & FLL_LOCKED;
    return bypassed(mote_reg(dev, CLK_FLL_CONFIG3) >> 28 & 3, locked, reference_hz, hz);
}

static uint64_t pll_hz(struct mote_device *dev, uint32_t pll, uint64_t reference_hz)
{
    uint32_t config = mote_reg_at(dev, CLK_PLL_CONFIG, pll);
    uint64_t feedback = config & 0x7F, reference = config >> 8 & 0x1F, out = config >> 16 & 0x1F;
    uint64_t hz = reference == 0 || out == 0 ? 0 : reference_hz * feedback / (reference * out);
    bool locked = mote_reg_at(dev, CLK_PLL_STATUS, pll) & PLL_LOCKED;
    return bypassed(config >> 28 & 3, locked, reference_hz, hz);
}

static uint64_t path_hz(struct mote_device *dev, uint32_t path)
{
    if (path >= PSOC6_PATHS)
        return 0;
    uint64_t hz = source_hz(dev, path);
    if (path == 0)
        return fll_hz(dev, hz);
    return path <= PSOC6_PLLS ? pll_hz(dev, path - 1, hz) : hz;
}

void psoc6_clocks_update(struct mote_device *dev)
{
    const struct srss_state *srss = dev->state;
    for (uint32_t i = 0; i < PSOC6_ROOTS; i++) {
        uint32_t select = mote_reg_at(dev, CLK_ROOT_SELECT, i);
        bool on = ((select & ENABLE) || i == 0) && !srss->deepsleep;
        uint64_t hz = on ? path_hz(dev, select & 15) >> (select >> 4 & 3) : 0;
        if (hz == 0 && i == 0 && !srss->deepsleep)
            mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                     "clk_hf0 has no clock: the chip stands still until a reset");
        mote_clock_set_hz(srss->clock[SRSS_CLK_HF0 + i], hz);
    }
    uint64_t ilo = mote_reg(dev, CLK_ILO_CONFIG) & ENABLE ? srss->ilo_hz : 0;
    uint32_t lf = mote_reg(dev, CLK_SELECT) & 3;
    uint64_t wco = srss->wco ? srss->wco_hz : 0;
    mote_clock_set_hz(srss->clock[SRSS_CLK_ILO], ilo);
    mote_clock_set_hz(srss->clock[SRSS_CLK_LF], lf == LF_ILO ? ilo : lf == LF_WCO ? wco : 0);
    mote_clock_set_hz(srss->clock[SRSS_CLK_IMO], srss->deepsleep ? 0 : srss->imo_hz);
    uint32_t timer = mote_reg(dev, CLK_TIMER_CTL);
    uint64_t from = timer & 1 ? mote_clock_rate_hz(srss->clock[SRSS_CLK_HF0]) >> (timer >> 8 & 3)
                              : mote_clock_rate_hz(srss->clock[SRSS_CLK_IMO]);
    mote_clock_set_hz(srss->clock[SRSS_CLK_TIMER],
                      timer & ENABLE ? from / ((timer >> 16 & 0xFF) + 1) : 0);
}

/* ---- switching on ------------------------------------------------------------------------------
 */

void psoc6_clocks_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    psoc6_clocks_update(dev);
}

/* Follows an enable bit: after `delay_ps` the event says that it is ready. */
static void follow(struct mote_device *dev, bool was, bool is, uint32_t event, uint64_t delay_ps,
                   uint32_t *status, uint32_t bits)
{
    if (is && !was)
        mote_event_after(dev, event, delay_ps);
    if (!is) {
        mote_event_cancel(dev, event);
        *status &= ~bits;
    }
    psoc6_clocks_update(dev);
}

void psoc6_clocks_store_eco(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)written;
    const struct srss_state *srss = dev->state;
    bool fitted = srss->eco_hz != 0; /* without a crystal it never becomes ready */
    follow(dev, old & ENABLE, fitted && (mote_reg(dev, CLK_ECO_CONFIG) & ENABLE), EV_ECO,
           srss->eco_ps, &mote_reg(dev, CLK_ECO_STATUS), ECO_OK | ECO_READY);
}

void psoc6_clocks_store_fll(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)written;
    const struct srss_state *srss = dev->state;
    follow(dev, old & ENABLE, mote_reg(dev, CLK_FLL_CONFIG) & ENABLE, EV_FLL, srss->fll_ps,
           &mote_reg(dev, CLK_FLL_STATUS), FLL_LOCKED);
}

void psoc6_clocks_store_cco(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)written;
    const struct srss_state *srss = dev->state;
    follow(dev, old & ENABLE, mote_reg(dev, CLK_FLL_CONFIG4) & ENABLE, EV_CCO, srss->cco_ps,
           &mote_reg(dev, CLK_FLL_STATUS), CCO_READY);
}

void psoc6_clocks_store_pll(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)written;
    const struct srss_state *srss = dev->state;
    follow(dev, old & ENABLE, mote_reg_at(dev, CLK_PLL_CONFIG, element) & ENABLE, EV_PLL0 + element,
           srss->pll_ps, &mote_reg_at(dev, CLK_PLL_STATUS, element), PLL_LOCKED);
}

void psoc6_clocks_cco_ready(struct mote_device *dev)
{
    mote_reg(dev, CLK_FLL_STATUS) |= CCO_READY;
}

void psoc6_clocks_fll_locked(struct mote_device *dev)
{
    mote_reg(dev, CLK_FLL_STATUS) |= FLL_LOCKED;
    psoc6_clocks_update(dev);
}

static void pll_locked(struct mote_device *dev, uint32_t pll)
{
    mote_reg_at(dev, CLK_PLL_STATUS, pll) |= PLL_LOCKED;
    psoc6_clocks_update(dev);
}

void psoc6_clocks_pll0_locked(struct mote_device *dev)
{
    pll_locked(dev, 0);
}

void psoc6_clocks_pll1_locked(struct mote_device *dev)
{
    pll_locked(dev, 1);
}

void psoc6_clocks_eco_ready(struct mote_device *dev)
{
    mote_reg(dev, CLK_ECO_STATUS) |= ECO_OK | ECO_READY;
    psoc6_clocks_update(dev);
}

/* ---- life --------------------------------------------------------------------------------------
 */

bool psoc6_clocks_attach(struct mote_device *dev, struct mote_err *err)
{
    static const char *const names[SRSS_CLK_COUNT] = {
        "clk_hf0", "clk_hf1", "clk_hf2",   "clk_hf3", "clk_hf4",
        "clk_hf5", "clk_lf",  "clk_timer", "imo",     "ilo",
    };
    struct srss_state *srss = dev->state;
    srss->imo_hz = mote_prop_u32(dev, "mote,imo-hz", 0);
    srss->eco_hz = mote_prop_u32(dev, "mote,eco-hz", 0);
    srss->ext_hz = mote_prop_u32(dev, "mote,ext-hz", 0);
    srss->ilo_hz = mote_prop_u32(dev, "mote,ilo-hz", 0);
    srss->wco_hz = mote_prop_u32(dev, "mote,wco-hz", 0);
    srss->cco_ps = 1000ull * mote_prop_u32(dev, "mote,cco-startup-ns", 0);
    srss->fll_ps = 1000ull * mote_prop_u32(dev, "mote,fll-lock-ns", 0);
    srss->pll_ps = 1000ull * mote_prop_u32(dev, "mote,pll-lock-ns", 0);
    srss->eco_ps = 1000ull * mote_prop_u32(dev, "mote,eco-startup-ns", 0);
    if (srss->imo_hz == 0)
        return mote_err_set(err, "the clocks need a rate: give the node mote,imo-hz");
    for (uint32_t i = 0; i < SRSS_CLK_COUNT; i++) {
        srss->clock[i] = mote_clock_add(dev, names[i]);
        if (srss->clock[i] == NULL)
            return mote_err_set(err, "out of memory for clocks");
    }
    return true;
}
