/* Push buttons on GPIO pins, one device per child of a "gpio-keys" node (Zephyr and Linux binding
 * of that name).
 *
 * Modelled: output "button" is 1 while pressed (the polarity of `gpios` is applied by the wire);
 * pressed and released from outside through input "press". A released button whose `gpios` flags
 * ask for the pin's pull resistor leaves the wire open; otherwise the board's own resistor gives
 * the inactive level. Not modelled: contact bounce. */
#include <mote/device.h>

/* Flags in the third cell of a GPIO specifier (dt-bindings/gpio/gpio.h). */
#define GPIO_PULL_UP   0x10u
#define GPIO_PULL_DOWN 0x20u

struct gpio_keys {
    int32_t released_level;
};

static void press(struct mote_device *dev, int level)
{
    const struct gpio_keys *key = dev->state;

    mote_wire_set(dev, 0, level == 1 ? 1 : key->released_level);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index;
    press(dev, level);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct gpio_keys *key = dev->state;
    uint32_t cells[3] = {0};

    (void)err;
    (void)mote_prop_cells(dev, "gpios", cells, 3);
    key->released_level = cells[2] & (GPIO_PULL_UP | GPIO_PULL_DOWN) ? MOTE_WIRE_Z : 0;
    return true;
}

static void reset(struct mote_device *dev)
{
    press(dev, mote_wire_input(dev, 0));
}

const struct mote_device_class mote_class_gpio_keys = {
    .name = "gpio_keys",
    .summary = "push button on a GPIO pin",
    .compatibles = {"gpio-keys"},
    .state_bytes = sizeof(struct gpio_keys),
    .inputs = {{"press", 1}},
    .outputs = {{"button", 1}},
    .attach = attach,
    .input = input,
    .reset = reset,
};
