/* The run loop of an RV32 hart: instructions of a block with their timing, and the core's run and
 * step operations. Every instruction is evaluated exactly, in both accuracies.
 *
 * At each boundary, in this order: stop requests, sleep, due events (left to the machine),
 * interrupts, code. */
#include "../timing/pipeline.h"
#include "extension.h"
#include "riscv.h"

/* ---- one instruction --------------------------------------------------------------------------
 */

static uint32_t fetch_line(struct riscv_cpu *cpu, struct mote_region *region, uint32_t line,
                           bool branch)
{
    mote_count(cpu->activities, region->activity_fetch);
    if (region->timing == NULL || region->timing->fetch == NULL || region->fetch_line_bytes == 0)
        return 0;
    return region->timing->fetch(region->owner, region, line, branch);
}

/* Cycles that fetching an instruction adds: one call for each line that is entered. */
static uint32_t fetch(struct riscv_cpu *cpu, uint32_t pc, uint32_t bytes)
{
    struct mote_region *region = cpu->region_map[pc >> 20];
    if (region == NULL || pc - (uint32_t)region->base >= region->size_bytes) {
        region = mote_region_find(cpu->sys, pc);
        if (region == NULL)
            return 0;
        cpu->region_map[pc >> 20] = region;
    }
    uint32_t size = region->fetch_line_bytes ? region->fetch_line_bytes : 4;
    uint32_t line = pc & ~(size - 1), last = (pc + bytes - 1) & ~(size - 1);
    uint32_t stall = 0;
    if (line != cpu->fetch_line || cpu->fetch_branch)
        stall += fetch_line(cpu, region, line, cpu->fetch_branch);
    if (last != line)
        stall += fetch_line(cpu, region, last, false);
    cpu->fetch_line = last;
    cpu->fetch_branch = false;
    return stall;
}

/* Significant bits of a quotient, plus one: what early termination of a divider depends on. */
static uint32_t quotient_bits(const struct riscv_insn *insn, uint32_t a, uint32_t b)
{
    bool is_signed = !(insn->raw >> 12 & 1); /* div, rem; divu, remu */
    if (is_signed) {
        a = (int32_t)a < 0 ? -a : a;
        b = (int32_t)b < 0 ? -b : b;
    }
    uint32_t quotient = b == 0 ? UINT32_MAX : a / b;
    return quotient == 0 ? 1 : 33 - (uint32_t)__builtin_clz(quotient);
}

static enum riscv_result run_insn(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    uint32_t fallthrough = cpu->pc + insn->t.bytes, operand = 0;
    cpu->next_pc = fallthrough;
    cpu->stall = 0;
    uint32_t fetch_stall = fetch(cpu, cpu->pc, insn->t.bytes);
    if (insn->t.cls == MOTE_CLASS_DIV)
        operand = quotient_bits(insn, cpu->x[insn->rs1], cpu->x[insn->rs2]);
    enum riscv_result result = insn->exec(cpu, insn);
    cpu->x[0] = 0;
    if (result == RISCV_RAISED)
        return result;
    mote_count(cpu->activities, cpu->insn_activity[insn->t.cls]);
    struct pipeline_step step = {
        .insn = &insn->t,
        .pc = cpu->pc,
        .next_pc = cpu->next_pc,
        .executed = true,
        .taken = cpu->next_pc != fallthrough,
        .memory_stall = cpu->stall,
        .fetch_stall = fetch_stall,
        .operand = operand,
    };
    cpu->cycles += pipeline_step(cpu->pipeline, &step);
    cpu->instructions++;
    cpu->fetch_branch = step.taken;
    cpu->pc = cpu->next_pc;
    return result;
}

/* Executes the block's instructions up to `limit`, or to the first boundary where something else is
 * to be done. */
static void run_block(struct riscv_cpu *cpu, struct riscv_block *block, uint32_t limit)
{
    uint64_t cycles = cpu->cycles, instructions = cpu->instructions;
    uint64_t dynamic_fj = cpu->activities->dynamic_fj;
    enum riscv_result result = RISCV_OK;
    block->entries++;
    for (uint32_t i = 0; i < limit; i++) {
        result = run_insn(cpu, &block->insns[i]);
        if (result != RISCV_OK || cpu->cycles >= cpu->deadline || cpu->attention)
            break;
    }
    /* Without the cycles of trap entry. */
    block->cycles += cpu->cycles - cycles;
    block->executed += cpu->instructions - instructions;
    block->dynamic_fj += cpu->activities->dynamic_fj - dynamic_fj;
    if (result == RISCV_RAISED)
        riscv_take_exception(cpu);
    else if (cpu->pc == block->pc && cpu->handling)
        riscv_check_parked(cpu, block);
}

static bool breakpoint_in(const struct riscv_cpu *cpu, uint32_t start, uint32_t end)
{
    for (uint32_t i = 0; i < cpu->breakpoint_count; i++)
        if (cpu->breakpoint[i] >= start && cpu->breakpoint[i] < end)
            return true;
    return false;
}

