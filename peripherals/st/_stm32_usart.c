/* The serial engine of stm32_usart.c and stm32_lpuart.c (see there for what is modelled).
 *
 * ISR is kept up to date at every change, so that polling it is a plain register read. */
#include "_stm32_usart.h"
#include <mote/bus.h>
#include <mote/clock.h>
#include <string.h>

#define ISR_ORE   (1u << 3)
#define ISR_IDLE  (1u << 4)
#define ISR_RXNE  (1u << 5)
#define ISR_TC    (1u << 6)
#define ISR_TXE   (1u << 7)
#define ISR_RTOF  (1u << 11)
#define ISR_CMF   (1u << 17)
#define ISR_SBKF  (1u << 18)
#define ISR_WUF   (1u << 20)
#define ISR_TEACK (1u << 21)
#define ISR_REACK (1u << 22)
#define ISR_TXFE  (1u << 23)
#define ISR_RXFF  (1u << 24)
#define ISR_RXFT  (1u << 26)
#define ISR_TXFT  (1u << 27)
/* Flags that follow from the fill of the buffers. */
#define ISR_COMPUTED (ISR_RXNE | ISR_TXE | ISR_TXFE | ISR_RXFF | ISR_RXFT | ISR_TXFT)
/* Errors that EIE reports and DDRE stops DMA for: PE is not among the first. */
#define ISR_ERRORS 0x0Eu

#define CR1_IDLEIE   (1u << 4)
#define CR1_RXNEIE   (1u << 5)
#define CR1_TCIE     (1u << 6)
#define CR1_TXEIE    (1u << 7)
#define CR1_CMIE     (1u << 14)
#define CR1_RTOIE    (1u << 26)
#define CR1_TXFEIE   (1u << 30)
#define CR1_RXFFIE   (1u << 31)
#define CR2_ADDM7    (1u << 4)
#define CR2_DATAINV  (1u << 18)
#define CR2_MSBFIRST (1u << 19)
#define CR2_RTOEN    (1u << 23)
#define CR3_EIE      (1u << 0)
#define CR3_DMAR     (1u << 6)
#define CR3_DMAT     (1u << 7)
#define CR3_OVRDIS   (1u << 12)
#define CR3_DDRE     (1u << 13)
#define CR3_WUFIE    (1u << 22)
#define CR3_TXFTIE   (1u << 23)
#define CR3_RXFTIE   (1u << 28)

#define RQR_SBKRQ (1u << 1)
#define RQR_RXFRQ (1u << 3)
#define RQR_TXFRQ (1u << 4)

/* Fields that only a disabled USART takes. */
#define CR1_LOCKED 0x33FF9E00u /* FIFOEN M1 DEAT DEDT OVER8 M0 WAKE PCE PS */
#define CR2_LOCKED 0x007FFF39u /* all but ADD RTOEN LBDIE */
#define CR3_LOCKED 0x003EFB3Eu /* SCARCNT WUS DEP DEM DDRE OVRDIS ONEBIT CTSE RTSE .. IREN */

/* A run of frames is measured from a new start after this many, far from any overflow. */
#define BURST_MAX_HALF_BITS (1u << 24)

enum usart_frame { FRAME_NONE, FRAME_DATA, FRAME_IDLE, FRAME_BREAK };
enum usart_state { POWER_OFF, POWER_IDLE, POWER_ACTIVE };

static bool is_lpuart(const struct mote_device *dev)
{
    return dev->cls->reg_count == LPUART_REGS;
}

static bool fifo_mode(struct mote_device *dev)
{
    return (mote_reg(dev, CR1) & CR1_FIFOEN) != 0;
}

/* In FIFO mode RDR is one place more than the FIFO has; TDR is the FIFO's entry. */
static uint32_t rx_room(struct mote_device *dev)
{
    const struct usart *u = dev->state;
    return fifo_mode(dev) ? u->fifo_depth + 1u : 1;
}

static uint32_t tx_room(struct mote_device *dev)
{
    const struct usart *u = dev->state;
    return fifo_mode(dev) ? u->fifo_depth : 1;
}

/* ---- flags, interrupts, requests --------------------------------------------------------------
 */

/* Places that a threshold field (RXFTCFG, TXFTCFG) means. */
static uint32_t threshold(uint32_t field, uint32_t depth)
{
    static const uint8_t eighths[8] = {1, 2, 4, 6, 7, 8, 8, 8};
    return depth * eighths[field] / 8;
}

