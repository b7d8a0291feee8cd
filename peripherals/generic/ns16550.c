/* UART compatible with the National Semiconductor NS16550A.
 *
 * Document: National Semiconductor PC16550D data sheet (SNLS378).
 * Modelled: RBR, THR, IER, IIR, FCR, LCR, MCR, LSR, SCR, DLL, DLM; FIFOs of 16; character timeout
 * (reported with the received-data level, at once); interrupts; 5 to 8 data bits, parity, 1 or 2
 * stop bits as frame time. Not modelled: modem lines (MSR reads CTS, DSR, DCD), loop mode, break,
 * errors but overrun, 1.5 stop bits. Properties: clock-frequency (or clock input 0); reg-shift;
 * mote,instant-transmit: a byte leaves at once, as QEMU's UARTs do, so that firmware which never
 * waits for THRE loses nothing. */
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/device.h>

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };
enum { EVENT_SENT };
enum { FIFO_BYTES = 16 };

enum {
    IER_RECEIVED = 1 << 0,
    IER_EMPTY = 1 << 1,
    IER_LINE = 1 << 2,
    LCR_DLAB = 1 << 7,
    LSR_DR = 1 << 0,
    LSR_OE = 1 << 1,
    LSR_THRE = 1 << 5,
    LSR_TEMT = 1 << 6,
    FCR_ENABLE = 1 << 0,
    FCR_CLEAR_RX = 1 << 1,
    FCR_CLEAR_TX = 1 << 2,
};

struct fifo {
    uint8_t byte[FIFO_BYTES];
    uint8_t first, count;
};

struct ns16550 {
    uint32_t shift;
    bool instant;
    uint8_t ier, lcr, mcr, scratch, fcr, dll, dlm;
    bool overrun, empty_pending, shifting;
    uint8_t shifter;
    struct fifo rx, tx;
};

/* ---- FIFOs ------------------------------------------------------------------------------------
 */

static bool push(struct fifo *fifo, uint8_t byte, uint32_t room)
{
    if (fifo->count >= room)
        return false;
    fifo->byte[(fifo->first + fifo->count++) % FIFO_BYTES] = byte;
    return true;
}

static uint8_t pop(struct fifo *fifo)
{
    if (fifo->count == 0)
        return 0;
    uint8_t byte = fifo->byte[fifo->first];
    fifo->first = (uint8_t)((fifo->first + 1) % FIFO_BYTES);
    fifo->count--;
    return byte;
}

static uint32_t room(const struct ns16550 *uart)
{
    return uart->fcr & FCR_ENABLE ? FIFO_BYTES : 1;
}

/* ---- line and interrupts ----------------------------------------------------------------------
 */

static uint64_t clock_hz(const struct mote_device *dev)
{
    if (mote_clock_inputs(dev) > 0)
        return mote_clock_hz(dev, 0);
    return mote_prop_u32(dev, "clock-frequency", 0);
}

static uint64_t frame_ps(const struct mote_device *dev)
{
    const struct ns16550 *uart = dev->state;
    uint32_t divisor = uart->dll | (uint32_t)uart->dlm << 8;
    uint32_t bits = 6u + (uart->lcr & 3u) + (uart->lcr >> 3 & 1u) + 1u + (uart->lcr >> 2 & 1u);
    return divisor ? mote_cycles_to_ps(16ull * divisor * bits, clock_hz(dev)) : 0;
}

static uint32_t line_status(const struct ns16550 *uart)
{
    uint32_t status = uart->rx.count ? LSR_DR : 0;
    status |= uart->overrun ? LSR_OE : 0;
    status |= uart->tx.count == 0 ? LSR_THRE : 0;
    return status | (uart->tx.count == 0 && !uart->shifting ? LSR_TEMT : 0);
}

/* IIR's identification, the most urgent first; 1: none. */
static uint32_t identification(const struct ns16550 *uart)
{
    static const uint8_t triggers[4] = {1, 4, 8, 14};
    uint32_t level = uart->fcr & FCR_ENABLE ? triggers[uart->fcr >> 6] : 1;
    if ((uart->ier & IER_LINE) && uart->overrun)
        return 6;
    if ((uart->ier & IER_RECEIVED) && uart->rx.count > 0)
        return uart->rx.count >= level ? 4 : 0xC;
    if ((uart->ier & IER_EMPTY) && uart->empty_pending)
        return 2;
    return 1;
}

static void update(struct mote_device *dev)
{
    mote_wire_set(dev, 0, identification(dev->state) != 1);
}

static void start_sending(struct mote_device *dev)
{
    struct ns16550 *uart = dev->state;
    uint64_t time_ps = uart->instant ? 0 : frame_ps(dev);
    bool stopped = time_ps == 0 && !uart->instant;
    if (uart->shifting || uart->tx.count == 0 || stopped)
        return;
    uart->shifter = pop(&uart->tx);
    uart->shifting = true;
    uart->empty_pending |= uart->tx.count == 0;
    mote_event_after(dev, EVENT_SENT, time_ps);
}

static void sent(struct mote_device *dev)
{
    struct ns16550 *uart = dev->state;
    uart->shifting = false;
    mote_uart_send(dev, uart->shifter);
    start_sending(dev);
    update(dev);
}

