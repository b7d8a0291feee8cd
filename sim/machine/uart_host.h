/* Where a UART's bytes go on the host. Internal to sim/machine. */
#ifndef SIM_MACHINE_UART_HOST_H
#define SIM_MACHINE_UART_HOST_H

#include <mote/err.h>
#include <stdbool.h>
#include <stddef.h>

struct mote_device;
struct uart_host;

/* Opens a backend for the device: "stdio", "null", "file:PATH", "pty", "tcp:PORT", each optionally
 * followed by ",drained" (input as fast as the firmware takes it, instead of at the baud rate). */
struct uart_host *uart_host_new(struct mote_device *dev, const char *backend, struct mote_err *err);
void uart_host_free(struct uart_host *host);

/* Moves bytes between host and machine; with `wait`, blocks until input comes (or a signal). */
void uart_hosts_poll(struct uart_host *const *hosts, size_t count, bool wait);
/* True when everything was written; false after filling `err`, for a full disk and its like. A
 * reader that has gone is no error. */
bool uart_host_check(const struct uart_host *host, struct mote_err *err);
/* Whether input can still come. */
bool uart_host_live(const struct uart_host *host);

#endif
