/* STM32U5 analog-to-digital converter ADC1.
 *
 * ST RM0456 (STM32U5 series), chapter 33; bits as in ST's stm32u575xx.h. Times and the analogue
 * side are properties of the node (sources: sim/boards/stm32u575.dtsi). Modelled: deep power-down,
 * the regulator with LDORDY, calibration and enabling with their times; regular sequences started
 * by software, single, continuous and discontinuous, in four resolutions, with sampling times, wait
 * mode (AUTDLY), overrun and interrupts. Channels 0 to 19 are inputs in volts, once PCSEL selects
 * them; VREFINT, VBAT/4 and the temperature sensor take the place of 0, 18 and 19 when CCR enables
 * them. A value is what the input is at the end of the conversion. Configuration registers of the
 * rest read back. Not modelled: hardware triggers and injected conversions (logged: no result
 * comes), DMA, oversampling, offsets, gain, watchdogs, differential inputs, noise. */
#include "_stm32_adc_source.h"
#include <mote/clock.h>

enum {
    ISR,
    IER,
    CR,
    CFGR1,
    CFGR2,
    SMPR,
    PCSEL,
    AWD,
    SQR,
    DR,
    JSQR,
    GCOMP,
    OFR,
    JDR,
    CALFACT,
    CALFACT2,
    CCR,
    REG_COUNT
};
enum { EV_LDO, EV_CAL, EV_READY, EV_CONVERSION, EV_COUNT };
enum { INPUTS = 20, SENSED_TEMPERATURE = INPUTS, SENSED_VBAT, SENSED_COUNT };
enum { VREFINT = 0, VBAT = 18, TEMPERATURE = 19 };

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
#define CR_DEEPPWD  (1u << 29)
#define CR_ADCAL    (1u << 31)

#define CFGR1_OVRMOD (1u << 12)
#define CFGR1_CONT   (1u << 13)
#define CFGR1_AUTDLY (1u << 14)
#define CFGR1_DISCEN (1u << 16)
#define CCR_VREFEN   (1u << 22)
#define CCR_VSENSEEN (1u << 23)
#define CCR_VBATEN   (1u << 24)

struct adc_state {
    struct stm32_adc_source source; /* properties; what follows changes */
    uint8_t rank;                   /* of the conversion under way or next */
    uint8_t part_left;              /* conversions left in the discontinuous part */
    bool waiting;                   /* AUTDLY: until DR has been read */
};

static void update_irq(struct mote_device *dev)
{
    mote_wire_set(dev, 0, (mote_reg(dev, ISR) & mote_reg(dev, IER)) != 0);
}

static void ldo_ready(struct mote_device *dev)
{
    mote_reg(dev, ISR) |= ISR_LDORDY;
}

static void calibrated(struct mote_device *dev)
{
    mote_reg(dev, CR) &= ~CR_ADCAL;
}

static void enabled(struct mote_device *dev)
{
    mote_reg(dev, ISR) |= ISR_ADRDY;
    update_irq(dev);
}

/* Halves of an ADC clock cycle as time; without a clock it never ends. */
static void after_halves(struct mote_device *dev, uint32_t event, uint32_t halves)
{
    static const uint16_t prescaler[16] = {1,  2,  4,   6,   8,   10,  12,  16,
                                           32, 64, 128, 256, 256, 256, 256, 256};
    uint64_t hz = mote_clock_hz(dev, 1) / prescaler[mote_reg(dev, CCR) >> 18 & 15];
    if (hz != 0)
        mote_event_after(dev, event, mote_cycles_to_ps(halves, 2 * hz));
}

/* ---- conversions -------------------------------------------------------------------------------
 */

/* SQ1 to SQ16, five to a register; SQR1 begins with the length. */
static uint32_t channel_of(struct mote_device *dev, uint32_t rank)
{
    uint32_t slot = rank + 1;
    return mote_reg_at(dev, SQR, slot / 5) >> (slot % 5 * 6) & 31;
}

