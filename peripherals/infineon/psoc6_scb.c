/* PSoC 6 (CAT1A) serial communication block, as a UART.
 *
 * Infineon 002-24529, chapter "Serial communications block"; registers as in Infineon's SVD of
 * psoc6_02 (SCB, version 2).
 * Modelled: the standard UART with oversampling, frame format, FIFOs of 128 bytes (64 entries when
 * not in byte mode), trigger levels, transmit and receive interrupts.
 * Not modelled: I2C and SPI (their registers are kept and reported), SmartCard, IrDA, LIN, flow
 * control, multi-processor mode, parity and frame errors (the line has none).
 * Clock input 0: the block's peripheral clock. Output: irq. */
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/device.h>

enum {
    CTRL,
    STATUS,
    SPI_CTRL,
    SPI_STATUS,
    UART_CTRL,
    UART_TX_CTRL,
    UART_RX_CTRL,
    UART_RX_STATUS,
    UART_FLOW_CTRL,
    I2C_CTRL,
    I2C_STATUS,
    I2C_M_CMD,
    I2C_S_CMD,
    I2C_CFG,
    TX_CTRL,
    TX_FIFO_CTRL,
    TX_FIFO_STATUS,
    TX_FIFO_WR,
    RX_CTRL,
    RX_FIFO_CTRL,
    RX_FIFO_STATUS,
    RX_MATCH,
    RX_FIFO_RD,
    RX_FIFO_RD_SILENT,
    INTR_CAUSE,
    INTR_I2C_EC,
    INTR_I2C_EC_MASK,
    INTR_I2C_EC_MASKED,
    INTR_SPI_EC,
    INTR_SPI_EC_MASK,
    INTR_SPI_EC_MASKED,
    INTR_M,
    INTR_M_MASK,
    INTR_M_MASKED,
    INTR_S,
    INTR_S_MASK,
    INTR_S_MASKED,
    INTR_TX,
    INTR_TX_SET,
    INTR_TX_MASK,
    INTR_TX_MASKED,
    INTR_RX,
    INTR_RX_SET,
    INTR_RX_MASK,
    INTR_RX_MASKED,
    REG_COUNT,
};
enum { EV_SENT, EV_COUNT };
enum { POWER_OFF, POWER_IDLE, POWER_ACTIVE };
enum { FIFO_ENTRIES = 128 };

#define CTRL_OVS       0xFu
#define CTRL_BYTE_MODE (1u << 11)
#define CTRL_MODE_UART 2u
#define CTRL_ENABLED   (1u << 31)
#define FIFO_CLEAR     (1u << 16)
#define PARITY_ENABLED (1u << 5)
#define TX_TRIGGER     (1u << 0)
#define TX_NOT_FULL    (1u << 1)
#define TX_EMPTY       (1u << 4)
#define TX_OVERFLOW    (1u << 5)
#define TX_DONE        (1u << 9)
#define RX_TRIGGER     (1u << 0)
#define RX_NOT_EMPTY   (1u << 2)
#define RX_FULL        (1u << 3)
#define RX_OVERFLOW    (1u << 5)
#define RX_UNDERFLOW   (1u << 6)
#define CAUSE_TX       (1u << 2)
#define CAUSE_RX       (1u << 3)
#define SHIFTER_VALID  (1u << 15)
#define NO_DATA        0xFFFFFFFFu /* what an empty RX FIFO reads as; PDL, CY_SCB_UART_RX_NO_DATA */

struct fifo {
    uint8_t byte[FIFO_ENTRIES];
    uint8_t first, count;
};

struct scb_state {
    struct fifo tx, rx;
    bool shifting;
    uint8_t shifter;
};

static bool running(const struct mote_device *dev)
{
    uint32_t ctrl = dev->regs[CTRL];
    return (ctrl & CTRL_ENABLED) && (ctrl >> 24 & 3) == CTRL_MODE_UART;
}

static uint32_t depth(const struct mote_device *dev)
{
    return dev->regs[CTRL] & CTRL_BYTE_MODE ? FIFO_ENTRIES : FIFO_ENTRIES / 2;
}

static bool push(struct fifo *fifo, uint32_t entries, uint8_t byte)
{
    if (fifo->count >= entries)
        return false;
    fifo->byte[(fifo->first + fifo->count++) % FIFO_ENTRIES] = byte;
    return true;
}

static uint8_t pop(struct fifo *fifo)
{
    uint8_t byte = fifo->byte[fifo->first];
    fifo->first = (uint8_t)((fifo->first + 1) % FIFO_ENTRIES);
    fifo->count--;
    return byte;
}

