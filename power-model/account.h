/* The books of the energy model. Internal to power-model.
 *
 * A meter sums power over time in femtowatt-picoseconds (10^-12 fJ) with 128 bits, so that the sum
 * does not depend on when it is brought up to date. */
#ifndef MOTE_POWER_ACCOUNT_H
#define MOTE_POWER_ACCOUNT_H

#include "model.h"

#include <mote/activity.h>
#include <mote/device.h>
#include <mote/power.h>

/* What a meter tells apart: the components, and the regulator's loss behind them. */
#define LOSS   COMPONENT_COUNT
#define SHARES (COMPONENT_COUNT + 1)

#define MAX_RESOURCES 8

struct meter {
    uint64_t last_ps;
    uint64_t fw[SHARES]; /* present power */
    unsigned __int128 sum[SHARES];
};

/* A device with the data of its class; `model` NULL: none. */
struct bound {
    struct mote_device *dev;
    const struct model *model;
    uint32_t state;
    bool per_mhz;             /* its power follows a clock */
    bool selects;             /* its state chooses the regulator or the core voltage */
    bool explained;           /* has data, or is listed as included elsewhere */
    uint32_t uses;            /* resources that its state needs, one bit each */
    uint64_t own_hz, core_hz; /* rates that the meter's present power is for */
    struct meter meter;

    /* The data's names, resolved (names.c). */
    const struct state_row **rows;           /* those of its class */
    uint64_t rows_of[MOTE_MAX_POWER_STATES]; /* which of them hold in a state, one bit each */
    uint32_t uses_in[MOTE_MAX_POWER_STATES];
    int regulator_in[MOTE_MAX_POWER_STATES], voltage_in[MOTE_MAX_POWER_STATES]; /* rows; -1 none */
};

struct counted {
    uint64_t settled;    /* counts that are in `sum` */
    uint64_t fj[SHARES]; /* per count at the present operating point */
    unsigned __int128 sum[SHARES];
    bool known;
    int first_row; /* of the chip's activities, -1 = none */
};

struct operating_point {
    const struct regulator_row *regulator;
    double supply_volts, core_volts, temperature_degc;
    double fraction; /* of the supply's energy that reaches the regulated domain */
    double reference_fraction;
};

struct battery {
    char name[40];
    double capacity_mah, volts, usable, self_discharge_per_year;
};

struct mote_power {
    struct mote_system *sys;
    struct model **models;
    size_t model_count;
    const struct model *soc; /* NULL: unknown chip */
    char soc_compatible[80];
    uint64_t start_ps;

    struct bound *bound; /* by device index */
    size_t bound_count;
    struct bound **selectors; /* those that select */
    size_t selector_count;
    struct bound **clocked; /* those whose power follows a clock */
    size_t clocked_count;
    int *same_name; /* for each activity row the next one of the same name, -1 = none */
    struct meter resource[MAX_RESOURCES];
    uint32_t resource_users[MAX_RESOURCES];
    struct meter load; /* the setting board.load */
    struct counted counted[MOTE_MAX_ACTIVITIES];
    uint32_t counted_count;
    uint32_t cycle_id; /* the activity "core.cycle" */

    struct operating_point point;
    double set_supply_volts, set_temperature_degc; /* 0 and NAN: not set */
    char set_regulator[20];                        /* "" = auto */
    double set_load_milliamperes;                  /* from the chip's rail, all the time */
    struct battery battery;

    /* What the last report points to. */
    struct mote_power_item *item;
    size_t item_count, item_room;
    char **note;
    size_t note_count, note_room;
};

/* Takes the operating point from the states of devices and the settings, and all powers from it.
 * Everything must have been settled before. */
void account_choose_point(struct mote_power *power);
/* The settings or the point of operation change: settles, then chooses again. */
void account_update(struct mote_power *power);
uint64_t account_cycles(const struct mote_power *power);
/* Voltage of a device's rail. */
double account_rail_volts(const struct mote_power *power, const struct model *model);

/* ---- names.c: once, when the model is made ----------------------------------------------------
 */

/* Fills what `bound` knows by name, and chains the activities. */
bool names_resolve(struct mote_power *power, struct mote_err *err);
/* NULL when the data does not have it. */
const struct regulator_row *names_regulator(const struct model *soc, const char *name);
const struct model *names_soc(const struct mote_power *power, const char *compatible);
/* The first row that says something about a counter; -1 = none. */
int names_activity(const struct model *soc, const char *name);

#endif
