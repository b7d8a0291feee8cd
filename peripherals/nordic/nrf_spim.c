/* Nordic nRF52 SPIM (SPI master with EasyDMA) and SPI, the two faces of one block: ENABLE selects.
 *
 * Source: nRF52840 Product Specification v1.7, SPIM and SPI chapters; CMSIS-SVD of the nRF52840.
 * Clock input 0: PCLK16M. Both faces are in one class because firmware, not the board, chooses.
 * Modelled: transfers of the programmed length and rate (the bytes move when the transfer ends),
 * over-read character, both bit orders, STOP, SUSPEND and RESUME as a pause, END_START, array
 * lists; the chip select of SPIM3 (selects the first child); legacy RXD/TXD with one byte of
 * buffering each way.
 * Not modelled: DCX, RXDELAY, CSNDUR, stall counters, clock polarity and phase (targets do not see
 * them). */
#include "_nrf.h"
#include <mote/bus.h>
#include <string.h>

enum {
    TASKS_START,
    TASKS_STOP,
    TASKS_SUSPEND,
    TASKS_RESUME,
    EVENTS_STOPPED,
    EVENTS_READY,
    EVENTS_ENDRX,
    EVENTS_END,
    EVENTS_ENDTX,
    EVENTS_STARTED,
    SHORTS,
    INTENSET,
    INTENCLR,
    STALLSTAT,
    ENABLE,
    PSEL_SCK,
    PSEL_MOSI,
    PSEL_MISO,
    PSEL_CSN,
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
    CONFIG,
    RXDELAY,
    CSNDUR,
    CSNPOL,
    PSELDCX,
    DCXCNT,
    ORC,
    REG_COUNT
};
enum { FINISHED };
enum { OFF, IDLE, ACTIVE };

#define ENABLE_SPI      1u
#define ENABLE_SPIM     7u
#define EVENT_BITS      0x80156u
#define SHORT_END_START 0x20000u
#define CONFIG_ORDER    1u /* least significant bit first */
#define BITS            8u
#define CHUNK_BYTES     256u
#define FREQUENCY_M16   0x0a000000u
#define FREQUENCY_M32   0x14000000u

struct nrf_spim {
    struct nrf_common common;
    uint32_t tx_address, rx_address, tx_count, rx_count;
    uint64_t left_ps; /* left: of a suspended transfer; 0 = none */
    bool busy, suspended;
    bool tx_waiting; /* legacy: TXD holds a byte that waits for the running one */
    uint8_t shift;   /* legacy: the byte on the wire */
    uint8_t received[2];
    uint32_t received_count;
};

static uint64_t rate_hz(struct mote_device *dev)
{
    uint32_t frequency = mote_reg(dev, FREQUENCY);
    uint64_t pclk = nrf_pclk_hz(dev);

    if (frequency == FREQUENCY_M16)
        return pclk;
    if (frequency == FREQUENCY_M32)
        return 2 * pclk;
    /* The others are fractions of 2^32 of PCLK16M. */
    uint64_t hz = (pclk * frequency) >> 32;

    return hz == 0 ? 1 : hz;
}

static uint8_t in_order(struct mote_device *dev, uint8_t byte)
{
    uint8_t reversed = 0;

    if (!(mote_reg(dev, CONFIG) & CONFIG_ORDER))
        return byte;
    for (unsigned i = 0; i < BITS; i++)
        reversed = (uint8_t)((reversed << 1) | ((byte >> i) & 1));
    return reversed;
}

static uint8_t exchange(struct mote_device *dev, uint8_t out)
{
    if (!nrf_psel_connected(mote_reg(dev, PSEL_SCK)))
        return UINT8_MAX;
    uint32_t in = mote_spi_transfer(dev, in_order(dev, out), BITS);

    return nrf_psel_connected(mote_reg(dev, PSEL_MISO)) ? in_order(dev, (uint8_t)in) : 0;
}

static void chip_select(struct mote_device *dev, bool selected)
{
    if (nrf_psel_connected(mote_reg(dev, PSEL_CSN)) && mote_child_count(dev) > 0)
        mote_spi_select(mote_child(dev, 0), selected);
}

