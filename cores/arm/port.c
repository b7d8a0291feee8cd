/* See port.h.
 *
 * Documents: Cortex-M0+ TRM (DDI 0484C) 1.3 (one AHB-Lite interface), 3.3 (instruction timings at
 * zero wait states, which this never changes); AMBA 3 AHB-Lite (IHI 0033): the address phase of an
 * access overlaps the data phase of the one before, and is taken when that one ends.
 * The core fetches words. Inferred, since the TRM does not say it: the fetch of the next word is
 * put on the bus when the first instruction of the present word begins to execute, but for a load
 * or store that begins in the same cycle, which goes first; after a branch into the middle of a
 * word, one cycle earlier; a taken branch drops a fetch that has not begun. The address of a branch
 * target is on the bus two cycles before the target executes. Not modelled: device windows and
 * vector fetches on this bus, DMA. */
#include "port.h"

#include "arm.h"

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Puts an access on the bus with its address phase at `begins` or later. */
static void place(struct arm_port *port, uint64_t begins)
{
    port->data = later(begins, port->busy) + 1;
}

static void fetch_word(struct arm_port *port, struct mote_region *region, uint32_t address,
                       uint64_t begins, bool branch)
{
    place(port, begins);
    uint32_t wait = region->timing->fetch(region->owner, region, address, branch);
    port->pending = false;
    port->busy = port->ready = port->data + wait;
}

/* Time has moved on to the instruction at cpu->cycles. */
static uint64_t now(const struct arm_cpu *cpu, struct arm_port *port)
{
    if (port->start != cpu->cycles) {
        port->start = cpu->cycles;
        port->added = 0;
        port->target = false;
    }
    return port->start + port->added;
}

uint32_t arm_port_fetch(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                        bool branch)
{
    struct arm_port *port = cpu->port;
    uint64_t executes = now(cpu, port);
    /* The second word of a branch target: that it comes a cycle later is in the pipeline's cost. */
    if (!branch && port->target)
        executes++;
    if (branch || (port->pending && port->next != (address & ~3u)))
        fetch_word(port, region, address, executes < 2 ? 0 : executes - 2, branch);
    else if (port->pending)
        fetch_word(port, port->next_region, port->next, port->next_begins, false);
    uint32_t stall = port->ready >= executes ? (uint32_t)(port->ready + 1 - executes) : 0;
    port->added += stall;
    port->pending = true;
    port->next_region = region;
    port->next = (address & ~3u) + 4;
    port->next_begins = executes + stall - (branch && (address & 2));
    port->target = branch;
    return stall;
}

/* The address phase of a load or store that is due now. */
static uint64_t begin_data(struct arm_cpu *cpu)
{
    struct arm_port *port = cpu->port;
    uint64_t begins = now(cpu, port);
    if (port->pending && port->next_begins < begins)
        fetch_word(port, port->next_region, port->next, port->next_begins, false);
    place(port, begins);
    return begins;
}

static uint32_t end_data(struct arm_port *port, uint64_t begins, uint32_t wait)
{
    port->busy = port->data + wait;
    if (port->pending)
        port->next_begins = later(port->next_begins, port->busy);
    uint32_t stall = (uint32_t)(port->busy - begins - 1);
    port->added += stall + 1;
    return stall;
}

uint32_t arm_port_load(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                       uint32_t bytes)
{
    uint64_t begins = begin_data(cpu);
    uint32_t wait = region->timing != NULL && region->timing->load != NULL
                        ? region->timing->load(region->owner, region, address, bytes)
                        : region->load_extra_cycles;
    return end_data(cpu->port, begins, wait);
}

uint32_t arm_port_store(struct arm_cpu *cpu, struct mote_region *region, uint32_t address,
                        uint32_t bytes)
{
    uint64_t begins = begin_data(cpu);
    uint32_t wait = region->timing != NULL && region->timing->store != NULL
                        ? region->timing->store(region->owner, region, address, bytes)
                        : region->store_extra_cycles;
    return end_data(cpu->port, begins, wait);
}
