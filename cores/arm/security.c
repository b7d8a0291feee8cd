/* The two Security states: what makes a core have them, the change between them, and the
 * instructions that cause it: SG, BXNS, BLXNS, and returns to FNC_RETURN.
 *
 * Document: Armv8-M ARM (DDI 0553) B3.18 to B3.23, B8, and the pseudocode of BXNS, BLXNS,
 * FunctionReturn; chapter C2.4 for the instructions.
 * Not modelled: what a debugger may do to Secure state (the signals SPIDEN and SPNIDEN), Armv8.1-M.
 *
 * Properties of the cpu node: mote,security-extension; mote,sau-regions = <n> (8 at most, the
 * default); mote,idau (sau.c); mote,init-svtor and mote,init-nsvtor, the vector tables after reset
 * (absent: that of a core without the extension, and 0). The input `security` at reset switches the
 * extension off where it is driven low (an option byte). */
#include "security.h"
#include <stdlib.h>
#include <string.h>

/* SYSm of the Non-secure registers. */
enum {
    SYSM_MSP_NS = 0x88,
    SYSM_PSP_NS = 0x89,
    SYSM_MSPLIM_NS = 0x8A,
    SYSM_PSPLIM_NS = 0x8B,
    SYSM_PRIMASK_NS = 0x90,
    SYSM_BASEPRI_NS = 0x91,
    SYSM_FAULTMASK_NS = 0x93,
    SYSM_CONTROL_NS = 0x94,
    SYSM_SP_NS = 0x98,
};
#define BANKED_CONTROL (uint32_t)(ARM_CONTROL_NPRIV | ARM_CONTROL_SPSEL)
#define PSR_SFPA       (1u << 20)
#define PSR_EXCEPTION  0x1FFu
#define HIDDEN_HANDLER 1u /* IPSR of Non-secure code that a Secure handler called */

/* ---- making -----------------------------------------------------------------------------------
 */

static bool read_ranges(struct arm_core *core, struct mote_err *err)
{
    struct arm_security *security = core->security_unit;
    uint32_t cells[4 * ARM_MAX_IDAU_RANGES];
    size_t count = mote_prop_cells(core->dev, "mote,idau", cells, 4 * ARM_MAX_IDAU_RANGES);
    if (count % 4 != 0 || count > 4 * ARM_MAX_IDAU_RANGES)
        return mote_err_set(err, "mote,idau has %zu cells; it takes up to %u ranges of four", count,
                            ARM_MAX_IDAU_RANGES);
    security->idau_count = (uint32_t)count / 4;
    for (uint32_t i = 0; i < security->idau_count; i++) {
        const uint32_t *c = &cells[4 * i];
        if (c[2] > ARM_IDAU_SECURE)
            return mote_err_set(err, "mote,idau: attribute %u of range %u; 0, 1 and 2 exist", c[2],
                                i);
        security->idau[i] = (struct arm_idau_range){c[0], c[1], c[2], c[3]};
    }
    return true;
}

bool arm_security_attach(struct arm_core *core, struct mote_err *err)
{
    if (!(core->cpu.features & ARM_HAS_V8M))
        return mote_err_set(err, "mote,security-extension: %s is not an Armv8-M core",
                            core->cpu.model->name);
    struct arm_security *security = calloc(1, sizeof *security);
    core->security_unit = security;
    if (security == NULL)
        return mote_err_set(err, "out of memory for the core %s", core->dev->name);
    security->init_vtor = mote_prop_u32(core->dev, "mote,init-svtor", 0);
    security->init_vtor_ns = mote_prop_u32(core->dev, "mote,init-nsvtor", 0);
    security->sau_regions = mote_prop_u32(core->dev, "mote,sau-regions", ARM_MAX_SAU_REGIONS);
    if (security->sau_regions > ARM_MAX_SAU_REGIONS)
        return mote_err_set(err, "mote,sau-regions is %u; at most %u exist", security->sau_regions,
                            ARM_MAX_SAU_REGIONS);
    core->cpu.features |= ARM_HAS_SECURITY;
    return read_ranges(core, err);
}

/* While the extension is off, nothing answers at addresses that the IDAU calls Secure. Boards give
 * such ranges in units of 64 MiB. */
static uint64_t secure_places(const struct arm_security *security)
{
    uint64_t places = 0;
    for (uint32_t i = 0; i < security->idau_count; i++) {
        const struct arm_idau_range *range = &security->idau[i];
        for (uint32_t at = 0; at < range->bytes >> ARM_PLACE_SHIFT; at++)
            if (range->attribute != ARM_IDAU_NON_SECURE)
                places |= 1ull << ((range->base >> ARM_PLACE_SHIFT) + at) % 64;
    }
    return places;
}

