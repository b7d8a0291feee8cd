/* Totals, settings, battery life, and what the data does not cover. */
#include "account.h"

#include <math.h>
#include <mote/core.h>
#include <mote/space.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PS_PER_S       1000000000000ull
#define SECONDS_A_YEAR (365.25 * 86400.0)

/* ---- settings ----------------------------------------------------------------------------------
 */

/* A number with one of the units, "" among them; each unit has the factor 1. */
static bool take_number(const char *text, const char *unit, double minimum, double maximum,
                        double *to, struct mote_err *err)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || (*end != '\0' && strcmp(end, unit) != 0))
        return mote_err_set(err, "\"%s\" is not a number in %s", text, unit);
    if (!(value >= minimum && value <= maximum))
        return mote_err_set(err, "%s: accepted are %g to %g %s", text, minimum, maximum, unit);
    *to = value;
    return true;
}

static bool set_regulator(struct mote_power *power, const char *name, struct mote_err *err)
{
    const struct model *soc = power->soc;
    char list[200] = "auto";

    if (strcmp(name, "auto") == 0) {
        power->set_regulator[0] = '\0';
        return true;
    }
    for (uint64_t i = 0; soc != NULL && i < soc->regulators_count; i++) {
        if (strcmp(soc->regulators[i].name, name) == 0) {
            snprintf(power->set_regulator, sizeof power->set_regulator, "%s", name);
            return true;
        }
        snprintf(list + strlen(list), sizeof list - strlen(list), ", %s", soc->regulators[i].name);
    }
    return mote_err_set(err, "this chip has no regulator \"%s\"; it has: %s", name, list);
}

static bool set_cell(struct mote_power *power, const char *name, struct mote_err *err)
{
    char list[300] = "";

    for (size_t i = 0; i < power->model_count; i++)
        for (uint64_t k = 0; k < power->models[i]->cells_count; k++) {
            const struct cell_row *cell = &power->models[i]->cells[k];

            if (strcmp(cell->name, name) == 0) {
                power->battery =
                    (struct battery){.capacity_mah = cell->capacity_mah,
                                     .volts = cell->volts,
                                     .usable = cell->usable,
                                     .self_discharge_per_year = cell->self_discharge_per_year};
                snprintf(power->battery.name, sizeof power->battery.name, "%s", name);
                return true;
            }
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", list[0] ? ", " : "",
                     cell->name);
        }
    return mote_err_set(err, "no cell \"%s\"; known are: %s", name, list);
}

static bool set_battery(struct mote_power *power, const char *what, const char *value,
                        bool *handled, struct mote_err *err)
{
    struct battery *battery = &power->battery;

    if (strcmp(what, "cell") == 0)
        return set_cell(power, value, err);
    if (battery->name[0] == '\0') {
        *battery = (struct battery){.volts = 3.0, .usable = 1.0};
        snprintf(battery->name, sizeof battery->name, "own");
    }
    if (strcmp(what, "capacity") == 0)
        return take_number(value, "mAh", 0.001, 1e6, &battery->capacity_mah, err);
    if (strcmp(what, "usable") == 0)
        return take_number(value, "", 0.0, 1.0, &battery->usable, err);
    if (strcmp(what, "voltage") == 0)
        return take_number(value, "V", 0.1, 100.0, &battery->volts, err);
    if (strcmp(what, "self-discharge") == 0)
        return take_number(value, "", 0.0, 1.0, &battery->self_discharge_per_year, err);
    *handled = false;
    return true;
}

bool mote_power_set(struct mote_power *power, const char *key, const char *value, bool *handled,
                    struct mote_err *err)
{
    bool good;

    *handled = true;
    mote_power_settle(power);
    if (strcmp(key, "supply.voltage") == 0)
        good = take_number(value, "V", 0.5, 6.0, &power->set_supply_volts, err);
    else if (strcmp(key, "temperature") == 0)
        good = take_number(value, "degC", -60.0, 200.0, &power->set_temperature_degc, err);
    else if (strcmp(key, "regulator") == 0)
        good = set_regulator(power, value, err);
    else if (strcmp(key, "board.load") == 0)
        good = take_number(value, "mA", 0.0, 5000.0, &power->set_load_milliamperes, err);
    else if (strncmp(key, "battery.", 8) == 0)
        good = set_battery(power, key + 8, value, handled, err);
    else
        good = !(*handled = false);
    if (!good)
        return mote_err_prefix(err, "--set %s", key);
    account_choose_point(power);
    return true;
}

