/* PSoC 6 (CAT1A) peripheral interconnect: clock dividers and what they feed.
 *
 * Infineon 002-24529, chapters "Clocking system" (peripheral clock dividers) and "Trigger
 * multiplexer"; registers as in Infineon's SVD of psoc6_02 (PERI, version 2).
 * Modelled: the dividers of 8, 16, 16.5 and 24.5 bits (a fraction as its mean rate), enable and
 * disable commands, the choice of a divider for each of the chip's peripheral clocks.
 * Not modelled: phase alignment (dividers start at once), triggers, group clocks and slave enables
 * (kept, reported where they would stop a peripheral), timeouts.
 * Clock input 0: clk_peri. Clocks: the peripheral clocks by their number. */
#include <mote/clock.h>
#include <mote/device.h>
#include <stdio.h>

enum {
    TIMEOUT_CTL,
    TR_CMD,
    DIV_CMD,
    CLOCK_CTL,
    DIV_8_CTL,
    DIV_16_CTL,
    DIV_16_5_CTL,
    DIV_24_5_CTL,
    ECC_CTL,
    GR_CLOCK_CTL,
    GR_SL_CTL,
    TR_CTL,
    TR_1TO1_CTL,
    REG_COUNT,
};

enum { PERIPHERALS = 54, TYPES = 4 };

#define DIV_EN      1u
#define CMD_ENABLE  (1u << 31)
#define CMD_DISABLE (1u << 30)

struct peri_state {
    struct mote_clock *clock[PERIPHERALS];
};

/* The register of a divider, or NULL when the chip has none of that number. */
static uint32_t *divider(struct mote_device *dev, uint32_t select)
{
    static const struct {
        uint32_t id, count;
    } types[TYPES] = {{DIV_8_CTL, 8}, {DIV_16_CTL, 16}, {DIV_16_5_CTL, 4}, {DIV_24_5_CTL, 1}};
    uint32_t type = select >> 8 & 3, number = select & 0xFF;
    return number < types[type].count ? &mote_reg_at(dev, types[type].id, number) : NULL;
}

static uint64_t divided_hz(struct mote_device *dev, uint32_t select)
{
    const uint32_t *ctl = divider(dev, select);
    if (ctl == NULL || !(*ctl & DIV_EN))
        return 0;
    uint32_t type = select >> 8 & 3;
    uint64_t whole = *ctl >> 8, fraction = type >= 2 ? *ctl >> 3 & 31 : 0;
    uint64_t by32 = 32 * (whole + 1) + fraction;
    return (mote_clock_hz(dev, 0) * 32 + by32 / 2) / by32;
}

static void update(struct mote_device *dev)
{
    const struct peri_state *peri = dev->state;
    for (uint32_t i = 0; i < PERIPHERALS; i++)
        mote_clock_set_hz(peri->clock[i], divided_hz(dev, mote_reg_at(dev, CLOCK_CTL, i)));
}

static void store_clock(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old, (void)written;
    update(dev);
}

static void store_command(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element, (void)old;
    uint32_t *ctl = divider(dev, written);
    if (ctl == NULL && (written & (CMD_ENABLE | CMD_DISABLE)))
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "DIV_CMD of a divider that does not exist");
    else if (written & CMD_DISABLE)
        *ctl &= ~DIV_EN;
    else if (written & CMD_ENABLE)
        *ctl |= DIV_EN;
    mote_reg(dev, DIV_CMD) &= ~(CMD_ENABLE | CMD_DISABLE);
    update(dev);
}

