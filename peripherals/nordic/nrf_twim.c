/* Nordic nRF52 TWIM (I2C master with EasyDMA) and TWI, the two faces of one block: ENABLE selects.
 *
 * Source: nRF52840 Product Specification v1.7, TWIM and TWI chapters; CMSIS-SVD of the nRF52840.
 * Clock input 0: PCLK16M. Property "mote,pins": SCL and SDA of the board's parts. Both faces are in
 * one class because firmware, not the board, chooses.
 * Modelled: each byte with its nine bit times at the programmed rate, START, repeated START, STOP,
 * ANACK and DNACK, SUSPEND and RESUME, shorts, array lists; legacy TXD and RXD with BB.
 * Not modelled: clock stretching by targets, OVERRUN, arbitration, SPI and SPIS/TWIS faces. */
#include "_nrf.h"
#include <mote/bus.h>

enum {
    TASKS_STARTRX,
    TASKS_STARTTX,
    TASKS_STOP,
    TASKS_SUSPEND,
    TASKS_RESUME,
    EVENTS_STOPPED,
    EVENTS_RXDREADY,
    EVENTS_TXDSENT,
    EVENTS_ERROR,
    EVENTS_BB,
    EVENTS_SUSPENDED,
    EVENTS_RXSTARTED,
    EVENTS_TXSTARTED,
    EVENTS_LASTRX,
    EVENTS_LASTTX,
    SHORTS,
    INTEN,
    INTENSET,
    INTENCLR,
    ERRORSRC,
    ENABLE,
    PSEL_SCL,
    PSEL_SDA,
    RXD,
    TXD,
    FREQUENCY,
    RXD_PTR,
    RXD_MAXCNT,
    RXD_AMOUNT,
    RXD_LIST,
    TXD_PTR,
    TXD_MAXCNT,
    TXD_AMOUNT,
    TXD_LIST,
    ADDRESS,
    REG_COUNT
};
enum { STEP };
enum { OFF, IDLE, ACTIVE };
/* HOLD: the master keeps the bus, with the clock low, until a task or a byte of data comes. */
enum { PHASE_IDLE, PHASE_ADDRESS, PHASE_TX, PHASE_RX, PHASE_HOLD, PHASE_STOP };

#define ENABLE_TWI           5u
#define ENABLE_TWIM          6u
#define EVENT_BITS           0x19c4286u
#define SHORT_BB_SUSPEND     0x1u
#define SHORT_BB_STOP        0x2u
#define SHORT_LASTTX_STARTRX 0x80u
#define SHORT_LASTTX_SUSPEND 0x100u
#define SHORT_LASTTX_STOP    0x200u
#define SHORT_LASTRX_STARTTX 0x400u
#define SHORT_LASTRX_SUSPEND 0x800u
#define SHORT_LASTRX_STOP    0x1000u
#define ERROR_ANACK          2u
#define ERROR_DNACK          4u
#define ADDRESS_BITS         10u /* START and address with acknowledge */
#define BYTE_BITS            9u

struct nrf_twim {
    struct nrf_common common;
    struct nrf_pins pins;
    uint8_t phase;
    bool reading;
    bool want_stop, want_suspend, want_tx, want_rx; /* tasks that wait for the byte's end */
    bool suspended;
    bool selected;     /* the addressed target acknowledged */
    bool rxd_full;     /* legacy */
    bool txd_full;     /* legacy */
    bool address_sent; /* legacy transmit: START waits for the first TXD */
    uint32_t address, count, done;
};

static bool legacy(struct mote_device *dev)
{
    return mote_reg(dev, ENABLE) == ENABLE_TWI;
}

static bool enabled(struct mote_device *dev)
{
    return legacy(dev) || mote_reg(dev, ENABLE) == ENABLE_TWIM;
}

static void go(struct mote_device *dev, uint8_t phase, uint32_t bits)
{
    struct nrf_twim *twi = dev->state;
    /* FREQUENCY is the rate as a fraction of 2^32 of PCLK16M. */
    uint64_t hz = (nrf_pclk_hz(dev) * mote_reg(dev, FREQUENCY)) >> 32;

    twi->phase = phase;
    mote_power_state(dev, ACTIVE);
    mote_event_after(dev, STEP, mote_cycles_to_ps(bits, hz == 0 ? 1 : hz));
}

static void hold(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    twi->phase = PHASE_HOLD;
    mote_event_cancel(dev, STEP);
}

static void set_amount(struct mote_device *dev)
{
    const struct nrf_twim *twi = dev->state;

    mote_reg(dev, twi->reading ? RXD_AMOUNT : TXD_AMOUNT) = twi->done;
}

