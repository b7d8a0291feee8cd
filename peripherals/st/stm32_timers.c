/* Timers of STM32L4+: TIM1/8 (advanced), TIM2-5 (general purpose), TIM15, TIM16/17, TIM6/7
 * (basic). ST RM0432 Rev 9.
 *
 * Modelled: up, down and centre-aligned counting with prescaler, auto-reload and their
 * preloads, repetition counter, one-pulse mode, UG and the other software events, output
 * compare and PWM 1/2 with complementary outputs and break, input capture with prescaler, slave
 * modes reset, gated, trigger, reset + trigger and external clock 1/2, encoder modes, TRGO and
 * TRGO2, interrupts, DMA requests and DMA bursts, UIF remapping. The counter costs nothing
 * while it runs.
 *
 * Not modelled: input filters, dead time, asymmetric, combined and retriggerable PWM modes,
 * OCxCE, commutation preload (CCPC), remapping of inputs (OR1-OR3), the lock levels, the delay
 * of a few cycles in synchronisers.
 *
 * All timers are one compatible; which one this is says mote,timer-number, else the digits at
 * the end of the node's label (timers5 is TIM5): ST's numbers fix width and channels on every
 * STM32. */
#include "_stm32_timers.h"
#include <string.h>

/* What each variant has of each register; the rest reads 0. */
static const uint32_t present[][TIMER_REGS] = {
    [KIND_BASIC] = {[CR1] = 0x88F, [CR2] = 0x70, [DIER] = 0x101, [SR] = 1, [PSC] = 0xFFFF},
    [KIND_ONE_CHANNEL] = {[CR1] = 0xB8F,
                          [CR2] = 0x30D,
                          [DIER] = 0x3A3,
                          [SR] = 0x2A3,
                          [CCMR1] = 0x000100FF,
                          [CCER] = 0xF,
                          [PSC] = 0xFFFF,
                          [RCR] = 0xFF,
                          [BDTR] = 0xFFFFF,
                          [DCR] = 0x1F1F,
                          [OR1] = 7,
                          [OR2] = 0xF07},
    [KIND_TWO_CHANNELS] = {[CR1] = 0xB8F,
                           [CR2] = 0x7FD,
                           [SMCR] = 0x100F7,
                           [DIER] = 0x63E7,
                           [SR] = 0x6E7,
                           [CCMR1] = 0x0101FFFF,
                           [CCER] = 0xBF,
                           [PSC] = 0xFFFF,
                           [RCR] = 0xFF,
                           [BDTR] = 0xFFFFF,
                           [DCR] = 0x1F1F,
                           [OR1] = 7,
                           [OR2] = 0xF07},
    [KIND_GENERAL] = {[CR1] = 0xBFF,
                      [CR2] = 0xF8,
                      [SMCR] = 0x1FFF7,
                      [DIER] = 0x5F5F,
                      [SR] = 0x1E5F,
                      [CCMR1] = 0x0101FFFF,
                      [CCMR2] = 0x0101FFFF,
                      [CCER] = 0xBBBB,
                      [PSC] = 0xFFFF,
                      [DCR] = 0x1F1F,
                      [OR1] = 0xF,
                      [OR2] = 0x1C000},
    [KIND_ADVANCED] = {[CR1] = 0xBFF,
                       [CR2] = 0xF57FFD,
                       [SMCR] = 0x1FFF7,
                       [DIER] = 0x7FFF,
                       [SR] = 0x33FFF,
                       [CCMR1] = 0x0101FFFF,
                       [CCMR2] = 0x0101FFFF,
                       [CCER] = 0x33BFFF,
                       [PSC] = 0xFFFF,
                       [RCR] = 0xFFFF,
                       [BDTR] = 0x3FFFFFF,
                       [DCR] = 0x1F1F,
                       [OR1] = 0x13,
                       [CCMR3] = 0x0101FCFC,
                       [CCR5] = 0xE000FFFF,
                       [CCR6] = 0xFFFF,
                       [OR2] = 0x1CF07,
                       [OR3] = 0xF07},
};

/* Counts up to now with the register as it was, and gives the new value back to it. */
static uint32_t begin_store(struct mote_device *dev, uint32_t id, uint32_t old)
{
    const struct timers *t = dev->state;
    uint32_t value = mote_reg(dev, id) & present[t->kind][id];
    mote_reg(dev, id) = old;
    timer_sync(dev);
    mote_reg(dev, id) = value;
    return value;
}

static void store_setting(struct mote_device *dev, uint32_t id, uint32_t old)
{
    begin_store(dev, id, old);
    timer_settle(dev);
}

#define PLAIN_STORE(function, id)                                                                  \
    static void function(struct mote_device *dev, uint32_t element, uint32_t old,                  \
                         uint32_t written)                                                         \
    {                                                                                              \
        (void)element;                                                                             \
        (void)written;                                                                             \
        store_setting(dev, id, old);                                                               \
    }
