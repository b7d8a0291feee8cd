/* Exceptions between the two Security states: the additional state context, the bits of EXC_RETURN,
 * cleared registers, and the checks of a return.
 *
 * Document: Armv8-M ARM (DDI 0553) B3.18 to B3.23 and the pseudocode of PushCalleeStack,
 * ExceptionTaken, ValidateExceptionReturn, DeActivate. */
#include "security.h"

enum { CALLEE_BYTES = 0x28, CALLEE_OFFSET = 8, FIRST_CALLEE = 4, CALLEES = 8 };

/* The word under saved callee registers, by which a return knows that they are there. */
static uint32_t signature(const struct arm_cpu *cpu, uint32_t exc_return)
{
    bool basic = !arm_has_fp(cpu) || (exc_return & ARM_EXC_RETURN_FTYPE);
    return 0xFEFA125Au | basic;
}

/* ---- entry ------------------------------------------------------------------------------------
 */

static bool push_callee(struct arm_cpu *cpu, uint32_t exc_return, bool chained)
{
    bool process = chained
                       ? (exc_return & ARM_EXC_RETURN_MODE) && (exc_return & ARM_EXC_RETURN_SPSEL)
                       : arm_uses_psp(cpu);
    uint32_t frame = arm_get_sp(cpu, process) - CALLEE_BYTES;
    if (arm_below_limit(cpu, process, frame)) {
        arm_set_sp(cpu, process, cpu->sp_limit[process]);
        arm_raise_exception(cpu, ARM_EXC_USAGEFAULT, ARM_CFSR_STKOF);
        return false;
    }
    cpu->stall = 0;
    enum arm_result result = arm_store_aligned(cpu, frame, signature(cpu, exc_return));
    for (uint32_t i = 0; i < CALLEES && result != ARM_RAISED; i++)
        result = arm_store_aligned(cpu, frame + CALLEE_OFFSET + 4 * i, cpu->r[FIRST_CALLEE + i]);
    arm_set_sp(cpu, process, frame);
    cpu->cycles += cpu->stall + CALLEE_BYTES / 4; /* a word a cycle, as in stacking */
    cpu->stall = 0;
    if (result == ARM_RAISED)
        arm_frame_fault(cpu, ARM_CFSR_MSTKERR, ARM_CFSR_STKERR);
    return result != ARM_RAISED;
}

bool arm_secure_entry(struct arm_cpu *cpu, uint32_t slot, bool chained)
{
    struct arm_core *core = arm_core_of(cpu);
    bool target = arm_targets_secure(core, slot), pushed = true;
    uint32_t value = core->exc_return;
    bool saved_before = chained && !(value & ARM_EXC_RETURN_ES);
    if (value & ARM_EXC_RETURN_S) {
        if (target && saved_before) {
            value &= ~(uint32_t)ARM_EXC_RETURN_DCRS;
        } else if (!target) {
            if ((value & ARM_EXC_RETURN_DCRS) && !saved_before)
                pushed = push_callee(cpu, value, chained);
            value |= ARM_EXC_RETURN_DCRS;
        }
    }
    uint32_t control = cpu->secure == target ? cpu->control : core->security->other.control;
    value &= ~(uint32_t)(ARM_EXC_RETURN_ES | ARM_EXC_RETURN_SPSEL);
    value |= target ? (uint32_t)ARM_EXC_RETURN_ES : 0u;
    value |= control & ARM_CONTROL_SPSEL ? (uint32_t)ARM_EXC_RETURN_SPSEL : 0u;
    core->exc_return = value;
    return pushed;
}

void arm_clear_registers(struct arm_cpu *cpu)
{
    bool callees = arm_core_of(cpu)->exc_return & ARM_EXC_RETURN_S;
    for (uint32_t i = 0; i < 13; i++)
        if (i < FIRST_CALLEE || i == 12 || callees)
            cpu->r[i] = 0;
    cpu->n = cpu->z = cpu->c = cpu->v = cpu->q = cpu->ge = 0;
}

/* ---- return -----------------------------------------------------------------------------------
 */

/* A return at a negative priority always leaves it, whatever exception it names. */
static uint32_t to_deactivate(const struct arm_cpu *cpu, uint32_t slot, int raw_priority)
{
    bool secure_only = !arm_core_of(cpu)->security->bfhfnmins;
    switch (raw_priority) {
    case -1:
        return secure_only ? ARM_EXC_SECURE + ARM_EXC_HARDFAULT : ARM_EXC_HARDFAULT;
    case -2:
        return ARM_EXC_NMI;
    case -3:
        return ARM_EXC_SECURE + ARM_EXC_HARDFAULT;
    default:
        return slot;
    }
}

