/* Specifications of stimuli: from CHANNEL=SOURCE to connected channels. */
#include <errno.h>
#include <math.h>
#include <mote/board.h>
#include <mote/device.h>
#include <mote/stimulus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PS_PER_S 1000000000000.0

struct options {
    bool hold, loop;
    double start_s;
    uint32_t channel;
};

/* One connected channel. */
struct source {
    struct source *next;
    const struct mote_csv *csv;
    const struct mote_audio *audio;
    size_t column;
    double constant;
    uint64_t start_ps;
    struct options options;
};

struct file {
    struct file *next;
    struct mote_csv *csv;
    struct mote_audio *audio;
};

struct mote_stimuli {
    const struct mote_board *board;
    struct source *sources;
    struct file *files;
};

struct mote_stimuli *mote_stimuli_new(const struct mote_board *board)
{
    struct mote_stimuli *owner = calloc(1, sizeof *owner);

    if (owner != NULL)
        owner->board = board;
    return owner;
}

void mote_stimuli_free(struct mote_stimuli *owner)
{
    if (owner == NULL)
        return;
    while (owner->sources != NULL) {
        struct source *next = owner->sources->next;
        free(owner->sources);
        owner->sources = next;
    }
    while (owner->files != NULL) {
        struct file *next = owner->files->next;
        mote_csv_free(owner->files->csv);
        mote_audio_free(owner->files->audio);
        free(owner->files);
        owner->files = next;
    }
    free(owner);
}

/* ---- values by time ----------------------------------------------------------------------------
 */

static double constant_value(void *user, uint64_t at_ps)
{
    const struct source *source = user;

    (void)at_ps;
    return source->constant;
}

static double audio_value(void *user, uint64_t at_ps)
{
    const struct source *source = user;
    const struct mote_audio *audio = source->audio;

    /* One picosecond forward: a sampler whose period is no whole number of picoseconds asks up to
     * half a picosecond early. */
    if (at_ps + 1 < source->start_ps)
        return 0.0;
    unsigned __int128 product = (unsigned __int128)(at_ps + 1 - source->start_ps) * audio->rate_hz;
    uint64_t frame = (uint64_t)(product / (uint64_t)PS_PER_S);

    if (source->options.loop)
        frame %= audio->frames;
    if (frame >= audio->frames)
        return 0.0;
    return audio->sample[frame * audio->channels + source->options.channel];
}

static double csv_value(void *user, uint64_t at_ps)
{
    const struct source *source = user;
    const struct mote_csv *csv = source->csv;
    double first = csv->time_s[0], span = csv->time_s[csv->rows - 1] - first;
    double time_s = (double)at_ps / PS_PER_S - source->options.start_s;

    if (source->options.loop && span > 0.0 && time_s > first)
        time_s = first + fmod(time_s - first, span);
    return mote_csv_value(csv, source->column, time_s, source->options.hold);
}

/* ---- names -------------------------------------------------------------------------------------
 */

/* The channel called `name`, or whose name ends in the number `name`; -1 when there is none. */
static int find_channel(const struct mote_device *dev, const char *name)
{
    int exact = mote_channel_index(dev, name);

    if (exact >= 0 || name[0] == '\0' || name[strspn(name, "0123456789")] != '\0')
        return exact;
    for (size_t i = 0; i < dev->cls->channel_count; i++) {
        const char *candidate = dev->cls->channels[i].name;
        const char *digits = candidate + strcspn(candidate, "0123456789");

        if (digits != candidate && strcmp(digits, name) == 0)
            return (int)i;
    }
    return -1;
}

/* The devices that have a channel of this name: how many, and one of them. */
static size_t owners_of(const struct mote_system *sys, const char *name, struct mote_device **dev)
{
    size_t count = 0;

    for (size_t i = 0; i < mote_system_device_count(sys); i++)
        if (mote_channel_index(mote_system_device(sys, i), name) >= 0) {
            *dev = mote_system_device(sys, i);
            count++;
        }
    return count;
}

static void append(char *text, size_t bytes, const char *more)
{
    size_t used = strlen(text);

    if (used < bytes)
        snprintf(text + used, bytes - used, "%s%s", used ? ", " : "", more);
}

static void list_channels(const struct mote_device *dev, char *text, size_t bytes)
{
    text[0] = '\0';
    for (size_t i = 0; i < dev->cls->channel_count; i++)
        append(text, bytes, dev->cls->channels[i].name);
}

static void list_parts(const struct mote_system *sys, char *text, size_t bytes)
{
    text[0] = '\0';
    for (size_t i = 0; i < mote_system_device_count(sys); i++)
        if (mote_system_device(sys, i)->cls->channel_count > 0)
            append(text, bytes, mote_system_device(sys, i)->name);
    if (text[0] == '\0')
        snprintf(text, bytes, "none");
}

/* What the left side means: a device, and a channel of it or -1 for all. */
static bool resolve(const struct mote_system *sys, const struct mote_stimuli *owner,
                    const char *target, struct mote_device **dev, int *channel,
                    struct mote_err *err)
{
    char part[128], list[400];
    const char *dot = strchr(target, '.');
    size_t length = dot ? (size_t)(dot - target) : strlen(target), count;

