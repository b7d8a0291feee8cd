/* Nordic nRF52 CLOCK and POWER, which share one register window.
 *
 * Source: nRF52840 Product Specification v1.7, CLOCK and POWER chapters; CMSIS-SVD of the nRF52840.
 * Clocks provided, by cell: 0 HFCLK64M (CPU), 1 PCLK16M, 2 LFCLK, 3 the 32.768 kHz RC oscillator as
 * the watchdog forces it on.
 * Modelled: HFXO start and stop with start-up time; LFCLK from RC, crystal (with the RC oscillator
 * filling in until the crystal is up) or synthesiser; calibration and its timer; DCDCEN; System OFF
 * (all clocks stop) and wake-up by DETECT with its time; RESETREAS; GPREGRET; sleep events; RAM
 * power registers. Inputs "sleep"/"sleepdeep" from the core tell when the HFCLK is needed for the
 * CPU; after a sleep in which nobody needed it the CPU waits for its start, unless in constant
 * latency mode.
 * Not modelled: rate tolerances, HFXODEBOUNCE, power-fail warning, USB supply detection (no VBUS),
 * loss of RAM contents when its power is switched off. */
#include "_nrf.h"

enum {
    TASKS_HFCLKSTART,
    TASKS_HFCLKSTOP,
    TASKS_LFCLKSTART,
    TASKS_LFCLKSTOP,
    TASKS_CAL,
    TASKS_CTSTART,
    TASKS_CTSTOP,
    TASKS_CONSTLAT,
    TASKS_LOWPWR,
    EVENTS_HFCLKSTARTED,
    EVENTS_LFCLKSTARTED,
    EVENTS_POFWARN,
    EVENTS_DONE,
    EVENTS_CTTO,
    EVENTS_SLEEPENTER,
    EVENTS_SLEEPEXIT,
    EVENTS_USBDETECTED,
    EVENTS_USBREMOVED,
    EVENTS_USBPWRRDY,
    EVENTS_CTSTARTED,
    EVENTS_CTSTOPPED,
    INTENSET,
    INTENCLR,
    RESETREAS,
    HFCLKRUN,
    HFCLKSTAT,
    LFCLKRUN,
    LFCLKSTAT,
    LFCLKSRCCOPY,
    RAMSTATUS,
    USBREGSTATUS,
    SYSTEMOFF,
    POFCON,
    LFCLKSRC,
    GPREGRET,
    GPREGRET2,
    HFXODEBOUNCE,
    CTIV,
    FORCEPROTECT,
    DISABLE,
    TRACECONFIG,
    DCDCEN,
    DCDCEN0,
    LFRCMODE,
    MAINREGSTATUS,
    RAM_POWER,
    RAM_POWERSET,
    RAM_POWERCLR,
    REG_COUNT
};
enum { HFXO_UP, LFCLK_UP, CALIBRATED, CALIBRATION_TIMER, IDLE_OVER, OFF_OVER };
enum { CLOCK_HF, CLOCK_PCLK, CLOCK_LF, CLOCK_LFRC, CLOCK_COUNT };
enum { IN_SLEEP, IN_SLEEPDEEP, IN_DETECT, IN_DETECT1, IN_DOG, IN_SREQ, IN_LOCKUP };
enum { OUT_IRQ, OUT_DCDC };
enum { LF_RC, LF_XTAL, LF_SYNTH, LF_OFF };

#define STAT_STATE       (1u << 16)
#define SRC_XTAL         1u
#define REAS_DOG         (1u << 1)
#define REAS_SREQ        (1u << 2)
#define REAS_LOCKUP      (1u << 3)
#define REAS_OFF         (1u << 16)
#define RAM_BLOCKS       9u
#define RAM_ON_AT_RESET  0xffffu
#define QUARTER_S_CYCLES 8192u /* CTIV counts 0.25 s of the 32.768 kHz clock */
#define STATE_SYSTEM_OFF 12u

