/* Names of the data, resolved once: which rows, resources and operating points belong to each state
 * of each device, and which to each counter. */
#include "account.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 64 /* of a class; one bit each */

const struct regulator_row *names_regulator(const struct model *soc, const char *name)
{
    for (uint64_t i = 0; i < soc->regulators_count; i++)
        if (strcmp(soc->regulators[i].name, name) == 0)
            return &soc->regulators[i];
    return NULL;
}

const struct model *names_soc(const struct mote_power *power, const char *compatible)
{
    for (size_t i = 0; i < power->model_count; i++)
        for (uint64_t k = 0; k < power->models[i]->matches_count; k++)
            if (strcmp(power->models[i]->kind, "soc") == 0 &&
                strcmp(power->models[i]->matches[k], compatible) == 0)
                return power->models[i];
    return NULL;
}

/* Rows with exactly this name, else those with the first pattern that matches. */
int names_activity(const struct model *soc, const char *name)
{
    for (uint64_t i = 0; soc != NULL && i < soc->activities_count; i++)
        if (strcmp(soc->activities[i].name, name) == 0)
            return (int)i;
    for (uint64_t i = 0; soc != NULL && i < soc->activities_count; i++)
        if (model_matches(soc->activities[i].name, name))
            return (int)i;
    return -1;
}

static bool chain_activities(struct mote_power *power)
{
    const struct model *soc = power->soc;
    uint64_t count = soc != NULL ? soc->activities_count : 0;

    power->same_name = calloc(count + 1, sizeof *power->same_name);
    if (power->same_name == NULL)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        power->same_name[i] = -1;
        for (uint64_t k = i + 1; k < count && power->same_name[i] < 0; k++)
            if (strcmp(soc->activities[k].name, soc->activities[i].name) == 0)
                power->same_name[i] = (int)k;
    }
    return true;
}

static const struct model *model_of(const struct mote_power *power, const char *name,
                                    bool *explained)
{
    const struct model *found = NULL;

    for (size_t i = 0; i < power->model_count; i++) {
        const struct model *model = power->models[i];

        if (strcmp(model->kind, "part") != 0 && model != power->soc)
            continue;
        for (uint64_t k = 0; k < model->states_count && found == NULL; k++)
            if (strcmp(model->states[k].device_class, name) == 0)
                found = model;
        for (uint64_t k = 0; k < model->included_count; k++)
            *explained |= model_matches(model->included[k].device_class, name);
    }
    *explained |= found != NULL;
    return found;
}

static bool find_rows(struct bound *bound, struct mote_err *err)
{
    const struct model *model = bound->model;
    const char *name = bound->dev->cls->name;
    uint32_t count = 0;

    bound->rows = calloc(MAX_ROWS, sizeof(const struct state_row *));
    if (bound->rows == NULL)
        return mote_err_set(err, "out of memory");
    for (uint64_t i = 0; i < model->states_count; i++) {
        if (strcmp(model->states[i].device_class, name) != 0)
            continue;
        if (count == MAX_ROWS)
            return mote_err_set(err, "energy data %s: more than %d states for the class %s",
                                model->name, MAX_ROWS, name);
        bound->per_mhz |= model->states[i].per_mhz;
        bound->rows[count++] = &model->states[i];
    }
    return true;
}

/* A state that the class does not name, but the device may be in, matches the pattern "*". */
static const char *state_name(const struct bound *bound, uint32_t state)
{
    const char *name = bound->dev->cls->power_states[state];

    return name != NULL ? name : "";
}

static void resolve_rows(struct bound *bound, uint32_t state)
{
    const struct model *model = bound->model;

    for (uint32_t i = 0; i < MAX_ROWS && bound->rows[i] != NULL; i++) {
        const struct state_row *row = bound->rows[i];

        if (!model_matches(row->state, state_name(bound, state)))
            continue;
        bound->rows_of[state] |= 1ull << i;
        for (uint64_t k = 0; row->uses != NULL && k < model->resources_count && k < MAX_RESOURCES;
             k++)
            if (strcmp(model->resources[k].name, row->uses) == 0)
                bound->uses_in[state] |= 1u << k;
    }
}

static bool is_state(const struct bound *bound, uint32_t state, const char *device_class,
                     const char *pattern)
{
    return device_class != NULL && pattern != NULL &&
           strcmp(device_class, bound->dev->cls->name) == 0 &&
           model_matches(pattern, state_name(bound, state));
}

static void resolve_points(const struct model *soc, struct bound *bound, uint32_t state)
{
    bound->regulator_in[state] = bound->voltage_in[state] = -1;
    for (uint64_t i = 0; soc != NULL && i < soc->regulators_count; i++)
        if (is_state(bound, state, soc->regulators[i].device_class, soc->regulators[i].state))
            bound->regulator_in[state] = (int)i;
    for (uint64_t i = 0; soc != NULL && i < soc->core_voltages_count; i++)
        if (is_state(bound, state, soc->core_voltages[i].device_class, soc->core_voltages[i].state))
            bound->voltage_in[state] = (int)i;
    bound->selects |= bound->regulator_in[state] >= 0 || bound->voltage_in[state] >= 0;
}

static bool bind(struct mote_power *power, struct mote_device *dev, struct mote_err *err)
{
    struct bound *bound = &power->bound[dev->index];

    *bound = (struct bound){.dev = dev, .state = dev->power_state};
    bound->meter.last_ps = power->start_ps;
    bound->model = model_of(power, dev->cls->name, &bound->explained);
    if (bound->model != NULL && !find_rows(bound, err))
        return false;
    for (uint32_t state = 0; state < MOTE_MAX_POWER_STATES; state++) {
        if (bound->model != NULL)
            resolve_rows(bound, state);
        resolve_points(power->soc, bound, state);
    }
    if (bound->selects)
        power->selectors[power->selector_count++] = bound;
    if (bound->per_mhz)
        power->clocked[power->clocked_count++] = bound;
    return true;
}

bool names_resolve(struct mote_power *power, struct mote_err *err)
{
    power->selectors = calloc(power->bound_count + 1, sizeof *power->selectors);
    power->clocked = calloc(power->bound_count + 1, sizeof *power->clocked);
    if (power->selectors == NULL || power->clocked == NULL || !chain_activities(power))
        return mote_err_set(err, "out of memory");
    for (size_t i = 0; i < power->bound_count; i++)
        if (!bind(power, mote_system_device(power->sys, i), err))
            return false;
    return true;
}
