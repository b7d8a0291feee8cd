/* The benchmark's host inside the machine: a device without registers that talks to a UART.
 *
 * A real host needs some 200 us before its next byte; firmware whose transmit lock is still held
 * when m-ready ends would stay deaf for ever if the answer came in the same instant. */
#include <errno.h>
#include <mote/board.h>
#include <mote/bus.h>
#include <mote/core.h>
#include <mote/device.h>
#include <mote/mlperf.h>
#include <mote/power.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNAROUND_PS    200000000ull      /* 200 us */
#define REPLY_LIMIT_PS   10000000000000ull /* 10 s */
#define CHUNK_BYTES      31                /* of input in one `db`: the device's buffer has 80 */
#define COMMAND_BYTES    80
#define MAX_UARTS        32
#define MAX_PINS         32
#define MAX_INPUT_BYTES  (1u << 20)
#define SHOWN_TEXT_BYTES 80

enum { EVENT_SEND, EVENT_LIMIT };
enum phase {
    PHASE_BOOT,
    PHASE_NAME,
    PHASE_PROFILE,
    PHASE_LOAD,
    PHASE_DATA,
    PHASE_INFER,
    PHASE_END
};

/* What had happened up to a moment. */
struct moment {
    uint64_t ps, cycles, instructions, fj;
    uint64_t activity[MOTE_MAX_ACTIVITIES];
};

struct listener {
    struct mote_mlperf *host;
    struct mote_device *dev;
    struct mote_mlperf_line line;
    uint64_t bytes;
};

/* A pin that fell during `infer`. */
struct pin {
    const struct mote_device *dev;
    uint32_t output, falls;
    struct moment fall[2];
};

struct mote_mlperf {
    struct mote_mlperf_options options;
    struct mote_mlperf_result result;
    struct mote_system *sys;
    struct mote_power *power;
    struct mote_device *dev; /* its own, for events */
    uint8_t *input;
    FILE *transcript;
    struct listener *listeners[MAX_UARTS];
    size_t listener_count;

    struct listener *peer; /* the UART in use; NULL until m-ready was heard */
    enum phase phase;
    size_t sent; /* bytes of input */
    bool in_window, infer_done;
    uint64_t laps[2];
    uint32_t lap_count;
    struct moment line_begin, window[2];
    struct pin *pins;
    size_t pin_count;
};

static void finish(struct mote_mlperf *m, enum mote_mlperf_outcome outcome)
{
    m->phase = PHASE_END;
    m->result.outcome = outcome;
    mote_event_cancel(m->dev, EVENT_LIMIT);
    mote_request_stop(m->sys, outcome == MOTE_MLPERF_DONE ? MOTE_STOP_UNTIL : MOTE_STOP_FAIL_ON,
                      outcome == MOTE_MLPERF_DONE ? 0 : 1, m->result.why);
}

/* ---- measuring ----------------------------------------------------------------------------------
 */

static void take_moment(struct mote_mlperf *m, struct moment *moment)
{
    struct mote_core *core = mote_system_core(m->sys);
    struct mote_core_totals totals;
    core->ops->totals(core, &totals);
    moment->ps = mote_now_ps(m->sys);
    moment->cycles = totals.cycles;
    moment->instructions = totals.instructions;
    moment->fj = mote_power_total_fj(m->power);
    const struct mote_activities *all = mote_activities(m->sys);
    for (uint32_t i = 0; i < all->count; i++)
        moment->activity[i] = all->item[i].count;
}

static void pin_changed(void *user, const struct mote_device *dev, uint32_t output, int level)
{
    struct mote_mlperf *m = user;
    if (!m->in_window || level != 0 || dev->cls->outputs[0].name == NULL ||
        strcmp(dev->cls->outputs[0].name, "pin") != 0 || output >= dev->cls->outputs[0].count)
        return;
    struct pin *pin = m->pins;
    while (pin < m->pins + m->pin_count && (pin->dev != dev || pin->output != output))
        pin++;
    if (pin == m->pins + m->pin_count) {
        if (m->pin_count == MAX_PINS)
            return;
        m->pin_count++;
        pin->dev = dev;
        pin->output = output;
        pin->falls = 0;
    }
    if (pin->falls < 2)
        take_moment(m, &pin->fall[pin->falls]);
    pin->falls++;
}

