/* Channels, triggers, interrupts and DMA requests of the STM32 timers. */
#include "_stm32_timers.h"

#define SMS_DISABLED      0u
#define SMS_ENCODER1      1u
#define SMS_ENCODER3      3u
#define SMS_RESET         4u
#define SMS_GATED         5u
#define SMS_TRIGGER       6u
#define SMS_EXTERNAL      7u
#define SMS_RESET_TRIGGER 8u

#define MMS_RESET   0u
#define MMS_ENABLE  1u
#define MMS_UPDATE  2u
#define MMS_COMPARE 3u
#define MMS_OC1REF  4u

#define CR2_CCDS  (1u << 3)
#define CR2_TI1S  (1u << 7)
#define SMCR_ECE  (1u << 14)
#define SMCR_ETP  (1u << 15)
#define BDTR_OSSI (1u << 10)
#define DIER_BIE  (1u << 7)

static uint32_t slave_mode(struct mote_device *dev)
{
    uint32_t smcr = mote_reg(dev, SMCR);
    return (smcr & 7) | (smcr >> 13 & 8);
}

/* The trigger selection, TS[4:0]. */
static uint32_t trigger_source(struct mote_device *dev)
{
    uint32_t smcr = mote_reg(dev, SMCR);
    return (smcr >> 4 & 7) | (smcr >> 17 & 0x18);
}

bool timer_counts_clock(struct mote_device *dev)
{
    const struct timers *t = dev->state;
    if (mote_reg(dev, SMCR) & SMCR_ECE)
        return false;
    uint32_t mode = slave_mode(dev);
    if (mode == SMS_GATED)
        return t->trigger;
    return mode != SMS_EXTERNAL && (mode < SMS_ENCODER1 || mode > SMS_ENCODER3);
}

/* ---- a channel's settings ---------------------------------------------------------------------
 */

/* The channel's eight lower bits of CCMRx: CCxS, then the fields of output or input mode. */
static uint32_t channel_mode(struct mote_device *dev, uint32_t channel)
{
    static const enum timer_reg row[3] = {CCMR1, CCMR2, CCMR3};
    return mote_reg(dev, row[channel / 2]) >> (channel % 2 * 8) & 0x0001FFFF;
}

bool timer_is_output(struct mote_device *dev, uint32_t channel)
{
    return (channel_mode(dev, channel) & 3) == 0;
}

static uint32_t oc_mode(struct mote_device *dev, uint32_t channel)
{
    uint32_t mode = channel_mode(dev, channel);
    return (mode >> 4 & 7) | (mode >> 13 & 8);
}

/* CCxE, CCxP, CCxNE, CCxNP as bits 0 to 3. */
static uint32_t enable_bits(struct mote_device *dev, uint32_t channel)
{
    return mote_reg(dev, CCER) >> (4 * channel) & 15;
}

static uint32_t match_flag(uint32_t channel)
{
    return channel < TIMER_PINS ? 2u << channel : 1u << (12 + channel);
}

static bool dma_enabled(struct mote_device *dev, uint32_t channel)
{
    return channel < TIMER_PINS && (mote_reg(dev, DIER) >> (9 + channel) & 1);
}

/* Whether TRGO (MMS) or TRGO2 (MMS2) is made of this channel's reference. */
static bool makes_trgo(struct mote_device *dev, uint32_t channel)
{
    uint32_t cr2 = mote_reg(dev, CR2);
    uint32_t mms2 = cr2 >> 20 & 15;
    return (cr2 >> 4 & 7) == MMS_OC1REF + channel || mms2 == MMS_OC1REF + channel;
}

bool timer_needs_update(struct mote_device *dev)
{
    uint32_t dier = mote_reg(dev, DIER);
    uint32_t cr2 = mote_reg(dev, CR2);
    bool interrupt = (dier & 1) && !(mote_reg(dev, SR) & SR_UIF);
    bool stops = (mote_reg(dev, CR1) & CR1_OPM) != 0;
    bool rearms = (mote_reg(dev, BDTR) & BDTR_AOE) && !(mote_reg(dev, BDTR) & BDTR_MOE);
    return interrupt || stops || rearms || (dier & DIER_UDE) || (cr2 >> 4 & 7) == MMS_UPDATE ||
           (cr2 >> 20 & 15) == MMS_UPDATE;
}

