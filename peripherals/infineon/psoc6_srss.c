/* PSoC 6 (CAT1A) system resources: power modes, oscillators and clocks, reset causes.
 *
 * Infineon 002-24529, chapters "Power supply and monitoring", "Device power modes", "Clocking
 * system" and "Reset system"; registers as in Infineon's SVD of psoc6_02 (SRSS, version 1).
 * Frequencies and times are properties of the node (sources: sim/boards/psoc62.dtsi). The clock
 * tree is in _psoc6_srss_clocks.c; the watchdog has a device of its own and its interrupt bit here.
 * Modelled: IMO, ECO, WCO, ILO, FLL, two PLLs with lock times, paths, roots, clk_lf, clk_timer;
 * Sleep and Deep Sleep (the core's sleepdeep: the Cortex-M0+ counts as deeply asleep) with wake-up
 * time; linear or buck regulator and low or ultra-low power voltage as states; reset causes; the
 * references and low-power circuits are always ready, as the boot ROM leaves them.
 * Not modelled: Hibernate (reported), low voltage detection, clock outputs, calibration counters,
 * trims other than that of the core regulator, switching the FLL off in Deep Sleep. */
#include "_psoc6_srss.h"
#include <mote/space.h>

enum { IN_SLEEP, IN_SLEEPDEEP, IN_WDT_MATCH, IN_WDT_RESET, IN_WCO };
enum { OUT_IRQ, OUT_WDT_FEED };
enum { STATE_RUN, STATE_SLEEP, STATE_DEEPSLEEP };

#define BUCK_OUT1_EN   (1u << 31)
#define BUCK_EN        (1u << 30)
#define HIBERNATE      (1u << 31)
#define INTR_WDT_MATCH 1u
#define CAUSE_WDT      1u
#define CAUSE_SOFT     (1u << 4)
#define WINDOW_CLOCKS  0x300u /* the second window; watchdogs lie between */
#define WINDOW_END     0x10000u

/* ---- power -------------------------------------------------------------------------------------
 */

static bool on_buck(struct mote_device *dev)
{
    uint32_t buck = mote_reg(dev, PWR_BUCK_CTL);
    return (buck & BUCK_EN) && (buck & BUCK_OUT1_EN);
}

/* The core voltage: which of the two that the chip has. */
static bool ultra_low(struct mote_device *dev)
{
    struct srss_state *srss = dev->state;
    if (on_buck(dev))
        return (mote_reg(dev, PWR_BUCK_CTL) & 7) < srss->buck_lp_select;
    return (mote_reg(dev, PWR_TRIM_PWRSYS_CTL) & 0x1F) == srss->ldo_ulp_trim;
}

static void announce(struct mote_device *dev)
{
    const struct srss_state *srss = dev->state;
    uint32_t state = STATE_RUN;
    if (srss->deepsleep)
        state = STATE_DEEPSLEEP;
    else if (mote_wire_input(dev, IN_SLEEP) == 1)
        state = STATE_SLEEP;
    mote_power_state(dev, 4 * state + (on_buck(dev) ? 2 : 0) + (ultra_low(dev) ? 1 : 0));
}

static void store_power(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    announce(dev);
}

static void store_hibernate(struct mote_device *dev, uint32_t element, uint32_t old,
                            uint32_t written)
{
    (void)element, (void)old;
    if (written & HIBERNATE)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "Hibernate: the chip stays awake");
}

static void sleep_deeply(struct mote_device *dev)
{
    struct srss_state *srss = dev->state;
    mote_event_cancel(dev, EV_WAKE);
    srss->deepsleep = true;
    announce(dev);
    psoc6_clocks_update(dev);
}

static void awake(struct mote_device *dev)
{
    struct srss_state *srss = dev->state;
    srss->deepsleep = false;
    announce(dev);
    psoc6_clocks_update(dev);
}

/* ---- interrupts --------------------------------------------------------------------------------
 */

static void update_irq(struct mote_device *dev)
{
    uint32_t masked = mote_reg(dev, SRSS_INTR) & mote_reg(dev, SRSS_INTR_MASK);
    mote_reg(dev, SRSS_INTR_MASKED) = masked;
    mote_wire_set(dev, OUT_IRQ, masked != 0);
}

static void store_intr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & INTR_WDT_MATCH)
        mote_wire_pulse(dev, OUT_WDT_FEED);
    update_irq(dev);
}

