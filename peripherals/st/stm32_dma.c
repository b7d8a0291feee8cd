/* STM32 DMA controller with seven channels (L4, L4+, G4, ... "DMA v2").
 *
 * ST RM0432 (STM32L4+), chapter 11. Property mote,item-cycles: AHB cycles of one item (source and
 * its doubt: sim/boards/stm32l4r5.dtsi).
 * Modelled: all directions, sizes (a wider destination gets zeros, a narrower one the low part),
 * increments, circular mode, half, complete and error flags, priorities, one item per request.
 * Requests (input "request") are levels; a pulse, down in the same instant, counts as one request
 * (timers); pulses at a channel that is off are lost.
 * Memory-to-memory transfers move up to 16 items at the end of the time that they take together, so
 * a reader of memory or CNDTR may see them late by that much. Not modelled: contention with the
 * core for the bus. */
#include <mote/activity.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>
#include <stdio.h>

#define CHANNELS 7
#define BATCH    16

enum { ISR, IFCR, CCR, CNDTR, CPAR, CMAR, REG_COUNT };
enum { EV_ITEM, EV_COUNT };

#define CCR_EN      (1u << 0)
#define CCR_TCIE    (1u << 1)
#define CCR_HTIE    (1u << 2)
#define CCR_TEIE    (1u << 3)
#define CCR_DIR     (1u << 4)
#define CCR_CIRC    (1u << 5)
#define CCR_PINC    (1u << 6)
#define CCR_MINC    (1u << 7)
#define CCR_MEM2MEM (1u << 14)
#define FLAG_GI     1u
#define FLAG_TC     2u
#define FLAG_HT     4u
#define FLAG_TE     8u

struct channel {
    uint32_t peripheral, memory; /* present addresses */
    uint32_t count;              /* CNDTR when it was enabled, for circular mode */
    uint64_t rose_ps;            /* last rise of the request */
    bool latched;                /* a request that need not still be there */
};

struct dma_state {
    uint32_t item_cycles;
    uint32_t activity; /* counter of items moved */
    struct channel channels[CHANNELS];
    uint8_t active; /* channel whose item is under way, + 1; 0 = idle */
    uint8_t batch;  /* how many items that is */
};

static void update_irq(struct mote_device *dev, uint32_t channel)
{
    uint32_t flags = mote_reg(dev, ISR) >> (4 * channel);
    uint32_t enabled = mote_reg_at(dev, CCR, channel) & (CCR_TCIE | CCR_HTIE | CCR_TEIE);
    mote_wire_set(dev, channel, (flags & enabled) != 0); /* the bits stand alike in both */
}

static void set_flags(struct mote_device *dev, uint32_t channel, uint32_t flags)
{
    mote_reg(dev, ISR) |= (flags | FLAG_GI) << (4 * channel);
    update_irq(dev, channel);
}

/* ---- which channel is next ---------------------------------------------------------------------
 */

static bool wants(struct mote_device *dev, uint32_t channel)
{
    const struct dma_state *dma = dev->state;
    uint32_t ccr = mote_reg_at(dev, CCR, channel);
    if (!(ccr & CCR_EN) || mote_reg_at(dev, CNDTR, channel) == 0)
        return false;
    return (ccr & CCR_MEM2MEM) || dma->channels[channel].latched ||
           mote_wire_input(dev, channel) == 1;
}

/* Highest PL, then lowest number; -1 when none. */
static int next_channel(struct mote_device *dev)
{
    int best = -1;
    uint32_t best_priority = 0;
    for (uint32_t i = 0; i < CHANNELS; i++) {
        uint32_t priority = (mote_reg_at(dev, CCR, i) >> 12) & 3;
        if (wants(dev, i) && (best < 0 || priority > best_priority)) {
            best = (int)i;
            best_priority = priority;
        }
    }
    return best;
}

/* Starts the next item when the controller is idle and clocked. */
static void schedule(struct mote_device *dev)
{
    struct dma_state *dma = dev->state;
    uint64_t hz = mote_clock_hz(dev, 0);
    if (dma->active != 0 || hz == 0)
        return;
    int next = next_channel(dev);
    if (next < 0)
        return;
    uint32_t channel = (uint32_t)next;
    dma->active = (uint8_t)(channel + 1);
    dma->batch = 1;
    uint32_t left = mote_reg_at(dev, CNDTR, channel);
    if (mote_reg_at(dev, CCR, channel) & CCR_MEM2MEM) {
        uint32_t half = dma->channels[channel].count / 2;
        uint32_t until_flag = left > dma->channels[channel].count - half
                                  ? left - (dma->channels[channel].count - half)
                                  : left;
        dma->batch = (uint8_t)(until_flag < BATCH ? until_flag : BATCH);
    }
    mote_event_after(dev, EV_ITEM, mote_cycles_to_ps((uint64_t)dma->item_cycles * dma->batch, hz));
}

