/* The machine: puts board, firmware, host connections and stimuli together, and runs them. */
#include "console.h"
#include "extension.h"
#include "htif.h"
#include "uart_host.h"
#include <errno.h>
#include <mote/activity.h>
#include <mote/activity_trace.h>
#include <mote/bus.h>
#include <mote/diagnose.h>
#include <mote/firmware.h>
#include <mote/machine.h>
#include <mote/mlperf.h>
#include <mote/power.h>
#include <mote/semihosting.h>
#include <mote/space.h>
#include <mote/stimulus.h>
#include <mote/symbols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_MARKERS 64

/* Virtual time between two looks at the host while the core runs. Always on, whether a host is
 * attached or not, so that attaching one changes nothing. */
#define HOST_TICK_PS 10000000000ull

enum { EVENT_LIMIT, EVENT_HOST };

struct marker {
    struct mote_marker_totals totals;
    bool open;
    uint64_t begin_cycles, begin_fj;
};

struct mote_machine {
    struct mote_system *sys;
    struct mote_board board;
    struct mote_symbols *symbols;
    struct mote_power *power;
    struct mote_stimuli *stimuli;
    struct mote_activity_trace *activity_trace; /* or NULL */
    struct mote_device *watch;                  /* the machine's own events */
    struct htif htif;
    struct uart_host *hosts[MOTE_MAX_OPTIONS];
    size_t host_count;
    void *extensions[MOTE_MAX_OPTIONS];
    size_t extension_count;
    struct text_match until, fail_on;
    struct marker markers[MAX_MARKERS];
    uint64_t time_limit_ps;
    bool stdio_taken;
    int console_failure; /* errno of the debug console's first failed write, or 0 */
    char doubt[MOTE_FIRMWARE_DOUBT_BYTES]; /* whether the image is for this core */
    char diagnosis[4096];
};

/* ---- the machine's own device: limits and host ticks -------------------------------------------
 */

static void limit_reached(struct mote_device *dev)
{
    mote_request_stop(dev->sys, MOTE_STOP_TIME_LIMIT, 124, "virtual time limit");
}

static void host_tick(struct mote_device *dev)
{
    struct mote_machine *machine = *(struct mote_machine **)dev->state;
    uart_hosts_poll(machine->hosts, machine->host_count, false);
    mote_event_after(dev, EVENT_HOST, HOST_TICK_PS);
}

static const struct mote_event_desc watch_events[] = {
    [EVENT_LIMIT] = {"limit", limit_reached, 100},
    [EVENT_HOST] = {"host", host_tick, 101},
};

static const struct mote_device_class watch_class = {
    .name = "machine",
    .summary = "the run's limits",
    .state_bytes = sizeof(struct mote_machine *),
    .events = watch_events,
    .event_count = 2,
};

static void arm_watch(struct mote_machine *machine)
{
    uint64_t now = mote_now_ps(machine->sys);
    mote_event_at(machine->watch, EVENT_HOST, now - now % HOST_TICK_PS + HOST_TICK_PS);
    if (machine->time_limit_ps != 0)
        mote_event_at(machine->watch, EVENT_LIMIT, machine->time_limit_ps);
}

/* ---- console and markers -----------------------------------------------------------------------
 */

static void console_bytes(void *user, const char *bytes, size_t count)
{
    struct mote_machine *machine = user;
    for (size_t i = 0; i < count; i++) {
        if (text_match_feed(&machine->fail_on, bytes[i]))
            mote_request_stop(machine->sys, MOTE_STOP_FAIL_ON, 1, machine->fail_on.text);
        if (text_match_feed(&machine->until, bytes[i]))
            mote_request_stop(machine->sys, MOTE_STOP_UNTIL, 0, machine->until.text);
    }
}

static void console_byte(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)dev;
    console_bytes(user, (const char *)&byte, 1);
}

/* ITM and semihosting text: to standard output, as the console is. */
static void debug_console(void *user, const char *bytes, size_t count)
{
    struct mote_machine *machine = user;
    console_bytes(machine, bytes, count);
    while (count > 0) {
        ssize_t done = write(STDOUT_FILENO, bytes, count);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            if (done < 0 && errno != EPIPE && machine->console_failure == 0)
                machine->console_failure = errno;
            return;
        }
        bytes += done;
        count -= (size_t)done;
    }
}

