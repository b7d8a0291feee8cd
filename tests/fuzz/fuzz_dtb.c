/* Board files: any bytes end in a board or in an error with a text. */
#include "fuzz.h"
#include <mote/board.h>
#include <mote/system.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mote_err err = {""};
    struct mote_board board;
    struct mote_system *sys = mote_system_new();
    if (sys == NULL)
        abort();
    bool ok = mote_board_load_blob(sys, data, size, "input.dtb", &board, &err);
    if (!ok && err.text[0] == '\0')
        abort();
    mote_system_free(sys);
    mote_board_free(&board);
    return 0;
}
