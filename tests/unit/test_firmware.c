/* Firmware files: what is loaded, and that every malformed file is refused with a usable text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <mote/core.h>
#include <mote/firmware.h>
#include <mote/symbols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support/bench.h"

#define CORPUS MOTE_SOURCE_DIR "/tests/fuzz/corpus/"

struct fixture {
    struct bench *bench;
    struct mote_system *sys;
    struct mote_firmware firmware;
    struct mote_err err;
};

static void open_fixture(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->bench = bench_new();
    f->sys = bench_system(f->bench);
    assert_non_null(
        mote_region_add(f->sys, "flash0", 0x08000000, 65536, false, true, 0xFF, NULL, &f->err));
}

static size_t read_file(const char *path, uint8_t *data, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t bytes = fread(data, 1, room, file);
    fclose(file);
    return bytes;
}

static bool load(struct fixture *f, const void *data, size_t bytes)
{
    struct mote_firmware_options options = {.elf_machine = 40, .bin_address = 0x08000000};
    return mote_firmware_load_bytes(f->sys, data, bytes, "fw", &options, &f->firmware, &f->err);
}

static void refused(const void *data, size_t bytes, const char *says)
{
    struct fixture f;
    open_fixture(&f);
    assert_false(load(&f, data, bytes));
    if (strstr(f.err.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", f.err.text, says);
    assert_non_null(strstr(f.err.text, "fw:"));
    assert_int_equal(bench_read32(f.bench, 0x08000000), 0xFFFFFFFF); /* nothing was loaded */
    bench_free(f.bench);
}

static void each_format_loads_the_same_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum mote_firmware_kind kind;
        uint64_t entry;
    } cases[] = {{CORPUS "fuzz_elf/small", MOTE_FIRMWARE_ELF, 0x08000021},
                 {CORPUS "fuzz_hex/small", MOTE_FIRMWARE_HEX, 0x08000021},
                 {CORPUS "fuzz_uf2/small", MOTE_FIRMWARE_UF2, 0},
                 {CORPUS "fuzz_bin/small", MOTE_FIRMWARE_BIN, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        open_fixture(&f);
        struct mote_firmware_options options = {.elf_machine = 40, .bin_address = 0x08000000};
        if (!mote_firmware_load(f.sys, cases[i].path, &options, &f.firmware, &f.err))
            fail_msg("%s", f.err.text);
        assert_int_equal(f.firmware.kind, cases[i].kind);
        assert_int_equal(f.firmware.entry, cases[i].entry);
        assert_int_equal(f.firmware.low, 0x08000000);
        assert_int_equal(bench_read32(f.bench, 0x08000004), 0x08000021);
        assert_int_equal(bench_read32(f.bench, 0x08000020), 0xE7FEE7FE);
        bench_free(f.bench);
    }
}

static void elf_of_another_width_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    struct mote_firmware_options options = {.elf_machine = 40, .elf_bits = 64};
    assert_false(mote_firmware_load(f.sys, CORPUS "fuzz_elf/small", &options, &f.firmware, &f.err));
    assert_non_null(strstr(f.err.text, "for a core of 32 bits, the board's has 64"));
    bench_free(f.bench);
}

static void malformed_elf_is_refused(void **state)
{
    (void)state;
    uint8_t elf[4096];
    size_t bytes = read_file(CORPUS "fuzz_elf/small", elf, sizeof elf);
    refused(elf, 100, "truncated");
    refused(elf, 20, "damaged");
    elf[18] = 62;
    refused(elf, bytes, "for x86-64");
    elf[18] = 40;
    elf[16] = 1;
    refused(elf, bytes, "not linked");
    elf[16] = 2;
    elf[52 + 12 + 3] = 0x30; /* p_paddr */
    refused(elf, bytes, "do not fit the board's memory (flash0");
}

/* ---- build attributes --------------------------------------------------------------------------
 */

static struct mote_build_attribute seen[8];
static char seen_text[32];
static size_t seen_count;

