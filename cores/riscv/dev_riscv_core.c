/* An RV32 or RV64 hart as a device.
 *
 * Document: RISC-V Instruction Set Manual, Volumes I and II (20240411).
 * Modelled: RV32 or RV64 I or E with M, A, F, D, C, Zicsr, Zifencei, Zba, Zbb, Zbc, Zbs, Zicond,
 * Zcb; machine and user mode, PMP, debug triggers, event counters; see the files of this folder,
 * each says what it lacks. Not modelled: supervisor mode, debug mode, the fast accuracy of RV64
 * (its runs are exact).
 *
 * Properties (cpu node): compatible; riscv,isa (replaces the model's extensions); reg (hart
 * number); mote,reset-vector; i-cache-size, -sets, -block-size and d-cache-* (l1.c);
 * riscv,pmpregions, riscv,pmpgranularity (bytes) and hardware-exec-breakpoint-count, of a core
 * configured otherwise than usual. Clock input 0 is the core clock. Inputs: irq[0..31], the bits of
 * mip: 3 machine software, 7 machine timer, 11 machine external, 16 to 31 local; external[0..31],
 * VexRiscv's array. Output: sleep (WFI). */
#include "../engine/engine.h"
#include "../timing/pipeline.h"
#include "extension.h"
#include "l1.h"
#include "riscv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IRQ_WIRES = 32 };

extern const struct mote_device_class mote_class_riscv_core;

static bool find_model(struct riscv_cpu *cpu)
{
    size_t bytes = 0;
    const char *text = mote_prop(cpu->dev, "compatible", &bytes);
    for (size_t at = 0; text != NULL && at < bytes; at += strlen(text + at) + 1) {
        if (memchr(text + at, '\0', bytes - at) == NULL)
            return false;
        const struct riscv_model *model = riscv_model_find(text + at);
        if (model != NULL) {
            cpu->model = *model;
            return true;
        }
    }
    return false;
}

static void set_xlen(struct riscv_cpu *cpu)
{
    cpu->xlen = cpu->features & RISCV_HAS_64 ? 64 : 32;
    cpu->xmask = UINT64_MAX >> (64 - cpu->xlen);
}

/* A configurable core's numbers, by the properties of SiFive's devicetrees. */
static bool read_guard(struct riscv_cpu *cpu, struct mote_err *err)
{
    struct riscv_guard *guard = &cpu->guard;
    uint32_t least = 4u << cpu->model.pmp_grain;
    uint32_t bytes = mote_prop_u32(cpu->dev, "riscv,pmpgranularity", least);
    guard->pmp.entries = mote_prop_u32(cpu->dev, "riscv,pmpregions", cpu->model.pmp_entries);
    guard->triggers =
        mote_prop_u32(cpu->dev, "hardware-exec-breakpoint-count", cpu->model.triggers);
    guard->triggers_of_debugger = cpu->model.triggers_of_debugger;
    if (guard->pmp.entries > RISCV_PMP_MAX)
        return mote_err_set(err, "riscv,pmpregions = <%u>: at most %u", guard->pmp.entries,
                            RISCV_PMP_MAX);
    if (bytes < 4 || (bytes & (bytes - 1)) != 0)
        return mote_err_set(err, "riscv,pmpgranularity = <%u>: a power of two from 4 on", bytes);
    if (guard->triggers > RISCV_TRIGGER_MAX)
        return mote_err_set(err, "hardware-exec-breakpoint-count = <%u>: at most %u",
                            guard->triggers, RISCV_TRIGGER_MAX);
    guard->pmp.grain = (uint32_t)__builtin_ctz(bytes) - 2;
    return true;
}

