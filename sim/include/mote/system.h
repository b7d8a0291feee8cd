/* A system: everything of one machine that devices share - virtual time and events, the address
 * space, wires, clocks, activity counters and the log.
 *
 * Rules. One system is used by one thread at a time. Everything is created before the first reset
 * and lives until mote_system_free(). Nothing here reads host time or host randomness: the same
 * calls give the same result.
 *
 * Units. Virtual time: unsigned picoseconds since power-on (2^64 ps = 213 days). Frequencies: Hz.
 */
#ifndef MOTE_SYSTEM_H
#define MOTE_SYSTEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mote_device;
struct mote_region;
struct mote_system;

#define MOTE_NEVER_PS UINT64_MAX

/* ---- life ------------------------------------------------------------------------------------ */

/* Never fails: memory exhaustion ends in NULL. */
struct mote_system *mote_system_new(void);
void mote_system_free(struct mote_system *sys);

/* Resets every device in the order of creation (parents before children), as at power-on. */
void mote_system_reset(struct mote_system *sys);

/* Number of devices, and the i-th in order of creation. */
size_t mote_system_device_count(const struct mote_system *sys);
struct mote_device *mote_system_device(const struct mote_system *sys, size_t index);

/* The device with this name (devicetree label, else node name) or NULL. */
struct mote_device *mote_system_find(const struct mote_system *sys, const char *name);

/* ---- virtual time ---------------------------------------------------------------------------- */

/* Now, in ps. Exact to the instruction inside register hooks: the core sets it before each access.
 */
uint64_t mote_now_ps(const struct mote_system *sys);

/* Called by the core before a device access and by the run loop. Never goes backwards: a smaller
 * time is ignored. Does not run events. */
void mote_set_now_ps(struct mote_system *sys, uint64_t now_ps);

/* Due time of the earliest armed event, MOTE_NEVER_PS when none is. Cores read it through the
 * pointer, which stays valid, to notice that a register write armed an earlier event. */
const uint64_t *mote_next_event_ps(const struct mote_system *sys);

/* Sets now to each due time in turn and runs every event that is due at or before `until_ps`, in
 * the order (time, priority, sequence of arming). Leaves now at max(now, until_ps). */
void mote_run_events(struct mote_system *sys, uint64_t until_ps);

/* ---- stopping a run -------------------------------------------------------------------------- */

enum mote_stop_reason {
    MOTE_STOP_NONE,
    MOTE_STOP_EXIT,       /* the firmware ended the run (semihosting, tohost); see the exit code */
    MOTE_STOP_UNTIL,      /* --until matched */
    MOTE_STOP_FAIL_ON,    /* --fail-on matched */
    MOTE_STOP_TIME_LIMIT, /* the virtual time limit was reached */
    MOTE_STOP_FAULT,      /* lockup, or any guest mistake under --strict */
    MOTE_STOP_DEAD,       /* asleep with no event that could ever wake it */
    MOTE_STOP_DEBUG,      /* a breakpoint, watchpoint or a debugger's request */
    MOTE_STOP_HOST,       /* the host asked (signal, window closed) */
};

/* Asks the run loop to stop at the next instruction boundary; the first request wins.
 * `text` (may be NULL) is copied. */
void mote_request_stop(struct mote_system *sys, enum mote_stop_reason reason, int exit_code,
                       const char *text);
enum mote_stop_reason mote_stop_requested(const struct mote_system *sys);
int mote_stop_exit_code(const struct mote_system *sys);
const char *mote_stop_text(const struct mote_system *sys);
void mote_clear_stop(struct mote_system *sys);

/* Asks for a system reset (AIRCR.SYSRESETREQ, a watchdog) at the next instruction boundary; the run
 * loop takes the request and calls mote_system_reset(). */
void mote_request_reset(struct mote_system *sys);
bool mote_reset_requested(const struct mote_system *sys);
bool mote_take_reset_request(struct mote_system *sys);

/* Asks that, at the next instruction boundary, the core leaves what it does and starts anew at
 * `address` (as core.h's set_boot_address) while devices and memory go on: a chip's boot processor
 * has started its main one, and the one modelled core plays both in turn. A system reset begins
 * with the boot processor again. */
void mote_request_core_start(struct mote_system *sys, uint64_t address);
bool mote_take_core_start_request(struct mote_system *sys, uint64_t *address);

/* For cores: whether a stop, a reset or a start is wanted, so that run() must return. */
bool mote_run_interrupted(const struct mote_system *sys);

/* ---- log ------------------------------------------------------------------------------------- */

enum mote_log_level {
    MOTE_LOG_GUEST,      /* the firmware did what hardware forbids or ignores; counted */
    MOTE_LOG_UNMODELLED, /* the firmware used what the model lacks; counted */
    MOTE_LOG_INFO,
    MOTE_LOG_DEBUG,
};

/* Receives every message: `dev` may be NULL; `text` has no final newline. */
typedef void mote_log_sink(void *user, const struct mote_device *dev, enum mote_log_level level,
                           uint64_t now_ps, const char *text);
void mote_log_set_sink(struct mote_system *sys, mote_log_sink *sink, void *user);
void mote_log(struct mote_system *sys, struct mote_device *dev, enum mote_log_level level,
              const char *format, ...) __attribute__((format(printf, 4, 5)));
uint64_t mote_log_count(const struct mote_system *sys, enum mote_log_level level);

/* With strict on, a MOTE_LOG_GUEST message also requests MOTE_STOP_FAULT. */
void mote_set_strict(struct mote_system *sys, bool strict);

#endif
