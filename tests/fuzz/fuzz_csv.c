/* CSV stimuli: any bytes are either a table whose every value is finite and reachable, or an error
 * with a text. */
#include "fuzz.h"
#include <assert.h>
#include <math.h>
#include <mote/stimulus.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mote_err err = {""};
    struct mote_csv *csv = mote_csv_parse("input", (const char *)data, size, &err);

    if (csv == NULL) {
        assert(err.text[0] != '\0');
        return 0;
    }
    assert(csv->rows > 0 && csv->columns > 0);
    for (size_t column = 0; column < csv->columns; column++)
        for (size_t row = 0; row < csv->rows; row++) {
            assert(mote_csv_value(csv, column, csv->time_s[row], true) ==
                   csv->value[row * csv->columns + column]);
            assert(!isnan(mote_csv_value(csv, column, csv->time_s[row] + 1e-9, false)));
        }
    mote_csv_free(csv);
    return 0;
}
