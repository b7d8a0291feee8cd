/* Floating-point context: access control, lazy preservation, exception frames, VLSTM and VLLDM.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B1.5.7, B3.2.20; Armv8-M ARM (DDI 0553) B3.20 to B3.22 and the
 * pseudocode of ExecuteFPCheck, UpdateFPCCR and PreserveFPState.
 * With the Security Extension FPCCR.S names the state whose context the registers hold. Where the
 * architecture leaves registers UNKNOWN they keep their values. */
#include "security.h"
#include <string.h>

enum { BASE_WORDS = 16, ALL_WORDS = 32, FPSCR_OFFSET = 0x40, BASE_BYTES = 0x48, ALL_BYTES = 0x88 };
#define FPSCR_MODE_BITS 0x07C00000u /* AHP, DN, FZ, RMode */

static uint32_t *fpccr_of(const struct arm_core *core, bool secure)
{
    return &mote_reg(arm_fpu_of(core, secure), FPU_FPCCR);
}

/* The state that the registers belong to. */
static bool owner_is_secure(const struct arm_core *core)
{
    return core->security != NULL && (*fpccr_of(core, true) & ARM_FPCCR_S);
}

/* NSACR: Secure code may keep the FPU from the other state. */
static bool allowed_by_nsacr(const struct arm_core *core, bool secure)
{
    return core->security == NULL || secure || (mote_reg(core->scb, SCB_NSACR) >> 10 & 1);
}

bool arm_fp_enabled(const struct arm_cpu *cpu, bool secure, bool privileged)
{
    if (!arm_has_fp(cpu))
        return false;
    uint32_t cp10 = mote_reg(arm_scb_of(arm_core_of(cpu), secure), SCB_CPACR) >> 20 & 3;
    return cp10 == 3 || (cp10 == 1 && privileged);
}

/* An active context lacks what this state's code needs. */
static bool needs_new_context(const struct arm_cpu *cpu)
{
    if (!(*fpccr_of(arm_core_of(cpu), cpu->secure) & ARM_FPCCR_ASPEN))
        return false;
    return !(cpu->control & ARM_CONTROL_FPCA) ||
           (cpu->secure && !(cpu->control & ARM_CONTROL_SFPA));
}

bool arm_fp_is_ready(const struct arm_cpu *cpu)
{
    const struct arm_core *core = arm_core_of(cpu);
    if (!arm_fp_enabled(cpu, cpu->secure, arm_privileged(cpu)) ||
        !allowed_by_nsacr(core, cpu->secure))
        return false;
    bool owner = owner_is_secure(core);
    return !(*fpccr_of(core, owner) & ARM_FPCCR_LSPACT) && owner == cpu->secure &&
           !needs_new_context(cpu);
}

/* Whether the frames of this state's code hold s16 to s31 as well. */
static bool whole_state(const struct arm_core *core, bool secure)
{
    return core->security != NULL && secure && (*fpccr_of(core, true) & ARM_FPCCR_TS);
}

uint32_t arm_fp_frame_bytes(const struct arm_cpu *cpu)
{
    return whole_state(arm_core_of(cpu), cpu->secure) ? ALL_BYTES : BASE_BYTES;
}

static void clear_registers(struct arm_cpu *cpu, uint32_t words)
{
    memset(cpu->s, 0, words * sizeof *cpu->s);
    cpu->fpscr = 0;
}

/* ---- memory -----------------------------------------------------------------------------------
 */

/* Where s<i> lies: FPSCR and a reserved word come between s15 and s16. */
static uint32_t place(uint32_t address, uint32_t i)
{
    return address + 4 * i + (i >= BASE_WORDS ? 8 : 0);
}

static enum arm_result store_state(struct arm_cpu *cpu, uint32_t address, uint32_t words)
{
    for (uint32_t i = 0; i <= words; i++) {
        enum arm_result result = i < words
                                     ? arm_store_aligned(cpu, place(address, i), cpu->s[i])
                                     : arm_store_aligned(cpu, address + FPSCR_OFFSET, cpu->fpscr);
        if (result == ARM_RAISED)
            return result;
        cpu->stall++; /* a word a cycle, as in stacking */
    }
    return ARM_OK;
}

static bool load_state(struct arm_cpu *cpu, uint32_t address, uint32_t words,
                       struct arm_fp_frame *frame)
{
    for (uint32_t i = 0; i <= words; i++) {
        enum arm_result result = i < words
                                     ? arm_load_aligned(cpu, place(address, i), &frame->s[i])
                                     : arm_load_aligned(cpu, address + FPSCR_OFFSET, &frame->fpscr);
        if (result == ARM_RAISED)
            return false;
        cpu->stall++;
    }
    return true;
}

