/* Nordic nRF52 UARTE (UART with EasyDMA) and UART, the two faces of one block: ENABLE selects.
 *
 * Source: nRF52840 Product Specification v1.7, UARTE and UART chapters; CMSIS-SVD of the nRF52840.
 * Clock input 0: PCLK16M. Both faces are in one class because firmware, not the board, chooses.
 * Modelled: bytes at the exact baud rate of the integer divider, double-buffered RXD.PTR, the
 * receive FIFO, ENDRX shorts, STOPRX with RXTO, FLUSHRX, OVERRUN, STOPTX; legacy RXD and TXD.
 * Not modelled: RTS/CTS (CTS counts as granted), the parity of received bytes, framing errors and
 * breaks (the outside always sends right frames). */
#include "_nrf.h"
#include <mote/bus.h>

enum {
    TASKS_STARTRX,
    TASKS_STOPRX,
    TASKS_STARTTX,
    TASKS_STOPTX,
    TASKS_SUSPEND,
    TASKS_FLUSHRX,
    EVENTS_CTS,
    EVENTS_NCTS,
    EVENTS_RXDRDY,
    EVENTS_ENDRX,
    EVENTS_TXDRDY,
    EVENTS_ENDTX,
    EVENTS_ERROR,
    EVENTS_RXTO,
    EVENTS_RXSTARTED,
    EVENTS_TXSTARTED,
    EVENTS_TXSTOPPED,
    SHORTS,
    INTEN,
    INTENSET,
    INTENCLR,
    ERRORSRC,
    ENABLE,
    PSEL_RTS,
    PSEL_TXD,
    PSEL_CTS,
    PSEL_RXD,
    RXD,
    TXD,
    BAUDRATE,
    RXD_PTR,
    RXD_MAXCNT,
    RXD_AMOUNT,
    TXD_PTR,
    TXD_MAXCNT,
    TXD_AMOUNT,
    CONFIG,
    REG_COUNT
};
enum { TX_BYTE, RX_TIMEOUT };
enum { OFF, IDLE, ACTIVE };

#define ENABLE_UART         4u
#define ENABLE_UARTE        8u
#define EVENT_BITS          0x5a0397u
#define SHORT_ENDRX_STARTRX 0x20u
#define SHORT_ENDRX_STOPRX  0x40u
#define ERROR_OVERRUN       1u
#define CONFIG_PARITY       0xeu
#define CONFIG_STOP_TWO     0x10u
#define FIFO_BYTES          6u
#define RX_TIMEOUT_FRAMES   5u

struct nrf_uarte {
    struct nrf_common common;
    bool tx_on, tx_busy, tx_stopping;
    uint32_t tx_address, tx_count, tx_done; /* EasyDMA */
    uint8_t tx_shift, tx_next;
    uint64_t tx_end_ps; /* of the stop bit of the last byte */
    bool tx_next_full;  /* legacy: TXD holds a byte while another is shifted out */
    bool rx_on, rx_buffer;
    uint32_t rx_address, rx_count, rx_done;
    uint8_t fifo[FIFO_BYTES];
    uint32_t fifo_count;
    uint64_t frame_ps;
};

static bool is_uarte(struct mote_device *dev)
{
    return mote_reg(dev, ENABLE) == ENABLE_UARTE;
}

static bool is_uart(struct mote_device *dev)
{
    return mote_reg(dev, ENABLE) == ENABLE_UART;
}

static void announce(struct mote_device *dev)
{
    const struct nrf_uarte *uart = dev->state;

    if (!is_uarte(dev) && !is_uart(dev))
        mote_power_state(dev, OFF);
    else
        mote_power_state(dev, uart->tx_busy || uart->rx_on ? ACTIVE : IDLE);
}

/* The baud rate generator divides PCLK16M by the integer 2^32 / BAUDRATE, rounded down. */
static void update_frame(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;
    uint32_t rate = mote_reg(dev, BAUDRATE);
    uint32_t config = mote_reg(dev, CONFIG);
    uint32_t bits = 10u + ((config & CONFIG_PARITY) != 0) + ((config & CONFIG_STOP_TWO) != 0);
    uint64_t hz = nrf_pclk_hz(dev);

    uart->frame_ps = 0;
    if (rate != 0 && hz != 0)
        uart->frame_ps = mote_cycles_to_ps((UINT64_C(1) << 32) / rate * bits, hz);
    mote_uart_set_frame_ps(dev, is_uarte(dev) || is_uart(dev) ? uart->frame_ps : 0);
}

/* ---- transmit ---------------------------------------------------------------------------------
 */

