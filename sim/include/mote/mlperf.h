/* A benchmark's host, inside the machine: drives firmware that speaks the MLPerf Tiny text protocol
 * over a UART, in virtual time, and measures its inferences.
 *
 * It listens to every UART until one says `m-ready`, asks `name` and `profile`, loads an input with
 * `db`, runs `infer N W` and ends the run when the last `m-ready` has come. Everything that the
 * device prints is outside input: it is never trusted, only reported.
 *
 * What is measured. Latency: as the benchmark counts it, from the device's own time stamps
 * (`m-lap-us`), so it holds the time of printing one of them. Cycles, time, energy and activity: of
 * the window from the end of the first time stamp's line to the first byte of the last one's. An
 * energy build prints no time stamps but pulses a pin: there the window lies between the falling
 * edges of the first pin that falls exactly twice, and latency is the window's. */
#ifndef MOTE_MLPERF_H
#define MOTE_MLPERF_H

#include <mote/activity.h>
#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_board;
struct mote_mlperf;
struct mote_power;
struct mote_system;

#define MOTE_MLPERF_MAX_RESULTS 1024
#define MOTE_MLPERF_TEXT_BYTES  128

struct mote_mlperf_options {
    const char *db;          /* path of one input, raw bytes; NULL = none is loaded */
    const char *uart;        /* its name; NULL = the first that says m-ready */
    const char *transcript;  /* path for a record of the dialogue; NULL = none */
    uint32_t iterations;     /* inferences in the window, at least 1 */
    uint32_t warmup;         /* inferences before it */
    bool drained;            /* input as fast as the firmware takes it, not at the baud rate */
    uint64_t reply_limit_ps; /* longest wait for m-ready, at the start and after each command but
                                `infer`; 0 = 10 s */
};

enum mote_mlperf_outcome {
    MOTE_MLPERF_UNFINISHED, /* the run ended before the last m-ready */
    MOTE_MLPERF_DONE,
    MOTE_MLPERF_NO_READY, /* no UART said m-ready in time */
    MOTE_MLPERF_NO_REPLY, /* a command was not answered in time */
    MOTE_MLPERF_REFUSED,  /* the device answered e-[...], or something that makes no sense */
    MOTE_MLPERF_BAD_DB,   /* the input does not fit the device's model */
};

struct mote_mlperf_result {
    enum mote_mlperf_outcome outcome;
    char why[512]; /* what went wrong, in words; "" when nothing */
    const char *uart;
    char name[MOTE_MLPERF_TEXT_BYTES], model[MOTE_MLPERF_TEXT_BYTES];
    size_t input_bytes;
    uint32_t iterations, warmup;
    bool has_laps;                                /* latency is from time stamps, not from a pin */
    double latency_us;                            /* per inference */
    uint64_t begin_ps;                            /* of the window */
    uint64_t window_ps, cycles, instructions, fj; /* of the whole window, all iterations */
    uint64_t activity[MOTE_MAX_ACTIVITIES];       /* counts in the window, by activity id */
    double results[MOTE_MLPERF_MAX_RESULTS];
    size_t result_count;
};

/* Reads the input. NULL after filling `err`. */
struct mote_mlperf *mote_mlperf_new(const struct mote_mlperf_options *options,
                                    struct mote_err *err);
/* Connects to the board's UARTs and pins; called by the machine before its first reset. */
bool mote_mlperf_attach(struct mote_mlperf *mlperf, struct mote_system *sys,
                        const struct mote_board *board, struct mote_power *power,
                        struct mote_err *err);
/* Completes the transcript. False after filling `err` when it could not be written. */
bool mote_mlperf_close(struct mote_mlperf *mlperf, struct mote_err *err);
/* After the machine was freed. */
void mote_mlperf_free(struct mote_mlperf *mlperf);

const struct mote_mlperf_result *mote_mlperf_result(const struct mote_mlperf *mlperf);

/* ---- lines of the protocol -------------------------------------------------------------------
 */

#define MOTE_MLPERF_LINE_BYTES 8192

/* Collects bytes to lines; the rest of a longer line is dropped. */
struct mote_mlperf_line {
    char text[MOTE_MLPERF_LINE_BYTES];
    size_t length;
};
/* True when this byte ended a line that is not empty: `text` holds it until the next call. */
bool mote_mlperf_line_feed(struct mote_mlperf_line *line, uint8_t byte);

enum mote_mlperf_kind {
    MOTE_MLPERF_OTHER,
    MOTE_MLPERF_READY,
    MOTE_MLPERF_LAP,       /* number: microseconds */
    MOTE_MLPERF_NAME,      /* text */
    MOTE_MLPERF_MODEL,     /* text */
    MOTE_MLPERF_EXPECTING, /* number: bytes */
    MOTE_MLPERF_LOAD_DONE,
    MOTE_MLPERF_INFER_START, /* number: iterations */
    MOTE_MLPERF_INFER_DONE,
    MOTE_MLPERF_RESULTS, /* text: the numbers */
    MOTE_MLPERF_ERROR,   /* text */
};

struct mote_mlperf_item {
    enum mote_mlperf_kind kind;
    uint64_t number;
    const char *text; /* points into the line, `text_bytes` long, not terminated */
    size_t text_bytes;
};
struct mote_mlperf_item mote_mlperf_parse(const char *line);

/* "0.1,0.9" into numbers; returns how many, up to the first that is none. */
size_t mote_mlperf_numbers(const char *text, size_t bytes, double *numbers, size_t max);

/* Bytes of one input of a benchmark model ("kws01"); 0 = unknown model. */
size_t mote_mlperf_input_bytes(const char *model);

#endif
