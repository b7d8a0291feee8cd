/*
 * Random layers through the portable and the DSP kernels on the target itself: same bits or FAIL.
 *
 * Shapes, strides, paddings, dilations, offsets, multipliers and data come from a fixed generator,
 * with odd sizes as likely as even ones. Prints one line per operator, a CRC-32 of everything the
 * portable kernels gave (the same on every machine), then PASS or FAIL.
 */
#include <string.h>

#include "board.h"
#include "mote_nn.h"
#include "plan.h"
#include "print.h"

#ifndef CASES
#define CASES 60
#endif

#define IN_BYTES     4096
#define OUT_BYTES    4096
#define WEIGHT_BYTES 8192
#define CHANNELS     64

static int8_t in[2][IN_BYTES];
static int8_t out[2][OUT_BYTES];
static int8_t weights[WEIGHT_BYTES];
static int32_t bias[CHANNELS];
static int32_t multiplier[CHANNELS];
static int32_t shift[CHANNELS];
static int32_t scratch[4096];

static uint32_t state = 0x243F6A88u;
static uint32_t crc;
static int failures;

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* low..high, both included */
static int32_t between(int32_t low, int32_t high)
{
    return low + (int32_t)((next_random() >> 8) % (uint32_t)(high - low + 1));
}

static void fill(void)
{
    for (int32_t i = 0; i < IN_BYTES; i++) {
        in[0][i] = (int8_t)(next_random() >> 24);
        in[1][i] = (int8_t)(next_random() >> 24);
    }
    for (int32_t i = 0; i < WEIGHT_BYTES; i++) {
        weights[i] = (int8_t)between(-127, 127);
    }
    for (int32_t c = 0; c < CHANNELS; c++) {
        bias[c] = between(-4000, 4000);
        multiplier[c] = (int32_t)(0x40000000u | (next_random() >> 2));
        shift[c] = between(-14, 1);
    }
    memset(out, 0x55, sizeof out);
}

static struct mote_nn_requant random_requant(void)
{
    struct mote_nn_requant q = {multiplier, shift, between(-128, 127), -128, 127};
    if (next_random() & 1u) {
        q.act_min = between(-128, 0);
        q.act_max = between(0, 127);
    }
    return q;
}

/* The whole output areas are compared: a kernel that writes past its output is caught too. */
static void compare(int32_t used)
{
    failures += memcmp(out[0], out[1], OUT_BYTES) != 0;
    crc = crc * 31u + mote_nn_crc32(out[0], (size_t)used);
}

static struct mote_nn_window random_window(struct mote_nn_shape *image,
                                           struct mote_nn_shape *result, int32_t max_dilation)
{
    struct mote_nn_window w = {
        between(1, 5), between(1, 5), between(1, 3), between(1, 3), 1, 1, 0, 0};
    w.dilation_h = between(1, max_dilation);
    w.dilation_w = between(1, max_dilation);
    w.pad_top = between(0, w.kernel_h - 1);
    w.pad_left = between(0, w.kernel_w - 1);
    image->h = between((w.kernel_h - 1) * w.dilation_h + 1, 11);
    image->w = between((w.kernel_w - 1) * w.dilation_w + 1, 11);
    result->h = (image->h - 1) / w.stride_h + 1;
    result->w = (image->w - 1) / w.stride_w + 1;
    return w;
}

static void check_conv(void)
{
    struct mote_nn_conv op = {.depth_multiplier = 1};
    op.window = random_window(&op.in, &op.out, 2);
    if (next_random() % 3u == 0) {
        op.window = (struct mote_nn_window){1, 1, 1, 1, 1, 1, 0, 0};
        op.out.h = op.in.h;
        op.out.w = op.in.w;
    }
    op.in.c = between(1, 18);
    op.out.c = between(1, 17);
    op.input_offset = between(-127, 128);
    op.weights = weights;
    op.bias = next_random() & 1u ? bias : NULL;
    op.requant = random_requant();
    if (mote_nn_conv_scratch_bytes(&op) > sizeof scratch) {
        failures++;
        return;
    }
    mote_nn_conv_portable(&op, in[0], out[0]);
    mote_nn_conv(&op, in[0], out[1], scratch);
    compare(op.out.h * op.out.w * op.out.c);
}

