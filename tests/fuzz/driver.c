/* Runs a fuzz target without libFuzzer: over every file of its corpus, and over a fixed number of
 * mutations of each, the same on every run. */
#include "fuzz.h"
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTATIONS 2000
#define BYTES_MAX (1u << 20)

static uint64_t state = 0x9E3779B97F4A7C15u;

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

static void try_file(const char *path, uint8_t *original, uint8_t *copy, unsigned long *runs)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return;
    size_t size = fread(original, 1, BYTES_MAX, file);
    fclose(file);
    LLVMFuzzerTestOneInput(original, size);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        memcpy(copy, original, size);
        size_t mutated = mutate(copy, size, 2 * BYTES_MAX);
        /* An exact allocation, so that reading past the end is seen by the sanitizer. */
        uint8_t *exact = malloc(mutated + 1);
        if (exact == NULL)
            abort();
        memcpy(exact, copy, mutated);
        LLVMFuzzerTestOneInput(exact, mutated);
        free(exact);
    }
    *runs += MUTATIONS + 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
        return 2;
    }
    uint8_t *original = malloc(BYTES_MAX), *copy = malloc(2 * BYTES_MAX);
    struct dirent **entries;
    int count = scandir(argv[1], &entries, NULL, alphasort);
    unsigned long runs = 0;
    if (original == NULL || copy == NULL || count < 0) {
        fprintf(stderr, "%s: no such corpus\n", argv[1]);
        return 2;
    }
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            try_file(path, original, copy, &runs);
        free(entries[i]);
    }
    free(entries);
    free(original);
    free(copy);
    printf("%lu runs without a finding\n", runs);
    return runs > 0 ? 0 : 1;
}
