/* Random programs, run in several ways:
 *   instruction by instruction and in planned blocks: the same cycles, counts, registers, memory;
 *   in fast: the same registers, memory and instruction count as in exact, nearly the same cycles;
 *   in fast by generated code, by Unicorn and by the interpreter: the same in everything.
 * With and without SysTick interrupts, which cut the runs at any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "arm/plan.h"
#include "engine/internal.h"
#include "support/arm_bench.h"

enum {
    BODY = CODE + 0x20,
    DATA = RAM + 0x4000,
    DATA_BYTES = 0x1000,
    MAX_HALVES = 400,
    PROGRAMS = 150,
    TICK_CYCLES = 1777,
    ROUNDS = 400, /* of each program's loop */
};

struct program {
    uint16_t half[MAX_HALVES];
    uint32_t count, end; /* `end`: address of the final WFI */
};

static uint32_t seed;

static uint32_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* ---- making programs --------------------------------------------------------------------------
 */

/* r4 counts the loop, r6 points to data; bits as in struct mote_insn. */
static const uint64_t kept = 1u << 4 | 1u << 6 | 1u << 13 | 1u << 15;

static bool is_memory(const struct mote_insn *t)
{
    return (t->cls >= MOTE_CLASS_LOAD && t->cls <= MOTE_CLASS_STORE_MULTI) ||
           t->cls == MOTE_CLASS_FP_LOAD || t->cls == MOTE_CLASS_FP_STORE;
}

static bool is_wanted(const struct arm_insn *insn)
{
    const struct mote_insn *t = &insn->t;
    const uint64_t r6 = 1u << 6;
    if (!(t->flags & MOTE_INSN_ENGINE) || (t->flags & (MOTE_INSN_WRITES_PC | MOTE_INSN_LITERAL)) ||
        (t->flags & MOTE_INSN_FOLDABLE) || (t->reads & 1u << 15))
        return false;
    if (is_memory(t))
        return t->address_reads == r6 && insn->rm != 6 && !(t->writes & kept & ~r6) &&
               (!(t->writes & r6) || ((t->flags & MOTE_INSN_WRITEBACK) && (insn->imm & 3) == 0));
    return !(t->writes & kept) && t->cls < MOTE_CLASS_SYSTEM && t->words == 0;
}

static void put(struct program *p, uint32_t half)
{
    assert_true(p->count < MAX_HALVES);
    p->half[p->count++] = (uint16_t)half;
}

/* A random instruction of the core that the fast engine may run. Returns its bytes. */
static uint32_t put_random(struct program *p, const struct arm_decoder *decoder, bool in_it)
{
    for (;;) {
        uint32_t raw = random_bits();
        if (random_bits() & 1)
            raw >>= 16;
        else
            raw = 0xE8000000u | (raw & 0x17FFFFFFu);
        struct arm_insn insn;
        if ((raw < 0x10000 && arm_is_wide(raw)) || !arm_decode(decoder, raw, in_it, &insn) ||
            !is_wanted(&insn))
            continue;
        if (raw >= 0x10000)
            put(p, raw >> 16);
        put(p, raw);
        return insn.t.bytes;
    }
}

static void put_mov16(struct program *p, uint32_t rd, uint32_t value, bool top)
{
    put(p, (top ? 0xF2C0u : 0xF240u) | (value >> 11 & 1) << 10 | value >> 12);
    put(p, (value >> 8 & 7) << 12 | rd << 8 | (value & 0xFF));
}

static void make_program(struct program *p, const struct arm_decoder *decoder)
{
    p->count = 0;
    put_mov16(p, 4, ROUNDS, false);
    uint32_t loop = p->count;
    put_mov16(p, 6, (DATA + DATA_BYTES / 2) & 0xFFFF, false);
    put_mov16(p, 6, RAM >> 16, true);
    uint32_t length = 3 + random_bits() % 60;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t kind = random_bits() % 10, condition = random_bits() % 14;
        if (kind == 0) { /* over the next instruction */
            uint32_t branch = p->count;
            put(p, 0);
            put_random(p, decoder, false);
            p->half[branch] = (uint16_t)(0xD000u | condition << 8 | (p->count - branch - 2));
        } else if (kind == 1) {
            put(p, 0xBF08u | condition << 4);
            put_random(p, decoder, true);
        } else {
            put_random(p, decoder, false);
        }
    }
    put(p, 0x3C01);                                   /* SUBS r4,#1 */
    uint32_t back = (loop - p->count - 2) & 0xFFFFFF; /* BNE.W loop */
    put(p, 0xF040u | (back >> 20 & 1) << 10 | (back >> 11 & 0x3F));
    put(p, 0x8000u | (back >> 18 & 1) << 13 | (back >> 19 & 1) << 11 | (back & 0x7FF));
    p->end = CODE + 2 * p->count;
    put(p, T_WFI);
    put(p, T_B(-2));
}

