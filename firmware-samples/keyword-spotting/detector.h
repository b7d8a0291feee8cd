/*
 * Keyword detector: hops of sound in, logits and detected words out.
 *
 * One inference every KWS_STRIDE_HOPS hops (160 ms) once a window is full. A word is reported when
 * its probability, averaged over the last KWS_SMOOTH inferences, reaches KWS_THRESHOLD; then the
 * detector stays quiet for KWS_HOLD inferences, longer than a window sees one word. No state is
 * global and nothing depends on time: the same samples give the same lines on every machine.
 */
#ifndef KWS_DETECTOR_H
#define KWS_DETECTOR_H

#include "kws_features.h"
#include "model.h"

#define KWS_STRIDE_HOPS 8
#define KWS_SMOOTH      3
#define KWS_HOLD        6
/* In 1/256 of probability. */
#define KWS_THRESHOLD 115

struct kws_detector {
    struct kws_features features;
    int32_t hops_until_inference;
    int32_t hold;
    int32_t recent_next;
    uint8_t recent[KWS_SMOOTH][KWS_CLASSES];
    int8_t logits[KWS_CLASSES];
    int8_t probabilities[KWS_CLASSES];
    int8_t arena[KWS_ARENA_BYTES];
    int32_t scratch[MOTE_NN_HAS_DSP ? KWS_SCRATCH_BYTES / 4 : 1];
};

void kws_detector_init(struct kws_detector *d);

/* Takes one hop. Returns nonzero when an inference is due. */
int kws_detector_push(struct kws_detector *d, const int16_t hop[KWS_HOP_SAMPLES]);

/* Runs the network on the current window: fills logits and probabilities. */
void kws_detector_infer(struct kws_detector *d);

/* After an inference: the word detected now (a kws_class), or -1. */
int kws_detector_decide(struct kws_detector *d);

/* "logits a b c d e f" and a newline; returns the length. The buffer holds at least 64 bytes. */
int kws_detector_format(const struct kws_detector *d, char *line);

#endif