/* ---- lazy preservation ------------------------------------------------------------------------
 */

/* Saving failed: the exception belongs to the context's owner, not to the code that runs. */
static enum arm_result lazy_fault(struct arm_cpu *cpu, bool owner)
{
    switch (cpu->fault) {
    case ARM_FAULT_DACCVIOL:
        arm_raise_exception_in(cpu, ARM_EXC_MEMMANAGE, owner, ARM_CFSR_MLSPERR);
        break;
    case ARM_FAULT_AUVIOL:
        arm_raise_exception_in(cpu, ARM_EXC_SECUREFAULT, true, ARM_SFSR_LSPERR);
        break;
    case ARM_FAULT_NOCP:
        arm_raise_exception_in(cpu, ARM_EXC_USAGEFAULT, owner, ARM_CFSR_NOCP);
        break;
    case ARM_FAULT_NOCP_S:
        arm_raise_exception_in(cpu, ARM_EXC_USAGEFAULT, true, ARM_CFSR_NOCP);
        break;
    default:
        arm_raise_exception_in(cpu, ARM_EXC_BUSFAULT, owner, ARM_CFSR_LSPERR);
        break;
    }
    cpu->fault = ARM_FAULT_NONE;
    return ARM_RAISED;
}

/* Stores as the code that the context belongs to would have. */
static enum arm_result store_as_owner(struct arm_cpu *cpu, bool owner, uint32_t words)
{
    const struct arm_core *core = arm_core_of(cpu);
    uint32_t fpccr = *fpccr_of(core, owner);
    bool privileged = !(fpccr & ARM_FPCCR_USER), present = cpu->secure;
    if (!arm_fp_enabled(cpu, owner, privileged))
        return arm_raise(cpu, ARM_FAULT_NOCP);
    if (!allowed_by_nsacr(core, owner))
        return arm_raise(cpu, ARM_FAULT_NOCP_S);
    if (fpccr & ARM_FPCCR_SPLIMVIOL)
        return ARM_OK;
    arm_set_security(cpu, owner);
    cpu->unprivileged = !privileged;
    enum arm_result result = store_state(cpu, mote_reg(arm_fpu_of(core, owner), FPU_FPCAR), words);
    cpu->unprivileged = false;
    arm_set_security(cpu, present);
    return result;
}

/* The state that an exception entry left room for goes to its place on the stack now. */
static enum arm_result preserve(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    bool owner = owner_is_secure(core), all = whole_state(core, owner);
    enum arm_result result = core->security != NULL
                                 ? store_as_owner(cpu, owner, all ? ALL_WORDS : BASE_WORDS)
                                 : store_state(cpu, mote_reg(core->fpu, FPU_FPCAR), BASE_WORDS);
    if (result == ARM_RAISED)
        return lazy_fault(cpu, owner);
    *fpccr_of(core, owner) &= ~(uint32_t)ARM_FPCCR_LSPACT;
    if (all)
        clear_registers(cpu, ALL_WORDS);
    return ARM_OK;
}

enum arm_result arm_fp_begin(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    if (!arm_fp_enabled(cpu, cpu->secure, arm_privileged(cpu)))
        return arm_raise(cpu, ARM_FAULT_NOCP);
    if (!allowed_by_nsacr(core, cpu->secure))
        return arm_raise(cpu, ARM_FAULT_NOCP_S);
    if ((*fpccr_of(core, owner_is_secure(core)) & ARM_FPCCR_LSPACT) && preserve(cpu) != ARM_OK)
        return ARM_RAISED;
    if (core->security != NULL) {
        uint32_t *fpccr = fpccr_of(core, true);
        *fpccr = cpu->secure ? *fpccr | ARM_FPCCR_S : *fpccr & ~(uint32_t)ARM_FPCCR_S;
    }
    if (needs_new_context(cpu)) {
        uint32_t modes = mote_reg(arm_fpu_of(core, cpu->secure), FPU_FPDSCR) & FPSCR_MODE_BITS;
        cpu->fpscr = (cpu->fpscr & ~FPSCR_MODE_BITS) | modes;
        cpu->control |= ARM_CONTROL_FPCA | (cpu->secure ? (uint32_t)ARM_CONTROL_SFPA : 0u);
    }
    arm_update_access(cpu);
    return ARM_OK;
}