static void set_window(struct mote_mlperf *m, const struct moment *from, const struct moment *to)
{
    struct mote_mlperf_result *r = &m->result;
    r->begin_ps = from->ps;
    r->window_ps = to->ps - from->ps;
    r->cycles = to->cycles - from->cycles;
    r->instructions = to->instructions - from->instructions;
    r->fj = to->fj - from->fj;
    for (uint32_t i = 0; i < mote_activities(m->sys)->count; i++)
        r->activity[i] = to->activity[i] - from->activity[i];
}

static void close_window(struct mote_mlperf *m)
{
    struct mote_mlperf_result *r = &m->result;
    if (m->lap_count >= 2 && m->laps[1] < m->laps[0]) {
        snprintf(r->why, sizeof r->why,
                 "the device's time stamps run backwards: %llu, then %llu us",
                 (unsigned long long)m->laps[0], (unsigned long long)m->laps[1]);
        return;
    }
    if (m->lap_count >= 2) {
        r->has_laps = true;
        r->latency_us = (double)(m->laps[1] - m->laps[0]) / r->iterations;
        set_window(m, &m->window[0], &m->window[1]);
        return;
    }
    for (size_t i = 0; i < m->pin_count; i++)
        if (m->pins[i].falls == 2) {
            set_window(m, &m->pins[i].fall[0], &m->pins[i].fall[1]);
            r->latency_us = (double)r->window_ps * 1e-6 / r->iterations;
            return;
        }
    snprintf(r->why, sizeof r->why,
             "`infer` brought %u time stamps and no pin that pulsed twice: there is nothing to "
             "measure between",
             m->lap_count);
}

/* ---- talking ------------------------------------------------------------------------------------
 */

static void send(struct mote_mlperf *m, const char *command)
{
    size_t length = strlen(command);
    if (m->transcript != NULL)
        fprintf(m->transcript, "[%.6f s] > %s\n", (double)mote_now_ps(m->sys) * 1e-12, command);
    mote_uart_feed(m->peer->dev, (const uint8_t *)command, length);
    if (m->phase == PHASE_INFER)
        mote_event_cancel(m->dev, EVENT_LIMIT); /* as long as it takes */
    else
        mote_event_after(m->dev, EVENT_LIMIT, m->options.reply_limit_ps);
}

static void send_data(struct mote_mlperf *m)
{
    char command[COMMAND_BYTES] = "db ";
    size_t at = strlen(command), left = m->result.input_bytes - m->sent;
    for (size_t i = 0; i < (left < CHUNK_BYTES ? left : CHUNK_BYTES); i++)
        at += (size_t)snprintf(command + at, sizeof command - at, "%02x", m->input[m->sent + i]);
    m->sent += left < CHUNK_BYTES ? left : CHUNK_BYTES;
    snprintf(command + at, sizeof command - at, "%%");
    send(m, command);
}

static void send_event(struct mote_device *dev)
{
    struct mote_mlperf *m = *(struct mote_mlperf **)dev->state;
    char command[COMMAND_BYTES];
    switch (m->phase) {
    case PHASE_NAME:
        send(m, "name%");
        break;
    case PHASE_PROFILE:
        send(m, "profile%");
        break;
    case PHASE_LOAD:
        snprintf(command, sizeof command, "db load %zu%%", m->result.input_bytes);
        send(m, command);
        break;
    case PHASE_DATA:
        send_data(m);
        break;
    case PHASE_INFER:
        snprintf(command, sizeof command, "infer %u %u%%", m->result.iterations, m->result.warmup);
        send(m, command);
        break;
    default:
        break;
    }
}

/* What a UART said last, fit for a terminal. */
static const char *last_words(const struct listener *l, char *text, size_t bytes)
{
    size_t length = l->line.length > 0 ? l->line.length : strlen(l->line.text);
    size_t i = 0;
    for (; i < length && i + 1 < bytes; i++)
        text[i] = l->line.text[i] >= ' ' && l->line.text[i] < 0x7f ? l->line.text[i] : '.';
    text[i] = '\0';
    return text;
}