static bool note_build(const struct mote_core *core, const struct mote_build_attribute *attributes,
                       size_t count, char *text, size_t bytes)
{
    (void)core;
    seen_count = count;
    for (size_t i = 0; i < count && i < 8; i++) {
        seen[i] = attributes[i];
        if (attributes[i].text != NULL)
            snprintf(seen_text, sizeof seen_text, "%s", attributes[i].text);
    }
    snprintf(text, bytes, "built for another");
    return false;
}

/* Loads the small ELF with a section of attributes behind it. */
static void load_attributes(struct fixture *f, uint16_t machine, const void *attributes,
                            size_t bytes)
{
    static uint8_t elf[4096];
    size_t end = read_file(CORPUS "fuzz_elf/small", elf, sizeof elf / 2);
    const uint32_t header[] = {0x70000003, 0, 0, (uint32_t)end, (uint32_t)bytes};
    const struct mote_core_ops ops = {.elf_machine = machine, .accepts_build = note_build};
    const struct mote_core core = {.ops = &ops};
    const struct mote_firmware_options options = {.elf_machine = machine, .core = &core};
    uint8_t *section = elf + 204 + 5 * 40; /* the last of six */
    memcpy(section + 4, header, sizeof header);
    memcpy(elf + end, attributes, bytes);
    elf[18] = (uint8_t)machine;
    seen_count = 0;
    open_fixture(f);
    if (!mote_firmware_load_bytes(f->sys, elf, end + bytes, "fw", &options, &f->firmware, &f->err))
        fail_msg("%s", f->err.text);
    bench_free(f->bench);
}

#define ATTRIBUTES(f, machine, text) load_attributes((f), (machine), (text), sizeof(text) - 1)

static void build_attributes_reach_the_core(void **state)
{
    (void)state;
    struct fixture f;
    /* Arm: a text (CPU name), numbers, compatibility (both), a number of two bytes (MVE). */
    ATTRIBUTES(&f, 40,
               "A\x26\0\0\0"
               "aeabi\0"
               "\x01\x1c\0\0\0"
               "\x05"
               "7E-M\0"
               "\x06\x0d\x07M"
               "\x20\x01"
               "gnu\0"
               "\x30\x81\x01"
               "\x0a\x06\x1b\x01");
    assert_int_equal(seen_count, 7);
    assert_string_equal(seen_text, "7E-M");
    assert_int_equal(seen[1].tag, 6);
    assert_int_equal(seen[1].number, 13);
    assert_int_equal(seen[4].tag, 48);
    assert_int_equal(seen[4].number, 129);
    assert_int_equal(seen[6].number, 1);
    assert_string_equal(f.firmware.doubt, "built for another");
    /* RISC-V: odd tags are texts, another vendor's part is passed over. */
    ATTRIBUTES(&f, 243,
               "A\x0b\0\0\0"
               "other\0\x01"
               "\x1b\0\0\0"
               "riscv\0"
               "\x01\x11\0\0\0"
               "\x04\x10"
               "\x05"
               "rv32i2p1\0");
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen[0].number, 16);
    assert_string_equal(seen_text, "rv32i2p1");
}

static void damaged_build_attributes_are_no_error(void **state)
{
    (void)state;
    struct fixture f;
    ATTRIBUTES(&f, 40, "");
    ATTRIBUTES(&f, 40, "B");
    ATTRIBUTES(&f, 40,
               "A\xff\xff\xff\xff"
               "aeabi\0");
    ATTRIBUTES(&f, 40,
               "A\x03\0\0\0"
               "aeabi\0");
    ATTRIBUTES(&f, 40,
               "A\x0f\0\0\0"
               "aeabi\0"
               "\x01\x02\0\0\0");
    assert_int_equal(seen_count, 0);
    ATTRIBUTES(&f, 40,
               "A\x13\0\0\0"
               "aeabi\0"
               "\x01\x09\0\0\0"
               "\x06\x0d\x05"
               "7");
    assert_int_equal(seen_count, 1); /* the text has no end */
    ATTRIBUTES(&f, 40,
               "A\x14\0\0\0"
               "aeabi\0"
               "\x01\x0a\0\0\0"
               "\x06\xff\xff\xff\xff");
    assert_int_equal(seen_count, 0);
}

