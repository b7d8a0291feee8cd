/* Physical memory protection, debug triggers, event counters and the words for each fault; random
 * configurations of PMP are compared with QEMU in conformance/random_riscv. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "riscv/riscv.h"
#include "support/bench.h"
#include <string.h>

#define RAM     0x80000000u
#define HANDLER (RAM + 0x400)
#define DATA    (RAM + 0x800)

enum {
    PMPCFG0 = 0x3A0,
    PMPADDR0 = 0x3B0,
    TSELECT = 0x7A0,
    TDATA1 = 0x7A1,
    TDATA2 = 0x7A2,
    TINFO = 0x7A4,
    R = 1,
    W = 2,
    X = 4,
    TOR = 1 << 3,
    NA4 = 2 << 3,
    NAPOT = 3 << 3,
    L = 1 << 7,
    NOP = 0x13,
    LOAD = 0x0005A503,       /* lw a0, 0(a1) */
    LOAD_WIDE = 0x0005B507,  /* fld fa0, 0(a1) */
    STORE = 0x00A5A023,      /* sw a0, 0(a1) */
    STORE_BYTE = 0x00A58023, /* sb a0, 0(a1) */
};

static struct bench *bench;
static struct riscv_cpu *cpu;
static struct mote_core *core;

static void make(const char *compatible, const char *property, uint32_t value)
{
    static const uint32_t vector[] = {RAM};
    static uint32_t cell;
    static struct bench_prop props[4];
    cell = value;
    props[0] = (struct bench_prop){.name = "compatible", .text = compatible};
    props[1] = (struct bench_prop){.name = "mote,reset-vector", .cells = vector, .count = 1};
    props[2] = (struct bench_prop){.name = property, .cells = &cell, .count = 1};
    bench = bench_new();
    bench_clock(bench, 1000000);
    bench_ram(bench, RAM, 0x10000);
    struct mote_device *dev = bench_add(bench, "riscv_core", "cpu0", 0, props);
    cpu = dev->state;
    core = &cpu->core;
    cpu->mtvec = HANDLER;
}

static void drop(void)
{
    bench_free(bench);
    bench = NULL;
}

/* For tests of several harts, which have no setup and end with drop(). */
static void remake(const char *compatible, const char *property, uint32_t value)
{
    if (bench != NULL)
        drop();
    make(compatible, property, value);
}

static int setup(void **state)
{
    (void)state;
    make("riscv", NULL, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    drop();
    return 0;
}

static uint64_t csr(uint32_t number)
{
    uint64_t value = 0;
    assert_true(riscv_csr_peek(cpu, number, &value));
    return value;
}

static bool has_csr(uint32_t number)
{
    uint64_t value;
    return riscv_csr_peek(cpu, number, &value);
}

static void set_csr(uint32_t number, uint64_t value)
{
    uint64_t old;
    cpu->mode = RISCV_MODE_M;
    assert_true(riscv_csr_access(cpu, number, &old, &value));
}

static void load_code(const uint32_t *words, size_t count)
{
    assert_true(mote_mem_load_image(bench_system(bench), RAM, words, 4 * count));
}

static void enter_mode(uint32_t mode)
{
    cpu->mode = mode;
    cpu->mcause = ~0ull;
    riscv_guard_changed(cpu);
}

/* One instruction at the RAM's base on a1 = address: its mcause, or -1. */
static int try_access(uint32_t mode, uint32_t word, uint32_t address)
{
    load_code(&word, 1);
    enter_mode(mode);
    cpu->pc = RAM;
    cpu->x[11] = address;
    core->ops->step(core);
    if (cpu->mcause != ~0ull)
        assert_int_equal(cpu->mtval, address);
    return (int)cpu->mcause;
}

/* Entry 15: everything allowed, behind the others. */
static void allow_the_rest(void)
{
    set_csr(PMPADDR0 + 15, 0xFFFFFFFF);
    set_csr(PMPCFG0 + 3, (uint64_t)(NAPOT | R | W | X) << 24);
}

static void protect(uint32_t entry, uint32_t addr, uint32_t cfg)
{
    uint32_t shift = 8 * (entry & 3), number = PMPCFG0 + entry / 4;
    set_csr(PMPADDR0 + entry, addr);
    set_csr(number, (csr(number) & ~(0xFFull << shift)) | (uint64_t)cfg << shift);
}

static void test_user_needs_an_entry(void **state)
{
    (void)state;
    assert_int_equal(try_access(RISCV_MODE_M, LOAD, DATA), -1);
    load_code((const uint32_t[]){NOP}, 1);
    enter_mode(RISCV_MODE_U);
    cpu->pc = RAM;
    core->ops->step(core);
    assert_int_equal(cpu->mcause, RISCV_CAUSE_FETCH_ACCESS);
    assert_int_equal(cpu->mtval, RAM);
    assert_int_equal(cpu->mepc, RAM);
    allow_the_rest();
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA), -1);
    assert_int_equal(try_access(RISCV_MODE_U, STORE, DATA), -1);
}

