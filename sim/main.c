/* The command line: the one place where everything meets. */
#include "inventory.h"
#include <errno.h>
#include <getopt.h>
#include <mote/device.h>
#include <mote/machine.h>
#include <mote/mlperf.h>
#include <mote/report.h>
#include <mote/space.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXIT_UNUSABLE 2
#define MAX_REPORTS   8

static const char usage[] =
    "usage:\n"
    "  mote run FIRMWARE --board NAME|FILE.dts|FILE.dtb [options]\n"
    "  mote mlperf FIRMWARE --board BOARD [--db FILE] [--iterations N] [--warmup W] [options]\n"
    "  mote boards | mote devices | mote info BOARD | mote --version\n"
    "\n"
    "FIRMWARE is an ELF, Intel HEX, UF2 or raw binary.\n"
    "  --accuracy exact|fast     evaluate every access, or charge what exact stretches taught\n"
    "                            (default; RV64 harts run exactly)\n"
    "  --time-limit TIME         virtual time, e.g. 10s, 250ms; exit status 124 when reached\n"
    "  --strict                  a firmware's mistake ends the run (exit status 3)\n"
    "  --load-address ADDRESS    where a raw binary goes\n"
    "  --extension LIBRARY.so    instructions of your own (RISC-V): see mote/extension.h\n"
    "  --symbols ELF             symbols for a firmware file without them\n"
    "  --uart NAME=BACKEND       stdio, null, file:PATH, pty or tcp:PORT, each with \",drained\"\n"
    "                            after it for input as fast as the firmware takes it\n"
    "  --stimulus CHANNEL=SOURCE a WAV or CSV file, or a value with a unit: mic=yes.wav,\n"
    "                            imu=walk.csv, adc1.3=1.2V\n"
    "  --until TEXT              end with status 0 when the console has printed TEXT\n"
    "  --fail-on TEXT            end with status 1 when it has printed TEXT\n"
    "  --report text|json:PATH   what happened; may be given more than once\n"
    "  --activity csv:PATH,PERIOD  cycles, energy and every activity per period, e.g. 100us\n"
    "  --set KEY=VALUE           supply.voltage=1.8V, temperature=40degC, regulator=NAME,\n"
    "                            battery.cell=NAME, .capacity, .usable, .voltage, "
    ".self-discharge,\n"
    "                            DEVICE.INPUT=0|1: an input wire\n"
    "  --semihosting DIRECTORY   let the firmware open files below it\n"
    "  --log                     show what devices have to say\n"
    "mlperf drives firmware that speaks the MLPerf Tiny protocol over a UART, and measures it:\n"
    "  --db FILE                 one input, raw bytes; --iterations N (10), --warmup W (0)\n"
    "  --uart NAME               the UART it speaks on; default: the first that says m-ready\n"
    "  --uart-speed drain|baud   input as fast as the firmware takes it, or honestly (default)\n"
    "  --reply-limit TIME        longest wait for m-ready (10s);  --transcript FILE\n"
    "exit status: the firmware's own, 1 failed expectation, 2 unusable input or output that\n"
    "cannot be written, 3 guest fault, 124 virtual time limit, 130 interrupted\n";

struct command {
    struct mote_machine_options machine;
    const char *reports[MAX_REPORTS];
    size_t report_count;
    bool log;
    bool benchmark; /* `mote mlperf` */
    struct mote_mlperf_options mlperf;
};

static struct mote_system *running; /* for the signal handler only */

static void stop_by_signal(int number)
{
    (void)number;
    if (running != NULL)
        mote_request_stop(running, MOTE_STOP_HOST, 130, "interrupted");
}

/* A second signal ends the program at once. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop_by_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int fail(const struct mote_err *err)
{
    fprintf(stderr, "mote: %s\n", err->text);
    return EXIT_UNUSABLE;
}

/* ---- options ------------------------------------------------------------------------------------
 */

