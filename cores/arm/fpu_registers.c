/* Registers of the floating-point extension: FPCCR, FPCAR, FPDSCR, MVFR0 to MVFR2.
 *
 * Documents: Armv7-M ARM (DDI 0403E) B3.2.20 to B3.2.25; Armv8-M ARM (DDI 0553) D1.2. What follows
 * from them is in fp_state.c. With the Security Extension there are two instances: bits of FPCCR
 * that are not banked live in the Secure one. */
#include "security.h"

/* What a core without the extension has of FPCCR, and which bits each state has of its own. */
#define FPCCR_PLAIN 0xC000017Bu
#define FPCCR_BANKED                                                                               \
    (ARM_FPCCR_ASPEN | ARM_FPCCR_LSPACT | ARM_FPCCR_USER | ARM_FPCCR_THREAD | ARM_FPCCR_MMRDY |    \
     ARM_FPCCR_SPLIMVIOL | ARM_FPCCR_UFRDY)

static uint32_t load_fpccr(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    if (!arm_non_secure_view(dev))
        return value;
    uint32_t shown = ARM_FPCCR_LSPEN | ARM_FPCCR_CLRONRET | ARM_FPCCR_MONRDY;
    if (arm_sees_hard_faults(dev))
        shown |= ARM_FPCCR_HFRDY | ARM_FPCCR_BFRDY;
    return (value & FPCCR_BANKED) | (mote_reg(arm_core_of_child(dev)->fpu, FPU_FPCCR) & shown);
}

/* LSPENS and CLRONRETS keep the bits of nearly their names from Non-secure code. */
static void store_fpccr(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    struct arm_core *core = arm_core_of_child(dev);
    uint32_t *shared = &mote_reg(core->fpu, FPU_FPCCR);
    if (core->security == NULL) {
        *shared &= FPCCR_PLAIN;
    } else if (arm_non_secure_view(dev)) {
        uint32_t taken = (*shared & ARM_FPCCR_LSPENS ? 0 : ARM_FPCCR_LSPEN) |
                         (*shared & ARM_FPCCR_CLRONRETS ? 0u : (uint32_t)ARM_FPCCR_CLRONRET);
        *shared = (*shared & ~taken) | (mote_reg(dev, FPU_FPCCR) & taken);
    }
    arm_update_access(&core->cpu);
}

static const struct mote_reg fpu_regs[FPU_ROWS] = {
    [FPU_FPCCR] = {.name = "FPCCR",
                   .offset = 0x0,
                   .reset = 0xC0000000u,
                   .rw = 0xFC0007FFu,
                   .load = load_fpccr,
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
