/*
 * A network as one flat block of words: what tools/tflite_plan.py writes and plan.c runs.
 *
 * The block is little-endian, 4-byte aligned, and holds offsets only, so it can lie in flash and be
 * run in place. Tensors live in an arena that the caller gives; offsets into it were laid out by
 * the converter. A plan comes from our own converter: it is trusted, not validated beyond its
 * header.
 */
#ifndef MOTE_NN_PLAN_H
#define MOTE_NN_PLAN_H

#include "mote_nn.h"

#define MOTE_NN_PLAN_MAGIC   0x504E4E4D
#define MOTE_NN_PLAN_VECTORS 6

enum mote_nn_kind {
    MOTE_NN_CONV = 1,
    MOTE_NN_DEPTHWISE,
    MOTE_NN_DENSE,
    MOTE_NN_AVGPOOL,
    MOTE_NN_MAXPOOL,
    MOTE_NN_SOFTMAX,
    MOTE_NN_ADD,
    MOTE_NN_RESHAPE
};

struct mote_nn_plan_op {
    int32_t kind;
    int32_t in0;
    int32_t in1;
    int32_t out;
    int32_t out_bytes;
    struct mote_nn_shape in_shape;
    struct mote_nn_shape out_shape;
    struct mote_nn_window window;
    int32_t depth_multiplier;
    int32_t input_offset;
    /* Offsets from the start of the plan; bias 0 means none. */
    int32_t weights;
    int32_t bias;
    int32_t multiplier;
    int32_t shift;
    int32_t output_offset;
    int32_t act_min;
    int32_t act_max;
    int32_t per_channel;
    /* Softmax: multiplier, left shift, diff_min. Add: the fields of mote_nn_add in order. */
    int32_t extra[9];
    int32_t reserved[2];
    /* CRC-32 of the output for each golden input, when the header says so. */
    uint32_t crc32[MOTE_NN_PLAN_VECTORS];
    int32_t reserved_end[2];
};

struct mote_nn_plan {
    int32_t magic;
    int32_t version;
    int32_t op_count;
    int32_t arena_bytes;
    int32_t total_bytes;
    int32_t input;
    int32_t input_bytes;
    int32_t output;
    int32_t output_bytes;
    int32_t has_crc32;
    int32_t reserved[6];
    struct mote_nn_plan_op ops[];
};

/* Which implementation an operator runs on. */
enum mote_nn_version { MOTE_NN_PORTABLE, MOTE_NN_DSP };

/* The scratch that the DSP version of the most demanding operator needs. */
size_t mote_nn_plan_scratch_bytes(const struct mote_nn_plan *plan);

/* Runs operator `index` on the arena. Returns 0, or -1 for a kind it does not know. */
int mote_nn_plan_step(const struct mote_nn_plan *plan, int32_t index, enum mote_nn_version version,
                      int8_t *arena, void *scratch);

/* CRC-32 as in zlib and gzip. */
uint32_t mote_nn_crc32(const void *bytes, size_t count);

#endif
