/* The run loop: instructions of a block with their timing, and the core's run and step operations.
 *
 * At each boundary, in this order: stop requests, sleep, due events (left to the machine), pending
 * exceptions, code. */
#include "../engine/thumb/arm_engine.h"
#include "../timing/pipeline.h"
#include "l1.h"
#include "plan.h"
#include "port.h"
#include "queue.h"
#include "security.h"
#include <stdio.h>

/* ---- one instruction --------------------------------------------------------------------------
 */

static uint32_t fetch_line(struct arm_cpu *cpu, struct mote_region *region, uint32_t line,
                           bool branch)
{
    mote_count(cpu->activities, region->activity_fetch);
    if (cpu->l1 != NULL)
        return arm_l1_fetch(cpu, region, line);
    if (region->timing == NULL || region->timing->fetch == NULL || region->fetch_line_bytes == 0)
        return 0;
    if (cpu->port != NULL)
        return arm_port_fetch(cpu, region, line, branch);
    return region->timing->fetch(region->owner, region, line, branch);
}

/* Cycles that fetching an instruction adds: one call for each line that is entered. A region
 * without lines is counted by words. */
uint32_t arm_fetch(struct arm_cpu *cpu, struct mote_region *region, uint32_t pc, uint32_t bytes)
{
    uint32_t size = region->fetch_line_bytes ? region->fetch_line_bytes : 4;
    uint32_t line = pc & ~(size - 1), last = (pc + bytes - 1) & ~(size - 1);
    uint32_t stall = 0;
    if (line != cpu->fetch_line || cpu->fetch_branch)
        stall += fetch_line(cpu, region, cpu->port != NULL ? pc : line, cpu->fetch_branch);
    if (last != line)
        stall += fetch_line(cpu, region, last, false);
    if (cpu->queue != NULL && (stall != 0 || cpu->fetch_branch))
        arm_queue_restart(cpu, pc, stall);
    if (cpu->fetch_branch && line != cpu->fetch_line)
        mote_count(cpu->activities, cpu->taken_branch_activity);
    cpu->fetch_line = last;
    cpu->fetch_branch = false;
    return stall;
}

static uint32_t fetch(struct arm_cpu *cpu, uint32_t pc, uint32_t bytes)
{
    struct mote_region *region = cpu->region_map[pc >> 20];
    if (region == NULL || pc - (uint32_t)region->base >= region->size_bytes) {
        region = mote_region_find(cpu->sys, pc);
        if (region == NULL)
            return 0;
        cpu->region_map[pc >> 20] = region;
    }
    return arm_fetch(cpu, region, pc, bytes);
}

/* Significant bits of a quotient, plus one: what early termination of a divider depends on. */
static uint32_t quotient_bits(const struct arm_cpu *cpu, const struct arm_insn *insn)
{
    uint32_t quotient = cpu->r[insn->rd];
    bool is_signed = !(insn->raw & 0x00200000u); /* SDIV 0xFB9x, UDIV 0xFBBx */
    if (is_signed && quotient >> 31)
        quotient = -quotient;
    return quotient == 0 ? 1 : 33 - (uint32_t)__builtin_clz(quotient);
}

/* An instruction that may move the stack pointer below its limit (Armv8-M). What pushes stores
 * nothing then; one of the others, a store with its base updated afterwards, is not undone. */
static enum arm_result exec_limited(struct arm_cpu *cpu, const struct arm_insn *insn)
{
    const struct mote_insn *t = &insn->t;
    bool process = arm_uses_psp(cpu);
    uint32_t sp = cpu->r[13];
    bool pushes = (insn->raw >> 9 == 0xB400u >> 9) || (insn->raw >> 16 == 0xE92D) ||
                  ((insn->raw & 0xFFBF0E00u) == 0xED2D0A00u);
    if (pushes && arm_below_limit(cpu, process, sp - 4u * t->words))
        return arm_raise(cpu, ARM_FAULT_STKOF);
    enum arm_result result = insn->exec(cpu, insn);
    if (result != ARM_OK || cpu->r[13] >= sp || !arm_below_limit(cpu, process, cpu->r[13]))
        return result;
    cpu->r[13] = sp;
    return arm_raise(cpu, ARM_FAULT_STKOF);
}

