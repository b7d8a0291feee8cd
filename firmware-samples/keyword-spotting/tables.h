/*
 * Constants of the features, written by train/gen_tables.py.
 */
#ifndef KWS_TABLES_H
#define KWS_TABLES_H

#include <stdint.h>

/* First half of the symmetric Hann window, Q15. */
extern const int16_t kws_window[256];

/* cos and -sin of 2 pi k / 512, k = 0..255, Q15. */
extern const int16_t kws_twiddle[256][2];

/* Bin k lies between the centres of bands mel_band[k] - 1 and mel_band[k]; 255: outside. Its
 * rising weight in Q8. */
extern const uint8_t kws_mel_band[257];
extern const uint8_t kws_mel_weight[257];

/* Eighths of log2(1 + m / 64). */
extern const uint8_t kws_log2[64];

#endif
