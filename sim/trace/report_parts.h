/* Parts of the JSON report that have files of their own. Internal to sim/trace. */
#ifndef SIM_TRACE_REPORT_PARTS_H
#define SIM_TRACE_REPORT_PARTS_H

#include <jansson.h>

struct mote_report;

/* A power or an energy in watts or joules; null when the chip has no energy data. */
json_t *report_energy(const struct mote_report *report, double value);

/* The value of the key "mlperf"; report->mlperf must be there. */
json_t *report_mlperf_json(const struct mote_report *report);

#endif