static uint32_t computed_flags(struct mote_device *dev)
{
    const struct usart *u = dev->state;
    uint32_t cr3 = mote_reg(dev, CR3);
    uint32_t flags = u->rx_count > 0 ? ISR_RXNE : 0;
    flags |= u->tx_count < tx_room(dev) ? ISR_TXE : 0;
    if (!fifo_mode(dev))
        return flags;
    uint32_t depth = u->fifo_depth;
    flags |= u->tx_count == 0 ? ISR_TXFE : 0;
    flags |= u->rx_count > depth ? ISR_RXFF : 0;
    flags |= u->rx_count >= threshold(cr3 >> 25 & 7, depth) ? ISR_RXFT : 0;
    flags |= depth - u->tx_count >= threshold(cr3 >> 29, depth) ? ISR_TXFT : 0;
    return flags;
}

static bool irq_level(uint32_t isr, uint32_t cr1, uint32_t cr3)
{
    /* CR1 and ISR have IDLE, RXNE, TC and TXE at the same places; ORE goes with RXNEIE. */
    if (isr & cr1 & (CR1_IDLEIE | CR1_RXNEIE | CR1_TCIE | CR1_TXEIE))
        return true;
    return ((cr1 & CR1_RXNEIE) && (isr & ISR_ORE)) || ((cr1 & CR1_CMIE) && (isr & ISR_CMF)) ||
           ((cr1 & CR1_RTOIE) && (isr & ISR_RTOF)) || ((cr1 & CR1_TXFEIE) && (isr & ISR_TXFE)) ||
           ((cr1 & CR1_RXFFIE) && (isr & ISR_RXFF)) || ((cr3 & CR3_EIE) && (isr & ISR_ERRORS)) ||
           ((cr3 & CR3_WUFIE) && (isr & ISR_WUF)) || ((cr3 & CR3_TXFTIE) && (isr & ISR_TXFT)) ||
           ((cr3 & CR3_RXFTIE) && (isr & ISR_RXFT));
}

/* Brings ISR and the wires in line. A DMA that answers a request at once comes back in here; the
 * wires are therefore set from one snapshot last, each by what holds at its moment. */
static void update(struct mote_device *dev)
{
    uint32_t isr = (mote_reg(dev, ISR) & ~ISR_COMPUTED) | computed_flags(dev);
    mote_reg(dev, ISR) = isr;
    uint32_t cr1 = mote_reg(dev, CR1);
    uint32_t cr3 = mote_reg(dev, CR3);
    mote_wire_set(dev, OUT_IRQ, irq_level(isr, cr1, cr3));
    mote_wire_set(dev, OUT_WAKEUP, (cr3 & CR3_WUFIE) && (isr & ISR_WUF));
    bool stopped = (cr3 & CR3_DDRE) && (isr & (ISR_ERRORS | 1));
    bool enabled = cr1 & CR1_UE;
    mote_wire_set(dev, OUT_DMA_RX, enabled && (cr3 & CR3_DMAR) && (isr & ISR_RXNE) && !stopped);
    mote_wire_set(dev, OUT_DMA_TX,
                  enabled && (cr1 & CR1_TE) && (cr3 & CR3_DMAT) && (mote_reg(dev, ISR) & ISR_TXE));
}

/* ---- the frame --------------------------------------------------------------------------------
 */

static uint32_t frame_data_bits(uint32_t cr1)
{
    if (cr1 & CR1_M0)
        return 9;
    return cr1 & CR1_M1 ? 7 : 8;
}

static uint32_t frame_half_bits(struct mote_device *dev)
{
    static const uint8_t stop[4] = {2, 1, 4, 3};
    return 2 * (1 + frame_data_bits(mote_reg(dev, CR1))) + stop[mote_reg(dev, CR2) >> 12 & 3];
}

/* Time of `half_bits`; MOTE_NEVER_PS without a clock or with a divider below the allowed one. */
static uint64_t half_bits_ps(struct mote_device *dev, uint64_t half_bits)
{
    static const uint16_t prescaler[16] = {1,  2,  4,   6,   8,   10,  12,  16,
                                           32, 64, 128, 256, 256, 256, 256, 256};
    uint64_t hz = mote_clock_hz(dev, mote_clock_inputs(dev) > 1 ? 1 : 0);
    uint32_t divider = mote_reg(dev, BRR);
    uint32_t per_cycle = 2; /* how many of `divider` one kernel clock cycle is, in half bits */
    uint32_t least = 16;
    if (is_lpuart(dev)) {
        per_cycle = 2 * 256;
        least = 0x300;
    } else if (mote_reg(dev, CR1) & CR1_OVER8) {
        divider = (divider & 0xFFF0) | (divider & 7) << 1;
        per_cycle = 4;
    }
    if (divider < least)
        return MOTE_NEVER_PS;
    return mote_cycles_to_ps(half_bits * divider * prescaler[mote_reg(dev, PRESC)], hz * per_cycle);
}

