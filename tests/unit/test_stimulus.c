/* Stimuli: specifications, CSV, audio, and every message that a user can get. */
#include "support/bench.h"

#include <math.h>
#include <mote/stimulus.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PS_PER_S 1000000000000ull

struct rig {
    struct bench *bench;
    struct mote_stimuli *stimuli;
    struct mote_device *mic, *imu, *mag, *baro, *hygro;
    struct mote_err err;
};

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);

    rig->bench = bench_new();
    rig->mic = bench_add(rig->bench, "mp34dt06", "mic", 0, NULL);
    rig->imu = bench_add(rig->bench, "lsm9ds1", "imu", 0, NULL);
    rig->mag = bench_add(rig->bench, "lsm9ds1_mag", "mag", 0, NULL);
    rig->baro = bench_add(rig->bench, "lps22hb", "baro", 0, NULL);
    rig->hygro = bench_add(rig->bench, "hts221", "hygro", 0, NULL);
    rig->stimuli = mote_stimuli_new(NULL);
    assert_non_null(rig->stimuli);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;

    bench_free(rig->bench);
    mote_stimuli_free(rig->stimuli);
    free(rig);
    return 0;
}

static void works(struct rig *rig, const char *spec)
{
    if (!mote_stimulus_connect(bench_system(rig->bench), spec, rig->stimuli, &rig->err))
        fail_msg("%s", rig->err.text);
}

/* The specification is refused, and the message has these words. */
static void refused(struct rig *rig, const char *spec, const char *words)
{
    rig->err.text[0] = '\0';
    assert_false(mote_stimulus_connect(bench_system(rig->bench), spec, rig->stimuli, &rig->err));
    if (strstr(rig->err.text, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", rig->err.text, words);
}

static double value(const struct mote_device *dev, const char *channel, uint64_t at_ps)
{
    int index = mote_channel_index(dev, channel);

    assert_true(index >= 0);
    return mote_channel_value(dev, (uint32_t)index, at_ps);
}

static const char *write_file(const char *name, const char *text)
{
    static char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", MOTE_BINARY_DIR, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
    return path;
}

static const char *spec_of(const char *target, const char *path, const char *options)
{
    static char spec[640];

    snprintf(spec, sizeof spec, "%s=%s%s", target, path, options);
    return spec;
}

static void near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-9 * (1 + fabs(expected))))
        fail_msg("%.12g is not %.12g", got, expected);
}

static void test_quantities(void **state)
{
    double number;
    const char *unit;

    (void)state;
    assert_true(mote_quantity_parse("1.2V", &number, &unit));
    near(number, 1.2);
    assert_string_equal(unit, "V");
    assert_true(mote_quantity_parse("-300 mV", &number, &unit));
    near(number, -0.3);
    assert_true(mote_quantity_parse("77degF", &number, &unit));
    near(number, 25.0);
    assert_true(mote_quantity_parse(".5", &number, &unit));
    assert_string_equal(unit, "");
    assert_false(mote_quantity_parse("yes.wav", &number, &unit));
    assert_false(mote_quantity_parse("1.2volt", &number, &unit));
    assert_false(mote_quantity_parse("nan", &number, &unit));
    assert_false(mote_quantity_parse("0x10", &number, &unit));
    assert_false(mote_quantity_parse("1e999", &number, &unit));
    assert_false(mote_quantity_parse("", &number, &unit));
}

static void test_constants(void **state)
{
    struct rig *rig = *state;

    works(rig, "mic.sound=0.5");
    near(value(rig->mic, "sound", 7), 0.5);
    works(rig, "mic.sound=-25%");
    near(value(rig->mic, "sound", 7), -0.25);
    works(rig, "imu.accel_x=1g");
    near(value(rig->imu, "accel_x", 7), 9.80665);
    works(rig, "humidity=60%RH"); /* one part alone has this channel */
    near(value(rig->hygro, "humidity", 7), 60.0);
    works(rig, "baro.pressure=1000hPa");
    near(value(rig->baro, "pressure", 7), 100000.0);
    refused(rig, "imu.accel_x=1degC", "in m/s^2, not in degC");
    refused(rig, "imu.accel_x=100g", "goes from");
    refused(rig, "temperature=25degC", "channel of 3 parts");
    refused(rig, "imu=1g", "several channels: write imu.CHANNEL");
    refused(rig, "imu.nose=1g", "it has: gyro_x");
    refused(rig, "camera=cat.png", "parts with channels: mic, imu");
    refused(rig, "mic", "write CHANNEL=FILE");
    refused(rig, "=x", "write CHANNEL=FILE");
    refused(rig, "mic=", "write CHANNEL=FILE");
    refused(rig, "mic=missing.wav", "No such file");
    refused(rig, "imu=missing.csv", "No such file");
}