static void test_permissions(void **state)
{
    (void)state;
    allow_the_rest();
    protect(0, (DATA + 0x40) >> 2, NA4 | R);
    protect(1, (DATA + 0x100) >> 2 | 7, NAPOT | W | R); /* 64 bytes */
    protect(2, (DATA + 0x200) >> 2, 0);
    protect(3, (DATA + 0x280) >> 2, TOR | X);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 0x40), -1);
    assert_int_equal(try_access(RISCV_MODE_U, STORE, DATA + 0x40), RISCV_CAUSE_STORE_ACCESS);
    assert_int_equal(try_access(RISCV_MODE_U, STORE_BYTE, DATA + 0x43), RISCV_CAUSE_STORE_ACCESS);
    assert_int_equal(try_access(RISCV_MODE_U, STORE, DATA + 0x44), -1);
    assert_int_equal(try_access(RISCV_MODE_U, STORE, DATA + 0x13C), -1);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 0x1FC), -1);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 0x200), RISCV_CAUSE_LOAD_ACCESS);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 0x27C), RISCV_CAUSE_LOAD_ACCESS);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 0x280), -1);
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA + 0x200), -1); /* not locked */
    /* An access must lie in the entry with all its bytes, whatever is allowed. */
    set_csr(0x300, RISCV_MSTATUS_FS);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD_WIDE, DATA + 0x40), RISCV_CAUSE_LOAD_ACCESS);
    /* An atomic operation that may not read is a store fault. */
    assert_int_equal(try_access(RISCV_MODE_U, 0x00A5A52F, DATA + 0x200), RISCV_CAUSE_STORE_ACCESS);
}

/* Entries of the lowest number decide. */
static void test_priority(void **state)
{
    (void)state;
    allow_the_rest();
    protect(4, DATA >> 2 | 1, NAPOT | R);
    protect(3, DATA >> 2, NA4);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA), RISCV_CAUSE_LOAD_ACCESS);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 4), -1);
    assert_int_equal(try_access(RISCV_MODE_U, STORE, DATA + 4), RISCV_CAUSE_STORE_ACCESS);
}

static void test_lock(void **state)
{
    (void)state;
    protect(0, DATA >> 2, 0);
    protect(1, (DATA + 16) >> 2, TOR | R | L);
    assert_int_equal(try_access(RISCV_MODE_M, LOAD, DATA), -1);
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA), RISCV_CAUSE_STORE_ACCESS);
    set_csr(PMPCFG0, 0);
    assert_int_equal(csr(PMPCFG0), (TOR | R | L) << 8);
    set_csr(PMPADDR0, 0); /* the locked entry's bottom */
    assert_int_equal(csr(PMPADDR0), DATA >> 2);
    set_csr(PMPADDR0 + 1, 0);
    assert_int_equal(csr(PMPADDR0 + 1), (DATA + 16) >> 2);
    mote_device_reset(cpu->dev);
    assert_int_equal(csr(PMPCFG0), 0);
}

static void test_borrowed_privilege(void **state)
{
    (void)state;
    set_csr(0x300, RISCV_MSTATUS_MPRV | RISCV_MSTATUS_MPP);
    assert_int_equal(try_access(RISCV_MODE_M, LOAD, DATA), -1);
    set_csr(0x300, RISCV_MSTATUS_MPRV);
    assert_int_equal(try_access(RISCV_MODE_M, LOAD, DATA), RISCV_CAUSE_LOAD_ACCESS);
    load_code((const uint32_t[]){NOP}, 1); /* fetches do not borrow */
    enter_mode(RISCV_MODE_M);
    cpu->pc = RAM;
    core->ops->step(core);
    assert_int_equal(cpu->pc, RAM + 4);
}

