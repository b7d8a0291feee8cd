/* I2C master of the CORE-V-MCU's uDMA: carries out a sequence of commands from memory.
 *
 * Source: openhwgroup/core-v-mcu @cf5be30, docs/doc-src/ip-blocks/udma_i2cm.rst; what it leaves
 * open (the length of a bit, how a repetition counts) as rtl/udma/udma_i2c does it.
 *
 * Modelled: all commands but I2C_WAIT_EV, with the time of their bits; the receive FIFO of four
 * bytes, behind which a read waits for its channel; sticky BUSY; soft reset.
 *
 * Not modelled: I2C_WAIT_EV (goes on at once), clock stretching, a second master (AL stays 0),
 * 10-bit addresses, reads of SADDR as the present address. A target that does not acknowledge is
 * not told to the firmware: the device has no bit for it. SADDR is kept in 32 bits.
 *
 * Clock input 0: the peripheral clock. Outputs: irq[3]: received buffer, transmitted buffer,
 * status. */
#include "_corev_udma.h"
#include <mote/bus.h>
#include <mote/clock.h>

enum { RX_SADDR, RX_SIZE, RX_CFG, TX_SADDR, TX_SIZE, TX_CFG, STATUS, SETUP, ROWS };
enum { EVENT_DONE };
enum { OUT_RX, OUT_TX, OUT_STATUS };
enum { FIFO_BYTES = 4 };

/* Commands, in the upper half of a byte. */
enum {
    CMD_START = 0x0,
    CMD_WAIT_EV = 0x1,
    CMD_STOP = 0x2,
    CMD_RD_ACK = 0x4,
    CMD_RD_NACK = 0x6,
    CMD_WR = 0x8,
    CMD_WAIT = 0xA,
    CMD_RPT = 0xC,
    CMD_CFG = 0xE
};
/* What the next byte is. */
enum { IS_COMMAND, IS_DATA, IS_WAIT, IS_COUNT, IS_SKIPPED, IS_DIVIDER_MSB, IS_DIVIDER_LSB };

#define STATUS_BUSY    (1u << 0)
#define STATUS_AL      (1u << 1)
#define SETUP_RESET    (1u << 0)
#define DIVIDER_RESET  0x100
#define PHASES_PER_BIT 4
#define BITS_PER_BYTE  9 /* with the acknowledge bit */

struct corev_i2cm {
    struct udma_channel rx, tx;
    uint8_t fifo[FIFO_BYTES + 1], fifo_count; /* the last is the one that waits for room */
    uint8_t next, command, byte, repeat;
    uint32_t bits; /* of the action under way; 0: none */
    uint16_t divider;
    bool busy, addressed;
};

/* ---- time -------------------------------------------------------------------------------------
 */

static void arm(struct mote_device *dev)
{
    const struct corev_i2cm *i2c = dev->state;
    uint64_t cycles = (uint64_t)i2c->bits * PHASES_PER_BIT * (i2c->divider + 1u);
    uint64_t time_ps = mote_cycles_to_ps(cycles, mote_clock_hz(dev, 0));
    mote_event_cancel(dev, EVENT_DONE);
    if (i2c->bits != 0 && time_ps != MOTE_NEVER_PS)
        mote_event_after(dev, EVENT_DONE, time_ps);
}

static void act(struct mote_device *dev, uint8_t command, uint32_t bits)
{
    struct corev_i2cm *i2c = dev->state;
    i2c->command = command;
    i2c->bits = bits;
    arm(dev);
}

/* ---- receive FIFO -----------------------------------------------------------------------------
 */

static void drain(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    while (i2c->fifo_count > 0 && udma_channel_runs(dev, &i2c->rx, RX_SADDR)) {
        bool last = udma_channel_write(dev, &i2c->rx, RX_SADDR, i2c->fifo[0]);
        i2c->fifo_count--;
        for (uint32_t i = 0; i < i2c->fifo_count; i++)
            i2c->fifo[i] = i2c->fifo[i + 1];
        if (last)
            mote_wire_pulse(dev, OUT_RX);
    }
}

