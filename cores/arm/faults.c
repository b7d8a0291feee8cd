/* Faults: which exception a mistake of the firmware becomes, escalation, lockup, and the fault
 * registers in words.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B1.5.14 (fault behaviour), B1.5.15 (lockup), B3.2.15-B3.2.19;
 * Armv8-M ARM (DDI 0553) B3.9 and the pseudocode of CreateException for two Security states.
 * Not modelled: leaving lockup by NMI (only reset does). */
#include "security.h"
#include <stdio.h>
#include <string.h>

static const char *const exception_names[] = {
    "Thread mode",  "Reset",       "NMI",    "HardFault", "MemManage", "BusFault",
    "UsageFault",   "SecureFault", "?",      "?",         "?",         "SVCall",
    "DebugMonitor", "?",           "PendSV", "SysTick",
};

const char *arm_exception_name(uint32_t n, char *text, size_t bytes)
{
    if (n < ARM_EXC_EXTERNAL)
        snprintf(text, bytes, "%s", exception_names[n]);
    else
        snprintf(text, bytes, "interrupt %u", n - ARM_EXC_EXTERNAL);
    return text;
}

void arm_lock_up(struct arm_cpu *cpu, const char *why)
{
    struct arm_core *core = arm_core_of(cpu);
    if (core->locked_up)
        return;
    core->locked_up = true;
    cpu->attention = true;
    char name[32];
    mote_log(cpu->sys, core->dev, MOTE_LOG_GUEST, "lockup in %s at pc 0x%08x: %s",
             arm_exception_name(cpu->exception, name, sizeof name), cpu->pc, why);
    mote_wire_set(core->dev, ARM_OUT_LOCKUP, 1);
}

void arm_raise_exception_in(struct arm_cpu *cpu, uint32_t n, bool secure, uint32_t fsr)
{
    enum { BFSR = 0xFF00 };
    struct arm_core *core = arm_core_of(cpu);
    uint32_t slot = arm_slot(core, n, secure);
    if (n == ARM_EXC_SECUREFAULT) {
        arm_note_secure_fault(core, fsr);
    } else {
        mote_reg(core->scb, SCB_CFSR) |= fsr & BFSR; /* of which there is one */
        mote_reg(arm_scb_of(core, secure), SCB_CFSR) |= fsr & ~(uint32_t)BFSR;
    }
    /* HardFault is Secure but for Non-secure faults with BFHFNMINS. */
    bool hard_secure =
        core->security != NULL &&
        (!core->security->bfhfnmins ||
         (n == ARM_EXC_HARDFAULT || arm_is_banked(n) ? secure : arm_targets_secure(core, n)));
    uint32_t hard = arm_slot(core, ARM_EXC_HARDFAULT, hard_secure);
    if (n == ARM_EXC_HARDFAULT) {
        slot = hard;
    } else if (!arm_bit(core->nvic.enabled, slot) || !arm_would_preempt(cpu, slot, false)) {
        mote_reg(core->scb, SCB_HFSR) |= ARM_HFSR_FORCED;
        slot = hard;
    }
    if (slot == hard && arm_execution_priority(cpu, false) <= arm_exception_priority(cpu, hard)) {
        arm_lock_up(cpu, "a fault at the priority of HardFault or NMI");
        return;
    }
    arm_set_pending(cpu, slot);
}

void arm_raise_exception(struct arm_cpu *cpu, uint32_t n, uint32_t fsr)
{
    arm_raise_exception_in(cpu, n, cpu->secure, fsr);
}