#define SG 0xE97FE97Fu

/* `fetched`: with this stall, else it is fetched now. */
static enum arm_result run_insn(struct arm_cpu *cpu, struct arm_block *block, uint32_t index,
                                const uint32_t *fetched)
{
    const struct arm_insn *insn = &block->insns[index];
    uint32_t fallthrough = cpu->pc + insn->t.bytes;
    cpu->next_pc = fallthrough;
    cpu->stall = 0;
    cpu->data_unaligned = false;
    if (cpu->check_access) {
        enum arm_fault fault = arm_fetch_check(cpu, insn->t.bytes, insn->raw == SG);
        if (fault != ARM_FAULT_NONE)
            return arm_raise(cpu, fault);
    }
    uint32_t fetch_stall = fetched != NULL ? *fetched : fetch(cpu, cpu->pc, insn->t.bytes);
    bool executed = insn->cond == 0xE || arm_condition(cpu, insn->cond);
    bool limited = cpu->check_access && (insn->t.writes & 1u << 13);
    enum arm_result result = !executed ? ARM_OK
                             : limited ? exec_limited(cpu, insn)
                                       : insn->exec(cpu, insn);
    if (result == ARM_RAISED)
        return result;
    mote_count(cpu->activities, cpu->insn_activity[insn->t.cls]);
    struct pipeline_step step = {
        .insn = &insn->t,
        .pc = cpu->pc,
        .next_pc = cpu->next_pc,
        .executed = executed,
        .taken = cpu->next_pc != fallthrough,
        .address = cpu->data_address,
        .unaligned = cpu->data_unaligned,
        .memory_stall = cpu->stall,
        .fetch_stall = fetch_stall,
        .operand = insn->t.cls == MOTE_CLASS_DIV && executed ? quotient_bits(cpu, insn) : 0,
    };
    cpu->cycles += pipeline_step(cpu->pipeline, &step);
    cpu->instructions++;
    cpu->fetch_branch = step.taken;
    cpu->itstate = insn->it_next;
    cpu->pc = cpu->next_pc;
    return result;
}

enum arm_result arm_run_insn(struct arm_cpu *cpu, struct arm_block *block, uint32_t index)
{
    return run_insn(cpu, block, index, NULL);
}

void arm_finish_insn(struct arm_cpu *cpu, enum arm_result result)
{
    struct arm_core *core = arm_core_of(cpu);
    if (result == ARM_RAISED)
        arm_take_fault(cpu);
    else if (core->return_pending)
        arm_exception_return(cpu);
}

/* A fault handler that goes round in circles without touching anything is where firmware stops for
 * good; a debugger would find the core there. */
static void check_parked(struct arm_cpu *cpu, const struct arm_block *block)
{
    for (uint32_t i = 0; i < block->count; i++)
        if (block->insns[i].t.cls != MOTE_CLASS_HINT && block->insns[i].t.cls != MOTE_CLASS_BRANCH)
            return;
    char name[32], text[64];
    snprintf(text, sizeof text, "parked in the handler of %s",
             arm_exception_name(cpu->exception, name, sizeof name));
    mote_request_stop(cpu->sys, MOTE_STOP_FAULT, 3, text);
    cpu->attention = true;
}

/* ---- blocks -----------------------------------------------------------------------------------
 */

static bool is_cut(const struct arm_cpu *cpu, const struct arm_block *block, uint32_t version)
{
    return cpu->cycles >= cpu->deadline || cpu->attention || block->stale ||
           block->version != version;
}

/* The instructions from `i` on, one by one; gives the index of the one after the last executed.
 * `fetched`: of the first, as of run_insn(). */
