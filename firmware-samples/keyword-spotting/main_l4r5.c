/*
 * Keyword spotting on the NUCLEO-L4R5ZI, and on any board without a microphone: the clip lies in
 * flash, as it would come from one.
 *
 * Runs the whole clip at full speed, prints what it heard and what an inference cost, and ends.
 */
#include "board.h"
#include "core.h"
#include "listen.h"
#include "print.h"

/* A 16 kHz mono 16-bit WAV file with a plain 44-byte header. */
/* clang-format off */
__asm__(".section .rodata.clip, \"a\"\n"
        ".balign 4\n"
        "clip_start: .incbin \"" CLIP_FILE "\", 44\n"
        "clip_end:\n"
        ".previous");
/* clang-format on */

extern const int16_t clip_start[];
extern const int16_t clip_end[];

static struct kws_detector detector;

int main(void)
{
    uint32_t inferences = 0;
    uint32_t most = 0;
    board_init();
    cycle_counter_start();
    kws_detector_init(&detector);
    print("clip of ");
    print_u32((uint32_t)(clip_end - clip_start));
    print(" samples\n");
    const int16_t *hop = clip_start;
    for (; clip_end - hop >= KWS_HOP_SAMPLES; hop += KWS_HOP_SAMPLES) {
        const uint32_t before = cycles();
        if (kws_listen(&detector, hop, print)) {
            const uint32_t spent = cycles() - before;
            most = spent > most ? spent : most;
            inferences++;
        }
    }
    print("inferences ");
    print_u32(inferences);
    print(", at most ");
    print_u32(most);
    print(" cycles with output\n");
    board_exit(0);
}