static uint16_t data_mask(uint32_t cr1)
{
    uint32_t bits = frame_data_bits(cr1) - (cr1 & CR1_PCE ? 1 : 0);
    return (uint16_t)((1u << bits) - 1);
}

/* The order and sense of the bits on the line, an involution. */
static uint16_t line_code(struct mote_device *dev, uint16_t data)
{
    uint32_t cr2 = mote_reg(dev, CR2);
    uint16_t mask = data_mask(mote_reg(dev, CR1));
    if (cr2 & CR2_DATAINV)
        data = (uint16_t)~data & mask;
    if (!(cr2 & CR2_MSBFIRST))
        return data & mask;
    uint16_t turned = 0;
    for (uint32_t bit = 1; bit & mask; bit <<= 1, data >>= 1)
        turned = (uint16_t)(turned << 1 | (data & 1));
    return turned;
}

static void set_power(struct mote_device *dev)
{
    const struct usart *u = dev->state;
    uint32_t enabled = (mote_reg(dev, CR1) & CR1_UE) ? POWER_IDLE : POWER_OFF;
    mote_power_state(dev, u->shifting != FRAME_NONE ? POWER_ACTIVE : enabled);
}

/* ---- transmitter ------------------------------------------------------------------------------
 */

static void start_frame(struct mote_device *dev, enum usart_frame frame, bool back_to_back)
{
    struct usart *u = dev->state;
    if (!back_to_back || u->burst_half_bits > BURST_MAX_HALF_BITS) {
        u->burst_ps = mote_now_ps(dev->sys);
        u->burst_half_bits = 0;
    }
    /* A break is followed by stop bits of two bit times whatever STOP says. */
    u->burst_half_bits += frame_half_bits(dev) + (frame == FRAME_BREAK ? 4u : 0u);
    u->shifting = (uint8_t)frame;
    uint64_t length = half_bits_ps(dev, u->burst_half_bits);
    mote_event_at(dev, EVENT_TX, length == MOTE_NEVER_PS ? length : u->burst_ps + length);
}

/* Puts the next thing on the line if it is free. */
static void transmit(struct mote_device *dev, bool back_to_back)
{
    struct usart *u = dev->state;
    uint32_t cr1 = mote_reg(dev, CR1);
    if (u->shifting != FRAME_NONE || (cr1 & (CR1_UE | CR1_TE)) != (CR1_UE | CR1_TE))
        return;
    if (u->break_wanted) {
        u->break_wanted = 0;
        start_frame(dev, FRAME_BREAK, back_to_back);
    } else if (u->tx_count > 0) {
        u->shift = u->tx[0];
        u->tx_count--;
        memmove(u->tx, u->tx + 1, u->tx_count * sizeof *u->tx);
        start_frame(dev, FRAME_DATA, back_to_back);
    }
    set_power(dev);
}

static void tx_done(struct mote_device *dev)
{
    struct usart *u = dev->state;
    uint8_t frame = u->shifting;
    uint16_t shifted = u->shift;
    u->shifting = FRAME_NONE;
    if (frame == FRAME_BREAK)
        mote_reg(dev, ISR) &= ~ISR_SBKF;
    transmit(dev, true);
    if (u->shifting == FRAME_NONE && frame != FRAME_IDLE)
        mote_reg(dev, ISR) |= ISR_TC;
    if (frame == FRAME_DATA)
        mote_uart_send(dev, (uint8_t)line_code(dev, shifted));
    set_power(dev);
    update(dev);
}

void usart_store_tdr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct usart *u = dev->state;
    if (!(mote_reg(dev, CR1) & CR1_UE))
        return;
    uint16_t data = (uint16_t)(mote_reg(dev, TDR) & data_mask(mote_reg(dev, CR1)));
    if (u->tx_count < tx_room(dev)) {
        u->tx[u->tx_count++] = data;
    } else if (!fifo_mode(dev)) {
        u->tx[0] = data; /* TDR is simply overwritten */
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "TDR written while TXE was 0: a byte is lost");
    } else {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "TDR written with a full FIFO: the byte is lost");
    }
    mote_reg(dev, ISR) &= ~ISR_TC;
    transmit(dev, false);
    update(dev);
}

/* ---- receiver ---------------------------------------------------------------------------------
 */

static uint32_t parity_of(uint32_t value, bool odd)
{
    return (uint32_t)__builtin_parity(value) ^ (odd ? 1u : 0u);
}