static void test_csv(void **state)
{
    struct rig *rig = *state;
    const char *path = write_file("walk.csv", "# a walk\n"
                                              "time,accel_x[g],mag_x[uT],gyro_z\r\n"
                                              "0,0,10,0.5\n\n"
                                              "1.5, 1.5 ,40,\"-0.5\"\n");

    works(rig, spec_of("imu", path, ""));
    near(value(rig->imu, "accel_x", 0), 0.0);
    near(value(rig->imu, "accel_x", PS_PER_S / 2), 0.5 * 9.80665);
    near(value(rig->imu, "accel_x", 9 * PS_PER_S), 1.5 * 9.80665);
    near(value(rig->imu, "gyro_z", 3 * PS_PER_S / 4), 0.0);
    near(value(rig->mag, "mag_x", 3 * PS_PER_S / 4), 25e-6); /* went to the other device */
    works(rig, spec_of("imu.accel_x", path, ",hold,start=2"));
    near(value(rig->imu, "accel_x", 3 * PS_PER_S), 0.0);
    near(value(rig->imu, "accel_x", 35 * PS_PER_S / 10), 1.5 * 9.80665);
    works(rig, spec_of("imu.accel_x", path, ",loop"));
    near(value(rig->imu, "accel_x", 2 * PS_PER_S), 0.5 * 9.80665);
    refused(rig, spec_of("imu.accel_y", path, ""), "no column \"accel_y\"");
    refused(rig, spec_of("hygro", path, ""), "no column is a channel of \"hygro\"");
    refused(rig, spec_of("hygro.humidity", write_file("unit.csv", "time,humidity[g]\n0,1\n"), ""),
            "is in %RH, not in m/s^2");
}

static void csv_refused(const char *text, size_t bytes, const char *words)
{
    struct mote_err err = {""};

    assert_null(mote_csv_parse("f.csv", text, bytes, &err));
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err.text, words);
}

static void test_csv_messages(void **state)
{
    char *wide = malloc(20000);
    size_t used = 4;

    (void)state;
#define REFUSED(text, words) csv_refused(text, sizeof(text) - 1, words)
    REFUSED("", "f.csv: empty");
    REFUSED("# only a comment\n", "f.csv: empty");
    REFUSED("a,b\n1,2\n", "f.csv:1: no column \"time\"");
    REFUSED("time\n1\n", "f.csv:1: no column beside");
    REFUSED("time,a\n", "f.csv:1: no row");
    REFUSED("time,a,time\n", "two columns \"time\"");
    REFUSED("time,a,a\n", "is there twice");
    REFUSED("time,a,\n", "column 3 needs a name");
    REFUSED("time,a[parsec]\n", "unknown unit \"parsec\"");
    REFUSED("time,a[g\n", "lacks its \"]\"");
    REFUSED("time,a\n0,1\n\n1\n", "f.csv:4: 1 fields, but the header row has 2");
    REFUSED("time,a\n0,1\n1,x\n", "f.csv:3: field 2: \"x\" is not a number");
    REFUSED("time,a\n0,nan\n", "is not a number");
    REFUSED("time,a\n0,1\n0,1\n", "f.csv:3: time 0 does not come after 0");
    REFUSED("time,a\n0,\0\n", "a zero byte");
    memcpy(wide, "time", 4);
    for (int i = 0; i < 65; i++)
        used += (size_t)sprintf(wide + used, ",c%d", i);
    csv_refused(wide, used, "more than 64 columns");
    memset(wide, 'x', 20000);
    csv_refused(wide, 20000, "longer than");
    free(wide);
    assert_null(mote_csv_parse("f.csv", "", 0, NULL)); /* the text is not wanted */
}

