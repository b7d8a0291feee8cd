/* System Control Block and the other plain registers of the System Control Space.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B3.2; Cortex-M4 TRM (100166) 4.1; Armv8-M ARM (DDI 0553).
 * Modelled: identification, ICSR, VTOR, AIRCR (grouping, reset request), SCR, CCR, SHPR, SHCSR,
 * fault status and address, CPACR, NSACR; DHCSR and DEMCR as a core without a halting debugger
 * shows them; FPU control. With the Security Extension there are two instances: what is not banked
 * lives in the Secure one, and the Non-secure one shows of it what AIRCR and others allow. Not
 * modelled: ACTLR's effects (kept and reported), cache control of the Cortex-M7, halting debug and
 * its authentication (DEMCR.SDME, DAUTHSTATUS), core register transfer by DCRSR. */
#include "security.h"
#include "l1.h"

static struct arm_cpu *cpu_of(struct mote_device *dev)
{
    return &arm_core_of_child(dev)->cpu;
}

static uint32_t slot_of(const struct mote_device *dev, uint32_t n)
{
    return arm_slot(arm_core_of_child(dev), n, arm_secure_view(dev));
}

/* ---- ICSR -------------------------------------------------------------------------------------
 */

enum {
    ICSR_RETTOBASE = 1 << 11,
    ICSR_ISRPENDING = 1 << 22,
    ICSR_ISRPREEMPT = 1 << 23,
    ICSR_PENDSTCLR = 1 << 25,
    ICSR_PENDSTSET = 1 << 26,
    ICSR_PENDSVCLR = 1 << 27,
    ICSR_PENDSVSET = 1 << 28,
    ICSR_PENDNMICLR = 1 << 30, /* Armv8-M */
};
#define ICSR_NMIPENDSET (1u << 31)

static uint32_t load_ictr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    uint32_t lines = arm_core_of_child(dev)->nvic.lines;
    return lines == 0 ? 0 : (lines - 1) / 32;
}

static uint32_t load_icsr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    const struct arm_cpu *cpu = cpu_of(dev);
    const struct arm_nvic *nvic = cpu->nvic;
    uint32_t result = cpu->exception | arm_number(nvic->best) << 12;
    uint32_t others = arm_active_count(cpu);
    uint32_t present = arm_slot(arm_core_of_child(dev), cpu->exception, cpu->secure);
    others -= cpu->exception != 0 && arm_bit(nvic->active, present);
    if (others == 0)
        result |= ICSR_RETTOBASE;
    for (uint32_t n = ARM_EXC_EXTERNAL; n < ARM_EXC_SECURE; n++)
        if (arm_bit(nvic->pending, n))
            result |= ICSR_ISRPENDING;
    if (arm_bit(nvic->pending, slot_of(dev, ARM_EXC_SYSTICK)))
        result |= ICSR_PENDSTSET;
    if (arm_bit(nvic->pending, slot_of(dev, ARM_EXC_PENDSV)))
        result |= ICSR_PENDSVSET;
    if (arm_bit(nvic->pending, ARM_EXC_NMI) && arm_sees_hard_faults(dev))
        result |= ICSR_NMIPENDSET;
    return result;
}

static void store_icsr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct arm_cpu *cpu = cpu_of(dev);
    bool nmi = arm_sees_hard_faults(dev);
    if ((written & ICSR_NMIPENDSET) && nmi)
        arm_set_pending(cpu, ARM_EXC_NMI);
    else if ((written & ICSR_PENDNMICLR) && nmi && (cpu->features & ARM_HAS_V8M))
        arm_clear_pending(cpu, ARM_EXC_NMI);
    if (written & ICSR_PENDSVSET)
        arm_set_pending(cpu, slot_of(dev, ARM_EXC_PENDSV));
    else if (written & ICSR_PENDSVCLR)
        arm_clear_pending(cpu, slot_of(dev, ARM_EXC_PENDSV));
    if (written & ICSR_PENDSTSET)
        arm_set_pending(cpu, slot_of(dev, ARM_EXC_SYSTICK));
    else if (written & ICSR_PENDSTCLR)
        arm_clear_pending(cpu, slot_of(dev, ARM_EXC_SYSTICK));
}

static bool is_armv6m(struct mote_device *dev)
{
    return !(cpu_of(dev)->features & ARM_HAS_THUMB2);
}

