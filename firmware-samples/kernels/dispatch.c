/*
 * The unsuffixed kernels: the DSP version where this build has one, plain C elsewhere.
 */
#include "mote_nn.h"

#if MOTE_NN_HAS_DSP
#define PICK(name) name##_dsp
#else
#define PICK(name) name##_portable
#endif

void mote_nn_conv(const struct mote_nn_conv *op, const int8_t *in, int8_t *out, void *scratch)
{
#if MOTE_NN_HAS_DSP
    mote_nn_conv_dsp(op, in, out, scratch);
#else
    (void)scratch;
    mote_nn_conv_portable(op, in, out);
#endif
}

void mote_nn_depthwise(const struct mote_nn_conv *op, const int8_t *in, int8_t *out)
{
    PICK(mote_nn_depthwise)(op, in, out);
}

void mote_nn_dense(const struct mote_nn_dense *op, const int8_t *in, int8_t *out)
{
    PICK(mote_nn_dense)(op, in, out);
}

void mote_nn_avgpool(const struct mote_nn_pool *op, const int8_t *in, int8_t *out)
{
    PICK(mote_nn_avgpool)(op, in, out);
}

void mote_nn_maxpool(const struct mote_nn_pool *op, const int8_t *in, int8_t *out)
{
    PICK(mote_nn_maxpool)(op, in, out);
}

void mote_nn_softmax(const struct mote_nn_softmax *op, const int8_t *in, int8_t *out)
{
    PICK(mote_nn_softmax)(op, in, out);
}

void mote_nn_add(const struct mote_nn_add *op, const int8_t *a, const int8_t *b, int8_t *out)
{
    PICK(mote_nn_add)(op, a, b, out);
}