/* ---- running them -----------------------------------------------------------------------------
 */

enum way { STEPS, PLANNED, FAST_INTERPRETED, FAST, FAST_UNICORN, WAYS };

struct outcome {
    uint32_t r[15], s[32], flags, fpscr;
    uint8_t data[DATA_BYTES];
    uint64_t cycles, instructions, counts[MOTE_MAX_ACTIVITIES], block_cycles, block_executed;
};

static void add_block(void *user, const struct mote_block_totals *block)
{
    struct outcome *out = user;
    out->block_cycles += block->cycles;
    out->block_executed += block->executed;
}

static uint32_t native_used, unicorn_used;

static void run(const struct program *p, enum way way, bool interrupts, struct outcome *out)
{
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    arm_bench_code(b, CODE, p->half, p->count);
    arm_bench_reset(b);
    bench_write32(b->bench, 0xE000ED88u, 0xFu << 20);
    uint32_t fill = 0x1234567;
    for (uint32_t i = 0; i < DATA_BYTES; i += 4)
        arm_bench_set_word(b, DATA + i, fill = fill * 1664525u + 1013904223u);
    for (uint32_t i = 0; i < 13; i++)
        b->cpu->r[i] = fill = fill * 1664525u + 1013904223u;
    for (uint32_t i = 0; i < 32; i++)
        b->cpu->s[i] = fill = fill * 1664525u + 1013904223u;
    if (way >= FAST_INTERPRETED) {
        b->mote->ops->set_accuracy(b->mote, MOTE_ACCURACY_FAST);
        assert_non_null(b->cpu->engine);
        b->cpu->engine->off = way == FAST_INTERPRETED;
        b->cpu->engine->backend = way == FAST ? ENGINE_NATIVE : ENGINE_UNICORN;
    }
    if (interrupts) {
        bench_write32(b->bench, 0xE000E014u, TICK_CYCLES - 1);
        bench_write32(b->bench, 0xE000E010u, 7);
    }
    for (uint32_t i = 0; b->cpu->pc != p->end + 2 && i < 1000000; i++) {
        if (way == STEPS)
            arm_bench_steps(b, 1);
        else
            arm_bench_run_ps(b, 1000000000);
    }
    if (b->cpu->pc != p->end + 2)
        fail_msg("way %d stopped at 0x%x, fault %d at 0x%x", (int)way, b->cpu->pc,
                 (int)b->cpu->fault, b->cpu->fault_address);
    memset(out, 0, sizeof(*out));
    memcpy(out->r, b->cpu->r, sizeof(out->r));
    memcpy(out->s, b->cpu->s, sizeof(out->s));
    out->flags = arm_apsr(b->cpu);
    out->fpscr = b->cpu->fpscr;
    assert_true(mote_mem_read(b->sys, DATA, out->data, DATA_BYTES));
    arm_plans_settle(b->cpu);
    out->cycles = b->cpu->cycles;
    out->instructions = b->cpu->instructions;
    const struct mote_activities *all = mote_activities(b->sys);
    for (uint32_t i = 0; i < all->count; i++)
        out->counts[i] = all->item[i].count;
    b->mote->ops->blocks(b->mote, add_block, out);
    const struct arm_engine *engine = b->cpu->engine;
    if (way >= FAST_INTERPRETED) {
        native_used += engine->native != NULL && native_runs(engine->native) != 0;
        unicorn_used += engine->hot.last != NULL;
    }
    arm_bench_free(b);
}

