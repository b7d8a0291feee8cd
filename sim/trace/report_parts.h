/* Parts of the JSON report that have files of their own. Internal to sim/trace. */
#ifndef SIM_TRACE_REPORT_PARTS_H
#define SIM_TRACE_REPORT_PARTS_H

#include <jansson.h>

struct mote_report;

/* The value of the key "mlperf"; report->mlperf must be there. */
json_t *report_mlperf_json(const struct mote_report *report);

#endif
