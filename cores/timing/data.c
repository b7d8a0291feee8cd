/* Reads cores/timing/data/<core>.yaml, which the build embeds. */
#include "timing/numbers.h"
#include "timing/predictor.h"

#include <cyaml/cyaml.h>
#include <mote/embed.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct mote_embedded mote_timing_data[];

struct source_row {
    char *key;
    char *text;
};
struct number_row {
    char *name;
    uint32_t value;
    char *source;
    char *note;
};
struct data_file {
    char *core;
    char *unit;
    char *condition;
    char *evaluator;
    char *not_modelled;
    struct source_row *sources;
    uint64_t sources_count;
    struct number_row *numbers;
    uint64_t numbers_count;
};

static const cyaml_schema_field_t source_fields[] = {
    CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct source_row, key, 1, 40),
    CYAML_FIELD_STRING_PTR("text", CYAML_FLAG_POINTER, struct source_row, text, 1, 1000),
    CYAML_FIELD_END};
static const cyaml_schema_value_t source_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct source_row, source_fields)};

static const cyaml_schema_field_t number_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct number_row, name, 1, 40),
    CYAML_FIELD_UINT("value", CYAML_FLAG_DEFAULT, struct number_row, value),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, struct number_row, source, 1, 40),
    CYAML_FIELD_STRING_PTR("note", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct number_row,
                           note, 1, 1000),
    CYAML_FIELD_END};
static const cyaml_schema_value_t number_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct number_row, number_fields)};

static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_STRING_PTR("core", CYAML_FLAG_POINTER, struct data_file, core, 1, 40),
    CYAML_FIELD_STRING_PTR("unit", CYAML_FLAG_POINTER, struct data_file, unit, 1, 40),
    CYAML_FIELD_STRING_PTR("condition", CYAML_FLAG_POINTER, struct data_file, condition, 1, 200),
    CYAML_FIELD_STRING_PTR("evaluator", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct data_file,
                           evaluator, 1, 40),
    CYAML_FIELD_STRING_PTR("not_modelled", CYAML_FLAG_POINTER, struct data_file, not_modelled, 1,
                           2000),
    CYAML_FIELD_SEQUENCE_COUNT("sources", CYAML_FLAG_POINTER, struct data_file, sources,
                               sources_count, &source_schema, 1, 40),
    CYAML_FIELD_SEQUENCE_COUNT("numbers", CYAML_FLAG_POINTER, struct data_file, numbers,
                               numbers_count, &number_schema, 1, 100),
    CYAML_FIELD_END};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct data_file, file_fields)};

struct number_name {
    const char *name;
    size_t offset;
};
static const struct number_name in_order_names[] = {
#define X(name) {#name, offsetof(struct timing_numbers, name)},
    TIMING_NUMBERS(X)
#undef X
};
static const struct number_name dual_names[] = {
#define X(name) {#name, offsetof(struct timing_dual_numbers, name)},
    TIMING_DUAL_NUMBERS(X)
#undef X
};
static const struct number_name single_names[] = {
#define X(name) {#name, offsetof(struct timing_single_numbers, name)},
    TIMING_SINGLE_NUMBERS(X)
#undef X
};
enum { MOST_NUMBERS = 100 };
#define COUNT(names) (sizeof(names) / sizeof((names)[0]))
_Static_assert(COUNT(in_order_names) <= MOST_NUMBERS && COUNT(dual_names) <= MOST_NUMBERS &&
                   COUNT(single_names) <= MOST_NUMBERS,
               "a file may have so many numbers");

/* What a file must give. */
struct wanted {
    const char *evaluator;
    const struct number_name *names;
    size_t count;
};
static const struct wanted wanted_by[] = {
    [TIMING_IN_ORDER] = {"in_order", in_order_names, COUNT(in_order_names)},
    [TIMING_DUAL_ISSUE] = {"dual_issue", dual_names, COUNT(dual_names)},
    [TIMING_SINGLE_ISSUE] = {"single_issue", single_names, COUNT(single_names)},
};

/* libcyaml reports through a log; the last line it wrote is the innermost message. */
static void keep_message(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    char line[400];
    (void)level;
    vsnprintf(line, sizeof(line), format, arguments);
    line[strcspn(line, "\n")] = '\0';
    mote_err_set(context, "%s", line);
}

static bool source_is_listed(const struct data_file *file, const char *key)
{
    for (uint64_t i = 0; i < file->sources_count; i++)
        if (strcmp(file->sources[i].key, key) == 0)
            return true;
    return false;
}