PLAIN_STORE(store_cr2, CR2)
PLAIN_STORE(store_dier, DIER)
PLAIN_STORE(store_ccmr1, CCMR1)
PLAIN_STORE(store_ccmr2, CCMR2)
PLAIN_STORE(store_ccmr3, CCMR3)
PLAIN_STORE(store_ccer, CCER)
PLAIN_STORE(store_psc, PSC)
PLAIN_STORE(store_rcr, RCR)
PLAIN_STORE(store_or1, OR1)
PLAIN_STORE(store_or2, OR2)
PLAIN_STORE(store_or3, OR3)

static void store_smcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    begin_store(dev, SMCR, old);
    timer_select_trigger(dev);
    timer_settle(dev);
}

static uint32_t load_synced(struct mote_device *dev, uint32_t id)
{
    timer_sync(dev);
    return mote_reg(dev, id);
}

static uint32_t load_cr1(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return load_synced(dev, CR1);
}

static uint32_t load_sr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return load_synced(dev, SR);
}

static void store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    uint32_t value = begin_store(dev, CR1, old);
    /* While centre-aligned, and under an encoder, DIR belongs to the counter. */
    if ((old & CR1_CMS) && (value & CR1_CMS))
        mote_reg(dev, CR1) = (value & ~CR1_DIR) | (old & CR1_DIR);
    timer_settle(dev);
}

static void store_sr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    uint32_t cleared = old & ~mote_reg(dev, SR);
    mote_reg(dev, SR) = old;
    timer_sync(dev);
    /* Flags that came up since the last look were there before this store, too. */
    uint32_t fresh = mote_reg(dev, SR) & ~old;
    mote_reg(dev, SR) &= ~cleared & ~(fresh & ~written);
    timer_settle(dev);
}

static void store_egr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    const struct timers *t = dev->state;
    timer_sync(dev);
    for (uint32_t i = 0; i < TIMER_PINS && i < t->channels; i++) {
        if (!(written >> (1 + i) & 1))
            continue;
        if (timer_is_output(dev, i))
            timer_matched(dev, i, 0);
        else
            timer_capture(dev, i);
    }
    uint32_t has = present[t->kind][SR] & written;
    if (has & SR_COMIF) {
        mote_reg(dev, SR) |= SR_COMIF;
        if (mote_reg(dev, DIER) & DIER_COMDE)
            mote_wire_pulse(dev, OUT_DMA_COM);
    }
    if (has & SR_TIF) {
        mote_reg(dev, SR) |= SR_TIF;
        if (mote_reg(dev, DIER) & DIER_TDE)
            mote_wire_pulse(dev, OUT_DMA_TRIG);
    }
    if (has & (SR_BIF | SR_BIF << 1))
        timer_break(dev, has & (SR_BIF | SR_BIF << 1));
    if (written & 1)
        timer_reinit(dev);
    timer_settle(dev);
}

static uint32_t load_cnt(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    const struct timers *t = dev->state;
    timer_sync(dev);
    if (mote_reg(dev, CR1) & CR1_UIFREMAP)
        return (t->cnt & 0x7FFFFFFF) | (mote_reg(dev, SR) & SR_UIF) << 31;
    return t->cnt;
}

static void store_cnt(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct timers *t = dev->state;
    timer_sync(dev);
    t->cnt = mote_reg(dev, CNT) & t->mask;
    timer_settle(dev);
}

static void store_arr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct timers *t = dev->state;
    uint32_t value = mote_reg(dev, ARR) & t->mask;
    mote_reg(dev, ARR) = old;
    timer_sync(dev);
    mote_reg(dev, ARR) = value;
    if (!(mote_reg(dev, CR1) & CR1_ARPE))
        t->arr = value;
    timer_settle(dev);
}

/* Output compare takes the value at once unless OCxPE is set. */
static void take_compare(struct mote_device *dev, uint32_t channel, uint32_t value)
{
    static const enum timer_reg row[3] = {CCMR1, CCMR2, CCMR3};
    struct timers *t = dev->state;
    bool preload = mote_reg(dev, row[channel / 2]) >> (channel % 2 * 8 + 3) & 1;
    if (timer_is_output(dev, channel) && !preload)
        t->ccr[channel] = value;
}

static uint32_t load_ccr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct timers *t = dev->state;
    if (element >= t->channels || timer_is_output(dev, element))
        return value;
    mote_reg(dev, SR) &= ~(2u << element);
    timer_settle(dev);
    return value;
}