static uint32_t run_insns(struct arm_cpu *cpu, struct arm_block *block, uint32_t i,
                          const uint32_t *fetched, enum arm_result *result)
{
    uint64_t cycles = cpu->cycles, dynamic_fj = arm_present_fj(cpu);
    uint32_t version = block->version;
    block->entries += i == 0;
    while (i < block->count) {
        *result = run_insn(cpu, block, i++, fetched);
        block->executed += *result != ARM_RAISED;
        fetched = NULL;
        if (*result != ARM_OK || is_cut(cpu, block, version))
            break;
    }
    /* Without the exception's own cycles. */
    block->cycles += cpu->cycles - cycles;
    block->dynamic_fj += arm_present_fj(cpu) - dynamic_fj;
    return i;
}

/* The block's first `done` instructions have been executed, the last with this result. */
static enum arm_result conclude(struct arm_cpu *cpu, struct arm_block *block, uint32_t done,
                                enum arm_result result)
{
    if (result != ARM_OK)
        arm_finish_insn(cpu, result);
    else if (done < block->count)
        result = ARM_RAISED;
    else if (cpu->pc == block->pc && cpu->exception - ARM_EXC_HARDFAULT < 4)
        check_parked(cpu, block);
    return result;
}

/* `repeat`: as of arm_run_planned(). */
static enum arm_result run_block(struct arm_cpu *cpu, struct arm_block *block, uint32_t from,
                                 bool repeat)
{
    enum arm_result result = ARM_OK;
    uint32_t version = block->version, done = from;
    if (from != 0 || !arm_run_planned(cpu, block, repeat, &result, &done))
        done = run_insns(cpu, block, from, NULL, &result);
    else if (result == ARM_OK && done < block->count && !is_cut(cpu, block, version))
        done = run_insns(cpu, block, done, NULL, &result);
    return conclude(cpu, block, done, result);
}

enum arm_result arm_run_block(struct arm_cpu *cpu, struct arm_block *block, uint32_t from)
{
    return run_block(cpu, block, from, false);
}

enum arm_result arm_resume_block(struct arm_cpu *cpu, struct arm_block *block, uint32_t from,
                                 bool fetched, uint32_t fetch_stall)
{
    enum arm_result result = ARM_OK;
    uint32_t done = run_insns(cpu, block, from, fetched ? &fetch_stall : NULL, &result);
    return conclude(cpu, block, done, result);
}

bool arm_breakpoint_in(const struct arm_cpu *cpu, uint32_t start, uint32_t end)
{
    const struct arm_core *core = arm_core_of(cpu);
    for (uint32_t i = 0; i < core->breakpoint_count; i++)
        if (core->breakpoint[i] >= start && core->breakpoint[i] < end)
            return true;
    return false;
}

bool arm_thumb_or_fault(struct arm_cpu *cpu)
{
    if (cpu->thumb)
        return true;
    arm_raise(cpu, ARM_FAULT_INVSTATE);
    arm_take_fault(cpu);
    return false;
}

void arm_run_one(struct arm_cpu *cpu)
{
    if (!arm_thumb_or_fault(cpu))
        return;
    struct arm_block *block = arm_block_at(cpu, cpu->pc, cpu->itstate);
    uint64_t cycles = cpu->cycles, dynamic_fj = arm_present_fj(cpu);
    enum arm_result result = arm_run_insn(cpu, block, 0);
    block->entries++;
    block->executed += result != ARM_RAISED;
    block->cycles += cpu->cycles - cycles;
    block->dynamic_fj += arm_present_fj(cpu) - dynamic_fj;
    if (result != ARM_OK)
        arm_finish_insn(cpu, result);
}

/* Made when the first code is to run, since that takes some milliseconds. */
static void make_exact(struct arm_cpu *cpu)
{
    struct arm_core *core = arm_core_of(cpu);
    core->exact_tried = true;
    if (cpu->engine == NULL && cpu->port == NULL && pipeline_is_static(cpu->pipeline))
        cpu->exact = exact_new(cpu);
}