/* ---- items -------------------------------------------------------------------------------------
 */

static void count_memory(struct mote_system *sys, uint32_t address, bool store)
{
    const struct mote_region *region = mote_region_find(sys, address);
    if (region != NULL)
        mote_count(mote_activities(sys), store ? region->activity_store : region->activity_load);
}

static bool move_item(struct mote_device *dev, uint32_t channel)
{
    struct dma_state *dma = dev->state;
    struct channel *ch = &dma->channels[channel];
    uint32_t ccr = mote_reg_at(dev, CCR, channel);
    uint32_t psize = 1u << ((ccr >> 8) & 3), msize = 1u << ((ccr >> 10) & 3);
    bool to_peripheral = (ccr & CCR_DIR) != 0;
    uint32_t from = to_peripheral ? ch->memory : ch->peripheral;
    uint32_t to = to_peripheral ? ch->peripheral : ch->memory;
    uint32_t from_bytes = to_peripheral ? msize : psize;
    uint32_t to_bytes = to_peripheral ? psize : msize;
    uint32_t value = 0;
    /* Addresses are aligned to the size. Size code 3 is reserved: handled as an error. */
    if (from_bytes > 4 || to_bytes > 4 ||
        !mote_bus_load(dev->sys, from & ~(from_bytes - 1), from_bytes, &value) ||
        !mote_bus_store(dev->sys, to & ~(to_bytes - 1), to_bytes, value))
        return false;
    count_memory(dev->sys, from, false);
    count_memory(dev->sys, to, true);
    mote_count(mote_activities(dev->sys), dma->activity);
    if (ccr & CCR_PINC)
        ch->peripheral += psize;
    if (ccr & CCR_MINC)
        ch->memory += msize;
    return true;
}

static void load_addresses(struct mote_device *dev, uint32_t channel)
{
    struct dma_state *dma = dev->state;
    dma->channels[channel].peripheral = mote_reg_at(dev, CPAR, channel);
    dma->channels[channel].memory = mote_reg_at(dev, CMAR, channel);
}

/* One item is done: counts, wraps, sets flags. */
static void finish_item(struct mote_device *dev, uint32_t channel)
{
    struct dma_state *dma = dev->state;
    struct channel *ch = &dma->channels[channel];
    uint32_t *left = &mote_reg_at(dev, CNDTR, channel);
    uint32_t flags = 0;
    --*left;
    if (*left == ch->count - ch->count / 2 && ch->count > 1)
        flags |= FLAG_HT;
    if (*left == 0) {
        flags |= FLAG_TC;
        if (mote_reg_at(dev, CCR, channel) & CCR_CIRC) {
            *left = ch->count;
            load_addresses(dev, channel);
        }
    }
    if (flags != 0)
        set_flags(dev, channel, flags);
}

static void item_done(struct mote_device *dev)
{
    struct dma_state *dma = dev->state;
    uint32_t channel = dma->active - 1u;
    uint32_t batch = dma->batch;
    dma->active = 0;
    for (uint32_t i = 0; i < batch && wants(dev, channel); i++) {
        dma->channels[channel].latched = false;
        if (!move_item(dev, channel)) {
            mote_log(dev->sys, dev, MOTE_LOG_GUEST,
                     "channel %u: bus error between 0x%x and 0x%x; channel stopped", channel + 1,
                     dma->channels[channel].peripheral, dma->channels[channel].memory);
            mote_reg_at(dev, CCR, channel) &= ~CCR_EN;
            set_flags(dev, channel, FLAG_TE);
            break;
        }
        finish_item(dev, channel);
    }
    schedule(dev);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct dma_state *dma = dev->state;
    struct channel *ch = &dma->channels[index];
    if (level == 1) {
        ch->latched = (mote_reg_at(dev, CCR, index) & CCR_EN) != 0;
        ch->rose_ps = mote_now_ps(dev->sys);
        schedule(dev);
    } else if (ch->rose_ps != mote_now_ps(dev->sys)) {
        ch->latched = false; /* a level that went away before it was served */
    }
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_ifcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    uint32_t *isr = &mote_reg(dev, ISR);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        uint32_t clear = (written >> (4 * i)) & 15;
        if (clear & FLAG_GI)
            clear = 15;
        *isr &= ~(clear << (4 * i));
        /* The global flag is the OR of the other three. */
        if (((*isr >> (4 * i)) & 14) == 0)
            *isr &= ~(FLAG_GI << (4 * i));
        update_irq(dev, i);
    }
}

