/* MP34DT06J digital MEMS microphone (STMicroelectronics datasheet of the MP34DT05/06 family).
 *
 * Modelled: one bit stream on one clock edge (devicetree `reg`: 0 = left, 1 = right); power-down
 * while the clock is stopped or below the property "mote,minimum-clock-hz"; silence for
 * "mote,wake-up-us" after the clock starts; clipping at full scale. The bit stream is handed to the
 * controller as the PCM value it stands for, so the controller's decimation filter is the only one.
 * Channel "sound" is a fraction of digital full scale; channel "pressure" is in pascal and is
 * scaled by "mote,sensitivity-millidbfs" (at 94 dB SPL, 1 kHz).
 * Not modelled: the sigma-delta modulator's own noise, the frequency response, distortion near
 * the acoustic overload point. */
#include <math.h>
#include <mote/bus.h>
#include <mote/channel.h>
#include <mote/device.h>

enum { SOUND, PRESSURE };
enum { POWER_DOWN, WAKING, ACTIVE };
enum { AWAKE };

struct mp34dt06 {
    uint64_t wake_up_ps;
    uint64_t minimum_clock_hz;
    double fraction_per_pascal;
    uint64_t awake_from_ps; /* MOTE_NEVER_PS while powered down */
};

static const struct mote_channel_desc channels[] = {
    [SOUND] = {"sound", "1", -1.0, 32767.0 / 32768.0, 0.0},
    /* The acoustic overload point lies near 122 dB SPL; beyond it the output only clips. */
    [PRESSURE] = {"pressure", "Pa", -40.0, 40.0, 0.0},
};

static double pdm_sample(struct mote_device *dev, uint64_t at_ps)
{
    const struct mp34dt06 *mic = dev->state;

    if (mic->awake_from_ps == MOTE_NEVER_PS || at_ps < mic->awake_from_ps)
        return 0.0;
    double value = mote_channel_value(dev, SOUND, at_ps);

    value += mic->fraction_per_pascal * mote_channel_value(dev, PRESSURE, at_ps);
    return fmax(channels[SOUND].minimum, fmin(channels[SOUND].maximum, value));
}

static void pdm_clock_hz(struct mote_device *dev, uint64_t hz)
{
    struct mp34dt06 *mic = dev->state;

    if (hz == 0 || hz < mic->minimum_clock_hz) {
        mote_event_cancel(dev, AWAKE);
        mic->awake_from_ps = MOTE_NEVER_PS;
        mote_power_state(dev, POWER_DOWN);
    } else if (mic->awake_from_ps == MOTE_NEVER_PS) {
        mic->awake_from_ps = mote_now_ps(dev->sys) + mic->wake_up_ps;
        mote_power_state(dev, WAKING);
        mote_event_at(dev, AWAKE, mic->awake_from_ps);
    }
}

static void awake(struct mote_device *dev)
{
    mote_power_state(dev, ACTIVE);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct mp34dt06 *mic = dev->state;
    uint32_t cells[1];

    (void)err;
    mic->wake_up_ps = (uint64_t)mote_prop_u32(dev, "mote,wake-up-us", 0) * 1000000u;
    mic->minimum_clock_hz = mote_prop_u32(dev, "mote,minimum-clock-hz", 0);
    mic->fraction_per_pascal = 0.0;
    if (mote_prop_cells(dev, "mote,sensitivity-millidbfs", cells, 1) == 1) {
        /* 94 dB SPL is 1 Pa rms; decibels of full scale compare with a full-scale sine, so the
         * sensitivity is the ratio of two peaks. */
        double decibel = (double)(int32_t)cells[0] / 1000.0;
        mic->fraction_per_pascal = pow(10.0, decibel / 20.0) / sqrt(2.0);
    }
    return true;
}

static void reset(struct mote_device *dev)
{
    struct mp34dt06 *mic = dev->state;

    mic->awake_from_ps = MOTE_NEVER_PS;
    mote_power_state(dev, POWER_DOWN);
}

static const struct mote_event_desc events[] = {[AWAKE] = {"awake", awake, 0}};
static const struct mote_pdm_ops pdm_ops = {.sample = pdm_sample, .clock_hz = pdm_clock_hz};

const struct mote_device_class mote_class_mp34dt06 = {
    .name = "mp34dt06",
    .summary = "ST MP34DT06J PDM microphone",
    .compatibles = {"st,mp34dt06", "st,mp34dt06j", "st,mp34dt05", "st,mp34dt05-a"},
    .state_bytes = sizeof(struct mp34dt06),
    .events = events,
    .event_count = sizeof events / sizeof events[0],
    .power_states = {"power_down", "waking", "active"},
    .channels = channels,
    .channel_count = sizeof channels / sizeof channels[0],
    .pdm = &pdm_ops,
    .attach = attach,
    .reset = reset,
};
