/*
 * The core's own counter of cycles, and which core it is.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>

#include "cortex_m.h"

#define CPUID    REG32(0xE000ED00u)
#define CORE_M33 0xD21u
#define CORE_M4  0xC24u

/* CPUID.PARTNO */
static inline uint32_t core_part(void)
{
    return (CPUID >> 4) & 0xFFFu;
}

#if __ARM_ARCH_6M__
#define COUNTER (&SYST_CVR)

static inline void counter_start(void)
{
    SYST_RVR = 0xFFFFFFu;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_CLKSOURCE;
}

/* SysTick counts down, in 24 bits. */
static inline uint32_t elapsed(uint32_t difference)
{
    return -difference & 0xFFFFFFu;
}
#else
#define COUNTER (&DWT_CYCCNT)

static inline void counter_start(void)
{
    cycle_counter_start();
}

static inline uint32_t elapsed(uint32_t difference)
{
    return difference;
}
#endif

#endif
