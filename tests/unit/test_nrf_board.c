/* The Arduino Nano 33 BLE Sense as a board, built in and from public bindings only: what is wired
 * to what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mote/board.h>
#include <mote/clock.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>

#define P0     0x50000000u
#define P1     0x50000300u
#define GPIOTE 0x40006000u
#define CLOCK  0x40000000u
#define NVMC   0x4001e000u
#define WDT    0x40010000u
#define TIMER0 0x40008000u

struct fixture {
    struct mote_system *sys;
    struct mote_board board;
};

static struct fixture load(const char *name)
{
    struct fixture f = {.sys = mote_system_new()};
    struct mote_err err = {""};
    if (!mote_board_load(f.sys, name, &f.board, &err))
        fail_msg("%s", err.text);
    mote_system_reset(f.sys);
    return f;
}

static void unload(struct fixture *f)
{
    mote_system_free(f->sys);
    mote_board_free(&f->board);
}

static void put(const struct fixture *f, uint32_t address, uint32_t value)
{
    assert_true(mote_bus_store(f->sys, address, 4, value));
}

static uint32_t get(const struct fixture *f, uint32_t address)
{
    uint32_t value = 0;
    assert_true(mote_bus_load(f->sys, address, 4, &value));
    return value;
}

static struct mote_device *device(const struct fixture *f, const char *name)
{
    struct mote_device *dev = mote_system_find(f->sys, name);
    if (dev == NULL)
        fail_msg("no device %s", name);
    return dev;
}

static uint32_t led(const struct fixture *f, const char *name)
{
    return device(f, name)->power_state;
}

static void check_pins(struct fixture *f, const char *red)
{
    put(f, P0 + 0x508, 1u << 24); /* high before it becomes an output: active low, off */
    put(f, P0 + 0x518, 1u << 24);
    assert_int_equal(led(f, red), 0);
    put(f, P0 + 0x50c, 1u << 24);
    assert_int_equal(led(f, red), 1);
    /* GPIOTE channel 0 takes the pin over, high, and back to the port. */
    put(f, GPIOTE + 0x510, 3 | 24u << 8 | 3u << 16 | 1u << 20);
    assert_int_equal(led(f, red), 0);
    put(f, GPIOTE + 0x000, 1);
    assert_int_equal(led(f, red), 1);
    put(f, GPIOTE + 0x510, 0);
    /* Port 1's pins come to GPIOTE as 32 and up. */
    put(f, P1 + 0x700 + 4 * 11, 0);
    put(f, GPIOTE + 0x510, 1 | 43u << 8 | 1u << 16);
    mote_wire_drive(device(f, "gpio1"), 11, 1);
    assert_int_equal(get(f, GPIOTE + 0x100), 1);
    mote_wire_drive(device(f, "gpio1"), 11, MOTE_WIRE_Z);
}

static void check_chip(struct fixture *f)
{
    assert_string_equal(f->board.core, "cortex-m4f");
    assert_string_equal(f->board.soc, "nordic,nrf52840-qiaa");
    assert_ptr_equal(f->board.console, device(f, "uart0"));
    assert_int_equal(mote_clock_hz(device(f, "cpu0"), 0), 64000000);
    assert_int_equal(mote_clock_hz(device(f, "uart0"), 0), 16000000);
    const struct mote_region *flash = mote_region_by_name(f->sys, "flash0");
    assert_true(flash != NULL && flash->owner != NULL && flash->timing != NULL);
    assert_int_equal(flash->fetch_line_bytes, 16);
    assert_int_equal(f->board.app_base, 0x10000);
    /* CLOCK and POWER are one window. */
    put(f, CLOCK + 0x51c, 0x5a);
    assert_int_equal(get(f, CLOCK + 0x51c), 0x5a);
    assert_int_equal(get(f, 0x10000100), 0x52840);
    assert_int_equal(get(f, 0x10000010), 4096);
}

static void the_built_in_board(void **state)
{
    (void)state;
    struct fixture f = load("arduino_nano_33_ble_sense");
    check_chip(&f);
    check_pins(&f, "led_red");
    for (size_t i = 0; i < f.board.note_count; i++)
        if (f.board.notes[i].kind != MOTE_NOTE_UNKNOWN)
            fail_msg("%s", f.board.notes[i].text);
    assert_true(mote_region_by_name(f.sys, "sram0_alias0") != NULL);
    /* UICR is programmed by the NVMC and a system reset keeps it. */
    put(&f, NVMC + 0x504, 1);
    put(&f, 0x10001200, 18);
    mote_system_reset(f.sys);
    assert_int_equal(get(&f, 0x10001200), 18);
    /* DC/DC. */
    assert_int_equal(device(&f, "reg1")->power_state, 0);
    put(&f, CLOCK + 0x578, 1);
    assert_int_equal(device(&f, "reg1")->power_state, 1);
    /* The button between D2 and ground, with the port's pull-up. */
    put(&f, P1 + 0x700 + 4 * 11, 3u << 2);
    assert_int_equal(get(&f, P1 + 0x510), 1u << 11);
    mote_wire_drive(device(&f, "button_d2"), 0, 1);
    assert_int_equal(get(&f, P1 + 0x510), 0);
    unload(&f);
}

