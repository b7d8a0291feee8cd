/* SiFive UART.
 *
 * Document: SiFive FE310-G002 Manual v19p05, chapter "Universal Asynchronous
 * Receiver/Transmitter". Modelled: 8-entry FIFOs both ways, watermark interrupts, 1 or 2 stop bits,
 * the divisor as frame time. A byte that arrives at a full FIFO is lost, as on hardware. Not
 * modelled: pin routing by GPIO's IOF (the line is always connected), noise and framing errors.
 * Clock input 0: tlclk. Output: irq. */
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/device.h>

enum { TXDATA, RXDATA, TXCTRL, RXCTRL, IE, IP, DIV, ROWS };
enum { EVENT_SENT };
enum { FIFO_BYTES = 8 };
enum { POWER_OFF, POWER_IDLE, POWER_ACTIVE };

#define FLAG  (1u << 31) /* txdata.full, rxdata.empty */
#define EN    1u
#define NSTOP 2u
#define TXWM  1u
#define RXWM  2u

struct fifo {
    uint8_t byte[FIFO_BYTES];
    uint8_t first, count;
};

struct sifive_uart {
    struct fifo tx, rx;
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

static uint8_t pop(struct fifo *fifo)
{
    uint8_t byte = fifo->byte[fifo->first];
    fifo->first = (uint8_t)((fifo->first + 1) % FIFO_BYTES);
    fifo->count--;
    return byte;
}

static uint64_t frame_ps(struct mote_device *dev)
{
    uint64_t bits = 10u + ((mote_reg(dev, TXCTRL) & NSTOP) != 0);
    uint64_t time_ps =
        mote_cycles_to_ps(bits * ((uint64_t)mote_reg(dev, DIV) + 1), mote_clock_hz(dev, 0));
    return time_ps == MOTE_NEVER_PS ? 0 : time_ps;
}

static void update(struct mote_device *dev)
{
    const struct sifive_uart *uart = dev->state;
    uint32_t pending = uart->tx.count < (mote_reg(dev, TXCTRL) >> 16 & 7) ? TXWM : 0;
    pending |= uart->rx.count > (mote_reg(dev, RXCTRL) >> 16 & 7) ? RXWM : 0;
    mote_reg(dev, IP) = pending;
    mote_wire_set(dev, 0, (pending & mote_reg(dev, IE)) != 0);
    bool on = (mote_reg(dev, TXCTRL) | mote_reg(dev, RXCTRL)) & EN;
    mote_power_state(dev, uart->shifting ? POWER_ACTIVE : on ? POWER_IDLE : POWER_OFF);
}

static void start_sending(struct mote_device *dev)
{
    struct sifive_uart *uart = dev->state;
    uint64_t time_ps = frame_ps(dev);
    if (!uart->shifting && uart->tx.count > 0 && (mote_reg(dev, TXCTRL) & EN) && time_ps != 0) {
        uart->shifter = pop(&uart->tx);
        uart->shifting = true;
        mote_event_after(dev, EVENT_SENT, time_ps);
    }
    update(dev);
}

static void sent(struct mote_device *dev)
{
    struct sifive_uart *uart = dev->state;
    uart->shifting = false;
    mote_uart_send(dev, uart->shifter);
    start_sending(dev);
}

static uint32_t load_txdata(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct sifive_uart *uart = dev->state;
    (void)element;
    (void)value;
    return uart->tx.count == FIFO_BYTES ? FLAG : 0;
}

static void store_txdata(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_uart *uart = dev->state;
    (void)element;
    (void)old;
    if (!push(&uart->tx, (uint8_t)written))
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "txdata was written while full: the byte is lost");
    start_sending(dev);
}

static uint32_t load_rxdata(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct sifive_uart *uart = dev->state;
    (void)element;
    (void)value;
    if (uart->rx.count == 0)
        return FLAG;
    uint8_t byte = pop(&uart->rx);
    update(dev);
    mote_uart_drained(dev);
    return byte;
}

static void store_control(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
    start_sending(dev);
}

static const struct mote_reg regs[ROWS] = {
    [TXDATA] =
        {.name = "txdata", .offset = 0x00, .wo = 0xFF, .load = load_txdata, .store = store_txdata},
    [RXDATA] = {.name = "rxdata", .offset = 0x04, .ro = FLAG | 0xFF, .load = load_rxdata},
    [TXCTRL] = {.name = "txctrl", .offset = 0x08, .rw = 0x00070003, .store = store_control},
    [RXCTRL] = {.name = "rxctrl", .offset = 0x0C, .rw = 0x00070001, .store = store_control},
    [IE] = {.name = "ie", .offset = 0x10, .rw = 3, .store = store_control},
    [IP] = {.name = "ip", .offset = 0x14, .ro = 3},
    [DIV] = {.name = "div", .offset = 0x18, .reset = 0x21E, .rw = 0xFFFF, .store = store_control},
};

static void receive(struct mote_device *dev, uint8_t byte)
{
    struct sifive_uart *uart = dev->state;
    if (mote_reg(dev, RXCTRL) & EN)
        push(&uart->rx, byte);
    update(dev);
}

static bool ready(const struct mote_device *dev)
{
    const struct sifive_uart *uart = dev->state;
    return (dev->regs[RXCTRL] & EN) && uart->rx.count < FIFO_BYTES;
}

static void reset(struct mote_device *dev)
{
    struct sifive_uart *uart = dev->state;
    *uart = (struct sifive_uart){0};
    mote_uart_set_frame_ps(dev, frame_ps(dev));
    update(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
    start_sending(dev);
}

static const struct mote_event_desc events[] = {[EVENT_SENT] = {"sent", sent, 0}};
static const struct mote_uart_ops uart_ops = {.receive = receive, .ready = ready};

const struct mote_device_class mote_class_sifive_uart = {
    .name = "sifive_uart",
    .summary = "SiFive UART",
    .compatibles = {"sifive,uart0"},
    .state_bytes = sizeof(struct sifive_uart),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "idle", "active"},
    .uart = &uart_ops,
    .reset = reset,
    .clock_changed = clock_changed,
};