double mote_power_battery_s(const struct mote_power *power, double mean_watts, char *text,
                            size_t bytes)
{
    const struct battery *battery = &power->battery;
    double joules = battery->capacity_mah * 3.6 * battery->volts;

    if (text != NULL)
        snprintf(text, bytes, "%s: %g mAh at %g V, %g %% usable, %g %% self-discharge a year",
                 battery->name, battery->capacity_mah, battery->volts, battery->usable * 100.0,
                 battery->self_discharge_per_year * 100.0);
    if (!(joules > 0.0))
        return 0.0;
    double lost_watts = joules * battery->self_discharge_per_year / SECONDS_A_YEAR;
    double watts = mean_watts + lost_watts;

    return watts > 0.0 ? joules * battery->usable / watts : 0.0;
}

/* ---- lists -------------------------------------------------------------------------------------
 */

/* Adds to the item of this name among those from `first` on, making it when needed. */
static void add_item(struct mote_power *power, size_t first, const char *name, uint64_t fj)
{
    for (size_t i = first; i < power->item_count; i++)
        if (strcmp(power->item[i].name, name) == 0) {
            power->item[i].fj += fj;
            return;
        }
    if (power->item_count < power->item_room)
        power->item[power->item_count++] = (struct mote_power_item){name, fj};
}

