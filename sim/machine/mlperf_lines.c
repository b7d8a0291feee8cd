/* Lines of the MLPerf Tiny text protocol, as a device prints them: outside input, never trusted. */
#include <math.h>
#include <mote/mlperf.h>
#include <stdlib.h>
#include <string.h>

bool mote_mlperf_line_feed(struct mote_mlperf_line *line, uint8_t byte)
{
    if (byte == '\n') {
        if (line->length == 0)
            return false;
        line->text[line->length] = '\0';
        line->length = 0;
        return true;
    }
    if (byte == '\r' || byte == '\0')
        return false;
    if (line->length + 1 < sizeof line->text)
        line->text[line->length++] = (char)byte;
    return false;
}

/* Decimal digits; false when there are none or too many. */
static bool take_number(const char *text, uint64_t *number)
{
    *number = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
        if (*number > (UINT64_MAX - 9) / 10)
            return false;
        *number = *number * 10 + (uint64_t)(text[digits] - '0');
    }
    return digits > 0;
}

static const struct {
    const char *mark;
    enum mote_mlperf_kind kind;
    enum { NOTHING, NUMBER, BRACKET } value;
} rows[] = {
    {"m-lap-us-", MOTE_MLPERF_LAP, NUMBER},
    {"m-name-dut-[", MOTE_MLPERF_NAME, BRACKET},
    {"m-model-[", MOTE_MLPERF_MODEL, BRACKET},
    {"m-[Expecting ", MOTE_MLPERF_EXPECTING, NUMBER},
    {"m-load-done", MOTE_MLPERF_LOAD_DONE, NOTHING},
    {"m-infer-start-", MOTE_MLPERF_INFER_START, NUMBER},
    {"m-infer-done", MOTE_MLPERF_INFER_DONE, NOTHING},
    {"m-results-[", MOTE_MLPERF_RESULTS, BRACKET},
    {"m-ready", MOTE_MLPERF_READY, NOTHING},
    {"e-[", MOTE_MLPERF_ERROR, BRACKET},
};

struct mote_mlperf_item mote_mlperf_parse(const char *line)
{
    struct mote_mlperf_item item = {.kind = MOTE_MLPERF_OTHER, .text = line};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = strstr(line, rows[i].mark);
        /* "m-profile-[" is no error: only `e-[` may not stand inside a word. */
        if (found == NULL || (rows[i].kind == MOTE_MLPERF_ERROR && found != line))
            continue;
        const char *value = found + strlen(rows[i].mark);
        if (rows[i].value == NUMBER && !take_number(value, &item.number))
            continue;
        item.kind = rows[i].kind;
        item.text = value;
        /* A closing bracket that got lost ends the text with the line. */
        const char *end = strchr(value, ']');
        item.text_bytes = end != NULL ? (size_t)(end - value) : strlen(value);
        return item;
    }
    return item;
}

size_t mote_mlperf_numbers(const char *text, size_t bytes, double *numbers, size_t max)
{
    size_t count = 0, at = 0;
    while (at < bytes && count < max) {
        char word[64];
        size_t length = 0;
        while (at + length < bytes && text[at + length] != ',' && length + 1 < sizeof word) {
            word[length] = text[at + length];
            length++;
        }
        word[length] = '\0';
        char *end;
        double value = strtod(word, &end);
        if (end == word || *end != '\0' || !isfinite(value))
            break;
        numbers[count++] = value;
        at += length;
        if (at < bytes && text[at] != ',')
            break;
        at++;
    }
    return count;
}

size_t mote_mlperf_input_bytes(const char *model)
{
    /* MLPerf Tiny reference inputs; AD takes 640 features as float32. */
    static const struct {
        const char *model;
        size_t bytes;
    } inputs[] = {{"kws01", 490}, {"ic01", 3072}, {"vww01", 27648}, {"ad01", 2560}};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        if (strcmp(model, inputs[i].model) == 0)
            return inputs[i].bytes;
    return 0;
}