static void marker_seen(void *user, uint32_t id, bool begin, uint64_t cycles)
{
    struct mote_machine *machine = user;
    if (id >= MAX_MARKERS)
        return;
    struct marker *marker = &machine->markers[id];
    uint64_t fj = mote_power_total_fj(machine->power);
    if (begin) {
        marker->open = true;
        marker->begin_cycles = cycles;
        marker->begin_fj = fj;
    } else if (marker->open) {
        marker->open = false;
        marker->totals.count++;
        marker->totals.cycles += cycles - marker->begin_cycles;
        marker->totals.energy_fj += fj - marker->begin_fj;
    }
}

size_t mote_machine_markers(const struct mote_machine *machine, struct mote_marker_totals *totals,
                            size_t max)
{
    size_t count = 0;
    for (uint32_t id = 0; id < MAX_MARKERS; id++)
        if (machine->markers[id].totals.count > 0 && count < max) {
            totals[count] = machine->markers[id].totals;
            totals[count++].id = id;
        }
    return count;
}

/* ---- putting it together -----------------------------------------------------------------------
 */

static bool add_uart(struct mote_machine *machine, struct mote_device *dev, const char *backend,
                     struct mote_err *err)
{
    if (machine->host_count == MOTE_MAX_OPTIONS)
        return mote_err_set(err, "more than %d --uart options", MOTE_MAX_OPTIONS);
    struct uart_host *host = uart_host_new(dev, backend, err);
    if (host == NULL)
        return false;
    machine->hosts[machine->host_count++] = host;
    machine->stdio_taken |= strncmp(backend, "stdio", 5) == 0;
    return true;
}

static void list_uarts(const struct mote_system *sys, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < mote_system_device_count(sys) && used < bytes; i++) {
        const struct mote_device *dev = mote_system_device(sys, i);
        if (dev->cls->uart == NULL)
            continue;
        int more = snprintf(text + used, bytes - used, "%s%s", used ? ", " : "", dev->name);
        used += more > 0 ? (size_t)more : 0;
    }
}

/* Gives the UART, or NULL after filling `err`. */
static struct mote_device *connect_uart(struct mote_machine *machine, const char *spec,
                                        struct mote_err *err)
{
    char name[64], uarts[256];
    const char *equals = strchr(spec, '=');
    if (equals == NULL || equals == spec || (size_t)(equals - spec) >= sizeof name) {
        mote_err_set(err, "--uart %s: write NAME=BACKEND, for example lpuart1=tcp:4000", spec);
        return NULL;
    }
    memcpy(name, spec, (size_t)(equals - spec));
    name[equals - spec] = '\0';
    struct mote_device *dev = mote_system_find(machine->sys, name);
    if (dev == NULL)
        dev = mote_board_alias(&machine->board, name);
    if (dev == NULL || dev->cls->uart == NULL) {
        list_uarts(machine->sys, uarts, sizeof uarts);
        mote_err_set(err, "--uart %s: board %s has no UART \"%s\"; it has %s", spec,
                     machine->board.name, name, uarts[0] ? uarts : "none");
        return NULL;
    }
    return add_uart(machine, dev, equals + 1, err) ? dev : NULL;
}

static bool connect_uarts(struct mote_machine *machine, const struct mote_machine_options *options,
                          struct mote_err *err)
{
    struct mote_device *console = machine->board.console;
    bool console_given = false;
    for (size_t i = 0; i < options->uart_count; i++) {
        const struct mote_device *uart = connect_uart(machine, options->uarts[i], err);
        if (uart == NULL)
            return false;
        console_given |= uart == console;
    }
    if (console == NULL || console->cls->uart == NULL)
        return true;
    bool quiet = options->mlperf != NULL; /* a dialogue with a program, not with people */
    if (!console_given && !quiet && !machine->stdio_taken &&
        !add_uart(machine, console, "stdio", err))
        return false;
    return mote_uart_add_sink(console, console_byte, machine) ||
           mote_err_set(err, "too many sinks on %s", console->name);
}

/* Of a raw binary nothing is known but its first words; a core that boots by vectors needs two that
 * can be a stack pointer and the address of an instruction. */
static void doubt_vectors(struct mote_machine *machine, const struct mote_firmware *firmware)
{
    struct mote_system *sys = machine->sys;
    uint32_t vector[2];
    if (mote_system_core(sys)->ops->boots_by_instruction ||
        !mote_mem_read(sys, firmware->low, vector, sizeof vector))
        return;
    /* The stack is full-descending: it may begin right behind a region. */
    const struct mote_region *stack = mote_region_find(sys, (uint64_t)vector[0] - 4);
    bool start = (vector[1] & 1) != 0 && mote_region_find(sys, vector[1]) != NULL;
    if (stack == NULL || !stack->writable || !start)
        snprintf(machine->doubt, sizeof machine->doubt,
                 "probably not made for this board, or is no firmware: its first words, 0x%08x and "
                 "0x%08x, are no stack pointer and reset vector here",
                 vector[0], vector[1]);
}