static bool take_number(const struct data_file *file, const struct number_row *row, bool *seen,
                        struct timing_data *data, struct mote_err *err)
{
    const struct wanted *wanted = &wanted_by[data->evaluator];
    for (size_t i = 0; i < wanted->count; i++) {
        if (strcmp(wanted->names[i].name, row->name) != 0)
            continue;
        if (seen[i])
            return mote_err_set(err, "number '%s' is given twice: remove one", row->name);
        if (!source_is_listed(file, row->source))
            return mote_err_set(err, "number '%s' names the source '%s', which 'sources' lacks",
                                row->name, row->source);
        seen[i] = true;
        memcpy((char *)&data->in_order + wanted->names[i].offset, &row->value, sizeof(row->value));
        return true;
    }
    return mote_err_set(err, "unknown number '%s': see cores/timing/numbers.h", row->name);
}

static bool take_evaluator(const struct data_file *file, struct timing_data *data,
                           struct mote_err *err)
{
    const char *name = file->evaluator != NULL ? file->evaluator : "in_order";
    for (size_t i = 0; i < COUNT(wanted_by); i++)
        if (strcmp(wanted_by[i].evaluator, name) == 0) {
            data->evaluator = (enum timing_evaluator)i;
            return true;
        }
    return mote_err_set(err, "evaluator '%s' is unknown", name);
}

static bool take_file(const struct data_file *file, const char *core, struct timing_data *data,
                      struct mote_err *err)
{
    bool seen[MOST_NUMBERS] = {false};
    if (strcmp(file->core, core) != 0)
        return mote_err_set(err, "the file is for core '%s'", file->core);
    if (strcmp(file->unit, "cycles") != 0)
        return mote_err_set(err, "unit '%s' is unknown: use cycles", file->unit);
    if (!take_evaluator(file, data, err))
        return false;
    for (uint64_t i = 0; i < file->numbers_count; i++)
        if (!take_number(file, &file->numbers[i], seen, data, err))
            return false;
    const struct wanted *wanted = &wanted_by[data->evaluator];
    for (size_t i = 0; i < wanted->count; i++)
        if (!seen[i])
            return mote_err_set(err, "number '%s' is missing", wanted->names[i].name);
    return true;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* What the evaluators divide by and index with. */
static bool check_numbers(const struct timing_data *data, struct mote_err *err)
{
    const struct timing_single_numbers *n = &data->single;
    uint32_t divisor = data->in_order.divide_bits_per_ten_cycles;
    if (data->evaluator == TIMING_DUAL_ISSUE)
        divisor = data->dual.divide_bits_per_cycle;
    else if (data->evaluator == TIMING_SINGLE_ISSUE)
        divisor = n->divide_bits_per_cycle;
    if (divisor == 0)
        return mote_err_set(err, "the quotient bits of a cycle must not be 0");
    if (data->evaluator != TIMING_SINGLE_ISSUE || n->prediction != PREDICTION_LEARNED)
        return true;
    if (n->btb_entries == 0 || n->btb_entries > PREDICTOR_TARGETS || n->ras_entries == 0 ||
        n->ras_entries > PREDICTOR_RETURNS || !is_power_of_two(n->bht_entries) ||
        n->bht_entries < 8 || n->bht_entries > PREDICTOR_DIRECTIONS)
        return mote_err_set(err,
                            "a predictor has 1 to %d btb_entries, 1 to %d ras_entries, and a power "
                            "of two from 8 to %d as bht_entries",
                            PREDICTOR_TARGETS, PREDICTOR_RETURNS, PREDICTOR_DIRECTIONS);
    if (n->bht_counter_bits < 1 || n->bht_counter_bits > 2 || n->bht_history_length < 1 ||
        n->bht_history_length > 16 || n->bht_history_bits > n->bht_history_length ||
        n->bht_history_bits > 3)
        return mote_err_set(err, "bht_counter_bits is 1 or 2, bht_history_length 1 to 16, "
                                 "bht_history_bits at most 3");
    return true;
}

bool timing_load(const char *core, struct timing_data *data, struct mote_err *err)
{
    const struct mote_embedded *text = mote_timing_data;
    while (text->name && strcmp(text->name, core) != 0)
        text++;
    if (!text->name)
        return mote_err_set(err, "no timing data for core '%s': add cores/timing/data/%s.yaml",
                            core, core);
    struct mote_err why = {""};
    struct data_file *file = NULL;
    const cyaml_config_t config = {.log_fn = keep_message,
                                   .log_ctx = &why,
                                   .log_level = CYAML_LOG_ERROR,
                                   .mem_fn = cyaml_mem,
                                   .flags = CYAML_CFG_DEFAULT};
    cyaml_err_t status = cyaml_load_data(text->data, text->bytes, &config, &file_schema,
                                         (cyaml_data_t **)&file, NULL);
    if (status != CYAML_OK)
        return mote_err_set(err, "cores/timing/data/%s.yaml: %s: %s", core, cyaml_strerror(status),
                            why.text);
    bool ok = take_file(file, core, data, err) && check_numbers(data, err);
    if (!ok)
        mote_err_prefix(err, "cores/timing/data/%s.yaml", core);
    cyaml_free(&config, &file_schema, file, 0);
    return ok;
}