bool timer_needs_match(struct mote_device *dev, uint32_t channel)
{
    if (channel >= TIMER_PINS || !timer_is_output(dev, channel))
        return false;
    uint32_t flag = match_flag(channel);
    bool interrupt = (mote_reg(dev, DIER) & flag) && !(mote_reg(dev, SR) & flag);
    bool pulse = channel == 0 && ((mote_reg(dev, CR2) >> 4 & 7) == MMS_COMPARE ||
                                  (mote_reg(dev, CR2) >> 20 & 15) == MMS_COMPARE);
    return interrupt || pulse || dma_enabled(dev, channel);
}

bool timer_needs_edges(struct mote_device *dev, uint32_t channel)
{
    bool enabled = (enable_bits(dev, channel) & 5) != 0;
    return timer_is_output(dev, channel) && oc_mode(dev, channel) != 0 &&
           (enabled || makes_trgo(dev, channel));
}

/* ---- what counting brings ---------------------------------------------------------------------
 */

static void trgo_pulse(struct mote_device *dev, uint32_t mode)
{
    uint32_t cr2 = mote_reg(dev, CR2);
    if ((cr2 >> 4 & 7) == mode)
        mote_wire_pulse(dev, OUT_TRGO);
    if ((cr2 >> 20 & 15) == mode)
        mote_wire_pulse(dev, OUT_TRGO2);
}

void timer_trgo_reset(struct mote_device *dev)
{
    trgo_pulse(dev, MMS_RESET);
}

void timer_matched(struct mote_device *dev, uint32_t channel, uint64_t times)
{
    struct timers *t = dev->state;
    mote_reg(dev, SR) |= match_flag(channel);
    switch (oc_mode(dev, channel)) {
    case 1:
        t->ocref[channel] = 1;
        break;
    case 2:
        t->ocref[channel] = 0;
        break;
    case 3:
        t->ocref[channel] ^= times & 1;
        break;
    default:
        break;
    }
    if (channel == 0)
        trgo_pulse(dev, MMS_COMPARE);
    if (dma_enabled(dev, channel) && !(mote_reg(dev, CR2) & CR2_CCDS))
        mote_wire_pulse(dev, OUT_DMA_CC + channel);
}

void timer_updated(struct mote_device *dev)
{
    bool broken = (mote_reg(dev, SR) & SR_BIF) != 0;
    if ((mote_reg(dev, BDTR) & BDTR_AOE) && !broken)
        mote_reg(dev, BDTR) |= BDTR_MOE;
    if (mote_reg(dev, DIER) & DIER_UDE)
        mote_wire_pulse(dev, OUT_DMA_UP);
    for (uint32_t i = 0; i < TIMER_PINS; i++)
        if (dma_enabled(dev, i) && (mote_reg(dev, CR2) & CR2_CCDS))
            mote_wire_pulse(dev, OUT_DMA_CC + i);
    trgo_pulse(dev, MMS_UPDATE);
}

/* ---- levels -----------------------------------------------------------------------------------
 */

static void set_reference(struct mote_device *dev, uint32_t channel)
{
    struct timers *t = dev->state;
    bool down = mote_reg(dev, CR1) & CR1_DIR;
    bool before = down ? t->cnt <= t->ccr[channel] : t->cnt < t->ccr[channel];
    switch (oc_mode(dev, channel)) {
    case 4:
        t->ocref[channel] = 0;
        break;
    case 5:
        t->ocref[channel] = 1;
        break;
    case 6:
        t->ocref[channel] = before;
        break;
    case 7:
        t->ocref[channel] = !before;
        break;
    default:
        break; /* frozen, or changed at the match */
    }
}

static void drive_channel(struct mote_device *dev, uint32_t channel)
{
    const struct timers *t = dev->state;
    uint32_t reference = t->ocref[channel];
    mote_wire_set(dev, OUT_OCREF + channel, (int)reference);
    if (channel >= TIMER_PINS)
        return;
    uint32_t bits = enable_bits(dev, channel);
    uint32_t idle = mote_reg(dev, CR2) >> (8 + 2 * channel) & 3; /* OISx, OISxN */
    bool has_break = t->kind != KIND_GENERAL && t->kind != KIND_BASIC;
    bool on = !has_break || (mote_reg(dev, BDTR) & BDTR_MOE);
    bool idles = mote_reg(dev, BDTR) & BDTR_OSSI;
    int level = MOTE_WIRE_Z;
    if (bits & 1)
        level = on ? (int)(reference ^ (bits >> 1 & 1)) : idles ? (int)(idle & 1) : MOTE_WIRE_Z;
    mote_wire_set(dev, OUT_OC + channel, level);
    if (channel >= 3)
        return;
    level = MOTE_WIRE_Z;
    if (bits & 4) {
        /* Complementary only when the main output is on as well; the dead time is left out. */
        uint32_t complement = reference ^ (bits & 1) ^ (bits >> 3 & 1);
        level = on ? (int)complement : idles ? (int)(idle >> 1) : MOTE_WIRE_Z;
    }
    mote_wire_set(dev, OUT_OCN + channel, level);
}