static double input_volts(struct mote_device *dev, uint32_t channel)
{
    const struct adc_state *adc = dev->state;
    uint32_t ccr = mote_reg(dev, CCR);
    uint64_t now = mote_now_ps(dev->sys);
    if (channel == VREFINT && (ccr & CCR_VREFEN))
        return adc->source.vrefint_uv * 1e-6;
    if (channel == VBAT && (ccr & CCR_VBATEN))
        return mote_channel_value(dev, SENSED_VBAT, now) / 4;
    if (channel == TEMPERATURE && (ccr & CCR_VSENSEEN))
        return stm32_adc_sensor_volts(&adc->source,
                                      mote_channel_value(dev, SENSED_TEMPERATURE, now));
    if (channel >= INPUTS)
        return 0;
    if (!(mote_reg(dev, PCSEL) >> channel & 1)) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "input %u is not selected in PCSEL: reads 0",
                 channel);
        return 0;
    }
    return mote_channel_value(dev, channel, now);
}

/* 14, 12, 10 or 8 bits. */
static uint32_t resolution(struct mote_device *dev)
{
    return mote_reg(dev, CFGR1) >> 2 & 3;
}

/* Sampling for 5 to 814 cycles, then one cycle a bit and three more (RM0456, ADC timing, (m)). */
static void begin_conversion(struct mote_device *dev)
{
    static const uint16_t sampling[8] = {5, 6, 12, 20, 36, 68, 391, 814};
    const struct adc_state *adc = dev->state;
    uint32_t channel = channel_of(dev, adc->rank);
    uint32_t field = mote_reg_at(dev, SMPR, channel >= 10) >> channel % 10 * 3 & 7;
    after_halves(dev, EV_CONVERSION, 2u * (sampling[field] + 17u - 2 * resolution(dev)));
}

static void start(struct mote_device *dev)
{
    struct adc_state *adc = dev->state;
    uint32_t *cr = &mote_reg(dev, CR), cfgr = mote_reg(dev, CFGR1);
    if (!(*cr & CR_ADEN) || mote_event_armed(dev, EV_READY)) {
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
    struct adc_state *adc = dev->state;
    uint32_t *isr = &mote_reg(dev, ISR), cfgr = mote_reg(dev, CFGR1);
    double volts = input_volts(dev, channel_of(dev, adc->rank));
    bool unread = (*isr & ISR_EOC) != 0;
    if (unread)
        *isr |= ISR_OVR;
    if (!unread || (cfgr & CFGR1_OVRMOD))
        mote_reg(dev, DR) = stm32_adc_code(&adc->source, volts, 14 - 2 * resolution(dev));
    *isr |= ISR_EOSMP | ISR_EOC;
    bool last = adc->rank >= (mote_reg(dev, SQR) & 15);
    adc->rank = last ? 0 : (uint8_t)(adc->rank + 1);
    if (last)
        *isr |= ISR_EOS;
    bool part_ends = (cfgr & CFGR1_DISCEN) && --adc->part_left == 0;
    bool more = !part_ends && (!last || (cfgr & CFGR1_CONT));
    adc->waiting = more && (cfgr & CFGR1_AUTDLY);
    if (!more)
        mote_reg(dev, CR) &= ~CR_ADSTART;
    else if (!adc->waiting)
        begin_conversion(dev);
    update_irq(dev);
}

static void data_taken(struct mote_device *dev)
{
    struct adc_state *adc = dev->state;
    mote_reg(dev, ISR) &= ~ISR_EOC;
    if (adc->waiting)
        begin_conversion(dev);
    adc->waiting = false;
    update_irq(dev);
}

static void stop(struct mote_device *dev)
{
    struct adc_state *adc = dev->state;
    mote_event_cancel(dev, EV_CONVERSION);
    mote_reg(dev, CR) &= ~CR_ADSTART;
    adc->rank = 0;
    adc->waiting = false;
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static uint32_t load_dr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    data_taken(dev);
    return value;
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    const struct adc_state *adc = dev->state;
    uint32_t *cr = &mote_reg(dev, CR);
    if (!(*cr & CR_ADVREGEN)) {
        mote_event_cancel(dev, EV_LDO);
        mote_reg(dev, ISR) &= ~ISR_LDORDY;
    } else if (!(old & CR_ADVREGEN)) {
        mote_event_after(dev, EV_LDO, adc->source.regulator_ps);
    }
    if ((*cr & CR_ADCAL) && !(old & CR_ADCAL))
        after_halves(dev, EV_CAL, 2 * adc->source.calibration_cycles);
    if ((*cr & CR_ADEN) && !(old & CR_ADEN))
        after_halves(dev, EV_READY, 2 * adc->source.enable_cycles);
    if ((*cr & CR_ADSTART) && !(old & CR_ADSTART))
        start(dev);
    if (*cr & (CR_ADSTP | CR_ADDIS))
        stop(dev);
    if (*cr & CR_ADDIS) {
        mote_event_cancel(dev, EV_READY);
        mote_reg(dev, ISR) &= ~ISR_ADRDY;
        *cr &= ~(CR_ADDIS | CR_ADEN);
    }
    if (*cr & CR_JADSTART)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "injected conversion: no result comes");
    *cr &= ~(CR_JADSTART | CR_ADSTP | CR_JADSTP);
}