/* "10s", "250ms", "3.5us": into picoseconds. */
static bool parse_time(const char *text, uint64_t *ps)
{
    static const struct {
        const char *unit;
        double ps;
    } units[] = {{"s", 1e12}, {"ms", 1e9},    {"us", 1e6},
                 {"ns", 1e3}, {"min", 60e12}, {"h", 3600e12}};
    char *end;
    double value = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (end != text && strcmp(end, units[i].unit) == 0 && value > 0 &&
            value * units[i].ps < 1.8e19) {
            *ps = (uint64_t)(value * units[i].ps);
            return true;
        }
    return false;
}

static bool parse_address(const char *text, uint64_t *address)
{
    char *end;
    *address = strtoull(text, &end, 0);
    return *text != '\0' && *end == '\0';
}

enum option_id {
    OPT_BOARD = 256,
    OPT_ACCURACY,
    OPT_TIME_LIMIT,
    OPT_STRICT,
    OPT_LOAD_ADDRESS,
    OPT_SYMBOLS,
    OPT_UART,
    OPT_STIMULUS,
    OPT_UNTIL,
    OPT_FAIL_ON,
    OPT_REPORT,
    OPT_SET,
    OPT_EXTENSION,
    OPT_SEMIHOSTING,
    OPT_LOG,
    OPT_ACTIVITY,
    OPT_DB,
    OPT_ITERATIONS,
    OPT_WARMUP,
    OPT_UART_SPEED,
    OPT_REPLY_LIMIT,
    OPT_TRANSCRIPT,
};

static const struct option long_options[] = {
    {"board", required_argument, NULL, OPT_BOARD},
    {"accuracy", required_argument, NULL, OPT_ACCURACY},
    {"time-limit", required_argument, NULL, OPT_TIME_LIMIT},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"load-address", required_argument, NULL, OPT_LOAD_ADDRESS},
    {"symbols", required_argument, NULL, OPT_SYMBOLS},
    {"uart", required_argument, NULL, OPT_UART},
    {"stimulus", required_argument, NULL, OPT_STIMULUS},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"fail-on", required_argument, NULL, OPT_FAIL_ON},
    {"report", required_argument, NULL, OPT_REPORT},
    {"set", required_argument, NULL, OPT_SET},
    {"extension", required_argument, NULL, OPT_EXTENSION},
    {"semihosting", required_argument, NULL, OPT_SEMIHOSTING},
    {"log", no_argument, NULL, OPT_LOG},
    {"activity", required_argument, NULL, OPT_ACTIVITY},
    {"db", required_argument, NULL, OPT_DB},
    {"iterations", required_argument, NULL, OPT_ITERATIONS},
    {"warmup", required_argument, NULL, OPT_WARMUP},
    {"uart-speed", required_argument, NULL, OPT_UART_SPEED},
    {"reply-limit", required_argument, NULL, OPT_REPLY_LIMIT},
    {"transcript", required_argument, NULL, OPT_TRANSCRIPT},
    {NULL, 0, NULL, 0},
};

static bool append(const char **list, size_t *count, size_t max, const char *name,
                   struct mote_err *err)
{
    if (*count == max)
        return mote_err_set(err, "at most %zu options --%s", max, name);
    list[(*count)++] = optarg;
    return true;
}

static bool parse_count(const char *text, uint32_t least, uint32_t *count)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *count = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value >= least && value <= 1000000;
}

static bool take_mlperf_option(struct command *command, int option, struct mote_err *err)
{
    struct mote_mlperf_options *m = &command->mlperf;
    if (!command->benchmark)
        return mote_err_set(err, "--db, --iterations, --warmup, --uart-speed, --reply-limit and "
                                 "--transcript belong to `mote mlperf`");
    switch (option) {
    case OPT_DB:
        m->db = optarg;
        return true;
    case OPT_ITERATIONS:
        return parse_count(optarg, 1, &m->iterations) ||
               mote_err_set(err, "--iterations %s: give a number from 1 to 1000000", optarg);
    case OPT_WARMUP:
        return parse_count(optarg, 0, &m->warmup) ||
               mote_err_set(err, "--warmup %s: give a number from 0 to 1000000", optarg);
    case OPT_UART_SPEED:
        m->drained = strcmp(optarg, "drain") == 0;
        return m->drained || strcmp(optarg, "baud") == 0 ||
               mote_err_set(err, "--uart-speed %s: give drain or baud", optarg);
    case OPT_REPLY_LIMIT:
        return parse_time(optarg, &m->reply_limit_ps) ||
               mote_err_set(err, "--reply-limit %s: give a time with a unit, for example 10s",
                            optarg);
    default:
        m->transcript = optarg;
        return true;
    }
}

