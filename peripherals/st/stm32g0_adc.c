/* STM32G0 analog-to-digital converter with its common register.
 *
 * ST RM0444 (STM32G0x1), chapter 15; bits as in ST's stm32g0b1xx.h. Properties as of stm32_adc.c.
 * Modelled: regulator, calibration, enabling with ADRDY, sequences by CHSELR bits in both
 * directions and by its list of eight, single, continuous and discontinuous conversion started by
 * software, sampling times, resolutions, alignment, wait mode, overrun, interrupts, DMA requests,
 * clock modes and prescaler. Channels 0 to 18 are inputs in volts; the temperature sensor, VREFINT
 * and VBAT/3 take the place of 12, 13 and 14 when CCR enables them. A value is what the input is at
 * the end of the conversion. Not modelled: hardware triggers, oversampling, analog watchdogs,
 * AUTOFF, low-frequency mode, the end of requests in one-shot DMA mode, noise and non-linearity. */
#include "_stm32_adc_source.h"
#include <mote/clock.h>

enum {
    ISR,
    IER,
    CR,
    CFGR1,
    CFGR2,
    SMPR,
    AWD1TR,
    AWD2TR,
    CHSELR,
    AWD3TR,
    DR,
    AWD2CR,
    AWD3CR,
    CALFACT,
    CCR,
    REG_COUNT,
};
enum { OUT_IRQ, OUT_DMA };
enum { EV_CONVERSION, EV_READY, EV_CALIBRATED, EV_COUNT };
enum { POWER_OFF, POWER_IDLE, POWER_ACTIVE };

/* Channels of the class: the converter's inputs, then what the internal sources sense. */
enum { INPUTS = 19, SENSED_TEMPERATURE = INPUTS, SENSED_VBAT, SENSED_COUNT };
enum { TEMPERATURE = 12, VREFINT = 13, VBAT = 14 };

#define ISR_ADRDY    (1u << 0)
#define ISR_EOSMP    (1u << 1)
#define ISR_EOC      (1u << 2)
#define ISR_EOS      (1u << 3)
#define ISR_OVR      (1u << 4)
#define ISR_EOCAL    (1u << 11)
#define ISR_CCRDY    (1u << 13)
#define CR_ADEN      (1u << 0)
#define CR_ADDIS     (1u << 1)
#define CR_ADSTART   (1u << 2)
#define CR_ADSTP     (1u << 4)
#define CR_ADVREGEN  (1u << 28)
#define CR_ADCAL     (1u << 31)
#define CFGR1_DMAEN  (1u << 0)
#define CFGR1_DOWN   (1u << 2)
#define CFGR1_ALIGN  (1u << 5)
#define CFGR1_OVRMOD (1u << 12)
#define CFGR1_CONT   (1u << 13)
#define CFGR1_WAIT   (1u << 14)
#define CFGR1_DISCEN (1u << 16)
#define CFGR1_LIST   (1u << 21)
#define CCR_VREFEN   (1u << 22)
#define CCR_TSEN     (1u << 23)
#define CCR_VBATEN   (1u << 24)

struct adc {
    struct stm32_adc_source source; /* properties; what follows changes */
    uint64_t regulator_ready_ps;
    uint8_t sequence[INPUTS], length, rank; /* rank: of the conversion under way or next */
    bool waiting;                           /* WAIT: until DR has been read */
};

static uint64_t adc_hz(struct mote_device *dev)
{
    static const uint16_t presc[16] = {1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256, 1, 1, 1, 1};
    static const uint8_t bus[4] = {1, 2, 4, 1};
    uint32_t mode = mote_reg(dev, CFGR2) >> 30;
    if (mode != 0)
        return mote_clock_hz(dev, 0) / bus[mode];
    return mote_clock_hz(dev, 1) / presc[mote_reg(dev, CCR) >> 18 & 15];
}

static void update(struct mote_device *dev)
{
    uint32_t isr = mote_reg(dev, ISR), cr = mote_reg(dev, CR);
    mote_wire_set(dev, OUT_IRQ, (isr & mote_reg(dev, IER)) != 0);
    mote_wire_set(dev, OUT_DMA, (isr & ISR_EOC) && (mote_reg(dev, CFGR1) & CFGR1_DMAEN));
    mote_power_state(dev, !(cr & CR_ADEN)   ? POWER_OFF
                          : cr & CR_ADSTART ? POWER_ACTIVE
                                            : POWER_IDLE);
}

/* ---- conversions -------------------------------------------------------------------------------
 */

static double input_volts(struct mote_device *dev, uint32_t channel)
{
    const struct adc *adc = dev->state;
    uint32_t ccr = mote_reg(dev, CCR);
    uint64_t now = mote_now_ps(dev->sys);
    if (channel == VREFINT && (ccr & CCR_VREFEN))
        return adc->source.vrefint_uv * 1e-6;
    if (channel == VBAT && (ccr & CCR_VBATEN))
        return mote_channel_value(dev, SENSED_VBAT, now) / 3;
    if (channel == TEMPERATURE && (ccr & CCR_TSEN)) {
        double degrees = mote_channel_value(dev, SENSED_TEMPERATURE, now);
        return stm32_adc_sensor_volts(&adc->source, degrees);
    }
    return mote_channel_value(dev, channel, now);
}

