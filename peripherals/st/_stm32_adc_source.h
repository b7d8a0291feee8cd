/* What the converters of STM32 families have in common: the properties of the analogue side, the
 * channels of the class, and how volts become a code. */
#ifndef PERIPHERALS_ST_STM32_ADC_SOURCE_H
#define PERIPHERALS_ST_STM32_ADC_SOURCE_H

#include <mote/channel.h>
#include <mote/device.h>

/* Rows of a class's channels: the converter's inputs 0 to 18, and what internal sources sense. */
#define STM32_ADC_INPUT(n) [n] = {"in" #n, "V", 0, 5.5, 0}
#define STM32_ADC_INPUTS_TO_18                                                                     \
    STM32_ADC_INPUT(0), STM32_ADC_INPUT(1), STM32_ADC_INPUT(2), STM32_ADC_INPUT(3),                \
        STM32_ADC_INPUT(4), STM32_ADC_INPUT(5), STM32_ADC_INPUT(6), STM32_ADC_INPUT(7),            \
        STM32_ADC_INPUT(8), STM32_ADC_INPUT(9), STM32_ADC_INPUT(10), STM32_ADC_INPUT(11),          \
        STM32_ADC_INPUT(12), STM32_ADC_INPUT(13), STM32_ADC_INPUT(14), STM32_ADC_INPUT(15),        \
        STM32_ADC_INPUT(16), STM32_ADC_INPUT(17), STM32_ADC_INPUT(18)
#define STM32_ADC_TEMPERATURE                                                                      \
    {                                                                                              \
        "temperature", "degC", -40, 125, 25                                                        \
    }
#define STM32_ADC_BATTERY                                                                          \
    {                                                                                              \
        "vbat", "V", 0, 5.5, 3                                                                     \
    }

struct stm32_adc_source {
    uint32_t vref_uv, vrefint_uv, sensor_30c_uv, sensor_uv_per_c;
    uint32_t calibration_cycles, enable_cycles; /* of the ADC's clock */
    uint64_t regulator_ps;
};

/* Reads vref-mv and mote,... properties; false after filling `err`. */
bool stm32_adc_read_source(struct mote_device *dev, struct stm32_adc_source *source,
                           struct mote_err *err);
/* What the temperature sensor gives. */
double stm32_adc_sensor_volts(const struct stm32_adc_source *source, double degrees);
/* The code of a voltage between 0 and the reference. */
uint32_t stm32_adc_code(const struct stm32_adc_source *source, double volts, uint32_t bits);

#endif