/* What Armv6-M lacks reads 0 there. */
static uint32_t load_mainline(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    return is_armv6m(dev) ? 0 : value;
}

/* HFSR, DFSR and BFAR exist once. */
static uint32_t load_shared(struct mote_device *dev, uint32_t id, uint32_t value)
{
    if (arm_non_secure_view(dev))
        value = id == SCB_DFSR || arm_sees_hard_faults(dev)
                    ? mote_reg(arm_core_of_child(dev)->scb, id)
                    : 0;
    return is_armv6m(dev) && id != SCB_DFSR ? 0 : value;
}

/* `clears`: a one clears a bit; else the value is stored. */
static void store_shared(struct mote_device *dev, uint32_t id, uint32_t written, bool clears)
{
    if (!arm_non_secure_view(dev) || (id != SCB_DFSR && !arm_sees_hard_faults(dev)))
        return;
    uint32_t *reg = &mote_reg(arm_core_of_child(dev)->scb, id);
    *reg = clears ? *reg & ~written : mote_reg(dev, id);
}

static uint32_t load_hfsr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    return load_shared(dev, SCB_HFSR, value);
}

static void store_hfsr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    store_shared(dev, SCB_HFSR, written, true);
}

static uint32_t load_dfsr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    return load_shared(dev, SCB_DFSR, value);
}

static void store_dfsr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    store_shared(dev, SCB_DFSR, written, true);
}

static uint32_t load_bfar(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    return load_shared(dev, SCB_BFAR, value);
}

static void store_bfar(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    store_shared(dev, SCB_BFAR, written, false);
}

/* Of CFSR the BusFault byte exists once. */
enum { CFSR_BFSR = 0xFF00 };

static uint32_t load_cfsr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    if (arm_non_secure_view(dev)) {
        value &= ~(uint32_t)CFSR_BFSR;
        if (arm_sees_hard_faults(dev))
            value |= mote_reg(arm_core_of_child(dev)->scb, SCB_CFSR) & CFSR_BFSR;
    }
    return is_armv6m(dev) ? 0 : value;
}

static void store_cfsr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    store_shared(dev, SCB_CFSR, written & CFSR_BFSR, true);
}

/* SLEEPDEEP exists once; SLEEPDEEPS keeps it from Non-secure code. */
static uint32_t load_scr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    if (!arm_non_secure_view(dev))
        return value;
    uint32_t secure = mote_reg(arm_core_of_child(dev)->scb, SCB_SCR);
    return (value & ~(uint32_t)ARM_SCR_SLEEPDEEP) |
           (secure & ARM_SCR_SLEEPDEEPS ? 0 : secure & ARM_SCR_SLEEPDEEP);
}

static void store_scr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    uint32_t *reg = &mote_reg(dev, SCB_SCR);
    if (!arm_secure_view(dev))
        *reg &= ~(uint32_t)ARM_SCR_SLEEPDEEPS;
    uint32_t *secure = &mote_reg(arm_core_of_child(dev)->scb, SCB_SCR);
    if (arm_non_secure_view(dev) && !(*secure & ARM_SCR_SLEEPDEEPS))
        *secure = (*secure & ~(uint32_t)ARM_SCR_SLEEPDEEP) | (*reg & ARM_SCR_SLEEPDEEP);
}

static void store_vtor(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    if (is_armv6m(dev))
        mote_reg(dev, SCB_VTOR) &= ~0xFFu; /* Cortex-M0+ TRM 4.2 */
}

/* ---- AIRCR, CCR, SHPR, SHCSR ------------------------------------------------------------------
 */

enum { AIRCR_SYSRESETREQS = 1 << 3, AIRCR_BFHFNMINS = 1 << 13, AIRCR_PRIS = 1 << 14 };

/* What only Secure code may set. With BFHFNMINS Non-secure state has a HardFault of its own. */
static void set_secure_aircr(struct arm_core *core, uint32_t written)
{
    struct arm_security *security = core->security;
    security->sysresetreqs = written & AIRCR_SYSRESETREQS;
    security->bfhfnmins = written & AIRCR_BFHFNMINS;
    security->pris = written & AIRCR_PRIS;
    if (security->bfhfnmins)
        arm_bit_set(core->nvic.enabled, ARM_EXC_HARDFAULT);
    else
        arm_bit_clear(core->nvic.enabled, ARM_EXC_HARDFAULT);
}

