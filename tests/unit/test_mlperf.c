/* The benchmark's host: what it makes of a device's lines, whole or broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mote/mlperf.h>

static struct mote_mlperf_line line;

/* Feeds text; gives how many lines it had. */
static int feed(const char *text, size_t bytes)
{
    int lines = 0;
    for (size_t i = 0; i < bytes; i++)
        lines += mote_mlperf_line_feed(&line, (uint8_t)text[i]);
    return lines;
}

static void lines_drop_line_ends_and_empty_lines(void **state)
{
    (void)state;
    static const char text[] = "\r\n\0m-re\0ady\r\n\n";
    assert_int_equal(feed(text, sizeof text - 1), 1);
    assert_string_equal(line.text, "m-ready");
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * MOTE_MLPERF_LINE_BYTES; i++)
        assert_false(mote_mlperf_line_feed(&line, 'x'));
    assert_true(mote_mlperf_line_feed(&line, '\n'));
    assert_int_equal(strlen(line.text), MOTE_MLPERF_LINE_BYTES - 1);
    assert_int_equal(feed("a\n", 2), 1);
    assert_string_equal(line.text, "a");
}

static void check(const char *text, enum mote_mlperf_kind kind, uint64_t number, const char *value)
{
    struct mote_mlperf_item item = mote_mlperf_parse(text);
    assert_int_equal(item.kind, kind);
    if (number != 0)
        assert_int_equal(item.number, number);
    if (value != NULL) {
        assert_int_equal(item.text_bytes, strlen(value));
        assert_memory_equal(item.text, value, item.text_bytes);
    }
}

static void lines_are_recognised(void **state)
{
    (void)state;
    check("m-ready", MOTE_MLPERF_READY, 0, NULL);
    check("[dut]: m-ready", MOTE_MLPERF_READY, 0, NULL);
    check("m-lap-us-360392", MOTE_MLPERF_LAP, 360392, NULL);
    check("m-lap-us-", MOTE_MLPERF_OTHER, 0, NULL);
    check("m-lap-us--3", MOTE_MLPERF_OTHER, 0, NULL);
    check("m-lap-us-99999999999999999999999", MOTE_MLPERF_OTHER, 0, NULL);
    check("m-name-dut-[STMicroelectronics]", MOTE_MLPERF_NAME, 0, "STMicroelectronics");
    check("m-model-[kws01]", MOTE_MLPERF_MODEL, 0, "kws01");
    check("m-model-[kws01", MOTE_MLPERF_MODEL, 0, "kws01");
    check("m-[Expecting 490 bytes]", MOTE_MLPERF_EXPECTING, 490, NULL);
    check("m-infer-start-10", MOTE_MLPERF_INFER_START, 10, NULL);
    check("m-infer-done", MOTE_MLPERF_INFER_DONE, 0, NULL);
    check("e-[Unknown command]", MOTE_MLPERF_ERROR, 0, "Unknown command");
    /* Contains "e-[" and is none. */
    check("m-profile-[ULPMark for tinyML Firmware V0.0.1]", MOTE_MLPERF_OTHER, 0, NULL);
}

static void results_are_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        double last;
    } rows[] = {{"0.000,0.992", 2, 0.992}, {"-1.5e3", 1, -1500}, {"", 0, 0},  {"1,,2", 1, 1},
                {"1,nan,2", 1, 1},         {"1 2", 0, 0},        {"1,", 1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double numbers[4] = {0};
        size_t count = mote_mlperf_numbers(rows[i].text, strlen(rows[i].text), numbers, 4);
        assert_int_equal(count, rows[i].count);
        if (count > 0)
            assert_true(numbers[count - 1] == rows[i].last);
    }
    double numbers[2];
    assert_int_equal(mote_mlperf_numbers("1,2,3", 5, numbers, 2), 2);
    assert_int_equal(mote_mlperf_numbers("123456", 3, numbers, 2), 1);
    assert_true(numbers[0] == 123);
}

static void models_have_input_sizes(void **state)
{
    (void)state;
    assert_int_equal(mote_mlperf_input_bytes("vww01"), 96 * 96 * 3);
    assert_int_equal(mote_mlperf_input_bytes("ic01"), 32 * 32 * 3);
    assert_int_equal(mote_mlperf_input_bytes("mote-kws"), 0);
}

static void a_missing_input_is_an_error(void **state)
{
    (void)state;
    struct mote_err err = {""};
    struct mote_mlperf_options options = {.db = "/nonexistent/input.bin", .iterations = 1};
    assert_null(mote_mlperf_new(&options, &err));
    assert_non_null(strstr(err.text, "/nonexistent/input.bin"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_drop_line_ends_and_empty_lines),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(lines_are_recognised),
        cmocka_unit_test(results_are_numbers),
        cmocka_unit_test(models_have_input_sizes),
        cmocka_unit_test(a_missing_input_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
