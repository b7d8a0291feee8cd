/* Light-emitting diodes on GPIO pins, one device per child of a "gpio-leds" node (Zephyr and Linux
 * binding of that name).
 *
 * Modelled: lit or dark, as the pin drives it; the polarity of `gpios` is applied by the wire. A
 * pin that does not drive leaves the diode dark. Not modelled: brightness by current, forward
 * voltage, dimming other than by its duty cycle. */
#include <mote/device.h>

enum { OFF, ON };

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index;
    mote_power_state(dev, level == 1 ? ON : OFF);
}

static void reset(struct mote_device *dev)
{
    mote_power_state(dev, mote_wire_input(dev, 0) == 1 ? ON : OFF);
}

const struct mote_device_class mote_class_gpio_leds = {
    .name = "gpio_leds",
    .summary = "LED on a GPIO pin",
    .compatibles = {"gpio-leds"},
    .inputs = {{"led", 1}},
    .power_states = {"off", "on"},
    .input = input,
    .reset = reset,
};
