/* Data of the energy model as it stands in power-model/data. Internal to power-model. */
#ifndef MOTE_POWER_MODEL_H
#define MOTE_POWER_MODEL_H

#include <mote/embed.h>
#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum component {
    COMPONENT_CORE,
    COMPONENT_FETCH,
    COMPONENT_MEMORY,
    COMPONENT_CLOCK,
    COMPONENT_LEAKAGE,
    COMPONENT_DEVICE,
    COMPONENT_COUNT
};

struct source {
    char *key;
    char *text;
};

/* What every coefficient carries. */
struct coefficient {
    double value;
    char *unit;
    char *condition;
    char *source; /* key into the file's sources */
    double tolerance_percent;
    char *note; /* may be NULL */
};

/* Energy of one count of an activity. */
struct activity_row {
    char *name; /* may end in or contain * */
    char *component;
    struct coefficient pj;
    enum component kind;
};

/* Current in a state of a device class; several rows for one state add up. */
struct state_row {
    char *device_class;
    char *state; /* may contain * */
    char *component;
    struct coefficient current; /* uA, or uA/MHz of the device's clock input 0 */
    char *regulated;            /* "yes": drawn behind the regulator */
    char *clock;                /* "core": uA/MHz of the core's clock instead; NULL: its own */
    char *uses;                 /* a shared resource that this state needs; may be NULL */
    enum component kind;
    bool per_mhz, behind_regulator, of_core_clock;
};

/* Drawn once while any state uses it. */
struct resource_row {
    char *name;
    char *component;
    struct coefficient current;
    char *regulated;
    enum component kind;
    bool behind_regulator;
};

struct regulator_row {
    char *name;
    char *kind; /* "linear": loses the voltage difference; "switching": has an efficiency */
    char *device_class, *state;    /* which state selects it; NULL: only by setting */
    struct coefficient efficiency; /* "1"; ignored for linear ones */
    bool switching;
};

struct core_voltage_row {
    char *device_class, *state;
    struct coefficient volts;
};

struct included_row {
    char *device_class;
    char *why;
};

struct reference {
    double supply_volts, core_volts, temperature_degc;
    char *regulator;
};

struct cell_row {
    char *name;
    double capacity_mah, volts, usable, self_discharge_per_year;
    char *source;
};

struct model {
    char *name;
    char *kind; /* "soc", "part" or "cells" */
    char *document;
    char **matches; /* soc: compatibles */
    uint64_t matches_count;
    char *rail;
    struct coefficient *supply; /* voltage of the rail unless set */
    struct reference *reference;
    struct source *sources;
    uint64_t sources_count;
    struct regulator_row *regulators;
    uint64_t regulators_count;
    struct core_voltage_row *core_voltages;
    uint64_t core_voltages_count;
    struct activity_row *activities;
    uint64_t activities_count;
    struct resource_row *resources;
    uint64_t resources_count;
    struct state_row *states;
    uint64_t states_count;
    struct included_row *included;
    uint64_t included_count;
    struct coefficient *leakage_doubling; /* degC that double the leakage */
    struct coefficient *baseline;         /* pJ per active cycle, constant-power model */
    char *not_identifiable;               /* what the sources cannot tell apart */
    struct cell_row *cells;
    uint64_t cells_count;
};

/* Loads every embedded file, checked; NULL after filling `err`. `*count` gets their number. */
struct model **models_load(size_t *count, struct mote_err *err);
void models_free(struct model **models, size_t count);
/* One file from text; `name` for messages. */
struct model *model_parse(const char *name, const void *text, size_t bytes, struct mote_err *err);
void model_free(struct model *model);

/* Whether `text` matches a pattern with * for any run of characters. */
bool model_matches(const char *pattern, const char *text);

extern const struct mote_embedded mote_power_data[];

#endif