static void __attribute__((format(printf, 2, 3)))
add_note(struct mote_power *power, const char *format, ...)
{
    char text[2400];
    va_list arguments;

    if (power->note_count == power->note_room) {
        size_t room = power->note_room + 16;
        char **grown = realloc(power->note, room * sizeof(char *));

        if (grown == NULL)
            return;
        power->note = grown;
        power->note_room = room;
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *copy = strdup(text);
    if (copy != NULL)
        power->note[power->note_count++] = copy;
}

static void clear_notes(struct mote_power *power)
{
    for (size_t i = 0; i < power->note_count; i++)
        free(power->note[i]);
    power->note_count = 0;
}

static void append(char *list, size_t bytes, const char *name)
{
    size_t used = strlen(list);

    if (used + strlen(name) + 3 < bytes)
        snprintf(list + used, bytes - used, "%s%s", used ? ", " : "", name);
}

/* Devices that announce no states at all (stubs above all) are the board's notes to make. */
static void note_gaps(struct mote_power *power)
{
    struct mote_activities *all = mote_activities(power->sys);
    char devices[1800] = "", activities[1800] = "";

    if (power->soc == NULL)
        add_note(power, "no energy data for the chip \"%s\": only parts are accounted",
                 power->soc_compatible);
    for (size_t i = 0; i < power->bound_count; i++)
        if (!power->bound[i].explained && power->bound[i].dev->cls->power_states[0] != NULL)
            append(devices, sizeof devices, power->bound[i].dev->name);
    for (uint32_t i = 1; i < all->count; i++)
        if (all->item[i].count > 0 && !power->counted[i].known)
            append(activities, sizeof activities, all->item[i].name);
    if (devices[0] != '\0')
        add_note(power, "no energy data for these devices: %s", devices);
    if (activities[0] != '\0' && power->soc != NULL)
        add_note(power, "no energy data for the activities: %s", activities);
    if (power->soc != NULL && power->soc->not_identifiable != NULL)
        add_note(power, "%s", power->soc->not_identifiable);
}

/* ---- totals ------------------------------------------------------------------------------------
 */

static uint64_t saturate(unsigned __int128 value)
{
    return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

static void add_component(struct mote_power_report *report, int share, uint64_t fj)
{
    uint64_t *const by_share[SHARES] = {[COMPONENT_CORE] = &report->core_fj,
                                        [COMPONENT_FETCH] = &report->fetch_fj,
                                        [COMPONENT_CLOCK] = &report->clock_fj,
                                        [COMPONENT_LEAKAGE] = &report->leakage_fj,
                                        [LOSS] = &report->regulator_fj};

    if (by_share[share] != NULL)
        *by_share[share] += fj;
}

/* Shares of a meter in femtojoules; the sum of what belongs to the device itself is returned. */
static uint64_t read_meter(struct mote_power_report *report, const struct meter *meter,
                           uint64_t *total)
{
    uint64_t own = 0;

    for (int k = 0; k < SHARES; k++) {
        uint64_t fj = saturate(meter->sum[k] / PS_PER_S);

        *total += fj;
        add_component(report, k, fj);
        if (k == COMPONENT_DEVICE || k == COMPONENT_MEMORY)
            own += fj;
    }
    return own;
}

static const char *rail_of(const struct mote_power *power, const struct model *model)
{
    if (model != NULL && model->rail != NULL)
        return model->rail;
    return power->soc != NULL ? power->soc->rail : "vdd";
}

static void list_devices(struct mote_power *power, struct mote_power_report *report, bool parts,
                         uint64_t *rail_fj)
{
    struct mote_power_list *list = parts ? &report->parts : &report->devices;
    size_t first = power->item_count;

    for (size_t i = 0; i < power->bound_count; i++) {
        const struct bound *bound = &power->bound[i];
        uint64_t total = 0;

        if (bound->model == NULL || (bound->model != power->soc) != parts)
            continue;
        uint64_t own = read_meter(report, &bound->meter, &total);
        rail_fj[i] = total;
        if (own > 0)
            add_item(power, first, bound->dev->name, own);
    }
    *list = (struct mote_power_list){power->item + first, power->item_count - first};
}

/* The board's constant load stands after its parts. */
static void list_load(struct mote_power *power, struct mote_power_report *report, uint64_t *soc_fj)
{
    uint64_t fj = read_meter(report, &power->load, soc_fj);

    if (fj == 0)
        return;
    add_item(power, power->item_count, "board load", fj);
    report->parts.count++;
}

/* Loads and stores by region: the part of the name before the dot. */
static void list_memory(struct mote_power *power, struct mote_power_report *report,
                        uint64_t *soc_fj)
{
    struct mote_activities *all = mote_activities(power->sys);
    size_t first = power->item_count;

    for (uint32_t i = 0; i < power->counted_count; i++)
        for (int k = 0; k < SHARES; k++) {
            uint64_t fj = saturate(power->counted[i].sum[k]);
            const char *name = all->item[i].name, *region = name;

            *soc_fj += fj;
            add_component(report, k, fj);
            if (k != COMPONENT_MEMORY || fj == 0)
                continue;
            /* The report names regions by their own text, which lives as long as the system. */
            size_t length = strcspn(name, ".");
            for (size_t r = 0; r < mote_region_count(power->sys); r++) {
                const char *candidate = mote_region_at_index(power->sys, r)->name;

                if (strlen(candidate) == length && strncmp(candidate, name, length) == 0)
                    region = candidate;
            }
            add_item(power, first, region, fj);
        }
    report->memory = (struct mote_power_list){power->item + first, power->item_count - first};
}

static void list_rails(struct mote_power *power, struct mote_power_report *report,
                       const uint64_t *rail_fj, uint64_t soc_fj)
{
    size_t first = power->item_count;

    add_item(power, first, rail_of(power, power->soc), soc_fj);
    for (size_t i = 0; i < power->bound_count; i++)
        if (power->bound[i].model != NULL)
            add_item(power, first, rail_of(power, power->bound[i].model), rail_fj[i]);
    report->rails = (struct mote_power_list){power->item + first, power->item_count - first};
    for (size_t i = 0; i < report->rails.count; i++)
        report->total_fj += report->rails.item[i].fj;
}

static void describe_point(const struct mote_power *power, struct mote_power_report *report)
{
    const struct operating_point *point = &power->point;
    const struct model *soc = power->soc;

    report->supply_volts = point->supply_volts;
    report->core_volts = point->core_volts;
    report->temperature_degc = point->temperature_degc;
    report->regulator = point->regulator != NULL ? point->regulator->name : "none";
    if (soc == NULL || soc->baseline == NULL)
        return;
    double pj = soc->baseline->value * point->reference_fraction / point->fraction;

    report->has_baseline = true;
    report->baseline_fj = (uint64_t)llround(pj * 1e3 * (double)account_cycles(power));
}

void mote_power_report(struct mote_power *power, struct mote_power_report *report)
{
    size_t room = 3 * power->bound_count + MOTE_MAX_ACTIVITIES + 8;
    uint64_t *rail_fj = calloc(power->bound_count + 1, sizeof *rail_fj);
    uint64_t soc_fj = 0;

    *report = (struct mote_power_report){0};
    mote_power_settle(power);
    clear_notes(power);
    power->item_count = 0;
    if (power->item == NULL) {
        power->item = calloc(room, sizeof *power->item);
        power->item_room = power->item != NULL ? room : 0;
    }
    if (rail_fj == NULL)
        return;
    report->time_ps = mote_now_ps(power->sys) - power->start_ps;
    list_memory(power, report, &soc_fj);
    for (size_t i = 0; i < MAX_RESOURCES; i++)
        (void)read_meter(report, &power->resource[i], &soc_fj);
    list_devices(power, report, false, rail_fj);
    list_devices(power, report, true, rail_fj);
    list_load(power, report, &soc_fj);
    list_rails(power, report, rail_fj, soc_fj);
    describe_point(power, report);
    report->has_chip = power->soc != NULL;
    note_gaps(power);
    report->notes = (const char *const *)power->note;
    report->note_count = power->note_count;
    free(rail_fj);
}

bool mote_power_has_chip(const struct mote_power *power)
{
    return power->soc != NULL;
}

uint64_t mote_power_total_fj(struct mote_power *power)
{
    unsigned __int128 fj = 0;

    mote_power_settle(power);
    for (int k = 0; k < SHARES; k++) {
        for (uint32_t i = 0; i < power->counted_count; i++)
            fj += power->counted[i].sum[k];
        for (size_t i = 0; i < MAX_RESOURCES; i++)
            fj += power->resource[i].sum[k] / PS_PER_S;
        fj += power->load.sum[k] / PS_PER_S;
        for (size_t i = 0; i < power->bound_count; i++)
            fj += power->bound[i].meter.sum[k] / PS_PER_S;
    }
    return saturate(fj);
}

/* ---- for the conformance test ------------------------------------------------------------------
 */

bool mote_power_check_data(struct mote_err *err)
{
    size_t count = 0;
    struct model **models = models_load(&count, err);

    if (models == NULL)
        return false;
    models_free(models, count);
    return true;
}

bool mote_power_has_data(const char *device_class, const char *state)
{
    size_t count = 0;
    struct model **models = models_load(&count, NULL);
    bool found = false;

    for (size_t i = 0; models != NULL && i < count; i++) {
        for (uint64_t k = 0; k < models[i]->states_count; k++)
            found |= strcmp(models[i]->states[k].device_class, device_class) == 0 &&
                     (state[0] == '\0' || model_matches(models[i]->states[k].state, state));
        for (uint64_t k = 0; k < models[i]->included_count; k++)
            found |= model_matches(models[i]->included[k].device_class, device_class);
        for (uint64_t k = 0; k < models[i]->regulators_count; k++)
            found |= models[i]->regulators[k].device_class != NULL &&
                     strcmp(models[i]->regulators[k].device_class, device_class) == 0;
    }
    if (models != NULL)
        models_free(models, count);
    return found;
}

bool mote_power_visit_states(mote_power_visit *visit, void *user, struct mote_err *err)
{
    size_t count = 0;
    struct model **models = models_load(&count, err);

    if (models == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        for (uint64_t k = 0; k < models[i]->states_count; k++)
            visit(user, models[i]->name, models[i]->states[k].device_class,
                  models[i]->states[k].state);
    models_free(models, count);
    return true;
}