static uint32_t load_aircr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    const struct arm_security *security = arm_core_of_child(dev)->security;
    if (security == NULL) /* BFHFNMINS reads 1 on an Armv8-M core without two states */
        return cpu_of(dev)->features & ARM_HAS_V8M ? value | AIRCR_BFHFNMINS : value;
    if (security->bfhfnmins)
        value |= AIRCR_BFHFNMINS;
    if (security->pris && !arm_non_secure_view(dev))
        value |= AIRCR_PRIS;
    if (security->sysresetreqs && !arm_non_secure_view(dev))
        value |= AIRCR_SYSRESETREQS;
    return value;
}

static void store_aircr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct arm_core *core = arm_core_of_child(dev);
    mote_reg(dev, SCB_AIRCR) = old;
    if (written >> 16 != 0x05FA) {
        mote_log(dev->sys, dev, MOTE_LOG_GUEST, "store to AIRCR without the key 0x05FA: ignored");
        return;
    }
    if (core->cpu.features & ARM_HAS_THUMB2) {
        uint32_t group = written >> 8 & 7;
        core->nvic.prigroup[arm_secure_view(dev)] = group;
        mote_reg(dev, SCB_AIRCR) = 0xFA050000u | group << 8;
        if (arm_secure_view(dev))
            set_secure_aircr(core, written);
        arm_nvic_update(&core->cpu);
    }
    if ((written & 4) && !(arm_non_secure_view(dev) && core->security->sysresetreqs)) {
        mote_wire_pulse(core->dev, ARM_OUT_SYSRESETREQ);
        mote_request_reset(dev->sys);
        core->cpu.attention = true;
    }
}

/* BFHFNMIGN exists once. */
uint32_t arm_present_ccr(const struct arm_core *core)
{
    uint32_t ccr = mote_reg(arm_scb_of(core, core->cpu.secure), SCB_CCR);
    if (core->security == NULL || core->cpu.secure)
        return ccr;
    return (ccr & ~(uint32_t)ARM_CCR_BFHFNMIGN) |
           (mote_reg(core->scb, SCB_CCR) & ARM_CCR_BFHFNMIGN);
}

static uint32_t load_ccr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    if (!arm_non_secure_view(dev))
        return value;
    uint32_t shared = mote_reg(arm_core_of_child(dev)->scb, SCB_CCR) & ARM_CCR_BFHFNMIGN;
    return (value & ~(uint32_t)ARM_CCR_BFHFNMIGN) | (arm_sees_hard_faults(dev) ? shared : 0);
}

static void store_ccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    if (!(cpu->features & ARM_HAS_THUMB2))
        mote_reg(dev, SCB_CCR) = old; /* Armv6-M: read-only */
    if (cpu->features & ARM_HAS_V8M)  /* RES1 */
        mote_reg(dev, SCB_CCR) |= ARM_CCR_STKALIGN | ARM_CCR_NONBASETHRDENA;
    uint32_t *secure = &mote_reg(arm_core_of_child(dev)->scb, SCB_CCR);
    if (arm_non_secure_view(dev) && arm_sees_hard_faults(dev))
        *secure =
            (*secure & ~(uint32_t)ARM_CCR_BFHFNMIGN) | (mote_reg(dev, SCB_CCR) & ARM_CCR_BFHFNMIGN);
    cpu->ccr = arm_present_ccr(arm_core_of_child(dev));
    arm_l1_configure(cpu);
}

/* Whether who looks at this instance has the priority of an exception. */
static bool has_priority(const struct mote_device *dev, uint32_t n)
{
    const struct arm_core *core = arm_core_of_child(dev);
    const uint32_t baseline = 1u << ARM_EXC_SVCALL | 1u << ARM_EXC_PENDSV | 1u << ARM_EXC_SYSTICK;
    const uint32_t mainline = baseline | 1u << ARM_EXC_MEMMANAGE | 1u << ARM_EXC_BUSFAULT |
                              1u << ARM_EXC_USAGEFAULT | 1u << ARM_EXC_DEBUGMONITOR;
    if (n == ARM_EXC_SECUREFAULT)
        return arm_secure_view(dev);
    if (n == ARM_EXC_BUSFAULT && !arm_sees_hard_faults(dev))
        return false;
    return (core->cpu.features & ARM_HAS_THUMB2 ? mainline : baseline) >> n & 1;
}

