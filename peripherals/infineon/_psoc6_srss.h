/* Inside of the PSoC 6 system resources: registers, power modes, clock tree. */
#ifndef INFINEON_PSOC6_SRSS_H
#define INFINEON_PSOC6_SRSS_H

#include <mote/clock.h>
#include <mote/device.h>

enum {
    PSOC6_PATHS = 6, /* the first with the FLL, the next two with PLLs */
    PSOC6_PLLS = 2,
    PSOC6_ROOTS = 6,
};

enum {
    PWR_CTL,
    PWR_HIBERNATE,
    PWR_LVD_CTL,
    PWR_BUCK_CTL,
    PWR_BUCK_CTL2,
    PWR_LVD_STATUS,
    PWR_HIB_DATA,
    CLK_DSI_SELECT,
    CLK_PATH_SELECT,
    CLK_ROOT_SELECT,
    CLK_SELECT,
    CLK_TIMER_CTL,
    CLK_ILO_CONFIG,
    CLK_IMO_CONFIG,
    CLK_OUTPUT_FAST,
    CLK_OUTPUT_SLOW,
    CLK_CAL_CNT1,
    CLK_CAL_CNT2,
    CLK_ECO_CONFIG,
    CLK_ECO_STATUS,
    CLK_FLL_CONFIG,
    CLK_FLL_CONFIG2,
    CLK_FLL_CONFIG3,
    CLK_FLL_CONFIG4,
    CLK_FLL_STATUS,
    CLK_PLL_CONFIG,
    CLK_PLL_STATUS,
    SRSS_INTR,
    SRSS_INTR_SET,
    SRSS_INTR_MASK,
    SRSS_INTR_MASKED,
    SRSS_INTR_CFG,
    RES_CAUSE,
    RES_CAUSE2,
    PWR_TRIM_REF_CTL,
    PWR_TRIM_BODOVP_CTL,
    CLK_TRIM_CCO_CTL,
    CLK_TRIM_CCO_CTL2,
    PWR_TRIM_WAKE_CTL,
    PWR_TRIM_LVD_CTL,
    CLK_TRIM_ILO_CTL,
    PWR_TRIM_PWRSYS_CTL,
    CLK_TRIM_ECO_CTL,
    SRSS_REG_COUNT,
};

/* The clocks it provides, by the cell of a `clocks` property. */
enum {
    SRSS_CLK_HF0,
    SRSS_CLK_LF = PSOC6_ROOTS,
    SRSS_CLK_TIMER,
    SRSS_CLK_IMO,
    SRSS_CLK_ILO,
    SRSS_CLK_COUNT,
};

/* Events: what takes time to start. */
enum { EV_CCO, EV_FLL, EV_PLL0, EV_ECO = EV_PLL0 + PSOC6_PLLS, EV_WAKE, EV_COUNT };

struct srss_state {
    struct mote_clock *clock[SRSS_CLK_COUNT];
    /* From the devicetree. */
    uint64_t imo_hz, eco_hz, ext_hz, ilo_hz, wco_hz;
    uint64_t cco_ps, fll_ps, pll_ps, eco_ps, wake_ps;
    uint32_t ldo_lp_trim, ldo_ulp_trim, buck_lp_select;
    bool wco;       /* the backup domain's oscillator runs */
    bool deepsleep; /* high-frequency clocks are off */
    bool powered;   /* has been reset before */
    uint32_t cause; /* RES_CAUSE of the reset that is due */
};

/* _psoc6_srss_clocks.c */
bool psoc6_clocks_attach(struct mote_device *dev, struct mote_err *err);
void psoc6_clocks_update(struct mote_device *dev);
void psoc6_clocks_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void psoc6_clocks_store_eco(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
void psoc6_clocks_store_fll(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
void psoc6_clocks_store_cco(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
void psoc6_clocks_store_pll(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written);
void psoc6_clocks_cco_ready(struct mote_device *dev);
void psoc6_clocks_fll_locked(struct mote_device *dev);
void psoc6_clocks_pll0_locked(struct mote_device *dev);
void psoc6_clocks_pll1_locked(struct mote_device *dev);
void psoc6_clocks_eco_ready(struct mote_device *dev);

#endif
