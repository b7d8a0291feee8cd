/*
 * The samples' keyword network, layer by layer.
 */
#include "kws_features.h"
#include "model.h"
#include "network.h"

#ifndef DUT_MODEL
#define DUT_MODEL "mote-kws"
#endif

static int8_t input[KWS_INPUT_ELEMENTS];
static int8_t arena[2][KWS_ARENA_BYTES];
static int32_t scratch[KWS_SCRATCH_BYTES / 4];
static int8_t logits[KWS_CLASSES];
static int8_t probabilities[KWS_CLASSES];

static const struct network network = {DUT_MODEL, input, sizeof input, probabilities, KWS_CLASSES};

const struct network *network_open(void)
{
    return &network;
}

void network_infer(void)
{
    const int8_t *in = input;
    int8_t *out = arena[0];
    mote_nn_conv(&kws_convs[0], in, out, scratch);
    for (int32_t i = 1; i < kws_conv_count; i++) {
        in = out;
        out = arena[i & 1];
        if (i & 1) {
            mote_nn_depthwise(&kws_convs[i], in, out);
        } else {
            mote_nn_conv(&kws_convs[i], in, out, scratch);
        }
    }
    in = out;
    out = arena[kws_conv_count & 1];
    mote_nn_avgpool(&kws_pool, in, out);
    mote_nn_dense(&kws_dense, out, logits);
    mote_nn_softmax(&kws_softmax, logits, probabilities);
}