static bool take_option(struct command *command, int option, struct mote_err *err)
{
    struct mote_machine_options *m = &command->machine;
    switch (option) {
    case OPT_BOARD:
        m->board = optarg;
        return true;
    case OPT_ACCURACY:
        m->accuracy = strcmp(optarg, "fast") == 0 ? MOTE_ACCURACY_FAST : MOTE_ACCURACY_EXACT;
        return strcmp(optarg, "fast") == 0 || strcmp(optarg, "exact") == 0 ||
               mote_err_set(err, "--accuracy %s: give exact or fast", optarg);
    case OPT_TIME_LIMIT:
        return parse_time(optarg, &m->time_limit_ps) ||
               mote_err_set(err,
                            "--time-limit %s: give a time with a unit, for example 10s or 250ms",
                            optarg);
    case OPT_STRICT:
        m->strict = true;
        return true;
    case OPT_LOAD_ADDRESS:
        m->has_load_address = true;
        return parse_address(optarg, &m->load_address) ||
               mote_err_set(err, "--load-address %s: give a number, for example 0x08000000",
                            optarg);
    case OPT_SYMBOLS:
        m->symbols = optarg;
        return true;
    case OPT_UART:
        if (command->benchmark && strchr(optarg, '=') == NULL) {
            command->mlperf.uart = optarg;
            return true;
        }
        return append(m->uarts, &m->uart_count, MOTE_MAX_OPTIONS, "uart", err);
    case OPT_STIMULUS:
        return append(m->stimuli, &m->stimulus_count, MOTE_MAX_OPTIONS, "stimulus", err);
    case OPT_UNTIL:
        m->until = optarg;
        return *optarg != '\0' || mote_err_set(err, "--until: the text to wait for is empty");
    case OPT_FAIL_ON:
        m->fail_on = optarg;
        return *optarg != '\0' || mote_err_set(err, "--fail-on: the text to fail on is empty");
    case OPT_REPORT:
        if (strcmp(optarg, "text") != 0 && (strncmp(optarg, "json:", 5) != 0 || optarg[5] == 0))
            return mote_err_set(err, "--report %s: give text or json:PATH", optarg);
        return append(command->reports, &command->report_count, MAX_REPORTS, "report", err);
    case OPT_SET:
        return append(m->settings, &m->setting_count, MOTE_MAX_OPTIONS, "set", err);
    case OPT_EXTENSION:
        return append(m->extensions, &m->extension_count, MOTE_MAX_OPTIONS, "extension", err);
    case OPT_SEMIHOSTING:
        m->semihosting_directory = optarg;
        return true;
    case OPT_LOG:
        command->log = true;
        return true;
    case OPT_ACTIVITY:
        m->activity_trace = optarg;
        return true;
    case OPT_DB:
    case OPT_ITERATIONS:
    case OPT_WARMUP:
    case OPT_UART_SPEED:
    case OPT_REPLY_LIMIT:
    case OPT_TRANSCRIPT:
        return take_mlperf_option(command, option, err);
    default:
        return mote_err_set(err, "unknown option; `mote --help` lists them");
    }
}

static bool parse_run(int argc, char **argv, struct command *command, struct mote_err *err)
{
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return mote_err_set(err, "%s: %s; `mote --help` lists the options", argv[optind - 1],
                                option == ':' ? "its value is missing" : "unknown option");
        if (!take_option(command, option, err))
            return false;
    }
    if (optind + 1 != argc)
        return mote_err_set(err, optind == argc ? "no firmware file given; `mote --help` shows how"
                                                : "more than one firmware file given");
    command->machine.firmware = argv[optind];
    return command->machine.board != NULL ||
           mote_err_set(err, "no board given: add --board NAME; `mote boards` lists them");
}