static bool read_properties(struct riscv_cpu *cpu, struct mote_err *err)
{
    cpu->features = cpu->model.features;
    cpu->hartid = mote_prop_u32(cpu->dev, "reg", 0);
    cpu->reset_vector = mote_prop_u32(cpu->dev, "mote,reset-vector", 0);
    const char *isa = mote_prop_string(cpu->dev, "riscv,isa", NULL);
    char lacking[128];
    set_xlen(cpu);
    if (isa == NULL)
        return true;
    if (!riscv_parse_isa(isa, &cpu->features, lacking, sizeof lacking))
        return mote_err_set(err, "riscv,isa \"%s\": Mote models rv32 and rv64 harts with i, e or g",
                            isa);
    set_xlen(cpu);
    if (((cpu->features ^ cpu->model.features) & RISCV_HAS_64) && !cpu->model.generic)
        return mote_err_set(err, "riscv,isa \"%s\": a %s hart has %u bits", isa,
                            cpu->model.compatible, 96 - cpu->xlen);
    if (lacking[0] != '\0')
        mote_log(cpu->sys, cpu->dev, MOTE_LOG_INFO,
                 "riscv,isa \"%s\": not modelled, illegal instructions: %s", isa, lacking);
    return true;
}

static bool make_parts(struct riscv_cpu *cpu, struct mote_err *err)
{
    static const char *const names[] = {
#define X(id, text) text,
        MOTE_INSN_CLASSES(X)
#undef X
    };
    cpu->activities = mote_activities(cpu->sys);
    for (uint32_t i = 0; i < MOTE_CLASS_COUNT; i++) {
        char name[40];
        snprintf(name, sizeof name, "insn.%s", names[i]);
        cpu->insn_activity[i] = mote_activity_id(cpu->sys, name);
    }
    cpu->pipeline = pipeline_new(cpu->model.timing, err);
    if (cpu->pipeline == NULL)
        return false;
    cpu->region_map = calloc(1u << 12, sizeof(struct mote_region *));
    cpu->decoder = riscv_decoder_new(cpu->features);
    cpu->blocks = riscv_blocks_new();
    if (cpu->region_map == NULL || cpu->decoder == NULL || cpu->blocks == NULL)
        return mote_err_set(err, "out of memory for the core %s", cpu->dev->name);
    return riscv_l1_attach(cpu, err);
}

static bool attach(struct mote_device *dev, struct mote_err *err)
{
    struct riscv_cpu *cpu = dev->state;
    cpu->dev = dev;
    cpu->sys = dev->sys;
    if (!find_model(cpu))
        return mote_err_set(err,
                            "the core's compatible \"%s\" is not one that Mote models; "
                            "`mote devices` lists them",
                            mote_prop_string(dev, "compatible", "(none)"));
    if (mote_clock_inputs(dev) == 0)
        return mote_err_set(err, "the cpu node has no `clocks`: without a clock it cannot run");
    if (!read_properties(cpu, err) || !read_guard(cpu, err) || !make_parts(cpu, err))
        return false;
    const char *comma = strchr(cpu->model.compatible, ',');
    cpu->ops = riscv_core_ops;
    cpu->ops.name = comma != NULL ? comma + 1 : cpu->model.compatible;
    riscv_make_registers(cpu);
    cpu->core.ops = &cpu->ops;
    cpu->core.device = dev;
    semihosting_init(&cpu->semihosting, dev, &cpu->core, cpu->xlen / 8);
    mote_counter_set(&cpu->clock, mote_now_ps(dev->sys), 0, mote_clock_hz(dev, 0));
    mote_core_register(dev, &cpu->core);
    return true;
}

static void detach(struct mote_device *dev)
{
    struct riscv_cpu *cpu = dev->state;
    semihosting_close_all(&cpu->semihosting);
    engine_free(cpu->engine);
    riscv_blocks_free(cpu->blocks);
    riscv_decoder_free(cpu->decoder);
    riscv_free_extensions(cpu);
    riscv_l1_free(cpu);
    if (cpu->pipeline != NULL)
        pipeline_free(cpu->pipeline);
    free(cpu->region_map);
}

