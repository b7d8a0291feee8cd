/* What an RV64 hart has of its own: word and doubleword instructions, 64-bit addresses, CSRs and
 * traps, semihosting's blocks, doublewords at devices; and what exists for one XLEN alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "riscv/riscv.h"
#include "support/bench.h"
#include <string.h>

#define RAM     0x80000000ull
#define DATA    (RAM + 0x200)
#define HANDLER (RAM + 0x400)
#define CLINT   0x2000000ull

static struct bench *bench;
static struct riscv_cpu *cpu;
static struct mote_core *core;

static void make(const char *isa)
{
    static const uint32_t vector[] = {(uint32_t)RAM};
    static struct bench_prop props[] = {{.name = "compatible", .text = "riscv"},
                                        {.name = "riscv,isa"},
                                        {.name = "mote,reset-vector", .cells = vector, .count = 1},
                                        {.name = NULL}};
    props[1].text = isa;
    bench = bench_new();
    bench_clock(bench, 1000000);
    bench_ram(bench, RAM, 0x10000);
    cpu = bench_add(bench, "riscv_core", "cpu0", 0, props)->state;
    core = &cpu->core;
    cpu->mtvec = HANDLER;
}

static int setup(void **state)
{
    (void)state;
    make("rv64imac_zba_zbb_zbs");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_free(bench);
    return 0;
}

/* Executes one instruction at the RAM's base. */
static void execute(uint32_t raw)
{
    assert_true(mote_mem_load_image(bench_system(bench), RAM, &raw, 4));
    cpu->pc = RAM;
    core->ops->step(core);
}

static uint64_t memory(uint64_t address)
{
    uint64_t value = 0;
    assert_true(mote_mem_read(cpu->sys, address, &value, 8));
    return value;
}