static void note_match(struct mote_device *dev, uint16_t data)
{
    uint32_t cr2 = mote_reg(dev, CR2);
    uint32_t address = cr2 >> 24;
    uint32_t mask = cr2 & CR2_ADDM7 ? 0x7F : 0x0F;
    if ((data & 0xFF) == address)
        mote_reg(dev, ISR) |= ISR_CMF;
    /* WUS: 0 = address match, 2 = start bit, 3 = a byte is in RDR. */
    uint32_t source = mote_reg(dev, CR3) >> 20 & 3;
    bool wake = source >= 2 || (source == 0 && (data & mask) == (address & mask));
    if ((mote_reg(dev, CR1) & CR1_UESM) && wake)
        mote_reg(dev, ISR) |= ISR_WUF;
}

static void receive(struct mote_device *dev, uint8_t byte)
{
    struct usart *u = dev->state;
    uint32_t cr1 = mote_reg(dev, CR1);
    if ((cr1 & (CR1_UE | CR1_RE)) != (CR1_UE | CR1_RE))
        return;
    uint16_t data = line_code(dev, byte);
    note_match(dev, data);
    if (cr1 & CR1_PCE)
        data |= (uint16_t)(parity_of(data, cr1 & CR1_PS) << (frame_data_bits(cr1) - 1));
    if (u->rx_count < rx_room(dev))
        u->rx[u->rx_count++] = data;
    else if (mote_reg(dev, CR3) & CR3_OVRDIS)
        u->rx[u->rx_count - 1] = data;
    else
        mote_reg(dev, ISR) |= ISR_ORE;
    u->idle_expected = 1;
    mote_event_after(dev, EVENT_IDLE, half_bits_ps(dev, frame_half_bits(dev)));
    if (!is_lpuart(dev) && (mote_reg(dev, CR2) & CR2_RTOEN))
        mote_event_after(dev, EVENT_TIMEOUT,
                         half_bits_ps(dev, 2 * (uint64_t)(mote_reg(dev, RTOR) & 0xFFFFFF)));
    update(dev);
}

static bool ready(const struct mote_device *const_dev)
{
    /* Looks only; the register accessor has no const form. */
    struct mote_device *dev = (struct mote_device *)(uintptr_t)const_dev;
    const struct usart *u = dev->state;
    return (mote_reg(dev, CR1) & CR1_RE) && u->rx_count < rx_room(dev);
}

const struct mote_uart_ops usart_ops = {.receive = receive, .ready = ready};

uint32_t usart_load_rdr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    struct usart *u = dev->state;
    if (u->rx_count == 0)
        return value;
    mote_reg(dev, RDR) = value = u->rx[0];
    u->rx_count--;
    memmove(u->rx, u->rx + 1, u->rx_count * sizeof *u->rx);
    update(dev);
    mote_uart_drained(dev);
    return value;
}

static void idle_line(struct mote_device *dev)
{
    struct usart *u = dev->state;
    if (u->idle_expected)
        mote_reg(dev, ISR) |= ISR_IDLE;
    u->idle_expected = 0;
    update(dev);
}

static void receiver_timeout(struct mote_device *dev)
{
    mote_reg(dev, ISR) |= ISR_RTOF;
    update(dev);
}

/* Idle and timeout come after a byte that ends at the same time and moves them on. */
const struct mote_event_desc usart_events[USART_EVENTS] = {
    [EVENT_TX] = {.name = "tx", .fire = tx_done},
    [EVENT_IDLE] = {.name = "idle", .fire = idle_line, .priority = 1},
    [EVENT_TIMEOUT] = {.name = "timeout", .fire = receiver_timeout, .priority = 1},
};

/* ---- settings ---------------------------------------------------------------------------------
 */

/* Tells the line its frame time: input waits outside while the receiver is off. */
static void set_frame(struct mote_device *dev)
{
    uint32_t cr1 = mote_reg(dev, CR1);
    bool on = (cr1 & (CR1_UE | CR1_RE)) == (CR1_UE | CR1_RE);
    uint64_t frame = on ? half_bits_ps(dev, frame_half_bits(dev)) : MOTE_NEVER_PS;
    mote_uart_set_frame_ps(dev, frame == MOTE_NEVER_PS ? 0 : frame);
}

/* Undoes changes of fields that are locked while UE is set. */
static void keep_locked(struct mote_device *dev, uint32_t id, uint32_t old, uint32_t locked)
{
    uint32_t changed = (mote_reg(dev, id) ^ old) & locked;
    if (changed == 0)
        return;
    mote_reg(dev, id) ^= changed;
    mote_log(dev->sys, dev, MOTE_LOG_GUEST, "bits 0x%x of %s cannot change while UE is set",
             changed, dev->cls->regs[id].name);
}

