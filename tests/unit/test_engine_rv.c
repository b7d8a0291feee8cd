/* Random RV32 programs, run in several ways:
 *   instruction by instruction and in blocks: the same cycles, counts, registers, memory;
 *   in fast: the same registers, memory and instruction count as in exact, nearly the same cycles;
 *   in fast by generated code and by the interpreter: the same in everything.
 * With and without timer interrupts, which cut the runs at any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "engine/internal.h"
#include "riscv/riscv.h"
#include "support/bench.h"
#include "support/rv_program.h"

enum executor { INTERPRETED, NATIVE, EXECUTORS };

static void hart_fast(const struct hart *h, enum executor executor)
{
    h->cpu->core.ops->set_accuracy(&h->cpu->core, MOTE_ACCURACY_FAST);
    assert_non_null(h->cpu->engine);
    h->cpu->engine->off = executor == INTERPRETED;
}

/* Until it sleeps at the address or the time is over. */
static void hart_run(const struct hart *h, uint32_t end, uint64_t ps, bool by_steps)
{
    uint64_t limit = mote_now_ps(h->sys) + ps;
    struct mote_core *core = &h->cpu->core;
    while (mote_now_ps(h->sys) < limit) {
        enum mote_core_state state = by_steps ? core->ops->step(core) : core->ops->run(core);
        if (mote_stop_requested(h->sys) != MOTE_STOP_NONE)
            return;
        if (state == MOTE_CORE_SLEEPING && h->cpu->pc == end + 4)
            return;
        uint64_t next = *mote_next_event_ps(h->sys);
        if (state == MOTE_CORE_SLEEPING)
            mote_run_events(h->sys, next < limit ? next : limit);
        else
            mote_run_events(h->sys, mote_now_ps(h->sys));
    }
}

static void fill_memory(const struct hart *h)
{
    uint32_t fill = 0x1234567;
    for (uint32_t i = 0; i < DATA_BYTES; i += 4) {
        bench_write32(h->bench, DATA + i, fill = fill * 1664525u + 1013904223u);
        bench_write32(h->bench, TIGHT + i, fill ^ 0x5A5A5A5A);
    }
}

static void set_pointers(struct riscv_cpu *cpu)
{
    cpu->x[0] = 0;
    cpu->x[9] = DATA + DATA_BYTES / 2;
    cpu->x[10] = TIGHT + DATA_BYTES / 2;
    cpu->x[29] = cpu->x[30] = cpu->x[31] = 0;
}

/* ---- random programs --------------------------------------------------------------------------
 */

enum way { STEPS, BLOCKS, FAST_INTERPRETED, FAST, WAYS };

struct outcome {
    uint64_t x[29];
    uint64_t f[32], fcsr;
    uint8_t data[2][DATA_BYTES];
    uint64_t cycles, instructions, ticks, counts[MOTE_MAX_ACTIVITIES];
    uint64_t block_cycles, block_executed;
};

static uint32_t native_used;

static void add_block(void *user, const struct mote_block_totals *block)
{
    struct outcome *out = user;
    out->block_cycles += block->cycles;
    out->block_executed += block->executed;
}

