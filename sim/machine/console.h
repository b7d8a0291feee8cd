/* Finds text in what the firmware prints. Internal to sim/machine. */
#ifndef SIM_MACHINE_CONSOLE_H
#define SIM_MACHINE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Searches a stream for one text, byte by byte (Knuth, Morris and Pratt). */
struct text_match {
    const char *text;
    size_t length, matched;
    uint16_t *fallback; /* longest proper prefix that is a suffix, by length */
};

/* False when out of memory. `text` NULL or empty never matches. */
bool text_match_init(struct text_match *match, const char *text);
void text_match_deinit(struct text_match *match);
/* True when this byte completes the text. */
bool text_match_feed(struct text_match *match, char byte);

#endif