/* A straight line of code leaves its region: the instructions before run, mtval tells the half. */
static void test_fetch(void **state)
{
    (void)state;
    static const uint32_t code[] = {
        0x00100513, /* li a0, 1 */
        0x00200513, /* li a0, 2 */
        0x05130001, /* c.nop; li a0, 3 ... */
        0x00010030, /* ... over the boundary; c.nop */
    };
    load_code(code, sizeof code / sizeof *code);
    protect(0, RAM >> 2, 0);
    protect(1, (RAM + 12) >> 2, TOR | X);
    enter_mode(RISCV_MODE_U);
    cpu->pc = RAM;
    for (int i = 0; i < 4; i++)
        core->ops->step(core);
    assert_int_equal(cpu->x[10], 2);
    assert_int_equal(cpu->mcause, RISCV_CAUSE_FETCH_ACCESS);
    assert_int_equal(cpu->mepc, RAM + 10);
    assert_int_equal(cpu->mtval, RAM + 12);
}

static void test_registers_by_model(void **state)
{
    (void)state;
    remake("riscv", NULL, 0);
    set_csr(PMPCFG0, 0x9F9E8062);
    assert_int_equal(csr(PMPCFG0), 0x9F9C8000); /* W without R, and bits that do not exist */
    remake("sifive,e31", NULL, 0);
    set_csr(PMPADDR0 + 7, 0x1234);
    set_csr(PMPADDR0 + 8, 0x1234);
    set_csr(PMPCFG0 + 2, 0x1F1F1F1F);
    assert_int_equal(csr(PMPADDR0 + 7), 0x1234);
    assert_int_equal(csr(PMPADDR0 + 8), 0);
    assert_int_equal(csr(PMPCFG0 + 2), 0);
    remake("openhwgroup,cv32e40p", NULL, 0);
    assert_false(has_csr(PMPCFG0));
    assert_false(has_csr(PMPADDR0));
    remake("lowrisc,ibex", "riscv,pmpregions", 4);
    set_csr(PMPADDR0 + 3, 0x55);
    assert_int_equal(csr(PMPADDR0 + 3), 0x55);
    assert_int_equal(try_access(RISCV_MODE_U, NOP, RAM), RISCV_CAUSE_FETCH_ACCESS);
    drop();
}

static void test_granularity(void **state)
{
    (void)state;
    remake("riscv", "riscv,pmpgranularity", 64); /* G = 4 */
    allow_the_rest();
    set_csr(PMPADDR0, UINT32_MAX);
    assert_int_equal(csr(PMPADDR0), 0xFFFFFFF0); /* how firmware finds G */
    protect(0, DATA >> 2, NA4 | R);
    assert_int_equal(csr(PMPCFG0), R); /* not selectable: off */
    protect(0, DATA >> 2, NAPOT | R);
    assert_int_equal(csr(PMPADDR0), DATA >> 2 | 7);
    assert_int_equal(try_access(RISCV_MODE_U, STORE, DATA + 60), RISCV_CAUSE_STORE_ACCESS);
    assert_int_equal(try_access(RISCV_MODE_U, STORE, DATA + 64), -1);
    protect(0, (DATA + 0x7C) >> 2, TOR | R | W | X); /* up to DATA + 0x40 */
    protect(1, (DATA + 0x80) >> 2, NAPOT);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 0x3C), -1);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA + 0x80), RISCV_CAUSE_LOAD_ACCESS);
    drop();
}

/* ---- triggers ---- */
static void arm(uint32_t number, uint32_t control, uint32_t address)
{
    set_csr(TSELECT, number);
    set_csr(TDATA2, address);
    set_csr(TDATA1, 2u << 28 | control);
}

