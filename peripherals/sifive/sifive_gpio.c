/* SiFive GPIO: 32 pins with interrupts and two hardware functions (IOF) each.
 *
 * Document: SiFive FE310-G002 Manual v19p05, chapter "General Purpose Input/Output Controller".
 * Modelled: input and output with enable, value, inversion and pull-up; rising, falling, high and
 * low interrupts; hardware functions whose level is wired to it (PWM). Not modelled: synchroniser
 * delay, drive strength (ds), functions that are wired elsewhere (UART, SPI, I2C: their lines are
 * always connected; a pin given to them drives nothing). Inputs: pin[32] (from outside), iof0[32],
 * iof1[32]. Outputs: pin[32] (Z while not driven), irq[32]. */
#include <mote/device.h>

enum {
    INPUT_VAL,
    INPUT_EN,
    OUTPUT_EN,
    OUTPUT_VAL,
    PUE,
    DS,
    RISE_IE,
    RISE_IP,
    FALL_IE,
    FALL_IP,
    HIGH_IE,
    HIGH_IP,
    LOW_IE,
    LOW_IP,
    IOF_EN,
    IOF_SEL,
    OUT_XOR,
    ROWS
};
enum { PINS = 32, IN_PIN = 0, OUT_PIN = 0, OUT_IRQ = 32 };

static bool is_set(struct mote_device *dev, uint32_t id, uint32_t pin)
{
    return mote_reg(dev, id) >> pin & 1;
}

static int driven_level(struct mote_device *dev, uint32_t pin)
{
    bool invert = is_set(dev, OUT_XOR, pin);
    if (is_set(dev, IOF_EN, pin)) {
        uint32_t function = (is_set(dev, IOF_SEL, pin) ? 64u : 32u) + pin; /* iof1, iof0 */
        int level = mote_wire_input(dev, function);
        return level == MOTE_WIRE_Z ? level : (level != 0) ^ invert;
    }
    return is_set(dev, OUTPUT_EN, pin) ? is_set(dev, OUTPUT_VAL, pin) ^ invert : MOTE_WIRE_Z;
}

static void set_bit(struct mote_device *dev, uint32_t id, uint32_t pin, bool value)
{
    mote_reg(dev, id) = (mote_reg(dev, id) & ~(1u << pin)) | (uint32_t)value << pin;
}

static void update_irq(struct mote_device *dev, uint32_t pin)
{
    uint32_t pending = (mote_reg(dev, RISE_IE) & mote_reg(dev, RISE_IP)) |
                       (mote_reg(dev, FALL_IE) & mote_reg(dev, FALL_IP)) |
                       (mote_reg(dev, HIGH_IE) & mote_reg(dev, HIGH_IP)) |
                       (mote_reg(dev, LOW_IE) & mote_reg(dev, LOW_IP));
    mote_wire_set(dev, OUT_IRQ + pin, (int)(pending >> pin & 1));
}

/* What the pin sees: its own driver, else the outside, else the pull-up, else 0. */
static void update_pin(struct mote_device *dev, uint32_t pin)
{
    int driven = driven_level(dev, pin), level = driven;
    if (level == MOTE_WIRE_Z)
        level = mote_wire_input(dev, IN_PIN + pin);
    if (level == MOTE_WIRE_Z)
        level = is_set(dev, PUE, pin);
    bool enabled = is_set(dev, INPUT_EN, pin), seen = enabled && level != 0;
    bool before = is_set(dev, INPUT_VAL, pin);
    set_bit(dev, INPUT_VAL, pin, seen);
    mote_reg(dev, RISE_IP) |= (uint32_t)(seen && !before) << pin;
    mote_reg(dev, FALL_IP) |= (uint32_t)(!seen && before) << pin;
    mote_reg(dev, HIGH_IP) |= (uint32_t)seen << pin;
    mote_reg(dev, LOW_IP) |= (uint32_t)(enabled && !seen) << pin;
    update_irq(dev, pin);
    mote_wire_set(dev, OUT_PIN + pin, driven); /* last: a part may answer at once */
}

static void store_pins(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    for (uint32_t pin = 0; pin < PINS; pin++)
        update_pin(dev, pin);
}

static const struct mote_reg regs[ROWS] = {
    [INPUT_VAL] = {.name = "input_val", .offset = 0x00, .ro = ~0u},
    [INPUT_EN] = {.name = "input_en", .offset = 0x04, .rw = ~0u, .store = store_pins},
    [OUTPUT_EN] = {.name = "output_en", .offset = 0x08, .rw = ~0u, .store = store_pins},
    [OUTPUT_VAL] = {.name = "output_val", .offset = 0x0C, .rw = ~0u, .store = store_pins},
    [PUE] = {.name = "pue", .offset = 0x10, .rw = ~0u, .store = store_pins},
    [DS] = {.name = "ds", .offset = 0x14, .rw = ~0u, .unmodelled = ~0u},
    [RISE_IE] = {.name = "rise_ie", .offset = 0x18, .rw = ~0u, .store = store_pins},
    [RISE_IP] = {.name = "rise_ip", .offset = 0x1C, .w1c = ~0u, .store = store_pins},
    [FALL_IE] = {.name = "fall_ie", .offset = 0x20, .rw = ~0u, .store = store_pins},
    [FALL_IP] = {.name = "fall_ip", .offset = 0x24, .w1c = ~0u, .store = store_pins},
    [HIGH_IE] = {.name = "high_ie", .offset = 0x28, .rw = ~0u, .store = store_pins},
    [HIGH_IP] = {.name = "high_ip", .offset = 0x2C, .w1c = ~0u, .store = store_pins},
    [LOW_IE] = {.name = "low_ie", .offset = 0x30, .rw = ~0u, .store = store_pins},
    [LOW_IP] = {.name = "low_ip", .offset = 0x34, .w1c = ~0u, .store = store_pins},
    [IOF_EN] = {.name = "iof_en", .offset = 0x38, .rw = ~0u, .store = store_pins},
    [IOF_SEL] = {.name = "iof_sel", .offset = 0x3C, .rw = ~0u, .store = store_pins},
    [OUT_XOR] = {.name = "out_xor", .offset = 0x40, .rw = ~0u, .store = store_pins},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    update_pin(dev, index % PINS);
}

static void reset(struct mote_device *dev)
{
    for (uint32_t pin = 0; pin < PINS; pin++)
        update_pin(dev, pin);
}

const struct mote_device_class mote_class_sifive_gpio = {
    .name = "sifive_gpio",
    .summary = "SiFive GPIO with interrupts and hardware functions",
    .compatibles = {"sifive,gpio0"},
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .inputs = {{"pin", PINS}, {"iof0", PINS}, {"iof1", PINS}},
    .outputs = {{"pin", PINS}, {"irq", PINS}},
    .reset = reset,
    .input = input,
};