static bool is_stalled(const struct corev_i2cm *i2c)
{
    return i2c->fifo_count > FIFO_BYTES;
}

/* ---- commands ---------------------------------------------------------------------------------
 */

static void begin(struct mote_device *dev, uint8_t byte)
{
    struct corev_i2cm *i2c = dev->state;
    uint8_t command = byte >> 4;
    switch (command) {
    case CMD_START:
    case CMD_STOP:
        act(dev, command, 1);
        break;
    case CMD_RD_ACK:
    case CMD_RD_NACK:
        act(dev, command, BITS_PER_BYTE);
        break;
    case CMD_WR:
        i2c->next = IS_DATA;
        break;
    case CMD_WAIT:
        i2c->next = IS_WAIT;
        break;
    case CMD_RPT:
        i2c->next = IS_COUNT;
        break;
    case CMD_CFG:
        i2c->next = IS_DIVIDER_MSB;
        break;
    case CMD_WAIT_EV:
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "I2C_WAIT_EV is not modelled: no wait");
        break;
    default: /* undefined commands do nothing */
        break;
    }
}

static void take(struct mote_device *dev, uint8_t byte)
{
    struct corev_i2cm *i2c = dev->state;
    uint8_t what = i2c->next;
    i2c->next = IS_COMMAND;
    switch (what) {
    case IS_DATA:
        i2c->byte = byte;
        act(dev, CMD_WR, BITS_PER_BYTE);
        break;
    case IS_WAIT:
        act(dev, CMD_WAIT, byte + 1u);
        break;
    case IS_COUNT:
        i2c->repeat = (uint8_t)(byte - 1) & 0x7F;
        if (byte == 0) {
            i2c->repeat = 0;
            i2c->next = IS_SKIPPED;
        }
        break;
    case IS_SKIPPED:
        break;
    case IS_DIVIDER_MSB:
        i2c->divider = (uint16_t)((i2c->divider & 0xFF) | byte << 8);
        i2c->next = IS_DIVIDER_LSB;
        break;
    case IS_DIVIDER_LSB:
        i2c->divider = (uint16_t)((i2c->divider & 0xFF00) | byte);
        break;
    default:
        begin(dev, byte);
        break;
    }
}

static void go_on(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    while (i2c->bits == 0 && !is_stalled(i2c) && udma_channel_runs(dev, &i2c->tx, TX_SADDR)) {
        uint32_t byte;
        bool last = udma_channel_read(dev, &i2c->tx, TX_SADDR, &byte);
        take(dev, (uint8_t)byte);
        if (last)
            mote_wire_pulse(dev, OUT_TX);
    }
}

/* ---- what happens on the bus ------------------------------------------------------------------
 */

static void finish_start(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    i2c->addressed = false;
    if (i2c->busy)
        return;
    i2c->busy = true;
    mote_reg(dev, STATUS) |= STATUS_BUSY;
    mote_wire_pulse(dev, OUT_STATUS);
}

/* The first byte behind a start is the address. */
static void finish_write(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    if (!i2c->busy)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "I2C_CMD_WR without a start before it");
    else if (i2c->addressed)
        mote_i2c_write(dev, i2c->byte);
    else
        mote_i2c_start(dev, i2c->byte >> 1, i2c->byte & 1);
    i2c->addressed = true;
    if (i2c->repeat > 0) {
        i2c->repeat--;
        i2c->next = IS_DATA;
    }
}

static void finish_read(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    uint8_t command = i2c->command;
    i2c->fifo[i2c->fifo_count++] = i2c->busy && i2c->addressed ? mote_i2c_read(dev) : 0xFF;
    drain(dev);
    if (i2c->repeat > 0 && !is_stalled(i2c)) {
        i2c->repeat--;
        act(dev, command, BITS_PER_BYTE);
    }
}