static void transmit(struct mote_device *dev, uint8_t byte)
{
    struct ns16550 *uart = dev->state;
    uart->empty_pending = false;
    if (!push(&uart->tx, byte, room(uart)))
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "THR was written while full: the byte is lost");
    start_sending(dev);
}

/* ---- registers --------------------------------------------------------------------------------
 */

static uint32_t load(struct mote_device *dev, uint32_t number)
{
    struct ns16550 *uart = dev->state;
    bool divisor = uart->lcr & LCR_DLAB;
    uint32_t value;
    switch (number) {
    case RBR_THR:
        if (divisor)
            return uart->dll;
        value = pop(&uart->rx);
        mote_uart_drained(dev);
        return value;
    case IER:
        return divisor ? uart->dlm : uart->ier;
    case IIR_FCR:
        value = identification(uart);
        if (value == 2)
            uart->empty_pending = false;
        return value | (uart->fcr & FCR_ENABLE ? 0xC0 : 0);
    case LCR:
        return uart->lcr;
    case MCR:
        return uart->mcr;
    case LSR:
        value = line_status(uart);
        uart->overrun = false;
        return value;
    case MSR:
        return 0xB0; /* CTS, DSR, DCD: somebody listens */
    default:
        return uart->scratch;
    }
}

static void store_fcr(struct ns16550 *uart, uint8_t value)
{
    if ((value ^ uart->fcr) & FCR_ENABLE)
        value |= FCR_CLEAR_RX | FCR_CLEAR_TX;
    if (value & FCR_CLEAR_RX)
        uart->rx.count = 0;
    if (value & FCR_CLEAR_TX)
        uart->tx.count = 0;
    uart->fcr = value & 0xC9;
}

static void store_ier(struct ns16550 *uart, uint8_t value)
{
    /* Enabling the interrupt while THR is empty raises it. */
    if ((value & ~uart->ier & IER_EMPTY) && uart->tx.count == 0)
        uart->empty_pending = true;
    uart->ier = value & 0xF;
}

static void store(struct mote_device *dev, uint32_t number, uint8_t value)
{
    struct ns16550 *uart = dev->state;
    bool divisor = uart->lcr & LCR_DLAB;
    if (number == RBR_THR && !divisor)
        transmit(dev, value);
    else if (number == RBR_THR)
        uart->dll = value;
    else if (number == IER && !divisor)
        store_ier(uart, value);
    else if (number == IER)
        uart->dlm = value;
    else if (number == IIR_FCR)
        store_fcr(uart, value);
    else if (number == LCR)
        uart->lcr = value;
    else if (number == MCR)
        uart->mcr = value & 0x1F;
    else if (number == SCR)
        uart->scratch = value;
    if (number <= LCR)
        mote_uart_set_frame_ps(dev, frame_ps(dev));
}

static bool window(struct mote_device *dev, struct mote_access *access)
{
    const struct ns16550 *uart = dev->state;
    uint32_t number = access->offset >> uart->shift;
    if (number > SCR || access->offset & ((1u << uart->shift) - 1)) {
        access->value = 0;
        return true;
    }
    if (access->store)
        store(dev, number, (uint8_t)access->value);
    else
        access->value = load(dev, number);
    update(dev);
    return true;
}

/* ---- the outside ------------------------------------------------------------------------------
 */

static void receive(struct mote_device *dev, uint8_t byte)
{
    struct ns16550 *uart = dev->state;
    if (!push(&uart->rx, byte, room(uart)))
        uart->overrun = true;
    update(dev);
}

static bool ready(const struct mote_device *dev)
{
    const struct ns16550 *uart = dev->state;
    return uart->rx.count < room(uart);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct ns16550 *uart = dev->state;
    uart->shift = mote_prop_u32(dev, "reg-shift", 0);
    uart->instant = mote_prop_flag(dev, "mote,instant-transmit");
    if (uart->shift > 2)
        return mote_err_set(err, "reg-shift is %u; it may be 0, 1 or 2", uart->shift);
    if (mote_clock_inputs(dev) == 0 && mote_prop_u32(dev, "clock-frequency", 0) == 0)
        return mote_err_set(err, "the UART needs `clocks` or clock-frequency");
    return true;
}

static void reset(struct mote_device *dev)
{
    struct ns16550 *uart = dev->state;
    *uart = (struct ns16550){.shift = uart->shift, .instant = uart->instant};
    /* Left open by the data sheet: as QEMU has it, so that firmware without set-up is heard. */
    uart->dll = 12;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
}

static const struct mote_event_desc events[] = {[EVENT_SENT] = {"sent", sent, 0}};
static const struct mote_uart_ops uart_ops = {.receive = receive, .ready = ready};

const struct mote_device_class mote_class_ns16550 = {
    .name = "ns16550",
    .summary = "UART, NS16550A compatible",
    .compatibles = {"ns16550a", "ns16550"},
    .state_bytes = sizeof(struct ns16550),
    .window_bytes = 0x100,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 1}},
    .uart = &uart_ops,
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
    .window = window,
};