static void store_ccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)written;
    const struct timers *t = dev->state;
    uint32_t value = mote_reg_at(dev, CCR, element) & t->mask;
    mote_reg_at(dev, CCR, element) = old;
    timer_sync(dev);
    bool writable = element < t->channels && timer_is_output(dev, element);
    if (!writable)
        return;
    mote_reg_at(dev, CCR, element) = value;
    take_compare(dev, element, value);
    timer_settle(dev);
}

static void store_ccr5(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    uint32_t value = begin_store(dev, CCR5, old);
    take_compare(dev, 4, value & 0xFFFF);
    timer_settle(dev);
}

static void store_ccr6(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    uint32_t value = begin_store(dev, CCR6, old);
    take_compare(dev, 5, value & 0xFFFF);
    timer_settle(dev);
}

static void store_bdtr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    begin_store(dev, BDTR, old);
    if (mote_reg(dev, SR) & (SR_BIF | SR_BIF << 1))
        mote_reg(dev, BDTR) &= ~(~old & BDTR_MOE); /* stays off until the flag is cleared */
    timer_settle(dev);
}

static void store_dcr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct timers *t = dev->state;
    begin_store(dev, DCR, old);
    t->burst = 0;
}

/* The register that the next access through DMAR means. */
static struct mote_access burst_access(struct mote_device *dev, bool store, uint32_t value)
{
    struct timers *t = dev->state;
    uint32_t dcr = mote_reg(dev, DCR);
    uint32_t offset = 4 * ((dcr & 31) + t->burst);
    t->burst = (uint8_t)(t->burst >= (dcr >> 8 & 31) ? 0 : t->burst + 1);
    return (struct mote_access){.offset = offset, .bytes = 4, .store = store, .value = value};
}

static uint32_t load_dmar(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    struct mote_access access = burst_access(dev, false, 0);
    if (access.offset / 4 != 0x4C / 4)
        mote_reg_access(dev, &access);
    return access.value;
}

static void store_dmar(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct mote_access access = burst_access(dev, true, written);
    if (access.offset / 4 != 0x4C / 4)
        mote_reg_access(dev, &access);
}

static const struct mote_reg regs[TIMER_REGS] = {
    [CR1] = {.name = "CR1", .offset = 0x00, .rw = 0xBFF, .load = load_cr1, .store = store_cr1},
    [CR2] = {.name = "CR2",
             .offset = 0x04,
             .rw = 0x00F57FFD,
             .unmodelled = 0x00000005, /* CCUS CCPC */
             .store = store_cr2},
    [SMCR] = {.name = "SMCR", .offset = 0x08, .rw = 0x0001FFF7, .store = store_smcr},
    [DIER] = {.name = "DIER", .offset = 0x0C, .rw = 0x00007FFF, .store = store_dier},
    [SR] = {.name = "SR", .offset = 0x10, .w0c = 0x00033FFF, .load = load_sr, .store = store_sr},
    [EGR] = {.name = "EGR", .offset = 0x14, .wo = 0x000001FF, .store = store_egr},
    [CCMR1] = {.name = "CCMR1",
               .offset = 0x18,
               .rw = 0x0101FFFF,
               .unmodelled = 0x01010000,
               .store = store_ccmr1},
    [CCMR2] = {.name = "CCMR2",
               .offset = 0x1C,
               .rw = 0x0101FFFF,
               .unmodelled = 0x01010000,
               .store = store_ccmr2},
    [CCER] = {.name = "CCER", .offset = 0x20, .rw = 0x0033BFFF, .store = store_ccer},
    [CNT] = {.name = "CNT", .offset = 0x24, .rw = 0xFFFFFFFF, .load = load_cnt, .store = store_cnt},
    [PSC] = {.name = "PSC", .offset = 0x28, .rw = 0x0000FFFF, .store = store_psc},
    [ARR] =
        {.name = "ARR", .offset = 0x2C, .reset = 0x0000FFFF, .rw = 0xFFFFFFFF, .store = store_arr},
    [RCR] = {.name = "RCR", .offset = 0x30, .rw = 0x0000FFFF, .store = store_rcr},
    [CCR] = {.name = "CCR%u",
             .offset = 0x34,
             .rw = 0xFFFFFFFF,
             .count = 4,
             .load = load_ccr,
             .store = store_ccr},
    [BDTR] = {.name = "BDTR",
              .offset = 0x44,
              .rw = 0x03FFFFFF,
              .unmodelled = 0x00FF03FF, /* filters, LOCK, DTG */
              .store = store_bdtr},
    [DCR] = {.name = "DCR", .offset = 0x48, .rw = 0x00001F1F, .store = store_dcr},
    [DMAR] =
        {.name = "DMAR", .offset = 0x4C, .wo = 0xFFFFFFFF, .load = load_dmar, .store = store_dmar},
    [OR1] = {.name = "OR1",
             .offset = 0x50,
             .rw = 0x0000001F,
             .unmodelled = 0x0000001F,
             .store = store_or1},
    [CCMR3] = {.name = "CCMR3",
               .offset = 0x54,
               .rw = 0x0101FCFC,
               .unmodelled = 0x01010000,
               .store = store_ccmr3},
    [CCR5] = {.name = "CCR5",
              .offset = 0x58,
              .rw = 0xE000FFFF,
              .unmodelled = 0xE0000000,
              .store = store_ccr5},
    [CCR6] = {.name = "CCR6", .offset = 0x5C, .rw = 0x0000FFFF, .store = store_ccr6},
    [OR2] = {.name = "OR2",
             .offset = 0x60,
             .rw = 0x0001CF07,
             .unmodelled = 0x0001CF07,
             .store = store_or2},
    [OR3] = {.name = "OR3",
             .offset = 0x64,
             .rw = 0x00000F07,
             .unmodelled = 0x00000F07,
             .store = store_or3},
};

