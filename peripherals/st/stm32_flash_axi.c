/* Flash interfaces of STM32F74x and STM32H7A3 on the AXI bus: wait states of reads.
 *
 * ST RM0385 chapter 3 and RM0455 chapter 4; bits as in ST's stm32f746xx.h and stm32h7a3xxq.h. Both
 * parts have FLASH_ACR at offset 0 with LATENCY in its low bits. Shape and cycles are properties of
 * the node (sources: the chips' devicetrees): mote,flash-line-bytes what one read of the array
 * gives, mote,bus-cycles the way to it and back.
 * Modelled: ACR with readback; a bus read of `bytes` costs the way, the wait states of each array
 * read, and nothing when the line was read last; so do the beats of a line fill; ART (F74x, ITCM
 * port) by its enable bit: a line of the ITCM alias among the last mote,art-lines costs nothing.
 * Not modelled: programming and erasing (the control registers are kept and do nothing: each is
 * reported), option bytes, prefetch of the ITCM port, ECC. */
#include <mote/activity.h>
#include <mote/device.h>
#include <mote/space.h>
#include <stdio.h>

enum { ACR, REST, REG_COUNT };

#define ART_MAX_LINES 64
#define ACR_ARTEN     (1u << 9)
#define ACR_ARTRST    (1u << 11)
#define NO_LINE       UINT32_MAX

struct flash_axi {
    uint32_t line_bytes, bus_cycles, wait_states, last_line;
    uint32_t art_lines, art_next, art[ART_MAX_LINES];
    uint32_t array_read;
};

static uint32_t read_line(struct mote_device *dev, uint32_t line)
{
    struct flash_axi *flash = dev->state;
    if (line == flash->last_line)
        return 0;
    flash->last_line = line;
    mote_count(mote_activities(dev->sys), flash->array_read);
    return flash->wait_states + 1;
}

static bool in_art(struct mote_device *dev, uint32_t line)
{
    struct flash_axi *flash = dev->state;
    if (!(mote_reg(dev, ACR) & ACR_ARTEN) || flash->art_lines == 0)
        return false;
    for (uint32_t i = 0; i < flash->art_lines; i++)
        if (flash->art[i] == line)
            return true;
    flash->art[flash->art_next] = line;
    flash->art_next = (flash->art_next + 1) % flash->art_lines;
    return false;
}

static uint32_t load(struct mote_device *dev, struct mote_region *region, uint32_t address,
                     uint32_t bytes)
{
    struct flash_axi *flash = dev->state;
    uint32_t offset = (uint32_t)(address - region->base), cycles = 0;
    uint32_t line = offset / flash->line_bytes, last = (offset + bytes - 1) / flash->line_bytes;
    bool itcm = region->alias_of != NULL;
    for (; line <= last; line++)
        if (!itcm || !in_art(dev, line))
            cycles += read_line(dev, line);
    return cycles == 0 || itcm ? cycles : cycles + flash->bus_cycles;
}

static uint32_t fetch(struct mote_device *dev, struct mote_region *region, uint32_t address,
                      bool branch)
{
    (void)branch;
    const struct flash_axi *flash = dev->state;
    return load(dev, region, address & ~(flash->line_bytes - 1), flash->line_bytes);
}

static uint32_t beat(struct mote_device *dev, struct mote_region *region, uint32_t address)
{
    const struct flash_axi *flash = dev->state;
    uint32_t cycles = read_line(dev, (uint32_t)(address - region->base) / flash->line_bytes);
    return cycles > 0 ? cycles : 1;
}

static const struct mote_mem_timing timing = {.fetch = fetch, .load = load};

static void store_acr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    struct flash_axi *flash = dev->state;
    flash->wait_states = mote_reg(dev, ACR) & 0xF;
    if (mote_reg(dev, ACR) & ACR_ARTRST)
        for (uint32_t i = 0; i < ART_MAX_LINES; i++)
            flash->art[i] = NO_LINE;
}

static const struct mote_reg regs[REG_COUNT] = {
    [ACR] = {.name = "ACR", .offset = 0x00, .rw = 0xB3F, .store = store_acr},
    [REST] = {.name = "CONTROL[%u]",
              .offset = 0x04,
              .count = 95,
              .rw = 0xFFFFFFFF,
              .unmodelled = 0xFFFFFFFF},
};

static void reset(struct mote_device *dev)
{
    struct flash_axi *flash = dev->state;
    flash->last_line = NO_LINE;
    flash->art_next = 0;
    for (uint32_t i = 0; i < ART_MAX_LINES; i++)
        flash->art[i] = NO_LINE;
    store_acr(dev, 0, 0, 0);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct flash_axi *flash = dev->state;
    flash->line_bytes = mote_prop_u32(dev, "mote,flash-line-bytes", 16);
    flash->bus_cycles = mote_prop_u32(dev, "mote,bus-cycles", 0);
    flash->art_lines = mote_prop_u32(dev, "mote,art-lines", 0);
    if (flash->line_bytes < 4 || flash->line_bytes > 64 ||
        (flash->line_bytes & (flash->line_bytes - 1)) || flash->art_lines > ART_MAX_LINES)
        return mote_err_set(err,
                            "%s: mote,flash-line-bytes must be a power of two from 4 to 64, "
                            "mote,art-lines at most 64",
                            dev->path);
    struct mote_region *region = mote_region_owned(dev, 0);
    char name[80];
    snprintf(name, sizeof name, "%s.array_read", region != NULL ? region->name : dev->name);
    flash->array_read = mote_activity_id(dev->sys, name);
    for (size_t i = 0; (region = mote_region_owned(dev, i)) != NULL; i++) {
        region->timing = &timing;
        region->fetch_line_bytes = flash->line_bytes;
        region->load_extra_cycles = flash->bus_cycles;
        region->beat = beat;
    }
    return true;
}

const struct mote_device_class mote_class_stm32_flash_axi = {
    .name = "stm32_flash_axi",
    .summary = "STM32F74x and STM32H7A3 flash interface: wait states",
    .compatibles = {"st,stm32f7-flash-controller", "st,stm32h7-flash-controller"},
    .state_bytes = sizeof(struct flash_axi),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x400,
    .attach = attach,
    .reset = reset,
};
