/* UART channel of the CORE-V-MCU's uDMA.
 *
 * Source: openhwgroup/core-v-mcu, udma_uart_reg_defs.
 * Modelled: transmission and reception by buffers in memory (a byte at a time, at the rate of the
 * divisor), continuous mode, reception by polling (VALID, DATA), frame length, end-of-buffer
 * interrupts as pulses, the receive interrupt as a level. Not modelled: parity errors, words wider
 * than bytes, addresses outside memory (the transfer ends, a guest mistake).
 * Clock input 0: the peripheral clock. Outputs: irq[3]: received buffer, transmitted buffer, data.
 */
#include "_corev_udma.h"
#include <mote/bus.h>
#include <mote/clock.h>

enum {
    RX_SADDR,
    RX_SIZE,
    RX_CFG,
    TX_SADDR,
    TX_SIZE,
    TX_CFG,
    STATUS,
    SETUP,
    ERROR,
    IRQ_EN,
    VALID,
    DATA,
    ROWS
};
enum { EVENT_SENT };
enum { OUT_RX, OUT_TX, OUT_DATA };

#define SETUP_PARITY  (1u << 0)
#define SETUP_STOP    (1u << 3)
#define SETUP_POLLING (1u << 4)
#define SETUP_EN_TX   (1u << 8)
#define SETUP_EN_RX   (1u << 9)

struct corev_uart {
    struct udma_channel rx, tx;
    bool shifting, last;
    uint8_t shifter;
};

static uint64_t frame_ps(struct mote_device *dev)
{
    uint32_t setup = mote_reg(dev, SETUP);
    uint64_t bits = 1u + 5u + (setup >> 1 & 3) + 1u + ((setup & SETUP_STOP) != 0) +
                    ((setup & SETUP_PARITY) != 0);
    uint64_t time_ps = mote_cycles_to_ps(bits * ((setup >> 16) + 1ull), mote_clock_hz(dev, 0));
    return time_ps == MOTE_NEVER_PS ? 0 : time_ps;
}

static void start_sending(struct mote_device *dev)
{
    struct corev_uart *uart = dev->state;
    uint32_t value;
    uint64_t time_ps = frame_ps(dev);
    if (!uart->shifting && time_ps != 0 && (mote_reg(dev, SETUP) & SETUP_EN_TX) &&
        udma_channel_runs(dev, &uart->tx, TX_SADDR)) {
        uart->last = udma_channel_read(dev, &uart->tx, TX_SADDR, &value);
        uart->shifter = (uint8_t)value;
        uart->shifting = true;
        mote_event_after(dev, EVENT_SENT, time_ps);
    }
    mote_reg(dev, STATUS) = uart->shifting ? 1 : 0;
}

static void sent(struct mote_device *dev)
{
    struct corev_uart *uart = dev->state;
    uart->shifting = false;
    mote_uart_send(dev, uart->shifter);
    if (uart->last)
        mote_wire_pulse(dev, OUT_TX);
    start_sending(dev);
}

static void store_rx(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct corev_uart *uart = dev->state;
    (void)element;
    (void)old;
    udma_channel_configure(dev, &uart->rx, RX_SADDR, written);
}

static void store_tx(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct corev_uart *uart = dev->state;
    (void)element;
    (void)old;
    udma_channel_configure(dev, &uart->tx, TX_SADDR, written);
    start_sending(dev);
}

static uint32_t load_left_rx(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct corev_uart *uart = dev->state;
    (void)element;
    return mote_reg(dev, RX_CFG) & UDMA_EN ? uart->rx.left : value;
}

static uint32_t load_left_tx(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct corev_uart *uart = dev->state;
    (void)element;
    (void)value;
    return mote_reg(dev, TX_CFG) & UDMA_EN ? uart->tx.left : 0;
}

static void update_data(struct mote_device *dev)
{
    mote_wire_set(dev, OUT_DATA, (mote_reg(dev, VALID) & mote_reg(dev, IRQ_EN)) & 1);
}