static uint32_t convert(struct mote_device *dev, uint32_t channel)
{
    static const uint8_t left[4] = {4, 6, 8, 2}; /* to bit 15, 6 bits to bit 7 */
    const struct adc *adc = dev->state;
    uint32_t cfgr1 = mote_reg(dev, CFGR1), resolution = cfgr1 >> 3 & 3, bits = 12 - 2 * resolution;
    uint32_t value = stm32_adc_code(&adc->source, input_volts(dev, channel), bits);
    return cfgr1 & CFGR1_ALIGN ? value << left[resolution] : value;
}

/* Sampling and conversion of a channel in half clock cycles. */
static uint32_t half_cycles(struct mote_device *dev, uint32_t channel)
{
    static const uint16_t sampling[8] = {3, 7, 15, 25, 39, 79, 159, 321};
    uint32_t smpr = mote_reg(dev, SMPR);
    uint32_t which = smpr >> (8 + channel) & 1 ? smpr >> 4 & 7 : smpr & 7;
    return sampling[which] + 25 - 4 * (mote_reg(dev, CFGR1) >> 3 & 3);
}

static void begin_conversion(struct mote_device *dev)
{
    const struct adc *adc = dev->state;
    uint64_t hz = adc_hz(dev);
    if (hz == 0 || adc->length == 0)
        return;
    uint32_t halves = half_cycles(dev, adc->sequence[adc->rank]);
    mote_event_after(dev, EV_CONVERSION, mote_cycles_to_ps(halves, 2 * hz));
}

static void read_sequence(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    uint32_t chselr = mote_reg(dev, CHSELR), cfgr1 = mote_reg(dev, CFGR1);
    adc->length = 0;
    if (cfgr1 & CFGR1_LIST) {
        for (uint32_t i = 0; i < 8 && (chselr >> (4 * i) & 15) != 15; i++)
            adc->sequence[adc->length++] = chselr >> (4 * i) & 15;
        return;
    }
    for (uint32_t i = 0; i < INPUTS; i++) {
        uint32_t channel = cfgr1 & CFGR1_DOWN ? INPUTS - 1 - i : i;
        if (chselr >> channel & 1)
            adc->sequence[adc->length++] = (uint8_t)channel;
    }
}

static void conversion_done(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    uint32_t *isr = &mote_reg(dev, ISR), cfgr1 = mote_reg(dev, CFGR1);
    bool unread = (*isr & ISR_EOC) != 0;
    uint32_t value = convert(dev, adc->sequence[adc->rank]);
    if (unread)
        *isr |= ISR_OVR;
    if (!unread || (cfgr1 & CFGR1_OVRMOD))
        mote_reg(dev, DR) = value;
    *isr |= ISR_EOSMP | ISR_EOC;
    adc->rank++;
    bool last = adc->rank >= adc->length;
    if (last) {
        adc->rank = 0;
        *isr |= ISR_EOS;
    }
    bool more = last ? (cfgr1 & CFGR1_CONT) != 0 : !(cfgr1 & CFGR1_DISCEN);
    adc->waiting = more && (cfgr1 & CFGR1_WAIT);
    if (!more)
        mote_reg(dev, CR) &= ~CR_ADSTART;
    else if (!adc->waiting)
        begin_conversion(dev);
    update(dev);
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static void ready(struct mote_device *dev)
{
    mote_reg(dev, ISR) |= ISR_ADRDY;
    update(dev);
}

static void calibrated(struct mote_device *dev)
{
    mote_reg(dev, CR) &= ~CR_ADCAL;
    mote_reg(dev, ISR) |= ISR_EOCAL;
    update(dev);
}

static void data_taken(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    mote_reg(dev, ISR) &= ~ISR_EOC;
    if (adc->waiting)
        begin_conversion(dev);
    adc->waiting = false;
    update(dev);
}

static uint32_t load_dr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    data_taken(dev);
    return value;
}

static void store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    if (written & ISR_EOC)
        data_taken(dev); /* clearing EOC counts as reading in wait mode */
    update(dev);
}

static void store_any(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update(dev);
}

static void stop(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    mote_event_cancel(dev, EV_CONVERSION);
    mote_reg(dev, CR) &= ~(CR_ADSTART | CR_ADSTP);
    adc->rank = 0;
    adc->waiting = false;
}

