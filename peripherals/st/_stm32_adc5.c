#include "_stm32_adc5.h"

#define ISR_ADRDY   (1u << 0)
#define ISR_EOSMP   (1u << 1)
#define ISR_EOC     (1u << 2)
#define ISR_EOS     (1u << 3)
#define ISR_OVR     (1u << 4)
#define ISR_LDORDY  (1u << 12)
#define CR_ADEN     (1u << 0)
#define CR_ADDIS    (1u << 1)
#define CR_ADSTART  (1u << 2)
#define CR_JADSTART (1u << 3)
#define CR_ADSTP    (1u << 4)
#define CR_JADSTP   (1u << 5)
#define CR_ADVREGEN (1u << 28)
#define CR_ADCAL    (1u << 31)
#define CFGR_OVRMOD (1u << 12)
#define CFGR_CONT   (1u << 13)
#define CFGR_AUTDLY (1u << 14)
#define CFGR_DISCEN (1u << 16)
#define CCR_VREFEN  (1u << 22)
#define CCR_TSEN    (1u << 23)
#define CCR_VBATEN  (1u << 24)

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, 0, (mote_reg(dev, ADC5_ISR) & mote_reg(dev, ADC5_IER)) != 0);
}

static void ldo_ready(struct mote_device *dev)
{
    mote_reg(dev, ADC5_ISR) |= ISR_LDORDY;
}

static void calibrated(struct mote_device *dev)
{
    mote_reg(dev, ADC5_CR) &= ~CR_ADCAL;
}

static void enabled(struct mote_device *dev)
{
    mote_reg(dev, ADC5_ISR) |= ISR_ADRDY;
    update_irq(dev);
}

static const struct stm32_adc5_chip *chip_of(const struct mote_device *dev)
{
    return ((const struct stm32_adc5 *)dev->state)->chip;
}

uint64_t stm32_adc5_hz(struct mote_device *dev)
{
    static const uint16_t prescaler[16] = {1,  2,  4,   6,   8,   10,  12,  16,
                                           32, 64, 128, 256, 256, 256, 256, 256};
    if (((const struct stm32_adc5 *)dev->state)->second)
        return mote_clock_hz(dev, 1); /* the first converter's */
    uint32_t ccr = mote_reg(dev, ADC5_CCR), mode = chip_of(dev)->clock_modes ? ccr >> 16 & 3 : 0;
    return mode != 0 ? mote_clock_hz(dev, 0) >> (mode - 1)
                     : mote_clock_hz(dev, 1) / prescaler[ccr >> 18 & 15];
}

/* Halves of an ADC clock cycle as time; without a clock it never ends. */
static void after_halves(struct mote_device *dev, uint32_t event, uint32_t halves)
{
    uint64_t hz = stm32_adc5_hz(dev);
    if (hz != 0)
        mote_event_after(dev, event, mote_cycles_to_ps(halves, 2 * hz));
}

/* ---- conversions -------------------------------------------------------------------------------
 */

/* SQ1 to SQ16, five to a register; SQR1 begins with the length. */
static uint32_t channel_of(struct mote_device *dev, uint32_t rank)
{
    uint32_t slot = rank + 1;
    return mote_reg_at(dev, ADC5_SQR, slot / 5) >> (slot % 5 * 6) & 31;
}

/* Of the second converter of a pair the enables are in the first one's registers: always on. */
static bool senses(struct mote_device *dev, uint32_t channel, uint32_t source, uint32_t enable)
{
    const struct stm32_adc5 *adc = dev->state;
    return channel == source && (adc->second || (mote_reg(dev, ADC5_CCR) & enable));
}

