/* Symbol tables and debug information of damaged ELF files. */
#include "fuzz.h"
#include <mote/symbols.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("symbols", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct mote_err err = {""};
    struct mote_symbols *symbols = mote_symbols_read(path, &err);
    if (symbols == NULL && err.text[0] == '\0')
        abort();
    if (symbols != NULL) {
        mote_symbols_describe(symbols, 0x08000020, text, sizeof text);
        for (uint32_t id = 0; id < 64; id++)
            mote_symbols_marker(symbols, id);
    }
    mote_symbols_free(symbols);
    close(fd);
    return 0;
}
