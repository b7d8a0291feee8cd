/* Nordic nRF52 WDT (watchdog timer).
 *
 * Source: nRF52840 Product Specification v1.7, WDT chapter; CMSIS-SVD of the nRF52840.
 * Clock inputs: 0 PCLK16M, 1 a 32.768 kHz clock that runs whenever the watchdog does (hardware
 * starts the RC oscillator by itself).
 * Modelled: reload registers and requests, TIMEOUT, the reset two LFCLK cycles later, locked
 * configuration while running, pause during sleep (input "sleep").
 * Not modelled: CONFIG.HALT (a debugger's stop stops virtual time anyway). Output "dog" pulses when
 * the watchdog resets, for RESETREAS. Unlike hardware, every system reset stops the watchdog. */
#include "_nrf.h"

#define RELOAD             0x6e524635u
#define CONFIG_SLEEP       1u
#define RESET_DELAY_CYCLES 2u

enum {
    TASKS_START,
    EVENTS_TIMEOUT,
    INTENSET,
    INTENCLR,
    RUNSTATUS,
    REQSTATUS,
    CRV,
    RREN,
    CONFIG,
    RR,
    REG_COUNT
};
enum { TIMEOUT, BITE };
enum { OFF, RUNNING };
enum { IN_SLEEP };
enum { OUT_IRQ, OUT_DOG };

struct nrf_wdt {
    struct nrf_common common;
    struct mote_counter counter; /* counts LFCLK cycles up to CRV */
};

static uint64_t lfclk_hz(const struct mote_device *dev)
{
    return mote_clock_inputs(dev) > 1 ? mote_clock_hz(dev, 1) : NRF_NOMINAL_LFCLK_HZ;
}

static bool paused(struct mote_device *dev)
{
    return mote_wire_input(dev, IN_SLEEP) == 1 && !(mote_reg(dev, CONFIG) & CONFIG_SLEEP);
}

static void run_from(struct mote_device *dev, uint64_t value)
{
    struct nrf_wdt *wdt = dev->state;

    mote_counter_set(&wdt->counter, mote_now_ps(dev->sys), value, paused(dev) ? 0 : lfclk_hz(dev));
    mote_event_at(dev, TIMEOUT,
                  mote_counter_when_ps(&wdt->counter, (uint64_t)mote_reg(dev, CRV) + 1));
}

static void start(struct mote_device *dev)
{
    if (mote_reg(dev, RUNSTATUS) != 0)
        return;
    mote_reg(dev, RUNSTATUS) = 1;
    mote_reg(dev, REQSTATUS) = mote_reg(dev, RREN);
    mote_power_state(dev, RUNNING);
    run_from(dev, 0);
}

static void timeout(struct mote_device *dev)
{
    mote_event_after(dev, BITE, mote_cycles_to_ps(RESET_DELAY_CYCLES, lfclk_hz(dev)));
    nrf_event(dev, EVENTS_TIMEOUT);
}

static void bite(struct mote_device *dev)
{
    mote_wire_pulse(dev, OUT_DOG);
    mote_request_reset(dev->sys);
}

static void rr_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    if (written != RELOAD || mote_reg(dev, RUNSTATUS) == 0 || mote_event_armed(dev, BITE))
        return;
    mote_reg(dev, REQSTATUS) &= ~(1u << element);
    if (mote_reg(dev, REQSTATUS) == 0) {
        mote_reg(dev, REQSTATUS) = mote_reg(dev, RREN);
        run_from(dev, 0);
    }
}

/* CRV, RREN and CONFIG cannot be changed while the watchdog runs. */
static void refuse(struct mote_device *dev, uint32_t row, uint32_t old)
{
    if (mote_reg(dev, RUNSTATUS) == 0 || mote_reg(dev, row) == old)
        return;
    mote_reg(dev, row) = old;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s is locked while the watchdog runs",
             dev->cls->regs[row].name);
}

static void crv_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    refuse(dev, CRV, old);
}

static void rren_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    refuse(dev, RREN, old);
}

static void config_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    refuse(dev, CONFIG, old);
}

NRF_TASK_HOOK(task_start, start)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x000, task_start),
    [EVENTS_TIMEOUT] = NRF_EVENT("EVENTS_TIMEOUT", 0x100),
    [INTENSET] = NRF_INTENSET(1),
    [INTENCLR] = NRF_INTENCLR,
    [RUNSTATUS] = {.name = "RUNSTATUS", .offset = 0x400, .ro = 1},
    [REQSTATUS] = {.name = "REQSTATUS", .offset = 0x404, .ro = 0xff, .reset = 1},
    [CRV] = {.name = "CRV",
             .offset = 0x504,
             .rw = UINT32_MAX,
             .reset = UINT32_MAX,
             .store = crv_stored},
    [RREN] = {.name = "RREN", .offset = 0x508, .rw = 0xff, .reset = 1, .store = rren_stored},
    [CONFIG] = {.name = "CONFIG",
                .offset = 0x50c,
                .rw = 0x9,
                .reset = 1,
                .unmodelled = 0x8,
                .store = config_stored},
    [RR] = {.name = "RR[%u]", .offset = 0x600, .wo = UINT32_MAX, .count = 8, .store = rr_stored},
};

static const struct mote_event_desc events[] = {
    [TIMEOUT] = {"timeout", timeout, 0},
    [BITE] = {"reset", bite, 0},
};

static void rebase(struct mote_device *dev)
{
    const struct nrf_wdt *wdt = dev->state;

    if (mote_reg(dev, RUNSTATUS) != 0 && !mote_event_armed(dev, BITE))
        run_from(dev, mote_counter_value(&wdt->counter, mote_now_ps(dev->sys)));
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index;
    (void)level;
    rebase(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index == 1)
        rebase(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    nrf_attach(dev);
    return true;
}

static void reset(struct mote_device *dev)
{
    struct nrf_wdt *wdt = dev->state;

    wdt->counter = (struct mote_counter){0};
    mote_power_state(dev, OFF);
}

const struct mote_device_class mote_class_nrf_wdt = {
    .name = "nrf_wdt",
    .summary = "nRF52 watchdog timer",
    .compatibles = {"nordic,nrf-wdt"},
    .state_bytes = sizeof(struct nrf_wdt),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 2,
    .inputs = {{"sleep", 1}},
    .outputs = {{"irq", 1}, {"dog", 1}},
    .power_states = {"off", "running"},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
