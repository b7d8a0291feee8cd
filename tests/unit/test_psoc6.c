/* PSoC 62 on the board CY8CPROTO-062-4343W: boot, clocks, IPC, watchdog, UART, counters, pins,
 * flash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <mote/activity.h>
#include <mote/board.h>
#include <mote/bus.h>
#include <mote/clock.h>
#include <mote/core.h>
#include <mote/device.h>
#include <mote/space.h>
#include <mote/system.h>
#include "support/board_fixture.h"

#define CPUSS  0x40200000u
#define IPC    0x40220000u
#define FLASHC 0x40240000u
#define SRSS   0x40260000u
#define BACKUP 0x40270000u
#define PERI   0x40000000u
#define PORT13 0x40310680u
#define SCB5   0x40650000u
#define TCPWM0 0x40380000u
#define FLASH  0x10000000u
#define SRAM   0x08000000u
#define ENABLE (1u << 31)

static int setup(void **state)
{
    (void)state;
    return board_fixture("cy8cproto_062_4343w");
}

/* A peripheral clock by 8-bit divider 0. */
static void clock_peripheral(uint32_t number, uint32_t divisor)
{
    put(PERI + 0x1000, (divisor - 1) << 8);
    put(PERI + 0xC00 + 4 * number, 0);
    put(PERI + 0x400, ENABLE | 0x03FF0000u);
}

static void test_clock_tree(void **state)
{
    (void)state;
    assert_int_equal(input_hz("cpu0", 0), 8000000);
    put(SRSS + 0x600, 75 | 1u << 8 | 4u << 16 | ENABLE); /* 8 MHz * 75 / (1 * 4) */
    put(SRSS + 0x380, 1);
    assert_int_equal(input_hz("cpu0", 0), 8000000); /* the reference until it is locked */
    assert_int_equal(get(SRSS + 0x640), 0);
    pass_us(100);
    assert_int_equal(get(SRSS + 0x640), 1);
    assert_int_equal(input_hz("cpuss", 0), 150000000);
    put(CPUSS + 0x1008, 1u << 24); /* clk_peri, and clk_slow behind it, by two */
    assert_int_equal(input_hz("peri", 0), 75000000);
    assert_int_equal(input_hz("cpu0", 0), 75000000);
    clock_peripheral(5, 3);
    assert_int_equal(input_hz("uart5", 0), 25000000);
    put(PERI + 0x400, 1u << 30 | 0x03FF0000u);
    assert_int_equal(input_hz("uart5", 0), 0);
    put(PERI + 0x1800, 1u << 8 | 16u << 3); /* 16.5 bits: by 2.5 */
    put(PERI + 0xC14, 2u << 8);
    put(PERI + 0x400, ENABLE | 0x03FF0200u);
    assert_int_equal(input_hz("uart5", 0), 30000000);
}

static void test_fll_and_low_frequency(void **state)
{
    (void)state;
    put(SRSS + 0x58C, ENABLE | 0xFF); /* CCO */
    pass_us(30);
    assert_int_equal(get(SRSS + 0x590), 4);
    put(SRSS + 0x584, 2);
    put(SRSS + 0x580, ENABLE | 1u << 24 | 50); /* 8 MHz * 50 / 2 / 2 */
    pass_us(30);
    assert_int_equal(get(SRSS + 0x590), 5);
    assert_int_equal(input_hz("cpu0", 0), 100000000);
    assert_int_equal(input_hz("mcwdt0", 0), 32000);
    put(SRSS + 0x500, 1);
    assert_int_equal(input_hz("mcwdt0", 0), 0); /* WCO: not running yet */
    put(BACKUP, 1u << 3);
    pass_us(1000000);
    assert_int_equal(get(BACKUP + 0x10), 4);
    assert_int_equal(input_hz("mcwdt0", 0), 32768);
}

