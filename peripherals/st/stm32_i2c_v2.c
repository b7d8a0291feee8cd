/* I2C of STM32L4/L4+ and relatives ("v2", with TIMINGR). ST RM0432 Rev 9.
 *
 * Modelled: master with 7-bit addresses, NBYTES, RELOAD, AUTOEND, repeated START, NACK, clock
 * stretching until the firmware reads or writes data; SCL period from TIMINGR, kernel clock and
 * digital filter; event and error interrupts; DMA requests.
 *
 * Not modelled: slave mode (own addresses are kept and never called), 10-bit addresses, SMBus
 * (PEC, timeouts, alert), arbitration with other masters, wakeup from Stop. Rise and fall times
 * and the analog filter are one property, mote,scl-delay-ns per SCL period (0 when absent). */
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <string.h>

enum { CR1, CR2, OAR1, OAR2, TIMINGR, TIMEOUTR, ISR, ICR, PECR, RXDR, TXDR, REG_COUNT };
enum { OUT_IRQ_EVENT, OUT_IRQ_ERROR, OUT_DMA_RX, OUT_DMA_TX };

#define CR1_PE      (1u << 0)
#define CR1_TXIE    (1u << 1)
#define CR1_RXIE    (1u << 2)
#define CR1_NACKIE  (1u << 4)
#define CR1_STOPIE  (1u << 5)
#define CR1_TCIE    (1u << 6)
#define CR1_ERRIE   (1u << 7)
#define CR1_TXDMAEN (1u << 14)
#define CR1_RXDMAEN (1u << 15)
#define CR2_RD_WRN  (1u << 10)
#define CR2_ADD10   (1u << 11)
#define CR2_START   (1u << 13)
#define CR2_STOP    (1u << 14)
#define CR2_NACK    (1u << 15)
#define CR2_RELOAD  (1u << 24)
#define CR2_AUTOEND (1u << 25)
#define ISR_TXE     (1u << 0)
#define ISR_TXIS    (1u << 1)
#define ISR_RXNE    (1u << 2)
#define ISR_NACKF   (1u << 4)
#define ISR_STOPF   (1u << 5)
#define ISR_TC      (1u << 6)
#define ISR_TCR     (1u << 7)
#define ISR_ERRORS  0x3F00u
#define ISR_BUSY    (1u << 15)

/* What occupies the bus. Waiting states hold SCL low until the firmware acts. */
enum phase {
    IDLE,
    ADDRESSING,
    SENDING,
    WAIT_DATA, /* TXDR is empty */
    RECEIVING,
    WAIT_READ, /* a byte is in the shift register and RXDR is still full */
    WAIT_NEXT, /* TC or TCR: NBYTES done */
    STOPPING,
};

struct i2c {
    uint32_t scl_delay_ps;
    uint8_t phase;
    uint8_t left;     /* bytes of NBYTES that are not on the bus yet */
    uint8_t tx_ready; /* TXDR holds a byte */
    uint8_t shift;
};

/* ---- time -------------------------------------------------------------------------------------
 */

/* RM0432, I2C timings: t_SCL = t_SYNC1 + t_SYNC2 + (SCLL + 1 + SCLH + 1) x (PRESC + 1) x t_I2CCLK,
 * and each t_SYNC is two to three kernel cycles (taken as three) plus the digital filter. */
static uint64_t scl_ps(struct mote_device *dev, uint32_t periods)
{
    const struct i2c *i2c = dev->state;
    uint32_t timing = mote_reg(dev, TIMINGR);
    uint32_t filter = mote_reg(dev, CR1) >> 8 & 15;
    uint32_t cycles = ((timing & 0xFF) + 1 + (timing >> 8 & 0xFF) + 1) * ((timing >> 28) + 1);
    cycles += 2 * (3 + filter);
    uint64_t hz = mote_clock_hz(dev, mote_clock_inputs(dev) > 1 ? 1 : 0);
    uint64_t length = mote_cycles_to_ps((uint64_t)periods * cycles, hz);
    return length == MOTE_NEVER_PS ? length : length + (uint64_t)periods * i2c->scl_delay_ps;
}

