/* An RV32 hart: traps, interrupts, CSRs, sleep, semihosting, misaligned accesses by core, and the
 * consistency of its instruction rows. */
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

enum { ECALL = 0x73, EBREAK = 0x100073, MRET = 0x30200073, WFI = 0x10500073, NOP = 0x13 };

static struct bench *bench;
static struct riscv_cpu *cpu;
static struct mote_core *core;
static char text[256];

static void console(void *user, const char *bytes, size_t count)
{
    (void)user;
    strncat(text, bytes, count);
}

static void make(const char *compatible)
{
    static const uint32_t vector[] = {RAM};
    static struct bench_prop props[] = {{.name = "compatible"},
                                        {.name = "mote,reset-vector", .cells = vector, .count = 1},
                                        {.name = NULL}};
    props[0].text = compatible;
    bench = bench_new();
    bench_clock(bench, 1000000);
    bench_ram(bench, RAM, 0x10000);
    struct mote_device *dev = bench_add(bench, "riscv_core", "cpu0", 0, props);
    cpu = dev->state;
    core = &cpu->core;
    text[0] = '\0';
    mote_set_debug_console(bench_system(bench), console, NULL);
    cpu->mtvec = HANDLER;
}

static int setup(void **state)
{
    (void)state;
    make("riscv");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_free(bench);
    return 0;
}

static void code(const uint32_t *words, size_t count)
{
    assert_true(mote_mem_load_image(bench_system(bench), RAM, words, 4 * count));
}

static void steps(uint32_t count)
{
    while (count-- > 0)
        core->ops->step(core);
}

/* Runs one instruction at the RAM's base that must trap. */
static void expect_trap(uint32_t word, uint32_t cause, uint32_t tval)
{
    code(&word, 1);
    cpu->pc = RAM;
    steps(1);
    assert_int_equal(cpu->mcause, cause);
    assert_int_equal(cpu->mtval, tval);
    assert_int_equal(cpu->mepc, RAM);
    assert_int_equal(cpu->pc, HANDLER);
}

static void test_exceptions(void **state)
{
    (void)state;
    expect_trap(ECALL, 11, 0);
    expect_trap(EBREAK, 3, RAM);
    expect_trap(0xFFFFFFFF, 2, 0xFFFFFFFF);
    expect_trap(0, 2, 0);                   /* the all-zero halfword */
    expect_trap(0x00002503, 5, 0);          /* lw a0, 0(zero) */
    expect_trap(0x00A02023, 7, 0);          /* sw a0, 0(zero) */
    expect_trap(0xF1101073, 2, 0xF1101073); /* csrw mvendorid, zero */
    cpu->x[5] = RAM + 0x102;
    expect_trap(0x1002A52F, 4, RAM + 0x102); /* lr.w a0, (t0) */
    expect_trap(0x18A2A52F, 6, RAM + 0x102); /* sc.w a0, a0, (t0) */
    expect_trap(0x00A2A52F, 6, RAM + 0x102); /* amoadd.w a0, a0, (t0) */
}

static void test_fetch_faults(void **state)
{
    (void)state;
    cpu->pc = 0x1000;
    steps(1);
    assert_int_equal(cpu->mcause, 1);
    assert_int_equal(cpu->mtval, 0x1000);
    assert_int_equal(cpu->pc, HANDLER);
    char words[128];
    core->ops->describe_fault(core, words, sizeof words);
    assert_non_null(strstr(words, "instruction access fault"));
}

static void test_parked_handler(void **state)
{
    (void)state;
    const uint32_t illegal = 0xFFFFFFFF, spin = 0x0000006F;
    code(&illegal, 1);
    assert_true(mote_mem_load_image(bench_system(bench), HANDLER, &spin, 4));
    cpu->pc = RAM;
    steps(2);
    assert_int_equal(mote_stop_requested(bench_system(bench)), MOTE_STOP_FAULT);
    assert_non_null(strstr(mote_stop_text(bench_system(bench)), "illegal instruction"));
}

/* What led to a handler that cannot be fetched is told, not the fetch. */
static void test_lost_handler(void **state)
{
    (void)state;
    const uint32_t illegal = 0xFFFFFFFF;
    char words[128];
    code(&illegal, 1);
    cpu->mtvec = 0x1000;
    cpu->pc = RAM;
    steps(2);
    assert_int_equal(mote_stop_requested(bench_system(bench)), MOTE_STOP_FAULT);
    assert_non_null(strstr(mote_stop_text(bench_system(bench)), "cannot be fetched"));
    core->ops->describe_fault(core, words, sizeof words);
    assert_non_null(strstr(words, "illegal instruction"));
    uint64_t addresses[4];
    assert_true(core->ops->call_chain(core, addresses, 4) > 0);
    assert_int_equal(addresses[0], RAM);
}

