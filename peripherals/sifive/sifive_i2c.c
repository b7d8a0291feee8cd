/* I2C master of the FE310-G002 (the OpenCores controller).
 *
 * Documents: SiFive FE310-G002 Manual v19p05, chapter "Inter-Integrated Circuit (I2C) Master
 * Interface"; OpenCores "I2C-Master Core Specification" rev 0.9.
 * Modelled: prescaler, enable, START, repeated START, STOP, write, read, acknowledge, transfer in
 * progress, interrupt flag. Not modelled: clock stretching, arbitration (never lost), the time of
 * START and STOP apart from a byte.
 * Clock input 0: tlclk. Output: irq. */
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/device.h>

enum { PRERLO, PRERHI, CTR, DATA, COMMAND, ROWS };
enum { EVENT_DONE };
enum { POWER_OFF, POWER_IDLE, POWER_ACTIVE };

#define CTR_EN    0x80u
#define CTR_IEN   0x40u
#define CR_STA    0x80u
#define CR_STO    0x40u
#define CR_RD     0x20u
#define CR_WR     0x10u
#define CR_IACK   0x01u
#define SR_NOACK  0x80u
#define SR_BUSY   0x40u
#define SR_TIP    0x02u
#define SR_IF     0x01u
#define BYTE_BITS 9u /* with its acknowledge */

struct sifive_i2c {
    uint8_t transmit, receive, command;
    bool busy, working, flag, no_ack;
};

static void update(struct mote_device *dev)
{
    const struct sifive_i2c *i2c = dev->state;
    uint32_t control = mote_reg(dev, CTR);
    mote_wire_set(dev, 0, i2c->flag && (control & CTR_IEN));
    mote_power_state(dev, i2c->working         ? POWER_ACTIVE
                          : (control & CTR_EN) ? POWER_IDLE
                                               : POWER_OFF);
}

/* SCL runs at a fifth of the prescaled clock. */
static uint64_t byte_ps(struct mote_device *dev)
{
    uint64_t divisor = 5 * ((mote_reg(dev, PRERLO) | mote_reg(dev, PRERHI) << 8) + 1ull);
    return mote_cycles_to_ps(BYTE_BITS * divisor, mote_clock_hz(dev, 0));
}

static void done(struct mote_device *dev)
{
    struct sifive_i2c *i2c = dev->state;
    uint8_t command = i2c->command;
    if (command & CR_WR) {
        bool acknowledged = command & CR_STA
                                ? mote_i2c_start(dev, i2c->transmit >> 1, i2c->transmit & 1)
                                : mote_i2c_write(dev, i2c->transmit);
        i2c->no_ack = !acknowledged;
        i2c->busy = true;
    } else if (command & CR_RD) {
        i2c->receive = mote_i2c_read(dev);
    }
    if (command & CR_STO) {
        mote_i2c_stop(dev);
        i2c->busy = false;
    }
    i2c->working = false;
    i2c->flag = true;
    update(dev);
}

static uint32_t load_data(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct sifive_i2c *i2c = dev->state;
    (void)element;
    (void)value;
    return i2c->receive;
}

static void store_data(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_i2c *i2c = dev->state;
    (void)element;
    (void)old;
    i2c->transmit = (uint8_t)written;
}

static uint32_t load_status(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct sifive_i2c *i2c = dev->state;
    (void)element;
    (void)value;
    return (i2c->no_ack ? SR_NOACK : 0) | (i2c->busy ? SR_BUSY : 0) | (i2c->working ? SR_TIP : 0) |
           (i2c->flag ? SR_IF : 0);
}

static void store_command(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_i2c *i2c = dev->state;
    (void)element;
    (void)old;
    if (written & CR_IACK)
        i2c->flag = false;
    if ((written & (CR_RD | CR_WR | CR_STO)) && (mote_reg(dev, CTR) & CTR_EN) && !i2c->working) {
        i2c->command = (uint8_t)written;
        i2c->working = true;
        uint64_t time_ps = byte_ps(dev);
        if (time_ps != MOTE_NEVER_PS)
            mote_event_after(dev, EVENT_DONE, time_ps);
    }
    update(dev);
}

static void store_control(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_i2c *i2c = dev->state;
    (void)element;
    (void)old;
    (void)written;
    if (!(mote_reg(dev, CTR) & CTR_EN)) {
        mote_event_cancel(dev, EVENT_DONE);
        i2c->working = i2c->busy = false;
    }
    update(dev);
}

static const struct mote_reg regs[ROWS] = {
    [PRERLO] = {.name = "PRERlo", .offset = 0x00, .reset = 0xFF, .rw = 0xFF},
    [PRERHI] = {.name = "PRERhi", .offset = 0x04, .reset = 0xFF, .rw = 0xFF},
    [CTR] = {.name = "CTR", .offset = 0x08, .rw = CTR_EN | CTR_IEN, .store = store_control},
    [DATA] =
        {.name = "TXR/RXR", .offset = 0x0C, .wo = 0xFF, .load = load_data, .store = store_data},
    [COMMAND] =
        {.name = "CR/SR", .offset = 0x10, .wo = 0xFF, .load = load_status, .store = store_command},
};

static void reset(struct mote_device *dev)
{
    struct sifive_i2c *i2c = dev->state;
    *i2c = (struct sifive_i2c){0};
    update(dev);
}

static const struct mote_event_desc events[] = {[EVENT_DONE] = {"done", done, 0}};

const struct mote_device_class mote_class_sifive_i2c = {
    .name = "sifive_i2c",
    .summary = "I2C master (OpenCores) of the FE310",
    .compatibles = {"sifive,i2c0"},
    .state_bytes = sizeof(struct sifive_i2c),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "idle", "active"},
    .reset = reset,
};