static void start(struct mote_device *dev)
{
    const struct adc *adc = dev->state;
    if (!(mote_reg(dev, ISR) & ISR_ADRDY) && !(mote_reg(dev, CR) & CR_ADEN))
        mote_reg(dev, CR) &= ~CR_ADSTART;
    else if (mote_reg(dev, CFGR1) >> 10 & 3)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "a hardware trigger: never comes");
    else {
        read_sequence(dev);
        if (adc->length == 0)
            mote_reg(dev, CR) &= ~CR_ADSTART;
        begin_conversion(dev);
    }
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    struct adc *adc = dev->state;
    uint32_t *cr = &mote_reg(dev, CR), rising = *cr & ~old;
    uint64_t now = mote_now_ps(dev->sys), hz = adc_hz(dev);
    *cr |= old & ~(CR_ADVREGEN | CR_ADDIS | CR_ADSTP); /* set by software, cleared by hardware */
    if (rising & CR_ADVREGEN)
        adc->regulator_ready_ps = now + adc->source.regulator_ps;
    if ((rising & (CR_ADCAL | CR_ADEN)) &&
        (!(*cr & CR_ADVREGEN) || now < adc->regulator_ready_ps)) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "used before its regulator is ready: ignored");
        *cr &= ~(rising & (CR_ADCAL | CR_ADEN));
    }
    if (rising & *cr & CR_ADCAL)
        mote_event_after(dev, EV_CALIBRATED,
                         hz > 0 ? mote_cycles_to_ps(adc->source.calibration_cycles, hz)
                                : MOTE_NEVER_PS);
    if (rising & *cr & CR_ADEN)
        mote_event_after(dev, EV_READY,
                         hz > 0 ? mote_cycles_to_ps(adc->source.enable_cycles, hz) : MOTE_NEVER_PS);
    if (rising & CR_ADSTART)
        start(dev);
    if (*cr & (CR_ADSTP | CR_ADDIS))
        stop(dev);
    if (*cr & CR_ADDIS) {
        *cr &= ~(CR_ADDIS | CR_ADEN);
        mote_reg(dev, ISR) &= ~ISR_ADRDY;
    }
    update(dev);
}

static void store_chselr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    mote_reg(dev, ISR) |= ISR_CCRDY; /* the synchronisation takes no time here */
    update(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [ISR] = {.name = "ISR", .offset = 0x00, .w1c = 0x2B9F, .store = store_isr},
    [IER] = {.name = "IER", .offset = 0x04, .rw = 0x2B9F, .store = store_any},
    [CR] = {.name = "CR", .offset = 0x08, .rw = 0x90000017, .store = store_cr},
    [CFGR1] = {.name = "CFGR1",
               .offset = 0x0C,
               .rw = 0x7CE1FDFF,
               .unmodelled = 0x7CC081C0,
               .store = store_chselr},
    [CFGR2] = {.name = "CFGR2", .offset = 0x10, .rw = 0xE00003FD, .unmodelled = 0x200003FD},
    [SMPR] = {.name = "SMPR", .offset = 0x14, .rw = 0x07FFFF77},
    [AWD1TR] = {.name = "AWD1TR",
                .offset = 0x20,
                .reset = 0x0FFF0000,
                .rw = 0x0FFF0FFF,
                .unmodelled = 0x0FFF0FFF},
    [AWD2TR] = {.name = "AWD2TR",
                .offset = 0x24,
                .reset = 0x0FFF0000,
                .rw = 0x0FFF0FFF,
                .unmodelled = 0x0FFF0FFF},
    [CHSELR] = {.name = "CHSELR", .offset = 0x28, .rw = 0xFFFFFFFF, .store = store_chselr},
    [AWD3TR] = {.name = "AWD3TR",
                .offset = 0x2C,
                .reset = 0x0FFF0000,
                .rw = 0x0FFF0FFF,
                .unmodelled = 0x0FFF0FFF},
    [DR] = {.name = "DR", .offset = 0x40, .ro = 0xFFFF, .load = load_dr},
    [AWD2CR] = {.name = "AWD2CR", .offset = 0xA0, .rw = 0x7FFFF, .unmodelled = 0x7FFFF},
    [AWD3CR] = {.name = "AWD3CR", .offset = 0xA4, .rw = 0x7FFFF, .unmodelled = 0x7FFFF},
    [CALFACT] = {.name = "CALFACT", .offset = 0xB4, .rw = 0x7F},
    [CCR] = {.name = "CCR", .offset = 0x308, .rw = 0x01FC0000},
};

static const struct mote_channel_desc channels[SENSED_COUNT] = {
    STM32_ADC_INPUTS_TO_18,
    [SENSED_TEMPERATURE] = STM32_ADC_TEMPERATURE,
    [SENSED_VBAT] = STM32_ADC_BATTERY,
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    return stm32_adc_read_source(dev, &((struct adc *)dev->state)->source, err);
}

static void reset(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    adc->regulator_ready_ps = 0;
    adc->length = adc->rank = 0;
    adc->waiting = false;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_CONVERSION] = {"conversion", conversion_done, 0},
    [EV_READY] = {"ready", ready, 0},
    [EV_CALIBRATED] = {"calibrated", calibrated, 0},
};

const struct mote_device_class mote_class_stm32g0_adc = {
    .name = "stm32g0_adc",
    .summary = "STM32G0 analog-to-digital converter",
    .compatibles = {"st,stm32g0-adc"},
    .state_bytes = sizeof(struct adc),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"irq", 1}, {"dma", 1}},
    .power_states = {"off", "idle", "active"},
    .channels = channels,
    .channel_count = SENSED_COUNT,
    .attach = attach,
    .reset = reset,
};
