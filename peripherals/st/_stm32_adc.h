/* What stm32_adc.c (registers, life) and _stm32_adc_convert.c (sequences, values) share. */
#ifndef PERIPHERALS_ST_STM32_ADC_H
#define PERIPHERALS_ST_STM32_ADC_H

#include "_stm32_adc_source.h"

/* TR23 is TR2 and TR3, SQR23 is SQR2 and SQR3: those of one layout. */
enum adc_reg {
    ISR,
    IER,
    CR,
    CFGR,
    CFGR2,
    SMPR1,
    SMPR2,
    TR1,
    TR23,
    SQR1,
    SQR23,
    SQR4,
    DR,
    JSQR,
    OFR
};
enum { JDR = OFR + 1, AWDCR, DIFSEL, CALFACT, CSR, CCR, CDR, ADC_REGS };

enum adc_output { OUT_IRQ, OUT_DMA, OUT_AWD };
enum adc_input { IN_TRIG = 0, IN_JTRIG = 16, ADC_INPUTS = 32 };
enum adc_event { EVENT_CONVERSION, EVENT_READY, EVENT_CALIBRATED, ADC_EVENTS };
enum adc_power { POWER_OFF, POWER_IDLE, POWER_ACTIVE };

/* Channels of the class: the converter's inputs, then what the internal sources sense. */
#define ADC_CHANNELS        19
#define ADC_TEMPERATURE     19
#define ADC_VBAT            20
#define ADC_SENSED_CHANNELS 21

#define ISR_ADRDY (1u << 0)
#define ISR_EOSMP (1u << 1)
#define ISR_EOC   (1u << 2)
#define ISR_EOS   (1u << 3)
#define ISR_OVR   (1u << 4)
#define ISR_JEOC  (1u << 5)
#define ISR_JEOS  (1u << 6)
#define ISR_AWD1  (1u << 7)

#define CR_ADEN     (1u << 0)
#define CR_ADDIS    (1u << 1)
#define CR_ADSTART  (1u << 2)
#define CR_JADSTART (1u << 3)
#define CR_ADSTP    (1u << 4)
#define CR_JADSTP   (1u << 5)
#define CR_ADVREGEN (1u << 28)
#define CR_DEEPPWD  (1u << 29)
#define CR_ADCAL    (1u << 31)

#define CFGR_DMAEN   (1u << 0)
#define CFGR_ALIGN   (1u << 5)
#define CFGR_OVRMOD  (1u << 12)
#define CFGR_CONT    (1u << 13)
#define CFGR_AUTDLY  (1u << 14)
#define CFGR_DISCEN  (1u << 16)
#define CFGR_JDISCEN (1u << 20)
#define CFGR_AWD1SGL (1u << 22)
#define CFGR_AWD1EN  (1u << 23)
#define CFGR_JAWD1EN (1u << 24)
#define CFGR_JAUTO   (1u << 25)

enum adc_group { GROUP_NONE, GROUP_REGULAR, GROUP_INJECTED };

struct adc {
    struct stm32_adc_source source; /* properties; what follows changes */
    uint64_t regulator_ready_ps;
    uint8_t converting; /* enum adc_group: whose conversion is under way */
    uint8_t rank, injected_rank;
    uint8_t regular_runs; /* between trigger and end of the sequence (or discontinuous part) */
    uint8_t injected_runs;
    uint8_t part_left; /* conversions left in the discontinuous part */
    uint8_t delayed;   /* AUTDLY: waits for DR to be read */
};

uint64_t adc_hz(struct mote_device *dev);
void adc_update(struct mote_device *dev);
void adc_trigger_regular(struct mote_device *dev);
void adc_trigger_injected(struct mote_device *dev);
void adc_stop_regular(struct mote_device *dev);
void adc_stop_injected(struct mote_device *dev);
void adc_conversion_done(struct mote_device *dev);
void adc_restart(struct mote_device *dev);   /* the conversion under way, at a new clock rate */
void adc_data_read(struct mote_device *dev); /* DR was read: EOC falls, AUTDLY goes on */

#endif
