/* Nordic nRF52 identification words at 0xF0000FE0 (the chip's own CoreSight ROM table).
 *
 * Source: the vendor's public start-up code reads PIDR0-PIDR3 there to tell the chip and its
 * revision and so which errata apply. Modelled: those four words, from the property "mote,words".
 */
#include "_nrf.h"

#define PID_COUNT 4u

enum { PIDR, REG_COUNT };

struct nrf_rom_table {
    uint32_t word[PID_COUNT];
};

static const struct mote_reg regs[REG_COUNT] = {
    [PIDR] = {.name = "PIDR%u", .offset = 0x0, .ro = UINT32_MAX, .count = PID_COUNT},
};

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct nrf_rom_table *table = dev->state;

    if (mote_prop_cells(dev, "mote,words", table->word, PID_COUNT) > PID_COUNT)
        return mote_err_set(err, "mote,words: at most %u words", PID_COUNT);
    return true;
}

static void reset(struct mote_device *dev)
{
    const struct nrf_rom_table *table = dev->state;

    for (uint32_t i = 0; i < PID_COUNT; i++)
        mote_reg_at(dev, PIDR, i) = table->word[i];
}

const struct mote_device_class mote_class_nrf_rom_table = {
    .name = "nrf_rom_table",
    .summary = "nRF52 chip identification words",
    .compatibles = {"mote,nrf-rom-table"},
    .state_bytes = sizeof(struct nrf_rom_table),
    .regs = regs,
    .reg_count = REG_COUNT,
    .window_bytes = 0x10,
    .attach = attach,
    .reset = reset,
};
