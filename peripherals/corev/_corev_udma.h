/* Channels of the CORE-V-MCU's uDMA: a buffer in memory beside a device's FIFO. */
#ifndef PERIPHERALS_COREV_UDMA_H
#define PERIPHERALS_COREV_UDMA_H

#include <mote/device.h>
#include <mote/space.h>

/* Bits of a channel's CFG. */
#define UDMA_CONTINUOUS (1u << 0)
#define UDMA_DATASIZE   (3u << 1)
#define UDMA_EN         (1u << 4)
#define UDMA_PENDING    (1u << 5)
#define UDMA_CLR        (1u << 6)

/* A channel's SADDR, SIZE and CFG are consecutive rows of its device's register table, from the row
 * `start` on. */
struct udma_channel {
    uint32_t address, left;
};

/* CFG was written. */
void udma_channel_configure(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                            uint32_t written);
/* Whether a buffer is under way. */
bool udma_channel_runs(struct mote_device *dev, const struct udma_channel *channel, uint32_t start);
/* One element of up to four bytes, as CFG's DATASIZE says, from or to the buffer; only while it
 * runs. True when it was the buffer's last, which then stops or starts again. */
bool udma_channel_read(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                       uint32_t *value);
bool udma_channel_write(struct mote_device *dev, struct udma_channel *channel, uint32_t start,
                        uint32_t value);

#endif
