/* The run loop of a hart: instructions of a block with their timing, and the core's run and
 * step operations. In fast, cores/engine runs what it has learned and calls this for the rest.
 *
 * At each boundary, in this order: stop requests, sleep, due events (left to the machine),
 * interrupts, code. */
#include "../engine/rv/riscv_engine.h"
#include "../timing/pipeline.h"
#include "extension.h"
#include "riscv.h"

/* ---- one instruction --------------------------------------------------------------------------
 */

static uint32_t fetch_line(struct riscv_cpu *cpu, struct mote_region *region, uint64_t line,
                           bool branch)
{
    mote_count(cpu->activities, region->activity_fetch);
    if (region->timing == NULL || region->timing->fetch == NULL || region->fetch_line_bytes == 0)
        return 0;
    return region->timing->fetch(region->owner, region, (uint32_t)line, branch);
}

/* Cycles that fetching an instruction adds: one call for each line that is entered. */
static uint32_t fetch(struct riscv_cpu *cpu, uint64_t pc, uint32_t bytes)
{
    struct mote_region **known = &cpu->region_map[pc >> 20 & 0xFFF], *region = *known;
    if (region == NULL || pc - region->base >= region->size_bytes) {
        region = mote_region_find(cpu->sys, pc);
        if (region == NULL)
            return 0;
        *known = region;
    }
    uint64_t size = region->fetch_line_bytes ? region->fetch_line_bytes : 4;
    uint64_t line = pc & ~(size - 1), last = (pc + bytes - 1) & ~(size - 1);
    uint32_t stall = 0;
    if (line != cpu->fetch_line || cpu->fetch_branch)
        stall += fetch_line(cpu, region, line, cpu->fetch_branch);
    if (last != line)
        stall += fetch_line(cpu, region, last, false);
    cpu->fetch_line = last;
    cpu->fetch_branch = false;
    return stall;
}

/* Upper bits of a register that a division leaves aside. */
static uint32_t unused_bits(const struct riscv_insn *insn)
{
    return insn->xlen == 32 || (insn->raw & 8) ? 32 : 0; /* divw: the low halves */
}

/* Significant bits of a quotient, plus one: what early termination of a divider depends on. */
static uint32_t quotient_bits(const struct riscv_insn *insn, uint64_t a, uint64_t b)
{
    bool is_signed = !(insn->raw >> 12 & 1); /* div, rem; divu, remu */
    uint32_t unused = unused_bits(insn);
    a <<= unused, b <<= unused;
    if (b == 0)
        return 65 - unused;
    if (is_signed) {
        a = (int64_t)a < 0 ? -a : a;
        b = (int64_t)b < 0 ? -b : b;
    }
    uint64_t quotient = (a >> unused) / (b >> unused);
    return quotient == 0 ? 1 : 65 - (uint32_t)__builtin_clzll(quotient);
}

/* Significant bits of a divisor; one of them is the sign when it is negative. */
static uint32_t divisor_bits(const struct riscv_insn *insn, uint64_t b)
{
    uint32_t unused = unused_bits(insn);
    b <<= unused;
    bool negative = (int64_t)b < 0 && !(insn->raw >> 12 & 1);
    uint64_t size = (negative ? ~b : b) >> unused;
    return (size ? 64 - (uint32_t)__builtin_clzll(size) : 0) + negative;
}

/* What the timing of an instruction depends on beside its class: see struct pipeline_step. */
static void operands_of(const struct riscv_cpu *cpu, const struct riscv_insn *insn,
                        struct pipeline_step *step)
{
    switch (insn->t.cls) {
    case MOTE_CLASS_DIV:
        step->operand = quotient_bits(insn, cpu->x[insn->rs1], cpu->x[insn->rs2]);
        step->divisor_bits = divisor_bits(insn, cpu->x[insn->rs2]);
        break;
    case MOTE_CLASS_BRANCH_COND:
        step->operand = (int32_t)insn->imm < 0;
        break;
    case MOTE_CLASS_SYSTEM:
        step->operand = riscv_csr_is_slow((uint32_t)insn->imm);
        break;
    case MOTE_CLASS_BARRIER:
        step->operand = insn->raw >> 12 & 1; /* fence.i */
        break;
    default:
        break;
    }
}

static enum riscv_result run_insn(struct riscv_cpu *cpu, const struct riscv_insn *insn)
{
    uint64_t fallthrough = (cpu->pc + insn->t.bytes) & cpu->xmask;
    struct pipeline_step step = {.insn = &insn->t, .pc = cpu->pc, .executed = true};
    cpu->next_pc = fallthrough;
    cpu->stall = 0;
    step.fetch_stall = fetch(cpu, cpu->pc, insn->t.bytes);
    operands_of(cpu, insn, &step);
    enum riscv_result result = insn->exec(cpu, insn);
    cpu->x[0] = 0;
    if (result == RISCV_RAISED)
        return result;
    mote_count(cpu->activities, cpu->insn_activity[insn->t.cls]);
    step.next_pc = cpu->next_pc;
    step.taken = cpu->next_pc != fallthrough;
    step.memory_stall = cpu->stall;
    cpu->cycles += pipeline_step(cpu->pipeline, &step);
    cpu->instructions++;
    cpu->fetch_branch = step.taken;
    cpu->pc = cpu->next_pc;
    return result;
}

