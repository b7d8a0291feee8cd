/* Sequences, conversion times and values of stm32_adc.c (see there for what is modelled). */
#include "_stm32_adc.h"
#include <mote/channel.h>
#include <mote/clock.h>

#define CCR_VREFEN (1u << 22)
#define CCR_TSEN   (1u << 23)
#define CCR_VBATEN (1u << 24)

#define CHANNEL_VREFINT 0u
#define CHANNEL_SENSOR  17u
#define CHANNEL_VBAT    18u

uint64_t adc_hz(struct mote_device *dev)
{
    static const uint16_t prescaler[16] = {1,  2,  4,   6,   8,   10,  12,  16,
                                           32, 64, 128, 256, 256, 256, 256, 256};
    uint32_t ccr = mote_reg(dev, CCR);
    uint32_t mode = ccr >> 16 & 3;
    if (mode != 0)
        return mote_clock_hz(dev, 0) >> (mode - 1);
    return mote_clock_hz(dev, mote_clock_inputs(dev) > 1 ? 1 : 0) / prescaler[ccr >> 18 & 15];
}

void adc_update(struct mote_device *dev)
{
    const struct adc *adc = dev->state;
    uint32_t isr = mote_reg(dev, ISR);
    mote_wire_set(dev, OUT_IRQ, (isr & mote_reg(dev, IER)) != 0);
    for (uint32_t i = 0; i < 3; i++)
        mote_wire_set(dev, OUT_AWD + i, (isr & ISR_AWD1 << i) != 0);
    uint32_t cr = mote_reg(dev, CR);
    bool powered = (cr & CR_ADEN) != 0;
    mote_power_state(dev, adc->converting ? POWER_ACTIVE : powered ? POWER_IDLE : POWER_OFF);
    /* Last: a DMA that answers at once comes back in here. */
    mote_wire_set(dev, OUT_DMA, (mote_reg(dev, CFGR) & CFGR_DMAEN) && (isr & ISR_EOC));
}

/* ---- sequences --------------------------------------------------------------------------------
 */

static uint32_t sqr(struct mote_device *dev, uint32_t number)
{
    if (number == 0)
        return mote_reg(dev, SQR1);
    return number == 3 ? mote_reg(dev, SQR4) : mote_reg_at(dev, SQR23, number - 1);
}

static uint32_t regular_channel(struct mote_device *dev, uint32_t rank)
{
    /* SQ1 to SQ16, five to a register; SQR1 begins with L. */
    uint32_t slot = rank + 1;
    return sqr(dev, slot / 5) >> (slot % 5 * 6) & 31;
}

static uint32_t regular_length(struct mote_device *dev)
{
    return (mote_reg(dev, SQR1) & 15) + 1;
}

static uint32_t injected_channel(struct mote_device *dev, uint32_t rank)
{
    return mote_reg(dev, JSQR) >> (8 + 6 * rank) & 31;
}

static uint32_t injected_length(struct mote_device *dev)
{
    return (mote_reg(dev, JSQR) & 3) + 1;
}

static uint32_t current_channel(struct mote_device *dev)
{
    const struct adc *adc = dev->state;
    return adc->converting == GROUP_INJECTED ? injected_channel(dev, adc->injected_rank)
                                             : regular_channel(dev, adc->rank);
}

/* ROVSE or JOVSE: conversions that make one result. */
static uint32_t oversampling(struct mote_device *dev, enum adc_group group)
{
    uint32_t cfgr2 = mote_reg(dev, CFGR2);
    bool on = cfgr2 & (group == GROUP_REGULAR ? 1 : 2);
    return on ? 2u << (cfgr2 >> 2 & 7) : 1;
}

/* ---- time -------------------------------------------------------------------------------------
 */

/* Sampling plus successive approximation, in halves of an ADC clock cycle (RM0432: 2.5 to 640.5 and
 * 12.5, 10.5, 8.5 or 6.5 cycles). */
static uint32_t conversion_half_cycles(struct mote_device *dev, uint32_t channel)
{
    static const uint16_t sampling[8] = {5, 13, 25, 49, 95, 185, 495, 1281};
    static const uint8_t converting[4] = {25, 21, 17, 13};
    uint32_t field = mote_reg(dev, channel < 10 ? SMPR1 : SMPR2) >> (channel % 10 * 3) & 7;
    return sampling[field] + converting[mote_reg(dev, CFGR) >> 3 & 3];
}

static void begin(struct mote_device *dev, enum adc_group group)
{
    struct adc *adc = dev->state;
    adc->converting = (uint8_t)group;
    uint64_t halves =
        (uint64_t)conversion_half_cycles(dev, current_channel(dev)) * oversampling(dev, group);
    mote_event_after(dev, EVENT_CONVERSION, mote_cycles_to_ps(halves, 2 * adc_hz(dev)));
}