void arm_security_start(struct arm_core *core)
{
    struct arm_security *security = core->security_unit;
    if (security == NULL)
        return;
    memset(core->cpu.region_map, 0, (1u << 12) * sizeof *core->cpu.region_map);
    bool active = mote_wire_input(core->dev, ARM_IN_SECURITY) != 0;
    core->hidden_places = active ? 0 : secure_places(security);
    if (!active)
        return;
    core->security = security;
    core->cpu.secure = true;
    arm_bit_clear(core->nvic.enabled, ARM_EXC_HARDFAULT); /* until BFHFNMINS */
    if (core->fpu != NULL)
        mote_reg(core->fpu, FPU_FPCCR) |= ARM_FPCCR_S;
    enum { ID_PFR1 = 1, PFR1_SECURITY = 1 << 4 };
    mote_reg_at(core->scb, SCB_ID, ID_PFR1) |= PFR1_SECURITY;
    mote_reg_at(core->scb_ns, SCB_ID, ID_PFR1) |= PFR1_SECURITY;
    if (security->init_vtor != 0)
        mote_reg(core->scb, SCB_VTOR) = security->init_vtor;
    arm_update_access(&core->cpu);
}

void arm_security_reset(struct arm_core *core)
{
    struct arm_security *security = core->security_unit;
    core->security = NULL;
    core->cpu.secure = false;
    if (security == NULL)
        return;
    security->other = (struct arm_bank){0};
    security->pris = security->bfhfnmins = security->sysresetreqs = false;
    memset(security->non_secure, 0, sizeof security->non_secure);
    memset(security->rlar, 0, sizeof security->rlar);
    memset(security->rbar, 0, sizeof security->rbar);
}

/* ---- states -----------------------------------------------------------------------------------
 */

bool arm_targets_secure(const struct arm_core *core, uint32_t slot)
{
    const struct arm_security *security = core->security;
    if (security == NULL)
        return false;
    if (slot >= ARM_EXC_EXTERNAL)
        return slot >= ARM_EXC_SECURE || !arm_bit(security->non_secure, slot);
    if (slot == ARM_EXC_NMI || slot == ARM_EXC_BUSFAULT)
        return !security->bfhfnmins;
    return slot == ARM_EXC_RESET || slot == ARM_EXC_SECUREFAULT;
}

void arm_set_security(struct arm_cpu *cpu, bool secure)
{
    struct arm_core *core = arm_core_of(cpu);
    if (cpu->secure == secure)
        return;
    const struct arm_bank to = core->security->other;
    core->security->other = (struct arm_bank){
        .sp = {arm_get_sp(cpu, false), arm_get_sp(cpu, true)},
        .sp_limit = {cpu->sp_limit[0], cpu->sp_limit[1]},
        .control = cpu->control & BANKED_CONTROL,
        .primask = cpu->primask,
        .faultmask = cpu->faultmask,
        .basepri = cpu->basepri,
    };
    cpu->secure = secure;
    cpu->control = (cpu->control & ~BANKED_CONTROL) | to.control;
    bool process = arm_uses_psp(cpu);
    cpu->r[13] = to.sp[process];
    cpu->other_sp = to.sp[!process];
    cpu->sp_limit[0] = to.sp_limit[0];
    cpu->sp_limit[1] = to.sp_limit[1];
    cpu->primask = to.primask;
    cpu->faultmask = to.faultmask;
    cpu->basepri = to.basepri;
    cpu->ccr = arm_present_ccr(core);
    arm_update_access(cpu);
}

/* ---- instructions -----------------------------------------------------------------------------
 */

/* Fetched by Non-secure code it came from memory that is Secure and callable, or it is a NOP. */
enum arm_result arm_sys_sg(struct arm_cpu *cpu)
{
    if (arm_core_of(cpu)->security == NULL || cpu->secure ||
        !arm_attribution(cpu, cpu->pc, true, false).secure)
        return ARM_OK;
    cpu->r[14] &= ~1u;
    cpu->control &= ~(uint32_t)ARM_CONTROL_SFPA;
    arm_set_security(cpu, true);
    return ARM_EVENT;
}

static enum arm_result leave_secure(struct arm_cpu *cpu, uint32_t target)
{
    cpu->control &= ~(uint32_t)ARM_CONTROL_SFPA;
    arm_set_security(cpu, false);
    cpu->next_pc = target & ~1u;
    return ARM_EVENT;
}

enum arm_result arm_sys_bxns(struct arm_cpu *cpu, uint32_t target)
{
    if (!cpu->secure)
        return arm_raise(cpu, ARM_FAULT_UNDEFINED);
    bool special = (target | 1u) == ARM_FNC_RETURN || target >= 0xFF000000u;
    return (target & 1) || special ? arm_bx_to(cpu, target) : leave_secure(cpu, target);
}