static void test_triggers(void **state)
{
    (void)state;
    assert_int_equal(csr(TINFO), 4);
    set_csr(TSELECT, 2); /* there are two */
    assert_int_equal(csr(TSELECT), 0);
    arm(0, 1 << 6 | 1, DATA); /* m, load */
    assert_int_equal(csr(TDATA1), 2u << 28 | 1 << 6 | 1);
    assert_int_equal(try_access(RISCV_MODE_M, LOAD, DATA), RISCV_CAUSE_BREAKPOINT);
    assert_int_equal(cpu->mepc, RAM);
    assert_int_equal(try_access(RISCV_MODE_M, LOAD, DATA + 4), -1);
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA), -1);
    arm(0, 1 << 6 | 2, DATA + 2); /* any byte of a store */
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA), RISCV_CAUSE_BREAKPOINT);
    assert_int_equal(try_access(RISCV_MODE_M, STORE_BYTE, DATA), -1);
    arm(0, 1 << 6 | 2 | 1 << 7, DATA | 7); /* NAPOT, 16 bytes */
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA + 12), RISCV_CAUSE_BREAKPOINT);
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA + 16), -1);
    arm(0, 1 << 6 | 2 | 2 << 7 | 1 << 11, DATA); /* chained: a range */
    arm(1, 1 << 6 | 2 | 3 << 7, DATA + 32);
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA + 28), RISCV_CAUSE_BREAKPOINT);
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA + 32), -1);
    assert_int_equal(try_access(RISCV_MODE_M, STORE, DATA - 4), -1);
    arm(1, 0, 0);
    arm(0, 1 << 3 | 1, DATA); /* u */
    allow_the_rest();
    assert_int_equal(try_access(RISCV_MODE_M, LOAD, DATA), -1);
    assert_int_equal(try_access(RISCV_MODE_U, LOAD, DATA), RISCV_CAUSE_BREAKPOINT);
}

static void test_execute_trigger(void **state)
{
    (void)state;
    remake("riscv", NULL, 0);
    static const uint32_t code[] = {NOP, NOP, NOP, NOP};
    load_code(code, 4);
    arm(0, 1 << 6 | 4, RAM + 8);
    enter_mode(RISCV_MODE_M);
    cpu->pc = RAM;
    for (int i = 0; i < 3; i++)
        core->ops->step(core);
    assert_int_equal(cpu->mcause, RISCV_CAUSE_BREAKPOINT);
    assert_int_equal(cpu->mepc, RAM + 8);
    assert_int_equal(cpu->mtval, RAM + 8);
    arm(0, 1 << 6 | 4, HANDLER); /* nothing can end that */
    core->ops->step(core);
    assert_int_equal(mote_stop_requested(bench_system(bench)), MOTE_STOP_FAULT);
    remake("openhwgroup,cv32e40p", NULL, 0); /* the debugger's */
    assert_int_equal(csr(TDATA1), 0x28001040);
    set_csr(TDATA1, 0x20000044);
    set_csr(TDATA2, RAM);
    assert_int_equal(csr(TDATA1), 0x28001040);
    assert_int_equal(csr(TDATA2), 0);
    remake("spinalhdl,vexriscv", NULL, 0);
    assert_false(has_csr(TSELECT));
    drop();
}

/* ---- counters ---- */
static void test_event_counters(void **state)
{
    (void)state;
    static const uint32_t code[] = {LOAD, LOAD, NOP, STORE, 0x32041073 /* csrw mcountinhibit, s0 */,
                                    LOAD};
    remake("sifive,e31", NULL, 0);
    load_code(code, sizeof code / sizeof *code);
    set_csr(0x323, 1 << 9 | 1 << 10); /* loads and stores */
    set_csr(0x324, 1 << 13);          /* arithmetic */
    set_csr(0xB83, 0xFFFFFFFF);       /* 40 bits */
    set_csr(0xB03, 0xFFFFFFFE);
    cpu->x[11] = DATA;
    cpu->x[8] = 1 << 3;
    for (int i = 0; i < 6; i++)
        core->ops->step(core);
    assert_int_equal(csr(0xB03), 1);
    assert_int_equal(csr(0xB83), 0);
    assert_int_equal(csr(0xC03), 1);
    assert_int_equal(csr(0xB04), 1);
    assert_int_equal(csr(0x320), 1 << 3);
    set_csr(0xB05, 7); /* not implemented */
    set_csr(0x325, 7);
    assert_int_equal(csr(0xB05), 0);
    assert_int_equal(csr(0x325), 0);
    cpu->mcounteren = 0;
    cpu->mode = RISCV_MODE_U;
    uint64_t value;
    assert_false(riscv_csr_access(cpu, 0xC03, &value, NULL));
    cpu->mcounteren = 1 << 3;
    assert_true(riscv_csr_access(cpu, 0xC03, &value, NULL));
    drop();
}

