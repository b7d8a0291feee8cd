/* Every built-in board: it loads without a loose end, and random accesses to every device window
 * end in a value or a bus error, whatever the wires between devices make of them. A system reset
 * after that gives the registers that the first one gave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mote/board.h>
#include <mote/device.h>
#include <mote/space.h>

#include "support/traffic.h"

#define ACCESSES_A_WINDOW 10000

struct rig {
    struct mote_system *sys;
    struct mote_board board;
};

static void rig_load(struct rig *rig, size_t index)
{
    struct mote_err err = {""};
    rig->sys = mote_system_new();
    assert_non_null(rig->sys);
    if (!mote_board_load(rig->sys, mote_board_name(index), &rig->board, &err))
        fail_msg("%s: %s", mote_board_name(index), err.text);
    mote_system_reset(rig->sys);
}

static void rig_free(struct rig *rig)
{
    mote_system_free(rig->sys);
    mote_board_free(&rig->board);
}

static void test_loose_ends(void **state)
{
    (void)state;
    for (size_t i = 0; mote_board_name(i) != NULL; i++) {
        struct rig rig;
        rig_load(&rig, i);
        for (size_t k = 0; k < rig.board.note_count; k++)
            if (rig.board.notes[k].kind != MOTE_NOTE_UNKNOWN)
                fail_msg("%s: %s", rig.board.name, rig.board.notes[k].text);
        rig_free(&rig);
    }
}

static uint32_t elements(const struct mote_device *dev)
{
    uint32_t count = 0;
    for (size_t i = 0; i < dev->cls->reg_count; i++)
        count += dev->cls->regs[i].count ? dev->cls->regs[i].count : 1;
    return count;
}

/* The register values of all devices, one after the other. */
static uint32_t *snapshot(const struct mote_system *sys)
{
    size_t count = 0;
    for (size_t i = 0; i < mote_system_device_count(sys); i++)
        count += elements(mote_system_device(sys, i));
    uint32_t *values = calloc(count + 1, sizeof *values), *next = values;
    assert_non_null(values);
    for (size_t i = 0; i < mote_system_device_count(sys); i++) {
        const struct mote_device *dev = mote_system_device(sys, i);
        memcpy(next, dev->regs, elements(dev) * sizeof *next);
        next += elements(dev);
    }
    return values;
}

static size_t differences(const struct rig *rig, const uint32_t *before)
{
    size_t wrong = 0;
    for (size_t i = 0; i < mote_system_device_count(rig->sys); i++) {
        struct mote_device *dev = mote_system_device(rig->sys, i);
        for (uint32_t id = 0; id < dev->cls->reg_count; id++) {
            const struct mote_reg *row = &dev->cls->regs[id];
            for (uint32_t k = 0; k < (row->count ? row->count : 1u); k++, before++) {
                uint32_t now = mote_reg_at(dev, id, k);
                if (now == *before || row->keep || row->load != NULL)
                    continue;
                print_error("%s: %s %s[%u] is 0x%x after a second reset, was 0x%x\n",
                            rig->board.name, dev->name, row->name, k, now, *before);
                wrong++;
            }
        }
    }
    return wrong;
}

/* Each window by itself with the bus clocks on, then all of them mixed. */
static void test_traffic(void **state)
{
    (void)state;
    size_t wrong = 0;
    uint64_t events = 0;
    for (size_t i = 0; mote_board_name(i) != NULL; i++) {
        struct rig rig;
        struct traffic traffic;
        rig_load(&rig, i);
        uint32_t *before = snapshot(rig.sys);
        traffic_init(&traffic, rig.sys, i + 1);
        for (size_t window = 0; window < traffic.window_count; window++) {
            mote_system_reset(rig.sys);
            traffic_open_gates(&traffic);
            for (size_t k = 0; k < ACCESSES_A_WINDOW; k++)
                traffic_step(&traffic, window);
        }
        for (size_t k = 0; k < 10 * ACCESSES_A_WINDOW; k++)
            traffic_step(&traffic, traffic_random(&traffic) % traffic.window_count);
        mote_system_reset(rig.sys);
        wrong += differences(&rig, before);
        print_message("%s: %zu windows, %llu accesses, %llu events\n", rig.board.name,
                      traffic.window_count, (unsigned long long)traffic.accesses,
                      (unsigned long long)traffic.events);
        events += traffic.events;
        free(before);
        rig_free(&rig);
    }
    assert_int_equal(wrong, 0);
    assert_true(events > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loose_ends),
        cmocka_unit_test(test_traffic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