static void store_ccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    struct dma_state *dma = dev->state;
    uint32_t *ccr = &mote_reg_at(dev, CCR, element);
    const uint32_t free_bits = CCR_EN | CCR_TCIE | CCR_HTIE | CCR_TEIE;
    if ((old & CCR_EN) && (*ccr & CCR_EN) && ((old ^ *ccr) & ~free_bits)) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "channel %u configured while it is on: ignored",
                 element + 1);
        *ccr = (old & ~free_bits) | (*ccr & free_bits);
    }
    if (!(old & CCR_EN) && (*ccr & CCR_EN)) {
        dma->channels[element].count = mote_reg_at(dev, CNDTR, element);
        dma->channels[element].latched = false;
        load_addresses(dev, element);
    }
    update_irq(dev, element);
    schedule(dev);
}

static void keep_while_on(struct mote_device *dev, uint32_t id, uint32_t element, uint32_t old)
{
    if (!(mote_reg_at(dev, CCR, element) & CCR_EN) || mote_reg_at(dev, id, element) == old)
        return;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s of channel %u written while it is on: ignored",
             id == CNDTR  ? "CNDTR"
             : id == CPAR ? "CPAR"
                          : "CMAR",
             element + 1);
    mote_reg_at(dev, id, element) = old;
}

static void store_cndtr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    keep_while_on(dev, CNDTR, element, old);
}
static void store_cpar(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    keep_while_on(dev, CPAR, element, old);
}
static void store_cmar(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    keep_while_on(dev, CMAR, element, old);
}

static const struct mote_reg regs[REG_COUNT] = {
    [ISR] = {.name = "ISR", .offset = 0x00, .ro = 0x0FFFFFFF},
    [IFCR] = {.name = "IFCR", .offset = 0x04, .wo = 0x0FFFFFFF, .store = store_ifcr},
    [CCR] = {.name = "CCR[%u]",
             .offset = 0x08,
             .count = CHANNELS,
             .stride = 20,
             .rw = 0x7FFF,
             .store = store_ccr},
    [CNDTR] = {.name = "CNDTR[%u]",
               .offset = 0x0C,
               .count = CHANNELS,
               .stride = 20,
               .rw = 0xFFFF,
               .store = store_cndtr},
    [CPAR] = {.name = "CPAR[%u]",
              .offset = 0x10,
              .count = CHANNELS,
              .stride = 20,
              .rw = 0xFFFFFFFF,
              .store = store_cpar},
    [CMAR] = {.name = "CMAR[%u]",
              .offset = 0x14,
              .count = CHANNELS,
              .stride = 20,
              .rw = 0xFFFFFFFF,
              .store = store_cmar},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    struct dma_state *dma = dev->state;
    if (index != 0)
        return;
    /* An item under way when the clock stops is done again when it is back. */
    if (mote_clock_hz(dev, 0) == 0 && dma->active != 0) {
        mote_event_cancel(dev, EV_ITEM);
        dma->active = 0;
    }
    schedule(dev);
}

static void reset(struct mote_device *dev)
{
    struct dma_state *dma = dev->state;
    for (uint32_t i = 0; i < CHANNELS; i++)
        dma->channels[i] = (struct channel){0};
    dma->active = 0;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct dma_state *dma = dev->state;
    char name[64];
    snprintf(name, sizeof name, "%.48s.item", dev->name);
    dma->activity = mote_activity_id(dev->sys, name);
    dma->item_cycles = mote_prop_u32(dev, "mote,item-cycles", 1);
    if (dma->item_cycles == 0)
        return mote_err_set(err, "%s: mote,item-cycles must be at least 1", dev->path);
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_ITEM] = {"item", item_done, 0}};

const struct mote_device_class mote_class_stm32_dma = {
    .name = "stm32_dma",
    .summary = "STM32 DMA controller, seven channels",
    .compatibles = {"st,stm32-dma-v2"},
    .state_bytes = sizeof(struct dma_state),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .inputs = {{"request", CHANNELS}},
    .outputs = {{"irq", CHANNELS}},
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
