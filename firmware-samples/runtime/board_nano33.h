/*
 * Arduino Nano 33 BLE Sense: what only this board has.
 */
#ifndef BOARD_NANO33_H
#define BOARD_NANO33_H

#include <stddef.h>
#include <stdint.h>

/*
 * Starts the MP34DT06 microphone at 16 kHz into a ring of `blocks` buffers of `samples` each, by
 * EasyDMA. The ring must stay valid; it has at least three blocks.
 */
void nano33_pdm_start(int16_t *ring, size_t blocks, size_t samples);

/* How many blocks have been filled since the start. */
uint32_t nano33_pdm_filled(void);

#endif