/* The first core enables the second; that one's clock then feeds the core. */
static void test_start_of_the_main_core(void **state)
{
    (void)state;
    uint64_t address = 0;
    assert_false(mote_take_core_start_request(sys, &address));
    assert_int_equal(get(CPUSS + 4), 0x13);
    put(CPUSS + 0x200, 0x10002000);
    put(CPUSS + 0x1200, 0x12340003); /* without the key */
    assert_false(mote_run_interrupted(sys));
    put(CPUSS + 0x1200, 0x05FA0003);
    assert_int_equal(get(CPUSS + 0x1200), 0xFA050003);
    assert_true(mote_run_interrupted(sys));
    assert_true(mote_take_core_start_request(sys, &address));
    assert_int_equal(address, 0x10002000);
    assert_false(mote_run_interrupted(sys));
    assert_int_equal(get(CPUSS + 4), 0x10);
    assert_int_equal(get(CPUSS + 0x1004), 3);
    put(CPUSS + 0x1008, 1u << 24);
    assert_int_equal(input_hz("cpu0", 0), 8000000);
    put(CPUSS + 8, 1u << 8);
    assert_int_equal(input_hz("cpu0", 0), 4000000);
    mote_system_reset(sys);
    assert_int_equal(get(CPUSS + 4), 0x13);
}

/* Code of both cores: the first writes the second's table and starts it; a reset begins anew. */
static void test_core_runs_both_programs(void **state)
{
    (void)state;
    static const uint16_t first[] = {0x4803, 0x4904, 0x6001, 0x4804,
                                     0x4904, 0x6001, 0xE7FE, 0x0000};
    static const uint32_t literals[] = {CPUSS + 0x200, FLASH + 0x2000, CPUSS + 0x1200, 0x05FA0003};
    static const uint16_t second[] = {0x2055, 0xE7FE}; /* movs r0, #0x55; b . */
    const uint32_t table[] = {SRAM + 0x1000, FLASH + 0x101},
                   main_table[] = {SRAM + 0x8000, FLASH + 0x2101};
    assert_true(mote_mem_load_image(sys, FLASH, table, sizeof table));
    assert_true(mote_mem_load_image(sys, FLASH + 0x100, first, sizeof first));
    assert_true(mote_mem_load_image(sys, FLASH + 0x110, literals, sizeof literals));
    assert_true(mote_mem_load_image(sys, FLASH + 0x2000, main_table, sizeof main_table));
    assert_true(mote_mem_load_image(sys, FLASH + 0x2100, second, sizeof second));
    mote_system_reset(sys);
    struct mote_core *core = mote_system_core(sys);
    uint64_t address = 0;
    for (uint32_t i = 0; i < 20 && !mote_run_interrupted(sys); i++)
        core->ops->step(core);
    assert_true(mote_take_core_start_request(sys, &address));
    core->ops->start_at(core, address);
    core->ops->step(core);
    core->ops->step(core);
    assert_int_equal(core->ops->read_register(core, 0), 0x55);
    assert_int_equal(core->ops->read_register(core, 13), SRAM + 0x8000);
    assert_int_equal(get(0xE000ED08), FLASH + 0x2000);
    mote_system_reset(sys);
    assert_int_equal(get(0xE000ED08), FLASH);
}

/* In Deep Sleep the fast clocks stop; the watchdog's interrupt brings them and the core back. */
static void test_deep_sleep(void **state)
{
    (void)state;
    static const uint16_t code[] = {0xB672, 0xBF30, 0x2001, 0xE7FE}; /* cpsid i; wfi; movs r0, #1 */
    const uint32_t table[] = {SRAM + 0x1000, FLASH + 0x101};
    assert_true(mote_mem_load_image(sys, FLASH, table, sizeof table));
    assert_true(mote_mem_load_image(sys, FLASH + 0x100, code, sizeof code));
    mote_system_reset(sys);
    struct mote_core *core = mote_system_core(sys);
    struct mote_device *srss = mote_system_find(sys, "srss");
    put(0xE000ED10, 4); /* SLEEPDEEP */
    put(0xE000E100, 1u << 22);
    put(SRSS + 0x180, 1u << 30);
    put(SRSS + 0x180, 2u << 30);
    put(SRSS + 0x188, 320);
    put(SRSS + 0x180, 1);
    put(SRSS + 0x708, 1);
    enum mote_core_state now = MOTE_CORE_RUNNING;
    for (uint32_t i = 0; i < 5 && now == MOTE_CORE_RUNNING; i++)
        now = core->ops->step(core);
    assert_int_equal(now, MOTE_CORE_SLEEPING);
    assert_int_equal(input_hz("cpu0", 0), 0);
    assert_string_equal(srss->cls->power_states[srss->power_state], "deepsleep_ldo_lp");
    pass_us(9000);
    assert_int_equal(core->ops->step(core), MOTE_CORE_SLEEPING);
    pass_us(2000);
    assert_int_equal(core->ops->step(core), MOTE_CORE_SLEEPING); /* woken, without a clock yet */
    pass_us(30);
    assert_int_equal(input_hz("cpu0", 0), 8000000);
    assert_int_equal(core->ops->step(core), MOTE_CORE_RUNNING);
    assert_int_equal(core->ops->read_register(core, 0), 1);
    assert_string_equal(srss->cls->power_states[srss->power_state], "run_ldo_lp");
}