void arm_exact_run(struct arm_cpu *cpu)
{
    if (!arm_core_of(cpu)->exact_tried)
        make_exact(cpu);
    while (!cpu->attention && cpu->cycles < cpu->deadline) {
        if (!arm_thumb_or_fault(cpu))
            return;
        struct arm_block *block = arm_block_at(cpu, cpu->pc, cpu->itstate);
        if (cpu->breakpoints && arm_breakpoint_in(cpu, block->pc, block->end)) {
            if (arm_breakpoint_in(cpu, cpu->pc, cpu->pc + 1)) {
                mote_request_stop(cpu->sys, MOTE_STOP_DEBUG, 0, "breakpoint");
                cpu->attention = true;
                return;
            }
            arm_run_one(cpu);
        } else {
            /* Generated code goes on with other blocks, and knows no breakpoints. */
            bool interpreted = cpu->exact == NULL || block->touches_device || cpu->breakpoints;
            if (interpreted || !exact_run(cpu->exact, block))
                run_block(cpu, block, 0, interpreted);
        }
    }
}

/* ---- the core's operations --------------------------------------------------------------------
 */

/* What comes before code at a boundary. False: leave the run loop with *state. */
static bool boundary(struct arm_core *core, enum mote_core_state *state)
{
    struct arm_cpu *cpu = &core->cpu;
    if (core->vectors_due) {
        core->vectors_due = false;
        arm_load_vectors(core);
    }
    if (core->locked_up) {
        *state = MOTE_CORE_LOCKED_UP;
        return false;
    }
    *state = MOTE_CORE_RUNNING;
    if (mote_run_interrupted(cpu->sys))
        return false;
    /* A chip that stopped its clocks gives them back some time after the core has woken. */
    if ((core->phase == ARM_PHASE_NONE && !arm_awake(cpu)) || core->clock.hz == 0) {
        *state = MOTE_CORE_SLEEPING;
        return false;
    }
    if (core->due_ps != *mote_next_event_ps(cpu->sys))
        arm_update_deadline(cpu);
    return cpu->cycles < cpu->deadline;
}

static enum mote_core_state leave(struct arm_core *core, enum mote_core_state state)
{
    arm_plans_settle(&core->cpu);
    if (core->sleep != ARM_ASLEEP)
        mote_set_now_ps(core->cpu.sys, arm_now_ps(&core->cpu));
    return state;
}

static enum mote_core_state run(struct mote_core *mote_core)
{
    struct arm_core *core = mote_core->device->state;
    struct arm_cpu *cpu = &core->cpu;
    enum mote_core_state state;
    while (boundary(core, &state)) {
        cpu->attention = false;
        if (arm_take_pending(cpu))
            continue;
        if (core->fast && cpu->engine != NULL)
            engine_run(cpu->engine);
        else
            arm_exact_run(cpu);
    }
    return leave(core, state);
}

static enum mote_core_state step(struct mote_core *mote_core)
{
    struct arm_core *core = mote_core->device->state;
    struct arm_cpu *cpu = &core->cpu;
    enum mote_core_state state;
    if (!boundary(core, &state))
        return leave(core, state);
    cpu->attention = false;
    if (arm_take_pending(cpu)) {
        while (core->phase != ARM_PHASE_NONE && boundary(core, &state))
            arm_take_pending(cpu);
        return leave(core, state);
    }
    arm_run_one(cpu);
    return leave(core, core->locked_up ? MOTE_CORE_LOCKED_UP : state);
}

static void reset(struct mote_core *core)
{
    mote_device_reset(core->device);
}

static void set_boot_address(struct mote_core *mote_core, uint64_t address)
{
    struct arm_core *core = mote_core->device->state;
    core->init_vtor = (uint32_t)address;
    if (core->security_unit != NULL)
        core->security_unit->init_vtor = 0; /* not where the chip would boot */
    mote_reg(core->scb, SCB_VTOR) = core->init_vtor;
}

