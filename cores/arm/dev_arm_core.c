/* Cortex-M core as a device: M0+, M3, M4, M7 and M33, with NVIC, SysTick, MPU, FPU, DWT and ITM;
 * the M33 with the Security Extension where the board says so.
 *
 * Documents: Armv6-M (DDI 0419), Armv7-M (DDI 0403E) and Armv8-M (DDI 0553) Architecture Reference
 * Manuals; the cores' Technical Reference Manuals are named in models.c.
 * Modelled: see the files of this folder; each says what it lacks. The Armv8-M baseline core M23 is
 * not modelled. Cortex-M0 lacks timing data.
 *
 * Properties (cpu node, then the NVIC's): compatible; arm,num-irq-priority-bits; mote,irq-lines;
 * arm,num-mpu-regions; mote,init-vtor; mote,fast-warm-up (engine/review.c); mote,trcena (a debugger
 * left DEMCR.TRCENA set, which no reset clears); mote,io-port (address and size of what the
 * single-cycle I/O port reaches); those of systick.c and security.c. Clock input 0 is the core
 * clock. Inputs: irq[0..479], nmi, security (option that switches the Security Extension off).
 * Outputs: sleep, sleepdeep (rises before sleep), sysresetreq, lockup. */
#include "../engine/thumb/arm_engine.h"
#include "../timing/pipeline.h"
#include "core.h"
#include "l1.h"
#include "plan.h"
#include "security.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct mote_device_class mote_class_arm_core;

/* ---- making --------------------------------------------------------------------------------- */

static const struct arm_core_model *find_model(struct mote_device *dev)
{
    size_t bytes;
    const char *text = mote_prop(dev, "compatible", &bytes);
    for (size_t at = 0; text != NULL && at < bytes; at += strlen(text + at) + 1) {
        if (memchr(text + at, '\0', bytes - at) == NULL)
            return NULL;
        const struct arm_core_model *model = arm_model_find(text + at);
        if (model != NULL)
            return model;
    }
    return NULL;
}

static struct mote_device *make_part(struct arm_core *core, const struct mote_device_class *cls,
                                     const char *name, uint64_t base, struct mote_err *err)
{
    const struct mote_device_spec spec = {
        .cls = cls, .name = name, .path = core->dev->path, .parent = core->dev, .base = base};
    struct mote_device *part = mote_device_new(core->dev->sys, &spec, err);
    /* The kernel maps no windows for children: they are parts on a bus as a rule. */
    bool ok = part != NULL && mote_window_add(part, base, cls->window_bytes, 0, err) &&
              mote_device_attach(part, err);
    return ok ? part : NULL;
}

/* The instances of Non-secure state, seen by Secure code at the alias of the SCS, and the SAU. */
static bool make_non_secure_parts(struct arm_core *core, struct mote_err *err)
{
    const uint32_t scs = 0xE000E000u + ARM_NS_ALIAS;
    core->nvic_ns = make_part(core, &arm_class_nvic, "nvic_ns", scs + 0x100, err);
    core->scb_ns = make_part(core, &arm_class_scb, "scb_ns", scs, err);
    core->systick_ns = make_part(core, &arm_class_systick, "systick_ns", scs + 0x10, err);
    core->mpu_ns = make_part(core, &arm_class_mpu, "mpu_ns", scs + 0xD90, err);
    core->sau = make_part(core, &arm_class_sau, "sau", 0xE000EDD0u, err);
    if (core->nvic_ns == NULL || core->scb_ns == NULL || core->systick_ns == NULL ||
        core->mpu_ns == NULL || core->sau == NULL)
        return false;
    if (arm_has_fp(&core->cpu))
        core->fpu_ns = make_part(core, &arm_class_fpu, "fpu_ns", scs + 0xF34, err);
    return !arm_has_fp(&core->cpu) || core->fpu_ns != NULL;
}

static bool make_parts(struct arm_core *core, struct mote_err *err)
{
    bool mainline = core->cpu.features & ARM_HAS_THUMB2;
    core->nvic_dev = make_part(core, &arm_class_nvic, "nvic", 0xE000E100u, err);
    core->scb = make_part(core, &arm_class_scb, "scb", 0xE000E000u, err);
    core->systick = make_part(core, &arm_class_systick, "systick", 0xE000E010u, err);
    core->mpu = make_part(core, &arm_class_mpu, "mpu", 0xE000ED90u, err);
    core->debug = make_part(core, &arm_class_debug, "coredebug", 0xE000EDF0u, err);
    if (core->nvic_dev == NULL || core->scb == NULL || core->systick == NULL || core->mpu == NULL ||
        core->debug == NULL)
        return false;
    if (mote_prop_flag(core->dev, "mote,trcena"))
        mote_reg(core->debug, DEBUG_DEMCR) |= ARM_DEMCR_TRCENA;
    if (arm_has_fp(&core->cpu)) {
        core->fpu = make_part(core, &arm_class_fpu, "fpu", 0xE000EF34u, err);
        if (core->fpu == NULL)
            return false;
    }
    if (core->security_unit != NULL && !make_non_secure_parts(core, err))
        return false;
    if (!mainline)
        return true;
    core->dwt = make_part(core, &arm_class_dwt, "dwt", 0xE0001000u, err);
    core->itm = make_part(core, &arm_class_itm, "itm", 0xE0000000u, err);
    return core->dwt != NULL && core->itm != NULL &&
           make_part(core, &arm_class_tpiu, "tpiu", 0xE0040000u, err) != NULL;
}

