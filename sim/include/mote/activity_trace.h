/* A table of what happened per period of virtual time: cycles, instructions, energy, every
 * activity.
 *
 * For fitting energy coefficients to measured waveforms, and for plots. Columns: time_s (end of the
 * period), cycles, instructions, energy_j (empty when the chip has no energy data), then each
 * activity by name; values are of the period alone. A row comes at the first instruction boundary
 * at or after its time. In `exact` tracing changes nothing else of a run; in `fast` each row ends
 * the engine's present stretch, as any event does. */
#ifndef MOTE_ACTIVITY_TRACE_H
#define MOTE_ACTIVITY_TRACE_H

#include <mote/err.h>
#include <stdbool.h>

struct mote_activity_trace;
struct mote_power;
struct mote_system;

/* `spec` is "csv:PATH,PERIOD", the period such as 100us; before the system's first reset. NULL
 * after filling `err`. */
struct mote_activity_trace *mote_activity_trace_new(struct mote_system *sys,
                                                    struct mote_power *power, const char *spec,
                                                    struct mote_err *err);
/* Writes out what is there. False after filling `err` when the file could not be written. */
bool mote_activity_trace_close(struct mote_activity_trace *trace, struct mote_err *err);
void mote_activity_trace_free(struct mote_activity_trace *trace);

#endif
