/* CSV tables with a time column. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <mote/stimulus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE_BYTES 8192
#define MAX_FILE_BYTES (256ul << 20)
#define MAX_FIELDS     (MOTE_CSV_MAX_COLUMNS + 1)
#define MAX_MAGNITUDE  1e30 /* keeps sums and differences finite */

/* ---- quantities --------------------------------------------------------------------------------
 */

static const struct {
    const char *name, *si;
    double factor, offset;
} units[] = {
    {"m/s^2", "m/s^2", 1.0, 0.0},
    {"m/s2", "m/s^2", 1.0, 0.0},
    {"g", "m/s^2", 9.80665, 0.0},
    {"mg", "m/s^2", 9.80665e-3, 0.0},
    {"rad/s", "rad/s", 1.0, 0.0},
    {"dps", "rad/s", 0.017453292519943295, 0.0},
    {"deg/s", "rad/s", 0.017453292519943295, 0.0},
    {"T", "T", 1.0, 0.0},
    {"mT", "T", 1e-3, 0.0},
    {"uT", "T", 1e-6, 0.0},
    {"gauss", "T", 1e-4, 0.0},
    {"Pa", "Pa", 1.0, 0.0},
    {"hPa", "Pa", 100.0, 0.0},
    {"mbar", "Pa", 100.0, 0.0},
    {"kPa", "Pa", 1000.0, 0.0},
    {"degC", "degC", 1.0, 0.0},
    {"C", "degC", 1.0, 0.0},
    {"degF", "degC", 5.0 / 9.0, -160.0 / 9.0},
    {"K", "degC", 1.0, -273.15},
    {"%RH", "%RH", 1.0, 0.0},
    {"V", "V", 1.0, 0.0},
    {"mV", "V", 1e-3, 0.0},
    {"uV", "V", 1e-6, 0.0},
    {"lx", "lx", 1.0, 0.0},
    {"%", "1", 0.01, 0.0},
};

static bool find_unit(const char *name, size_t *index)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, name) == 0) {
            *index = i;
            return true;
        }
    return false;
}

/* A finite number in decimal; strtod alone would also take hex, "inf" and "nan". */
static bool parse_number(const char *text, double *value, const char **end)
{
    const char *p = text + (*text == '-' || *text == '+');
    char *stop;

    if (!isdigit((unsigned char)*p) && *p != '.')
        return false;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        return false;
    *value = strtod(text, &stop);
    *end = stop;
    return stop != text && fabs(*value) <= MAX_MAGNITUDE; /* also not NaN */
}

bool mote_quantity_parse(const char *text, double *value, const char **unit)
{
    const char *end;
    size_t index;

    if (!parse_number(text, value, &end))
        return false;
    while (*end == ' ')
        end++;
    *unit = "";
    if (*end == '\0')
        return true;
    if (!find_unit(end, &index))
        return false;
    *value = *value * units[index].factor + units[index].offset;
    *unit = units[index].si;
    return true;
}

/* ---- parsing -----------------------------------------------------------------------------------
 */

struct parser {
    const char *label;
    const char *next, *end;
    size_t line;
    char text[MAX_LINE_BYTES];
    char *field[MAX_FIELDS];
    size_t fields;
    size_t time_field; /* index of the time column among the fields */
    double factor[MAX_FIELDS], offset[MAX_FIELDS];
    size_t room; /* rows allocated */
    struct mote_csv *csv;
    struct mote_err *err;
};

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text[length - 1] = '\0';
        return text + 1;
    }
    return text;
}

static bool split(struct parser *p)
{
    char *rest = p->text;

    p->fields = 0;
    for (;;) {
        char *comma = strchr(rest, ',');

        if (p->fields == MAX_FIELDS)
            return mote_err_set(p->err, "%s:%zu: more than %d columns: split the file", p->label,
                                p->line, MOTE_CSV_MAX_COLUMNS);
        if (comma != NULL)
            *comma = '\0';
        p->field[p->fields++] = trim(rest);
        if (comma == NULL)
            return true;
        rest = comma + 1;
    }
}

