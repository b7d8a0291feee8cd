/* Nordic nRF52 PPI (programmable peripheral interconnect).
 *
 * Source: nRF52840 Product Specification v1.7, PPI chapter; CMSIS-SVD of the nRF52840.
 * Modelled: 20 programmable and 12 fixed channels, forks, six channel groups. A task follows its
 * event after one PCLK16M cycle. Event and task end points of the fixed channels are the property
 * "mote,fixed-channels" (12 pairs).
 * Not modelled: events of peripherals without a model (RADIO). */
#include "_nrf.h"

#define PROGRAMMABLE 20u
#define CHANNELS     32u
#define FIXED        (CHANNELS - PROGRAMMABLE)
#define GROUPS       6u
#define TASK_END     0x100u /* tasks lie below the events in a peripheral's window */

enum {
    TASKS_CHG_EN,
    TASKS_CHG_DIS,
    CHEN,
    CHENSET,
    CHENCLR,
    CH_EEP,
    CH_TEP,
    CHG,
    FORK_TEP,
    REG_COUNT
};
enum { TRANSFER };

struct nrf_ppi {
    uint32_t fixed_event[FIXED], fixed_task[FIXED];
    uint32_t pending; /* channels whose event has come */
};

static void set_enabled(struct mote_device *dev, uint32_t channels)
{
    mote_reg(dev, CHEN) = channels;
    mote_reg(dev, CHENSET) = channels;
    mote_reg(dev, CHENCLR) = channels;
}

static uint32_t event_of(struct mote_device *dev, uint32_t channel)
{
    const struct nrf_ppi *ppi = dev->state;

    return channel < PROGRAMMABLE ? mote_reg_at(dev, CH_EEP, channel)
                                  : ppi->fixed_event[channel - PROGRAMMABLE];
}

static uint32_t task_of(struct mote_device *dev, uint32_t channel)
{
    const struct nrf_ppi *ppi = dev->state;

    return channel < PROGRAMMABLE ? mote_reg_at(dev, CH_TEP, channel)
                                  : ppi->fixed_task[channel - PROGRAMMABLE];
}

static void event_came(struct mote_device *dev, uint64_t address)
{
    struct nrf_ppi *ppi = dev->state;
    uint32_t enabled = mote_reg(dev, CHEN);
    uint32_t before = ppi->pending;

    for (uint32_t i = 0; i < CHANNELS && enabled >> i != 0; i++)
        if ((enabled >> i & 1u) && event_of(dev, i) == address)
            ppi->pending |= 1u << i;
    if (before == 0 && ppi->pending != 0)
        mote_event_after(dev, TRANSFER, mote_cycles_to_ps(1, nrf_pclk_hz(dev)));
}

static void trigger(struct mote_device *dev, uint32_t address)
{
    uint32_t offset;

    if (address == 0)
        return;
    if (mote_window_find(dev->sys, address, &offset) == NULL || offset >= TASK_END) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "task end point 0x%08x is not a task", address);
        return;
    }
    mote_bus_store(dev->sys, address, 4, 1);
}

/* Tasks can cause further events at once; those are a later transfer. */
static void transfer(struct mote_device *dev)
{
    struct nrf_ppi *ppi = dev->state;
    uint32_t channels = ppi->pending;

    ppi->pending = 0;
    for (uint32_t i = 0; i < CHANNELS && channels >> i != 0; i++) {
        if (!(channels >> i & 1u))
            continue;
        trigger(dev, task_of(dev, i));
        trigger(dev, mote_reg_at(dev, FORK_TEP, i));
    }
}

static void task_enable(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    if (written & 1u)
        set_enabled(dev, mote_reg(dev, CHEN) | mote_reg_at(dev, CHG, element));
}

static void task_disable(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    if (written & 1u)
        set_enabled(dev, mote_reg(dev, CHEN) & ~mote_reg_at(dev, CHG, element));
}

static void chen_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_enabled(dev, mote_reg(dev, CHEN));
}

static void chenset_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_enabled(dev, mote_reg(dev, CHENSET));
}

static void chenclr_stored(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    set_enabled(dev, mote_reg(dev, CHENCLR));
}

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_CHG_EN] = {.name = "TASKS_CHG[%u].EN",
                      .offset = 0x000,
                      .wo = 1,
                      .count = GROUPS,
                      .stride = 8,
                      .store = task_enable},
    [TASKS_CHG_DIS] = {.name = "TASKS_CHG[%u].DIS",
                       .offset = 0x004,
                       .wo = 1,
                       .count = GROUPS,
                       .stride = 8,
                       .store = task_disable},
    [CHEN] = {.name = "CHEN", .offset = 0x500, .rw = UINT32_MAX, .store = chen_stored},
    [CHENSET] = {.name = "CHENSET", .offset = 0x504, .w1s = UINT32_MAX, .store = chenset_stored},
    [CHENCLR] = {.name = "CHENCLR", .offset = 0x508, .w1c = UINT32_MAX, .store = chenclr_stored},
    [CH_EEP] = {.name = "CH[%u].EEP",
                .offset = 0x510,
                .rw = UINT32_MAX,
                .count = PROGRAMMABLE,
                .stride = 8},
    [CH_TEP] = {.name = "CH[%u].TEP",
                .offset = 0x514,
                .rw = UINT32_MAX,
                .count = PROGRAMMABLE,
                .stride = 8},
    [CHG] = {.name = "CHG[%u]", .offset = 0x800, .rw = UINT32_MAX, .count = GROUPS},
    [FORK_TEP] = {.name = "FORK[%u].TEP", .offset = 0x910, .rw = UINT32_MAX, .count = CHANNELS},
};

static const struct mote_event_desc events[] = {[TRANSFER] = {"transfer", transfer, 0}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_ppi *ppi = dev->state;
    uint32_t cells[2 * FIXED];
    size_t count = mote_prop_cells(dev, "mote,fixed-channels", cells, 2 * FIXED);

    if (count != 0 && count != 2 * FIXED)
        return mote_err_set(err, "mote,fixed-channels: needs %u pairs of event and task address",
                            FIXED);
    for (uint32_t i = 0; i < count / 2; i++) {
        ppi->fixed_event[i] = cells[2 * i];
        ppi->fixed_task[i] = cells[2 * i + 1];
    }
    return mote_subscribe(dev, event_came) || mote_err_set(err, "cannot subscribe to events");
}

static void reset(struct mote_device *dev)
{
    struct nrf_ppi *ppi = dev->state;

    ppi->pending = 0;
}

const struct mote_device_class mote_class_nrf_ppi = {
    .name = "nrf_ppi",
    .summary = "nRF52 programmable peripheral interconnect",
    .compatibles = {"nordic,nrf-ppi"},
    .state_bytes = sizeof(struct nrf_ppi),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .attach = attach,
    .reset = reset,
};
