/* An RV32 hart as the engine's guest: its blocks, its conditions, its interpreter. */
#include "lower.h"

#include "timing/pipeline.h"

_Static_assert((int)ENGINE_OK == RISCV_OK && (int)ENGINE_RAISED == RISCV_RAISED &&
                   (int)ENGINE_EVENT == RISCV_EVENT,
               "results are passed on as they are");
_Static_assert(ENGINE_BLOCK_MAX == RISCV_BLOCK_MAX, "of a block");

/* ---- blocks -----------------------------------------------------------------------------------
 */

static void *block_now(void *of)
{
    struct riscv_cpu *cpu = of;
    return riscv_block_at(cpu, cpu->pc);
}

static struct learned *known(void *cpu, uint32_t pc)
{
    const struct riscv_block *block = riscv_block_known(cpu, pc);
    return block != NULL ? block->learned : NULL;
}

static struct learned **slot(void *of)
{
    struct riscv_block *block = of;
    return block->fleeting ? NULL : &block->learned;
}

static uint32_t version(const void *of)
{
    const struct riscv_block *block = of;
    return block->decoded;
}

static void inspect(struct learned *l)
{
    const struct riscv_block *block = l->block;
    l->pc = (uint32_t)block->pc;
    l->bytes = (uint32_t)(block->end - block->pc);
    l->count = block->count;
    l->needs = 0;
    l->never = false;
    for (uint32_t i = 0; i < block->count; i++) {
        const struct mote_insn *t = &block->insns[i].t;
        l->never |= !(t->flags & MOTE_INSN_ENGINE);
        if (t->cls >= MOTE_CLASS_FP_ALU && t->cls <= MOTE_CLASS_FP_STORE)
            l->needs |= RV_NEEDS_FP;
    }
}

static const struct mote_insn *insn_at(const void *of, uint32_t index)
{
    const struct riscv_block *block = of;
    return &block->insns[index].t;
}

static void book(void *of, const struct engine_sums *more)
{
    struct riscv_block *block = of;
    block->entries += more->entries;
    block->cycles += more->cycles;
    block->executed += more->executed;
    block->dynamic_fj += more->dynamic_fj;
}

static uint64_t entries(const void *of)
{
    const struct riscv_block *block = of;
    return block->entries;
}

/* ---- exact ------------------------------------------------------------------------------------
 */

/* Learned code makes its accesses unchecked. */
static uint32_t forbidden(const void *of)
{
    const struct riscv_cpu *cpu = of;
    uint32_t unchecked = cpu->guard.idle ? 0 : ENGINE_NEEDS_PLAIN;
    uint32_t fp = (cpu->mstatus & RISCV_MSTATUS_FS) == RISCV_MSTATUS_FS ? 0 : RV_NEEDS_FP;
    return unchecked | fp;
}

static enum engine_breakpoint breakpoint(const void *of, const void *at)
{
    const struct riscv_cpu *cpu = of;
    const struct riscv_block *block = at;
    if (!cpu->breakpoints || !riscv_breakpoint_in(cpu, block->pc, block->end))
        return ENGINE_NO_BREAKPOINT;
    return riscv_breakpoint_in(cpu, cpu->pc, cpu->pc + 1) ? ENGINE_BREAKS_HERE
                                                          : ENGINE_BREAKS_LATER;
}

static enum engine_result run_block(void *cpu, void *of, uint32_t from)
{
    struct riscv_block *block = of;
    return (enum engine_result)riscv_run_block(cpu, block, from, block->count);
}

static void run_one(void *of)
{
    struct riscv_cpu *cpu = of;
    riscv_run_block(cpu, riscv_block_at(cpu, cpu->pc), 0, 1);
}

static void forget_flight(void *of)
{
    struct riscv_cpu *cpu = of;
    pipeline_flush(cpu->pipeline); /* what a predictor learned stays */
    cpu->fetch_line = ~0ull;
    cpu->fetch_branch = true;
}

