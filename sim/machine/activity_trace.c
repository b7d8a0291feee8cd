/* Samples the activity counters at a fixed period of virtual time into a CSV. */
#include <errno.h>
#include <mote/activity.h>
#include <mote/activity_trace.h>
#include <mote/core.h>
#include <mote/device.h>
#include <mote/power.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_PS 1000000ull /* 1 us */

struct mote_activity_trace {
    struct mote_system *sys;
    struct mote_power *power;
    struct mote_device *dev;
    FILE *file;
    char *path;
    uint64_t period_ps, cycles, instructions, fj;
    uint32_t columns; /* activities, known at the first row */
    uint64_t count[MOTE_MAX_ACTIVITIES];
};

static void head(struct mote_activity_trace *t, const struct mote_activities *all)
{
    t->columns = all->count;
    fputs("time_s,cycles,instructions,energy_j", t->file);
    for (uint32_t i = 1; i < t->columns; i++)
        fprintf(t->file, ",%s", all->item[i].name);
    fputc('\n', t->file);
}

static void row(struct mote_device *dev)
{
    struct mote_activity_trace *t = *(struct mote_activity_trace **)dev->state;
    const struct mote_activities *all = mote_activities(t->sys);
    struct mote_core *core = mote_system_core(t->sys);
    struct mote_core_totals totals;
    core->ops->totals(core, &totals);
    uint64_t fj = mote_power_total_fj(t->power);
    if (t->columns == 0)
        head(t, all);
    fprintf(t->file, "%.9f,%llu,%llu,", (double)mote_now_ps(t->sys) * 1e-12,
            (unsigned long long)(totals.cycles - t->cycles),
            (unsigned long long)(totals.instructions - t->instructions));
    if (mote_power_has_chip(t->power))
        fprintf(t->file, "%.9g", (double)(fj - t->fj) * 1e-15);
    for (uint32_t i = 1; i < t->columns; i++) {
        fprintf(t->file, ",%llu", (unsigned long long)(all->item[i].count - t->count[i]));
        t->count[i] = all->item[i].count;
    }
    fputc('\n', t->file);
    t->cycles = totals.cycles;
    t->instructions = totals.instructions;
    t->fj = fj;
    mote_event_after(dev, 0, t->period_ps);
}

/* Counters run on through a reset of the system, so the rows do too. */
static void reset(struct mote_device *dev)
{
    struct mote_activity_trace *t = *(struct mote_activity_trace **)dev->state;
    mote_event_after(dev, 0, t->period_ps);
}

static const struct mote_event_desc events[] = {{"row", row, 99}};

static const struct mote_device_class trace_class = {
    .name = "activity_trace",
    .summary = "activity per period",
    .state_bytes = sizeof(struct mote_activity_trace *),
    .events = events,
    .event_count = 1,
    .reset = reset,
};

/* "csv:PATH,PERIOD" */
static bool parse(struct mote_activity_trace *t, const char *spec, struct mote_err *err)
{
    const char *comma = strrchr(spec, ',');
    char *unit;
    double value = comma != NULL ? strtod(comma + 1, &unit) : 0;
    double ps = 0;
    if (comma != NULL && unit != comma + 1)
        ps = strcmp(unit, "s") == 0    ? value * 1e12
             : strcmp(unit, "ms") == 0 ? value * 1e9
             : strcmp(unit, "us") == 0 ? value * 1e6
                                       : 0;
    bool good =
        strncmp(spec, "csv:", 4) == 0 && comma > spec + 4 && ps >= (double)SHORTEST_PS && ps < 1e18;
    if (!good)
        return mote_err_set(err,
                            "--activity %s: write csv:PATH,PERIOD with a period of at least 1us, "
                            "for example csv:activity.csv,100us",
                            spec);
    t->period_ps = (uint64_t)ps;
    t->path = strndup(spec + 4, (size_t)(comma - spec) - 4);
    if (t->path == NULL)
        return mote_err_set(err, "out of memory");
    t->file = fopen(t->path, "w");
    return t->file != NULL || mote_err_set(err, "--activity %s: %s", t->path, strerror(errno));
}

struct mote_activity_trace *mote_activity_trace_new(struct mote_system *sys,
                                                    struct mote_power *power, const char *spec,
                                                    struct mote_err *err)
{
    struct mote_activity_trace *t = calloc(1, sizeof *t);
    if (t == NULL) {
        mote_err_set(err, "out of memory");
        return NULL;
    }
    t->sys = sys;
    t->power = power;
    struct mote_device_spec device = {.cls = &trace_class, .name = "activity_trace"};
    if (parse(t, spec, err))
        t->dev = mote_device_new(sys, &device, err);
    if (t->dev == NULL) {
        mote_activity_trace_free(t);
        return NULL;
    }
    memcpy(t->dev->state, &t, sizeof t);
    return t;
}

bool mote_activity_trace_close(struct mote_activity_trace *t, struct mote_err *err)
{
    if (t == NULL || t->file == NULL)
        return true;
    if (t->columns == 0)
        head(t, mote_activities(t->sys)); /* a run shorter than a period */
    bool failed = ferror(t->file) != 0;
    failed |= fclose(t->file) != 0;
    t->file = NULL;
    return !failed || mote_err_set(err, "--activity: %s could not be written", t->path);
}

void mote_activity_trace_free(struct mote_activity_trace *t)
{
    if (t == NULL)
        return;
    if (t->file != NULL)
        fclose(t->file);
    free(t->path);
    free(t);
}
