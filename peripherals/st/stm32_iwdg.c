/* Independent watchdog of STM32L4/L4+. ST RM0432 Rev 9.
 *
 * Modelled: KR keys, prescaler, reload, window, the update flags (five LSI cycles), reset. The
 * counter runs on LSI in every mode. Output "reset" goes to 1 when the watchdog bites (the
 * reset controller takes it from there); output "lsi" is 1 while the watchdog forces LSI on.
 * Clock input 0 is LSI; without it, property clock-frequency gives LSI's rate in Hz.
 *
 * Not modelled: start by option byte, freezing by debugger or by option byte in Stop and
 * Standby. */
#include <mote/clock.h>
#include <mote/device.h>
#include <string.h>

enum { KR, PR, RLR, SR, WINR };
enum { OUT_IRQ, OUT_RESET, OUT_LSI };
enum { EVENT_BITE, EVENT_PVU, EVENT_RVU, EVENT_WVU, EVENT_COUNT };

#define KEY_RELOAD        0xAAAAu
#define KEY_UNLOCK        0x5555u
#define KEY_START         0xCCCCu
#define UPDATE_LSI_CYCLES 5u

struct iwdg {
    uint64_t loaded_ps; /* when the counter was last loaded */
    uint32_t lsi_hz;    /* from the property, when there is no clock input */
    uint8_t running, unlocked;
};

static uint64_t lsi_hz(struct mote_device *dev)
{
    const struct iwdg *w = dev->state;
    uint64_t hz = mote_clock_hz(dev, 0);
    return hz != 0 ? hz : w->lsi_hz;
}

static uint64_t ticks_ps(struct mote_device *dev, uint64_t ticks)
{
    uint32_t pr = mote_reg(dev, PR);
    uint32_t shift = 2 + (pr > 6 ? 6 : pr);
    return mote_cycles_to_ps(ticks << shift, lsi_hz(dev));
}

static void bite(struct mote_device *dev)
{
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "the independent watchdog resets the system");
    mote_wire_set(dev, OUT_RESET, 1);
}

static void reload(struct mote_device *dev)
{
    struct iwdg *w = dev->state;
    w->loaded_ps = mote_now_ps(dev->sys);
    if (w->running)
        mote_event_after(dev, EVENT_BITE, ticks_ps(dev, (uint64_t)mote_reg(dev, RLR) + 1));
}

/* A refresh while the counter is above the window is as bad as none. */
static void refresh(struct mote_device *dev)
{
    struct iwdg *w = dev->state;
    uint32_t above = mote_reg(dev, RLR) - mote_reg(dev, WINR);
    bool windowed = mote_reg(dev, WINR) < mote_reg(dev, RLR);
    uint64_t waited = mote_now_ps(dev->sys) - w->loaded_ps;
    if (w->running && windowed && waited < ticks_ps(dev, above))
        bite(dev);
    else
        reload(dev);
}

static void store_kr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct iwdg *w = dev->state;
    w->unlocked = (written & 0xFFFF) == KEY_UNLOCK;
    switch (written & 0xFFFF) {
    case KEY_RELOAD:
        refresh(dev);
        break;
    case KEY_START:
        if (!w->running) {
            w->running = 1;
            mote_wire_set(dev, OUT_LSI, 1);
            mote_power_state(dev, 1);
            reload(dev);
        }
        break;
    default:
        break;
    }
}

/* A protected register: takes the value only when unlocked, and shows the transfer in SR. */
static bool accept(struct mote_device *dev, uint32_t id, uint32_t old, uint32_t event)
{
    const struct iwdg *w = dev->state;
    uint32_t flag = 1u << (event - EVENT_PVU);
    if (!w->unlocked || (mote_reg(dev, SR) & flag)) {
        mote_reg(dev, id) = old;
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to %s ignored: %s", dev->cls->regs[id].name,
                 w->unlocked ? "the last one is still under way" : "write 0x5555 to KR first");
        return false;
    }
    mote_reg(dev, SR) |= flag;
    mote_event_after(dev, event, mote_cycles_to_ps(UPDATE_LSI_CYCLES, lsi_hz(dev)));
    return true;
}

static void store_pr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (accept(dev, PR, old, EVENT_PVU))
        reload(dev);
}

static void store_rlr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    accept(dev, RLR, old, EVENT_RVU); /* counts from the next refresh on */
}

static void store_winr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (accept(dev, WINR, old, EVENT_WVU))
        reload(dev); /* writing the window refreshes the counter */
}

static const struct mote_reg regs[] = {
    [KR] = {.name = "KR", .offset = 0x00, .wo = 0x0000FFFF, .store = store_kr},
    [PR] = {.name = "PR", .offset = 0x04, .rw = 0x00000007, .store = store_pr},
    [RLR] =
        {.name = "RLR", .offset = 0x08, .reset = 0x00000FFF, .rw = 0x00000FFF, .store = store_rlr},
    [SR] = {.name = "SR", .offset = 0x0C, .ro = 0x00000007},
    [WINR] = {.name = "WINR",
              .offset = 0x10,
              .reset = 0x00000FFF,
              .rw = 0x00000FFF,
              .store = store_winr},
};

static void pvu_done(struct mote_device *dev)
{
    mote_reg(dev, SR) &= ~1u;
}
static void rvu_done(struct mote_device *dev)
{
    mote_reg(dev, SR) &= ~2u;
}
static void wvu_done(struct mote_device *dev)
{
    mote_reg(dev, SR) &= ~4u;
}

static const struct mote_event_desc events[EVENT_COUNT] = {
    [EVENT_BITE] = {.name = "bite", .fire = bite},
    [EVENT_PVU] = {.name = "pvu", .fire = pvu_done},
    [EVENT_RVU] = {.name = "rvu", .fire = rvu_done},
    [EVENT_WVU] = {.name = "wvu", .fire = wvu_done},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct iwdg *w = dev->state;
    w->lsi_hz = mote_prop_u32(dev, "clock-frequency", 0);
    if (w->lsi_hz == 0 && mote_clock_inputs(dev) == 0)
        mote_log(dev->sys, dev, MOTE_LOG_INFO,
                 "neither clocks nor clock-frequency (LSI in Hz): the watchdog will not run");
    (void)err;
    return true;
}

static void reset(struct mote_device *dev)
{
    struct iwdg *w = dev->state;
    uint32_t hz = w->lsi_hz;
    memset(w, 0, sizeof *w);
    w->lsi_hz = hz;
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    const struct iwdg *w = dev->state;
    if (w->running)
        reload(dev);
}

const struct mote_device_class mote_class_stm32_iwdg = {
    .name = "stm32_iwdg",
    .summary = "STM32 independent watchdog",
    .compatibles = {"st,stm32-watchdog"},
    .state_bytes = sizeof(struct iwdg),
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EVENT_COUNT,
    .outputs = {{"irq", 1}, {"reset", 1}, {"lsi", 1}},
    .power_states = {"off", "active"},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
