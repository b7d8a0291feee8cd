/* Analog-to-digital converter of STM32L4/L4+ with its common block. ST RM0432 Rev 9.
 *
 * Modelled: deep power-down, regulator and calibration, enabling with ADRDY, regular sequences
 * (single, continuous, discontinuous, triggered), injected sequences (software, triggered,
 * JAUTO) that interrupt regular ones, sampling times, resolutions, alignment, offsets,
 * oversampling, differential channels, AUTDLY, overrun, three analog watchdogs, interrupts, DMA
 * requests, clock modes and prescaler. Inputs are the channels in0 to in18 in volts; VREFINT,
 * the temperature sensor and VBAT/3 take the place of inputs 0, 17 and 18 when CCR enables
 * them. A value is what the input is at the end of the conversion.
 *
 * Properties: vref-mv; mote,vrefint-microvolt; mote,ts-30c-microvolt and
 * mote,ts-microvolt-per-degc; mote,regulator-startup-ns; mote,calibration-cycles;
 * mote,enable-cycles. What is absent is 0 and takes no time.
 *
 * Not modelled: dual mode and ADC2, the injected queue (JQM, JQDIS), TROVS and ROVSM, DFSDM
 * interface, the end of requests in one-shot DMA mode (DMACFG = 0), noise and non-linearity,
 * register locks while converting; EOSMP comes with the end of conversion. */
#include "_stm32_adc.h"
#include <mote/channel.h>
#include <mote/clock.h>
#include <string.h>

static void store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    if (written & ISR_EOC)
        adc_data_read(dev); /* clearing EOC counts as reading for AUTDLY */
    adc_update(dev);
}

static void store_ier(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    adc_update(dev);
}

static uint32_t load_dr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    if (mote_reg(dev, ISR) & ISR_EOC)
        adc_data_read(dev);
    return value;
}

static uint32_t load_jdr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    mote_reg(dev, ISR) &= ~ISR_JEOC;
    adc_update(dev);
    return value;
}

static uint32_t load_csr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return mote_reg(dev, ISR);
}

/* ---- CR: power and commands -------------------------------------------------------------------
 */

static void refuse(struct mote_device *dev, uint32_t bit, const char *why)
{
    mote_reg(dev, CR) &= ~bit;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "CR bit 0x%x ignored: %s", bit, why);
}

static const char *unpowered(struct mote_device *dev)
{
    const struct adc *adc = dev->state;
    uint32_t cr = mote_reg(dev, CR);
    if (cr & CR_DEEPPWD)
        return "the converter is in deep power-down";
    if (!(cr & CR_ADVREGEN))
        return "the regulator is off";
    if (mote_now_ps(dev->sys) < adc->regulator_ready_ps)
        return "the regulator has not started yet";
    return NULL;
}

static void power_commands(struct mote_device *dev, uint32_t old)
{
    struct adc *adc = dev->state;
    uint32_t rose = mote_reg(dev, CR) & ~old;
    if (rose & CR_ADVREGEN)
        adc->regulator_ready_ps = mote_now_ps(dev->sys) + adc->source.regulator_ps;
    const char *why = unpowered(dev);
    if (rose & CR_ADCAL) {
        if (why == NULL && (old & CR_ADEN))
            why = "calibration needs ADEN = 0";
        if (why != NULL)
            refuse(dev, CR_ADCAL, why);
        else
            mote_event_after(dev, EVENT_CALIBRATED,
                             mote_cycles_to_ps(adc->source.calibration_cycles, adc_hz(dev)));
    }
    why = unpowered(dev);
    if (rose & CR_ADEN) {
        if (why == NULL && (mote_reg(dev, CR) & CR_ADCAL))
            why = "calibration is under way";
        if (why != NULL)
            refuse(dev, CR_ADEN, why);
        else
            mote_event_after(dev, EVENT_READY,
                             mote_cycles_to_ps(adc->source.enable_cycles, adc_hz(dev)));
    }
}

