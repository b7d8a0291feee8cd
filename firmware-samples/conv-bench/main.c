/*
 * An int8 convolution, over and over: the load on which simulators are compared.
 *
 * 3 x 3 x 32 -> 32 channels on a 16 x 16 image (2.36 million multiplications a round), ROUNDS
 * rounds of the portable kernel in plain C, or with CONV_DSP of the DSP one. Prints a checksum, so
 * that nobody can skip the work, and ends through semihosting. Uses no device: the same image runs
 * on qemu's mps2-an386 and on Mote's boards.
 */
#include "board.h"
#include "mote_nn.h"
#include "plan.h"
#include "print.h"

#ifndef ROUNDS
#define ROUNDS 20
#endif

#define SIDE     16
#define CHANNELS 32

static int8_t image[2][SIDE * SIDE * CHANNELS];
static int8_t weights[CHANNELS * 3 * 3 * CHANNELS];
static int32_t bias[CHANNELS];
static int32_t multiplier[CHANNELS];
static int32_t shift[CHANNELS];
#ifdef CONV_DSP
static int32_t scratch[512];
#endif

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void fill(uint32_t seed)
{
    for (uint32_t i = 0; i < sizeof weights; i++) {
        weights[i] = (int8_t)(next_random(&seed) >> 24);
    }
    for (uint32_t i = 0; i < sizeof image[0]; i++) {
        image[0][i] = (int8_t)(next_random(&seed) >> 24);
    }
    for (int c = 0; c < CHANNELS; c++) {
        bias[c] = (int32_t)next_random(&seed) >> 18;
        multiplier[c] = (int32_t)(0x40000000u | (next_random(&seed) >> 2));
        shift[c] = -9;
    }
}

int main(void)
{
    const struct mote_nn_conv conv = {
        .in = {SIDE, SIDE, CHANNELS},
        .out = {SIDE, SIDE, CHANNELS},
        .window = {3, 3, 1, 1, 1, 1, 1, 1},
        .depth_multiplier = 1,
        .input_offset = 3,
        .weights = weights,
        .bias = bias,
        .requant = {multiplier, shift, -3, -128, 127},
    };
    board_init();
    fill(0x9E3779B9u);
    for (int round = 0; round < ROUNDS; round++) {
#ifdef CONV_DSP
        mote_nn_conv_dsp(&conv, image[round & 1], image[~round & 1], scratch);
#else
        mote_nn_conv_portable(&conv, image[round & 1], image[~round & 1]);
#endif
    }
    print("conv-bench rounds ");
    print_u32(ROUNDS);
    print(" crc ");
    print_hex(mote_nn_crc32(image[ROUNDS & 1], sizeof image[0]));
    print("\n");
    board_exit(0);
}