/* Energy counted so far by what is executed now: its growth belongs to the present block. */
static uint64_t present_fj(const struct riscv_cpu *cpu)
{
    return cpu->activities->dynamic_fj - cpu->settled_fj;
}

/* The first instruction from `from` on that may not be fetched, `limit` when all may. If it is the
 * very next one its exception is taken. Within a block neither mode nor guard change. */
static uint32_t fetchable(struct riscv_cpu *cpu, const struct riscv_block *block, uint32_t from,
                          uint32_t limit)
{
    uint64_t pc = cpu->pc;
    if (riscv_guard_open(&cpu->guard, RISCV_ACCESS_FETCH, pc, (uint32_t)(block->end - pc)))
        return limit;
    for (uint32_t i = from; i < limit; i++) {
        if (!riscv_guard_check(cpu, RISCV_ACCESS_FETCH, pc, block->insns[i].t.bytes)) {
            if (i == from)
                riscv_take_exception(cpu);
            return i;
        }
        pc += block->insns[i].t.bytes;
    }
    return limit;
}

enum riscv_result riscv_run_block(struct riscv_cpu *cpu, struct riscv_block *block, uint32_t from,
                                  uint32_t limit)
{
    uint64_t cycles = cpu->cycles, instructions = cpu->instructions;
    uint64_t dynamic_fj = present_fj(cpu);
    enum riscv_result result = RISCV_OK;
    uint32_t i = from, end = fetchable(cpu, block, from, limit);
    if (end == from)
        return RISCV_RAISED;
    block->entries += from == 0;
    while (i < end) {
        result = run_insn(cpu, &block->insns[i++]);
        if (result != RISCV_OK || cpu->cycles >= cpu->deadline || cpu->attention)
            break;
    }
    /* Without the cycles of trap entry. */
    block->cycles += cpu->cycles - cycles;
    block->executed += cpu->instructions - instructions;
    block->dynamic_fj += present_fj(cpu) - dynamic_fj;
    if (result == RISCV_RAISED)
        riscv_take_exception(cpu);
    else if (cpu->pc == block->pc && cpu->handling)
        riscv_check_parked(cpu, block);
    return result == RISCV_OK && i < limit ? RISCV_RAISED : result;
}

bool riscv_breakpoint_in(const struct riscv_cpu *cpu, uint64_t start, uint64_t end)
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
        if (!cpu->breakpoints || !riscv_breakpoint_in(cpu, block->pc, block->end)) {
            riscv_run_block(cpu, block, 0, block->count);
        } else if (riscv_breakpoint_in(cpu, cpu->pc, cpu->pc + 1)) {
            mote_request_stop(cpu->sys, MOTE_STOP_DEBUG, 0, "breakpoint");
            cpu->attention = true;
        } else {
            riscv_run_block(cpu, block, 0, 1);
        }
    }
}

/* ---- the core's operations --------------------------------------------------------------------
 */

/* What comes before code at a boundary. False: leave the run loop with *state. */
static bool boundary(struct riscv_cpu *cpu, enum mote_core_state *state)
{
    *state = MOTE_CORE_RUNNING;
    if (mote_run_interrupted(cpu->sys))
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
        if (riscv_take_interrupt(cpu))
            continue;
        if (cpu->fast && cpu->engine != NULL)
            engine_run(cpu->engine);
        else
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
        riscv_run_block(cpu, riscv_block_at(cpu, cpu->pc), 0, 1);
    return leave(cpu, state);
}

static void reset(struct mote_core *core)
{
    mote_device_reset(core->device);
}

static void set_boot_address(struct mote_core *core, uint64_t address)
{
    struct riscv_cpu *cpu = core->device->state;
    cpu->reset_vector = address & cpu->xmask;
}

static void set_accuracy(struct mote_core *core, enum mote_accuracy accuracy)
{
    struct riscv_cpu *cpu = core->device->state;
    struct mote_err err = {"fast is for RV32 harts"};
    cpu->fast = accuracy == MOTE_ACCURACY_FAST;
    if (cpu->fast && cpu->engine == NULL && cpu->xlen == 32)
        cpu->engine = riscv_engine_new(cpu, &err);
    if (cpu->fast && cpu->engine == NULL)
        mote_log(cpu->sys, cpu->dev, MOTE_LOG_INFO, "running in exact accuracy: %s", err.text);
}

static bool set_breakpoint(struct mote_core *core, uint64_t address, bool on)
{
    struct riscv_cpu *cpu = core->device->state;
    uint32_t i = 0;
    while (i < cpu->breakpoint_count && cpu->breakpoint[i] != address)
        i++;
    if (on && i == cpu->breakpoint_count) {
        if (i == RISCV_MAX_BREAKPOINTS)
            return false;
        cpu->breakpoint[cpu->breakpoint_count++] = address;
    } else if (!on && i < cpu->breakpoint_count) {
        cpu->breakpoint[i] = cpu->breakpoint[--cpu->breakpoint_count];
    }
    cpu->breakpoints = cpu->breakpoint_count != 0;
    return true;
}

static void totals(const struct mote_core *core, struct mote_core_totals *out)
{
    const struct riscv_cpu *cpu = core->device->state;
    *out = (struct mote_core_totals){
        .cycles = cpu->cycles,
        .instructions = cpu->instructions,
        .sleep_ps = cpu->sleep_ps,
        .estimated = cpu->engine != NULL,
        .error_cycles = engine_error_cycles(cpu->engine),
    };
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
    .accepts_build = riscv_accepts_build,
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
