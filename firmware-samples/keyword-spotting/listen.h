/*
 * What the applications and the host tool share: one hop in, lines of text out.
 */
#ifndef KWS_LISTEN_H
#define KWS_LISTEN_H

#include "detector.h"

/* Where the text goes. */
typedef void (*kws_write)(const char *text);

/*
 * Feeds one hop. When an inference is due, runs it and writes "logits a b c d e f", then, on a
 * detection, the word on a line of its own. Returns nonzero after an inference.
 */
int kws_listen(struct kws_detector *d, const int16_t hop[KWS_HOP_SAMPLES], kws_write write);

#endif
