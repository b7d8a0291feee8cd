/* SPI of STM32L4/L4+ (4 to 16 bits, FIFOs of 32 bits). ST RM0432 Rev 9.
 *
 * Modelled: master in full duplex, receive-only, half duplex and transmit-only; data size with
 * packing of two frames in one 16-bit access, FIFO levels, TXE/RXNE thresholds (FRXTH), BSY,
 * OVR, bit order, clock divider with bit time, interrupts, DMA requests, NSS output level.
 *
 * Not modelled: slave mode, hardware CRC, TI frame format, NSS pulses between frames, mode
 * fault, LDMA_RX/LDMA_TX. I2S is another device. Clock polarity and phase are taken to fit the
 * target. */
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <string.h>

enum { CR1, CR2, SR, CRCPR, RXCRCR, TXCRCR };
enum { OUT_IRQ, OUT_DMA_RX, OUT_DMA_TX, OUT_NSS };

#define DR_OFFSET    0x0Cu
#define CR1_MSTR     (1u << 2)
#define CR1_SPE      (1u << 6)
#define CR1_LSBFIRST (1u << 7)
#define CR1_SSM      (1u << 9)
#define CR1_RXONLY   (1u << 10)
#define CR1_BIDIOE   (1u << 14)
#define CR1_BIDIMODE (1u << 15)
#define CR2_RXDMAEN  (1u << 0)
#define CR2_TXDMAEN  (1u << 1)
#define CR2_SSOE     (1u << 2)
#define CR2_ERRIE    (1u << 5)
#define CR2_RXNEIE   (1u << 6)
#define CR2_TXEIE    (1u << 7)
#define CR2_FRXTH    (1u << 12)
#define SR_RXNE      (1u << 0)
#define SR_TXE       (1u << 1)
#define SR_OVR       (1u << 6)
#define SR_BSY       (1u << 7)

#define FIFO_BYTES 4u

enum spi_power { POWER_OFF, POWER_IDLE, POWER_ACTIVE };

struct spi {
    uint64_t burst_ps;     /* start of a run of frames without a gap */
    uint64_t burst_cycles; /* its length in bus clock cycles */
    uint8_t rx[FIFO_BYTES], tx[FIFO_BYTES];
    uint8_t rx_bytes, tx_bytes;
    uint8_t shifting;
    uint8_t dr_was_read; /* DR, then SR: clears OVR */
    uint16_t out;
};

static uint32_t frame_bits(struct mote_device *dev)
{
    return (mote_reg(dev, CR2) >> 8 & 15) + 1;
}

static uint32_t frame_bytes(struct mote_device *dev)
{
    return frame_bits(dev) > 8 ? 2 : 1;
}

static bool receive_only(struct mote_device *dev)
{
    uint32_t cr1 = mote_reg(dev, CR1);
    if (cr1 & CR1_BIDIMODE)
        return !(cr1 & CR1_BIDIOE);
    return cr1 & CR1_RXONLY;
}

static bool transmit_only(struct mote_device *dev)
{
    return (mote_reg(dev, CR1) & (CR1_BIDIMODE | CR1_BIDIOE)) == (CR1_BIDIMODE | CR1_BIDIOE);
}

static void update(struct mote_device *dev)
{
    const struct spi *s = dev->state;
    static const uint32_t level[FIFO_BYTES + 1] = {0, 1, 2, 2, 3};
    static const uint32_t tx_level[FIFO_BYTES + 1] = {0, 1, 2, 3, 3};
    uint32_t cr1 = mote_reg(dev, CR1);
    uint32_t cr2 = mote_reg(dev, CR2);
    uint32_t sr = mote_reg(dev, SR) & SR_OVR;
    sr |= s->rx_bytes >= (cr2 & CR2_FRXTH ? 1 : 2) ? SR_RXNE : 0;
    sr |= s->tx_bytes <= FIFO_BYTES / 2 ? SR_TXE : 0;
    sr |= s->shifting || ((cr1 & CR1_SPE) && s->tx_bytes > 0) ? SR_BSY : 0;
    sr |= level[s->rx_bytes] << 9 | tx_level[s->tx_bytes] << 11;
    mote_reg(dev, SR) = sr;
    mote_wire_set(dev, OUT_IRQ,
                  ((cr2 & CR2_RXNEIE) && (sr & SR_RXNE)) || ((cr2 & CR2_TXEIE) && (sr & SR_TXE)) ||
                      ((cr2 & CR2_ERRIE) && (sr & SR_OVR)));
    bool nss = (cr1 & (CR1_SPE | CR1_MSTR | CR1_SSM)) == (CR1_SPE | CR1_MSTR);
    mote_wire_set(dev, OUT_NSS, nss && (cr2 & CR2_SSOE) ? 0 : MOTE_WIRE_Z);
    mote_power_state(dev, s->shifting ? POWER_ACTIVE : cr1 & CR1_SPE ? POWER_IDLE : POWER_OFF);
    /* Last: a DMA that answers at once comes back in here. */
    mote_wire_set(dev, OUT_DMA_RX, (cr2 & CR2_RXDMAEN) && (mote_reg(dev, SR) & SR_RXNE));
    mote_wire_set(dev, OUT_DMA_TX,
                  (cr1 & CR1_SPE) && (cr2 & CR2_TXDMAEN) && (mote_reg(dev, SR) & SR_TXE));
}

