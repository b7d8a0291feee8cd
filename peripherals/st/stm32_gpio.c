/* STM32 general-purpose I/O port (all families with MODER).
 *
 * ST RM0432 (STM32L4+), chapter 8. The reset values of MODER, OSPEEDR and PUPDR differ between
 * ports (debug pins on A and B): properties mote,reset-moder, mote,reset-ospeedr, mote,reset-pupdr.
 * Modelled: modes, output types, pulls, set/reset/toggle registers, the lock sequence, input
 * levels. Not modelled: routing of alternate functions (a pin in that mode is not driven by the
 * port, its input works), slopes (OSPEEDR), contention of two drivers. The pins' levels also go to
 * the output group "in", where SYSCFG takes its interrupt lines from. */
#include <mote/device.h>

#define PINS 16

enum { MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR, AFRL, AFRH, BRR, REG_COUNT };
enum { OUT_PIN, OUT_IN = OUT_PIN + PINS, OUT_PAD = OUT_IN + PINS };
enum { MODE_INPUT, MODE_OUTPUT, MODE_ALTERNATE, MODE_ANALOG };

#define LCKR_LCKK (1u << 16)

struct gpio_state {
    uint32_t reset_moder, reset_ospeedr, reset_pupdr; /* from the devicetree */
    uint32_t lock_value;                              /* LCK bits of the running lock sequence */
    uint32_t lock_step;                               /* writes of the sequence seen so far */
};

static uint32_t mode_of(struct mote_device *dev, uint32_t pin)
{
    return (mote_reg(dev, MODER) >> (2 * pin)) & 3;
}

/* What the port drives onto the pin. */
static int driven_level(struct mote_device *dev, uint32_t pin)
{
    if (mode_of(dev, pin) != MODE_OUTPUT)
        return MOTE_WIRE_Z;
    int level = (mote_reg(dev, ODR) >> pin) & 1;
    bool open_drain = (mote_reg(dev, OTYPER) >> pin) & 1;
    return open_drain && level == 1 ? MOTE_WIRE_Z : level;
}

/* Level of the pad: the port's own driver, else the outside, else the pull. */
static int pad_level(struct mote_device *dev, uint32_t pin)
{
    int level = driven_level(dev, pin);
    if (level == MOTE_WIRE_Z)
        level = mote_wire_input(dev, pin);
    if (level != MOTE_WIRE_Z)
        return level;
    /* A floating input reads as 0 here. */
    return ((mote_reg(dev, PUPDR) >> (2 * pin)) & 3) == 1;
}

static void update_pin(struct mote_device *dev, uint32_t pin)
{
    int pad = pad_level(dev, pin);
    int level = mode_of(dev, pin) == MODE_ANALOG ? 0 : pad; /* its input stage is off */
    uint32_t *idr = &mote_reg(dev, IDR);
    *idr = (*idr & ~(1u << pin)) | (uint32_t)level << pin;
    mote_wire_set(dev, OUT_PIN + pin, driven_level(dev, pin));
    mote_wire_set(dev, OUT_IN + pin, level);
    mote_wire_set(dev, OUT_PAD + pin, pad);
}

static void update_all(struct mote_device *dev)
{
    for (uint32_t pin = 0; pin < PINS; pin++)
        update_pin(dev, pin);
}

/* Bits of a register with `bits` bits per pin that the lock freezes. */
static uint32_t frozen(struct mote_device *dev, uint32_t bits, uint32_t first_pin)
{
    uint32_t lock = mote_reg(dev, LCKR);
    uint32_t mask = 0;
    if (!(lock & LCKR_LCKK))
        return 0;
    for (uint32_t i = 0; i < 32 / bits && first_pin + i < PINS; i++)
        if ((lock >> (first_pin + i)) & 1)
            mask |= ((1u << bits) - 1) << (bits * i);
    return mask;
}

static void keep_frozen(struct mote_device *dev, uint32_t id, uint32_t old, uint32_t mask)
{
    uint32_t *reg = &mote_reg(dev, id);
    if (((*reg ^ old) & mask) != 0)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "%s of locked pins written: ignored",
                 dev->cls->regs[id].name);
    *reg = (*reg & ~mask) | (old & mask);
    update_all(dev);
}

static void store_moder(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    keep_frozen(dev, MODER, old, frozen(dev, 2, 0));
}
static void store_otyper(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    keep_frozen(dev, OTYPER, old, frozen(dev, 1, 0));
}
static void store_ospeedr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    keep_frozen(dev, OSPEEDR, old, frozen(dev, 2, 0));
}
static void store_pupdr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    keep_frozen(dev, PUPDR, old, frozen(dev, 2, 0));
}
static void store_afrl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    keep_frozen(dev, AFRL, old, frozen(dev, 4, 0));
}
static void store_afrh(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    keep_frozen(dev, AFRH, old, frozen(dev, 4, 8));
}

