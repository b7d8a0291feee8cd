/* Nordic nRF52 GPIO port (P0, P1).
 *
 * Source: nRF52840 Product Specification v1.7, GPIO chapter; CMSIS-SVD of the nRF52840.
 * Register offsets count from the port's base, P0 0x50000000 and P1 0x50000300: the registers lie
 * in the second window of Zephyr's two (base + 0x500). Modelled: direction, output, input buffer,
 * pull resistors, open-drain drives, SENSE with DETECT and LATCH in both modes; other peripherals
 * driving a pin through input group "alt". Not modelled: drive strength, contention (the port's own
 * level wins inside the chip). */
#include "_nrf.h"

#define PINS 32u

enum { OUT, OUTSET, OUTCLR, IN, DIR, DIRSET, DIRCLR, LATCH, DETECTMODE, PIN_CNF, REG_COUNT };
enum { IN_PIN, IN_ALT = PINS };
enum { OUT_PIN, OUT_IN = PINS, OUT_DETECT = 2 * PINS };

#define CNF_DIR        1u
#define CNF_INPUT_OFF  2u
#define CNF_PULL(cnf)  (((cnf) >> 2) & 3u)
#define CNF_DRIVE(cnf) (((cnf) >> 8) & 7u)
#define CNF_SENSE(cnf) (((cnf) >> 16) & 3u)
#define PULL_UP        3u
#define DRIVE_D0S1     4u /* from here on: no drive at 0 (4, 5) or at 1 (6, 7) */
#define DRIVE_S0D1     6u
#define SENSE_HIGH     2u
#define SENSE_LOW      3u

struct nrf_gpio {
    uint32_t sensed; /* pins whose level meets their SENSE now */
};

static int driven_level(struct mote_device *dev, uint32_t pin)
{
    int alt = mote_wire_input(dev, IN_ALT + pin);
    uint32_t cnf = mote_reg_at(dev, PIN_CNF, pin);

    if (alt == MOTE_WIRE_Z && !(cnf & CNF_DIR))
        return MOTE_WIRE_Z;
    int level = alt != MOTE_WIRE_Z ? alt : (int)((mote_reg(dev, OUT) >> pin) & 1u);
    uint32_t drive = CNF_DRIVE(cnf);

    if (drive >= DRIVE_D0S1 && level == (drive >= DRIVE_S0D1))
        return MOTE_WIRE_Z;
    return level;
}

static void update_detect(struct mote_device *dev)
{
    const struct nrf_gpio *gpio = dev->state;
    bool latched = (mote_reg(dev, DETECTMODE) & 1u) != 0;
    uint32_t now = latched ? mote_reg(dev, LATCH) : gpio->sensed;

    mote_wire_set(dev, OUT_DETECT, now != 0);
}

/* Everything that follows from a pin's configuration, output and outside level. */
static void update_pin(struct mote_device *dev, uint32_t pin)
{
    struct nrf_gpio *gpio = dev->state;
    uint32_t bit = 1u << pin;
    uint32_t cnf = mote_reg_at(dev, PIN_CNF, pin);
    int driven = driven_level(dev, pin);
    int level = driven;

    if (level == MOTE_WIRE_Z)
        level = mote_wire_input(dev, IN_PIN + pin);
    if (level == MOTE_WIRE_Z)
        level = CNF_PULL(cnf) == PULL_UP;
    int seen = (cnf & CNF_INPUT_OFF) ? 0 : level;
    uint32_t sense = CNF_SENSE(cnf);
    bool met = !(cnf & CNF_INPUT_OFF) &&
               ((sense == SENSE_HIGH && level == 1) || (sense == SENSE_LOW && level == 0));

    gpio->sensed = met ? gpio->sensed | bit : gpio->sensed & ~bit;
    mote_reg(dev, IN) = seen ? mote_reg(dev, IN) | bit : mote_reg(dev, IN) & ~bit;
    if (met)
        mote_reg(dev, LATCH) |= bit;
    mote_wire_set(dev, OUT_IN + pin, seen);
    update_detect(dev);
    mote_wire_set(dev, OUT_PIN + pin, driven); /* last: a part may answer at once through input() */
}

static void set_out(struct mote_device *dev, uint32_t old, uint32_t value)
{
    mote_reg(dev, OUT) = value;
    mote_reg(dev, OUTSET) = value;
    mote_reg(dev, OUTCLR) = value;
    for (uint32_t changed = old ^ value, pin = 0; changed != 0; changed >>= 1, pin++)
        if (changed & 1u)
            update_pin(dev, pin);
}