static void test_counters_at_rest(void **state)
{
    (void)state;
    static const uint32_t code[] = {NOP, NOP, NOP};
    remake("openhwgroup,cv32e40p", NULL, 0);
    load_code(code, 3);
    assert_int_equal(csr(0x320), 0xD);
    core->ops->step(core);
    assert_int_equal(csr(0xB00), 0);
    assert_int_equal(csr(0xB02), 0);
    set_csr(0x323, 2); /* instructions */
    set_csr(0x320, 0);
    core->ops->step(core);
    core->ops->step(core);
    assert_int_equal(csr(0xB02), 2);
    assert_int_equal(csr(0xB03), 2);
    drop();
}

static void test_privileged_version(void **state)
{
    (void)state;
    remake("riscv", NULL, 0);
    assert_true(has_csr(0xF15) && has_csr(0x30A) && has_csr(0x310));
    set_csr(0x30A, UINT32_MAX);
    assert_int_equal(csr(0x30A), 0);
    remake("sifive,e31", NULL, 0);
    assert_false(has_csr(0xF15) || has_csr(0x30A) || has_csr(0x310));
    drop();
}

/* ---- words ---- */
static void expect_words(int cause, const char *words)
{
    char text[160];
    assert_int_equal(cpu->mcause, cause);
    core->ops->describe_fault(core, text, sizeof text);
    if (strstr(text, words) == NULL)
        fail_msg("\"%s\" does not tell \"%s\"", text, words);
}

static void test_words(void **state)
{
    (void)state;
    remake("riscv", NULL, 0);
    allow_the_rest();
    protect(0, DATA >> 2, NA4);
    try_access(RISCV_MODE_U, LOAD, DATA);
    expect_words(5, "load access fault: user mode may not read 0x80000800 by PMP entry 0");
    try_access(RISCV_MODE_U, STORE, DATA);
    expect_words(7, "store/AMO access fault: user mode may not write 0x80000800 by PMP entry 0");
    try_access(RISCV_MODE_M, STORE, 0x100);
    expect_words(7, "store/AMO access fault: nothing can be written at 0x00000100");
    try_access(RISCV_MODE_M, LOAD, 0x100);
    expect_words(5, "load access fault: nothing can be read at 0x00000100");
    arm(0, 1 << 6 | 1, DATA);
    try_access(RISCV_MODE_M, LOAD, DATA);
    expect_words(3, "breakpoint: a debug trigger at 0x80000800");
    remake("sifive,e31", NULL, 0);
    try_access(RISCV_MODE_M, LOAD, DATA + 1);
    expect_words(4, "load address misaligned: 0x80000801 is no multiple");
    try_access(RISCV_MODE_M, STORE, DATA + 2);
    expect_words(6, "store/AMO address misaligned: 0x80000802 is no multiple");
    enter_mode(RISCV_MODE_U);
    cpu->pc = RAM;
    core->ops->step(core);
    expect_words(1, "instruction access fault: user mode may not execute 0x80000000: no PMP entry");
    cpu->pc = 0x100;
    core->ops->step(core);
    expect_words(1, "instruction access fault: nothing can be executed at 0x00000100");
    drop();
}

static void test_words_of_instructions(void **state)
{
    (void)state;
    static const struct {
        uint32_t word;
        int cause;
        const char *words;
    } cases[] = {
        {0xFFFFFFFF, 2, "illegal instruction: 0xffffffff is none that this hart has"},
        {0x00C58553, 2, "illegal instruction: fadd.s fa0, fa1, fa2, rne"},
        {0x00302573, 2, "illegal instruction: csrrs a0, 0x3, zero"},
        {0x00100073, 3, "breakpoint: ebreak"},
        {0x00000073, 11, "environment call from M-mode"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        load_code(&cases[i].word, 1);
        enter_mode(RISCV_MODE_M);
        cpu->pc = RAM;
        core->ops->step(core);
        expect_words(cases[i].cause, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_user_needs_an_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(test_permissions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_priority, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_borrowed_privilege, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fetch, setup, teardown),
        cmocka_unit_test(test_registers_by_model),
        cmocka_unit_test(test_granularity),
        cmocka_unit_test_setup_teardown(test_triggers, setup, teardown),
        cmocka_unit_test(test_execute_trigger),
        cmocka_unit_test(test_event_counters),
        cmocka_unit_test(test_counters_at_rest),
        cmocka_unit_test(test_privileged_version),
        cmocka_unit_test(test_words),
        cmocka_unit_test_setup_teardown(test_words_of_instructions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