static bool load_firmware(struct mote_machine *machine, const struct mote_machine_options *options,
                          struct mote_err *err)
{
    struct mote_firmware firmware;
    struct mote_firmware_options how = {
        .elf_machine = machine->board.elf_machine,
        .elf_bits = mote_system_core(machine->sys)->ops->registers[0].bits,
        .core = mote_system_core(machine->sys),
        .bin_address = options->has_load_address ? options->load_address : machine->board.app_base,
    };
    if (!mote_firmware_load(machine->sys, options->firmware, &how, &firmware, err))
        return false;
    if (options->has_load_address && firmware.kind != MOTE_FIRMWARE_BIN)
        return mote_err_set(err,
                            "--load-address: %s brings its own addresses; leave the option out "
                            "(it is for raw binaries)",
                            options->firmware);
    memcpy(machine->doubt, firmware.doubt, sizeof machine->doubt);
    if (firmware.kind == MOTE_FIRMWARE_BIN)
        doubt_vectors(machine, &firmware);
    if (machine->doubt[0] != '\0')
        mote_log(machine->sys, how.core->device, MOTE_LOG_INFO, "the image was %s", machine->doubt);
    const char *symbols = options->symbols != NULL ? options->symbols : options->firmware;
    machine->symbols = mote_symbols_read(symbols, err);
    if (machine->symbols == NULL)
        return options->symbols != NULL ? mote_err_prefix(err, "--symbols") : false;
    if (options->symbols != NULL && mote_symbols_count(machine->symbols) == 0)
        return mote_err_set(err,
                            "--symbols %s: no ELF, or one without symbols; give the file that the "
                            "firmware was made of",
                            options->symbols);
    /* An image behind an absent bootloader: start it as the bootloader would have. */
    const struct mote_board *board = &machine->board;
    struct mote_core *core = mote_system_core(machine->sys);
    uint8_t vector[8];
    bool blank = mote_mem_read(machine->sys, board->boot_base, vector, sizeof vector) &&
                 memcmp(vector, "\xff\xff\xff\xff\xff\xff\xff\xff", sizeof vector) == 0;
    bool has_entry = core->ops->boots_by_instruction && firmware.entry >= firmware.low &&
                     firmware.entry < firmware.high;
    uint64_t start = has_entry ? firmware.entry : firmware.low;
    if (blank && core->ops->set_boot_address != NULL) {
        core->ops->set_boot_address(core, start);
        mote_log(machine->sys, core->device, MOTE_LOG_INFO,
                 "nothing at 0x%llx: starting the image at 0x%llx, as its bootloader would",
                 (unsigned long long)board->boot_base, (unsigned long long)start);
    } else if (board->boots_from_ram && has_entry && core->ops->set_boot_address != NULL) {
        core->ops->set_boot_address(core, start);
    }
    return mote_htif_connect(&machine->htif, machine->sys, machine->symbols, err);
}

/* DEVICE.INPUT=0|1: an input wire driven from outside, such as an option that was programmed
 * before. */
static bool set_input(struct mote_machine *machine, const char *key, const char *value,
                      bool *handled, struct mote_err *err)
{
    char name[64];
    const char *dot = strchr(key, '.');
    *handled = false;
    if (dot == NULL || dot == key)
        return true;
    snprintf(name, sizeof name, "%.*s", (int)(dot - key), key);
    struct mote_device *dev = mote_system_find(machine->sys, name);
    int input = dev != NULL ? mote_input_index(dev->cls, dot + 1, 0) : -1;
    if (input < 0)
        return true;
    *handled = true;
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return mote_err_set(err, "--set %s=%s: a wire is 0 or 1", key, value);
    mote_wire_drive(dev, (uint32_t)input, value[0] - '0');
    return true;
}

