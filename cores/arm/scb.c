/* System Control Block and the other plain registers of the System Control Space.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B3.2; Cortex-M4 TRM (100166) 4.1; Armv8-M ARM (DDI 0553).
 * Modelled: identification, ICSR, VTOR, AIRCR (grouping, reset request), SCR, CCR, SHPR, SHCSR,
 * fault status and address, CPACR; DHCSR and DEMCR as a core without a halting debugger shows them;
 * FPU control. Not modelled: ACTLR's effects (kept and reported), cache control of the Cortex-M7,
 * halting debug, core register transfer by DCRSR, Security Extension. */
#include "core.h"
#include "l1.h"

static struct arm_cpu *cpu_of(struct mote_device *dev)
{
    return &arm_core_of_child(dev)->cpu;
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
    uint32_t result = cpu->exception | nvic->best << 12;
    uint32_t others = arm_active_count(cpu);
    others -= cpu->exception != 0 && arm_bit(nvic->active, cpu->exception);
    if (others == 0)
        result |= ICSR_RETTOBASE;
    for (uint32_t n = ARM_EXC_EXTERNAL; n < ARM_MAX_EXCEPTIONS; n++)
        if (arm_bit(nvic->pending, n))
            result |= ICSR_ISRPENDING;
    if (arm_bit(nvic->pending, ARM_EXC_SYSTICK))
        result |= ICSR_PENDSTSET;
    if (arm_bit(nvic->pending, ARM_EXC_PENDSV))
        result |= ICSR_PENDSVSET;
    if (arm_bit(nvic->pending, ARM_EXC_NMI))
        result |= ICSR_NMIPENDSET;
    return result;
}

static void store_icsr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    struct arm_cpu *cpu = cpu_of(dev);
    if (written & ICSR_NMIPENDSET)
        arm_set_pending(cpu, ARM_EXC_NMI);
    if (written & ICSR_PENDSVSET)
        arm_set_pending(cpu, ARM_EXC_PENDSV);
    else if (written & ICSR_PENDSVCLR)
        arm_clear_pending(cpu, ARM_EXC_PENDSV);
    if (written & ICSR_PENDSTSET)
        arm_set_pending(cpu, ARM_EXC_SYSTICK);
    else if (written & ICSR_PENDSTCLR)
        arm_clear_pending(cpu, ARM_EXC_SYSTICK);
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
        core->nvic.prigroup = written >> 8 & 7;
        mote_reg(dev, SCB_AIRCR) = 0xFA050000u | core->nvic.prigroup << 8;
        arm_nvic_update(&core->cpu);
    }
    if (written & 4) {
        mote_wire_pulse(core->dev, ARM_OUT_SYSRESETREQ);
        mote_request_reset(dev->sys);
        core->cpu.attention = true;
    }
}

static void store_ccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    if (!(cpu->features & ARM_HAS_THUMB2))
        mote_reg(dev, SCB_CCR) = old; /* Armv6-M: read-only */
    cpu->ccr = mote_reg(dev, SCB_CCR);
    arm_l1_configure(cpu);
}

static void store_shpr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)old;
    (void)written;
    struct arm_cpu *cpu = cpu_of(dev);
    /* Which of the bytes exist: MemManage to UsageFault, SVCall, DebugMonitor, PendSV, SysTick. */
    static const uint32_t mainline[] = {0x00FFFFFFu, 0xFF000000u, 0xFFFF00FFu};
    static const uint32_t baseline[] = {0, 0xFF000000u, 0xFFFF0000u};
    uint32_t mask = cpu->features & ARM_HAS_THUMB2 ? mainline[element] : baseline[element];
    mask &= cpu->nvic->priority_mask * 0x01010101u;
    uint32_t value = mote_reg_at(dev, SCB_SHPR, element) & mask;
    mote_reg_at(dev, SCB_SHPR, element) = value;
    for (uint32_t i = 0; i < 4; i++)
        cpu->nvic->priority[4 + 4 * element + i] = (uint8_t)(value >> (8 * i));
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
};
enum { SHCSR_MASK = 0x7FD8B, SHCSR_COUNT = sizeof shcsr_bits / sizeof *shcsr_bits };

static uint32_t *shcsr_map(struct arm_nvic *nvic, enum shcsr_map map)
{
    return map == ACTIVE ? nvic->active : map == PENDED ? nvic->pending : nvic->enabled;
}

static uint32_t load_shcsr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    struct arm_nvic *nvic = cpu_of(dev)->nvic;
    uint32_t result = 0;
    for (uint32_t i = 0; i < SHCSR_COUNT; i++)
        if (arm_bit(shcsr_map(nvic, shcsr_bits[i].map), shcsr_bits[i].exception))
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
        if (value >> shcsr_bits[i].bit & 1)
            arm_bit_set(map, shcsr_bits[i].exception);
        else
            arm_bit_clear(map, shcsr_bits[i].exception);
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

