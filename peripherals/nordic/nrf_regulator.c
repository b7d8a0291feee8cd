/* Nordic nRF52 REG1 (the core supply: LDO, or DC/DC when DCDCEN is set).
 *
 * Source: nRF52840 Product Specification v1.7, POWER chapter.
 * Modelled: which of the two runs (input "dcdc" from POWER), for the energy model. It has no
 * registers of its own. Not modelled: REG0 (supply from VDDH), the hand-over to the LDO at light
 * load. */
#include <mote/device.h>

enum { LDO, DCDC };

static void input(struct mote_device *dev, uint32_t index, int level)
{
    (void)index;
    mote_power_state(dev, level == 1 ? DCDC : LDO);
}

static void reset(struct mote_device *dev)
{
    mote_power_state(dev, mote_wire_input(dev, 0) == 1 ? DCDC : LDO);
}

const struct mote_device_class mote_class_nrf_regulator = {
    .name = "nrf_regulator",
    .summary = "nRF52 core supply regulator REG1 (LDO or DC/DC)",
    .compatibles = {"mote,nrf52-regulator"},
    .inputs = {{"dcdc", 1}},
    .power_states = {"ldo", "dcdc"},
    .reset = reset,
    .input = input,
};