void adc_restart(struct mote_device *dev)
{
    const struct adc *adc = dev->state;
    if (adc->converting != GROUP_NONE)
        begin(dev, (enum adc_group)adc->converting);
}

/* The next conversion, injected before regular. */
static void proceed(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    if (adc->converting != GROUP_NONE)
        return;
    if (adc->injected_runs)
        begin(dev, GROUP_INJECTED);
    else if (adc->regular_runs && !adc->delayed)
        begin(dev, GROUP_REGULAR);
}

void adc_trigger_regular(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    if (!(mote_reg(dev, CR) & CR_ADSTART) || adc->regular_runs)
        return; /* a trigger during a sequence is lost */
    adc->regular_runs = 1;
    adc->part_left = (uint8_t)((mote_reg(dev, CFGR) >> 17 & 7) + 1);
    proceed(dev);
    adc_update(dev);
}

void adc_trigger_injected(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    if (adc->injected_runs)
        return;
    adc->injected_runs = 1;
    /* The regular conversion is broken off and made again afterwards. */
    if (adc->converting == GROUP_REGULAR) {
        mote_event_cancel(dev, EVENT_CONVERSION);
        adc->converting = GROUP_NONE;
    }
    proceed(dev);
    adc_update(dev);
}

static void stop_group(struct mote_device *dev, enum adc_group group)
{
    struct adc *adc = dev->state;
    if (adc->converting != (uint8_t)group)
        return;
    mote_event_cancel(dev, EVENT_CONVERSION);
    adc->converting = GROUP_NONE;
}

void adc_stop_regular(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    stop_group(dev, GROUP_REGULAR);
    adc->regular_runs = adc->delayed = adc->rank = 0;
    mote_reg(dev, CR) &= ~(CR_ADSTART | CR_ADSTP);
    proceed(dev);
    adc_update(dev);
}

void adc_stop_injected(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    stop_group(dev, GROUP_INJECTED);
    adc->injected_runs = adc->injected_rank = 0;
    mote_reg(dev, CR) &= ~(CR_JADSTART | CR_JADSTP);
    proceed(dev);
    adc_update(dev);
}

/* ---- values -----------------------------------------------------------------------------------
 */

static double channel_volts(struct mote_device *dev, uint32_t channel)
{
    const struct adc *adc = dev->state;
    uint32_t ccr = mote_reg(dev, CCR);
    uint64_t now = mote_now_ps(dev->sys);
    if (channel == CHANNEL_VREFINT && (ccr & CCR_VREFEN))
        return adc->source.vrefint_uv * 1e-6;
    if (channel == CHANNEL_SENSOR && (ccr & CCR_TSEN)) {
        double degrees = mote_channel_value(dev, ADC_TEMPERATURE, now);
        return stm32_adc_sensor_volts(&adc->source, degrees);
    }
    if (channel == CHANNEL_VBAT && (ccr & CCR_VBATEN))
        return mote_channel_value(dev, ADC_VBAT, now) / 3;
    return channel < ADC_CHANNELS ? mote_channel_value(dev, channel, now) : 0.0;
}

/* The 12-bit code of a channel at this moment. */
static uint32_t code_of(struct mote_device *dev, uint32_t channel)
{
    const struct adc *adc = dev->state;
    if (adc->source.vref_uv == 0)
        return 0;
    double volts = channel_volts(dev, channel);
    double scale = 4096.0 / (adc->source.vref_uv * 1e-6);
    double code = volts * scale;
    if (mote_reg(dev, DIFSEL) >> channel & 1)
        code = 0x800 + (volts - channel_volts(dev, channel + 1)) * scale / 2;
    code += 0.5;
    if (code < 0)
        return 0;
    return code >= 0xFFF ? 0xFFF : (uint32_t)code;
}

/* OFRy: the offset of the first enabled row for this channel; a result with one is signed. */
static bool offset_of(struct mote_device *dev, uint32_t channel, uint32_t *offset)
{
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t ofr = mote_reg_at(dev, OFR, i);
        if ((ofr >> 31) && (ofr >> 26 & 31) == channel) {
            *offset = ofr & 0xFFF;
            return true;
        }
    }
    return false;
}

static void watch(struct mote_device *dev, uint32_t number, uint32_t value, uint32_t shift)
{
    uint32_t tr = number == 0 ? mote_reg(dev, TR1) : mote_reg_at(dev, TR23, number - 1);
    uint32_t low = tr & 0xFFF, high = tr >> 16 & 0xFFF;
    if (value >> shift < low || value >> shift > high)
        mote_reg(dev, ISR) |= ISR_AWD1 << number;
}