/* A handler whose first store faults, as after a stack overflow; one that returns is another thing.
 */
static void test_handler_that_traps(void **state)
{
    (void)state;
    const uint32_t illegal = 0xFFFFFFFF, store[] = {0xFF010113, 0x00112023}; /* addi sp; sw ra */
    code(&illegal, 1);
    assert_true(mote_mem_load_image(bench_system(bench), HANDLER, store, sizeof store));
    cpu->pc = RAM;
    cpu->x[2] = 0x1000;
    steps(100);
    assert_int_equal(mote_stop_requested(bench_system(bench)), MOTE_STOP_NONE);
    steps(100);
    assert_int_equal(mote_stop_requested(bench_system(bench)), MOTE_STOP_FAULT);
    assert_non_null(strstr(mote_stop_text(bench_system(bench)), "traps itself"));
}

/* Outside a handler the same loop is a firmware that waits for interrupts. */
static void test_idle_loop(void **state)
{
    (void)state;
    const uint32_t spin = 0x0000006F;
    code(&spin, 1);
    cpu->pc = RAM;
    steps(3);
    assert_int_equal(mote_stop_requested(bench_system(bench)), MOTE_STOP_NONE);
}

static void test_user_mode(void **state)
{
    (void)state;
    static const uint32_t program[] = {MRET, ECALL};
    uint64_t old, all = 0x1F, everywhere = UINT32_MAX; /* PMP entry 0: NAPOT, all allowed */
    code(program, 2);
    riscv_csr_access(cpu, 0x3B0, &old, &everywhere);
    riscv_csr_access(cpu, 0x3A0, &old, &all);
    cpu->mepc = RAM + 4;
    cpu->mstatus = RISCV_MSTATUS_MPIE;
    steps(1);
    assert_int_equal(cpu->mode, RISCV_MODE_U);
    assert_int_equal(cpu->mstatus, RISCV_MSTATUS_MIE | RISCV_MSTATUS_MPIE);
    steps(1);
    assert_int_equal(cpu->mcause, 8);
    assert_int_equal(cpu->mode, RISCV_MODE_M);
    assert_int_equal(cpu->mstatus, RISCV_MSTATUS_MPIE);
    cpu->mode = RISCV_MODE_U;
    expect_trap(0x30001073, 2, 0x30001073); /* csrw mstatus, zero */
    cpu->mode = RISCV_MODE_U;
    expect_trap(MRET, 2, MRET);
    cpu->mode = RISCV_MODE_U;
    expect_trap(0xC0002573, 2, 0xC0002573); /* csrr a0, cycle: closed by mcounteren */
}

/* Vectored, by priority: external before software before timer. */
static void test_interrupts(void **state)
{
    (void)state;
    static const uint32_t program[] = {NOP, NOP};
    static const uint32_t order[] = {11, 3, 7};
    code(program, 2);
    for (size_t i = 0; i < 3; i++)
        bench_drive(cpu->dev, "irq", order[i], 1);
    cpu->mtvec = HANDLER | 1;
    cpu->mie = 0x888;
    steps(1);
    assert_int_equal(cpu->pc, RAM + 4); /* MIE is clear */
    for (size_t i = 0; i < 3; i++) {
        cpu->pc = RAM;
        cpu->mstatus |= RISCV_MSTATUS_MIE;
        steps(1);
        assert_int_equal(cpu->mcause, 0x80000000u | order[i]);
        assert_int_equal(cpu->pc, HANDLER + 4 * order[i]);
        assert_int_equal(cpu->mepc, RAM);
        bench_drive(cpu->dev, "irq", order[i], 0);
    }
}

static void test_wfi(void **state)
{
    (void)state;
    static const uint32_t program[] = {WFI, NOP};
    code(program, 2);
    cpu->mie = 0x80;
    steps(1);
    assert_int_equal(core->ops->step(core), MOTE_CORE_SLEEPING);
    assert_int_equal(bench_level(cpu->dev, "sleep", 0), 1);
    uint64_t cycles = cpu->cycles;
    bench_run_ps(bench, 5000000000);
    bench_drive(cpu->dev, "irq", 7, 1);
    steps(1);
    assert_int_equal(cpu->pc, RAM + 8); /* woken without MIE: no trap */
    assert_true(cpu->cycles - cycles < 10);
    assert_true(mote_now_ps(cpu->sys) >= 5000000000);
    struct mote_core_totals totals;
    core->ops->totals(core, &totals);
    assert_true(totals.sleep_ps >= 4990000000 && totals.sleep_ps <= 5000000000);
}