static uint32_t load_shpr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    if (arm_core_of_child(dev)->security == NULL)
        return value;
    value = 0;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t n = 4 + 4 * element + i;
        if (has_priority(dev, n))
            value |= (uint32_t)cpu_of(dev)->nvic->priority[slot_of(dev, n)] << (8 * i);
    }
    return value;
}

static void store_shpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    uint32_t mask = 0;
    for (uint32_t i = 0; i < 4; i++)
        mask |= has_priority(dev, 4 + 4 * element + i) ? 0xFFu << (8 * i) : 0;
    uint32_t value = mote_reg_at(dev, SCB_SHPR, element);
    value &= mask & cpu->nvic->priority_mask * 0x01010101u;
    mote_reg_at(dev, SCB_SHPR, element) = value;
    for (uint32_t i = 0; i < 4; i++)
        if (mask >> (8 * i) & 1)
            cpu->nvic->priority[slot_of(dev, 4 + 4 * element + i)] = (uint8_t)(value >> (8 * i));
    arm_nvic_update(cpu);
}

enum shcsr_map { ACTIVE, PENDED, ENABLED };
static const struct {
    uint8_t bit, exception, map;
} shcsr_bits[] = {
    {0, ARM_EXC_MEMMANAGE, ACTIVE},    {1, ARM_EXC_BUSFAULT, ACTIVE},
    {3, ARM_EXC_USAGEFAULT, ACTIVE},   {7, ARM_EXC_SVCALL, ACTIVE},
    {8, ARM_EXC_DEBUGMONITOR, ACTIVE}, {10, ARM_EXC_PENDSV, ACTIVE},
    {11, ARM_EXC_SYSTICK, ACTIVE},     {12, ARM_EXC_USAGEFAULT, PENDED},
    {13, ARM_EXC_MEMMANAGE, PENDED},   {14, ARM_EXC_BUSFAULT, PENDED},
    {15, ARM_EXC_SVCALL, PENDED},      {16, ARM_EXC_MEMMANAGE, ENABLED},
    {17, ARM_EXC_BUSFAULT, ENABLED},   {18, ARM_EXC_USAGEFAULT, ENABLED},
    {2, ARM_EXC_HARDFAULT, ACTIVE},    {4, ARM_EXC_SECUREFAULT, ACTIVE},
    {5, ARM_EXC_NMI, ACTIVE},          {19, ARM_EXC_SECUREFAULT, ENABLED},
    {20, ARM_EXC_SECUREFAULT, PENDED}, {21, ARM_EXC_HARDFAULT, PENDED},
};
enum { SHCSR_MASK = 0x3FFDBF, SHCSR_COUNT = sizeof shcsr_bits / sizeof *shcsr_bits };

static uint32_t *shcsr_map(struct arm_nvic *nvic, enum shcsr_map map)
{
    return map == ACTIVE ? nvic->active : map == PENDED ? nvic->pending : nvic->enabled;
}

/* HardFault's and NMI's came with Armv8-M. */
static bool has_shcsr_bit(const struct mote_device *dev, uint32_t i)
{
    switch (shcsr_bits[i].exception) {
    case ARM_EXC_SECUREFAULT:
        return arm_secure_view(dev);
    case ARM_EXC_HARDFAULT:
        return arm_core_of_child(dev)->cpu.features & ARM_HAS_V8M;
    case ARM_EXC_NMI:
        return (arm_core_of_child(dev)->cpu.features & ARM_HAS_V8M) && arm_sees_hard_faults(dev);
    case ARM_EXC_BUSFAULT:
        return arm_sees_hard_faults(dev);
    default:
        return true;
    }
}

static uint32_t load_shcsr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    struct arm_nvic *nvic = cpu_of(dev)->nvic;
    uint32_t result = 0;
    for (uint32_t i = 0; i < SHCSR_COUNT; i++)
        if (has_shcsr_bit(dev, i) &&
            arm_bit(shcsr_map(nvic, shcsr_bits[i].map), slot_of(dev, shcsr_bits[i].exception)))
            result |= 1u << shcsr_bits[i].bit;
    return is_armv6m(dev) ? result & 1u << 15 : result; /* SVCALLPENDED only */
}

