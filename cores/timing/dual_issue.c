/* The dual-issue evaluator: a scoreboard of registers, two issue slots, and which units of the core
 * two instructions of one cycle can share. In order; a stall stops both slots.
 *
 * Numbers and sources: data/cortex-m7.yaml. The pipeline has a first ALU stage (addresses, shifted
 * operands), a second one (everything else), and the multiplier's. ADD, SUB, MOV and plain shifts
 * execute in the first stage if their operands are there, and then feed an instruction of the same
 * cycle. A cycle issues at most two instructions, of which at most one multiplies, uses the
 * shifter, the bit-field unit (the older only) or the FPU, stores, or branches; two loads must go
 * to different banks (even and odd words). Load and store multiples issue alone. A branch that was
 * predicted rightly ends the pair; one that was not refills the pipeline.
 * Guess: the predictor (a two-bit counter and a last target for each of 1024 branches). Not
 * modelled: the fetch queue, so that a fetch stall is never hidden; the store buffer. */
#include "timing/dual_issue.h"

#include <string.h>

enum {
    UNIT_MULTIPLY = 1,
    UNIT_SHIFTER = 2,
    UNIT_BIT_FIELD = 4,
    UNIT_FP = 8,
    UNIT_FP_MAC = 16,
    UNIT_FP_MEMORY = 32, /* also moves between register files */
    UNIT_STORE = 64,
    UNIT_BRANCH = 128,
    UNIT_PLAIN_SHIFT = 256,
    UNIT_ALONE = 512
};
enum { FLAGS = 16, CORE_REGISTERS = 17 };

void dual_issue_reset(struct dual_issue *d)
{
    memset(d, 0, sizeof *d);
    memset(d->counter, 1, sizeof d->counter);
}

void dual_issue_flush(struct dual_issue *d)
{
    memset(d->core, 0, sizeof d->core);
    memset(d->fp, 0, sizeof d->fp);
    d->mac_at = d->chained_at = 0;
    d->issued = 2;
}

static bool is_store(const struct mote_insn *insn)
{
    return insn->cls == MOTE_CLASS_STORE || insn->cls == MOTE_CLASS_STORE_MULTI ||
           insn->cls == MOTE_CLASS_FP_STORE;
}

static bool is_load(const struct mote_insn *insn)
{
    return insn->cls == MOTE_CLASS_LOAD || insn->cls == MOTE_CLASS_FP_LOAD;
}

static bool multiplies(const struct mote_insn *insn)
{
    return insn->cls == MOTE_CLASS_MUL || insn->cls == MOTE_CLASS_MAC ||
           insn->cls == MOTE_CLASS_MUL_LONG || insn->cls == MOTE_CLASS_SIMD_MAC;
}

static bool is_fp(const struct mote_insn *insn)
{
    return insn->cls >= MOTE_CLASS_FP_ALU && insn->cls <= MOTE_CLASS_FP_STORE;
}

/* An FP operation that cannot follow a multiply-accumulate closely. */
static bool waits_for_mac(const struct mote_insn *insn)
{
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_FP_ALU:
        return true;
    case MOTE_CLASS_FP_MOVE:
        return insn->issue & MOTE_ISSUE_CONSTANT;
    case MOTE_CLASS_FP_LOAD:
    case MOTE_CLASS_FP_STORE:
        return insn->words > 1 || (insn->issue & MOTE_ISSUE_MULTIPLE);
    default:
        return false;
    }
}

static uint32_t fp_units(const struct mote_insn *insn)
{
    bool alone = insn->words > 1 || (insn->issue & MOTE_ISSUE_MULTIPLE);
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_FP_LOAD:
        return alone ? UNIT_ALONE : UNIT_FP_MEMORY;
    case MOTE_CLASS_FP_STORE:
        return alone ? UNIT_ALONE : UNIT_FP_MEMORY | UNIT_STORE;
    case MOTE_CLASS_FP_MOVE:
        return alone ? UNIT_ALONE : UNIT_FP_MEMORY;
    case MOTE_CLASS_FP_MAC:
        return UNIT_FP | UNIT_FP_MAC;
    default:
        return UNIT_FP;
    }
}

