/* STM32U5 analog-to-digital converter ADC1: start-up and calibration only.
 *
 * ST RM0456 (STM32U5 series), chapter 33; bits as in ST's stm32u575xx.h. Times are properties of
 * the node (sources: sim/boards/stm32u575.dtsi). Modelled: deep power-down, the regulator with
 * LDORDY, calibration (ADCAL) and enabling (ADRDY) with their times, the interrupt of ADRDY;
 * configuration registers read back. Not modelled: conversions: ADSTART and JADSTART are logged and
 * end at once without a result. */
#include <mote/clock.h>
#include <mote/device.h>

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
enum { EV_LDO, EV_CAL, EV_READY, EV_COUNT };

#define ISR_ADRDY   (1u << 0)
#define ISR_LDORDY  (1u << 12)
#define CR_ADEN     (1u << 0)
#define CR_ADDIS    (1u << 1)
#define CR_STARTS   (3u << 2)
#define CR_STOPS    (3u << 4)
#define CR_ADVREGEN (1u << 28)
#define CR_DEEPPWD  (1u << 29)
#define CR_ADCAL    (1u << 31)

struct adc_state {
    uint64_t ldo_ps;
    uint32_t calibration_cycles, enable_cycles;
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

/* Kernel cycles as time; without a kernel clock it never ends. */
static void after_cycles(struct mote_device *dev, uint32_t event, uint32_t cycles)
{
    uint64_t hz = mote_clock_hz(dev, 1);
    if (hz != 0)
        mote_event_after(dev, event, mote_cycles_to_ps(cycles, hz));
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
        mote_event_after(dev, EV_LDO, adc->ldo_ps);
    }
    if ((*cr & CR_ADCAL) && !(old & CR_ADCAL))
        after_cycles(dev, EV_CAL, adc->calibration_cycles);
    if ((*cr & CR_ADEN) && !(old & CR_ADEN))
        after_cycles(dev, EV_READY, adc->enable_cycles);
    if (*cr & CR_ADDIS) {
        mote_event_cancel(dev, EV_READY);
        *cr &= ~(CR_ADDIS | CR_ADEN);
    }
    if (*cr & CR_STARTS)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "conversion started: no result comes");
    *cr &= ~(CR_STARTS | CR_STOPS);
}

static void store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_irq(dev);
}

#define ALL 0xFFFFFFFF
static const struct mote_reg regs[REG_COUNT] = {
    [ISR] = {.name = "ISR", .offset = 0x00, .w1c = 0x3FF, .ro = 0x1000, .store = store_isr},
    [IER] = {.name = "IER", .offset = 0x04, .rw = 0x3FF, .unmodelled = 0x3FE, .store = store_isr},
    [CR] = {.name = "CR",
            .offset = 0x08,
            .reset = CR_DEEPPWD,
            .rw = 0x3F010000,
            .w1s = 0x8000003F,
            .store = store_cr},
    [CFGR1] = {.name = "CFGR1", .offset = 0x0C, .rw = 0x7FFBFFFF, .unmodelled = 0x7FFBFFFF},
    [CFGR2] = {.name = "CFGR2", .offset = 0x10, .rw = 0xFFFFFFE3, .unmodelled = 0xFFFFFFE3},
    [SMPR] =
        {.name = "SMPR%u", .offset = 0x14, .count = 2, .rw = 0x3FFFFFFF, .unmodelled = 0x3FFFFFFF},
    [PCSEL] = {.name = "PCSEL", .offset = 0x1C, .rw = 0xFFFFF, .unmodelled = 0xFFFFF},
    [AWD] = {.name = "AWD[%u]", .offset = 0xA0, .count = 8, .rw = ALL, .unmodelled = ALL},
    [SQR] =
        {.name = "SQR%u", .offset = 0x30, .count = 4, .rw = 0x1F7DF7DF, .unmodelled = 0x1F7DF7DF},
    [DR] = {.name = "DR", .offset = 0x40, .ro = ALL},
    [JSQR] = {.name = "JSQR", .offset = 0x4C, .rw = ALL, .unmodelled = ALL},
    [GCOMP] = {.name = "GCOMP", .offset = 0x70, .rw = 0x80003FFF, .unmodelled = 0x80003FFF},
    [OFR] = {.name = "OFR%u", .offset = 0x60, .count = 4, .rw = ALL, .unmodelled = ALL},
    [JDR] = {.name = "JDR%u", .offset = 0x80, .count = 4, .ro = ALL},
    [CALFACT] = {.name = "CALFACT", .offset = 0xC4, .rw = 0x03000000, .ro = 0x00FF00FF},
    [CALFACT2] = {.name = "CALFACT2", .offset = 0xC8, .rw = ALL},
    [CCR] = {.name = "CCR", .offset = 0x308, .rw = 0x01FFCF1F, .unmodelled = 0x01FFCF1F},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct adc_state *adc = dev->state;
    adc->ldo_ps = 1000ull * mote_prop_u32(dev, "mote,regulator-startup-ns", 0);
    adc->calibration_cycles = mote_prop_u32(dev, "mote,calibration-cycles", 1);
    adc->enable_cycles = mote_prop_u32(dev, "mote,enable-cycles", 1);
    return true;
}

static const struct mote_event_desc events[EV_COUNT] = {
    [EV_LDO] = {"ldo_ready", ldo_ready, 0},
    [EV_CAL] = {"calibrated", calibrated, 0},
    [EV_READY] = {"enabled", enabled, 0},
};

const struct mote_device_class mote_class_stm32u5_adc = {
    .name = "stm32u5_adc",
    .summary = "STM32U5 ADC1: start-up only",
    .compatibles = {"st,stm32u5-adc"},
    .state_bytes = sizeof(struct adc_state),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"irq", 1}},
    .attach = attach,
};