static void run(const struct program *p, enum way way, bool interrupts, struct outcome *out)
{
    struct hart h = hart_new("riscv", p->half, p->count);
    struct riscv_cpu *cpu = h.cpu;
    fill_memory(&h);
    uint32_t fill = 99;
    for (uint32_t i = 0; i < 32; i++)
        cpu->x[i] = fill = fill * 1664525u + 1013904223u;
    set_pointers(cpu);
    if (way >= FAST_INTERPRETED) {
        hart_fast(&h, way == FAST ? NATIVE : INTERPRETED);
        cpu->engine->view.review_warm_up = WARM_UP;
        engine_plan_reviews(cpu->engine);
    }
    if (interrupts) {
        bench_write32(h.bench, CLINT + 0x4004, 0);
        bench_write32(h.bench, CLINT + 0x4000, TICK_CYCLES);
        cpu->mie = MTIP_BIT;
        cpu->mstatus |= RISCV_MSTATUS_MIE;
    }
    hart_run(&h, p->end, 1000000000000, way == STEPS);
    if (cpu->pc != p->end + 4)
        fail_msg("way %d is at 0x%llx, mcause %llu at 0x%llx", (int)way,
                 (unsigned long long)cpu->pc, (unsigned long long)cpu->mcause,
                 (unsigned long long)cpu->mepc);
    memset(out, 0, sizeof(*out));
    memcpy(out->x, cpu->x, sizeof(out->x));
    memcpy(out->f, cpu->f, sizeof(out->f));
    riscv_csr_peek(cpu, 3, &out->fcsr);
    assert_true(mote_mem_read(h.sys, DATA, out->data[0], DATA_BYTES));
    assert_true(mote_mem_read(h.sys, TIGHT, out->data[1], DATA_BYTES));
    out->cycles = cpu->cycles;
    out->instructions = cpu->instructions;
    out->ticks = cpu->x[29];
    assert_true(!interrupts || out->ticks != 0);
    const struct mote_activities *all = mote_activities(h.sys);
    for (uint32_t i = 0; i < all->count; i++)
        out->counts[i] = all->item[i].count;
    cpu->core.ops->blocks(&cpu->core, add_block, out);
    if (way == FAST)
        native_used += cpu->engine->native != NULL && native_runs(cpu->engine->native) != 0;
    bench_free(h.bench);
}

static void check_state(const struct outcome *a, const struct outcome *b, int number)
{
    if (memcmp(a->x, b->x, sizeof(a->x)) || memcmp(a->data, b->data, sizeof(a->data)))
        print_message("program %d\n", number);
    assert_memory_equal(a->x, b->x, sizeof(a->x));
    assert_memory_equal(a->data, b->data, sizeof(a->data));
    assert_memory_equal(a->f, b->f, sizeof(a->f));
    assert_true(a->fcsr == b->fcsr);
}

/* Time decides how often the timer interrupts: then only state is compared where it may differ. */
static void check_program(const struct program *p, bool interrupts, struct outcome *out, int number)
{
    for (enum way way = STEPS; way < WAYS; way++)
        run(p, way, interrupts, &out[way]);
    check_state(&out[STEPS], &out[BLOCKS], number);
    check_state(&out[BLOCKS], &out[FAST], number);
    assert_memory_equal(&out[FAST], &out[FAST_INTERPRETED], sizeof(*out));
    assert_int_equal(out[STEPS].cycles, out[BLOCKS].cycles);
    assert_int_equal(out[STEPS].instructions, out[BLOCKS].instructions);
    assert_memory_equal(out[STEPS].counts, out[BLOCKS].counts, sizeof(out->counts));
    if (interrupts)
        return;
    assert_int_equal(out[BLOCKS].instructions, out[FAST].instructions);
    /* What blocks say adds up to the whole, but for a fraction of a cycle of each. */
    assert_int_equal(out[BLOCKS].block_cycles, out[BLOCKS].cycles);
    assert_true(out[FAST].block_cycles <= out[FAST].cycles);
    assert_true(out[FAST].block_cycles + MAX_HALVES > out[FAST].cycles);
    assert_int_equal(out[FAST].block_executed, out[FAST].instructions);
}

static void random_programs(bool interrupts)
{
    static const uint16_t none;
    struct hart h = hart_new("riscv", &none, 1);
    struct outcome *out = test_calloc(WAYS, sizeof(*out));
    uint64_t exact = 0, fast = 0;
    program_seed = 0x2545F491u;
    native_used = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        struct program p;
        program_make(&p, h.cpu->decoder, 3 + program_random() % 60, i & 1);
        check_program(&p, interrupts, out, i);
        exact += out[BLOCKS].cycles;
        fast += out[FAST].cycles;
    }
    /* Within 1 % over all programs. */
    uint64_t off = exact > fast ? exact - fast : fast - exact;
    assert_true(off * 100 < exact);