/* ---- exception frames -------------------------------------------------------------------------
 */

static uint32_t ready(const struct arm_cpu *cpu, uint32_t n, bool secure, uint32_t bit)
{
    uint32_t slot = arm_slot(arm_core_of(cpu), n, secure);
    return arm_bit(cpu->nvic->enabled, slot) && arm_would_preempt(cpu, slot, false) ? bit : 0;
}

static void change(uint32_t *reg, uint32_t mask, uint32_t value)
{
    *reg = (*reg & ~mask) | value;
}

/* Which faults may be taken when the state is saved later follows from now. */
static void note_readiness(struct arm_cpu *cpu, uint32_t *own)
{
    const struct arm_core *core = arm_core_of(cpu);
    uint32_t *shared = fpccr_of(core, true);
    change(own, ARM_FPCCR_LSPACT | ARM_FPCCR_USER | ARM_FPCCR_THREAD | ARM_FPCCR_MMRDY,
           ARM_FPCCR_LSPACT | (arm_privileged(cpu) ? 0u : (uint32_t)ARM_FPCCR_USER) |
               (arm_handler_mode(cpu) ? 0u : (uint32_t)ARM_FPCCR_THREAD) |
               ready(cpu, ARM_EXC_MEMMANAGE, cpu->secure, ARM_FPCCR_MMRDY));
    change(shared, ARM_FPCCR_HFRDY | ARM_FPCCR_BFRDY | ARM_FPCCR_MONRDY,
           (arm_execution_priority(cpu, false) > -1 ? (uint32_t)ARM_FPCCR_HFRDY : 0u) |
               ready(cpu, ARM_EXC_BUSFAULT, false, ARM_FPCCR_BFRDY));
    if (core->security == NULL)
        return;
    change(shared, ARM_FPCCR_S | ARM_FPCCR_SFRDY | ARM_FPCCR_UFRDY,
           (cpu->secure ? (uint32_t)ARM_FPCCR_S : 0u) |
               ready(cpu, ARM_EXC_SECUREFAULT, true, ARM_FPCCR_SFRDY) |
               ready(cpu, ARM_EXC_USAGEFAULT, true, ARM_FPCCR_UFRDY));
    change(fpccr_of(core, false), ARM_FPCCR_UFRDY,
           ready(cpu, ARM_EXC_USAGEFAULT, false, ARM_FPCCR_UFRDY));
}

/* UpdateFPCCR(): the state is to be stored at the address before the FPU is used again. */
static void reserve(struct arm_cpu *cpu, uint32_t address, bool check_limit)
{
    const struct arm_core *core = arm_core_of(cpu);
    uint32_t *own = fpccr_of(core, cpu->secure);
    mote_reg(arm_fpu_of(core, cpu->secure), FPU_FPCAR) = address & ~7u;
    if (core->security != NULL && check_limit) {
        bool below = arm_below_limit(cpu, arm_uses_psp(cpu), address);
        change(own, ARM_FPCCR_SPLIMVIOL, below ? (uint32_t)ARM_FPCCR_SPLIMVIOL : 0u);
    }
    note_readiness(cpu, own);
}

static bool fails(struct arm_cpu *cpu, enum arm_fault fault)
{
    cpu->fault = fault;
    return false;
}

bool arm_fp_push(struct arm_cpu *cpu, uint32_t address)
{
    const struct arm_core *core = arm_core_of(cpu);
    if (core->security != NULL && (*fpccr_of(core, owner_is_secure(core)) & ARM_FPCCR_LSPACT))
        return fails(cpu, ARM_FAULT_LSERR);
    if (!allowed_by_nsacr(core, cpu->secure))
        return fails(cpu, ARM_FAULT_NOCP_S);
    if (*fpccr_of(core, true) & ARM_FPCCR_LSPEN) {
        reserve(cpu, address, true);
        return true;
    }
    if (core->security != NULL && !arm_fp_enabled(cpu, cpu->secure, arm_privileged(cpu)))
        return fails(cpu, ARM_FAULT_NOCP);
    uint32_t words = whole_state(core, cpu->secure) ? ALL_WORDS : BASE_WORDS;
    if (store_state(cpu, address, words) == ARM_RAISED)
        return false;
    if (core->security != NULL)
        clear_registers(cpu, words);
    return true;
}

