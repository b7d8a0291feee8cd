/* Libraries that are opened when they are first needed. Linked in, Unicorn and Capstone would cost
 * every start 130 000 relocations, for what most runs never use. */
#ifndef CORES_LATE_H
#define CORES_LATE_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

/* A function of such a library: where its address goes. */
struct late_function {
    const char *name;
    void **place;
};

/* Opens the library (by the name the build found) and finds all functions; false with the reason in
 * dlerror(). The library stays open until the process ends. */
static inline bool late_open(const char *library, const struct late_function *functions,
                             size_t count)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; handle != NULL && i < count; i++) {
        *functions[i].place = dlsym(handle, functions[i].name);
        if (*functions[i].place == NULL)
            return false;
    }
    return handle != NULL;
}

#endif