enum { CFSR_MASK = 0x031FBFBB };

static const struct mote_reg scb_regs[SCB_ROWS] = {
    [SCB_ICTR] = {.name = "ICTR", .offset = 0x004, .ro = 0xF, .load = load_ictr},
    [SCB_ACTLR] = {.name = "ACTLR", .offset = 0x008, .rw = ~0u, .unmodelled = ~0u},
    [SCB_CPUID] = {.name = "CPUID", .offset = 0xD00, .ro = ~0u},
    [SCB_ICSR] = {.name = "ICSR",
                  .offset = 0xD04,
                  .rw = 0x9E000000u,
                  .ro = 0x00DFFFFFu,
                  .load = load_icsr,
                  .store = store_icsr},
    [SCB_VTOR] = {.name = "VTOR", .offset = 0xD08, .rw = 0xFFFFFF80u, .store = store_vtor},
    [SCB_AIRCR] = {.name = "AIRCR",
                   .offset = 0xD0C,
                   .reset = 0xFA050000u,
                   .rw = 0xFFFF0707u,
                   .ro = 0xF8F8u,
                   .store = store_aircr},
    [SCB_SCR] = {.name = "SCR", .offset = 0xD10, .rw = 0x16},
    [SCB_CCR] = {.name = "CCR",
                 .offset = 0xD14,
                 .rw = 0x0007071Bu,
                 .unmodelled = 0x00040000u,
                 .store = store_ccr},
    [SCB_SHPR] = {.name = "SHPR[%u]", .offset = 0xD18, .rw = ~0u, .count = 3, .store = store_shpr},
    [SCB_SHCSR] = {.name = "SHCSR",
                   .offset = 0xD24,
                   .rw = SHCSR_MASK,
                   .load = load_shcsr,
                   .store = store_shcsr},
    [SCB_CFSR] = {.name = "CFSR", .offset = 0xD28, .w1c = CFSR_MASK, .load = load_mainline},
    [SCB_HFSR] = {.name = "HFSR", .offset = 0xD2C, .w1c = 0xC0000002u, .load = load_mainline},
    [SCB_DFSR] = {.name = "DFSR", .offset = 0xD30, .w1c = 0x1F},
    [SCB_MMFAR] = {.name = "MMFAR", .offset = 0xD34, .rw = ~0u, .load = load_mainline},
    [SCB_BFAR] = {.name = "BFAR", .offset = 0xD38, .rw = ~0u, .load = load_mainline},
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
};

static void scb_reset(struct mote_device *dev)
{
    struct arm_core *core = arm_core_of_child(dev);
    const struct arm_core_model *model = core->cpu.model;
    mote_reg(dev, SCB_CPUID) = model->cpuid;
    for (uint32_t i = 0; i < 13 && model->id_registers != NULL; i++)
        mote_reg_at(dev, SCB_ID, i) = model->id_registers[i];
    mote_reg(dev, SCB_VTOR) = core->init_vtor;
    mote_reg(dev, SCB_CCR) = model->ccr_reset;
    core->cpu.ccr = model->ccr_reset;
    arm_l1_configure(&core->cpu);
    arm_update_access(&core->cpu);
}

static bool scb_attach(struct mote_device *dev, struct mote_err *err)
{
    return mote_window_add(dev, 0xE000ED00u, 0x90, 0xD00, err);
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

/* ---- floating-point control -------------------------------------------------------------------
 */

static void store_fpccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    arm_update_access(cpu_of(dev));
}

static const struct mote_reg fpu_regs[FPU_ROWS] = {
    [FPU_FPCCR] = {.name = "FPCCR",
                   .offset = 0x0,
                   .reset = 0xC0000000u,
                   .rw = 0xC000017Bu,
                   .store = store_fpccr},
    [FPU_FPCAR] = {.name = "FPCAR", .offset = 0x4, .rw = 0xFFFFFFF8u},
    [FPU_FPDSCR] = {.name = "FPDSCR", .offset = 0x8, .rw = 0x07C00000u},
    [FPU_MVFR] = {.name = "MVFR[%u]", .offset = 0xC, .ro = ~0u, .count = 3},
};

static void fpu_reset(struct mote_device *dev)
{
    struct arm_core *core = arm_core_of_child(dev);
    for (uint32_t i = 0; i < 3; i++)
        mote_reg_at(dev, FPU_MVFR, i) = core->cpu.model->mvfr[i];
    arm_update_access(&core->cpu);
}

const struct mote_device_class arm_class_fpu = {
    .name = "arm_fpu",
    .summary = "floating-point context control of an M-profile core",
    .regs = fpu_regs,
    .reg_count = FPU_ROWS,
    .window_bytes = 0x18,
    .reset = fpu_reset,
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
