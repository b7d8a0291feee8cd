/*
 * kws-host: the same detector on this machine, for comparison with a board bit for bit.
 *
 * usage: kws-host [--nano] [--skip N | --find LOG] CLIP.wav
 *
 * Prints the lines that the firmware prints for the clip. With --find: looks for the N with which
 * --skip N gives the logits lines of LOG, a board's console output, and prints it; status 1 when
 * there is none.
 *
 * --nano: what the Nano's PDM interface makes of the sound: its gain of +3.2 dB less the six half
 * decibels that board_nano33.c sets, rounded to 16 bits. A board that listens through a microphone
 * starts some samples into the recording, which --skip leaves out. The clip is 16 kHz mono 16-bit.
 * Only hops that lie wholly in the clip count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listen.h"

#define MOST_SKIPPED 4096
#define LINE_BYTES   128

struct clip {
    int16_t *samples;
    long count;
};

static _Noreturn void unusable(const char *path, const char *why)
{
    fprintf(stderr, "kws-host: %s: %s\n", path, why);
    exit(2);
}

static uint32_t le(const unsigned char *p, int bytes)
{
    uint32_t value = 0;
    while (bytes-- > 0) {
        value = value << 8 | p[bytes];
    }
    return value;
}

static void read_data(const char *path, FILE *f, uint32_t bytes, struct clip *clip)
{
    clip->count = (long)(bytes / 2);
    clip->samples = malloc(bytes + 2);
    if (!clip->samples || fread(clip->samples, 2, bytes / 2, f) != bytes / 2) {
        unusable(path, "shorter than its header says");
    }
}

static struct clip read_wav(const char *path)
{
    unsigned char h[24];
    struct clip clip = {0};
    int format_seen = 0;
    FILE *f = fopen(path, "rb");
    if (!f || fread(h, 1, 12, f) != 12 || memcmp(h, "RIFF", 4) || memcmp(h + 8, "WAVE", 4)) {
        unusable(path, "not a WAV file");
    }
    while (!clip.samples && fread(h, 1, 8, f) == 8) {
        const uint32_t bytes = le(h + 4, 4);
        if (memcmp(h, "data", 4) == 0 && format_seen) {
            read_data(path, f, bytes, &clip);
        } else if (memcmp(h, "fmt ", 4) == 0 && bytes >= 16) {
            if (fread(h, 1, 16, f) != 16 || le(h, 2) != 1 || le(h + 2, 2) != 1 ||
                le(h + 4, 4) != KWS_SAMPLE_RATE_HZ || le(h + 14, 2) != 16) {
                unusable(path, "must be PCM, mono, 16 kHz, 16 bit");
            }
            format_seen = 1;
            fseek(f, (long)(bytes - 16), SEEK_CUR);
        } else {
            fseek(f, (long)(bytes + (bytes & 1)), SEEK_CUR);
        }
    }
    fclose(f);
    if (!clip.samples) {
        unusable(path, "has no sound");
    }
    return clip;
}

/* The expected logits lines, one after another, and how the present attempt fares with them. */
static struct {
    char (*lines)[LINE_BYTES];
    long count;
    long at;
    int differs;
} expected;

/*
 * nRF52840: GPDM,default is 3.2 dB and a step of GAINL 0.5 dB. The factors are multiplied up in
 * thousandths of a decibel and half decibels, in the order of Mote's model of the PDM, for the
 * same last bit.
 */
static void through_pdm(struct clip *clip)
{
    double factor = 1.0;
    for (int i = 0; i < 3200; i++) {
        factor *= 1.0001151358822766;
    }
    for (int i = 0; i < 6; i++) {
        factor /= 1.0592537251772889;
    }
    for (long i = 0; i < clip->count; i++) {
        double x = clip->samples[i] * factor;
        x = x >= 32767.0 ? 32767.0 : x <= -32768.0 ? -32768.0 : x < 0 ? x - 0.5 : x + 0.5;
        clip->samples[i] = (int16_t)x;
    }
}

static void write_stdout(const char *text)
{
    fputs(text, stdout);
}

static void compare_line(const char *text)
{
    if (strncmp(text, "logits", 6) != 0) {
        return;
    }
    if (expected.at < expected.count && strcmp(expected.lines[expected.at], text) != 0) {
        expected.differs = 1;
    }
    expected.at++;
}

static void stream(const struct clip *clip, long skip, kws_write write)
{
    static struct kws_detector detector;
    kws_detector_init(&detector);
    for (long at = skip; at + KWS_HOP_SAMPLES <= clip->count && !expected.differs;
         at += KWS_HOP_SAMPLES) {
        kws_listen(&detector, clip->samples + at, write);
    }
}

static void read_log(const char *path)
{
    char line[LINE_BYTES];
    FILE *f = fopen(path, "r");
    if (!f) {
        unusable(path, "cannot be read");
    }
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "logits", 6) != 0) {
            continue;
        }
        line[strcspn(line, "\r\n")] = '\0';
        expected.lines = realloc(expected.lines, (size_t)(expected.count + 1) * LINE_BYTES);
        if (!expected.lines) {
            unusable(path, "too long");
        }
        snprintf(expected.lines[expected.count++], LINE_BYTES, "%.100s\n", line);
    }
    fclose(f);
    if (!expected.count) {
        unusable(path, "has no logits lines");
    }
}

/* The board may have heard more than the clip (silence after it) but not less. */
static int find(const struct clip *clip)
{
    for (long skip = 0; skip < MOST_SKIPPED; skip++) {
        expected.at = 0;
        expected.differs = 0;
        stream(clip, skip, compare_line);
        if (!expected.differs && expected.at > 0 && expected.at <= expected.count) {
            printf("%ld\n", skip);
            return 0;
        }
    }
    fprintf(stderr, "kws-host: no start within %d samples gives these logits\n", MOST_SKIPPED);
    return 1;
}

int main(int argc, char **argv)
{
    const char *log = NULL;
    long skip = 0;
    int nano = 0;
    int at = 1;
    for (; at < argc - 1; at++) {
        if (strcmp(argv[at], "--nano") == 0) {
            nano = 1;
        } else if (strcmp(argv[at], "--skip") == 0 && at + 2 < argc) {
            skip = strtol(argv[++at], NULL, 10);
        } else if (strcmp(argv[at], "--find") == 0 && at + 2 < argc) {
            log = argv[++at];
        } else {
            break;
        }
    }
    if (at != argc - 1 || argv[at][0] == '-' || skip < 0) {
        fprintf(stderr, "usage: kws-host [--nano] [--skip N | --find LOG] CLIP.wav\n");
        return 2;
    }
    struct clip clip = read_wav(argv[at]);
    if (nano) {
        through_pdm(&clip);
    }
    int status = 0;
    if (log) {
        read_log(log);
        status = find(&clip);
    } else {
        stream(&clip, skip, write_stdout);
    }
    free(expected.lines);
    free(clip.samples);
    return status;
}
