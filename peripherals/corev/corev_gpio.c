/* GPIO of the CORE-V-MCU: the first 32 pins.
 *
 * Source: openhwgroup/core-v-mcu, apb_gpio_reg_defs.
 * Modelled: set, clear and toggle by number, whole words, input values, mode (input, output, open
 * drain), status of a selected pin. Not modelled: interrupts (SETINT, INTACK), pins from 32 on, pin
 * multiplexing.
 * Inputs: pin[32]. Outputs: pin[32] (Z while not driven). */
#include <mote/device.h>

enum { SETGPIO, CLRGPIO, TOGGPIO, PIN, OUT, SETSEL, RDSTAT, SETMODE, SETINT, INTACK, ROWS };
enum { PINS = 32, MODE_INPUT = 0, MODE_OUTPUT = 1 };

struct corev_gpio {
    uint32_t out, selected;
    uint8_t mode[PINS];
};

static void update_pin(struct mote_device *dev, uint32_t pin)
{
    const struct corev_gpio *gpio = dev->state;
    int out = (int)(gpio->out >> pin & 1), driven = MOTE_WIRE_Z;
    if (gpio->mode[pin] == MODE_OUTPUT || (gpio->mode[pin] != MODE_INPUT && out == 0))
        driven = out;
    int level = driven == MOTE_WIRE_Z ? mote_wire_input(dev, pin) : driven;
    uint32_t bit = 1u << pin;
    mote_reg(dev, PIN) = level == 1 ? mote_reg(dev, PIN) | bit : mote_reg(dev, PIN) & ~bit;
    mote_wire_set(dev, pin, driven); /* last: a part may answer at once */
}

static void set_out(struct mote_device *dev, uint32_t out)
{
    struct corev_gpio *gpio = dev->state;
    gpio->out = out;
    for (uint32_t pin = 0; pin < PINS; pin++)
        update_pin(dev, pin);
}

/* The mask of the pin that a store names, which it also selects. */
static uint32_t select_pin(struct mote_device *dev, uint32_t written)
{
    struct corev_gpio *gpio = dev->state;
    gpio->selected = written & 0xFF;
    return gpio->selected < PINS ? 1u << gpio->selected : 0;
}

static void store_set(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct corev_gpio *gpio = dev->state;
    (void)element;
    (void)old;
    set_out(dev, gpio->out | select_pin(dev, written));
}

static void store_clear(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct corev_gpio *gpio = dev->state;
    (void)element;
    (void)old;
    set_out(dev, gpio->out & ~select_pin(dev, written));
}

static void store_toggle(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct corev_gpio *gpio = dev->state;
    (void)element;
    (void)old;
    set_out(dev, gpio->out ^ select_pin(dev, written));
}

static void store_out(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    set_out(dev, written);
}

static void store_select(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    select_pin(dev, written);
}

static void store_mode(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct corev_gpio *gpio = dev->state;
    (void)element;
    (void)old;
    if (select_pin(dev, written) == 0)
        return;
    gpio->mode[gpio->selected] = (uint8_t)(written >> 24 & 3);
    update_pin(dev, gpio->selected);
}

static uint32_t load_status(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct corev_gpio *gpio = dev->state;
    uint32_t pin = gpio->selected;
    (void)element;
    (void)value;
    if (pin >= PINS)
        return pin;
    return (uint32_t)gpio->mode[pin] << 24 | (mote_reg(dev, PIN) >> pin & 1) << 12 |
           (gpio->out >> pin & 1) << 8 | pin;
}

static const struct mote_reg regs[ROWS] = {
    [SETGPIO] = {.name = "SETGPIO", .offset = 0x00, .wo = 0xFF, .store = store_set},
    [CLRGPIO] = {.name = "CLRGPIO", .offset = 0x04, .wo = 0xFF, .store = store_clear},
    [TOGGPIO] = {.name = "TOGGPIO", .offset = 0x08, .wo = 0xFF, .store = store_toggle},
    [PIN] = {.name = "PIN0", .offset = 0x10, .ro = ~0u},
    [OUT] = {.name = "OUT0", .offset = 0x20, .wo = ~0u, .store = store_out},
    [SETSEL] = {.name = "SETSEL", .offset = 0x30, .wo = 0xFF, .store = store_select},
    [RDSTAT] = {.name = "RDSTAT", .offset = 0x34, .ro = 0x030F11FF, .load = load_status},
    [SETMODE] = {.name = "SETMODE", .offset = 0x38, .wo = 0x030000FF, .store = store_mode},
    [SETINT] = {.name = "SETINT", .offset = 0x3C, .wo = 0x000F00FF, .unmodelled = 0x000F0000},
    [INTACK] = {.name = "INTACK", .offset = 0x40, .wo = ~0u, .unmodelled = ~0u},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    update_pin(dev, index);
}

static void reset(struct mote_device *dev)
{
    struct corev_gpio *gpio = dev->state;
    *gpio = (struct corev_gpio){0};
    set_out(dev, 0);
}

const struct mote_device_class mote_class_corev_gpio = {
    .name = "corev_gpio",
    .summary = "CORE-V-MCU GPIO",
    .compatibles = {"openhwgroup,core-v-gpio"},
    .state_bytes = sizeof(struct corev_gpio),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .inputs = {{"pin", PINS}},
    .outputs = {{"pin", PINS}},
    .reset = reset,
    .input = input,
};