/* Of the active exceptions alone. */
static int raw_priority(const struct arm_cpu *cpu)
{
    int least = ARM_LOWEST_PRIORITY;
    for (uint32_t w = 0; w < ARM_EXCEPTION_WORDS; w++)
        for (uint32_t bits = cpu->nvic->active[w]; bits != 0; bits &= bits - 1) {
            int own = arm_exception_priority(cpu, w * 32 + (uint32_t)__builtin_ctz(bits));
            least = own < least ? own : least;
        }
    return least;
}

/* Values that a return leaves in the FPU for other code: false when they are not to be lost. */
static bool clear_fp(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    uint32_t fpccr = core->fpu != NULL ? mote_reg(core->fpu, FPU_FPCCR) : 0;
    if (!(fpccr & ARM_FPCCR_CLRONRET) || !(cpu->control & ARM_CONTROL_FPCA))
        return true;
    if (fpccr & ARM_FPCCR_LSPACT)
        return false;
    for (uint32_t i = 0; i < 16; i++)
        cpu->s[i] = 0;
    cpu->fpscr = 0;
    return true;
}

bool arm_secure_return(struct arm_cpu *cpu, uint32_t exc_return)
{
    struct arm_core *core = arm_core_of(cpu);
    bool from_secure = exc_return & ARM_EXC_RETURN_ES;
    bool invalid_entry = !cpu->secure && (from_secure || !(exc_return & ARM_EXC_RETURN_DCRS));
    if (invalid_entry) {
        from_secure = false;
        exc_return &= ~(uint32_t)ARM_EXC_RETURN_ES;
    }
    uint32_t n = cpu->exception, slot = arm_slot(core, n, from_secure);
    int raw = raw_priority(cpu);
    if (n != ARM_EXC_NMI && raw >= 0)
        ARM_BANKED(cpu, from_secure, faultmask) = 0;
    bool foreign = !arm_is_banked(n) && arm_targets_secure(core, n) != from_secure;
    bool usage = foreign || !arm_bit(core->nvic.active, slot) || (exc_return & 2);
    if (!foreign || raw < 0)
        arm_deactivate(cpu, to_deactivate(cpu, slot, raw));
    uint32_t spsel = exc_return & ARM_EXC_RETURN_SPSEL ? (uint32_t)ARM_CONTROL_SPSEL : 0u;
    uint32_t *control = cpu->secure == from_secure ? &cpu->control : &core->security->other.control;
    *control = (*control & ~(uint32_t)ARM_CONTROL_SPSEL) | spsel;
    core->exc_return = exc_return;
    bool fp_kept = clear_fp(cpu);
    cpu->control &= ~(uint32_t)(ARM_CONTROL_FPCA | ARM_CONTROL_SFPA);
    if (!fp_kept || invalid_entry) {
        arm_raise_exception_in(cpu, ARM_EXC_SECUREFAULT, true,
                               fp_kept ? ARM_SFSR_INVER : ARM_SFSR_LSERR);
        return false;
    }
    if (usage)
        arm_raise_exception(cpu, ARM_EXC_USAGEFAULT, ARM_CFSR_INVPC);
    return !usage;
}

bool arm_pop_callee(struct arm_cpu *cpu, uint32_t exc_return, uint32_t *address,
                    uint32_t registers[8])
{
    if (!(exc_return & ARM_EXC_RETURN_S) ||
        ((exc_return & ARM_EXC_RETURN_ES) && (exc_return & ARM_EXC_RETURN_DCRS))) {
        for (uint32_t i = 0; i < CALLEES; i++)
            registers[i] = cpu->r[FIRST_CALLEE + i];
        return true;
    }
    uint32_t found;
    if (arm_load_aligned(cpu, *address, &found) == ARM_RAISED)
        return false;
    if (found != signature(cpu, exc_return)) {
        cpu->fault = ARM_FAULT_INVIS;
        return false;
    }
    for (uint32_t i = 0; i < CALLEES; i++)
        if (arm_load_aligned(cpu, *address + CALLEE_OFFSET + 4 * i, &registers[i]) == ARM_RAISED)
            return false;
    *address += CALLEE_BYTES;
    cpu->stall += CALLEE_BYTES / 4;
    return true;
}