static void test_counters(void **state)
{
    (void)state;
    static const uint32_t program[] = {
        0xB0002573, /* csrr a0, mcycle */
        0xB02025F3, /* csrr a1, minstret */
        0x32005073, /* csrwi mcountinhibit, 0 */
        0x3202D073, /* csrwi mcountinhibit, 5 */
        0xB0002673, /* csrr a2, mcycle */
        0xB00026F3, /* csrr a3, mcycle */
        0xB0205073, /* csrwi minstret, 0 */
        0xB0202773, /* csrr a4, minstret */
    };
    code(program, sizeof program / sizeof *program);
    steps(8);
    assert_int_equal(cpu->x[10], 0);
    assert_int_equal(cpu->x[11], 1);
    assert_true(cpu->x[12] != 0);
    assert_int_equal(cpu->x[12], cpu->x[13]); /* inhibited */
    assert_int_equal(cpu->x[14], 0);
    uint64_t cycles = cpu->cycles;
    cpu->pc = RAM;
    cpu->mcountinhibit = 0;
    cpu->mcycle.offset = 0;
    steps(1);
    assert_int_equal(cpu->x[10], cycles);
}

static void test_misaligned_by_core(void **state)
{
    (void)state;
    static const uint32_t load = 0x0012A503; /* lw a0, 1(t0) */
    code(&load, 1);
    bench_write32(bench, RAM + 0x100, 0x44332211);
    bench_write32(bench, RAM + 0x104, 0x88776655);
    cpu->x[5] = RAM + 0x100;
    steps(1);
    assert_int_equal(cpu->x[10], 0x55443322);
    bench_free(bench);
    make("sifive,e31");
    cpu->x[5] = RAM + 0x100;
    expect_trap(load, 4, RAM + 0x101);
}

static void test_semihosting(void **state)
{
    (void)state;
    static const uint32_t program[] = {0x01F01013, EBREAK, 0x40705013};
    code(program, 3);
    assert_true(mote_mem_write(cpu->sys, RAM + 0x200, "hello", 6));
    cpu->x[10] = 4; /* SYS_WRITE0 */
    cpu->x[11] = RAM + 0x200;
    steps(3);
    assert_string_equal(text, "hello");
    static const uint32_t status[] = {0x20026, 7};
    assert_true(mote_mem_write(cpu->sys, RAM + 0x200, status, 8));
    cpu->pc = RAM;
    cpu->x[10] = 0x20; /* SYS_EXIT_EXTENDED */
    core->ops->run(core);
    assert_int_equal(mote_stop_requested(cpu->sys), MOTE_STOP_EXIT);
    assert_int_equal(mote_stop_exit_code(cpu->sys), 7);
}

/* Code that the hart writes itself runs as written, at its next entry. */
static void test_written_code(void **state)
{
    (void)state;
    static const uint32_t program[] = {
        0x00100513, /* li a0, 1 */
        0x00B2A023, /* sw a1, 0(t0) */
        0x0000100F, /* fence.i */
        0xFF5FF06F, /* j RAM */
    };
    code(program, 4);
    cpu->x[5] = RAM;
    cpu->x[11] = 0x00200513; /* li a0, 2 */
    steps(5);
    assert_int_equal(cpu->x[10], 2);
}

static void test_zicond_and_zcb(void **state)
{
    (void)state;
    static const uint32_t program[] = {
        0x0EC5D533, /* czero.eqz a0, a1, a2 */
        0x0EC5F6B3, /* czero.nez a3, a1, a2 */
        0x9DF59DE1, /* c.zext.b a1; c.not a1 */
    };
    code(program, 3);
    cpu->x[11] = 0x1234;
    cpu->x[12] = 5;
    steps(4);
    assert_int_equal(cpu->x[10], 0x1234);
    assert_int_equal(cpu->x[13], 0);
    assert_int_equal(cpu->x[11], 0xFFFFFFCB);
}

