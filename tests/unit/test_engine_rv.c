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

#define RAM      0x80000000u
#define TIGHT    0x20000000u /* another memory */
#define CLINT    0x02000000u
#define HANDLER  (RAM + 0x6000)
#define DATA     (RAM + 0x4000)
#define RAM_TOP  (RAM + 0x10000)
#define MTIP_BIT (1u << 7)

enum {
    DATA_BYTES = 0x1000,
    RAM_BYTES = 0x10000,
    MAX_HALVES = 500,
    PROGRAMS = 120,
    TICK_CYCLES = 1777,
    ROUNDS = 400, /* of each program's loop */
    FIRST_REVIEW = 9000,
};

struct program {
    uint16_t half[MAX_HALVES];
    uint32_t count;
    uint32_t loop; /* address behind the setting of the counter */
    uint32_t end;  /* of the final wfi */
};

static uint32_t seed;

static uint32_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* ---- encodings --------------------------------------------------------------------------------
 */

enum { NOP = 0x13, WFI = 0x10500073, MRET = 0x30200073 };

static uint32_t i_type(uint32_t opcode, uint32_t f3, uint32_t rd, uint32_t rs1, uint32_t imm)
{
    return (imm & 0xFFF) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode;
}

static uint32_t addi(uint32_t rd, uint32_t rs1, uint32_t imm)
{
    return i_type(0x13, 0, rd, rs1, imm);
}

static uint32_t load(uint32_t f3, uint32_t rd, uint32_t rs1, uint32_t imm)
{
    return i_type(0x03, f3, rd, rs1, imm);
}

