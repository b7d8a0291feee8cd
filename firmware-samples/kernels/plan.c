/*
 * Runs a plan: each record becomes a kernel's parameter struct.
 */
#include "plan.h"

_Static_assert(sizeof(struct mote_nn_plan_op) == 48 * 4, "op record is 48 words");
_Static_assert(sizeof(struct mote_nn_plan) == 16 * 4, "header is 16 words");

static const void *at(const struct mote_nn_plan *plan, int32_t offset)
{
    return offset ? (const char *)plan + offset : NULL;
}

static struct mote_nn_requant requant_of(const struct mote_nn_plan *plan,
                                         const struct mote_nn_plan_op *op)
{
    return (struct mote_nn_requant){
        .multiplier = at(plan, op->multiplier),
        .shift = at(plan, op->shift),
        .output_offset = op->output_offset,
        .act_min = op->act_min,
        .act_max = op->act_max,
    };
}

static struct mote_nn_conv conv_of(const struct mote_nn_plan *plan,
                                   const struct mote_nn_plan_op *op)
{
    return (struct mote_nn_conv){
        .in = op->in_shape,
        .out = op->out_shape,
        .window = op->window,
        .depth_multiplier = op->depth_multiplier,
        .input_offset = op->input_offset,
        .weights = at(plan, op->weights),
        .bias = at(plan, op->bias),
        .requant = requant_of(plan, op),
    };
}

static struct mote_nn_dense dense_of(const struct mote_nn_plan *plan,
                                     const struct mote_nn_plan_op *op)
{
    return (struct mote_nn_dense){
        .rows = op->out_shape.c,
        .cols = op->in_shape.c,
        .input_offset = op->input_offset,
        .per_channel = op->per_channel,
        .weights = at(plan, op->weights),
        .bias = at(plan, op->bias),
        .requant = requant_of(plan, op),
    };
}

static struct mote_nn_pool pool_of(const struct mote_nn_plan_op *op)
{
    return (struct mote_nn_pool){
        .in = op->in_shape,
        .out = op->out_shape,
        .window = op->window,
        .act_min = op->act_min,
        .act_max = op->act_max,
    };
}

static struct mote_nn_softmax softmax_of(const struct mote_nn_plan_op *op)
{
    return (struct mote_nn_softmax){
        .rows = op->out_bytes / op->out_shape.c,
        .cols = op->out_shape.c,
        .multiplier = op->extra[0],
        .left_shift = op->extra[1],
        .diff_min = op->extra[2],
    };
}

static struct mote_nn_add add_of(const struct mote_nn_plan_op *op)
{
    return (struct mote_nn_add){
        .count = op->out_bytes,
        .left_shift = op->extra[0],
        .input_offset = {op->extra[1], op->extra[2]},
        .input_multiplier = {op->extra[3], op->extra[4]},
        .input_shift = {op->extra[5], op->extra[6]},
        .output_offset = op->output_offset,
        .output_multiplier = op->extra[7],
        .output_shift = op->extra[8],
        .act_min = op->act_min,
        .act_max = op->act_max,
    };
}

static int step_portable(const struct mote_nn_plan *plan, const struct mote_nn_plan_op *op,
                         int8_t *arena)
{
    const int8_t *in = arena + op->in0;
    int8_t *out = arena + op->out;
    const struct mote_nn_conv conv = conv_of(plan, op);
    const struct mote_nn_dense dense = dense_of(plan, op);
    const struct mote_nn_pool pool = pool_of(op);
    const struct mote_nn_softmax softmax = softmax_of(op);
    const struct mote_nn_add add = add_of(op);
    switch (op->kind) {
    case MOTE_NN_CONV:
        mote_nn_conv_portable(&conv, in, out);
        return 0;
    case MOTE_NN_DEPTHWISE:
        mote_nn_depthwise_portable(&conv, in, out);
        return 0;
    case MOTE_NN_DENSE:
        mote_nn_dense_portable(&dense, in, out);
        return 0;
    case MOTE_NN_AVGPOOL:
        mote_nn_avgpool_portable(&pool, in, out);
        return 0;
    case MOTE_NN_MAXPOOL:
        mote_nn_maxpool_portable(&pool, in, out);
        return 0;
    case MOTE_NN_SOFTMAX:
        mote_nn_softmax_portable(&softmax, in, out);
        return 0;
    case MOTE_NN_ADD:
        mote_nn_add_portable(&add, in, arena + op->in1, out);
        return 0;
    case MOTE_NN_RESHAPE:
        mote_nn_reshape((size_t)op->out_bytes, in, out);
        return 0;
    default:
        return -1;
    }
}

#if MOTE_NN_HAS_DSP
static int step_dsp(const struct mote_nn_plan *plan, const struct mote_nn_plan_op *op,
                    int8_t *arena, void *scratch)
{
    const int8_t *in = arena + op->in0;
    int8_t *out = arena + op->out;
    const struct mote_nn_conv conv = conv_of(plan, op);
    const struct mote_nn_dense dense = dense_of(plan, op);
    const struct mote_nn_pool pool = pool_of(op);
    const struct mote_nn_softmax softmax = softmax_of(op);
    const struct mote_nn_add add = add_of(op);
    switch (op->kind) {
    case MOTE_NN_CONV:
        mote_nn_conv_dsp(&conv, in, out, scratch);
        return 0;
    case MOTE_NN_DEPTHWISE:
        mote_nn_depthwise_dsp(&conv, in, out);
        return 0;
    case MOTE_NN_DENSE:
        mote_nn_dense_dsp(&dense, in, out);
        return 0;
    case MOTE_NN_AVGPOOL:
        mote_nn_avgpool_dsp(&pool, in, out);
        return 0;
    case MOTE_NN_MAXPOOL:
        mote_nn_maxpool_dsp(&pool, in, out);
        return 0;
    case MOTE_NN_SOFTMAX:
        mote_nn_softmax_dsp(&softmax, in, out);
        return 0;
    case MOTE_NN_ADD:
        mote_nn_add_dsp(&add, in, arena + op->in1, out);
        return 0;
    default:
        return step_portable(plan, op, arena);
    }
}
#endif

size_t mote_nn_plan_scratch_bytes(const struct mote_nn_plan *plan)
{
    size_t most = 0;
    for (int32_t i = 0; i < plan->op_count; i++) {
        if (plan->ops[i].kind == MOTE_NN_CONV) {
            const struct mote_nn_conv conv = conv_of(plan, &plan->ops[i]);
            const size_t bytes = mote_nn_conv_scratch_bytes(&conv);
            most = bytes > most ? bytes : most;
        }
    }
    return most;
}

int mote_nn_plan_step(const struct mote_nn_plan *plan, int32_t index, enum mote_nn_version version,
                      int8_t *arena, void *scratch)
{
#if MOTE_NN_HAS_DSP
    if (version == MOTE_NN_DSP) {
        return step_dsp(plan, &plan->ops[index], arena, scratch);
    }
#else
    (void)version;
    (void)scratch;
#endif
    return step_portable(plan, &plan->ops[index], arena);
}

uint32_t mote_nn_crc32(const void *bytes, size_t count)
{
    const uint8_t *p = bytes;
    uint32_t crc = 0xFFFFFFFFu;
    while (count--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}
