/* PSoC 6 (CAT1A) general-purpose I/O port.
 *
 * Infineon 002-24529, chapter "I/O system"; registers as in Infineon's SVD of psoc6_02 (GPIO,
 * version 2). Modelled: drive modes, output registers, input levels, edge interrupts with the
 * filtered pin (without its delay). Not modelled: what the I/O matrix routes to pins, trip points,
 * slew rate and drive strength, SIO. */
#include <mote/device.h>

#define PINS 8

enum {
    OUT,
    OUT_CLR,
    OUT_SET,
    OUT_INV,
    IN,
    INTR,
    INTR_MASK,
    INTR_MASKED,
    INTR_SET,
    INTR_CFG,
    CFG,
    CFG_IN,
    CFG_OUT,
    CFG_SIO,
    CFG_IN_AUTOLVL,
    REG_COUNT,
};
enum { OUT_PIN, OUT_PAD = OUT_PIN + PINS, OUT_IRQ = OUT_PAD + PINS };
enum { MODE_HIGHZ, MODE_RESERVED, MODE_PULLUP, MODE_PULLDOWN, MODE_OD_LOW, MODE_OD_HIGH };
enum { MODE_STRONG = 6, MODE_PULL_BOTH };

#define FILTERED  8u /* bit of the filtered pin */
#define EDGE_RISE 1u
#define EDGE_FALL 2u

static uint32_t drive_mode(struct mote_device *dev, uint32_t pin)
{
    return mote_reg(dev, CFG) >> (4 * pin) & 7;
}

/* What the port drives onto the pin with strength; a resistor gives way to the outside. */
static int driven_level(struct mote_device *dev, uint32_t pin)
{
    int level = mote_reg(dev, OUT) >> pin & 1;
    switch (drive_mode(dev, pin)) {
    case MODE_PULLUP:
    case MODE_OD_LOW:
        return level == 0 ? 0 : MOTE_WIRE_Z;
    case MODE_PULLDOWN:
    case MODE_OD_HIGH:
        return level == 1 ? 1 : MOTE_WIRE_Z;
    case MODE_STRONG:
        return level;
    default:
        return MOTE_WIRE_Z;
    }
}

static int pad_level(struct mote_device *dev, uint32_t pin)
{
    int level = driven_level(dev, pin);
    if (level == MOTE_WIRE_Z)
        level = mote_wire_input(dev, pin);
    if (level != MOTE_WIRE_Z)
        return level;
    uint32_t mode = drive_mode(dev, pin);
    if (mode == MODE_PULLUP)
        return 1;
    /* A floating input reads as 0 here. */
    return mode == MODE_PULL_BOTH ? mote_reg(dev, OUT) >> pin & 1 : 0;
}

static void update_irq(struct mote_device *dev)
{
    uint32_t masked = mote_reg(dev, INTR) & mote_reg(dev, INTR_MASK);
    mote_reg(dev, INTR_MASKED) = masked;
    mote_wire_set(dev, OUT_IRQ, masked != 0);
}

static void note_edge(struct mote_device *dev, uint32_t bit, uint32_t select, int level)
{
    if ((select & EDGE_RISE && level == 1) || (select & EDGE_FALL && level == 0))
        mote_reg(dev, INTR) |= 1u << bit;
}

static void update_pin(struct mote_device *dev, uint32_t pin)
{
    uint32_t config = mote_reg(dev, INTR_CFG);
    int pad = pad_level(dev, pin);
    int level = mote_reg(dev, CFG) >> (4 * pin + 3) & 1 ? pad : 0; /* IN_EN */
    uint32_t old = mote_reg(dev, IN), now = (old & ~(1u << pin)) | (uint32_t)level << pin;
    bool filtered = (config >> 18 & 7) == pin;
    if (filtered)
        now = (now & ~(1u << FILTERED)) | (uint32_t)level << FILTERED;
    mote_reg(dev, IN) = now;
    mote_reg(dev, INTR) = (mote_reg(dev, INTR) & 0xFFFF) | now << 16;
    if ((old ^ now) >> pin & 1)
        note_edge(dev, pin, config >> (2 * pin) & 3, level);
    if (filtered && ((old ^ now) >> FILTERED & 1))
        note_edge(dev, FILTERED, config >> 16 & 3, level);
    mote_wire_set(dev, OUT_PIN + pin, driven_level(dev, pin));
    mote_wire_set(dev, OUT_PAD + pin, pad);
}

static void update_all(struct mote_device *dev)
{
    for (uint32_t pin = 0; pin < PINS; pin++)
        update_pin(dev, pin);
    update_irq(dev);
}

static void store_config(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update_all(dev);
}

static uint32_t load_out(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    return mote_reg(dev, OUT);
}

static void store_clr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, OUT) &= ~written;
    update_all(dev);
}

static void store_set(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, OUT) |= written & 0xFF;
    update_all(dev);
}

static void store_inv(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, OUT) ^= written & 0xFF;
    update_all(dev);
}

static void store_intr_set(struct mote_device *dev, uint32_t element, uint32_t old,
                           uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, INTR) |= written & 0x1FF;
    update_irq(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [OUT] = {.name = "OUT", .offset = 0x00, .rw = 0xFF, .store = store_config},
    [OUT_CLR] =
        {.name = "OUT_CLR", .offset = 0x04, .wo = 0xFF, .load = load_out, .store = store_clr},
    [OUT_SET] =
        {.name = "OUT_SET", .offset = 0x08, .wo = 0xFF, .load = load_out, .store = store_set},
    [OUT_INV] =
        {.name = "OUT_INV", .offset = 0x0C, .wo = 0xFF, .load = load_out, .store = store_inv},
    [IN] = {.name = "IN", .offset = 0x10, .ro = 0x1FF},
    [INTR] = {.name = "INTR", .offset = 0x14, .w1c = 0x1FF, .ro = 0x1FF0000, .store = store_config},
    [INTR_MASK] = {.name = "INTR_MASK", .offset = 0x18, .rw = 0x1FF, .store = store_config},
    [INTR_MASKED] = {.name = "INTR_MASKED", .offset = 0x1C, .ro = 0x1FF},
    [INTR_SET] = {.name = "INTR_SET", .offset = 0x20, .wo = 0x1FF, .store = store_intr_set},
    [INTR_CFG] = {.name = "INTR_CFG", .offset = 0x40, .rw = 0x1FFFFF, .store = store_config},
    [CFG] = {.name = "CFG", .offset = 0x44, .rw = 0xFFFFFFFF, .store = store_config},
    [CFG_IN] = {.name = "CFG_IN", .offset = 0x48, .rw = 0xFF},
    [CFG_OUT] = {.name = "CFG_OUT", .offset = 0x4C, .rw = 0xFFFF00FF},
    [CFG_SIO] = {.name = "CFG_SIO", .offset = 0x50, .rw = 0xFFFFFFFF, .unmodelled = 0xFFFFFFFF},
    [CFG_IN_AUTOLVL] = {.name = "CFG_IN_AUTOLVL", .offset = 0x58, .rw = 0xFF, .unmodelled = 0xFF},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    update_pin(dev, index);
    update_irq(dev);
}

static void reset(struct mote_device *dev)
{
    update_all(dev);
}

const struct mote_device_class mote_class_psoc6_gpio = {
    .name = "psoc6_gpio",
    .summary = "PSoC 6 general-purpose I/O port",
    .compatibles = {"infineon,gpio", "infineon,cat1-gpio"},
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x80,
    .inputs = {{"pin", PINS}},
    .outputs = {{"pin", PINS}, {"pad", PINS}, {"irq", 1}},
    .reset = reset,
    .input = input,
};