static uint32_t store(uint32_t f3, uint32_t rs2, uint32_t rs1, uint32_t imm)
{
    return (imm >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | 0x23;
}

static uint32_t branch(uint32_t f3, uint32_t rs1, uint32_t rs2, uint32_t offset)
{
    return (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3F) << 25 | rs2 << 20 | rs1 << 15 |
           f3 << 12 | (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7 | 0x63;
}

static uint32_t jal(uint32_t rd, uint32_t offset)
{
    return (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21 | (offset >> 11 & 1) << 20 |
           (offset >> 12 & 0xFF) << 12 | rd << 7 | 0x6F;
}

/* ---- making programs --------------------------------------------------------------------------
 */

/* x1 links; x4 counts the loop; x6 points to data, in one memory and in the other in turn by x9 and
 * x10; x29 to x31 are the interrupt handler's. */
static const uint64_t kept =
    1u << 1 | 1u << 4 | 1u << 6 | 1u << 9 | 1u << 10 | 1u << 29 | 1u << 30 | 1u << 31;

static bool is_wanted(const struct riscv_insn *insn)
{
    const struct mote_insn *t = &insn->t;
    const uint64_t x6 = 1u << 6;
    if (!(t->flags & MOTE_INSN_ENGINE) || (t->flags & MOTE_INSN_WRITES_PC) || (t->writes & kept) ||
        (t->reads & 7u << 29))
        return false;
    return t->words == 0 ||
           (t->address_reads == x6 && (uint32_t)((int32_t)insn->imm + 2000) < 4000);
}

static void put(struct program *p, uint32_t half)
{
    assert_true(p->count < MAX_HALVES);
    p->half[p->count++] = (uint16_t)half;
}

static void put_word(struct program *p, uint32_t word)
{
    put(p, word & 0xFFFF);
    put(p, word >> 16);
}

static void set_word(struct program *p, uint32_t at, uint32_t word)
{
    p->half[at] = (uint16_t)word;
    p->half[at + 1] = (uint16_t)(word >> 16);
}

/* A random instruction of the hart, each row as likely as another. */
static void put_random(struct program *p, const struct riscv_decoder *decoder)
{
    for (;;) {
        size_t tables = 0;
        while (riscv_row_tables[tables] != NULL)
            tables++;
        const struct riscv_row_table *table = riscv_row_tables[random_bits() % tables];
        const struct riscv_row *row = &table->rows[random_bits() % table->count];
        uint32_t raw = (random_bits() & ~row->mask) | row->match;
        struct riscv_insn insn;
        if ((row->match & 3) != 3)
            raw &= 0xFFFF;
        else if (random_bits() & 1) /* memory by x6 */
            raw = (raw & ~(31u << 15)) | 6u << 15;
        if (!riscv_decode(decoder, raw, &insn) || !is_wanted(&insn))
            continue;
        put(p, raw & 0xFFFF);
        if (insn.t.bytes == 4)
            put(p, raw >> 16);
        return;
    }
}

static uint32_t distance(uint32_t from, uint32_t to)
{
    return 2 * (to - from);
}

static void make_program(struct program *p, const struct riscv_decoder *decoder, uint32_t length,
                         bool both_memories)
{
    uint32_t call = 0;
    p->count = 0;
    put_word(p, addi(4, 0, ROUNDS));
    uint32_t loop = p->count;
    p->loop = RAM + 2 * loop;
    put_word(p, addi(6, 9, 0));
    if (both_memories) {
        put_word(p, addi(9, 10, 0));
        put_word(p, addi(10, 6, 0));
    }
    for (uint32_t i = 0; i < length; i++) {
        static const uint8_t conditions[] = {0, 1, 4, 5, 6, 7};
        uint32_t kind = random_bits() % 10;
        uint32_t at = p->count, pair = random_bits();
        if (kind == 0) { /* over the next instruction */
            put_word(p, 0);
            put_random(p, decoder);
            set_word(p, at,
                     branch(conditions[pair % 6], (pair >> 8) % 29, (pair >> 16) % 29,
                            distance(at, p->count)));
        } else if (kind == 1 && call == 0) {
            call = at;
            put_word(p, 0);
        } else {
            put_random(p, decoder);
        }
    }
    put_word(p, addi(4, 4, ~0u));
    uint32_t back = p->count;
    put_word(p, branch(1, 4, 0, distance(back, loop)));
    p->end = RAM + 2 * p->count;
    put_word(p, WFI);
    put_word(p, jal(0, 0u - 4));
    if (call == 0)
        return;
    set_word(p, call, jal(1, distance(call, p->count)));
    put_random(p, decoder);
    put_word(p, i_type(0x67, 0, 0, 1, 0)); /* ret */
}

/* ---- a hart with memory and a timer -----------------------------------------------------------
 */

struct hart {
    struct bench *bench;
    struct riscv_cpu *cpu;
    struct mote_system *sys;
};

static struct hart hart_new(const char *compatible, const uint16_t *code, size_t halves)
{
    static const uint32_t vector[] = {RAM};
    static struct bench_prop props[] = {{.name = "compatible"},
                                        {.name = "mote,reset-vector", .cells = vector, .count = 1},
                                        {.name = NULL}};
    props[0].text = compatible;
    struct hart h = {.bench = bench_new()};
    h.sys = bench_system(h.bench);
    bench_clock(h.bench, 10000000);
    bench_ram(h.bench, RAM, RAM_BYTES);
    bench_ram(h.bench, TIGHT, DATA_BYTES);
    struct mote_device *clint = bench_add(h.bench, "clint", "clint", CLINT, NULL);
    struct mote_device *dev = bench_add(h.bench, "riscv_core", "cpu0", 0, props);
    assert_true(mote_wire_connect(clint, 1, dev, 7, false));
    h.cpu = dev->state;
    h.cpu->mtvec = HANDLER;
    if (h.cpu->features & RISCV_HAS_F)
        h.cpu->mstatus |= 1u << 13; /* FS: Initial, until an instruction makes it Dirty */
    assert_true(mote_mem_load_image(h.sys, RAM, code, 2 * halves));
    static const uint32_t handler[] = {0x02004FB7 /* lui x31, 0x2004 */, 0, 0, 0, 0, MRET};
    uint32_t words[6];
    memcpy(words, handler, sizeof words);
    words[1] = load(2, 30, 31, 0); /* mtimecmp */
    words[2] = addi(30, 30, TICK_CYCLES);
    words[3] = store(2, 30, 31, 0);
    words[4] = addi(29, 29, 1);
    assert_true(mote_mem_load_image(h.sys, HANDLER, words, sizeof words));
    return h;
}

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
        cpu->engine->review_cycles = FIRST_REVIEW;
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
    seed = 0x2545F491u;
    native_used = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        struct program p;
        make_program(&p, h.cpu->decoder, 3 + random_bits() % 60, i & 1);
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
    uint32_t bits = random_bits();
    return bits & 3 ? special[(bits >> 2) % (sizeof(special) / 4)] : random_bits();
}

/* Starts the loop anew, with other values. */
static void run_values(const struct hart *h, const struct program *p, uint32_t turn,
                       uint32_t rounds)
{
    uint32_t before = seed;
    seed = turn * 2654435761u + 12345;
    for (uint32_t i = 1; i < 32; i++)
        h->cpu->x[i] = a_value();
    for (uint32_t i = 0; i < 32; i++)
        h->cpu->f[i] = (uint64_t)(i & 1 ? a_value() : ~0u) << 32 | a_value();
    set_pointers(h->cpu);
    h->cpu->x[4] = rounds;
    seed = before;
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
    seed = 0x9E3779B9u + sequences;
    static const uint16_t none;
    struct hart decoding = hart_new("riscv", &none, 1);
    for (uint32_t i = 0; i < sequences; i++) {
        struct program p;
        make_program(&p, decoding.cpu->decoder, 1 + random_bits() % 8, i & 1);
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
    const uint32_t code[] = {load(2, 12, 10, 0), /* loop: lw a2, (a0) */
                             addi(13, 13, 1),    addi(11, 11, ~0u),         branch(1, 11, 17, 8),
                             addi(10, 16, 0),    branch(1, 11, 0, 0u - 20), WFI};
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
    const uint32_t code[] = {addi(12, 12, 1), /* loop: later addi a2, a2, 3 */
                             addi(11, 11, ~0u),
                             branch(1, 11, 0, 0u - 8),
                             0xB0002573u,         /* csrr a0, mcycle */
                             0xB0202AF3u,         /* csrr s5, minstret */
                             store(2, 14, 15, 0), /* changes the first instruction */
                             addi(11, 16, 0),
                             addi(16, 0, 0),
                             branch(1, 11, 0, 0u - 32),
                             WFI};
    for (enum executor k = INTERPRETED; k < EXECUTORS; k++) {
        struct hart h = start("riscv", code, sizeof code / 4, k);
        h.cpu->x[11] = 1000;
        h.cpu->x[14] = addi(12, 12, 3);
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
        {"load", "riscv", RAM_TOP - 1600, 5, {load(2, 12, 10, 0), addi(10, 10, 4)}},
        {"load half", "riscv", RAM_TOP - 1599, 5, {load(1, 12, 10, 0), addi(10, 10, 2)}},
        {"load byte", "riscv", RAM_TOP - 1600, 5, {load(4, 12, 10, 0), addi(10, 10, 1)}},
        {"store", "riscv", RAM_TOP - 1600, 7, {store(2, 10, 10, 0), addi(10, 10, 4)}},
        {"store in the other memory",
         "riscv",
         TIGHT + DATA_BYTES - 1600,
         7,
         {store(1, 10, 10, 0), addi(10, 10, 2)}},
        {"store over code", "riscv", RAM - 1600 + 4096, 1, {store(0, 0, 10, 0), addi(10, 10, ~0u)}},
        {"misaligned load",
         "sifive,e31",
         DATA,
         4,
         {load(2, 12, 10, 0), addi(13, 13, 1), 0x01F6D713u /* srli a4, a3, 31 */,
          0x00E50533u /* add a0, a0, a4 */}},
        {"misaligned store",
         "sifive,e31",
         DATA,
         6,
         {store(1, 12, 10, 0), addi(13, 13, 1), 0x01F6D713u, 0x00E50533u}},
    };
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        struct hart h[EXECUTORS];
        for (enum executor k = INTERPRETED; k < EXECUTORS; k++) {
            uint32_t code[6], count = 0;
            while (count < 5 && walks[i].code[count] != 0) {
                code[count] = walks[i].code[count];
                count++;
            }
            code[count] = jal(0, 0u - 4 * count);
            h[k] = start(walks[i].compatible, code, count + 1, k);
            h[k].cpu->x[10] = walks[i].start;
            h[k].cpu->x[13] = 0x80000000u - 1000;
            h[k].cpu->mtvec = HANDLER + 0x100;
            const uint32_t stop[] = {WFI, jal(0, 0u - 4)};
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