struct fault_row {
    uint32_t exception, fsr; /* bits of CFSR, or of SFSR */
    bool address;            /* MMFAR, BFAR or SFAR gets the address */
    const char *text;
};
static const struct fault_row fault_rows[] = {
    [ARM_FAULT_UNDEFINED] = {ARM_EXC_USAGEFAULT, ARM_CFSR_UNDEFINSTR, false,
                             "undefined instruction"},
    [ARM_FAULT_INVSTATE] = {ARM_EXC_USAGEFAULT, ARM_CFSR_INVSTATE, false,
                            "not in Thumb state (a branch to an address with bit 0 clear)"},
    [ARM_FAULT_INVPC] = {ARM_EXC_USAGEFAULT, ARM_CFSR_INVPC, false, "invalid EXC_RETURN"},
    [ARM_FAULT_NOCP] = {ARM_EXC_USAGEFAULT, ARM_CFSR_NOCP, false,
                        "coprocessor or FPU that is absent or switched off (CPACR)"},
    [ARM_FAULT_UNALIGNED] = {ARM_EXC_USAGEFAULT, ARM_CFSR_UNALIGNED, false, "unaligned access"},
    [ARM_FAULT_DIVBYZERO] = {ARM_EXC_USAGEFAULT, ARM_CFSR_DIVBYZERO, false, "division by zero"},
    [ARM_FAULT_STKOF] = {ARM_EXC_USAGEFAULT, ARM_CFSR_STKOF, false, "stack below its limit"},
    [ARM_FAULT_IBUSERR] = {ARM_EXC_BUSFAULT, ARM_CFSR_IBUSERR, false,
                           "instruction fetch from an address where nothing is"},
    [ARM_FAULT_PRECISERR] = {ARM_EXC_BUSFAULT, ARM_CFSR_PRECISERR | ARM_CFSR_BFARVALID, true,
                             "bus error at"},
    [ARM_FAULT_IACCVIOL] = {ARM_EXC_MEMMANAGE, ARM_CFSR_IACCVIOL, false,
                            "instruction fetch that the memory protection forbids"},
    [ARM_FAULT_DACCVIOL] = {ARM_EXC_MEMMANAGE, ARM_CFSR_DACCVIOL | ARM_CFSR_MMARVALID, true,
                            "access that the memory protection forbids, at"},
    [ARM_FAULT_NOCP_S] = {ARM_EXC_USAGEFAULT, ARM_CFSR_NOCP, false,
                          "FPU that Secure code keeps for itself (NSACR)"},
    [ARM_FAULT_INVEP] = {ARM_EXC_SECUREFAULT, ARM_SFSR_INVEP, false,
                         "Non-secure code enters Secure memory, not at an SG instruction"},
    [ARM_FAULT_INVTRAN] = {ARM_EXC_SECUREFAULT, ARM_SFSR_INVTRAN, false,
                           "Secure code branches to Non-secure memory without BXNS or BLXNS"},
    [ARM_FAULT_AUVIOL] = {ARM_EXC_SECUREFAULT, ARM_SFSR_AUVIOL | ARM_SFSR_SFARVALID, true,
                          "Non-secure access of Secure memory at"},
    [ARM_FAULT_LSERR] = {ARM_EXC_SECUREFAULT, ARM_SFSR_LSERR, false,
                         "lazy floating-point state of Secure code is in the way"},
    [ARM_FAULT_INVIS] = {ARM_EXC_SECUREFAULT, ARM_SFSR_INVIS, false,
                         "exception frame without the integrity signature"},
};

void arm_take_fault(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    const struct fault_row *row = &fault_rows[cpu->fault];
    cpu->attention = true;
    if (cpu->fault == ARM_FAULT_NONE)
        return; /* raised and pended where it happened (lazy stacking) */
    core->fault = cpu->fault;
    core->fault_pc = cpu->pc;
    enum arm_fault fault = cpu->fault;
    cpu->fault = ARM_FAULT_NONE;
    char address[16] = "";
    if (row->address)
        snprintf(address, sizeof address, " 0x%08x", cpu->fault_address);
    mote_log(cpu->sys, core->dev, MOTE_LOG_GUEST, "%s%s, pc 0x%08x", row->text, address, cpu->pc);
    if (!(cpu->features & ARM_HAS_THUMB2)) {
        /* Armv6-M knows only HardFault and has no fault status registers. */
        arm_raise_exception(cpu, ARM_EXC_HARDFAULT, 0);
        return;
    }
    if (row->exception == ARM_EXC_BUSFAULT && row->address)
        mote_reg(core->scb, SCB_BFAR) = cpu->fault_address;
    else if (row->exception == ARM_EXC_MEMMANAGE && row->address)
        mote_reg(arm_scb_of(core, cpu->secure), SCB_MMFAR) = cpu->fault_address;
    bool secure = cpu->secure || fault == ARM_FAULT_NOCP_S;
    arm_raise_exception_in(cpu, row->exception, secure, row->fsr);
}

/* ---- in words ---------------------------------------------------------------------------------
 */

static const struct {
    uint32_t bit;
    const char *text;
} cfsr_texts[] = {
    {ARM_CFSR_IACCVIOL,
     "MemManage: IACCVIOL: instruction fetch forbidden by the MPU or execute-never memory"},
    {ARM_CFSR_DACCVIOL, "MemManage: DACCVIOL: data access forbidden by the MPU"},
    {ARM_CFSR_MUNSTKERR, "MemManage: MUNSTKERR: MPU fault while unstacking for exception return"},
    {ARM_CFSR_MSTKERR, "MemManage: MSTKERR: MPU fault while stacking for exception entry"},
    {ARM_CFSR_MLSPERR, "MemManage: MLSPERR: MPU fault while saving the floating-point state"},
    {ARM_CFSR_IBUSERR, "BusFault: IBUSERR: instruction fetch from an address where nothing is"},
    {ARM_CFSR_PRECISERR, "BusFault: PRECISERR: data access to an address where nothing is"},
    {ARM_CFSR_IMPRECISERR, "BusFault: IMPRECISERR: imprecise data bus error"},
    {ARM_CFSR_UNSTKERR, "BusFault: UNSTKERR: bus fault while unstacking for exception return"},
    {ARM_CFSR_STKERR,
     "BusFault: STKERR: bus fault while stacking for exception entry (stack overflow?)"},
    {ARM_CFSR_LSPERR, "BusFault: LSPERR: bus fault while saving the floating-point state"},
    {ARM_CFSR_UNDEFINSTR, "UsageFault: UNDEFINSTR: undefined instruction"},
    {ARM_CFSR_INVSTATE, "UsageFault: INVSTATE: branch to an address with bit 0 clear (not Thumb)"},
    {ARM_CFSR_INVPC, "UsageFault: INVPC: invalid EXC_RETURN or exception frame"},
    {ARM_CFSR_NOCP, "UsageFault: NOCP: the FPU or coprocessor is absent or switched off"},
    {ARM_CFSR_STKOF, "UsageFault: STKOF: stack below its limit"},
    {ARM_CFSR_UNALIGNED, "UsageFault: UNALIGNED: unaligned access"},
    {ARM_CFSR_DIVBYZERO, "UsageFault: DIVBYZERO: division by zero"},
};

