/* System instructions: SVC, BKPT, CPS, MRS, MSR, WFI, WFE, SEV and barriers.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B5.2 (CPS, MRS, MSR), B1.5.17-B1.5.19 (WFE, SEV, WFI);
 * Armv8-M ARM (DDI 0553) C2.4. */
#include "security.h"

/* SYSm of MRS and MSR. */
enum {
    SYSM_XPSR_LAST = 7, /* 0-7: combinations of APSR, IPSR, EPSR */
    SYSM_MSP = 8,
    SYSM_PSP = 9,
    SYSM_MSPLIM = 10,
    SYSM_PSPLIM = 11,
    SYSM_PRIMASK = 16,
    SYSM_BASEPRI = 17,
    SYSM_BASEPRI_MAX = 18,
    SYSM_FAULTMASK = 19,
    SYSM_CONTROL = 20,
    SYSM_NON_SECURE = 0x80, /* from here on: registers of Non-secure state, for Secure code */
    SYSM_CONTROL_NS = 0x94,
};

enum arm_result arm_sys_svc(struct arm_cpu *cpu, uint32_t imm)
{
    (void)imm; /* the handler reads it from the instruction */
    arm_raise_exception(cpu, ARM_EXC_SVCALL, 0);
    return ARM_EVENT;
}

/* The call that r0 and r1 describe. */
static enum arm_result semihosting(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    mote_set_now_ps(cpu->sys, arm_now_ps(cpu));
    uint64_t answer = cpu->r[0];
    bool ends = semihosting_call(&core->semihosting, cpu->r[0], cpu->r[1], &answer);
    cpu->r[0] = (uint32_t)answer;
    if (!ends)
        return ARM_OK;
    cpu->attention = true;
    return ARM_EVENT;
}

enum arm_result arm_sys_bkpt(struct arm_cpu *cpu, uint32_t imm)
{
    struct arm_core *core = arm_core_of(cpu);
    if (imm == 0xAB)
        return semihosting(cpu);
    mote_reg(core->scb, SCB_DFSR) |= 2; /* BKPT */
    cpu->next_pc = cpu->pc;             /* both ways it stands at the instruction */
    if (cpu->breakpoints) {
        mote_request_stop(cpu->sys, MOTE_STOP_DEBUG, 0, "BKPT");
        cpu->attention = true;
        return ARM_EVENT;
    }
    bool monitor = (mote_reg(core->debug, DEBUG_DEMCR) & ARM_DEMCR_MON_EN) &&
                   arm_would_preempt(cpu, ARM_EXC_DEBUGMONITOR, false);
    if (monitor) {
        arm_set_pending(cpu, ARM_EXC_DEBUGMONITOR);
        return ARM_EVENT;
    }
    mote_log(cpu->sys, core->dev, MOTE_LOG_GUEST, "BKPT 0x%02x without a debugger, pc 0x%08x", imm,
             cpu->pc);
    mote_reg(core->scb, SCB_HFSR) |= ARM_HFSR_DEBUGEVT;
    arm_raise_exception(cpu, ARM_EXC_HARDFAULT, 0);
    return ARM_EVENT;
}

static void set_faultmask(struct arm_cpu *cpu, uint32_t value)
{
    /* It cannot be set from HardFault, NMI or itself. */
    if (!value || arm_execution_priority(cpu, false) > -1)
        cpu->faultmask = value & 1;
}

enum arm_result arm_sys_cps(struct arm_cpu *cpu, bool disable, bool primask, bool faultmask)
{
    if (!arm_privileged(cpu))
        return ARM_OK;
    if (primask)
        cpu->primask = disable;
    if (faultmask && (cpu->features & ARM_HAS_THUMB2))
        set_faultmask(cpu, disable);
    arm_nvic_update(cpu);
    return ARM_OK;
}

static uint32_t read_psr(const struct arm_cpu *cpu, uint32_t sysm)
{
    uint32_t value = 0; /* EPSR always reads 0 */
    if (sysm & 1)
        value |= cpu->exception;
    if (!(sysm & 4))
        value |= arm_apsr(cpu);
    return value;
}

