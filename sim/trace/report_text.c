/* The report as a table for people. */
#include <mote/report.h>
#include <string.h>

#define FUNCTIONS_SHOWN  20
#define UNMODELLED_SHOWN 20

/* A value with the unit prefix that leaves one to three digits before the point. */
static const char *scaled(double value, const char *unit, char *text, size_t bytes)
{
    static const struct {
        double factor;
        const char *prefix;
    } steps[] = {{1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}};
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps && value < steps[i].factor && value > 0)
        i++;
    snprintf(text, bytes, "%.4g %s%s", value / steps[i].factor, steps[i].prefix, unit);
    return text;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* What code and markers cost; a chip without energy data has no such number. */
static const char *energy(const struct mote_report *report, uint64_t fj, char *text, size_t bytes)
{
    return report->energy_known ? scaled((double)fj * 1e-15, "J", text, bytes) : "-";
}

static void energy_line(FILE *out, const char *group, const char *name, uint64_t fj, uint64_t total)
{
    char text[32], full[96];
    if (fj == 0)
        return;
    snprintf(full, sizeof full, "%s%s%s", group, *group && *name ? " " : "", name);
    fprintf(out, "  %-32s %14s %6.1f %%\n", full,
            scaled((double)fj * 1e-15, "J", text, sizeof text), share(fj, total));
}

static void energy_table(const struct mote_report *report, FILE *out)
{
    const struct {
        const char *group;
        const struct mote_power_list *list;
    } lists[] = {
        {"memory", &report->memory}, {"device", &report->devices}, {"part", &report->parts}};
    uint64_t total = report->energy_fj;
    fprintf(out, "\nenergy by component\n");
    energy_line(out, "core", "", report->core_fj, total);
    energy_line(out, "fetch", "", report->fetch_fj, total);
    energy_line(out, "clock", "", report->clock_fj, total);
    energy_line(out, "leakage", "", report->leakage_fj, total);
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        for (size_t i = 0; i < lists[k].list->count; i++)
            energy_line(out, lists[k].group, lists[k].list->item[i].name, lists[k].list->item[i].fj,
                        total);
    energy_line(out, "regulator", "", report->regulator_fj, total);
}

static void function_table(const struct mote_report *report, FILE *out)
{
    char text[32];
    if (report->function_count == 0)
        return;
    fprintf(out, "\n%-34s %10s %14s %7s %12s\n", "function", "calls", "cycles", "share", "energy");
    for (size_t i = 0; i < report->function_count && i < FUNCTIONS_SHOWN; i++) {
        const struct mote_report_function *f = &report->functions[i];
        fprintf(out, "%-34.34s %10llu %14llu %5.1f %% %12s\n", f->name,
                (unsigned long long)f->calls, (unsigned long long)f->cycles,
                share(f->cycles, report->cycles), energy(report, f->fj, text, sizeof text));
    }
    if (report->function_count > FUNCTIONS_SHOWN)
        fprintf(out, "... and %zu more (--report json:PATH lists all)\n",
                report->function_count - FUNCTIONS_SHOWN);
}

static void marker_table(const struct mote_report *report, FILE *out)
{
    char total[32], each[32];
    if (report->marker_count == 0)
        return;
    fprintf(out, "\n%-24s %8s %14s %14s %12s %12s\n", "marker", "count", "cycles", "cycles each",
            "energy", "energy each");
    for (size_t i = 0; i < report->marker_count; i++) {
        const struct mote_report_marker *m = &report->markers[i];
        uint64_t count = m->count ? m->count : 1;
        fprintf(out, "%-24.24s %8llu %14llu %14llu %12s %12s\n", m->name,
                (unsigned long long)m->count, (unsigned long long)m->cycles,
                (unsigned long long)(m->cycles / count), energy(report, m->fj, total, sizeof total),
                energy(report, m->fj / count, each, sizeof each));
    }
}

static void remarks(const struct mote_report *report, FILE *out)
{
    if (report->unmodelled_count > 0)
        fprintf(out, "\nregisters used without a model\n");
    for (size_t i = 0; i < report->unmodelled_count && i < UNMODELLED_SHOWN; i++) {
        const struct mote_report_unmodelled *u = &report->unmodelled[i];
        fprintf(out, "  %s %s: %llu reads, %llu writes\n", u->device, u->reg,
                (unsigned long long)u->loads, (unsigned long long)u->stores);
    }
    if (report->unmodelled_count > UNMODELLED_SHOWN)
        fprintf(out, "  ... and %zu more\n", report->unmodelled_count - UNMODELLED_SHOWN);
    for (size_t i = 0; i < report->note_count; i++)
        fprintf(out, "note: %s\n", report->notes[i]);
}

void mote_report_text(const struct mote_report *report, FILE *out)
{
    char a[32], b[32], c[32];
    double time = (double)report->time_ps * 1e-12;
    double joules = (double)report->energy_fj * 1e-15;
    fprintf(out, "\n%s on %s (%s), %s\n", report->firmware, report->board, report->core,
            report->accuracy);
    fprintf(out, "time %s, of which asleep %s; %llu cycles, %llu instructions\n",
            scaled(time, "s", a, sizeof a),
            scaled((double)report->sleep_ps * 1e-12, "s", b, sizeof b),
            (unsigned long long)report->cycles, (unsigned long long)report->instructions);
    if (report->sleep_ps > 0 && report->time_ps > 0)
        fprintf(out, "duty cycle: awake %.3g %% of the time\n",
                share(report->time_ps - report->sleep_ps, report->time_ps));
    if (report->fast_error >= 0)
        fprintf(out, "estimated error of the fast accuracy: %.2f %% of cycles\n",
                100 * report->fast_error);
    if (report->energy_known)
        fprintf(out, "energy %s, mean power %s\n", scaled(joules, "J", a, sizeof a),
                scaled(time > 0 ? joules / time : 0, "W", b, sizeof b));
    else
        fprintf(out, "energy not modelled: see the notes\n");
    if (report->baseline_fj != 0)
        fprintf(out, "a constant-power estimate would say %s\n",
                scaled((double)report->baseline_fj * 1e-15, "J", c, sizeof c));
    if (report->battery[0] != '\0')
        fprintf(out, "battery life at this mean power: %.1f h (%.1f days) from %s\n",
                report->battery_hours, report->battery_hours / 24, report->battery);
    if (report->energy_fj != 0)
        energy_table(report, out);
    function_table(report, out);
    marker_table(report, out);
    remarks(report, out);
    for (size_t i = 0; i < report->fault_count; i++)
        fprintf(out, "\nfault: %s\n", report->faults[i]);
    if (report->host_seconds > 0)
        fprintf(out, "\nsimulated in %.2f s on this host: %.1f million instructions a second\n",
                report->host_seconds, report->host_mips);
}
