/*
 * Keyword detector: windowing, the network, and the decision.
 */
#include "detector.h"

#include <string.h>

#include "mote_mark.h"

void kws_detector_init(struct kws_detector *d)
{
    memset(d, 0, sizeof *d);
    kws_features_init(&d->features);
}

int kws_detector_push(struct kws_detector *d, const int16_t hop[KWS_HOP_SAMPLES])
{
    mote_mark_begin(1, "features");
    kws_features_push(&d->features, hop);
    mote_mark_end(1);
    if (!kws_features_ready(&d->features)) {
        return 0;
    }
    if (d->hops_until_inference > 0) {
        d->hops_until_inference--;
        return 0;
    }
    d->hops_until_inference = KWS_STRIDE_HOPS - 1;
    return 1;
}

/* Outputs lie at the arena's start and end in turn, so that each is free of its input. */
static int8_t *at_end(struct kws_detector *d, const struct mote_nn_shape *shape)
{
    return d->arena + KWS_ARENA_BYTES - shape->h * shape->w * shape->c;
}

void kws_detector_infer(struct kws_detector *d)
{
    int8_t *input = d->arena + KWS_ARENA_BYTES - KWS_INPUT_ELEMENTS;
    const int8_t *in = input;
    int8_t *out = d->arena;
    mote_mark_begin(2, "inference");
    kws_features_input(&d->features, input);

    mote_mark_begin(3, "first conv");
    mote_nn_conv(&kws_convs[0], in, out, d->scratch);
    mote_mark_end(3);
    for (int32_t i = 1; i < kws_conv_count; i++) {
        in = out;
        out = i & 1 ? at_end(d, &kws_convs[i].out) : d->arena;
        if (i & 1) {
            mote_mark_begin(4, "depthwise");
            mote_nn_depthwise(&kws_convs[i], in, out);
            mote_mark_end(4);
        } else {
            mote_mark_begin(5, "pointwise");
            mote_nn_conv(&kws_convs[i], in, out, d->scratch);
            mote_mark_end(5);
        }
    }

    mote_mark_begin(6, "classifier");
    in = out;
    out = kws_conv_count & 1 ? at_end(d, &kws_pool.out) : d->arena;
    mote_nn_avgpool(&kws_pool, in, out);
    mote_nn_dense(&kws_dense, out, d->logits);
    mote_nn_softmax(&kws_softmax, d->logits, d->probabilities);
    mote_mark_end(6);
    mote_mark_end(2);
}

int kws_detector_decide(struct kws_detector *d)
{
    int best = -1;
    int32_t best_sum = KWS_THRESHOLD * KWS_SMOOTH - 1;
    for (int32_t c = 0; c < KWS_CLASSES; c++) {
        d->recent[d->recent_next][c] = (uint8_t)(d->probabilities[c] + 128);
        int32_t sum = 0;
        for (int32_t i = 0; i < KWS_SMOOTH; i++) {
            sum += d->recent[i][c];
        }
        if (c >= KWS_YES && sum > best_sum) {
            best = c;
            best_sum = sum;
        }
    }
    d->recent_next = (d->recent_next + 1) % KWS_SMOOTH;
    if (d->hold > 0) {
        d->hold--;
        return -1;
    }
    if (best >= 0) {
        d->hold = KWS_HOLD;
    }
    return best;
}

static int append_number(char *to, int32_t value)
{
    char digits[4];
    int count = 0;
    int length = 0;
    uint32_t rest = value < 0 ? (uint32_t)-value : (uint32_t)value;
    to[length++] = ' ';
    if (value < 0) {
        to[length++] = '-';
    }
    do {
        digits[count++] = (char)('0' + rest % 10u);
        rest /= 10u;
    } while (rest);
    while (count > 0) {
        to[length++] = digits[--count];
    }
    return length;
}

int kws_detector_format(const struct kws_detector *d, char *line)
{
    static const char word[] = "logits";
    int length = sizeof word - 1;
    memcpy(line, word, sizeof word - 1);
    for (int32_t c = 0; c < KWS_CLASSES; c++) {
        length += append_number(line + length, d->logits[c]);
    }
    line[length++] = '\n';
    line[length] = '\0';
    return length;
}