static void test_isa_strings(void **state)
{
    (void)state;
    char lacking[64];
    uint32_t features = RISCV_HAS_MISALIGNED | RISCV_HAS_ZBA;
    assert_true(riscv_parse_isa("rv32imac_zicsr_zbb", &features, lacking, sizeof lacking));
    assert_int_equal(features, RISCV_HAS_MISALIGNED | RISCV_HAS_M | RISCV_HAS_A | RISCV_HAS_C |
                                   RISCV_HAS_ZBB);
    assert_string_equal(lacking, "");
    assert_true(riscv_parse_isa("rv32imfq_zve32x", &features, lacking, sizeof lacking));
    assert_string_equal(lacking, "q zve32x");
    assert_true(riscv_parse_isa("rv32gc", &features, lacking, sizeof lacking));
    assert_int_equal(features, RISCV_HAS_MISALIGNED | RISCV_HAS_M | RISCV_HAS_A | RISCV_HAS_C |
                                   RISCV_HAS_F | RISCV_HAS_D);
    assert_string_equal(lacking, "");
    assert_false(riscv_parse_isa("rv32x", &features, lacking, sizeof lacking));
    assert_false(riscv_parse_isa("rv32", &features, lacking, sizeof lacking));
}

static void accepts(bool expected, const char *isa, const char *words)
{
    const struct mote_build_attribute attributes[] = {{4, 16, NULL}, {5, 0, isa}};
    char said[256] = "";
    assert_int_equal(core->ops->accepts_build(core, attributes, 2, said, sizeof said), expected);
    if (strstr(said, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", said, words);
}

static void test_images_for_other_harts(void **state)
{
    (void)state;
    accepts(true, "rv32i2p1_m2p0_zicsr2p0_zmmul1p0", "");
    accepts(true, "rv32i2p1", "");
    accepts(true, "rv32i2p1_m2p0_a2p1_zaamo1p0_zalrsc1p0", "");
    accepts(false, "rv32i2p1_m2p0_f2p2_xcvmac1p0", "has no xcvmac");
    accepts(false, "rv32i2p1_v1p0_zve32x1p0_zvl32b1p0", "has no v zve32x zvl32b");
    uint32_t features = cpu->features;
    cpu->features &= ~(uint32_t)(RISCV_HAS_F | RISCV_HAS_D | RISCV_HAS_ZBA);
    accepts(false, "rv32i2p1_m2p0_f2p2_zba1p0", "has no f zba");
    cpu->features = features;
    bench_free(bench);

    const uint32_t sh1add = 0x20C5A533; /* sh1add a0, a1, a2 */
    char words[256];
    make("openhwgroup,cv32e40p");
    code(&sh1add, 1);
    core->ops->step(core);
    core->ops->describe_fault(core, words, sizeof words);
    assert_non_null(strstr(words, "0x20c5a533 is none that this hart has, but one of the extension "
                                  "Zba: was the image"));
}

/* No two rows accept the same instruction, and each row's own pattern finds that row, by XLEN. */
static void check_rows(const struct riscv_decoder *decoder, bool wide)
{
    uint64_t random = 1;
    uint32_t rows = 0;
    for (size_t i = 0; riscv_row_tables[i] != NULL; i++)
        for (size_t k = 0; k < riscv_row_tables[i]->count; k++, rows++) {
            const struct riscv_row *row = &riscv_row_tables[i]->rows[k];
            bool found = (wide ? row->exec64 : row->exec32) == NULL;
            assert_int_equal(row->match & ~row->mask, 0);
            for (uint32_t n = 0; n < 2000; n++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                uint32_t raw = ((uint32_t)(random >> 32) & ~row->mask) | row->match;
                struct riscv_insn insn;
                if ((raw & 3) != 3)
                    raw &= 0xFFFF;
                assert_true(riscv_decode_candidates(decoder, raw) <= 1);
                found |= riscv_decode(decoder, raw, &insn) && insn.row == row;
            }
            if (!found)
                fail_msg("no instruction is %s", row->text);
        }
    assert_true(rows > 120);
}

static void test_rows_do_not_overlap(void **state)
{
    (void)state;
    check_rows(cpu->decoder, false);
    struct riscv_decoder *decoder = riscv_decoder_new(cpu->features | RISCV_HAS_64);
    assert_non_null(decoder);
    check_rows(decoder, true);
    riscv_decoder_free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exceptions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fetch_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parked_handler, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_handler, setup, teardown),
        cmocka_unit_test_setup_teardown(test_handler_that_traps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idle_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_user_mode, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interrupts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wfi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_misaligned_by_core, setup, teardown),
        cmocka_unit_test_setup_teardown(test_semihosting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_written_code, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zicond_and_zcb, setup, teardown),
        cmocka_unit_test_setup_teardown(test_isa_strings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_images_for_other_harts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rows_do_not_overlap, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
