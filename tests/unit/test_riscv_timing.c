/* What the harts pass to their pipelines: cycles of decoded instructions on each core, by operand,
 * register and alignment. The pipelines' own rules: test_pipeline_riscv.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "riscv/riscv.h"
#include "support/bench.h"

#define RAM     0x80000000u
#define DATA    (RAM + 0x800)
#define HANDLER (RAM + 0x400)

enum { NOP = 0x13, J_SELF = 0x6F, FENCE = 0x0FF0000F, FENCE_I = 0x100F, MRET = 0x30200073 };
enum { A0 = 10, A1 = 11, A2 = 12 };

static struct bench *bench;
static struct riscv_cpu *cpu;
static struct mote_core *core;

static struct mote_region *ram;

/* `caches`: 256 bytes of two ways each, in front of RAM that takes 10 cycles and 3 for each beat.
 */
static void make_hart(const char *compatible, bool caches)
{
    static const uint32_t vector[] = {RAM};
    static const uint32_t bytes[] = {256}, block[] = {32}, sets[] = {4};
    static struct bench_prop props[] = {{.name = "compatible"},
                                        {.name = "mote,reset-vector", .cells = vector, .count = 1},
                                        {.name = "i-cache-size", .cells = bytes, .count = 1},
                                        {.name = "i-cache-block-size", .cells = block, .count = 1},
                                        {.name = "i-cache-sets", .cells = sets, .count = 1},
                                        {.name = "d-cache-size", .cells = bytes, .count = 1},
                                        {.name = "d-cache-block-size", .cells = block, .count = 1},
                                        {.name = "d-cache-sets", .cells = sets, .count = 1},
                                        {.name = NULL}};
    props[0].text = compatible;
    props[2].name = caches ? "i-cache-size" : NULL;
    bench = bench_new();
    bench_clock(bench, 1000000);
    ram = bench_ram(bench, RAM, 0x10000);
    if (caches) {
        ram->load_extra_cycles = 10;
        ram->store_extra_cycles = 5;
        ram->beat_cycles = 3;
    }
    struct mote_device *dev = bench_add(bench, "riscv_core", "cpu0", 0, props);
    cpu = dev->state;
    core = &cpu->core;
    cpu->mtvec = HANDLER;
}

static void make(const char *compatible)
{
    make_hart(compatible, false);
}

static uint32_t r_type(uint32_t funct7, uint32_t funct3)
{
    return funct7 << 25 | A2 << 20 | A1 << 15 | funct3 << 12 | A0 << 7 | 0x33;
}

static uint32_t load(uint32_t funct3, uint32_t offset)
{
    return offset << 20 | A1 << 15 | funct3 << 12 | A0 << 7 | 0x03;
}

static uint32_t csrr(uint32_t number)
{
    return number << 20 | 2 << 12 | A0 << 7 | 0x73;
}

static const uint32_t add_a0 = A0 << 20 | A0 << 15 | A0 << 7 | 0x33;           /* add a0, a0, a0 */
static const uint32_t slli_a0 = 4 << 20 | A1 << 15 | 1 << 12 | A0 << 7 | 0x13; /* slli a0, a1, 4 */

/* Cycles of a few words at the RAM's base behind a nop, when so many instructions run. */
static uint64_t run(uint32_t count, const uint32_t *words)
{
    const uint32_t nop = NOP;
    uint64_t before;
    assert_true(mote_mem_load_image(bench_system(bench), RAM, &nop, 4));
    assert_true(mote_mem_load_image(bench_system(bench), RAM + 4, words, 16));
    cpu->pc = RAM;
    core->ops->step(core);
    before = cpu->cycles;
    while (count-- > 0)
        core->ops->step(core);
    return cpu->cycles - before;
}
#define CYCLES(count, ...) run(count, (const uint32_t[4]){__VA_ARGS__})

static uint64_t divides(uint32_t funct3, uint32_t a, uint32_t b)
{
    cpu->x[A1] = a;
    cpu->x[A2] = b;
    return CYCLES(1, r_type(1, funct3));
}

static void cv32e40p(void **state)
{
    enum { DIV = 4, DIVU = 5, REM = 6 };
    (void)state;
    make("openhwgroup,cv32e40p");
    /* User Manual: 3 to 35 by the divisor's leading zeros; of a negative one, by its sign bits. */
    assert_int_equal(divides(DIVU, 1000, 0x80000000), 3);
    assert_int_equal(divides(DIVU, 1000, 1), 34);
    assert_int_equal(divides(DIVU, 1000, 0), 35);
    assert_int_equal(divides(DIV, 1000, 0x7FFFFFFF), 4);
    assert_int_equal(divides(DIV, 1000, 0x80000000), 3);
    assert_int_equal(divides(REM, 1000, (uint32_t)-1), 34);
    assert_int_equal(divides(REM, 1000, (uint32_t)-3), 32);
    assert_int_equal(CYCLES(1, csrr(0xB00)), 4); /* mcycle */
    assert_int_equal(CYCLES(1, csrr(0x300)), 4); /* mstatus */
    assert_int_equal(CYCLES(1, csrr(0x340)), 1); /* mscratch */
    assert_int_equal(CYCLES(1, FENCE_I), 2);
    assert_int_equal(CYCLES(1, J_SELF), 2);
    /* Two transactions only across a word. */
    cpu->x[A1] = DATA;
    assert_int_equal(CYCLES(1, load(2, 0)), 1);
    assert_int_equal(CYCLES(1, load(2, 1)), 2);
    assert_int_equal(CYCLES(1, load(2, 2)), 2);
    assert_int_equal(CYCLES(1, load(1, 1)), 1);
    assert_int_equal(CYCLES(1, load(1, 3)), 2);
    assert_int_equal(CYCLES(2, load(2, 2), add_a0), 4);
    bench_free(bench);
}

