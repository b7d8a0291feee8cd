/* An M-profile core as the engine's guest: its blocks, its conditions, its interpreter. */
#include "exact.h"
#include "lower.h"

#include "arm/plan.h"
#include "timing/pipeline.h"

_Static_assert((int)ENGINE_OK == ARM_OK && (int)ENGINE_RAISED == ARM_RAISED &&
                   (int)ENGINE_EVENT == ARM_EVENT,
               "results are passed on as they are");
_Static_assert(ENGINE_BLOCK_MAX == ARM_BLOCK_MAX, "of a block");

/* ---- blocks -----------------------------------------------------------------------------------
 */

static void *block_now(void *of)
{
    struct arm_cpu *cpu = of;
    return arm_thumb_or_fault(cpu) ? arm_block_at(cpu, cpu->pc, cpu->itstate) : NULL;
}

static struct learned *known(void *cpu, uint32_t pc)
{
    const struct arm_block *block = arm_block_known(cpu, pc);
    return block != NULL ? block->learned : NULL;
}

static struct learned **slot(void *of)
{
    struct arm_block *block = of;
    return &block->learned;
}

static uint32_t version(const void *of)
{
    const struct arm_block *block = of;
    return block->version;
}

static const struct mote_insn *insn_at(const void *of, uint32_t index)
{
    const struct arm_block *block = of;
    return &block->insns[index].t;
}

static void book(void *of, const struct engine_sums *more)
{
    struct arm_block *block = of;
    block->entries += more->entries;
    block->cycles += more->cycles;
    block->executed += more->executed;
    block->dynamic_fj += more->dynamic_fj;
}

static uint64_t entries(const void *of)
{
    const struct arm_block *block = of;
    return block->entries;
}

/* ---- exact ------------------------------------------------------------------------------------
 */

uint32_t thumb_forbidden(const void *of)
{
    const struct arm_cpu *cpu = of;
    uint32_t forbidden = 0;
    if (!cpu->fp_ready)
        forbidden |= THUMB_NEEDS_FP;
    if (cpu->ccr & ARM_CCR_DIV_0_TRP)
        forbidden |= THUMB_NEEDS_DIVIDE;
    /* Armv6-M always traps: generated code and the interpreter look at each address there. */
    if ((cpu->ccr & ARM_CCR_UNALIGN_TRP) && (cpu->features & ARM_HAS_THUMB2))
        forbidden |= THUMB_NEEDS_UNALIGNED;
    if (cpu->check_access || cpu->itstate != 0)
        forbidden |= ENGINE_NEEDS_PLAIN;
    return forbidden;
}

static enum engine_breakpoint breakpoint(const void *of, const void *at)
{
    const struct arm_cpu *cpu = of;
    const struct arm_block *block = at;
    if (!cpu->breakpoints || !arm_breakpoint_in(cpu, block->pc, block->end))
        return ENGINE_NO_BREAKPOINT;
    return arm_breakpoint_in(cpu, cpu->pc, cpu->pc + 1) ? ENGINE_BREAKS_HERE : ENGINE_BREAKS_LATER;
}

static enum engine_result run_block(void *cpu, void *block, uint32_t from)
{
    return (enum engine_result)arm_run_block(cpu, block, from);
}

static void run_one(void *cpu)
{
    arm_run_one(cpu);
}

static void settle(void *cpu)
{
    arm_plans_settle(cpu);
}

static void forget_flight(void *of)
{
    struct arm_cpu *cpu = of;
    pipeline_flush(cpu->pipeline); /* what a predictor learned stays */
    cpu->fetch_line = ~0u;
    cpu->fetch_branch = true;
}

static void finish(void *cpu, enum engine_result result)
{
    arm_finish_insn(cpu, (enum arm_result)result);
}

/* ---- learned ----------------------------------------------------------------------------------
 */

static enum engine_result interpret(struct engine *engine, struct learned *l, uint32_t *index,
                                    bool watched)
{
    struct arm_cpu *cpu = engine->cpu;
    const struct arm_block *block = l->block;
    enum arm_result result = ARM_OK;
    for (; *index < block->count; ++*index) {
        const struct arm_insn *insn = &block->insns[*index];
        bool executed = insn->cond == 0xE || arm_condition(cpu, insn->cond);
        if (watched && executed)
            engine_observe(engine, l, *index);
        cpu->next_pc = cpu->pc + insn->t.bytes;
        result = ARM_OK;
        if (executed)
            result = insn->exec(cpu, insn);
        if (result == ARM_RAISED)
            return ENGINE_RAISED;
        cpu->itstate = insn->it_next;
        cpu->pc = cpu->next_pc;
    }
    return (enum engine_result)result;
}