static void enter(struct mote_device *dev, enum phase phase, uint32_t periods)
{
    struct i2c *i2c = dev->state;
    i2c->phase = (uint8_t)phase;
    if (periods > 0)
        mote_event_after(dev, 0, scl_ps(dev, periods));
    else
        mote_event_cancel(dev, 0);
    mote_power_state(dev, phase != IDLE ? 2 : mote_reg(dev, CR1) & CR1_PE ? 1 : 0);
}

/* ---- wires ------------------------------------------------------------------------------------
 */

static void update(struct mote_device *dev)
{
    uint32_t isr = mote_reg(dev, ISR);
    uint32_t cr1 = mote_reg(dev, CR1);
    bool event = ((cr1 & CR1_TXIE) && (isr & ISR_TXIS)) || ((cr1 & CR1_RXIE) && (isr & ISR_RXNE)) ||
                 ((cr1 & CR1_NACKIE) && (isr & ISR_NACKF)) ||
                 ((cr1 & CR1_STOPIE) && (isr & ISR_STOPF)) ||
                 ((cr1 & CR1_TCIE) && (isr & (ISR_TC | ISR_TCR)));
    mote_wire_set(dev, OUT_IRQ_EVENT, event);
    mote_wire_set(dev, OUT_IRQ_ERROR, (cr1 & CR1_ERRIE) && (isr & ISR_ERRORS));
    /* Last: a DMA that answers at once comes back in here. */
    mote_wire_set(dev, OUT_DMA_RX, (cr1 & CR1_RXDMAEN) && (mote_reg(dev, ISR) & ISR_RXNE));
    mote_wire_set(dev, OUT_DMA_TX, (cr1 & CR1_TXDMAEN) && (mote_reg(dev, ISR) & ISR_TXIS));
}

static void set_flags(struct mote_device *dev, uint32_t set, uint32_t clear)
{
    mote_reg(dev, ISR) = (mote_reg(dev, ISR) & ~clear) | set;
}

/* ---- the transfer -----------------------------------------------------------------------------
 */

static void stop(struct mote_device *dev)
{
    enter(dev, STOPPING, 1);
    set_flags(dev, 0, ISR_TXIS | ISR_TC | ISR_TCR);
}

/* NBYTES bytes are through. */
static void block_done(struct mote_device *dev)
{
    uint32_t cr2 = mote_reg(dev, CR2);
    if (cr2 & CR2_RELOAD) {
        enter(dev, WAIT_NEXT, 0);
        set_flags(dev, ISR_TCR, ISR_TXIS);
    } else if (cr2 & (CR2_AUTOEND | CR2_STOP)) {
        stop(dev);
    } else {
        enter(dev, WAIT_NEXT, 0);
        set_flags(dev, ISR_TC, ISR_TXIS);
    }
}

/* Sends what TXDR holds, or waits for it. While a byte is on the bus the next may be written. */
static void send_next(struct mote_device *dev)
{
    struct i2c *i2c = dev->state;
    if (i2c->left == 0) {
        block_done(dev);
        return;
    }
    if (!i2c->tx_ready) {
        enter(dev, WAIT_DATA, 0);
        set_flags(dev, ISR_TXIS | ISR_TXE, 0);
        return;
    }
    i2c->shift = (uint8_t)mote_reg(dev, TXDR);
    i2c->tx_ready = 0;
    i2c->left--;
    enter(dev, SENDING, 9);
    set_flags(dev, ISR_TXE | (i2c->left > 0 ? ISR_TXIS : 0), 0);
}

static void receive_next(struct mote_device *dev)
{
    const struct i2c *i2c = dev->state;
    if (i2c->left == 0)
        block_done(dev);
    else
        enter(dev, RECEIVING, 9);
}

/* The received byte moves on to RXDR. */
static void deliver(struct mote_device *dev)
{
    struct i2c *i2c = dev->state;
    mote_reg(dev, RXDR) = i2c->shift;
    set_flags(dev, ISR_RXNE, 0);
    i2c->left--;
    receive_next(dev);
}

