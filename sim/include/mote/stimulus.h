/* Stimuli: recordings and constants played into channels (channel.h).
 *
 * A specification is CHANNEL=SOURCE[,OPTION...].
 *
 * CHANNEL  `part` or `part.channel`. `part` is a device's name (devicetree label), else an alias of
 *          the board (/aliases), else the name of a channel that exactly one device has. A channel
 * may be written by its number alone where its name ends in it: adc1.3 is channel in3 of adc1.
 * SOURCE   a number with a unit (1.2V, 25degC, 0.5); or a file: .csv text, else audio (WAV).
 * OPTION   hold          CSV: keep each row's value until the next row (else straight lines
 * between) loop          start again after the end (else: audio is silent, CSV keeps its last
 * value) start=SECONDS virtual time of the recording's beginning channel=N     audio with two
 * channels: 0 (left, the default) or 1
 *
 * CSV: a header row with a column `time` in seconds that rises from row to row, and columns named
 * by channels, optionally with a unit: `accel_x[g]`. `part=FILE` connects every column; a column
 * that the part lacks goes to the one device of the board that has such a channel. Empty lines and
 * lines that begin with # are skipped.
 *
 * Audio: sample number floor(t * rate), as a fraction of full scale (16 bit: n / 32768); so it can
 * drive channels of unit "1" only.
 *
 * Rules. A stimulus is a pure function of virtual time. Units: SI, as the channel declares. */
#ifndef MOTE_STIMULUS_H
#define MOTE_STIMULUS_H

#include <mote/channel.h>
#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_board;
struct mote_system;

/* Owns what specifications loaded; must outlive the system. `board` (may be NULL) gives aliases.
 * NULL when out of memory. */
struct mote_stimuli;
struct mote_stimuli *mote_stimuli_new(const struct mote_board *board);
void mote_stimuli_free(struct mote_stimuli *owner);

/* Connects what one specification says. False after filling `err`; channels that were connected
 * before the mistake was found keep their stimulus. */
bool mote_stimulus_connect(struct mote_system *sys, const char *spec, struct mote_stimuli *owner,
                           struct mote_err *err);

/* Reads a number with an optional unit ("25degC", "300 mV"), turned into the SI unit that `unit`
 * gets ("" when none was written). False when the text is not a number or its unit is unknown. */
bool mote_quantity_parse(const char *text, double *value, const char **unit);

/* ---- CSV tables --------------------------------------------------------------------------------
 */

#define MOTE_CSV_MAX_COLUMNS 64
#define MOTE_CSV_NAME_BYTES  64

struct mote_csv {
    char name[MOTE_CSV_MAX_COLUMNS][MOTE_CSV_NAME_BYTES]; /* without unit and time column */
    const char *unit[MOTE_CSV_MAX_COLUMNS];               /* SI unit; "" when none was written */
    size_t columns, rows;
    double *time_s; /* rows */
    double *value;  /* rows x columns, in SI units */
};

/* Parses text; `label` (a file name) begins every message. NULL after filling `err`. */
struct mote_csv *mote_csv_parse(const char *label, const char *text, size_t bytes,
                                struct mote_err *err);
struct mote_csv *mote_csv_read(const char *path, struct mote_err *err);
void mote_csv_free(struct mote_csv *csv);
/* Value of a column: before the first row the first value, after the last row the last one. */
double mote_csv_value(const struct mote_csv *csv, size_t column, double time_s, bool hold);

/* ---- audio -------------------------------------------------------------------------------------
 */

struct mote_audio {
    uint32_t rate_hz;
    uint32_t channels; /* 1 or 2 */
    uint64_t frames;
    float *sample; /* frames x channels, [-1, 1] */
};
struct mote_audio *mote_audio_read(const char *path, struct mote_err *err);
void mote_audio_free(struct mote_audio *audio);

#endif