/* The stored value is what load_shcsr() gave at the last store, so narrow stores need it anew. */
static void store_shcsr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    struct arm_cpu *cpu = cpu_of(dev);
    uint32_t changed = old ^ mote_reg(dev, SCB_SHCSR);
    uint32_t value = (load_shcsr(dev, 0, 0) & ~changed) | (mote_reg(dev, SCB_SHCSR) & changed);
    (void)written;
    if (is_armv6m(dev))
        return; /* for debuggers only, DDI 0419 C1.5.1 */
    for (uint32_t i = 0; i < SHCSR_COUNT; i++) {
        uint32_t *map = shcsr_map(cpu->nvic, shcsr_bits[i].map);
        uint32_t slot = slot_of(dev, shcsr_bits[i].exception);
        bool read_only = shcsr_bits[i].exception < ARM_EXC_MEMMANAGE && shcsr_bits[i].map == ACTIVE;
        if (read_only || !has_shcsr_bit(dev, i))
            continue;
        if (value >> shcsr_bits[i].bit & 1)
            arm_bit_set(map, slot);
        else
            arm_bit_clear(map, slot);
    }
    arm_nvic_update(cpu);
}

static void store_cpacr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    if (!arm_has_fp(cpu))
        mote_reg(dev, SCB_CPACR) = 0;
    arm_update_access(cpu);
}

/* For Secure code only; CP10 and CP11 are what an FPU needs. */
static void store_nsacr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    if (!arm_secure_view(dev))
        mote_reg(dev, SCB_NSACR) = 0;
    else if (!arm_has_fp(cpu))
        mote_reg(dev, SCB_NSACR) &= 0xFFu;
    arm_update_access(cpu);
}

enum { CFSR_MASK = 0x031FBFBB };

static const struct mote_reg scb_regs[SCB_ROWS] = {
    [SCB_ICTR] = {.name = "ICTR", .offset = 0x004, .ro = 0xF, .load = load_ictr},
    [SCB_ACTLR] = {.name = "ACTLR", .offset = 0x008, .rw = ~0u, .unmodelled = ~0u},
    [SCB_CPUID] = {.name = "CPUID", .offset = 0xD00, .ro = ~0u},
    [SCB_ICSR] = {.name = "ICSR",
                  .offset = 0xD04,
                  .rw = 0xDE000000u,
                  .ro = 0x00DFFFFFu,
                  .load = load_icsr,
                  .store = store_icsr},
    [SCB_VTOR] = {.name = "VTOR", .offset = 0xD08, .rw = 0xFFFFFF80u, .store = store_vtor},
    [SCB_AIRCR] = {.name = "AIRCR",
                   .offset = 0xD0C,
                   .reset = 0xFA050000u,
                   .rw = 0xFFFF0707u,
                   .ro = 0xF8F8u,
                   .load = load_aircr,
                   .store = store_aircr},
    [SCB_SCR] = {.name = "SCR", .offset = 0xD10, .rw = 0x1E, .load = load_scr, .store = store_scr},
    [SCB_CCR] = {.name = "CCR",
                 .offset = 0xD14,
                 .rw = 0x0007071Bu,
                 .unmodelled = 0x00040000u,
                 .load = load_ccr,
                 .store = store_ccr},
    [SCB_SHPR] = {.name = "SHPR[%u]",
                  .offset = 0xD18,
                  .rw = ~0u,
                  .count = 3,
                  .load = load_shpr,
                  .store = store_shpr},
    [SCB_SHCSR] = {.name = "SHCSR",
                   .offset = 0xD24,
                   .rw = SHCSR_MASK,
                   .load = load_shcsr,
                   .store = store_shcsr},
    [SCB_CFSR] =
        {.name = "CFSR", .offset = 0xD28, .w1c = CFSR_MASK, .load = load_cfsr, .store = store_cfsr},
    [SCB_HFSR] = {.name = "HFSR",
                  .offset = 0xD2C,
                  .w1c = 0xC0000002u,
                  .load = load_hfsr,
                  .store = store_hfsr},
    [SCB_DFSR] =
        {.name = "DFSR", .offset = 0xD30, .w1c = 0x1F, .load = load_dfsr, .store = store_dfsr},
    [SCB_MMFAR] = {.name = "MMFAR", .offset = 0xD34, .rw = ~0u, .load = load_mainline},
    [SCB_BFAR] =
        {.name = "BFAR", .offset = 0xD38, .rw = ~0u, .load = load_bfar, .store = store_bfar},
    [SCB_AFSR] = {.name = "AFSR", .offset = 0xD3C, .w1c = ~0u, .load = load_mainline},
    [SCB_ID] = {.name = "ID[%u]", .offset = 0xD40, .ro = ~0u, .count = 14},
    [SCB_CLIDR] = {.name = "CLIDR", .offset = 0xD78, .ro = ~0u},
    [SCB_CTR] = {.name = "CTR", .offset = 0xD7C, .ro = ~0u},
    [SCB_CCSIDR] = {.name = "CCSIDR", .offset = 0xD80, .ro = ~0u},
    [SCB_CSSELR] = {.name = "CSSELR", .offset = 0xD84, .rw = 0xF, .unmodelled = 0xF},
    [SCB_CPACR] = {.name = "CPACR",
                   .offset = 0xD88,
                   .rw = 0x00F0FFFFu,
                   .unmodelled = 0x0000FFFFu,
                   .store = store_cpacr},
    [SCB_NSACR] = {.name = "NSACR",
                   .offset = 0xD8C,
                   .rw = 0x00000CFFu,
                   .unmodelled = 0x000000FFu,
                   .store = store_nsacr},
};