static void shift_out(struct mote_device *dev, uint8_t byte, uint64_t start_ps)
{
    struct nrf_uarte *uart = dev->state;

    uart->tx_shift = byte;
    uart->tx_busy = true;
    uart->tx_end_ps = nrf_later_ps(start_ps, uart->frame_ps);
    announce(dev);
    mote_event_at(dev, TX_BYTE, uart->tx_end_ps);
}

static void tx_stopped(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    uart->tx_on = false;
    uart->tx_stopping = false;
    announce(dev);
    if (is_uarte(dev))
        nrf_event(dev, EVENTS_TXSTOPPED);
}

static void tx_end(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    mote_reg(dev, TXD_AMOUNT) = uart->tx_done;
    uart->tx_count = 0;
    announce(dev);
    nrf_event(dev, EVENTS_ENDTX);
}

/* The next byte of an EasyDMA transmission, or its end. */
static void dma_next(struct mote_device *dev, uint64_t start_ps)
{
    struct nrf_uarte *uart = dev->state;
    uint8_t byte;

    if (uart->tx_done >= uart->tx_count || uart->tx_stopping) {
        bool stopping = uart->tx_stopping;

        tx_end(dev);
        if (stopping)
            tx_stopped(dev);
        return;
    }
    nrf_dma_read(dev, uart->tx_address + uart->tx_done, &byte, 1);
    shift_out(dev, byte, start_ps);
}

/* A byte that follows begins where this one ended, even if the core runs the event late. */
static void tx_byte(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    uart->tx_busy = false;
    if (nrf_psel_connected(mote_reg(dev, PSEL_TXD)))
        mote_uart_send(dev, uart->tx_shift);
    if (is_uarte(dev)) {
        uart->tx_done++;
        nrf_event(dev, EVENTS_TXDRDY);
        dma_next(dev, uart->tx_end_ps);
        return;
    }
    if (uart->tx_next_full) {
        uart->tx_next_full = false;
        shift_out(dev, uart->tx_next, uart->tx_end_ps);
    }
    announce(dev);
    nrf_event(dev, EVENTS_TXDRDY);
}

static void start_tx(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    if ((!is_uarte(dev) && !is_uart(dev)) || uart->frame_ps == 0)
        return;
    uart->tx_on = true;
    uart->tx_stopping = false;
    if (!is_uarte(dev))
        return;
    if (uart->tx_busy) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "STARTTX while a transmission runs");
        return;
    }
    uart->tx_address = mote_reg(dev, TXD_PTR);
    uart->tx_count = mote_reg(dev, TXD_MAXCNT);
    uart->tx_done = 0;
    nrf_event(dev, EVENTS_TXSTARTED);
    dma_next(dev, mote_now_ps(dev->sys));
}

static void stop_tx(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    if (uart->tx_busy && is_uarte(dev))
        uart->tx_stopping = true;
    else
        tx_stopped(dev);
}

static void txd_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct nrf_uarte *uart = dev->state;

    (void)element;
    (void)old;
    if (!is_uart(dev) || !uart->tx_on)
        return;
    if (!uart->tx_busy) {
        shift_out(dev, (uint8_t)written, mote_now_ps(dev->sys));
        return;
    }
    if (uart->tx_next_full)
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "TXD written before TXDRDY: a byte is lost");
    uart->tx_next = (uint8_t)written;
    uart->tx_next_full = true;
}

/* ---- receive ----------------------------------------------------------------------------------
 */

static void begin_rx_buffer(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    uart->rx_address = mote_reg(dev, RXD_PTR);
    uart->rx_count = mote_reg(dev, RXD_MAXCNT);
    uart->rx_done = 0;
    uart->rx_buffer = uart->rx_count != 0;
    nrf_event(dev, EVENTS_RXSTARTED);
}

static void end_rx_buffer(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    uart->rx_buffer = false;
    mote_reg(dev, RXD_AMOUNT) = uart->rx_done;
    nrf_event(dev, EVENTS_ENDRX);
}

static void stop_rx(struct mote_device *dev)
{
    const struct nrf_uarte *uart = dev->state;

    if (uart->rx_on)
        mote_event_after(dev, RX_TIMEOUT, RX_TIMEOUT_FRAMES * uart->frame_ps);
}

static void drain_fifo(struct mote_device *dev);

static void start_rx(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    if (!is_uarte(dev) && !is_uart(dev))
        return;
    mote_event_cancel(dev, RX_TIMEOUT);
    uart->rx_on = true;
    announce(dev);
    if (is_uarte(dev)) {
        begin_rx_buffer(dev);
        drain_fifo(dev);
    }
    mote_uart_drained(dev);
}

