/* Priorities and pending state of exceptions: the rules of the NVIC without its registers.
 *
 * Documents: Armv7-M Architecture Reference Manual (DDI 0403E) B1.5 and B3.4; Armv8-M (DDI 0553)
 * B3.12 to B3.14 for two Security states.
 * A line that is high pends its interrupt when the interrupt is not active, and a rising edge
 * always pends it, so level and pulse interrupts both work as on hardware. Once pending, an
 * interrupt stays so when its line falls. */
#include "security.h"
#include <string.h>

enum { RESTRICTED = 128 }; /* the highest priority of Non-secure state with AIRCR.PRIS */

int arm_exception_priority(const struct arm_cpu *cpu, uint32_t n)
{
    const struct arm_security *security = arm_core_of(cpu)->security;
    switch (n) {
    case ARM_EXC_RESET:
        return -4;
    case ARM_EXC_NMI:
        return -2;
    case ARM_EXC_HARDFAULT:
        return -1;
    case ARM_EXC_SECURE + ARM_EXC_HARDFAULT:
        return security != NULL && security->bfhfnmins ? -3 : -1;
    default:
        return cpu->nvic->priority[n];
    }
}

/* The part of a priority that decides about preemption. AIRCR.PRIS puts all of Non-secure state
 * into the lower half. */
static int group_priority(const struct arm_cpu *cpu, int priority, bool secure)
{
    if (priority < 0)
        return priority;
    priority &= ~(int)((2u << cpu->nvic->prigroup[secure]) - 1);
    const struct arm_security *security = arm_core_of(cpu)->security;
    return security != NULL && security->pris && !secure ? priority / 2 + RESTRICTED : priority;
}

static int group_priority_of(const struct arm_cpu *cpu, uint32_t slot)
{
    return group_priority(cpu, arm_exception_priority(cpu, slot),
                          arm_targets_secure(arm_core_of(cpu), slot));
}

/* Order in which pending exceptions are taken, smallest first: group priority, subpriority, number,
 * Secure before Non-secure. */
static uint32_t urgency(const struct arm_cpu *cpu, uint32_t slot)
{
    int priority = arm_exception_priority(cpu, slot);
    bool secure = arm_targets_secure(arm_core_of(cpu), slot);
    uint32_t group = (uint32_t)(group_priority(cpu, priority, secure) + 4);
    uint32_t sub =
        priority < 0 ? 0 : (uint32_t)priority & ((2u << cpu->nvic->prigroup[secure]) - 1);
    return group << 18 | sub << 10 | arm_number(slot) << 1 | !secure;
}

bool arm_negative_priority_of(const struct arm_cpu *cpu, bool secure)
{
    const struct arm_core *core = arm_core_of(cpu);
    uint32_t hard = arm_slot(core, ARM_EXC_HARDFAULT, secure);
    bool nmi =
        arm_targets_secure(core, ARM_EXC_NMI) == secure && arm_bit(core->nvic.active, ARM_EXC_NMI);
    return nmi || arm_bit(core->nvic.active, hard) || ARM_BANKED(cpu, secure, faultmask);
}

/* What the mask registers of both states make of a priority. */
static int mask_both_states(const struct arm_cpu *cpu, int priority, bool ignore_primask)
{
    const struct arm_security *security = arm_core_of(cpu)->security;
    int restricted = security->pris ? RESTRICTED : 0;
    for (int secure = 0; secure < 2; secure++) {
        int boosted = ARM_LOWEST_PRIORITY, most = secure ? 0 : restricted;
        if (ARM_BANKED(cpu, secure, basepri) != 0)
            boosted = group_priority(cpu, (int)ARM_BANKED(cpu, secure, basepri), secure);
        if (ARM_BANKED(cpu, secure, primask) && !ignore_primask && most < boosted)
            boosted = most;
        if (ARM_BANKED(cpu, secure, faultmask)) {
            int fault =
                secure ? (security->bfhfnmins ? -3 : -1) : (security->bfhfnmins ? -1 : restricted);
            boosted = fault < boosted ? fault : boosted;
        }
        priority = boosted < priority ? boosted : priority;
    }
    return priority;
}

int arm_execution_priority(const struct arm_cpu *cpu, bool ignore_primask)
{
    const struct arm_nvic *nvic = cpu->nvic;
    int priority = ARM_LOWEST_PRIORITY;
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        for (uint32_t bits = nvic->active[w]; bits != 0; bits &= bits - 1) {
            uint32_t n = w * 32 + (uint32_t)__builtin_ctz(bits);
            int own = group_priority_of(cpu, n);
            priority = own < priority ? own : priority;
        }
    if (arm_core_of(cpu)->security != NULL)
        return mask_both_states(cpu, priority, ignore_primask);
    if (cpu->basepri != 0) {
        int masked = group_priority(cpu, (int)cpu->basepri, false);
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
    return n != 0 && group_priority_of(cpu, n) < arm_execution_priority(cpu, ignore_primask);
}

void arm_nvic_update(struct arm_cpu *cpu)
{
    struct arm_nvic *nvic = cpu->nvic;
    uint32_t best = UINT32_MAX;
    nvic->best = 0;
    arm_forget_access(arm_core_of(cpu)); /* the MPU's answer may depend on the priority */
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        for (uint32_t bits = nvic->pending[w] & nvic->enabled[w]; bits != 0; bits &= bits - 1) {
            uint32_t n = w * 32 + (uint32_t)__builtin_ctz(bits);
            uint32_t candidate = urgency(cpu, n);
            if (candidate < best) {
                best = candidate;
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
        (mote_reg(arm_scb_of(core, arm_targets_secure(core, n)), SCB_SCR) & ARM_SCR_SEVONPEND))
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
    if (n != ARM_EXC_NMI && arm_core_of(cpu)->security == NULL)
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
    nvic->prigroup[0] = nvic->prigroup[1] = 0;
    nvic->best = 0;
    nvic->event_register = false;
    /* Those that nothing disables; the configurable faults follow SHCSR. */
    nvic->enabled[0] = 1u << ARM_EXC_NMI | 1u << ARM_EXC_HARDFAULT | 1u << ARM_EXC_SVCALL |
                       1u << ARM_EXC_DEBUGMONITOR | 1u << ARM_EXC_PENDSV | 1u << ARM_EXC_SYSTICK;
    for (uint32_t n = 0; n < ARM_EXC_EXTERNAL; n++)
        if (arm_is_banked(n) && arm_bit(nvic->enabled, n))
            arm_bit_set(nvic->enabled, ARM_EXC_SECURE + n);
}

void arm_nvic_start(struct arm_core *core)
{
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        core->nvic.pending[w] |= core->nvic.level[w];
    arm_nvic_update(&core->cpu);
}
