/* Files that the build compiled into the program: boards, timing and energy models. */
#ifndef MOTE_EMBED_H
#define MOTE_EMBED_H

#include <stddef.h>

struct mote_embedded {
    const char *name;          /* base name without extension; NULL ends an array */
    const unsigned char *data; /* followed by a zero byte that `bytes` does not count */
    size_t bytes;
};

#endif