static uint32_t pop(uint8_t *fifo, uint8_t *count, uint32_t bytes)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i<bytes && * count> 0; i++) {
        value |= (uint32_t)fifo[0] << (8 * i);
        *count = (uint8_t)(*count - 1);
        memmove(fifo, fifo + 1, *count);
    }
    return value;
}

static uint32_t reverse(uint32_t value, uint32_t bits)
{
    uint32_t turned = 0;
    for (uint32_t i = 0; i < bits; i++, value >>= 1)
        turned = turned << 1 | (value & 1);
    return turned;
}

/* Starts the next frame if there is something to do; `follows`: without a gap. */
static void start(struct mote_device *dev, bool follows)
{
    struct spi *s = dev->state;
    uint32_t cr1 = mote_reg(dev, CR1);
    if (s->shifting || (cr1 & (CR1_SPE | CR1_MSTR)) != (CR1_SPE | CR1_MSTR))
        return;
    if (receive_only(dev))
        s->out = UINT16_MAX;
    else if (s->tx_bytes >= frame_bytes(dev))
        s->out = (uint16_t)pop(s->tx, &s->tx_bytes, frame_bytes(dev));
    else
        return;
    if (!follows) {
        s->burst_ps = mote_now_ps(dev->sys);
        s->burst_cycles = 0;
    }
    s->shifting = 1;
    s->burst_cycles += (uint64_t)frame_bits(dev) << (1 + (cr1 >> 3 & 7));
    uint64_t length = mote_cycles_to_ps(s->burst_cycles, mote_clock_hz(dev, 0));
    mote_event_at(dev, 0, length == MOTE_NEVER_PS ? length : s->burst_ps + length);
}

static void frame_done(struct mote_device *dev)
{
    struct spi *s = dev->state;
    uint32_t bits = frame_bits(dev);
    uint32_t mask = (1u << bits) - 1;
    bool turned = mote_reg(dev, CR1) & CR1_LSBFIRST;
    uint32_t out = s->out & mask;
    uint32_t in = mote_spi_transfer(dev, turned ? reverse(out, bits) : out, bits) & mask;
    in = turned ? reverse(in, bits) : in;
    s->shifting = 0;
    uint32_t bytes = frame_bytes(dev);
    if (!transmit_only(dev)) {
        if (s->rx_bytes + bytes > FIFO_BYTES) {
            mote_reg(dev, SR) |= SR_OVR;
        } else {
            for (uint32_t i = 0; i < bytes; i++)
                s->rx[s->rx_bytes++] = (uint8_t)(in >> (8 * i));
        }
    }
    start(dev, true);
    update(dev);
}

static void write_dr(struct mote_device *dev, const struct mote_access *access)
{
    struct spi *s = dev->state;
    uint32_t bytes = access->bytes > 2 ? 2 : access->bytes;
    if (frame_bytes(dev) == 2)
        bytes = 2;
    if (s->tx_bytes + bytes > FIFO_BYTES) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "DR written with a full TX FIFO: data is lost");
        return;
    }
    for (uint32_t i = 0; i < bytes; i++)
        s->tx[s->tx_bytes++] = (uint8_t)(access->value >> (8 * i));
    start(dev, false);
    update(dev);
}

