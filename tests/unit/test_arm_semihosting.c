/* Semihosting: console, files inside one directory only, time, exit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "support/arm_bench.h"
#include <fcntl.h>
#include <mote/semihosting.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = RAM + 0x100, TEXT = RAM + 0x200, BUFFER = RAM + 0x400 };

static struct arm_bench *b;
static char directory[64], outside[80];

static int setup(void **state)
{
    (void)state;
    b = arm_bench_new("arm,cortex-m4f", NULL);
    snprintf(directory, sizeof directory, "/tmp/mote-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(outside, sizeof outside, "%s.outside", directory);
    ARM_CODE(b, CODE, T_BKPT(0xAB), T_B(-2));
    mote_semihosting_configure(b->sys, directory, "kws.elf --fast");
    arm_bench_reset(b);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arm_bench_free(b);
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s %s", directory, outside);
    return system(command);
}

/* One call as the firmware makes it. */
static uint32_t call(uint32_t number, uint32_t a0, uint32_t a1, uint32_t a2)
{
    const uint32_t block[] = {a0, a1, a2};
    assert_true(mote_mem_write(b->sys, BLOCK, block, sizeof block));
    b->cpu->pc = b->cpu->next_pc = CODE;
    b->cpu->r[0] = number;
    b->cpu->r[1] = BLOCK;
    arm_bench_steps(b, 1);
    return b->cpu->r[0];
}

static uint32_t open_name(const char *name, uint32_t mode)
{
    assert_true(mote_mem_write(b->sys, TEXT, name, strlen(name) + 1));
    return call(1, TEXT, mode, (uint32_t)strlen(name));
}

static void test_files(void **state)
{
    (void)state;
    uint32_t handle = open_name("out.bin", 5); /* wb */
    assert_in_range(handle, 1, 20);
    assert_true(mote_mem_write(b->sys, BUFFER, "0123456789", 10));
    assert_int_equal(call(5, handle, BUFFER, 10), 0);
    assert_int_equal(call(0x0C, handle, 0, 0), 10);
    assert_int_equal(call(2, handle, 0, 0), 0);
    assert_int_equal(call(2, handle, 0, 0), UINT32_MAX);
    handle = open_name("./out.bin", 1);
    assert_int_equal(call(0x0A, handle, 4, 0), 0);
    assert_int_equal(call(6, handle, BUFFER + 64, 100), 94);
    char text[8] = "";
    assert_true(mote_mem_read(b->sys, BUFFER + 64, text, 6));
    assert_string_equal(text, "456789");
    assert_int_equal(call(9, handle, 0, 0), 0);
    assert_int_equal(call(2, handle, 0, 0), 0);
    /* Rename and remove. */
    assert_true(mote_mem_write(b->sys, TEXT, "out.bin\0new.bin", 16));
    const uint32_t block[] = {TEXT, 7, TEXT + 8, 7};
    assert_true(mote_mem_write(b->sys, BLOCK, block, sizeof block));
    b->cpu->pc = b->cpu->next_pc = CODE;
    b->cpu->r[0] = 0x0F;
    b->cpu->r[1] = BLOCK;
    arm_bench_steps(b, 1);
    assert_int_equal(b->cpu->r[0], 0);
    assert_int_equal(open_name("out.bin", 0), UINT32_MAX);
    assert_int_equal(call(0x13, 0, 0, 0), 2); /* ENOENT */
    assert_true(mote_mem_write(b->sys, TEXT, "new.bin", 8));
    assert_int_equal(call(0x0E, TEXT, 7, 0), 0);
    assert_int_equal(open_name("new.bin", 0), UINT32_MAX);
}

static void test_paths_stay_inside(void **state)
{
    (void)state;
    char link[128], inner[128];
    FILE *secret = fopen(outside, "w");
    assert_non_null(secret);
    fclose(secret);
    snprintf(link, sizeof link, "%s/link", directory);
    assert_int_equal(symlink(outside, link), 0);
    snprintf(link, sizeof link, "%s/up", directory);
    assert_int_equal(symlink("/tmp", link), 0);
    snprintf(inner, sizeof inner, "%s/sub", directory);
    assert_int_equal(mkdir(inner, 0777), 0);
    char dotted[160];
    snprintf(dotted, sizeof dotted, "../%s", strrchr(outside, '/') + 1);
    assert_int_equal(open_name(dotted, 0), UINT32_MAX);
    assert_int_equal(open_name("sub/../../etc/passwd", 0), UINT32_MAX);
    assert_int_equal(open_name("/etc/passwd", 0), UINT32_MAX);
    assert_int_equal(open_name(outside, 4), UINT32_MAX);
    assert_int_equal(open_name("link", 0), UINT32_MAX);
    assert_int_equal(open_name("link", 4), UINT32_MAX);
    assert_int_equal(open_name("up/x", 4), UINT32_MAX);
    assert_int_equal(open_name("..", 0), UINT32_MAX);
    assert_int_equal(open_name("", 0), UINT32_MAX);
    assert_int_equal(open_name("sub", 0), UINT32_MAX); /* a directory is no file */
    assert_in_range(open_name("sub/fine", 4), 1, 20);
    /* Without a directory nothing opens. */
    mote_semihosting_configure(b->sys, NULL, NULL);
    assert_int_equal(open_name("fine", 4), UINT32_MAX);
}