static void check_state(const struct outcome *a, const struct outcome *b, int number)
{
    if (memcmp(a->r, b->r, sizeof(a->r)) || memcmp(a->s, b->s, sizeof(a->s)) ||
        a->flags != b->flags || a->fpscr != b->fpscr || memcmp(a->data, b->data, DATA_BYTES))
        print_message("program %d\n", number);
    assert_memory_equal(a->r, b->r, sizeof(a->r));
    assert_memory_equal(a->s, b->s, sizeof(a->s));
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->fpscr, b->fpscr);
    assert_memory_equal(a->data, b->data, DATA_BYTES);
}

/* Time decides how often SysTick interrupts: then only state is compared where it may differ. */
static void check_program(const struct program *p, bool interrupts, struct outcome *out, int number)
{
    for (enum way way = STEPS; way < WAYS; way++)
        run(p, way, interrupts, &out[way]);
    check_state(&out[STEPS], &out[PLANNED], number);
    for (enum way way = FAST_INTERPRETED; way < WAYS; way++) {
        check_state(&out[PLANNED], &out[way], number);
        assert_memory_equal(&out[way], &out[FAST_INTERPRETED], sizeof(*out));
    }
    if (interrupts)
        return;
    assert_int_equal(out[STEPS].cycles, out[PLANNED].cycles);
    assert_int_equal(out[STEPS].instructions, out[PLANNED].instructions);
    assert_memory_equal(out[STEPS].counts, out[PLANNED].counts, sizeof(out->counts));
    assert_int_equal(out[PLANNED].instructions, out[FAST].instructions);
    /* What blocks say adds up to the whole, but for a fraction of a cycle of each. */
    assert_int_equal(out[PLANNED].block_cycles, out[PLANNED].cycles);
    assert_true(out[FAST].block_cycles <= out[FAST].cycles);
    assert_true(out[FAST].block_cycles + MAX_HALVES > out[FAST].cycles);
    assert_int_equal(out[FAST].block_executed, out[FAST].instructions);
}

static void random_programs(bool interrupts)
{
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    struct arm_decoder *decoder = arm_decoder_new(b->cpu->features);
    struct outcome *out = test_calloc(WAYS, sizeof(*out));
    uint64_t exact = 0, fast = 0;
    assert_non_null(decoder);
    seed = 0x2545F491u;
    native_used = unicorn_used = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        struct program p;
        make_program(&p, decoder);
        check_program(&p, interrupts, out, i);
        exact += out[PLANNED].cycles;
        fast += out[FAST].cycles;
    }
    /* Within 1 % over all programs; and no executor was left out. */
    uint64_t off = exact > fast ? exact - fast : fast - exact;
    assert_true(off * 100 < exact);
    assert_true(unicorn_used > PROGRAMS / 2);
#ifdef __x86_64__
    assert_true(native_used > PROGRAMS * 9 / 10);
#endif
    test_free(out);
    arm_decoder_free(decoder);
    arm_bench_free(b);
}

static void undisturbed(void **state)
{
    (void)state;
    random_programs(false);
}

static void interrupted(void **state)
{
    (void)state;
    random_programs(true);
}

/* ---- surprises --------------------------------------------------------------------------------
 */

/* 0: the interpreter, then the two others. */
enum { EXECUTORS = 3 };

static struct arm_bench *start_fast(const uint16_t *code, size_t count, int executor)
{
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    arm_bench_code(b, CODE, code, count);
    arm_bench_reset(b);
    b->mote->ops->set_accuracy(b->mote, MOTE_ACCURACY_FAST);
    assert_non_null(b->cpu->engine);
    b->cpu->engine->off = executor == 0;
    b->cpu->engine->backend = executor == 1 ? ENGINE_NATIVE : ENGINE_UNICORN;
    return b;
}

/* A loop that reads memory, and after 1000 turns a register of the core: at the same time, with the
 * same effect, whoever executes the loop. */
