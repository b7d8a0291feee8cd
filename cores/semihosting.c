/* Semihosting: console, files, clock, command line, exit. Arm cores call it by BKPT 0xAB, RISC-V
 * harts by ebreak in its sequence.
 *
 * Document: Arm "Semihosting for AArch32 and AArch64" 2.0 (ARM IHI 0115) and the set of calls that
 * newlib's rdimon uses.
 * Files lie in the directory that the user names and nowhere else: a path may not leave it, neither
 * by "..", nor by being absolute, nor through a symbolic link. SYS_SYSTEM is refused. Time is
 * virtual: SYS_TIME counts from 1970 as if the board had been switched on then. */
#include "semihosting.h"
#include <errno.h>
#include <fcntl.h>
#include <mote/semihosting.h>
#include <mote/space.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_READC = 0x07,
    SYS_ISERROR = 0x08,
    SYS_ISTTY = 0x09,
    SYS_SEEK = 0x0A,
    SYS_FLEN = 0x0C,
    SYS_TMPNAM = 0x0D,
    SYS_REMOVE = 0x0E,
    SYS_RENAME = 0x0F,
    SYS_CLOCK = 0x10,
    SYS_TIME = 0x11,
    SYS_SYSTEM = 0x12,
    SYS_ERRNO = 0x13,
    SYS_GET_CMDLINE = 0x15,
    SYS_HEAPINFO = 0x16,
    SYS_EXIT = 0x18,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
    SYS_TICKFREQ = 0x31,
};

enum { KIND_FREE, KIND_INPUT, KIND_OUTPUT, KIND_FILE, KIND_FEATURES };
enum { MAX_FILES = SEMIHOSTING_MAX_FILES };
enum { MAX_PATH_BYTES = 512, CHUNK_BYTES = 4096 };
#define FAILED                       UINT64_MAX /* -1, of the core's width */
#define ADP_STOPPED_APPLICATION_EXIT 0x20026u
#define PS_PER_MS                    1000000000u

struct call {
    struct semihosting *core;
    const struct mote_semihosting *host;
    uint64_t parameter;
};

/* ---- guest memory -----------------------------------------------------------------------------
 */

/* A field of the parameter block: as wide as the core's registers. */
static uint64_t word(const struct call *call, uint32_t index)
{
    uint64_t value = 0;
    uint32_t bytes = call->core->word_bytes;
    mote_mem_read(call->core->dev->sys, call->parameter + bytes * index, &value, bytes);
    return value;
}

static uint64_t fail(struct call *call, int error)
{
    call->core->error = error;
    return FAILED;
}

static bool read_guest(struct call *call, uint64_t address, void *to, size_t bytes)
{
    return mote_mem_read(call->core->dev->sys, address, to, bytes);
}

/* A name of `length` bytes at an address, terminated. */
static bool read_name(struct call *call, uint64_t address, uint64_t length, char *name)
{
    if (length >= MAX_PATH_BYTES || !read_guest(call, address, name, length))
        return false;
    name[length] = '\0';
    return strlen(name) == length;
}

/* ---- paths ------------------------------------------------------------------------------------
 */

/* Opens the directory that holds the last component of `path`, walking down from the user's
 * directory without following links; `last` gets that component. -1 with errno set. */
static int open_parent(const struct call *call, const char *path, const char **last)
{
    if (call->host->directory == NULL) {
        errno = EACCES;
        return -1;
    }
    int at = open(call->host->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        size_t length = strcspn(path, "/");
        char part[MAX_PATH_BYTES];
        memcpy(part, path, length);
        part[length] = '\0';
        bool here = strcmp(part, ".") == 0;
        if (length == 0 || strcmp(part, "..") == 0) {
            close(at);
            errno = EACCES;
            return -1;
        }
        if (path[length] == '\0') {
            *last = path;
            return at;
        }
        path += length + 1;
        if (here)
            continue;
        int next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        close(at);
        errno = error;
        at = next;
    }
    return -1;
}

static int open_file(const struct call *call, const char *path, uint64_t mode)
{
    /* The modes of fopen: r, rb, r+, r+b, w, wb, w+, w+b, a, ab, a+, a+b. */
    static const int flags[] = {O_RDONLY,
                                O_RDWR,
                                O_WRONLY | O_CREAT | O_TRUNC,
                                O_RDWR | O_CREAT | O_TRUNC,
                                O_WRONLY | O_CREAT | O_APPEND,
                                O_RDWR | O_CREAT | O_APPEND};
    const char *last;
    int parent = open_parent(call, path, &last);
    if (parent < 0)
        return -1;
    int fd = openat(parent, last, flags[mode / 2] | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    int error = errno;
    close(parent);
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
        error = EACCES;
    }
    errno = error;
    return fd;
}