static void store_ier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

static void store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & ISR_EOC)
        data_taken(dev);
    update_irq(dev);
}

#define ALL 0xFFFFFFFF
static const struct mote_reg regs[REG_COUNT] = {
    [ISR] = {.name = "ISR", .offset = 0x00, .w1c = 0x3FF, .ro = 0x1000, .store = store_isr},
    [IER] = {.name = "IER", .offset = 0x04, .rw = 0x3FF, .unmodelled = 0x3E0, .store = store_ier},
    [CR] = {.name = "CR",
            .offset = 0x08,
            .reset = CR_DEEPPWD,
            .rw = 0x3F010000,
            .w1s = 0x8000003F,
            .store = store_cr},
    [CFGR1] = {.name = "CFGR1", .offset = 0x0C, .rw = 0x7FFBFFFF, .unmodelled = 0x7FF003E3},
    [CFGR2] = {.name = "CFGR2", .offset = 0x10, .rw = 0xFFFFFFE3, .unmodelled = 0xFFFFFFE3},
    [SMPR] = {.name = "SMPR%u", .offset = 0x14, .count = 2, .rw = 0x3FFFFFFF},
    [PCSEL] = {.name = "PCSEL", .offset = 0x1C, .rw = 0xFFFFF},
    [AWD] = {.name = "AWD[%u]", .offset = 0xA0, .count = 8, .rw = ALL, .unmodelled = ALL},
    [SQR] = {.name = "SQR%u", .offset = 0x30, .count = 4, .rw = 0x1F7DF7DF},
    [DR] = {.name = "DR", .offset = 0x40, .ro = ALL, .load = load_dr},
    [JSQR] = {.name = "JSQR", .offset = 0x4C, .rw = ALL, .unmodelled = ALL},
    [GCOMP] = {.name = "GCOMP", .offset = 0x70, .rw = 0x80003FFF, .unmodelled = 0x80003FFF},
    [OFR] = {.name = "OFR%u", .offset = 0x60, .count = 4, .rw = ALL, .unmodelled = ALL},
    [JDR] = {.name = "JDR%u", .offset = 0x80, .count = 4, .ro = ALL},
    [CALFACT] = {.name = "CALFACT", .offset = 0xC4, .rw = 0x03000000, .ro = 0x00FF00FF},
    [CALFACT2] = {.name = "CALFACT2", .offset = 0xC8, .rw = ALL},
    [CCR] = {.name = "CCR", .offset = 0x308, .rw = 0x01FFCF1F, .unmodelled = 0x0003CF1F},
};

static const struct mote_channel_desc channels[SENSED_COUNT] = {
    STM32_ADC_INPUTS_TO_18,
    STM32_ADC_INPUT(19),
    [SENSED_TEMPERATURE] = STM32_ADC_TEMPERATURE,
    [SENSED_VBAT] = STM32_ADC_BATTERY,
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    return stm32_adc_read_source(dev, &((struct adc_state *)dev->state)->source, err);
}

static void reset(struct mote_device *dev)
{
    struct adc_state *adc = dev->state;
    adc->rank = adc->part_left = 0;
    adc->waiting = false;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_LDO] = {"ldo_ready", ldo_ready, 0},
    [EV_CAL] = {"calibrated", calibrated, 0},
    [EV_READY] = {"enabled", enabled, 0},
    [EV_CONVERSION] = {"conversion", conversion_done, 0},
};

const struct mote_device_class mote_class_stm32u5_adc = {
    .name = "stm32u5_adc",
    .summary = "STM32U5 analog-to-digital converter ADC1",
    .compatibles = {"st,stm32u5-adc"},
    .state_bytes = sizeof(struct adc_state),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"irq", 1}},
    .channels = channels,
    .channel_count = SENSED_COUNT,
    .attach = attach,
    .reset = reset,
};
