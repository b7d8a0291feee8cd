/* Energy data files: any bytes are either a model that passed every check, or an error with a
 * text. */
#include "fuzz.h"
#include "power-model/model.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mote_err err = {""};
    struct model *model = model_parse("input", data, size, &err);

    assert((model == NULL) == (err.text[0] != '\0'));
    if (model != NULL)
        for (uint64_t i = 0; i < model->states_count; i++)
            assert(model->states[i].current.value >= 0.0);
    model_free(model);
    return 0;
}
