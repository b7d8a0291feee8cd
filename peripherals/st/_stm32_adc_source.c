#include "_stm32_adc_source.h"
#include <math.h>

bool stm32_adc_read_source(struct mote_device *dev, struct stm32_adc_source *source,
                           struct mote_err *err)
{
    uint32_t vref_mv = mote_prop_u32(dev, "vref-mv", 0);
    if (vref_mv > UINT32_MAX / 1000)
        return mote_err_set(err, "%s: vref-mv is %u; give the reference in millivolts", dev->path,
                            vref_mv);
    if (vref_mv == 0)
        mote_log(dev->sys, dev, MOTE_LOG_INFO, "no vref-mv (the reference): every value is 0");
    source->vref_uv = vref_mv * 1000;
    source->vrefint_uv = mote_prop_u32(dev, "mote,vrefint-microvolt", 0);
    source->sensor_30c_uv = mote_prop_u32(dev, "mote,ts-30c-microvolt", 0);
    source->sensor_uv_per_c = mote_prop_u32(dev, "mote,ts-microvolt-per-degc", 0);
    source->regulator_ps = 1000ull * mote_prop_u32(dev, "mote,regulator-startup-ns", 0);
    source->calibration_cycles = mote_prop_u32(dev, "mote,calibration-cycles", 0);
    source->enable_cycles = mote_prop_u32(dev, "mote,enable-cycles", 0);
    return true;
}

double stm32_adc_sensor_volts(const struct stm32_adc_source *source, double degrees)
{
    return (source->sensor_30c_uv + (degrees - 30) * source->sensor_uv_per_c) * 1e-6;
}

uint32_t stm32_adc_code(const struct stm32_adc_source *source, double volts, uint32_t bits)
{
    double full = source->vref_uv * 1e-6;
    double code = full > 0 ? floor(volts / full * (1u << bits)) : 0;
    uint32_t top = (1u << bits) - 1;
    return !(code > 0) ? 0 : code > top ? top : (uint32_t)code;
}