static void device_after_learning(void **state)
{
    (void)state;
    static const uint16_t code[] = {T_LDR(2, 0, 0),         /* loop */
                                    0x18D3,                 /* ADDS r3,r2,r3 */
                                    0x3901,                 /* SUBS r1,#1 */
                                    0x42B9,                 /* CMP r1,r7 */
                                    0xBF08,         0x4630, /* IT EQ; MOVEQ r0,r6 */
                                    0x2900,                 /* CMP r1,#0 */
                                    T_BNE(-14),     T_WFI,  T_B(-2)};
    uint64_t cycles[EXECUTORS];
    for (int executor = 0; executor < EXECUTORS; executor++) {
        struct arm_bench *b = start_fast(code, sizeof(code) / 2, executor);
        b->cpu->r[0] = RAM + 0x100;
        b->cpu->r[1] = 1400;
        b->cpu->r[3] = 0;
        b->cpu->r[6] = 0xE000ED00u; /* CPUID */
        b->cpu->r[7] = 400;
        arm_bench_set_word(b, RAM + 0x100, 5);
        arm_bench_run_ps(b, 20000000000);
        uint32_t cpuid = bench_read32(b->bench, 0xE000ED00u);
        assert_int_equal(b->cpu->r[1], 0);
        assert_int_equal(b->cpu->r[2], cpuid);
        assert_int_equal(b->cpu->r[3], 1000 * 5 + 400 * cpuid);
        cycles[executor] = b->cpu->cycles;
        arm_bench_free(b);
    }
    assert_int_equal(cycles[0], cycles[1]);
    assert_int_equal(cycles[0], cycles[2]);
}

/* LDM from an address that is not a multiple of 4 faults also in learned code. */
static void unaligned_after_learning(void **state)
{
    (void)state;
    static const uint16_t code[] = {0xC80C,          /* loop: LDMIA r0!,{r2,r3} */
                                    0x1B40,          /* SUBS r0,r0,r5 */
                                    0x3901,          /* SUBS r1,#1 */
                                    0xBF08,  0x3001, /* IT EQ; ADDEQ r0,#1 */
                                    T_B(-10)};
    for (int executor = 0; executor < EXECUTORS; executor++) {
        struct arm_bench *b = start_fast(code, sizeof(code) / 2, executor);
        b->cpu->r[0] = RAM + 0x100;
        b->cpu->r[1] = 500;
        b->cpu->r[5] = 8;
        ARM_CODE(b, HANDLER, T_WFI, T_B(-2));
        arm_bench_run_ps(b, 1000000000);
        assert_int_equal(b->cpu->exception, ARM_EXC_HARDFAULT);
        assert_int_equal(arm_bench_word(b, b->cpu->r[13] + 24), CODE);
        assert_int_equal(b->cpu->r[0], RAM + 0x101);
        assert_true(bench_read32(b->bench, 0xE000ED28u) & ARM_CFSR_UNALIGNED);
        arm_bench_free(b);
    }
}

/* Code in RAM that changes itself after it was learned. */
static void code_that_changes(void **state)
{
    (void)state;
    static const uint16_t code[] = {T_ADDS(2, 1),    /* loop: r2 += 1, later r2 += 3 */
                                    0x3901,          /* SUBS r1,#1 */
                                    T_BNE(-4),       /* */
                                    T_STRH(6, 5, 0), /* changes the first instruction */
                                    0x4639,          /* MOV r1,r7 */
                                    0x2700,          /* MOVS r7,#0 */
                                    0x2900,          /* CMP r1,#0 */
                                    T_BNE(-14),      T_WFI, T_B(-2)};
    const uint32_t place = RAM + 0x2000;
    for (int executor = 0; executor < EXECUTORS; executor++) {
        static const uint16_t jump[] = {T_BX(8)};
        struct arm_bench *b = start_fast(jump, 1, executor);
        for (uint32_t i = 0; i < sizeof(code) / 2; i++)
            bench_write16(b->bench, place + 2 * i, code[i]);
        b->cpu->r[8] = place | 1;
        b->cpu->r[1] = 1000;
        b->cpu->r[2] = 0;
        b->cpu->r[5] = place;
        b->cpu->r[6] = T_ADDS(2, 3);
        b->cpu->r[7] = 500;
        arm_bench_run_ps(b, 1000000000);
        assert_int_equal(b->cpu->r[2], 1000 + 3 * 500);
        arm_bench_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed),           cmocka_unit_test(interrupted),
        cmocka_unit_test(device_after_learning), cmocka_unit_test(unaligned_after_learning),
        cmocka_unit_test(code_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