static uint32_t units_of(const struct mote_insn *insn)
{
    if (is_fp(insn))
        return fp_units(insn);
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_ALU:
    case MOTE_CLASS_SHIFT:
    case MOTE_CLASS_SIMD:
        return (insn->issue & MOTE_ISSUE_SHIFTER ? UNIT_SHIFTER : 0u) |
               (insn->issue & MOTE_ISSUE_BIT_FIELD ? UNIT_BIT_FIELD : 0u) |
               (insn->issue & MOTE_ISSUE_PLAIN_SHIFT ? UNIT_PLAIN_SHIFT : 0u);
    case MOTE_CLASS_HINT:
    case MOTE_CLASS_LOAD:
        return 0;
    case MOTE_CLASS_MUL:
    case MOTE_CLASS_MAC:
    case MOTE_CLASS_MUL_LONG:
    case MOTE_CLASS_SIMD_MAC:
        return UNIT_MULTIPLY;
    case MOTE_CLASS_STORE:
        return UNIT_STORE;
    case MOTE_CLASS_BRANCH:
    case MOTE_CLASS_BRANCH_COND:
    case MOTE_CLASS_CALL:
    case MOTE_CLASS_BRANCH_INDIRECT:
        return insn->words ? UNIT_ALONE : UNIT_BRANCH;
    default:
        return UNIT_ALONE;
    }
}

static uint64_t latest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t sooner(uint64_t at, uint64_t by)
{
    return at > by ? at - by : 0;
}

/* The cycle in which a core register or the flags are ready for this instruction. */
static uint64_t core_ready(const struct dual_issue *d, const struct mote_insn *insn, uint32_t reg)
{
    const struct dual_register *r = &d->core[reg];
    bool address = insn->address_reads >> reg & 1;
    bool shifted = (insn->issue & MOTE_ISSUE_EARLY_SHIFTED) && (insn->shifted_reads >> reg & 1);
    if (address || shifted || (insn->issue & MOTE_ISSUE_EARLY))
        return r->early;
    if (insn->sum_reads >> reg & 1)
        return sooner(r->late, 1);
    if (is_store(insn))
        return sooner(r->late, 2);
    if (multiplies(insn) || (insn->issue & MOTE_ISSUE_SHIFTER))
        return r->slow;
    return r->late;
}

static uint64_t fp_ready(const struct dual_issue *d, const struct mote_insn *insn, uint32_t reg)
{
    const struct dual_register *r = &d->fp[reg];
    if (insn->cls == MOTE_CLASS_FP_MAC && (insn->fp_writes >> reg & 1))
        return sooner(r->sum, insn->issue & MOTE_ISSUE_FUSED ? 0 : 1);
    if (is_store(insn))
        return sooner(r->late, 2);
    return insn->cls == MOTE_CLASS_FP_MOVE ? r->slow : r->late;
}

/* The cycle in which everything that it reads is ready. Flags are no matter to a branch: it is
 * predicted. */
static uint64_t operands_ready(const struct dual_issue *d, const struct timing_dual_numbers *n,
                               const struct mote_insn *insn)
{
    uint64_t at = d->now;
    uint64_t core = insn->reads & 0xFFFFu;
    for (; core != 0; core &= core - 1)
        at = latest(at, core_ready(d, insn, (uint32_t)__builtin_ctzll(core)));
    if ((insn->reads >> 32 & 1) && insn->cls != MOTE_CLASS_BRANCH_COND)
        at = latest(at, d->core[FLAGS].late);
    for (uint32_t fp = insn->fp_reads; fp != 0; fp &= fp - 1)
        at = latest(at, fp_ready(d, insn, (uint32_t)__builtin_ctz(fp)));
    if (d->mac_at != 0 && waits_for_mac(insn))
        at = latest(at, d->mac_at + n->fp_mac_shadow + 1);
    if (d->chained_at != 0 && insn->cls == MOTE_CLASS_FP_MAC && (insn->issue & MOTE_ISSUE_FUSED))
        at = latest(at, d->chained_at + 2);
    return at;
}

/* Whether it can be the second of the cycle in which the last one issued. */
static bool pairs(const struct dual_issue *d, const struct timing_dual_numbers *n,
                  const struct pipeline_step *step, uint32_t units)
{
    const struct mote_insn *insn = step->insn;
    uint32_t both = d->units | units;
    if (d->issued != 1 || (both & UNIT_ALONE) || (d->units & units & ~(uint32_t)UNIT_FP_MEMORY) ||
        (units & UNIT_BIT_FIELD))
        return false;
    if ((both & UNIT_MULTIPLY) && (both & UNIT_STORE))
        return false;
    if ((units & UNIT_SHIFTER) && (d->units & UNIT_PLAIN_SHIFT))
        return false;
    if ((both & UNIT_FP_MAC) && (both & UNIT_FP_MEMORY))
        return false;
    if ((units & UNIT_FP_MEMORY) && d->mac_at != 0 && d->now <= d->mac_at + n->fp_mac_shadow)
        return false;
    return !is_load(insn) || d->loads == 0 || ((d->load_address ^ step->address) & 4);
}