struct nrf_clock {
    struct nrf_common common;
    struct mote_clock *clock[CLOCK_COUNT]; /* set in attach, never changed */
    uint32_t hz[CLOCK_COUNT];
    uint64_t hfxo_start_ps, lfxo_start_ps, lfrc_start_ps, calibrate_ps;
    uint64_t idle_wake_ps, off_wake_ps;
    bool off; /* System OFF */
    bool constant_latency;
};

static void announce(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;
    uint32_t lf_state = 0, hf_state = 0;

    if (clock->off) { /* waking up, the oscillator runs already */
        mote_power_state(dev, mote_event_armed(dev, OFF_OVER) ? 0 : STATE_SYSTEM_OFF);
        return;
    }
    if (mote_reg(dev, LFCLKSTAT) & STAT_STATE)
        lf_state = 1 + (mote_reg(dev, LFCLKSTAT) & 3u);
    if (mote_reg(dev, HFCLKRUN) != 0)
        hf_state = 2;
    else if (mote_wire_input(dev, IN_SLEEP) == 1)
        hf_state = 1;
    mote_power_state(dev, 4 * hf_state + lf_state);
}

/* ---- HFCLK ------------------------------------------------------------------------------------
 */

static void hfclk_start(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;

    if (mote_reg(dev, HFCLKRUN) == 0) {
        mote_reg(dev, HFCLKRUN) = 1;
        announce(dev);
        mote_event_after(dev, HFXO_UP, clock->hfxo_start_ps);
    } else if (mote_reg(dev, HFCLKSTAT) & SRC_XTAL) {
        nrf_event(dev, EVENTS_HFCLKSTARTED);
    }
}

static void hfxo_up(struct mote_device *dev)
{
    mote_reg(dev, HFCLKSTAT) = STAT_STATE | SRC_XTAL;
    nrf_event(dev, EVENTS_HFCLKSTARTED);
}

static void hfclk_stop(struct mote_device *dev)
{
    mote_event_cancel(dev, HFXO_UP);
    mote_reg(dev, HFCLKRUN) = 0;
    mote_reg(dev, HFCLKSTAT) = STAT_STATE; /* the internal oscillator serves whoever needs it */
    announce(dev);
}

/* ---- LFCLK ------------------------------------------------------------------------------------
 */

static void lfclk_start(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;
    uint32_t source = mote_reg(dev, LFCLKSRC) & 3u;
    bool running =
        mote_reg(dev, LFCLKSTAT) == (STAT_STATE | source) && !mote_event_armed(dev, LFCLK_UP);

    mote_reg(dev, LFCLKRUN) = 1;
    mote_reg(dev, LFCLKSRCCOPY) = source;
    if (running) {
        nrf_event(dev, EVENTS_LFCLKSTARTED);
        return;
    }
    if (source == LF_XTAL) {
        /* The RC oscillator serves until the crystal has started. */
        mote_reg(dev, LFCLKSTAT) = STAT_STATE | LF_RC;
        mote_clock_set_hz(clock->clock[CLOCK_LF], clock->hz[CLOCK_LF]);
    }
    announce(dev);
    mote_event_after(dev, LFCLK_UP,
                     source == LF_XTAL ? clock->lfxo_start_ps : clock->lfrc_start_ps);
}

static void lfclk_up(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;

    mote_reg(dev, LFCLKSTAT) = STAT_STATE | mote_reg(dev, LFCLKSRCCOPY);
    mote_clock_set_hz(clock->clock[CLOCK_LF], clock->hz[CLOCK_LF]);
    announce(dev);
    nrf_event(dev, EVENTS_LFCLKSTARTED);
}

static void lfclk_stop(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;

    mote_event_cancel(dev, LFCLK_UP);
    mote_reg(dev, LFCLKRUN) = 0;
    mote_reg(dev, LFCLKSTAT) = 0;
    mote_clock_set_hz(clock->clock[CLOCK_LF], 0);
    announce(dev);
}

