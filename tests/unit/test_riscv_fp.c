/* F and D of a hart: what random sequences against QEMU (conformance/random_riscv) do not show:
 * mstatus.FS, boxing, fixed vectors of every operation with its flags, text, registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "riscv/riscv.h"
#include "support/bench.h"
#include <string.h>

#define RAM       0x80000000u
#define HANDLER   (RAM + 0x400)
#define DATA      (RAM + 0x800)
#define BOX       0xFFFFFFFF00000000u
#define NAN32     0x7FC00000u
#define NAN64     0x7FF8000000000000u
#define ONE64     0x3FF0000000000000u
#define CSR_FCSR  3
#define CSR_FRM   2
#define CSR_FLAGS 1

enum { NX = 1, UF = 2, OF = 4, DZ = 8, NV = 16 };
enum { RNE, RTZ, RDN, RUP, RMM, DYN = 7 };

static struct bench *bench;
static struct riscv_cpu *cpu;
static struct mote_core *core;

static void make(const char *compatible, const char *isa)
{
    static const uint32_t vector[] = {RAM};
    static struct bench_prop props[] = {{.name = "compatible"},
                                        {.name = "mote,reset-vector", .cells = vector, .count = 1},
                                        {.name = NULL},
                                        {.name = NULL}};
    props[0].text = compatible;
    props[2].name = isa != NULL ? "riscv,isa" : NULL;
    props[2].text = isa;
    bench = bench_new();
    bench_clock(bench, 1000000);
    bench_ram(bench, RAM, 0x10000);
    struct mote_device *dev = bench_add(bench, "riscv_core", "cpu0", 0, props);
    cpu = dev->state;
    core = &cpu->core;
    cpu->mtvec = HANDLER;
    if (cpu->features & RISCV_HAS_F)
        cpu->mstatus |= 1u << 13; /* FS: initial */
}

