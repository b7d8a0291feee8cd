/*
 * Arm semihosting, M-profile: operation in r0, argument in r1, BKPT 0xAB ("Semihosting for AArch32
 * and AArch64", Arm IHI0100).
 */
#include "semihosting.h"

#include <stdint.h>

#define SYS_WRITE0                  0x04u
#define SYS_EXIT_EXTENDED           0x20u
#define ADP_STOPPED_APPLICATIONEXIT 0x20026u

/* Debug Halting Control and Status Register (Armv7-M ARM C1.6.2). */
#define DHCSR           (*(volatile uint32_t *)0xE000EDF0u)
#define DHCSR_C_DEBUGEN 1u

static void call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

int semihosting_present(void)
{
#ifdef MOTE_SEMIHOSTING_ALWAYS
    return 1;
#else
    return (DHCSR & DHCSR_C_DEBUGEN) != 0;
#endif
}

void semihosting_write0(const char *text)
{
    if (semihosting_present()) {
        call(SYS_WRITE0, text);
    }
}

void semihosting_exit(int status)
{
    const uint32_t block[2] = {ADP_STOPPED_APPLICATIONEXIT, (uint32_t)status};
    if (semihosting_present()) {
        call(SYS_EXIT_EXTENDED, block);
    }
}