static void calibrate(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;

    if (!(mote_reg(dev, HFCLKSTAT) & SRC_XTAL) ||
        mote_reg(dev, LFCLKSTAT) != (STAT_STATE | LF_RC)) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                 "CAL needs the HFXO running and LFCLK from the RC oscillator");
        return;
    }
    mote_event_after(dev, CALIBRATED, clock->calibrate_ps);
}

static void calibrated(struct mote_device *dev)
{
    nrf_event(dev, EVENTS_DONE);
}

static void calibration_timer_start(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;
    uint64_t cycles = (uint64_t)mote_reg(dev, CTIV) * QUARTER_S_CYCLES;

    if (cycles != 0)
        mote_event_after(dev, CALIBRATION_TIMER, mote_cycles_to_ps(cycles, clock->hz[CLOCK_LF]));
    nrf_event(dev, EVENTS_CTSTARTED);
}

static void calibration_timer_stop(struct mote_device *dev)
{
    mote_event_cancel(dev, CALIBRATION_TIMER);
    nrf_event(dev, EVENTS_CTSTOPPED);
}

static void calibration_timer(struct mote_device *dev)
{
    nrf_event(dev, EVENTS_CTTO);
}

/* ---- POWER ------------------------------------------------------------------------------------
 */

static void off_over(struct mote_device *dev)
{
    mote_reg(dev, RESETREAS) |= REAS_OFF;
    mote_request_reset(dev->sys);
}

static void wake_from_off(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;

    if (clock->off_wake_ps == 0) {
        off_over(dev);
    } else if (!mote_event_armed(dev, OFF_OVER)) {
        mote_event_after(dev, OFF_OVER, clock->off_wake_ps);
        announce(dev);
    }
}

/* The core's clock comes back. */
static void idle_over(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;

    if (!clock->off)
        mote_clock_set_hz(clock->clock[CLOCK_HF], clock->hz[CLOCK_HF]);
}

/* The core wakes up. Nobody may have kept the HFCLK running for it. */
static void wake_from_idle(struct mote_device *dev)
{
    const struct nrf_clock *clock = dev->state;
    bool running = mote_reg(dev, HFCLKRUN) != 0 || clock->constant_latency ||
                   mote_clock_needed(clock->clock[CLOCK_PCLK]);

    if (running || clock->idle_wake_ps == 0)
        return;
    mote_clock_set_hz(clock->clock[CLOCK_HF], 0);
    mote_event_after(dev, IDLE_OVER, clock->idle_wake_ps);
}

static void constant_latency(struct mote_device *dev)
{
    ((struct nrf_clock *)dev->state)->constant_latency = true;
}

static void low_power(struct mote_device *dev)
{
    ((struct nrf_clock *)dev->state)->constant_latency = false;
}

static void systemoff_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                             uint32_t written)
{
    struct nrf_clock *clock = dev->state;

    (void)element;
    (void)old;
    if (!(written & 1u))
        return;
    clock->off = true;
    announce(dev);
    for (uint32_t i = 0; i < CLOCK_COUNT; i++)
        mote_clock_set_hz(clock->clock[i], 0);
    if (mote_wire_input(dev, IN_DETECT) == 1 || mote_wire_input(dev, IN_DETECT1) == 1)
        wake_from_off(dev);
}

static void dcdcen_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    mote_wire_set(dev, OUT_DCDC, (int)(mote_reg(dev, DCDCEN) & 1u));
}

static void ram_set_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)old;
    mote_reg_at(dev, RAM_POWER, element) |= written;
}