static void test_ipc(void **state)
{
    (void)state;
    uint32_t channel = IPC + 0x20 * 5, interrupt = IPC + 0x1000 + 0x20 * 3;
    assert_true(get(channel) & ENABLE);
    assert_false(get(channel) & ENABLE); /* taken */
    assert_true(get(channel + 0x1C) & ENABLE);
    put(interrupt + 8, 1u << 21 | 1u << 5);
    put(channel + 8, 1u << 3); /* notify */
    assert_int_equal(get(interrupt + 0xC), 1u << 21);
    put(interrupt, 1u << 21);
    put(channel + 4, 1u << 3); /* release */
    assert_int_equal(get(interrupt + 0xC), 1u << 5);
    assert_false(get(channel + 0x1C) & ENABLE);
    /* System calls: a fuse byte through memory, the silicon id in the register. */
    channel = IPC + 0x20;
    assert_true(get(channel) & ENABLE);
    put(SRAM, 0x03000000);
    put(channel + 0xC, SRAM);
    put(channel + 8, 1);
    assert_int_equal(get(SRAM), 0xA0000000);
    assert_false(get(channel + 0x1C) & ENABLE);
    assert_true(get(channel) & ENABLE);
    put(channel + 0xC, 1);
    put(channel + 8, 1);
    assert_int_equal(get(channel + 0xC), 0xA0110102);
}

static void test_watchdog(void **state)
{
    (void)state;
    put(SRSS + 0x180, 1);
    assert_int_equal(get(SRSS + 0x180), 0xC0000000); /* locked */
    put(SRSS + 0x180, 1u << 30);
    put(SRSS + 0x180, 2u << 30);
    put(SRSS + 0x188, 320); /* every 65536 counts of 31.25 us, the first at 10 ms */
    put(SRSS + 0x180, 1);
    pass_us(9000);
    assert_int_equal(get(SRSS + 0x184), 288);
    assert_int_equal(get(SRSS + 0x700), 0);
    pass_us(2000);
    assert_int_equal(get(SRSS + 0x700), 1);
    put(SRSS + 0x700, 1); /* served */
    pass_us(2 * 2048000);
    assert_false(mote_reset_requested(sys));
    pass_us(2048000);
    assert_true(mote_take_reset_request(sys));
    mote_system_reset(sys);
    assert_int_equal(get(SRSS + 0x800), 1); /* RES_CAUSE */
}

static char sent[16];
static size_t sent_count;

static void sink(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)user, (void)dev;
    if (sent_count + 1 < sizeof sent)
        sent[sent_count++] = (char)byte;
}

static void test_uart(void **state)
{
    (void)state;
    struct mote_device *uart = mote_system_find(sys, "uart5");
    memset(sent, 0, sizeof sent);
    sent_count = 0;
    assert_true(mote_uart_add_sink(uart, sink, NULL));
    clock_peripheral(5, 1);
    put(SCB5 + 0x44, 1);                         /* one stop bit */
    put(SCB5 + 0x200, 7);                        /* eight data bits */
    put(SCB5, ENABLE | 2u << 24 | 1u << 11 | 7); /* oversampling 8: 1 MBd */
    put(SCB5 + 0xFC8, 1u << 2);                  /* RX not empty */
    put(SCB5 + 0x240, 'h');
    put(SCB5 + 0x240, 'i');
    assert_int_equal(get(SCB5 + 0x208) & 0x81FF, 0x8001);
    pass_us(9);
    assert_int_equal(sent_count, 0);
    pass_us(1);
    assert_int_equal(sent_count, 1);
    pass_us(10);
    assert_string_equal(sent, "hi");
    assert_true(get(SCB5 + 0xF80) & 1u << 9); /* done */
    assert_int_equal(get(SCB5 + 0x340), 0xFFFFFFFF);
    mote_uart_feed(uart, (const uint8_t *)"ok", 2);
    pass_us(25);
    assert_int_equal(get(SCB5 + 0x308) & 0x1FF, 2);
    assert_int_equal(mote_wire_output(uart, 0), 1);
    assert_int_equal(get(SCB5 + 0x344), 'o');
    assert_int_equal(get(SCB5 + 0x340), 'o');
    assert_int_equal(get(SCB5 + 0x340), 'k');
    put(SCB5 + 0xFC0, 1u << 2);
    assert_int_equal(mote_wire_output(uart, 0), 0);
}

