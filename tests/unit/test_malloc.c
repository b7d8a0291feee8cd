/* Out of memory: loaders, boards and whole machines with the n-th allocation of our own failing,
 * for every n (large boards: a sample of them). Each ends in success or in an error with a text.
 * The linker redirects the allocators' names (--wrap); libraries keep theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mote/board.h>
#include <mote/firmware.h>
#include <mote/machine.h>
#include <mote/space.h>
#include <mote/symbols.h>
#include <mote/system.h>

#define CORPUS MOTE_SOURCE_DIR "/tests/fuzz/corpus/"

static size_t countdown; /* 0: never fail */
static bool failed;

static bool fail_now(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    return failed = true;
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t bytes)
{
    return fail_now() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fail_now() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return fail_now() ? NULL : __real_realloc(old, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return fail_now() ? NULL : __real_aligned_alloc(alignment, bytes);
}

char *__wrap_strdup(const char *text)
{
    return fail_now() ? NULL : __real_strdup(text);
}

/* Runs `load` with the first, (1 + step)-th, ... allocation failing, until none did. */
static void sweep(bool (*load)(const char *name, struct mote_err *err), const char *name,
                  size_t step)
{
    size_t n = 1;
    do {
        struct mote_err err = {""};
        failed = false;
        countdown = n;
        bool ok = load(name, &err);
        countdown = 0;
        if (!ok && err.text[0] == '\0')
            fail_msg("%s: no text when allocation %zu fails", name, n);
        if (!ok && !failed)
            fail_msg("%s: %s", name, err.text);
        n += step;
    } while (failed);
    assert_true(n > 1);
    print_message("%s: about %zu allocations\n", name, n - step);
}

static struct mote_system *system_with_memory(struct mote_err *err)
{
    struct mote_system *sys = mote_system_new();
    if (sys == NULL)
        mote_err_set(err, "out of memory");
    else if (mote_region_add(sys, "flash", 0x08000000, 0x10000, false, true, 0xFF, NULL, err))
        return sys;
    mote_system_free(sys);
    return NULL;
}

static bool load_firmware(const char *name, struct mote_err *err)
{
    char path[512];
    struct mote_firmware firmware;
    struct mote_firmware_options options = {.bin_address = 0x08000000};
    struct mote_system *sys = system_with_memory(err);
    if (sys == NULL)
        return false;
    snprintf(path, sizeof path, CORPUS "fuzz_%s/small", name);
    bool ok = mote_firmware_load(sys, path, &options, &firmware, err);
    mote_system_free(sys);
    return ok;
}

static bool load_symbols(const char *name, struct mote_err *err)
{
    char path[512];
    snprintf(path, sizeof path, CORPUS "fuzz_%s/small", name);
    struct mote_symbols *symbols = mote_symbols_read(path, err);
    mote_symbols_free(symbols);
    return symbols != NULL;
}

static void test_firmware(void **state)
{
    (void)state;
    static const char *const kinds[] = {"elf", "hex", "uf2", "bin"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        sweep(load_firmware, kinds[i], 1);
    sweep(load_symbols, "symbols", 1);
}

static bool load_board(const char *name, struct mote_err *err)
{
    struct mote_board board = {0};
    struct mote_system *sys = mote_system_new();
    bool ok =
        sys != NULL ? mote_board_load(sys, name, &board, err) : mote_err_set(err, "out of memory");
    if (ok)
        mote_system_reset(sys);
    mote_system_free(sys);
    mote_board_free(&board);
    return ok;
}

static bool load_blob(const char *name, struct mote_err *err)
{
    static uint8_t blob[65536];
    char path[512];
    snprintf(path, sizeof path, CORPUS "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t bytes = fread(blob, 1, sizeof blob, file);
    fclose(file);
    struct mote_board board = {0};
    struct mote_system *sys = mote_system_new();
    bool ok = sys != NULL ? mote_board_load_blob(sys, blob, bytes, name, &board, err)
                          : mote_err_set(err, "out of memory");
    mote_system_free(sys);
    mote_board_free(&board);
    return ok;
}

static void test_boards(void **state)
{
    (void)state;
    sweep(load_blob, "fuzz_dtb/small", 1);
    for (size_t i = 0; mote_board_name(i) != NULL; i++)
        sweep(load_board, mote_board_name(i), 13);
}

static bool load_machine(const char *name, struct mote_err *err)
{
    static const char *const uarts[] = {"lpuart1=null"};
    struct mote_machine_options options = {
        .firmware = CORPUS "fuzz_elf/small",
        .board = name,
        .time_limit_ps = 1000000,
        .until = "never printed",
        .uart_count = 1,
    };
    memcpy(options.uarts, uarts, sizeof uarts);
    struct mote_machine *machine = mote_machine_new(&options, err);
    mote_machine_free(machine);
    return machine != NULL;
}

static void test_machine(void **state)
{
    (void)state;
    sweep(load_machine, "nucleo_l4r5zi", 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_firmware),
        cmocka_unit_test(test_boards),
        cmocka_unit_test(test_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