static int setup(void **state)
{
    (void)state;
    make("riscv", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_free(bench);
    return 0;
}

static uint64_t csr(uint32_t number)
{
    uint64_t value = 0;
    assert_true(riscv_csr_peek(cpu, number, &value));
    return value;
}

static void set_csr(uint32_t number, uint64_t value)
{
    uint64_t old;
    assert_true(riscv_csr_access(cpu, number, &old, &value));
}

/* Runs one instruction at the RAM's base. */
static void execute(uint32_t word)
{
    assert_true(mote_mem_load_image(bench_system(bench), RAM, &word, sizeof word));
    cpu->pc = RAM;
    core->ops->step(core);
}

static void expect_illegal(uint32_t word)
{
    cpu->mcause = 0;
    execute(word);
    assert_int_equal(cpu->mcause, RISCV_CAUSE_ILLEGAL);
    assert_int_equal(cpu->mtval, word);
    assert_int_equal(cpu->pc, HANDLER);
}

/* An OP-FP instruction: fa0 or a0 = fa1 or a1, fa2 (x or f registers 10, 11, 12). */
static uint32_t op(uint32_t funct7, uint32_t rs2, uint32_t rm)
{
    return funct7 << 25 | rs2 << 20 | 11u << 15 | rm << 12 | 10u << 7 | 0x53;
}

static void test_status(void **state)
{
    (void)state;
    const uint32_t fadd = op(0x00, 12, DYN), feq = op(0x50, 12, 2), read = 0x00302573;
    cpu->mstatus &= ~RISCV_MSTATUS_FS;
    expect_illegal(fadd);
    expect_illegal(feq);
    expect_illegal(read);       /* csrr a0, fcsr */
    expect_illegal(0x0005A507); /* flw fa0, 0(a1) */
    cpu->mstatus |= 1u << 13;
    execute(read);
    assert_int_equal(cpu->mstatus & RISCV_MSTATUS_FS, 1u << 13); /* a look leaves it clean */
    execute(feq);
    assert_int_equal(cpu->mstatus & RISCV_MSTATUS_FS, 1u << 13); /* no flag was raised */
    assert_int_equal(csr(0x300) >> 31, 0);
    execute(fadd);
    assert_int_equal(cpu->mstatus & RISCV_MSTATUS_FS, RISCV_MSTATUS_FS);
    assert_int_equal(csr(0x300) >> 31, 1); /* SD */
    set_csr(0x300, 2u << 13);
    assert_int_equal(csr(0x300) & (RISCV_MSTATUS_FS | 1u << 31), 2u << 13);
    cpu->f[11] = 0x7F800001 | BOX; /* comparing a signalling NaN raises one */
    execute(feq);
    assert_int_equal(cpu->mstatus & RISCV_MSTATUS_FS, RISCV_MSTATUS_FS);
}

static void test_absent(void **state)
{
    (void)state;
    make("sifive,e31", NULL);
    set_csr(0x300, RISCV_MSTATUS_FS);
    assert_int_equal(cpu->mstatus & RISCV_MSTATUS_FS, 0);
    expect_illegal(op(0x00, 12, DYN));
    expect_illegal(0x00302573);
    bench_free(bench);
    make("riscv", "rv32imafc"); /* singles only */
    assert_int_equal(riscv_misa(cpu) >> 3 & 5, 4);
    execute(op(0x00, 12, DYN));
    assert_int_equal(cpu->pc, RAM + 4);
    expect_illegal(op(0x01, 12, DYN));
    expect_illegal(0x0005B507); /* fld fa0, 0(a1) */
    bench_free(bench);
}

static void test_rounding_modes(void **state)
{
    (void)state;
    expect_illegal(op(0x00, 12, 5)); /* reserved */
    expect_illegal(op(0x00, 12, 6));
    for (uint32_t mode = 5; mode <= 7; mode++) {
        set_csr(CSR_FRM, mode);
        assert_int_equal(csr(CSR_FRM), mode);
        expect_illegal(op(0x00, 12, DYN));
        execute(op(0x00, 12, RNE)); /* has its own */
        assert_int_equal(cpu->pc, RAM + 4);
        execute(op(0x10, 12, 0)); /* fsgnj.s has none */
        assert_int_equal(cpu->pc, RAM + 4);
    }
    set_csr(CSR_FCSR, 0xFFFFFF00 | RUP << 5 | DZ);
    assert_int_equal(csr(CSR_FCSR), RUP << 5 | DZ);
    assert_int_equal(csr(CSR_FLAGS), DZ);
}

static void test_boxing(void **state)
{
    (void)state;
    const uint32_t to_int = op(0x70, 0, 0), from_int = op(0x78, 0, 0), absolute = op(0x10, 12, 2);
    cpu->x[11] = 0x80000001;
    execute(from_int); /* fmv.w.x fa0, a1 */
    assert_true(cpu->f[10] == (BOX | 0x80000001));
    cpu->f[11] = 0x3F800000; /* not boxed: moves and stores take its bits, arithmetic a NaN */
    execute(to_int);
    assert_int_equal(cpu->x[10], 0x3F800000);
    cpu->f[12] = BOX;
    execute(absolute);
    assert_true(cpu->f[10] == (BOX | NAN32));
    cpu->x[11] = DATA;
    cpu->f[12] = 0x1122334455667788;
    execute(0x00C5A027); /* fsw fa2, 0(a1) */
    assert_int_equal(bench_read32(bench, DATA), 0x55667788);
    execute(0x00C5B227); /* fsd fa2, 4(a1) */
    assert_int_equal(bench_read32(bench, DATA + 8), 0x11223344);
    execute(0x0005A507); /* flw fa0, 0(a1) */
    assert_true(cpu->f[10] == (BOX | 0x55667788));
    execute(0x0045B507); /* fld fa0, 4(a1): not aligned by 8 */
    assert_true(cpu->f[10] == 0x1122334455667788);
}

/* f10 or x10 from f11 or x11, f12 (and f13 of the fused). */
struct vector {
    uint32_t word;
    uint64_t a, b, result;
    uint32_t flags;
    bool to_x;
};

static void check_vectors(const struct vector *vectors, size_t count, uint64_t box)
{
    for (size_t i = 0; i < count; i++) {
        const struct vector *v = &vectors[i];
        cpu->f[11] = v->a | box;
        cpu->f[12] = cpu->f[13] = v->b | box;
        cpu->x[11] = v->a & cpu->xmask;
        set_csr(CSR_FCSR, 0);
        execute(v->word);
        uint64_t result = v->to_x ? cpu->x[10] : cpu->f[10];
        uint64_t expected = v->to_x ? v->result : v->result | box;
        if (cpu->pc != RAM + 4 || result != expected || csr(CSR_FLAGS) != v->flags)
            fail_msg("vector %zu (0x%08x): 0x%llx flags 0x%llx, expected 0x%llx flags 0x%x", i,
                     v->word, (unsigned long long)result, (unsigned long long)csr(CSR_FLAGS),
                     (unsigned long long)expected, v->flags);
    }
}

static void test_singles(void **state)
{
    (void)state;
    const uint32_t one = 0x3F800000, two = 0x40000000, infinity = 0x7F800000, minus = 0x80000000;
    const uint32_t quiet = 0x7FC00001, signalling = 0x7F800001, most = 0x7F7FFFFF;
    const struct vector vectors[] = {
        {op(0x00, 12, RNE), one, two, 0x40400000, 0, false},
        {op(0x04, 12, RNE), one, one, 0, 0, false},
        {op(0x04, 12, RDN), one, one, minus, 0, false},
        {op(0x08, 12, RNE), most, two, infinity, OF | NX, false},
        {op(0x08, 12, RTZ), most, two, most, OF | NX, false},
        {op(0x08, 12, RNE), 0x00800000, 0x3F000000, 0x00400000, 0, false}, /* exact: no UF */
        {op(0x0C, 12, RNE), one, 0x40400000, 0x3EAAAAAB, NX, false},
        {op(0x0C, 12, RNE), one, minus, infinity | minus, DZ, false},
        {op(0x0C, 12, RNE), 0, 0, NAN32, NV, false},
        {op(0x2C, 0, RNE), two, 0, 0x3FB504F3, NX, false},
        {op(0x2C, 0, RNE), one | minus, 0, NAN32, NV, false},
        {op(0x00, 12, RNE), quiet, one, NAN32, 0, false}, /* canonical, not the operand's */
        {op(0x00, 12, RNE), signalling, one, NAN32, NV, false},
        {op(0x10, 12, 0), one, minus, one | minus, 0, false},
        {op(0x10, 12, 1), quiet | minus, minus, quiet, 0, false}, /* bits stay */
        {op(0x14, 12, 0), minus, 0, minus, 0, false},             /* fmin: -0 below +0 */
        {op(0x14, 12, 1), minus, 0, 0, 0, false},
        {op(0x14, 12, 0), signalling, one, one, NV, false},
        {op(0x14, 12, 1), quiet, one, one, 0, false},
        {op(0x14, 12, 1), quiet, quiet, NAN32, 0, false},
        {op(0x50, 12, 2), minus, 0, 1, 0, true}, /* feq */
        {op(0x50, 12, 2), quiet, 0, 0, 0, true},
        {op(0x50, 12, 1), quiet, 0, 0, NV, true}, /* flt */
        {op(0x50, 12, 0), one, one, 1, 0, true},  /* fle */
        {op(0x70, 0, 1), infinity | minus, 0, 1 << 0, 0, true},
        {op(0x70, 0, 1), one | minus, 0, 1 << 1, 0, true},
        {op(0x70, 0, 1), 1 | minus, 0, 1 << 2, 0, true},
        {op(0x70, 0, 1), minus, 0, 1 << 3, 0, true},
        {op(0x70, 0, 1), 0, 0, 1 << 4, 0, true},
        {op(0x70, 0, 1), 1, 0, 1 << 5, 0, true},
        {op(0x70, 0, 1), most, 0, 1 << 6, 0, true},
        {op(0x70, 0, 1), infinity, 0, 1 << 7, 0, true},
        {op(0x70, 0, 1), signalling, 0, 1 << 8, 0, true},
        {op(0x70, 0, 1), quiet | minus, 0, 1 << 9, 0, true},
        {op(0x60, 0, RTZ), 0xC0200000, 0, (uint32_t)-2, NX, true}, /* fcvt.w.s of -2.5 */
        {op(0x60, 0, RMM), 0xC0200000, 0, (uint32_t)-3, NX, true},
        {op(0x60, 0, RNE), 0x4F000000, 0, 0x7FFFFFFF, NV, true},
        {op(0x60, 0, RNE), quiet | minus, 0, 0x7FFFFFFF, NV, true},
        {op(0x60, 1, RTZ), 0xBF000000, 0, 0, NX, true}, /* fcvt.wu.s of -0.5 */
        {op(0x60, 1, RTZ), 0xBF800000, 0, 0, NV, true},
        {op(0x60, 1, RTZ), quiet, 0, 0xFFFFFFFF, NV, true},
        {op(0x68, 0, RNE), 0x80000000, 0, 0xCF000000, 0, false}, /* fcvt.s.w */
        {op(0x68, 1, RNE), 0x80000000, 0, 0x4F000000, 0, false},
        {op(0x68, 1, RUP), 0x01000001, 0, 0x4B800001, NX, false},
    };
    check_vectors(vectors, sizeof vectors / sizeof *vectors, BOX);
}

/* fmadd, fmsub, fnmsub, fnmadd: f11 * f12 and f13. */
static uint32_t fused(uint32_t opcode, uint32_t format)
{
    return 13u << 27 | format << 25 | 12u << 20 | 11u << 15 | 10u << 7 | opcode;
}

static void test_fused(void **state)
{
    (void)state;
    const uint64_t two = 0x4000000000000000, three = 0x4008000000000000, minus = 1ull << 63;
    const uint64_t infinity = 0x7FF0000000000000;
    const struct vector vectors[] = {
        {fused(0x43, 1), two, three, 0x4022000000000000, 0, false},         /* 6 + 3 */
        {fused(0x47, 1), two, three, three, 0, false},                      /* 6 - 3 */
        {fused(0x4B, 1), two, three, three | minus, 0, false},              /* -6 + 3 */
        {fused(0x4F, 1), two, three, 0x4022000000000000 | minus, 0, false}, /* -6 - 3 */
        {fused(0x43, 1), infinity, 0, NAN64, NV, false},
        /* (1 + 2^-52) * -(1 - 2^-53) + (1 - 2^-53): one rounding, so not 0 */
        {fused(0x4B, 1), 0x3FF0000000000001, 0x3FEFFFFFFFFFFFFF, 0xBCAFFFFFFFFFFFFF, 0, false},
    };
    check_vectors(vectors, sizeof vectors / sizeof *vectors, 0);
    /* A quiet NaN as addend does not hide infinity by zero. */
    cpu->f[11] = infinity;
    cpu->f[12] = 0;
    cpu->f[13] = NAN64;
    set_csr(CSR_FCSR, 0);
    execute(fused(0x43, 1));
    assert_true(cpu->f[10] == NAN64);
    assert_int_equal(csr(CSR_FLAGS), NV);
}

static void test_conversions(void **state)
{
    (void)state;
    const struct vector vectors[] = {
        {op(0x20, 1, RNE), 0x3FF0000010000001, 0, BOX | 0x3F800001, NX, false}, /* fcvt.s.d */
        {op(0x20, 1, RNE), 0x47F0000000000000, 0, BOX | 0x7F800000, OF | NX, false},
        {op(0x21, 0, RNE), BOX | 1, 0, 0x36A0000000000000, 0, false}, /* fcvt.d.s */
        {op(0x21, 0, RNE), 0x3F800000, 0, NAN64, 0, false},           /* not boxed */
        {op(0x61, 0, RNE), 0xC1E0000000000000, 0, 0x80000000, 0, true},
        {op(0x61, 1, RNE), 0x41EFFFFFFFE00000, 0, 0xFFFFFFFF, 0, true},
        {op(0x69, 1, RNE), 0xFFFFFFFF, 0, 0x41EFFFFFFFE00000, 0, false},
    };
    check_vectors(vectors, sizeof vectors / sizeof *vectors, 0);
    expect_illegal(op(0x60, 2, RNE)); /* fcvt.l.s, fcvt.d.l, fmv.x.d: RV64 */
    expect_illegal(op(0x69, 2, RNE));
    expect_illegal(op(0x71, 0, 0));
}

static void test_compressed(void **state)
{
    (void)state;
    bench_write32(bench, DATA, 0x11111111);
    bench_write32(bench, DATA + 8, 0x22222222);
    bench_write32(bench, DATA + 12, 0x33333333);
    cpu->x[2] = cpu->x[8] = DATA;
    execute(0x6008); /* c.flw fa0, 0(s0) */
    assert_true(cpu->f[10] == (BOX | 0x11111111));
    execute(0x240C); /* c.fld fa1, 8(s0) */
    assert_true(cpu->f[11] == 0x3333333322222222);
    execute(0x25A2); /* c.fldsp fa1, 8(sp) */
    assert_true(cpu->f[11] == 0x3333333322222222);
    execute(0x66A2); /* c.flwsp fa3, 8(sp) */
    assert_true(cpu->f[13] == (BOX | 0x22222222));
    execute(0xA82E); /* c.fsdsp fa1, 16(sp) */
    assert_int_equal(bench_read32(bench, DATA + 20), 0x33333333);
    execute(0xEC2A); /* c.fswsp fa0, 24(sp) */
    assert_int_equal(bench_read32(bench, DATA + 24), 0x11111111);
    execute(0xAC0C); /* c.fsd fa1, 24(s0) */
    assert_int_equal(bench_read32(bench, DATA + 28), 0x33333333);
    execute(0xE00C); /* c.fsw fa1, 0(s0) */
    assert_int_equal(bench_read32(bench, DATA), 0x22222222);
}

static size_t register_index(const char *name)
{
    size_t i = 0;
    while (i < core->ops->register_count && strcmp(core->ops->registers[i].name, name) != 0)
        i++;
    return i;
}

static void test_registers(void **state)
{
    (void)state;
    size_t fa0 = register_index("fa0"), fcsr = register_index("fcsr");
    assert_int_equal(core->ops->registers[fa0].bits, 64);
    assert_int_equal(core->ops->registers[fa0].gdb_number, 33 + 10);
    core->ops->write_register(core, fa0, ONE64);
    assert_true(cpu->f[10] == ONE64);
    assert_true(core->ops->read_register(core, fa0) == ONE64);
    cpu->mstatus &= ~RISCV_MSTATUS_FS; /* hides fcsr from instructions alone */
    core->ops->write_register(core, fcsr, RDN << 5 | OF);
    assert_int_equal(core->ops->read_register(core, fcsr), RDN << 5 | OF);
    assert_int_equal(core->ops->read_register(core, register_index("fflags")), OF);
}

static void test_registers_by_hart(void **state)
{
    (void)state;
    make("sifive,e31", NULL);
    assert_int_equal(register_index("fa0"), core->ops->register_count);
    bench_free(bench);
    make("riscv", "rv32if");
    size_t fa0 = register_index("fa0");
    assert_int_equal(core->ops->registers[fa0].bits, 32);
    core->ops->write_register(core, fa0, 0x3F800000);
    assert_true(cpu->f[10] == (BOX | 0x3F800000));
    assert_int_equal(core->ops->read_register(core, fa0), 0x3F800000);
    bench_free(bench);
}

static void expect_text(uint32_t word, const char *expected)
{
    struct riscv_insn insn;
    char text[64];
    assert_true(riscv_decode(cpu->decoder, word, &insn));
    riscv_format(&insn, 0, text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_text(void **state)
{
    (void)state;
    expect_text(op(0x00, 12, DYN), "fadd.s fa0, fa1, fa2");
    expect_text(op(0x61, 1, RTZ), "fcvt.wu.d a0, fa1, rtz");
    expect_text(fused(0x4B, 1), "fnmsub.d fa0, fa1, fa2, fa3, rne");
    expect_text(0x00C5B227, "fsd fa2, 4(a1)");
    expect_text(0x6008, "c.flw fa0, 0(s0)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_status, setup, teardown),
        cmocka_unit_test(test_absent),
        cmocka_unit_test_setup_teardown(test_rounding_modes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boxing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_singles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conversions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_compressed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_registers, setup, teardown),
        cmocka_unit_test(test_registers_by_hart),
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