    if (length == 0 || length >= sizeof part)
        return mote_err_set(err, "\"%s\": no part is named before \"=\"", target);
    memcpy(part, target, length);
    part[length] = '\0';
    *channel = -1;
    *dev = mote_system_find(sys, part);
    if (*dev == NULL && owner->board != NULL)
        *dev = mote_board_alias(owner->board, part);
    if (*dev == NULL) {
        count = dot ? 0 : owners_of(sys, part, dev);
        if (count > 1)
            return mote_err_set(err, "\"%s\" is a channel of %zu parts: write PART.%s", part, count,
                                part);
        if (count == 1) {
            *channel = mote_channel_index(*dev, part);
            return true;
        }
        list_parts(sys, list, sizeof list);
        return mote_err_set(err, "no part \"%s\" on this board; parts with channels: %s", part,
                            list);
    }
    list_channels(*dev, list, sizeof list);
    if ((*dev)->cls->channel_count == 0)
        return mote_err_set(err, "\"%s\" (%s) senses nothing: it has no channels", part,
                            (*dev)->cls->name);
    if (dot != NULL && (*channel = find_channel(*dev, dot + 1)) < 0)
        return mote_err_set(err, "\"%s\" has no channel \"%s\"; it has: %s", part, dot + 1, list);
    return true;
}

/* ---- connecting --------------------------------------------------------------------------------
 */

static bool connect_source(struct mote_stimuli *owner, struct mote_device *dev, int channel,
                           const struct source *source, double (*value)(void *user, uint64_t at_ps),
                           struct mote_err *err)
{
    struct source *kept = malloc(sizeof *kept);

    if (kept == NULL)
        return mote_err_set(err, "out of memory");
    *kept = *source;
    kept->next = owner->sources;
    owner->sources = kept;
    kept->start_ps = (uint64_t)(kept->options.start_s * PS_PER_S);
    (void)mote_channel_connect(dev, (uint32_t)channel,
                               &(struct mote_stimulus){.value = value, .user = kept});
    return true;
}

static bool check_unit(const struct mote_device *dev, int channel, const char *unit,
                       const char *where, struct mote_err *err)
{
    const struct mote_channel_desc *desc = &dev->cls->channels[channel];

    if (unit[0] == '\0' || strcmp(unit, desc->unit) == 0)
        return true;
    return mote_err_set(err, "%s: channel %s.%s is in %s, not in %s", where, dev->name, desc->name,
                        desc->unit, unit);
}

/* The only channel of a part, or the only one that a fraction of full scale can drive. */
static bool choose_channel(const struct mote_device *dev, bool fraction, int *channel,
                           struct mote_err *err)
{
    char list[400];
    int found = -1, count = 0;

    for (size_t i = 0; i < dev->cls->channel_count; i++)
        if (!fraction || strcmp(dev->cls->channels[i].unit, "1") == 0) {
            found = (int)i;
            count++;
        }
    if (count == 1) {
        *channel = found;
        return true;
    }
    list_channels(dev, list, sizeof list);
    return mote_err_set(err, "\"%s\" has several channels: write %s.CHANNEL with one of: %s",
                        dev->name, dev->name, list);
}

static bool connect_constant(struct mote_stimuli *owner, struct mote_device *dev, int channel,
                             const char *text, double value, const char *unit, struct mote_err *err)
{
    struct source source = {.constant = value};

    if (channel < 0 && !choose_channel(dev, false, &channel, err))
        return false;
    if (!check_unit(dev, channel, unit, text, err))
        return false;
    const struct mote_channel_desc *desc = &dev->cls->channels[channel];
    if (value < desc->minimum || value > desc->maximum)
        return mote_err_set(err, "%s: channel %s.%s goes from %g to %g %s", text, dev->name,
                            desc->name, desc->minimum, desc->maximum, desc->unit);
    return connect_source(owner, dev, channel, &source, constant_value, err);
}

static bool connect_audio(struct mote_stimuli *owner, struct mote_device *dev, int channel,
                          const struct mote_audio *audio, const char *path,
                          const struct options *options, struct mote_err *err)
{
    struct source source = {.audio = audio, .options = *options};

    if (channel < 0 && !choose_channel(dev, true, &channel, err))
        return false;
    if (strcmp(dev->cls->channels[channel].unit, "1") != 0)
        return mote_err_set(err,
                            "%s: audio is a fraction of full scale, but %s.%s is in %s: give a CSV "
                            "file with a column \"%s\"",
                            path, dev->name, dev->cls->channels[channel].name,
                            dev->cls->channels[channel].unit, dev->cls->channels[channel].name);
    if (options->channel >= audio->channels)
        return mote_err_set(err, "%s: channel=%u: the file has %u channel(s)", path,
                            options->channel, audio->channels);
    return connect_source(owner, dev, channel, &source, audio_value, err);
}

/* A column of a CSV file: to the part, or to the one device that has such a channel. */
static bool connect_column(const struct mote_system *sys, struct mote_stimuli *owner,
                           struct mote_device *dev, int channel, const struct mote_csv *csv,
                           size_t column, const char *path, const struct options *options,
                           struct mote_err *err)
{
    struct source source = {.csv = csv, .column = column, .options = *options};
    const char *name = csv->name[column];
    char list[400];