/* ---- SPIM -------------------------------------------------------------------------------------
 */

static uint32_t longest(const struct nrf_spim *spi)
{
    return spi->tx_count > spi->rx_count ? spi->tx_count : spi->rx_count;
}

/* An empty transfer still takes a clock, so that END_START cannot stop time. */
static uint64_t transfer_ps(struct mote_device *dev)
{
    uint64_t bits = (uint64_t)longest(dev->state) * BITS;

    return mote_cycles_to_ps(bits == 0 ? 1 : bits, rate_hz(dev));
}

static void take_list(struct mote_device *dev, uint32_t list, uint32_t pointer, uint32_t count)
{
    if (mote_reg(dev, list) & 1u)
        mote_reg(dev, pointer) += count;
}

static void start(struct mote_device *dev)
{
    struct nrf_spim *spi = dev->state;

    if (mote_reg(dev, ENABLE) != ENABLE_SPIM || spi->busy)
        return;
    spi->busy = true;
    spi->suspended = false;
    spi->tx_address = mote_reg(dev, TXD_PTR);
    spi->rx_address = mote_reg(dev, RXD_PTR);
    spi->tx_count = mote_reg(dev, TXD_MAXCNT);
    spi->rx_count = mote_reg(dev, RXD_MAXCNT);
    take_list(dev, TXD_LIST, TXD_PTR, spi->tx_count);
    take_list(dev, RXD_LIST, RXD_PTR, spi->rx_count);
    chip_select(dev, true);
    mote_power_state(dev, ACTIVE);
    mote_event_after(dev, FINISHED, transfer_ps(dev));
    nrf_event(dev, EVENTS_STARTED);
}

/* The part of `count` bytes from `done` on that lies below `limit`. */
static uint32_t part_below(uint32_t done, uint32_t count, uint32_t limit)
{
    if (done >= limit)
        return 0;
    return count < limit - done ? count : limit - done;
}

static void move_bytes(struct mote_device *dev, uint32_t count)
{
    struct nrf_spim *spi = dev->state;
    uint8_t chunk[CHUNK_BYTES];

    for (uint32_t done = 0; done < count; done += CHUNK_BYTES) {
        uint32_t now = count - done < CHUNK_BYTES ? count - done : CHUNK_BYTES;

        memset(chunk, (int)mote_reg(dev, ORC), now);
        nrf_dma_read(dev, spi->tx_address + done, chunk, part_below(done, now, spi->tx_count));
        for (uint32_t i = 0; i < now; i++)
            chunk[i] = exchange(dev, chunk[i]);
        nrf_dma_write(dev, spi->rx_address + done, chunk, part_below(done, now, spi->rx_count));
    }
    mote_reg(dev, TXD_AMOUNT) = count < spi->tx_count ? count : spi->tx_count;
    mote_reg(dev, RXD_AMOUNT) = count < spi->rx_count ? count : spi->rx_count;
    chip_select(dev, false);
    spi->busy = false;
    spi->suspended = false;
    mote_power_state(dev, IDLE);
}

static void spim_finished(struct mote_device *dev)
{
    move_bytes(dev, longest(dev->state));
    nrf_event(dev, EVENTS_ENDTX);
    nrf_event(dev, EVENTS_ENDRX);
    nrf_event(dev, EVENTS_END);
    if (mote_reg(dev, SHORTS) & SHORT_END_START)
        start(dev);
}

static void stop(struct mote_device *dev)
{
    struct nrf_spim *spi = dev->state;

    if (mote_reg(dev, ENABLE) != ENABLE_SPIM)
        return;
    if (spi->busy) {
        uint64_t left_ps = spi->suspended
                               ? spi->left_ps
                               : mote_event_due_ps(dev, FINISHED) - mote_now_ps(dev->sys);
        uint64_t clocks = mote_ps_to_cycles(transfer_ps(dev) - left_ps, rate_hz(dev));
        uint64_t count = (clocks + BITS - 1) / BITS; /* the byte under way is completed */

        mote_event_cancel(dev, FINISHED);
        move_bytes(dev, count < longest(spi) ? (uint32_t)count : longest(spi));
        nrf_event(dev, EVENTS_END);
    }
    nrf_event(dev, EVENTS_STOPPED);
}

