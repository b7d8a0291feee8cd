/* Priorities and pending state of exceptions: the rules of the NVIC without its registers.
 *
 * Documents: Armv7-M Architecture Reference Manual (DDI 0403E) B1.5 and B3.4.
 * A line that is high pends its interrupt when the interrupt is not active, and a rising edge
 * always pends it, so level and pulse interrupts both work as on hardware. Once pending, an
 * interrupt stays so when its line falls. */
#include "core.h"
#include <string.h>

int arm_exception_priority(const struct arm_cpu *cpu, uint32_t n)
{
    switch (n) {
    case ARM_EXC_RESET:
        return -3;
    case ARM_EXC_NMI:
        return -2;
    case ARM_EXC_HARDFAULT:
        return -1;
    default:
        return cpu->nvic->priority[n];
    }
}

/* The part of a priority that decides about preemption. */
static int group_priority(const struct arm_nvic *nvic, int priority)
{
    if (priority < 0)
        return priority;
    return priority & ~(int)((2u << nvic->prigroup) - 1);
}

int arm_execution_priority(const struct arm_cpu *cpu, bool ignore_primask)
{
    const struct arm_nvic *nvic = cpu->nvic;
    int priority = ARM_LOWEST_PRIORITY;
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        for (uint32_t bits = nvic->active[w]; bits != 0; bits &= bits - 1) {
            uint32_t n = w * 32 + (uint32_t)__builtin_ctz(bits);
            int own = group_priority(nvic, arm_exception_priority(cpu, n));
            priority = own < priority ? own : priority;
        }
    if (cpu->basepri != 0) {
        int masked = group_priority(nvic, (int)cpu->basepri);
        priority = masked < priority ? masked : priority;
    }
    if (cpu->primask && !ignore_primask && priority > 0)
        priority = 0;
    if (cpu->faultmask && priority > -1)
        priority = -1;
    return priority;
}

bool arm_would_preempt(const struct arm_cpu *cpu, uint32_t n, bool ignore_primask)
{
    return n != 0 && group_priority(cpu->nvic, arm_exception_priority(cpu, n)) <
                         arm_execution_priority(cpu, ignore_primask);
}

void arm_nvic_update(struct arm_cpu *cpu)
{
    struct arm_nvic *nvic = cpu->nvic;
    int best_priority = ARM_LOWEST_PRIORITY;
    nvic->best = 0;
    arm_core_of(cpu)->mpu_granule = ~0u; /* its answer may depend on the priority */
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        for (uint32_t bits = nvic->pending[w] & nvic->enabled[w]; bits != 0; bits &= bits - 1) {
            uint32_t n = w * 32 + (uint32_t)__builtin_ctz(bits);
            int priority = arm_exception_priority(cpu, n);
            if (priority < best_priority) {
                best_priority = priority;
                nvic->best = n;
            }
        }
    if (arm_would_preempt(cpu, nvic->best, false))
        cpu->attention = true;
}

void arm_set_pending(struct arm_cpu *cpu, uint32_t n)
{
    struct arm_core *core = arm_core_of(cpu);
    if (!arm_bit(cpu->nvic->pending, n) && n >= ARM_EXC_EXTERNAL &&
        (mote_reg(core->scb, SCB_SCR) & ARM_SCR_SEVONPEND))
        cpu->nvic->event_register = true;
    arm_bit_set(cpu->nvic->pending, n);
    arm_nvic_update(cpu);
}

void arm_clear_pending(struct arm_cpu *cpu, uint32_t n)
{
    /* A line that is still high pends again at once. */
    if (n >= ARM_EXC_EXTERNAL && arm_bit(cpu->nvic->level, n) && !arm_bit(cpu->nvic->active, n))
        return;
    arm_bit_clear(cpu->nvic->pending, n);
    arm_nvic_update(cpu);
}

void arm_set_line(struct arm_cpu *cpu, uint32_t n, bool level)
{
    if (!level) {
        arm_bit_clear(cpu->nvic->level, n);
        return;
    }
    arm_bit_set(cpu->nvic->level, n);
    arm_set_pending(cpu, n);
}

void arm_deactivate(struct arm_cpu *cpu, uint32_t n)
{
    arm_bit_clear(cpu->nvic->active, n);
    if (n != ARM_EXC_NMI)
        cpu->faultmask = 0;
    if (n >= ARM_EXC_EXTERNAL && arm_bit(cpu->nvic->level, n))
        arm_set_pending(cpu, n);
    else
        arm_nvic_update(cpu);
}

uint32_t arm_active_count(const struct arm_cpu *cpu)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        count += (uint32_t)__builtin_popcount(cpu->nvic->active[w]);
    return count;
}

void arm_nvic_reset(struct arm_core *core)
{
    struct arm_nvic *nvic = &core->nvic;
    memset(nvic->pending, 0, sizeof nvic->pending);
    memset(nvic->active, 0, sizeof nvic->active);
    memset(nvic->enabled, 0, sizeof nvic->enabled);
    memset(nvic->priority, 0, sizeof nvic->priority);
    nvic->prigroup = 0;
    nvic->best = 0;
    nvic->event_register = false;
    /* Those that nothing disables; the configurable faults follow SHCSR. */
    nvic->enabled[0] = 1u << ARM_EXC_NMI | 1u << ARM_EXC_HARDFAULT | 1u << ARM_EXC_SVCALL |
                       1u << ARM_EXC_DEBUGMONITOR | 1u << ARM_EXC_PENDSV | 1u << ARM_EXC_SYSTICK;
}

void arm_nvic_start(struct arm_core *core)
{
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        core->nvic.pending[w] |= core->nvic.level[w];
    arm_nvic_update(&core->cpu);
}