    if (channel < 0)
        channel = find_channel(dev, name);
    if (channel < 0) {
        list_channels(dev, list, sizeof list);
        if (owners_of(sys, name, &dev) != 1)
            return mote_err_set(err, "%s:1: column \"%s\" is no channel of the part; it has: %s",
                                path, name, list);
        channel = mote_channel_index(dev, name);
    }
    return check_unit(dev, channel, csv->unit[column], path, err) &&
           connect_source(owner, dev, channel, &source, csv_value, err);
}

static bool connect_csv(const struct mote_system *sys, struct mote_stimuli *owner,
                        struct mote_device *dev, int channel, const struct mote_csv *csv,
                        const char *path, const struct options *options, struct mote_err *err)
{
    char list[400];

    if (channel >= 0) {
        const char *name = dev->cls->channels[channel].name;
        size_t column = 0;

        while (column < csv->columns && strcmp(csv->name[column], name) != 0)
            column++;
        if (column == csv->columns && csv->columns > 1)
            return mote_err_set(err, "%s:1: no column \"%s\" (and more than one other)", path,
                                name);
        return connect_column(sys, owner, dev, channel, csv, column < csv->columns ? column : 0,
                              path, options, err);
    }
    size_t own = 0;
    for (size_t i = 0; i < csv->columns; i++)
        own += find_channel(dev, csv->name[i]) >= 0;
    if (own == 0) {
        list_channels(dev, list, sizeof list);
        return mote_err_set(err, "%s:1: no column is a channel of \"%s\"; it has: %s", path,
                            dev->name, list);
    }
    for (size_t i = 0; i < csv->columns; i++)
        if (!connect_column(sys, owner, dev, -1, csv, i, path, options, err))
            return false;
    return true;
}

/* ---- specifications ----------------------------------------------------------------------------
 */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Takes one option; false when `text` is none (it then belongs to the file name). */
static bool take_option(const char *text, struct options *options)
{
    char *end;

    if (strcmp(text, "hold") == 0) {
        options->hold = true;
    } else if (strcmp(text, "loop") == 0) {
        options->loop = true;
    } else if (strncmp(text, "start=", 6) == 0) {
        double start_s = strtod(text + 6, &end);

        if (end == text + 6 || *end != '\0' || !(start_s >= 0.0 && start_s <= 1e7))
            return false;
        options->start_s = start_s;
    } else if (strcmp(text, "channel=0") == 0 || strcmp(text, "channel=1") == 0) {
        options->channel = (uint32_t)(text[8] - '0');
    } else {
        return false;
    }
    return true;
}

static void split_options(char *path, struct options *options)
{
    char *comma;

    while ((comma = strrchr(path, ',')) != NULL && take_option(comma + 1, options))
        *comma = '\0';
}

static bool connect_file(struct mote_system *sys, struct mote_stimuli *owner,
                         struct mote_device *dev, int channel, char *path, struct mote_err *err)
{
    struct options options = {0};
    struct file *file = calloc(1, sizeof *file);

    if (file == NULL)
        return mote_err_set(err, "out of memory");
    file->next = owner->files;
    owner->files = file;
    split_options(path, &options);
    if (ends_with(path, ".csv") || ends_with(path, ".CSV")) {
        file->csv = mote_csv_read(path, err);
        return file->csv != NULL &&
               connect_csv(sys, owner, dev, channel, file->csv, path, &options, err);
    }
    FILE *probe = fopen(path, "rb");
    if (probe == NULL)
        return mote_err_set(err, "\"%s\": %s; give a .wav or .csv file, or a number in %s", path,
                            strerror(errno),
                            channel >= 0 ? dev->cls->channels[channel].unit : "its unit");
    fclose(probe);
    file->audio = mote_audio_read(path, err);
    return file->audio != NULL &&
           connect_audio(owner, dev, channel, file->audio, path, &options, err);
}

bool mote_stimulus_connect(struct mote_system *sys, const char *spec, struct mote_stimuli *owner,
                           struct mote_err *err)
{
    struct mote_device *dev = NULL;
    int channel;
    double value;
    const char *unit;
    bool done = false;
    char *copy = strdup(spec);

    if (copy == NULL)
        return mote_err_set(err, "out of memory");
    char *equals = strchr(copy, '=');
    if (equals == NULL || equals == copy || equals[1] == '\0') {
        mote_err_set(err, "write CHANNEL=FILE or CHANNEL=VALUE, e.g. mic=yes.wav or adc0.3=1.2V");
    } else {
        *equals = '\0';
        if (resolve(sys, owner, copy, &dev, &channel, err))
            done = mote_quantity_parse(equals + 1, &value, &unit)
                       ? connect_constant(owner, dev, channel, equals + 1, value, unit, err)
                       : connect_file(sys, owner, dev, channel, equals + 1, err);
    }
    free(copy);
    return done ? true : mote_err_prefix(err, "--stimulus %s", spec);
}