/* ---- mote run -----------------------------------------------------------------------------------
 */

struct log_user {
    bool all;
    unsigned shown;
};

#define GUEST_MESSAGES_SHOWN 20

static void show_log(void *user, const struct mote_device *dev, enum mote_log_level level,
                     uint64_t now_ps, const char *text)
{
    static const char *const names[] = {"guest", "unmodelled", "info", "debug"};
    struct log_user *log = user;
    if (!log->all && level != MOTE_LOG_GUEST && level != MOTE_LOG_INFO)
        return;
    if (!log->all && log->shown++ >= GUEST_MESSAGES_SHOWN)
        return;
    fprintf(stderr, "mote: [%.6f s] %s: %s: %s\n", (double)now_ps * 1e-12,
            dev != NULL ? dev->name : "machine", names[level], text);
}

/* Before the run: a long one should not end in a report that cannot be written. */
static bool reports_writable(const struct command *command, struct mote_err *err)
{
    for (size_t i = 0; i < command->report_count; i++) {
        const char *path = command->reports[i] + strlen("json:");
        if (strcmp(command->reports[i], "text") == 0 || strcmp(path, "-") == 0)
            continue;
        FILE *file = fopen(path, "ab");
        if (file == NULL)
            return mote_err_set(err, "--report json:%s: %s", path, strerror(errno));
        fclose(file);
    }
    return true;
}

static double host_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool write_reports(const struct command *command, struct mote_machine *machine,
                          double seconds, struct mote_err *err)
{
    struct mote_report report;
    if (!mote_machine_report(machine, &report))
        return mote_err_set(err, "out of memory for the report");
    report.firmware = command->machine.firmware;
    report.accuracy = report.estimated ? "fast" : "exact";
    report.host_seconds = seconds;
    if (command->machine.mlperf != NULL)
        report.mlperf = mote_mlperf_result(command->machine.mlperf);
    report.host_mips = seconds > 0 ? (double)report.instructions / seconds * 1e-6 : 0;
    if (report.mlperf != NULL)
        mote_report_mlperf_text(&report, stderr);
    bool ok = true;
    for (size_t i = 0; i < command->report_count && ok; i++) {
        if (strcmp(command->reports[i], "text") == 0)
            mote_report_text(&report, stderr);
        else
            ok = mote_report_json(&report, command->reports[i] + 5, err);
    }
    mote_machine_report_free(&report);
    return ok;
}

static void tell_end(const struct command *command, struct mote_machine *machine)
{
    struct mote_system *sys = mote_machine_system(machine);
    switch (mote_stop_requested(sys)) {
    case MOTE_STOP_FAULT:
        fprintf(stderr, "\nmote: the firmware failed: %s\n%s", mote_stop_text(sys),
                mote_machine_diagnosis(machine));
        break;
    case MOTE_STOP_DEAD:
    case MOTE_STOP_TIME_LIMIT:
    case MOTE_STOP_HOST:
        fprintf(stderr, "\nmote: ended after %.6f s of virtual time: %s\n",
                (double)mote_now_ps(sys) * 1e-12, mote_stop_text(sys));
        break;
    case MOTE_STOP_EXIT:
        if (command->machine.until != NULL)
            fprintf(stderr, "\nmote: the firmware ended before it printed \"%s\"\n",
                    command->machine.until);
        break;
    case MOTE_STOP_FAIL_ON:
        fprintf(stderr, "\nmote: the console printed \"%s\"\n", mote_stop_text(sys));
        break;
    default:
        break;
    }
}

