/* Reads and checks power-model/data/<name>.yaml, which the build embeds. */
#include "model.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(key, type, member, max)                                                               \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, max)
#define TEXT_OR_NONE(key, type, member, max)                                                       \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, max)
#define NUMBER(key, type, member) CYAML_FIELD_FLOAT(key, CYAML_FLAG_DEFAULT, type, member)
#define ROWS(key, member, schema)                                                                  \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct model,        \
                               member, member##_count, &(schema), 0, 400)
/* The fields of a struct coefficient that stands inside another row. */
#define COEFFICIENT(type, member)                                                                  \
    NUMBER("value", type, member.value), TEXT("unit", type, member.unit, 40),                      \
        TEXT("condition", type, member.condition, 300), TEXT("source", type, member.source, 40),   \
        NUMBER("tolerance_percent", type, member.tolerance_percent),                               \
        TEXT_OR_NONE("note", type, member.note, 600)

static const cyaml_schema_field_t coefficient_fields[] = {
    NUMBER("value", struct coefficient, value),
    TEXT("unit", struct coefficient, unit, 40),
    TEXT("condition", struct coefficient, condition, 300),
    TEXT("source", struct coefficient, source, 40),
    NUMBER("tolerance_percent", struct coefficient, tolerance_percent),
    TEXT_OR_NONE("note", struct coefficient, note, 600),
    CYAML_FIELD_END};

static const cyaml_schema_field_t source_fields[] = {
    TEXT("key", struct source, key, 40), TEXT("text", struct source, text, 1000), CYAML_FIELD_END};
static const cyaml_schema_value_t source_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct source, source_fields)};

static const cyaml_schema_field_t activity_fields[] = {
    TEXT("activity", struct activity_row, name, 60),
    TEXT("component", struct activity_row, component, 20), COEFFICIENT(struct activity_row, pj),
    CYAML_FIELD_END};
static const cyaml_schema_value_t activity_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct activity_row, activity_fields)};

static const cyaml_schema_field_t state_fields[] = {
    TEXT("class", struct state_row, device_class, 60),
    TEXT("state", struct state_row, state, 60),
    TEXT("component", struct state_row, component, 20),
    COEFFICIENT(struct state_row, current),
    TEXT("regulated", struct state_row, regulated, 3),
    TEXT_OR_NONE("clock", struct state_row, clock, 20),
    TEXT_OR_NONE("uses", struct state_row, uses, 40),
    CYAML_FIELD_END};
static const cyaml_schema_value_t state_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct state_row, state_fields)};

static const cyaml_schema_field_t resource_fields[] = {
    TEXT("name", struct resource_row, name, 40),
    TEXT("component", struct resource_row, component, 20),
    COEFFICIENT(struct resource_row, current), TEXT("regulated", struct resource_row, regulated, 3),
    CYAML_FIELD_END};
static const cyaml_schema_value_t resource_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct resource_row, resource_fields)};

static const cyaml_schema_field_t regulator_fields[] = {
    TEXT("name", struct regulator_row, name, 20),
    TEXT("kind", struct regulator_row, kind, 20),
    TEXT_OR_NONE("class", struct regulator_row, device_class, 60),
    TEXT_OR_NONE("state", struct regulator_row, state, 60),
    COEFFICIENT(struct regulator_row, efficiency),
    CYAML_FIELD_END};
static const cyaml_schema_value_t regulator_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct regulator_row, regulator_fields)};

static const cyaml_schema_field_t core_voltage_fields[] = {
    TEXT("class", struct core_voltage_row, device_class, 60),
    TEXT("state", struct core_voltage_row, state, 60), COEFFICIENT(struct core_voltage_row, volts),
    CYAML_FIELD_END};
static const cyaml_schema_value_t core_voltage_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct core_voltage_row, core_voltage_fields)};

static const cyaml_schema_field_t included_fields[] = {
    TEXT("class", struct included_row, device_class, 60),
    TEXT("why", struct included_row, why, 300), CYAML_FIELD_END};
static const cyaml_schema_value_t included_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct included_row, included_fields)};

static const cyaml_schema_field_t reference_fields[] = {
    NUMBER("supply_volts", struct reference, supply_volts),
    NUMBER("core_volts", struct reference, core_volts),
    NUMBER("temperature_degc", struct reference, temperature_degc),
    TEXT("regulator", struct reference, regulator, 20), CYAML_FIELD_END};

static const cyaml_schema_field_t cell_fields[] = {
    TEXT("name", struct cell_row, name, 40),
    NUMBER("capacity_mah", struct cell_row, capacity_mah),
    NUMBER("volts", struct cell_row, volts),
    NUMBER("usable", struct cell_row, usable),
    NUMBER("self_discharge_per_year", struct cell_row, self_discharge_per_year),
    TEXT("source", struct cell_row, source, 40),
    CYAML_FIELD_END};
static const cyaml_schema_value_t cell_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct cell_row, cell_fields)};

static const cyaml_schema_value_t match_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 80)};

