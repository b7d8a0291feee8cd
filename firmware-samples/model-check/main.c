/*
 * Runs a whole network on the target with its golden inputs and checks every operator's output.
 *
 * The build embeds a plan (tools/tflite_plan.py) and six inputs. For each input and each version
 * of the kernels, each operator's CRC-32 is printed and compared with the one in the plan; a
 * cycle count of the whole inference follows. Ends with PASS or FAIL.
 */
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "mote_mark.h"
#include "plan.h"
#include "print.h"

#ifndef ARENA_BYTES
#define ARENA_BYTES (200 * 1024)
#endif
#define SCRATCH_BYTES (16 * 1024)

/* clang-format off */
__asm__(".section .rodata.model, \"a\"\n"
        ".balign 16\n"
        "model_plan: .incbin \"" PLAN_FILE "\"\n"
        ".balign 4\n"
        "model_inputs: .incbin \"" INPUTS_FILE "\"\n"
        ".balign 4\n"
        ".previous");
/* clang-format on */

extern const struct mote_nn_plan model_plan;
extern const int8_t model_inputs[];

static int32_t arena[ARENA_BYTES / 4];
static int32_t scratch[SCRATCH_BYTES / 4];

static int run(int vector, enum mote_nn_version version)
{
    const struct mote_nn_plan *plan = &model_plan;
    int8_t *memory = (int8_t *)arena;
    uint32_t spent = 0;
    int bad = 0;
    memcpy(memory + plan->input, model_inputs + vector * plan->input_bytes,
           (size_t)plan->input_bytes);
    for (int32_t i = 0; i < plan->op_count; i++) {
        const struct mote_nn_plan_op *op = &plan->ops[i];
        const uint32_t before = cycles();
        mote_mark_begin(1, "operator");
        const int unknown = mote_nn_plan_step(plan, i, version, memory, scratch);
        mote_mark_end(1);
        spent += cycles() - before;
        const uint32_t crc = mote_nn_crc32(memory + op->out, (size_t)op->out_bytes);
        const int wrong = unknown || crc != op->crc32[vector];
        print(version == MOTE_NN_DSP ? "dsp " : "portable ");
        print_i32(vector);
        print(" op ");
        print_i32(i);
        print(" crc ");
        print_hex(crc);
        print(wrong ? " WRONG\n" : " ok\n");
        bad += wrong;
    }
    print("cycles ");
    print_u32(spent);
    print("\n");
    return bad;
}

int main(void)
{
    int bad = 0;
    board_init();
    cycle_counter_start();
    if (model_plan.magic != MOTE_NN_PLAN_MAGIC || model_plan.arena_bytes > ARENA_BYTES ||
        mote_nn_plan_scratch_bytes(&model_plan) > SCRATCH_BYTES || !model_plan.has_crc32) {
        print("the plan does not fit this build\nFAIL\n");
        board_exit(2);
    }
    for (int vector = 0; vector < MOTE_NN_PLAN_VECTORS; vector++) {
        bad += run(vector, MOTE_NN_DSP);
#ifdef CHECK_PORTABLE
        bad += run(vector, MOTE_NN_PORTABLE);
#endif
    }
    print(bad ? "FAIL\n" : "PASS\n");
    board_exit(bad ? 1 : 0);
}
