/* Audio files by libsndfile. */
#include <math.h>
#include <mote/stimulus.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RATE_HZ 768000
#define MAX_SAMPLES (256ll << 20)

#define ACCEPTED "accepted: WAV with 8, 16, 24 or 32 bit PCM or 32 or 64 bit float, 1 or 2 channels"

static const char *format_name(SNDFILE *file, int format, int command, char *buffer, size_t bytes)
{
    SF_FORMAT_INFO info = {.format = format};

    if (sf_command(file, command, &info, sizeof info) == 0 && info.name != NULL)
        return info.name;
    buffer[0] = '\0';
    strncat(buffer, "an unknown encoding", bytes - 1);
    return buffer;
}

static bool check_format(SNDFILE *file, const char *path, const SF_INFO *info, struct mote_err *err)
{
    int container = info->format & SF_FORMAT_TYPEMASK, encoding = info->format & SF_FORMAT_SUBMASK;
    char buffer[32];

    if (container != SF_FORMAT_WAV && container != SF_FORMAT_WAVEX)
        return mote_err_set(
            err, "%s: found %s; " ACCEPTED, path,
            format_name(file, container, SFC_GET_FORMAT_INFO, buffer, sizeof buffer));
    switch (encoding) {
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_DOUBLE:
        break;
    default:
        return mote_err_set(
            err, "%s: found WAV with %s; " ACCEPTED ". Convert it, e.g. with sox", path,
            format_name(file, encoding, SFC_GET_FORMAT_INFO, buffer, sizeof buffer));
    }
    if (info->channels < 1 || info->channels > 2)
        return mote_err_set(err, "%s: found %d channels; " ACCEPTED, path, info->channels);
    if (info->samplerate < 1 || info->samplerate > MAX_RATE_HZ)
        return mote_err_set(err, "%s: found a sample rate of %d Hz; accepted: 1 to %d Hz", path,
                            info->samplerate, MAX_RATE_HZ);
    if (info->frames < 1)
        return mote_err_set(err, "%s: holds no sample", path);
    if (info->frames > MAX_SAMPLES / info->channels)
        return mote_err_set(err, "%s: longer than %lld samples: give a shorter recording", path,
                            MAX_SAMPLES);
    return true;
}

static struct mote_audio *read_samples(SNDFILE *file, const char *path, const SF_INFO *info,
                                       struct mote_err *err)
{
    struct mote_audio *audio = calloc(1, sizeof *audio);
    size_t samples = (size_t)info->frames * (size_t)info->channels;

    if (audio != NULL)
        audio->sample = malloc(samples * sizeof *audio->sample);
    if (audio == NULL || audio->sample == NULL) {
        mote_err_set(err, "%s: out of memory", path);
        mote_audio_free(audio);
        return NULL;
    }
    audio->rate_hz = (uint32_t)info->samplerate;
    audio->channels = (uint32_t)info->channels;
    audio->frames = (uint64_t)info->frames;
    /* Integers are scaled by their power of two, so 16 and 24 bit come through exactly. */
    sf_count_t got = sf_readf_float(file, audio->sample, info->frames);
    if (got != info->frames) {
        mote_err_set(err, "%s: cut short: the header promises %lld samples, %lld are there", path,
                     (long long)info->frames, (long long)got);
        mote_audio_free(audio);
        return NULL;
    }
    for (size_t i = 0; i < samples; i++) {
        if (isnan(audio->sample[i])) {
            mote_err_set(err, "%s: sample %zu is not a number", path, i);
            mote_audio_free(audio);
            return NULL;
        }
        /* Floating-point files may go beyond full scale; a microphone cannot. */
        audio->sample[i] = fmaxf(-1.0f, fminf(1.0f, audio->sample[i]));
    }
    return audio;
}

struct mote_audio *mote_audio_read(const char *path, struct mote_err *err)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    struct mote_audio *audio = NULL;

    if (file == NULL) {
        mote_err_set(err, "%s: %s; " ACCEPTED, path, sf_strerror(NULL));
        return NULL;
    }
    if (check_format(file, path, &info, err))
        audio = read_samples(file, path, &info, err);
    sf_close(file);
    return audio;
}

void mote_audio_free(struct mote_audio *audio)
{
    if (audio == NULL)
        return;
    free(audio->sample);
    free(audio);
}