#ifdef __x86_64__
    assert_true(native_used > PROGRAMS * 9 / 10);
#endif
    test_free(out);
    bench_free(h.bench);
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

enum { SEQUENCES = 80, VALUE_SETS = 24, LEARNING_ROUNDS = 90 };

static const uint32_t special[] = {0,          1,          2,          31,         32,
                                   33,         0x7F,       0x80,       0xFF,       0x7FFF,
                                   0x8000,     0xFFFF,     0x80008000, 0x7FFF7FFF, 0x80007FFF,
                                   0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x80808080, 0x00800080};

static uint32_t a_value(void)
{
    uint32_t bits = program_random();
    return bits & 3 ? special[(bits >> 2) % (sizeof(special) / 4)] : program_random();
}

/* Starts the loop anew, with other values. */
static void run_values(const struct hart *h, const struct program *p, uint32_t turn,
                       uint32_t rounds)
{
    uint32_t before = program_seed;
    program_seed = turn * 2654435761u + 12345;
    for (uint32_t i = 1; i < 32; i++)
        h->cpu->x[i] = a_value();
    for (uint32_t i = 0; i < 32; i++)
        h->cpu->f[i] = (uint64_t)(i & 1 ? a_value() : ~0u) << 32 | a_value();
    set_pointers(h->cpu);
    h->cpu->x[4] = rounds;
    program_seed = before;
    h->cpu->pc = p->loop;
    h->cpu->mie = 8; /* to wake it; mstatus.MIE is clear, so no trap is taken */
    bench_drive(h->cpu->dev, "irq", 3, 1);
    h->cpu->core.ops->step(&h->cpu->core);
    bench_drive(h->cpu->dev, "irq", 3, 0);
    hart_run(h, p->end, 1000000000000, false);
    assert_int_equal(h->cpu->pc, p->end + 4);
}

static void compare(const struct hart *a, const struct hart *b, const struct program *p)
{
    static uint8_t x[2][DATA_BYTES], y[2][DATA_BYTES];
    assert_true(mote_mem_read(a->sys, DATA, x[0], DATA_BYTES));
    assert_true(mote_mem_read(b->sys, DATA, y[0], DATA_BYTES));
    assert_true(mote_mem_read(a->sys, TIGHT, x[1], DATA_BYTES));
    assert_true(mote_mem_read(b->sys, TIGHT, y[1], DATA_BYTES));
    if (memcmp(a->cpu->x, b->cpu->x, sizeof(a->cpu->x)) == 0 &&
        memcmp(a->cpu->f, b->cpu->f, sizeof(a->cpu->f)) == 0 && a->cpu->fp_env == b->cpu->fp_env &&
        memcmp(x, y, sizeof(x)) == 0 && a->cpu->cycles == b->cpu->cycles)
        return;
    for (uint32_t i = 0; i < p->count; i++)
        print_message("%04x ", p->half[i]);
    for (uint32_t i = 0; i < 32; i++)
        print_message("\nx%u %llx %llx", i, (unsigned long long)a->cpu->x[i],
                      (unsigned long long)b->cpu->x[i]);
    fail_msg("cycles %llu %llu", (unsigned long long)a->cpu->cycles,
             (unsigned long long)b->cpu->cycles);
}

/* The interpreter and the generated code go through the same sequences. MOTE_SEQUENCES in the
 * environment asks for more of them. */
