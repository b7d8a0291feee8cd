/* Lists for people, on standard output. */
#include "inventory.h"
#include <mote/board.h>
#include <mote/channel.h>
#include <mote/device.h>
#include <mote/power.h>
#include <mote/space.h>
#include <mote/system.h>
#include <stdio.h>

int inventory_boards(void)
{
    for (size_t i = 0; mote_board_name(i) != NULL; i++) {
        struct mote_err err = {""};
        struct mote_board board = {0};
        struct mote_system *sys = mote_system_new();
        if (sys != NULL && mote_board_load(sys, mote_board_name(i), &board, &err))
            printf("%-32s %s\n", mote_board_name(i), board.model);
        else
            printf("%-32s unusable: %s\n", mote_board_name(i), err.text);
        mote_system_free(sys);
        mote_board_free(&board);
    }
    return 0;
}

int inventory_devices(void)
{
    for (size_t i = 0; mote_device_classes[i] != NULL; i++) {
        const struct mote_device_class *cls = mote_device_classes[i];
        printf("%-20s %s\n", cls->name, cls->summary != NULL ? cls->summary : "");
        for (size_t k = 0; k < MOTE_MAX_COMPATIBLES && cls->compatibles[k] != NULL; k++)
            printf("%-20s   %s\n", "", cls->compatibles[k]);
    }
    return 0;
}

static void print_notes(const struct mote_board *board, struct mote_power *power)
{
    static const char *const kinds[] = {"not modelled", "leads nowhere", "left out"};
    struct mote_power_report energy;
    mote_power_report(power, &energy);
    if (board->note_count + energy.note_count > 0)
        printf("\nnotes\n");
    for (size_t i = 0; i < board->note_count; i++)
        printf("  %s: %s\n", kinds[board->notes[i].kind], board->notes[i].text);
    for (size_t i = 0; i < energy.note_count; i++)
        printf("  energy: %s\n", energy.notes[i]);
}

static void print_board(struct mote_system *sys, const struct mote_board *board)
{
    printf("%s: %s, core %s, chip %s\n", board->name, board->model, board->core, board->soc);
    printf("\nmemory\n");
    for (size_t i = 0; i < mote_region_count(sys); i++) {
        const struct mote_region *region = mote_region_at_index(sys, i);
        printf("  %-20s 0x%08llx %8llu KiB %s\n", region->name, (unsigned long long)region->base,
               (unsigned long long)region->size_bytes / 1024, region->writable ? "" : "read-only");
    }
    printf("\ndevices\n");
    for (size_t i = 0; i < mote_system_device_count(sys); i++) {
        const struct mote_device *dev = mote_system_device(sys, i);
        printf("  %-20s %-18s 0x%08llx %s\n", dev->name, dev->cls->name,
               (unsigned long long)dev->base, dev == board->console ? "(console)" : "");
        for (size_t k = 0; k < dev->cls->channel_count; k++)
            printf("  %-20s   channel %s [%s]\n", "", dev->cls->channels[k].name,
                   dev->cls->channels[k].unit);
    }
}

bool inventory_board(const char *name, struct mote_err *err)
{
    struct mote_board board = {0};
    struct mote_power *power = NULL;
    struct mote_system *sys = mote_system_new();
    if (sys == NULL)
        mote_err_set(err, "out of memory");
    else if (mote_board_load(sys, name, &board, err))
        power = mote_power_new(sys, board.soc, err);
    bool ok = power != NULL;
    if (ok) {
        print_board(sys, &board);
        print_notes(&board, power);
    }
    mote_power_free(power);
    mote_system_free(sys);
    mote_board_free(&board);
    return ok;
}