bool arm_fp_load(struct arm_cpu *cpu, uint32_t address, struct arm_fp_frame *frame)
{
    const struct arm_core *core = arm_core_of(cpu);
    if (core->security != NULL && !cpu->secure && (*fpccr_of(core, true) & ARM_FPCCR_LSPACT))
        return fails(cpu, ARM_FAULT_LSERR);
    if (*fpccr_of(core, cpu->secure) & ARM_FPCCR_LSPACT)
        return true;
    if (core->security != NULL && !arm_fp_enabled(cpu, cpu->secure, !cpu->unprivileged))
        return fails(cpu, ARM_FAULT_NOCP);
    if (!allowed_by_nsacr(core, cpu->secure))
        return fails(cpu, ARM_FAULT_NOCP_S);
    return load_state(cpu, address, whole_state(core, cpu->secure) ? ALL_WORDS : BASE_WORDS, frame);
}

void arm_fp_restore(struct arm_cpu *cpu, const struct arm_fp_frame *frame)
{
    const struct arm_core *core = arm_core_of(cpu);
    uint32_t *fpccr = fpccr_of(core, cpu->secure);
    if (*fpccr & ARM_FPCCR_LSPACT) {
        *fpccr &=
            ~(uint32_t)ARM_FPCCR_LSPACT; /* nothing was saved, so the registers still hold it */
        return;
    }
    uint32_t words = whole_state(core, cpu->secure) ? ALL_WORDS : BASE_WORDS;
    memcpy(cpu->s, frame->s, words * sizeof *cpu->s);
    cpu->fpscr = frame->fpscr & ARM_FPSCR_BITS;
}

/* ---- VLSTM, VLLDM -----------------------------------------------------------------------------
 */

/* What both check. False: *result is the outcome. */
static bool may_transfer(struct arm_cpu *cpu, uint32_t address, enum arm_result *result)
{
    *result = ARM_OK;
    if (!cpu->secure) {
        *result = arm_raise(cpu, ARM_FAULT_UNDEFINED);
        return false;
    }
    if (!arm_has_fp(cpu) || !(cpu->control & ARM_CONTROL_SFPA))
        return false; /* a NOP: there is nothing to hide */
    if (!arm_fp_enabled(cpu, true, arm_privileged(cpu)))
        *result = arm_raise(cpu, ARM_FAULT_NOCP);
    else if (address & 7)
        *result = arm_raise(cpu, ARM_FAULT_UNALIGNED);
    return *result == ARM_OK;
}

enum arm_result arm_sys_vlstm(struct arm_cpu *cpu, uint32_t address)
{
    struct arm_core *core = arm_core_of(cpu);
    enum arm_result result;
    if (!may_transfer(cpu, address, &result))
        return result;
    uint32_t fpccr = *fpccr_of(core, true);
    if (*fpccr_of(core, owner_is_secure(core)) & ARM_FPCCR_LSPACT)
        return arm_raise(cpu, ARM_FAULT_LSERR);
    if (fpccr & ARM_FPCCR_LSPEN) {
        reserve(cpu, address, false);
    } else {
        bool all = fpccr & ARM_FPCCR_TS;
        if (store_state(cpu, address, all ? ALL_WORDS : BASE_WORDS) == ARM_RAISED)
            return ARM_RAISED;
        if (all)
            clear_registers(cpu, ALL_WORDS);
    }
    cpu->control &= ~(uint32_t)ARM_CONTROL_FPCA;
    arm_update_access(cpu);
    return ARM_OK;
}

enum arm_result arm_sys_vlldm(struct arm_cpu *cpu, uint32_t address)
{
    struct arm_core *core = arm_core_of(cpu);
    enum arm_result result;
    if (!may_transfer(cpu, address, &result))
        return result;
    uint32_t *fpccr = fpccr_of(core, true);
    if (*fpccr & ARM_FPCCR_LSPACT) {
        *fpccr &= ~(uint32_t)ARM_FPCCR_LSPACT;
    } else {
        struct arm_fp_frame frame = {0};
        uint32_t words = *fpccr & ARM_FPCCR_TS ? ALL_WORDS : BASE_WORDS;
        if (!load_state(cpu, address, words, &frame))
            return ARM_RAISED;
        memcpy(cpu->s, frame.s, words * sizeof *cpu->s);
        cpu->fpscr = frame.fpscr & ARM_FPSCR_BITS;
    }
    cpu->control |= ARM_CONTROL_FPCA;
    arm_update_access(cpu);
    return ARM_OK;
}
