/* Device registers: any stream of accesses to a real board ends in values, bus errors and log
 * lines. The first byte chooses the board; each eight after it are one access or a stretch of time:
 * window (2, little-endian), kind, offset (2), value (3, shifted by what `kind` says). */
#include "fuzz.h"
#include "support/traffic.h"
#include <mote/board.h>
#include <stdlib.h>

#define STEP_BYTES 8
#define STEPS_MAX  512
#define KIND_TIME  0x80u
#define KIND_STORE 0x40u

static const char *board_of(uint8_t choice)
{
    size_t count = 0;
    while (mote_board_name(count) != NULL)
        count++;
    return mote_board_name(choice % count);
}

static void step(struct traffic *traffic, const uint8_t *data)
{
    uint32_t window = data[0] | (uint32_t)data[1] << 8, kind = data[2];
    uint32_t offset = data[3] | (uint32_t)data[4] << 8;
    uint32_t value = data[5] | (uint32_t)data[6] << 8 | (uint32_t)data[7] << 16;
    if (kind & KIND_TIME)
        traffic_pass(traffic, (uint64_t)value << (kind & 0x1F));
    else
        traffic_access(traffic, window % traffic->window_count, offset, 1u << (kind >> 4 & 3) % 3,
                       (kind & KIND_STORE) != 0, value << 2 * (kind & 0xF));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mote_err err = {""};
    struct mote_board board;
    struct mote_system *sys = mote_system_new();
    if (sys == NULL || !mote_board_load(sys, board_of(size > 0 ? data[0] : 0), &board, &err))
        abort();
    mote_system_reset(sys);
    struct traffic traffic;
    traffic_init(&traffic, sys, 1);
    traffic_open_gates(&traffic);
    for (size_t i = 0; i < STEPS_MAX && 1 + (i + 1) * STEP_BYTES <= size; i++)
        step(&traffic, data + 1 + i * STEP_BYTES);
    mote_system_free(sys);
    mote_board_free(&board);
    return 0;
}
