/*
 * The two semihosting calls that the samples use.
 *
 * BKPT 0xAB on a core without a debugger is a HardFault, so the calls are made only when
 * DHCSR.C_DEBUGEN says that halting debug is enabled: a real board on its own passes them by, a
 * debugger or Mote (which sets C_DEBUGEN when semihosting is on) serves them. qemu-system-arm does
 * not implement DHCSR and reads it as 0: images meant for it define MOTE_SEMIHOSTING_ALWAYS and do
 * not suit a board without a debugger. On RISC-V nothing tells whether a debugger is there; the
 * call is always made, and the start-up's trap handler goes on behind it when nobody served it.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

/* Nonzero when a call would be served. */
int semihosting_present(void);

/* SYS_WRITE0: a zero-terminated string to the debugger's console. */
void semihosting_write0(const char *text);

/* SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit; returns only when nobody serves it. */
void semihosting_exit(int status);

#endif
