/* nRF52 NVMC: programming rules and times, instruction cache, wait states, stalls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bench.h"
#include <string.h>

#define BASE 0x4001e000u

#define READY      (BASE + 0x400)
#define READYNEXT  (BASE + 0x408)
#define CONFIG     (BASE + 0x504)
#define ERASEPAGE  (BASE + 0x508)
#define ERASEALL   (BASE + 0x50c)
#define ERASEUICR  (BASE + 0x514)
#define PARTIAL    (BASE + 0x518)
#define PARTIALCFG (BASE + 0x51c)
#define ICACHECNF  (BASE + 0x540)
#define IHIT       (BASE + 0x548)
#define IMISS      (BASE + 0x54c)

#define UICR       0x10001000u
#define FLASH_SIZE 0x4000u
#define US         UINT64_C(1000000)

struct fixture {
    struct bench *b;
    struct mote_device *nvmc;
    struct mote_region *flash, *uicr;
};

struct number {
    const char *name;
    uint32_t value;
};
static const struct number numbers[] = {
    {"mote,write-ns", 41000},    {"mote,erase-page-us", 85000}, {"mote,erase-all-us", 169000},
    {"mote,page-bytes", 4096},   {"mote,wait-cycles", 2},       {"mote,miss-cycles", 3},
    {"mote,icache-bytes", 2048}, {"mote,line-bytes", 16},       {"mote,icache-ways", 2},
};

static const void *get_prop(const void *node, const char *name, size_t *bytes)
{
    static uint8_t cell[4];
    (void)node;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(numbers[i].name, name) != 0)
            continue;
        for (uint32_t k = 0; k < 4; k++)
            cell[k] = (uint8_t)(numbers[i].value >> (24 - 8 * k));
        *bytes = sizeof cell;
        return cell;
    }
    return NULL;
}

static const struct mote_prop_source prop_source = {get_prop};

/* As the board loader does it: the controller, then its memory, then attaching. */
static struct fixture make(void)
{
    struct fixture f = {.b = bench_new()};
    struct mote_err err;
    struct mote_system *sys = bench_system(f.b);
    struct mote_clock *clock = bench_clock(f.b, 64000000);
    const struct mote_device_spec spec = {.cls = mote_class_by_name("nrf_nvmc"),
                                          .name = "flash_controller",
                                          .base = BASE,
                                          .props = &prop_source};
    f.nvmc = mote_device_new(sys, &spec, &err);
    assert_non_null(f.nvmc);
    f.flash = mote_region_add(sys, "flash0", 0, FLASH_SIZE, false, true, 0xff, NULL, &err);
    f.uicr = mote_region_add(sys, "uicr", UICR, 0x1000, false, true, 0xff, NULL, &err);
    assert_true(f.flash != NULL && f.uicr != NULL);
    f.flash->owner = f.uicr->owner = f.nvmc;
    assert_true(mote_clock_connect(f.nvmc, clock));
    assert_true(mote_device_attach(f.nvmc, &err));
    mote_device_reset(f.nvmc);
    return f;
}

static uint32_t fetch(const struct fixture *f, uint32_t address)
{
    return f->flash->timing->fetch(f->nvmc, f->flash, address, false);
}

static uint32_t load(const struct fixture *f, uint32_t address)
{
    return f->flash->timing->load(f->nvmc, f->flash, address, 4);
}

static bool store(const struct fixture *f, uint32_t address, uint32_t bytes, uint32_t value)
{
    return mote_bus_store(bench_system(f->b), address, bytes, value);
}

static void words_only_clear_bits_and_take_time(void **state)
{
    (void)state;
    struct fixture f = make();
    assert_false(store(&f, 0x100, 4, 0x1234)); /* WEN is off */
    bench_write32(f.b, CONFIG, 1);
    assert_false(store(&f, 0x100, 2, 0x1234)); /* halfwords fault */
    assert_true(store(&f, 0x100, 4, 0xffff1234));
    assert_int_equal(bench_read32(f.b, READY), 0);
    assert_int_equal(bench_read32(f.b, READYNEXT), 1);
    bench_run_ps(f.b, 41 * US - 1);
    assert_int_equal(bench_read32(f.b, READY), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, READY), 1);
    assert_true(store(&f, 0x100, 4, 0x0ff0ff00));
    assert_int_equal(bench_read32(f.b, 0x100), 0x0ff01200);
    bench_free(f.b);
}

