/* Channels of the CORE-V-MCU's uDMA.
 *
 * Source: openhwgroup/core-v-mcu @cf5be30, docs/doc-src/udma_subsystem.rst and the channel
 * registers of its peripherals. Modelled: buffers, continuous mode, element sizes. Not modelled:
 * time that the uDMA's arbiter and memory take (far below a byte's time on a bus), FIFOs that read
 * ahead: a transmit buffer ends when its last element is taken for sending. Addresses outside
 * memory are a guest mistake. */
#include "_corev_udma.h"

void udma_channel_configure(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                            uint32_t written)
{
    uint32_t config = start + 2;
    if (written & UDMA_CLR) {
        channel->left = 0;
        mote_reg(dev, config) &= ~(UDMA_EN | UDMA_PENDING);
    } else if (written & UDMA_EN) {
        *channel = (struct udma_channel){mote_reg(dev, start), mote_reg(dev, start + 1)};
        mote_reg(dev, config) |= UDMA_EN | UDMA_PENDING;
    }
}

bool udma_channel_runs(struct mote_device *dev, const struct udma_channel *channel, uint32_t start)
{
    return channel->left > 0 && (mote_reg(dev, start + 2) & UDMA_EN);
}

/* Bytes of the next element. */
static uint32_t element_bytes(struct mote_device *dev, const struct udma_channel *channel,
                              uint32_t start)
{
    static const uint8_t sizes[] = {1, 2, 4, 1};
    uint32_t bytes = sizes[(mote_reg(dev, start + 2) & UDMA_DATASIZE) >> 1];
    return bytes < channel->left ? bytes : channel->left;
}

static bool advance(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                    uint32_t bytes)
{
    channel->address += bytes;
    channel->left -= bytes;
    if (channel->left > 0)
        return false;
    if (mote_reg(dev, start + 2) & UDMA_CONTINUOUS)
        *channel = (struct udma_channel){mote_reg(dev, start), mote_reg(dev, start + 1)};
    else
        mote_reg(dev, start + 2) &= ~(UDMA_EN | UDMA_PENDING);
    return true;
}

bool udma_channel_read(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                       uint32_t *value)
{
    uint8_t bytes[4] = {0};
    uint32_t count = element_bytes(dev, channel, start);
    if (!mote_mem_read(dev->sys, channel->address, bytes, count))
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "no memory at 0x%08x to send from",
                 channel->address);
    *value =
        bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return advance(dev, channel, start, count);
}

bool udma_channel_write(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                        uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    uint32_t count = element_bytes(dev, channel, start);
    if (!mote_mem_write(dev->sys, channel->address, bytes, count))
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "no memory at 0x%08x to receive to",
                 channel->address);
    return advance(dev, channel, start, count);
}
