/* STM32U5 instruction cache (ICACHE): its registers.
 *
 * ST RM0456 (STM32U5 series), chapter 8; bits as in ST's stm32u575xx.h. The cache itself is in the
 * read path of the flash (_stm32u5_read.c): this device tells it by wires whether it is on, whether
 * it is direct mapped (WAYSEL = 0) or has two ways, and when to drop its lines.
 * Modelled: enable, ways, invalidation with BUSYF, BSYENDF and interrupt, the hit and miss monitors
 * (they show counters of the flash's read path).
 * Not modelled: remapped regions (CRR0 to CRR3), errors, the time of an invalidation other than
 * by property mote,invalidate-cycles. Monitors go on counting from the same totals in `fast`, where
 * hits and misses are not evaluated once a block is learned. */
#include <mote/activity.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <stdio.h>

enum { CR, SR, IER, FCR, HMONR, MMONR, CRR, REG_COUNT };
enum { OUT_IRQ, OUT_ON, OUT_DIRECT, OUT_INVALIDATE };
enum { EV_DONE, EV_COUNT };

#define CR_EN       (1u << 0)
#define CR_CACHEINV (1u << 1)
#define CR_WAYSEL   (1u << 2)
#define CR_HITMRST  (1u << 18)
#define CR_MISSMRST (1u << 19)
#define SR_BUSYF    (1u << 0)
#define SR_BSYENDF  (1u << 1)

struct icache_state {
    uint32_t hit, miss; /* activity counters */
    uint64_t hit_base, miss_base;
    uint32_t invalidate_cycles;
};

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, OUT_IRQ, (mote_reg(dev, SR) & mote_reg(dev, IER)) != 0);
}

static uint64_t counted(struct mote_device *dev, uint32_t id)
{
    return mote_activities(dev->sys)->item[id].count;
}

static void done(struct mote_device *dev)
{
    mote_reg(dev, SR) = (mote_reg(dev, SR) & ~SR_BUSYF) | SR_BSYENDF;
    update_irq(dev);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct icache_state *icache = dev->state;
    uint32_t *cr = &mote_reg(dev, CR);
    if ((old & CR_EN) && ((old ^ *cr) & CR_WAYSEL)) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "WAYSEL changed while the cache is on: ignored");
        *cr ^= CR_WAYSEL;
    }
    if (*cr & CR_HITMRST)
        icache->hit_base = counted(dev, icache->hit);
    if (*cr & CR_MISSMRST)
        icache->miss_base = counted(dev, icache->miss);
    /* Switching off invalidates too (8.4.5, (m)). */
    bool invalidate = (written & CR_CACHEINV) || ((old & CR_EN) && !(*cr & CR_EN));
    mote_wire_set(dev, OUT_DIRECT, !(*cr & CR_WAYSEL));
    if (invalidate) {
        mote_wire_pulse(dev, OUT_INVALIDATE);
        mote_reg(dev, SR) = (mote_reg(dev, SR) & ~SR_BSYENDF) | SR_BUSYF;
        uint64_t delay = mote_cycles_to_ps(icache->invalidate_cycles, mote_clock_hz(dev, 0));
        mote_event_after(dev, EV_DONE, delay == MOTE_NEVER_PS ? 0 : delay);
        update_irq(dev);
    }
    mote_wire_set(dev, OUT_ON, (*cr & CR_EN) != 0);
}

static void store_ier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

static void store_fcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, SR) &= ~(written & 0x6);
    update_irq(dev);
}

static uint32_t load_hits(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    const struct icache_state *icache = dev->state;
    uint64_t hits = counted(dev, icache->hit) - icache->hit_base;
    if (!(mote_reg(dev, CR) & 1u << 16))
        return 0;
    return hits > UINT32_MAX ? UINT32_MAX : (uint32_t)hits;
}

static uint32_t load_misses(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    const struct icache_state *icache = dev->state;
    uint64_t misses = counted(dev, icache->miss) - icache->miss_base;
    if (!(mote_reg(dev, CR) & 1u << 17))
        return 0;
    return misses > UINT16_MAX ? UINT16_MAX : (uint32_t)misses;
}

static const struct mote_reg regs[REG_COUNT] = {
    [CR] =
        {.name = "CR", .offset = 0x00, .reset = 0x4, .rw = 0xF0005, .wo = 0x2, .store = store_cr},
    [SR] = {.name = "SR", .offset = 0x04, .reset = 0x1, .ro = 0x7},
    [IER] = {.name = "IER", .offset = 0x08, .rw = 0x6, .unmodelled = 0x4, .store = store_ier},
    [FCR] = {.name = "FCR", .offset = 0x0C, .wo = 0x6, .store = store_fcr},
    [HMONR] = {.name = "HMONR", .offset = 0x10, .ro = 0xFFFFFFFF, .load = load_hits},
    [MMONR] = {.name = "MMONR", .offset = 0x14, .ro = 0xFFFF, .load = load_misses},
    [CRR] = {.name = "CRR[%u]",
             .offset = 0x20,
             .count = 4,
             .reset = 0x200,
             .rw = 0x97FF8EFF,
             .unmodelled = 0x97FF8EFF},
};

static void reset(struct mote_device *dev)
{
    struct icache_state *icache = dev->state;
    icache->hit_base = counted(dev, icache->hit);
    icache->miss_base = counted(dev, icache->miss);
    /* Reset begins an invalidation (8.4.2). */
    mote_wire_pulse(dev, OUT_INVALIDATE);
    mote_event_after(dev, EV_DONE,
                     mote_clock_hz(dev, 0) == 0
                         ? 0
                         : mote_cycles_to_ps(icache->invalidate_cycles, mote_clock_hz(dev, 0)));
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct icache_state *icache = dev->state;
    char name[80];
    const char *region = mote_prop_string(dev, "mote,region", "flash0");
    snprintf(name, sizeof name, "%s.icache_hit", region);
    icache->hit = mote_activity_id(dev->sys, name);
    snprintf(name, sizeof name, "%s.icache_miss", region);
    icache->miss = mote_activity_id(dev->sys, name);
    icache->invalidate_cycles = mote_prop_u32(dev, "mote,invalidate-cycles", 0);
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_DONE] = {"invalidated", done, 0}};

const struct mote_device_class mote_class_stm32u5_icache = {
    .name = "stm32u5_icache",
    .summary = "STM32U5 instruction cache control",
    .compatibles = {"st,stm32u5-icache"},
    .state_bytes = sizeof(struct icache_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"irq", 1}, {"on", 1}, {"direct", 1}, {"invalidate", 1}},
    .attach = attach,
    .reset = reset,
};