/* Tells how the dialogue ended and gives the exit status that it means. */
static int mlperf_status(const struct command *command, struct mote_machine *machine)
{
    const struct mote_mlperf_result *result = mote_mlperf_result(command->machine.mlperf);
    if (result->why[0] != '\0')
        fprintf(stderr, "mote: %s\n", result->why);
    switch (result->outcome) {
    case MOTE_MLPERF_DONE:
        return 0;
    case MOTE_MLPERF_UNFINISHED: {
        int status = mote_machine_exit_status(machine);
        fprintf(stderr, "mote: the run ended before the benchmark did\n");
        return status != 0 ? status : 1;
    }
    case MOTE_MLPERF_BAD_DB:
        return EXIT_UNUSABLE;
    default:
        return 1;
    }
}

static int run_machine(struct command *command)
{
    struct mote_err err = {""};
    struct log_user log = {.all = command->log};
    command->machine.log = show_log;
    command->machine.log_user = &log;
    struct mote_machine *machine = mote_machine_new(&command->machine, &err);
    if (machine == NULL)
        return fail(&err);
    if (!reports_writable(command, &err)) {
        mote_machine_free(machine);
        return fail(&err);
    }
    running = mote_machine_system(machine);
    catch_signals();
    double start = host_seconds();
    mote_machine_run(machine);
    double seconds = host_seconds() - start;
    fflush(stdout);
    if (!command->benchmark || mote_stop_requested(running) != MOTE_STOP_FAIL_ON)
        tell_end(command, machine);
    int status = mote_stop_requested(running) == MOTE_STOP_HOST ? 130
                 : command->benchmark                           ? mlperf_status(command, machine)
                                                                : mote_machine_exit_status(machine);
    if ((command->report_count > 0 || command->benchmark) &&
        !write_reports(command, machine, seconds, &err))
        status = fail(&err);
    if (!mote_machine_close_outputs(machine, &err))
        status = fail(&err);
    if (command->benchmark && !mote_mlperf_close(command->machine.mlperf, &err))
        status = fail(&err);
    running = NULL;
    mote_machine_free(machine);
    return status;
}

static int run(int argc, char **argv, bool benchmark)
{
    struct mote_err err = {""};
    struct command command = {.machine.accuracy = MOTE_ACCURACY_FAST,
                              .benchmark = benchmark,
                              .mlperf = {.iterations = 10}};
    if (!parse_run(argc, argv, &command, &err))
        return fail(&err);
    struct mote_mlperf *mlperf = benchmark ? mote_mlperf_new(&command.mlperf, &err) : NULL;
    if (benchmark && mlperf == NULL)
        return fail(&err);
    command.machine.mlperf = mlperf;
    int status = run_machine(&command);
    mote_mlperf_free(mlperf);
    return status;
}

/* ---- the command
 * ---------------------------------------------------------------------------------
 */

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int obey(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (asks_for_help(verb) || (argc == 3 && asks_for_help(argv[2]))) {
        fputs(usage, stdout);
        return 0;
    }
    if (strcmp(verb, "--version") == 0) {
        puts("mote " MOTE_VERSION);
        return 0;
    }
    if (strcmp(verb, "run") == 0)
        return run(argc - 1, argv + 1, false);
    if (strcmp(verb, "mlperf") == 0)
        return run(argc - 1, argv + 1, true);
    if (strcmp(verb, "boards") == 0 && argc == 2)
        return inventory_boards();
    if (strcmp(verb, "devices") == 0 && argc == 2)
        return inventory_devices();
    if (strcmp(verb, "info") == 0 && argc == 3) {
        struct mote_err err = {""};
        return inventory_board(argv[2], &err) ? 0 : fail(&err);
    }
    if (argc < 2)
        fputs(usage, stderr);
    else if (strcmp(verb, "info") == 0)
        fputs("mote: info: give one board; `mote boards` lists them\n", stderr);
    else if (strcmp(verb, "boards") == 0 || strcmp(verb, "devices") == 0)
        fprintf(stderr, "mote: %s: takes no arguments\n", verb);
    else
        fprintf(stderr, "mote: no command \"%s\"; `mote --help` shows what there is\n", verb);
    return EXIT_UNUSABLE;
}

int main(int argc, char **argv)
{
    int status = obey(argc, argv);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!written)
        fprintf(stderr, "mote: standard output could not be written\n");
    return written || status != 0 ? status : EXIT_UNUSABLE;
}
