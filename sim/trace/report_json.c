/* The report as JSON; the keys are a stable contract. */
#include <errno.h>
#include "report_parts.h"
#include <mote/report.h>
#include <string.h>

static double joules(uint64_t fj)
{
    return (double)fj * 1e-15;
}

static double seconds(uint64_t ps)
{
    return (double)ps * 1e-12;
}

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *report_energy(const struct mote_report *report, double value)
{
    return report->energy_known ? json_real(value) : json_null();
}

static json_t *energy(const struct mote_report *report, uint64_t fj)
{
    return report_energy(report, joules(fj));
}

static json_t *energy_object(const struct mote_power_list *list)
{
    json_t *object = json_object();
    for (size_t i = 0; i < list->count; i++)
        json_object_set_new(object, list->item[i].name, json_real(joules(list->item[i].fj)));
    return object;
}

static json_t *energy_by(const struct mote_report *report)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "core", energy(report, report->core_fj),
        "fetch", energy(report, report->fetch_fj), "memory", energy_object(&report->memory),
        "clock", energy(report, report->clock_fj), "leakage", energy(report, report->leakage_fj),
        "devices", energy_object(&report->devices), "parts", energy_object(&report->parts),
        "regulator", energy(report, report->regulator_fj));
}

static json_t *functions(const struct mote_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->function_count; i++) {
        const struct mote_report_function *f = &report->functions[i];
        json_array_append_new(
            array, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", f->name, "calls",
                             integer(f->calls), "cycles", integer(f->cycles), "instructions",
                             integer(f->instructions), "energy_j", energy(report, f->fj)));
    }
    return array;
}

static json_t *markers(const struct mote_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->marker_count; i++) {
        const struct mote_report_marker *m = &report->markers[i];
        json_array_append_new(array, json_pack("{s:s, s:o, s:o, s:o}", "name", m->name, "count",
                                               integer(m->count), "cycles", integer(m->cycles),
                                               "energy_j", energy(report, m->fj)));
    }
    return array;
}

static json_t *unmodelled(const struct mote_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->unmodelled_count; i++) {
        const struct mote_report_unmodelled *u = &report->unmodelled[i];
        json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:o}", "device", u->device,
                                               "register", u->reg, "reads", integer(u->loads),
                                               "writes", integer(u->stores)));
    }
    return array;
}

static json_t *strings(const char *const *text, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(text[i]));
    return array;
}

static json_t *build(const struct mote_report *report)
{
    double time = seconds(report->time_ps);
    json_t *root = json_object();
    json_object_set_new(root, "board", json_string(report->board));
    json_object_set_new(root, "core", json_string(report->core));
    json_object_set_new(root, "firmware", json_string(report->firmware));
    json_object_set_new(root, "accuracy", json_string(report->accuracy));
    if (report->fast_error >= 0)
        json_object_set_new(root, "fast_error_estimate", json_real(report->fast_error));
    json_object_set_new(root, "time_s", json_real(time));
    json_object_set_new(root, "cycles", integer(report->cycles));
    json_object_set_new(root, "instructions", integer(report->instructions));
    json_object_set_new(root, "sleep_s", json_real(seconds(report->sleep_ps)));
    json_object_set_new(root, "energy_j", energy(report, report->energy_fj));
    json_object_set_new(root, "average_power_w",
                        report_energy(report, time > 0 ? joules(report->energy_fj) / time : 0));
    if (report->baseline_fj != 0)
        json_object_set_new(root, "constant_power_energy_j",
                            json_real(joules(report->baseline_fj)));
    if (report->battery[0] != '\0')
        json_object_set_new(
            root, "battery",
            json_pack("{s:s, s:f}", "cell", report->battery, "hours", report->battery_hours));
    json_object_set_new(root, "energy_by", energy_by(report));
    json_object_set_new(root, "functions", functions(report));
    json_object_set_new(root, "markers", markers(report));
    json_object_set_new(root, "unmodelled", unmodelled(report));
    json_object_set_new(root, "faults", strings(report->faults, report->fault_count));
    json_object_set_new(root, "notes", strings(report->notes, report->note_count));
    if (report->mlperf != NULL)
        json_object_set_new(root, "mlperf", report_mlperf_json(report));
    json_object_set_new(
        root, "host",
        json_pack("{s:f, s:f}", "seconds", report->host_seconds, "mips", report->host_mips));
    return root;
}

bool mote_report_json(const struct mote_report *report, const char *path, struct mote_err *err)
{
    json_t *root = build(report);
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool ok = root != NULL && file != NULL &&
              json_dumpf(root, file, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 &&
              fputc('\n', file) != EOF && fflush(file) == 0;
    int reason = errno;
    json_decref(root);
    if (file != NULL && file != stdout && fclose(file) != 0) {
        reason = errno;
        ok = false;
    }
    return ok || mote_err_set(err, "%s: cannot write the report: %s",
                              strcmp(path, "-") == 0 ? "standard output" : path, strerror(reason));
}