static void ibex(void **state)
{
    (void)state;
    make("lowrisc,ibex");
    cpu->x[A1] = DATA;
    assert_int_equal(CYCLES(1, load(2, 0)), 2);
    assert_int_equal(CYCLES(1, load(2, 3)), 3);
    assert_int_equal(divides(5, 7, 1), 37);
    assert_int_equal(divides(5, 7, 0), 2);
    assert_int_equal(CYCLES(1, csrr(0xB00)), 1);
    bench_free(bench);
}

static void vexriscv(void **state)
{
    (void)state;
    make("spinalhdl,vexriscv");
    assert_int_equal(CYCLES(2, slli_a0, add_a0), 3);
    assert_int_equal(CYCLES(2, r_type(0, 5), add_a0), 3); /* srl */
    assert_int_equal(CYCLES(2, r_type(0, 0), add_a0), 2);
    assert_int_equal(CYCLES(2, r_type(1, 0), add_a0), 4);
    assert_int_equal(divides(4, 1, 1), 34);
    /* Backward branches are taken for taken. */
    const uint32_t back = 0xFE000EE3, forward = 0x00000463; /* beq zero, zero, -4 and +8 */
    const uint32_t not_back = 0xFEB51EE3;                   /* bne a0, a1, -4 */
    cpu->x[A0] = cpu->x[A1] = 0;
    assert_int_equal(CYCLES(1, back), 2);
    assert_int_equal(CYCLES(1, forward), 4);
    assert_int_equal(CYCLES(1, not_back), 4);
    bench_free(bench);
}

static void e31(void **state)
{
    (void)state;
    make("sifive,e31");
    cpu->x[A1] = DATA;
    assert_int_equal(CYCLES(2, load(2, 0), add_a0), 3);
    assert_int_equal(CYCLES(2, load(0, 0), add_a0), 4);
    assert_int_equal(CYCLES(2, load(5, 0), add_a0), 4);
    assert_int_equal(CYCLES(2, csrr(0xB00), add_a0), 4);
    assert_int_equal(divides(5, 1, 1), 1); /* goes on at once */
    cpu->x[A1] = 7;
    cpu->x[A2] = 1;
    assert_int_equal(CYCLES(2, r_type(1, 5), add_a0), 1 + 1 + 3);
    /* What the predictor learned outlives a trap: the loop goes on without a penalty. */
    for (uint32_t i = 0; i < 20; i++)
        CYCLES(2, J_SELF);
    assert_int_equal(CYCLES(2, J_SELF), 2);
    const uint32_t mret = MRET;
    assert_true(mote_mem_load_image(bench_system(bench), HANDLER, &mret, 4));
    cpu->mstatus |= RISCV_MSTATUS_MPP;
    CYCLES(2, 0xFFFFFFFF);
    assert_int_equal(CYCLES(2, J_SELF), 2);
    bench_free(bench);
}

static void caches(void **state)
{
    enum { LW = 2, FILL = 10 + 4 * 3, STORE_A0 = A0 << 20 | A1 << 15 | 2 << 12 | 0x23 };
    const uint32_t lw = load(LW, 0);
    (void)state;
    make_hart("spinalhdl,vexriscv", true);
    cpu->x[A1] = DATA;
    assert_int_equal(CYCLES(1, lw), 1 + FILL); /* the code's line is there by the nop before */
    assert_int_equal(CYCLES(1, lw), 1);
    cpu->x[A1] = DATA + 28;
    assert_int_equal(CYCLES(1, lw), 1);
    /* Two ways: a third line of the set takes the first's place. */
    cpu->x[A1] = DATA + 4 * 32;
    assert_int_equal(CYCLES(1, lw), 1 + FILL);
    cpu->x[A1] = DATA + 8 * 32;
    assert_int_equal(CYCLES(1, lw), 1 + FILL);
    cpu->x[A1] = DATA + 4 * 32;
    assert_int_equal(CYCLES(1, lw), 1);
    cpu->x[A1] = DATA;
    assert_int_equal(CYCLES(1, lw), 1 + FILL);
    /* A store leaves the core at once, and brings no line; the next transfer waits for it. */
    cpu->x[A1] = DATA + 64;
    CYCLES(2, NOP, NOP); /* a0 of the load has come */
    assert_int_equal(CYCLES(1, STORE_A0), 1);
    for (uint32_t i = 0; i < 8; i++)
        CYCLES(1, NOP);
    assert_int_equal(CYCLES(3, STORE_A0, STORE_A0, lw), 1 + (1 + 4) + (1 + 4 + FILL));
    /* Code: a jump to another line. */
    const uint32_t jump = 0x0800006F; /* j +128 */
    assert_true(mote_mem_load_image(bench_system(bench), RAM + 4 + 128, &jump, 4));
    assert_int_equal(CYCLES(2, jump), 2 + 2 + FILL);
    assert_int_equal(CYCLES(2, jump), 2 + 2);
    core->ops->reset(core);
    cpu->x[A1] = DATA + 64;
    assert_int_equal(CYCLES(1, lw), 1 + FILL);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cv32e40p), cmocka_unit_test(ibex),   cmocka_unit_test(vexriscv),
        cmocka_unit_test(e31),      cmocka_unit_test(caches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
