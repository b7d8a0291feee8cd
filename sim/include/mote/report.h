/* The report of a run: what happened, in cycles, time and energy.
 *
 * Everything but `host` is the same for the same input, byte for byte. */
#ifndef MOTE_REPORT_H
#define MOTE_REPORT_H

#include <mote/activity.h>
#include <mote/err.h>
#include <mote/power.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct mote_mlperf_result;

struct mote_report_function {
    const char *name;
    uint64_t calls, cycles, instructions, fj;
};

struct mote_report_marker {
    const char *name;
    uint64_t count, cycles, fj;
};

struct mote_report_unmodelled {
    const char *device;
    char reg[32]; /* its name, or the offset as 0x%x */
    uint64_t loads, stores;
};

struct mote_report {
    const char *board, *core, *firmware, *accuracy;
    uint64_t time_ps, cycles, instructions, sleep_ps;
    bool estimated;    /* some cycles are learned means: the fast accuracy, on a core that has it */
    double fast_error; /* estimated relative error of cycles; < 0: does not apply */

    bool energy_known; /* false: the chip has no energy data; of what follows only `parts` counts */
    uint64_t energy_fj; /* the sum of all that follows */
    uint64_t core_fj, fetch_fj, clock_fj, leakage_fj, regulator_fj;
    struct mote_power_list memory, devices, parts;
    uint64_t baseline_fj; /* constant-power estimate of the chip; 0: none known */
    double battery_hours; /* life of the cell at this mean power; 0: no cell given */
    char battery[96];     /* the cell */

    struct mote_report_function *functions; /* by energy, then cycles, falling */
    size_t function_count;
    struct mote_report_marker *markers;
    size_t marker_count;
    struct mote_report_unmodelled *unmodelled;
    size_t unmodelled_count;
    const char *const *faults;
    size_t fault_count;
    const char *const *notes; /* what the reader must know: missing energy data, ... */
    size_t note_count;

    const struct mote_mlperf_result *mlperf; /* of a benchmark run, or NULL */
    const struct mote_activities *activities;

    double host_seconds;
    double host_mips;
};

/* A table for people. */
void mote_report_text(const struct mote_report *report, FILE *out);

/* The benchmark's part of it for people. */
void mote_report_mlperf_text(const struct mote_report *report, FILE *out);

/* JSON with the stable keys; an energy or power that is not modelled is null. False after filling
 * `err` when the file cannot be written. */
bool mote_report_json(const struct mote_report *report, const char *path, struct mote_err *err);

#endif
