/* Semihosting as Arm and RISC-V cores share it: the calls, apart from how firmware makes them.
 * Internal to cores/. */
#ifndef CORES_SEMIHOSTING_H
#define CORES_SEMIHOSTING_H

#include <mote/core.h>
#include <stdbool.h>
#include <stdint.h>

#define SEMIHOSTING_MAX_FILES 20

/* One core's open files; a member of the core's state. */
struct semihosting {
    struct mote_device *dev;
    uint32_t word_bytes;                 /* of a register and of a parameter: 4 or 8 */
    struct mote_semihosting offer;       /* as mote_semihosting_configure() says */
    int fd[SEMIHOSTING_MAX_FILES];       /* by handle - 1 */
    uint8_t kind[SEMIHOSTING_MAX_FILES]; /* see semihosting.c; 0 free */
    int error;                           /* SYS_ERRNO */
};

/* In attach; makes the offer that of `core`. */
void semihosting_init(struct semihosting *state, struct mote_device *dev, struct mote_core *core,
                      uint32_t word_bytes);
/* Does a call at the present time (mote_now_ps); `result` gets what it returns to the firmware,
 * in the low bits that a register has.
 * True: it ended the run. */
bool semihosting_call(struct semihosting *state, uint32_t number, uint64_t parameter,
                      uint64_t *result);
void semihosting_close_all(struct semihosting *state);

#endif