static void test_console(void **state)
{
    (void)state;
    uint32_t out = open_name(":tt", 4), in = open_name(":tt", 0);
    assert_int_equal(call(9, out, 0, 0), 1);
    assert_true(mote_mem_write(b->sys, BUFFER, "hello\n", 7));
    assert_int_equal(call(5, out, BUFFER, 6), 0);
    assert_int_equal(call(5, in, BUFFER, 6), 6);
    assert_int_equal(call(6, in, BUFFER, 6), 6); /* nothing to read: end of file */
    b->cpu->pc = b->cpu->next_pc = CODE;
    b->cpu->r[0] = 4;
    b->cpu->r[1] = BUFFER;
    arm_bench_steps(b, 1);
    b->cpu->pc = b->cpu->next_pc = CODE;
    b->cpu->r[0] = 3;
    b->cpu->r[1] = BUFFER;
    arm_bench_steps(b, 1);
    assert_string_equal(b->text, "hello\nhello\nh");
    assert_int_equal(call(7, 0, 0, 0), UINT32_MAX);
}

static void test_time_and_command_line(void **state)
{
    (void)state;
    b->cpu->cycles += 3ull * ARM_BENCH_HZ + ARM_BENCH_HZ / 2;
    assert_int_equal(call(0x10, 0, 0, 0), 350);
    assert_int_equal(call(0x11, 0, 0, 0), 3);
    assert_int_equal(call(0x31, 0, 0, 0), 1000000000u);
    assert_int_equal(call(0x30, 0, 0, 0), 0);
    uint32_t elapsed[2];
    assert_true(mote_mem_read(b->sys, BLOCK, elapsed, 8));
    assert_in_range(elapsed[0] | (uint64_t)elapsed[1] << 32, 3500000000u, 3500010000u);
    assert_int_equal(call(0x15, BUFFER, 64, 0), 0);
    char text[32] = "";
    assert_true(mote_mem_read(b->sys, BUFFER, text, 15));
    assert_string_equal(text, "kws.elf --fast");
    assert_int_equal(arm_bench_word(b, BLOCK + 4), 14);
    assert_int_equal(call(0x15, BUFFER, 10, 0), UINT32_MAX);
    assert_int_equal(call(0x12, TEXT, 2, 0), UINT32_MAX); /* SYS_SYSTEM */
}

static void test_features_and_exit(void **state)
{
    (void)state;
    uint32_t handle = open_name(":semihosting-features", 0);
    assert_int_equal(call(6, handle, BUFFER, 5), 0);
    assert_int_equal(arm_bench_word(b, BUFFER), 0x42464853u); /* "SHFB" */
    call(0x20, 0x20026, 42, 0);
    assert_int_equal(mote_stop_requested(b->sys), MOTE_STOP_EXIT);
    assert_int_equal(mote_stop_exit_code(b->sys), 42);
    mote_clear_stop(b->sys);
    b->cpu->pc = b->cpu->next_pc = CODE;
    b->cpu->r[0] = 0x18;
    b->cpu->r[1] = 0x20026;
    arm_bench_steps(b, 1);
    assert_int_equal(mote_stop_exit_code(b->sys), 0);
    mote_clear_stop(b->sys);
    call(0x20, 0x20023, 0, 0);
    assert_int_equal(mote_stop_exit_code(b->sys), 1);
}

static void test_other_breakpoints_are_debug_events(void **state)
{
    (void)state;
    ARM_CODE(b, CODE, T_BKPT(1));
    arm_bench_reset(b);
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 3);
    assert_int_equal(bench_read32(b->bench, 0xE000ED2C), ARM_HFSR_DEBUGEVT);
    arm_bench_reset(b);
    bench_write32(b->bench, 0xE000EDFC, 1u << 16); /* DebugMonitor */
    arm_bench_until(b, HANDLER);
    assert_int_equal(b->cpu->exception, 12);
    assert_int_equal(arm_bench_word(b, RAM_TOP - 8), CODE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files),
        TEST(test_paths_stay_inside),
        TEST(test_console),
        TEST(test_time_and_command_line),
        TEST(test_features_and_exit),
        TEST(test_other_breakpoints_are_debug_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
