/* A machine: a board with firmware, its connections to the host, and the run loop. */
#ifndef MOTE_MACHINE_H
#define MOTE_MACHINE_H

#include <mote/board.h>
#include <mote/core.h>
#include <mote/err.h>
#include <mote/system.h>

struct mote_machine;
struct mote_mlperf;
struct mote_symbols;

#define MOTE_MAX_OPTIONS 64

/* What a run is made of. Strings are borrowed for the life of the machine. */
struct mote_machine_options {
    const char *board;    /* name, .dts or .dtb */
    const char *firmware; /* path */
    const char *symbols;  /* ELF for a firmware without symbols; NULL: the firmware itself */
    bool has_load_address;
    uint64_t load_address; /* of a raw binary */
    enum mote_accuracy accuracy;
    uint64_t time_limit_ps; /* 0 = none */
    bool strict;
    const char *until, *fail_on;              /* text on the console; NULL = none */
    const char *uarts[MOTE_MAX_OPTIONS];      /* "NAME=BACKEND" */
    const char *stimuli[MOTE_MAX_OPTIONS];    /* "CHANNEL=SOURCE" */
    const char *settings[MOTE_MAX_OPTIONS];   /* "key=value" */
    const char *extensions[MOTE_MAX_OPTIONS]; /* shared objects, see extension.h */
    mote_log_sink *log; /* NULL: nowhere; from the start, so that set-up is heard too */
    void *log_user;
    size_t uart_count, stimulus_count, setting_count, extension_count;
    const char *semihosting_directory; /* files the firmware may open; NULL = none */
    struct mote_mlperf *mlperf;        /* drives the firmware over a UART (mlperf.h), or NULL */
    const char *activity_trace;        /* "csv:PATH,PERIOD" (activity_trace.h), or NULL */
    const char *command_line;          /* SYS_GET_CMDLINE; NULL = the firmware's path */
};

/* NULL after filling `err`. */
struct mote_machine *mote_machine_new(const struct mote_machine_options *options,
                                      struct mote_err *err);
void mote_machine_free(struct mote_machine *machine);

/* Runs until a stop is requested; returns its reason. May be called again after mote_clear_stop().
 */
enum mote_stop_reason mote_machine_run(struct mote_machine *machine);

/* The process exit status that a stop means: the stable contract of the command line. */
int mote_machine_exit_status(const struct mote_machine *machine);

struct mote_system *mote_machine_system(struct mote_machine *machine);
const struct mote_board *mote_machine_board(const struct mote_machine *machine);
const struct mote_symbols *mote_machine_symbols(const struct mote_machine *machine);
struct mote_power *mote_machine_power(struct mote_machine *machine);

/* One interval between mote_mark_begin() and mote_mark_end() of a marker, summed. */
struct mote_marker_totals {
    uint32_t id;
    uint64_t count, cycles, energy_fj;
};
size_t mote_machine_markers(const struct mote_machine *machine, struct mote_marker_totals *totals,
                            size_t max);

/* Fills a report of the run so far; strings and arrays live until mote_machine_report_free(). The
 * host's time is the caller's to add. False when out of memory. */
struct mote_report;
bool mote_machine_report(struct mote_machine *machine, struct mote_report *report);
void mote_machine_report_free(struct mote_report *report);
/* Completes what the run wrote beside: traces, text of UARTs and of the debug console. False after
 * filling `err` when any of it could not be written. */
bool mote_machine_close_outputs(struct mote_machine *machine, struct mote_err *err);
/* The diagnosis of a fault that ended the run, "" when none did. */
const char *mote_machine_diagnosis(const struct mote_machine *machine);

#endif