static void disable(struct mote_device *dev)
{
    adc_stop_regular(dev);
    adc_stop_injected(dev);
    mote_event_cancel(dev, EVENT_READY);
    mote_reg(dev, CR) &= ~(CR_ADEN | CR_ADDIS);
}

static void start_commands(struct mote_device *dev, uint32_t old)
{
    uint32_t rose = mote_reg(dev, CR) & ~old;
    bool enabled = mote_reg(dev, CR) & CR_ADEN;
    if ((rose & (CR_ADSTART | CR_JADSTART)) && !enabled) {
        refuse(dev, rose & (CR_ADSTART | CR_JADSTART), "the converter is not enabled");
        return;
    }
    if ((rose & CR_JADSTART) && (mote_reg(dev, JSQR) >> 6 & 3) == 0)
        adc_trigger_injected(dev);
    if ((rose & CR_ADSTART) && (mote_reg(dev, CFGR) >> 10 & 3) == 0)
        adc_trigger_regular(dev);
}

static void store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    if (mote_reg(dev, CR) & CR_DEEPPWD)
        mote_reg(dev, CR) &= ~CR_ADVREGEN;
    power_commands(dev, old);
    if (written & CR_ADDIS)
        disable(dev);
    if (written & CR_ADSTP)
        adc_stop_regular(dev);
    if (written & CR_JADSTP)
        adc_stop_injected(dev);
    start_commands(dev, old);
    adc_update(dev);
}

static void ready(struct mote_device *dev)
{
    mote_reg(dev, ISR) |= ISR_ADRDY;
    adc_update(dev);
}

static void calibrated(struct mote_device *dev)
{
    mote_reg(dev, CR) &= ~CR_ADCAL;
}

static const struct mote_event_desc events[ADC_EVENTS] = {
    [EVENT_CONVERSION] = {.name = "conversion", .fire = adc_conversion_done},
    [EVENT_READY] = {.name = "ready", .fire = ready},
    [EVENT_CALIBRATED] = {.name = "calibrated", .fire = calibrated},
};

static const struct mote_reg regs[ADC_REGS] = {
    [ISR] = {.name = "ISR", .offset = 0x00, .w1c = 0x000007FF, .store = store_isr},
    [IER] = {.name = "IER", .offset = 0x04, .rw = 0x000007FF, .store = store_ier},
    [CR] = {.name = "CR",
            .offset = 0x08,
            .reset = CR_DEEPPWD,
            .rw = 0x70000000,
            .w1s = 0x8000003F,
            .store = store_cr},
    [CFGR] = {.name = "CFGR",
              .offset = 0x0C,
              .reset = 0x80000000,
              .rw = 0xFFFF7FFF,
              .unmodelled = 0x80200004, /* JQDIS JQM DFSDMCFG */
              .store = store_ier},
    [CFGR2] = {.name = "CFGR2", .offset = 0x10, .rw = 0x000007FF, .unmodelled = 0x00000600},
    [SMPR1] = {.name = "SMPR1", .offset = 0x14, .rw = 0x3FFFFFFF},
    [SMPR2] = {.name = "SMPR2", .offset = 0x18, .rw = 0x07FFFFFF},
    [TR1] = {.name = "TR1", .offset = 0x20, .reset = 0x0FFF0000, .rw = 0x0FFF0FFF},
    [TR23] = {.name = "TR%u", /* from 2 */
              .offset = 0x24,
              .reset = 0x00FF0000,
              .rw = 0x00FF00FF,
              .count = 2},
    [SQR1] = {.name = "SQR1", .offset = 0x30, .rw = 0x1F7DF7CF},
    [SQR23] = {.name = "SQR%u", .offset = 0x34, .rw = 0x1F7DF7DF, .count = 2}, /* from 2 */
    [SQR4] = {.name = "SQR4", .offset = 0x3C, .rw = 0x000007DF},
    [DR] = {.name = "DR", .offset = 0x40, .ro = 0x0000FFFF, .load = load_dr},
    [JSQR] = {.name = "JSQR", .offset = 0x4C, .rw = 0x7DF7DFFF},
    [OFR] = {.name = "OFR%u", .offset = 0x60, .rw = 0xFC000FFF, .count = 4},
    [JDR] = {.name = "JDR%u", .offset = 0x80, .ro = 0x0000FFFF, .count = 4, .load = load_jdr},
    [AWDCR] = {.name = "AWD%uCR", .offset = 0xA0, .rw = 0x0007FFFF, .count = 2},
    [DIFSEL] = {.name = "DIFSEL", .offset = 0xB0, .rw = 0x0000FFFE, .ro = 0x00070001},
    [CALFACT] = {.name = "CALFACT", .offset = 0xB4, .rw = 0x007F007F},
    [CSR] = {.name = "CSR", .offset = 0x300, .ro = 0x000007FF, .load = load_csr},
    [CCR] = {.name = "CCR", .offset = 0x308, .rw = 0x01FF0000},
    [CDR] = {.name = "CDR", .offset = 0x30C, .ro = 0xFFFFFFFF},
};

