/* Audio stimuli: any bytes are either samples in [-1, 1] of a rate and one or two channels, or an
 * error with a text. The file lives in memory. */
#include "fuzz.h"
#include <assert.h>
#include <mote/stimulus.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mote_err err = {""};
    char path[64];
    int fd = memfd_create("fuzz_audio", MFD_CLOEXEC);

    assert(fd >= 0);
    assert(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct mote_audio *audio = mote_audio_read(path, &err);

    if (audio == NULL) {
        assert(err.text[0] != '\0');
    } else {
        assert(audio->frames > 0 && audio->rate_hz > 0);
        assert(audio->channels == 1 || audio->channels == 2);
        for (uint64_t i = 0; i < audio->frames * audio->channels; i++)
            assert(audio->sample[i] >= -1.0f && audio->sample[i] <= 1.0f);
    }
    mote_audio_free(audio);
    close(fd);
    return 0;
}