/* No instruction that may run learned leaves anything. */
static void finish(void *cpu, enum engine_result result)
{
    (void)cpu;
    (void)result;
}

/* ---- learned ----------------------------------------------------------------------------------
 */

static enum engine_result interpret(struct engine *engine, struct learned *l, uint32_t *index,
                                    bool watched)
{
    struct riscv_cpu *cpu = engine->cpu;
    const struct riscv_block *block = l->block;
    for (; *index < block->count; ++*index) {
        const struct riscv_insn *insn = &block->insns[*index];
        if (watched)
            engine_observe(engine, l, *index);
        cpu->next_pc = (cpu->pc + insn->t.bytes) & cpu->xmask;
        enum riscv_result result = insn->exec(cpu, insn);
        cpu->x[0] = 0;
        if (result == RISCV_RAISED)
            return ENGINE_RAISED;
        cpu->pc = cpu->next_pc;
    }
    return ENGINE_OK;
}

static uint32_t pc_of(const void *of)
{
    const struct riscv_cpu *cpu = of;
    return (uint32_t)cpu->pc;
}

static void seat(void *of, const struct learned *l, uint32_t index)
{
    struct riscv_cpu *cpu = of;
    const struct riscv_block *block = l->block;
    cpu->pc = block->pc;
    for (uint32_t i = 0; i < index; i++)
        cpu->pc += block->insns[i].t.bytes;
}

/* Every access is to rs1 + imm. */
static bool address_of(void *of, const void *at, uint32_t index, uint32_t *address)
{
    const struct riscv_cpu *cpu = of;
    const struct riscv_block *block = at;
    const struct riscv_insn *insn = &block->insns[index];
    *address = (uint32_t)cpu->x[insn->rs1] + insn->imm;
    return true;
}

/* ---- generated code ---------------------------------------------------------------------------
 */

static bool may_compile(const void *block)
{
    (void)block;
    return true;
}

static void find_code(const void *of, const struct native_memory *m, uint32_t *low, uint32_t *high)
{
    const struct riscv_cpu *cpu = of;
    const uint8_t *end = m->host + m->bytes;
    *low = *high = 0;
    for (size_t i = 0; i < RISCV_CODE_SPANS; i++) {
        const struct riscv_code_span *span = &cpu->code_span[i];
        const uint8_t *from = span->low > m->host ? span->low : m->host;
        const uint8_t *to = span->high < end ? span->high : end;
        if (from >= to)
            continue;
        uint32_t first = (uint32_t)(from - m->host), last = (uint32_t)(to - m->host);
        *low = *high == 0 || first < *low ? first : *low;
        *high = last > *high ? last : *high;
    }
}

static const struct engine_guest riscv_guest = {
    .learned_bytes = sizeof(struct learned),
    .block_now = block_now,
    .known = known,
    .slot = slot,
    .version = version,
    .inspect = inspect,
    .insn = insn_at,
    .book = book,
    .entries = entries,
    .forbidden = forbidden,
    .breakpoint = breakpoint,
    .run_block = run_block,
    .run_one = run_one,
    .forget_flight = forget_flight,
    .finish = finish,
    .interpret = interpret,
    .pc = pc_of,
    .seat = seat,
    .address = address_of,
    .pc_offset = offsetof(struct riscv_cpu, pc),
    .lowering_bytes = sizeof(struct rv_build),
    .native_needs = RV_NEEDS_FP,
    .may_compile = may_compile,
    .target = rv_target,
    .goes_on = rv_goes_on,
    .find_code = find_code,
    .describe = rv_describe,
};

struct engine *riscv_engine_new(struct riscv_cpu *cpu, struct mote_err *err)
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
        .code_writes = &cpu->code_version,
        .code_marks = &cpu->code_marks,
        .review_warm_up = 4096,
    };
    return engine_new(&riscv_guest, cpu, &view, err);
}