static void store_mask(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

static void store_intr_set(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SRSS_INTR) |= written & 0x23;
    update_irq(dev);
}

/* PWR_CTL after the boot ROM: active mode, everything ready. */
static const struct mote_reg regs[SRSS_REG_COUNT] = {
    [PWR_CTL] = {.name = "PWR_CTL",
                 .offset = 0x00,
                 .reset = 0x80080021,
                 .rw = 0x7FF40000,
                 .ro = 0x80080033,
                 .store = store_power},
    [PWR_HIBERNATE] = {.name = "PWR_HIBERNATE",
                       .offset = 0x04,
                       .rw = 0xCFFEFFFF,
                       .keep = 1,
                       .store = store_hibernate},
    [PWR_LVD_CTL] = {.name = "PWR_LVD_CTL", .offset = 0x08, .rw = 0xFF, .unmodelled = 0xFF},
    [PWR_BUCK_CTL] = {.name = "PWR_BUCK_CTL",
                      .offset = 0x14,
                      .reset = 0x5,
                      .rw = 0xC0000007,
                      .store = store_power},
    [PWR_BUCK_CTL2] = {.name = "PWR_BUCK_CTL2",
                       .offset = 0x18,
                       .rw = 0xC0000007,
                       .unmodelled = 0xC0000007},
    [PWR_LVD_STATUS] = {.name = "PWR_LVD_STATUS", .offset = 0x1C, .ro = 0x1},
    [PWR_HIB_DATA] =
        {.name = "PWR_HIB_DATA[%u]", .offset = 0x80, .rw = 0xFFFFFFFF, .keep = 1, .count = 1},
    [CLK_DSI_SELECT] = {.name = "CLK_DSI_SELECT[%u]",
                        .offset = 0x300,
                        .rw = 0x1F,
                        .store = psoc6_clocks_store,
                        .count = PSOC6_PATHS},
    [CLK_PATH_SELECT] = {.name = "CLK_PATH_SELECT[%u]",
                         .offset = 0x340,
                         .rw = 0x7,
                         .store = psoc6_clocks_store,
                         .count = PSOC6_PATHS},
    [CLK_ROOT_SELECT] = {.name = "CLK_ROOT_SELECT[%u]",
                         .offset = 0x380,
                         .rw = 0x8000003F,
                         .store = psoc6_clocks_store,
                         .count = PSOC6_ROOTS},
    [CLK_SELECT] = {.name = "CLK_SELECT",
                    .offset = 0x500,
                    .rw = 0xFF03,
                    .store = psoc6_clocks_store},
    [CLK_TIMER_CTL] = {.name = "CLK_TIMER_CTL",
                       .offset = 0x504,
                       .reset = 0x70000,
                       .rw = 0x80FF0301,
                       .store = psoc6_clocks_store},
    [CLK_ILO_CONFIG] = {.name = "CLK_ILO_CONFIG",
                        .offset = 0x50C,
                        .reset = 0x80000000,
                        .rw = 0x80000001,
                        .store = psoc6_clocks_store},
    [CLK_IMO_CONFIG] = {.name = "CLK_IMO_CONFIG",
                        .offset = 0x510,
                        .reset = 0x80000000,
                        .rw = 0x80000000,
                        .store = psoc6_clocks_store},
    [CLK_OUTPUT_FAST] = {.name = "CLK_OUTPUT_FAST",
                         .offset = 0x514,
                         .rw = 0xFFF0FFF,
                         .unmodelled = 0xFFF0FFF},
    [CLK_OUTPUT_SLOW] = {.name = "CLK_OUTPUT_SLOW",
                         .offset = 0x518,
                         .rw = 0xFF,
                         .unmodelled = 0xFF},
    [CLK_CAL_CNT1] = {.name = "CLK_CAL_CNT1",
                      .offset = 0x51C,
                      .reset = 0x80000000,
                      .rw = 0xFFFFFF,
                      .ro = 0x80000000,
                      .unmodelled = 0xFFFFFF},
    [CLK_CAL_CNT2] = {.name = "CLK_CAL_CNT2", .offset = 0x520, .ro = 0xFFFFFF},
    [CLK_ECO_CONFIG] = {.name = "CLK_ECO_CONFIG",
                        .offset = 0x52C,
                        .reset = 0x2,
                        .rw = 0x80000002,
                        .store = psoc6_clocks_store_eco},
    [CLK_ECO_STATUS] = {.name = "CLK_ECO_STATUS", .offset = 0x530, .ro = 0x3},
    [CLK_FLL_CONFIG] = {.name = "CLK_FLL_CONFIG",
                        .offset = 0x580,
                        .reset = 0x1000000,
                        .rw = 0x8103FFFF,
                        .store = psoc6_clocks_store_fll},
    [CLK_FLL_CONFIG2] = {.name = "CLK_FLL_CONFIG2",
                         .offset = 0x584,
                         .reset = 0x20001,
                         .rw = 0x1FF1FFF,
                         .store = psoc6_clocks_store},
    [CLK_FLL_CONFIG3] = {.name = "CLK_FLL_CONFIG3",
                         .offset = 0x588,
                         .reset = 0x2800,
                         .rw = 0x301FFFFF,
                         .store = psoc6_clocks_store},
    [CLK_FLL_CONFIG4] = {.name = "CLK_FLL_CONFIG4",
                         .offset = 0x58C,
                         .reset = 0xFF,
                         .rw = 0xC1FF07FF,
                         .store = psoc6_clocks_store_cco},
    [CLK_FLL_STATUS] = {.name = "CLK_FLL_STATUS", .offset = 0x590, .ro = 0x5, .w1c = 0x2},
    [CLK_PLL_CONFIG] = {.name = "CLK_PLL_CONFIG[%u]",
                        .offset = 0x600,
                        .reset = 0x20116,
                        .rw = 0xB81F1F7F,
                        .store = psoc6_clocks_store_pll,
                        .count = PSOC6_PLLS},
    [CLK_PLL_STATUS] =
        {.name = "CLK_PLL_STATUS[%u]", .offset = 0x640, .ro = 0x1, .w1c = 0x2, .count = PSOC6_PLLS},
    [SRSS_INTR] = {.name = "SRSS_INTR", .offset = 0x700, .w1c = 0x23, .store = store_intr},
    [SRSS_INTR_SET] = {.name = "SRSS_INTR_SET",
                       .offset = 0x704,
                       .wo = 0x23,
                       .store = store_intr_set},
    [SRSS_INTR_MASK] = {.name = "SRSS_INTR_MASK", .offset = 0x708, .rw = 0x23, .store = store_mask},
    [SRSS_INTR_MASKED] = {.name = "SRSS_INTR_MASKED", .offset = 0x70C, .ro = 0x23},
    [SRSS_INTR_CFG] = {.name = "SRSS_INTR_CFG", .offset = 0x710, .rw = 0x3, .unmodelled = 0x3},
    [RES_CAUSE] = {.name = "RES_CAUSE", .offset = 0x800, .w1c = 0x1FF, .keep = 1},
    [RES_CAUSE2] = {.name = "RES_CAUSE2", .offset = 0x804, .w1c = 0xFFFFFFFF, .keep = 1},
    [PWR_TRIM_REF_CTL] = {.name = "PWR_TRIM_REF_CTL",
                          .offset = 0x7F00,
                          .reset = 0x70F00000,
                          .rw = 0xF1FF5FFF},
    [PWR_TRIM_BODOVP_CTL] = {.name = "PWR_TRIM_BODOVP_CTL",
                             .offset = 0x7F04,
                             .reset = 0x40D04,
                             .rw = 0xFDFF7},
    [CLK_TRIM_CCO_CTL] = {.name = "CLK_TRIM_CCO_CTL",
                          .offset = 0x7F08,
                          .reset = 0xA7000020,
                          .rw = 0xBF00003F},
    [CLK_TRIM_CCO_CTL2] = {.name = "CLK_TRIM_CCO_CTL2",
                           .offset = 0x7F0C,
                           .reset = 0x884110,
                           .rw = 0x1FFFFFF},
    [PWR_TRIM_WAKE_CTL] = {.name = "PWR_TRIM_WAKE_CTL", .offset = 0x7F30, .rw = 0xFF},
    [PWR_TRIM_LVD_CTL] = {.name = "PWR_TRIM_LVD_CTL", .offset = 0xFF10, .reset = 0x20, .rw = 0x77},
    [CLK_TRIM_ILO_CTL] = {.name = "CLK_TRIM_ILO_CTL", .offset = 0xFF18, .reset = 0x2C, .rw = 0x3F},
    [PWR_TRIM_PWRSYS_CTL] = {.name = "PWR_TRIM_PWRSYS_CTL",
                             .offset = 0xFF1C,
                             .reset = 0x17,
                             .rw = 0xC000001F,
                             .store = store_power},
    [CLK_TRIM_ECO_CTL] = {.name = "CLK_TRIM_ECO_CTL",
                          .offset = 0xFF20,
                          .reset = 0x1F0003,
                          .rw = 0x3F3FF7},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct srss_state *srss = dev->state;
    switch (index) {
    case IN_SLEEP:
        announce(dev);
        break;
    case IN_SLEEPDEEP:
        if (level == 1)
            sleep_deeply(dev);
        else if (srss->deepsleep && !mote_event_armed(dev, EV_WAKE))
            mote_event_after(dev, EV_WAKE, srss->wake_ps);
        break;
    case IN_WDT_MATCH:
        if (level == 1)
            mote_reg(dev, SRSS_INTR) |= INTR_WDT_MATCH;
        update_irq(dev);
        break;
    case IN_WDT_RESET:
        if (level == 1) {
            srss->cause = CAUSE_WDT;
            mote_request_reset(dev->sys);
        }
        break;
    default:
        srss->wco = level == 1;
        psoc6_clocks_update(dev);
    }
}

