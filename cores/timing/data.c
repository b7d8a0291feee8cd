/* Reads cores/timing/data/<core>.yaml, which the build embeds. */
#include "timing/numbers.h"

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
static const struct number_name number_names[] = {
#define X(name) {#name, offsetof(struct timing_numbers, name)},
    TIMING_NUMBERS(X)
#undef X
};
static const struct number_name dual_names[] = {
#define X(name) {#name, offsetof(struct timing_dual_numbers, name)},
    TIMING_DUAL_NUMBERS(X)
#undef X
};
#define NUMBER_COUNT (sizeof(number_names) / sizeof(number_names[0]))
#define DUAL_COUNT   (sizeof(dual_names) / sizeof(dual_names[0]))

/* What a file must give, and where it goes. */
struct wanted {
    const struct number_name *names;
    size_t count;
    void *numbers;
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
                        const struct wanted *wanted, struct mote_err *err)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (strcmp(wanted->names[i].name, row->name) != 0)
            continue;
        if (seen[i])
            return mote_err_set(err, "number '%s' is given twice: remove one", row->name);
        if (!source_is_listed(file, row->source))
            return mote_err_set(err, "number '%s' names the source '%s', which 'sources' lacks",
                                row->name, row->source);
        seen[i] = true;
        memcpy((char *)wanted->numbers + wanted->names[i].offset, &row->value, sizeof(row->value));
        return true;
    }
    return mote_err_set(err, "unknown number '%s': see cores/timing/numbers.h", row->name);
}

static bool take_file(const struct data_file *file, const char *core, const struct wanted *wanted,
                      struct mote_err *err)
{
    bool seen[NUMBER_COUNT + DUAL_COUNT] = {false};
    if (strcmp(file->core, core) != 0)
        return mote_err_set(err, "the file is for core '%s'", file->core);
    if (strcmp(file->unit, "cycles") != 0)
        return mote_err_set(err, "unit '%s' is unknown: use cycles", file->unit);
    for (uint64_t i = 0; i < file->numbers_count; i++)
        if (!take_number(file, &file->numbers[i], seen, wanted, err))
            return false;
    for (size_t i = 0; i < wanted->count; i++)
        if (!seen[i])
            return mote_err_set(err, "number '%s' is missing", wanted->names[i].name);
    return true;
}

bool timing_load(const char *core, struct timing_numbers *numbers, struct timing_dual_numbers *dual,
                 bool *is_dual, struct mote_err *err)
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
    *is_dual = file->evaluator != NULL && strcmp(file->evaluator, "dual_issue") == 0;
    const struct wanted wanted = {*is_dual ? dual_names : number_names,
                                  *is_dual ? DUAL_COUNT : NUMBER_COUNT,
                                  *is_dual ? (void *)dual : (void *)numbers};
    bool ok = take_file(file, core, &wanted, err);
    if (ok && (*is_dual ? dual->divide_bits_per_cycle : numbers->divide_bits_per_ten_cycles) == 0)
        ok = mote_err_set(err, "the quotient bits of a cycle must not be 0");
    if (!ok)
        mote_err_prefix(err, "cores/timing/data/%s.yaml", core);
    cyaml_free(&config, &file_schema, file, 0);
    return ok;
}