static bool read_properties(struct arm_core *core, struct mote_err *err)
{
    struct mote_device *dev = core->dev;
    const struct arm_core_model *model = core->cpu.model;
    uint32_t bits = mote_prop_u32(dev, "arm,num-irq-priority-bits", model->priority_bits);
    uint32_t lines = mote_prop_u32(dev, "mote,irq-lines", model->features ? 240 : 32);
    core->mpu_regions = mote_prop_u32(dev, "arm,num-mpu-regions", model->mpu_regions);
    if (bits < 1 || bits > 8)
        return mote_err_set(err, "arm,num-irq-priority-bits is %u; the architecture allows 1 to 8",
                            bits);
    if (lines > ARM_MAX_LINES)
        return mote_err_set(err, "mote,irq-lines is %u; the architecture allows at most %u", lines,
                            ARM_MAX_LINES);
    if (core->mpu_regions > ARM_MAX_MPU_REGIONS)
        return mote_err_set(err, "arm,num-mpu-regions is %u; at most %u are modelled",
                            core->mpu_regions, ARM_MAX_MPU_REGIONS);
    core->nvic.lines = lines;
    core->nvic.priority_mask = 0xFF00u >> bits & 0xFF;
    core->init_vtor = mote_prop_u32(dev, "mote,init-vtor", 0);
    uint32_t io_port[2] = {0};
    mote_prop_cells(dev, "mote,io-port", io_port, 2);
    core->cpu.io_port = io_port[0];
    core->cpu.io_port_bytes = io_port[1];
    core->systick_divider = mote_prop_u32(dev, "mote,systick-divider", 0);
    core->cpu.review_warm_up = mote_prop_u32(dev, "mote,fast-warm-up", 0);
    core->systick_stops_in_sleep = mote_prop_flag(dev, "mote,systick-stops-in-sleep");
    /* NOREF and SKEW when nothing is said. */
    core->systick_calib = mote_prop_u32(dev, "mote,systick-calib",
                                        core->systick_divider == 0 ? 0xC0000000u : 0x40000000u);
    return true;
}

