/* Banked stack pointers, program status, and what follows from a change of mode: privilege, MPU and
 * the readiness of the floating-point unit. */
#include "core.h"

bool arm_uses_psp(const struct arm_cpu *cpu)
{
    return !arm_handler_mode(cpu) && (cpu->control & ARM_CONTROL_SPSEL);
}

uint32_t arm_get_sp(const struct arm_cpu *cpu, bool process)
{
    return process == arm_uses_psp(cpu) ? cpu->r[13] : cpu->other_sp;
}

void arm_set_sp(struct arm_cpu *cpu, bool process, uint32_t value)
{
    if (process == arm_uses_psp(cpu))
        cpu->r[13] = value & ~3u;
    else
        cpu->other_sp = value & ~3u;
}

void arm_set_mode(struct arm_cpu *cpu, uint32_t exception, uint32_t control)
{
    bool before = arm_uses_psp(cpu);
    cpu->exception = exception;
    cpu->control = control;
    if (before != arm_uses_psp(cpu)) {
        uint32_t sp = cpu->r[13];
        cpu->r[13] = cpu->other_sp;
        cpu->other_sp = sp;
    }
    arm_update_access(cpu);
}

uint32_t arm_apsr(const struct arm_cpu *cpu)
{
    return cpu->n << 31 | cpu->z << 30 | cpu->c << 29 | cpu->v << 28 | cpu->q << 27 | cpu->ge << 16;
}

void arm_set_apsr_nzcvq(struct arm_cpu *cpu, uint32_t value)
{
    cpu->n = value >> 31 & 1;
    cpu->z = value >> 30 & 1;
    cpu->c = value >> 29 & 1;
    cpu->v = value >> 28 & 1;
    if (cpu->features & ARM_HAS_THUMB2)
        cpu->q = value >> 27 & 1;
}

uint32_t arm_xpsr(const struct arm_cpu *cpu)
{
    uint32_t it = cpu->itstate;
    return arm_apsr(cpu) | (it & 3) << 25 | (uint32_t)cpu->thumb << 24 | (it >> 2) << 10 |
           cpu->exception;
}

void arm_set_psr(struct arm_cpu *cpu, uint32_t psr)
{
    arm_set_apsr_nzcvq(cpu, psr);
    cpu->ge = cpu->features & ARM_HAS_DSP ? psr >> 16 & 0xF : 0;
    cpu->thumb = psr >> 24 & 1;
    cpu->itstate = 0;
    if (cpu->features & ARM_HAS_THUMB2)
        cpu->itstate = (uint8_t)((psr >> 25 & 3) | (psr >> 10 & 0x3F) << 2);
}

static bool fp_accessible(const struct arm_cpu *cpu)
{
    if (!arm_has_fp(cpu))
        return false;
    uint32_t cp10 = mote_reg(arm_core_of(cpu)->scb, SCB_CPACR) >> 20 & 3;
    return cp10 == 3 || (cp10 == 1 && arm_privileged(cpu));
}

bool arm_below_limit(const struct arm_cpu *cpu, bool process, uint32_t sp)
{
    if (!(cpu->features & ARM_HAS_V8M) || sp >= cpu->sp_limit[process])
        return false;
    return !((cpu->ccr & ARM_CCR_STKOFHFNMIGN) && arm_negative_priority(cpu));
}

void arm_update_access(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    core->mpu_granule = ~0u;
    uint32_t fpccr = arm_has_fp(cpu) ? mote_reg(core->fpu, FPU_FPCCR) : 0;
    cpu->fp_ready = fp_accessible(cpu) && !(fpccr & ARM_FPCCR_LSPACT) &&
                    (!(fpccr & ARM_FPCCR_ASPEN) || (cpu->control & ARM_CONTROL_FPCA));
    /* Row 1 of the MPU's table is MPU_CTRL. */
    cpu->check_access = (core->mpu != NULL && (mote_reg(core->mpu, 1) & 1)) ||
                        (cpu->sp_limit[0] | cpu->sp_limit[1]) != 0;
}

/* The state that an exception entry left room for goes to its place on the stack now. */
enum arm_result arm_preserve_fp(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t address = mote_reg(core->fpu, FPU_FPCAR);
    for (uint32_t i = 0; i <= 16; i++) {
        uint32_t word = i < 16 ? cpu->s[i] : cpu->fpscr;
        if (arm_store_aligned(cpu, address + 4 * i, word) == ARM_RAISED) {
            bool memmanage = cpu->fault == ARM_FAULT_DACCVIOL;
            arm_raise_exception(cpu, memmanage ? ARM_EXC_MEMMANAGE : ARM_EXC_BUSFAULT,
                                memmanage ? ARM_CFSR_MLSPERR : ARM_CFSR_LSPERR);
            cpu->fault = ARM_FAULT_NONE;
            return ARM_RAISED;
        }
        cpu->stall++; /* a word a cycle, as in stacking */
    }
    mote_reg(core->fpu, FPU_FPCCR) &= ~ARM_FPCCR_LSPACT;
    return ARM_OK;
}

enum arm_result arm_fp_begin(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    if (!fp_accessible(cpu))
        return arm_raise(cpu, ARM_FAULT_NOCP);
    if ((mote_reg(core->fpu, FPU_FPCCR) & ARM_FPCCR_LSPACT) && arm_preserve_fp(cpu) != ARM_OK)
        return ARM_RAISED;
    if ((mote_reg(core->fpu, FPU_FPCCR) & ARM_FPCCR_ASPEN) && !(cpu->control & ARM_CONTROL_FPCA)) {
        const uint32_t mode_bits = 0x07C00000u; /* AHP, DN, FZ, RMode */
        cpu->fpscr = (cpu->fpscr & ~mode_bits) | (mote_reg(core->fpu, FPU_FPDSCR) & mode_bits);
        cpu->control |= ARM_CONTROL_FPCA;
    }
    arm_update_access(cpu);
    return ARM_OK;
}

enum arm_result arm_branch_to(struct arm_cpu *cpu, uint32_t address)
{
    cpu->next_pc = address & ~1u;
    return ARM_OK;
}

enum arm_result arm_bx_to(struct arm_cpu *cpu, uint32_t address)
{
    if (arm_handler_mode(cpu) && address >= 0xF0000000u) {
        struct arm_core *core = arm_core_of(cpu);
        core->exc_return = address;
        core->return_pending = true;
        return ARM_EVENT;
    }
    /* Bit 0 clear: the instruction completes, and the next one finds no Thumb state. */
    cpu->thumb = address & 1;
    cpu->next_pc = address & ~1u;
    return cpu->thumb ? ARM_OK : ARM_EVENT;
}
