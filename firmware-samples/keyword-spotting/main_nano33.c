/*
 * Keyword spotting on the Arduino Nano 33 BLE Sense: listens for ever.
 *
 * The microphone fills a ring of 20 ms blocks by EasyDMA; the core sleeps until a block is there,
 * adds its features, and every 160 ms runs the network while the next blocks arrive. The first
 * blocks, in which the microphone wakes up, are dropped. A lit LED means that a word was heard.
 */
#include <string.h>

#include "board.h"
#include "board_nano33.h"
#include "cortex_m.h"
#include "listen.h"
#include "print.h"

#define RING_BLOCKS  16u
#define DROPPED_HOPS 2u
#define LED_HOPS     25u

static int16_t ring[RING_BLOCKS][KWS_HOP_SAMPLES];
static struct kws_detector detector;
static uint32_t led_off_at;
static uint32_t taken;

/* Every line passes here; a word lights the LED, a line of logits does not. */
static void say(const char *text)
{
    print(text);
    if (strncmp(text, "logits", 6) != 0 && text[0] != '\n') {
        led_off_at = taken + LED_HOPS;
        board_led(1);
    }
}

/* Sleeps until a block beyond those taken is complete. */
static uint32_t wait_for_block(void)
{
    irq_disable();
    while (nano33_pdm_filled() == taken) {
        wait_for_interrupt();
        irq_enable();
        irq_disable();
    }
    irq_enable();
    return nano33_pdm_filled();
}

int main(void)
{
    board_init();
    kws_detector_init(&detector);
    print("listening\n");
    nano33_pdm_start(ring[0], RING_BLOCKS, KWS_HOP_SAMPLES);
    for (;;) {
        const uint32_t filled = wait_for_block();
        /* One block is being filled, and the one after it is already given to the DMA. */
        if (filled - taken > RING_BLOCKS - 2u) {
            print("overrun\n");
            taken = filled - 1u;
        }
        if (taken >= DROPPED_HOPS) {
            kws_listen(&detector, ring[taken % RING_BLOCKS], say);
        }
        taken++;
        if (taken == led_off_at) {
            board_led(0);
        }
    }
}