/* ---- handles: 1 to MAX_FILES -------------------------------------------------------------------
 */

static int slot_of(const struct call *call, uint64_t handle)
{
    if (handle == 0 || handle > MAX_FILES || !call->core->kind[handle - 1])
        return -1;
    return (int)handle - 1;
}

static uint64_t sys_open(struct call *call)
{
    char name[MAX_PATH_BYTES];
    uint64_t mode = word(call, 1);
    struct semihosting *core = call->core;
    if (mode > 11 || !read_name(call, word(call, 0), word(call, 2), name))
        return fail(call, EINVAL);
    uint32_t slot = 0;
    while (slot < MAX_FILES && core->kind[slot] != KIND_FREE)
        slot++;
    if (slot == MAX_FILES)
        return fail(call, EMFILE);
    uint8_t kind = KIND_FILE;
    if (strcmp(name, ":tt") == 0) {
        kind = mode < 4 ? KIND_INPUT : KIND_OUTPUT;
    } else if (strcmp(name, ":semihosting-features") == 0) {
        kind = KIND_FEATURES;
        core->fd[slot] = 0; /* the read position */
    } else {
        int fd = open_file(call, name, mode);
        if (fd < 0)
            return fail(call, errno);
        core->fd[slot] = fd;
    }
    core->kind[slot] = kind;
    return slot + 1;
}

static void close_slot(struct semihosting *core, uint32_t slot)
{
    if (core->kind[slot] == KIND_FILE)
        close(core->fd[slot]);
    core->kind[slot] = KIND_FREE;
}

void semihosting_close_all(struct semihosting *core)
{
    for (uint32_t i = 0; i < MAX_FILES; i++)
        close_slot(core, i);
}

static uint64_t sys_close(struct call *call)
{
    int slot = slot_of(call, word(call, 0));
    if (slot < 0)
        return fail(call, EBADF);
    close_slot(call->core, (uint32_t)slot);
    return 0;
}

/* ---- transfers: both return how many bytes were not transferred --------------------------------
 */

static uint64_t sys_write(struct call *call)
{
    int slot = slot_of(call, word(call, 0));
    uint64_t address = word(call, 1), left = word(call, 2);
    if (slot < 0) {
        fail(call, EBADF);
        return left;
    }
    uint8_t kind = call->core->kind[slot];
    while (left > 0) {
        char bytes[CHUNK_BYTES];
        size_t size = left < sizeof bytes ? left : sizeof bytes;
        if (!read_guest(call, address, bytes, size)) {
            fail(call, EFAULT);
            break;
        }
        ssize_t done = (ssize_t)size;
        if (kind == KIND_FILE)
            done = write(call->core->fd[slot], bytes, size);
        else if (kind == KIND_OUTPUT)
            mote_debug_console(call->core->dev->sys, bytes, size);
        else
            done = -1;
        if (done <= 0) {
            fail(call, kind == KIND_FILE ? errno : EBADF);
            break;
        }
        left -= (uint64_t)done;
        address += (uint64_t)done;
    }
    return left;
}

static ssize_t read_features(struct semihosting *core, uint32_t slot, char *bytes, size_t max)
{
    /* Magic, then byte 0: SYS_EXIT_EXTENDED (bit 0) and separate stdout and stderr (bit 1, not). */
    static const char features[] = {'S', 'H', 'F', 'B', 1};
    size_t at = (size_t)core->fd[slot];
    size_t count = at < sizeof features ? sizeof features - at : 0;
    count = count < max ? count : max;
    memcpy(bytes, features + at, count);
    core->fd[slot] += (int)count;
    return (ssize_t)count;
}

static ssize_t read_slot(struct call *call, uint32_t slot, char *bytes, size_t max)
{
    switch (call->core->kind[slot]) {
    case KIND_FILE:
        return read(call->core->fd[slot], bytes, max);
    case KIND_FEATURES:
        return read_features(call->core, slot, bytes, max);
    case KIND_INPUT:
        if (call->host->input == NULL)
            return 0;
        return (ssize_t)call->host->input(call->host->user, bytes, max);
    default:
        errno = EBADF;
        return -1;
    }
}