static void not_acknowledged(struct mote_device *dev)
{
    set_flags(dev, ISR_NACKF, 0);
    stop(dev); /* the controller always ends a transfer that was refused */
}

static void addressed(struct mote_device *dev)
{
    uint32_t cr2 = mote_reg(dev, CR2);
    mote_reg(dev, CR2) &= ~CR2_START;
    bool reads = cr2 & CR2_RD_WRN;
    bool answered = !(cr2 & CR2_ADD10) && mote_i2c_start(dev, (uint8_t)(cr2 >> 1 & 0x7F), reads);
    if (!answered)
        not_acknowledged(dev);
    else if (reads)
        receive_next(dev);
    else
        send_next(dev);
}

static void stopped(struct mote_device *dev)
{
    mote_i2c_stop(dev);
    mote_reg(dev, CR2) &= ~CR2_STOP;
    set_flags(dev, ISR_STOPF, ISR_BUSY);
    enter(dev, IDLE, 0);
}

static void step(struct mote_device *dev)
{
    struct i2c *i2c = dev->state;
    switch ((enum phase)i2c->phase) {
    case ADDRESSING:
        addressed(dev);
        break;
    case SENDING:
        if (!mote_i2c_write(dev, i2c->shift))
            not_acknowledged(dev);
        else if ((mote_reg(dev, CR2) & CR2_STOP) && i2c->left > 0)
            stop(dev);
        else
            send_next(dev);
        break;
    case RECEIVING:
        i2c->shift = mote_i2c_read(dev);
        if (mote_reg(dev, ISR) & ISR_RXNE)
            enter(dev, WAIT_READ, 0);
        else
            deliver(dev);
        break;
    case STOPPING:
        stopped(dev);
        break;
    default:
        break;
    }
    update(dev);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static void start(struct mote_device *dev)
{
    struct i2c *i2c = dev->state;
    uint32_t cr2 = mote_reg(dev, CR2);
    if (cr2 & CR2_ADD10)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "10-bit addresses are not modelled: NACK");
    i2c->left = (uint8_t)(cr2 >> 16);
    set_flags(dev, ISR_BUSY, ISR_TC | ISR_TCR | ISR_TXIS);
    enter(dev, ADDRESSING, 10); /* START and nine clocks */
}

static void store_cr2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct i2c *i2c = dev->state;
    uint32_t cr2 = mote_reg(dev, CR2);
    if (!(mote_reg(dev, CR1) & CR1_PE)) {
        mote_reg(dev, CR2) &= ~(CR2_START | CR2_STOP | CR2_NACK);
        return;
    }
    /* START and STOP stay set until the bus has seen them, whatever is written. */
    cr2 |= old & (CR2_START | CR2_STOP);
    mote_reg(dev, CR2) = cr2;
    bool idle = i2c->phase == IDLE;
    bool complete = i2c->phase == WAIT_NEXT;
    if (complete && (mote_reg(dev, ISR) & ISR_TCR) && (cr2 >> 16 & 0xFF) != 0) {
        i2c->left = (uint8_t)(cr2 >> 16);
        set_flags(dev, 0, ISR_TCR);
        if (cr2 & CR2_RD_WRN)
            receive_next(dev);
        else
            send_next(dev);
    } else if ((cr2 & CR2_START) && (idle || complete)) {
        start(dev);
    } else if ((cr2 & CR2_STOP) && (complete || i2c->phase == WAIT_DATA)) {
        stop(dev);
    } else if (idle) {
        mote_reg(dev, CR2) &= ~CR2_STOP; /* nothing to stop */
    }
    update(dev);
}

static void store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct i2c *i2c = dev->state;
    if (!(mote_reg(dev, CR1) & CR1_PE)) {
        if (i2c->phase != IDLE)
            mote_i2c_stop(dev); /* the lines are let go */
        i2c->tx_ready = 0;
        mote_reg(dev, ISR) = ISR_TXE;
        mote_reg(dev, CR2) &= ~(CR2_START | CR2_STOP | CR2_NACK);
        enter(dev, IDLE, 0);
    } else if (i2c->phase == IDLE) {
        enter(dev, IDLE, 0);
    }
    update(dev);
}