static const char *write_audio(const char *name, int format, int channels, const short *sample,
                               sf_count_t frames)
{
    static char path[512];
    SF_INFO info = {.samplerate = 16000, .channels = channels, .format = format};
    SNDFILE *file;

    snprintf(path, sizeof path, "%s/%s", MOTE_BINARY_DIR, name);
    file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    assert_int_equal(sf_writef_short(file, sample, frames), frames);
    sf_close(file);
    return path;
}

static void test_audio_is_sample_accurate(void **state)
{
    static const short ramp[] = {0, 1, -1, 32767, -32768, 12345, -12345, 7};
    struct rig *rig = *state;
    const char *path = write_audio("ramp.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, ramp, 8);

    works(rig, spec_of("mic", path, ""));
    for (uint64_t i = 0; i < 8; i++) {
        uint64_t first = i * 62500000; /* 16 kHz */

        near(value(rig->mic, "sound", first), ramp[i] / 32768.0);
        near(value(rig->mic, "sound", first + 62499998), ramp[i] / 32768.0);
    }
    near(value(rig->mic, "sound", 8 * 62500000), 0.0);
    works(rig, spec_of("mic", path, ",loop"));
    near(value(rig->mic, "sound", 11 * 62500000), ramp[3] / 32768.0);
    works(rig, spec_of("mic", path, ",start=1"));
    near(value(rig->mic, "sound", PS_PER_S / 2), 0.0);
    near(value(rig->mic, "sound", PS_PER_S + 5 * 62500000), ramp[5] / 32768.0);
    path = write_audio("stereo.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2, ramp, 4);
    works(rig, spec_of("mic", path, ",channel=1"));
    near(value(rig->mic, "sound", 2 * 62500000), ramp[5] / 32768.0);
}

static void write_floats(const char *path, const float *sample, sf_count_t frames)
{
    SF_INFO info = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);

    assert_non_null(file);
    assert_int_equal(sf_writef_float(file, sample, frames), frames);
    sf_close(file);
}

static void test_float_audio(void **state)
{
    static const float loud[] = {0.5f, 1.5f, -7.0f}, broken[] = {0.0f, NAN};
    struct rig *rig = *state;
    const char *path = MOTE_BINARY_DIR "/float.wav";

    write_floats(path, loud, 3);
    works(rig, spec_of("mic", path, ""));
    near(value(rig->mic, "sound", 0), 0.5);
    near(value(rig->mic, "sound", 62500000), 32767.0 / 32768.0);
    near(value(rig->mic, "sound", 2 * 62500000), -1.0);
    write_floats(path, broken, 2);
    refused(rig, spec_of("mic", path, ""), "sample 1 is not a number");
}

static void test_audio_messages(void **state)
{
    static const short silence[64] = {0};
    struct rig *rig = *state;
    const char *path;

    path = write_audio("odd.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 1, silence, 16);
    refused(rig, spec_of("mic", path, ""), "found WAV with U-Law; accepted: WAV with 8, 16");
    path = write_audio("adpcm.wav", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, 1, silence, 64);
    refused(rig, spec_of("mic", path, ""), "ADPCM");
    path = write_audio("odd.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 1, silence, 16);
    refused(rig, spec_of("mic", path, ""), "found AIFF");
    path = write_audio("many.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 4, silence, 16);
    refused(rig, spec_of("mic", path, ""), "found 4 channels");
    path = write_audio("none.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, silence, 0);
    refused(rig, spec_of("mic", path, ""), "holds no sample");
    path = write_audio("mono.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, silence, 16);
    refused(rig, spec_of("mic", path, ",channel=1"), "the file has 1 channel");
    refused(rig, spec_of("baro.pressure", path, ""), "audio is a fraction of full scale");
    refused(rig, spec_of("mic", path, ",sideways"), "No such file");
    path = write_file("text.wav", "this is no audio file at all\n");
    refused(rig, spec_of("mic", path, ""), "accepted: WAV");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantities),
        cmocka_unit_test_setup_teardown(test_constants, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_csv, set_up, tear_down),
        cmocka_unit_test(test_csv_messages),
        cmocka_unit_test_setup_teardown(test_audio_is_sample_accurate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_float_audio, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_audio_messages, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