static void suspend(struct mote_device *dev)
{
    struct nrf_spim *spi = dev->state;

    if (!spi->busy || spi->suspended || mote_reg(dev, ENABLE) != ENABLE_SPIM)
        return;
    spi->suspended = true;
    spi->left_ps = mote_event_due_ps(dev, FINISHED) - mote_now_ps(dev->sys);
    mote_event_cancel(dev, FINISHED);
}

static void resume(struct mote_device *dev)
{
    struct nrf_spim *spi = dev->state;

    if (!spi->suspended)
        return;
    spi->suspended = false;
    mote_event_after(dev, FINISHED, spi->left_ps);
}

/* ---- legacy SPI -------------------------------------------------------------------------------
 */

static void shift(struct mote_device *dev, uint8_t byte)
{
    struct nrf_spim *spi = dev->state;

    spi->shift = byte;
    spi->busy = true;
    mote_power_state(dev, ACTIVE);
    mote_event_after(dev, FINISHED, mote_cycles_to_ps(BITS, rate_hz(dev)));
}

static void spi_finished(struct mote_device *dev)
{
    struct nrf_spim *spi = dev->state;
    uint8_t byte = exchange(dev, spi->shift);

    spi->busy = false;
    mote_power_state(dev, IDLE);
    if (spi->received_count < 2)
        spi->received[spi->received_count++] = byte;
    else
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "RXD not read in time: a byte is lost");
    if (spi->tx_waiting) {
        spi->tx_waiting = false;
        shift(dev, (uint8_t)mote_reg(dev, TXD));
    }
    if (spi->received_count == 1)
        nrf_event(dev, EVENTS_READY);
}

static void txd_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct nrf_spim *spi = dev->state;

    (void)element;
    (void)old;
    if (mote_reg(dev, ENABLE) != ENABLE_SPI)
        return;
    if (spi->busy)
        spi->tx_waiting = true;
    else
        shift(dev, (uint8_t)written);
}

static uint32_t rxd_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct nrf_spim *spi = dev->state;

    (void)element;
    if (spi->received_count == 0)
        return value;
    mote_reg(dev, RXD) = spi->received[0];
    spi->received[0] = spi->received[1];
    if (--spi->received_count > 0)
        nrf_event(dev, EVENTS_READY);
    return mote_reg(dev, RXD);
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

static void finished(struct mote_device *dev)
{
    if (mote_reg(dev, ENABLE) == ENABLE_SPI)
        spi_finished(dev);
    else
        spim_finished(dev);
}

static void quiet(struct mote_device *dev)
{
    struct nrf_spim *spi = dev->state;
    uint32_t enable = mote_reg(dev, ENABLE);

    spi->busy = spi->suspended = spi->tx_waiting = false;
    spi->received_count = 0;
    mote_event_cancel(dev, FINISHED);
    mote_power_state(dev, enable == ENABLE_SPI || enable == ENABLE_SPIM ? IDLE : OFF);
}

static void enable_stored(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, ENABLE) != old)
        quiet(dev);
}

NRF_TASK_HOOK(task_start, start)
NRF_TASK_HOOK(task_stop, stop)
NRF_TASK_HOOK(task_suspend, suspend)
NRF_TASK_HOOK(task_resume, resume)