static void store_isr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct i2c *i2c = dev->state;
    if ((written & ISR_TXE) && !(old & ISR_TXE))
        i2c->tx_ready = 0; /* flushes TXDR */
    update(dev);
}

static void store_icr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    mote_reg(dev, ISR) &= ~(written & 0x3F38);
    update(dev);
}

static void store_txdr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct i2c *i2c = dev->state;
    i2c->tx_ready = 1;
    set_flags(dev, 0, ISR_TXE | ISR_TXIS);
    if (i2c->phase == WAIT_DATA)
        send_next(dev);
    update(dev);
}

static uint32_t load_rxdr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    const struct i2c *i2c = dev->state;
    set_flags(dev, 0, ISR_RXNE);
    if (i2c->phase == WAIT_READ)
        deliver(dev);
    update(dev);
    return value;
}

static const struct mote_reg regs[REG_COUNT] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .rw = 0x00FFDFFF,
             .unmodelled = 0x00FD0000, /* PECEN ALERTEN SMBDEN SMBHEN GCEN WUPEN SBC */
             .store = store_cr1},
    [CR2] = {.name = "CR2",
             .offset = 0x04,
             .rw = 0x07FFFFFF,
             .unmodelled = 0x04001000, /* PECBYTE HEAD10R */
             .store = store_cr2},
    [OAR1] = {.name = "OAR1", .offset = 0x08, .rw = 0x000087FF},
    [OAR2] = {.name = "OAR2", .offset = 0x0C, .rw = 0x000087FE},
    [TIMINGR] = {.name = "TIMINGR", .offset = 0x10, .rw = 0xF0FFFFFF},
    [TIMEOUTR] = {.name = "TIMEOUTR", .offset = 0x14, .rw = 0x8FFF9FFF, .unmodelled = 0x80008000},
    [ISR] = {.name = "ISR",
             .offset = 0x18,
             .reset = ISR_TXE,
             .w1s = ISR_TXE | ISR_TXIS,
             .ro = 0x00FFBFFC,
             .store = store_isr},
    [ICR] = {.name = "ICR", .offset = 0x1C, .wo = 0x00003F38, .store = store_icr},
    [PECR] = {.name = "PECR", .offset = 0x20, .ro = 0x000000FF},
    [RXDR] = {.name = "RXDR", .offset = 0x24, .ro = 0x000000FF, .load = load_rxdr},
    [TXDR] = {.name = "TXDR", .offset = 0x28, .rw = 0x000000FF, .store = store_txdr},
};

static const struct mote_event_desc events[] = {{.name = "bus", .fire = step}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct i2c *i2c = dev->state;
    uint32_t delay_ns = mote_prop_u32(dev, "mote,scl-delay-ns", 0);
    if (delay_ns > 1000000)
        return mote_err_set(err, "%s: mote,scl-delay-ns is %u; more than a millisecond is no bus",
                            dev->path, delay_ns);
    i2c->scl_delay_ps = delay_ns * 1000;
    return true;
}

static void reset(struct mote_device *dev)
{
    struct i2c *i2c = dev->state;
    if (i2c->phase != IDLE)
        mote_i2c_stop(dev);
    uint32_t delay = i2c->scl_delay_ps;
    memset(i2c, 0, sizeof *i2c);
    i2c->scl_delay_ps = delay;
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    const struct i2c *i2c = dev->state;
    /* What is on the bus starts again at the new rate. */
    if (i2c->phase == ADDRESSING)
        enter(dev, ADDRESSING, 10);
    else if (i2c->phase == SENDING || i2c->phase == RECEIVING)
        enter(dev, (enum phase)i2c->phase, 9);
    else if (i2c->phase == STOPPING)
        enter(dev, STOPPING, 1);
}

const struct mote_device_class mote_class_stm32_i2c_v2 = {
    .name = "stm32_i2c_v2",
    .summary = "STM32 I2C (v2), master",
    .compatibles = {"st,stm32-i2c-v2"},
    .state_bytes = sizeof(struct i2c),
    .gated_access = true,
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 2}, {"dma", 2}},
    .power_states = {"off", "idle", "active"},
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