static const struct mote_channel_desc channels[ADC_SENSED_CHANNELS] = {
    STM32_ADC_INPUTS_TO_18,
    [ADC_TEMPERATURE] = STM32_ADC_TEMPERATURE,
    [ADC_VBAT] = STM32_ADC_BATTERY,
};

/* ---- life -------------------------------------------------------------------------------------
 */

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    return stm32_adc_read_source(dev, &((struct adc *)dev->state)->source, err);
}

static void reset(struct mote_device *dev)
{
    struct adc *adc = dev->state;
    adc->regulator_ready_ps = 0;
    adc->converting = GROUP_NONE;
    adc->rank = adc->injected_rank = 0;
    adc->regular_runs = adc->injected_runs = adc->part_left = adc->delayed = 0;
}

/* EXTEN and JEXTEN: 1 rising, 2 falling, 3 both. */
static bool selected_edge(uint32_t edges, int level)
{
    return (level == 1 && (edges & 1)) || (level == 0 && (edges & 2));
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    uint32_t cfgr = mote_reg(dev, CFGR);
    uint32_t jsqr = mote_reg(dev, JSQR);
    uint32_t cr = mote_reg(dev, CR);
    if (index < IN_JTRIG) {
        if ((cr & CR_ADSTART) && (cfgr >> 6 & 15) == index && selected_edge(cfgr >> 10 & 3, level))
            adc_trigger_regular(dev);
    } else if ((cr & CR_JADSTART) && (jsqr >> 2 & 15) == index - IN_JTRIG &&
               selected_edge(jsqr >> 6 & 3, level)) {
        adc_trigger_injected(dev);
    }
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    const struct adc *adc = dev->state;
    adc_restart(dev);
    if (mote_reg(dev, CR) & CR_ADCAL)
        mote_event_after(dev, EVENT_CALIBRATED,
                         mote_cycles_to_ps(adc->source.calibration_cycles, adc_hz(dev)));
}

const struct mote_device_class mote_class_stm32_adc = {
    .name = "stm32_adc",
    .summary = "STM32 L4 analog-to-digital converter",
    .compatibles = {"st,stm32-adc", "st,stm32l4-adc"},
    .state_bytes = sizeof(struct adc),
    .gated_access = true,
    .regs = regs,
    .reg_count = ADC_REGS,
    .window_bytes = 0x400,
    .events = events,
    .event_count = ADC_EVENTS,
    .inputs = {{"trig", 16}, {"jtrig", 16}},
    .outputs = {{"irq", 1}, {"dma", 1}, {"awd", 3}},
    .power_states = {"off", "idle", "active"},
    .channels = channels,
    .channel_count = ADC_SENSED_CHANNELS,
    .attach = attach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