enum arm_result arm_sys_blxns(struct arm_cpu *cpu, uint32_t target)
{
    if (!cpu->secure)
        return arm_raise(cpu, ARM_FAULT_UNDEFINED);
    uint32_t back = (cpu->pc + 2) | 1u, sp = cpu->r[13] - 8;
    if (target & 1) {
        cpu->r[14] = back;
        cpu->next_pc = target & ~1u;
        return ARM_OK;
    }
    uint32_t psr = cpu->exception | (cpu->control & ARM_CONTROL_SFPA ? PSR_SFPA : 0);
    if (arm_below_limit(cpu, arm_uses_psp(cpu), sp))
        return arm_raise(cpu, ARM_FAULT_STKOF);
    if (arm_store_aligned(cpu, sp, back) == ARM_RAISED ||
        arm_store_aligned(cpu, sp + 4, psr) == ARM_RAISED)
        return ARM_RAISED;
    cpu->r[13] = sp;
    cpu->r[14] = ARM_FNC_RETURN;
    if (arm_handler_mode(cpu))
        cpu->exception = HIDDEN_HANDLER;
    return leave_secure(cpu, target);
}

void arm_function_return(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    bool was_secure = cpu->secure;
    uint32_t pc = 0, psr = 0;
    core->return_pending = false;
    cpu->stall = 0;
    arm_set_security(cpu, true);
    uint32_t sp = cpu->r[13];
    if (arm_load_aligned(cpu, sp, &pc) == ARM_RAISED ||
        arm_load_aligned(cpu, sp + 4, &psr) == ARM_RAISED) {
        arm_set_security(cpu, was_secure);
        arm_take_fault(cpu);
        return;
    }
    uint32_t number = psr & PSR_EXCEPTION;
    bool consistent = number == 0 ? cpu->exception == 0 : cpu->exception == HIDDEN_HANDLER;
    if (!consistent) {
        arm_set_security(cpu, was_secure);
        arm_raise(cpu, ARM_FAULT_INVPC);
        arm_take_fault(cpu);
        return;
    }
    cpu->r[13] = sp + 8;
    cpu->exception = number;
    cpu->control &= ~(uint32_t)ARM_CONTROL_SFPA;
    cpu->control |= psr & PSR_SFPA ? (uint32_t)ARM_CONTROL_SFPA : 0u;
    cpu->itstate = 0;
    cpu->thumb = pc & 1;
    cpu->pc = cpu->next_pc = pc & ~1u;
    cpu->cycles += cpu->stall;
    cpu->stall = 0;
    cpu->fetch_branch = true;
    arm_update_access(cpu);
    arm_nvic_update(cpu);
}

/* ---- MRS, MSR of the other state --------------------------------------------------------------
 */

static bool uses_psp_ns(const struct arm_cpu *cpu)
{
    return !arm_handler_mode(cpu) &&
           (arm_core_of(cpu)->security->other.control & ARM_CONTROL_SPSEL);
}

uint32_t arm_read_non_secure(const struct arm_cpu *cpu, uint32_t sysm)
{
    const struct arm_bank *bank = &arm_core_of(cpu)->security->other;
    switch (sysm) {
    case SYSM_MSP_NS:
    case SYSM_PSP_NS:
        return bank->sp[sysm - SYSM_MSP_NS];
    case SYSM_MSPLIM_NS:
    case SYSM_PSPLIM_NS:
        return bank->sp_limit[sysm - SYSM_MSPLIM_NS];
    case SYSM_PRIMASK_NS:
        return bank->primask;
    case SYSM_BASEPRI_NS:
        return bank->basepri;
    case SYSM_FAULTMASK_NS:
        return bank->faultmask;
    case SYSM_CONTROL_NS:
        return bank->control | (cpu->control & ARM_CONTROL_FPCA);
    case SYSM_SP_NS:
        return bank->sp[uses_psp_ns(cpu)];
    default:
        return 0;
    }
}

enum arm_result arm_write_non_secure(struct arm_cpu *cpu, uint32_t sysm, uint32_t value)
{
    struct arm_core *core = arm_core_of(cpu);
    struct arm_bank *bank = &core->security->other;
    bool process = uses_psp_ns(cpu);
    switch (sysm) {
    case SYSM_MSP_NS:
    case SYSM_PSP_NS:
        bank->sp[sysm - SYSM_MSP_NS] = value & ~3u;
        break;
    case SYSM_MSPLIM_NS:
    case SYSM_PSPLIM_NS:
        bank->sp_limit[sysm - SYSM_MSPLIM_NS] = value & ~7u;
        break;
    case SYSM_PRIMASK_NS:
        bank->primask = value & 1;
        break;
    case SYSM_BASEPRI_NS:
        bank->basepri = value & cpu->nvic->priority_mask;
        break;
    case SYSM_FAULTMASK_NS:
        bank->faultmask = value & 1;
        break;
    case SYSM_CONTROL_NS:
        bank->control = value & BANKED_CONTROL;
        if (arm_has_fp(cpu) && (mote_reg(core->scb, SCB_NSACR) >> 10 & 1))
            cpu->control =
                (cpu->control & ~(uint32_t)ARM_CONTROL_FPCA) | (value & ARM_CONTROL_FPCA);
        arm_update_access(cpu);
        break;
    case SYSM_SP_NS:
        if (value < bank->sp_limit[process])
            return arm_raise(cpu, ARM_FAULT_STKOF);
        bank->sp[process] = value & ~3u;
        break;
    default:
        break;
    }
    arm_nvic_update(cpu);
    return ARM_OK;
}