static uint64_t sys_read(struct call *call)
{
    int slot = slot_of(call, word(call, 0));
    uint64_t address = word(call, 1), left = word(call, 2);
    if (slot < 0) {
        fail(call, EBADF);
        return left;
    }
    while (left > 0) {
        char bytes[CHUNK_BYTES];
        size_t size = left < sizeof bytes ? left : sizeof bytes;
        ssize_t done = read_slot(call, (uint32_t)slot, bytes, size);
        if (done < 0)
            fail(call, errno);
        if (done <= 0)
            break;
        if (!mote_mem_write(call->core->dev->sys, address, bytes, (size_t)done)) {
            fail(call, EFAULT);
            break;
        }
        left -= (uint64_t)done;
        address += (uint64_t)done;
        if (call->core->kind[slot] == KIND_INPUT)
            break; /* a line at a time */
    }
    return left;
}

static uint64_t sys_readc(struct call *call)
{
    char byte;
    if (call->host->input == NULL || call->host->input(call->host->user, &byte, 1) != 1)
        return FAILED;
    return (uint8_t)byte;
}

static uint64_t sys_write0(struct call *call)
{
    uint64_t address = call->parameter;
    char byte;
    while (read_guest(call, address++, &byte, 1) && byte != '\0')
        mote_debug_console(call->core->dev->sys, &byte, 1);
    return 0;
}

static uint64_t sys_writec(struct call *call)
{
    char byte;
    if (read_guest(call, call->parameter, &byte, 1))
        mote_debug_console(call->core->dev->sys, &byte, 1);
    return 0;
}

static uint64_t sys_istty(struct call *call)
{
    int slot = slot_of(call, word(call, 0));
    if (slot < 0)
        return fail(call, EBADF);
    uint8_t kind = call->core->kind[slot];
    return kind == KIND_INPUT || kind == KIND_OUTPUT;
}

static uint64_t sys_seek(struct call *call)
{
    int slot = slot_of(call, word(call, 0));
    if (slot < 0)
        return fail(call, EBADF);
    uint8_t kind = call->core->kind[slot];
    if (kind == KIND_FEATURES) {
        call->core->fd[slot] = (int)(word(call, 1) & 0xFF);
        return 0;
    }
    if (kind != KIND_FILE)
        return fail(call, ESPIPE);
    off_t at = lseek(call->core->fd[slot], (off_t)word(call, 1), SEEK_SET);
    return at < 0 ? fail(call, errno) : 0;
}

static uint64_t sys_flen(struct call *call)
{
    int slot = slot_of(call, word(call, 0));
    struct stat status;
    if (slot < 0)
        return fail(call, EBADF);
    if (call->core->kind[slot] == KIND_FEATURES)
        return 5;
    if (call->core->kind[slot] != KIND_FILE)
        return 0;
    if (fstat(call->core->fd[slot], &status) != 0)
        return fail(call, errno);
    return (uint64_t)status.st_size;
}

/* ---- names ------------------------------------------------------------------------------------
 */

static uint64_t sys_tmpnam(struct call *call)
{
    char name[16];
    uint32_t length =
        (uint32_t)snprintf(name, sizeof name, "tmp%03u", (unsigned)(word(call, 1) & 0xFF)) + 1;
    if (length > word(call, 2) ||
        !mote_mem_write(call->core->dev->sys, word(call, 0), name, length))
        return FAILED;
    return 0;
}

static uint64_t sys_remove(struct call *call)
{
    char name[MAX_PATH_BYTES];
    const char *last;
    if (!read_name(call, word(call, 0), word(call, 1), name))
        return fail(call, EINVAL);
    int parent = open_parent(call, name, &last);
    if (parent < 0)
        return fail(call, errno);
    int result = unlinkat(parent, last, 0);
    int error = errno;
    close(parent);
    return result == 0 ? 0 : fail(call, error);
}

static uint64_t sys_rename(struct call *call)
{
    char from[MAX_PATH_BYTES], to[MAX_PATH_BYTES];
    const char *last_from, *last_to;
    if (!read_name(call, word(call, 0), word(call, 1), from) ||
        !read_name(call, word(call, 2), word(call, 3), to))
        return fail(call, EINVAL);
    int parent_from = open_parent(call, from, &last_from);
    if (parent_from < 0)
        return fail(call, errno);
    int parent_to = open_parent(call, to, &last_to);
    int result = parent_to < 0 ? -1 : renameat(parent_from, last_from, parent_to, last_to);
    int error = errno;
    close(parent_from);
    if (parent_to >= 0)
        close(parent_to);
    return result == 0 ? 0 : fail(call, error);
}