static void issue(struct dual_issue *d, const struct timing_dual_numbers *n,
                  const struct pipeline_step *step)
{
    const struct mote_insn *insn = step->insn;
    uint32_t units = units_of(insn);
    uint64_t at = operands_ready(d, n, insn);
    if (at == d->now && pairs(d, n, step, units)) {
        d->issued++;
    } else {
        d->now = at > d->now ? at : d->now + 1;
        d->issued = 1;
        d->units = d->loads = 0;
    }
    d->units |= (uint16_t)units;
    if (is_load(insn)) {
        d->loads++;
        d->load_address = step->address;
    }
}

/* Whether an ADD, SUB, MOV or shift finds its operands early enough for the first stage. */
static bool in_first_stage(const struct dual_issue *d, const struct mote_insn *insn)
{
    bool shift = insn->issue & MOTE_ISSUE_PLAIN_SHIFT;
    bool either = (insn->issue & MOTE_ISSUE_EITHER_STAGE) && d->issued == 1;
    if (insn->issue & MOTE_ISSUE_FIRST_STAGE)
        return true;
    if (!either && !(shift && !(d->units & UNIT_SHIFTER)))
        return false;
    for (uint64_t left = insn->reads & 0xFFFFu; left != 0; left &= left - 1)
        if (d->core[__builtin_ctzll(left)].early > d->now)
            return false;
    return true;
}

static struct dual_register after(uint64_t now, uint32_t latency)
{
    uint64_t late = now + latency;
    return (struct dual_register){.late = late, .early = late + 1, .slow = late, .sum = late};
}

static struct dual_register core_result(const struct dual_issue *d,
                                        const struct timing_dual_numbers *n,
                                        const struct mote_insn *insn)
{
    if (multiplies(insn))
        return after(d->now, n->multiply_latency);
    if (insn->cls == MOTE_CLASS_FP_MOVE)
        return after(d->now, n->fp_to_core_latency);
    if (insn->issue & MOTE_ISSUE_SATURATES)
        return after(d->now, n->saturate_latency);
    if (insn->issue & MOTE_ISSUE_PART_WORD)
        return after(d->now, n->part_word_load_latency);
    if (insn->cls == MOTE_CLASS_LOAD || insn->cls == MOTE_CLASS_LOAD_MULTI) {
        struct dual_register loaded = after(d->now, n->load_latency);
        loaded.slow += n->slow_path;
        return loaded;
    }
    struct dual_register result = after(d->now, n->alu_latency);
    if (in_first_stage(d, insn)) {
        result = after(d->now, 0);
        result.early += (insn->issue & MOTE_ISSUE_FIRST_STAGE) != 0;
    }
    return result;
}

static struct dual_register fp_result(const struct dual_issue *d,
                                      const struct timing_dual_numbers *n,
                                      const struct mote_insn *insn)
{
    struct dual_register result = after(d->now, n->fp_latency);
    if (insn->cls == MOTE_CLASS_FP_MAC) {
        bool fused = insn->issue & MOTE_ISSUE_FUSED;
        result = after(d->now, fused ? n->fp_fused_latency : n->fp_chained_latency);
        result.sum = d->now + n->fp_sum_latency + !fused;
    } else if (insn->cls == MOTE_CLASS_FP_LOAD) {
        result = after(d->now, n->fp_load_latency);
        result.slow += n->slow_path;
        result.sum = d->now + n->fp_load_sum_latency;
    } else if (insn->cls == MOTE_CLASS_FP_MOVE) {
        result = after(d->now, n->fp_move_latency);
    } else if (insn->cls == MOTE_CLASS_FP_DIV || insn->cls == MOTE_CLASS_FP_SQRT) {
        result = after(d->now, 1);
    }
    return result;
}