/* DR: the width of the access decides how many frames it moves, so it has no row. */
static bool window(struct mote_device *dev, struct mote_access *access)
{
    struct spi *s = dev->state;
    if (access->offset < DR_OFFSET || access->offset >= DR_OFFSET + 4)
        return true; /* I2S registers: read 0 on parts without I2S */
    if (access->store) {
        write_dr(dev, access);
        return true;
    }
    uint32_t bytes = frame_bytes(dev) == 2 || access->bytes > 1 ? 2 : 1;
    access->value = pop(s->rx, &s->rx_bytes, bytes);
    s->dr_was_read = 1;
    update(dev);
    return true;
}

static uint32_t load_sr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    struct spi *s = dev->state;
    if (s->dr_was_read && (value & SR_OVR)) {
        mote_reg(dev, SR) &= ~SR_OVR;
        update(dev);
    }
    s->dr_was_read = 0;
    return value;
}

static void store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct spi *s = dev->state;
    uint32_t cr1 = mote_reg(dev, CR1);
    if ((cr1 & CR1_SPE) && !(cr1 & CR1_MSTR) && !(old & CR1_SPE))
        mote_log(dev->sys, dev, MOTE_LOG_UNMODELLED, "slave mode is not modelled");
    if (!(cr1 & CR1_SPE)) {
        mote_event_cancel(dev, 0);
        s->shifting = 0;
        s->tx_bytes = 0;
    }
    start(dev, false);
    update(dev);
}

static void store_cr2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    if (frame_bits(dev) < 4)
        mote_reg(dev, CR2) = (mote_reg(dev, CR2) & ~0xF00u) | 0x700; /* DS: forced to 8 bits */
    update(dev);
}

static const struct mote_reg regs[] = {
    [CR1] = {.name = "CR1",
             .offset = 0x00,
             .rw = 0x0000FFFF,
             .unmodelled = 0x00003800, /* CRCEN CRCNEXT CRCL */
             .store = store_cr1},
    [CR2] = {.name = "CR2",
             .offset = 0x04,
             .reset = 0x00000700,
             .rw = 0x00007FFF,
             .unmodelled = 0x00006010, /* LDMA_TX LDMA_RX FRF */
             .store = store_cr2},
    [SR] = {.name = "SR",
            .offset = 0x08,
            .reset = 0x00000002,
            .ro = 0x00001FE3,
            .w0c = 0x00000010,
            .load = load_sr},
    [CRCPR] = {.name = "CRCPR",
               .offset = 0x10,
               .reset = 0x00000007,
               .rw = 0x0000FFFF,
               .unmodelled = 0x0000FFFF},
    [RXCRCR] = {.name = "RXCRCR", .offset = 0x14, .ro = 0x0000FFFF},
    [TXCRCR] = {.name = "TXCRCR", .offset = 0x18, .ro = 0x0000FFFF},
};

static const struct mote_event_desc events[] = {{.name = "frame", .fire = frame_done}};

static void reset(struct mote_device *dev)
{
    memset(dev->state, 0, sizeof(struct spi));
    mote_wire_set(dev, OUT_NSS, MOTE_WIRE_Z);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    struct spi *s = dev->state;
    if (!s->shifting)
        return;
    /* The frame under way starts again at the new rate. */
    s->burst_ps = mote_now_ps(dev->sys);
    s->burst_cycles = (uint64_t)frame_bits(dev) << (1 + (mote_reg(dev, CR1) >> 3 & 7));
    mote_event_after(dev, 0, mote_cycles_to_ps(s->burst_cycles, mote_clock_hz(dev, 0)));
}

const struct mote_device_class mote_class_stm32_spi_fifo = {
    .name = "stm32_spi_fifo",
    .summary = "STM32 SPI with FIFO, master",
    .compatibles = {"st,stm32-spi-fifo"},
    .state_bytes = sizeof(struct spi),
    .gated_access = true,
    .regs = regs,
    .reg_count = sizeof regs / sizeof *regs,
    .window_bytes = 0x400,
    .events = events,
    .event_count = 1,
    .outputs = {{"irq", 1}, {"dma", 2}, {"nss", 1}},
    .power_states = {"off", "idle", "active"},
    .reset = reset,
    .clock_changed = clock_changed,
    .window = window,
};
