/* UART backends: standard streams, files, pseudo-terminals and TCP. */
#include "uart_host.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mote/bus.h>
#include <mote/device.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define HELD_BYTES 65536 /* kept for a client that has not connected yet */
#define MAX_HOSTS  64
#define QUEUED_MAX 65536 /* read no further ahead of the firmware than this */
#define STALL_MS   1000  /* how long a pseudo-terminal that nobody reads is waited for */
#define WAIT_MS    500   /* between two looks at whether the run was ended meanwhile */

struct uart_host {
    struct mote_device *dev;
    int in, out, listener; /* -1 = none */
    int keep;              /* a slave end kept open, so that reads do not fail */
    bool owned;            /* in and out are closed at the end */
    bool lossy, stalled;   /* a line that nobody need listen to; nobody does */
    int failure;           /* errno of the first write that failed, or 0 */
    uint8_t held[HELD_BYTES];
    size_t held_count;
};

static void write_all(struct uart_host *host, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t done = write(host->out, bytes, count);
        if (done < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = host->out, .events = POLLOUT};
            int ready = host->stalled ? 0 : poll(&wait, 1, host->lossy ? STALL_MS : -1);
            host->stalled = ready == 0;
            if (ready <= 0)
                return; /* nobody reads, or a signal asks for the end */
            continue;
        }
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) { /* the firmware cannot know */
            if (done < 0 && host->failure == 0)
                host->failure = errno;
            return;
        }
        host->stalled = false;
        bytes += done;
        count -= (size_t)done;
    }
}

static void take_byte(void *user, struct mote_device *dev, uint8_t byte)
{
    (void)dev;
    struct uart_host *host = user;
    if (host->out >= 0)
        write_all(host, &byte, 1);
    else if (host->listener >= 0 && host->held_count < HELD_BYTES)
        host->held[host->held_count++] = byte;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static bool open_file(struct uart_host *host, const char *path, struct mote_err *err)
{
    host->out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    host->owned = true;
    return host->out >= 0 ||
           mote_err_set(err, "--uart %s=file:%s: %s", host->dev->name, path, strerror(errno));
}

static bool open_pty(struct uart_host *host, struct mote_err *err)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return mote_err_set(err, "--uart %s=pty: no pseudo-terminal: %s", host->dev->name,
                            strerror(errno));
    const char *name = ptsname(master);
    host->keep = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios raw;
    if (host->keep >= 0 && tcgetattr(host->keep, &raw) == 0) {
        cfmakeraw(&raw);
        tcsetattr(host->keep, TCSANOW, &raw);
    }
    fcntl(master, F_SETFL, O_NONBLOCK);
    host->in = host->out = master;
    host->owned = host->lossy = true;
    mote_log(host->dev->sys, host->dev, MOTE_LOG_INFO, "on pseudo-terminal %s", name);
    return true;
}

static bool open_tcp(struct uart_host *host, const char *text, struct mote_err *err)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || port == 0 || port > 65535)
        return mote_err_set(err, "--uart %s=tcp:%s: the port must be a number from 1 to 65535",
                            host->dev->name, text);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    host->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (host->listener >= 0)
        setsockopt(host->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (host->listener < 0 ||
        bind(host->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(host->listener, 1) != 0)
        return mote_err_set(err,
                            "--uart %s=tcp:%s: cannot listen on 127.0.0.1: %s; choose another "
                            "port",
                            host->dev->name, text, strerror(errno));
    host->owned = true;
    return true;
}

static bool open_backend(struct uart_host *host, const char *backend, struct mote_err *err)
{
    if (strcmp(backend, "null") == 0)
        return true;
    if (strcmp(backend, "stdio") == 0) {
        host->in = STDIN_FILENO;
        host->out = STDOUT_FILENO;
        return true;
    }
    if (strncmp(backend, "file:", 5) == 0)
        return open_file(host, backend + 5, err);
    if (strcmp(backend, "pty") == 0)
        return open_pty(host, err);
    if (strncmp(backend, "tcp:", 4) == 0)
        return open_tcp(host, backend + 4, err);
    return mote_err_set(err,
                        "--uart %s=%s: unknown backend; give stdio, null, file:PATH, pty or "
                        "tcp:PORT, and \",drained\" after it for input without baud pacing",
                        host->dev->name, backend);
}

struct uart_host *uart_host_new(struct mote_device *dev, const char *backend, struct mote_err *err)
{
    static const char drained[] = ",drained";
    char name[512];
    size_t length = strlen(backend);
    bool fast =
        length > strlen(drained) && strcmp(backend + length - strlen(drained), drained) == 0;
    snprintf(name, sizeof name, "%.*s", (int)(fast ? length - strlen(drained) : length), backend);
    struct uart_host *host = calloc(1, sizeof *host);
    if (host == NULL) {
        mote_err_set(err, "out of memory");
        return NULL;
    }
    host->dev = dev;
    host->in = host->out = host->listener = host->keep = -1;
    bool open = open_backend(host, name, err);
    if (open && !mote_uart_add_sink(dev, take_byte, host))
        open = mote_err_set(err, "--uart %s=%s: this UART has too many backends already", dev->name,
                            backend);
    if (!open) {
        uart_host_free(host);
        return NULL;
    }
    if (fast)
        mote_uart_set_drained_mode(dev, true);
    return host;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void uart_host_free(struct uart_host *host)
{
    if (host == NULL)
        return;
    if (host->owned) {
        if (host->out != host->in)
            close_fd(&host->out);
        close_fd(&host->in);
    }
    close_fd(&host->listener);
    close_fd(&host->keep);
    free(host);
}

bool uart_host_check(const struct uart_host *host, struct mote_err *err)
{
    bool gone = host->failure == EPIPE || host->failure == ECONNRESET || host->lossy;
    return host->failure == 0 || gone ||
           mote_err_set(err, "what %s sent could not be written: %s", host->dev->name,
                        strerror(host->failure));
}

/* ---- moving bytes -----------------------------------------------------------------------------
 */

bool uart_host_live(const struct uart_host *host)
{
    return host->in >= 0 || host->listener >= 0;
}

static void accept_client(struct uart_host *host)
{
    int client = accept4(host->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0)
        return;
    int yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    close_fd(&host->in);
    host->in = host->out = client;
    write_all(host, host->held, host->held_count);
    host->held_count = 0;
}

static void read_input(struct uart_host *host)
{
    uint8_t bytes[4096];
    ssize_t got = read(host->in, bytes, sizeof bytes);
    if (got > 0) {
        mote_uart_feed(host->dev, bytes, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        if (host->listener >= 0) {
            close(host->in);
            host->out = -1;
        }
        host->in = -1; /* end of input; a tcp backend takes the next client */
    }
}

void uart_hosts_poll(struct uart_host *const *hosts, size_t count, bool wait)
{
    struct pollfd fds[MAX_HOSTS];
    size_t used = 0;
    bool any = wait;
    for (size_t i = 0; i < count && used < MAX_HOSTS; i++) {
        int fd = hosts[i]->in >= 0 ? hosts[i]->in : hosts[i]->listener;
        if (mote_uart_pending(hosts[i]->dev) >= QUEUED_MAX)
            fd = -1;
        any |= fd >= 0;
        fds[used++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    if (!any || poll(fds, used, wait ? WAIT_MS : 0) <= 0)
        return;
    for (size_t i = 0; i < used; i++) {
        if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0)
            continue;
        if (hosts[i]->in >= 0)
            read_input(hosts[i]);
        else if (hosts[i]->listener >= 0)
            accept_client(hosts[i]);
    }
}