static void begin(struct mote_device *dev, bool reading)
{
    struct nrf_twim *twi = dev->state;
    uint32_t pointer = reading ? RXD_PTR : TXD_PTR;
    uint32_t list = reading ? RXD_LIST : TXD_LIST;

    twi->want_tx = twi->want_rx = false;
    twi->suspended = twi->want_suspend = false;
    twi->reading = reading;
    twi->done = 0;
    twi->address_sent = false;
    if (legacy(dev)) {
        if (reading || twi->txd_full)
            go(dev, PHASE_ADDRESS, ADDRESS_BITS);
        else
            hold(dev);
        return;
    }
    twi->address = mote_reg(dev, pointer);
    twi->count = mote_reg(dev, reading ? RXD_MAXCNT : TXD_MAXCNT);
    if (mote_reg(dev, list) & 1u)
        mote_reg(dev, pointer) += twi->count;
    nrf_event(dev, reading ? EVENTS_RXSTARTED : EVENTS_TXSTARTED);
    go(dev, PHASE_ADDRESS, ADDRESS_BITS);
}

static void suspend_now(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    twi->want_suspend = false;
    twi->suspended = true;
    hold(dev);
    nrf_event(dev, EVENTS_SUSPENDED);
}

/* The last byte begins: its event and the tasks tied to it by shorts. */
static void last_byte(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;
    uint32_t shorts = mote_reg(dev, SHORTS);

    nrf_event(dev, twi->reading ? EVENTS_LASTRX : EVENTS_LASTTX);
    if (twi->reading) {
        twi->want_tx |= (shorts & SHORT_LASTRX_STARTTX) != 0;
        twi->want_suspend |= (shorts & SHORT_LASTRX_SUSPEND) != 0;
        twi->want_stop |= (shorts & SHORT_LASTRX_STOP) != 0;
    } else {
        twi->want_rx |= (shorts & SHORT_LASTTX_STARTRX) != 0;
        twi->want_suspend |= (shorts & SHORT_LASTTX_SUSPEND) != 0;
        twi->want_stop |= (shorts & SHORT_LASTTX_STOP) != 0;
    }
}

static void byte_boundary(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;
    uint32_t shorts = mote_reg(dev, SHORTS);

    nrf_event(dev, EVENTS_BB);
    twi->want_suspend |= (shorts & SHORT_BB_SUSPEND) != 0;
    twi->want_stop |= (shorts & SHORT_BB_STOP) != 0;
}

/* What a waiting task asks for between two bytes; true when it took the bus. */
static bool obey(struct mote_device *dev, bool buffer_done)
{
    struct nrf_twim *twi = dev->state;

    if (twi->want_stop) {
        go(dev, PHASE_STOP, 1);
        return true;
    }
    if (twi->want_suspend) {
        suspend_now(dev);
        return true;
    }
    if (buffer_done && (twi->want_rx || twi->want_tx)) {
        begin(dev, twi->want_rx);
        return true;
    }
    return false;
}

static void next_byte(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    if (legacy(dev)) {
        if (obey(dev, true))
            return;
        if (twi->reading ? twi->rxd_full : !twi->txd_full) {
            hold(dev);
            return;
        }
        byte_boundary(dev);
    } else {
        bool finished = twi->done >= twi->count;

        if (finished && twi->count == 0 && twi->done == 0)
            last_byte(dev); /* nothing to move, yet the shorts end the transfer */
        if (obey(dev, finished))
            return;
        if (finished) {
            hold(dev);
            return;
        }
        if (twi->done + 1 == twi->count)
            last_byte(dev);
    }
    go(dev, twi->reading ? PHASE_RX : PHASE_TX, BYTE_BITS);
}

static void fail(struct mote_device *dev, uint32_t error)
{
    struct nrf_twim *twi = dev->state;

    mote_reg(dev, ERRORSRC) |= error;
    twi->want_tx = twi->want_rx = twi->want_suspend = false;
    set_amount(dev);
    hold(dev);
    nrf_event(dev, EVENTS_ERROR);
    if (twi->want_stop)
        go(dev, PHASE_STOP, 1);
}

static void address_done(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    twi->address_sent = true;
    twi->selected = nrf_pins_match(dev, &twi->pins, PSEL_SCL, 2) &&
                    mote_i2c_start(dev, (uint8_t)mote_reg(dev, ADDRESS), twi->reading);
    if (twi->selected)
        next_byte(dev);
    else
        fail(dev, ERROR_ANACK);
}