/* Analog watchdogs look at the 12-bit value, 2 and 3 at its upper eight bits. */
static void watch_all(struct mote_device *dev, uint32_t channel, uint32_t value, bool injected)
{
    uint32_t cfgr = mote_reg(dev, CFGR);
    bool chosen = !(cfgr & CFGR_AWD1SGL) || (cfgr >> 26 & 31) == channel;
    if ((cfgr & (injected ? CFGR_JAWD1EN : CFGR_AWD1EN)) && chosen)
        watch(dev, 0, value, 0);
    for (uint32_t i = 0; i < 2; i++)
        if (mote_reg_at(dev, AWDCR, i) >> channel & 1)
            watch(dev, 1 + i, value, 4);
}

/* One result as DR or JDRy shows it. */
static uint32_t result(struct mote_device *dev, uint32_t channel, enum adc_group group)
{
    uint32_t cfgr = mote_reg(dev, CFGR);
    uint32_t dropped = 2 * (cfgr >> 3 & 3); /* RES: 12, 10, 8, 6 bits */
    uint32_t code = code_of(dev, channel) >> dropped;
    uint32_t ratio = oversampling(dev, group);
    watch_all(dev, channel, code << dropped, group == GROUP_INJECTED);
    if (ratio > 1)
        return (code * ratio >> (mote_reg(dev, CFGR2) >> 5 & 15)) & 0xFFFF;
    uint32_t offset = 0;
    bool is_signed = offset_of(dev, channel, &offset);
    uint32_t value = code - (offset >> dropped);
    if (!(cfgr & CFGR_ALIGN))
        return value & 0xFFFF;
    /* Left: to bit 15, or to bit 14 below the sign; 6 bits stay within one byte. */
    uint32_t shift = dropped == 6 ? 2 : 4 + dropped;
    return value << (is_signed ? shift - 1 : shift) & 0xFFFF;
}

static void regular_done(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    uint32_t cfgr = mote_reg(dev, CFGR);
    uint32_t value = result(dev, regular_channel(dev, adc->rank), GROUP_REGULAR);
    bool overrun = (mote_reg(dev, ISR) & ISR_EOC) != 0;
    if (!overrun || (cfgr & CFGR_OVRMOD))
        mote_reg(dev, DR) = value;
    mote_reg(dev, ISR) |= ISR_EOC | ISR_EOSMP | (overrun ? ISR_OVR : 0);
    adc->delayed = (cfgr & CFGR_AUTDLY) != 0;
    bool ends = adc->rank + 1u >= regular_length(dev);
    adc->rank = ends ? 0 : (uint8_t)(adc->rank + 1);
    bool software = (cfgr >> 10 & 3) == 0;
    bool part_ends = (cfgr & CFGR_DISCEN) && --adc->part_left == 0;
    if (ends) {
        mote_reg(dev, ISR) |= ISR_EOS;
        if (cfgr & CFGR_JAUTO)
            adc->injected_runs = 1;
    }
    if (part_ends || (ends && !(cfgr & CFGR_CONT))) {
        adc->regular_runs = 0;
        if (software)
            mote_reg(dev, CR) &= ~CR_ADSTART;
    }
}

static void injected_done(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    uint32_t rank = adc->injected_rank;
    mote_reg_at(dev, JDR, rank) = result(dev, injected_channel(dev, rank), GROUP_INJECTED);
    mote_reg(dev, ISR) |= ISR_JEOC | ISR_EOSMP;
    bool ends = rank + 1 >= injected_length(dev);
    adc->injected_rank = ends ? 0 : (uint8_t)(rank + 1);
    if (ends)
        mote_reg(dev, ISR) |= ISR_JEOS;
    if (!ends && !(mote_reg(dev, CFGR) & CFGR_JDISCEN))
        return;
    adc->injected_runs = 0;
    bool software = (mote_reg(dev, JSQR) >> 6 & 3) == 0;
    if (software && ends)
        mote_reg(dev, CR) &= ~CR_JADSTART;
}

void adc_conversion_done(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    enum adc_group group = (enum adc_group)adc->converting;
    adc->converting = GROUP_NONE;
    if (group == GROUP_INJECTED)
        injected_done(dev);
    else
        regular_done(dev);
    proceed(dev);
    adc_update(dev);
}

void adc_data_read(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    mote_reg(dev, ISR) &= ~ISR_EOC;
    adc->delayed = 0;
    proceed(dev);
    adc_update(dev);
}