static void test_operations(void **state)
{
    (void)state;
    static const struct {
        uint32_t raw;
        uint64_t a, b, expected;
    } cases[] = {
        {0x0015851B, 0x7FFFFFFF, 0, 0xFFFFFFFF80000000},           /* addiw a0, a1, 1 */
        {0x00C5853B, 0x17FFFFFFF, 2, 0xFFFFFFFF80000001},          /* addw a0, a1, a2 */
        {0x4045D51B, 0x80000000, 0, 0xFFFFFFFFF8000000},           /* sraiw a0, a1, 4 */
        {0x02859513, 3, 0, 0x30000000000},                         /* slli a0, a1, 40 */
        {0x43F5D513, 1ull << 63, 0, UINT64_MAX},                   /* srai a0, a1, 63 */
        {0x02C5B533, UINT64_MAX, UINT64_MAX, UINT64_MAX - 1},      /* mulhu a0, a1, a2 */
        {0x02C5853B, 0x100010000, 0x18000, 0xFFFFFFFF80000000},    /* mulw a0, a1, a2 */
        {0x02C5C53B, 0x180000000, 0xFFFFFFFF, 0xFFFFFFFF80000000}, /* divw a0, a1, a2 */
        {0x02C5D53B, 5, 0x100000000, UINT64_MAX},                  /* divuw a0, a1, a2 */
        {0x02C5C533, 1ull << 63, UINT64_MAX, 1ull << 63},          /* div a0, a1, a2 */
        {0x08C5853B, UINT64_MAX, 1, 0x100000000},                  /* add.uw a0, a1, a2 */
        {0x20C5C53B, 0xF80000000, 1, 0x200000001},                 /* sh2add.uw a0, a1, a2 */
        {0x0845951B, UINT64_MAX, 0, 0xFFFFFFFF0},                  /* slli.uw a0, a1, 4 */
        {0x60C5953B, 0xC0000000, 33, 0xFFFFFFFF80000001},          /* rolw a0, a1, a2 */
        {0x6005951B, 0xFFFFFFFF00000001, 0, 31},                   /* clzw a0, a1 */
        {0x6015951B, 0xFFFFFFFE00000000, 0, 32},                   /* ctzw a0, a1 */
        {0x6B85D513, 0x0123456789ABCDEF, 0, 0xEFCDAB8967452301},   /* rev8 a0, a1 */
        {0x0805C53B, UINT64_MAX, 0, 0xFFFF},                       /* zext.h a0, a1 */
        {0x28C01533, 0, 40, 1ull << 40},                           /* bset a0, zero, a2 */
        {0x80000537, 0, 0, 0xFFFFFFFF80000000},                    /* lui a0, 0x80000 */
        {0x80000517, 0, 0, 0},                                     /* auipc a0, 0x80000 */
        {0x9D2D, 0, 0, 10},                                        /* c.addw a0, a1 */
        {0x357D, 0, 0, 9},                                         /* c.addiw a0, -1 */
        {0x1506, 0, 0, 10ull << 33},                               /* c.slli a0, 33 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cpu->x[10] = 10;
        cpu->x[11] = cases[i].a;
        cpu->x[12] = cases[i].b;
        execute(cases[i].raw);
        if (cpu->x[10] != cases[i].expected)
            fail_msg("0x%08x: 0x%llx", cases[i].raw, (unsigned long long)cpu->x[10]);
    }
}

static void test_memory(void **state)
{
    (void)state;
    cpu->x[5] = DATA;
    cpu->x[11] = 0xFFEEDDCCBBAA9988;
    execute(0x00B2B023); /* sd a1, 0(t0) */
    assert_int_equal(memory(DATA), 0xFFEEDDCCBBAA9988);
    execute(0x0002E503); /* lwu a0, 0(t0) */
    assert_int_equal(cpu->x[10], 0xBBAA9988);
    execute(0x0002A503); /* lw a0, 0(t0) */
    assert_int_equal(cpu->x[10], 0xFFFFFFFFBBAA9988);
    execute(0x0012B683); /* ld a3, 1(t0): misaligned */
    assert_int_equal(cpu->x[13], 0x00FFEEDDCCBBAA99);
    execute(0x00B2B72F); /* amoadd.d a4, a1, (t0) */
    assert_int_equal(cpu->x[14], 0xFFEEDDCCBBAA9988);
    assert_int_equal(memory(DATA), 2 * 0xFFEEDDCCBBAA9988);
    execute(0x1002B7AF); /* lr.d a5, (t0) */
    execute(0x18B2B82F); /* sc.d a6, a1, (t0) */
    assert_int_equal(cpu->x[16], 0);
    assert_int_equal(memory(DATA), 0xFFEEDDCCBBAA9988);
    cpu->x[2] = DATA;
    execute(0xE82A); /* c.sdsp a0, 16(sp) */
    assert_int_equal(memory(DATA + 16), cpu->x[10]);
}

/* Addresses have 64 bits: an upper half does not go lost on the way to the trap. */
static void test_traps(void **state)
{
    (void)state;
    cpu->x[5] = 0x1234567880000000;
    execute(0x0002E503); /* lwu a0, 0(t0) */
    assert_int_equal(cpu->mcause, RISCV_CAUSE_LOAD_ACCESS);
    assert_int_equal(cpu->mtval, 0x1234567880000000);
    cpu->x[5] = DATA + 4;
    execute(0x1002B7AF); /* lr.d a5, (t0) */
    assert_int_equal(cpu->mcause, RISCV_CAUSE_MISALIGNED_LOAD);
    bench_drive(cpu->dev, "irq", 7, 1);
    cpu->mie = RISCV_MIP_MTIP;
    cpu->mstatus |= RISCV_MSTATUS_MIE;
    core->ops->step(core);
    assert_int_equal(cpu->mcause, 1ull << 63 | 7);
}

static void test_csrs(void **state)
{
    (void)state;
    execute(0x30102573); /* csrr a0, misa */
    assert_int_equal(cpu->x[10] >> 62, 2);
    execute(0x30002573); /* csrr a0, mstatus: UXL */
    assert_int_equal(cpu->x[10] >> 32 & 3, 2);
    cpu->x[11] = 0xFEDCBA9876543210;
    execute(0xB0059073); /* csrw mcycle, a1 */
    execute(0xB0002573); /* csrr a0, mcycle */
    assert_in_range(cpu->x[10] - cpu->x[11], 1, 20);
    static const uint32_t absent[] = {0xB8002573, 0xB8202573, 0xC8002573, 0x31002573};
    for (size_t i = 0; i < 4; i++) { /* mcycleh, minstreth, cycleh, mstatush */
        cpu->mcause = 0;
        execute(absent[i]);
        assert_int_equal(cpu->mcause, RISCV_CAUSE_ILLEGAL);
    }
}

static void test_registers_and_text(void **state)
{
    (void)state;
    assert_int_equal(core->ops->registers[10].bits, 64);
    core->ops->write_register(core, 10, 0x123456789ABCDEF0);
    assert_int_equal(core->ops->read_register(core, 10), 0x123456789ABCDEF0);
    static const uint32_t program[] = {0x0015851B, 0xFE000EE3};
    assert_true(mote_mem_load_image(cpu->sys, RAM, program, sizeof program));
    char text[64];
    assert_int_equal(core->ops->disassemble(core, RAM, text, sizeof text), 4);
    assert_string_equal(text, "addiw a0, a1, 1");
    assert_int_equal(core->ops->disassemble(core, RAM + 4, text, sizeof text), 4);
    assert_string_equal(text, "beq zero, zero, 0x80000000");
}

/* A doubleword reaches a device as its two words. */
static void test_device(void **state)
{
    (void)state;
    struct mote_device *clint = bench_add(bench, "clint", "clint", CLINT, NULL);
    bench_run_ps(bench, 5000000);
    cpu->x[6] = CLINT + 0x4000;
    cpu->x[11] = 0x100000000;
    execute(0x00B33023); /* sd a1, 0(t1) */
    assert_int_equal(bench_read32(bench, CLINT + 0x4000), 0);
    assert_int_equal(bench_read32(bench, CLINT + 0x4004), 1);
    execute(0x00033683); /* ld a3, 0(t1) */
    assert_int_equal(cpu->x[13], 0x100000000);
    assert_int_equal(bench_level(clint, "irq", 1), 0);
    cpu->x[11] = 1;
    execute(0x00B33023);
    assert_int_equal(bench_level(clint, "irq", 1), 1);
}

static void test_semihosting(void **state)
{
    (void)state;
    static const uint32_t program[] = {0x01F01013, 0x00100073, 0x40705013};
    static const uint64_t exit_block[] = {0x20026, 7}, absent[] = {99};
    assert_true(mote_mem_load_image(cpu->sys, RAM, program, sizeof program));
    assert_true(mote_mem_write(cpu->sys, DATA, absent, sizeof absent));
    cpu->x[10] = 2; /* SYS_CLOSE of no file: -1 */
    cpu->x[11] = DATA;
    for (int i = 0; i < 3; i++)
        core->ops->step(core);
    assert_int_equal(cpu->x[10], UINT64_MAX);
    assert_true(mote_mem_write(cpu->sys, DATA, exit_block, sizeof exit_block));
    cpu->pc = RAM;
    cpu->x[10] = 0x18; /* SYS_EXIT: a block, unlike on a 32-bit hart */
    cpu->x[11] = DATA;
    core->ops->run(core);
    assert_int_equal(mote_stop_requested(cpu->sys), MOTE_STOP_EXIT);
    assert_int_equal(mote_stop_exit_code(cpu->sys), 7);
}

static void test_one_xlen_alone(void **state)
{
    (void)state;
    static const uint32_t wide[] = {0x0015851B, 0x0002B603, 0x00B2B023, 0x02859513, 0x00B2B72F,
                                    0x08C5853B, 0x6B85D513, 0x6588,     0x1506,     0x9D2D};
    bench_free(bench);
    make("rv32imac_zba_zbb_zbs");
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        cpu->mcause = 0;
        execute(wide[i]);
        assert_int_equal(cpu->mcause, RISCV_CAUSE_ILLEGAL);
    }
    struct riscv_insn insn;
    assert_true(riscv_decode(cpu->decoder, 0x2001, &insn)); /* c.jal, of RV32 */
    assert_string_equal(insn.row->text, "c.jal %b");
}

static void test_isa_strings(void **state)
{
    (void)state;
    char lacking[64];
    uint32_t features = 0;
    assert_true(riscv_parse_isa("rv64imac", &features, lacking, sizeof lacking));
    assert_int_equal(features, RISCV_HAS_64 | RISCV_HAS_M | RISCV_HAS_A | RISCV_HAS_C);
    assert_true(riscv_parse_isa("rv32i", &features, lacking, sizeof lacking));
    assert_int_equal(features, 0);
    assert_false(riscv_parse_isa("rv128i", &features, lacking, sizeof lacking));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_operations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_traps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_csrs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_registers_and_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_device, setup, teardown),
        cmocka_unit_test_setup_teardown(test_semihosting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_xlen_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_isa_strings, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