static void scb_reset(struct mote_device *dev)
{
    struct arm_core *core = arm_core_of_child(dev);
    const struct arm_core_model *model = core->cpu.model;
    mote_reg(dev, SCB_CPUID) = model->cpuid;
    for (uint32_t i = 0; i < 13 && model->id_registers != NULL; i++)
        mote_reg_at(dev, SCB_ID, i) = model->id_registers[i];
    mote_reg(dev, SCB_VTOR) =
        dev->base & ARM_NS_ALIAS ? core->security_unit->init_vtor_ns : core->init_vtor;
    mote_reg(dev, SCB_CCR) = model->ccr_reset;
    core->cpu.ccr = model->ccr_reset;
    arm_l1_configure(&core->cpu);
    arm_update_access(&core->cpu);
}

static bool scb_attach(struct mote_device *dev, struct mote_err *err)
{
    return mote_window_add(dev, dev->base + 0xD00, 0x90, 0xD00, err);
}

const struct mote_device_class arm_class_scb = {
    .name = "arm_scb",
    .summary = "System Control Block of an M-profile core",
    .regs = scb_regs,
    .reg_count = SCB_ROWS,
    .window_bytes = 0x10,
    .attach = scb_attach,
    .reset = scb_reset,
};

/* ---- debug ------------------------------------------------------------------------------------
 */

static uint32_t load_dhcsr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    const struct arm_core *core = arm_core_of_child(dev);
    const struct mote_semihosting *host = core->cpu.core.semihosting;
    uint32_t result = 1u << 16 | 1u << 24; /* S_REGRDY, S_RETIRE_ST */
    return result | (host != NULL && host->debugger);
}

static const struct mote_reg debug_regs[DEBUG_ROWS] = {
    [DEBUG_DHCSR] = {.name = "DHCSR", .offset = 0x0, .ro = 0xFFFFFFFFu, .load = load_dhcsr},
    [DEBUG_DCRSR] = {.name = "DCRSR", .offset = 0x4, .wo = 0x0001007Fu, .unmodelled = 0x0001007Fu},
    [DEBUG_DCRDR] = {.name = "DCRDR", .offset = 0x8, .rw = ~0u, .unmodelled = ~0u},
    [DEBUG_DEMCR] = {.name = "DEMCR",
                     .offset = 0xC,
                     .rw = 0x010F07F1u,
                     .unmodelled = 0x000E07F1u,
                     .keep = 1,
                     .store = arm_store_demcr},
};

const struct mote_device_class arm_class_debug = {
    .name = "arm_debug",
    .summary = "debug control of an M-profile core",
    .regs = debug_regs,
    .reg_count = DEBUG_ROWS,
    .window_bytes = 0x10,
};