static void no_ready(struct mote_mlperf *m, double seconds)
{
    size_t used = 0, talked = 0;
    char *why = m->result.why, words[SHOWN_TEXT_BYTES];
    size_t room = sizeof m->result.why;
    used += (size_t)snprintf(why, room, "no m-ready within %g s of virtual time: ", seconds);
    for (size_t i = 0; i < m->listener_count && used < room; i++) {
        const struct listener *l = m->listeners[i];
        if (l->bytes == 0)
            continue;
        used += (size_t)snprintf(why + used, room - used, "%s%s sent %llu bytes, lastly \"%s\"",
                                 talked++ ? ", " : "", l->dev->name, (unsigned long long)l->bytes,
                                 last_words(l, words, sizeof words));
    }
    if (talked == 0 && used < room)
        snprintf(why + used, room - used,
                 "no UART sent a byte; is this the right board for the firmware?");
    finish(m, MOTE_MLPERF_NO_READY);
}

static void limit_event(struct mote_device *dev)
{
    static const char *const names[] = {[PHASE_NAME] = "name",
                                        [PHASE_PROFILE] = "profile",
                                        [PHASE_LOAD] = "db load",
                                        [PHASE_DATA] = "db"};
    struct mote_mlperf *m = *(struct mote_mlperf **)dev->state;
    char words[SHOWN_TEXT_BYTES];
    double seconds = (double)m->options.reply_limit_ps * 1e-12;
    if (m->phase == PHASE_BOOT) {
        no_ready(m, seconds);
        return;
    }
    snprintf(
        m->result.why, sizeof m->result.why,
        "%s did not answer `%s` with m-ready within %g s of virtual time; lastly it sent \"%s\"",
        m->peer->dev->name, names[m->phase], seconds, last_words(m->peer, words, sizeof words));
    finish(m, MOTE_MLPERF_NO_REPLY);
}

/* ---- listening ----------------------------------------------------------------------------------
 */

static bool input_fits(struct mote_mlperf *m)
{
    size_t wanted = mote_mlperf_input_bytes(m->result.model);
    if (wanted == 0 || wanted == m->result.input_bytes)
        return true;
    snprintf(m->result.why, sizeof m->result.why,
             "--db %s has %zu bytes, but one input of the device's model %s has %zu", m->options.db,
             m->result.input_bytes, m->result.model, wanted);
    finish(m, MOTE_MLPERF_BAD_DB);
    return false;
}

/* The device is ready for the next command. */
static void ready(struct mote_mlperf *m)
{
    bool load = m->input != NULL;
    switch (m->phase) {
    case PHASE_BOOT:
        m->phase = PHASE_NAME;
        break;
    case PHASE_NAME:
        m->phase = PHASE_PROFILE;
        break;
    case PHASE_PROFILE:
        if (load && !input_fits(m))
            return;
        m->phase = load ? PHASE_LOAD : PHASE_INFER;
        break;
    case PHASE_LOAD:
        m->phase = PHASE_DATA;
        break;
    case PHASE_DATA:
        if (m->sent == m->result.input_bytes)
            m->phase = PHASE_INFER;
        break;
    case PHASE_INFER:
        if (!m->infer_done) {
            snprintf(m->result.why, sizeof m->result.why, "`infer` ended without m-infer-done");
            finish(m, MOTE_MLPERF_REFUSED);
            return;
        }
        close_window(m);
        finish(m, m->result.window_ps != 0 ? MOTE_MLPERF_DONE : MOTE_MLPERF_REFUSED);
        return;
    case PHASE_END:
        return;
    }
    mote_event_after(m->dev, EVENT_SEND, TURNAROUND_PS);
}

static void copy_text(char *to, const struct mote_mlperf_item *item)
{
    snprintf(to, MOTE_MLPERF_TEXT_BYTES, "%.*s",
             (int)(item->text_bytes < MOTE_MLPERF_TEXT_BYTES ? item->text_bytes
                                                             : MOTE_MLPERF_TEXT_BYTES - 1),
             item->text);
}