static const cyaml_schema_field_t model_fields[] = {
    TEXT("model", struct model, name, 40),
    TEXT("kind", struct model, kind, 10),
    TEXT("document", struct model, document, 400),
    ROWS("matches", matches, match_schema),
    TEXT_OR_NONE("rail", struct model, rail, 40),
    CYAML_FIELD_MAPPING_PTR("supply", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct model,
                            supply, coefficient_fields),
    CYAML_FIELD_MAPPING_PTR("reference", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct model,
                            reference, reference_fields),
    ROWS("sources", sources, source_schema),
    ROWS("regulators", regulators, regulator_schema),
    ROWS("core_voltages", core_voltages, core_voltage_schema),
    ROWS("activities", activities, activity_schema),
    ROWS("resources", resources, resource_schema),
    ROWS("states", states, state_schema),
    ROWS("included", included, included_schema),
    CYAML_FIELD_MAPPING_PTR("leakage_doubling", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct model, leakage_doubling, coefficient_fields),
    CYAML_FIELD_MAPPING_PTR("baseline", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct model,
                            baseline, coefficient_fields),
    TEXT_OR_NONE("not_identifiable", struct model, not_identifiable, 2000),
    ROWS("cells", cells, cell_schema),
    CYAML_FIELD_END};
static const cyaml_schema_value_t model_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct model, model_fields)};

/* libcyaml reports through a log: first what is wrong, then where, from the inside outwards. */
static void keep_message(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct mote_err *err = context;
    char line[400], what[500];

    (void)level;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    const char *place = strstr(line, "in ");
    if (err->text[0] == '\0') {
        mote_err_set(err, "%s", line);
    } else if (place != NULL && strstr(line, "(line: ") && !strstr(err->text, "(line: ")) {
        snprintf(what, sizeof what, "%.480s", err->text);
        mote_err_set(err, "%s, %s", what, place);
    }
}

static const cyaml_config_t yaml_config = {.log_fn = keep_message,
                                           .log_level = CYAML_LOG_ERROR,
                                           .mem_fn = cyaml_mem,
                                           .flags = CYAML_CFG_DEFAULT};

/* ---- checks ------------------------------------------------------------------------------------
 */

static const char *const component_names[COMPONENT_COUNT] = {
    [COMPONENT_CORE] = "core",   [COMPONENT_FETCH] = "fetch",     [COMPONENT_MEMORY] = "memory",
    [COMPONENT_CLOCK] = "clock", [COMPONENT_LEAKAGE] = "leakage", [COMPONENT_DEVICE] = "device"};

static bool find_component(const char *name, enum component *kind, struct mote_err *err)
{
    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (strcmp(component_names[i], name) == 0) {
            *kind = (enum component)i;
            return true;
        }
    return mote_err_set(err, "unknown component \"%s\"", name);
}

static bool has_source(const struct model *model, const char *key)
{
    for (uint64_t i = 0; i < model->sources_count; i++)
        if (strcmp(model->sources[i].key, key) == 0)
            return true;
    return false;
}

/* `units`: the accepted ones, separated by spaces. */
static bool check(const struct model *model, const struct coefficient *c, const char *what,
                  const char *units, struct mote_err *err)
{
    size_t length = strlen(c->unit);
    const char *found = strstr(units, c->unit);

    while (found != NULL && !((found == units || found[-1] == ' ') &&
                              (found[length] == ' ' || found[length] == '\0')))
        found = strstr(found + 1, c->unit);
    if (found == NULL)
        return mote_err_set(err, "%s: unit \"%s\"; accepted: %s", what, c->unit, units);
    if (!(c->value >= 0.0 && c->value < 1e9))
        return mote_err_set(err, "%s: value %g is out of range", what, c->value);
    if (!(c->tolerance_percent > 0.0 && c->tolerance_percent <= 1000.0))
        return mote_err_set(err, "%s: tolerance %g %% is out of range", what, c->tolerance_percent);
    if (!has_source(model, c->source))
        return mote_err_set(err, "%s: its source \"%s\" is not listed in sources", what, c->source);
    return true;
}

static bool yes_or_no(const char *text, bool *value, const char *what, struct mote_err *err)
{
    *value = strcmp(text, "yes") == 0;
    if (*value || strcmp(text, "no") == 0)
        return true;
    return mote_err_set(err, "%s: regulated is \"yes\" or \"no\", not \"%s\"", what, text);
}

static bool check_states(struct model *model, struct mote_err *err)
{
    for (uint64_t i = 0; i < model->states_count; i++) {
        struct state_row *row = &model->states[i];
        bool known = row->uses == NULL;
        char what[140];

        snprintf(what, sizeof what, "state %s of %s", row->state, row->device_class);
        if (!find_component(row->component, &row->kind, err) ||
            !check(model, &row->current, what, "uA uA/MHz", err) ||
            !yes_or_no(row->regulated, &row->behind_regulator, what, err))
            return false;
        row->per_mhz = strcmp(row->current.unit, "uA/MHz") == 0;
        row->of_core_clock = row->clock != NULL && strcmp(row->clock, "core") == 0;
        for (uint64_t k = 0; k < model->resources_count; k++)
            known |= row->uses && strcmp(model->resources[k].name, row->uses) == 0;
        if (!known)
            return mote_err_set(err, "%s: it uses \"%s\", which resources lacks", what, row->uses);
    }
    for (uint64_t i = 0; i < model->resources_count; i++) {
        struct resource_row *row = &model->resources[i];

        if (!find_component(row->component, &row->kind, err) ||
            !check(model, &row->current, row->name, "uA", err) ||
            !yes_or_no(row->regulated, &row->behind_regulator, row->name, err))
            return false;
    }
    return true;
}