static void results(struct dual_issue *d, const struct timing_dual_numbers *n,
                    const struct mote_insn *insn)
{
    struct dual_register core = core_result(d, n, insn), fp = fp_result(d, n, insn);
    uint64_t base = insn->flags & MOTE_INSN_WRITEBACK ? insn->address_reads : 0;
    for (uint64_t left = insn->writes & 0xFFFFu; left != 0; left &= left - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(left);
        /* An updated base comes out of the address stage. */
        d->core[reg] = base >> reg & 1 ? after(d->now, 0) : core;
    }
    if (insn->writes >> 32 & 1)
        d->core[FLAGS] = after(d->now, n->alu_latency);
    for (uint32_t left = insn->fp_writes; left != 0; left &= left - 1)
        d->fp[__builtin_ctz(left)] = fp;
    if (insn->cls == MOTE_CLASS_FP_MAC) {
        d->mac_at = d->now;
        if (!(insn->issue & MOTE_ISSUE_FUSED))
            d->chained_at = d->now;
    }
}

/* Cycles in which nothing else issues. */
static uint32_t occupancy(const struct timing_dual_numbers *n, const struct pipeline_step *step)
{
    const struct mote_insn *insn = step->insn;
    bool is_double = insn->flags & MOTE_INSN_DOUBLE;
    switch ((enum mote_insn_class)insn->cls) {
    case MOTE_CLASS_DIV: {
        uint32_t bits = step->operand ? step->operand - 1 : 0;
        return n->divide_least + (bits + n->divide_bits_per_cycle - 1) / n->divide_bits_per_cycle;
    }
    case MOTE_CLASS_LOAD_MULTI:
    case MOTE_CLASS_STORE_MULTI:
    case MOTE_CLASS_FP_LOAD:
    case MOTE_CLASS_FP_STORE:
        return (insn->words + 1u) / 2;
    case MOTE_CLASS_FP_MUL:
        return is_double ? n->fp_double_multiply : 1;
    case MOTE_CLASS_FP_MAC:
        return is_double ? n->fp_double_mac : 1;
    case MOTE_CLASS_FP_DIV:
        return is_double ? n->fp_double_divide : n->fp_divide;
    case MOTE_CLASS_FP_SQRT:
        return is_double ? n->fp_double_divide : n->fp_square_root;
    case MOTE_CLASS_BARRIER:
        return n->barrier;
    case MOTE_CLASS_SYSTEM:
        return n->system;
    default:
        return 1;
    }
}

static uint32_t branch(struct dual_issue *d, const struct timing_dual_numbers *n,
                       const struct pipeline_step *step)
{
    uint32_t entry = (uint32_t)(step->pc >> 1) % DUAL_BRANCHES;
    bool predicted = d->counter[entry] >= 2,
         unconditional = step->insn->cls == MOTE_CLASS_BRANCH || step->insn->cls == MOTE_CLASS_CALL;
    bool right = predicted == step->taken;
    if (step->taken && d->target[entry] != (uint32_t)step->next_pc)
        right = false;
    if (step->insn->flags & MOTE_INSN_RETURN)
        right = true; /* taken for a return stack */
    if (step->taken) {
        if (d->counter[entry] < 3)
            d->counter[entry]++;
        d->target[entry] = (uint32_t)step->next_pc;
    } else if (d->counter[entry] > 0) {
        d->counter[entry]--;
    }
    if (right)
        return step->taken ? n->taken_predicted : 0;
    if (unconditional)
        return n->target_late;
    bool early = d->core[FLAGS].late + n->flags_early <= d->now + n->alu_latency;
    return early ? n->mispredicted_early : n->mispredicted;
}

uint32_t dual_issue_step(struct dual_issue *d, const struct timing_dual_numbers *n,
                         const struct pipeline_step *step)
{
    const struct mote_insn *insn = step->insn;
    uint64_t before = d->now;
    issue(d, n, step);
    if (step->fetch_stall) {
        d->now += step->fetch_stall;
        d->issued = 1;
    }
    uint32_t busy = occupancy(n, step);
    uint32_t stall = is_store(insn) ? 0 : step->memory_stall;
    stall += step->unaligned ? n->unaligned_load : 0;
    if (busy > 1 || stall != 0) {
        d->now += busy - 1 + stall;
        d->issued = 2;
    }
    if (step->executed)
        results(d, n, insn);
    if ((insn->flags & MOTE_INSN_WRITES_PC) || step->taken) {
        d->now += branch(d, n, step);
        if (step->taken)
            d->issued = 2;
    }
    return (uint32_t)(d->now - before);
}