static double input_volts(struct mote_device *dev, uint32_t channel)
{
    const struct stm32_adc5 *adc = dev->state;
    uint64_t now = mote_now_ps(dev->sys);
    if (senses(dev, channel, adc->internal[ADC5_VREFINT], CCR_VREFEN))
        return adc->source.vrefint_uv * 1e-6;
    if (senses(dev, channel, adc->internal[ADC5_VBAT], CCR_VBATEN))
        return mote_channel_value(dev, ADC5_SENSED_VBAT, now) / 4;
    if (senses(dev, channel, adc->internal[ADC5_SENSOR], CCR_TSEN))
        return stm32_adc_sensor_volts(&adc->source,
                                      mote_channel_value(dev, ADC5_SENSED_TEMPERATURE, now));
    if (channel >= ADC5_INPUTS)
        return 0;
    if (!(mote_reg(dev, ADC5_PCSEL) >> channel & 1)) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "input %u is not selected in PCSEL: reads 0",
                 channel);
        return 0;
    }
    return mote_channel_value(dev, channel, now);
}

static const struct stm32_adc5_resolution *resolution(struct mote_device *dev)
{
    return &chip_of(dev)->resolutions[mote_reg(dev, ADC5_CFGR) >> 2 & 7];
}

static void begin_conversion(struct mote_device *dev)
{
    const struct stm32_adc5 *adc = dev->state;
    uint32_t channel = channel_of(dev, adc->rank);
    uint32_t field = mote_reg_at(dev, ADC5_SMPR, channel >= 10) >> channel % 10 * 3 & 7;
    after_halves(dev, ADC5_EV_CONVERSION,
                 adc->chip->sampling_halves[field] + (uint32_t)resolution(dev)->halves);
}

static void start(struct mote_device *dev)
{
    struct stm32_adc5 *adc = dev->state;
    uint32_t *cr = &mote_reg(dev, ADC5_CR), cfgr = mote_reg(dev, ADC5_CFGR);
    if (!(*cr & CR_ADEN) || mote_event_armed(dev, ADC5_EV_READY)) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "started before it is ready: ignored");
        *cr &= ~CR_ADSTART;
    } else if (cfgr >> 10 & 3) {
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "a hardware trigger: never comes");
    } else {
        adc->part_left = (uint8_t)((cfgr >> 17 & 7) + 1);
        begin_conversion(dev);
    }
}

static void conversion_done(struct mote_device *dev)
{
    struct stm32_adc5 *adc = dev->state;
    uint32_t *isr = &mote_reg(dev, ADC5_ISR), cfgr = mote_reg(dev, ADC5_CFGR);
    double volts = input_volts(dev, channel_of(dev, adc->rank));
    bool unread = (*isr & ISR_EOC) != 0;
    if (unread)
        *isr |= ISR_OVR;
    if (!unread || (cfgr & CFGR_OVRMOD))
        mote_reg(dev, ADC5_DR) = stm32_adc_code(&adc->source, volts, resolution(dev)->bits);
    *isr |= ISR_EOSMP | ISR_EOC;
    bool last = adc->rank >= (mote_reg(dev, ADC5_SQR) & 15);
    adc->rank = last ? 0 : (uint8_t)(adc->rank + 1);
    if (last)
        *isr |= ISR_EOS;
    bool part_ends = (cfgr & CFGR_DISCEN) && --adc->part_left == 0;
    bool more = !part_ends && (!last || (cfgr & CFGR_CONT));
    adc->waiting = more && (cfgr & CFGR_AUTDLY);
    if (!more)
        mote_reg(dev, ADC5_CR) &= ~CR_ADSTART;
    else if (!adc->waiting)
        begin_conversion(dev);
    update_irq(dev);
}

static void data_taken(struct mote_device *dev)
{
    struct stm32_adc5 *adc = dev->state;
    mote_reg(dev, ADC5_ISR) &= ~ISR_EOC;
    if (adc->waiting)
        begin_conversion(dev);
    adc->waiting = false;
    update_irq(dev);
}

static void stop(struct mote_device *dev)
{
    struct stm32_adc5 *adc = dev->state;
    mote_event_cancel(dev, ADC5_EV_CONVERSION);
    mote_reg(dev, ADC5_CR) &= ~CR_ADSTART;
    adc->rank = 0;
    adc->waiting = false;
}

/* ---- registers ---------------------------------------------------------------------------------
 */