static void out_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    set_out(dev, old, mote_reg(dev, OUT));
}

static void outset_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    set_out(dev, old, mote_reg(dev, OUTSET));
}

static void outclr_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    set_out(dev, old, mote_reg(dev, OUTCLR));
}

/* DIR and the DIR bits of PIN_CNF are the same bits. */
static void set_dir(struct mote_device *dev, uint32_t old, uint32_t value)
{
    mote_reg(dev, DIR) = value;
    mote_reg(dev, DIRSET) = value;
    mote_reg(dev, DIRCLR) = value;
    for (uint32_t pin = 0; pin < PINS; pin++) {
        if (!((old ^ value) >> pin & 1u))
            continue;
        mote_reg_at(dev, PIN_CNF, pin) ^= CNF_DIR;
        update_pin(dev, pin);
    }
}

static void dir_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    set_dir(dev, old, mote_reg(dev, DIR));
}

static void dirset_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    set_dir(dev, old, mote_reg(dev, DIRSET));
}

static void dirclr_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    set_dir(dev, old, mote_reg(dev, DIRCLR));
}

static void cnf_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    uint32_t bit = 1u << element;
    uint32_t dir = mote_reg(dev, DIR) & ~bit;

    (void)old;
    (void)written;
    if (mote_reg_at(dev, PIN_CNF, element) & CNF_DIR)
        dir |= bit;
    mote_reg(dev, DIR) = dir;
    mote_reg(dev, DIRSET) = dir;
    mote_reg(dev, DIRCLR) = dir;
    update_pin(dev, element);
}

/* A cleared latch whose pin still meets its SENSE sets again; LDETECT then shows a new edge. */
static void latch_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct nrf_gpio *gpio = dev->state;

    (void)element;
    (void)old;
    (void)written;
    mote_reg(dev, LATCH) |= gpio->sensed;
    if (mote_reg(dev, DETECTMODE) & 1u)
        mote_wire_set(dev, OUT_DETECT, 0);
    update_detect(dev);
}

static void mode_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update_detect(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [OUT] = {.name = "OUT", .offset = 0x504, .rw = UINT32_MAX, .store = out_stored},
    [OUTSET] = {.name = "OUTSET", .offset = 0x508, .w1s = UINT32_MAX, .store = outset_stored},
    [OUTCLR] = {.name = "OUTCLR", .offset = 0x50c, .w1c = UINT32_MAX, .store = outclr_stored},
    [IN] = {.name = "IN", .offset = 0x510, .ro = UINT32_MAX},
    [DIR] = {.name = "DIR", .offset = 0x514, .rw = UINT32_MAX, .store = dir_stored},
    [DIRSET] = {.name = "DIRSET", .offset = 0x518, .w1s = UINT32_MAX, .store = dirset_stored},
    [DIRCLR] = {.name = "DIRCLR", .offset = 0x51c, .w1c = UINT32_MAX, .store = dirclr_stored},
    [LATCH] = {.name = "LATCH", .offset = 0x520, .w1c = UINT32_MAX, .store = latch_stored},
    [DETECTMODE] = {.name = "DETECTMODE", .offset = 0x524, .rw = 1, .store = mode_stored},
    [PIN_CNF] = {.name = "PIN_CNF[%u]",
                 .offset = 0x700,
                 .rw = 0x3070f,
                 .reset = CNF_INPUT_OFF,
                 .count = PINS,
                 .store = cnf_stored},
};

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)level;
    update_pin(dev, index % PINS);
}

static void reset(struct mote_device *dev)
{
    struct nrf_gpio *gpio = dev->state;

    gpio->sensed = 0;
    for (uint32_t pin = 0; pin < PINS; pin++)
        update_pin(dev, pin);
}

const struct mote_device_class mote_class_nrf_gpio = {
    .name = "nrf_gpio",
    .summary = "nRF52 GPIO port",
    .compatibles = {"nordic,nrf-gpio"},
    .state_bytes = sizeof(struct nrf_gpio),
    .regs = regs,
    .reg_count = REG_COUNT,
    .inputs = {{"pin", PINS}, {"alt", PINS}},
    .outputs = {{"pin", PINS}, {"in", PINS}, {"detect", 1}},
    .reset = reset,
    .input = input,
};