static bool configure(struct mote_machine *machine, const struct mote_machine_options *options,
                      struct mote_err *err)
{
    for (size_t i = 0; i < options->stimulus_count; i++)
        if (!mote_stimulus_connect(machine->sys, options->stimuli[i], machine->stimuli, err))
            return false;
    for (size_t i = 0; i < options->setting_count; i++) {
        char key[64];
        const char *spec = options->settings[i], *equals = strchr(spec, '=');
        if (equals == NULL || equals == spec || (size_t)(equals - spec) >= sizeof key)
            return mote_err_set(err, "--set %s: write KEY=VALUE, for example supply.voltage=1.8",
                                spec);
        memcpy(key, spec, (size_t)(equals - spec));
        key[equals - spec] = '\0';
        bool handled = false;
        if (!mote_power_set(machine->power, key, equals + 1, &handled, err) ||
            (!handled && !set_input(machine, key, equals + 1, &handled, err)))
            return false;
        if (!handled)
            return mote_err_set(
                err,
                "--set %s: no setting \"%s\"; there are supply.voltage, "
                "temperature, regulator, board.load, battery.cell, and DEVICE.INPUT "
                "for an input wire of a device",
                spec, key);
    }
    return text_match_init(&machine->until, options->until) &&
           text_match_init(&machine->fail_on, options->fail_on);
}

static bool load_extensions(struct mote_machine *machine,
                            const struct mote_machine_options *options, struct mote_err *err)
{
    for (size_t i = 0; i < options->extension_count; i++) {
        void *handle = extension_load(options->extensions[i], mote_system_core(machine->sys), err);
        if (handle == NULL)
            return false;
        machine->extensions[machine->extension_count++] = handle;
    }
    return true;
}

static bool build(struct mote_machine *machine, const struct mote_machine_options *options,
                  struct mote_err *err)
{
    if (!mote_board_load(machine->sys, options->board, &machine->board, err))
        return false;
    struct mote_device_spec spec = {.cls = &watch_class, .name = "machine"};
    machine->watch = mote_device_new(machine->sys, &spec, err);
    if (machine->watch == NULL)
        return false;
    memcpy(machine->watch->state, &machine, sizeof machine);
    machine->power = mote_power_new(machine->sys, machine->board.soc, err);
    machine->stimuli = mote_stimuli_new(&machine->board);
    if (machine->power == NULL || machine->stimuli == NULL)
        return false;
    struct mote_core *core = mote_system_core(machine->sys);
    if (core->ops->set_accuracy != NULL)
        core->ops->set_accuracy(core, options->accuracy);
    if (!load_extensions(machine, options, err))
        return false;
    mote_set_strict(machine->sys, options->strict);
    machine->time_limit_ps = options->time_limit_ps;
    struct stat info;
    const char *directory = options->semihosting_directory;
    if (directory != NULL && (stat(directory, &info) != 0 || !S_ISDIR(info.st_mode)))
        return mote_err_set(err, "--semihosting %s: no such directory", directory);
    mote_semihosting_configure(machine->sys, options->semihosting_directory,
                               options->command_line != NULL ? options->command_line
                                                             : options->firmware);
    if (!connect_uarts(machine, options, err) || !load_firmware(machine, options, err) ||
        !configure(machine, options, err))
        return false;
    if (options->activity_trace != NULL) {
        machine->activity_trace =
            mote_activity_trace_new(machine->sys, machine->power, options->activity_trace, err);
        if (machine->activity_trace == NULL)
            return false;
    }
    if (options->mlperf != NULL &&
        !mote_mlperf_attach(options->mlperf, machine->sys, &machine->board, machine->power, err))
        return false;
    mote_set_marker_sink(machine->sys, marker_seen, machine);
    mote_set_debug_console(machine->sys, debug_console, machine);
    mote_system_reset(machine->sys);
    arm_watch(machine);
    return true;
}

struct mote_machine *mote_machine_new(const struct mote_machine_options *options,
                                      struct mote_err *err)
{
    struct mote_machine *machine = calloc(1, sizeof *machine);
    if (machine != NULL)
        machine->sys = mote_system_new();
    if (machine == NULL || machine->sys == NULL) {
        free(machine);
        mote_err_set(err, "out of memory");
        return NULL;
    }
    mote_log_set_sink(machine->sys, options->log, options->log_user);
    mote_err_set(err, "out of memory"); /* what a failure without a text of its own was */
    if (!build(machine, options, err)) {
        mote_machine_free(machine);
        return NULL;
    }
    return machine;
}

void mote_machine_free(struct mote_machine *machine)
{
    if (machine == NULL)
        return;
    for (size_t i = 0; i < machine->host_count; i++)
        uart_host_free(machine->hosts[i]);
    mote_activity_trace_free(machine->activity_trace);
    mote_power_free(machine->power);
    mote_system_free(machine->sys);
    mote_stimuli_free(machine->stimuli);
    mote_symbols_free(machine->symbols);
    text_match_deinit(&machine->until);
    text_match_deinit(&machine->fail_on);
    mote_board_free(&machine->board);
    for (size_t i = 0; i < machine->extension_count; i++)
        extension_unload(machine->extensions[i]);
    free(machine);
}