static uint32_t pc_of(const void *of)
{
    const struct arm_cpu *cpu = of;
    return cpu->pc;
}

static void seat(void *of, const struct learned *l, uint32_t index)
{
    struct arm_cpu *cpu = of;
    const struct arm_block *block = l->block;
    cpu->pc = block->pc;
    cpu->itstate = 0;
    for (uint32_t i = 0; i < index; i++) {
        cpu->pc += block->insns[i].t.bytes;
        cpu->itstate = block->insns[i].it_next;
    }
}

/* By executing it with memory that refuses everything, which changes no register. */
static bool address_of(void *of, const void *at, uint32_t index, uint32_t *address)
{
    struct arm_cpu *cpu = of;
    const struct arm_block *block = at;
    const struct arm_insn *insn = &block->insns[index];
    uint8_t before = cpu->learned_run;
    cpu->learned_run = ENGINE_LEARNED_PROBE;
    cpu->next_pc = cpu->pc + insn->t.bytes;
    enum arm_result result = insn->exec(cpu, insn);
    cpu->learned_run = before;
    *address = cpu->fault_address;
    return result == ARM_RAISED;
}

/* ---- generated code ---------------------------------------------------------------------------
 */

static uint32_t flags(const void *of)
{
    const struct arm_cpu *cpu = of;
    return cpu->n << 15 | cpu->z << 14 | (cpu->c ^ 1) << 8 | cpu->v;
}

static void set_flags(void *of, uint32_t packed)
{
    struct arm_cpu *cpu = of;
    cpu->n = packed >> 15 & 1;
    cpu->z = packed >> 14 & 1;
    cpu->c = ~(packed >> 8) & 1;
    cpu->v = packed & 1;
}

static void find_code(const void *of, const struct native_memory *m, uint32_t *low, uint32_t *high)
{
    const struct arm_cpu *cpu = of;
    *low = *high = 0;
    for (uint32_t at = 0; at < m->bytes; at += 1024)
        if (arm_is_code_page(cpu->code_pages, m->base + at)) {
            *low = *high == 0 ? at : *low;
            *high = at + 1024;
        }
}

static const struct engine_guest thumb_guest = {
    .learned_bytes = sizeof(struct thumb_learned),
    .block_now = block_now,
    .known = known,
    .slot = slot,
    .version = version,
    .inspect = thumb_inspect,
    .insn = insn_at,
    .book = book,
    .entries = entries,
    .forbidden = thumb_forbidden,
    .breakpoint = breakpoint,
    .run_block = run_block,
    .run_one = run_one,
    .settle = settle,
    .forget_flight = forget_flight,
    .finish = finish,
    .interpret = interpret,
    .pc = pc_of,
    .seat = seat,
    .address = address_of,
    .pc_offset = offsetof(struct arm_cpu, pc),
    .lowering_bytes = sizeof(struct thumb_build),
    .flags = flags,
    .set_flags = set_flags,
    .native_needs = THUMB_NEEDS_FP | THUMB_NEEDS_DIVIDE | THUMB_NEEDS_UNALIGNED,
    .may_compile = thumb_may_compile,
    .target = thumb_target,
    .goes_on = thumb_goes_on,
    .find_code = find_code,
    .describe = thumb_describe,
    .other_open = unicorn_open,
    .other_close = unicorn_close,
    .other_run = unicorn_run,
    .other_learns = unicorn_learns,
    .other_settle = unicorn_settle,
    .other_forget = unicorn_forget,
    .other_flush = unicorn_flush,
};

static struct engine *new_engine(const struct engine_guest *guest, struct arm_cpu *cpu,
                                 struct mote_err *err)
{
    const struct engine_view view = {
        .sys = cpu->sys,
        .activities = cpu->activities,
        .cycles = &cpu->cycles,
        .instructions = &cpu->instructions,
        .settled_fj = &cpu->settled_fj,
        .deadline = &cpu->deadline,
        .attention = &cpu->attention,
        .touched_device = &cpu->touched_device,
        .breakpoints = &cpu->breakpoints,
        .learned_run = &cpu->learned_run,
        .code_writes = &cpu->code_writes,
        .code_marks = &cpu->code_marks,
        .review_warm_up = cpu->review_warm_up,
    };
    return engine_new(guest, cpu, &view, err);
}

struct engine *arm_engine_new(struct arm_cpu *cpu, struct mote_err *err)
{
    return new_engine(&thumb_guest, cpu, err);
}

struct engine *thumb_exact_engine_new(struct arm_cpu *cpu, struct mote_err *err)
{
    static struct engine_guest exact_guest;
    exact_guest = thumb_guest;
    exact_guest.describe = exact_describe;
    return new_engine(&exact_guest, cpu, err);
}