static int trgo_level(struct mote_device *dev, uint32_t mode)
{
    const struct timers *t = dev->state;
    if (mode == MMS_ENABLE)
        return mote_reg(dev, CR1) & CR1_CEN ? 1 : 0;
    if (mode >= MMS_OC1REF && mode < MMS_OC1REF + TIMER_CHANNELS)
        return t->ocref[mode - MMS_OC1REF];
    return 0;
}

static void drive_irqs(struct mote_device *dev)
{
    const struct timers *t = dev->state;
    uint32_t active = mote_reg(dev, SR) & mote_reg(dev, DIER) & 0xFF;
    if ((mote_reg(dev, DIER) & DIER_BIE) && (mote_reg(dev, SR) & 0x2100)) /* B2IF, SBIF */
        active |= SR_BIF;
    if (!t->separate_irqs) {
        mote_wire_set(dev, OUT_IRQ, active != 0);
        return;
    }
    mote_wire_set(dev, OUT_IRQ, (active & SR_BIF) != 0);
    mote_wire_set(dev, OUT_IRQ + 1, (active & SR_UIF) != 0);
    mote_wire_set(dev, OUT_IRQ + 2, (active & (SR_TIF | SR_COMIF)) != 0);
    mote_wire_set(dev, OUT_IRQ + 3, (active & 0x1E) != 0);
}

void timer_drive(struct mote_device *dev)
{
    const struct timers *t = dev->state;
    for (uint32_t i = 0; i < t->channels; i++) {
        if (!timer_is_output(dev, i))
            continue;
        set_reference(dev, i);
        drive_channel(dev, i);
    }
    uint32_t cr2 = mote_reg(dev, CR2);
    mote_wire_set(dev, OUT_TRGO, trgo_level(dev, cr2 >> 4 & 7));
    mote_wire_set(dev, OUT_TRGO2, trgo_level(dev, cr2 >> 20 & 15));
    drive_irqs(dev);
}

/* ---- inputs -----------------------------------------------------------------------------------
 */

void timer_capture(struct mote_device *dev, uint32_t channel)
{
    const struct timers *t = dev->state;
    mote_reg_at(dev, CCR, channel) = t->cnt;
    if (mote_reg(dev, SR) & match_flag(channel))
        mote_reg(dev, SR) |= 1u << (9 + channel);
    mote_reg(dev, SR) |= match_flag(channel);
    if (channel == 0)
        trgo_pulse(dev, MMS_COMPARE);
    if (dma_enabled(dev, channel))
        mote_wire_pulse(dev, OUT_DMA_CC + channel);
}

/* An edge of the signal that channel `channel` captures from. */
static void capture_edge(struct mote_device *dev, uint32_t channel, bool rising)
{
    struct timers *t = dev->state;
    uint32_t bits = enable_bits(dev, channel);
    bool both = (bits & 10) == 10;
    if (!(bits & 1) || (!both && rising == ((bits & 2) != 0)))
        return;
    uint32_t divider = 1u << (channel_mode(dev, channel) >> 2 & 3);
    if (++t->captures[channel] < divider)
        return;
    t->captures[channel] = 0;
    timer_capture(dev, channel);
}

void timer_trigger(struct mote_device *dev)
{
    uint32_t mode = slave_mode(dev);
    if (mode == SMS_DISABLED)
        return;
    if (mode == SMS_RESET || mode == SMS_RESET_TRIGGER)
        timer_reinit(dev);
    if (mode == SMS_TRIGGER || mode == SMS_RESET_TRIGGER)
        mote_reg(dev, CR1) |= CR1_CEN;
    if (mode == SMS_EXTERNAL)
        timer_advance(dev, 1);
    mote_reg(dev, SR) |= SR_TIF;
    if (mote_reg(dev, DIER) & DIER_TDE)
        mote_wire_pulse(dev, OUT_DMA_TRIG);
}

/* A change of the selected trigger signal; `both`: every edge counts (TI1F_ED). */
static void trigger_changed(struct mote_device *dev, bool level, bool both)
{
    struct timers *t = dev->state;
    bool gated = slave_mode(dev) == SMS_GATED;
    t->trigger = level;
    if (level || both || gated)
        timer_trigger(dev);
    for (uint32_t i = 0; i < TIMER_PINS && i < t->channels; i++)
        if ((channel_mode(dev, i) & 3) == 3)
            capture_edge(dev, i, level || both);
}

