/*
 * Arm semihosting, M-profile: operation in r0, argument in r1, BKPT 0xAB ("Semihosting for AArch32
 * and AArch64", Arm IHI0100). RISC-V: a0, a1 and ebreak between two hints ("RISC-V Semihosting"
 * 0.4); the three must be uncompressed and lie in one page.
 */
#include "semihosting.h"

#include <stdint.h>

#define SYS_WRITE0                  0x04u
#define SYS_EXIT_EXTENDED           0x20u
#define ADP_STOPPED_APPLICATIONEXIT 0x20026u

/* Debug Halting Control and Status Register (Armv7-M ARM C1.6.2). */
#define DHCSR           (*(volatile uint32_t *)0xE000EDF0u)
#define DHCSR_C_DEBUGEN 1u

#ifdef __riscv
static void call(uint32_t operation, const void *argument)
{
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n\t.option norvc\n\t.balign 16\n\t"
                     "slli zero, zero, 0x1f\n\tebreak\n\tsrai zero, zero, 7\n\t.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}
#else
static void call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
#endif

int semihosting_present(void)
{
#if defined(MOTE_SEMIHOSTING_ALWAYS) || defined(__riscv)
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
    const unsigned long block[2] = {ADP_STOPPED_APPLICATIONEXIT, (unsigned long)status};
    if (semihosting_present()) {
        call(SYS_EXIT_EXTENDED, block);
    }
}