static void set_odr(struct mote_device *dev, uint32_t set, uint32_t clear)
{
    uint32_t *odr = &mote_reg(dev, ODR);
    uint32_t changed = *odr;
    *odr = ((*odr & ~clear) | set) & 0xFFFF;
    changed ^= *odr;
    for (uint32_t pin = 0; pin < PINS; pin++)
        if ((changed >> pin) & 1)
            update_pin(dev, pin);
}

static void store_odr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)written;
    uint32_t wanted = mote_reg(dev, ODR);
    mote_reg(dev, ODR) = old;
    set_odr(dev, wanted, ~wanted);
}

static void store_bsrr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    set_odr(dev, written & 0xFFFF, written >> 16); /* set wins over reset */
}

static void store_brr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    set_odr(dev, 0, written & 0xFFFF);
}

/* The key is three word writes with the same LCK bits and LCKK 1, 0, 1; then a read. */
static void store_lckr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct gpio_state *gpio = dev->state;
    if (old & LCKR_LCKK) {
        mote_reg(dev, LCKR) = old;
        return;
    }
    bool key = (written & LCKR_LCKK) != 0;
    uint32_t value = written & 0xFFFF;
    bool fits = gpio->lock_step == 0 ? key : value == gpio->lock_value;
    if (gpio->lock_step == 1)
        fits = fits && !key;
    if (gpio->lock_step == 2)
        fits = fits && key;
    gpio->lock_value = value;
    gpio->lock_step = fits ? gpio->lock_step + 1 : key;
    mote_reg(dev, LCKR) = value;
    if (gpio->lock_step == 3) {
        mote_reg(dev, LCKR) = value | LCKR_LCKK;
        gpio->lock_step = 0;
    }
}

static const struct mote_reg regs[REG_COUNT] = {
    [MODER] = {.name = "MODER",
               .offset = 0x00,
               .reset = 0xFFFFFFFF,
               .rw = 0xFFFFFFFF,
               .store = store_moder},
    [OTYPER] = {.name = "OTYPER", .offset = 0x04, .rw = 0xFFFF, .store = store_otyper},
    [OSPEEDR] = {.name = "OSPEEDR", .offset = 0x08, .rw = 0xFFFFFFFF, .store = store_ospeedr},
    [PUPDR] = {.name = "PUPDR", .offset = 0x0C, .rw = 0xFFFFFFFF, .store = store_pupdr},
    [IDR] = {.name = "IDR", .offset = 0x10, .ro = 0xFFFF},
    [ODR] = {.name = "ODR", .offset = 0x14, .rw = 0xFFFF, .store = store_odr},
    [BSRR] = {.name = "BSRR", .offset = 0x18, .wo = 0xFFFFFFFF, .store = store_bsrr},
    [LCKR] = {.name = "LCKR", .offset = 0x1C, .rw = 0x1FFFF, .store = store_lckr},
    [AFRL] = {.name = "AFRL", .offset = 0x20, .rw = 0xFFFFFFFF, .store = store_afrl},
    [AFRH] = {.name = "AFRH", .offset = 0x24, .rw = 0xFFFFFFFF, .store = store_afrh},
    [BRR] = {.name = "BRR", .offset = 0x28, .wo = 0xFFFF, .store = store_brr},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    update_pin(dev, index);
}

static void reset(struct mote_device *dev)
{
    struct gpio_state *gpio = dev->state;
    gpio->lock_step = 0;
    mote_reg(dev, MODER) = gpio->reset_moder;
    mote_reg(dev, OSPEEDR) = gpio->reset_ospeedr;
    mote_reg(dev, PUPDR) = gpio->reset_pupdr;
    update_all(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    struct gpio_state *gpio = dev->state;
    gpio->reset_moder = mote_prop_u32(dev, "mote,reset-moder", regs[MODER].reset);
    gpio->reset_ospeedr = mote_prop_u32(dev, "mote,reset-ospeedr", 0);
    gpio->reset_pupdr = mote_prop_u32(dev, "mote,reset-pupdr", 0);
    return true;
}

const struct mote_device_class mote_class_stm32_gpio = {
    .name = "stm32_gpio",
    .summary = "STM32 general-purpose I/O port",
    .compatibles = {"st,stm32-gpio"},
    .state_bytes = sizeof(struct gpio_state),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .inputs = {{"pin", PINS}},
    .outputs = {{"pin", PINS}, {"in", PINS}, {"pad", PINS}},
    .attach = attach,
    .reset = reset,
    .input = input,
};
