/* Energy: activity and device states times coefficients, per supply rail and component.
 *
 * The coefficients are data (power-model/data, compiled in), each with unit, condition, source and
 * tolerance. The model listens to the system (activity.h): whenever a device's state, a clock or
 * the operating point changes it integrates up to now, exactly, in integers; nothing is stepped.
 *
 * Components. core: instructions and core cycles; fetch: what brings code (flash, cache); memory:
 * loads and stores by region; clock: clock tree and oscillators; leakage: what remains when nothing
 * switches, by power mode and temperature; devices and parts: their states; regulator: what is lost
 * between the supply pin and the regulated domain. Their sum is the energy drawn from the rails.
 *
 * Units: femtojoules, picoseconds. Rules: create the model after the board and its core are
 * attached and before the first reset; it must be freed before the system. */
#ifndef MOTE_POWER_H
#define MOTE_POWER_H

#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_power;
struct mote_system;

struct mote_power_item {
    const char *name;
    uint64_t fj;
};
struct mote_power_list {
    const struct mote_power_item *item;
    size_t count;
};

struct mote_power_report {
    uint64_t time_ps;  /* since the model was made */
    uint64_t total_fj; /* sum of the rails = sum of all components */
    uint64_t core_fj, fetch_fj, clock_fj, leakage_fj, regulator_fj;
    struct mote_power_list memory;  /* by region */
    struct mote_power_list devices; /* on the chip, by device */
    struct mote_power_list parts;   /* off the chip, by device */
    struct mote_power_list rails;
    bool has_chip; /* false: no data for the chip, total_fj is that of the parts */
    /* What has no data, and what the data cannot tell: one line each. */
    const char *const *notes;
    size_t note_count;

    /* The constant-power model of this chip: mean measured energy per active cycle x cycles. */
    bool has_baseline;
    uint64_t baseline_fj;

    double supply_volts, core_volts, temperature_degc; /* at present */
    const char *regulator;
};

/* Makes the model for a chip, named by the compatible of the board's soc node ("" or unknown: only
 * parts have energy, and the report notes it). NULL after filling `err`: out of memory, or data
 * that breaks its schema. */
struct mote_power *mote_power_new(struct mote_system *sys, const char *soc_compatible,
                                  struct mote_err *err);
void mote_power_free(struct mote_power *power);

/* Settings, normally from --set:
 *   supply.voltage=1.8V  temperature=25degC  regulator=auto|NAME (of the chip's data)
 *   board.load=2.5mA (drawn all the time from the chip's supply: what the board or a firmware's
 *   settings draw besides what is modelled)
 *   battery.cell=NAME  battery.capacity=225 (mAh)  battery.usable=0.8  battery.voltage=3V
 *   battery.self-discharge=0.01 (of the capacity, per year)
 * `handled` tells whether the key is one of these; false after filling `err` for a bad value. */
bool mote_power_set(struct mote_power *power, const char *key, const char *value, bool *handled,
                    struct mote_err *err);

/* Brings everything up to now. Reports do it themselves. */
void mote_power_settle(struct mote_power *power);

/* The totals up to now. What it points to lives until the next call or mote_power_free(). */
void mote_power_report(struct mote_power *power, struct mote_power_report *report);

/* Whether there is data for the chip: the report's has_chip. */
bool mote_power_has_chip(const struct mote_power *power);

/* Only the sum up to now, the report's total_fj: for markers. */
uint64_t mote_power_total_fj(struct mote_power *power);

/* Energy per active core cycle at the present operating point; for attributing to functions what
 * `dynamic_fj` (activity.h) does not count. */
uint64_t mote_power_cycle_fj(struct mote_power *power);

/* How long the chosen cell lasts at a mean power; 0 when no cell is chosen. The cell's description
 * is put into `text` (may be NULL). */
double mote_power_battery_s(const struct mote_power *power, double mean_watts, char *text,
                            size_t bytes);

/* Checks every data file against its schema and its own sources; for the conformance test. */
bool mote_power_check_data(struct mote_err *err);
/* Whether any data file says something about this state of this class ("" = the class at all). */
bool mote_power_has_data(const char *device_class, const char *state);
/* Calls `visit` for every state coefficient of every file. */
typedef void mote_power_visit(void *user, const char *model, const char *device_class,
                              const char *state);
bool mote_power_visit_states(mote_power_visit *visit, void *user, struct mote_err *err);

#endif