static bool check_soc(struct model *model, struct mote_err *err)
{
    bool found = false;

    if (model->reference == NULL || model->supply == NULL || model->rail == NULL ||
        model->matches_count == 0)
        return mote_err_set(err, "a soc needs matches, rail, supply and reference");
    if (!(model->reference->supply_volts > 0.0) || !(model->reference->core_volts > 0.0))
        return mote_err_set(err, "reference: voltages must be positive");
    for (uint64_t i = 0; i < model->regulators_count; i++) {
        struct regulator_row *row = &model->regulators[i];

        row->switching = strcmp(row->kind, "switching") == 0;
        found |= strcmp(row->name, model->reference->regulator) == 0;
        if (!row->switching && strcmp(row->kind, "linear") != 0)
            return mote_err_set(err, "regulator %s: kind is linear or switching", row->name);
        if (!check(model, &row->efficiency, row->name, "1", err))
            return false;
        if (!(row->efficiency.value > 0.0 && row->efficiency.value <= 1.0))
            return mote_err_set(err, "regulator %s: an efficiency lies between 0 and 1", row->name);
    }
    if (!found)
        return mote_err_set(err, "reference: no regulator \"%s\"", model->reference->regulator);
    for (uint64_t i = 0; i < model->core_voltages_count; i++)
        if (!check(model, &model->core_voltages[i].volts, model->core_voltages[i].state, "V", err))
            return false;
    for (uint64_t i = 0; i < model->activities_count; i++) {
        struct activity_row *row = &model->activities[i];

        if (!find_component(row->component, &row->kind, err) ||
            !check(model, &row->pj, row->name, "pJ", err))
            return false;
    }
    return model->baseline == NULL || check(model, model->baseline, "baseline", "pJ", err);
}

static bool check_model(struct model *model, struct mote_err *err)
{
    bool soc = strcmp(model->kind, "soc") == 0, cells = strcmp(model->kind, "cells") == 0;

    if (!soc && !cells && strcmp(model->kind, "part") != 0)
        return mote_err_set(err, "kind is soc, part or cells, not \"%s\"", model->kind);
    for (uint64_t i = 0; i < model->cells_count; i++)
        if (!has_source(model, model->cells[i].source))
            return mote_err_set(err, "cell %s: its source is not listed", model->cells[i].name);
    if (model->supply && !check(model, model->supply, "supply", "V", err))
        return false;
    if (model->leakage_doubling &&
        !check(model, model->leakage_doubling, "leakage_doubling", "degC", err))
        return false;
    if (!soc && (model->activities_count || model->regulators_count || model->core_voltages_count))
        return mote_err_set(err, "only a soc has activities, regulators and core voltages");
    return check_states(model, err) && (!soc || check_soc(model, err));
}

/* ---- loading -----------------------------------------------------------------------------------
 */

struct model *model_parse(const char *name, const void *text, size_t bytes, struct mote_err *err)
{
    struct mote_err why = {""};
    struct model *model = NULL;
    cyaml_config_t config = yaml_config;

    config.log_ctx = &why;
    cyaml_err_t status =
        cyaml_load_data(text, bytes, &config, &model_schema, (cyaml_data_t **)&model, NULL);
    if (status != CYAML_OK || model == NULL) {
        mote_err_set(err, "energy data %s: %s", name,
                     why.text[0] ? why.text : cyaml_strerror(status));
        return NULL;
    }
    if (!check_model(model, &why)) {
        mote_err_set(err, "energy data %s: %s", name, why.text);
        model_free(model);
        return NULL;
    }
    return model;
}

void model_free(struct model *model)
{
    cyaml_free(&yaml_config, &model_schema, model, 0);
}

struct model **models_load(size_t *count, struct mote_err *err)
{
    size_t total = 0;

    while (mote_power_data[total].name != NULL)
        total++;
    struct model **models = calloc(total + 1, sizeof(struct model *));
    if (models == NULL) {
        mote_err_set(err, "out of memory");
        return NULL;
    }
    for (*count = 0; *count < total; (*count)++) {
        const struct mote_embedded *file = &mote_power_data[*count];

        models[*count] = model_parse(file->name, file->data, file->bytes, err);
        if (models[*count] == NULL) {
            models_free(models, *count);
            return NULL;
        }
    }
    return models;
}

void models_free(struct model **models, size_t count)
{
    for (size_t i = 0; i < count; i++)
        model_free(models[i]);
    free(models);
}

bool model_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    /* On a mismatch the last * takes one character more. */
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
