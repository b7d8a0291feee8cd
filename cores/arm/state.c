/* Banked stack pointers, program status, and what follows from a change of mode: privilege, MPU and
 * the readiness of the floating-point unit. */
#include "security.h"

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

bool arm_below_limit(const struct arm_cpu *cpu, bool process, uint32_t sp)
{
    if (!(cpu->features & ARM_HAS_V8M) || sp >= cpu->sp_limit[process])
        return false;
    return !((cpu->ccr & ARM_CCR_STKOFHFNMIGN) && arm_negative_priority(cpu));
}

void arm_update_access(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    arm_forget_access(core);
    cpu->fp_ready = arm_fp_is_ready(cpu);
    /* Row 1 of the MPU's table is MPU_CTRL. */
    cpu->check_access = (core->mpu != NULL && (mote_reg(core->mpu, 1) & 1)) ||
                        (cpu->sp_limit[0] | cpu->sp_limit[1]) != 0 || core->security != NULL;
}

enum arm_result arm_branch_to(struct arm_cpu *cpu, uint32_t address)
{
    cpu->next_pc = address & ~1u;
    return ARM_OK;
}

enum arm_result arm_bx_to(struct arm_cpu *cpu, uint32_t address)
{
    if (address >= 0xF0000000u) {
        struct arm_core *core = arm_core_of(cpu);
        bool function_return = core->security != NULL && (address | 1u) == ARM_FNC_RETURN;
        if (arm_handler_mode(cpu) || function_return) {
            core->exc_return = address;
            core->return_pending = true;
            return ARM_EVENT;
        }
    }
    /* Bit 0 clear: the instruction completes, and the next one finds no Thumb state. */
    cpu->thumb = address & 1;
    cpu->next_pc = address & ~1u;
    return cpu->thumb ? ARM_OK : ARM_EVENT;
}