/* ---- running ------------------------------------------------------------------------------------
 */

static bool host_can_wake(const struct mote_machine *machine)
{
    for (size_t i = 0; i < machine->host_count; i++)
        if (uart_host_live(machine->hosts[i]))
            return true;
    return false;
}

/* The core sleeps: go to the next event at once, or to the host when only it can end the sleep. */
static void pass_sleep(struct mote_machine *machine)
{
    struct mote_system *sys = machine->sys;
    mote_event_cancel(machine->watch, EVENT_HOST);
    uart_hosts_poll(machine->hosts, machine->host_count, false);
    uint64_t next = *mote_next_event_ps(sys);
    if (next != MOTE_NEVER_PS)
        mote_run_events(sys, next);
    else if (host_can_wake(machine))
        uart_hosts_poll(machine->hosts, machine->host_count, true);
    else
        mote_request_stop(sys, MOTE_STOP_DEAD, 3,
                          "the core sleeps and nothing is left that could wake it");
    uint64_t now = mote_now_ps(sys);
    mote_event_at(machine->watch, EVENT_HOST, now - now % HOST_TICK_PS + HOST_TICK_PS);
}

static void start_core(struct mote_system *sys, struct mote_core *core)
{
    uint64_t address;
    if (!mote_take_core_start_request(sys, &address))
        return;
    if (core->ops->start_at != NULL)
        core->ops->start_at(core, address);
    else
        mote_log(sys, core->device, MOTE_LOG_UNMODELLED, "the core cannot start at 0x%llx",
                 (unsigned long long)address);
}

static void diagnose(struct mote_machine *machine, struct mote_core *core)
{
    char *text = machine->diagnosis;
    mote_diagnose(core, machine->symbols, text, sizeof machine->diagnosis);
    size_t used = strlen(text);
    if (machine->doubt[0] != '\0')
        snprintf(text + used, sizeof machine->diagnosis - used, "the image was %s\n",
                 machine->doubt);
}

enum mote_stop_reason mote_machine_run(struct mote_machine *machine)
{
    struct mote_system *sys = machine->sys;
    struct mote_core *core = mote_system_core(sys);
    while (mote_stop_requested(sys) == MOTE_STOP_NONE) {
        enum mote_core_state state = core->ops->run(core);
        if (mote_take_reset_request(sys)) {
            mote_system_reset(sys);
            arm_watch(machine);
            continue;
        }
        start_core(sys, core);
        if (state == MOTE_CORE_LOCKED_UP)
            mote_request_stop(sys, MOTE_STOP_FAULT, 3, "lockup");
        else if (state == MOTE_CORE_SLEEPING)
            pass_sleep(machine);
        else
            mote_run_events(sys, mote_now_ps(sys));
    }
    mote_power_settle(machine->power);
    enum mote_stop_reason reason = mote_stop_requested(sys);
    if (reason == MOTE_STOP_FAULT)
        diagnose(machine, core);
    return reason;
}

int mote_machine_exit_status(const struct mote_machine *machine)
{
    int code = mote_stop_exit_code(machine->sys);
    switch (mote_stop_requested(machine->sys)) {
    case MOTE_STOP_EXIT: /* a text that was waited for has not come */
        return code == 0 && machine->until.text != NULL ? 1 : code;
    case MOTE_STOP_FAIL_ON:
        return 1;
    case MOTE_STOP_TIME_LIMIT:
        return 124;
    case MOTE_STOP_FAULT:
    case MOTE_STOP_DEAD:
        return 3;
    default:
        return 0;
    }
}

struct mote_system *mote_machine_system(struct mote_machine *machine)
{
    return machine->sys;
}

const struct mote_board *mote_machine_board(const struct mote_machine *machine)
{
    return &machine->board;
}

const struct mote_symbols *mote_machine_symbols(const struct mote_machine *machine)
{
    return machine->symbols;
}

struct mote_power *mote_machine_power(struct mote_machine *machine)
{
    return machine->power;
}

bool mote_machine_close_outputs(struct mote_machine *machine, struct mote_err *err)
{
    bool ok = mote_activity_trace_close(machine->activity_trace, err);
    for (size_t i = 0; i < machine->host_count && ok; i++)
        ok = uart_host_check(machine->hosts[i], err);
    if (ok && machine->console_failure != 0)
        ok = mote_err_set(err, "what the firmware printed could not be written: %s",
                          strerror(machine->console_failure));
    return ok;
}

const char *mote_machine_diagnosis(const struct mote_machine *machine)
{
    return machine->diagnosis;
}