static void test_counter(void **state)
{
    (void)state;
    struct mote_device *tcpwm = mote_system_find(sys, "tcpwm0");
    uint32_t counter = TCPWM0 + 0x100 + 0x40;
    clock_peripheral(16, 8); /* 1 MHz */
    put(counter, 1u << 8);   /* up, by two */
    put(counter + 0x14, 99); /* PERIOD */
    put(counter + 0xC, 10);  /* CC */
    put(counter + 0x38, 1);  /* terminal count */
    put(TCPWM0 + 8, 2);
    put(TCPWM0 + 0x10, 2); /* reload: starts at 0 */
    pass_us(19);
    assert_int_equal(get(counter + 8), 9);
    assert_int_equal(get(counter + 0x30), 0);
    pass_us(1);
    assert_int_equal(get(counter + 0x30), 2);
    pass_us(179);
    assert_int_equal(get(counter + 8), 99);
    assert_int_equal(mote_wire_output(tcpwm, 1), 0);
    pass_us(1);
    assert_int_equal(get(counter + 8), 0);
    assert_int_equal(mote_wire_output(tcpwm, 1), 1);
    put(counter + 0x30, 3);
    assert_int_equal(mote_wire_output(tcpwm, 1), 0);
    put(TCPWM0 + 0x14, 2); /* stop */
    pass_us(1000);
    assert_int_equal(get(counter + 8), 0);
    put(counter, 1u << 16 | 1u << 18); /* down, once */
    put(TCPWM0 + 0x10, 2);
    pass_us(40);
    assert_int_equal(get(counter + 8), 59);
    pass_us(100);
    assert_int_equal(get(counter + 4) & ENABLE, 0);
    assert_int_equal(get(counter + 0x30) & 1, 1);
}

static void test_pins(void **state)
{
    (void)state;
    struct mote_device *led = mote_system_find(sys, "gpio_prt13");
    struct mote_device *port = mote_system_find(sys, "gpio_prt0");
    put(PORT13 + 0x44, 6u << 28); /* strong */
    put(PORT13 + 8, 1u << 7);
    assert_int_equal(mote_wire_output(led, 7), 1);
    put(PORT13 + 0xC, 1u << 7);
    assert_int_equal(mote_wire_output(led, 7), 0);
    put(0x40310044, 10u << 8); /* P0.2: pull-up with the input buffer on */
    put(0x40310000, 1u << 2);
    put(0x40310018, 1u << 2);
    put(0x40310040, 2u << 4); /* falling edge */
    assert_int_equal(get(0x40310010), 1u << 2);
    mote_wire_drive(port, 2, 0);
    assert_int_equal(get(0x40310010), 0);
    assert_int_equal(get(0x4031001C), 1u << 2);
    put(0x40310014, 1u << 2);
    assert_int_equal(get(0x4031001C), 0);
}

static void test_low_power_counters(void **state)
{
    (void)state;
    uint32_t mcwdt = SRSS + 0x200;
    put(mcwdt + 0xC, 99 | 4u << 16);     /* every 100 counts of 31.25 us; every fifth of that */
    put(mcwdt + 0x10, 0x0C | 0x5u << 8); /* both cleared on match, 1 behind 0, it interrupts */
    put(mcwdt + 0x20, 2);
    put(mcwdt + 0x14, 0x0101);
    pass_us(3125 * 3 + 1000);
    assert_int_equal(get(mcwdt + 4), 3u << 16 | 32);
    pass_us(3125 + 2000);
    assert_int_equal(get(mcwdt + 0x24), 0);
    pass_us(126);
    assert_int_equal(get(mcwdt + 0x24), 2);
    assert_int_equal(mote_wire_output(mote_system_find(sys, "mcwdt0"), 0), 1);
    put(mcwdt + 0x18, 2);
    assert_int_equal(get(mcwdt + 0x24), 0);
    put(mcwdt + 0x28, 3u << 30);
    put(mcwdt + 0x14, 0); /* locked */
    assert_int_equal(get(mcwdt + 0x14), 0x0303);
    put(mcwdt + 0x28, 1u << 30);
    put(mcwdt + 0x28, 2u << 30);
    put(mcwdt + 0x14, 0x0808); /* stop and clear */
    assert_int_equal(get(mcwdt + 4), 0);
}