/* Reads the next line that is neither empty nor a comment. */
static bool next_line(struct parser *p, bool *got)
{
    for (;;) {
        *got = false;
        if (p->next == p->end)
            return true;
        const char *newline = memchr(p->next, '\n', (size_t)(p->end - p->next));
        const char *stop = newline ? newline : p->end;
        size_t length = (size_t)(stop - p->next);

        p->line++;
        if (length >= sizeof p->text)
            return mote_err_set(p->err,
                                "%s:%zu: the line is longer than %d bytes: is it a CSV file?",
                                p->label, p->line, MAX_LINE_BYTES - 1);
        if (memchr(p->next, '\0', length) != NULL)
            return mote_err_set(p->err, "%s:%zu: a zero byte: is it a CSV file?", p->label,
                                p->line);
        memcpy(p->text, p->next, length);
        p->next = newline ? newline + 1 : p->end;
        if (length > 0 && p->text[length - 1] == '\r')
            length--;
        p->text[length] = '\0';
        const char *first = p->text + strspn(p->text, " \t");
        if (*first != '\0' && *first != '#') {
            *got = true;
            return split(p);
        }
    }
}

/* `name` or `name[unit]`. */
static bool parse_column(struct parser *p, size_t field)
{
    struct mote_csv *csv = p->csv;
    char *name = p->field[field], *bracket = strchr(name, '[');
    size_t length = strlen(name), unit;

    p->factor[field] = 1.0;
    p->offset[field] = 0.0;
    csv->unit[csv->columns] = "";
    if (bracket != NULL) {
        if (name[length - 1] != ']')
            return mote_err_set(p->err, "%s:%zu: column \"%s\": the unit lacks its \"]\"", p->label,
                                p->line, name);
        name[length - 1] = '\0';
        if (!find_unit(bracket + 1, &unit))
            return mote_err_set(p->err, "%s:%zu: column \"%s]\": unknown unit \"%s\"", p->label,
                                p->line, name, bracket + 1);
        p->factor[field] = units[unit].factor;
        p->offset[field] = units[unit].offset;
        csv->unit[csv->columns] = units[unit].si;
        *bracket = '\0';
        name = trim(name);
    }
    length = strlen(name);
    if (length == 0 || length >= MOTE_CSV_NAME_BYTES)
        return mote_err_set(p->err, "%s:%zu: column %zu needs a name of 1 to %d characters",
                            p->label, p->line, field + 1, MOTE_CSV_NAME_BYTES - 1);
    for (size_t i = 0; i < csv->columns; i++)
        if (strcmp(csv->name[i], name) == 0)
            return mote_err_set(p->err, "%s:%zu: column \"%s\" is there twice", p->label, p->line,
                                name);
    memcpy(csv->name[csv->columns++], name, length + 1);
    return true;
}

static bool parse_header(struct parser *p)
{
    bool got;

    if (!next_line(p, &got))
        return false;
    if (!got)
        return mote_err_set(
            p->err, "%s: empty: needs a header row such as \"time,accel_x\", then rows", p->label);
    p->time_field = MAX_FIELDS;
    for (size_t i = 0; i < p->fields; i++)
        if (strcmp(p->field[i], "time") == 0 || strcmp(p->field[i], "time[s]") == 0) {
            if (p->time_field != MAX_FIELDS)
                return mote_err_set(p->err, "%s:%zu: two columns \"time\"", p->label, p->line);
            p->time_field = i;
        }
    if (p->time_field == MAX_FIELDS)
        return mote_err_set(p->err, "%s:%zu: no column \"time\" (in seconds) in the header row",
                            p->label, p->line);
    for (size_t i = 0; i < p->fields; i++) {
        if (i == p->time_field)
            continue;
        if (p->csv->columns == MOTE_CSV_MAX_COLUMNS)
            return mote_err_set(p->err, "%s:%zu: more than %d columns: split the file", p->label,
                                p->line, MOTE_CSV_MAX_COLUMNS);
        if (!parse_column(p, i))
            return false;
    }
    if (p->csv->columns == 0)
        return mote_err_set(p->err, "%s:%zu: no column beside \"time\"", p->label, p->line);
    return true;
}

static bool grow(struct parser *p)
{
    struct mote_csv *csv = p->csv;
    size_t room = p->room ? 2 * p->room : 256;
    double *time_s = realloc(csv->time_s, room * sizeof *time_s);

    if (time_s != NULL)
        csv->time_s = time_s;
    double *value = realloc(csv->value, room * csv->columns * sizeof *value);
    if (value != NULL)
        csv->value = value;
    if (time_s == NULL || value == NULL)
        return mote_err_set(p->err, "%s:%zu: out of memory", p->label, p->line);
    p->room = room;
    return true;
}