static const struct mote_reg regs[REG_COUNT] = {
    [TIMEOUT_CTL] = {.name = "TIMEOUT_CTL",
                     .offset = 0x200,
                     .reset = 0xFFFF,
                     .rw = 0xFFFF,
                     .unmodelled = 0xFFFF},
    [TR_CMD] = {.name = "TR_CMD", .offset = 0x220, .rw = 0xE0001FFF, .unmodelled = 0x80000000},
    [DIV_CMD] = {.name = "DIV_CMD",
                 .offset = 0x400,
                 .reset = 0x03FF03FF,
                 .rw = 0xC3FF03FF,
                 .store = store_command},
    [CLOCK_CTL] = {.name = "CLOCK_CTL[%u]",
                   .offset = 0xC00,
                   .count = PERIPHERALS,
                   .reset = 0x3FF,
                   .rw = 0x3FF,
                   .store = store_clock},
    [DIV_8_CTL] = {.name = "DIV_8_CTL[%u]",
                   .offset = 0x1000,
                   .count = 8,
                   .rw = 0xFF00,
                   .ro = DIV_EN,
                   .store = store_clock},
    [DIV_16_CTL] = {.name = "DIV_16_CTL[%u]",
                    .offset = 0x1400,
                    .count = 16,
                    .rw = 0xFFFF00,
                    .ro = DIV_EN,
                    .store = store_clock},
    [DIV_16_5_CTL] = {.name = "DIV_16_5_CTL[%u]",
                      .offset = 0x1800,
                      .count = 4,
                      .rw = 0xFFFFF8,
                      .ro = DIV_EN,
                      .store = store_clock},
    [DIV_24_5_CTL] = {.name = "DIV_24_5_CTL[%u]",
                      .offset = 0x1C00,
                      .count = 1,
                      .rw = 0xFFFFFFF8,
                      .ro = DIV_EN,
                      .store = store_clock},
    [ECC_CTL] = {.name = "ECC_CTL",
                 .offset = 0x2000,
                 .reset = 0x10000,
                 .rw = 0xFF0507FF,
                 .unmodelled = 0xFF0507FF},
    [GR_CLOCK_CTL] = {.name = "GR[%u].CLOCK_CTL",
                      .offset = 0x4000,
                      .count = 11,
                      .stride = 0x20,
                      .rw = 0xFF00,
                      .unmodelled = 0xFF00},
    [GR_SL_CTL] = {.name = "GR[%u].SL_CTL",
                   .offset = 0x4010,
                   .count = 11,
                   .stride = 0x20,
                   .reset = 0xFFFF,
                   .rw = 0xFFFFFFFF,
                   .unmodelled = 0xFFFFFFFF},
    [TR_CTL] = {.name = "TR_GR.TR_CTL[%u]",
                .offset = 0x8000,
                .count = 10 * 256,
                .rw = 0x13FF,
                .unmodelled = 0x13FF},
    [TR_1TO1_CTL] = {.name = "TR_1TO1_GR.TR_CTL[%u]",
                     .offset = 0xC000,
                     .count = 7 * 256,
                     .rw = 0x1301,
                     .unmodelled = 0x1301},
};

static void reset(struct mote_device *dev)
{
    update(dev);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    (void)index;
    update(dev);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct peri_state *peri = dev->state;
    for (uint32_t i = 0; i < PERIPHERALS; i++) {
        char name[16];
        snprintf(name, sizeof name, "pclk%u", i);
        peri->clock[i] = mote_clock_add(dev, name);
        if (peri->clock[i] == NULL)
            return mote_err_set(err, "out of memory for clocks");
    }
    return true;
}

static struct mote_clock *clock_of(struct mote_device *dev, const uint32_t *cells, size_t count)
{
    const struct peri_state *peri = dev->state;
    return count == 1 && cells[0] < PERIPHERALS ? peri->clock[cells[0]] : NULL;
}

const struct mote_device_class mote_class_psoc6_peri = {
    .name = "psoc6_peri",
    .summary = "PSoC 6 peripheral clock dividers",
    .compatibles = {"infineon,cat1a-peri"},
    .state_bytes = sizeof(struct peri_state),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10000,
    .attach = attach,
    .reset = reset,
    .clock_changed = clock_changed,
    .clock_of = clock_of,
};
