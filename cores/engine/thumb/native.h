/* The generator as cores/engine uses it. */
#ifndef CORES_ENGINE_THUMB_NATIVE_H
#define CORES_ENGINE_THUMB_NATIVE_H

#include "lower.h"

struct native {
    struct native_code *code;
    struct native_build build;
    struct thumb_build thumb;
    struct native_memory memory[NATIVE_MEMORIES];
    uint32_t memory_count, main_memory;
    uint64_t code_marks; /* cpu->code_marks that `memory` knows */
    uint64_t runs;       /* entries, for tests */
    uint32_t flushed;    /* rises when all code was dropped */
};

#endif