uint32_t stm32_adc5_load_dr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    data_taken(dev);
    return value;
}

void stm32_adc5_store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    const struct stm32_adc5 *adc = dev->state;
    uint32_t *cr = &mote_reg(dev, ADC5_CR);
    if (!(*cr & CR_ADVREGEN)) {
        mote_event_cancel(dev, ADC5_EV_LDO);
        mote_reg(dev, ADC5_ISR) &= ~ISR_LDORDY;
    } else if (!(old & CR_ADVREGEN)) {
        mote_event_after(dev, ADC5_EV_LDO, adc->source.regulator_ps);
    }
    if ((*cr & CR_ADCAL) && !(old & CR_ADCAL))
        after_halves(dev, ADC5_EV_CAL, 2 * adc->source.calibration_cycles);
    if ((*cr & CR_ADEN) && !(old & CR_ADEN))
        after_halves(dev, ADC5_EV_READY, 2 * adc->source.enable_cycles);
    if ((*cr & CR_ADSTART) && !(old & CR_ADSTART))
        start(dev);
    if (*cr & (CR_ADSTP | CR_ADDIS))
        stop(dev);
    if (*cr & CR_ADDIS) {
        mote_event_cancel(dev, ADC5_EV_READY);
        mote_reg(dev, ADC5_ISR) &= ~ISR_ADRDY;
        *cr &= ~(CR_ADDIS | CR_ADEN);
    }
    if (*cr & CR_JADSTART)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "injected conversion: no result comes");
    *cr &= ~(CR_JADSTART | CR_ADSTP | CR_JADSTP);
}

void stm32_adc5_store_ccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    const struct stm32_adc5 *adc = dev->state;
    if (adc->common != NULL)
        mote_clock_set_hz(adc->common, stm32_adc5_hz(dev));
}

void stm32_adc5_store_ier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

void stm32_adc5_store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & ISR_EOC)
        data_taken(dev);
    update_irq(dev);
}

/* ---- life --------------------------------------------------------------------------------------
 */

const struct mote_channel_desc stm32_adc5_channels[ADC5_SENSED_COUNT] = {
    STM32_ADC_INPUTS_TO_18,
    STM32_ADC_INPUT(19),
    [ADC5_SENSED_TEMPERATURE] = STM32_ADC_TEMPERATURE,
    [ADC5_SENSED_VBAT] = STM32_ADC_BATTERY,
};

const struct mote_event_desc stm32_adc5_events[ADC5_EVENTS] = {
    [ADC5_EV_LDO] = {"ldo_ready", ldo_ready, 0},
    [ADC5_EV_CAL] = {"calibrated", calibrated, 0},
    [ADC5_EV_READY] = {"enabled", enabled, 0},
    [ADC5_EV_CONVERSION] = {"conversion", conversion_done, 0},
};

bool stm32_adc5_attach(struct mote_device *dev, const struct stm32_adc5_chip *chip,
                       struct mote_err *err)
{
    struct stm32_adc5 *adc = dev->state;
    adc->chip = chip;
    adc->second = mote_prop_flag(dev, "mote,second");
    for (uint32_t i = 0; i < ADC5_INTERNAL; i++)
        adc->internal[i] = ADC5_NO_CHANNEL;
    mote_prop_cells(dev, "mote,internal-channels", adc->internal, ADC5_INTERNAL);
    return stm32_adc_read_source(dev, &adc->source, err);
}

void stm32_adc5_reset(struct mote_device *dev)
{
    struct stm32_adc5 *adc = dev->state;
    adc->rank = adc->part_left = 0;
    adc->waiting = false;
    stm32_adc5_store_ccr(dev, 0, 0, 0);
}

void stm32_adc5_clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    stm32_adc5_store_ccr(dev, 0, 0, 0);
}

struct mote_clock *stm32_adc5_clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    (void)cells, (void)count;
    struct stm32_adc5 *adc = dev->state;
    if (adc->common == NULL)
        adc->common = mote_clock_add(dev, "adc_common");
    return adc->common;
}