static const struct {
    uint32_t bit;
    const char *text;
} sfsr_texts[] = {
    {ARM_SFSR_INVEP, "SecureFault: INVEP: Non-secure code entered Secure memory without SG"},
    {ARM_SFSR_INVIS, "SecureFault: INVIS: exception frame without the integrity signature"},
    {ARM_SFSR_INVER, "SecureFault: INVER: invalid EXC_RETURN of Non-secure code"},
    {ARM_SFSR_AUVIOL, "SecureFault: AUVIOL: Non-secure access of Secure memory"},
    {ARM_SFSR_INVTRAN, "SecureFault: INVTRAN: Secure code branched to Non-secure memory"},
    {ARM_SFSR_LSPERR, "SecureFault: LSPERR: fault while saving the floating-point state"},
    {ARM_SFSR_LSERR, "SecureFault: LSERR: lazy floating-point state in the way"},
};

struct writer {
    char *text;
    size_t bytes, used;
};

static void put(struct writer *out, const char *text)
{
    if (out->used < out->bytes)
        out->used += (size_t)snprintf(out->text + out->used, out->bytes - out->used, "%s%s",
                                      out->used ? "\n" : "", text);
}

static void put_value(struct writer *out, const char *what, uint32_t value)
{
    char line[64];
    snprintf(line, sizeof line, "%s 0x%08x", what, value);
    put(out, line);
}

/* Beyond the fault registers: what an undefined instruction is elsewhere, and on Armv6-M, which has
 * no such registers, what the fault was. */
static void put_last_fault(struct writer *out, struct arm_core *core)
{
    char text[256];
    if (core->fault == ARM_FAULT_NONE)
        return;
    if (!(core->cpu.features & ARM_HAS_THUMB2)) {
        char address[16] = "";
        if (fault_rows[core->fault].address)
            snprintf(address, sizeof address, " 0x%08x", core->cpu.fault_address);
        snprintf(text, sizeof text, "HardFault: %s%s", fault_rows[core->fault].text, address);
        put(out, text);
    }
    if (core->fault != ARM_FAULT_UNDEFINED && core->fault != ARM_FAULT_NOCP)
        return;
    arm_describe_undefined(&core->cpu, core->fault_pc, text, sizeof text);
    if (text[0] != '\0')
        put(out, text);
}

void arm_describe_fault(const struct mote_core *mote_core, char *text, size_t bytes)
{
    struct arm_core *core = mote_core->device->state;
    struct writer out = {text, bytes, 0};
    if (bytes == 0)
        return;
    text[0] = '\0';
    uint32_t cfsr = mote_reg(core->scb, SCB_CFSR), hfsr = mote_reg(core->scb, SCB_HFSR);
    if (core->security != NULL) /* what happened in either state */
        cfsr |= mote_reg(core->scb_ns, SCB_CFSR);
    if (core->locked_up)
        put(&out, "the core is locked up: a fault inside HardFault or NMI, or no valid vector");
    if (hfsr & ARM_HFSR_VECTTBL)
        put(&out, "HardFault: VECTTBL: bus fault on reading the vector table");
    if (hfsr & ARM_HFSR_FORCED)
        put(&out, "HardFault: FORCED: a fault that could not be taken as its own exception");
    if (hfsr & ARM_HFSR_DEBUGEVT)
        put(&out, "HardFault: DEBUGEVT: a breakpoint without a debugger");
    for (size_t i = 0; i < sizeof cfsr_texts / sizeof *cfsr_texts; i++)
        if (cfsr & cfsr_texts[i].bit)
            put(&out, cfsr_texts[i].text);
    put_last_fault(&out, core);
    for (size_t i = 0; i < sizeof sfsr_texts / sizeof *sfsr_texts; i++)
        if (arm_sfsr(core) & sfsr_texts[i].bit)
            put(&out, sfsr_texts[i].text);
    if (arm_sfsr(core) & ARM_SFSR_SFARVALID)
        put_value(&out, "SFAR, the address:", arm_sfar(core));
    if (cfsr & ARM_CFSR_MMARVALID)
        put_value(&out,
                  "MMFAR, the address:", mote_reg(arm_scb_of(core, core->cpu.secure), SCB_MMFAR));
    if (cfsr & ARM_CFSR_BFARVALID)
        put_value(&out, "BFAR, the address:", mote_reg(core->scb, SCB_BFAR));
    if (cfsr != 0 || hfsr != 0) {
        put_value(&out, "CFSR", cfsr);
        put_value(&out, "HFSR", hfsr);
    }
}
