/* Firmware files: any bytes end in a loaded image or in an error with a text. */
#include "fuzz.h"
#include "firmware_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_firmware(data, size, "input.uf2");
}