static void lap(struct mote_mlperf *m, uint64_t us)
{
    if (!m->in_window)
        return;
    if (m->lap_count == 0) {
        take_moment(m, &m->window[0]);
        m->laps[0] = us;
    } else {
        m->window[1] = m->line_begin;
        m->laps[1] = us;
    }
    m->lap_count++;
}

static void take_line(struct listener *l)
{
    struct mote_mlperf *m = l->host;
    char words[SHOWN_TEXT_BYTES];
    struct mote_mlperf_item item = mote_mlperf_parse(l->line.text);
    if (m->peer == NULL && item.kind == MOTE_MLPERF_READY) {
        m->peer = l;
        m->result.uart = l->dev->name;
    }
    if (m->transcript != NULL)
        fprintf(m->transcript, "[%.6f s] %s: %s\n", (double)mote_now_ps(m->sys) * 1e-12,
                l->dev->name, l->line.text);
    if (m->peer != l)
        return;
    switch (item.kind) {
    case MOTE_MLPERF_READY:
        ready(m);
        break;
    case MOTE_MLPERF_LAP:
        lap(m, item.number);
        break;
    case MOTE_MLPERF_NAME:
        copy_text(m->result.name, &item);
        break;
    case MOTE_MLPERF_MODEL:
        copy_text(m->result.model, &item);
        break;
    case MOTE_MLPERF_INFER_START:
        m->in_window = m->phase == PHASE_INFER;
        break;
    case MOTE_MLPERF_INFER_DONE:
        m->infer_done = m->in_window;
        m->in_window = false;
        break;
    case MOTE_MLPERF_RESULTS:
        m->result.result_count = mote_mlperf_numbers(item.text, item.text_bytes, m->result.results,
                                                     MOTE_MLPERF_MAX_RESULTS);
        break;
    case MOTE_MLPERF_ERROR:
        snprintf(m->result.why, sizeof m->result.why, "the device answered \"%s\"",
                 last_words(l, words, sizeof words));
        finish(m, MOTE_MLPERF_REFUSED);
        break;
    default:
        break;
    }
}

static void take_byte(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)dev;
    struct listener *l = user;
    struct mote_mlperf *m = l->host;
    if (m->in_window && l == m->peer && l->line.length == 0 && m->lap_count > 0)
        take_moment(m, &m->line_begin);
    l->bytes++;
    if (m->phase != PHASE_END && mote_mlperf_line_feed(&l->line, byte))
        take_line(l);
}

/* ---- life ---------------------------------------------------------------------------------------
 */

/* Power-on, or firmware that reset itself: the dialogue starts again. */
static void reset(struct mote_device *dev)
{
    struct mote_mlperf *m = *(struct mote_mlperf **)dev->state;
    m->peer = NULL;
    m->phase = PHASE_BOOT;
    m->sent = 0;
    m->in_window = m->infer_done = false;
    m->lap_count = 0;
    m->pin_count = 0;
    for (size_t i = 0; i < m->listener_count; i++)
        m->listeners[i]->line.length = 0;
    mote_event_after(dev, EVENT_LIMIT, m->options.reply_limit_ps);
}

static const struct mote_event_desc events[] = {
    [EVENT_SEND] = {"send", send_event, 0},
    [EVENT_LIMIT] = {"limit", limit_event, 90},
};

static const struct mote_device_class host_class = {
    .name = "mlperf_host",
    .summary = "the benchmark's host",
    .state_bytes = sizeof(struct mote_mlperf *),
    .events = events,
    .event_count = sizeof events / sizeof *events,
    .reset = reset,
};

static bool read_input(struct mote_mlperf *m, const char *path, struct mote_err *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return mote_err_set(err, "--db %s: %s", path, strerror(errno));
    m->input = malloc(MAX_INPUT_BYTES);
    size_t got = m->input != NULL ? fread(m->input, 1, MAX_INPUT_BYTES, file) : 0;
    bool failed = ferror(file) != 0;
    fclose(file);
    if (m->input == NULL)
        return mote_err_set(err, "out of memory");
    if (failed || got == 0 || got == MAX_INPUT_BYTES)
        return mote_err_set(err, "--db %s: %s; give the raw bytes of one input", path,
                            failed     ? "cannot be read"
                            : got == 0 ? "is empty"
                                       : "is larger than any input");
    m->result.input_bytes = got;
    return true;
}

