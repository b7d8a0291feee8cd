/* SiFive SPI master, with flash mapped into memory where the board has it (QSPI0).
 *
 * Document: SiFive FE310-G002 Manual v19p05, chapter "Serial Peripheral Interface".
 * Modelled: 8-entry FIFOs, word length, clock divisor, direction, chip select modes AUTO, HOLD and
 * OFF with polarity, delays, watermark interrupts; a flash that is a child node is memory with the
 * cost that FFMT and SCKDIV give it (_sifive_xip.c). Not modelled: dual and quad transfers to other
 * parts than the flash (their time only), commands to the flash through the FIFOs (it answers
 * all ones), fetches while FCTRL.en is 0 (they work). Clock input 0: tlclk. Outputs: irq; cs[4],
 * levels of the chip selects. */
#include "_sifive_xip.h"
#include <mote/bus.h>
#include <mote/clock.h>

enum {
    SCKDIV,
    SCKMODE,
    CSID,
    CSDEF,
    CSMODE,
    DELAY0,
    DELAY1,
    FMT,
    TXDATA,
    RXDATA,
    TXMARK,
    RXMARK,
    FCTRL,
    FFMT,
    IE,
    IP,
    ROWS
};
enum { EVENT_SENT };
enum { FIFO_WORDS = 8, OUT_IRQ = 0, OUT_CS = 1, CHIP_SELECTS = 4 };
enum { MODE_AUTO = 0, MODE_HOLD = 2, MODE_OFF = 3 };
enum { POWER_IDLE, POWER_ACTIVE };

#define FLAG      (1u << 31)
#define FMT_DIR   (1u << 3)
#define FMT_RESET 0x00080000u

struct fifo {
    uint8_t word[FIFO_WORDS];
    uint8_t first, count;
};

struct sifive_spi {
    struct sifive_xip xip; /* first: the flash region's timing finds it */
    struct fifo tx, rx;
    bool shifting, selected;
    uint8_t shifter;
};

static bool push(struct fifo *fifo, uint8_t word)
{
    if (fifo->count == FIFO_WORDS)
        return false;
    fifo->word[(fifo->first + fifo->count++) % FIFO_WORDS] = word;
    return true;
}

static uint8_t pop(struct fifo *fifo)
{
    uint8_t word = fifo->word[fifo->first];
    fifo->first = (uint8_t)((fifo->first + 1) % FIFO_WORDS);
    fifo->count--;
    return word;
}

static uint32_t sck_cycles(struct mote_device *dev)
{
    return 2 * ((mote_reg(dev, SCKDIV) & 0xFFF) + 1);
}

/* Core cycles from the end of one frame with its selection to the beginning of the next. With phase
 * 0 the first edge comes half a period after cssck, with phase 1 the last as long before sckcs. */
static uint32_t select_cycles(struct mote_device *dev)
{
    uint32_t delay0 = mote_reg(dev, DELAY0), intercs = mote_reg(dev, DELAY1) & 0xFF;
    uint32_t periods = (delay0 & 0xFF) + (delay0 >> 16) + intercs;
    return periods * sck_cycles(dev) + sck_cycles(dev) / 2;
}

static uint32_t pause_cycles(struct mote_device *dev)
{
    return (mote_reg(dev, DELAY1) >> 16) * sck_cycles(dev);
}

/* csdef holds the levels of unselected lines. */
static void update_selects(struct mote_device *dev)
{
    const struct sifive_spi *spi = dev->state;
    uint32_t levels = mote_reg(dev, CSDEF);
    bool active = spi->selected && mote_reg(dev, CSMODE) != MODE_OFF;
    if (active)
        levels ^= 1u << (mote_reg(dev, CSID) & 3);
    for (uint32_t i = 0; i < CHIP_SELECTS; i++)
        mote_wire_set(dev, OUT_CS + i, (int)(levels >> i & 1));
    for (size_t i = 0; i < mote_child_count(dev); i++) {
        struct mote_device *part = mote_child(dev, i);
        mote_spi_select(part, active && part->bus_address == mote_reg(dev, CSID));
    }
}

static void update(struct mote_device *dev)
{
    const struct sifive_spi *spi = dev->state;
    uint32_t pending = spi->tx.count < (mote_reg(dev, TXMARK) & 7) ? 1 : 0;
    pending |= spi->rx.count > (mote_reg(dev, RXMARK) & 7) ? 2 : 0;
    mote_reg(dev, IP) = pending;
    mote_wire_set(dev, OUT_IRQ, (pending & mote_reg(dev, IE)) != 0);
    mote_power_state(dev, spi->shifting ? POWER_ACTIVE : POWER_IDLE);
}

static void start(struct mote_device *dev)
{
    struct sifive_spi *spi = dev->state;
    uint32_t format = mote_reg(dev, FMT), protocol = format & 3;
    uint32_t width = protocol == 0 ? 1 : protocol == 1 ? 2 : 4;
    uint64_t clocks = ((format >> 16 & 0xF) + width - 1) / width;
    bool selects = !spi->selected && mote_reg(dev, CSMODE) != MODE_OFF;
    uint64_t cycles = clocks * sck_cycles(dev);
    cycles += selects ? select_cycles(dev) : pause_cycles(dev);
    uint64_t time_ps = mote_cycles_to_ps(cycles, mote_clock_hz(dev, 0));
    if (!spi->shifting && spi->tx.count > 0 && time_ps != MOTE_NEVER_PS) {
        spi->shifter = pop(&spi->tx);
        spi->shifting = true;
        if (selects) {
            spi->selected = true;
            update_selects(dev);
        }
        mote_event_after(dev, EVENT_SENT, time_ps);
    }
    update(dev);
}

