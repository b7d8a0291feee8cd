/*
 * The RISC-V control registers and instructions that the samples touch (Volume II, 20240411).
 */
#ifndef RISCV_H
#define RISCV_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

#define CSR_READ(name)                                                                             \
    ({                                                                                             \
        unsigned long csr_value_;                                                                  \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value_));                                    \
        csr_value_;                                                                                \
    })

#define MSTATUS_MIE 8u

static inline void irq_disable(void)
{
    __asm__ volatile("csrc mstatus, %0" ::"r"(MSTATUS_MIE) : "memory");
}

static inline void irq_enable(void)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(MSTATUS_MIE) : "memory");
}

static inline void wait_for_interrupt(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

/* mcycle runs from reset unless mcountinhibit stops it, a register that older harts lack: boards
 * whose hart starts with its counters at rest release them. */
static inline void cycle_counter_start(void)
{
    __asm__ volatile("csrw mcycle, zero");
}

static inline uint32_t cycles(void)
{
    return (uint32_t)CSR_READ(mcycle);
}

#endif
