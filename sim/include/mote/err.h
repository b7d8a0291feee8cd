/* Errors of outside input: files, command line, sockets.
 *
 * A function that reads outside input takes a `struct mote_err *` and returns false (or NULL) after
 * filling it. The text names the file, the place in it, what is wrong and what to do about it.
 * Guest mistakes are never errors of this kind: they go to the log (log.h). */
#ifndef MOTE_ERR_H
#define MOTE_ERR_H

#include <stdbool.h>

#define MOTE_ERR_TEXT_BYTES 1024

struct mote_err {
    char text[MOTE_ERR_TEXT_BYTES]; /* one or more lines without a final newline; "" = no error */
};

/* Formats a message into `err` (cut at its size) and returns false, so that callers can write
 * `return mote_err_set(err, ...)`. `err` may be NULL when the caller does not want the text. */
bool mote_err_set(struct mote_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the text that is there and returns false. */
bool mote_err_prefix(struct mote_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