/* Start bit, data, parity; the stop period counts in half bits. */
static uint64_t frame_ps(struct mote_device *dev)
{
    uint32_t tx = mote_reg(dev, UART_TX_CTRL);
    uint64_t halves = 2 + 2 * ((mote_reg(dev, TX_CTRL) & 15) + 1) + (tx & 7) + 1;
    if (tx & PARITY_ENABLED)
        halves += 2;
    uint64_t cycles = halves * ((mote_reg(dev, CTRL) & CTRL_OVS) + 1);
    uint64_t time_ps = mote_cycles_to_ps(cycles, 2 * mote_clock_hz(dev, 0));
    return !running(dev) || time_ps == MOTE_NEVER_PS ? 0 : time_ps;
}

/* Causes that say what the FIFOs hold come back as long as it is so. */
static void update(struct mote_device *dev)
{
    const struct scb_state *scb = dev->state;
    uint32_t tx = 0, rx = 0, entries = depth(dev);
    if (running(dev)) {
        tx |= scb->tx.count < (mote_reg(dev, TX_FIFO_CTRL) & 0xFF) ? TX_TRIGGER : 0;
        tx |= scb->tx.count < entries ? TX_NOT_FULL : 0;
        tx |= scb->tx.count == 0 ? TX_EMPTY : 0;
        rx |= scb->rx.count > (mote_reg(dev, RX_FIFO_CTRL) & 0xFF) ? RX_TRIGGER : 0;
        rx |= scb->rx.count > 0 ? RX_NOT_EMPTY : 0;
        rx |= scb->rx.count >= entries ? RX_FULL : 0;
    }
    mote_reg(dev, INTR_TX) |= tx;
    mote_reg(dev, INTR_RX) |= rx;
    tx = mote_reg(dev, INTR_TX) & mote_reg(dev, INTR_TX_MASK);
    rx = mote_reg(dev, INTR_RX) & mote_reg(dev, INTR_RX_MASK);
    mote_reg(dev, INTR_TX_MASKED) = tx;
    mote_reg(dev, INTR_RX_MASKED) = rx;
    mote_reg(dev, INTR_CAUSE) = (tx ? CAUSE_TX : 0) | (rx ? CAUSE_RX : 0);
    mote_reg(dev, TX_FIFO_STATUS) = scb->tx.count | (scb->shifting ? SHIFTER_VALID : 0);
    mote_reg(dev, RX_FIFO_STATUS) = scb->rx.count;
    mote_wire_set(dev, 0, (tx | rx) != 0);
    mote_power_state(dev, scb->shifting ? POWER_ACTIVE : running(dev) ? POWER_IDLE : POWER_OFF);
}

static void start_sending(struct mote_device *dev)
{
    struct scb_state *scb = dev->state;
    uint64_t time_ps = frame_ps(dev);
    if (!scb->shifting && scb->tx.count > 0 && time_ps != 0) {
        scb->shifter = pop(&scb->tx);
        scb->shifting = true;
        mote_event_after(dev, EV_SENT, time_ps);
    }
    update(dev);
}

static void sent(struct mote_device *dev)
{
    struct scb_state *scb = dev->state;
    scb->shifting = false;
    mote_uart_send(dev, scb->shifter);
    if (scb->tx.count == 0)
        mote_reg(dev, INTR_TX) |= TX_DONE;
    start_sending(dev);
}

/* ---- registers ---------------------------------------------------------------------------------
 */

static void store_line(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
    start_sending(dev);
}

/* Off, the block forgets what its FIFOs hold. */
static void store_ctrl(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct scb_state *scb = dev->state;
    uint32_t ctrl = mote_reg(dev, CTRL);
    if ((ctrl & CTRL_ENABLED) && (ctrl >> 24 & 3) != CTRL_MODE_UART)
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "enabled in another mode than UART");
    if (!(ctrl & CTRL_ENABLED)) {
        *scb = (struct scb_state){0};
        mote_event_cancel(dev, EV_SENT);
    }
    store_line(dev, element, old, written);
}

static void store_tx_fifo_ctrl(struct mote_device *dev, uint32_t element, uint32_t old,
                               uint32_t written)
{
    (void)element, (void)old;
    struct scb_state *scb = dev->state;
    if (written & FIFO_CLEAR)
        scb->tx.count = 0;
    update(dev);
}

static void store_rx_fifo_ctrl(struct mote_device *dev, uint32_t element, uint32_t old,
                               uint32_t written)
{
    (void)element, (void)old;
    struct scb_state *scb = dev->state;
    if (written & FIFO_CLEAR)
        scb->rx.count = 0;
    update(dev);
    mote_uart_drained(dev);
}

static void store_tx_fifo(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    struct scb_state *scb = dev->state;
    if (!push(&scb->tx, depth(dev), (uint8_t)written)) {
        mote_reg(dev, INTR_TX) |= TX_OVERFLOW;
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "TX FIFO written while full: the byte is lost");
    }
    start_sending(dev);
}