static void check_depthwise(void)
{
    static const int32_t multipliers[] = {1, 1, 1, 2, 3, 4, 8};
    struct mote_nn_conv op = {0};
    op.window = random_window(&op.in, &op.out, 2);
    op.depth_multiplier = multipliers[(uint32_t)between(0, 6)];
    op.in.c = between(1, op.depth_multiplier == 1 ? 19 : 4);
    op.out.c = op.in.c * op.depth_multiplier;
    op.input_offset = between(-127, 128);
    op.weights = weights;
    op.bias = next_random() & 1u ? bias : NULL;
    op.requant = random_requant();
    mote_nn_depthwise_portable(&op, in[0], out[0]);
    mote_nn_depthwise(&op, in[0], out[1]);
    compare(op.out.h * op.out.w * op.out.c);
}

static void check_dense(void)
{
    struct mote_nn_dense op = {.weights = weights};
    op.rows = between(1, 31);
    op.cols = between(1, 260);
    op.input_offset = between(-127, 128);
    op.per_channel = (int32_t)(next_random() & 1u);
    op.bias = next_random() & 1u ? bias : NULL;
    op.requant = random_requant();
    mote_nn_dense_portable(&op, in[0], out[0]);
    mote_nn_dense(&op, in[0], out[1]);
    compare(op.rows);
}

static struct mote_nn_pool random_pool(void)
{
    const struct mote_nn_requant q = random_requant();
    struct mote_nn_pool op = {.act_min = q.act_min, .act_max = q.act_max};
    op.window = random_window(&op.in, &op.out, 1);
    op.in.c = op.out.c = between(1, 15);
    return op;
}

static void check_avgpool(void)
{
    struct mote_nn_pool op = random_pool();
    if (next_random() % 5u == 0) {
        /* More elements than 16-bit lanes can sum at once. */
        op.in = (struct mote_nn_shape){20, 25, 6};
        op.out = (struct mote_nn_shape){1, 1, 6};
        op.window = (struct mote_nn_window){20, 25, 1, 1, 1, 1, 0, 0};
        memset(in[0], -128, next_random() & 1u ? IN_BYTES : 0);
    }
    mote_nn_avgpool_portable(&op, in[0], out[0]);
    mote_nn_avgpool(&op, in[0], out[1]);
    compare(op.out.h * op.out.w * op.out.c);
}

static void check_maxpool(void)
{
    const struct mote_nn_pool op = random_pool();
    mote_nn_maxpool_portable(&op, in[0], out[0]);
    mote_nn_maxpool(&op, in[0], out[1]);
    compare(op.out.h * op.out.w * op.out.c);
}

static void check_softmax(void)
{
    struct mote_nn_softmax op = {.rows = between(1, 5), .cols = between(1, 40)};
    op.multiplier = multiplier[0];
    op.left_shift = between(18, 25);
    op.diff_min = -(int32_t)((31u << 26) >> op.left_shift);
    mote_nn_softmax_portable(&op, in[0], out[0]);
    mote_nn_softmax(&op, in[0], out[1]);
    compare(op.rows * op.cols);
}

static void check_add(void)
{
    const struct mote_nn_requant q = random_requant();
    struct mote_nn_add op = {
        .count = between(1, 500),
        .left_shift = 20,
        .input_offset = {between(-127, 128), between(-127, 128)},
        .input_multiplier = {multiplier[0], multiplier[1]},
        .input_shift = {between(-6, 0), between(-6, 0)},
        .output_offset = q.output_offset,
        .output_multiplier = multiplier[2],
        .output_shift = between(-20, -16),
        .act_min = q.act_min,
        .act_max = q.act_max,
    };
    mote_nn_add_portable(&op, in[0], in[1], out[0]);
    mote_nn_add(&op, in[0], in[1], out[1]);
    compare(op.count);
}

static void run(const char *name, void (*check)(void))
{
    const int before = failures;
    for (int i = 0; i < CASES; i++) {
        fill();
        check();
    }
    print(name);
    print(": ");
    print_u32(CASES);
    print(" cases, ");
    print_i32(failures - before);
    print(" differ\n");
}

int main(void)
{
    board_init();
    print(MOTE_NN_HAS_DSP ? "kernel-check: portable against DSP\n"
                          : "kernel-check: no DSP extension, portable against itself\n");
    run("conv", check_conv);
    run("depthwise", check_depthwise);
    run("dense", check_dense);
    run("avgpool", check_avgpool);
    run("maxpool", check_maxpool);
    run("softmax", check_softmax);
    run("add", check_add);
    print("crc ");
    print_hex(crc);
    print(failures ? "\nFAIL\n" : "\nPASS\n");
    board_exit(failures ? 1 : 0);
}
