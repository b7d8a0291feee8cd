/* Runs a fuzz target without libFuzzer: over every file of its corpora (files or directories), and
 * over a fixed number of mutations of each, the same on every run. */
#include "fuzz.h"
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUTATIONS 2000 /* unless -n says otherwise */
#define BYTES_MAX (1u << 20)

static uint64_t state = 0x9E3779B97F4A7C15u;
static unsigned long mutations = MUTATIONS, runs;
static uint8_t original[BYTES_MAX], copy[2 * BYTES_MAX];

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

/* Flips bits, sets bytes, cuts, repeats: one to four times. */
static size_t mutate(uint8_t *data, size_t size, size_t room)
{
    for (uint32_t n = 1 + next_random() % 4; n > 0 && size > 0; n--) {
        size_t at = next_random() % size;
        switch (next_random() % 5) {
        case 0:
            data[at] ^= (uint8_t)(1u << next_random() % 8);
            break;
        case 1:
            data[at] = (uint8_t)next_random();
            break;
        case 2:
            data[at] = (uint8_t)(next_random() % 2 ? 0xFF : 0x00);
            break;
        case 3:
            size = at;
            break;
        default: {
            size_t more = next_random() % 64;
            if (more > room - size)
                more = room - size;
            if (more > size - at)
                more = size - at;
            memmove(data + at + more, data + at, size - at);
            size += more;
            break;
        }
        }
    }
    return size;
}

static void try_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return;
    size_t size = fread(original, 1, sizeof original, file);
    fclose(file);
    LLVMFuzzerTestOneInput(original, size);
    for (unsigned long i = 0; i < mutations; i++) {
        memcpy(copy, original, size);
        size_t mutated = mutate(copy, size, sizeof copy);
        /* An exact allocation, so that reading past the end is seen by the sanitizer. */
        uint8_t *exact = malloc(mutated + 1);
        if (exact == NULL)
            abort();
        memcpy(exact, copy, mutated);
        LLVMFuzzerTestOneInput(exact, mutated);
        free(exact);
    }
    runs += mutations + 1;
}

static bool try_path(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        try_file(path);
        return access(path, R_OK) == 0;
    }
    for (int i = 0; i < count; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            try_file(file);
        free(entries[i]);
    }
    free(entries);
    return true;
}

int main(int argc, char **argv)
{
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        mutations = strtoul(argv[2], NULL, 10);
        first = 3;
    }
    if (first >= argc) {
        fprintf(stderr, "usage: %s [-n MUTATIONS] CORPUS...\n", argv[0]);
        return 2;
    }
    for (int i = first; i < argc; i++)
        if (!try_path(argv[i])) {
            fprintf(stderr, "%s: no such corpus\n", argv[i]);
            return 2;
        }
    printf("%lu runs without a finding\n", runs);
    return runs > 0 ? 0 : 1;
}
