/* LiteX UART with 32-bit control and status registers.
 *
 * Source: enjoy-digital/litex, soc/cores/uart.py and soc/interconnect/csr_eventmanager.py, as its
 * drivers use it.
 * Modelled: FIFOs of 16 both ways, events (pending on a rising edge: room to send, a byte to read),
 * their enable and status; a received byte leaves the FIFO when the rx event is cleared; frame time
 * at the fixed rate of the property current-speed. Not modelled: the tuning word, flush. Output:
 * irq. */
#include <mote/bus.h>
#include <mote/device.h>

enum { RXTX, TXFULL, RXEMPTY, EV_STATUS, EV_PENDING, EV_ENABLE, TXEMPTY, RXFULL, ROWS };
enum { EVENT_SENT };
enum { FIFO_BYTES = 16, FRAME_BITS = 10, EV_TX = 1, EV_RX = 2 };

struct fifo {
    uint8_t byte[FIFO_BYTES];
    uint8_t first, count;
};

struct litex_uart {
    uint64_t frame_ps;
    struct fifo tx, rx;
    uint32_t triggers; /* as last seen */
    bool shifting;
    uint8_t shifter;
};

static bool push(struct fifo *fifo, uint8_t byte)
{
    if (fifo->count == FIFO_BYTES)
        return false;
    fifo->byte[(fifo->first + fifo->count++) % FIFO_BYTES] = byte;
    return true;
}

static void drop_first(struct fifo *fifo)
{
    fifo->first = (uint8_t)((fifo->first + 1) % FIFO_BYTES);
    fifo->count--;
}

static void update(struct mote_device *dev)
{
    struct litex_uart *uart = dev->state;
    uint32_t triggers = (uart->tx.count < FIFO_BYTES ? EV_TX : 0) | (uart->rx.count ? EV_RX : 0);
    mote_reg(dev, EV_PENDING) |= triggers & ~uart->triggers;
    uart->triggers = triggers;
    mote_reg(dev, EV_STATUS) = triggers;
    mote_reg(dev, TXFULL) = uart->tx.count == FIFO_BYTES;
    mote_reg(dev, TXEMPTY) = uart->tx.count == 0;
    mote_reg(dev, RXEMPTY) = uart->rx.count == 0;
    mote_reg(dev, RXFULL) = uart->rx.count == FIFO_BYTES;
    mote_wire_set(dev, 0, (mote_reg(dev, EV_PENDING) & mote_reg(dev, EV_ENABLE)) != 0);
}

static void start_sending(struct mote_device *dev)
{
    struct litex_uart *uart = dev->state;
    if (!uart->shifting && uart->tx.count > 0) {
        uart->shifter = uart->tx.byte[uart->tx.first];
        drop_first(&uart->tx);
        uart->shifting = true;
        mote_event_after(dev, EVENT_SENT, uart->frame_ps);
    }
    update(dev);
}

static void sent(struct mote_device *dev)
{
    struct litex_uart *uart = dev->state;
    uart->shifting = false;
    mote_uart_send(dev, uart->shifter);
    start_sending(dev);
}

static uint32_t load_rxtx(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct litex_uart *uart = dev->state;
    (void)element;
    (void)value;
    return uart->rx.count ? uart->rx.byte[uart->rx.first] : 0;
}

static void store_rxtx(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct litex_uart *uart = dev->state;
    (void)element;
    (void)old;
    if (!push(&uart->tx, (uint8_t)written))
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "rxtx was written while full: the byte is lost");
    start_sending(dev);
}

static void store_pending(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct litex_uart *uart = dev->state;
    (void)element;
    (void)old;
    if ((written & EV_RX) && uart->rx.count > 0) {
        drop_first(&uart->rx);
        mote_uart_drained(dev);
    }
    update(dev);
}

static void store_enable(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update(dev);
}

static const struct mote_reg regs[ROWS] = {
    [RXTX] = {.name = "rxtx", .offset = 0x00, .wo = 0xFF, .load = load_rxtx, .store = store_rxtx},
    [TXFULL] = {.name = "txfull", .offset = 0x04, .ro = 1},
    [RXEMPTY] = {.name = "rxempty", .offset = 0x08, .reset = 1, .ro = 1},
    [EV_STATUS] = {.name = "ev_status", .offset = 0x0C, .reset = EV_TX, .ro = 3},
    [EV_PENDING] = {.name = "ev_pending", .offset = 0x10, .w1c = 3, .store = store_pending},
    [EV_ENABLE] = {.name = "ev_enable", .offset = 0x14, .rw = 3, .store = store_enable},
    [TXEMPTY] = {.name = "txempty", .offset = 0x18, .reset = 1, .ro = 1},
    [RXFULL] = {.name = "rxfull", .offset = 0x1C, .ro = 1},
};

static void receive(struct mote_device *dev, uint8_t byte)
{
    struct litex_uart *uart = dev->state;
    push(&uart->rx, byte);
    update(dev);
}

static bool ready(const struct mote_device *dev)
{
    const struct litex_uart *uart = dev->state;
    return uart->rx.count < FIFO_BYTES;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct litex_uart *uart = dev->state;
    uint32_t baud = mote_prop_u32(dev, "current-speed", 0);
    if (baud == 0)
        return mote_err_set(err, "the line's rate is fixed in the gateware: give current-speed");
    uart->frame_ps = FRAME_BITS * 1000000000000ull / baud;
    return true;
}

static void reset(struct mote_device *dev)
{
    struct litex_uart *uart = dev->state;
    *uart = (struct litex_uart){.frame_ps = uart->frame_ps, .triggers = EV_TX};
    mote_uart_set_frame_ps(dev, uart->frame_ps);
    update(dev);
}

static const struct mote_event_desc events[] = {[EVENT_SENT] = {"sent", sent, 0}};
static const struct mote_uart_ops uart_ops = {.receive = receive, .ready = ready};

const struct mote_device_class mote_class_litex_uart = {
    .name = "litex_uart",
    .summary = "LiteX UART",
    .compatibles = {"litex,uart", "litex,uart0", "litex,liteuart"},
    .state_bytes = sizeof(struct litex_uart),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x100,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 1}},
    .uart = &uart_ops,
    .attach = attach,
    .reset = reset,
};