static void special_values(void **state)
{
    (void)state;
    const char *more = getenv("MOTE_SEQUENCES");
    uint32_t sequences = more != NULL ? (uint32_t)strtoul(more, NULL, 10) : SEQUENCES;
    program_seed = 0x9E3779B9u + sequences;
    static const uint16_t none;
    struct hart decoding = hart_new("riscv", &none, 1);
    for (uint32_t i = 0; i < sequences; i++) {
        struct program p;
        program_make(&p, decoding.cpu->decoder, 1 + program_random() % 8, i & 1);
        struct hart h[EXECUTORS];
        for (enum executor k = INTERPRETED; k < EXECUTORS; k++) {
            h[k] = hart_new("riscv", p.half, p.count);
            fill_memory(&h[k]);
            hart_fast(&h[k], k);
        }
        for (uint32_t turn = 0; turn < VALUE_SETS; turn++) {
            for (enum executor k = INTERPRETED; k < EXECUTORS; k++)
                run_values(&h[k], &p, turn + i * VALUE_SETS, turn ? 3 : LEARNING_ROUNDS);
            compare(&h[INTERPRETED], &h[NATIVE], &p);
        }
        bench_free(h[INTERPRETED].bench);
        bench_free(h[NATIVE].bench);
    }
    bench_free(decoding.bench);
}

/* ---- surprises --------------------------------------------------------------------------------
 */

static struct hart start(const char *compatible, const uint32_t *words, size_t count,
                         enum executor executor)
{
    struct hart h = hart_new(compatible, (const uint16_t *)(const void *)words, 2 * count);
    for (uint32_t i = 1; i < 32; i++)
        h.cpu->x[i] = 0;
    hart_fast(&h, executor);
    return h;
}

/* A loop that reads memory, and after 1000 turns a device: at the same time, with the same effect,
 * whoever executes the loop. */
static void device_after_learning(void **state)
{
    (void)state;
    const uint32_t code[] = {encode_load(2, 12, 10, 0), /* loop: lw a2, (a0) */
                             encode_addi(13, 13, 1),           encode_addi(11, 11, ~0u),
                             encode_branch(1, 11, 17, 8),      encode_addi(10, 16, 0),
                             encode_branch(1, 11, 0, 0u - 20), WFI};
    uint64_t cycles[EXECUTORS], times[EXECUTORS];
    for (enum executor k = INTERPRETED; k < EXECUTORS; k++) {
        struct hart h = start("riscv", code, sizeof code / 4, k);
        h.cpu->x[10] = DATA;
        h.cpu->x[11] = 1400;
        h.cpu->x[16] = CLINT + 0xBFF8; /* mtime: the cycles, here */
        h.cpu->x[17] = 400;
        hart_run(&h, RAM + 24, 1000000000000, false);
        assert_int_equal(h.cpu->x[13], 1400);
        assert_true(h.cpu->x[12] > 1400 && h.cpu->x[12] < h.cpu->cycles);
        cycles[k] = h.cpu->cycles;
        times[k] = h.cpu->x[12];
        bench_free(h.bench);
    }
    assert_int_equal(cycles[INTERPRETED], cycles[NATIVE]);
    assert_int_equal(times[INTERPRETED], times[NATIVE]);
}

/* mcycle and minstret as the totals have them, and code that changes itself after it was learned.
 */
static void counters_and_changes(void **state)
{
    (void)state;
    const uint32_t code[] = {encode_addi(12, 12, 1), /* loop: later addi a2, a2, 3 */
                             encode_addi(11, 11, ~0u),
                             encode_branch(1, 11, 0, 0u - 8),
                             0xB0002573u,                /* csrr a0, mcycle */
                             0xB0202AF3u,                /* csrr s5, minstret */
                             encode_store(2, 14, 15, 0), /* changes the first instruction */
                             encode_addi(11, 16, 0),
                             encode_addi(16, 0, 0),
                             encode_branch(1, 11, 0, 0u - 32),
                             WFI};
    for (enum executor k = INTERPRETED; k < EXECUTORS; k++) {
        struct hart h = start("riscv", code, sizeof code / 4, k);
        h.cpu->x[11] = 1000;
        h.cpu->x[14] = encode_addi(12, 12, 3);
        h.cpu->x[15] = RAM;
        h.cpu->x[16] = 500;
        hart_run(&h, RAM + 36, 1000000000000, false);
        assert_int_equal(h.cpu->x[12], 1000 + 3 * 500);
        /* Five more were executed, the csrr of mcycle among them, at known costs. */
        assert_int_equal(h.cpu->x[21] + 6, h.cpu->instructions);
        assert_true(h.cpu->x[10] < h.cpu->cycles && h.cpu->x[10] + 20 > h.cpu->cycles);
        bench_free(h.bench);
    }
}