static void stop(struct mote_device *dev)
{
    struct usart *u = dev->state;
    for (uint32_t event = 0; event < USART_EVENTS; event++)
        mote_event_cancel(dev, event);
    u->rx_count = u->tx_count = 0;
    u->shifting = FRAME_NONE;
    u->break_wanted = u->idle_expected = 0;
    mote_reg(dev, ISR) = ISR_TC;
}

void usart_store_cr1(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct usart *u = dev->state;
    if (u->fifo_depth == 0)
        mote_reg(dev, CR1) &= ~(CR1_FIFOEN | CR1_TXFEIE | CR1_RXFFIE);
    if ((old & CR1_UE) && (mote_reg(dev, CR1) & CR1_UE))
        keep_locked(dev, CR1, old, CR1_LOCKED);
    uint32_t cr1 = mote_reg(dev, CR1);
    if (!(cr1 & CR1_UE)) {
        stop(dev);
    } else {
        uint32_t was = old & CR1_UE ? old : 0;
        uint32_t acks = (cr1 & CR1_TE ? ISR_TEACK : 0) | (cr1 & CR1_RE ? ISR_REACK : 0);
        mote_reg(dev, ISR) = (mote_reg(dev, ISR) & ~(ISR_TEACK | ISR_REACK)) | acks;
        if ((cr1 & ~was & CR1_TE) && u->shifting == FRAME_NONE)
            start_frame(dev, FRAME_IDLE, false); /* the preamble that enabling sends */
    }
    set_frame(dev);
    set_power(dev);
    update(dev);
}

void usart_store_cr2(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, CR1) & CR1_UE)
        keep_locked(dev, CR2, old, CR2_LOCKED);
    if (!(mote_reg(dev, CR2) & CR2_RTOEN))
        mote_event_cancel(dev, EVENT_TIMEOUT);
    set_frame(dev);
}

void usart_store_cr3(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, CR1) & CR1_UE)
        keep_locked(dev, CR3, old, CR3_LOCKED);
    update(dev);
}

void usart_store_rate(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, CR1) & CR1_UE)
        keep_locked(dev, BRR, old, 0xFFFFFFFF);
    set_frame(dev);
}

void usart_store_presc(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    if (mote_reg(dev, CR1) & CR1_UE)
        keep_locked(dev, PRESC, old, 0xFFFFFFFF);
    set_frame(dev);
}

void usart_store_rtor(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    if (mote_event_armed(dev, EVENT_TIMEOUT))
        mote_event_after(dev, EVENT_TIMEOUT,
                         half_bits_ps(dev, 2 * (uint64_t)(mote_reg(dev, RTOR) & 0xFFFFFF)));
}

void usart_store_rqr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct usart *u = dev->state;
    if (!(mote_reg(dev, CR1) & CR1_UE))
        return;
    if (written & RQR_RXFRQ)
        u->rx_count = 0;
    if (written & RQR_TXFRQ)
        u->tx_count = 0;
    if (written & RQR_SBKRQ) {
        u->break_wanted = 1;
        mote_reg(dev, ISR) |= ISR_SBKF;
        transmit(dev, false);
    }
    update(dev);
    if (written & RQR_RXFRQ)
        mote_uart_drained(dev);
}

void usart_store_icr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    mote_reg(dev, ISR) &= ~(written & dev->cls->regs[ICR].wo & ~ISR_COMPUTED);
    update(dev);
}

/* ---- life -------------------------------------------------------------------------------------
 */

bool usart_attach(struct mote_device *dev, struct mote_err *err)
{
    struct usart *u = dev->state;
    uint32_t depth = mote_prop_u32(dev, "mote,fifo-depth", 8);
    if (depth != 0 && depth != 8 && depth != USART_FIFO_MAX)
        return mote_err_set(err, "%s: mote,fifo-depth is %u; it must be 0, 8 or 16", dev->path,
                            depth);
    u->fifo_depth = (uint8_t)depth;
    return true;
}

void usart_reset(struct mote_device *dev)
{
    struct usart *u = dev->state;
    uint8_t depth = u->fifo_depth;
    memset(u, 0, sizeof *u);
    u->fifo_depth = depth;
    mote_uart_set_frame_ps(dev, 0);
}

void usart_clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    struct usart *u = dev->state;
    set_frame(dev);
    if (u->shifting == FRAME_NONE)
        return;
    /* The frame under way is restarted at the new rate; firmware waits for TC before it changes. */
    u->burst_half_bits = 0;
    uint8_t frame = u->shifting;
    start_frame(dev, (enum usart_frame)frame, false);
}