static void erase_needs_een_and_a_page(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, CONFIG, 1);
    assert_true(store(&f, 0x1000, 4, 0));
    assert_true(store(&f, 0x2000, 4, 0));
    bench_run_ps(f.b, 100 * US);
    bench_write32(f.b, ERASEPAGE, 0x1000); /* writing is enabled, not erasing */
    assert_int_equal(bench_read32(f.b, 0x1000), 0);
    bench_write32(f.b, CONFIG, 2);
    bench_write32(f.b, ERASEPAGE, 0x1004);
    assert_int_equal(bench_read32(f.b, 0x1000), 0);
    bench_write32(f.b, ERASEPAGE, 0x1000);
    assert_int_equal(bench_read32(f.b, 0x1000), UINT32_MAX);
    assert_int_equal(bench_read32(f.b, 0x2000), 0);
    bench_run_ps(f.b, 85000 * US - 1);
    assert_int_equal(bench_read32(f.b, READY), 0);
    bench_run_ps(f.b, 1);
    assert_int_equal(bench_read32(f.b, READY), 1);
    bench_free(f.b);
}

static void partial_erases_add_up(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, CONFIG, 1);
    assert_true(store(&f, 0x1000, 4, 0));
    bench_write32(f.b, CONFIG, 2);
    bench_write32(f.b, PARTIALCFG, 20);
    for (int i = 0; i < 4; i++) {
        bench_write32(f.b, PARTIAL, 0x1000);
        bench_run_ps(f.b, 20000 * US);
        assert_int_equal(bench_read32(f.b, 0x1000), 0);
    }
    bench_write32(f.b, PARTIAL, 0x1000);
    assert_int_equal(bench_read32(f.b, 0x1000), UINT32_MAX);
    bench_free(f.b);
}

static void uicr_is_programmed_the_same_way(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, CONFIG, 1);
    assert_true(store(&f, UICR + 0x200, 4, 18));
    assert_int_equal(bench_read32(f.b, UICR + 0x200), 18);
    bench_write32(f.b, CONFIG, 2);
    bench_write32(f.b, ERASEUICR, 1);
    assert_int_equal(bench_read32(f.b, UICR + 0x200), UINT32_MAX);
    bench_free(f.b);
}

static void without_cache_each_new_line_waits(void **state)
{
    (void)state;
    struct fixture f = make();
    assert_int_equal(f.flash->fetch_line_bytes, 16);
    assert_int_equal(fetch(&f, 0x100), 2);
    assert_int_equal(fetch(&f, 0x108), 0); /* the same line, still in the read buffer */
    assert_int_equal(fetch(&f, 0x110), 2);
    assert_int_equal(load(&f, 0x114), 0);
    assert_int_equal(load(&f, 0x200), 2);
    assert_int_equal(fetch(&f, 0x110), 2); /* the load took the buffer */
    assert_int_equal(bench_read32(f.b, IMISS), 0);
    bench_free(f.b);
}

/* 2 KiB in two ways of 16-byte lines: 64 sets, so addresses 1 KiB apart share a set. */
static void the_cache_keeps_two_lines_of_a_set(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, ICACHECNF, 0x101);
    assert_int_equal(fetch(&f, 0x000), 3);
    assert_int_equal(fetch(&f, 0x400), 3);
    assert_int_equal(fetch(&f, 0x000), 0);
    assert_int_equal(fetch(&f, 0x400), 0);
    assert_int_equal(fetch(&f, 0x800), 3); /* replaces 0x000, the least recently used */
    assert_int_equal(fetch(&f, 0x400), 0);
    assert_int_equal(fetch(&f, 0x000), 3);
    assert_int_equal(bench_read32(f.b, IHIT), 3);
    assert_int_equal(bench_read32(f.b, IMISS), 4);
    bench_write32(f.b, ICACHECNF, 0);
    bench_write32(f.b, ICACHECNF, 1);
    assert_int_equal(fetch(&f, 0x400), 3); /* switching it off forgot everything */
    assert_int_equal(bench_read32(f.b, IMISS), 4);
    bench_free(f.b);
}

static void a_loop_of_the_cache_size_never_misses_again(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, ICACHECNF, 1);
    for (int round = 0; round < 3; round++)
        for (uint32_t at = 0; at < 2048; at += 16)
            assert_int_equal(fetch(&f, at), round == 0 ? 3 : 0);
    bench_free(f.b);
}

/* The core waits once, for what is left of the operation. */
static void the_core_stalls_while_flash_is_busy(void **state)
{
    (void)state;
    struct fixture f = make();
    bench_write32(f.b, CONFIG, 1);
    assert_true(store(&f, 0x100, 4, 0));
    bench_run_ps(f.b, 31 * US);
    assert_int_equal(fetch(&f, 0x200), 10 * 64 + 1 + 2);
    assert_int_equal(fetch(&f, 0x300), 2);
    bench_free(f.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_only_clear_bits_and_take_time),
        cmocka_unit_test(erase_needs_een_and_a_page),
        cmocka_unit_test(partial_erases_add_up),
        cmocka_unit_test(uicr_is_programmed_the_same_way),
        cmocka_unit_test(without_cache_each_new_line_waits),
        cmocka_unit_test(the_cache_keeps_two_lines_of_a_set),
        cmocka_unit_test(a_loop_of_the_cache_size_never_misses_again),
        cmocka_unit_test(the_core_stalls_while_flash_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
