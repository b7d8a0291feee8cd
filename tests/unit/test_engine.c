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
#include <stdlib.h>
#include <string.h>

#include "arm/plan.h"
#include "engine/internal.h"
#include "engine/thumb/unicorn.h"
#include "support/random_program.h"

enum { BODY = CODE + 0x20, PROGRAMS = 150, TICK_CYCLES = 1777, WARM_UP = 128 };

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

static void run(const struct random_program *p, enum way way, bool interrupts, struct outcome *out)
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
        if (p->count % 2) { /* half of them with reviews, which change costs */
            b->cpu->engine->view.review_warm_up = WARM_UP;
            engine_plan_reviews(b->cpu->engine);
        }
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
    const struct engine *engine = b->cpu->engine;
    if (way >= FAST_INTERPRETED) {
        native_used += engine->native != NULL && native_runs(engine->native) != 0;
        unicorn_used += engine->other != NULL && engine->other->last != NULL;
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
static void check_program(const struct random_program *p, bool interrupts, struct outcome *out,
                          int number)
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
    assert_true(out[FAST].block_cycles + PROGRAM_HALVES > out[FAST].cycles);
    assert_int_equal(out[FAST].block_executed, out[FAST].instructions);
}

static void random_programs(bool interrupts)
{
    struct arm_bench *b = arm_bench_new("arm,cortex-m4f", NULL);
    struct arm_decoder *decoder = arm_decoder_new(b->cpu->features);
    struct outcome *out = test_calloc(WAYS, sizeof(*out));
    uint64_t exact = 0, fast = 0;
    assert_non_null(decoder);
    random_seed = 0x2545F491u;
    native_used = unicorn_used = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        struct random_program p;
        random_program(&p, decoder, 3 + random_bits() % 60);
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

/* ---- sequences with values at which instructions change their ways ----------------------------
 */

enum { SEQUENCES = 60, VALUE_SETS = 24, LEARNING_ROUNDS = 90 };

static const uint32_t special[] = {0,          1,          2,          31,         32,
                                   33,         0x7F,       0x80,       0xFF,       0x7FFF,
                                   0x8000,     0xFFFF,     0x80008000, 0x7FFF7FFF, 0x80007FFF,
                                   0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x80808080, 0x00800080};

static uint32_t a_value(void)
{
    uint32_t bits = random_bits();
    return bits & 3 ? special[(bits >> 2) % (sizeof(special) / 4)] : random_bits();
}

static void set_values(struct arm_bench *b, uint32_t turn, uint32_t rounds)
{
    uint32_t before = random_seed;
    random_seed = turn * 2654435761u + 12345;
    for (uint32_t i = 0; i < 15; i++)
        if (i != 13)
            b->cpu->r[i] = a_value();
    for (uint32_t i = 0; i < 32; i++)
        b->cpu->s[i] = a_value();
    b->cpu->r[4] = rounds;
    uint32_t flags = random_bits();
    b->cpu->n = flags & 1;
    b->cpu->z = flags >> 1 & 1;
    b->cpu->c = flags >> 2 & 1;
    b->cpu->v = flags >> 3 & 1;
    b->cpu->q = 0;
    b->cpu->ge = flags >> 4 & 15;
    b->cpu->pc = CODE + 4; /* behind the setting of r4 */
    random_seed = before;
}

static void compare_benches(struct arm_bench *a, struct arm_bench *b,
                            const struct random_program *p)
{
    bool same = memcmp(a->cpu->r, b->cpu->r, 15 * 4) == 0 &&
                memcmp(a->cpu->s, b->cpu->s, 32 * 4) == 0 && arm_apsr(a->cpu) == arm_apsr(b->cpu) &&
                a->cpu->fpscr == b->cpu->fpscr && a->cpu->cycles == b->cpu->cycles &&
                a->cpu->pc == b->cpu->pc;
    static uint8_t x[DATA_BYTES], y[DATA_BYTES];
    assert_true(mote_mem_read(a->sys, DATA, x, DATA_BYTES));
    assert_true(mote_mem_read(b->sys, DATA, y, DATA_BYTES));
    if (same && memcmp(x, y, DATA_BYTES) == 0)
        return;
    for (uint32_t i = 0; i < p->count; i++)
        print_message("%04x ", p->half[i]);
    for (uint32_t i = 0; i < 15; i++)
        print_message("\nr%u %08x %08x", i, a->cpu->r[i], b->cpu->r[i]);
    fail_msg("apsr %08x %08x, cycles %llu %llu", arm_apsr(a->cpu), arm_apsr(b->cpu),
             (unsigned long long)a->cpu->cycles, (unsigned long long)b->cpu->cycles);
}

static struct arm_bench *start_fast(const uint16_t *code, size_t count, int executor);

/* The interpreter and the generated code go through the same sequences. MOTE_SEQUENCES in the
 * environment asks for more of them. */
static void special_values(void **state)
{
    (void)state;
    const char *more = getenv("MOTE_SEQUENCES");
    uint32_t sequences = more != NULL ? (uint32_t)strtoul(more, NULL, 10) : SEQUENCES;
    struct arm_bench *decoding = arm_bench_new("arm,cortex-m4f", NULL);
    struct arm_decoder *decoder = arm_decoder_new(decoding->cpu->features);
    random_seed = 0x9E3779B9u + sequences;
    for (uint32_t i = 0; i < sequences; i++) {
        struct random_program p;
        random_program(&p, decoder, 1 + random_bits() % 8);
        struct arm_bench *b[2];
        for (int k = 0; k < 2; k++) {
            b[k] = start_fast(p.half, p.count, k);
            bench_write32(b[k]->bench, 0xE000ED88u, 0xFu << 20);
        }
        for (uint32_t turn = 0; turn < VALUE_SETS; turn++)
            for (int k = 0; k < 2; k++) {
                set_values(b[k], turn + i * VALUE_SETS, turn ? 3 : LEARNING_ROUNDS);
                if (turn != 0) /* an interrupt, so that it wakes; it returns to the set pc */
                    bench_write32(b[k]->bench, 0xE000ED04u, 1u << 26);
                arm_bench_run_ps(b[k], 1000000000);
                assert_int_equal(b[k]->cpu->pc, p.end + 2);
                if (k == 1)
                    compare_benches(b[0], b[1], &p);
            }
        arm_bench_free(b[0]);
        arm_bench_free(b[1]);
    }
    arm_decoder_free(decoder);
    arm_bench_free(decoding);
}

/* ---- surprises --------------------------------------------------------------------------------
 */

/* 0: the interpreter, then the two others. */
enum { EXECUTORS = 3 };

static struct arm_bench *start_core(const char *core, const uint16_t *code, size_t count,
                                    int executor)
{
    struct arm_bench *b = arm_bench_new(core, NULL);
    arm_bench_code(b, CODE, code, count);
    arm_bench_reset(b);
    b->mote->ops->set_accuracy(b->mote, MOTE_ACCURACY_FAST);
    assert_non_null(b->cpu->engine);
    b->cpu->engine->off = executor == 0;
    b->cpu->engine->backend = executor == 1 ? ENGINE_NATIVE : ENGINE_UNICORN;
    return b;
}

static struct arm_bench *start_fast(const uint16_t *code, size_t count, int executor)
{
    return start_core("arm,cortex-m4f", code, count, executor);
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

/* On Armv6-M every access must be aligned, in learned code too; and loads are generated there. */
static void unaligned_on_armv6m(void **state)
{
    (void)state;
    static const uint16_t code[] = {0x6802,    /* loop: LDR r2,[r0] */
                                    0x3901,    /* SUBS r1,#1 */
                                    T_BNE(-4), /* */
                                    0x3002,    /* ADDS r0,#2 */
                                    T_B(-8)};
    for (int executor = 0; executor < EXECUTORS; executor++) {
        struct arm_bench *b = start_core("arm,cortex-m0+", code, sizeof(code) / 2, executor);
        b->cpu->r[0] = RAM + 0x100;
        b->cpu->r[1] = 500;
        ARM_CODE(b, HANDLER, T_WFI, T_B(-2));
        arm_bench_run_ps(b, 1000000000);
        assert_int_equal(b->cpu->exception, ARM_EXC_HARDFAULT);
        assert_int_equal(arm_bench_word(b, b->cpu->r[13] + 24), CODE);
        assert_int_equal(b->cpu->r[0], RAM + 0x102);
#ifdef __x86_64__
        assert_true(executor != 1 || native_runs(b->cpu->engine->native) != 0);
#endif
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

/* ---- the edges of memory ----------------------------------------------------------------------
 */

/* Each loop walks out of memory or into flash with a store: the fault, at the exact instruction and
 * cycle, is the same whoever executes it. r0 is the address, r1 goes to flash. */
static const struct walk {
    const char *name;
    uint32_t start;
    uint16_t code[10];
} walks[] = {
    {"load word", RAM_TOP - 1600, {T_LDR(2, 0, 0), T_ADDS(0, 4), 0x18D3, T_B(-6)}},
    {"load unaligned word", RAM_TOP - 1600, {T_LDR(2, 0, 0), T_ADDS(0, 1), 0x18D3, T_B(-6)}},
    {"load unaligned half", RAM_TOP - 1599, {0x8802, T_ADDS(0, 2), 0x18D3, T_B(-6)}},
    {"load byte", RAM_TOP - 1600, {0x7802, T_ADDS(0, 1), 0x18D3, T_B(-6)}},
    {"store word", RAM_TOP - 1600, {T_STR(3, 0, 0), T_ADDS(0, 4), T_ADDS(3, 7), T_B(-6)}},
    {"store unaligned", RAM_TOP - 1600, {T_STR(3, 0, 0), T_ADDS(0, 1), T_ADDS(3, 7), T_B(-6)}},
    {"load multiple", RAM_TOP - 2800, {0xC82C, T_ADDS(3, 1), T_B(-4)}}, /* r0!,{r2,r3,r5} */
    {"store multiple", RAM_TOP - 2800, {0xC02C, T_ADDS(3, 1), T_B(-4)}},
    {"load double", RAM_TOP - 2800, {0xE8F0, 0x2302, T_B(-4)}}, /* LDRD r2,r3,[r0],#8 */
    {"load in flash", 0x40000 - 1600, {T_LDR(2, 0, 0), T_ADDS(0, 4), 0x18D3, T_B(-6)}},
    {"push", RAM, {0xB40F, T_ADDS(3, 1), T_B(-4)}}, /* down through all of RAM */
    /* Flash and RAM in turn: r0 and r1 change places. */
    {"load here and there",
     RAM_TOP - 1600,
     {T_LDR(2, 0, 0), T_ADDS(0, 4), T_MOV(5, 0), T_MOV(0, 1), T_MOV(1, 5), 0x18D3, T_B(-12)}},
    {"store into flash",
     0x3FFF0,
     {T_LDR(2, 0, 0), 0x3A00, 0xB240, 0x3000, T_STR(3, 0, 0), T_B(-10)}},
};

static void edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
        struct outcome out[EXECUTORS];
        uint32_t address[EXECUTORS];
        for (int executor = 0; executor < EXECUTORS; executor++) {
            struct arm_bench *b = start_fast(walks[i].code, 10, executor);
            for (uint32_t k = 0; k < 13; k++)
                b->cpu->r[k] = k;
            b->cpu->r[0] = walks[i].start;
            b->cpu->r[1] = 0x4000;
            ARM_CODE(b, HANDLER, T_WFI, T_B(-2));
            arm_bench_run_ps(b, 3000000000);
            if (b->cpu->exception == 0)
                fail_msg("%s: no fault", walks[i].name);
            memset(&out[executor], 0, sizeof(out[executor]));
            memcpy(out[executor].r, b->cpu->r, sizeof(out[executor].r));
            out[executor].flags = arm_apsr(b->cpu);
            out[executor].cycles = b->cpu->cycles;
            out[executor].instructions = b->cpu->instructions;
            address[executor] = bench_read32(b->bench, 0xE000ED38u);
            arm_bench_free(b);
        }
        for (int executor = 1; executor < EXECUTORS; executor++) {
            if (memcmp(&out[0], &out[executor], sizeof(out[0])))
                print_message("%s, executor %d\n", walks[i].name, executor);
            assert_memory_equal(&out[0], &out[executor], sizeof(out[0]));
            assert_int_equal(address[0], address[executor]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed),           cmocka_unit_test(interrupted),
        cmocka_unit_test(device_after_learning), cmocka_unit_test(unaligned_after_learning),
        cmocka_unit_test(unaligned_on_armv6m),   cmocka_unit_test(code_that_changes),
        cmocka_unit_test(special_values),        cmocka_unit_test(edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