static void sent(struct mote_device *dev)
{
    struct sifive_spi *spi = dev->state;
    uint32_t bits = mote_reg(dev, FMT) >> 16 & 0xF;
    spi->shifting = false;
    uint32_t answer = mote_spi_transfer(dev, spi->shifter, bits != 0 ? bits : 8);
    if (!(mote_reg(dev, FMT) & FMT_DIR))
        push(&spi->rx, (uint8_t)answer);
    if (spi->tx.count == 0 && mote_reg(dev, CSMODE) == MODE_AUTO) {
        spi->selected = false;
        update_selects(dev);
    }
    start(dev);
}

static uint32_t load_txdata(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct sifive_spi *spi = dev->state;
    (void)element;
    (void)value;
    return spi->tx.count == FIFO_WORDS ? FLAG : 0;
}

static void store_txdata(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_spi *spi = dev->state;
    (void)element;
    (void)old;
    if (!push(&spi->tx, (uint8_t)written))
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "txdata was written while full: the word is lost");
    start(dev);
}

static uint32_t load_rxdata(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct sifive_spi *spi = dev->state;
    (void)element;
    (void)value;
    if (spi->rx.count == 0)
        return FLAG;
    uint8_t word = pop(&spi->rx);
    update(dev);
    return word;
}

/* Whatever the firmware changes of the format, the flash is addressed anew. */
static void store_setting(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_spi *spi = dev->state;
    (void)element;
    (void)old;
    (void)written;
    spi->xip.ffmt = mote_reg(dev, FFMT);
    spi->xip.sck_cycles = sck_cycles(dev);
    spi->xip.select_cycles = select_cycles(dev);
    spi->xip.pause_cycles = pause_cycles(dev);
    spi->xip.next = ~0u;
    update(dev);
}

/* Leaving HOLD, or choosing another line, ends the selection. */
static void store_select(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct sifive_spi *spi = dev->state;
    (void)element;
    (void)old;
    (void)written;
    if (!spi->shifting)
        spi->selected = false;
    update_selects(dev);
}

static const struct mote_reg regs[ROWS] = {
    [SCKDIV] = {.name = "sckdiv", .offset = 0x00, .reset = 3, .rw = 0xFFF, .store = store_setting},
    [SCKMODE] = {.name = "sckmode", .offset = 0x04, .rw = 3},
    [CSID] = {.name = "csid", .offset = 0x10, .rw = 3, .store = store_select},
    [CSDEF] = {.name = "csdef", .offset = 0x14, .reset = 0xF, .rw = 0xF, .store = store_select},
    [CSMODE] = {.name = "csmode", .offset = 0x18, .rw = 3, .store = store_select},
    [DELAY0] = {.name = "delay0",
                .offset = 0x28,
                .reset = 0x00010001,
                .rw = 0x00FF00FF,
                .store = store_setting},
    [DELAY1] =
        {.name = "delay1", .offset = 0x2C, .reset = 1, .rw = 0x00FF00FF, .store = store_setting},
    [FMT] = {.name = "fmt", .offset = 0x40, .reset = FMT_RESET, .rw = 0x000F000F},
    [TXDATA] =
        {.name = "txdata", .offset = 0x48, .wo = 0xFF, .load = load_txdata, .store = store_txdata},
    [RXDATA] = {.name = "rxdata", .offset = 0x4C, .ro = FLAG | 0xFF, .load = load_rxdata},
    [TXMARK] = {.name = "txmark", .offset = 0x50, .rw = 7, .store = store_setting},
    [RXMARK] = {.name = "rxmark", .offset = 0x54, .rw = 7, .store = store_setting},
    [FCTRL] = {.name = "fctrl", .offset = 0x60, .reset = 1, .rw = 1, .store = store_setting},
    [FFMT] = {.name = "ffmt",
              .offset = 0x64,
              .reset = 0x00030007,
              .rw = 0xFFFF3FFF,
              .store = store_setting},
    [IE] = {.name = "ie", .offset = 0x70, .rw = 3, .store = store_setting},
    [IP] = {.name = "ip", .offset = 0x74, .ro = 3},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct sifive_spi *spi = dev->state;
    return sifive_xip_attach(dev, &spi->xip, err);
}

static void reset(struct mote_device *dev)
{
    struct sifive_spi *spi = dev->state;
    spi->tx = spi->rx = (struct fifo){0};
    spi->shifting = spi->selected = false;
    sifive_xip_reset(&spi->xip);
    store_setting(dev, 0, 0, 0);
    update_selects(dev);
}

static const struct mote_event_desc events[] = {[EVENT_SENT] = {"sent", sent, 0}};

const struct mote_device_class mote_class_sifive_spi = {
    .name = "sifive_spi",
    .summary = "SiFive SPI master, flash mapped into memory with its timing",
    .compatibles = {"sifive,spi0"},
    .state_bytes = sizeof(struct sifive_spi),
    .regs = regs,
    .reg_count = ROWS,
    .window_bytes = 0x1000,
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .outputs = {{"irq", 1}, {"cs", CHIP_SELECTS}},
    .power_states = {"idle", "active"},
    .attach = attach,
    .reset = reset,
};