static void run_blocks(struct riscv_cpu *cpu)
{
    while (!cpu->attention && cpu->cycles < cpu->deadline) {
        struct riscv_block *block = riscv_block_at(cpu, cpu->pc);
        if (cpu->breakpoint_count == 0 || !breakpoint_in(cpu, block->pc, block->end)) {
            run_block(cpu, block, block->count);
        } else if (breakpoint_in(cpu, cpu->pc, cpu->pc + 1)) {
            mote_request_stop(cpu->sys, MOTE_STOP_DEBUG, 0, "breakpoint");
            cpu->attention = true;
        } else {
            run_block(cpu, block, 1);
        }
    }
}

/* ---- the core's operations --------------------------------------------------------------------
 */

/* What comes before code at a boundary. False: leave the run loop with *state. */
static bool boundary(struct riscv_cpu *cpu, enum mote_core_state *state)
{
    *state = MOTE_CORE_RUNNING;
    if (mote_stop_requested(cpu->sys) != MOTE_STOP_NONE || mote_reset_requested(cpu->sys))
        return false;
    if (!riscv_awake(cpu) || cpu->clock.hz == 0) {
        *state = MOTE_CORE_SLEEPING;
        return false;
    }
    if (cpu->due_ps != *mote_next_event_ps(cpu->sys))
        riscv_update_deadline(cpu);
    return cpu->cycles < cpu->deadline;
}

static enum mote_core_state leave(struct riscv_cpu *cpu, enum mote_core_state state)
{
    if (cpu->sleep != RISCV_ASLEEP)
        mote_set_now_ps(cpu->sys, riscv_now_ps(cpu));
    return state;
}

static enum mote_core_state run(struct mote_core *core)
{
    struct riscv_cpu *cpu = core->device->state;
    enum mote_core_state state;
    while (boundary(cpu, &state)) {
        cpu->attention = false;
        if (!riscv_take_interrupt(cpu))
            run_blocks(cpu);
    }
    return leave(cpu, state);
}

static enum mote_core_state step(struct mote_core *core)
{
    struct riscv_cpu *cpu = core->device->state;
    enum mote_core_state state;
    if (!boundary(cpu, &state))
        return leave(cpu, state);
    cpu->attention = false;
    if (!riscv_take_interrupt(cpu))
        run_block(cpu, riscv_block_at(cpu, cpu->pc), 1);
    return leave(cpu, state);
}

static void reset(struct mote_core *core)
{
    mote_device_reset(core->device);
}

static void set_boot_address(struct mote_core *core, uint64_t address)
{
    struct riscv_cpu *cpu = core->device->state;
    cpu->reset_vector = (uint32_t)address;
}

static void set_accuracy(struct mote_core *core, enum mote_accuracy accuracy)
{
    const struct riscv_cpu *cpu = core->device->state;
    if (accuracy == MOTE_ACCURACY_FAST)
        mote_log(cpu->sys, cpu->dev, MOTE_LOG_INFO, "running in exact accuracy");
}

static bool set_breakpoint(struct mote_core *core, uint64_t address, bool on)
{
    struct riscv_cpu *cpu = core->device->state;
    uint32_t at = (uint32_t)address, i = 0;
    while (i < cpu->breakpoint_count && cpu->breakpoint[i] != at)
        i++;
    if (on && i == cpu->breakpoint_count) {
        if (i == RISCV_MAX_BREAKPOINTS)
            return false;
        cpu->breakpoint[cpu->breakpoint_count++] = at;
    } else if (!on && i < cpu->breakpoint_count) {
        cpu->breakpoint[i] = cpu->breakpoint[--cpu->breakpoint_count];
    }
    return true;
}

static void totals(const struct mote_core *core, struct mote_core_totals *out)
{
    const struct riscv_cpu *cpu = core->device->state;
    *out = (struct mote_core_totals){
        .cycles = cpu->cycles, .instructions = cpu->instructions, .sleep_ps = cpu->sleep_ps};
    if (cpu->sleep == RISCV_ASLEEP)
        out->sleep_ps += mote_now_ps(cpu->sys) - cpu->sleep_started_ps;
}

static void blocks(struct mote_core *core,
                   void (*visit)(void *user, const struct mote_block_totals *block), void *user)
{
    struct riscv_cpu *cpu = core->device->state;
    riscv_blocks_visit(cpu->blocks, visit, user);
}

const struct mote_core_ops riscv_core_ops = {
    .name = "riscv",
    .elf_machine = 243,
    .reset = reset,
    .run = run,
    .set_boot_address = set_boot_address,
    .boots_by_instruction = true,
    .set_accuracy = set_accuracy,
    .add_extension = riscv_add_extension,
    .step = step,
    .set_breakpoint = set_breakpoint,
    .totals = totals,
    .blocks = blocks,
    .read_register = riscv_read_register,
    .write_register = riscv_write_register,
    .call_chain = riscv_call_chain,
    .describe_fault = riscv_describe_fault,
    .disassemble = riscv_disassemble,
};