/* ---- the edges of memory ----------------------------------------------------------------------
 */

/* Each loop walks out of memory, over code or to a misaligned address: the trap, at the exact
 * instruction and cycle, is the same whoever executes it. a0 is the address. */
static void edges(void **state)
{
    (void)state;
    const struct walk {
        const char *name, *compatible;
        uint32_t start, cause, code[5];
    } walks[] = {
        {"load", "riscv", RAM_TOP - 1600, 5, {encode_load(2, 12, 10, 0), encode_addi(10, 10, 4)}},
        {"load half",
         "riscv",
         RAM_TOP - 1599,
         5,
         {encode_load(1, 12, 10, 0), encode_addi(10, 10, 2)}},
        {"load byte",
         "riscv",
         RAM_TOP - 1600,
         5,
         {encode_load(4, 12, 10, 0), encode_addi(10, 10, 1)}},
        {"store", "riscv", RAM_TOP - 1600, 7, {encode_store(2, 10, 10, 0), encode_addi(10, 10, 4)}},
        {"store in the other memory",
         "riscv",
         TIGHT + DATA_BYTES - 1600,
         7,
         {encode_store(1, 10, 10, 0), encode_addi(10, 10, 2)}},
        {"store over code",
         "riscv",
         RAM - 1600 + 4096,
         1,
         {encode_store(0, 0, 10, 0), encode_addi(10, 10, ~0u)}},
        {"misaligned load",
         "sifive,e31",
         DATA,
         4,
         {encode_load(2, 12, 10, 0), encode_addi(13, 13, 1), 0x01F6D713u /* srli a4, a3, 31 */,
          0x00E50533u /* add a0, a0, a4 */}},
        {"misaligned store",
         "sifive,e31",
         DATA,
         6,
         {encode_store(1, 12, 10, 0), encode_addi(13, 13, 1), 0x01F6D713u, 0x00E50533u}},
    };
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        struct hart h[EXECUTORS];
        for (enum executor k = INTERPRETED; k < EXECUTORS; k++) {
            uint32_t code[6], count = 0;
            while (count < 5 && walks[i].code[count] != 0) {
                code[count] = walks[i].code[count];
                count++;
            }
            code[count] = encode_jal(0, 0u - 4 * count);
            h[k] = start(walks[i].compatible, code, count + 1, k);
            h[k].cpu->x[10] = walks[i].start;
            h[k].cpu->x[13] = 0x80000000u - 1000;
            h[k].cpu->mtvec = HANDLER + 0x100;
            const uint32_t stop[] = {WFI, encode_jal(0, 0u - 4)};
            assert_true(mote_mem_load_image(h[k].sys, HANDLER + 0x100, stop, sizeof stop));
            hart_run(&h[k], HANDLER + 0x100, 1000000000000, false);
        }
        const struct riscv_cpu *a = h[INTERPRETED].cpu, *b = h[NATIVE].cpu;
        if (a->mcause != walks[i].cause)
            fail_msg("%s: cause %llu", walks[i].name, (unsigned long long)a->mcause);
        if (memcmp(a->x, b->x, sizeof(a->x)) || a->cycles != b->cycles)
            print_message("%s\n", walks[i].name);
        assert_memory_equal(a->x, b->x, sizeof(a->x));
        assert_int_equal(a->mcause, b->mcause);
        assert_int_equal(a->mepc, b->mepc);
        assert_int_equal(a->mtval, b->mtval);
        assert_int_equal(a->cycles, b->cycles);
        assert_int_equal(a->instructions, b->instructions);
        bench_free(h[INTERPRETED].bench);
        bench_free(h[NATIVE].bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed),           cmocka_unit_test(interrupted),
        cmocka_unit_test(device_after_learning), cmocka_unit_test(counters_and_changes),
        cmocka_unit_test(special_values),        cmocka_unit_test(edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
