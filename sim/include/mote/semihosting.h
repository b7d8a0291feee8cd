/* What semihosting may do on the host. Arm and RISC-V cores share it. */
#ifndef MOTE_SEMIHOSTING_H
#define MOTE_SEMIHOSTING_H

struct mote_system;

/* `directory`: files below it may be opened; NULL refuses all. `command_line` answers
 * SYS_GET_CMDLINE. Both are borrowed for the life of the system. Before the first reset. */
void mote_semihosting_configure(struct mote_system *sys, const char *directory,
                                const char *command_line);

#endif
