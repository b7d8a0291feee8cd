/* Execution in place from SPI flash: what sifive_spi.c and _sifive_xip.c share. */
#ifndef PERIPHERALS_SIFIVE_XIP_H
#define PERIPHERALS_SIFIVE_XIP_H

#include <mote/device.h>
#include <mote/space.h>

#define XIP_MAX_LINES 1024

struct sifive_xip {
    /* As the registers say now: FFMT; core cycles of one SCK; of deselecting and selecting the
     * flash again; of the pause between two bytes. */
    uint32_t ffmt, sck_cycles, select_cycles, pause_cycles;
    uint32_t next;        /* offset that the flash would send next; ~0: not selected */
    uint32_t byte_cycles; /* of the controller for each byte, beyond its bits */
    uint32_t line_bytes, sets, ways, clock;
    uint32_t itim_lines; /* lines of the cache that are ITIM now, in order of way and set */
    uint32_t line[XIP_MAX_LINES]; /* line number + 1; 0: empty */
    uint32_t used[XIP_MAX_LINES];
    uint32_t activity_hit, activity_miss, activity_byte;
};

bool sifive_xip_attach(struct mote_device *dev, struct sifive_xip *xip, struct mote_err *err);
void sifive_xip_reset(struct sifive_xip *xip);
/* The timing functions of the flash region; the device's state begins with a struct sifive_xip. */
extern const struct mote_mem_timing sifive_xip_timing;

#endif