static void reset(struct mote_device *dev)
{
    struct srss_state *srss = dev->state;
    if (srss->powered)
        mote_reg(dev, RES_CAUSE) |= srss->cause != 0 ? srss->cause : CAUSE_SOFT;
    srss->powered = true;
    srss->cause = 0;
    srss->deepsleep = srss->wco = false;
    mote_reg(dev, PWR_TRIM_PWRSYS_CTL) = srss->ldo_lp_trim;
    announce(dev);
    psoc6_clocks_update(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct srss_state *srss = dev->state;
    srss->wake_ps = 1000ull * mote_prop_u32(dev, "mote,deepsleep-wakeup-ns", 0);
    srss->ldo_lp_trim = mote_prop_u32(dev, "mote,ldo-lp-trim", 0) & 0x1F;
    srss->ldo_ulp_trim = mote_prop_u32(dev, "mote,ldo-ulp-trim", 0) & 0x1F;
    srss->buck_lp_select = mote_prop_u32(dev, "mote,buck-lp-select", 0);
    return psoc6_clocks_attach(dev, err) &&
           mote_window_add(dev, dev->base + WINDOW_CLOCKS, WINDOW_END - WINDOW_CLOCKS,
                           WINDOW_CLOCKS, err);
}

static struct mote_clock *clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    const struct srss_state *srss = dev->state;
    return count == 1 && cells[0] < SRSS_CLK_COUNT ? srss->clock[cells[0]] : NULL;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_CCO] = {"cco_ready", psoc6_clocks_cco_ready, 0},
    [EV_FLL] = {"fll_locked", psoc6_clocks_fll_locked, 0},
    [EV_PLL0] = {"pll0_locked", psoc6_clocks_pll0_locked, 0},
    [EV_PLL0 + 1] = {"pll1_locked", psoc6_clocks_pll1_locked, 0},
    [EV_ECO] = {"eco_ready", psoc6_clocks_eco_ready, 0},
    [EV_WAKE] = {"awake", awake, 0},
};

const struct mote_device_class mote_class_psoc6_srss = {
    .name = "psoc6_srss",
    .summary = "PSoC 6 system resources: power modes, clocks, reset causes",
    .compatibles = {"infineon,cat1a-srss"},
    .state_bytes = sizeof(struct srss_state),
    .regs = regs,
    .reg_count = SRSS_REG_COUNT,
    .window_bytes = 0x180,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"sleep", 1}, {"sleepdeep", 1}, {"wdt_match", 1}, {"wdt_reset", 1}, {"wco", 1}},
    .outputs = {{"irq", 1}, {"wdt_feed", 1}},
    .power_states = {"run_ldo_lp", "run_ldo_ulp", "run_buck_lp", "run_buck_ulp", "sleep_ldo_lp",
                     "sleep_ldo_ulp", "sleep_buck_lp", "sleep_buck_ulp", "deepsleep_ldo_lp",
                     "deepsleep_ldo_ulp", "deepsleep_buck_lp", "deepsleep_buck_ulp"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_of = clock_of,
};
