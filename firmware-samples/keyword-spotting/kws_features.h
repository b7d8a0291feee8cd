/*
 * Log-mel features of 16 kHz speech in fixed point; the same bits on every machine.
 *
 * A hop of 320 samples (20 ms) completes a frame of the last 512 samples (32 ms): Hann window,
 * 512-point FFT, 24 triangular mel bands from 80 Hz to 7.6 kHz, and the base-2 logarithm of the
 * band energies in eighths (0.38 dB). The network's input is the last 49 frames (0.99 s) with their
 * mean taken away, so it does not depend on loudness.
 */
#ifndef KWS_FEATURES_H
#define KWS_FEATURES_H

#include <stdint.h>

#define KWS_SAMPLE_RATE_HZ 16000
#define KWS_HOP_SAMPLES    320
#define KWS_WINDOW_SAMPLES 512
#define KWS_BANDS          24
#define KWS_FRAMES         49
#define KWS_INPUT_ELEMENTS (KWS_FRAMES * KWS_BANDS)

struct kws_features {
    int16_t history[KWS_WINDOW_SAMPLES];
    int16_t frames[KWS_FRAMES][KWS_BANDS];
    int32_t next;
    int32_t filled;
};

/* An empty stream: the samples before the first hop count as zero. */
void kws_features_init(struct kws_features *f);

/* Takes one hop and adds one frame. */
void kws_features_push(struct kws_features *f, const int16_t hop[KWS_HOP_SAMPLES]);

/* Nonzero once KWS_FRAMES hops were pushed. */
int kws_features_ready(const struct kws_features *f);

/* The network's input: frames oldest first, KWS_BANDS values each. Call only when ready. */
void kws_features_input(const struct kws_features *f, int8_t input[KWS_INPUT_ELEMENTS]);

#endif