static void store_byte(struct mote_device *dev, uint8_t byte)
{
    struct nrf_uarte *uart = dev->state;

    nrf_dma_write(dev, uart->rx_address + uart->rx_done, &byte, 1);
    uart->rx_done++;
    if (uart->rx_done < uart->rx_count)
        return;
    end_rx_buffer(dev);
    if (mote_reg(dev, SHORTS) & SHORT_ENDRX_STARTRX)
        begin_rx_buffer(dev);
    if (mote_reg(dev, SHORTS) & SHORT_ENDRX_STOPRX)
        stop_rx(dev);
}

static void drain_fifo(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;
    uint32_t taken = 0;

    while (uart->rx_buffer && taken < uart->fifo_count)
        store_byte(dev, uart->fifo[taken++]);
    for (uint32_t i = taken; i < uart->fifo_count; i++)
        uart->fifo[i - taken] = uart->fifo[i];
    uart->fifo_count -= taken;
}

static void rx_timeout(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    if (uart->rx_buffer)
        end_rx_buffer(dev);
    uart->rx_on = false;
    announce(dev);
    nrf_event(dev, EVENTS_RXTO);
}

static void flush_rx(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    if (!is_uarte(dev))
        return;
    uart->rx_address = mote_reg(dev, RXD_PTR);
    uart->rx_count = mote_reg(dev, RXD_MAXCNT);
    uart->rx_done = 0;
    for (uint32_t i = 0; i < uart->fifo_count && i < uart->rx_count; i++) {
        nrf_dma_write(dev, uart->rx_address + i, &uart->fifo[i], 1);
        uart->rx_done++;
    }
    uart->fifo_count = 0;
    end_rx_buffer(dev);
}

static void receive(struct mote_device *dev, uint8_t byte)
{
    struct nrf_uarte *uart = dev->state;

    if (!uart->rx_on || !nrf_psel_connected(mote_reg(dev, PSEL_RXD)))
        return;
    if (is_uarte(dev) && uart->rx_buffer) {
        nrf_event(dev, EVENTS_RXDRDY);
        store_byte(dev, byte);
        return;
    }
    if (uart->fifo_count == FIFO_BYTES) {
        mote_reg(dev, ERRORSRC) |= ERROR_OVERRUN;
        nrf_event(dev, EVENTS_ERROR);
        return;
    }
    uart->fifo[uart->fifo_count++] = byte;
    /* Legacy: RXD shows the oldest byte; one event per byte that comes to stand in RXD. */
    if (uart->fifo_count == 1)
        nrf_event(dev, EVENTS_RXDRDY);
}

static bool ready(const struct mote_device *dev)
{
    const struct nrf_uarte *uart = dev->state;

    return uart->rx_on && (uart->rx_buffer || uart->fifo_count < FIFO_BYTES);
}

static uint32_t rxd_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct nrf_uarte *uart = dev->state;

    (void)element;
    if (uart->fifo_count == 0 || !is_uart(dev))
        return value;
    value = uart->fifo[0];
    mote_reg(dev, RXD) = value;
    uart->fifo_count--;
    for (uint32_t i = 0; i < uart->fifo_count; i++)
        uart->fifo[i] = uart->fifo[i + 1];
    if (uart->fifo_count > 0)
        nrf_event(dev, EVENTS_RXDRDY);
    mote_uart_drained(dev);
    return value;
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

static void suspend(struct mote_device *dev)
{
    stop_tx(dev);
    stop_rx(dev);
}

static void quiet(struct mote_device *dev)
{
    struct nrf_uarte *uart = dev->state;

    uart->tx_on = uart->tx_busy = uart->tx_stopping = uart->tx_next_full = false;
    uart->rx_on = uart->rx_buffer = false;
    uart->fifo_count = 0;
    mote_event_cancel(dev, TX_BYTE);
    mote_event_cancel(dev, RX_TIMEOUT);
}

static void enable_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, ENABLE) != old)
        quiet(dev);
    update_frame(dev);
    announce(dev);
}

static void frame_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    update_frame(dev);
}

