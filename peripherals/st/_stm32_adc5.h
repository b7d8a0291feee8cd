/* The converter of STM32H7 and STM32U5 ("ADC version 5"): start-up and regular sequences. The
 * chips' files have the register tables, whose first rows are those named here, resolutions and
 * times.
 *
 * Modelled: deep power-down, the regulator with LDORDY, calibration and enabling with their times;
 * regular sequences started by software, single, continuous and discontinuous, in all resolutions,
 * with sampling times, wait mode (AUTDLY), overrun and interrupts. Channels 0 to 19 are inputs in
 * volts, once PCSEL selects them; VREFINT, VBAT/4 and the temperature sensor take the place of
 * those in property mote,internal-channels when CCR enables them. A value is what the input is at
 * the end of the conversion. Not modelled: hardware triggers and injected conversions (logged: no
 * result comes), DMA, oversampling, offsets, gain, watchdogs, differential inputs, dual mode,
 * noise.
 *
 * The second converter of a pair (property mote,second) has its clock from the first, which
 * provides the clock behind its prescaler. */
#ifndef PERIPHERALS_ST_STM32_ADC5_H
#define PERIPHERALS_ST_STM32_ADC5_H

#include "_stm32_adc_source.h"
#include <mote/clock.h>

enum {
    ADC5_ISR,
    ADC5_IER,
    ADC5_CR,
    ADC5_CFGR,
    ADC5_SMPR, /* two */
    ADC5_PCSEL,
    ADC5_SQR, /* four */
    ADC5_DR,
    ADC5_CCR,
    ADC5_ROWS
};
enum { ADC5_EV_LDO, ADC5_EV_CAL, ADC5_EV_READY, ADC5_EV_CONVERSION, ADC5_EVENTS };
enum { ADC5_VREFINT, ADC5_VBAT, ADC5_SENSOR, ADC5_INTERNAL, ADC5_NO_CHANNEL = 32 };
enum {
    ADC5_INPUTS = 20,
    ADC5_SENSED_TEMPERATURE = ADC5_INPUTS,
    ADC5_SENSED_VBAT,
    ADC5_SENSED_COUNT
};

/* Bits of a result, and halves of an ADC clock cycle that they take after sampling. */
struct stm32_adc5_resolution {
    uint8_t bits, halves;
};

struct stm32_adc5_chip {
    struct stm32_adc5_resolution resolutions[8]; /* by bits 4 to 2 of CFGR */
    uint16_t sampling_halves[8];
    bool clock_modes; /* CCR.CKMODE */
};

/* The first member of the device's state. */
struct stm32_adc5 {
    const struct stm32_adc5_chip *chip; /* set in attach, then constant, as all up to `source` */
    struct mote_clock *common;          /* for the second converter; NULL: there is none */
    uint32_t internal[ADC5_INTERNAL];
    bool second;
    struct stm32_adc_source source;
    uint8_t rank;      /* of the conversion under way or next */
    uint8_t part_left; /* conversions left in the discontinuous part */
    bool waiting;      /* AUTDLY: until DR has been read */
};

extern const struct mote_channel_desc stm32_adc5_channels[ADC5_SENSED_COUNT];
extern const struct mote_event_desc stm32_adc5_events[ADC5_EVENTS];

bool stm32_adc5_attach(struct mote_device *dev, const struct stm32_adc5_chip *chip,
                       struct mote_err *err);
void stm32_adc5_reset(struct mote_device *dev);
void stm32_adc5_clock_changed(struct mote_device *dev, uint32_t index);
struct mote_clock *stm32_adc5_clock_of(struct mote_device *dev, const uint32_t *cells,
                                       size_t count);
/* Rate of the converter's clock; 0: it has none. */
uint64_t stm32_adc5_hz(struct mote_device *dev);

/* Hooks of the rows. */
void stm32_adc5_store_isr(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);
void stm32_adc5_store_ier(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);
void stm32_adc5_store_cr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written);
void stm32_adc5_store_ccr(struct mote_device *dev, uint32_t element, uint32_t old,
                          uint32_t written);
uint32_t stm32_adc5_load_dr(struct mote_device *dev, uint32_t element, uint32_t value);

#endif