static void start_at(struct mote_core *mote_core, uint64_t address)
{
    struct arm_core *core = mote_core->device->state;
    struct mote_system *sys = core->cpu.sys;
    mote_device_reset(core->dev);
    for (size_t i = 0; i < mote_system_device_count(sys); i++)
        if (mote_system_device(sys, i)->parent == core->dev)
            mote_device_reset(mote_system_device(sys, i));
    mote_reg(core->scb, SCB_VTOR) = (uint32_t)address;
}

static void set_accuracy(struct mote_core *mote_core, enum mote_accuracy accuracy)
{
    struct arm_core *core = mote_core->device->state;
    core->fast = accuracy == MOTE_ACCURACY_FAST;
    struct mote_err err = {""};
    exact_free(core->cpu.exact);
    core->cpu.exact = NULL;
    if (core->fast && core->cpu.engine == NULL)
        core->cpu.engine = arm_engine_new(&core->cpu, &err);
    if (core->fast && core->cpu.engine == NULL)
        mote_log(core->cpu.sys, core->dev, MOTE_LOG_INFO, "running in exact accuracy: %s",
                 err.text);
}

static bool set_breakpoint(struct mote_core *mote_core, uint64_t address, bool on)
{
    struct arm_core *core = mote_core->device->state;
    uint32_t at = (uint32_t)address & ~1u;
    uint32_t i = 0;
    while (i < core->breakpoint_count && core->breakpoint[i] != at)
        i++;
    if (on && i == core->breakpoint_count) {
        if (i == ARM_MAX_BREAKPOINTS)
            return false;
        core->breakpoint[core->breakpoint_count++] = at;
    } else if (!on && i < core->breakpoint_count) {
        core->breakpoint[i] = core->breakpoint[--core->breakpoint_count];
    }
    core->cpu.breakpoints = core->breakpoint_count != 0;
    return true;
}

static void totals(const struct mote_core *mote_core, struct mote_core_totals *out)
{
    const struct arm_core *core = mote_core->device->state;
    *out = (struct mote_core_totals){
        .cycles = core->cpu.cycles,
        .instructions = core->cpu.instructions,
        .sleep_ps = core->sleep_ps,
        .estimated = core->cpu.engine != NULL,
        .error_cycles = engine_error_cycles(core->cpu.engine),
    };
    if (core->sleep == ARM_ASLEEP)
        out->sleep_ps += mote_now_ps(core->cpu.sys) - core->sleep_started_ps;
}

struct visit {
    void (*visit)(void *user, const struct mote_block_totals *block);
    void *user;
};

static void visit_block(void *user, struct arm_block *block)
{
    const struct visit *to = user;
    if (block->entries == 0)
        return;
    const struct mote_block_totals out = {
        .address = block->pc,
        .bytes = block->end - block->pc,
        .instructions = block->count,
        .entries = block->entries,
        .cycles = block->cycles,
        .executed = block->executed,
        .dynamic_fj = block->dynamic_fj,
    };
    to->visit(to->user, &out);
}

static void blocks(struct mote_core *mote_core,
                   void (*visit)(void *user, const struct mote_block_totals *block), void *user)
{
    struct arm_core *core = mote_core->device->state;
    struct visit to = {visit, user};
    arm_blocks_visit(core->cpu.blocks, visit_block, &to);
}

const struct mote_core_ops arm_core_ops = {
    .name = "arm-m-profile",
    .elf_machine = 40,
    .reset = reset,
    .run = run,
    .set_boot_address = set_boot_address,
    .start_at = start_at,
    .set_accuracy = set_accuracy,
    .accepts_build = arm_accepts_build,
    .step = step,
    .set_breakpoint = set_breakpoint,
    .totals = totals,
    .blocks = blocks,
    .read_register = arm_read_register,
    .write_register = arm_write_register,
    .call_chain = arm_call_chain,
    .describe_fault = arm_describe_fault,
    .disassemble = arm_disassemble,
};
