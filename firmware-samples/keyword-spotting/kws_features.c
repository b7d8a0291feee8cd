/*
 * Fixed-point log-mel features.
 *
 * Scaling: a windowed sample is sample * 2^12, each of the eight FFT stages halves, so the spectrum
 * of the 256-point complex FFT is true * 2^4 and never overflows 32 bits.
 */
#include "kws_features.h"

#include <string.h>

#include "tables.h"

#define HALF (KWS_WINDOW_SAMPLES / 2)

struct complex32 {
    int32_t re;
    int32_t im;
};

/* A band's energy below which noise of a few LSB would show: keeps digital silence in range. */
#define ENERGY_FLOOR (UINT64_C(1) << 26)

/* a * b / 2 with b in Q15, rounded down. */
static int32_t mul_half(int32_t a, int16_t b)
{
#if defined(__ARM_FEATURE_DSP)
    int32_t product;
    __asm__("smulwb %0, %1, %2" : "=r"(product) : "r"(a), "r"(b));
    return product;
#else
    return (int32_t)(((int64_t)a * b) >> 16);
#endif
}

static uint32_t reverse8(uint32_t x)
{
    x = ((x & 0x55u) << 1) | ((x >> 1) & 0x55u);
    x = ((x & 0x33u) << 2) | ((x >> 2) & 0x33u);
    return ((x & 0x0Fu) << 4) | (x >> 4);
}

/* Even samples become real parts, odd samples imaginary parts, in bit-reversed order. */
static void load(const int16_t *samples, struct complex32 z[HALF])
{
    for (int32_t i = 0; i < HALF; i++) {
        const int32_t even = 2 * i;
        const int32_t odd = 2 * i + 1;
        const int16_t we = kws_window[even < HALF ? even : KWS_WINDOW_SAMPLES - 1 - even];
        const int16_t wo = kws_window[odd < HALF ? odd : KWS_WINDOW_SAMPLES - 1 - odd];
        struct complex32 *to = &z[reverse8((uint32_t)i)];
        to->re = (samples[even] * we) >> 3;
        to->im = (samples[odd] * wo) >> 3;
    }
}

/* Decimation in time, radix 2, halving at every stage. */
static void fft(struct complex32 z[HALF])
{
    for (int32_t span = 1; span < HALF; span *= 2) {
        const int32_t step = HALF / span;
        for (int32_t k = 0; k < span; k++) {
            const int16_t wr = kws_twiddle[k * step][0];
            const int16_t wi = kws_twiddle[k * step][1];
            for (int32_t i = k; i < HALF; i += 2 * span) {
                struct complex32 *a = &z[i];
                struct complex32 *b = &z[i + span];
                const int32_t tr = mul_half(b->re, wr) - mul_half(b->im, wi);
                const int32_t ti = mul_half(b->re, wi) + mul_half(b->im, wr);
                const int32_t ar = a->re >> 1;
                const int32_t ai = a->im >> 1;
                a->re = ar + tr;
                a->im = ai + ti;
                b->re = ar - tr;
                b->im = ai - ti;
            }
        }
    }
}

/* Energy of bin k of the real 512-point transform, from the 256-point complex one. */
static uint64_t energy(const struct complex32 z[HALF], int32_t k)
{
    const struct complex32 *p = &z[k & (HALF - 1)];
    const struct complex32 *q = &z[(HALF - k) & (HALF - 1)];
    const int32_t even_re = (p->re >> 1) + (q->re >> 1);
    const int32_t even_im = (p->im >> 1) - (q->im >> 1);
    const int32_t odd_re = p->im + q->im;
    const int32_t odd_im = q->re - p->re;
    const int16_t wr = k < HALF ? kws_twiddle[k][0] : (int16_t)-32768;
    const int16_t wi = k < HALF ? kws_twiddle[k][1] : 0;
    const int32_t re = (even_re + mul_half(odd_re, wr) - mul_half(odd_im, wi)) >> 2;
    const int32_t im = (even_im + mul_half(odd_re, wi) + mul_half(odd_im, wr)) >> 2;
    return (uint64_t)((int64_t)re * re) + (uint64_t)((int64_t)im * im);
}

static int16_t log2_eighths(uint64_t x)
{
    const int32_t top = 63 - __builtin_clzll(x);
    const uint32_t mantissa = (uint32_t)(x >> (top - 6)) & 63u;
    return (int16_t)(8 * top + kws_log2[mantissa]);
}

static void mel(const struct complex32 z[HALF], int16_t frame[KWS_BANDS])
{
    uint64_t bands[KWS_BANDS];
    for (int32_t b = 0; b < KWS_BANDS; b++) {
        bands[b] = ENERGY_FLOOR;
    }
    for (int32_t k = 0; k <= HALF; k++) {
        const uint32_t band = kws_mel_band[k];
        if (band > KWS_BANDS) {
            continue;
        }
        const uint64_t e = energy(z, k);
        const uint64_t rising = e * kws_mel_weight[k];
        if (band < KWS_BANDS) {
            bands[band] += rising;
        }
        if (band > 0) {
            bands[band - 1] += (e << 8) - rising;
        }
    }
    for (int32_t b = 0; b < KWS_BANDS; b++) {
        frame[b] = log2_eighths(bands[b]);
    }
}

void kws_features_init(struct kws_features *f)
{
    memset(f, 0, sizeof *f);
}

void kws_features_push(struct kws_features *f, const int16_t hop[KWS_HOP_SAMPLES])
{
    struct complex32 z[HALF];
    const size_t kept = KWS_WINDOW_SAMPLES - KWS_HOP_SAMPLES;
    memmove(f->history, f->history + KWS_HOP_SAMPLES, kept * sizeof f->history[0]);
    memcpy(f->history + kept, hop, KWS_HOP_SAMPLES * sizeof hop[0]);
    load(f->history, z);
    fft(z);
    mel(z, f->frames[f->next]);
    f->next = f->next + 1 == KWS_FRAMES ? 0 : f->next + 1;
    f->filled += f->filled < KWS_FRAMES;
}

int kws_features_ready(const struct kws_features *f)
{
    return f->filled == KWS_FRAMES;
}

void kws_features_input(const struct kws_features *f, int8_t input[KWS_INPUT_ELEMENTS])
{
    int32_t sum = 0;
    for (int32_t i = 0; i < KWS_FRAMES; i++) {
        for (int32_t b = 0; b < KWS_BANDS; b++) {
            sum += f->frames[i][b];
        }
    }
    const int32_t mean = (sum + KWS_INPUT_ELEMENTS / 2) / KWS_INPUT_ELEMENTS;
    int32_t row = f->next;
    for (int32_t i = 0; i < KWS_FRAMES; i++) {
        for (int32_t b = 0; b < KWS_BANDS; b++) {
            const int32_t x = f->frames[row][b] - mean;
            *input++ = (int8_t)(x < -128 ? -128 : x > 127 ? 127 : x);
        }
        row = row + 1 == KWS_FRAMES ? 0 : row + 1;
    }
}