enum arm_result arm_sys_mrs(struct arm_cpu *cpu, uint32_t sysm, uint32_t *value)
{
    bool mainline = cpu->features & ARM_HAS_THUMB2;
    bool privileged = arm_privileged(cpu);
    *value = 0;
    if (sysm <= SYSM_XPSR_LAST) {
        *value = read_psr(cpu, sysm);
        return ARM_OK;
    }
    if (sysm == SYSM_CONTROL) {
        *value = cpu->secure ? cpu->control : cpu->control & ~(uint32_t)ARM_CONTROL_SFPA;
        return ARM_OK;
    }
    if (!privileged && sysm != SYSM_CONTROL_NS)
        return ARM_OK;
    if (sysm >= SYSM_NON_SECURE) {
        *value = cpu->secure ? arm_read_non_secure(cpu, sysm) : 0;
        return ARM_OK;
    }
    switch (sysm) {
    case SYSM_MSP:
    case SYSM_PSP:
        *value = arm_get_sp(cpu, sysm == SYSM_PSP);
        break;
    case SYSM_MSPLIM:
    case SYSM_PSPLIM:
        *value = cpu->sp_limit[sysm - SYSM_MSPLIM];
        break;
    case SYSM_PRIMASK:
        *value = cpu->primask;
        break;
    case SYSM_BASEPRI:
    case SYSM_BASEPRI_MAX:
        *value = mainline ? cpu->basepri : 0;
        break;
    case SYSM_FAULTMASK:
        *value = mainline ? cpu->faultmask : 0;
        break;
    default:
        break;
    }
    return ARM_OK;
}

static void write_apsr(struct arm_cpu *cpu, uint32_t mask, uint32_t value)
{
    if (mask & 2)
        arm_set_apsr_nzcvq(cpu, value);
    if ((mask & 1) && (cpu->features & ARM_HAS_DSP))
        cpu->ge = value >> 16 & 0xF;
}

static void write_basepri(struct arm_cpu *cpu, uint32_t value, bool only_raise)
{
    value &= cpu->nvic->priority_mask;
    if (!(cpu->features & ARM_HAS_THUMB2))
        return;
    if (!only_raise || (value != 0 && (value < cpu->basepri || cpu->basepri == 0)))
        cpu->basepri = value;
}

static void write_control(struct arm_cpu *cpu, uint32_t value)
{
    uint32_t control = cpu->control & ~(uint32_t)ARM_CONTROL_NPRIV;
    control |= value & ARM_CONTROL_NPRIV;
    if (!arm_handler_mode(cpu))
        control = (control & ~(uint32_t)ARM_CONTROL_SPSEL) | (value & ARM_CONTROL_SPSEL);
    const struct arm_core *core = arm_core_of(cpu);
    bool fp = arm_has_fp(cpu) &&
              (core->security == NULL || cpu->secure || (mote_reg(core->scb, SCB_NSACR) >> 10 & 1));
    uint32_t active = ARM_CONTROL_FPCA | (cpu->secure ? (uint32_t)ARM_CONTROL_SFPA : 0u);
    if (fp)
        control = (control & ~active) | (value & active);
    arm_set_mode(cpu, cpu->exception, control);
}

enum arm_result arm_sys_msr(struct arm_cpu *cpu, uint32_t sysm, uint32_t mask, uint32_t value)
{
    if (sysm <= 3) {
        write_apsr(cpu, mask, value);
        return ARM_OK;
    }
    if (!arm_privileged(cpu))
        return ARM_OK;
    if (sysm >= SYSM_NON_SECURE)
        return cpu->secure ? arm_write_non_secure(cpu, sysm, value) : ARM_OK;
    switch (sysm) {
    case SYSM_MSP:
    case SYSM_PSP:
        /* No limit check: a scheduler sets the stack first, then its limit. */
        arm_set_sp(cpu, sysm == SYSM_PSP, value);
        break;
    case SYSM_MSPLIM:
    case SYSM_PSPLIM:
        if (cpu->features & ARM_HAS_V8M)
            cpu->sp_limit[sysm - SYSM_MSPLIM] = value & ~7u;
        arm_update_access(cpu);
        break;
    case SYSM_PRIMASK:
        cpu->primask = value & 1;
        break;
    case SYSM_BASEPRI:
    case SYSM_BASEPRI_MAX:
        write_basepri(cpu, value & 0xFF, sysm == SYSM_BASEPRI_MAX);
        break;
    case SYSM_FAULTMASK:
        if (cpu->features & ARM_HAS_THUMB2)
            set_faultmask(cpu, value & 1);
        break;
    case SYSM_CONTROL:
        write_control(cpu, value);
        break;
    default:
        break;
    }
    arm_nvic_update(cpu);
    return ARM_OK;
}

enum arm_result arm_sys_wfi(struct arm_cpu *cpu)
{
    arm_sleep_begin(cpu, false);
    return ARM_EVENT;
}

enum arm_result arm_sys_wfe(struct arm_cpu *cpu)
{
    if (cpu->nvic->event_register)
        cpu->nvic->event_register = false;
    else
        arm_sleep_begin(cpu, true);
    return ARM_EVENT;
}

enum arm_result arm_sys_sev(struct arm_cpu *cpu)
{
    cpu->nvic->event_register = true;
    return ARM_OK;
}

enum arm_result arm_sys_barrier(struct arm_cpu *cpu, enum arm_barrier kind)
{
    /* Accesses are in program order already; ISB refetches. */
    if (kind == ARM_BARRIER_ISB)
        cpu->fetch_line = ~0u;
    return ARM_OK;
}
