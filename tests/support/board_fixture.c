#include "board_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>

struct mote_system *sys;
struct mote_board board;

int board_fixture(const char *name)
{
    struct mote_err err = {""};
    sys = mote_system_new();
    memset(&board, 0, sizeof board);
    if (sys == NULL || !mote_board_load(sys, name, &board, &err))
        fail_msg("%s", err.text);
    mote_system_reset(sys);
    return 0;
}

int teardown(void **state)
{
    (void)state;
    mote_system_free(sys);
    mote_board_free(&board);
    return 0;
}

uint32_t get(uint32_t address)
{
    uint32_t value = 0;
    assert_true(mote_bus_load(sys, address, 4, &value));
    return value;
}

void put(uint32_t address, uint32_t value)
{
    assert_true(mote_bus_store(sys, address, 4, value));
}

void pass_us(uint32_t time)
{
    mote_run_events(sys, mote_now_ps(sys) + (uint64_t)time * US);
}

uint64_t input_hz(const char *device, uint32_t input)
{
    struct mote_device *dev = mote_system_find(sys, device);
    assert_non_null(dev);
    return mote_clock_hz(dev, input);
}
