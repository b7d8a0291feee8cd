/* What a board lacks: notes that the loader makes, and those that the devicetree brings along. */
#include "board_loader.h"
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void board_note(struct board_loader *loader, enum mote_note_kind kind, const char *format, ...)
{
    struct mote_board *board = loader->board;
    if (board->note_count == board->note_room) {
        size_t room = board->note_room ? 2 * board->note_room : 16;
        struct mote_board_note *notes = realloc(board->notes, room * sizeof *notes);
        if (notes == NULL)
            return;
        board->notes = notes;
        board->note_room = room;
    }
    struct mote_board_note *note = &board->notes[board->note_count++];
    note->kind = kind;
    va_list args;
    va_start(args, format);
    vsnprintf(note->text, sizeof note->text, format, args);
    va_end(args);
}

static void note_node(struct board_loader *loader, const struct dt *dt, const char *path)
{
    int node = fdt_path_offset(dt->blob, path);
    const char *text;
    for (size_t k = 0; (text = dt_string(dt, node, "mote,not-modelled", k)) != NULL; k++)
        board_note(loader, MOTE_NOTE_UNKNOWN, "%s", text);
}

void board_note_gaps(struct board_loader *loader)
{
    note_node(loader, &loader->tree, "/");
    note_node(loader, &loader->tree, "/soc");
    if (loader->extra.blob != NULL)
        note_node(loader, &loader->extra, "/soc");
}