/* One step of a quadrature encoder: both signals as levels, and which of them moved. */
static void encoder_step(struct mote_device *dev, bool first, bool ti1, bool ti2)
{
    uint32_t mode = slave_mode(dev);
    if (mode < SMS_ENCODER1 || mode > SMS_ENCODER3 || !(mode & (first ? 1 : 2)))
        return;
    bool up = first ? ti1 != ti2 : ti1 == ti2;
    mote_reg(dev, CR1) = (mote_reg(dev, CR1) & ~CR1_DIR) | (up ? 0 : CR1_DIR);
    timer_advance(dev, 1);
}

/* TI1 with the exclusive-OR option; a floating pin reads 0. */
static bool ti_level(struct mote_device *dev, uint32_t channel)
{
    bool level = mote_wire_input(dev, IN_TI + channel) == 1;
    if (channel == 0 && (mote_reg(dev, CR2) & CR2_TI1S))
        level ^= (mote_wire_input(dev, IN_TI + 1) == 1) ^ (mote_wire_input(dev, IN_TI + 2) == 1);
    return level;
}

static void ti_changed(struct mote_device *dev, uint32_t channel)
{
    const struct timers *t = dev->state;
    bool level = ti_level(dev, channel);
    for (uint32_t i = 0; i < TIMER_PINS && i < t->channels; i++) {
        uint32_t source = channel_mode(dev, i) & 3;
        if ((source == 1 && i == channel) || (source == 2 && (i ^ 1) == channel))
            capture_edge(dev, i, level);
    }
    if (channel > 1)
        return;
    bool inverted = (enable_bits(dev, channel) & 2) != 0;
    encoder_step(dev, channel == 0, ti_level(dev, 0) ^ ((enable_bits(dev, 0) & 2) != 0),
                 ti_level(dev, 1) ^ ((enable_bits(dev, 1) & 2) != 0));
    uint32_t source = trigger_source(dev);
    if (source == 4 && channel == 0)
        trigger_changed(dev, level, true);
    else if (source == 5 + channel)
        trigger_changed(dev, level ^ inverted, false);
}

static void etr_changed(struct mote_device *dev, bool level)
{
    struct timers *t = dev->state;
    uint32_t smcr = mote_reg(dev, SMCR);
    if (smcr & SMCR_ETP)
        level = !level;
    uint32_t divider = 1u << (smcr >> 12 & 3);
    if (level && ++t->etr_edges < divider)
        return;
    if (level)
        t->etr_edges = 0;
    if (level && (smcr & SMCR_ECE))
        timer_advance(dev, 1);
    if (trigger_source(dev) == 7)
        trigger_changed(dev, level, false);
}

/* After a change of the trigger's source: its level now, which is no edge. */
void timer_select_trigger(struct mote_device *dev)
{
    struct timers *t = dev->state;
    uint32_t source = trigger_source(dev);
    bool level = false;
    if (source < 4)
        level = mote_wire_input(dev, IN_ITR + source) == 1;
    else if (source == 5 || source == 6)
        level = ti_level(dev, source - 5) ^ ((enable_bits(dev, source - 5) & 2) != 0);
    else if (source == 7)
        level = (mote_wire_input(dev, IN_ETR) == 1) ^ ((mote_reg(dev, SMCR) & SMCR_ETP) != 0);
    t->trigger = level;
}

void timer_break(struct mote_device *dev, uint32_t flag)
{
    mote_reg(dev, SR) |= flag;
    mote_reg(dev, BDTR) &= ~BDTR_MOE;
}

void timer_input(struct mote_device *dev, uint32_t index, int level)
{
    bool high = level == 1;
    timer_sync(dev);
    if (index < IN_TI) {
        if (trigger_source(dev) == index)
            trigger_changed(dev, high, false);
    } else if (index < IN_ETR) {
        ti_changed(dev, index - IN_TI);
        if (index > IN_TI && index < IN_TI + 3 && (mote_reg(dev, CR2) & CR2_TI1S))
            ti_changed(dev, 0);
    } else if (index == IN_ETR) {
        etr_changed(dev, high);
    } else {
        /* BKE and BKP, or BK2E and BK2P. */
        uint32_t setting = mote_reg(dev, BDTR) >> (index == IN_BRK ? 12 : 24) & 3;
        if ((setting & 1) && high == ((setting & 2) != 0))
            timer_break(dev, index == IN_BRK ? SR_BIF : SR_BIF << 1);
    }
    timer_settle(dev);
}