static void tx_done(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;
    uint8_t byte = (uint8_t)mote_reg(dev, TXD);

    if (legacy(dev))
        twi->txd_full = false;
    else
        nrf_dma_read(dev, twi->address + twi->done, &byte, 1);
    bool taken = mote_i2c_write(dev, byte);

    twi->done++;
    set_amount(dev);
    if (!taken) {
        fail(dev, ERROR_DNACK);
        return;
    }
    if (legacy(dev))
        nrf_event(dev, EVENTS_TXDSENT);
    next_byte(dev);
}

static void rx_done(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;
    uint8_t byte = mote_i2c_read(dev);

    if (legacy(dev)) {
        mote_reg(dev, RXD) = byte;
        twi->rxd_full = true;
    } else {
        nrf_dma_write(dev, twi->address + twi->done, &byte, 1);
    }
    twi->done++;
    set_amount(dev);
    if (legacy(dev))
        nrf_event(dev, EVENTS_RXDREADY);
    next_byte(dev);
}

static void stop_done(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    mote_i2c_stop(dev);
    twi->phase = PHASE_IDLE;
    twi->want_stop = twi->want_suspend = twi->suspended = false;
    twi->txd_full = false;
    mote_power_state(dev, IDLE);
    nrf_event(dev, EVENTS_STOPPED);
    if (twi->want_rx || twi->want_tx)
        begin(dev, twi->want_rx);
}

static void step(struct mote_device *dev)
{
    const struct nrf_twim *twi = dev->state;

    if (twi->phase == PHASE_ADDRESS)
        address_done(dev);
    else if (twi->phase == PHASE_TX)
        tx_done(dev);
    else if (twi->phase == PHASE_RX)
        rx_done(dev);
    else if (twi->phase == PHASE_STOP)
        stop_done(dev);
}

static void start(struct mote_device *dev, bool reading)
{
    struct nrf_twim *twi = dev->state;

    if (!enabled(dev))
        return;
    if (twi->phase == PHASE_IDLE || twi->phase == PHASE_HOLD)
        begin(dev, reading);
    else if (reading)
        twi->want_rx = true;
    else
        twi->want_tx = true;
}

static void start_rx(struct mote_device *dev)
{
    start(dev, true);
}

static void start_tx(struct mote_device *dev)
{
    start(dev, false);
}

static void stop(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    if (!enabled(dev))
        return;
    if (twi->phase == PHASE_IDLE) {
        nrf_event(dev, EVENTS_STOPPED);
    } else {
        twi->want_stop = true;
        twi->want_rx = twi->want_tx = false;
        if (twi->phase == PHASE_HOLD && !twi->suspended)
            go(dev, PHASE_STOP, 1);
    }
}

static void suspend(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    if (!enabled(dev))
        return;
    if (twi->phase == PHASE_IDLE || twi->phase == PHASE_HOLD)
        suspend_now(dev);
    else
        twi->want_suspend = true;
}

static void resume(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    if (!twi->suspended)
        return;
    twi->suspended = false;
    if (twi->want_stop)
        go(dev, PHASE_STOP, 1);
    else if (twi->selected && (twi->done > 0 || twi->address_sent))
        next_byte(dev);
}

static void txd_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct nrf_twim *twi = dev->state;

    (void)element;
    (void)old;
    (void)written;
    twi->txd_full = true;
    if (twi->phase != PHASE_HOLD || twi->reading || twi->suspended || !legacy(dev))
        return;
    if (!twi->address_sent)
        go(dev, PHASE_ADDRESS, ADDRESS_BITS);
    else if (twi->selected)
        next_byte(dev);
}

static uint32_t rxd_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct nrf_twim *twi = dev->state;
    bool was_full = twi->rxd_full;

    (void)element;
    twi->rxd_full = false;
    if (was_full && twi->phase == PHASE_HOLD && twi->reading && !twi->suspended && legacy(dev))
        next_byte(dev);
    return value;
}

static void quiet(struct mote_device *dev)
{
    struct nrf_twim *twi = dev->state;

    twi->phase = PHASE_IDLE;
    twi->want_stop = twi->want_suspend = twi->want_tx = twi->want_rx = false;
    twi->suspended = twi->rxd_full = twi->txd_full = twi->selected = twi->address_sent = false;
    twi->done = 0;
    mote_event_cancel(dev, STEP);
    mote_power_state(dev, enabled(dev) ? IDLE : OFF);
}

static void enable_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    const struct nrf_twim *twi = dev->state;

    (void)element;
    (void)written;
    if (mote_reg(dev, ENABLE) == old)
        return;
    if (twi->phase != PHASE_IDLE)
        mote_i2c_stop(dev);
    quiet(dev);
}

