/* The Security Extension of Armv8-M: what a core with it holds beyond struct arm_cpu, and the seams
 * between security.c (states), sau.c (attribution) and secure_entry.c (exceptions).
 *
 * The registers of the present Security state are where a core without the extension has its only
 * ones, in struct arm_cpu, so nothing that executes code looks at banks: a change of state
 * exchanges them with those in `other`. While the extension is active every access is checked
 * (cpu->check_access), so code runs in the interpreter only. Internal to cores/arm. */
#ifndef CORES_ARM_SECURITY_H
#define CORES_ARM_SECURITY_H

#include "core.h"

#define ARM_MAX_SAU_REGIONS 8
#define ARM_MAX_IDAU_RANGES 16

/* Registers that each state has. */
struct arm_bank {
    uint32_t sp[2], sp_limit[2]; /* main, process */
    uint32_t control;            /* nPRIV and SPSEL; FPCA and SFPA are not banked */
    uint32_t primask, faultmask, basepri;
};

/* A range that the IDAU gives an attribute: what it says nothing of is Non-secure. */
enum arm_idau_attribute { ARM_IDAU_NON_SECURE, ARM_IDAU_CALLABLE, ARM_IDAU_SECURE };
struct arm_idau_range {
    uint32_t base, bytes, attribute, region;
};

struct arm_security {
    struct arm_bank other;                    /* of the state that the core is not in */
    bool pris, bfhfnmins, sysresetreqs;       /* AIRCR */
    uint32_t non_secure[ARM_EXCEPTION_WORDS]; /* ITNS, by exception number */
    uint32_t sau_regions, rbar[ARM_MAX_SAU_REGIONS], rlar[ARM_MAX_SAU_REGIONS];
    uint32_t idau_count;
    struct arm_idau_range idau[ARM_MAX_IDAU_RANGES];
    uint32_t init_vtor, init_vtor_ns;
};

/* A register of the bank of one state, in struct arm_bank's spelling without sp and control. */
#define ARM_BANKED(cpu, is_secure, field)                                                          \
    (*((cpu)->secure == (is_secure) ? &(cpu)->field : &arm_core_of(cpu)->security->other.field))

/* Whether this device of the SCS is the Non-secure instance or view. */
static inline bool arm_non_secure_view(const struct mote_device *dev)
{
    return arm_core_of_child(dev)->security != NULL && (dev->base & ARM_NS_ALIAS);
}
/* Whether who looks at it may see the registers of HardFault, BusFault and NMI. */
static inline bool arm_sees_hard_faults(const struct mote_device *dev)
{
    return !arm_non_secure_view(dev) || arm_core_of_child(dev)->security->bfhfnmins;
}

/* ---- security.c ---- */
/* Reads the properties and makes the devices of the extension; false after filling err. */
bool arm_security_attach(struct arm_core *core, struct mote_err *err);
/* arm_security_reset() is part of the core's reset. When all devices have been reset: whether the
 * extension is active is decided here. */
void arm_security_start(struct arm_core *core);
void arm_security_reset(struct arm_core *core);
void arm_set_security(struct arm_cpu *cpu, bool secure);
/* Whether a slot's exception is taken to Secure state. */
bool arm_targets_secure(const struct arm_core *core, uint32_t slot);
/* After the instruction that branched to FNC_RETURN. */
void arm_function_return(struct arm_cpu *cpu);
/* MRS and MSR of the _NS registers, by Secure code. */
uint32_t arm_read_non_secure(const struct arm_cpu *cpu, uint32_t sysm);
enum arm_result arm_write_non_secure(struct arm_cpu *cpu, uint32_t sysm, uint32_t value);
#define ARM_FNC_RETURN 0xFEFFFFFFu

/* ---- sau.c ---- */
struct arm_attributes {
    bool secure, callable;
    bool sregion_valid, iregion_valid;
    uint8_t sregion, iregion;
};
/* What code of one state finds at an address: only system addresses depend on which. */
struct arm_attributes arm_attribution(const struct arm_cpu *cpu, uint32_t address, bool fetch,
                                      bool secure);
/* SFSR gets the bits, and SFAR cpu.fault_address with SFARVALID. */
void arm_note_secure_fault(struct arm_core *core, uint32_t sfsr);
uint32_t arm_sfsr(const struct arm_core *core);
uint32_t arm_sfar(const struct arm_core *core);

/* ---- secure_entry.c ---- */
/* Before the vector of `slot` is fetched: the callee's registers are saved where the background is
 * Secure and the exception is not, and EXC_RETURN gets its bits. False: a derived exception is
 * pending. */
bool arm_secure_entry(struct arm_cpu *cpu, uint32_t slot, bool chained);
/* When the handler is entered: no register tells Non-secure code of Secure code. */
void arm_clear_registers(struct arm_cpu *cpu);
/* What a return with this EXC_RETURN deactivates, and whether it may: raises what is wrong. False:
 * an exception is pending instead. */
bool arm_secure_return(struct arm_cpu *cpu, uint32_t exc_return);
/* Takes the callee's registers from a frame and moves `*address` behind them; false: cpu->fault, or
 * a pending SecureFault. */
bool arm_pop_callee(struct arm_cpu *cpu, uint32_t exc_return, uint32_t *address,
                    uint32_t registers[8]);

#endif