static void fire(struct mote_device *dev)
{
    timer_sync(dev);
    timer_settle(dev);
}

static const struct mote_event_desc events[] = {{.name = "count", .fire = fire}};

/* ---- life -------------------------------------------------------------------------------------
 */

static uint32_t number_in(const char *name)
{
    const char *digits = name + strlen(name);
    while (digits > name && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    uint32_t number = 0;
    for (; *digits != '\0' && number < 1000; digits++)
        number = 10 * number + (uint32_t)(*digits - '0');
    return number;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    static const uint8_t channels[] = {
        [KIND_BASIC] = 0,   [KIND_ONE_CHANNEL] = 1, [KIND_TWO_CHANNELS] = 2,
        [KIND_GENERAL] = 4, [KIND_ADVANCED] = 6,
    };
    struct timers *t = dev->state;
    uint32_t number = mote_prop_u32(dev, "mote,timer-number", number_in(dev->name));
    if (number > 24)
        return mote_err_set(err,
                            "%s: timer %u does not exist on any STM32; give the right number "
                            "as mote,timer-number = <N>",
                            dev->path[0] != '\0' ? dev->path : dev->name, number);
    if (number == 0)
        mote_log(dev->sys, dev, MOTE_LOG_INFO,
                 "no timer number in the label or mote,timer-number: taken as TIM1");
    bool advanced = number <= 1 || number == 8 || number == 20;
    bool basic = number == 6 || number == 7 || number == 18;
    bool two = number == 9 || number == 12 || number == 15 || number == 21 || number == 22;
    bool general = (number >= 2 && number <= 5) || number >= 23;
    t->kind = advanced  ? KIND_ADVANCED
              : basic   ? KIND_BASIC
              : two     ? KIND_TWO_CHANNELS
              : general ? KIND_GENERAL
                        : KIND_ONE_CHANNEL;
    t->channels = channels[t->kind];
    t->mask = number == 2 || number == 5 || number >= 23 ? 0xFFFFFFFF : 0xFFFF;
    /* Two cells per interrupt: four of them make separate lines. */
    t->separate_irqs = mote_prop_cells(dev, "interrupts", NULL, 0) >= 8;
    return true;
}

static void reset(struct mote_device *dev)
{
    struct timers *t = dev->state;
    struct timers fixed = *t;
    memset(t, 0, sizeof *t);
    t->kind = fixed.kind;
    t->channels = fixed.channels;
    t->mask = fixed.mask;
    t->separate_irqs = fixed.separate_irqs;
    t->arr = t->mask;
    mote_reg(dev, ARR) = t->mask;
    mote_reg(dev, OR2) = present[t->kind][OR2] & 1; /* BKINE: the break pin is on */
    mote_reg(dev, OR3) = present[t->kind][OR3] & 1;
    for (uint32_t i = OUT_OC; i < OUT_OCREF; i++)
        mote_wire_set(dev, i, MOTE_WIRE_Z);
    timer_clock(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    timer_clock(dev);
    timer_settle(dev);
}

const struct mote_device_class mote_class_stm32_timers = {
    .name = "stm32_timers",
    .summary = "STM32 advanced, general-purpose and basic timers",
    .compatibles = {"st,stm32-timers"},
    .state_bytes = sizeof(struct timers),
    .gated_access = true,
    .regs = regs,
    .reg_count = TIMER_REGS,
    .window_bytes = 0x400,
    .events = events,
    .event_count = 1,
    .inputs = {{"itr", 4}, {"ti", 4}, {"etr", 1}, {"brk", 2}},
    .outputs =
        {{"irq", 4}, {"dma", 7}, {"trgo", 1}, {"trgo2", 1}, {"oc", 4}, {"ocn", 3}, {"ocref", 6}},
    .power_states = {"idle", "active"},
    .attach = attach,
    .reset = reset,
    .input = timer_input,
    .clock_changed = clock_changed,
};