static const struct mote_reg regs[REG_COUNT] = {
    [TASKS_START] = NRF_TASK("TASKS_START", 0x010, task_start),
    [TASKS_STOP] = NRF_TASK("TASKS_STOP", 0x014, task_stop),
    [TASKS_SUSPEND] = NRF_TASK("TASKS_SUSPEND", 0x01c, task_suspend),
    [TASKS_RESUME] = NRF_TASK("TASKS_RESUME", 0x020, task_resume),
    [EVENTS_STOPPED] = NRF_EVENT("EVENTS_STOPPED", 0x104),
    [EVENTS_READY] = NRF_EVENT("EVENTS_READY", 0x108),
    [EVENTS_ENDRX] = NRF_EVENT("EVENTS_ENDRX", 0x110),
    [EVENTS_END] = NRF_EVENT("EVENTS_END", 0x118),
    [EVENTS_ENDTX] = NRF_EVENT("EVENTS_ENDTX", 0x120),
    [EVENTS_STARTED] = NRF_EVENT("EVENTS_STARTED", 0x14c),
    [SHORTS] = {.name = "SHORTS", .offset = 0x200, .rw = SHORT_END_START},
    [INTENSET] = NRF_INTENSET(EVENT_BITS),
    [INTENCLR] = NRF_INTENCLR,
    [STALLSTAT] = {.name = "STALLSTAT", .offset = 0x400, .rw = 3},
    [ENABLE] = {.name = "ENABLE", .offset = 0x500, .rw = 0xf, .store = enable_stored},
    [PSEL_SCK] = NRF_PSEL("PSEL.SCK", 0x508),
    [PSEL_MOSI] = NRF_PSEL("PSEL.MOSI", 0x50c),
    [PSEL_MISO] = NRF_PSEL("PSEL.MISO", 0x510),
    [PSEL_CSN] = NRF_PSEL("PSEL.CSN", 0x514),
    [RXD] = {.name = "RXD", .offset = 0x518, .ro = 0xff, .load = rxd_load},
    [TXD] = {.name = "TXD", .offset = 0x51c, .rw = 0xff, .store = txd_stored},
    [FREQUENCY] = {.name = "FREQUENCY", .offset = 0x524, .rw = UINT32_MAX, .reset = 0x04000000},
    [RXD_PTR] = {.name = "RXD.PTR", .offset = 0x534, .rw = UINT32_MAX},
    [RXD_MAXCNT] = {.name = "RXD.MAXCNT", .offset = 0x538, .rw = 0xffff},
    [RXD_AMOUNT] = {.name = "RXD.AMOUNT", .offset = 0x53c, .ro = 0xffff},
    [RXD_LIST] = {.name = "RXD.LIST", .offset = 0x540, .rw = 3},
    [TXD_PTR] = {.name = "TXD.PTR", .offset = 0x544, .rw = UINT32_MAX},
    [TXD_MAXCNT] = {.name = "TXD.MAXCNT", .offset = 0x548, .rw = 0xffff},
    [TXD_AMOUNT] = {.name = "TXD.AMOUNT", .offset = 0x54c, .ro = 0xffff},
    [TXD_LIST] = {.name = "TXD.LIST", .offset = 0x550, .rw = 3},
    [CONFIG] = {.name = "CONFIG", .offset = 0x554, .rw = 7},
    [RXDELAY] = {.name = "IFTIMING.RXDELAY", .offset = 0x560, .rw = 7, .reset = 2},
    [CSNDUR] = {.name = "IFTIMING.CSNDUR", .offset = 0x564, .rw = 0xff, .reset = 2},
    [CSNPOL] = {.name = "CSNPOL", .offset = 0x568, .rw = 1, .unmodelled = 1},
    [PSELDCX] = NRF_PSEL("PSELDCX", 0x56c),
    [DCXCNT] = {.name = "DCXCNT", .offset = 0x570, .rw = 0xf, .unmodelled = 0xf},
    [ORC] = {.name = "ORC", .offset = 0x5c0, .rw = 0xff},
};

static const struct mote_event_desc events[] = {[FINISHED] = {"finished", finished, 0}};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    (void)err;
    nrf_attach(dev);
    return true;
}

const struct mote_device_class mote_class_nrf_spim = {
    .name = "nrf_spim",
    .summary = "nRF52 SPI master, with and without EasyDMA",
    .compatibles = {"nordic,nrf-spim", "nordic,nrf-spi"},
    .state_bytes = sizeof(struct nrf_spim),
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