static void ram_clr_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)old;
    mote_reg_at(dev, RAM_POWER, element) &= ~written;
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    const struct nrf_clock *clock = dev->state;

    if (index == IN_SLEEP) {
        announce(dev);
        if (!clock->off && level != 1)
            wake_from_idle(dev);
        if (!clock->off)
            nrf_event(dev, level == 1 ? EVENTS_SLEEPENTER : EVENTS_SLEEPEXIT);
        return;
    }
    if (level != 1)
        return;
    if ((index == IN_DETECT || index == IN_DETECT1) && clock->off)
        wake_from_off(dev);
    else if (index == IN_DOG)
        mote_reg(dev, RESETREAS) |= REAS_DOG;
    else if (index == IN_SREQ)
        mote_reg(dev, RESETREAS) |= REAS_SREQ;
    else if (index == IN_LOCKUP)
        mote_reg(dev, RESETREAS) |= REAS_LOCKUP;
}

NRF_TASK_HOOK(task_hfclkstart, hfclk_start)
NRF_TASK_HOOK(task_hfclkstop, hfclk_stop)
NRF_TASK_HOOK(task_lfclkstart, lfclk_start)
NRF_TASK_HOOK(task_lfclkstop, lfclk_stop)
NRF_TASK_HOOK(task_cal, calibrate)
NRF_TASK_HOOK(task_ctstart, calibration_timer_start)
NRF_TASK_HOOK(task_ctstop, calibration_timer_stop)
NRF_TASK_HOOK(task_constlat, constant_latency)
NRF_TASK_HOOK(task_lowpwr, low_power)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_HFCLKSTART] = NRF_TASK("TASKS_HFCLKSTART", 0x000, task_hfclkstart),
    [TASKS_HFCLKSTOP] = NRF_TASK("TASKS_HFCLKSTOP", 0x004, task_hfclkstop),
    [TASKS_LFCLKSTART] = NRF_TASK("TASKS_LFCLKSTART", 0x008, task_lfclkstart),
    [TASKS_LFCLKSTOP] = NRF_TASK("TASKS_LFCLKSTOP", 0x00c, task_lfclkstop),
    [TASKS_CAL] = NRF_TASK("TASKS_CAL", 0x010, task_cal),
    [TASKS_CTSTART] = NRF_TASK("TASKS_CTSTART", 0x014, task_ctstart),
    [TASKS_CTSTOP] = NRF_TASK("TASKS_CTSTOP", 0x018, task_ctstop),
    [TASKS_CONSTLAT] = NRF_TASK("TASKS_CONSTLAT", 0x078, task_constlat),
    [TASKS_LOWPWR] = NRF_TASK("TASKS_LOWPWR", 0x07c, task_lowpwr),
    [EVENTS_HFCLKSTARTED] = NRF_EVENT("EVENTS_HFCLKSTARTED", 0x100),
    [EVENTS_LFCLKSTARTED] = NRF_EVENT("EVENTS_LFCLKSTARTED", 0x104),
    [EVENTS_POFWARN] = NRF_EVENT("EVENTS_POFWARN", 0x108),
    [EVENTS_DONE] = NRF_EVENT("EVENTS_DONE", 0x10c),
    [EVENTS_CTTO] = NRF_EVENT("EVENTS_CTTO", 0x110),
    [EVENTS_SLEEPENTER] = NRF_EVENT("EVENTS_SLEEPENTER", 0x114),
    [EVENTS_SLEEPEXIT] = NRF_EVENT("EVENTS_SLEEPEXIT", 0x118),
    [EVENTS_USBDETECTED] = NRF_EVENT("EVENTS_USBDETECTED", 0x11c),
    [EVENTS_USBREMOVED] = NRF_EVENT("EVENTS_USBREMOVED", 0x120),
    [EVENTS_USBPWRRDY] = NRF_EVENT("EVENTS_USBPWRRDY", 0x124),
    [EVENTS_CTSTARTED] = NRF_EVENT("EVENTS_CTSTARTED", 0x128),
    [EVENTS_CTSTOPPED] = NRF_EVENT("EVENTS_CTSTOPPED", 0x12c),
    [INTENSET] = NRF_INTENSET(0xfff),
    [INTENCLR] = NRF_INTENCLR,
    [RESETREAS] = {.name = "RESETREAS", .offset = 0x400, .w1c = UINT32_MAX, .keep = 1},
    [HFCLKRUN] = {.name = "HFCLKRUN", .offset = 0x408, .ro = 1},
    /* The specification's reset value 0 says nothing runs; whoever reads it runs from HFINT. */
    [HFCLKSTAT] = {.name = "HFCLKSTAT", .offset = 0x40c, .ro = 0x10001, .reset = STAT_STATE},
    [LFCLKRUN] = {.name = "LFCLKRUN", .offset = 0x414, .ro = 1},
    [LFCLKSTAT] = {.name = "LFCLKSTAT", .offset = 0x418, .ro = 0x10003},
    [LFCLKSRCCOPY] = {.name = "LFCLKSRCCOPY", .offset = 0x41c, .ro = 3},
    [RAMSTATUS] = {.name = "RAMSTATUS", .offset = 0x428, .ro = 0xf},
    [USBREGSTATUS] = {.name = "USBREGSTATUS", .offset = 0x438, .ro = 3},
    [SYSTEMOFF] = {.name = "SYSTEMOFF", .offset = 0x500, .wo = 1, .store = systemoff_stored},
    [POFCON] = {.name = "POFCON", .offset = 0x510, .rw = 0xf1f, .unmodelled = 0xf1f},
    [LFCLKSRC] = {.name = "LFCLKSRC", .offset = 0x518, .rw = 0x30003},
    [GPREGRET] = {.name = "GPREGRET", .offset = 0x51c, .rw = 0xff, .keep = 1},
    [GPREGRET2] = {.name = "GPREGRET2", .offset = 0x520, .rw = 0xff, .keep = 1},
    [HFXODEBOUNCE] =
        {.name = "HFXODEBOUNCE", .offset = 0x528, .rw = 0xff, .reset = 0x10, .unmodelled = 0xff},
    [CTIV] = {.name = "CTIV", .offset = 0x538, .rw = 0x7f},
    [FORCEPROTECT] = {.name = "APPROTECT.FORCEPROTECT",
                      .offset = 0x550,
                      .rw = 0xff,
                      .reset = UINT32_MAX,
                      .unmodelled = 0xff},
    [DISABLE] = {.name = "APPROTECT.DISABLE", .offset = 0x558, .rw = 0xff},
    [TRACECONFIG] = {.name = "TRACECONFIG", .offset = 0x55c, .rw = 0x30003, .unmodelled = 0x30003},
    [DCDCEN] = {.name = "DCDCEN", .offset = 0x578, .rw = 1, .store = dcdcen_stored},
    [DCDCEN0] = {.name = "DCDCEN0", .offset = 0x580, .rw = 1, .unmodelled = 1},
    [LFRCMODE] = {.name = "LFRCMODE", .offset = 0x5b4, .rw = 1, .ro = 0x10000, .unmodelled = 1},
    [MAINREGSTATUS] = {.name = "MAINREGSTATUS", .offset = 0x640, .ro = 1},
    [RAM_POWER] = {.name = "RAM[%u].POWER",
                   .offset = 0x900,
                   .stride = 0x10,
                   .count = RAM_BLOCKS,
                   .rw = UINT32_MAX,
                   .reset = RAM_ON_AT_RESET},
    [RAM_POWERSET] = {.name = "RAM[%u].POWERSET",
                      .offset = 0x904,
                      .stride = 0x10,
                      .count = RAM_BLOCKS,
                      .wo = UINT32_MAX,
                      .store = ram_set_stored},
    [RAM_POWERCLR] = {.name = "RAM[%u].POWERCLR",
                      .offset = 0x908,
                      .stride = 0x10,
                      .count = RAM_BLOCKS,
                      .wo = UINT32_MAX,
                      .store = ram_clr_stored},
};

