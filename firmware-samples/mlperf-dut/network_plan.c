/*
 * A network that tools/tflite_plan.py made from a .tflite file (PLAN_FILE), by the kernels of
 * DUT_VERSION: MOTE_NN_DSP, or MOTE_NN_PORTABLE, which is plain C.
 */
#include <string.h>

#include "network.h"
#include "plan.h"

#define ARENA_BYTES   (200 * 1024)
#define SCRATCH_BYTES (16 * 1024)
#define INPUT_BYTES   (32 * 1024)

/* clang-format off */
__asm__(".section .rodata.model, \"a\"\n"
        ".balign 16\n"
        "dut_plan: .incbin \"" PLAN_FILE "\"\n"
        ".balign 4\n"
        ".previous");
/* clang-format on */

extern const struct mote_nn_plan dut_plan;

static int32_t arena[ARENA_BYTES / 4];
static int32_t scratch[SCRATCH_BYTES / 4];
static int8_t input[INPUT_BYTES];
static struct network network = {.name = DUT_MODEL, .input = input};

const struct network *network_open(void)
{
    const struct mote_nn_plan *plan = &dut_plan;
    if (plan->magic != MOTE_NN_PLAN_MAGIC || plan->arena_bytes > ARENA_BYTES ||
        plan->input_bytes > INPUT_BYTES || mote_nn_plan_scratch_bytes(plan) > SCRATCH_BYTES) {
        return NULL;
    }
    network.input_bytes = (uint32_t)plan->input_bytes;
    network.output = (int8_t *)arena + plan->output;
    network.output_count = (uint32_t)plan->output_bytes;
    return &network;
}

void network_infer(void)
{
    int8_t *memory = (int8_t *)arena;
    memcpy(memory + dut_plan.input, input, (size_t)dut_plan.input_bytes);
    for (int32_t i = 0; i < dut_plan.op_count; i++) {
        mote_nn_plan_step(&dut_plan, i, DUT_VERSION, memory, scratch);
    }
}
