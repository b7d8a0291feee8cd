/*
 * The Armv7-M system registers and instructions that the samples touch (Armv7-M ARM, DDI0403).
 */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

#define ACTLR      REG32(0xE000E008u)
#define SYST_CSR   REG32(0xE000E010u)
#define SYST_RVR   REG32(0xE000E014u)
#define SYST_CVR   REG32(0xE000E018u)
#define NVIC_ISER  ((volatile uint32_t *)0xE000E100u)
#define NVIC_IPR   ((volatile uint8_t *)0xE000E400u)
#define ICSR       REG32(0xE000ED04u)
#define VTOR       REG32(0xE000ED08u)
#define CCR        REG32(0xE000ED14u)
#define SHPR       ((volatile uint8_t *)0xE000ED18u)
#define SHCSR      REG32(0xE000ED24u)
#define CPACR      REG32(0xE000ED88u)
#define DEMCR      REG32(0xE000EDFCu)
#define DWT_CTRL   REG32(0xE0001000u)
#define DWT_CYCCNT REG32(0xE0001004u)

#define ACTLR_DISDEFWBUF   (1u << 1)
#define SYST_CSR_ENABLE    (1u << 0)
#define SYST_CSR_TICKINT   (1u << 1)
#define SYST_CSR_CLKSOURCE (1u << 2)
#define ICSR_PENDSVSET     (1u << 28)
#define CCR_DIV_0_TRP      (1u << 4)
#define SHCSR_USGFAULTENA  (1u << 18)
#define DEMCR_TRCENA       (1u << 24)
#define DWT_CTRL_CYCCNTENA (1u << 0)

static inline void irq_disable(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
}

static inline void irq_enable(void)
{
    __asm__ volatile("cpsie i" ::: "memory");
}

static inline void wait_for_interrupt(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

static inline void nvic_enable(uint32_t irq)
{
    NVIC_ISER[irq / 32u] = 1u << (irq % 32u);
}

static inline void cycle_counter_start(void)
{
    DEMCR |= DEMCR_TRCENA;
    DWT_CYCCNT = 0;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

static inline uint32_t cycles(void)
{
    return DWT_CYCCNT;
}

#endif
