/*
 * What the Cortex-M7 has beyond cortex_m.h: its caches (Armv7-M ARM, DDI0403, B2.2 and B4.5, the
 * order of steps as in the TRM, DDI0489) and the lock of its cycle counter.
 */
#ifndef CORTEX_M7_H
#define CORTEX_M7_H

#include "cortex_m.h"

#define CCSIDR  REG32(0xE000ED80u)
#define CSSELR  REG32(0xE000ED84u)
#define ICIALLU REG32(0xE000EF50u)
#define DCISW   REG32(0xE000EF60u)
#define DWT_LAR REG32(0xE0001FB0u)

#define CCR_DC      (1u << 16)
#define CCR_IC      (1u << 17)
#define DWT_LAR_KEY 0xC5ACCE55u

static inline void barriers(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* Invalidates both caches and switches them on. Lines have 32 bytes. */
static inline void caches_start(void)
{
    CSSELR = 0;
    barriers();
    const uint32_t shape = CCSIDR, sets = shape >> 13 & 0x7FFFu, ways = shape >> 3 & 0x3FFu;
    for (uint32_t set = 0; set <= sets; set++) {
        for (uint32_t way = 0; way <= ways; way++) {
            DCISW = set << 5 | way << 30;
        }
    }
    ICIALLU = 0;
    barriers();
    CCR |= CCR_DC | CCR_IC;
    barriers();
}

static inline void counter_unlock(void)
{
    DWT_LAR = DWT_LAR_KEY;
}

#endif