static uint32_t load_rx_silent(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element, (void)value;
    const struct scb_state *scb = dev->state;
    return scb->rx.count > 0 ? scb->rx.byte[scb->rx.first] : NO_DATA;
}

static uint32_t load_rx_fifo(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    struct scb_state *scb = dev->state;
    value = NO_DATA;
    if (scb->rx.count > 0)
        value = pop(&scb->rx);
    else
        mote_reg(dev, INTR_RX) |= RX_UNDERFLOW;
    update(dev);
    mote_uart_drained(dev);
    return value;
}

static void store_intr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update(dev);
}

static void store_tx_set(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, INTR_TX) |= written & 0x7F3;
    update(dev);
}

static void store_rx_set(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    mote_reg(dev, INTR_RX) |= written & 0xFED;
    update(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [CTRL] =
        {.name = "CTRL", .offset = 0x00, .reset = 0x300000F, .rw = 0x83031F0F, .store = store_ctrl},
    [STATUS] = {.name = "STATUS", .offset = 0x04, .ro = 0x1},
    [SPI_CTRL] = {.name = "SPI_CTRL",
                  .offset = 0x20,
                  .reset = 0x3000000,
                  .rw = 0x8F010F3F,
                  .unmodelled = 0x8F010F3F},
    [SPI_STATUS] = {.name = "SPI_STATUS", .offset = 0x24, .ro = 0xFFFF03},
    [UART_CTRL] = {.name = "UART_CTRL",
                   .offset = 0x40,
                   .reset = 0x3000000,
                   .rw = 0x3010000,
                   .store = store_line},
    [UART_TX_CTRL] =
        {.name = "UART_TX_CTRL", .offset = 0x44, .reset = 0x2, .rw = 0x137, .store = store_line},
    [UART_RX_CTRL] = {.name = "UART_RX_CTRL",
                      .offset = 0x48,
                      .reset = 0xA0002,
                      .rw = 0xF3777,
                      .store = store_line},
    [UART_RX_STATUS] = {.name = "UART_RX_STATUS", .offset = 0x4C, .ro = 0xFFF},
    [UART_FLOW_CTRL] = {.name = "UART_FLOW_CTRL",
                        .offset = 0x50,
                        .rw = 0x30100FF,
                        .unmodelled = 0x30100FF},
    [I2C_CTRL] = {.name = "I2C_CTRL",
                  .offset = 0x60,
                  .reset = 0xFB88,
                  .rw = 0xC001FBFF,
                  .unmodelled = 0xC001FBFF},
    [I2C_STATUS] = {.name = "I2C_STATUS", .offset = 0x64, .ro = 0xFFFF33},
    [I2C_M_CMD] = {.name = "I2C_M_CMD", .offset = 0x68, .rw = 0x1F, .unmodelled = 0x1F},
    [I2C_S_CMD] = {.name = "I2C_S_CMD", .offset = 0x6C, .rw = 0x3, .unmodelled = 0x3},
    [I2C_CFG] = {.name = "I2C_CFG",
                 .offset = 0x70,
                 .reset = 0x2A1013,
                 .rw = 0x303F1313,
                 .unmodelled = 0x303F1313},
    [TX_CTRL] =
        {.name = "TX_CTRL", .offset = 0x200, .reset = 0x107, .rw = 0x1010F, .store = store_line},
    [TX_FIFO_CTRL] = {.name = "TX_FIFO_CTRL",
                      .offset = 0x204,
                      .rw = 0x300FF,
                      .store = store_tx_fifo_ctrl},
    [TX_FIFO_STATUS] = {.name = "TX_FIFO_STATUS", .offset = 0x208, .ro = 0xFFFF81FF},
    [TX_FIFO_WR] = {.name = "TX_FIFO_WR", .offset = 0x240, .wo = 0xFFFF, .store = store_tx_fifo},
    [RX_CTRL] =
        {.name = "RX_CTRL", .offset = 0x300, .reset = 0x107, .rw = 0x30F, .store = store_line},
    [RX_FIFO_CTRL] = {.name = "RX_FIFO_CTRL",
                      .offset = 0x304,
                      .rw = 0x300FF,
                      .store = store_rx_fifo_ctrl},
    [RX_FIFO_STATUS] = {.name = "RX_FIFO_STATUS", .offset = 0x308, .ro = 0xFFFF81FF},
    [RX_MATCH] = {.name = "RX_MATCH", .offset = 0x310, .rw = 0xFF00FF, .unmodelled = 0xFF00FF},
    [RX_FIFO_RD] = {.name = "RX_FIFO_RD", .offset = 0x340, .ro = 0xFFFF, .load = load_rx_fifo},
    [RX_FIFO_RD_SILENT] = {.name = "RX_FIFO_RD_SILENT",
                           .offset = 0x344,
                           .ro = 0xFFFF,
                           .load = load_rx_silent},
    [INTR_CAUSE] = {.name = "INTR_CAUSE", .offset = 0xE00, .ro = 0x3F},
    [INTR_I2C_EC] = {.name = "INTR_I2C_EC", .offset = 0xE80, .w1c = 0xF},
    [INTR_I2C_EC_MASK] = {.name = "INTR_I2C_EC_MASK",
                          .offset = 0xE88,
                          .rw = 0xF,
                          .unmodelled = 0xF},
    [INTR_I2C_EC_MASKED] = {.name = "INTR_I2C_EC_MASKED", .offset = 0xE8C, .ro = 0xF},
    [INTR_SPI_EC] = {.name = "INTR_SPI_EC", .offset = 0xEC0, .w1c = 0xF},
    [INTR_SPI_EC_MASK] = {.name = "INTR_SPI_EC_MASK",
                          .offset = 0xEC8,
                          .rw = 0xF,
                          .unmodelled = 0xF},
    [INTR_SPI_EC_MASKED] = {.name = "INTR_SPI_EC_MASKED", .offset = 0xECC, .ro = 0xF},
    [INTR_M] = {.name = "INTR_M", .offset = 0xF00, .w1c = 0x317},
    [INTR_M_MASK] = {.name = "INTR_M_MASK", .offset = 0xF08, .rw = 0x317, .unmodelled = 0x317},
    [INTR_M_MASKED] = {.name = "INTR_M_MASKED", .offset = 0xF0C, .ro = 0x317},
    [INTR_S] = {.name = "INTR_S", .offset = 0xF40, .w1c = 0xFFF},
    [INTR_S_MASK] = {.name = "INTR_S_MASK", .offset = 0xF48, .rw = 0xFFF, .unmodelled = 0xFFF},
    [INTR_S_MASKED] = {.name = "INTR_S_MASKED", .offset = 0xF4C, .ro = 0xFFF},
    [INTR_TX] = {.name = "INTR_TX", .offset = 0xF80, .w1c = 0x7F3, .store = store_intr},
    [INTR_TX_SET] = {.name = "INTR_TX_SET", .offset = 0xF84, .wo = 0x7F3, .store = store_tx_set},
    [INTR_TX_MASK] = {.name = "INTR_TX_MASK", .offset = 0xF88, .rw = 0x7F3, .store = store_intr},
    [INTR_TX_MASKED] = {.name = "INTR_TX_MASKED", .offset = 0xF8C, .ro = 0x7F3},
    [INTR_RX] = {.name = "INTR_RX", .offset = 0xFC0, .w1c = 0xFED, .store = store_intr},
    [INTR_RX_SET] = {.name = "INTR_RX_SET", .offset = 0xFC4, .wo = 0xFED, .store = store_rx_set},
    [INTR_RX_MASK] = {.name = "INTR_RX_MASK", .offset = 0xFC8, .rw = 0xFED, .store = store_intr},
    [INTR_RX_MASKED] = {.name = "INTR_RX_MASKED", .offset = 0xFCC, .ro = 0xFED},
};

/* ---- life --------------------------------------------------------------------------------------
 */

static void receive(struct mote_device *dev, uint8_t byte)
{
    struct scb_state *scb = dev->state;
    if (!running(dev))
        return;
    if (!push(&scb->rx, depth(dev), byte))
        mote_reg(dev, INTR_RX) |= RX_OVERFLOW;
    update(dev);
}

static bool ready(const struct mote_device *dev)
{
    const struct scb_state *scb = dev->state;
    return running(dev) && scb->rx.count < depth(dev);
}

static void reset(struct mote_device *dev)
{
    struct scb_state *scb = dev->state;
    *scb = (struct scb_state){0};
    mote_uart_set_frame_ps(dev, 0);
    update(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
    start_sending(dev);
}

static const struct mote_event_desc events[EV_COUNT] = {[EV_SENT] = {"sent", sent, 0}};
static const struct mote_uart_ops uart_ops = {.receive = receive, .ready = ready};

const struct mote_device_class mote_class_psoc6_scb = {
    .name = "psoc6_scb",
    .summary = "PSoC 6 serial communication block as a UART",
    .compatibles = {"infineon,uart", "infineon,cat1-uart", "infineon,scb", "infineon,cat1-scb"},
    .state_bytes = sizeof(struct scb_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10000,
    .events = events,
    .event_count = EV_COUNT,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "idle", "active"},
    .uart = &uart_ops,
    .reset = reset,
    .clock_changed = clock_changed,
};
