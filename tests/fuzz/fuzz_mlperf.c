/* What a device prints to the benchmark's host: any bytes are lines, and what is parsed from a line
 * lies inside it. */
#include "fuzz.h"
#include <assert.h>
#include <math.h>
#include <mote/mlperf.h>
#include <string.h>

static void check_line(const char *text)
{
    static double numbers[16];
    struct mote_mlperf_item item = mote_mlperf_parse(text);
    size_t length = strlen(text);

    assert(length < MOTE_MLPERF_LINE_BYTES);
    assert(item.text >= text && item.text + item.text_bytes <= text + length);
    size_t count = mote_mlperf_numbers(item.text, item.text_bytes, numbers, 16);
    assert(count <= 16);
    for (size_t i = 0; i < count; i++)
        assert(isfinite(numbers[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mote_mlperf_line line;

    line.length = 0;
    for (size_t i = 0; i < size; i++)
        if (mote_mlperf_line_feed(&line, data[i]))
            check_line(line.text);
    return 0;
}