static void finish_stop(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    if (i2c->busy && i2c->addressed)
        mote_i2c_stop(dev);
    i2c->busy = i2c->addressed = false;
}

static void done(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    i2c->bits = 0;
    switch (i2c->command) {
    case CMD_START:
        finish_start(dev);
        break;
    case CMD_STOP:
        finish_stop(dev);
        break;
    case CMD_WR:
        finish_write(dev);
        break;
    case CMD_RD_ACK:
    case CMD_RD_NACK:
        finish_read(dev);
        break;
    default:
        break;
    }
    go_on(dev);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static void store_rx(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct corev_i2cm *i2c = dev->state;
    (void)element;
    (void)old;
    bool stalled = is_stalled(i2c);
    udma_channel_configure(dev, &i2c->rx, RX_SADDR, written);
    drain(dev);
    if (stalled && !is_stalled(i2c) && i2c->repeat > 0) {
        i2c->repeat--;
        act(dev, i2c->command, BITS_PER_BYTE);
    }
    go_on(dev);
}

static void store_tx(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct corev_i2cm *i2c = dev->state;
    (void)element;
    (void)old;
    udma_channel_configure(dev, &i2c->tx, TX_SADDR, written);
    go_on(dev);
}

static uint32_t load_left_rx(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct corev_i2cm *i2c = dev->state;
    (void)element;
    (void)value;
    return i2c->rx.left;
}

static uint32_t load_left_tx(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct corev_i2cm *i2c = dev->state;
    (void)element;
    (void)value;
    return i2c->tx.left;
}

static void abort_all(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    finish_stop(dev);
    i2c->bits = i2c->repeat = i2c->fifo_count = 0;
    i2c->next = IS_COMMAND;
    i2c->divider = DIVIDER_RESET;
    arm(dev);
}

static void store_setup(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    if (written & SETUP_RESET)
        abort_all(dev);
}

static const struct mote_reg regs[ROWS] = {
    [RX_SADDR] = {.name = "RX_SADDR", .offset = 0x00, .rw = ~0u},
    [RX_SIZE] = {.name = "RX_SIZE", .offset = 0x04, .rw = 0xFFFF, .load = load_left_rx},
    [RX_CFG] = {.name = "RX_CFG",
                .offset = 0x08,
                .rw = UDMA_CONTINUOUS | UDMA_EN,
                .ro = UDMA_PENDING,
                .wo = UDMA_CLR,
                .store = store_rx},
    [TX_SADDR] = {.name = "TX_SADDR", .offset = 0x10, .rw = ~0u},
    [TX_SIZE] = {.name = "TX_SIZE", .offset = 0x14, .rw = 0xFFFF, .load = load_left_tx},
    [TX_CFG] = {.name = "TX_CFG",
                .offset = 0x18,
                .rw = UDMA_CONTINUOUS | UDMA_EN,
                .ro = UDMA_PENDING,
                .wo = UDMA_CLR,
                .store = store_tx},
    [STATUS] = {.name = "STATUS", .offset = 0x20, .rc = STATUS_BUSY | STATUS_AL},
    [SETUP] = {.name = "SETUP", .offset = 0x24, .rw = SETUP_RESET, .store = store_setup},
};

static void reset(struct mote_device *dev)
{
    struct corev_i2cm *i2c = dev->state;
    *i2c = (struct corev_i2cm){.divider = DIVIDER_RESET};
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    arm(dev); /* the action begins anew */
}

static const struct mote_event_desc events[] = {[EVENT_DONE] = {"done", done, 0}};

const struct mote_device_class mote_class_corev_i2cm = {
    .name = "corev_i2cm",
    .summary = "CORE-V-MCU uDMA I2C master",
    .compatibles = {"openhwgroup,core-v-i2cm"},
    .state_bytes = sizeof(struct corev_i2cm),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x80,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 3}},
    .reset = reset,
    .clock_changed = clock_changed,
};