static void store_setup(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
    start_sending(dev);
    update_data(dev);
}

static uint32_t load_data(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    mote_reg(dev, VALID) = 0;
    update_data(dev);
    mote_uart_drained(dev);
    return value;
}

static const struct mote_reg regs[ROWS] = {
    [RX_SADDR] = {.name = "RX_SADDR", .offset = 0x00, .rw = ~0u},
    [RX_SIZE] = {.name = "RX_SIZE", .offset = 0x04, .rw = 0xFFFFF, .load = load_left_rx},
    [RX_CFG] = {.name = "RX_CFG",
                .offset = 0x08,
                .rw = UDMA_CONTINUOUS | UDMA_EN,
                .ro = UDMA_PENDING,
                .wo = UDMA_CLR,
                .store = store_rx},
    [TX_SADDR] = {.name = "TX_SADDR", .offset = 0x10, .rw = ~0u},
    [TX_SIZE] = {.name = "TX_SIZE", .offset = 0x14, .rw = 0xFFFFF, .load = load_left_tx},
    [TX_CFG] = {.name = "TX_CFG",
                .offset = 0x18,
                .rw = UDMA_CONTINUOUS | UDMA_EN,
                .ro = UDMA_PENDING,
                .wo = UDMA_CLR,
                .store = store_tx},
    [STATUS] = {.name = "STATUS", .offset = 0x20, .ro = 3},
    [SETUP] = {.name = "UART_SETUP", .offset = 0x24, .rw = 0xFFFF033F, .store = store_setup},
    [ERROR] = {.name = "ERROR", .offset = 0x28, .rc = 3},
    [IRQ_EN] = {.name = "IRQ_EN", .offset = 0x2C, .rw = 3, .store = store_setup},
    [VALID] = {.name = "VALID", .offset = 0x30, .ro = 1},
    [DATA] = {.name = "DATA", .offset = 0x34, .ro = 0xFF, .load = load_data},
};

static void receive(struct mote_device *dev, uint8_t byte)
{
    struct corev_uart *uart = dev->state;
    if (!(mote_reg(dev, SETUP) & SETUP_EN_RX))
        return;
    if (mote_reg(dev, SETUP) & SETUP_POLLING) {
        if (mote_reg(dev, VALID))
            mote_reg(dev, ERROR) |= 1; /* overflow: the byte that waited is lost */
        mote_reg(dev, DATA) = byte;
        mote_reg(dev, VALID) = 1;
        update_data(dev);
    } else if (udma_channel_runs(dev, &uart->rx, RX_SADDR)) {
        if (udma_channel_write(dev, &uart->rx, RX_SADDR, byte))
            mote_wire_pulse(dev, OUT_RX);
    }
}

static bool ready(const struct mote_device *dev)
{
    const struct corev_uart *uart = dev->state;
    bool polling = dev->regs[SETUP] & SETUP_POLLING;
    return polling ? dev->regs[VALID] == 0 : uart->rx.left > 0;
}

static void reset(struct mote_device *dev)
{
    struct corev_uart *uart = dev->state;
    *uart = (struct corev_uart){0};
    mote_uart_set_frame_ps(dev, 0);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    mote_uart_set_frame_ps(dev, frame_ps(dev));
    start_sending(dev);
}

static const struct mote_event_desc events[] = {[EVENT_SENT] = {"sent", sent, 0}};
static const struct mote_uart_ops uart_ops = {.receive = receive, .ready = ready};

const struct mote_device_class mote_class_corev_uart = {
    .name = "corev_uart",
    .summary = "CORE-V-MCU uDMA UART",
    .compatibles = {"openhwgroup,core-v-uart"},
    .state_bytes = sizeof(struct corev_uart),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x80,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 3}},
    .uart = &uart_ops,
    .reset = reset,
    .clock_changed = clock_changed,
};