static uint64_t sys_get_cmdline(struct call *call)
{
    const char *text = call->host->command_line != NULL ? call->host->command_line : "";
    uint64_t length = strlen(text);
    uint32_t bytes = call->core->word_bytes;
    struct mote_system *sys = call->core->dev->sys;
    if (length + 1 > word(call, 1) || !mote_mem_write(sys, word(call, 0), text, length + 1) ||
        !mote_mem_write(sys, call->parameter + bytes, &length, bytes))
        return FAILED;
    return 0;
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

/* Heap and stack limits: all 0 means "use what the image was linked with". */
static uint64_t sys_heapinfo(struct call *call)
{
    static const uint64_t block[4];
    mote_mem_write(call->core->dev->sys, word(call, 0), block, 4 * call->core->word_bytes);
    return 0;
}

static uint64_t sys_elapsed(struct call *call)
{
    uint64_t ns = mote_now_ps(call->core->dev->sys) / 1000;
    return mote_mem_write(call->core->dev->sys, call->parameter, &ns, 8) ? 0 : FAILED;
}

static void request_exit(struct call *call, int code)
{
    mote_request_stop(call->core->dev->sys, MOTE_STOP_EXIT, code, NULL);
}

static uint64_t dispatch(struct call *call, uint32_t number)
{
    uint64_t now_ps = mote_now_ps(call->core->dev->sys);
    switch (number) {
    case SYS_OPEN:
        return sys_open(call);
    case SYS_CLOSE:
        return sys_close(call);
    case SYS_WRITEC:
        return sys_writec(call);
    case SYS_WRITE0:
        return sys_write0(call);
    case SYS_WRITE:
        return sys_write(call);
    case SYS_READ:
        return sys_read(call);
    case SYS_READC:
        return sys_readc(call);
    case SYS_ISERROR:
        return word(call, 0) >> (8 * call->core->word_bytes - 1);
    case SYS_ISTTY:
        return sys_istty(call);
    case SYS_SEEK:
        return sys_seek(call);
    case SYS_FLEN:
        return sys_flen(call);
    case SYS_TMPNAM:
        return sys_tmpnam(call);
    case SYS_REMOVE:
        return sys_remove(call);
    case SYS_RENAME:
        return sys_rename(call);
    case SYS_CLOCK:
        return now_ps / (10ull * PS_PER_MS);
    case SYS_TIME:
        return now_ps / (1000ull * PS_PER_MS);
    case SYS_ERRNO:
        return (uint64_t)call->core->error;
    case SYS_GET_CMDLINE:
        return sys_get_cmdline(call);
    case SYS_HEAPINFO:
        return sys_heapinfo(call);
    case SYS_ELAPSED:
        return sys_elapsed(call);
    case SYS_TICKFREQ:
        return 1000000000u;
    default: /* SYS_SYSTEM among them: the host runs nothing for a firmware */
        mote_log(call->core->dev->sys, call->core->dev, MOTE_LOG_UNMODELLED,
                 "semihosting call 0x%02x is refused", number);
        return fail(call, ENOSYS);
    }
}

/* The offer lies in the core's own state, by the pointer that the core set in attach. */
void mote_semihosting_configure(struct mote_system *sys, const char *directory,
                                const char *command_line)
{
    struct mote_core *core = mote_system_core(sys);
    if (core == NULL || core->semihosting == NULL)
        return;
    *core->semihosting = (struct mote_semihosting){
        .directory = directory, .command_line = command_line, .debugger = true};
}

void semihosting_init(struct semihosting *state, struct mote_device *dev, struct mote_core *core,
                      uint32_t word_bytes)
{
    state->dev = dev;
    state->word_bytes = word_bytes;
    core->semihosting = &state->offer;
}

bool semihosting_call(struct semihosting *state, uint32_t number, uint64_t parameter,
                      uint64_t *result)
{
    struct call call = {state, &state->offer, parameter};
    if (number == SYS_EXIT && state->word_bytes == 4) {
        /* On 32-bit machines the reason code is the parameter itself, with no room for a status. */
        request_exit(&call, parameter == ADP_STOPPED_APPLICATION_EXIT ? 0 : 1);
        return true;
    }
    if (number == SYS_EXIT || number == SYS_EXIT_EXTENDED) {
        bool ok = word(&call, 0) == ADP_STOPPED_APPLICATION_EXIT;
        request_exit(&call, ok ? (int)(word(&call, 1) & 0xFF) : 1);
        return true;
    }
    *result = dispatch(&call, number);
    return false;
}