static const struct mote_event_desc events[] = {
    [HFXO_UP] = {"hfxo_up", hfxo_up, 0},
    [LFCLK_UP] = {"lfclk_up", lfclk_up, 0},
    [CALIBRATED] = {"calibrated", calibrated, 0},
    [CALIBRATION_TIMER] = {"calibration_timer", calibration_timer, 0},
    [IDLE_OVER] = {"idle_over", idle_over, 0},
    [OFF_OVER] = {"off_over", off_over, 0},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    static const char *const names[CLOCK_COUNT] = {"hfclk64m", "pclk16m", "lfclk", "wdt_lfrc"};
    struct nrf_clock *clock = dev->state;

    nrf_attach(dev);
    clock->hz[CLOCK_HF] = mote_prop_u32(dev, "mote,hfclk-hz", NRF_NOMINAL_HFCLK64M_HZ);
    clock->hz[CLOCK_PCLK] = mote_prop_u32(dev, "mote,pclk16m-hz", NRF_NOMINAL_PCLK16M_HZ);
    clock->hz[CLOCK_LF] = mote_prop_u32(dev, "mote,lfclk-hz", NRF_NOMINAL_LFCLK_HZ);
    clock->hz[CLOCK_LFRC] = clock->hz[CLOCK_LF];
    clock->hfxo_start_ps = mote_prop_u32(dev, "mote,hfxo-start-us", 0) * NRF_PS_PER_US;
    clock->lfxo_start_ps = mote_prop_u32(dev, "mote,lfxo-start-us", 0) * NRF_PS_PER_US;
    clock->lfrc_start_ps = mote_prop_u32(dev, "mote,lfrc-start-us", 0) * NRF_PS_PER_US;
    clock->calibrate_ps = mote_prop_u32(dev, "mote,calibrate-us", 0) * NRF_PS_PER_US;
    clock->idle_wake_ps = 1000ull * mote_prop_u32(dev, "mote,idle-wakeup-ns", 0);
    clock->off_wake_ps = 1000ull * mote_prop_u32(dev, "mote,off-wakeup-ns", 0);
    for (uint32_t i = 0; i < CLOCK_COUNT; i++) {
        clock->clock[i] = mote_clock_add(dev, names[i]);
        if (clock->clock[i] == NULL)
            return mote_err_set(err, "out of memory");
        mote_clock_set_hz(clock->clock[i], i == CLOCK_LF ? 0 : clock->hz[i]);
    }
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_clock *clock = dev->state;

    clock->off = false;
    clock->constant_latency = false;
    for (uint32_t i = 0; i < CLOCK_COUNT; i++)
        mote_clock_set_hz(clock->clock[i], i == CLOCK_LF ? 0 : clock->hz[i]);
    announce(dev);
}

static struct mote_clock *clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    const struct nrf_clock *clock = dev->state;

    return count == 1 && cells[0] < CLOCK_COUNT ? clock->clock[cells[0]] : NULL;
}

const struct mote_device_class mote_class_nrf_clock = {
    .name = "nrf_clock",
    .summary = "nRF52 clock control and power management",
    .compatibles = {"nordic,nrf-clock", "nordic,nrf-power"},
    .state_bytes = sizeof(struct nrf_clock),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .inputs =
        {{"sleep", 1}, {"sleepdeep", 1}, {"detect", 2}, {"dog", 1}, {"sreq", 1}, {"lockup", 1}},
    .outputs = {{"irq", 1}, {"dcdc", 1}},
    .power_states = {"hfint_lfoff", "hfint_lfrc", "hfint_lfxo", "hfint_lfsynth", "hfoff_lfoff",
                     "hfoff_lfrc", "hfoff_lfxo", "hfoff_lfsynth", "hfxo_lfoff", "hfxo_lfrc",
                     "hfxo_lfxo", "hfxo_lfsynth", "system_off"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_of = clock_of,
};