/* The watchdog counts though nobody started the LFCLK, and its bite shows in RESETREAS. */
static void the_watchdog_reaches_power(void **state)
{
    (void)state;
    struct fixture f = load("arduino_nano_33_ble_sense");
    put(&f, WDT + 0x504, 32767);
    put(&f, WDT + 0x000, 1);
    mote_run_events(f.sys, 999000000000);
    assert_false(mote_reset_requested(f.sys));
    mote_run_events(f.sys, 1001000000000);
    assert_true(mote_take_reset_request(f.sys));
    assert_int_equal(get(&f, CLOCK + 0x400), 2);
    unload(&f);
}

static uint64_t core_hz(const struct fixture *f)
{
    return mote_clock_hz(device(f, "cpu0"), 0);
}

static void pass_ns(const struct fixture *f, uint64_t ns)
{
    mote_run_events(f->sys, mote_now_ps(f->sys) + 1000 * ns);
}

static void nap(const struct fixture *f)
{
    struct mote_device *clock = device(f, "clock");
    mote_wire_drive(clock, 0, 1);
    pass_ns(f, 1000000);
    mote_wire_drive(clock, 0, 0);
}

/* The core waits for the HFCLK unless somebody kept it running: a timer, the crystal, or the
 * constant latency mode. */
static void waking_from_idle_takes_its_time(void **state)
{
    (void)state;
    struct fixture f = load("arduino_nano_33_ble_sense");
    nap(&f);
    assert_int_equal(core_hz(&f), 0);
    pass_ns(&f, 2900);
    assert_int_equal(core_hz(&f), 0);
    pass_ns(&f, 200);
    assert_int_equal(core_hz(&f), 64000000);
    put(&f, TIMER0 + 0x000, 1);
    nap(&f);
    assert_int_equal(core_hz(&f), 64000000);
    put(&f, TIMER0 + 0x004, 1);
    nap(&f);
    assert_int_equal(core_hz(&f), 0);
    pass_ns(&f, 3100);
    put(&f, CLOCK + 0x078, 1); /* CONSTLAT */
    nap(&f);
    assert_int_equal(core_hz(&f), 64000000);
    put(&f, CLOCK + 0x07c, 1); /* LOWPWR */
    put(&f, CLOCK + 0x000, 1); /* HFXO */
    nap(&f);
    assert_int_equal(core_hz(&f), 64000000);
    unload(&f);
}

static void waking_from_system_off_takes_its_time(void **state)
{
    (void)state;
    struct fixture f = load("arduino_nano_33_ble_sense");
    const struct mote_device *clock = device(&f, "clock");
    put(&f, CLOCK + 0x500, 1);
    pass_ns(&f, 1000000);
    assert_string_equal(clock->cls->power_states[clock->power_state], "system_off");
    mote_wire_drive(device(&f, "clock"), 2, 1); /* DETECT */
    assert_string_equal(clock->cls->power_states[clock->power_state], "hfint_lfoff");
    pass_ns(&f, 16400);
    assert_false(mote_reset_requested(f.sys));
    pass_ns(&f, 200);
    assert_true(mote_take_reset_request(f.sys));
    mote_system_reset(f.sys);
    assert_int_equal(core_hz(&f), 64000000);
    assert_int_equal(get(&f, CLOCK + 0x400), 1u << 16);
    unload(&f);
}

static void public_bindings_alone(void **state)
{
    (void)state;
    struct fixture f = load(MOTE_SOURCE_DIR "/tests/firmware/zephyr_style_nano33.dts");
    check_chip(&f);
    check_pins(&f, "led0");
    assert_int_equal(device(&f, "lsm9ds1")->bus_address, 0x6b);
    unload(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_board),
        cmocka_unit_test(the_watchdog_reaches_power),
        cmocka_unit_test(waking_from_idle_takes_its_time),
        cmocka_unit_test(waking_from_system_off_takes_its_time),
        cmocka_unit_test(public_bindings_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