static void malformed_hex_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {":0400000001020304F1\n:00000001FF\n", "line 1: bad checksum"},
        {":020000040800F2\n:04000000010203\n", "line 2: the record's length"},
        {":020000040800F2\n\n:0400000001020304F2\n", "no end record"},
        {":0400000901020304E9\n:00000001FF\n", "unknown record type 9"},
        {":020000040800F2\n:04zz000001020304F2\n", "no hexadecimal digit"},
        {":020000040800F2\n0400000001020304F2\n", "begins with a colon"},
        {":020000042000DA\n:0400000001020304F2\n:00000001FF\n", "do not fit"},
        {":03000004080000F1\n:00000001FF\n", "has 2 data bytes"},
        {":020000040800F2\n:00000001FF\n", "no data to load"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].text, strlen(cases[i].text), cases[i].says);
}

static void malformed_uf2_is_refused(void **state)
{
    (void)state;
    uint8_t uf2[1024];
    assert_int_equal(read_file(CORPUS "fuzz_uf2/small", uf2, sizeof uf2), 1024);
    refused(uf2, 1000, "512-byte blocks");
    refused(uf2, 512, "blocks are missing");
    uf2[1023] ^= 1;
    refused(uf2, 1024, "block 1: wrong magic");
    uf2[1023] ^= 1;
    uf2[512 + 20] = 0;
    refused(uf2, 1024, "appears twice");
    uf2[512 + 20] = 1;
    uf2[16 + 1] = 2;
    refused(uf2, 1024, "payload of 512");
}

static void malformed_bin_is_refused(void **state)
{
    (void)state;
    static uint8_t big[65537];
    refused("abc", 3, "too short");
    refused(big, sizeof big, "do not fit");
    struct fixture f;
    open_fixture(&f);
    struct mote_firmware_options options = {0};
    assert_false(mote_firmware_load(f.sys, "/nowhere/fw.elf", &options, &f.firmware, &f.err));
    assert_non_null(strstr(f.err.text, "/nowhere/fw.elf: cannot open"));
    assert_false(mote_firmware_load(f.sys, "/", &options, &f.firmware, &f.err));
    bench_free(f.bench);
}

static void symbols_name_functions_and_markers(void **state)
{
    (void)state;
    struct mote_err err;
    char text[64];
    struct mote_symbols *symbols = mote_symbols_read(CORPUS "fuzz_symbols/small", &err);
    assert_non_null(symbols);
    assert_int_equal(mote_symbols_count(symbols), 1);
    assert_string_equal(mote_symbols_describe(symbols, 0x08000022, text, sizeof text), "reset+0x2");
    assert_string_equal(mote_symbols_describe(symbols, 0x08000024, text, sizeof text), "0x8000024");
    assert_string_equal(mote_symbols_marker(symbols, 3), "infer");
    assert_null(mote_symbols_marker(symbols, 4));
    mote_symbols_free(symbols);
    symbols = mote_symbols_read(CORPUS "fuzz_hex/small", &err);
    assert_non_null(symbols);
    assert_int_equal(mote_symbols_count(symbols), 0);
    mote_symbols_free(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_loads_the_same_bytes),
        cmocka_unit_test(elf_of_another_width_is_refused),
        cmocka_unit_test(malformed_elf_is_refused),
        cmocka_unit_test(build_attributes_reach_the_core),
        cmocka_unit_test(damaged_build_attributes_are_no_error),
        cmocka_unit_test(malformed_hex_is_refused),
        cmocka_unit_test(malformed_uf2_is_refused),
        cmocka_unit_test(malformed_bin_is_refused),
        cmocka_unit_test(symbols_name_functions_and_markers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