/* ---- reading the flash -------------------------------------------------------------------------
 */

static uint64_t cycles;

static uint32_t fetch(uint32_t offset, bool branch)
{
    struct mote_region *region = mote_region_by_name(sys, "flash0");
    return region->timing->fetch(region->owner, region, FLASH + offset, branch);
}

static uint32_t load(uint32_t offset)
{
    struct mote_region *region = mote_region_by_name(sys, "flash0");
    return region->timing->load(region->owner, region, FLASH + offset, 4);
}

static void prepare_flash(uint32_t wait_states, bool prefetch)
{
    put(FLASHC, wait_states);
    put(FLASHC + 0x480, ENABLE | (prefetch ? 1u << 30 : 0));
    put(FLASHC + 8, 1); /* invalidate */
    mote_system_core(sys)->cycles = &cycles;
    cycles += 1000;
}

static void test_flash_misses_and_hits(void **state)
{
    (void)state;
    prepare_flash(5, false);
    assert_int_equal(fetch(0x100, true), 7); /* wait states and 2 */
    cycles += 100;
    assert_int_equal(fetch(0x104, false), 0); /* the same row */
    assert_int_equal(fetch(0x110, false), 7);
    cycles += 100;
    assert_int_equal(fetch(0x100, false), 0);
    assert_int_equal(fetch(0x110, true), 0);
    assert_int_equal(load(0x100), 0); /* code and data share the cache */
    put(FLASHC, 2);
    assert_int_equal(load(0x200), 4);
    cycles += 100;
    put(FLASHC + 8, 1);
    assert_int_equal(load(0x100), 4);
}

static void test_flash_busy_and_prefetch(void **state)
{
    (void)state;
    prepare_flash(5, false);
    assert_int_equal(load(0x100), 7);
    cycles += 8; /* the flash is busy for ten cycles from the begin of a read */
    assert_int_equal(load(0x200), 2 + 7);
    prepare_flash(5, true);
    assert_int_equal(load(0x300), 7);
    cycles += 100;
    assert_int_equal(load(0x310), 2); /* from the buffer, and on */
    cycles += 100;
    assert_int_equal(load(0x320), 2);
    cycles += 5;
    assert_int_equal(load(0x330), 12 - 5 + 2); /* begun when the one before was taken */
    cycles += 100;
    assert_int_equal(load(0x400), 7); /* another stream loses the row ahead */
    cycles += 100;
    assert_int_equal(load(0x340), 7);
}

/* Four lines of 256 bytes at the same place of the cache fit, a fifth replaces the oldest. */
static void test_flash_cache_shape(void **state)
{
    (void)state;
    prepare_flash(5, false);
    for (uint32_t i = 0; i < 5; i++) {
        if (i == 4)
            assert_int_equal(load(0x1000), 0); /* used: line 1 is the oldest now */
        assert_int_equal(load(0x1000 + 0x800 * i), 7);
        cycles += 100;
    }
    assert_int_equal(load(0x1000), 0);
    assert_int_equal(load(0x2000), 0);
    assert_int_equal(load(0x1800), 7);
    cycles += 100;
    assert_int_equal(load(0x1810), 7); /* the line is there, this row of it is not */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clock_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fll_and_low_frequency, setup, teardown),
        cmocka_unit_test_setup_teardown(test_start_of_the_main_core, setup, teardown),
        cmocka_unit_test_setup_teardown(test_core_runs_both_programs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deep_sleep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ipc, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watchdog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counter, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_low_power_counters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flash_misses_and_hits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flash_busy_and_prefetch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flash_cache_shape, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