static bool parse_row(struct parser *p, size_t expected)
{
    struct mote_csv *csv = p->csv;
    double *row;
    size_t column = 0;

    if (p->fields != expected)
        return mote_err_set(p->err, "%s:%zu: %zu fields, but the header row has %zu", p->label,
                            p->line, p->fields, expected);
    if (csv->rows == p->room && !grow(p))
        return false;
    row = csv->value + csv->rows * csv->columns;
    for (size_t i = 0; i < p->fields; i++) {
        double value;
        const char *end;

        if (!parse_number(p->field[i], &value, &end) || *end != '\0')
            return mote_err_set(p->err, "%s:%zu: field %zu: \"%.40s\" is not a number", p->label,
                                p->line, i + 1, p->field[i]);
        if (i == p->time_field)
            csv->time_s[csv->rows] = value;
        else
            row[column++] = value * p->factor[i] + p->offset[i];
    }
    if (csv->rows > 0 && !(csv->time_s[csv->rows] > csv->time_s[csv->rows - 1]))
        return mote_err_set(p->err, "%s:%zu: time %g does not come after %g of the row before",
                            p->label, p->line, csv->time_s[csv->rows], csv->time_s[csv->rows - 1]);
    csv->rows++;
    return true;
}

static bool parse(struct parser *p)
{
    size_t expected;
    bool got;

    if (!parse_header(p))
        return false;
    expected = p->fields;
    for (;;) {
        if (!next_line(p, &got))
            return false;
        if (!got)
            break;
        if (!parse_row(p, expected))
            return false;
    }
    if (p->csv->rows == 0)
        return mote_err_set(p->err, "%s:%zu: no row after the header", p->label, p->line);
    return true;
}

struct mote_csv *mote_csv_parse(const char *label, const char *text, size_t bytes,
                                struct mote_err *err)
{
    struct parser *p = calloc(1, sizeof *p);
    struct mote_csv *csv = calloc(1, sizeof *csv);

    if (p == NULL || csv == NULL) {
        mote_err_set(err, "%s: out of memory", label);
        mote_csv_free(csv);
        csv = NULL;
    } else {
        if (bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* byte order mark */
            text += 3;
            bytes -= 3;
        }
        *p = (struct parser){
            .label = label, .next = text, .end = text + bytes, .csv = csv, .err = err};
        if (!parse(p)) {
            mote_csv_free(csv);
            csv = NULL;
        }
    }
    free(p);
    return csv;
}

struct mote_csv *mote_csv_read(const char *path, struct mote_err *err)
{
    FILE *file = fopen(path, "rb");
    struct mote_csv *csv = NULL;
    char *text = NULL;
    long size;

    if (file == NULL) {
        mote_err_set(err, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 ||
        fseek(file, 0, SEEK_SET) != 0) {
        mote_err_set(err, "%s: not a plain file", path);
    } else if ((unsigned long)size > MAX_FILE_BYTES) {
        mote_err_set(err, "%s: larger than %lu MiB: give a shorter recording", path,
                     MAX_FILE_BYTES >> 20);
    } else if ((text = malloc((size_t)size + 1)) == NULL) {
        mote_err_set(err, "%s: out of memory", path);
    } else if (fread(text, 1, (size_t)size, file) != (size_t)size) {
        mote_err_set(err, "%s: cannot be read", path);
    } else {
        csv = mote_csv_parse(path, text, (size_t)size, err);
    }
    free(text);
    fclose(file);
    return csv;
}

void mote_csv_free(struct mote_csv *csv)
{
    if (csv == NULL)
        return;
    free(csv->time_s);
    free(csv->value);
    free(csv);
}

double mote_csv_value(const struct mote_csv *csv, size_t column, double time_s, bool hold)
{
    size_t low = 0, high = csv->rows - 1;
    const double *value = csv->value + column;

    if (time_s <= csv->time_s[low])
        return value[0];
    if (time_s >= csv->time_s[high])
        return value[high * csv->columns];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (csv->time_s[middle] <= time_s)
            low = middle;
        else
            high = middle;
    }
    double from = value[low * csv->columns], to = value[high * csv->columns];

    if (hold)
        return from;
    double part = (time_s - csv->time_s[low]) / (csv->time_s[high] - csv->time_s[low]);
    return from + (to - from) * part;
}
