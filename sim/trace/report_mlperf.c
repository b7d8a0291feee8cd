/* What a benchmark run measured: for people, and as the report's key "mlperf". */
#include "report_parts.h"
#include <mote/mlperf.h>
#include <mote/report.h>

#define RESULTS_SHOWN 16

static const char *const outcomes[] = {
    [MOTE_MLPERF_UNFINISHED] = "unfinished", [MOTE_MLPERF_DONE] = "done",
    [MOTE_MLPERF_NO_READY] = "no m-ready",   [MOTE_MLPERF_NO_REPLY] = "no reply",
    [MOTE_MLPERF_REFUSED] = "refused",       [MOTE_MLPERF_BAD_DB] = "input of wrong size",
};

static double mean_watts(const struct mote_mlperf_result *m)
{
    return m->window_ps > 0 ? (double)m->fj * 1e-3 / (double)m->window_ps : 0;
}

void mote_report_mlperf_text(const struct mote_report *report, FILE *out)
{
    const struct mote_mlperf_result *m = report->mlperf;
    double n = m->iterations;
    if (m->uart == NULL)
        return; /* nothing was heard */
    fprintf(out, "%s on %s (%s), over %s: %s, model %s\n", report->firmware, report->board,
            report->accuracy, m->uart, m->name[0] ? m->name : "nameless",
            m->model[0] ? m->model : "unknown");
    if (m->outcome != MOTE_MLPERF_DONE)
        return;
    fprintf(out, "  %u inferences after %u for warm-up, input of %zu bytes\n", m->iterations,
            m->warmup, m->input_bytes);
    fprintf(out, "  latency      %14.1f us per inference (%s)\n", m->latency_us,
            m->has_laps ? "the device's time stamps" : "between pulses of the device's pin");
    fprintf(out, "  throughput   %14.3f inferences per second\n",
            m->latency_us > 0 ? 1e6 / m->latency_us : 0);
    fprintf(out, "  cycles       %14.0f per inference\n", (double)m->cycles / n);
    fprintf(out, "  instructions %14.0f per inference\n", (double)m->instructions / n);
    if (report->energy_known) {
        fprintf(out, "  energy       %14.2f uJ per inference\n", (double)m->fj * 1e-9 / n);
        fprintf(out, "  mean power   %14.3f mW\n", mean_watts(m) * 1e3);
    } else {
        fprintf(out, "  energy       %14s: no data for this chip\n", "unknown");
    }
    fprintf(out, "  results      [");
    for (size_t i = 0; i < m->result_count && i < RESULTS_SHOWN; i++)
        fprintf(out, "%s%.6g", i > 0 ? ", " : "", m->results[i]);
    fprintf(out, "%s]\n", m->result_count > RESULTS_SHOWN ? ", ..." : "");
}

static json_t *activity(const struct mote_report *report)
{
    json_t *object = json_object();
    for (uint32_t i = 1; i < report->activities->count; i++)
        if (report->mlperf->activity[i] != 0)
            json_object_set_new(object, report->activities->item[i].name,
                                json_integer((json_int_t)report->mlperf->activity[i]));
    return object;
}

json_t *report_mlperf_json(const struct mote_report *report)
{
    const struct mote_mlperf_result *m = report->mlperf;
    double n = m->iterations;
    json_t *results = json_array();
    for (size_t i = 0; i < m->result_count; i++)
        json_array_append_new(results, json_real(m->results[i]));
    json_t *window =
        json_pack("{s:f, s:f, s:I, s:I, s:o, s:o}", "begin_s", (double)m->begin_ps * 1e-12,
                  "time_s", (double)m->window_ps * 1e-12, "cycles", (json_int_t)m->cycles,
                  "instructions", (json_int_t)m->instructions, "energy_j",
                  report_energy(report, (double)m->fj * 1e-15), "activity", activity(report));
    return json_pack(
        "{s:s, s:s, s:s?, s:s, s:s, s:I, s:I, s:I, s:s, s:f, s:f, s:f, s:o, s:o, s:o, s:o}",
        "outcome", outcomes[m->outcome], "why", m->why, "uart", m->uart, "name", m->name, "model",
        m->model, "input_bytes", (json_int_t)m->input_bytes, "iterations",
        (json_int_t)m->iterations, "warmup", (json_int_t)m->warmup, "latency_from",
        m->has_laps ? "time stamps" : "pin", "latency_us", m->latency_us, "cycles_per_inference",
        (double)m->cycles / n, "instructions_per_inference", (double)m->instructions / n,
        "energy_per_inference_j", report_energy(report, (double)m->fj * 1e-15 / n), "mean_power_w",
        report_energy(report, mean_watts(m)), "results", results, "window", window);
}