NRF_TASK_HOOK(task_startrx, start_rx)
NRF_TASK_HOOK(task_stoprx, stop_rx)
NRF_TASK_HOOK(task_starttx, start_tx)
NRF_TASK_HOOK(task_stoptx, stop_tx)
NRF_TASK_HOOK(task_suspend, suspend)
NRF_TASK_HOOK(task_flushrx, flush_rx)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_STARTRX] = NRF_TASK("TASKS_STARTRX", 0x000, task_startrx),
    [TASKS_STOPRX] = NRF_TASK("TASKS_STOPRX", 0x004, task_stoprx),
    [TASKS_STARTTX] = NRF_TASK("TASKS_STARTTX", 0x008, task_starttx),
    [TASKS_STOPTX] = NRF_TASK("TASKS_STOPTX", 0x00c, task_stoptx),
    [TASKS_SUSPEND] = NRF_TASK("TASKS_SUSPEND", 0x01c, task_suspend),
    [TASKS_FLUSHRX] = NRF_TASK("TASKS_FLUSHRX", 0x02c, task_flushrx),
    [EVENTS_CTS] = NRF_EVENT("EVENTS_CTS", 0x100),
    [EVENTS_NCTS] = NRF_EVENT("EVENTS_NCTS", 0x104),
    [EVENTS_RXDRDY] = NRF_EVENT("EVENTS_RXDRDY", 0x108),
    [EVENTS_ENDRX] = NRF_EVENT("EVENTS_ENDRX", 0x110),
    [EVENTS_TXDRDY] = NRF_EVENT("EVENTS_TXDRDY", 0x11c),
    [EVENTS_ENDTX] = NRF_EVENT("EVENTS_ENDTX", 0x120),
    [EVENTS_ERROR] = NRF_EVENT("EVENTS_ERROR", 0x124),
    [EVENTS_RXTO] = NRF_EVENT("EVENTS_RXTO", 0x144),
    [EVENTS_RXSTARTED] = NRF_EVENT("EVENTS_RXSTARTED", 0x14c),
    [EVENTS_TXSTARTED] = NRF_EVENT("EVENTS_TXSTARTED", 0x150),
    [EVENTS_TXSTOPPED] = NRF_EVENT("EVENTS_TXSTOPPED", 0x158),
    [SHORTS] = {.name = "SHORTS", .offset = 0x200, .rw = 0x78, .unmodelled = 0x18},
    [INTEN] = NRF_INTEN(EVENT_BITS),
    [INTENSET] = NRF_INTENSET(EVENT_BITS),
    [INTENCLR] = NRF_INTENCLR,
    [ERRORSRC] = {.name = "ERRORSRC", .offset = 0x480, .w1c = UINT32_MAX},
    [ENABLE] = {.name = "ENABLE", .offset = 0x500, .rw = 0xf, .store = enable_stored},
    [PSEL_RTS] = NRF_PSEL("PSEL.RTS", 0x508),
    [PSEL_TXD] = NRF_PSEL("PSEL.TXD", 0x50c),
    [PSEL_CTS] = NRF_PSEL("PSEL.CTS", 0x510),
    [PSEL_RXD] = NRF_PSEL("PSEL.RXD", 0x514),
    [RXD] = {.name = "RXD", .offset = 0x518, .ro = 0xff, .load = rxd_load},
    [TXD] = {.name = "TXD", .offset = 0x51c, .wo = 0xff, .store = txd_stored},
    [BAUDRATE] = {.name = "BAUDRATE",
                  .offset = 0x524,
                  .rw = UINT32_MAX,
                  .reset = 0x04000000,
                  .store = frame_stored},
    [RXD_PTR] = {.name = "RXD.PTR", .offset = 0x534, .rw = UINT32_MAX},
    [RXD_MAXCNT] = {.name = "RXD.MAXCNT", .offset = 0x538, .rw = 0xffff},
    [RXD_AMOUNT] = {.name = "RXD.AMOUNT", .offset = 0x53c, .ro = 0xffff},
    [TXD_PTR] = {.name = "TXD.PTR", .offset = 0x544, .rw = UINT32_MAX},
    [TXD_MAXCNT] = {.name = "TXD.MAXCNT", .offset = 0x548, .rw = 0xffff},
    [TXD_AMOUNT] = {.name = "TXD.AMOUNT", .offset = 0x54c, .ro = 0xffff},
    [CONFIG] =
        {.name = "CONFIG", .offset = 0x56c, .rw = 0x1f, .unmodelled = 1, .store = frame_stored},
};

static const struct mote_event_desc events[] = {
    [TX_BYTE] = {"tx_byte", tx_byte, 0},
    [RX_TIMEOUT] = {"rx_timeout", rx_timeout, 0},
};

static const struct mote_uart_ops uart_ops = {.receive = receive, .ready = ready};

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    if (index == 0)
        update_frame(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    nrf_attach(dev);
    return true;
}

static void reset(struct mote_device *dev)
{
    quiet(dev);
    update_frame(dev);
    announce(dev);
}

const struct mote_device_class mote_class_nrf_uarte = {
    .name = "nrf_uarte",
    .summary = "nRF52 UART, with and without EasyDMA",
    .compatibles = {"nordic,nrf-uarte", "nordic,nrf-uart"},
    .state_bytes = sizeof(struct nrf_uarte),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = 2,
    .outputs = {{"irq", 1}},
    .power_states = {"off", "idle", "active"},
    .clocked_states = 1u << 2,
    .uart = &uart_ops,
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
};