struct mote_mlperf *mote_mlperf_new(const struct mote_mlperf_options *options, struct mote_err *err)
{
    struct mote_mlperf *m = calloc(1, sizeof *m);
    if (m != NULL)
        m->pins = calloc(MAX_PINS, sizeof *m->pins);
    if (m == NULL || m->pins == NULL) {
        mote_mlperf_free(m);
        mote_err_set(err, "out of memory");
        return NULL;
    }
    m->options = *options;
    if (m->options.reply_limit_ps == 0)
        m->options.reply_limit_ps = REPLY_LIMIT_PS;
    m->result.iterations = options->iterations;
    m->result.warmup = options->warmup;
    bool ok = options->db == NULL || read_input(m, options->db, err);
    if (ok && options->transcript != NULL) {
        m->transcript = fopen(options->transcript, "w");
        if (m->transcript == NULL)
            ok = mote_err_set(err, "--transcript %s: %s", options->transcript, strerror(errno));
    }
    if (!ok) {
        mote_mlperf_free(m);
        return NULL;
    }
    return m;
}

static bool listen_to(struct mote_mlperf *m, struct mote_device *dev, struct mote_err *err)
{
    if (m->listener_count == MAX_UARTS)
        return true;
    struct listener *l = calloc(1, sizeof *l);
    if (l == NULL)
        return mote_err_set(err, "out of memory");
    m->listeners[m->listener_count++] = l;
    l->host = m;
    l->dev = dev;
    mote_uart_set_drained_mode(dev, m->options.drained);
    return mote_uart_add_sink(dev, take_byte, l) ||
           mote_err_set(err, "%s: this UART has too many backends already", dev->name);
}

bool mote_mlperf_attach(struct mote_mlperf *m, struct mote_system *sys,
                        const struct mote_board *board, struct mote_power *power,
                        struct mote_err *err)
{
    const struct mote_device *only = NULL;
    if (m->options.uart != NULL) {
        only = mote_system_find(sys, m->options.uart);
        if (only == NULL)
            only = mote_board_alias(board, m->options.uart);
        if (only == NULL || only->cls->uart == NULL)
            return mote_err_set(err,
                                "--uart %s: board %s has no such UART; `mote info %s` lists its "
                                "devices",
                                m->options.uart, board->name, board->name);
    }
    m->sys = sys;
    m->power = power;
    struct mote_device_spec spec = {.cls = &host_class, .name = "mlperf"};
    m->dev = mote_device_new(sys, &spec, err);
    if (m->dev == NULL)
        return false;
    memcpy(m->dev->state, &m, sizeof m);
    for (size_t i = 0; i < mote_system_device_count(sys); i++) {
        struct mote_device *dev = mote_system_device(sys, i);
        if (dev->cls->uart != NULL && (only == NULL || dev == only) && !listen_to(m, dev, err))
            return false;
    }
    if (m->listener_count == 0)
        return mote_err_set(err, "board %s has no UART to talk to", board->name);
    return mote_wire_add_watch(sys, pin_changed, m) || mote_err_set(err, "too many wire watches");
}

bool mote_mlperf_close(struct mote_mlperf *m, struct mote_err *err)
{
    if (m->transcript == NULL)
        return true;
    bool failed = ferror(m->transcript) != 0;
    failed |= fclose(m->transcript) != 0;
    m->transcript = NULL;
    return !failed ||
           mote_err_set(err, "--transcript %s could not be written", m->options.transcript);
}

void mote_mlperf_free(struct mote_mlperf *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->listener_count; i++)
        free(m->listeners[i]);
    if (m->transcript != NULL)
        fclose(m->transcript);
    free(m->pins);
    free(m->input);
    free(m);
}

const struct mote_mlperf_result *mote_mlperf_result(const struct mote_mlperf *m)
{
    return &m->result;
}