static bool make_cpu(struct arm_core *core, struct mote_err *err)
{
    struct arm_cpu *cpu = &core->cpu;
    cpu->sys = core->dev->sys;
    cpu->nvic = &core->nvic;
    cpu->features = cpu->model->features;
    if (mote_prop_flag(core->dev, "mote,security-extension") && !arm_security_attach(core, err))
        return false;
    cpu->activities = mote_activities(cpu->sys);
    for (uint32_t i = 0; i < MOTE_CLASS_COUNT; i++) {
        static const char *const names[] = {
#define X(id, text) text,
            MOTE_INSN_CLASSES(X)
#undef X
        };
        char name[40];
        snprintf(name, sizeof name, "insn.%s", names[i]);
        cpu->insn_activity[i] = mote_activity_id(cpu->sys, name);
    }
    cpu->taken_branch_activity = mote_activity_id(cpu->sys, "insn.taken_branch");
    cpu->pipeline = pipeline_new(cpu->model->name, err);
    if (cpu->pipeline == NULL)
        return false;
    core->queue.capacity = pipeline_fetch_queue(cpu->pipeline);
    if (core->queue.capacity != 0)
        cpu->queue = &core->queue;
    uint32_t i_bytes = mote_prop_u32(core->dev, "i-cache-size", 0);
    uint32_t d_bytes = mote_prop_u32(core->dev, "d-cache-size", 0);
    if (i_bytes | d_bytes) {
        cpu->l1 = arm_l1_new(cpu, i_bytes, d_bytes);
        if (cpu->l1 == NULL)
            return mote_err_set(err, "out of memory for the core %s", core->dev->name);
    }
    cpu->region_map = calloc(1u << 12, sizeof(struct mote_region *));
    cpu->blocks = arm_blocks_new(cpu);
    if (cpu->region_map == NULL || cpu->blocks == NULL)
        return mote_err_set(err, "out of memory for the core %s", core->dev->name);
    cpu->code_pages = arm_code_pages(cpu->blocks);
    return true;
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct arm_core *core = dev->state;
    core->dev = dev;
    core->cpu.model = find_model(dev);
    if (core->cpu.model == NULL)
        return mote_err_set(err,
                            "the core's compatible \"%s\" is not one that Mote models; "
                            "`mote devices` lists them",
                            mote_prop_string(dev, "compatible", "(none)"));
    if (mote_clock_inputs(dev) == 0)
        return mote_err_set(err, "the cpu node has no `clocks`: without a clock it cannot run");
    if (!read_properties(core, err) || !make_cpu(core, err) || !make_parts(core, err))
        return false;
    core->ops = arm_core_ops;
    core->ops.name = core->cpu.model->name;
    core->ops.registers = arm_registers;
    core->ops.register_count = arm_has_fp(&core->cpu) ? arm_register_count_fp : arm_register_count;
    core->cpu.core.ops = &core->ops;
    core->cpu.core.device = dev;
    core->cpu.core.cycles = &core->cpu.cycles;    /* of the instruction that makes the access */
    if (!(core->cpu.features & ARM_HAS_THUMB2)) { /* Armv6-M cores have one AHB-Lite port */
        core->cpu.port = &core->port;
        core->cpu.core.cycles = &core->port.data;
    }
    mote_counter_set(&core->clock, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
    semihosting_init(&core->semihosting, dev, &core->cpu.core, 4);
    mote_core_register(dev, &core->cpu.core);
    return true;
}

static void detach(struct mote_device *dev)
{
    struct arm_core *core = dev->state;
    semihosting_close_all(&core->semihosting);
    if (core->cpu.engine != NULL)
        engine_free(core->cpu.engine);
    exact_free(core->cpu.exact);
    core->cpu.exact = NULL;
    arm_plans_free(&core->cpu);
    if (core->cpu.blocks != NULL)
        arm_blocks_free(core->cpu.blocks);
    if (core->cpu.pipeline != NULL)
        pipeline_free(core->cpu.pipeline);
    free(core->cpu.l1);
    free(core->cpu.region_map);
    free(core->security_unit);
}

/* ---- reset ---------------------------------------------------------------------------------- */

/* Time and totals go on; registers that the architecture leaves unknown are 0. */
static void reset(struct mote_device *dev)
{
    struct arm_core *core = dev->state;
    struct arm_cpu *cpu = &core->cpu;
    if (core->sleep == ARM_ASLEEP) {
        uint64_t tick = arm_ticks(core);
        core->sleep_ticks = tick - cpu->cycles;
        core->sleep_ps += mote_now_ps(dev->sys) - core->sleep_started_ps;
    }
    core->sleep = ARM_AWAKE;
    core->phase = ARM_PHASE_NONE;
    core->return_pending = false;
    core->locked_up = false;
    core->fault = ARM_FAULT_NONE;
    memset(cpu->r, 0, sizeof cpu->r);
    memset(cpu->s, 0, sizeof cpu->s);
    cpu->r[14] = 0xFFFFFFFFu;
    cpu->n = cpu->z = cpu->c = cpu->v = cpu->q = cpu->ge = 0;
    cpu->itstate = 0;
    cpu->exception = cpu->other_sp = cpu->control = 0;
    cpu->primask = cpu->faultmask = cpu->basepri = cpu->fpscr = 0;
    cpu->sp_limit[0] = cpu->sp_limit[1] = 0;
    arm_security_reset(core);
    cpu->exclusive = false;
    cpu->fault = ARM_FAULT_NONE;
    cpu->fetch_line = ~0u;
    cpu->fetch_branch = true;
    cpu->attention = true;
    arm_nvic_reset(core);
    pipeline_reset(cpu->pipeline);
    if (cpu->engine != NULL)
        engine_reset(cpu->engine);
    if (cpu->exact != NULL)
        exact_reset(cpu->exact);
    semihosting_close_all(&core->semihosting);
    core->vectors_due = true;
}

/* ---- wires and clocks ----------------------------------------------------------------------- */

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct arm_core *core = dev->state;
    if (index == ARM_IN_NMI) {
        if (level == 1)
            arm_set_pending(&core->cpu, ARM_EXC_NMI);
        return;
    }
    if (index < core->nvic.lines)
        arm_set_line(&core->cpu, ARM_EXC_EXTERNAL + index, level == 1);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    struct arm_core *core = dev->state;
    if (index == 0 && core->systick != NULL)
        arm_clock_changed(core);
}

const struct mote_device_class mote_class_arm_core = {
    .name = "arm_core",
    .summary = "Arm Cortex-M0+, M3, M4, M7 or M33 with NVIC, SysTick, MPU, DWT and ITM",
    .compatibles = {"arm,cortex-m0+",     "arm,cortex-m3",      "arm,cortex-m4",
                    "arm,cortex-m4f",     "arm,cortex-m7",      "arm,cortex-m7f",
                    "arm,cortex-m7d",     "arm,cortex-m33",     "arm,cortex-m33f",
                    "arm,v6m-nvic",       "arm,v7m-nvic",       "arm,v8m-nvic",
                    "arm,v8.1m-nvic",     "arm,armv6m-systick", "arm,armv7m-systick",
                    "arm,armv8m-systick", "arm,armv7m-mpu",     "arm,armv8m-mpu",
                    "arm,armv7m-itm",     "arm,armv8m-itm",     "arm,armv6m-mpu"},
    .state_bytes = sizeof(struct arm_core),
    .inputs = {{"irq", ARM_MAX_LINES}, {"nmi", 1}, {"security", 1}},
    .outputs = {{"sleep", 1}, {"sleepdeep", 1}, {"sysresetreq", 1}, {"lockup", 1}},
    .power_states = {"run"},
    .attach = attach,
    .detach = detach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