/* Time and totals go on; what the architecture leaves open is 0. */
static void reset(struct mote_device *dev)
{
    struct riscv_cpu *cpu = dev->state;
    if (cpu->sleep == RISCV_ASLEEP) {
        uint64_t now = mote_now_ps(dev->sys);
        cpu->sleep_ticks = mote_counter_value(&cpu->clock, now) - cpu->cycles;
        cpu->sleep_ps += now - cpu->sleep_started_ps;
    }
    cpu->sleep = RISCV_AWAKE;
    memset(cpu->x, 0, sizeof cpu->x);
    cpu->x[10] = cpu->hartid; /* as boot code passes it on */
    cpu->pc = cpu->next_pc = cpu->reset_vector;
    cpu->mode = RISCV_MODE_M;
    cpu->mstatus = cpu->features & RISCV_HAS_U ? 0 : RISCV_MSTATUS_MPP;
    if (cpu->xlen == 64 && (cpu->features & RISCV_HAS_U))
        cpu->mstatus |= RISCV_MSTATUS_UXL;
    cpu->mie = cpu->mtvec = cpu->mscratch = cpu->mepc = cpu->mcause = cpu->mtval = 0;
    cpu->mcounteren = 0;
    cpu->external_mask = cpu->external_pending = 0;
    if (cpu->features & RISCV_HAS_VEX_IRQ)
        riscv_update_external(cpu);
    riscv_csr_reset_counters(cpu);
    memset(cpu->f, 0, sizeof cpu->f);
    cpu->frm = 0;
    cpu->fp_env = riscv_fp_mode(0);
    riscv_pmp_reset(&cpu->guard.pmp);
    riscv_trigger_reset(&cpu->guard);
    riscv_guard_changed(cpu);
    cpu->reserved = false;
    cpu->handling = false;
    cpu->repeats = 0;
    cpu->fetch_line = ~0ull;
    cpu->fetch_branch = true;
    cpu->attention = true;
    pipeline_reset(cpu->pipeline);
    if (cpu->engine != NULL)
        engine_reset(cpu->engine);
    riscv_reset_extensions(cpu);
    riscv_l1_reset(cpu);
    semihosting_close_all(&cpu->semihosting);
    riscv_update_deadline(cpu);
}

static void input(struct mote_device *dev, uint32_t index, int level)
{
    struct riscv_cpu *cpu = dev->state;
    if (index < IRQ_WIRES) {
        riscv_set_interrupt(cpu, index, level == 1);
        return;
    }
    uint64_t bit = 1ull << (index - IRQ_WIRES);
    cpu->external_lines = level == 1 ? cpu->external_lines | bit : cpu->external_lines & ~bit;
    if (cpu->features & RISCV_HAS_VEX_IRQ)
        riscv_update_external(cpu);
}

static void clock_changed(struct mote_device *dev, uint32_t index)
{
    struct riscv_cpu *cpu = dev->state;
    if (index == 0 && cpu->blocks != NULL)
        riscv_clock_changed(cpu);
}

const struct mote_device_class mote_class_riscv_core = {
    .name = "riscv_core",
    .summary = "RV32 or RV64 hart: I, E, M, A, F, D, C, Zicsr, Zba, Zbb, Zbc, Zbs, Zicond, Zcb; M "
               "and U mode, PMP",
    .compatibles = {"riscv", "qemu,riscv-virt", "sifive,e31", "openhwgroup,cv32e40p",
                    "lowrisc,ibex", "spinalhdl,vexriscv", "riscv,cpu-intc"},
    .state_bytes = sizeof(struct riscv_cpu),
    .inputs = {{"irq", IRQ_WIRES}, {"external", IRQ_WIRES}},
    .outputs = {{"sleep", 1}},
    .attach = attach,
    .detach = detach,
    .reset = reset,
    .input = input,
    .clock_changed = clock_changed,
};