NRF_TASK_HOOK(task_startrx, start_rx)
NRF_TASK_HOOK(task_starttx, start_tx)
NRF_TASK_HOOK(task_stop, stop)
NRF_TASK_HOOK(task_suspend, suspend)
NRF_TASK_HOOK(task_resume, resume)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_STARTRX] = NRF_TASK("TASKS_STARTRX", 0x000, task_startrx),
    [TASKS_STARTTX] = NRF_TASK("TASKS_STARTTX", 0x008, task_starttx),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x014, task_stop),
    [TASKS_SUSPEND] = NRF_TASK("TASKS_SUSPEND", 0x01c, task_suspend),
    [TASKS_RESUME] = NRF_TASK("TASKS_RESUME", 0x020, task_resume),
    [EVENTS_STOPPED] = NRF_EVENT("EVENTS_STOPPED", 0x104),
    [EVENTS_RXDREADY] = NRF_EVENT("EVENTS_RXDREADY", 0x108),
    [EVENTS_TXDSENT] = NRF_EVENT("EVENTS_TXDSENT", 0x11c),
    [EVENTS_ERROR] = NRF_EVENT("EVENTS_ERROR", 0x124),
    [EVENTS_BB] = NRF_EVENT("EVENTS_BB", 0x138),
    [EVENTS_SUSPENDED] = NRF_EVENT("EVENTS_SUSPENDED", 0x148),
    [EVENTS_RXSTARTED] = NRF_EVENT("EVENTS_RXSTARTED", 0x14c),
    [EVENTS_TXSTARTED] = NRF_EVENT("EVENTS_TXSTARTED", 0x150),
    [EVENTS_LASTRX] = NRF_EVENT("EVENTS_LASTRX", 0x15c),
    [EVENTS_LASTTX] = NRF_EVENT("EVENTS_LASTTX", 0x160),
    [SHORTS] = {.name = "SHORTS", .offset = 0x200, .rw = 0x1f83},
    [INTEN] = NRF_INTEN(EVENT_BITS),
    [INTENSET] = NRF_INTENSET(EVENT_BITS),
    [INTENCLR] = NRF_INTENCLR,
    [ERRORSRC] = {.name = "ERRORSRC", .offset = 0x4c4, .w1c = UINT32_MAX},
    [ENABLE] = {.name = "ENABLE", .offset = 0x500, .rw = 0xf, .store = enable_stored},
    [PSEL_SCL] = NRF_PSEL("PSEL.SCL", 0x508),
    [PSEL_SDA] = NRF_PSEL("PSEL.SDA", 0x50c),
    [RXD] = {.name = "RXD", .offset = 0x518, .ro = 0xff, .load = rxd_load},
    [TXD] = {.name = "TXD", .offset = 0x51c, .rw = 0xff, .store = txd_stored},
    [FREQUENCY] = {.name = "FREQUENCY", .offset = 0x524, .rw = UINT32_MAX, .reset = 0x04000000},
    [RXD_PTR] = {.name = "RXD.PTR", .offset = 0x534, .rw = UINT32_MAX},
    [RXD_MAXCNT] = {.name = "RXD.MAXCNT", .offset = 0x538, .rw = 0xffff},
    [RXD_AMOUNT] = {.name = "RXD.AMOUNT", .offset = 0x53c, .ro = 0xffff},
    [RXD_LIST] = {.name = "RXD.LIST", .offset = 0x540, .rw = 7},
    [TXD_PTR] = {.name = "TXD.PTR", .offset = 0x544, .rw = UINT32_MAX},
    [TXD_MAXCNT] = {.name = "TXD.MAXCNT", .offset = 0x548, .rw = 0xffff},
    [TXD_AMOUNT] = {.name = "TXD.AMOUNT", .offset = 0x54c, .ro = 0xffff},
    [TXD_LIST] = {.name = "TXD.LIST", .offset = 0x550, .rw = 7},
    [ADDRESS] = {.name = "ADDRESS", .offset = 0x588, .rw = 0x7f},
};

static const struct mote_event_desc events[] = {[STEP] = {"step", step, 0}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_twim *twi = dev->state;

    (void)err;
    nrf_attach(dev);
    nrf_pins_attach(dev, &twi->pins);
    return true;
}

const struct mote_device_class mote_class_nrf_twim = {
    .name = "nrf_twim",
    .summary = "nRF52 I2C master, with and without EasyDMA",
    .compatibles = {"nordic,nrf-twim", "nordic,nrf-twi"},
    .state_bytes = sizeof(struct nrf_twim),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "idle", "active"},
    .clocked_states = 1u << 2,
    .attach = attach,
    .reset = quiet,
};
